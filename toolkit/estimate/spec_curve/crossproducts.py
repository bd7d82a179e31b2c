"""Cross-products by unit, so that any selection of units gives its coefficients without going back to the rows.

Fixed effects that lie inside units (entity effects, when units are entities) are removed from the rows once: what is removed does not
depend on which other units are chosen. Other effects (years) become dummies among the columns and are partialled out of the summed
cross-products. A bootstrap or a permutation over units is then one matrix product, (draws, units) times (units, columns squared).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.covariance import positive_semidefinite
from toolkit.estimate.spec_curve.block import Block
from toolkit.estimate.spec_curve.compress import pair_products
from toolkit.numerics import Floats

MOST_CELLS = 50_000_000
BLOCK_CELLS = 10_000_000
FLAT = 1e-9  # length that the removal of nested effects leaves, relative, below which a column is rounding
PARTIALLED = 1e-12  # ... and sum of squares that partialling out the dummies leaves
DEPENDENT = 1e-10  # smallest eigenvalue of a correlation matrix that counts as full rank


@dataclass(frozen=True)
class UnitMoments:
    """Cross-products of m columns, and of dummies that belong to every model, by unit.

    Attributes
    ----------
    grams : (units, m + d, m + d) cross-products, columns first, then the d dummies.
    sizes : (m,) sums of squares of the columns before anything was removed, centred.
    """

    grams: Floats
    sizes: Floats

    @property
    def columns(self) -> int:
        """m."""
        return len(self.sizes)

    @property
    def units(self) -> int:
        """Number of units."""
        return len(self.grams)

    @property
    def block(self) -> int:
        """Draws that are combined at a time."""
        return max(1, BLOCK_CELLS // int(self.grams[0].size))

    def combined(self, counts: Floats) -> Floats:
        """(draws, m, m) cross-products of the columns when unit u enters ``counts[draw, u]`` times, dummies partialled out.

        A column of which only rounding is left in a draw is zero there.
        """
        size, m = self.grams.shape[1], self.columns
        total = (counts @ self.grams.reshape(self.units, -1)).reshape(-1, size, size)
        # b: draws; the first m columns stay, the dummies behind them are partialled out with a unit diagonal
        before = np.einsum("bii->bi", total[:, :m, :m]).copy()
        rest = total[:, :m, :m]
        if size > m:
            own = np.sqrt(np.maximum(np.einsum("bii->bi", total[:, m:, m:]), np.finfo(float).tiny))
            inverse = np.linalg.pinv(total[:, m:, m:] / (own[:, :, None] * own[:, None, :]), rcond=DEPENDENT, hermitian=True)
            cross = total[:, :m, m:] / own[:, None, :]
            rest = rest - cross @ inverse @ cross.transpose(0, 2, 1)
        # a column that was nothing, or of which only rounding is left, is zero in this draw
        after = np.einsum("bii->bi", rest)
        standing = (before > FLAT**2 * self.sizes) & (after > PARTIALLED * before)
        return np.asarray(rest * (standing[:, :, None] & standing[:, None, :]))


def unit_moments(columns: Floats, effects: Sequence[Grouping], units: Grouping, weights: Floats | None, purpose: str) -> UnitMoments:
    """Prepare the cross-products of ``columns`` (m, n).

    Parameters
    ----------
    columns : raw columns, outcome included; for a constant let ``effects`` hold a single group.
    effects : absorbed effects; those inside units are removed, the others become dummies.
    units : the groups that are drawn or exchanged.
    weights : (n,) or None.
    purpose : name of the calling function, for messages.

    Raises
    ------
    NotEstimable
        If the effects that cross units have too many levels.

    Examples
    --------
    >>> units = Grouping(np.array([0, 0, 1, 1, 2, 2]), 3)
    >>> x = np.array([0.0, 1, 1, 3, 2, 2])
    >>> moments = unit_moments(np.stack([2 * x, x]), [units], units, None, "the example")
    >>> slopes(moments.combined(np.array([[1.0, 1, 1], [2, 0, 1]])), 0, [1])[0].round(6).tolist()
    [[2.0], [2.0]]
    """
    nested = [g for g in effects if g.refines(units)]
    crossing = [g for g in effects if not g.refines(units)]
    m, n = columns.shape
    size = m + sum(g.levels for g in crossing)
    if max(size * size * units.levels, size * n) > MOST_CELLS:
        raise NotEstimable(
            f"{purpose} would need {size} columns for each of {units.levels} units, because the effects cross the units",
            remedy="absorb effects with fewer levels, or let the units be the largest of the effects",
        )
    # the m columns first, then a dummy for each level of the effects that cross units; nested effects go by demeaning
    rows = np.vstack([columns, *[(g.codes == np.arange(g.levels)[:, None]).astype(np.float64) for g in crossing]])
    rows[:m] -= rows[:m].mean(axis=1, keepdims=True) if effects else 0.0
    sizes = (rows[:m] ** 2).sum(axis=1)
    if nested:
        make_absorber(nested, weights).demean(rows)
    if weights is not None:
        rows *= np.sqrt(weights)
    # rows sorted by unit, so that each unit is a slice with one Gram matrix
    order = np.argsort(units.codes, kind="stable")
    ends = np.cumsum(units.counts)
    rows = rows[:, order]
    grams = np.stack([rows[:, end - size_u : end] @ rows[:, end - size_u : end].T for end, size_u in zip(ends, units.counts, strict=True)])
    return UnitMoments(grams, sizes)


def slopes(grams: Floats, outcome: int, regressors: Sequence[int]) -> tuple[Floats, NDArray[np.bool_]]:
    """Coefficients (draws, k) of one column on others from cross-products (draws, m, m), and which draws (draws,) have full rank.

    The rows of the other draws are zero.
    """
    at = list(regressors)
    square, cross = grams[:, at][:, :, at], grams[:, at, outcome]
    # b: draws, i: regressors; judged and solved with a unit diagonal
    own = np.einsum("bii->bi", square)
    usable = (own > 0).all(axis=1)
    scale = np.sqrt(np.where(own > 0, own, 1.0))
    correlation = square / (scale[:, :, None] * scale[:, None, :])
    usable &= np.linalg.eigvalsh(correlation)[:, 0] > DEPENDENT
    correlation[~usable] = np.eye(len(at))
    found = np.linalg.solve(correlation, (cross / scale)[..., None])[..., 0] / scale
    found[~usable] = 0.0
    return found, usable


def two_way_variances(block: Block, models: Sequence[Sequence[int]]) -> Floats:
    """(m,) variance of the treatment in each model, without the small-sample factor, in the units of the block.

    Parameters
    ----------
    models : for each model the columns of ``block.small`` beside the treatment; of one size.
    """
    placed = block.placed
    treatment = np.append(placed.inside[0], placed.beside[0])
    outcome = np.append(block.small.columns[:, 0], 0.0)
    # m: models, k: their columns, r: directions of the block; the last direction is what lies beside it
    chosen = block.small.columns[:, np.array(models, dtype=np.intp).reshape(len(models), -1)].transpose(1, 2, 0)
    m, k, r = chosen.shape
    rows = np.zeros((m, 1 + k, r + 1))
    rows[:, 0], rows[:, 1:, :r] = treatment, chosen
    # one QR for all models: residuals from Q, the sandwich back through R
    q, triangle = np.linalg.qr(rows.transpose(0, 2, 1))
    q = q.transpose(0, 2, 1)
    residual = outcome - np.einsum("mkr,mk->mr", q, q @ outcome)
    scores = pair_products(q[..., :-1], q[..., -1], residual[:, None, :-1], residual[:, None, -1])
    meat = np.zeros((m, 1 + k, 1 + k))
    for share, factor in placed.factors:
        sums = scores @ factor[0].T
        meat += share * sums @ sums.transpose(0, 2, 1)
    back = np.linalg.inv(triangle)
    return np.array([positive_semidefinite(vcov)[0][0, 0] for vcov in back @ meat @ back.transpose(0, 2, 1)])
