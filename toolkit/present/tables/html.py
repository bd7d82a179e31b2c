"""Tables as HTML, Markdown and plain text."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import NamedTuple

from toolkit.present.tables.table import BOTTOM_PT, HEAD_PT, SPAN_PT, TOP_PT, Cell, Row, Table
from toolkit.present.templates import fill

FONTS = "'Times New Roman', 'Noto Serif SC', 'Songti SC', SimSun, serif"
_TABLE = (
    f"border-collapse:collapse;border:none;margin:0.6em auto;min-width:min(30em,100%);color:inherit;font-family:{FONTS};"
    "font-size:14px;line-height:1.35;font-variant-numeric:tabular-nums"
)
PLAIN_PX, STARRED_PX = 9, 18
_STYLES = {
    "table": _TABLE,
    "caption": "caption-side:top;font-weight:bold;text-align:center;padding:0 0 6px;color:inherit",
    "head": f"border-top:{TOP_PT}pt solid currentColor;border-bottom:{HEAD_PT}pt solid currentColor",
    "body": f"border-bottom:{BOTTOM_PT}pt solid currentColor",
    "row": "background:none;border:none",
    "note": "text-align:left;font-size:12px;padding:5px 2px 0;border:none;white-space:normal;width:0;min-width:100%",
}


def to_html(table: Table) -> str:
    """A self-contained ``<table>`` with caption, three lines and notes.

    Styles stand on the elements themselves, since notebook viewers drop style sheets. Colours are inherited, so that the table can be read
    on a dark page. Classes: ``tk-table``, ``tk-label``, ``tk-number``, ``tk-group``, ``tk-note``. Stars
    hang to the right of the number, so that numbers and brackets stay centred under each other.

    Examples
    --------
    >>> row = Row((Cell("R&D", "label"), Cell("1.0", stars="*")))
    >>> "R&amp;D" in to_html(Table("A", (row,), (row,)))
    True
    """
    side = STARRED_PX if any(cell.stars for row in table.body for cell in row.cells) else PLAIN_PX

    def shape(cell: Cell, row: Row, tag: str) -> _Shape:
        return _shape(cell, row, tag, align=table.align, side=side)

    return str(fill("table", table.language, table=table, styles=_STYLES, shape=shape))


class _Shape(NamedTuple):
    """How a cell is written: element, scope of a head, style."""

    tag: str
    scope: str
    style: str


def _shape(cell: Cell, row: Row, tag: str, *, align: str, side: int) -> _Shape:
    """Heads over numbers are centred where they span columns; ``side`` is the padding in pixels beside numbers, in which stars hang."""
    head = tag == "th"
    over = "center" if head and cell.kind == "number" and cell.span > 1 else align
    style = [
        "border:none",
        f"text-align:{'left' if cell.kind != 'number' else over}",
        f"padding:{8 if row.gap else 1}px {side if cell.kind == 'number' else 14}px 1px {side if cell.kind == 'number' else 2}px",
        "background:none",
        "vertical-align:bottom" if head else "vertical-align:top",
        f"white-space:{'normal' if head else 'nowrap'}",
        f"font-weight:{'normal' if cell.kind != 'group' else 'bold'}",
    ]
    if head and cell.span > 1 and cell.text:
        style[0] = f"border:none;border-bottom:{SPAN_PT}pt solid currentColor"
    tag = "th" if head or cell.kind != "number" else "td"
    scope = ("colgroup" if cell.span > 1 else "col") if head else "row" if tag == "th" else ""
    return _Shape(tag, scope, ";".join(style))


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
    return re.sub(r"&(?=#?\w+;)", "&amp;", _SPECIAL.sub(r"\\\1", text))


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
