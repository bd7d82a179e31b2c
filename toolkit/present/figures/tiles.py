"""Provinces as equal squares: where values are high or low, without a map and its borders."""

from __future__ import annotations

import math

import pandas as pd

from toolkit.language import Language, Text, text_in
from toolkit.present import formats
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, settle
from toolkit.present.figures.inputs import axis_text, name_of, require_choice
from toolkit.present.figures.shading import PALETTES, Palette, common_power, decimals_for, scale_bar, shading_of, with_power
from toolkit.present.figures.squares import Values, draw_squares, numbers_by_province, panels_across, square_names
from toolkit.present.naming import Labels, names_for
from toolkit.present.style import Width, new_figure, styled


def tile_grid(
    values: Values,
    name: str = "",
    *,
    palette: Palette = "sequential",
    centre: float = 0.0,
    decimals: int | None = None,
    value_label: str | Text | None = None,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """One square per province with its value, for one or several panels; all 34 units are shown.

    Parameters
    ----------
    values : province -> value, as a mapping, a series, or a frame with one column per panel (years, for example). Provinces are named in
        English or Chinese, or by their six-digit code. A missing value is dashed.
    name : id of the variable; its label and unit stand in the legend.
    palette : "sequential" (light to dark), "diverging" (around ``centre``), or "quantile" (five classes of equal size).
    centre : the middle of the diverging palette.
    decimals : digits after the point in the squares; chosen from the values if omitted.
    value_label : replaces label and unit of ``name``.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
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
    table = numbers_by_province(values, "the tile grid")
    panels = list(table.columns)
    power = common_power(table.to_numpy())
    shown = table / 10.0**power
    digits = decimals_for(shown.to_numpy()) if decimals is None else decimals
    known = names_for(labels, values)

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        legend = text_in(value_label, language) if value_label is not None else axis_text(name, language, known) if name else ""
        across, side = panels_across(len(panels), width)
        down = math.ceil(len(panels) / across)
        with styled():
            shading = shading_of(shown.to_numpy(), palette, centre / 10.0**power)
            names, about = square_names(side / 9.4, language)
            remark = "\n".join(part for part in (text_in(note, language), about) if part)
            figure = new_figure(width, min(9.4, down * (side + 0.22) + 0.5))
            grid = figure.subplots(down, across, squeeze=False)
            for axes in grid.flat:
                axes.set_axis_off()
            for axes, panel in zip(grid.flat, panels, strict=False):
                seen = shown[panel].dropna()
                texts = {str(province): formats.fixed(value, digits) for province, value in seen.items()}
                colours = {str(province): shading.colour(value) for province, value in seen.items()}
                draw_squares(axes, texts, colours, side / 9.4, names, language)
                if len(panels) > 1:
                    axes.set_title(name_of(panel, language, known), fontsize=9, loc="center", pad=1)
            scale_bar(figure, list(grid.flat), shading, with_power(legend, power), digits)
            caption(figure, heading, remark)
            settle(figure)
        return Drawing(figure, _long(table), heading, remark)

    return FigureExhibit(paint)


def _long(table: pd.DataFrame) -> pd.DataFrame:
    parts = [pd.DataFrame({"province": table.index, "panel": panel, "value": table[panel].to_numpy()}) for panel in table.columns]
    return pd.concat(parts, ignore_index=True)
