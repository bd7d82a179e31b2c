"""Sheets of text cells: a workbook (.xls, .xlsx, .xlsm, .xlsb, .ods) through one engine, or the tables of a web page.

Many platforms save a web page under the name of a workbook.
"""

from __future__ import annotations

import contextlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from html.parser import HTMLParser
from struct import error as StructError
from typing import Any
from zipfile import BadZipFile, ZipFile

from toolkit.data.safety import checked_workbook, macros_named
from toolkit.errors import UnreadableFile
from toolkit.language import Note, Text, note

EXACT = 1e15  # Excel keeps fifteen digits of a number
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and any workbook under protection
_OLD_MACROS = "_VBA_PROJECT_CUR".encode("utf-16-le")  # in the directory of an .xls ([MS-OVBA] 2.2.1)
_OPENS_BY_ITSELF = "VelvetSweatshop"  # the password that Excel tries before it asks for one ([MS-OFFCRYPTO] 2.1)
_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?(?<!/)>.*?</(?:\w+:)?c>", re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
_ERROR = re.compile(rb'\bt="e"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_VALUE = re.compile(rb"<(?:\w+:)?v(?: [^>]*)?>([^<]+)<|<(?:\w+:)?is[ >]")
_TARGET = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb'\b(Id|Target|name|r:id)="([^"]*)"')
_SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_UNPROTECTED = Text("The workbook is protected with the password that Excel tries by itself.", "工作簿带有Excel可自动打开的保护，已解除。")
_REPAIR = "open it in Excel and save it again; if Excel cannot open it either, fetch the file anew"


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    name : as on its tab.
    rows : text of every cell; row 1 of the sheet comes first.
    merged : value of a merged block for each of its cells but the first, by (row, column) from zero.
    visible : whether its tab is shown.
    """

    name: str
    rows: list[list[str]]
    merged: dict[tuple[int, int], str]
    visible: bool = True


def read_workbook(content: bytes, where: str) -> tuple[list[Sheet], tuple[Note, ...]]:
    """All sheets of a workbook, and what had to be undone.

    Numbers come as Python writes them, dates as ``2013-12-31``; a formula comes as the value saved with it, an error as ``#DIV/0!``.

    Raises
    ------
    UnreadableFile
        The file is no whole workbook, has a password, or holds formulas that were never calculated.
    """
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    notes: tuple[Note, ...] = ()
    with whole(where):
        if content.startswith(OLE):
            content, notes = _without_protection(content, where)
            notes = (*notes, macros_named()) if _OLD_MACROS in content else notes
        errors: dict[str, dict[tuple[int, int], str]] = {}
        if content.startswith(b"PK"):
            notes = (*notes, *checked_workbook(content, where))
            errors = _inside(content, where)
        try:
            book = CalamineWorkbook.from_filelike(io.BytesIO(content))
            if any(about.typ == SheetTypeEnum.MacroSheet for about in book.sheets_metadata):  # of Excel 4
                notes = tuple(dict.fromkeys((*notes, macros_named())))
            sheets = [
                _sheet(book.get_sheet_by_name(about.name), errors.get(about.name, {}), about.visible == SheetVisibleEnum.Visible)
                for about in book.sheets_metadata
                if about.typ == SheetTypeEnum.WorkSheet
            ]
        except PasswordError as error:
            raise UnreadableFile("the workbook has a password", where=where, remedy="save it without a password") from error
        except CalamineError as error:
            raise UnreadableFile(f"not a whole workbook: {error}", where=where, remedy=_REPAIR) from error
    return sheets, notes


@contextlib.contextmanager
def whole(where: str) -> Iterator[None]:
    """Whatever a damaged container makes the programs stumble over is one error with the file's name."""
    try:
        yield
    except (BadZipFile, zlib.error, StructError, OSError, EOFError, ValueError, LookupError, NotImplementedError, OverflowError) as error:
        raise UnreadableFile(f"not a whole file: {error}", where=where, remedy=_REPAIR) from error
    except (RuntimeError, TypeError, AttributeError, MemoryError, AssertionError) as error:
        raise UnreadableFile(f"a damaged file: {error}", where=where, remedy=_REPAIR) from error


def _without_protection(content: bytes, where: str) -> tuple[bytes, tuple[Note, ...]]:
    """The workbook without the encryption that "protect" and "read-only recommended" put on it."""
    import msoffcrypto
    from msoffcrypto.exceptions import DecryptionError, FileFormatError, InvalidKeyError

    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(content))
        if not office.is_encrypted():
            return content, ()
        office.load_key(password=_OPENS_BY_ITSELF)
        plain = io.BytesIO()
        office.decrypt(plain)
    except InvalidKeyError as error:
        raise UnreadableFile("the workbook has a password", where=where, remedy="save it without a password") from error
    except (DecryptionError, FileFormatError) as error:
        raise UnreadableFile(f"not a whole workbook: {error}", where=where, remedy=_REPAIR) from error
    return plain.getvalue(), (note("unprotected", _UNPROTECTED),)


def _inside(content: bytes, where: str) -> dict[str, dict[tuple[int, int], str]]:
    """By sheet, the error values of its cells, which the engine shows as empty; formulas without a saved value are refused.

    A program that writes formulas without calculating them leaves cells that look empty.
    """
    found: dict[str, dict[tuple[int, int], str]] = {}
    with ZipFile(io.BytesIO(content)) as book:
        for name, part in _parts(book).items():
            xml = book.read(part)
            if _FORMULA.search(xml) or _ERROR.search(xml):
                found[name] = _errors(xml, f"{where}, sheet {name}")
    return found


def _parts(book: ZipFile) -> dict[str, str]:
    """Name of each sheet -> its part of the file."""
    names = set(book.namelist())
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        return {}
    targets = {}
    for tag in _TARGET.findall(book.read("xl/_rels/workbook.xml.rels")):
        about = dict(_ATTRIBUTE.findall(tag))
        target = about.get(b"Target", b"").decode()
        targets[about.get(b"Id")] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    found = {}
    for tag in _SHEET_TAG.findall(book.read("xl/workbook.xml")):
        about = dict(_ATTRIBUTE.findall(tag))
        part = targets.get(about.get(b"r:id"), "")
        if part in names:
            found[_unescaped(about[b"name"].decode())] = part
    return found


def _errors(xml: bytes, where: str) -> dict[tuple[int, int], str]:
    errors = {}
    for cell in _CELL.findall(xml):
        opening = cell[: cell.index(b">")]
        place, value = _PLACE.search(opening), _VALUE.search(cell)
        if _FORMULA.search(cell) and value is None and b't="str"' not in opening:  # a formula may well give an empty text
            raise UnreadableFile(
                "a formula has no saved value",
                where=f"{where}, cell {b''.join(place.groups()).decode() if place else '?'}",
                remedy="open the workbook in Excel or LibreOffice and save it, so that the formulas are calculated",
            )
        if _ERROR.search(opening) and place and value and value.group(1):
            errors[int(place.group(2)) - 1, _column(place.group(1))] = value.group(1).decode()
    return errors


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number - 1


def _unescaped(text: str) -> str:
    from html import unescape

    return unescape(text)


def _sheet(tab: Any, errors: dict[tuple[int, int], str], visible: bool) -> Sheet:
    rows = [[_text(value) for value in row] for row in tab.to_python(skip_empty_area=False)]
    for (row, column), text in errors.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    merged = {}
    for (top, left), (bottom, right) in tab.merged_cell_ranges or ():
        value = rows[top][left] if top < len(rows) and left < len(rows[top]) else ""
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                merged[row, column] = value
        merged.pop((top, left))
    return Sheet(tab.name, rows, merged, visible)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int | float):
        return str(int(value)) if abs(value) < EXACT and value == int(value) else repr(float(value))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) else ("" if value is None else str(value))


_BREAKS = ("br", "p", "div")
_UNSEEN = ("script", "style", "head")
_WIDEST = 1000  # columns or rows that one cell may span


class _Tables(HTMLParser):
    """Collects the cells of the outermost tables; nothing of the page is carried out or fetched."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.merged: list[dict[tuple[int, int], str]] = []
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._depth = self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._depth += 1
            if self._depth == 1:
                self.tables.append([])
                self.merged.append({})
        elif tag in _UNSEEN:
            self._unseen += 1
        elif self._depth == 1 and tag == "tr":
            self._close()
            self.tables[-1].append([])
        elif self._depth == 1 and tag in ("td", "th"):
            self._close()
            spans = {name: int(value) for name, value in attrs if name in ("colspan", "rowspan") and value and value.isdigit()}
            self._span = (min(spans.get("rowspan", 1), _WIDEST), min(spans.get("colspan", 1), _WIDEST))
            self._cell = []
        elif tag in _BREAKS and self._cell:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "table" and self._depth:
            self._close()
            self._depth -= 1
        elif tag in _UNSEEN and self._unseen:
            self._unseen -= 1
        elif self._depth == 1 and tag in ("td", "th", "tr"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._cell is not None and not self._unseen:
            self._cell.append(" ".join(data.split()) if "\n" in data or "\r" in data else data)

    def _close(self) -> None:
        """Put the cell that is open into its row, to the right of what cells above reach down into."""
        if self._cell is None:
            return
        text, self._cell = "".join(self._cell).strip(), None
        table, merged = self.tables[-1], self.merged[-1]
        if not table:
            table.append([])
        row, at = table[-1], len(table) - 1
        while (at, len(row)) in merged:
            row.append("")
        left = len(row)
        for down in range(self._span[0]):
            for right in range(self._span[1]):
                merged[at + down, left + right] = text
        merged.pop((at, left))
        row += [text, *[""] * (self._span[1] - 1)]


def html_sheets(text: str) -> list[Sheet]:
    """Each table of the page as a sheet, named by its number.

    Examples
    --------
    >>> html_sheets("<table><tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr></table>")[0].rows
    [['a', 'b'], ['', 'c']]
    """
    parser = _Tables()
    parser.feed(text)
    parser.close()
    return [Sheet(f"table {i}", rows, merged) for i, (rows, merged) in enumerate(zip(parser.tables, parser.merged, strict=True), 1) if rows]
