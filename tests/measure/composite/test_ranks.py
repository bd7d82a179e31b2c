"""Ranks and quantiles of many draws against a count by hand and numpy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.measure.composite.ranks import quantiles_of, ranks_of
from toolkit.numerics import Floats

ROUNDING = 1e-15


def by_hand(row: Floats) -> list[int]:
    """Rank 1 for the largest; whoever is within 1e-12 of the one before shares its rank."""
    order = sorted(range(len(row)), key=lambda i: -row[i])
    ranks = {}
    for place, i in enumerate(order):
        before = order[place - 1]
        ranks[i] = ranks[before] if place and row[before] - row[i] <= 1e-12 else place + 1
    return [ranks[i] for i in range(len(row))]


@pytest.mark.parametrize("entities", [1, 2, 31, 300, 1100])
@pytest.mark.parametrize("apart", [1.0, 1e-3, 1e-7, 1e-11], ids="{:g}".format)
def test_ranks_of_values_near_and_far(entities: int, apart: float) -> None:
    """The smaller the distances, the more values share a whole number, or come within the rounding that makes a tie."""
    values = 0.5 + apart * np.random.default_rng(1).uniform(-0.5, 0.5, (20, entities))
    assert ranks_of(values).tolist() == [by_hand(row) for row in values]


def test_ranks_with_ties_beside_values_far_apart() -> None:
    rng = np.random.default_rng(2)
    values = rng.uniform(size=(200, 40))
    values[::2, 7] = values[::2, 21] + rng.choice([0.0, 1e-15, 5e-13, 2e-12, -3e-9, 1e-7], 100)
    values[3], values[4, ::2] = 0.0, 1.0
    values = values.clip(0, 1)
    assert ranks_of(values).tolist() == [by_hand(row) for row in values]


@given(
    st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.25, 1.0]), min_size=1, max_size=80),
    st.tuples(st.floats(0, 1), st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0])),
)
def test_quantiles_are_those_of_numpy(values: list[float], shares: tuple[float, float]) -> None:
    found = quantiles_of(np.array(values), shares)
    np.testing.assert_allclose(found, np.quantile(values, shares), atol=ROUNDING)
