"""Arithmetic written as text, parsed and never evaluated as code: indicators, relations of claims, hypotheses on coefficients."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

_NAME: Final = re.compile(r"`([^`]+)`|([^\W\d]\w*(?:\.[^\W\d]\w*)*)")
_NUMBER: Final = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_OPERATORS: Final = "+-*/() \t\n"
_FIRST_LETTER: Final = 0xA000  # a block of 1,165 letters that stand for the operands, so that any name, keyword or term can be one
_LONGEST: Final = 300  # operands and numbers
_DEEPEST: Final = 320  # operations inside each other: as many as a sum of that length has, and far from the end of the stack
_SHOWN: Final = 40  # characters of a long text in a message
_TWO: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}

Find = Callable[[str, int], tuple[str, int] | None]
"""The operand that starts at a position of a text and where it ends, or None."""


class NotArithmetic(ValueError):
    """A text that is no arithmetic: ``what`` is wrong ``at`` a position of ``text``."""

    def __init__(self, text: str, what: str, at: int) -> None:
        start = max(0, at - _SHOWN) if len(text) > 3 * _SHOWN else 0
        shown = f"{'... ' * bool(start)}{text[start : at + _SHOWN]} ..." if len(text) > 3 * _SHOWN else text
        super().__init__(f"cannot read {shown!r}: {what}")
        self.text, self.what, self.at = shown, what, at - start + 4 * bool(start)

    @property
    def pointer(self) -> str:
        """The text with a mark below the place, as the ``where`` of an error."""
        return f"{self.text}\n          {' ' * self.at}^"


def _name_at(text: str, at: int) -> tuple[str, int] | None:
    """A name of letters of any script, ``name.end``, or an odd name in backticks."""
    found = _NAME.match(text, at)
    return (found[1] or found[2], found.end()) if found else None


@dataclass(frozen=True)
class Arithmetic:
    """A parsed text.

    Attributes
    ----------
    text : as written.
    body : the text with one letter, repeated over its length, in place of each operand.
    tree : the operations of ``body``.
    operands : letter -> operand as written.
    """

    text: str
    body: str
    tree: ast.expr
    operands: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The operands, each once, in order."""
        return tuple(dict.fromkeys(self.operands.values()))

    def value(
        self,
        operand: Callable[[str], Any],
        number: Callable[[str], Any] = float,
        functions: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> Any:
        """The value of the text.

        Parameters
        ----------
        operand : the value of a name; anything that knows arithmetic, such as a column or an interval.
        number : makes a number of its digits.
        functions : of one argument, by name.

        Raises
        ------
        NotArithmetic
        """

        def walk(node: ast.expr) -> Any:
            match node:
                case ast.Constant():
                    return number(self.text[slice(*_span(self.body, node))])
                case ast.Name():
                    return operand(self.operands[node.id[0]])
                case ast.UnaryOp():
                    return -walk(node.operand) if isinstance(node.op, ast.USub) else walk(node.operand)
                case ast.BinOp(op=ast.Pow(), right=ast.Constant(value=int(power))):
                    return walk(node.left) ** power
                case ast.BinOp():
                    return _TWO[type(node.op)](walk(node.left), walk(node.right))
                case ast.Call(func=ast.Name(id=name)):
                    return (functions or {})[name](walk(node.args[0]))
            raise AssertionError(ast.dump(node))  # parse lets nothing else through

        return walk(self.tree)


def _span(body: str, node: ast.expr) -> tuple[int, int]:
    """Where a node starts and ends; the tree counts bytes."""
    data = body.encode()
    return len(data[: node.col_offset].decode()), len(data[: node.end_col_offset].decode())


def _allowed(node: ast.expr) -> bool:
    """Whether the operation of a node, without its operands, is arithmetic."""
    match node:
        case ast.Constant(value=int() | float()) | ast.Name() | ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return True
        case ast.BinOp(op=ast.Pow()):
            return isinstance(node.right, ast.Constant) and isinstance(node.right.value, int)
        case ast.BinOp():
            return type(node.op) in _TWO
        case ast.Call(func=ast.Name(), args=[_], keywords=[]):
            return True
    return False


def parse(text: str, functions: Collection[str] = (), find: Find = _name_at) -> Arithmetic:
    """Parse ``+ - * /``, whole powers, parentheses, numbers, operands and calls of ``functions``.

    Parameters
    ----------
    text : one line.
    functions : names that may be called.
    find : finds an operand; by default names, ``name.end`` and odd names in backticks.

    Raises
    ------
    NotArithmetic
        Says which part cannot be read.

    Examples
    --------
    >>> found = parse("100 * (a - `R&D`) / a")
    >>> found.names, found.value({"a": 4.0, "R&D": 3.0}.__getitem__)
    (('a', 'R&D'), 25.0)
    """
    text = text.strip()
    body, operands = _lettered(text, functions, find)
    try:
        tree = ast.parse(body, mode="eval").body
    except (SyntaxError, MemoryError, RecursionError) as error:
        at = min(max((getattr(error, "offset", None) or 1) - 1, 0), len(text))
        what = f"{text[at : at + _SHOWN].strip()!r} stands where it cannot" if text[at:].strip() else "something is missing at the end"
        raise NotArithmetic(text, "it is nested too deeply" if "nested" in str(error) else what, at) from None
    if _depth(tree) > _DEEPEST:
        raise NotArithmetic(text, "it is nested too deeply", 0)
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and not _allowed(node):
            start, end = _span(body, node)
            raise NotArithmetic(text, f"{text[start:end]!r} is not allowed here", start)
    return Arithmetic(text, body, tree, operands)


def _depth(tree: ast.expr) -> int:
    """How many operations stand inside each other, counted level by level."""
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        depth, level = depth + 1, [inner for node in level for inner in ast.iter_child_nodes(node) if isinstance(inner, ast.expr)]
    return depth


def _lettered(text: str, functions: Collection[str], find: Find) -> tuple[str, dict[str, str]]:
    """The text with a letter of its own in place of each operand, of the same length, so that positions stay."""
    body, operands, at = "", {}, 0
    letters: dict[str, str] = {}
    parts = 0
    while at < len(text):
        number, operand = _NUMBER.match(text, at), find(text, at)
        if operand is not None:
            name, end = operand
            if text[end:].lstrip().startswith("(") and name in functions:
                body += text[at:end]
            elif text[end:].lstrip().startswith("("):
                known = f"there are {', '.join(functions)}" if functions else "there is none"
                raise NotArithmetic(text, f"{name!r} is no function; {known}", at)
            else:
                letter = letters.setdefault(name, chr(_FIRST_LETTER + len(letters)))
                operands[letter] = name
                body += letter * (end - at)
        elif number is not None:
            end = number.end()
            body += text[at:end]
        elif text[at] in _OPERATORS:
            body, at = body + text[at].replace("\n", " "), at + 1
            continue
        else:
            raise NotArithmetic(text, f"{text[at:].split()[0]!r} cannot be read; put odd names in backticks", at)
        parts, at = parts + 1, end
        if parts > _LONGEST:
            raise NotArithmetic(text, f"it has more than {_LONGEST} parts", 0)
    return body, operands
