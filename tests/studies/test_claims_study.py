"""The exhibits of the claim audit against arithmetic done by hand from the papers' printed numbers and the raw files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from audited import whole

from toolkit.audit import Tables, audit, read_claims
from toolkit.audit.findings import findings
from toolkit.audit.registered import registered_ids
from toolkit.paths import DATA_RAW
from toolkit.present.record import Statement
from toolkit.registry import registry
from toolkit.studies.claims import arithmetic, own_list, two_thirds, verdicts


@cache
def tables() -> Tables:
    return Tables()


def national(indicator: str, year: int) -> float:
    with (DATA_RAW / "national" / "national_series.csv").open(encoding="utf-8") as stream:
        return next(float(r["value"]) for r in csv.DictReader(stream) if (r["indicator"], r["year"]) == (indicator, str(year)))


def test_the_counts_shown_are_those_of_the_audit() -> None:
    counts = whole().counts()
    open_words = ("not_tested", "not_public", "undefined", "no_fact")
    assert len(verdicts.decided(whole()).data) == sum(counts.values()) - sum(counts[word] for word in open_words)  # type: ignore[index]
    said = verdicts.verdicts_finding(whole()).values
    assert said["decided"] == said["a"] + said["b"] == sum(said[word] for word in ("reproduced", "another", "contradicted", "depends"))  # type: ignore[misc, operator]
    rest = ("decided", "weak", "arithmetic", "public", "private", "undefined", "goals")
    assert sum(said[word] for word in rest) == said["claims"] == len(registry().claims)  # type: ignore[misc]
    drawn = verdicts.verdict_bars(whole()).draw("en").data
    assert int(drawn.drop(columns="paper").to_numpy().sum()) == said["claims"]
    assert int(verdicts.open_table(whole()).data["statements"].sum()) == sum(counts[word] for word in open_words)  # type: ignore[index]


def test_findings_hold_numbers_of_the_registry_and_no_blank() -> None:
    listed = findings(whole(), tables())
    assert len(listed) == 10
    for verdict, text in listed:
        assert verdict.word in ("contradicted", "incoherent", "another_vintage", "depends"), verdict.id
        assert "{" not in text.en + text.zh
    words = {verdict.id: text.en for verdict, text in listed}
    assert "79.82 GW" in words["chen2025_wind_7934"]
    assert f"{4.7 / 46.3:.1%}" in words["chen2025_g60_hte_growth"]


def test_the_other_text_is_judged_like_any_list_and_a_planted_error_is_caught(tmp_path: Path) -> None:
    text = own_list.LIST.read_text(encoding="utf-8")
    good = audit(read_claims(own_list.LIST))
    assert (good.of("basic_share").word, good.of("basic_growth").word, good.of("index").word) == ("reproduced",) * 3
    assert not any(v.word in ("contradicted", "incoherent") for v in good.verdicts)
    planted = tmp_path / "planted.yaml"
    planted.write_text(text.replace('value: "6.88"', 'value: "6.98"').replace('value: "162.6"', 'value: "172.6"'), encoding="utf-8")
    bad = audit(read_claims(planted))
    assert bad.of("basic_share").word == "contradicted"
    assert bad.of("input").word == "incoherent"
    values = own_list.commentary_finding().values
    assert values["n"] == values["reproduced"] + values["contradicted"] + values["arithmetic"] + values["open"]  # type: ignore[operator]


def test_one_seventh_by_hand() -> None:
    values = arithmetic.corridor_finding(tables()).values
    assert (values["low"], values["high"]) == pytest.approx((462500 / 7.5, 463500 / 6.5))
    assert values["share"] == pytest.approx(50 * (46500 / 463500 + 47500 / 462500))


def test_the_vintages_by_hand() -> None:
    basic = arithmetic._releases(tables()).set_index("row")
    assert basic.loc["preliminary_divided", "low"] == pytest.approx(100 * 2496.5 / 36130.5)
    assert basic.loc["preliminary_divided", "high"] == pytest.approx(100 * 2497.5 / 36129.5)
    final = 100 * national("rd_basic", 2024) / national("gerd", 2024)
    assert basic.loc["final_divided", "low"] < final < basic.loc["final_divided", "high"]
    assert basic.loc["final_printed", "high"] < basic.loc["paper", "low"]
    assert arithmetic.release_finding(tables()).values["final"] == basic.loc["final_printed", "estimate"]


@pytest.mark.parametrize(
    "finding",
    [
        lambda: verdicts.verdicts_finding(whole()),
        lambda: arithmetic.corridor_finding(tables()),
        lambda: arithmetic.release_finding(tables()),
        lambda: own_list.commentary_finding(),
        lambda: two_thirds.two_thirds_finding(tables()),
    ],
)
def test_findings_fill(finding: Callable[[], Statement]) -> None:
    filled = finding()
    assert "{" not in filled.text.en + filled.text.zh


def test_computations_are_many_and_registered() -> None:
    assert set(registered_ids()) <= set(registry().claims)
