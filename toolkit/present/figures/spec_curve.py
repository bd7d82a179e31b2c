"""The specification curve: estimates in order with their intervals, and below each the choices that made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from toolkit import glossary
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
    row_height,
    wrap,
)
from toolkit.present.figures.inputs import References, as_written, checked_references, name_of
from toolkit.present.style import FAINT, MUTED, PALETTE, Width
from toolkit.present.words.labels import label
from toolkit.present.words.naming import Labels, Notes, Texts
from toolkit.present.words.words import effects_label, in_sentence, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_UPPER = 2.4  # inches of the estimates
_ROW = 0.145  # inches of a row of the matrix: 6.5 point text with air
_SIZE = 6.5
_VECTORS = 600  # cells up to which marks stay vectors in an SVG
_SEPARATE = 130  # cells up to which there is white between neighbours
_BINS = 700  # columns of the matrix at most; more cells than that share them
_PALE = "#F1F1F1"
_REACH = 4.0  # how far intervals may stretch the axis, in spans of estimates and typical intervals
_Y_LABEL = glossary.COEFFICIENT
_X_LABEL = Text("Specifications in the order of their estimates", "按估计值排序的模型设定")
_ALL = Text("all rows", "全部样本")
_NO_EFFECTS = Text("none", "无")
_NO_WEIGHTS = Text("unweighted", "不加权")
_HEADINGS = {
    "outcome": Text("Outcome", "被解释变量"),
    "treatment": Text("Variable of interest", "核心解释变量"),
    "controls": Text("Controls", "控制变量"),
    "effects": glossary.FIXED_EFFECTS,
    "sample": glossary.SAMPLE,
    "weights": Text("Weights", "权重"),
}


@dataclass(frozen=True)
class _Row:
    """A row of the matrix: a choice and the m cells that made it; a heading where ``made`` is None."""

    group: str
    value: str
    made: NDArray[np.bool_] | None = None


def spec_curve_plot(
    curve: Any,
    *,
    references: References = (),
    y_label: str | Text = _Y_LABEL,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
) -> FigureExhibit:
    """Estimates of all specifications from the smallest to the largest, with intervals; below, which choices each one made.

    Choices with a single value are left out of the matrix. With many specifications the marks of a row run together, and its shade shows
    how often a choice occurs along the curve.

    Parameters
    ----------
    curve : a :class:`~toolkit.estimate.spec_curve.SpecificationCurve`.
    references : (value, text) of values to compare with; default the reference of the curve, if it has one.
    y_label : beside the estimates.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of choices (samples, sets of
        controls, terms).

    Raises
    ------
    PresentationError
        If ``curve`` is no specification curve, or a reference is not a finite number with a text.

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis, Nature Human Behaviour 4.

    Examples
    --------
    >>> from toolkit.estimate import Choices, specification_curve
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(5), 20)})
    >>> frame = frame.assign(**{name: draw.normal(size=100) for name in ("y", "d", "a")})
    >>> curve = specification_curve(Choices("y", "d", ["a"], effects=["firm", "firm + year"]), Panel(frame, "firm", "year"))
    >>> drawing = spec_curve_plot(curve, references=(0.38, Text("paper: 0.38", "论文：0.38"))).draw("en")
    >>> drawing.data["estimate"].is_monotonic_increasing
    True
    """
    if not {"frame", "includes", "controls", "level"} <= set(dir(curve)):
        raise PresentationError(f"a {type(curve).__name__} is no specification curve", remedy="pass what specification_curve(...) returned")
    own = () if curve.reference is None else ((float(curve.reference), f"{curve.reference:g}"),)
    compared = checked_references(references) or own
    # estimates that are equal but for rounding keep their order, so that it does not depend on the processor
    order = curve.estimated["estimate"].map(lambda value: float(f"{value:.9g}")).sort_values(kind="stable").index
    cells = curve.frame.loc[order].reset_index(drop=True)
    rows = _rows(curve, cells, order.to_numpy())

    def paint(sheet: Sheet) -> Drawing:
        shown = [wrap(_name(row, sheet), sheet.inches * 0.34, _SIZE) for row in rows]
        height = row_height(shown, _SIZE, _ROW) if shown else 0.0
        figure = sheet.figure(_UPPER + 0.5 + height * len(shown))
        upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [_UPPER, max(height * len(shown), 0.01)]})
        reference_line(upper, 0.0, "y", colour=MUTED, style="-")
        draw_references(upper, compared, "y", sheet)
        _estimates(upper, cells, 1 - curve.level, sheet)
        bottom, top, hidden = _limits(cells, [value for value, _ in compared])
        upper.set_ylim(bottom, top)
        upper.set_ylabel(sheet.say(y_label))
        number_axis(upper.yaxis, 6)
        upper.grid(axis="y")
        _matrix(lower, rows, shown, len(cells))
        lower.set_xlabel(sheet.say(_X_LABEL))
        legend_above(upper, left=(longest_line(shown, _SIZE) if shown else 0.4) + 0.2)
        drawn = ["outcome", "treatment", "controls", "effects", "sample", "weights", "estimate", "std_error", "p_value"]
        told = _summary(curve, cells, [value for value, _ in compared], sheet)
        beyond = Text(f"Beyond the axis: {hidden:,} interval{'s' * (hidden > 1)}.", f"{hidden:,}个置信区间超出坐标轴范围。")
        return sheet.finish(
            figure, cells[[*drawn, "conf_low", "conf_high", "rows"]], sheet.sentences([*told, *([beyond] if hidden else [])])
        )

    return on_sheet(paint, curve.frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _rows(curve: Any, cells: pd.DataFrame, order: NDArray[np.intp]) -> list[_Row]:
    """The rows of the matrix: a heading for each choice that varies, then its values."""
    by_name = isinstance(curve.choices.controls, Mapping)
    rows: list[_Row] = []
    for group in _HEADINGS:
        if group == "controls" and not by_name:
            values = [_Row(group, text, curve.includes[order, at]) for at, text in enumerate(curve.controls)]
        else:
            known = dict.fromkeys(curve.frame[group])
            values = [_Row(group, value, (cells[group] == value).to_numpy()) for value in known] if len(known) > 1 else []
        if values:
            rows += [_Row(group, ""), *values]
    return rows


def _name(row: _Row, sheet: Sheet) -> str:
    """What a row is called."""
    if row.made is None:
        return sheet.say(_HEADINGS[row.group])
    if row.value in sheet.known:
        return sheet.say(sheet.known[row.value])

    def called(term: str) -> str:
        return as_written(label(term, sheet.language, sheet.known))

    if row.group == "effects":
        parts = [
            effects_label(effect, sheet.language, sheet.known) if "[" in effect else " × ".join(map(called, effect.split("^")))
            for effect in row.value.split(" + ")
            if effect
        ]
        return " + ".join([*parts[:1], *map(in_sentence, parts[1:])]) or sheet.say(_NO_EFFECTS)
    if row.group == "weights":
        return called(row.value) if row.value else sheet.say(_NO_WEIGHTS)
    if row.group == "sample":
        return sheet.say(_ALL) if row.value == _ALL.en else name_of(row.value, sheet.language, sheet.known)
    return " + ".join(map(called, row.value.split(" + ")))


def _estimates(axes: Axes, cells: pd.DataFrame, alpha: float, sheet: Sheet) -> None:
    """Points and intervals, those with p < ``alpha`` darker; one segment for each interval in one collection, which draws thousands."""
    from matplotlib.collections import LineCollection

    m = len(cells)
    room = sheet.inches * 0.7 * 72 / m  # points of a cell: names of choices take some 30 % of the width
    x = np.arange(1, m + 1)
    significant = (cells["p_value"] < alpha).to_numpy()
    low, high, estimate = (cells[name].to_numpy() for name in ("conf_low", "conf_high", "estimate"))
    kinds = ((~significant, FAINT, MUTED, f"p ≥ {alpha:.3g}"), (significant, PALETTE[5], PALETTE[0], f"p < {alpha:.3g}"))
    for chosen, pale, dark, text in kinds:
        if chosen.any():
            segments = [[(i, a), (i, b)] for i, a, b in zip(x[chosen], low[chosen], high[chosen], strict=True)]
            thick = float(np.clip((0.55 if m <= _SEPARATE else 1.05) * room, 0.35, 2.6))
            axes.add_collection(LineCollection(segments, colors=pale, linewidths=thick, rasterized=m > _VECTORS, zorder=1.0))
            size = float(np.clip(0.75 * room, 1.1, 4.5))
            axes.plot(x[chosen], estimate[chosen], "o", color=dark, markersize=size, markeredgewidth=0, rasterized=m > _VECTORS)
            axes.plot([], [], "o", color=dark, markersize=4.5, markeredgewidth=0, label=text)  # the legend shows one size
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines["bottom"].set_visible(False)


def _limits(cells: pd.DataFrame, compared: Sequence[float]) -> tuple[float, float, int]:
    """Ends of the axis, and how many intervals reach beyond it.

    All estimates, zero and the references are seen; a few huge intervals do not flatten the rest.
    """
    low, high, estimate = (cells[name].to_numpy() for name in ("conf_low", "conf_high", "estimate"))
    always = [float(estimate.min()), float(estimate.max()), 0.0, *compared]
    typical = float(np.median(high - low)) or float(np.ptp(always)) or 1.0
    span = max(always) - min(always) + typical
    # an end lies at the outermost interval, but not beyond the outermost percent, nor beyond four spans
    bottom = max(float(low.min()), min(always) - _REACH * span, float(np.quantile(low, 0.01)) - span)
    top = min(float(high.max()), max(always) + _REACH * span, float(np.quantile(high, 0.99)) + span)
    bottom, top = min(bottom, min(always)), max(top, max(always))
    margin = 0.04 * (top - bottom)
    hidden = int(np.count_nonzero((low < bottom) | (high > top)))
    return bottom - margin, top + margin, hidden


def _matrix(axes: Axes, rows: list[_Row], shown: list[str], m: int) -> None:
    """One row for each choice; dark where a specification made it."""
    axes.set_xlim(0.5, m + 0.5)
    axes.set_yticks([])
    if rows:
        axes.imshow(_shades(rows, m), aspect="auto", extent=(0.5, m + 0.5, len(rows) - 0.5, -0.5), interpolation="nearest")
        axes.set_ylim(len(rows) - 0.5, -0.5)
        for edge in np.arange(len(rows) + 1) - 0.5:
            axes.axhline(edge, color="white", linewidth=2.0)
        if m <= _SEPARATE:
            for edge in np.arange(m + 1) + 0.5:
                axes.axvline(edge, color="white", linewidth=0.8)
        axes.set_yticks(np.arange(len(rows)), shown, fontsize=_SIZE)
        for row, tick in zip(rows, axes.get_yticklabels(), strict=True):
            tick.set_color(MUTED if row.made is None else tick.get_color())
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.tick_params(axis="y", length=0)
    axes.spines[:].set_visible(False)


def _shades(rows: list[_Row], m: int) -> NDArray[np.float64]:
    """(rows, bins, 3) colours: dark for a choice that was made, light for one that was not, their mixture where cells share a bin."""
    from matplotlib.colors import to_rgb

    light, dark = np.array(to_rgb(_PALE)), np.array(to_rgb(PALETTE[0]))
    starts = np.unique(np.linspace(0, m, min(m, _BINS), endpoint=False).astype(np.intp))
    widths = np.diff(np.append(starts, m))
    colours = np.ones((len(rows), len(starts), 3))
    for at, row in enumerate(rows):
        if row.made is not None:
            share = np.add.reduceat(row.made.astype(np.float64), starts) / widths
            colours[at] = light + share[:, None] * (dark - light)
    return colours


def _summary(curve: Any, cells: pd.DataFrame, compared: Sequence[float], sheet: Sheet) -> list[Text]:
    """What the curve says, in numbers."""
    m, left = len(cells), len(curve.frame) - len(cells)
    share = 100 * (cells["p_value"] < 1 - curve.level).mean()
    middle, level, alpha = cells["estimate"].median(), f"{100 * curve.level:g}", f"{1 - curve.level:.3g}"
    parts = [
        Text(
            f"{m:,} specification{'s' * (m > 1)}; median {middle:.3g}; {share:.0f}% with p < {alpha}. Lines: {level}% intervals.",
            f"共{m:,}个模型设定，估计值中位数为{middle:.3g}，{share:.0f}%的设定p < {alpha}。竖线为{level}%置信区间。",
        )
    ]
    for value in compared:
        held = 100 * ((cells["conf_low"] <= value) & (value <= cells["conf_high"])).mean()
        parts.append(Text(f"{held:.0f}% of the intervals include {value:g}.", f"{held:.0f}%的置信区间包含{value:g}。"))
    if left:
        parts.append(Text(f"{left:,} more could not be estimated.", f"另有{left:,}个设定无法估计。"))
    return parts + [Text(*said([warning], "en", sheet.known), *said([warning], "zh", sheet.known)) for warning in curve.warnings[:1]]
