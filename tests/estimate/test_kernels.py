"""Effects are removed exactly: against dummies by brute force, for one, two and three effects, weighted, disconnected."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import solve_triangular

from toolkit.errors import NotConverged
from toolkit.estimate.rows.grouping import Grouping, crossed, dense, group
from toolkit.estimate.solve import absorb, several
from toolkit.estimate.solve.absorb import make_absorber, rank_of
from toolkit.estimate.solve.equations import least_squares
from toolkit.estimate.solve.kernels import triangular_inverse

EXACT = 1e-10  # residuals of unit-sized columns in double precision, with room for the brute-force side


def groupings(rng: np.random.Generator, n: int, *levels: int) -> list[Grouping]:
    return [dense(rng.integers(0, k, n), k) for k in levels]


def dummies(effects: list[Grouping]) -> np.ndarray:
    return np.hstack([np.eye(g.levels)[g.codes] for g in effects])


def by_dummies(columns: np.ndarray, effects: list[Grouping], weights: np.ndarray | None) -> np.ndarray:
    root = np.ones(columns.shape[1]) if weights is None else np.sqrt(weights)
    d = dummies(effects)
    coefficients = np.linalg.lstsq(d * root[:, None], (columns * root).T, rcond=None)[0]
    return columns - (d @ coefficients).T


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000), n=st.integers(2, 60), levels=st.lists(st.integers(1, 12), min_size=1, max_size=3), weighted=st.booleans()
)
def test_removal_equals_regression_on_dummies(seed: int, n: int, levels: list[int], weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    effects = groupings(rng, n, *levels)
    weights = rng.random(n) + 0.1 if weighted else None
    columns = rng.normal(size=(2, n))
    expected = by_dummies(columns, effects, weights)
    absorber = make_absorber(effects, weights)
    absorber.demean(columns)
    np.testing.assert_allclose(columns, expected, atol=EXACT)
    assert absorber.rank == np.linalg.matrix_rank(dummies(effects)) == rank_of(effects)


def test_a_balanced_panel_gives_the_double_demeaning_of_textbooks() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(7, 5))
    expected = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0, keepdims=True) + x.mean()
    columns = x.reshape(1, -1).copy()
    make_absorber([Grouping(np.repeat(np.arange(7), 5), 7), Grouping(np.tile(np.arange(5), 7), 5)]).demean(columns)
    np.testing.assert_allclose(columns[0], expected.ravel(), atol=1e-13)


def test_disconnected_graphs_lose_one_effect_per_component() -> None:
    # firms 0-1 are seen in years 0-1, firms 2-4 in years 2-4: nothing links the two blocks
    firm = np.array([0, 0, 1, 1, 2, 2, 3, 3, 4, 4])
    year = np.array([0, 1, 0, 1, 2, 3, 3, 4, 2, 4])
    effects = [Grouping(firm, 5), Grouping(year, 5)]
    absorber = make_absorber(effects)
    assert absorber.rank == 5 + 5 - 2 == np.linalg.matrix_rank(dummies(effects))
    columns = np.random.default_rng(1).normal(size=(1, 10))
    expected = by_dummies(columns, effects, None)
    absorber.demean(columns)
    np.testing.assert_allclose(columns, expected, atol=EXACT)


@pytest.mark.parametrize(("narrow", "pairs"), [(3000, 100), (0, 100), (0, 0)], ids=["dense solve", "iterations", "outside engine"])
def test_sparse_tables_and_the_outside_engine_agree_with_dummies(monkeypatch: pytest.MonkeyPatch, narrow: int, pairs: int) -> None:
    monkeypatch.setattr(absorb, "NARROW", narrow)
    monkeypatch.setattr(several, "PAIRS", pairs)
    monkeypatch.setattr("toolkit.estimate.solve.kernels.DENSE_CELLS", 0)
    rng = np.random.default_rng(2)
    effects = groupings(rng, 300, 80, 40)
    columns = rng.normal(size=(3, 300))
    expected = by_dummies(columns, effects, None)
    absorber = make_absorber(effects)
    absorber.demean(columns)
    np.testing.assert_allclose(columns, expected, atol=1e-9)  # the engine iterates to 1e-13 of its own norm
    assert absorber.rank == np.linalg.matrix_rank(dummies(effects))


def test_the_rank_of_three_large_effects_is_a_named_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    effects = groupings(rng, 400, 30, 20, 10)
    exact = make_absorber(effects)
    monkeypatch.setattr("toolkit.estimate.solve.engines.EXACT_RANK_LEVELS", 1)
    bounded = make_absorber(effects)
    assert exact.exact_rank
    assert not bounded.exact_rank
    assert bounded.rank >= exact.rank == np.linalg.matrix_rank(dummies(effects))


def test_an_unconverged_number_never_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.estimate.solve.engines.ITERATIONS", 1)
    monkeypatch.setattr(several, "ITERATIONS", 1)
    rng = np.random.default_rng(4)
    effects = groupings(rng, 500, 60, 50, 40)
    with pytest.raises(NotConverged, match="the absorbed effects were removed only to"):
        make_absorber(effects).demean(rng.normal(size=(1, 500)))


def test_large_offsets_cost_no_accuracy() -> None:
    rng = np.random.default_rng(5)
    effects = groupings(rng, 200, 20, 10)
    small = rng.normal(size=(1, 200))
    large = small + 1e9
    expected = by_dummies(large - 1e9, effects, None)
    make_absorber(effects).demean(large)
    np.testing.assert_allclose(large, expected, atol=1e-6)  # 1e9 leaves seven digits after the point


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), power=st.integers(-9, 9), weighted=st.booleans())
def test_least_squares_equals_lstsq_at_any_scale(seed: int, power: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 3)) * [1.0, 10.0**power, 1.0]
    y = rng.normal(size=40)
    w = rng.random(40) + 0.1 if weighted else None
    root = np.ones(40) if w is None else np.sqrt(w)
    fit = least_squares(y, X, w)
    scale = np.array([1.0, 10.0**power, 1.0])
    expected = np.linalg.lstsq(X / scale * root[:, None], y * root, rcond=None)[0]
    np.testing.assert_allclose(fit.beta * scale, expected, atol=1e-11)
    gram = (X / scale * root[:, None]).T @ (X / scale * root[:, None])
    np.testing.assert_allclose(fit.bread * np.outer(scale, scale), np.linalg.inv(gram), rtol=1e-8)


def test_nearly_collinear_designs_keep_their_digits() -> None:
    # Longley-like: a polynomial in years, correlation of columns 1 - 1e-9; truth is known
    t = np.arange(1.0, 41.0)
    X = np.column_stack([np.ones(40), t, t**2, t**3, t**4]) / [1, 40, 40**2, 40**3, 40**4]
    truth = np.array([1.0, -2.0, 3.0, -4.0, 5.0])
    np.testing.assert_allclose(least_squares(X @ truth, X).beta, truth, rtol=1e-9)


@pytest.mark.parametrize(
    "values",
    [
        pd.Series([5, 3, 5, 9]),
        pd.Series([5.5, 3.0, 5.5, 9.0]),
        pd.Series(["b", "a", "b", "c"]),
        pd.Series(["b", "a", "b", "c"], dtype="category"),
        pd.Series([10**15, 1, 10**15, -(10**15)]),
        pd.Series([5, 3, 5, 9], dtype="Int64"),
        pd.to_datetime(pd.Series(["2020", "2021", "2020", "2022"])),
    ],
    ids=lambda v: str(v.dtype),
)
def test_groups_of_every_kind(values: pd.Series) -> None:
    found = group(values)
    assert found.levels == 3
    assert found.codes[0] == found.codes[2]
    assert len(set(found.codes.tolist())) == 3


def test_crossed_groups_and_nesting() -> None:
    a, b = Grouping(np.array([0, 0, 1, 1]), 2), Grouping(np.array([0, 1, 0, 0]), 2)
    both = crossed([a, b])
    assert (both.levels, both.codes.tolist()) == (3, [0, 1, 2, 2])
    assert both.refines(a)
    assert not a.refines(b)
    assert crossed([Grouping(np.array([0, -1, 1]), 2), Grouping(np.array([0, 0, -1]), 1)]).codes.tolist() == [0, -1, -1]
    many = crossed([Grouping(np.arange(5), 5)] * 3)  # more pairs than rows: the sparse way
    assert (many.levels, many.codes.tolist()) == (5, [0, 1, 2, 3, 4])


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10_000), k=st.integers(0, 400), spread=st.sampled_from([0.0, 3.0]))
def test_a_triangle_is_inverted_as_lapack_does(seed: int, k: int, spread: float) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(k, 2 * k)) * 10 ** (spread * rng.normal(size=(k, 1)))
    lower = np.linalg.cholesky(columns @ columns.T)
    found, expected = triangular_inverse(lower), solve_triangular(lower, np.eye(k), lower=True) if k else np.empty((0, 0))
    assert np.array_equal(found, np.tril(found))
    scale = np.diag(lower)[:, None]  # of the rows of the triangle: what is compared has a diagonal of ones
    np.testing.assert_allclose(found * scale, expected * scale, atol=1e-9 * max(1.0, np.abs(expected * scale).max(initial=0.0)))
