"""What could decide was tried: every pair of statements, and every statement with every national series and every figure that was read.

A trial ends at the first step that it fails: both print a number, the units convert, place and year agree, and the names of the quantities
share most of their pairs of Chinese characters. What passes all steps is compared by its intervals, with the reason why it does not decide
by itself: likeness of names is no identity of quantities.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.run import Audit
from toolkit.audit.tables import Tables
from toolkit.language import Text
from toolkit.registry import registry
from toolkit.units import factor, unit_of

LIKE = 0.5
"""Pairs of characters that two names share, as a part of those of the shorter one."""
STEPS: dict[str, Text] = {
    "all": Text("pairs tried", "全部组合"),
    "number": Text("both are numbers", "两者均有数值"),
    "unit": Text("units convert", "单位可换算"),
    "place": Text("place and year agree", "地区与年份一致"),
    "name": Text("names alike: intervals compared", "名称相近：比较区间"),
}
FAMILIES: dict[str, Text] = {
    "statements": Text("statement with statement", "论断与论断"),
    "series": Text("statement with national series", "论断与全国序列"),
    "figures": Text("statement with figure read", "论断与查阅的官方数字"),
}
TABLE, NATION = "national_series", "China"
USED = Text("it takes part in the verdict", "已用于判定")
QUOTED = Text("a quotation without body or date decides nothing", "未注明机构或日期的转引数字不作判定")
READ = Text("read for this statement, of another date or release than the one that decides", "为该论断查阅，与判定所依据者日期或版本不同")
OTHER = Text("“{other}” is another quantity", "“{other}”是另一指标")


@dataclass(frozen=True)
class Trial:
    """A pair that passed all steps: the statement, the other id, whether the intervals meet, and why that does not decide by itself."""

    claim: str
    other: str
    meet: bool
    why: Text


@dataclass(frozen=True)
class Search:
    """How many pairs of each family passed each step, and those that passed them all."""

    counts: dict[str, dict[str, int]]
    trials: tuple[Trial, ...]


class _Quantity(NamedTuple):
    id: str
    name: Text
    unit: str
    place: str
    year: str
    interval: Interval | None
    official: bool = True


def search(found: Audit, tables: Tables) -> Search:
    """Try all pairs.

    Parameters
    ----------
    found : the verdicts, which say what already takes part in them.
    tables : the national series.

    Examples
    --------
    >>> from toolkit.audit.run import audit
    >>> found = audit()
    >>> tried = search(found, Tables()).counts["statements"]
    >>> tried["all"] == len(found.verdicts) * (len(found.verdicts) - 1) // 2
    True
    """
    claims = [_claim(PrintedClaim(verdict.claim)) for verdict in found.verdicts]
    used = {v.id: {name for c in v.checks for name in (*c.claims, *c.cells, *c.sources)} for v in found.verdicts}
    figures = [_figure(name, tables.official(name), record.quantity, record.period) for name, record in registry().official.items()]
    families = {
        "statements": combinations(claims, 2),
        "series": product(claims, list(_series(tables))),
        "figures": product(claims, figures),
    }
    counts, trials = {}, []
    for family, pairs in families.items():
        seen: Counter[str] = Counter()
        trials += list(_tried(pairs, seen, used))
        counts[family] = {step: seen[step] for step in STEPS}
    return Search(counts, tuple(trials))


def _tried(pairs: Iterable[tuple[_Quantity, _Quantity]], seen: Counter[str], used: dict[str, set[str]]) -> Iterator[Trial]:
    for one, other in pairs:
        passed = _passed(one, other)
        seen.update(list(STEPS)[: passed + 1])
        if passed < len(STEPS) - 1 or one.interval is None or other.interval is None:
            continue
        by = 1 if one.unit == other.unit else factor(other.unit, one.unit)
        yield Trial(one.id, other.id, one.interval.overlaps(other.interval * by), _why(one, other, used[one.id]))


def _why(one: _Quantity, other: _Quantity, used: set[str]) -> Text:
    """Why a pair that passed all steps does not decide by itself."""
    record = registry().official.get(other.id)
    if other.id in used:
        return USED
    if not other.official:
        return QUOTED
    return READ if record and one.id in record.claims else OTHER.filled(other=other.name)


def _passed(one: _Quantity, other: _Quantity) -> int:
    """How many steps beyond the first a pair passes."""
    if one.interval is None or other.interval is None:
        return 0
    if not _convert(one.unit, other.unit):
        return 1
    if one.place != other.place or (one.year and other.year and one.year != other.year):
        return 2
    return 4 if alike(one.name.zh, other.name.zh) else 3


def _claim(claim: PrintedClaim) -> _Quantity:
    own = claim.claim
    interval = None if own.comparator == "none" else claim.interval
    return _Quantity(id=own.id, name=own.indicator, unit=own.unit.en, place=own.place.en, year=own.period[:4], interval=interval)


def _series(tables: Tables) -> Iterator[_Quantity]:
    variables = registry().variables
    for name in registry().tables[TABLE].columns:
        if name not in variables or variables[name].kind != "number":
            continue
        for year, figure in tables.series(f"{TABLE}.{name}").items():
            yield _figure(f"{TABLE}.{name} {year}", figure, variables[name].short, str(year))


def _figure(name: str, figure: Figure, label: Text, period: str) -> _Quantity:
    number = None if figure.interval.low is None and figure.interval.high is None else figure.interval
    return _Quantity(
        id=name,
        name=label,
        unit=figure.unit.en,
        place=figure.entity or NATION,
        year=period[:4],
        interval=number,
        official=figure.official,
    )


def alike(first: str, second: str) -> bool:
    """Whether two Chinese names share most of their pairs of neighbouring characters.

    >>> alike("基础研究占R&D经费比重", "基础研究经费占比"), alike("高新技术企业数", "国家级制造业创新中心数")
    (True, False)
    """
    one, other = ({name[i : i + 2] for i in range(len(name) - 1)} for name in (first, second))
    return bool(one and other) and len(one & other) >= LIKE * min(len(one), len(other))


def _convert(first: str, second: str) -> bool:
    one, other = unit_of(first), unit_of(second)
    return first == second or (one is not None and other is not None and (one.dimension, one.prices) == (other.dimension, other.prices))
