"""Exhibits: tables and figures that hold their inputs and can show themselves in either language.

Every public function of ``present`` returns one of the two kinds. Nothing is rendered until it is asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from toolkit import paths
from toolkit.language import LANGUAGES, Language, get_language
from toolkit.present.record import checked_name, record

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from toolkit.present.table import Table


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

    def _repr_html_(self) -> str:
        from toolkit.present.writers import to_html

        return to_html(self.table())

    def __repr__(self) -> str:
        from toolkit.present.writers import to_text

        return to_text(self.table())


Exhibit = TypeVar("Exhibit", TableExhibit, FigureExhibit)


def save(exhibit: Exhibit, name: str) -> Exhibit:
    """Write an exhibit to reports/ in both languages, with the data behind it, and return it.

    A table becomes ``reports/tables/NAME.{en,zh}.{html,tex,docx,md}`` and ``NAME.csv``; a figure ``reports/figures/NAME.{en,zh}.{png,svg}``
    and ``NAME.csv``. Each file is replaced whole. If TOOLKIT_RECORD names a file, what was written is recorded there.

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
        _record("table", name, exhibit.data, *_save_tables(exhibit, name))
    else:
        drawings = {language: exhibit.draw(language) for language in LANGUAGES}
        _record("figure", name, drawings["en"].data, *_save_drawings(drawings, name))
    return exhibit


def csv_text(data: pd.DataFrame) -> str:
    """A frame as CSV: line feeds, empty for missing, numbers to twelve significant digits.

    Twelve digits are far beyond the precision of any figure in use and short of the noise that differs between processors, so that the
    file is the same on every machine.

    Examples
    --------
    >>> import pandas as pd
    >>> csv_text(pd.DataFrame({"term": ["x"], "estimate": [1 / 3]}))
    'term,estimate\\nx,0.333333333333\\n'
    """
    text: str = data.to_csv(index=False, float_format="%.12g", lineterminator="\n")
    return text


def _record(kind: Literal["table", "figure"], name: str, data: pd.DataFrame, titles: Mapping[Language, str], files: list[Path]) -> None:
    text = csv_text(data)
    target = (paths.TABLES if kind == "table" else paths.FIGURES) / f"{name}.csv"
    paths.write_text(target, text)
    entry = {
        "kind": kind,
        "title_en": titles["en"],
        "title_zh": titles["zh"],
        "files": [paths.relative(path) for path in (*files, target)],
        "csv_sha256": hashlib.sha256(text.encode("utf-8")).hexdigest(),
    }
    record("exhibits", name, entry)


def _save_tables(exhibit: TableExhibit, name: str) -> tuple[dict[Language, str], list[Path]]:
    from toolkit.present.writers import WRITERS

    titles: dict[Language, str] = {}
    files = []
    for language in LANGUAGES:
        table = exhibit.table(language)
        titles[language] = table.title
        for extension, write in WRITERS.items():
            files.append(paths.TABLES / f"{name}.{language}.{extension}")
            write(table, files[-1])
    return titles, files


def _save_drawings(drawings: dict[Language, Drawing], name: str) -> tuple[dict[Language, str], list[Path]]:
    from toolkit.present.style import to_png, to_svg

    files = []
    for language, drawing in drawings.items():
        for extension, render in (("png", to_png), ("svg", to_svg)):
            files.append(paths.FIGURES / f"{name}.{language}.{extension}")
            with paths.replacing(files[-1]) as temporary:
                temporary.write_bytes(render(drawing.figure))
    return {language: drawing.title for language, drawing in drawings.items()}, files
