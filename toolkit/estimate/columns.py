"""Evaluate the terms of a formula on data: numbers, and for each missing one the reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError
from toolkit.estimate.notes import infinite, missing, no_period, non_positive, outside_domain
from toolkit.estimate.source import Source
from toolkit.estimate.terms import Arithmetic, Category, Column, Difference, Factor, Inside, Lag, Negative, Number, Term, Transform
from toolkit.language import Note

MISSING, NOT_POSITIVE, NO_PERIOD, INFINITE = 1, 2, 3, 4

Why = NDArray[np.uint8] | None


@dataclass(frozen=True)
class Evaluated:
    """The values of a term.

    Attributes
    ----------
    numbers : (n,) values; those with a reason are not to be used.
    why : (n,) 0 for a usable value, else MISSING, NOT_POSITIVE (a log), NO_PERIOD (a lag) or INFINITE; None when all are usable.
    """

    numbers: NDArray[np.float64]
    why: Why = None


def evaluate(node: Factor | Term, source: Source) -> Evaluated:
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
            return Evaluated(np.full(len(source), value))
        case Inside(argument):
            return evaluate(argument, source)
        case Negative(argument):
            inner = evaluate(argument, source)
            return Evaluated(-inner.numbers, inner.why)
        case Transform(function, argument):
            return _transform(function, evaluate(argument, source))
        case Lag(argument, steps):
            return _shift(evaluate(argument, source), source, steps)
        case Difference(argument, steps):
            now = evaluate(argument, source)
            before = _shift(now, source, steps)
            return Evaluated(now.numbers - before.numbers, _worst(now.why, before.why))
        case Arithmetic(operator, left, right):
            return _arithmetic(operator, evaluate(left, source), evaluate(right, source))
        case Category():
            raise FormulaError(f"{node.text} is a category, not a number", remedy="use it as a term of its own or in an interaction")


def _all_finite(numbers: NDArray[np.float64]) -> bool:
    """Whether no value is missing or infinite; a finite sum proves it without looking at each."""
    with np.errstate(all="ignore"):
        return bool(np.isfinite(numbers.sum()) or np.isfinite(numbers).all())


def _column(numbers: NDArray[np.float64]) -> Evaluated:
    if _all_finite(numbers):
        return Evaluated(numbers)
    why = np.where(np.isnan(numbers), MISSING, np.where(np.isinf(numbers), INFINITE, 0)).astype(np.uint8)
    return Evaluated(numbers, why if why.any() else None)


def _worst(*reasons: Why) -> Why:
    """The reasons of several parts as one; where parts disagree the first in the order missing, log, lag, infinite counts."""
    known = [r for r in reasons if r is not None]
    if not known:
        return None
    total = known[0]
    for other in known[1:]:
        total = np.where((total == 0) | ((other != 0) & (other < total)), other, total)
    return total


def _checked(numbers: NDArray[np.float64], why: Why) -> Evaluated:
    """Mark values that arithmetic made infinite or undefined."""
    if _all_finite(numbers):
        return Evaluated(numbers, why)
    bad = ~np.isfinite(numbers) & ((why == 0) if why is not None else True)
    if bad.any():
        why = np.zeros(len(numbers), np.uint8) if why is None else why.copy()
        why[bad] = INFINITE
    return Evaluated(numbers, why)


def _transform(function: str, inner: Evaluated) -> Evaluated:
    x, why = inner.numbers, inner.why
    low = {"log": x <= 0, "log1p": x <= -1, "sqrt": x < 0}.get(function)
    if low is not None and low.any():
        outside = np.where(low, NOT_POSITIVE, 0).astype(np.uint8)
        why = outside if why is None else np.where(why == 0, outside, why)
    usable = x if why is None else np.where(why == 0, x, 1.0)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        values: NDArray[np.float64] = getattr(np, {"asinh": "arcsinh"}.get(function, function))(usable)
    return _checked(values, why)


def _shift(inner: Evaluated, source: Source, steps: int) -> Evaluated:
    rows = source.lagged(steps)
    absent = rows < 0
    numbers = inner.numbers[rows] if len(rows) else inner.numbers
    why = None if inner.why is None else inner.why[rows]
    if absent.any():
        numbers[absent] = np.nan
        why = np.zeros(len(rows), np.uint8) if why is None else why
        why[absent] = NO_PERIOD
    return Evaluated(numbers, why)


def _arithmetic(operator: str, left: Evaluated, right: Evaluated) -> Evaluated:
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
