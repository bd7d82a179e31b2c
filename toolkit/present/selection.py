"""Which terms a table shows, and in which order."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from toolkit.errors import PresentationError
from toolkit.present.column import Column
from toolkit.present.labels import INTERCEPTS


def chosen_terms(columns: Sequence[Column], keep: Sequence[str], drop: Sequence[str], order: Sequence[str]) -> tuple[str, ...]:
    """Terms of all columns in order of appearance, the constant last, after ``keep``, ``drop`` and ``order``.

    A pattern is a term as it is written in the formula, with ``*`` for anything: ``"log(gdp)"``, ``"C(year)*"``.

    Raises
    ------
    PresentationError
        If a pattern fits no term, or no term is left.
    """
    found: dict[str, None] = {}
    for column in columns:
        found.update(dict.fromkeys(column.terms))
        found.update(dict.fromkeys(term for term, _ in column.omitted))
    terms = sorted(found, key=lambda term: term in INTERCEPTS)
    if keep:
        kept = {term for pattern in keep for term in _matching(pattern, terms, "keep")}
        terms = [term for term in terms if term in kept]
    dropped = {term for pattern in drop for term in _matching(pattern, list(found), "drop")}
    terms = [term for term in terms if term not in dropped]
    first = list(dict.fromkeys(term for pattern in order for term in _matching(pattern, list(found), "order") if term in terms))
    terms = first + [term for term in terms if term not in first]
    if not terms:
        raise PresentationError(
            "no term is left to show", where=f"terms of the estimates: {', '.join(found)}", remedy="relax keep= or drop="
        )
    return tuple(terms)


def _matching(pattern: str, terms: Sequence[str], argument: str) -> list[str]:
    expression = re.compile(".*".join(re.escape(part) for part in _blanks(pattern).split("*")))
    matches = [term for term in terms if expression.fullmatch(_blanks(term))]
    if not matches:
        near = difflib.get_close_matches(pattern, terms, n=3, cutoff=0.4)
        raise PresentationError(
            f"{argument}={pattern!r} fits no term",
            where=f"terms of the estimates: {', '.join(terms)}",
            remedy=f"did you mean {' or '.join(map(repr, near))}?" if near else "write the term as in the formula; * stands for anything",
        )
    return matches


def _blanks(text: str) -> str:
    return text.replace(" ", "")
