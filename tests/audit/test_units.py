"""Named conversions against hand factors, and refusals of what does not convert."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.audit.interval import Interval
from toolkit.audit.units import NATURES, convert, same_nature
from toolkit.errors import UnitMismatch
from toolkit.registry import registry
from toolkit.units import UNITS, factor


@pytest.mark.parametrize(
    ("source", "target", "times"),
    [
        ("100 million kW", "GW", 100),
        ("GW", "million kW", 1),
        ("10,000 yuan", "100 million yuan", Fraction(1, 10**4)),
        ("trillion yuan", "100 million yuan", 10**4),
        ("10,000 persons", "persons", 10**4),
        ("%", "share", Fraction(1, 100)),
        ("% of GDP", "%", 1),
        ("units", "firms", 1),
        ("10,000 units", "firms", 10**4),
    ],
)
def test_conversions(source: str, target: str, times: Fraction) -> None:
    assert factor(source, target) == times
    assert factor(target, source) * factor(source, target) == 1


@given(st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)), st.integers(1, 10**6))
def test_conversion_there_and_back_changes_nothing(first: str, second: str, value: int) -> None:
    if (UNITS[first].dimension, UNITS[first].prices) == (UNITS[second].dimension, UNITS[second].prices):
        there = convert(Interval.point(value), first, second)
        assert convert(there, second, first) == Interval.point(value)
    else:
        with pytest.raises(UnitMismatch):
            factor(first, second)


@pytest.mark.parametrize(
    ("source", "target", "words"),
    [
        ("GW", "100 million kWh", "power is not energy"),
        ("yuan", "USD", "yuan is not US dollars"),
        ("constant PPP dollars", "current PPP dollars", "different price bases"),
        ("persons", "person-years", "persons is not person-years"),
        ("furlongs", "yuan", "furlongs is not known"),
    ],
)
def test_refusals_name_both_units(source: str, target: str, words: str) -> None:
    with pytest.raises(UnitMismatch) as caught:
        factor(source, target)
    assert words in str(caught.value)
    assert source in str(caught.value)


def test_a_stock_is_not_set_against_a_flow() -> None:
    with pytest.raises(UnitMismatch, match="a flow is set against a stock"):
        same_nature("flow", "stock", "new wind capacity")
    same_nature("either", "stock", "anything")


def test_natures_belong_to_series() -> None:
    assert set(NATURES) <= set(registry().variables)
