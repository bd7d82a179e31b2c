"""Rows in the order of their source, batch by batch: Parquet files by row groups, side by side, or the answer of a query as it comes."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from toolkit.numerics import Floats

BATCH = 32_768  # rows: the columns of a batch stay in the cache of a core

_T = TypeVar("_T")


class OutOfOrder(Exception):
    """The rows of an entity are not together: what is summed run by run would be wrong, and grouped SQL must do it."""


@dataclass(frozen=True)
class Batch:
    """Some rows that follow each other.

    Attributes
    ----------
    keys : (n,) the entities, as numbers or as positions in ``names``. names : texts of the entities, None where the keys are numbers.
    periods : (n,) the periods, or their codes. columns : (n,) each.
    """

    keys: NDArray[Any]
    names: NDArray[np.object_] | None
    periods: NDArray[np.int64]
    columns: tuple[Floats, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def rows(self, chosen: slice | NDArray[np.bool_]) -> Batch:
        """Some of the rows."""
        return Batch(self.keys[chosen], self.names, self.periods[chosen], tuple(x[chosen] for x in self.columns))

    def named(self, at: NDArray[np.intp]) -> NDArray[Any]:
        """The entities of some rows."""
        keys = self.keys[at]
        return keys if self.names is None else self.names[keys]

    def starts(self) -> NDArray[np.intp]:
        """Where the runs of one entity begin; OutOfOrder unless the entities rise from run to run, and the periods within each."""
        new = self.keys[1:] != self.keys[:-1]
        starts = np.concatenate([[0], np.flatnonzero(new) + 1])
        names = self.named(starts)
        if not (names[1:] > names[:-1]).all() or not (new | (self.periods[1:] > self.periods[:-1])).all():
            raise OutOfOrder
        return starts


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches one below the other, without positions in lists of names."""
    keys = [b.keys if b.names is None else b.names[b.keys] for b in batches]
    columns = tuple(np.concatenate(parts) for parts in zip(*(b.columns for b in batches), strict=True))
    return Batch(np.concatenate(keys), None, np.concatenate([b.periods for b in batches]), columns)


Task = Callable[[], Iterator[Batch]]


def in_order(tasks: Iterator[Task], work: Callable[[Batch], _T], threads: int | None, advance: Callable[[int], None]) -> Iterator[_T]:
    """What ``work`` makes of each batch, in the order of the rows; the work itself is done side by side.

    Parameters
    ----------
    advance : called with the number of rows that are done.
    """
    count, done = threads or os.cpu_count() or 1, 0
    waiting: deque[Future[list[tuple[int, _T]]]] = deque()

    def finished(task: Task) -> list[tuple[int, _T]]:
        return [(len(batch), work(batch)) for batch in task() if len(batch)]

    with ThreadPoolExecutor(count) as pool:
        try:
            for task in tasks:
                waiting.append(pool.submit(finished, task))
                while len(waiting) > 2 * count:
                    for rows, result in waiting.popleft().result():
                        done += rows
                        yield result
                    advance(done)
            while waiting:
                for _, result in waiting.popleft().result():
                    yield result
        finally:
            for future in waiting:
                future.cancel()


def ordered_keys(tasks: Iterator[Task], threads: int | None, advance: Callable[[int], None]) -> tuple[int, int] | None:
    """Entities and rows, if each entity's rows follow each other with rising periods (no key is missing or twice); else None.

    Parameters
    ----------
    tasks, threads, advance : as in :func:`in_order`.
    """
    entities = rows = 0
    before: tuple[Any, int] | None = None

    def ends(batch: Batch) -> tuple[int, int, tuple[Any, int], tuple[Any, int]]:
        runs, at = len(batch.starts()), np.array([0, len(batch) - 1])
        first, last = zip(batch.named(at).tolist(), batch.periods[at].tolist(), strict=True)
        return runs, len(batch), first, last

    try:
        for runs, n, first, last in in_order(tasks, ends, threads, advance):
            if before is not None and not before < first:
                return None
            entities += runs - int(before is not None and before[0] == first[0])
            rows, before = rows + n, last
    except OutOfOrder:
        return None
    return entities, rows


def files_of(path: Path) -> list[str]:
    """The Parquet files of a path, folder or pattern, in the order of their names."""
    if path.is_dir():
        return sorted(map(str, path.rglob("*.parquet")))
    if path.exists():
        return [str(path)]
    root = Path(path.anchor) if path.anchor else Path()
    return sorted(str(p) for p in root.glob(str(path.relative_to(path.anchor)) if path.anchor else str(path)))


def plain_columns(paths: Sequence[str]) -> frozenset[str]:
    """Names of the columns that each file has, in the same type, as numbers or texts that need no database to be read."""
    from pyarrow import parquet, types

    if not paths:
        return frozenset()
    schemas = [parquet.read_schema(path) for path in paths]
    simple = (types.is_integer, types.is_floating, types.is_string, types.is_large_string)
    return frozenset(
        field.name
        for field in schemas[0]
        if any(test(field.type) for test in simple)
        and all(field.name in s.names and s.field(field.name).type == field.type for s in schemas)
    )


def of_files(
    paths: Sequence[str], entity: str, time: str, columns: Sequence[str], made: Callable[[Batch], Batch] = lambda batch: batch
) -> Iterator[Task]:
    """A task for each row group.

    Parameters
    ----------
    entity, time, columns : names in the files. made : what becomes of a batch as it is read.
    """
    from pyarrow import parquet, types

    kept = threading.local()
    names = list(dict.fromkeys([entity, time, *columns]))

    def read(path: str, meta: Any, group: int, text: bool) -> Iterator[Batch]:
        if getattr(kept, "path", None) != path:
            kept.path, kept.file = path, parquet.ParquetFile(path, metadata=meta, read_dictionary=[entity] if text else None)
        for found in kept.file.iter_batches(BATCH, row_groups=[group], columns=names, use_threads=False):
            yield made(_batch(found.column(entity), found.column(time), [found.column(name) for name in columns]))

    for path in paths:
        meta = parquet.read_metadata(path)
        text = not types.is_integer(meta.schema.to_arrow_schema().field(entity).type)
        for group in range(meta.num_row_groups):
            yield partial(read, path, meta, group, text)


def of_query(reader: Any, columns: int) -> Iterator[Task]:
    """A task for each batch of an answer with the columns ``e_``, ``s_``, ``x0_``, ... ``x<columns - 1>_``."""

    def convert(found: Any) -> Iterator[Batch]:
        yield _batch(found.column("e_"), found.column("s_"), [found.column(f"x{j}_") for j in range(columns)])

    for found in reader:
        yield partial(convert, found)


def as_arrays(table: Any) -> dict[str, Any]:
    """The columns of an Arrow table as arrays, masked where a value is missing; rows of values as dictionaries."""
    from pyarrow import types

    found: dict[str, Any] = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if types.is_struct(column.type):
            values = np.empty(len(column), dtype=object)
            values[:] = column.to_pylist()
        else:
            empty = "" if types.is_string(column.type) else 0
            values = (column.fill_null(empty) if column.null_count else column).to_numpy()
        found[name] = np.ma.masked_array(values, column.is_null().to_numpy()) if column.null_count else values
    return found


def _batch(keys: Any, periods: Any, columns: Sequence[Any]) -> Batch:
    from pyarrow import types

    if keys.null_count or periods.null_count:
        raise OutOfOrder  # a missing key: the grouped check says which
    names: NDArray[np.object_] | None = None
    if not types.is_integer(keys.type):
        keys = keys if types.is_dictionary(keys.type) else keys.dictionary_encode()
        names, keys = keys.dictionary.to_numpy(zero_copy_only=False), keys.indices
    numbers = tuple(np.asarray(c.to_numpy(zero_copy_only=False), dtype=np.float64) for c in columns)
    return Batch(keys.to_numpy(), names, periods.to_numpy().astype(np.int64, copy=False), numbers)
