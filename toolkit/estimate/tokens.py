"""Cut a formula into tokens, and point at the place where one cannot be read."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from toolkit.errors import FormulaError

Kind = Literal["name", "quoted", "number", "string", "operator", "end"]

_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<quoted>`[^`]*`)
      | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[^\W\d]\w*)
      | (?P<string>"[^"]*"|'[^']*')
      | (?P<operator>\*\*|[~|+\-*/^:,()\[\]=])""",
    re.VERBOSE,
)
_FULL_WIDTH = {
    "～": "~",
    "｜": "|",
    "＋": "+",
    "－": "-",
    "—": "-",
    "＊": "*",
    "×": ":",
    "／": "/",
    "：": ":",
    "，": ",",
    "（": "(",
    "）": ")",
    "［": "[",
    "］": "]",
    "【": "[",
    "】": "]",
    "＾": "^",
    "＝": "=",
    "“": '"',
    "”": '"',
}


@dataclass(frozen=True)
class Token:
    """One piece of a formula: its kind, its text, and where it starts."""

    kind: Kind
    text: str
    start: int


def syntax_error(formula: str, position: int, what: str, remedy: str) -> FormulaError:
    """A FormulaError whose ``where`` shows the formula with a caret under ``position`` (wide characters count two)."""
    one_line = re.sub(r"\s", " ", formula)
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in one_line[:position])
    return FormulaError(what, where=f"character {position + 1}\n    {one_line}\n    {' ' * width}^", remedy=remedy)


def tokenize(formula: str) -> tuple[Token, ...]:
    """The tokens of ``formula``; the last one is of kind "end". ``**`` is another spelling of ``^``.

    Raises
    ------
    FormulaError
        At the first character that belongs to no token, at an attribute (``a.b``) and at a name with double underscores.

    Examples
    --------
    >>> [t.text for t in tokenize("y ~ log(研发强度)")]
    ['y', '~', 'log', '(', '研发强度', ')', '']
    """
    tokens: list[Token] = []
    position = 0
    while position < len(formula):
        match = _PATTERN.match(formula, position)
        if match is None:
            raise _unreadable(formula, position)
        kind, text = match.lastgroup, match.group()
        if kind == "name" and text.startswith("__"):
            raise syntax_error(
                formula, position, f"{text!r} is not a name of a column", "use names of columns; a formula is never evaluated"
            )
        if kind == "quoted":
            text = text[1:-1]
            if not text.strip():
                raise syntax_error(formula, position, "there is no name between the backticks", "write `name of a column`")
        if text == "**":
            text = "^"  # both spellings of a power; what is printed has one
        if kind != "space":
            tokens.append(Token(kind, text, position))  # type: ignore[arg-type]
        position = match.end()
    return (*tokens, Token("end", "", len(formula)))


def _unreadable(formula: str, position: int) -> FormulaError:
    character = formula[position]
    if character == "`":
        return syntax_error(formula, position, "the backtick is never closed", "close the name with a second backtick")
    if character in "\"'":
        return syntax_error(formula, position, "the quotation mark is never closed", "close the text with the same mark")
    if character in _FULL_WIDTH:
        return syntax_error(formula, position, f"{character!r} is full-width punctuation", f"type {_FULL_WIDTH[character]!r}")
    if character == ".":
        return syntax_error(
            formula, position, "attributes cannot be used in a formula", "write a column whose name holds a dot in backticks: `a.b`"
        )
    return syntax_error(
        formula, position, f"{character!r} cannot stand in a formula", "write odd column names in backticks: `R&D intensity`"
    )
