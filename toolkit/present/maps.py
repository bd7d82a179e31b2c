"""Choropleth of a map that the user brings; the toolkit itself holds no borders.

A map of China that is published has to show all 34 units and the islands of the South China Sea, and carries the approval number
(审图号) of its base map. So the map here always has an inset, asks for all units, and prints the number or warns that it is missing.
Where no approved map is at hand, use :func:`toolkit.present.figures.tiles.tile_grid`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError, UnknownProvince
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import caption, settle
from toolkit.present.figures.grid import province_of
from toolkit.present.figures.inputs import require_choice, require_columns
from toolkit.present.figures.shading import PALETTES, Palette, Shading, common_power, decimals_for, scale_bar, shading_of, with_power
from toolkit.present.labels import axis_label
from toolkit.present.places import PROVINCES
from toolkit.present.style import FAINT, MUTED, Width, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Box = tuple[float, float, float, float]
SOUTH_CHINA_SEA: Final[Box] = (105.5, 2.8, 124.0, 24.8)  # degrees: west, south, east, north; reaches beyond Zengmu Ansha
MAINLAND: Final[Box] = (72.5, 17.2, 136.5, 54.6)
APPROVAL: Final = Text("Map approval number: ", "审图号：")
NO_APPROVAL: Final = Text(
    "The base map carries no approval number: not for publication in China.",
    "底图未注明审图号，不得在中国境内公开发表。",
)
_ODD: Final = Text("Grey: no data.", "灰色为无数据。")


class MapFrame(Protocol):
    """What is used of a ``geopandas.GeoDataFrame``: columns, and shapely shapes under ``geometry``."""

    @property
    def columns(self) -> pd.Index: ...  # noqa: D102

    @property
    def geometry(self) -> pd.Series: ...  # noqa: D102

    def __getitem__(self, key: str) -> pd.Series: ...


def choropleth(
    frame: MapFrame,
    values: Mapping[str, float] | pd.Series,
    name: str = "",
    *,
    key: str = "province",
    approval_no: str = "",
    main: Box | None = None,
    inset: Box | None = None,
    palette: Palette = "sequential",
    centre: float = 0.0,
    value_label: str | Text | None = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """Provinces of a map shaded by value, with an inset of the South China Sea and the approval number of the base map.

    Parameters
    ----------
    frame : a GeoDataFrame, one row per province; rows without a name in ``key`` (lines of the official map) are drawn as outlines.
    values : province -> value, named in English or Chinese or by six-digit code.
    name : id of the variable; label and unit of the legend come from the registry.
    key : column of ``frame`` with the name or code of the province.
    approval_no : number of the base map (审图号), printed under the map; without it a warning is given and the note says so.
    main, inset : west, south, east, north of the main map and of the inset, in the coordinates of the frame; set for degrees.
    palette, centre, value_label, title, note, width : as in ``tile_grid``.

    Raises
    ------
    MissingColumn, UnknownProvince, UnknownOption
    PresentationError
        if the map does not show all 34 units, there is no value, or the boxes are missing for projected coordinates.

    Warns
    -----
    UserWarning
        if there is no approval number.
    """
    require_choice(palette, PALETTES, "palette")
    require_columns(pd.DataFrame(columns=frame.columns), [key], "the map")
    shapes = _shapes(frame, key)
    numbers = {province_of(province): float(value) for province, value in dict(values).items()}
    seen = np.array([value for value in numbers.values() if math.isfinite(value)])
    if not len(seen):
        raise PresentationError("the map has no value to show", remedy="choose a variable and a year with data")
    boxes = _boxes(shapes, main, inset)
    if not approval_no:
        warnings.warn(f"choropleth: {NO_APPROVAL.en} Pass approval_no=...", UserWarning, stacklevel=2)
    power = common_power(seen)

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        number = APPROVAL.to(language) + approval_no if approval_no else NO_APPROVAL.to(language)
        remark = "\n".join(part for part in (text_in(note, language), f"{_ODD.to(language)} {number}") if part)
        legend = text_in(value_label, language) if value_label is not None else axis_label(name, language) if name else ""
        with styled():
            shading = shading_of(seen / 10.0**power, palette, centre / 10.0**power)
            figure = new_figure(width, 4.9 if width == "two" else 2.9)
            axes = figure.add_subplot()
            scale_bar(figure, [axes], shading, with_power(legend, power), decimals_for(seen / 10.0**power))
            slot = axes.inset_axes((0.84, 0.0, 0.16, 0.3))
            for place, box in zip((axes, slot), boxes, strict=True):
                _draw(place, shapes, {p: v / 10.0**power for p, v in numbers.items()}, shading)
                _frame(place, box)
            axes.set_axis_off()
            caption(figure, heading, remark)
            settle(figure)
        data = pd.DataFrame({"province": list(PROVINCES), "value": [numbers.get(p, math.nan) for p in PROVINCES]})
        return Drawing(figure, data, heading, remark)

    return FigureExhibit(paint)


def _shapes(frame: MapFrame, key: str) -> list[tuple[str | None, object]]:
    """(province or None, shape) for each row of the map; all 34 units must be there."""
    shapes: list[tuple[str | None, object]] = []
    for label, shape in zip(frame[key], frame.geometry, strict=True):
        nameless = label is None or label != label or not str(label).strip()
        shapes.append((None if nameless else _unit(label), shape))
    missing = [province for province in PROVINCES if province not in {unit for unit, _ in shapes}]
    if missing:
        raise PresentationError(
            f"the map does not show {', '.join(missing[:5])}{' and others' if len(missing) > 5 else ''}",
            where=f"column {key}",
            remedy="a map of China shows all 34 units, Hong Kong, Macao and Taiwan among them: use a complete base map",
        )
    return shapes


def _unit(label: object) -> str:
    """English name for short and full Chinese names (北京, 北京市, 内蒙古自治区)."""
    try:
        return province_of(label)
    except UnknownProvince:
        text = str(label).strip()
        for suffix in ("维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "省", "市"):
            if text.endswith(suffix):
                return province_of(text.removesuffix(suffix))
        raise


def _lines(shape: object) -> Iterator[tuple[np.ndarray, bool]]:
    """Points (n, 2) of each ring or line of a shape, and whether it is closed."""
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _lines(part)
    elif hasattr(shape, "exterior"):
        for ring in (shape.exterior, *shape.interiors):  # type: ignore[attr-defined]
            yield np.asarray(ring.coords, dtype=float)[:, :2], True
    elif hasattr(shape, "coords"):
        yield np.asarray(shape.coords, dtype=float)[:, :2], False
    else:
        raise PresentationError(f"the map holds a shape that cannot be drawn: {type(shape).__name__}", remedy="use polygons and lines")


def _boxes(shapes: list[tuple[str | None, object]], main: Box | None, inset: Box | None) -> tuple[Box, Box]:
    if main is not None and inset is not None:
        return main, inset
    points = np.concatenate([line for _, shape in shapes for line, _ in _lines(shape)])
    if np.abs(points[:, 0]).max() > 180 or np.abs(points[:, 1]).max() > 90:
        raise PresentationError(
            "the map is projected, so the places of main map and inset are not known",
            remedy="pass main= and inset= (west, south, east, north) in its coordinates, or frame.to_crs(4326)",
        )
    return main or MAINLAND, inset or SOUTH_CHINA_SEA


def _draw(axes: Axes, shapes: list[tuple[str | None, object]], numbers: dict[str, float], shading: Shading) -> None:
    """All shapes of the map: provinces filled, islands and holes by the even-odd rule of one path, nameless rows as outlines."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    for unit, shape in shapes:
        rings = list(_lines(shape))
        value = numbers.get(unit or "", math.nan)
        colour = "none" if unit is None else shading.colour(value) if math.isfinite(value) else FAINT
        path = Path.make_compound_path(*[Path(points, closed=closed) for points, closed in rings])
        axes.add_patch(
            PathPatch(path, facecolor=colour, edgecolor=MUTED if unit is None else "white", linewidth=0.8 if unit is None else 0.4)
        )


def _frame(axes: Axes, box: Box) -> None:
    """Show ``box``; degrees are stretched so that the middle of the map has true proportions."""
    west, south, east, north = box
    degrees = max(abs(west), abs(east)) <= 180 and max(abs(south), abs(north)) <= 90
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    axes.set_aspect(1 / math.cos(math.radians((south + north) / 2)) if degrees else 1.0)
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.6, color=MUTED)
