"""Any text or Excel file as one grid of stripped cells: its encoding, its delimiter and its sheet.

An Excel workbook is a number of sheets of text cells.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

from toolkit.data.readers.encoding import decode
from toolkit.data.safety import checked_workbook, sized
from toolkit.errors import RawFileMissing, UnknownOption, UnreadableFile
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


def _read_workbook(path: Path) -> tuple[list[Sheet], tuple[Note, ...]]:
    """All sheets of a workbook, and what had to be repaired.

    Numbers come as Python writes them, dates as ``2013-12-31``; a formula comes as the value that was saved with it.

    Raises
    ------
    UnreadableFile
        The file is no workbook, or holds formulas that were never calculated.
    """
    content = path.read_bytes()
    notes = checked_workbook(content, relative(path))
    try:
        repaired = _repaired(content)
        if repaired is not None:
            content, notes = repaired, (*notes, note("workbook_repaired", _REPAIRED))
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


Rows = list[list[str]]
DELIMITERS = {",": Text("commas", "逗号"), "\t": Text("tabs", "制表符"), ";": Text("semicolons", "分号"), "|": Text("bars", "竖线")}
_STRIP = " \t\u3000\xa0\r\n\ufeff"
_PADDING = re.compile(r"\t+(?=,|\r?$)", re.MULTILINE)  # some exports end every cell in a tab
_YEAR = re.compile(r"^(\d{4})(\.0)?年?$")
_INDICATOR = re.compile(r"^(.*\S)\s*[（(]([^（()）]+)[)）]$")
_SHEET = Text("Of {count} sheets, {sheet} was read.", "工作簿共{count}个工作表，读取了“{sheet}”。")
_DELIMITER = Text("Cells are separated by {delimiter}.", "单元格以{delimiter}分隔。")


@dataclass(frozen=True)
class Grid:
    """The cells of one table.

    Attributes
    ----------
    rows : stripped cells; trailing empty cells are cut, empty rows kept so that row numbers stay true.
    where : the file, and the sheet where there are several.
    delimiter : of a text file, "" for a workbook.
    merged : see :class:`~toolkit.data.readers.grid.Sheet`.
    notes : how the cells were found.
    """

    rows: Rows
    where: str
    delimiter: str = ""
    merged: dict[tuple[int, int], str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def has_rows(rows: Rows) -> bool:
    """At least two rows with two cells: the least that can be a table."""
    return sum(len(row) > 1 for row in rows) > 1


def read_grid(path: Path, *, encoding: str | None = None, sheet: str | None = None, wanted: Callable[[Rows], bool] = has_rows) -> Grid:
    """The cells of a text file or of one sheet.

    Parameters
    ----------
    path : .csv, .txt, .tsv or any other text, .xlsx or .xlsm.
    encoding : of a text file; see :func:`~toolkit.data.readers.encoding.decode`.
    sheet : name of the sheet; without it, the only one that holds a table.
    wanted : what counts as a table, used to choose the sheet and the delimiter.

    Raises
    ------
    RawFileMissing, UnreadableFile, UnknownOption
    """
    where = relative(path)
    if not path.is_file():
        raise RawFileMissing("there is no such file", where=where, remedy="check the name and the folder")
    sized(path, where)
    suffix = path.suffix.lower()
    if suffix == ".xls":
        raise UnreadableFile("the old Excel format .xls is not read", where=where, remedy="open it and save as .xlsx or .csv")
    if suffix in (".xlsx", ".xlsm"):
        sheets, notes = _read_workbook(path)
        chosen = _chosen(sheets, sheet, wanted, where)
        if len(sheets) > 1:
            where = f"{where}, sheet {chosen.name}"
            notes = (*notes, note("sheet", _SHEET, count=len(sheets), sheet=chosen.name))
        return Grid([_trim(row) for row in chosen.rows], where, merged=_stripped(chosen.merged), notes=notes)
    if sheet is not None:
        raise UnknownOption("a text file has no sheets", where=where, remedy="leave sheet out")
    decoded = decode(path.read_bytes(), where, encoding)
    rows, delimiter = _cells(_PADDING.sub("", decoded.text), wanted, where)
    said = () if delimiter == "," else (note("delimiter", _DELIMITER, delimiter=DELIMITERS[delimiter]),)
    return Grid(rows, where, delimiter, notes=(*decoded.notes, *said))


def _chosen(sheets: list[Sheet], name: str | None, wanted: Callable[[Rows], bool], where: str) -> Sheet:
    names = ", ".join(sheet.name for sheet in sheets)
    if name is not None:
        found = next((sheet for sheet in sheets if sheet.name == name), None)
        if found is None:
            raise UnknownOption(f"there is no sheet {name!r}", where=where, remedy=f"the sheets are: {names}")
        return found
    if len(sheets) == 1:
        return sheets[0]
    for test in (wanted, has_rows, any):
        tables = [sheet for sheet in sheets if test([_trim(row) for row in sheet.rows])]
        if len(tables) == 1:
            return tables[0]
        if len(tables) > 1:
            raise UnreadableFile(
                f"{len(tables)} sheets hold a table: {', '.join(sheet.name for sheet in tables)}",
                where=where,
                remedy=f"name one: sheet={tables[0].name!r}",
            )
    raise UnreadableFile(
        "no sheet holds a table", where=f"{where}, sheets {names}", remedy="the first row names the columns, the rows follow"
    )


def _stripped(merged: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    return {place: value.strip(_STRIP) for place, value in merged.items()}


def _cells(text: str, wanted: Callable[[Rows], bool], where: str) -> tuple[Rows, str]:
    """The rows under the delimiter that gives a table, or, if several or none do, under the one that cuts most rows alike."""
    parsed = {delimiter: _parsed(text, delimiter, where) for delimiter in DELIMITERS if delimiter in text}
    if not parsed:
        return _parsed(text, ",", where), ","
    tables = {delimiter: rows for delimiter, rows in parsed.items() if wanted(rows)} or parsed
    best = max(tables, key=lambda delimiter: _alike(tables[delimiter]))
    return tables[best], best


def _parsed(text: str, delimiter: str, where: str) -> Rows:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        if text.count('"') % 2:
            list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFile(f"not a table: {error}", where=where, remedy="look for a quotation mark that is never closed") from error
    return [_trim(row) for row in rows]


def _alike(rows: Rows) -> int:
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max(widths.values(), default=0)


def _trim(row: list[str]) -> list[str]:
    cells = [cell.strip(_STRIP) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def year_of(cell: str) -> int | None:
    """The year in ``2023``, ``2023年`` or ``2023.0``; None for anything else.

    Examples
    --------
    >>> year_of("2023年"), year_of("地区")
    (2023, None)
    """
    found = _YEAR.match(cell)
    return int(found.group(1)) if found else None


def split_unit(title: str) -> tuple[str, str]:
    """Name and unit of an indicator printed as ``name(unit)``; the last bracket is the unit.

    Examples
    --------
    >>> split_unit("研究与试验发展(R&D)经费 (亿元)")
    ('研究与试验发展(R&D)经费', '亿元')
    """
    found = _INDICATOR.match(title)
    return (found.group(1), found.group(2).strip()) if found else (title, "")
