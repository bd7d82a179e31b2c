"""The main job on the real figures and notebooks, in a folder of its own, against what is committed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from browser import Watched, faults_of, launched

from toolkit import paths
from toolkit.pipeline.collect import read_record
from toolkit.pipeline.verify import compare_records

COMMITTED = paths.ROOT


pytestmark = pytest.mark.slow  # a minute and a half: .ci/run has it

FILLED = ("README.md", "README.zh-CN.md", "reports/EXHIBITS.md", "reports/EXHIBITS.zh-CN.md")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of everything that goes into the main job, and nothing that comes out of it."""
    root = tmp_path_factory.mktemp("project")
    for folder in ("data_raw", "notebooks"):
        shutil.copytree(COMMITTED / folder, root / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (root / "reports").mkdir()
    (root / "benchmarks").mkdir()
    shutil.copy(COMMITTED / "benchmarks" / "record.json", root / "benchmarks" / "record.json")
    for name in (*FILLED, "requirements.lock"):
        shutil.copy(COMMITTED / name, root / name)
    return root


def run_there(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TOOLKIT_ROOT": str(root), "PYTHONPATH": str(COMMITTED)}
    environment.pop("TOOLKIT_LANG", None)
    return subprocess.run([sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True, timeout=600, check=False)


def test_the_main_job_gives_what_is_committed(elsewhere: Path) -> None:
    done = run_there(elsewhere, "-m", "toolkit")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "index.html" in done.stdout
    folders = {
        "tables": (COMMITTED / "reports" / "tables", elsewhere / "reports" / "tables"),
        "figures": (COMMITTED / "reports" / "figures", elsewhere / "reports" / "figures"),
    }
    assert {name: new.is_dir() for name, (_, new) in folders.items()} == dict.fromkeys(folders, True)
    old, new = (read_record(root / "reports" / "record.json") for root in (COMMITTED, elsewhere))
    findings = compare_records(old, new, COMMITTED, elsewhere)
    assert [finding for finding in findings if finding.state != "ok"] == []
    for readme in FILLED:
        assert (elsewhere / readme).read_text(encoding="utf-8") == (COMMITTED / readme).read_text(encoding="utf-8"), f"{readme} is stale"


def test_notebooks_complain_of_nothing(elsewhere: Path) -> None:
    """A warning would stand on the page, with a path of the machine that it came from."""
    executed = sorted((elsewhere / "reports" / ".cache" / "executed").glob("*.ipynb"))
    assert len(executed) == len(list((COMMITTED / "notebooks").glob("*.ipynb")))
    said = [
        (path.stem, "".join(output["text"]))
        for path in executed
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]
        for output in cell.get("outputs", [])
        if output.get("name") == "stderr"
    ]
    assert said == []


def test_the_whole_site_in_a_browser(elsewhere: Path) -> None:
    """With every table and every output, as a reader gets it."""
    with launched() as browser:
        watched = Watched(browser.new_context())
        faults, pages = faults_of(elsewhere / "reports", watched.page)
    assert not watched.faults + faults, "\n".join(watched.faults + faults)
    assert pages > 40


def test_a_second_run_repeats_nothing(elsewhere: Path) -> None:
    done = run_there(elsewhere, "-m", "toolkit")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "notebooks are up to date" in done.stderr
    assert "Site is up to date" in done.stderr


def test_the_example_of_the_readme_runs(elsewhere: Path) -> None:
    code = re.search(r"```python\n(.*?)```", (COMMITTED / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    done = run_there(elsewhere, "-c", code[1])
    assert done.returncode == 0, done.stderr[-3000:]
    made = {path.name for path in (elsewhere / "reports" / "tables").glob("my_table*")}
    assert made == {"my_table.csv", *(f"my_table.{language}.{kind}" for language in ("en", "zh") for kind in ("html", "tex", "docx", "md"))}
