"""What a printed number leaves possible, against rounding done by decimal arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.audit.printed import between, printed, read_printed, truncated
from toolkit.audit.stated import digits
from toolkit.errors import NotNumeric

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


@pytest.mark.parametrize("text", ["", "about 5", "1.2.3", "12,34", "1/0", "0/4", "5%", "五"])
def test_what_is_no_printed_number_is_refused(text: str) -> None:
    with pytest.raises(NotNumeric, match="is no printed number"):
        printed(text)
