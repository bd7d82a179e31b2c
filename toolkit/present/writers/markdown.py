"""Tables as Markdown pipe tables."""

from __future__ import annotations

import re

from toolkit.present.table import Cell, Row, Table

_SPECIAL = re.compile(r"([\\`*_|<\[\]~$])")
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
    lines += [_line(stacked), _line([":--", *(["--:" if table.align == "right" else ":-:"] * (table.width - 1))])]
    lines += [_line(_once(row)) for row in table.body]
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
    return re.sub(r"&(?=#?\w+;)", "&amp;", _SPECIAL.sub(r"\\\1", text))


def _paragraph(text: str) -> str:
    """Text that stands at the start of a line, where a number or a dash would open a list."""
    return _OPENS_A_BLOCK.sub(lambda found: f"{found.group(1) or ''}\\", _escape(text))


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
