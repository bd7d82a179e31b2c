"""How a distribution moves: one density above the other, the latest period at the bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.axes import number_axis, powers_into_labels
from toolkit.present.figures.canvas import caption, settle, wrap
from toolkit.present.figures.inputs import axis_text, check_once, complete_rows, groups_of, name_of
from toolkit.present.naming import Labels, names_for
from toolkit.present.style import INK, SEQUENTIAL, WIDTHS, Width, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_OVERLAP = 1.7  # height of the tallest density in rows
_MOST, _MOST_PANELS = 30, 4
_SCALE = Text("Heights are comparable between periods.", "各期高度可比。")
_PANELS = Text("Heights are comparable between the periods of a panel, not between panels.", "各分图内各期高度可比，分图之间不可比。")


def ridgeline(
    frame: pd.DataFrame,
    period: str,
    x: str,
    density: str,
    *,
    facet: str | None = None,
    facet_names: Mapping[str, str | Text] | None = None,
    x_label: str | Text | None = None,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "one",
) -> FigureExhibit:
    """One density curve per period on a common horizontal and vertical scale, earlier periods above.

    Parameters
    ----------
    frame : one row per period and grid point.
    period, x, density : columns; densities are not negative.
    facet : column of up to four panels side by side (variables, for example), each with its own axis of ``x``; periods share a row.
    facet_names : panel -> text, where the column holds short ids.
    x_label : replaces label and unit of ``x`` from the registry.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    title, note : texts.
    width : journal columns.

    Raises
    ------
    MissingColumn
    PresentationError
        if a density is negative, a grid point occurs twice, or there are more than 30 periods or four panels.

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2019] * 3 + [2020] * 3, "x": [0.0, 1, 2] * 2, "density": [0.1, 0.8, 0.1, 0.2, 0.6, 0.2]})
    >>> ridgeline(frame, "year", "x", "density").draw("en").data.shape
    (6, 3)
    """
    keys = [facet, period] if facet else [period]
    rows = complete_rows(frame, [x, density], keys, "the ridgeline")
    check_once(rows, [*keys, x], "the ridgeline")
    if (rows[density] < 0).any():
        bad = rows[rows[density] < 0].iloc[0]
        raise PresentationError("a density is negative", where=f"{period} {bad[period]}, {x} {bad[x]:g}", remedy="pass densities")
    panels = {key: part.sort_values([period, x]) for key, part in groups_of(rows, facet, None).items()}
    periods = sorted(set(rows[period]))
    for found, most, word in ((periods, _MOST, "periods"), (list(panels), _MOST_PANELS, "panels")):
        if len(found) > most:
            where = f"column {period if word == 'periods' else facet}"
            raise PresentationError(f"{len(found)} {word} are too many to read", where=where, remedy=f"choose at most {most}")
    known = names_for(labels, frame)

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        scale = (_PANELS if len(panels) > 1 else _SCALE).to(language)
        remark = "\n".join(part for part in (text_in(note, language), scale) if part)
        with styled():
            figure = new_figure(width, 0.7 + 0.3 * len(periods))
            grid = figure.subplots(1, len(panels), squeeze=False)[0]
            for axes, (key, part) in zip(grid, panels.items(), strict=True):
                _draw(axes, part, [period, x, density], periods)
                axes.tick_params(labelleft=axes is grid[0])
                if facet:
                    name = text_in((facet_names or {}).get(str(key), name_of(key, language, known)), language)
                    axes.set_title(wrap(name, WIDTHS[width] / len(panels) * 0.9, 8.0), fontsize=8, pad=3)
            grid[0].set_yticks(np.arange(len(periods))[::-1], [name_of(key, language, known) for key in periods])
            shown = text_in(x_label, language) if x_label is not None else axis_text(x, language, known)
            if len(panels) > 1:
                grid[(len(panels) - 1) // 2].set_xlabel(shown)
            else:
                grid[0].set_xlabel(shown)
            caption(figure, heading, remark)
            powers_into_labels(figure)
            settle(figure)
        return Drawing(figure, rows[[*keys, x, density]].copy(), heading, remark)

    return FigureExhibit(paint)


def _draw(axes: Axes, part: pd.DataFrame, columns: Sequence[str], periods: Sequence[object]) -> None:
    """The densities of one panel; a period without one leaves its row empty."""
    import matplotlib

    period, x, density = columns
    tallest = float(part[density].max())
    shades = matplotlib.colormaps[SEQUENTIAL](np.linspace(0.35, 0.85, len(periods)))
    for place, key in enumerate(periods):
        own = part[part[period] == key]
        base = float(len(periods) - 1 - place)
        curve = base + _OVERLAP * own[density].to_numpy() / tallest
        axes.fill_between(own[x], base, curve, color=shades[place], alpha=0.85, linewidth=0, zorder=place + 2)
        axes.plot(own[x], curve, color=INK, linewidth=0.8, zorder=place + 2)
    axes.set_yticks(np.arange(len(periods))[::-1])
    axes.set_ylim(-0.1, len(periods) - 1 + _OVERLAP + 0.1)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    number_axis(axes.xaxis, most=5)
    axes.grid(axis="x")
