"""The codebook and the run as pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from toolkit import glossary
from toolkit.language import Language, Text
from toolkit.present.templates import fill
from toolkit.registry import Registry

CODEBOOK = Text("Codebook", "变量手册")
RUN = Text("This run", "运行信息")
HEAD = (glossary.VARIABLE, Text("Unit", "单位"), Text("Definition, breaks, sources", "定义、断点与来源"))
DERIVED = Text("Derived", "计算")
BREAKS = Text("Breaks", "断点")
WEAK = glossary.WEAK_SERIES
SOURCES = Text("Sources", "来源")
NO_RUN = Text("Nothing is recorded about a run.", "尚无运行记录。")
ROWS = {
    "language": Text("Language of the notebooks", "notebook 语言"),
    "python": Text("Python", "Python"),
    "system": Text("System", "系统"),
    "cores": Text("Processor cores", "处理器核数"),
    "lock": Text("sha256 of requirements.lock", "requirements.lock 的 sha256"),
    "seconds": Text("Seconds in all", "总用时（秒）"),
}
FAILED = Text("stopped at a cell that raised", "因单元格出错而中止")
SECONDS = Text("Seconds", "用时（秒）")
PACKAGE = Text("Package", "软件包")
VERSION = Text("Version", "版本")
NOTEBOOK = Text("Notebook", "分析笔记")


def codebook_page(registry: Registry, language: Language) -> Markup:
    """The body of the codebook: every variable of every table, then every source."""
    words = {"codebook": CODEBOOK, "derived": DERIVED, "breaks": BREAKS, "weak": WEAK, "sources": SOURCES}
    return fill("codebook", language, registry=registry, head=HEAD, words=words)


def run_page(run: Mapping[str, Any], language: Language) -> Markup:
    """The body of the page about the last run, from reports/run.json."""
    facts = [(label.to(language), str(run.get(name, ""))) for name, label in ROWS.items()]
    notebooks = [
        (name, FAILED.to(language) if told.get("failed") else str(told["seconds"])) for name, told in run.get("notebooks", {}).items()
    ]
    tables = [((), facts), ((NOTEBOOK, SECONDS), notebooks), ((PACKAGE, VERSION), list(run.get("versions", {}).items()))]
    return fill("run", language, title=RUN, tables=tables if run else [], nothing=NO_RUN)
