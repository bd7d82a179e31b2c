"""From a sample to coefficients, covariance and counts: the part that every linear estimator shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EmptySample, NothingToEstimate
from toolkit.estimate.covariance import Design, estimate_covariance, few_clusters, few_periods
from toolkit.estimate.groups import Grouping
from toolkit.estimate.kernels import LeastSquares, least_squares, norms
from toolkit.estimate.notes import PERFECT_FIT
from toolkit.estimate.omission import is_flat, omissions
from toolkit.estimate.options import Options
from toolkit.estimate.records import Counts, CovarianceInfo, Omitted
from toolkit.estimate.sample import Sample
from toolkit.estimate.slopes import levels_only
from toolkit.language import AND, Listed, Name, Note, Text, note

Floats = NDArray[np.float64]

PERFECT = 1e-10  # residuals below this share of the outcome are rounding


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
    gram = (matrix if weights is None else matrix * weights) @ matrix.T
    return Moments(means, size, np.sqrt(np.maximum(np.diag(gram), 0.0)), gram)


def choose(
    sample: Sample, moments: Moments, effects: tuple[tuple[str, Grouping], ...], intercept: bool
) -> tuple[list[int], tuple[Omitted, ...]]:
    """Positions of the regressors that can be estimated, and the omitted ones.

    Raises
    ------
    NothingToEstimate
        If the outcome does not vary, or no regressor is left.
    """
    matrix, weights = sample.matrix, sample.weights
    require_variation(sample, moments, effects)
    kept, omitted = omissions(matrix[1:], moments.varying[1:], moments.size[1:], weights, sample.names, effects, sample.raw)
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
    sample: Sample,
    options: Options,
    columns: Floats,
    terms: tuple[str, ...],
    effects: tuple[tuple[str, Grouping], ...],
    rank: int,
    entity: str,
) -> tuple[LeastSquares, Floats, CovarianceInfo, tuple[Note, ...]]:
    """Least squares of ``sample.matrix[0]`` on ``columns`` (k, n), with the covariance asked for and warnings.

    Raises
    ------
    EmptySample
        If there are not more rows than parameters.
    """
    require_rows(sample, len(columns), rank)
    fit = least_squares(sample.matrix[0], columns.T, sample.weights)
    vcov, info, warnings = inference(sample, options, columns, fit, terms, effects, rank, entity)
    return fit, vcov, info, warnings


def require_rows(sample: Sample, coefficients: int, rank: int) -> None:
    """Raise EmptySample if there are not more rows than coefficients and absorbed effects."""
    if sample.rows <= coefficients + rank:
        raise EmptySample(
            f"{sample.rows} rows are not enough for {coefficients + rank} parameters "
            f"({coefficients} coefficients and {rank} absorbed effects)",
            where=sample.spec.formula,
            remedy="use more rows, fewer regressors, or fewer effects",
        )


def inference(
    sample: Sample,
    options: Options,
    columns: Floats,
    fit: LeastSquares,
    terms: tuple[str, ...],
    effects: tuple[tuple[str, Grouping], ...],
    rank: int,
    entity: str,
) -> tuple[Floats, CovarianceInfo, tuple[Note, ...]]:
    """The covariance asked for, its description, and warnings; ``columns`` (k, n) times the residuals are the scores."""
    design = Design(
        columns=columns,
        residuals=fit.residuals,
        bread=fit.bread,
        rss=fit.rss,
        weights=sample.weights,
        effects=effects,
        effects_rank=rank,
        entity=entity,
        clusters=sample.clusters,
        calendar=sample.calendar,
        root=fit.root,
    )
    vcov, info = estimate_covariance(design, options)
    vcov = (vcov + vcov.T) / 2
    warnings = [
        *few_clusters(options.clusters, sample.clusters),
        *few_periods(sample.calendar, options),
        *uncounted_effects(effects, entity, sample.clusters, options),
        *nearly_collinear(columns, fit, terms, sample.weights),
    ]
    smallest = min((g.levels for g in sample.clusters), default=sample.rows)
    if len(columns) >= smallest:
        warnings.append(_no_joint_test(terms, smallest))
    return vcov, info, tuple(warnings)


def _no_joint_test(terms: Sequence[str], clusters: int) -> Note:
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
    text = Text(
        "{effect} is not nested in the clusters by {clusters}: small_sample='xtreg' does not count its effects, "
        "so errors are too small; 'reghdfe' does.",
        "{effect}不嵌套于按{clusters}划分的聚类：small_sample='xtreg'不计其固定效应，标准误偏小；'reghdfe'则计入。",
    )
    return [note("uncounted_effects", text, effect=Name(name), clusters=Listed(tuple(map(Name, options.clusters)), AND))]


NEARLY_COLLINEAR = 1e6  # condition number from which the coefficients have lost six of sixteen digits


def nearly_collinear(columns: Floats, fit: LeastSquares, terms: Sequence[str], weights: Floats | None) -> list[Note]:
    """A note that names the regressors that are nearly a combination of others: half the digits of their coefficients are gone."""
    if fit.condition < NEARLY_COLLINEAR or len(terms) != len(columns):  # an auxiliary regression has columns without names
        return []
    inflation = np.diag(fit.bread) * norms(columns, weights) ** 2  # variance inflation factors
    named = tuple(Name(term) for term, factor in zip(terms, inflation, strict=True) if factor > inflation.max() / 100)
    return [note("near_collinear", NEAR_COLLINEAR, terms=named, condition=fit.condition)]


NEAR_COLLINEAR = Text(
    "{terms} are nearly collinear (condition number {condition:.1e}): their coefficients are known to few digits and depend on rounding in "
    "the data.",
    "{terms}接近完全共线（条件数{condition:.1e}）：其系数有效数字很少，并受数据舍入影响。",
)


def perfect_fit(rss: float, length: float, size: float) -> list[Note]:
    """A warning when the residuals are rounding: ``length`` is that of the outcome with effects removed, ``size`` its raw length."""
    if max(rss, 0.0) ** 0.5 <= max(PERFECT * length, 1e-14 * size):
        return [PERFECT_FIT]
    return []


def column_means(sample: Sample, moments: Moments, kept: list[int]) -> dict[str, float]:
    """Sample means of the outcome and of the estimated columns, by name."""
    return {sample.spec.outcome: float(moments.means[0])} | {sample.names[j]: float(moments.means[j + 1]) for j in kept}


def counts_of(sample: Sample, options: Options) -> Counts:
    """The counts that an estimate reports."""
    return Counts(
        rows_given=sample.rows_given,
        rows=sample.rows,
        entities=0 if sample.entity is None else sample.entity.levels,
        periods=0 if sample.period is None else sample.period.levels,
        clusters=tuple((name, g.levels) for name, g in zip(options.clusters, sample.clusters, strict=True)),
        dropped=sample.dropped,
    )
