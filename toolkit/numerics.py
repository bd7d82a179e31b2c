"""What all numeric code shares: the type of its arrays, and tolerances with one meaning each.

A tolerance that one module alone needs stands there, under a name of its own.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""An array of float64 of any shape; the shape stands in each docstring."""

SAME_NUMBER: Final = 1e-12
"""Share of a number by which another may differ and be the same: a few thousand roundings in double precision."""

SAME_DRAW: Final = 1e-9
"""A draw (or a value on a grid) whose statistic is this close to another, relatively, equals it and counts as a tie."""

SINGULAR: Final = 1e-12
"""Smallest eigenvalue, of a matrix scaled to a unit diagonal or relative to the largest, of a matrix that is inverted as it stands."""

UNIT_LEFT: Final = 1e-9
"""What other columns must leave of a column, relative to its own length, for it to add a direction."""

SIZE_LEFT: Final = 1e-12
"""What must be left of a column relative to its size before anything, its mean included, was taken out: fewer than four digits below it."""

IN_COMBINATION: Final = 1e-6
"""Smallest coefficient of a column of length one in a combination that is named as one of its parts."""

FULL_LEVERAGE: Final = 1e-8
"""1 - leverage below this is a direction that its cluster alone determines: its generalised inverse is zero."""

NO_VARIANCE: Final = 1e-11
"""Sums of scores below this share of what the rows could give are rounding: there is no variance to test with."""

PERFECT: Final = 1e-10
"""Residuals below this share of the outcome are rounding: the fit is perfect."""


def _same_step(ascending: Floats, floor: float = 0.0) -> NDArray[np.bool_]:
    """(n - 1, ...) whether each of the ascending numbers (n, ...) equals the one before it but for rounding.

    Two neighbours are the same when they differ by at most 1e-12 of the larger in absolute value, which no change of units touches, or by
    at most ``floor``; without one nothing but zero is the same as zero.
    """
    low, high = ascending[:-1], ascending[1:]
    with np.errstate(invalid="ignore"):
        return np.asarray(high - low <= SAME_NUMBER * np.maximum(np.abs(low), np.abs(high)) + floor)


def settled(values: Floats, floor: float = 0.0) -> Floats:
    """The numbers, in each column, with those that are the same but for rounding made equal: to the largest of them.

    A comparison ``values <= bound`` with one of the results as the bound therefore holds for all that it stands for.

    Parameters
    ----------
    values : (n,) or (n, m), each column by itself; missing ones stay missing.
    floor : a difference that is rounding whatever the size of the numbers; for numbers of known size, such as shares.

    Examples
    --------
    >>> settled(np.array([0.3, 3 * 0.1, 0.2])).tolist()
    [0.30000000000000004, 0.30000000000000004, 0.2]
    """
    columns = values if values.ndim == 2 else values[:, None]
    order = np.argsort(columns, axis=0, kind="stable")
    ascending = np.take_along_axis(columns, order, axis=0)
    ends = np.ones(ascending.shape, dtype=bool)  # the last of its run
    ends[:-1] = ~_same_step(ascending, floor)
    place = np.where(ends, np.arange(len(columns))[:, None], len(columns) - 1)
    last = np.minimum.accumulate(place[::-1], axis=0)[::-1]
    found = np.empty_like(columns)
    np.put_along_axis(found, order, np.take_along_axis(ascending, last, axis=0), axis=0)
    return found.reshape(values.shape)
