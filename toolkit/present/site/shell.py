"""What all pages share: head, navigation, language switch, and where each page stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from toolkit.language import Language, Text

NAME = Text("Innovation toolkit", "创新融合计量工具")
HOME = Text("Overview", "概览")
SKIP = Text("Skip to the content", "跳到正文")
OTHER = Text("中文", "English")
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
    script : name of a script in pages/assets that the page runs; empty for none.
    """

    name: str
    language: Language
    title: str
    body: str
    other: str
    script: str = ""


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
    return escape(_up(start) + target)


def render(page: Page, links: Sequence[Link]) -> str:
    """The whole page."""
    language, other = page.language, "zh" if page.language == "en" else "en"
    code = {"en": "en", "zh": "zh-CN"}
    asset = _up(page.name) + "pages/assets/site.css"
    script = f'<script src="{_up(page.name)}pages/assets/{page.script}" defer></script>\n' if page.script else ""
    switch = f'<a class="switch" lang="{code[other]}" href="{href(page.name, page.other)}">{OTHER.to(language)}</a>'
    return f"""<!DOCTYPE html>
<html lang="{code[language]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(page.title)} · {NAME.to(language)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{asset}">
{script}</head>
<body>
<a class="skip" href="#main">{SKIP.to(language)}</a>
<nav aria-label="{HOME.to(language)}">
<p class="name"><a href="{href(page.name, file_of("index", language))}">{NAME.to(language)}</a>{switch}</p>
{_navigation(page, links)}
</nav>
<main id="main">
{page.body}
</main>
</body>
</html>
"""


def _navigation(page: Page, links: Sequence[Link]) -> str:
    parts, group = ["<ul>"], ""
    for link in links:
        if link.group.to(page.language) != group:
            group = link.group.to(page.language)
            parts.append(f'<li class="group">{escape(group)}</li>')
        here = ' aria-current="page"' if link.page == page.name else ""
        target = href(page.name, file_of(link.page, page.language))
        parts.append(f'<li><a href="{target}"{here}>{escape(link.title.to(page.language))}</a></li>')
    return "\n".join([*parts, "</ul>"])
