"""What a printed number leaves possible, against rounding done by decimal arithmetic."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.audit.printed import PrintedClaim, between, digits, printed, read_printed, truncated
from toolkit.errors import AuditError, NotNumeric

MULTIPLES = {"": 1, "万": 10**4, "亿": 10**8, "万亿": 10**12}  # what the words mean, GB/T 15835


@given(st.decimals(min_value=0, max_value=99999, places=6), st.integers(0, 4), st.sampled_from(sorted(MULTIPLES)))
def test_a_number_lies_in_the_interval_of_its_rounding_and_of_no_other(value: Decimal, places: int, multiple: str) -> None:
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    interval = printed(f"{rounded}{multiple}")
    exact = Fraction(value) * MULTIPLES[multiple]
    assert exact in interval
    assert exact not in printed(f"{rounded + Decimal(1).scaleb(-places)}{multiple}")


@given(st.decimals(min_value=0, max_value=9999, places=5), st.integers(0, 3))
def test_over_and_about_are_wider_than_the_rounding(value: Decimal, places: int) -> None:
    text = str(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))
    assert printed(text).inside(printed(text, "~"))
    assert truncated(text).inside(printed(text, ">="))
    number = read_printed(text).value
    assert number not in printed(text, ">")
    assert number in printed(text, ">=")
    assert number not in printed(text, "<")
    assert number in printed(text, "<=")


SIGNED = st.decimals(min_value=-100, max_value=100, places=3)
"""Three decimals against at most two printed ones: both signs, zero and ties come up often."""


def test_the_decimal_library_keeps_the_sign_of_zero() -> None:
    assert str(Decimal("-0.05").quantize(Decimal("0.1"), rounding=ROUND_DOWN)) == "-0.0"


@given(SIGNED, SIGNED, st.integers(0, 2), st.sampled_from(sorted(MULTIPLES)))
def test_the_truncated_reading_holds_what_is_cut_off_to_the_text_and_nothing_else(
    value: Decimal, other: Decimal, places: int, multiple: str
) -> None:
    """Cutting off is done by the decimal library. 0 itself lies in 0.0 and in -0.0, which are one number."""
    text, another = (str(x.quantize(Decimal(1).scaleb(-places), rounding=ROUND_DOWN)) for x in (value, other))
    interval = truncated(text + multiple)
    size = MULTIPLES[multiple]
    assert Fraction(value) * size in interval
    assert (Fraction(other) * size in interval) == (another == text or (other == 0 and Decimal(text) == 0))


@given(SIGNED, SIGNED, st.integers(0, 2))
def test_the_rounded_reading_holds_what_is_rounded_to_the_text_and_nothing_else(value: Decimal, other: Decimal, places: int) -> None:
    """Halves go away from zero. A zero without a minus may come from either side."""
    text, another = (str(x.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)) for x in (value, other))
    interval = printed(text)
    assert Fraction(value) in interval
    unsigned = Decimal(text) == 0 and not text.startswith("-")
    expected = another == text or (unsigned and Decimal(another) == 0) or (other == 0 and Decimal(text) == 0)
    assert (Fraction(other) in interval) == expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [("6.8", "[6.8, 6.9)"), ("-6.8", "(-6.9, -6.8]"), ("−12", "(-13, -12]"), ("-6.8万亿", "(-6,900,000,000,000, -6,800,000,000,000]")],
)
def test_truncation_by_hand(text: str, shown: str) -> None:
    assert str(truncated(text)) == shown


def test_a_fraction_has_no_digits_to_cut_off() -> None:
    with pytest.raises(AuditError, match="'1/7' is a fraction"):
        truncated("1/7")


@given(st.integers(1, 9), st.integers(2, 200))
def test_a_fraction_rounds_its_denominator(top: int, bottom: int) -> None:
    interval = printed(f"{top}/{bottom}")
    assert Fraction(top, bottom) in interval
    assert Fraction(top, 1) / (bottom + Fraction(2, 5)) in interval
    assert Fraction(top, 1) / (bottom + Fraction(3, 5)) not in interval


@pytest.mark.parametrize(
    ("text", "comparator", "shown"),
    [
        ("2.40", "=", "[2.395, 2.405)"),
        ("1,540", "=", "[1,539.5, 1,540.5)"),
        ("6.8万亿", ">", "(6,800,000,000,000, ∞)"),
        ("-3.1", "=", "(-3.15, -3.05]"),
        ("1/25", "=", "(0.0392157, 0.0408163]"),
        ("83", "~", "[82, 84]"),
    ],
)
def test_hand_cases(text: str, comparator: str, shown: str) -> None:
    assert str(printed(text, comparator)) == shown


def test_trailing_zeros_carry_precision() -> None:
    assert printed("6.90").inside(printed("6.9"))
    assert not printed("6.9").inside(printed("6.90"))


def test_ranges_keep_the_rounding_of_both_ends() -> None:
    assert str(between("11.5", "15")) == "[11.45, 15.5)"


def test_chinese_multiples_become_english_words() -> None:
    assert digits("139亿").en == "13.9 billion"
    assert digits("46.3万").en == "463,000"
    assert digits("2500万").en == "25 million"
    assert digits("6.8万亿").zh == "6.8万亿"
    assert digits("-6.8万亿").en == "-6.8 trillion"
    assert digits("-139亿").en == "-13.9 billion"
    assert digits("1234.5678万").en == "12.345678 million"


@pytest.mark.parametrize("text", ["", "about 5", "1.2.3", "12,34", "1/0", "0/4", "5%", "五"])
def test_what_is_no_printed_number_is_refused(text: str) -> None:
    with pytest.raises(NotNumeric, match="is no printed number"):
        printed(text)


@pytest.mark.parametrize(
    ("value", "comparator", "shown"), [("0", ">=", "(0, ∞)"), ("8", "<", "(0, 8)"), ("0", "~", "(0, 1]"), ("3", "~", "[2, 4]")]
)
def test_the_positive_part_of_a_claim_never_holds_zero(
    stated: Callable[..., PrintedClaim], value: str, comparator: str, shown: str
) -> None:
    assert str(stated("a", value, comparator, "firms").positive) == shown
