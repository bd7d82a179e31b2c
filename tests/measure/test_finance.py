"""Rates of return against their definition, options against parity, published values and limits."""

from __future__ import annotations

import math

import numpy as np
import pytest

from toolkit.errors import MeasureError
from toolkit.measure import internal_rate_of_return, option_values


@pytest.mark.parametrize(("multiple", "years"), [(2.0, 3), (10.0, 8), (0.5, 4), (1.0, 5)])
def test_one_payment_returns_the_root_of_its_multiple(multiple: float, years: int) -> None:
    payments = [-1.0, *[0.0] * (years - 1), multiple]
    assert internal_rate_of_return(payments) == pytest.approx(multiple ** (1 / years) - 1, abs=1e-10)


def test_payments_are_worth_nothing_at_the_rate() -> None:
    payments = np.array([-1.0, -0.5, 0.0, 0.3, 0.9, 1.4])
    rate = internal_rate_of_return(payments)
    assert payments @ (1 + rate) ** -np.arange(6.0) == pytest.approx(0.0, abs=1e-10)


def test_a_payback_of_three_years_returns_nothing_after_three_and_a_third_for_ever() -> None:
    assert internal_rate_of_return([-1.0, *[1 / 3] * 3]) == pytest.approx(0.0, abs=1e-10)
    assert internal_rate_of_return([-1.0, *[1 / 3] * 200]) == pytest.approx(1 / 3, abs=1e-10)


@pytest.mark.parametrize("payments", [[1.0, -1.0], [-1.0, 2.0, -1.0], [0.0, 0.0], [-1.0]])
def test_payments_without_one_change_of_sign_are_refused(payments: list[float]) -> None:
    with pytest.raises(MeasureError, match="once from minus to plus"):
        internal_rate_of_return(payments)


def test_options_agree_with_the_textbook_and_with_parity() -> None:
    call, put = option_values(42.0, 40.0, volatility=0.2, years=0.5, interest=0.1)  # Hull, Options, Futures and Other Derivatives
    assert (round(call, 2), round(put, 2)) == (4.76, 0.81)
    assert call - put == pytest.approx(42 - 40 * math.exp(-0.05))


def test_options_in_the_limits() -> None:
    due = math.exp(-0.03 * 5)
    assert option_values(1.0, 1.0, volatility=0.0, years=5, interest=0.03) == pytest.approx((1 - due, 0.0))
    assert option_values(0.5, 1.0, volatility=0.0, years=5, interest=0.03) == pytest.approx((0.0, due - 0.5))
    assert option_values(2.0, 1.0, volatility=0.4, years=0, interest=0.03) == (1.0, 0.0)
    assert option_values(1.0, 1.0, volatility=50.0, years=5, interest=0.03) == pytest.approx((1.0, due))


def test_an_option_is_the_mean_of_what_it_pays() -> None:
    shocks = np.random.default_rng(1).standard_normal(400_000)
    price = np.exp((0.03 - 0.5 * 0.4**2) * 5 + 0.4 * math.sqrt(5) * np.r_[shocks, -shocks])
    put = math.exp(-0.15) * np.maximum(1 - price, 0).mean()
    assert option_values(1.0, 1.0, volatility=0.4, years=5, interest=0.03)[1] == pytest.approx(put, abs=0.001)


@pytest.mark.parametrize("wrong", [{"value": 0.0}, {"strike": -1.0}, {"volatility": -0.1}, {"years": -1.0}])
def test_impossible_options_are_refused(wrong: dict[str, float]) -> None:
    usual = {"value": 1.0, "strike": 1.0, "volatility": 0.2, "years": 1.0, "interest": 0.0}
    with pytest.raises(MeasureError, match="no option"):
        option_values(**{**usual, **wrong})
