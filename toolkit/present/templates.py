"""The only door to Jinja2 and to MathML: pages and tables are filled into the files of ``templates/``, every text is escaped, and an
equation in TeX becomes one that a browser shows.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup

from toolkit.language import Language, Text

if TYPE_CHECKING:
    from jinja2 import Environment

Display = Literal["block", "inline"]

_SAME_AS = {"aligned": "align*", "gathered": "align*", "split": "align*", "equation": "align*", "equation*": "align*"}
_TEXT = re.compile(r"\\(text|mbox)\{([^{}]*)\}")
FOLDER = Path(__file__).parent / "templates"
CODES: dict[Language, str] = {"en": "en", "zh": "zh-CN"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_RUNS: dict[Language, re.Pattern[str]] = {  # of the other language, in a text of this one
    "en": re.compile(r"[\u4e00-\u9fff][\u4e00-\u9fff，。、；：（）]*"),
    "zh": re.compile(r"[A-Za-z][\w'’,.&()-]*(?: [\w'’,.&()-]+){2,}", re.ASCII),
}


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, auto_reload=False
    )


def fill(template: str, language: Language, /, **values: object) -> Markup:
    """The file ``templates/<template>.html`` with ``values`` filled in; inside, ``t(text)`` is a text in ``language``,
    and ``own(text)`` one that may be in the other.

    A value that is HTML already is a :class:`markupsafe.Markup`; everything else is escaped.

    Examples
    --------
    >>> fill("code", "en", code=Text("R&D", "研发"), source="fit()")
    Markup('<details class="code"><summary>R&amp;D</summary>fit()</details>')
    """

    def t(text: Text) -> str:
        return text.to(language)

    def own(text: str) -> Markup:
        return in_its_language(text, language)

    return Markup(_environment().get_template(f"{template}.html").render(language=language, t=t, own=own, **values))


def to_mathml(tex: str, display: Display) -> str:
    r"""One equation as a ``<math>`` element with its TeX as alternative text; TeX that cannot be read is shown as it is.

    Parameters
    ----------
    tex : the text between the dollar signs.
    display : "block" for an equation on a line of its own.

    Examples
    --------
    >>> to_mathml(r"\beta", "inline")
    '<math ... display="inline" alttext="\\beta"><mrow><mi>&#x003B2;</mi></mrow></math>'
    >>> to_mathml("x_", "inline")
    '<code class="tex">x_</code>'
    """
    from latex2mathml import exceptions
    from latex2mathml.converter import convert

    theirs = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    unreadable: tuple[type[Exception], ...] = (IndexError, KeyError, *theirs)
    text = tex.strip()
    try:
        mathml: str = convert(_prepared(text), display=display)
    except unreadable:
        return as_text(text, display)
    return mathml.replace(f'display="{display}"', f'display="{display}" alttext="{escape(text)}"', 1)


def as_text(tex: str, display: Display) -> str:
    """TeX as readable text."""
    code = Markup('<code class="tex">{}</code>').format(tex)
    return str(Markup("<p>{}</p>").format(code) if display == "block" else code)


def _prepared(tex: str) -> str:
    """Rename environments the converter does not know; escape what it would copy from a text into the page."""
    for name, known in _SAME_AS.items():
        tex = tex.replace(f"{{{name}}}", f"{{{known}}}")
    return _TEXT.sub(lambda match: f"\\{match[1]}{{{escape(match[2].replace(chr(92) + '&', '&'))}}}", tex)


def in_its_language(text: str, language: Language) -> Markup:
    """A text that exists in one language only, or parts of it, marked with it where that is not the language of the page.

    Examples
    --------
    >>> in_its_language("R&D of 2024", "zh"), in_its_language("美国：Guide to R&D", "zh")
    (Markup('<span lang="en">R&amp;D of 2024</span>'), Markup('美国：<span lang="en">Guide to R&amp;D</span>'))
    """
    mark = Markup('<span lang="{}">{}</span>')
    if language == "zh" and not _CHINESE.search(text):
        return mark.format(CODES["en"], text)
    other = CODES["en" if language == "zh" else "zh"]
    shown, last = Markup(""), 0
    for run in _RUNS[language].finditer(text):
        shown += Markup.escape(text[last : run.start()]) + mark.format(other, run[0])
        last = run.end()
    return shown + Markup.escape(text[last:])
