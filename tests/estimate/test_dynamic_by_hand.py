"""Difference and system GMM against textbook algebra: one entity at a time, dense matrices, nothing shared with the estimator."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import DynamicSettings, Lags, fit_dynamic
from toolkit.panel import Panel

CLOSE = 1e-7  # both sides in double precision; the reference inverts unscaled matrices

Matrix = np.ndarray[Any, Any]


def rough_panel(seed: int = 3, entities: int = 60) -> Panel:
    """Text ids, gaps inside, tails of different length, missing cells, a column of the size 1e9."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(entities):
        effect, y, x = rng.normal(), rng.normal(), rng.normal()
        for year in range(2001, 2009):
            x = 0.6 * x + 0.3 * effect + rng.normal()
            y = 0.5 * y + 0.7 * x + effect + rng.normal() * (1 + 0.3 * abs(x))
            rows.append((f"f{i:03d}", year, y, x * 1e9, rng.normal()))
    frame = pd.DataFrame(rows, columns=["firm", "year", "y", "x", "z"])
    frame["y"] += 0.2 * frame["z"]
    start = frame["firm"].map(dict(zip(frame["firm"].unique(), rng.integers(2001, 2004, entities), strict=True)))
    frame = frame[(frame["year"] >= start) & (rng.random(len(frame)) > 0.08)].reset_index(drop=True)
    frame.loc[rng.random(len(frame)) < 0.03, "x"] = np.nan
    return Panel(frame, "firm", "year")


@dataclass
class Hand:
    """One entity: matrices of the transformed equation and of the level equation."""

    D: Matrix  # transformation, (m, n)
    F: Matrix  # first differences, (d, n)
    dates: list[int]
    y: Matrix
    X: Matrix
    W: Matrix
    years: list[int]
    values: dict[str, dict[int, float]]


def entities(panel: Panel, deviations: bool) -> list[Hand]:
    """y on its lag, x and z with period indicators; the usable rows of each firm in levels."""
    usable: dict[str, list[tuple[int, float, list[float]]]] = {}
    values: dict[str, dict[str, dict[int, float]]] = {}
    for firm, rows in panel.frame.groupby("firm"):
        known = {n: {int(t): float(v) for t, v in zip(rows["year"], rows[n], strict=True) if np.isfinite(v)} for n in ("y", "x", "z")}
        values[str(firm)] = known
        for t in sorted(known["y"]):
            if t - 1 in known["y"] and t in known["x"] and t in known["z"]:
                usable.setdefault(str(firm), []).append((t, known["y"][t], [known["y"][t - 1], known["x"][t] / 1e9, known["z"][t]]))
    periods = sorted({t for rows in usable.values() for t, _, _ in rows})
    found = []
    for firm, rows in usable.items():
        years = [t for t, _, _ in rows]
        n = len(years)
        first = [np.eye(n)[j] - np.eye(n)[j - 1] for j in range(1, n) if years[j] - years[j - 1] == 1]
        F = np.array(first).reshape(len(first), n)
        if deviations:
            D = np.array([_deviation(j, n) for j in range(n - 1)]).reshape(n - 1, n)
            dates = [years[j] + 1 for j in range(n - 1)]
        else:
            D, dates = F, [years[j] for j in range(1, n) if years[j] - years[j - 1] == 1]
        W = np.array([[float(t == p) for p in periods] for t in years])
        scaled = {"y": values[firm]["y"], "x": {t: v / 1e9 for t, v in values[firm]["x"].items()}, "z": values[firm]["z"]}
        found.append(Hand(D, F, dates, np.array([v for _, v, _ in rows]), np.array([v for _, _, v in rows]), W, years, scaled))
    return found


def _deviation(j: int, n: int) -> Matrix:
    later = n - j - 1
    row = np.zeros(n)
    row[j], row[j + 1 :] = 1.0, -1.0 / later
    return row * np.sqrt(later / (later + 1))


def instruments(firms: list[Hand], lags: dict[str, tuple[int, int]], collapse: bool, system: bool) -> list[Matrix]:
    """Z_i of every firm: lags of y and x, z as a standard instrument of both equations, periods in levels (system) or transformed."""
    dates = sorted({t for f in firms for t in f.dates})
    years = sorted({t for f in firms for t in f.years})
    blocks = []
    for f in firms:
        z = f.X[:, 2:3]
        top, bottom = [f.D @ z], [z]
        if system:
            top, bottom = [*top, np.zeros((len(f.D), f.W.shape[1]))], [*bottom, f.W]
        else:
            top = [*top, f.D @ f.W]
        for name, (low, high) in lags.items():
            at = [[f.values[name].get(t - lag, 0.0) for lag in range(low, high + 1)] for t in f.dates]
            lagged = np.array(at).reshape(len(f.dates), high - low + 1)
            gmm = lagged if collapse else _by_period(lagged, f.dates, dates)
            top.append(gmm)
            bottom.append(np.zeros((len(f.years), gmm.shape[1])))
            if system:
                own, back = f.values[name], low - 1
                steps = [[own[t - back] - own[t - back - 1] if t - back in own and t - back - 1 in own else 0.0] for t in f.years]
                level = np.array(steps) if collapse else _by_period(np.array(steps), f.years, years)
                top.append(np.zeros((len(f.D), level.shape[1])))
                bottom.append(level)
        blocks.append(np.vstack([np.hstack(top), np.hstack(bottom)]) if system else np.hstack(top))
    return blocks


def _by_period(columns: Matrix, own: list[int], periods: list[int]) -> Matrix:
    return (
        np.hstack([columns * np.array([[float(t == p)] for t in own]) for p in periods])
        if len(own)
        else np.zeros((0, columns.shape[1] * len(periods)))
    )


@dataclass
class Answer:
    beta: Matrix
    robust: Matrix
    conventional: Matrix
    hansen: float
    sargan: float
    df: int
    count: int
    m: list[float]
    without_levels: float | None


def by_hand(panel: Panel, lags: dict[str, tuple[int, int]], settings: DynamicSettings) -> Answer:
    deviations, system = settings.transformation == "orthogonal_deviations", settings.system
    firms = entities(panel, deviations)
    Z = instruments(firms, lags, settings.collapse, system)
    stacked = [np.vstack([f.D, np.eye(len(f.years))]) if system else f.D for f in firms]
    y = [M @ f.y for M, f in zip(stacked, firms, strict=True)]
    X = [M @ np.hstack([f.X, f.W]) for M, f in zip(stacked, firms, strict=True)]
    H = []
    for M, f in zip(stacked, firms, strict=True):
        h = M @ M.T
        if settings.weighting == "blocked":
            m = len(f.D)
            h[:m, m:], h[m:, :m] = 0.0, 0.0
        H.append(h)
    keep_z = _independent(np.vstack(Z))
    keep_x = _independent(np.vstack(X))
    Z, X = [z[:, keep_z] for z in Z], [x[:, keep_x] for x in X]
    zx = sum(z.T @ x for z, x in zip(Z, X, strict=True))
    zy = sum(z.T @ v for z, v in zip(Z, y, strict=True))
    A1 = np.linalg.inv(sum(z.T @ h @ z for z, h in zip(Z, H, strict=True)))
    solve = lambda A: np.linalg.solve(zx.T @ A @ zx, zx.T @ A @ zy)  # noqa: E731
    b1 = solve(A1)
    S = lambda b: sum(np.outer(g, g) for g in [z.T @ (v - x @ b) for z, v, x in zip(Z, y, X, strict=True)])  # noqa: E731
    A2 = np.linalg.inv(S(b1))
    b2 = solve(A2)
    B1, B2 = np.linalg.inv(zx.T @ A1 @ zx), np.linalg.inv(zx.T @ A2 @ zx)
    V1 = B1 @ zx.T @ A1 @ S(b1) @ A1 @ zx @ B1
    top = [len(f.D) for f in firms]
    e1 = np.concatenate([(v - x @ b1)[:m] for v, x, m in zip(y, X, top, strict=True)])
    variance = e1 @ e1 / (1.0 if deviations else 2.0) / (len(e1) - len(b1))
    if settings.steps == 1:
        beta, robust, conventional, A, B = b1, V1, variance * B1, A1, B1
    else:
        # Windmeijer: the derivative of the two-step estimate by the one-step estimate that makes the weights (complex step, exact)
        D = np.column_stack([_derivative(j, b1, zx, zy, Z, y, X) for j in range(len(b1))])
        beta, conventional, A, B = b2, B2, A2, B2
        robust = B2 + D @ B2 + B2 @ D.T + D @ V1 @ D.T
    V = robust if settings.covariance == "robust" else conventional
    m = [_m(order, firms, Z, y, X, beta, A, B, V, zx, keep_x) for order in (1, 2)]
    g1, g2 = zy - zx @ b1, zy - zx @ b2
    hansen = float(g2 @ A2 @ g2)
    levels = None
    if system:
        level_only = np.array([not np.vstack([z[:t] for z, t in zip(Z, top, strict=True)])[:, j].any() for j in range(len(keep_z))])
        level_only[: 1 + firms[0].W.shape[1]] = False  # z and the periods
        kept = np.flatnonzero(~level_only)
        part = np.linalg.inv(S(b1)[np.ix_(kept, kept)])
        rest = zy[kept] - zx[kept] @ np.linalg.solve(zx[kept].T @ part @ zx[kept], zx[kept].T @ part @ zy[kept])
        levels = hansen - float(rest @ part @ rest)
    sargan = float(g1 @ A1 @ g1) / variance
    return Answer(beta, robust, conventional, hansen, sargan, len(keep_z) - len(beta), len(keep_z), m, levels)


def _independent(columns: Matrix) -> list[int]:
    """Gram and Schmidt, in order: keep a column if something is left of it."""
    kept: list[int] = []
    basis = np.zeros((len(columns), 0))
    for j, column in enumerate(columns.T):
        size = np.linalg.norm(column)
        rest = column / size if size > 0 else column
        for _ in range(2):
            rest = rest - basis @ (basis.T @ rest)
        if np.linalg.norm(rest) > 1e-8:
            kept.append(j)
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return kept


def _derivative(j: int, b1: Matrix, zx: Matrix, zy: Matrix, Z: list[Matrix], y: list[Matrix], X: list[Matrix]) -> Matrix:
    step = 1e-30
    b = b1.astype(complex)
    b[j] += step * 1j
    S = sum(np.outer(g, g) for g in [z.T @ (v - x @ b) for z, v, x in zip(Z, y, X, strict=True)])
    A = np.linalg.inv(S)
    return np.asarray(np.linalg.solve(zx.T @ A @ zx, zx.T @ A @ zy).imag / step)


def _m(
    order: int,
    firms: list[Hand],
    Z: list[Matrix],
    y: list[Matrix],
    X: list[Matrix],
    b: Matrix,
    A: Matrix,
    B: Matrix,
    V: Matrix,
    zx: Matrix,
    keep: list[int],
) -> float:
    """Arellano and Bond's m, robust form, one firm at a time."""
    top, own, cross, reach = 0.0, 0.0, np.zeros(len(A)), np.zeros(len(b))
    for f, z, v, x in zip(firms, Z, y, X, strict=True):
        differenced = f.F @ np.hstack([f.X, f.W])[:, keep]
        e = f.F @ f.y - differenced @ b
        dates = [t for t in f.years if t - 1 in f.years]
        w = np.array([e[dates.index(t - order)] if t - order in dates else 0.0 for t in dates])
        top += w @ e
        own += (w @ e) ** 2
        cross += z.T @ (v - x @ b) * (e @ w)
        reach += differenced.T @ w
    return float(top / np.sqrt(own - 2 * reach @ B @ zx.T @ A @ cross + reach @ V @ reach))


SETTINGS = [
    DynamicSettings(estimator=e, transformation=t, steps=s, weighting=w, collapse=c)  # type: ignore[arg-type]
    for e, t, s, w, c in product(
        ("difference", "system"), ("first_differences", "orthogonal_deviations"), (1, 2), ("full", "blocked"), (False, True)
    )
    if e == "system" or w == "full"
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: f"{s.estimator} {s.transformation} {s.steps} {s.weighting} {s.collapse}")
def test_every_number_is_that_of_the_textbook(settings: DynamicSettings) -> None:
    panel = rough_panel()
    found = fit_dynamic("y ~ L(y, 1) + x + z | year", panel, gmm={"y": (2, 4), "x": Lags(1, 2)}, iv=("z",), settings=settings)
    expected = by_hand(panel, {"y": (2, 4), "x": (1, 2)}, settings)
    unit = np.array([1.0, 1e-9, 1.0])
    assert found.beta == pytest.approx(expected.beta[:3] * unit, rel=CLOSE)
    assert found.std_errors == pytest.approx(np.sqrt(np.diag(expected.robust)[:3]) * unit, rel=CLOSE)
    assert found.vcov == pytest.approx(expected.robust[:3, :3] * np.outer(unit, unit), rel=1e-5)
    assert found.statistics["hansen"] == pytest.approx(expected.hansen, rel=CLOSE)
    assert found.statistics["sargan"] == pytest.approx(expected.sargan, rel=CLOSE)
    assert (found.statistics["instruments"], found.statistics["hansen_df"]) == (expected.count, expected.df)
    assert [found.statistics["ar1"], found.statistics["ar2"]] == pytest.approx(expected.m, rel=1e-6)
    if expected.without_levels is not None:
        assert found.statistics["hansen_levels"] == pytest.approx(expected.without_levels, rel=1e-6)


@pytest.mark.parametrize("steps", [1, 2])
def test_conventional_covariances_are_those_of_the_textbook(steps: Any) -> None:
    panel, settings = rough_panel(), DynamicSettings(steps=steps, covariance="conventional")
    found = fit_dynamic("y ~ L(y, 1) + x + z | year", panel, gmm={"y": (2, 4), "x": (1, 2)}, iv=("z",), settings=settings)
    expected = by_hand(panel, {"y": (2, 4), "x": (1, 2)}, settings)
    assert found.std_errors == pytest.approx(np.sqrt(np.diag(expected.conventional)[:3]) * [1.0, 1e-9, 1.0], rel=CLOSE)
