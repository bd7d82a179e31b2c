"""A claim together with the numbers that its printed digits admit."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from toolkit.audit.interval import Interval, shown
from toolkit.audit.printed import between, printed, read_printed, truncated
from toolkit.errors import AuditError
from toolkit.language import Text
from toolkit.registry import Claim

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
class Stated:
    """A claim as computations see it.

    Examples
    --------
    >>> from toolkit.registry import registry
    >>> firms = Stated(registry().claims["chen2025_hte_463k"])
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
        return between(claim.low, claim.high) if claim.comparator == "range" else printed(claim.value, claim.comparator)

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
        """The numbers it admits above zero: "under 8 %" of a count or a share is what lies between 0 and 8.

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
        if claim.comparator == "range":
            low, high = digits(claim.low), digits(claim.high)
            return Text(_spaced(f"{low.en} to {high.en}", claim.unit.en), f"{low.zh}—{high.zh}{claim.unit.zh}")
        hedge, value = HEDGES[claim.comparator], digits(claim.value)
        unit = "" if claim.unit.en == "share" else claim.unit.zh
        return Text(hedge.en + _spaced(value.en, claim.unit.en), hedge.zh + value.zh + unit)

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


def _spaced(value: str, unit: str) -> str:
    """A number and its unit; a plain share and a calendar year need none, a rank stands behind its word."""
    if unit == "rank":
        return f"rank {value}"
    return value if unit in ("share", "year") else f"{value} {unit}".rstrip()
