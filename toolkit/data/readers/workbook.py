"""Excel workbooks as sheets of text cells."""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from toolkit.errors import UnreadableFile
from toolkit.language import Note, Text, note
from toolkit.paths import relative

EXACT = 1e15  # Excel keeps fifteen digits of a number
_STYLES = "xl/styles.xml"
_EMPTY_FILL = re.compile(rb"<((?:\w+:)?)fill\s*/>|<((?:\w+:)?)fill>\s*</(?:\w+:)?fill>")
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_REPAIRED = Text(
    "The workbook has empty cell fills in its styles, which were repaired in memory.", "工作簿样式中含有空的填充定义，已在内存中修复。"
)


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name : as on its tab.
    rows : text of every cell; row 1 of the sheet comes first.
    merged : value of a merged block for each of its cells but the first, by (row, column) from zero.
    """

    name: str
    rows: list[list[str]]
    merged: dict[tuple[int, int], str]


def read_workbook(path: Path) -> tuple[list[Sheet], tuple[Note, ...]]:
    """All sheets of a workbook, and what had to be repaired.

    Numbers come as Python writes them, dates as ``2013-12-31``; a formula comes as the value that was saved with it.

    Raises
    ------
    UnreadableFile
        The file is no workbook, or holds formulas that were never calculated.
    """
    content = path.read_bytes()
    notes: tuple[Note, ...] = ()
    try:
        repaired = _repaired(content)
        if repaired is not None:
            content, notes = repaired, (note("workbook_repaired", _REPAIRED),)
        book = _opened(content)
        has_formulas = _has_formulas(content)
    except (BadZipFile, ValueError, KeyError, TypeError, AttributeError, IndexError, ParseError) as error:
        raise UnreadableFile(
            f"not an Excel workbook: {error}", where=relative(path), remedy="open it in Excel and save again as .xlsx"
        ) from error
    if has_formulas:
        _need_values(book, _opened(content, values=False), relative(path))
    return [_sheet(tab) for tab in book.worksheets], notes


def _opened(content: bytes, *, values: bool = True) -> Any:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # styles and extensions that openpyxl does not keep; values are not touched
        return load_workbook(io.BytesIO(content), data_only=values)


def _repaired(content: bytes) -> bytes | None:
    """The workbook with ``<fill/>``, which Excel opens and openpyxl refuses, filled in; None if it has none."""
    with ZipFile(io.BytesIO(content)) as book:
        if _STYLES not in book.namelist():
            return None
        styles, count = _EMPTY_FILL.subn(_filled, book.read(_STYLES))
        if not count:
            return None
        out = io.BytesIO()
        with ZipFile(out, "w", ZIP_DEFLATED) as copy:
            for name in book.namelist():
                copy.writestr(name, styles if name == _STYLES else book.read(name))
    return out.getvalue()


def _filled(found: re.Match[bytes]) -> bytes:
    prefix = found.group(1) or found.group(2) or b""
    return b"<%sfill><%spatternFill/></%sfill>" % (prefix, prefix, prefix)


def _has_formulas(content: bytes) -> bool:
    with ZipFile(io.BytesIO(content)) as book:
        return any(name.startswith("xl/worksheets/") and _FORMULA.search(book.read(name)) for name in book.namelist())


def _need_values(book: Any, formulas: Any, where: str) -> None:
    """A program that writes formulas without calculating them leaves cells that look empty."""
    for tab in book.worksheets:
        for row in formulas[tab.title].iter_rows():
            for cell in row:
                if cell.data_type == "f" and tab[cell.coordinate].value is None:
                    raise UnreadableFile(
                        "a formula has no saved value",
                        where=f"{where}, sheet {tab.title}, cell {cell.coordinate}",
                        remedy="open the workbook in Excel or LibreOffice and save it, so that the formulas are calculated",
                    )


def _sheet(tab: Any) -> Sheet:
    rows = [[_text(value) for value in row] for row in tab.iter_rows(values_only=True)]
    merged = {}
    for block in tab.merged_cells.ranges:
        value = rows[block.min_row - 1][block.min_col - 1] if block.min_row <= len(rows) else ""
        for row in range(block.min_row - 1, block.max_row):
            for column in range(block.min_col - 1, block.max_col):
                merged[row, column] = value
        merged.pop((block.min_row - 1, block.min_col - 1))
    return Sheet(tab.title, rows, merged)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(int(value)) if abs(value) < EXACT and value == int(value) else repr(float(value))
    return str(value)
