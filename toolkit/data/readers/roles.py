"""The role columns of a user's file: times in any spelling, provinces, totals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit.data.provinces import canonical, is_province
from toolkit.data.readers.problems import Problem
from toolkit.errors import UnknownProvince
from toolkit.language import Name, Note, Text, note

_YEAR = re.compile(r"(?:FY|CY)?\s*(\d{4})(?:\.0*)?\s*(?:年度?末?|年底)?", re.IGNORECASE)
_WHOLE = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_DATE = re.compile(
    r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[ T]00:00(?::00(?:\.0+)?)?)?|(\d{4})年(\d{1,2})月(\d{1,2})日|(\d{4})(\d{2})(\d{2})"
)
_ENDS = ({(12, 31)}, {(1, 1)})
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


MOSTLY = 0.5  # share of names above which an entity column counts as provinces
_TOTALS = frozenset(
    {"全国", "合计", "总计", "全国合计", "全国总计", "各地区合计", "地区合计", "平均", "全国平均", "中国"}
    | {"total", "national", "nation", "national total", "china", "whole country", "average", "national average"}
)
_REGIONS = frozenset(
    {"东部", "中部", "西部", "东北", "东部地区", "中部地区", "西部地区", "东北地区"}
    | {"east", "central", "west", "northeast", "eastern region"}
)
_SHOWN = 4
_LEFT_OUT = Text("Rows of totals left out: {count} ({names}).", "剔除{count}行汇总数据：{names}。")
_KEPT = Text("{names} may be a total of the other rows; it was kept as an entity.", "{names}可能是其他各行的汇总，已作为个体保留。")
_NAMED = Text(
    "Spellings of provinces brought to the names of the built tables: {count} ({names}).",
    "{count}种省份写法已统一为内置数据表的名称：{names}。",
)
_NA = Text("The entity NA is read as a name (rows: {count}).", "有{count}行的个体为NA，按名称读取。")


@dataclass(frozen=True)
class Named:
    """Entities after recognition.

    Attributes
    ----------
    names : (n,) what to call each; as printed where it is unknown.
    total : (n,) rows to leave out.
    notes, problems : what was done, and what stands in the way.
    """

    names: tuple[object, ...]
    total: tuple[bool, ...]
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...]


def _is_total(name: object) -> bool:
    """A name for the nation, a total, or a group of provinces.

    Examples
    --------
    >>> _is_total("全 国"), _is_total("Total"), _is_total("北京")
    (True, True, False)
    """
    return _plain(name) in _TOTALS | _REGIONS


def are_provinces(names: Sequence[object]) -> bool:
    """Most of the names that are no totals are provinces."""
    distinct = [name for name in dict.fromkeys(names) if not _is_total(name)]
    return sum(map(is_province, distinct)) > MOSTLY * len(distinct)


def name_provinces(names: Sequence[object], column: str, rows: Sequence[int], labels: Sequence[str]) -> Named:
    """Every spelling as the English name of the built tables; rows of totals marked."""
    total = tuple(_is_total(name) for name in names)
    known: dict[object, object] = {}
    problems = []
    for name, out, row, label in zip(names, total, rows, labels, strict=True):
        if out or name in known:
            continue
        try:
            known[name] = canonical(name)
        except UnknownProvince as error:
            problems.append(Problem(error=UnknownProvince, what=error.what, row=row, column=column, label=label, remedy=error.remedy))
    notes = []
    changed = [f"{name} → {english}" for name, english in known.items() if name != english]
    if changed:
        notes.append(note("provinces_named", _NAMED, count=len(changed), names=_some(changed)))
    if any(total):
        left_out = list(dict.fromkeys(str(name) for name, out in zip(names, total, strict=True) if out))
        notes.append(note("totals_left_out", _LEFT_OUT, count=sum(total), names=_some(left_out)))
    return Named(tuple(known.get(name, name) for name in names), total, tuple(notes), tuple(problems))


def keep_names(names: Sequence[object]) -> Named:
    """The entities as they are; what looks like a total or a missing value is said."""
    notes = []
    totals = [str(name) for name in dict.fromkeys(names) if _plain(name) in _TOTALS]
    if totals and len(set(names)) > 1:
        notes.append(note("totals_kept", _KEPT, names=_some(totals)))
    if "NA" in names:
        notes.append(note("entity_na", _NA, count=list(names).count("NA")))
    return Named(tuple(names), tuple(False for _ in names), tuple(notes), ())


def _plain(name: object) -> str:
    text = " ".join(str(name).replace("\u3000", " ").split()).casefold()
    return text if text.isascii() else text.replace(" ", "")


def _some(names: Sequence[str]) -> tuple[str, ...]:
    return (*names[:_SHOWN], "…") if len(names) > _SHOWN else tuple(names)
