"""Tables as Word documents: three lines, caption above, notes below, fonts for Latin and Chinese characters."""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit import paths
from toolkit.errors import PresentationError
from toolkit.present.tables.table import BOTTOM_PT, HEAD_PT, SPAN_PT, TOP_PT, Row, Table

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table as WordTable

LATIN_FONT, CHINESE_FONT = "Times New Roman", "宋体"
PAGE_SHORT_CM, PAGE_LONG_CM, MARGIN_CM = 21.0, 29.7, 2.54
POINTS_PER_CM = 72 / 2.54
CELL_PADDING_PT = 6.5
WIDEST_LABEL_SHARE, WIDEST_NUMBER_PT = 0.4, 90.0
LATIN_EM = 0.48
CAPTION_PT, NOTE_PT = 10.5, 8.0
KEPT_TOGETHER = 40


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

    if path.suffix != ".docx":
        raise PresentationError(f"{path.name!r} is no Word file", where=paths.relative(path), remedy="let the name end in .docx")
    document = new_document()
    layout = _fitted(table)
    _set_up(document, table, layout)
    if table.caption:
        _paragraph(document.add_paragraph(), [(table.caption, False)], CAPTION_PT, bold=True, centred=True, before=0, keep=True)
    _fill(document.add_table(0, table.width), table, layout)
    for place, note in enumerate(table.notes):
        text = (table.note_head if place == 0 else "") + note
        _paragraph(document.add_paragraph(), [(text, False)], NOTE_PT, before=3 if place == 0 else 0, keep=place < len(table.notes) - 1)
    if not table.notes:
        _paragraph(document.add_paragraph(), [("", False)], NOTE_PT)
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


def _set_up(document: Document, table: Table, layout: _Layout) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(PAGE_SHORT_CM), Cm(PAGE_LONG_CM)
    if layout.landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Cm(PAGE_LONG_CM), Cm(PAGE_SHORT_CM)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = LATIN_FONT, Pt(layout.size)
    _name_fonts(normal.element.get_or_add_rPr())
    properties = document.core_properties
    properties.title, properties.author, properties.comments = table.caption, "", ""
    properties.language = "zh-CN" if table.language == "zh" else "en-GB"


def _fill(word: WordTable, table: Table, layout: _Layout) -> None:
    from docx.enum.table import WD_TABLE_ALIGNMENT

    word.alignment = WD_TABLE_ALIGNMENT.CENTER
    word.autofit = False
    rows = [*table.header, *table.body]
    heads = len(table.header)
    for place, row in enumerate(rows):
        keep = place < len(rows) - 1 or bool(table.notes)
        if len(rows) > KEPT_TOGETHER:
            keep = place <= heads or place >= len(rows) - 2
        word_row: Any = word.add_row()  # type: ignore[no-untyped-call]
        _set_row(word_row, row, table, layout, is_head=place < heads, keep=keep)
        _row_flags(word_row, is_head=place < heads)
    for cell in word.rows[0]._tr.tc_lst:
        _border(cell, "top", TOP_PT)
    for cell in word.rows[heads - 1]._tr.tc_lst:
        _border(cell, "bottom", HEAD_PT)
    for cell in word.rows[-1]._tr.tc_lst:
        _border(cell, "bottom", BOTTOM_PT)
    for column, width in zip(word.columns, layout.widths, strict=True):
        column.width = int(width * 12700)


def _set_row(word_row: Any, row: Row, table: Table, layout: _Layout, *, is_head: bool, keep: bool) -> None:
    cells = word_row.cells
    start = 0
    for cell in row.cells:
        stop = start + cell.span
        for place in range(start, stop):
            cells[place].width = int(layout.widths[place] * 12700)
        target = cells[start] if cell.span == 1 else cells[start].merge(cells[stop - 1])
        if is_head and cell.span > 1 and cell.text:
            _border(target._tc, "bottom", SPAN_PT)
        pieces = [(cell.text, False), *([(cell.stars, True)] if cell.stars else [])]
        centred = cell.kind == "number" and (table.align == "center" or (is_head and cell.span > 1))
        right = cell.kind == "number" and not centred
        _paragraph(
            target.paragraphs[0],
            pieces,
            layout.size,
            bold=cell.kind == "group",
            centred=centred,
            right=right,
            before=4 if row.gap else 1,
            keep=keep,
        )
        start = stop


def _paragraph(
    paragraph: Any,
    pieces: list[tuple[str, bool]],
    size: float,
    *,
    bold: bool = False,
    centred: bool = False,
    right: bool = False,
    before: float = 0,
    keep: bool = False,
) -> None:
    """Fill a paragraph with (text, raised) pieces."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    layout = paragraph.paragraph_format
    layout.space_before, layout.space_after, layout.line_spacing = Pt(before), Pt(1), 1.0
    layout.keep_with_next = keep
    if centred or right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.RIGHT
    for text, raised in pieces:
        run = paragraph.add_run(text)
        run.font.size, run.bold = Pt(size), bold
        run.font.superscript = True if raised else None
        run.font.name = LATIN_FONT
        _name_fonts(run._element.get_or_add_rPr())


def _name_fonts(properties: Any) -> None:
    """Fonts, and the language that decides how Chinese punctuation is set."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    fonts = properties.get_or_add_rFonts()
    for attribute, font in (("ascii", LATIN_FONT), ("hAnsi", LATIN_FONT), ("cs", LATIN_FONT), ("eastAsia", CHINESE_FONT)):
        fonts.set(qn(f"w:{attribute}"), font)
    if properties.find(qn("w:lang")) is None:
        language = OxmlElement("w:lang")
        language.set(qn("w:eastAsia"), "zh-CN")
        properties.append(language)


def _row_flags(word_row: Any, *, is_head: bool) -> None:
    from docx.oxml import OxmlElement

    properties = word_row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if is_head:
        properties.append(OxmlElement("w:tblHeader"))


def _border(cell: Any, edge: str, points: float) -> None:
    """One border of a cell; Word counts in eighths of a point, and wants the edges in the order top, bottom."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    properties = cell.get_or_add_tcPr()
    borders = properties.find(qn("w:tcBorders"))
    if borders is None:
        borders = OxmlElement("w:tcBorders")
        span = properties.find(qn("w:vMerge"))
        anchor = span if span is not None else properties.find(qn("w:gridSpan"))
        anchor = anchor if anchor is not None else properties.find(qn("w:tcW"))
        if anchor is None:
            properties.insert(0, borders)
        else:
            anchor.addnext(borders)
    known = borders.find(qn(f"w:{edge}"))
    line = known if known is not None else OxmlElement(f"w:{edge}")
    for attribute, value in (("val", "single"), ("sz", str(round(points * 8))), ("space", "0"), ("color", "000000")):
        line.set(qn(f"w:{attribute}"), value)
    if known is None:
        borders.append(line)
