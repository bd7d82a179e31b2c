"""Weights against their formulas in plain Python, against pymcdm, and in the cases where they degenerate."""

from __future__ import annotations

import csv
import math
import statistics
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure import (
    combine_weights,
    combined_weights,
    critic_weights,
    entropy_weights,
    normalise,
    pca_weights,
    topsis,
    variation_weights,
    weights_by,
)
from toolkit.measure.composite.combination import combination_amounts
from toolkit.measure.composite.weights import WEIGHTINGS

ROUNDING = 1e-10
REFERENCE = Path(__file__).resolve().parents[2] / "reference" / "pymcdm_composite.csv"


def unit(seed: int, n: int = 14, m: int = 4) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.lognormal(size=(n, m)) + rng.lognormal(size=(n, 1))
    return (x - x.min(axis=0)) / (x.max(axis=0) - x.min(axis=0))


def entropy_by_definition(z: list[list[float]]) -> list[float]:
    information = []
    for column in zip(*z, strict=True):
        total, entropy = sum(column), 0.0
        for value in column:
            if value > 0:
                entropy -= value / total * math.log(value / total)
        information.append(1 - entropy / math.log(len(column)))
    return [d / sum(information) for d in information]


def critic_by_definition(z: list[list[float]]) -> list[float]:
    columns = list(zip(*z, strict=True))
    contrast = [statistics.stdev(c) * sum(1 - statistics.correlation(c, other) for other in columns) for c in columns]
    return [c / sum(contrast) for c in contrast]


def variation_by_definition(z: list[list[float]]) -> list[float]:
    variation = [statistics.stdev(c) / statistics.fmean(c) for c in zip(*z, strict=True)]
    return [v / sum(variation) for v in variation]


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_weights_are_their_definitions(seed: int) -> None:
    z = unit(seed)
    assert entropy_weights(z).tolist() == pytest.approx(entropy_by_definition(z.tolist()), abs=ROUNDING)
    assert critic_weights(z).tolist() == pytest.approx(critic_by_definition(z.tolist()), abs=ROUNDING)
    assert variation_weights(z).tolist() == pytest.approx(variation_by_definition(z.tolist()), abs=ROUNDING)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_principal_components_come_out_of_the_singular_values_too(seed: int) -> None:
    z = unit(seed, m=5)
    standard = (z - z.mean(axis=0)) / z.std(axis=0, ddof=1)
    _, singular, turned = np.linalg.svd(standard, full_matrices=False)
    explained = singular**2 / (len(z) - 1)
    kept = explained >= 1
    carried = (explained[kept, None] * turned[kept] ** 2).sum(axis=0)
    np.testing.assert_allclose(pca_weights(z), carried / explained[kept].sum(), atol=1e-8)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), n=st.integers(3, 20), m=st.integers(1, 6), method=st.sampled_from([*WEIGHTINGS]))
def test_weights_sum_to_one_and_follow_their_columns(seed: int, n: int, m: int, method: str) -> None:
    frame = pd.DataFrame(unit(seed, n, m), columns=[f"i{j}" for j in range(m)])
    w = weights_by(method, frame)
    assert w.sum() == pytest.approx(1)
    assert (w >= 0).all()
    rng = np.random.default_rng(seed)
    rows, columns = rng.permutation(n), rng.permutation(m)
    pd.testing.assert_series_equal(weights_by(method, frame.iloc[rows, columns]), w.iloc[columns], atol=1e-7, rtol=0)


def test_entropy_by_hand() -> None:
    z = pd.DataFrame({"rd": [0.0, 0.25, 0.5, 1.0], "patents": [0.0, 0.25, 0.75, 1.0]})
    # rd: p = 0, 1/7, 2/7, 4/7: entropy 0.95570 / ln 4; patents: p = 0, 1/8, 3/8, 1/2: entropy 0.97431 / ln 4
    assert entropy_weights(z).round(4).to_dict() == {"rd": 0.511, "patents": 0.489}


def test_pymcdm_finds_the_same() -> None:
    with REFERENCE.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    x = np.array([float(r["value"]) for r in rows if r["kind"] == "value"]).reshape(24, 5)

    def theirs(what: str) -> list[float]:
        return [float(r["value"]) for r in rows if r["kind"].endswith(what)]

    ways = ["positive"] * 4 + ["negative"]
    entropy = entropy_weights(normalise(x, ways, offset=0.01))
    assert entropy.tolist() == pytest.approx(theirs("entropy"), rel=1e-9)
    assert critic_weights(normalise(x, ways)).tolist() == pytest.approx(theirs("critic"), rel=1e-9)
    assert topsis(normalise(x, ways), entropy).closeness.tolist() == pytest.approx(theirs("topsis"), rel=1e-9)


@pytest.mark.parametrize("method", ["entropy", "critic", "variation", "pca", "combined"])
def test_a_constant_column_weighs_nothing_and_leaves_the_others_alone(method: str) -> None:
    z = pd.DataFrame(unit(7), columns=list("abcd"))
    w = weights_by(method, z.assign(flat=0.4))
    assert w["flat"] == pytest.approx(0, abs=1e-12)
    pd.testing.assert_series_equal(w.drop("flat"), weights_by(method, z), atol=1e-9, rtol=0)


@pytest.mark.parametrize("method", WEIGHTINGS)
def test_one_indicator_weighs_one(method: str) -> None:
    assert weights_by(method, [[0.0], [0.4], [1.0]]).tolist() == [1.0]


def test_perfectly_correlated_columns() -> None:
    z = pd.DataFrame({"a": [0.0, 0.5, 1.0], "b": [0.0, 0.5, 1.0], "c": [0.2, 0.4, 0.6]})
    assert pca_weights(z).tolist() == pytest.approx([1 / 3] * 3)
    assert entropy_weights(z[["a", "b"]]).tolist() == pytest.approx([0.5, 0.5])
    with pytest.raises(MeasureError, match=r"perfectly correlated(.|\n)*a, b, c"):
        critic_weights(z)
    with pytest.raises(MeasureError, match="perfectly correlated"):
        combined_weights(z)


def test_two_rows() -> None:
    z = pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0], "c": [0.0, 1.0]})
    # r(a, b) = -1, r(a, c) = 1: conflicts 2, 4, 2
    assert critic_weights(z).tolist() == pytest.approx([0.25, 0.5, 0.25])
    for method in ("entropy", "variation", "pca", "equal"):
        assert weights_by(method, z).tolist() == pytest.approx([1 / 3] * 3)


@pytest.mark.parametrize("method", ["entropy", "critic", "variation", "pca"])
def test_nothing_varies(method: str) -> None:
    with pytest.raises(MeasureError, match="no indicator varies"):
        weights_by(method, [[0.5, 0.2], [0.5, 0.2]])


def test_combination_by_hand_and_its_conditions() -> None:
    first, second = pd.Series({"a": 0.8, "b": 0.2}), pd.Series({"a": 0.4, "b": 0.6})
    # products 0.68, 0.44, 0.52: amounts 0.78 and 0.34, so (0.76, 0.36) / 1.12
    assert combine_weights(first, second).tolist() == pytest.approx([0.76 / 1.12, 0.36 / 1.12])
    pd.testing.assert_series_equal(combine_weights(first, first), first, check_names=False)
    reordered = combine_weights(first, second[["b", "a"]])
    assert reordered.to_dict() == pytest.approx({"a": 0.76 / 1.12, "b": 0.36 / 1.12})


def test_a_negative_amount_enters_by_its_absolute_value() -> None:
    # an even and a concentrated vector: products 0.52, 0.58, 0.82 with determinant 0.09, so the even one would subtract itself
    even, peaked = pd.Series({"a": 0.6, "b": 0.4}), pd.Series({"a": 0.9, "b": 0.1})
    first, second = 0.82 * (0.52 - 0.58) / 0.09, 0.52 * (0.82 - 0.58) / 0.09
    assert combination_amounts(even, peaked).tolist() == pytest.approx([first, second])
    share = -first / (second - first)
    assert combine_weights(even, peaked).to_dict() == pytest.approx(
        {"a": share * 0.6 + (1 - share) * 0.9, "b": share * 0.4 + (1 - share) * 0.1}
    )


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), k=st.integers(2, 4))
def test_amounts_are_where_no_player_moves_and_the_combination_lies_between(seed: int, k: int) -> None:
    each = np.random.default_rng(seed).dirichlet(np.ones(6), size=k)
    series = [pd.Series(w) for w in each]
    amounts = combination_amounts(*series)
    for own in range(k):  # the distance of the combination to each vector, as a function of its own amount alone
        rest = sum(amounts[j] * each[j] for j in range(k) if j != own)
        assert amounts[own] == pytest.approx(each[own] @ (each[own] - rest) / (each[own] @ each[own]), abs=1e-6)
    w = combine_weights(*series)
    assert w.sum() == pytest.approx(1)
    assert (w >= each.min(axis=0) - ROUNDING).all()
    assert (w <= each.max(axis=0) + ROUNDING).all()


def test_the_combination_of_entropy_and_critic_is_never_one_of_them() -> None:
    for seed in range(30):
        z = unit(seed)
        for part in (entropy_weights(z), critic_weights(z)):
            assert np.abs(combined_weights(z) - part).max() > 1e-6


@pytest.mark.parametrize(
    ("values", "word"),
    [([[0.0, 2.0], [1.0, 0.0]], "between 0 and 1, not 2"), ([[0.0, 0.0], [1.0, 0.0]], "'x2' is zero in every row")],
)
def test_what_is_refused_is_named(values: list[list[float]], word: str) -> None:
    with pytest.raises(MeasureError, match=word):
        entropy_weights(values)


def test_bad_combinations_are_named() -> None:
    with pytest.raises(MeasureError, match="weights by indicator"):
        combine_weights([0.5, 0.5], [0.3, 0.7])  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="two weight vectors"):
        combine_weights(pd.Series({"a": 1.0}))
    with pytest.raises(MeasureError, match="'b' has no weight"):
        combine_weights(pd.Series({"a": 0.5, "b": 0.5}), pd.Series({"a": 0.5, "c": 0.5}))
    with pytest.raises(UnknownOption, match="entropy, critic"):
        weights_by("ahp", [[0.0], [1.0]])


@pytest.mark.parametrize("value", [0.3, 0.7, 1.0, 1 / 3])
def test_rounding_of_a_constant_column_is_no_information(value: float) -> None:
    """The entropy of n equal shares is ln n only up to rounding; what is left over, of either sign, must not become a weight."""
    for n in range(2, 200):
        with pytest.raises(MeasureError, match="no indicator varies"):
            entropy_weights(np.full((n, 2), value))
    for n in (3, 10, 49, 98, 107, 161, 187, 197):
        z = np.column_stack([np.linspace(0, 1, n), np.full(n, value)])
        assert entropy_weights(z).tolist() == [1.0, 0.0]


def test_little_information_is_still_information() -> None:
    """Two columns that hardly vary share the weight as the squares of their variation: -sum p ln p is ln n less half the squared spread."""
    z = np.array([[0.5, 0.5], [0.5 + 1e-4, 0.5], [0.5, 0.5 + 2e-4]])
    assert entropy_weights(z).tolist() == pytest.approx([0.2, 0.8], abs=1e-3)
