"""A table as text in cells: what every writer reads.

Tables have three lines: 1.5 pt above, 0.75 pt below the head, 1.5 pt below the body. A head cell that spans several columns has a thin
auxiliary line; there are no others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from toolkit.errors import PresentationError
from toolkit.language import Language

Kind = Literal["label", "number", "group"]
Align = Literal["center", "right"]

TOP_PT, HEAD_PT, BOTTOM_PT, SPAN_PT = 1.5, 0.75, 1.5, 0.5
DASH = "—"

# breaks that no cell may hold (a row of a pipe table or of LaTeX ends there), and characters that no XML file (Word, HTML) may hold
_BREAKS = re.compile(r"[ ]*[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+[ ]*")
_FORBIDDEN = re.compile(r"[\x00-\x08\x0e-\x1b\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_PREFIX = re.compile(r"^\s*(?:Table|表)\s*[A-Z]?\d+(?:[.\-–]\d+)*\s*[.:：、．]?\s*", re.IGNORECASE)


def on_one_line(text: str) -> str:
    """The text with every line break and tab as one blank, and without control characters.

    Names of columns come from files: a head of two lines in a yearbook, a tab pasted from a terminal.

    Examples
    --------
    >>> on_one_line("R&D\\n(10,000 yuan)"), on_one_line("a\\x00b")
    ('R&D (10,000 yuan)', 'ab')
    """
    return _FORBIDDEN.sub("", _BREAKS.sub(" ", text))


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text : what is shown, on one line; a minus sign is U+2212.
    kind : "label" is set left, "number" as the table aligns its numbers, "group" in italics across the row.
    span : columns covered.
    stars : significance stars, set raised behind the text.
    """

    text: str
    kind: Kind = "number"
    span: int = 1
    stars: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", on_one_line(self.text).strip())


@dataclass(frozen=True)
class Row:
    """One line of cells; ``gap`` leaves a little space above it (a table has no inner rules)."""

    cells: tuple[Cell, ...]
    gap: bool = False

    @property
    def width(self) -> int:
        """Columns covered by the cells together."""
        return sum(cell.span for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """A table ready to be written.

    Attributes
    ----------
    title : without "Table 1"; such a prefix is removed if ``number`` is given.
    header, body : rows of equal width.
    notes : paragraphs below the table.
    number : "1", "A2", or empty for a table without number.
    language : decides "Table 1" or "表 1", "Note" or "注".
    align : how numbers stand in their column.

    Raises
    ------
    PresentationError
        If rows differ in width or the table is empty.

    Examples
    --------
    >>> row = Row((Cell("x", "label"), Cell("1.0")))
    >>> Table("Table 3: Means", (row,), (row,), number="3").caption
    'Table 3. Means'
    """

    title: str
    header: tuple[Row, ...]
    body: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    number: str = ""
    language: Language = "en"
    align: Align = "center"

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", on_one_line(self.title).strip())
        object.__setattr__(self, "notes", tuple(on_one_line(note).strip() for note in self.notes))
        if not self.header or not self.body:
            raise PresentationError(
                f"table {self.title!r} has no {'header' if not self.header else 'body'}", remedy="give at least one row of each"
            )
        for part, rows in (("header", self.header), ("body", self.body)):
            for place, row in enumerate(rows, 1):
                if row.width != self.width:
                    raise PresentationError(
                        f"row {place} of the {part} of table {self.title!r} covers {row.width} columns, the first row {self.width}",
                        remedy="give each row the same number of columns, spans counted",
                    )
        if self.number:
            object.__setattr__(self, "title", _PREFIX.sub("", self.title))

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.header[0].width

    @property
    def caption(self) -> str:
        """Title with number in the language of the table; never a doubled prefix."""
        if not self.number:
            return self.title
        return f"表 {self.number}  {self.title}".rstrip() if self.language == "zh" else f"Table {self.number}. {self.title}".rstrip(". ")

    @property
    def note_head(self) -> str:
        """The word before the first note."""
        return "注：" if self.language == "zh" else "Notes: "
