"""Choropleth of a map that the user brings; the toolkit itself holds no borders.

A map of China that is published has to show all 34 units and the islands of the South China Sea, and carries the approval number
(审图号) of its base map. So the map here always has an inset, asks for all units, and prints the number or warns that it is missing.
Where no approved map is at hand, use :func:`toolkit.present.figures.tiles.tile_grid`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, settle
from toolkit.present.figures.inputs import axis_text, require_choice
from toolkit.present.figures.shading import PALETTES, Palette, Shading, common_power, decimals_for, scale_bar, shading_of, with_power
from toolkit.present.figures.squares import Values, numbers_by_province
from toolkit.present.map_shapes import Box, MapFrame, Shape, boxes, checked_shapes, in_degrees
from toolkit.present.naming import Labels, names_for
from toolkit.present.style import FAINT, MUTED, Width, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

APPROVAL: Final = Text("Map approval number: ", "审图号：")
NO_APPROVAL: Final = Text(
    "The base map carries no approval number: not for publication in China.",
    "底图未注明审图号，不得在中国境内公开发表。",
)
_ODD: Final = Text("Grey: no data. ", "灰色为无数据。")


def choropleth(
    frame: MapFrame,
    values: Values,
    name: str = "",
    *,
    key: str = "province",
    approval_no: str = "",
    main: Box | None = None,
    inset: Box | None = None,
    palette: Palette = "sequential",
    centre: float = 0.0,
    value_label: str | Text | None = None,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """Provinces of a map shaded by value, with an inset of the South China Sea and the approval number of the base map.

    Parameters
    ----------
    frame : a GeoDataFrame (geopandas is not part of the toolkit: ``geopandas.read_file`` of your own base map), with one row per province
        or more. Rows without a name in ``key``, and lines that are no province, are drawn as outlines.
    values : province -> value, under any name or code of the province; a missing value is grey.
    name : id of the variable; its label and unit stand in the legend.
    key : column of ``frame`` with the name or code of the province.
    approval_no : number of the base map (审图号), printed under the map; without it a warning is given and the note says so.
    main, inset : west, south, east, north of the main map and of the inset, in the coordinates of the frame. Known for degrees, and for
        projected coordinates if the frame has a ``crs``.
    palette, centre, value_label, labels, title, note, width : as in ``tile_grid``.

    Raises
    ------
    MissingColumn, UnknownProvince, UnknownOption
    PresentationError
        if the map does not show all 34 units, a shape is missing or cannot be drawn, there is no value, one is infinite or given twice, or
        the boxes are empty or not known.

    Warns
    -----
    UserWarning
        if there is no approval number.
    """
    require_choice(palette, PALETTES, "palette")
    shapes = checked_shapes(frame, key)
    table = numbers_by_province(values, "the map")
    if table.shape[1] > 1:
        raise PresentationError(f"a map shows one value per province; there are {table.shape[1]} columns", remedy="pass one column")
    column = table.iloc[:, 0]
    seen = column.dropna().to_numpy()
    places, degrees = boxes(frame, shapes, main, inset), in_degrees(frame, shapes)
    number_of_map = approval_no.strip()
    if not number_of_map:
        warnings.warn(f"choropleth: {NO_APPROVAL.en} Pass approval_no=...", UserWarning, stacklevel=2)
    power = common_power(seen)
    known = names_for(labels, values)

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        number = APPROVAL.to(language) + number_of_map if number_of_map else NO_APPROVAL.to(language)
        remark = "\n".join(part for part in (text_in(note, language), _ODD.to(language) + number) if part)
        legend = text_in(value_label, language) if value_label is not None else axis_text(name, language, known) if name else ""
        with styled():
            shading = shading_of(seen / 10.0**power, palette, centre / 10.0**power)
            figure = new_figure(width, 4.9 if width == "two" else 2.9)
            axes = figure.add_subplot()
            scale_bar(figure, [axes], shading, with_power(legend, power), decimals_for(seen / 10.0**power))
            slot = axes.inset_axes((0.84, 0.0, 0.16, 0.3))
            for place, box in zip((axes, slot), places, strict=True):
                _draw(place, shapes, {str(p): v / 10.0**power for p, v in column.items()}, shading)
                _frame(place, box, degrees)
            axes.set_axis_off()
            caption(figure, heading, remark)
            settle(figure)
        data = pd.DataFrame({"province": column.index, "value": column.to_numpy()})
        return Drawing(figure, data, heading, remark)

    return FigureExhibit(paint)


def _draw(axes: Axes, shapes: list[Shape], numbers: Mapping[str, float], shading: Shading) -> None:
    """All shapes of the map: provinces filled, islands and holes as one path, other rows as outlines."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for shape in shapes:
        value = numbers.get(shape.unit or "", math.nan)
        colour = "none" if shape.unit is None else shading.colour(value) if math.isfinite(value) else FAINT
        edge, weight = (MUTED, 0.8) if shape.unit is None else ("white", 0.4)
        path = Path.make_compound_path(*[Path(points, closed=closed) for points, closed in shape.rings])
        axes.add_patch(PathPatch(path, facecolor=colour, edgecolor=edge, linewidth=weight))


def _frame(axes: Axes, box: Box, degrees: bool) -> None:
    """Show ``box``; degrees are stretched so that the middle of the map has true proportions."""
    west, south, east, north = box
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    axes.set_aspect(1 / math.cos(math.radians((south + north) / 2)) if degrees else 1.0)
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.6, color=MUTED)
