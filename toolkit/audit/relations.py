"""Equations between claims: "a / b = 1/7" over the numbers that the printed digits admit. Parsed, never evaluated as code."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from operator import add, mul, sub, truediv

from toolkit.audit.interval import Interval
from toolkit.audit.stated import Stated
from toolkit.errors import FormulaError
from toolkit.language import Text

Lookup = Callable[[str], Stated]
_ENDS = {"low": "low_end", "high": "high_end", "rounded": "rounded", "truncated": "truncated", "positive": "positive"}
_OPERATIONS: dict[type[ast.operator], Callable[[Interval, Interval], Interval]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
}
_SIGNS: dict[type[ast.cmpop], str] = {ast.Eq: "=", ast.Gt: ">", ast.GtE: ">=", ast.Lt: "<", ast.LtE: "<="}


@dataclass(frozen=True)
class Side:
    """One side of a relation: as written, and what it can be."""

    text: str
    interval: Interval


@dataclass(frozen=True)
class Held:
    """A relation and whether the printed numbers let it hold.

    Attributes
    ----------
    text, shown : as written, and with the printed numbers in place of the ids.
    holds : whether some admitted numbers satisfy it.
    left, right : the two sides of the first comparison that fails, else of the first.
    claims : ids that take part, in order.
    """

    text: str
    shown: Text
    holds: bool
    left: Side
    right: Side
    claims: tuple[str, ...]


def evaluate(text: str, lookup: Lookup) -> Held:
    """Whether the numbers that claims admit can satisfy a relation.

    Parameters
    ----------
    text : claim ids, numbers, ``+ - * / **``, brackets and one or more of ``= > >= < <=``. Numbers are exact; an id stands for all
        numbers that the claim admits, ``id.low`` and ``id.high`` for the ends of a range, ``id.truncated`` for "over 6.8" read as
        6.8 to 6.9, ``id.positive`` for what lies above zero.
    lookup : finds a claim.

    Raises
    ------
    FormulaError
        It is no relation; the text points at the place.
    UnknownName
        An id is unknown.

    Examples
    --------
    >>> from toolkit.audit.figures import Tables
    >>> evaluate("chen2025_g60_hte_growth.high / chen2025_hte_463k = 1/7", Tables().claim).holds
    False
    """
    body = re.sub(r"(?<![<>=!])=(?!=)", "==", text.strip())
    try:
        tree = ast.parse(body, mode="eval").body
    except SyntaxError as error:
        raise _refused(text, "this is no relation", (error.offset or 1) - 1) from None
    if not isinstance(tree, ast.Compare):
        raise _refused(text, "a relation needs one of = > >= < <=", 0)
    used: list[str] = []
    nodes = [tree.left, *tree.comparators]
    sides = [Side(ast.unparse(node), _value(node, body, lookup, used)) for node in nodes]
    pairs = []
    for left, sign, right in zip(sides, tree.ops, sides[1:], strict=False):
        if type(sign) not in _SIGNS:
            raise _refused(text, "only = > >= < <= compare", 0)
        pairs.append((can_hold(left.interval, _SIGNS[type(sign)], right.interval), left, right))
    _, left, right = next((pair for pair in pairs if not pair[0]), pairs[0])
    claims = tuple(dict.fromkeys(used))
    return Held(text.strip(), _shown(text.strip(), claims, lookup), all(pair[0] for pair in pairs), left, right, claims)


def can_hold(left: Interval, sign: str, right: Interval) -> bool:
    """Whether some number of ``left`` and some number of ``right`` stand in the relation ``sign``.

    >>> can_hold(Interval.of(1, 2), ">", Interval.of(2, 3)), can_hold(Interval.of(1, 2), ">=", Interval.of(2, 3))
    (False, True)
    """
    if sign == "=":
        return left.overlaps(right)
    if sign in ("<", "<="):
        return can_hold(right, ">" if sign == "<" else ">=", left)
    if left.high is None or right.low is None:
        return True
    both = left.high_closed and right.low_closed
    return left.high > right.low or (sign == ">=" and left.high == right.low and both)


def _value(node: ast.expr, body: str, lookup: Lookup, used: list[str]) -> Interval:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return Interval.point(Fraction((ast.get_source_segment(body, node) or "").replace("_", "")))
    if isinstance(node, ast.Name):
        used.append(node.id)
        return lookup(node.id).interval
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _ENDS:
        used.append(node.value.id)
        found = getattr(lookup(node.value.id), _ENDS[node.attr])
        return found if isinstance(found, Interval) else Interval.point(found)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, body, lookup, used)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        if isinstance(node.right, ast.Constant) and isinstance(node.right.value, int):
            return _value(node.left, body, lookup, used) ** node.right.value
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        return _OPERATIONS[type(node.op)](_value(node.left, body, lookup, used), _value(node.right, body, lookup, used))
    raise _refused(body, f"{ast.unparse(node)!r} is not allowed here", node.col_offset)


def _shown(text: str, claims: tuple[str, ...], lookup: Lookup) -> Text:
    """The relation with printed numbers in place of ids."""
    en = zh = text
    for name in sorted(claims, key=len, reverse=True):
        for found in set(re.findall(rf"\b{name}(?:\.(?:{'|'.join(_ENDS)}))?\b", text)):
            number = lookup(name).bare(found.partition(".")[2])
            en, zh = re.sub(rf"\b{re.escape(found)}(?![\w.])", number.en, en), re.sub(rf"\b{re.escape(found)}(?![\w.])", number.zh, zh)
    return Text(en, zh)


def _refused(text: str, what: str, at: int) -> FormulaError:
    pointer = f"{text}\n          {' ' * at}^"
    return FormulaError(what, where=pointer, remedy="write claim ids, numbers, + - * / ** ( ) and one of = > >= < <=")
