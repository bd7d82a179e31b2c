"""Radar: several scores of one or a few entities, one axis each, all on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, legend_above, longest_line, on_sheet, wrap
from toolkit.present.figures.inputs import SeriesStyle, check_once, complete_rows, groups_of, series_style
from toolkit.present.style import FAINT, INK, MUTED, Width
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIZE: Final = 8.0  # points, names of the axes
_GAP: Final = 0.08  # inches between the outer ring and a name
_RINGS: Final = 4
_LARGEST: Final = 1.7  # inches from the centre to the outer ring
_UPRIGHT: Final = 0.2  # horizontal part of a spoke below which its name is centred on it
_MOST_AXES, _MOST_GROUPS = 12, 6
_SCALE = Text("Rings at {rings}; the centre is zero.", "由内向外各环依次为 {rings}，中心为零。")


def radar_chart(
    frame: pd.DataFrame,
    axis: str,
    value: str,
    *,
    group: str | None = None,
    full: float = 1.0,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "one",
) -> FigureExhibit:
    """A closed line per group through its value on each axis, from zero in the centre to ``full`` on the outer ring.

    Areas grow with the square of the values and depend on the order of the axes: read distances from the centre, not areas.

    Parameters
    ----------
    frame : one row per axis and group; every group has every axis.
    axis : column of the axes, in order of first appearance, the first one on top and then clockwise; 3 to 12 of them.
    value : column of the values, from 0 to ``full``.
    group : column of the entities that are compared, up to six.
    full : value of the outer ring.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of axes and groups.

    Raises
    ------
    MissingColumn
    PresentationError
        on too few or too many axes or groups, a repeated or missing pair of axis and group, or a value outside [0, full].

    Examples
    --------
    >>> frame = pd.DataFrame({"chain": ["innovation", "industry", "talent"], "score": [0.6, 0.4, 0.8]})
    >>> radar_chart(frame, "chain", "score").draw("en").data["score"].tolist()
    [0.6, 0.4, 0.8]
    """
    rows = complete_rows(frame, [value], [axis, group], "the radar chart")
    check_once(rows, [group, axis], "the radar chart")
    keys, parts = list(dict.fromkeys(rows[axis])), groups_of(rows, group, "")
    _check_complete(keys, {key: set(part[axis]) for key, part in parts.items()}, axis)
    _check_range(rows[axis], rows[value], full)
    turn = np.pi / 2 - 2 * np.pi * np.arange(len(keys)) / len(keys)  # from the top, clockwise
    spokes = np.column_stack([np.cos(turn), np.sin(turn)])  # (axes, 2), of length one

    def paint(sheet: Sheet) -> Drawing:
        across = sheet.inches - 0.2
        # a name above or below the centre may be wide, one at a side has what the rings leave
        room = [(0.8 if abs(x) < _UPRIGHT else 0.2) * across for x, _ in spokes]
        words = [wrap(sheet.name(key), inches, _SIZE) for key, inches in zip(keys, room, strict=True)]
        radius = min([_LARGEST, *(_reach(label, x, across / 2) for label, (x, _) in zip(words, spokes, strict=True))])
        above = (max(label.count("\n") for label in words) + 1) * _SIZE * 1.3 / 72 + _GAP
        bottom = radius * spokes[:, 1].min() - above
        figure = sheet.figure(radius + above - bottom + 0.1)
        axes = figure.add_subplot()
        _web(axes, spokes * radius)
        for position, (key, part) in enumerate(parts.items()):
            shares = part.set_index(axis)[value].loc[keys].to_numpy() / full
            _line(axes, spokes * radius * shares[:, None], series_style(position), sheet.name(key) if group is not None else None)
        for label, (x, y) in zip(words, spokes, strict=True):
            place = "center" if abs(x) < _UPRIGHT else "left" if x > 0 else "right"
            level = "center" if abs(y) < 0.9 else "bottom" if y > 0 else "top"
            axes.text(x * (radius + _GAP), y * (radius + _GAP), label, ha=place, va=level, fontsize=_SIZE, color=INK)
        axes.set(xlim=(-across / 2, across / 2), ylim=(bottom, radius + above), aspect="equal")
        axes.axis("off")
        legend_above(axes, left=0.1)
        return sheet.finish(figure, rows, sheet.say(_scale(full)))

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _scale(full: float) -> Text:
    rings = [f"{full * ring / _RINGS:g}" for ring in range(1, _RINGS + 1)]
    return _SCALE.filled(rings=Text(", ".join(rings), "、".join(rings)))


def _reach(label: str, x: float, half: float) -> float:
    """The radius in inches at which a name at the end of a spoke with horizontal part ``x`` still lies within ``half``."""
    if abs(x) < _UPRIGHT:
        return _LARGEST
    return (half - longest_line([label], _SIZE)) / abs(x) - _GAP


def _web(axes: Axes, ends: NDArray[np.float64]) -> None:
    """Rings and spokes, in inches around the centre."""
    for ring in range(1, _RINGS + 1):
        corners = np.vstack([ends, ends[:1]]) * ring / _RINGS
        axes.plot(corners[:, 0], corners[:, 1], color=FAINT if ring < _RINGS else MUTED, linewidth=0.6, zorder=1)
    for x, y in ends:
        axes.plot([0, x], [0, y], color=FAINT, linewidth=0.6, zorder=1)


def _line(axes: Axes, points: NDArray[np.float64], style: SeriesStyle, name: str | None) -> None:
    closed = np.vstack([points, points[:1]])
    axes.fill(closed[:, 0], closed[:, 1], color=style.colour, alpha=0.08, linewidth=0, zorder=2)
    axes.plot(
        closed[:, 0], closed[:, 1], color=style.colour, linestyle=style.line, linewidth=1.5, marker=style.marker, markersize=4, label=name
    )


def _check_complete(keys: list[object], found: Mapping[object, set[object]], axis: str) -> None:
    if not 3 <= len(keys) <= _MOST_AXES or len(found) > _MOST_GROUPS:
        raise PresentationError(
            f"a radar chart of {len(keys)} axes and {len(found)} groups cannot be read",
            remedy=f"pass 3 to {_MOST_AXES} axes and up to {_MOST_GROUPS} groups",
        )
    for group, own in found.items():
        missing = [key for key in keys if key not in own]
        if missing:
            raise PresentationError(
                f"the radar chart has no value for {axis} {missing[0]}", where=str(group), remedy="give each group all axes"
            )


def _check_range(keys: pd.Series, values: pd.Series, full: float) -> None:
    outside = ~values.between(0, full)
    if outside.any():
        raise PresentationError(
            f"the radar chart goes from 0 to {full:g}, and got {values[outside].iloc[0]:g}",
            where=f"{keys.name} {keys[outside].iloc[0]}",
            remedy="scale the values, or set full= to the largest",
        )
