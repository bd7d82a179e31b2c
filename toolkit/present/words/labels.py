"""Labels and units of columns, terms, provinces and regions, in both languages.

Names are those that are handed in (:mod:`toolkit.present.words.naming`: the user's own, and the registry's for data of the registry); any
other name is shown as it is.

==================  ======================  =========================
term                English                 Chinese
==================  ======================  =========================
``log(gdp)``        ln GDP                  ln GDP
``L(x, 1)``         X (t−1)                 X（滞后1期）
``D(x)``            ΔX                      ΔX
``a:b``             A × B                   A × B
``C(g)[East]``      East                    东部
``C(year)[2019]``   Year = 2019             年份 = 2019
``a [q <= 10]``     A (Q ≤ 10)              A（Q ≤ 10）
``W(x)``, ``rho``   W × X, ρ                W × X, ρ
==================  ======================  =========================
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from toolkit.data.provinces import short_names
from toolkit.estimate.formula.terms import (
    Arithmetic,
    Category,
    Column,
    Difference,
    Lag,
    Negative,
    Number,
    Parentheses,
    Term,
    Transform,
    Value,
)
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.columns import Band, DesignColumn, Level, Part
from toolkit.language import Language, Text, get_language, text_in
from toolkit.present.words.naming import Names
from toolkit.present.words.reading import read_name

PROVINCES: Mapping[str, str] = short_names()
"""English name -> short Chinese name of all 34 units of the first level, from data_raw/geography/provinces.csv."""

REGIONS: dict[str, str] = {"East": "东部", "Central": "中部", "West": "西部", "Northeast": "东北", "National": "全国", "China": "全国"}
"""English name -> Chinese name of the regions."""

_EVENT = re.compile(r"event time (-?\d+)")
_EVENT_TIME = Text("Event time {count}", "相对时期{count}")
_AVERAGES: dict[str, Text] = {
    "ATT": Text("Average effect on the treated", "处理组平均效应"),
    "ATT by event time": Text("Average effect, by event time", "平均效应（按相对时期）"),
    "ATT by cohort": Text("Average effect, by cohort", "平均效应（按批次）"),
    "ATT by period": Text("Average effect, by period", "平均效应（按时期）"),
}
"""The averages of an event study (:class:`toolkit.estimate.treatment.EventStudy`)."""

_PROVINCES_EN = {zh: en for en, zh in PROVINCES.items()}
_REGIONS_EN = {zh: en for en, zh in REGIONS.items() if en != "China"}


def province_label(name: str, language: Language | None = None) -> str:
    """The name of a province in ``language``; a name that is no province comes back unchanged.

    Parameters
    ----------
    name : English name ("Inner Mongolia") or short Chinese name ("内蒙古").
    language : default the current one.

    Examples
    --------
    >>> province_label("Inner Mongolia", "zh"), province_label("陕西", "en"), province_label("Ohio", "zh")
    ('内蒙古', 'Shaanxi', 'Ohio')
    """
    names = PROVINCES if (language or get_language()) == "zh" else _PROVINCES_EN
    return names.get(name, name)


def region_label(name: str, language: Language | None = None) -> str:
    """The name of a region (East, Central, West, Northeast, National) in ``language``; other names come back unchanged.

    Examples
    --------
    >>> region_label("Northeast", "zh"), region_label("东部", "en")
    ('东北', 'East')
    """
    names = REGIONS if (language or get_language()) == "zh" else _REGIONS_EN
    return names.get(name, name)


__all__ = ["axis_label", "label", "nodes_of", "province_label", "region_label", "unit_of"]

INTERCEPTS = ("Intercept", "(Intercept)", "const", "_cons")
CONSTANT = Text("Constant", "常数项")

ROLES: dict[str, Text] = {
    "province": Text("Province", "省份"),
    "year": Text("Year", "年份"),
    "region": Text("Region", "地区"),
    "city": Text("City", "城市"),
    "firm": Text("Firm", "企业"),
    "industry": Text("Industry", "行业"),
    "country": Text("Country", "国家"),
    "entity": Text("Entity", "个体"),
    "time": Text("Time", "时间"),
}
"""Role columns that occur in most panels: plain words, translated for data of any origin."""

_SPATIAL = {"rho": "ρ", "lambda": "λ"}
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_OF_NUMBERS = frozenset("+-.0123456789")

Node: TypeAlias = DesignColumn | Term | Part
"""What can have a label: a regressor, a term, a factor, a level of a category."""

Given: TypeAlias = Mapping[str, str | Text] | None


def label(term: str | Node, language: Language | None = None, names: Given = None) -> str:
    """The label of a column or formula term.

    Parameters
    ----------
    term : a node of a formula (``estimate.columns`` has those of an estimate), or the text of one: a column ("gdp") or a term ("log(gdp)",
        "L(log(x), 1)", "a:b", "C(region4)[East]"). A text is read by the parser of formulas.
    language : default the current one.
    names : labels of columns or of whole terms.

    Returns
    -------
    str
        Unchanged for names nobody knows.

    Examples
    --------
    >>> label("L(log(x), 1)", "en"), label("L(log(x), 1)", "zh", {"x": Text("GDP", "地区生产总值")})
    ('ln x (t−1)', 'ln 地区生产总值（滞后1期）')
    >>> label("D(x):C(region4)[East]", "zh")
    'Δx × 东部'
    """
    tongue = language or get_language()
    if not isinstance(term, str):
        return _label(term, tongue, names)
    term = term.strip()
    if names and term in names:
        return text_in(names[term], tongue)
    if term in _AVERAGES:
        return _AVERAGES[term].to(tongue)
    if event := _EVENT.fullmatch(term):
        return _EVENT_TIME.filled(count=event[1].replace("-", "−")).to(tongue)
    if term.startswith("W(") and term.endswith(")"):
        return f"W × {label(term[2:-1], tongue, names)}"
    return CONSTANT.to(tongue) if term in INTERCEPTS else _SPATIAL.get(term) or _label(read_name(term), tongue, names)


def nodes_of(*estimates: object) -> dict[str, Node]:
    """Text -> node of outcomes and regressors, so that no text of an estimate of ours is read back; empty for other objects."""
    found: dict[str, Node] = {}
    for estimate in estimates:
        if isinstance(estimate, Estimate):
            found |= {estimate.spec.outcome: estimate.spec.left, **{column.text: column for column in estimate.columns}}
    return found


def unit_of(name: str, language: Language | None = None, names: Given = None) -> str:
    """The unit of a column or term; empty if it has none (logs, interactions) or is unknown, as it is for names without units.

    A lag keeps the unit; the difference of a percentage is in percentage points.

    Examples
    --------
    >>> from toolkit.present.words.naming import names_for
    >>> unit_of("gdp"), unit_of("L(gdp)", "en", names_for("registry"))
    ('', '100 million yuan')
    """
    if not isinstance(names, Names):
        return ""
    read = read_name(name)
    return _unit(read.parts[0], names.units, language or get_language()) if len(read.parts) == 1 and read.band is None else ""


def _unit(part: Part, units: Mapping[str, Text], language: Language) -> str:
    match part:
        case Column(name):
            return units[name].to(language) if name in units else ""
        case Lag(argument, _):
            return _unit(argument, units, language)
        case Difference(argument, _):
            inner = _unit(argument, units, language)
            return Text("percentage points", "百分点").to(language) if inner == "%" else inner
        case _:
            return ""


def axis_label(name: str, language: Language | None = None, names: Given = None) -> str:
    """Label and unit as they stand on an axis: ``GDP (100 million yuan)``, ``地区生产总值（亿元）``.

    Examples
    --------
    >>> axis_label("no_such_column")
    'no_such_column'
    """
    tongue = language or get_language()
    text, unit = label(name, tongue, names), unit_of(name, tongue, names)
    if not unit:
        return text
    if text.endswith((")", "）")):
        return text + Text(", ", "，").to(tongue) + unit
    return Text(f"{text} ({unit})", f"{text}（{unit}）").to(tongue)


def _label(node: Node, language: Language, names: Given) -> str:
    """The label of a node; one that was given for the whole node comes first."""
    if names and node.text in names:
        return text_in(names[node.text], language)
    match node:
        case DesignColumn(parts, band):
            product = _product([_label(part, language, names) for part in parts])
            return product if band is None else _in_band(product, band, language, names)
        case Term(factors):
            return _product([_label(factor, language, names) for factor in factors])
        case Level(category):
            return _level(category, node.shown, language, names)
        case Column(name) | Category(name, _):
            return _column(name, language, names)
        case Number():
            return node.text
        case Arithmetic("^", base, Number(power)) if power.is_integer() and power > 0:
            return _power(_label(base, language, names), f"{power:.0f}")
        case Arithmetic() | Negative():
            return _arithmetic(node, language, names)
        case Parentheses(argument, mark):
            inner = _arithmetic(argument, language, names)
            return inner if mark else f"({inner})"
        case _:
            return _changed(node, _label(node.argument, language, names), language)


def _changed(node: Transform | Lag | Difference, inner: str, language: Language) -> str:
    """A function of one value, a lag, a lead or a difference."""
    match node:
        case Transform("log"):
            return f"ln {inner}"
        case Transform("log1p"):
            return f"ln(1 + {inner})"
        case Transform("abs"):
            return f"|{inner}|"
        case Transform(function):
            return f"{function}({inner})"
        case Lag(_, steps) if steps > 0:
            return Text(f"{inner} (t−{steps})", f"{inner}（滞后{steps}期）").to(language)
        case Lag(_, steps):
            return Text(f"{inner} (t+{-steps})", f"{inner}（前推{-steps}期）").to(language)
        case Difference(_, steps):
            return f"Δ{'' if steps == 1 else str(steps).translate(_SUBSCRIPTS)}{' ' if ' ' in inner else ''}{inner}"


def _arithmetic(node: Value, language: Language, names: Given) -> str:
    """Arithmetic as it is written, with the labels of its columns."""
    match node:
        case Arithmetic(operator, left, right):
            a, b = (_arithmetic(side, language, names) for side in (left, right))
            return f"{a}^{b}" if operator == "^" else f"{a} {'×' if operator == '*' else operator} {b}"
        case Negative(argument):
            return f"-{_arithmetic(argument, language, names)}"
        case _:
            return _label(node, language, names)


def _in_band(slope: str, band: Band, language: Language, names: Given) -> str:
    """A slope in one range of a variable, as a threshold regression has it."""
    variable, (low, high) = _label(band.variable, language, names), band.shown
    if math.isinf(band.high):
        shown = f"{variable} > {low}"
    else:
        shown = f"{variable} ≤ {high}" if math.isinf(band.low) else f"{low} < {variable} ≤ {high}"
    return Text(f"{slope} ({shown})", f"{slope}（{shown}）").to(language)


def _product(labels: Sequence[str]) -> str:
    return _power(labels[0], "2") if len(labels) == 2 and labels[0] == labels[1] else " × ".join(labels)


def _power(base: str, power: str) -> str:
    return (f"({base})" if " " in base else base) + power.translate(_SUPERSCRIPTS)


def _level(category: Category, shown: str, language: Language, names: Given) -> str:
    if shown in PROVINCES:
        return province_label(shown, language)
    if shown in REGIONS:
        return region_label(shown, language)
    if set(shown) <= _OF_NUMBERS or shown in ("True", "False"):
        return f"{_column(category.name, language, names)} = {shown}"
    return _column(shown, language, names)


def _column(name: str, language: Language, names: Given) -> str:
    if names and name in names:
        return text_in(names[name], language)
    return ROLES[name].to(language) if name in ROLES else name
