"""Rows in no order are sorted once, on disk: passes over runs are several times faster than grouping a hundred million rows."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from toolkit.errors import EstimationError, ToolkitError
from toolkit.estimate.formula.spec import Effect, Spec
from toolkit.estimate.formula.terms import Factor, columns_of, shifts
from toolkit.estimate.large.engines import first_line, is_foreign, quoted, spill_made
from toolkit.estimate.large.sql import cluster_parts
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.rows.options import Options

_KEYS = re.compile(r"(U?(TINY|SMALL|BIG)?INT(EGER)?|INTEGER|VARCHAR)$")  # what Parquet keeps, and what passes over runs read


def together(table: LargeTable, questions: Sequence[tuple[Spec, Options]], columns: Iterable[str] = ()) -> LargeTable:
    """The table as it serves some questions best: itself, or a copy of their columns with the rows of each entity together.

    The copy lies in the table's ``spill_folder`` and is gone with the table. Questions that need other columns make it again with those
    of both.

    Parameters
    ----------
    columns : what else is asked for.

    Raises
    ------
    EstimationError
        If there is no room for the copy.
    UnknownOption
        If nothing can be written to the spill folder.
    """
    entity = table.entity
    if (
        entity is None
        or table.time is None
        or not table.sort
        or not table.engine.copies
        or not any(_by_runs(entity, *q) for q in questions)
    ):
        return table
    if table.ordered or not _KEYS.match(table.types[entity]):
        return table
    names = {entity, str(table.time), *columns}.union(*(_columns(table, *q) for q in questions))
    before: LargeTable | None = table._kept.get("sorted")
    if before is not None and names <= {*before.types}:
        return before
    kept = {*before.types} if before is not None else set()
    before = table._kept["sorted"] = None
    table._kept["sorted"] = made = _sorted(table, [c for c in table.types if c in names | kept])
    return made


def _factors(spec: Spec) -> list[Factor]:
    return [spec.left, *(f for term in (*spec.terms, *spec.endogenous, *spec.instruments) for f in term.factors)]


def _by_runs(entity: str, spec: Spec, options: Options) -> bool:
    """Whether passes over runs answer a question: entity effects, errors clustered by entity, or lags."""
    return Effect((entity,)) in spec.effects or (entity in options.clusters) or any(map(shifts, _factors(spec)))


def _columns(table: LargeTable, spec: Spec, options: Options) -> set[str]:
    names = {c for f in _factors(spec) for c in columns_of(f)} | {c for e in spec.effects for c in e.columns}
    return (
        names
        | {c for cluster in options.clusters for c in cluster_parts(table, cluster)}
        | ({options.weights} if options.weights else set())
    )


def _sorted(table: LargeTable, columns: Iterable[str]) -> LargeTable:
    spill = spill_made(table.spill_folder)
    folder = tempfile.TemporaryDirectory(prefix="sorted_", dir=spill, ignore_cleanup_errors=True)
    target = Path(folder.name) / "rows"  # no .parquet: the spill folder may lie in the folder of the source
    chosen = ", ".join(map(quoted, columns))
    where = str(target).replace("'", "''")
    rows = f"SELECT {chosen} FROM {table.calendar[0]} ORDER BY {quoted(str(table.entity))}, t_"
    try:
        table.query(f"COPY ({rows}) TO '{where}' (FORMAT parquet)", "sorting")
    except BaseException as error:
        folder.cleanup()
        cause = error.__cause__ or error
        of_the_source = isinstance(error, ToolkitError) and not isinstance(error, EstimationError)
        if of_the_source or not is_foreign(cause):
            raise
        raise EstimationError(
            f"{table.label} could not be sorted: {first_line(cause)}",
            where=folder.name,
            remedy="name a roomier spill_folder, allow a higher memory_limit, or group the rows as they are: sort=False",
        ) from error
    made = LargeTable(
        target, table.entity, table.time, step=table.step, memory_limit=table.memory_limit, spill_folder=spill, threads=table.threads
    )
    made._kept.update(label=table.label, folder=folder)
    return made
