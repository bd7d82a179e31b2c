"""Classes of a chain by loops: quantiles of all years together and of each year, values on a cut, missing values."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError
from toolkit.measure import markov_chain, states_at_cuts, states_by_quantiles


def quantile(values: list[float], share: Fraction) -> float:
    """Hyndman and Fan's type 7: between the two order statistics around 1 + (n - 1) p."""
    ordered = sorted(values)
    at = (len(ordered) - 1) * share
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + float(at - low) * (ordered[high] - ordered[low])


def class_of(x: float, cuts: list[float]) -> int:
    return sum(x > cut for cut in cuts)


def by_loops(values: pd.DataFrame, k: int, by: str) -> list[list[int]]:
    seen = {year: [x for x in values[year] if not math.isnan(x)] for year in values}
    everything = [x for column in seen.values() for x in column]
    codes = []
    for entity in values.index:
        row = []
        for year in values:
            x = values.loc[entity, year]
            pool = everything if by == "pooled" else seen[year]
            cuts = [quantile(pool, Fraction(j, k)) for j in range(1, k)]
            row.append(-1 if math.isnan(x) else class_of(x, cuts))
        codes.append(row)
    return codes


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Entities by years, some values missing; whole numbers in a draw of two, so that ties come up."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    n, years = draw(st.integers(6, 15)), draw(st.integers(1, 5))
    x = rng.lognormal(size=(n, years))
    if draw(st.booleans()):
        x = np.round(4 * x)
    x[rng.uniform(size=x.shape) < 0.1] = np.nan
    return pd.DataFrame(x, index=[f"p{i}" for i in range(n)], columns=range(2010, 2010 + years))


@settings(max_examples=60)
@given(frames(), st.integers(2, 5), st.sampled_from(["pooled", "year"]))
def test_classes_are_those_of_a_loop(values: pd.DataFrame, k: int, by: str) -> None:
    try:
        found = states_by_quantiles(values, k, by=by)  # type: ignore[arg-type]
    except MeasureError:
        pools = [values.to_numpy().ravel()] if by == "pooled" else list(values.to_numpy().T)
        for pool in pools:
            seen = [x for x in pool if not math.isnan(x)]
            cuts = [quantile(seen, Fraction(j, k)) for j in range(1, k)] if seen else []
            if len(seen) < k or len({class_of(x, cuts) for x in seen}) < k:
                return  # a class would be empty
        raise
    assert found.codes.tolist() == by_loops(values, k, by)


def test_pooled_classes_move_with_the_distribution_and_yearly_ones_do_not() -> None:
    """Everybody doubles: over all years everybody goes up, within each year nobody does."""
    first = np.arange(1.0, 9.0)
    values = pd.DataFrame({2020: first, 2021: 2 * first}, index=list("abcdefgh"))
    pooled, yearly = states_by_quantiles(values, 4), states_by_quantiles(values, 4, by="year")
    # the sixteen values in order: 1, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 8, 10, 12, 14, 16; a quarter each at 3.75, 6 and 8.5
    assert pooled.codes[:, 0].tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert pooled.codes[:, 1].tolist() == [0, 1, 1, 2, 3, 3, 3, 3]
    assert yearly.codes[:, 0].tolist() == yearly.codes[:, 1].tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert yearly.cuts.shape == (2, 3)
    assert (pooled.rule, yearly.rule) == ("4 classes by quantiles of all years together", "4 classes by quantiles of each year")
    assert np.trace(markov_chain(yearly).counts) == 8


@pytest.mark.parametrize("by", ["pooled", "year"])
def test_a_value_on_a_cut_belongs_to_the_lower_class_with_all_its_ties(by: str) -> None:
    values = pd.DataFrame({2020: [1.0, 2.0, 2.0, 2.0, 3.0, 4.0], 2021: [1.0, 2.0, 2.0, 2.0, 3.0, 4.0]}, index=list("abcdef"))
    found = states_by_quantiles(values, 2, by=by)  # type: ignore[arg-type]
    assert np.atleast_2d(found.cuts)[0].tolist() == [2.0]
    assert found.codes[:, 0].tolist() == [0, 0, 0, 0, 1, 1]
    assert states_at_cuts(values, [2.0]).codes.tolist() == found.codes.tolist()


@settings(max_examples=30)
@given(frames(), st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True))
def test_classes_at_given_cuts_are_those_of_a_loop(values: pd.DataFrame, cuts: list[int]) -> None:
    bounds = sorted(map(float, cuts))
    found = states_at_cuts(values, bounds)
    expected = [[-1 if math.isnan(x) else class_of(x, bounds) for x in row] for row in values.to_numpy()]
    assert found.codes.tolist() == expected
