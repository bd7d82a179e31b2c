"""Linear hypotheses on coefficients: read from text, tested by Wald's F."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, NotEstimable
from toolkit.estimate.show import p_equation

Floats = NDArray[np.float64]

_NUMBER = re.compile(r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
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


def read_hypothesis(text: str, terms: Sequence[str]) -> tuple[Floats, float]:
    """One restriction as a row (k,) and a value; without an equals sign the expression is zero.

    Examples
    --------
    >>> read_hypothesis("2*log(x) - L(x,1) = 0.5", ["log(x)", "L(x, 1)"])
    (array([ 2., -1.]), 0.5)
    """
    pieces = _pieces(text, terms)
    if pieces.count("=") > 1:
        raise _unreadable(text, "the second =", terms)
    at = pieces.index("=") if "=" in pieces else len(pieces)
    row, constant = _sum(pieces[:at], text, terms)
    if at < len(pieces):
        right, value = _sum(pieces[at + 1 :], text, terms)
        row, constant = row - right, constant - value
    if not row.any():
        raise FormulaError(f"the hypothesis {text!r} restricts no coefficient", remedy=f'write "{terms[0]} = 0"')
    return row, -constant


Piece = str | int | float
"""An operator, the position of a term, or a number."""


def _pieces(text: str, terms: Sequence[str]) -> list[Piece]:
    """Cut a hypothesis into operators, terms (the longest that fits) and numbers."""
    squeezed, position = squeeze(text), 0
    by_length = sorted(range(len(terms)), key=lambda j: -len(squeeze(terms[j])))
    found: list[Piece] = []
    while position < len(squeezed):
        term = next((j for j in by_length if _starts(squeezed, position, squeeze(terms[j]))), None)
        number = _NUMBER.match(squeezed, position)
        if squeezed[position] in "+-*=":
            found.append(squeezed[position])
            position += 1
        elif term is not None:
            found.append(term)
            position += len(squeeze(terms[term]))
        elif number is not None:
            found.append(float(number.group()))
            position = number.end()
        else:
            raise _unreadable(text, squeezed[position:], terms)
    return found


def _starts(text: str, position: int, term: str) -> bool:
    """Whether ``term`` stands at ``position`` as a whole, not as the beginning of a longer name."""
    following = text[position + len(term) : position + len(term) + 1]
    return text.startswith(term, position) and not (following.isalnum() or following in tuple("_[(:^"))


def _sum(pieces: Sequence[Piece], text: str, terms: Sequence[str]) -> tuple[Floats, float]:
    """``2*a - b + 1`` as coefficients (k,) and a constant."""
    row, constant, sign = np.zeros(len(terms)), 0.0, 1.0
    product: list[int | float] = []
    wanted = True  # an operand is next
    if not pieces or isinstance(pieces[-1], str):
        raise _unreadable(text, "its end", terms)
    for piece in (*pieces, "+"):
        if wanted and piece in ("+", "-"):
            sign = -sign if piece == "-" else sign
        elif wanted and not isinstance(piece, str):
            product.append(piece)
            wanted = False
        elif piece == "*" and not wanted:
            wanted = True
        elif piece in ("+", "-"):
            named = [p for p in product if isinstance(p, int)]
            size = sign * float(np.prod([p for p in product if isinstance(p, float)]))
            if len(named) > 1:
                raise _unreadable(text, "a product of coefficients", terms)
            if named:
                row[named[0]] += size
            else:
                constant += size
            product, wanted, sign = [], True, -1.0 if piece == "-" else 1.0
        else:
            raise _unreadable(text, str(piece), terms)
    return row, constant


def _unreadable(text: str, place: str, terms: Sequence[str]) -> FormulaError:
    near = difflib.get_close_matches(place.split("=")[0], terms, 2, 0.4)
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
