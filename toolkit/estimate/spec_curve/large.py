"""The specification curve beyond memory: each combination is scanned once, and all its sets of controls are solved from the sums.

The cross-products W of all columns with the effects removed give every coefficient. With p the sums over a cluster of the products of two
columns, the sum of p p' gives every clustered error: the scores of a model are products of two combinations of the columns. Roots of the
two stand where the code in memory has the factors of its rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np

from toolkit.errors import EmptySample, EstimationError, NothingToEstimate, UnknownOption
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.large.account import dropped
from toolkit.estimate.large.covariance import cluster_products, counted_effects, uncounted
from toolkit.estimate.large.plan import SAMPLE, literal, shell
from toolkit.estimate.large.problem import Problem, scan, usable
from toolkit.estimate.large.sorting import together
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Omitted, Options
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.solve.covariance import cluster_info
from toolkit.estimate.solve.equations import REFINED
from toolkit.estimate.solve.omission import is_flat
from toolkit.estimate.spec_curve.block import Block
from toolkit.estimate.spec_curve.choices import Choices, Condition, Rule, outside_note
from toolkit.estimate.spec_curve.compress import Compressed, TreatmentCoordinates, triangle
from toolkit.estimate.spec_curve.plan import Combination, Plan
from toolkit.language import Note
from toolkit.numerics import Floats
from toolkit.periods import covered

Outside = tuple[Note, str]


@dataclass(frozen=True)
class LargeBlock(Block):
    """The sums of several models.

    Attributes
    ----------
    problem : what was scanned.
    """

    problem: Problem

    @property
    def rank(self) -> int:
        """Independent absorbed effects."""
        return self.problem.found.rank

    def counted(self, entity: str) -> int:
        """How many absorbed effects count in K, asked of the database."""
        return counted_effects(self.problem, self._levels)

    def uncounted(self, entity: str) -> list[Note]:
        """The warning of effects that ought to count."""
        return uncounted(self.problem, self._levels)

    @property
    def _levels(self) -> Mapping[str, int]:
        return dict(zip(self.options.clusters, (g.levels for g in self.sample.clusters), strict=True))


def large_blocks(
    table: LargeTable, plan: Plan, chosen: Combination, outside: Outside | None, options: Options, own: bool
) -> Iterator[tuple[list[int], Block | str]]:
    """For one combination the positions of the sets of controls that share their rows, with their sums or why there are none."""
    everything = list(range(len(plan.sets)))
    for group in [[at] for at in everything] if own else [everything]:
        try:
            spec = plan.spec(chosen, plan.union(group))
            yield group, _block(spec, table, options, outside)
        except EstimationError as error:
            yield group, error.what
        finally:
            table.clear()


def _block(spec: Spec, table: LargeTable, options: Options, outside: Outside | None) -> LargeBlock:
    problem = scan(spec, table, options, outside)
    found, names = problem.found, problem.names
    length = np.sqrt(np.maximum(np.diag(problem.within), 0.0))
    at, flat = _chosen(problem, length)
    correlation = problem.within[np.ix_(at, at)] / np.outer(length[at], length[at])
    columns, scale = [*at], length[at].copy()
    labels, sizes = [spec.outcome, *(names[j - 1] for j in at[1:])], found.size[at] / length[at]
    if problem.intercept:
        correlation = np.insert(np.insert(correlation, 1, 0.0, axis=0), 1, 0.0, axis=1)
        correlation[1, 1] = 1.0
        columns.insert(1, -1)
        labels.insert(1, "")
        scale, sizes = np.insert(scale, 1, np.sqrt(found.rows)), np.insert(sizes, 1, 1.0)
    sums = cluster_products(problem, columns)
    groups = tuple(Grouping(np.empty(0, np.intp), levels) for sign, levels, _ in sums if sign > 0)
    cluster_info(n=found.rows, df_residual=found.rows, counted=0, clusters=groups, options=options)
    small, placed = _compressed(correlation, scale, _shares(sums, options))
    return LargeBlock(
        sample=_sample(problem, groups),
        options=options,
        absorber=None,
        small=small,
        treatment=np.empty(0),
        placed=placed,
        scale=(float(length[0]), float(length[1])),
        outcome_size=float(found.size[0]),
        treatment_size=float(found.varying[1] / length[1]),
        names=tuple(labels),
        sizes=sizes,
        flat=flat,
        problem=problem,
    )


def _chosen(problem: Problem, length: Floats) -> tuple[list[int], dict[str, Note]]:
    """Where the outcome, the controls and the treatment stand among the columns, and why nothing is left of others.

    Raises
    ------
    NothingToEstimate, UnknownOption
        Nothing is left of the treatment; or the regressors are so collinear that a curve from sums loses digits.
    """
    found, names, formula = problem.found, problem.names, problem.spec.formula
    kept, gone = usable(problem, range(len(names)))
    flat = is_flat(length, found.varying if found.question.centred else found.size, found.size)
    lost: list[Omitted] = [o for o in gone if not flat[names.index(o.term) + 1]]
    reasons = {o.term: o.reason for o in gone}
    if flat[1]:
        raise NothingToEstimate(
            f"the treatment {names[0]} cannot be estimated: {reasons[names[0]]}",
            where=formula,
            remedy="absorb fewer effects, or use a treatment that varies within them",
        )
    at = [0, *(j + 1 for j in kept if j), 1]
    correlation = problem.within[np.ix_(at[1:], at[1:])] / np.outer(length[at[1:]], length[at[1:]])
    if lost or np.linalg.eigvalsh(correlation)[0] <= REFINED:
        raise UnknownOption(
            f"the regressors {', '.join(names[j - 1] for j in at[1:])} are nearly collinear, and a curve from sums loses digits",
            where="; ".join(f"{o.term}: {o.reason}" for o in lost) or formula,
            remedy=f"take one of them out of the choices; or {SAMPLE}",
        )
    return at, {name: reason for name, reason in reasons.items() if flat[names.index(name) + 1]}


def _sample(problem: Problem, clusters: tuple[Grouping, ...]) -> Sample:
    """What a curve asks of the rows: their number and account, and how many clusters; there are no rows in it."""
    return Sample(
        spec=problem.spec,
        source=shell(problem.table),
        options=problem.options,
        matrix=np.empty((0, problem.found.rows)),
        columns=problem.plan.design,
        weights=None,
        effects=tuple(Grouping(np.empty(0, np.intp), 0) for _ in problem.spec.effects),
        clusters=clusters,
        entity=None,
        period=None,
        calendar=None,
        dropped=dropped(problem),
        positions=np.empty(0, np.intp),
        raw=lambda j: np.empty(0),
    )


def _shares(sums: list[tuple[float, int, Floats]], options: Options) -> list[tuple[float, Floats]]:
    """The weight of each grouping in the meat, and its sums: as :func:`toolkit.estimate.solve.covariance.signed_clusters`."""
    smallest = min(levels for _, levels, _ in sums)
    own = options.small_sample == "plm" and len(sums) > 1
    return [(sign * ((levels / (levels - 1)) / (smallest / (smallest - 1)) if own else 1.0), products) for sign, levels, products in sums]


def _compressed(correlation: Floats, scale: Floats, sums: list[tuple[float, Floats]]) -> tuple[Compressed, TreatmentCoordinates]:
    """The columns in an orthonormal basis, of which the products are known alone; the treatment comes last."""
    values, vectors = np.linalg.eigh(correlation)
    turned = triangle((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)
    r = len(turned) - 1
    back = np.linalg.inv(turned) / scale[:, None]  # (columns, directions)
    given = list(combinations_with_replacement(range(r + 1), 2))
    pairs = sorted(given, key=lambda pair: pair[1] == r)
    turn = np.array([[back[j, a] * back[h, b] + (back[h, a] * back[j, b] if j != h else 0.0) for j, h in given] for a, b in pairs])
    factors = []
    for share, products in sums:
        own, axes = np.linalg.eigh(turn @ products @ turn.T)
        factors.append((share, (np.sqrt(np.maximum(own, 0.0))[:, None] * axes.T)[None]))
    small = Compressed(np.empty((r, 0)), turned[:r, :r], ())
    return small, TreatmentCoordinates(turned[None, :r, r], turned[r:, r], tuple(factors))


def together_for(table: LargeTable, plan: Plan, choices: Choices, options: Mapping[str | None, Options]) -> LargeTable:
    """The table, or a copy of it with the rows of each entity together, for all cells of a curve."""
    everything = range(len(plan.sets))
    questions = [(plan.spec(chosen, plan.union(everything)), options[chosen.weights]) for chosen in plan.combinations]
    conditions = [
        c for rule in choices.samples.values() for c in (rule if isinstance(rule, tuple) else (rule,)) if isinstance(c, Condition)
    ]
    return together(table, questions, [c.column for c in conditions if c.column in table.types])


def outside_of(choices: Choices, table: LargeTable) -> dict[str, Outside | None]:
    """For each sample the reason and the SQL of the rows that it leaves out; None if it keeps all.

    Raises
    ------
    UnknownOption, EmptySample, MissingColumn, NotNumeric
    """
    return {name: _outside(name, rule, table) for name, rule in choices.samples.items()}


def _outside(name: str, rule: Rule, table: LargeTable) -> Outside | None:
    if rule is None:
        return None
    conditions = (rule,) if isinstance(rule, Condition) else rule
    if not isinstance(conditions, tuple) or not conditions or not all(isinstance(c, Condition) for c in conditions):
        raise UnknownOption(f"the rule of sample {name!r} is no condition", remedy='Condition("year", ">=", 2015), or a tuple of them')
    inside = " AND ".join(f"coalesce({_met(c, table)}, false)" for c in conditions)
    found = table.query(f"SELECT count(*) AS n, sum(CASE WHEN {inside} THEN 1 ELSE 0 END) AS k FROM {table.calendar[0]}")
    if not int(found["k"][0] or 0):
        raise EmptySample(f"the sample {name!r} keeps none of the {int(found['n'][0])} rows", remedy="loosen its rule")
    return None if int(found["k"][0]) == int(found["n"][0]) else (outside_note(name, conditions), f"NOT ({inside})")


def _met(condition: Condition, table: LargeTable) -> str:
    column, values = table.column(condition.column), ", ".join(literal(v) for v in condition.values)
    if condition.operator in ("==", "in"):
        return f"{column} IN ({values})"
    if condition.operator in ("!=", "not in"):
        return f"{column} NOT IN ({values})"
    if condition.column == table.time and table.calendar[1] in ("quarter", "month"):
        first, last = covered(condition.value, table.calendar[1])
        return {">": f"t_ > {last}", "<=": f"t_ <= {last}", "<": f"t_ < {first}", ">=": f"t_ >= {first}"}[condition.operator]
    if not isinstance(condition.value, int | float | np.number):
        raise UnknownOption(f"{condition.text} compares with {condition.value!r}", remedy="order is defined for numbers only")
    return f"{table.number(condition.column)} {condition.operator} {literal(condition.value)}"


def without_samples(choices: Choices) -> Choices:
    """The choices with the names of their samples alone."""
    return replace(choices, samples=dict.fromkeys(choices.samples))
