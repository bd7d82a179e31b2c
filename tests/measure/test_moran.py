"""Spatial indices against R's spdep, PySAL and sums over pairs, their means over all shuffles, and refusals."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import bivariate_moran, geary, getis_ord, local_getis_ord, local_moran, moran
from toolkit.transform import Weights, edge_weights

RING = np.roll(np.eye(8), 1, axis=1) / 2 + np.roll(np.eye(8), -1, axis=1) / 2


def test_the_index_is_a_sum_over_pairs() -> None:
    x = pd.Series(np.random.default_rng(1).gamma(2.0, size=8), index=list("abcdefgh"))
    z = (x - x.mean()).to_numpy()
    pairs = sum(RING[a, b] * z[a] * z[b] for a, b in itertools.product(range(8), repeat=2))
    found = moran(x, RING, rng=np.random.default_rng(0))
    assert found.value == pytest.approx(8 / RING.sum() * pairs / sum(z**2))
    assert found.draws.mean() == pytest.approx(-1 / 7, abs=0.04)  # about three Monte Carlo standard errors
    assert found.expected == -1 / 7


def test_waves_cluster_and_teeth_do_not() -> None:
    wave = pd.Series(np.sin(2 * np.pi * np.arange(8) / 8))
    assert moran(wave, RING, rng=np.random.default_rng(0)).p_value < 0.01
    teeth = pd.Series([1.0, -1.0] * 4)
    found = moran(teeth, RING, rng=np.random.default_rng(0))
    assert (found.value, found.p_value) == (pytest.approx(-1.0), 1.0)


@pytest.mark.parametrize("bad", [[1.0] * 8, [1.0] * 7 + [np.nan]])
def test_nothing_to_compare_is_refused(bad: list[float]) -> None:
    with pytest.raises(MeasureError):
        moran(pd.Series(bad), RING, rng=np.random.default_rng(0))


FOLDER = Path(__file__).parents[1] / "reference"
COLUMBUS = pd.read_csv(FOLDER / "columbus.csv", index_col="place")
PYSAL = pd.read_csv(FOLDER / "pysal_spatial.csv", comment="#", index_col="what")
R = pd.read_csv(FOLDER / "spatial.csv", comment="#").set_index(["what", "term"])


def columbus() -> Weights:
    return edge_weights(pd.read_csv(FOLDER / "columbus_edges.csv"), COLUMBUS.index.tolist())


@pytest.mark.parametrize(("name", "index"), [("moran", moran), ("geary", geary), ("getis_ord", getis_ord)])
def test_spdep(name: str, index: type[moran]) -> None:
    weights = columbus() if name == "getis_ord" else columbus().row_standardised()
    crime = COLUMBUS["CRIME"].sample(frac=1, random_state=1)
    found, theirs = index(crime, weights, rng=np.random.default_rng(0), permutations=4999), R.loc[f"{name} randomisation", "estimate"]
    ours = [found.value, found.expected, found.variance, found.p_analytic]
    assert ours == pytest.approx(theirs[["value", "expected", "variance", "p"]].tolist(), rel=1e-6)
    assert found.draws.mean() == pytest.approx(found.expected, abs=4 * np.sqrt(found.variance / 4999))
    assert found.draws.var() == pytest.approx(found.variance, rel=0.1)
    assert found.p_value == 1 / 5000
    if name != "getis_ord":
        assert found.variance_normal == pytest.approx(R.loc[(f"{name} normality", "variance"), "estimate"])


def test_place_by_place_spdep() -> None:
    crime, weights = COLUMBUS["CRIME"], columbus()
    local, star = local_moran(crime, weights.row_standardised(), rng=np.random.default_rng(0)), local_getis_ord(crime, weights)
    theirs = R.loc["local moran"].loc[crime.index]
    np.testing.assert_allclose(local["value"], theirs["estimate"], rtol=1e-8)
    np.testing.assert_allclose(local["std_error"], theirs["std_error"], rtol=1e-8)
    np.testing.assert_allclose(star["value"], R.loc["local getis_ord star", "estimate"].loc[crime.index], rtol=1e-8)
    assert local["value"].mean() == pytest.approx(moran(crime, weights.row_standardised(), rng=np.random.default_rng(0)).value)
    assert (local["p_value"] - local["p_analytic"]).abs().max() < 0.12  # few neighbours: the normal distribution is rough
    assert (local["q_value"] >= local["p_value"]).all()
    high = local["quadrant"] == "high-high"
    assert (local.loc[high, ["z", "lag"]] > 0).all(axis=None)


def test_two_variables() -> None:
    weights = columbus().row_standardised()
    found = bivariate_moran(COLUMBUS["CRIME"], COLUMBUS["INC"].sample(frac=1, random_state=1), weights, rng=np.random.default_rng(0))
    assert found.value == pytest.approx(PYSAL.loc["bivariate_moran", "value"])
    assert found.p_value == 1 / 1000
    same = bivariate_moran(COLUMBUS["CRIME"], COLUMBUS["CRIME"], weights, rng=np.random.default_rng(0))
    assert same.value == pytest.approx(moran(COLUMBUS["CRIME"], weights, rng=np.random.default_rng(0)).value)


def test_islands_are_named() -> None:
    chain = np.diag(np.ones(3), 1) + np.diag(np.ones(3), -1)
    chain[3, 2] = 0.0
    with pytest.raises(MeasureError, match="no neighbours"):
        moran(pd.Series([1.0, 2.0, 4.0, 8.0], index=list("abcd")), chain, rng=np.random.default_rng(0))
