"""What a page of the site says in the language that is not its own."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

SILENT = {"script", "style", "code", "pre", "math", "svg", "kbd"}
EMPTY = {"meta", "link", "img", "br", "hr", "input", "source", "wbr", "col"}
SPOKEN = ("alt", "aria-label", "placeholder")
ENGLISH = re.compile(r"[A-Za-z][A-Za-z'’-]+(?:,? [A-Za-z][A-Za-z'’-]+){3,}")  # four words in a row, of which
PLAIN_WORD = re.compile(r"\b(?!(?:and|of|the|in|for|on|to|by|with)\b)[a-z]{2,}")  # three are no part of a name or a title
QUOTED = re.compile(r"“(?:[^“”]|“[^“”]*”)*”")  # words as they were printed
CHINESE = re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff，。、；：（）]{3,}")  # four characters in a row
NAMES = {  # what may stand in a page of this language
    "zh": ("tests quoted by R's plm", "on the same data, output shown in", "xtabond and its postestimation"),  # of citations
    "en": ("科技创新与产业创新融合", "年份（每年数值个数）", "口径变化", "即征即退", "税收返还", "集成电路"),  # codebook, words in CSMAR
}


class Words(HTMLParser):
    """What is read in a page, but code, equations, titles of publications, and what is marked with its language."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[tuple[str, bool]] = []
        self.read: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        marked = tag != "html" and "lang" in given and given.get("class") != "tk-table"
        silent = self._silent() or tag in SILENT or marked or given.get("class") == "references"
        if not silent:
            self.read += [text for name in SPOKEN if (text := given.get(name))]
        if tag not in EMPTY:
            self.open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._silent():
            self.read.append(data)

    def _silent(self) -> bool:
        return bool(self.open and self.open[-1][1])


def runs(page: str, language: str) -> list[str]:
    """The runs in the other language."""
    words = Words()
    words.feed(page)
    found = [run for text in words.read for run in (ENGLISH if language == "zh" else CHINESE).findall(QUOTED.sub(" ", text))]
    found = [run for run in found if language == "en" or len(PLAIN_WORD.findall(run)) >= 3]
    return [run for run in found if not any(name in run for name in NAMES[language])]


def foreign(site: Path) -> dict[str, list[str]]:
    """The first runs in the other language of each page of a site that has any."""
    told = {}
    for path in sorted([*site.glob("*.html"), *(site / "pages").glob("*.html")]):
        found = runs(path.read_text(encoding="utf-8"), "zh" if path.name.endswith(".zh.html") else "en")
        told |= {path.name: found[:5]} if found else {}
    return told
