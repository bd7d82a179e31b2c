"""What all pages share: head, navigation, language switch, and where each page stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from toolkit import glossary
from toolkit.language import Language, Text
from toolkit.present.templates import CODES, fill

NAME = Text("Innovation toolkit", "创新融合计量工具")
HOME = Text("Overview", "概览")
SKIP = Text("Skip to the content", "跳到正文")
MENU = Text("Pages", "页面")
OTHER = Text("中文", "English")
FIND = Text("Search", "搜索")
HINT = Text("Search (press /)", "搜索（按 / 键）")
NOTHING = Text("Nothing was found.", "未找到。")
KINDS = {
    "page": Text("Page", "页面"),
    "finding": Text("Finding", "发现"),
    "figure": Text("Figure", "图"),
    "table": Text("Table", "表"),
    "variable": glossary.VARIABLE,
    "claim": Text("Claim", "论断"),
}
"""What the search finds."""
NO_GROUP = Text("", "")


@dataclass(frozen=True)
class Link:
    """An entry of the navigation.

    Attributes
    ----------
    page : name of the page without language and ending: "index" or "pages/01_data".
    title : what is shown.
    group : heading under which it stands; empty for none.
    """

    page: str
    title: Text
    group: Text = NO_GROUP


@dataclass(frozen=True)
class Page:
    """A page before it is put into the shell.

    Attributes
    ----------
    name : as in :class:`Link`.
    title : shown in the browser's title bar.
    body : HTML of the main part, beginning with a level-one heading.
    other : the page that the language switch leads to.
    scripts : names of the scripts in pages/assets that the page runs, in order.
    """

    name: str
    language: Language
    title: str
    body: Markup
    other: str
    scripts: tuple[str, ...] = ()


def file_of(page: str, language: Language) -> str:
    """The file of a page, relative to reports/.

    >>> file_of("index", "en"), file_of("pages/figures", "zh")
    ('index.html', 'pages/figures.zh.html')
    """
    return f"{page}.html" if language == "en" else f"{page}.zh.html"


def _up(page: str) -> str:
    return "../" * page.count("/")


def href(start: str, target: str) -> str:
    """A relative link from a page to a file of reports/.

    >>> href("index", "pages/figures.html"), href("pages/tables", "index.html")
    ('pages/figures.html', '../index.html')
    """
    return _up(start) + target


def render(page: Page, links: Sequence[Link]) -> str:
    """The whole page."""
    html = fill(
        "page",
        page.language,
        page=page,
        links=links,
        other="zh" if page.language == "en" else "en",
        code=CODES,
        up=_up(page.name),
        to=lambda name: href(page.name, file_of(name, page.language)),
        name=NAME,
        home=HOME,
        menu=MENU,
        skip=SKIP,
        switch=OTHER,
        find=FIND,
        hint=HINT,
        nothing=NOTHING,
        kinds=json.dumps({kind: text.to(page.language) for kind, text in KINDS.items()}, ensure_ascii=False),
    )
    return str(html)
