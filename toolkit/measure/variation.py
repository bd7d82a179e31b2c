"""Coefficient of variation, in its population and its sample form."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.values import checked, weighted


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
