"""The engines that scans run on: DuckDB, on files or on a relation of the caller's, and Spark. The SQL is the same.

It is written so that both read it: names in double quotes, texts in single ones, numbers with an exponent (which makes them doubles),
``{'a': x}`` for a row of values. What Spark writes in another way is rewritten in one place, :func:`for_spark`.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from toolkit.errors import EstimationError, PanelError, RawFileMissing, ToolkitError, UnknownOption, UnreadableFile
from toolkit.estimate.large.batches import BATCH, as_arrays, files_of, unreadable

Rows = dict[str, Any]
_SOURCE = "toolkit_source"  # what a relation or a Spark table is called in the SQL that is run on it
_SIZE = re.compile(r"\s*\d+(\.\d+)?\s*[kmgt]i?b\s*", re.IGNORECASE)
_ROOM = "allow a higher memory_limit, or name a roomier spill_folder"
_PARTS = re.compile(r"""'(?:[^']|'')*'(?::\ )?|"(?:[^"]|"")*"|[{}]""")


def quoted(name: str) -> str:
    """A column name as SQL reads it."""
    return '"' + name.replace('"', '""') + '"'


def number(value: float) -> str:
    """A number as a double of SQL, to the last digit."""
    return f"{float(value):.17e}"


class Engine:
    """What a table asks of the machine that runs its SQL, as DuckDB does it.

    Parameters
    ----------
    runner : a connection, or a relation.

    Attributes
    ----------
    copies : whether an answer can be written to a file of this machine, in order, and values can be looked up in lists.
    condition : what the caller wrote as ``where``.
    lock : held during an estimate. A connection runs one query at a time, and which one a relation has is not known: all share one.
    """

    copies = True
    condition = ""
    lock = threading.RLock()

    def __init__(self, runner: Any) -> None:
        self.runner = runner

    @property
    def name(self) -> str:
        """What the source is called in an error."""
        return "the relation"

    @contextmanager
    def told(self) -> Iterator[None]:
        """What DuckDB, Arrow, Spark or the system raise inside comes out as an error of ours."""
        try:
            yield
        except Exception as error:
            if "Query interrupted" in str(error) or type(error).__name__ == "InterruptException":
                raise KeyboardInterrupt from None  # what DuckDB makes of it
            if not (is_foreign(error) or isinstance(error, OSError)):
                raise
            raise self._said(type(error).__name__, first_line(error)) from error

    def _said(self, kind: str, text: str) -> ToolkitError:
        if kind == "ConnectionException":
            return PanelError(f"the connection of {self.name} is closed", remedy="keep it open as long as the LargeTable is used")
        if kind == "OutOfMemoryException" or "No space left" in text:
            return EstimationError(f"there is no room for a scan of {self.name}: {text}", remedy=_ROOM)
        if self.condition:
            remedy = 'write a condition in SQL over its columns, such as where="year >= 2005"'
            return UnknownOption(f"where={self.condition!r} cannot be used: {text}", where=self.name, remedy=remedy)
        return PanelError(
            f"the rows of {self.name} cannot be had: {text}", remedy="look at the rows of the source itself, and mend its SQL"
        )

    def given(self) -> str:
        """The source as it stands after FROM."""
        return _SOURCE

    def types(self, rows: str) -> Mapping[str, str]:
        """Type of each column of some rows, as DuckDB names it."""
        found = self.query(f"DESCRIBE SELECT * FROM {rows}")
        return dict(zip(found["column_name"].tolist(), found["column_type"].tolist(), strict=True))

    def query(self, sql: str, label: str = "") -> Rows:
        """The columns of an answer as arrays, masked where a value is missing; a bar on a terminal."""
        with self.told():
            return run(self.runner, sql, label)

    def keep(self, name: str, sql: str, label: str = "") -> None:
        """Keep an answer under a name, on disk where memory ends."""
        self.query(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}", label)

    def drop(self, name: str) -> None:
        """Forget what was kept."""
        self.query(f"DROP TABLE IF EXISTS temp.{name}")

    def stream(self, sql: str) -> Any:
        """An answer as a reader of record batches in the order of the rows; None where rows have no order."""
        return _reader(self.runner.query(_SOURCE, sql))


class OnFiles(Engine):
    """DuckDB with a connection of our own, on Parquet files."""

    def __init__(self, path: Path, memory_limit: str, spill_folder: str | Path | None, threads: int | None) -> None:
        super().__init__(connect(memory_limit, spill_folder, threads))
        self.path = path
        self.lock = threading.RLock()

    @property
    def name(self) -> str:
        """The file, folder or pattern."""
        return self.path.name

    def _said(self, kind: str, text: str) -> ToolkitError:
        for path in files_of(self.path):
            why = unreadable(path)
            if why:
                remedy = "write it again as Parquet, or take it out; a csv becomes Parquet with: python run.py convert FILE"
                return UnreadableFile(f"{Path(path).name} cannot be read as Parquet: {why}", where=path, remedy=remedy)
        if self.condition or kind == "OutOfMemoryException" or "No space left" in text:
            return super()._said(kind, text)
        return UnreadableFile(f"the rows of {self.name} cannot be read: {text}", where=str(self.path), remedy="write the file again")

    def given(self) -> str:
        """The files; RawFileMissing if there are none."""
        path = self.path
        if not path.is_file() and not files_of(path):
            what = f"there is no Parquet file in {path.name}" if path.is_dir() else f"there is no {path.name}"
            raise RawFileMissing(what, where=str(path), remedy="give a Parquet file, or a folder of them")
        text = str(path).replace("'", "''")
        if path.exists():
            text = re.sub(r"([*?\[])", r"[\1]", text) + ("/**/*.parquet" if path.is_dir() else "")
        return f"read_parquet('{text}', hive_partitioning = {'true' if path.is_dir() else 'false'}, union_by_name = true)"

    def keep(self, name: str, sql: str, label: str = "") -> None:
        """Keep an answer where streams see it too."""
        self.query(f"CREATE OR REPLACE TABLE {name} AS {sql}", label)

    def drop(self, name: str) -> None:
        """Forget what was kept, table or stream."""
        self.query(f"DROP TABLE IF EXISTS memory.{name}")
        self.runner.unregister(name)

    def stream(self, sql: str) -> Any:
        """An answer in the order of the files, while another may be asked for."""
        own = self.runner.cursor()
        own.execute("SET preserve_insertion_order = true")
        return _reader(own.execute(sql))


class OnSpark(Engine):
    """Spark, on the session of a DataFrame; its rows have no order, and what is kept is persisted."""

    copies = False

    def __init__(self, frame: Any) -> None:
        super().__init__(frame.sparkSession)
        self.kept: dict[str, Any] = {}
        frame.createOrReplaceTempView(_SOURCE)

    def types(self, rows: str) -> Mapping[str, str]:
        """Types, with DuckDB's names."""
        found = self.runner.sql(for_spark(f"SELECT * FROM {rows}")).dtypes
        return {name: {"string": "VARCHAR"}.get(kind, kind.upper()) for name, kind in found}

    def query(self, sql: str, label: str = "") -> Rows:
        """The answer, brought to the driver."""
        return as_arrays(self.runner.sql(for_spark(sql)).toArrow())

    def keep(self, name: str, sql: str, label: str = "") -> None:
        """Persist an answer."""
        self.drop(name)
        self.kept[name] = self.runner.sql(for_spark(sql)).persist()
        self.kept[name].createOrReplaceTempView(name)

    def drop(self, name: str) -> None:
        """Unpersist it."""
        if name in self.kept:
            self.kept.pop(name).unpersist()
            self.runner.catalog.dropTempView(name)

    def stream(self, sql: str) -> Any:
        """Nothing: rows have no order."""
        return None


def is_foreign(error: BaseException) -> bool:
    """Whether DuckDB, Arrow or Spark raised it."""
    return type(error).__module__.split(".")[0] in ("duckdb", "_duckdb", "pyarrow", "pyspark")


def first_line(error: BaseException) -> str:
    """What an error says, without the advice below it."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def for_spark(sql: str) -> str:
    r'''The same SQL as Spark writes it.

    Examples
    --------
    >>> print(for_spark("""SELECT {'a': "x"} FROM t WHERE y = 'it''s'"""))
    SELECT named_struct('a', `x`) FROM t WHERE y = 'it\'s'
    '''

    def rewritten(found: re.Match[str]) -> str:
        part = found.group()
        if part in "{}":
            return "named_struct(" if part == "{" else ")"
        if part[0] == '"':
            return "`" + part[1:-1].replace('""', '"').replace("`", "``") + "`"
        text, field = (part[:-2], ", ") if part.endswith(": ") else (part, "")
        return "'" + text[1:-1].replace("\\", "\\\\").replace("''", "\\'") + "'" + field

    return _PARTS.sub(rewritten, sql)


def _reader(answer: Any) -> Any:
    return (getattr(answer, "to_arrow_reader", None) or answer.fetch_record_batch)(BATCH)


def connect(memory_limit: str, spill_folder: str | Path | None = None, threads: int | None = None) -> Any:
    """A DuckDB connection that holds at most ``memory_limit`` and writes the rest to ``spill_folder``.

    Raises
    ------
    UnknownOption
        If DuckDB is not installed, or a setting is none.
    """
    try:
        import duckdb
    except ImportError:
        remedy = 'pip install "innovation-toolkit[large]"'
        raise UnknownOption("tables beyond memory need DuckDB", remedy=remedy) from None
    if not _SIZE.fullmatch(str(memory_limit)):
        raise UnknownOption(f"{memory_limit!r} is no size of memory", remedy="write it with its unit, such as '600MB' or '2GB'")
    if threads is not None and (type(threads) is not int or not 1 <= threads <= 1024):
        raise UnknownOption(f"threads={threads!r} cannot be used", remedy="a whole number from 1, or None for all cores")
    settings: dict[str, Any] = {
        "memory_limit": memory_limit,
        "temp_directory": str(spill_path(spill_folder)),
        "preserve_insertion_order": False,
    }
    connection = duckdb.connect(config=settings | ({"threads": threads} if threads else {}))
    if sys.stderr.isatty():  # DuckDB counts for our bar, which it does not in scripts, and draws none of its own, as it does elsewhere
        connection.execute("SET enable_progress_bar = true")
        connection.execute("SET enable_progress_bar_print = false")
    return connection


def spill_path(spill_folder: str | Path | None) -> Path:
    """The folder for what memory does not hold: the one that is named, else one among the system's temporary files."""
    return Path(spill_folder or Path(tempfile.gettempdir()) / "toolkit_spill")


def spill_made(spill_folder: str | Path | None) -> Path:
    """:func:`spill_path`, which is there after the call; UnknownOption if it cannot be."""
    path = spill_path(spill_folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise UnknownOption(
            f"nothing can be written to the spill folder: {error.strerror}",
            where=str(path),
            remedy="name a folder of yours with room in it",
        ) from None
    return path


def run(source: Any, sql: str, label: str = "") -> Rows:
    """The columns of an answer as arrays; a bar on a terminal, and Ctrl-C ends the scan of a connection at once.

    Parameters
    ----------
    source : a connection, or a relation, whose connection is not known: there Ctrl-C waits for the end of the scan.
    """
    connection = source if hasattr(source, "interrupt") else None

    def work() -> Rows:
        answer = source.query(_SOURCE, sql) if connection is None else connection.execute(sql)
        return {} if answer is None or not getattr(answer, "description", None) else dict(answer.fetchnumpy())

    with ThreadPoolExecutor(1) as pool, bar(label) as advance:
        future = pool.submit(work)
        try:
            while not wait([future], timeout=0.1).done:
                advance(connection.query_progress() if connection is not None else -1.0)
        except KeyboardInterrupt:
            if connection is not None:
                connection.interrupt()
            raise
        return future.result()


class bar:
    """A bar on standard error while a scan runs, if that is a terminal.

    Parameters
    ----------
    total : what counts as done; the callable that it yields takes how much of it is done.
    """

    def __init__(self, label: str, total: float = 100.0) -> None:
        self.label, self.total = label, total

    def __enter__(self) -> Callable[[float], None]:
        self._progress: Any = None
        if not self.label or os.environ.get("TOOLKIT_QUIET") or not sys.stderr.isatty():
            return lambda done: None
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(stderr=True), transient=True)
        task = self._progress.add_task(self.label, total=self.total)
        self._progress.start()
        return lambda done: self._progress.update(task, completed=max(done, 0.0))

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()
