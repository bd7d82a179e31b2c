"""Exhibits: tables and figures that hold their inputs and can show themselves in either language.

Every public function of ``present`` returns one of the two kinds. Nothing is rendered until it is asked for.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from toolkit import paths
from toolkit.agreement import DIGITS, Numbers, difference_of_csv, difference_of_text, numbers_in_csv
from toolkit.language import LANGUAGES, Language, get_language
from toolkit.present.record import VARIABLE, checked_name, record

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from toolkit.present.tables.table import Table


@dataclass(frozen=True)
class Drawing:
    """One figure, drawn in one language.

    Attributes
    ----------
    figure : a matplotlib figure with its layout finished; it is saved as it stands.
    data : the numbers that are drawn, one row a mark.
    title, note : title and note, for pages and captions.
    """

    figure: Figure
    data: pd.DataFrame
    title: str
    note: str = ""


@dataclass(frozen=True)
class FigureExhibit:
    """A figure that can be drawn in either language.

    Parameters
    ----------
    painter : draws the figure in the language it is given; called anew for each rendering, so it must not change what it holds.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> exhibit = FigureExhibit(lambda language: Drawing(Figure(), pd.DataFrame(), "GDP" if language == "en" else "地区生产总值"))
    >>> exhibit.draw("zh").title
    '地区生产总值'
    """

    painter: Callable[[Language], Drawing]

    def draw(self, language: Language | None = None) -> Drawing:
        """The figure in ``language`` (default: the current one)."""
        return self.painter(language or get_language())

    def _repr_png_(self) -> bytes:
        from toolkit.present.style import to_png

        return to_png(self.draw().figure)


@dataclass(frozen=True)
class TableExhibit:
    """A table that can be set in either language.

    Parameters
    ----------
    builder : sets the table in the language it is given.
    data : the unrounded numbers behind it, one row a number; written as the CSV file.
    """

    builder: Callable[[Language], Table]
    data: pd.DataFrame = field(repr=False)

    def table(self, language: Language | None = None) -> Table:
        """The table in ``language`` (default: the current one)."""
        return self.builder(language or get_language())

    def to_word(self, path: str | Path) -> Path:
        """Write the table as a Word document, in the current language, and return its path; see also :func:`save`.

        Raises
        ------
        PresentationError
            ``path`` does not end in ``.docx``.
        """
        from toolkit.present.writers import to_docx

        to_docx(self.table(), Path(path))
        return Path(path)

    def _repr_html_(self) -> str:
        from toolkit.present.writers import to_html

        return to_html(self.table())

    def __repr__(self) -> str:
        from toolkit.present.writers import to_text

        return to_text(self.table())


Exhibit = TypeVar("Exhibit", TableExhibit, FigureExhibit)
_WHOLE = 1e15  # whole numbers above are not exact in any case


def save(exhibit: Exhibit, name: str) -> Exhibit:
    """Write an exhibit to reports/ in both languages, with the data behind it, and return it.

    A table becomes ``reports/tables/NAME.{en,zh}.{html,tex,docx,md}`` and ``NAME.csv``; a figure ``reports/figures/NAME.{en,zh}.{png,svg}``
    and ``NAME.csv``. A table without a number gets the next one, counted in the order in which a
    notebook first saves them, behind the number of the chapter if the name begins with it: the second of chapter 4 is Table 4.2.
    Each file is replaced whole. If TOOLKIT_RECORD names a file, what was written is recorded there, together with every word that the
    exhibit shows.

    The last digits of a result differ between processors, and now and then one of them decides how the sixth is rounded. A CSV file on
    disk whose cells all agree with the new ones as :mod:`toolkit.agreement` says therefore stays as it is, and so do the Markdown file
    beside it if it says the same and a PNG file that looks the same.

    Parameters
    ----------
    exhibit : what a function of ``present`` returned.
    name : letters, digits, ``_`` and ``-``.

    Raises
    ------
    PresentationError
        If the name has other characters.
    """
    checked_name(name)
    if isinstance(exhibit, TableExhibit):
        numbered = _numbered(exhibit, name)
        _save_tables(numbered, name)
        return numbered  # type: ignore[return-value] # a table gives a table
    drawings = {language: exhibit.draw(language) for language in LANGUAGES}
    _save_drawings(drawings, name)
    return FigureExhibit(drawings.__getitem__)  # the same type as came in; it is not drawn again


_PLACES: dict[str, int] = {}  # each table that this kernel has saved, and its place among them; a cell that is run again keeps its own


def _numbered(exhibit: TableExhibit, name: str) -> TableExhibit:
    place, chapter = _PLACES.setdefault(name, len(_PLACES) + 1), re.match(r"0*(\d+)_", name)
    number = f"{chapter[1]}.{place}" if chapter else str(place)

    def build(language: Language) -> Table:
        table = exhibit.builder(language)
        return table if table.number else replace(table, number=number)

    return TableExhibit(build, exhibit.data)


def csv_text(data: pd.DataFrame) -> str:
    """A frame as CSV: line feeds, empty for missing, numbers to six significant digits, whole numbers in full, no text a formula.

    Six digits are beyond the precision of any figure shown, and above the last digits that differ between processors: a run on another
    machine writes the same file. Numbers that a sentence quotes stand in the record with all their digits.

    Examples
    --------
    >>> import pandas as pd
    >>> csv_text(pd.DataFrame({"term": ["x", "y"], "estimate": [1 / 3, 2e6 / 3], "rows": [1234567.0, 2.0]}))
    'term,estimate,rows\\nx,0.333333,1234567\\ny,666667,2\\n'
    """
    text: str = _inert(data).to_csv(index=False, float_format=_printed, lineterminator="\n")
    return text


def _inert(data: pd.DataFrame) -> pd.DataFrame:
    """The frame with texts that no spreadsheet takes for a formula."""
    import pandas as pd

    from toolkit.data.safety import inert

    shown = data.rename(columns=lambda name: inert(name) if isinstance(name, str) else name)
    for place, kind in enumerate(data.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            shown.isetitem(place, data.iloc[:, place].map(lambda cell: inert(cell) if isinstance(cell, str) else cell).array)
    return shown


def _printed(value: object) -> str:
    number = float(value)  # type: ignore[arg-type] # pandas passes the numbers of a column
    return f"{number:.0f}" if abs(number) < _WHOLE and number.is_integer() else f"{number:.{DIGITS}g}"


def _save_tables(exhibit: TableExhibit, name: str) -> None:
    from toolkit.present.writers import WRITERS

    numbers, cells = _write_csv(paths.TABLES / f"{name}.csv", exhibit.data), numbers_in_csv(csv_text(exhibit.data))
    tables = {language: exhibit.table(language) for language in LANGUAGES}
    files = {(language, kind): paths.TABLES / f"{name}.{language}.{kind}" for language in LANGUAGES for kind in WRITERS}
    words = {}
    for (language, kind), path in files.items():
        if kind == "md":
            words[language] = _write_markdown(path, tables[language], numbers, cells)
        else:
            WRITERS[kind](tables[language], path)
    _record(
        kind="table",
        name=name,
        titles={language: table.title for language, table in tables.items()},
        words=words,
        files=list(files.values()),
    )


def _save_drawings(drawings: Mapping[Language, Drawing], name: str) -> None:
    from toolkit.present.style import to_png, to_svg

    _write_csv(paths.FIGURES / f"{name}.csv", drawings["en"].data)
    files = []
    for language, drawing in drawings.items():
        for extension, render in (("png", to_png), ("svg", to_svg)):
            files.append(paths.FIGURES / f"{name}.{language}.{extension}")
            _write_picture(files[-1], render(drawing.figure))
    titles = {language: drawing.title for language, drawing in drawings.items()}
    _record(
        kind="figure", name=name, titles=titles, words={language: _words_of(drawing) for language, drawing in drawings.items()}, files=files
    )


def _write_csv(path: Path, data: pd.DataFrame) -> Numbers:
    """Write the data, unless the file on disk agrees with them; "rounded" if it stays though its digits differ."""
    text, known = csv_text(data), _known(path)
    if known is not None and known != text and not difference_of_csv(known, text):
        return "rounded"
    paths.write_text(path, text)
    return "exact"


def _write_markdown(path: Path, table: Table, numbers: Numbers, cells: Sequence[float]) -> list[str]:
    """Write the table, unless the file on disk says the same; return the lines that then stand in the file."""
    from toolkit.present.writers import to_markdown

    text, known = to_markdown(table), _known(path)
    if known is not None and not difference_of_text(_lines(known), _lines(text), numbers, cells):
        return _lines(known)
    paths.write_text(path, text)
    return _lines(text)


def _write_picture(path: Path, picture: bytes) -> None:
    """Write a picture, unless the one on disk looks the same."""
    from toolkit.present.words.drawn import look_alike

    if path.suffix == ".png" and path.exists() and look_alike(path.read_bytes(), picture):
        return
    with paths.replacing(path) as temporary:
        temporary.write_bytes(picture)


def _known(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def _words_of(drawing: Drawing) -> list[str]:
    """What a figure says, as lines of Markdown: title, one row for each part of the figure, note."""
    from toolkit.present.words.drawn import drawn_text

    told = {_unbroken(drawing.title), _unbroken(drawing.note)}  # written around the plot as well
    blocks = [[text for text in block if _unbroken(text) not in told] for block in drawn_text(drawing.figure)]
    rows = [f"| {' | '.join(block)} |" for block in blocks if block]
    return [f"**{drawing.title}**", *rows, *_lines(drawing.note)]


def _unbroken(text: str) -> str:
    return "".join(text.split())


def _record(
    kind: Literal["table", "figure"],
    name: str,
    titles: Mapping[Language, str],
    words: Mapping[Language, Sequence[str]],
    files: Sequence[Path],
) -> None:
    data = files[0].parent / f"{name}.csv"
    entry = {
        "kind": kind,
        "title_en": titles["en"],
        "title_zh": titles["zh"],
        "files": [paths.relative(path) for path in (*files, data)],
        "csv_sha256": hashlib.sha256(data.read_bytes()).hexdigest(),
        "text": dict(words),
    }
    record("exhibits", name, entry)


def control(show: Callable[..., FigureExhibit | TableExhibit], **ranges: tuple[float, float, float]) -> object:
    """Draw an exhibit anew whenever a slider is let go; nothing while the results are recorded.

    Parameters
    ----------
    show : returns the exhibit for its arguments; a slider starts at the argument's default.
    ranges : argument -> (low, high, step).

    Examples
    --------
    In a cell of a notebook::

        tk.control(lambda target=16: path.projections(path.run(series, target=target)), target=(8, 24, 1))
    """
    if VARIABLE in os.environ:
        return None
    from ipywidgets import interactive

    shown = interactive(show, **ranges)
    shown.auto_display = True
    for slider in shown.kwargs_widgets:
        slider.continuous_update = False
    return shown
