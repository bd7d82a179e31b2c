"""Computations for the end of Chen et al. (2025) and the four other papers, held against the raw files and hand arithmetic."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from functools import cache

import pytest

from toolkit.audit.checks import Check
from toolkit.audit.directions import DirectionFigure, above, derived, readings, share, shows
from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.registered import computations
from toolkit.audit.run import Audit, audit
from toolkit.audit.tables import Tables
from toolkit.language import Text
from toolkit.paths import DATA_RAW
from toolkit.registry import registry

EAST = ("110000", "120000", "130000", "310000", "320000", "330000", "350000", "370000", "440000", "460000")  # the ten of NBS
CENTRE = ("140000", "340000", "360000", "410000", "420000", "430000")
CENTRES = ("110000", "310000", "440000")
CLUSTERS = ("110000", "120000", "130000", "310000", "320000", "330000", "340000", "440000")


@cache
def cells(folder: str, file: str) -> dict[tuple[str, str, int], float]:
    """Series, entity and year of every value of a raw file."""
    with (DATA_RAW / folder / file).open(encoding="utf-8") as stream:
        return {
            (row["indicator"], row.get("adcode") or row.get("iso3") or "", int(row["year"])): float(row["value"])
            for row in csv.DictReader(stream)
        }


def national(name: str, year: int) -> float:
    return cells("national", "national_series.csv")[name, "", year]


def abroad(name: str, country: str) -> float:
    return cells("international", "international.csv")[name, country, 2011]


def provinces(name: str, year: int) -> dict[str, float]:
    return {
        code: value for (what, code, when), value in cells("provincial", "provincial_panel.csv").items() if (what, when) == (name, year)
    }


def part(name: str, year: int, members: tuple[str, ...]) -> float:
    """Share of some provinces, in per cent."""
    values = provinces(name, year)
    assert len(values) == 31
    return 100 * sum(values[code] for code in members) / sum(values.values())


@cache
def tables() -> Tables:
    return Tables()


@cache
def whole() -> Audit:
    papers = ("chi2025", "he2025", "shanxi2025", "huang2025")
    ours = {name: claim for name, claim in registry().claims.items() if claim.paper in papers or "_end" in claim.where}
    return audit(ours)


def checks(name: str) -> list[Check]:
    found = computations(name)[0](PrintedClaim(registry().claims[name]), tables())
    return found if isinstance(found, list) else [found]


def sentence(name: str, at: int = 0) -> str:
    return checks(name)[at].sentence.en


@pytest.mark.parametrize(
    ("name", "word", "grade"),
    [
        ("chen2025_ipo_8_10", "reproduced", "B"),
        ("chen2025_direct_finance_low", "weak", "B"),
        ("shanxi2025_wechat_timeline", "reproduced", "B"),
        ("he2025_panel_window", "depends", "B"),
        ("shanxi2025_nev_all_provinces", "weak", "B"),
        ("chen2025_basic_share_691", "another_vintage", "A"),
        ("chen2025_basic_us_16_18", "reproduced", "B"),
        ("chen2025_basic_jp_12_15", "reproduced", "B"),
        ("chen2025_basic_eu_19", "contradicted", "B"),
        ("chen2025_basic_share_rose", "reproduced", "A"),
        ("chen2025_basic_long_low", "reproduced", "B"),
        ("chen2025_resources_two_thirds", "contradicted", "B"),
        ("chen2025_east_concentration", "reproduced", "B"),
        ("chen2025_midwest_talent_scarce", "reproduced", "B"),
        ("chen2025_tm_8pct", "not_public", "C"),
        ("chen2025_target_2035_3_5", "no_fact", "C"),
        ("chi2025_basic_origin", "depends", "B"),
        ("he2025_subsidy_elasticity", "not_public", "C"),
        ("he2025_traditional_share", "reproduced", "B"),
        ("shanxi2025_more_each_year", "reproduced", "B"),
        ("shanxi2025_faster_each_year", "contradicted", "B"),
        ("shanxi2025_growth_contribution", "contradicted", "B"),
        ("huang2025_operating_20", "not_public", "P"),
    ],
)
def test_verdicts(name: str, word: str, grade: str) -> None:
    verdict = whole().of(name)
    assert (verdict.word, verdict.grade) == (word, grade)


def test_basic_research_by_hand() -> None:
    def own(year: int) -> float:
        return 100 * national("rd_basic", year) / sum(national(f"rd_{kind}", year) for kind in ("basic", "applied", "experimental"))

    assert f"{own(2023):.2f}% in 2023 and {own(2024):.2f}% in 2024, a change of {own(2024) - own(2023):+.2f}" in sentence(
        "chen2025_basic_share_rose"
    )
    high = max(own(year) for year in range(2006, 2025))
    assert f"{min(own(year) for year in range(2006, 2025)):.2f}% to {high:.2f}% (2024)" in sentence("chen2025_basic_long_low", 1)
    others = [abroad("basic_share_gerd", country) for country in ("USA", "FRA", "KOR", "JPN", "GBR")]
    assert high < min(others)
    assert all(value > abroad("basic_share_gerd", "CHN") for value in others)
    assert f"{100 * 6.91 / 18:.0f} to {100 * 6.91 / 16:.0f}%" in sentence("chen2025_basic_us_16_18", 1)


@pytest.mark.parametrize(
    ("label", "name", "year"),
    [
        ("R&D expenditure, 2024", "rd_expenditure", 2024),
        ("Invention patents granted, 2024", "patent_grant_invention", 2024),
        ("Technology contracts (origin), 2024", "tech_market_value", 2024),
        ("High-tech revenue, 2023", "hightech_revenue", 2023),
    ],
)
def test_shares_of_the_centres_by_hand(label: str, name: str, year: int) -> None:
    named, wide = checks("chen2025_resources_two_thirds")
    assert (named.result, wide.result) == ("contradicts", "related")
    assert f"{label}: {part(name, year, CENTRES):.3g}%" in named.sentence.en
    holding, failing = wide.sentence.en.split("and fails for")
    share = part(name, year, CLUSTERS)
    assert f"{label}: {share:.3g}%" in (holding if abs(share - 200 / 3) <= 5 else failing)


def test_the_east_by_hand() -> None:
    first, second = checks("chen2025_east_concentration")
    for name, year in (("hightech_revenue", 2023), ("patent_grant_invention", 2024), ("tech_market_inflow", 2023)):
        assert part(name, year, EAST) > 50
        assert f"{part(name, year, EAST):.1f}%" in first.sentence.en
    for name in ("tech_market_value", "tech_market_inflow", "population", "gdp"):
        assert f"{part(name, 2023, EAST):.1f}%" in second.sentence.en
    staff, people = provinces("ind_rd_fte", 2022), provinces("population", 2022)
    west = tuple(code for code in people if code not in EAST + CENTRE + ("210000", "220000", "230000"))
    heads = [sum(staff[c] for c in group) / sum(people[c] for c in group) for group in (EAST, CENTRE, west)]
    assert heads[0] > heads[1] > heads[2]
    assert f"({heads[0]:.1f}" in sentence("chen2025_midwest_talent_scarce").replace(f"({heads[0]:.2f}", f"({heads[0]:.1f}")
    assert f"Centre: {heads[1]:.3g}".removesuffix(".0") in sentence("chen2025_midwest_talent_scarce")


def test_ceilings_of_basic_research_by_hand() -> None:
    basic, universities = national("rd_basic", 2024), national("rd_perf_highered", 2024)
    both = universities + national("rd_perf_govinst", 2024)
    assert f"institutes: {100 * basic / both:.3g}%" in sentence("chi2025_basic_origin")
    assert f"ceiling is {100 * basic / universities:.1f}%" in sentence("chi2025_basic_origin")
    assert f"{100 * basic / national('rd_perf_enterprise', 2024):.1f}%" in sentence("he2025_sme_basic_low")


def test_industry_outside_high_tech_by_hand() -> None:
    revenue = national("ind_rd_expenditure", 2024) / national("ind_rd_intensity", 2024)
    outside = 100 * (1 - national("hightech_mfg_rd", 2024) / national("hightech_mfg_rd_intensity", 2024) / revenue)
    low, high = re.search(r"manufacturing: ([\d.]+) to ([\d.]+)%", sentence("he2025_traditional_share")).groups()  # type: ignore[union-attr]
    assert float(low) - 0.05 <= outside <= float(high) + 0.05
    assert f"three-new economy: {100 - national('three_new_share', 2024):.0f}%" in sentence("he2025_traditional_share")


def test_steps_of_the_three_new_economy_by_hand() -> None:
    share = {year: national("three_new_share", year) for year in (2020, 2021, 2022, 2023, 2024)}
    steps = {year: share[year] - share[year - 1] for year in (2021, 2022, 2023)} | {
        2024: share[2024] - national("three_new_share_revised", 2023)
    }
    said = sentence("shanxi2025_faster_each_year")
    for year, step in steps.items():
        assert f"{year}: {step - 0.01:.2f}".rstrip("0") in said
    assert min(steps.values()) > 0
    assert steps[2022] < steps[2021]
    value = {year: national("three_new_value", year) for year in (2021, 2022, 2023)}
    assert value[2023] / value[2022] < value[2022] / value[2021]


def test_the_proxy_is_the_study_s_two_way_model() -> None:
    from toolkit.studies.subsidy import frequency

    found = frequency.run(tables().panel("provincial_panel"))
    year, total = found.static["two_way"], found.total["two_way"]
    said = sentence("he2025_subsidy_elasticity", 1)
    assert f"{year.estimate:.3f} in the year (95% {year.low:.3f} to {year.high:.3f})" in said
    assert f"{total.estimate:.3f} over four years ({total.low:.3f} to {total.high:.3f})" in said
    assert "outside the first interval and inside the second" in said
    assert f"{100 * (2**0.38 - 1):.0f}%" in sentence("he2025_subsidy_elasticity")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("chen2025_wz_270", "5.5 each"),  # 270 / 49
        ("chen2025_wz_1540", "41.6 for each of 37 R&D bodies and 5.7 for each of 270"),
        ("chen2025_wz_182", "22.8 each; they equal 67%"),
        ("chen2025_tm_8pct", "250,000 practitioners, one for 29 of the 7,240,582"),
        ("chen2025_inventor_70", "20 to 27%"),
        ("chen2025_broker_regions_3", "3 of 31 provinces: 9.7%"),
        ("chen2025_ipo_8_10", "1.5 to 2.5 times"),  # 15 / 10 and 20 / 8
        ("chen2025_abs_5y", "3 years more"),
        ("shanxi2025_wechat_timeline", "1, 4, 3"),
        ("shanxi2025_glove_0p001", "360,000 steps of a turn, 18.5 bits"),
        (
            "shanxi2025_payback_3y",
            "33% a year without interest; the 15 to 20 years asked of capital in the same paper are 5.0 to 6.7 times",
        ),
        ("shanxi2025_metaverse_80", "more than 80 without core technology and more than 20 with it"),
        ("shanxi2025_ai_mfg_engineers", "more than 5 times"),
        ("huang2025_operating_20", "21 to 29 of 44 projects are 48 to 66%"),
        ("huang2025_collab_60", "1.36 per project"),
        ("huang2025_innov_sme_18", "count 50 firms; if all belong to those projects, at least 6"),
        ("huang2025_fund_size_844", "121 million yuan each, over 44 projects 19 million"),
        ("huang2025_low_conversion", f"{7469.13 / 11846.6:.2f} in 2013, {61475.66 / 33357.1:.2f} in 2023"),
    ],
)
def test_arithmetic_of_the_papers_by_hand(name: str, text: str) -> None:
    assert text in sentence(name)


def test_nothing_recalled_reaches_a_reader() -> None:
    """A second-hand reading says whose report it is."""
    for claim in registry().claims.values():
        if claim.reported.en:
            assert claim.reported.en.startswith("As reported"), claim.id
            assert claim.reported.zh.startswith("据"), claim.id


# --- statements without a number ---------------------------------------------------------------------


def figure(low: float, high: float, source: str = "S01") -> Figure:
    return Figure(Text("a", "甲"), Text("%", "%"), Interval.of(low, high), (source,), (f"t.a {source}",))


def claim() -> PrintedClaim:
    return PrintedClaim(registry().claims["chen2025_east_concentration"])


def test_readings_agree_depend_or_contradict() -> None:
    words = {}
    for name, holds in {"all": (True, True), "some": (True, False), "none": (False, False)}.items():
        found = {Text(f"r{i}", f"口径{i}"): DirectionFigure(figure(40 + i, 41 + i), own) for i, own in enumerate(holds)}
        words[name] = readings(claim(), found, Text("x", "某"), Text("y", "某"))
    assert [words[name].result for name in ("all", "some", "none")] == ["agrees", "depends", "contradicts"]
    assert "r0: 40 to 41%" in words["some"].sentence.en
    assert words["all"].evidence == "official"


def test_a_quoted_figure_decides_nothing() -> None:
    quoted = figure(40, 41, "S20")
    check = readings(claim(), {Text("r", "口径"): DirectionFigure(quoted, True)}, Text("x", "某"), Text("y", "某"))
    assert (check.result, check.evidence) == ("related", "secondary")
    assert shows(claim(), True, quoted, Text("y", "某"), Text("z.", "某。")).result == "related"
    assert shows(claim(), False, figure(1, 2), Text("y", "某"), Text("z.", "某。")).result == "contradicts"


def test_a_share_of_rounded_parts_is_exact() -> None:
    """1 to 2 of 1 to 2 and 3 to 4: between 1/5 and 2/5."""
    found = share(figure(1, 2), figure(3, 4), Text("s", "比重"))
    assert (found.interval.low, found.interval.high) == (20, 40)
    assert found.unit.en == "%"


def test_above_is_about_every_admitted_number() -> None:
    assert above(figure(51, 52), 50)
    assert not above(figure(49, 52), 50)
    assert not above(figure(50, 52), 50)
    assert derived(replace(figure(1, 2), time=2020), Text("d", "丁"), Text("", "")).time == 0
