r"""Rules and what they bring about: taxes, money over time, shares of the proceeds of a result, the weight of a second opinion.

Inventor and broker choose efforts e_1 and e_2 that cost :math:`e^\gamma / \gamma` each. The result brings

.. math:: y = e_1^{\alpha} e_2^{\beta}, \qquad e_1^\gamma = \alpha s_1 y, \quad e_2^\gamma = \beta s_2 y

where the efforts are the best answers to the shares s_1 and s_2. With :math:`a = \alpha/\gamma` and :math:`b = \beta/\gamma` it follows

.. math:: y = \left[(\alpha s_1)^a (\beta s_2)^b\right]^{1 / (1 - a - b)} ,

so that only a and b, the *weights* of the two, decide which shares are best: the unit keeps most, :math:`(1 - s_1 - s_2) y`, at
:math:`s_1 = a` and :math:`s_2 = b`.

A second opinion U, of unit variance and correlation rho with the first S, gets the weight w:

.. math:: C = (1 - w) S + w U, \qquad \rho_C = \frac{(1 - w) + w \rho}{\sqrt{(1 - w)^2 + w^2 + 2 w (1 - w) \rho}}, \qquad
    \tau = \frac{2}{\pi} \arcsin \rho_C

Kendall's tau between the ranking by S alone and by C holds for two normal opinions.

The B-index is the income before tax at which one yuan of R&D breaks even,

.. math:: B = \frac{1 - A}{1 - \tau}, \qquad A = \tau (1 + \theta) [w + (1 - w) z]

with tau the rate of the corporate income tax, theta the super-deduction, w the share of R&D that is expensed at once and z the present
value of the depreciation of one yuan of the rest. B is one when R&D is deducted like any other expense. It holds for a firm that pays tax
and uses the whole deduction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import checked, setting

_HALVINGS = 200  # of the interval of log(1 + r); far beyond double precision
COST = 2.0  # gamma: quadratic cost of effort; the best shares depend on it through the weights only


def split_output(inventor: float, broker: float, weights: tuple[float, float]) -> float:
    """What the result brings, y, when the two have these shares of it and answer with their best efforts.

    Parameters
    ----------
    inventor, broker : s_1 and s_2, fractions that sum to at most one.
    weights : a and b, positive, together below one.

    Raises
    ------
    MeasureError
        If shares or weights are outside their range.

    Examples
    --------
    >>> round(split_output(0.5, 0.25, (0.25, 0.25)), 4), split_output(1.0, 0.0, (0.25, 0.25))
    (0.1768, 0.0)
    """
    s, t = setting(inventor, "inventor"), setting(broker, "broker")
    a, b = _checked(weights)
    if not (0 <= s <= 1 and 0 <= t <= 1 and s + t <= 1 + 1e-12):
        raise MeasureError(f"shares of {s:g} and {t:g} cannot be paid", remedy="give fractions that sum to at most one")
    return float(((COST * a * s) ** a * (COST * b * t) ** b) ** (1 / (1 - a - b)))


def best_broker_share(inventor: float, weights: tuple[float, float]) -> float:
    r"""The broker's share that leaves the unit most when the inventor's is fixed, :math:`s_2 = (1 - s_1)\, b / (1 - a)`.

    Raises
    ------
    MeasureError
        If the share or the weights are outside their range.

    Examples
    --------
    >>> round(best_broker_share(0.7, (0.6, 0.1)), 4)
    0.075
    """
    s = setting(inventor, "inventor")
    a, b = _checked(weights)
    if not 0 <= s <= 1:
        raise MeasureError(f"inventor={s:g} is no share", remedy="give a fraction between zero and one")
    return (1 - s) * b / (1 - a)


def _checked(weights: tuple[float, float]) -> tuple[float, float]:
    a, b = (setting(weight, "weights") for weight in weights)
    if not (a > 0 and b > 0 and a + b < 1):
        raise MeasureError(f"weights of {a:g} and {b:g} have no best effort", remedy="give positive weights whose sum is below one")
    return a, b


def expected_agreement(weight: float, correlation: float) -> float:
    """Kendall's tau between the ranking without and with the second opinion, expected for two normal opinions.

    Parameters
    ----------
    weight : w in [0, 1], of the second opinion.
    correlation : rho in (−1, 1], of the two opinions.

    Raises
    ------
    MeasureError
        If one is outside its range.

    References
    ----------
    Kendall and Gibbons (1990), Rank Correlation Methods, ch. 10.

    Examples
    --------
    >>> expected_agreement(0.0, 0.2), round(expected_agreement(0.5, 0.0), 6), expected_agreement(1.0, 0.0)
    (1.0, 0.5, 0.0)
    """
    w, rho = setting(weight, "weight"), setting(correlation, "correlation")
    if not (0 <= w <= 1 and -1 < rho <= 1):
        raise MeasureError(
            f"no agreement for weight {w:g} and correlation {rho:g}", remedy="give a weight of 0 to 1 and a correlation above −1"
        )
    together = ((1 - w) + w * rho) / math.sqrt((1 - w) ** 2 + w**2 + 2 * w * (1 - w) * rho)
    return 2 / math.pi * math.asin(min(together, 1.0))


def b_index(tax_rate: float, super_deduction: float = 0.0, *, current_share: float = 1.0, capital_allowance: float = 1.0) -> float:
    r"""Warda's B-index of one yuan of R&D.

    .. math:: B = \frac{1 - \tau (1 + \theta) [w + (1 - w) z]}{1 - \tau}

    Parameters
    ----------
    tax_rate : tau, a fraction in [0, 1).
    super_deduction : theta, the extra deduction as a fraction of R&D; 0.75 when 175% may be deducted.
    current_share : w, the share of R&D that is expensed in the year.
    capital_allowance : z, the present value of the depreciation of one yuan of R&D capital, in [0, 1]; see :func:`straight_line_allowance`.
        The super-deduction applies to the depreciation as well.

    Raises
    ------
    MeasureError
        If a parameter is no number or outside its range; a rate written in per cent is the usual reason.

    References
    ----------
    Warda (2001), Measuring the value of R&D tax treatment in OECD countries, STI Review 27.

    Examples
    --------
    >>> round(b_index(0.25), 3), round(b_index(0.25, 0.75), 3), round(b_index(0.15, 0.75), 3)
    (1.0, 0.75, 0.868)
    """
    tau, theta = _within("tax_rate", tax_rate, 0.0, 1.0), _within("super_deduction", super_deduction, 0.0, 3.0)
    w, z = _within("current_share", current_share, 0.0, 1.0), _within("capital_allowance", capital_allowance, 0.0, 1.0)
    if tau == 1.0:
        raise MeasureError("tax_rate=1 leaves no income after tax", remedy="give the rate as a fraction below one")
    allowance = tau * (1 + theta) * (w + (1 - w) * z)
    return (1 - allowance) / (1 - tau)


def straight_line_allowance(years: int, discount_rate: float) -> float:
    r"""Present value of straight-line depreciation of one yuan, the first part in the year of purchase.

    .. math:: z = \frac{1}{n} \sum_{t=0}^{n-1} (1 + r)^{-t}

    Parameters
    ----------
    years : n, a whole number.
    discount_rate : r, a fraction.

    Raises
    ------
    MeasureError
        If ``years`` is no positive whole number, or the rate is negative or in per cent.

    Examples
    --------
    >>> round(straight_line_allowance(10, 0.05), 3)
    0.811
    """
    n, r = setting(years, "years"), _within("discount_rate", discount_rate, 0.0, 1.0)
    if not n >= 1 or not n.is_integer():
        raise MeasureError(f"years={n:g} is no number of years", remedy="a positive whole number, such as 10")
    return float(np.mean((1 + r) ** -np.arange(int(n), dtype=np.float64)))


def user_cost(b: float, real_interest: float, depreciation: float) -> float:
    r"""User cost of one yuan of R&D stock for a year.

    .. math:: c = B (r + \delta)

    Parameters
    ----------
    b : the B-index.
    real_interest, depreciation : r and delta as fractions.

    Raises
    ------
    MeasureError
        If the cost is not positive, or a rate is written in per cent.

    References
    ----------
    Hall and Jorgenson (1967), Tax policy and investment behavior, American Economic Review 57. Bloom, Griffith and Van Reenen (2002), Do
    R&D tax credits work? Evidence from a panel of countries 1979–1997, Journal of Public Economics 85.

    Examples
    --------
    >>> round(user_cost(b_index(0.25, 1.0), real_interest=0.05, depreciation=0.15), 4)
    0.1333
    """
    index, r, delta = setting(b, "b"), _within("real_interest", real_interest, -1.0, 1.0), _within("depreciation", depreciation, 0.0, 1.0)
    if not 0 < index < np.inf or r + delta <= 0:
        raise MeasureError(
            f"b={index:g} with interest {r:g} and depreciation {delta:g} gives no positive cost",
            remedy="the B-index (finite) and interest plus depreciation must be positive",
        )
    return index * (r + delta)


def wage_tax(income: float, brackets: Sequence[tuple[float, float]], allowance: float = 0.0) -> float:
    r"""Tax on a year's income under marginal rates, :math:`\sum_k (r_k - r_{k-1}) \max(0,\ y - d - a_k)`.

    Parameters
    ----------
    income : y, yuan a year before tax.
    brackets : (a_k, r_k), the taxable income above which each rate applies and the rate as a fraction, from the lowest up; one pair of zero
        and a rate is a flat tax.
    allowance : d, what is deducted first.

    Raises
    ------
    MeasureError
        If the thresholds do not rise, a rate lies outside 0 to 1, or an amount is negative or no number.

    Examples
    --------
    >>> wage_tax(160_000, [(0, 0.03), (36_000, 0.10)], allowance=60_000)
    7480.0
    """
    above, rates = np.asarray(brackets, dtype=np.float64).T
    y, d = setting(income, "income"), setting(allowance, "allowance")
    if not (0 <= y < np.inf and 0 <= d < np.inf and (np.diff(above) > 0).all() and ((rates >= 0) & (rates <= 1)).all()):
        raise MeasureError(
            f"no tax on an income of {y:g} with an allowance of {d:g} and these brackets",
            where=f"brackets: {list(brackets)}",
            remedy="give amounts that are not negative, thresholds that rise, and rates as fractions",
        )
    return float(np.diff(rates, prepend=0.0) @ np.maximum(y - d - above, 0.0))


def _within(name: str, value: object, low: float, high: float) -> float:
    number = setting(value, name)
    if not low <= number <= high:
        hint = f"; for {number:g}% write {number / 100:g}" if number > high else ""
        raise MeasureError(f"{name}={number:g} is outside [{low:g}, {high:g}]", remedy=f"give it as a fraction{hint}")
    return number


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
