"""A text file of any size to Parquet: types found on all rows, keys checked, in bounded memory."""

from __future__ import annotations

import codecs
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, RawFileMissing, UnknownOption, UnreadableFile
from toolkit.estimate.large.engines import connect, quoted, run
from toolkit.report import Report, ReportMixin, ReportTable

_ABSENT = ("", "NA", "NaN", "nan", "null", "NULL", ".")  # texts that stand for a missing value
_BLOCK = 1 << 20
_PORTION = 2_000_000  # rows whose keys are compared at a time: 200 MB and less


@dataclass(frozen=True, repr=False)
class Converted(ReportMixin):
    """What became of a text file.

    Attributes
    ----------
    source, target : the files. encoding : of the text.
    rows : how many. columns : (name, type, missing values, remark) of each column.
    keys : entity and time, checked to be there and unique; empty if none were named.
    """

    source: str
    target: str
    encoding: str
    rows: int
    columns: tuple[tuple[str, str, int, str], ...]
    keys: tuple[str, ...]

    def _report(self) -> Report:
        cells = tuple((name, kind, str(missing), remark) for name, kind, missing, remark in self.columns)
        keys = f"one row per {' and '.join(self.keys)}" if self.keys else "keys not checked: name them with --entity and --time"
        title = f"{self.source} -> {self.target}: {self.rows} rows, {self.encoding}"
        return Report(title, (ReportTable(("column", "type", "missing", ""), cells),), (keys,))


def convert(
    file: str | Path, *, entity: str = "", time: str = "", memory_limit: str = "1GB", spill_folder: str | Path | None = None
) -> Converted:
    """Write FILE.parquet beside a csv: two passes, one to find the type of each column on all rows and one to write.

    Whole numbers become BIGINT, other numbers DOUBLE, dates DATE; numbers with leading zeros (codes of firms, 000001) stay text, and so
    does a column in which anything else is written, which the report names. Texts in GB18030 are written as UTF-8 first.

    Parameters
    ----------
    entity, time : key columns; rows must have both, once.
    memory_limit : what DuckDB may hold; the rest is written to ``spill_folder``.

    Raises
    ------
    RawFileMissing, UnknownOption, UnreadableFile, MissingColumn, MissingKey, DuplicateKey

    Examples
    --------
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "firms.csv").write_text("code,year,rd\\n000001,2020,1.5\\n000001,2021,NA\\n")
    >>> [(name, kind, missing) for name, kind, missing, _ in convert(folder / "firms.csv", entity="code", time="year").columns]
    [('code', 'VARCHAR', 0), ('year', 'BIGINT', 0), ('rd', 'DOUBLE', 1)]
    """
    path = Path(file)
    if not path.is_file():
        raise RawFileMissing(f"there is no file {path.name}", where=str(path), remedy="name a csv file")
    target = path.with_suffix(".parquet")
    if target.exists():
        raise UnknownOption(f"{target.name} is there already", where=str(target), remedy="remove or rename it first")
    part = target.with_suffix(".parquet.part")
    connection = connect(memory_limit, spill_folder)
    with tempfile.TemporaryDirectory(dir=spill_folder) as folder:
        encoding = _encoding(path)
        text = path if encoding == "utf-8" else _as_utf8(path, Path(folder) / "text.csv")
        try:
            rows, columns = _types(connection, text, path)
            keys = _keys([name for name, *_ in columns], [key for key in (entity, time) if key], path)
            chosen = ", ".join(_typed(name, kind) for name, kind, *_ in columns)
            run(connection, "SET preserve_insertion_order = true")  # rows in order stay so
            run(connection, f"COPY (SELECT {chosen} FROM {_read(text)}) TO '{_sql(part)}' (FORMAT parquet)", "writing")
            _check_keys(connection, part, keys, path)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
            connection.close()
    return Converted(source=path.name, target=target.name, encoding=encoding, rows=rows, columns=columns, keys=tuple(keys))


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file reads as such, else GB18030."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8"


def _as_utf8(path: Path, target: Path) -> Path:
    try:
        with path.open(encoding="gb18030", newline="") as source, target.open("w", encoding="utf-8", newline="") as out:
            while block := source.read(_BLOCK):
                out.write(block)
    except UnicodeDecodeError as error:
        raise UnreadableFile(
            f"{path.name} is neither UTF-8 nor GB18030", where=f"byte {error.start}", remedy="save it as UTF-8 first"
        ) from None
    return target


def _sql(path: Path) -> str:
    return str(path).replace("'", "''")


def _read(path: Path) -> str:
    return f"read_csv('{_sql(path)}', all_varchar = true, header = true, nullstr = '')"


def _present(name: str) -> str:
    """The text of a column, NULL where it stands for a missing value."""
    absent = ", ".join(f"'{text}'" for text in _ABSENT)  # a list: NOT IN would become a join, which is slower and loses the order of rows
    return f"CASE WHEN NOT list_contains([{absent}], trim({quoted(name)})) THEN trim({quoted(name)}) END"


def _typed(name: str, kind: str) -> str:
    return f"CAST({_present(name)} AS {kind}) AS {quoted(name)}"


def _types(connection: Any, text: Path, path: Path) -> tuple[int, tuple[tuple[str, str, int, str], ...]]:
    """Rows, and (name, type, missing, remark) of each column, from one pass over all rows."""
    try:
        names = run(connection, f"DESCRIBE SELECT * FROM {_read(text)}")["column_name"].tolist()
        heads = ["count(*) AS n"]
        for j in range(len(names)):
            v, value = f"v{j}_", f"n{j}_"
            heads += [
                f"count({v}) AS here{j}",
                f"count(*) FILTER (regexp_full_match({v}, '[+-]?[0-9]{{1,18}}')) AS whole{j}",
                f"count(*) FILTER (regexp_full_match({v}, '[+-]?0[0-9]+')) AS zeros{j}",
                f"count({value}) AS number{j}",
                f"count(CASE WHEN {value} IS NULL THEN TRY_CAST({v} AS DATE) END) AS date{j}",
                f"min({v}) FILTER ({value} IS NULL) AS other{j}",
            ]
        texts = ", ".join(f"{_present(name)} AS v{j}_" for j, name in enumerate(names))
        casts = ", ".join(f"TRY_CAST(v{j}_ AS DOUBLE) AS n{j}_" for j in range(len(names)))
        rows = f"(SELECT *, {casts} FROM (SELECT {texts} FROM {_read(text)}))"
        found = run(connection, f"SELECT {', '.join(heads)} FROM {rows}", "types")
    except RuntimeError as error:
        raise UnreadableFile(f"{path.name} cannot be read as csv", where=str(error).splitlines()[0], remedy="mend the line") from None
    columns = []
    for j, name in enumerate(names):
        here, whole, zeros, numbers, dates = (int(found[f"{what}{j}"][0]) for what in ("here", "whole", "zeros", "number", "date"))
        kind, remark = "VARCHAR", ""
        if here and zeros:
            remark = f"{zeros} values begin with a zero: kept as text"
        elif here and whole == here:
            kind = "BIGINT"
        elif here and numbers == here:
            kind = "DOUBLE"
        elif here and dates == here:
            kind = "DATE"
        elif 2 * numbers > here:
            remark = f"{here - numbers} of {here} values are no numbers, the first in order {found[f'other{j}'][0]!r}: kept as text"
        columns.append((str(name), kind, int(found["n"][0]) - here, remark))
    return int(found["n"][0]), tuple(columns)


def _keys(names: list[str], keys: list[str], path: Path) -> list[str]:
    for key in keys:
        if key not in names:
            raise MissingColumn(f"{path.name} has no column {key!r}", remedy=f"columns: {', '.join(names[:30])}")
    return keys


def _check_keys(connection: Any, part: Path, keys: list[str], path: Path) -> None:
    """Every row has its keys, and no two rows have the same: seen as they pass if they rise, else in portions that memory holds."""
    if not keys:
        return
    columns, rows = [quoted(key) for key in keys], f"read_parquet('{_sql(part)}')"
    heads = ", ".join(f"count(*) FILTER (WHERE {column} IS NULL) AS k{i}" for i, column in enumerate(columns))
    found = run(connection, f"SELECT count(*) AS n, {heads} FROM {rows}")
    for i, key in enumerate(keys):
        empty = int(found[f"k{i}"][0])
        if empty:
            raise MissingKey(f"{empty} rows of {path.name} have no {key}", where=str(path), remedy="fill or drop those rows")
    before, rising = [f"lag({column}) OVER ()" for column in columns], "false"
    for column, other in zip(reversed(columns), reversed(before), strict=True):
        rising = f"({column} > {other} OR ({column} = {other} AND {rising}))"
    falls = run(connection, f"SELECT 1 AS f FROM (SELECT {rising} AS r_ FROM {rows}) WHERE NOT r_ LIMIT 1", "keys")
    portions = -(-int(found["n"][0]) // _PORTION) if len(falls["f"]) else 0
    by = ", ".join(columns)
    for portion in range(portions):
        some = f"{rows} WHERE hash({by}) % {portions} = {portion}"
        label = f"keys, part {portion + 1} of {portions}"
        twice = run(connection, f"SELECT {by}, count(*) AS n_ FROM {some} GROUP BY {by} HAVING count(*) > 1 ORDER BY {by} LIMIT 1", label)
        if len(twice["n_"]):
            one = ", ".join(f"{key} {np.ma.getdata(twice[key])[0]}" for key in keys)
            raise DuplicateKey(
                f"{path.name} has {twice['n_'][0]} rows of the same {' and '.join(keys)}", where=f"one: {one}", remedy="keep one of them"
            )
