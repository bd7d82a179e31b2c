"""Changes of definition inside the years of an exhibit, in words: what a table or figure that crosses one says about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from toolkit.language import Text
from toolkit.registry import SeriesBreak, registry


def marks_between(variable: str, first: int, last: int) -> tuple[SeriesBreak, ...]:
    """The breaks and abrupt moves of a variable after ``first`` and up to ``last``, those of its formula's parts included.

    Parameters
    ----------
    variable : id of the registry; another name has no marks.
    first, last : years shown; a mark in ``first`` itself is no step inside them.

    Examples
    --------
    >>> [mark.year for mark in marks_between("fiscal_sci_share", 2010, 2023)]
    [2015]
    >>> marks_between("fiscal_sci_share", 2015, 2023)
    ()
    """
    known = registry().variables
    if variable not in known:
        return ()
    own = {mark.year: mark for mark in known[variable].marks if first < mark.year <= last}
    for part in re.findall(r"[A-Za-z_]\w*", known[variable].derived):
        if part != variable:
            for mark in marks_between(part, first, last):
                own.setdefault(mark.year, mark)
    return tuple(own[year] for year in sorted(own))


def break_notes(variables: Iterable[str], first: int, last: int) -> tuple[Text, ...]:
    """The note of an exhibit whose years cross changes of definition or abrupt moves; empty when they cross none.

    Parameters
    ----------
    variables : ids of the registry, in the order of the exhibit.
    first, last : first and last year that the exhibit uses.

    Examples
    --------
    >>> break_notes(["hightech_revenue"], 2018, 2023)
    ()
    >>> print(break_notes(["fiscal_total_exp"], 2010, 2023)[0].en)
    Changes inside the years shown: Fiscal expenditure 2015: jump in most provinces.
    """
    return span_notes(dict.fromkeys(variables, (first, last)))


def span_notes(spans: Mapping[str, tuple[int, int]]) -> tuple[Text, ...]:
    """As :func:`break_notes`, where each variable has years of its own (variable -> first and last year)."""
    known = registry().variables
    listed = [(known[name].short, mark.text) for name, years in spans.items() for mark in marks_between(name, *years)]
    if not listed:
        return ()
    return (
        Text(
            "Changes inside the years shown: " + "; ".join(f"{short.en} {text.en}" for short, text in listed) + ".",
            "所示年份内的口径变化与突变：" + "；".join(f"{short.zh}{text.zh}" for short, text in listed) + "。",
        ),
    )
