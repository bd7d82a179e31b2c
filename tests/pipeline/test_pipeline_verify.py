"""Verification recomputes in another folder, compares everything, and changes nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from toolkit import paths
from toolkit.pipeline import build, collect, runner, verify

PROJECT = paths.ROOT


@pytest.mark.slow
def test_verify_agrees_with_a_fresh_run_and_sees_planted_differences(
    project: Path, shares: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(PROJECT / "data_raw", paths.DATA_RAW, dirs_exist_ok=True)
    build.build(force=True)
    runner.run([], "en", None, force=False)
    before = {path: path.read_bytes() for path in paths.REPORTS.rglob("*") if path.is_file()}
    assert verify.verify(None) == 0
    told = capfd.readouterr().out
    assert "ok       exhibit    01_shares/01_table" in told
    assert "ok       data       provincial_panel" in told
    assert "relative 1e-06" in told
    assert {path.name for path in paths.REPORTS.rglob("*") if path.is_file() and path not in before} == {"verified.json"}
    assert {path: path.read_bytes() for path in before} == before

    record = collect.read_record(collect.record_path())
    record["01_shares"]["statements"]["share"]["top"] = 0.7501
    entry = record["01_shares"]["exhibits"]["01_table"]
    csv = paths.TABLES / "01_table.csv"
    csv.write_text(csv.read_text(encoding="utf-8").replace("0.25", "0.26"), encoding="utf-8")
    entry["csv_sha256"] = "0" * 64
    record["01_shares"]["exhibits"]["01_old"] = json.loads(json.dumps(entry))
    collect.write_record(collect.record_path(), record)
    assert verify.verify(1) == 1
    told = capfd.readouterr().out
    assert "differs  exhibit    01_shares/01_table: row 1, column share: recorded 0.26, now 0.25" in told
    assert "missing  exhibit    01_shares/01_old" in told
    assert "differs  statement  01_shares/share: top: recorded 0.7501, now 0.75" in told
