"""Two publications of one quantity and the declared repairs, against the delivered files."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest
from raw_cells import yearbook

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.paths import DATA_RAW
from toolkit.present.words.breaks import break_notes, marks_between
from toolkit.studies.official_figures import provenance


def panel() -> Panel:
    return load("provincial_panel")


@cache
def listing() -> dict[tuple[str, int], float]:
    """Industrial R&D personnel as S07 lists it."""
    with (DATA_RAW / "provincial" / "provincial_panel.csv").open(encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["indicator"] == "ind_rd_fte"]
    return {(row["adcode"], int(row["year"])): float(row["value"]) for row in rows}


def test_the_listing_shows_the_exchange_and_the_repair_removes_it() -> None:
    """Part of the evidence needs no second publication: a part cannot exceed its whole."""
    whole = {(code, year): value for (name, code, year), value in yearbook().items() if name == "rd_fte"}
    beyond = sorted(key for key, value in listing().items() if value > whole[key])
    assert beyond == [("330000", year) for year in (2015, 2016, 2017, 2021, 2022)]
    frame = panel().frame.dropna(subset=["ind_rd_fte", "rd_fte"])
    assert (frame["ind_rd_fte"] < frame["rd_fte"]).all()
    known = {(code, year): value for (name, code, year), value in yearbook().items() if name == "ind_rd_fte" and code != "0"}
    differ = {key for key, value in known.items() if listing()[key] != value}
    assert len(differ) == 13  # 2 provinces in 5 years, Qinghai in 3
    built = frame.assign(code=frame["adcode"].astype(str)).set_index(["code", "year"])["ind_rd_fte"]
    assert all(built[key] == value for key, value in known.items())
    sums = frame.groupby("year")["ind_rd_fte"].sum()
    for year in (2018, 2020, 2021, 2022, 2023):
        assert sums[year] == pytest.approx(yearbook()["ind_rd_fte", "0", year], abs=2)


def test_the_sentence_counts_what_the_files_show() -> None:
    found = provenance.repair_finding(provenance.repaired(), panel())
    assert (found.values["years"], found.values["beyond"], found.values["shifted"], found.values["compared"]) == (9, 5, 3, 152)
    assert "Zhejiang" not in found.text.zh
    assert "浙江" in found.text.zh


def test_tables_and_figure_hold_the_repairs() -> None:
    cells = provenance.repaired()
    table = provenance.repairs_table(cells).data
    assert len(table) == 18 + 4 + 2
    assert np.isnan(table.set_index(["entity", "time"]).loc[("Hainan", 2017), "after"])
    drawn = provenance.personnel_repaired(panel(), cells)
    assert set(drawn.draw("en").data["province"]) == {"Jiangsu", "Zhejiang", "Qinghai", "Hainan"}
    assert "江苏" in str(drawn.draw("zh").data.to_dict()) or drawn.draw("zh").note
    two = provenance.publications().data.set_index("variable")
    assert two.loc["rd_expenditure", ["compared", "deviations", "joined"]].tolist() == [217, 1, 31]
    assert two.loc["ind_rd_fte", "equal"] == 152


def test_breaks_inside_the_years_are_named_once_and_in_both_languages() -> None:
    assert [m.year for m in marks_between("ind_rd_gov_intensity", 2018, 2023)] == [2019, 2020]  # those of its numerator
    assert break_notes(["ind_rd_gov_intensity"], 2020, 2023) == ()
    (note,) = break_notes(["fiscal_sci_share", "fiscal_sci_share", "no such variable"], 2010, 2023)
    assert note.en.count("2015") == 1
    assert "2015" in note.zh
