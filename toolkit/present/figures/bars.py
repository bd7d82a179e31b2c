"""Shares and parts as bars."""

from __future__ import annotations

from collections.abc import Sequence
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
    row_axis,
    row_height,
    text_width,
    year_axis,
)
from toolkit.present.figures.inputs import (
    References,
    check_once,
    checked_references,
    complete_rows,
    groups_of,
    series_style,
    smallest_step,
)
from toolkit.present.style import FAINT, HATCHES, INK, PALETTE, Width
from toolkit.present.words import formats
from toolkit.present.words.naming import Labels, Notes, Texts, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SHARE = Text("Share of the total (%)", "占总量比重（%）")
_ROW = 0.27


def share_bars(
    frame: pd.DataFrame,
    indicator: str,
    share: str,
    *,
    reading: str | None = None,
    references: References = (),
    x_label: str | Text = _SHARE,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """One row per indicator: a bar with its value, or with several readings of the claim one mark per reading on a common line.

    Parameters
    ----------
    frame : one row per indicator (and reading), in the order in which they are to stand from top to bottom.
    indicator : column of variable ids or names.
    share : column in per cent.
    reading : column that tells apart the readings of one claim (which provinces count as the centres, for example).
    references : (value, text) of the claimed share, for example (66.7, Text("claim: two thirds", "论文：三分之二")).
    x_label : below the shares.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of indicators and readings.

    Raises
    ------
    MissingColumn
    PresentationError
        if an indicator (and reading) occurs twice, or a share is text.

    Examples
    --------
    >>> frame = pd.DataFrame({"indicator": ["rd", "patents"], "share": [61.0, 70.5]})
    >>> share_bars(frame, "indicator", "share", references=(66.7, "claim")).draw("en").data["share"].tolist()
    [61.0, 70.5]
    """
    rows = complete_rows(frame, [share], [indicator, reading], "the share figure")
    check_once(rows, [indicator, reading], "the share figure")
    order = list(dict.fromkeys(rows[indicator]))
    readings = groups_of(rows, reading, None)
    compared = checked_references(references)
    # zero and everything that is drawn lie on the axis
    ends = [0.0, *rows[share], *(value for value, _ in compared)]

    def paint(sheet: Sheet) -> Drawing:
        shown = sheet.row_names(order, 0.36, 8.0)
        figure = sheet.figure(0.62 + len(order) * row_height(shown, 8.0, _ROW))
        axes = figure.add_subplot()
        if reading is None:
            _bars(axes, rows[share].to_numpy(), low=min(ends), high=max(ends), inches=sheet.inches)
        else:
            _spans(axes, [part[share] for part in groups_of(rows, indicator, None).values()], min(ends), max(ends))
            for position, (key, part) in enumerate(readings.items()):
                style = series_style(position)
                places = [order.index(value) for value in part[indicator]]
                axes.plot(
                    part[share],
                    places,
                    style.marker,
                    color=style.colour,
                    markersize=6.5,
                    markeredgecolor="white",
                    label=sheet.name(key),
                    zorder=3,
                )
        draw_references(axes, compared, "x", sheet)
        row_axis(axes, shown)
        number_axis(axes.xaxis)
        axes.grid(axis="x")
        axes.set_xlabel(sheet.say(x_label))
        legend_above(axes, left=longest_line(shown, 8.0) + 0.2)
        return sheet.finish(figure, rows)

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _bars(axes: Axes, shares: np.ndarray, *, low: float, high: float, inches: float) -> None:
    """Bars from zero, each with its number at the end, on an axis from ``low`` to ``high`` and with room for the numbers."""
    axes.barh(np.arange(len(shares)), shares, height=0.62, color=PALETTE[0], alpha=0.88, zorder=1)
    for place, value in enumerate(shares):
        axes.annotate(
            formats.fixed(value, 1),
            (value, place),
            xytext=(3 if value >= 0 else -3, 0),
            textcoords="offset points",
            ha="left" if value >= 0 else "right",
            va="center",
            fontsize=7.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.85},
            zorder=4,
        )
    # inches of the widest number, in units of an axis that takes 45 % of the figure (the rest are names of rows)
    room = ((high - low) or 1.0) * text_width("−100.0", 7.5) / (inches * 0.45)
    axes.set_xlim(low - room * (shares.min() < 0), high + room)
    axes.axvline(0, color="#555555", linewidth=0.7)


def _spans(axes: Axes, shares: Sequence[pd.Series], low: float, high: float) -> None:
    """The thin line from the lowest to the highest reading of each indicator, on an axis from ``low`` to ``high``."""
    for place, values in enumerate(shares):
        axes.hlines(place, values.min(), values.max(), color=FAINT, linewidth=2.0, zorder=1)
    room = 0.05 * ((high - low) or 1.0)
    axes.set_xlim(low - room * (low < 0), high + room)


_FILLS = (0, 3, 2, 5, 1, 4)  # positions in the palette: neighbours in a stack differ most in lightness
# How far parts and total may differ before the picture contradicts itself; wide enough for published figures that were rounded.
ROUNDING = 0.01


def stacked_decomposition(
    frame: pd.DataFrame,
    x: str,
    parts: Sequence[str],
    *,
    total: str | None = None,
    y_label: str | Text = "",
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
    height: float = 3.4,
) -> FigureExhibit:
    """Stacked bars of the parts per period, negative ones below zero, with the total as a line.

    Parameters
    ----------
    frame : one row per period.
    x : column of periods.
    parts : columns that add up to the total.
    total : column of the total; without it the sum of the parts is drawn.
    y_label : beside the vertical axis.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of the parts and of the total.
    height : inches.

    Raises
    ------
    MissingColumn
    PresentationError
        if a period occurs twice, or the parts do not add up to the total within one per cent.

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2019, 2020], "between": [0.10, 0.12], "within": [0.20, 0.20]})
    >>> stacked_decomposition(frame, "year", ["between", "within"]).draw("en").data["total"].round(2).tolist()
    [0.3, 0.32]
    """
    if not parts:
        raise PresentationError("the decomposition has no parts", remedy="name the columns that add up to the total")
    parts = listed(parts)
    numeric = [x, *parts, *([total] if total else [])]
    rows = complete_rows(frame, numeric, [], "the decomposition").sort_values(x, ignore_index=True)
    check_once(rows, [x], "the decomposition")
    sums = rows[list(parts)].sum(axis=1)
    if total is not None:
        _check_sum(rows, x, total, sums)
    column = total or "total"
    data = rows.assign(**{column: rows[total] if total else sums})

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(height)
        axes = figure.add_subplot()
        _stack(axes, data[x].to_numpy(), [(sheet.name(part), data[part].to_numpy()) for part in parts])
        axes.plot(data[x], data[column], "o-", color=INK, linewidth=1.1, markerfacecolor="white", label=sheet.name(column))
        axes.axhline(0, color="#555555", linewidth=0.7)
        year_axis(axes.xaxis)
        number_axis(axes.yaxis)
        axes.grid(axis="y")
        axes.set_ylabel(sheet.say(y_label))
        legend_above(axes)
        return sheet.finish(figure, data)

    called = {"total": Text("Total", "总计"), **(names or {})}
    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=called, labels=labels)


def _check_sum(rows: pd.DataFrame, x: str, total: str, sums: pd.Series) -> None:
    totals, added = rows[total].to_numpy(), sums.to_numpy()
    worst = int(np.argmax(np.abs(added - totals)))
    if abs(added[worst] - totals[worst]) > ROUNDING * np.abs(totals).max():
        raise PresentationError(
            f"the parts add up to {added[worst]:.6g}, but {total} is {totals[worst]:.6g}",
            where=f"{x} {rows[x].iloc[worst]:g}",
            remedy="name all parts, or leave total out",
        )


def _stack(axes: Axes, x: np.ndarray, parts: Sequence[tuple[str, np.ndarray]]) -> None:
    """Bars of the named parts on top of each other; positive parts grow upwards from zero, negative ones downwards."""
    step = smallest_step(x)
    wide = 0.66 * min(step, 1.0) if np.isfinite(step) else 0.66
    above, below = np.zeros(len(x)), np.zeros(len(x))
    for position, (name, values) in enumerate(parts):
        colour, hatch = series_style(_FILLS[position % len(_FILLS)]).colour, HATCHES[position % len(HATCHES)]
        bottom = np.where(values >= 0, above, below)
        axes.bar(x, values, width=wide, bottom=bottom, color=colour, hatch=hatch, edgecolor="white", linewidth=0.4, label=name)
        above, below = above + np.clip(values, 0, None), below + np.clip(values, None, 0)
