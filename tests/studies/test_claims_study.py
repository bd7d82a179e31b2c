"""The exhibits of the claim audit against arithmetic done by hand from the papers' printed numbers and the raw files."""

from __future__ import annotations

import csv
from functools import cache

import pytest

from toolkit.audit.registered import registered_ids
from toolkit.paths import DATA_RAW
from toolkit.present.record import statement
from toolkit.registry import registry
from toolkit.studies import claims, claims_texts


@cache
def results() -> claims.ClaimResults:
    return claims.run()


def national(indicator: str, year: int) -> float:
    with (DATA_RAW / "national" / "national_series.csv").open(encoding="utf-8") as stream:
        return next(float(r["value"]) for r in csv.DictReader(stream) if (r["indicator"], r["year"]) == (indicator, str(year)))


def test_the_matrix_counts_every_claim_once() -> None:
    matrix = results().matrix
    assert matrix.to_numpy().sum() == len(registry().claims)
    for paper, row in matrix.iterrows():
        assert row.sum() == sum(claim.paper == paper for claim in registry().claims.values())


def test_the_decided_claims_are_all_but_those_that_cannot_be_tested() -> None:
    counts = results().audit.counts()
    assert len(results().decided) == sum(counts.values()) - counts["not_testable"]


def test_the_ladder_by_hand() -> None:
    ladder = results().ladder.set_index("row")
    assert ladder.loc["population", "estimate"] == pytest.approx(100 / 25)
    assert (ladder.loc["gdp", "low"], ladder.loc["gdp", "high"]) == pytest.approx((100 / 15.5, 100 / 14.5))
    assert ladder.loc["hte_computed", "low"] == pytest.approx(100 * 46500 / 463500)
    assert ladder.loc["hte_computed", "high"] == pytest.approx(100 * 47500 / 462500)
    assert ladder.loc["hte_share", "low"] > ladder.loc["hte_computed", "high"]
    assert ladder.loc["hte_share", "per_gdp"] == pytest.approx(15 / 7)
    values = claims_texts.g60_values(results())
    assert (values["low"], values["high"]) == pytest.approx((46500 * 6.5, 47500 * 7.5))


def test_the_vintages_by_hand() -> None:
    basic = results().basic.set_index("row")
    assert basic.loc["preliminary_divided", "low"] == pytest.approx(100 * 2496.5 / 36130.5)
    assert basic.loc["preliminary_divided", "high"] == pytest.approx(100 * 2497.5 / 36129.5)
    final = 100 * national("rd_basic", 2024) / national("gerd", 2024)
    assert basic.loc["final_divided", "low"] < final < basic.loc["final_divided", "high"]
    assert basic.loc["final_printed", "high"] < basic.loc["paper", "low"]


def test_the_year_before_by_hand() -> None:
    before = results().before.set_index("row")
    assert before.loc["truncated", "low"] == pytest.approx(6.8 / 1.1125)
    assert before.loc["truncated", "high"] == pytest.approx(6.9 / 1.1115)
    assert before.loc["nation", "estimate"] == pytest.approx(national("tech_market_value", 2023) / 1e4)
    assert before.loc["provinces", "estimate"] == pytest.approx(national("tech_market_value_sum31", 2023) / 1e8)


def test_growth_and_its_run_from_the_raw_file() -> None:
    growth = results().growth
    own = growth[growth["series"] == "tech_market_value_national"].set_index("year")["growth"]
    for year in (2015, 2023):
        expected = 100 * (national("tech_market_value", year) / national("tech_market_value", year - 1) - 1)
        assert own[year] == pytest.approx(expected)
    run = claims.double_digit_run(growth, "tech_market_value_national")
    assert (own.iloc[-run:] >= 10).all()  # per cent: what "double digits" says
    assert run == len(own) or own.iloc[-run - 1] < 10


def test_only_one_whole_number_of_drugs_makes_the_share() -> None:
    drugs = results().drugs
    assert [n for n in range(49) if round(100 * n / 48) == 83] == drugs.loc[drugs["rounded"], "drugs"].tolist() == [40]


def test_the_readings_count_the_shares_between_the_ends() -> None:
    shares, readings = results().basket.shares, results().readings.set_index("reading")
    for reading, own in shares.groupby("reading"):
        assert readings.loc[reading, "admitted"] == ((own["share"] > 200 / 3.5) & (own["share"] <= 80)).sum()
        assert readings.loc[reading, "share"] == own["share"].max()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("FINDING", "finding_values"),
        ("FINDING_G60", "g60_values"),
        ("FINDING_BASIC", "basic_values"),
        ("FINDING_CONTRACTS", "contract_values"),
        ("FINDING_DRUGS", "drug_values"),
        ("FINDING_TWO_THIRDS", "two_thirds_values"),
    ],
)
def test_findings_fill(text: str, values: str) -> None:
    filled = statement("a", getattr(claims_texts, text), **getattr(claims_texts, values)(results()))
    assert "{" not in filled.text.en + filled.text.zh


def test_names_of_rows_and_kinds_do_not_clash() -> None:
    rows = {**claims_texts.CORRIDOR, **claims_texts.BASIC_ROWS, **claims_texts.BEFORE_ROWS}
    assert not rows.keys() & claims_texts.KINDS.keys()
    for frame in (results().ladder, results().basic, results().before):
        assert set(frame["row"]) <= rows.keys()
        assert set(frame["kind"]) <= claims_texts.KINDS.keys()


def test_computations_are_many_and_registered() -> None:
    assert set(registered_ids()) <= set(registry().claims)
