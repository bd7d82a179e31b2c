"""What the tile grids share: provinces in rows and panels in columns, and 34 squares with a name and a text in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text
from toolkit.present.figures.canvas import text_width
from toolkit.present.figures.grid import LETTERS, SQUARES, province_of
from toolkit.present.places import PROVINCES, province_label
from toolkit.present.style import MUTED, WIDTHS, Width, ink_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values = Mapping[str, float] | Mapping[int, float] | pd.Series | pd.DataFrame
NO_DATA: Final = Text("no data", "无数据")
_NO_MAP: Final = Text(
    "Equal-area tile grid, not a map; it shows no boundaries. Dashed: no data.",
    "等面积方格示意图，非地图，不表示疆域界线。虚线方格为无数据。",
)
_LETTERS_USED: Final = Text("Letters: ISO 3166-2:CN. ", "")
_LARGEST, _SMALLEST = 7.5, 5.4  # points: of all texts in squares; of names before they give way to two letters
_MOST_PANELS = 9


def by_province(values: Mapping[str, object] | Mapping[int, object] | pd.Series | pd.DataFrame) -> pd.DataFrame:
    """The values under the English names of their provinces, one column per panel, in the order given.

    Raises
    ------
    UnknownProvince
    PresentationError
        if a province occurs twice, or there are no or more than nine panels.

    Examples
    --------
    >>> by_province({"北京": 6.58}).index.tolist()
    ['Beijing']
    """
    table = values if isinstance(values, pd.DataFrame) else pd.Series(dict(values), dtype="object").rename("value").to_frame()
    if not 1 <= table.shape[1] <= _MOST_PANELS:
        raise PresentationError(f"a tile grid has one to nine panels, not {table.shape[1]}", remedy="choose fewer columns")
    names = [province_of(key) for key in table.index]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise PresentationError(
            f"{twice[0]} has {names.count(twice[0])} values", remedy="pass one value per province, for example of one year"
        )
    return table.set_axis(names, axis=0)


def numbers_by_province(values: Values, figure: str) -> pd.DataFrame:
    """34 provinces x panels, missing where nothing is given.

    Raises
    ------
    UnknownProvince
    PresentationError
        as :func:`by_province`; on text, an infinite value, or a panel without any value.
    """
    table = by_province(values)
    try:
        numbers = table.where(table.notna(), np.nan).astype("float64")
    except (TypeError, ValueError) as error:
        raise PresentationError(f"{figure} needs numbers: {error}", remedy="convert the values first") from error
    infinite = np.isinf(numbers.to_numpy()).any(axis=1)
    if infinite.any():
        raise PresentationError(
            f"{figure} cannot show an infinite value", where=str(numbers.index[int(infinite.argmax())]), remedy="check the division"
        )
    bare = [str(panel) for panel in numbers.columns if numbers[panel].isna().all()]
    if bare:
        where = f"panel {bare[0]}" if numbers.shape[1] > 1 else ""
        raise PresentationError(f"{figure} has no value to show", where=where, remedy="choose a variable and a year with data")
    return numbers.reindex(list(PROVINCES))


def panels_across(panels: int, width: Width) -> tuple[int, float]:
    """How many panels stand side by side, and the side of one in inches."""
    across = 1 if width == "one" or panels == 1 else 2 if panels <= 4 else 3
    return across, min(WIDTHS[width] / across, 5.2)


def fitting(texts: Iterable[str], inches: float) -> float:
    """The size in points at which the widest of ``texts`` fills ``inches``, at most 7.5."""
    return min(_LARGEST, _LARGEST * inches / max(text_width(text, _LARGEST) for text in texts))


def square_names(square: float, language: Language) -> tuple[dict[str, str], str]:
    """What is written in squares ``square`` inches wide, and what a note must say.

    Names are short, or two letters where English names would be too small to read.
    """
    names = {name: province_label(name, language) for name in PROVINCES}
    names |= {"Inner Mongolia": "In. Mong.", "Heilongjiang": "Heilongj."} if language == "en" else {}
    if language == "en" and fitting(names.values(), square * 0.8) < _SMALLEST:
        return LETTERS, _LETTERS_USED.to(language) + _NO_MAP.to(language)
    return names, _NO_MAP.to(language)


def draw_squares(
    axes: Axes, texts: Mapping[str, str], colours: Mapping[str, str], square: float, names: Mapping[str, str], language: Language
) -> None:
    """34 squares, each ``square`` inches wide, with all names in one size and all texts in one size.

    ``texts`` and ``colours`` (#rrggbb) are by province; one that is in neither is white and dashed.
    """
    from matplotlib.patches import Rectangle

    empty = NO_DATA.to(language)
    name_size, text_size = fitting(names.values(), square * 0.8), fitting(texts.values(), square * 0.8)
    for name in PROVINCES:
        row, column = SQUARES[name]
        there = name in texts
        colour = colours[name] if there else "white"
        tile = Rectangle((column + 0.04, row + 0.04), 0.92, 0.92, facecolor=colour, edgecolor="white" if there else MUTED, linewidth=0.8)
        tile.set_linestyle("-" if there else (0, (2.5, 1.8)))
        axes.add_patch(tile)
        ink = ink_on(colour) if there else MUTED
        size = text_size if there else min(text_size, fitting([empty], square * 0.8))
        axes.text(column + 0.5, row + 0.32, names[name], ha="center", va="center", fontsize=name_size, color=ink)
        axes.text(column + 0.5, row + 0.69, texts.get(name, empty), ha="center", va="center", fontsize=size, color=ink)
    axes.set(xlim=(-0.05, 9.05), ylim=(9.05, -0.05), aspect="equal")
