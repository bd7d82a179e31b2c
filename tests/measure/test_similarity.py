"""Structural similarity, Krugman's index and two-way balance: hand cases and identities."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist, squareform

from toolkit.errors import MeasureError
from toolkit.measure import grubel_lloyd, grubel_lloyd_total, krugman_index, structural_similarity

REGIONS = pd.DataFrame({"steel": [3.0, 0.0, 1.0], "cars": [4.0, 0.0, 1.0], "chips": [0.0, 2.0, 0.0]}, index=["a", "b", "c"])


def test_similarity_by_hand() -> None:
    s = structural_similarity(REGIONS)
    assert s.loc["a", "b"] == 0.0
    assert s.loc["a", "c"] == pytest.approx(7 / (5 * math.sqrt(2)))  # (3 + 4) / (|(3, 4)| |(1, 1)|)
    assert np.diag(s).tolist() == [1.0, 1.0, 1.0]


def test_krugman_by_hand() -> None:
    k = krugman_index(REGIONS)
    assert k.loc["a", "b"] == pytest.approx(2.0)
    assert k.loc["a", "c"] == pytest.approx(abs(3 / 7 - 1 / 2) + abs(4 / 7 - 1 / 2))


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_scipy_finds_the_same_and_size_does_not_matter(seed: int) -> None:
    x = np.random.default_rng(seed).lognormal(size=(6, 4))
    shares = x / x.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(structural_similarity(x), 1 - squareform(pdist(shares, "cosine")), atol=1e-12)
    np.testing.assert_allclose(krugman_index(x), squareform(pdist(shares, "cityblock")), atol=1e-12)
    size = np.arange(1, 7)[:, None]
    np.testing.assert_allclose(structural_similarity(x * size), structural_similarity(x), atol=1e-12)


def test_balance_by_hand() -> None:
    balance = grubel_lloyd(pd.Series([3.0, 2.0, 0.0], index=["a", "b", "c"]), pd.Series([1.0, 2.0, 0.0], index=["a", "b", "c"]))
    assert balance["a"] == 0.5
    assert balance["b"] == 1.0
    assert math.isnan(balance["c"])  # nothing flows
    assert grubel_lloyd_total([3.0, 2.0, 0.0], [1.0, 2.0, 0.0]) == 0.75
    assert grubel_lloyd([3.0, 2.0], [0.0, 0.0]).tolist() == [0.0, 0.0]


def test_what_is_refused_is_named() -> None:
    with pytest.raises(MeasureError, match="row 'b' is zero"):
        structural_similarity(REGIONS.assign(chips=0.0))
    with pytest.raises(MeasureError, match="row 'a' holds a negative"):
        krugman_index(REGIONS.replace(3.0, -3.0))
    with pytest.raises(MeasureError, match="inflow at position 1 is negative: -2"):
        grubel_lloyd([1.0, 2.0], [1.0, -2.0])
    with pytest.raises(MeasureError, match="nothing flows"):
        grubel_lloyd_total([0.0], [0.0])
    with pytest.raises(MeasureError, match="2 outflows and 1 inflows"):
        grubel_lloyd([1.0, 2.0], [1.0])
    with pytest.raises(MeasureError, match="inflows in another order"):
        grubel_lloyd(pd.Series([1.0, 2.0], index=["a", "b"]), pd.Series([1.0, 2.0], index=["b", "a"]))
