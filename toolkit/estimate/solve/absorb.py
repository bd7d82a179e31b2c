"""The way in which fixed effects are removed: exact for one and two, slopes by group, or an outside engine for more."""

from __future__ import annotations

from collections.abc import Sequence

from toolkit.estimate.rows.source import Grouping
from toolkit.estimate.solve.engines import many_effects, rank_of_effects
from toolkit.estimate.solve.kernels import Absorber, one_way, two_way
from toolkit.estimate.solve.slopes import slope_absorber
from toolkit.numerics import Floats

NARROW = 3000  # levels of the smaller dimension that one dense solve takes


def make_absorber(groupings: Sequence[Grouping], weights: Floats | None = None) -> Absorber:
    """Prepare the removal of fixed effects.

    Parameters
    ----------
    groupings : one or more effects, with dense codes over the n rows.
    weights : (n,) positive analytic weights.

    Examples
    --------
    >>> import numpy as np
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
    return Absorber(groupings=effects, weights=weights, rank=rank, exact_rank=exact, solver=None, remove=many_effects(effects, weights))


def rank_of(groupings: Sequence[Grouping]) -> int:
    """Number of independent effects among the dummies of ``groupings``; 0 for none."""
    effects = tuple(groupings)
    if any(type(effect) is not Grouping for effect in effects):
        return slope_absorber(effects, None).rank
    if len(effects) < 2:
        return effects[0].levels if effects else 0
    return rank_of_effects(effects)[0]
