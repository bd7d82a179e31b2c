"""Winsorizing with the bounds reported and the changed cells counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import PanelError
from toolkit.numerics import SAME_NUMBER

Values = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bounds:
    """Bounds of one group (``"all"`` when pooled), and how many cells were raised to ``low`` or lowered to ``high``."""

    group: object
    low: float
    high: float
    raised: int
    lowered: int


@dataclass(frozen=True)
class Winsorized:
    """Result of :func:`winsorize`.

    Attributes
    ----------
    values : (n,) floats, missing where the input is.
    bounds : one entry per group.
    share : share cut at each end.
    """

    values: Values
    bounds: tuple[Bounds, ...]
    share: float

    @property
    def changed(self) -> int:
        """Number of cells that were changed."""
        return sum(b.raised + b.lowered for b in self.bounds)


def winsorize(values: npt.ArrayLike, share: float = 0.01, groups: npt.ArrayLike | None = None) -> Winsorized:
    """Values below the ``share`` quantile are raised to it, values above the ``1 - share`` quantile lowered to it.

    Quantiles interpolate linearly between order statistics (rule 7 of Hyndman and Fan 1996, numpy's ``linear``).

    Parameters
    ----------
    values : (n,) numbers; missing stays missing.
    share : share at each end, in [0, 0.5).
    groups : (n,) labels, e.g. years: bounds are computed within each; None pools all.

    Raises
    ------
    PanelError
        The share is out of range, the lengths differ, or a label is missing.

    Examples
    --------
    >>> result = winsorize([1.0, 2.0, 3.0, 4.0, 100.0], share=0.25)
    >>> result.values, result.changed
    (array([2., 2., 3., 4., 4.]), 2)
    """
    if not 0 <= share < 0.5:
        raise PanelError(f"the share {share!r} must lie in [0, 0.5)", remedy="use 0.01 for one percent at each end")
    out = np.array(values, dtype=float)
    if out.ndim != 1:
        raise PanelError(f"values have {out.ndim} dimensions", remedy="pass one column")
    if groups is None:
        codes, labels = np.zeros(len(out), dtype=np.intp), ["all"]
    else:
        series = pd.Series(np.asarray(groups))
        if len(series) != len(out):
            raise PanelError(f"{len(out)} values and {len(series)} groups do not match", remedy="pass arrays of equal length")
        if series.isna().any():
            raise PanelError(f"row {int(series.isna().to_numpy().argmax()) + 1} has no group", remedy="give every row a group")
        codes, index = pd.factorize(series, sort=True)
        labels = index.tolist()
    bounds = []
    for code, label in enumerate(labels):
        inside = (codes == code) & ~np.isnan(out)
        if not inside.any():
            continue
        low, high = np.quantile(out[inside], [share, 1 - share], method="linear")
        slack = SAME_NUMBER * max(abs(low), abs(high))  # a value that is the bound but for rounding has not changed
        raised, lowered = inside & (out < low - slack), inside & (out > high + slack)
        out[raised], out[lowered] = low, high
        bounds.append(Bounds(group=label, low=float(low), high=float(high), raised=int(raised.sum()), lowered=int(lowered.sum())))
    return Winsorized(out, tuple(bounds), share)
