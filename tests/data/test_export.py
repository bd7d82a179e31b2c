"""An exported panel comes back equal, with labels, units and names, and nothing in it is a formula."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data import export, load, read_panel
from toolkit.errors import UnknownOption
from toolkit.panel import Panel

SUFFIXES = ("csv", "xlsx", "dta", "parquet", "feather")
TEXTS = ["=1+1", "+x", "-", "@SUM(A1)", "007", "12", "NA", "a,b", 'the "old" one', "中文", "北京", "x  y", "'=x", "<b>", "1.5%", "甲\n乙"]
COMMANDS = ("=", "+", "-", "@")


@st.composite
def panels(draw: st.DrawFn) -> Panel:
    names, numbered = st.sampled_from(["北京", "全国", "000001", "=cmd", "NA", "b"]), st.integers(-9, 10**9)
    firms = draw(st.one_of(*(st.lists(each, min_size=1, max_size=3, unique=True) for each in (names, numbered))))
    years = draw(st.lists(st.integers(1950, 2050), min_size=1, max_size=3, unique=True))
    n = len(firms) * len(years)
    numbers = st.one_of(st.none(), st.floats(-1e200, 1e200))
    frame = pd.DataFrame([(f, y) for f in firms for y in years], columns=["公司", "年份"])
    frame["rd(万元)"] = pd.Series(draw(st.lists(numbers, min_size=n, max_size=n)), dtype="float64")
    frame["人数"] = draw(st.lists(st.integers(-(2**53), 2**53), min_size=n, max_size=n))
    frame["t"] = pd.Series(draw(st.lists(st.one_of(st.none(), st.sampled_from(TEXTS)), min_size=n, max_size=n)), dtype="str")
    labels, units = {"人数": "研发人员", "rd(万元)": "经费 = 合计"}, {"rd(万元)": "万元", "人数": "人"}
    return Panel(frame, "公司", "年份", labels=labels, units=units)


@given(panels(), st.sampled_from(SUFFIXES))
@settings(max_examples=80, deadline=None)
def test_it_comes_back_equal(panel: Panel, suffix: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        back = read_panel(export(panel, Path(folder) / f"mine.{suffix}"))
    assert (back.entity, back.time) == (panel.entity, panel.time)
    pd.testing.assert_frame_equal(back.frame, panel.frame.reset_index(drop=True), check_dtype=False, check_exact=True)
    assert {name: back.labels[name] for name in panel.labels} == panel.labels
    assert back.units == panel.units


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_panel_of_the_registry(tmp_path: Path, suffix: str) -> None:
    panel = load("provincial_panel")
    back = read_panel(export(panel, tmp_path / f"p.{suffix}"))
    pd.testing.assert_frame_equal(back.frame, panel.frame.reset_index(drop=True), check_dtype=False, check_exact=True)
    assert back.labels["gdp"]
    assert back.units["gdp"] == "100 million yuan"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_times_truths_and_dates(tmp_path: Path, suffix: str) -> None:
    frame = pd.DataFrame({"id": ["a", "a", "b"], "t": ["2020Q1", "2020Q2", "2020Q1"], "ok": [True, False, True], "x": [1.0, np.nan, 3.0]})
    frame["when"] = pd.to_datetime(["2020-01-05", None, "2021-12-31"])
    panel = Panel(frame, "id", "t")
    back = read_panel(export(panel, tmp_path / f"q.{suffix}"))
    assert back.step == "quarter"
    assert back.frame["t"].astype(str).tolist() == panel.frame["t"].astype(str).tolist()
    assert back.frame["ok"].astype(bool).tolist() == [True, False, True]
    assert pd.to_datetime(back.frame["when"]).tolist()[::2] == panel.frame["when"].tolist()[::2]


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    frame = pd.DataFrame({"=id": ["=HYPERLINK(1)", "b"], "year": 2020, "t": ["@x", "-2+3"], "x": [-1.5, 2.0]})
    panel = Panel(frame, "=id", "year")
    text = export(panel, tmp_path / "a.csv").read_text(encoding="utf-8-sig")
    cells = [cell for line in text.splitlines() for cell in line.split(",")]
    assert [cell for cell in cells if cell.startswith(COMMANDS)] == ["-1.5"]
    book = openpyxl.load_workbook(export(panel, tmp_path / "a.xlsx"))
    assert {cell.data_type for row in book["data"].iter_rows() for cell in row} == {"s", "n"}
    assert book["data"]["A2"].value == "=HYPERLINK(1)"


def test_what_a_format_does_not_hold(tmp_path: Path) -> None:
    panel = Panel(pd.DataFrame({"id": ["a"], "year": [2020], "x": [2**60]}), "id", "year")
    with pytest.raises(UnknownOption, match="more than 15 digits"):
        export(panel, tmp_path / "a.dta")
    with pytest.raises(UnknownOption, match=r"(?s)no known ending.*\.parquet"):
        export(panel, tmp_path / "a.doc")
    assert read_panel(export(panel, tmp_path / "a.parquet")).frame["x"].tolist() == [2**60]
    assert not (tmp_path / "a.dta").exists()
