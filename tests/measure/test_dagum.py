"""Dagum's decomposition against its definition written as double loops, hand cases and identities."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from toolkit.errors import MeasureError
from toolkit.measure import DagumDecomposition, decompose_gini, gini

ROUNDING = 1e-11  # sums of at most a few hundred terms of order one
MOST_MEMORY = 30  # times the values; with all pairs it would be the number of values

amounts = arrays(np.float64, st.integers(2, 25), elements=st.one_of(st.just(0.0), st.floats(1e-3, 1e6)))


def by_definition(x: np.ndarray, labels: np.ndarray, w: np.ndarray) -> dict[str, object]:
    """Dagum (1997), sections 2 and 3, unit by unit: Ginis, gross differences d and p, affluence D and the three parts."""
    names = sorted(set(labels))
    w = w / w.sum()
    mean = float(w @ x)
    p = {j: w[labels == j].sum() for j in names}
    mu = {j: (w[labels == j] @ x[labels == j]) / p[j] for j in names}
    s = {j: p[j] * mu[j] / mean for j in names}
    pair, affluence = {}, {}
    parts = {"within": 0.0, "between": 0.0, "transvariation": 0.0}
    for j in names:
        for h in names:
            absolute = above = below = 0.0
            for i in np.flatnonzero(labels == j):
                for r in np.flatnonzero(labels == h):
                    both = w[i] * w[r] / (p[j] * p[h])
                    absolute += both * abs(x[i] - x[r])
                    above += both * max(x[i] - x[r], 0.0)
                    below += both * max(x[r] - x[i], 0.0)
            pair[j, h] = absolute / (mu[j] + mu[h]) if mu[j] + mu[h] > 0 else 0.0
            affluence[j, h] = abs(above - below) / (above + below) if above + below > 0 else 0.0
            if j == h:
                parts["within"] += pair[j, j] * p[j] * s[j]
            elif j > h:
                gross = pair[j, h] * (p[j] * s[h] + p[h] * s[j])
                parts["between"] += gross * affluence[j, h]
                parts["transvariation"] += gross * (1 - affluence[j, h])
    square = {"pair_gini": pair, "distance": affluence}
    return {**parts, **{key: np.array([[of[j, h] for h in names] for j in names]) for key, of in square.items()}}


def check_against_definition(parts: DagumDecomposition, x: np.ndarray, labels: np.ndarray, w: np.ndarray) -> None:
    expected = by_definition(x, labels, w)
    for key in ("within", "between", "transvariation"):
        assert getattr(parts, key) == pytest.approx(expected[key], abs=ROUNDING)
    np.testing.assert_allclose(parts.pair_gini, expected["pair_gini"], atol=ROUNDING)
    # The affluence of two groups that hardly differ is a ratio of two tiny numbers; its share of G is what is compared exactly.
    apart = parts.pair_gini > 1e-6
    np.testing.assert_allclose(parts.distance[apart], expected["distance"][apart], atol=1e-7)


@settings(deadline=None, max_examples=60)
@given(x=amounts.filter(lambda x: x.any()), seed=st.integers(0, 10_000))
def test_parts_are_the_definition(x: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, w = rng.choice(["east", "west", "centre"], x.size), rng.uniform(0.1, 5, x.size)
    check_against_definition(decompose_gini(x, labels), x, labels, np.ones(x.size))
    check_against_definition(decompose_gini(x, labels, w), x, labels, w)


@settings(deadline=None, max_examples=60)
@given(x=amounts.filter(lambda x: x.any()), seed=st.integers(0, 10_000))
def test_parts_add_up(x: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, w = rng.integers(0, 5, x.size), rng.uniform(0.1, 5, x.size)
    parts = decompose_gini(x, labels, w)
    assert parts.total == parts.within + parts.between + parts.transvariation
    assert parts.total == pytest.approx(gini(x, w), abs=ROUNDING)
    assert parts.by_group()["contribution"].sum() == pytest.approx(parts.total, abs=ROUNDING)
    pairs = parts.by_pair()
    assert pairs["between"].sum() == pytest.approx(parts.between, abs=ROUNDING)
    assert pairs["transvariation"].sum() == pytest.approx(parts.transvariation, abs=ROUNDING)
    assert min(parts.within, parts.between, parts.transvariation) >= 0
    assert parts.distance.max() <= 1
    # Net between inequality is that of the means of the groups.
    assert parts.between == pytest.approx(gini(parts.mean, parts.weight_share), abs=ROUNDING)


@settings(deadline=None, max_examples=40)
@given(x=amounts.filter(lambda x: x.any()), seed=st.integers(0, 10_000))
def test_scale_order_and_repetition_do_not_matter(x: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, times, order = rng.integers(0, 3, x.size), rng.integers(1, 4, x.size), rng.permutation(x.size)
    expected = decompose_gini(x, labels, times)
    scaled = decompose_gini(1e9 * x[order], labels[order], 7 * times[order])
    repeated = decompose_gini(np.repeat(x, times), np.repeat(labels, times))
    for other in (scaled, repeated):
        assert [other.within, other.between, other.transvariation] == pytest.approx(
            [expected.within, expected.between, expected.transvariation], abs=ROUNDING
        )


def test_three_zeros_and_three_tens() -> None:
    apart = decompose_gini([0, 0, 0, 10, 10, 10], list("aaabbb"))
    assert (apart.within, apart.between, apart.transvariation) == (0.0, 0.5, 0.0)
    assert apart.distance[0, 1] == apart.pair_gini[0, 1] == 1.0
    # The same six values shared out equally: means are equal, so that all between the groups is transvariation.
    mixed = decompose_gini([0, 10, 0, 10], list("aabb"))
    assert (mixed.within, mixed.between, mixed.transvariation) == pytest.approx((0.25, 0.0, 0.25))
    assert mixed.distance[0, 1] == 0.0


def test_hand_case_of_overlapping_groups() -> None:
    # a = {1, 4}, b = {2, 3, 7}: overall mean 17/5, means 5/2 and 4.
    # differences between a and b 1, 2, 6, 2, 1, 3: mean 15/6; b above a (1+2+6+3)/6 = 2, a above b (2+1)/6 = 1/2; D = 1.5/2.5
    parts = decompose_gini([1, 4, 2, 3, 7], list("aabbb"))
    assert parts.pair_gini[0, 1] == pytest.approx(2.5 / 6.5)
    assert parts.distance[0, 1] == pytest.approx(0.6)
    gross = (2 / 5) * (3 / 5) * 2.5 / 3.4
    assert parts.between == pytest.approx(0.6 * gross)
    assert parts.transvariation == pytest.approx(0.4 * gross)
    # inside a 3*2/4 over 2*5/2, inside b (1+5+4)*2/9 over 2*4
    assert parts.group_gini.tolist() == pytest.approx([1.5 / 5, 20 / 9 / 8])
    assert parts.mean.tolist() == pytest.approx([2.5, 4.0])


def test_one_group_and_groups_of_one() -> None:
    x = np.array([3.0, 1.0, 8.0])
    assert decompose_gini(x, ["all"] * 3).within == pytest.approx(gini(x))
    alone = decompose_gini(x, ["p", "q", "r"])
    assert (alone.within, alone.transvariation) == (0.0, 0.0)
    assert alone.between == pytest.approx(gini(x))
    assert alone.group_gini.tolist() == [0.0, 0.0, 0.0]


def test_small_differences_on_a_large_level_are_kept() -> None:
    small = np.array([0.0, 1.0, 2.0, 5.0])
    parts = decompose_gini(1e9 + small, list("aabb"))
    # The mean absolute difference does not depend on the level; the mean is 1e9 + 2.
    assert parts.total == pytest.approx(gini(small) * small.mean() / (1e9 + 2), rel=1e-6)
    assert parts.distance[0, 1] == pytest.approx(1.0, abs=1e-6)


def test_categories_keep_their_order() -> None:
    regions = pd.Categorical(["West", "East", "West"], categories=["East", "West"], ordered=True)
    assert decompose_gini([1, 2, 3], regions).groups == ("East", "West")
    assert decompose_gini([1, 2, 3], [10, 9, 10]).groups == ("10", "9")


def test_inputs_come_back_unchanged() -> None:
    x, g, w = np.array([3.0, 1.0, 2.0]), np.array(["b", "a", "b"]), np.array([1.0, 2.0, 3.0])
    kept = x.copy(), g.copy(), w.copy()
    decompose_gini(x, g, w)
    assert all(np.array_equal(a, b) for a, b in zip(kept, (x, g, w), strict=True))


def sorted_gini(x: np.ndarray) -> float:
    """2 sum(i x_i) / (n sum(x)) - (n + 1) / n over the values in order."""
    n = x.size
    return float(2 * np.arange(1, n + 1) @ np.sort(x) / (n * x.sum()) - (n + 1) / n)


@pytest.mark.slow
def test_a_million_values_in_twenty_groups() -> None:
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 20, 1_000_000)
    x = rng.lognormal(10 + labels / 20, 1)
    parts = decompose_gini(x, labels)
    shares, means = np.bincount(labels) / x.size, np.bincount(labels, x) / np.bincount(labels)
    within = sum(p**2 * mu / x.mean() * sorted_gini(x[labels == j]) for j, (p, mu) in enumerate(zip(shares, means, strict=True)))
    between = shares @ np.abs(means[:, None] - means) @ shares / (2 * x.mean())  # net of the overlap: the Gini of the means
    assert parts.total == pytest.approx(sorted_gini(x), abs=ROUNDING)
    assert (parts.within, parts.between) == pytest.approx((within, between), abs=ROUNDING)
    assert parts.transvariation == pytest.approx(sorted_gini(x) - within - between, abs=ROUNDING)


def test_memory_grows_with_the_values_and_not_with_their_pairs() -> None:
    rng = np.random.default_rng(3)
    x, labels = rng.lognormal(10, 1, 10_000), rng.integers(0, 20, 10_000)
    tracemalloc.start()
    try:
        decompose_gini(x, labels)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY * x.nbytes


def test_bad_values_are_named() -> None:
    named = pd.Series([1.0, np.nan, 2.0], index=["Beijing", "Tibet", "Hubei"], name="patents")
    with pytest.raises(MeasureError, match=r"(?s)1 missing.*patents.*'Tibet'.*remedy"):
        decompose_gini(named, ["a", "b", "a"])
    with pytest.raises(MeasureError, match="1 negative"):
        decompose_gini(named.fillna(-1.0), ["a", "b", "a"])
    with pytest.raises(MeasureError, match="every value is zero"):
        decompose_gini([0, 0], ["a", "b"])


@pytest.mark.parametrize("blank", [None, np.nan, "", "  "])
def test_unknown_labels_are_named(blank: object) -> None:
    values = pd.Series([1.0, 2.0, 3.0], index=["Beijing", "Tibet", "Hubei"])
    labels = pd.Series(["east", blank, "west"], index=values.index)
    with pytest.raises(MeasureError, match=r"(?s)group is missing.*1 units.*'Tibet'.*remedy"):
        decompose_gini(values, labels)


def test_groups_that_cannot_be_decomposed_are_named() -> None:
    with pytest.raises(MeasureError, match=r"(?s)empty group.*'north'.*remove_unused_categories"):
        decompose_gini([1, 2], pd.Categorical(["east", "west"], categories=["east", "north", "west"]))
    with pytest.raises(MeasureError, match=r"(?s)without weight: 'west'.*remedy"):
        decompose_gini([1, 2, 3], ["east", "west", "east"], [1, 0, 2])
    with pytest.raises(MeasureError, match="3 values and 2 groups"):
        decompose_gini([1, 2, 3], ["a", "b"])
    with pytest.raises(MeasureError, match="3 values and 2 weights"):
        decompose_gini([1, 2, 3], ["a", "b", "a"], [1, 1])


def test_series_in_another_order_are_refused() -> None:
    values = pd.Series([1.0, 2.0], index=["Beijing", "Hubei"])
    turned = pd.Series(["inland", "coast"], index=["Hubei", "Beijing"])
    with pytest.raises(MeasureError, match=r"(?s)groups in another order.*'Beijing', the groups have 'Hubei'.*groups\.loc"):
        decompose_gini(values, turned)
    assert decompose_gini(values, turned.loc[values.index]).groups == ("coast", "inland")
    with pytest.raises(MeasureError, match=r"(?s)weights in another order.*remedy"):
        decompose_gini(values, ["a", "b"], pd.Series([1.0, 2.0], index=["Hubei", "Beijing"]))


def test_groups_of_one_and_the_same_value_are_at_no_distance() -> None:
    """Dagum's D is 0/0 there; it is 0 when the two means are equal, and nothing lies between the groups."""
    parts = decompose_gini([2.0, 2.0, 2.0, 2.0, 5.0, 7.0], list("aabbcc"))
    assert parts.distance[0, 1] == parts.pair_gini[0, 1] == 0.0
    assert parts.distance[0, 2] == parts.distance[1, 2] == 1.0
