"""The recipes of CONTRIBUTING.md, each carried out on a copy of the tree, and the files counted that a contributor touches."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "toolkit",
    "data_raw",
    "data_processed",
    "notebooks",
    "tests/contracts",
    "pyproject.toml",
    "requirements.lock",
    "README.md",
    "README.zh-CN.md",
    "benchmarks",
    "reports/record.json",
    "reports/EXHIBITS.md",
    "reports/EXHIBITS.zh-CN.md",
)
GENERATED = {"data_processed", "reports", "__pycache__", ".cache", ".pytest_cache"}
ENGLISH_MARK, CHINESE_MARK = "Speed of lines", "宽带速率"

slow = pytest.mark.slow


class Tree:
    """A copy of the project in which a recipe is carried out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in SOURCES:
            here, there = ROOT / name, root / name
            if here.is_dir():
                shutil.copytree(here, there, ignore=shutil.ignore_patterns(".*"))  # with what is compiled, which is not touched
            else:
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(here, there)
        self.before = self.hashes()

    def hashes(self) -> dict[str, str]:
        files = (path for path in self.root.rglob("*") if path.is_file() and not GENERATED.intersection(path.relative_to(self.root).parts))
        return {path.relative_to(self.root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def touched(self) -> list[str]:
        return sorted(name for name, found in self.hashes().items() if self.before.get(name) != found)

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """What Python says to ``arguments`` in the copy; it must succeed."""
        settings = {name: value for name, value in os.environ.items() if name not in ("TOOLKIT_ROOT", "PYTHONPATH")}
        settings |= {"PYTHONPATH": str(self.root), "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.root, env=settings, capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path / "copy")


@slow
def test_a_source(tree: Tree) -> None:
    """Three files: the data, the README of its folder with the terms, one registry entry, which the build itself writes out."""
    rows = [
        "place,year,line_speed",
        *(f"{place},{year},{10 * number + year - 2020}" for number, place in enumerate("AB", 1) for year in (2021, 2022)),
    ]
    tree.write("data_raw/broadband/broadband.csv", "\n".join(rows) + "\n")
    readme = tree.read("data_raw/international/README.md")
    tree.write("data_raw/broadband/README.md", re.sub(r"(## Terms of use\n\n).*", r"\1CC0 1.0", readme))
    said = tree.run("-m", "toolkit", "build")
    assert "data_raw/broadband/broadband.csv is not in the registry" in said
    target = re.search(r"Save this as (\S+)", said).group(1)
    entry = re.search(r"^sources:\n.*?(?=^Data built)", said, re.DOTALL | re.MULTILINE).group(0)
    assert 'licence: "?"' in entry
    assert hashlib.sha256((tree.root / "data_raw/broadband/broadband.csv").read_bytes()).hexdigest() in entry
    tree.write(target, entry)
    refused = subprocess.run([sys.executable, "-m", "toolkit", "build"], cwd=tree.root, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert f"{target}, line 3" in refused.stderr
    filled = entry.replace('licence: "?"', 'licence: "CC0 1.0"').replace(
        '{en: "?", zh: "?"}', f'{{en: "{ENGLISH_MARK}", zh: "{CHINESE_MARK}"}}'
    )
    tree.write(target, filled.replace('"?"', '"Telecommunication report"'))
    assert "is not in the registry" not in tree.run("-m", "toolkit", "build")
    said = tree.run(
        "-c", "import toolkit as tk; p = tk.load('broadband'); print(p.frame.shape, p.entity, p.time); print(tk.codebook('line_speed'))"
    )
    assert "(4, 3) place year" in said
    assert ENGLISH_MARK in said
    assert CHINESE_MARK in said
    assert tree.touched() == [
        "data_raw/broadband/README.md",
        "data_raw/broadband/broadband.csv",
        "toolkit/registry/datasets/broadband.yaml",
    ]


OWN_CLASS = '''

@dataclass(frozen=True, eq=False, repr=False)
class ChangesEstimate(Estimate):
    """An estimate from changes, which names itself."""

    NAMES: ClassVar[Mapping[str, Text]] = {"changes": Text("Changes", "变动")}
    JUDGED_BY: ClassVar[tuple[str, ...]] = ("r2",)
'''
USE = """
import toolkit as tk
import pandas as pd
frame = pd.DataFrame({"id": [1, 1, 2, 2, 3, 3], "t": [1, 2] * 3, "x": [0.0, 1, 0, 2, 0, 3], "y": [5.0, 7, 1, 5, 0, 7]})
panel = tk.Panel(frame, "id", "t")
changes, pooled = tk.fit_changes("y ~ x", panel, covariance="iid"), tk.fit_pooled("y ~ x", panel, covariance="iid")
"""
SHOWN = """
from toolkit.present.writers import to_text
table = tk.regression_table([changes, pooled])
for language in ("en", "zh"): print(to_text(table.table(language)))
"""


@slow
def test_an_estimator(tree: Tree) -> None:
    """Two files and the test: the module, and its line in ``toolkit/estimate/__init__.py``; tables know its names from its class."""
    text = (
        tree.read("toolkit/estimate/linear/differences.py")
        .replace("fit_differences", "fit_changes")
        .replace('method="differences"', 'method="changes"')
    )
    text = text.replace("import replace\n", "import dataclass, fields, replace\n")
    text = text.replace("import Unpack\n", "import ClassVar, Unpack\n")
    text = text.replace("from dataclasses", "from collections.abc import Mapping\nfrom dataclasses", 1).replace(
        "\n\n@frugal", "\nfrom toolkit.language import Text\n" + OWN_CLASS + "\n\n@frugal", 1
    )
    last = "    return replace(found, spec=spec, omitted=omitted, means={name: means[name] for name in found.means})"
    assert last in text
    text = text.replace(
        last,
        "    values = {f.name: getattr(found, f.name) for f in fields(Estimate)}\n"
        '    return ChangesEstimate(**values | {"spec": spec, "omitted": omitted, "method": "changes"})',
    )
    tree.write("toolkit/estimate/linear/changes.py", text)
    door = "toolkit/estimate/__init__.py"
    changed = tree.read(door).replace(
        "    from toolkit.estimate.linear.differences",
        "    from toolkit.estimate.linear.changes import fit_changes\n    from toolkit.estimate.linear.differences",
    )
    changed = changed.replace('    "fit_cce",\n', '    "fit_cce",\n    "fit_changes",\n')
    tree.write(door, changed.replace('    "linear.differences":', '    "linear.changes": "fit_changes",\n    "linear.differences":'))
    tree.write("tests/estimate/test_changes.py", USE + "\ndef test_it():\n    assert round(float(changes.beta[0]), 3) == 2.214\n")
    tree.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-o", "addopts=", "tests/estimate/test_changes.py")
    said = tree.run("-c", USE + SHOWN)
    for word in ("Changes", "Pooled OLS", "变动", "混合OLS"):
        assert word in said
    assert tree.touched() == ["tests/estimate/test_changes.py", door, "toolkit/estimate/linear/changes.py"]


@slow
def test_a_study_with_its_notebook(tree: Tree) -> None:
    """Two files: a module of toolkit/studies and a notebook that calls it; record, exhibits and site follow by themselves."""
    study = tree.read("toolkit/studies/official_figures/measurement.py").replace('"measurement_vintage"', '"trial_vintage"')
    tree.write("toolkit/studies/official_figures/trial.py", study)
    notebook = json.loads(tree.read("notebooks/01_data_and_measurement.ipynb"))
    cells = []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if source.startswith("import"):
            source = 'import toolkit as tk\nfrom toolkit.studies.official_figures import trial\n\npanel = tk.load("provincial_panel")'
        if cell["cell_type"] == "markdown" or not re.search(r"provenance|repair", source):
            cells.append(cell | {"source": source.replace("measurement.", "trial.").replace("01_", "99_")})
    tree.write("notebooks/99_trial.ipynb", json.dumps(notebook | {"cells": cells}, ensure_ascii=False))
    tree.run("-m", "toolkit", "run", "99_trial")
    record = tree.read("reports/record.json")
    assert "trial_vintage" in record
    assert "99_describe" in record
    assert ENGLISH_MARK not in record
    tree.run(
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-o",
        "addopts=",
        "tests/contracts/test_notebook_rules.py",
        "-k",
        "99_trial or rules",
    )
    assert tree.touched() == ["notebooks/99_trial.ipynb", "toolkit/studies/official_figures/trial.py"]


CLAIM = """
huang2025_trial:
  paper: huang2025
  section: "1"
  statement: {en: "Basic research grew by 10.7 % in 2024.", zh: "2024年基础研究经费增长10.7%。"}
  indicator: {en: "growth of basic research", zh: "基础研究经费增速"}
  kind: statistic
  comparator: "="
  value: "10.7"
  unit: {en: "%", zh: "%"}
  period: "2024"
  place: {en: "China", zh: "全国"}
  testability: A
  priority: must
  test: {series: national_series.rd_basic, time: 2024, measure: growth}
"""


@slow
def test_a_claim(tree: Tree) -> None:
    """One file: the list of the paper."""
    name = "toolkit/registry/claims/huang2025.yaml"
    tree.write(name, tree.read(name) + CLAIM)
    said = tree.run("-m", "toolkit", "claims", "--claim", "huang2025_trial")
    assert "10.7" in said
    assert "reproduced" in said.lower()
    assert tree.touched() == [name]


@slow
def test_a_figure(tree: Tree) -> None:
    """One file: a module of toolkit/present/figures, which a study imports from there."""
    text = (
        tree.read("toolkit/present/figures/contrast.py")
        .replace("contrast_plot", "trial_plot")
        .replace("the contrast plot", "the trial plot")
    )
    tree.write("toolkit/present/figures/trial.py", text)
    code = (
        "import pandas as pd\nfrom toolkit.language import Text\nfrom toolkit.present.figures.trial import trial_plot\n"
        "frame = pd.DataFrame({'panel': ['a', 'a'], 'model': ['x', 'y'], 'estimate': [0.4, 0.1], 'low': [0.3, 0.0], 'high': [0.5, 0.2]})\n"
        "figure = trial_plot(frame, 'panel', 'model', title=Text('Trial', '试验'))\n"
        "for language in ('en', 'zh'): figure.draw(language).figure.savefig(f'{language}.png')\n"
    )
    tree.run("-c", code)
    images = [tree.root / f"{language}.png" for language in ("en", "zh")]
    assert all(image.read_bytes().startswith(b"\x89PNG") for image in images)
    assert images[0].read_bytes() != images[1].read_bytes()
    for image in images:
        image.unlink()
    assert tree.touched() == ["toolkit/present/figures/trial.py"]


@slow
def test_an_indicator_system(tree: Tree) -> None:
    """One file: an entry of systems.yaml."""
    name = "toolkit/registry/systems.yaml"
    text = tree.read(name)
    entry = re.search(r"^four_chains:\n(?:(?:  .*)?\n)+", text, re.MULTILINE).group(0)
    tree.write(name, f"{text.rstrip()}\n\n{entry.replace('four_chains:', 'trial_chains:', 1)}")
    code = (
        "import toolkit as tk\nscheme = tk.load_scheme('trial_chains')\n"
        "index = tk.composite_index(tk.load(scheme.table), scheme, weights='equal')\n"
        "print(len(scheme.systems), sorted(index.to_frame().columns)[:3])"
    )
    assert tree.run("-c", code).startswith("4 ")
    assert tree.touched() == [name]


def test_the_recipes_are_those_of_the_guide() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (an? [\w ]+?) \|.*\| (\d)[^|]*\|$", guide, re.MULTILINE))
    assert rows == {"a source": "3", "an estimator": "2", "a study": "2", "a claim": "1", "a figure": "1", "an indicator system": "1"}
    for text in (guide, (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")):
        for path in re.findall(r"`((?:toolkit|data_raw|notebooks|tests)/[\w./-]+)`", text):
            assert (ROOT / path).exists(), path


@slow
def test_planted_files_are_seen_as_touched(tree: Tree) -> None:
    tree.write("toolkit/extra.py", "")
    tree.write("reports/x.csv", "generated")
    with (tree.root / "data_raw/countries/intl_rd_by_source.csv").open(encoding="utf-8") as stream:
        assert next(csv.reader(stream))
    assert tree.touched() == ["toolkit/extra.py"]
