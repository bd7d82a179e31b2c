"""Gini coefficient and Lorenz curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from toolkit.measure.values import Floats, weighted
from toolkit.transform.ties import settled


@dataclass(frozen=True)
class LorenzCurve:
    """Cumulative shares, poorest unit first.

    Attributes
    ----------
    population : (n + 1,) cumulative share of weights, from 0 to 1.
    value : (n + 1,) cumulative share of the total, from 0 to 1.
    gini : one minus twice the area under the curve.
    """

    population: Floats
    value: Floats
    gini: float


def lorenz(values: ArrayLike, weights: ArrayLike | None = None) -> LorenzCurve:
    r"""Lorenz curve of ``values`` per unit of weight.

    Parameters
    ----------
    values : (n,) non-negative, per unit of weight (for example yuan per person).
    weights : (n,) non-negative, for example population; equal weights when omitted.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or when all values are zero.

    References
    ----------
    Lorenz (1905), Publications of the American Statistical Association 9.

    Examples
    --------
    >>> lorenz([1.0, 3.0]).value.tolist()
    [0.0, 0.25, 1.0]
    """
    x, w = weighted(values, weights, "the Lorenz curve", "non-negative")
    order = np.lexsort((w, settled(x)))  # ties by weight, so that the points do not depend on the order of the rows
    x, w = x[order] / x.max(), w[order] / w.max()
    population = np.concatenate(([0.0], np.cumsum(w)))
    value = np.concatenate(([0.0], np.cumsum(w * x)))
    population, value = population / population[-1], value / value[-1]
    area = float(np.sum(np.diff(population) * (value[1:] + value[:-1]) / 2))
    return LorenzCurve(population, value, 1.0 - 2.0 * area)


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    r"""Gini coefficient :math:`G = \sum_i\sum_j w_i w_j |x_i - x_j| / (2 \bar x)`, with :math:`\sum_i w_i = 1`.

    Computed in O(n log n) from the sorted values, as a sum of non-negative terms.
    No small-sample factor n / (n - 1) is applied.

    Parameters
    ----------
    values : (n,) non-negative, any unit.
    weights : (n,) non-negative; equal weights when omitted.

    Returns
    -------
    Between 0 (all equal) and 1 - 1/n (one unit holds all, equal weights).

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or when all values are zero.

    References
    ----------
    Sen (1973), On Economic Inequality, chapter 2.

    Examples
    --------
    >>> gini([0.0, 0.0, 0.0, 10.0])
    0.75
    """
    x, w = weighted(values, weights, "the Gini coefficient", "non-negative")
    x = x / x.max()
    if weights is None:
        return float(gini_of_sorted(np.sort(x), np.ones_like(x)))
    order = np.argsort(x)
    return float(gini_of_sorted(x[order], w[order] / w.max()))


def gini_of_sorted(x: Floats, w: Floats) -> Floats:
    """Gini coefficients of one set of values under one or many sets of weights.

    Parameters
    ----------
    x : (n,) ascending, non-negative.
    w : (..., n) non-negative, in any scale; equal weights are best given as ones, whose running sums are exact.

    Returns
    -------
    (...,)
    """
    above = np.cumsum(w[..., :-1], axis=-1, dtype=np.float64)
    above *= np.diff(x)
    np.cumsum(above, axis=-1, out=above)  # sum over j of w_j (x_i - x_j)+, for i from the second
    above *= w[..., 1:]
    return np.asarray(above.sum(axis=-1) / (w.sum(axis=-1) * (w * x).sum(axis=-1)), dtype=np.float64)
