"""Linear hypotheses on coefficients: read from text, tested by Wald's F."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.arithmetic import Find, NotArithmetic, parse
from toolkit.errors import FormulaError, NotEstimable
from toolkit.estimate.show import p_equation

Floats = NDArray[np.float64]

SINGULAR = 1e-12  # smallest eigenvalue of the correlation of the restrictions that can be inverted


@dataclass(frozen=True)
class WaldTest:
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

    def __repr__(self) -> str:
        judged = f"F({self.df1:g}, {self.df2:g}) = {self.statistic:.4f}, {p_equation(self.p_value, 4)}"
        return f"Wald test of {'; '.join(self.hypotheses)}: {judged}"


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
    from scipy.special import chdtrc, fdtrc

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
    p_value = chdtrc(q, q * statistic) if np.isinf(df) else fdtrc(q, df, statistic)
    return WaldTest(names, statistic, float(q), df, float(p_value))
