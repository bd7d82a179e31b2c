"""Computations for the first two sections of Chen et al. (2025), held against the raw files and hand arithmetic."""

from __future__ import annotations

import csv
from functools import cache

import pytest
from raw_cells import provincial_rows, yearbook

from toolkit.audit.printed import PrintedClaim
from toolkit.audit.registered import computations
from toolkit.audit.run import Audit, audit
from toolkit.audit.tables import Tables
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
    found = computations(name)[0](PrintedClaim(registry().claims[name]), tables())
    return (found if isinstance(found, list) else [found])[at]


@pytest.mark.parametrize(
    ("name", "word", "grade"),
    [
        ("chen2025_sanxin_18", "reproduced", "A"),
        ("chen2025_class1_48", "reproduced", "A"),
        ("chen2025_wind_7934", "contradicted", "B"),
        ("chen2025_pv_278", "reproduced", "B"),
        ("chen2025_g60_hte_share", "reproduced", "B"),
        ("chen2025_hte_463k", "reproduced", "B"),
        ("chen2025_g60_hte_growth", "incoherent", "P"),
        ("chen2025_joint_70", "depends", "B"),
        ("chen2025_lowend_60", "depends", "B"),
        ("chen2025_trl_gap", "depends", "B"),
        ("chen2025_first_tier", "reproduced", "B"),
        ("chen2025_tech_contract_streak", "depends", "B"),
        ("chen2025_regional_gap_wider", "depends", "B"),
        ("chen2025_gii_rank_11", "reproduced", "B"),
        ("chen2025_clusters_26", "reproduced", "B"),
        ("chen2025_class1_domestic_83", "weak", "B"),
    ],
)
def test_verdicts(name: str, word: str, grade: str) -> None:
    verdict = whole().of(name)
    assert (verdict.word, verdict.grade) == (word, grade)


def test_contracts_against_raw() -> None:
    level = {year: value for (name, year), value in national().items() if name == "tech_market_value"}
    provinces = {year: value / 10_000 for (name, year), value in national().items() if name == "tech_market_value_sum31"}
    low, high = (level[2023] * growth / 1e4 for growth in (1.1115, 1.1125))
    assert check("chen2025_tech_contract_68").value.en == f"{low:.4g} trillion to {high:.4g} trillion yuan"
    growth = check("chen2025_tech_contract_growth").sentence.en
    assert f"{100 * (68_000 / level[2023] - 1):.1f} to {100 * (69_000 / level[2023] - 1):.1f}%" in growth
    assert f"{100 * (provinces[2024] / provinces[2023] - 1):.1f}%" in check("chen2025_tech_contract_growth", 1).sentence.en


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
    share = whole().of("chen2025_pv_share_60").checks[0].value.en
    assert share == f"{100 * 277.5 / 451.95:.4g} to {100 * 278.5 / 451.85:.4g}%"


def test_three_new_share_against_raw() -> None:
    assert national()["three_new_share", 2024] > 18
    rise = national()["three_new_share", 2024] - national()["three_new_share_revised", 2023]
    assert f"rose by {rise:.2f} points" in check("chen2025_sanxin_18", 1).sentence.en


def test_whole_numbers_behind_shares() -> None:
    assert [k for k in range(49) if abs(100 * k / 48 - 83) <= 5] == [38, 39, 40, 41, 42]
    assert check("chen2025_class1_domestic_83").value.en == "38, 39, 40, 41, 42"
    assert [k for k in range(50) if round(100 * k / 49) == 94] == [46]
    assert check("chen2025_chengdu_94").value.en == "46"


def test_joint_centres_by_hand() -> None:
    sentence = next(c for c in whole().of("chen2025_joint_70").checks if c.evidence == "papers").sentence.en
    assert f"at most {100 * 350 / 2050:.1f}%" in sentence
    assert f"{100 * (0.7 * 2050 - 350) / 1700:.1f}% of the firm centres" in sentence


def test_joint_centres_by_the_official_counts() -> None:
    sentence = next(c for c in whole().of("chen2025_joint_70").checks if c.evidence == "official").sentence.en
    assert f"0 to {100 * 207 / (207 + 1798):.1f}" in sentence


def test_lower_grades_are_what_the_higher_classes_leave() -> None:
    sentence = check("chen2025_lowend_60").sentence.en
    assert f"{100 - 41.45:.2f}%" in sentence
    assert f"{100 - 31.8 - 0.05:.2f} to {100 - 31.8 + 0.05:.2f}%" in sentence
    assert f"{100 - 15.7 - 0.05:.2f} to {100 - 15.7 + 0.05:.2f}%" in sentence


def test_one_seventh_by_hand() -> None:
    """Three numbers do not fit; the ministry clears one, the corridor's conference another, and the fault stays with the third."""
    found = next(c for c in whole().of("chen2025_g60_hte_growth").checks if c.result == "incoherent")
    assert f"{46_500 / 463_500:.4f} to {47_500 / 462_500:.4f}" in found.sentence.en
    assert found.value.en == f"{462_500 / 7.5:,.0f} to {463_500 / 6.5:,.0f} firms"
    for cleared in ("chen2025_g60_hte_share", "chen2025_hte_463k"):
        assert all(c.result != "incoherent" for c in whole().of(cleared).checks)


def test_regional_spread_against_raw() -> None:
    with (DATA_RAW / "geography" / "provinces.csv").open(encoding="utf-8") as stream:
        east = {row["adcode"] for row in csv.DictReader(stream) if row["region4"] == "East"}

    def share(year: int) -> float:
        values = provincial("rd_expenditure", year)
        assert len(values) == 31
        return 100 * sum(value for code, value in values.items() if code in east) / sum(values.values())

    sentence = check("chen2025_regional_gap_wider").sentence.en
    with (DATA_RAW / "yearbook" / "yearbook_panel.csv").open(encoding="utf-8") as stream:
        rows = [r for r in csv.DictReader(stream) if r["year"] == "2010"]
    start = {r["adcode"]: float(r["value"]) for r in rows if r["indicator"] == "rd_expenditure_yearbook" and r["adcode"] != "0"}
    first = 100 * sum(value for code, value in start.items() if code in east) / sum(start.values())
    assert f"R&D expenditure, 2010-2024: {share(2024) - first:.3g} points" in sentence
    assert "holds for 1 of 10 readings (share of the east, R&D personnel" in sentence


def test_gdp_per_head_of_the_corridor_against_raw() -> None:
    mean = 10_000 * sum(provincial("gdp", 2024).values()) / sum(provincial("population", 2024).values())
    sentence = check("chen2025_g60_gdp").sentence.en
    assert f"{mean * 24.5 / 15.5:,.0f} to {mean * 25.5 / 14.5:,.0f} yuan" in sentence


def test_ratios_by_hand() -> None:
    assert f"at most {100 * 242 / 2400:.1f}%" in check("chen2025_pilot_242").sentence.en
    assert f"{100 * 8 / 49:.1f}%" in check("chen2025_wz_8").sentence.en
    assert check("chen2025_mic_7077").value.en == f"{7077 / 33:.1f}"
    assert f"{140 / 49:.1f} for each of 49" in check("chen2025_wz_140").sentence.en
    assert check("chen2025_g60_sei").value.en == f"{14.5 - 11.55:g} to {15.5 - 11.45:g}"
    low, high = 100 * (233.5 / 164.5 - 1), 100 * (234.5 / 163.5 - 1)
    assert f"{low:.1f} to {high:.1f}%" in check("chen2025_g60_pct_134").sentence.en
    total = sum(
        provincial("hightech_enterprises_recognised", year)[code] for year in (2021, 2022, 2023) for code in provincial("gdp", 2023)
    )
    assert f"{total:,.0f}" in check("chen2025_hte_463k").sentence.en
