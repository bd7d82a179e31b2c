"""Forest plot: estimates with intervals or ranges, one row each, in panels that do not share a scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import (
    Sheet,
    draw_references,
    legend_above,
    longest_line,
    number_axis,
    on_sheet,
    reference_line,
    row_axis,
    row_height,
)
from toolkit.present.figures.inputs import (
    References,
    SeriesStyle,
    as_numbers,
    check_once,
    checked_references,
    groups_of,
    require_columns,
    series_style,
)
from toolkit.present.style import INK, MUTED, Width
from toolkit.present.words import formats
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NUMBERS = ("estimate", "low", "high")
_WITH_INTERVAL = Text("Filled point and bar: estimate and interval.", "实心点与细线为估计值与区间。")
_ALONE = Text("Open point: estimate without an interval.", "空心点为无区间的估计值。")
_RANGE = Text("Wide bar: a range without a point.", "宽条为无点估计的范围。")
_BEYOND = Text("Arrow: the interval goes on beyond the figure.", "箭头：区间超出图示范围。")
_SIZE = 7.5  # points, row names
_ROW = 0.17  # inches
_AXIS = 0.36  # inches, ticks below each panel
_GAP = 0.1  # inches between panels that share a scale
_MOST_ROWS = 70


def forest_plot(
    frame: pd.DataFrame,
    row: str,
    *,
    panel: str | None = None,
    group: str | None = None,
    neutral: float | Mapping[str, float] = 0.0,
    references: References = (),
    limits: tuple[float, float] | None = None,
    digits: int = 2,
    x_label: str | Text = "",
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """One row per estimate: a point with its interval, a point alone, or a range alone; the numbers stand at the right edge.

    Parameters
    ----------
    frame : columns ``row``, ``estimate``, ``low`` and ``high``; one row per estimate, drawn in this order. Each needs an estimate, both
        ends, or all three; missing otherwise.
    row : column of row names.
    panel : column of the panels, in order of first appearance; each has an axis of its own, because kinds of estimate do not compare.
    group : column that gives a row its colour and marker.
    neutral : where a thin line stands for no effect, for all panels or by panel (default 0).
    references : (value, text) of values to compare with, drawn in the first panel, or in all with ``limits``.
    limits : the scale of all panels, when their rows do compare; an interval that goes on beyond it ends in an arrow, and the numbers at
        the right edge have its ends.
    digits : decimals of the numbers at the right edge.
    x_label : below the last panel.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of rows, panels and groups.

    Raises
    ------
    MissingColumn
    PresentationError
        for a row without estimate and range, with one end only, with ends that do not enclose the estimate, for an infinite number
        (an end may be infinite with ``limits``), a repeated row, no rows, more than 70, or limits that are not in order.

    Examples
    --------
    >>> frame = pd.DataFrame({"study": ["a", "b"], "estimate": [0.2, None], "low": [0.1, 0.5], "high": [0.3, 0.6]})
    >>> forest_plot(frame, "study").draw("en").data["study"].tolist()
    ['a', 'b']
    """
    rows = _checked(frame, row, panel, group, endless=limits is not None)
    if limits is not None and not limits[0] < limits[1]:
        raise PresentationError(f"limits={limits} are not in order", remedy="the smaller one first, such as (-0.2, 0.8)")
    panels = groups_of(rows, panel, "")
    kinds = {kind: series_style(position) for position, kind in enumerate(groups_of(rows, group, ""))}
    compared = checked_references(references)

    def paint(sheet: Sheet) -> Drawing:
        words = {key: sheet.row_names(part[row], 0.42, _SIZE) for key, part in panels.items()}
        head = 0 if panel is None else 1  # rows above the first that the name of the panel takes
        heights = [row_height(words[key], _SIZE, _ROW) * (len(part) + head) for key, part in panels.items()]
        figure = sheet.figure(sum(heights) + (_AXIS * len(panels) if limits is None else _AXIS + _GAP * (len(panels) - 1)) + 0.2)
        grid = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (key, part) in zip(grid, panels.items(), strict=True):
            line = neutral.get(str(key), 0.0) if isinstance(neutral, Mapping) else neutral
            reference_line(axes, line, "x", colour=MUTED, style="-")
            styles = [kinds[kind] for kind in (part[group] if group else [""] * len(part))]
            _marks(axes=axes, part=part, styles=styles, digits=digits, limits=limits)
            _frame(axes, words[key], sheet.name(key) if panel is not None else "")
        for axes in grid if limits is not None else grid[:1]:
            draw_references(axes, compared, "x", sheet)
        if limits is not None:
            for axes in grid:
                axes.set_xlim(*limits)
                axes.tick_params(labelbottom=axes is grid[-1])
        if group is not None:
            _keys(grid[0], {sheet.name(kind): style for kind, style in kinds.items()})
        grid[-1].set_xlabel(sheet.say(x_label))
        legend_above(grid[0], left=longest_line([text for found in words.values() for text in found], _SIZE) + 0.2)
        return sheet.finish(figure, rows, sheet.sentences(_kinds_of_marks(rows, limits)))

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _checked(frame: pd.DataFrame, row: str, panel: str | None, group: str | None, *, endless: bool) -> pd.DataFrame:
    keys = [key for key in (panel, row, group) if key is not None]
    require_columns(frame, [*keys, *_NUMBERS], "the forest plot")
    rows = frame[list(dict.fromkeys([*keys, *_NUMBERS]))].reset_index(drop=True)
    for column in _NUMBERS:
        rows[column] = as_numbers(rows[column], "the forest plot")
    if not 0 < len(rows) <= _MOST_ROWS:
        raise PresentationError(f"the forest plot has {len(rows)} rows", remedy=f"pass between 1 and {_MOST_ROWS}")
    check_once(rows, [panel, row], "the forest plot")
    value, low, high = (rows[column] for column in _NUMBERS)
    refused = {
        "an infinite number": np.isinf(rows[["estimate"] if endless else list(_NUMBERS)]).any(axis=1),
        "neither an estimate nor a range": value.isna() & low.isna(),
        "one end of its interval only": low.isna() != high.isna(),
        "an interval that does not enclose its estimate": (low > high) | (value < low) | (value > high),
    }
    for what, found in refused.items():
        if np.any(found):
            raise PresentationError(
                f"the forest plot cannot draw a row with {what}",
                where=f"{row} {rows[row].to_numpy()[np.asarray(found)][0]}",
                remedy="give an estimate, or low and high around it; leave missing what is not known",
            )
    return rows


def _kinds_of_marks(rows: pd.DataFrame, limits: tuple[float, float] | None) -> list[Text]:
    point, span = rows["estimate"].notna(), rows["low"].notna()
    left, right = limits or (-np.inf, np.inf)
    beyond = (rows["low"] < left) | (rows["high"] > right)
    said = ((_WITH_INTERVAL, point & span), (_ALONE, point & ~span), (_RANGE, ~point & span), (_BEYOND, beyond))
    return [text for text, found in said if found.any()]


def _marks(axes: Axes, part: pd.DataFrame, styles: Sequence[SeriesStyle], digits: int, limits: tuple[float, float] | None) -> None:
    numbers = part[list(_NUMBERS)].to_numpy(dtype="float64")
    left, right = limits or (-np.inf, np.inf)
    for place, ((value, low, high), style) in enumerate(zip(numbers, styles, strict=True)):
        alone, no_point = np.isnan(low), np.isnan(value)
        if not alone:
            ends = max(low, left), min(high, right)
            axes.hlines(place, *ends, color=style.colour, linewidth=4.5 if no_point else 1.1, alpha=0.55 if no_point else 1.0)
            for end, beyond, arrow in ((left, low < left, "<"), (right, high > right, ">")):
                if beyond:
                    axes.plot(end, place, marker=arrow, color=style.colour, markersize=4.0, clip_on=False)
        if not no_point and left <= value <= right:
            inside = "white" if alone else style.colour
            axes.plot(value, place, marker=style.marker, color=style.colour, markersize=4.8, markerfacecolor=inside)
        text = " ".join(([] if no_point else [formats.fixed(value, digits)]) + ([] if alone else [formats.interval(low, high, digits)]))
        axes.text(
            1.01 if limits is None else 1.025,
            place,
            text,
            transform=axes.get_yaxis_transform(),
            fontsize=_SIZE - 0.5,
            color=INK,
            va="center",
        )


def _frame(axes: Axes, labels: Sequence[str], head: str) -> None:
    """Rows from the top; the name of the panel stands in a row of its own above them."""
    row_axis(axes, labels, size=_SIZE, head=1.0 if head else 0.0)
    axes.margins(x=0.06)
    number_axis(axes.xaxis)
    axes.grid(axis="x")
    if head:
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}
        axes.text(0.012, -1.0, head, transform=axes.get_yaxis_transform(), fontsize=_SIZE + 0.5, color=INK, va="center", bbox=ground)


def _keys(axes: Axes, kinds: Mapping[str, SeriesStyle]) -> None:
    """Entries of the legend, also for kinds that occur in other panels only."""
    for name, style in kinds.items():
        axes.plot([], [], linestyle="-", linewidth=1.1, marker=style.marker, markersize=4.8, color=style.colour, label=name)
