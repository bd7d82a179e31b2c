"""The tile grid of the 34 units of the first level: which square belongs to which, by name or six-digit code.

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
from typing import Final

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
_BY_CODE: Final = {f"{code}0000": name for code, name in zip(_CODES, PROVINCES, strict=True)}


def _square(sign: str) -> tuple[int, int]:
    return next((row, line.index(sign)) for row, line in enumerate(_ROWS) if sign in line)


SQUARES: Final[dict[str, tuple[int, int]]] = {name: _square(sign) for name, sign in zip(PROVINCES, _SIGNS, strict=True)}
"""English name -> (row from the top, column from the left), both from 0."""


LETTERS: Final[dict[str, str]] = {name: _LETTERS[2 * i : 2 * i + 2] for i, name in enumerate(PROVINCES)}
"""English name -> the two letters of ISO 3166-2:CN."""


def province_of(key: object) -> str:
    """The English name of a province that is given by its English or Chinese name or by its six-digit code.

    Raises
    ------
    UnknownProvince
        with near names.

    Examples
    --------
    >>> province_of("内蒙古"), province_of(610000)
    ('Inner Mongolia', 'Shaanxi')
    """
    text = str(key).strip().removesuffix(".0")
    if text.isdigit():
        if text in _BY_CODE:
            return _BY_CODE[text]
        raise UnknownProvince(f"{text} is not the code of a province", remedy="use six digits, for example 110000 for Beijing")
    name = province_label(text, "en")
    if name not in SQUARES:
        near = difflib.get_close_matches(text, [*PROVINCES, *PROVINCES.values()], n=3, cutoff=0.4)
        remedy = f"did you mean {' or '.join(near)}?" if near else "use names such as Inner Mongolia or 内蒙古, or six-digit codes"
        raise UnknownProvince(f"{text!r} is not the name of a province", remedy=remedy)
    return name
