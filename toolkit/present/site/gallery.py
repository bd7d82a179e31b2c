"""Exhibits as the pages show them; the pages of all figures and tables, the codebook and the run."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from markupsafe import Markup

from toolkit import glossary
from toolkit.language import LANGUAGES, Language, Text
from toolkit.present.site.shell import file_of
from toolkit.present.templates import fill
from toolkit.registry import Registry, registry

DATA = Text("data", "数据")
NONE_YET = Text("There is none yet: run the notebooks first.", "尚无内容：请先运行 notebook。")
FIGURES = Text("Figures", "图")
TABLES = Text("Tables", "表")
NOTEBOOKS = Text("Chapters", "各章")
LABELS = {"figure": Text("Figure {number}", "图 {number}"), "table": Text("Table {number}", "表 {number}")}
CODE = Text("code", "代码")
FILES = {
    "docx": Text("Word", "Word"),
    "tex": Text("LaTeX", "LaTeX"),
    "md": Text("Markdown", "Markdown"),
    "svg": Text("SVG", "SVG"),
    "png": Text("PNG", "PNG"),
}
_PARTS = re.compile(r"<caption[^>]*>(?P<caption>.*?)</caption>\s*|<tfoot.*?<td[^>]*>(?P<note>.*)</td></tr></tfoot>\s*", re.DOTALL)
_NUMBER = re.compile(r"(?:Table|表)\s*([A-Z]?\d+(?:\.\d+)*)[.\s]\s*")
_SIZE = slice(16, 24)  # where a PNG file has its width and height


@dataclass(frozen=True)
class State:
    """Whether an exhibit came out again: ``name`` for the style sheet, a word to show, and what it means."""

    name: str
    word: Text
    meaning: Text


AGREES = State(
    "agrees",
    Text("recomputed: agrees", "重算：一致"),
    Text(
        "`python run.py verify` made it again and found every number, label and note as here.",
        "`python run.py verify`重新计算，数字、标签与附注均一致。",
    ),
)
UNKNOWN = State(
    "unknown",
    Text("not recomputed here yet", "本机尚未重算"),
    Text(
        "`python run.py verify` makes it again and compares every number, label and note.",
        "`python run.py verify`将重新计算并逐项比较数字、标签与附注。",
    ),
)


def fingerprint(entry: Mapping[str, Any]) -> str:
    """What an entry of the record says, as a hash: two entries with the same one show the same numbers and words."""
    return hashlib.sha256(json.dumps(entry, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _state_of(entry: Mapping[str, Any], told: Mapping[str, str] | None) -> State:
    """What ``verify`` last found of an exhibit; what it found of an earlier state of it does not count.

    Parameters
    ----------
    entry : of the exhibit in the record.
    told : of the exhibit in reports/verified.json, None for nothing.
    """
    if told is None or told["of"] != fingerprint(entry):
        return UNKNOWN
    differs = Text("`python run.py verify` found a difference: {detail}", "`python run.py verify`发现差异：{detail}").filled(
        detail=told["detail"]
    )
    return AGREES if told["state"] == "ok" else State("differs", Text("recomputed: differs", "重算：不一致"), differs)


@dataclass(frozen=True)
class Exhibit:
    """A saved figure or table.

    Attributes
    ----------
    name : as given to ``save``.
    kind : "figure" or "table".
    title, note : in both languages; the note of a table stands in its file.
    notebook : name of the notebook that saved it.
    folder : where its files are, relative to reports/: ``figures``, ``tables``, or a folder of a study of the user's own.
    number : of a figure, "2.1" for the first of chapter 2; a table has its number in its caption.
    state : what ``verify`` found when it made the exhibit again.
    """

    name: str
    kind: str
    title: Text
    note: Text
    notebook: str
    folder: str
    number: str
    state: State

    def file(self, ending: str, language: Language) -> str:
        """The file of an ending, relative to reports/."""
        return f"{self.folder}/{self.name}.{language}.{ending}"


def exhibits_of(
    record: Mapping[str, Mapping[str, Mapping[str, Any]]], order: Mapping[str, Sequence[str]], verified: Mapping[str, Mapping[str, str]]
) -> list[Exhibit]:
    """The exhibits of a record, by notebook.

    Parameters
    ----------
    record : as in reports/record.json.
    order : names of the exhibits of a notebook in the order in which they are shown; others follow by name.
    verified : as in reports/verified.json.
    """
    found = []
    for notebook, section in sorted(record.items()):
        place = {name: number for number, name in enumerate(order.get(notebook, ()))}
        chapter = chapter_of(notebook)
        figures = 0
        for name, entry in sorted(section.get("exhibits", {}).items(), key=lambda item: (place.get(item[0], len(place)), item[0])):
            folder = PurePosixPath(entry["files"][0]).parent.as_posix() if entry.get("files") else f"reports/{entry['kind']}s"
            figures += entry["kind"] == "figure"
            notes = {each: " ".join(line for line in entry["text"][each][1:] if not line.startswith("|")) for each in LANGUAGES}
            found.append(
                Exhibit(
                    name=name,
                    kind=entry["kind"],
                    title=Text(entry["title_en"] or name, entry["title_zh"] or name),
                    note=Text(notes["en"], notes["zh"]),
                    notebook=notebook,
                    folder=folder.removeprefix("reports/") if folder.startswith("reports/") else f"../{folder}",
                    number=f"{chapter}.{figures}" if chapter else str(figures),
                    state=_state_of(entry, verified.get(f"{notebook}/{name}")),
                )
            )
    return found


def chapter_of(notebook: str) -> str:
    """The number of a chapter; empty for a study of the user's own.

    >>> chapter_of("02_subsidy"), chapter_of("my_study")
    ('2', '')
    """
    found = re.match(r"0*(\d+)_", notebook)
    return found[1] if found else ""


def label_of(exhibit: Exhibit, language: Language, reports: Path) -> str:
    """ "Figure 2.1", or a sign where it has no number."""
    number = exhibit.number if exhibit.kind == "figure" else _table(exhibit, language, reports)[2]
    return LABELS[exhibit.kind].filled(number=number).to(language) if number else "¶"


def shown(exhibit: Exhibit, language: Language, reports: Path, code: str) -> Markup:
    """An exhibit on a page of pages/: number, title, picture or table, note, and links to itself, its files and its code.

    Parameters
    ----------
    code : the page that shows the code, "" for none.
    """
    endings = ("svg", "png") if exhibit.kind == "figure" else ("docx", "tex", "md")
    files = [(DATA, f"{exhibit.folder}/{exhibit.name}.csv"), *((FILES[ending], exhibit.file(ending, language)) for ending in endings)]
    content, note, _ = _table(exhibit, language, reports) if exhibit.kind == "table" else (Markup(""), exhibit.note.to(language), "")
    return fill(
        "exhibit",
        language,
        one=exhibit,
        label=label_of(exhibit, language, reports),
        picture=picture(exhibit, language, reports, "../"),
        content=content,
        note=note,
        files=[(text, file) for text, file in files if (reports / file).exists()],
        code=f"{code}#code-{exhibit.name}" if code else "",
        words={"code": CODE},
        state=exhibit.state,
    )


def _table(exhibit: Exhibit, language: Language, reports: Path) -> tuple[Markup, Markup, str]:
    """The rows of a table, its note and its number, from the file that ``save`` has written."""
    file = reports / exhibit.file("html", language)
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    parts = {name: part for match in _PARTS.finditer(text) for name, part in match.groupdict().items() if part}
    found = _NUMBER.match(parts.get("caption", "").strip())
    return Markup(_PARTS.sub("", text)), Markup(parts.get("note", "")), found[1] if found else ""


def picture(exhibit: Exhibit, language: Language, reports: Path, up: str) -> Markup:
    """The picture of a figure, with its size so that nothing moves while it loads; empty if there is none."""
    file = reports / exhibit.file("png", language)
    if not file.exists():
        return Markup("")
    with file.open("rb") as opened:
        width, height = struct.unpack(">II", opened.read(_SIZE.stop)[_SIZE])
    told = in_words(reports / exhibit.folder / f"{exhibit.name}.csv", language)
    alt = exhibit.title.to(language) + ("。" if language == "zh" else ". ") + told
    return Markup('<img loading="lazy" src="{}" width="{}" height="{}" alt="{}">').format(
        up + exhibit.file("png", language), width, height, alt
    )


_BOUNDS = {"low", "high", "conf_low", "conf_high", "std_error", "p_value", "rows", "n"}
_PLACES = {
    "year",
    "horizon",
    "event_time",
    "time",
    "row",
    "column",
    "weight",
    "pass",
    "dropped",
    "effect",
    "tax_rate",
    "years",
    "rank",
    "panel",
    "capacity",
}
_COLUMNS = {"estimate": glossary.ESTIMATE, "value": Text("Value", "数值"), "share": Text("Share", "比重"), "gini": glossary.GINI}
_RANGE = Text(
    "{column}: {n} values, lowest {low} ({low_at}), highest {high} ({high_at}).",
    "{column}：{n}个数值，最低{low}（{low_at}），最高{high}（{high_at}）。",
)
_RANGE_ALONE = Text("{column}: {n} values, from {low} to {high}.", "{column}：{n}个数值，介于{low}与{high}之间。")


def in_words(data: Path, language: Language) -> str:
    """What the data behind a figure say, for those who cannot see it: the lowest and the highest value of its first two measures.

    Parameters
    ----------
    data : the CSV file of the figure; a missing file says nothing.
    language : of the words.
    """
    if not data.exists():
        return ""
    with data.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    columns = list(rows[0]) if rows else []
    measured = [column for column in columns if column not in _BOUNDS | _PLACES and all(_is_number(row[column]) for row in rows)]
    keys = [column for column in columns if column not in (*measured, *_BOUNDS)]
    said = []
    for column in measured[:2]:
        seen = sorted((row for row in rows if row[column]), key=lambda row: float(row[column]))
        if seen:
            low, high = ((_short(float(row[column])), _place(row, keys, language)) for row in (seen[0], seen[-1]))
            name = _COLUMNS.get(column, _named(column)).to(language)
            name = name if _is_in(name, language) else _COLUMNS["value"].to(language)
            filled = (_RANGE if low[1] and high[1] else _RANGE_ALONE).filled(
                column=name, n=len(seen), low=low[0], low_at=low[1], high=high[0], high_at=high[1]
            )
            said.append(filled.to(language))
    return ("" if language == "zh" else " ").join(said)


def _short(value: float) -> str:
    """Three significant digits, without a power of ten.

    >>> _short(-0.12345), _short(24323.3), _short(4e-13)
    ('−0.123', '24,323', '0')
    """
    return (f"{value:,.0f}" if abs(value) >= 1000 or abs(value) < 1e-4 else f"{value:.3g}").replace("-", "−")


def _is_number(cell: str) -> bool:
    try:
        float(cell or "0")
    except ValueError:
        return False
    return True


def _place(row: Mapping[str, str], keys: Sequence[str], language: Language) -> str:
    """Where a value stands; in Chinese without what only has an English name."""
    found = [name for key in keys if row[key] and _is_in(name := _named(row[key]).to(language), language)]
    return ("，" if language == "zh" else ", ").join(found)


def _is_in(name: str, language: Language) -> bool:
    """Whether a name can be read in a language: in Chinese it has no English word, unless Chinese goes with it.

    >>> _is_in("own per unit", "zh"), _is_in("SCI论文", "zh"), _is_in("2012", "zh"), _is_in("own per unit", "en")
    (False, True, True, True)
    """
    return language == "en" or not re.search(r"[a-z]{2}", name) or bool(re.search(r"[\u4e00-\u9fff]", name))


def _named(name: str) -> Text:
    """The label of a variable, the name of a province, or the name itself with spaces."""
    from toolkit.present.words.labels import REGIONS, province_label  # they come with pandas, which `verify --help` does without

    known = registry().variables.get(name)
    if known is not None:
        return known.short
    spaced = name.replace("_", " ")
    return Text(province_label(spaced, "en"), REGIONS.get(spaced, province_label(spaced, "zh")))


def gallery_page(
    kind: Literal["figure", "table"], exhibits: Sequence[Exhibit], titles: Mapping[str, Text], language: Language, reports: Path
) -> Markup:
    """The body of the page of all figures, or of all tables, by notebook."""

    def code(one: Exhibit) -> str:
        return file_of(one.notebook, language) if one.notebook in titles else ""

    return fill(
        "gallery",
        language,
        heading=FIGURES if kind == "figure" else TABLES,
        shown=[(one, shown(one, language, reports, code(one))) for one in exhibits if one.kind == kind],
        titles=titles,
        page=lambda notebook: file_of("pages/" + notebook, language),
        none_yet=NONE_YET,
    )


CODEBOOK = Text("Codebook", "变量手册")
RUN = Text("This run", "运行信息")
HEAD = (glossary.VARIABLE, Text("Unit", "单位"), Text("Definition, breaks, sources", "定义、断点与来源"))
DERIVED = Text("Derived", "计算")
BREAKS = Text("Breaks", "断点")
WEAK = glossary.WEAK_SERIES
SOURCES = Text("Sources", "来源")
RAW = Text("Raw files", "原始文件")
SERIES = Text("`python run.py codebook NAME` names the series of each variable.", "`python run.py codebook 名称`列出各变量所取的序列。")
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
    words = {"codebook": CODEBOOK, "derived": DERIVED, "breaks": BREAKS, "weak": WEAK, "sources": SOURCES, "raw": RAW, "series": SERIES}
    return fill("codebook", language, registry=registry, head=HEAD, words=words)


def run_page(run: Mapping[str, Any], language: Language) -> Markup:
    """The body of the page about the last run, from reports/run.json."""
    facts = [(label.to(language), str(run.get(name, ""))) for name, label in ROWS.items()]
    notebooks = [
        (name, FAILED.to(language) if told.get("failed") else str(told["seconds"])) for name, told in run.get("notebooks", {}).items()
    ]
    tables = [((), facts), ((NOTEBOOK, SECONDS), notebooks), ((PACKAGE, VERSION), list(run.get("versions", {}).items()))]
    return fill("run", language, title=RUN, tables=tables if run else [], nothing=NO_RUN)
