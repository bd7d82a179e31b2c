"""Provinces as tiles: values, and classes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, on_sheet
from toolkit.present.figures.inputs import require_choice
from toolkit.present.figures.squares import (
    PALETTES,
    Palette,
    Values,
    by_province,
    common_power,
    decimals_for,
    draw_squares,
    grid_of,
    long_by_panel,
    numbers_by_province,
    scale_bar,
    shading_of,
    square_names,
    with_power,
)
from toolkit.present.style import FAINT, SEQUENTIAL, Width
from toolkit.present.words import formats
from toolkit.present.words.labels import PROVINCES
from toolkit.present.words.naming import Labels, Notes, Texts, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def tile_grid(
    values: Values,
    name: str = "",
    *,
    palette: Palette = "sequential",
    neutral: float = 0.0,
    digits: int | None = None,
    value_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """One square per province with its value, for one or several panels; all 34 units are shown.

    Parameters
    ----------
    values : province -> value, as a mapping, a series, or a frame with one column per panel (years, for example). Provinces are named in
        English or Chinese, or by their six-digit code. A missing value is dashed.
    name : id of the variable; its label and unit stand in the legend.
    palette : "sequential" (light to dark), "diverging" (around ``neutral``), or "quantile" (five classes of equal size).
    neutral : the middle of the diverging palette.
    digits : decimals in the squares; chosen from the values if omitted.
    value_label : replaces label and unit of ``name``.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of the panels. That the grid is no
        map is always added to the notes.

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
    decimals = decimals_for(shown.to_numpy()) if digits is None else digits

    def paint(sheet: Sheet) -> Drawing:
        legend = sheet.axis(name, value_label) if name or value_label is not None else ""
        shading = shading_of(shown.to_numpy(), palette, neutral / 10.0**power)
        form = grid_of(len(panels), width)
        written, about = square_names(form.square, sheet.language)
        figure = sheet.figure(form.height(0.5))
        grid = figure.subplots(form.down, form.across, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for axes, panel in zip(grid.flat, panels, strict=False):
            seen = shown[panel].dropna()
            texts = {str(province): formats.fixed(value, decimals) for province, value in seen.items()}
            colours = {str(province): shading.colour(value) for province, value in seen.items()}
            draw_squares(axes, texts=texts, colours=colours, square=form.square, names=written, language=sheet.language)
            if len(panels) > 1:
                axes.set_title(sheet.name(panel), fontsize=9, loc="center", pad=1)
        scale_bar(figure, list(grid.flat), shading=shading, legend=with_power(legend, power), digits=decimals)
        return sheet.finish(figure, long_by_panel(table, "value"), about)

    return on_sheet(paint, values, title=title, notes=notes, width=width, names=names, labels=labels)


Classes = Mapping[str, object] | Mapping[int, object] | pd.Series | pd.DataFrame
_MOST = 9  # shades that can be told apart


def tile_classes(
    values: Classes,
    classes: Texts,
    *,
    apart: Collection[str] = (),
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """One square per province with the key of its class, for one or several panels; all 34 units are shown.

    Parameters
    ----------
    values : province -> key of its class, as a mapping, a series, or a frame with one column per panel. Provinces are named in English or
        Chinese, or by their six-digit code. A missing class is dashed.
    classes : key -> name in the legend, from the lightest to the darkest shade. Keys stand in the squares, so keep them short. The legend
        lists the classes that occur.
    apart : keys of classes outside the order (no club, not classified), drawn in grey.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of the panels. That the grid is no
        map is always added to the notes.

    Raises
    ------
    UnknownProvince
        with near names.
    PresentationError
        if a class has no name, a province occurs twice, a panel is empty, or there are more than nine panels or shades.

    Examples
    --------
    >>> tile_classes({"Beijing": "1", "Hebei": "2"}, {"2": "low", "1": "high"}).draw("en").data.dropna()["class"].tolist()
    ['1', '2']
    """
    apart = listed(apart)
    table = _checked(values, classes, apart)
    panels = list(table.columns)
    seen = set(table.stack().dropna())
    ordered = [key for key in classes if key not in apart]

    def paint(sheet: Sheet) -> Drawing:
        shades = {**_shades(ordered), **dict.fromkeys(apart, FAINT)}
        form = grid_of(len(panels), width)
        written, about = square_names(form.square, sheet.language)
        entries = {f"{key}  {sheet.say(classes[key])}": shades[key] for key in classes if key in seen}
        columns = min(len(entries), 2 if width == "one" else 4)
        bar = 0.2 * math.ceil(len(entries) / columns)  # inches of the legend
        figure = sheet.figure(form.height(bar))
        cells = figure.add_gridspec(form.down + 1, form.across, height_ratios=[*[form.side] * form.down, bar])
        for place, panel in enumerate(panels):
            axes = figure.add_subplot(cells[divmod(place, form.across)])
            axes.set_axis_off()
            texts = {str(province): str(key) for province, key in table[panel].dropna().items()}
            colours = {province: shades[key] for province, key in texts.items()}
            draw_squares(axes, texts=texts, colours=colours, square=form.square, names=written, language=sheet.language)
            if len(panels) > 1:
                axes.set_title(sheet.name(panel), fontsize=9, loc="center", pad=1)
        _legend(figure.add_subplot(cells[form.down, :]), entries, columns)
        return sheet.finish(figure, long_by_panel(table, "class"), about)

    return on_sheet(paint, values, title=title, notes=notes, width=width, names=names, labels=labels)


def _checked(values: Classes, classes: Texts, apart: Collection[str]) -> pd.DataFrame:
    """34 provinces x panels of keys as text, missing where nothing is given."""
    table = by_province(values)
    keys = table.astype("object").where(table.notna(), None).map(lambda key: None if key is None else str(key))
    unknown = sorted({*keys.stack().dropna(), *apart} - set(classes))
    if unknown:
        raise PresentationError(
            f"the tiles have a class {unknown[0]!r} without a name", where=f"named: {', '.join(classes)}", remedy="name it in classes"
        )
    if len(set(classes) - set(apart)) > _MOST:
        raise PresentationError(f"{len(set(classes) - set(apart))} classes are too many to tell apart", remedy=f"use at most {_MOST}")
    bare = [str(panel) for panel in keys.columns if keys[panel].isna().all()]
    if bare:
        where = f"panel {bare[0]}" if keys.shape[1] > 1 else ""
        raise PresentationError("the tiles have no class to show", where=where, remedy="choose a variable and a year with data")
    return keys.reindex(list(PROVINCES))


def _shades(ordered: list[str]) -> dict[str, str]:
    """Light to dark in the order of the classes."""
    import matplotlib
    from matplotlib.colors import to_hex

    colours = matplotlib.colormaps[SEQUENTIAL]
    last = max(len(ordered) - 1, 1)
    return {key: to_hex(colours(0.1 + 0.78 * place / last)) for place, key in enumerate(ordered)}


def _legend(axes: Axes, shades: Mapping[str, str], columns: int) -> None:
    """Name and shade of each class, in a row of its own below the squares."""
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, label=name) for name, colour in shades.items()]
    axes.set_axis_off()
    axes.legend(handles=handles, loc="center", ncols=columns, handlelength=1.2, columnspacing=1.4, borderaxespad=0.0, borderpad=0.0)
