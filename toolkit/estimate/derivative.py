"""The derivative of a linear index with respect to one of its terms, coefficient by coefficient."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.columns import evaluate
from toolkit.estimate.design import DesignColumn, Level, Part, indicator
from toolkit.estimate.result import Estimate
from toolkit.estimate.source import Source
from toolkit.estimate.terms import (
    Arithmetic,
    Category,
    Column,
    Difference,
    Factor,
    Inside,
    Lag,
    Negative,
    Number,
    Transform,
    Value,
    columns_of,
)
from toolkit.estimate.wald import squeeze

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Moderated:
    """One coefficient's share in the effect.

    Attributes
    ----------
    position : of the coefficient among the terms.
    factors : values that are multiplied; none gives one.
    levels : levels of the moderator if it is a category.
    """

    position: int
    factors: tuple[Part, ...]
    levels: tuple[object, ...] = ()

    def weight(self, source: Source) -> Floats:
        """The multiplier of the coefficient on each row; not finite where it is not defined."""
        total = np.ones(len(source))
        for part in self.factors:
            if isinstance(part, Level):
                total *= indicator(part, source)
            else:
                found = evaluate(part, source)
                total *= found.numbers if found.why is None else np.where(found.why == 0, found.numbers, np.nan)
        return total


def moderated(estimate: Estimate, term: str, moderator: str, holding: Mapping[str, object]) -> tuple[str, tuple[Moderated, ...]]:
    """The text of ``term`` in the estimate, and the coefficients that its effect is made of.

    Raises
    ------
    NotEstimable
    """
    columns = {c.text: c for c in estimate.columns}
    chosen = _find(term, [p for t in estimate.terms if t in columns for p in columns[t].parts], estimate)
    parts: list[Moderated] = []
    for position, text in enumerate(estimate.terms):
        if text in columns:
            parts += _share(position, columns[text], chosen, moderator)
    used = {n for p in parts for f in p.factors for n in (columns_of(f.category) if isinstance(f, Level) else columns_of(f))}
    if moderator not in used:
        known = ", ".join(sorted(used)) or "nothing"
        near = [c for c in columns if chosen.text in c]
        raise NotEstimable(
            f"{chosen.text} does not interact with a column {moderator!r} in this model (it does with {known})",
            where=f"terms with it: {', '.join(near)}",
            remedy=f"name a column, not a transformed one, or add {chosen.text}:{moderator} to the formula",
        )
    free = sorted(used - {moderator} - set(holding))
    if free:
        raise NotEstimable(
            f"the effect of {chosen.text} also depends on {', '.join(free)}",
            where=estimate.spec.formula,
            remedy=f"hold it: holding={{{free[0]!r}: value}}",
        )
    _require_one_date(parts, moderator, chosen)
    return chosen.text, tuple(replace(p, factors=tuple(_current(f) for f in p.factors)) for p in parts)


def _find(term: str, parts: list[Part], estimate: Estimate) -> Value:
    known = {p.text: p for p in parts if not isinstance(p, Level | Category)}
    for text, part in known.items():
        if squeeze(text) == squeeze(term):
            return part
    near = difflib.get_close_matches(term, known, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"regressors: {', '.join(known)}"
    raise NotEstimable(f"the model has no regressor {term!r}", where=estimate.spec.formula, remedy=hint)


def _share(position: int, column: DesignColumn, chosen: Value, moderator: str) -> list[Moderated]:
    """The product rule over the parts of a column; nothing if the variable is not in it."""
    found = []
    levels = next((p.among for p in column.parts if isinstance(p, Level) and p.category.name == moderator), ())
    for j, part in enumerate(column.parts):
        if isinstance(part, Level | Category):
            continue
        slope = _slope(part, chosen)
        if slope is not None:
            found.append(Moderated(position, (*slope, *column.parts[:j], *column.parts[j + 1 :]), levels))
    if found and column.band is not None:
        raise NotEstimable(f"{column.text} has its effect in one regime only", remedy="read the coefficients of the regimes one by one")
    return found


def _slope(part: Value, chosen: Value) -> tuple[Part, ...] | None:
    """d part / d chosen as factors; None if the variable is not in the part.

    Raises
    ------
    NotEstimable
        If the part depends on the variable in another form.
    """
    if part.text == chosen.text:
        return ()
    differenced = isinstance(part, Difference) or isinstance(chosen, Difference)
    if set(columns_of(part)).isdisjoint(columns_of(chosen)) or (_date(part) != _date(chosen) and not differenced):
        return None
    match part:
        case Inside(argument):
            return _slope(argument, chosen)
        case Arithmetic("^", base, Number(power)) if base.text == chosen.text or base == Inside(chosen, ""):
            return (Number(power), Arithmetic("^", chosen, Number(power - 1)))
        case Arithmetic("*", left, right) if _slope(right, chosen) is None:
            inner = _slope(left, chosen)
            return None if inner is None else (*inner, right)
        case Arithmetic("*", left, right) if _slope(left, chosen) is None:
            inner = _slope(right, chosen)
            return None if inner is None else (*inner, left)
        case _:
            raise NotEstimable(
                f"{part.text} depends on {chosen.text} in another form",
                remedy="write the model with one form of the variable, its powers and its interactions",
            )


def _require_one_date(parts: list[Moderated], moderator: str, chosen: Value) -> None:
    dates = {_date(f) for p in parts for f in p.factors if not isinstance(f, Level) and moderator in columns_of(f)}
    if len(dates) > 1:
        raise NotEstimable(
            f"{chosen.text} interacts with {moderator} at several dates", remedy="keep one date of the moderator in the interactions"
        )


def _date(factor: Factor) -> int:
    return factor.steps if isinstance(factor, Lag) else 0


def _current(part: Part) -> Part:
    """The part with lags taken off: the value that the variable has at that date.

    Raises
    ------
    NotEstimable
        For a difference.
    """
    match part:
        case Level() | Category() | Column() | Number():
            return part
        case Lag(argument, _):
            return _current(argument)
        case Difference():
            raise NotEstimable(f"{part.text} is a difference, not a value", remedy="interact with the level of the moderator")
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, _value(left), _value(right))
        case Transform() | Inside() | Negative():
            return replace(part, argument=_value(part.argument))


def _value(part: Value) -> Value:
    found = _current(part)
    assert not isinstance(found, Level | Category)
    return found
