"""A column of text as numbers: how numbers are written is decided by the whole column, and what was undone is reported."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from toolkit.language import Name, Note, Text, note

Decimal = Literal["auto", ".", ","]
BLANK = frozenset(
    {
        "",
        "-",
        "–",
        "—",
        "－",
        "−",
        "--",
        "---",
        "——",
        "…",
        "……",
        "⋯",
        "..",
        "...",
        ".",
        "NA",
        "N/A",
        "#N/A",
        "n/a",
        "n.a.",
        "<NA>",
        "nan",
        "NaN",
    }
    | {"null", "NULL", "None", "不详", "缺失", "暂缺"}
)
MOSTLY = 0.5  # share of cells above which a column counts as numeric
ALWAYS_KEPT, LONGEST = 15, 300  # digits that a float64 keeps; digits that it can hold
_SPACES = "\u3000\xa0\u202f\u2009\u2007"
_FOLDED = str.maketrans("０１２３４５６７８９．，－＋％−﹣" + _SPACES, "0123456789.,-+%--" + " " * len(_SPACES))
_MARK = re.compile(r"(?<=[0-9%‰.])\s*(?:[*†‡§]+|[①-⑳]+|[¹²³⁴-⁹]+|\[[0-9]{1,2}\])$")
_SIGNED = re.compile(r"(.*[0-9]\.?)\s*([%‰])")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_POINT_COLUMN = re.compile(rf"(?:(?:{_PLAIN.pattern}|[+-]?[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+(?:\.[0-9]*)?)\n)*+")
_DIGIT = re.compile("[0-9０-９]")
_COMMA = re.compile(r"[+-]?(?:[0-9]+,[0-9]+|,[0-9]+)(?:[eE][+-]?[0-9]+)?")
_GROUPED = {
    sign: re.compile(rf"([+-]?[1-9][0-9]{{0,2}}(?:{re.escape(sign)}[0-9]{{3}})+)(?:[.,][0-9]*)?") for sign in (",", ".", " ", "'", "’")
}
_BRACKETS = re.compile(r"[(（].*[0-9].*[)）]")


class CellNotation(NamedTuple):
    """How a cell is written.

    Attributes
    ----------
    point, comma : its value when ``.`` or ``,`` is the decimal sign; None where it cannot be.
    body : the cell in plain characters, without mark and percent sign.
    sign : "%" or "‰" after the number.
    marked, wide : a footnote mark was cut, full-width characters folded.
    """

    point: float | None
    comma: float | None
    body: str
    sign: str = ""
    marked: bool = False
    wide: bool = False

    @property
    def votes(self) -> str:
        """The decimal sign that the cell proves, if any."""
        if self.point is not None and self.comma is None:
            return "."
        return "," if self.comma is not None and self.point is None else ""

    @property
    def number(self) -> bool:
        """Whether the cell reads as a number in some way."""
        return self.point is not None or self.comma is not None


@dataclass(frozen=True)
class UnreadCell:
    """A cell that is no number in the way its column is written."""

    at: int
    what: str
    remedy: str


@dataclass(frozen=True)
class NumberColumn:
    """A column that was read as numbers.

    Attributes
    ----------
    values : (n,) numbers, NaN where missing or unread.
    unread : the cells that stand in the way.
    notes : what was undone.
    """

    values: npt.NDArray[np.float64]
    unread: tuple[UnreadCell, ...]
    notes: tuple[Note, ...]


@lru_cache(maxsize=2**17)
def way_of(cell: str) -> CellNotation:
    """How a cell that is not missing is written.

    Examples
    --------
    >>> way_of("1,000.50").point, way_of("９００").point, way_of("1,5").comma, way_of("12.3①").marked, way_of("45%").sign
    (1000.5, 900.0, 1.5, True, '%')
    >>> way_of("1,000")[:2], way_of("1_000").number
    ((1000.0, 1.0), False)
    """
    if not _DIGIT.search(cell):
        return CellNotation(None, None, cell)
    text = cell.translate(_FOLDED).strip()
    unmarked = _MARK.sub("", text)
    signed = _SIGNED.fullmatch(unmarked)
    body, sign = (signed.group(1), signed.group(2)) if signed else (unmarked, "")
    if body[:1] == "–" and body[1:2].isdigit():  # a dash for a minus sign
        body = "-" + body[1:]
    point, comma = _values(body)
    if not all(value is None or math.isfinite(value) for value in (point, comma)):
        point = comma = None
    return CellNotation(point, comma, body, sign, marked=unmarked != text, wide=text != cell)


def _values(body: str) -> tuple[float | None, float | None]:
    """The number with a decimal point and the number with a decimal comma."""
    point = float(body) if _PLAIN.fullmatch(body) else None
    comma = point if point is not None and "." not in body else None
    if _COMMA.fullmatch(body):
        comma = float(body.replace(",", "."))
    for sign, pattern in _GROUPED.items():
        found = pattern.fullmatch(body) if sign in body else None
        if found is None:
            continue
        whole, rest = found.group(1).replace(sign, ""), body[found.end(1) :]
        if sign != "." and not rest.startswith(","):
            point = float(whole + rest)
        if sign != "," and not rest.startswith("."):
            comma = float(whole + rest.replace(",", "."))
    return point, comma


def _pointed(cells: Sequence[str]) -> bool:
    """All cells are numbers as programs write them, perhaps with commas between thousands: most columns of most files, seen in one pass."""
    return _POINT_COLUMN.fullmatch("\n".join(cells) + "\n") is not None


def votes(cells: Sequence[str]) -> set[str]:
    """The decimal signs that the cells of a column prove."""
    if _pointed(cells):  # a point in the first cell or two settles it, and no comma can be a decimal sign beyond doubt
        return {"."} if any("." in cell and way_of(cell).votes for cell in cells) else set()
    return {way_of(cell).votes for cell in cells} - {""}


def decimal_of(columns: Iterable[Sequence[str]], otherwise: Decimal) -> Decimal:
    """The decimal sign that the columns of a file prove, ``otherwise`` where they prove none, "auto" where they prove both."""
    found = set().union(*map(votes, columns))
    if not found:
        return otherwise
    return "." if found == {"."} else "," if found == {","} else "auto"


def looks_numeric(cells: Sequence[str]) -> bool:
    """Most of the cells, none of them missing, read as numbers."""
    return _pointed(cells) or count_numbers(cells) > MOSTLY * len(cells)


def count_numbers(cells: Sequence[str]) -> int:
    """How many cells, none of them missing, read as numbers in some way."""
    return sum(count for cell, count in Counter(cells).items() if way_of(cell).number)


def is_code(cells: Sequence[str]) -> bool:
    """Digits that are a name: with leading zeros, or more of them than a float keeps, in every cell nothing but digits.

    Examples
    --------
    >>> is_code(["000001", "600000"]), is_code(["1", "2"]), is_code(["0", "0.5"])
    (True, False, False)
    """
    if not all(cell.isascii() and cell.isdigit() for cell in cells):
        return False
    return any((len(cell) > 1 and cell[0] == "0") or _loses_digits(cell) for cell in cells)


def _loses_digits(cell: str) -> bool:
    return len(cell) > ALWAYS_KEPT and (len(cell) > LONGEST or int(float(cell)) != int(cell))


def read_numbers(cells: Sequence[str | None], name: str, *, decimal: Decimal = "auto", file_decimal: Decimal = "auto") -> NumberColumn:
    """A column of text as numbers.

    Thousands separators (comma, point, space, apostrophe), full-width digits, minus signs, footnote marks and percent signs are
    understood. ``1,000`` is a thousand where the column has a decimal point or numbers below a thousand without a comma, one where the
    column has decimal commas; where the column leaves it open, the other columns of the file decide, else it is unread. Percent
    signs are removed only if every cell but zeros has one: the numbers then are percent.

    Parameters
    ----------
    cells : (n,) texts; None where missing.
    name : name of the column, for notes and messages.
    decimal : decimal sign as the caller knows it.
    file_decimal : decimal sign of the rest of the file.

    Examples
    --------
    >>> read_numbers(["1,000.50", None, "９００"], "gdp").values.tolist()
    [1000.5, nan, 900.0]
    >>> [cell.what for cell in read_numbers(["45.0%", "0.461"], "urban").unread]
    ["'0.461' has no % sign, '45.0%' and others are written otherwise"]
    """
    filled = [cell for cell in cells if cell is not None]
    if decimal != "," and _pointed(filled) and (votes(filled) or not any("." in cell or "," in cell for cell in filled)):
        plain = np.array([math.nan if cell is None else float(cell.replace(",", "")) for cell in cells])
        if not np.isinf(plain).any():
            grouped = sum("," in cell for cell in filled)
            return NumberColumn(plain, (), (_thousands(name=Name(name), count=grouped),) if grouped else ())
    present = [(i, cell, way_of(cell)) for i, cell in enumerate(cells) if cell is not None]
    unread = [
        *_other_scale(present),
        *(UnreadCell(i, f"{cell!r} is no number", _remedy(cell)) for i, cell, way in present if not way.number),
    ]
    sign = decimal if decimal != "auto" else _decimal([way for _, _, way in present], file_decimal)
    skipped = {cell.at for cell in unread}
    values = np.full(len(cells), np.nan)
    for i, cell, way in present:
        value = way.comma if sign == "," else way.point
        if i in skipped:
            continue
        if value is None or (sign == "auto" and way.point != way.comma):
            unread.append(_unclear(i, cell, way, sign))
        else:
            values[i] = value
    notes = _undone([way for i, _, way in present if not math.isnan(values[i])], "." if sign == "auto" else sign, name)
    return NumberColumn(values, tuple(sorted(unread, key=lambda cell: cell.at)), notes)


def _decimal(ways: Sequence[CellNotation], of_file: Decimal) -> Decimal:
    """The decimal sign of a column: what its own cells prove, else the file's, else what the sizes say; "auto" if all is silent."""
    votes = Counter(way.votes for way in ways if way.votes)
    if votes:
        return "." if votes["."] >= votes[","] else ","
    if of_file != "auto":
        return of_file
    unclear = [way for way in ways if way.point != way.comma]
    if not any("," in way.body for way in unclear):
        return "."  # 1.234 where nothing has a comma: the point is the decimal sign of data files
    below = [abs(way.point) < 1000 for way in ways if way.point and way.point == way.comma]
    return "." if below and all(below) and all("," in way.body for way in unclear) else "auto"


def _unclear(at: int, cell: str, way: CellNotation, sign: Decimal) -> UnreadCell:
    if sign == "auto":
        remedy = 'say which: decimal="." (1,000 is a thousand) or decimal="," (1,000 is one)'
        return UnreadCell(at, f"{cell!r} may be {way.point:g} or {way.comma:g}", remedy)
    return UnreadCell(at, f"{cell!r} is no number where the decimal sign is {sign!r}", "write all numbers of the column in one way")


def _other_scale(present: Sequence[tuple[int, str, CellNotation]]) -> list[UnreadCell]:
    """The cells without a percent sign beside cells with one, or the other way round: those of which there are fewer. Zeros fit both."""
    signed = [(i, cell, way.sign) for i, cell, way in present if way.number and (way.sign or way.point or way.comma)]
    counts = Counter(sign for _, _, sign in signed)
    if len(counts) < 2:
        return []
    usual = max(counts, key=lambda sign: (counts[sign], sign))
    example = next(cell for _, cell, sign in signed if sign == usual)
    remedy = "write the whole column on one scale: every number with the sign, or none (45.0% beside 0.461: write 46.1%, or 0.45)"
    return [
        UnreadCell(
            i, f"{cell!r} {f'has a {sign} sign' if sign else f'has no {usual} sign'}, {example!r} and others are written otherwise", remedy
        )
        for i, cell, sign in signed
        if sign != usual
    ]


def _remedy(cell: str) -> str:
    if _BRACKETS.fullmatch(cell):
        return f"write -{cell[1:-1]} if the brackets mean a negative number, or leave the cell empty"
    return "write a plain number without a unit, or leave the cell empty"


def _thousands(**of: Name | int) -> Note:
    said = Text("{name}: thousands separators removed (cells: {count}).", "{name}：{count}个单元格去除了千位分隔符。")
    return note("thousands", said, **of)


_SAID: tuple[tuple[Callable[..., Note], Callable[[CellNotation, Decimal], bool]], ...] = (
    (
        _thousands,
        lambda way, decimal: any(pattern.fullmatch(way.body) for sign, pattern in _GROUPED.items() if sign != decimal),
    ),
    (
        lambda **of: note(
            "decimal_comma",
            Text("{name}: the comma is the decimal sign (cells: {count}).", "{name}：{count}个单元格以逗号为小数点。"),
            **of,
        ),
        lambda way, decimal: decimal == "," and "," in way.body,
    ),
    (
        lambda **of: note(
            "full_width",
            Text(
                "{name}: full-width digits or signs read as plain ones (cells: {count}).",
                "{name}：{count}个单元格含全角数字或符号，已按半角读取。",
            ),
            **of,
        ),
        lambda way, _: way.wide,
    ),
    (
        lambda **of: note(
            "footnote_marks", Text("{name}: footnote marks removed (cells: {count}).", "{name}：{count}个单元格去除了脚注标记。"), **of
        ),
        lambda way, _: way.marked,
    ),
    (
        lambda **of: note(
            "percent_signs",
            Text(
                "{name}: the numbers are percent; their signs were removed (cells: {count}).",
                "{name}：数值单位为百分比，去除了{count}个百分号。",
            ),
            **of,
        ),
        lambda way, _: way.sign == "%",
    ),
    (
        lambda **of: note(
            "per_mille_signs",
            Text(
                "{name}: the numbers are per mille; their signs were removed (cells: {count}).",
                "{name}：数值单位为千分比，去除了{count}个千分号。",
            ),
            **of,
        ),
        lambda way, _: way.sign == "‰",
    ),
)


def _undone(ways: Sequence[CellNotation], decimal: Decimal, name: str) -> tuple[Note, ...]:
    counts = ((said, sum(holds(way, decimal) for way in ways)) for said, holds in _SAID)
    return tuple(said(name=Name(name), count=count) for said, count in counts if count)
