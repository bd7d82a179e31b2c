"""Shares and parts as bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import (
    caption,
    legend_above,
    longest_line,
    number_axis,
    powers_into_labels,
    reference_line,
    row_height,
    settle,
    text_width,
    wrap,
    year_axis,
)
from toolkit.present.figures.inputs import check_once, complete_rows, groups_of, name_of, series_style, smallest_step
from toolkit.present.style import CLAIM, FAINT, HATCHES, INK, PALETTE, WIDTHS, Width, new_figure, styled
from toolkit.present.words import formats
from toolkit.present.words.naming import Labels, listed, names_for

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
    reading_names: dict[str, str | Text] | None = None,
    reference: tuple[float, str | Text] | None = None,
    x_label: str | Text = _SHARE,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """One row per indicator: a bar with its value, or with several readings of the claim one mark per reading on a common line.

    Parameters
    ----------
    frame : one row per indicator (and reading), in the order in which they are to stand from top to bottom.
    indicator : column of variable ids or names.
    share : column in per cent.
    reading : column that tells apart the readings of one claim (which provinces count as the centres, for example).
    reading_names : reading -> text, where the column holds short ids.
    reference : (value, text) of the claimed share, for example (66.7, Text("claim: two thirds", "论文：三分之二")).
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    x_label, title, note : texts.
    width : journal columns.

    Raises
    ------
    MissingColumn
    PresentationError
        if an indicator (and reading) occurs twice, or a share is text.

    Examples
    --------
    >>> frame = pd.DataFrame({"indicator": ["rd", "patents"], "share": [61.0, 70.5]})
    >>> share_bars(frame, "indicator", "share", reference=(66.7, "claim")).draw("en").data["share"].tolist()
    [61.0, 70.5]
    """
    rows = complete_rows(frame, [share], [indicator, reading], "the share figure")
    check_once(rows, [indicator, reading], "the share figure")
    order = list(dict.fromkeys(rows[indicator]))
    readings = groups_of(rows, reading, None)
    known = names_for(labels, frame)

    def paint(language: Language) -> Drawing:
        heading, remark = text_in(title, language), text_in(note, language)
        with styled():
            names = [wrap(name_of(value, language, known), WIDTHS[width] * 0.36, 8.0) for value in order]
            figure = new_figure(width, 0.62 + len(order) * row_height(names, 8.0, _ROW))
            axes = figure.add_subplot()
            if reading is None:
                _bars(axes, rows[share].to_numpy(), reference[0] if reference else 0.0, WIDTHS[width])
            else:
                _spans(axes, rows, order, indicator, share, reference[0] if reference else 0.0)
                for position, (key, part) in enumerate(readings.items()):
                    style = series_style(position)
                    places = [order.index(value) for value in part[indicator]]
                    name = text_in((reading_names or {}).get(str(key), name_of(key, language, known)), language)
                    axes.plot(
                        part[share], places, style.marker, color=style.colour, markersize=6.5, markeredgecolor="white", label=name, zorder=3
                    )
            if reference is not None:
                reference_line(axes, reference[0], "x", colour=CLAIM, label=text_in(reference[1], language))
            axes.set_ylim(len(order) - 0.5, -0.5)
            axes.set_yticks(np.arange(len(order)), names)
            axes.tick_params(axis="y", length=0)
            number_axis(axes.xaxis)
            axes.grid(axis="x")
            axes.set_xlabel(text_in(x_label, language))
            legend_above(axes, left=longest_line(names, 8.0) + 0.2)
            caption(figure, heading, remark)
            settle(figure)
        return Drawing(figure, rows.copy(), heading, remark)

    return FigureExhibit(paint)


def _bars(axes: Axes, shares: np.ndarray, reference: float, inches: float) -> None:
    """Bars from zero, each with its number at the end, on an axis with room for the numbers and the reference."""
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
    low, high = min(0.0, float(shares.min()), reference), max(0.0, float(shares.max()), reference)
    room = ((high - low) or 1.0) * text_width("−100.0", 7.5) / (inches * 0.45)
    axes.set_xlim(low - room * (shares.min() < 0), high + room)
    axes.axvline(0, color="#555555", linewidth=0.7)


def _spans(axes: Axes, rows: pd.DataFrame, order: list[object], indicator: str, share: str, reference: float) -> None:
    """The thin line from the lowest to the highest reading of each indicator; the axis begins at zero."""
    for place, value in enumerate(order):
        values = rows.loc[rows[indicator] == value, share]
        axes.hlines(place, values.min(), values.max(), color=FAINT, linewidth=2.0, zorder=1)
    low, high = min(0.0, float(rows[share].min()), reference), max(0.0, float(rows[share].max()), reference)
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
    part_names: dict[str, str | Text] | None = None,
    y_label: str | Text = "",
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
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
    part_names : column -> text, for columns that hold short ids (also for the total).
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    y_label, title, note : texts.
    width, height : journal columns; inches.

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
    data = rows if total else rows.assign(total=sums)
    names = {"total": Text("Total", "总计"), **(part_names or {})}
    known = names_for(labels, frame)

    def paint(language: Language) -> Drawing:
        heading, remark = text_in(title, language), text_in(note, language)
        with styled():
            figure = new_figure(width, height)
            axes = figure.add_subplot()
            _stack(axes, data, x, parts, [text_in(names.get(part, name_of(part, language, known)), language) for part in parts])
            column = total or "total"
            axes.plot(
                data[x],
                data[column],
                "o-",
                color=INK,
                linewidth=1.1,
                markerfacecolor="white",
                label=text_in(names.get(column, name_of(column, language, known)), language),
            )
            axes.axhline(0, color="#555555", linewidth=0.7)
            year_axis(axes.xaxis)
            number_axis(axes.yaxis)
            axes.grid(axis="y")
            axes.set_ylabel(text_in(y_label, language))
            legend_above(axes)
            caption(figure, heading, remark)
            powers_into_labels(figure)
            settle(figure)
        return Drawing(figure, data.copy(), heading, remark)

    return FigureExhibit(paint)


def _check_sum(rows: pd.DataFrame, x: str, total: str, sums: pd.Series) -> None:
    totals, added = rows[total].to_numpy(), sums.to_numpy()
    worst = int(np.argmax(np.abs(added - totals)))
    if abs(added[worst] - totals[worst]) > ROUNDING * np.abs(totals).max():
        raise PresentationError(
            f"the parts add up to {added[worst]:.6g}, but {total} is {totals[worst]:.6g}",
            where=f"{x} {rows[x].iloc[worst]:g}",
            remedy="name all parts, or leave total out",
        )


def _stack(axes: Axes, data: pd.DataFrame, x: str, parts: Sequence[str], names: Sequence[str]) -> None:
    """Bars on top of each other; positive parts grow upwards from zero, negative ones downwards."""
    step = smallest_step(data[x].to_numpy())
    above, below = np.zeros(len(data)), np.zeros(len(data))
    for position, (part, name) in enumerate(zip(parts, names, strict=True)):
        style = series_style(_FILLS[position % len(_FILLS)])
        values = data[part].to_numpy()
        bottom = np.where(values >= 0, above, below)
        hatch = HATCHES[position % len(HATCHES)]
        width = 0.66 * min(step, 1.0) if np.isfinite(step) else 0.66
        axes.bar(data[x], values, width=width, bottom=bottom, color=style.colour, hatch=hatch, edgecolor="white", linewidth=0.4, label=name)
        above, below = above + np.clip(values, 0, None), below + np.clip(values, None, 0)
