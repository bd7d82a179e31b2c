"""Two-stage least squares and limited-information maximum likelihood on arrays.

Both are k-class: (W'(I - k M)W) b = W'(I - k M)y with W all regressors and M the residual maker of all exogenous variables. k = 1 is
two-stage least squares. LIML takes the smallest k for which I - k M is singular on the span of the outcome and the endogenous regressors,
which is 1 / (1 - s^2) with s the smallest canonical correlation of that span with the instruments (Anderson and Rubin 1949).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.instruments.projection import Projection
from toolkit.estimate.kernels import LeastSquares, inverse_root, least_squares, norms

Floats = NDArray[np.float64]
Method = Literal["2sls", "liml", "fuller"]
EXPLAINED = 1 - 1e-12  # a canonical correlation above this is one
METHODS: tuple[Method, ...] = ("2sls", "liml", "fuller")


def kappa_of(projection: Projection, method: Method) -> float:
    """The k of the estimator: 1, that of LIML, or that of Fuller (1977) with constant 1, which has moments."""
    if method == "2sls":
        return 1.0
    kappa = _liml_kappa(projection)
    return kappa if method == "liml" else kappa - 1.0 / projection.df


def _liml_kappa(projection: Projection) -> float:
    """1 / (1 - s^2); 1 when the model is exactly identified."""
    L, m = projection.on_endogenous.shape
    if m == L:
        return 1.0
    span = np.vstack([projection.outcome, projection.endogenous])
    directions = np.linalg.qr((span / np.linalg.norm(span, axis=1)[:, None]).T)[0]
    correlations = np.linalg.svd(projection.basis @ directions, compute_uv=False)
    if correlations[-1] > EXPLAINED:
        raise NotEstimable(
            "LIML does not exist: the instruments explain the outcome and the endogenous regressors exactly",
            where=f"{projection.rows} rows, {L} instruments",
            remedy="use fewer instruments or more rows, or method='2sls'",
        )
    return float(1.0 / (1.0 - correlations[-1] ** 2))


def k_class(y: Floats, regressors: Floats, fitted: Floats, kappa: float, weights: Floats | None) -> LeastSquares:
    """The k-class estimate.

    Parameters
    ----------
    y : (n,) outcome.
    regressors : (k, n) all regressors.
    fitted : (k, n) their projection on all exogenous variables.
    kappa : 1 for two-stage least squares.
    weights : (n,) or None.

    Returns
    -------
    LeastSquares
        ``bread`` is the inverse of W'(I - k M)W; residuals are those of the regressors themselves, not of the fitted values.

    Examples
    --------
    >>> z = np.array([[-1.0, 0.0, 1.0]])
    >>> d = 2 * z + np.array([[0.5, -1.0, 0.5]])
    >>> k_class(3 * d[0], d, 2 * z, 1.0, None).beta.round(12)
    array([3.])
    """
    if kappa == 1.0:
        second = least_squares(y, fitted.T, weights)
        beta, bread, root, condition = second.beta, second.bread, second.root, second.condition
    else:
        transformed = fitted + (1.0 - kappa) * (regressors - fitted)
        weighted = transformed if weights is None else transformed * weights
        first = inverse_root(fitted, weights)  # in its units W'(I - k M)W is near the identity, however collinear W is
        system = (first.T @ weighted) @ (first.T @ regressors).T
        root = first @ _inverse_factor((system + system.T) / 2)
        bread, condition = root @ root.T, float(np.linalg.cond(norms(fitted, weights)[:, None] * first))
        beta = root @ (root.T @ (weighted @ y))
        beta = beta + root @ (root.T @ (weighted @ (y - beta @ regressors)))
    residuals = y - beta @ regressors
    rss = float(residuals @ residuals) if weights is None else float((residuals * weights) @ residuals)
    return LeastSquares(beta, residuals, bread, rss, root, condition)


def _inverse_factor(system: Floats) -> Floats:
    """(k, k) T with T T' the inverse of a positive definite matrix near the identity.

    Raises
    ------
    NotEstimable
        If it is not positive definite: k takes all that the instruments explain from some combination of the regressors.
    """
    try:
        return np.asarray(np.linalg.inv(np.linalg.cholesky(system)).T)
    except np.linalg.LinAlgError:
        raise NotEstimable(
            "LIML does not exist: the instruments explain some combination of the endogenous regressors no better than the outcome's",
            remedy="use method='2sls', or stronger instruments",
        ) from None
