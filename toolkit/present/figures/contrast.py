"""Contrast plot: rows with the same estimates side by side, beside a value and a range to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from toolkit.present.style import FAINT, MUTED, Width
from toolkit.present.words import formats
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NUMBERS = ("estimate", "low", "high")
_INTERVALS = Text("Point and bar: estimate and interval.", "点与线为估计值与区间。")
_SIZE = 8.0  # points, row names
_MARK = 0.155  # inches that one mark takes in its row
_MOST_ROWS, _MOST_GROUPS = 20, 4


def contrast_plot(
    frame: pd.DataFrame,
    row: str,
    group: str,
    *,
    references: References = (),
    band: tuple[float, float, str | Text] | None = None,
    digits: int = 2,
    x_label: str | Text = "",
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """One row per thing, its estimates one below the other in the colours of their groups, on one axis; the numbers stand at the right.

    Parameters
    ----------
    frame : columns ``row``, ``group``, ``estimate``, ``low`` and ``high``, all numbers; rows and groups in order of first appearance.
    row, group : columns of the rows and of the estimates that stand side by side.
    references : (value, text) of values to compare with.
    band : (low, high, text) of a range to compare with, shaded.
    digits : decimals of the numbers at the right edge.
    x_label : below the axis.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of rows and groups.

    Raises
    ------
    MissingColumn
    PresentationError
        for no rows, more than 20, more than 4 groups, a repeated pair of row and group, or an interval that does not enclose its estimate.

    Examples
    --------
    >>> frame = pd.DataFrame({"panel": ["a", "a"], "model": ["x", "y"], "estimate": [0.4, 0.1], "low": [0.3, 0.0], "high": [0.5, 0.2]})
    >>> contrast_plot(frame, "panel", "model", references=(0.38, "paper")).draw("en").data["model"].tolist()
    ['x', 'y']
    """
    marks = _checked(frame, row, group)
    rows, kinds = list(groups_of(marks, row, "")), list(groups_of(marks, group, ""))
    styles = {kind: series_style(position) for position, kind in enumerate(kinds)}
    compared = checked_references(references)

    def paint(sheet: Sheet) -> Drawing:
        words = sheet.row_names(rows, 0.31, _SIZE)
        figure = sheet.figure(0.6 + len(rows) * row_height(words, _SIZE, _MARK * len(kinds) + 0.09))
        axes = figure.add_subplot()
        if band is not None:
            axes.axvspan(band[0], band[1], color=FAINT, alpha=0.45, linewidth=0, label=sheet.say(band[2]), zorder=0.5)
        reference_line(axes, 0.0, "x", colour=MUTED, style="-")
        draw_references(axes, compared, "x", sheet)
        row_axis(axes, words, size=_SIZE)
        for position, kind in enumerate(kinds):
            shift = (position - (len(kinds) - 1) / 2) * 0.74 / len(kinds)
            part = marks[marks[group] == kind]
            places = [rows.index(name) + shift for name in part[row]]
            _marks(axes=axes, part=part, places=places, style=styles[kind], name=sheet.name(kind), digits=digits)
        for line in range(1, len(rows)):
            axes.axhline(line - 0.5, color=FAINT, linewidth=0.5, zorder=0.4)
        axes.set_xlabel(sheet.say(x_label))
        number_axis(axes.xaxis)
        axes.grid(axis="x")
        legend_above(axes, left=longest_line(words, _SIZE) + 0.2)
        return sheet.finish(figure, marks, sheet.say(_INTERVALS))

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _checked(frame: pd.DataFrame, row: str, group: str) -> pd.DataFrame:
    require_columns(frame, [row, group, *_NUMBERS], "the contrast plot")
    marks = frame[[row, group, *_NUMBERS]].reset_index(drop=True)
    for column in _NUMBERS:
        marks[column] = as_numbers(marks[column], "the contrast plot")
    count, kinds = marks[row].nunique(), marks[group].nunique()
    if not 0 < count <= _MOST_ROWS or kinds > _MOST_GROUPS:
        raise PresentationError(
            f"the contrast plot has {count} rows and {kinds} groups",
            remedy=f"pass 1 to {_MOST_ROWS} rows and at most {_MOST_GROUPS} groups",
        )
    check_once(marks, [row, group], "the contrast plot")
    bad = ~((marks["low"] <= marks["estimate"]) & (marks["estimate"] <= marks["high"]))
    if bad.any():
        raise PresentationError(
            "the contrast plot cannot draw an interval that does not enclose its estimate",
            where=f"{row} {marks.loc[bad, row].iloc[0]}, {group} {marks.loc[bad, group].iloc[0]}",
            remedy="give finite numbers with low <= estimate <= high",
        )
    return marks


def _marks(axes: Axes, part: pd.DataFrame, places: list[float], style: SeriesStyle, name: str, digits: int) -> None:
    axes.hlines(places, part["low"], part["high"], color=style.colour, linewidth=1.2)
    axes.plot(part["estimate"], places, linestyle="", marker=style.marker, color=style.colour, markersize=4.8, label=name)
    for place, (value, low, high) in zip(places, part[list(_NUMBERS)].to_numpy(dtype="float64"), strict=True):
        text = f"{formats.fixed(value, digits)} {formats.interval(low, high, digits)}"
        axes.text(1.01, place, text, transform=axes.get_yaxis_transform(), fontsize=6.5, color=style.colour, va="center")
