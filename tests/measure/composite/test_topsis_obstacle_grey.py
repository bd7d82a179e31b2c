"""TOPSIS, obstacle degrees and grey relation: by hand, by plain loops, and their invariances."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError, MissingColumn
from toolkit.measure import grey_relation, grey_relation_panel, obstacle_degrees, topsis

ROUNDING = 1e-10
Z = pd.DataFrame({"rd": [0.0, 0.5, 1.0], "patents": [0.5, 0.0, 1.0]}, index=["a", "b", "c"])
W = {"rd": 0.6, "patents": 0.4}


def case(seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.uniform(size=(8, 4)).round(2), rng.dirichlet(np.ones(4))


def test_topsis_by_hand() -> None:
    found = topsis(Z, W)
    # v: (0, 0.2), (0.3, 0), (0.6, 0.4); ideal (0.6, 0.4), anti-ideal (0, 0)
    assert found.to_anti_ideal.tolist() == pytest.approx([0.2, 0.3, math.hypot(0.6, 0.4)])
    assert found.to_ideal.tolist() == pytest.approx([math.hypot(0.6, 0.2), math.hypot(0.3, 0.4), 0])
    assert found.closeness["a"] == pytest.approx(0.2 / (0.2 + math.hypot(0.6, 0.2)))
    assert found.closeness["c"] == 1


def test_obstacles_by_hand() -> None:
    found = obstacle_degrees(Z, W)
    # lacks: a 0.6 and 0.2, b 0.3 and 0.4, c none
    assert found.degrees.loc["a"].tolist() == pytest.approx([75, 25])
    assert found.degrees.loc["b"].tolist() == pytest.approx([300 / 7, 400 / 7])
    assert found.degrees.loc["c"].isna().all()
    largest = found.largest(1)
    assert largest.loc["a", "indicator"] == "rd"
    assert largest.loc["b", "indicator"] == "patents"
    assert "c" not in largest.index


def test_obstacles_of_groups_add_up() -> None:
    z, w = case(5)
    found = obstacle_degrees(pd.DataFrame(z, columns=list("abcd")), w)
    by_system = found.by_group({"a": "science", "b": "industry", "c": "science", "d": "industry"})
    assert list(by_system.columns) == ["science", "industry"]
    np.testing.assert_allclose(by_system["science"], found.degrees["a"] + found.degrees["c"])
    np.testing.assert_allclose(by_system.sum(axis=1), 100)
    with pytest.raises(MeasureError, match="'d' has no group"):
        found.by_group({"a": "science", "b": "industry", "c": "science"})


def test_grey_relation_by_hand() -> None:
    found = grey_relation(Z, W, rho=0.5)
    # gaps to the ideal: a 1 and 0.5, b 0.5 and 1, c 0 and 0; extremes 0 and 1: 0.5 / (gap + 0.5)
    assert found["a"] == pytest.approx(0.6 / 3 + 0.4 / 2)
    assert found["b"] == pytest.approx(0.6 / 2 + 0.4 / 3)
    assert found["c"] == pytest.approx(1)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10_000), rho=st.floats(0.05, 1))
def test_plain_loops_find_the_same(seed: int, rho: float) -> None:
    z, w = case(seed)
    closeness, obstacles, grey = [], [], []
    gaps = [[abs(1 - v) for v in row] for row in z.tolist()]
    low, high = min(map(min, gaps)), max(map(max, gaps))
    best = [max(w[j] * v for v in z[:, j]) for j in range(4)]
    worst = [min(w[j] * v for v in z[:, j]) for j in range(4)]
    for row, gap in zip(z.tolist(), gaps, strict=True):
        near = math.sqrt(sum((w[j] * row[j] - best[j]) ** 2 for j in range(4)))
        far = math.sqrt(sum((w[j] * row[j] - worst[j]) ** 2 for j in range(4)))
        closeness.append(far / (near + far))
        lacks = [w[j] * (1 - row[j]) for j in range(4)]
        obstacles.append([100 * lack / sum(lacks) for lack in lacks])
        grey.append(sum(w[j] * (low + rho * high) / (gap[j] + rho * high) for j in range(4)))
    np.testing.assert_allclose(topsis(z, w).closeness, closeness, atol=ROUNDING)
    np.testing.assert_allclose(obstacle_degrees(z, w).degrees, obstacles, atol=1e-8)
    np.testing.assert_allclose(grey_relation(z, w, rho=rho), grey, atol=ROUNDING)


@settings(deadline=None, max_examples=50)
@given(seed=st.integers(0, 10_000))
def test_bounds_and_sums(seed: int) -> None:
    z, w = case(seed)
    assert topsis(z, w).closeness.between(0, 1).all()
    np.testing.assert_allclose(obstacle_degrees(z, w).degrees.sum(axis=1), 100)
    grey = grey_relation(z, w)
    assert ((grey > 0) & (grey <= 1)).all()
    order = np.random.default_rng(seed).permutation(len(z))
    np.testing.assert_allclose(topsis(z[order], w).closeness, topsis(z, w).closeness.to_numpy()[order])


def test_grey_relation_over_time_by_hand() -> None:
    frame = pd.DataFrame({"p": ["a", "a", "b", "b"], "u": [0.2, 0.4, 0.6, 0.6], "x": [0.2, 0.6, 0.2, 0.2], "y": [0.2, 0.4, 0.6, 0.5]})
    found = grey_relation_panel(frame, "u", ["x", "y"], entity="p", rho=0.5)
    # gaps: a: x 0 and 0.2, y 0 and 0; b: x 0.4 and 0.4, y 0 and 0.1; extremes 0 and 0.4: 0.2 / (gap + 0.2)
    assert found.loc["a"].tolist() == pytest.approx([(1 + 0.5) / 2, 1])
    assert found.loc["b"].tolist() == pytest.approx([1 / 3, (1 + 2 / 3) / 2])
    same = grey_relation_panel(frame, "u", ["u"], entity="p")
    assert same["u"].tolist() == [1, 1]


def test_what_is_refused_is_named() -> None:
    with pytest.raises(MeasureError, match="all rows are equal"):
        topsis([[0.5, 0.5], [0.5, 0.5]], [0.5, 0.5])
    with pytest.raises(MeasureError, match=r"between 0 and 1, not 1.5(.|\n)*row 'a', indicator 'rd'"):
        topsis(Z.replace(0.0, 1.5), W)
    with pytest.raises(MeasureError, match="'patents' has no weight"):
        obstacle_degrees(Z, {"rd": 1.0})
    with pytest.raises(MeasureError, match="rho 0 lies outside"):
        grey_relation(Z, rho=0)
    with pytest.raises(MeasureError, match="2 finite numbers"):
        grey_relation(Z, reference=[1.0])
    with pytest.raises(MissingColumn, match="'z'"):
        grey_relation_panel(pd.DataFrame({"p": ["a"], "u": [1.0]}), "u", ["z"], entity="p")
