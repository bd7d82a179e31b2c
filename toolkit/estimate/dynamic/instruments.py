"""Columns of a dynamic panel: regressors and GMM-style instruments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NothingToEstimate, TooFewPeriods
from toolkit.estimate.dynamic.declarations import Equation, GmmDeclaration, Stack
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.formula.terms import Term
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.rows.columns import DesignColumn, Level, evaluate
from toolkit.estimate.rows.options import Omitted, collinear_with
from toolkit.estimate.rows.sample import Sample
from toolkit.estimate.rows.source import Source
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import flat_reason, independent, is_flat
from toolkit.language import Note
from toolkit.numerics import SIZE_LEFT, Floats


@dataclass(frozen=True)
class Regressors:
    """The columns that have a coefficient, in levels.

    Attributes
    ----------
    levels : (k, n) period indicators first, then the intercept of the system, then the terms of the formula.
    terms : names of the last columns, those that are reported.
    built : how they are built (not the intercept).
    hidden : how many period indicators stand before them.
    omitted : terms that could not be estimated.
    """

    levels: Floats
    terms: tuple[str, ...]
    built: tuple[DesignColumn, ...]
    hidden: int
    omitted: tuple[Omitted, ...]


def choose_regressors(spec: Spec, source: Source, stacked: Stack) -> Regressors:
    """The columns of which something is left after the transformation; the earlier of two that say the same is kept.

    Raises
    ------
    NothingToEstimate
        If the outcome does not change over time, or no term is left.
    """
    sample = stacked.sample
    _check_outcome(spec, stacked)
    positions = [j for j, column in enumerate(sample.columns) if any(comes_from(column, term) for term in spec.terms)]
    periods = _period_indicators(spec, source, sample)
    intercept = np.ones((int(stacked.system and spec.intercept and not len(periods)), sample.rows))
    levels = np.concatenate([periods, intercept, sample.matrix[1:][positions]])
    names = [source.time or ""] * len(periods) + [INTERCEPT] * len(intercept) + [sample.columns[j].text for j in positions]
    first = len(names) - len(positions)
    kept, reasons = _sift(levels, names, stacked, source.entity or "")
    if not any(j >= first for j in kept):
        told = "; ".join(f"{names[j]}: {why}" for j, why in sorted(reasons.items()) if j >= first) or "the formula has no regressor"
        raise NothingToEstimate("no regressor is left to estimate", where=told, remedy="use regressors that change over time")
    reported = [j for j in kept if j >= len(periods)]
    return Regressors(
        levels=levels[kept],
        terms=tuple(names[j] for j in reported),
        built=tuple(sample.columns[positions[j - first]] for j in reported if j >= first),
        hidden=len(kept) - len(reported),
        omitted=tuple(Omitted(names[j], reasons[j]) for j in sorted(reasons) if j >= first),
    )


def comes_from(column: DesignColumn, term: Term) -> bool:
    """Whether a design column was written out from ``term``."""
    parts = tuple(part.category.text if isinstance(part, Level) else part.text for part in column.parts)
    return parts == tuple(factor.text for factor in term.factors)


def _sift(levels: Floats, names: list[str], stacked: Stack, entity: str) -> tuple[list[int], dict[int, Note]]:
    """Positions of the columns (q, n) to keep, and why the others go."""
    transformed = stacked.columns(levels)
    size = norms(levels, None)
    varying = norms(levels - levels.mean(axis=1, keepdims=True), None)
    flat = is_flat(norms(transformed, None), varying, size)
    standing = np.flatnonzero(~flat).tolist()
    kept, partners = independent(transformed[standing], size[standing], None)
    reasons = {standing[j]: collinear_with(list(dict.fromkeys(names[standing[i]] for i in others))) for j, others in partners.items()}
    assert stacked.sample.entity is not None
    for j in np.flatnonzero(flat).tolist():
        reasons[j] = flat_reason(levels[j].copy(), bool(varying[j] <= SIZE_LEFT * size[j]), [(entity, stacked.sample.entity)], None)
    return [standing[j] for j in kept], reasons


def _check_outcome(spec: Spec, stacked: Stack) -> None:
    outcome = stacked.sample.matrix[:1]
    varying = norms(outcome - outcome.mean(), None)
    if is_flat(norms(stacked.transformation.of(outcome), None), varying, norms(outcome, None))[0]:
        raise NothingToEstimate(
            f"the outcome {spec.outcome} does not change over time", where=f"{stacked.transformed} rows", remedy="use another outcome"
        )


def _period_indicators(spec: Spec, source: Source, sample: Sample) -> Floats:
    """(T, n) one indicator per period if the time effect is absorbed, else (0, n)."""
    if (source.time,) not in {effect.columns for effect in spec.effects}:
        return np.empty((0, sample.rows))
    assert sample.calendar is not None
    return np.asarray(sample.calendar == np.unique(sample.calendar)[:, None], dtype=np.float64)


Style = Literal["gmm", "iv", "effects"]


@dataclass(frozen=True)
class InstrumentSet:
    """The instruments that one declaration gives in one equation.

    Attributes
    ----------
    term : the variable; ``Intercept`` or the time column for those that instrument themselves.
    style : "gmm", "iv", or "effects".
    equation : "difference", "level", or "both" for columns that run through both.
    what : in words, for example ``lags 2 to 8``.
    count : independent columns.
    """

    term: str
    style: Style
    equation: Equation
    what: str
    count: int


@dataclass(frozen=True)
class Instruments:
    """The instrument matrix.

    Attributes
    ----------
    columns : (L, rows of the stack), each of length one.
    sets : where they come from, in the order of the columns.
    redundant : how many columns were linear combinations of others, and left out.
    """

    columns: Floats
    sets: tuple[InstrumentSet, ...]
    redundant: int

    def owner(self) -> NDArray[np.intp]:
        """(L,) position in ``sets`` of each column."""
        return np.repeat(np.arange(len(self.sets)), [s.count for s in self.sets])


@dataclass(frozen=True)
class Block:
    """Columns (q, rows of the stack) with their description."""

    described: InstrumentSet
    columns: Floats


def gmm_blocks(declared: GmmDeclaration, stack: Stack, source: Source, collapse: bool) -> list[Block]:
    """Lagged levels for the transformed equation, a lagged difference for the level equation.

    An instrument that does not exist for a row (before the first period, in a gap, not a number) is zero there.

    Raises
    ------
    TooFewPeriods
        If no row has any of the lags.
    """
    lags, value = declared.lags, declared.value
    found = evaluate(value, source)
    numbers = found.numbers if found.why is None else np.where(found.why == 0, found.numbers, np.nan)
    blocks = []
    if lags.equation != "level":
        ahead = stack.transformation.ahead
        at = stack.sample.positions[stack.transformation.rows]
        date = source.calendar[at] + ahead
        longest = _longest(source)
        reach = range(lags.first, (longest if lags.last is None else min(lags.last, longest)) + 1)
        columns, used = _lagged([_earlier(numbers, source, lag - ahead)[at] for lag in reach], list(reach), date, collapse)
        what = f"lag {used[0]}" if len(used) == 1 else f"lags {used[0]} to {used[-1]}" if used else ""
        blocks.append(
            Block(
                InstrumentSet(term=value.text, style="gmm", equation="difference", what=what, count=len(columns)),
                stack.placed(columns, "difference"),
            )
        )
    if lags.equation != "difference":
        back = max(lags.first - 1, 0)
        at = stack.sample.positions
        change = _earlier(numbers, source, back) - _earlier(numbers, source, back + 1)
        columns, used = _lagged([change[at]], [back], source.calendar[at], collapse)
        what = f"difference, lag {back}" if back else "difference"
        blocks.append(
            Block(
                InstrumentSet(term=value.text, style="gmm", equation="level", what=what, count=len(columns)), stack.placed(columns, "level")
            )
        )
    if not any(len(b.columns) for b in blocks):
        asked = f"{lags.first} and deeper" if lags.last is None else f"{lags.first} to {lags.last}"
        raise TooFewPeriods(
            f"no row has a usable lag of {value.text} to serve as a GMM instrument (lags {asked})",
            where=f"{source.label}, periods {source.span}",
            remedy="use smaller lags, more periods, or fewer lags in the formula",
        )
    return [b for b in blocks if len(b.columns)]


def _longest(source: Source) -> int:
    """The most periods between two rows of one entity."""
    assert source.entity is not None
    codes = source.group(source.entity).codes
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    ends = np.append(starts[1:], len(codes)) - 1
    return int((source.calendar[ends] - source.calendar[starts]).max())


def _earlier(numbers: Floats, source: Source, steps: int) -> Floats:
    """(rows of the data,) the value ``steps`` periods earlier by the calendar, NaN where there is none."""
    rows = source.earlier(steps)
    return np.where(rows >= 0, numbers[rows], np.nan)


def _lagged(values: list[Floats], lags: list[int], date: NDArray[np.int64], collapse: bool) -> tuple[Floats, list[int]]:
    """The columns of ``values`` (one (m,) array per lag), by period unless collapsed, and the lags that occur; empty columns left out."""
    m = len(date)
    period = date - (date.min() if m else 0)
    columns: list[Floats] = []
    used = []
    for lag, value in zip(lags, values, strict=True):
        present = np.isfinite(value) & (value != 0)
        if not present.any():
            continue
        used.append(lag)
        filled = np.where(present, value, 0.0)
        if collapse:
            columns.append(filled[None, :])
        else:
            # uncollapsed: one column for each period in which this lag is present, zero in all other periods
            own = np.bincount(period[present]) > 0
            block, place = np.zeros((int(own.sum()), m)), np.cumsum(own) - 1
            block[place[period[present]], np.flatnonzero(present)] = filled[present]
            columns.append(block)
    return np.concatenate(columns) if columns else np.empty((0, m)), used


def assemble(blocks: Sequence[Block]) -> Instruments:
    """One matrix from all blocks: columns scaled to length one, redundant ones (the later of two that say the same) left out."""
    stacked = np.concatenate([b.columns for b in blocks])
    lengths = norms(stacked, None)
    stacked /= np.where(lengths > 0, lengths, 1.0)[:, None]
    standing = np.flatnonzero(lengths > 0)
    full = len(standing) == len(stacked)
    kept = standing[independent(stacked if full else stacked[standing], np.ones(len(standing)), None)[0]]
    owner = np.repeat(np.arange(len(blocks)), [len(b.columns) for b in blocks])[kept]
    counts = np.bincount(owner, minlength=len(blocks))
    sets = tuple(replace(b.described, count=int(c)) for b, c in zip(blocks, counts, strict=True))
    return Instruments(stacked if len(kept) == len(stacked) else stacked[kept], sets, len(stacked) - len(kept))
