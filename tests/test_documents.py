"""README and docs: every block of code runs, every link leads somewhere, both languages have the same code and stay short."""

from __future__ import annotations

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import cli, paths
from toolkit.registry.read import read_yaml
from toolkit.registry.records import Source, Variable, make

ROOT = Path(__file__).resolve().parents[1]
DOCS = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", *DOCS]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
MARKS = re.compile(r"<!-- .*? -->")
# What the tests of the whole pipeline run, or what waits for a person; of these only the arguments are read here.
ELSEWHERE = {"all", "build", "run", "report", "verify", "lab", "paper"}
# A folder of CSMAR's cannot be shipped; the simulated one is run by the tests of that chapter.
NOT_SHIPPED = {"firms"}
LONGEST, LONGEST_README = 130, 220


def blocks(document: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(document.read_text(encoding="utf-8")) if kind == language]


def commands(document: Path) -> Iterator[list[str]]:
    """The arguments of each ``python run.py`` of a document, comments taken off."""
    for text in blocks(document, ""):
        for line in text.splitlines():
            words = shlex.split(line, comments=True)
            if words[:2] == ["python", "run.py"]:
                yield words[2:]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A project with the data of this one and the files that the documents name."""
    root = tmp_path
    for folder in ("data_raw", "data_processed"):
        (root / folder).symlink_to(ROOT / folder, target_is_directory=True)
    for folder in ("notebooks", "reports"):
        (root / folder).mkdir()
    shutil.copy(ROOT / "requirements.lock", root / "requirements.lock")
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"firm": np.repeat([f"F{i:03d}" for i in range(60)], 6), "year": np.tile(range(2018, 2024), 60)})
    rows["industry"] = [f"I{int(firm[1:]) % 9}" for firm in rows["firm"]]
    for name in ("rd", "subsidy", "exports", "tariff"):
        rows[name] = np.exp(rng.normal(4, 1, len(rows)))
    rows.to_excel(root / "mine.xlsx", index=False)
    rows.to_csv(root / "mine.csv", index=False)
    rows.to_csv(root / "large.csv", index=False)
    (root / "customs").mkdir()
    rows.to_parquet(root / "customs" / "rows.parquet")
    rows.to_parquet(root / "rows.parquet")
    return root


def for_a_cluster(code: str) -> bool:
    """Whether a block needs Spark's cluster; it is parsed here, and tests/estimate/test_large.py runs the same calls on a local Spark."""
    return any(isinstance(node, ast.ImportFrom) and str(node.module).startswith("pyspark") for node in ast.walk(ast.parse(code)))


def run_there(root: Path, *command: str) -> None:
    environment = {**os.environ, "TOOLKIT_ROOT": str(root), "PYTHONPATH": str(paths.LIBRARY.parent)}
    environment.pop("TOOLKIT_LANG", None)
    done = subprocess.run([sys.executable, *command], cwd=root, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-1500:]}{done.stderr[-3000:]}"


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.suffixes == [".md"]], ids=lambda path: path.stem)
def test_every_block_of_code_runs(document: Path, elsewhere: Path) -> None:
    for text in blocks(document, "yaml"):
        name = re.match(r"# ([\w.]+)\n", text)
        if name:
            (elsewhere / name[1]).write_text(text, encoding="utf-8")
    for kind, records in (("sources.yaml", Source), ("variables.yaml", Variable)):
        for key, entry in (read_yaml(elsewhere / kind) if (elsewhere / kind).exists() else {}).items():
            make(records, {**entry, "id": key})
    here, verbs = [], {verb.name for verb in cli.VERBS}
    for given in commands(document):
        verb = next((word for word in given if word in verbs), "all")
        if given == ["test"]:  # of run.py itself
            continue
        if verb in ELSEWHERE | NOT_SHIPPED:
            assert cli.parser().parse_args(given).verb in (verb, None)
        else:
            here.append(given)
    code = "\n".join(text for text in blocks(document, "python") if not for_a_cluster(text))
    run_there(elsewhere, "-c", f"{code}\n\nfrom toolkit.cli import main\nfor given in {here!r}:\n    assert main(given) == 0, given\n")


@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path.suffixes == [".md"]], ids=lambda path: path.stem)
def test_both_languages_have_the_same_code_and_headings(document: Path) -> None:
    other = document.with_name(f"{document.stem}.zh-CN.md")
    outside = [BLOCK.sub("", path.read_text(encoding="utf-8")) for path in (document, other)]
    english, chinese = (re.findall(r"^#+(?= )", text, re.MULTILINE) for text in outside)
    assert english == chinese
    code = [[re.sub(r"\s*#.*", "", text).replace(" --lang zh", "") for text in blocks(path, "python")] for path in (document, other)]
    assert code[0] == code[1]
    own = {"--lang", "zh", "FOLDER", "文件夹"}
    verbs = [[[word for word in given if word not in own] for given in commands(path)] for path in (document, other)]
    assert verbs[0] == verbs[1]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_is_short_and_its_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= (LONGEST_README if document.stem.startswith("README") else LONGEST)
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", BLOCK.sub("", text))
    assert [link for link in links if not link.startswith("http") and not (document.parent / link).exists()] == []


FIGURE = re.compile(r"\d+\.\d+|\d+\s*(?:%|per cent)")
NOT_PROSE = re.compile(r"`[^`]*`|\$[^$]*\$|<!-- value: .*?<!-- /value -->|^\|.*$", re.MULTILINE | re.DOTALL)
OWN_NUMBERS = {"3.11", "3.12", "3.13"}  # versions of Python


@pytest.mark.parametrize(
    "document", [path for path in DOCS if path.name.split(".")[0] not in ("firms", "large")], ids=lambda path: path.name
)
def test_no_result_is_typed_by_hand(document: Path) -> None:
    prose = re.sub(r"\]\([^)]*\)", "]", NOT_PROSE.sub(" ", BLOCK.sub("", document.read_text(encoding="utf-8"))))
    assert [found for found in FIGURE.findall(prose) if found not in OWN_NUMBERS] == []


def test_a_planted_mistake_is_seen(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text("# A\n\n```python\n1 / 0\n```\n\n```\npython run.py nothing\n```\n", encoding="utf-8")
    assert list(commands(document)) == [["nothing"]]
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run_there(tmp_path, "-c", blocks(document, "python")[0])
