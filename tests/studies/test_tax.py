"""The tax side of R&D: rates by year against the documents, and what the exhibits show of them."""

from __future__ import annotations

import pytest

from toolkit.data import load_frame
from toolkit.errors import MeasureError, NotEstimable, UnknownOption
from toolkit.language import Text
from toolkit.registry import TaxRule, registry
from toolkit.studies.drivers_and_costs import tax, user_cost


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
    assert len(rules) == 19
    for rule in rules.values():
        assert len(rule.read) > 40, rule.id
        assert rule.document.en, rule.id
        assert rule.document.zh, rule.id


def test_exhibits_and_finding() -> None:
    index = tax.indices()
    assert len(index) == 2 * 4 * 17  # two rates, four groups, and the years of the present income tax law, 2008 to 2024
    general = index[index["group"] == "all"].pivot(index="year", columns="rated", values="b")
    assert (general["high_tech"] > general["all"]).all()  # the deduction saves less where the rate is lower
    assert general["all"].is_monotonic_decreasing
    assert general.loc[2018, "all"] == pytest.approx(0.75)
    assert general.loc[2020, "high_tech"] == pytest.approx((1 - 0.15 * 1.75) / 0.85)
    assert list(tax.by_group(index).draw("en").data["tax_rate"].unique()) == ["τ = 15%", "τ = 25%"]
    assert tax.fall(index, "high_tech") == pytest.approx(1 - (0.70 / 0.85) / (0.775 / 0.85))
    said = tax.index_finding(index)
    assert said.text.en.index("0.824") < said.text.en.index("0.667")
    assert "9.7%" in said.text.zh


def test_published_elasticities_times_the_fall() -> None:
    evidence = load_frame("elasticity_evidence")
    newest, earlier = user_cost.published(evidence)
    assert (newest.elasticity, earlier.elasticity) == (-1.6, -2.3)
    assert float(evidence.set_index("id").loc["guceri_liu_2015", "estimate"]) == earlier.elasticity
    fell = tax.fall(tax.indices(), "high_tech")
    assert newest.rise(fell) == pytest.approx((0.70 / 0.775) ** -1.6 - 1)
    assert newest.rise(0.0) == 0.0
    said = user_cost.finding(tax.indices(), evidence)
    assert "18% more R&D" in said.text.en
    assert "Guceri" in said.text.zh
    with pytest.raises(NotEstimable, match="user-cost elasticity"):
        user_cost.published(evidence[evidence["study"] != "guceri_liu"])


def test_the_table_of_rules_is_the_registry() -> None:
    shown = tax.rules().data
    rules = [rule for rule in registry().tax.values() if rule.kind in ("tax_rate", "super_deduction")]
    assert shown["rate"].tolist() == pytest.approx([100 * rule.rate for rule in rules])
    half, full = (shown[(shown["kind"] == "super_deduction") & (shown["rate"] == rate)] for rate in (50.0, 100.0))
    assert half["b_all"].tolist() == pytest.approx([0.625 / 0.75])
    assert full["b_high_tech"].tolist() == pytest.approx([0.70 / 0.85] * len(full))
    assert shown["b_all"].isna().tolist() == [rule.kind == "tax_rate" for rule in rules]
    assert shown["document"].tolist() == [rule.document.en for rule in rules]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tax.rate_in("super_deduction", 1999), "no super deduction is known for all firms in 1999-01"),
        (lambda: tax.rate_in("tax_rate", 2020, "farms"), "group='farms'"),
    ],
)
def test_bad_parameters_are_named(call: object, words: str) -> None:
    with pytest.raises((MeasureError, UnknownOption)) as caught:
        call()  # type: ignore[operator]
    assert words in str(caught.value)
    assert "remedy" in str(caught.value)
