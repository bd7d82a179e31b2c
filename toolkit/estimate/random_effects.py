"""The random-effects estimator: quasi-demeaned least squares with Swamy-Arora variance components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.engines import variance_components
from toolkit.estimate.kept import keep_rows
from toolkit.estimate.leverage import refuse_leverage
from toolkit.estimate.linear import PERFECT, centre, choose, column_means, counts_of, perfect_fit, solve
from toolkit.estimate.options import Options, read_options
from toolkit.estimate.pooled import restore_intercept
from toolkit.estimate.predict import INTERCEPT
from toolkit.estimate.records import Covariance, SmallSample
from toolkit.estimate.result import Estimate
from toolkit.estimate.sample import Sample, select
from toolkit.estimate.source import panel_source
from toolkit.estimate.spec import parse, refuse_effects, refuse_instruments
from toolkit.estimate.statistics import between_r2, fit_statistics, slopes_f, squared_correlation, uncentred_note
from toolkit.estimate.within import means_by_entity
from toolkit.language import Note, Text, note
from toolkit.panel import Panel

Floats = NDArray[np.float64]

SWAMY_ARORA = note(
    "swamy_arora",
    Text(
        "variance components of Swamy and Arora, harmonic mean of T on unbalanced panels",
        "Swamy–Arora方差分量，非平衡面板取T的调和平均",
    ),
)
NO_RANDOM_PART = note(
    "no_random_part",
    Text(
        "The estimated variance of the entity effects is zero, so the estimate is pooled least squares.",
        "个体效应方差估计为零，估计即混合最小二乘。",
    ),
)


def fit_random(
    formula: str,
    data: Panel,
    *,
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    bandwidth: int | None = None,
) -> Estimate:
    """Feasible GLS for y_it = a + x_it'b + u_i + e_it with u_i uncorrelated with x.

    Rows are quasi-demeaned, y_it - theta_i mean_i(y), with theta_i = 1 - sqrt(s2_e / (T_i s2_u + s2_e)). The variances are Swamy and
    Arora's: s2_e from the within regression, s2_u = RSS_between / df_between - s2_e / T with T the harmonic mean of the T_i, never below 0.

    Parameters
    ----------
    formula : ``"log(rd) ~ log(subsidy) + C(year)"``; entity effects are random, so nothing is absorbed.
    data : a panel.
    covariance, cluster, small_sample, bandwidth : as in :func:`toolkit.estimate.within.fit_within`.
    weights : not available; the argument is there so that all estimators read alike.

    Raises
    ------
    FormulaError, UnknownOption, EmptySample (too few entities or rows for the variance components), NotEstimable

    References
    ----------
    Swamy and Arora (1972); Baltagi (2021), sections 2.3 and 9.2. Computed by linearmodels.

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
    if weights is not None:
        raise UnknownOption("fit_random takes no weights", where=formula, remedy="use fit_within or fit_pooled for weighted estimates")
    options = refuse_leverage(read_options(source, covariance, cluster, None, small_sample, bandwidth), "fit_random")
    return random_estimate(select(spec, source, options), options)


def random_estimate(sample: Sample, options: Options) -> Estimate:
    """The random-effects estimate on chosen rows; works in place on ``sample.matrix``."""
    entity, intercept = sample.entity, sample.spec.intercept
    assert entity is not None
    assert sample.calendar is not None
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
    sigma2_e, sigma2_u = (s * float(scale[0, 0]) ** 2 for s in variance_components(scaled, intercept, entity, sample.calendar))
    theta = _theta(sigma2_e, sigma2_u, entity.counts, float(moments.gram[0, 0]) / sample.rows)
    for j in rows:
        sample.matrix[j] -= entity.spread(theta * entity_means[j])
    columns, terms = sample.matrix[rows[1:]], tuple(sample.names[j] for j in kept)
    if intercept:
        columns, terms = np.vstack([1 - entity.spread(theta), columns]), (INTERCEPT, *terms)
    fit, vcov, info, warnings = solve(sample, options, columns, terms, (), 0, "")
    beta = fit.beta
    slopes = beta[1:] if intercept else beta
    if intercept:
        beta, vcov = restore_intercept(beta, vcov, moments.means[rows[1:]], float(moments.means[0]))
    statistics = _statistics(sample.matrix[0], columns[0] if intercept else None, fit.rss, len(terms))
    statistics |= _components(sigma2_e, sigma2_u, theta)
    gram, cross = moments.gram[np.ix_(rows[1:], rows[1:])], moments.gram[0, rows[1:]]
    statistics["r2_overall"] = squared_correlation(float(slopes @ cross), float(slopes @ gram @ slopes), float(moments.gram[0, 0]))
    statistics["r2_between"] = between_r2(entity_means[0], slopes @ entity_means[rows[1:]])
    own = theta * (entity_means[0] - slopes @ entity_means[rows[1:]] - (fit.beta[0] if intercept else 0.0))  # back to y - a - x'b
    skip = int(intercept)
    statistics |= slopes_f(beta[skip:], vcov[skip:, skip:], info.df_t)
    perfect = perfect_fit(fit.rss, float(np.sqrt(moments.gram[0, 0])), float(moments.size[0]))
    about = (*_no_random_part(sigma2_u), *perfect, *uncentred_note(statistics))
    return Estimate(
        method="random",
        spec=sample.spec,
        origin=sample.origin,
        terms=terms,
        beta=beta,
        vcov=vcov,
        counts=counts_of(sample, options),
        omitted=omitted,
        covariance=replace(info, notes=(*info.notes, SWAMY_ARORA)),
        statistics=statistics,
        warnings=(*warnings, *about),
        means=column_means(sample, moments, kept),
        columns=tuple(sample.columns[j] for j in kept),
        _rows=keep_rows(sample, outcome, fit.residuals + entity.spread(own)),
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


def _components(sigma2_e: float, sigma2_u: float, theta: Floats) -> dict[str, float]:
    total = sigma2_u + sigma2_e
    return {
        "sigma_u": float(np.sqrt(sigma2_u)),
        "sigma_e": float(np.sqrt(sigma2_e)),
        "rho": sigma2_u / total if total > 0 else 0.0,
        "theta_min": float(theta.min()),
        "theta_median": float(np.median(theta)),
        "theta_max": float(theta.max()),
    }


def _no_random_part(sigma2_u: float) -> list[Note]:
    return [] if sigma2_u > 0 else [NO_RANDOM_PART]


def _statistics(y: Floats, constant: Floats | None, rss: float, parameters: int) -> dict[str, float]:
    """r2, adj_r2 and rmse of the quasi-demeaned regression.

    The total sum of squares is what the quasi-demeaned constant alone leaves, so that r2 does not move with the level of y. On balanced
    panels this is the R2 of linearmodels and plm.
    """
    rest = y if constant is None else y - constant * (constant @ y) / (constant @ constant)
    found = fit_statistics(len(y), parameters, rss, float(rest @ rest), None, int(constant is not None))
    return {name: value for name, value in found.items() if name in ("r2", "r2_uncentred", "adj_r2", "rmse")}
