"""Tables as Word documents: three lines, caption above, notes below, fonts for Latin and Chinese characters."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from toolkit import paths
from toolkit.errors import PresentationError
from toolkit.present.tables.table import BOTTOM_PT, HEAD_PT, SPAN_PT, TOP_PT, Row, Table

if TYPE_CHECKING:
    from docx.document import Document

LATIN_FONT, CHINESE_FONT = "Times New Roman", "宋体"
PAGE_SHORT_CM, PAGE_LONG_CM, MARGIN_CM = 21.0, 29.7, 2.54
POINTS_PER_CM = 72 / 2.54
CELL_PADDING_PT = 6.5
WIDEST_LABEL_SHARE, WIDEST_NUMBER_PT = 0.4, 90.0
LATIN_EM = 0.48
CAPTION_PT, NOTE_PT = 10.5, 8.0
KEPT_TOGETHER = 40
# Every run names both fonts, and the language that decides how Chinese punctuation is set.
_FONTS = f'<w:rFonts w:ascii="{LATIN_FONT}" w:hAnsi="{LATIN_FONT}" w:cs="{LATIN_FONT}" w:eastAsia="{CHINESE_FONT}"/>'
_CHINESE = '<w:lang w:eastAsia="zh-CN"/>'
_NOT_BOLD, _RAISED = '<w:b w:val="0"/>', '<w:vertAlign w:val="superscript"/>'


@dataclass(frozen=True)
class _Layout:
    """Font size (pt), orientation and column widths (pt)."""

    size: float
    landscape: bool
    widths: tuple[float, ...]


def write_docx(table: Table, path: Path) -> None:
    """Write ``table`` to a Word document of one table.

    Every run names both fonts (``w:ascii`` and ``w:eastAsia``), so that Word does not choose a Chinese font of its own. Lines are cell
    borders: above the table, below the head, below the table, and a thin one below a spanning head. The head is repeated on each page;
    caption, table and notes stay together. Wide tables shrink to 7.5 pt and then turn the page.

    Parameters
    ----------
    table : the table.
    path : target, replaced whole; ends in ``.docx``.

    Raises
    ------
    PresentationError
        If ``path`` does not end in ``.docx``.
    """
    from docx import Document as new_document
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    if path.suffix != ".docx":
        raise PresentationError(f"{path.name!r} is no Word file", where=paths.relative(path), remedy="let the name end in .docx")
    layout = _fitted(table)
    document = new_document()
    _set_up(document, table, layout)
    caption = [_paragraph([(table.caption, False)], CAPTION_PT, bold=True, aligned="center", keep=True)] if table.caption else []
    notes = [table.note_head + table.notes[0], *table.notes[1:]] if table.notes else [""]
    under = [
        _paragraph([(note, False)], NOTE_PT, before=3 if place == 0 and table.notes else 0, keep=place < len(notes) - 1)
        for place, note in enumerate(notes)
    ]
    body = parse_xml(f"<w:body {nsdecls('w')}>{''.join([*caption, _table(table, layout), *under])}</w:body>")
    for place, part in enumerate(list(body)):
        document.element.body.insert(place, part)
    with paths.replacing(path) as temporary:
        document.save(str(temporary))


def _fitted(table: Table) -> _Layout:
    """The largest type, portrait before landscape, at which every number stands on one line."""
    em = _column_ems(table)
    for landscape in (False, True):
        room = ((PAGE_LONG_CM if landscape else PAGE_SHORT_CM) - 2 * MARGIN_CM) * POINTS_PER_CM
        for size in (10.5, 9.0, 8.0, 7.5, *((7.0, 6.0, 5.0) if landscape else ())):
            numbers = [min(max(width * size + 2 * CELL_PADDING_PT, 30.0), WIDEST_NUMBER_PT) for width in em[1:]]
            label = min(em[0] * size + 2 * CELL_PADDING_PT, WIDEST_LABEL_SHARE * room)
            if label + sum(numbers) <= room:
                spare = (room - label - sum(numbers)) / max(len(numbers), 1)
                widened = [min(width + spare, max(width, WIDEST_NUMBER_PT)) for width in numbers]
                return _Layout(size, landscape, (label, *widened))
    share = room * (1 - WIDEST_LABEL_SHARE) / max(table.width - 1, 1)
    return _Layout(size, True, (room * WIDEST_LABEL_SHARE, *[share] * (table.width - 1)))


def _column_ems(table: Table) -> list[float]:
    """Widest unbroken text of each column in ems; heads may break at spaces, and half of a long label may go to a second line."""
    widest = [1.0] * table.width
    for head, rows in ((True, table.header), (False, table.body)):
        for row in rows:
            place = 0
            for cell in row.cells:
                if cell.span == 1:
                    words = cell.text.split() if head and cell.kind == "number" else [cell.text]
                    widest[place] = max(widest[place], *(_ems(word) for word in words), _ems(cell.text + cell.stars) if not head else 0.0)
                place += cell.span
    return widest


def _ems(text: str) -> float:
    """Width of a text in ems; word processors put a quarter of an em between Chinese and Latin characters."""
    wide = [unicodedata.east_asian_width(character) in "WF" for character in text]
    return sum(1.0 if character else LATIN_EM for character in wide) + 0.25 * sum(a != b for a, b in itertools.pairwise(wide))


def _table(table: Table, layout: _Layout) -> str:
    rows, heads = [*table.header, *table.body], len(table.header)
    written = []
    for place, row in enumerate(rows):
        keep = place < len(rows) - 1 or bool(table.notes)
        if len(rows) > KEPT_TOGETHER:
            keep = place <= heads or place >= len(rows) - 2
        edges = {
            "top": TOP_PT if place == 0 else 0.0,
            "bottom": BOTTOM_PT if place == len(rows) - 1 else HEAD_PT if place == heads - 1 else 0.0,
        }
        cells = _cells(row, table=table, layout=layout, edges=edges, is_head=place < heads, keep=keep)
        flags = "<w:cantSplit/><w:tblHeader/>" if place < heads else "<w:cantSplit/>"
        written.append(f"<w:tr><w:trPr>{flags}</w:trPr>{cells}</w:tr>")
    grid = "".join(f'<w:gridCol w:w="{_twentieths(width)}"/>' for width in layout.widths)
    return (
        '<w:tbl><w:tblPr><w:tblW w:type="auto" w:w="0"/><w:jc w:val="center"/><w:tblLayout w:type="fixed"/>'
        '<w:tblLook w:firstColumn="1" w:firstRow="1" w:lastColumn="0" w:lastRow="0" w:noHBand="0" w:noVBand="1" w:val="04A0"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>{''.join(written)}</w:tbl>"
    )


def _cells(row: Row, *, table: Table, layout: _Layout, edges: Mapping[str, float], is_head: bool, keep: bool) -> str:
    written, start = [], 0
    for cell in row.cells:
        stop = start + cell.span
        lines = {**edges, "bottom": max(edges["bottom"], SPAN_PT if is_head and cell.span > 1 and cell.text else 0.0)}
        span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
        width = sum(map(_twentieths, layout.widths[start:stop]))
        centred = cell.kind == "number" and (table.align == "center" or (is_head and cell.span > 1))
        aligned = "center" if centred else "right" if cell.kind == "number" else ""
        pieces = [(cell.text, False), *([(cell.stars, True)] if cell.stars else [])]
        text = _paragraph(pieces, layout.size, bold=cell.kind == "group", aligned=aligned, before=4 if row.gap else 1, keep=keep)
        written.append(f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width}"/>{span}{_borders(lines)}</w:tcPr>{text}</w:tc>')
        start = stop
    return "".join(written)


def _borders(points: Mapping[str, float]) -> str:
    """Word counts in eighths of a point."""
    drawn = [
        f'<w:{edge} w:val="single" w:sz="{round(8 * points[edge])}" w:space="0" w:color="000000"/>'
        for edge in ("top", "bottom")
        if points[edge]
    ]
    return f"<w:tcBorders>{''.join(drawn)}</w:tcBorders>" if drawn else ""


def _paragraph(
    pieces: Sequence[tuple[str, bool]], size: float, *, bold: bool = False, aligned: str = "", before: float = 0, keep: bool = False
) -> str:
    """A paragraph of (text, raised) pieces."""
    kept = "<w:keepNext/>" if keep else '<w:keepNext w:val="0"/>'
    spacing = f'<w:spacing w:before="{_twentieths(before)}" w:after="{_twentieths(1)}" w:line="240" w:lineRule="auto"/>'
    alignment = f'<w:jc w:val="{aligned}"/>' if aligned else ""
    weight = "<w:b/>" if bold else _NOT_BOLD
    runs = "".join(
        f'<w:r><w:rPr>{_FONTS}{weight}<w:sz w:val="{round(2 * size)}"/>{_RAISED * raised}{_CHINESE}</w:rPr>{_text(text)}</w:r>'
        for text, raised in pieces
    )
    return f"<w:p><w:pPr>{kept}{spacing}{alignment}</w:pPr>{runs}</w:p>"


def _text(text: str) -> str:
    return "<w:br/>".join(f'<w:t xml:space="preserve">{escape(line)}</w:t>' for line in text.split("\n")) if text else ""


def _twentieths(points: float) -> int:
    return round(20 * points)


def _set_up(document: Document, table: Table, layout: _Layout) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(PAGE_SHORT_CM), Cm(PAGE_LONG_CM)
    if layout.landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Cm(PAGE_LONG_CM), Cm(PAGE_SHORT_CM)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = LATIN_FONT, Pt(layout.size)
    properties = normal.element.get_or_add_rPr()
    properties.replace(properties.get_or_add_rFonts(), parse_xml(_FONTS.replace("<w:rFonts", f"<w:rFonts {nsdecls('w')}")))
    properties.append(parse_xml(_CHINESE.replace("<w:lang", f"<w:lang {nsdecls('w')}")))
    core = document.core_properties
    core.title, core.author, core.comments = table.caption, "", ""
    core.language = "zh-CN" if table.language == "zh" else "en-GB"
