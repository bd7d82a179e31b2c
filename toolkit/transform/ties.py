"""When two numbers are the same but for rounding: one rule for every order, rank, class and tie."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.numerics import SAME_NUMBER, Floats


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
