"""Published evidence counted by study: the file read without the library, the first delivery, and the report that asked for the count."""

from __future__ import annotations

import csv
from collections import defaultdict
from functools import cache

import pytest

from toolkit.data import load_frame
from toolkit.paths import DATA_RAW
from toolkit.studies.panels import evidence

PANELS = ("elasticity", "own_per_unit", "total_per_unit")


@cache
def results() -> evidence.Results:
    return evidence.run(load_frame("elasticity_evidence"))


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA_RAW / "evidence" / name).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


@cache
def newest() -> dict[str, dict[str, str]]:
    """The last version of each study, by hand."""
    versions = defaultdict(list)
    for row in rows_of("studies.csv"):
        versions[row["study"]].append(row)
    return {study: max(rows, key=lambda row: int(row["year"])) for study, rows in versions.items()}


def test_each_study_is_counted_once_by_its_latest_version() -> None:
    latest = results().latest
    assert set(latest["id"]) == {row["id"] for row in newest().values()}
    assert latest["study"].is_unique
    assert {"moretti_2016", "moretti_2019"}.isdisjoint(latest["id"])  # three rows of one paper, as the report found
    assert evidence.evidence_finding(results()).values["studies"] == len(newest()) == 66


def test_the_drawn_numbers_are_those_of_the_file() -> None:
    drawn = results().drawn.set_index("id")
    expected = {row["id"]: row for row in newest().values() if row["measure"] in PANELS and row["support"] != "public_research"}
    assert {"sussex_2016", "toole_2005"}.isdisjoint(expected)  # money for research elsewhere, not for the firms
    assert set(drawn.index) == set(expected)
    for study, row in expected.items():
        for column in ("estimate", "low", "high"):
            shown = drawn.loc[study, column]
            assert shown == float(row[column]) if row[column] else shown != shown, (study, column)
        assert drawn.loc[study, "kind"] == row["measure"]


def test_the_two_deliveries_agree_where_both_have_a_number() -> None:
    """Earlier names of the kinds on the left; the numbers were read twice, by different readers."""
    kinds = {"elasticity": "elasticity", "long-run elasticity": "elasticity", "own R&D per 1 unit": "own_per_unit"}
    kinds |= {"additionality coefficient": "mixed_coefficient", "slope of R&D ratio on subsidy ratio": "slope_of_ratios"}
    later = {row["id"]: row for row in rows_of("studies.csv")}
    compared = 0
    for row in rows_of("intl_elasticity_evidence.csv"):
        if row["id"] in later and row["measure"] in kinds:
            assert later[row["id"]]["measure"] == kinds[row["measure"]]
            for column in ("estimate", "std_error", "low", "high"):
                assert [float(x[column]) for x in (row, later[row["id"]]) if x[column]] in ([], [float(row[column] or 0)] * 2), row["id"]
            compared += 1
    assert compared == 8


def test_what_was_only_remembered_is_in_no_count() -> None:
    recalled = {row["id"] for row in rows_of("intl_elasticity_evidence.csv") if row["status"] == "recalled"}
    assert recalled == {"guellec_vp_elasticity"}
    assert recalled.isdisjoint(load_frame("elasticity_evidence")["id"])
    for row in rows_of("studies.csv"):
        assert row["read_at"].startswith("http"), row["id"]
        assert row["read_on"] in ("2026-11-29", "2026-11-30"), row["id"]


def test_the_range_of_elasticities_is_that_of_the_latest_versions() -> None:
    table = load_frame("elasticity_evidence")
    assert evidence.elasticity_range(table) == (0.07, 0.6, 3)
    assert evidence.elasticity_range(table[table["support"] == "government_rd"]) == (0.11, 0.6, 2)
    assert evidence.elasticity_range(table[table["study"] == "moretti"]) == (0.5, 0.6, 1)  # not 0.3, the draft of 2016
    assert evidence.elasticity_range(table[table["study"] == "lach"]).studies == 0  # 0.22 stands in the working paper only


def test_a_standard_error_becomes_an_interval() -> None:
    table = load_frame("elasticity_evidence")
    table.loc[table["id"] == "streicher_2004", "std_error"] = 0.1
    drawn = evidence.run(table).drawn.set_index("id")
    assert drawn.loc["streicher_2004", "low"] == pytest.approx(0.4 - 0.196, abs=1e-4)
    assert drawn.loc["streicher_2004", "high"] == pytest.approx(0.4 + 0.196, abs=1e-4)


def test_panels_do_not_mix_kinds_and_designs_are_grouped() -> None:
    drawn = results().drawn
    assert drawn["kind"].drop_duplicates().tolist() == list(PANELS)
    assert drawn.set_index("id")["kind"][["moretti_2025", "lach_2002", "oecd_2020"]].tolist() == list(PANELS)
    designs = results().latest["design"].drop_duplicates().tolist()
    assert designs[:2] == ["randomised", "discontinuity"]
    assert len(designs) == len(set(designs)) == 9


def test_the_counts_of_designs_are_those_of_the_file() -> None:
    values = evidence.evidence_finding(results()).values
    groups = {
        "random": {"randomised", "discontinuity"},
        "quasi": {"instrument", "bunching", "differences"},
        "observational": {"matching", "regression"},
        "reviews": {"meta_regression", "survey"},
    }
    for name, designs in groups.items():
        assert values[name] == sum(row["design"] in designs for row in newest().values()), name
    assert (values["random"], values["numbered"], values["random_elasticities"].en) == (13, 11, "none")
    assert sum(values[name] for name in groups) == values["studies"]


def test_the_studies_that_the_report_asked_for_are_there() -> None:
    asked = {"howell", "guo", "azoulay", "dechezlepretre", "pless", "cheng", "zuniga_vicente", "dimos_pugh"}
    assert asked <= set(newest())


def test_the_directions_are_counted_from_the_file() -> None:
    values = evidence.designs_finding(results()).values
    inputs = [r for r in newest().values() if r["design"] in ("randomised", "discontinuity") and r["outcome"] in ("own_rd", "investment")]
    found = {key: sum(r["direction"] == key for r in inputs) for key in ("positive", "positive_small", "no_effect")}
    assert (values["positive"], values["small"], values["no_effect"]) == tuple(found.values()) == (1, 3, 2)
    assert values["inputs"] == sum(found.values())  # nothing is left unsaid
    assert (values["chinese"], values["chinese_positive"], values["chinese_negative"]) == (10, 5, 3)
    assert (values["weaker"], values["weaker_positive"], values["weaker_negative"]) == (24, 13, 4)
    assert values["corrected"] == 0.075  # 7.5 cents a dollar


def test_findings_say_where_the_claim_lies() -> None:
    found = evidence.evidence_finding(results())
    assert found.values["low"] < found.values["claim"] == 0.38 < found.values["high"]
    assert "a range that covers the claim of 0.38" in found.text.en
    assert "这一范围包含论文数值0.38" in found.text.zh
