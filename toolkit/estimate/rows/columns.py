"""Columns of numbers from terms: values with the reason where there is none, and the design columns of a formula."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import FormulaError
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.formula.terms import (
    Arithmetic,
    Category,
    Column,
    Difference,
    Factor,
    Lag,
    Negative,
    Number,
    Parentheses,
    Term,
    Transform,
    written,
)
from toolkit.estimate.rows.options import infinite, missing, no_period, non_positive, outside_domain
from toolkit.estimate.rows.source import Source
from toolkit.language import Note

MISSING, NOT_POSITIVE, NO_PERIOD, INFINITE = 1, 2, 3, 4

Why = NDArray[np.uint8] | None


@dataclass(frozen=True)
class TermValues:
    """The values of a term.

    Attributes
    ----------
    numbers : (n,) values; those with a reason are not to be used.
    why : (n,) 0 for a usable value, else MISSING, NOT_POSITIVE (a log), NO_PERIOD (a lag) or INFINITE; None when all are usable.
    """

    numbers: NDArray[np.float64]
    why: Why = None


def evaluate(node: Factor | Term, source: Source) -> TermValues:
    """The values of one numeric term on every row of ``source``.

    Raises
    ------
    MissingColumn, NotNumeric, FormulaError
    """
    match node:
        case Term(factors):
            parts = [evaluate(f, source) for f in factors]
            numbers = parts[0].numbers
            for part in parts[1:]:
                with np.errstate(all="ignore"):
                    numbers = numbers * part.numbers
            return _checked(numbers, _worst(*(p.why for p in parts))) if len(parts) > 1 else parts[0]
        case Column(name):
            return _column(source.numbers(name))
        case Number(value):
            return TermValues(np.full(len(source), value))
        case Parentheses(argument):
            return evaluate(argument, source)
        case Negative(argument):
            inner = evaluate(argument, source)
            return TermValues(-inner.numbers, inner.why)
        case Transform(function, argument):
            return _transform(function, evaluate(argument, source))
        case Lag(argument, steps):
            return _shift(evaluate(argument, source), source, steps)
        case Difference(argument, steps):
            now = evaluate(argument, source)
            before = _shift(now, source, steps)
            return TermValues(now.numbers - before.numbers, _worst(now.why, before.why))
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, evaluate(left, source), evaluate(right, source))
        case Category():
            raise FormulaError(f"{node.text} is a category, not a number", remedy="use it as a term of its own or in an interaction")


def _all_finite(numbers: NDArray[np.float64]) -> bool:
    """Whether no value is missing or infinite; a finite sum proves it without looking at each."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(numbers.sum()) or np.isfinite(numbers).all())


def _column(numbers: NDArray[np.float64]) -> TermValues:
    if _all_finite(numbers):
        return TermValues(numbers)
    why = np.where(np.isnan(numbers), MISSING, np.where(np.isinf(numbers), INFINITE, 0)).astype(np.uint8)
    return TermValues(numbers, why if why.any() else None)


def _worst(*reasons: Why) -> Why:
    """The reasons of several parts as one; where parts disagree the first in the order missing, log, lag, infinite counts."""
    known = [r for r in reasons if r is not None]
    if not known:
        return None
    total = known[0]
    for other in known[1:]:
        total = np.where((total == 0) | ((other != 0) & (other < total)), other, total)
    return total


def _checked(numbers: NDArray[np.float64], why: Why) -> TermValues:
    """Mark values that arithmetic made infinite or undefined."""
    if _all_finite(numbers):
        return TermValues(numbers, why)
    bad = ~np.isfinite(numbers) & ((why == 0) if why is not None else True)
    if bad.any():
        why = np.zeros(len(numbers), np.uint8) if why is None else why.copy()
        why[bad] = INFINITE
    return TermValues(numbers, why)


def _transform(function: str, inner: TermValues) -> TermValues:
    x, why = inner.numbers, inner.why
    low = {"log": x <= 0, "log1p": x <= -1, "sqrt": x < 0}.get(function)
    if low is not None and low.any():
        outside = np.where(low, NOT_POSITIVE, 0).astype(np.uint8)
        why = outside if why is None else np.where(why == 0, outside, why)
    usable = x if why is None else np.where(why == 0, x, 1.0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values: NDArray[np.float64] = getattr(np, {"asinh": "arcsinh"}.get(function, function))(usable)
    return _checked(values, why)


def _shift(inner: TermValues, source: Source, steps: int) -> TermValues:
    rows = source.lagged(steps)
    absent = rows < 0
    numbers = inner.numbers[rows] if len(rows) else inner.numbers
    why = None if inner.why is None else inner.why[rows]
    if absent.any():
        numbers[absent] = np.nan
        why = np.zeros(len(rows), np.uint8) if why is None else why
        why[absent] = NO_PERIOD
    return TermValues(numbers, why)


def _arithmetic(operator: str, left: TermValues, right: TermValues) -> TermValues:
    a, b = left.numbers, right.numbers
    with np.errstate(all="ignore"):
        match operator:
            case "+":
                values = a + b
            case "-":
                values = a - b
            case "*":
                values = a * b
            case "/":
                values = a / b
            case _:
                values = np.power(a, b)
    return _checked(values, _worst(left.why, right.why))


def reason_of(code: int, node: Factor | Term) -> Note:
    """Why a value cannot be used; rows are counted under it.

    Examples
    --------
    >>> str(reason_of(NO_PERIOD, Lag(Column("x"), 1)))
    'no such period for L(x, 1)'
    """
    match code:
        case 1:
            return missing(node.text)
        case 2:
            if isinstance(node, Transform) and node.function == "log":
                return non_positive(node.text, node.argument.text)
            return non_positive(node.text) if "log(" in node.text else outside_domain(node.text)
        case 3:
            return no_period(node.text)
        case _:
            return infinite(node.text)


_MOST_CELLS = 200_000_000


@dataclass(frozen=True)
class Level:
    """One level of a category: the indicator that the column equals ``value``; ``among`` are all levels that were seen."""

    category: Category
    value: object
    among: tuple[object, ...]

    @property
    def shown(self) -> str:
        """The level alone, a whole number without a point."""
        return f"{self.value:g}" if isinstance(self.value, float) and self.value.is_integer() else str(self.value)

    @property
    def text(self) -> str:
        """As it is shown, for example ``C(region)[West]``."""
        return f"C({written(self.category.name)})[{self.shown}]"


@dataclass(frozen=True)
class Band:
    """A range of a numeric term: 1 where it lies in (low, high].

    Attributes
    ----------
    variable : the term.
    low, high : the bounds, infinite where there is none.
    shown : the bounds as they are written in the name of a coefficient.
    """

    variable: Term
    low: float
    high: float
    shown: tuple[str, str]

    @property
    def text(self) -> str:
        """As it is shown: ``[q <= 10.2]``, ``[10.2 < q <= 20]``, ``[q > 20]``."""
        if np.isinf(self.high):
            return f"[{self.variable.text} > {self.shown[0]}]"
        below = "" if np.isinf(self.low) else f"{self.shown[0]} < "
        return f"[{below}{self.variable.text} <= {self.shown[1]}]"


Part = Factor | Level


@dataclass(frozen=True)
class DesignColumn:
    """A regressor: the product of its parts, and zero outside its band if it has one."""

    parts: tuple[Part, ...]
    band: Band | None = None

    @property
    def text(self) -> str:
        """The name of its coefficient."""
        product = ":".join(part.text for part in self.parts)
        return product if self.band is None else f"{product} {self.band.text}"

    @property
    def term(self) -> str:
        """The text of the term that it was written out from; a level of a category stands for the category.

        Examples
        --------
        >>> DesignColumn((Level(Category("region"), "East", ("East", "West")), Column("x"))).term
        'C(region):x'
        """
        return ":".join(part.category.text if isinstance(part, Level) else part.text for part in self.parts)


def design_columns(spec: Spec, source: Source, inside: NDArray[np.bool_]) -> tuple[DesignColumn, ...]:
    """The regressors of ``spec`` in the order written, categories written out over the levels that occur in the rows ``inside``.

    The reference level of a category is left out when the term without it is in the model as well, or when a reference is named; otherwise
    every level has its column (``C(g):x`` without ``x`` gives one slope per level).
    """
    margins = {frozenset(f.text for f in t.factors) for t in spec.terms}
    anchored = spec.intercept or bool(spec.effects)
    columns: list[DesignColumn] = []
    for term in spec.terms:
        choices: list[list[Part]] = []
        for factor in term.factors:
            if isinstance(factor, Category):
                rest = frozenset(f.text for f in term.factors if f is not factor)
                relative = factor.reference is not None or (rest in margins if rest else anchored)
                choices.append(_levels(factor, source, inside, relative))
                anchored = anchored or not rest
            else:
                choices.append([factor])
        columns += [DesignColumn(parts) for parts in _products(choices)]
    return tuple(columns)


def build_column(column: DesignColumn, numbers: dict[str, NDArray[np.float64]], source: Source) -> NDArray[np.float64]:
    """The values of a design column on all rows; ``numbers`` holds the numeric factors by their text."""
    values = None if column.band is None else inside_band(column.band, source)
    for part in column.parts:
        factor = indicator(part, source) if isinstance(part, Level) else numbers[part.text]
        values = factor if values is None else values * factor
    assert values is not None
    return values


def indicator(level: Level, source: Source) -> NDArray[np.float64]:
    """1.0 where the category has this level, else 0.0."""
    return np.asarray((source.column(level.category.name) == level.value).to_numpy(dtype=np.float64, na_value=0.0), dtype=np.float64)


def inside_band(band: Band, source: Source) -> NDArray[np.float64]:
    """1.0 where the term lies in the band, else 0.0; missing where the term is."""
    found = evaluate(band.variable, source)
    inside = ((found.numbers > band.low) & (found.numbers <= band.high)).astype(np.float64)
    return inside if found.why is None else np.where(found.why == 0, inside, np.nan)


def _products(choices: list[list[Part]]) -> list[tuple[Part, ...]]:
    products: list[tuple[Part, ...]] = [()]
    for options in choices:
        products = [(*done, option) for done in products for option in options]
    return products


def _levels(category: Category, source: Source, inside: NDArray[np.bool_], relative: bool) -> list[Part]:
    """Levels in order (categories in their own order, otherwise sorted), without the reference if ``relative``."""
    series = source.column(category.name)
    seen = series[inside] if not inside.all() else series
    if isinstance(series.dtype, pd.CategoricalDtype):
        present = set(seen.dropna().unique())
        levels = [v for v in series.cat.categories if v in present]
    else:
        unique = list(seen.dropna().unique())
        levels = sorted(unique, key=str) if any(isinstance(v, str) for v in unique) else sorted(unique)
    if len(levels) * len(series) > _MOST_CELLS:
        raise FormulaError(
            f"C({category.name}) has {len(levels)} levels on {len(series)} rows", remedy=f"absorb it instead: | {category.name}"
        )
    chosen: list[object] = list(levels)
    if relative:
        chosen.remove(levels[0] if category.reference is None else _matching(category, levels))
    return [Level(category, value, tuple(levels)) for value in chosen]


def _matching(category: Category, levels: list[object]) -> object:
    wanted = category.reference
    for level in levels:
        if str(level) == str(wanted) or (isinstance(wanted, float) and not isinstance(level, str) and level == wanted):
            return level
    names = [str(v) for v in levels]
    near = difflib.get_close_matches(str(wanted), names, 3, 0.5)
    raise FormulaError(
        f"{category.name} has no level {wanted!r} among the rows used",
        where=category.text,
        remedy=f"did you mean {' or '.join(near)}?" if near else f"levels: {', '.join(names[:20])}",
    )
