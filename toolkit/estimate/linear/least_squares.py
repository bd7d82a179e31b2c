"""Statistics of a linear fit, each under its own name.

==================  =================================================================================================
r2                  1 - RSS/TSS, everything in the model counted (absorbed effects included)
r2_inclusive        the same number, under the name linearmodels gives it (fixest and pyfixest: r2)
r2_within           1 - RSS/TSS of the outcome with all absorbed effects removed
r2_between          squared correlation of the entity means of y and of x'b (Stata: xtreg)
r2_overall          squared correlation of y and x'b, absorbed effects not in x'b (Stata: xtreg)
r2_uncentred        r2 once more, where TSS is counted from zero because the model has neither a constant nor effects
adj_r2              1 - (1 - r2) (N - c) / (N - K), K all parameters, c = 1; c = 0 where r2 is uncentred (R: lm; Stata: regress, noconstant)
rmse                sqrt(RSS / N)
sigma_e             sqrt(RSS / (N - K))
sigma_u             standard deviation over entities of the estimated entity effects (Stata: xtreg, fe)
rho                 sigma_u^2 / (sigma_u^2 + sigma_e^2)
f, f_df1, f_df2     Wald F of all slopes with the covariance of the estimate
f_effects           F test that all absorbed effects are equal, from residual sums of squares
log_likelihood      Gaussian, at RSS / N;  aic, bic count all parameters
==================  =================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from toolkit.errors import EmptySample, NothingToEstimate
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.results.statistics import f_statistic
from toolkit.estimate.rows.grouping import Grouping, levels_only
from toolkit.estimate.rows.options import PERFECT_FIT, Counts, CovarianceInfo, Omitted, Options
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.solve.covariance import estimate_covariance, few_clusters, few_periods
from toolkit.estimate.solve.equations import LeastSquares, least_squares
from toolkit.estimate.solve.kernels import Design, cross_products, norms
from toolkit.estimate.solve.omission import is_flat, omissions
from toolkit.language import AND, Listed, Name, Note, Text, note
from toolkit.numerics import PERFECT, SINGULAR, Floats

_UNCENTRED = Text(
    "R² is uncentred: no constant is estimated, so that the total sum of squares is counted from zero. Do not compare it with the R² of "
    "a model with a constant.",
    "R²为非中心化R²：未估计常数项，总平方和以零为基准计算，不能与含常数项模型的R²直接比较。",
)


def fit_statistics(n: int, parameters: int, rss: float, tss: float, weights: Floats | None, means: int = 1) -> dict[str, float]:
    """r2, adj_r2, rmse, sigma_e, and the likelihood when the residuals are not zero.

    Parameters
    ----------
    n : rows.
    parameters : all estimated parameters, absorbed effects included.
    rss, tss : weighted residual and total sum of squares.
    means : 1 if the total sum of squares is around the mean, 0 if it is around zero.

    Examples
    --------
    >>> fit_statistics(10, 2, 1.0, 5.0, None)["adj_r2"], fit_statistics(10, 2, 1.0, 5.0, None, means=0)["adj_r2"]
    (0.775, 0.75)
    """
    found: dict[str, float] = {}
    if tss > 0:
        found["r2"] = 1 - rss / tss
        found |= {} if means else {"r2_uncentred": found["r2"]}
        found["adj_r2"] = 1 - (rss / tss) * (n - means) / (n - parameters)
    found["rmse"] = float(np.sqrt(rss / n))
    found["sigma_e"] = float(np.sqrt(rss / (n - parameters)))
    if rss > 0:
        shift = 0.0 if weights is None else float(np.log(weights).sum()) / 2
        found["log_likelihood"] = -n / 2 * (np.log(2 * np.pi * rss / n) + 1) + shift
        found["aic"] = -2 * found["log_likelihood"] + 2 * parameters
        found["bic"] = -2 * found["log_likelihood"] + np.log(n) * parameters
    return {name: float(value) for name, value in found.items()}


def uncentred_note(statistics: Mapping[str, float]) -> list[Note]:
    """The note of an estimate whose r2 is uncentred."""
    return [note("r2_uncentred", _UNCENTRED)] if "r2_uncentred" in statistics else []


def slopes_f(beta: Floats, vcov: Floats, df2: float) -> dict[str, float]:
    """The Wald F of all slopes; nothing when the covariance is singular (fewer clusters than slopes)."""
    if not len(beta):
        return {}
    scale = np.sqrt(np.maximum(np.diag(vcov), 0.0))
    if not (scale > 0).all():
        return {}
    correlation = vcov / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return {}
    standardised = beta / scale
    return f_statistic("f", float(standardised @ np.linalg.solve(correlation, standardised)) / len(beta), len(beta), df2)


def squared_correlation(cross: float, left: float, right: float) -> float:
    """cross^2 / (left right), 0 when one side does not vary."""
    return float(cross**2 / (left * right)) if left > 0 and right > 0 else 0.0


def between_r2(outcome_means: Floats, index_means: Floats) -> float:
    """Squared correlation over entities of the means (N,) of the outcome and of x'b."""
    y, x = outcome_means - outcome_means.mean(), index_means - index_means.mean()
    return squared_correlation(float(x @ y), float(x @ x), float(y @ y))


def effects_f(rss_restricted: float, rss: float, df1: int, df2: int) -> dict[str, float]:
    """F test that the absorbed effects are all equal: ((RSS without them - RSS) / df1) / (RSS / df2)."""
    if df1 <= 0 or df2 <= 0 or rss <= 0:
        return {}
    return f_statistic("f_effects", max(rss_restricted - rss, 0.0) / df1 / (rss / df2), float(df1), float(df2))


@dataclass(frozen=True)
class Moments:
    """What the columns (outcome first) were before effects were removed.

    Attributes
    ----------
    means, size, varying : (1 + k,) weighted mean, length, and length after centring.
    gram : (1 + k, 1 + k) weighted cross-products of the centred columns.
    """

    means: Floats
    size: Floats
    varying: Floats
    gram: Floats


def centre(matrix: Floats, weights: Floats | None) -> Moments:
    """Take the (weighted) means out of ``matrix`` (1 + k, n) in place, and say what was there."""
    size = norms(matrix, weights)
    means = matrix.mean(axis=1) if weights is None else (matrix @ weights) / weights.sum()
    matrix -= means[:, None]
    gram = cross_products(matrix, weights)
    return Moments(means, size, np.sqrt(np.maximum(np.diag(gram), 0.0)), gram)


def choose(
    sample: Sample, moments: Moments, effects: tuple[tuple[str, Grouping], ...], intercept: bool, after: Floats | None = None
) -> tuple[list[int], tuple[Omitted, ...]]:
    """Positions of the regressors that can be estimated, and the omitted ones.

    Parameters
    ----------
    after : cross-products of ``sample.matrix`` as it is now, where they are known.

    Raises
    ------
    NothingToEstimate
        If the outcome does not vary, or no regressor is left.
    """
    matrix, weights = sample.matrix, sample.weights
    require_variation(sample, moments, effects)
    kept, omitted = omissions(
        columns=matrix[1:],
        products=None if after is None else after[1:, 1:],
        varying=moments.varying[1:],
        size=moments.size[1:],
        weights=weights,
        names=sample.names,
        effects=effects,
        raw=sample.raw,
    )
    if not kept and not intercept:
        reasons = "; ".join(f"{o.term}: {o.reason}" for o in omitted) or "the formula has no regressor"
        raise NothingToEstimate(
            "no regressor is left to estimate", where=reasons, remedy="use regressors that vary, or absorb fewer effects"
        )
    return kept, omitted


def require_variation(sample: Sample, moments: Moments, effects: tuple[tuple[str, Grouping], ...]) -> None:
    """Raise NothingToEstimate if nothing is left of the outcome."""
    if is_flat(norms(sample.matrix[:1], sample.weights), moments.varying[:1], moments.size[:1])[0]:
        within = f" within {' and '.join(name for name, _ in effects)}" if effects else ""
        raise NothingToEstimate(
            f"the outcome {sample.spec.outcome} does not vary{within}",
            where=f"{sample.rows} rows",
            remedy="absorb fewer effects, or use more rows",
        )


def solve(
    sample: Sample, columns: Floats, terms: tuple[str, ...], rank: int = 0, products: Floats | None = None
) -> tuple[LeastSquares, Floats, CovarianceInfo, tuple[Note, ...]]:
    """Least squares of ``sample.matrix[0]`` on ``columns`` (k, n), with the covariance asked for and warnings.

    Parameters
    ----------
    rank : independent effects that were removed from both.
    products : (1 + k, 1 + k) their cross-products, outcome first, where they are known.

    Raises
    ------
    EmptySample
        If there are not more rows than parameters.
    """
    require_rows(sample, len(columns), rank)
    fit = least_squares(sample.matrix[0], columns.T, sample.weights, products)
    vcov, info, warnings = inference(sample=sample, columns=columns, fit=fit, terms=terms, rank=rank)
    return fit, vcov, info, warnings


def require_rows(sample: Sample, coefficients: int, rank: int) -> None:
    """Raise EmptySample if there are not more rows than coefficients and absorbed effects."""
    refuse_few(rows=sample.rows, formula=sample.spec.formula, coefficients=coefficients, rank=rank)


def refuse_few(rows: int, formula: str, coefficients: int, rank: int) -> None:
    """:func:`require_rows` of a number of rows."""
    if rows <= coefficients + rank:
        raise EmptySample(
            f"{rows} rows are not enough for {coefficients + rank} parameters ({coefficients} coefficients and {rank} absorbed effects)",
            where=formula,
            remedy="use more rows, fewer regressors, or fewer effects",
        )


def design_of(sample: Sample, columns: Floats, fit: LeastSquares, rank: int) -> Design:
    """What the covariance code needs; ``columns`` (k, n) times the residuals are the scores."""
    return Design(
        columns=columns,
        residuals=fit.residuals,
        bread=fit.bread,
        rss=fit.rss,
        weights=sample.weights,
        effects=sample.named_effects,
        effects_rank=rank,
        entity=sample.source.entity or "",
        clusters=sample.clusters,
        calendar=sample.calendar,
        root=fit.root,
    )


def inference(
    sample: Sample, columns: Floats, fit: LeastSquares, terms: tuple[str, ...], rank: int
) -> tuple[Floats, CovarianceInfo, tuple[Note, ...]]:
    """The covariance asked for, its description, and warnings; ``columns`` (k, n) times the residuals are the scores."""
    options = sample.options
    vcov, info = estimate_covariance(design_of(sample, columns, fit, rank), options)
    vcov = (vcov + vcov.T) / 2
    warnings = [
        *few_clusters(options.clusters, sample.clusters),
        *few_periods(sample.calendar, options),
        *uncounted_effects(sample.named_effects, sample.source.entity or "", sample.clusters, options),
        *nearly_collinear(columns, fit, terms, sample.weights),
    ]
    smallest = min((g.levels for g in sample.clusters), default=sample.rows)
    if len(columns) >= smallest:
        warnings.append(no_joint_test(terms, smallest))
    return vcov, info, tuple(warnings)


def no_joint_test(terms: Sequence[str], clusters: int) -> Note:
    """The warning that there are fewer clusters than coefficients."""
    text = Text(
        "There are {coefficients} coefficients ({first}, ...) but only {clusters} clusters: joint tests are not possible.",
        "系数有{coefficients}个（{first}等）而聚类仅{clusters}组，无法进行联合检验。",
    )
    return note("no_joint_test", text, coefficients=len(terms), first=tuple(map(Name, terms[:3])), clusters=clusters)


def uncounted_effects(effects: Sequence[tuple[str, Grouping]], entity: str, clusters: Sequence[Grouping], options: Options) -> list[Note]:
    """A warning where the convention "xtreg" leaves entity effects uncounted that no cluster variable holds; Stata's xtreg refuses there.

    Examples
    --------
    >>> import numpy as np
    >>> firm, year = Grouping(np.array([0, 0, 1, 1]), 2), Grouping(np.array([0, 1, 0, 1]), 2)
    >>> str(uncounted_effects([("firm", firm)], "firm", [year], Options("cluster", ("year",), "xtreg", None, None))[0])
    "firm is not nested in the clusters by year: small_sample='xtreg' does not count its effects, ..."
    """
    if options.small_sample != "xtreg" or not effects or not clusters:
        return []
    levels = levels_only(effects)
    if not levels:
        return []
    name, grouping = next((pair for pair in levels if pair[0] == entity), levels[0])
    if any(grouping.refines(c) for c in clusters):
        return []
    return [uncounted_note(name, options.clusters)]


def uncounted_note(effect: str, clusters: Sequence[str]) -> Note:
    """The warning of :func:`uncounted_effects`."""
    text = Text(
        "{effect} is not nested in the clusters by {clusters}: small_sample='xtreg' does not count its effects, "
        "so errors are too small; 'reghdfe' does.",
        "{effect}不嵌套于按{clusters}划分的聚类：small_sample='xtreg'不计其固定效应，标准误偏小；'reghdfe'则计入。",
    )
    return note("uncounted_effects", text, effect=Name(effect), clusters=Listed(tuple(map(Name, clusters)), AND))


_NEARLY_COLLINEAR = 1e6  # condition number from which the coefficients have lost six of sixteen digits


def nearly_collinear(columns: Floats, fit: LeastSquares, terms: Sequence[str], weights: Floats | None) -> list[Note]:
    """A note that names the regressors that are nearly a combination of others: half the digits of their coefficients are gone."""
    if fit.condition < _NEARLY_COLLINEAR or len(terms) != len(columns):  # an auxiliary regression has columns without names
        return []
    inflation = np.diag(fit.bread) * norms(columns, weights) ** 2  # variance inflation factors
    named = tuple(Name(term) for term, factor in zip(terms, inflation, strict=True) if factor > inflation.max() / 100)
    return [note("near_collinear", _NEAR_COLLINEAR, terms=named, condition=fit.condition)]


_NEAR_COLLINEAR = Text(
    "{terms} are nearly collinear (condition number {condition:.1e}): their coefficients are known to few digits and depend on rounding in "
    "the data.",
    "{terms}接近完全共线（条件数{condition:.1e}）：其系数有效数字很少，并受数据舍入影响。",
)


def perfect_fit(rss: float, length: float, size: float) -> list[Note]:
    """A warning when the residuals are rounding: ``length`` is that of the outcome with effects removed, ``size`` its raw length."""
    if max(rss, 0.0) ** 0.5 <= max(PERFECT * length, 1e-14 * size):
        return [PERFECT_FIT]
    return []


def _counts_of(sample: Sample) -> Counts:
    """The counts that an estimate reports."""
    return Counts(
        rows_given=len(sample.source),
        rows=sample.rows,
        entities=0 if sample.entity is None else sample.entity.levels,
        periods=0 if sample.period is None else sample.period.levels,
        clusters=tuple((name, g.levels) for name, g in zip(sample.options.clusters, sample.clusters, strict=True)),
        dropped=sample.dropped,
    )


_E = TypeVar("_E", bound=Estimate)


def assemble(
    kind: Callable[..., _E],
    sample: Sample,
    moments: Moments,
    kept: Sequence[int],
    *,
    method: str,
    terms: tuple[str, ...],
    beta: Floats,
    vcov: Floats,
    covariance: CovarianceInfo,
    statistics: Mapping[str, float],
    omitted: tuple[Omitted, ...],
    warnings: Iterable[Note],
    outcome: Floats | None = None,
    residuals: Floats | None = None,
    left: int = 0,
) -> _E:
    """An estimate from what was solved; everything else it reports is known from its rows.

    Parameters
    ----------
    kind : class of the estimate, with the fields of its own filled in.
    moments : what the columns were before effects were removed.
    kept : positions of the design columns that were estimated.
    outcome, residuals : (n,) where each row has its own.
    left : row of the matrix that was explained.
    """
    at = [left, *(j + 1 for j in kept)]
    names = (sample.spec.outcome, *(sample.names[j] for j in kept))
    return kind(
        method=method,
        spec=sample.spec,
        origin=sample.source.origin,
        terms=terms,
        beta=beta,
        vcov=vcov,
        counts=_counts_of(sample),
        omitted=omitted,
        covariance=covariance,
        statistics=statistics,
        effects=sample.spec.absorb,
        weights=sample.options.weights,
        warnings=tuple(warnings),
        means=dict(zip(names, moments.means[at].tolist(), strict=True)),
        columns=tuple(sample.columns[j] for j in kept),
        _rows=sample.kept(outcome, residuals),
    )
