"""A text file of any size to Parquet: types found on all rows, keys checked, in bounded memory."""

from __future__ import annotations

import codecs
import csv
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, RawFileMissing, ToolkitError, UnknownOption, UnreadableFile
from toolkit.estimate.large.engines import connect, first_line, is_foreign, quoted, run, spill_made
from toolkit.report import Report, ReportMixin, ReportTable

_ABSENT = ("", "NA", "NaN", "nan", "null", "NULL", ".")  # texts that stand for a missing value
_DATE = "[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}"
_BLOCK = 1 << 20
AT_ONCE = 40  # columns whose types are looked for in one pass: the memory of a pass grows faster than their number
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
    """Write FILE.parquet beside a csv: passes to find the type of each column on all rows, forty at once, and one to write.

    Whole numbers become BIGINT, other numbers DOUBLE, dates DATE; numbers with leading zeros (codes of firms, 000001) or with more than 18
    digits stay text, and so does a column in which anything else is written, which the report names. Texts in GB18030 are written as UTF-8
    first. The first line names the columns, and every other has as many values.

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
    part = target.with_suffix(".parquet.part")
    for there in (target, part):
        if there.exists():
            raise UnknownOption(f"{there.name} is there already", where=str(there), remedy="remove or rename it first")
    connection = connect(memory_limit, spill_folder)
    spill = None if spill_folder is None else spill_made(spill_folder)
    with tempfile.TemporaryDirectory(dir=spill) as folder:
        try:
            encoding = _encoding(path)
            text = path if encoding == "utf-8" else _as_utf8(path, Path(folder) / "text.csv")
            rows, columns = _types(connection, text)
            keys = _keys([name for name, *_ in columns], [key for key in (entity, time) if key], path)
            chosen = ", ".join(_typed(name, kind) for name, kind, *_ in columns)
            run(connection, "SET preserve_insertion_order = true")  # rows in order stay so
            run(connection, f"COPY (SELECT {chosen} FROM {_read(text)}) TO '{_sql(part)}' (FORMAT parquet)", "writing")
            _check_keys(connection, part, keys, path)
            part.replace(target)
        except Exception as error:
            if not (is_foreign(error) or isinstance(error, OSError)):
                raise
            raise _said(error, path, memory_limit) from error
        finally:
            part.unlink(missing_ok=True)
            connection.close()
    return Converted(source=path.name, target=target.name, encoding=encoding, rows=rows, columns=columns, keys=tuple(keys))


def _said(error: Exception, path: Path, memory_limit: str) -> ToolkitError:
    """What DuckDB or the system raised, as an error of ours."""
    lines = str(error).splitlines()
    if type(error).__name__ == "OutOfMemoryException":
        return UnknownOption(
            f"{path.name} cannot be converted within {memory_limit}: {first_line(error)}", remedy="allow more memory: --memory"
        )
    if "No space left" in str(error) or (isinstance(error, OSError) and not isinstance(error, UnicodeError)):
        return UnreadableFile(f"{path.name} cannot be converted: {first_line(error)}", where=str(path.parent), remedy="make room there")
    told = [line for line in lines if line.startswith(("Original Line:", "Expected Number"))]
    where = "; ".join([first_line(error).partition("CSV Error on ")[2] or first_line(error), *told])[:300]
    remedy = "the first line must name the columns, and each line have a value for each: mend the line"
    return UnreadableFile(f"{path.name} cannot be read as csv", where=where, remedy=remedy)


def _encoding(path: Path) -> str:
    """UTF-8 if the whole file reads as such, else GB18030; UnreadableFile for what is no text."""
    if not path.stat().st_size:
        raise UnreadableFile(f"{path.name} is empty", where=str(path), remedy="name a csv file whose first line names the columns")
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        try:
            while block := stream.read(_BLOCK):
                if b"\0" in block:
                    remedy = "save it as UTF-8 first"
                    raise UnreadableFile(f"{path.name} holds zero bytes, as UTF-16 does and files that are no text", str(path), remedy)
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
    """The text as DuckDB is to read it: nothing is guessed, as a guess from some lines loses others."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        head = stream.readline(_BLOCK)
        said = re.fullmatch(r"sep=([,;\t|])\s*", head, re.IGNORECASE)  # a line for Excel, which is no part of the table
        if not said:
            stream.seek(0)
        delimiter = said[1] if said else max(",;\t|", key=head.count)
        given = next(csv.reader(stream, delimiter=delimiter), [])
    if not given:
        raise UnreadableFile(f"the first line of {path.name} is empty", where=str(path), remedy="let it name the columns")
    names: dict[str, None] = {}
    for j, text in enumerate(given):
        name, again = text.strip() or f"column{j}", 0
        while (f"{name}_{again}" if again else name).lower() in {n.lower() for n in names}:
            again += 1
        names[f"{name}_{again}" if again else name] = None
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in (n.replace("'", "''") for n in names))
    where = re.sub(r"([*?\[])", r"[\1]", _sql(path))
    return (
        f"read_csv('{where}', auto_detect = false, delim = '{delimiter}', quote = '\"', escape = '\"', header = true, nullstr = '', "
        f"skip = {int(said is not None)}, columns = {{{columns}}})"
    )


def _present(name: str) -> str:
    """The text of a column, NULL where it stands for a missing value."""
    # a list: NOT IN would hold a vector for each text, a gigabyte for a hundred columns, or become a join, which loses the order of rows
    absent = ", ".join(f"'{text}'" for text in _ABSENT)
    return f"CASE WHEN NOT list_contains([{absent}], trim({quoted(name)})) THEN trim({quoted(name)}) END"


def _typed(name: str, kind: str) -> str:
    return f"CAST({_present(name)} AS {kind}) AS {quoted(name)}"


def _types(connection: Any, text: Path) -> tuple[int, tuple[tuple[str, str, int, str], ...]]:
    """Rows, and (name, type, missing, remark) of each column, from passes over all rows."""
    names = run(connection, f"DESCRIBE SELECT * FROM {_read(text)}")["column_name"].tolist()
    found: dict[str, Any] = {}
    for start in range(0, len(names), AT_ONCE):
        some = list(enumerate(names[start : start + AT_ONCE], start=start))
        texts = ", ".join(f"{_present(name)} AS v{j}_" for j, name in some)
        numbers = ", ".join(f"CASE WHEN v{j}_ NOT LIKE '%\\_%' ESCAPE '\\' THEN TRY_CAST(v{j}_ AS DOUBLE) END AS n{j}_" for j, _ in some)
        heads = ", ".join(["count(*) AS n", *(head for j, _ in some for head in _counts(j))])
        found |= run(connection, f"SELECT {heads} FROM (SELECT *, {numbers} FROM (SELECT {texts} FROM {_read(text)}))", "types")
    return int(found["n"][0]), tuple(_column(str(name), j, found) for j, name in enumerate(names))


def _counts(j: int) -> list[str]:
    """SQL of how many values of column j, texts ``v`` and numbers ``n``, are there, and are written as what."""
    v, n = f"v{j}_", f"n{j}_"
    return [
        f"count({v}) AS here{j}",
        f"count(*) FILTER (regexp_full_match({v}, '[+-]?[0-9]{{1,18}}')) AS whole{j}",
        f"count(*) FILTER (regexp_full_match({v}, '[+-]?[0-9]{{19,}}')) AS long{j}",
        f"count(*) FILTER (regexp_full_match({v}, '[+-]?0[0-9]+')) AS zeros{j}",
        f"count({n}) AS number{j}",
        f"count(CASE WHEN {n} IS NULL AND regexp_full_match({v}, '{_DATE}') THEN TRY_CAST({v} AS DATE) END) AS date{j}",
        f"min({v}) FILTER ({n} IS NULL) AS other{j}",
    ]


def _column(name: str, j: int, found: dict[str, Any]) -> tuple[str, str, int, str]:
    """(name, type, missing, remark) of column j."""
    here, whole, digits, zeros, numbers, dates = (
        int(found[f"{what}{j}"][0]) for what in ("here", "whole", "long", "zeros", "number", "date")
    )
    kind, remark = "VARCHAR", ""
    if here and zeros:
        remark = f"{zeros} values begin with a zero: kept as text"
    elif digits:
        remark = f"{digits} values have more digits than a number holds: kept as text"
    elif here and whole == here:
        kind = "BIGINT"
    elif here and numbers == here:
        kind = "DOUBLE"
    elif here and dates == here:
        kind = "DATE"
    elif 2 * numbers > here:
        remark = f"{here - numbers} of {here} values are no numbers, the first in order {found[f'other{j}'][0]!r}: kept as text"
    return name, kind, int(found["n"][0]) - here, remark


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
