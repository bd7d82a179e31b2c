"""Rows in the order of their source, batch by batch: Parquet files by row groups, side by side, or the answer of a query as it comes."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import PanelError
from toolkit.numerics import Floats

BATCH = 122_880  # rows: as many as DuckDB writes in a group

_T = TypeVar("_T")


class OutOfOrder(Exception):
    """The rows of an entity are not together: what is summed run by run would be wrong, and grouped SQL must do it."""


@dataclass(frozen=True)
class Starts:
    """Where the entities begin in files whose rows lie together: found when the keys are checked, so that no scan reads them again.

    Attributes
    ----------
    files : (path, size, time of the last change) of each file.
    batches : by the number of its first row, for each batch: its rows, the row where its first entity begins, and (r,) where the runs of
        entities begin in it, four bytes each.
    """

    files: tuple[tuple[str, int, int], ...]
    batches: dict[int, tuple[int, int, NDArray[np.uint32]]] = field(default_factory=dict)

    def check(self) -> None:
        """Raise PanelError if a file has changed since, or is gone."""
        for path, *before in self.files:
            if not os.path.exists(path) or [path, *before] != list(_state(path)):
                raise PanelError(
                    f"{Path(path).name} has changed since its rows were looked at", where=path, remedy="make the LargeTable again"
                )

    def name(self, entity: str, row: int) -> Any:
        """The entity in a row, counted over the files."""
        from pyarrow import parquet

        for path, *_ in self.files:
            file = parquet.ParquetFile(path)
            for group in range(file.metadata.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if row < rows:
                    return file.read_row_group(group, columns=[entity]).column(0)[row].as_py()
                row -= rows
        raise IndexError(row)


def starts_of(paths: Sequence[str]) -> Starts:
    """Nothing yet of some files as they are now."""
    return Starts(tuple(map(_state, paths)))


def _state(path: str) -> tuple[str, int, int]:
    found = os.stat(path)
    return path, found.st_size, found.st_mtime_ns


@dataclass(frozen=True)
class Batch:
    """Some rows that follow each other.

    Attributes
    ----------
    given : (n,) the entities, as numbers or as positions in ``names``; None if ``runs`` are known.
    names : texts of the entities, None where the keys are numbers.
    periods : (n,) the periods, or their codes. columns : (n,) each.
    others : columns that only tell rows apart, as Arrow arrays of n.
    offset : number of the first row. runs : row where the first entity begins, and (r,) where the runs of entities begin in the batch.
    """

    given: NDArray[Any] | None
    names: NDArray[np.object_] | None
    periods: NDArray[np.int64]
    columns: tuple[Floats, ...]
    others: tuple[Any, ...] = ()
    offset: int = 0
    runs: tuple[int, NDArray[np.intp]] | None = None

    def __len__(self) -> int:
        return len(self.periods)

    def keys(self, at: NDArray[np.intp]) -> NDArray[Any]:
        """What tells the entities of some rows apart: where ``runs`` are known, the row in which each begins."""
        if self.given is not None:
            return self.given[at]
        first, starts = self._runs
        run = np.searchsorted(starts, at, side="right") - 1
        return np.where(run == 0, first, self.offset + starts[run])

    def named(self, at: NDArray[np.intp]) -> NDArray[Any]:
        """The entities of some rows."""
        keys = self.keys(at)
        return keys if self.names is None else self.names[keys]

    def rows(self, chosen: slice | NDArray[np.bool_]) -> Batch:
        """Some of the rows."""
        if self.given is not None:
            given = self.given[chosen]
        elif isinstance(chosen, slice):
            given = self.keys(np.arange(*chosen.indices(len(self))))
        else:
            first, starts = self._runs
            begin = self.offset + starts
            begin[0] = first
            given = np.repeat(begin, np.diff(starts, append=len(self)))[chosen]
        others = tuple(x[chosen] if isinstance(chosen, slice) else x.filter(chosen) for x in self.others)
        columns = tuple(x[chosen] for x in self.columns)
        return Batch(given=given, names=self.names, periods=self.periods[chosen], columns=columns, others=others)

    @property
    def _runs(self) -> tuple[int, NDArray[np.intp]]:
        assert self.runs is not None
        return self.runs

    def starts(self, calendar: bool = True) -> NDArray[np.intp]:
        """Where the runs of one entity begin; OutOfOrder unless the entities rise from run to run, and the periods within each.

        Parameters
        ----------
        calendar : whether ``periods`` count time; other codes need not rise.
        """
        if self.runs is not None:
            return self.runs[1]
        assert self.given is not None
        new = self.given[1:] != self.given[:-1]
        starts = np.concatenate([[0], np.flatnonzero(new) + 1])
        names = self.named(starts)
        if not (names[1:] > names[:-1]).all() or (calendar and not (new | (self.periods[1:] > self.periods[:-1])).all()):
            raise OutOfOrder
        return starts


def joined(batches: Sequence[Batch]) -> Batch:
    """Batches one below the other, without positions in lists of names."""
    from pyarrow import chunked_array

    keys = [b.named(np.arange(len(b))) for b in batches]
    columns = tuple(np.concatenate(parts) for parts in zip(*(b.columns for b in batches), strict=True))
    others = tuple(chunked_array(parts).combine_chunks() for parts in zip(*(b.others for b in batches), strict=True))
    periods = np.concatenate([b.periods for b in batches])
    return Batch(given=np.concatenate(keys), names=None, periods=periods, columns=columns, others=others)


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


def ordered_keys(
    tasks: Iterator[Task], threads: int | None, advance: Callable[[int], None], found: Starts | None = None
) -> tuple[int, int] | None:
    """Entities and rows, if each entity's rows follow each other with rising periods (no key is missing or twice); else None.

    Parameters
    ----------
    tasks, threads, advance : as in :func:`in_order`. found : filled with where the entities begin.
    """
    entities = rows = begin = 0
    before: tuple[Any, int] | None = None

    def ends(batch: Batch) -> tuple[NDArray[np.intp], int, tuple[Any, int], tuple[Any, int]]:
        at = np.array([0, len(batch) - 1])
        first, last = zip(batch.named(at).tolist(), batch.periods[at].tolist(), strict=True)
        return batch.starts(), len(batch), first, last

    try:
        for starts, n, first, last in in_order(tasks, ends, threads, advance):
            if before is not None and not before < first:
                return None
            continued = before is not None and before[0] == first[0]
            begin = begin if continued else rows
            if found is not None:
                found.batches[rows] = n, begin, starts.astype(np.uint32)
            begin = begin if len(starts) == 1 else rows + int(starts[-1])
            entities += len(starts) - int(continued)
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
    if not any(sign in str(path) for sign in "*?["):
        return []
    root = Path(path.anchor) if path.anchor else Path()
    return sorted(str(p) for p in root.glob(str(path.relative_to(path.anchor)) if path.anchor else str(path)))


def unreadable(path: str) -> str:
    """Why a file cannot be read as Parquet, row group by row group; "" if it can."""
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                file.read_row_group(group)
    except Exception as error:  # whatever is in it
        return str(error).splitlines()[0] or type(error).__name__
    return ""


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
        and all(s.names.count(field.name) == 1 and s.field(field.name).type == field.type for s in schemas)
    )


def of_files(
    paths: Sequence[str],
    entity: str,
    time: str,
    columns: Sequence[str],
    others: Sequence[str] = (),
    made: Callable[[Batch], Batch] = lambda batch: batch,
    starts: Starts | None = None,
) -> Iterator[Task]:
    """A task for each row group.

    Parameters
    ----------
    entity, time, columns, others : names in the files. made : what becomes of a batch as it is read.
    starts : where the entities begin; they are then not read.
    """
    from pyarrow import parquet, types

    kept = threading.local()
    names = list(dict.fromkeys([*([entity] if starts is None else []), time, *columns, *others]))

    def read(path: str, meta: Any, group: int, text: bool, offset: int) -> Iterator[Batch]:
        if getattr(kept, "path", None) != path:
            # each thread reads what it needs when it needs it: reading ahead costs a tenth of the time where the file is in memory
            dictionary = [entity] if text else None
            kept.path, kept.file = path, parquet.ParquetFile(path, metadata=meta, read_dictionary=dictionary, pre_buffer=False)
        for found in kept.file.iter_batches(BATCH, row_groups=[group], columns=names, use_threads=False):
            keys = found.column(entity) if starts is None else None
            batch = _batch(keys, found.column(time), [found.column(name) for name in columns], [found.column(name) for name in others])
            if starts is not None:
                rows, first, begin = starts.batches[offset]
                assert rows == len(batch), f"{path}: {len(batch)} rows where {rows} were checked"
                batch = replace(batch, offset=offset, runs=(first, begin.astype(np.intp)))
            offset += len(batch)
            yield made(batch)

    offset = 0
    for path in paths:
        meta = parquet.read_metadata(path)
        text = starts is None and not types.is_integer(meta.schema.to_arrow_schema().field(entity).type)
        for group in range(meta.num_row_groups):
            yield partial(read, path, meta, group, text, offset)
            offset += meta.row_group(group).num_rows


def of_query(reader: Any, columns: Sequence[str], others: Sequence[str] = ()) -> Iterator[Task]:
    """A task for each batch of an answer with the columns ``e_``, ``s_`` and those that are named."""

    def convert(found: Any) -> Iterator[Batch]:
        yield _batch(found.column("e_"), found.column("s_"), [found.column(c) for c in columns], [found.column(c) for c in others])

    for found in reader:
        yield partial(convert, found)


class Passing:
    """Rows as a stream of Arrow that a database reads as often as it asks.

    Parameters
    ----------
    kinds : names and types of the columns: "double", "int64" or "string".
    batches : makes, at each reading, the columns of each batch and which of the rows stay (all by None). A column is (n,) values, or a
    pair of values and of how often each follows itself.
    """

    def __init__(self, kinds: Mapping[str, str], batches: Callable[[], Iterator[tuple[list[Any], NDArray[np.bool_] | None]]]) -> None:
        import pyarrow as pa

        self.batches = batches
        self.schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in kinds.items()])

    def __arrow_c_schema__(self) -> Any:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.schema, self._made()).__arrow_c_stream__(requested_schema)

    def _made(self) -> Iterator[Any]:
        import pyarrow as pa

        for columns, stay in self.batches():
            arrays = []
            for column, kind in zip(columns, self.schema, strict=True):
                values, lengths = column if isinstance(column, tuple) else (column, None)
                array = values if isinstance(values, pa.Array) else pa.array(values)
                array = array if lengths is None else array.take(pa.array(np.repeat(np.arange(len(lengths)), lengths)))
                arrays.append(array.cast(kind.type))
            found = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
            yield found if stay is None else found.filter(pa.array(stay))


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


def _batch(keys: Any, periods: Any, columns: Sequence[Any], others: Sequence[Any]) -> Batch:
    from pyarrow import types

    if (keys is not None and keys.null_count) or periods.null_count:
        raise OutOfOrder  # a missing key: the grouped check says which
    names: NDArray[np.object_] | None = None
    if keys is not None and not types.is_integer(keys.type):
        keys = keys if types.is_dictionary(keys.type) else keys.dictionary_encode()
        names, keys = keys.dictionary.to_numpy(zero_copy_only=False), keys.indices
    numbers = tuple(np.asarray(c.to_numpy(zero_copy_only=False), dtype=np.float64) for c in columns)
    given, counts = None if keys is None else keys.to_numpy(), periods.to_numpy().astype(np.int64, copy=False)
    return Batch(given=given, names=names, periods=counts, columns=numbers, others=tuple(others))
