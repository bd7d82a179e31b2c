"""A paper for Word: prose with equations, numbered exhibits that the prose points to, references."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from toolkit import paths
from toolkit.language import Language, Text
from toolkit.present.writers.word import CHINESE_FONT, LATIN_FONT, MARGIN_CM, PAGE_LONG_CM, PAGE_SHORT_CM

if TYPE_CHECKING:
    from docx.document import Document

Kind = Literal["table", "figure"]
WORDS: dict[Kind, Text] = {"table": Text("Table", "表"), "figure": Text("Figure", "图")}
BODY_PT, CAPTION_PT, TITLE_PT = 10.5, 10.5, 16.0
HEADING_PT = {1: TITLE_PT, 2: 13.0, 3: 11.5}
EMU_PER_CM = 360_000
PICTURE_CM = PAGE_SHORT_CM - 2 * MARGIN_CM
_INLINE = re.compile(r"\$(?P<math>(?:[^$\\]|\\.)+)\$|\*\*(?P<bold>.+?)\*\*|\*(?P<italic>[^*]+)\*|`(?P<code>[^`]+)`|\{\{(?P<ref>[\w-]+)\}\}")
_MATH = "{http://www.w3.org/1998/Math/MathML}"


@dataclass(frozen=True)
class Prose:
    """A paragraph in the Markdown of the notebooks; ``{{name}}`` points to an exhibit. Level 1 to 3 makes a heading, 0 a paragraph."""

    text: str
    level: int = 0


@dataclass(frozen=True)
class Equation:
    """An equation on a line of its own, in TeX."""

    tex: str


@dataclass(frozen=True)
class Exhibit:
    """A numbered table or figure.

    Attributes
    ----------
    kind, number, name : "table", 3, "02_ladder": the number counts tables and figures apart.
    title : without number.
    file : the picture, or the Word document of the table alone.
    tex : the LaTeX of a table; empty for a figure.
    notes : below a table.
    """

    kind: Kind
    number: int
    name: str
    title: str
    file: Path
    tex: str = ""
    notes: tuple[str, ...] = ()

    def called(self, language: Language) -> str:
        """``Table 3`` or ``表3``."""
        return WORDS[self.kind].to(language) + (" " if language == "en" else "") + str(self.number)


Block = Prose | Equation | Exhibit


def write_document(blocks: Sequence[Block], path: Path, language: Language) -> None:
    """Write a paper as a Word document.

    Captions stand above tables and below figures; their numbers are fields, and so are the places in the text that point to them: Word
    renumbers both when an exhibit is moved or taken out. A table that needs a landscape page gets one.

    Parameters
    ----------
    blocks : in the order of the paper; a table is taken from its own Word file with its lines, widths and notes.
    path : target, replaced whole.
    language : of captions, and of the typesetting.
    """
    from docx import Document as new_document
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = new_document()
    _set_up(document, blocks, language)
    exhibits = {block.name: block for block in blocks if isinstance(block, Exhibit)}
    body = document.element.body
    end = body[-1]  # the section of the whole
    landscape = False
    names = nsdecls("w", "r", "wp", "a", "pic")

    def put(xml: str) -> None:
        for part in list(parse_xml(f"<w:body {names}>{xml}</w:body>")):
            end.addprevious(part)

    for block in blocks:
        table = new_document(str(block.file)) if isinstance(block, Exhibit) and block.kind == "table" else None
        wants = table is not None and (table.sections[0].page_width or 0) > (table.sections[0].page_height or 0)
        if wants != landscape:
            put(_section(landscape))
            landscape = wants
        if isinstance(block, Prose):
            put(_prose(block, exhibits, language))
        elif isinstance(block, Equation):
            put(_equation(block.tex))
        elif table is not None:
            put(_caption(block, language, keep=True))
            for part in _below_caption(table):
                end.addprevious(part)
            put("<w:p/>")
        else:
            put(_picture(document, block) + _caption(block, language, keep=False))
    if landscape:
        put(_section(landscape))
    with paths.replacing(path) as temporary:
        document.save(str(temporary))


def _set_up(document: Document, blocks: Sequence[Block], language: Language) -> None:
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls
    from docx.shared import Cm, Pt

    section = document.sections[0]
    section.page_width, section.page_height = Cm(PAGE_SHORT_CM), Cm(PAGE_LONG_CM)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(MARGIN_CM)
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = LATIN_FONT, Pt(BODY_PT)
    properties = normal.element.get_or_add_rPr()
    fonts = f'<w:rFonts {nsdecls("w")} w:ascii="{LATIN_FONT}" w:hAnsi="{LATIN_FONT}" w:cs="{LATIN_FONT}" w:eastAsia="{CHINESE_FONT}"/>'
    properties.replace(properties.get_or_add_rFonts(), parse_xml(fonts))
    for level in HEADING_PT:
        style: Any = document.styles["Title" if level == 1 else f"Heading {level - 1}"]
        own = style.element.get_or_add_rPr()
        for child in list(own):
            own.remove(child)
        own.append(parse_xml(fonts))
        style.font.size, style.font.bold = Pt(HEADING_PT[level]), True
        borders = style.element.get_or_add_pPr().findall("{*}pBdr")
        for border in borders:
            border.getparent().remove(border)
    core = document.core_properties
    core.title = next((block.text for block in blocks if isinstance(block, Prose) and block.level == 1), "")
    core.author, core.comments, core.language = "", "", "zh-CN" if language == "zh" else "en-GB"


def _section(landscape: bool) -> str:
    """The end of a section that is or is not landscape."""
    wide, high = (PAGE_LONG_CM, PAGE_SHORT_CM) if landscape else (PAGE_SHORT_CM, PAGE_LONG_CM)
    turned = ' w:orient="landscape"' if landscape else ""
    edge = _twips(MARGIN_CM)
    margins = " ".join(f'w:{side}="{edge}"' for side in ("top", "right", "bottom", "left"))
    page = f'<w:pgSz w:w="{_twips(wide)}" w:h="{_twips(high)}"{turned}/><w:pgMar {margins} w:header="720" w:footer="720" w:gutter="0"/>'
    return f"<w:p><w:pPr><w:sectPr>{page}</w:sectPr></w:pPr></w:p>"


def _twips(centimetres: float) -> int:
    return round(centimetres / 2.54 * 1440)


def _below_caption(table: Document) -> Iterator[Any]:
    """The parts of a table's own document from the table on, without the section."""
    seen = False
    for part in list(table.element.body):
        kind = part.tag.rpartition("}")[2]
        seen = seen or kind == "tbl"
        if seen and kind != "sectPr":
            yield part


def _prose(block: Prose, exhibits: dict[str, Exhibit], language: Language) -> str:
    runs = "".join(_runs(block.text, exhibits, language))
    if block.level:
        style = "Title" if block.level == 1 else f"Heading{block.level - 1}"
        return f'<w:p><w:pPr><w:pStyle w:val="{style}"/><w:keepNext/></w:pPr>{runs}</w:p>'
    indent = '<w:ind w:firstLineChars="200" w:firstLine="420"/>' if language == "zh" else ""
    spacing = '<w:spacing w:before="0" w:after="120" w:line="300" w:lineRule="auto"/>'
    return f'<w:p><w:pPr>{spacing}{indent}<w:jc w:val="both"/></w:pPr>{runs}</w:p>'


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """A paragraph as (kind, text): kind is "plain", "math", "bold", "italic", "code" or "ref".

    Examples
    --------
    >>> list(pieces("a **b** $c$"))
    [('plain', 'a '), ('bold', 'b'), ('plain', ' '), ('math', 'c')]
    """
    start = 0
    for found in _INLINE.finditer(text):
        if found.start() > start:
            yield "plain", text[start : found.start()]
        yield str(found.lastgroup), str(found[str(found.lastgroup)])
        start = found.end()
    if start < len(text):
        yield "plain", text[start:]


def _runs(text: str, exhibits: dict[str, Exhibit], language: Language) -> Iterator[str]:
    for kind, piece in pieces(text):
        if kind == "math":
            yield "".join(to_word(piece))
        elif kind == "ref":
            exhibit = exhibits[piece]
            yield f'<w:fldSimple w:instr=" REF {_bookmark(exhibit)} \\h ">{_run(exhibit.called(language))}</w:fldSimple>'
        elif kind == "code":
            yield _run(piece, '<w:rFonts w:ascii="Courier New" w:hAnsi="Courier New"/>')
        else:
            yield _run(piece, {"bold": "<w:b/>", "italic": "<w:i/>"}.get(kind, ""))


def _run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def _bookmark(exhibit: Exhibit) -> str:
    return f"_{exhibit.kind}_{re.sub(r'[^A-Za-z0-9_]', '_', exhibit.name)}"[:40]


def _caption(exhibit: Exhibit, language: Language, keep: bool) -> str:
    """``Table`` and its number as a field between the two ends of a bookmark, then the title."""
    place = exhibit.number + (1000 if exhibit.kind == "figure" else 0)
    bold = f'<w:b/><w:sz w:val="{round(2 * CAPTION_PT)}"/>'
    word = WORDS[exhibit.kind].to(language)
    number = f'<w:fldSimple w:instr=" SEQ {word} \\* ARABIC ">{_run(str(exhibit.number), bold)}</w:fldSimple>'
    gap = " " if language == "en" else ""
    marked = (
        f'<w:bookmarkStart w:id="{place}" w:name="{_bookmark(exhibit)}"/>{_run(word + gap, bold)}{number}<w:bookmarkEnd w:id="{place}"/>'
    )
    title = _run((". " if language == "en" else "  ") + exhibit.title, bold)
    kept = "<w:keepNext/>" if keep else ""
    spacing = '<w:spacing w:before="120" w:after="60"/>' if keep else '<w:spacing w:before="0" w:after="200"/>'
    return f'<w:p><w:pPr>{kept}{spacing}<w:jc w:val="center"/></w:pPr>{marked}{title}</w:p>'


def _picture(document: Document, exhibit: Exhibit) -> str:
    """A picture as wide as the text, with its title as alternative text."""
    width, height = _size(exhibit.file)
    across = round(PICTURE_CM * EMU_PER_CM)
    high = round(across * height / width)
    relation, _ = document.part.get_or_add_image(str(exhibit.file))
    place = 2000 + exhibit.number
    described = escape(exhibit.title, {'"': "&quot;"})
    extent = f'<a:ext cx="{across}" cy="{high}"/>'
    return (
        f'<w:p><w:pPr><w:keepNext/><w:jc w:val="center"/></w:pPr><w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{across}" cy="{high}"/><wp:docPr id="{place}" name="{exhibit.name}" descr="{described}"/>'
        f'<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
        f'<pic:cNvPr id="{place}" name="{exhibit.name}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:embed="{relation}"/>'
        f'<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>{extent}</a:xfrm>'
        f'<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>'
        "</wp:inline></w:drawing></w:r></w:p>"
    )


def _size(picture: Path) -> tuple[int, int]:
    """Width and height of a PNG file, which stand in its first chunk."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return int(width), int(height)


def _equation(tex: str) -> str:
    lines = "".join(f"<w:r><w:br/></w:r>{line}" if place else line for place, line in enumerate(to_word(tex)))
    return f'<w:p><w:pPr><w:spacing w:before="60" w:after="120"/><w:jc w:val="center"/></w:pPr>{lines}</w:p>'


def to_word(tex: str) -> list[str]:
    """An equation as the runs of its lines, from TeX by way of MathML: raised and lowered letters, fractions with a stroke.

    Text is shown by every program; equations of Word's own are not (LibreOffice has them in a module that is often left out).

    Examples
    --------
    >>> [re.sub("<[^>]*>", "", line) for line in to_word(r"s = \\frac{x_i}{n+1}")]
    ['s = xi/(n + 1)']
    """
    from toolkit.present.templates import to_mathml

    written = to_mathml(tex, "inline")
    if not written.startswith("<math"):
        return [_run(tex)]
    node = ElementTree.fromstring(written)
    table = node.find(f".//{_MATH}mtable")
    rows = [node] if table is None else list(table)
    return ["".join(_on_the_line(row, "")) for row in rows]


_SPACED = frozenset("=+−-×·<>≤≥≈∼≡∈≠→")
_RAISED = {"msub": ("subscript",), "msup": ("superscript",), "msubsup": ("subscript", "superscript")}
_RAISED |= {"munder": ("subscript",), "mover": ("superscript",), "munderover": ("subscript", "superscript")}


def _on_the_line(node: Any, place: str) -> Iterator[str]:
    """Letters as runs; ``place`` is "", "superscript" or "subscript"."""
    kind, text = node.tag.removeprefix(_MATH), node.text or ""
    raised = f'<w:vertAlign w:val="{place}"/>' if place else ""
    if kind in ("mi", "mn", "mo", "mtext"):
        shown = f" {text} " if kind == "mo" and text in _SPACED and not place else f"{text} " if text == "," else text
        yield _run(shown, ("<w:i/>" if kind == "mi" and len(text) == 1 else "") + raised)
    elif kind == "mspace":
        yield _run(" ")
    elif kind in _RAISED:
        base, *others = node
        yield from _on_the_line(base, place)
        if kind == "mover" and len(others[0].text or "") == 1 and others[0].text in _ACCENTS:
            yield _run(_ACCENTS[others[0].text], raised)
            return
        for child, at in zip(others, _RAISED[kind], strict=True):
            yield from _on_the_line(child, place or at)
    elif kind == "mfrac":
        above, below = (_in_brackets(child, place) for child in node)
        yield from (*above, _run("/", raised), *below)
    elif kind == "msqrt":
        yield from (_run("√(", raised), *(run for child in node for run in _on_the_line(child, place)), _run(")", raised))
    else:
        for child in node:
            yield from _on_the_line(child, place)


_ACCENTS = {"¯": "\u0304", "‾": "\u0304", "^": "\u0302", "~": "\u0303", "˜": "\u0303", "ˆ": "\u0302", "˙": "\u0307", "_": "\u0304"}


def _in_brackets(node: Any, place: str) -> list[str]:
    """A part of a fraction; what is more than one letter with its marks stands in brackets."""
    inner = list(_on_the_line(node, place))
    parts = list(node) if node.tag == f"{_MATH}mrow" else [node]
    raised = f'<w:vertAlign w:val="{place}"/>' if place else ""
    return inner if len(parts) == 1 else [_run("(", raised), *inner, _run(")", raised)]
