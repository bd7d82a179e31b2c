"""Subsidy and regions against an independent run on the same figures, the papers' own arithmetic, and brute force."""

from __future__ import annotations

from functools import cache

import pytest
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.studies.regions import centres, inequality
from toolkit.studies.subsidy import baseline

PRINTED = 5e-4  # the independent run is known to three decimals
SHARE = 0.05  # shares are known to one decimal


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def raw() -> dict[tuple[str, int, str], float]:
    """The published cells, read without the library: (code, year, indicator) -> value."""
    return {(r["adcode"], int(r["year"]), r["indicator"]): float(r["value"]) for r in provincial_rows()}


def test_elasticities_agree_with_the_independent_run() -> None:
    """31 provinces, 2017-2023, n = 217, revised-GDP intensity, clustered by province; its pooled regression has no control."""
    results = baseline.run(panel())
    known = {"alone": (0.445, 0.062), "province": (0.147, 0.068), "two_way": (0.146, 0.062)}
    for name, (estimate, std_error) in known.items():
        got = results.comparisons[name]
        assert results.ladder[name].counts.rows == 217
        assert got.estimate == pytest.approx(estimate, abs=PRINTED)
        assert got.std_error == pytest.approx(std_error, abs=PRINTED)
    assert results.comparisons["pooled"].estimate < results.comparisons["alone"].estimate


def test_comparisons_follow_from_estimate_and_error() -> None:
    results = baseline.run(panel())
    for name, c in results.comparisons.items():
        assert c.inside == (c.low <= c.claim <= c.high), name
        assert c.z == pytest.approx((c.estimate - c.claim) / c.std_error)
        assert c.low < c.estimate < c.high
    assert results.claim == 0.38
    assert len(baseline.comparison(results).data) == len(results.ladder) + len(results.others)


def test_three_centres_hold_less_than_a_third_of_rd() -> None:
    """Bulletin figures: 29.4 % in 2023, 29.5 % in 2024."""
    basket = centres.shares(panel())
    rd = basket[(basket["indicator"] == "rd_expenditure") & (basket["reading"] == "three_provinces")].set_index("year")["share"]
    assert rd[2023] == pytest.approx(29.4, abs=SHARE)
    assert rd[2024] == pytest.approx(29.5, abs=SHARE)


@pytest.mark.parametrize(("indicator", "year"), [("rd_expenditure", 2023), ("patent_grant_invention", 2024), ("tech_market_value", 2023)])
def test_shares_from_the_raw_file(indicator: str, year: int) -> None:
    cells = {code: value for (code, y, name), value in raw().items() if (y, name) == (year, indicator)}
    assert len(cells) == 31
    expected = 100 * sum(cells[code] for code in ("110000", "310000", "440000")) / sum(cells.values())
    basket = centres.shares(panel())
    row = basket[(basket["indicator"] == indicator) & (basket["year"] == year) & (basket["reading"] == "three_provinces")]
    assert row["share"].item() == pytest.approx(expected)


def test_basket_is_complete_and_ordered() -> None:
    shares = centres.shares(panel())
    assert set(shares["reading"]) == {"two_cities", "three_provinces", "three_regions", "largest_three"}
    assert shares.groupby(["indicator", "year"]).size().eq(4).all()
    wide = centres.two_thirds_table(shares).data
    assert set(wide["indicator"]) == set(shares["indicator"])
    assert wide["three_provinces"].is_monotonic_decreasing
    assert (wide["largest_three"] >= wide["three_provinces"] - 1e-9).all()  # the largest three hold at least as much as any three
    assert wide["gap"].to_numpy() == pytest.approx(wide["three_provinces"].to_numpy() - 200 / 3)
    values = centres.two_thirds_finding(shares).values
    assert values["holds"] == int((wide["three_provinces"] >= 200 / 3).sum())


def test_inequality_adds_up_and_incomplete_years_stay_out() -> None:
    frame = inequality.indices(panel())
    assert (frame["theil_within"] + frame["theil_between"]).to_numpy() == pytest.approx(frame["theil"].to_numpy())
    assert frame[frame["variable"] == "tech_market_value"]["year"].min() == 2017  # Tibet is blank before
