"""Least squares on rows that stay in the database: the same estimate, convention and counts as in memory."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from toolkit.errors import EmptySample, EstimationError, NothingToEstimate
from toolkit.estimate.formula.spec import Effect, Spec
from toolkit.estimate.large.plan import Plan, make_plan, shell
from toolkit.estimate.large.scans import (
    CLOSE,
    Moments,
    combination,
    meat_by,
    meat_by_large,
    moments,
    products_of,
    residual_rows,
)
from toolkit.estimate.large.sql import cluster_parts
from toolkit.estimate.large.table import LargeTable, quoted
from toolkit.estimate.linear.least_squares import (
    effects_f,
    fit_statistics,
    nearly_collinear,
    no_joint_test,
    perfect_fit,
    slopes_f,
    squared_correlation,
    uncentred_note,
    uncounted_note,
)
from toolkit.estimate.linear.within import restore_intercept
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.options import (
    CONSTANT,
    Counts,
    CovarianceInfo,
    Dropped,
    Omitted,
    Options,
    collinear_with,
    collinear_with_effects,
    no_variation,
    singleton,
)
from toolkit.estimate.rows.sample import LARGEST
from toolkit.estimate.rows.source import Grouping
from toolkit.estimate.solve.covariance import REPAIRED, cluster_info, few_clusters, positive_semidefinite
from toolkit.estimate.solve.kernels import REFINED, LeastSquares
from toolkit.estimate.solve.omission import ROUNDING, is_flat
from toolkit.language import Note
from toolkit.numerics import UNIT_LEFT, Floats
from toolkit.periods import shown_time

UNORDERED = "no order"  # the rows of a cross-section in a database have none


@dataclass
class Problem:
    """The scanned rows of a question, and what is known of them so far.

    Attributes
    ----------
    spec, options, plan, found : the question and its moments.
    direct : SQL of the rows with the effects removed, "" as long as sums suffice. within : (m, m) their cross-products.
    """

    spec: Spec
    options: Options
    plan: Plan
    found: Moments
    direct: str
    within: Floats
    _rows: str = ""

    @property
    def table(self) -> LargeTable:
        """The data."""
        return self.found.question.table

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the design columns."""
        return tuple(column.text for column in self.plan.design)

    @property
    def intercept(self) -> bool:
        """Whether a constant is estimated."""
        return self.spec.intercept and not self.spec.effects

    def rows(self) -> str:
        """SQL of the rows with the effects removed, and with the keys of the clusters."""
        if not self._rows:
            keys = [quoted(c) for name in self.options.clusters for c in cluster_parts(self.table, name)]
            extra = ", ".join(f"{key} AS k{i}_" for i, key in enumerate(dict.fromkeys(keys)))
            self._rows = residual_rows(self.found, extra)
        return self._rows

    def look_again(self) -> None:
        """Form the cross-products from the rows themselves, with the effects removed."""
        if not self.direct:
            self.direct = self.rows()
            self.within = products_of(self.found, self.direct)

    def cluster_keys(self, name: str) -> list[str]:
        """SQL of the columns of a cluster variable among the rows of :attr:`direct`."""
        keys = list(dict.fromkeys(quoted(c) for other in self.options.clusters for c in cluster_parts(self.table, other)))
        return [f"k{keys.index(quoted(c))}_" for c in cluster_parts(self.table, name)]


def fit_large(spec: Spec, table: LargeTable, **choices: Any) -> Estimate:
    """:func:`toolkit.estimate.fit` on rows that are scanned, not loaded.

    Parameters
    ----------
    choices : arguments of :meth:`Options.read`.

    Raises
    ------
    FormulaError, UnknownOption, MissingColumn, NotNumeric, MissingKey, DuplicateKey, EmptySample, NothingToEstimate, TooFewClusters
    """
    options = Options.read(shell(table), **choices)
    try:
        if spec.endogenous:
            from toolkit.estimate.large.instruments import instruments_large

            return instruments_large(spec, table, options)
        problem = scan(spec, table, options)
        kept, omitted = chosen(problem)
        return _estimate(problem, kept, omitted)
    finally:
        if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            table.clear()


def scan(spec: Spec, table: LargeTable, options: Options) -> Problem:
    """The first scans of a question."""
    plan = make_plan(spec, table, options)
    if plan.question.weight:
        _refuse_negative(plan, options)
    first = spec.effects[0] if spec.effects else None
    with np.errstate(over="ignore", invalid="ignore"):
        found = moments(plan.question, small_first=plan.small is not None and first == plan.small)
    if not (found.size < LARGEST).all():
        column = int(np.argmax(~(found.size < LARGEST)))
        raise EstimationError(
            f"{(spec.outcome, *(c.text for c in plan.design))[column]} is too large to compute with",
            remedy="look whether it is a number at all (codes of missing values, wrong units); then rescale it, or take its logarithm",
        )
    problem = Problem(spec=spec, options=options, plan=plan, found=found, direct="", within=found.within.copy())
    if not spec.effects:
        problem.within = found.gram.copy() if spec.intercept else _raw(found)
    lost = np.diag(problem.within) < CLOSE * found.varying**2
    if spec.effects and lost.any():
        problem.look_again()
    return problem


def _raw(found: Moments) -> Floats:
    return np.asarray(found.small.products / found.weight)


def _refuse_negative(plan: Plan, options: Options) -> None:
    q = plan.question
    bad = int(q.table.query(f"SELECT count(*) AS n FROM {q.rows} WHERE {q.weight} < 0")["n"][0])
    if bad:
        raise EstimationError(f"{bad} weights in {options.weights} are negative", remedy="weights must be positive")


def chosen(problem: Problem) -> tuple[list[int], tuple[Omitted, ...]]:
    """Positions of the regressors that can be estimated, and the omitted ones with the reason.

    Raises
    ------
    NothingToEstimate
    """
    kept, omitted = usable(problem, range(len(problem.names)))
    if not kept and not problem.intercept:
        why = "; ".join(f"{o.term}: {o.reason}" for o in omitted) or "the formula has no regressor"
        raise NothingToEstimate("no regressor is left to estimate", where=why, remedy="use regressors that vary, or absorb fewer effects")
    return kept, omitted


def usable(problem: Problem, positions: Sequence[int]) -> tuple[list[int], tuple[Omitted, ...]]:
    """Of some design columns those that can be told apart, earlier ones first, and the others with the reason.

    Raises
    ------
    NothingToEstimate
        If the outcome does not vary.
    """
    found, names = problem.found, problem.names
    length = np.sqrt(np.maximum(np.diag(problem.within), 0.0))
    varying = found.varying if problem.found.question.centred else found.size
    flat = is_flat(length, varying, found.size)
    if flat[0]:
        within = f" within {' and '.join(problem.spec.absorb)}" if problem.spec.effects else ""
        raise NothingToEstimate(
            f"the outcome {problem.spec.outcome} does not vary{within}",
            where=f"{found.rows} rows",
            remedy="absorb fewer effects, or use more rows",
        )
    reasons: dict[int, Note] = {j: _flat_reason(problem, j + 1) for j in positions if flat[j + 1]}
    kept: list[int] = []
    for j in (j for j in positions if j not in reasons):
        share, left = _left_of(problem, kept, j)
        if left > max(UNIT_LEFT, ROUNDING * found.size[j + 1] / length[j + 1]):
            kept.append(j)
        else:
            reasons[j] = collinear_with([names[i] for i, b in zip(kept, share, strict=True) if abs(b) > 1e-6])
    return kept, tuple(Omitted(names[j], reasons[j]) for j in positions if j in reasons)


def _left_of(problem: Problem, kept: Sequence[int], j: int) -> tuple[Floats, float]:
    """What the kept columns leave of column j, relative to its length, and their shares in it (columns of length one)."""
    at = [i + 1 for i in kept]
    scale = np.sqrt(np.diag(problem.within))
    correlation = problem.within / np.maximum(np.outer(scale, scale), np.finfo(float).tiny)
    share = np.linalg.lstsq(correlation[np.ix_(at, at)], correlation[at, j + 1], rcond=None)[0]
    square = 1.0 - float(share @ correlation[at, j + 1])
    if square > CLOSE:
        return share, float(np.sqrt(square))
    problem.look_again()
    rest = np.zeros(problem.found.question.m)
    rest[j + 1] = 1.0 / scale[j + 1]
    rest[at] = -share / scale[at]
    weight, rest_sql = problem.found.question.w, combination(rest)
    total = problem.table.query(f"SELECT sum({weight}{rest_sql} * {rest_sql}) AS r FROM {problem.direct}", "collinearity")
    return share, float(np.sqrt(max(float(total["r"][0]), 0.0) / problem.found.weight))


def _flat_reason(problem: Problem, column: int) -> Note:
    found = problem.found
    if found.varying[column] <= ROUNDING * found.size[column] or not problem.spec.effects:
        return CONSTANT
    large = problem.plan.large
    for effect in problem.spec.effects:
        if effect == large and found.large is not None:
            left = float(found.large.squares[column, column])
            total = float((found.small.products - found.large.single_products)[column, column])
        else:
            assert found.large is not None
            mass = found.small.weight - found.large.single_weights
            sums = (found.small.sums - found.large.single_sums)[:, column]
            left = float((sums[found.present] ** 2 / mass[found.present]).sum())
            total = float((found.small.products - found.large.single_products)[column, column])
        if total - left <= 1e-13 * total:
            return no_variation(effect.text)
    return collinear_with_effects(problem.spec.absorb)


def _solve(problem: Problem, kept: Sequence[int]) -> tuple[Floats, Floats, Floats, float, float]:
    """Coefficients (k,), bread (k, k), directions (m, k) of the scores, condition number, and residual sum of squares.

    The directions are the columns themselves, or combinations that are orthonormal where the columns are nearly collinear.
    """
    at = [j + 1 for j in kept]
    m = problem.found.question.m
    if not kept:
        return np.empty(0), np.empty((0, 0)), np.zeros((m, 0)), 1.0, float(problem.within[0, 0])
    gram, cross = problem.within[np.ix_(at, at)], problem.within[at, 0]
    scale = np.sqrt(np.diag(gram))
    correlation = gram / np.outer(scale, scale)
    values = np.linalg.eigvalsh(correlation)
    if values[0] <= REFINED:
        problem.look_again()
        gram, cross = problem.within[np.ix_(at, at)], problem.within[at, 0]
        correlation = gram / np.outer(scale, scale)
        values, vectors = np.linalg.eigh(correlation)
    if values[0] > REFINED:
        inverse = np.linalg.inv(correlation) / np.outer(scale, scale)
        beta = inverse @ cross
        root = np.zeros((m, len(at)))
        root[at] = np.eye(len(at))
        condition = float(np.sqrt(values[-1] / values[0]))
        rss = float(problem.within[0, 0] - beta @ cross)
        return beta, inverse, root, condition, rss
    root = np.zeros((m, len(at)))
    root[at] = (vectors / np.sqrt(np.maximum(values, 1e-16))) / scale[:, None]
    root = root @ _inverse_factor(_directly(problem, root))
    beta = np.zeros(len(at))
    for _ in range(2):
        rest = np.zeros(m)
        rest[0], rest[at] = 1.0, -beta
        heads = ", ".join(f"sum({problem.found.question.w}{combination(r)} * {combination(rest)}) AS r{i}" for i, r in enumerate(root.T))
        got = problem.table.query(f"SELECT {heads} FROM {problem.direct}", "refinement")
        beta = beta + root[at] @ np.array([got[f"r{i}"][0] for i in range(len(at))]) / problem.found.weight
    bread = root[at] @ root[at].T
    condition = float(np.linalg.cond(scale[:, None] * root[at]))
    return beta, bread, root, condition, float(problem.within[0, 0] - beta @ cross)


def _inverse_factor(gram: Floats) -> Floats:
    return np.asarray(np.linalg.inv(np.linalg.cholesky(gram)).T)


def _directly(problem: Problem, root: Floats) -> Floats:
    """(k, k) cross-products of the combinations ``root`` (m, k) of the rows."""
    k = root.shape[1]
    pairs = [(i, j) for i in range(k) for j in range(i, k)]
    pieces = ", ".join(f"{combination(r)} AS h{i}_" for i, r in enumerate(root.T))
    heads = ", ".join(f"sum({problem.found.question.w}h{i}_ * h{j}_) AS q{i}_{j}" for i, j in pairs)
    got = problem.table.query(f"SELECT {heads} FROM (SELECT *, {pieces} FROM {problem.direct})", "near collinearity")
    out = np.zeros((k, k))
    for i, j in pairs:
        out[i, j] = out[j, i] = got[f"q{i}_{j}"][0] / problem.found.weight
    return out


def _estimate(problem: Problem, kept: list[int], omitted: tuple[Omitted, ...]) -> Estimate:
    spec, options, found = problem.spec, problem.options, problem.found
    beta, bread, root, condition, rss = _solve(problem, kept)
    k, n, rank = len(kept) + int(problem.intercept), found.rows, found.rank
    if n <= k + rank:
        raise EmptySample(
            f"{n} rows are not enough for {k + rank} parameters ({k} coefficients and {rank} absorbed effects)",
            where=spec.formula,
            remedy="use more rows, fewer regressors, or fewer effects",
        )
    if rss < CLOSE * found.varying[0] ** 2 and spec.effects:
        problem.look_again()
        beta, bread, root, condition, rss = _solve(problem, kept)
    residual = np.zeros(found.question.m)
    residual[0], residual[[j + 1 for j in kept]] = 1.0, -beta
    names = tuple(problem.names[j] for j in kept)
    terms = (INTERCEPT, *names) if problem.intercept else names
    vcov, info, clusters, rss = _covariance(problem=problem, bread=bread, root=root, residual=residual, k=k)
    if problem.intercept:
        full = np.concatenate([[0.0], beta])
        beta, vcov = restore_intercept(full, vcov, found.means[[j + 1 for j in kept]], float(found.means[0]))
    fitted = LeastSquares(beta=beta, residuals=np.empty(0), bread=bread, rss=rss, condition=condition)
    tss = float(found.varying[0] ** 2) if spec.effects or spec.intercept else float(found.size[0] ** 2)
    statistics = _statistics(problem=problem, kept=kept, beta=beta[int(problem.intercept) :], rss=rss, tss=tss, k=k)
    slopes = slice(int(problem.intercept), None)
    statistics |= slopes_f(beta[slopes], vcov[slopes, slopes], info.df_t)
    length = float(np.sqrt(problem.within[0, 0]))
    groupings = [Grouping(np.empty(0, np.intp), levels) for _, levels in clusters]
    lengths = np.sqrt(np.diag(problem.within))[[j + 1 for j in kept]]
    smallest = min((levels for _, levels in clusters), default=n)
    warnings = [
        *few_clusters(options.clusters, groupings),
        *uncounted(problem, dict(clusters)),
        *(nearly_collinear(np.diag(lengths), fitted, names, None) if kept else []),
        *([no_joint_test(terms, smallest)] if k >= smallest else []),
        *perfect_fit(rss, length, float(found.size[0])),
        *uncentred_note(statistics),
    ]
    entities, periods = role_counts(problem)
    at = [0, *(j + 1 for j in kept)]
    return Estimate(
        method="within" if spec.effects else "pooled",
        spec=spec,
        terms=terms,
        beta=beta,
        vcov=vcov,
        counts=Counts(
            rows_given=problem.table.rows, rows=n, entities=entities, periods=periods, clusters=clusters, dropped=dropped(problem)
        ),
        omitted=omitted,
        covariance=info,
        statistics=statistics,
        effects=spec.absorb,
        weights=options.weights,
        warnings=tuple(warnings),
        means=dict(zip((spec.outcome, *names), found.means[at].tolist(), strict=True)),
        columns=tuple(problem.plan.design[j] for j in kept),
    )


def _covariance(
    problem: Problem, bread: Floats, root: Floats, residual: Floats, k: int
) -> tuple[Floats, CovarianceInfo, tuple[tuple[str, int], ...], float]:
    """Covariance of the coefficients (the constant of centred columns first), its convention, the clusters and the RSS."""
    options, found = problem.options, problem.found
    n, df = found.rows, found.rows - k - found.rank
    own = root[root.any(axis=1)]
    back = bread if np.array_equal(own, np.eye(len(own))) else own
    if problem.intercept:
        back = np.block([[np.ones((1, 1)) / np.sqrt(n), np.zeros((1, back.shape[1]))], [np.zeros((len(back), 1)), back]])
        bread = np.block([[np.ones((1, 1)) / n, np.zeros((1, len(bread)))], [np.zeros((len(bread), 1)), bread]])

    def meat(name: Sequence[str]) -> tuple[Floats, int, float]:
        if not problem.direct and len(name) == 1 and Effect(cluster_parts(problem.table, name[0])) == problem.plan.large:
            return meat_by_large(found, list(root.T), residual)
        left = [combination(r) for r in root.T]
        if problem.intercept:
            left = [f"{float(1.0 / np.sqrt(n))!r}::DOUBLE", *left]
        keys = list(dict.fromkeys(key for one in name for key in problem.cluster_keys(one)))
        alone = {c for one in name for c in cluster_parts(problem.table, one)} == {problem.table.entity, problem.table.time}
        return meat_by(found=found, rows=problem.rows(), left=left, right=residual, keys=[] if alone else keys)

    if options.covariance == "iid":
        if problem.direct or not found.question.large:
            rss = meat_by(found=found, rows=problem.rows(), left=[], right=residual, keys=[])[2]
        else:
            rss = meat_by_large(found, [], residual)[2]
        info = plain_info(options=options, n=n, df=df, k=k, rss=rss)
        return bread * (rss / df), info, (), rss
    if options.covariance != "cluster":
        inner, _, rss = meat([])
        info = plain_info(options=options, n=n, df=df, k=k, rss=rss)
        return back @ inner @ back.T * info.factor_value, info, (), rss
    parts = [meat([name]) for name in options.clusters]
    clusters = tuple((name, levels) for name, (_, levels, _) in zip(options.clusters, parts, strict=True))
    groupings = [Grouping(np.empty(0, np.intp), levels) for _, levels in clusters]
    counted = k + counted_effects(problem, dict(clusters))
    info = cluster_info(n=n, df_residual=df, counted=counted, clusters=groupings, options=options)
    total = [(1.0, *part[:2]) for part in parts]
    if len(parts) == 2:
        total.append((-1.0, *meat(list(options.clusters))[:2]))
    smallest = min(levels for _, levels in clusters)
    inner = np.zeros_like(parts[0][0])
    for sign, one, levels in total:
        share = (levels / (levels - 1)) / (smallest / (smallest - 1)) if options.small_sample == "plm" and len(parts) == 2 else 1.0
        inner = inner + sign * share * one
    vcov = back @ inner @ back.T * info.factor_value
    if len(parts) == 2:
        vcov, repaired = positive_semidefinite(vcov)
        info = replace(info, notes=(*info.notes, REPAIRED)) if repaired else info
    return (vcov + vcov.T) / 2, info, clusters, parts[0][2]


def plain_info(options: Options, n: int, df: int, k: int, rss: float) -> CovarianceInfo:
    """The convention of errors that are not clustered: iid, HC0 or HC1.

    Parameters
    ----------
    n, df, k : rows, residual degrees of freedom, coefficients. rss : residual sum of squares.
    """
    counted = k if options.small_sample == "plm" and options.covariance != "iid" else n - df
    factor, symbols = (rss / df, "RSS/(N-K)") if options.covariance == "iid" else (n / (n - counted), "N/(N-K)")
    if options.covariance == "HC0" or (options.covariance == "HC1" and options.small_sample == "none"):
        factor, symbols = 1.0, "1"
    return CovarianceInfo(
        kind=options.covariance,
        clusters=(),
        small_sample=options.small_sample,
        factor=symbols,
        factor_value=factor,
        df_t=float(df),
        notes=options.notes,
        parameters=counted,
    )


def _nested(problem: Problem, effect: Effect, clusters: Mapping[str, int]) -> bool:
    """Whether each level of an effect lies in one cluster."""
    for name in problem.options.clusters:
        parts = cluster_parts(problem.table, name)
        if name == effect.text or set(parts) <= set(effect.columns):
            return True
        if clusters.get(name, 0) > _effect_levels(problem, effect):
            continue
        differ = " OR ".join(f"min({quoted(c)}) <> max({quoted(c)})" for c in parts)
        by = ", ".join(quoted(c) for c in effect.columns)
        q = problem.found.question
        rows = f"(SELECT * FROM {q.rows} WHERE {q.usable})"
        if not int(problem.table.query(f"SELECT count(*) AS n FROM (SELECT 1 FROM {rows} GROUP BY {by} HAVING {differ} LIMIT 1)")["n"][0]):
            return True
    return False


def _effect_levels(problem: Problem, effect: Effect) -> int:
    assert problem.found.large is not None
    return problem.found.large.levels if effect == problem.plan.large else int(problem.found.present.sum())


def counted_effects(problem: Problem, clusters: Mapping[str, int]) -> int:
    """As :func:`toolkit.estimate.solve.covariance.counted_effects`, with nesting asked of the database."""
    options, effects, rank = problem.options, problem.spec.effects, problem.found.rank
    if options.small_sample in ("plm", "none") or not effects:
        return 0
    if options.small_sample == "xtreg":
        nested = [e for e in effects if e.text == problem.table.entity] or list(effects[:1])
    else:
        nested = [e for e in effects if _nested(problem, e, clusters)]
    if not nested:
        return rank
    return 1 + rank - (rank if len(nested) == len(effects) else _effect_levels(problem, nested[0]))


def uncounted(problem: Problem, clusters: Mapping[str, int]) -> list[Note]:
    """As :func:`toolkit.estimate.linear.least_squares.uncounted_effects`."""
    options, effects = problem.options, problem.spec.effects
    if options.small_sample != "xtreg" or not effects or not options.clusters:
        return []
    effect = next((e for e in effects if e.text == problem.table.entity), effects[0])
    return [] if _nested(problem, effect, clusters) else [uncounted_note(effect.text, options.clusters)]


def _statistics(problem: Problem, kept: Sequence[int], beta: Floats, rss: float, tss: float, k: int) -> dict[str, float]:
    found, spec = problem.found, problem.spec
    n, rank = found.rows, found.rank
    out = fit_statistics(n=n, parameters=k + rank, rss=rss, tss=tss, weights=None, means=int(bool(spec.effects) or spec.intercept))
    if found.logs and "log_likelihood" in out:
        out["log_likelihood"] += found.logs / 2
        out["aic"], out["bic"] = out["aic"] - found.logs, out["bic"] - found.logs
    if not spec.effects:
        return out
    at = [j + 1 for j in kept]
    out |= {"r2_inclusive": out["r2"], "r2_within": 1 - rss / float(problem.within[0, 0])}
    cross, square = found.gram[0, at], found.gram[np.ix_(at, at)]
    out["r2_overall"] = squared_correlation(float(beta @ cross), float(beta @ square @ beta), tss)
    pooled = tss - float(cross @ np.linalg.lstsq(square, cross, rcond=None)[0])
    out |= effects_f(pooled, rss, rank - 1, n - k - rank)
    return out | _entity_statistics(problem, at, beta, out["sigma_e"])


def _entity_statistics(problem: Problem, at: list[int], beta: Floats, sigma_e: float) -> dict[str, float]:
    """Between R squared, sigma_u and rho, as in memory."""
    table, found, plan = problem.table, problem.found, problem.plan
    if table.entity is None or found.large is None:
        return {}
    entity = Effect((table.entity,))
    share = np.zeros(found.question.m)
    share[0], share[at] = 1.0, -beta
    large = found.large
    of_u: tuple[float, float] | None = None  # sum and sum of squares of the entity effects
    if entity == plan.large:
        N, means, products = large.levels, large.means, large.products
        gamma = found.gamma @ share
        of_u = (float(share @ means), float(share @ products @ share))
        if plan.small is not None:
            of_u = (
                of_u[0] - float(large.shares @ gamma),
                of_u[1] - 2 * float(gamma @ large.crossed_of_means @ share) + float(gamma @ large.overlap_of_shares @ gamma),
            )
    elif entity == plan.small:
        mass = (found.small.weight - large.single_weights)[found.present]
        own = (found.small.sums - large.single_sums)[found.present] / mass[:, None]
        N, means, products = len(own), own.sum(axis=0), own.T @ own
        gamma = (found.gamma @ share)[found.present]
        of_u = (float(gamma.sum()), float(gamma @ gamma))
    else:
        N, means, products = _means_by_entity(problem)
    if N < 2:
        return {}
    centred = products - np.outer(means, means) / N
    b = beta @ centred[np.ix_(at, at)] @ beta
    out = {"r2_between": squared_correlation(float(beta @ centred[at, 0]), float(b), float(centred[0, 0]))}
    if of_u is None:
        return out
    sigma_u = float(np.sqrt(max(of_u[1] - of_u[0] ** 2 / N, 0.0) / (N - 1)))
    total = sigma_u**2 + sigma_e**2
    return out | {"sigma_u": sigma_u} | ({"rho": sigma_u**2 / total} if total > 0 else {})


def _final(problem: Problem, extra: str) -> str:
    """SQL of the rows of the estimate, singletons left out."""
    q = problem.found.question
    used = q.used(extra)
    if not q.large or q.keep_single:
        return used
    return f"(SELECT * FROM {used} WHERE e_ IN (SELECT e_ FROM {q.used()} GROUP BY e_ HAVING count(*) > 1))"


def _means_by_entity(problem: Problem) -> tuple[int, Floats, Floats]:
    q = problem.found.question
    rows = _final(problem, f"{quoted(str(problem.table.entity))} AS en_")
    inner = ", ".join(f"sum({q.w}x{j}_) / {q.mass} AS m{j}_" for j in range(q.m))
    heads = [f"sum(m{j}_) AS m{j}" for j in range(q.m)] + [f"sum(m{j}_ * m{h}_) AS q{j}_{h}" for j, h in q.pairs]
    got = q.table.query(f"SELECT count(*) AS n, {', '.join(heads)} FROM (SELECT {inner} FROM {rows} GROUP BY en_)", "means by entity")
    products = np.zeros((q.m, q.m))
    for j, h in q.pairs:
        products[j, h] = products[h, j] = got[f"q{j}_{h}"][0]
    return int(got["n"][0]), np.array([float(got[f"m{j}"][0]) for j in range(q.m)]), products


def role_counts(problem: Problem) -> tuple[int, int]:
    """Entities and periods of the rows used; 0 for a cross-section."""
    table, found, q = problem.table, problem.found, problem.found.question
    if table.entity is None or table.time is None:
        return 0, 0
    if found.large is not None and q.small and problem.plan.large == Effect((table.entity,)) and q.single_pairs:
        return found.large.levels, int(((found.small.rows - found.large.single_rows) > 0).sum())
    rows = _final(problem, f"{quoted(table.entity)} AS en_, t_ AS tm_")
    got = table.query(f"SELECT count(DISTINCT en_) AS e, count(DISTINCT tm_) AS t FROM {rows}", "counts")
    return int(got["e"][0]), int(got["t"][0])


def dropped(problem: Problem) -> tuple[Dropped, ...]:
    """Counts of dropped rows, as in memory."""
    found, q = problem.found, problem.found.question
    out: list[Dropped] = []
    if found.used < problem.table.rows:
        rows = problem.plan.rows
        first = _first(problem, f"SELECT {rows.why} AS g, * FROM {q.rows} WHERE NOT coalesce({q.usable}, false)")
        out += [Dropped(rows.reasons[number - 1][1], *first[number]) for number in sorted(first)]
    if found.large is None:
        return tuple(_merged(out))
    key, small = q.large, q.small
    for effect in problem.spec.effects:
        large = effect == problem.plan.large
        left = found.singles["large" if large else "small"]
        if not left:
            continue
        used = f"(SELECT * FROM {q.rows} WHERE {q.usable})"
        if large:
            before = q.without[: found.singles.get("before", 0)]
            used = f"(SELECT * FROM {used} WHERE {small} NOT IN ({', '.join(map(str, before))}))" if before else used
            one = ", ".join(f"min({c}) AS {c}" for c in (quoted(str(problem.table.entity)), "t_")) if problem.table.entity else "1 AS one_"
            chosen_rows = f"SELECT 0 AS g, {one} FROM {used} GROUP BY {key} HAVING count(*) = 1"
        else:
            chosen_rows = f"SELECT 0 AS g, * FROM {used} WHERE {small} IN ({', '.join(map(str, q.without[: found.singles['first']]))})"
            if "before" not in found.singles:
                chosen_rows += f" AND {key} NOT IN (SELECT {key} FROM {used} GROUP BY 1 HAVING count(*) = 1)"
        out.append(Dropped(singleton(effect.by), left, _first(problem, chosen_rows)[0][1]))
    return tuple(_merged(out))


def _merged(dropped: list[Dropped]) -> list[Dropped]:
    merged: dict[Note, Dropped] = {}
    for d in dropped:
        old = merged.get(d.reason)
        merged[d.reason] = d if old is None else Dropped(d.reason, old.rows + d.rows, old.first)
    return list(merged.values())


def _first(problem: Problem, rows: str) -> dict[int, tuple[int, str]]:
    """How many rows each group ``g`` has, and the first of them in the order of the panel, named as in memory."""
    table = problem.table
    if table.entity is None:
        got = table.query(f"SELECT g, count(*) AS n FROM ({rows}) GROUP BY g", "rows left out")
        return {int(g): (int(n), UNORDERED) for g, n in zip(got["g"], got["n"], strict=True)}
    entity = quoted(table.entity)
    got = table.query(f"SELECT g, count(*) AS n, min({{'a': {entity}, 'b': t_}}) AS f FROM ({rows}) GROUP BY g", "rows left out")
    step = table.calendar[1]
    return {
        int(g): (int(n), f"{first['a']} {shown_time(int(first['b']), step)}")
        for g, n, first in zip(got["g"], got["n"], got["f"], strict=True)
    }
