"""The units of the second level of China, prefecture-level cities above all, under their present name, from any name they had."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache

from toolkit.data.raw import RawFolder
from toolkit.errors import UnknownCity
from toolkit.paths import SHIPPED_RAW

_PEOPLES = "藏族|羌族|彝族|苗族|侗族|土家族|布依族|壮族|哈尼族|傣族|景颇族|傈僳族|白族|回族|朝鲜族|黎族|蒙古族?|柯尔克孜|哈萨克"
_SUFFIX = re.compile(rf"(?<=..)(?:市|地区|盟|(?:{_PEOPLES})*自治州|州)$")
_GUESSES = 3
_RAISED_WITHIN = 200  # YYYYMM: a city that is first listed up to two years after a prefecture of its short name ended is that prefecture


@dataclass(frozen=True)
class City:
    """A unit of the second level.

    Attributes
    ----------
    code : six digits of the last list that has it.
    name : its last name.
    dissolved : year in which it was dissolved; None for a unit of the last list, and for one whose end was not looked up.
    into : where its parts went.
    last : year of the last list that has it.
    """

    code: str
    name: str
    dissolved: int | None = None
    into: tuple[str, ...] = ()
    last: int = 0


@cache
def _known() -> tuple[dict[str, City], int]:
    """Every spelling -> the unit, and the year of the last list. Units of the last list come before older ones of the same short name."""
    raw = RawFolder(SHIPPED_RAW)
    rows = sorted(raw.rows("prefectures"), key=lambda row: row["last_list"])
    ended = {row["code"]: row for row in raw.rows("dissolved_cities")}
    of_code = {row["code"]: row for row in rows}  # the last name of a code is the present one
    units = {}
    for code, row in of_code.items():
        end = ended.get(code, {})
        into = tuple(end["into"].split(";")) if end else ()
        year = int(end["year"]) if end else None
        units[code] = City(code=code, name=row["name_zh"], dissolved=year, into=into, last=int(row["last_list"][:4]))
    found: dict[str, City] = {}
    for row in rows:
        unit = units[_raised(row, rows)["code"]]
        for spelling in (row["name_zh"], short_city(row["name_zh"]), row["code"]):
            found[spelling] = unit
    return found, int(rows[-1]["last_list"][:4])


def _raised(row: dict[str, str], rows: list[dict[str, str]]) -> dict[str, str]:
    """The city that a prefecture became when it was raised: one that did not exist with it before."""
    short = short_city(row["name_zh"])
    for other in rows:
        gap = int(other["first_list"]) - int(row["last_list"])
        if 0 < gap <= _RAISED_WITHIN and other["code"] != row["code"] and short_city(other["name_zh"]) == short:
            return other
    return row


def short_city(name: str) -> str:
    """A name without the word for its rank.

    Examples
    --------
    >>> short_city("襄阳市"), short_city("延边朝鲜族自治州"), short_city("巴彦淖尔盟"), short_city("沙市市")
    ('襄阳', '延边', '巴彦淖尔', '沙市')
    """
    return _SUFFIX.sub("", name)


def city(name: object) -> City:
    """The unit of the second level with this name or code, or that once had it.

    Parameters
    ----------
    name : ``襄樊``, ``襄樊市``, ``420600``; spaces do not matter.

    Raises
    ------
    UnknownCity
        With the nearest names.

    Examples
    --------
    >>> city("襄樊").name, city("宁德地区").name, city(420600.0).name
    ('襄阳市', '宁德市', '襄阳市')
    >>> city("巢湖市").dissolved, city("巢湖市").into
    (2011, ('合肥市', '芜湖市', '马鞍山市'))
    """
    spellings, _ = _known()
    plain = _plain(name)
    found = spellings.get(plain) or spellings.get(short_city(plain))
    if found is None:
        near = dict.fromkeys(spellings[guess].name for guess in difflib.get_close_matches(plain, list(spellings), n=_GUESSES, cutoff=0.5))
        hint = f"did you mean {', '.join(near)}? " if near else ""
        raise UnknownCity(
            f"{name!r} is no city, prefecture, autonomous prefecture or league",
            remedy=f"{hint}use a Chinese name (襄阳市, 襄阳) or a code (420600), or entities='as given' for districts and counties",
        )
    return found


def is_city(name: object) -> bool:
    """Whether :func:`city` knows the name; a code of six digits alone could be anything, so it does not count here.

    Examples
    --------
    >>> is_city("襄樊"), is_city("420600"), is_city("华为公司")
    (True, False, False)
    """
    plain = _plain(name)
    return not plain.isdigit() and (plain in _known()[0] or short_city(plain) in _known()[0])


def listed_last(unit: City) -> bool:
    """Whether the last list has the unit, and it was not dissolved since."""
    return unit.dissolved is None and unit.last == _known()[1]


def prefecture_units() -> int:
    """How many units of the second level the provinces have by the last list, without the four municipalities.

    Examples
    --------
    >>> 300 < prefecture_units() < 340
    True
    """
    return len({unit.code for unit in _known()[0].values() if listed_last(unit) and unit.code[2:4] != "00"})


def _plain(name: object) -> str:
    text = "".join(str(name).split()).replace("\u3000", "")
    return text[:-2] if re.fullmatch(r"\d{6}\.0", text) else text
