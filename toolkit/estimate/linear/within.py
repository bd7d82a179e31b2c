"""Pooled least squares, and within: entity and time effects absorbed."""

from __future__ import annotations

from dataclasses import replace
from typing import Unpack

import numpy as np
import pandas as pd

from toolkit.errors import PanelError
from toolkit.estimate.formula.spec import Effect, Spec, parse, refuse_effects, refuse_instruments, with_effects
from toolkit.estimate.linear.least_squares import (
    Moments,
    assemble,
    between_r2,
    centre,
    choose,
    effects_f,
    fit_statistics,
    perfect_fit,
    slopes_f,
    solve,
    squared_correlation,
    uncentred_note,
)
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.grouping import Grouping, any_sloped
from toolkit.estimate.rows.options import REDUNDANT_EFFECTS, Errors, Options, documented
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.equations import refined
from toolkit.estimate.solve.kernels import Absorber, cross_products, norms
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.threads import one_thread


@one_thread
@documented
def fit_pooled(
    formula: str | Spec,
    data: Panel | pd.DataFrame,
    **errors: Unpack[Errors],
) -> Estimate:
    """Least squares on all rows together: y_it = a + x_it'b + e_it.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) + L(gdp, 1)"``; no absorbed effects.
    data : a panel, or a plain frame as a cross-section.
    covariance, cluster, weights, small_sample, bandwidth : |options|

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, TooFewClusters

    Examples
    --------
    >>> fit_pooled("y ~ x", pd.DataFrame({"y": [1.0, 3, 4, 8], "x": [0.0, 1, 2, 3]})).tidy()["estimate"].round(2).tolist()
    [0.7, 2.2]
    """
    source = source_of(data)
    spec = refuse_effects(refuse_instruments(parse(formula), "fit_pooled"), "fit_pooled")
    options = Options.read(source, **errors)
    return pooled_estimate(select(spec, source, options))


def uncentred(matrix: Floats, weights: Floats | None) -> Moments:
    """Moments of a fit without intercept: nothing is taken out, and lengths are counted from zero."""
    size = norms(matrix, weights)
    gram = cross_products(matrix, weights)
    means = matrix.mean(axis=1) if weights is None else (matrix @ weights) / weights.sum()
    return Moments(means, size, size, gram)


def pooled_estimate(sample: Sample, method: str = "pooled") -> Estimate:
    """Least squares on chosen rows, with the intercept of the formula; works in place on ``sample.matrix``.

    With an intercept the columns are centred first and the constant is recovered afterwards, so that large means cost no digits.
    """
    intercept, w = sample.spec.intercept, sample.weights
    outcome = sample.matrix[0].copy()
    moments = centre(sample.matrix, w) if intercept else uncentred(sample.matrix, w)
    kept, omitted = choose(sample, moments, (), intercept)
    columns = sample.matrix[1:] if len(kept) == len(sample.matrix) - 1 else sample.matrix[1:][kept]
    terms = tuple(sample.names[j] for j in kept)
    if intercept:
        columns, terms = np.vstack([np.ones(sample.rows), columns]), (INTERCEPT, *terms)
    fit, vcov, info, warnings = solve(sample, columns, terms)
    beta = fit.beta
    if intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[[j + 1 for j in kept]], float(moments.means[0]))
    if fit.root is not None and intercept:
        one = Grouping(np.zeros(sample.rows, dtype=np.intp), 1)
        own, constant = _refined(sample=sample, outcome=outcome, kept=kept, slopes=beta[1:], root=fit.root[1:], groups=one)
        beta = np.concatenate([constant, own])
    tss = float(moments.gram[0, 0])
    slopes = slice(1, None) if intercept else slice(None)
    statistics = fit_statistics(n=sample.rows, parameters=len(terms), rss=fit.rss, tss=tss, weights=w, means=int(intercept))
    statistics |= slopes_f(beta[slopes], vcov[slopes, slopes], info.df_t)
    about = (*perfect_fit(fit.rss, float(np.sqrt(tss)), float(moments.size[0])), *uncentred_note(statistics))
    return assemble(
        Estimate,
        sample,
        moments,
        kept,
        method=method,
        terms=terms,
        beta=beta,
        vcov=vcov,
        covariance=info,
        statistics=statistics,
        omitted=omitted,
        warnings=(*warnings, *about),
        outcome=outcome,
        residuals=fit.residuals,
    )


def _refined(sample: Sample, outcome: Floats, kept: list[int], slopes: Floats, root: Floats, groups: Grouping) -> tuple[Floats, Floats]:
    """Coefficients of nearly collinear columns, once more from the columns as they were: taking out means has rounded them."""
    raw = np.array([sample.raw(j) for j in kept])
    return refined(y=outcome, X=raw, slopes=slopes, root=root, groups=groups, weights=sample.weights)


def restore_intercept(beta: Floats, vcov: Floats, means: Floats, outcome_mean: float) -> tuple[Floats, Floats]:
    """Coefficients and covariance of the raw columns from those of centred ones: a = a_c + mean(y) - mean(x)'b."""
    back = np.eye(len(beta))
    back[0, 1:] = -means
    shifted = back @ beta
    shifted[0] += outcome_mean
    return shifted, back @ vcov @ back.T


@one_thread
@documented
def fit_within(
    formula: str | Spec,
    data: Panel | pd.DataFrame,
    **errors: Unpack[Errors],
) -> Estimate:
    """Least squares with absorbed effects: y_it = x_it'b + a_i + g_t + e_it.

    The effects after the bar are removed exactly, on unbalanced panels too. A formula without a bar on a panel absorbs the entity.
    ``| province[year] + year`` gives each province a level and a trend of its own, ``province[[year]]`` a trend alone.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) | province + year"``.
    data : a panel, or a plain frame (then effects must be named, and HC1 is the default covariance).
    covariance, cluster, weights, small_sample, bandwidth : |options|

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, TooFewClusters, TooFewPeriods, NotConverged

    References
    ----------
    Baltagi (2021), Econometric Analysis of Panel Data, chapters 2, 3 and 9.

    Examples
    --------
    >>> frame = pd.DataFrame({"firm": [1, 1, 1, 2, 2, 2], "year": [1, 2, 3] * 2, "x": [1.0, 2, 4, 1, 3, 4], "y": [1.0, 3, 7, 4, 8, 11]})
    >>> fit_within("y ~ x | firm", Panel(frame, "firm", "year"), covariance="iid").beta.round(4)
    array([2.1429])
    """
    source = source_of(data)
    spec = refuse_instruments(parse(formula), "fit_within")
    if not spec.effects:
        if source.entity is None:
            raise PanelError(
                "no effect is named, and a plain frame has no entity to absorb", remedy='write "y ~ x | industry", or make a Panel'
            )
        spec = with_effects(spec, (Effect((source.entity,)),))
    options = Options.read(source, **errors)
    return within_estimate(select(spec, source, options))


def within_estimate(sample: Sample) -> Estimate:
    """The within estimate on chosen rows; works in place on ``sample.matrix``."""
    matrix, w = sample.matrix, sample.weights
    outcome = matrix[0].copy()
    moments = centre(matrix, w)
    absorber = make_absorber(sample.effects, w)
    known = absorber.by_levels and any(effect is sample.entity for effect in sample.effects)
    means = None if known else means_by_entity(sample)
    removed = absorber.demean(matrix, before=moments.varying)
    after = cross_products(matrix, w)
    kept, omitted = choose(sample, moments, sample.named_effects, intercept=False, after=after)
    columns = matrix[1:] if len(kept) == len(matrix) - 1 else matrix[1:][kept]
    terms = tuple(sample.names[j] for j in kept)
    at = [0, *(j + 1 for j in kept)]
    fit, vcov, info, warnings = solve(sample, columns, terms, absorber.rank, products=after[np.ix_(at, at)])
    if fit.root is not None and len(sample.effects) == 1 and absorber.by_levels and not any_sloped(sample.effects):
        slopes = _refined(sample=sample, outcome=outcome, kept=kept, slopes=fit.beta, root=fit.root, groups=sample.effects[0])[0]
        fit = replace(fit, beta=slopes)
    tss_within = float(after[0, 0])
    statistics = _statistics(
        sample=sample, moments=moments, kept=kept, beta=fit.beta, rss=fit.rss, tss_within=tss_within, rank=absorber.rank
    )
    effects = None
    if known:
        effects, means = _entity_effects(sample, absorber, removed)
    statistics |= _entity_statistics(
        sample=sample, effects=effects, means=means, combination=(kept, fit.beta), sigma_e=statistics["sigma_e"]
    )
    statistics |= slopes_f(fit.beta, vcov, info.df_t)
    notes = list(warnings) + perfect_fit(fit.rss, np.sqrt(tss_within), float(moments.size[0]))
    if not absorber.exact_rank:
        notes.append(REDUNDANT_EFFECTS)
    return assemble(
        Estimate,
        sample,
        moments,
        kept,
        method="within",
        terms=terms,
        beta=fit.beta,
        vcov=vcov,
        covariance=info,
        statistics=statistics,
        omitted=omitted,
        warnings=notes,
        outcome=outcome,
        residuals=fit.residuals,
    )


def means_by_entity(sample: Sample) -> Floats | None:
    """(1 + k, N) entity means of outcome and regressors, None for a cross-section."""
    if sample.entity is None:
        return None
    if sample.weights is None:
        return sample.entity.sums(sample.matrix) / sample.entity.counts
    return sample.entity.sums(sample.matrix * sample.weights) / sample.entity.sums(sample.weights)


def _statistics(
    sample: Sample, moments: Moments, kept: list[int], beta: Floats, rss: float, tss_within: float, rank: int
) -> dict[str, float]:
    """R squared under its names, rmse, likelihood, and the F test of the effects."""
    n, k = sample.rows, len(kept)
    tss = float(moments.gram[0, 0])
    found = fit_statistics(n=n, parameters=k + rank, rss=rss, tss=tss, weights=sample.weights)
    found |= {"r2_inclusive": found["r2"], "r2_within": 1 - rss / tss_within}
    pick = [j + 1 for j in kept]
    cross, square = moments.gram[0, pick], moments.gram[np.ix_(pick, pick)]
    found["r2_overall"] = squared_correlation(float(beta @ cross), float(beta @ square @ beta), tss)
    pooled = tss - float(cross @ np.linalg.lstsq(square, cross, rcond=None)[0])
    return found | effects_f(pooled, rss, rank - 1, n - k - rank)


def _entity_effects(sample: Sample, absorber: Absorber, removed: tuple[Floats, ...]) -> tuple[Floats, Floats]:
    """(1 + k, N) effects and means of the entities, from what was removed: the mean is the effect and the average of the other effect."""
    solver = absorber.solver
    if solver is None:
        return removed[0], removed[0]
    large, small = removed
    if solver.large is sample.entity:
        return large, large + solver.average(small)
    weight = solver.small.counts if solver.weights is None else solver.small.sums(solver.weights)
    return small, small + (solver.crossing.T @ large.T).T / weight


def _entity_statistics(
    sample: Sample, effects: Floats | None, means: Floats | None, combination: tuple[list[int], Floats], sigma_e: float
) -> dict[str, float]:
    """Between R squared, and sigma_u and rho where the entity effects are known (one or two effects)."""
    if means is None or sample.entity is None or sample.entity.levels < 2:
        return {}
    kept, beta = combination
    found = {"r2_between": between_r2(means[0], beta @ means[1:][kept])}
    if effects is None:
        return found
    sigma_u = float(np.std(effects[0] - beta @ effects[1:][kept], ddof=1))
    total = sigma_u**2 + sigma_e**2
    return found | {"sigma_u": sigma_u} | ({"rho": sigma_u**2 / total} if total > 0 else {})
