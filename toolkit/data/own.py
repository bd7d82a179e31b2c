"""The door for a user's own file: any of the known formats becomes a panel, with a report of what was done to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.data.readers.cells import RowLabels
from toolkit.data.readers.header import read_years, with_parts, yearly_dates
from toolkit.data.readers.naming import Kind, kept_unknown, kind_of, name_entities
from toolkit.data.readers.numbers import Decimal
from toolkit.data.readers.opened import OpenedTable, Reader, ReadOptions, need_roles, open_file, open_frame, same_rows
from toolkit.data.readers.problems import Problem, refuse
from toolkit.data.readers.region import one_line
from toolkit.data.readers.typed import TypedTable, from_index
from toolkit.errors import DuplicateKey, MissingKey, PanelError, UnknownOption
from toolkit.language import Note
from toolkit.panel import Panel

Entities = Literal["recognise"] | Kind
READERS: tuple[Reader, ...] = ("auto", "table", "nbs", "eps", "csmar", "stata", "wind")
ENTITIES: tuple[Entities, ...] = ("recognise", "provinces", "cities", "firms", "as given")
DECIMALS: tuple[Decimal, ...] = ("auto", ".", ",")


def read_panel(
    source: str | Path | pd.DataFrame,
    *,
    entity: str | None = None,
    time: str | None = None,
    reader: Reader = "auto",
    entities: Entities = "recognise",
    sheet: str | None = None,
    encoding: str | None = None,
    decimal: Decimal = "auto",
) -> Panel:
    """A panel from a file of one's own, or from a frame.

    What is unambiguous is read and reported in ``panel.notes``: the sheet, title lines, a header of two rows, notes below the table, row
    numbers, thousands separators, full-width digits, percent signs in a whole column, footnote marks, ``2013年`` and ``2013-12-31`` as
    years, periods in the header (``gdp2020``, ``2020Q1``, ``2020年1月``), a quarter or month beside the year, totals beside provinces, rows
    that occur twice, encodings other than UTF-8. What is not is an error that names all cells concerned, the first ten in full.

    Parameters
    ----------
    source : text in any encoding and separator, .xls, .xlsx, .xlsm, .xlsb, .ods, a web page saved as .xls, .dta, .sav, .parquet, .feather,
        or a .zip of one table, perhaps in volumes; what it is is read from its bytes. Or a frame, with entity and time as columns or in
        its index.
    entity, time : role columns; by default the one column whose name says so (省份, 城市, 证券代码, firm, ...; 年份, year, ...). For the
        long formats ``nbs`` and ``eps`` and tables with periods in their header or title, the names they shall have.
    reader : format; ``"auto"`` looks at the file. ``"table"`` is one row per entity and time with a header.
    entities : ``"provinces"`` brings every spelling (110000, 北京市, 北 京, beijing) to the English name of the built tables,
        ``"cities"`` (襄樊, 襄樊市, 420600) to the present name of GB/T 2260, ``"firms"`` (1, 000001.SZ) to six digits;
        ``"as given"`` leaves the entities alone; ``"recognise"`` looks what most of them are, and keeps towns that stand among cities.
    sheet : name of the sheet of a workbook, or of the file of an archive, in which more than one holds a table.
    encoding : of a text file or an old Stata file, where the bytes leave it open.
    decimal : ``"."`` or ``","`` where the file leaves open whether ``1,000`` is a thousand or one.

    Returns
    -------
    Panel
        A column counts as numeric when most of its cells are; then every cell must be. Blanks and dashes are missing.
        Digits with leading zeros are codes and stay text, and so does the entity NA. What was done is in ``notes``, labels and units
        that the file has in ``labels`` and ``units``.

        A large text file takes at most four times its size of memory (six times where it is not UTF-8), and its progress is shown on
        standard error.

    Raises
    ------
    UnknownProvince, UnknownCity, NotNumeric, DuplicateKey, MissingKey, PanelError
        With file, row, column, entity and year; all problems of the file in one error.
    UnreadableFile, RawFileMissing, MissingColumn, UnknownOption

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.csv"
    >>> _ = file.write_text("省份,年份,rd(亿元)\\n北京市,2023,\\"2,947.1\\"\\n广西省,2023,228.1\\n", encoding="utf-8")
    >>> panel = read_panel(file)
    >>> panel.frame["省份"].tolist(), panel.frame["rd(亿元)"].tolist(), panel.units["rd(亿元)"]
    (['Beijing', 'Guangxi'], [2947.1, 228.1], '亿元')
    >>> for done in panel.notes:
    ...     print(done)
    rd(亿元): thousands separators removed (cells: 1).
    Units in the header: rd(亿元): 亿元; panel.convert gives others.
    Spellings of provinces brought to the names of the built tables: 2 (北京市 → Beijing, 广西省 → Guangxi).
    """
    panel = by_row(source, entity=entity, time=time, reader=reader, entities=entities, sheet=sheet, encoding=encoding, decimal=decimal)
    return replace(panel, frame=panel.frame.reset_index(drop=True))


def by_row(
    source: str | Path | pd.DataFrame,
    *,
    entity: str | None = None,
    time: str | None = None,
    reader: Reader = "auto",
    entities: Entities = "recognise",
    sheet: str | None = None,
    encoding: str | None = None,
    decimal: Decimal = "auto",
) -> Panel:
    """As :func:`read_panel`, with the rows of the file as row labels."""
    for value, known, name in ((reader, READERS, "reader"), (entities, ENTITIES, "entities"), (decimal, DECIMALS, "decimal")):
        if value not in known:
            raise UnknownOption(f"{value!r} is no {name}", remedy=f"use one of {', '.join(known)}")
    asked = ReadOptions(
        entity=None if entity is None else one_line(entity),
        time=None if time is None else one_line(time),
        reader=reader,
        sheet=sheet,
        encoding=encoding,
        decimal=decimal,
    )
    if isinstance(source, pd.DataFrame):
        frame, notes = from_index(source)
        read, called = open_frame(TypedTable(frame, notes=notes), "the frame", asked), ""
    else:
        read, called = open_file(Path(source), asked), Path(source).name
    need_roles([str(c) for c in read.frame.columns], read.entity, read.time, read.where)
    read = _without_repeats(_within_years(_named(read, entities)))
    refuse((*read.problems, *_repeated(read)), read.where)
    indexed = read.frame.set_axis(pd.Index(read.rows, dtype=object))
    try:
        return Panel(indexed, read.entity, read.time, called, notes=read.notes, labels=read.labels, units=read.units)
    except PanelError as error:  # the panel names labels of rows, which are rows of the file here
        where = f"{read.where}, {error.where.replace('row label', 'row')}"
        raise type(error)(error.what, where=where, remedy=error.remedy) from error


def _named(read: OpenedTable, entities: Entities) -> OpenedTable:
    """The table with years as years and provinces under one name, without totals."""
    entity, time = read.entity, read.time
    frame, notes, problems = read.frame.reset_index(drop=True), list(read.notes), list[Problem]()
    missing = frame[entity].isna() | frame[time].isna()
    for column in (entity, time):
        remedy = "fill it, or remove the row"
        problems += [Problem(MissingKey, f"{column} is empty", read.rows[i], remedy=remedy) for i in frame.index[frame[column].isna()]]
    frame = frame[~missing]
    rows = np.asarray(read.rows)[frame.index].tolist()
    labels = RowLabels(frame[entity], frame[time])
    times, said, unclear = _times(frame[time], time, rows, labels)
    names = frame[entity].tolist()
    kind = entities if entities != "recognise" else "as given" if read.exported else kind_of(names, entity)
    named = name_entities(names=names, kind=kind, column=entity, rows=rows, labels=labels)
    if kind == "cities" and entities == "recognise":
        named = kept_unknown(named)
    frame = frame.assign(**{time: times, entity: frame[entity] if kind == "as given" else pd.Series(list(named.names), index=frame.index)})
    kept = ~np.asarray(named.total, dtype=bool)
    return replace(
        read,
        frame=frame[kept],
        rows=np.asarray(rows, dtype=np.int64)[kept].tolist(),
        notes=(*notes, *said, *named.notes),
        problems=(*problems, *unclear, *named.problems, *read.problems),
    )


def _within_years(read: OpenedTable) -> OpenedTable:
    """The table with quarters or months as its time, where years repeat and another column says which part of the year a row is."""
    frame = read.frame
    if not frame.duplicated([read.entity, read.time]).any():
        return read
    for name in [str(name) for name in frame.columns if name not in (read.entity, read.time)]:
        periods, said = with_parts(frame[read.time], frame[name], name)
        if periods is not None:
            return replace(read, frame=frame.assign(**{name: periods}), time=name, notes=(*read.notes, *said))
    return read


def _without_repeats(read: OpenedTable) -> OpenedTable:
    """The table without rows that say the same as an earlier one in every cell."""
    keys = pd.DataFrame({"entity": read.frame[read.entity], "time": read.frame[read.time].astype("str")})
    if not keys.duplicated().any():
        return read
    again = read.frame.assign(**{read.time: keys["time"]}).duplicated()
    rows = [row for row, out in zip(read.rows, again, strict=True) if out]
    kept = [row for row, out in zip(read.rows, again, strict=True) if not out]
    return replace(read, frame=read.frame[~again], rows=kept, notes=(*read.notes, *same_rows(rows)))


def _times(times: pd.Series, name: str, rows: Sequence[int], labels: Sequence[str]) -> tuple[pd.Series, tuple[Note, ...], list[Problem]]:
    if pd.api.types.is_datetime64_any_dtype(times):
        return *yearly_dates(times, name), []
    if not isinstance(times.dtype, pd.StringDtype) and times.dtype != object:
        return times, (), []
    codes, cells = pd.factorize(times.astype(str))
    values, others, notes = read_years(list(cells), name)
    remedy = "write all periods of the column in one way: 2013, 2013Q1 or 2013-06"
    problems = [
        Problem(
            error=PanelError,
            what=f"{cells[codes[i]]!r} is no year, others in the column are",
            row=rows[i],
            column=name,
            label=labels[i],
            remedy=remedy,
        )
        for i in np.flatnonzero(np.isin(codes, others)).tolist()
    ]
    of_cells = pd.Series(values, dtype=object if others else None)
    return of_cells.take(codes).set_axis(times.index).rename(name), notes, problems


def _repeated(read: OpenedTable) -> list[Problem]:
    """Each entity and time that has more than one row, and where the rows differ."""
    entity, time = read.entity, read.time
    keys = pd.DataFrame({entity: read.frame[entity], time: read.frame[time].astype("str")})
    twice = keys.duplicated(keep=False).to_numpy()
    if not twice.any():
        return []
    frame = read.frame[twice].copy()
    frame[time], frame[""] = keys[time], np.asarray(read.rows)[twice]
    problems = []
    for (name, when), group in frame.groupby([entity, time], sort=False, observed=True):
        rows = group[""].tolist()
        differs = [str(c) for c in group.columns if c != "" and group[c].nunique(dropna=False) > 1]
        what = f"{entity} {name}, {time} {when} occurs {len(rows)} times, in rows {', '.join(map(str, rows))}"
        what += f", with different {', '.join(differs[:3])}" if differs else ""
        problems.append(Problem(DuplicateKey, what, rows[1], remedy=f"keep one row per {entity} and {time}"))
    return problems
