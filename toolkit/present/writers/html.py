"""Tables as HTML fragments that look the same in JupyterLab, on the site and pasted elsewhere."""

from __future__ import annotations

from typing import NamedTuple

from toolkit.present.tables.table import BOTTOM_PT, HEAD_PT, SPAN_PT, TOP_PT, Cell, Row, Table
from toolkit.present.templates import fill

FONTS = "'Times New Roman', 'Noto Serif SC', 'Songti SC', SimSun, serif"
_TABLE = (
    f"border-collapse:collapse;border:none;margin:0.6em auto;min-width:min(30em,100%);color:inherit;font-family:{FONTS};"
    "font-size:14px;line-height:1.35;font-variant-numeric:tabular-nums"
)
PLAIN_PX, STARRED_PX = 9, 18
_ONE_LINE = 48  # signs of a label that stay on one line
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


def _is_sentence(cell: Cell) -> bool:
    """Whether a label is so long that it has to break into lines; a Chinese sign is as wide as two others."""
    return cell.kind == "label" and len(cell.text) + sum(sign > "\u2e80" for sign in cell.text) > _ONE_LINE


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
        "white-space:normal" if head else "white-space:normal;min-width:14em" if _is_sentence(cell) else "white-space:nowrap",
        f"font-weight:{'normal' if cell.kind != 'group' else 'bold'}",
    ]
    if head and cell.span > 1 and cell.text:
        style[0] = f"border:none;border-bottom:{SPAN_PT}pt solid currentColor"
    tag = "th" if head or cell.kind != "number" else "td"
    scope = ("colgroup" if cell.span > 1 else "col") if head else "row" if tag == "th" else ""
    return _Shape(tag, scope, ";".join(style))
