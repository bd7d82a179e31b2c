"""Equations as MathML, which browsers show by themselves: no script and no network."""

from __future__ import annotations

import re
from html import escape
from typing import Literal

Display = Literal["block", "inline"]

_SAME_AS = {"aligned": "align*", "gathered": "align*", "split": "align*", "equation": "align*", "equation*": "align*"}
_TEXT = re.compile(r"\\(text|mbox)\{([^{}]*)\}")


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
    code = f'<code class="tex">{escape(tex)}</code>'
    return f"<p>{code}</p>" if display == "block" else code


def _prepared(tex: str) -> str:
    """Rename environments the converter does not know; escape what it would copy from a text into the page."""
    for name, known in _SAME_AS.items():
        tex = tex.replace(f"{{{name}}}", f"{{{known}}}")
    return _TEXT.sub(lambda match: f"\\{match[1]}{{{escape(match[2].replace(chr(92) + '&', '&'))}}}", tex)
