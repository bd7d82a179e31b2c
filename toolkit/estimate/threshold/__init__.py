"""Panel threshold regression (Hansen 1999)."""

from toolkit.estimate.threshold.bootstrap import Threshold, ThresholdTest
from toolkit.estimate.threshold.fit import ThresholdResult, fit_threshold
from toolkit.estimate.threshold.question import ThresholdSettings

__all__ = ["Threshold", "ThresholdResult", "ThresholdSettings", "ThresholdTest", "fit_threshold"]
