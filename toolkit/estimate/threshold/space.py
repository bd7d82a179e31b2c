"""What the search and the bootstrap project on: absorbed effects and regressors, for many columns at once.

The entity means are sums over runs of rows. A second effect enters through an orthonormal basis of its dummies with the entity means
removed, so that its removal is exact on unbalanced panels. A column of that basis on row r is E[s(r)] - H[i(r)], with s(r) the level of the
second effect and i(r) the entity: two small tables hold a basis of any length.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.groups import Grouping
from toolkit.estimate.kernels import NARROW, Absorber
from toolkit.estimate.two_way import two_way

Floats = NDArray[np.float64]

WIDTH = 16  # columns of the basis that are formed at a time


@dataclass(frozen=True)
class Space:
    """The absorbed effects: the entity, alone or with a second effect. Rows are sorted by entity.

    Attributes
    ----------
    absorber : removes the effects from few columns, with a check.
    entity : N entities.
    sums : (N, n) sparse, sums the rows of each entity.
    other : the second effect, or None.
    levels, averages : the tables E (levels, f) and H (N, f) of its orthonormal basis; f = 0 without a second effect.
    """

    absorber: Absorber
    entity: Grouping
    sums: Any
    other: Grouping | None
    levels: Floats
    averages: Floats

    @property
    def starts(self) -> NDArray[np.intp]:
        """(N,) first row of each entity."""
        return np.concatenate(([0], np.cumsum(self.entity.counts)[:-1])).astype(np.intp)

    def demeaned(self, columns: Floats) -> Floats:
        """A copy of ``columns`` (m, n) with the effects removed."""
        rest = columns.copy()
        self.absorber.demean(rest)
        return rest

    def basis(self, regressors: Floats) -> Iterator[Floats]:
        """Orthonormal columns (n, up to 16 or m), in blocks: the second effect beside the entity, then ``regressors`` (n, m)."""
        if self.other is not None:
            for first in range(0, self.levels.shape[1], WIDTH):
                part = slice(first, first + WIDTH)
                yield self.levels[self.other.codes, part] - self.averages[self.entity.codes, part]
        yield regressors

    def project(self, columns: Floats, regressors: Floats) -> None:
        """Remove effects and ``regressors`` (n, m), orthonormal and free of effects, from ``columns`` (n, b) in place."""
        means = (self.sums @ columns) / self.entity.counts[:, None]
        columns -= means[self.entity.codes]
        for block in self.basis(regressors):
            columns -= block @ (block.T @ columns)


def make_space(absorber: Absorber, effects: tuple[Grouping, ...], entity: Grouping) -> Space:
    """Prepare the projection on ``effects``: the entity, and at most one more.

    Raises
    ------
    NotEstimable
        If the second effect has more than 3,000 levels.
    """
    from scipy.sparse import csr_array

    n = len(entity.codes)
    bounds = np.concatenate(([0], np.cumsum(entity.counts)))
    sums = csr_array((np.ones(n), np.arange(n), bounds), shape=(entity.levels, n))
    others = [g for g in effects if g is not entity]
    if not others:
        return Space(absorber, entity, sums, None, np.empty((0, 0)), np.empty((0, 0)))
    if others[0].levels > NARROW:
        raise NotEstimable(
            f"the effect beside the entity has {others[0].levels} levels; the threshold search takes up to {NARROW}",
            remedy="absorb coarser groups beside the entity",
        )
    levels, averages = _orthonormal(entity, others[0])
    return Space(absorber, entity, sums, others[0], levels, averages)


def _orthonormal(entity: Grouping, other: Grouping) -> tuple[Floats, Floats]:
    """The tables E and H: dummies of ``other`` without entity means, made orthonormal by their Cholesky factor."""
    from scipy.linalg import solve_triangular

    pair = two_way(entity, other, None)
    free = len(pair.free)
    levels = np.zeros((other.levels, free))
    if free:
        levels[pair.free] = solve_triangular(pair.factor[0], np.eye(free), lower=bool(pair.factor[1]), trans=0)
    return levels, np.asarray(pair.crossing @ levels) / pair.mass[:, None]


def orthonormal(columns: Floats) -> Floats:
    """(n, m) orthonormal columns that span ``columns`` (m, n), whatever their scales."""
    scaled = columns / np.sqrt(np.einsum("mn,mn->m", columns, columns))[:, None]
    return np.asarray(np.linalg.qr(scaled.T)[0])
