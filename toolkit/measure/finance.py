"""Value over time: the internal rate of return of payments, and what a right is worth under uncertainty (Black–Scholes)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import checked, setting

_HALVINGS = 200  # of the interval of log(1 + r); far beyond double precision


def internal_rate_of_return(payments: ArrayLike) -> float:
    r"""The rate at which payments are worth nothing today, :math:`\sum_t x_t (1 + r)^{-t} = 0`.

    Parameters
    ----------
    payments : (n,) received less paid in the years 0, 1, …; outlays come first, so that the sign changes once and the rate is unique.

    Raises
    ------
    MeasureError
        On missing payments, or when the sign does not change once from minus to plus.

    Examples
    --------
    >>> round(internal_rate_of_return([-1.0, 0.0, 1.21]), 6)
    0.1
    """
    x = checked(payments, "the internal rate of return", "any")
    signs = np.sign(x[x != 0])
    if signs.size < 2 or signs[0] > 0 or np.count_nonzero(np.diff(signs)) != 1:
        raise MeasureError("the payments do not change once from minus to plus", remedy="put the outlays first and what comes back after")
    years = np.arange(x.size)
    low, high = -40.0, 40.0  # of log(1 + r)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        # scaled by the larger end so that no discount factor overflows; the sign is all that counts
        exponents = -middle * years
        worth = float(x @ np.exp(exponents - exponents.max()))
        low, high = (middle, high) if worth > 0 else (low, middle)
    return math.expm1((low + high) / 2)


def option_values(value: float, strike: float, *, volatility: float, years: float, interest: float) -> tuple[float, float]:
    r"""What the rights to buy and to sell something at a strike price in so many years are worth (Black–Scholes call and put).

    .. math:: C = V \Phi(d) - K e^{-rT} \Phi(d - \sigma \sqrt{T}), \quad P = C - V + K e^{-rT}, \quad
        d = \frac{\ln (V / K) + (r + \sigma^2 / 2) T}{\sigma \sqrt{T}}

    Parameters
    ----------
    value, strike : V and K, positive, in the same money.
    volatility, interest : sigma and r a year, fractions.
    years : T.

    Raises
    ------
    MeasureError
        If value or strike is not positive, or volatility or years is negative.

    References
    ----------
    Black and Scholes (1973), The pricing of options and corporate liabilities, Journal of Political Economy 81.

    Examples
    --------
    >>> call, put = option_values(100.0, 100.0, volatility=0.2, years=1.0, interest=0.05)
    >>> round(call, 4), round(put, 4)
    (10.4506, 5.5735)
    """
    v, k, sigma, t, r = (
        setting(number, name)
        for name, number in (("value", value), ("strike", strike), ("volatility", volatility), ("years", years), ("interest", interest))
    )
    if not (v > 0 and k > 0 and sigma >= 0 and t >= 0 and math.isfinite(r)):
        raise MeasureError(
            f"no option has value {v:g}, strike {k:g}, volatility {sigma:g} and {t:g} years",
            remedy="value and strike must be positive, volatility and years not negative",
        )
    due, spread = k * math.exp(-r * t), sigma * math.sqrt(t)
    if spread == 0:
        return max(v - due, 0.0), max(due - v, 0.0)
    d = math.log(v / due) / spread + spread / 2
    call = v * _normal(d) - due * _normal(d - spread)
    return call, call - v + due


def _normal(z: float) -> float:
    return math.erfc(-z / math.sqrt(2)) / 2
