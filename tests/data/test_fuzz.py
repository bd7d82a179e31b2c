"""A clean file, changed as files are in the hands of people: the same numbers come out, or an error with a name; no row is lost unsaid."""

from __future__ import annotations

import csv
import io
import math
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.data import read_panel
from toolkit.errors import ToolkitError
from toolkit.panel import Panel

PLACES = ["北京", "天津", "河北", "上海", "江苏"]
ENGLISH = {"北京": "Beijing", "天津": "Tianjin", "河北": "Hebei", "上海": "Shanghai", "江苏": "Jiangsu"}
HEADER = ["省份", "年份", "rd", "staff"]
PLAIN = re.compile(r"[0-9.]+")
Rows = list[list[str]]
Clean = dict[tuple[str, int], tuple[float, float]]


def clean() -> tuple[Rows, Clean]:
    rows, values = [list(HEADER)], {}
    for i, place in enumerate(PLACES):
        for year in (2019, 2020, 2021):
            rd, staff = 1000.25 + 137.5 * i + year % 7, float(12_345 + 97 * i + year)
            rows.append([place, str(year), str(rd), str(int(staff))])
            values[ENGLISH[place], year] = (rd, staff)
    return rows, values


def _cells(change: Callable[[str], str], columns: tuple[int, ...]) -> Callable[[Rows, st.DataObject], Rows]:
    def mutate(rows: Rows, data: st.DataObject) -> Rows:
        own = [i for i, row in enumerate(rows) if len(row) == 4 and row[0] in PLACES]
        places = data.draw(st.sets(st.sampled_from(own), min_size=1)) if own else set()
        column = data.draw(st.sampled_from(columns))
        return [[change(c) if i in places and j == column else c for j, c in enumerate(row)] for i, row in enumerate(rows)]

    return mutate


def _wide(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _inserted(row: list[str], lowest: int = 0) -> Callable[[Rows, st.DataObject], Rows]:
    def mutate(rows: Rows, data: st.DataObject) -> Rows:
        at = data.draw(st.integers(lowest, len(rows)))
        return [*rows[:at], list(row), *rows[at:]]

    return mutate


def _repeated(rows: Rows, data: st.DataObject) -> Rows:
    first = next((i for i, row in enumerate(rows) if HEADER[0] in row), 0) + 1
    return [*rows, list(rows[data.draw(st.integers(first, len(rows) - 1))])]


def _counted(rows: Rows, data: st.DataObject | None) -> Rows:
    return [["" if i == 0 else str(i - 1), *row] for i, row in enumerate(rows)]


def _shuffled(rows: Rows, data: st.DataObject) -> Rows:
    first = next((i for i, row in enumerate(rows) if HEADER[0] in row), 0) + 1
    return [*rows[:first], *data.draw(st.permutations(rows[first:]))]


def _junk(rows: Rows, data: st.DataObject) -> Rows:
    at, column = data.draw(st.integers(0, len(rows) - 1)), data.draw(st.integers(0, 3))
    junk = data.draw(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=6))
    return [[junk if (i, j) == (at, column) else c for j, c in enumerate(row)] for i, row in enumerate(rows)]


def _short(rows: Rows, data: st.DataObject) -> Rows:
    at, width = data.draw(st.integers(1, len(rows) - 1)), data.draw(st.integers(0, 3))
    return [row[:width] if i == at else row for i, row in enumerate(rows)]


MUTATIONS: dict[str, Callable[[Rows, st.DataObject], Rows]] = {
    "thousands": _cells(lambda c: f"{float(c):,}" if PLAIN.fullmatch(c) else c, (2,)),
    "full width": _cells(_wide, (1, 2, 3)),
    "spaces": _cells(lambda c: f" {c}\u3000", (0, 1, 2, 3)),
    "spread": _cells(lambda c: "\u3000".join(c), (0,)),
    "suffix": _cells(lambda c: f"{c}市" if c in ("北京", "天津", "上海") else f"{c}省", (0,)),
    "year": _cells(lambda c: f"{c}年", (1,)),
    "date": _cells(lambda c: f"{c}-12-31", (1,)),
    "float": _cells(lambda c: f"{c}.0", (1, 3)),
    "footnote": _cells(lambda c: f"{c}①", (2, 3)),
    "percent": _cells(lambda c: f"{c}%", (2,)),
    "exponent": _cells(lambda c: f"{float(c):.10e}" if PLAIN.fullmatch(c) else c, (2,)),
    "dash": _cells(lambda c: "—", (2, 3)),
    "text": _cells(lambda c: "约" + c, (2, 3)),
    "comma": _cells(lambda c: c.replace(".", ","), (2,)),
    "title": _inserted(["表1 各省研发经费"]),
    "note": _inserted(["数据来源：国家统计局"]),
    "blank": _inserted([]),
    "nation": _inserted(["全国", "2020", "99999", "1"], lowest=2),
    "header": _inserted(HEADER),
    "repeated": _repeated,
    "counted": _counted,
    "shuffled": _shuffled,
    "junk": _junk,
    "short": _short,
}


def _text(delimiter: str, encoding: str) -> Callable[[Rows], bytes]:
    def write(rows: Rows) -> bytes:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
        return buffer.getvalue().encode(encoding, errors="ignore")

    return write


def _book(rows: Rows) -> bytes:
    book, out = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append([openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", c) for c in row])
    for row in book.active.iter_rows():
        for cell in row:
            cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
    book.save(out)
    return out.getvalue()


FORMATS = {
    **{f"{d!r} {e}": (_text(d, e), "csv") for d in (",", ";", "\t") for e in ("utf-8-sig", "gb18030", "utf-16")},
    "xlsx": (_book, "xlsx"),
    "text as xls": (_text("\t", "gb18030"), "xls"),
}


def read(path: Path) -> Panel | None:
    """The panel; None where the file is refused by name and with a remedy."""
    refused: ToolkitError
    try:
        return read_panel(path, entity="省份", time="年份")
    except ToolkitError as error:
        refused = error
    assert "mine" in str(refused)
    assert refused.remedy
    return None


def same_or_said(panel: Panel, values: Clean, touched: set[str]) -> None:
    """Every number is one of the clean file, and what is gone was said."""
    frame = panel.frame
    said = {found.key for found in panel.notes}
    names = [c for c in ("rd", "staff") if c in frame.columns]
    for column in names:
        assert pd.api.types.is_numeric_dtype(frame[column]) or {"text", "some_numbers", "codes"} & said, column
    names = [c for c in names if pd.api.types.is_numeric_dtype(frame[c])]
    at = [("rd", "staff").index(c) for c in names]
    records = frame[[panel.entity, panel.time, *names]].itertuples(index=False, name=None)
    found = {(place, year): tuple(row) for place, year, *row in records}
    truth = {key: [values[key][i] for i in at] for key in set(found) & set(values)}
    other = [
        (key, value, true)
        for key, whole in truth.items()
        for value, true in zip(found[key], whole, strict=True)
        if value != true and not (math.isnan(value) and "missing_cells" in said)
    ]
    if touched & {"junk", "short"}:  # what a stranger wrote into one cell may be another number or name, which the file then says
        assert len(values) - len(found) <= 1 or {"totals_left_out", "lines_below", "lines_above", "same_rows"} & said
        assert len(other) <= 1, other
    else:
        assert set(found) == set(values)
        assert not other


def written(kind: str, rows: Rows) -> Panel | None:
    write, suffix = FORMATS[kind]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mine.{suffix}"
        path.write_bytes(write(rows))
        return read(path)


def _once_found() -> dict[str, Rows]:
    """Files that once ended in an error without a name, or in other numbers."""
    rows, _ = clean()
    counted = _counted(rows, None)
    note = ["数据来源：国家统计局"]
    return {
        "a note, row numbers, and a header repeated without them": [note, counted[0], HEADER, *counted[1:]],
        "row numbers, and a header repeated without them at the end": [*counted, HEADER],
    }


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", _once_found())
def test_what_the_search_once_found_is_read(name: str, kind: str) -> None:
    panel = written(kind, _once_found()[name])
    assert panel is not None
    assert {"header_repeated", "row_numbers"} <= {said.key for said in panel.notes}
    same_or_said(panel, clean()[1], set())


@given(st.sampled_from(sorted(FORMATS)), st.lists(st.sampled_from(sorted(MUTATIONS)), max_size=4, unique=True), st.data())
@settings(max_examples=150, deadline=None)
def test_the_same_numbers_or_an_error_with_a_name(kind: str, mutations: list[str], data: st.DataObject) -> None:
    rows, values = clean()
    for name in mutations:
        rows = MUTATIONS[name](rows, data)
    panel = written(kind, rows)
    if panel is None:
        assert mutations, "the clean file was refused"
    else:
        same_or_said(panel, values, set(mutations))


@given(st.sampled_from(sorted(FORMATS)), st.data())
@settings(max_examples=50, deadline=None)
def test_bytes_that_changed_or_went(kind: str, data: st.DataObject) -> None:
    """Whatever is done to the bytes, no other exception than ours comes out."""
    rows, _ = clean()
    write, suffix = FORMATS[kind]
    content = bytearray(write(rows))
    for _ in range(data.draw(st.integers(1, 3))):
        at = int(data.draw(st.floats(0, 1, exclude_max=True)) * len(content))  # a workbook has another length in each second
        content[at : at + data.draw(st.integers(1, 20))] = data.draw(st.binary(max_size=4))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"mine.{suffix}"
        path.write_bytes(bytes(content))
        read(path)
