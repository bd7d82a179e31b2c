"""A question with what was scanned of it, and which of its regressors can be estimated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EmptySample, EstimationError, NothingToEstimate
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.formula.terms import Category
from toolkit.estimate.large.batches import OutOfOrder
from toolkit.estimate.large.engines import quoted
from toolkit.estimate.large.grouped import by_large, by_small
from toolkit.estimate.large.ordered import ordered_rows, ordered_sums
from toolkit.estimate.large.plan import Plan, make_plan
from toolkit.estimate.large.question import CLOSE, Large, Moments, Question, Small
from toolkit.estimate.large.scores import combination, products_of, residual_rows
from toolkit.estimate.large.sql import cluster_parts
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.rows.options import (
    CONSTANT,
    Omitted,
    Options,
    collinear_with,
    collinear_with_effects,
    no_variation,
)
from toolkit.estimate.rows.sample import EMPTY, LARGEST
from toolkit.estimate.solve.kernels import reduced
from toolkit.estimate.solve.omission import is_flat
from toolkit.language import Note
from toolkit.numerics import IN_COMBINATION, SIZE_LEFT, UNIT_LEFT, Floats
from toolkit.panel import apart
from toolkit.periods import shown_time

_UNORDERED = "no order"  # the rows of a cross-section in a database have none


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
            keys = list(dict.fromkeys(c for name in self.options.clusters for c in cluster_parts(self.table, name)))
            extra = ", ".join(f"{quoted(key)} AS k{i}_" for i, key in enumerate(keys))
            q = self.found.question
            if q.ordered and self.table.in_file_order and all(map(self.table.tells_apart, keys)):
                self._rows = self.table.let_read("toolkit_direct", ordered_rows(self.found, keys))
            else:
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


def scan(spec: Spec, table: LargeTable, options: Options, outside: tuple[Note, str] | None = None) -> Problem:
    """The first scans of a question.

    Parameters
    ----------
    outside : reason and SQL of rows that leave first; lags still look at them.
    """
    plan = make_plan(spec, table, options, outside)
    if plan.question.weight:
        _refuse_negative(plan, options)
    first = spec.effects[0] if spec.effects else None
    with np.errstate(over="ignore", invalid="ignore"):
        found = moments(plan.question, small_first=plan.small is not None and first == plan.small)
        without = found.question.without
        if found.rows and without and any(isinstance(f, Category) for t in spec.terms for f in t.factors):
            plan = make_plan(spec=spec, table=table, options=options, outside=outside, without=without)
            found = moments(plan.question, small_first=plan.small is not None and first == plan.small)
    if not found.rows:
        raise _no_row(spec, plan, found, options)
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


def _no_row(spec: Spec, plan: Plan, found: Moments, options: Options) -> EstimationError:
    """What is to be said where no row is left, with the account of those that left."""
    from toolkit.estimate.large.account import dropped

    table = found.question.table
    empty = Problem(spec=spec, options=options, plan=plan, found=found, direct="", within=found.within)
    left = dropped(empty)
    calendar = table.calendar[2] if table.entity is not None else np.empty(0)
    if len(calendar) and sum(d.rows for d in left if d.reason.key == "no_period") == table.rows:
        nearest = table.query(
            f"SELECT min(d_) AS d FROM (SELECT t_ - lag(t_) OVER (PARTITION BY {quoted(str(table.entity))} ORDER BY t_) AS d_ "
            f"FROM {table.calendar[0]})"
        )["d"]
        step = table.calendar[1]
        span = f"{shown_time(int(calendar[0]), step)} to {shown_time(int(calendar[-1]), step)}"
        if np.ma.count(nearest) and int(nearest[0]) > 1:
            return apart(str(table.entity), step, int(nearest[0]), where=f"{table.label}, {span}")
    account = "; ".join(f"{d.reason}: {d.rows} (first {d.first})" for d in left) or "the data have no rows"
    return EmptySample(f"no row is left for {spec.formula}", where=f"{table.label}, {table.rows} rows: {account}", remedy=EMPTY)


def _raw(found: Moments) -> Floats:
    return np.asarray(found.small.products / found.weight)


def _refuse_negative(plan: Plan, options: Options) -> None:
    q = plan.question
    rows = f"FROM {q.rows} WHERE {q.usable} AND {q.weight} < 0"
    bad = int(q.table.query(f"SELECT count(*) AS n {rows}")["n"][0])
    if bad:
        where = f"first {first_of(q.table, f'SELECT 0 AS g, * {rows}')[0][1]}"
        raise EstimationError(f"{bad} weights in {options.weights} are negative", where=where, remedy="weights must be positive")


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
        if left > max(UNIT_LEFT, SIZE_LEFT * found.size[j + 1] / length[j + 1]):
            kept.append(j)
        else:
            reasons[j] = collinear_with([names[i] for i, b in zip(kept, share, strict=True) if abs(b) > IN_COMBINATION])
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
    if found.varying[column] <= SIZE_LEFT * found.size[column] or not problem.spec.effects:
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
        after = np.sqrt(max(total - left, 0.0) / found.weight)
        if total - left <= 1e-13 * total or is_flat(after, found.varying[column], found.size[column]):
            return no_variation(effect.text)
    return collinear_with_effects(problem.spec.absorb)


def moments(q: Question, small_first: bool) -> Moments:
    r"""Scan until no singleton is left, and solve for the smaller effect; nothing of the size of the rows is kept.

    With the sums of each level i of the larger effect, the sums of each level t of the smaller one, and the total cross-products,

    .. math:: \tilde X'\tilde X = X'X - \sum_i \frac{S_i S_i'}{w_i} - (R - B)'\gamma, \qquad (D - A)\,\gamma = R - B

    where S_i and R_t are the sums of the columns, w_it the weight of a pair, A = sum_i w_i. w_i.' / w_i, B = sum_i w_i. S_i' / w_i and D
    the diagonal of the weights of the levels t. Columns are shifted by the means of a sample first, so that large means cost no digits.

    Parameters
    ----------
    small_first : whether the smaller effect stands before the larger one, whose singletons then leave first.

    Raises
    ------
    EstimationError, NotConverged
    """
    singles = {"large": 0, "small": 0}
    first: tuple[object, int] | None = None
    q, small, large = _sums(q)
    used = int(small.rows.sum())
    singles["early"] = int(large.single_rows.sum()) if large is not None else 0
    while True:
        if not small.rows.sum():
            break
        if small_first and not (singles["large"] or singles["small"]) and q.absorbed and not q.keep_single and (small.rows == 1).any():
            q, small, large = _without(q, np.flatnonzero(small.rows == 1), singles, np.zeros(len(small.rows)))
            singles["before"] = len(q.without)
            continue
        if large is None:
            break
        first = first or large.first
        alone = np.flatnonzero(small.rows - large.single_rows == 1) if q.absorbed and not q.keep_single else np.empty(0, np.intp)
        if not len(alone):
            large.first = first
            break
        q, small, large = _without(q, alone, singles, large.single_rows)
    if large is not None:
        singles["large"] += int(large.single_rows.sum())
    return _solved(q=q, small=small, large=large, singles=singles, used=used)


def _sums(q: Question) -> tuple[Question, Small, Large | None]:
    """The sums by both effects: in one scan where the rows of each entity lie together, else in two."""
    if q.ordered:
        try:
            return q, *ordered_sums(q)
        except OutOfOrder:
            q = replace(q, ordered=False)
    return q, by_small(q), by_large(q) if q.large else None


def _without(q: Question, codes: NDArray[np.intp], singles: dict[str, int], single_rows: Floats) -> tuple[Question, Small, Large | None]:
    singles["small"] += len(codes)
    singles["large"] += int(single_rows[codes].sum())
    singles.setdefault("first", len(codes))
    return _sums(replace(q, without=(*q.without, *map(int, codes))))


def _solved(q: Question, small: Small, large: Large | None, singles: dict[str, int], used: int) -> Moments:
    rows, mass, logs, sums, products = small.rows, small.weight, float(small.logs.sum()), small.sums, small.products
    if large is not None:
        rows, mass, sums = rows - large.single_rows, mass - large.single_weights, sums - large.single_sums
        products, logs = products - large.single_products, logs - large.single_logs
    n, weight = int(rows.sum()), float(mass.sum()) or 1.0
    offset = sums.sum(axis=0) / weight
    gram = products - weight * np.outer(offset, offset)
    centred = np.maximum(np.diag(gram), 0.0)
    size = np.sqrt(np.maximum(np.diag(products) + 2 * q.shift * sums.sum(axis=0) + weight * q.shift**2, 0.0))
    within, gamma, rank, present = gram.copy(), np.zeros((len(rows), q.m)), 0, rows > 0
    if large is not None:
        within = products - large.squares
        rank = large.levels
    if large is not None and q.absorbed and n:
        right = sums - large.crossed
        gamma, components = _smaller(mass, large.overlap, right, present)
        within = within - gamma.T @ right
        rank += int(present.sum()) - components
    scale = weight / max(n, 1)
    return Moments(
        rows=n,
        weight=scale,
        logs=float(logs - n * np.log(scale)) if q.weight else 0.0,
        means=q.shift + offset,
        size=size / np.sqrt(scale),
        varying=np.sqrt(centred / scale),
        gram=gram / scale,
        within=within / scale,
        gamma=gamma,
        large=large,
        small=small,
        present=present,
        rank=rank,
        question=q,
        singles=singles,
        used=used,
    )


def _smaller(mass: Floats, overlap: Floats, right: Floats, present: NDArray[np.bool_]) -> tuple[Floats, int]:
    """Effects (T, m) of the smaller effect, one level of each connected component at zero, and the number of components."""
    at = np.flatnonzero(present)
    free, root, components = reduced(mass[at], overlap[np.ix_(at, at)])
    gamma = np.zeros_like(right)
    gamma[at[free]] = root.T @ (root @ right[at[free]])
    return gamma, components


def first_of(table: LargeTable, rows: str) -> dict[int, tuple[int, str]]:
    """How many rows each group ``g`` has, and the first of them in the order of the panel, named as in memory."""
    if table.entity is None:
        got = table.query(f"SELECT g, count(*) AS n FROM ({rows}) GROUP BY g", "rows left out")
        return {int(g): (int(n), _UNORDERED) for g, n in zip(got["g"], got["n"], strict=True)}
    entity = quoted(table.entity)
    got = table.query(f"SELECT g, count(*) AS n, min({{'a': {entity}, 'b': t_}}) AS f FROM ({rows}) GROUP BY g", "rows left out")
    step = table.calendar[1]
    return {
        int(g): (int(n), f"{first['a']} {shown_time(int(first['b']), step)}")
        for g, n, first in zip(got["g"], got["n"], got["f"], strict=True)
    }
