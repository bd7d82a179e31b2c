"""Concentration: shares of the largest or of named units, and the Herfindahl–Hirschman index."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.values import checked, named, setting


def concentration_ratio(values: ArrayLike, k: int) -> float:
    """Share of the ``k`` largest units in the total, CR_k.

    Raises
    ------
    MeasureError
        On missing or negative values, or when ``k`` is no whole number between 1 and the number of units.

    Examples
    --------
    >>> concentration_ratio([50, 30, 15, 5], 2)
    0.8
    """
    x = checked(values, f"CR{k}", "non-negative")
    if setting(k, "k") % 1 or not 1 <= k <= x.size:
        raise MeasureError(f"CR{k} of {x.size} units", remedy=f"choose a whole k between 1 and {x.size}")
    x = np.sort(x) / x.max()
    return float(x[-int(k) :].sum() / x.sum())


def herfindahl(values: ArrayLike) -> float:
    """Herfindahl–Hirschman index, the sum of squared shares: 1/n when equal, 1 when one unit holds all.

    Examples
    --------
    >>> herfindahl([1, 1, 1, 1])
    0.25
    """
    x = checked(values, "the Herfindahl index", "non-negative")
    x = x / x.max()
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
        When the values have no names, a member is not among them, or a value is missing or negative.

    Examples
    --------
    >>> share_of(pd.Series({"Beijing": 3.0, "Shanghai": 2.0, "Hubei": 5.0}), ["Beijing", "Shanghai"])
    0.5
    """
    if not isinstance(values, pd.Series):
        raise MeasureError(f"the share of named units needs a Series, not {type(values).__name__}", remedy="give the units as its index")
    x = checked(values, "the share", "non-negative")
    absent = [m for m in members if m not in values.index]
    if absent:
        raise MeasureError(
            f"no unit is called {absent[0]!r}",
            where=f"{len(values)} units, for example {named(values.index[0])}",
            remedy="check the spelling",
        )
    x = x / x.max()
    return float(x[values.index.isin(list(members))].sum() / x.sum())
