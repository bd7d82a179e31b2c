"""One where several may be given: a single estimate, name or text counts as a list of one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from toolkit.language import Text


def listed(given: Any) -> tuple[Any, ...]:
    """What was given as a tuple; a text, an estimate or a number alone becomes a tuple of one, None an empty one.

    Examples
    --------
    >>> listed("x"), listed(["x", "z"]), listed(Text("a", "甲")), listed(0.1), listed(None)
    (('x',), ('x', 'z'), (Text(en='a', zh='甲'),), (0.1,), ())
    """
    if given is None:
        return ()
    if isinstance(given, str | Text) or not isinstance(given, Iterable):
        return (given,)
    return tuple(given)


def pairs(given: Any) -> tuple[tuple[Any, Any], ...]:
    """Pairs as a tuple; one pair alone becomes a tuple of one.

    Examples
    --------
    >>> pairs((0.38, "paper")), pairs([("A", 2), ("B", 1)]), pairs(())
    (((0.38, 'paper'),), (('A', 2), ('B', 1)), ())
    """
    first = given[0] if isinstance(given, tuple) and len(given) == 2 else ()
    return (given,) if isinstance(first, str | Text | int | float) else tuple(given)
