"""Refinement of coefficients with residuals and cross-products in twice the precision, by error-free products and sums.

Dekker's product and Knuth's sum give a result and its rounding error as two numbers (Ogita, Rump and Oishi 2005, SIAM Journal on Scientific
Computing 26), on every machine.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toolkit.numerics import Floats

SPLITTER = 134217729.0  # 2^27 + 1
STEPS = 3


def refined(y: Floats, X: Floats, beta: Floats, solve: Callable[[Floats], Floats], weights: Floats | None = None) -> Floats:
    """Coefficients (k,) improved from ``beta`` with the residuals of the columns themselves.

    Each step adds (X'WX)^-1 X'W (y - X beta). Where collinearity costs digits it gives back those that rounding took; what the columns
    do not hold it cannot give.

    Parameters
    ----------
    y : (n,). X : (k, n). weights : (n,) or None.
    solve : (X'WX)^-1 times a vector (k,), roughly.

    Examples
    --------
    >>> x = np.arange(1.0, 9.0)
    >>> X = np.vstack([np.ones(8), x, x**2])
    >>> bread = np.linalg.inv(X @ X.T)
    >>> refined(1 + x, X, np.array([1.0, 1.0, 1e-6]), lambda g: bread @ g).round(15).tolist()
    [1.0, 1.0, 0.0]
    """
    for _ in range(STEPS):
        high, low = y, np.zeros_like(y)
        for column, b in zip(X, beta, strict=True):
            product, error = _product(column, np.full_like(column, -b))
            high, lost = _sum(high, product)
            low = low + (error + lost)
        high, low = _sum(high, low)
        if weights is not None:
            high, error = _product(high, weights)
            low = low * weights + error
        beta = beta + solve(np.array([_dot(column, high, low) for column in X]))
    return np.asarray(beta)


def _sum(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a + b and its rounding error."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _product(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """a b and its rounding error."""
    product = a * b
    (a1, a2), (b1, b2) = _split(a), _split(b)
    return product, a2 * b2 - (((product - a1 * b1) - a2 * b1) - a1 * b2)


def _split(a: Floats) -> tuple[Floats, Floats]:
    scaled = SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def _dot(column: Floats, high: Floats, low: Floats) -> float:
    """column'(high + low), summed in pairs that keep their errors."""
    terms, errors = _product(column, high)
    rest = float((errors + column * low).sum())
    while len(terms) > 1:
        if len(terms) % 2:
            terms = np.append(terms, 0.0)
        terms, errors = _sum(terms[::2], terms[1::2])
        rest += float(errors.sum())
    return float(terms[0]) + rest
