"""Least squares on columns as they are given: normal equations, a root of them where columns are nearly collinear, and refinement.

Coefficients are refined with residuals and cross-products in twice the precision. Dekker's product and Knuth's sum give a result and its
rounding error as two numbers, and a sum is exact once every term is cut at the same place (Ogita, Rump and Oishi 2005, SIAM Journal on
Scientific Computing 26; Rump, Ogita and Oishi 2008, the same, 31). So on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.estimate.rows.grouping import ROWS_AT_ONCE, Grouping
from toolkit.numerics import Floats

_SPLITTER = 134217729.0  # 2^27 + 1
_STEPS = 3


@dataclass(frozen=True)
class LeastSquares:
    """A least-squares fit.

    Attributes
    ----------
    beta : (k,) coefficients.
    residuals : (n,) y - X beta.
    bread : (k, k) inverse of X'WX.
    rss : weighted sum of squared residuals.
    root : (k, k) with root root' = bread, so that the columns of X root are orthonormal (weighted); None for well-conditioned regressors.
    condition : condition number of the regressors, each scaled to length one.
    """

    beta: Floats
    residuals: Floats
    bread: Floats
    rss: float
    root: Floats | None = None
    condition: float = 1.0


REFINED = 1e-3  # smallest eigenvalue of the correlation matrix above which the normal equations lose at most three digits
_WELL_CONDITIONED = 1e-7  # ... and down to which its Cholesky factor exists and gives, refined once, orthonormal columns


def least_squares(y: Floats, X: Floats, weights: Floats | None = None, products: Floats | None = None) -> LeastSquares:
    """Minimise the (weighted) sum of squares of y - X b.

    Columns are scaled to length one. The normal equations serve well-conditioned regressors. For the others the root of the bread is found
    without squaring the condition number, by the Cholesky factor of the Gram matrix taken twice (Yamamoto et al. 2015), or by QR, and
    coefficients are refined once; robust covariances then form their scores on X root.

    Parameters
    ----------
    y : (n,) outcome.
    X : (n, k) regressors of full column rank.
    weights : (n,) positive, or None.
    products : (1 + k, 1 + k) cross-products of y and the columns, where they are known.

    References
    ----------
    Yamamoto, Nakatsukasa, Yanagisawa and Fukaya (2015), Electronic Transactions on Numerical Analysis 44.

    Examples
    --------
    >>> fit = least_squares(np.array([1.0, 3.0, 5.0]), np.array([[1.0, 0], [1, 1], [1, 2]]))
    >>> fit.beta.round(12)
    array([1., 2.])
    """
    if X.shape[1] == 0:
        rss = float(y @ y) if weights is None else float((y * weights) @ y)
        return LeastSquares(np.empty(0), y.copy(), np.empty((0, 0)), rss)
    weighted = X if weights is None else X * weights[:, None]
    gram, cross = (weighted.T @ X, weighted.T @ y) if products is None else (products[1:, 1:], products[1:, 0])
    scale = np.sqrt(np.diag(gram))
    correlation = gram / np.outer(scale, scale)
    values = np.linalg.eigvalsh(correlation)
    root: Floats | None = None
    if values[0] > REFINED:
        bread = np.linalg.inv(correlation) / np.outer(scale, scale)
        beta, condition = bread @ cross, float(np.sqrt(values[-1] / values[0]))
    else:
        # R R' = (X'WX)^-1 without squaring the condition; one step more from the residuals gives back what it cost
        root = _inverse_root(X=X, weights=weights, scale=scale, correlation=correlation, smallest=float(values[0]))
        bread, condition = root @ root.T, float(np.linalg.cond(scale[:, None] * root))
        beta = root @ (root.T @ cross)
        beta = beta + root @ (root.T @ (weighted.T @ (y - X @ beta)))
    residuals = np.empty(len(y))
    for start in range(0, len(y), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        np.subtract(y[rows], X[rows] @ beta, out=residuals[rows])
    rss = float(residuals @ residuals) if weights is None else float((residuals * weights) @ residuals)
    return LeastSquares(beta=beta, residuals=residuals, bread=bread, rss=rss, root=root, condition=condition)


def inverse_root(columns: Floats, weights: Floats | None = None) -> Floats:
    """(k, k) R with R R' = (X'WX)^-1 for ``columns`` X' (k, n), so that R' columns are orthonormal (weighted), however collinear they are.

    Examples
    --------
    >>> x = np.array([[1.0, 1, 1, 1], [1, 1, 1, 1 + 1e-6]])
    >>> basis = inverse_root(x).T @ x
    >>> (basis @ basis.T).round(9)
    array([[ 1., -0.],
           [-0.,  1.]])
    """
    if not len(columns):
        return np.empty((0, 0))
    gram = (columns if weights is None else columns * weights) @ columns.T
    scale = np.sqrt(np.diag(gram))
    correlation = gram / np.outer(scale, scale)
    return _inverse_root(
        X=columns.T, weights=weights, scale=scale, correlation=correlation, smallest=float(np.linalg.eigvalsh(correlation)[0])
    )


def _inverse_root(X: Floats, weights: Floats | None, scale: Floats, correlation: Floats, smallest: float) -> Floats:
    """The root of the bread: upper triangular, its rows in units of the regressors."""
    if smallest > _WELL_CONDITIONED:
        first = inverse_factor(correlation) / scale[:, None]
        if smallest > REFINED:
            return first
        basis = first.T @ X.T
        return np.asarray(first @ inverse_factor((basis if weights is None else basis * weights) @ basis.T))
    scaled = X / scale
    return np.linalg.inv(np.linalg.qr(scaled if weights is None else scaled * np.sqrt(weights)[:, None])[1]) / scale[:, None]


def inverse_factor(gram: Floats) -> Floats:
    """(k, k) upper triangular T with T'GT = 1."""
    return np.asarray(np.linalg.inv(np.linalg.cholesky(gram)).T)


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
    for _ in range(_STEPS):
        # residuals y - X b - a as high + low, one column at a time, with the error of each product and sum
        high, low = _sum(y, -groups.spread(constants))
        for column, b in zip(X, slopes, strict=True):
            product, error = _product(column, np.full_like(column, -b))
            high, lost = _sum(high, product)
            low = low + (error + lost)
        high, low = _sum(high, low)
        if weights is not None:
            high, error = _product(high, weights)
            low = low * weights + error
        # sums by group of a leading part that adds without rounding, and of the rest; then one step R R' of the normal equations
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
    scaled = _SPLITTER * a
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
