"""How good an estimator is over many simulated panels: bias, spread, coverage, power, each with its Monte Carlo error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from toolkit.estimate.batch.masked import Errors, Slopes
from toolkit.numerics import Floats

WEAK = 10.0  # first-stage F: a just-identified estimator far below it has no mean that could be printed


@dataclass(frozen=True)
class Draws:
    """One estimator on R panels.

    Attributes
    ----------
    truth : of the coefficient.
    estimate, std_error : (R,).
    df : (R,) of the t distribution; infinite for the normal.
    first_stage : (R,) effective F; missing without instruments.
    """

    truth: float
    estimate: Floats
    std_error: Floats
    df: Floats
    first_stage: Floats


def draws_of(slopes: Slopes, truth: float, errors: Errors | None = None) -> Draws:
    """The draws of a slope, clustered by firm unless other standard errors are given."""
    chosen = errors or slopes.by_firm()
    strength = slopes.effective_f
    return Draws(
        truth=truth,
        estimate=slopes.estimate,
        std_error=chosen.std_error,
        df=chosen.df,
        first_stage=np.where(np.isfinite(strength), strength, np.nan),
    )


def accuracy(draws: Draws) -> dict[str, float]:
    """Median, middle ninety per cent, mean, its Monte Carlo error, bias, sd, rmse; coverage and power in per cent with their errors.

    Mean, bias, sd and rmse are missing where the median first-stage F is below ten: the distribution of a just-identified estimator has
    such long tails that they would be noise.
    """
    found, r = draws.estimate, len(draws.estimate)
    first_stage = float(np.median(draws.first_stage))
    moments = first_stage >= WEAK or np.isnan(first_stage)
    mean, sd = (float(found.mean()), float(found.std(ddof=1))) if moments else (np.nan, np.nan)
    covered = rejection(draws, draws.truth)
    power = rejection(draws, 0.0)
    return {
        "median": float(np.median(found)),
        "low": float(np.quantile(found, 0.05)),
        "high": float(np.quantile(found, 0.95)),
        "mean": mean,
        "mean_error": sd / float(np.sqrt(r)),
        "bias": mean - draws.truth,
        "sd": sd,
        "rmse": float(np.hypot(mean - draws.truth, sd)),
        "coverage": 100 - percent(covered),
        "coverage_error": monte_carlo_error(covered),
        "power": percent(power),
        "first_stage": first_stage,
    }


def rejection(draws: Draws, null: float) -> NDArray[np.bool_]:
    """(R,) whether ``null`` is rejected at five per cent; a standard error that does not exist rejects nothing."""
    finite = np.isfinite(draws.df)
    critical = np.where(finite, stdtrit(np.where(finite, draws.df, 1.0), 0.975), stdtrit(1e9, 0.975))
    return np.asarray(np.abs(draws.estimate - null) > critical * draws.std_error)


def percent(hits: NDArray[np.bool_]) -> float:
    """Share of hits in per cent."""
    return 100 * float(hits.mean())


def monte_carlo_error(hits: NDArray[np.bool_]) -> float:
    """Standard error of the share, in per cent."""
    share = float(hits.mean())
    return 100 * float(np.sqrt(share * (1 - share) / len(hits)))


def stacked(parts: Sequence[Draws]) -> Draws:
    """Several blocks of panels as one."""
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("estimate", "std_error", "df", "first_stage")}
    return Draws(truth=parts[0].truth, **arrays)
