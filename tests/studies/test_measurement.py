"""What the provincial panel measures: against the raw file, the registry as it is typed, and the published pair of vintages."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.studies.official_figures import measurement


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def raw() -> dict[tuple[str, int, str], float]:
    """The published cells, read without the library: (code, year, indicator) -> value."""
    return {(r["adcode"], int(r["year"]), r["indicator"]): float(r["value"]) for r in provincial_rows()}


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


def test_descriptive_tables_from_the_raw_file() -> None:
    cells = [value for (_, _, name), value in raw().items() if name == "fiscal_sci_exp"]
    row = measurement.described(panel()).data.set_index("variable").loc["fiscal_sci_exp"]
    assert (row["rows"], row["mean"]) == (len(cells), pytest.approx(np.mean(cells)))
