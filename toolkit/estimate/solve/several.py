r"""Three and more effects, or two with many levels each: one is eliminated, the others are solved for on what is left of them.

With the means of the effect with most levels removed, the coefficients g of the others solve S g = r,

.. math:: S = D'WD - B' M^{-1} B, \qquad r = D'W (y - \bar y),

where D are their dummies, B the weights of their levels in each level of the first effect and M the weight of each of its levels. S has a
row for each level of the others, not for each row of the data. Conjugate gradients solve it, preconditioned by the block of each effect:
exactly, by its Cholesky factor, where levels can be put in an order in which only near ones are linked (Cuthill and McKee 1969: moves
along a chain, small groups, few levels), and by its diagonal else. Such graphs are what iterations are slow on; on others they are fast.

What takes too many iterations, or has too many pairs of levels, is left to :func:`toolkit.estimate.solve.engines.many_effects`.

References
----------
Abowd, Creecy and Kramarz (2002), LEHD Technical Paper 2002-06: normal equations and conjugate gradients for two effects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve.engines import many_effects
from toolkit.estimate.solve.kernels import DENSE_CELLS, one_way
from toolkit.numerics import Floats
from toolkit.threads import one_thread

PAIRS: Final = 100  # pairs of levels for each row of the data up to which S is written out
FACTOR: Final = 5_000_000_000  # multiplications that the Cholesky factor of a block may take (half a second)
ITERATIONS: Final = 600
_TOLERANCE: Final = 1e-13  # of the residuals, relative to their start
_ROUNDING: Final = 3e-15  # of the sums, relative to the column
_FLAT: Final = 1e-14  # of a diagonal, relative to its level: less is rounding

Solve = Callable[[Floats], Floats]


def several_effects(effects: Sequence[Grouping], weights: Floats | None) -> Callable[[Floats], tuple[()]]:
    """What removes the effects from columns (m, n) in place. An effect that a finer one contains is left aside.

    Examples
    --------
    >>> worker, firm, year = (np.array(a) for a in ([0, 0, 1, 1, 2, 2], [0, 1, 1, 1, 0, 0], [0, 1, 0, 1, 0, 1]))
    >>> remove = several_effects([Grouping(worker, 3), Grouping(firm, 2), Grouping(year, 2)], None)
    >>> x = np.array([[1.0, 2.0, 3.0, 5.0, 4.0, 5.0]])
    >>> _ = remove(x)
    >>> x.round(9) + 0
    array([[ 0.  ,  0.  , -0.25,  0.25,  0.25, -0.25]])
    """
    own: list[Grouping] = []
    for effect in sorted(effects, key=lambda g: -g.levels):
        if not any(finer.refines(effect) for finer in own):
            own.append(effect)
    alone = one_way(own[0], weights) if len(own) == 1 else None
    reduced = None if alone else _reduce(own, weights)
    outside = cache(lambda: many_effects(tuple(own), weights))

    def remove(columns: Floats) -> tuple[()]:
        if alone:
            alone(columns)
        elif reduced is None or not reduced.remove(columns):
            outside()(columns)
        return ()

    return remove


@dataclass(frozen=True)
class _Reduced:
    """The equations S g = r.

    Attributes
    ----------
    first : the effect that is eliminated; others : the effects that are solved for, L levels in all.
    weights : (n,) or None; mass : weight of each level of the first.
    crossing : (levels of first, L) weights of pairs, sparse.
    system : (L, L) S, sparse.
    blocks : rows of S of each of the others, and what solves with its block.
    """

    first: Grouping
    others: Sequence[Grouping]
    weights: Floats | None
    mass: Floats
    crossing: Any
    system: Any
    blocks: Sequence[tuple[slice, Solve]]

    @one_thread
    def remove(self, columns: Floats) -> bool:
        """Take the effects out of the columns (m, n) in place; False, and nothing is done, if iterations do not converge."""
        means, right = np.empty((len(columns), self.first.levels)), np.empty((len(columns), self.system.shape[0]))
        size = np.empty(len(columns))
        for j, column in enumerate(columns):
            weighted = column if self.weights is None else column * self.weights
            means[j], size[j] = self.first.sums(weighted) / self.mass, weighted @ column
            for (rows, _), effect in zip(self.blocks, self.others, strict=True):
                right[j, rows] = effect.sums(weighted)
        found = self._solve(right.T - self.crossing.T @ means.T, size)
        if found is None:
            return False
        means -= (self.crossing @ found).T / self.mass
        for column, own, others in zip(columns, means, found.T, strict=True):
            self.first.subtract(own, column)
            for (rows, _), effect in zip(self.blocks, self.others, strict=True):
                effect.subtract(others[rows], column)
        return True

    def _solve(self, rest: Floats, size: Floats) -> Floats | None:
        """(L, m) g for the right-hand sides ``rest`` (L, m), of columns whose squares add up to ``size`` (m,)."""
        found, direction, energy = np.zeros_like(rest), np.zeros_like(rest), np.ones(rest.shape[1])
        goal: Floats | None = None
        for _ in range(ITERATIONS):
            nearly = np.empty_like(rest)
            for rows, solve in self.blocks:
                nearly[rows] = solve(rest[rows])
            before, energy = energy, np.einsum("lm,lm->m", rest, nearly)
            goal = np.maximum(_TOLERANCE**2 * energy, _ROUNDING**2 * size) if goal is None else goal
            if (energy <= goal).all():
                return found
            # a column that has arrived stays where it is
            direction = nearly + np.where(before > 0, energy / np.where(before > 0, before, 1.0), 0.0) * direction
            product = self.system @ direction
            curvature = np.einsum("lm,lm->m", direction, product)
            step = np.where((energy > goal) & (curvature > 0), energy / np.where(curvature > 0, curvature, 1.0), 0.0)
            found += step * direction
            rest = rest - step * product
        return None


def _reduce(effects: Sequence[Grouping], weights: Floats | None) -> _Reduced | None:
    """The equations for two or more effects, the first of which is eliminated; None where S would have too many pairs."""
    from scipy.sparse import bmat, csr_matrix, diags, hstack

    first, *others = effects
    n = len(first.codes)
    values = np.ones(n) if weights is None else weights
    mass = first.sums(values)

    def table(a: Grouping, b: Grouping) -> Any:
        return csr_matrix((values, (a.codes, b.codes)), shape=(a.levels, b.levels))

    crossing = hstack([table(first, other) for other in others]).tocsr()
    if float((np.diff(crossing.indptr).astype(np.float64) ** 2).sum()) > PAIRS * n:
        return None
    shares = diags(1 / np.sqrt(mass)) @ crossing
    system = (bmat([[table(a, b) for b in others] for a in others]) - shares.T @ shares).tocsr()
    ends = np.cumsum([0, *(other.levels for other in others)])
    blocks = [slice(int(a), int(b)) for a, b in pairwise(ends)]
    solves = [_solve_block(system[rows, rows], other.sums(values)) for rows, other in zip(blocks, others, strict=True)]
    return _Reduced(
        first=first,
        others=others,
        weights=weights,
        mass=mass,
        crossing=crossing,
        system=system,
        blocks=list(zip(blocks, solves, strict=True)),
    )


def _solve_block(block: Any, mass: Floats) -> Solve:
    """What solves with one effect's block of S; one level in each connected component is the reference and stays at zero.

    Parameters
    ----------
    block : (levels, levels) sparse; mass : (levels,) weight of each level.
    """
    from scipy.linalg import cho_solve_banded
    from scipy.sparse.csgraph import connected_components

    diagonal = block.diagonal()
    free = diagonal > _FLAT * mass
    free[np.unique(connected_components(block, directed=False)[1], return_index=True)[1]] = False
    places = np.flatnonzero(free)
    if not len(places):
        return np.zeros_like
    order, factor = _factor(block[places][:, places])
    if factor is None:
        divisor = np.where(free, diagonal, np.inf)[:, None]
        return lambda rest: rest / divisor
    places = places[order]

    def solve(rest: Floats) -> Floats:
        found = np.zeros_like(rest)
        found[places] = cho_solve_banded((factor, True), rest[places], check_finite=False)
        return found

    return solve


@one_thread
def _factor(block: Any) -> tuple[NDArray[np.intp], Floats | None]:
    """An order of the levels in which links are short, and the Cholesky factor by diagonals; None where it takes too long."""
    from scipy.linalg import LinAlgError, cholesky_banded
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    order = reverse_cuthill_mckee(block, symmetric_mode=True)
    ordered = block[order][:, order].tocoo()
    apart = ordered.row - ordered.col
    levels, width = block.shape[0], int(apart.max()) + 1
    if levels * width > DENSE_CELLS or levels * width**2 > FACTOR:
        return order, None
    band, lower = np.zeros((width, levels)), apart >= 0
    band[apart[lower], ordered.col[lower]] = ordered.data[lower]
    try:
        return order, cholesky_banded(band, overwrite_ab=True, lower=True, check_finite=False)
    except LinAlgError:  # weights of very different size
        return order, None
