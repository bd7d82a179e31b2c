"""Any text, workbook or web page as one grid of stripped cells: its encoding, its delimiter and its sheet."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from toolkit.data.readers.about import HEADER, SHEET, About, about_rows
from toolkit.data.readers.encoding import decode
from toolkit.data.readers.large import PlainBlock, middle_of
from toolkit.data.readers.workbook import OLE, Sheet, html_sheets, read_workbook
from toolkit.data.safety import sized
from toolkit.errors import RawFileMissing, UnknownOption, UnreadableFile
from toolkit.language import Note, Text, note
from toolkit.paths import relative

Rows = list[list[str]]
DELIMITERS = {",": Text("commas", "逗号"), "\t": Text("tabs", "制表符"), ";": Text("semicolons", "分号"), "|": Text("bars", "竖线")}
_STRIP = " \t\u3000\xa0\r\n\ufeff"
_PADDING = re.compile(r"\t+(?=,|\r?$)", re.MULTILINE)  # some exports end every cell in a tab
_YEAR = re.compile(r"^(\d{4})(\.0)?年?$")
_INDICATOR = re.compile(r"^(.*\S)\s*[（(]([^（()）]+)[)）]$")
_SHEET = Text("Of {count} sheets, {sheet} was read: {why}.", "共{count}个工作表，读取了“{sheet}”：{why}。")
_NAMED = Text("it was named", "由用户指定")
_ONLY = Text("the others hold no such table", "其余工作表没有这样的表")
_HIDDEN = Text("the other tables are hidden", "其余的表处于隐藏状态")
_HTML = Text("The file is a web page, whatever its name says; its tables were read as sheets.", "文件实为网页，其中的表格按工作表读取。")
_DISGUISED = Text("The file is {really}, whatever its name says.", "文件实为{really}，与扩展名不符。")
_TEXT_FILE, _WORKBOOK = Text("a text file", "文本文件"), Text("a workbook", "工作簿")
_PAGE = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta|style)\b", re.IGNORECASE | re.DOTALL
)
_XML_BOOK = re.compile(rb"\s*<\?xml[^>]*>.{0,400}?<(?:\w+:)?Workbook\b", re.DOTALL)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BOOKS = (".xls", ".xlsx", ".xlsm", ".xlsb", ".ods")
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
    about : what an exported file says of its columns.
    middle : of a large text file, the rows that ``rows`` leaves out.
    """

    rows: Rows
    where: str
    delimiter: str = ""
    merged: dict[tuple[int, int], str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    about: About = field(default_factory=About)
    middle: PlainBlock | None = None


def has_rows(rows: Rows) -> bool:
    """At least two rows with two cells: the least that can be a table."""
    return sum(len(row) > 1 for row in rows) > 1


def read_grid(path: Path, *, wanted: Callable[[Rows], bool] = has_rows) -> Grid:
    """The cells of a text file or of one sheet; see :func:`grid_of`.

    Raises
    ------
    RawFileMissing, UnreadableFile, UnknownOption
    """
    if not path.is_file():
        raise RawFileMissing("there is no such file", where=relative(path), remedy="check the name and the folder")
    sized(path, relative(path))
    return grid_of(content=path.read_bytes(), name=path.name, where=relative(path), wanted=wanted)


def grid_of(
    content: bytes,
    name: str,
    where: str,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
    wanted: Callable[[Rows], bool] = has_rows,
    large: int | None = None,
) -> Grid:
    """The cells of a file, whose bytes, not its name, say what it is: a workbook, a web page saved as one, or text.

    Parameters
    ----------
    content, name, where : bytes and name of the file, and how messages name it.
    encoding : of a text file; see :func:`~toolkit.data.readers.encoding.decode`.
    sheet : name of the sheet; without it, the only one that holds a table.
    wanted : what counts as a table, used to choose the sheet and the delimiter.
    large : bytes from which a text file comes as first and last rows and :class:`~toolkit.data.readers.large.PlainBlock`; None for none.

    Raises
    ------
    UnreadableFile, UnknownOption
    """
    called_book = name.lower().endswith(_BOOKS)
    if content.startswith((OLE, b"PK\x03\x04")):
        sheets, notes = read_workbook(content, where)
        if not called_book:
            notes = (note("disguised", _DISGUISED, really=_WORKBOOK), *notes)
        return _of_sheets(sheets=sheets, notes=notes, name=sheet, wanted=wanted, where=where)
    if _PAGE.match(content[:2000]):
        declared = _CHARSET.search(content[:4000])
        page = _decoded_page(content, where, encoding, declared.group(1).decode() if declared else None)
        return _of_sheets(sheets=html_sheets(page), notes=(note("web_page", _HTML),), name=sheet, wanted=wanted, where=where)
    if _XML_BOOK.match(content[:2000]):
        raise UnreadableFile("an XML spreadsheet of Excel 2003", where=where, remedy="open it in Excel and save it as .xlsx")
    if called_book and (content[:4] in (b"PK\x05\x06", b"") or (b"\0" in content[:200] and content[:2] not in _MARKS)):
        raise UnreadableFile("not a whole workbook", where=where, remedy="fetch the file anew, or open it in Excel and save it again")
    if sheet is not None:
        raise UnknownOption("a text file has no sheets", where=where, remedy="leave sheet out")
    in_parts = large is not None and len(content) >= large
    found = middle_of(content, name, lambda text: _cells(text, wanted, where)) if in_parts and encoding is None else None
    encoded: tuple[Note, ...] = ()
    if found is None:
        decoded = decode(content, where, encoding)
        encoded = decoded.notes
        if in_parts and encoded:  # in the encoding that the middle is read in
            found = middle_of(decoded.text.encode(), name, lambda text: _cells(text, wanted, where))
    rows, middle = found or (None, None)
    if rows is None or middle is None:
        rows, delimiter = _cells(_PADDING.sub("", decoded.text), wanted, where)
    else:
        delimiter = middle.delimiter
    said = () if delimiter == "," else (note("delimiter", _DELIMITER, delimiter=DELIMITERS[delimiter]),)
    disguised = (note("disguised", _DISGUISED, really=_TEXT_FILE),) if called_book else ()
    return Grid(rows, where, delimiter, notes=(*disguised, *encoded, *said), middle=middle)


def _decoded_page(content: bytes, where: str, encoding: str | None, declared: str | None) -> str:
    """A page in the encoding that it declares, unless the bytes are UTF-8 or do not fit the declaration."""
    try:
        return content.decode("utf-8-sig") if encoding is None else decode(content, where, encoding).text
    except UnicodeDecodeError:
        named = {"gb2312": "gb18030", "gbk": "gb18030"}.get((declared or "").lower(), declared)
        return decode(content, where, None if named is None or named.lower() == "utf-8" else named).text


def _of_sheets(sheets: list[Sheet], notes: tuple[Note, ...], name: str | None, wanted: Callable[[Rows], bool], where: str) -> Grid:
    described = next((s for s in sheets if s.name == SHEET and [_trim(row) for row in s.rows[:1]] == [HEADER]), None)
    about = about_rows(described.rows[1:]) if described else About()
    sheets = [sheet for sheet in sheets if sheet is not described]
    chosen, why = _chosen(sheets, name, wanted, where)
    if len(sheets) > 1:
        where = f"{where}, sheet {chosen.name}"
        notes = (*notes, note("sheet", _SHEET, count=len(sheets), sheet=chosen.name, why=why))
    merged = {place: value.strip(_STRIP) for place, value in chosen.merged.items()}
    return Grid([_trim(row) for row in chosen.rows], where, merged=merged, notes=notes, about=about)


def _chosen(sheets: list[Sheet], name: str | None, wanted: Callable[[Rows], bool], where: str) -> tuple[Sheet, Text]:
    names = ", ".join(sheet.name for sheet in sheets)
    if name is not None:
        found = next((sheet for sheet in sheets if sheet.name == name), None)
        if found is None:
            raise UnknownOption(f"there is no sheet {name!r}", where=where, remedy=f"the sheets are: {names}")
        return found, _NAMED
    if len(sheets) == 1:
        return sheets[0], _ONLY
    for test in (wanted, has_rows, any):
        tables = [sheet for sheet in sheets if test([_trim(row) for row in sheet.rows])]
        shown = [sheet for sheet in tables if sheet.visible]
        if len(tables) == 1 or len(shown) == 1:
            return (tables[0], _ONLY) if len(tables) == 1 else (shown[0], _HIDDEN)
        if len(tables) > 1:
            raise UnreadableFile(
                f"{len(tables)} sheets hold a table: {', '.join(sheet.name for sheet in tables)}",
                where=where,
                remedy=f"name one: sheet={tables[0].name!r}",
            )
    raise UnreadableFile(
        "no sheet holds a table", where=f"{where}, sheets {names}", remedy="the first row names the columns, the rows follow"
    )


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
