"""Sigma-convergence: does the dispersion between entities shrink over the years?

The trend is fitted by least squares with the three covariances that tests of convergence use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr, stdtrit

from toolkit.errors import MeasureError
from toolkit.language import Note, Text, note
from toolkit.measure.inputs.grid import checked_grid, need_years
from toolkit.numerics import PERFECT, Floats
from toolkit.report import Fields

SMALL_ANGLE = 1e-3  # below it the kernel is replaced by its expansion, whose next term is 1e-14


@dataclass(frozen=True)
class Quantity:
    """An estimate with its standard error, t statistic, two-sided p-value and 95% interval.

    Attributes
    ----------
    estimate, std_error : in the unit of the quantity.
    statistic : estimate / std_error; infinite for a perfect fit.
    p_value : against zero, t with ``df`` degrees of freedom.
    low, high : 95% interval.
    df : degrees of freedom.
    """

    estimate: float
    std_error: float
    statistic: float
    p_value: float
    low: float
    high: float
    df: float


@dataclass(frozen=True, eq=False)
class Fit:
    """Least squares of y on x.

    Attributes
    ----------
    beta : (k,) coefficients.
    residuals : (n,), exactly zero where the fit is perfect.
    bread : (k, k) inverse of x'x.
    x : (n, k) regressors.
    r2 : one minus the residual over the centred total sum of squares (one when both are zero).
    """

    beta: Floats
    residuals: Floats
    bread: Floats
    x: Floats
    r2: float


def least_squares(y: Floats, x: Floats, names: tuple[str, ...], what: str) -> Fit:
    """Fit y (n,) on x (n, k), columns scaled to length one first.

    Raises
    ------
    MeasureError
        With no degrees of freedom, or when a regressor is a combination of the ones before it: it is named.

    Examples
    --------
    >>> least_squares(np.array([1.0, 3.0, 5.0]), np.array([[1.0, 0], [1, 1], [1, 2]]), ("constant", "year"), "a line").beta.round(12)
    array([1., 2.])
    """
    n, k = x.shape
    if n <= k:
        raise MeasureError(f"{what} has {n} observations for {k} coefficients", remedy="use more entities or years, or fewer controls")
    length = np.sqrt(np.square(x).sum(axis=0))
    length[length == 0] = 1.0
    scaled = x / length
    q, r = np.linalg.qr(scaled)
    weak = np.abs(np.diag(r)) < PERFECT
    if weak.any():
        raise MeasureError(
            f"{names[int(np.argmax(weak))]} is constant or a combination of the other regressors",
            where=what,
            remedy="leave it out, or drop the column it repeats",
        )
    inverse = np.linalg.inv(r)
    beta = (inverse @ (q.T @ y)) / length
    residuals = y - x @ beta
    if np.sqrt(residuals @ residuals) < PERFECT * np.sqrt(y @ y):
        residuals = np.zeros_like(residuals)
    total = float(np.square(y - y.mean()).sum())
    r2 = 1.0 - float(residuals @ residuals) / total if total > 0 else 1.0
    return Fit(beta=beta, residuals=residuals, bread=(inverse @ inverse.T) / np.outer(length, length), x=x, r2=r2)


def hc1(fit: Fit) -> Floats:
    """(k, k) White covariance times n / (n - k)."""
    scores = fit.x * fit.residuals[:, None]
    n, k = fit.x.shape
    return np.asarray(n / (n - k) * fit.bread @ (scores.T @ scores) @ fit.bread)


def clustered(fit: Fit, codes: NDArray[np.int64], rank: int) -> Floats:
    """(k, k) covariance clustered by ``codes`` (n,) times G/(G-1) (n-1)/(n-rank), G the number of clusters."""
    n, k = fit.x.shape
    groups = int(codes.max()) + 1
    scores = fit.x * fit.residuals[:, None]
    sums = np.column_stack([np.bincount(codes, scores[:, j], groups) for j in range(k)])
    return np.asarray(groups / (groups - 1) * (n - 1) / (n - rank) * fit.bread @ (sums.T @ sums) @ fit.bread)


def newey_west(fit: Fit, lags: int) -> Floats:
    """(k, k) Newey–West covariance, Bartlett weights 1 - l/(lags + 1), times n / (n - k); rows in the order of time."""
    scores = fit.x * fit.residuals[:, None]
    n, k = fit.x.shape
    meat = scores.T @ scores
    for lag in range(1, min(lags, n - 1) + 1):
        cross = scores[lag:].T @ scores[:-lag]
        meat = meat + (1 - lag / (lags + 1)) * (cross + cross.T)
    return np.asarray(n / (n - k) * fit.bread @ meat @ fit.bread)


def _newey_west_lags(n: int) -> int:
    """The usual number of lags, the whole part of 4 (n / 100)^(2/9)."""
    return int(np.floor(4 * (n / 100) ** (2 / 9)))


def long_run_variance(errors: Floats) -> tuple[float, float]:
    r"""Long-run variance of the residuals of a log t regression and the bandwidth used: quadratic spectral kernel, AR(1) plug-in.

    :math:`S = 1.3221 (\hat\alpha_2 n)^{1/5}` with :math:`\hat\alpha_2 = 4 \rho^2 / (1 - \rho)^4` and :math:`\rho` the first-order
    autocorrelation of the residuals. As in the programs of Phillips and Sul (and those for Stata and R that follow them), the
    autocorrelation is not bounded, all sums are divided by n - 1 and the last residual is left out of the autocovariances. Where the sum
    is not positive or the bandwidth not finite, the variance without autocovariances is used (bandwidth 0).

    References
    ----------
    Andrews (1991), Econometrica 59, equations 6.2 and 6.4.

    Examples
    --------
    >>> long_run_variance(np.array([1.0, 0.0, -1.0, 0.0]))[1]  # no autocorrelation of order one: the plain variance
    0.0
    """
    n = errors.size
    variance = float(errors @ errors) / (n - 1)
    before = float(errors[:-1] @ errors[:-1])
    rho = float(errors[1:] @ errors[:-1]) / before if before > 0 else 0.0
    bandwidth = float(1.3221 * (4 * rho**2 / (1 - rho) ** 4 * n) ** 0.2) if rho != 1 else np.inf
    if bandwidth == 0 or not np.isfinite(bandwidth):
        return variance, 0.0
    early = errors[:-1]
    lags = np.arange(1, n - 1)
    covariances = np.array([early[lag:] @ early[:-lag] for lag in lags]) / (n - 1)
    total = variance + 2 * float(quadratic_spectral(lags / bandwidth) @ covariances)
    return (total, bandwidth) if total > 0 else (variance, 0.0)


def quadratic_spectral(x: Floats) -> Floats:
    r"""The kernel :math:`\frac{25}{12 \pi^2 x^2} \left( \frac{\sin(6 \pi x/5)}{6 \pi x/5} - \cos(6 \pi x/5) \right)`, one at x = 0.

    Examples
    --------
    >>> quadratic_spectral(np.array([1e-3, 1.0])).round(4)
    array([1.    , 0.1379])
    """
    angle = np.abs(1.2 * np.pi * x)
    wide = np.maximum(angle, SMALL_ANGLE)
    return np.asarray(np.where(angle < SMALL_ANGLE, 1 - angle**2 / 10, 3 / wide**2 * (np.sin(wide) / wide - np.cos(wide))))


def tested(estimate: float, std_error: float, df: float) -> Quantity:
    """An estimate with its t test against zero and its 95% interval.

    Examples
    --------
    >>> tested(2.0, 1.0, 60).high.__round__(1)
    4.0
    """
    statistic = estimate / std_error if std_error > 0 else 0.0 if estimate == 0 else float(np.copysign(np.inf, estimate))
    p = float(2 * (ndtr(-abs(statistic)) if np.isinf(df) else stdtr(df, -abs(statistic))))
    half = float(stdtrit(df, 0.975)) * std_error
    return Quantity(
        estimate=estimate, std_error=std_error, statistic=statistic, p_value=p, low=estimate - half, high=estimate + half, df=df
    )


FEWEST_YEARS = 4  # a line through three points leaves one degree of freedom
FEW_YEARS = 20  # below this the trend test is said to be weak

NEWEY_WEST = Text(
    "Newey-West standard errors with {lags} lags and the factor T/(T-2); t with {df} degrees of freedom.",
    "Newey–West标准误，滞后{lags}期，修正因子T/(T-2)；t分布，自由度{df}。",
)
EQUAL_ENTITIES = note(
    "equal_entities", Text("Each entity counts the same; standard deviations divide by N.", "各个体权重相同；标准差除以N。")
)
FEW_FOR_TREND = Text(
    "With {years} years the trend test has little power and its standard error is too small on average.",
    "仅有{years}年，趋势检验功效较低，其标准误平均而言偏小。",
)
GAPS = note(
    "gaps_in_years",
    Text("The years have gaps: the lags of the standard error count observed years.", "年份不连续：标准误的滞后期按有观测的年份计。"),
)


@dataclass(frozen=True, eq=False, repr=False)
class SigmaConvergence(Fields):
    """Dispersion by year and its linear trend.

    Attributes
    ----------
    table : one row per year: year, mean, sd_log (standard deviation of logs), cv (standard deviation over mean).
    trend_sd_log, trend_cv : slope per year, with Newey–West standard error and t(T - 2).
    lags : lags of the Newey–West covariance.
    entities : N.
    notes : how the numbers were made, and their limits.
    """

    table: pd.DataFrame
    trend_sd_log: Quantity
    trend_cv: Quantity
    lags: int
    entities: int
    notes: tuple[Note, ...]


def sigma_convergence(values: pd.DataFrame) -> SigmaConvergence:
    r"""Standard deviation of logs and coefficient of variation by year, each with a linear trend.

    :math:`\sigma_t = a + b\,t + u_t`; the variable converges in this sense when b is negative. Each entity counts the same; both measures
    divide by N, since the entities are all there are.

    Parameters
    ----------
    values : frame of N entities by T years, positive and complete; see :func:`toolkit.measure.inputs.grid.checked_grid`.

    Raises
    ------
    MeasureError
        On missing, zero or negative values, fewer than two entities or fewer than four years.

    References
    ----------
    Barro and Sala-i-Martin (1992), Journal of Political Economy 100; Newey and West (1987), Econometrica 55.

    Examples
    --------
    >>> frame = pd.DataFrame({2020: [1.0, 9.0], 2021: [2.0, 8.0], 2022: [3.0, 7.0], 2023: [4.0, 6.0]}, index=["Hebei", "Hubei"])
    >>> sigma_convergence(frame).table["cv"].round(3).tolist()
    [0.8, 0.6, 0.4, 0.2]
    """
    grid = checked_grid(values, "sigma-convergence", lowest="positive")
    need_years(grid, FEWEST_YEARS, "sigma-convergence")
    logs = np.log(grid.values)
    mean = grid.values.mean(axis=0)
    sd_log = logs.std(axis=0)
    cv = (grid.values / mean).std(axis=0)
    lags = _newey_west_lags(len(grid.times))
    notes = [
        note("newey_west_trend", NEWEY_WEST, lags=lags, df=len(grid.times) - 2),
        EQUAL_ENTITIES,
    ]
    if len(grid.times) < FEW_YEARS:
        notes.append(note("few_years_trend", FEW_FOR_TREND, years=len(grid.times)))
    if (np.diff(grid.times) != 1).any():
        notes.append(GAPS)
    table = pd.DataFrame({"year": grid.times, "mean": mean, "sd_log": sd_log, "cv": cv})
    years = (grid.times - grid.times[0]).astype(np.float64)
    return SigmaConvergence(
        table=table,
        trend_sd_log=_trend(sd_log, years, lags),
        trend_cv=_trend(cv, years, lags),
        lags=lags,
        entities=len(grid.entities),
        notes=tuple(notes),
    )


def _trend(dispersion: Floats, years: Floats, lags: int) -> Quantity:
    fit = least_squares(dispersion, np.column_stack([np.ones_like(years), years]), ("constant", "year"), "the trend of dispersion")
    variance = newey_west(fit, lags)[1, 1]
    return tested(float(fit.beta[1]), float(np.sqrt(max(variance, 0.0))), float(years.size - 2))
