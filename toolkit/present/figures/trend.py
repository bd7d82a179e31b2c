"""Lines over time with their names at the right end instead of in a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.numerics import Floats
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, draw_references, legend_above, log_axis, number_axis, on_sheet, year_axis
from toolkit.present.figures.inputs import (
    References,
    SeriesStyle,
    check_once,
    checked_references,
    complete_rows,
    draw_series,
    groups_of,
    require_choice,
    require_values,
    series_style,
    smallest_step,
)
from toolkit.present.figures.scatter import push_apart, steady
from toolkit.present.style import MUTED, Width, text_colour
from toolkit.present.words.naming import Labels, Notes, Texts, listed, pairs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation

Scale = Literal["linear", "log"]
_LABEL_SIZE = 7.0
_LABEL_GAP = 8.6  # points from one label to the next
_GREY = SeriesStyle("#BDBDBD", "o", "-")


@dataclass(frozen=True)
class Line:
    """One line and its name: ``x``, ``y`` (n,) without missing values, sorted by x; whether it stands out."""

    key: object
    x: Floats
    y: Floats
    style: SeriesStyle
    prominent: bool


def trend_lines(
    frame: pd.DataFrame,
    x: str,
    y: str,
    group: str | None = None,
    *,
    highlight: Sequence[object] = (),
    references: References = (),
    breaks: Sequence[tuple[int, str | Text]] = (),
    scale: Scale = "linear",
    y_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
    height: float | None = None,
) -> FigureExhibit:
    """One line per group over time, named at its right end; years without data are left open.

    Parameters
    ----------
    frame : one row per group and time.
    x, y : columns of time and value.
    group : column that tells the lines apart (province, region, a column of variable ids, ...); one line if omitted.
    highlight : groups that are drawn in colour before all others in grey; without it every line has its colour.
    references : (value, text) of horizontal lines.
    breaks : (first year of the new definition, text); the step into that year is shaded and explained in the notes.
    scale : of the vertical axis.
    y_label : replaces label and unit of ``y`` from the registry.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of the lines.
    height : inches; by default enough for the names.

    Raises
    ------
    MissingColumn, PresentationError, UnknownOption

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2020, 2021] * 2, "region4": ["East"] * 2 + ["West"] * 2, "rd": [2.6, 2.8, 1.5, 1.6]})
    >>> trend_lines(frame, "year", "rd", "region4").draw("en").data.shape
    (4, 3)
    """
    rows = _rows_in_order(frame=frame, x=x, y=y, group=group, scale=scale)
    groups = {key: (part[x].to_numpy(), part[y].to_numpy()) for key, part in groups_of(rows, group, y).items()}
    if listed(highlight):
        require_values(listed(highlight), groups, group or y, "the trend figure")
    lines = _lines(groups, listed(highlight))
    named = [line for line in lines if line.prominent]
    step = smallest_step(rows[x].to_numpy())
    room = _LABEL_GAP / 72 * len(named) * 1.08 + 1.2  # inches in which the names at the right find their places
    compared, breaks = checked_references(references), pairs(breaks)

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(height or max(3.2 if width == "two" else 2.6, min(room, 6.5)))
        axes = figure.add_subplot()
        _draw(axes, lines, len(named), step)
        draw_references(axes, compared, "y", sheet)
        _shade(axes, breaks)
        axes.set_ylabel(sheet.axis(y, y_label))
        _scaled(axes, scale)
        legend_above(axes)
        texts = [_right_of(axes, sheet.name(line.key), text_colour(line.style.colour)) for line in named] if group else []
        drawing = sheet.finish(figure, rows, _explained(breaks, sheet))
        if texts:
            _push_names_apart(axes, named, texts)
        return drawing

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _rows_in_order(frame: pd.DataFrame, x: str, y: str, group: str | None, scale: Scale) -> pd.DataFrame:
    """The complete rows by group and time, each group once at a time, and positive where the axis is in logs."""
    require_choice(scale, ("linear", "log"), "scale")
    rows = complete_rows(frame, [x, y], [group], "the trend figure")
    check_once(rows, [group, x], "the trend figure")
    if scale == "log" and (rows[y] <= 0).any():
        bad = rows.loc[rows[y] <= 0].iloc[0]
        raise PresentationError(
            f"a log axis cannot show {y} = {bad[y]:g}",
            where=", ".join(f"{c} {bad[c]}" for c in (group, x) if c),
            remedy="use scale='linear'",
        )
    return rows.sort_values([group, x] if group else [x], kind="stable", ignore_index=True)


def _draw(axes: Axes, lines: Sequence[Line], prominent: int, step: float) -> None:
    """The lines; the more stand out, the thinner they are, and without markers."""
    for line in lines:
        thick, marked = (1.6 if prominent <= 12 else 1.1, prominent <= 6) if line.prominent else (0.8, False)
        draw_series(axes, line.x, line.y, line.style, step=step, weight=thick, markers=marked)


def _scaled(axes: Axes, scale: Scale) -> None:
    year_axis(axes.xaxis)
    if scale == "log":
        axes.set_yscale("log")
        log_axis(axes.yaxis)
    else:
        number_axis(axes.yaxis)
    axes.grid(axis="y")


def _lines(groups: Mapping[object, tuple[Floats, Floats]], highlight: Sequence[object]) -> list[Line]:
    """The lines in the order in which they are drawn: those in grey, then those that stand out (all, without ``highlight``)."""
    order = list(highlight or groups)
    background = [Line(key, *points, style=_GREY, prominent=False) for key, points in groups.items() if key not in order]
    return background + [Line(key, *groups[key], style=series_style(place), prominent=True) for place, key in enumerate(order)]


def _shade(axes: Axes, breaks: Sequence[tuple[int, str | Text]]) -> None:
    for letter, (year, _) in zip(ascii_lowercase, breaks, strict=False):
        axes.axvspan(year - 1, year, color="#EFEBE0", zorder=0)
        axes.text(year - 0.5, 0.985, letter, transform=axes.get_xaxis_transform(), ha="center", va="top", fontsize=7, color=MUTED)


def _explained(breaks: Sequence[tuple[int, str | Text]], sheet: Sheet) -> str:
    """What the shades are."""
    if not breaks:
        return ""
    each = [f"({letter}) {year}: {sheet.say(text)}" for letter, (year, text) in zip(ascii_lowercase, breaks, strict=False)]
    return sheet.say(Text("Shaded: breaks in the series. ", "阴影：数据口径变动。")) + sheet.say(Text("; ", "；")).join(each)


def _right_of(axes: Axes, name: str, colour: str) -> Annotation:
    """A name beside the plot, half way up, so that the layout leaves room for it."""
    return axes.annotate(
        name,
        (1.0, 0.5),
        xycoords="axes fraction",
        xytext=(3, 0),
        textcoords="offset points",
        fontsize=_LABEL_SIZE,
        va="center",
        color=colour,
        annotation_clip=False,
    )


def _push_names_apart(axes: Axes, lines: Sequence[Line], texts: Sequence[Annotation]) -> None:
    """Move each name beside the last point of its line, or as near as its neighbours let it, with a thin line between the two."""
    frame, dpi = axes.get_window_extent(), axes.figure.dpi
    ends = np.array([[line.x[-1], line.y[-1]] for line in lines])
    pixels = steady(axes.transData.transform(ends))[:, 1]
    places = push_apart(pixels, gap=_LABEL_GAP * dpi / 72, low=frame.y0, high=frame.y1)
    for text, line, end, place in zip(texts, lines, ends, places, strict=True):
        text.xy = (1.0, float((place - frame.y0) / frame.height))
        axes.annotate(
            "",
            text.xy,
            xycoords="axes fraction",
            xytext=(float(end[0]), float(end[1])),
            textcoords="data",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": line.style.colour, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0)},
        )
