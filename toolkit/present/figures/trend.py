"""Lines over time with their names at the right end instead of in a legend."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.axes import log_axis, number_axis, powers_into_labels, reference_line, year_axis
from toolkit.present.figures.canvas import caption, legend_above, settle
from toolkit.present.figures.inputs import axis_text, check_once, complete_rows, groups_of, name_of, require_choice
from toolkit.present.figures.placing import push_apart
from toolkit.present.figures.series import SeriesStyle, draw_series, series_style, smallest_step
from toolkit.present.listed import listed, pairs
from toolkit.present.naming import Labels, names_for
from toolkit.present.style import CLAIM, MUTED, Width, new_figure, styled, text_colour

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Scale = Literal["linear", "log"]
_LABEL_SIZE = 7.0
_LABEL_GAP = 8.6  # points from one label to the next
_GREY = SeriesStyle("#BDBDBD", "o", "-")


@dataclass(frozen=True)
class Line:
    """One line and its name: ``x``, ``y`` (n,) without missing values, sorted by x; whether it stands out."""

    key: object
    x: np.ndarray
    y: np.ndarray
    style: SeriesStyle
    prominent: bool


def trend_lines(
    frame: pd.DataFrame,
    x: str,
    y: str,
    group: str | None = None,
    *,
    names: Mapping[str, str | Text] | None = None,
    highlight: Sequence[object] = (),
    references: Sequence[tuple[float, str | Text]] = (),
    breaks: Sequence[tuple[int, str | Text]] = (),
    scale: Scale = "linear",
    y_label: str | Text | None = None,
    labels: Labels = None,
    title: str | Text = "",
    note: str | Text = "",
    width: Width = "two",
    height: float | None = None,
) -> FigureExhibit:
    """One line per group over time, named at its right end; years without data are left open.

    Parameters
    ----------
    frame : one row per group and time.
    x, y : columns of time and value.
    group : column that tells the lines apart (province, region, a column of variable ids, ...); one line if omitted.
    names : texts for groups that are short ids.
    highlight : groups that are drawn in colour before all others in grey; without it every line has its colour.
    references : (value, text) of horizontal lines.
    breaks : (first year of the new definition, text); the step into that year is shaded and explained in the note.
    scale : of the vertical axis.
    y_label : replaces label and unit of ``y`` from the registry.
    labels : labels of columns and ids that take precedence over the registry, which names those of its own data; ``"registry"`` asks for
        its labels and units for any data.
    title, note : texts above and below.
    width, height : journal columns; inches (by default enough for the labels).

    Raises
    ------
    MissingColumn, PresentationError, UnknownOption

    Examples
    --------
    >>> frame = pd.DataFrame({"year": [2020, 2021] * 2, "region4": ["East"] * 2 + ["West"] * 2, "rd": [2.6, 2.8, 1.5, 1.6]})
    >>> trend_lines(frame, "year", "rd", "region4").draw("en").data.shape
    (4, 3)
    """
    require_choice(scale, ("linear", "log"), "scale")
    rows = complete_rows(frame, [x, y], [group], "the trend figure")
    check_once(rows, [group, x], "the trend figure")
    if scale == "log" and (rows[y] <= 0).any():
        bad = rows.loc[rows[y] <= 0].iloc[0]
        raise PresentationError(
            f"a log axis cannot show {y} = {bad[y]:g}",
            where=", ".join(f"{c} {bad[c]}" for c in (group, x) if c),
            remedy="use scale='linear'",
        )
    rows = rows.sort_values([group, x] if group else [x], kind="stable", ignore_index=True)
    lines = _lines(rows, x, y, group, listed(highlight))
    step = smallest_step(rows[x].to_numpy())
    prominent = sum(line.prominent for line in lines)
    few, weight = prominent <= 6, 1.6 if prominent <= 12 else 1.1
    room = _LABEL_GAP / 72 * prominent * 1.08 + 1.2
    breaks = pairs(breaks)
    known = names_for(labels, frame)

    def paint(language: Language) -> Drawing:
        heading, remark = text_in(title, language), _with_breaks(text_in(note, language), breaks, language)
        with styled():
            figure = new_figure(width, height or max(3.2 if width == "two" else 2.6, min(room, 6.5)))
            axes = figure.add_subplot()
            for line in lines:
                draw_series(
                    axes, line.x, line.y, line.style, step=step, weight=weight if line.prominent else 0.8, markers=line.prominent and few
                )
            for value, text in pairs(references):
                reference_line(axes, value, "y", colour=CLAIM, label=text_in(text, language))
            _shade(axes, breaks)
            axes.set_ylabel(text_in(y_label, language) if y_label is not None else axis_text(y, language, known))
            year_axis(axes.xaxis)
            if scale == "log":
                axes.set_yscale("log")
                log_axis(axes.yaxis)
            else:
                number_axis(axes.yaxis)
            axes.grid(axis="y")
            legend_above(axes)
            caption(figure, heading, remark)
            named = [line for line in lines if line.prominent] if group else []
            _name_right_ends(
                axes, named, [text_in((names or {}).get(str(line.key), name_of(line.key, language, known)), language) for line in named]
            )
        return Drawing(figure, rows.copy(), heading, remark)

    return FigureExhibit(paint)


def _lines(rows: pd.DataFrame, x: str, y: str, group: str | None, highlight: Sequence[object]) -> list[Line]:
    groups = groups_of(rows, group, y)
    unknown = [key for key in highlight if key not in groups]
    if unknown:
        raise PresentationError(
            f"the trend figure cannot highlight {unknown[0]!r}: {group} has no such value with data",
            where=f"{group}: {', '.join(map(str, list(groups)[:40]))}",
            remedy="highlight values that are in the data",
        )
    order = list(highlight) if highlight else list(groups)
    background = [Line(k, g[x].to_numpy(), g[y].to_numpy(), _GREY, False) for k, g in groups.items() if k not in order]
    front = [Line(k, groups[k][x].to_numpy(), groups[k][y].to_numpy(), series_style(i), True) for i, k in enumerate(order)]
    return background + front


def _shade(axes: Axes, breaks: Sequence[tuple[int, str | Text]]) -> None:
    for letter, (year, _) in zip("abcdefghijklmnopqrstuvwxyz", breaks, strict=False):
        axes.axvspan(year - 1, year, color="#EFEBE0", zorder=0)
        axes.text(year - 0.5, 0.985, letter, transform=axes.get_xaxis_transform(), ha="center", va="top", fontsize=7, color=MUTED)


def _with_breaks(note: str, breaks: Sequence[tuple[int, str | Text]], language: Language) -> str:
    if not breaks:
        return note
    listed = [
        f"({letter}) {year}: {text_in(text, language)}" for letter, (year, text) in zip("abcdefghijklmnopqrstuvwxyz", breaks, strict=False)
    ]
    shaded = Text("Shaded: breaks in the series. ", "阴影：数据口径变动。").to(language) + Text("; ", "；").to(language).join(listed)
    return f"{note}\n{shaded}" if note else shaded


def _name_right_ends(axes: Axes, lines: Sequence[Line], names: Sequence[str]) -> None:
    """Names beside the last point of each line, pushed apart; the layout is computed and kept."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    texts = [
        axes.annotate(
            name,
            (1.0, 0.5),
            xycoords="axes fraction",
            xytext=(3, 0),
            textcoords="offset points",
            fontsize=_LABEL_SIZE,
            va="center",
            color=text_colour(line.style.colour),
            annotation_clip=False,
        )
        for line, name in zip(lines, names, strict=True)
    ]
    powers_into_labels(figure)
    settle(figure)
    if not lines:
        return
    ends = np.array([[line.x[-1], line.y[-1]] for line in lines])
    frame = axes.get_window_extent()
    pixels = axes.transData.transform(ends)
    places = push_apart(pixels[:, 1], _LABEL_GAP * figure.dpi / 72, frame.y0, frame.y1)
    for text, line, end, place in zip(texts, lines, ends, places, strict=True):
        text.xy = (1.0, float((place - frame.y0) / frame.height))
        axes.annotate(
            "",
            (1.0, float((place - frame.y0) / frame.height)),
            xycoords="axes fraction",
            xytext=(float(end[0]), float(end[1])),
            textcoords="data",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "linewidth": 0.5, "color": line.style.colour, "shrinkA": 2, "shrinkB": 0, "relpos": (0, 0)},
        )
