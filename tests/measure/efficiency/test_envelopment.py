"""Data envelopment: published examples, graphs in the plane and linear programmes solved unit by unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from toolkit.errors import MeasureError
from toolkit.measure.efficiency.envelopment import envelopment
from toolkit.measure.efficiency.smoothed import bootstrap_efficiency, silverman_bandwidth, smoothed_draw

PRINTED = 5e-4  # published to three decimals
SOLVED = 1e-7  # two linear programmes

# Example 1 of the program DEAP 2.1 (Coelli 1996), whose output file was read: scores, and targets from which the inputs follow.
DEAP_INPUTS, DEAP_OUTPUTS = [[2, 5], [2, 4], [6, 6], [3, 2], [6, 2]], [1, 2, 3, 1, 2]
# Example 4 of the same, year 1: one input, one output; scores with constant and variable returns, output orientation.
LINE_INPUTS, LINE_OUTPUTS = [2, 4, 3, 5, 6], [1, 2, 3, 4, 5]


def test_published_example_with_two_inputs() -> None:
    found = envelopment(DEAP_INPUTS, DEAP_OUTPUTS)
    assert found.scores == pytest.approx([0.500, 1.000, 0.833, 0.714, 1.000], abs=PRINTED)
    assert found.scores.mean() == pytest.approx(0.810, abs=PRINTED)
    assert found.weights[2] == pytest.approx([0, 1.0, 0, 0, 0.5], abs=PRINTED)
    assert found.weights[3] == pytest.approx([0, 0.214, 0, 0, 0.286], abs=PRINTED)
    assert found.frontier == [1, 4]


def test_published_example_with_both_returns() -> None:
    constant = envelopment(LINE_INPUTS, LINE_OUTPUTS, orientation="output")
    variable = envelopment(LINE_INPUTS, LINE_OUTPUTS, orientation="output", returns="variable")
    assert constant.scores == pytest.approx([0.500, 0.500, 1.000, 0.800, 0.833], abs=PRINTED)
    assert variable.scores == pytest.approx([1.000, 0.545, 1.000, 0.923, 1.000], abs=PRINTED)


def test_variable_returns_by_hand() -> None:
    """The frontier runs through (2, 1), (3, 3) and (6, 5): at output 2 it needs 2.5, at output 4 it needs 4.5."""
    found = envelopment(LINE_INPUTS, LINE_OUTPUTS, returns="variable")
    assert found.scores == pytest.approx([1, 2.5 / 4, 1, 4.5 / 5, 1], abs=SOLVED)
    assert found.weights.sum(axis=1) == pytest.approx(1.0, abs=SOLVED)


def one_by_one(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights on inputs and outputs (the dual), a programme for each unit."""
    scores = []
    for own_x, own_y in zip(x, y, strict=True):
        cost = np.concatenate([np.zeros(x.shape[1]), -own_y])
        equal = np.concatenate([own_x, np.zeros(y.shape[1])])[None, :]
        found = linprog(cost, A_ub=np.hstack([-x, y]), b_ub=np.zeros(len(x)), A_eq=equal, b_eq=[1.0])
        scores.append(-found.fun)
    return np.array(scores)


@pytest.fixture
def units() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x = rng.lognormal(3, 1.2, (25, 2))
    return x, x.prod(axis=1, keepdims=True) ** 0.5 * rng.uniform(0.3, 1, (25, 2))


def test_all_at_once_is_one_by_one(units: tuple[np.ndarray, np.ndarray]) -> None:
    assert envelopment(*units).scores == pytest.approx(one_by_one(*units), abs=SOLVED)


def test_identities(units: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = units
    shrink, widen = envelopment(x, y), envelopment(x, y, orientation="output")
    assert shrink.scores == pytest.approx(widen.scores, abs=SOLVED)  # constant returns: theta is 1 / phi
    variable = envelopment(x, y, returns="variable")
    assert (variable.scores >= shrink.scores - SOLVED).all()
    assert envelopment(1e6 * x, y / 1e4).scores == pytest.approx(shrink.scores, abs=SOLVED)  # free of units


def test_draws_keep_mean_and_variance_and_stay_behind_the_frontier() -> None:
    rng = np.random.default_rng(4)
    far = 3 + rng.uniform(0, 1, 40)  # no draw is reflected
    drawn = np.concatenate([smoothed_draw(far, 0.2, rng) for _ in range(500)])
    assert drawn.mean() == pytest.approx(far.mean(), rel=0.01)
    assert drawn.std() == pytest.approx(far.std(), rel=0.04)
    near = 1 + rng.exponential(0.1, 40)
    assert min(smoothed_draw(near, 0.2, rng).min() for _ in range(100)) >= 1


def test_bandwidth_by_hand() -> None:
    distances = np.array([1.0, 1.2, 1.4])
    doubled = np.array([1.2, 1.4, 0.8, 0.6])
    spread = min(doubled.std(ddof=1), (1.25 - 0.75) / 1.34)
    expected = 0.9 * spread * 4**-0.2 * (4 / 3) ** 0.2 * 0.2 / doubled.std(ddof=1)
    assert silverman_bandwidth(distances) == pytest.approx(expected, rel=1e-9)


def test_bootstrap_corrects_towards_a_known_truth() -> None:
    """Output is the square root of the product of the inputs times a known efficiency, half of them near one."""
    rng = np.random.default_rng(11)
    covered, raw, corrected = [], [], []
    for _ in range(6):
        x = rng.uniform(1, 9, (40, 2))
        truth = np.exp(-np.abs(rng.normal(0, 0.3, 40)))
        found = envelopment(x, np.sqrt(x.prod(axis=1)) * truth, orientation="output")
        result = bootstrap_efficiency(found, rng=rng, draws=60)
        assert ((result.low < result.corrected) & (result.corrected < result.high)).all()
        assert (result.high <= result.scores + 1e-6).all()
        covered.append(((result.low <= truth) & (truth <= result.high)).mean())
        raw.append(np.abs(result.scores - truth).mean())
        corrected.append(np.abs(result.corrected - truth).mean())
    assert np.mean(corrected) < 0.75 * np.mean(raw)
    assert np.mean(covered) > 0.6  # short of 95 %: sixty draws, and known to be short with few units


def test_the_same_seed_gives_the_same_intervals(units: tuple[np.ndarray, np.ndarray]) -> None:
    found = envelopment(pd.DataFrame(units[0], index=[f"u{k}" for k in range(25)]), units[1])
    one, two = (bootstrap_efficiency(found, rng=np.random.default_rng(1), draws=10).table() for _ in range(2))
    assert one.equals(two)
    error = 1 / bootstrap_efficiency(found, rng=np.random.default_rng(1), draws=10).draws - 1 / found.scores
    half = bootstrap_efficiency(found, rng=np.random.default_rng(1), draws=10, level=0.5)
    assert half.low == pytest.approx(1 / (1 / found.scores - np.quantile(error, 0.25, axis=0)))
    assert list(one.index[:2]) == ["u0", "u1"]


@pytest.mark.parametrize(
    ("inputs", "outputs", "said"),
    [
        ([[1.0], [0.0]], [1, 1], "positive"),
        ([[1.0], [np.nan]], [1, 1], "positive"),
        ([[1.0], [2.0]], [1], "rows"),
        ([[1.0]], [1], "rows"),
    ],
)
def test_what_cannot_be_measured_is_refused(inputs: list[list[float]], outputs: list[float], said: str) -> None:
    with pytest.raises(MeasureError, match=said):
        envelopment(inputs, outputs)


def test_unknown_choices_and_a_hull_of_all_are_refused() -> None:
    with pytest.raises(MeasureError, match="knows no"):
        envelopment([[1], [2]], [1, 1], returns="increasing")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="nothing to draw from"):
        bootstrap_efficiency(envelopment([[1], [2]], [1, 2]), rng=np.random.default_rng(0), draws=2)
