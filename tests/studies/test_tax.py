"""B-index and user cost: by hand, against a published benefit rate, by a cash-flow that breaks even, and the rules by year."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError, UnknownOption
from toolkit.language import Text
from toolkit.present.record import statement
from toolkit.registry import TaxRule, registry
from toolkit.studies import tax

rates = st.floats(0.0, 0.6)
deductions = st.floats(0.0, 1.5)


def test_by_hand() -> None:
    """25 % and 75 %: one yuan costs 1 - 0.25 * 1.75 = 0.5625 after tax, which takes 0.5625 / 0.75 before tax."""
    assert tax.b_index(0.25, 0.75) == pytest.approx(0.75)
    assert tax.b_index(0.25, 0.5) == pytest.approx(0.625 / 0.75)
    assert tax.b_index(0.15, 1.0) == pytest.approx(0.70 / 0.85)


def test_against_a_published_benefit() -> None:
    """Ayming (The Benchmark, China): with 25 % tax, the extra 75 % is worth 18.75 % of R&D and the extra 100 % is worth 25 %."""
    for extra, benefit in ((0.75, 0.1875), (1.0, 0.25)):
        assert (1 - tax.b_index(0.25, extra)) * (1 - 0.25) == pytest.approx(benefit)


@settings(deadline=None, max_examples=60)
@given(rates, deductions, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_income_of_b_breaks_even(rate: float, extra: float, share: float, allowance: float) -> None:
    """Income B, taxed, pays one yuan of R&D net of the tax that its deductions save."""
    b = tax.b_index(rate, extra, current_share=share, capital_allowance=allowance)
    saved = rate * (1 + extra) * (share + (1 - share) * allowance)
    assert b * (1 - rate) == pytest.approx(1 - saved, abs=1e-12)


@settings(deadline=None, max_examples=60)
@given(rates, deductions)
def test_ordinary_deduction_is_neutral_and_more_deduction_never_costs(rate: float, extra: float) -> None:
    assert tax.b_index(rate) == pytest.approx(1.0)
    assert tax.b_index(rate, extra) <= 1.0 + 1e-12
    assert tax.b_index(rate, 0.5, current_share=0.9, capital_allowance=0.7) >= tax.b_index(rate, 0.5)


def test_straight_line_and_user_cost() -> None:
    assert tax.straight_line_allowance(3, 0.1) == pytest.approx((1 + 1 / 1.1 + 1 / 1.21) / 3)
    assert tax.straight_line_allowance(10, 0.0) == 1.0
    assert tax.user_cost(0.75, 0.05, 0.15) == pytest.approx(0.15)


def test_rates_by_year_are_those_of_the_documents() -> None:
    known = {2010: 0.5, 2017: 0.5, 2018: 0.75, 2021: 0.75, 2022: 0.75 + 0.25 / 4, 2023: 1.0}
    for year, rate in known.items():
        assert tax.rate_in("super_deduction", year) == pytest.approx(rate), year
    assert tax.rate_in("super_deduction", 2017, "technology_sme") == 0.75
    assert tax.rate_in("super_deduction", 2020, "technology_sme") == 0.75  # the general rule, when its own had ended
    assert tax.rate_in("super_deduction", 2021, "manufacturing") == 1.0
    assert tax.rate_in("super_deduction", 2023, "integrated_circuit") == pytest.approx(1.2)
    assert (tax.rate_in("tax_rate", 2020), tax.rate_in("tax_rate", 2020, "high_tech")) == (0.25, 0.15)


def test_months_are_averaged_and_the_best_rule_counts() -> None:
    rules = [
        TaxRule(id="a", kind="super_deduction", group="all", rate=0.5, first="2020-01", document=Text("a", "a"), read="x"),
        TaxRule(id="b", kind="super_deduction", group="all", rate=1.0, first="2020-07", last="2020-12", document=Text("b", "b"), read="x"),
        TaxRule(id="c", kind="super_deduction", group="manufacturing", rate=0.2, first="2020-01", document=Text("c", "c"), read="x"),
    ]
    assert tax.rate_in("super_deduction", 2020, "manufacturing", rules) == pytest.approx(0.75)
    assert tax.rate_in("super_deduction", 2021, "all", rules) == 0.5


def test_every_rule_says_where_it_was_read() -> None:
    rules = registry().tax
    assert len(rules) == 10
    for rule in rules.values():
        assert len(rule.read) > 40, rule.id
        assert rule.document.en, rule.id
        assert rule.document.zh, rule.id


def test_results_and_finding() -> None:
    results = tax.run()
    assert len(results.index) == 2 * len(tax.GROUPS) * 17  # the years of the present income tax law, 2008 to 2024
    general = results.index[results.index["group"] == "all"].pivot(index="year", columns="rated", values="b")
    assert (general["high_tech"] > general["all"]).all()  # the deduction saves less where the rate is lower
    assert general["all"].is_monotonic_decreasing
    row = results.by_year.set_index("year").loc[2018]
    assert (row["all"], row["b_all"]) == (75.0, pytest.approx(0.75))
    said = statement("tax", tax.FINDING, **tax.finding_values(results))
    assert "0.667" in said.text.en
    assert "0.667" in said.text.zh


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tax.b_index(25), "for 25 % write 0.25"),
        (lambda: tax.b_index(0.25, -0.5), "super_deduction=-0.5"),
        (lambda: tax.b_index(1.0), "below one"),
        (lambda: tax.b_index(0.25, 0.5, current_share=1.2), "current_share"),
        (lambda: tax.straight_line_allowance(0, 0.05), "years=0"),
        (lambda: tax.straight_line_allowance(5, 5), "for 5 % write 0.05"),
        (lambda: tax.user_cost(0.75, -0.2, 0.1), "no positive cost"),
        (lambda: tax.rate_in("super_deduction", 1999), "no super deduction is known for all firms in 1999-01"),
        (lambda: tax.rate_in("tax_rate", 2020, "farms"), "group='farms'"),
    ],
)
def test_bad_parameters_are_named(call: object, words: str) -> None:
    with pytest.raises((MeasureError, UnknownOption)) as caught:
        call()  # type: ignore[operator]
    assert words in str(caught.value)
    assert "remedy" in str(caught.value)
