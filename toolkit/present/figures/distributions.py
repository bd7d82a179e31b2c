"""Distributions: ridgelines and Lorenz curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import PresentationError
from toolkit.language import Language, Text
from toolkit.measure.inequality.gini import LorenzCurve, lorenz
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, legend_above, number_axis, on_sheet, wrap
from toolkit.present.figures.inputs import as_written, check_once, complete_rows, groups_of, require_few, series_style
from toolkit.present.style import INK, MUTED, SEQUENTIAL, Width
from toolkit.present.words.labels import label
from toolkit.present.words.naming import Labels, Names, Notes, Texts

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
    panel: str | None = None,
    x_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "one",
) -> FigureExhibit:
    """One density curve per period on a common horizontal and vertical scale, earlier periods above.

    Parameters
    ----------
    frame : one row per period and grid point.
    period, x, density : columns; densities are not negative.
    panel : column of up to four panels side by side (variables, for example), each with its own axis of ``x``; periods share a row.
    x_label : replaces label and unit of ``x`` from the registry.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of periods and panels.

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
    keys = [panel, period] if panel else [period]
    rows = complete_rows(frame, [x, density], keys, "the ridgeline")
    check_once(rows, [*keys, x], "the ridgeline")
    if (rows[density] < 0).any():
        bad = rows[rows[density] < 0].iloc[0]
        raise PresentationError("a density is negative", where=f"{period} {bad[period]}, {x} {bad[x]:g}", remedy="pass densities")
    panels = {key: part.sort_values([period, x]) for key, part in groups_of(rows, panel, None).items()}
    periods = sorted(set(rows[period]))
    require_few(len(periods), _MOST, "periods", period)
    require_few(len(panels), _MOST_PANELS, "panels", panel)

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(0.7 + 0.3 * len(periods))
        grid = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (key, part) in zip(grid, panels.items(), strict=True):
            _draw(axes, part, [period, x, density], periods)
            axes.tick_params(labelleft=axes is grid[0])
            if panel:
                axes.set_title(wrap(sheet.name(key), sheet.inches / len(panels) * 0.9, 8.0), fontsize=8, pad=3)
        grid[0].set_yticks(np.arange(len(periods))[::-1], [sheet.name(key) for key in periods])
        grid[(len(panels) - 1) // 2].set_xlabel(sheet.axis(x, x_label))
        return sheet.finish(figure, rows[[*keys, x, density]], sheet.say(_PANELS if len(panels) > 1 else _SCALE))

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


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


_MOST_CURVES = 8


def lorenz_curve(
    frame: pd.DataFrame,
    value: str,
    *,
    by: str | None = None,
    weight: str | None = None,
    x_label: str | Text | None = None,
    y_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "one",
) -> FigureExhibit:
    """Cumulative share of a total against the cumulative share of units (or of weight), poorest first, beside the line of equality.

    Parameters
    ----------
    frame : one row per unit (and value of ``by``).
    value : column; per unit of weight if ``weight`` is given (yuan per person with population, for example). Rows without a value
        are left out, and counted in the note.
    by : one curve for each value of this column: years, or ids of variables.
    weight : column of weights; units count alike without it.
    x_label, y_label : replace what the axes say of value and weight.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of the curves.

    Raises
    ------
    MissingColumn, MeasureError
    PresentationError
        if there are more than eight curves to tell apart.

    Examples
    --------
    >>> frame = pd.DataFrame({"province": ["a", "b"], "rd": [1.0, 3.0]})
    >>> lorenz_curve(frame, "rd").draw("en").data["value_share"].tolist()
    [0.0, 0.25, 1.0]
    """
    rows = complete_rows(frame, [value, *([weight] if weight else [])], [by], "the Lorenz curve")
    groups = groups_of(rows, by, value)
    require_few(len(groups), _MOST_CURVES, "Lorenz curves", by)
    curves = {key: lorenz(part[value], part[weight] if weight else None) for key, part in groups.items()}
    dropped = len(frame) - len(rows)
    left_out = Text(f"Rows without a value are left out: {dropped}.", f"缺失值已剔除：{dropped} 个观测。")

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(3.4 if width == "one" else 4.2)
        axes = figure.add_subplot()
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, label=sheet.say(Text("Equality", "绝对平均线")))
        for position, (key, curve) in enumerate(curves.items()):
            style = series_style(position)
            name = sheet.name(key) + sheet.say(Text(": ", "：")) if by else ""
            (line,) = axes.plot(curve.population, curve.value, style.marker, color=style.colour, linestyle=style.line, markersize=3.2)
            # every fourth point has a marker, shifted so that those of neighbouring curves do not hide each other
            line.set(markevery=(position % 3, 4), label=f"{name}{sheet.say(glossary.GINI)} {curve.gini:.3f}")
        of_what = as_written(label(weight, sheet.language, sheet.known)) if weight else sheet.say(Text("units", "个体"))
        axes.set_xlabel(sheet.say(Text(f"Cumulative share of {of_what}", f"{of_what}累计比重") if x_label is None else x_label))
        axes.set_ylabel(sheet.say(_share_label(value, sheet.language, sheet.known) if y_label is None else y_label))
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 0.25, 0.5, 0.75, 1], yticks=[0, 0.25, 0.5, 0.75, 1])
        if width == "two":
            axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), borderaxespad=0.0)
        else:
            legend_above(axes, columns=1)
        return sheet.finish(figure, _points(curves, by), sheet.say(left_out) if dropped else "")

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _share_label(value: str, language: Language, known: Names) -> str:
    name = label(value, language, known)
    if name == value:
        return Text("Cumulative share of the total", "总量累计比重").to(language)
    return as_written(Text(f"Cumulative share: {name}", f"{name}累计比重").to(language))


def _points(curves: dict[object, LorenzCurve], by: str | None) -> pd.DataFrame:
    parts = [
        pd.DataFrame({by or "variable": key, "population_share": curve.population, "value_share": curve.value, "gini": curve.gini})
        for key, curve in curves.items()
    ]
    return pd.concat(parts, ignore_index=True)
