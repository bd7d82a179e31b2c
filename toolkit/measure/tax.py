r"""The tax side of R&D: Warda's B-index, the present value of depreciation, the user cost of R&D, and the tax on wages.

.. math:: B = \frac{1 - A}{1 - \tau}, \qquad A = \tau (1 + \theta) [w + (1 - w) z]

B is the income before tax at which one yuan of R&D breaks even; tau the rate of the corporate income tax, theta the super-deduction, w the
share of R&D that is expensed at once and z the present value of the depreciation of one yuan of the rest. B is one when R&D is deducted
like any other expense. It holds for a firm that pays tax and uses the whole deduction.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import setting


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
