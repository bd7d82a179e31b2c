"""Interval arithmetic: the true result of any two members lies inside, ends open and closed as they must be, refusals by name."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from toolkit.audit.interval import Interval, hull, range_text, shown, wholes
from toolkit.errors import IntervalError
from toolkit.language import Text

NUMBERS = st.fractions(min_value=-50, max_value=50, max_denominator=40)
NOT_NEGATIVE = st.fractions(min_value=0, max_value=50, max_denominator=40)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Bounded, half-infinite and infinite intervals with any kind of ends."""
    first, second = sorted((draw(NUMBERS), draw(NUMBERS)))
    low, high = (None if draw(st.integers(0, 7)) == 0 else end for end in (first, second))
    closed = first == second or draw(st.booleans())
    return Interval(low, high, closed, closed if first == second else draw(st.booleans()))


@st.composite
def with_member(draw: st.DrawFn) -> tuple[Interval, Fraction]:
    """An interval and one of its numbers."""
    return _with_member(draw, draw(intervals()))


@st.composite
def from_zero_up(draw: st.DrawFn) -> tuple[Interval, Fraction]:
    """An interval without negative numbers and one of its numbers."""
    low, high = sorted((draw(NOT_NEGATIVE), draw(NOT_NEGATIVE)))
    closed = low == high or draw(st.booleans())
    return _with_member(draw, Interval(low, None if low < high and draw(st.booleans()) else high, closed, closed))


def _with_member(draw: st.DrawFn, interval: Interval) -> tuple[Interval, Fraction]:
    low = interval.low if interval.low is not None else (interval.high or Fraction(0)) - 30
    high = interval.high if interval.high is not None else low + 30
    weight = draw(st.fractions(min_value=0, max_value=1, max_denominator=30))
    member = low + (high - low) * weight
    assume(member in interval)
    return interval, member


@given(with_member(), with_member())
def test_the_true_operation_of_any_two_members_lies_inside(first: tuple[Interval, Fraction], second: tuple[Interval, Fraction]) -> None:
    (a, x), (b, y) = first, second
    assert x + y in a + b
    assert x - y in a - b
    assert x * y in a * b
    assert -x in -a
    if 0 not in b:
        assert x / y in a / b


@given(with_member(), st.integers(-4, 5))
def test_powers_contain_the_power_of_every_member(pair: tuple[Interval, Fraction], power: int) -> None:
    interval, member = pair
    assume(power >= 0 or 0 not in interval)
    assert member**power in interval**power


@given(from_zero_up(), st.integers(1, 9))
def test_roots_contain_the_root_of_every_member(pair: tuple[Interval, Fraction], degree: int) -> None:
    interval, member = pair
    root = interval.root(degree)
    low = root.low or Fraction(0)
    assert low**degree <= member
    assert root.high is None or member <= root.high**degree


@given(intervals(), intervals())
def test_ends_are_reached_or_approached(a: Interval, b: Interval) -> None:
    """No result is wider than needed: close to each end of a sum and a product there is the result of two members."""
    if None in (a.low, a.high, b.low, b.high):
        return
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    product, total = a * b, a + b
    assert (product.low, product.high) == (min(corners), max(corners))
    assert (total.low, total.high) == (a.low + b.low, a.high + b.high)
    assert total.low_closed == (a.low_closed and b.low_closed)


@given(intervals(), intervals())
def test_overlap_is_symmetric_and_agrees_with_the_gap(a: Interval, b: Interval) -> None:
    assert a.overlaps(b) == b.overlaps(a)
    assert a.gap(b) == -b.gap(a)
    if a.overlaps(b):
        assert a.gap(b) == 0
    assert a.inside(hull([a, b]))
    assert b.inside(hull([a, b]))


@given(with_member(), intervals())
def test_inside_means_every_member(pair: tuple[Interval, Fraction], other: Interval) -> None:
    interval, member = pair
    if interval.inside(other):
        assert member in other


def test_hand_cases() -> None:
    half_open = Interval.of(1, 2, high_closed=False)
    assert 1 in half_open
    assert 2 not in half_open
    assert str(half_open * -1) == "(-2, -1]"
    assert str(Interval.of(-2, 3) ** 2) == "[0, 9]"
    assert str(Interval.of(-2, 3, low_closed=False) * Interval.of(0, 1)) == "(-2, 3]"
    assert str(1 / Interval.of(0, 2, low_closed=False)) == "[0.5, ∞)"
    assert str(Interval.of(2, None) * 0) == "[0, 0]"
    assert str(10 - Interval.of(None, 4, high_closed=False)) == "(6, ∞)"
    assert not Interval.of(1, 2, high_closed=False).overlaps(Interval.of(2, 3))
    assert wholes(Interval.of("39.6", "40.08")) == [40]
    assert wholes(Interval.of(1, 3, low_closed=False, high_closed=False)) == [2]


@pytest.mark.parametrize(
    ("interval", "en", "zh"),
    [
        (Interval.of(2, None), "2 or more", "2及以上"),
        (Interval.of(2, None, low_closed=False), "more than 2", "大于2"),
        (Interval.of(None, 3), "3 or less", "3及以下"),
        (Interval.of(None, 3, high_closed=False), "less than 3", "小于3"),
        (Interval.of("-0.5", None), "-0.5 or more", "-0.5及以上"),
        (Interval.of(None, 27 * 10**7, high_closed=False), "less than 270 million", "小于2.7亿"),
        (Interval.of(1, 3, low_closed=False), "1 to 3", "1至3"),
        (Interval.point(3), "3", "3"),
        (Interval.of(None, None), "any number", "任意数"),
    ],
)
def test_a_reader_sees_whether_the_end_belongs_to_an_interval_without_the_other(interval: Interval, en: str, zh: str) -> None:
    assert range_text(interval) == (en, zh)


def test_the_unit_stands_behind_the_number_and_not_behind_the_words() -> None:
    unit = Text("trillion yuan", "万亿元")
    assert range_text(Interval.of("2.5", None), unit=unit) == ("2.5 trillion yuan or more", "2.5万亿元及以上")
    assert range_text(Interval.of(None, 2, high_closed=False), unit=unit) == ("less than 2 trillion yuan", "小于2万亿元")
    assert range_text(Interval.of(1, 2), unit=Text("%", "%")) == ("1 to 2%", "1至2%")


@pytest.mark.parametrize("divisor", [Interval.of(-1, 1), Interval.point(0), Interval.of(0, 2), Interval.of(None, None), Interval.of(-2, 0)])
def test_division_by_what_may_be_zero_is_refused(divisor: Interval) -> None:
    with pytest.raises(IntervalError, match="holds zero") as caught:
        Interval.point(1) / divisor
    assert "remedy" in str(caught.value)


def test_other_refusals() -> None:
    with pytest.raises(IntervalError, match="no number lies in"):
        Interval.of(2, 1)
    with pytest.raises(IntervalError, match="no number lies in"):
        Interval.of(1, 1, high_closed=False)
    with pytest.raises(IntervalError, match="no root of degree 2"):
        Interval.of(-1, 1).root(2)
    with pytest.raises(IntervalError, match="endlessly many"):
        wholes(Interval.of(1, None))


def test_a_plain_number_stands_on_either_side() -> None:
    two_to_three = Interval.of(2, 3)
    assert 1 + two_to_three == two_to_three + 1 == Interval.of(3, 4)
    assert 1 - two_to_three == Interval.of(-2, -1)
    assert 2 * two_to_three == Interval.of(4, 6)
    assert 6 / two_to_three == Interval.of(2, 3)


def test_large_numbers_are_worded_and_no_decimals_follow_more_digits_than_asked_for() -> None:
    assert range_text(Interval.point(3 * 10**12)) == Text("3 trillion", "3万亿")
    assert range_text(Interval.point(2 * 10**9)) == Text("2 billion", "20亿")
    assert shown(Fraction("1234567.3")) == "1,234,567"  # six digits leave no place behind the point
    assert shown(Fraction("1234.567")) == "1,234.57"


def test_an_interval_that_ends_at_zero_is_multiplied_with_its_end() -> None:
    left, right = Interval.of(-2, 0), Interval.of(3, 4)
    assert left * right == Interval.of(-8, 0)
    assert -2 in left
    assert 0 in left * right
    assert 0 not in Interval(Fraction(-2), Fraction(0), True, False) * right


def test_the_hull_is_closed_only_where_a_farthest_piece_is() -> None:
    inner, outer = Interval.of(1, 2), Interval(Fraction(0), Fraction(3), False, False)
    assert hull([inner, outer]) == outer
    assert hull([Interval.of(1, 3), outer]) == Interval(Fraction(0), Fraction(3), False, True)
