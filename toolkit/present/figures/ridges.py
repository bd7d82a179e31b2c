"""How a distribution moves: one density above the other, the latest period at the bottom."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.axes import number_axis, powers_into_labels
from toolkit.present.figures.canvas import caption, settle
from toolkit.present.figures.inputs import check_once, complete_rows, name_of
from toolkit.present.labels import axis_label
from toolkit.present.style import INK, SEQUENTIAL, Width, new_figure, styled

_OVERLAP = 1.7  # height of the tallest density in rows
_MOST = 30
_SCALE = Text("Heights are comparable between periods.", "各期高度可比。")


def ridgeline(
    frame: pd.DataFrame,
    period: str,
    x: str,
    density: str,
    *,
    x_label: str | Text | None = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "one",
) -> FigureExhibit:
    """One density curve per period on a common horizontal and vertical scale, earlier periods above.

    Parameters
    ----------
    frame : one row per period and grid point.
    period, x, density : columns; densities are not negative.
    x_label : replaces label and unit of ``x`` from the registry.
    title, note : texts.
    width : journal columns.

    Raises
    ------
    MissingColumn
    PresentationError
        if a density is negative, a grid point occurs twice, or there are more than 30 periods.

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2019] * 3 + [2020] * 3, "x": [0.0, 1, 2] * 2, "density": [0.1, 0.8, 0.1, 0.2, 0.6, 0.2]})
    >>> ridgeline(frame, "year", "x", "density").draw("en").data.shape
    (6, 3)
    """
    rows = complete_rows(frame, [x, density], [period], "the ridgeline").sort_values([period, x], ignore_index=True)
    check_once(rows, [period, x], "the ridgeline")
    if (rows[density] < 0).any():
        bad = rows[rows[density] < 0].iloc[0]
        raise PresentationError("a density is negative", where=f"{period} {bad[period]}, {x} {bad[x]:g}", remedy="pass densities")
    periods = list(dict.fromkeys(rows[period]))
    if len(periods) > _MOST:
        raise PresentationError(f"{len(periods)} periods are too many to read", where=f"column {period}", remedy=f"choose at most {_MOST}")
    tallest = float(rows[density].max())

    def paint(language: Language) -> Drawing:
        import matplotlib

        heading = text_in(title, language)
        remark = "\n".join(part for part in (text_in(note, language), _SCALE.to(language)) if part)
        with styled():
            figure = new_figure(width, 0.7 + 0.3 * len(periods))
            axes = figure.add_subplot()
            shades = matplotlib.colormaps[SEQUENTIAL](np.linspace(0.35, 0.85, len(periods)))
            for place, key in enumerate(periods):
                part = rows[rows[period] == key]
                base = float(len(periods) - 1 - place)
                curve = base + _OVERLAP * part[density].to_numpy() / tallest
                axes.fill_between(part[x], base, curve, color=shades[place], alpha=0.85, linewidth=0, zorder=place + 2)
                axes.plot(part[x], curve, color=INK, linewidth=0.8, zorder=place + 2)
            axes.set_yticks(np.arange(len(periods))[::-1], [name_of(key, language) for key in periods])
            axes.set_ylim(-0.1, len(periods) - 1 + _OVERLAP + 0.1)
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
            number_axis(axes.xaxis)
            axes.grid(axis="x")
            axes.set_xlabel(text_in(x_label, language) if x_label is not None else axis_label(x, language))
            caption(figure, heading, remark)
            powers_into_labels(figure)
            settle(figure)
        return Drawing(figure, rows[[period, x, density]].copy(), heading, remark)

    return FigureExhibit(paint)
