"""The door for a user's own file: any of the known export formats becomes a panel, with a report of what was done to it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from toolkit.data.readers.columns import read_columns, usual_decimal
from toolkit.data.readers.csmar import csmar_table
from toolkit.data.readers.exports import COLUMNS, LongTable, eps_table, is_wind, lengthen, nbs_table
from toolkit.data.readers.grid import Grid, Rows, has_rows, read_grid, year_of
from toolkit.data.readers.numbers import BLANK, Decimal
from toolkit.data.readers.problems import Problem, refuse
from toolkit.data.readers.region import find_region, header_row, one_line
from toolkit.data.readers.roles import are_provinces, keep_names, name_provinces, read_years, yearly_dates
from toolkit.data.readers.stata import read_stata
from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, PanelError, UnknownOption, UnreadableFile
from toolkit.language import Note
from toolkit.panel import Panel
from toolkit.paths import relative

Reader = Literal["auto", "table", "nbs", "eps", "csmar", "stata", "wind"]
Entities = Literal["recognise", "provinces", "as given"]
READERS: tuple[Reader, ...] = ("auto", "table", "nbs", "eps", "csmar", "stata", "wind")
ENTITIES: tuple[Entities, ...] = ("recognise", "provinces", "as given")
DECIMALS: tuple[Decimal, ...] = ("auto", ".", ",")


@dataclass(frozen=True)
class _Read:
    """A table before its entities and times are checked.

    Attributes
    ----------
    frame : all columns.
    rows : row of the file for each row of the frame.
    where : the file, and the sheet.
    notes, problems : what was done, and what stands in the way.
    """

    frame: pd.DataFrame
    rows: tuple[int, ...]
    where: str
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...] = ()


def read_panel(
    path: str | Path,
    *,
    entity: str = "province",
    time: str = "year",
    reader: Reader = "auto",
    entities: Entities = "recognise",
    sheet: str | None = None,
    encoding: str | None = None,
    decimal: Decimal = "auto",
) -> Panel:
    """A panel from a file of one's own.

    What is unambiguous is read and reported in ``panel.notes``: title lines, a header of two rows, notes below the table, row numbers,
    thousands separators, full-width digits, percent signs in a whole column, footnote marks, ``2013年`` and ``2013-12-31`` as years,
    totals beside provinces, encodings other than UTF-8. What is not is an error that names all cells concerned, the first ten in full.

    Parameters
    ----------
    path : .csv, .txt, .xlsx or .dta.
    entity, time : role columns; for the long formats ``nbs`` and ``eps``, the names they shall have; for ``wind``, ``time`` is.
    reader : format; ``"auto"`` looks at the file. ``"table"`` is one row per entity and time with a header.
    entities : ``"provinces"`` brings every spelling (110000, 北京市, 北 京, beijing) to the English name of the built tables;
        ``"as given"`` leaves the entities alone; ``"recognise"`` does the first when most of them are provinces.
    sheet : name of the sheet of a workbook in which more than one holds a table.
    encoding : of a text file or an old Stata file, where the bytes leave it open.
    decimal : ``"."`` or ``","`` where the file leaves open whether ``1,000`` is a thousand or one.

    Returns
    -------
    Panel
        A column counts as numeric when most of its cells are; then every cell must be. Blanks and dashes are missing.
        Digits with leading zeros are codes and stay text, and so does the entity NA. What was done is in ``notes``.

    Raises
    ------
    UnknownProvince, NotNumeric, DuplicateKey, MissingKey, PanelError
        With file, row, column, entity and year; all problems of the file in one error.
    UnreadableFile, RawFileMissing, MissingColumn, UnknownOption

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.csv"
    >>> _ = file.write_text("province,year,rd\\n北京市,2023,\\"2,947.1\\"\\n广西省,2023,228.1\\n", encoding="utf-8")
    >>> panel = read_panel(file)
    >>> panel.frame["province"].tolist(), panel.frame["rd"].tolist()
    (['Beijing', 'Guangxi'], [2947.1, 228.1])
    >>> for done in panel.notes:
    ...     print(done)
    rd: thousands separators removed (cells: 1).
    Spellings of provinces brought to the names of the built tables: 2 (北京市 → Beijing, 广西省 → Guangxi).
    """
    panel = by_row(path, entity=entity, time=time, reader=reader, entities=entities, sheet=sheet, encoding=encoding, decimal=decimal)
    return replace(panel, frame=panel.frame.reset_index(drop=True))


def by_row(
    path: str | Path,
    *,
    entity: str,
    time: str,
    reader: Reader = "auto",
    entities: Entities = "recognise",
    sheet: str | None = None,
    encoding: str | None = None,
    decimal: Decimal = "auto",
) -> Panel:
    """As :func:`read_panel`, with the rows of the file as row labels."""
    path, entity, time = Path(path), one_line(entity), one_line(time)
    for value, known, name in ((reader, READERS, "reader"), (entities, ENTITIES, "entities"), (decimal, DECIMALS, "decimal")):
        if value not in known:
            raise UnknownOption(f"{value!r} is no {name}", remedy=f"use one of {', '.join(known)}")
    if reader == "stata" or (reader == "auto" and path.suffix.lower() == ".dta"):
        read = _stata(path, encoding)
    else:
        grid = read_grid(path, encoding=encoding, sheet=sheet, wanted=lambda rows: _is_table(rows, entity, time))
        kind = _kind(grid.rows) if reader == "auto" else reader
        read = _from_grid(grid=grid, kind=kind, stem=path.stem, entity=entity, time=time, decimal=decimal)
    _need_roles(read.frame, entity, time, read.where)
    read = _named(read, entity, time, entities)
    refuse((*read.problems, *_repeated(read, entity, time)), read.where)
    frame = read.frame.set_axis(pd.Index(read.rows, dtype=object))
    try:
        return Panel(frame, entity, time, path.name, notes=read.notes)
    except PanelError as error:  # the panel names labels of rows, which are rows of the file here
        where = f"{read.where}, {error.where.replace('row label', 'row')}"
        raise type(error)(error.what, where=where, remedy=error.remedy) from error


def _is_table(rows: Rows, entity: str, time: str) -> bool:
    if _kind(rows) != "table":
        return True
    top = header_row(rows, (entity, time))
    return has_rows(rows) and top is not None and {entity, time} <= set(map(one_line, rows[top]))


def _kind(rows: Rows) -> Reader:
    top = [row for row in rows[:8] if row]
    if any(set(COLUMNS) <= set(row) for row in top):
        return "eps"
    if top and {"Stkcd", "Symbol"} & set(top[0]):
        return "csmar"
    if is_wind(top):
        return "wind"
    if any(row[0].startswith("数据库") or (row[0] in ("地区", "指标") and any(map(year_of, row[1:]))) for row in top):
        return "nbs"
    return "table"


def _from_grid(grid: Grid, kind: Reader, stem: str, entity: str, time: str, decimal: Decimal) -> _Read:
    if kind == "csmar":
        table = csmar_table([grid])
        return _Read(table.frame, table.rows, grid.where, table.notes)
    if kind in ("nbs", "eps"):
        return _wide(nbs_table(grid, stem) if kind == "nbs" else eps_table(grid), entity, time, grid.where)
    return _table(grid=grid, kind=kind, entity=entity, time=time, decimal=decimal)


def _stata(path: Path, encoding: str | None) -> _Read:
    table = read_stata(path, encoding)
    return _Read(table.frame, tuple(range(1, len(table.frame) + 1)), relative(path), table.notes)


def _wide(long: LongTable, entity: str, time: str, where: str) -> _Read:
    frame = long.frame
    further = [c for c in frame.columns if c not in ("region", "year", "indicator", "unit", "value", "row")]
    if further:
        raise UnreadableFile(
            f"the file has a further dimension, {further[0]}",
            where=where,
            remedy="export one member of it at a time, or use read_eps for the long frame",
        )
    twice = frame[frame.duplicated(["region", "year", "indicator"])].to_dict("records")
    what, remedy = "{indicator} of {region} {year} occurs twice", "keep one of the rows"
    refuse([Problem(DuplicateKey, what.format_map(record), int(record["row"]), remedy=remedy) for record in twice], where)
    rows = frame.groupby(["region", "year"], sort=False)["row"].first()
    wide = frame.pivot(index=["region", "year"], columns="indicator", values="value").rename_axis(columns=None)
    rows = rows.reindex(wide.index)
    return _Read(wide.reset_index().rename(columns={"region": entity, "year": time}), tuple(rows), where, long.notes)


def _table(grid: Grid, kind: Reader, entity: str, time: str, decimal: Decimal) -> _Read:
    region = find_region(grid, entity, time if kind == "table" else entity)
    notes = [*grid.notes, *region.notes]
    if kind == "wind":
        region, said = lengthen(region, time, grid.where)
        notes += said
    cells = {name: [row[j] for row in region.rows] for j, name in enumerate(region.names)}
    _need_roles(pd.DataFrame(columns=list(cells)), entity, time, grid.where)
    keys = {
        entity: pd.Series([None if cell in BLANK and not any(map(str.isalpha, cell)) else cell for cell in cells.pop(entity)], dtype="str"),
        time: pd.Series([None if cell in BLANK else cell for cell in cells.pop(time)], dtype="str"),
    }
    labels = _labels(pd.DataFrame(keys), entity, time)
    usual = usual_decimal(grid.delimiter, (*region.names, *labels))
    columns = read_columns(cells, rows=region.places, labels=labels, decimal=decimal, usual=usual)
    frame = pd.DataFrame({name: keys.get(name, columns.values.get(name)) for name in region.names})
    return _Read(frame=frame, rows=region.places, where=grid.where, notes=(*notes, *columns.notes), problems=columns.problems)


def _labels(frame: pd.DataFrame, entity: str, time: str) -> list[str]:
    return [f"{entity} {name}, {time} {when}" for name, when in zip(frame[entity], frame[time], strict=True)]


def _named(read: _Read, entity: str, time: str, entities: Entities) -> _Read:
    """The table with years as years and provinces under one name, without totals."""
    frame, notes, problems = read.frame.reset_index(drop=True), list(read.notes), list[Problem]()
    missing = frame[entity].isna() | frame[time].isna()
    for column in (entity, time):
        remedy = "fill it, or remove the row"
        problems += [Problem(MissingKey, f"{column} is empty", read.rows[i], remedy=remedy) for i in frame.index[frame[column].isna()]]
    frame = frame[~missing]
    rows = [read.rows[i] for i in frame.index]
    labels = _labels(frame, entity, time)
    times, said, unclear = _times(frame[time], time, rows, labels)
    names = frame[entity].tolist()
    provinces = entities == "provinces" or (entities == "recognise" and are_provinces(names))
    named = name_provinces(names, entity, rows, labels) if provinces else keep_names(names)
    frame = frame.assign(**{time: times, entity: pd.Series(named.names, index=frame.index) if provinces else frame[entity]})
    kept = [not out for out in named.total]
    return replace(
        read,
        frame=frame[kept],
        rows=tuple(row for row, keep in zip(rows, kept, strict=True) if keep),
        notes=(*notes, *said, *named.notes),
        problems=(*problems, *unclear, *named.problems, *read.problems),
    )


def _times(times: pd.Series, name: str, rows: list[int], labels: list[str]) -> tuple[pd.Series, tuple[Note, ...], list[Problem]]:
    if pd.api.types.is_datetime64_any_dtype(times):
        return *yearly_dates(times, name), []
    if not isinstance(times.dtype, pd.StringDtype) and times.dtype != object:
        return times, (), []
    cells = times.astype(str).tolist()
    values, others, notes = read_years(cells, name)
    remedy = "write all periods of the column in one way: 2013, 2013Q1 or 2013-06"
    problems = [
        Problem(
            error=PanelError,
            what=f"{cells[i]!r} is no year, others in the column are",
            row=rows[i],
            column=name,
            label=labels[i],
            remedy=remedy,
        )
        for i in others
    ]
    return pd.Series(values, index=times.index, name=name), notes, problems


def _repeated(read: _Read, entity: str, time: str) -> list[Problem]:
    """Each entity and time that has more than one row."""
    keys = list(zip(read.frame[entity], read.frame[time].astype(str), strict=True))
    places: dict[tuple[object, str], list[int]] = {}
    for key, row in zip(keys, read.rows, strict=True):
        places.setdefault(key, []).append(row)
    return [
        Problem(
            DuplicateKey,
            f"{entity} {name}, {time} {when} occurs {len(rows)} times, in rows {', '.join(map(str, rows))}",
            rows[1],
            remedy=f"keep one row per {entity} and {time}",
        )
        for (name, when), rows in places.items()
        if len(rows) > 1
    ]


def _need_roles(frame: pd.DataFrame, entity: str, time: str, where: str) -> None:
    for role, column in (("entity", entity), ("time", time)):
        if column not in frame.columns:
            names = [str(c) for c in frame.columns]
            near = ", ".join(difflib.get_close_matches(column, names)) or ", ".join(names[:12])
            raise MissingColumn(f"there is no column {column!r} to serve as {role}", where=where, remedy=f"name one of: {near}")
