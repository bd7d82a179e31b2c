"""An executed notebook as a paper: prose, numbered exhibits, folded code, contents. The only place that knows Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mistune
from markupsafe import Markup

from toolkit.language import Language, Text
from toolkit.present.site.references import HEADING as REFERENCES
from toolkit.present.templates import fill, to_mathml

_HEADING = re.compile(r"^#\s+(.+)$", re.MULTILINE)
_SAVED = re.compile(r"""save\(.*?,\s*["']([\w-]+)["']\s*\)[ \t;]*$""", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"<h1[^>]*>.*?</h1>\s*")
_SECTION = re.compile(r'<h([23]) id="([^"]+)">(.*?)</h[23]>')
_DATA = re.compile(r"^## (?:Data|数据)$", re.MULTILINE)
_ABSTRACT = re.compile(r"<p>(<strong>(?:Abstract|摘要)</strong>)")
_ABSTRACTS: dict[Language, str] = {"en": "**Abstract**", "zh": "**摘要**"}
CODE = Text("Code", "代码")
ALL_CODE = Text("Show all code", "显示全部代码")
CONTENTS = Text("On this page", "本页内容")
EXHIBITS = Text("Tables and figures", "图表")
MORE = Text("More", "更多图表")
SHOW_MORE = Text("Checks and details that a referee would ask for", "供审稿人查验的检验与细节")
UNDER_MORE = Text("{title}: see the end of the page.", "{title}：见本页末尾。")
TAG = "more"  # of a cell whose exhibits are folded away at the end of the page
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
DRAWN = Text("Figure drawn by the code below", "下方代码所绘的图")


class _Renderer(mistune.HTMLRenderer):
    """Markdown with equations as MathML, headings that can be linked to, and pictures that the cell holds."""

    def __init__(self, attachments: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(escape=False)
        self.attachments = attachments

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        name = re.sub(r"\W+", "-", re.sub(r"<[^>]*>", "", text).lower()).strip("-")
        return str(Markup('<h{0} id="{1}">{2}</h{0}>\n').format(level, name, Markup(text)))

    def image(self, text: str, url: str, title: str | None = None) -> str:
        for kind, held in self.attachments.get(url.removeprefix("attachment:"), {}).items():
            url = f"data:{kind};base64,{held}"
        return super().image(text, url, title)


def _with_equations(md: mistune.Markdown) -> None:
    """Teach the Markdown reader equations: $$ on lines of their own, $ inside a line."""

    def block(parser: Any, match: re.Match[str], state: Any) -> int:
        state.append_token({"type": "block_math", "raw": match["block"]})
        return match.end()

    def inline(parser: Any, match: re.Match[str], state: Any) -> int:
        state.append_token({"type": "inline_math", "raw": match["inline"]})
        return match.end()

    md.block.register("block_math", r"^ {0,3}\$\$(?P<block>[\s\S]+?)\$\$[ \t]*(?:\n|$)", block, before="list")
    md.inline.register("inline_math", r"\$(?![\s$])(?P<inline>(?:[^$\\]|\\.)+?)\$(?!\d)", inline, before="link")
    renderer: Any = md.renderer
    renderer.register("block_math", lambda _, text: to_mathml(text, "block"))
    renderer.register("inline_math", lambda _, text: to_mathml(text, "inline"))


@dataclass(frozen=True)
class NotebookRecord:
    """What the record knows of a notebook, in the language of the page.

    Attributes
    ----------
    title : of the page; it stands in place of the first heading of the notebook.
    exhibits : each saved exhibit by name, as it is shown.
    labels : its number and title by name.
    sentences : the key of each stated sentence and the sentence in the language of the page, by the sentence in either language.
    headline : the answer in short and how sure it is, shown under the title; empty for none.
    data : the tables of the chapter with years and columns, shown under the heading Data; before the references where there is none.
    references : publications of the data and the literature of the chapter, shown at the end.
    """

    title: str
    exhibits: Mapping[str, Markup]
    labels: Mapping[str, tuple[str, str]]
    sentences: Mapping[str, tuple[str, str]]
    headline: Markup
    data: Markup
    references: Markup


def title_of(path: Path, language: Language) -> str:
    """The first heading of a notebook in a language, or its name.

    Raises nothing: a notebook without heading is shown under its file name.
    """
    text = "\n".join(_prose(cell, language) for cell in _cells(path) if cell["cell_type"] == "markdown")
    heading = _HEADING.search(text)
    return heading.group(1).strip() if heading else path.name.split(".")[0]


def saved_in(path: Path) -> list[str]:
    """The names of the exhibits that a notebook saves, in the order of its cells."""
    return [name for cell in _cells(path) for name in _saved(cell)]


def code_of(path: Path) -> list[str]:
    """The code cells of a notebook."""
    return [cell["source"] for cell in _cells(path) if cell["cell_type"] == "code"]


def _saved(cell: Mapping[str, Any]) -> list[str]:
    return _SAVED.findall(cell["source"]) if cell["cell_type"] == "code" else []


def stated_in(path: Path) -> list[str]:
    """The texts that the cells of an executed notebook show, in order: its sentences among them."""
    shown = [output.get("data", {}) for cell in _cells(path) if cell["cell_type"] == "code" for output in cell["outputs"]]
    return [_as_stated("".join(data["text/markdown"])) for data in shown if "text/markdown" in data]


def body_of(path: Path, language: Language, told: NotebookRecord) -> Markup:
    """The cells of an executed notebook as HTML: exhibits and sentences in the language of the page, code folded behind them.

    Parameters
    ----------
    path : the executed notebook.
    language : of the page. In Chinese, the text ``zh`` in the metadata of a Markdown cell stands for all of it but the abstract.
    told : what the record knows of the notebook.
    """
    main: list[Markup] = []
    more: list[Markup] = []
    for cell in _cells(path):
        moved = [name for name in _saved(cell) if name in told.labels] if TAG in cell["metadata"].get("tags", ()) else []
        (more if moved else main).extend(_parts(cell, language, told))
        main += [_pointer(name, told, language) for name in moved]
    body = Markup(_ABSTRACT.sub(r'<p class="abstract">\1', _TITLE.sub("", Markup("\n").join(main), count=1)))
    shown = [name for name in saved_in(path) if name in told.labels]
    return fill(
        "notebook",
        language,
        told=told,
        body=body,
        more=Markup("\n").join(more),
        data=Markup("") if any(_describes_data(cell) for cell in _cells(path)) else told.data,
        sections=sections_of(body, deepest=3),
        exhibits=[(name, *told.labels[name]) for name in shown],
        words={"contents": CONTENTS, "all_code": ALL_CODE, "more": MORE, "show": SHOW_MORE, "exhibits": EXHIBITS, "references": REFERENCES},
    )


def sections_of(body: str, deepest: int = 2) -> list[tuple[int, str, Markup]]:
    """The sections of a text down to a level of headings: the level, what a link to each is called, and its heading."""
    return [(int(level), name, Markup(text)) for level, name, text in _SECTION.findall(body) if int(level) <= deepest]


def _describes_data(cell: Mapping[str, Any]) -> bool:
    return cell["cell_type"] == "markdown" and bool(_DATA.search(cell["source"]))


def _pointer(name: str, told: NotebookRecord, language: Language) -> Markup:
    """Where an exhibit would stand that is at the end of the page."""
    label, title = told.labels[name]
    return Markup('<p class="elsewhere"><a href="#{}">{}</a> {}</p>').format(name, label, UNDER_MORE.filled(title=title).to(language))


def _cells(path: Path) -> list[dict[str, Any]]:
    """The cells of a notebook, each text in one piece."""
    cells: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]


def _prose(cell: Any, language: Language) -> str:
    """The text of a Markdown cell; where it holds the abstract in both languages, with that of the page alone."""
    paragraphs = str(cell["source"]).split("\n\n")
    marked = {each: [text for text in paragraphs if text.startswith(mark)] for each, mark in _ABSTRACTS.items()}
    abstract = marked[language] if all(marked.values()) else []
    if language == "zh" and "zh" in cell["metadata"]:
        title, *rest = cell["metadata"]["zh"].split("\n\n")
        return "\n\n".join((title, *abstract, *rest))
    left_out = [text for texts in marked.values() for text in texts] if abstract else []
    return "\n\n".join(text for text in paragraphs if text in abstract or text not in left_out)


def _parts(cell: Any, language: Language, told: NotebookRecord) -> Iterator[Markup]:
    if cell["cell_type"] == "markdown":
        yield markdown(_prose(cell, language), cell.get("attachments", {}))
        if _describes_data(cell):
            yield told.data
        return
    if cell["cell_type"] != "code" or not cell["source"].strip():
        return
    names = _saved(cell)
    saved = [told.exhibits[name] for name in names if name in told.exhibits]
    yield from saved
    for output in cell["outputs"]:
        if not (saved and output["output_type"] in {"display_data", "execute_result"}):
            yield from _output(output, language, told)
    anchors = Markup("").join(Markup('<span id="code-{}"></span>').format(name) for name in names)
    yield fill("code", language, code=CODE, source=anchors + Markup(_highlighted(cell["source"])))


def markdown(text: str, attachments: Mapping[str, Mapping[str, str]]) -> Markup:
    """Markdown as HTML, its equations as MathML, with the pictures that a cell holds."""
    read = mistune.create_markdown(renderer=_Renderer(attachments), plugins=["table", "strikethrough", "url", _with_equations])
    return Markup(read(text))


def _output(output: Mapping[str, Any], language: Language, told: NotebookRecord) -> Iterator[Markup]:
    data = {kind: "".join(text) for kind, text in output.get("data", {}).items() if kind.startswith(("text/", "image/png"))}
    if output["output_type"] == "stream":
        yield Markup('<pre class="{}">{}</pre>').format(output["name"], _ANSI.sub("", "".join(output["text"])))
    elif output["output_type"] == "error":
        yield Markup('<pre class="stderr">{}</pre>').format(_ANSI.sub("", "\n".join(output["traceback"])))
    elif "text/html" in data:
        yield Markup('<div class="wide" tabindex="0">{}</div>').format(Markup(data["text/html"]))
    elif "image/png" in data:
        picture = data["image/png"].replace("\n", "")
        yield Markup('<p><img src="data:image/png;base64,{}" alt="{}"></p>').format(picture, DRAWN.to(language))
    elif "text/markdown" in data:
        key, sentence = told.sentences.get(_as_stated(data["text/markdown"]), ("", ""))
        yield (
            Markup('<p class="finding" id="{0}" title="{0}">{1}</p>').format(key, sentence) if key else markdown(data["text/markdown"], {})
        )
    elif "text/plain" in data:
        yield Markup("<pre>{}</pre>").format(data["text/plain"])


def _as_stated(shown: str) -> str:
    return shown.replace("&lt;", "<")


def _highlighted(source: str) -> str:
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
    from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

    return str(highlight(source, PythonLexer(), HtmlFormatter()))


def code_style() -> str:
    """The style sheet of highlighted code."""
    from pygments.formatters import HtmlFormatter

    style: str = HtmlFormatter(style="default").get_style_defs(".highlight")
    return style
