"""Has the dispersion of a fixed set of entities changed? Two tests that need entities, not years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc, stdtr, stdtrit

from toolkit.errors import MeasureError
from toolkit.measure.convergence.sigma import FEWEST_YEARS
from toolkit.measure.inputs.grid import checked_grid, need_years
from toolkit.numerics import Floats
from toolkit.report import Fields, PValue

_FEWEST = 3  # the paired test has N - 2 degrees of freedom


@dataclass(frozen=True, repr=False)
class DispersionChange(Fields):
    """Standard deviations of logs in the first and the last year, tests that they are equal, and the slope between them.

    Attributes
    ----------
    first, last : standard deviation of logs over the N entities (divided by N).
    correlation : r, of the sum and the difference of the two years; positive when the dispersion grew.
    statistic, p_value : Pitman's and Morgan's t with N - 2 degrees of freedom, two-sided.
    lr, lr_p : the likelihood ratio of the same null, chi-squared with one degree of freedom.
    slope, low, high : least-squares slope of the standard deviation on the year, with the 95% interval of the
        jackknife over entities.
    """

    first: float
    last: float
    correlation: float
    statistic: float
    p_value: PValue
    lr: float
    lr_p: PValue
    slope: float
    low: float
    high: float


def dispersion_change(values: pd.DataFrame) -> DispersionChange:
    r"""Test that the variance of logs is the same in the first and the last year, and a jackknife interval of the slope over all years.

    The two years are paired: the same N entities. For :math:`D_i = \ln y_{iT} - \ln y_{i1}` and :math:`S_i = \ln y_{iT} + \ln y_{i1}`,
    :math:`\mathrm{cov}(D, S) = \sigma_T^2 - \sigma_1^2`, so that equal variances mean that S and D are uncorrelated. With their correlation
    r, :math:`t = r \sqrt{(N-2)/(1-r^2)}` is exactly t with N - 2 degrees of freedom when the logs are jointly normal, whatever the number
    of years (Pitman; Morgan). Since
    :math:`1/(1-r^2) = 1 + (\sigma_1^2 - \sigma_T^2)^2 / \{4 (\sigma_1^2 \sigma_T^2 - \sigma_{1T}^2)\}`, the likelihood ratio
    :math:`-N \ln (1 - r^2)` is the statistic that tests of sigma-convergence for short panels are built on.

    The slope b uses all years. Its interval leaves out one entity with its whole path at a time, so that it needs no model of how a path
    depends on its past; a trend test on the T yearly figures would. With :math:`b_{(i)}` the slope without entity i,
    :math:`se^2 = \frac{N-1}{N} \sum_i (b_{(i)} - \bar b_{(\cdot)})^2`, and t with N - 1 degrees of freedom. In simulations of 31 entities
    with persistent paths over 6 to 14 years the interval covers in 93 to 95 of a hundred cases, where percentiles of a bootstrap cover in
    90 to 92 (see the tests).

    Parameters
    ----------
    values : frame of N entities by T years, positive and complete.

    Raises
    ------
    MeasureError
        On missing, zero or negative values, fewer than four years, or fewer than three entities.

    References
    ----------
    Pitman (1939) and Morgan (1939), Biometrika 31. The identities are derived above and checked in the tests.

    Examples
    --------
    >>> frame = pd.DataFrame(np.exp(np.outer([1.0, 2.0, 4.0, 5.5], [1.0, 0.9, 0.8, 0.72])), columns=range(2020, 2024))
    >>> found = dispersion_change(frame)
    >>> found.slope < 0, found.correlation < -0.99
    (True, True)
    """
    grid = checked_grid(values, "the change of dispersion", lowest="positive")
    need_years(grid, FEWEST_YEARS, "the change of dispersion")
    logs = np.log(grid.values)
    n = len(logs)
    if n < _FEWEST:
        raise MeasureError(f"{n} entities cannot tell whether a dispersion has changed", remedy=f"give {_FEWEST} or more")
    total, difference = logs[:, -1] + logs[:, 0], logs[:, -1] - logs[:, 0]
    r = float(np.corrcoef(total, difference)[0, 1]) if difference.std() > 0 else 0.0
    left = max(1.0 - r * r, np.finfo(float).tiny)
    statistic = r * float(np.sqrt((n - 2) / left))
    lr = -n * float(np.log(left))
    weights = _slope_weights(grid.times.astype(float))
    spread = logs.std(axis=0)
    slope = float(spread @ weights)
    without = np.array([np.delete(logs, i, axis=0).std(axis=0) @ weights for i in range(n)])
    half = float(stdtrit(n - 1, 0.975) * np.sqrt((n - 1) / n * np.square(without - without.mean()).sum()))
    return DispersionChange(
        first=float(spread[0]),
        last=float(spread[-1]),
        correlation=r,
        statistic=statistic,
        p_value=float(2 * stdtr(n - 2, -abs(statistic))),
        lr=lr,
        lr_p=float(chdtrc(1, lr)),
        slope=slope,
        low=slope - half,
        high=slope + half,
    )


def _slope_weights(years: Floats) -> Floats:
    """(T,) what each year counts in the least-squares slope."""
    centred = years - years.mean()
    return np.asarray(centred / (centred @ centred))
