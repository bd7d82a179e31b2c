"""The specification curve: estimates in order with their intervals, and below each the choices that made it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from toolkit import glossary
from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.axes import number_axis, powers_into_labels, reference_line
from toolkit.present.figures.canvas import caption, legend_above, longest_line, row_height, settle, wrap
from toolkit.present.figures.inputs import as_written, name_of
from toolkit.present.labels import label
from toolkit.present.naming import Labels, Names, names_for
from toolkit.present.style import CLAIM, FAINT, MUTED, PALETTE, WIDTHS, Width, new_figure, styled
from toolkit.present.words import in_sentence, said

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Texts = Mapping[str, str | Text]

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
    reference: tuple[float, str | Text] | None = None,
    names: Texts | None = None,
    y_label: str | Text = _Y_LABEL,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
) -> FigureExhibit:
    """Estimates of all specifications from the smallest to the largest, with intervals; below, which choices each one made.

    Choices with a single value are left out of the matrix. With many specifications the marks of a row run together, and its shade shows
    how often a choice occurs along the curve.

    Parameters
    ----------
    curve : a :class:`~toolkit.estimate.spec_curve.SpecificationCurve`.
    reference : (value, text) of the value to compare with; default the reference of the curve, if it has one.
    names : texts for choices (samples, sets of controls, terms) that take precedence over the registry.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    y_label, title, note : texts.
    width : journal columns.

    Raises
    ------
    PresentationError
        If ``curve`` is no specification curve, or the reference is not a finite number with a text.

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
    >>> drawing = spec_curve_plot(curve, reference=(0.38, Text("paper: 0.38", "论文：0.38"))).draw("en")
    >>> drawing.data["estimate"].is_monotonic_increasing
    True
    """
    if not {"frame", "includes", "controls", "level"} <= set(dir(curve)):
        raise PresentationError(f"a {type(curve).__name__} is no specification curve", remedy="pass what specification_curve(...) returned")
    value = _reference(curve, reference)
    # estimates that are equal but for rounding keep their order, so that it does not depend on the processor
    order = curve.estimated["estimate"].map(lambda value: float(f"{value:.9g}")).sort_values(kind="stable").index
    cells = curve.frame.loc[order].reset_index(drop=True)
    rows = _rows(curve, cells, order.to_numpy())
    known = names_for(labels, curve.frame).and_own(names or {})

    def paint(language: Language) -> Drawing:
        heading = text_in(title, language)
        with styled():
            shown = [wrap(_name(row, language, known), WIDTHS[width] * 0.34, _SIZE) for row in rows]
            height = row_height(shown, _SIZE, _ROW) if shown else 0.0
            figure = new_figure(width, _UPPER + 0.5 + height * len(shown))
            upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"height_ratios": [_UPPER, max(height * len(shown), 0.01)]})
            hidden = _estimates(upper, cells, 1 - curve.level, value, language, WIDTHS[width])
            upper.set_ylabel(text_in(y_label, language))
            number_axis(upper.yaxis, 6)
            upper.grid(axis="y")
            _matrix(lower, rows, shown, len(cells))
            lower.set_xlabel(_X_LABEL.to(language))
            remark = "\n".join(part for part in (text_in(note, language), _summary(curve, cells, value, hidden, known, language)) if part)
            legend_above(upper, left=(longest_line(shown, _SIZE) if shown else 0.4) + 0.2)
            caption(figure, heading, remark)
            powers_into_labels(figure)
            settle(figure)
        drawn = ["outcome", "treatment", "controls", "effects", "sample", "weights", "estimate", "std_error", "p_value"]
        return Drawing(figure, cells[[*drawn, "conf_low", "conf_high", "rows"]].copy(), heading, remark)

    return FigureExhibit(paint)


def _reference(curve: Any, given: tuple[float, str | Text] | None) -> tuple[float, str | Text] | None:
    if given is None:
        return None if curve.reference is None else (float(curve.reference), f"{curve.reference:g}")
    if not isinstance(given, tuple) or len(given) != 2 or not isinstance(given[0], int | float) or not np.isfinite(given[0]):
        raise PresentationError(
            f"the reference {given!r} is no value with a text", remedy='reference=(0.38, Text("paper: 0.38", "论文：0.38"))'
        )
    return float(given[0]), given[1]


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


def _name(row: _Row, language: Language, names: Names) -> str:
    """What a row is called."""
    if row.made is None:
        return _HEADINGS[row.group].to(language)
    if row.value in names:
        return text_in(names[row.value], language)
    if row.group == "effects":
        parts = [
            " × ".join(as_written(label(p, language, names)) for p in effect.split("^")) for effect in row.value.split(" + ") if effect
        ]
        return " + ".join([*parts[:1], *map(in_sentence, parts[1:])]) or _NO_EFFECTS.to(language)
    if row.group == "weights":
        return as_written(label(row.value, language, names)) if row.value else _NO_WEIGHTS.to(language)
    if row.group == "sample":
        return _ALL.to(language) if row.value == _ALL.en else name_of(row.value, language, names)
    return " + ".join(as_written(label(term, language, names)) for term in row.value.split(" + "))


def _estimates(
    axes: Axes, cells: pd.DataFrame, alpha: float, value: tuple[float, str | Text] | None, language: Language, inches: float
) -> int:
    """Draw points and intervals; the number of intervals that reach beyond the axis."""
    from matplotlib.collections import LineCollection

    m = len(cells)
    room = inches * 0.7 * 72 / m  # points of a cell
    x = np.arange(1, m + 1)
    reference_line(axes, 0.0, "y", colour=MUTED, style="-")
    if value is not None:
        reference_line(axes, value[0], "y", colour=CLAIM, label=text_in(value[1], language))
    significant = (cells["p_value"] < alpha).to_numpy()
    low, high, estimate = (cells[name].to_numpy() for name in ("conf_low", "conf_high", "estimate"))
    kinds = (
        (~significant, FAINT, MUTED, Text(f"p ≥ {alpha:.3g}", f"p ≥ {alpha:.3g}")),
        (significant, PALETTE[5], PALETTE[0], Text(f"p < {alpha:.3g}", f"p < {alpha:.3g}")),
    )
    for chosen, pale, dark, text in kinds:
        if chosen.any():
            segments = [[(i, a), (i, b)] for i, a, b in zip(x[chosen], low[chosen], high[chosen], strict=True)]
            thick = float(np.clip((0.55 if m <= _SEPARATE else 1.05) * room, 0.35, 2.6))
            axes.add_collection(LineCollection(segments, colors=pale, linewidths=thick, rasterized=m > _VECTORS, zorder=1.0))
            size = float(np.clip(0.75 * room, 1.1, 4.5))
            axes.plot(x[chosen], estimate[chosen], "o", color=dark, markersize=size, markeredgewidth=0, rasterized=m > _VECTORS)
            axes.plot([], [], "o", color=dark, markersize=4.5, markeredgewidth=0, label=text.to(language))
    bottom, top, hidden = _limits(estimate, low, high, value)
    axes.set_ylim(bottom, top)
    axes.tick_params(axis="x", length=0, labelbottom=False)
    axes.spines["bottom"].set_visible(False)
    return hidden


def _limits(
    estimate: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], value: tuple[float, str | Text] | None
) -> tuple[float, float, int]:
    """Ends of the axis: all estimates, zero and the reference are seen; a few huge intervals do not flatten the rest."""
    always = [float(estimate.min()), float(estimate.max()), 0.0, *([value[0]] if value else [])]
    typical = float(np.median(high - low)) or float(np.ptp(always)) or 1.0
    span = max(always) - min(always) + typical
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


def _summary(curve: Any, cells: pd.DataFrame, value: tuple[float, str | Text] | None, hidden: int, names: Names, language: Language) -> str:
    """What the curve says, in numbers."""
    m, left = len(cells), len(curve.frame) - len(cells)
    share = 100 * (cells["p_value"] < 1 - curve.level).mean()
    middle, level, alpha = cells["estimate"].median(), f"{100 * curve.level:g}", f"{1 - curve.level:.3g}"
    parts = [
        Text(
            f"{m:,} specification{'s' * (m > 1)}; median {middle:.3g}; {share:.0f} % with p < {alpha}. Lines: {level} % intervals.",
            f"共{m:,}个模型设定，估计值中位数为{middle:.3g}，{share:.0f}%的设定p < {alpha}。竖线为{level}%置信区间。",
        )
    ]
    if value is not None:
        held = 100 * ((cells["conf_low"] <= value[0]) & (value[0] <= cells["conf_high"])).mean()
        parts.append(Text(f"{held:.0f} % of the intervals hold {value[0]:g}.", f"{held:.0f}%的置信区间包含{value[0]:g}。"))
    if left:
        parts.append(Text(f"{left:,} more could not be estimated.", f"另有{left:,}个设定无法估计。"))
    parts += [Text(*said([warning], "en", names), *said([warning], "zh", names)) for warning in curve.warnings[:1]]
    if hidden:
        parts.append(Text(f"Beyond the axis: {hidden:,} interval{'s' * (hidden > 1)}.", f"{hidden:,}个置信区间超出坐标轴范围。"))
    return ("" if language == "zh" else " ").join(part.to(language) for part in parts)
