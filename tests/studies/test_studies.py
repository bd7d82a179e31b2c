"""The three studies against an independent run on the same figures, the papers' own arithmetic, and brute force."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest
import yaml

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.paths import DATA_RAW, ROOT
from toolkit.studies import measurement, subsidy
from toolkit.studies.regions import centres, inequality

REGISTRY = ROOT / "toolkit" / "registry"
PRINTED = 5e-4  # the independent run is known to three decimals
SHARE = 0.05  # shares are known to one decimal


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def raw() -> dict[tuple[str, int, str], float]:
    """The published cells, read without the library: (code, year, indicator) -> value."""
    with (DATA_RAW / "provincial" / "provincial_panel.csv").open(encoding="utf-8") as stream:
        return {(r["adcode"], int(r["year"]), r["indicator"]): float(r["value"]) for r in csv.DictReader(stream)}


def test_elasticities_agree_with_the_independent_run() -> None:
    """31 provinces, 2017-2023, n = 217, revised-GDP intensity, clustered by province; its pooled regression has no control."""
    results = subsidy.run(panel())
    known = {"alone": (0.445, 0.062), "province": (0.147, 0.068), "two_way": (0.146, 0.062)}
    for name, (estimate, std_error) in known.items():
        got = results.comparisons[name]
        assert results.ladder[name].counts.rows == 217
        assert got.estimate == pytest.approx(estimate, abs=PRINTED)
        assert got.std_error == pytest.approx(std_error, abs=PRINTED)
    assert results.comparisons["pooled"].estimate < results.comparisons["alone"].estimate


def test_comparisons_follow_from_estimate_and_error() -> None:
    results = subsidy.run(panel())
    for name, c in results.comparisons.items():
        assert c.inside == (c.low <= c.claim <= c.high), name
        assert c.z == pytest.approx((c.estimate - c.claim) / c.std_error)
        assert c.low < c.estimate < c.high
    assert results.claim == 0.38
    assert len(subsidy.comparison_table(results)) == len(results.ladder) + len(results.others)


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


def test_growth_uses_the_calendar_and_common_provinces() -> None:
    frame = measurement.growth(panel(), "tech_market_value").set_index("year")
    codes = {code for (code, year, name) in raw() if name == "tech_market_value" and year in (2016, 2017)}
    both = [c for c in codes if (c, 2016, "tech_market_value") in raw() and (c, 2017, "tech_market_value") in raw()]
    before, after = (sum(raw()[c, year, "tech_market_value"] for c in both) for year in (2016, 2017))
    assert frame.loc[2017, "provinces"] == len(both) == 30
    assert frame.loc[2017, "growth_of_sum"] == pytest.approx(100 * (after / before - 1))
    gap = measurement.growth(panel(), "trade_total_usd")["year"]
    assert not {2015, 2016} & set(gap)  # 2015 was not read, so neither year has a growth rate


def test_spliced_vintages_are_the_published_pair() -> None:
    row = measurement.vintages(panel()).set_index("province").loc["Tianjin"]
    assert (row["first_release_2018"], row["revised_2019"]) == (2.62, pytest.approx(3.28, abs=5e-3))
    assert row["change_spliced"] == pytest.approx(row["revised_2019"] - 2.62)
    worst = measurement.most_distorted(measurement.vintages(panel()), 3)
    distortion = (worst["change_spliced"] - worst["change_revised"]).abs()
    assert np.all(np.diff(distortion) <= 0)


def test_coverage_counts_provinces() -> None:
    counts = measurement.coverage(panel()).set_index(["variable", "year"])["provinces"]
    for (variable, year), expected in {("rd_basic", 2023): 24, ("gdp", 2006): 31, ("rd_expenditure", 2016): 0}.items():
        assert counts[variable, year] == expected


def test_the_marked_years_of_the_notebook_are_those_of_the_registry() -> None:
    """Every published amount of the panel with a marked year after a year that was observed, too; nothing is typed in the study."""
    with (REGISTRY / "variables.yaml").open(encoding="utf-8") as stream:
        typed = yaml.safe_load(stream)
    observed = {(name, year) for (_, year, name) in raw()}
    expected = {}
    for name, entry in typed.items():
        years = sorted({**entry.get("break_years", {}), **entry.get("move_years", {})})
        grown = tuple(year for year in years if {(name, year), (name, year - 1)} <= observed)
        if grown and entry["unit"]["en"] != "%":
            expected[name] = grown
    found = measurement.run(panel())
    assert found.mark_years == expected
    assert list(zip(found.around_breaks["variable"], found.around_breaks["break_year"], strict=True)) == [
        (name, year) for name, years in found.mark_years.items() for year in years
    ]
    note = measurement.breaks_note(found.marked)
    for name in expected:
        for entry in (typed[name].get("break_years", {}), typed[name].get("move_years", {})):
            for text in entry.values():
                assert text["en"] in note.en
                assert text["zh"] in note.zh


def test_growth_with_and_without_the_marked_year() -> None:
    row = measurement.run(panel()).around_breaks.set_index("variable").loc["tech_market_value"]
    growth = measurement.growth(panel(), "tech_market_value").set_index("year")["growth_of_sum"]
    assert row["growth_in_break_year"] == growth[2024]
    assert row["mean_without"] * (len(growth) - 1) + growth[2024] == pytest.approx(row["mean_with"] * len(growth))
