r"""n rows reduced to p numbers a column, once, so that no model touches the rows again.

The columns with effects removed (times root weights) are Z = Q R. Lengths, angles, rank and least squares of any subset are those of the
columns of R. For the cluster scores let H_g = sum of q_i q_i' over cluster g. With u the treatment and e the residuals in the basis Q,

.. math:: s_g = u' H_g e = l_g' z, \qquad l_g = (H_{g,ab})_{a \le b}, \quad z_{ab} = u_a e_b + u_b e_a \; (a < b), \; u_a e_a \; (a = b)

so the meat is ||L z||^2 with the rows l_g: p(p+1)/2 numbers a cluster, or a triangular factor of L where clusters are many. An orthonormal
basis and a factor instead of Gram matrices, because squaring would cost half of the digits where a fit is close; :func:`by_gram` says
where squaring is harmless.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from toolkit.estimate.rows.grouping import Grouping
from toolkit.numerics import Floats

INFLATION = 1e3  # sum of the variance inflation factors up to which a Gram matrix loses no more than three digits of sixteen

_PIECE = 4096  # rows that are turned at a time: in place, because a large new array costs more than the arithmetic


@dataclass(frozen=True)
class ClusterSums:
    """The sums H_g of a basis.

    Attributes
    ----------
    share : weight of this grouping in the meat; 1, or -1 for the intersection of two.
    grouping : the clusters.
    rows : (P, G) the pairs, L'.
    """

    share: float
    grouping: Grouping
    rows: Floats

    @property
    def factored(self) -> bool:
        """Whether there are more clusters than pairs."""
        return self.grouping.levels > len(self.rows)

    @cached_property
    def factor(self) -> Floats:
        """(P, P) triangular factor of L, or L itself where there are no more clusters than pairs."""
        return triangle(self.rows) if self.factored else self.rows.T

    @cached_property
    def basis(self) -> Floats:
        """(P, G) orthonormal rows Q with rows = factor' Q, for what further treatments add to a factor."""
        return orthonormal(self.rows.copy())[0]

    def leading(self, pairs: int) -> ClusterSums:
        """The sums of the first ``pairs`` pairs alone."""
        return replace(self, rows=self.rows[:pairs])


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
class TreatmentCoordinates:
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

    def some(self, draws: slice) -> TreatmentCoordinates:
        """The treatments of these draws."""
        return TreatmentCoordinates(self.inside[draws], self.beside[draws], tuple((share, factor[draws]) for share, factor in self.factors))


def compress(columns: Floats, clusters: Sequence[tuple[float, Grouping]]) -> tuple[Compressed, TreatmentCoordinates]:
    """Reduce ``columns`` (1 + m, n) of length about one, effects removed and root weights multiplied in; they are overwritten.

    The last is the treatment; it adds the last columns of each triangle, so the leading part is that of the others alone.

    Parameters
    ----------
    clusters : (share, grouping) of the meat.

    Examples
    --------
    >>> z = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 1.0, 0.0]])
    >>> small, placed = compress(z, [(1.0, Grouping(np.array([0, 0, 1, 1]), 2))])
    >>> small.columns.round(3).tolist(), placed.inside.round(3).tolist(), placed.beside.round(3).tolist()
    ([[1.414]], [[0.707]], [1.225])
    """
    basis, turned = orthonormal(columns)
    r = len(basis) - 1
    sums = [_sums(share, grouping, basis) for share, grouping in clusters]
    small = Compressed(basis[:r], turned[:r, :r], tuple(c.leading(r * (r + 1) // 2) for c in sums))
    return small, TreatmentCoordinates(turned[None, :r, r], turned[r:, r], tuple((c.share, c.factor[None]) for c in sums))


def triangle(rows: Floats) -> Floats:
    """R (m, m) with ``rows`` (m, n) = R'Q for orthonormal rows Q; its last rows are zero where n < m.

    Examples
    --------
    >>> triangle(np.array([[3.0, 4.0, 0.0], [1.0, 1.0, 1.0]])).round(3).tolist()
    [[5.0, 1.4], [0.0, 1.02]]
    """
    return (by_gram(rows) or _by_reflections(rows))[0]


def orthonormal(rows: Floats) -> tuple[Floats, Floats]:
    """Orthonormal rows Q (m, n) and R of :func:`triangle`; ``rows`` are overwritten.

    Examples
    --------
    >>> q, r = orthonormal(np.array([[3.0, 4.0, 0.0], [1.0, 1.0, 1.0]]))
    >>> (r.T @ q).round(3).tolist()
    [[3.0, 4.0, 0.0], [1.0, 1.0, 1.0]]
    """
    found = by_gram(rows)
    if found is None:
        turned, q = _by_reflections(rows)
        return q, turned
    for start in range(0, rows.shape[1], _PIECE):
        rows[:, start : start + _PIECE] = found[1] @ rows[:, start : start + _PIECE]
    return rows, found[0]


def by_gram(rows: Floats) -> tuple[Floats, Floats] | None:
    """R of :func:`triangle` and the turn T with Q = T rows; None where they would not be accurate.

    The Gram matrix, its columns brought to one scale, gives both by Cholesky in a third of the time of Householder reflections, but has
    the square of the condition: it serves where the sum of the variance inflation factors (the trace of the inverse, which bounds one
    over the smallest eigenvalue) shows that squaring is harmless, and reflections serve elsewhere.

    Examples
    --------
    >>> by_gram(np.array([[3.0, 4.0, 0.0], [3.0, 4.0, 1e-6]])) is None
    True
    """
    gram = rows @ rows.T
    scale = np.sqrt(np.maximum(np.diag(gram), np.finfo(float).tiny))
    with suppress(np.linalg.LinAlgError):
        lower = np.linalg.cholesky(gram / np.outer(scale, scale))
        back = np.linalg.inv(lower)
        if np.vdot(back, back) <= INFLATION:
            return (lower * scale[:, None]).T, back / scale
    return None


def _by_reflections(rows: Floats) -> tuple[Floats, Floats]:
    """R, its diagonal not negative, and Q by Householder reflections."""
    from scipy.linalg import qr

    q, found = qr(rows.T, mode="economic", check_finite=False)
    signs = np.where(np.diag(found) < 0, -1.0, 1.0)
    missing = ((0, max(0, len(rows) - len(found))), (0, 0))
    return np.pad(found * signs[:, None], missing), np.pad((q * signs).T, missing)


def _sums(share: float, grouping: Grouping, basis: Floats) -> ClusterSums:
    """The sums of ``basis``; pairs with its last row come last."""
    first, second = np.triu_indices(len(basis))
    order = np.argsort(second == len(basis) - 1, kind="stable")
    rows = np.empty((len(first), grouping.levels))
    product = np.empty(basis.shape[1])
    for p, (a, b) in enumerate(zip(first[order], second[order], strict=True)):
        np.multiply(basis[a], basis[b], out=product)
        rows[p] = grouping.sums(product)
    return ClusterSums(share, grouping, rows)


def place(small: Compressed, treatments: Floats) -> TreatmentCoordinates:
    """Write ``treatments`` (B, n) in the basis; what it does not hold becomes a direction of its own.

    Orthogonalised twice, against rounding.
    """
    # b: treatments, n: rows. The part in the basis, twice for its digits; what is left gets a direction of its own
    inside = treatments @ small.basis.T
    rest = treatments - inside @ small.basis
    again = rest @ small.basis.T
    rest -= again @ small.basis
    beside = np.sqrt(np.einsum("bn,bn->b", rest, rest))
    rest /= np.where(beside > 0, beside, 1.0)[:, None]
    return TreatmentCoordinates(inside + again, beside, tuple((c.share, _joined(c, small.basis, rest)) for c in small.clusters))


def _joined(clusters: ClusterSums, basis: Floats, directions: Floats) -> Floats:
    """(B, s, P') the factor with the pairs of each new direction (B, n) added."""
    draws, pairs, r = len(directions), clusters.factor.shape[1], len(basis)
    sums = np.empty((draws, r + 1, clusters.grouping.levels))
    # rows sorted by cluster: the sums of a new direction times each basis row are one reduction along them
    order = np.argsort(clusters.grouping.codes, kind="stable")
    starts = np.cumsum(clusters.grouping.counts) - clusters.grouping.counts
    turned = directions[:, order]
    for a in range(r + 1):
        sums[:, a] = np.add.reduceat(turned * (basis[a, order] if a < r else turned), starts, axis=1)
    known = clusters.factor
    if not clusters.factored:
        return np.concatenate([np.broadcast_to(known, (draws, *known.shape)), sums.transpose(0, 2, 1)], axis=2)
    # the factor has a basis of clusters: sums in it go beside the known pairs, the rest adds rows of its own by QR
    inside = sums @ clusters.basis.T
    sums -= inside @ clusters.basis
    outside = np.asarray(np.linalg.qr(sums.transpose(0, 2, 1), mode="r"))
    joined = np.zeros((draws, len(known) + outside.shape[1], pairs + r + 1))
    joined[:, : len(known), :pairs] = known
    joined[:, : len(known), pairs:] = inside.transpose(0, 2, 1)
    joined[:, len(known) :, pairs:] = outside
    return joined


def pair_products(u: Floats, u_beside: Floats, e: Floats, e_beside: Floats) -> Floats:
    """(..., P') z of the module's equation from coordinates (..., r) and the one beside the basis (...,)."""
    first, second = np.triu_indices(u.shape[-1])
    # pairs a <= b of the basis: u_a e_b + u_b e_a, once on the diagonal; then the pairs with the direction beside it
    inner = u[..., first] * e[..., second]
    inner += np.where(first == second, 0.0, 1.0) * u[..., second] * e[..., first]
    cross = u * e_beside[..., None] + e * u_beside[..., None]
    return np.concatenate([inner, cross, (u_beside * e_beside)[..., None]], axis=-1)


def meat(placed: TreatmentCoordinates, products: Floats) -> Floats:
    """(B, m) sum over clusters of squared scores for ``products`` (B, m, P')."""
    total = np.zeros(products.shape[:2])
    for share, factor in placed.factors:
        # s: clusters, or pairs of them, of one dimension; its share is +1 or, for the intersection, -1
        scores = products @ factor.transpose(0, 2, 1)
        total += share * np.einsum("bms,bms->bm", scores, scores)
    return total
