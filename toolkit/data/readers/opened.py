"""Any file as a frame with the rows of the file beside it, before its entities and times are checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import pandas as pd

from toolkit.data.readers.about import SUFFIX, About, about_text, as_types, loud
from toolkit.data.readers.archive import is_archive, read_archive
from toolkit.data.readers.cells import RowLabels, cells_of, key_column
from toolkit.data.readers.columns import Columns, read_columns, read_texts, usual_decimal
from toolkit.data.readers.csmar import CODE_COLUMNS, DATE_COLUMNS, NO_UNIT, csmar_table, described_fields
from toolkit.data.readers.exports import COLUMNS, LongTable, eps_table, is_wind, lengthen, made_long, nbs_table, one_kind, period_of
from toolkit.data.readers.grid import Grid, Rows, grid_of, has_rows
from toolkit.data.readers.header import Roles, find_roles, period_in, time_named, unit_in, unit_of_lines
from toolkit.data.readers.large import LARGE, NotPlain
from toolkit.data.readers.numbers import Decimal
from toolkit.data.readers.problems import Problem, refuse
from toolkit.data.readers.region import Region, find_region, header_row, one_line
from toolkit.data.readers.stata import is_stata, stata_table
from toolkit.data.readers.typed import TypedTable, is_typed, read_typed
from toolkit.data.safety import sized
from toolkit.errors import DuplicateKey, MissingColumn, RawFileMissing, UnreadableFile
from toolkit.language import Name, Note, Text, note
from toolkit.paths import relative
from toolkit.units import unit_of

Reader = Literal["auto", "table", "nbs", "eps", "csmar", "stata", "wind"]

_YEAR_OF_TITLE = Text("{name}: {year}, as the title says.", "{name}：取标题中的{year}年。")
_UNITS = Text("Units in the header: {units}; panel.convert gives others.", "表头中的单位：{units}；可用panel.convert换算。")
_TABLE_UNIT = Text("Unit of the table: {unit}.", "全表单位：{unit}。")
_SAME = Text(
    "Rows that occur twice with the same values, read once: {count} (rows {rows}).", "完全重复的行只保留一次：{count}行（第{rows}行）。"
)


@dataclass(frozen=True)
class ReadOptions:
    """What the caller says of a file; see :func:`toolkit.data.own.read_panel`."""

    entity: str | None = None
    time: str | None = None
    reader: Reader = "auto"
    sheet: str | None = None
    encoding: str | None = None
    decimal: Decimal = "auto"


@dataclass(frozen=True)
class OpenedTable:
    """A table before its entities and times are checked.

    Attributes
    ----------
    frame : all columns.
    entity, time : names of the role columns.
    rows : row of the file for each row of the frame.
    where : the file, and the sheet.
    notes, problems : what was done, and what stands in the way.
    labels, units : of columns, where the file has them.
    exported : the file was written by :func:`toolkit.data.export`, so that its names are final.
    """

    frame: pd.DataFrame
    entity: str
    time: str
    rows: Sequence[int]
    where: str
    notes: tuple[Note, ...] = ()
    problems: tuple[Problem, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    exported: bool = False


def open_file(path: Path, options: ReadOptions) -> OpenedTable:
    """The table of a file, whose bytes say what it is.

    Raises
    ------
    RawFileMissing, UnreadableFile, MissingColumn, UnknownOption
    """
    if not path.is_file():
        raise RawFileMissing("there is no such file", where=relative(path), remedy="check the name and the folder")
    where = relative(path)
    sized(path, where)
    content = path.read_bytes()
    if not is_archive(content):
        beside = path.with_name(path.name + SUFFIX)
        about = about_text(beside.read_bytes(), relative(beside)) if beside.is_file() else About()
        return _file(content=content, name=path.name, where=where, options=options, about=about)
    archive = read_archive(content, where, options.sheet)
    each = replace(options, sheet=None)
    volumes = [_file(content=f, name=n, where=f"{where}, {n}", options=each, about=About()) for n, f in archive.volumes]
    described = described_fields(archive.description, where) if archive.description else {}
    return _together(volumes, archive.notes, {code: title for code, (title, _) in described.items()})


def open_frame(table: TypedTable, where: str, options: ReadOptions) -> OpenedTable:
    """A table whose columns have types already, in long form or with years in its header."""
    names = [str(name) for name in table.frame.columns]
    about = table.about
    roles = find_roles([names], options.entity or about.entity or None, options.time or about.time or None)
    frame, rows, notes = table.frame.set_axis(names, axis=1), list(range(1, len(table.frame) + 1)), table.notes
    if roles.layout == "wide":
        frame, said = _long_frame(frame, roles, where)
        rows, notes = [row for row in rows for _ in range(len(frame) // max(len(rows), 1))], (*notes, said)
    keys = (roles.entity, roles.time)
    read = Columns({}, (), ())
    if not about.entity and set(keys) <= set(frame.columns):
        read = read_texts(frame, keys, rows=rows, labels=RowLabels(frame[keys[0]], frame[keys[1]]), decimal=options.decimal)
    return OpenedTable(
        frame=frame.assign(**{name: column.set_axis(frame.index) for name, column in read.values.items()}),
        entity=roles.entity,
        time=roles.time,
        rows=rows,
        where=where,
        notes=(*notes, *read.notes),
        problems=read.problems,
        labels={name: text for name, text in about.labels.items() if text != name},
        units={name: unit for name in frame.columns if (unit := unit_in(name))} | dict(about.units),
        exported=bool(about.entity),
    )


def _file(content: bytes, name: str, where: str, options: ReadOptions, about: About, large: bool = True) -> OpenedTable:
    if options.reader == "stata" or (options.reader == "auto" and (name.lower().endswith(".dta") or is_stata(content))):
        read = stata_table(content, where, options.encoding)
        said = About(entity=read.entity, time=read.time, labels=read.labels, units=read.units)
        return open_frame(TypedTable(read.frame, said, read.notes), where, options)
    if is_typed(content):
        return open_frame(read_typed(content, where), where, options)
    grid = grid_of(
        content=content,
        name=name,
        where=where,
        encoding=options.encoding,
        sheet=options.sheet,
        wanted=lambda rows: _is_table(rows, options),
        large=LARGE if large and options.decimal != "," else None,
    )
    about = grid.about if grid.about.entity else about
    kind = _kind(grid.rows) if options.reader == "auto" and not about.entity else options.reader
    usual = partial(_file, content=content, name=name, where=where, options=options, about=about, large=False)
    if grid.middle is not None:
        long = find_roles(grid.rows, options.entity or about.entity or None, options.time or about.time or None).layout == "long"
        if (kind != "table" and not (kind == "auto" and about.entity)) or not long:
            return usual()
        try:
            return _table(grid=grid, kind=kind, stem=Path(name).stem, options=options, about=about)
        except NotPlain:
            return usual()
    if kind == "csmar":
        table = csmar_table([grid])
        roles = find_roles([[str(c) for c in table.frame.columns if c not in DATE_COLUMNS]], options.entity, options.time)
        return OpenedTable(
            frame=table.frame,
            entity=roles.entity,
            time=roles.time,
            rows=table.rows,
            where=grid.where,
            notes=table.notes,
            labels={code: title for code, title in table.titles.items() if title},
            units=table.units,
        )
    if kind in ("nbs", "eps"):
        return _wide(nbs_table(grid, Path(name).stem) if kind == "nbs" else eps_table(grid), options, grid.where)
    return _table(grid=grid, kind=kind, stem=Path(name).stem, options=options, about=about)


def _is_table(rows: Rows, options: ReadOptions) -> bool:
    return has_rows(rows) and (_kind(rows) != "table" or find_roles(rows, options.entity, options.time).layout != "")


def _kind(rows: Rows) -> Reader:
    top = [row for row in rows[:8] if row]
    if any(set(COLUMNS) <= set(row) for row in top):
        return "eps"
    if top and set(CODE_COLUMNS) & set(top[0]) and (set(DATE_COLUMNS) & set(top[0]) or any(NO_UNIT in row for row in top[1:3])):
        return "csmar"
    if is_wind(top):
        return "wind"
    if any(row[0].startswith("数据库") or (row[0] in ("地区", "指标") and len(row) > 1 and all(map(period_of, row[1:]))) for row in top):
        return "nbs"
    return "table"


def _wide(long: LongTable, options: ReadOptions, where: str) -> OpenedTable:
    """The indicators of a long table as columns."""
    frame, entity, time = long.frame, options.entity or "province", options.time or time_named(long.frame["year"])
    further = [c for c in frame.columns if c not in ("region", "year", "indicator", "unit", "value", "row")]
    if further:
        raise UnreadableFile(
            f"the file has a further dimension, {further[0]}",
            where=where,
            remedy="export one member of it at a time, or use read_eps for the long frame",
        )
    keys = ["region", "year", "indicator"]
    again = frame[frame.duplicated([*keys, "value"])]
    frame = frame.drop(again.index)
    notes = (*long.notes, *same_rows([int(row) for row in again["row"]]))
    twice = frame[frame.duplicated(keys)].to_dict("records")
    what, remedy = "{indicator} of {region} {year} occurs twice with different values", "keep one of the rows"
    refuse([Problem(DuplicateKey, what.format_map(record), int(record["row"]), remedy=remedy) for record in twice], where)
    rows = frame.groupby(["region", "year"], sort=False)["row"].first()
    wide = frame.pivot(index=["region", "year"], columns="indicator", values="value").rename_axis(columns=None)
    rows = rows.reindex(wide.index)
    units = {str(name): str(unit) for name, unit in zip(frame["indicator"], frame["unit"], strict=True) if unit}
    named = wide.reset_index().rename(columns={"region": entity, "year": time})
    return OpenedTable(frame=named, entity=entity, time=time, rows=tuple(rows), where=where, notes=notes, units=units)


def _table(grid: Grid, kind: Reader, stem: str, options: ReadOptions, about: About) -> OpenedTable:
    if about.entity and grid.delimiter:
        grid = replace(grid, rows=[[loud(cell) for cell in row] for row in grid.rows])
    roles = find_roles(grid.rows, options.entity or about.entity or None, options.time or about.time or None)
    if kind == "wind":
        roles = roles._replace(time=options.time or "year", layout="wind")
    entity, time = one_line(roles.entity), one_line(roles.time)
    _need_columns(grid, roles)
    region = find_region(grid, entity, time if roles.layout in ("long", "") else entity)
    notes = [*grid.notes, *region.notes]
    region, said, units = _long(region, roles, stem, grid.where)
    notes += said
    labels, of_line = _second(region.second)
    texts = [name for name, kind in about.types.items() if kind in ("string", "boolean", "date")]
    cells, plain, places = cells_of(grid, region, (entity, time), texts)
    keys = {
        entity: key_column(cells.pop(entity), letters=True).rename(entity),
        time: key_column(cells.pop(time), letters=False).rename(time),
    }
    usual = usual_decimal(grid.delimiter, (*region.names, *keys[entity].dropna().unique(), *keys[time].dropna().unique()))
    columns = read_columns(
        cells,
        rows=places,
        labels=RowLabels(keys[entity], keys[time]),
        decimal=options.decimal,
        usual=usual,
        text=texts,
        plain=plain,
    )
    frame = as_types(pd.DataFrame({name: keys.get(name, columns.values.get(name)) for name in region.names}), about.types)
    numbers = [name for name in region.names if name not in keys and pd.api.types.is_numeric_dtype(frame[name])]
    units, told = _units(grid, numbers, units | of_line | {str(n.value("name")): "%" for n in columns.notes if n.key == "percent_signs"})
    return OpenedTable(
        frame=frame,
        entity=entity,
        time=time,
        rows=places,
        where=grid.where,
        notes=(*notes, *columns.notes, *told),
        problems=columns.problems,
        labels={**labels, **about.labels},
        units={**units, **about.units},
        exported=bool(about.entity),
    )


def _need_columns(grid: Grid, roles: Roles) -> None:
    top = header_row(grid.rows, (roles.entity, roles.time))
    names = [one_line(cell) for cell in grid.rows[top]] if top is not None else []
    if roles.layout == "" and any(grid.rows[top + 1 :] if top is not None else ()):
        need_roles(names, roles.entity, roles.time, grid.where)


def _long(region: Region, roles: Roles, stem: str, where: str) -> tuple[Region, tuple[Note, ...], dict[str, str]]:
    """The table with one row per entity and time, and the units of its variables."""
    if roles.layout == "one year":
        said = note("year_of_title", _YEAR_OF_TITLE, name=Name(roles.time), year=str(roles.year))
        rows = [[*row, str(roles.year)] for row in region.rows]
        return Region((*region.names, roles.time), rows, region.places, region.notes), (said,), {}
    if roles.layout in ("wide", "wind"):
        return lengthen(region, roles.time, where, stem if roles.layout == "wide" else None)
    return region, (), {}


def _second(cells: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """A second line of a header as labels, and as units where it names known ones."""
    bare = {name: cell.strip("()（）[]【】 ") for name, cell in cells.items()}
    units = {name: cell for name, cell in bare.items() if unit_of(cell) is not None}
    return {name: cell for name, cell in cells.items() if name not in units}, units


def _units(grid: Grid, numbers: Sequence[str], known: Mapping[str, str]) -> tuple[dict[str, str], list[Note]]:
    """Units of the numeric columns: from their names, else from a line above the table that states one for all."""
    top = header_row(grid.rows, numbers[:1]) if numbers else None
    above = [cell for row in grid.rows[: min(top or 8, 8)] for cell in row]
    general = unit_of_lines(above)
    named = {name: unit for name in numbers if (unit := unit_in(name))}
    notes = [note("header_units", _UNITS, units=tuple(f"{name}: {unit}" for name, unit in named.items()))] if named else []
    if general:
        notes.append(note("table_unit", _TABLE_UNIT, unit=general))
    return {**(dict.fromkeys(numbers, general) if general else {}), **named, **known}, notes


def _long_frame(frame: pd.DataFrame, roles: Roles, where: str) -> tuple[pd.DataFrame, Note]:
    """A frame whose columns are variables of years, quarters or months, with one row per entity and period."""
    dated = {name: period_in(name) for name in frame.columns if period_in(name)[1]}
    fixed = [name for name in frame.columns if name not in dated]
    years = one_kind({year for _, year in dated.values()}, where)
    parts = []
    for year in years:
        of_year = {name: variable or "value" for name, (variable, when) in dated.items() if when == year}
        parts.append(frame[[*fixed, *of_year]].rename(columns=of_year).assign(**{roles.time: year}))
    variables = tuple(dict.fromkeys(variable or "value" for variable, _ in dated.values()))
    long = pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)[[*fixed, roles.time, *variables]]
    return long, made_long(variables, years)


def _together(volumes: Sequence[OpenedTable], notes: tuple[Note, ...], titles: Mapping[str, str]) -> OpenedTable:
    """The volumes of one table, one below the other."""
    first = volumes[0]
    for volume in volumes:
        if list(volume.frame.columns) != list(first.frame.columns):
            raise UnreadableFile(
                "the files of the archive have different columns",
                where=volume.where,
                remedy=f"name the one to read: sheet={first.where.rsplit(', ', 1)[-1]!r}",
            )
    for volume in volumes[:-1]:
        refuse(volume.problems, volume.where)
    said = dict.fromkeys([*notes, *(each for volume in volumes for each in volume.notes)])
    labels = {name: titles[name] for name in first.frame.columns if name in titles}
    return replace(
        first,
        frame=pd.concat([volume.frame for volume in volumes], ignore_index=True),
        rows=[row for volume in volumes for row in volume.rows],
        where=first.where if len(volumes) == 1 else first.where.rsplit(", ", 1)[0],
        notes=tuple(said),
        problems=volumes[-1].problems,
        labels={**labels, **first.labels},
    )


def same_rows(rows: Sequence[int]) -> tuple[Note, ...]:
    """That rows were dropped because they repeat others word for word."""
    shown = (*map(str, rows[:4]), "…") if len(rows) > 4 else tuple(map(str, rows))
    return (note("same_rows", _SAME, count=len(rows), rows=shown),) if rows else ()


def need_roles(names: Sequence[str], entity: str, time: str, where: str) -> None:
    """Refuse a table without one of the role columns.

    Raises
    ------
    MissingColumn
    """
    import difflib

    for role, column in (("entity", entity), ("time", time)):
        if column not in names:
            near = ", ".join(difflib.get_close_matches(column, names)) or ", ".join(names[:12])
            raise MissingColumn(
                f"there is no column {column!r} to serve as {role}",
                where=where,
                remedy=f"name one of: {near}, with {role}=... (on the command line: --{role} ...)",
            )
