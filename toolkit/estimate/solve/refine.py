"""Refinement of coefficients with residuals and cross-products in twice the precision, by error-free products and sums.

Dekker's product and Knuth's sum give a result and its rounding error as two numbers, and a sum is exact once every term is cut at the same
place (Ogita, Rump and Oishi 2005, SIAM Journal on Scientific Computing 26; Rump, Ogita and Oishi 2008, the same, 31). So on every machine.
"""

from __future__ import annotations

import numpy as np

from toolkit.estimate.rows.source import Grouping
from toolkit.numerics import Floats

SPLITTER = 134217729.0  # 2^27 + 1
STEPS = 3


def refined(y: Floats, X: Floats, slopes: Floats, root: Floats, groups: Grouping, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Slopes (k,) improved with the residuals of the columns as they are, and the constants (levels,) of the groups.

    Each step adds R R' X'W (y - X b - a), with X less its group means in the product. Where collinearity costs digits it gives back those
    that rounding took; what the columns do not hold it cannot give.

    Parameters
    ----------
    y : (n,). X : (k, n). weights : (n,) or None.
    root : (k, r) with R R' the inverse of the cross-products of the columns less their group means, roughly.
    groups : one group for a model with a constant.

    Examples
    --------
    >>> x = np.arange(1.0, 9.0)
    >>> X, one = np.vstack([x, x**2]), Grouping(np.zeros(8, dtype=np.intp), 1)
    >>> centred = X - X.mean(axis=1, keepdims=True)
    >>> root = np.linalg.inv(np.linalg.cholesky(centred @ centred.T)).T
    >>> slopes, constant = refined(y=1 + x, X=X, slopes=np.array([1.0, 1e-6]), root=root, groups=one)
    >>> slopes.round(15).tolist(), constant.round(14).tolist()
    ([1.0, 0.0], [1.0])
    """
    mass = groups.counts.astype(np.float64) if weights is None else groups.sums(weights)
    means = groups.sums(X if weights is None else X * weights) / mass
    constants = groups.sums((y - slopes @ X) * (1.0 if weights is None else weights)) / mass
    for _ in range(STEPS):
        high, low = _sum(y, -groups.spread(constants))
        for column, b in zip(X, slopes, strict=True):
            product, error = _product(column, np.full_like(column, -b))
            high, lost = _sum(high, product)
            low = low + (error + lost)
        high, low = _sum(high, low)
        if weights is not None:
            high, error = _product(high, weights)
            low = low * weights + error
        own = groups.sums(head := _cut(high)) + groups.sums(high - head + low)
        step = root @ (root.T @ (np.array([_dot(column, high, low) for column in X]) - means @ own))
        slopes = slopes + step
        constants = constants + own / mass - step @ means
    return slopes, constants


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


def _cut(terms: Floats) -> Floats:
    """The leading parts of terms (n,), all cut at the same place, so that they add up without rounding in any order."""
    largest = float(np.abs(terms).max())
    if largest == 0:
        return terms
    place = 2.0 ** (np.ceil(np.log2(largest)) + np.ceil(np.log2(len(terms) + 2)))
    return np.asarray((place + terms) - place)


def _dot(column: Floats, high: Floats, low: Floats) -> float:
    """column'(high + low)."""
    terms, errors = _product(column, high)
    head = _cut(terms)
    return float(head.sum()) + float(((terms - head) + (errors + column * low)).sum())
