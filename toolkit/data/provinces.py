"""The 31 provincial units and every spelling under which they come."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from toolkit.data.raw import RawFolder
from toolkit.errors import UnknownProvince
from toolkit.language import Language, Text
from toolkit.paths import SHIPPED_RAW

_SUFFIX = re.compile(r"(壮族自治区|回族自治区|维吾尔自治区|自治区|省|市)$")
_ENGLISH_SUFFIX = re.compile(r"( province| municipality|( zhuang| hui| uygur| uyghur)? autonomous region)$")
# Other spellings in use; the names themselves stand in data_raw/geography/provinces.csv.
_ALIASES = {
    "xizang": "Tibet",
    "neimenggu": "Inner Mongolia",
    "nei menggu": "Inner Mongolia",
    "inner-mongolia": "Inner Mongolia",
    "内蒙": "Inner Mongolia",
    "heilong jiang": "Heilongjiang",
    "shannxi": "Shaanxi",
    "shaan'xi": "Shaanxi",
    "广西壮族": "Guangxi",
    "宁夏回族": "Ningxia",
    "新疆维吾尔": "Xinjiang",
    "nei mongol": "Inner Mongolia",
    "innermongolia": "Inner Mongolia",
    "shanxi (shaanxi)": "Shaanxi",
}
# Units of the first level for which the tables hold nothing; maps draw them all the same.
_NOT_COVERED = {"Hong Kong": "香港", "Macao": "澳门", "Taiwan": "台湾"}


@dataclass(frozen=True)
class Province:
    """One provincial unit: code, English name (the key of built tables), full and short Chinese name, regions."""

    adcode: int
    name: str
    name_zh: str
    short_zh: str
    region4: str
    region3: str


@cache
def provinces() -> tuple[Province, ...]:
    """The 31 units in the order of their codes.

    Examples
    --------
    >>> len(provinces()), provinces()[4].short_zh
    (31, '内蒙古')
    """
    return tuple(
        Province(
            adcode=int(r["adcode"]),
            name=r["name_en"],
            name_zh=r["name_zh"],
            short_zh=r["short_zh"],
            region4=r["region4"],
            region3=r["region3"],
        )
        for r in RawFolder(SHIPPED_RAW).rows("provinces")
    )


@cache
def _spellings() -> dict[str, str]:
    table = {}
    for unit in provinces():
        for spelling in (str(unit.adcode), unit.name, unit.name_zh, unit.short_zh):
            table[_plain(spelling)] = unit.name
    return table | _ALIASES


def _plain(name: str) -> str:
    text = " ".join(name.replace("\u3000", " ").split()).casefold()
    if not text.isascii():
        return _SUFFIX.sub("", text.replace(" ", ""))
    text = _ENGLISH_SUFFIX.sub("", text)
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def canonical(name: object, where: str = "") -> str:
    """The English name of a province, from any spelling.

    Understood are the code (``110000``), the full and the short Chinese name, wrong suffixes (广西省, 西藏省), inner spaces
    (北 京), the English name in any case, with or without "Province".

    Parameters
    ----------
    name : what stands in the file.
    where : file, row and column, for the message.

    Raises
    ------
    UnknownProvince
        With near matches.

    Examples
    --------
    >>> canonical("广西省"), canonical("北 京"), canonical(150000), canonical("inner mongolia")
    ('Guangxi', 'Beijing', 'Inner Mongolia', 'Inner Mongolia')
    """
    plain = _plain(str(name))
    found = _spellings().get(plain)
    if found is not None:
        return found
    for english, short in _NOT_COVERED.items():
        if plain.startswith(short) or plain == english.casefold():
            raise UnknownProvince(f"{name!r} is not among the 31 provinces of the tables", where=where, remedy=f"leave out {english}")
    near = difflib.get_close_matches(plain, list(_spellings()), n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}? " if near else ""
    raise UnknownProvince(
        f"{name!r} is none of the 31 provinces",
        where=where,
        remedy=f"{hint}use a code (110000), a Chinese name (北京市, 北京) or an English one (Beijing)",
    )


def is_province(name: object) -> bool:
    """Whether :func:`canonical` knows the spelling.

    Examples
    --------
    >>> is_province("北京"), is_province("Peking Ltd")
    (True, False)
    """
    return _plain(str(name)) in _spellings()


def short_chinese(name: object) -> str:
    """The short Chinese name of a province, from any spelling.

    Examples
    --------
    >>> short_chinese("Inner Mongolia")
    '内蒙古'
    """
    english = canonical(name)
    return next(unit.short_zh for unit in provinces() if unit.name == english)


@cache
def short_names() -> Mapping[str, str]:
    """English name -> short Chinese name of all 34 units of the first level, in the order of their codes.

    Examples
    --------
    >>> len(short_names()), short_names()["Shaanxi"], list(short_names())[-1]
    (34, '陕西', 'Taiwan')
    """
    return MappingProxyType({unit.name: unit.short_zh for unit in provinces()} | _NOT_COVERED)


def named(names: Iterable[str]) -> Text:
    """Provinces as a list in both languages; "none" for an empty one.

    Examples
    --------
    >>> named(["Hebei", "Hainan"])
    Text(en='Hebei, Hainan', zh='河北、海南')
    """
    found = list(names)
    return Text(", ".join(found), "、".join(map(short_chinese, found))) if found else Text("none", "无")


def province_name(name: str, language: Language) -> str:
    """How a note shows the key of a province; anything else stays as it is.

    Examples
    --------
    >>> province_name("Hebei", "zh"), province_name("Hebei", "en"), province_name("Firm 1", "zh")
    ('河北', 'Hebei', 'Firm 1')
    """
    return short_chinese(name) if language == "zh" and is_province(name) else name
