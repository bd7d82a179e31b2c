"""The entities of a user's file under one name each: provinces, cities and firms in any spelling; totals set aside."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from toolkit.data.cities import City, city, is_city, listed_last
from toolkit.data.provinces import canonical, is_province
from toolkit.data.readers.problems import Problem
from toolkit.errors import DataError, UnknownName
from toolkit.language import Note, Text, note

Kind = Literal["provinces", "cities", "firms", "as given"]

_MOST_PLACES = 2000  # names; more are firms or persons
MOSTLY = 0.5  # share of names above which an entity column counts as provinces or cities
_TOTALS = frozenset(
    {"全国", "合计", "总计", "全国合计", "全国总计", "各地区合计", "地区合计", "平均", "全国平均", "中国"}
    | {"total", "national", "nation", "national total", "china", "whole country", "average", "national average"}
)
_REGIONS = frozenset(
    {"东部", "中部", "西部", "东北", "东部地区", "中部地区", "西部地区", "东北地区"}
    | {"east", "central", "west", "northeast", "eastern region"}
)
_CODE_COLUMNS = frozenset({"stkcd", "symbol", "scode", "证券代码", "股票代码", "公司代码", "上市公司代码"})
_LISTED = re.compile(r"(?:(?:SH|SZ|BJ)\.?)?([0-9]{6})(?:\.(?:SZ|SH|BJ|SS|XSHG|XSHE))?", re.IGNORECASE)
_EXCHANGE = re.compile(r"[^A-Z]")
_SHORT_CODE = re.compile(r"([0-9]{1,6})(?:\.0)?")
_SHOWN = 4
_LEFT_OUT = Text("Rows of totals left out: {count} ({names}).", "剔除{count}行汇总数据：{names}。")
_KEPT = Text("{names} may be a total of the other rows; it was kept as an entity.", "{names}可能是其他各行的汇总，已作为个体保留。")
_NA = Text("The entity NA is read as a name (rows: {count}).", "有{count}行的个体为NA，按名称读取。")
_PROVINCES = Text(
    "Spellings of provinces brought to the names of the built tables: {count} ({names}).",
    "{count}种省份写法已统一为内置数据表的名称：{names}。",
)
_CITIES = Text(
    "Spellings of cities brought to their present names (GB/T 2260): {count} ({names}).",
    "{count}种城市写法已统一为现行名称（GB/T 2260）：{names}。",
)
_FIRMS = Text("Codes of firms brought to six digits: {count} ({names}).", "{count}个企业代码已统一为六位：{names}。")
_NAMED: dict[str, Callable[..., Note]] = {
    "provinces": lambda **of: note("provinces_named", _PROVINCES, **of),
    "cities": lambda **of: note("cities_named", _CITIES, **of),
    "firms": lambda **of: note("firms_named", _FIRMS, **of),
}
_DISSOLVED = Text(
    "{name} was dissolved in {year} and went to {into}; it stays an entity of its own, and those change their extent in that year.",
    "{name}于{year}年撤销，并入{into}；此处仍作为单独个体，后者的范围自该年起发生变化。",
)
_UNKNOWN = Text("Names that are no city, kept as they are: {count} ({names}).", "未识别为城市而原样保留的名称：{count}个（{names}）。")
_FORMER = Text(
    "Units that the last official list no longer has, kept under their last names: {names}.",
    "以下单位已不在最新名录中，按最后名称保留：{names}。",
)


@dataclass(frozen=True)
class RecognisedEntities:
    """Entities after recognition.

    Attributes
    ----------
    names : (n,) what to call each; as printed where it is unknown.
    total : (n,) rows to leave out.
    notes, problems : what was done, and what stands in the way.
    """

    names: Sequence[object]
    total: Sequence[bool]
    notes: tuple[Note, ...]
    problems: tuple[Problem, ...]


def kind_of(names: Sequence[object], column: str) -> Kind:
    """What most of the names are that are no totals.

    Examples
    --------
    >>> kind_of(["北京", "全国", "河北省"], "地区"), kind_of(["襄樊", "北京市"], "city"), kind_of(["1", "600000"], "Stkcd")
    ('provinces', 'cities', 'firms')
    """
    found = list(dict.fromkeys(names))
    distinct = [name for name in found if not _is_total(name)] if len(found) <= _MOST_PLACES else found
    if len(found) <= _MOST_PLACES and sum(map(is_province, distinct)) > MOSTLY * len(distinct):
        return "provinces"
    if len(found) <= _MOST_PLACES and sum(map(is_city, distinct)) > MOSTLY * len(distinct):
        return "cities"
    listed = column.casefold() in _CODE_COLUMNS or (bool(distinct) and _LISTED.fullmatch(str(distinct[0])) and "." in str(distinct[0]))
    if not listed or not all(map(_firm, distinct)):
        return "as given"
    exchanges = {(_firm(name), _EXCHANGE.sub("", str(name).upper())) for name in distinct}
    traded = [code for code, exchange in exchanges if exchange]
    return "firms" if len(set(traded)) == len(traded) else "as given"


def name_entities(names: Sequence[object], kind: Kind, column: str, rows: Sequence[int], labels: Sequence[str]) -> RecognisedEntities:
    """Every spelling as one name: provinces in English as in the built tables, cities in Chinese as of today, firms in six digits.

    Rows of totals are marked; names that are unknown are problems with the nearest guesses.
    """
    if kind == "as given":
        return _as_given(names)
    resolve = {"provinces": canonical, "cities": lambda name: city(name).name, "firms": _known_firm}[kind]
    distinct = list(dict.fromkeys(names))
    totals = {name for name in distinct if kind != "firms" and _is_total(name)}
    known: dict[object, str] = {}
    problems = []
    for name in distinct:
        try:
            known |= {name: resolve(name)} if name not in totals else {}
        except DataError as error:
            at = list(names).index(name)
            problems.append(Problem(error=type(error), what=error.what, row=rows[at], column=column, label=labels[at], remedy=error.remedy))
    notes = []
    changed = [f"{name} → {other}" for name, other in known.items() if name != other]
    if changed:
        notes.append(_NAMED[kind](count=len(changed), names=_some(changed)))
    if kind == "cities":
        notes += _ended([city(name) for name in known])
    total = [name in totals for name in names]
    if totals:
        notes.append(note("totals_left_out", _LEFT_OUT, count=sum(total), names=_some([str(name) for name in distinct if name in totals])))
    return RecognisedEntities([known.get(name, name) for name in names], total, tuple(notes), tuple(problems))


def kept_unknown(named: RecognisedEntities) -> RecognisedEntities:
    """The names that are unknown as notes instead of problems: towns and districts among cities are kept as they are."""
    if not named.problems:
        return named
    names = tuple(
        f"{p.what.split(' is ')[0]} ({p.remedy.split('? ')[0]}?)" if "? " in p.remedy else p.what.split(" is ")[0] for p in named.problems
    )
    return RecognisedEntities(
        named.names, named.total, (*named.notes, note("unknown_names", _UNKNOWN, count=len(names), names=_some(names))), ()
    )


def _ended(units: Sequence[City]) -> list[Note]:
    """What became of the units that are no more."""
    notes, former = [], []
    for unit in dict.fromkeys(units):
        if unit.dissolved is not None:
            notes.append(note("dissolved", _DISSOLVED, name=unit.name, year=str(unit.dissolved), into=unit.into))
        elif not listed_last(unit):
            former.append(f"{unit.name} ({unit.last})")
    return [*notes, note("former_units", _FORMER, names=_some(former))] if former else notes


def _firm(name: object) -> str:
    """Six digits of a code such as ``1``, ``000001.SZ`` or ``SZ000001``; empty where it is none.

    Examples
    --------
    >>> _firm("000001.SZ"), _firm(1.0), _firm("sh600000"), _firm("Ltd")
    ('000001', '000001', '600000', '')
    """
    text = str(name).strip()
    found = _LISTED.fullmatch(text) or _SHORT_CODE.fullmatch(text)
    return found.group(1).zfill(6) if found else ""


def _known_firm(name: object) -> str:
    code = _firm(name)
    if not code:
        raise UnknownName(f"{name!r} is no code of a firm", remedy="write six digits (000001), or those with the exchange (000001.SZ)")
    return code


def _as_given(names: Sequence[object]) -> RecognisedEntities:
    """The entities as they are; what looks like a total or a missing value is said."""
    notes = []
    distinct = dict.fromkeys(names)
    totals = [str(name) for name in distinct if _plain(name) in _TOTALS]
    if totals and len(distinct) > 1:
        notes.append(note("totals_kept", _KEPT, names=_some(totals)))
    if "NA" in distinct:
        notes.append(note("entity_na", _NA, count=list(names).count("NA")))
    return RecognisedEntities(names, [False] * len(names), tuple(notes), ())


def _is_total(name: object) -> bool:
    """A name for the nation, a total, or a group of provinces.

    Examples
    --------
    >>> _is_total("全 国"), _is_total("Total"), _is_total("北京")
    (True, True, False)
    """
    return _plain(name) in _TOTALS | _REGIONS


def _plain(name: object) -> str:
    if (code := str(name)).isascii() and code.isdigit():  # most of many thousand names
        return code
    text = " ".join(str(name).replace("\u3000", " ").split()).casefold()
    return text if text.isascii() else text.replace(" ", "")


def _some(names: Sequence[str]) -> tuple[str, ...]:
    return (*names[:_SHOWN], "…") if len(names) > _SHOWN else tuple(names)
