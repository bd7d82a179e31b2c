"""What all tests with instruments are made of: the exogenous regressors partialled out, the instruments made orthonormal.

In these units the first-stage and reduced-form coefficients are inner products with the basis, the bread is the identity, and statistics do
not depend on the scale of any column.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.covariance import score_meat
from toolkit.estimate.groups import Grouping
from toolkit.estimate.options import Options

Floats = NDArray[np.float64]

SINGULAR = 1e-12  # smallest eigenvalue of a correlation matrix that can be inverted


@dataclass(frozen=True)
class Projection:
    """Outcome, endogenous regressors and instruments with the exogenous regressors partialled out (rows times the root of the weight).

    Attributes
    ----------
    basis : (L, n) orthonormal rows that span the instruments.
    outcome : (n,). endogenous : (m, n).
    on_outcome : (L,) basis times outcome. on_endogenous : (L, m).
    df : rows less all parameters of the first stage, absorbed effects included.
    df_t : degrees of freedom of tests that use the first-stage covariance.
    counted : K of the small-sample factor of the first-stage covariance.
    options, clusters, calendar : what the covariance needs.
    """

    basis: Floats
    outcome: Floats
    endogenous: Floats
    on_outcome: Floats
    on_endogenous: Floats
    df: int
    df_t: float
    counted: int
    options: Options
    clusters: tuple[Grouping, ...]
    calendar: NDArray[np.int64] | None

    @property
    def instruments(self) -> int:
        """L, excluded instruments."""
        return len(self.basis)

    @property
    def rows(self) -> int:
        """n."""
        return int(self.basis.shape[1])

    def unexplained(self, columns: Floats) -> Floats:
        """What the instruments do not explain of ``columns`` (p, n)."""
        return columns - (columns @ self.basis.T) @ self.basis

    def meat(self, residuals: Floats) -> Floats:
        """(pL, pL) covariance of basis times errors from the residuals (p, n) of p equations, without a small-sample factor.

        Ordered equation by equation. iid: S (x) I with S = residuals residuals' / n.
        """
        return self._spread(residuals, replace(self.options, small_sample="none"), self.rows)

    def covariance(self, residuals: Floats) -> Floats:
        """(pL, pL) the same with the small-sample factor of the first stage: the covariance of coefficients on the basis."""
        return self._spread(residuals, self.options, self.df)

    def _spread(self, residuals: Floats, options: Options, divisor: int) -> Floats:
        if options.covariance == "iid":
            return np.asarray(np.kron(residuals @ residuals.T / divisor, np.eye(self.instruments)), dtype=np.float64)
        scores = (residuals[:, None, :] * self.basis[None, :, :]).reshape(-1, self.rows)
        return score_meat(scores, np.ones(self.rows), self.clusters, self.calendar, options, self.counted)


def make_projection(
    outcome: Floats, endogenous: Floats, exogenous: Floats, instruments: Floats, weights: Floats | None
) -> tuple[Floats, Floats, Floats]:
    """Partial out the exogenous regressors and make the instruments orthonormal.

    Parameters
    ----------
    outcome : (n,). endogenous : (m, n). exogenous : (k, n). instruments : (L, n).
    weights : (n,) or None.

    Returns
    -------
    basis (L, n), outcome (n,), endogenous (m, n)
    """
    root = 1.0 if weights is None else np.sqrt(weights)
    columns = np.vstack([exogenous, instruments]) * root
    q = np.linalg.qr((columns / np.linalg.norm(columns, axis=1)[:, None]).T)[0].T
    known, basis = q[: len(exogenous)], np.ascontiguousarray(q[len(exogenous) :])
    rest = np.vstack([outcome, endogenous]) * root
    for _ in range(2):
        rest = rest - (rest @ known.T) @ known
    return basis, rest[0], rest[1:]


def quadratic_form(vector: Floats, covariance: Floats) -> float | None:
    """vector' covariance^-1 vector; None when the covariance is singular or not positive (fewer clusters than restrictions)."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    if not (scale > 0).all():
        return None
    correlation = covariance / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return None
    standardised = vector / scale
    return float(standardised @ np.linalg.solve(correlation, standardised))
