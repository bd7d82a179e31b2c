"""Weights of the smallest samples, by hand."""

from __future__ import annotations

import pytest

from toolkit.errors import MeasureError
from toolkit.measure.composite.weights import critic_weights, entropy_weights


def test_two_rows_carry_information() -> None:
    """Shares (0, 1) have no entropy and all the information; shares (1/2, 1/2) have the entropy ln 2 and none."""
    assert entropy_weights([[0.0, 0.5], [1.0, 0.5]]).tolist() == [1.0, 0.0]


def test_one_row_carries_none() -> None:
    with pytest.raises(MeasureError, match="entropy weighting"):
        entropy_weights([[0.3, 0.4]])


def test_a_constant_indicator_does_not_hide_that_the_others_move_together() -> None:
    with pytest.raises(MeasureError, match="perfectly correlated"):
        critic_weights([[0.0, 0.1, 0.5], [0.5, 0.4, 0.5], [1.0, 0.7, 0.5]])


def test_conflict_is_shared_by_those_that_vary() -> None:
    """Correlation -1 between the two that vary: each has conflict 2 and the same spread; the constant has none."""
    assert critic_weights([[0.0, 1.0, 0.5], [0.5, 0.5, 0.5], [1.0, 0.0, 0.5]]).round(12).tolist() == [0.5, 0.5, 0.0]
