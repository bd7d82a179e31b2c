"""Wide exports of Wind: one row per firm, the period and the unit of a column inside its header."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toolkit.data.readers.grid import Rows
from toolkit.data.readers.region import Region
from toolkit.errors import UnreadableFile
from toolkit.language import Name, Note, Text, note

_PERIOD = re.compile(r"\[(?:报告期|年度|截止日期|交易日期|日期)\]\s*(\d{4})([^\[\]]*)")
_UNIT = re.compile(r"\[单位\]\s*([^\[\]\s]*)")
_ANNUAL = re.compile(r"\s*(?:年报|年度|年|[-/]?12[-/]?31)?\s*")
_LONG = Text("A wide Wind export was made long: {names}, {first} to {last}.", "Wind横向导出表已转为长表：{names}，{first}—{last}年。")
_UNITS = Text("Units: {units}.", "单位：{units}。")


@dataclass(frozen=True)
class Dated:
    """A column of the export: variable, year and unit from its header."""

    name: str
    year: int
    unit: str


def is_wind(rows: Rows) -> bool:
    """A header among the first rows has a period in brackets.

    Examples
    --------
    >>> is_wind([["证券代码", "研发支出合计\\n[报告期] 2019年报\\n[单位] 万元"]])
    True
    """
    return any(_PERIOD.search(cell) for row in rows[:8] for cell in row)


def dated(header: str, where: str) -> Dated | None:
    """What a header says; None for a column without a period.

    Raises
    ------
    UnreadableFile
        The period is not a year.

    Examples
    --------
    >>> dated("研发支出合计 [报告期] 2019年报 [单位] 万元", "")
    Dated(name='研发支出合计', year=2019, unit='万元')
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
    return Dated(header.split("[", 1)[0].strip(), int(found.group(1)), unit.group(1) if unit else "")


def lengthen(region: Region, time: str, where: str) -> tuple[Region, tuple[Note, ...]]:
    """The table with one row per firm and year, and the time column ``time``.

    Raises
    ------
    UnreadableFile
        A period is not a year, a variable comes twice in a year or in several units.
    """
    columns = [dated(name, where) for name in region.names]
    found = [(j, column) for j, column in enumerate(columns) if column is not None]
    fixed = [j for j, column in enumerate(columns) if column is None]
    at: dict[tuple[str, int], int] = {}
    units: dict[str, str] = {}
    for j, column in found:
        if (column.name, column.year) in at or units.setdefault(column.name, column.unit) != column.unit:
            what = "comes twice" if (column.name, column.year) in at else f"is in {units[column.name]} and in {column.unit}"
            raise UnreadableFile(f"{column.name} of {column.year} {what}", where=where, remedy="export it once, in one unit")
        at[column.name, column.year] = j
    years = sorted({year for _, year in at})
    rows, places = _rows(region, fixed, list(units), years, at)
    names = (*(region.names[j] for j in fixed), time, *units)
    notes = [note("wind_long", _LONG, names=tuple(map(Name, units)), first=years[0], last=years[-1])]
    if any(units.values()):
        notes.append(note("wind_units", _UNITS, units=tuple(f"{name}: {unit}" for name, unit in units.items() if unit)))
    return Region(names, rows, places, region.notes), tuple(notes)


def _rows(
    region: Region, fixed: Sequence[int], variables: Sequence[str], years: Sequence[int], at: Mapping[tuple[str, int], int]
) -> tuple[Rows, tuple[int, ...]]:
    rows, places = [], []
    for row, place in zip(region.rows, region.places, strict=True):
        for year in years:
            values = [row[at[name, year]] if (name, year) in at else "" for name in variables]
            rows.append([*(row[j] for j in fixed), str(year), *values])
            places.append(place)
    return rows, tuple(places)
