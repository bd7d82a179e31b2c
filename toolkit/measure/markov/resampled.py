"""The long run of a chain with intervals: entities are drawn anew with their whole paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.measure.inputs.bootstrap import check_settings
from toolkit.measure.markov.long_run import ergodic, mean_first_passage
from toolkit.measure.markov.transitions import States, moves, proportions
from toolkit.numerics import Floats
from toolkit.report import Fields


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
