"""Published evidence beside our estimates: the raw file read without the library, and nothing that was only remembered."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import pytest

from toolkit.data import load, load_frame
from toolkit.errors import UnknownName
from toolkit.paths import DATA_RAW
from toolkit.studies.panels import evidence

PRINTED = 5e-4  # the independent runs are known to three decimals


@cache
def results() -> evidence.Results:
    return evidence.run(load_frame("elasticity_evidence"), load("provincial_panel"), load("us_industry_rd"))


@cache
def raw() -> dict[str, dict[str, str]]:
    with (DATA_RAW / "evidence" / "intl_elasticity_evidence.csv").open(encoding="utf-8") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


def test_published_numbers_are_those_of_the_file() -> None:
    drawn = results().drawn.set_index("id")
    for study in drawn.index[drawn["group"] == "published"]:
        row = raw()[study]
        assert row["status"] == "read"
        for column in ("estimate", "low", "high"):
            if row[column]:
                assert drawn.loc[study, column] == float(row[column])
        if not row["std_error"] and not row["low"]:
            assert np.isnan(drawn.loc[study, ["low", "high"]].astype(float)).all()


def test_recalled_findings_are_counted_and_not_shown() -> None:
    recalled = {study for study, row in raw().items() if row["status"] == "recalled"}
    assert set(results().recalled) == recalled
    assert not recalled & set(results().drawn["id"])
    assert evidence.evidence_finding(results()).values["recalled"] == len(recalled) == 1


def test_kinds_are_not_mixed() -> None:
    drawn = results().drawn.set_index("id")["kind"]
    assert drawn[["moretti_2025", "lach_2000", "claim"]].eq("elasticity").all()
    assert drawn[["lach_2002", "boeing_2016"]].eq("own_per_unit").all()
    assert drawn["guellec_vp_2000"] == "total_per_unit"
    assert drawn[["complexity_2022", "correa_2013"]].eq("other").all()
    assert "chen_2021" not in drawn  # a share of reported R&D is no effect of money


def test_a_standard_error_becomes_an_interval_and_a_range_stays_a_range() -> None:
    drawn = results().drawn.set_index("id")
    assert drawn.loc["complexity_2022", "low"] == pytest.approx(0.295 - 1.96 * 0.061, abs=PRINTED)
    assert np.isnan(drawn.loc["moretti_2025", "estimate"])
    assert (drawn.loc["moretti_2025", "low"], drawn.loc["moretti_2025", "high"]) == (0.5, 0.6)


def test_our_rows_are_the_independent_runs() -> None:
    drawn = results().drawn.set_index("id")
    assert drawn.loc["claim", "estimate"] == results().claim == 0.38
    assert drawn.loc["provinces_two_way", "estimate"] == pytest.approx(0.146, abs=PRINTED)
    assert drawn.loc["us_two_way", "estimate"] == pytest.approx(0.010, abs=PRINTED)
    assert drawn.loc["us_pooled", "estimate"] == pytest.approx(0.144, abs=PRINTED)


def test_table_has_every_finding_once_and_in_words() -> None:
    table = results().table
    assert len(table) == sum(row["status"] == "read" for row in raw().values())
    assert set(table["outlet"]) <= {row["outlet"] for row in raw().values()}
    assert table["kind"].isin(["elasticity", "own_per_unit", "total_per_unit", "other", "in_words"]).all()
    numbered = table[table["kind"] != "in_words"]
    assert numbered[["estimate", "range_low"]].notna().any(axis=1).all()


def test_finding_is_filled_from_the_results() -> None:
    found = evidence.evidence_finding(results())
    assert "lies among them" in found.text.en
    assert "在其之内" in found.text.zh
    assert found.values["all"] == len(evidence.sources(results()).data)
    assert found.values["least"] <= found.values["claim"] <= found.values["most"]


def test_a_finding_without_text_or_panel_is_refused_by_name() -> None:
    frame = load_frame("elasticity_evidence")
    for column, value, message in (("id", "somebody_2030", "somebody_2030"), ("measure", "jobs per unit", "jobs per unit")):
        changed = frame.copy()
        changed.loc[changed["id"] == "lach_2000", column] = value
        with pytest.raises(UnknownName, match=message):
            evidence.run(changed, load("provincial_panel"), load("us_industry_rd"))
