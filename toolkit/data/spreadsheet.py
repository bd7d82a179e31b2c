"""Rows of text as a workbook for a user to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

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
