"""B-index and user cost: by hand, against a published benefit rate, and by a cash-flow that breaks even."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit import measure
from toolkit.errors import MeasureError

rates = st.floats(0.0, 0.6)
deductions = st.floats(0.0, 1.5)


def test_by_hand() -> None:
    """25% and 75%: one yuan costs 1 - 0.25 * 1.75 = 0.5625 after tax, which takes 0.5625 / 0.75 before measure."""
    assert measure.b_index(0.25, 0.75) == pytest.approx(0.75)
    assert measure.b_index(0.25, 0.5) == pytest.approx(0.625 / 0.75)
    assert measure.b_index(0.15, 1.0) == pytest.approx(0.70 / 0.85)


def test_against_a_published_benefit() -> None:
    """Ayming (The Benchmark, China): with 25% tax, the extra 75% is worth 18.75% of R&D and the extra 100% is worth 25%."""
    for extra, benefit in ((0.75, 0.1875), (1.0, 0.25)):
        assert (1 - measure.b_index(0.25, extra)) * (1 - 0.25) == pytest.approx(benefit)


@settings(deadline=None, max_examples=60)
@given(rates, deductions, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_income_of_b_breaks_even(rate: float, extra: float, share: float, allowance: float) -> None:
    """Income B, taxed, pays one yuan of R&D net of the tax that its deductions save."""
    b = measure.b_index(rate, extra, current_share=share, capital_allowance=allowance)
    saved = rate * (1 + extra) * (share + (1 - share) * allowance)
    assert b * (1 - rate) == pytest.approx(1 - saved, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(rates, deductions)
def test_ordinary_deduction_is_neutral_and_more_deduction_never_costs(rate: float, extra: float) -> None:
    assert measure.b_index(rate) == pytest.approx(1.0)
    assert measure.b_index(rate, extra) <= 1.0 + 1e-12
    assert measure.b_index(rate, 0.5, current_share=0.9, capital_allowance=0.7) >= measure.b_index(rate, 0.5)


def test_straight_line_and_user_cost() -> None:
    assert measure.straight_line_allowance(3, 0.1) == pytest.approx((1 + 1 / 1.1 + 1 / 1.21) / 3)
    assert measure.straight_line_allowance(10, 0.0) == 1.0
    assert measure.user_cost(0.75, 0.05, 0.15) == pytest.approx(0.15)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: measure.b_index(25), "for 25% write 0.25"),
        (lambda: measure.b_index(0.25, -0.5), "super_deduction=-0.5"),
        (lambda: measure.b_index(1.0), "below one"),
        (lambda: measure.b_index(0.25, 0.5, current_share=1.2), "current_share"),
        (lambda: measure.straight_line_allowance(0, 0.05), "years=0"),
        (lambda: measure.straight_line_allowance(2.5, 0.05), "years=2.5"),
        (lambda: measure.straight_line_allowance(float("inf"), 0.05), "years=inf"),
        (lambda: measure.straight_line_allowance(5, 5), "for 5% write 0.05"),
        (lambda: measure.user_cost(0.75, -0.2, 0.1), "no positive cost"),
        (lambda: measure.user_cost(0.0, 0.05, 0.15), "no positive cost"),
    ],
)
def test_bad_parameters_are_named(call: Callable[[], float], words: str) -> None:
    with pytest.raises(MeasureError) as caught:
        call()
    assert words in str(caught.value)
    assert "remedy" in str(caught.value)
