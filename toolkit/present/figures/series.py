"""Lines that stay apart in colour and in grey, and that stop at a gap instead of bridging it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.present.style import LINES, MARKERS, PALETTE, LineStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D


@dataclass(frozen=True)
class SeriesStyle:
    """How one series is told apart: by colour, and without colour by marker and line."""

    colour: str
    marker: str
    line: LineStyle


def series_style(position: int) -> SeriesStyle:
    """The style of the series at ``position``; from the seventh on, colours return with another marker and another line.

    Examples
    --------
    >>> series_style(0).colour == series_style(6).colour, series_style(0).line == series_style(6).line
    (True, False)
    """
    n = len(PALETTE)
    turn = position // n
    return SeriesStyle(PALETTE[position % n], MARKERS[(position + turn) % n], LINES[(position + turn) % len(LINES)])


def smallest_step(x: NDArray[np.float64]) -> float:
    """The least distance between two different values of ``x``; infinite if there is only one.

    Examples
    --------
    >>> smallest_step(np.array([2013.0, 2010.0, 2011.0, 2011.0]))
    1.0
    """
    steps = np.diff(np.unique(x))
    return float(steps.min()) if len(steps) else float("inf")


def with_gaps(x: NDArray[np.float64], y: NDArray[np.float64], step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Insert a missing point wherever two neighbours are more than ``step`` apart, so that no line is drawn over years without data.

    Examples
    --------
    >>> with_gaps(np.array([2010.0, 2011.0, 2014.0]), np.array([1.0, 2.0, 5.0]), 1.0)[1].tolist()
    [1.0, 2.0, nan, 5.0]
    """
    holes = np.flatnonzero(np.diff(x) > step * 1.5) + 1
    return np.insert(x, holes, np.nan), np.insert(y, holes, np.nan)


def draw_series(
    axes: Axes,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    style: SeriesStyle,
    *,
    step: float,
    label: str | None = None,
    weight: float = 1.5,
    markers: bool = True,
) -> Line2D:
    """One line with gaps left open, told apart in grey by its markers, or without them by its dashes.

    With ``markers`` off, only points without neighbours get one, since no line shows them.
    """
    line_x, line_y = with_gaps(x, y, step)
    missing = np.concatenate([[True], np.isnan(line_y), [True]])
    alone = np.flatnonzero(missing[:-2] & missing[2:] & ~missing[1:-1])
    (line,) = axes.plot(
        line_x,
        line_y,
        color=style.colour,
        linestyle="-" if markers else style.line,
        linewidth=weight,
        marker=style.marker if markers or len(alone) else "None",
        markersize=4.0,
        markeredgecolor="white",
        markeredgewidth=0.5,
        markevery=None if markers else [int(i) for i in alone],
        label=label,
    )
    return line
