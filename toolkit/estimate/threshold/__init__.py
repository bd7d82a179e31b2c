"""Panel threshold regression (Hansen 1999)."""

from toolkit.estimate.threshold.bootstrap import ThresholdTest
from toolkit.estimate.threshold.fit import fit_threshold
from toolkit.estimate.threshold.result import ThresholdResult
from toolkit.estimate.threshold.sequence import Threshold
from toolkit.estimate.threshold.settings import ThresholdSettings

__all__ = ["Threshold", "ThresholdResult", "ThresholdSettings", "ThresholdTest", "fit_threshold"]
