"""The compression of a curve: Gram matrix or reflections, each where it is right, with the same answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.estimate import Choices, permute_curve, specification_curve
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.spec_curve import compress
from toolkit.estimate.spec_curve.compress import by_gram, orthonormal, triangle
from toolkit.panel import Panel

TURNED = 1e-12  # sixteen digits less the three that the switch allows the Gram matrix to lose
SAME = 1e-11  # ... and one more for sums over clusters


def panel(noise: float = 1.0, seed: int = 3) -> Panel:
    """Text ids, gaps, a control of size 1e9 and one of size 1e-9; ``near`` equals c0 up to ``noise``."""
    rng = np.random.default_rng(seed)
    firms, years = 60, 6
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(firms)], years), "year": np.tile(2000 + np.arange(years), firms)})
    n = len(frame)
    frame["state"] = np.repeat([f"s{i % 7}" for i in range(firms)], years)
    frame["c0"], frame["big"], frame["tiny"] = rng.normal(size=n), 1e9 * (1 + rng.normal(size=n)), 1e-9 * rng.normal(size=n)
    frame["near"] = frame["c0"] + noise * rng.normal(size=n)
    frame["d"] = rng.normal(size=n) + 0.3 * frame["c0"]
    frame["y"] = 0.4 * frame["d"] + frame["c0"] + rng.normal(size=n)
    return Panel(frame[rng.random(n) < 0.85], "firm", "year")


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(1, 9), st.integers(1, 40), st.sampled_from([1.0, 1e9, 1e-9]))
def test_rows_are_turned_into_orthonormal_ones(seed: int, m: int, n: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(m, n)) * scale ** rng.integers(0, 2, (m, 1))
    q, r = orthonormal(rows.copy())
    size = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose((r.T @ q) / size[:, None], rows / size[:, None], atol=TURNED)
    np.testing.assert_allclose(q @ q.T, np.diag(np.arange(m) < n).astype(float), atol=TURNED)
    np.testing.assert_array_equal(np.tril(r, -1), 0)
    assert (np.diag(r) >= 0).all()


def test_both_ways_give_one_triangle_where_columns_are_well_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(6, 500)) * np.array([1.0, 1e9, 1e-9, 1.0, 7.0, 1e4])[:, None]
    assert by_gram(rows) is not None
    found = triangle(rows)
    monkeypatch.setattr(compress, "INFLATION", 0.0)
    assert by_gram(rows) is None
    scale = np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(triangle(rows) / scale, found / scale, atol=TURNED)


@pytest.mark.parametrize("noise", [1e-2, 1e-4, 1e-6, 1e-8])
def test_close_columns_keep_their_digits(noise: float) -> None:
    """What is left of the second column beside the first, against extended precision."""
    rng = np.random.default_rng(2)
    first = rng.normal(size=400)
    rows = np.stack([first, first + noise * rng.normal(size=400)])
    assert (by_gram(rows) is None) == (noise < 1e-1)
    a, b = rows.astype(np.longdouble)
    for _ in range(2):
        b = b - a * (a @ b) / (a @ a)
    assert triangle(rows)[1, 1] == pytest.approx(float(np.sqrt(b @ b)), rel=1e-14 / noise)


def test_zero_rows_and_equal_rows_are_left_to_reflections() -> None:
    rows = np.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [2.0, 4.0, 6.0]])
    assert by_gram(rows) is None
    q, r = orthonormal(rows.copy())
    np.testing.assert_allclose(r.T @ q, rows, atol=1e-14)


@pytest.mark.parametrize("options", [{}, {"cluster": "state"}, {"cluster": "firm + year"}], ids=str)
@pytest.mark.parametrize("effects", ["firm + year", ""])
def test_a_curve_is_the_same_by_either_way(monkeypatch: pytest.MonkeyPatch, effects: str, options: dict[str, str]) -> None:
    choices, data = Choices("y", "d", ["c0", "big", "tiny", "near"], effects=[effects]), panel()
    fast = specification_curve(choices, data, **options).frame  # type: ignore[arg-type]
    monkeypatch.setattr(compress, "INFLATION", 0.0)
    slow = specification_curve(choices, data, **options).frame  # type: ignore[arg-type]
    for name in ("estimate", "std_error", "p_value"):
        np.testing.assert_allclose(fast[name], slow[name], rtol=SAME)
    draws = [permute_curve(choices, data, rng=np.random.default_rng(1), draws=9, cluster=options.get("cluster", "firm").split(" ")[0])]
    monkeypatch.undo()
    draws.append(permute_curve(choices, data, rng=np.random.default_rng(1), draws=9, cluster=options.get("cluster", "firm").split(" ")[0]))
    np.testing.assert_allclose(draws[0].drawn, draws[1].drawn, rtol=1e-9)


def test_the_switch_looks_at_the_closest_columns_of_the_curve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Well apart, the rows are never reflected; one control close to another sends the whole block there."""
    reflected: list[int] = []
    known = compress._by_reflections

    def recorded(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        reflected.append(rows.shape[1])
        return known(rows)

    monkeypatch.setattr(compress, "_by_reflections", recorded)
    choices = Choices("y", "d", ["c0", "big", "near"], effects=["firm"])
    for noise, wanted in ((1.0, False), (1e-3, True)):
        reflected.clear()
        data = panel(noise)
        specification_curve(choices, data)
        assert (len(data.frame) in reflected) == wanted


def test_the_leading_part_is_the_compression_of_the_others() -> None:
    rng = np.random.default_rng(4)
    rows, groups = rng.normal(size=(4, 200)), Grouping(np.arange(200) // 4, 50)
    small, placed = compress.compress(rows.copy(), [(1.0, groups)])
    alone = compress.compress(rows[:3].copy(), [(1.0, groups)])[0]
    np.testing.assert_allclose(small.columns[:2, :2], alone.columns, atol=TURNED)
    np.testing.assert_allclose(small.clusters[0].rows[[0, 1, 3]], alone.clusters[0].rows, atol=TURNED)
    again = compress.place(small, rows[3:])
    np.testing.assert_allclose(again.inside, placed.inside, atol=1e-10)
    np.testing.assert_allclose(again.beside, placed.beside, rtol=TURNED)
    for (_, first), (_, second) in zip(again.factors, placed.factors, strict=True):
        np.testing.assert_allclose(first[0].T @ first[0], second[0].T @ second[0], atol=1e-10)
