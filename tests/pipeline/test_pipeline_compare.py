"""Comparison of recorded and recomputed results."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from toolkit.agreement import difference_of_csv
from toolkit.pipeline.verify import compare_logs, compare_records, summary


def exhibit(root: Path, name: str, csv: str, title: str = "T") -> dict[str, Any]:
    path = root / "reports" / "tables" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(csv, encoding="utf-8")
    digest = hashlib.sha256(csv.encode()).hexdigest()
    return {"kind": "table", "title_en": title, "title_zh": "表", "files": [f"reports/tables/{name}.csv"], "csv_sha256": digest}


def test_each_state_is_reported_with_its_first_difference(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    csv = "term,estimate\nx,0.38\nz,\n"
    recorded = {name: exhibit(old, name, csv) for name in ("same", "close", "far", "gone", "retitled", "unseen")}
    now = {
        "same": exhibit(new, "same", csv),
        "close": exhibit(new, "close", "term,estimate\nx,0.3800000001\nz,\n"),
        "far": exhibit(new, "far", "term,estimate\nx,0.38\nz,1\n"),
        "retitled": exhibit(new, "retitled", csv, title="U"),
        "unseen": exhibit(new, "unseen", csv.replace("0.38", "0.39")),
        "added": exhibit(new, "added", csv),
    }
    (old / "reports" / "tables" / "unseen.csv").unlink()
    statements = ({"s": {"b": 0.38, "who": "Beijing"}, "t": {"n": 31}}, {"s": {"b": 0.38, "who": "Tibet"}, "t": {"n": 31}})
    findings = compare_records(
        {"01": {"exhibits": recorded, "statements": statements[0]}}, {"01": {"exhibits": now, "statements": statements[1]}}, old, new
    )
    assert {(finding.kind, finding.name): finding.state for finding in findings} == {
        ("exhibit", "01/added"): "new",
        ("exhibit", "01/close"): "ok",
        ("exhibit", "01/far"): "differs",
        ("exhibit", "01/gone"): "missing",
        ("exhibit", "01/retitled"): "differs",
        ("exhibit", "01/same"): "ok",
        ("exhibit", "01/unseen"): "differs",
        ("statement", "01/s"): "differs",
        ("statement", "01/t"): "ok",
    }
    details = {finding.name: finding.detail for finding in findings}
    assert details["01/far"] == "row 2, column estimate: recorded empty, now 1"
    assert "not on disk" in details["01/unseen"]
    assert details["01/s"] == "who: recorded Beijing, now Tibet"
    assert "4 differs" in summary(findings)


def test_shape_of_a_csv_counts() -> None:
    assert difference_of_csv("a,b\n1,2\n", "a,c\n1,2\n") == "columns: recorded a, b; now a, c"
    assert difference_of_csv("a\n1\n", "a\n1\n2\n") == "recorded 1 rows, now 2"
    assert difference_of_csv("a\n1\n", "") == "columns: recorded a; now "
    assert difference_of_csv("a\nnan\n", "a\nnan\n") == ""


def worded(entry: dict[str, Any], *lines: str) -> dict[str, Any]:
    return {**entry, "text": {"en": ["**T**", *lines], "zh": ["**表**"]}}


def test_words_are_compared_and_numbers_only_as_far_as_the_data_allow(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    cells, near = "term,estimate\nx,0.3845\n", "term,estimate\nx,0.38449999999\n"
    few = "Only 31 clusters by province: with so few, t tests reject too often."
    recorded = {
        "note": worded(exhibit(old, "note", cells), "| x | 0.385\\* |", few),
        "star": worded(exhibit(old, "star", cells), "| x | 0.385\\* |"),
        "rounding": worded(exhibit(old, "rounding", cells), "| x | 0.385\\* |"),
        "halfway": worded(exhibit(old, "halfway", cells), "| x | 0.385\\* |"),
        "no reason": worded(exhibit(old, "no reason", "term,estimate\nx,0.3846\n"), "| x | 0.385\\* |"),
        "unknown": exhibit(old, "unknown", cells),
    }
    now = {
        "note": worded(exhibit(new, "note", cells), "| x | 0.385\\* |"),
        "star": worded(exhibit(new, "star", near), "| x | 0.384 |"),
        "rounding": worded(exhibit(new, "rounding", near), "| x | 0.384\\* |"),
        "halfway": worded(exhibit(new, "halfway", cells), "| x | 0.384\\* |"),
        "no reason": worded(exhibit(new, "no reason", "term,estimate\nx,0.3846\n"), "| x | 0.384\\* |"),
        "unknown": worded(exhibit(new, "unknown", cells), "| x | 0.385\\* |"),
    }
    parts = ({"01": {"exhibits": entries, "statements": {}}} for entries in (recorded, now))
    findings = {finding.name.removeprefix("01/"): finding for finding in compare_records(*parts, old, new)}
    assert {name: finding.state for name, finding in findings.items()} == {
        "note": "differs",
        "star": "differs",
        "rounding": "ok",
        "halfway": "ok",  # six digits do not say on which side of the middle the number lies
        "no reason": "differs",
        "unknown": "differs",
    }
    assert findings["note"].detail == f"en note: recorded '{few}', now nothing"


def test_logs_are_compared_without_the_hash_of_the_code(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    text = "table:  p\ninputs: {}\nsha256: {}\nrows:   2\n\ncolumn n min\ngdp    2 {}\n"
    for folder in (old, new):
        folder.mkdir()
    (old / "same.log").write_text(text.format("a", "b", "1.5"), encoding="utf-8")
    (new / "same.log").write_text(text.format("c", "b", "1.5"), encoding="utf-8")
    (old / "other.log").write_text(text.format("a", "b", "1.5"), encoding="utf-8")
    (new / "other.log").write_text(text.format("a", "d", "1.6"), encoding="utf-8")
    (old / "gone.log").write_text("", encoding="utf-8")
    findings = {finding.name: finding for finding in compare_logs(old, new)}
    assert {name: finding.state for name, finding in findings.items()} == {"same": "ok", "other": "differs", "gone": "missing"}
    assert findings["other"].detail == "recorded 'gdp    2 1.5', now 'gdp    2 1.6'"
