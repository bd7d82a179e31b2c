"""Treatments that begin at a date: event studies, what two-way effects weigh, bounds, synthetic controls."""

from toolkit.estimate.treatment.decomposition import Decomposition, goodman_bacon, two_way_weights
from toolkit.estimate.treatment.event_study import EventStudy, event_study

__all__ = ["Decomposition", "EventStudy", "event_study", "goodman_bacon", "two_way_weights"]
