"""Regions against an independent run on the same figures, the papers' own arithmetic, and brute force."""

from __future__ import annotations

from functools import cache

import pytest
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.studies.regions import centres, inequality

SHARE = 0.05  # shares are known to one decimal


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def raw() -> dict[tuple[str, int, str], float]:
    """The published cells, read without the library: (code, year, indicator) -> value."""
    return {(r["adcode"], int(r["year"]), r["indicator"]): float(r["value"]) for r in provincial_rows()}


def test_three_centres_hold_less_than_a_third_of_rd() -> None:
    """Bulletin figures: 29.4% in 2023, 29.5% in 2024."""
    basket = centres.two_thirds(panel()).shares
    rd = basket[(basket["indicator"] == "rd_expenditure") & (basket["reading"] == "three_provinces")].set_index("year")["share"]
    assert rd[2023] == pytest.approx(29.4, abs=SHARE)
    assert rd[2024] == pytest.approx(29.5, abs=SHARE)


@pytest.mark.parametrize(("indicator", "year"), [("rd_expenditure", 2023), ("patent_grant_invention", 2024), ("tech_market_value", 2023)])
def test_shares_from_the_raw_file(indicator: str, year: int) -> None:
    cells = {code: value for (code, y, name), value in raw().items() if (y, name) == (year, indicator)}
    assert len(cells) == 31
    expected = 100 * sum(cells[code] for code in ("110000", "310000", "440000")) / sum(cells.values())
    basket = centres.two_thirds(panel()).shares
    row = basket[(basket["indicator"] == indicator) & (basket["year"] == year) & (basket["reading"] == "three_provinces")]
    assert row["share"].item() == pytest.approx(expected)


def test_basket_is_complete_and_ordered() -> None:
    found = centres.two_thirds(panel())
    assert found.shares.groupby(["indicator", "year"]).size().eq(2).all()
    wide = centres.table(found).data
    assert set(wide["indicator"]) == set(found.shares["indicator"])
    assert wide["three_provinces"].is_monotonic_decreasing
    assert (wide["three_regions"] > wide["three_provinces"]).all()  # eight provinces, the three among them


def test_inequality_adds_up_and_incomplete_years_stay_out() -> None:
    frame = inequality.indices(panel())
    assert (frame["theil_within"] + frame["theil_between"]).to_numpy() == pytest.approx(frame["theil"].to_numpy())
    assert frame[frame["variable"] == "tech_market_value"]["year"].min() == 2017  # Tibet is blank before
