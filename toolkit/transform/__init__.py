"""Transformations that know about entities and the calendar: changes, prices, winsorizing, neighbours."""

from __future__ import annotations

from toolkit.transform.changes import chain, deflate, difference, growth, lag, lead
from toolkit.transform.neighbours import (
    Weights,
    band_weights,
    contiguity_weights,
    distance_matrix,
    economic_weights,
    edge_weights,
    inverse_distance_weights,
    nearest_weights,
    nested_weights,
    shape_weights,
)
from toolkit.transform.winsorize import Winsorized, winsorize

__all__ = [
    "Weights",
    "Winsorized",
    "band_weights",
    "chain",
    "contiguity_weights",
    "deflate",
    "difference",
    "distance_matrix",
    "economic_weights",
    "edge_weights",
    "growth",
    "inverse_distance_weights",
    "lag",
    "lead",
    "nearest_weights",
    "nested_weights",
    "shape_weights",
    "winsorize",
]
