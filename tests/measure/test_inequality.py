"""Inequality measures against definitions, hand cases and identities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolkit.errors import MeasureError
from toolkit.measure import concentration_ratio, decompose_theil, gini, herfindahl, lorenz, share_of, theil_l, theil_t

ROUNDING = 1e-10  # sums of at most a few hundred terms of order one

positive = arrays(np.float64, st.integers(2, 40), elements=st.floats(1e-3, 1e6))


def gini_by_pairs(x: np.ndarray, w: np.ndarray) -> float:
    """The definition: mean absolute difference over twice the mean."""
    w = w / w.sum()
    return float((w[:, None] * w[None, :] * np.abs(x[:, None] - x[None, :])).sum() / (2 * (w @ x)))


@settings(deadline=None, max_examples=60)
@given(x=positive, seed=st.integers(0, 10_000))
def test_gini_is_the_mean_absolute_difference(x: np.ndarray, seed: int) -> None:
    w = np.random.default_rng(seed).uniform(0.1, 5, x.size)
    assert gini(x, w) == pytest.approx(gini_by_pairs(x, w), abs=ROUNDING)
    assert gini(x) == pytest.approx(gini_by_pairs(x, np.ones(x.size)), abs=ROUNDING)


@settings(deadline=None, max_examples=60)
@given(x=positive, seed=st.integers(0, 10_000))
def test_theil_adds_up_and_ignores_scale_and_order(x: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups, w = rng.integers(0, 4, x.size).astype(str), rng.uniform(0.1, 5, x.size)
    parts = decompose_theil(x, groups, w)
    assert parts.within + parts.between == pytest.approx(parts.total, abs=ROUNDING)
    assert parts.total == pytest.approx(theil_t(x, w), abs=ROUNDING)
    assert parts.within_part.sum() == pytest.approx(parts.within, abs=ROUNDING)
    order = rng.permutation(x.size)
    assert theil_t(1e9 * x[order], w[order]) == pytest.approx(theil_t(x, w), abs=ROUNDING)


@settings(deadline=None, max_examples=40)
@given(x=positive)
def test_integer_weights_repeat_units(x: np.ndarray) -> None:
    times = np.arange(x.size) % 3 + 1
    repeated = np.repeat(x, times)
    for measure in (gini, theil_t, theil_l):
        assert measure(x, times) == pytest.approx(measure(repeated), abs=ROUNDING)


def test_within_part_is_the_weighted_theil_of_each_group() -> None:
    x, g = np.array([1.0, 2, 4, 8, 16, 3]), np.array(["a", "a", "b", "b", "b", "c"])
    parts = decompose_theil(x, g)
    assert parts.groups == ("a", "b", "c")
    for k, name in enumerate(parts.groups):
        assert parts.group_index[k] == pytest.approx(theil_t(x[g == name]), abs=ROUNDING)


def test_gini_and_theil_are_those_of_pysal() -> None:
    """PySAL's inequality 1.1.2, stored; its Gini has no small-sample factor either."""
    stored = pd.read_csv(Path(__file__).parents[1] / "reference" / "pysal_inequality.csv")
    sample, peer = stored[stored["kind"] == "value"], stored[stored["kind"] != "value"].set_index("name")["value"]
    parts = decompose_theil(sample["value"].to_numpy(), sample["name"].to_numpy())
    assert gini(sample["value"]) == pytest.approx(peer["gini"], abs=ROUNDING)
    assert (parts.total, parts.between, parts.within) == pytest.approx((peer["theil"], peer["between"], peer["within"]), abs=ROUNDING)


def test_hand_cases() -> None:
    assert theil_t([0, 0, 0, 10, 10, 10]) == pytest.approx(np.log(2), abs=ROUNDING)
    halves = decompose_theil([0, 0, 0, 10, 10, 10], list("aaabbb"))
    assert (halves.within, halves.between_share) == (0.0, 1.0)
    assert gini([1, 2, 3]) == pytest.approx(2 / 9)  # |differences| sum to 8, over 2 * 9 * 2
    assert theil_l([1, np.e**2]) == pytest.approx(np.log((1 + np.e**2) / 2) - 1)
    assert gini([5]) == 0.0
    curve = lorenz([3, 1])
    assert curve.population.tolist() == [0, 0.5, 1]
    assert curve.value.tolist() == [0, 0.25, 1]


def test_concentration_hand_cases() -> None:
    assert concentration_ratio([5, 1, 4], 2) == 0.9
    assert herfindahl([5, 1, 4]) == pytest.approx(0.42)
    assert share_of(pd.Series({"Beijing": 1.0, "Hubei": 3.0}), ["Beijing"]) == 0.25


@pytest.mark.parametrize("measure", [gini, theil_t, theil_l, herfindahl])
def test_bad_values_are_named(measure) -> None:  # type: ignore[no-untyped-def]
    named = pd.Series([1.0, np.nan, 2.0], index=["Beijing", "Tibet", "Hubei"], name="patents")
    with pytest.raises(MeasureError, match=r"(?s)1 missing.*patents.*'Tibet'.*remedy"):
        measure(named)
    with pytest.raises(MeasureError, match="1 negative"):
        measure(named.fillna(-1.0))
    with pytest.raises(MeasureError, match=r"every value is zero|3 zero values"):
        measure([0.0, 0.0, 0.0])
    with pytest.raises(MeasureError, match="at least one value"):
        measure([])


def test_other_refusals() -> None:
    with pytest.raises(MeasureError, match="1 zero values"):
        theil_l([0.0, 1.0])
    with pytest.raises(MeasureError, match="2 values and 3 weights"):
        gini([1, 2], [1, 1, 1])
    with pytest.raises(MeasureError, match="k between 1 and 3"):
        concentration_ratio([1, 2, 3], 4)
    with pytest.raises(MeasureError, match="'Beijng'"):
        share_of(pd.Series({"Beijing": 1.0}), ["Beijng"])
    with pytest.raises(MeasureError, match="group is missing"):
        decompose_theil([1, 2], ["a", None])
    with pytest.raises(MeasureError, match="needs numbers"):
        gini(["a", "b"])


def test_the_lorenz_curve_has_the_gini_of_its_area_and_ends_at_one() -> None:
    rng = np.random.default_rng(4)
    x, w = rng.exponential(size=30), rng.uniform(0.5, 3.0, size=30)
    curve = lorenz(x, w)
    by_hand = np.abs(x[:, None] - x) * w[:, None] * w
    expected = by_hand.sum() / (2 * (w @ x) * w.sum())
    assert curve.gini == pytest.approx(expected, rel=1e-12)
    assert curve.gini == pytest.approx(gini(x, w), rel=1e-12)
    order = np.argsort(x)
    np.testing.assert_allclose(curve.population[1:], np.cumsum(w[order]) / w.sum(), rtol=1e-12)
    np.testing.assert_allclose(curve.value[1:], np.cumsum((w * x)[order]) / (w @ x), rtol=1e-12)
