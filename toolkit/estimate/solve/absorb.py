r"""The way in which fixed effects are removed: exact for one and two, iterations for more, exact again where effects have slopes.

Slopes of their own, ``province[year]``, may stand alone or beside other effects.

Within each group the level and the slopes are made orthonormal one after the other (each variable is centred in its group before
anything is compared, so that years near 2000 cost no digits). What cannot be told apart in a group, a slope on a variable that is
constant there or the second slope of a group with two rows, is no column and is not counted. One such effect is a projection,

.. math:: M_1 = I - Q_1 Q_1' W, \qquad Q_1' W Q_1 = I,

and further effects, their columns Q_2 in the same form, are removed by one solve with the matrix S = Q_2' W M_1 Q_2, through its
eigenvalues, so that redundant columns (a common trend is a combination of year effects) are recognised and the rank is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotConverged, NotEstimable
from toolkit.estimate.rows.grouping import Grouping, Sloped
from toolkit.estimate.rows.options import Covariance
from toolkit.estimate.solve.engines import rank_of_effects
from toolkit.estimate.solve.kernels import Absorber, norms, one_way, two_way
from toolkit.estimate.solve.several import several_effects
from toolkit.numerics import SIZE_LEFT, UNIT_LEFT, Floats

if TYPE_CHECKING:
    from toolkit.estimate.rows.options import Options
    from toolkit.estimate.solve.kernels import Design

NARROW = 3000  # levels of the smaller dimension that one dense solve takes
_REDUNDANT = 1e-10  # eigenvalue of S, of columns of length one, below which a combination is no effect of its own
_MOST_COLUMNS = 3000  # columns beside the largest effect that one dense solve takes
_MOST_WORK = 100_000_000_000  # multiplications that leverages may take (a minute)
BLOCK = 4_000_000  # numbers that leverages hold at a time


def make_absorber(groupings: Sequence[Grouping], weights: Floats | None = None) -> Absorber:
    """Prepare the removal of fixed effects.

    Parameters
    ----------
    groupings : one or more effects, with dense codes over the n rows.
    weights : (n,) positive analytic weights.

    Examples
    --------
    >>> effects = make_absorber([Grouping(np.array([0, 0, 1, 1]), 2), Grouping(np.array([0, 1, 0, 1]), 2)])
    >>> effects.rank
    3
    >>> x = np.array([[1.0, 2.0, 3.0, 5.0]])
    >>> _ = effects.demean(x)
    >>> x.round(2)
    array([[ 0.25, -0.25, -0.25,  0.25]])
    """
    effects = tuple(groupings)
    if any(type(effect) is not Grouping for effect in effects):
        return slope_absorber(effects, weights)
    if len(effects) == 1:
        return Absorber(
            groupings=effects, weights=weights, rank=effects[0].levels, exact_rank=True, solver=None, remove=one_way(effects[0], weights)
        )
    if len(effects) == 2:
        large, small = sorted(effects, key=lambda g: -g.levels)
        if small.levels <= NARROW:
            solver = two_way(large, small, weights)
            return Absorber(groupings=effects, weights=weights, rank=solver.rank, exact_rank=True, solver=solver, remove=solver.remove)
    rank, exact = rank_of_effects(effects)
    return Absorber(groupings=effects, weights=weights, rank=rank, exact_rank=exact, solver=None, remove=several_effects(effects, weights))


def rank_of(groupings: Sequence[Grouping]) -> int:
    """Number of independent effects among the dummies of ``groupings``; 0 for none."""
    effects = tuple(groupings)
    if any(type(effect) is not Grouping for effect in effects):
        return slope_absorber(effects, None).rank
    if len(effects) < 2:
        return effects[0].levels if effects else 0
    return rank_of_effects(effects)[0]


def orthonormal_columns(grouping: Grouping, weights: Floats | None) -> Any:
    """(n, r) sparse Q with Q'WQ = I that spans the level and the slopes of each group; what is not identified is no column."""
    from scipy.sparse import csr_matrix, hstack

    def sums(values: Floats) -> Floats:
        return grouping.sums(values if weights is None else values * weights)

    # one column after the other in each group at once, Gram-Schmidt by sums over groups; own marks groups where something is left
    bases: list[Floats] = []
    found: list[NDArray[np.bool_]] = []
    slopes: Sequence[Floats] = ()
    level = True
    if isinstance(grouping, Sloped):
        slopes, level = tuple(grouping.slopes), grouping.level
    if level:
        bases.append(grouping.spread(1 / np.sqrt(sums(np.ones(len(grouping.codes))))))
        found.append(np.ones(grouping.levels, dtype=bool))
    for slope in slopes:
        rest, size = slope.copy(), np.sqrt(sums(slope * slope))
        if level:
            rest -= grouping.spread(sums(rest) / sums(np.ones(len(rest))))
        varying = np.sqrt(sums(rest * rest))
        for _ in range(2):  # against rounding
            for basis in bases:
                rest -= basis * grouping.spread(sums(basis * rest))
        left = np.sqrt(sums(rest * rest))
        own = left > np.maximum(UNIT_LEFT * varying, SIZE_LEFT * size)
        bases.append(rest * grouping.spread(np.where(own, 1 / np.where(own, left, 1.0), 0.0)))
        found.append(own)
    # a column of n numbers is a sparse block (n, groups): each row belongs to one group
    rows = np.arange(len(grouping.codes))
    blocks = []
    for basis, own in zip(bases, found, strict=True):
        block = csr_matrix((basis, (rows, grouping.codes)), shape=(len(rows), grouping.levels))
        blocks.append(block if own.all() else block[:, np.flatnonzero(own)])
    return hstack(blocks).tocsr()


@dataclass(frozen=True)
class SlopeAbsorber(Absorber):
    """Effects of which at least one has slopes.

    Attributes
    ----------
    bases : orthonormal columns of each effect.
    """

    bases: tuple[Any, ...]

    @property
    def by_levels(self) -> bool:
        """Slopes need more than sums by level."""
        return False

    def residual(self, columns: Floats, before: Floats) -> float:
        """Largest product of any column with a column of the effects, relative to its length."""
        after = np.maximum(norms(columns, self.weights), 1e-6 * before)
        after[after == 0] = 1.0
        weighted = columns if self.weights is None else columns * self.weights
        products = [np.abs(basis.T @ weighted.T).max(axis=0) / after for basis in self.bases if basis.shape[1]]
        return max((float(product.max()) for product in products if len(product)), default=0.0)


def slope_absorber(groupings: tuple[Grouping, ...], weights: Floats | None) -> SlopeAbsorber:
    """Prepare the removal of effects with slopes.

    Parameters
    ----------
    groupings : the effects; weights : (n,) or None.

    Raises
    ------
    NotConverged
        If the effects beside the largest one have more than 3,000 columns.

    Examples
    --------
    >>> firm = Sloped(np.array([0, 0, 0, 1, 1, 1]), 2, np.array([[2000.0, 2001, 2002, 2000, 2001, 2003]]), True, "firm")
    >>> absorber = slope_absorber((firm,), None)
    >>> column = np.array([[1.0, 2, 3, 5, 5, 6]])
    >>> _ = absorber.demean(column)
    >>> absorber.rank, np.abs(column).round(3)
    (4, array([[0.   , 0.   , 0.   , 0.143, 0.214, 0.071]]))
    """
    bases = _bases(groupings, weights)
    space = _space(bases, weights)
    rank = int(bases[0].shape[1]) + space.half.shape[1]
    return SlopeAbsorber(
        groupings=groupings, weights=weights, rank=rank, exact_rank=True, solver=None, remove=space.remove, bases=tuple(bases)
    )


def _effect_leverages(groupings: Sequence[Grouping], weights: Floats | None) -> Floats:
    """(n,) diagonal of the projection on the effects, with or without slopes: w d'(D'WD)^- d of each row.

    Raises
    ------
    NotEstimable
        If the effects beside the largest one have so many columns that it would take minutes.
    """
    bases = _bases(groupings, weights)
    n, further = bases[0].shape[0], sum(int(basis.shape[1]) for basis in bases[1:])
    if further > _MOST_COLUMNS or n * further**2 > _MOST_WORK:
        raise NotEstimable(
            f"the leverages of {n} rows with {further} further effects beside the largest one are not offered",
            remedy="use covariance='HC1' or 'cluster', or absorb fewer levels",
        )
    space = _space(bases, weights)
    found = np.asarray(space.first.multiply(space.first).sum(axis=1)).ravel()
    if space.second is not None:
        step = max(1, BLOCK // further)
        for start in range(0, n, step):
            rows = slice(start, start + step)
            rest = space.second[rows] - space.first[rows] @ space.across
            found[rows] += ((rest.toarray() @ space.half) ** 2).sum(axis=1)
    return found if weights is None else found * weights


def _bases(groupings: Sequence[Grouping], weights: Floats | None) -> list[Any]:
    """Orthonormal columns of each effect, the widest first."""
    return sorted((orthonormal_columns(g, weights) for g in groupings), key=lambda basis: -int(basis.shape[1]))


@dataclass(frozen=True)
class _Space:
    """The columns of all effects: Q_1 ``first`` (n, r), Q_2 ``second`` (n, m) or None, ``across`` = Q_1'W Q_2, ``half`` (m, q) with
    half half' the generalised inverse of Q_2'W M_1 Q_2."""

    weights: Floats | None
    first: Any
    second: Any
    across: Any
    half: Floats

    def weighted(self, column: Floats) -> Floats:
        """W times a column."""
        return column if self.weights is None else column * self.weights

    def remove(self, columns: Floats) -> tuple[()]:
        """Take the projection on the space out of each of the columns (m, n), in place."""
        for column in columns:
            column -= self.first @ (self.first.T @ self.weighted(column))
            if self.second is not None:
                shares = self.half @ (self.half.T @ (self.second.T @ self.weighted(column)))
                column -= self.second @ shares - self.first @ (self.across @ shares)
        return ()


def _space(bases: Sequence[Any], weights: Floats | None) -> _Space:
    from scipy.sparse import diags, hstack

    first = bases[0]
    if len(bases) == 1:
        return _Space(weights=weights, first=first, second=None, across=None, half=np.empty((0, 0)))
    second = hstack(bases[1:]).tocsr()
    if second.shape[1] > _MOST_COLUMNS:
        raise NotConverged(
            f"slopes beside {second.shape[1]} further effects are not offered (at most {_MOST_COLUMNS})",
            remedy="absorb fewer levels beside the effect with slopes, or write the smaller slopes as terms C(g):x",
        )
    # S = Q_2'W Q_2 - (Q_1'W Q_2)'(Q_1'W Q_2); its eigenvalues show which combinations are effects of their own
    heavy = second if weights is None else diags(weights) @ second
    across = (first.T @ heavy).tocsr()
    system = (second.T @ heavy - across.T @ across).toarray()
    values, vectors = np.linalg.eigh((system + system.T) / 2)
    own = values > _REDUNDANT
    return _Space(weights=weights, first=first, second=second, across=across, half=vectors[:, own] / np.sqrt(values[own]))


_WHOLE = 1e-10  # 1 - h below this is a row that alone determines a parameter
_NEEDS_LEVERAGE: tuple[Covariance, ...] = ("HC2", "HC3")


def refuse_leverage(options: Options, estimator: str) -> Options:
    """The options themselves; NotEstimable if they ask for HC2 or HC3, which are defined for least squares only."""
    if options.covariance in _NEEDS_LEVERAGE:
        raise NotEstimable(
            f"{options.covariance} is defined for least squares, not for {estimator}", remedy="use covariance='HC1', 'HC0' or 'cluster'"
        )
    return options


def residual_scale(design: Design, covariance: Covariance) -> Floats | float:
    """What the residuals are multiplied by: 1 for HC0 and HC1, (1 - h)^-1/2 for HC2, 1 / (1 - h) for HC3.

    Raises
    ------
    NotEstimable
        If a row alone determines a parameter: its residual is zero whatever its error is.
    """
    if covariance not in _NEEDS_LEVERAGE:
        return 1.0
    left = 1 - leverages(design)
    alone = int((left < _WHOLE).sum())
    if alone:
        raise NotEstimable(
            f"{covariance} does not exist: {alone} rows alone determine a parameter, so their residuals say nothing about their errors",
            where=f"{design.n} rows",
            remedy="leave out the regressor or the effect that only one row has, or use covariance='HC1' or 'cluster'",
        )
    return np.asarray(1 / np.sqrt(left) if covariance == "HC2" else 1 / left)


def leverages(design: Design) -> Floats:
    """(n,) h of every row; they add up to the number of parameters.

    Raises
    ------
    NotEstimable
        If the effects beside the largest one have too many levels for their leverages.
    """
    # h_n = x_n' (X'WX)^-1 x_n, plus what the effects add
    own = np.einsum("kn,kn->n", design.columns, design.bread @ design.columns)
    own = own if design.weights is None else own * design.weights
    if not design.effects:
        return np.asarray(own)

    return np.asarray(own + _effect_leverages([grouping for _, grouping in design.effects], design.weights))
