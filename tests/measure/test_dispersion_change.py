"""Equal dispersion in two years: the paired test against scipy and its own algebra, its size, and the slope by loops."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toolkit.errors import MeasureError
from toolkit.measure import dispersion_change

EXACT = 1e-10


def paths(seed: int, n: int = 31, years: int = 8, persistence: float = 0.95) -> pd.DataFrame:
    """Levels whose logs keep their variance: stationary autoregressions."""
    rng = np.random.default_rng(seed)
    logs = [rng.normal(size=n)]
    for _ in range(years - 1):
        logs.append(persistence * logs[-1] + np.sqrt(1 - persistence**2) * rng.normal(size=n))
    return pd.DataFrame(np.exp(np.array(logs).T), columns=range(2016, 2016 + years))


def test_the_test_is_a_correlation_of_sum_and_difference() -> None:
    frame = paths(1)
    first, last = np.log(frame[2016]), np.log(frame[2023])
    r, p = stats.pearsonr(last + first, last - first)
    found = dispersion_change(frame)
    assert (found.correlation, found.p_value) == (pytest.approx(r, abs=EXACT), pytest.approx(p, abs=EXACT))
    assert (found.first, found.last) == (pytest.approx(first.std(ddof=0)), pytest.approx(last.std(ddof=0)))
    assert np.sign(found.correlation) == np.sign(found.last - found.first)


def test_the_likelihood_ratio_is_that_of_the_two_variances() -> None:
    """ln(1 + (a - b)^2 / (4 (ab - c^2))), with a, b the variances and c the covariance of the logs."""
    frame = paths(2)
    (a, c), (_, b) = np.cov(np.log(frame[2016]), np.log(frame[2023]), ddof=0)
    found = dispersion_change(frame)
    assert found.lr == pytest.approx(31 * np.log(1 + (a - b) ** 2 / (4 * (a * b - c * c))), abs=EXACT)


@pytest.mark.parametrize(("years", "persistence"), [(6, 0.95), (14, 0.95)])
def test_size_and_coverage_where_nothing_changes(years: int, persistence: float) -> None:
    found = [dispersion_change(paths(seed, years=years, persistence=persistence)) for seed in range(400)]
    assert 0.028 < np.mean([one.p_value < 0.05 for one in found]) < 0.075  # 0.05 and two Monte Carlo standard errors (0.011)
    assert 0.92 < np.mean([one.low <= 0 <= one.high for one in found]) < 0.975


def test_the_slope_and_its_interval_by_loops() -> None:
    frame = paths(3, n=6, years=5)
    years = np.array(frame.columns, dtype=float)
    logs = np.log(frame.to_numpy())
    found = dispersion_change(frame)
    assert found.slope == pytest.approx(np.polyfit(years, logs.std(axis=0), 1)[0])
    kept = [[row for row in range(6) if row != out] for out in range(6)]
    slopes = np.array([np.polyfit(years, logs[rows].std(axis=0), 1)[0] for rows in kept])
    error = math.sqrt(5 / 6 * sum((slopes - slopes.mean()) ** 2))
    assert (found.low, found.high) == pytest.approx(stats.t.interval(0.95, 5, found.slope, error))


def test_zero_values_and_three_years_are_refused() -> None:
    with pytest.raises(MeasureError):
        dispersion_change(paths(1).replace(paths(1).iloc[0, 0], 0.0))
    with pytest.raises(MeasureError):
        dispersion_change(paths(1, years=3))
    with pytest.raises(MeasureError, match="2 entities"):
        dispersion_change(paths(1).iloc[:2])
