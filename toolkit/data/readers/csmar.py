"""CSMAR downloads: three header rows, a description file beside the table, and the rules of its keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from toolkit.data.readers.columns import read_columns
from toolkit.data.readers.encoding import decode
from toolkit.data.readers.grid import Grid, read_grid
from toolkit.data.readers.problems import refuse
from toolkit.errors import RawFileMissing, UnreadableFile
from toolkit.language import Note, Text, note
from toolkit.paths import relative

CODE_COLUMNS = ("Stkcd", "Symbol", "stkcd", "symbol")
DATE_COLUMNS = ("Accper", "EndDate", "accper")
CONSOLIDATED = {"Typrep": "A", "StateTypeCode": "1"}
NO_UNIT = "没有单位"
_TITLES = Text("Columns: {titles}.", "变量说明：{titles}。")
_DROPPED = Text("Rows left out: {count} ({reason}).", "剔除{count}行：{reason}。")
_REASONS = {
    **{
        f"{c} is not {w} (not consolidated)": Text(f"{c} is not {w} (not consolidated)", f"{c}不等于{w}（非合并报表）")
        for c, w in CONSOLIDATED.items()
    },
    **{f"{c} 01-01 (opening balance)": Text(f"{c} 01-01 (opening balance)", f"{c}为01-01（年初数）") for c in DATE_COLUMNS},
    **{f"{c} is not 12-31 (interim report)": Text(f"{c} is not 12-31 (interim report)", f"{c}不为12-31（非年报）") for c in DATE_COLUMNS},
}
_CJK = re.compile(r"[\u4e00-\u9fff]")
_DES = re.compile(r"^([A-Za-z_]\w*)\s+\[([^\]]*)\]\s*-\s*(.*)$")


@dataclass(frozen=True)
class CsmarTable:
    """A CSMAR table after the usual rules.

    Attributes
    ----------
    frame : firm codes as six-digit text, ``year`` from the period, numbers as numbers.
    rows : row of the file (of its volume) from which each row of the frame comes.
    titles, units : Chinese title and unit by field code, empty when the file has one header row.
    dropped : (reason, number of rows) pairs.
    notes : the same and what was done to the cells, in both languages.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    titles: dict[str, str]
    units: dict[str, str]
    dropped: tuple[tuple[str, int], ...]
    notes: tuple[Note, ...] = ()


def read_csmar(paths: Path | Sequence[Path]) -> CsmarTable:
    """Read one table, also when it comes in several volumes.

    Year-end reports (12-31) are kept, opening balances (01-01) and interim reports are dropped; consolidated statements are kept
    (``Typrep`` A, ``StateTypeCode`` 1). Every drop is counted.

    Raises
    ------
    RawFileMissing, UnreadableFile, NotNumeric
    """
    volumes = [paths] if isinstance(paths, Path) else list(paths)
    if not volumes:
        raise RawFileMissing("no file was named", remedy="pass the volumes of one table")
    return csmar_table([read_grid(path) for path in volumes])


def csmar_table(volumes: Sequence[Grid]) -> CsmarTable:
    """The same from the cells of the volumes."""
    header: list[str] = []
    titles: dict[str, str] = {}
    units: dict[str, str] = {}
    frames, notes = [], []
    for volume in volumes:
        grid = volume.rows
        if len(grid) < 2:
            raise UnreadableFile("the file has no rows below its header", where=volume.where, remedy="download the table again")
        if header and grid[0] != header:
            raise UnreadableFile(
                "the volumes have different columns",
                where=volume.where,
                remedy="read tables one by one; volumes of one table share the header",
            )
        header = grid[0]
        extra = _extra_rows(grid)
        if extra:
            titles, units = (dict(zip(header, row, strict=False)) for row in grid[1:3])
        frame, said = _frame(header, grid[1 + extra :], first=2 + extra, where=volume.where)
        frames.append(frame)
        notes += [*volume.notes, *said]
    frame, dropped = _rules(pd.concat(frames))
    units = {k: u for k, u in units.items() if u != NO_UNIT}
    if titles:
        lines = tuple(f"{code}: {title}{f' ({units[code]})' if units.get(code) else ''}" for code, title in titles.items() if title)
        notes.append(note("titles", _TITLES, titles=lines))
    notes += [note("csmar_rows", _DROPPED, count=count, reason=_REASONS[reason]) for reason, count in dropped]
    return CsmarTable(
        frame=frame.reset_index(drop=True), rows=tuple(frame.index), titles=titles, units=units, dropped=dropped, notes=tuple(notes)
    )


def _extra_rows(grid: list[list[str]]) -> int:
    header, second = grid[0], grid[1]
    codes = [i for i, name in enumerate(header) if name in (*CODE_COLUMNS, *DATE_COLUMNS)]
    titled = any(i < len(second) and _CJK.search(second[i]) for i in codes)
    return 2 if titled or (len(grid) > 2 and NO_UNIT in grid[2]) else 0


def _frame(header: list[str], rows: list[list[str]], first: int, where: str) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    padded = [[*row, *[""] * (len(header) - len(row))][: len(header)] for row in rows]
    while padded and not any(padded[-1]):
        padded.pop()
    places = range(first, first + len(padded))
    keys = (*CODE_COLUMNS, *DATE_COLUMNS, *CONSOLIDATED)
    cells = {name: [row[j] for row in padded] for j, name in enumerate(header)}
    labels = [" ".join(cells[name][i] for name in (*CODE_COLUMNS, *DATE_COLUMNS) if name in cells) for i in range(len(padded))]
    read = read_columns({name: column for name, column in cells.items() if name not in keys}, rows=places, labels=labels, decimal=".")
    refuse(read.problems, where)
    columns = {name: read.values[name] if name in read.values else pd.Series(cells[name], dtype="str") for name in header}
    return pd.DataFrame(columns).set_axis(places), read.notes


def _rules(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[tuple[str, int], ...]]:
    dropped = []
    for column in (c for c in CODE_COLUMNS if c in frame):
        codes = frame[column].str.replace(r"\.0$", "", regex=True)
        frame[column] = codes.mask(codes == "").str.zfill(6)
    for column, wanted in ((c, w) for c, w in CONSOLIDATED.items() if c in frame):
        keep = frame[column].str.replace(r"\.0$", "", regex=True).isin([wanted, "1"])  # the tables of notes write Typrep 1 for A
        dropped.append((f"{column} is not {wanted} (not consolidated)", int((~keep).sum())))
        frame = frame[keep]
    for column in (c for c in DATE_COLUMNS if c in frame):
        day = frame[column].str[5:10]
        dropped.append((f"{column} 01-01 (opening balance)", int((day == "01-01").sum())))
        dropped.append((f"{column} is not 12-31 (interim report)", int((~day.isin(["01-01", "12-31"])).sum())))
        frame = frame[day == "12-31"]
        frame = frame.assign(year=frame[column].str[:4].astype("int64"))
    return frame, tuple((reason, n) for reason, n in dropped if n)


def read_description(path: Path) -> dict[str, tuple[str, str]]:
    """Title and description by field code, from the file ``TABLE[DES][xlsx].txt``.

    Raises
    ------
    RawFileMissing, UnreadableFile
    """
    if not path.is_file():
        raise RawFileMissing("there is no such file", where=relative(path), remedy="it comes in the same archive as the table")
    fields = described_fields(path.read_bytes(), relative(path))
    if not fields:
        raise UnreadableFile("no line reads CODE [title] - description", where=relative(path), remedy="use the [DES] file of the download")
    return fields


def described_fields(content: bytes, where: str) -> dict[str, tuple[str, str]]:
    """The same from bytes; empty where no line reads so."""
    found = (_DES.match(line.strip()) for line in decode(content, where).text.splitlines())
    return {m.group(1): (m.group(2), m.group(3).strip()) for m in found if m}
