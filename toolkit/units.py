"""Units of columns, claims and official series: named conversions, and refusals of what does not convert."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from toolkit.errors import UnitMismatch

Prices = Literal["", "current", "constant", "current PPP", "constant PPP"]


@dataclass(frozen=True)
class Unit:
    """A unit of measurement.

    Attributes
    ----------
    name : as written.
    dimension : what it measures; only units of one dimension convert.
    factor : how many base units it holds.
    prices : of money, the price basis; empty where the name does not say.
    """

    name: str
    dimension: str
    factor: Fraction
    prices: Prices = ""


def _family(dimension: str, **factors: str) -> dict[str, Unit]:
    return {name.replace("_", " "): Unit(name.replace("_", " "), dimension, Fraction(text)) for name, text in factors.items()}


_COUNTED = (
    "firms",
    "units",
    "drugs",
    "factories",
    "patents",
    "pieces",
    "applications",
    "items",
    "projects",
    "centres",
    "platforms",
    "papers",
    *("vehicles", "bodies", "technologies", "results", "cities", "clusters", "fields", "branches", "alliances", "parks", "exchanges"),
    *("provinces", "regions", "places", "funds", "incubators", "products", "elements", "qubits", "agreements", "teams"),
)
_MULTIPLES = {"": 1, "1,000 ": 10**3, "10,000 ": 10**4, "million ": 10**6, "100 million ": 10**8}
_MONEY = {"": 1, "1,000 ": 10**3, "10,000 ": 10**4, "million ": 10**6, "100 million ": 10**8, "billion ": 10**9, "trillion ": 10**12}
_PRICES: tuple[Prices, ...] = ("current PPP", "constant PPP")

UNITS: dict[str, Unit] = {
    **_family("power", kW="1", MW="1000", GW="1e6", TW="1e9"),
    **{f"{m}kW": Unit(f"{m}kW", "power", Fraction(n)) for m, n in _MULTIPLES.items() if m},
    **{f"{m}kWh": Unit(f"{m}kWh", "energy", Fraction(n)) for m, n in _MULTIPLES.items()},
    **{f"{m}square kilometres": Unit(f"{m}square kilometres", "area", Fraction(n)) for m, n in _MULTIPLES.items()},
    **_family("length", mm="1", inch="25.4"),
    **{f"{m}yuan": Unit(f"{m}yuan", "yuan", Fraction(n)) for m, n in _MONEY.items()},
    **{f"{m}USD": Unit(f"{m}USD", "US dollars", Fraction(n)) for m, n in _MONEY.items()},
    **{f"{m}{p} dollars": Unit(f"{m}{p} dollars", "PPP dollars", Fraction(n), p) for m, n in _MONEY.items() for p in _PRICES},
    **{f"{m}persons": Unit(f"{m}persons", "persons", Fraction(n)) for m, n in _MULTIPLES.items()},
    **{f"{m}{w}": Unit(f"{m}{w}", "count", Fraction(n)) for m, n in _MULTIPLES.items() for w in _COUNTED},
    "people": Unit("people", "persons", Fraction(1)),
    "person-years": Unit("person-years", "person-years", Fraction(1)),
    "share": Unit("share", "share", Fraction(1)),
    "%": Unit("%", "share", Fraction(1, 100)),
    **_family("rank", rank="1"),
    **_family("calendar", year="1"),
    "years": Unit("years", "time", Fraction(1)),
    "months": Unit("months", "time", Fraction(1, 12)),
}

_ZH_MULTIPLES = {"": "", "千": "1,000 ", "万": "10,000 ", "百万": "million ", "亿": "100 million ", "十亿": "billion ", "万亿": "trillion "}
_ZH_UNITS = {"元": "yuan", "人民币元": "yuan", "美元": "USD", "人": "persons", "人次": "persons", "千瓦": "kW", "千瓦时": "kWh"}
_ZH_COUNTS = {"家": "firms", "户": "firms", "个": "units", "件": "pieces", "项": "items", "篇": "papers", "辆": "vehicles", "款": "drugs"}
CHINESE: dict[str, str] = {
    **{f"{m}{zh}": f"{multiple}{en}" for zh, en in (_ZH_UNITS | _ZH_COUNTS).items() for m, multiple in _ZH_MULTIPLES.items()},
    "人年": "person-years",
    "%": "%",
    "％": "%",
    "百分比": "%",
    "年": "years",
    "月": "months",
    "位": "rank",
    "吉瓦": "GW",
    "比重": "share",
    "个百分点": "points",
}
"""Chinese name of a unit -> its name here; names that lead to no unit (``billion kW``) are not known."""


def unit_of(name: str) -> Unit | None:
    """The unit with this name; "% of GDP" and "% a year" are per cent; None when it is not known.

    >>> unit_of("100 million kW").factor == unit_of("GW").factor * 100, unit_of("亿元").name
    (True, '100 million yuan')
    """
    plain = name.strip()
    plain = CHINESE.get(plain, plain)
    if plain.startswith("%"):
        plain = "%"
    return UNITS.get(plain)


def in_both_languages(en: str, zh: str) -> tuple[str, str]:
    """A unit that is given in one language in both, as far as it is known.

    >>> in_both_languages("亿元", "亿元"), in_both_languages("firms", "firms")
    (('100 million yuan', '亿元'), ('firms', '家'))
    """
    if en != zh:
        return en, zh
    first = {name: word for word, name in reversed(CHINESE.items())}
    return CHINESE.get(zh, en), zh if zh in CHINESE else first.get(en, zh)


def factor(source: str, target: str) -> Fraction:
    """What a value in ``source`` is multiplied by to be in ``target``.

    Raises
    ------
    UnitMismatch
        They measure different things, or have different price bases, or one of them is not known.

    Examples
    --------
    >>> factor("100 million kW", "GW"), factor("10,000 yuan", "100 million yuan")
    (Fraction(100, 1), Fraction(1, 10000))
    >>> factor("constant PPP dollars", "current PPP dollars")
    Traceback (most recent call last):
    ...
    toolkit.errors.UnitMismatch: constant PPP dollars does not convert into current PPP dollars: different price bases
      remedy: use a deflator or an exchange rate first
    """
    if source.strip() == target.strip():
        return Fraction(1)
    first, second = unit_of(source), unit_of(target)
    if first is None or second is None:
        raise UnitMismatch(
            f"{source} and {target} are different units and {source if first is None else target} is not known",
            remedy="give the conversion yourself: test: {..., scale: 1.0e-4}",
        )
    if first.dimension != second.dimension:
        raise UnitMismatch(
            f"{source} does not convert into {target}: {first.dimension} is not {second.dimension}", remedy="compare quantities of one kind"
        )
    if first.prices != second.prices:
        raise UnitMismatch(
            f"{source} does not convert into {target}: different price bases", remedy="use a deflator or an exchange rate first"
        )
    return first.factor / second.factor
