"""Parts of a total over time: Theil between and within regions, for example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.axes import number_axis, powers_into_labels, year_axis
from toolkit.present.figures.canvas import caption, legend_above, settle
from toolkit.present.figures.inputs import check_once, complete_rows, name_of
from toolkit.present.figures.series import series_style, smallest_step
from toolkit.present.listed import listed
from toolkit.present.naming import Labels, names_for
from toolkit.present.style import HATCHES, INK, Width, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
