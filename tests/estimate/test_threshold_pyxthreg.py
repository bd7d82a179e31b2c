"""Thresholds against pyxthreg 0.0.3 on a balanced panel; numbers and script in tests/reference (see its README)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import ThresholdResult, ThresholdSettings, fit_threshold
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.threshold.question import read_question
from toolkit.estimate.threshold.search import Model, Search, make_model, search
from toolkit.panel import Panel

REFERENCE = Path(__file__).parents[1] / "reference"
PANEL = Panel(pd.read_csv(REFERENCE / "threshold_panel.csv"), "firm", "year")
THEIRS = pd.read_csv(REFERENCE / "pyxthreg.csv", comment="#").set_index(["effects", "thresholds", "key"])["value"]
FIRMS, YEARS, DRAWS, TRIM = 50, 10, 200, 0.05
ROWS = FIRMS * YEARS
PRINTED = 1e-9  # they are stored with twelve digits

CASES = [(effects, number) for effects in ("firm", "firm + year") for number in (1, 2, 3)]


def their_divisor(effects: str) -> int:
    """NT - T, less T - 1 with year effects; ours is rows less independent effects."""
    return ROWS - YEARS - (YEARS - 1) * ("year" in effects)


def ours(effects: str, number: int) -> ThresholdResult:
    settings = ThresholdSettings(thresholds=number, trim=TRIM, draws=1)  # type: ignore[arg-type]
    generator = np.random.default_rng(0)
    return fit_threshold(f"y ~ z + x | {effects}", PANEL, variable="q", regime="x", settings=settings, rng=generator, small_sample="none")


@pytest.mark.parametrize(("effects", "number"), CASES)
def test_thresholds_sums_of_squares_and_coefficients(effects: str, number: int) -> None:
    result, theirs = ours(effects, number), THEIRS[effects, number]
    assert list(result.values) == [theirs[f"threshold_{j}"] for j in range(1, number + 1)]
    np.testing.assert_allclose([t.rss for t in result.tests], [theirs[f"rss_{j}"] for j in range(1, number + 1)], rtol=PRINTED)
    np.testing.assert_allclose(result.estimate.beta, [theirs[f"beta_{j}"] for j in range(number + 2)], rtol=PRINTED)
    stata = np.sqrt(FIRMS / (FIRMS - 1))  # their factor of the clustered covariance
    np.testing.assert_allclose(result.estimate.std_errors * stata, [theirs[f"se_{j}"] for j in range(number + 2)], rtol=PRINTED)


@pytest.mark.parametrize(("effects", "number"), CASES)
def test_f_differs_by_the_divisor_alone(effects: str, number: int) -> None:
    result, theirs = ours(effects, number), THEIRS[effects, number]
    absorbed = FIRMS + (YEARS - 1) * ("year" in effects)
    expected = [theirs[f"F_stat_{j}"] * (ROWS - absorbed) / their_divisor(effects) for j in range(1, number + 1)]
    np.testing.assert_allclose([t.statistic for t in result.tests], expected, rtol=PRINTED)


@pytest.mark.parametrize(("effects", "number"), CASES)
def test_confidence_sets(effects: str, number: int) -> None:
    """They leave out the lowest value that the trim allows, which only sets that reach it can show."""
    table, theirs = ours(effects, number).tidy(), THEIRS[effects, number]
    lowest = np.sort(PANEL.frame["q"])[int(TRIM * ROWS) - 1]
    for j, row in enumerate(table.itertuples(), 1):
        assert row.conf_high == theirs[f"high_{j}"]
        assert row.conf_low == (theirs[f"low_{j}"] if row.conf_low > lowest else lowest)


def model_and_search(effects: str, fixed: tuple[float, ...]) -> tuple[Model, Search]:
    source = source_of(PANEL)
    options = Options.read(source, small_sample="none")
    model = make_model(read_question(f"y ~ z + x | {effects}", source, "q", "x", options))
    return model, search(model, fixed, ThresholdSettings(trim=TRIM))


@pytest.mark.parametrize("effects", ["firm", "firm + year"])
@pytest.mark.parametrize("number", [1, 2])
def test_critical_values_with_the_same_draws(effects: str, number: int) -> None:
    """Their draws: standard normal numbers of NumPy's old generator, seed 42, times the residuals of the null, one for each row."""
    theirs = THEIRS[effects, 2]
    fixed = (theirs["threshold_2"],) if number == 2 else ()
    model, found = model_and_search(effects, fixed)
    signs = np.random.RandomState(42).normal(0, 1, size=(DRAWS, ROWS))
    errors = found.null.residuals[:, None] * signs.T
    model.space.project(errors, found.null.basis)
    total = np.einsum("nb,nb->b", errors, errors)
    gain = found.gains(errors)[found.values > np.sort(model.q)[int(TRIM * ROWS) - 1]].max(axis=0)
    drawn = their_divisor(effects) * gain / (total - gain)
    expected = [theirs[f"{key}_{number}"] for key in ("crit10", "crit5", "crit1")]
    np.testing.assert_allclose(np.percentile(drawn, [90, 95, 99]), expected, rtol=PRINTED)
