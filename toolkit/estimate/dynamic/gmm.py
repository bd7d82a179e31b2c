"""One- and two-step GMM on arrays: no names, no frames.

With Z (L, n) instruments, X (k, n) regressors, y (n,) and weights A (L, L): b = (X'Z A Z'X)^-1 X'Z A Z'y. Rows belong to entities i, and
g_i = Z_i'e_i. One step: A1 = (sum_i Z_i'H_i Z_i)^-1. Two steps: A2 = S^-1 with S = sum_i g_i g_i' at the residuals of step one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from toolkit.errors import EstimationError
from toolkit.estimate.groups import Grouping

Floats = NDArray[np.float64]

SINGULAR = 1e-12  # smallest eigenvalue, relative to the largest, of a matrix scaled to a unit diagonal that is inverted as it stands
IDENTIFIED = 1e-9  # smallest singular value, relative to the largest, of the instrumented regressors


@dataclass(frozen=True)
class Inverse:
    """A symmetric inverse, generalised (Moore-Penrose) if ``rank`` is below the size."""

    matrix: Floats
    rank: int

    @property
    def exact(self) -> bool:
        """Whether the matrix could be inverted as it stands."""
        return self.rank == len(self.matrix)


def inverse(matrix: Floats) -> Inverse:
    """The inverse of a positive semi-definite matrix (L, L), whatever the scale of its rows.

    Examples
    --------
    >>> inverse(np.array([[4.0, 0.0], [0.0, 0.0]])).rank
    1
    """
    scale = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    scale = np.where(scale > 0, scale, 1.0)
    standard = matrix / np.outer(scale, scale)
    values = np.linalg.eigvalsh(standard)
    if values[0] > SINGULAR * values[-1]:
        try:
            found = cho_solve(cho_factor(standard), np.eye(len(standard)))
            return Inverse((found + found.T) / 2 / np.outer(scale, scale), len(matrix))
        except LinAlgError:
            pass
    values, vectors = np.linalg.eigh(standard)
    keep = values > SINGULAR * max(values[-1], np.finfo(float).tiny)
    found = (vectors[:, keep] / values[keep]) @ vectors[:, keep].T
    return Inverse(found / np.outer(scale, scale), int(keep.sum()))


@dataclass(frozen=True)
class System:
    """The arrays of one model.

    Attributes
    ----------
    y : (n,); X : (k, n); Z : (L, n).
    groups : entity of each row.
    zx : (L, k) Z'X; zy : (L,) Z'y.
    """

    y: Floats
    X: Floats
    Z: Floats
    groups: Grouping
    zx: Floats
    zy: Floats

    def moments(self, residuals: Floats) -> Floats:
        """(L, N) the sums g_i = Z_i'e_i of each entity."""
        return self.groups.sums(self.Z * residuals)


def system(y: Floats, X: Floats, Z: Floats, groups: Grouping) -> System:
    """A System with its cross-products."""
    return System(y, X, Z, groups, Z @ X.T, Z @ y)


@dataclass(frozen=True)
class Step:
    """One GMM step.

    Attributes
    ----------
    beta : (k,); residuals : (n,); moments : (L, N) Z_i'e_i at these residuals.
    weights : (L, L) A.
    bread : (k, k) (X'Z A Z'X)^-1.
    score : (k, L) bread X'Z A, the map from moments to coefficients.
    objective : e'Z A Z'e.
    """

    beta: Floats
    residuals: Floats
    moments: Floats
    weights: Floats
    bread: Floats
    score: Floats
    objective: float


def take_step(system: System, weights: Floats) -> Step:
    """Estimate with the weights A (L, L).

    Raises
    ------
    EstimationError
        If the instruments do not identify all coefficients (the rank condition fails).
    """
    bread, score = projection(system.zx, weights)
    beta = score @ system.zy
    residuals = system.y - beta @ system.X
    moments = system.moments(residuals)
    total = moments.sum(axis=1)
    return Step(beta, residuals, moments, weights, bread, score, float(total @ weights @ total))


def projection(zx: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """(X'Z A Z'X)^-1 (k, k), and that matrix times X'Z A (k, L).

    Raises
    ------
    EstimationError
        If Z'X has no full column rank under these weights.
    """
    normal = zx.T @ weights @ zx
    scale = np.sqrt(np.maximum(np.diag(normal), 0.0))
    if (scale > 0).all():
        values, vectors = np.linalg.eigh(normal / np.outer(scale, scale))
        if values[0] > IDENTIFIED**2 * values[-1]:
            bread = (vectors / values) @ vectors.T / np.outer(scale, scale)
            return bread, bread @ zx.T @ weights
    raise EstimationError(
        "the instruments do not identify all coefficients: Z'X has no full rank",
        remedy="declare instruments that vary with each regressor, or leave regressors out",
    )


def sandwich(step: Step) -> Floats:
    """(k, k) covariance robust to heteroskedasticity and to any correlation within entities."""
    influence = step.score @ step.moments
    return np.asarray(influence @ influence.T)


def windmeijer(system: System, first: Step, second: Step, first_vcov: Floats) -> Floats:
    """(k, k) two-step covariance corrected for the estimated weights (Windmeijer 2005).

    V2 + D V2 + V2 D' + D V1 D', where column j of D is V2 X'Z A2 [sum_i Z_i'(x_ij e_i' + e_i x_ij')Z_i] A2 Z'e2 with e the residuals of
    step one and V1 their robust covariance.
    """
    groups = system.groups
    direction = second.weights @ second.moments.sum(axis=1)
    by_entity = direction @ first.moments
    left = system.Z @ (system.X * groups.spread(by_entity)).T
    right = first.moments @ groups.sums(system.X * (direction @ system.Z)).T
    correction = second.score @ (left + right)
    cross = correction @ second.bread
    return np.asarray(second.bread + cross + cross.T + correction @ first_vcov @ correction.T)
