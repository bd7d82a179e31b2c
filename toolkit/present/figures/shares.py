"""Shares of several indicators against one line that somebody claims: who holds how much of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.language import Language, Text, text_in
from toolkit.present import formats
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.axes import number_axis, reference_line
from toolkit.present.figures.canvas import caption, legend_above, longest_line, row_height, settle, text_width, wrap
from toolkit.present.figures.inputs import check_once, complete_rows, groups_of, name_of
from toolkit.present.figures.series import series_style
from toolkit.present.naming import Labels, names_for
from toolkit.present.style import CLAIM, FAINT, PALETTE, WIDTHS, Width, new_figure, styled

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
