"""A small project in a temporary folder: one notebook that works, one that saves exhibits, one that fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from toolkit import paths
from toolkit.audit import run
from toolkit.audit.verdicts import judge
from toolkit.pipeline import cache
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


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project that toolkit.paths points to."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    for name, folder in {
        "DATA_RAW": "data_raw",
        "DATA_PROCESSED": "data_processed",
        "NOTEBOOKS": "notebooks",
        "REPORTS": "reports",
        "FIGURES": "reports/figures",
        "TABLES": "reports/tables",
        "PAGES": "reports/pages",
    }.items():
        monkeypatch.setattr(paths, name, tmp_path / folder)
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(paths, "OWN", tmp_path / "own")
    monkeypatch.setattr(cache, "library_files", list)  # somebody may be editing the library while the tests run
    monkeypatch.setattr(run, "audit", claims_without_data)  # the project of the tests has no data_raw
    (tmp_path / "requirements.lock").write_text("numpy==2.4.6\n", encoding="utf-8")
    return tmp_path


Write = Callable[..., Path]


@pytest.fixture
def write_notebook(project: Path) -> Write:
    """Writes a notebook into the project: name, then cells; those that begin with # are Markdown."""

    def write(name: str, *cells: str) -> Path:
        notebook = nbformat.v4.new_notebook()
        make = {True: nbformat.v4.new_markdown_cell, False: nbformat.v4.new_code_cell}
        notebook.cells = [make[text.startswith("#")](text) for text in cells]
        notebook.metadata["kernelspec"] = {"name": "a-kernel-nobody-has", "display_name": "x", "language": "python"}
        path = paths.NOTEBOOKS / f"{name}.ipynb"
        nbformat.write(notebook, path)
        return path

    return write


@pytest.fixture
def shares(write_notebook: Write) -> Path:
    """A notebook that saves a figure and a table and states a number."""
    path = write_notebook("01_shares", FIRST, *SAVING, END)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].metadata["zh"] = "# 份额\n\n我们估计 $y_{it}$。"
    nbformat.write(notebook, path)
    return path
