"""Shares of the centres from the published cells, the one rule for "about two thirds", and what the sentences count."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from audited import whole
from raw_cells import provincial_rows

from toolkit.audit import Tables
from toolkit.audit.basket import RESOURCES
from toolkit.data import load
from toolkit.studies.claims.two_thirds import two_thirds_finding
from toolkit.studies.regions import centres

EXACT = 1e-9  # sums of 31 numbers in another order
BEIJING, SHANGHAI, GUANGDONG = "110000", "310000", "440000"
EIGHT = (BEIJING, "120000", "130000", SHANGHAI, "320000", "330000", "340000", GUANGDONG)
UNCHANGED = ("rd_expenditure", "patent_grant_invention", "tech_market_value", "fiscal_sci_exp", "college_students")  # no corrections


@cache
def found() -> centres.TwoThirds:
    return centres.two_thirds(load("provincial_panel"))


@cache
def raw() -> dict[tuple[str, int], dict[str, float]]:
    """The published cells, read without the library: (indicator, year) -> code -> value."""
    cells: dict[tuple[str, int], dict[str, float]] = {}
    for row in provincial_rows():
        cells.setdefault((row["indicator"], int(row["year"])), {})[row["adcode"]] = float(row["value"])
    return cells


@pytest.mark.parametrize("indicator", UNCHANGED)
def test_every_share_of_every_year_from_the_raw_file(indicator: str) -> None:
    own = found().shares.query("indicator == @indicator").set_index(["year", "reading"])["share"]
    years = sorted({int(year) for year in own.index.get_level_values("year") if len(raw().get((indicator, int(year)), {})) == 31})
    assert len(years) >= 7
    for year in years:
        cells = raw()[indicator, year]
        for reading, members in ((centres.NAMED, (BEIJING, SHANGHAI, GUANGDONG)), (centres.WIDE, EIGHT)):
            assert own[year, reading] == pytest.approx(100 * sum(cells[code] for code in members) / sum(cells.values()), abs=EXACT)


def test_the_windows_are_long_and_all_resources_are_there() -> None:
    years = found().shares.groupby("indicator")["year"].agg(["min", "max"])
    assert set(years.index) == set(RESOURCES)
    assert years.loc["rd_expenditure"].tolist() == [2010, 2024]
    assert years.loc["rd_researchers_fte"].tolist() == [2010, 2023]
    assert years.loc["ind_new_product_sales"].tolist() == [2018, 2023]


def test_the_table_and_the_sentence_count_the_same_resources() -> None:
    table = centres.table(found()).data
    values = centres.finding(found()).values
    within = {
        (reading, points): int((abs(table[reading] - 200 / 3) <= points).sum())
        for reading in (centres.NAMED, centres.WIDE)
        for points in (2, 5, 10)
    }
    for reading in (centres.NAMED, centres.WIDE):
        shown = table[f"{reading}_about"].map(lambda text: int(text.removeprefix("± ")) if text != "–" else 99)
        assert [(shown <= points).sum() for points in (2, 5, 10)] == [within[reading, points] for points in (2, 5, 10)]
    assert values["n"] == len(table) == len(RESOURCES)
    assert values["highest"] == table[centres.NAMED].max()
    assert values["wide"] == centres.how_many(within[centres.WIDE, 5], len(table))
    assert values["wide_loose"] == centres.how_many(within[centres.WIDE, 10], len(table))


def test_one_verdict_in_both_chapters_and_in_the_audit() -> None:
    here, quoted = centres.finding(found()), two_thirds_finding(Tables())
    assert (here.key, quoted.key) == ("regions_two_thirds", "claims_two_thirds")
    assert here.text == quoted.text
    assert "false for the territory" in here.text.en
    assert "不成立" in here.text.zh
    judged = whole().of("chen2025_resources_two_thirds")
    assert judged.word == "contradicted"
    wide = next(check for check in judged.checks if check.result == "related")
    assert "it holds for 6 of 17 readings" in wide.sentence.en
    assert str(here.values["wide"]) == str(centres.how_many(6, 17))


def test_the_verdict_turns_when_the_shares_do() -> None:
    shares = found().shares
    high = replace(found(), shares=shares.assign(share=66.0))
    assert "is therefore right for the territory" in centres.finding(high).text.en
    assert "all 17 lie there" in centres.finding(high).text.en
    mixed = replace(found(), shares=shares.assign(share=shares["share"].where(shares["indicator"] != "rd_basic", 66.0)))
    assert "right for some" in centres.finding(mixed).text.en


def test_what_hong_kong_and_macao_would_have_to_add() -> None:
    needed = centres.missing_part(found()).set_index("indicator")
    share = needed.loc["rd_expenditure", "share"] / 100
    added = needed.loc["rd_expenditure", "needed"] / 100
    assert (share + added) / (1 + added) == pytest.approx(185 / 300)
    assert centres.missing_finding(found()).values["low"] == needed["needed"].min()


def test_an_indicator_that_is_never_complete_is_named() -> None:
    assert "Never" not in " ".join(centres.table(found()).table("en").notes)
    without = replace(found(), shares=found().shares.query("indicator != 'rd_basic'"))
    assert "Never complete: Basic research." in " ".join(centres.table(without).table("en").notes)
