"""Marginal effects of interacted terms."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from toolkit.errors import NotEstimable
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
    Transform,
    Value,
    columns_of,
)
from toolkit.estimate.results.derived import squeeze
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.columns import DesignColumn, Level, Part, evaluate, indicator
from toolkit.estimate.rows.source import Source
from toolkit.numerics import Floats
from toolkit.report import Report, ReportMixin, report_table


@dataclass(frozen=True)
class EffectTerm:
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


def moderated(estimate: Estimate, term: str, moderator: str, holding: Mapping[str, object]) -> tuple[str, tuple[EffectTerm, ...]]:
    """The text of ``term`` in the estimate, and the coefficients that its effect is made of.

    Raises
    ------
    NotEstimable
    """
    columns = {c.text: c for c in estimate.columns}
    chosen = _find(term, [p for t in estimate.terms if t in columns for p in columns[t].parts], estimate)
    parts: list[EffectTerm] = []
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


def _share(position: int, column: DesignColumn, chosen: Value, moderator: str) -> list[EffectTerm]:
    """The product rule over the parts of a column; nothing if the variable is not in it."""
    found = []
    levels = next((p.among for p in column.parts if isinstance(p, Level) and p.category.name == moderator), ())
    for j, part in enumerate(column.parts):
        if isinstance(part, Level | Category):
            continue
        slope = _slope(part, chosen)
        if slope is not None:
            found.append(EffectTerm(position, (*slope, *column.parts[:j], *column.parts[j + 1 :]), levels))
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
        case Parentheses(argument):
            return _slope(argument, chosen)
        case Arithmetic("^", base, Number(power)) if base.text == chosen.text or base == Parentheses(chosen, ""):
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


def _require_one_date(parts: list[EffectTerm], moderator: str, chosen: Value) -> None:
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
        case Transform() | Parentheses() | Negative():
            return replace(part, argument=_value(part.argument))


def _value(part: Value) -> Value:
    found = _current(part)
    assert not isinstance(found, Level | Category)
    return found


@dataclass(frozen=True, eq=False, repr=False)
class MarginalEffects(ReportMixin):
    """An effect over the values of a moderator.

    Attributes
    ----------
    term, moderator, outcome, formula : what was asked of which model.
    at : the g values of the moderator.
    effect, std_error : (g,).
    df : degrees of freedom of the t distribution.
    level, critical : of the pointwise interval.
    band, band_critical : "sup-t" or "Bonferroni", and its critical value.
    shares : of the rows with a significantly positive and a significantly negative effect (pointwise), None without data.
    """

    term: str
    moderator: str
    outcome: str
    formula: str
    at: tuple[object, ...]
    effect: Floats
    std_error: Floats
    df: float
    level: float
    critical: float
    band: str
    band_critical: float
    shares: tuple[float, float] | None = None

    def tidy(self) -> pd.DataFrame:
        """One row per value: at, effect, std_error, statistic, p_value, conf_low, conf_high (pointwise), band_low, band_high."""
        from scipy.special import stdtr

        with np.errstate(divide="ignore", invalid="ignore"):
            statistic = np.where(self.std_error > 0, self.effect / self.std_error, np.copysign(np.inf, self.effect))
        return pd.DataFrame(
            {
                "at": list(self.at),
                "effect": self.effect,
                "std_error": self.std_error,
                "statistic": statistic,
                "p_value": 2 * stdtr(self.df, -np.abs(statistic)),
                "conf_low": self.effect - self.critical * self.std_error,
                "conf_high": self.effect + self.critical * self.std_error,
                "band_low": self.effect - self.band_critical * self.std_error,
                "band_high": self.effect + self.band_critical * self.std_error,
            }
        )

    def regions(self) -> pd.DataFrame:
        """Where the effect is significant pointwise: low, high, sign; one row per stretch of the moderator.

        The ends are interpolated between the values (Johnson and Neyman's bounds on a fine grid); a stretch that reaches the first or
        last value ends there.

        Raises
        ------
        NotEstimable
            If the moderator is a category.
        """
        try:
            values = np.asarray(self.at, dtype=np.float64)
        except (TypeError, ValueError):
            raise NotEstimable(f"{self.moderator} is a category, so it has no ranges", remedy="read tidy() level by level") from None
        order = np.argsort(values)
        values = values[order]
        found = []
        for sign in (1.0, -1.0):
            margin = (sign * self.effect - self.critical * self.std_error)[order]
            found += [(*stretch, int(sign)) for stretch in _stretches(values, margin)]
        return pd.DataFrame(sorted(found), columns=["low", "high", "sign"])

    def _report(self) -> Report:
        lines = [f"{self.level:.0%} intervals pointwise (critical value {self.critical:.3f}); {self.band} band {self.band_critical:.3f}"]
        if self.shares:
            lines.append(f"Share of rows with a significantly positive effect {self.shares[0]:.1%}, negative {self.shares[1]:.1%}")
        frame = self.tidy()
        table = report_table(frame.iloc[:: max(1, (len(frame) - 1) // 10)])
        return Report(f"Effect of {self.term} on {self.outcome} over {self.moderator}: {self.formula}", (table,), tuple(lines))


def _stretches(values: Floats, margin: Floats) -> list[tuple[float, float]]:
    """Ranges of ``values`` on which ``margin`` is positive, ends interpolated."""
    found: list[tuple[float, float]] = []
    start = float(values[0]) if margin[0] > 0 else None
    for i in range(1, len(values)):
        if (margin[i] > 0) == (margin[i - 1] > 0):
            continue
        crossing = float(values[i - 1] + (values[i] - values[i - 1]) * margin[i - 1] / (margin[i - 1] - margin[i]))
        if start is None:
            start = crossing
        else:
            found.append((start, crossing))
            start = None
    return [*found, (start, float(values[-1]))] if start is not None else found
