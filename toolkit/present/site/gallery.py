"""Pages of all figures and all tables, and the overview."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from toolkit.language import LANGUAGES, Language, Text
from toolkit.present.site.shell import Link, file_of, href

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
    """

    name: str
    kind: str
    title: Text
    notebook: str


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
            found.append(Exhibit(name, entry["kind"], Text(entry["title_en"] or name, entry["title_zh"] or name), notebook))
    return found


def findings_of(record: Mapping[str, Mapping[str, Mapping[str, Any]]], language: Language) -> dict[str, list[str]]:
    """The sentences that each notebook states, in a language."""
    return {
        notebook: [values["text"][language] for _, values in sorted(section.get("statements", {}).items()) if "text" in values]
        for notebook, section in sorted(record.items())
    }


def overview(
    links: Sequence[Link], exhibits: Sequence[Exhibit], findings: Mapping[str, Sequence[str]], language: Language, reports: Path
) -> str:
    """The body of index.html: what is found, and a thumbnail of each figure."""
    nothing = f"<p>{NONE_YET.to(language)}</p>"
    items = []
    for link in (link for link in links if link.group == NOTEBOOKS):
        told = "".join(f"<br>{escape(sentence)}" for sentence in findings.get(link.page.removeprefix("pages/"), ()))
        items.append(f'<li><a href="{file_of(link.page, language)}">{escape(link.title.to(language))}</a>{told}</li>')
    thumbnails = "".join(_thumbnail(exhibit, language, reports) for exhibit in exhibits if exhibit.kind == "figure")
    page = file_of("pages/tables", language)
    tables = [f'<li><a href="{page}#{one.name}">{escape(one.title.to(language))}</a></li>' for one in exhibits if one.kind == "table"]
    return "\n".join(
        [
            f"<h1>{SUBJECT.to(language)}</h1>",
            f'<p class="lead">{INTRODUCTION.to(language)}</p>',
            f"<h2>{NOTEBOOKS.to(language)}</h2>",
            f'<ol class="plain findings">{"".join(items)}</ol>' if items else nothing,
            f"<h2>{FIGURES.to(language)}</h2>",
            f'<div class="thumbnails">{thumbnails}</div>' if thumbnails else nothing,
            f"<h2>{TABLES.to(language)}</h2>",
            f'<ul class="plain">{"".join(tables)}</ul>' if tables else nothing,
        ]
    )


def _thumbnail(exhibit: Exhibit, language: Language, reports: Path) -> str:
    source = f"figures/{exhibit.name}.{language}.png"
    if not (reports / source).exists():
        return ""
    target, title = f"{file_of('pages/figures', language)}#{exhibit.name}", escape(exhibit.title.to(language))
    return f'<a href="{target}"><img loading="lazy" src="{source}" alt="{title}"><span>{title}</span></a>'


def figures_page(exhibits: Sequence[Exhibit], titles: Mapping[str, Text], language: Language, reports: Path) -> str:
    """The body of the page of all figures by notebook, with links to their files in both languages."""

    def shown(exhibit: Exhibit) -> str:
        title = escape(exhibit.title.to(language))
        image = f'<img loading="lazy" src="../figures/{exhibit.name}.{language}.png" alt="{title}">'
        files = _files(exhibit, "figures", ("png", "svg"), language, reports)
        return f'<figure id="{exhibit.name}">{image}<figcaption>{title}</figcaption>{files}</figure>'

    return _by_notebook(FIGURES, [one for one in exhibits if one.kind == "figure"], titles, shown, language)


def tables_page(exhibits: Sequence[Exhibit], titles: Mapping[str, Text], language: Language, reports: Path) -> str:
    """The body of the page of all tables by notebook, with links to their files in both languages."""

    def shown(exhibit: Exhibit) -> str:
        file = reports / "tables" / f"{exhibit.name}.{language}.html"
        title = escape(exhibit.title.to(language))
        content = file.read_text(encoding="utf-8") if file.exists() else f"<h3>{title}</h3>"
        files = _files(exhibit, "tables", ("docx", "tex", "md", "html"), language, reports)
        return f'<section id="{exhibit.name}" aria-label="{title}"><div class="wide">{content}</div>{files}</section>'

    return _by_notebook(TABLES, [one for one in exhibits if one.kind == "table"], titles, shown, language)


def _by_notebook(
    heading: Text, exhibits: Sequence[Exhibit], titles: Mapping[str, Text], shown: Callable[[Exhibit], str], language: Language
) -> str:
    parts, notebook = [f"<h1>{heading.to(language)}</h1>"], ""
    for exhibit in exhibits:
        if exhibit.notebook != notebook:
            notebook = exhibit.notebook
            parts.append(f"<h2>{escape(titles[notebook].to(language) if notebook in titles else notebook)}</h2>")
        parts.append(shown(exhibit))
    return "\n".join(parts if exhibits else [*parts, f"<p>{NONE_YET.to(language)}</p>"])


def _files(exhibit: Exhibit, folder: str, kinds: Sequence[str], language: Language, reports: Path) -> str:
    """Links to every file of an exhibit that exists, to its data and to its notebook."""
    groups = []
    for each in LANGUAGES:
        names = {kind: f"{folder}/{exhibit.name}.{each}.{kind}" for kind in kinds}
        links = [f'<a href="../{name}">{kind.upper()}</a>' for kind, name in names.items() if (reports / name).exists()]
        groups += [f"{BOTH[each].to(language)}: {' '.join(links)}"] if links else []
    if (reports / folder / f"{exhibit.name}.csv").exists():
        groups.append(f'<a href="../{folder}/{exhibit.name}.csv">{DATA.to(language)}</a>')
    groups.append(f'{FROM.to(language)} <a href="{href("pages/x", file_of("pages/" + exhibit.notebook, language))}">{exhibit.notebook}</a>')
    return f'<p class="files">{" · ".join(groups)}</p>'
