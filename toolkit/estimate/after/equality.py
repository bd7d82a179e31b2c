"""Is a coefficient the same in every group? One stacked fit with group interactions, Wald tests in it, and a permutation test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EmptySample, FormulaError, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate.after.group_comparison import GroupCoefficient, GroupComparison, PairComparison, permutation_p
from toolkit.estimate.api import fit_spec, question
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments, refuse_slopes
from toolkit.estimate.formula.terms import written
from toolkit.estimate.linear.refit import Refit, refit
from toolkit.estimate.results.derived import find_term
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.columns import Level, indicator
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Covariance, SmallSample, documented
from toolkit.estimate.rows.source import Source
from toolkit.panel import Panel
from toolkit.threads import frugal

MOST_GROUPS = 30


@frugal
@documented
def compare_groups(
    formula: str | Spec | Estimate,
    data: Panel | pd.DataFrame | None = None,
    term: str | None = None,
    *,
    by: str,
    covariance: Covariance = "cluster",
    cluster: str | Sequence[str] | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    bandwidth: int | None = None,
    rng: np.random.Generator | None = None,
    draws: int = 999,
    level: float = 0.95,
) -> GroupComparison:
    """Compare the coefficient of ``term`` across the groups of ``by``.

    One stacked fit in which every regressor, the constant and every absorbed effect has its own value in each group,

        y_it = sum_g 1{it in g} (x_it'b_g + a_ig + c_tg) + e_it.

    Its coefficients are exactly those of separate fits by group, and its covariance also holds between groups, so that clusters that
    reach over several groups count (seemingly unrelated regressions). The factor and the degrees of freedom are those of the stacked fit.

    With a generator, a permutation test for each pair (Fisher): the groups are exchanged at random among entities (when ``by`` never
    changes within one), else among periods (likewise), else among rows, and p = (1 + draws with a difference at least as large) /
    (1 + draws). It tests that the groups are exchangeable: besides equal coefficients, equal spread.

    Parameters
    ----------
    formula : as in :func:`toolkit.estimate.api.fit`, without ``by`` in the regressors; or a pooled or within estimate, which brings its
        data and options: ``compare_groups(estimate, term="x", by="private")``.
    data : a panel, or a plain frame; not with an estimate.
    term : a regressor of the formula, as it is written there.
    by : column of groups, at most 30; continuous variables must be cut into classes before.
    covariance, cluster, weights, small_sample, bandwidth : |options|
    rng, draws : generator and number of permutations; without a generator there is no permutation test.
    level : of the intervals.

    Raises
    ------
    NotEstimable
        If ``term`` is not in the formula, or cannot be estimated in a group.
    EmptySample, TooFewClusters
        If a group has too few rows or clusters; it is named with its counts.
    UnknownOption, FormulaError, MissingColumn and the errors of :func:`toolkit.estimate.api.fit`.

    References
    ----------
    Cleary (1999) for the permutation test; Wooldridge (2010), section 7.7 for the stacked fit.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(40), 5), "year": np.tile(np.arange(5), 40), "x": rng.normal(size=200)})
    >>> frame["private"] = frame["firm"] % 2
    >>> frame["y"] = (1 + frame["private"]) * frame["x"] + rng.normal(size=200) / 4
    >>> found = compare_groups("y ~ x | firm + year", Panel(frame, "firm", "year"), "x", by="private", rng=rng, draws=199)
    >>> [round(g.coefficient.estimate, 1) for g in found.groups], found.pairs[0].permutation_p
    ([1.0, 2.0], 0.005)
    """
    spec, source, options = question(
        formula,
        data,
        "compare_groups",
        covariance=covariance,
        cluster=cluster,
        weights=weights,
        small_sample=small_sample,
        bandwidth=bandwidth,
    )
    spec = refuse_slopes(refuse_instruments(spec, "compare_groups"), "compare_groups")
    found = _term(spec, term)
    estimate = fit_spec(parse(_interacted(spec, by, source)), source, options)
    rows = refit(estimate, None, "compare_groups")
    levels = _levels(rows, by)
    groups = tuple(_coefficient(rows, g, found, level) for g in levels)
    pairs = [_pair(estimate=estimate, term=found, first=first, second=second, level=level) for first, second in combinations(levels, 2)]
    unit = ""
    if rng is not None:
        unit, units = _units(rows, by)
        members = {_label(g): _members(rows, g) for g in levels}
        pairs = [
            _permuted(pair=p, rows=rows, spec=spec, by=by, term=found, members=members, units=units, rng=rng, draws=draws) for p in pairs
        ]
    contrasts = np.stack([_contrast(estimate, found, levels[0], other) for other in levels[1:]])
    equality = replace(estimate.wald(contrasts), hypotheses=tuple(f"{groups[0].group} = {g.group}" for g in groups[1:]))
    return GroupComparison(term=found, by=by, groups=groups, equality=equality, pairs=tuple(pairs), estimate=estimate, unit=unit)


def _term(spec: Spec, term: str | None) -> str:
    texts = [t.text for t in spec.terms]
    if not texts:
        raise FormulaError("the formula has no regressor to compare", where=spec.formula, remedy='write "y ~ x | firm"')
    if term is None:
        raise UnknownOption("no term is named", where=spec.formula, remedy=f"term={texts[0]!r}")
    return texts[find_term(term, texts)]


def _interacted(spec: Spec, by: str, source: Source) -> str:
    """The formula of the stacked fit."""
    group = written(by)
    used = [t.text for t in spec.terms if by in source.frame.columns and any(by == getattr(f, "name", None) for f in t.factors)]
    if used:
        raise FormulaError(
            f"{by} makes the groups and also stands in {', '.join(used)}", where=spec.formula, remedy="take it out of the regressors"
        )
    levels = source.column(by).nunique()
    if not 2 <= levels <= MOST_GROUPS:
        raise UnknownOption(
            f"{by} has {levels} distinct values; groups must be 2 to {MOST_GROUPS}",
            where=source.label,
            remedy="cut a continuous variable into classes first, for example with pd.qcut" if levels > 2 else "use a column that differs",
        )
    terms = [f"{t.text}:C({group})" for t in spec.terms]
    if spec.effects:
        effects = [e.text if by in e.columns else f"{e.text}^{group}" for e in spec.effects]
        return f"{spec.outcome} ~ {' + '.join(terms)} | {' + '.join(effects)}"
    return f"{spec.outcome} ~ {' + '.join([f'C({group})', *terms] if spec.intercept else [*terms, '0'])}"


def _levels(rows: Refit, by: str) -> list[Level]:
    """The groups among the rows used, in order."""
    seen = next(p for column in rows.sample.columns for p in column.parts if isinstance(p, Level) and p.category.name == by)
    if len(seen.among) < 2:
        raise NotEstimable(
            f"only one group of {by} is left: {seen.among[0]}",
            where="; ".join(f"{d.rows} rows left out: {d.reason}" for d in rows.estimate.counts.dropped),
            remedy="join groups, or absorb fewer effects",
        )
    return [replace(seen, value=value) for value in seen.among]


def _label(level: Level) -> str:
    return level.text[level.text.index(")[") + 2 : -1]


def _members(rows: Refit, level: Level) -> NDArray[np.bool_]:
    """(n,) whether a row of the fit belongs to the group."""
    return np.asarray(indicator(level, rows.source)[rows.sample.positions] > 0)


def _coefficient(rows: Refit, level: Level, term: str, confidence: float) -> GroupCoefficient:
    inside, sample = _members(rows, level), rows.sample
    n = int(inside.sum())
    entities = 0 if sample.entity is None else sample.entity.take(inside).levels
    own = sum(level in column.parts and len(column.parts) > 1 for column in rows.estimate.columns)
    effects = max((g.take(inside).levels for g in sample.effects), default=int(sample.spec.intercept))
    counted = f"{n} rows, {entities} entities" if entities else f"{n} rows"
    if n <= own + effects:
        raise EmptySample(
            f"group {_label(level)} of {level.category.name} has too few rows for its own coefficients",
            where=f"{counted}; {own} slopes and {effects} effects",
            remedy="join groups, use fewer regressors, or leave the group out",
        )
    clusters = min((g.take(inside).levels for g in sample.clusters), default=0)
    if sample.clusters and clusters < 2:
        raise TooFewClusters(
            f"group {_label(level)} of {level.category.name} lies in one cluster, so its coefficient has no clustered standard error",
            where=counted,
            remedy="cluster by a finer variable, or join groups",
        )
    return GroupCoefficient(
        group=_label(level),
        coefficient=rows.estimate.coefficient(f"{term}:{level.text}", confidence),
        rows=n,
        entities=entities,
        clusters=clusters,
    )


def _contrast(estimate: Estimate, term: str, first: Level, second: Level) -> NDArray[np.float64]:
    """(k,) the coefficient of the first group less that of the second."""
    contrast = np.zeros(len(estimate.terms))
    contrast[estimate.terms.index(f"{term}:{first.text}")] = 1.0
    contrast[estimate.terms.index(f"{term}:{second.text}")] = -1.0
    return contrast


def _pair(estimate: Estimate, term: str, first: Level, second: Level, level: float) -> PairComparison:
    contrast = _contrast(estimate, term, first, second)
    labels = _label(first), _label(second)
    spread = float(np.sqrt(contrast @ estimate.vcov @ contrast))
    return PairComparison(*labels, estimate.tested(" - ".join(labels), float(contrast @ estimate.beta), spread, level))


def _units(rows: Refit, by: str) -> tuple[str, Grouping]:
    """What is exchanged: entities, periods or rows, the first within which the group never changes."""
    groups, sample = rows.grouping(by), rows.sample
    for name, units in ((rows.source.entity, sample.entity), (rows.source.time, sample.period)):
        if units is not None and units.refines(groups):
            return f"values of {name}", units
    return "rows", Grouping(np.arange(sample.rows), sample.rows)


def _permuted(
    pair: PairComparison,
    rows: Refit,
    spec: Spec,
    by: str,
    term: str,
    members: Mapping[str, NDArray[np.bool_]],
    units: Grouping,
    rng: np.random.Generator,
    draws: int,
) -> PairComparison:
    both = (members[pair.first], members[pair.second])
    p_value, used = permutation_p(
        rows=rows, spec=spec, by=by, term=term, members=both, units=units, observed=pair.difference.estimate, rng=rng, draws=draws
    )
    return replace(pair, permutation_p=p_value, permutations=used)
