"""Points with their least-squares line, and where to put labels so that none covers another: pushed apart along one line, or at free
places around points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.numerics import Floats
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, legend_above, log_axis, number_axis, on_sheet
from toolkit.present.figures.inputs import complete_rows, groups_of, require_choice, require_values, series_style
from toolkit.present.style import CLAIM, FAINT, Width
from toolkit.present.words.naming import Labels, Notes, Texts, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation
    from matplotlib.text import Text as DrawnText


def push_apart(positions: NDArray[np.float64], gap: float, low: float, high: float) -> NDArray[np.float64]:
    """The places nearest to ``positions`` (least squares) that keep their order, are ``gap`` apart and stay within ``low`` and ``high``.

    Subtracting ``gap`` times the rank turns the distance constraint into monotony, so the answer is an isotonic regression (pool
    adjacent violators), clipped to the interval. If there is not room enough the labels are spread evenly over it.

    Parameters
    ----------
    positions : (n,) wanted places, in any order.
    gap : least distance between neighbours.
    low, high : ends of the interval.

    Returns
    -------
    (n,) places, in the order of ``positions``.

    Examples
    --------
    >>> push_apart(np.array([5.0, 5.0, 9.0]), gap=2.0, low=0.0, high=10.0).tolist()
    [4.0, 6.0, 9.0]
    >>> push_apart(np.array([9.5, 9.9]), gap=2.0, low=0.0, high=10.0).tolist()
    [8.0, 10.0]
    """
    n = len(positions)
    if n == 0:
        return positions.copy()
    order = np.argsort(positions, kind="stable")
    gap = min(gap, (high - low) / (n - 1)) if n > 1 else gap
    ranks = gap * np.arange(n)
    blocks: list[tuple[float, int]] = []
    for value in positions[order] - ranks:
        blocks.append((float(value), 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m), (b, k) = blocks[-2:]
            blocks[-2:] = [((a * m + b * k) / (m + k), m + k)]
    fitted = np.concatenate([np.full(count, mean) for mean, count in blocks])
    places = np.empty(n)
    places[order] = np.clip(fitted, low, max(low, high - ranks[-1])) + ranks
    return places


_FRACTION, _OFFSET = 16, 0.2371  # of a pixel; the offset keeps round coordinates away from the border between two roundings


def steady(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels to a sixteenth, so that where a label goes does not hang on the last bit of a coordinate.

    Examples
    --------
    >>> bool((steady(np.array([10.0, 20.5])) == steady(np.array([10.0, 20.5]) + 1e-11)).all())
    True
    """
    return np.asarray(np.round(pixels * _FRACTION + _OFFSET) / _FRACTION)


@dataclass(frozen=True)
class Boxes:
    """Rectangles in pixels: ``edges`` is (n, 4) with left, bottom, right, top."""

    edges: NDArray[np.float64]

    def overlap(self, box: NDArray[np.float64]) -> float:
        """Area that ``box`` (4,) shares with all the rectangles."""
        wide = np.minimum(self.edges[:, 2], box[2]) - np.maximum(self.edges[:, 0], box[0])
        high = np.minimum(self.edges[:, 3], box[3]) - np.maximum(self.edges[:, 1], box[1])
        return float((np.clip(wide, 0, None) * np.clip(high, 0, None)).sum())


def extents(texts: Sequence[DrawnText]) -> NDArray[np.float64]:
    """Left, bottom, right and top of each text in pixels, (n, 4), as it will be drawn."""
    return np.array([[box.x0, box.y0, box.x1, box.y1] for box in (text.get_window_extent() for text in texts)]).reshape(-1, 4)


_DIRECTIONS = np.array([(1, 0.35), (-1, 0.35), (0, 1), (0, -1), (1, -0.6), (-1, -0.6), (0.8, 1), (-0.8, 1), (0.8, -1), (-0.8, -1)])
_DISTANCES = (1.0, 2.2, 3.8, 6.0, 9.0)


def label_points(axes: Axes, x: NDArray[np.float64], y: NDArray[np.float64], labels: Sequence[str], size: float = 7.0) -> list[Annotation]:
    """Write ``labels`` beside the points (x, y), each at the nearest place that covers no point and no other label.

    Call it when the layout is final (``canvas.settle``). Points with an empty label are only kept clear. A label that had to go
    further away gets a thin line to its point. Labels are placed from the edge of the cloud inwards, because the outer ones
    have most room.

    Parameters
    ----------
    axes : the axes with the points drawn.
    x, y : (n,) in data units; missing points must be taken out before.
    labels : n texts.
    size : points.
    """
    pixels = steady(axes.transData.transform(np.column_stack([x, y])))
    points = 72 / axes.figure.dpi  # of one pixel
    step = size / points * 0.62  # side of the square that a point keeps clear, in pixels
    frame = axes.get_window_extent()
    taken = [(px - step * 0.5, py - step * 0.5, px + step * 0.5, py + step * 0.5) for px, py in pixels]
    named = [i for i, text in enumerate(labels) if text]
    centre = pixels[named].mean(axis=0) if named else np.zeros(2)
    written: list[Annotation] = []
    for i in sorted(named, key=lambda k: -float(np.hypot(*(pixels[k] - centre)))):
        note = axes.annotate(labels[i], (x[i], y[i]), xytext=(0, 0), textcoords="offset points", fontsize=size, va="center", ha="center")
        note.set_path_effects([withStroke(linewidth=1.6, foreground="white")])
        left, bottom, right, top = extents([note])[0]
        half = np.array([right - left, top - bottom]) / 2
        limits = np.array([frame.x0, frame.y0, frame.x1, frame.y1])
        offset, box = _nearest_place(pixels[i], half=half, step=step, taken=Boxes(np.array(taken)), frame=limits)
        note.set_position((float(offset[0] * points), float(offset[1] * points)))
        if float(np.abs(offset / (half + step)).max()) > 1.15:  # further than right beside its point
            axes.annotate(
                "",
                (x[i], y[i]),
                xytext=(float(offset[0] * points), float(offset[1] * points)),
                textcoords="offset points",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": "#9A9A9A", "shrinkA": size * 0.6, "shrinkB": 2},
                zorder=1,
            )
        taken.append((float(box[0]), float(box[1]), float(box[2]), float(box[3])))
        written.append(note)
    return written


def _nearest_place(
    point: NDArray[np.float64], *, half: NDArray[np.float64], step: float, taken: Boxes, frame: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset and box of the first place around ``point`` that overlaps nothing; of the one that overlaps least if none is free."""
    best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for distance in _DISTANCES:
        for direction in _DIRECTIONS:
            offset = direction * (half + step * distance)
            box = np.concatenate([point + offset - half, point + offset + half])
            outside = float(np.clip([*(frame[:2] - box[:2]), *(box[2:] - frame[2:])], 0.0, None).max())
            cost = taken.overlap(box) + outside * 4 * float(half.sum())  # pixels outside times the outline: an area as well
            if cost == 0:
                return offset, box
            if best is None or cost < best[0]:
                best = (cost, offset, box)
    assert best is not None
    return best[1], best[2]


LogAxes = Literal["none", "x", "y", "both"]
_CURVE_POINTS = 100


@dataclass(frozen=True)
class FittedLine:
    """Least-squares line of y on x with the 95% interval of its mean, on a grid.

    Attributes
    ----------
    x, y, low, high : (m,) in the units of the axes (logs are undone).
    slope : of y on x, both in logs where the axis is logarithmic.
    r_squared : share of the variance of y (or log y) on the line.
    """

    x: Floats
    y: Floats
    low: Floats
    high: Floats
    slope: float
    r_squared: float


def fitted_line(x: Floats, y: Floats, log: LogAxes = "none") -> FittedLine | None:
    """The line through (x, y), or None if there are fewer than three points or x does not vary.

    Examples
    --------
    >>> line = fitted_line(np.array([1.0, 10.0, 100.0, 1000.0]), np.array([2.0, 20.0, 200.0, 2000.0]), "both")
    >>> round(line.slope, 6), round(line.r_squared, 6)
    (1.0, 1.0)
    """
    from scipy.special import stdtrit

    # u and v are the coordinates in which the line is straight
    u, v = (np.log(x) if log in ("x", "both") else x), (np.log(y) if log in ("y", "both") else y)
    n, spread = len(u), float(np.sum((u - u.mean()) ** 2))
    if n < 3 or spread <= 1e-20 * n * max(1.0, float(np.abs(u).max())) ** 2:
        return None
    slope = float(np.sum((u - u.mean()) * (v - v.mean())) / spread)
    residual, total = float(np.sum((v - v.mean() - slope * (u - u.mean())) ** 2)), float(np.sum((v - v.mean()) ** 2))
    grid = np.linspace(u.min(), u.max(), _CURVE_POINTS)
    middle = v.mean() + slope * (grid - u.mean())
    half = stdtrit(n - 2, 0.975) * np.sqrt(residual / (n - 2) * (1 / n + (grid - u.mean()) ** 2 / spread))
    curves = (middle, middle - half, middle + half)
    middle, low, high = (np.exp(c) for c in curves) if log in ("y", "both") else curves
    return FittedLine(
        x=np.exp(grid) if log in ("x", "both") else grid,
        y=middle,
        low=low,
        high=high,
        slope=slope,
        r_squared=1 - residual / total if total > 0 else float("nan"),
    )


def scatter_with_fit(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    label: str | None = None,
    select: Sequence[object] | None = None,
    group: str | None = None,
    log: LogAxes = "none",
    x_label: str | Text | None = None,
    y_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
    height: float = 4.2,
) -> FigureExhibit:
    """Points (x, y), their least-squares line (in logs on logarithmic axes) and the 95% interval of its mean.

    The interval supposes independent errors of equal variance; for inference use an estimate.

    Parameters
    ----------
    frame : one row per point; rows without x or y are left out.
    x, y : columns.
    label : column with the names of the points.
    select : values of ``label`` that are written; all of them if omitted. With panel data, pass a frame of one year.
    group : column that gives points a colour and a marker.
    log : axes that are logarithmic.
    x_label, y_label : replace label and unit from the registry.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of points and groups.
    height : inches.

    Raises
    ------
    MissingColumn, UnknownOption
    PresentationError
        if a value is not positive on a log axis, or a selected name is not in the data, or there is no ``label`` to select from.

    Examples
    --------
    >>> frame = pd.DataFrame({"province": ["Beijing", "Hebei", "Jilin"], "gdp": [5.0, 4.0, 1.0], "rd": [3.0, 2.0, 1.0]})
    >>> scatter_with_fit(frame, "gdp", "rd", label="province").draw("en").data.columns.tolist()
    ['province', 'gdp', 'rd']
    """
    require_choice(log, ("none", "x", "y", "both"), "log")
    rows = complete_rows(frame, [x, y], [label, group], "the scatter figure")
    _check_positive(rows, [c for c, axes in ((x, ("x", "both")), (y, ("y", "both"))) if log in axes], label)
    chosen = selected(rows, label, select, "the scatter figure")
    line = fitted_line(rows[x].to_numpy(), rows[y].to_numpy(), log)

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(height)
        axes = figure.add_subplot()
        draw_points(axes, rows, columns=(x, y), group=group, size=20, sheet=sheet)
        if line is not None:
            axes.fill_between(line.x, line.low, line.high, color=FAINT, alpha=0.45, linewidth=0, zorder=1)
            axes.plot(line.x, line.y, color=CLAIM, linewidth=1.2, zorder=2)
        _scales(axes, log)
        axes.margins(0.07)
        axes.set_xlabel(sheet.axis(x, x_label))
        axes.set_ylabel(sheet.axis(y, y_label))
        legend_above(axes)
        drawing = sheet.finish(figure, rows, sheet.say(_fit_note(line, len(rows), log)))
        label_points(axes, rows[x].to_numpy(), rows[y].to_numpy(), [sheet.name(key) if key is not None else "" for key in chosen])
        return drawing

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def selected(rows: pd.DataFrame, label: str | None, select: Sequence[object] | None, figure: str) -> list[object | None]:
    """The name of each point that is written, None for the others; all are written without ``select``, and none without ``label``.

    Raises
    ------
    PresentationError
        if a selected name is not in the data, or there is no column of names.
    """
    wanted = None if select is None else listed(select)
    if label is None:
        if wanted:
            raise PresentationError(f"{figure} cannot select {wanted[0]!r}: its points have no names", remedy="name their column: label=")
        return [None] * len(rows)
    values = rows[label].tolist()
    require_values(wanted or (), values, label, figure)
    return [value if wanted is None or value in wanted else None for value in values]


def draw_points(axes: Axes, rows: pd.DataFrame, *, columns: tuple[str, str], group: str | None, size: float, sheet: Sheet) -> None:
    """One mark for each row, in the colour and shape of its group; groups are named in the legend."""
    x, y = columns
    for position, (key, part) in enumerate(groups_of(rows, group, None).items()):
        style = series_style(position)
        name = sheet.name(key) if group else None
        axes.scatter(
            part[x], part[y], s=size, color=style.colour, marker=style.marker, edgecolor="white", linewidth=0.5, label=name, zorder=3
        )


def _check_positive(rows: pd.DataFrame, columns: Sequence[str], label: str | None) -> None:
    for column in columns:
        bad = rows.loc[rows[column] <= 0]
        if len(bad):
            where = str(bad.iloc[0][label]) if label else f"row {bad.index[0]}"
            raise PresentationError(
                f"a log axis cannot show {column} = {bad.iloc[0][column]:g} ({len(bad)} such rows)",
                where=where,
                remedy="use log='none' or drop them",
            )


def _scales(axes: Axes, log: LogAxes) -> None:
    for axis, name in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        if log in (name, "both"):
            (axes.set_xscale if name == "x" else axes.set_yscale)("log")
            log_axis(axis)
        else:
            number_axis(axis)


def _fit_note(line: FittedLine | None, n: int, log: LogAxes) -> Text:
    if line is None:
        return Text(f"n\u00a0=\u00a0{n}; too few different points for a line.", f"n\u00a0=\u00a0{n}；可区分的点过少，不绘制拟合线。")
    kind = {"none": Text("slope", "斜率"), "both": Text("elasticity", "弹性")}.get(log, Text("slope (log axis)", "斜率（对数轴）"))
    numbers = f"{line.slope:.3g}, R² {line.r_squared:.2f}, n\u00a0=\u00a0{n}".replace("-", "−")
    return Text(
        f"Line: least squares with 95% interval of the mean ({kind.en} {numbers}).",
        f"直线为最小二乘拟合，灰带为均值的95%置信区间（{kind.zh} {numbers}）。",
    )
