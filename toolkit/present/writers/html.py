"""Tables as HTML fragments that look the same in JupyterLab, on the site and pasted elsewhere."""

from __future__ import annotations

from html import escape

from toolkit.present.table import BOTTOM_PT, HEAD_PT, SPAN_PT, TOP_PT, Cell, Row, Table

FONTS = "'Times New Roman', 'Noto Serif SC', 'Songti SC', SimSun, serif"
_TABLE = (
    f"border-collapse:collapse;border:none;margin:0.6em auto;min-width:min(30em,100%);color:inherit;font-family:{FONTS};"
    "font-size:14px;line-height:1.35;font-variant-numeric:tabular-nums"
)
PLAIN_PX, STARRED_PX = 9, 18
_CAPTION = "caption-side:top;font-weight:bold;text-align:center;padding:0 0 6px;color:inherit"
_ROW = "background:none;border:none"
_NOTE = "text-align:left;font-size:12px;padding:5px 2px 0;border:none;white-space:normal;width:0;min-width:100%"


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
    language = "zh-CN" if table.language == "zh" else "en"
    lines = [f'<table class="tk-table" lang="{language}" style="{_TABLE}">']
    if table.caption:
        lines.append(f'<caption style="{_CAPTION}">{escape(table.caption)}</caption>')
    lines += [
        f'<thead style="border-top:{TOP_PT}pt solid currentColor;border-bottom:{HEAD_PT}pt solid currentColor">',
        *(_row(row, table, "th") for row in table.header),
        "</thead>",
        f'<tbody style="border-bottom:{BOTTOM_PT}pt solid currentColor">',
        *(_row(row, table, "td") for row in table.body),
        "</tbody>",
    ]
    if table.notes:
        notes = "<br>".join(escape(note) for note in table.notes)
        lines.append(
            f'<tfoot style="border:none"><tr style="{_ROW}"><td class="tk-note" colspan="{table.width}" style="{_NOTE}">'
            f"<em>{escape(table.note_head)}</em>{notes}</td></tr></tfoot>"
        )
    return "\n".join([*lines, "</table>"]) + "\n"


def _row(row: Row, table: Table, tag: str) -> str:
    side = STARRED_PX if any(cell.stars for row in table.body for cell in row.cells) else PLAIN_PX
    cells = "".join(_cell(cell, table, tag, row.gap, side) for cell in row.cells)
    return f'<tr style="{_ROW}">{cells}</tr>'


def _cell(cell: Cell, table: Table, tag: str, gap: bool, side: int) -> str:
    head = tag == "th"
    align = "center" if (head and cell.kind == "number" and (cell.span > 1 or table.align == "center")) else table.align
    style = [
        "border:none",
        f"text-align:{'left' if cell.kind != 'number' else align}",
        f"padding:{8 if gap else 1}px {side if cell.kind == 'number' else 14}px 1px {side if cell.kind == 'number' else 2}px",
        "background:none",
        "vertical-align:bottom" if head else "vertical-align:top",
        f"white-space:{'normal' if head else 'nowrap'}",
        f"font-weight:{'normal' if cell.kind != 'group' else 'bold'}",
    ]
    if head and cell.span > 1 and cell.text:
        style[0] = f"border:none;border-bottom:{SPAN_PT}pt solid currentColor"
    tag = "th" if head or cell.kind != "number" else "td"
    scope = ' scope="colgroup"' if head and cell.span > 1 else ' scope="col"' if head else ' scope="row"' if tag == "th" else ""
    span = f' colspan="{cell.span}"' if cell.span > 1 else ""
    return f'<{tag} class="tk-{cell.kind}"{scope}{span} style="{";".join(style)}">{_content(cell)}</{tag}>'


def _content(cell: Cell) -> str:
    text = escape(cell.text)
    if not cell.stars:
        return text
    raised = f'<sup style="position:absolute;left:100%;top:-0.3em;font-size:80%;line-height:1">{escape(cell.stars)}</sup>'
    return f'<span style="position:relative">{text}{raised}</span>'
