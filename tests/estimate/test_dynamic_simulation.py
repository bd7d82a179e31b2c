"""Difference and system GMM against known truth: bias, coverage of the intervals, size of the tests."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import DynamicSettings, fit_dynamic, fit_pooled, fit_within, long_run
from toolkit.panel import Panel

DRAWS = 200
LAG, SLOPE = 0.5, 0.19  # long run 0.38
# With 200 draws the share of intervals that hold the truth has a standard error of 0.015 at 0.95, a rejection rate of 0.021 at 0.10.
COVERAGE = (0.90, 0.99)
SIZE = (0.03, 0.17)
CENTRED = 0.35  # bias in standard deviations: GMM is biased towards least squares while its instruments are of limited strength


def draw(rng: np.random.Generator, entities: int = 1000, periods: int = 6) -> Panel:
    """y on its lag and x; x is correlated with the entity effect and with the error of the year before; errors differ in variance."""
    effect = 0.4 * rng.normal(size=entities)
    y, x, shock = effect / (1 - LAG), rng.normal(size=entities), np.zeros(entities)
    rows = []
    for t in range(-20, periods):
        x = 0.5 * x + 0.3 * effect + 0.4 * shock + rng.normal(size=entities)
        shock = rng.normal(size=entities) * np.where(rng.random(entities) < 0.5, 0.6, 1.2)
        y = LAG * y + SLOPE * x + effect + shock
        if t >= 0:
            rows.append(pd.DataFrame({"firm": np.arange(entities), "year": t, "y": y, "x": x}))
    frame = pd.concat(rows)
    return Panel(frame[rng.random(len(frame)) > 0.04], "firm", "year")


@cache
def panels() -> list[Panel]:
    rng = np.random.default_rng(20240711)
    return [draw(rng) for _ in range(DRAWS)]


@cache
def simulated(**settings: Any) -> pd.DataFrame:
    rows = []
    for panel in panels():
        found = fit_dynamic("y ~ L(y, 1) + x | year", panel, gmm={"y": (2, 4), "x": (1, 3)}, settings=DynamicSettings(**settings))
        lag, slope, longer = found.coefficient("L(y, 1)"), found.coefficient("x"), long_run(found, "x")
        rows.append(
            {
                "lag": lag.estimate,
                "slope": slope.estimate,
                "lag held": lag.low <= LAG <= lag.high,
                "slope held": slope.low <= SLOPE <= slope.high,
                "long run held": longer.low <= SLOPE / (1 - LAG) <= longer.high,
                **{f"{name} rejects": found.statistics[f"{name}_p"] < 0.1 for name in ("hansen", "ar2")},
                "ar1 rejects": found.statistics["ar1_p"] < 0.1,
            }
        )
    return pd.DataFrame(rows)


VARIANTS = [
    {"estimator": "difference", "steps": 1},
    {"estimator": "difference", "steps": 2},
    {"estimator": "difference", "steps": 2, "transformation": "orthogonal_deviations"},
    {"estimator": "system", "steps": 2},
    {"estimator": "system", "steps": 2, "weighting": "blocked", "collapse": True},
]


@pytest.mark.slow
@pytest.mark.parametrize("settings", VARIANTS, ids=lambda s: " ".join(map(str, s.values())))
def test_estimates_are_centred_and_intervals_hold_the_truth(settings: dict[str, Any]) -> None:
    found = simulated(**settings)
    noise = found[["lag", "slope"]].std()
    assert abs(found["lag"].mean() - LAG) < CENTRED * noise["lag"]
    assert abs(found["slope"].mean() - SLOPE) < CENTRED * noise["slope"]
    for name in ("lag held", "slope held", "long run held"):
        assert COVERAGE[0] <= found[name].mean() <= COVERAGE[1], name


@pytest.mark.slow
@pytest.mark.parametrize("settings", VARIANTS, ids=lambda s: " ".join(map(str, s.values())))
def test_tests_have_their_size(settings: dict[str, Any]) -> None:
    found = simulated(**settings)
    assert found["ar1 rejects"].mean() == 1.0  # differenced independent errors are correlated one period apart
    for name in ("hansen rejects", "ar2 rejects"):
        assert SIZE[0] <= found[name].mean() <= SIZE[1], name


@pytest.mark.slow
def test_least_squares_brackets_the_truth_that_gmm_finds() -> None:
    """Pooled least squares is biased upwards and the within estimator downwards (Nickell 1981)."""
    panel = draw(np.random.default_rng(1), entities=2000)
    low, high = (
        fit("y ~ L(y, 1) + x" + e, panel).coefficient("L(y, 1)").estimate for fit, e in ((fit_within, " | firm"), (fit_pooled, ""))
    )
    found = fit_dynamic("y ~ L(y, 1) + x | year", panel, gmm={"y": (2, None), "x": (1, None)}).coefficient("L(y, 1)")
    assert low < found.low < LAG < found.high < high


@pytest.mark.slow
def test_hansen_and_ar2_find_what_is_wrong() -> None:
    """Errors that follow a moving average make lag 2 invalid; both tests see it."""
    rng = np.random.default_rng(3)
    rejected = []
    for _ in range(50):
        effect = rng.normal(size=400)
        y, before = effect.copy(), rng.normal(size=400)
        rows = []
        for t in range(-20, 7):
            shock = rng.normal(size=400)
            y = LAG * y + effect + shock + 0.6 * before
            before = shock
            if t >= 0:
                rows.append(pd.DataFrame({"firm": np.arange(400), "year": t, "y": y}))
        found = fit_dynamic("y ~ L(y, 1)", Panel(pd.concat(rows), "firm", "year"), gmm={"y": (2, None)})
        rejected.append((found.statistics["hansen_p"] < 0.05, found.statistics["ar2_p"] < 0.05))
    assert np.mean(rejected, axis=0).min() > 0.8
