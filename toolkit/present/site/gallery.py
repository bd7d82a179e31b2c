"""Pages of all figures and all tables, and the overview."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

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
INTRODUCTION = Text(
    "Checked official data, panel estimators and bilingual exhibits. Every number on these pages is computed by the notebooks; "
    "each figure and table stands beside the data it is drawn from.",
    "经核对的官方数据、面板估计与双语图表。本站所有数字均由 notebook 计算得出，每张图表旁均附其数据文件。",
)
ADDRESS = re.compile(r"https?://\S+")


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


def exhibits_of(record: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]) -> list[Exhibit]:
    """The exhibits of a record, in the order of notebooks and names."""
    return [
        Exhibit(name, entry["kind"], Text(entry["title_en"] or name, entry["title_zh"] or name), notebook)
        for notebook, section in sorted(record.items())
        for name, entry in sorted(section.get("exhibits", {}).items())
    ]


def overview(links: Sequence[Link], exhibits: Sequence[Exhibit], language: Language, reports: Path) -> str:
    """The body of index.html: what there is, with a thumbnail of each figure."""
    notebooks = [link for link in links if link.group == NOTEBOOKS]
    parts = [f"<h1>{escape(Text('Science-technology and industrial innovation', '科技创新与产业创新融合').to(language))}</h1>"]
    parts += [f'<p class="lead">{INTRODUCTION.to(language)}</p>', f"<h2>{NOTEBOOKS.to(language)}</h2>"]
    items = [f'<li><a href="{file_of(link.page, language)}">{escape(link.title.to(language))}</a></li>' for link in notebooks]
    parts.append(f'<ol class="plain">{"".join(items)}</ol>' if items else f"<p>{NONE_YET.to(language)}</p>")
    figures = [exhibit for exhibit in exhibits if exhibit.kind == "figure"]
    tables = [exhibit for exhibit in exhibits if exhibit.kind == "table"]
    parts.append(f"<h2>{FIGURES.to(language)}</h2>")
    thumbnails = "".join(_thumbnail(exhibit, language, reports) for exhibit in figures)
    parts.append(f'<div class="thumbnails">{thumbnails}</div>' if figures else f"<p>{NONE_YET.to(language)}</p>")
    parts.append(f"<h2>{TABLES.to(language)}</h2>")
    page = file_of("pages/tables", language)
    rows = "".join(f'<li><a href="{page}#{table.name}">{escape(table.title.to(language))}</a></li>' for table in tables)
    parts.append(f'<ul class="plain">{rows}</ul>' if tables else f"<p>{NONE_YET.to(language)}</p>")
    return "\n".join(parts)


def _thumbnail(exhibit: Exhibit, language: Language, reports: Path) -> str:
    source = f"figures/{exhibit.name}.{language}.png"
    if not (reports / source).exists():
        return ""
    target, title = f"{file_of('pages/figures', language)}#{exhibit.name}", escape(exhibit.title.to(language))
    return f'<a href="{target}"><img loading="lazy" src="{source}" alt="{title}"><span>{title}</span></a>'


def figures_page(exhibits: Sequence[Exhibit], language: Language, reports: Path) -> str:
    """The body of the page of all figures, with links to their files in both languages."""
    parts = [f"<h1>{FIGURES.to(language)}</h1>"]
    for exhibit in (one for one in exhibits if one.kind == "figure"):
        title, picture = escape(exhibit.title.to(language)), f"../figures/{exhibit.name}.{language}.png"
        files = _files(exhibit, "figures", ("png", "svg"), language, reports)
        image = f'<img loading="lazy" src="{picture}" alt="{title}">'
        parts.append(f'<figure id="{exhibit.name}">{image}<figcaption>{title}</figcaption>{files}</figure>')
    return "\n".join(parts if len(parts) > 1 else [*parts, f"<p>{NONE_YET.to(language)}</p>"])


def tables_page(exhibits: Sequence[Exhibit], language: Language, reports: Path) -> str:
    """The body of the page of all tables."""
    parts = [f"<h1>{TABLES.to(language)}</h1>"]
    for exhibit in (one for one in exhibits if one.kind == "table"):
        file = reports / "tables" / f"{exhibit.name}.{language}.html"
        title = escape(exhibit.title.to(language))
        content = file.read_text(encoding="utf-8") if file.exists() else f"<h2>{title}</h2>"
        files = _files(exhibit, "tables", ("docx", "tex", "md", "html"), language, reports)
        parts.append(f'<section id="{exhibit.name}" aria-label="{title}"><div class="wide">{content}</div>{files}</section>')
    return "\n".join(parts if len(parts) > 1 else [*parts, f"<p>{NONE_YET.to(language)}</p>"])


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
