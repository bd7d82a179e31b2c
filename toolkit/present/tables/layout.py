"""How a regression table is laid out: which terms, in which order, under which heads."""

from __future__ import annotations

import difflib
import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from toolkit.errors import PresentationError
from toolkit.language import Language, Text, text_in
from toolkit.present.tables.column import Column
from toolkit.present.tables.notes import Brackets, regression_notes
from toolkit.present.tables.table import DASH, Cell, Row, Table
from toolkit.present.words import formats
from toolkit.present.words.labels import INTERCEPTS, label
from toolkit.present.words.naming import Names
from toolkit.present.words.words import ESTIMATOR, NO, OMITTED, WILD, YES, cluster_label, effects_label, method_label, statistic_head


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


COUNTS = ("rows", "entities", "periods", "instruments")


@dataclass(frozen=True)
class Layout:
    """What the table shows, settled once for both languages."""

    columns: tuple[Column, ...]
    heads: tuple[str | Text, ...]
    groups: tuple[tuple[str | Text, int], ...]
    terms: tuple[str, ...]
    names: Names
    stars: tuple[float, ...]
    brackets: Brackets
    digits: int
    statistics: tuple[str, ...]
    notes: tuple[str | Text, ...]
    title: str | Text
    number: str


def build(layout: Layout, language: Language) -> Table:
    """The table in ``language``."""
    notes = regression_notes(layout.columns, brackets=layout.brackets, stars=layout.stars, names=layout.names, language=language)
    return Table(
        title=text_in(layout.title, language),
        header=tuple(_header(layout, language)),
        body=(*_coefficient_rows(layout, language), *_effect_rows(layout, language), *_statistic_rows(layout, language)),
        notes=(*notes, *(text_in(note, language) for note in layout.notes)),
        number=layout.number,
        language=language,
    )


def _header(layout: Layout, language: Language) -> list[Row]:
    corner = Cell("", "label")
    rows = []
    if layout.groups:
        rows.append(Row((corner, *(Cell(text_in(head, language), span=width) for head, width in layout.groups))))
    outcomes = [label(column.nodes.get(column.outcome, column.outcome), language, layout.names) for column in layout.columns]
    # neighbours with the same outcome share a head, but not across the edge of a group
    edges = set(itertools.accumulate(width for _, width in layout.groups))
    runs: list[list[str]] = []
    for place, outcome in enumerate(outcomes):
        if runs and runs[-1][0] == outcome and place not in edges:
            runs[-1].append(outcome)
        else:
            runs.append([outcome])
    rows.append(Row((corner, *(Cell(run[0], span=len(run)) for run in runs))))
    if layout.heads:
        rows.append(Row((corner, *(Cell(text_in(head, language)) for head in layout.heads))))
    rows.append(Row((corner, *(Cell(f"({place})") for place in range(1, len(outcomes) + 1)))))
    return rows


def _coefficient_rows(layout: Layout, language: Language) -> list[Row]:
    rows = []
    nodes = {text: node for column in layout.columns for text, node in column.nodes.items()}
    for term in layout.terms:
        top, below = [], []
        for column in layout.columns:
            if term in column.terms:
                place = column.terms.index(term)
                top.append(_coefficient(column, place, layout))
                below.append(Cell(_bracket(column, place, layout)))
            else:
                omitted = any(term == name for name, _ in column.omitted)
                top.append(Cell(OMITTED.to(language) if omitted else ""))
                below.append(Cell(""))
        rows.append(Row((Cell(label(nodes.get(term, term), language, layout.names), "label"), *top)))
        if any(cell.text for cell in below):
            rows.append(Row((Cell("", "label"), *below)))
        if any(term in column.wild for column in layout.columns):
            cells = [Cell(_shown_p(column.wild[term]) if term in column.wild else "") for column in layout.columns]
            rows.append(Row((Cell(WILD.to(language), "label"), *cells)))
    return rows


def _coefficient(column: Column, place: int, layout: Layout) -> Cell:
    p = float(column.p_value[place])
    return Cell(formats.shown(float(column.estimate[place]), *_format(column, place, layout)), stars=formats.stars_for(p, layout.stars))


def _format(column: Column, place: int, layout: Layout) -> tuple[int, float]:
    """An estimate and the numbers in its units below it share their decimals and, by the largest of them, their power of ten."""
    below = {"std_error": (column.std_error,), "interval": (column.low, column.high)}.get(layout.brackets, ())
    together = [float(values[place]) for values in (column.estimate, *below)]
    return formats.decimals(together, layout.digits), formats.largest(together)


def _bracket(column: Column, place: int, layout: Layout) -> str:
    digits, largest = _format(column, place, layout)
    match layout.brackets:
        case "interval":
            ends = (formats.shown(float(values[place]), digits, largest) for values in (column.low, column.high))
            return f"[{', '.join(ends)}]"
        case "p":
            return f"({_shown_p(float(column.p_value[place]))})"
        case "t":
            return f"({formats.shown(float(column.statistic[place]), 2)})"
        case _:
            return f"({formats.shown(float(column.std_error[place]), digits, largest)})"


def _effect_rows(layout: Layout, language: Language) -> list[Row]:
    rows = []
    if len({column.method for column in layout.columns}) > 1:
        cells = [Cell(column.name.to(language) if column.name else method_label(column.method, language)) for column in layout.columns]
        rows.append(Row((Cell(ESTIMATOR.to(language), "label"), *cells), gap=True))
    for effect in dict.fromkeys(effect for column in layout.columns for effect in column.effects):
        cells = [Cell((YES if effect in column.effects else NO).to(language)) for column in layout.columns]
        rows.append(Row((Cell(effects_label(effect, language, layout.names), "label"), *cells), gap=not rows))
    return rows


def _statistic_rows(layout: Layout, language: Language) -> list[Row]:
    rows: list[Row] = []
    declared = {key: text for column in layout.columns for key, text in column.labels.items()}
    for key in layout.statistics:
        if key == "clusters":
            for name in dict.fromkeys(name for column in layout.columns for name, _ in column.convention.clusters):
                sizes = [dict(column.convention.clusters).get(name) for column in layout.columns]
                cells = [Cell(f"{size:,}" if size is not None else DASH) for size in sizes]
                rows.append(Row((Cell(cluster_label(name, language, layout.names), "label"), *cells), gap=not rows))
            continue
        head = statistic_head(key, declared)
        shown = _shown_p if head.kind == "p_value" else partial(_statistic, key, layout.digits)
        found = [column.statistics.get(key) for column in layout.columns]
        cells = [Cell(DASH if value is None else shown(float(value))) for value in found]
        rows.append(Row((Cell(text_in(head.text, language), "label"), *cells), gap=not rows))
    return rows


def _statistic(key: str, digits: int, value: float) -> str:
    if math.isinf(value):
        return formats.shown(value)
    return f"{int(value):,}" if key in COUNTS or ("_df" in key and value == int(value)) else formats.shown(value, digits)


def _shown_p(value: float) -> str:
    return formats.p_value(value) if math.isfinite(value) else DASH
