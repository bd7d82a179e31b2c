"""Every official figure resolves and is contained in the words read; planted errors are caught; hedges and widths decide as they should."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from audited import whole
from msgspec.structs import replace

from toolkit.audit.checks import compare
from toolkit.audit.figures import official_figure, quoted
from toolkit.audit.printed import PrintedClaim, hedge, located, numbers
from toolkit.audit.run import audit
from toolkit.audit.search import STEPS, search
from toolkit.audit.tables import Tables
from toolkit.errors import RegistryError, UnknownName
from toolkit.registry import OfficialFigure, registry
from toolkit.registry.claims import FILE, load_official
from toolkit.registry.load import FOLDER

Make = Callable[..., PrintedClaim]
TABLES = Tables()


@pytest.mark.parametrize("figure", list(registry().official.values()), ids=lambda figure: figure.id)
def test_a_figure_resolves_and_its_words_contain_it(figure: OfficialFigure) -> None:
    assert figure.body.en
    assert figure.body.zh
    assert figure.date
    assert "." in figure.address
    assert quoted(figure), (figure.value, figure.words)
    assert set(figure.claims) <= set(registry().claims)
    assert figure.quantity.zh
    assert figure.place.zh
    official_figure(figure)


@pytest.mark.parametrize(
    ("value", "unit", "words", "holds"),
    [
        ("1288.8万", "vehicles", "产销分别为1288.8万辆", True),
        ("12.888", "million vehicles", "产销分别为1288.8万辆", True),
        ("7077", "patents", "geraram 7.077 patentes", True),
        ("22398.4亿", "yuan", "成約額は2兆2398億4000万元", True),
        ("1/8", "share", "占全国的八分之一", True),
        ("70", "%", "不低于百分之七十的比例", True),
        ("70", "%", "国产占比超七成", True),
        ("11", "rank", "to rank 11th globally", True),
        ("10", "years", "连续十年", True),
        ("10", "years", "连续九年", False),
        ("1288.9万", "vehicles", "产销分别为1288.8万辆", False),
        ("6.8", "trillion yuan", "a value of 6.9 trillion yuan", False),
    ],
)
def test_units_are_multiplied_out_by_the_algebra(value: str, unit: str, words: str, holds: bool) -> None:
    figure = registry().official["gii_rank_2024"]
    assert quoted(replace(figure, value=value, unit=figure.unit._replace(en=unit), words=words)) is holds


def test_a_planted_figure_is_refused_by_the_audit() -> None:
    with pytest.raises(RegistryError, match=r"do not contain '12'.*"):
        official_figure(replace(registry().official["gii_rank_2024_cnipa"], value="12"))
    with pytest.raises(UnknownName, match=r"near:.*gii_rank_2024"):
        TABLES.official("gii_rank_2042")


@pytest.mark.parametrize(
    ("column", "planted", "words"),
    [
        ("address", "", "address is empty"),
        ("date", "last year", "must be a year, month or day"),
        ("body_zh", "", "body is needed in both languages"),
        ("grade", "Z", "'Z'"),
        ("claims", "chen2025_nothing", "there is no claim 'chen2025_nothing'"),
        ("words", "", "words is empty"),
    ],
)
def test_a_planted_error_in_the_file_is_named_with_its_row(tmp_path: Path, column: str, planted: str, words: str) -> None:
    with (FOLDER / FILE).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    rows[0][column] = planted
    path = tmp_path / FILE
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(RegistryError) as caught:
        load_official(path, registry().claims)
    assert words in str(caught.value)
    assert f"row 2, figure {rows[0]['id']}" in str(caught.value)


def test_about_over_and_nearly_reach_the_same_everywhere() -> None:
    assert str(numbers("60", "~", "%")) == "[55, 65]"
    assert str(located("60", "<", "%")) == "[55, 60]"
    assert str(located("700", "<", "items")) == "[600, 700]"
    assert (hedge("1.6万", "bodies"), hedge("48", "drugs")) == (1000, 1)


def test_a_wide_figure_is_weak_and_a_bound_decides_only_what_it_excludes(stated: Make) -> None:
    pool, nearly = TABLES.official("pilot_pool"), TABLES.official("mic_key_technologies")
    assert compare(stated("a", "2400", ">", "platforms"), pool).result == "agrees"
    assert compare(stated("a", "2300", "<", "platforms"), pool).result == "contradicts"
    assert compare(stated("a", "672", unit="technologies"), nearly).result == "weak"  # 600 to 700
    assert compare(stated("a", "712", unit="technologies"), nearly).result == "contradicts"


def test_a_planted_statement_is_contradicted_by_a_figure(stated: Make) -> None:
    test = {"figures": ["nev_years_first_2024_pd"], "vintages": ["nev_years_first_2023_cctv"]}
    words = {value: audit({"a": stated("a", value, unit="years", test=test).claim}).of("a").word for value in ("10", "9", "7")}
    assert words == {"10": "reproduced", "9": "another_vintage", "7": "contradicted"}


def test_a_reading_of_ours_is_never_grade_a() -> None:
    for verdict in whole().verdicts:
        for check in verdict.checks:
            assert not (check.ours and check.grade == "A"), verdict.id


def test_figures_decide_as_many_statements_as_was_asked() -> None:
    assert sum(verdict.decided for verdict in whole().verdicts) >= 85


def test_the_search_counts_every_pair_and_says_why() -> None:
    found = whole()
    tried = search(found, TABLES)
    n = len(registry().claims)
    assert tried.counts["statements"]["all"] == n * (n - 1) // 2
    assert tried.counts["figures"]["all"] == n * len(registry().official)
    for counts in tried.counts.values():
        passed = [counts[step] for step in STEPS]
        assert passed == sorted(passed, reverse=True)
    assert len(tried.trials) == sum(counts["name"] for counts in tried.counts.values())
    assert all(trial.why.en and trial.why.zh for trial in tried.trials)
