"""Least squares on rows that stay in the database: the same estimate, convention and counts as in memory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.large.account import as_estimate, entity_statistics, row_statistics
from toolkit.estimate.large.covariance import covariance
from toolkit.estimate.large.plan import refuse, shell
from toolkit.estimate.large.problem import Problem, chosen, scan
from toolkit.estimate.large.question import CLOSE
from toolkit.estimate.large.scores import combination
from toolkit.estimate.large.sorting import together
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.linear.least_squares import (
    effects_f,
    nearly_collinear,
    refuse_few,
    squared_correlation,
)
from toolkit.estimate.linear.within import restore_intercept
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.options import (
    Omitted,
    Options,
)
from toolkit.estimate.solve.equations import REFINED, LeastSquares, inverse_factor
from toolkit.numerics import Floats


def fit_large(spec: Spec, table: LargeTable, **choices: Any) -> Estimate:
    """:func:`toolkit.estimate.fit` on rows that are scanned, not loaded.

    Parameters
    ----------
    choices : arguments of :meth:`Options.read`.

    Raises
    ------
    FormulaError, UnknownOption, MissingColumn, NotNumeric, MissingKey, DuplicateKey, EmptySample, NothingToEstimate, TooFewClusters
    UnreadableFile, PanelError
        If a file cannot be read, or has changed since; if a relation cannot be computed.
    """
    with table.used():
        options = Options.read(shell(table), **choices)
        refuse(spec, options)
        return _fitted(spec, together(table, [(spec, options)]), options)


def _fitted(spec: Spec, table: LargeTable, options: Options) -> Estimate:
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
    root = root @ inverse_factor(_directly(problem, root))
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
    spec, found = problem.spec, problem.found
    beta, bread, root, condition, rss = _solve(problem, kept)
    k, n, rank = len(kept) + int(problem.intercept), found.rows, found.rank
    refuse_few(rows=n, formula=spec.formula, coefficients=k, rank=rank)
    if rss < CLOSE * found.varying[0] ** 2 and spec.effects:
        problem.look_again()
        beta, bread, root, condition, rss = _solve(problem, kept)
    residual = np.zeros(found.question.m)
    residual[0], residual[[j + 1 for j in kept]] = 1.0, -beta
    names = tuple(problem.names[j] for j in kept)
    vcov, info, clusters, rss = covariance(problem=problem, bread=bread, root=root, residual=residual, k=k)
    if problem.intercept:
        full = np.concatenate([[0.0], beta])
        beta, vcov = restore_intercept(full, vcov, found.means[[j + 1 for j in kept]], float(found.means[0]))
    fitted = LeastSquares(beta=beta, residuals=np.empty(0), bread=bread, rss=rss, condition=condition)
    tss = float(found.varying[0] ** 2) if spec.effects or spec.intercept else float(found.size[0] ** 2)
    statistics = _statistics(problem=problem, kept=kept, beta=beta[int(problem.intercept) :], rss=rss, tss=tss, k=k)
    lengths = np.sqrt(np.diag(problem.within))[[j + 1 for j in kept]]
    return as_estimate(
        problem,
        spec=spec,
        method="within" if spec.effects else "pooled",
        left=0,
        positions=kept,
        beta=beta,
        vcov=vcov,
        info=info,
        clusters=clusters,
        rss=rss,
        statistics=statistics,
        omitted=omitted,
        collinear=nearly_collinear(np.diag(lengths), fitted, names, None) if kept else [],
    )


def _statistics(problem: Problem, kept: Sequence[int], beta: Floats, rss: float, tss: float, k: int) -> dict[str, float]:
    found, spec = problem.found, problem.spec
    n, rank = found.rows, found.rank
    out = row_statistics(problem, k, rss, tss)
    if not spec.effects:
        return out
    at = [j + 1 for j in kept]
    out |= {"r2_inclusive": out["r2"], "r2_within": 1 - rss / float(problem.within[0, 0])}
    cross, square = found.gram[0, at], found.gram[np.ix_(at, at)]
    out["r2_overall"] = squared_correlation(float(beta @ cross), float(beta @ square @ beta), tss)
    pooled = tss - float(cross @ np.linalg.lstsq(square, cross, rcond=None)[0])
    out |= effects_f(pooled, rss, rank - 1, n - k - rank)
    return out | entity_statistics(problem, at, beta, out["sigma_e"])
