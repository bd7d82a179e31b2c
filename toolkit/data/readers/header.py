"""What the names of columns say (which is the entity and which the time, years and units), and years in any spelling below them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from toolkit.data.readers.grid import Rows, year_of
from toolkit.data.readers.region import one_line
from toolkit.language import Name, Note, Text, note
from toolkit.units import CHINESE, unit_of

_FIRMS = ("stkcd", "symbol", "scode", "证券代码", "股票代码", "公司代码", "上市公司代码", "firm", "企业", "企业代码", "company")
_ENTITIES = (
    ("province",),
    ("省份", "省", "省市", "省市区", "省(区、市)", "省(市、区)", "地区", "region", "provinces", "省级行政区"),
    ("city", "城市", "地级市", "地市", "市", "城市名称", "prefecture"),
    _FIRMS,
    ("country", "国家", "iso2", "iso3", "state", "industry", "行业", "entity", "id", "code"),
)
_TIMES = (  # a quarter or month beside a year may be a part of it
    ("year", "年份", "年度", "年", "会计年度", "统计年度", "时间", "accper", "time", "date"),
    ("quarter", "month", "季度", "月份"),
)
_STUB = re.compile(r"(.*?\D)[ _\-.]?((?:19|20)\d{2})年?")
_YEAR_FIRST = re.compile(r"((?:19|20)\d{2})年?[ _\-.]?(\D.*)")
_PART = r"((?:19|20)\d{2})(?:[年 _\-./]?(?:[Qq]([1-4])|第?([1-4一二三四])季度?)|年(1[0-2]|0?[1-9])月份?|[_\-./]?(1[0-2]|0[1-9])(?!\d)月?)"
_STUB_PART = re.compile(rf"(.*?\D)??[ _\-.]?{_PART}")
_PART_FIRST = re.compile(rf"{_PART}[ _\-.]?(\D.*)")
_QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4"}
_TITLE_YEAR = re.compile(r"(?<![\d.\-/])((?:19|20)\d{2})(?:年(?!鉴|版)|\s*[)）]|$)")
_UNIT = re.compile(r"^(.*\S)\s*[（(\[【]\s*(?:单位\s*[:：]\s*)?([^（()）\[\]【】]+?)\s*[)）\]】]$|^(.*\S)\s*[/_,，]\s*([^/_,，]+)$")
_UNIT_LINE = re.compile(r"(?:计量)?单位\s*[:：]\s*([^\s()（）]+)|\bunits?\s*:\s*([^,;()]+)", re.IGNORECASE)


class Roles(NamedTuple):
    """The columns of entity and time.

    Attributes
    ----------
    entity, time : their names.
    layout : ``"long"``, ``"wide"`` (years, quarters or months stand in the header), ``"one year"`` (the title has it), or empty where
        neither is found.
    year : of a table of one year.
    """

    entity: str
    time: str
    layout: str
    year: int = 0


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", one_line(name)).casefold()


def recognised(names: Sequence[str], kinds: Sequence[Sequence[str]]) -> list[str]:
    """The names that the first kind with any name among them has.

    Examples
    --------
    >>> recognised(["省份", "城市", "年份"], _ENTITIES), recognised(["地 区", "GDP"], _ENTITIES)
    (['省份'], ['地区'])
    """
    for kind in kinds:
        found = [one_line(name) for name in names if _key(name) in kind]
        if found:
            return found
    return []


def find_roles(rows: Rows, entity: str | None, time: str | None) -> Roles:
    """The roles of a table from the rows at its top; what the caller names is taken as named.

    A firm is the entity where there are places as well, since it is the finer one, and so is a city beside a province; of two columns of
    firms the code comes before the name.

    Examples
    --------
    >>> find_roles([["省份", "城市", "年份", "x"]], None, None)[:3], find_roles([["地区", "gdp2020", "gdp2021"]], None, None)[:3]
    (('城市', '年份', 'long'), ('地区', 'year', 'wide'))
    >>> find_roles([["province", "year", "firm", "sales"]], None, None)[:3]
    ('firm', 'year', 'long')
    """
    partial: Roles | None = None
    seen = ""
    for i, row in enumerate(rows[:40]):
        names = [one_line(cell) for cell in row]
        units = _entity(names) if entity is None else [entity] if entity in names else []
        if len(units) != 1:
            continue
        times = recognised(names, _TIMES) if time is None else [time] if time in names else []
        if len(times) == 1:
            return Roles(units[0], times[0], "long")
        seen = seen or units[0]
        if times or partial is not None:
            continue
        periods = {when for name in names if (when := period_in(name)[1])}
        if len(periods) > 1:
            return Roles(units[0], time or time_named(periods), "wide")
        when = time or "year"
        years = {int(found) for line in rows[:i] for cell in line for found in _TITLE_YEAR.findall(cell)}
        if len(years) == 1:
            partial = Roles(units[0], when, "one year", years.pop())
    return partial or Roles(entity or seen or "province", time or "year", "")


def _entity(names: Sequence[str]) -> list[str]:
    firms = sorted(recognised(names, (_FIRMS,)), key=lambda name: _FIRMS.index(_key(name)))
    if firms:
        return firms[:1]
    if recognised(names, _ENTITIES[:1]):
        return recognised(names, _ENTITIES[:1])
    return recognised(names, _ENTITIES[2:3]) or recognised(names, _ENTITIES)


def period_in(name: str) -> tuple[str, int | str]:
    """The variable and the period of a column such as ``gdp2020``, ``2020年GDP``, ``gdp_2020Q1``, ``2020年第一季度`` or ``2020-06``.

    Returns
    -------
    name of the variable, and a year, a quarter (``"2020Q1"``) or a month (``"2020-06"``); the name as it is, and 0, where there is none.

    Examples
    --------
    >>> period_in("gdp_2020"), period_in("2020年GDP"), period_in("2021"), period_in("top500"), period_in("rd1998年")
    (('gdp', 2020), ('GDP', 2020), ('', 2021), ('top500', 0), ('rd', 1998))
    >>> period_in("gdp2020Q1"), period_in("2020年第一季度"), period_in("2020年1月出口"), period_in("202006"), period_in("rd_2020-06")
    (('gdp', '2020Q1'), ('', '2020Q1'), ('出口', '2020-01'), ('', '2020-06'), ('rd', '2020-06'))
    """
    found = _STUB_PART.fullmatch(name)
    if found:
        return (found.group(1) or "").rstrip(" _-."), _part(found.groups()[1:])
    found = _PART_FIRST.fullmatch(name)
    if found:
        return found.group(6), _part(found.groups()[:5])
    year = year_of(name)
    if year is not None and 1900 <= year < 2100:
        return "", year
    found = _STUB.fullmatch(name)
    if found:
        return found.group(1).rstrip(" _-."), int(found.group(2))
    found = _YEAR_FIRST.fullmatch(name)
    return (found.group(2), int(found.group(1))) if found else (name, 0)


def _part(groups: Sequence[str | None]) -> str:
    """Quarter or month from year, quarter (two ways) and month (two ways)."""
    year, *parts = groups
    quarter = parts[0] or parts[1]
    return f"{year}Q{_QUARTERS.get(quarter, quarter)}" if quarter else f"{year}-{int(parts[2] or parts[3] or 0):02d}"


def time_named(periods: Iterable[int | str]) -> str:
    """The name of a time column that holds the periods.

    Examples
    --------
    >>> time_named([2020]), time_named(["2020Q1"]), time_named(["2020-01"])
    ('year', 'quarter', 'month')
    """
    found = list(periods)
    return "year" if any(isinstance(when, int) for when in found) else "quarter" if any("Q" in str(when) for when in found) else "month"


def unit_in(name: str) -> str:
    """The unit that the name of a column ends with, if it is a known one.

    Examples
    --------
    >>> unit_in("研发投入 (万元)"), unit_in("share（%）"), unit_in("rd_万元"), unit_in("R&D (internal)")
    ('万元', '%', '万元', '')
    """
    found = _UNIT.fullmatch(name)
    if found is None:
        return ""
    bracketed, last = found.group(2) or "", found.group(4) or ""
    return bracketed if bracketed and unit_of(bracketed) is not None else last if last in (*CHINESE, "%") else ""


def unit_of_lines(lines: Sequence[str]) -> str:
    """The unit that the lines above a table state for all of it, if they state one and it is known.

    Examples
    --------
    >>> unit_of_lines(["2-1 R&D经费", "单位：亿元"]), unit_of_lines(["单位：亿元、%"]), unit_of_lines(["单位：亿元 单位：人"])
    ('亿元', '', '')
    """
    units = {next(filter(None, found)).strip() for line in lines for found in _UNIT_LINE.findall(line)}
    return next(iter(units)) if len(units) == 1 and unit_of(next(iter(units))) is not None else ""


_YEAR = re.compile(r"(?:FY|CY)?\s*(\d{4})(?:\.0*)?\s*(?:年度?末?|年底)?", re.IGNORECASE)
_WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_DATE = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2})"
)
_ENDS = ({(12, 31)}, {(1, 1)})
_PARTS = {"quarter": ("quarter", "季度", "季", "qtr", "q"), "month": ("month", "月份", "月")}
_TOGETHER = Text(
    "{year} and {name} were read as one period ({first}), in {name}.", "{year}与{name}合并为一个时期（如{first}），见{name}列。"
)
_READ = Text("{name}: {examples} read as years.", "{name}：{examples}按年份读取。")


def read_years(cells: Sequence[str], name: str) -> tuple[list[int | str], list[int], tuple[Note, ...]]:
    """Years where the column is yearly.

    Understood are ``2013``, ``2013年``, ``2013年度``, ``FY2013``, full-width digits, and dates if all of them are the last or all are
    the first day of a year. Whole numbers stay what they are.

    Parameters
    ----------
    cells : (n,) texts, none missing.
    name : name of the column.

    Returns
    -------
    values : (n,) years; texts where the column is not yearly.
    others : positions of cells that are no year although others are.
    notes : what was read as a year.

    Examples
    --------
    >>> read_years(["2013-12-31", "FY2014", "2015年度"], "year")[:2]
    ([2013, 2014, 2015], [])
    >>> read_years(["2013Q1", "2013Q2"], "t")[:2], read_years(["2013", "2014-06"], "t")[1]
    ((['2013Q1', '2013Q2'], []), [1])
    """
    plain = {cell: unicodedata.normalize("NFKC", cell).strip() for cell in set(cells)}
    dates = {cell: found for cell, text in plain.items() if (found := _date(text)) is not None}
    yearly = {found[1:] for found in dates.values()} in _ENDS
    years = {cell: year for cell, text in plain.items() if (year := _year(text)) is not None}
    if yearly:
        years |= {cell: found[0] for cell, found in dates.items()}
    if not years:
        return [plain[cell] for cell in cells], [], ()
    others = [i for i, cell in enumerate(cells) if cell not in years]
    rewritten = tuple(sorted(cell for cell, year in years.items() if cell != str(year)))
    examples = (*rewritten[:3], "…") if len(rewritten) > 3 else rewritten
    notes = (note("years", _READ, name=Name(name), examples=examples),) if rewritten else ()
    return [years.get(cell, cell) for cell in cells], others, notes


def with_parts(years: pd.Series, parts: pd.Series, name: str) -> tuple[pd.Series | None, tuple[Note, ...]]:
    """Quarters or months from a column of years and one of their parts (1, Q1, 一季度; 1, 1月); None where a cell fits neither.

    Examples
    --------
    >>> with_parts(pd.Series([2020, 2020]), pd.Series([1, 2]), "季度")[0].tolist()
    ['2020Q1', '2020Q2']
    >>> with_parts(pd.Series([2020]), pd.Series(["3月"]), "month")[0].tolist()
    ['2020-03']
    """
    step = next((step for step, names in _PARTS.items() if name.casefold() in names), None)
    if step is None or parts.isna().any() or not pd.api.types.is_integer_dtype(years):
        return None, ()
    found: list[str] = []
    for year, part in zip(years, parts, strict=True):
        text = f"{part:g}" if isinstance(part, int | float) else str(part).strip()
        forms = (f"{year}Q{text}" if step == "quarter" else f"{year}年{text}月", f"{year}年{text}", f"{year}{text}")
        read = next((when for form in forms if not (named := period_in(form))[0] and isinstance(when := named[1], str)), None)
        if read is None or ("Q" in read) != (step == "quarter"):
            return None, ()
        found.append(read)
    said = note("parts", _TOGETHER, name=Name(name), year=Name(str(years.name)), first=found[0])
    return pd.Series(found, index=years.index, dtype="str"), (said,)


def yearly_dates(column: pd.Series, name: str) -> tuple[pd.Series, tuple[Note, ...]]:
    """A column of dates as years if all are the last, or all the first, day of a year; else unchanged."""
    days = {(month, day) for month, day in zip(column.dt.month, column.dt.day, strict=True)}
    if days not in _ENDS:
        return column, ()
    month, day = days.pop()
    return column.dt.year.astype("int64"), (note("years", _READ, name=Name(name), examples=(f"{month:02d}-{day:02d}",)),)


def _year(text: str) -> int | None:
    found = _WHOLE.fullmatch(text) or _YEAR.fullmatch(text)
    return int(found.group(1)) if found else None


def _date(text: str) -> tuple[int, int, int] | None:
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in found.groups() if part is not None and part.isdigit())
    return (year, month, day) if 1 <= month <= 12 and 1 <= day <= 31 else None
