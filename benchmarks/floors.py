"""The floors: prototypes of four estimators in bare numpy, whose time ours must not exceed though it also checks, names, counts and warns.

Each takes the same frame as our function and gives the same numbers, and nothing else: no missing values, singletons, collinearity, scales,
messages or conventions but the one needed. ``against`` times both in alternation in one process, so that load and clock strike both alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd

Array = np.ndarray
SAME = 1e-9  # relative difference up to which two answers are the same
ROUNDS = 15


def against(ours: Callable[[], Array | float], floor: Callable[[], Array | float]) -> dict[str, float]:
    """Median seconds of both, taken in turns after a first call of each, and the quotient; their answers must be the same."""
    np.testing.assert_allclose(ours(), floor(), rtol=SAME)
    seconds: dict[str, list[float]] = {"ours": [], "floor": []}
    for _ in range(ROUNDS):
        for name, call in (("ours", ours), ("floor", floor)):
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    found = {name: float(np.median(taken)) for name, taken in seconds.items()}
    return found | {"ratio": found["ours"] / found["floor"]}


def line(title: str, found: dict[str, float]) -> str:
    """The comparison as it is printed."""
    return f"{title:34}ours {found['ours']:.3f} s, floor {found['floor']:.3f} s, ours/floor {found['ratio']:.2f}"


def sums(codes: Array, rows: Array, groups: int) -> Array:
    """(m, groups) sums of rows (m, n) by group."""
    return np.stack([np.bincount(codes, weights=row, minlength=groups) for row in rows])


def within(rows: Array, unit: Array, period: Array) -> Array:
    """Rows (m, n) without unit and period effects: unit means, then the periods by their normal equations."""
    units, periods = unit.max() + 1, period.max() + 1
    counts = np.bincount(unit * periods + period, minlength=units * periods).reshape(units, periods).astype(float)
    size = counts.sum(axis=1)
    rows = rows - (sums(unit, rows, units) / size)[:, unit]
    system = np.diag(counts.sum(axis=0)) - counts.T @ (counts / size[:, None])
    effects = np.zeros((len(rows), periods))
    effects[:, 1:] = np.linalg.solve(system[1:, 1:], sums(period, rows, periods)[:, 1:].T).T
    rows -= effects[:, period]
    rows += (effects @ counts.T / size)[:, unit]
    return rows


def columns_of(frame: pd.DataFrame, names: list[str]) -> Array:
    """(m, n) the columns named."""
    return np.stack([frame[name].to_numpy(dtype=float) for name in names])


def curve(frame: pd.DataFrame, controls: list[str], batched: bool) -> Array:
    """(2^q, 2) coefficient of d and its error clustered by firm, for y ~ d + every subset of the controls | firm + year.

    One subset after the other, as the prototype was; or ``batched`` by their size, the strictest floor.
    """
    unit, period = pd.factorize(frame["firm"])[0], frame["year"].to_numpy() - frame["year"].min()
    columns = within(columns_of(frame, ["y", "d", *controls]), unit, period)
    p, n = columns.shape
    units, periods = unit.max() + 1, period.max() + 1
    gram = columns @ columns.T
    blocks = np.empty((p, p, units))
    for a in range(p):
        for b in range(a, p):
            blocks[a, b] = blocks[b, a] = np.bincount(unit, weights=columns[a] * columns[b], minlength=units)
    blocks = blocks.reshape(p * p, units)
    moments = blocks @ blocks.T
    bits = (np.arange(2 ** len(controls))[:, None] >> np.arange(len(controls))) & 1
    found = np.empty((len(bits), 2))
    if not batched:
        for i, row in enumerate(bits):
            chosen = np.append(1, 2 + np.flatnonzero(row))
            bread = np.linalg.inv(gram[np.ix_(chosen, chosen)])
            beta = bread @ gram[chosen, 0]
            left, right = np.zeros((2, p))
            left[chosen], right[chosen], right[0] = bread[0], -beta, 1.0
            products = np.outer(left, right).ravel()
            factor = units / (units - 1) * (n - 1) / (n - len(chosen) - periods)
            found[i] = beta[0], np.sqrt(factor * (products @ moments @ products))
        return found
    for size in range(len(controls) + 1):
        which = np.flatnonzero(bits.sum(axis=1) == size)
        chosen = np.hstack([np.ones((len(which), 1), dtype=int), 2 + np.nonzero(bits[which])[1].reshape(len(which), size)])
        bread = np.linalg.inv(gram[chosen[:, :, None], chosen[:, None, :]])
        beta = np.einsum("skl,sl->sk", bread, gram[chosen, 0])
        at = np.arange(len(which))[:, None]
        left, right = np.zeros((2, len(which), p))
        left[at, chosen], right[at, chosen], right[:, 0] = bread[:, 0], -beta, 1.0
        products = (left[:, :, None] * right[:, None, :]).reshape(len(which), -1)
        variance = np.einsum("sp,sp->s", products @ moments, products)
        factor = units / (units - 1) * (n - 1) / (n - (1 + size) - periods)
        found[which] = np.stack([beta[:, 0], np.sqrt(factor * variance)], axis=1)
    return found


def _two_regressors(frame: pd.DataFrame) -> tuple[Array, Array, Array, Array]:
    """Unit, period and state of each row, and (3, n) d, x and y without effects."""
    unit, period, state = (pd.factorize(frame[name])[0] for name in ("unit", "year", "state"))
    return unit, period, state, within(columns_of(frame, ["d", "x", "y"]), unit, period)


def permutation(frame: pd.DataFrame, draws: int, rng: np.random.Generator) -> Array:
    """(1 + draws,) coefficient of d, states by date, in y ~ d + x | unit + year: first as it is, then dealt out again among the states."""
    unit, period, state, (_, x, y) = _two_regressors(frame)
    states = state.max() + 1
    treated, later = np.zeros(states), np.zeros(period.max() + 1)
    d = frame["d"].to_numpy(dtype=float)
    np.maximum.at(treated, state, d)
    np.maximum.at(later, period, d)
    pieces = within(np.where(state == np.arange(states)[:, None], later[period], 0.0), unit, period)
    pieces -= np.outer(pieces @ x / (x @ x), x)
    gram, cross = pieces @ pieces.T, pieces @ y
    dealt = rng.permuted(np.broadcast_to(np.arange(states), (draws, 1, states)), axis=2)[:, 0]
    assigned = np.vstack([treated, treated[dealt]])
    return assigned @ cross / np.einsum("bs,bs->b", assigned @ gram, assigned)


def wild(frame: pd.DataFrame, draws: int, rng: np.random.Generator) -> float:
    """The p-value of d = 0 in y ~ d + x | unit + year by the restricted wild bootstrap, Rademacher, clustered by state."""
    unit, period, state, (d, x, y) = _two_regressors(frame)
    states = state.max() + 1
    r, u = d - x * (d @ x / (x @ x)), y - x * (y @ x / (x @ x))
    square = r @ r
    own = np.bincount(state, weights=(u - r * (u @ r / square)) * r)
    t = u @ r / np.sqrt(own @ own)
    pieces = within(np.where(state == np.arange(states)[:, None], u, 0.0), unit, period)
    cross = pieces @ r
    pieces -= np.outer(pieces @ x / (x @ x), x) + np.outer(cross / square, r)
    scores = sums(state, pieces * r, states)
    signs = np.array([1.0, -1.0])[rng.integers(0, 2, (draws, states), dtype=np.int8)]
    drawn = signs @ scores
    statistics = signs @ cross / np.sqrt(np.einsum("bs,bs->b", drawn, drawn))
    return float((1 + np.count_nonzero(np.abs(statistics) >= abs(t))) / (1 + draws))


def threshold(frame: pd.DataFrame, draws: int, grid: int, trim: float, rng: np.random.Generator) -> Array:
    """(5,) threshold, F and its 10, 5 and 1 % critical values for y ~ x + z | firm where the slope of x switches with q; balanced."""
    firm, firms, n = pd.factorize(frame["firm"])[0], frame["firm"].nunique(), len(frame)
    years = n // firms
    x, z, y, q = columns_of(frame, ["x", "z", "y", "q"])

    def demeaned(rows: Array) -> Array:
        cut = rows.reshape(len(rows), firms, years)
        return (cut - cut.mean(axis=2, keepdims=True)).reshape(len(rows), n)

    order = np.argsort(q, kind="stable")
    ends = np.ceil(np.linspace(np.ceil(trim * n), n - np.ceil(trim * n), grid) - 1e-9).astype(int)
    starts = np.append(0, ends[:-1])
    segment = np.searchsorted(ends, np.arange(n)[np.argsort(order)], side="right")
    inside = segment < len(ends)
    basis = np.linalg.qr(demeaned(np.stack([x, z])).T)[0]

    def cumulated(columns: Array) -> Array:
        return np.cumsum(np.add.reduceat((x[order, None] * columns[order])[: ends[-1]], starts, axis=0), axis=0)

    held = np.bincount(firm[inside] * len(ends) + segment[inside], weights=x[inside], minlength=firms * len(ends))
    means = np.cumsum(held.reshape(firms, len(ends)), axis=1)
    own = np.cumsum(np.add.reduceat((x * x)[order][: ends[-1]], starts))
    size = own - (means**2).sum(axis=0) / years - (cumulated(basis) ** 2).sum(axis=1)

    outcome = demeaned(y[None])[0]
    null = outcome - basis @ (basis.T @ outcome)
    gains = cumulated(null[:, None])[:, 0] ** 2 / size
    best = int(gains.argmax())
    df, rss = n - firms, null @ null - gains[best]
    split = demeaned((x * (q <= q[order[ends[best] - 1]]))[None])[0]
    split -= basis @ (basis.T @ split)
    residuals = (null - split * (split @ null / (split @ split))).reshape(firms, years) * np.sqrt(years / (years - 1))
    errors = residuals[rng.integers(0, firms, size=(draws, firms))].reshape(draws, n)
    errors = demeaned(errors).T
    errors -= basis @ (basis.T @ errors)
    gain = (cumulated(errors) ** 2 / size[:, None]).max(axis=0)
    drawn = df * gain / (np.einsum("nb,nb->b", errors, errors) - gain)
    return np.array([q[order[ends[best] - 1]], df * gains[best] / rss, *np.quantile(drawn, (0.9, 0.95, 0.99))])
