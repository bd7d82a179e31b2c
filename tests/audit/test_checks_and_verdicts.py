"""From an official cell to a verdict: raw digits, vintages, definitions, second-hand figures, planted false claims."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from toolkit.audit.basket import resolve_vintage
from toolkit.audit.checks import Check, arithmetic, compare, depends, related, resolve
from toolkit.audit.interval import Interval
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.run import audit, disagreeing
from toolkit.audit.tables import Tables
from toolkit.audit.verdicts import judge
from toolkit.errors import AuditError, UnitMismatch, UnknownName
from toolkit.language import Text
from toolkit.paths import DATA_RAW

Make = Callable[..., PrintedClaim]
TABLES = Tables()


def raw(indicator: str, year: int) -> dict[str, str]:
    with (DATA_RAW / "national" / "national_series.csv").open(encoding="utf-8") as stream:
        return next(row for row in csv.DictReader(stream) if row["indicator"] == indicator and row["year"] == str(year))


@pytest.mark.parametrize(("indicator", "year"), [("gerd", 2024), ("basic_share", 2024), ("gerd_gdp", 2024), ("class1_new_drugs", 2024)])
def test_a_figure_is_the_printed_cell_with_its_rounding_and_source(indicator: str, year: int) -> None:
    cell, figure = raw(indicator, year), TABLES.national(indicator, year)
    decimals = len(cell["value"].partition(".")[2])
    assert figure.number == float(cell["value"])
    assert figure.interval.high - figure.interval.low == pytest.approx(10**-decimals)
    assert figure.sources == (cell["source_id"],)
    assert figure.unit.en == cell["unit"]


def test_trailing_zeros_of_the_raw_file_count() -> None:
    assert raw("gerd_gdp", 2020)["value"] == "2.40"
    assert str(TABLES.national("gerd_gdp", 2020).interval) == "[2.395, 2.405)"


def test_arithmetic_carries_sources_cells_and_weakness() -> None:
    ratio = TABLES.national("basic_share", 2024) / TABLES.international("basic_share_gerd", 2011, "USA")
    assert ratio.sources == ("S01", "S19")
    assert ratio.cells == ("national_series.basic_share 2024", "international.basic_share_gerd 2011 USA")
    weak = TABLES.provincial("ind_rd_fte", 2019, "Beijing")
    assert weak.weak
    assert (weak * 2).weak == weak.weak


def test_cells_that_do_not_exist_are_named() -> None:
    with pytest.raises(UnknownName, match="years with a value: 2018, 2024"):
        TABLES.national("class1_new_drugs", 2020)
    with pytest.raises(UnknownName, match=r"near: .*basic_share"):
        TABLES.national("basic_shares", 2024)
    with pytest.raises(UnknownName, match="near: Beijing"):
        TABLES.provincial("gdp", 2020, "Bejing")


def test_official_and_printed_number_meet_or_do_not(stated: Make) -> None:
    share = TABLES.national("basic_share", 2024)
    assert compare(stated("a", "6.88"), share).result == "agrees"
    assert compare(stated("a", "6.9"), share).result == "agrees"
    check = compare(stated("a", "6.9", "~"), share)
    assert (check.result, check.evidence, check.sources) == ("agrees", "official", ("S01",))
    planted = compare(stated("a", "6.98"), share)
    assert planted.result == "contradicts"
    assert "above it by at least 0.09 points" in planted.sentence.en
    assert "高至少0.09个百分点" in planted.sentence.zh


def test_units_convert_or_are_refused(stated: Make) -> None:
    wind = TABLES.national("wind_installed_cumulative", 2024)
    assert compare(stated("a", "520", unit="GW"), wind).result == "agrees"
    with pytest.raises(UnitMismatch, match="power is not yuan"):
        compare(stated("a", "520", unit="yuan"), wind)
    added = stated("a", "79.34", unit="GW", measured="flow")
    with pytest.raises(UnitMismatch, match="a flow is set against a stock"):
        compare(added, wind)
    change = (wind - TABLES.national("wind_installed_cumulative", 2023)).named(Text("change", "增量"))
    assert compare(added, change).result == "weak"  # 70 to 90 against 0.01: almost any number would have passed


def test_the_vintage_resolver_names_the_release_or_year_that_fits(stated: Make) -> None:
    first, revised = TABLES.national("gerd_gdp", 2023), TABLES.national("gerd_gdp_revised", 2023)
    check = resolve(stated("a", "2.58"), first, [revised])
    assert check.result == "vintage"
    assert "2.65%" in check.sentence.en
    assert "2.58%" in check.sentence.en
    earlier = [TABLES.national("gerd_gdp", year) for year in (2022, 2019)]
    assert resolve(stated("a", "2.23"), first, earlier).cells[-1] == "national_series.gerd_gdp 2019"
    found = resolve_vintage(Interval.of("2.30", "2.31"), [first, *earlier])
    assert found.holds == ()
    assert found.nearest.time == 2019
    assert float(found.distance) == pytest.approx(2.30 - 2.235)
    off = resolve(stated("a", "2.30"), first, earlier)
    assert off.result == "contradicts"
    assert "Nearest is" in off.sentence.en


def test_a_definition_basket_holds_fails_or_depends(stated: Make) -> None:
    low, high = TABLES.national("basic_share", 2014), TABLES.national("basic_share", 2024)
    names = (Text("early", "早"), Text("late", "晚"))
    both = dict(zip(names, (low, high), strict=True))
    assert depends(stated("a", "4", ">"), both).result == "agrees"
    assert depends(stated("a", "9", ">"), both).result == "contradicts"
    check = depends(stated("a", "5", ">"), both)
    assert check.result == "depends"
    assert judge(stated("a", "5", ">").claim, [check]).word == "depends"
    assert "late: 6.88%" in check.sentence.en


def test_a_quoted_figure_never_decides(stated: Make) -> None:
    quoted = TABLES.national("hightech_enterprises_certified", 2021)
    assert not quoted.official
    for value in ("33万", "99万"):
        claim = stated("a", value, unit="firms", untested={"en": "quoted only", "zh": "仅有转引"})
        verdict = judge(claim.claim, [compare(claim, quoted)])
        assert (verdict.word, verdict.grade) == ("not_tested", "C")
        assert verdict.checks[0].sentence.en.startswith("As quoted by another publication (S20)")


def _check(result: str, evidence: str) -> Check:
    return Check(Text("x", "某"), result, Text("1", "1"), Text(result, "果"), evidence)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("checks", "word", "grade"),
    [
        ([("agrees", "official")], "reproduced", "A"),
        ([("agrees", "official"), ("contradicts", "official")], "contradicted", "A"),
        ([("vintage", "official"), ("agrees", "papers")], "another_vintage", "A"),
        ([("agrees", "official"), ("incoherent", "papers")], "reproduced", "A"),
        ([("incoherent", "papers"), ("related", "official")], "incoherent", "P"),
        ([("depends", "official")], "depends", "A"),
        ([("weak", "official"), ("agrees", "papers")], "weak", "A"),
        ([("agrees", "papers")], "not_tested", "P"),
        ([("related", "secondary")], "not_tested", "C"),
        ([("related", "official")], "not_tested", "C"),
        ([("related", "papers")], "not_tested", "P"),
        ([], "not_tested", "D"),
    ],
)
def test_verdicts_and_grades(stated: Make, checks: list[tuple[str, str]], word: str, grade: str) -> None:
    claim = stated("a", "1", settle={"en": "a yearbook", "zh": "年鉴"}).claim
    verdict = judge(claim, [_check(*pair) for pair in checks])
    assert (verdict.word, verdict.grade) == (word, grade)
    if word == "not_tested":
        assert "To settle it: a yearbook." in verdict.sentence.en


# The order that judge documents, each with what makes the verdict.
IN_ORDER = [
    ("contradicted", ("contradicts", "official")),
    ("another_vintage", ("vintage", "official")),
    ("reproduced", ("agrees", "official")),
    ("incoherent", ("incoherent", "papers")),
    ("depends", ("depends", "official")),
    ("weak", ("weak", "official")),
    ("not_tested", ("related", "official")),
]


@pytest.mark.parametrize(("first", "second"), list(itertools.combinations(IN_ORDER, 2)))
def test_of_two_checks_the_verdict_that_is_named_first_wins_in_either_order(
    stated: Make, first: tuple[str, tuple[str, str]], second: tuple[str, tuple[str, str]]
) -> None:
    claim = stated("a", "1").claim
    checks = [_check(*first[1]), _check(*second[1])]
    for given in (checks, checks[::-1]):
        verdict = judge(claim, given)
        assert verdict.word == first[0]
        assert verdict.sentence.en == first[1][0]
        assert verdict.checks == tuple(checks)


def test_a_figure_of_another_release_outranks_one_that_agrees_from_cells_to_verdict(stated: Make) -> None:
    """One claim, two official comparisons: its year's first release does not fit, the revised one does, and a ratio agrees."""
    claim = stated("a", "2.58")
    first, revised = TABLES.national("gerd_gdp", 2023), TABLES.national("gerd_gdp_revised", 2023)
    checks = [compare(claim, revised), resolve(claim, first, [revised])]
    assert [check.result for check in checks] == ["agrees", "vintage"]
    verdict = judge(claim.claim, checks)
    assert (verdict.word, verdict.grade) == ("another_vintage", "A")
    assert [check.result for check in verdict.checks] == ["vintage", "agrees"]


def test_what_decides_is_said_once_and_only_what_decides(stated: Make) -> None:
    claim = stated("a", "1").claim
    twice = [_check("contradicts", "official"), _check("related", "papers"), _check("contradicts", "official")]
    verdict = judge(claim, twice)
    assert verdict.sentence == ("contradicts", "果")
    assert [check.result for check in verdict.checks] == ["contradicts", "contradicts", "related"]


def test_one_official_check_among_those_that_decide_is_enough_for_grade_a(stated: Make) -> None:
    claim = stated("a", "1").claim
    assert judge(claim, [_check("incoherent", "papers"), _check("incoherent", "official")]).grade == "A"
    assert judge(claim, [_check("depends", "papers")]).grade == "P"


def test_why_nothing_decides(stated: Make) -> None:
    reason, yearbook = {"en": "No figure.", "zh": "无数字。"}, {"en": "a yearbook.", "zh": "年鉴。"}
    assert judge(stated("a", "1").claim, []).sentence.en == "No test is declared and no reason given."
    assert judge(stated("a", "1", untested=reason).claim, []).sentence == ("No figure.", "无数字。")
    assert judge(stated("a", "1", settle=yearbook).claim, []).sentence == ("To settle it: a yearbook.", "可据以判定：年鉴。")
    both = judge(stated("a", "1", untested=reason, settle=yearbook).claim, [_check("agrees", "papers")])
    assert both.sentence.en == "The arithmetic of the papers is right. No figure. To settle it: a yearbook."


def test_at_least_is_never_rounded_up(stated: Make) -> None:
    """The distance between the ends is exact; what is shown of it is cut off."""
    figure = TABLES.national("basic_share", 2024)  # [6.875, 6.885)
    said = compare(stated("a", "7.00196"), figure).sentence.en
    # 7.001955 - 6.885 = 0.116955, of which three digits are 0.116 and not 0.117
    assert "by at least 0.116 points" in said


def test_a_computed_figure_is_shown_with_both_ends_also_within_one_year() -> None:
    first, second = TABLES.national("gerd_gdp", 2024), TABLES.national("basic_share", 2024)
    total = first + second
    assert " to " in total.text.en
    assert "至" in total.text.zh
    assert " to " not in first.text.en


def test_a_second_hand_report_gives_grade_c_and_no_official_words(stated: Make) -> None:
    claim = stated("a", "1", reported={"en": "As reported by a newspaper: 2", "zh": "据报载：2"}).claim
    verdict = judge(claim, [])
    assert (verdict.word, verdict.grade) == ("not_tested", "C")
    assert "newspaper" not in verdict.sentence.en


def test_own_arithmetic_and_related(stated: Make) -> None:
    claim = stated("a", "1")
    check = arithmetic(claim, False, Text("sum", "合计"), [3, 4], Text("no", "否"), claims=("a", "b"))
    assert (check.result, check.value.en, check.claims) == ("incoherent", "3, 4", ("b",))
    assert related(claim, TABLES.national("gerd", 2024), Text("x", "某"), Text("y", "某")).sources == ("S01",)
    assert related(claim, Interval.of(1, 2), Text("x", "某"), Text("y", "某")).evidence == "papers"


def test_two_numbers_for_one_quantity_are_found(stated: Make) -> None:
    same = {"indicator": {"en": "R&D", "zh": "研发"}}
    first, second = stated("a", "5", unit="trillion yuan", **same), stated("b", "3.6", unit="100 million yuan", **same)
    other = stated("c", "3.6万亿", unit="yuan", indicator={"en": "R&D", "zh": "研发"}, period="2023")
    found = disagreeing([first.claim, second.claim, other.claim])
    assert {name: [check.claims for check in checks] for name, checks in found.items()} == {"a": [("b",)], "b": [("a",)]}
    agreeing = stated("d", "5000", unit="billion yuan", **same)
    assert disagreeing([first.claim, agreeing.claim]) == {}


def test_a_planted_false_claim_is_caught(stated: Make) -> None:
    true = stated("share", "6.88", test={"series": "national_series.basic_share", "time": 2024})
    false = stated("planted", "6.68", test={"series": "national_series.basic_share", "time": 2024})
    ratio = stated("ratio", "1/7", unit="share", test={"relation": "share / (100 * ratio) = 1"})
    found = audit({c.id: c.claim for c in (true, false, ratio)})
    assert found.of("share").word == "reproduced"
    assert found.of("planted").word == "contradicted"
    assert found.of("ratio").word == "incoherent"
    assert [c.claims for c in found.contradictions] == [("ratio", "share")]
    assert found.counts()["contradicted"] == 1


def test_a_bound_is_not_rescued_by_another_year(stated: Make) -> None:
    test = {"series": "national_series.gerd_gdp", "time": 2018}
    assert audit({"a": stated("a", "2.5", ">", test=test).claim}).of("a").word == "contradicted"
    assert audit({"a": stated("a", "2.54", test=test).claim}).of("a").word == "another_vintage"


def test_errors_name_the_claim(stated: Make) -> None:
    unknown = stated("a", "1", test={"series": "national_series.gdpp", "time": 2024}).claim
    with pytest.raises(UnknownName, match="claim a, mine"):
        audit({"a": replace(unknown, where="mine.yaml, line 3")})
    silent = stated("b", comparator="none", unit="100 million yuan", test={"series": "national_series.gerd", "time": 2024}).claim
    with pytest.raises(AuditError, match="b states no number"):
        audit({"b": silent})
