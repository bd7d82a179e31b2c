"""Pages of all figures and tables, the overview, the codebook and the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from markupsafe import Markup

from toolkit import glossary
from toolkit.language import LANGUAGES, Language, Text
from toolkit.present.site.shell import Link, file_of
from toolkit.present.templates import fill
from toolkit.registry import Registry

FILES = Text("Files", "文件")
BOTH = {"en": Text("English", "英文"), "zh": Text("Chinese", "中文")}
DATA = Text("data (CSV)", "数据（CSV）")
NONE_YET = Text("There is none yet: run the notebooks first.", "尚无内容：请先运行 notebook。")
FROM = Text("from", "来自")
FIGURES = Text("Figures", "图")
TABLES = Text("Tables", "表")
NOTEBOOKS = Text("Notebooks", "分析笔记")
SUBJECT = Text("Science-technology and industrial innovation", "科技创新与产业创新融合")
INTRODUCTION = Text(
    "Checked official data, panel estimators and bilingual exhibits. Every number on these pages is computed by the notebooks; "
    "each figure and table stands beside the data it is drawn from.",
    "经核对的官方数据、面板估计与双语图表。本站所有数字均由 notebook 计算得出，每张图表旁均附其数据文件。",
)


@dataclass(frozen=True)
class Exhibit:
    """A saved figure or table.

    Attributes
    ----------
    name : as given to ``save``.
    kind : "figure" or "table".
    title : in both languages.
    notebook : name of the notebook that saved it.
    folder : where its files are, relative to reports/: ``figures``, ``tables``, or a folder of a study of the user's own.
    """

    name: str
    kind: str
    title: Text
    notebook: str
    folder: str


def exhibits_of(record: Mapping[str, Mapping[str, Mapping[str, Any]]], order: Mapping[str, Sequence[str]]) -> list[Exhibit]:
    """The exhibits of a record, by notebook.

    Parameters
    ----------
    record : as in reports/record.json.
    order : names of the exhibits of a notebook in the order in which they are shown; others follow by name.
    """
    found = []
    for notebook, section in sorted(record.items()):
        place = {name: number for number, name in enumerate(order.get(notebook, ()))}
        for name, entry in sorted(section.get("exhibits", {}).items(), key=lambda item: (place.get(item[0], len(place)), item[0])):
            folder = PurePosixPath(entry["files"][0]).parent.as_posix() if entry.get("files") else f"reports/{entry['kind']}s"
            found.append(
                Exhibit(
                    name=name,
                    kind=entry["kind"],
                    title=Text(entry["title_en"] or name, entry["title_zh"] or name),
                    notebook=notebook,
                    folder=folder.removeprefix("reports/") if folder.startswith("reports/") else f"../{folder}",
                )
            )
    return found


def findings_of(record: Mapping[str, Mapping[str, Mapping[str, Any]]], language: Language) -> dict[str, list[str]]:
    """The sentences that each notebook states, in a language."""
    return {
        notebook: [values["text"][language] for _, values in sorted(section.get("statements", {}).items()) if "text" in values]
        for notebook, section in sorted(record.items())
    }


def overview(
    links: Sequence[Link], exhibits: Sequence[Exhibit], findings: Mapping[str, Sequence[str]], language: Language, reports: Path
) -> Markup:
    """The body of index.html: what is found, and a thumbnail of each figure."""
    notebooks = [
        {"file": file_of(link.page, language), "title": link.title, "findings": findings.get(link.page.removeprefix("pages/"), ())}
        for link in links
        if link.group == NOTEBOOKS
    ]
    figures = [one for one in exhibits if one.kind == "figure" and (reports / one.folder / f"{one.name}.{language}.png").exists()]
    return fill(
        "overview",
        language,
        subject=SUBJECT,
        introduction=INTRODUCTION,
        headings={"notebooks": NOTEBOOKS, "figures": FIGURES, "tables": TABLES},
        notebooks=notebooks,
        thumbnails=figures,
        listed=[one for one in exhibits if one.kind == "table"],
        figures=file_of("pages/figures", language),
        tables=file_of("pages/tables", language),
        none_yet=NONE_YET,
    )


@dataclass(frozen=True)
class Shown:
    """An exhibit as the gallery shows it.

    Attributes
    ----------
    exhibit, notebook : the exhibit and the title of its notebook.
    files : (language, files of that language that exist, relative to reports/).
    data : its CSV file, empty if there is none.
    page : the page of its notebook.
    content : a table as HTML; empty for a figure, or when the table has not been written.
    """

    exhibit: Exhibit
    notebook: Text
    files: tuple[tuple[Text, tuple[str, ...]], ...]
    data: str
    page: str
    content: Markup


def gallery_page(
    kind: Literal["figure", "table"], exhibits: Sequence[Exhibit], titles: Mapping[str, Text], language: Language, reports: Path
) -> Markup:
    """The body of the page of all figures, or of all tables, by notebook, with links to their files in both languages."""
    shown = [_shown(one, titles, language, reports) for one in exhibits if one.kind == kind]
    heading = FIGURES if kind == "figure" else TABLES
    return fill("gallery", language, heading=heading, shown=shown, none_yet=NONE_YET, data=DATA, origin=FROM)


def _shown(exhibit: Exhibit, titles: Mapping[str, Text], language: Language, reports: Path) -> Shown:
    folder, endings = exhibit.folder, ("png", "svg") if exhibit.kind == "figure" else ("docx", "tex", "md", "html")
    found = {each: tuple(f"{folder}/{exhibit.name}.{each}.{ending}" for ending in endings) for each in LANGUAGES}
    table = reports / folder / f"{exhibit.name}.{language}.html"
    data = f"{folder}/{exhibit.name}.csv"
    return Shown(
        exhibit=exhibit,
        notebook=titles.get(exhibit.notebook, Text(exhibit.notebook, exhibit.notebook)),
        files=tuple((BOTH[each], tuple(name for name in names if (reports / name).exists())) for each, names in found.items()),
        data=data if (reports / data).exists() else "",
        page=file_of("pages/" + exhibit.notebook, language),
        content=Markup(table.read_text(encoding="utf-8") if exhibit.kind == "table" and table.exists() else ""),
    )


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
