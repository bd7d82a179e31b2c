"""The 31 provincial units and every spelling under which they come."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache

from toolkit.data.raw import RawFolder
from toolkit.errors import UnknownProvince
from toolkit.language import Text

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
_NOT_COVERED = {"香港": "Hong Kong", "澳门": "Macao", "台湾": "Taiwan"}


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
        Province(int(r["adcode"]), r["name_en"], r["name_zh"], r["short_zh"], r["region4"], r["region3"])
        for r in RawFolder().rows("provinces")
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
    for short, english in _NOT_COVERED.items():
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


def in_chinese(text: Text) -> Text:
    """The text with the provinces of its Chinese half named in Chinese: measures name rows by the English keys of the tables.

    Examples
    --------
    >>> in_chinese(Text("Filled: Hainan 2018.", "插值：Hainan 2018年。")).zh
    '插值：海南2018年。'
    """
    return Text(text.en, _named_in_english().sub(lambda found: short_chinese(found.group(1)), text.zh))


@cache
def _named_in_english() -> re.Pattern[str]:
    """An English name of a province as a whole word, with the space before a number, which Chinese does not set."""
    names = "|".join(sorted((unit.name for unit in provinces()), key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z])({names})(?![A-Za-z])(?: (?=\d))?")
