"""The designs of the simulated firms, each on all panels of its world at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from toolkit.data.simulate import FirmDraws, FirmSettings
from toolkit.estimate.batch.gmm import TwoStep, equations, two_step
from toolkit.estimate.batch.masked import Mask, Slopes, difference_slopes, group_sums, pooled_slopes, within_slopes
from toolkit.numerics import Floats
from toolkit.studies.firms.accuracy import Draws, draws_of

STATIC = FirmSettings()
DYNAMIC = FirmSettings(persistence=0.5)
WORLDS = {
    "static": STATIC,
    "no_selection": FirmSettings(selection=0.0),
    "weak_fund": FirmSettings(fund=0.1),
    "persistent": FirmSettings(project=0.5, project_persistence=0.8, subsidy_noise=0.1, measurement=0.1),
    "common": FirmSettings(common=0.2),
    "no_effect": FirmSettings(elasticity=0.0),
}


@dataclass(frozen=True)
class Means:
    """Province-year means (R, F, T) of the observed subsidy: of the other firms, and with the own one; and where the first exists."""

    others: Floats
    with_own: Floats
    exists: Mask


def _province_means(d: FirmDraws) -> Means:
    """The two means that serve as instruments in the literature."""
    seen = d.observed.astype(np.float64)
    total, count = (
        np.take_along_axis(group_sums(v, d.province, d.settings.provinces), d.province[:, :, None], axis=1)
        for v in (d.subsidy * seen, seen)
    )
    exists = d.observed & (count > 1)
    others = (total - d.subsidy * seen) / np.where(exists, count - 1, 1.0)
    return Means(others=others, with_own=total / np.maximum(count, 1.0), exists=exists)


def lagged(values: Floats, observed: Mask) -> tuple[Floats, Mask]:
    """(R, F, T) the value of the year before, and the rows that have one."""
    before = np.concatenate([np.zeros_like(values[..., :1]), values[..., :-1]], axis=2)
    has = observed.copy()
    has[..., 0] = False
    has[..., 1:] &= observed[..., :-1]
    return before, has


def two_way(d: FirmDraws) -> Slopes:
    """Firm and year effects."""
    return within_slopes(d.intensity, d.subsidy, [d.revenue], d.observed)


def shift_share(d: FirmDraws) -> Slopes:
    """The exposed shock of the province's fund as instrument."""
    return within_slopes(d.intensity, d.subsidy, [d.revenue], d.observed, instrument=d.exposed_shock)


def own_lag(d: FirmDraws) -> Slopes:
    """The subsidy of the year before as instrument."""
    before, rows = lagged(d.subsidy, d.observed)
    return within_slopes(d.intensity, d.subsidy, [d.revenue], rows, instrument=before)


def _leave_one_out(d: FirmDraws) -> Slopes:
    means = _province_means(d)
    return within_slopes(d.intensity, d.subsidy, [d.revenue], means.exists, instrument=means.others)


def _per_revenue(d: FirmDraws) -> Slopes:
    noise = d.revenue_noisy - d.revenue
    return within_slopes(d.intensity - noise, d.subsidy - d.revenue_noisy, [d.revenue_noisy], d.observed)


# world, estimator
STATIC_DESIGNS: dict[str, tuple[str, Callable[[FirmDraws], Slopes]]] = {
    "pooled": ("static", lambda d: pooled_slopes(d.intensity, d.subsidy, [d.revenue], d.observed)),
    "two_way": ("static", two_way),
    "no_error": ("static", lambda d: within_slopes(d.intensity, d.subsidy_true, [d.revenue], d.observed)),
    "no_selection": ("no_selection", two_way),
    "differences": ("static", lambda d: difference_slopes(d.intensity, d.subsidy, d.revenue, d.observed)),
    "per_revenue": ("static", _per_revenue),
    "shift_share": ("static", shift_share),
    "leave_one_out": ("static", _leave_one_out),
    "with_own": (
        "static",
        lambda d: within_slopes(d.intensity, d.subsidy, [d.revenue], d.observed, instrument=_province_means(d).with_own),
    ),
    "own_lag": ("static", own_lag),
    "weak_fund": ("weak_fund", shift_share),
    "persistent_two_way": ("persistent", two_way),
    "persistent_own_lag": ("persistent", own_lag),
    "persistent_shift_share": ("persistent", shift_share),
}
TOTAL_DESIGNS: dict[str, tuple[str, Callable[[FirmDraws], Slopes]]] = {
    f"{world}_{name}": (world, estimate)
    for world in ("no_effect", "static")
    for name, estimate in {
        "own": shift_share,
        "total": lambda d: within_slopes(d.total_intensity, d.subsidy, [d.revenue], d.observed, instrument=d.exposed_shock),
    }.items()
}


def clustered(d: FirmDraws) -> dict[str, Draws]:
    """The shift-share estimate with five standard errors; those under the null are for the test of the truth alone."""
    slopes, groups = shift_share(d), d.settings.provinces
    errors = {
        "firm": slopes.by_firm(),
        "province_year": slopes.by_group_and_year(d.province, groups),
        "province": slopes.by_group(d.province, groups),
        "exposure": slopes.exposure_robust(d.exposure, d.province, groups, d.observed),
    }
    errors["null"] = slopes.by_group_at(d.settings.elasticity, d.province, groups)
    return {name: draws_of(slopes, d.settings.elasticity, found) for name, found in errors.items()}


@dataclass(frozen=True)
class DynamicDraws:
    """One dynamic estimator on R panels: persistence, impact and long run.

    Attributes
    ----------
    rho : (R,).
    impact, long_run : the draws of both; a long run that does not exist (rho of one or more) is missing.
    hansen_p : (R,) missing without overidentification.
    """

    rho: Floats
    impact: Draws
    long_run: Draws
    hansen_p: Floats


def dynamic_designs(d: FirmDraws) -> dict[str, DynamicDraws]:
    """Least squares, firm effects, and GMM with own lags or with the exposed shock."""
    before, rows = lagged(d.intensity, d.observed)
    years = [(rows & (np.arange(rows.shape[2]) == t)).astype(np.float64) for t in range(2, rows.shape[2])]
    pooled = [pooled_slopes(d.intensity, x, [other, d.revenue, *years], rows) for x, other in ((before, d.subsidy), (d.subsidy, before))]
    fixed = [within_slopes(d.intensity, x, [other, d.revenue], rows) for x, other in ((before, d.subsidy), (d.subsidy, before))]
    y, x, r, z = (np.where(d.observed, v, np.nan) for v in (d.intensity, d.subsidy, d.revenue, d.exposed_shock))
    regressors, lags = {"subsidy": x, "revenue": r}, {"y": (y, 2, 4)}
    stacked = {
        "difference_lags": equations(y, regressors, lags | {"x": (x, 2, 4)}, {"revenue": r}, estimator="difference"),
        "difference_shock": equations(y, regressors, lags, {"revenue": r, "shock": z}, estimator="difference"),
        "system_shock": equations(y, regressors, lags, {"revenue": r, "shock": z}, estimator="system"),
    }
    return {
        "ols": _least_squares(pooled[0], pooled[1], d.settings),
        "fixed": _least_squares(fixed[0], fixed[1], d.settings),
        **{name: _moments(two_step(rows_of), d.settings) for name, rows_of in stacked.items()},
    }


def _truths(s: FirmSettings) -> tuple[float, float]:
    return (1 - s.persistence) * s.elasticity, s.elasticity


def _least_squares(lag: Slopes, subsidy: Slopes, s: FirmSettings) -> DynamicDraws:
    """Both slopes of one regression; their covariance comes from their scores by firm."""
    impact_truth, truth = _truths(s)
    own, other = lag.by_firm().std_error, subsidy.by_firm()
    # r: panels, f: firms; the factor of the standard error serves the covariance too
    by_firm = [v.scores.sum(axis=2) for v in (lag, subsidy)]
    scale = other.std_error**2 / np.einsum("rf,rf->r", by_firm[1], by_firm[1])
    cross = scale * np.einsum("rf,rf->r", *by_firm)
    remaining = np.where(lag.estimate < 1, 1 - lag.estimate, np.nan)
    effect = subsidy.estimate / remaining
    variance = (other.std_error**2 + 2 * effect * cross + effect**2 * own**2) / remaining**2
    missing = np.full(len(effect), np.nan)
    return DynamicDraws(
        rho=lag.estimate,
        impact=draws_of(subsidy, impact_truth),
        long_run=Draws(truth=truth, estimate=effect, std_error=np.sqrt(variance), df=other.df, first_stage=missing),
        hansen_p=missing,
    )


def _moments(found: TwoStep, s: FirmSettings) -> DynamicDraws:
    impact_truth, truth = _truths(s)
    missing, normal = np.full(len(found.beta), np.nan), np.full(len(found.beta), np.inf)
    impact, impact_error = found.slope("subsidy")
    effect, error = found.long_run("subsidy", "lag")
    return DynamicDraws(
        rho=found.slope("lag")[0],
        impact=Draws(truth=impact_truth, estimate=impact, std_error=impact_error, df=normal, first_stage=missing),
        long_run=Draws(truth=truth, estimate=effect, std_error=error, df=normal, first_stage=missing),
        hansen_p=found.hansen_p(),
    )


def static_draws(d: FirmDraws, world: str, designs: Mapping[str, tuple[str, Callable[[FirmDraws], Slopes]]]) -> dict[str, Draws]:
    """The designs that belong to ``world``."""
    return {name: draws_of(estimate(d), d.settings.elasticity) for name, (where, estimate) in designs.items() if where == world}
