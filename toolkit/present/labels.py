"""Labels of columns and formula terms in the language of the reader.

Names are those that are handed in (:mod:`toolkit.present.naming`: the user's own, and the registry's for data of the registry); any other
name is shown as it is.

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
==================  ======================  =========================
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from toolkit.language import Language, Text, get_language, text_in
from toolkit.present.naming import Names
from toolkit.present.places import PROVINCES, REGIONS, province_label, region_label

__all__ = ["axis_label", "label", "province_label", "region_label", "unit_of"]

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

_CALL = re.compile(r"(?:np\.)?([A-Za-z_][A-Za-z0-9_]*)\((.*)\)", re.DOTALL)
_LEVEL = re.compile(r"(?:C|i)?\(?([^\[\]()]+?)\)?\[(?:T\.)?(.*)\]", re.DOTALL)
_BAND = re.compile(r"(.+) \[(?:(\S+) < )?(.+?) (<=|>) (\S+)\]", re.DOTALL)
_ONE_NAME = re.compile(r"[^\W\d]\w*|`[^`]*`")
_IN_ARITHMETIC = re.compile(r"`[^`]*`|(?<![\w.])[^\W\d]\w*(?!\w|\()")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def label(term: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The label of a column or formula term.

    Parameters
    ----------
    term : a column ("gdp") or a term of a formula ("log(gdp)", "L(log(x), 1)", "a:b", "C(region4)[East]").
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
    term = term.strip()
    tongue = language or get_language()
    if names and term in names:
        return text_in(names[term], tongue)
    if term in INTERCEPTS:
        return CONSTANT.to(tongue)
    if (band := _BAND.fullmatch(term)) is not None:
        return _band_label(band, tongue, names)
    parts = split_outside_brackets(term, ":")
    if len(parts) > 1 and all(parts):
        return _interaction([label(part, tongue, names) for part in parts])
    if term.startswith("`") and term.endswith("`"):
        return _column_label(term.strip("`"), tongue, names)
    if (level := _LEVEL.fullmatch(term)) is not None:
        return _level_label(level.group(1).split(",")[0].strip(), level.group(2).strip(), tongue, names)
    if (call := _CALL.fullmatch(term)) is not None:
        arguments = split_outside_brackets(call.group(2), ",")
        if call.group(1) == "I":
            return _IN_ARITHMETIC.sub(lambda name: label(name.group(), tongue, names), call.group(2)).replace("*", "×")
        shown = _call_label(call.group(1), label(arguments[0], tongue, names), arguments[1:], tongue)
        return term if shown is None else shown
    if (square := re.fullmatch(r"(.+)\^2", term)) is not None and _ONE_NAME.fullmatch(square.group(1)):
        return _interaction([label(square.group(1), tongue, names)] * 2)
    return _column_label(term, tongue, names)


def unit_of(name: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The unit of a column or term; empty if it has none (logs, interactions) or is unknown, as it is for names without units.

    A lag keeps the unit; the difference of a percentage is in percentage points.

    Examples
    --------
    >>> from toolkit.present.naming import names_for
    >>> unit_of("gdp"), unit_of("L(gdp)", "en", names_for("registry"))
    ('', '100 million yuan')
    """
    units = names.units if isinstance(names, Names) else {}
    tongue = language or get_language()
    call = _CALL.fullmatch(name.strip())
    if call is not None and call.group(1) in ("L", "F", "D"):
        inner = unit_of(split_outside_brackets(call.group(2), ",")[0], tongue, names)
        return Text("percentage points", "百分点").to(tongue) if call.group(1) == "D" and inner == "%" else inner
    unit = units.get(name.strip().strip("`"))
    return unit.to(tongue) if unit is not None else ""


def axis_label(name: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
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


def split_outside_brackets(text: str, separator: str) -> list[str]:
    """Split at the separators that stand outside every bracket, and strip the parts.

    Examples
    --------
    >>> split_outside_brackets("L(x, 1):b", ":")
    ['L(x, 1)', 'b']
    """
    parts, depth, start, quoted = [], 0, 0, False
    for position, character in enumerate(text):
        quoted ^= character == "`"
        if quoted:
            continue
        depth += (character in "([") - (character in ")]")
        if character == separator and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]


def _band_label(band: re.Match[str], language: Language, names: Mapping[str, str | Text] | None) -> str:
    """A slope in one range of a variable, as a threshold regression names it."""
    slope, low, variable, sign, bound = band.groups()
    shown = f"{label(variable, language, names)} {sign.replace('<=', '≤')} {bound}"
    shown = shown if low is None else f"{low} < {shown}"
    return Text(f"{label(slope, language, names)} ({shown})", f"{label(slope, language, names)}（{shown}）").to(language)


def _interaction(labels: list[str]) -> str:
    if len(labels) == 2 and labels[0] == labels[1]:
        return f"({labels[0]})²" if " " in labels[0] else f"{labels[0]}²"
    return " × ".join(labels)


def _level_label(factor: str, level: str, language: Language, names: Mapping[str, str | Text] | None) -> str:
    if level in PROVINCES:
        return province_label(level, language)
    if level in REGIONS:
        return region_label(level, language)
    if re.fullmatch(r"[-+.\d]+|True|False", level):
        return f"{label(factor, language, names)} = {level}"
    return label(level, language, names)


def _call_label(function: str, inner: str, arguments: list[str], language: Language) -> str | None:
    steps = arguments[0] if arguments else "1"
    match function:
        case "log" | "ln":
            return f"ln {inner}"
        case "log1p":
            return f"ln(1 + {inner})"
        case "asinh" | "exp" | "sqrt":
            return f"{function}({inner})"
        case "L":
            return Text(f"{inner} (t−{steps})", f"{inner}（滞后{steps}期）").to(language)
        case "F":
            return Text(f"{inner} (t+{steps})", f"{inner}（前推{steps}期）").to(language)
        case "D":
            return f"Δ{'' if steps == '1' else steps.translate(_SUBSCRIPTS)}{' ' if ' ' in inner else ''}{inner}"
        case "abs":
            return f"|{inner}|"
        case "C":
            return inner
        case _:
            return None


def _column_label(name: str, language: Language, names: Mapping[str, str | Text] | None) -> str:
    if names and name in names:
        return text_in(names[name], language)
    return ROLES[name].to(language) if name in ROLES else name
