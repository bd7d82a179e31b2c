"""The record and the numbers of the README."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toolkit.errors import UnknownName
from toolkit.pipeline.collect import Record, fill, fill_readme, merge, read_record, write_record

RECORD: Record = {"02_subsidy": {"exhibits": {}, "statements": {"baseline": {"b": -0.0456, "n": 31, "province": "北京"}}}}


def test_markers_are_filled_and_filling_again_changes_nothing() -> None:
    text = "The elasticity is <!-- value: baseline.b | .2f -->0.99<!-- /value --> (<!-- value: baseline.n --><!-- /value --> provinces)."
    filled = fill(text, RECORD)
    assert ">−0.05<" in filled
    assert ">31<" in filled
    assert fill(filled, RECORD) == filled


def test_an_unknown_or_ambiguous_key_names_the_known_ones() -> None:
    with pytest.raises(UnknownName, match=r"0 notebooks state the value 'baseline\.beta'") as error:
        fill("<!-- value: baseline.beta -->1<!-- /value -->", RECORD)
    assert "baseline.b, baseline.n, baseline.province" in error.value.remedy
    with pytest.raises(UnknownName, match="2 notebooks"):
        fill("<!-- value: baseline.b -->1<!-- /value -->", {**RECORD, "03_more": RECORD["02_subsidy"]})


def test_the_last_digits_of_another_machine_do_not_change_the_record(tmp_path: Path) -> None:
    text = {"en": "It is 0.46.", "zh": "为0.46。"}
    old: Record = {"01_data": {"exhibits": {}, "statements": {"share": {"top": 0.4612345678901, "text": text}}}}
    fragment = tmp_path / "fragment.json"
    for value, words, kept in (
        (0.4612345678902, text, True),
        (0.46124, text, False),
        (0.4612345678902, {**text, "en": "Now 0.46."}, False),
    ):
        fragment.write_text(json.dumps({"statements": {"share": {"top": value, "text": words}}}), encoding="utf-8")
        new = merge(old, {"01_data": fragment}, ["01_data"])
        assert (new == old) is kept
        assert kept or new["01_data"]["statements"]["share"] == {"top": value, "text": words}


def test_a_fragment_replaces_the_section_of_its_notebook_only(tmp_path: Path) -> None:
    fragment = tmp_path / "fragment.json"
    fragment.write_text('{"statements": {"share": {"top": 0.5}}}', encoding="utf-8")
    old: Record = {**RECORD, "09_gone": {"exhibits": {}, "statements": {}}}
    fragments = {"01_data": fragment, "03_silent": tmp_path / "none"}
    new = merge(old, fragments, ["01_data", "02_subsidy", "03_silent"])
    assert new == {
        "01_data": {"exhibits": {}, "statements": {"share": {"top": 0.5}}},
        "02_subsidy": RECORD["02_subsidy"],
        "03_silent": {"exhibits": {}, "statements": {}},
    }


def test_the_record_is_read_back_and_its_bytes_do_not_depend_on_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    write_record(first, {**RECORD, "01": {"exhibits": {}, "statements": {}}})
    write_record(second, {"01": {"statements": {}, "exhibits": {}}, **RECORD})
    assert first.read_bytes() == second.read_bytes()
    assert read_record(first)["02_subsidy"] == RECORD["02_subsidy"]
    assert "北京" in first.read_text(encoding="utf-8")


def test_a_text_is_filled_in_its_language_and_keeps_its_hyphens() -> None:
    record: Record = {"02": {"statements": {"b": {"n": -1, "text": {"en": "31 province-years.", "zh": "31个省份年。"}}}}}
    assert ">31 province-years.<" in fill("<!-- value: b.text.en -->?<!-- /value -->", record)
    assert ">31个省份年。<" in fill("<!-- value: b.text.zh -->?<!-- /value -->", record)


def test_both_readmes_are_filled(project: Path) -> None:
    for name in ("README.md", "README.zh-CN.md"):
        (project / name).write_text("<!-- value: baseline.n -->?<!-- /value -->\n", encoding="utf-8")
    assert [path.name for path in fill_readme(RECORD)] == ["README.md", "README.zh-CN.md"]
    assert fill_readme(RECORD) == []
    assert (project / "README.zh-CN.md").read_text(encoding="utf-8") == "<!-- value: baseline.n -->31<!-- /value -->\n"


def test_exhibits_are_listed_in_the_language_of_the_marker() -> None:
    entry = {
        "kind": "figure",
        "title_en": "Shares",
        "title_zh": "份额",
        "files": ["reports/figures/01_s.en.png", "reports/figures/01_s.csv"],
    }
    record: Record = {"01": {"exhibits": {"01_s": entry}, "statements": {}}}
    filled = fill("<!-- exhibits: zh -->\nold\n<!-- /exhibits -->", record)
    assert "| 份额 | `01` | [01_s](figures/01_s.zh.png), [csv](figures/01_s.csv) |" in filled
    assert "old" not in filled
    assert fill(filled, record) == filled
