"""Choropleth of a map that the user brings; the toolkit itself holds no borders.

A map of China that is published has to show all 34 units and the islands of the South China Sea, and shows the approval number
(审图号) of its base map. So the map here always has an inset, asks for all units, and prints the number or warns that it is missing.
Where no approved map is at hand, use :func:`toolkit.present.figures.tiles.tile_grid`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import PresentationError, UnknownProvince
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, on_sheet
from toolkit.present.figures.inputs import require_choice, require_columns
from toolkit.present.figures.squares import (
    PALETTES,
    Palette,
    Shading,
    Values,
    common_power,
    decimals_for,
    numbers_by_province,
    province_of,
    scale_bar,
    shading_of,
    with_power,
)
from toolkit.present.style import FAINT, MUTED, Width
from toolkit.present.words.labels import PROVINCES
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box = tuple[float, float, float, float]
SOUTH_CHINA_SEA: Final[Box] = (105.5, 2.8, 124.0, 24.8)  # degrees: west, south, east, north; reaches beyond Zengmu Ansha
MAINLAND: Final[Box] = (72.5, 17.2, 136.5, 54.6)


class MapFrame(Protocol):
    """What is used of a ``geopandas.GeoDataFrame``: columns, shapely shapes under ``geometry``, and ``crs`` where it is known."""

    @property
    def columns(self) -> pd.Index: ...  # noqa: D102

    @property
    def geometry(self) -> pd.Series: ...  # noqa: D102

    def __getitem__(self, key: str) -> pd.Series: ...


@dataclass(frozen=True)
class Shape:
    """One row of the map.

    Attributes
    ----------
    unit : English name of the province, or None for lines and other outlines.
    rings : (points (n, 2), whether closed) of each ring or line; islands and holes are rings of their own.
    """

    unit: str | None
    rings: tuple[tuple[NDArray[np.float64], bool], ...]

    def within(self, box: Box) -> bool:
        """Whether a corner of the shape lies in the box."""
        west, south, east, north = box
        return any(bool(((p >= (west, south)) & (p <= (east, north))).all(axis=1).any()) for p, _ in self.rings)


def _checked_shapes(frame: MapFrame, key: str) -> list[Shape]:
    """The rows of the map; all 34 units must be there, each with an area.

    A row without a name is an outline, and so is a line with a name that is no province (the dashed line of official maps).

    Raises
    ------
    MissingColumn, UnknownProvince
    PresentationError
        if this is no frame with shapes, a row has none or one that cannot be drawn, or units are missing.
    """
    if not hasattr(frame, "columns") or not hasattr(frame, "geometry"):
        raise PresentationError(
            f"the map needs a GeoDataFrame with shapes, not {type(frame).__name__} without any",
            remedy="geopandas.read_file(...) gives one; frame.set_geometry(...) names its column of shapes",
        )
    require_columns(pd.DataFrame(columns=frame.columns), [key], "the map")
    shapes = [
        _shape(label, shape, f"row {row}, column {key}")
        for row, (label, shape) in enumerate(zip(frame[key], frame.geometry, strict=True), 1)
    ]
    missing = [province for province in PROVINCES if province not in {shape.unit for shape in shapes}]
    if missing:
        raise PresentationError(
            f"the map does not show {', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''}",
            where=f"column {key}",
            remedy="a map of China shows all 34 units, Hong Kong, Macao and Taiwan among them: use a complete base map",
        )
    return shapes


def _shape(label: object, shape: object, where: str) -> Shape:
    nameless = bool(pd.isna(label)) or not str(label).strip()  # type: ignore[call-overload]
    called = "the nameless shape" if nameless else f"the shape of {label}"
    rings = tuple(_rings(shape, called, where))
    if not rings:
        raise PresentationError(f"{called} is missing or empty", where=where, remedy="use a complete base map, or drop the row")
    areas = any(closed for _, closed in rings)
    if nameless:
        return Shape(None, rings)
    try:
        unit = province_of(label)
    except UnknownProvince as problem:
        if not areas:
            return Shape(None, rings)
        remedy = f"{problem.remedy}; drop the row, or blank its name if it is an outline only"
        raise UnknownProvince(f"the map has a shape called {label!r}, which is no province", where=where, remedy=remedy) from problem
    if not areas:
        raise PresentationError(f"{called} is a line, not an area", where=where, remedy="use the polygons of the provinces")
    return Shape(unit, rings)


def _rings(shape: object, called: str, where: str) -> Iterator[tuple[NDArray[np.float64], bool]]:
    """Points of each ring or line of a shape, and whether it is closed."""
    if shape is None or getattr(shape, "is_empty", False):
        return
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _rings(part, called, where)
    elif hasattr(shape, "exterior"):
        yield _turned(shape.exterior.coords, 1.0), True
        for hole in shape.interiors:  # type: ignore[attr-defined]
            yield _turned(hole.coords, -1.0), True
    elif hasattr(shape, "coords") and len(shape.coords) > 1:
        yield np.asarray(shape.coords, dtype=float)[:, :2], False
    else:
        raise PresentationError(f"{called} cannot be drawn: {type(shape).__name__}", where=where, remedy="use polygons and lines")


def _turned(points: object, sense: float) -> NDArray[np.float64]:
    """A ring counterclockwise (``sense`` 1) or clockwise (-1): a hole stays open only if it runs against its outline."""
    ring = np.asarray(points, dtype=float)[:, :2]
    x, y = (ring - ring[0]).T
    area = float(x[:-1] @ y[1:] - x[1:] @ y[:-1])
    return ring if area * sense >= 0 else ring[::-1]


def boxes(frame: MapFrame, shapes: list[Shape], main: Box | None, inset: Box | None) -> tuple[Box, Box]:
    """Main map and inset in the coordinates of the frame; every province must be seen in one of them.

    Degrees are the rule; a projected frame that knows its ``crs`` gets the same two places in its own coordinates.

    Raises
    ------
    PresentationError
        if the coordinates are projected and nobody says how, a box is empty, or a province lies outside of both.
    """
    crs = getattr(frame, "crs", None)
    if crs is None and not (main and inset) and not _in_degrees(frame, shapes):
        raise PresentationError(
            "the map is projected and has no crs, so the places of main map and inset are not known",
            remedy="frame.set_crs(...), or pass main= and inset= in its coordinates; if they are degrees, longitude comes first",
        )
    found = _place(main, MAINLAND, crs, "main"), _place(inset, SOUTH_CHINA_SEA, crs, "inset")
    lost = [shape.unit for shape in shapes if shape.unit and not any(shape.within(box) for box in found)]
    if lost:
        raise PresentationError(
            f"neither main map nor inset shows {', '.join(dict.fromkeys(lost[:5]))}{' and others' if len(lost) > 5 else ''}",
            where="; ".join(f"{name} {', '.join(f'{end:g}' for end in box)}" for name, box in zip(("main", "inset"), found, strict=True)),
            remedy="check that longitude comes first and that the crs is right, or pass main= and inset= in the coordinates of the map",
        )
    return found


def _in_degrees(frame: MapFrame, shapes: list[Shape]) -> bool:
    """Whether the coordinates are longitude and latitude: as the crs says, or by their size."""
    crs = getattr(frame, "crs", None)
    if crs is not None:
        return bool(crs.is_geographic)
    points = np.concatenate([points for shape in shapes for points, _ in shape.rings])
    return bool(np.abs(points[:, 0]).max() <= 180 and np.abs(points[:, 1]).max() <= 90)


def _place(given: Box | None, degrees: Box, crs: object, name: str) -> Box:
    if given is not None:
        west, south, east, north = given
        if not (west < east and south < north):
            raise PresentationError(f"{name}={given} is empty", remedy="give west, south, east, north, with west < east and south < north")
        return west, south, east, north
    if crs is None or crs.is_geographic:  # type: ignore[attr-defined]
        return degrees
    pyproj = import_module("pyproj")  # whoever has a crs has it
    projected = pyproj.Transformer.from_crs(4326, crs, always_xy=True).transform_bounds(*degrees)
    return tuple(float(end) for end in projected)  # type: ignore[return-value]


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
    neutral: float = 0.0,
    value_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
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
    approval_no : number of the base map (审图号), printed under the map; without it a warning is given, and the note names it.
    main, inset : west, south, east, north of the main map and of the inset, in the coordinates of the frame. Known for degrees, and for
        projected coordinates if the frame has a ``crs``.
    palette, neutral, value_label : as in ``tile_grid``.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`.

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
    shapes = _checked_shapes(frame, key)
    table = numbers_by_province(values, "the map")
    if table.shape[1] > 1:
        raise PresentationError(f"a map shows one value per province; there are {table.shape[1]} columns", remedy="pass one column")
    column = table.iloc[:, 0]
    seen = column.dropna().to_numpy()
    places, degrees = boxes(frame, shapes, main, inset), _in_degrees(frame, shapes)
    number_of_map = approval_no.strip()
    if not number_of_map:
        warnings.warn(f"choropleth: {NO_APPROVAL.en} Pass approval_no=...", UserWarning, stacklevel=2)
    power = common_power(seen)
    shown = {str(province): value / 10.0**power for province, value in column.items()}

    def paint(sheet: Sheet) -> Drawing:
        legend = sheet.axis(name, value_label) if name or value_label is not None else ""
        shading = shading_of(seen / 10.0**power, palette, neutral / 10.0**power)
        figure = sheet.figure(4.9 if width == "two" else 2.9)
        axes = figure.add_subplot()
        digits = decimals_for(seen / 10.0**power)
        scale_bar(figure, [axes], shading=shading, legend=with_power(legend, power), digits=digits)
        slot = axes.inset_axes((0.84, 0.0, 0.16, 0.3))  # lower right corner, where the official maps have it
        for place, box in zip((axes, slot), places, strict=True):
            _draw(place, shapes, shown, shading)
            _frame(place, box, degrees)
        axes.set_axis_off()
        number = sheet.say(APPROVAL) + number_of_map if number_of_map else sheet.say(NO_APPROVAL)
        data = pd.DataFrame({"province": column.index, "value": column.to_numpy()})
        return sheet.finish(figure, data, sheet.say(_ODD) + number)

    return on_sheet(paint, values, title=title, notes=notes, width=width, names=names, labels=labels)


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
