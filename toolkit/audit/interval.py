"""Sets of numbers that a printed figure leaves possible, with exact arithmetic on them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from toolkit.errors import IntervalError
from toolkit.language import Text

Number = int | float | Fraction
ENGLISH = {10**12: " trillion", 10**9: " billion", 10**6: " million"}
CHINESE = {10**12: "万亿", 10**8: "亿"}
WORDED = 10**7  # from here on a number is written with a word
NO_UNIT = Text("", "")
ROOT_DIGITS = 15  # decimals to which the ends of a root are rounded, outwards


class End(NamedTuple):
    """One end of an interval: ``at`` is None when it lies at infinity, and then it is never closed."""

    at: Fraction | None
    closed: bool


@dataclass(frozen=True)
class Interval:
    r"""The numbers between two ends, each of which is open, closed or infinite.

    For an operation :math:`\circ` the result is the smallest interval that holds :math:`\{x \circ y : x \in A, y \in B\}`. Ends are
    fractions, so nothing is lost to floating point; a result is never narrower than the truth.

    Attributes
    ----------
    low, high : the ends; None is infinite.
    low_closed, high_closed : whether the end itself belongs to the interval.

    Raises
    ------
    IntervalError
        The interval is empty, a divisor holds zero, or a root of something negative is asked for.

    Examples
    --------
    >>> share, drugs = Interval.of("82.5", "83.5", high_closed=False), Interval.point(48)
    >>> print(share / 100 * drugs)
    [39.6, 40.08)
    >>> wholes(share / 100 * drugs)
    [40]

    References
    ----------
    Moore, R. E., Kearfott, R. B. & Cloud, M. J. (2009). Introduction to Interval Analysis. SIAM, chapters 2 and 4.
    """

    low: Fraction | None
    high: Fraction | None
    low_closed: bool = True
    high_closed: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "low_closed", self.low_closed and self.low is not None)
        object.__setattr__(self, "high_closed", self.high_closed and self.high is not None)
        if self.low is None or self.high is None:
            return
        if self.low > self.high or (self.low == self.high and not (self.low_closed and self.high_closed)):
            raise IntervalError(f"no number lies in {self}", remedy="the lower end must not exceed the upper one")

    @classmethod
    def of(cls, low: Number | str | None, high: Number | str | None, *, low_closed: bool = True, high_closed: bool = True) -> Interval:
        """An interval from numbers or decimal text; None is infinite."""
        return cls(None if low is None else exact(low), None if high is None else exact(high), low_closed, high_closed)

    @classmethod
    def point(cls, value: Number | str) -> Interval:
        """The interval that holds one number."""
        return cls.of(value, value)

    # --- questions -------------------------------------------------------------------------------

    def __contains__(self, value: Number) -> bool:
        return self.overlaps(Interval.point(value))

    def overlaps(self, other: Interval) -> bool:
        """Whether some number lies in both."""
        return not (self.below(other) or other.below(self))

    def below(self, other: Interval) -> bool:
        """Whether every number of this one is smaller than every number of ``other``."""
        if self.high is None or other.low is None:
            return False
        return self.high < other.low or (self.high == other.low and not (self.high_closed and other.low_closed))

    def inside(self, other: Interval) -> bool:
        """Whether every number of this one lies in ``other``."""
        if other.low is not None and (self.low is None or self.low < other.low):
            return False
        if other.high is not None and (self.high is None or self.high > other.high):
            return False
        at_low = self.low is not None and self.low == other.low and self.low_closed and not other.low_closed
        at_high = self.high is not None and self.high == other.high and self.high_closed and not other.high_closed
        return not (at_low or at_high)

    def gap(self, other: Interval) -> Fraction:
        """Distance to ``other``, positive when it lies above, zero when they overlap or touch."""
        if self.high is not None and other.low is not None and other.low > self.high:
            return other.low - self.high
        if self.low is not None and other.high is not None and other.high < self.low:
            return other.high - self.low
        return Fraction(0)

    @property
    def middle(self) -> float:
        """The midpoint; of a half-infinite interval its finite end."""
        if self.low is None or self.high is None:
            end = self.low if self.high is None else self.high
            return math.nan if end is None else float(end)
        return float((self.low + self.high) / 2)

    # --- arithmetic ------------------------------------------------------------------------------

    def __neg__(self) -> Interval:
        return Interval(
            None if self.high is None else -self.high, None if self.low is None else -self.low, self.high_closed, self.low_closed
        )

    def __add__(self, other: Interval | Number) -> Interval:
        other = _as_interval(other)
        low = None if self.low is None or other.low is None else self.low + other.low
        high = None if self.high is None or other.high is None else self.high + other.high
        return Interval(low, high, self.low_closed and other.low_closed, self.high_closed and other.high_closed)

    def __sub__(self, other: Interval | Number) -> Interval:
        return self + (-_as_interval(other))

    def __mul__(self, other: Interval | Number) -> Interval:
        other = _as_interval(other)
        if Interval.point(0) in (self, other):
            return Interval.point(0)
        pieces = [_product(a, b) for a in self._signed() for b in other._signed()]
        return hull(pieces)

    def __truediv__(self, other: Interval | Number) -> Interval:
        other = _as_interval(other)
        if 0 in other:
            raise IntervalError(f"cannot divide {self} by {other}, which holds zero", remedy="divide by something that cannot be zero")
        return self * other._reciprocal()

    def __radd__(self, other: Number) -> Interval:
        return self + other

    def __rsub__(self, other: Number) -> Interval:
        return _as_interval(other) - self

    def __rmul__(self, other: Number) -> Interval:
        return self * other

    def __rtruediv__(self, other: Number) -> Interval:
        return _as_interval(other) / self

    def __pow__(self, power: int) -> Interval:
        if power < 0:
            return 1 / self**-power
        if power == 0:
            return Interval.point(1)
        if power % 2:
            return Interval(
                None if self.low is None else self.low**power,
                None if self.high is None else self.high**power,
                self.low_closed,
                self.high_closed,
            )
        return hull([_even_power(piece, power) for piece in self._signed()])

    def root(self, degree: int) -> Interval:
        """The ``degree``-th root of numbers that are not negative, its ends rounded outwards to 15 decimals.

        >>> (Interval.point(4)).root(2).overlaps(Interval.point(2))
        True
        """
        if self.low is None or self.low < 0 or degree < 1:
            raise IntervalError(f"no root of degree {degree} of {self}", remedy="take roots of degree 1 or more of numbers from zero up")
        low, high = _root_down(self.low, degree), None if self.high is None else _root_up(self.high, degree)
        return Interval(low, high)

    def __str__(self) -> str:
        left = "(" if not self.low_closed else "["
        right = ")" if not self.high_closed else "]"
        return f"{left}{shown(self.low, '-∞')}, {shown(self.high, '∞')}{right}"

    # --- parts -----------------------------------------------------------------------------------

    def _signed(self) -> list[Interval]:
        """The parts below zero, at zero and above zero: on each of them multiplication is monotone."""
        parts = []
        if self.low is None or self.low < 0:
            end = End(self.high, self.high_closed) if self.high is not None and self.high < 0 else End(Fraction(0), False)
            parts.append(Interval(self.low, end.at, self.low_closed, end.closed))
        if 0 in self:
            parts.append(Interval.point(0))
        if self.high is None or self.high > 0:
            end = End(self.low, self.low_closed) if self.low is not None and self.low > 0 else End(Fraction(0), False)
            parts.append(Interval(end.at, self.high, end.closed, self.high_closed))
        return parts

    def _reciprocal(self) -> Interval:
        """1/x over an interval without zero: all of it has one sign."""
        if self.high is not None and self.high <= 0:
            return -((-self)._reciprocal())
        low = Fraction(0) if self.high is None else 1 / self.high
        if self.low is None:  # not reached: an interval without zero whose lower end is infinite lies below zero
            raise IntervalError(f"cannot divide by {self}, which holds zero")
        high = None if self.low == 0 else 1 / self.low
        return Interval(low, high, self.high_closed, self.low_closed)


def exact(value: Number | str) -> Fraction:
    """The number as a fraction; a float by its shortest decimal text, as a reader would write it.

    >>> exact(0.1), exact("6.91")
    (Fraction(1, 10), Fraction(691, 100))
    """
    return Fraction(repr(float(value))) if isinstance(value, float) else Fraction(value)


def _as_interval(value: Interval | Number) -> Interval:
    """A number as the interval that holds it alone."""
    return value if isinstance(value, Interval) else Interval.point(value)


def hull(pieces: Iterable[Interval]) -> Interval:
    """The smallest interval that holds all of ``pieces``."""
    parts = list(pieces)
    lows, highs = [End(p.low, p.low_closed) for p in parts], [End(p.high, p.high_closed) for p in parts]
    finite_lows, finite_highs = [e.at for e in lows if e.at is not None], [e.at for e in highs if e.at is not None]
    low = min(finite_lows) if len(finite_lows) == len(parts) else None
    high = max(finite_highs) if len(finite_highs) == len(parts) else None
    return Interval(low, high, any(e.closed and e.at == low for e in lows), any(e.closed and e.at == high for e in highs))


def wholes(interval: Interval) -> list[int]:
    """The whole numbers in a bounded interval.

    Raises
    ------
    IntervalError
        The interval has no end.
    """
    if interval.low is None or interval.high is None:
        raise IntervalError(f"{interval} holds endlessly many whole numbers", remedy="bound it")
    return [n for n in range(math.floor(interval.low), math.ceil(interval.high) + 1) if n in interval]


def shown(value: Fraction | None, infinite: str = "∞", digits: int = 6) -> str:
    """A number for a reader: whole ones with thousands separators, others to ``digits`` significant digits."""
    if value is None:
        return infinite
    if value.denominator == 1:
        return f"{value.numerator:,}"
    number = float(value)
    places = max(0, digits - 1 - math.floor(math.log10(abs(number))))
    text = f"{number:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def range_text(interval: Interval, digits: int = 4, unit: Text = NO_UNIT) -> Text:
    """An interval for a reader: both ends, or one number when they look the same; of one without an end, whether the other belongs to it.

    Parameters
    ----------
    interval : the numbers.
    digits : significant digits of an end that is no whole number.
    unit : set behind the number, in English after a space unless it is a per cent sign.

    Examples
    --------
    >>> range_text(Interval.of("6.11", "6.21")).en, range_text(Interval.point(3)).zh
    ('6.11 to 6.21', '3')
    >>> range_text(Interval.of(2, None)), range_text(Interval.of(2, None, low_closed=False), unit=Text("%", "%"))
    (Text(en='2 or more', zh='2及以上'), Text(en='more than 2%', zh='大于2%'))
    """
    en, zh = (_ends(interval, digits, words) for words in (ENGLISH, CHINESE))
    of_en, of_zh = unit.en if unit.en == "%" else f" {unit.en}".rstrip(), unit.zh
    if interval.low is None and interval.high is None:
        return Text("any number", "任意数")
    if interval.low is None:
        shape = Text("{0} or less", "{0}及以下") if interval.high_closed else Text("less than {0}", "小于{0}")
        return Text(shape.en.format(en[1] + of_en), shape.zh.format(zh[1] + of_zh))
    if interval.high is None:
        shape = Text("{0} or more", "{0}及以上") if interval.low_closed else Text("more than {0}", "大于{0}")
        return Text(shape.en.format(en[0] + of_en), shape.zh.format(zh[0] + of_zh))
    both = Text(en[0], zh[0]) if en[0] == en[1] else Text(f"{en[0]} to {en[1]}", f"{zh[0]}至{zh[1]}")
    return Text(both.en + of_en, both.zh + of_zh)


def _ends(interval: Interval, digits: int, words: Mapping[int, str]) -> tuple[str, str]:
    """Both ends as text, large ones with a word: 270,000,000 is 270 million, in Chinese 2.7亿."""
    sizes = [abs(end) for end in (interval.low, interval.high) if end is not None]
    size = next((n for n in words if sizes and min(sizes) >= max(n, WORDED)), 1)
    texts = [shown(None if end is None else end / size, digits=digits) + words.get(size, "") for end in (interval.low, interval.high)]
    return texts[0], texts[1]


def _product(a: Interval, b: Interval) -> Interval:
    """The product of two intervals that each keep one sign (or are zero)."""
    if Interval.point(0) in (a, b):
        return Interval.point(0)
    if a.high is not None and a.high <= 0:
        return -_product(-a, b)
    if b.high is not None and b.high <= 0:
        return -_product(a, -b)
    if a.low is None or b.low is None:  # not reached: both are positive here
        raise IntervalError(f"{a} times {b} has no bound", remedy="bound the factors")
    high = None if a.high is None or b.high is None else a.high * b.high
    return Interval(a.low * b.low, high, a.low_closed and b.low_closed, a.high_closed and b.high_closed)


def _even_power(piece: Interval, power: int) -> Interval:
    if piece.high is not None and piece.high <= 0 and piece != Interval.point(0):
        piece = -piece
    low = Fraction(0) if piece.low is None else piece.low**power
    return Interval(low, None if piece.high is None else piece.high**power, piece.low_closed, piece.high_closed)


def _root_down(value: Fraction, degree: int) -> Fraction:
    """The largest multiple of 10**-ROOT_DIGITS whose power does not exceed ``value``."""
    scale = 10**ROOT_DIGITS
    target = value * scale**degree
    guess = _whole_root(target.numerator // target.denominator, degree)
    return Fraction(guess, scale)


def _root_up(value: Fraction, degree: int) -> Fraction:
    down = _root_down(value, degree)
    return down if down**degree == value else down + Fraction(1, 10**ROOT_DIGITS)


def _whole_root(value: int, degree: int) -> int:
    """The largest whole number whose power does not exceed ``value``, by bisection."""
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low
