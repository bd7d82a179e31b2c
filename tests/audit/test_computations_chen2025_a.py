"""Computations for the first two sections of Chen et al. (2025), held against the raw files and hand arithmetic."""

from __future__ import annotations

import csv
from functools import cache

import pytest
from raw_cells import provincial_rows, yearbook

from toolkit.audit.figures import Tables
from toolkit.audit.registered import computations
from toolkit.audit.run import Audit, audit
from toolkit.audit.stated import Stated
from toolkit.paths import DATA_RAW
from toolkit.registry import registry


@cache
def national() -> dict[tuple[str, int], float]:
    with (DATA_RAW / "national" / "national_series.csv").open(encoding="utf-8") as stream:
        first = {(row["indicator"], int(row["year"])): float(row["value"]) for row in csv.DictReader(stream)}
    return first | {("tech_market_value", 2010): yearbook()["tech_market_value", "0", 2010]}


@cache
def provincial(indicator: str, year: int) -> dict[str, float]:
    return {row["adcode"]: float(row["value"]) for row in provincial_rows() if row["indicator"] == indicator and row["year"] == str(year)}


@cache
def tables() -> Tables:
    return Tables()


@cache
def whole() -> Audit:
    return audit({name: claim for name, claim in registry().claims.items() if claim.paper == "chen2025" and claim.section < "3"})


def check(name: str, at: int = 0):
    """The ``at``-th check of the first computation of a claim."""
    found = computations(name)[0](Stated(registry().claims[name]), tables())
    return (found if isinstance(found, list) else [found])[at]


@pytest.mark.parametrize(
    ("name", "word", "grade"),
    [
        ("chen2025_sanxin_18", "reproduced", "A"),
        ("chen2025_class1_48", "reproduced", "A"),
        ("chen2025_wind_7934", "reproduced", "A"),
        ("chen2025_pv_278", "reproduced", "A"),
        ("chen2025_g60_hte_share", "incoherent", "B"),
        ("chen2025_hte_463k", "incoherent", "B"),
        ("chen2025_g60_hte_growth", "incoherent", "B"),
        ("chen2025_joint_70", "undefined", "B"),
        ("chen2025_tech_contract_streak", "undefined", "A"),
        ("chen2025_regional_gap_wider", "undefined", "A"),
        ("chen2025_gii_rank_11", "not_testable", "C"),
        ("chen2025_clusters_26", "not_testable", "C"),
        ("chen2025_class1_domestic_83", "not_testable", "B"),
    ],
)
def test_verdicts(name: str, word: str, grade: str) -> None:
    verdict = whole().of(name)
    assert (verdict.word, verdict.grade) == (word, grade)


def test_contracts_against_raw() -> None:
    level = {year: value for (name, year), value in national().items() if name == "tech_market_value"}
    provinces = {year: value / 10_000 for (name, year), value in national().items() if name == "tech_market_value_sum31"}
    shares = [provinces[year] / level[year] for year in level]
    sentence = check("chen2025_tech_contract_68").sentence.en
    for number in (provinces[2024] / 1e4, provinces[2024] / max(shares) / 1e4, provinces[2024] / min(shares) / 1e4):
        assert f"{number:.2f}" in sentence
    assert provinces[2024] == pytest.approx(sum(provincial("tech_market_value", 2024).values()), abs=0.2)
    growth = check("chen2025_tech_contract_growth").sentence.en
    assert f"{100 * (68_000 / level[2023] - 1):.1f} to {100 * (69_000 / level[2023] - 1):.1f} %" in growth
    assert f"{100 * (provinces[2024] / provinces[2023] - 1):.1f} %" in check("chen2025_tech_contract_growth", 1).sentence.en


def test_run_of_growth_counted_by_hand() -> None:
    level = {year: value for (name, year), value in national().items() if name == "tech_market_value"}
    provinces = {year: value for (name, year), value in national().items() if name == "tech_market_value_sum31"}
    grew = [level[year] / level[year - 1] - 1 for year in range(2011, 2024)] + [provinces[2024] / provinces[2023] - 1]
    assert min(grew) > 0.1
    assert check("chen2025_tech_contract_streak").value.en == f"{len(grew)} years"
    assert min(provinces[year] / provinces[year - 1] - 1 for year in range(1999, 2025)) > 0.1  # so the provinces' run is the whole series
    assert "26 years" in check("chen2025_tech_contract_streak").sentence.en


def test_energy_against_raw() -> None:
    wind = 100 * (national()["wind_installed_cumulative", 2024] - national()["wind_installed_cumulative", 2023])
    found = check("chen2025_wind_7934")
    assert found.value.en == f"{wind - 10:.0f} to {wind + 10:.0f} GW"  # two stocks, each rounded to 5 GW either way
    both = check("chen2025_pv_278", 1)
    assert f"{79.34 / 100 + 2.78:.4f}" in both.sentence.en
    assert f"{national()['wind_solar_new_installed', 2024]:g} 100 million kW" in both.sentence.en
    assert f"{277.5 / 61 * 100:.0f} to {278.5 / 59 * 100:.0f} GW" in check("chen2025_pv_share_60").sentence.en


def test_three_new_share_against_raw() -> None:
    assert national()["three_new_share", 2024] > 18
    rise = national()["three_new_share", 2024] - national()["three_new_share_revised", 2023]
    assert f"rose by {rise:.2f} points" in check("chen2025_sanxin_18", 1).sentence.en


def test_whole_numbers_behind_shares() -> None:
    assert [k for k in range(49) if abs(100 * k / 48 - 83) <= 1] == [40]
    assert check("chen2025_class1_domestic_83").value.en == "40"
    assert [k for k in range(50) if round(100 * k / 49) == 94] == [46]
    assert check("chen2025_chengdu_94").value.en == "46"


def test_joint_centres_by_hand() -> None:
    sentence = check("chen2025_joint_70").sentence.en
    assert f"at most {100 * 350 / 2050:.1f} %" in sentence
    assert f"{100 * (0.7 * 2050 - 350) / 1700:.1f} % of the firm centres" in sentence


def test_one_seventh_by_hand() -> None:
    found = next(c for c in whole().of("chen2025_g60_hte_share").checks if c.result == "incoherent")
    assert f"{46_500 / 463_500:.4f} to {47_500 / 462_500:.4f}" in found.sentence.en
    needed = next(c for c in whole().of("chen2025_g60_hte_share").checks if c.evidence == "secondary")
    assert f"{46_500 * 6.5:,.0f} to {47_500 * 7.5:,.0f} firms" in needed.sentence.en
    assert needed.result == "related"  # the number quoted for 2021 never decides


def test_regional_spread_against_raw() -> None:
    with (DATA_RAW / "geography" / "provinces.csv").open(encoding="utf-8") as stream:
        east = {row["adcode"] for row in csv.DictReader(stream) if row["region4"] == "East"}

    def share(year: int) -> float:
        values = provincial("rd_expenditure", year)
        assert len(values) == 31
        return 100 * sum(value for code, value in values.items() if code in east) / sum(values.values())

    sentence = check("chen2025_regional_gap_wider").sentence.en
    assert f"R&D expenditure, 2017-2024: {share(2024) - share(2017):.2f} points" in sentence
    assert "holds for 1 of 6 readings (share of the east, Invention patents granted" in sentence


def test_gdp_per_head_of_the_corridor_against_raw() -> None:
    mean = 10_000 * sum(provincial("gdp", 2024).values()) / sum(provincial("population", 2024).values())
    sentence = check("chen2025_g60_gdp").sentence.en
    assert f"{mean * 24.5 / 15.5:,.0f} to {mean * 25.5 / 14.5:,.0f} yuan" in sentence


def test_firms_in_research_against_raw() -> None:
    share = {year: 100 * national()["rd_perf_enterprise", year] / national()["gerd", year] for year in (2013, 2024)}
    sentence = check("chen2025_firm_role_stronger").sentence.en
    assert f"{share[2013]:.1f} % of R&D in 2013 and {share[2024]:.1f} % in 2024: {share[2024] - share[2013]:+.2f} points" in sentence


def test_ranks_are_never_official() -> None:
    lost = check("chen2025_gii_steady_rise")
    assert (lost.result, lost.evidence, lost.value.en) == ("related", "secondary", "1 years")
    rank = check("chen2025_rd_rank_2")
    assert "ranks 2 of 7 economies" in rank.sentence.en
    assert f"{100 * 208.2 / 429.1:.1f} %" in rank.sentence.en


def test_world_research_against_raw() -> None:
    with (DATA_RAW / "international" / "international.csv").open(encoding="utf-8") as stream:
        share = {
            int(row["year"]): float(row["value"])
            for row in csv.DictReader(stream)
            if (row["iso3"], row["indicator"]) == ("WLD", "gerd_gdp")
        }
    fell = [year for year in share if year - 1 in share and share[year] < share[year - 1]]
    sentence = check("chen2025_global_rd_growing").sentence.en
    assert f"fell in {len(fell)} of {len(share) - 1} years, last in {fell[-1]}" in sentence
    assert f"passes {2.5 / share[max(share)] * 100:.0f} trillion dollars" in check("chen2025_global_rd_25tn").sentence.en


def test_ratios_by_hand() -> None:
    assert f"{100 * 79 / 189:.1f} %" in check("chen2025_lighthouse_79_189").sentence.en
    assert f"at most {100 * 242 / 2400:.1f} %" in check("chen2025_pilot_242").sentence.en
    assert f"{100 * 8 / 49:.1f} %" in check("chen2025_wz_8").sentence.en
    assert check("chen2025_mic_7077").value.en == f"{7077 / 33:.1f}"
    assert f"{140 / 49:.1f} for each of 49" in check("chen2025_wz_140").sentence.en
    assert check("chen2025_g60_sei").value.en == f"{14.5 - 11.55:g} to {15.5 - 11.45:g}"
    low, high = 100 * (233.5 / 164.5 - 1), 100 * (234.5 / 163.5 - 1)
    assert f"{low:.1f} to {high:.1f} %" in check("chen2025_g60_pct_134").sentence.en
    assert f"{national()['hightech_firms', 2023]:,.0f}" in check("chen2025_hte_463k", 1).sentence.en
