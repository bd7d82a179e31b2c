"""Which rows a sample of the curve leaves out."""

from __future__ import annotations

import difflib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EmptySample, UnknownOption
from toolkit.estimate.source import Source
from toolkit.estimate.spec_curve.choices import Condition, Rule
from toolkit.language import Note, Text, note
from toolkit.periods import covered

Mask = NDArray[np.bool_]


def rows_outside(name: str, rule: Rule, source: Source) -> tuple[Note, Mask] | None:
    """The reason and the rows (n,) that the sample ``name`` leaves out; None if it keeps all.

    Raises
    ------
    EmptySample
        If the rule keeps no row.
    UnknownOption
        If a mask does not fit the data, or a value that a condition names does not occur.
    MissingColumn, NotNumeric

    Examples
    --------
    >>> source = Source(pd.DataFrame({"year": [2014, 2015, 2016]}))
    >>> why, outside = rows_outside("later", Condition("year", ">", 2014), source)
    >>> str(why), outside
    ('outside later (year > 2014)', array([ True, False, False]))
    """
    if rule is None:
        return None
    if isinstance(rule, np.ndarray | pd.Series):
        inside, rules = _mask(name, rule, source), ""
    else:
        conditions = (rule,) if isinstance(rule, Condition) else tuple(rule)
        if not conditions or not all(isinstance(c, Condition) for c in conditions):
            raise UnknownOption(
                f"the rule of sample {name!r} is {rule!r}", remedy='Condition("year", ">=", 2015), a tuple of them, a mask, or None'
            )
        inside = np.logical_and.reduce([_met(condition, source) for condition in conditions])
        rules = f" ({' and '.join(c.text for c in conditions)})"
    if not inside.any():
        raise EmptySample(f"the sample {name!r} keeps none of the {len(source)} rows", where=f"{name}{rules}", remedy="loosen its rule")
    return None if inside.all() else (note("outside", Text("outside {sample}", "不属于{sample}"), sample=f"{name}{rules}"), ~inside)


def _mask(name: str, rule: Mask | pd.Series, source: Source) -> Mask:
    index, aligned = source.frame.index, True
    if isinstance(rule, pd.Series) and not rule.index.equals(
        index
    ):  # of the frame that a panel was made from: the same row labels in another order
        aligned = len(rule) == len(index) and rule.index.is_unique and bool(index.isin(rule.index).all())
        rule = rule.reindex(index) if aligned else rule
    if len(rule) != len(source) or rule.dtype != bool or not aligned:
        raise UnknownOption(
            f"the mask of sample {name!r} does not fit {source.label}: {len(rule)} values of type {rule.dtype} for {len(source)} rows",
            remedy="a series with the row labels of panel.frame, an array in its order (a Panel is sorted), or a Condition",
        )
    return np.asarray(rule, dtype=bool)


def _met(condition: Condition, source: Source) -> Mask:
    """(n,) whether each row meets the condition."""
    series = source.column(condition.column)
    match condition.operator:
        case "==" | "in" | "!=" | "not in":
            _require_known(condition, series)
            equal = series.isin(list(condition.values)).to_numpy(dtype=bool)
            found = equal if condition.operator in ("==", "in") else ~equal & series.notna().to_numpy(dtype=bool)
        case _ if condition.column == source.time and source.step in ("quarter", "month"):
            first, last = covered(condition.value, source.step)
            later, before = source.calendar > last, source.calendar < first
            found = {">": later, "<=": ~later, "<": before, ">=": ~before}[condition.operator]
        case _:
            numbers = source.numbers(condition.column)
            if not isinstance(condition.value, int | float | np.number):
                raise UnknownOption(f"{condition.text} compares with {condition.value!r}", remedy="order is defined for numbers only")
            compare = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}[condition.operator]
            with np.errstate(invalid="ignore"):
                found = compare(numbers, float(condition.value))
    return np.asarray(found, dtype=bool)


def _require_known(condition: Condition, series: pd.Series) -> None:
    """A text that never occurs is a slip of the pen; a number (a year) may well be absent."""
    known = {str(v) for v in series.dropna().unique() if isinstance(v, str)}
    for value in condition.values:
        if isinstance(value, str) and value not in known:
            near = difflib.get_close_matches(value, sorted(known), 3, 0.5)
            listed = f"did you mean {' or '.join(near)}?" if near else f"values: {', '.join(sorted(known)[:20]) or 'none is text'}"
            raise UnknownOption(f"{condition.column} is never {value!r}", where=condition.text, remedy=listed)
