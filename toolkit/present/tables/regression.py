"""Estimates side by side, in the form that journals print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from toolkit.errors import PresentationError, UnknownOption
from toolkit.language import Text
from toolkit.present.exhibit import TableExhibit
from toolkit.present.tables.adapters import as_column
from toolkit.present.tables.column import Column
from toolkit.present.tables.layout import Layout, build, chosen_terms
from toolkit.present.tables.notes import BRACKETS, Brackets
from toolkit.present.words.naming import Labels, Notes, listed, names_for, pairs

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.inference.wild_scheme import WildTests

STAR_LEVELS = (0.1, 0.05, 0.01)
TITLE = Text("Regression results", "回归结果")
_OF_INSTRUMENTS = ("rk_wald_f", "effective_f", "overid_p")
_JUDGED_BY = {
    "within": ("r2", "r2_within"),
    "random": ("r2_within", "r2_overall"),
    "between": ("r2_between",),
    "threshold": ("r2_within", "threshold_1", "threshold_2", "threshold_3"),
    "differences": ("r2_differences",),
    "quantile": ("quantile", "r2_pseudo"),
    "instruments": _OF_INSTRUMENTS,
    "liml": _OF_INSTRUMENTS,
    "fuller": _OF_INSTRUMENTS,
    **dict.fromkeys(("hausman_taylor", "amemiya_macurdy", "ec2sls", "g2sls"), ("overid_p",)),
    **dict.fromkeys(("sar", "sem", "sac", "sdm", "sdem", "slx"), ("log_likelihood",)),
}


def regression_table(
    estimates: Any,
    *,
    labels: Labels = None,
    columns: Sequence[str | Text] | None = None,
    groups: Sequence[tuple[str | Text, int]] = (),
    keep: Sequence[str] = (),
    drop: Sequence[str] = (),
    order: Sequence[str] = (),
    stars: Sequence[float] | None = STAR_LEVELS,
    brackets: Brackets = "std_error",
    digits: int = 3,
    statistics: Sequence[str] | None = None,
    wild: Sequence[WildTests | None] = (),
    notes: Notes = (),
    title: str | Text = TITLE,
    number: int | str = "",
) -> TableExhibit:
    """Estimates side by side: coefficients with stars, brackets below, effects, counts, R² under its own name, and notes that explain them.

    Parameters
    ----------
    estimates : one estimate or a sequence: estimates of this toolkit, or fitted results of pyfixest, linearmodels or statsmodels, in any
        mixture. The keys of a mapping head the columns.
    labels : labels that take precedence over the registry, for columns of the data or for whole terms. The registry names the columns of
        its own data; ``"registry"`` asks for its labels for any estimates.
    columns : heads of the columns; above them stand the outcomes, below them (1), (2), ...
    groups : (head, number of columns) from left to right.
    keep, drop, order : terms as in the formula, with ``*`` for anything.
    stars : p-values below which a coefficient gets one more star; None for no stars.
    brackets : what stands below the coefficient.
    digits : decimals; a number that would round to zero keeps two significant digits.
    statistics : keys such as "rows", "entities", "clusters", "r2_within", "rmse"; default N, entities, clusters, and the R² that each
        estimator is judged by.
    wild : for each estimate the wild bootstrap tests of its coefficients (``toolkit.estimate.inference.wild_tests``), or None; their
        p-values are printed in a row of their own. Stars follow the t test.
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
    results = listed(estimates.values() if isinstance(estimates, Mapping) else estimates)
    found = _with_wild([as_column(result) for result in results], (wild,) if hasattr(wild, "tests") else listed(wild))
    heads = listed(columns) if columns is not None else tuple(estimates) if isinstance(estimates, Mapping) else ()
    levels, over = tuple(sorted(listed(stars), reverse=True)), pairs(groups)
    _check(len(found), heads=heads, groups=over, stars=levels, brackets=brackets)
    layout = Layout(
        columns=found,
        heads=heads,
        groups=over,
        terms=chosen_terms(found, listed(keep), listed(drop), listed(order)),
        names=names_for(labels, *found),
        stars=levels,
        brackets=brackets,
        digits=digits,
        statistics=_statistics(found, None if statistics is None else listed(statistics)),
        notes=listed(notes),
        title=title,
        number=str(number),
    )
    return TableExhibit(lambda language: build(layout, language), _frame(layout))


def _with_wild(columns: Sequence[Column], wild: Sequence[WildTests | None]) -> tuple[Column, ...]:
    """The columns with the p-values of their wild bootstrap tests."""
    if not wild:
        return tuple(columns)
    if len(wild) != len(columns):
        raise PresentationError(
            f"{len(wild)} sets of wild tests for {len(columns)} estimates", remedy="give one for each estimate, or None"
        )
    found = []
    for place, (column, tests) in enumerate(zip(columns, wild, strict=True), 1):
        for test in () if tests is None else tests.tests:
            at = column.terms.index(test.term) if test.term in column.terms else -1
            if at < 0 or not np.isclose(column.estimate[at], test.estimate, rtol=1e-6):
                raise PresentationError(
                    f"the wild test of {test.term} is not one of column ({place})", remedy="give the tests in the order of the estimates"
                )
        if tests is not None:
            column = replace(column, wild=tests.p_values, wild_method=(tests.method,), warnings=(*column.warnings, *tests.warnings))
        found.append(column)
    return tuple(found)


def _check(
    count: int, *, heads: Sequence[str | Text], groups: Sequence[tuple[str | Text, int]], stars: Sequence[float], brackets: str
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
    judged = dict.fromkeys(key for c in columns for key in c.judged_by or _JUDGED_BY.get(c.method, ("r2", "r2_pseudo")))
    return tuple(key for key in ("rows", "entities", "clusters", *judged) if key in known)


def _frame(layout: Layout) -> pd.DataFrame:
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
                if column.wild:
                    inference["wild_p_value"] = column.wild.get(term, np.nan)
                records.append({**head, "part": "coefficient", "name": term, **inference})
        shown = [(key, column.statistics[key]) for key in layout.statistics if key in column.statistics]
        if "clusters" in layout.statistics:
            shown += [(f"clusters {name}".strip(), size) for name, size in column.convention.clusters]
        records += [{**head, "part": "statistic", "name": key, "value": float(value)} for key, value in shown]
    return pd.DataFrame.from_records(records)
