"""Numeric core: effects removed, exactly for one and two; no unconverged number leaves.

One effect is removed by its group means. Two effects are removed by one exact solve, on unbalanced panels too: with the means of the larger
dimension removed, the coefficients g of the smaller one solve (diag(w_t) - C' diag(1/w_i) C) g = r (Baltagi 2021, section 2.6; Guimaraes
and Portugal 2010 for the idea), where C holds the weight of each pair. Three and more effects go to :mod:`toolkit.estimate.solve.several`,
effects with slopes to :mod:`toolkit.estimate.solve.absorb`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotConverged
from toolkit.estimate.rows.grouping import ROWS_AT_ONCE, Grouping
from toolkit.numerics import Floats

DENSE_CELLS = 25_000_000  # cells of the table of pairs that is kept dense (200 MB), or four for each row where there are more rows


@dataclass(frozen=True)
class TwoWay:
    """A prepared solve.

    Attributes
    ----------
    large, small : the two effects; the large one is eliminated.
    weights : (n,) or None.
    mass : (levels of large,) weight of each of its levels.
    crossing : (levels of large, levels of small) weight of each pair, dense or sparse.
    free : levels of the small effect that are solved for: all but one in each connected component.
    root : (free, free) R with R'R the inverse of the reduced normal equations.
    components : number of connected components of the pairs.
    """

    large: Grouping
    small: Grouping
    weights: Floats | None
    mass: Floats
    crossing: Any
    free: NDArray[np.intp]
    root: Floats
    components: int

    @property
    def rank(self) -> int:
        """Independent effects: levels of both less one per component."""
        return self.large.levels + self.small.levels - self.components

    def remove(self, columns: Floats) -> tuple[Floats, Floats]:
        """Remove both effects from ``columns`` (m, n) in place; return them (m, levels), large before small, small 0 at references.

        The right-hand side comes from the sums by level alone, so that a column is read once for each effect and written once for each.
        """
        # sums by level of both effects; the large one is eliminated, the reduced system gives the small one, and back
        means, right = np.empty((len(columns), self.large.levels)), np.empty((len(columns), self.small.levels))
        for j, column in enumerate(columns):
            weighted = column if self.weights is None else column * self.weights
            means[j], right[j] = self.large.sums(weighted) / self.mass, self.small.sums(weighted)
        effects = np.zeros_like(right)
        if len(self.free) and len(columns):
            right -= means @ self.crossing if isinstance(self.crossing, np.ndarray) else (self.crossing.T @ means.T).T
            effects[:, self.free] = self.small_effects(right[:, self.free].T).T
            means -= self.average(effects)
        for column, own, other in zip(columns, means, effects, strict=True):
            self.large.subtract(own, column)
            self.small.subtract(other, column)
        return means, effects

    def small_effects(self, right: Floats) -> Floats:
        """(free, m) effects of the free levels from the right-hand sides (free, m) of the reduced normal equations."""
        return np.asarray(self.root.T @ (self.root @ right))

    def average(self, effects: Floats) -> Floats:
        """(m, levels of large) mean over the rows of each level of the small effects (m, levels of small)."""
        if isinstance(self.crossing, np.ndarray):
            found = effects @ self.crossing.T
            found /= self.mass
            return found
        return np.asarray((self.crossing @ effects.T).T / self.mass)


def two_way(large: Grouping, small: Grouping, weights: Floats | None) -> TwoWay:
    """Prepare the solve for two effects.

    Raises
    ------
    NotConverged
        If the reduced equations are singular beyond what the components explain (weights of wildly different size).
    """
    mass = large.counts.astype(np.float64) if weights is None else large.sums(weights)
    crossing = crossing_of(large, small, weights)
    # C' diag(1/w) C in blocks of levels of the large effect: no copy of the whole table
    overlap = np.zeros((small.levels, small.levels))
    for start in range(0, large.levels, ROWS_AT_ONCE):
        part, shares = crossing[start : start + ROWS_AT_ONCE], 1.0 / np.sqrt(mass[start : start + ROWS_AT_ONCE, None])
        part = part * shares if isinstance(part, np.ndarray) else part.multiply(shares).tocsr()
        overlap += full(part.T @ part)
    own = small.counts.astype(np.float64) if weights is None else small.sums(weights)
    free, root, components = reduced(own, overlap)
    return TwoWay(large=large, small=small, weights=weights, mass=mass, crossing=crossing, free=free, root=root, components=components)


def reduced(own: Floats, overlap: Floats) -> tuple[NDArray[np.intp], Floats, int]:
    """The equations (diag(own) - overlap) g = r of the smaller effect: the levels solved for, R with R'R their inverse, the components.

    One level in each connected component is the reference; without them the system is positive definite.

    Parameters
    ----------
    own : (T,) weight of each level.
    overlap : (T, T) C' diag(1/w) C, what the means of the larger effect explain.

    Raises
    ------
    NotConverged
        If the system is singular beyond what the components explain (weights of wildly different size).

    Examples
    --------
    >>> free, root, components = reduced(np.array([2.0, 2.0]), np.array([[1.0, 1.0], [1.0, 1.0]]))
    >>> free.tolist(), (root.T @ root).tolist(), components
    ([1], [[1.0]], 1)
    """
    labels = _components(overlap > 0)
    _, references = np.unique(labels, return_index=True)
    free = np.setdiff1d(np.arange(len(own)), references)
    system = np.diag(own) - overlap
    try:
        root = triangular_inverse(np.asarray(np.linalg.cholesky(system[np.ix_(free, free)])))
    except np.linalg.LinAlgError:
        raise NotConverged(
            "the two absorbed effects cannot be told apart numerically",
            remedy="look for weights of very different size, or absorb one effect",
        ) from None
    return free.astype(np.intp), root, len(references)


_BLOCK = 96  # rows from which a triangle is inverted by its quarters


def triangular_inverse(lower: Floats) -> Floats:
    """The inverse of a lower triangular matrix (k, k), its diagonal free of zeros, by halves: matrix products do the work.

    Examples
    --------
    >>> triangular_inverse(np.array([[2.0, 0.0], [1.0, 4.0]])).tolist()
    [[0.5, 0.0], [-0.125, 0.25]]
    """
    half = len(lower) // 2
    if len(lower) <= _BLOCK:
        return np.tril(np.linalg.inv(lower))
    first, last = triangular_inverse(lower[:half, :half]), triangular_inverse(lower[half:, half:])
    found = np.zeros_like(lower)
    found[:half, :half], found[half:, half:] = first, last
    found[half:, :half] = -(last @ lower[half:, :half]) @ first
    return found


def crossing_of(large: Grouping, small: Grouping, weights: Floats | None) -> Any:
    """(levels of large, levels of small) sums of ``weights`` (n,), or numbers of rows, by pair; sparse where the table would be large."""
    cells, n = large.levels * small.levels, len(large.codes)
    if DENSE_CELLS and cells <= max(4 * n, min(DENSE_CELLS, 8 * n + 100_000)):
        table = np.zeros(cells)
        for start in range(0, n, ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            np.add.at(table, large.codes[rows] * small.levels + small.codes[rows], 1.0 if weights is None else weights[rows])
        return table.reshape(large.levels, small.levels)
    from scipy.sparse import coo_matrix

    values = np.ones(n) if weights is None else weights
    return coo_matrix((values, (large.codes, small.codes)), shape=(large.levels, small.levels)).tocsr()


def full(table: Any) -> Floats:
    """A table of :func:`crossing_of`, or a product of such, as an array."""
    return table if isinstance(table, np.ndarray) else np.asarray(table.toarray())


def _components(linked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(levels,) component of each level, 0, 1, ...: levels that share a group are linked."""
    if linked[:1].all():
        return np.zeros(len(linked), dtype=np.intp)
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    return np.asarray(connected_components(csr_matrix(linked), directed=False)[1], dtype=np.intp)


Removed = tuple[Floats, ...]
_POLISH = 1e-12  # a pass that leaves more than this is repeated
_ACCEPT = 1e-9  # what the normal equations of the effects may leave, relative to the column
_PASSES = 4


@dataclass(frozen=True)
class Absorber:
    """Fixed effects that can be removed from columns.

    Attributes
    ----------
    groupings : the effects.
    weights : (n,) or None.
    rank : number of independent effects (levels less the redundant ones).
    exact_rank : whether ``rank`` is exact; with three or more large effects it is an upper bound.
    """

    groupings: tuple[Grouping, ...]
    weights: Floats | None
    rank: int
    exact_rank: bool
    solver: TwoWay | None
    remove: Callable[[Floats], Removed]

    @property
    def by_levels(self) -> bool:
        """Whether sums by level are all it takes: one or two effects without slopes."""
        return self.solver is not None or len(self.groupings) == 1

    def demean(self, columns: Floats, before: Floats | None = None) -> Removed:
        """Remove the effects from ``columns`` (m, n) in place; ``before`` (m,) are their lengths, where they are known.

        Returns the effects (m, levels) that were removed where there are one or two, the larger dimension first, otherwise none.

        Passes are repeated until nothing but rounding is left; one is enough for well-scaled columns.

        Raises
        ------
        NotConverged
            If more than 1e-9 is left: an unconverged number never leaves.
        """
        before = norms(columns, self.weights) if before is None else before
        effects: Removed = ()
        left = np.inf
        for _ in range(_PASSES):
            found = self.remove(columns)
            effects = tuple(a + b for a, b in zip(effects, found, strict=True)) if effects else found
            previous, left = left, self.residual(columns, before)
            if left <= _POLISH or left > previous / 4:
                break
        if not left <= _ACCEPT:
            raise NotConverged(
                f"the absorbed effects were removed only to {left:.1e} of the columns, not to {_ACCEPT:.0e}",
                remedy="look for effects that barely overlap, or absorb fewer of them",
            )
        return effects

    def residual(self, columns: Floats, before: Floats) -> float:
        """Largest group sum of any column, relative to its size: sqrt(weight of the group) times the norm of the column.

        One combination of the columns, each at length one, is looked at first: with shares drawn at random what is left of one cannot be
        hidden by the others, so that the columns are looked at one by one only where something is left.
        """
        after = np.maximum(norms(columns, self.weights), 1e-6 * before)
        after[after == 0] = 1.0
        shares = np.random.default_rng(0).uniform(0.5, 1.5, len(columns)) / after
        left = self._largest(shares @ columns)
        return left if left <= _POLISH else max((self._largest(c) / size for c, size in zip(columns, after, strict=True)), default=0.0)

    def _largest(self, column: Floats) -> float:
        """The largest sum of ``column`` (n,) over a group, relative to the square root of the weight of the group."""
        weighted = column if self.weights is None else column * self.weights
        masses = [g.counts if self.weights is None else g.sums(self.weights) for g in self.groupings]
        return max(float(np.abs(g.sums(weighted) / np.sqrt(mass)).max()) for g, mass in zip(self.groupings, masses, strict=True))


def one_way(grouping: Grouping, weights: Floats | None) -> Callable[[Floats], Removed]:
    """What removes one effect: the (weighted) mean of each group."""
    mass = grouping.counts if weights is None else grouping.sums(weights)

    def remove(columns: Floats) -> Removed:
        means = np.empty((len(columns), grouping.levels))
        for j, column in enumerate(columns):
            means[j] = grouping.sums(column if weights is None else column * weights) / mass
            grouping.subtract(means[j], column)
        return (means,)

    return remove


def norms(columns: Floats, weights: Floats | None) -> Floats:
    """(m,) weighted length of each of the columns (m, n)."""
    return np.array([np.sqrt(float(row @ row if weights is None else (row * weights) @ row)) for row in columns])


def cross_products(columns: Floats, weights: Floats | None) -> Floats:
    """(m, m) weighted sums of products of each two of the columns (m, n)."""
    return (columns if weights is None else columns * weights) @ columns.T


@dataclass(frozen=True)
class Design:
    """What a covariance needs to know about a fit.

    Attributes
    ----------
    columns : (k, n) regressors with effects removed.
    residuals : (n,).
    bread : (k, k).
    rss : weighted residual sum of squares.
    weights : (n,) or None.
    effects : (name, grouping) of the absorbed effects.
    effects_rank : independent effects among them.
    entity : name of the entity, "" for a cross-section.
    clusters : groupings of the cluster variables of the options.
    calendar : (n,) time, or None.
    root : (k, k) with root root' = bread where the columns are nearly collinear, else None.
    """

    columns: Floats
    residuals: Floats
    bread: Floats
    rss: float
    weights: Floats | None
    effects: tuple[tuple[str, Grouping], ...]
    effects_rank: int
    entity: str
    clusters: tuple[Grouping, ...]
    calendar: NDArray[np.int64] | None
    root: Floats | None = None

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.residuals)

    @property
    def k(self) -> int:
        """Coefficients."""
        return len(self.columns)

    @property
    def df_residual(self) -> int:
        """Rows less all parameters, effects included."""
        return self.n - self.k - self.effects_rank

    @property
    def weighted_residuals(self) -> Floats:
        """(n,) w_i e_i."""
        return self.residuals if self.weights is None else self.residuals * self.weights

    def sandwich(self, meat_of: Callable[[Floats], Floats]) -> Floats:
        """(k, k) bread . meat . bread, where ``meat_of`` gives the meat of columns (k, n) times the residuals.

        Nearly collinear columns are made orthonormal first: root . meat . root' says the same and loses half the digits.
        """
        if self.root is None:
            return self.bread @ meat_of(self.columns) @ self.bread
        return self.root @ meat_of(self.root.T @ self.columns) @ self.root.T
