"""Two systems against each other, with the lines on which coupling coordination is equal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.measure.composite.coupling import Form, coupling
from toolkit.numerics import Floats
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.canvas import Sheet, legend_above, log_axis, number_axis, on_sheet
from toolkit.present.figures.inputs import check_once, complete_rows, require_choice
from toolkit.present.figures.scatter import draw_points, label_points, selected, steady
from toolkit.present.style import FAINT, MUTED, Width
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Scale = Literal["linear", "log"]
_LEVELS: Final = tuple(step / 10 for step in range(1, 10))
_GRID: Final = 401  # nodes per side: a line bends no more visibly than the printer can show
_SIZE: Final = 7.0
_LOG: Final = Text("Logarithmic axes.", "坐标轴为对数刻度。")
_LINES: Final = {
    "standard": Text(
        "Grey lines: equal D in steps of 0.1 (standard C). Dashed: both systems equal.",
        "灰线为等 D 线，间隔 0.1（标准耦合度）；虚线上两系统得分相等。",
    ),
    "wang": Text(
        "Grey lines: equal D in steps of 0.1 (C as corrected by Wang et al. 2021). Dashed: both systems equal.",
        "灰线为等 D 线，间隔 0.1（王淑佳等 2021 修正的耦合度）；虚线上两系统得分相等。",
    ),
}


def coupling_scatter(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    label: str | None = None,
    select: Sequence[object] | None = None,
    group: str | None = None,
    alpha: Sequence[float] | None = None,
    form: Form = "standard",
    scale: Scale = "linear",
    x_label: str | Text | None = None,
    y_label: str | Text | None = None,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
    height: float = 5.0,
) -> FigureExhibit:
    """Points (U1, U2) and the lines of equal D; a point above the dashed diagonal has its first system behind.

    Both axes have the same limits, so that the diagonal is where the systems are equal; linear ones start at zero. On logarithmic axes
    skewed scores spread, and the lines of the standard D with equal weights are straight.

    Parameters
    ----------
    frame : one row per point, of one year; rows without x or y are left out.
    x, y : columns of the two scores, in [0, 1].
    label : column with the names of the points, each once.
    select : values of ``label`` that are written; all of them if omitted.
    group : column that gives points a colour and a marker, for example the region or the lag type.
    alpha, form : as in :func:`toolkit.measure.coupling`; they decide where the lines run.
    scale : of both axes.
    x_label, y_label : replace label and unit from the registry.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of points and groups.
    height : inches.

    Raises
    ------
    MissingColumn, UnknownOption
    PresentationError
        if a selected name is not in the data, a label occurs twice, or a score is zero on logarithmic axes.
    MeasureError
        if a score is outside [0, 1], or there are other than two weights.

    Examples
    --------
    >>> frame = pd.DataFrame({"province": ["Beijing", "Hebei"], "technology": [0.8, 0.3], "industry": [0.5, 0.4]})
    >>> coupling_scatter(frame, "technology", "industry", label="province").draw("en").data["d"].round(3).tolist()
    [0.795, 0.589]
    """
    require_choice(scale, get_args(Scale), "scale")
    rows = complete_rows(frame, [x, y], [label, group], "the coupling figure")
    if label is not None:
        check_once(rows, [label], "the coupling figure")
    rows["d"] = coupling(rows[[x, y]], alpha, form).d
    chosen = selected(rows, label, select, "the coupling figure")
    start, end = _limits(rows[[x, y]], rows[label] if label is not None else None, scale)

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(height)
        axes = figure.add_subplot()
        draw_points(axes, rows, columns=(x, y), group=group, size=22, sheet=sheet)
        axes.plot([start, end], [start, end], color=MUTED, linestyle="--", linewidth=0.8, zorder=1)
        side = np.geomspace(start, end, _GRID) if scale == "log" else np.linspace(start, end, _GRID)
        lines = _lines(axes, side, alpha, form)
        axes.set(xscale=scale, yscale=scale, xlim=(start, end), ylim=(start, end))
        for axis in (axes.xaxis, axes.yaxis):
            (log_axis if scale == "log" else number_axis)(axis)
        axes.set_xlabel(sheet.axis(x, x_label))
        axes.set_ylabel(sheet.axis(y, y_label))
        legend_above(axes)
        drawing = sheet.finish(figure, rows, sheet.sentences([_LINES[form], *([_LOG] if scale == "log" else [])]))
        points = rows[[x, y]].to_numpy()
        kept_clear = _name_lines(axes, lines, points, side)
        # the numbers on the lines are points without a name: labels stay away from them
        places = np.vstack([points, kept_clear])
        written = [sheet.name(key) if key is not None else "" for key in chosen] + [""] * len(kept_clear)
        label_points(axes, x=places[:, 0], y=places[:, 1], labels=written, size=_SIZE)
        return drawing

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _limits(scores: pd.DataFrame, names: pd.Series | None, scale: Scale) -> tuple[float, float]:
    """Both ends of both axes."""
    least, most = float(scores.to_numpy().min()), float(scores.to_numpy().max())
    if scale == "linear":
        return 0.0, min(1.0, float(np.ceil(most * 1.04 * 20)) / 20) or 1.0  # the next twentieth above the largest score
    if least <= 0:
        at = int((scores <= 0).any(axis=1).to_numpy().argmax())
        where = str(names.iloc[at]) if names is not None else ", ".join(f"{name} {scores[name].iloc[at]:g}" for name in scores)
        raise PresentationError("a logarithmic axis cannot show a score of zero", where=where, remedy='use scale="linear", or an offset')
    return least * 0.8, min(1.0, most * 1.15)


def _lines(axes: Axes, side: Floats, alpha: Sequence[float] | None, form: Form) -> dict[float, Floats]:
    """Draw the lines of equal D on a square grid with these nodes and return the longest piece of each, (p, 2) in data units."""
    first, second = np.meshgrid(side, side)
    d = coupling(np.stack([first, second], axis=-1), alpha, form).d
    levels = [level for level in _LEVELS if d.min() < level < d.max()]
    if not levels:
        return {}
    found = axes.contour(first, second, d, levels=levels, colors=FAINT, linewidths=0.9, zorder=1)
    pieces = {level: segments for level, segments in zip(levels, found.allsegs, strict=True) if segments}
    return {level: np.asarray(max(segments, key=len), dtype=np.float64) for level, segments in pieces.items()}


def _name_lines(axes: Axes, lines: Mapping[float, Floats], points: Floats, side: Floats) -> Floats:
    """Write D on each line where it is furthest from points, diagonal and other numbers, if there is room for it.

    Returns the places (p, 2) in data units that other labels must keep clear.
    """
    frame, unit = axes.get_window_extent(), axes.figure.dpi / 72 * _SIZE
    half = np.array([1.5, 0.6]) * unit  # of "D = 0.5"
    diagonal = np.repeat(side[:: len(side) // 60, None], 2, axis=1)
    taken, clear = steady(axes.transData.transform(np.vstack([points, diagonal]))), [np.empty((0, 2))]
    for level, line in lines.items():
        path = axes.transData.transform(line)
        inside = (path > [frame.x0, frame.y0] + half + 2) & (path < [frame.x1, frame.y1] - half - 2)
        path = path[inside.all(axis=1)]
        if not len(path):
            continue
        # distance in pixels from each node of the line (p) to what is nearest of the places taken (t): (p, t) -> (p,)
        nearest = np.hypot(*(path[:, None, :] - taken[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        place = path[int(nearest.argmax())]
        if nearest.max() < 2 * unit:
            continue
        x, y = axes.transData.inverted().transform(place)
        ground = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
        axes.text(x, y, f"D = {level:.1f}", ha="center", va="center", fontsize=_SIZE - 0.5, color=MUTED, bbox=ground, zorder=2)
        # seven points along the number stand for its box
        spread = place + np.linspace(-1, 1, 7)[:, None] * [half[0], 0]
        taken = np.vstack([taken, spread])
        clear.append(spread)
    return np.asarray(axes.transData.inverted().transform(np.vstack(clear)), dtype=np.float64)
