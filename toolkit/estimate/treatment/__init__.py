"""Treatments that begin at a date: event studies, what two-way effects weigh, bounds, synthetic controls."""

from toolkit.estimate.treatment.decomposition import Decomposition, goodman_bacon, two_way_weights
from toolkit.estimate.treatment.event_study import EventStudy, event_study
from toolkit.estimate.treatment.honest import TrendBounds, trend_bounds
from toolkit.estimate.treatment.synthetic import SyntheticEstimate, synthetic_control
from toolkit.estimate.treatment.timing import TimingTest, permute_timing

__all__ = [
    "Decomposition",
    "EventStudy",
    "SyntheticEstimate",
    "TimingTest",
    "TrendBounds",
    "event_study",
    "goodman_bacon",
    "permute_timing",
    "synthetic_control",
    "trend_bounds",
    "two_way_weights",
]
