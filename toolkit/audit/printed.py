"""Numbers as papers print them, and what a claim states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from toolkit.audit.interval import Interval, shown
from toolkit.errors import AuditError, NotNumeric
from toolkit.language import Text
from toolkit.registry import Claim

MULTIPLES = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}
_DECIMAL = re.compile(r"^(?P<digits>[+-]?\d{1,3}(?:,\d{3})+|[+-]?\d+)(?:\.(?P<decimals>\d+))?(?P<multiple>万亿|万|亿)?$")
_FRACTION = re.compile(r"^(?P<top>\d+)/(?P<bottom>[1-9]\d*)$")
HALF = Fraction(1, 2)


class PrintedNumber(NamedTuple):
    """A printed number: its value, one unit of its last printed digit (for a fraction, of its denominator), and whether it has a minus."""

    value: Fraction
    unit: Fraction
    top: int = 0
    bottom: int = 0
    minus: bool = False


def read_printed(text: str) -> PrintedNumber:
    """The value of a number as printed, and the unit of its last digit.

    Raises
    ------
    NotNumeric
        The text is no such number.

    Examples
    --------
    >>> read_printed("46.3万")[:2]
    (Fraction(463000, 1), Fraction(1000, 1))
    >>> read_printed("1,540").value, read_printed("1/7").value
    (Fraction(1540, 1), Fraction(1, 7))
    """
    cleaned = text.strip().replace("，", ",").replace("−", "-")
    found = _DECIMAL.match(cleaned)
    if found:
        decimals = found["decimals"] or ""
        multiple = MULTIPLES[found["multiple"] or ""]
        whole = Fraction(found["digits"].replace(",", "") + ("." + decimals if decimals else ""))
        return PrintedNumber(whole * multiple, Fraction(multiple, 10 ** len(decimals)), minus=found["digits"].startswith("-"))
    ratio = _FRACTION.match(cleaned)
    if ratio and int(ratio["top"]) > 0:
        top, bottom = int(ratio["top"]), int(ratio["bottom"])
        return PrintedNumber(Fraction(top, bottom), Fraction(1), top, bottom)
    raise NotNumeric(f"{text!r} is no printed number", remedy="write digits as printed: '6.91', '1,540', '46.3万', '6.8万亿' or '1/7'")


def printed(text: str, comparator: str = "=") -> Interval:
    """The numbers that a printed one admits.

    ``=`` every number that is rounded to it, a half away from zero; ``~`` ("about") one unit of the last printed digit each way; ``>``
    ``>=`` ``<`` ``<=`` everything beyond it. Of a fraction such as 1/7 the denominator is taken as rounded. A zero without a sign may
    come from either side ("0.0" admits -0.04), one with a minus (-0.0) from below only.

    Examples
    --------
    >>> print(printed("6.91"), printed("6.910"), printed("83", "~"), printed("2,400", ">"))
    [6.905, 6.915) [6.9095, 6.9105) [82, 84] (2,400, ∞)
    >>> print(printed("46.3万"), printed("1/7"))
    [462,500, 463,500) (0.133333, 0.153846]
    >>> print(printed("-3.1"), printed("0.0"), printed("-0.0"))
    (-3.15, -3.05] (-0.05, 0.05) (-0.05, 0]
    """
    number = read_printed(text)
    value = number.value
    if comparator in (">", ">="):
        return Interval(value, None, low_closed=comparator == ">=")
    if comparator in ("<", "<="):
        return Interval(None, value, high_closed=comparator == "<=")
    about = comparator == "~"
    reach = number.unit if about else number.unit * HALF
    if number.bottom:
        return _fraction(number, reach, about)
    low, high = value - reach, value + reach
    if about:
        return Interval(low, high)
    if value == 0:  # a half is rounded away from zero
        return Interval(low, Fraction(0) if number.minus else high, False, number.minus)
    return Interval(low, high, value > 0, value < 0)


ABOUT = 5
"""How far "about" reaches for a share: percentage points each way; :mod:`toolkit.audit.about` says why."""
_PERCENT = 100


def numbers(text: str, comparator: str, unit: str) -> Interval:
    """The numbers that a printed one admits in its unit: :func:`printed`, but "about" a share is five points each way.

    >>> print(numbers("60", "~", "%"), numbers("2/3", "~", "share"), numbers("1.6万", "~", "bodies"))
    [55, 65] [0.616667, 0.716667] [15,000, 17,000]
    """
    if comparator != "~":
        return printed(text, comparator)
    value, reach = read_printed(text).value, hedge(text, unit)
    return Interval(value - reach, value + reach)


def hedge(text: str, unit: str) -> Fraction:
    """How far "about", "over" and "nearly" reach: five points of a share, else one unit of the last digit that is no trailing zero.

    >>> hedge("60", "%"), hedge("700", "items"), hedge("1.6万", "bodies")
    (Fraction(5, 1), Fraction(100, 1), Fraction(1000, 1))
    """
    if unit.startswith("%") or unit == "share":
        return Fraction(ABOUT, 1 if unit.startswith("%") else _PERCENT)
    printed_number = read_printed(text)
    count, zeros = printed_number.value / printed_number.unit, 0
    while count and count % 10 ** (zeros + 1) == 0:
        zeros += 1
    return printed_number.unit * Fraction(10**zeros)


def located(text: str, comparator: str, unit: str) -> Interval:
    """Where a figure that a body prints as "over" or "nearly" lies: within :func:`hedge` of the bound.

    >>> print(located("70", ">", "%"), located("700", "<", "items"))
    [70, 75] [600, 700]
    """
    if comparator not in (">", ">=", "<", "<="):
        return numbers(text, comparator, unit)
    value, reach = read_printed(text).value, hedge(text, unit)
    return Interval(value, value + reach) if ">" in comparator else Interval(value - reach, value)


def _fraction(number: PrintedNumber, reach: Fraction, about: bool) -> Interval:
    smallest = number.bottom - reach
    high = Fraction(number.top) / smallest if smallest > 0 else None
    return Interval(Fraction(number.top) / (number.bottom + reach), high, about, high is not None)


def truncated(text: str) -> Interval:
    """The numbers whose digits, cut off after the last printed one, are the printed ones: how "over 6.8" is usually meant.

    Digits are cut towards zero, so what a negative number admits lies below it. A zero without a sign is cut from above, one with a minus
    from below; the number 0 lies in both.

    Raises
    ------
    AuditError
        A fraction such as 1/7 has no digits to cut off.

    Examples
    --------
    >>> print(truncated("6.8"), truncated("-6.8"), truncated("0.0"), truncated("-0.0"))
    [6.8, 6.9) (-6.9, -6.8] [0, 0.1) (-0.1, 0]
    """
    number = read_printed(text)
    if number.bottom:
        raise AuditError(f"{text!r} is a fraction: it has no digits to cut off", remedy="use the rounded reading of it")
    if number.minus:
        return Interval(number.value - number.unit, number.value, low_closed=False)
    return Interval(number.value, number.value + number.unit, high_closed=False)


def between(low: str, high: str) -> Interval:
    """A printed range, each end with its own rounding.

    >>> print(between("16", "18"))
    [15.5, 18.5)
    """
    first, last = printed(low), printed(high)
    return Interval(first.low, last.high, first.low_closed, last.high_closed)


_EXACT = 15  # significant digits: all that a printed number has
HEDGES = {
    "=": Text("", ""),
    "~": Text("about ", "约"),
    ">": Text("over ", "超过"),
    ">=": Text("at least ", "不少于"),
    "<": Text("under ", "不足"),
    "<=": Text("at most ", "至多"),
}


@dataclass(frozen=True)
class PrintedClaim:
    """A claim as computations see it.

    Examples
    --------
    >>> from toolkit.registry import registry
    >>> firms = PrintedClaim(registry().claims["chen2025_hte_463k"])
    >>> print(firms.interval, firms.printed.en)
    [462,500, 463,500) 463,000 firms
    """

    claim: Claim

    @property
    def id(self) -> str:
        """Its key."""
        return self.claim.id

    @property
    def unit(self) -> Text:
        """Its unit."""
        return self.claim.unit

    @property
    def interval(self) -> Interval:
        """The numbers it admits; of a range everything from the one end to the other.

        Raises
        ------
        AuditError
            The paper prints no number.
        """
        claim = self.claim
        if claim.comparator == "none":
            raise AuditError(f"{claim.id} states no number", where=claim.where, remedy="compare directions, or refer to another claim")
        return between(claim.low, claim.high) if claim.comparator == "range" else numbers(claim.value, claim.comparator, claim.unit.en)

    @property
    def low_end(self) -> Interval:
        """The first number of a range, with its rounding."""
        return printed(self._range("low"))

    @property
    def high_end(self) -> Interval:
        """The last number of a range, with its rounding."""
        return printed(self._range("high"))

    @property
    def rounded(self) -> Interval:
        """The printed number with its rounding, its hedge left aside."""
        return printed(self._digits())

    @property
    def truncated(self) -> Interval:
        """The numbers whose first digits are printed: "over 6.8" as 6.8 to 6.9."""
        return truncated(self._digits())

    @property
    def positive(self) -> Interval:
        """The numbers it admits above zero: "under 8%" of a count or a share is what lies between 0 and 8.

        Raises
        ------
        IntervalError
            It admits none.
        """
        interval = self.interval
        if interval.low is None or interval.low <= 0:
            return Interval(Fraction(0), interval.high, False, interval.high_closed)
        return interval

    @property
    def number(self) -> float:
        """The printed number as a float."""
        return float(read_printed(self._digits()).value)

    @property
    def printed(self) -> Text:
        """The number as printed with hedge and unit, in both languages."""
        claim = self.claim
        if claim.comparator == "none":
            return Text("no number", "无数值")
        value = f"{claim.low} to {claim.high}" if claim.comparator == "range" else claim.value
        return as_printed(claim.comparator, value, claim.unit)

    def bare(self, end: str = "") -> Text:
        """The printed number without unit; ``end`` is ``low`` or ``high`` of a range."""
        claim = self.claim
        if end in ("low", "high"):
            return digits(self._range(end))
        if claim.comparator == "range":
            low, high = digits(claim.low), digits(claim.high)
            return Text(f"({low.en} to {high.en})", f"（{low.zh}—{high.zh}）")
        return Text("(no number)", "（无数值）") if claim.comparator == "none" else digits(claim.value)

    def _digits(self) -> str:
        if not self.claim.value:
            raise AuditError(f"{self.id} states no single number", where=self.claim.where, remedy="use .interval, .low_end or .high_end")
        return self.claim.value

    def _range(self, which: str) -> str:
        value = str(getattr(self.claim, which))
        if not value:
            raise AuditError(f"{self.id} is no range and has no {which} end", where=self.claim.where, remedy="use .interval")
        return value


def digits(text: str) -> Text:
    """A printed number for readers of either language: 46.3万 is 463,000 in English.

    >>> digits("46.3万"), digits("-6.8万亿").en, digits("1/7").zh
    (Text(en='463,000', zh='46.3万'), '-6.8 trillion', '1/7')
    """
    if not text.endswith(("万", "亿")):
        return Text(text, text)
    value = read_printed(text).value
    for name, size in (("trillion", 10**12), ("billion", 10**9), ("million", 10**6)):
        if abs(value) >= size:
            return Text(f"{shown(value / size, digits=_EXACT)} {name}", text)
    return Text(shown(value, digits=_EXACT), text)


def as_printed(comparator: str, value: str, unit: Text) -> Text:
    """A printed number with hedge and unit, for readers of either language.

    >>> as_printed(">", "46.3万", Text("firms", "家")), as_printed("=", "11.5 to 15", Text("%", "%")).zh
    (Text(en='over 463,000 firms', zh='超过46.3万家'), '11.5—15%')
    """
    hedged = HEDGES.get(comparator, HEDGES["="])
    ends = [digits(part) for part in value.split(" to ")]
    en, zh = " to ".join(end.en for end in ends), "—".join(end.zh for end in ends)
    return Text(hedged.en + _spaced(en, unit.en), hedged.zh + zh + ("" if unit.en == "share" else unit.zh))


def _spaced(value: str, unit: str) -> str:
    """A number and its unit; a plain share and a calendar year need none, a rank stands behind its word."""
    if unit == "rank":
        return f"rank {value}"
    return value if unit in ("share", "year") else f"{value}%" if unit == "%" else f"{value} {unit}".rstrip()
