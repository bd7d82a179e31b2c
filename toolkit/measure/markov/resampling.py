"""Intervals of a long run (entities drawn anew with their paths), and whether neighbours matter (entities change places)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from toolkit.measure.inputs.grid import checked_grid
from toolkit.measure.inputs.values import check_settings
from toolkit.measure.markov.long_run import ergodic, mean_first_passage
from toolkit.measure.markov.spatial import checked_weights
from toolkit.measure.markov.transitions import States, moves, proportions, states_by_quantiles
from toolkit.numerics import SAME_NUMBER, Floats
from toolkit.report import Fields, PValue
from toolkit.transform.neighbours import Weights


@dataclass(frozen=True, eq=False, repr=False)
class LongRun(Fields):
    """Ergodic shares and the way from the lowest class to the highest, with 95% intervals over draws of entities.

    Attributes
    ----------
    shares, shares_low, shares_high : (k,) ergodic distribution; the interval is over the draws whose chain has no dead end.
    up, up_low, up_high : mean years from the lowest class to the highest for the first time; ``up_high`` is infinite when more than
        2.5% of the draws have a dead end.
    dead_ends : share of such draws.
    """

    shares: Floats
    shares_low: Floats
    shares_high: Floats
    up: float
    up_low: float
    up_high: float
    dead_ends: float


def resampled_long_run(states: States, *, rng: np.random.Generator, draws: int = 499) -> LongRun:
    """Long run of the chain of ``states`` with intervals.

    Parameters
    ----------
    states : classes of entities by years.
    rng : the source of randomness.
    draws : how often the entities are drawn with replacement.

    Raises
    ------
    MeasureError
        When the chain itself has a dead end, so that there is no long run from every class, or settings give no interval.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.measure.markov.transitions import states_at_cuts
    >>> frame = pd.DataFrame([[1.0, 3, 1, 1], [3, 1, 3, 3], [1, 1, 3, 1]], index=list("abc"), columns=range(2020, 2024))
    >>> resampled_long_run(states_at_cuts(frame, [2.0]), rng=np.random.default_rng(1)).shares.round(2)
    array([0.56, 0.44])
    """
    check_settings(rng, draws, 0.95)
    k, n = states.size, len(states.entities)
    origin, destination, row, _, _ = moves(states, 1)
    counts = np.bincount((row * k + origin) * k + destination, minlength=n * k * k).reshape(n, k, k)
    p = proportions(counts.sum(axis=0)[None])[0][0]
    up = float(mean_first_passage(p, states.labels)[0, -1])
    shares, ways = [], []
    for places in rng.integers(0, n, (draws, n)):
        drawn = counts[places].sum(axis=0)
        if not drawn.sum(axis=1).all():
            continue
        one = proportions(drawn[None])[0][0]
        found = ergodic(one, states.labels)
        if found.irreducible:
            shares.append(found.distribution)
            ways.append(float(mean_first_passage(one, states.labels)[0, -1]))
    lost = draws - len(ways)
    low, high = np.quantile(np.array(shares), [0.025, 0.975], axis=0)
    up_low, up_high = np.quantile([*ways, *[np.inf] * lost], [0.025, 0.975], method="higher")
    return LongRun(
        shares=ergodic(p, states.labels).distribution,
        shares_low=low,
        shares_high=high,
        up=up,
        up_low=float(up_low),
        up_high=float(up_high),
        dead_ends=lost / draws,
    )


@dataclass(frozen=True, eq=False, repr=False)
class MapPermutation(Fields):
    """A likelihood ratio and what it is when the map is shuffled.

    Attributes
    ----------
    lr : that the transitions do not depend on the class of the neighbours.
    p_value : (1 + shuffles with a ratio at least as large) / (1 + shuffles).
    draws : (B,) the ratio of each shuffle.
    """

    lr: float
    p_value: PValue
    draws: Floats


def permute_map(
    values: pd.DataFrame, weights: ArrayLike | Weights, k: int, *, rng: np.random.Generator, permutations: int = 999
) -> MapPermutation:
    r"""Permutation test of :func:`~toolkit.measure.markov.spatial.spatial_markov` with k pooled quantile classes on both sides.

    Under the null the places are exchangeable: each shuffle gives every entity, with its whole path, the place of another, and the means
    of the neighbours, their classes and the likelihood ratio are made anew. Paths stay whole, so that neither the dependence of an entity
    on its past nor small cells distort the p-value, as they do that of the chi-squared distribution.

    Parameters
    ----------
    values : frame of N entities by T years, complete.
    weights : as in :func:`~toolkit.measure.markov.spatial.neighbour_mean`.
    k : classes.
    rng : the source of randomness.
    permutations : shuffles.

    Raises
    ------
    MeasureError
        As the functions named.

    Examples
    --------
    >>> frame = pd.DataFrame(np.random.default_rng(1).uniform(size=(20, 9)), columns=range(2010, 2019))
    >>> ring = np.roll(np.eye(20), 1, axis=1) / 2 + np.roll(np.eye(20), -1, axis=1) / 2
    >>> 0 < permute_map(frame, ring, 2, rng=np.random.default_rng(2), permutations=99).p_value <= 1
    True
    """
    grid = checked_grid(values, "the shuffled map")
    own = states_by_quantiles(values, k)
    origin, destination, row, first, _ = moves(own, 1)
    cell = origin * k + destination
    w = checked_weights(weights, own.entities)
    x = grid.values
    levels = np.arange(1, k) / k

    def ratio(places: NDArray[np.intp]) -> float:
        around = w[np.ix_(places, places)] @ x
        cuts = np.quantile(around, levels)
        lag = np.searchsorted(cuts + SAME_NUMBER * np.abs(cuts), around[row, first], side="left")
        counts = np.bincount(lag * k * k + cell, minlength=k**3).reshape(k, k, k).astype(np.float64)
        pooled = counts.sum(axis=0)
        leaving = counts.sum(axis=2)
        whole = xlogy(counts, counts).sum() - xlogy(leaving, leaving).sum()
        together = xlogy(pooled, pooled).sum() - xlogy(pooled.sum(axis=1), pooled.sum(axis=1)).sum()
        return max(2 * float(whole - together), 0.0)

    n = len(x)
    observed = ratio(np.arange(n))
    draws = np.array([ratio(rng.permutation(n)) for _ in range(permutations)])
    return MapPermutation(observed, float((1 + (draws >= observed * (1 - SAME_NUMBER)).sum()) / (1 + permutations)), draws)
