"""A panel written in any format, encoding and delimiter comes back equal; a Stata file keeps its calendar and whole numbers."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data import read_panel
from toolkit.data.readers.stata import read_stata
from toolkit.errors import NotNumeric
from toolkit.panel import Panel

NAMES = ["São Paulo", "Zürich", "北京公司", "鑫源", "NA", "Firm, Ltd", "0001", "Nariño", 'the "old" one', "A1"]
few = settings(max_examples=25)  # each example writes and reads a file
TEXTS = ["alpha", "β", "São", "中文", "2 x", "x2"]


@st.composite
def panels(draw: st.DrawFn, names: list[str] = NAMES, texts: list[str] = TEXTS) -> pd.DataFrame:
    """A small panel with numbers of any size, gaps, whole numbers and text."""
    firms = draw(st.lists(st.sampled_from(names), min_size=2, max_size=4, unique=True))
    years = draw(st.lists(st.integers(1950, 2050), min_size=1, max_size=3, unique=True))
    rows = [(firm, year) for firm in sorted(firms) for year in sorted(years)]
    n = len(rows)
    numbers = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False, width=64))
    return pd.DataFrame(
        {
            "firm": [firm for firm, _ in rows],
            "year": [year for _, year in rows],
            "x": pd.Series(draw(st.lists(numbers, min_size=n, max_size=n)), dtype="float64"),
            "k": draw(st.lists(st.integers(-(10**9), 10**9), min_size=n, max_size=n)),
            "t": draw(st.lists(st.sampled_from(texts), min_size=n, max_size=n)),
        }
    )


def back(write: str, frame: pd.DataFrame, suffix: str, **options: object) -> pd.DataFrame:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"panel.{suffix}"
        getattr(frame, write)(path, **options)
        return read_panel(path, entity="firm").frame


def same(found: pd.DataFrame, frame: pd.DataFrame, rtol: float = 0.0) -> None:
    wanted = frame.sort_values(["firm", "year"], kind="stable").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, check_exact=False, rtol=rtol, atol=0)


@given(panels(), st.sampled_from([",", ";", "\t", "|"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.booleans())
@few
def test_text_files(frame: pd.DataFrame, delimiter: str, encoding: str, numbered: bool) -> None:
    same(back("to_csv", frame, "csv", index=numbered, sep=delimiter, encoding=encoding), frame)


@given(panels(["北京公司", "鑫源", "NA", "0001", "上海电气"], ["中文", "科技", "产业"]))
@few
def test_gbk(frame: pd.DataFrame) -> None:
    same(back("to_csv", frame, "csv", index=False, encoding="gbk"), frame)


@given(panels(["São Paulo", "Zürich", "NA", "0001", "Nariño"], ["alpha", "São", "2 x"]))
@few
def test_latin(frame: pd.DataFrame) -> None:
    same(back("to_csv", frame, "csv", index=False, encoding="cp1252"), frame)


@given(panels())
@few
def test_workbooks(frame: pd.DataFrame) -> None:
    frame = frame.assign(x=frame["x"].where(frame["x"].abs() < 1e300))  # rounded to sixteen digits, the largest double is infinite
    same(back("to_excel", frame, "xlsx", index=False), frame, rtol=1e-15)


@given(panels())
@few
def test_stata(frame: pd.DataFrame) -> None:
    frame = frame.assign(x=frame["x"].where(frame["x"].abs() < 1e300))  # Stata keeps the largest doubles for its missing codes
    same(back("to_stata", frame, "dta", write_index=False, version=118), frame)


@pytest.mark.parametrize("version", [114, 117, 118])
def test_whole_numbers_of_stata_do_not_overflow(tmp_path: Path, version: int) -> None:
    frame = pd.DataFrame(
        {"id": [1, 2, 3], "year": [2020] * 3, "a": [100, 90, 80], "b": [30_000, 20_000, 1], "c": [10**9, 5, 6], "f": [0.5, 1, 2]}
    )
    frame = frame.astype({"a": "int8", "b": "int16", "c": "int32", "year": "int16", "f": "float32"})
    frame.to_stata(tmp_path / "a.dta", write_index=False, version=version)  # type: ignore[arg-type]
    panel = read_panel(tmp_path / "a.dta", entity="id").assign(g=lambda f: f["a"] * f["b"] * 1000, h=lambda f: f["c"] * f["c"])
    assert panel.frame["g"].tolist() == [3_000_000_000, 1_800_000_000, 80_000]
    assert panel.frame["h"].tolist() == [10**18, 25, 36]
    assert set(panel.frame.dtypes.drop("f").astype(str)) == {"int64"}
    assert panel.frame["f"].dtype == "float64"


@pytest.mark.parametrize(
    ("code", "dates", "shown"),
    [
        ("ty", ["2010-01-01", "2011-01-01"], ["2010", "2011"]),
        ("tq", ["1959-10-01", "2011-04-01"], ["1959Q4", "2011Q2"]),
        ("tm", ["1959-12-01", "2011-05-01"], ["1959-12", "2011-05"]),
        ("td", ["1959-12-31", "2011-05-07"], ["1959-12-31", "2011-05-07"]),
        ("tc", ["1959-12-31 23:59:59", "2011-05-07 01:02:03"], ["1959-12-31 23:59:59", "2011-05-07 01:02:03"]),
        ("th", ["1959-07-01", "2011-01-01"], ["1959-07-01", "2011-01-01"]),
        ("tw", ["1959-12-24", "2011-01-08"], ["1959-12-24", "2011-01-08"]),
    ],
)
def test_calendars_of_stata(tmp_path: Path, code: str, dates: list[str], shown: list[str]) -> None:
    frame = pd.DataFrame({"id": [1, 2], "t": pd.to_datetime(dates)})
    frame.to_stata(tmp_path / "a.dta", write_index=False, version=118, convert_dates={"t": code})
    table = read_stata(tmp_path / "a.dta")
    assert table.frame["t"].astype(str).tolist() == shown
    assert [found.value("format") for found in table.notes if found.key == "calendar"] == [f"%{code}"]


def test_dates_of_any_century_and_missing_ones(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2, 3], "t": [2_936_549.0, np.nan, -200_000.0], "q": [np.nan, 1.0, 0.0]})
    raw = tmp_path / "a.dta"
    frame.to_stata(raw, write_index=False, version=118)
    content = raw.read_bytes()
    at = content.index(b"<formats>") + len(b"<formats>") + 57
    for step, code in enumerate((b"%td", b"%tq")):
        place = at + 57 * step
        content = content[:place] + code.ljust(57, b"\0") + content[place + 57 :]
    raw.write_bytes(content)
    read = read_stata(raw).frame
    first = datetime.date(1960, 1, 1)
    assert [read["t"][i].date() - first for i in (0, 2)] == [datetime.timedelta(2_936_549), datetime.timedelta(-200_000)]
    assert read["t"].isna().tolist() == [False, True, False]
    assert read["q"].tolist()[1:] == [pd.Period("1960Q2"), pd.Period("1960Q1")]
    assert read["q"].isna().tolist() == [True, False, False]


def test_days_at_the_end_of_the_year_are_years(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 1], "year": pd.to_datetime(["2010-12-31", "2011-12-31"]), "x": [1.0, 2.0]})
    frame.to_stata(tmp_path / "a.dta", write_index=False, version=118, convert_dates={"year": "td"})
    panel = read_panel(tmp_path / "a.dta", entity="id")
    assert panel.frame["year"].tolist() == [2010, 2011]
    assert {"calendar", "years"} <= {found.key for found in panel.notes}


def test_missing_codes_and_labels_are_counted(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2, 3, 4], "year": 2010, "soe": [0, 1, 1, 0], "kind": [1, 2, 3, 1], "x": [1.0, np.nan, np.nan, 2.0]})
    labels = {"soe": {0: "no", 1: "yes"}, "kind": {1: "one"}}
    raw = tmp_path / "a.dta"
    frame.to_stata(raw, write_index=False, version=118, value_labels=labels, variable_labels={"x": "R&D"})
    content = raw.read_bytes()
    dot, dot_a = (float.fromhex(code) for code in ("0x1.0p1023", "0x1.001p1023"))  # Stata's . and .a
    at = content.index(np.float64(dot).tobytes())
    raw.write_bytes(content[:at] + np.float64(dot_a).tobytes() + content[at + 8 :])
    panel = read_panel(raw, entity="id")
    assert panel.frame["x"].isna().tolist() == [False, True, True, False]
    assert panel.frame["soe"].tolist() == ["no", "yes", "yes", "no"]
    assert panel.frame["kind"].tolist() == [1, 2, 3, 1]
    notes = {found.key: str(found) for found in panel.notes}
    assert notes["missing_cells"] == "Missing cells: x: 2 (., .a)."
    assert "0 no" in notes["labels"]
    assert "the codes stay" in notes["label_codes"]
    assert notes["variable_labels"] == "Labels of variables: x: R&D."


def test_labels_under_another_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "year": 2010, "soe": [0, 1]})
    raw = tmp_path / "a.dta"
    frame.to_stata(raw, write_index=False, version=114, value_labels={"soe": {0: "no", 1: "yes"}})
    content = raw.read_bytes()
    assert content.count(b"soe\0") == 3  # the variable, the label it uses, the label itself
    head, variable, used, own = content.split(b"soe\0")
    raw.write_bytes(head + b"soe\0" + variable + b"yn\0\0" + used + b"yn\0\0" + own)
    assert read_panel(raw, entity="id").frame["soe"].tolist() == ["no", "yes"]


@pytest.mark.parametrize("kind", ["dta", "sav", "parquet", "feather", "frame"])
def test_text_that_is_numbers_in_a_file_with_types(tmp_path: Path, kind: str) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "year": 2010, "x": ["1,000.5", "2"], "share": ["45%", "50%"]})
    frame = frame.assign(sector=["39", "40"], code=["000001", "600000"], name=["甲", "2"])

    def panel_of(frame: pd.DataFrame) -> Panel:
        path = tmp_path / f"a.{kind}"
        match kind:
            case "dta":
                frame.to_stata(path, write_index=False, version=118)
            case "sav":
                pyreadstat.write_sav(frame, path)
            case "parquet":
                frame.to_parquet(path)
            case "feather":
                frame.to_feather(path)
        return read_panel(frame if kind == "frame" else path, entity="id")

    panel = panel_of(frame)
    assert panel.frame["x"].tolist() == [1000.5, 2.0]
    assert panel.frame["share"].tolist() == [45.0, 50.0]
    assert panel.frame[["sector", "code", "name"]].to_numpy().tolist() == [["39", "000001", "甲"], ["40", "600000", "2"]]
    assert [found.value("names") for found in panel.notes if found.key == "text_of_numbers"] == [("sector",)]
    assert {"thousands", "percent_signs"} <= {found.key for found in panel.notes}
    with pytest.raises(NotNumeric, match=r"'0\.46' has no % sign(?s:.*)row 2, column share, id b, year 2010"):
        panel_of(frame.assign(share=["45%", "0.46"]))


def test_notes_do_not_make_panels_differ() -> None:
    frame = pd.DataFrame({"id": [1], "year": [2010]})
    assert Panel(frame, "id", "year").notes == ()
