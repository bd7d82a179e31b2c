r"""The arithmetic of the wild cluster bootstrap: everything that touches rows is done once, whatever the number of draws.

Let r be the regressor with effects and other regressors removed, e the residuals, S = sum w r^2, and d = null - b. The restricted
residuals are e - d r. With multipliers v_g the bootstrap coefficient, less the null, and the cluster sums of its scores are

    (v'(a0 - d a1)) / S        a0_g = sum_{i in g} w r e,      a1_g = sum_{i in g} w r^2
    (B0 - d B1) v              B0_hg = sum_{i in g} w e Z_h,   B1_hg = sum_{i in g} w r Z_h

where Z_h is r, set to zero outside cluster h, with effects and all regressors removed. With one or two effects Z_h is never formed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.two_way import crossing_of, full

if TYPE_CHECKING:
    from toolkit.estimate.groups import Grouping
    from toolkit.estimate.kernels import Absorber
    from toolkit.estimate.refit import Refit

Floats = NDArray[np.float64]

BLOCK = 4_000_000  # cells of the pieces that are formed at once (32 MB)
TIE = 1e-9  # a draw this close to the statistic of the sample, relatively, equals it: the identity draws do, up to rounding
ROUNDING = 1e-12  # ... and in the units of the pieces, for draws whose statistic is unbounded


@dataclass(frozen=True)
class Pieces:
    """Cluster sums of one regressor, scaled so that sum a1 = 1 and sum a0^2 = 1.

    Attributes
    ----------
    a0, a1 : (G,).
    b0, b1 : (G, G).
    unit : the standard error without small-sample factor, sqrt(sum a0^2) / S.
    """

    a0: Floats
    a1: Floats
    b0: Floats
    b1: Floats
    unit: float

    def draws(self, multipliers: Floats) -> Draws:
        """The draws for multipliers (m, G)."""
        q0, q1 = multipliers @ self.b0.T, multipliers @ self.b1.T
        return Draws(
            multipliers @ self.a0,
            multipliers @ self.a1,
            np.einsum("mg,mg->m", q0, q0),
            np.einsum("mg,mg->m", q0, q1),
            np.einsum("mg,mg->m", q1, q1),
        )


@dataclass(frozen=True)
class Draws:
    """What m draws are at every null: a ratio of a linear function to the root of a quadratic one.

    Attributes
    ----------
    n0, n1, d0, d1, d2 : (m,). At d = null - b, in units of :attr:`Pieces.unit`, the statistic is
        (n0 - d n1) / sqrt(d0 - 2 d d1 + d^2 d2).
    own : (d0, d1, d2) of the sample itself, whose n0 is 0 and n1 is 1: the variance under the null that a score test uses. The t test
        of a re-estimated model has one variance at every null.
    """

    n0: Floats
    n1: Floats
    d0: Floats
    d1: Floats
    d2: Floats
    own: tuple[float, float, float] = (1.0, 0.0, 0.0)

    def at_least(self, sine: float, cosine: float) -> NDArray[np.bool_]:
        """(m,) whether the statistic of the draw is at least that of the sample in absolute value, at d = sine / cosine.

        The null is given by an angle, so that infinity is a point like any other. Ties count, and so do draws without variance.
        """
        s0, s1, s2 = self.own
        size = np.sqrt(max(s0 * cosine**2 - (2 * cosine * sine) * s1 + s2 * sine**2, 0.0))
        numerator = np.abs(self.n0 * cosine - self.n1 * sine) * size + ROUNDING
        spread = self.d0 * cosine**2 - (2 * cosine * sine) * self.d1 + self.d2 * sine**2
        return np.asarray(numerator * numerator >= (sine * (1 - TIE)) ** 2 * spread)

    def observed(self, d: float) -> float:
        """The statistic of the sample at d, without small-sample factor; infinite where its variance is zero."""
        s0, s1, s2 = self.own
        spread = s0 - 2 * d * s1 + d**2 * s2
        return float(-d / np.sqrt(spread)) if spread > 0 else float(np.copysign(np.inf, -d))

    def statistics(self, d: float) -> Floats:
        """(m,) the statistics at d, without small-sample factor; NaN for a draw whose variance is zero, which counts as a large one."""
        spread = np.maximum(self.d0 - 2 * d * self.d1 + d**2 * self.d2, 0.0)
        defined = spread > ROUNDING**2 * (1 + d**2)
        found = np.full(len(spread), np.nan)
        np.divide(self.n0 - d * self.n1, np.sqrt(spread), out=found, where=defined)
        return found


def pieces_of(rows: Refit, j: int, clusters: Grouping) -> Pieces:
    """The cluster sums for regressor ``j``. Their a0 is zero for a regressor without clustered variance; the caller looks."""
    r = rows.partialled(j)
    score, square = rows.weighted(r * rows.residuals), rows.weighted(r * r)
    a0, a1 = clusters.sums(score), clusters.sums(square)
    left = clusters.sums(rows.basis * rows.weighted(r))
    right = clusters.sums(rows.basis * rows.weighted(rows.residuals))
    b0 = np.diag(a0) - left.T @ right
    b1 = np.diag(a1) - left.T @ left
    if rows.absorber is not None:
        weighted = rows.weighted(r)
        b0 = b0 - effects_part(rows.absorber, weighted, rows.weighted(rows.residuals), clusters)
        b1 = b1 - effects_part(rows.absorber, weighted, weighted, clusters)
    size, total = float(np.sqrt(a0 @ a0)), float(a1.sum())
    scale = size if size > 0 else 1.0
    return Pieces(a0 / scale, a1 / total, b0 / scale, b1 / total, size / total)


def effects_part(absorber: Absorber, left: Floats, right: Floats, clusters: Grouping) -> Floats:
    """(G, G) element (h, g): the sum over rows of ``left`` in h times the part of ``right`` in g that lies in the absorbed effects.

    With one or two effects it comes from sums by level and cluster alone: for the large effect, A'diag(1/m)A; for the small one, what is
    left of it once the large one is removed, by the same factor that removes effects from a column.

    Parameters
    ----------
    left, right : (n,) already multiplied by the weights.
    """
    if not absorber.by_levels:
        return _effects_part_of_columns(absorber, left, right, clusters)
    solver = absorber.solver
    large = solver.large if solver else absorber.groupings[0]
    mass = large.counts if absorber.weights is None else large.sums(absorber.weights)
    a = crossing_of(large, clusters, left)
    b = crossing_of(large, clusters, right / mass[large.codes])
    found = full(a.T @ b)
    if solver is None or not len(solver.free):
        return found
    from scipy.linalg import cho_solve

    small, free = solver.small, solver.free
    a = crossing_of(large, clusters, left / mass[large.codes])
    rest = [
        full(crossing_of(small, clusters, values)) - np.asarray(solver.crossing.T @ full(table))
        for values, table in ((left, a), (right, b))
    ]
    return np.asarray(found + rest[0][free].T @ cho_solve(solver.factor, rest[1][free]))


def _effects_part_of_columns(absorber: Absorber, left: Floats, right: Floats, clusters: Grouping) -> Floats:
    """The same for any effects: G columns, each zero outside its cluster, with the effects removed."""
    n, g = len(left), clusters.levels
    plain = right if absorber.weights is None else right / absorber.weights
    found = np.empty((g, g))
    size = max(1, BLOCK // n)
    for start in range(0, g, size):
        inside = np.flatnonzero((clusters.codes >= start) & (clusters.codes < start + size))
        at = clusters.codes[inside] - start
        columns = np.zeros((min(size, g - start), n))
        columns[at, inside] = plain[inside]
        absorber.demean(columns)
        columns[at, inside] -= plain[inside]
        found[:, start : start + size] = -clusters.sums(columns * left).T
    return found


def joined(blocks: Sequence[Draws]) -> Draws:
    """Several blocks of draws as one."""
    n0, n1, d0, d1, d2 = (np.concatenate([getattr(block, name) for block in blocks]) for name in ("n0", "n1", "d0", "d1", "d2"))
    return Draws(n0, n1, d0, d1, d2, blocks[0].own)
