"""The codebook and the run as pages."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from toolkit import glossary
from toolkit.language import Language, Text
from toolkit.registry import Registry, Source, Variable

CODEBOOK = Text("Codebook", "变量手册")
RUN = Text("This run", "运行信息")
HEAD = (glossary.VARIABLE, Text("Unit", "单位"), Text("Definition, breaks, sources", "定义、断点与来源"))
USED = Text("Used in", "所在数据表")
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


def codebook_page(registry: Registry, language: Language) -> str:
    """The body of the codebook: every variable of every table, then every source."""
    parts = [f"<h1>{CODEBOOK.to(language)}</h1>"]
    head = "".join(f'<th scope="col">{cell.to(language)}</th>' for cell in HEAD)
    for table in registry.tables.values():
        rows = "".join(_variable(registry.variables[name], language) for name in table.columns if name in registry.variables)
        parts.append(f'<section id="{escape(table.id)}"><h2>{escape(table.title.to(language))} <code>{escape(table.id)}</code></h2>')
        parts.append(f"<p>{escape(table.description.to(language))}</p>")
        parts.append(f'<div class="wide"><table class="rows"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div></section>')
    parts.append(f"<h2>{SOURCES.to(language)}</h2><dl>{''.join(_source(source, language) for source in registry.sources.values())}</dl>")
    return "\n".join(parts)


def _variable(variable: Variable, language: Language) -> str:
    chosen = language == "zh"
    name, other = (variable.name_zh, variable.name_en) if chosen else (variable.name_en, variable.name_zh)
    lines = [variable.definition_zh if chosen and variable.definition_zh else variable.definition]
    notes = (
        (DERIVED, variable.derived),
        (BREAKS, variable.breaks_zh if chosen and variable.breaks_zh else variable.breaks),
        (WEAK, variable.weak_zh if chosen and variable.weak_zh else variable.weak),
    )
    lines = [escape(line) for line in lines] + [f"<b>{title.to(language)}</b>: {escape(text)}" for title, text in notes if text]
    links = ", ".join(f'<a href="#source-{escape(source)}">{escape(source)}</a>' for source in variable.sources)
    lines += [f"<b>{SOURCES.to(language)}</b>: {links}"] if links else []
    unit = variable.unit_zh if chosen else variable.unit
    label = f"{escape(name)}<br><small>{escape(other)}</small><br><code>{escape(variable.id)}</code>"
    text = "<br>".join(filter(None, lines))
    return f'<tr><th scope="row">{label}</th><td>{escape(unit)}</td><td>{text}</td></tr>'


def _source(source: Source, language: Language) -> str:
    title = (source.publication_zh if language == "zh" else "") or source.publication
    details = " · ".join(escape(text) for text in (source.publisher, source.edition, source.years, source.notes, source.licence) if text)
    return f'<dt id="source-{escape(source.id)}">{escape(title)} <code>{escape(source.id)}</code></dt><dd>{details}</dd>'


def run_page(run: Mapping[str, Any], language: Language) -> str:
    """The body of the page about the last run, from reports/run.json."""
    title = f"<h1>{RUN.to(language)}</h1>"
    if not run:
        return f"{title}<p>{NO_RUN.to(language)}</p>"
    facts = [(label.to(language), str(run.get(name, ""))) for name, label in ROWS.items()]
    versions = [(name, str(version)) for name, version in run.get("versions", {}).items()]
    notebooks = [
        (name, FAILED.to(language) if told.get("failed") else str(told["seconds"])) for name, told in run.get("notebooks", {}).items()
    ]
    return "\n".join(
        [
            title,
            _two_columns((), facts),
            _two_columns((NOTEBOOK.to(language), SECONDS.to(language)), notebooks),
            _two_columns((PACKAGE.to(language), VERSION.to(language)), versions),
        ]
    )


def _two_columns(head: tuple[str, ...], rows: list[tuple[str, str]]) -> str:
    cells = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    top = f"<thead><tr>{cells}</tr></thead>" if head else ""
    body = "".join(f'<tr><th scope="row">{escape(left)}</th><td>{escape(right)}</td></tr>' for left, right in rows)
    return f'<div class="wide"><table class="rows">{top}<tbody>{body}</tbody></table></div>'
