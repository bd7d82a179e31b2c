"""Influence functions of many estimates at once, kept as small factors, and what they give: covariance and multiplier draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.numerics import Floats

_SIGNS_UP_TO = 2_000  # units of a block from which sums of signs and of normals differ by less than draws do


@dataclass(frozen=True, eq=False)
class Influence:
    r"""What each independent unit adds to the error of K estimates: :math:`\hat\theta - \theta \approx \sum_c \psi_c`.

    The units of block b have :math:`\psi = B_b L_b`. A difference of means over a cohort is linear in the rows of its outcome table, so
    that B has one column per period however many effects are made of it.

    Attributes
    ----------
    blocks : (B, L) of shapes (units, m) and (m, K); the units of two blocks are different ones.
    """

    blocks: tuple[tuple[Floats, Floats], ...]

    @classmethod
    def of(cls, psi: Floats) -> Influence:
        """Of an array (units, K)."""
        return cls(((psi, np.eye(psi.shape[1])),))

    def covariance(self) -> Floats:
        """(K, K) sum of the squares."""
        return np.asarray(sum(loads.T @ (base.T @ base) @ loads for base, loads in self.blocks))

    def through(self, weights: Floats) -> Influence:
        """Of the linear combinations ``weights`` (K, J) of the estimates."""
        return Influence(tuple((base, loads @ weights) for base, loads in self.blocks))

    def beside(self, other: Influence) -> Influence:
        """Of these estimates and those of ``other``, whose blocks have the same units."""
        pairs = zip(self.blocks, other.blocks, strict=True)
        return Influence(
            tuple(
                (np.hstack([b, c]), np.block([[p, np.zeros((len(p), q.shape[1]))], [np.zeros((len(q), p.shape[1])), q]]))
                for (b, p), (c, q) in pairs
            )
        )

    def clustered(self, groups: Sequence[NDArray[np.intp]], levels: int) -> Influence:
        """Sums over clusters; ``groups`` holds the cluster of each unit, block by block."""
        total = np.zeros((levels, self.blocks[0][1].shape[1]))
        for (base, loads), codes in zip(self.blocks, groups, strict=True):
            sums = np.stack([np.bincount(codes, column, levels) for column in base.T], axis=1)
            total += sums @ loads
        return Influence.of(total)

    def draws(self, count: int, rng: np.random.Generator) -> Floats:
        r"""(count, K) of :math:`\sum_c v_c \psi_c`, the multipliers v being 1 or -1 with probability one half (Rademacher).

        In a block of many units they are standard normal instead: their sum is then normal with covariance :math:`L'B'B L` exactly and
        is drawn from that distribution, so that a draw costs the same however many units there are.
        """
        found = np.zeros((count, self.blocks[0][1].shape[1]))
        for base, loads in self.blocks:
            if len(base) <= _SIGNS_UP_TO:
                sums = (2.0 * rng.integers(0, 2, size=(count, len(base)), dtype=np.int8) - 1.0) @ base
            else:
                values, vectors = np.linalg.eigh(base.T @ base)
                sums = rng.normal(size=(count, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
            found += sums @ loads
        return found


def simultaneous(draws: Floats, std_errors: Floats, level: float) -> float:
    """The value that the largest of some t statistics stays below with probability ``level``; NaN if none has a standard error."""
    known = std_errors > 0
    if not known.any():
        return float("nan")
    return float(np.quantile(np.abs(draws[:, known] / std_errors[known]).max(axis=1), level))
