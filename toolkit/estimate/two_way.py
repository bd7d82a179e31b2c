"""The exact removal of two fixed effects, balanced or not: one solve in the smaller dimension, no iteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotConverged
from toolkit.estimate.groups import Grouping

Floats = NDArray[np.float64]

DENSE_CELLS = 25_000_000  # cells of the table of pairs that is kept dense (200 MB)


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
    factor : Cholesky factor of the reduced normal equations.
    components : number of connected components of the pairs.
    """

    large: Grouping
    small: Grouping
    weights: Floats | None
    mass: Floats
    crossing: Any
    free: NDArray[np.intp]
    factor: Any
    components: int

    @property
    def rank(self) -> int:
        """Independent effects: levels of both less one per component."""
        return self.large.levels + self.small.levels - self.components

    def remove(self, column: Floats) -> Floats:
        """Remove both effects from ``column`` (n,) in place; return those of the small effect (references at 0)."""
        from scipy.linalg import cho_solve

        means = self.large.sums(column if self.weights is None else column * self.weights) / self.mass
        column -= self.large.spread(means)
        effects = np.zeros(self.small.levels)
        if len(self.free):
            right = self.small.sums(column if self.weights is None else column * self.weights)
            effects[self.free] = cho_solve(self.factor, right[self.free])
            column -= self.small.spread(effects)
            column += self.large.spread(self.average(effects))
        return effects

    def average(self, effects: Floats) -> Floats:
        """(levels of large,) mean over the rows of each level of the small effects (levels of small,)."""
        return np.asarray((self.crossing @ effects) / self.mass)


def two_way(large: Grouping, small: Grouping, weights: Floats | None) -> TwoWay:
    """Prepare the solve for two effects.

    Raises
    ------
    NotConverged
        If the reduced equations are singular beyond what the components explain (weights of wildly different size).
    """
    from scipy.linalg import LinAlgError, cho_factor

    mass = large.counts.astype(np.float64) if weights is None else large.sums(weights)
    crossing = crossing_of(large, small, weights)
    scaled = crossing / mass[:, None] if isinstance(crossing, np.ndarray) else crossing.multiply(1.0 / mass[:, None]).tocsr()
    overlap = crossing.T @ scaled
    overlap = full(overlap)
    labels = _components(overlap > 0)
    components = int(labels.max()) + 1
    _, references = np.unique(labels, return_index=True)
    free = np.setdiff1d(np.arange(small.levels), references)
    own = small.counts.astype(np.float64) if weights is None else small.sums(weights)
    system = np.diag(own) - overlap
    try:
        factor = cho_factor(system[np.ix_(free, free)]) if len(free) else None
    except LinAlgError:
        raise NotConverged(
            "the two absorbed effects cannot be told apart numerically",
            remedy="look for weights of very different size, or absorb one effect",
        ) from None
    return TwoWay(large, small, weights, mass, crossing, free.astype(np.intp), factor, components)


def crossing_of(large: Grouping, small: Grouping, weights: Floats | None) -> Any:
    """(levels of large, levels of small) sums of ``weights`` (n,), or numbers of rows, by pair; sparse where the table would be large."""
    cells = large.levels * small.levels
    if cells <= min(DENSE_CELLS, 8 * len(large.codes) + 100_000):
        pairs = large.codes * small.levels + small.codes
        return np.bincount(pairs, weights=weights, minlength=cells).astype(np.float64).reshape(large.levels, small.levels)
    from scipy.sparse import coo_matrix

    values = np.ones(len(large.codes)) if weights is None else weights
    return coo_matrix((values, (large.codes, small.codes)), shape=(large.levels, small.levels)).tocsr()


def full(table: Any) -> Floats:
    """A table of :func:`crossing_of`, or a product of such, as an array."""
    return table if isinstance(table, np.ndarray) else np.asarray(table.toarray())


def _components(linked: NDArray[np.bool_]) -> NDArray[np.intp]:
    """(levels,) component of each level, 0, 1, ...: levels that share a group are linked."""
    if linked[0].all():
        return np.zeros(len(linked), dtype=np.intp)
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    return np.asarray(connected_components(csr_matrix(linked), directed=False)[1], dtype=np.intp)
