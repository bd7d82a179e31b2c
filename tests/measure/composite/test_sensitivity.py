"""Sobol indices: closed forms, SciPy's estimator on the same function, brute force over the choices, identities, refusals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata, sobol_indices, uniform

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.composite.coupling import coupling
from toolkit.measure.composite.sensitivity import FACTORS, RankingSensitivity, decompose_variance, ranking_sensitivity

ROUNDING = 1e-12
GRID = 1e-3  # moments of x^4 on 400 midpoints differ from the integrals by less than this
SAMPLING = 0.03  # four standard errors of SciPy's indices at 2^13 points

SYSTEMS = ["S", "S", "I", "I", "T"]
SCHEMES = {"equal": [0.2] * 5, "steep": [0.4, 0.1, 0.1, 0.3, 0.1], "flat": [0.3, 0.2, 0.2, 0.1, 0.2]}
ENTITY, TIME = list("abcabcd"), [2020] * 3 + [2021] * 4


def test_ishigami_function() -> None:
    """Ishigami and Homma (1990): sin x1 + 7 sin² x2 + 0.1 x3⁴ sin x1 on (-π, π)³, whose indices are known."""
    a, b = 7.0, 0.1
    one, two, three = (np.pi * (2 * (np.arange(n) + 0.5) / n - 1) for n in (12, 12, 400))
    x1, x2, x3 = np.meshgrid(one, two, three, indexing="ij")
    found = decompose_variance(np.sin(x1) + a * np.sin(x2) ** 2 + b * x3**4 * np.sin(x1), ["x1", "x2", "x3"])
    v1, v2, v13 = 0.5 * (1 + b * math.pi**4 / 5) ** 2, a**2 / 8, b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    total = v1 + v2 + v13
    assert float(found.variance) == pytest.approx(total, rel=GRID)
    np.testing.assert_allclose(found.first, [v1 / total, v2 / total, 0], atol=GRID)
    np.testing.assert_allclose(found.total, [(v1 + v13) / total, v2 / total, v13 / total], atol=GRID)
    np.testing.assert_allclose(found.pairs, [[0, 0, v13 / total], [0, 0, 0], [v13 / total, 0, 0]], atol=GRID)


def test_scipy_agrees_on_discrete_levels() -> None:
    y = np.random.default_rng(1).normal(size=(3, 4, 2)) + np.arange(3)[:, None, None]
    found = decompose_variance(y, ["a", "b", "c"])
    sizes = np.array(y.shape)[:, None]

    def evaluate(x: np.ndarray) -> np.ndarray:
        return y[tuple(np.floor(x * sizes).astype(int))]

    sampled = sobol_indices(func=evaluate, n=2**13, dists=[uniform()] * 3, rng=np.random.default_rng(1))
    np.testing.assert_allclose(found.first, sampled.first_order, atol=SAMPLING)
    np.testing.assert_allclose(found.total, sampled.total_order, atol=SAMPLING)


def test_by_hand_with_an_interaction() -> None:
    """y = 1 only where both are at their second level: mean 1/4, variance 3/16, each alone 1/16, the pair 1/16."""
    found = decompose_variance([[0.0, 0.0], [0.0, 1.0]], ["a", "b"])
    assert (float(found.mean), float(found.variance), found.combinations) == (0.25, 3 / 16, 4)
    np.testing.assert_allclose(found.first, [1 / 3, 1 / 3], atol=ROUNDING)
    np.testing.assert_allclose(found.total, [2 / 3, 2 / 3], atol=ROUNDING)
    assert found.pairs[0, 1] == pytest.approx(1 / 3, abs=ROUNDING)
    assert found.frame()["factor"].tolist() == ["a", "b"]


@settings(deadline=None, max_examples=60)
@given(y=arrays(np.float64, (3, 2, 4, 2), elements=st.floats(-5, 5).map(lambda v: round(v, 3))))
def test_parts_add_up(y: np.ndarray) -> None:
    found = decompose_variance(y, ["a", "b", "c"])
    varies = found.variance > 0
    three = 1 - found.first.sum(axis=0) - found.pairs.sum(axis=(0, 1)) / 2
    assert (three[varies] > -1e-9).all()
    np.testing.assert_allclose(found.total, found.first + found.pairs.sum(axis=1) + np.where(varies, three, 0), atol=1e-9)
    for part in (found.first, found.total, found.pairs):
        assert ((part >= 0) & (part <= 1 + 1e-9)).all()
        assert (part[..., ~varies] == 0).all()


@settings(deadline=None, max_examples=30)
@given(y=arrays(np.float64, (2, 3, 2), elements=st.floats(-5, 5)), shift=st.floats(-3, 3), factor=st.floats(0.5, 3))
def test_a_change_of_unit_and_of_the_order_of_factors_changes_nothing(y: np.ndarray, shift: float, factor: float) -> None:
    y = y + np.arange(2)[:, None, None] * 20  # something varies
    found, moved = decompose_variance(y, "abc"), decompose_variance(shift + factor * y, "abc")
    np.testing.assert_allclose(moved.total, found.total, atol=1e-9)
    turned = decompose_variance(y.transpose(2, 0, 1), "cab")
    np.testing.assert_allclose(turned.first, found.first[[2, 0, 1]], atol=1e-9)


def test_a_result_that_does_not_move_has_no_shares() -> None:
    found = decompose_variance(np.full((2, 3), 0.1), ["a", "b"])
    assert (found.variance, found.first.tolist(), found.total.tolist()) == (0.0, [0.0, 0.0], [0.0, 0.0])
    assert found.frame()["first"].tolist() == [0.0, 0.0]
    mixed = decompose_variance(np.stack([np.full((2, 2), 0.3), [[0.0, 0.0], [1.0, 1.0]]], axis=-1), ["a", "b"])
    assert mixed.frame()["first"].tolist() == [1.0, 0.0]  # the mean over what varies


def run() -> tuple[RankingSensitivity, dict[str, np.ndarray]]:
    rng = np.random.default_rng(1)
    normalisations = {name: rng.uniform(size=(7, 5)) for name in ("min-max", "rank")}
    return ranking_sensitivity(normalisations, SCHEMES, SYSTEMS, ENTITY, TIME, indicators=list("vwxyz"), alpha=[2, 1, 1]), normalisations


def test_the_ranking_is_evaluated_in_every_combination() -> None:
    found, normalisations = run()
    assert found.levels == {
        "weights": ("equal", "steep", "flat"),
        "normalisation": ("min-max", "rank"),
        "indicator": ("none", "v", "w", "x", "y"),
        "form": ("standard", "wang"),
    }
    shape = tuple(len(levels) for levels in found.levels.values())
    d, rank = np.empty((*shape, 7)), np.empty((*shape, 7))
    for (i, w), (j, x), k, (h, form) in itertools.product(
        enumerate(SCHEMES.values()), enumerate(normalisations.values()), range(5), enumerate(("standard", "wang"))
    ):
        kept = [c for c in range(5) if c != k - 1]
        u = [
            [np.average(row[[c for c in kept if SYSTEMS[c] == s]], weights=[w[c] for c in kept if SYSTEMS[c] == s]) for s in "SIT"]
            for row in x
        ]
        d[i, j, k, h] = coupling(u, [2, 1, 1], form).d  # type: ignore[arg-type]
        for t in (2020, 2021):
            here = np.array(TIME) == t
            rank[i, j, k, h, here] = rankdata(-d[i, j, k, h, here], method="min")
    shift = np.abs(rank - rank[0, 0, 0, 0]).mean(axis=-1)
    for outcome, values in ((found.d, d), (found.rank, rank), (found.shift, shift)):
        expected = decompose_variance(values, FACTORS)
        np.testing.assert_allclose(outcome.mean, expected.mean, atol=ROUNDING)
        np.testing.assert_allclose(outcome.total, expected.total, atol=1e-9)
        np.testing.assert_allclose(outcome.first, expected.first, atol=1e-9)
    assert found.d.combinations == 60


def test_one_level_of_a_factor_explains_nothing() -> None:
    found = ranking_sensitivity(
        {"min-max": np.random.default_rng(1).uniform(size=(7, 5))}, {"equal": [1] * 5}, SYSTEMS, ENTITY, TIME, forms=["wang"]
    )
    assert (found.d.first[[0, 1, 3]] == 0).all()
    np.testing.assert_allclose(found.d.first[2], 1.0, atol=ROUNDING)
    assert found.levels["indicator"] == ("none", "0", "1", "2", "3")


def test_what_makes_no_sense_is_refused_by_name() -> None:
    x = {"min-max": np.full((7, 5), 0.5)}
    with pytest.raises(MeasureError, match="3 factors"):
        decompose_variance([[1.0, 2.0]], "abc")
    with pytest.raises(MeasureError, match=r"(?s)no finite value.*\(0, 1\)"):
        decompose_variance([[1.0, np.nan]], "ab")
    with pytest.raises(MeasureError, match="no weight scheme"):
        ranking_sensitivity(x, {}, SYSTEMS, ENTITY, TIME)
    with pytest.raises(MeasureError, match="5 indicators have 1 names"):
        ranking_sensitivity(x, SCHEMES, SYSTEMS, ENTITY, TIME, indicators=["v"])
    with pytest.raises(MeasureError, match="normalisation 0 has the shape"):
        ranking_sensitivity({"a": np.full((7, 4), 0.5)}, SCHEMES, SYSTEMS, ENTITY, TIME)
    with pytest.raises(MeasureError, match=r"(?s)scheme.*'bad'.*4"):
        ranking_sensitivity(x, {**SCHEMES, "bad": [1, 1, 1, 1]}, SYSTEMS, ENTITY, TIME)
    with pytest.raises(MeasureError, match="at least two systems"):
        ranking_sensitivity(x, {"equal": [1] * 5}, ["S"] * 5, ENTITY, TIME)
    with pytest.raises(UnknownOption, match="'fan'"):
        ranking_sensitivity(x, SCHEMES, SYSTEMS, ENTITY, TIME, forms=["fan"])  # type: ignore[list-item]
