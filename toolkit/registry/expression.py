"""Arithmetic of columns, parsed and never evaluated as code: ``100 * rd_expenditure / gdp``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|`(?P<quoted>[^`]+)`|(?P<operator>[-+*/()]))"
)
_DEEPEST: Final = 40
_TWO: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_ONE: Final[dict[str, Callable[[Any], Any]]] = {"negative": operator.neg, "abs": abs}
FUNCTIONS: Final = ("abs", "log")
Node = tuple[Any, ...]


@dataclass(frozen=True)
class Expression:
    """A parsed expression.

    Attributes
    ----------
    text : as written.
    node : ("name", column) | ("number", value) | (operator, node, node) | ("negative" | "abs" | "log", node).
    """

    text: str
    node: Node

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that take part, each once, in order."""
        return tuple(dict.fromkeys(_names(self.node)))

    def value(self, columns: Mapping[str, Any]) -> Any:
        """The value with ``columns`` put in: anything that knows arithmetic, such as the Series of a frame."""
        return _value(self.node, columns)


def parse_expression(text: str) -> Expression:
    """Parse arithmetic with ``+ - * /``, parentheses, numbers, ``abs(...)``, ``log(...)`` and names of columns.

    A name may hold letters of any script; odd names stand in backticks: ```R&D intensity` ``.

    Raises
    ------
    ValueError
        Says which part cannot be read and what was expected.

    Examples
    --------
    >>> found = parse_expression("100 * (a - b) / a")
    >>> found.names, found.value({"a": 4.0, "b": 3.0})
    (('a', 'b'), 25.0)
    """
    parser = _Parser(text)
    node = parser.sum()
    if parser.here != ("end", ""):
        raise parser.refused("an operator + - * /")
    found = Expression(text, node)
    if not found.names:
        raise ValueError(f"{text!r} names no variable")
    return found


class _Parser:
    """Recursive descent over the tokens of one text."""

    def __init__(self, text: str) -> None:
        self.text, self.position, self.depth = text, 0, 0
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise ValueError(f"cannot read {text[at:].split()[0]!r} in {text!r}; put odd names in backticks")
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            at = found.end()
        self.tokens.append(("end", ""))

    @property
    def here(self) -> tuple[str, str]:
        """Kind and text of the token that is next."""
        return self.tokens[self.position]

    def refused(self, expected: str) -> ValueError:
        """What stands here instead of what was expected."""
        found = repr(self.here[1]) if self.here[1] else "the end"
        return ValueError(f"cannot read {self.text!r}: {found} where {expected} was expected")

    def take(self, *operators: str) -> str:
        """The operator that stands here, if it is one of these; else nothing."""
        kind, text = self.here
        if kind != "operator" or text not in operators:
            return ""
        self.position += 1
        return text

    def sum(self) -> Node:
        """Products joined by + and -."""
        node = self.product()
        while sign := self.take("+", "-"):
            node = (sign, node, self.product())
        return node

    def product(self) -> Node:
        """Factors joined by * and /."""
        node = self.factor()
        while sign := self.take("*", "/"):
            node = (sign, node, self.factor())
        return node

    def factor(self) -> Node:
        """A number, a name, a function, or an expression in parentheses, with a sign or without."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise ValueError(f"{self.text!r} is nested too deeply")
        if self.take("-"):
            node: Node = ("negative", self.factor())
        elif self.take("("):
            node = self.closed()
        else:
            kind, text = self.here
            if kind not in ("number", "name", "quoted"):
                raise self.refused("a name or a number")
            self.position += 1
            node = ("number", float(text)) if kind == "number" else ("name", text)
            if kind == "name" and self.take("("):
                if text not in FUNCTIONS:
                    raise ValueError(f"{text!r} is no function; there are {', '.join(FUNCTIONS)}")
                node = (text, self.closed())
        self.depth -= 1
        return node

    def closed(self) -> Node:
        """What stands up to the closing parenthesis."""
        node = self.sum()
        if not self.take(")"):
            raise self.refused("')'")
        return node


def _names(node: Node) -> list[str]:
    if node[0] == "name":
        return [node[1]]
    return [name for part in node[1:] if isinstance(part, tuple) for name in _names(part)]


def _value(node: Node, columns: Mapping[str, Any]) -> Any:
    kind = node[0]
    if kind == "name":
        return columns[node[1]]
    if kind == "number":
        return node[1]
    parts = [_value(part, columns) for part in node[1:]]
    if kind == "log":
        import numpy as np

        with np.errstate(divide="ignore", invalid="ignore"):  # a missing or infinite logarithm is named by the measure
            return np.log(parts[0])
    return _TWO[kind](*parts) if kind in _TWO else _ONE[kind](*parts)
