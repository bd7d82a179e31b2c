"""The estimate from what was scanned: entities and periods of the rows used, rows left out with their reasons, statistics, warnings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toolkit.estimate.formula.spec import Effect, Spec
from toolkit.estimate.large.covariance import uncounted
from toolkit.estimate.large.engines import quoted
from toolkit.estimate.large.problem import Problem, first_of
from toolkit.estimate.linear.least_squares import (
    fit_statistics,
    no_joint_test,
    perfect_fit,
    slopes_f,
    squared_correlation,
    uncentred_note,
)
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Counts, CovarianceInfo, Dropped, Omitted, singleton
from toolkit.estimate.rows.sample import by_reason
from toolkit.estimate.solve.covariance import few_clusters
from toolkit.language import Note
from toolkit.numerics import Floats
from toolkit.periods import shown_time


def as_estimate(
    problem: Problem,
    *,
    spec: Spec,
    method: str,
    left: int,
    positions: Sequence[int],
    beta: Floats,
    vcov: Floats,
    info: CovarianceInfo,
    clusters: tuple[tuple[str, int], ...],
    rss: float,
    statistics: dict[str, float],
    omitted: tuple[Omitted, ...],
    collinear: Sequence[Note],
) -> Estimate:
    """The estimate of column ``left`` (0 for the outcome) on design columns, as :func:`toolkit.estimate.linear.least_squares.assemble`.

    Parameters
    ----------
    positions : the design columns. beta, vcov : of them, below the intercept where there is one.
    clusters : (name, number) of the clusters.
    collinear : what is to be said of columns that are nearly collinear.
    """
    found, names = problem.found, tuple(problem.names[j] for j in positions)
    at, slopes = [j + 1 for j in positions], slice(int(problem.intercept), None)
    smallest = min((levels for _, levels in clusters), default=found.rows)
    terms = (INTERCEPT, *names) if problem.intercept else names
    warnings = (
        *few_clusters(problem.options.clusters, [Grouping(np.empty(0, np.intp), levels) for _, levels in clusters]),
        *uncounted(problem, dict(clusters)),
        *collinear,
        *([no_joint_test(terms, smallest)] if len(terms) >= smallest else []),
        *perfect_fit(rss, float(np.sqrt(problem.within[left, left])), float(found.size[left])),
        *uncentred_note(statistics),
    )
    entities, periods = role_counts(problem)
    return Estimate(
        method=method,
        spec=spec,
        terms=terms,
        beta=beta,
        vcov=vcov,
        counts=Counts(
            rows_given=problem.table.rows,
            rows=found.rows,
            entities=entities,
            periods=periods,
            clusters=clusters,
            dropped=dropped(problem),
        ),
        omitted=omitted,
        covariance=info,
        statistics=statistics | slopes_f(beta[slopes], vcov[slopes, slopes], info.df_t),
        effects=spec.absorb,
        weights=problem.options.weights,
        warnings=warnings,
        means=dict(zip((spec.outcome, *names), found.means[[left, *at]].tolist(), strict=True)),
        columns=tuple(problem.plan.design[j] for j in positions),
    )


def row_statistics(problem: Problem, k: int, rss: float, tss: float) -> dict[str, float]:
    """Statistics of the fit of k coefficients; under weights the likelihood counts their logarithms."""
    found = problem.found
    centred = bool(problem.spec.effects) or problem.spec.intercept
    out = fit_statistics(n=found.rows, parameters=k + found.rank, rss=rss, tss=tss, weights=None, means=int(centred))
    if found.logs and "log_likelihood" in out:
        out["log_likelihood"] += found.logs / 2
        out["aic"], out["bic"] = out["aic"] - found.logs, out["bic"] - found.logs
    return out


def entity_statistics(problem: Problem, at: list[int], beta: Floats, sigma_e: float) -> dict[str, float]:
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
    if found.rows == table.rows:
        _ = table.calendar
        return int(table._kept["entities"]), len(table.calendar[2])
    rows = _final(problem, f"{quoted(table.entity)} AS en_, t_ AS tm_")
    got = table.query(f"SELECT count(DISTINCT en_) AS e, count(DISTINCT tm_) AS t FROM {rows}", "counts")
    return int(got["e"][0]), int(got["t"][0])


def dropped(problem: Problem) -> tuple[Dropped, ...]:
    """Counts of dropped rows, as in memory."""
    found, q = problem.found, problem.found.question
    out: list[Dropped] = []
    if found.used < problem.table.rows:
        rows = problem.plan.rows
        first = first_of(problem.table, f"SELECT {rows.why} AS g, * FROM {q.rows} WHERE NOT coalesce({q.usable}, false)")
        out += [Dropped(rows.reasons[number - 1][1], *first[number]) for number in sorted(first)]
    if found.large is None:
        return tuple(by_reason(out))
    key, small = q.large, q.small
    small_leaves = "before" in found.singles or not found.singles["early"]  # in the first round, before any level of the larger effect
    for effect in sorted(problem.spec.effects, key=lambda effect: (effect == problem.plan.large) is small_leaves):
        large = effect == problem.plan.large
        left = found.singles["large" if large else "small"]
        if not left:
            continue
        used = f"(SELECT * FROM {q.rows} WHERE {q.usable})"
        if large and found.large.first is not None and q.origin is not None:
            name, code = found.large.first
            out.append(Dropped(singleton(effect.by), left, f"{name} {shown_time(code + q.origin, problem.table.calendar[1])}"))
            continue
        if large:
            before = q.without[: found.singles.get("first" if small_leaves else "before", 0)]
            used = f"(SELECT * FROM {used} WHERE {small} NOT IN ({', '.join(map(str, before))}))" if before else used
            one = ", ".join(f"min({c}) AS {c}" for c in (quoted(str(problem.table.entity)), "t_")) if problem.table.entity else "1 AS one_"
            chosen_rows = f"SELECT 0 AS g, {one} FROM {used} GROUP BY {key} HAVING count(*) = 1"
        else:
            chosen_rows = f"SELECT 0 AS g, * FROM {used} WHERE {small} IN ({', '.join(map(str, q.without[: found.singles['first']]))})"
            if "before" not in found.singles:
                chosen_rows += f" AND {key} NOT IN (SELECT {key} FROM {used} GROUP BY 1 HAVING count(*) = 1)"
        out.append(Dropped(singleton(effect.by), left, first_of(problem.table, chosen_rows)[0][1]))
    return tuple(by_reason(out))
