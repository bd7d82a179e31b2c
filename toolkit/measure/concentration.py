"""Concentration: shares of the largest or of named units, and the Herfindahl–Hirschman index."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.values import checked


def concentration_ratio(values: ArrayLike, k: int) -> float:
    """Share of the ``k`` largest units in the total, CR_k.

    Raises
    ------
    MeasureError
        On missing or negative values, or when ``k`` is not between 1 and the number of units.

    Examples
    --------
    >>> concentration_ratio([50, 30, 15, 5], 2)
    0.8
    """
    x = checked(values, f"CR{k}", "non-negative")
    if not 1 <= k <= x.size:
        raise MeasureError(f"CR{k} of {x.size} units", remedy=f"choose k between 1 and {x.size}")
    return float(np.sort(x)[-k:].sum() / x.sum())


def herfindahl(values: ArrayLike) -> float:
    """Herfindahl–Hirschman index, the sum of squared shares: 1/n when equal, 1 when one unit holds all.

    Examples
    --------
    >>> herfindahl([1, 1, 1, 1])
    0.25
    """
    x = checked(values, "the Herfindahl index", "non-negative")
    return float(np.square(x / x.sum()).sum())


def share_of(values: pd.Series, members: Collection[str]) -> float:
    """Share of the named units in the total.

    Parameters
    ----------
    values : indexed by unit.
    members : names of units, all present in the index.

    Raises
    ------
    MeasureError
        When a member is not among the units, or a value is missing or negative.

    Examples
    --------
    >>> share_of(pd.Series({"Beijing": 3.0, "Shanghai": 2.0, "Hubei": 5.0}), ["Beijing", "Shanghai"])
    0.5
    """
    x = checked(values, "the share", "non-negative")
    absent = [m for m in members if m not in values.index]
    if absent:
        raise MeasureError(
            f"no unit is called {absent[0]!r}", where=f"{len(values)} units, for example {values.index[0]!r}", remedy="check the spelling"
        )
    return float(x[values.index.isin(list(members))].sum() / x.sum())
