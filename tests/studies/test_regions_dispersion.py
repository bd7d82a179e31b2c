"""Gini, Theil and Dagum of the study against pairwise sums over the published cells; intervals and contributions."""

from __future__ import annotations

import itertools
import math
from functools import cache

import pandas as pd
import pytest
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.studies.regions import inequality, intervals

EXACT = 1e-12
OF_GINI = ["gini_within", "gini_between", "gini_transvariation"]
WEST = {"150000", "450000", "500000", "510000", "520000", "530000", "540000", "610000", "620000", "630000", "640000", "650000"}
CENTRAL, NORTHEAST = {"140000", "340000", "360000", "410000", "420000", "430000"}, {"210000", "220000", "230000"}
# The four regions of the National Bureau of Statistics (2011); all others are the East.


@cache
def panel() -> Panel:
    return load("provincial_panel").between(2010, 2024)


@cache
def indices() -> pd.DataFrame:
    return inequality.indices(panel())


@cache
def drawn() -> intervals.DecompositionDraws:
    return intervals.draws(panel())


@cache
def raw(indicator: str, year: int) -> dict[str, float]:
    found = {r["adcode"]: float(r["value"]) for r in provincial_rows() if (r["indicator"], int(r["year"])) == (indicator, year)}
    assert len(found) == 31
    return found


def region(code: str) -> str:
    return "West" if code in WEST else "Central" if code in CENTRAL else "Northeast" if code in NORTHEAST else "East"


def brute(year: int) -> dict[str, float]:
    """Gini and its Dagum parts by pairs of provinces, Theil by its sum; population-weighted R&D expenditure per head."""
    amount, people = raw("rd_expenditure", year), raw("population", year)
    n, total = sum(people.values()), sum(amount.values())
    mean = total / n
    value = {code: amount[code] / people[code] for code in amount}
    parts = {"within": 0.0, "between": 0.0, "overlap": 0.0}
    names = sorted({region(code) for code in value})
    own_mean = {g: sum(amount[c] for c in value if region(c) == g) / sum(people[c] for c in value if region(c) == g) for g in names}
    for a, b in itertools.product(value, value):
        gap = people[a] / n * people[b] / n * abs(value[a] - value[b]) / (2 * mean)
        parts["within"] += gap if region(a) == region(b) else 0.0
    for g, h in itertools.combinations(names, 2):
        rich, poor = (g, h) if own_mean[g] >= own_mean[h] else (h, g)
        upper = lower = 0.0
        for a, b in itertools.product([c for c in value if region(c) == rich], [c for c in value if region(c) == poor]):
            weight = people[a] / n * people[b] / n
            upper += weight * max(value[a] - value[b], 0.0) / mean
            lower += weight * max(value[b] - value[a], 0.0) / mean
        parts["between"] += upper - lower
        parts["overlap"] += 2 * lower
    theil = sum(amount[c] / total * math.log((amount[c] / total) / (people[c] / n)) for c in value)
    return {**parts, "gini": sum(parts.values()), "theil": theil}


@pytest.mark.parametrize("year", [2017, 2023, 2024])
def test_indices_and_parts_are_the_sums_over_pairs(year: int) -> None:
    expected = brute(year)
    rows = indices()
    row = rows[(rows["variable"] == "rd_expenditure") & (rows["year"] == year)].iloc[0]
    assert row["gini"] == pytest.approx(expected["gini"], abs=EXACT)
    assert row["theil"] == pytest.approx(expected["theil"], abs=EXACT)
    assert row["gini_within"] == pytest.approx(expected["within"], abs=EXACT)
    assert row["gini_between"] == pytest.approx(expected["between"], abs=EXACT)
    assert row["gini_transvariation"] == pytest.approx(expected["overlap"], abs=EXACT)


def test_both_decompositions_add_up_everywhere() -> None:
    rows = indices()
    assert rows[OF_GINI].sum(axis=1).to_numpy() == pytest.approx(rows["gini"].to_numpy(), abs=EXACT)
    assert (rows["theil_within"] + rows["theil_between"]).to_numpy() == pytest.approx(rows["theil"].to_numpy(), abs=EXACT)


def test_contributions_are_shares_of_the_index() -> None:
    own = inequality.contributions(panel())
    for year, rows in own.groupby("year"):
        assert rows["gini_share"].sum() == pytest.approx(100)
        assert rows["theil_share"].sum() == pytest.approx(100)
        assert (rows["gini_share"] >= 0).all()
        amount, people = raw("rd_expenditure", int(year)), raw("population", int(year))  # type: ignore[call-overload]
        share, of_people = amount["110000"] / sum(amount.values()), people["110000"] / sum(people.values())
        beijing = rows.set_index("province").loc["Beijing", "theil_share"]
        assert beijing == pytest.approx(100 * share * math.log(share / of_people) / brute(int(year))["theil"])  # type: ignore[call-overload]
        below = [p for p, t in zip(rows["province"], rows["theil_share"], strict=True) if t < 0]
        assert {"Gansu", "Guangxi", "Yunnan"} <= set(below)


def test_the_figure_of_the_parts_adds_up_and_ends_at_the_index() -> None:
    data = inequality.decomposition(indices()).draw("en").data
    for index, own in data.groupby("index"):
        wide = own.pivot(index="year", columns="part", values="value")
        parts = wide.drop(columns="total").dropna(axis=1)
        assert parts.shape[1] == (3 if index == "gini" else 2)
        assert parts.sum(axis=1).to_numpy() == pytest.approx(wide["total"].to_numpy(), abs=EXACT)
        assert wide.loc[2023, "total"] == pytest.approx(brute(2023)[str(index)], abs=EXACT)


def test_draws_are_reproducible_and_hold_the_index() -> None:
    rows = indices().set_index(["variable", "year"])
    for (variable, year), one in drawn().found.items():
        assert one.gini.estimate == pytest.approx(rows.loc[(variable, year), "gini"], abs=EXACT)
        assert one.gini.low < one.gini.estimate < one.gini.high
    assert drawn().found.keys() == {(v, y) for v, own in indices().groupby("variable") for y in (own["year"].min(), own["year"].max())}
    again, same = (intervals.changes(intervals.draws(panel(), seed=5)).data for _ in range(2))
    assert again.equals(same)
    assert not again.equals(intervals.changes(drawn()).data)  # another seed, other draws


def test_changes_are_differences_of_the_same_provinces() -> None:
    found = intervals.changes(drawn()).data
    assert (found["end"] - found["start"]).to_numpy() == pytest.approx(found["change"].to_numpy())
    assert len(found) == 10 * 2 + 5  # two indices of ten quantities, and the parts of R&D expenditure
    rd = found[found["variable"] == "rd_expenditure"].set_index("index")
    assert rd.loc["gini", "change"] == pytest.approx(brute(2024)["gini"] - brute(2010)["gini"], abs=EXACT)
    assert rd.loc[OF_GINI, "change"].sum() == pytest.approx(rd.loc["gini", "change"], abs=EXACT)
    levels = [one.gini for (variable, _), one in drawn().found.items() if variable == "rd_expenditure"]
    width = min(one.high - one.low for one in levels)
    assert rd.loc["gini", "high"] - rd.loc["gini", "low"] < width  # what moves one year moves the other


def test_the_sentence_and_the_note_say_what_the_interval_is() -> None:
    found = intervals.inequality_finding(drawn(), indices(), inequality.contributions(panel()))
    parts = [found.values[key] for key in ("within", "between", "overlap")]
    assert sum(float(part) for part in parts) == pytest.approx(100)  # type: ignore[arg-type]
    table = intervals.changes(drawn())
    assert "31 provinces are the whole population" in table.table("en").notes[-1]
    assert "总体" in table.table("zh").notes[-1]
