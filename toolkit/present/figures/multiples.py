"""Small multiples: the same lines in many panels, for 31 provinces or for several variables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, longest_line, number_axis, on_sheet, reference_line, wrap, year_axis
from toolkit.present.figures.inputs import (
    check_once,
    complete_rows,
    draw_series,
    groups_of,
    require_choice,
    require_few,
    series_style,
    smallest_step,
    with_gaps,
)
from toolkit.present.style import MUTED, Width
from toolkit.present.words.naming import Labels, Notes, Texts, listed

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Vertical = Literal["shared", "free"]
_MOST_PANELS, _MOST_LINES = 60, 6
_HANDLE = 0.6  # inches of the line beside a name in the legend
_OWN_SCALE = Text("Each panel has its own vertical scale.", "各分图纵轴刻度不同。")


def small_multiples(
    frame: pd.DataFrame,
    x: str,
    y: str,
    panel: str,
    *,
    group: str | None = None,
    band: tuple[str, str] | None = None,
    vertical: Vertical = "shared",
    columns: int | None = None,
    breaks: Sequence[int] | Mapping[str, Sequence[int]] = (),
    y_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """One panel per value of ``panel``, one line per value of ``group`` in it; years without data are left open.

    Zero is drawn where a panel has values on both sides of it (growth rates, differences).

    Parameters
    ----------
    frame : one row per panel, group and time.
    x, y : columns of time and value.
    panel : column of the panels, in order of first appearance.
    group : column of the lines, at most six.
    band : columns of the lower and the upper end of a shade around each line, an interval for example; rows need both.
    vertical : one scale for all panels, or one for each (then noted).
    columns : panels side by side.
    breaks : years in which a definition changes, for all panels or by panel; the step into each is shaded.
    y_label : replaces label and unit from the registry.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of panels and groups.

    Raises
    ------
    MissingColumn, UnknownOption
    PresentationError
        if there are more than 60 panels or six groups, a row is repeated, or a band is upside down.

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2020, 2021] * 2, "variable": ["gdp"] * 2 + ["rd"] * 2, "growth": [2.0, 8.0, 10.0, 14.0]})
    >>> small_multiples(frame, "year", "growth", "variable").draw("en").data.shape
    (4, 3)
    """
    require_choice(vertical, ("shared", "free"), "vertical")
    rows = complete_rows(frame, [x, y, *(band or ())], [panel, group], "the panels")
    _check_band(rows, [panel, group, x], band)
    check_once(rows, [panel, group, x], "the panels")
    panels, lines = groups_of(rows, panel, None), list(groups_of(rows, group, None))
    require_few(len(panels), _MOST_PANELS, "panels", panel)
    require_few(len(lines), _MOST_LINES, "lines in a panel", group)
    across = columns or _columns(len(panels), width)
    down = math.ceil(len(panels) / across)
    step = smallest_step(rows[x].to_numpy())
    reach = pd.concat([rows[column] for column in (y, *(band or ()))])

    def paint(sheet: Sheet) -> Drawing:
        called = {line: sheet.name(line) for line in lines} if group else {}
        # inches of a panel: what the legend at the right leaves
        size = (sheet.inches - (longest_line(called.values(), 8.0) + _HANDLE if called else 0.0)) / across
        figure = sheet.figure(min(8.6, 0.45 + down * max(0.95, size * 0.72)))
        grid = figure.subplots(down, across, squeeze=False)
        for place, (axes, (key, part)) in enumerate(zip(grid.flat, panels.items(), strict=False)):
            for line, series in groups_of(part.sort_values(x), group, None).items():
                style = series_style(lines.index(line))
                points = series[x].to_numpy(), series[y].to_numpy()
                draw_series(axes, *points, style, step=step, label=called.get(line), weight=1.1, markers=False)
                if band:
                    low, high = (with_gaps(points[0], series[end].to_numpy(), step) for end in band)
                    axes.fill_between(low[0], low[1], high[1], color=style.colour, alpha=0.18, linewidth=0)
            axes.set_title(wrap(sheet.name(key), size * 0.86, 8.0), fontsize=8, pad=3)
            axes.set_xlim(*_limits(rows[x]))
            if vertical == "shared":
                axes.set_ylim(*_limits(reach))
                axes.tick_params(labelleft=place % across == 0)
            axes.tick_params(labelbottom=place + across >= len(panels))  # no panel below it
            _dress(axes, breaks.get(str(key), ()) if isinstance(breaks, Mapping) else breaks)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        figure.supylabel(sheet.axis(y, y_label), fontsize=8.5)
        if group is not None:
            handles = dict(zip(*reversed(_handles(grid.flat)), strict=True))
            figure.legend(handles.values(), handles.keys(), loc="outside right center", handlelength=2.6)
        return sheet.finish(figure, rows, sheet.say(_OWN_SCALE) if vertical == "free" else "")

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _check_band(rows: pd.DataFrame, keys: Sequence[str | None], band: tuple[str, str] | None) -> None:
    crossed = rows[rows[band[0]] > rows[band[1]]] if band else rows[:0]
    if band and len(crossed):
        where = ", ".join(f"{key} {crossed.iloc[0][key]}" for key in keys if key is not None)
        raise PresentationError(f"the band has a lower end {band[0]} above its upper end {band[1]}", where=where, remedy="swap the columns")


def _columns(panels: int, width: Width) -> int:
    """Panels side by side that leave each about 25 mm wide."""
    if width == "one":
        return min(panels, 2 if panels <= 8 else 3)
    return min(panels, 3 if panels <= 9 else 4 if panels <= 12 else 6 if panels <= 24 else 7)


def _dress(axes: Axes, breaks: Sequence[int]) -> None:
    low, high = axes.get_ylim()
    if low < 0 < high:
        reference_line(axes, 0.0, "y", colour=MUTED, style="-")
    for year in listed(breaks):
        axes.axvspan(year - 1, year, color="#EFEBE0", zorder=0)
    year_axis(axes.xaxis, most=3)
    number_axis(axes.yaxis, most=4)
    axes.tick_params(labelsize=6.5)
    axes.grid(axis="y")


def _limits(values: pd.Series) -> tuple[float, float]:
    """One scale for all panels. Axes that matplotlib shares among 31 panels take seconds to lay out; equal limits do not."""
    low, high = float(values.min()), float(values.max())
    room = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    return low - room, high + room


def _handles(grid: Iterable[Axes]) -> tuple[list[Artist], list[str]]:
    """Handles and names of the lines of all panels."""
    pairs = [axes.get_legend_handles_labels() for axes in grid]
    return [handle for handles, _ in pairs for handle in handles], [name for _, names in pairs for name in names]
