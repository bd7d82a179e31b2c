"""Rows as a workbook whose numbers keep every digit and whose texts are texts: no cell of it can be a formula."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile

from toolkit.errors import UnknownOption

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ROWS, _LONGEST = 1_048_576, 32_767  # of a sheet; characters of a cell


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    """The bytes of an .xlsx file.

    Parameters
    ----------
    sheets : rows of text, numbers, truth values, dates and None by name of the sheet.

    Raises
    ------
    UnknownOption
        More rows or longer texts than Excel holds.
    """
    out = io.BytesIO()
    numbered = list(enumerate(sheets.items(), 1))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        + "".join(f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for i, _ in numbered)
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        + "".join(f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="rId{i}"/>' for i, (name, _) in numbered)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(f'<Relationship Id="rId{i}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>' for i, _ in numbered)
        + f'<Relationship Id="rId{len(numbered) + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="2"><xf xfId="0"/><xf xfId="0" numFmtId="22" applyNumberFormat="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
    }
    with ZipFile(out, "w", ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(name, _HEAD + text)
        for i, (name, rows) in numbered:
            book.writestr(f"xl/worksheets/sheet{i}.xml", _sheet(rows, name))
    return out.getvalue()


def _sheet(rows: Sequence[Sequence[object]], name: str) -> str:
    if len(rows) > _ROWS:
        raise UnknownOption(f"{len(rows):,} rows; a sheet holds {_ROWS:,}", where=name, remedy="write .parquet, .dta or .csv")
    lines = ["<row>" + "".join(map(_cell, row)) + "</row>" for row in rows]
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cell(value: object) -> str:
    """One cell; the shortest digits that read back unchanged.

    Examples
    --------
    >>> _cell(0.1), _cell("=1+1"), _cell(None), _cell(True)
    ('<c><v>0.1</v></c>', '<c t="inlineStr"><is><t xml:space="preserve">=1+1</t></is></c>', '<c/>', '<c t="b"><v>1</v></c>')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value!r}</v></c>"
    if isinstance(value, datetime):
        days = (value.replace(tzinfo=None) - datetime(1899, 12, 30)).total_seconds() / 86_400
        return f'<c s="1"><v>{days!r}</v></c>'
    text = str(value)
    if len(text) > _LONGEST or _UNSPEAKABLE.search(text):
        what = f"a text of {len(text):,} characters" if len(text) > _LONGEST else f"the control character in {text[:20]!r}"
        raise UnknownOption(f"a workbook does not hold {what}", remedy="write .parquet, .dta or .csv")
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


WIDTH = 18  # characters of a column


def write_workbook(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """A workbook of one sheet; the first row holds names of columns, the second what they hold, and every cell is text.

    Examples
    --------
    >>> import tempfile
    >>> from toolkit.data.readers.grid import read_grid
    >>> file = Path(tempfile.mkdtemp()) / "a.xlsx"
    >>> write_workbook(file, [["id", "comparator"], ["# a name", "= or ~"], ["a", "="]])
    >>> read_grid(file).rows[2]
    ['a', '=']
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    for cell in (*sheet[1], *sheet[2]):
        cell.font = Font(bold=cell.row == 1, italic=cell.row > 1)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[cell.column_letter].width = WIDTH
    for cell in (cell for row in sheet.iter_rows() for cell in row):
        cell.number_format, cell.data_type = "@", "s"  # "=" is a comparator here, no formula
    sheet.freeze_panes = "B3"
    book.save(path)
