"""Moran's I against sums over pairs, its mean over all shuffles, and refusals."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import moran

RING = np.roll(np.eye(8), 1, axis=1) / 2 + np.roll(np.eye(8), -1, axis=1) / 2


def test_the_index_is_a_sum_over_pairs() -> None:
    x = pd.Series(np.random.default_rng(1).gamma(2.0, size=8), index=list("abcdefgh"))
    z = (x - x.mean()).to_numpy()
    pairs = sum(RING[a, b] * z[a] * z[b] for a, b in itertools.product(range(8), repeat=2))
    found = moran(x, RING, rng=np.random.default_rng(0))
    assert found.i == pytest.approx(8 / RING.sum() * pairs / sum(z**2))
    assert found.draws.mean() == pytest.approx(-1 / 7, abs=0.04)  # about three Monte Carlo standard errors
    assert found.expected == -1 / 7


def test_waves_cluster_and_teeth_do_not() -> None:
    wave = pd.Series(np.sin(2 * np.pi * np.arange(8) / 8))
    assert moran(wave, RING, rng=np.random.default_rng(0)).p_value < 0.01
    teeth = pd.Series([1.0, -1.0] * 4)
    found = moran(teeth, RING, rng=np.random.default_rng(0))
    assert (found.i, found.p_value) == (pytest.approx(-1.0), 1.0)


@pytest.mark.parametrize("bad", [[1.0] * 8, [1.0] * 7 + [np.nan]])
def test_nothing_to_compare_is_refused(bad: list[float]) -> None:
    with pytest.raises(MeasureError):
        moran(pd.Series(bad), RING, rng=np.random.default_rng(0))
