"""Equations between claims: "a / b = 1/7" over the numbers that the printed digits admit. Parsed, never evaluated as code."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from toolkit.arithmetic import NotArithmetic, parse
from toolkit.audit.interval import Interval
from toolkit.audit.printed import PrintedClaim
from toolkit.errors import FormulaError
from toolkit.language import Text

Lookup = Callable[[str], PrintedClaim]
_ENDS = {"low": "low_end", "high": "high_end", "rounded": "rounded", "truncated": "truncated", "positive": "positive"}
_SIGN = re.compile(r"(<=|>=|==?|<|>)")


@dataclass(frozen=True)
class Side:
    """One side of a relation: as written, and what it can be."""

    text: str
    interval: Interval


@dataclass(frozen=True)
class RelationOutcome:
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


def evaluate(text: str, lookup: Lookup) -> RelationOutcome:
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
    >>> from toolkit.audit.tables import Tables
    >>> evaluate("chen2025_g60_hte_growth.high / chen2025_hte_463k = 1/7", Tables().claim).holds
    False
    """
    first, *rest = _SIGN.split(text.strip())
    if not rest:
        raise _refused(NotArithmetic(text, "a relation needs one of = > >= < <=", 0))
    used: list[str] = []
    sides = [_side(part, lookup, used) for part in (first, *rest[1::2])]
    signs = [sign.replace("==", "=") for sign in rest[::2]]
    neighbours = zip(sides, signs, sides[1:], strict=False)
    pairs = [(can_hold(left.interval, sign, right.interval), left, right) for left, sign, right in neighbours]
    _, left, right = next((pair for pair in pairs if not pair[0]), pairs[0])
    claims = tuple(dict.fromkeys(used))
    return RelationOutcome(
        text=text.strip(),
        shown=_shown(text.strip(), claims, lookup),
        holds=all(pair[0] for pair in pairs),
        left=left,
        right=right,
        claims=claims,
    )


def implied(text: str, name: str, lookup: Lookup) -> Interval | None:
    """What a relation of the form a / b = c makes of one claim in it, in the unit of the claim; None for another form.

    >>> from toolkit.audit.tables import Tables
    >>> text = "chen2025_g60_hte_growth.high / chen2025_hte_463k = chen2025_g60_hte_share"
    >>> print(implied(text, "chen2025_g60_hte_growth", Tables().claim))
    (61,666.7, 71,307.7)
    """
    found = re.fullmatch(r"([\w.]+) / ([\w.]+) = ([\w.]+)", text.strip())
    if not found:
        return None
    top, bottom, ratio = (_side(part, lookup, []).interval for part in found.groups())
    values = {found[1]: bottom * ratio, found[2]: top / ratio, found[3]: top / bottom}
    return next((value for part, value in values.items() if part.partition(".")[0] == name), None)


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


def _side(text: str, lookup: Lookup, used: list[str]) -> Side:
    """The interval of one side; the claims in it are added to ``used``."""

    def interval(name: str) -> Interval:
        claim, _, end = name.partition(".")
        used.append(claim)
        if end and end not in _ENDS:
            raise NotArithmetic(text, f"{name!r} is not allowed here", text.find(name))
        found = getattr(lookup(claim), _ENDS[end]) if end else lookup(claim).interval
        return found if isinstance(found, Interval) else Interval.point(found)

    try:
        parsed = parse(text)
        return Side(parsed.text, parsed.value(interval, number=lambda digits: Interval.point(Fraction(digits))))
    except NotArithmetic as error:
        raise _refused(error) from None


def _shown(text: str, claims: tuple[str, ...], lookup: Lookup) -> Text:
    """The relation with printed numbers in place of ids."""
    en = zh = text
    for name in sorted(claims, key=len, reverse=True):
        for found in set(re.findall(rf"\b{name}(?:\.(?:{'|'.join(_ENDS)}))?\b", text)):
            number = lookup(name).bare(found.partition(".")[2])
            en, zh = re.sub(rf"\b{re.escape(found)}(?![\w.])", number.en, en), re.sub(rf"\b{re.escape(found)}(?![\w.])", number.zh, zh)
    return Text(en, zh)


def _refused(error: NotArithmetic) -> FormulaError:
    return FormulaError(error.what, where=error.pointer, remedy="write claim ids, numbers, + - * / ** ( ) and one of = > >= < <=")
