"""Estimates side by side, in the form that journals print."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from toolkit.errors import PresentationError, UnknownOption
from toolkit.language import Language, Text, text_in
from toolkit.present import formats
from toolkit.present.column import Column, as_column
from toolkit.present.exhibit import TableExhibit
from toolkit.present.labels import label
from toolkit.present.regression_notes import BRACKETS, Brackets, regression_notes
from toolkit.present.selection import chosen_terms
from toolkit.present.table import DASH, Cell, Row, Table
from toolkit.present.words import ESTIMATOR, METHODS, NO, OMITTED, YES, cluster_label, effects_label, statistic_label

if TYPE_CHECKING:
    import pandas as pd

STAR_LEVELS = (0.1, 0.05, 0.01)
COUNTS = ("rows", "entities", "periods")
TITLE = Text("Regression results", "回归结果")
_JUDGED_BY = {
    "within": ("r2", "r2_within"),
    "random": ("r2_within", "r2_overall"),
    "between": ("r2_between",),
    "differences": ("r2_differences",),
}


@dataclass(frozen=True)
class _Layout:
    """What the table shows, settled once for both languages."""

    columns: tuple[Column, ...]
    heads: tuple[str | Text, ...]
    groups: tuple[tuple[str | Text, int], ...]
    terms: tuple[str, ...]
    names: Mapping[str, str | Text]
    stars: tuple[float, ...]
    brackets: Brackets
    digits: int
    statistics: tuple[str, ...]
    notes: tuple[str | Text, ...]
    title: str | Text
    number: str


def regression_table(
    estimates: Sequence[Any] | Mapping[str, Any],
    *,
    labels: Mapping[str, str | Text] | None = None,
    columns: Sequence[str | Text] | None = None,
    groups: Sequence[tuple[str | Text, int]] = (),
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    order: Sequence[str] = (),
    stars: Sequence[float] | None = STAR_LEVELS,
    brackets: Brackets = "std_error",
    digits: int = 3,
    statistics: Sequence[str] | None = None,
    notes: Sequence[str | Text] = (),
    title: str | Text = TITLE,
    number: int | str = "",
) -> TableExhibit:
    """Estimates side by side: coefficients with stars, brackets below, effects, counts, R² under its own name, and notes that explain them.

    Parameters
    ----------
    estimates : estimates of this toolkit, or fitted results of pyfixest, linearmodels or statsmodels, in any mixture. The keys of a
        mapping head the columns.
    labels : labels that take precedence over the registry, for columns of the data or for whole terms.
    columns : heads of the columns; above them stand the outcomes, below them (1), (2), ...
    groups : (head, number of columns) from left to right.
    keep, drop, order : terms as in the formula, with ``*`` for anything.
    stars : p-values below which a coefficient gets one more star; None for no stars.
    brackets : what stands below the coefficient.
    digits : decimals; a number that would round to zero keeps two significant digits.
    statistics : keys such as "rows", "entities", "clusters", "r2_within", "rmse"; default N, entities, clusters, and the R² that each
        estimator is judged by.
    notes : paragraphs added below the generated ones.
    title, number : caption, "Table 1" / "表 1".

    Raises
    ------
    PresentationError
        If heads or groups do not fit the number of columns, a pattern fits no term, or no estimate has a statistic asked for.
    UnknownOption
        For an unknown kind of result or bracket.

    Examples
    --------
    >>> import numpy as np, pandas as pd, statsmodels.api as sm
    >>> x = np.arange(6.0)
    >>> frame = pd.DataFrame({"x": x, "y": [0.1, 0.9, 2.2, 2.8, 4.1, 5.2]})
    >>> fitted = sm.OLS(frame["y"], sm.add_constant(frame[["x"]])).fit()
    >>> regression_table([fitted], title="A line").table("en").body[0].cells[1]
    Cell(text='1.020', kind='number', span=1, stars='***')
    """
    results = list(estimates.values()) if isinstance(estimates, Mapping) else list(estimates)
    found = tuple(as_column(result) for result in results)
    heads = tuple(columns) if columns is not None else tuple(estimates) if isinstance(estimates, Mapping) else ()
    _check(len(found), heads, groups, stars or (), brackets)
    layout = _Layout(
        columns=found,
        heads=heads,
        groups=tuple(groups),
        terms=chosen_terms(found, keep, drop, order),
        names=dict(labels or {}),
        stars=tuple(sorted(stars or (), reverse=True)),
        brackets=brackets,
        digits=digits,
        statistics=_statistics(found, statistics),
        notes=tuple(notes),
        title=title,
        number=str(number),
    )
    return TableExhibit(lambda language: _build(layout, language), _frame(layout))


def _check(
    count: int, heads: Sequence[str | Text], groups: Sequence[tuple[str | Text, int]], stars: Sequence[float], brackets: str
) -> None:
    if not count:
        raise PresentationError("there is no estimate to show", remedy="pass at least one")
    if heads and len(heads) != count:
        raise PresentationError(f"{len(heads)} column heads for {count} estimates", remedy="give one head for each estimate")
    if groups and sum(width for _, width in groups) != count:
        raise PresentationError(
            f"the groups cover {sum(width for _, width in groups)} columns of {count}",
            remedy="let the widths of the groups add up to the number of estimates",
        )
    if brackets not in BRACKETS:
        raise UnknownOption(f"there is no bracket {brackets!r}", remedy=f"use one of {', '.join(BRACKETS)}")
    if any(not 0 < level < 1 for level in stars):
        raise UnknownOption(f"{tuple(stars)} are no star levels", remedy="use p-values between 0 and 1, e.g. (0.1, 0.05, 0.01), or None")


def _statistics(columns: Sequence[Column], asked: Sequence[str] | None) -> tuple[str, ...]:
    known = dict.fromkeys(key for column in columns for key in column.statistics) | {"clusters": None}
    if asked is not None:
        for key in asked:
            if key not in known:
                raise PresentationError(
                    f"no estimate has a statistic {key!r}", where=f"they have {', '.join(known)}", remedy="name one of these"
                )
        return tuple(asked)
    judged = dict.fromkeys(key for column in columns for key in _JUDGED_BY.get(column.method, ("r2", "r2_pseudo")))
    return tuple(key for key in ("rows", "entities", "clusters", *judged) if key in known)


def _build(layout: _Layout, language: Language) -> Table:
    notes = regression_notes(layout.columns, layout.brackets, layout.stars, layout.names, language)
    return Table(
        title=text_in(layout.title, language),
        header=tuple(_header(layout, language)),
        body=(*_coefficient_rows(layout, language), *_effect_rows(layout, language), *_statistic_rows(layout, language)),
        notes=(*notes, *(text_in(note, language) for note in layout.notes)),
        number=layout.number,
        language=language,
    )


def _header(layout: _Layout, language: Language) -> list[Row]:
    corner = Cell("", "label")
    rows = []
    if layout.groups:
        rows.append(Row((corner, *(Cell(text_in(head, language), span=width) for head, width in layout.groups))))
    outcomes = [label(column.outcome, language, layout.names) for column in layout.columns]
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


def _coefficient_rows(layout: _Layout, language: Language) -> list[Row]:
    rows = []
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
        rows.append(Row((Cell(label(term, language, layout.names), "label"), *top)))
        if any(cell.text for cell in below):
            rows.append(Row((Cell("", "label"), *below)))
    return rows


def _coefficient(column: Column, place: int, layout: _Layout) -> Cell:
    p = float(column.p_value[place])
    return Cell(_shown(float(column.estimate[place]), _decimals(column, place, layout)), stars=formats.stars_for(p, layout.stars))


def _decimals(column: Column, place: int, layout: _Layout) -> int:
    """An estimate and the numbers in its units below it share their decimals."""
    below = {"std_error": (column.std_error,), "interval": (column.low, column.high)}.get(layout.brackets, ())
    return formats.decimals([float(values[place]) for values in (column.estimate, *below)], layout.digits)


def _bracket(column: Column, place: int, layout: _Layout) -> str:
    digits = _decimals(column, place, layout)
    match layout.brackets:
        case "interval":
            return f"[{_shown(float(column.low[place]), digits)}, {_shown(float(column.high[place]), digits)}]"
        case "p":
            return f"({_shown_p(float(column.p_value[place]))})"
        case "t":
            return f"({_shown(float(column.statistic[place]), 2)})"
        case _:
            return f"({_shown(float(column.std_error[place]), digits)})"


def _effect_rows(layout: _Layout, language: Language) -> list[Row]:
    rows = []
    if len({column.method for column in layout.columns}) > 1:
        cells = [Cell(METHODS[column.method].to(language) if column.method in METHODS else column.method) for column in layout.columns]
        rows.append(Row((Cell(ESTIMATOR.to(language), "label"), *cells), gap=True))
    for effect in dict.fromkeys(effect for column in layout.columns for effect in column.effects):
        cells = [Cell((YES if effect in column.effects else NO).to(language)) for column in layout.columns]
        rows.append(Row((Cell(effects_label(effect, language, layout.names), "label"), *cells), gap=not rows))
    return rows


def _statistic_rows(layout: _Layout, language: Language) -> list[Row]:
    rows: list[Row] = []
    for key in layout.statistics:
        if key == "clusters":
            for name in dict.fromkeys(name for column in layout.columns for name, _ in column.convention.clusters):
                sizes = [dict(column.convention.clusters).get(name) for column in layout.columns]
                cells = [Cell(f"{size:,}" if size is not None else DASH) for size in sizes]
                rows.append(Row((Cell(cluster_label(name, language, layout.names), "label"), *cells), gap=not rows))
            continue
        cells = [Cell(_statistic(column.statistics.get(key), key, layout.digits)) for column in layout.columns]
        rows.append(Row((Cell(statistic_label(key, language), "label"), *cells), gap=not rows))
    return rows


def _statistic(value: float | None, key: str, digits: int) -> str:
    if value is None:
        return DASH
    return f"{int(value):,}" if key in COUNTS or ("_df" in key and value == int(value)) else _shown(float(value), digits)


def _shown(value: float, digits: int) -> str:
    return formats.number(value, digits) if math.isfinite(value) else DASH


def _shown_p(value: float) -> str:
    return formats.p_value(value) if math.isfinite(value) else DASH


def _frame(layout: _Layout) -> pd.DataFrame:
    """One row a number: coefficients with their inference, then the statistics."""
    import pandas as pd

    records: list[dict[str, object]] = []
    for place, column in enumerate(layout.columns, 1):
        head = {"column": place, "outcome": column.outcome, "method": column.method, "effects": " + ".join(column.effects)}
        for position, term in enumerate(column.terms):
            if term in layout.terms:
                inference = {
                    "value": column.estimate[position],
                    "std_error": column.std_error[position],
                    "statistic": column.statistic[position],
                    "p_value": column.p_value[position],
                    "conf_low": column.low[position],
                    "conf_high": column.high[position],
                }
                records.append({**head, "part": "coefficient", "name": term, **inference})
        shown = [(key, column.statistics[key]) for key in layout.statistics if key in column.statistics]
        if "clusters" in layout.statistics:
            shown += [(f"clusters {name}".strip(), size) for name, size in column.convention.clusters]
        records += [{**head, "part": "statistic", "name": key, "value": float(value)} for key, value in shown]
    return pd.DataFrame.from_records(records)
