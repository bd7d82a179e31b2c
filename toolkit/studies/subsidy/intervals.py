"""Coverage, power and length of the intervals of the chapter on simulated outcomes, one row per model, interval and truth.

Errors are simulated with a truth of zero; slopes of least squares and of the own-lag instrument move one for one with the truth, so that
what an interval would do at another truth is what it does to minus that truth here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.batch.fixed import FixedDesign
from toolkit.estimate.batch.gmm import TwoStep, equations, two_step
from toolkit.estimate.batch.wild import ManyDraws, instrument_p_values, multipliers, score_draws, wild_draws
from toolkit.numerics import Floats
from toolkit.studies.convergence.neighbours import borders
from toolkit.studies.subsidy.worlds import EARLIER, Window


@dataclass(frozen=True)
class Rows:
    """Which of the (N, T) cells a design has, None for the means of provinces, and what it subtracts: the cells ``gap`` years before."""

    cells: NDArray[np.bool_] | None
    gap: int = 0

    def of(self, values: Floats) -> Floats:
        """(R, n) of (R, N, T)."""
        if self.cells is None:
            return np.asarray(values.mean(axis=2))
        moved = values.copy() if self.gap else values
        if self.gap:
            moved[..., self.gap :] = values[..., self.gap :] - values[..., : -self.gap]
        return np.asarray(moved[:, self.cells])


def designs(seen: Window) -> dict[str, tuple[FixedDesign, Rows]]:
    """The designs of the chapter as matrices, by name; the slope of ``lead`` is that of next year's expenditure beside this year's."""
    n, periods = seen.s.shape
    province, year = np.repeat(np.arange(n), periods).reshape(n, periods), np.tile(np.arange(periods), (n, 1))
    by_province, by_year = np.eye(n)[province], np.eye(periods)[year]
    control = seen.g[..., None]
    effects = np.concatenate([by_province, by_year, control], axis=2)
    trends = by_province * (year[..., None] - (periods - 1) / 2)
    regions = np.eye(int(seen.region.max()) + 1)[seen.region][:, None, :, None] * by_year[:, :, None, :]
    longer = np.concatenate([seen.earlier, seen.s], axis=1)
    p = seen.earlier.shape[1]

    def back(lag: int) -> Floats:
        """(N, T) expenditure ``lag`` years earlier, NaN before the first."""
        return np.concatenate([np.full((n, lag), np.nan), longer], axis=1)[:, p : p + periods]

    every = np.ones((n, periods), dtype=bool)
    lagged = np.stack([back(lag) - seen.s for lag in range(1, EARLIER + 1)], axis=2)

    def made(others: Floats, x: Floats, z: Floats, cells: NDArray[np.bool_], nested: int, gap: int = 0) -> tuple[FixedDesign, Rows]:
        design = FixedDesign(regressor=x[cells], instrument=z[cells], others=others[cells], clusters=province[cells], nested=nested)
        return design, Rows(cells, gap)

    def differenced(gap: int, cells: NDArray[np.bool_]) -> tuple[FixedDesign, Rows]:
        change, growth = np.zeros_like(seen.s), np.zeros_like(seen.s)
        change[:, gap:], growth[:, gap:] = seen.s[:, gap:] - seen.s[:, :-gap], seen.g[:, gap:] - seen.g[:, :-gap]
        return made(np.concatenate([by_year, growth[..., None]], axis=2), change, change, cells, 0, gap)

    constant, alone = np.ones((n, periods, 1)), np.concatenate([by_province, control], axis=2)
    means = np.column_stack([np.ones(n), seen.g.mean(axis=1)])
    own, names = seen.s.mean(axis=1), sorted(seen.panel.frame[seen.panel.entity].unique())
    near = borders().ordered(tuple(names)).matrix @ seen.s
    same = (seen.region[:, None] == seen.region) & ~np.eye(n, dtype=bool)
    elsewhere = same / same.sum(axis=1, keepdims=True) @ seen.s
    spread = np.concatenate([effects, regions.reshape(n, periods, -1)], axis=2)
    whole = np.asarray(~np.isnan(lagged).any(axis=2))
    ahead, now = np.concatenate([seen.s[:, 1:], seen.s[:, -1:]], axis=1), np.concatenate([effects, seen.s[..., None]], axis=2)
    return {
        "pooled": made(np.concatenate([constant, control], axis=2), seen.s, seen.s, every, 0),
        "between": (FixedDesign(regressor=own, instrument=own, others=means, clusters=np.arange(n)), Rows(None)),
        "province": made(alone, seen.s, seen.s, every, n - 1),
        "two_way": made(effects, seen.s, seen.s, every, n - 1),
        "region_year": made(spread, seen.s, seen.s, every, n - 1),
        "trends": made(np.concatenate([effects, trends], axis=2), seen.s, seen.s, every, n - 1),
        "lag_sum": made(np.concatenate([effects, np.nan_to_num(lagged)], axis=2), seen.s, seen.s, whole, n - 1),
        "lead": made(now, ahead, ahead, np.asarray(year < periods - 1), n - 1),
        "neighbours": made(now, near, near, every, n - 1),
        "differences": differenced(1, np.asarray(year >= 1)),
        "five_years": differenced(5, np.asarray(year >= 5)),
        "long_difference": differenced(periods - 1, np.asarray(year == periods - 1)),
        "others": made(effects, seen.s, elsewhere, every, n - 1),
        "own_lag": made(effects, seen.s, np.nan_to_num(back(1)), np.asarray(~np.isnan(back(1))), n - 1),
    }


Estimator = Literal["difference", "system"]
TRUTHS = (0.0, 0.15, 0.38)
RECENT = 7  # years of the short window
_INVERTED = 200  # replications whose bootstrap interval is inverted for its length


def static_rows(seen: Window, errors: Floats, bootstrapped: int, rng: np.random.Generator, draws: int) -> Iterator[dict[str, object]]:
    """Every interval of least squares and of the own-lag instrument; the bootstraps on the first panels only."""
    from scipy.special import fdtri, stdtrit

    n = len(seen.s)
    signs, webb = (multipliers(rng, draws, n, weights) for weights in ("rademacher", "webb"))
    chosen = designs(seen)
    for model in chosen if len(seen.years) > RECENT else ("two_way",):  # the chapter has windows of seven years for that model alone
        design, rows = chosen[model]
        outcomes = rows.of(errors)
        fitted, few = design.fitted(outcomes), outcomes[:bootstrapped]
        critical = float(stdtrit(design.df, 0.975))
        yield from _around(model, "cluster_t", fitted.estimate, critical * fitted.std_error)
        if model in ("own_lag", "others"):
            low, high = fitted.anderson_rubin(float(fdtri(1, design.df, 0.95)))
            yield from _between(model, "anderson_rubin", low, high)
            yield from _efficient(model, design, few, signs)
            continue
        drawn = {"rademacher": signs}
        if model == "two_way":  # the other ways to allow for few clusters, on the main model
            cr2 = float(stdtrit(design.satterthwaite, 0.975))
            yield from _around(model, "cr2", fitted.estimate, cr2 * fitted.cr2_error)
            drawn["webb"] = webb
        for name, v in drawn.items():
            yield from _bootstrapped(model, name, wild_draws(design.fitted(few), v))


def _truths(model: str) -> tuple[float, ...]:
    """The truths of a slope: next year's expenditure and the neighbours' have none but zero."""
    return (0.0,) if model in ("lead", "neighbours") else TRUTHS


def _around(model: str, interval: str, estimate: Floats, half: Floats) -> Iterator[dict[str, object]]:
    return _between(model, interval, estimate - half, estimate + half)


def _between(model: str, interval: str, low: Floats, high: Floats) -> Iterator[dict[str, object]]:
    """Rows of all truths for ends around estimates whose truth is zero."""
    covered = (low <= 0) & (high >= 0)
    for truth in _truths(model):
        missed = (low > -truth) | (high < -truth)
        yield _row((model, interval, truth), covered, missed, high - low)


def _bootstrapped(model: str, interval: str, drawn: ManyDraws) -> Iterator[dict[str, object]]:
    """Rows of all truths for the bootstrap of estimates whose truth is zero."""
    covered = drawn.p_value(0.0) > 0.05
    low, high = drawn.first(_INVERTED).interval()
    for truth in _truths(model):
        yield _row((model, interval, truth), covered, drawn.p_value(-truth) <= 0.05, high - low)


def _efficient(model: str, design: FixedDesign, outcomes: Floats, signs: Floats) -> Iterator[dict[str, object]]:
    """Rows of all truths for the test with a bootstrapped first stage, which the chapter inverts into no interval."""
    covered = instrument_p_values(design, outcomes, 0.0, signs) > 0.05
    for truth in TRUTHS:
        rejected = instrument_p_values(design, outcomes, -truth, signs) <= 0.05 if truth else ~covered
        yield _row((model, "efficient", truth), covered, rejected, np.full(1, np.nan))


def _row(key: tuple[str, str, float], covered: NDArray[np.bool_], rejected: NDArray[np.bool_], length: Floats) -> dict[str, object]:
    """One row of the intervals; the key is model, interval and truth."""
    row: dict[str, object] = dict(zip(("model", "interval", "truth"), key, strict=True))
    for name, hits in (("coverage", covered), ("rejects_zero", rejected)):
        share = hits.mean()
        row |= {name: 100 * share, f"{name}_error": 100 * np.sqrt(share * (1 - share) / len(hits))}
    return row | {"length": float(np.median(length)), "unbounded": 100 * float(np.isinf(length).mean())}


def dynamic_rows(estimator: Estimator, found: TwoStep, lag: float, truth: float, signs: Floats) -> Iterator[dict[str, object]]:
    """Intervals of the long run, the impact and the persistence."""
    from scipy.special import ndtri

    truths, z = {"long_run": truth, "fiscal": (1 - lag) * truth, "lag": lag}, float(ndtri(0.975))
    for name, true in truths.items():
        estimate, error = found.long_run("fiscal", "lag") if name == "long_run" else found.slope(name)
        lost = np.isnan(error)  # no long run: the interval is the whole line
        low, high = np.where(lost, -np.inf, estimate - z * error), np.where(lost, np.inf, estimate + z * error)
        yield _row((f"{estimator}_{name}", "windmeijer", truth), (low <= true) & (high >= true), (low > 0) | (high < 0), high - low)
    for name in ("fiscal", "lag"):
        drawn = score_draws(found, name, signs)
        low, high = drawn.first(_INVERTED).interval()
        covered, rejected = drawn.p_value(truths[name]) > 0.05, drawn.p_value(0.0) <= 0.05
        yield _row((f"{estimator}_{name}", "score", truth), covered, rejected, high - low)


def dynamic_model(seen: Window, outcomes: Floats, estimator: Estimator) -> TwoStep:
    """The chapter's dynamic model: lags two and three of outcome and expenditure, collapsed; GDP per head exogenous."""
    longer = np.concatenate([seen.earlier, seen.s], axis=1)
    s, g, before = (np.broadcast_to(v, (len(outcomes), *v.shape)) for v in (seen.s, seen.g, longer))
    lags = {"lag": (outcomes, 2, 3), "fiscal": (before, 2, 3)}
    return two_step(equations(outcomes, {"fiscal": s, "gdp": g}, lags, {"gdp": g}, estimator=estimator))
