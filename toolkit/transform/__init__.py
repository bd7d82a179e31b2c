"""Transformations that know about entities and the calendar: changes, prices, winsorizing, neighbours."""

from __future__ import annotations

from toolkit.transform.changes import chain, deflate, difference, growth, lag, lead
from toolkit.transform.neighbours import Weights, contiguity_weights, distance_matrix, inverse_distance_weights
from toolkit.transform.winsorize import Winsorized, winsorize

__all__ = [
    "Weights",
    "Winsorized",
    "chain",
    "contiguity_weights",
    "deflate",
    "difference",
    "distance_matrix",
    "growth",
    "inverse_distance_weights",
    "lag",
    "lead",
    "winsorize",
]
