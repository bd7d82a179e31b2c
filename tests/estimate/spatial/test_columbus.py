"""Crime in Columbus, Ohio: the published table (Anselin 1988), and R's spatialreg for every model, effect and test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import fit_spatial, lagrange_tests
from toolkit.transform import Weights, edge_weights

FOLDER = Path(__file__).parents[2] / "reference"
CRIME = pd.read_csv(FOLDER / "columbus.csv", index_col="place")
R = pd.read_csv(FOLDER / "spatial.csv", comment="#").set_index(["what", "term"])
FORMULA = "CRIME ~ INC + HOVAL"
THEIRS = {"Intercept": "(Intercept)", "W(INC)": "lag.INC", "W(HOVAL)": "lag.HOVAL"}


@pytest.fixture(scope="module")
def weights() -> Weights:
    return edge_weights(pd.read_csv(FOLDER / "columbus_edges.csv"), CRIME.index.tolist()).row_standardised()


def test_the_published_table(weights: Weights) -> None:
    # Anselin (1988), Spatial Econometrics, chapter 12, as the manual of spatialreg repeats it: CRIME on INC and HOVAL.
    lag, error = (fit_spatial(FORMULA, CRIME, weights, model=model) for model in ("SAR", "SEM"))
    assert [f"{b:.3f}" for b in lag.beta] == ["45.079", "-1.032", "-0.266", "0.431"]
    assert [f"{b:.3f}" for b in error.beta] == ["59.893", "-0.941", "-0.302", "0.562"]
    assert [f"{e.statistics['log_likelihood']:.2f}" for e in (lag, error)] == ["-182.39", "-183.38"]


@pytest.mark.parametrize("model", ["SAR", "SEM", "SDM", "SDEM", "SLX", "SAC"])
def test_spatialreg(model: str, weights: Weights) -> None:
    found, theirs = fit_spatial(FORMULA, CRIME.sample(frac=1, random_state=1), weights, model=model), R.loc[model]
    at = [THEIRS.get(term, term) for term in found.terms]
    np.testing.assert_allclose(found.beta, theirs.loc[at, "estimate"], atol=5e-6)
    if model != "SLX":
        np.testing.assert_allclose(found.std_errors, theirs.loc[at, "std_error"], rtol=2e-3)  # theirs: a numeric Hessian
        assert found.statistics["log_likelihood"] == pytest.approx(theirs.loc["log_likelihood", "estimate"], abs=1e-7)
        assert found.statistics["sigma2"] == pytest.approx(theirs.loc["sigma2", "estimate"], rel=1e-6)


@pytest.mark.parametrize(("model", "name"), [("SAR", "lag"), ("SDM", "mixed")])
def test_effects_over_the_map(model: str, name: str, weights: Weights) -> None:
    found = fit_spatial(FORMULA, CRIME, weights, model=model).impacts(np.random.default_rng(0), draws=100)
    for row in found.itertuples():
        assert row.estimate == pytest.approx(R.loc[(f"impacts {name} {row.effect}", row.term), "estimate"], rel=1e-5)


def test_lagrange_tests(weights: Weights) -> None:
    names = {"LM lag": "LMlag", "LM error": "LMerr", "robust LM lag": "RLMlag", "robust LM error": "RLMerr", "LM both": "SARMA"}
    for test in lagrange_tests(FORMULA, CRIME, weights):
        theirs = R.loc[("LM", names[test.name])]
        assert (test.statistic, test.p_value) == pytest.approx((theirs["estimate"], theirs["std_error"]))
