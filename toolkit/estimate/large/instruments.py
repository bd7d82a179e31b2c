"""Two-stage least squares beyond memory: the estimate, its stages and its tests from two kinds of sums.

The cross-products W of all columns with the effects removed give every coefficient: the m columns stand as the rows of a root of W, whose
inner products are those of the data, so that the code in memory works on them. The sums over clusters of p p', with p the sums of
products of columns in a cluster, give every robust covariance: a score is a product of two combinations of columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from toolkit.errors import NothingToEstimate, UnknownOption
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.instruments.fit import InstrumentsEstimate, instrument_dropped, require_correlation
from toolkit.estimate.instruments.report import make_report
from toolkit.estimate.instruments.stages import LIKELIHOOD, joint_f, joint_f_of, k_class, stage_spec
from toolkit.estimate.instruments.strength import EXPLAINED_FULLY, first_stage_strength, over_identification
from toolkit.estimate.instruments.system import Projection, check_roles, make_projection, positions_of, require_order
from toolkit.estimate.large.account import as_estimate, row_statistics
from toolkit.estimate.large.covariance import cluster_products, counted_effects, plain_info
from toolkit.estimate.large.plan import SAMPLE
from toolkit.estimate.large.problem import Problem, scan, usable
from toolkit.estimate.large.question import CLOSE
from toolkit.estimate.large.scores import products_by
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.linear.least_squares import (
    nearly_collinear,
    refuse_few,
)
from toolkit.estimate.linear.within import restore_intercept
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.results.outcome import TestResult, f
from toolkit.estimate.results.statistics import f_statistic
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import CovarianceInfo, Omitted, Options
from toolkit.estimate.solve.covariance import REPAIRED, cluster_info, positive_semidefinite
from toolkit.estimate.solve.equations import LeastSquares, least_squares
from toolkit.numerics import Floats


@dataclass(frozen=True, eq=False)
class _Space:
    """Columns as vectors whose inner products are those of the rows.

    Attributes
    ----------
    problem : the scanned question. vectors : (M, M) a row for the constant if there is one, the outcome, and the used design columns.
    at : row of design column j, of the outcome (-1) and of the constant (-2).
    meats : (sign, number of groups, sums of p p') of the terms of the clustered meat, or of the rows. n : number of rows.
    """

    problem: Problem
    vectors: Floats
    at: Mapping[int, int]
    meats: tuple[tuple[float, int, Floats], ...]
    n: int

    @property
    def outcome(self) -> Floats:
        """(M,) vector of the outcome."""
        return np.asarray(self.vectors[self.at[-1]])

    def alone(self, positions: Sequence[int]) -> Floats:
        """(k, M) vectors of design columns."""
        return self.vectors[[self.at[j] for j in positions]]

    def of(self, positions: Sequence[int]) -> Floats:
        """(k, M) vectors of design columns, below the constant where one is estimated."""
        rows = [self.at[-2]] if self.problem.intercept else []
        return self.vectors[[*rows, *(self.at[j] for j in positions)]]

    def meat(self, left: Floats, right: Floats, options: Options) -> Floats:
        """(r, r) meat of the scores left_i times right_i of vectors (r, M), without a factor."""
        back = np.linalg.inv(self.vectors)
        a, b = left @ back, right @ back
        upper = np.triu_indices(len(back))
        both = a[:, upper[0]] * b[:, upper[1]] + np.where(upper[0] == upper[1], 0.0, 1.0) * a[:, upper[1]] * b[:, upper[0]]
        smallest = min((levels for sign, levels, _ in self.meats if sign > 0), default=0)
        total = np.zeros((len(left), len(left)))
        for sign, levels, sums in self.meats:
            own = options.small_sample == "plm" and len(self.meats) > 1
            share = (levels / (levels - 1)) / (smallest / (smallest - 1)) if own else 1.0
            total = total + sign * share * (both @ sums @ both.T)
        return np.asarray(total)

    @property
    def clusters(self) -> tuple[tuple[str, int], ...]:
        """(name, number of clusters)."""
        return tuple((name, levels) for name, (_, levels, _) in zip(self.problem.options.clusters, self.meats, strict=False))

    def info(self, k: int, rss: float, options: Options) -> CovarianceInfo:
        """The convention of the covariance of k coefficients."""
        rank = self.problem.found.rank
        df = self.n - k - rank
        if options.covariance == "cluster":
            groups = [Grouping(np.empty(0, np.intp), levels) for _, levels in self.clusters]
            counted = k + counted_effects(self.problem, dict(self.clusters))
            return cluster_info(n=self.n, df_residual=df, counted=counted, clusters=groups, options=options)
        return plain_info(options=options, n=self.n, df=df, k=k, rss=rss)

    def covariance(self, scores: Floats, fit: LeastSquares) -> tuple[Floats, CovarianceInfo]:
        """Covariance of the coefficients of a fit on these vectors; ``scores`` (k, M) times the residuals are its scores."""
        options = self.problem.options
        info = self.info(len(scores), fit.rss, options)
        if options.covariance == "iid":
            return fit.bread * info.factor_value, info
        vcov = fit.bread @ self.meat(scores, np.tile(fit.residuals, (len(scores), 1)), options) @ fit.bread * info.factor_value
        if len(self.clusters) == 2:
            vcov, repaired = positive_semidefinite(vcov)
            info = replace(info, notes=(*info.notes, REPAIRED)) if repaired else info
        return (vcov + vcov.T) / 2, info


@dataclass(frozen=True)
class _Projected(Projection):
    """A projection whose arrays are vectors of a :class:`_Space`."""

    space: _Space

    @property
    def rows(self) -> int:
        """n, of the data."""
        return self.space.n

    def _spread(self, residuals: Floats, options: Options, divisor: int) -> Floats:
        if options.covariance == "iid":
            return np.asarray(np.kron(residuals @ residuals.T / divisor, np.eye(self.instruments)), dtype=np.float64)
        left = np.repeat(residuals, self.instruments, axis=0)
        right = np.tile(self.basis, (len(residuals), 1))
        factor = 1.0 if options.small_sample == "none" else self._factor(options)
        return self.space.meat(left, right, options) * factor

    def _factor(self, options: Options) -> float:
        if options.covariance != "cluster":
            return 1.0 if options.covariance == "HC0" else self.space.n / (self.space.n - self.counted)
        groups = min(levels for _, levels in self.space.clusters)
        return groups / (groups - 1) * (self.space.n - 1) / (self.space.n - self.counted)


def instruments_large(spec: Spec, table: LargeTable, options: Options) -> InstrumentsEstimate:
    """Two-stage least squares with its first stages, reduced form and weak-instrument report.

    Raises
    ------
    FormulaError, EmptySample, NothingToEstimate, UnderIdentified, TooFewClusters
    """
    check_roles(spec)
    wide = replace(spec, terms=(*spec.terms, *spec.endogenous, *spec.instruments), endogenous=(), instruments=())
    problem = scan(wide, table, options)
    exogenous, endogenous, instruments = (
        positions_of(problem.plan.design, [t.text for t in part]) for part in (spec.terms, spec.endogenous, spec.instruments)
    )
    kept, omitted = usable(problem, [*exogenous, *endogenous])
    for gone in omitted:
        if gone.term in {problem.names[j] for j in endogenous}:
            raise NothingToEstimate(
                f"the endogenous regressor {gone.term} cannot be estimated: {gone.reason}",
                where=f"{spec.formula}, {problem.found.rows} rows",
                remedy="absorb fewer effects, or take the regressor it is collinear with out of the formula",
            )
    exogenous = [j for j in exogenous if j in kept]
    good, useless = usable(problem, [*exogenous, *instruments])
    instruments = [j for j in instruments if j in good]
    lost = tuple(o for o in useless if o.term not in {problem.names[j] for j in exogenous})
    require_order(spec, [problem.names[j] for j in endogenous], [problem.names[j] for j in instruments], lost)
    problem.spec = spec
    most = max(len(endogenous), len(instruments)) + len(exogenous) + int(problem.intercept)
    refuse_few(rows=problem.found.rows, formula=spec.formula, coefficients=most, rank=problem.found.rank)
    return _estimate(
        space=_space(problem, [*endogenous, *exogenous, *instruments]),
        endogenous=endogenous,
        exogenous=exogenous,
        instruments=instruments,
        omitted=omitted,
        lost=lost,
    )


def _space(problem: Problem, used: Sequence[int]) -> _Space:
    at = [0, *(j + 1 for j in used)]
    gram = problem.within[np.ix_(at, at)]
    scale = np.sqrt(np.diag(gram))
    correlation = gram / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] <= CLOSE:
        names = [problem.spec.outcome, *(problem.names[j] for j in used)]
        raise UnknownOption(
            f"{', '.join(names)} are nearly collinear, and two-stage least squares from sums loses digits",
            where=problem.spec.formula,
            remedy=f"take one of them out of the formula; or {SAMPLE}",
        )
    vectors = scale[:, None] * np.linalg.cholesky(correlation)
    rows, columns = {-1: 0, **{j: i for i, j in enumerate(used, start=1)}}, at
    if problem.intercept:
        wider = np.zeros((len(vectors) + 1, len(vectors) + 1))
        wider[0, 0], wider[1:, 1:] = np.sqrt(problem.found.rows), vectors
        vectors, rows, columns = wider, {-2: 0, **{j: i + 1 for j, i in rows.items()}}, [-1, *columns]
    covariance = problem.options.covariance
    meats = cluster_products(problem, columns) if covariance == "cluster" else []
    if covariance not in ("cluster", "iid"):
        sums, levels = products_by(problem.found, problem.rows(), columns, [])
        meats = [(1.0, levels, sums)]
    return _Space(problem=problem, vectors=vectors, at=rows, meats=tuple(meats), n=problem.found.rows)


def _estimate(
    space: _Space,
    endogenous: list[int],
    exogenous: list[int],
    instruments: list[int],
    omitted: tuple[Omitted, ...],
    lost: tuple[Omitted, ...],
) -> InstrumentsEstimate:
    problem = space.problem
    spec, names = problem.spec, problem.names
    texts = tuple(names[j] for j in endogenous), tuple(names[j] for j in instruments)
    regressors = space.of([*endogenous, *exogenous])
    stages = [_stage(space=space, outcome=j, instruments=instruments, exogenous=exogenous, omitted=omitted) for j in endogenous]
    first_stages, errors = tuple(s for s, _ in stages), np.stack([e for _, e in stages])
    projection = _project(space=space, endogenous=endogenous, exogenous=exogenous, instruments=instruments, first_stage=first_stages[0])
    require_correlation(projection, *texts, where=f"{spec.formula}, {space.n} rows")
    fitted = regressors.copy()
    at = slice(1, 1 + len(errors)) if problem.intercept else slice(len(errors))
    fitted[at] -= errors
    solved = k_class(y=space.outcome, regressors=regressors, fitted=fitted, kappa=1.0, weights=None)
    estimate = _as_estimate(
        space=space,
        spec=spec,
        method="instruments",
        outcome=-1,
        positions=[*endogenous, *exogenous],
        scores=fitted,
        fit=solved,
        omitted=omitted,
    )
    report = make_report(
        projection=projection,
        covariance=problem.options.covariance,
        terms=texts[0],
        first_stages=tuple(first_stage_strength(projection, j, texts[0][j], joint_f(texts[1], s)) for j, s in enumerate(first_stages)),
        over=over_identification(projection, solved.beta[at]),
        endogeneity=_endogeneity(space, regressors, errors, space.alone(endogenous), terms=texts[0]),
    )
    values = {field.name: getattr(estimate, field.name) for field in fields(Estimate)}
    values["statistics"] = {**estimate.statistics, **report.statistics()}
    values["warnings"] = (*estimate.warnings, *map(instrument_dropped, lost), *report.warnings())
    return InstrumentsEstimate(
        **values,
        endogenous=texts[0],
        instruments=texts[1],
        dropped_instruments=lost,
        kappa=1.0,
        first_stages=first_stages,
        reduced_form=_stage(space=space, outcome=-1, instruments=instruments, exogenous=exogenous, omitted=omitted)[0],
        weak=report,
    )


def _project(space: _Space, endogenous: list[int], exogenous: list[int], instruments: list[int], first_stage: Estimate) -> _Projected:
    """Outcome and endogenous regressors on the instruments, exogenous regressors removed from all."""
    basis, outcome, rest = make_projection(
        outcome=space.outcome,
        endogenous=space.alone(endogenous),
        exogenous=space.of(exogenous),
        instruments=space.alone(instruments),
        weights=None,
    )
    return _Projected(
        basis=basis,
        outcome=outcome,
        endogenous=rest,
        on_outcome=basis @ outcome,
        on_endogenous=basis @ rest.T,
        df=space.n - len(first_stage.terms) - space.problem.found.rank,
        df_t=first_stage.covariance.df_t,
        counted=first_stage.covariance.parameters,
        options=space.problem.options,
        clusters=(),
        calendar=None,
        space=space,
    )


def _stage(
    space: _Space, outcome: int, instruments: list[int], exogenous: list[int], omitted: tuple[Omitted, ...]
) -> tuple[Estimate, Floats]:
    positions = [*instruments, *exogenous]
    columns, y = space.of(positions), space.vectors[space.at[outcome]]
    fit, without = least_squares(y, columns.T), least_squares(y, space.of(exogenous).T)
    name = "" if outcome < 0 else space.problem.names[outcome]
    method = "within" if space.problem.spec.effects else "pooled"
    estimate = _as_estimate(
        space=space,
        spec=stage_spec(space.problem.spec, name),
        method=method,
        outcome=outcome,
        positions=positions,
        scores=columns,
        fit=fit,
        omitted=omitted,
    )
    found = joint_f(tuple(space.problem.names[j] for j in instruments), estimate)
    extra = {"partial_r2": 1 - fit.rss / without.rss if without.rss > 0 else 0.0} | (f_statistic("f_instruments", *found) if found else {})
    return replace(estimate, statistics={**estimate.statistics, **extra}), fit.residuals


def _as_estimate(
    space: _Space,
    spec: Spec,
    method: str,
    outcome: int,
    positions: Sequence[int],
    scores: Floats,
    fit: LeastSquares,
    omitted: tuple[Omitted, ...],
) -> Estimate:
    problem, found = space.problem, space.problem.found
    names = tuple(problem.names[j] for j in positions)
    terms = (INTERCEPT, *names) if problem.intercept else names
    vcov, info = space.covariance(scores, fit)
    beta, left, at = fit.beta, outcome + 1, [j + 1 for j in positions]
    if problem.intercept:
        beta, vcov = restore_intercept(beta, vcov, found.means[at], float(found.means[left]))
    tss = float((found.varying if found.question.centred else found.size)[left] ** 2)
    statistics = row_statistics(problem, len(fit.beta), fit.rss, tss)
    if problem.spec.effects:
        statistics["r2_within"] = 1 - fit.rss / float(np.sqrt(problem.within[left, left])) ** 2
    if method == "instruments":
        statistics = {name: value for name, value in statistics.items() if name not in LIKELIHOOD}
    return as_estimate(
        problem,
        spec=spec,
        method=method,
        left=left,
        positions=positions,
        beta=beta,
        vcov=vcov,
        info=info,
        clusters=space.clusters if problem.options.covariance == "cluster" else (),
        rss=fit.rss,
        statistics=statistics,
        omitted=omitted,
        collinear=nearly_collinear(scores, fit, terms, None),
    )


def _endogeneity(space: _Space, regressors: Floats, errors: Floats, endogenous: Floats, *, terms: tuple[str, ...]) -> TestResult | None:
    """Durbin-Wu-Hausman in regression form, as in memory."""
    if (np.linalg.norm(errors, axis=1) <= EXPLAINED_FULLY * np.linalg.norm(endogenous, axis=1)).any():
        return None
    columns = np.vstack([regressors, errors])
    if space.n <= len(columns) + space.problem.found.rank:
        return None
    fit = least_squares(space.outcome, columns.T)
    vcov, info = space.covariance(columns, fit)
    m = len(errors)
    found = joint_f_of(fit.beta[-m:], vcov[-m:, -m:], info)
    return f("Durbin-Wu-Hausman", f"{', '.join(terms)} exogenous", found[0], (found[1], found[2])) if found else None
