"""What is committed of the results is not stale: the record, the files behind it, and the numbers in the README."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from toolkit.pipeline.collect import fill, read_record, write_record

ROOT = Path(__file__).resolve().parents[2]
RECORD = read_record(ROOT / "reports" / "record.json")
READMES = [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "reports").glob("EXHIBITS*.md"))]


def test_the_record_speaks_of_the_notebooks_that_exist() -> None:
    assert sorted(RECORD) == sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def test_recorded_hashes_are_those_of_the_files() -> None:
    stale = []
    for notebook, section in RECORD.items():
        for name, entry in section["exhibits"].items():
            csv = ROOT / next(file for file in entry["files"] if file.endswith(".csv"))
            if csv.exists() and hashlib.sha256(csv.read_bytes()).hexdigest() != entry["csv_sha256"]:
                stale.append(f"{notebook}/{name}")
    assert stale == []


def test_recorded_words_are_those_of_the_committed_tables() -> None:
    stale = []
    for section in RECORD.values():
        for entry in section["exhibits"].values():
            for file in (ROOT / file for file in entry["files"] if file.endswith(".md")):
                lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
                if file.exists() and [line for line in lines if line] != entry["text"][file.suffixes[0].removeprefix(".")]:
                    stale.append(file.name)
    assert stale == []


def test_every_exhibit_has_its_words_in_both_languages() -> None:
    entries = {name: entry for section in RECORD.values() for name, entry in section["exhibits"].items()}
    assert [name for name, entry in entries.items() if not all(len(entry["text"][language]) > 1 for language in ("en", "zh"))] == []
    titles = [name for name, entry in entries.items() if entry["kind"] == "figure" and entry["text"]["zh"][0] != f"**{entry['title_zh']}**"]
    assert titles == []


def test_committed_exhibits_are_recorded() -> None:
    recorded = {file for section in RECORD.values() for entry in section["exhibits"].values() for file in entry["files"]}
    folders = [ROOT / "reports" / "tables", ROOT / "reports" / "figures"]
    present = {
        path.relative_to(ROOT).as_posix() for folder in folders for path in folder.glob("*") if path.suffix in {".md", ".csv", ".png"}
    }
    assert sorted(present - recorded) == []


def test_the_record_has_stable_bytes(tmp_path: Path) -> None:
    if not RECORD:
        pytest.skip("nothing is recorded yet")
    write_record(tmp_path / "record.json", RECORD)
    assert (tmp_path / "record.json").read_bytes() == (ROOT / "reports" / "record.json").read_bytes()


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_numbers_in_the_readme_are_those_of_the_record(readme: Path) -> None:
    text = readme.read_text(encoding="utf-8")
    assert fill(text, RECORD | read_record(ROOT / "benchmarks" / "record.json")) == text
