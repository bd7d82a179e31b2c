"""Distances from the claim and what the Pearl River Delta would need, recomputed from the published cells."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

import numpy as np
import pandas as pd
import pytest
from raw_cells import provincial_rows

from toolkit.audit.basket import RESOURCES
from toolkit.data import load
from toolkit.studies.regions import centres
from toolkit.studies.windows import chapter_years

FIRST = {"rd_expenditure": 2017, "rd_basic": 2023}  # years of the chapter
EXACT = 1e-9  # sums of 31 numbers in another order
CLAIMED = 200 / 3  # two thirds, in per cent
BEIJING, SHANGHAI, GUANGDONG = "110000", "310000", "440000"
READINGS = ["two_cities", "three_provinces", "three_regions", "largest_three"]
EIGHT = (BEIJING, "120000", "130000", SHANGHAI, "320000", "330000", "340000", GUANGDONG)


@cache
def shares() -> pd.DataFrame:
    return centres.shares(chapter_years(load("provincial_panel")))


@cache
def raw() -> dict[tuple[str, int], dict[str, float]]:
    """The published cells, read without the library: (indicator, year) -> code -> value, complete years only."""
    cells: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for row in provincial_rows():
        cells[row["indicator"], int(row["year"])][row["adcode"]] = float(row["value"])
    return {(name, year): found for (name, year), found in cells.items() if len(found) == 31 and year >= FIRST.get(name, 2011)}


UNCHANGED = ("rd_expenditure", "patent_grant_invention", "tech_market_value", "fiscal_sci_exp", "patent_grant_total")  # no corrections


@pytest.mark.parametrize("indicator", UNCHANGED)
def test_every_share_of_every_year_from_the_raw_file(indicator: str) -> None:
    gaps = centres.distances(shares())
    own = gaps[gaps["indicator"] == indicator].set_index(["year", "reading"])
    years = sorted(year for name, year in raw() if name == indicator)
    assert sorted(own.index.get_level_values("year").unique()) == years
    for year in years:
        cells = raw()[indicator, year]
        total = sum(cells.values())
        expected = {
            "two_cities": cells[BEIJING] + cells[SHANGHAI],
            "three_provinces": cells[BEIJING] + cells[SHANGHAI] + cells[GUANGDONG],
            "three_regions": sum(cells[code] for code in EIGHT),
            "largest_three": sum(sorted(cells.values())[-3:]),
        }
        for reading, amount in expected.items():
            share = 100 * amount / total
            assert own.loc[(year, reading), "share"] == pytest.approx(share, abs=EXACT)
            assert own.loc[(year, reading), "gap"] == pytest.approx(share - CLAIMED, abs=EXACT)
            assert bool(own.loc[(year, reading), "reached"]) == (share >= CLAIMED)


def test_the_table_counts_what_the_frame_holds() -> None:
    gaps, table = centres.distances(shares()), centres.distance_table(shares()).data.set_index("reading")
    assert table["cases"].sum() == len(gaps)
    assert table["reached"].sum() == (gaps["share"] >= CLAIMED).sum()
    for reading, own in gaps.groupby("reading"):
        assert abs(table.loc[reading, "gap"]) == own["gap"].abs().min()  # type: ignore[arg-type]
        assert table.loc[reading, "median_gap"] == pytest.approx(np.median(np.abs(own["gap"])))


def test_the_delta_would_fill_exactly_what_the_two_cities_leave() -> None:
    delta = centres.needed(shares())
    assert (delta["two_cities"] + delta["needed"]).to_numpy() == pytest.approx(np.full(len(delta), CLAIMED))
    assert (delta["needed"] / delta["guangdong"]).to_numpy() == pytest.approx(delta["times"].to_numpy())
    assert (delta["possible"] == (delta["times"] <= 1)).all()
    cells = raw()["rd_expenditure", 2023]
    row = delta[(delta["indicator"] == "rd_expenditure") & (delta["year"] == 2023)].iloc[0]
    total = sum(cells.values())
    assert row["needed"] == pytest.approx(CLAIMED - 100 * (cells[BEIJING] + cells[SHANGHAI]) / total)
    assert row["guangdong"] == pytest.approx(100 * cells[GUANGDONG] / total)


def test_the_delta_is_possible_exactly_where_the_three_provinces_reach_the_claim() -> None:
    """The ceiling of the delta is all of Guangdong, so the two verdicts are one; also where it holds."""
    by_year = pd.DataFrame({"indicator": ["a"] * 4 + ["b"] * 4, "year": 2020, "reading": READINGS * 2})
    by_year["share"] = [30.0, 70.0, 80.0, 75.0, 10.0, 20.0, 50.0, 60.0]
    delta = centres.needed(by_year).set_index("indicator")
    assert delta["possible"].to_dict() == {"a": True, "b": False}
    assert delta.loc["a", "needed"] == pytest.approx(CLAIMED - 30)
    assert centres.distances(by_year).query("reading == 'three_provinces'")["reached"].tolist() == [True, False]


def test_sentences_are_filled_from_the_results() -> None:
    distance, delta = centres.distance_finding(shares()), centres.delta_finding(shares())
    shown, wide = centres.delta(shares()).data, centres.two_thirds_table(shares()).data
    assert distance.values["reached"] == int(centres.distances(shares())["reached"].sum())
    assert delta.values["possible"] == int(shown["possible"].sum())
    assert delta.values["n"] == len(shown) == len(wide)
    assert delta.values["times_nearest"] == centres.needed(shares())["times"].min()
    assert centres.two_thirds_finding(shares()).values["lowest"] == wide["three_provinces"].min()


def test_the_sentence_can_say_that_nothing_reaches_the_claim() -> None:
    said = centres.distance_finding(shares().assign(share=lambda found: found["share"] / 2))  # the largest share is below 100 %
    assert "0 reach" in said.text.en
    assert "none" in said.text.en
    assert "无" in said.text.zh


def test_an_indicator_that_is_never_complete_is_named() -> None:
    assert set(RESOURCES) == set(shares()["indicator"])
    assert "Never" not in centres.two_thirds_table(shares()).table("en").notes[-1]
    without = shares()[shares()["indicator"] != "rd_basic"]
    assert "Never complete: Basic research." in centres.two_thirds_table(without).table("en").notes[-1]
