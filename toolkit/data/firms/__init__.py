"""A panel of listed firms from a folder of CSMAR tables as they are downloaded, every dropped firm-year counted by its reason."""

from toolkit.data.firms.panel import Firms, Sample, read_firms
from toolkit.data.firms.simulated import write_simulated

__all__ = ["Firms", "Sample", "read_firms", "write_simulated"]
