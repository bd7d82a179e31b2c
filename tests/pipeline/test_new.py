"""python run.py new: a study that runs at once, stays in its own folder, and takes part in run, verify and the site."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import cli, paths
from toolkit.errors import NothingToEstimate, ToolkitError, UnknownOption
from toolkit.pipeline import build, cache, collect, new, runner, verify


@pytest.fixture
def own(project: Path) -> Path:
    """The folder of own studies of a project that has no others."""
    return project / "own"


@pytest.fixture
def firms(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"firm": np.repeat([f"{i:06d}" for i in range(30)], 8), "year": np.tile(range(2016, 2024), 30)})
    frame["研发支出"] = np.exp(rng.normal(4, 1, 240))
    frame["补贴"] = np.exp(rng.normal(2, 1, 240))
    frame["roa"] = rng.normal(0, 1, 240)
    path = tmp_path / "我的 数据.csv"
    frame.to_csv(path, index=False)
    return path


def source(folder: Path) -> str:
    cells = json.loads((folder / f"{folder.name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return "".join(cells[1]["source"])


@pytest.mark.slow
def test_a_study_of_a_users_file_runs_and_verifies(own: Path, firms: Path) -> None:
    told = new.create("chips", str(firms), "zh")
    assert "own/chips" in told
    assert source(own / "chips").splitlines()[2:] == [
        'DATA = "我的 数据.csv"',
        'OUTCOME = "log(研发支出)"',
        'REGRESSORS = "log(补贴) + roa"',
        'EFFECTS = "firm + year"',
    ]
    assert runner.run(["chips"], "zh", 1, force=False) == 1
    assert runner.run(["own/chips"], "zh", 1, force=False) == 0
    made = {file.name for file in (own / "chips" / "tables").iterdir()}
    assert {"chips_estimates.zh.docx", "chips_estimates.en.docx", "chips_estimates.csv", "chips_description.zh.md"} <= made
    assert "ln 研发支出" in (own / "chips" / "tables" / "chips_estimates.zh.md").read_text(encoding="utf-8")
    assert collect.read_record(collect.record_path()) == {}
    assert list(collect.recorded()) == ["chips"]
    assert list(paths.TABLES.iterdir()) == []

    build.report("zh", force=False)
    gallery = (paths.PAGES / "tables.zh.html").read_text(encoding="utf-8")
    assert 'href="../../own/chips/tables/chips_estimates.zh.docx"' in gallery
    assert (paths.PAGES / "chips.zh.html").exists()

    schema = own / "chips" / "schema.yaml"
    schema.write_text(schema.read_text(encoding="utf-8").replace('name: "补贴"', 'name: "政府补助"'), encoding="utf-8")
    assert runner.run(["chips"], "zh", 1, force=False) == 1
    assert "ln 政府补助" in (own / "chips" / "tables" / "chips_estimates.zh.md").read_text(encoding="utf-8")


def test_verify_copies_own_studies_and_compares_them(own: Path, firms: Path, tmp_path: Path) -> None:
    new.create("chips", str(firms), "en")
    (own / "chips" / "tables").mkdir()
    (own / "chips" / "tables" / "old.csv").write_text("x\n", encoding="utf-8")
    there = tmp_path / "there"
    verify._copy_inputs(there)
    assert sorted(file.name for file in (there / "own" / "chips").iterdir()) == sorted(
        ["README.md", "schema.yaml", "chips.ipynb", "我的 数据.csv"]
    )


def test_the_example_needs_no_file(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new", "my_study"]) == 0
    assert "own/my_study" in capsys.readouterr().out
    assert 'OUTCOME = "log(rd_intensity)"' in source(own / "my_study")
    schema = (own / "my_study" / "schema.yaml").read_text(encoding="utf-8")
    assert 'rd_intensity: {name: {en: "R&D intensity", zh: "R&D强度"}, unit: "%", type: number, range: [0, 15]}' in schema
    assert cli.main(["check", str(own / "my_study" / "data.csv"), "--schema", str(own / "my_study" / "schema.yaml")]) == 0
    assert [path.stem for path in cache.notebooks()] == ["my_study"]


@pytest.mark.parametrize("name", ["a b", "../x", "1x", "", "x" * 50, "a/b"])
def test_a_name_that_is_no_folder_is_refused(own: Path, name: str) -> None:
    with pytest.raises(UnknownOption):
        new.create(name, "", "en")
    assert not own.exists()


def test_nothing_is_left_of_a_study_that_cannot_be_made(own: Path, firms: Path, tmp_path: Path) -> None:
    with pytest.raises(ToolkitError, match="no such file"):
        new.create("a", str(tmp_path / "nothing.csv"), "en")
    (tmp_path / "text.csv").write_text("firm,year,x\na,2020,p\nb,2020,q\n", encoding="utf-8")
    with pytest.raises(NothingToEstimate):
        new.create("a", str(tmp_path / "text.csv"), "en")
    assert not own.exists()
    new.create("a", str(firms), "en")
    with pytest.raises(UnknownOption, match="already"):
        new.create("a", str(firms), "en")


def test_firms_come_before_their_provinces_and_a_column_can_be_named(own: Path, firms: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(firms, dtype={"firm": str}).assign(province=lambda rows: np.where(rows["firm"] < "000015", "Beijing", "Hebei"))
    frame.insert(0, "省份", frame.pop("province"))
    file = tmp_path / "both.csv"
    frame.to_csv(file, index=False)
    new.create("by_firm", str(file), "en")
    assert 'EFFECTS = "firm + year"' in source(own / "by_firm").splitlines()
    frame.rename(columns={"firm": "plant"}).to_csv(file, index=False)
    assert cli.main(["new", "by_plant", "--data", str(file), "--entity", "plant"]) == 0
    assert 'EFFECTS = "plant + year"' in source(own / "by_plant").splitlines()
    with pytest.raises(ToolkitError, match="no column 'branch'"):
        new.create("by_branch", str(file), "en", entity="branch")


def test_git_does_not_see_own_studies() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(["git", "check-ignore", "own/my_study/data.csv"], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 128)


@pytest.mark.parametrize("study", ["wages", "castle", "rdchem"])
def test_a_study_begins_from_a_published_one(own: Path, study: str) -> None:
    new.create("mine", "", "en", study)
    lines = source(own / "mine").splitlines()
    assert lines[2] == 'DATA = "data.csv"'
    assert runner.run(["mine"], "en", 1, force=False) == 1


def test_a_published_study_is_named_and_stands_alone(own: Path, firms: Path) -> None:
    with pytest.raises(UnknownOption, match=r"(?s)no published study 'grunfed'.*grunfeld"):
        new.create("mine", "", "en", "grunfed")
    with pytest.raises(UnknownOption, match="from a file or from a published study"):
        new.create("mine", str(firms), "en", "grunfeld")
    assert not (own / "mine").exists()
