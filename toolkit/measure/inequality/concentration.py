"""Concentration ratios, Herfindahl, coefficient of variation, and what each unit (a province, say) contributes to inequality."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, cast, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.inputs.values import checked, labelled, named, setting, weighted
from toolkit.numerics import Floats


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


def coefficient_of_variation(
    values: ArrayLike, weights: ArrayLike | None = None, form: Literal["population", "sample"] = "population"
) -> float:
    r"""Standard deviation over mean.

    .. math:: CV = \frac{1}{\bar x} \sqrt{\sum_i w_i (x_i - \bar x)^2}, \qquad \sum_i w_i = 1

    Parameters
    ----------
    values : (n,) non-negative, any unit.
    weights : (n,) non-negative; equal weights when omitted. With population as weights this is Williamson's index.
    form : ``"population"`` divides by n, as the equation does: the units are all there are (31 provinces).
        ``"sample"`` multiplies by :math:`\sqrt{N / (N - 1)}` with N = n, or N = the sum of the weights when they are given: they are then
        counts of units, and shares make no sense.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, when all are zero, or when the sample form has N <= 1.
    UnknownOption
        On another ``form``.

    References
    ----------
    Williamson (1965), Economic Development and Cultural Change 13(4).

    Examples
    --------
    >>> round(coefficient_of_variation([1.0, 3.0]), 12)
    0.5
    >>> round(coefficient_of_variation([1.0, 3.0], form="sample") ** 2, 12)
    0.5
    """
    x, w = weighted(values, weights, "the coefficient of variation", "non-negative")
    if form not in ("population", "sample"):
        raise UnknownOption(f"form={form!r} is not known", remedy='choose "population" or "sample"')
    x = x / x.max()
    mean = w @ x
    population = float(np.sqrt(w @ np.square(x - mean)) / mean)
    if form == "population":
        return population
    count = float(x.size if weights is None else checked(weights, "the weights", "non-negative").sum())
    if count <= 1:
        raise MeasureError(
            f"the sample form needs more than one unit; N is {count:g}", remedy='use form="population", or weights that count units'
        )
    return population * float(np.sqrt(count / (count - 1)))


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
