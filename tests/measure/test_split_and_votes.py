"""The split against a grid and the agents' own choices; agreement of rankings against draws; information against hand-made tables."""

from __future__ import annotations

import math

import numpy as np
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import (
    best_broker_share,
    duncan_index,
    expected_agreement,
    krugman_index,
    mutual_information,
    random_structures,
    split_output,
    structural_similarity,
    wage_tax,
)

GRID = np.arange(1, 100) / 100


@pytest.mark.parametrize("weights", [(0.6, 0.1), (0.3, 0.25), (0.45, 0.05)])
def test_the_unit_keeps_most_at_the_weights(weights: tuple[float, float]) -> None:
    kept = {(s, t): (1 - s - t) * split_output(s, t, weights) for s in GRID for t in GRID if s + t <= 1}
    assert max(kept, key=lambda pair: kept[pair]) == pytest.approx(weights)


@pytest.mark.parametrize("weights", [(0.6, 0.1), (0.3, 0.25)])
def test_the_brokers_best_share_is_the_best_of_a_grid(weights: tuple[float, float]) -> None:
    grid = np.linspace(0, 0.3, 3001)
    kept = [(0.3 - t) * split_output(0.7, t, weights) for t in grid]
    assert best_broker_share(0.7, weights) == pytest.approx(grid[int(np.argmax(kept))], abs=1e-4)


def test_efforts_are_best_answers() -> None:
    shares, (a, b) = (0.5, 0.2), (0.4, 0.2)
    y = split_output(*shares, (a, b))
    efforts = math.sqrt(2 * a * shares[0] * y), math.sqrt(2 * b * shares[1] * y)
    assert efforts[0] ** (2 * a) * efforts[1] ** (2 * b) == pytest.approx(y)
    tried = np.linspace(0.5, 1.5, 2001) * efforts[0]
    gain = shares[0] * tried ** (2 * a) * efforts[1] ** (2 * b) - tried**2 / 2
    assert tried[int(np.argmax(gain))] == pytest.approx(efforts[0], rel=1e-3)


def test_the_split_in_the_limits() -> None:
    assert split_output(1.0, 0.0, (0.3, 0.3)) == split_output(0.0, 1.0, (0.3, 0.3)) == 0.0
    assert best_broker_share(1.0, (0.3, 0.3)) == 0.0
    for wrong in ((0.5, 0.5), (0.0, 0.5)):
        with pytest.raises(MeasureError, match="weights"):
            best_broker_share(0.7, wrong)
    with pytest.raises(MeasureError, match="cannot be paid"):
        split_output(0.8, 0.3, (0.3, 0.3))


def test_agreement_in_the_limits() -> None:
    assert [expected_agreement(0.0, rho) for rho in (-0.5, 0.0, 0.9)] == pytest.approx([1.0, 1.0, 1.0])
    assert [expected_agreement(1.0, rho) for rho in (-0.5, 0.0, 0.5)] == pytest.approx([-1 / 3, 0.0, 1 / 3])
    assert expected_agreement(0.4, 1.0) == pytest.approx(1.0)
    with pytest.raises(MeasureError, match="weight 30"):
        expected_agreement(30, 0.5)


@pytest.mark.parametrize(("weight", "correlation"), [(0.3, 0.0), (0.3, 0.6), (0.6, 0.3)])
def test_agreement_of_many_draws(weight: float, correlation: float) -> None:
    rng = np.random.default_rng(3)
    experts, other = rng.standard_normal((2, 2000))
    mixed = (1 - weight) * experts + weight * (correlation * experts + math.sqrt(1 - correlation**2) * other)
    signs = np.sign(np.subtract.outer(experts, experts)) * np.sign(np.subtract.outer(mixed, mixed))
    assert signs[np.triu_indices(2000, 1)].mean() == pytest.approx(expected_agreement(weight, correlation), abs=0.02)


def test_information_of_tables_made_by_hand() -> None:
    assert mutual_information(np.outer([1.0, 3.0], [2.0, 5.0, 1.0])) == pytest.approx(0.0, abs=1e-12)
    assert mutual_information(np.diag([1.0, 1.0, 1.0, 1.0])) == pytest.approx(2.0)
    exclusive = np.zeros((2, 2, 2))  # the third is the exclusive or of two fair coins: known by any two, told by none
    exclusive[0, 0, 0] = exclusive[0, 1, 1] = exclusive[1, 0, 1] = exclusive[1, 1, 0] = 1
    assert mutual_information(exclusive) == pytest.approx(-1.0)
    table = np.array([[4.0, 1.0], [2.0, 3.0]]) / 10
    by_hand = sum(p * math.log2(p / (table[i].sum() * table[:, j].sum())) for (i, j), p in np.ndenumerate(table))
    assert mutual_information(1e9 * table) == pytest.approx(by_hand)
    for wrong in ([1.0, 2.0], [[1.0, -1.0]], [[0.0, 0.0]]):
        with pytest.raises(MeasureError):
            mutual_information(wrong)


def test_duncan_is_half_of_krugman() -> None:
    x, y = np.random.default_rng(4).random((2, 31))
    assert duncan_index(x, y) == pytest.approx(krugman_index(np.vstack([x, y])).iloc[0, 1] / 2)
    assert (duncan_index([1, 2], [2, 4]), duncan_index([1, 0], [0, 1])) == (0.0, 1.0)
    with pytest.raises(MeasureError, match="2 and 3"):
        duncan_index([1, 2], [1, 2, 3])


def test_random_structures_have_the_moments_of_the_dirichlet() -> None:
    p = np.array([0.5, 0.3, 0.2])
    shares = random_structures(10 * p, 50, 2000, rng=np.random.default_rng(5)).reshape(-1, 3)
    assert shares.mean(axis=0) == pytest.approx(p, abs=0.005)
    assert shares.var(axis=0) == pytest.approx(p * (1 - p) / 4, abs=0.003)
    again = random_structures(p, 50, 2000, rng=np.random.default_rng(5)).reshape(-1, 3)
    assert np.allclose(shares, again)
    close = random_structures(p, 50, 200, rng=np.random.default_rng(5), concentration=1e8).reshape(-1, 3)
    assert close == pytest.approx(np.tile(p, (len(close), 1)), abs=1e-3)
    assert structural_similarity(close[:2]).iloc[0, 1] == pytest.approx(1.0)
    with pytest.raises(MeasureError, match="not positive"):
        random_structures(p, 2, 2, rng=np.random.default_rng(5), concentration=0.0)


def test_the_tax_on_wages() -> None:
    brackets = [(0.0, 0.03), (36_000.0, 0.10), (144_000.0, 0.20)]
    assert wage_tax(60_000, brackets, 60_000) == 0.0
    assert wage_tax(250_000, brackets, 60_000) == pytest.approx(0.20 * 190_000 - 16_920)  # rate and quick deduction of the schedule
    assert wage_tax(200_000, [(0.0, 0.15)], 60_000) == pytest.approx(21_000)
    for wrong in ([(0.0, 3.0)], [(10.0, 0.1), (0.0, 0.2)]):
        with pytest.raises(MeasureError, match="brackets"):
            wage_tax(100_000, wrong)
