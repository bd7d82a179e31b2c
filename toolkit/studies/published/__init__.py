"""Published results: notebook 12. The numbers stand in toolkit/registry/published.yaml, the data come with packages."""

from toolkit.studies.published.engine import STUDIES, Comparison, beginning, compare, estimate
from toolkit.studies.published.samples import panel

__all__ = ["STUDIES", "Comparison", "beginning", "compare", "estimate", "panel"]
