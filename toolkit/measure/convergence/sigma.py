"""Sigma-convergence: does the dispersion between entities shrink over the years?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.language import Note, Text, note
from toolkit.measure.convergence.least_squares import Quantity, least_squares, newey_west, newey_west_lags, tested
from toolkit.measure.grid import Floats, checked_grid, need_years

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


@dataclass(frozen=True, eq=False)
class SigmaConvergence:
    """Dispersion by year and its linear trend.

    Attributes
    ----------
    table : one row per year: year, mean, sd_log (standard deviation of logs), cv (standard deviation over mean).
    trend_sd_log, trend_cv : slope per year, with Newey–West standard error and t(T - 2).
    lags : lags of the Newey–West covariance.
    entities : N.
    notes : how the numbers were made and how far they carry.
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
    values : frame of N entities by T years, positive and complete; see :func:`toolkit.measure.grid.checked_grid`.

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
    lags = newey_west_lags(len(grid.times))
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
    return SigmaConvergence(table, _trend(sd_log, years, lags), _trend(cv, years, lags), lags, len(grid.entities), tuple(notes))


def _trend(dispersion: Floats, years: Floats, lags: int) -> Quantity:
    fit = least_squares(dispersion, np.column_stack([np.ones_like(years), years]), ("constant", "year"), "the trend of dispersion")
    variance = newey_west(fit, lags)[1, 1]
    return tested(float(fit.beta[1]), float(np.sqrt(max(variance, 0.0))), float(years.size - 2))
