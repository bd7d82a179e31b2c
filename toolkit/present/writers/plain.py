"""Tables as plain text for a terminal."""

from __future__ import annotations

import textwrap
import unicodedata

from toolkit.present.table import Row, Table

LINE = 100


def to_text(table: Table) -> str:
    """The table in characters, columns aligned also where Chinese characters are two cells wide.

    Examples
    --------
    >>> from toolkit.present.table import Cell
    >>> print(to_text(Table("Means", (Row((Cell("", "label"), Cell("(1)"))),), (Row((Cell("研发", "label"), Cell("1.5"))),))))
    Means
    ===========
           (1)
    -----------
    研发   1.5
    ===========
    """
    rows = [(row, [cell.text + cell.stars for cell in row.cells]) for row in (*table.header, *table.body)]
    widths = [0] * table.width
    for row, texts in rows:
        for place, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            if row.width == len(row.cells) and cell.span == 1:
                widths[place] = max(widths[place], _width(text))
    for row, texts in rows:
        _widen(widths, row, texts)
    total = sum(widths) + 3 * (table.width - 1) + 1
    lines = [table.caption] if table.caption else []
    lines += ["=" * total, *(_line(row, widths) for row in table.header), "-" * total]
    lines += [_line(row, widths) for row in table.body]
    lines.append("=" * total)
    for place, note in enumerate(table.notes):
        lines += textwrap.wrap((table.note_head if place == 0 else "") + note, max(total, LINE))
    return "\n".join(lines)


def _widen(widths: list[int], row: Row, texts: list[str]) -> None:
    """Stretch the last column below a spanning cell that is wider than its columns together."""
    start = 0
    for cell, text in zip(row.cells, texts, strict=True):
        stop = start + cell.span
        room = sum(widths[start:stop]) + 3 * (cell.span - 1)
        widths[stop - 1] += max(0, _width(text) - room)
        start = stop


def _line(row: Row, widths: list[int]) -> str:
    shown, start = [], 0
    for cell in row.cells:
        room = sum(widths[start : start + cell.span]) + 3 * (cell.span - 1)
        space = room - _width(cell.text + cell.stars)
        left = 0 if cell.kind != "number" else space // 2
        shown.append(" " * left + cell.text + cell.stars + " " * (space - left))
        start += cell.span
    return "   ".join(shown).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
