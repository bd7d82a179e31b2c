"""The within estimator: least squares with fixed effects removed, exact on unbalanced panels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import PanelError
from toolkit.estimate.kept import keep_rows
from toolkit.estimate.kernels import Absorber, make_absorber
from toolkit.estimate.linear import Moments, centre, choose, column_means, counts_of, perfect_fit, solve
from toolkit.estimate.notes import REDUNDANT_EFFECTS
from toolkit.estimate.options import Options, read_options
from toolkit.estimate.records import Covariance, SmallSample
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample, select
from toolkit.estimate.source import Source, source_of
from toolkit.estimate.spec import Effect, parse, refuse_instruments, with_effects
from toolkit.estimate.statistics import between_r2, effects_f, fit_statistics, slopes_f, squared_correlation
from toolkit.panel import Panel

Floats = NDArray[np.float64]


def fit_within(
    formula: str,
    data: Panel | pd.DataFrame,
    *,
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    bandwidth: int | None = None,
) -> Estimate:
    """Least squares with absorbed effects: y_it = x_it'b + a_i + g_t + e_it.

    The effects after the bar are removed exactly, on unbalanced panels too. A formula without a bar on a panel absorbs the entity.
    ``| province[year] + year`` gives each province a level and a trend of its own, ``province[[year]]`` a trend alone.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) | province + year"``.
    data : a panel, or a plain frame (then effects must be named, and HC1 is the default covariance).
    covariance : "cluster" (default), "iid", "HC0" to "HC3" or "driscoll_kraay"; see :mod:`toolkit.estimate.covariance`.
    cluster : one or two columns, ``"province"`` or ``"province + year"``; default the entity.
    weights : column of analytic weights.
    small_sample : the convention of the factor, see :mod:`toolkit.estimate.covariance`; "xtreg" and "plm" keep singletons.
    bandwidth : lags of Driscoll-Kraay in steps of the calendar, fewer than the periods from the first row to the last; default
        floor(4 (T/100)^(2/9)) with T distinct periods.

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
    options = read_options(source, covariance, cluster, weights, small_sample, bandwidth)
    return within_estimate(select(spec, source, options), source, options)


def within_estimate(sample: Sample, source: Source, options: Options) -> Estimate:
    """The within estimate on chosen rows; works in place on ``sample.matrix``."""
    matrix, w = sample.matrix, sample.weights
    outcome = matrix[0].copy()
    moments = centre(matrix, w)
    entity_means = means_by_entity(sample)
    absorber = make_absorber(sample.effects, w)
    smaller = absorber.demean(matrix)
    kept, omitted = choose(sample, moments, sample.named_effects, intercept=False)
    columns = matrix[1:] if len(kept) == len(matrix) - 1 else matrix[1:][kept]
    terms = tuple(sample.names[j] for j in kept)
    fit, vcov, info, warnings = solve(sample, options, columns, terms, sample.named_effects, absorber.rank, source.entity or "")
    tss_within = float(matrix[0] @ matrix[0]) if w is None else float((matrix[0] * w) @ matrix[0])
    statistics = _statistics(sample, moments, kept, fit.beta, fit.rss, tss_within, absorber.rank)
    statistics |= _entity_statistics(sample, source, absorber, smaller, entity_means, kept, fit.beta, statistics["sigma_e"])
    statistics |= slopes_f(fit.beta, vcov, info.df_t)
    notes = list(warnings) + perfect_fit(fit.rss, np.sqrt(tss_within), float(moments.size[0]))
    if not absorber.exact_rank:
        notes.append(REDUNDANT_EFFECTS)
    return Estimate(
        method="within",
        spec=sample.spec,
        origin=sample.origin,
        terms=terms,
        beta=fit.beta,
        vcov=vcov,
        counts=counts_of(sample, options),
        omitted=omitted,
        covariance=info,
        statistics=statistics,
        effects=sample.spec.absorb,
        weights=options.weights,
        warnings=tuple(notes),
        means=column_means(sample, moments, kept),
        columns=tuple(sample.columns[j] for j in kept),
        _rows=keep_rows(sample, outcome, fit.residuals),
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
    found = fit_statistics(n, k + rank, rss, tss, sample.weights)
    found |= {"r2_inclusive": found["r2"], "r2_within": 1 - rss / tss_within}
    pick = [j + 1 for j in kept]
    cross, square = moments.gram[0, pick], moments.gram[np.ix_(pick, pick)]
    found["r2_overall"] = squared_correlation(float(beta @ cross), float(beta @ square @ beta), tss)
    pooled = tss - float(cross @ np.linalg.lstsq(square, cross, rcond=None)[0])
    return found | effects_f(pooled, rss, rank - 1, n - k - rank)


def _entity_statistics(
    sample: Sample,
    source: Source,
    absorber: Absorber,
    smaller: Floats | None,
    means: Floats | None,
    kept: list[int],
    beta: Floats,
    sigma_e: float,
) -> dict[str, float]:
    """Between R squared, and sigma_u and rho where the entity effects are known (one or two effects)."""
    if means is None or sample.entity is None or sample.entity.levels < 2:
        return {}
    found = {"r2_between": between_r2(means[0], beta @ means[1:][kept])}
    if Effect((source.entity or "",)) not in sample.spec.effects or len(sample.effects) > 2 or not absorber.by_levels:
        return found
    effects = means[0] - beta @ means[1:][kept]
    if absorber.solver is not None and smaller is not None:
        other = smaller[0] - beta @ smaller[1:][kept]
        effects = effects - absorber.solver.average(other) if absorber.solver.large is sample.entity else other
    elif len(sample.effects) == 2:
        return found
    sigma_u = float(np.std(effects, ddof=1))
    total = sigma_u**2 + sigma_e**2
    return found | {"sigma_u": sigma_u} | ({"rho": sigma_u**2 / total} if total > 0 else {})
