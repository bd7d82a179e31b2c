"""What the provincial panel measures: against the raw file, the registry as it is typed, and the published pair of vintages."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
import yaml
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.paths import ROOT
from toolkit.studies import measurement


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def raw() -> dict[tuple[str, int, str], float]:
    """The published cells, read without the library: (code, year, indicator) -> value."""
    return {(r["adcode"], int(r["year"]), r["indicator"]): float(r["value"]) for r in provincial_rows()}


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
    releases = measurement.vintages(panel())
    row = releases.set_index("province").loc["Tianjin"]
    assert (row["first_release_2018"], row["revised_2019"]) == (2.62, pytest.approx(3.28, abs=5e-3))
    assert row["change_spliced"] == pytest.approx(row["revised_2019"] - 2.62)
    distortion = (releases["change_spliced"] - releases["change_revised"]).abs()
    assert np.all(np.diff(distortion) <= 0)
    assert len(releases) == 31
    shown = measurement.most_distorted(releases).data
    assert shown["province"].tolist() == releases["province"].tolist()[:5]
    said = measurement.vintage_finding(releases)
    assert said.values["spliced"] == shown["change_spliced"].iloc[0]
    assert shown["province"].iloc[0] in said.text.en


def test_coverage_counts_provinces() -> None:
    counts = measurement.coverage(panel()).draw("en").data.set_index(["variable", "year"])["count"]
    assert counts.index.is_unique
    expected = {("rd_basic", 2023): 31, ("gdp", 2006): 31, ("rd_expenditure", 2009): 0}
    for (variable, year), number in expected.items():
        assert counts[variable, year] == number


def test_the_marked_years_of_the_notebook_are_those_of_the_registry() -> None:
    """Every long published amount of the panel with a marked year after a year that was observed, too; nothing is typed in the study."""
    typed = {}
    for path in sorted((ROOT / "toolkit" / "registry" / "variables").glob("china*.yaml")):
        typed |= yaml.safe_load(path.read_text(encoding="utf-8"))
    seen: dict[str, dict[int, list[float]]] = {}
    for (_, year, name), value in raw().items():
        seen.setdefault(name, {}).setdefault(year, []).append(value)
    expected = {}
    for name, entry in typed.items():
        own = seen.get(name, {})
        grown = [year for year in own if year - 1 in own]
        marked = tuple(year for year in sorted({**entry.get("break_years", {}), **entry.get("move_years", {})}) if year in grown)
        if marked and len(grown) >= 10 and entry["unit"]["en"] != "%" and min(map(min, own.values())) > 0:
            expected[name] = marked
    changes = measurement.growth_of_marked(panel())
    drawn = measurement.growth_of_provinces(changes).draw("en")
    assert set(drawn.data["variable"]) == set(expected)
    for name, years in expected.items():
        texts = {**typed[name].get("break_years", {}), **typed[name].get("move_years", {})}
        for year in years:
            assert texts[year]["en"] in drawn.note
            assert texts[year]["zh"] in measurement.growth_of_provinces(changes).draw("zh").note


def test_descriptive_tables_from_the_raw_file() -> None:
    cells = [value for (_, _, name), value in raw().items() if name == "fiscal_sci_exp"]
    row = measurement.described(panel()).data.set_index("variable").loc["fiscal_sci_exp"]
    assert (row["rows"], row["mean"]) == (len(cells), pytest.approx(np.mean(cells)))
