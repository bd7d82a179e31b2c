"""The verb ``lab``: JupyterLab on a start notebook in the reader's language, without news of Jupyter's own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from toolkit import paths
from toolkit.language import Language, Text

CONFIG = Path(__file__).resolve().parent / "jupyter"
CELLS: tuple[tuple[str, Text], ...] = (
    (
        "markdown",
        Text(
            "# Start here\n\n"
            "[The site](../reports/index.html) · [chapters](../notebooks/) · [your studies](.) · [README](../README.md)\n\n"
            "Five minutes: load a table, describe it, estimate, write a table for Word. Run a cell with Shift+Enter. "
            "Further down are three forms that need no code.",
            "# 从这里开始\n\n"
            "[网站](../reports/index.zh.html) · [各章笔记本](../notebooks/) · [自己的研究](.) · [说明](../README.zh-CN.md)\n\n"
            "五分钟：读取数据表，描述，估计，写出Word表格。按Shift+Enter运行单元格。下方另有三张无需代码的表单。",
        ),
    ),
    (
        "markdown",
        Text(
            '## Load\n\nType `tk.tables["` or `panel["` and press Tab: the names of tables and variables appear.',
            '## 读取\n\n输入`tk.tables["`或`panel["`后按Tab键，即列出数据表与变量的名称。',
        ),
    ),
    ("code", Text(*['import toolkit as tk\n\npanel = tk.tables["provincial_panel"]\npanel'] * 2)),
    ("code", Text(*['tk.codebook("fiscal_sci_exp")'] * 2)),
    ("markdown", Text("## Describe", "## 描述")),
    ("code", Text(*['tk.describe(panel, ["rd_intensity", "fiscal_sci_exp", "gdp_per_capita"])'] * 2)),
    ("code", Text(*['panel["rd_intensity"].groupby(panel["year"]).median()'] * 2)),
    (
        "markdown",
        Text(
            "## Estimate\n\nThe formula is that of fixest and reghdfe: effects stand behind the bar. Standard errors are clustered by "
            "province. The coefficients are associations.",
            "## 估计\n\n公式写法与fixest、reghdfe相同：竖线之后为固定效应。标准误按省份聚类。所得系数为相关关系。",
        ),
    ),
    (
        "code",
        Text(
            *[
                'pooled = tk.fit("log(rd_intensity) ~ log(fiscal_sci_exp) + log(gdp_per_capita)", panel, cluster="province")\n'
                'within = tk.fit("log(rd_intensity) ~ log(fiscal_sci_exp) + log(gdp_per_capita) | province + year", panel, '
                'cluster="province")\n'
                "table = tk.regression_table([pooled, within])\n"
                "table"
            ]
            * 2
        ),
    ),
    ("markdown", Text("## For Word", "## 写入Word")),
    ("code", Text(*['table.to_word("word/tour.docx")'] * 2)),
    (
        "markdown",
        Text(
            "## Without code\n\nEach form writes the line of code that does the same. Describe a variable:",
            "## 无需代码\n\n每张表单都会写出与之等价的代码。描述一个变量：",
        ),
    ),
    ("code", Text(*["tk.jobs.variable()"] * 2)),
    ("markdown", Text("Run a panel regression; each one that you keep becomes a column:", "运行面板回归；保留的每次估计成为表中一列：")),
    ("code", Text(*["tk.jobs.regression()"] * 2)),
    ("markdown", Text("Write what you made above for Word:", "将以上结果写入Word：")),
    ("code", Text(*["tk.jobs.word()"] * 2)),
    (
        "markdown",
        Text(
            "## And then\n\nA study on a file of your own: `python run.py new my_study --data FILE`. A whole chapter as a paper: "
            "`python run.py paper 02`.",
            "## 接下来\n\n用自备文件新建研究：`python run.py new my_study --data FILE --lang zh`。"
            "将一章写成论文：`python run.py paper 02 --lang zh`。",
        ),
    ),
)


def notebook(cells: Sequence[tuple[str, str]]) -> str:
    """A notebook without outputs, from (kind, source) of its cells."""
    content = {
        "cells": [
            {"cell_type": kind, "id": f"{place:02d}", "metadata": {}, "source": source.splitlines(keepends=True)}
            | ({"execution_count": None, "outputs": []} if kind == "code" else {})
            for place, (kind, source) in enumerate(cells)
        ],
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def start_notebook(language: Language) -> Path:
    """The start notebook, written if it is not there: what its reader changed in it stays."""
    path = paths.OWN / f"start.{language}.ipynb"
    if not path.exists():
        paths.write_text(path, notebook([(kind, source.to(language)) for kind, source in CELLS]))
    return path


def command(language: Language, others: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The command that opens JupyterLab, and its environment.

    Parameters
    ----------
    language : of the start notebook and of what its cells show.
    others : options that go to JupyterLab; a file among them is opened instead.
    """
    environment = {**os.environ, "TOOLKIT_LANG": language}
    for name, folder in (("PYTHONPATH", paths.LIBRARY.parent), ("JUPYTER_CONFIG_PATH", CONFIG)):
        environment[name] = os.pathsep.join(filter(None, [str(folder), os.environ.get(name)]))
    settings = [f"--ServerApp.root_dir={paths.ROOT}", f"--ServerApp.preferred_dir={paths.NOTEBOOKS}"]
    if all(option.startswith("-") for option in others):
        settings.append(f"--LabApp.default_url=/lab/tree/{paths.relative(start_notebook(language))}")
    return [sys.executable, "-m", "jupyterlab", *settings, *others], environment
