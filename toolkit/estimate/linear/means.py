"""Estimators on entity means: between, and random effects as quasi-demeaned least squares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, Unpack

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable, UnknownOption
from toolkit.estimate.formula.spec import Spec, parse, refuse_effects, refuse_instruments
from toolkit.estimate.linear.components import COMPONENTS, Components, variance_components
from toolkit.estimate.linear.least_squares import (
    assemble,
    between_r2,
    centre,
    choose,
    fit_statistics,
    perfect_fit,
    slopes_f,
    solve,
    squared_correlation,
    uncentred_note,
)
from toolkit.estimate.linear.within import means_by_entity, pooled_estimate, restore_intercept
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Counts, Covariance, Errors, Options, SmallSample, documented, one_of
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import panel_source
from toolkit.estimate.solve.absorb import refuse_leverage
from toolkit.language import Note, Text, note
from toolkit.numerics import PERFECT, Floats
from toolkit.panel import Panel
from toolkit.threads import frugal

Weighting = Literal["equal", "periods"]
_BY_PERIODS = note("weighted_by_periods", Text("entities weighted by their periods", "个体按期数加权"))


@frugal
@documented
def fit_between(
    formula: str | Spec,
    data: Panel,
    *,
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    weighting: Weighting = "equal",
) -> Estimate:
    """Least squares on entity means: mean_i(y) = a + mean_i(x)'b + u_i.

    Logs and lags are taken before the means; ``counts.rows`` are the rows behind the means. Each entity is one row, so clustering by
    entity is the robust HC1 covariance.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy)"``; no absorbed effects.
    data : a panel.
    covariance : "cluster" (default), "iid" or "HC0" to "HC3"; not Driscoll-Kraay, as no time is left.
    cluster : a column that is constant within entities; default the entity.
    weights : column of weights, used for the means.
    small_sample : |options|
    weighting : "equal" gives each entity the same weight, "periods" the number of its rows, T_i (or the sum of its weights).

    Raises
    ------
    EstimationError
        If a cluster variable varies within an entity.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": list("aabbccdd"), "t": [1, 2] * 4, "x": [0.0, 2, 2, 4, 5, 5, 7, 9], "y": [1.0, 1, 3, 5, 6, 4, 9, 9]})
    >>> fit_between("y ~ x", Panel(frame, "id", "t")).beta.round(3)
    array([0.103, 1.093])
    """
    source = panel_source(data, "fit_between")
    one_of("weighting", weighting, ("equal", "periods"))
    one_of("covariance", covariance, ("iid", "HC0", "HC1", "HC2", "HC3", "cluster"))
    spec = refuse_effects(refuse_instruments(parse(formula), "fit_between"), "fit_between")
    options = Options.read(source, covariance=covariance, cluster=cluster, weights=weights, small_sample=small_sample)
    sample = select(spec, source, options)
    collapsed = collapse(sample, weighting)
    found = pooled_estimate(collapsed, "between")
    clusters = found.counts.clusters
    periods = 0 if sample.period is None else sample.period.levels
    counts = Counts(
        rows_given=len(source), rows=sample.rows, entities=collapsed.rows, periods=periods, clusters=clusters, dropped=sample.dropped
    )
    notes = (*found.covariance.notes, *[_BY_PERIODS] * (weighting == "periods"))
    statistics = {**found.statistics, "r2_between": found.statistics.get("r2", 0.0)}
    return replace(found, _rows=sample.kept(), counts=counts, covariance=replace(found.covariance, notes=notes), statistics=statistics)


def weighting_of(estimate: Estimate) -> Weighting:
    """How the entities of a between estimate are weighted, which its note says."""
    return "periods" if _BY_PERIODS in estimate.covariance.notes else "equal"


def collapse(sample: Sample, weighting: Weighting) -> Sample:
    """The sample with one row per entity."""
    assert sample.entity is not None
    entity, w = sample.entity, sample.weights
    mass = entity.counts.astype(np.float64) if w is None else entity.sums(w)

    def means(columns: NDArray[np.float64]) -> NDArray[np.float64]:
        return entity.sums(columns if w is None else columns * w) / mass

    first = np.unique(entity.codes, return_index=True)[1]
    for name, grouping in zip(sample.options.clusters, sample.clusters, strict=True):
        if not entity.refines(grouping):
            raise EstimationError(
                f"{name} varies within {sample.source.entity}, so entity means have no {name}",
                remedy="cluster by a column that is fixed for each entity",
            )
    each = Grouping(np.arange(entity.levels), entity.levels)
    raw = sample.raw
    return replace(
        sample,
        matrix=means(sample.matrix),
        weights=mass if weighting == "periods" else None,
        clusters=tuple(Grouping(g.codes[first], g.levels) for g in sample.clusters),
        entity=each,
        period=None,
        calendar=None,
        positions=sample.positions[first],
        raw=lambda j: means(raw(j)[None, :])[0],
    )


METHODS_OF_COMPONENTS: dict[Components, Note] = {
    "swamy_arora": note(
        "swamy_arora",
        Text(
            "variance components of Swamy and Arora, harmonic mean of T on unbalanced panels",
            "Swamy–Arora方差分量，非平衡面板取T的调和平均",
        ),
    ),
    "baltagi_chang": note(
        "baltagi_chang",
        Text(
            "variance components of Swamy and Arora, with the trace of Baltagi and Chang on unbalanced panels",
            "Swamy–Arora方差分量，非平衡面板按Baltagi–Chang迹修正",
        ),
    ),
    "wallace_hussain": note("wallace_hussain", Text("variance components of Wallace and Hussain", "Wallace–Hussain方差分量")),
    "amemiya": note("amemiya", Text("variance components of Amemiya", "Amemiya方差分量")),
    "nerlove": note("nerlove", Text("variance components of Nerlove", "Nerlove方差分量")),
}
NO_RANDOM_PART = note(
    "no_random_part",
    Text(
        "The estimated variance of the entity effects is zero, so the estimate is pooled least squares.",
        "个体效应方差估计为零，估计即混合最小二乘。",
    ),
)


@frugal
@documented
def fit_random(
    formula: str | Spec,
    data: Panel,
    *,
    components: Components = "swamy_arora",
    **errors: Unpack[Errors],
) -> Estimate:
    """Feasible GLS for y_it = a + x_it'b + u_i + e_it with u_i uncorrelated with x.

    Rows are quasi-demeaned, y_it - theta_i mean_i(y), with theta_i = 1 - sqrt(s2_e / (T_i s2_u + s2_e)). The variances are by
    default Swamy and Arora's: s2_e from the within regression, s2_u = RSS_between / df_between - s2_e / T with T the harmonic mean of the
    T_i, never below 0.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) + C(year)"``; entity effects are random, so nothing is absorbed.
    data : a panel.
    covariance, cluster, small_sample, bandwidth : |options|
    weights : not available; the argument is there so that all estimators read alike.
    components : how the variances are estimated: "swamy_arora" (Stata's ``xtreg, re``), "baltagi_chang" (``xtreg, re sa``, plm, EViews),
        "wallace_hussain", "amemiya" or "nerlove" (plm's methods of these names); :mod:`toolkit.estimate.linear.components` has the
        formulas and says where programs differ.

    Raises
    ------
    FormulaError, UnknownOption, EmptySample (too few entities or rows for the variance components), NotEstimable

    References
    ----------
    Wallace and Hussain (1969), Amemiya (1971), Nerlove (1971), Swamy and Arora (1972), Baltagi and Chang (1994); Baltagi (2021), sections
    2.3 and 9.2.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"id": list("aabbccdd"), "t": [1, 2] * 4, "x": [0.0, 2, 2, 4, 5, 5, 7, 9], "y": [1.0, 2, 3, 5, 6, 4, 9, 9]})
    >>> estimate = fit_random("y ~ x", Panel(frame, "id", "t"))
    >>> estimate.terms, round(estimate.statistics["theta_min"], 3)
    (('Intercept', 'x'), 0.0)
    """
    source = panel_source(data, "fit_random")
    spec = refuse_effects(refuse_instruments(parse(formula), "fit_random"), "fit_random")
    if errors.get("weights") is not None:
        raise UnknownOption("fit_random takes no weights", where=spec.formula, remedy="use fit_within or fit_pooled for weighted estimates")
    one_of("components", components, COMPONENTS)
    options = Options.read(source, **errors)
    return _random_estimate(select(spec, source, refuse_leverage(options, "fit_random")), components)


def _random_estimate(sample: Sample, components: Components) -> Estimate:
    """The random-effects estimate on chosen rows; works in place on ``sample.matrix``."""
    entity, intercept = sample.entity, sample.spec.intercept
    assert entity is not None
    outcome = sample.matrix[0].copy()
    moments = centre(sample.matrix, None)
    if not intercept:
        sample.matrix[:] += moments.means[:, None]
    kept, omitted = choose(sample, moments, (), intercept)
    rows = [0, *(j + 1 for j in kept)]
    entity_means = means_by_entity(sample)
    assert entity_means is not None
    scale = np.where(moments.varying[rows] > 0, moments.varying[rows], 1.0)[:, None]
    scaled = sample.matrix[rows] / scale
    sigma2_e, sigma2_u = (s * float(scale[0, 0]) ** 2 for s in variance_components(scaled, intercept, entity, components))
    theta = _theta(sigma2_e, sigma2_u, entity.counts, float(moments.gram[0, 0]) / sample.rows)
    for j in rows:
        sample.matrix[j] -= entity.spread(theta * entity_means[j])
    columns, terms = sample.matrix[rows[1:]], tuple(sample.names[j] for j in kept)
    if intercept:
        columns, terms = np.vstack([1 - entity.spread(theta), columns]), (INTERCEPT, *terms)
    fit, vcov, info, warnings = solve(sample, columns, terms)
    beta = fit.beta
    slopes = beta[1:] if intercept else beta
    if intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[rows[1:]], float(moments.means[0]))
    statistics = _statistics(sample.matrix[0], columns[0] if intercept else None, fit.rss, len(terms))
    statistics |= component_statistics(sigma2_e, sigma2_u, theta)
    gram, cross = moments.gram[np.ix_(rows[1:], rows[1:])], moments.gram[0, rows[1:]]
    statistics["r2_overall"] = squared_correlation(float(slopes @ cross), float(slopes @ gram @ slopes), float(moments.gram[0, 0]))
    statistics["r2_between"] = between_r2(entity_means[0], slopes @ entity_means[rows[1:]])
    own = theta * (entity_means[0] - slopes @ entity_means[rows[1:]] - (fit.beta[0] if intercept else 0.0))  # back to y - a - x'b
    skip = int(intercept)
    statistics |= slopes_f(beta[skip:], vcov[skip:, skip:], info.df_t)
    perfect = perfect_fit(fit.rss, float(np.sqrt(moments.gram[0, 0])), float(moments.size[0]))
    about = (*([] if sigma2_u > 0 else [NO_RANDOM_PART]), *perfect, *uncentred_note(statistics))
    return assemble(
        Estimate,
        sample,
        moments,
        kept,
        method="random",
        terms=terms,
        beta=beta,
        vcov=vcov,
        covariance=replace(info, notes=(*info.notes, METHODS_OF_COMPONENTS[components])),
        statistics=statistics,
        omitted=omitted,
        warnings=(*warnings, *about),
        outcome=outcome,
        residuals=fit.residuals + entity.spread(own),
    )


def _theta(sigma2_e: float, sigma2_u: float, lengths: NDArray[np.intp], variance: float) -> Floats:
    """(N,) theta_i; ``variance`` is that of the outcome, against which the components are judged to be rounding.

    Raises
    ------
    NotEstimable
        If the within fit is perfect: theta is then one, and nothing but the within estimate is left.
    """
    rounding = PERFECT**2 * variance
    if sigma2_e > rounding:
        return np.asarray(1 - np.sqrt(sigma2_e / (lengths * sigma2_u + sigma2_e)))
    if sigma2_u > rounding:
        raise NotEstimable("the within regression fits perfectly, so random effects are not defined", remedy="use fit_within")
    return np.zeros(len(lengths))


def quasi_demean(sample: Sample, sigma2_e: float, sigma2_u: float) -> Floats:
    """Take theta_i times the mean of the entity out of every column of ``sample.matrix``, in place, at given variance components.

    Returns
    -------
    (n,) theta of each row.
    """
    entity, means = sample.entity, means_by_entity(sample)
    assert entity is not None
    assert means is not None
    theta = entity.spread(1 - np.sqrt(sigma2_e / (entity.counts * sigma2_u + sigma2_e))) if sigma2_e > 0 else np.zeros(sample.rows)
    for column, mean in zip(sample.matrix, means, strict=True):
        column -= theta * entity.spread(mean)
    return theta


def component_statistics(sigma2_e: float, sigma2_u: float, theta: Floats) -> dict[str, float]:
    """The two standard deviations, the share of the effect, and theta from the smallest to the largest."""
    total = sigma2_u + sigma2_e
    return {
        "sigma_u": float(np.sqrt(sigma2_u)),
        "sigma_e": float(np.sqrt(sigma2_e)),
        "rho": sigma2_u / total if total > 0 else 0.0,
        "theta_min": float(theta.min()),
        "theta_median": float(np.median(theta)),
        "theta_max": float(theta.max()),
    }


def _statistics(y: Floats, constant: Floats | None, rss: float, parameters: int) -> dict[str, float]:
    """r2, adj_r2 and rmse of the quasi-demeaned regression.

    The total sum of squares is what the quasi-demeaned constant alone leaves, so that r2 does not move with the level of y. On balanced
    panels this is the R2 of linearmodels and plm.
    """
    rest = y if constant is None else y - constant * (constant @ y) / (constant @ constant)
    found = fit_statistics(n=len(y), parameters=parameters, rss=rss, tss=float(rest @ rest), weights=None, means=int(constant is not None))
    return {name: value for name, value in found.items() if name in ("r2", "r2_uncentred", "adj_r2", "rmse")}
