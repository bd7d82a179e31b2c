"""Provinces as equal squares: where values are high or low, without a map and its borders."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, settle, text_width
from toolkit.present.figures.grid import LETTERS, SQUARES, province_of
from toolkit.present.figures.inputs import name_of, require_choice
from toolkit.present.figures.shading import PALETTES, Palette, Shading, common_power, decimals_for, scale_bar, shading_of, with_power
from toolkit.present.labels import axis_label
from toolkit.present.places import PROVINCES, province_label
from toolkit.present.style import MUTED, WIDTHS, Width, ink_on, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NO_MAP: Final = Text(
    "Equal-area tile grid, not a map; it shows no boundaries. Dashed: no data.",
    "等面积方格示意图，非地图，不表示疆域界线。虚线方格为无数据。",
)
NO_DATA: Final = Text("no data", "无数据")
LETTERS_USED: Final = Text("Letters: ISO 3166-2:CN. ", "")
_LARGEST, _SMALLEST = 7.5, 5.4  # points: of all texts in squares; of names before they give way to two letters


Values = Mapping[str, float] | Mapping[int, float] | pd.Series | pd.DataFrame


def tile_grid(
    values: Values,
    name: str = "",
    *,
    palette: Palette = "sequential",
    centre: float = 0.0,
    decimals: int | None = None,
    value_label: str | Text | None = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """One square per province with its value, for one or several panels; all 34 units are shown.

    Parameters
    ----------
    values : province -> value, as a mapping, a series, or a frame with one column per panel (years, for example). Provinces are named in
        English or Chinese, or by their six-digit code. A missing value is dashed.
    name : id of the variable; label and unit of the legend come from the registry.
    palette : "sequential" (light to dark), "diverging" (around ``centre``), or "quantile" (five classes of equal size).
    centre : the middle of the diverging palette.
    decimals : digits after the point in the squares; chosen from the values if omitted.
    value_label : replaces label and unit of ``name``.
    title, note : texts; that the grid is no map is always added to the note.
    width : journal columns.

    Raises
    ------
    UnknownProvince
        with near names.
    PresentationError
        if no value is given, one is infinite, a province occurs twice, or there are more than nine panels.

    Examples
    --------
    >>> tile_grid({"Beijing": 6.58, "Shanghai": 4.35}).draw("en").data.shape
    (34, 3)
    """
    require_choice(palette, PALETTES, "palette")
    table = _by_province(values)
    panels = list(table.columns)
    power = common_power(table.to_numpy())
    shown = table / 10.0**power
    digits = decimals_for(shown.to_numpy()) if decimals is None else decimals

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        legend = text_in(value_label, language) if value_label is not None else axis_label(name, language) if name else ""
        across = 1 if width == "one" or len(panels) == 1 else 2 if len(panels) <= 4 else 3
        down = math.ceil(len(panels) / across)
        with styled():
            shading = shading_of(shown.to_numpy(), palette, centre / 10.0**power)
            side = min(WIDTHS[width] / across, 5.2)
            names = _names(side / 9.4, language)
            source = LETTERS_USED.to(language) if names["Beijing"] == LETTERS["Beijing"] else ""
            remark = "\n".join(part for part in (text_in(note, language), source + NO_MAP.to(language)) if part)
            figure = new_figure(width, min(9.4, down * (side + 0.22) + 0.5))
            grid = figure.subplots(down, across, squeeze=False)
            for axes in grid.flat:
                axes.set_axis_off()
            for axes, panel in zip(grid.flat, panels, strict=False):
                _panel(axes, shown[panel], shading, digits, side / 9.4, names, language)
                if len(panels) > 1:
                    axes.set_title(name_of(panel, language), fontsize=9, loc="center", pad=1)
            scale_bar(figure, list(grid.flat), shading, with_power(legend, power), digits)
            caption(figure, heading, remark)
            settle(figure)
        return Drawing(figure, _long(table), heading, remark)

    return FigureExhibit(paint)


def _by_province(values: Values) -> pd.DataFrame:
    """34 provinces x panels, missing where nothing is given."""
    table = values if isinstance(values, pd.DataFrame) else pd.Series(dict(values), dtype="object").rename("value").to_frame()
    if not 1 <= table.shape[1] <= 9:
        raise PresentationError(f"a tile grid has one to nine panels, not {table.shape[1]}", remedy="choose fewer columns")
    names = [province_of(key) for key in table.index]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise PresentationError(
            f"{twice[0]} has {names.count(twice[0])} values", remedy="pass one value per province, for example of one year"
        )
    try:
        numbers = table.set_axis(names, axis=0).astype("float64")
    except (TypeError, ValueError) as error:
        raise PresentationError(f"the tile grid needs numbers: {error}", remedy="convert the values first") from error
    infinite = np.isinf(numbers.to_numpy()).any(axis=1)
    if infinite.any():
        raise PresentationError(
            "the tile grid cannot show an infinite value", where=names[int(infinite.argmax())], remedy="check the division"
        )
    bare = [str(panel) for panel in numbers.columns if numbers[panel].isna().all()]
    if bare:
        where = f"panel {bare[0]}" if numbers.shape[1] > 1 else ""
        raise PresentationError("the tile grid has no value to show", where=where, remedy="choose a variable and a year with data")
    return numbers.reindex(list(PROVINCES))


def _fitting(texts: Iterable[str], inches: float) -> float:
    """The size in points at which the widest of ``texts`` fills ``inches``, at most 7.5."""
    return min(_LARGEST, _LARGEST * inches / max(text_width(text, _LARGEST) for text in texts))


def _names(square: float, language: Language) -> dict[str, str]:
    """What is written in the squares: short names, or two letters where English names would be too small to read."""
    names = {name: province_label(name, language) for name in PROVINCES}
    names |= {"Inner Mongolia": "In. Mong.", "Heilongjiang": "Heilongj."} if language == "en" else {}
    return LETTERS if language == "en" and _fitting(names.values(), square * 0.8) < _SMALLEST else names


def _panel(axes: Axes, values: pd.Series, shading: Shading, digits: int, square: float, names: dict[str, str], language: Language) -> None:
    """34 squares, each ``square`` inches wide, with all names in one size and all values in one size."""
    from matplotlib.patches import Rectangle

    empty = NO_DATA.to(language)
    numbers = [f"{value:,.{digits}f}".replace("-", "−") if np.isfinite(value) else empty for value in values]
    name_size, number_size = _fitting(names.values(), square * 0.8), _fitting([n for n in numbers if n != empty], square * 0.8)
    for name, value, number in zip(values.index, values, numbers, strict=True):
        row, column = SQUARES[name]
        there = number != empty
        colour = shading.colour(value) if there else "white"
        tile = Rectangle((column + 0.04, row + 0.04), 0.92, 0.92, facecolor=colour, edgecolor="white" if there else MUTED, linewidth=0.8)
        tile.set_linestyle("-" if there else (0, (2.5, 1.8)))
        axes.add_patch(tile)
        ink = ink_on(colour) if there else MUTED
        size = number_size if there else min(number_size, _fitting([empty], square * 0.8))
        axes.text(column + 0.5, row + 0.32, names[name], ha="center", va="center", fontsize=name_size, color=ink)
        axes.text(column + 0.5, row + 0.69, number, ha="center", va="center", fontsize=size, color=ink)
    axes.set(xlim=(-0.05, 9.05), ylim=(9.05, -0.05), aspect="equal")


def _long(table: pd.DataFrame) -> pd.DataFrame:
    parts = [pd.DataFrame({"province": table.index, "panel": panel, "value": table[panel].to_numpy()}) for panel in table.columns]
    return pd.concat(parts, ignore_index=True)
