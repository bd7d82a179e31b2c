"""Covariance of the coefficients by grouped sums, and what is counted of the effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from toolkit.estimate.formula.spec import Effect
from toolkit.estimate.large.engines import number, quoted
from toolkit.estimate.large.problem import Problem
from toolkit.estimate.large.scores import combination, meat_by, meat_by_large, products_by, products_by_large
from toolkit.estimate.large.sql import cluster_parts
from toolkit.estimate.linear.least_squares import (
    uncounted_note,
)
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import (
    CovarianceInfo,
    Options,
)
from toolkit.estimate.solve.covariance import REPAIRED, cluster_info, positive_semidefinite
from toolkit.language import Note
from toolkit.numerics import Floats


def covariance(
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
        parts, q = {c for one in name for c in cluster_parts(problem.table, one)}, found.question
        if (q.ordered or not problem.direct) and len(name) == 1 and Effect(cluster_parts(problem.table, name[0])) == problem.plan.large:
            return meat_by_large(found, list(root.T), residual, exact=bool(problem.direct))
        left = [combination(r) for r in root.T]
        if problem.intercept:
            left = [number(1.0 / np.sqrt(n)), *left]
        keys = list(dict.fromkeys(key for one in name for key in problem.cluster_keys(one)))
        alone = parts >= {problem.table.entity, problem.table.time}
        together = problem.table.ordered and parts == {problem.table.entity}
        return meat_by(
            found=found, rows=problem.rows(), left=left, right=residual, keys=[] if alone else keys, together=together and not q.ordered
        )

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


def cluster_products(problem: Problem, columns: Sequence[int]) -> list[tuple[float, int, Floats]]:
    """(sign, clusters, sums of p p') of the terms of the clustered meat, p the sums of the products of two columns in a cluster.

    Parameters
    ----------
    columns : positions, -1 for the constant.
    """
    options, table, q = problem.options, problem.table, problem.found.question
    found: list[tuple[float, int, Floats]] = []
    groups = [[name] for name in options.clusters] + ([list(options.clusters)] if len(options.clusters) == 2 else [])
    for i, names in enumerate(groups):
        parts = {c for name in names for c in cluster_parts(table, name)}
        keys = [] if parts >= {table.entity, table.time} else [key for name in names for key in problem.cluster_keys(name)]
        together = table.ordered and parts == {table.entity}
        by_runs = products_by_large(problem.found, columns) if together and q.ordered else None
        sums, levels = by_runs or products_by(
            found=problem.found, rows=problem.rows(), columns=columns, keys=list(dict.fromkeys(keys)), together=together
        )
        found.append((-1.0 if i == 2 else 1.0, levels, sums))
    return found


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
        table, q = problem.table, problem.found.question
        by = ", ".join(quoted(c) for c in effect.columns)
        rows = f"(SELECT * FROM {q.rows} WHERE {q.usable})"
        if effect.columns == (table.entity,) and parts == (table.time,) and problem.found.rows > _effect_levels(problem, effect):
            continue  # an entity that is seen twice is seen in two periods
        if effect.columns == (table.entity,) and table.in_file_order:
            differ = " OR ".join(f"{quoted(c)} <> lag({quoted(c)}) OVER ()" for c in parts)
            beside = f"SELECT {by} = lag({by}) OVER () AND ({differ}) AS d_ FROM {rows}"
            if not int(table.query(f"SELECT count(*) AS n FROM (SELECT 1 FROM ({beside}) WHERE d_ LIMIT 1)", "clusters")["n"][0]):
                return True
            continue
        differ = " OR ".join(f"min({quoted(c)}) <> max({quoted(c)})" for c in parts)
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
