"""CSMAR downloads: three header rows, a description file beside the table, and the rules of its keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from toolkit.data.readers.grid import BLANK, decode, looks_numeric, numeric, read_grid
from toolkit.errors import RawFileMissing, UnreadableFile
from toolkit.paths import relative

CODE_COLUMNS = ("Stkcd", "Symbol", "stkcd", "symbol")
DATE_COLUMNS = ("Accper", "EndDate", "accper")
CONSOLIDATED = {"Typrep": "A", "StateTypeCode": "1"}
NO_UNIT = "没有单位"
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
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    titles: dict[str, str]
    units: dict[str, str]
    dropped: tuple[tuple[str, int], ...]


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
    header: list[str] = []
    titles: dict[str, str] = {}
    units: dict[str, str] = {}
    frames = []
    for path in volumes:
        grid = read_grid(path)
        if len(grid) < 2:
            raise UnreadableFile("the file has no rows below its header", where=relative(path), remedy="download the table again")
        if header and grid[0] != header:
            raise UnreadableFile(
                "the volumes have different columns",
                where=relative(path),
                remedy="read tables one by one; volumes of one table share the header",
            )
        header = grid[0]
        extra = _extra_rows(grid)
        if extra:
            titles, units = (dict(zip(header, row, strict=False)) for row in grid[1:3])
        frames.append(_frame(header, grid[1 + extra :], first=2 + extra, where=relative(path)))
    frame, dropped = _rules(pd.concat(frames))
    return CsmarTable(frame.reset_index(drop=True), tuple(frame.index), titles, {k: u for k, u in units.items() if u != NO_UNIT}, dropped)


def _extra_rows(grid: list[list[str]]) -> int:
    header, second = grid[0], grid[1]
    codes = [i for i, name in enumerate(header) if name in (*CODE_COLUMNS, *DATE_COLUMNS)]
    titled = any(i < len(second) and _CJK.search(second[i]) for i in codes)
    return 2 if titled or (len(grid) > 2 and NO_UNIT in grid[2]) else 0


def _frame(header: list[str], rows: list[list[str]], first: int, where: str) -> pd.DataFrame:
    padded = [[*row, *[""] * (len(header) - len(row))][: len(header)] for row in rows]
    while padded and not any(padded[-1]):
        padded.pop()
    frame = pd.DataFrame(padded, columns=header, index=range(first, first + len(padded)))
    for column in frame.columns:
        if column in (*CODE_COLUMNS, *DATE_COLUMNS, *CONSOLIDATED):
            continue
        cells = frame[column].mask(frame[column].isin(list(BLANK)))
        frame[column] = numeric(cells, where, frame.index.tolist()) if looks_numeric(cells) else cells
    return frame


def _rules(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[tuple[str, int], ...]]:
    dropped = []
    for column in (c for c in CODE_COLUMNS if c in frame):
        frame[column] = frame[column].str.replace(r"\.0$", "", regex=True).str.zfill(6)
    for column, wanted in ((c, w) for c, w in CONSOLIDATED.items() if c in frame):
        keep = frame[column].str.replace(r"\.0$", "", regex=True) == wanted
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
    found = (_DES.match(line.strip()) for line in decode(path.read_bytes(), relative(path)).splitlines())
    fields = {m.group(1): (m.group(2), m.group(3).strip()) for m in found if m}
    if not fields:
        raise UnreadableFile("no line reads CODE [title] - description", where=relative(path), remedy="use the [DES] file of the download")
    return fields
