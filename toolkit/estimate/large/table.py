"""Rows that stay where they are: a Parquet file or folder, a DuckDB relation or a Spark DataFrame, with the roles of its columns."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, NotNumeric, PanelError, UnknownOption
from toolkit.estimate.large.batches import Starts, files_of, of_files, of_query, ordered_keys, plain_columns, starts_of
from toolkit.estimate.large.engines import Engine, OnFiles, OnSpark, Rows, bar, quoted
from toolkit.estimate.large.lookup import looked_up
from toolkit.panel import Panel
from toolkit.periods import Step, StepChoice, counts, read_times, shown_time

_TEMPORARY = ("toolkit_rows", "toolkit_small", "toolkit_means", "toolkit_gamma", "toolkit_direct")
WORD = 62  # periods in one whole number of a bit mask
_NUMERIC = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|INTEGER|FLOAT|REAL|DOUBLE|DECIMAL.*|BOOLEAN)$")
_KEYS = re.compile(r"((U?(TINY|SMALL)INT)|(U?INTEGER)|BIGINT|VARCHAR)$")
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$")
_OURS = re.compile(r"[a-z]{1,3}\d*_", re.IGNORECASE)  # how the scans name what they compute beside the columns of the source


@dataclass(frozen=True, eq=False)
class LargeTable:
    """A table that is scanned, never loaded.

    Parameters
    ----------
    source : a Parquet file, a folder or pattern of Parquet files, a DuckDB relation (``connection.table("firms")``), or a
        Spark DataFrame.
    entity, time : the two roles; both or none (a cross-section).
    where : a condition in SQL; rows that do not meet it do not exist for the estimate, lags included.
    step : as in :class:`~toolkit.panel.Panel`.
    memory_limit : what DuckDB may hold before it writes to ``spill_folder``; for files only, as a relation has a
        connection of its own and Spark its session.
    spill_folder : where it writes then; default the system's temporary folder.
    threads : of DuckDB; default all cores.
    sort : whether rows in no order are sorted once, into a copy in ``spill_folder`` of the columns that are asked for; it is removed with
        the table. Otherwise each estimate groups them.

    Raises
    ------
    RawFileMissing, MissingColumn, PanelError, UnknownOption

    Examples
    --------
    >>> import duckdb
    >>> from toolkit.estimate import fit
    >>> rows = duckdb.sql("select i // 4 as firm, i % 4 as year, sin(i) as x, 2 * sin(i) + cos(7 * i) as y from range(400) r(i)")
    >>> estimate = fit("y ~ x | firm + year", LargeTable(rows, "firm", "year"))
    >>> estimate.counts.rows, round(float(estimate.beta[0]), 2)
    (400, 2.0)
    """

    source: Any
    entity: str | None = None
    time: str | None = None
    where: str = ""
    step: StepChoice = "auto"
    memory_limit: str = "600MB"
    spill_folder: str | Path | None = None
    threads: int | None = None
    sort: bool = True
    _kept: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if (self.entity is None) != (self.time is None):
            raise PanelError("a panel has an entity and a time", remedy="name both, or none for a cross-section")
        for role in (self.entity, self.time):
            if role is not None:
                self.column(role)
        self.check()

    def check(self) -> None:
        """Raise PanelError if the files of the table are not those that were looked at, or have changed since."""
        if isinstance(self.source, str | Path):
            found = files_of(Path(self.source))
            before: Starts = self._kept.setdefault("files", starts_of(found))
            before.check()
            if len(found) > len(before.files):
                raise PanelError(f"{self.label} has more files than when its rows were looked at", remedy="make the LargeTable again")

    @contextmanager
    def used(self) -> Iterator[None]:
        """For an estimate: one at a time, on files that are as they were, and errors are ours."""
        with self.engine.lock, self.engine.told():
            self.check()
            yield

    def __reduce__(self) -> Any:
        if not isinstance(self.source, str | Path):
            kind = type(self.source).__name__
            raise PanelError(f"{self.label} stands on a {kind}, which cannot be copied", remedy="pass on a Parquet file")
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.init}
        return partial(LargeTable, **given), ()

    @property
    def label(self) -> str:
        """What the table is called in a message."""
        return str(self._kept.get("label") or (Path(self.source).name if isinstance(self.source, str | Path) else "the table"))

    @cached_property
    def engine(self) -> Engine:
        """What runs the SQL."""
        if isinstance(self.source, str | Path):
            return OnFiles(Path(self.source), self.memory_limit, self.spill_folder, self.threads)
        if hasattr(self.source, "sparkSession"):
            return OnSpark(self.source)
        if type(self.source).__name__ == "DuckDBPyRelation":
            return Engine(self.source)
        raise PanelError(
            f"the data are a {type(self.source).__name__}",
            remedy="pass a Panel, a DataFrame, a Parquet file or folder, a DuckDB relation, or a Spark DataFrame",
        )

    @cached_property
    def given(self) -> str:
        """The rows as they stand in the source, as SQL."""
        return f"(SELECT * FROM {self.engine.given()}{f' WHERE {self.where}' if self.where else ''})"

    def query(self, sql: str, label: str = "") -> Rows:
        """Run SQL and return its columns as arrays (masked where a value is missing)."""
        return self.engine.query(sql, label)

    def materialise(self, name: str, sql: str, label: str = "") -> None:
        """Keep the answer of ``sql`` as a temporary table, which spills to disk where memory ends."""
        self.engine.keep(name, sql, label)

    def let_read(self, name: str, rows: Any) -> str:
        """Give a stream of Arrow rows, which is read anew by each query, a name in SQL."""
        self.engine.runner.register(name, rows)
        return name

    def clear(self) -> None:
        """Drop the temporary tables of an estimate."""
        for name in _TEMPORARY:
            self.engine.drop(name)

    @cached_property
    def types(self) -> Mapping[str, str]:
        """Type of each column, as DuckDB names it."""
        found = self.engine.types(f"(SELECT * FROM {self.engine.given()})")
        ours = [name for name in found if _OURS.fullmatch(name)]
        if ours:
            raise PanelError(
                f"{self.label} has a column {ours[0]!r}, which is how the scans name what they compute",
                remedy=f"rename it, in a relation: SELECT * RENAME ({quoted(ours[0])} AS {ours[0].rstrip('_')}) FROM ...",
            )
        if self.where:
            self.engine.condition = self.where
            self.engine.types(self.given)
        return found

    def column(self, name: str) -> str:
        """The column as SQL; MissingColumn, with the names that look alike, if there is none."""
        if name not in self.types:
            near = difflib.get_close_matches(str(name), list(self.types), 3, 0.6)
            near = near or [n for n in self.types if n.lower() == str(name).lower()]
            hint = f"did you mean {' or '.join(near)}?" if near else f"columns: {', '.join(list(self.types)[:30])}"
            raise MissingColumn(f"{self.label} has no column {name!r}", remedy=hint)
        return quoted(name)

    def number(self, name: str) -> str:
        """A column of numbers as SQL of type DOUBLE; time as the calendar counts it."""
        if name == self.time:
            return "CAST(t_ AS DOUBLE)"
        column = self.column(name)
        if not _NUMERIC.match(self.types[name]):
            raise NotNumeric(
                f"{name} is not a column of numbers (it is {self.types[name]})",
                where=self.label,
                remedy=f"write C({name}) to use it as a category, or absorb it: | {name}",
            )
        return f"CAST({column} AS DOUBLE)"

    @cached_property
    def calendar(self) -> tuple[str, Step, np.ndarray[Any, np.dtype[np.int64]]]:
        """SQL of the rows with their period ``t_``, the step, and the periods (T,) that occur; the keys are checked.

        Raises
        ------
        MissingKey, DuplicateKey, UnclearPeriods
        """
        if self.entity is None or self.time is None:
            return f"(SELECT * FROM {self.given})", "unit", np.empty(0, np.int64)
        entity, time = self.column(self.entity), self.column(self.time)
        seen = self.query(
            f"SELECT given, CAST(given AS STRING) AS text, n FROM (SELECT {time} AS given, count(*) AS n FROM {self.given} GROUP BY 1) "
            "ORDER BY 1",
            "periods",
        )
        given: pd.Series[Any] = pd.Series(np.ma.getdata(seen["given"])).mask(np.ma.getmaskarray(seen["given"]))
        if not len(given):
            self._kept.update(entities=0, rows=0, ordered=False, whole=False)
            return f"(SELECT *, CAST(NULL AS BIGINT) AS t_ FROM {self.given})", "unit", np.empty(0, np.int64)
        if given.isna().any():
            raise MissingKey(
                f"{int(seen['n'][given.isna()].sum())} rows of {self.label} have no {self.time}", remedy="filter them: where=..."
            )
        if _WHOLE.match(self.types[self.time]):
            given = given.astype("int64")
        times, step = read_times(given.rename(self.time), self.step, self.label)
        calendar = counts(times)
        whole = bool(_WHOLE.match(self.types[self.time])) and bool((calendar == given.to_numpy()).all())
        listed = ""
        if self.engine.copies and not whole:
            counted = given.dtype.kind in "iuf" and bool((given % 1 == 0).all())
            values = given.to_numpy(np.int64) if counted else np.asarray(seen["text"], dtype=object)
            listed = looked_up([time], [values], calendar)
        self._kept["whole"] = whole
        if whole:
            rows = f"(SELECT *, CAST({time} AS BIGINT) AS t_ FROM {self.given})"
        elif listed:
            rows = f"(SELECT *, {listed} AS t_ FROM {self.given})"
        else:
            pairs = ", ".join(f"({_literal(value)}, {count})" for value, count in zip(given, calendar.tolist(), strict=True))
            kind = self.types[self.time]
            value = "k_" if kind == "VARCHAR" else f"CAST(k_ AS {kind})"
            rows = (
                f"(SELECT g_.*, p_.t_ FROM {self.given} g_ JOIN (SELECT {value} AS k_, t_ FROM (VALUES {pairs}) v_(k_, t_)) p_ "
                f"ON g_.{time} = p_.k_)"
            )
        periods = np.unique(calendar)
        if not ((whole or listed) and self._in_order(rows, entity)):  # a join leaves no order
            self._check_keys(rows, entity, periods, step)
        return rows, step, periods

    def _check_keys(self, rows: str, entity: str, periods: np.ndarray[Any, np.dtype[np.int64]], step: Step) -> None:
        if self.types[str(self.entity)] in ("DOUBLE", "FLOAT"):
            entity = f"CASE WHEN isnan({entity}) THEN NULL ELSE {entity} END"
        first, words = int(periods[0]), -(-int(periods[-1] - periods[0] + 1) // WORD)
        bits = [f"CAST(bit_count({mask_word(f't_ - {first}', word)}) AS INTEGER)" for word in range(words)]
        distinct = " + ".join(bits) if words <= 64 else "count(DISTINCT t_)"
        found = self.query(
            f"SELECT count(*) FILTER (WHERE k_ IS NOT NULL) AS entities, sum(n_ - d_) FILTER (WHERE k_ IS NOT NULL) AS twice, "
            f"sum(n_) FILTER (WHERE k_ IS NULL) AS empty, sum(n_) AS n "
            f"FROM (SELECT {entity} AS k_, count(*) AS n_, {distinct} AS d_ FROM {rows} GROUP BY 1)",
            "keys",
        )
        self._kept["entities"], self._kept["rows"] = int(found["entities"][0]), int(found["n"][0])
        if np.ma.count(found["empty"]) and int(found["empty"][0] or 0):
            raise MissingKey(f"{int(found['empty'][0])} rows of {self.label} have no {self.entity}", remedy="filter them: where=...")
        if int(found["twice"][0] or 0):
            one = self.query(f"SELECT {entity} AS k_, t_ FROM {rows} GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2 LIMIT 1")
            raise DuplicateKey(
                f"{self.label} has {int(found['twice'][0])} repeated {self.entity}-{self.time} rows",
                where=f"first: {self.entity} {one['k_'][0]}, {self.time} {shown_time(int(one['t_'][0]), step)}",
                remedy=f"keep one row per {self.entity} and {self.time}, or aggregate before making the panel",
            )

    def _in_order(self, rows: str, entity: str) -> bool:
        """Whether the rows of each entity lie together, with rising periods: then the keys are right, and scans need no grouping."""
        if not (_WHOLE.match(self.types[str(self.entity)]) or self.types[str(self.entity)] == "VARCHAR"):
            return False
        starts = None
        if {self.entity, self.time} <= self.plain:
            starts = starts_of(self.files)
            tasks = of_files(self.files, str(self.entity), str(self.time), [])
        else:
            reader = self.stream(f"SELECT {entity} AS e_, t_ AS s_ FROM {rows}")
            if reader is None:
                return False
            tasks = of_query(reader, [])
        with bar("keys") as advance:
            found = ordered_keys(tasks, self.threads, advance, starts)
        if found is not None:
            self._kept.update(entities=found[0], rows=found[1], ordered=True, starts=starts)
        return found is not None

    @property
    def starts(self) -> Starts | None:
        """Where the entities begin, if the rows of each lie together in files; PanelError if a file has changed since."""
        _ = self.calendar
        found: Starts | None = self._kept.get("starts")
        if found is not None:
            found.check()
        return found

    @property
    def ordered(self) -> bool:
        """Whether the rows of each entity lie together, with rising periods."""
        _ = self.calendar
        return bool(self._kept.get("ordered"))

    def tells_apart(self, name: str) -> bool:
        """Whether a column holds texts or whole numbers of 64 bits, which groups are told apart by without the database."""
        return bool(_KEYS.match(self.types[name]))

    @property
    def in_file_order(self) -> bool:
        """Whether rows pass from files with those of each entity together, so that lags look at the rows before."""
        return self.ordered and isinstance(self.engine, OnFiles) and bool(_WHOLE.match(self.types[str(self.time)]))

    @cached_property
    def files(self) -> list[str]:
        """The Parquet files, in the order in which they are read; none if the source is not files, or has a filter."""
        return files_of(Path(self.source)) if isinstance(self.source, str | Path) and not self.where else []

    @cached_property
    def plain(self) -> frozenset[str]:
        """Columns that are read from the files without the database: the time only if it counts periods as it stands."""
        found = plain_columns(self.files)
        return found if self._kept.get("whole", True) else found - {self.time}

    def stream(self, sql: str) -> Any:
        """The answer as a reader of record batches, in the order of the rows."""
        return self.engine.stream(sql)

    def sample(self, share: float) -> Panel:
        """A panel of that share of the entities, all their rows, in memory: for what cannot be had by scans.

        Raises
        ------
        PanelError
            If the table is a cross-section.
        """
        if self.entity is None or self.time is None:
            raise PanelError("a sample of entities needs an entity and a time", remedy="LargeTable(source, entity, time)")
        if not isinstance(share, int | float | np.number) or not 0 < share <= 1:
            raise UnknownOption(f"share={share!r} is no share of the entities", remedy="a number above 0 and up to 1, such as 0.01")
        found = self.query(
            f"SELECT * FROM {self.given} WHERE abs(hash({self.column(self.entity)}) % 1000000) < {int(share * 1e6)}", "sample"
        )
        return Panel(pd.DataFrame(found), self.entity, self.time, step=self.step)

    @cached_property
    def rows(self) -> int:
        """How many rows the table has."""
        _ = self.calendar
        if "rows" not in self._kept:
            self._kept["rows"] = int(self.query(f"SELECT count(*) AS n FROM {self.given}")["n"][0])
        return int(self._kept["rows"])


def mask_word(code: str, word: int) -> str:
    """Which of the periods ``62 word`` to ``62 word + 61`` occur, as the bits of one whole number."""
    inside = f"{code} >= {word * WORD} AND {code} < {(word + 1) * WORD}"
    return f"bit_or(CASE WHEN {inside} THEN CAST(1 AS BIGINT) << ({code} - {word * WORD}) ELSE 0 END)"


def _literal(value: object) -> str:
    if isinstance(value, int | np.integer):
        return str(value)
    if isinstance(value, float | np.floating):
        return repr(float(value))
    return "'" + str(value).replace("'", "''") + "'"
