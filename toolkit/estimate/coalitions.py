r"""Games over blocks of regressors: the R squared of every coalition from one Gram matrix, and the shares that follow from it.

The worth of a coalition S of columns is its R squared, v(S) = c_S' C_SS^+ c_S / c_yy, from cross-products with the effects removed.

.. math:: \phi_j = \sum_{S \not\ni j} \frac{|S|! (k - |S| - 1)!}{k!} [v(S \cup j) - v(S)], \qquad \sum_j \phi_j = v(K)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import comb

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Coalition = tuple[int, ...]

RANK = 1e-9  # eigenvalues of a correlation matrix below this are collinearity, and add nothing to a projection
TIE = 1e-12  # differences of R squared below this are rounding


def worths(grams: Floats, coalitions: Sequence[Coalition]) -> Floats:
    """(draws, c) R squared of the outcome on each coalition of columns.

    Collinear columns count once: what is measured is the space that they span.

    Parameters
    ----------
    grams : (draws, 1 + m, 1 + m) cross-products, the outcome first; the outcome must vary.
    coalitions : c tuples of columns 1..m.

    Examples
    --------
    >>> worths(np.array([[[4.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 1.0]]]), [(), (1,), (2,), (1, 2)]).tolist()
    [[0.0, 0.5, 0.0, 0.5]]
    """
    own = np.sqrt(np.maximum(np.einsum("bii->bi", grams), 0.0))
    scale = np.where(own > 0, own, 1.0)
    correlation = grams / (scale[:, :, None] * scale[:, None, :])
    found = np.zeros((len(grams), len(coalitions)))
    for place, coalition in enumerate(coalitions):
        if coalition:
            at = list(coalition)
            values, vectors = np.linalg.eigh(correlation[:, at][:, :, at])
            along = np.einsum("bij,bi->bj", vectors, correlation[:, at, 0])
            found[:, place] = np.where(values > RANK, along**2 / np.where(values > RANK, values, 1.0), 0.0).sum(axis=1)
    return found


@dataclass(frozen=True)
class Game:
    """The arithmetic of coalitions of ``players`` players: coalition number s holds player j where bit j of s is one."""

    players: int

    @property
    def coalitions(self) -> list[Coalition]:
        """The 2^k coalitions as tuples of players."""
        return [tuple(j for j in range(self.players) if s >> j & 1) for s in range(2**self.players)]

    def without(self, *absent: int) -> Iterator[int]:
        """Numbers of the coalitions that none of ``absent`` is in."""
        return (s for s in range(2**self.players) if not any(s >> j & 1 for j in absent))

    @cached_property
    def weights(self) -> Floats:
        """(k, 2^k) so that the Shapley values are ``weights @ worth``."""
        found = np.zeros((self.players, 2**self.players))
        for j in range(self.players):
            for s in self.without(j):
                weight = 1.0 / (self.players * comb(self.players - 1, s.bit_count()))
                found[j, s | 1 << j] += weight
                found[j, s] -= weight
        return found

    def increments(self, worth: Floats) -> Floats:
        """(k, k) mean gain of player j (column) over the coalitions of s others (row s): conditional dominance.

        The mean of column j is its Shapley value.
        """
        found = np.zeros((self.players, self.players))
        for j in range(self.players):
            for s in self.without(j):
                found[s.bit_count(), j] += (worth[s | 1 << j] - worth[s]) / comb(self.players - 1, s.bit_count())
        return found

    def complete(self, worth: Floats) -> NDArray[np.bool_]:
        """(k, k) whether player i (row) adds at least as much as j to every coalition of the others, and more to one."""
        found = np.zeros((self.players, self.players), dtype=bool)
        for i in range(self.players):
            for j in range(self.players):
                if i != j:
                    ahead = np.array([worth[s | 1 << i] - worth[s | 1 << j] for s in self.without(i, j)])
                    found[i, j] = bool((ahead >= -TIE).all() and (ahead > TIE).any())
        return found


def block_coalitions(blocks: Sequence[Coalition]) -> list[Coalition]:
    """The columns of each of the 2^k coalitions of whole blocks."""
    return [tuple(column for j in coalition for column in blocks[j]) for coalition in Game(len(blocks)).coalitions]


def owen_terms(blocks: Sequence[Coalition]) -> tuple[list[Coalition], Floats]:
    """Coalitions of columns, and weights (m, c) so that the Owen values of the m columns are ``weights @ worth``.

    The other blocks enter whole or not at all, the columns of the own block one by one (Owen 1977); the values of the columns of a block
    add up to the Shapley value of the block. Columns are numbered from 1, as in ``blocks``.
    """
    index: dict[Coalition, int] = {}
    entries: list[tuple[int, int, float]] = []
    outer = Game(len(blocks))
    for j, block in enumerate(blocks):
        inner = Game(len(block))
        for others in outer.without(j):
            outside = tuple(column for i in range(len(blocks)) if others >> i & 1 for column in blocks[i])
            share = 1.0 / (outer.players * comb(outer.players - 1, others.bit_count()))
            for s, members in enumerate(inner.coalitions):
                coalition = tuple(sorted((*outside, *(block[i] for i in members))))
                place = index.setdefault(coalition, len(index))
                entries += [(block[i] - 1, place, share * inner.weights[i, s]) for i in range(len(block))]
    weights = np.zeros((sum(map(len, blocks)), len(index)))
    for row, place, weight in entries:
        weights[row, place] += weight
    return list(index), weights
