r"""n rows reduced to p numbers a column, once, so that no model touches the rows again.

The columns with effects removed (times root weights) are Z = Q R. Lengths, angles, rank and least squares of any subset are those of the
columns of R. For the cluster scores let H_g = sum of q_i q_i' over cluster g. With u the treatment and e the residuals in the basis Q,

.. math:: s_g = u' H_g e = l_g' z, \qquad l_g = (H_{g,ab})_{a \le b}, \quad z_{ab} = u_a e_b + u_b e_a \; (a < b), \; u_a e_a \; (a = b)

so the meat is ||L z||^2 with the rows l_g: p(p+1)/2 numbers a cluster, or a triangular factor of L where clusters are many. An orthonormal
basis and a factor instead of Gram matrices, because squaring would cost half of the digits where a fit is close or scales differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.groups import Grouping

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ClusterSums:
    """The sums H_g of the basis without the treatment.

    Attributes
    ----------
    share : weight of this grouping in the meat; 1, or -1 for the intersection of two.
    grouping : the clusters.
    basis : (G, P) orthonormal columns that span L, None where there are no more clusters than pairs.
    factor : (P, P) triangular factor of L, or L itself.
    """

    share: float
    grouping: Grouping
    basis: Floats | None
    factor: Floats


@dataclass(frozen=True)
class Compressed:
    """All columns but the treatment.

    Attributes
    ----------
    basis : (r, n) orthonormal rows Q'.
    columns : (r, m) R: column j of the m columns in this basis.
    clusters : one for each grouping of the meat.
    """

    basis: Floats
    columns: Floats
    clusters: tuple[ClusterSums, ...]


@dataclass(frozen=True)
class Placed:
    """B treatments in the basis, each with a direction of its own beside it.

    Attributes
    ----------
    inside : (B, r) coordinates in the basis.
    beside : (B,) length of what the basis does not hold.
    factors : (share, (B, s, P')) for each grouping, P' = (r+1)(r+2)/2 pairs: those of the basis first, then those with the new direction.
    """

    inside: Floats
    beside: Floats
    factors: tuple[tuple[float, Floats], ...]

    def some(self, draws: slice) -> Placed:
        """The treatments of these draws."""
        return Placed(self.inside[draws], self.beside[draws], tuple((share, factor[draws]) for share, factor in self.factors))


def compress(columns: Floats, clusters: Sequence[tuple[float, Grouping]]) -> Compressed:
    """Reduce ``columns`` (m, n) of length about one, effects removed and root weights multiplied in.

    Parameters
    ----------
    clusters : (share, grouping) of the meat.

    Examples
    --------
    >>> z = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
    >>> small = compress(z, [(1.0, Grouping(np.array([0, 0, 1, 1]), 2))])
    >>> np.round(small.columns.T @ small.columns, 12).tolist() == (z @ z.T).tolist()
    True
    """
    from scipy.linalg import qr

    orthonormal, triangle = qr(columns.T, mode="economic", check_finite=False)
    basis = np.ascontiguousarray(orthonormal.T)
    first, second = np.triu_indices(len(basis))
    sums = tuple(_sums(share, grouping, basis, first, second) for share, grouping in clusters)
    return Compressed(basis, triangle, sums)


def _sums(share: float, grouping: Grouping, basis: Floats, first: NDArray[np.intp], second: NDArray[np.intp]) -> ClusterSums:
    from scipy.linalg import qr

    rows = np.empty((len(first), grouping.levels))
    for p, (a, b) in enumerate(zip(first, second, strict=True)):
        rows[p] = grouping.sums(basis[a] * basis[b])
    if grouping.levels <= len(first):
        return ClusterSums(share, grouping, None, rows.T)
    orthonormal, triangle = qr(rows.T, mode="economic", check_finite=False)
    return ClusterSums(share, grouping, orthonormal, triangle)


def place(small: Compressed, treatments: Floats) -> Placed:
    """Write ``treatments`` (B, n) in the basis; what it does not hold becomes a direction of its own.

    Orthogonalised twice, against rounding.
    """
    inside = treatments @ small.basis.T
    rest = treatments - inside @ small.basis
    again = rest @ small.basis.T
    rest -= again @ small.basis
    beside = np.sqrt(np.einsum("bn,bn->b", rest, rest))
    rest /= np.where(beside > 0, beside, 1.0)[:, None]
    return Placed(inside + again, beside, tuple((c.share, _joined(c, small.basis, rest)) for c in small.clusters))


def _joined(clusters: ClusterSums, basis: Floats, directions: Floats) -> Floats:
    """(B, s, P') the factor with the pairs of each new direction (B, n) added."""
    draws, pairs, r = len(directions), clusters.factor.shape[1], len(basis)
    sums = np.empty((draws, r + 1, clusters.grouping.levels))
    order = np.argsort(clusters.grouping.codes, kind="stable")
    starts = np.cumsum(clusters.grouping.counts) - clusters.grouping.counts
    turned = directions[:, order]
    for a in range(r + 1):
        sums[:, a] = np.add.reduceat(turned * (basis[a, order] if a < r else turned), starts, axis=1)
    known = clusters.factor
    if clusters.basis is None:
        return np.concatenate([np.broadcast_to(known, (draws, *known.shape)), sums.transpose(0, 2, 1)], axis=2)
    inside = sums @ clusters.basis
    sums -= inside @ clusters.basis.T
    outside = np.asarray(np.linalg.qr(sums.transpose(0, 2, 1), mode="r"))
    joined = np.zeros((draws, len(known) + outside.shape[1], pairs + r + 1))
    joined[:, : len(known), :pairs] = known
    joined[:, : len(known), pairs:] = inside.transpose(0, 2, 1)
    joined[:, len(known) :, pairs:] = outside
    return joined


def pair_products(u: Floats, u_beside: Floats, e: Floats, e_beside: Floats) -> Floats:
    """(..., P') z of the module's equation from coordinates (..., r) and the one beside the basis (...,)."""
    first, second = np.triu_indices(u.shape[-1])
    inner = u[..., first] * e[..., second]
    inner += np.where(first == second, 0.0, 1.0) * u[..., second] * e[..., first]
    cross = u * e_beside[..., None] + e * u_beside[..., None]
    return np.concatenate([inner, cross, (u_beside * e_beside)[..., None]], axis=-1)


def meat(placed: Placed, products: Floats) -> Floats:
    """(B, m) sum over clusters of squared scores for ``products`` (B, m, P')."""
    total = np.zeros(products.shape[:2])
    for share, factor in placed.factors:
        scores = products @ factor.transpose(0, 2, 1)
        total += share * np.einsum("bms,bms->bm", scores, scores)
    return total
