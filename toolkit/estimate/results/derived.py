"""What follows from coefficients: linear index, elasticity, linear hypotheses."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.arithmetic import Find, NotArithmetic, parse
from toolkit.errors import FormulaError, NotEstimable, UnseenLevel
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.formula.terms import Column, Difference, Factor, Lag, Transform, columns_of
from toolkit.estimate.results.statistics import f_tail
from toolkit.estimate.rows.columns import DesignColumn, Level, evaluate, indicator, inside_band
from toolkit.estimate.rows.source import Source
from toolkit.numerics import SINGULAR, Floats
from toolkit.report import Report, ReportMixin, p_equation

INTERCEPT = "Intercept"
_MOST_LEVELS = 5  # named in a warning


def linear_index(source: Source, terms: Sequence[str], beta: NDArray[np.float64], columns: Sequence[DesignColumn]) -> pd.Series:
    """x'b on each row, aligned with the rows of the data; missing where a regressor is.

    Parameters
    ----------
    terms, beta : (k,) names and coefficients; the constant is the one that has no column.
    columns : how the other regressors are built.

    Warns
    -----
    UnseenLevel
    """
    total = np.zeros(len(source))
    by_name = {column.text: column for column in columns}
    for term, b in zip(terms, beta, strict=True):
        total += b * _column(by_name[term], source) if term in by_name else b
    _warn_unseen(source, columns)
    return pd.Series(total, index=source.frame.index, name="predicted")


def _column(column: DesignColumn, source: Source) -> NDArray[np.float64]:
    values = np.ones(len(source)) if column.band is None else inside_band(column.band, source)
    for part in column.parts:
        if isinstance(part, Level):
            known = source.column(part.category.name).isin(part.among).to_numpy()
            values = values * np.where(known, indicator(part, source), np.nan)
        else:
            found = evaluate(part, source)
            values = values * (found.numbers if found.why is None else np.where(found.why == 0, found.numbers, np.nan))
    return values


def _warn_unseen(source: Source, columns: Sequence[DesignColumn]) -> None:
    """A warning for each category with levels in the data that were not among those of the estimate."""
    seen = {part.category.name: part.among for column in columns for part in column.parts if isinstance(part, Level)}
    for name, among in seen.items():
        values = source.column(name)
        unseen = (values.notna() & ~values.isin(among)).to_numpy()
        if unseen.any():
            levels = [str(level) for level in values[unseen].unique()]
            shown = ", ".join(levels[:_MOST_LEVELS]) + (f", ... ({len(levels)} in all)" if len(levels) > _MOST_LEVELS else "")
            warnings.warn(
                f"{name} has levels that the estimate has not seen: {shown}; the prediction is missing in {int(unseen.sum())} rows "
                f"(first {source.row_name(int(unseen.argmax()))})",
                UnseenLevel,
                stacklevel=4,
            )


Form = Literal["log", "level"]


def _form_of(factor: Factor) -> Form | None:
    """Whether a factor is the log of a column or the column itself (lags and differences looked through); None for other forms.

    Examples
    --------
    >>> _form_of(Lag(Transform("log", Column("x")), 1))
    'log'
    """
    match factor:
        case Column():
            return "level"
        case Transform("log", Column() | Lag()):
            return "log"
        case Lag(argument, _):
            return _form_of(argument)
        case Difference(argument, _):
            return "log" if _form_of(argument) == "log" else None
        case _:
            return None


def elasticity_weight(
    spec: Spec, term: str, terms: Sequence[str], columns: Sequence[DesignColumn], means: Mapping[str, float]
) -> tuple[str, float]:
    """A name for the elasticity and the number that turns the coefficient into it.

    Raises
    ------
    NotEstimable
    """
    by_name = {column.text: column for column in columns}
    column = by_name.get(term)
    factor = column.parts[0] if column is not None and len(column.parts) == 1 else None
    outcome = _form_of(spec.left)
    regressor = None if factor is None or isinstance(factor, Level) else _form_of(factor)
    mixed = factor is not None and not isinstance(factor, Level) and isinstance(factor, Difference) != isinstance(spec.left, Difference)
    in_band = column is not None and column.band is not None and not regressor == outcome == "log"  # the mean of one regime is not kept
    if factor is None or isinstance(factor, Level) or regressor is None or outcome is None or mixed or in_band:
        raise NotEstimable(
            f"{term} in a model of {spec.outcome} does not give an elasticity by itself",
            where=spec.formula,
            remedy="use log(...) or the plain variable, on both sides; other forms need a calculation of their own",
        )
    name = columns_of(factor)[0]
    others = [c for c in columns if c.text != term and (c.band is None or column is None or column.band is None)]
    same_time = [c.text for c in others if _also_uses(c, name, factor)]
    if same_time:
        raise NotEstimable(
            f"{name} also enters {', '.join(same_time)}, so one coefficient is not its elasticity",
            where=spec.formula,
            remedy="combine the coefficients with wald(...), or leave the other terms out",
        )
    weight = (1.0 if regressor == "log" else means[term]) / (1.0 if outcome == "log" else _nonzero(means[spec.outcome], spec.outcome))
    return f"elasticity of {columns_of(spec.left)[0]} to {name}", weight


def _also_uses(column: DesignColumn, name: str, factor: Factor) -> bool:
    """Whether another regressor moves with the same variable at the same time (another lag of it does not)."""
    for part in column.parts:
        if isinstance(part, Level) or name not in columns_of(part):
            continue
        if _period(part) == _period(factor):
            return True
    return False


def _period(factor: Factor) -> int:
    return factor.steps if isinstance(factor, Lag) else 0


def _nonzero(mean: float, name: str) -> float:
    if mean == 0:
        raise NotEstimable(f"the mean of {name} is zero, so it has no elasticity at the mean", remedy="use log(...) of the outcome")
    return mean


@dataclass(frozen=True, repr=False)
class WaldTest(ReportMixin):
    """A Wald test of R b = r: F = (Rb - r)' (R V R')^-1 (Rb - r) / q.

    Attributes
    ----------
    hypotheses : the restrictions as text.
    statistic : F.
    df1, df2 : number of restrictions, and the degrees of freedom of the covariance.
    p_value : upper tail of F(df1, df2); with infinite df2 that of the chi-squared with df1, at df1 times F.
    """

    hypotheses: tuple[str, ...]
    statistic: float
    df1: float
    df2: float
    p_value: float

    def _report(self) -> Report:
        judged = f"F({self.df1:g}, {self.df2:g}) = {self.statistic:.4f}, {p_equation(self.p_value, 4)}"
        return Report(f"Wald test of {'; '.join(self.hypotheses)}: {judged}")


def squeeze(text: str) -> str:
    """A term without its spaces, the spelling in which terms are compared."""
    return re.sub(r"\s+", "", text).replace("'", '"')


def find_term(term: str, terms: Sequence[str]) -> int:
    """Position of ``term`` among ``terms``, whatever its spaces.

    Raises
    ------
    NotEstimable
        With the terms that look alike.
    """
    squeezed = [squeeze(t) for t in terms]
    if squeeze(term) in squeezed:
        return squeezed.index(squeeze(term))
    near = difflib.get_close_matches(term, terms, 3, 0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"terms: {', '.join(terms)}"
    raise NotEstimable(f"the estimate has no term {term!r}", remedy=hint)


@dataclass(frozen=True)
class _Linear:
    """``weights`` (k,) times the coefficients, plus ``constant``; what is not linear in them is refused."""

    weights: Floats
    constant: float = 0.0

    def __neg__(self) -> _Linear:
        return _Linear(-self.weights, -self.constant)

    def __add__(self, other: _Linear) -> _Linear:
        return _Linear(self.weights + other.weights, self.constant + other.constant)

    def __sub__(self, other: _Linear) -> _Linear:
        return self + -other

    def __mul__(self, other: _Linear) -> _Linear:
        if self.weights.any() and other.weights.any():
            raise _NotLinear("a product of coefficients")
        number, form = (other.constant, self) if self.weights.any() else (self.constant, other)
        return _Linear(number * form.weights, number * form.constant)

    def __truediv__(self, other: _Linear) -> _Linear:
        if other.weights.any() or other.constant == 0:
            raise _NotLinear("a division by a coefficient" if other.weights.any() else "a division by zero")
        return self * _Linear(np.zeros_like(self.weights), 1 / other.constant)

    def __pow__(self, power: int) -> _Linear:
        raise _NotLinear("a power")


class _NotLinear(ValueError):
    """What a hypothesis holds that is not linear in the coefficients."""


def read_hypothesis(text: str, terms: Sequence[str]) -> tuple[Floats, float]:
    """One restriction as a row (k,) and a value; without an equals sign the expression is zero.

    Examples
    --------
    >>> read_hypothesis("2*log(x) - L(x,1) = 0.5", ["log(x)", "L(x, 1)"])
    (array([ 2., -1.]), 0.5)
    """
    zero = np.zeros(len(terms))
    by_length = sorted(range(len(terms)), key=lambda j: -len(squeeze(terms[j])))

    def term_at(side: str, at: int) -> tuple[str, int] | None:
        found = next((j for j in by_length if _starts(side, at, squeeze(terms[j]))), None)
        return None if found is None else (terms[found], at + len(squeeze(terms[found])))

    sides = _sides(squeeze(text), term_at)
    if len(sides) > 2:
        raise _unreadable(text, "the second =", terms)

    def coefficient(term: str) -> _Linear:
        return _Linear(np.eye(len(terms))[list(terms).index(term)])

    try:
        forms = [parse(side, find=term_at).value(coefficient, number=lambda digits: _Linear(zero, float(digits))) for side in sides]
    except NotArithmetic as error:
        raise _unreadable(text, error.text[error.at :] or "its end", terms) from None
    except _NotLinear as error:
        raise _unreadable(text, str(error), terms) from None
    whole = forms[0] - forms[1] if len(forms) == 2 else forms[0]
    if not whole.weights.any():
        raise FormulaError(f"the hypothesis {text!r} restricts no coefficient", remedy=f'write "{terms[0]} = 0"')
    return whole.weights, -whole.constant


def _sides(text: str, term_at: Find) -> list[str]:
    """The text cut at every equals sign that is not part of a term."""
    at, start, sides = 0, 0, []
    while at < len(text):
        found = term_at(text, at)
        if found is None and text[at] == "=":
            sides.append(text[start:at])
            start = at + 1
        at = at + 1 if found is None else found[1]
    return [*sides, text[start:]]


def _starts(text: str, position: int, term: str) -> bool:
    """Whether ``term`` stands at ``position`` as a whole, not as the beginning of a longer name."""
    following = text[position + len(term) : position + len(term) + 1]
    return text.startswith(term, position) and not (following.isalnum() or following in tuple("_[(:^"))


def _unreadable(text: str, place: str, terms: Sequence[str]) -> FormulaError:
    near = difflib.get_close_matches(place, terms, 2, 0.4)
    hint = f"did you mean {' or '.join(near)}? " if near else ""
    return FormulaError(
        f"the hypothesis {text!r} cannot be read at {place!r}",
        remedy=f'{hint}write "a = b", "a = 0" or "a + 2*b = 1"; terms: {", ".join(terms)}',
    )


def wald_test(restrictions: Floats, values: Floats, names: tuple[str, ...], beta: Floats, vcov: Floats, df: float) -> WaldTest:
    """Test R b = r.

    Parameters
    ----------
    restrictions : (q, k); values : (q,).

    Raises
    ------
    NotEstimable
        If the restrictions are redundant, or their covariance is singular (more restrictions than clusters).
    """
    spread = restrictions @ vcov @ restrictions.T
    scale = np.sqrt(np.maximum(np.diag(spread), 0.0))
    if not (scale > 0).all() or np.linalg.eigvalsh(spread / np.outer(scale, scale))[0] < SINGULAR:
        raise NotEstimable(
            f"the {len(values)} restrictions cannot be tested jointly: their covariance is singular",
            where="; ".join(names),
            remedy="leave out redundant restrictions; with few clusters test fewer at a time",
        )
    gap = (restrictions @ beta - values) / scale
    statistic = float(gap @ np.linalg.solve(spread / np.outer(scale, scale), gap)) / len(values)
    q = len(values)
    return WaldTest(hypotheses=names, statistic=statistic, df1=float(q), df2=df, p_value=f_tail(statistic, q, df))
