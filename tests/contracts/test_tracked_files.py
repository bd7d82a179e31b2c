"""What is committed works on any machine and with any package index, and raw files are the ones that the registry describes."""

from __future__ import annotations

import hashlib
import re
import subprocess
from pathlib import Path

import pytest

from toolkit.registry import registry

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".venv", ".venv.old", ".venv.setup", "__pycache__", ".cache"}

# The brackets keep the patterns from matching themselves.
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:[w]ork|[t]mp|[r]oot|[h]ome|[U]sers)/[\w.]|[A-Z]:\\\\?[U]sers")
INDEX_HOST = re.compile(r"(?:py[p]i|pythonhost[e]d|registry\.npm[j]s|conda\.anacond[a]|deb\.debi[a]n)\S*\.(?:org|com|net)")
DESCRIPTIONS = {"README.md", "LICENSES.md", ".gitattributes", "LICENSE", "CHECKSUMS.sha256"}


def tracked() -> list[Path]:
    """Files of the project: what git tracks, or everything if this is no clone."""
    try:
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return [path for path in ROOT.rglob("*") if path.is_file() and not NOT_OURS.intersection(path.relative_to(ROOT).parts)]
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def texts() -> dict[str, str]:
    found = {}
    for path in tracked():
        try:
            found[path.relative_to(ROOT).as_posix()] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
    return found


def hits(pattern: re.Pattern[str], found: dict[str, str]) -> list[str]:
    return [f"{name}:{number}" for name, text in found.items() for number, line in enumerate(text.splitlines(), 1) if pattern.search(line)]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, INDEX_HOST], ids=["path of a machine", "package index"])
def test_no_tracked_file_is_tied_to_a_machine_or_an_index(pattern: re.Pattern[str]) -> None:
    assert hits(pattern, texts()) == []


def test_planted_ties_are_seen() -> None:
    planted = {
        "a": "see /" + "home/me/x",
        "b": "C:\\" + "Users\\me",
        "c": "https://files.python" + "hosted.org/x",
        "d": "docs/work/x and a /work",
    }
    assert hits(MACHINE_PATH, planted) == ["a:1", "b:1"]
    assert hits(INDEX_HOST, planted) == ["c:1"]


def test_raw_files_are_those_of_the_registry() -> None:
    raw = ROOT / "data_raw"
    described = {record.path: record.sha256 for record in registry().raw_files.values()}
    present = {
        path.relative_to(raw).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tracked()
        if raw in path.parents and path.name not in DESCRIPTIONS
    }
    assert present == described


SHOWN = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")


def test_the_committed_pictures_are_those_that_a_page_shows() -> None:
    """All others are drawn by a run: CSV and words of every exhibit are committed, which a reviewer can compare."""
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    shown = {(page.parent / link).resolve() for page in pages for link in SHOWN.findall(page.read_text(encoding="utf-8"))}
    done = subprocess.run(["git", "ls-files", "-z", "reports", "docs"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this is no clone")
    pictures = {(ROOT / name).resolve() for name in done.stdout.decode().split("\0") if name.endswith((".png", ".svg", ".jpg"))}
    assert pictures == {picture for picture in shown if picture.is_relative_to(ROOT)}
