r"""One design, many outcomes: everything that depends on the regressors alone is computed once.

With the columns of the model given, the slope, its clustered variance, CR2 and the restricted wild bootstrap are linear or quadratic in
the outcome, so that thousands of outcomes cost a few matrix products. The formulas are those of ``fit``, ``fit_instruments``, ``cr2`` and
``wild_cluster_bootstrap``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from toolkit.numerics import FULL_LEVERAGE, UNIT_LEFT, Floats


@dataclass(frozen=True)
class FixedDesign:
    """A regressor, an instrument and other columns over n rows in G clusters.

    Attributes
    ----------
    regressor, instrument : (n,) the instrument is the regressor for least squares.
    others : (n, q) all other columns, effects included; they may repeat each other.
    clusters : (n,) codes 0 ... G-1.
    nested : how many of the effects are not counted in the factor G/(G-1) (N-1)/(N-K), because they are nested in the clusters.

    Examples
    --------
    >>> x = np.array([0.0, 1.0, 2.0, 4.0])
    >>> design = FixedDesign(x, x, np.ones((4, 1)), np.arange(4))
    >>> design.fitted(np.array([1 + 3 * x, 2 - x])).estimate.round(6).tolist()
    [3.0, -1.0]
    """

    regressor: Floats
    instrument: Floats
    others: Floats
    clusters: NDArray[np.intp]
    nested: int = 0

    @cached_property
    def other_basis(self) -> Floats:
        """(n, k) orthonormal columns that span ``others``."""
        lengths = np.linalg.norm(self.others, axis=0)
        u, s, _ = np.linalg.svd(self.others[:, lengths > 0] / lengths[lengths > 0], full_matrices=False)
        return np.asarray(u[:, s > UNIT_LEFT * s[0]])

    def without_others(self, columns: Floats) -> Floats:
        """(..., n) with the other columns projected out."""
        return np.asarray(columns - (columns @ self.other_basis) @ self.other_basis.T)

    @cached_property
    def x(self) -> Floats:
        """(n,) the regressor without the other columns."""
        return self.without_others(self.regressor)

    @cached_property
    def z(self) -> Floats:
        """(n,) the instrument without the other columns."""
        return self.without_others(self.instrument)

    @cached_property
    def member(self) -> Floats:
        """(n, G) indicators of the clusters."""
        return np.asarray(np.eye(int(self.clusters.max()) + 1)[self.clusters])

    @property
    def factor(self) -> float:
        """G/(G-1) (N-1)/(N-K)."""
        (n, g), k = self.member.shape, self.other_basis.shape[1] + 1 - self.nested
        return float(g / (g - 1) * (n - 1) / (n - k))

    @property
    def df(self) -> int:
        """G - 1."""
        return int(self.member.shape[1]) - 1

    @cached_property
    def weights(self) -> Floats:
        """(n,) the slope is the sum of these times the outcome."""
        return np.asarray(self.z / (self.z @ self.x))

    def fitted(self, outcomes: Floats) -> Fitted:
        """The slope of each outcome (R, n)."""
        left = self.without_others(outcomes)
        estimate = left @ self.weights
        residuals = left - estimate[:, None] * self.x
        return Fitted(self, estimate, residuals, (residuals * self.weights) @ self.member)

    @cached_property
    def cr2_weights(self) -> Floats:
        """(n,) A_g applied to the weights of each cluster, A_g = (I - H_gg)^(-1/2); for least squares."""
        # rows of cluster g in an orthonormal basis of all columns, U s V': A_g - I = U (1 / sqrt(1 - s^2) - 1) U'
        basis = np.column_stack([self.other_basis, self.x / np.linalg.norm(self.x)])
        out = self.weights.copy()
        for g in range(self.member.shape[1]):
            rows = self.clusters == g
            u, s, _ = np.linalg.svd(basis[rows], full_matrices=False)
            rest = 1 - s**2
            shift = np.where(rest > FULL_LEVERAGE, 1 / np.sqrt(np.maximum(rest, FULL_LEVERAGE)), 0.0) - 1
            out[rows] += u @ (shift * (u.T @ out[rows]))
        return out

    @cached_property
    def satterthwaite(self) -> float:
        """Degrees of freedom of the CR2 t, (trace P)^2 / ||P||^2."""
        basis, w = np.column_stack([self.other_basis, self.x / np.linalg.norm(self.x)]), self.cr2_weights
        inner = (basis * w[:, None]).T @ self.member
        p = np.diag((w * w) @ self.member) - inner.T @ inner
        return float(np.trace(p) ** 2 / (p**2).sum())


@dataclass(frozen=True)
class Fitted:
    """The slope of R outcomes.

    Attributes
    ----------
    design : the columns.
    estimate : (R,); residuals : (R, n).
    scores : (R, G) cluster sums of weight times residual, which add up to zero.
    """

    design: FixedDesign
    estimate: Floats
    residuals: Floats
    scores: Floats

    @property
    def plain_error(self) -> Floats:
        """(R,) clustered standard error without factor."""
        return np.asarray(np.sqrt(np.einsum("rg,rg->r", self.scores, self.scores)))

    @property
    def std_error(self) -> Floats:
        """(R,) clustered standard error with the factor of ``fit``."""
        return np.asarray(self.plain_error * np.sqrt(self.design.factor))

    @property
    def cr2_error(self) -> Floats:
        """(R,) CR2 standard error."""
        scores = (self.residuals * self.design.cr2_weights) @ self.design.member
        return np.asarray(np.sqrt(np.einsum("rg,rg->r", scores, scores)))

    def anderson_rubin(self, critical: float) -> tuple[Floats, Floats]:
        """(R,) ends of the Anderson-Rubin set of one instrument: all b with t(b)^2 at most ``critical``.

        With y - b x on the instrument, t(b)^2 = (z'y - b z'x)^2 / (c sum_g (p_g - b q_g)^2) where p and q are the cluster scores of the
        reduced form and of the first stage. A set that is not an interval has infinite ends.
        """
        d = self.design
        size = d.z @ d.z
        left_y = self.residuals + self.estimate[:, None] * d.x
        on_y, on_x = left_y @ d.z, float(d.z @ d.x)
        p = ((left_y - (on_y / size)[:, None] * d.z) * d.z) @ d.member
        q = ((d.x - on_x / size * d.z) * d.z) @ d.member
        c = critical * d.factor
        # t(b)^2 <= critical is a parabola in b, square b^2 - 2 slope b + constant <= 0, one for each outcome r
        square, slope = on_x**2 - c * (q @ q), on_y * on_x - c * (p @ q)
        constant = on_y**2 - c * np.einsum("rg,rg->r", p, p)
        root = slope**2 - square * constant
        interval = (square > 0) & (root >= 0)
        half = np.sqrt(np.where(interval, root, 0.0)) / square if square > 0 else np.zeros_like(root)
        middle = slope / square
        return np.where(interval, middle - half, -np.inf), np.where(interval, middle + half, np.inf)
