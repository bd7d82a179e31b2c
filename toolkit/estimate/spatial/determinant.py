"""ln|I - r W| with its first two derivatives: by eigenvalues of a small matrix, by sparse factorisations of a large one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray

from toolkit.errors import EstimationError
from toolkit.numerics import Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_EIGENVALUES = 500  # entities up to which all eigenvalues are computed
DEGREE = 80  # of the polynomial that stands for the determinant of a larger matrix
RANGE = (-0.95, 0.995)  # where it does; beyond, one factorisation at each point of the likelihood would be needed
ROW_SUM = 1e-9  # weights are divisions of small whole numbers


@dataclass(frozen=True)
class LogDeterminant:
    """ln|I - r W| for low < r < high, the region around zero where I - r W can be inverted.

    Attributes
    ----------
    low, high : the region.
    eigenvalues : (N,) of W; empty for a large matrix.
    smooth : for a large, row-standardised matrix the interpolation of ln|I - r W| - c ln(1 - r), whose singular point at one is gone.
    components : c, parts of the map that are not linked with each other, islands not counted; each has one eigenvalue of one.
    """

    low: float
    high: float
    eigenvalues: NDArray[np.complex128]
    smooth: Chebyshev | None
    components: int = 1

    def derivative(self, r: float | Floats, order: int) -> Floats:
        """The value (``order`` 0) or the derivative of order 1 or 2 at each r, in the shape of ``r``."""
        r = np.asarray(r, dtype=float)
        if self.smooth is not None:
            apart = (np.log1p(-r), -1 / (1 - r), -1 / (1 - r) ** 2)[order]
            return np.asarray(self.smooth.deriv(order)(r) + self.components * apart)
        left = 1 - r[..., None] * self.eigenvalues
        terms = np.log(left) if order == 0 else -((self.eigenvalues / left) ** order)
        return np.asarray(terms.real.sum(axis=-1))


def log_determinant(w: csr_array) -> LogDeterminant:
    """Of weights (N, N).

    Raises
    ------
    EstimationError
        If the rows of a large matrix do not sum to one, but for islands.
    """
    n = w.shape[0]
    if n <= MOST_EIGENVALUES:
        values = np.linalg.eigvals(w.toarray()).astype(np.complex128)
        size = np.abs(values).max()
        real = values.real[np.abs(values.imag) <= ROW_SUM * size]
        low = 1 / real.min() if real.size and real.min() < -ROW_SUM * size else -1 / size
        high = 1 / real.max() if real.size and real.max() > ROW_SUM * size else 1 / size
        return LogDeterminant(low, high, values, None)
    if np.isnan(linked_share(w)):
        raise EstimationError(f"the weights of {n} entities are not row-standardised", remedy="pass weights.row_standardised()")
    from scipy.sparse import eye_array
    from scipy.sparse.csgraph import connected_components
    from scipy.sparse.linalg import splu

    alone = int((np.asarray(w.sum(axis=1)) == 0).sum())
    components = connected_components(w, directed=False)[0] - alone
    identity = eye_array(n, format="csc")

    def smooth(points: Floats) -> Floats:
        dominant = {
            "permc_spec": "MMD_AT_PLUS_A",
            "diag_pivot_thresh": 0.0,
            "options": {"SymmetricMode": True},
        }  # rows sum to less than one
        pivots = [splu(identity - r * w.tocsc(), **dominant).U.diagonal() for r in points]
        sums: Floats = np.array([np.log(np.abs(p)).sum() for p in pivots])
        return np.asarray(sums - components * np.log1p(-points))

    return LogDeterminant(*RANGE, np.empty(0, complex), Chebyshev.interpolate(smooth, DEGREE, domain=RANGE), components)


def linked_share(w: csr_array) -> float:
    """Share of the entities with neighbours where their rows sum to one and the others have no link either way; NaN for other weights.

    With such weights W and their linked entities L, :math:`(I - rW)^{-1} W 1 = 1_L / (1 - r)`, and the share is :math:`1'1_L / N`.
    """
    rows = np.asarray(w.sum(axis=1))
    linked = rows != 0
    if np.abs(rows[linked] - 1).max(initial=0.0) > ROW_SUM or not linked.any() or np.asarray(w.sum(axis=0))[~linked].any():
        return float("nan")
    return float(linked.mean())
