"""The tile grid of the 34 units of the first level: which square belongs to which, by any name or code.

The position of each square follows the rough position of the unit, in nine rows of nine columns (our own layout)::

    .  .  .  .  .  .  .  .  黑
    .  .  .  .  .  .  .  吉 .
    .  .  .  .  蒙 .  辽 .  .
    新 .  .  宁 晋 京 津 .  .
    .  甘 .  陕 豫 冀 鲁 .  .
    藏 青 川 渝 鄂 皖 苏 沪 .
    .  .  云 贵 湘 赣 浙 .  台
    .  .  .  桂 粤 闽 .  .  .
    .  .  .  琼 澳 港 .  .  .
"""

from __future__ import annotations

import difflib
import re
from typing import Final

from toolkit.data.provinces import canonical, is_province
from toolkit.errors import UnknownProvince
from toolkit.present.places import PROVINCES, province_label

_ROWS: Final = (
    "........黑",
    ".......吉.",
    "....蒙.辽..",
    "新..宁晋京津..",
    ".甘.陕豫冀鲁..",
    "藏青川渝鄂皖苏沪.",
    "..云贵湘赣浙.台",
    "...桂粤闽...",
    "...琼澳港...",
)
_SIGNS: Final = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新港澳台"
_CODES: Final = (
    *(11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65),
    *(81, 82, 71),
)
_LETTERS: Final = "BJTJHESXNMLNJLHLSHJSZJAHFJJXSDHAHBHNGDGXHICQSCGZYNXZSNGSQHNXXJHKMOTW"
_FULL: Final = re.compile(r"特别行政区$|省$| SAR$| Province$| Special Administrative Region$")  # of the units outside the tables
_BY_CODE: Final = {f"{code}0000": name for code, name in zip(_CODES, PROVINCES, strict=True)}


def _square(sign: str) -> tuple[int, int]:
    return next((row, line.index(sign)) for row, line in enumerate(_ROWS) if sign in line)


SQUARES: Final[dict[str, tuple[int, int]]] = {name: _square(sign) for name, sign in zip(PROVINCES, _SIGNS, strict=True)}
"""English name -> (row from the top, column from the left), both from 0."""


LETTERS: Final[dict[str, str]] = {name: _LETTERS[2 * i : 2 * i + 2] for i, name in enumerate(PROVINCES)}
"""English name -> the two letters of ISO 3166-2:CN."""


def province_of(key: object) -> str:
    """The English name of a province that is given by any of its names or codes.

    Known are English and Chinese names, short or full (内蒙古, 内蒙古自治区, Hebei Province), the six-digit code, its first two digits, and
    the code with the country before it (156110000) that official maps use.

    Raises
    ------
    UnknownProvince
        with near names.

    Examples
    --------
    >>> province_of("内蒙古"), province_of(610000), province_of("香港特别行政区")
    ('Inner Mongolia', 'Shaanxi', 'Hong Kong')
    """
    text = str(key).strip().removesuffix(".0")
    if text.isdigit():
        code = text.removeprefix("156") if len(text) == 9 else text + "0000" if len(text) == 2 else text
        if code in _BY_CODE:
            return _BY_CODE[code]
        raise UnknownProvince(f"{text} is not the code of a province", remedy="use six digits, for example 110000 for Beijing")
    name = province_label(text, "en")
    if name not in SQUARES and is_province(text):
        return canonical(text)
    name = name if name in SQUARES else province_label(_FULL.sub("", text), "en")
    if name not in SQUARES:
        near = difflib.get_close_matches(text, [*PROVINCES, *PROVINCES.values()], n=3, cutoff=0.4)
        remedy = f"did you mean {' or '.join(near)}?" if near else "use names such as Inner Mongolia or 内蒙古, or six-digit codes"
        raise UnknownProvince(f"{text!r} is not the name of a province", remedy=remedy)
    return name
