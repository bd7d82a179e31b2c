"""The columns of a table beside entity and time: numbers where they are numbers, else the text that stands there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from toolkit.data.readers.large import Numbers
from toolkit.data.readers.numbers import BLANK, Decimal, count_numbers, decimal_of, is_code, looks_numeric, read_numbers
from toolkit.data.readers.problems import Problem
from toolkit.errors import NotNumeric
from toolkit.language import Name, Note, Text, note

_CJK = re.compile(r"[\u4e00-\u9fff]")
_NOTHING = frozenset({""})
_COUNTRY = re.compile(r"[A-Z]{2}")
_MISSING = Text("Missing cells: {columns}.", "缺失值：{columns}。")
_EMPTY = Text("empty", "空")
_MISSING_IN = Text("{name}: {count} ({marks})", "{name}{count}个单元格（{marks}）")
_TEXT = Text("Read as text: {columns}.", "按文本读取：{columns}。")
_SOME_NUMBERS = Text("{name} (numbers in {count} of {total} cells)", "{name}（{total}个单元格中{count}个为数字）")
_CODES = Text(
    "{name} holds codes (leading zeros, or more digits than a number keeps) and stays text.",
    "{name}为编码（含前导零或位数过长），保留为文本。",
)
_NAMIBIA = Text(
    "{name}: NA is kept as a code (Namibia, cells: {count}), as all others are two letters.",
    "{name}：其余均为两位字母代码，故{count}个NA保留为代码（纳米比亚）。",
)


_DIGITS = Text(
    "Text of digits alone, which may be codes: {names}; if they are numbers, convert them.",
    "文本型变量{names}仅含数字，可能为编码；如应为数值，请自行转换。",
)


@dataclass(frozen=True)
class Columns:
    """Columns by name, what was done to them, and the cells that stand in the way."""

    values: dict[str, pd.Series]
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...]


def usual_decimal(delimiter: str, texts: Iterable[str]) -> Decimal:
    """The decimal sign of a file in which no cell shows it: the point if commas separate the cells or the texts are Chinese."""
    return "." if delimiter == "," or any(map(_CJK.search, texts)) else "auto"


def read_columns(
    cells: Mapping[str, Sequence[str]],
    *,
    rows: Sequence[int],
    labels: Sequence[str],
    decimal: Decimal = "auto",
    usual: Decimal = "auto",
    text: Sequence[str] = (),
    plain: Mapping[str, Numbers] | None = None,
) -> Columns:
    """Columns of text as numbers where most of their cells are numbers.

    Parameters
    ----------
    cells : (n,) cells by name of the column.
    rows, labels : row of the file, and entity and time, for each cell.
    decimal : decimal sign; "auto" lets the column, then the file decide.
    usual : decimal sign where no cell of the file shows one.
    text : columns that are text whatever stands in them, so that only an empty cell is missing.
    plain : columns of the same file that are read already.
    """
    known = plain or {}
    present = {name: [None if cell in (_NOTHING if name in text else BLANK) else cell for cell in c] for name, c in cells.items()}
    filled = {name: [cell for cell in column if cell is not None] for name, column in present.items()}
    numeric = [
        name for name, column in filled.items() if name not in text and not is_code(column) and (looks_numeric(column) or not column)
    ]
    points = ["0.5"] if any(column.point for column in known.values()) else []
    of_file = decimal_of((*(filled[name] for name in numeric), points), usual)
    values: dict[str, pd.Series] = {}
    notes: list[Note] = []
    problems: list[Problem] = []
    for name, column in present.items():
        if name in text:
            values[name] = pd.Series(column, dtype="str")
            continue
        if name not in numeric:
            values[name], said = _as_text(name, cells[name], column)
            notes += said
            continue
        read = read_numbers(column, name, decimal=decimal, file_decimal=of_file)
        values[name] = pd.Series(read.values)
        notes += read.notes
        problems += [
            Problem(error=NotNumeric, what=c.what, row=rows[c.at], column=name, label=labels[c.at] if labels else "", remedy=c.remedy)
            for c in read.unread
        ]
    marks = {n: Counter(c for c, gone in zip(cells[n], v.isna(), strict=True) if gone and c in BLANK) for n, v in values.items()}
    values |= {name: pd.Series(column.values) for name, column in known.items()}
    marks |= {name: column.marks for name, column in known.items()}
    return Columns(values, (*notes, *missing_cells(marks), *_texts(filled, (*numeric, *text))), tuple(problems))


def read_texts(frame: pd.DataFrame, keys: Sequence[str], *, rows: Sequence[int], labels: Sequence[str], decimal: Decimal) -> Columns:
    """The columns of text of a table with types as numbers, where a cell shows that they are: by a point, a separator, a percent sign.

    Digits alone may be codes, which their writer kept as text; they stay so, and the notes name them.

    Parameters
    ----------
    frame, keys : the table, and the columns that are left alone.
    rows, labels, decimal : as for :func:`read_columns`.
    """
    cells, digits = {}, []
    for name in [name for name in frame.columns if name not in keys and frame[name].dtype in ("str", "object")]:
        column = ["" if missing else str(cell) for cell, missing in zip(frame[name], frame[name].isna(), strict=True)]
        filled = [cell for cell in column if cell not in BLANK]
        if not filled or not looks_numeric(filled):
            continue
        if all(map(str.isdigit, filled)):
            digits += [Name(name)] if not is_code(filled) else []
        else:
            cells[name] = column
    read = read_columns(cells, rows=rows, labels=labels, decimal=decimal)
    return replace(read, notes=(*read.notes, *([note("text_of_numbers", _DIGITS, names=tuple(digits))] if digits else [])))


def _as_text(name: str, cells: Sequence[str], present: Sequence[str | None]) -> tuple[pd.Series, list[Note]]:
    others = [cell for cell in present if cell is not None]
    countries = "NA" in cells and len(set(others)) > 1 and all(map(_COUNTRY.fullmatch, others))
    if countries:
        kept = [cell if cell == "NA" else known for cell, known in zip(cells, present, strict=True)]
        return pd.Series(kept, dtype="str"), [note("namibia", _NAMIBIA, name=Name(name), count=cells.count("NA"))]
    return pd.Series(present, dtype="str"), [note("codes", _CODES, name=Name(name))] if is_code(others) and others else []


def missing_cells(marks: Mapping[str, Counter[str]]) -> list[Note]:
    """One note for the missing cells of a file: how many in which column, and what stands in them."""
    found = [
        note("missing_in", _MISSING_IN, name=Name(name), count=sum(counts.values()), marks=tuple(mark or _EMPTY for mark in sorted(counts)))
        for name, counts in marks.items()
        if counts
    ]
    return [note("missing_cells", _MISSING, columns=tuple(found))] if found else []


def _texts(filled: Mapping[str, Sequence[str]], numeric: Sequence[str]) -> list[Note]:
    """One note for the columns that are text, with the numbers that stand among their cells."""
    columns: list[Name | Note] = []
    for name, column in filled.items():
        if name in numeric or is_code(column):
            continue
        count = count_numbers(column)
        columns.append(note("some_numbers", _SOME_NUMBERS, name=Name(name), count=count, total=len(column)) if count else Name(name))
    return [note("text", _TEXT, columns=tuple(columns))] if columns else []
