"""Units of claims and of official series: named conversions, and refusals of what does not convert."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from toolkit.audit.interval import Interval
from toolkit.errors import UnitMismatch
from toolkit.registry.claims import Nature

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


CHINESE: dict[str, str] = {
    **{f"{m}元": f"{n}yuan" for m, n in (("", ""), ("万", "10,000 "), ("百万", "million "), ("亿", "100 million "), ("万亿", "trillion "))},
    **{f"{m}美元": f"{n}USD" for m, n in (("", ""), ("万", "10,000 "), ("亿", "100 million "), ("万亿", "trillion "))},
    **{f"{m}千瓦": f"{n}kW" for m, n in (("", ""), ("万", "10,000 "), ("亿", "100 million "))},
    **{f"{m}人": f"{n}persons" for m, n in (("", ""), ("万", "10,000 "), ("亿", "100 million "))},
    "家": "firms",
    "个": "units",
    "项": "items",
    "件": "pieces",
    "篇": "papers",
    "辆": "vehicles",
    "款": "drugs",
    "万家": "10,000 firms",
    "万个": "10,000 units",
    "万项": "10,000 items",
    "万件": "10,000 pieces",
    "万篇": "10,000 papers",
    "万辆": "10,000 vehicles",
    "位": "rank",
    "年": "years",
    "月": "months",
    "人年": "person-years",
    "吉瓦": "GW",
    "%": "%",
    "比重": "share",
    "个百分点": "points",
}
"""Units as Chinese lists write them, and the name they convert under."""


def in_both_languages(en: str, zh: str) -> tuple[str, str]:
    """A unit that is given in one language in both, as far as it is known.

    >>> in_both_languages("亿元", "亿元"), in_both_languages("firms", "firms")
    (('100 million yuan', '亿元'), ('firms', '家'))
    """
    if en != zh:
        return en, zh
    chinese = {name: word for word, name in CHINESE.items()}
    return CHINESE.get(zh, en), zh if zh in CHINESE else chinese.get(en, zh)


# Series whose stock and yearly addition go by nearly the same name.
NATURES: dict[str, Nature] = {
    "wind_installed_cumulative": "stock",
    "solar_installed_cumulative": "stock",
    "wind_solar_new_installed": "flow",
    "hightech_enterprises_certified": "stock",
    "small_giant_firms_cumulative": "stock",
    "class1_new_drugs": "flow",
}


def unit_of(name: str) -> Unit | None:
    """The unit with this name; "% of GDP" and "% a year" are per cent; None when it is not known.

    >>> unit_of("100 million kW").factor == unit_of("GW").factor * 100
    True
    """
    plain = name.strip()
    if plain.startswith("%"):
        plain = "%"
    return UNITS.get(plain)


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


def convert(values: Interval, source: str, target: str) -> Interval:
    """The same quantity in another unit.

    >>> print(convert(Interval.point("2.78"), "100 million kW", "GW"))
    [278, 278]
    """
    return values * factor(source, target)


def same_nature(first: Nature, second: Nature, what: str) -> None:
    """Refuse to compare what is held at a date with what is added in a year.

    Raises
    ------
    UnitMismatch
    """
    if "either" not in (first, second) and first != second:
        raise UnitMismatch(f"{what}: a {first} is set against a {second}", remedy="take the change of the stock, or the sum of the flow")
