"""The door for a user's own file: any of the known export formats becomes a panel."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Literal

import pandas as pd

from toolkit.data.provinces import canonical, is_province
from toolkit.data.readers.csmar import read_csmar
from toolkit.data.readers.eps import COLUMNS, read_eps
from toolkit.data.readers.grid import BLANK, looks_numeric, numeric, read_grid, year_of
from toolkit.data.readers.nbs import NATION, read_nbs
from toolkit.data.readers.stata import read_stata
from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, UnknownOption, UnreadableFile
from toolkit.panel import Panel
from toolkit.paths import relative

Reader = Literal["auto", "table", "nbs", "eps", "csmar", "stata"]
Entities = Literal["recognise", "provinces", "as given"]
READERS: tuple[Reader, ...] = ("auto", "table", "nbs", "eps", "csmar", "stata")
ENTITIES: tuple[Entities, ...] = ("recognise", "provinces", "as given")
MOSTLY = 0.5  # share of names above which an entity column counts as provinces


def read_panel(
    path: str | Path, *, entity: str = "province", time: str = "year", reader: Reader = "auto", entities: Entities = "recognise"
) -> Panel:
    """A panel from a file of one's own.

    Parameters
    ----------
    path : .csv, .txt, .xlsx or .dta.
    entity, time : role columns; for the long formats ``nbs`` and ``eps``, the names they shall have.
    reader : format; ``"auto"`` looks at the file. ``"table"`` is one row per entity and time with a header.
    entities : ``"provinces"`` brings every spelling (110000, 北京市, 北 京, beijing) to the English name of the built tables;
        ``"as given"`` leaves the entities alone; ``"recognise"`` does the first when most of them are provinces.

    Returns
    -------
    Panel
        A column counts as numeric when most of its cells are; then every cell must be. Blanks and dashes are missing.

    Raises
    ------
    UnknownProvince, NotNumeric, DuplicateKey, MissingKey
        With file, row, column, entity and year.
    UnreadableFile, RawFileMissing, MissingColumn, UnknownOption

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.csv"
    >>> _ = file.write_text("province,year,rd\\n北京市,2023,2947.1\\n广西省,2023,228.1\\n", encoding="utf-8")
    >>> read_panel(file).frame["province"].tolist()
    ['Beijing', 'Guangxi']
    """
    path = Path(path)
    for value, known, name in ((reader, READERS, "reader"), (entities, ENTITIES, "entities")):
        if value not in known:
            raise UnknownOption(f"{value!r} is no {name}", remedy=f"use one of {', '.join(known)}")
    kind = _kind(path) if reader == "auto" else reader
    frame = _frame(path, kind, entity, time)
    where = relative(path)
    _need_roles(frame, entity, time, where)
    for column in (entity, time):
        empty = frame.index[frame[column].isna()]
        if len(empty):
            raise MissingKey(f"{column} is empty", where=f"{where}, row {frame['_row'][empty[0]]}", remedy="fill it, or remove the row")
    if entities == "provinces" or (entities == "recognise" and _are_provinces(frame[entity])):
        if kind in ("nbs", "eps"):
            frame = frame[frame[entity] != NATION]
        frame[entity] = [
            canonical(name, f"{where}, row {row}, column {entity}") for name, row in zip(frame[entity], frame["_row"], strict=True)
        ]
    twice = frame.duplicated([entity, time])
    if twice.any():
        second = frame[twice].iloc[0]
        rows = frame.loc[(frame[entity] == second[entity]) & (frame[time] == second[time]), "_row"]
        raise DuplicateKey(
            f"{entity} {second[entity]}, {time} {second[time]} occurs {len(rows)} times",
            where=f"{where}, rows {', '.join(map(str, rows))}",
            remedy=f"keep one row per {entity} and {time}",
        )
    return Panel(frame.drop(columns="_row"), entity, time, path.name)


def _kind(path: Path) -> Reader:
    if path.suffix.lower() == ".dta":
        return "stata"
    top = [row for row in read_grid(path)[:8] if row]
    if any(set(COLUMNS) <= set(row) for row in top):
        return "eps"
    if top and {"Stkcd", "Symbol"} & set(top[0]):
        return "csmar"
    if any(row[0].startswith("数据库") or (row[0] in ("地区", "指标") and any(map(year_of, row[1:]))) for row in top):
        return "nbs"
    return "table"


def _frame(path: Path, kind: Reader, entity: str, time: str) -> pd.DataFrame:
    if kind == "stata":
        data = read_stata(path).frame
        return data.assign(_row=range(1, len(data) + 1))
    if kind == "csmar":
        table = read_csmar(path)
        return table.frame.assign(_row=list(table.rows))
    if kind == "table":
        return _table(path, entity, time)
    long = read_nbs(path) if kind == "nbs" else read_eps(path)
    return _wide(long, entity, time, relative(path))


def _wide(long: pd.DataFrame, entity: str, time: str, where: str) -> pd.DataFrame:
    further = [c for c in long.columns if c not in ("region", "year", "indicator", "unit", "value", "row")]
    if further:
        raise UnreadableFile(
            f"the file has a further dimension, {further[0]}",
            where=where,
            remedy="export one member of it at a time, or use read_eps for the long frame",
        )
    twice = long.duplicated(["region", "year", "indicator"])
    if twice.any():
        row = long[twice].iloc[0]
        raise DuplicateKey(
            f"{row['indicator']} of {row['region']} {row['year']} occurs twice",
            where=f"{where}, row {row['row']}",
            remedy="keep one of the rows",
        )
    rows = long.groupby(["region", "year"], sort=False)["row"].first()
    wide = long.pivot(index=["region", "year"], columns="indicator", values="value").rename_axis(columns=None)
    return wide.assign(_row=rows).reset_index().rename(columns={"region": entity, "year": time})


def _table(path: Path, entity: str, time: str) -> pd.DataFrame:
    grid, where = read_grid(path), relative(path)
    top = next((i for i, row in enumerate(grid) if row), None)
    if top is None or not any(grid[top + 1 :]):
        raise UnreadableFile(
            "the file has no rows below its header", where=where, remedy="the first row names the columns, the rows follow"
        )
    header = grid[top]
    if len(set(header)) != len(header) or "" in header:
        raise UnreadableFile(
            "a column has no name, or two have the same", where=f"{where}, row {top + 1}", remedy="give every column its own name"
        )
    rows = [(i, [*row, *[""] * (len(header) - len(row))]) for i, row in enumerate(grid[top + 1 :], start=top + 2) if row]
    long_row = next((i for i, row in rows if len(row) > len(header)), None)
    if long_row is not None:
        raise UnreadableFile(
            "a row has more cells than the header", where=f"{where}, row {long_row}", remedy="quote text that contains commas"
        )
    frame = pd.DataFrame([row for _, row in rows], columns=header)
    frame["_row"] = [i for i, _ in rows]
    _need_roles(frame, entity, time, where)
    labels = [f"{entity} {name}, {time} {when}" for name, when in zip(frame[entity], frame[time], strict=True)]
    for column in header:
        blank = frame[column].isin(list(BLANK))
        cells = frame[column].mask(blank)
        if column == time:
            known = {cell: year_of(cell) for cell in cells.dropna().unique()}
            frame[column] = cells.map(lambda cell, known=known: known.get(cell) or cell)
        elif column != entity and looks_numeric(cells):
            frame[column] = numeric(cells, where, frame["_row"].tolist(), labels)
        else:
            frame[column] = cells
    return frame


def _need_roles(frame: pd.DataFrame, entity: str, time: str, where: str) -> None:
    for role, column in (("entity", entity), ("time", time)):
        if column not in frame.columns:
            names = [str(c) for c in frame.columns if c != "_row"]
            near = ", ".join(difflib.get_close_matches(column, names)) or ", ".join(names[:12])
            raise MissingColumn(f"there is no column {column!r} to serve as {role}", where=where, remedy=f"name one of: {near}")


def _are_provinces(names: pd.Series) -> bool:
    distinct = [name for name in names.unique() if name != NATION]
    return sum(map(is_province, distinct)) > MOSTLY * len(distinct)
