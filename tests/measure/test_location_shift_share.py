"""Location quotients and shift-share: definitions cell by cell, exact additivity, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError
from toolkit.measure import decompose_shift_share, location_quotient, location_quotients

ROUNDING = 1e-9  # relative to the largest cell, which is at most 1e6

sizes = st.tuples(st.integers(1, 6), st.integers(1, 5), st.integers(0, 10_000))


def table(regions: int, industries: int, rng: np.random.Generator, zeros: float = 0.0) -> pd.DataFrame:
    cells = rng.uniform(1, 1e6, (regions, industries)) * (rng.uniform(size=(regions, industries)) >= zeros)
    return pd.DataFrame(cells, index=[f"region {r}" for r in range(regions)], columns=[f"industry {i}" for i in range(industries)])


@settings(deadline=None, max_examples=60)
@given(size=sizes)
def test_shift_share_is_the_definition_and_adds_up(size: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(size[2])
    start, end = table(*size[:2], rng), table(*size[:2], rng, zeros=0.2)
    parts = decompose_shift_share(start, end)
    growth = end.to_numpy().sum() / start.to_numpy().sum() - 1
    for r, region in enumerate(start.index):
        for i, industry in enumerate(start.columns):
            x, y = start.loc[region, industry], end.loc[region, industry]
            of_industry = end[industry].sum() / start[industry].sum() - 1
            expected = (x * growth, x * (of_industry - growth), x * (y / x - 1 - of_industry))
            found = (parts.national[r, i], parts.structural[r, i], parts.competitive[r, i])
            assert found == pytest.approx(expected, rel=ROUNDING, abs=ROUNDING * 1e6)
            assert sum(found) == pytest.approx(y - x, rel=ROUNDING, abs=ROUNDING * 1e6)
    by_region, by_industry = parts.by_region(), parts.by_industry()
    assert by_region["change"].sum() == pytest.approx(by_industry["change"].sum())
    assert by_industry["competitive"].to_numpy() == pytest.approx(np.zeros(size[1]), abs=ROUNDING * 1e6)
    assert by_industry["structural"].sum() == pytest.approx(0, abs=ROUNDING * 1e6)


def test_shift_share_by_hand() -> None:
    # All together 60 -> 90 (+50 %), machinery 40 -> 80 (+100 %), textiles 20 -> 10 (-50 %).
    start = pd.DataFrame({"machinery": [10, 30], "textiles": [10, 10]}, index=["East", "West"])
    end = pd.DataFrame({"textiles": [0, 10], "machinery": [50, 30]}, index=["West", "East"])  # another order of rows and columns
    parts = decompose_shift_share(start, end)
    assert (parts.regions, parts.industries) == (("East", "West"), ("machinery", "textiles"))
    assert parts.national_growth == 0.5
    assert parts.industry_growth.tolist() == [1.0, -0.5]
    assert parts.national.tolist() == [[5, 5], [15, 5]]
    assert parts.structural.tolist() == [[5, -10], [15, -10]]
    assert parts.competitive.tolist() == [[10, 5], [-10, -5]]


def test_a_cell_that_starts_at_zero_is_competitive() -> None:
    start, end = pd.DataFrame({"chips": [0.0, 10.0]}), pd.DataFrame({"chips": [4.0, 10.0]})
    parts = decompose_shift_share(start, end)
    assert parts.competitive.ravel().tolist() == [4.0, -4.0]
    assert parts.national[0, 0] == parts.structural[0, 0] == 0.0


def test_what_shift_share_refuses() -> None:
    start = pd.DataFrame({"chips": [1.0, 2.0], "steel": [3.0, 4.0]}, index=["Beijing", "Hebei"])
    with pytest.raises(MeasureError, match=r"(?s)industry 'steel' is not defined.*merge"):
        decompose_shift_share(start.assign(steel=0.0), start)
    with pytest.raises(MeasureError, match=r"(?s)region 'Hebei' is in the first period only.*remedy"):
        decompose_shift_share(start, start.loc[["Beijing"]])
    with pytest.raises(MeasureError, match="industry 'gold' is in the last period only"):
        decompose_shift_share(start, start.assign(gold=1.0))
    with pytest.raises(MeasureError, match="region 'Beijing' stands twice in the first period"):
        decompose_shift_share(start.set_axis(["Beijing", "Beijing"]), start)
    with pytest.raises(MeasureError, match=r"(?s)last period, industry 'chips' got 1 missing.*'Hebei'"):
        decompose_shift_share(start, start.assign(chips=[1.0, np.nan]))
    with pytest.raises(MeasureError, match=r"(?s)first period, industry 'chips' got 1 negative.*'Beijing'"):
        decompose_shift_share(start.assign(chips=[-1.0, 2.0]), start)
    with pytest.raises(MeasureError, match="at least one region"):
        decompose_shift_share(start.iloc[:0], start.iloc[:0])


@settings(deadline=None, max_examples=40)
@given(size=sizes)
def test_location_quotients_are_ratios_of_shares(size: tuple[int, int, int]) -> None:
    cells = table(*size[:2], np.random.default_rng(size[2]))
    found = location_quotients(cells)
    whole = cells.to_numpy().sum()
    for region in cells.index:
        for industry in cells.columns:
            share_here = cells.loc[region, industry] / cells.loc[region].sum()
            assert found.loc[region, industry] == pytest.approx(share_here / (cells[industry].sum() / whole))
    for industry in cells.columns:
        one = location_quotient(cells[industry], cells.sum(axis=1))
        assert one.to_numpy() == pytest.approx(found[industry].to_numpy())
        assert np.average(one, weights=cells.sum(axis=1)) == pytest.approx(1)


def test_what_location_quotients_refuse() -> None:
    people = pd.Series([10.0, 0.0], index=["Beijing", "Tibet"], name="employed")
    with pytest.raises(MeasureError, match=r"(?s)denominator.*1 zero values.*'Tibet'"):
        location_quotient([1.0, 2.0], people)
    with pytest.raises(MeasureError, match="2 parts and 3 wholes"):
        location_quotient([1, 2], [1, 2, 3])
    with pytest.raises(MeasureError, match=r"(?s)another order.*'Tibet'"):
        location_quotient(people.iloc[::-1], people + 1)
    cells = pd.DataFrame({"patents": [1.0, 0.0], "papers": [2.0, 0.0]}, index=["Beijing", "Tibet"])
    with pytest.raises(MeasureError, match=r"(?s)'Tibet' are not defined: its row is all zeros.*remedy"):
        location_quotients(cells)
    with pytest.raises(MeasureError, match="quotient of 'papers' got 1 missing"):
        location_quotients(cells.assign(papers=[1.0, np.nan]))
    with pytest.raises(MeasureError, match="quotient of 'papers' is not defined when every value is zero"):
        location_quotients(cells.assign(papers=0.0))
    with pytest.raises(MeasureError, match="at least one region"):
        location_quotients(pd.DataFrame())
