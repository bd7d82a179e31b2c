"""Parts of one total, made up in several ways: a flow chart whose cells are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from toolkit.errors import PresentationError
from toolkit.language import Text
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.bars import ROUNDING
from toolkit.present.figures.canvas import Sheet, on_sheet, wrap
from toolkit.present.figures.inputs import check_once, complete_rows, groups_of
from toolkit.present.figures.scatter import push_apart
from toolkit.present.style import INK, PALETTE, Width
from toolkit.present.words import formats
from toolkit.present.words.naming import Labels, Notes, Texts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GAP, _BAR, _SIZE = 0.045, 0.05, 8.0
_PINCH = 0.4  # height of the waist, so that no band can be followed through it
_WAIST = Text(
    "The bands meet in the middle because the data do not say which part goes to which. Numbers are per cent of the total.",
    "各带汇于一处再分开：资料未给出部分之间的对应。数字为占总量百分比。",
)


def flow_chart(
    frame: pd.DataFrame,
    layer: str,
    part: str,
    value: str,
    *,
    names: Texts | None = None,
    labels: Labels = None,
    title: str | Text = "",
    notes: Notes = (),
    width: Width = "two",
    height: float = 3.2,
) -> FigureExhibit:
    """One stack for each layer, from left to right, and bands from each part to the total and from it to the parts of the next layer.

    Parameters
    ----------
    frame : one row per layer and part, in the order in which they are to stand.
    layer, part : columns of what is divided how (sources, performers), and of its parts.
    value : amounts, not negative, with the same sum in every layer.
    names, labels, title, notes, width : as in every figure, see :mod:`toolkit.present.figures`; names of layers and parts.
    height : inches before title and notes.

    Raises
    ------
    MissingColumn
    PresentationError
        There are fewer than two layers, a part occurs twice in a layer, an amount is negative, or the layers differ in sum.

    Examples
    --------
    >>> frame = pd.DataFrame({"layer": ["paid", "paid", "spent"], "part": ["a", "b", "c"], "value": [3.0, 1.0, 4.0]})
    >>> flow_chart(frame, "layer", "part", "value").draw("en").data["value"].tolist()
    [3.0, 1.0, 4.0]
    """
    rows = complete_rows(frame, [value], [layer, part], "the flow chart")
    check_once(rows, [layer, part], "the flow chart")
    layers = groups_of(rows, layer, None)
    sums = {key: float(found[value].sum()) for key, found in layers.items()}
    total = max(sums.values())
    if len(layers) < 2 or (rows[value] < 0).any() or min(sums.values()) < (1 - ROUNDING) * total:
        raise PresentationError(
            "the layers are no ways to divide one total",
            where=", ".join(f"{key}: {found:g}" for key, found in sums.items()),
            remedy="two layers or more, no negative part, and the same sum in each",
        )

    def paint(sheet: Sheet) -> Drawing:
        figure = sheet.figure(height)
        axes = figure.add_subplot()
        axes.set_axis_off()
        tallest = max(len(found) for found in layers.values())
        top = 1 + _GAP * (tallest - 1)
        places = {key: _stack(found[value].to_numpy() / sums[key], top) for key, found in layers.items()}
        last = len(layers) - 1
        for column, (key, found) in enumerate(layers.items()):
            colour = PALETTE[column % len(PALETTE)]
            for position, (low, high) in enumerate(places[key]):
                axes.fill_between([column, column + _BAR], low, high, color=colour, linewidth=0)
                waist = _waist(found[value].to_numpy() / sums[key], position, top)
                if column < last:
                    _band(axes, across=(column + _BAR, column + (1 + _BAR) / 2), start=(low, high), end=waist, colour=colour)
                if column > 0:
                    _band(axes, across=(column - (1 - _BAR) / 2, column), start=waist, end=(low, high), colour=colour)
            _name(
                axes,
                sheet,
                column=column,
                last=last,
                found=found,
                part=part,
                shares=found[value].to_numpy() / sums[key],
                places=places[key],
            )
            axes.text(column + _BAR / 2, top + 0.07, sheet.name(key), ha="center", va="bottom", fontsize=_SIZE + 0.5, color=INK)
        axes.set_xlim(-0.62, last + 0.62 + _BAR)
        axes.set_ylim(-0.04, top + 0.16)
        return sheet.finish(figure, rows, sheet.say(_WAIST))

    return on_sheet(paint, frame, title=title, notes=notes, width=width, names=names, labels=labels)


def _stack(shares: np.ndarray, top: float) -> list[tuple[float, float]]:
    """Ends of each part, the first one on top, with gaps, in the middle of the height."""
    used = float(shares.sum()) + _GAP * (len(shares) - 1)
    high = (top + used) / 2 - np.concatenate([[0.0], np.cumsum(shares[:-1] + _GAP)])
    return [(float(end - share), float(end)) for end, share in zip(high, shares, strict=True)]


def _waist(shares: np.ndarray, position: int, top: float) -> tuple[float, float]:
    """Ends of a part where all bands touch."""
    high = (top + _PINCH) / 2 - _PINCH * float(shares[:position].sum())
    return high - _PINCH * float(shares[position]), high


def _band(axes: Axes, *, across: tuple[float, float], start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    """A band with soft bends over ``across``, between two pairs of ends."""
    x = np.linspace(0, 1, 40)
    bend = x * x * (3 - 2 * x)
    low, high = ((1 - bend) * a + bend * b for a, b in zip(start, end, strict=True))
    axes.fill_between(across[0] + (across[1] - across[0]) * x, low, high, color=colour, alpha=0.28, linewidth=0)


def _name(
    axes: Axes,
    sheet: Sheet,
    *,
    column: int,
    last: int,
    found: pd.DataFrame,
    part: str,
    shares: np.ndarray,
    places: list[tuple[float, float]],
) -> None:
    """Names and shares beside the stack: at the left of the first one, at the right of all others."""
    left = column == 0 and last > 0
    middles = np.array([(low + high) / 2 for low, high in places])
    words = [
        f"{wrap(sheet.name(name), 1.0, _SIZE)} {formats.fixed(100 * share, 1)}" for name, share in zip(found[part], shares, strict=True)
    ]
    spots = push_apart(middles, 0.085, -0.02, float(max(high for _, high in places)) + 0.05)
    for spot, word in zip(spots, words, strict=True):
        axes.text(
            column - 0.03 if left else column + _BAR + 0.03,
            float(spot),
            word,
            ha="right" if left else "left",
            va="center",
            fontsize=_SIZE,
            color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.6},
        )
