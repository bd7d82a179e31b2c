"""What each unit (a province, say) contributes to an index of inequality."""

from __future__ import annotations

from typing import cast, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.measure.values import Floats, labelled, weighted


@overload
def gini_contributions(values: pd.Series, weights: ArrayLike | None = None) -> pd.Series: ...
@overload
def gini_contributions(values: ArrayLike, weights: ArrayLike | None = None) -> Floats: ...
def gini_contributions(values: ArrayLike, weights: ArrayLike | None = None) -> Floats | pd.Series:
    r"""Contribution of each unit to the Gini coefficient, :math:`c_i = w_i \sum_j w_j |x_i - x_j| / (2 \bar x)`.

    The difference of a pair counts half for each of its units, so that no contribution is negative and they sum to G.
    It is large for the units far from the others, at the top or at the bottom.

    Parameters
    ----------
    values : (n,) non-negative, any unit.
    weights : (n,) non-negative; equal weights when omitted.

    Returns
    -------
    (n,) in the order of ``values``; a Series with their index where they are one.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or when all values are zero.

    Examples
    --------
    >>> gini_contributions([0.0, 0.0, 0.0, 10.0]).tolist()
    [0.125, 0.125, 0.125, 0.375]
    """
    x, w = weighted(values, weights, "the contributions to the Gini coefficient", "non-negative")
    x, w = x / x.max(), w / w.max()  # equal weights are ones: their running sums are exact
    order = np.argsort(x)
    step, below, beyond = np.diff(x[order]), np.cumsum(w[order])[:-1], np.cumsum(w[order][::-1])[-2::-1]
    away = np.zeros_like(x)
    away[1:] += np.cumsum(below * step)
    away[:-1] += np.cumsum((beyond * step)[::-1])[::-1]
    out: Floats = np.empty_like(x)
    out[order] = w[order] * away / (2 * w.sum() * np.sum(w * x))
    return cast("Floats | pd.Series", labelled(out, values, "gini_contribution"))


@overload
def theil_contributions(values: pd.Series, weights: ArrayLike | None = None) -> pd.Series: ...
@overload
def theil_contributions(values: ArrayLike, weights: ArrayLike | None = None) -> Floats: ...
def theil_contributions(values: ArrayLike, weights: ArrayLike | None = None) -> Floats | pd.Series:
    r"""Theil elements :math:`s_i \ln(s_i / w_i)`, which sum to Theil's T.

    :math:`s_i` is the unit's share of the total, :math:`w_i` its share of the weights. An element is positive for a unit above the mean
    and negative for one below it; zero at the mean and at zero.

    Parameters
    ----------
    values : (n,) non-negative, per unit of weight.
    weights : (n,) non-negative, for example population; equal weights when omitted.

    Returns
    -------
    (n,) in nats, in the order of ``values``; a Series with their index where they are one.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or when all values are zero.

    References
    ----------
    Conceição and Galbraith (2000), Eastern Economic Journal 26, 61–74.

    Examples
    --------
    >>> theil_contributions([1.0, 3.0]).round(4).tolist()
    [-0.1733, 0.3041]
    """
    x, w = weighted(values, weights, "the contributions to Theil's T", "non-negative")
    x = x / x.max()
    ratio = x / np.sum(w * x)
    elements = np.asarray(w * ratio * np.log(np.where(ratio > 0, ratio, 1.0)), dtype=np.float64)
    return cast("Floats | pd.Series", labelled(elements, values, "theil_contribution"))
