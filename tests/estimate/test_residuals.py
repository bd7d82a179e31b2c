"""Residuals, fitted values and predictions against statsmodels, linearmodels and sums by hand."""

from __future__ import annotations

import copy
import pickle
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from linearmodels.iv import IV2SLS
from linearmodels.panel import PanelOLS

from toolkit.errors import FormulaError, NotEstimable, UnseenLevel
from toolkit.estimate import (
    fit,
    fit_between,
    fit_differences,
    fit_instruments,
    fit_poisson,
    fit_pooled,
    fit_quantile,
    fit_random,
    wild_cluster_bootstrap,
)
from toolkit.panel import Panel

SAME = 1e-10


@pytest.fixture(scope="module")
def section() -> pd.DataFrame:
    """A cross-section whose labels are not positions, with missing values and a category."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"x": rng.normal(size=80), "z": rng.normal(size=80), "g": rng.choice(list("abc"), 80)})
    frame["d"] = frame["z"] + rng.normal(size=80)
    frame["y"], frame["n"] = frame["x"] + frame["d"] + rng.normal(size=80), rng.poisson(3, size=80)
    frame["w"] = rng.random(80) + 0.1
    frame.index = pd.Index([f"r{j}" for j in range(80)])
    frame.loc[["r3", "r40"], "x"] = np.nan
    return frame


def _check(series: pd.Series, expected: pd.Series, frame: pd.DataFrame, tolerance: float = SAME) -> None:
    assert series.index.equals(frame.index)
    assert series.isna().tolist() == frame["x"].isna().tolist()
    np.testing.assert_allclose(series[expected.index], expected, rtol=0, atol=tolerance)


def test_pooled(section: pd.DataFrame) -> None:
    peer = smf.ols("y ~ x + z + C(g)", section).fit()
    found = fit_pooled("y ~ x + z + C(g)", section)
    _check(found.residuals, peer.resid, section)
    _check(found.fitted, peer.fittedvalues, section)
    assert (found.residuals.name, found.fitted.name) == ("residual", "fitted")
    weighted = smf.wls("y ~ 0 + x + z", section, weights=section["w"]).fit()
    _check(fit_pooled("y ~ 0 + x + z", section, weights="w").residuals, weighted.resid, section)


def test_poisson_instruments_and_quantile(section: pd.DataFrame) -> None:
    peer = smf.glm("n ~ x + z", section, family=sm.families.Poisson()).fit()
    found = fit_poisson("n ~ x + z", section)
    _check(found.fitted, peer.fittedvalues, section, 1e-8)
    _check(found.residuals, peer.resid_response, section, 1e-8)
    rows = section.dropna()
    exogenous = sm.add_constant(rows[["x"]])
    two_stage = IV2SLS(rows["y"], exogenous, rows[["d"]], rows[["z"]]).fit()
    instruments = fit_instruments("y ~ x | d ~ z", section)
    _check(instruments.residuals, two_stage.resids, section)
    first = sm.OLS(rows["d"], exogenous.join(rows["z"])).fit()
    _check(instruments.first_stages[0].fitted, first.fittedvalues, section)
    _check(instruments.reduced_form.residuals, sm.OLS(rows["y"], exogenous.join(rows["z"])).fit().resid, section)
    median = fit_quantile("y ~ x", section)[0.5]
    by_hand = rows["y"] - median.beta[0] - median.beta[1] * rows["x"]
    _check(median.residuals, by_hand, section)


def test_panels(gappy: Panel) -> None:
    frame = gappy.frame
    indexed = frame.set_index(["firm", "year"])
    peer = PanelOLS(indexed["y"], indexed[["x", "z"]], entity_effects=True, time_effects=True, singletons=True).fit()
    within = fit("y ~ x + z | firm + year", gappy)
    np.testing.assert_allclose(within.residuals.dropna(), peer.resids[within.residuals.notna().to_numpy()], atol=1e-9)
    np.testing.assert_allclose(within.fitted + within.residuals, frame["y"].where(within.residuals.notna()), atol=1e-12)
    assert within.residuals.notna().sum() == within.counts.rows
    random = fit_random("y ~ x + z", gappy)
    by_hand = frame["y"] - random.beta[0] - frame[["x", "z"]] @ random.beta[1:]
    np.testing.assert_allclose(random.residuals, by_hand, atol=1e-10)
    differences = fit_differences("y ~ x", gappy)
    change = frame[["y", "x"]].diff().where((frame["firm"].diff() == 0) & (frame["year"].diff() == 1))
    expected = change["y"] - differences.beta[0] * change["x"]
    assert differences.residuals.isna().tolist() == expected.isna().tolist()
    np.testing.assert_allclose(differences.residuals, expected, atol=1e-10)
    np.testing.assert_allclose(differences.fitted, differences.beta[0] * change["x"], atol=1e-10)


def test_rows_are_private(gappy: Panel) -> None:
    estimate = fit("y ~ x + z | firm + year", gappy)
    assert "_rows" not in repr(estimate)
    loaded = pickle.loads(pickle.dumps(estimate))
    with pytest.raises(NotEstimable, match="unpickled") as problem:
        _ = loaded.residuals
    assert "estimate again" in problem.value.remedy
    with pytest.raises(NotEstimable, match="no fitted values"):
        _ = fit_between("y ~ x", gappy).fitted
    assert replace(estimate, method="other").residuals.equals(estimate.residuals)
    assert copy.copy(estimate).beta.tolist() == estimate.beta.tolist()
    changed = estimate.residuals
    changed[:] = 0.0
    assert estimate.residuals.abs().max() > 0


def test_a_column_called_intercept_is_a_regressor() -> None:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"g": np.repeat(np.arange(20), 5), "Intercept": rng.normal(size=100), "x": rng.normal(size=100)})
    frame["y"] = 3 * frame["Intercept"] + frame["x"] + rng.normal(size=100)
    frame["t"] = np.tile(np.arange(5), 20)
    peer = sm.OLS(frame["y"], frame[["Intercept", "x"]]).fit()
    estimate = fit_pooled("y ~ 0 + Intercept + x", frame, cluster="g")
    np.testing.assert_allclose(estimate.predict(frame), peer.fittedvalues, atol=SAME)
    assert estimate.constant is None
    wild = wild_cluster_bootstrap(estimate, frame, "Intercept", rng=np.random.default_rng(0), draws=99)
    assert wild.p_value < 0.05
    panel = Panel(frame, "g", "t")
    within = fit("y ~ Intercept + x | g", panel)
    np.testing.assert_allclose(within.predict(panel), frame[["Intercept", "x"]] @ within.beta, atol=SAME)
    assert wild_cluster_bootstrap(within, panel, "Intercept", rng=np.random.default_rng(0), draws=99).p_value < 0.05
    with pytest.raises(FormulaError, match="name of the constant"):
        fit_pooled("y ~ Intercept + x", frame)
    assert fit_pooled("y ~ x", frame).constant == 0


def test_levels_that_the_estimate_has_not_seen_are_reported(section: pd.DataFrame) -> None:
    estimate = fit_pooled("y ~ x*C(g)", section)
    elsewhere = section.copy()
    elsewhere.loc[["r5", "r7", "r9"], "g"] = ["north", "south", None]
    with pytest.warns(UnseenLevel, match=r"g has levels .*: north, south; .* missing in 2 rows \(first row r5\)") as told:
        predicted = estimate.predict(elsewhere)
    assert len(told) == 1
    assert told[0].filename == __file__
    assert predicted.index[predicted.isna()].tolist() == ["r3", "r5", "r7", "r9", "r40"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate.predict(section)
