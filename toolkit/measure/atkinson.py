"""The Atkinson index: the share of the total that could be given up if the rest were spread evenly."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import boxcox

from toolkit.errors import MeasureError
from toolkit.measure.values import setting, weighted


def atkinson(values: ArrayLike, epsilon: float, weights: ArrayLike | None = None) -> float:
    r"""Atkinson index with inequality aversion :math:`\varepsilon`.

    .. math:: A_\varepsilon = 1 - \Big[\sum_i w_i \Big(\frac{x_i}{\bar x}\Big)^{1-\varepsilon}\Big]^{1/(1-\varepsilon)}, \qquad
        A_1 = 1 - \prod_i \Big(\frac{x_i}{\bar x}\Big)^{w_i}

    Parameters
    ----------
    values : (n,) non-negative; positive when ``epsilon`` is one or more (a single zero would make the index one).
    epsilon : above zero; 0.5, 1 and 2 are usual. The larger, the more the lowest values count.
    weights : (n,) non-negative; equal weights when omitted.

    Returns
    -------
    Between 0 (all equal) and 1.

    Raises
    ------
    MeasureError
        On missing, infinite, negative or (``epsilon >= 1``) zero values, on an ``epsilon`` that is not above zero, or one so large that
        the powers overflow.

    References
    ----------
    Atkinson (1970), Journal of Economic Theory 2.

    Examples
    --------
    The geometric mean of 1 and 4 is 2, their mean 2.5:

    >>> round(atkinson([1, 4], 1), 12)
    0.2
    """
    epsilon = setting(epsilon, "epsilon")
    what = f"the Atkinson index with epsilon = {epsilon:g}"
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise MeasureError(f"{what} is not defined", remedy="choose an inequality aversion above zero, for example 0.5, 1 or 2")
    x, w = weighted(values, weights, what, "positive" if epsilon >= 1 else "non-negative")
    x = x / x.max()
    power = 1 - epsilon
    with np.errstate(over="ignore", divide="ignore"):
        raised = float(w @ boxcox(x / (w @ x), power))
    if not np.isfinite(raised):
        raise MeasureError(f"{what} overflows on these values", remedy="choose a smaller epsilon, or check the smallest value")
    log_equivalent = raised if power == 0 else float(np.log1p(max(power * raised, -1.0))) / power
    return max(0.0, float(-np.expm1(log_equivalent)))
