"""What a reader would miss is missed by the comparison as well: mutated warnings, stars and labels of real exhibits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
import toolkit.estimate.linear.least_squares as linear
from toolkit import paths
from toolkit.panel import Panel
from toolkit.pipeline.collect import Record
from toolkit.pipeline.verify import compare_records
from toolkit.present import save
from toolkit.present.tables.regression import regression_table


@pytest.fixture
def provinces() -> Panel:
    """31 provinces, as in China: fewer than the 40 below which cluster-robust t tests are said to reject too often."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"province": np.repeat([f"p{i:02d}" for i in range(31)], 8), "year": np.tile(np.arange(2010, 2018), 31)})
    frame["x"] = rng.normal(size=248)
    frame["y"] = 0.5 * frame["x"] + rng.normal(size=248)
    return Panel(frame, "province", "year")


def made(root: Path, panel: Panel, monkeypatch: pytest.MonkeyPatch, **options: object) -> Record:
    """Save a regression table and a figure in a project folder of their own and return the record."""
    folders = {"ROOT": root, "TABLES": root / "reports" / "tables", "FIGURES": root / "reports" / "figures"}
    for name, folder in folders.items():
        monkeypatch.setattr(paths, name, folder)
    monkeypatch.setenv("TOOLKIT_RECORD", str(root / "record.json"))
    root.mkdir()
    estimate = tk.fit("y ~ x | province + year", panel, cluster="province")
    save(regression_table([estimate], **options), "t")  # type: ignore[arg-type]
    return {"02": json.loads((root / "record.json").read_text(encoding="utf-8"))}


def found(old: Record, new: Record, folder: Path) -> list[str]:
    return [finding.detail for finding in compare_records(old, new, folder / "old", folder / "new") if finding.state != "ok"]


def test_a_warning_that_is_gone_is_reported(provinces: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made(tmp_path / "old", provinces, monkeypatch)
    monkeypatch.setattr(linear, "few_clusters", lambda *_: [])  # as if the limit were 30
    new = made(tmp_path / "new", provinces, monkeypatch)
    assert (tmp_path / "old/reports/tables/t.csv").read_bytes() == (tmp_path / "new/reports/tables/t.csv").read_bytes()
    (detail,) = found(old, new, tmp_path)
    assert detail.startswith("en note: recorded '")
    assert "Only 31 clusters by province" in detail
    assert detail.endswith("now nothing")


def test_nothing_is_reported_of_the_same_run(provinces: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made(tmp_path / "old", provinces, monkeypatch)
    assert found(old, made(tmp_path / "new", provinces, monkeypatch), tmp_path) == []


def test_other_digits_of_the_same_numbers_are_reported(provinces: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made(tmp_path / "old", provinces, monkeypatch)
    (detail,) = found(old, made(tmp_path / "new", provinces, monkeypatch, digits=4), tmp_path)
    assert detail.startswith("en row: recorded")
