"""Points with a least-squares line, its band, and the names of the points that matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.axes import log_axis, number_axis, powers_into_labels
from toolkit.present.figures.canvas import caption, legend_above, settle
from toolkit.present.figures.inputs import axis_text, complete_rows, groups_of, name_of, require_choice
from toolkit.present.figures.placing import label_points
from toolkit.present.figures.series import series_style
from toolkit.present.listed import listed
from toolkit.present.naming import Labels, Names, names_for
from toolkit.present.style import CLAIM, FAINT, Width, new_figure, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LogAxes = Literal["none", "x", "y", "both"]
Floats = NDArray[np.float64]
_CURVE_POINTS = 100


@dataclass(frozen=True)
class FittedLine:
    """Least-squares line of y on x with the 95 % interval of its mean, on a grid.

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
        np.exp(grid) if log in ("x", "both") else grid, middle, low, high, slope, 1 - residual / total if total > 0 else float("nan")
    )


def scatter_with_fit(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    label: str | None = None,
    select: Sequence[object] | None = None,
    group: str | None = None,
    names: Mapping[str, str | Text] | None = None,
    log: LogAxes = "none",
    x_label: str | Text | None = None,
    y_label: str | Text | None = None,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
    height: float = 4.2,
) -> FigureExhibit:
    """Points (x, y), their least-squares line (in logs on logarithmic axes) and the 95 % interval of its mean.

    The interval supposes independent errors of equal variance; for inference use an estimate.

    Parameters
    ----------
    frame : one row per point; rows without x or y are left out.
    x, y : columns.
    label : column with the names of the points.
    select : values of ``label`` that are written; all of them if omitted. With panel data, pass a frame of one year.
    group : column that gives points a colour and a marker.
    names : texts for values of ``label`` and ``group`` that are short ids.
    log : axes that are logarithmic.
    x_label, y_label : replace label and unit from the registry.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    title, note : texts.
    width, height : journal columns; inches.

    Raises
    ------
    MissingColumn, UnknownOption
    PresentationError
        if a value is not positive on a log axis, or a selected name is not in the data.

    Examples
    --------
    >>> frame = pd.DataFrame({"province": ["Beijing", "Hebei", "Jilin"], "gdp": [5.0, 4.0, 1.0], "rd": [3.0, 2.0, 1.0]})
    >>> scatter_with_fit(frame, "gdp", "rd", label="province").draw("en").data.columns.tolist()
    ['province', 'gdp', 'rd']
    """
    require_choice(log, ("none", "x", "y", "both"), "log")
    rows = complete_rows(frame, [x, y], [label, group], "the scatter figure")
    _check_positive(rows, [c for c, axes in ((x, ("x", "both")), (y, ("y", "both"))) if log in axes], label)
    chosen = _selection(rows, label, None if select is None else listed(select))
    line = fitted_line(rows[x].to_numpy(), rows[y].to_numpy(), log)
    known = names_for(labels, frame)

    def paint(language: Language) -> Drawing:
        heading, remark = (
            text_in(title, language),
            "\n".join(t for t in (text_in(note, language), _fit_note(line, len(rows), log, language)) if t),
        )
        with styled():
            figure = new_figure(width, height)
            axes = figure.add_subplot()
            for position, (key, part) in enumerate(groups_of(rows, group, None).items()):
                style = series_style(position)
                name = _named(key, names, known, language) if group else None
                axes.scatter(
                    part[x], part[y], s=20, color=style.colour, marker=style.marker, edgecolor="white", linewidth=0.5, label=name, zorder=3
                )
            if line is not None:
                axes.fill_between(line.x, line.low, line.high, color=FAINT, alpha=0.45, linewidth=0, zorder=1)
                axes.plot(line.x, line.y, color=CLAIM, linewidth=1.2, zorder=2)
            _scales(axes, log)
            axes.margins(0.07)
            axes.set_xlabel(text_in(x_label, language) if x_label is not None else axis_text(x, language, known))
            axes.set_ylabel(text_in(y_label, language) if y_label is not None else axis_text(y, language, known))
            legend_above(axes)
            caption(figure, heading, remark)
            powers_into_labels(figure)
            settle(figure)
            written = [_named(value, names, known, language) if keep else "" for value, keep in chosen]
            label_points(axes, rows[x].to_numpy(), rows[y].to_numpy(), written)
        return Drawing(figure, rows.copy(), heading, remark)

    return FigureExhibit(paint)


def _named(value: object, names: Mapping[str, str | Text] | None, known: Names, language: Language) -> str:
    return text_in(names[str(value)], language) if names and str(value) in names else name_of(value, language, known)


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


def _selection(rows: pd.DataFrame, label: str | None, select: Sequence[object] | None) -> list[tuple[object, bool]]:
    """Name of each point and whether it is written."""
    if label is None:
        return [("", False)] * len(rows)
    values = rows[label].tolist()
    unknown = [value for value in select or () if value not in values]
    if unknown:
        raise PresentationError(
            f"the scatter figure cannot label {unknown[0]!r}: no point with data has that {label}",
            where=f"{label}: {', '.join(map(str, dict.fromkeys(values)))}"[:300],
            remedy=f"select values of {label} that are in the data",
        )
    return [(value, select is None or value in select) for value in values]


def _scales(axes: Axes, log: LogAxes) -> None:
    for axis, name in ((axes.xaxis, "x"), (axes.yaxis, "y")):
        if log in (name, "both"):
            (axes.set_xscale if name == "x" else axes.set_yscale)("log")
            log_axis(axis)
        else:
            number_axis(axis)


def _fit_note(line: FittedLine | None, n: int, log: LogAxes, language: Language) -> str:
    if line is None:
        return Text(f"n\u00a0=\u00a0{n}; too few different points for a line.", f"n\u00a0=\u00a0{n}；可区分的点过少，不绘制拟合线。").to(
            language
        )
    kind = {"none": Text("slope", "斜率"), "both": Text("elasticity", "弹性")}.get(log, Text("slope (log axis)", "斜率（对数轴）")).to(
        language
    )
    numbers = f"{kind} {line.slope:.3g}, R² {line.r_squared:.2f}, n\u00a0=\u00a0{n}".replace("-", "−")
    return Text(
        f"Line: least squares with 95 % interval of the mean ({numbers}).", f"直线为最小二乘拟合，灰带为均值的 95% 置信区间（{numbers}）。"
    ).to(language)
