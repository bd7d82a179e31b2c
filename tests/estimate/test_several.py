"""Three and more effects against dummies by brute force, on graphs of every shape; who is asked where iterations do not end."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve import several
from toolkit.estimate.solve.several import several_effects

EXACT = 1e-12  # of the length of a column
WORKERS, FIRMS, YEARS = 120, 40, 6
Codes = NDArray[np.intp]


def effect(codes: Codes) -> Grouping:
    found, dense = np.unique(codes, return_inverse=True)
    return Grouping(dense.astype(np.intp), len(found))


WORKER, YEAR = np.repeat(np.arange(WORKERS), YEARS), np.tile(np.arange(YEARS), WORKERS)


def chain(rng: np.random.Generator) -> Codes:
    """Workers move to the next firm on a line."""
    moves = rng.random((WORKERS, YEARS)) < 0.2
    return np.minimum(rng.integers(0, FIRMS, WORKERS)[:, None] + moves.cumsum(axis=1), FIRMS - 1).ravel()


def anywhere(rng: np.random.Generator) -> Codes:
    return rng.integers(0, FIRMS, len(WORKER))


def few_movers(rng: np.random.Generator) -> Codes:
    firm = np.repeat(rng.integers(0, FIRMS, WORKERS), YEARS)
    return np.where((WORKER < 15) & (YEAR > 2), (firm + 7) % FIRMS, firm)


def apart(rng: np.random.Generator) -> Codes:
    """Eight groups of firms; nobody moves from one to another."""
    return WORKER % 8 * 5 + rng.integers(0, 5, len(WORKER))


def nobody_moves(rng: np.random.Generator) -> Codes:
    return np.repeat(rng.integers(0, FIRMS, WORKERS), YEARS)


def grid(rng: np.random.Generator) -> Codes:
    x, y = (
        np.clip(rng.integers(0, 6, WORKERS)[:, None] + rng.integers(-1, 2, (WORKERS, YEARS)).cumsum(axis=1), 0, 5).ravel() for _ in range(2)
    )
    return 6 * x + y


GRAPHS = (chain, anywhere, few_movers, apart, nobody_moves, grid)
EFFECTS: dict[str, Callable[[Codes], list[Codes]]] = {
    "three": lambda firm: [WORKER, firm, YEAR],
    "two": lambda firm: [WORKER, firm],
    "four": lambda firm: [WORKER, firm, YEAR, firm // 7 + 100 * YEAR],
    "one contains another": lambda firm: [WORKER, firm, firm // 5, YEAR],
    "one is there twice": lambda firm: [WORKER, WORKER, firm, firm],
    "all in one": lambda firm: [WORKER, WORKER // 3, np.zeros_like(WORKER)],
    "pairs": lambda firm: [WORKER, firm * YEARS + YEAR, YEAR],
}


def left_by_dummies(columns: np.ndarray, effects: list[Grouping], weights: np.ndarray | None) -> np.ndarray:
    """What is left of the columns, by an orthonormal basis of all dummies."""
    root = np.ones(columns.shape[1]) if weights is None else np.sqrt(weights)
    basis, sizes, _ = np.linalg.svd(np.hstack([np.eye(g.levels)[g.codes] for g in effects]) * root[:, None], full_matrices=False)
    basis = basis[:, sizes > 1e-10 * sizes[0]]
    rest = columns * root
    for _ in range(2):  # against rounding
        rest = rest - (rest @ basis) @ basis.T
    return rest / root


def agrees(codes: list[Codes], weights: np.ndarray | None, rng: np.random.Generator) -> None:
    effects = [effect(c) for c in codes]
    n = len(codes[0])
    columns = np.vstack([rng.normal(size=n), 2000 + rng.normal(size=n) / 1000, codes[0] + rng.normal(size=n), 1e9 * rng.normal(size=n)])
    expected, w = left_by_dummies(columns, effects, weights), np.ones(n) if weights is None else weights
    size = np.sqrt(columns**2 @ w)
    several_effects(effects, weights)(columns)
    assert (np.sqrt((columns - expected) ** 2 @ w) / size).max() < EXACT


@pytest.fixture
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other engine is asked."""

    def refuse(*_: object) -> None:
        raise AssertionError("another engine was asked")

    monkeypatch.setattr(several, "many_effects", refuse)


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("factor", [5_000_000_000, 0], ids=["by factors", "by diagonals"])
@pytest.mark.parametrize("which", EFFECTS)
@pytest.mark.parametrize("graph", GRAPHS)
def test_what_is_left_is_what_dummies_leave(
    monkeypatch: pytest.MonkeyPatch, graph: Callable[[np.random.Generator], Codes], which: str, factor: int
) -> None:
    monkeypatch.setattr(several, "FACTOR", factor)
    rng = np.random.default_rng(6)
    codes = EFFECTS[which](graph(rng))
    agrees(codes, None, rng)
    agrees(codes, rng.uniform(0.1, 10, len(WORKER)), rng)


@pytest.mark.usefixtures("_alone")
@pytest.mark.parametrize("graph", GRAPHS)
def test_holes_singletons_and_weights_of_very_different_size(graph: Callable[[np.random.Generator], Codes]) -> None:
    rng = np.random.default_rng(7)
    firm = graph(rng)
    for share in (0.6, 0.15):
        kept = rng.random(len(WORKER)) < share
        agrees([WORKER[kept], firm[kept], YEAR[kept]], None, rng)
    agrees([WORKER, firm, YEAR], 10 ** rng.uniform(-3, 3, len(WORKER)), rng)


@pytest.mark.parametrize(("setting", "value"), [("ITERATIONS", 1), ("PAIRS", 0)])
def test_the_other_engine_is_asked_where_iterations_do_not_end_or_pairs_are_too_many(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: int
) -> None:
    asked = []
    other = several.many_effects
    monkeypatch.setattr(several, "many_effects", lambda effects, weights: asked.append(len(effects)) or other(effects, weights))
    monkeypatch.setattr(several, setting, value)
    rng = np.random.default_rng(8)
    agrees([WORKER, anywhere(rng), YEAR, YEAR // 2], None, rng)
    assert asked == [3]


def test_a_chain_is_left_in_a_handful_of_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a factor is for: by diagonals the same graph takes more iterations than it has firms."""
    firms = 400
    start = np.repeat(np.arange(firms - 1), 2)
    firm, worker, year = (
        np.stack([start, start + 1], axis=1).ravel(),
        np.repeat(np.arange(2 * firms - 2), 2),
        np.tile([0, 1], 2 * firms - 2),
    )
    effects = [effect(codes) for codes in (worker, firm, year)]
    column = np.random.default_rng(9).normal(size=(1, len(worker)))
    expected = left_by_dummies(column, effects, None)
    monkeypatch.setattr(several, "ITERATIONS", 10)
    monkeypatch.setattr(several, "many_effects", None)
    found = column.copy()
    several_effects(effects, None)(found)
    np.testing.assert_allclose(found, expected, atol=1e-11)
    monkeypatch.setattr(several, "FACTOR", 0)
    with pytest.raises(TypeError):
        several_effects(effects, None)(column)
