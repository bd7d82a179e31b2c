"""Which rows enter an estimation: chosen once, every drop counted and named.

An estimate keeps of its rows where they stand in the data, the outcome and the residuals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EmptySample, EstimationError
from toolkit.estimate.formula.spec import Effect, Spec
from toolkit.estimate.formula.terms import Category, Column, Factor, Term, columns_of, shifts
from toolkit.estimate.rows.columns import MISSING, DesignColumn, TermValues, build_column, design_columns, evaluate, reason_of
from toolkit.estimate.rows.grouping import Grouping, Sloped, crossed
from toolkit.estimate.rows.options import Dropped, Options, infinite, missing, singleton, zero_weight
from toolkit.estimate.rows.source import Source
from toolkit.language import Note
from toolkit.numerics import Floats

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class KeptRows:
    """The n rows behind an estimate: where they stand in the data, which are referred to and not copied, and two arrays of numbers.

    Columns with effects removed are made again when a test first asks for them, and kept from then on.

    Attributes
    ----------
    source : the data.
    options : how the estimate was asked for.
    labels : index of the data, all rows.
    positions : (n,) positions of the rows in the data; None if none left.
    outcome, residuals : (n,); None for entity means and GMM, which have no residual by row.
    """

    source: Source
    options: Options
    labels: pd.Index
    positions: NDArray[np.intp] | None
    outcome: Floats | None = None
    residuals: Floats | None = None
    _made: dict[str, object] = field(default_factory=dict, repr=False)

    def aligned(self, values: Floats, name: str) -> pd.Series:
        """``values`` (n,) on all rows of the data, missing where a row did not enter."""
        if self.positions is None:
            return pd.Series(values.copy(), index=self.labels, name=name)
        padded = np.full(len(self.labels), np.nan)
        padded[self.positions] = values
        return pd.Series(padded, index=self.labels, name=name)

    def once(self, name: str, make: Callable[[], _T]) -> _T:
        """What ``make`` gives, made on the first call only."""
        if name not in self._made:
            self._made[name] = make()
        return cast(_T, self._made[name])


class RowSelection:
    """The rows still in, and the account of those that left.

    Parameters
    ----------
    source : the data.
    rows : positions in the data of the rows under account; default all.
    """

    def __init__(self, source: Source, rows: NDArray[np.intp] | None = None) -> None:
        self.source = source
        self.rows = np.arange(len(source)) if rows is None else rows
        self.inside: NDArray[np.bool_] = np.ones(len(self.rows), dtype=bool)
        self.dropped: list[Dropped] = []

    def drop(self, bad: NDArray[np.bool_], reason: Note) -> None:
        """Take out the rows where ``bad`` is true; those that already left are not counted again."""
        leaving = bad & self.inside
        rows = int(np.count_nonzero(leaving))
        if rows:
            self.dropped.append(Dropped(reason, rows, self.source.row_name(int(self.rows[leaving.argmax()]))))
            self.inside &= ~leaving

    @property
    def complete(self) -> bool:
        """Whether no row left."""
        return bool(self.inside.all())

    def require(self, what: str) -> None:
        """Raise EmptySample with the account when no row is left."""
        if not self.inside.any():
            account = "; ".join(f"{d.reason}: {d.rows} (first {d.first})" for d in self.dropped) or "the data have no rows"
            raise EmptySample(f"no row is left for {what}", where=f"{self.source.label}, {len(self.rows)} rows: {account}", remedy=EMPTY)


LARGEST = 1e70  # covariances hold products of four values
EMPTY = "look at the reason with the most rows: use another variable, fewer lags, asinh instead of log, or fewer absorbed effects"


@dataclass(frozen=True)
class Sample:
    """The rows of one estimation as arrays. The matrix is the estimator's to work on; the frame behind it is not touched.

    Attributes
    ----------
    spec : the question.
    source : the data.
    options : how standard errors are computed.
    matrix : (1 + k, n) outcome first, then one row per design column; the estimator works in place on it.
    columns : the k design columns.
    weights : (n,) with mean one, or None.
    effects, clusters : groupings of the absorbed effects (where they are slopes alone, the constant is one more) and of the clusters.
    entity, period : groupings of the panel roles; None for a cross-section.
    calendar : (n,) time of each row, or None.
    dropped : counts of dropped rows.
    positions : (n,) positions of the rows in the data.
    raw : gives design column j again as it was before anything was removed from the matrix.
    """

    spec: Spec
    source: Source
    options: Options
    matrix: NDArray[np.float64]
    columns: tuple[DesignColumn, ...]
    weights: NDArray[np.float64] | None
    effects: tuple[Grouping, ...]
    clusters: tuple[Grouping, ...]
    entity: Grouping | None
    period: Grouping | None
    calendar: NDArray[np.int64] | None
    dropped: tuple[Dropped, ...]
    positions: NDArray[np.intp]
    raw: Callable[[int], NDArray[np.float64]]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the k design columns."""
        return tuple(column.text for column in self.columns)

    @property
    def named_effects(self) -> tuple[tuple[str, Grouping], ...]:
        """(text, grouping) of the absorbed effects; the constant added to slopes alone is the last."""
        constant = ("the constant",) if self.spec.only_slopes else ()
        return tuple(zip((*self.spec.absorb, *constant), self.effects, strict=True))

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.matrix.shape[1])

    def kept(self, outcome: Floats | None = None, residuals: Floats | None = None) -> KeptRows:
        """The rows as an estimate keeps them, with outcome and residuals (n,) where each row has its own."""
        source = self.source.afresh()
        positions = None if len(self.positions) == len(source) else self.positions
        return KeptRows(
            source=source, options=self.options, labels=source.frame.index, positions=positions, outcome=outcome, residuals=residuals
        )


def select(
    spec: Spec,
    source: Source,
    options: Options,
    present: tuple[Term, ...] = (),
    outside: tuple[Note, NDArray[np.bool_]] | None = None,
) -> Sample:
    """Choose rows and build the matrix; singletons of the absorbed effects leave unless the convention keeps them.

    Parameters
    ----------
    present : rows where one of these terms is missing leave too, though it is no regressor (the threshold variable).
    outside : (reason, mask over all rows) of rows that leave first. Lags still look at them, as with Stata's ``if``.

    Raises
    ------
    EmptySample, MissingColumn, NotNumeric, FormulaError, EstimationError
    """
    selection = RowSelection(source)
    if outside is not None:
        selection.drop(outside[1], outside[0])
        selection.require(spec.formula)
    values = _usable(spec=spec, source=source, options=options, selection=selection, present=present)
    selection.require(spec.formula)
    if options.small_sample not in ("xtreg", "plm"):
        drop_singletons([(e.by, _effect_grouping(e, source)) for e in spec.effects if e.level], selection)
        selection.require(spec.formula)
    return _build(spec=spec, source=source, options=options, selection=selection, values=values)


def select_with_singletons(spec: Spec, source: Source, options: Options) -> Sample:
    """Choose rows and build the matrix, keeping rows whose effect is seen once (differences drop them later)."""
    selection = RowSelection(source)
    values = _usable(spec, source, options, selection)
    selection.require(spec.formula)
    return _build(spec=spec, source=source, options=options, selection=selection, values=values)


def select_again(spec: Spec, source: Source, options: Options, positions: NDArray[np.intp] | None) -> Sample:
    """The matrix on rows that were chosen before: all if ``positions`` is None."""
    selection = RowSelection(source)
    if positions is not None:
        selection.inside[:] = False
        selection.inside[positions] = True
    factors = [spec.left, *(f for t in spec.terms for f in t.factors), *(s for e in spec.effects for s in e.slopes)]
    values = {f.text: evaluate(f, source) for f in factors if not isinstance(f, Category)}
    return _build(spec=spec, source=source, options=options, selection=selection, values=values)


def restrict(sample: Sample, selection: RowSelection) -> Sample:
    """The sample without the rows that ``selection`` took out, with its account added.

    Parameters
    ----------
    sample : the rows chosen so far; its matrix is copied.
    selection : an account over ``sample.positions``.
    """
    if selection.complete:
        return sample
    inside = selection.inside

    def taken(grouping: Grouping | None) -> Grouping | None:
        return None if grouping is None else grouping.take(inside)

    return replace(
        sample,
        matrix=sample.matrix[:, inside],
        weights=None if sample.weights is None else _relative(sample.weights[inside]),
        effects=tuple(g.take(inside) for g in sample.effects),
        clusters=tuple(g.take(inside) for g in sample.clusters),
        entity=taken(sample.entity),
        period=taken(sample.period),
        calendar=None if sample.calendar is None else sample.calendar[inside],
        dropped=tuple(by_reason([*sample.dropped, *selection.dropped])),
        positions=sample.positions[inside],
        raw=lambda j: sample.raw(j)[inside],
    )


def _effect_grouping(effect: Effect, source: Source) -> Grouping:
    """Codes of an absorbed effect, combined ones included."""
    parts = [source.group(name) for name in effect.columns]
    return parts[0] if len(parts) == 1 else crossed(parts)


def drop_singletons(effects: list[tuple[str, Grouping]], selection: RowSelection) -> None:
    """Take out rows whose level of an effect is seen once, again and again until none is left."""
    found = True
    while found:
        found = False
        for text, grouping in effects:
            counts = grouping.counts if selection.complete else np.bincount(grouping.codes[selection.inside], minlength=grouping.levels)
            if (counts == 1).any():
                alone = np.append(counts == 1, False)[grouping.codes]
                selection.drop(alone, singleton(text))
                found = True
    selection.dropped[:] = by_reason(selection.dropped)


def by_reason(dropped: list[Dropped]) -> list[Dropped]:
    """One entry per reason: repeated rounds over singletons are added up."""
    merged: dict[Note, Dropped] = {}
    for d in dropped:
        old = merged.get(d.reason)
        merged[d.reason] = d if old is None else Dropped(d.reason, old.rows + d.rows, old.first)
    return list(merged.values())


def _usable(spec: Spec, source: Source, options: Options, selection: RowSelection, present: tuple[Term, ...] = ()) -> dict[str, TermValues]:
    """Evaluate every numeric factor once, and take out the rows that cannot be used."""
    values: dict[str, TermValues] = {}
    for factor in [spec.left, *(f for term in (*spec.terms, *present) for f in term.factors)]:
        if isinstance(factor, Category):
            _drop_missing_group(factor.name, source, selection)
        elif factor.text not in values:
            found = values[factor.text] = evaluate(factor, source)
            _drop_reasons(factor, found, source, selection)
    for slope in (s for e in spec.effects for s in e.slopes if s.text not in values):
        found = values[slope.text] = evaluate(slope, source)
        _drop_reasons(slope, found, source, selection)
    for name in dict.fromkeys((*(c for e in spec.effects for c in e.columns), *options.clusters)):
        _drop_missing_group(name, source, selection)
    if options.weights:
        _drop_weights(options.weights, source, selection)
    return values


def _drop_reasons(factor: Factor, found: TermValues, source: Source, selection: RowSelection) -> None:
    if found.why is None:
        return
    if not shifts(factor):
        for name in columns_of(factor):
            numbers = source.numbers(name)
            selection.drop(np.isnan(numbers), missing(name))
            if not isinstance(factor, Column):
                selection.drop(np.isinf(numbers), infinite(name))
    for code in range(MISSING, 5):
        selection.drop(found.why == code, reason_of(code, factor))


def _drop_missing_group(name: str, source: Source, selection: RowSelection) -> None:
    codes = source.group(name).codes
    if len(codes) and codes.min() < 0:
        selection.drop(codes < 0, missing(name))


def _drop_weights(name: str, source: Source, selection: RowSelection) -> None:
    weights = source.numbers(name)
    _drop_reasons(Column(name), evaluate(Column(name), source), source, selection)
    negative = selection.inside & (weights < 0)
    if negative.any():
        first = int(negative.argmax())
        raise EstimationError(
            f"{int(negative.sum())} weights in {name} are negative",
            where=f"first {source.row_name(first)}",
            remedy="weights must be positive",
        )
    selection.drop(weights == 0, zero_weight(name))


def _build(spec: Spec, source: Source, options: Options, selection: RowSelection, values: dict[str, TermValues]) -> Sample:
    inside = None if selection.complete else selection.inside
    n = len(source) if inside is None else int(np.count_nonzero(inside))
    columns = design_columns(spec, source, selection.inside)
    matrix = np.empty((1 + len(columns), n))
    numbers = {text: v.numbers for text, v in values.items()}
    matrix[0] = _rows(numbers[spec.left.text], inside)
    for j, column in enumerate(columns, start=1):
        matrix[j] = _rows(build_column(column, numbers, source), inside)
    positions = selection.rows if inside is None else np.flatnonzero(inside)
    for name, row in zip((spec.outcome, *(column.text for column in columns)), matrix, strict=True):
        _require_size(name, row, positions, source)

    def taken(grouping: Grouping) -> Grouping:
        return grouping if inside is None else grouping.take(inside)

    known: dict[str, Grouping] = {}

    def grouping_of(effect: Effect) -> Grouping:
        if effect.text not in known:
            known[effect.text] = taken(_effect_grouping(effect, source))
        return known[effect.text]

    def absorbed(effect: Effect) -> Grouping:
        plain = grouping_of(Effect(effect.columns))
        if not effect.slopes:
            return plain
        variables = np.stack([_rows(numbers[slope.text], inside) for slope in effect.slopes])
        for slope, row in zip(effect.slopes, variables, strict=True):
            _require_size(slope.text, row, positions, source)
        return Sloped(codes=plain.codes, levels=plain.levels, slopes=variables, level=effect.level, by=effect.by)

    constant = (Grouping(np.zeros(n, dtype=np.intp), 1),) if spec.only_slopes else ()
    roles = [None if name is None else grouping_of(Effect((name,))) for name in (source.entity, source.time)]
    return Sample(
        spec=spec,
        source=source,
        options=options,
        matrix=matrix,
        columns=columns,
        weights=None if options.weights is None else _relative(_rows(source.numbers(options.weights), inside)),
        effects=(*(absorbed(e) for e in spec.effects), *constant),
        clusters=tuple(grouping_of(Effect((name,))) for name in options.clusters),
        entity=roles[0],
        period=roles[1],
        calendar=None if source.time is None else _rows(source.calendar, inside),
        dropped=tuple(selection.dropped),
        positions=positions,
        raw=lambda j: np.array(_rows(build_column(columns[j], numbers, source), inside)),
    )


def _require_size(name: str, values: NDArray[np.float64], positions: NDArray[np.intp], source: Source) -> None:
    """Raise EstimationError if the largest of the values is so large, or so small, that products of four of them are no numbers."""
    size = max(float(values.max()), -float(values.min()))
    if size > LARGEST or 0 < size < 1 / LARGEST:
        row = source.row_name(int(positions[int(np.abs(values).argmax())]))
        kind = "large" if size > 1 else "small"
        raise EstimationError(
            f"{name} is too {kind} to compute with: its largest value is {size:.3g}",
            where=row,
            remedy="look whether it is a number at all (codes of missing values, wrong units); then rescale it, or take its logarithm",
        )


def _relative(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights with mean one, as Stata's aweights: only their ratios count, and rmse keeps the unit of the outcome."""
    return np.asarray(weights / weights.mean())


def _rows(values: NDArray[np.generic], inside: NDArray[np.bool_] | None) -> NDArray:  # type: ignore[type-arg]
    return values if inside is None else values[inside]
