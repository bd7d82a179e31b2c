"""A small project in a temporary folder: one notebook that works, one that saves exhibits, one that fails."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from toolkit import paths
from toolkit.audit import run
from toolkit.audit.verdicts import judge
from toolkit.pipeline import build, cache, runner
from toolkit.registry import registry

FIRST = """\
# Provinces

**Abstract** A very small example.

**摘要** 本笔记以一个很小的例子检验研发强度与政府补助的关系，并说明所用代理变量的含义与局限。

We estimate $y_{it} = \\beta x_{it} + \\alpha_i + \\varepsilon_{it}$ by

$$\\begin{aligned} \\widehat{\\beta} &= (X'X)^{-1} X'y \\\\ c &= \\text{R\\&D} \\end{aligned}$$
"""
SAVING = [
    "from matplotlib.figure import Figure\n"
    "from pandas import DataFrame\n"
    "from toolkit.present.exhibit import Drawing, FigureExhibit, TableExhibit, save\n"
    "from toolkit.language import Text\n"
    "from toolkit.present.record import statement\n"
    "from toolkit.present.tables.table import Cell, Row, Table",
    "data = DataFrame({'province': ['Beijing', 'Tibet'], 'share': [0.25, 0.75]})\n"
    "draw = lambda language: Drawing(Figure(figsize=(4, 3)), data, 'Shares' if language == 'en' else '份额')\n"
    "save(FigureExhibit(draw), '01_shares')",
    "head = Row((Cell('', 'label'), Cell('(1)')))\n"
    "row = Row((Cell('x', 'label'), Cell('0.25')))\n"
    "build = lambda language: Table('R&D and subsidy' if language == 'en' else '研发与补助', (head,), (row,), language=language)\n"
    "save(TableExhibit(build, data), '01_table')",
    "statement('share', Text('The share is {top:.2f}.', '份额为{top:.2f}。'), top=data.share.max())",
]
END = "## What this does and does not show\n\nNothing."


def claims_without_data() -> run.Audit:
    """Two claims as they stand before anything is computed."""
    names = ("he2025_subsidy_elasticity", "chen2025_resources_two_thirds")
    return run.Audit(tuple(judge(registry().claims[name], ()) for name in names), ())


def empty_project(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make toolkit.paths point to an empty project."""
    monkeypatch.setattr(paths, "ROOT", root)
    for name, folder in {
        "DATA_RAW": "data_raw",
        "DATA_PROCESSED": "data_processed",
        "NOTEBOOKS": "notebooks",
        "REPORTS": "reports",
        "FIGURES": "reports/figures",
        "TABLES": "reports/tables",
        "PAGES": "reports/pages",
    }.items():
        monkeypatch.setattr(paths, name, root / folder)
        (root / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(paths, "OWN", root / "own")
    monkeypatch.setattr(cache, "library_files", list)  # somebody may be editing the library while the tests run
    monkeypatch.setattr(run, "audit", claims_without_data)  # the project of the tests has no data_raw
    (root / "requirements.lock").write_text("numpy==2.4.6\n", encoding="utf-8")
    return root


def notebook_of(name: str, *cells: str) -> Path:
    """Write a notebook into the project; cells that begin with # are Markdown."""
    notebook = nbformat.v4.new_notebook()
    make = {True: nbformat.v4.new_markdown_cell, False: nbformat.v4.new_code_cell}
    notebook.cells = [make[text.startswith("#")](text) for text in cells]
    notebook.metadata["kernelspec"] = {"name": "a-kernel-nobody-has", "display_name": "x", "language": "python"}
    path = paths.NOTEBOOKS / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


def notebook_of_shares() -> Path:
    """Write the notebook that saves a figure and a table and states a number."""
    path = notebook_of("01_shares", FIRST, *SAVING, END)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata["zh"] = "# 份额\n\n我们估计 $y_{it}$。"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that toolkit.paths points to."""
    return empty_project(tmp_path, monkeypatch)


Write = Callable[..., Path]


@pytest.fixture
def write_notebook(project: Path) -> Write:
    """Writes a notebook into the project: name, then cells."""
    return notebook_of


@pytest.fixture
def shares(project: Path) -> Path:
    """A notebook that saves a figure and a table and states a number."""
    return notebook_of_shares()


@pytest.fixture(scope="session")
def written_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose only notebook has run and whose site is written."""
    root = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as monkeypatch:
        empty_project(root, monkeypatch)
        notebook_of_shares()
        runner.run([], "en", None, force=False)
        assert build.report("en", force=False) == "reports/index.html"
    return root


@pytest.fixture
def site(written_site: Path, project: Path) -> Path:
    """The reports of a copy of that project, which a test may change."""
    shutil.copytree(written_site, project, dirs_exist_ok=True)
    return paths.REPORTS
