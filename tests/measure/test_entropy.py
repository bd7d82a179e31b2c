"""Generalised entropy, Atkinson, the coefficient of variation and contributions of units: definitions, limits, identities, refusals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure import (
    atkinson,
    coefficient_of_variation,
    decompose_entropy,
    generalized_entropy,
    gini,
    gini_contributions,
    theil_contributions,
    theil_l,
    theil_t,
)

ROUNDING = 1e-10  # relative to the index; powers of ratios up to 1e5
NEAR = 1e-9  # how far alpha is from a limit when continuity is tested

positive = arrays(np.float64, st.integers(2, 40), elements=st.floats(1e-2, 1e3))
alphas = st.sampled_from([-1.0, -0.5, 0.0, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0])
seeds = st.integers(0, 10_000)


def entropy_by_definition(x: np.ndarray, w: np.ndarray, alpha: float) -> float:
    w = w / w.sum()
    y = x / (w @ x)
    if alpha == 0:
        return float(-(w @ np.log(y)))
    if alpha == 1:
        return float(w @ (y * np.log(y)))
    return float((w @ y**alpha - 1) / (alpha * (alpha - 1)))


def weights_of(x: np.ndarray, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.1, 5, x.size)


@settings(deadline=None, max_examples=80)
@given(x=positive, seed=seeds, alpha=alphas)
def test_index_is_the_definition(x: np.ndarray, seed: int, alpha: float) -> None:
    w = weights_of(x, seed)
    assert generalized_entropy(x, alpha, w) == pytest.approx(entropy_by_definition(x, w, alpha), rel=ROUNDING, abs=ROUNDING)
    assert generalized_entropy(x, alpha) == pytest.approx(entropy_by_definition(x, np.ones(x.size), alpha), rel=ROUNDING, abs=ROUNDING)


@settings(deadline=None, max_examples=80)
@given(x=positive, seed=seeds, alpha=alphas)
def test_decomposition_adds_up_group_by_group(x: np.ndarray, seed: int, alpha: float) -> None:
    labels, w = np.random.default_rng(seed).integers(0, 4, x.size), weights_of(x, seed)
    parts = decompose_entropy(x, labels, alpha, w)
    assert parts.total == parts.within + parts.between
    assert parts.total == pytest.approx(generalized_entropy(x, alpha, w), rel=ROUNDING, abs=ROUNDING)
    assert parts.by_group()["contribution"].sum() == pytest.approx(parts.total, rel=ROUNDING, abs=ROUNDING)
    assert parts.between_part.sum() == pytest.approx(parts.between, rel=ROUNDING, abs=ROUNDING)
    assert (parts.within_part >= 0).all()
    means = np.array([np.average(x[labels == k], weights=w[labels == k]) for k in np.unique(labels)])
    assert parts.between == pytest.approx(entropy_by_definition(means, parts.weight_share, alpha), rel=ROUNDING, abs=ROUNDING)
    for k, name in enumerate(parts.groups):
        inside = labels == int(name)
        assert parts.group_index[k] == pytest.approx(entropy_by_definition(x[inside], w[inside], alpha), rel=ROUNDING, abs=ROUNDING)


def test_signed_parts_between_groups_are_the_published_ones() -> None:
    x, labels = [2.0, 4.0, 6.0], ["a", "b", "b"]
    s, p = np.array([2, 10]) / 12, np.array([1, 2]) / 3
    np.testing.assert_allclose(decompose_entropy(x, labels, 1).between_part, s * np.log(s / p))
    np.testing.assert_allclose(decompose_entropy(x, labels, 0).between_part, p * np.log(p / s))
    np.testing.assert_allclose(decompose_entropy(x, labels, 2).between_part, p * ((s / p) ** 2 - 1) / 2)


@settings(deadline=None, max_examples=40)
@given(x=positive, seed=seeds, alpha=alphas)
def test_scale_order_and_repetition_do_not_matter(x: np.ndarray, seed: int, alpha: float) -> None:
    rng = np.random.default_rng(seed)
    times, order = rng.integers(1, 4, x.size), rng.permutation(x.size)
    for measure in (
        lambda v, w: generalized_entropy(v, alpha, w),
        lambda v, w: atkinson(v, abs(alpha) + 0.5, w),
        coefficient_of_variation,
        lambda v, w: coefficient_of_variation(v, w, form="sample"),
    ):
        expected = pytest.approx(measure(x, times), rel=ROUNDING, abs=ROUNDING)
        assert measure(1e9 * x[order], times[order]) == expected
        assert measure(np.repeat(x, times), None) == expected


@pytest.mark.parametrize("limit", [0, 1])
def test_index_is_continuous_through_its_limits(limit: int) -> None:
    x = np.random.default_rng(0).lognormal(0, 1, 50)
    at = {0: theil_l, 1: theil_t}[limit](x)
    for alpha in (limit - NEAR, limit + NEAR):
        assert generalized_entropy(x, alpha) == pytest.approx(at, rel=100 * NEAR)


@settings(deadline=None, max_examples=60)
@given(x=positive, seed=seeds)
def test_identities_between_measures(x: np.ndarray, seed: int) -> None:
    w = weights_of(x, seed)
    assert generalized_entropy(x, 2, w) == pytest.approx(coefficient_of_variation(x, w) ** 2 / 2, rel=ROUNDING, abs=ROUNDING)
    assert atkinson(x, 1, w) == pytest.approx(1 - np.exp(-theil_l(x, w)), rel=ROUNDING, abs=ROUNDING)
    for epsilon in (0.5, 2.0):
        alpha = 1 - epsilon
        linked = 1 - (alpha * (alpha - 1) * generalized_entropy(x, alpha, w) + 1) ** (1 / alpha)
        assert atkinson(x, epsilon, w) == pytest.approx(linked, rel=ROUNDING, abs=ROUNDING)
    assert atkinson(x, 0.5, w) <= atkinson(x, 1, w) + ROUNDING <= atkinson(x, 2, w) + 2 * ROUNDING


@settings(deadline=None, max_examples=40)
@given(x=positive, seed=seeds)
def test_contributions_of_units_are_their_share_of_the_definition(x: np.ndarray, seed: int) -> None:
    w = weights_of(x, seed)
    share = w / w.sum()
    mean = share @ x
    pairs = share[:, None] * share[None, :] * np.abs(x[:, None] - x[None, :]) / (2 * mean)
    np.testing.assert_allclose(gini_contributions(x, w), pairs.sum(axis=1), atol=ROUNDING)
    assert gini_contributions(x, w).sum() == pytest.approx(gini(x, w), abs=ROUNDING)
    held = share * x / mean
    np.testing.assert_allclose(theil_contributions(x, w), held * np.log(held / share), atol=ROUNDING)
    assert theil_contributions(x, w).sum() == pytest.approx(theil_t(x, w), abs=ROUNDING)


def test_hand_cases() -> None:
    assert theil_contributions([0, 0, 0, 10, 10, 10]).tolist() == pytest.approx([0, 0, 0, *[np.log(2) / 3] * 3])
    assert gini_contributions([0, 0, 0, 10, 10, 10]).tolist() == pytest.approx([1 / 12] * 6)
    assert gini_contributions([7.0]).tolist() == [0.0]
    assert generalized_entropy([0, 0, 0, 10, 10, 10], 2) == pytest.approx(0.5)  # CV = 1
    assert generalized_entropy([0, 10], 0.25) == pytest.approx((2**0.25 / 2 - 1) / (0.25 * -0.75))
    assert atkinson([0, 0, 0, 10, 10, 10], 0.5) == pytest.approx(0.5)  # (half of sqrt 2) squared is 1/2
    assert atkinson([1, 4], 2) == pytest.approx(1 - 1.6 / 2.5)  # harmonic mean 1.6
    assert coefficient_of_variation([0, 0, 0, 10, 10, 10]) == pytest.approx(1.0)
    assert coefficient_of_variation([2, 4, 4, 4, 5, 5, 7, 9]) == pytest.approx(2 / 5)
    assert coefficient_of_variation([2, 4, 4, 4, 5, 5, 7, 9], form="sample") == pytest.approx(np.std([2, 4, 4, 4, 5, 5, 7, 9], ddof=1) / 5)


def test_equality_is_exactly_zero_and_groups_of_one_too() -> None:
    equal = np.full(7, 0.1)
    assert [generalized_entropy(equal, a) for a in (-1, 0, 1, 2)] == pytest.approx([0] * 4, abs=1e-30)
    assert [atkinson(equal, e) for e in (0.5, 1, 2)] == pytest.approx([0] * 3, abs=1e-15)
    parts = decompose_entropy([0.1, 0.3, 0.3, 0.3], ["one", "three", "three", "three"], 0)
    assert parts.group_index.tolist() == [0.0, 0.0]
    assert (parts.within, parts.between_share) == (0.0, 1.0)


def test_small_inequality_on_a_large_level_is_kept() -> None:
    x = 1e9 + np.array([0.0, 1.0, 2.0, 5.0])
    half_squared = np.var([0.0, 1, 2, 5]) / (2 * (1e9 + 2) ** 2)  # every GE is half the squared CV near equality
    for alpha in (-1, 0, 1, 2):
        assert generalized_entropy(x, alpha) == pytest.approx(half_squared, rel=1e-3, abs=1e-24)
    assert coefficient_of_variation(x) == pytest.approx(np.std([0.0, 1, 2, 5]) / (1e9 + 2), rel=1e-6)


@pytest.mark.parametrize("name", ["theil_l", "GE", "atkinson"])
def test_a_zero_is_refused_where_the_measure_needs_positive_values(name: str) -> None:
    values = pd.Series([1.0, 0.0], index=["Beijing", "Tibet"], name="patents")
    measure = {"theil_l": theil_l, "GE": lambda v: generalized_entropy(v, -1), "atkinson": lambda v: atkinson(v, 1)}[name]
    with pytest.raises(MeasureError, match=r"(?s)1 zero values.*patents.*'Tibet'.*remedy"):
        measure(values)
    assert generalized_entropy(values, 0.5) > 0
    assert atkinson(values, 0.5) == pytest.approx(0.5)


def test_other_refusals() -> None:
    with pytest.raises(MeasureError, match=r"(?s)epsilon = 0 is not defined.*above zero"):
        atkinson([1, 2], 0)
    with pytest.raises(MeasureError, match=r"(?s)epsilon = 400 overflows.*smaller epsilon"):
        atkinson([1e-3, 1e3], 400)
    with pytest.raises(MeasureError, match=r"(?s)GE\(400\) overflows.*nearer to zero"):
        generalized_entropy(np.r_[np.full(999, 1e-3), 1e6], 400)
    with pytest.raises(MeasureError, match="finite alpha"):
        generalized_entropy([1, 2], np.nan)
    with pytest.raises(MeasureError, match="without weight: 'b'"):
        decompose_entropy([1, 2], ["a", "b"], 1, [1, 0])
    with pytest.raises(MeasureError, match=r"(?s)more than one unit; N is 1.*population"):
        coefficient_of_variation([1, 2], [0.5, 0.5], form="sample")
    with pytest.raises(UnknownOption, match="population"):
        coefficient_of_variation([1, 2], form="n-1")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="table of shape"):
        gini_contributions(np.ones((2, 2)))
