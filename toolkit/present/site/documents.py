"""docs/ as pages of the site, and the reference of public names, written from their docstrings."""

from __future__ import annotations

import inspect
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from importlib import import_module

from markupsafe import Markup, escape

from toolkit import paths
from toolkit.language import Language, Text
from toolkit.present.site.notebooks import markdown, sections_of
from toolkit.present.site.shell import file_of
from toolkit.present.templates import fill, to_mathml

FOLDER = paths.LIBRARY.parent / "docs"
HOME = Text("Documentation", "使用文档")
LEAD = Text(
    "A tutorial to begin with, a guide for each job, explanations for the questions that come back, and the reference to look things up.",
    "入门教程、各项任务的操作指南、常见问题的解释，以及供查阅的函数参考。",
)
TUTORIAL, GUIDES, EXPLANATION, REFERENCE = (
    Text("Tutorial", "教程"),
    Text("How to", "操作指南"),
    Text("Explanation", "解释"),
    Text("Reference", "参考"),
)
SHELF: Mapping[Text, tuple[str, ...]] = {
    TUTORIAL: ("tutorial",),
    GUIDES: ("own_data", "own_claims", "own_index", "new_study", "new_source", "clusters", "word_stata", "firms", "large"),
    EXPLANATION: ("standard_errors", "proxies", "vintages"),
    REFERENCE: ("notation", "estimators"),
}
MODULES: Mapping[str, Text] = {
    "data": Text("Data: toolkit.data", "数据：toolkit.data"),
    "estimate": Text("Estimators: toolkit.estimate", "估计：toolkit.estimate"),
    "estimate.diagnostics": Text("Tests of an estimate: toolkit.estimate.diagnostics", "诊断检验：toolkit.estimate.diagnostics"),
    "measure": Text("Measures and indices: toolkit.measure", "测度与指数：toolkit.measure"),
    "present": Text("Tables and figures: toolkit.present", "图表：toolkit.present"),
    "audit": Text("Claims: toolkit.audit", "论断核查：toolkit.audit"),
}
ORIGIN = Text("Written from the docstrings of the library.", "取自源代码中的函数说明，为英文。")
CONTENTS = Text("On this page", "本页内容")
_OTHER_LANGUAGE = re.compile(r"^\[(?:中文|English)\]\([^)]*\)\n", re.MULTILINE)
_LINK = re.compile(r"\]\((\w+)(?:\.zh-CN)?\.md(#[^)]*)?\)")
_PICTURE = re.compile(r"!\[[^\]]*\]\((\w+\.png)\)")
_SECTION = re.compile(r"^([A-Z]\w+(?: \w+)*)\n-{3,}\n", re.MULTILINE)
_ROLE = re.compile(r"``(?P<code>.+?)``|:math:`(?P<math>[^`]+)`|:\w+:`~?(?P<name>[^`]+)`|`(?P<plain>[^`\n]+)`", re.DOTALL)
_BEFORE_EQUATION = re.compile(r"\.\. math::\n\s*\n")
_LISTS = {"Parameters", "Attributes", "Returns", "Raises"}


def titles() -> dict[str, Text]:
    """Every page of the documentation in order, by name: the guides, then the reference; none without their folder."""
    if not FOLDER.is_dir():
        return {}
    guides = {f"docs_{name}": Text(_title(name, "en"), _title(name, "zh")) for names in SHELF.values() for name in names}
    return {**guides, **{f"reference_{name.replace('.', '_')}": title for name, title in MODULES.items()}}


def home_page(language: Language) -> Markup:
    """The body of the page that lists all of them."""
    known = titles()
    groups = [(group, [f"docs_{name}" for name in names]) for group, names in SHELF.items()]
    groups[-1][1].extend(name for name in known if name.startswith("reference_"))
    shelf = [(group.to(language), [(file_of(name, language), known[name].to(language)) for name in names]) for group, names in groups]
    return fill("documents", language, heading=HOME, lead=LEAD, shelf=shelf)


def page(name: str, language: Language) -> Markup:
    """The body of one page, by its name in :func:`titles`."""
    if name.startswith("reference_"):
        module = next(module for module in MODULES if f"reference_{module.replace('.', '_')}" == name)
        return _reference(module, language)
    text = _OTHER_LANGUAGE.sub("", _text(name.removeprefix("docs_"), language))
    pictures = {name: {"image/png": b64encode((FOLDER / name).read_bytes()).decode()} for name in _PICTURE.findall(text)}
    body = markdown(_LINK.sub(lambda link: f"]({file_of(f'docs_{link[1]}', language)}{link[2] or ''})", text), pictures)
    return fill("document", language, body=body, sections=sections_of(body), contents=CONTENTS, home=(file_of("docs", language), HOME))


def _text(name: str, language: Language) -> str:
    return (FOLDER / (f"{name}.md" if language == "en" else f"{name}.zh-CN.md")).read_text(encoding="utf-8")


def _title(name: str, language: Language) -> str:
    return _text(name, language).split("\n", 1)[0].lstrip("# ").strip()


def _reference(module: str, language: Language) -> Markup:
    """Every public name of a group with its signature and docstring, folded."""
    home = import_module(f"toolkit.{module}")
    entries = []
    for name in sorted(home.__all__, key=lambda name: (name[0].isupper(), name)):  # functions, then records
        lead, *_ = told = list(_docstring(inspect.getdoc(getattr(home, name)) or ""))
        entries.append((name, _signature(getattr(home, name)), Markup(re.sub(r"</?p>", "", lead)), Markup("\n").join(told[1:])))
    words = {"heading": MODULES[module], "origin": ORIGIN}
    return fill("reference", language, words=words, entries=entries, home=(file_of("docs", language), HOME))


def _signature(value: object) -> str:
    """The names of the parameters with their defaults, without types, which the text explains."""
    if not callable(value):
        return ""
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return ""
    shown = [str(one.replace(annotation=inspect.Parameter.empty)) for one in parameters]
    keyword = next((place for place, one in enumerate(parameters) if one.kind is inspect.Parameter.KEYWORD_ONLY), None)
    if keyword is not None and not any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters):
        shown.insert(keyword, "*")
    return f"({', '.join(shown)})"


def _docstring(text: str) -> Iterator[Markup]:
    """A docstring in pieces of HTML: its first paragraph, further ones, then one for each section."""
    lead, *rest = _SECTION.split(text)
    yield from _paragraphs(lead)
    for name, body in zip(rest[::2], rest[1::2], strict=True):
        listed = name in _LISTS and re.search(r"^\S.* : ", body, re.MULTILINE)
        yield Markup("<h3>{}</h3>\n").format(name) + (_entries(body) if listed else Markup("\n").join(_paragraphs(body)))


def _paragraphs(text: str) -> Iterator[Markup]:
    for block in re.split(r"\n\s*\n", _BEFORE_EQUATION.sub(".. math::\n", inspect.cleandoc(text)).strip()):
        if block.startswith(".. math::"):
            yield Markup(to_mathml(block.removeprefix(".. math::"), "block"))
        elif block.startswith((">>>", " ", "=", ".. ")):
            yield Markup("<pre>{}</pre>").format(block)
        elif block:
            yield Markup("<p>{}</p>").format(_inline(block))


def _entries(text: str) -> Markup:
    """``name : meaning``, one or more lines each, as a list."""
    rows = re.split(r"\n(?=\S)", text.strip())
    told = [row.partition(" : ") for row in rows]
    return Markup("<dl>{}</dl>").format(
        Markup("").join(Markup("<dt><code>{}</code></dt><dd>{}</dd>").format(name, _inline(meaning)) for name, _, meaning in told)
    )


def _inline(text: str) -> Markup:
    """Code, names and equations inside a paragraph."""
    shown, last = Markup(""), 0
    for found in _ROLE.finditer(text):
        shown += escape(text[last : found.start()])
        code = found["code"] or found["name"] or found["plain"]
        shown += Markup("<code>{}</code>").format(code) if code else Markup(to_mathml(found["math"], "inline"))
        last = found.end()
    return shown + escape(text[last:])
