"""Exports of NBS, EPS and Wind as one long frame: region, year, indicator, value, unit."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from toolkit.data.readers.columns import missing_cells
from toolkit.data.readers.grid import Grid, Rows, read_grid, split_unit
from toolkit.data.readers.header import period_in
from toolkit.data.readers.numbers import BLANK, read_numbers
from toolkit.data.readers.problems import Problem, refuse
from toolkit.data.readers.region import Region
from toolkit.errors import NotNumeric, UnreadableFile
from toolkit.language import Name, Note, Text, note

_UNITS = Text("Units: {units}.", "单位：{units}。")


@dataclass(frozen=True)
class LongTable:
    """A long frame (one row per region, year and indicator), and what was done to its cells."""

    frame: pd.DataFrame
    notes: tuple[Note, ...]


def _long_table(records: Sequence[Mapping[str, object]], grid: Grid, *, label: Callable[[Mapping[str, object]], str]) -> LongTable:
    """The records with their values as numbers.

    Parameters
    ----------
    records : ``value`` is the text of a cell, ``_column`` the column of the file in which it stands, ``row`` its row.
    grid : the file.
    label : what else names a record in a message.

    Raises
    ------
    UnreadableFile
        There are no records.
    NotNumeric
        With all cells that are no numbers.
    """
    if not records:
        raise UnreadableFile("the header is followed by no rows", where=grid.where, remedy="export the table again")
    frame = pd.DataFrame.from_records(list(records)).astype({"value": object})
    notes = list(grid.notes)
    problems, missing = [], {}
    for indicator, rows in frame.groupby("indicator", sort=False).groups.items():
        cells = [None if cell in BLANK else str(cell) for cell in frame.loc[rows, "value"]]
        missing[str(indicator)] = Counter(str(cell) for cell in frame.loc[rows, "value"] if cell in BLANK)
        read = read_numbers(cells, str(indicator), file_decimal=".")  # the platforms write a decimal point
        frame.loc[rows, "value"] = read.values
        notes += read.notes
        for cell in read.unread:
            record = records[int(rows[cell.at])]
            problems.append(
                Problem(
                    error=NotNumeric,
                    what=cell.what,
                    row=int(str(record["row"])),
                    column=str(record["_column"]),
                    label=label(record),
                    remedy=cell.remedy,
                )
            )
    refuse(problems, grid.where)
    notes += missing_cells(missing)
    units = tuple(f"{name}: {unit}" for name, unit in dict(zip(frame["indicator"], frame["unit"], strict=True)).items() if unit)
    if units:
        notes.append(note("long_units", _UNITS, units=units))
    return LongTable(frame.astype({"value": "float64"}).drop(columns="_column"), tuple(notes))


NATION = "全国"
_FOOT = ("注", "数据来源", "资料来源")


def read_nbs(path: Path) -> pd.DataFrame:
    """A tidy long frame from an export as CSV (GBK or UTF-8) or .xlsx, with or without its preamble.

    Understood are the table of one indicator by region (header ``地区,2024年,...``), the table of many indicators for one region or
    the nation (header ``指标,2024年,...``, cells that end in a tab), and both after hand cleaning (preamble removed, footer padded).

    Returns
    -------
    DataFrame with ``region`` (as printed), ``year``, ``indicator``, ``unit``, ``value`` (missing where nothing was printed) and ``row``.

    Raises
    ------
    UnreadableFile
        No header row with years.
    NotNumeric
        All cells that are no numbers, with file, row, column.
    """
    return nbs_table(read_grid(path), path.stem).frame


def nbs_table(grid: Grid, stem: str) -> LongTable:
    """The same from cells; ``stem`` names the indicator where the file does not."""
    top = next((i for i, row in enumerate(grid.rows) if any(period_of(cell) for cell in row[1:])), None)
    if top is None:
        raise UnreadableFile(
            "no row of years was found",
            where=grid.where,
            remedy="the header must read 地区 or 指标, then years (2023年), quarters or months",
        )
    header = grid.rows[top]
    facts = _preamble(grid.rows[:top])
    by_region = header[0] not in ("指标", "指标名称")
    title, unit = split_unit(facts.get("指标", "") or stem)
    records = []
    for i, row in enumerate(grid.rows[top + 1 :], start=top + 2):
        if not row or not row[0]:
            continue
        if row[0].startswith(_FOOT):
            break
        region, (name, measured) = (row[0], (title, unit)) if by_region else (facts.get("地区", NATION) or NATION, split_unit(row[0]))
        for j, head in enumerate(header[1:], start=1):
            year = period_of(head)
            if year is not None:
                cell = row[j] if j < len(row) else ""
                records.append(
                    {"region": region, "year": year, "indicator": name, "unit": measured, "value": cell, "row": i, "_column": head}
                )
    return _long_table(records, grid, label=lambda record: str(record["region"] if by_region else record["indicator"]))


def period_of(cell: str) -> int | str | None:
    """The year, quarter or month that a cell is; None for anything else.

    Examples
    --------
    >>> period_of("2023年"), period_of("2024年第四季度"), period_of("2024年12月"), period_of("gdp2023")
    (2023, '2024Q4', '2024-12', None)
    """
    variable, period = period_in(cell)
    return None if variable or not period else period


def one_kind(periods: Iterable[int | str], where: str) -> list[int | str]:
    """The periods in order.

    Raises
    ------
    UnreadableFile
        Years, quarters and months are mixed, or all are such as 2010-11, which may be years.
    """
    years = sorted({when for when in periods if isinstance(when, int)})
    quarters, months = (sorted({when for when in periods if isinstance(when, str) and ("Q" in when) == q}) for q in (True, False))
    kinds: list[list[int | str]] = [[*kind] for kind in (years, quarters, months) if kind]
    remedy = "keep the columns of one kind: years, quarters or months"
    if len(kinds) > 1:
        raise UnreadableFile(f"the header mixes periods: {kinds[0][0]} and {kinds[1][0]}", where=where, remedy=remedy)
    if months and all(int(month[5:]) == (int(month[2:4]) + 1) % 100 for month in months):
        what = f"{months[0]} in the header may be a month, or a year that begins in one calendar year and ends in the next"
        raise UnreadableFile(
            what, where=where, remedy=f"write {months[0][:4]}年{int(months[0][5:])}月 for the month, {months[0][:4]} for the year"
        )
    return kinds[0]


def _preamble(rows: list[list[str]]) -> dict[str, str]:
    facts = {}
    for row in rows:
        text = ",".join(row).strip(",")
        for colon in ("：", ":"):
            if colon in text:
                key, value = text.split(colon, 1)
                facts[key.strip()] = value.strip()
                break
    return facts


COLUMNS = {"指标": "indicator", "地区": "region", "时间": "year", "数值": "value"}


def read_eps(path: Path) -> pd.DataFrame:
    """A tidy long frame from an EPS export (csv or txt; UTF-8 or GBK).

    Indicator names differ in spaces and full-width brackets between downloads; they are brought to one form (NFKC, no spaces).
    Further dimensions (for example 行业) stay as columns under their own names.

    Returns
    -------
    DataFrame with ``region``, ``year``, ``indicator``, ``unit``, ``value``, ``row`` and further dimensions.

    Raises
    ------
    UnreadableFile, NotNumeric
    """
    return eps_table(read_grid(path)).frame


def eps_table(grid: Grid) -> LongTable:
    """The same from cells."""
    top = next((i for i, row in enumerate(grid.rows) if set(COLUMNS) <= set(row)), None)
    if top is None:
        raise UnreadableFile(
            "no header row with 指标, 地区, 时间, 数值 was found", where=grid.where, remedy="export in long form with these four columns"
        )
    header = grid.rows[top]
    records, problems = [], []
    for i, row in enumerate(grid.rows[top + 1 :], start=top + 2):
        cells = dict(zip(header, [*row, *[""] * (len(header) - len(row))], strict=False))
        if not cells["地区"] or not cells["时间"]:
            continue
        year = period_of(cells["时间"])
        if year is None:
            what = f"{cells['时间']!r} is no year, quarter or month"
            problems.append(Problem(UnreadableFile, what, i, "时间", remedy="export yearly, quarterly or monthly data"))
            continue
        name, unit = split_unit(_tidy_name(cells["指标"]))
        further = {key: cells[key] for key in header if key and key not in COLUMNS}
        known = {"region": cells["地区"], "year": year, "indicator": name, "unit": unit, "value": cells["数值"], "row": i}
        records.append({**known, "_column": "数值", **further})
    refuse(problems, grid.where)
    return _long_table(records, grid, label=lambda record: f"{record['region']} {record['year']}")


def _tidy_name(name: str) -> str:
    """An indicator name in one form: compatibility characters folded, spaces removed.

    Examples
    --------
    >>> _tidy_name("R&D 经费 （万元）")
    'R&D经费(万元)'
    """
    return "".join(unicodedata.normalize("NFKC", name).split())


_PERIOD = re.compile(r"\[(?:报告期|年度|截止日期|交易日期|日期)\]\s*(\d{4})([^\[\]]*)")
_UNIT = re.compile(r"\[单位\]\s*([^\[\]\s]*)")
_ANNUAL = re.compile(r"\s*(?:年报|年度|年|[-/]?12[-/]?31)?\s*")
_LONG = Text("A wide Wind export was made long: {names}, {first} to {last}.", "Wind横向导出表已转为长表：{names}，{first}—{last}年。")


@dataclass(frozen=True)
class DatedColumn:
    """A column of the export: variable, year (or quarter, or month) and unit from its header."""

    name: str
    year: int | str
    unit: str


def is_wind(rows: Rows) -> bool:
    """A header among the first rows has a period in brackets.

    Examples
    --------
    >>> is_wind([["证券代码", "研发支出合计\\n[报告期] 2019年报\\n[单位] 万元"]])
    True
    """
    return any(_PERIOD.search(cell) for row in rows[:8] for cell in row)


def dated(header: str, where: str) -> DatedColumn | None:
    """What a header says; None for a column without a period.

    Raises
    ------
    UnreadableFile
        The period is not a year.

    Examples
    --------
    >>> dated("研发支出合计 [报告期] 2019年报 [单位] 万元", "")
    DatedColumn(name='研发支出合计', year=2019, unit='万元')
    """
    found = _PERIOD.search(header)
    if found is None:
        return None
    if not _ANNUAL.fullmatch(found.group(2)):
        raise UnreadableFile(
            f"the period {(found.group(1) + found.group(2)).strip()!r} is not a year",
            where=f"{where}, column {header}",
            remedy="export annual reports (年报, 12-31) only",
        )
    unit = _UNIT.search(header)
    return DatedColumn(header.split("[", 1)[0].strip(), int(found.group(1)), unit.group(1) if unit else "")


_WIDE = Text(
    "A table with periods in its header was made long: {names}, {first} to {last}.",
    "时期在表头的宽表已转为长表：{names}，{first}至{last}。",
)


def made_long(variables: Sequence[str], years: Sequence[int | str]) -> Note:
    """That a table had its years in the header."""
    return note("made_long", _WIDE, names=tuple(map(Name, variables)), first=str(years[0]), last=str(years[-1]))


def lengthen(region: Region, time: str, where: str, stem: str | None = None) -> tuple[Region, tuple[Note, ...], dict[str, str]]:
    """The table with one row per entity and year, and the time column ``time``.

    Parameters
    ----------
    region : a table whose header has the periods of Wind, or years (``gdp2020``, ``2020年``).
    time, where : name of the time column, and how messages name the file.
    stem : of a table with years, what a column is called that is a year and nothing else; None for Wind.

    Returns
    -------
    The table, what was done, and the units of its variables.

    Raises
    ------
    UnreadableFile
        A period is not a year, a variable comes twice in a year or in several units.
    """
    columns = [dated(name, where) if stem is None else _of_period(name, stem) for name in region.names]
    found = [(j, column) for j, column in enumerate(columns) if column is not None]
    fixed = [j for j, column in enumerate(columns) if column is None]
    at: dict[tuple[str, int | str], int] = {}
    units: dict[str, str] = {}
    for j, column in found:
        if (column.name, column.year) in at or units.setdefault(column.name, column.unit) != column.unit:
            what = "comes twice" if (column.name, column.year) in at else f"is in {units[column.name]} and in {column.unit}"
            raise UnreadableFile(f"{column.name} of {column.year} {what}", where=where, remedy="export it once, in one unit")
        at[column.name, column.year] = j
    years = one_kind({year for _, year in at}, where)
    rows, places = _rows(region=region, fixed=fixed, variables=list(units), years=years, at=at)
    names = (*(region.names[j] for j in fixed), time, *units)
    names_of, first, last = tuple(map(Name, units)), str(years[0]), str(years[-1])
    notes = [note("wind_long", _LONG, names=names_of, first=first, last=last) if stem is None else made_long(tuple(units), years)]
    known = {name: unit for name, unit in units.items() if unit}
    if known:
        notes.append(note("wind_units", _UNITS, units=tuple(f"{name}: {unit}" for name, unit in known.items())))
    return Region(names, rows, places, region.notes), tuple(notes), known


def _of_period(name: str, stem: str) -> DatedColumn | None:
    variable, year = period_in(name)
    if not year:
        return None
    named, unit = split_unit(stem) if not variable else (variable, "")
    return DatedColumn(named, year, unit)


def _rows(
    region: Region, fixed: Sequence[int], variables: Sequence[str], years: Sequence[int | str], at: Mapping[tuple[str, int | str], int]
) -> tuple[Rows, tuple[int, ...]]:
    rows, places = [], []
    for row, place in zip(region.rows, region.places, strict=True):
        for year in years:
            values = [row[at[name, year]] if (name, year) in at else "" for name in variables]
            rows.append([*(row[j] for j in fixed), str(year), *values])
            places.append(place)
    return rows, tuple(places)
