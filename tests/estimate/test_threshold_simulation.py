"""Threshold regression on simulated panels: the truth is found; the test has its size and power, the confidence set its coverage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import ThresholdSettings, fit_threshold
from toolkit.panel import Panel

TRUTH = (0.3, 0.55, 0.8)


def simulated(rng: np.random.Generator, firms: int, years: int, slopes: tuple[float, ...], missing: float = 0.0) -> Panel:
    """Slopes switch at the first thresholds of TRUTH; firm and year effects; rows missing at random."""
    n = firms * years
    frame = pd.DataFrame({"firm": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(years), firms)})
    frame["q"], frame["x"] = rng.random(n), rng.normal(size=n)
    regime = np.searchsorted(TRUTH[: len(slopes) - 1], frame["q"])
    effects = rng.normal(size=firms).repeat(years) + 0.3 * frame["year"]
    frame["y"] = np.array(slopes)[regime] * frame["x"] + effects + rng.normal(size=n)
    return Panel(frame[rng.random(n) >= missing], "firm", "year")


def asked(panel: Panel, rng: np.random.Generator, formula: str = "y ~ x | firm + year", **settings: Any) -> Any:
    return fit_threshold(formula, panel, variable="q", settings=ThresholdSettings(**settings), rng=rng)


@pytest.mark.parametrize("slopes", [(0.5, 1.5), (0.5, 1.5, 2.5), (0.5, 1.5, 0.5, 1.5)])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_thresholds_and_slopes_of_a_large_panel_are_found(slopes: tuple[float, ...], missing: float) -> None:
    rng = np.random.default_rng(11)
    number = len(slopes) - 1
    result = asked(simulated(rng, 400, 15, slopes, missing), rng, thresholds=number, draws=100)
    np.testing.assert_allclose(result.values, TRUTH[:number], atol=0.01)
    assert np.abs(result.estimate.beta - slopes).max() < 5 * result.estimate.std_errors.max()
    assert all(test.p_value == 0 for test in result.tests)
    for threshold, truth in zip(result.thresholds, TRUTH, strict=False):
        low, high = threshold.intervals[0][0], threshold.intervals[-1][1]
        assert low - 0.005 <= truth <= high + 0.005


def rejections(method: str, missing: float, runs: int, slopes: tuple[float, ...] = (1.0,)) -> float:
    """Share of panels whose bootstrap p is at most 0.05."""
    rng = np.random.default_rng(20)
    found = [
        asked(simulated(rng, 40, 8, slopes, missing), rng, method=method, draws=199, grid=60, trim=0.1).tests[0].p_value
        for _ in range(runs)
    ]
    return float(np.mean(np.array(found) <= 0.05))


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("method", ["hansen", "wild"])
def test_the_test_has_its_size(method: str, missing: float) -> None:
    """Without a threshold five in a hundred reject; 400 panels leave a standard error of 0.011, and three of them are allowed."""
    assert 0.017 <= rejections(method, missing, 400) <= 0.083


@pytest.mark.slow
@pytest.mark.parametrize("method", ["hansen", "wild"])
def test_the_test_has_power(method: str) -> None:
    assert rejections(method, 0.3, 60, (0.5, 1.5)) > 0.95


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_confidence_sets_cover_the_truth(missing: float) -> None:
    """Hansen's limit supposes a small change of slope; at a finite one the set covers at least its level, less simulation error."""
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(300):
        panel = simulated(rng, 60, 8, (0.5, 1.1), missing)
        threshold = asked(panel, rng, draws=0).thresholds[0]
        truth = TRUTH[0]
        below = threshold.tried[threshold.tried <= truth]
        lr = threshold.lr[max(len(below) - 1, 0)]  # the truth splits the rows as the largest value below it
        covered.append(lr <= threshold.critical)
    assert np.mean(covered) >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 300)
