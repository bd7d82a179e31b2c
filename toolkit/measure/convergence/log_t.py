"""The log t test of Phillips and Sul: do relative paths come together?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from toolkit.errors import MeasureError
from toolkit.measure.convergence.sigma import least_squares, long_run_variance
from toolkit.measure.inputs.grid import Grid, checked_grid
from toolkit.measure.inputs.values import setting
from toolkit.numerics import SAME_NUMBER, Floats
from toolkit.report import Fields, PValue

CRITICAL = -1.65  # one-sided, 5 percent
TRIM = 0.3  # share of the first years left out; the authors' choice for T up to 50
FEWEST_POINTS = 5  # years in the regression: two coefficients and one autocorrelation are taken from them
FEW_YEARS = 15  # the authors' simulations start near here


@dataclass(frozen=True, repr=False)
class LogT(Fields):
    """The regression log(H_1/H_t) - 2 log(log t) = a + b log t + u_t.

    Attributes
    ----------
    b : slope; convergence of growth rates for 0 <= b < 2, of levels for b >= 2.
    std_error : from the long-run variance of u (quadratic spectral kernel).
    t : b / std_error.
    p_value : one-sided, normal, of the null b >= 0 (convergence); small rejects convergence.
    bandwidth : of the kernel, zero when the residuals show no autocorrelation.
    first_year : first year in the regression.
    points : years in the regression.
    entities : N.
    """

    b: float
    std_error: float
    t: float
    p_value: PValue
    bandwidth: float
    first_year: int
    points: int
    entities: int

    @property
    def converges(self) -> bool:
        """Convergence is not rejected: t above -1.65."""
        return self.t > CRITICAL

    @property
    def speed(self) -> float:
        """b / 2, the rate at which differences in the transition paths decline."""
        return self.b / 2


def log_t(values: pd.DataFrame, *, trim: float = TRIM) -> LogT:
    r"""Test that all entities converge.

    With :math:`h_{it} = X_{it} / \bar X_t` and :math:`H_t = N^{-1} \sum_i (h_{it} - 1)^2` the regression
    :math:`\ln(H_1/H_t) - 2 \ln \ln t = a + b \ln t + u_t` runs over t = [rT] + 1, ..., T, where [rT] is rT rounded to the nearest year
    (halves up) and t counts years from the first. The standard error is the long-run variance of u times (x'x)^{-1}, as in the authors'
    programs.

    Parameters
    ----------
    values : frame of N entities by T years, positive and complete: levels, or logarithms, best without the business cycle (see
        :func:`hp_trend`). The test does not depend on the unit of levels; in logarithms it does, since a ratio of logs is no pure number.
    trim : r.

    Raises
    ------
    MeasureError
        On a missing, zero or negative value, an entity that never changes, a year in which all entities coincide, years that are not
        consecutive, or fewer than five years in the regression.

    References
    ----------
    Phillips and Sul (2007), Econometrica 75; Phillips and Sul (2009), Journal of Applied Econometrics 24; Andrews (1991), Econometrica 59.

    Examples
    --------
    >>> years = np.arange(1, 21)
    >>> apart = pd.DataFrame([10 + 1 / years, 10 - 1 / years], index=["a", "b"], columns=2000 + years)
    >>> round(log_t(apart).b, 2), log_t(apart).converges
    (1.19, True)
    """
    grid = path_grid(values, trim)
    return log_t_of(grid, np.arange(len(grid.entities)), trim)


def path_grid(values: pd.DataFrame, trim: float) -> Grid:
    """The grid of a log t test, checked.

    Raises
    ------
    MeasureError
    """
    grid = checked_grid(values, "the log t test", lowest="positive")
    if not 0 < setting(trim, "trim") < 1:
        raise MeasureError(f"trim={trim} is no share", remedy="use 0.3, or 0.2 for more than 100 years")
    years = len(grid.times)
    if (np.diff(grid.times) != 1).any():
        hole = int(grid.times[int(np.argmax(np.diff(grid.times) != 1))]) + 1
        raise MeasureError("the log t test needs consecutive years", where=f"{hole} is not there", remedy="use a stretch without a gap")
    points = years - _left_out(years, trim)
    if points < FEWEST_POINTS:
        raise MeasureError(
            f"the log t test needs {FEWEST_POINTS} years after the first {trim:.0%} are left out; {years} years leave {points}",
            where=f"years {grid.times[0]} to {grid.times[-1]}",
            remedy="use a longer series",
        )
    still = np.ptp(grid.values, axis=1) <= SAME_NUMBER * grid.values.max(axis=1)
    if still.any():
        raise MeasureError(
            f"{int(still.sum())} of {len(still)} entities never change",
            where=f"first: {grid.entities[int(np.argmax(still))]}",
            remedy="leave them out",
        )
    return grid


def log_t_of(grid: Grid, rows: np.ndarray, trim: float) -> LogT:
    """The test on some rows of a checked grid.

    Raises
    ------
    MeasureError
        When these rows coincide in a year, so that the logarithm of their dispersion does not exist.
    """
    years = len(grid.times)
    dispersion = np.square(relative_paths(grid.values[rows]) - 1).mean(axis=0)
    if (dispersion < SAME_NUMBER**2).any():
        at = int(np.argmax(dispersion < SAME_NUMBER**2))
        names = ", ".join(str(grid.entities[i]) for i in rows[:3])
        raise MeasureError(
            f"{len(rows)} entities have the same value in {grid.times[at]}, so their log dispersion does not exist",
            where=f"{names}{', ...' if len(rows) > 3 else ''}",
            remedy="use unrounded data, or the trend: hp_trend(values)",
        )
    out = _left_out(years, trim)
    t = np.arange(out + 1, years + 1, dtype=np.float64)
    y = np.log(dispersion[0] / dispersion[out:]) - 2 * np.log(np.log(t))
    fit = least_squares(y, np.column_stack([np.ones_like(t), np.log(t)]), ("constant", "log t"), "the log t regression")
    variance, bandwidth = long_run_variance(fit.residuals)
    b, std_error = float(fit.beta[1]), float(np.sqrt(max(variance, 0.0) * fit.bread[1, 1]))
    statistic = b / std_error if std_error > 0 else float(np.copysign(np.inf, b))
    return LogT(
        b=b,
        std_error=std_error,
        t=statistic,
        p_value=float(ndtr(statistic)),
        bandwidth=bandwidth,
        first_year=int(grid.times[out]),
        points=len(t),
        entities=len(rows),
    )


def relative_paths(values: Floats) -> Floats:
    """h_it: each row over the mean of all rows, year by year."""
    return np.asarray(values / values.mean(axis=0))


def _left_out(years: int, trim: float) -> int:
    return max(int(np.floor(trim * years + 0.5 + SAME_NUMBER)), 1)


def hp_trend(values: pd.DataFrame, smoothing: float = 400.0) -> pd.DataFrame:
    r"""Trend of each row after Hodrick and Prescott, the minimum of :math:`\sum (x_t - g_t)^2 + \lambda \sum (\Delta^2 g_t)^2`.

    Parameters
    ----------
    values : frame of entities by years, complete.
    smoothing : lambda; 400 is what Phillips and Sul use for annual data, 6.25 is the value of Ravn and Uhlig (2002).

    Raises
    ------
    MeasureError
        On missing values, a gap in the years, or fewer than three years.

    Examples
    --------
    >>> line = pd.DataFrame([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]], index=["a", "b"], columns=[2020, 2021, 2022])
    >>> hp_trend(line).loc["b"].round(9).tolist()
    [3.0, 2.0, 1.0]
    """
    if not 0 <= setting(smoothing, "smoothing") < np.inf:
        raise MeasureError(f"smoothing={smoothing:g} smooths nothing", remedy="use 400, or 6.25; zero gives the values back")
    grid = checked_grid(values, "the trend")
    years = len(grid.times)
    if years < 3 or (np.diff(grid.times) != 1).any():
        raise MeasureError("the trend needs three or more consecutive years", remedy="use a stretch without a gap")
    second = np.diff(np.eye(years), 2, axis=0)
    return grid.frame(np.asarray(np.linalg.solve(np.eye(years) + smoothing * second.T @ second, grid.values.T).T, dtype=np.float64))
