"""Coverage, power and length of the intervals of the chapter on simulated outcomes, one row per model, interval and truth.

Errors are simulated with a truth of zero; slopes of least squares and of the own-lag instrument move one for one with the truth, so that
what an interval would do at another truth is what it does to minus that truth here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.batch.fixed import FixedDesign
from toolkit.estimate.batch.gmm import TwoStep, equations, two_step
from toolkit.estimate.batch.wild import ManyDraws, instrument_p_values, multipliers, score_draws, wild_draws
from toolkit.numerics import Floats
from toolkit.studies.subsidy.matrices import designs
from toolkit.studies.subsidy.worlds import Window

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
