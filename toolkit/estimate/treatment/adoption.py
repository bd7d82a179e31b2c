"""Who is treated from when on: the rows of a formula as a table of entities by periods, with the first treated period of each entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError, FormulaError, TooFewClusters, UnclearPeriods
from toolkit.estimate.formula.spec import Effect, Spec, parse, refuse_instruments, with_effects
from toolkit.estimate.rows.options import Counts, Options
from toolkit.estimate.rows.sample import RowSelection, Sample, restrict, select
from toolkit.estimate.rows.source import Source, panel_source
from toolkit.estimate.solve.covariance import few_clusters
from toolkit.language import Name, Note, Text, note
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.periods import covered, shown_time

NEVER = np.iinfo(np.int64).max
"""The first treated period of an entity that is never treated in the data."""

_FEW_TREATED = 10  # treated clusters below which cluster-robust and multiplier inference is known to fail (MacKinnon and Webb 2017)
_SHOWN = 3

_ALWAYS = note(
    "treated_from_first_row",
    Text("treated from the first row on, so that no untreated period of their own is seen", "自首个观测起即受处理，缺少自身的处理前时期"),
)


@dataclass(frozen=True, eq=False)
class Adoption:
    """A sample as a table of N entities by T periods.

    Attributes
    ----------
    sample : the n rows.
    treatment : the column it is read from.
    onset : (N,) first treated period as the calendar counts it, ``NEVER`` for entities that are not treated.
    periods : (T,) the periods that occur.
    at : (N, T) position of the row in the sample, -1 where there is none.
    names : (N,) entities.
    notes : what the reader must know.
    """

    sample: Sample
    treatment: str
    onset: NDArray[np.int64]
    periods: NDArray[np.int64]
    at: NDArray[np.intp]
    names: NDArray[np.object_]
    notes: tuple[Note, ...] = ()

    @cached_property
    def seen(self) -> NDArray[np.bool_]:
        """(N, T) where there is a row."""
        return self.at >= 0

    @cached_property
    def outcome(self) -> Floats:
        """(N, T), NaN where there is no row."""
        return self.table(self.sample.matrix[0])

    @cached_property
    def covariates(self) -> Floats:
        """(k, N, T)."""
        return (
            np.stack([self.table(row) for row in self.sample.matrix[1:]]) if len(self.sample.matrix) > 1 else np.empty((0, *self.at.shape))
        )

    @property
    def cohorts(self) -> NDArray[np.int64]:
        """First treated periods that occur, in order."""
        return np.unique(self.onset[self.onset < NEVER])

    @property
    def entity(self) -> NDArray[np.intp]:
        """(n,) entity of each row of the sample."""
        assert self.sample.entity is not None
        return self.sample.entity.codes

    @property
    def calendar(self) -> NDArray[np.int64]:
        """(n,) period of each row of the sample."""
        assert self.sample.calendar is not None
        return self.sample.calendar

    @property
    def row_onset(self) -> NDArray[np.int64]:
        """(n,) first treated period of the entity of each row."""
        return self.onset[self.entity]

    @property
    def event_time(self) -> NDArray[np.int64]:
        """(n,) periods since the first treated one; ``-NEVER`` for entities that are not treated."""
        onset = self.row_onset
        return np.where(onset < NEVER, self.calendar - np.minimum(onset, 2**40), -NEVER)

    @cached_property
    def clusters(self) -> NDArray[np.intp]:
        """(N,) cluster of each entity.

        Raises
        ------
        EstimationError
            If an entity has rows in two clusters.
        """
        codes = self.sample.clusters[0].codes
        found = np.empty(len(self.onset), dtype=np.intp)
        found[self.entity] = codes
        moved = found[self.entity] != codes
        if moved.any():
            row = self.sample.source.row_name(int(self.sample.positions[int(moved.argmax())]))
            raise EstimationError(
                f"an entity has rows in two clusters of {self.sample.options.clusters[0]}",
                where=f"first {row}",
                remedy="cluster by a column that is fixed for each entity",
            )
        return found

    def table(self, values: Floats) -> Floats:
        """(N, T) of one value per row."""
        return np.where(self.seen, values[self.at], np.nan)

    def shown(self, count: int) -> object:
        """A period as the panel shows it."""
        step = self.sample.source.step
        return int(count) if step in ("unit", "year") else shown_time(int(count), step)

    def listed(self, who: NDArray[np.intp]) -> tuple[object, ...]:
        """The first few of some entities by name."""
        more = (Text("...", "等"),) if len(who) > _SHOWN else ()
        return (*(str(self.names[i]) for i in who[:_SHOWN]), *more)

    def keep(self, rows: NDArray[np.bool_], reason: Note) -> Adoption:
        """The adoption on some of its rows (n,); the others are counted under ``reason``."""
        if rows.all():
            return self
        selection = RowSelection(self.sample.source, self.sample.positions)
        selection.drop(~rows, reason)
        selection.require(self.sample.spec.formula)
        kept = np.unique(self.entity[rows])
        sample = restrict(self.sample, selection)
        return replace(_table(sample, self.treatment, self.onset[kept]), names=self.names[kept], notes=self.notes)

    def again(self, onset: NDArray[np.int64]) -> Adoption:
        """The same rows with other first treated periods (N,)."""
        return replace(self, onset=onset)

    def counts(self) -> Counts:
        """The counts that a result reports."""
        sample = self.sample
        return Counts(
            rows_given=len(sample.source),
            rows=sample.rows,
            entities=len(self.onset),
            periods=len(self.periods),
            clusters=tuple((name, g.levels) for name, g in zip(sample.options.clusters, sample.clusters, strict=True)),
            dropped=sample.dropped,
        )


def _table(sample: Sample, treatment: str, onset: NDArray[np.int64]) -> Adoption:
    assert sample.entity is not None
    assert sample.calendar is not None
    begin = int(sample.calendar.min())
    present = np.bincount(sample.calendar - begin) > 0
    periods, column = begin + np.flatnonzero(present), (np.cumsum(present) - 1)[sample.calendar - begin]
    onset = np.where(onset > periods[-1], NEVER, onset)
    at = np.full((sample.entity.levels, len(periods)), -1, dtype=np.intp)
    at[sample.entity.codes, column] = np.arange(sample.rows)
    first = _first_rows(sample.entity.codes)
    names = sample.source.frame[sample.source.entity].to_numpy(dtype=object)[sample.positions[first]]
    return Adoption(sample=sample, treatment=treatment, onset=onset, periods=periods, at=at, names=names)


def _first_rows(codes: NDArray[np.intp]) -> NDArray[np.intp]:
    """(N,) the first row of each entity; the rows of a panel are sorted by entity."""
    return np.flatnonzero(np.diff(codes, prepend=-1))


def read_adoption(
    formula: str | Spec, panel: Panel, treatment: str, cluster: str | Sequence[str] | None = None, purpose: str = "event_study"
) -> Adoption:
    """The rows of a formula with the first treated period of each entity.

    Parameters
    ----------
    formula : ``"log(emp) ~ 1"`` or ``"log(emp) ~ log(pop)"``; entity and period effects are part of every estimator and not written.
    treatment : a column of 0 and 1 that never goes back to 0, or the first treated period of each entity (0, missing, or after the last
        period: never).
    cluster : one column; default the entity.

    Raises
    ------
    FormulaError, MissingColumn, EmptySample, EstimationError
        EstimationError names entity and period where the treatment is missing, is neither of the two kinds, or switches off.
    """
    source = panel_source(panel, purpose)
    assert source.entity is not None
    assert source.time is not None
    spec = refuse_instruments(parse(formula), purpose)
    if spec.effects:
        raise FormulaError(
            f"{purpose} has effects of {source.entity} and {source.time} of its own", where=spec.formula, remedy="leave out what follows |"
        )
    onset, notes = _onset(source, treatment)
    options = Options.read(source, cluster=cluster)
    if len(options.clusters) > 1:
        raise EstimationError(f"{purpose} takes one cluster variable", where=str(cluster), remedy=f"cluster={options.clusters[0]!r}")
    sample = select(with_effects(spec, (Effect((source.entity,)), Effect((source.time,)))), source, options)
    entity = source.group(source.entity).codes[sample.positions]
    assert sample.entity is not None
    made = _table(sample, treatment, onset[entity[_first_rows(sample.entity.codes)]])
    if made.sample.clusters[0].levels < 2:
        raise TooFewClusters(f"there is one cluster by {options.clusters[0]}", where=spec.formula, remedy="cluster by a finer column")
    return replace(made, notes=(*notes, *_about(made)))


def without_always_treated(adoption: Adoption) -> Adoption:
    """Without the entities that are treated from their first row on: no estimator here can say what they would have been untreated.

    Raises
    ------
    EstimationError
        If no treated entity is left.
    """
    first = adoption.periods[adoption.seen.argmax(axis=1)]
    always = np.flatnonzero(adoption.onset <= first)
    kept = adoption
    if len(always):
        kept = adoption.keep(~np.isin(adoption.entity, always), _ALWAYS)
        text = Text(
            "{count} of {all} entities are treated from their first row on ({who}, first row {period}) and are left out; give earlier "
            "rows of them, or study them apart.",
            "{all}个个体中有{count}个自首个观测起即受处理（{who}，首个观测为{period}），未纳入估计；可补充其更早的观测，或另行研究。",
        )
        period = adoption.shown(first[always[0]])
        kept = replace(
            kept,
            notes=(
                *kept.notes,
                note("always_treated", text, count=len(always), all=len(adoption.onset), who=adoption.listed(always), period=str(period)),
            ),
        )
    if not len(kept.cohorts):
        raise EstimationError(
            f"no entity changes to treated by {adoption.treatment}",
            where=f"{len(adoption.onset)} entities, {len(always)} of them treated from their first row on",
            remedy="the treatment must begin inside the panel for some entity",
        )
    return kept


def _onset(source: Source, treatment: str) -> tuple[NDArray[np.int64], list[Note]]:
    """(entities of the source,) first treated periods, and notes on what had to be assumed."""
    assert source.entity is not None
    column = source.column(treatment)
    if pd.api.types.is_numeric_dtype(column.dtype):
        values = source.numbers(treatment)
        if np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            return _from_indicator(source, treatment, values)
    codes, distinct = pd.factorize(column)
    read = np.array([_period(source, treatment, value, int((codes == j).argmax())) for j, value in enumerate(distinct)], dtype=np.int64)
    counted = np.append(read, NEVER)[codes]
    entity = source.group(source.entity)
    onset = np.full(entity.levels, NEVER, dtype=np.int64)
    onset[entity.codes] = counted
    varies = onset[entity.codes] != counted
    if varies.any():
        row = int(varies.argmax())
        raise _neither(source, treatment, row, column.iloc[row])
    return onset, []


def _period(source: Source, treatment: str, value: object, row: int) -> int:
    """A first treated period as the calendar counts it."""
    number = float(value) if isinstance(value, int | float | np.integer | np.floating) else None
    if number == 0 or number == np.inf or value == "0":
        return int(NEVER)
    if number is not None and source.step in ("unit", "year") and number.is_integer():
        return int(number)
    try:
        return covered(value, source.step)[0]
    except UnclearPeriods as error:
        raise _neither(source, treatment, row, value) from error


def _neither(source: Source, treatment: str, row: int, value: object) -> EstimationError:
    return EstimationError(
        f"{treatment} is neither 0 and 1 nor one first treated period for each {source.entity}",
        where=f"first {source.row_name(row)}: {value}",
        remedy="a column of 0 and 1 that stays 1, or the first treated period in all rows of an entity (0 or empty: never treated)",
    )


def _from_indicator(source: Source, treatment: str, values: Floats) -> tuple[NDArray[np.int64], list[Note]]:
    assert source.entity is not None
    missing = np.isnan(values)
    if missing.any():
        raise EstimationError(
            f"{treatment} is missing in {int(missing.sum())} rows",
            where=f"first {source.row_name(int(missing.argmax()))}",
            remedy="fill it: 0 where the entity is not treated yet, 1 from the first treated period on",
        )
    entity, calendar = source.group(source.entity), source.calendar
    onset = np.full(entity.levels, NEVER, dtype=np.int64)
    np.minimum.at(onset, entity.codes[values == 1], calendar[values == 1])
    off = (values == 0) & (calendar > onset[entity.codes])
    if off.any():
        row = int(off.argmax())
        since = shown_time(int(onset[entity.codes[row]]), source.step)
        raise EstimationError(
            f"{treatment} switches off in {int(off.sum())} rows; these estimators take a treatment as lasting once it has begun",
            where=f"first {source.row_name(row)}, treated since {since}",
            remedy="end the rows of such an entity before it switches off, or define the treatment as having ever begun",
        )
    first = (values == 1) & (calendar == onset[entity.codes])
    before = source.earlier(1)
    start = np.full(entity.levels, NEVER, dtype=np.int64)
    np.minimum.at(start, entity.codes, calendar)
    unsure = np.flatnonzero(first & (before < 0) & (calendar > start[entity.codes]) & np.isin(calendar - 1, calendar))
    if not len(unsure):
        return onset, []
    text = Text(
        "{count} entities have no row in the period before the first treated one ({row}): the treatment is taken to begin in the latter; "
        "name the first treated periods in a column if it began before.",
        "{count}个个体在首个受处理观测的前一期没有观测（{row}）：处理视为始于该受处理观测；若实际更早，请另列首个受处理时期。",
    )
    return onset, [note("onset_in_gap", text, count=len(unsure), row=source.row_name(int(unsure[0])))]


def _about(adoption: Adoption) -> list[Note]:
    """Gaps, few clusters, few treated clusters, cohorts of one entity."""
    found: list[Note] = []
    if not adoption.seen.all():
        empty = np.argwhere(~adoption.seen)[0]
        text = Text(
            "The panel is not balanced: {count} of {cells} cells of entities and periods are empty (first {who} {period}). A comparison of "
            "two periods uses the entities seen in both.",
            "面板非平衡：个体×时期的{cells}个单元中有{count}个为空（首个为{who} {period}）。两期比较仅用两期均有观测的个体。",
        )
        values = {"count": int((~adoption.seen).sum()), "cells": adoption.at.size, "who": str(adoption.names[empty[0]])}
        found.append(note("not_balanced", text, **values, period=str(adoption.shown(adoption.periods[empty[1]]))))
    found += few_clusters(adoption.sample.options.clusters, adoption.sample.clusters)
    treated = adoption.onset < NEVER
    clusters = len(np.unique(adoption.clusters[treated]))
    if 0 < clusters < _FEW_TREATED:
        text = Text(
            "Only {count} clusters by {name} are treated ({who}): standard errors are too small with so few; see permute_timing and "
            "synthetic_control.",
            "按{name}聚类仅{count}组受处理（{who}）：处理组过少时标准误偏小，可用permute_timing与synthetic_control。",
        )
        name = Name(adoption.sample.options.clusters[0])
        found.append(note("few_treated", text, count=clusters, name=name, who=adoption.listed(np.flatnonzero(treated))))
    cohorts, sizes = np.unique(adoption.onset[treated], return_counts=True)
    alone = cohorts[sizes == 1]
    if len(alone):
        text = Text(
            "{count} cohorts are one entity alone (first {who}, {period}): their own effects have standard errors that leave out what is "
            "particular to it.",
            "有{count}个批次仅含一个个体（首个为{who}，{period}）：其自身效应的标准误未计入该个体的特异波动。",
        )
        who = str(adoption.names[np.flatnonzero(adoption.onset == alone[0])[0]])
        found.append(note("cohort_of_one", text, count=len(alone), who=who, period=str(adoption.shown(alone[0]))))
    return found
