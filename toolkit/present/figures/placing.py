"""Where to put labels so that none covers another: pushing apart along one line, and looking for free places around points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Annotation, Text


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


@dataclass(frozen=True)
class Boxes:
    """Rectangles in pixels: ``edges`` is (n, 4) with left, bottom, right, top."""

    edges: NDArray[np.float64]

    def overlap(self, box: NDArray[np.float64]) -> float:
        """Area that ``box`` (4,) shares with all the rectangles."""
        wide = np.minimum(self.edges[:, 2], box[2]) - np.maximum(self.edges[:, 0], box[0])
        high = np.minimum(self.edges[:, 3], box[3]) - np.maximum(self.edges[:, 1], box[1])
        return float((np.clip(wide, 0, None) * np.clip(high, 0, None)).sum())


def extents(texts: Sequence[Text]) -> NDArray[np.float64]:
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
    pixels = axes.transData.transform(np.column_stack([x, y]))
    points = 72 / axes.figure.dpi
    step = size / points * 0.62
    frame = axes.get_window_extent()
    taken = [(px - step * 0.5, py - step * 0.5, px + step * 0.5, py + step * 0.5) for px, py in pixels]
    named = [i for i, text in enumerate(labels) if text]
    centre = pixels[named].mean(axis=0) if named else np.zeros(2)
    written: list[Annotation] = []
    for i in sorted(named, key=lambda k: -float(np.hypot(*(pixels[k] - centre)))):
        note = axes.annotate(labels[i], (x[i], y[i]), xytext=(0, 0), textcoords="offset points", fontsize=size, va="center", ha="center")
        note.set_path_effects([withStroke(linewidth=1.6, foreground="white")])
        size_px = extents([note])[0]
        half = np.array([size_px[2] - size_px[0], size_px[3] - size_px[1]]) / 2
        offset, box = _nearest_place(pixels[i], half, step, Boxes(np.array(taken)), np.array([frame.x0, frame.y0, frame.x1, frame.y1]))
        note.set_position((float(offset[0] * points), float(offset[1] * points)))
        if float(np.abs(offset / (half + step)).max()) > 1.15:
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
    point: NDArray[np.float64], half: NDArray[np.float64], step: float, taken: Boxes, frame: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset and box of the first place around ``point`` that overlaps nothing; of the one that overlaps least if none is free."""
    best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for distance in _DISTANCES:
        for direction in _DIRECTIONS:
            offset = direction * (half + step * distance)
            box = np.concatenate([point + offset - half, point + offset + half])
            outside = max(0.0, frame[0] - box[0], frame[1] - box[1], box[2] - frame[2], box[3] - frame[3])
            cost = taken.overlap(box) + outside * 4 * float(half.sum())
            if cost == 0:
                return offset, box
            if best is None or cost < best[0]:
                best = (cost, offset, box)
    assert best is not None
    return best[1], best[2]
