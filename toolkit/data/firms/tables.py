"""The tables of a folder: found by their code, loose or in archives, missing ones named all at once, each read once for a firm and year."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pandas as pd

from toolkit.data.firms.choices import Choices, RequestedTable
from toolkit.data.readers.archive import unpacked
from toolkit.data.readers.csmar import CODE_COLUMNS, CONSOLIDATED, DATE_COLUMNS, csmar_table
from toolkit.data.readers.grid import Grid, read_grid
from toolkit.data.readers.stata import read_stata
from toolkit.data.safety import sized
from toolkit.errors import MissingColumn, RawFileMissing, UnreadableFile
from toolkit.language import Text
from toolkit.paths import relative

KEYS = ["firm", "year"]
_FORMS = r"[^A-Za-z]*\.(xlsx|xls|csv|txt|dta)"  # volumes are numbered; the description files have letters in brackets
_YUAN = ("", "元", "人民币元")
_MONEY = ("revenue", "profit", "assets", "liabilities", "equity", "rd", "amount")


@dataclass(frozen=True)
class FirmTable:
    """One table of the folder.

    Attributes
    ----------
    frame : ``firm`` (six digits), ``year`` (where the table has one) and our names of the fields.
    steps : (what was done, number of rows) from the rows of the files to those of ``frame``.
    titles : Chinese title by field code, where the files have one.
    """

    frame: pd.DataFrame
    steps: tuple[tuple[Text, int], ...]
    titles: dict[str, str]


@contextmanager
def found_files(folder: Path, choices: Choices) -> Iterator[dict[str, list[Path]]]:
    """The files of each table, archives unpacked to a place that is removed afterwards.

    Raises
    ------
    RawFileMissing
        Names all tables that are not there, and where each is found.
    UnreadableFile
        An archive is broken, unpacks to more than 2 GB, or has an entry that leaves its folder.
    """
    if not folder.is_dir():
        raise RawFileMissing("there is no such folder", where=relative(folder), remedy="give the folder into which CSMAR was downloaded")
    with tempfile.TemporaryDirectory() as place:
        everything = [*folder.rglob("*"), *_unpacked(folder, choices, Path(place))]
        found = {
            name: sorted(path for path in everything if path.is_file() and _is(path.name, table)) for name, table in choices.tables.items()
        }
        _require(found, choices, folder)
        yield found


def _is(name: str, table: RequestedTable) -> bool:
    return re.fullmatch(re.escape(table.code) + _FORMS, name, re.IGNORECASE) is not None


def _unpacked(folder: Path, choices: Choices, place: Path) -> list[Path]:
    """Only members that are tables, under a name of ours, so that no path of an archive counts."""
    out = []
    for number, archive in enumerate(sorted(folder.rglob("*.zip"))):
        sized(archive, relative(archive))
        files, _ = unpacked(archive, relative(archive), lambda name: any(_is(PurePosixPath(name).name, t) for t in choices.tables.values()))
        for name, content in files.items():
            out.append(place / str(number) / PurePosixPath(name).name)
            out[-1].parent.mkdir(exist_ok=True)
            out[-1].write_bytes(content)
    return out


def _require(found: dict[str, list[Path]], choices: Choices, folder: Path) -> None:
    missing = [choices.tables[name] for name, files in found.items() if not files and not choices.tables[name].optional]
    if missing:
        lines = "; ".join(f"{table.code} ({table.name.zh}, {table.name.en}; {', '.join(table.fields.values())})" for table in missing)
        raise RawFileMissing(
            f"{len(missing)} of the tables are not in the folder: {lines}",
            where=relative(folder),
            remedy="search CSMAR for the code, choose the fields named, consolidated statements and "
            "year ends, and put the archive into the folder as it comes (.zip, .csv, .txt, .xlsx or .dta)",
        )


def read_table(files: list[Path], table: RequestedTable) -> FirmTable:
    """One table with the fields that are wanted, consolidated year ends only.

    Raises
    ------
    MissingColumn
        A field is in none of the headers; names what the header has.
    UnreadableFile
        A sum of money is not in yuan.
    NotNumeric
        Text stands in a column of numbers.
    """
    volumes = [_narrowed(_grid(path), table) for path in files]
    read = csmar_table(volumes)
    ours = {code: name for name, code in table.fields.items()}
    for code, name in ours.items():
        unit = read.units.get(code, "")
        if name in _MONEY and unit not in _YUAN:
            raise UnreadableFile(f"{code} is in {unit}, not in yuan", where=volumes[0].where, remedy="download it in yuan (元)")
    frame = read.frame.rename(columns={**ours, **dict.fromkeys(CODE_COLUMNS, "firm")})
    rows = len(frame) + sum(count for _, count in read.dropped)
    steps = [(Text("rows of the files", "文件中的行"), rows)]
    steps += [(_said(reason), -count) for reason, count in read.dropped]
    coded = frame[[column for column in (*KEYS, *table.fields) if column in frame]].dropna(subset=["firm"])
    if len(coded) < len(frame):
        steps.append((Text("rows without a stock code", "无证券代码的行"), len(coded) - len(frame)))
    return FirmTable(coded, tuple(steps), {code: read.titles[code] for code in ours if read.titles.get(code)})


def _said(reason: str) -> Text:
    if "consolidated" in reason:
        return Text("not consolidated", "非合并报表")
    return Text("opening balances", "年初数") if "opening" in reason else Text("interim reports", "非年报")


def _grid(path: Path) -> Grid:
    if path.suffix.lower() != ".dta":
        return read_grid(path)
    frame = read_stata(path).frame
    cells = frame.astype(object).where(frame.notna(), "")
    return Grid([list(map(str, frame.columns)), *(list(map(str, row)) for row in cells.to_numpy())], relative(path))


def _narrowed(grid: Grid, table: RequestedTable) -> Grid:
    """The grid with the keys and the fields that are wanted; a table may have any others."""
    header = grid.rows[0] if grid.rows else []
    wanted = {code.lower(): code for code in table.fields.values()}
    keys = (*CODE_COLUMNS, *DATE_COLUMNS, *CONSOLIDATED)
    at = {wanted.get(name.lower(), name): j for j, name in enumerate(header) if name.lower() in wanted or name in keys}
    absent = [code for code in wanted.values() if code not in at]
    if absent or not set(CODE_COLUMNS) & set(at):
        raise MissingColumn(
            f"{table.code} has no field {', '.join(absent) or ' or '.join(CODE_COLUMNS[:2])}",
            where=f"{grid.where}, header: {', '.join(header[:30])}",
            remedy="choose the field when downloading; if it has another name, write firms.yaml with tables: {...: {fields: {...}}}",
        )
    rows = [[row[j] if j < len(row) else "" for j in at.values()] for row in grid.rows]
    return Grid([list(at), *rows[1:]], grid.where, notes=grid.notes)


def once(frame: pd.DataFrame) -> tuple[pd.DataFrame, int, pd.DataFrame]:
    """One row for each firm and year.

    Returns
    -------
    frame : the first value that is not missing, of firm-years whose rows agree.
    repeated : rows beside the first of each firm-year.
    differing : firm-years whose rows disagree (a restated report beside the first one): which one holds, the table does not say.
    """
    groups = frame.groupby(KEYS, sort=True)
    disagree = (groups.nunique() > 1).any(axis=1)
    first = groups.first()
    differing = first.index[disagree].to_frame(index=False)
    return first[~disagree].reset_index(), len(frame) - len(first), differing
