"""The exhibits of the claim audit against arithmetic done by hand from the papers' printed numbers and the raw files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache

import pandas as pd
import pytest

from toolkit.audit import Audit, Tables, audit
from toolkit.audit.registered import registered_ids
from toolkit.paths import DATA_RAW
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.record import Statement
from toolkit.registry import registry
from toolkit.studies.claims import arithmetic, two_thirds, verdicts


@cache
def found() -> Audit:
    return audit()


@cache
def tables() -> Tables:
    return Tables()


def rows(figure: FigureExhibit) -> pd.DataFrame:
    return figure.draw("en").data.set_index("row")


def national(indicator: str, year: int) -> float:
    with (DATA_RAW / "national" / "national_series.csv").open(encoding="utf-8") as stream:
        return next(float(r["value"]) for r in csv.DictReader(stream) if (r["indicator"], r["year"]) == (indicator, str(year)))


def test_the_decided_claims_are_all_but_those_that_cannot_be_tested() -> None:
    counts = found().counts()
    assert len(verdicts.decided(found()).data) == sum(counts.values()) - counts["not_testable"]
    said = verdicts.verdicts_finding(found()).values
    assert said["decided"] == len(verdicts.decided(found()).data)
    assert said["decided"] == sum(said[word] for word in ("reproduced", "another", "contradicted", "incoherent", "undefined"))  # type: ignore[misc]


def test_the_contradictions_are_those_of_the_audit() -> None:
    shown = verdicts.contradictions(found()).data
    assert shown["claims"].tolist() == [", ".join(one.claims) for one in found().contradictions]
    assert shown["why"].tolist() == [one.sentence.en for one in found().contradictions]


def test_the_ladder_by_hand() -> None:
    ladder = arithmetic._corridor(tables()).set_index("row")
    assert ladder.loc["population", "estimate"] == pytest.approx(100 / 25)
    assert (ladder.loc["gdp", "low"], ladder.loc["gdp", "high"]) == pytest.approx((100 / 15.5, 100 / 14.5))
    assert ladder.loc["hte_computed", "low"] == pytest.approx(100 * 46500 / 463500)
    assert ladder.loc["hte_computed", "high"] == pytest.approx(100 * 47500 / 462500)
    assert ladder.loc["hte_share", "low"] > ladder.loc["hte_computed", "high"]
    assert ladder.loc["hte_share", "per_gdp"] == pytest.approx(15 / 7)
    assert rows(arithmetic.corridor(tables()))["estimate"].to_dict() == ladder["estimate"].to_dict()
    values = arithmetic.corridor_finding(tables()).values
    assert (values["low"], values["high"]) == pytest.approx((46500 * 6.5, 47500 * 7.5))
    assert values["share"] == ladder.loc["hte_computed", "estimate"]


def test_the_vintages_by_hand() -> None:
    basic = arithmetic._releases(tables()).set_index("row")
    assert basic.loc["preliminary_divided", "low"] == pytest.approx(100 * 2496.5 / 36130.5)
    assert basic.loc["preliminary_divided", "high"] == pytest.approx(100 * 2497.5 / 36129.5)
    final = 100 * national("rd_basic", 2024) / national("gerd", 2024)
    assert basic.loc["final_divided", "low"] < final < basic.loc["final_divided", "high"]
    assert basic.loc["final_printed", "high"] < basic.loc["paper", "low"]
    assert arithmetic.release_finding(tables()).values["final"] == basic.loc["final_printed", "estimate"]


def test_the_year_before_by_hand() -> None:
    before = arithmetic._year_before(tables()).set_index("row")
    assert before.loc["truncated", "low"] == pytest.approx(6.8 / 1.1125)
    assert before.loc["truncated", "high"] == pytest.approx(6.9 / 1.1115)
    assert before.loc["nation", "estimate"] == pytest.approx(national("tech_market_value", 2023) / 1e4)
    assert before.loc["provinces", "estimate"] == pytest.approx(national("tech_market_value_sum31", 2023) / 1e8)


def test_growth_and_its_run_from_the_raw_file() -> None:
    growth = arithmetic.growth(tables()).draw("en").data
    own = growth[growth["series"] == "tech_market_value_national"].set_index("year")["growth"]
    for year in (2015, 2023):
        expected = 100 * (national("tech_market_value", year) / national("tech_market_value", year - 1) - 1)
        assert own[year] == pytest.approx(expected)
    values = arithmetic.contracts_finding(tables()).values
    run = values["run"]
    assert isinstance(run, int)
    assert (own.iloc[-run:] >= 10).all()  # per cent: what "double digits" says
    assert run == len(own) or own.iloc[-run - 1] < 10
    assert values["slowest"] == own.iloc[-run:].min()
    assert values["last"] == own.index[-1]


def test_only_one_whole_number_of_drugs_makes_the_share() -> None:
    _, _, drugs = arithmetic._drugs(tables())
    assert [n for n in range(49) if round(100 * n / 48) == 83] == drugs.loc[drugs["rounded"], "drugs"].tolist() == [40]
    values = arithmetic.drugs_finding(tables()).values
    assert (values["n"], values["drugs"], values["claimed"]) == (40, 48, 83)


@pytest.mark.parametrize(
    "finding",
    [
        lambda: verdicts.verdicts_finding(found()),
        lambda: arithmetic.corridor_finding(tables()),
        lambda: arithmetic.release_finding(tables()),
        lambda: arithmetic.contracts_finding(tables()),
        lambda: arithmetic.drugs_finding(tables()),
        lambda: two_thirds.two_thirds_finding(tables()),
    ],
)
def test_findings_fill(finding: Callable[[], Statement]) -> None:
    filled = finding()
    assert "{" not in filled.text.en + filled.text.zh


def test_rows_and_kinds_of_the_figures_are_named() -> None:
    """An id without a name would be printed as it is; row and kind share one mapping, so their ids must differ."""
    for drawn in (arithmetic.corridor(tables()).draw("zh"),):
        assert not set(drawn.data["row"]) & set(drawn.data["kind"])
        texts = {text.get_text() for axes in drawn.figure.axes for text in axes.get_yticklabels()}
        assert not texts & set(drawn.data["row"])
        keys = {text.get_text() for axes in drawn.figure.axes if (legend := axes.get_legend()) for text in legend.get_texts()}
        assert len(keys) == drawn.data["kind"].nunique()
        assert not keys & set(drawn.data["kind"])


def test_computations_are_many_and_registered() -> None:
    assert set(registered_ids()) <= set(registry().claims)
