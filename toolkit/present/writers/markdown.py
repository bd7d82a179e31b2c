"""Tables as Markdown and as plain text."""

from __future__ import annotations

import re
import textwrap

from toolkit.present.tables.table import Cell, Row, Table
from toolkit.report import width

_SPECIAL = re.compile(r"([\\`*_|<\[\]~$])")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")  # opens an element; a backslash before it would leave it in the file
_OPENS_A_BLOCK = re.compile(r"^(\d+)(?=[.)])|^(?=[#>+=-])")  # a heading, quotation, list or rule, at the start of a paragraph


def to_markdown(table: Table) -> str:
    """Caption in bold, a pipe table, notes as paragraphs.

    A pipe table has one head row, so several head rows are stacked in it and a spanning cell is repeated over its columns.

    Examples
    --------
    >>> row = Row((Cell("a_b", "label"), Cell("1.0", stars="*")))
    >>> print(to_markdown(Table("A", (row,), (row,))).splitlines()[-1])
    | a\\_b | 1.0\\* |
    """
    heads = [_spread(row) for row in table.header]
    stacked = ["<br>".join(text for text in column if text) for column in zip(*heads, strict=True)]
    lines = [f"**{_escape(table.caption)}**", ""] if table.caption else []
    lines += [_pipe_line(stacked), _pipe_line([":--", *(["--:" if table.align == "right" else ":-:"] * (table.width - 1))])]
    lines += [_pipe_line(_once(row)) for row in table.body]
    for place, note in enumerate(table.notes):
        lines += ["", f"*{table.note_head.strip()}* {_escape(note)}" if place == 0 else _paragraph(note)]
    return "\n".join(lines) + "\n"


def _spread(row: Row) -> list[str]:
    return [_shown(cell) for cell in row.cells for _ in range(cell.span)]


def _once(row: Row) -> list[str]:
    return [text for cell in row.cells for text in (_shown(cell), *[""] * (cell.span - 1))]


def _shown(cell: Cell) -> str:
    text = _escape(cell.text + cell.stars)
    return f"**{text}**" if cell.kind == "group" and text else text


def _escape(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _TAG.sub("&lt;", re.sub(r"&(?=#?\w+;)", "&amp;", text)))


def _paragraph(text: str) -> str:
    """Text that stands at the start of a line, where a number or a dash would open a list."""
    return _OPENS_A_BLOCK.sub(lambda found: f"{found.group(1) or ''}\\", _escape(text))


def _pipe_line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


LINE = 100


def to_text(table: Table) -> str:
    """The table in characters, columns aligned also where Chinese characters are two cells wide.

    Examples
    --------
    >>> from toolkit.present.tables.table import Cell
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
                widths[place] = max(widths[place], width(text))
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
        widths[stop - 1] += max(0, width(text) - room)
        start = stop


def _line(row: Row, widths: list[int]) -> str:
    shown, start = [], 0
    for cell in row.cells:
        room = sum(widths[start : start + cell.span]) + 3 * (cell.span - 1)
        space = room - width(cell.text + cell.stars)
        left = 0 if cell.kind != "number" else space // 2
        shown.append(" " * left + cell.text + cell.stars + " " * (space - left))
        start += cell.span
    return "   ".join(shown).rstrip()
