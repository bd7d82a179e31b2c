"""Moran's I: are neighbours alike?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric
from toolkit.measure.markov.spatial import checked_weights
from toolkit.numerics import SAME_NUMBER, Floats
from toolkit.report import Fields
from toolkit.transform.neighbours import Weights


@dataclass(frozen=True, eq=False, repr=False)
class Moran(Fields):
    """Moran's I and what it is when the map is shuffled.

    Attributes
    ----------
    i : the index; ``expected`` when the places do not matter.
    expected : -1 / (N - 1).
    p_value : one-sided, (1 + shuffles with an index at least as large) / (1 + shuffles).
    draws : (B,) the index of each shuffle.
    """

    i: float
    expected: float
    p_value: float
    draws: Floats


def moran(values: pd.Series, weights: ArrayLike | Weights, *, rng: np.random.Generator, permutations: int = 999) -> Moran:
    r""":math:`I = z'Wz / z'z` with :math:`z` the deviations from the mean and W row-standardised, against shuffled maps.

    Parameters
    ----------
    values : (N,) one value for each entity, labelled by it.
    weights : as in :func:`~toolkit.measure.markov.spatial.neighbour_mean`.
    rng : the source of randomness.
    permutations : shuffles.

    Raises
    ------
    MeasureError
        On missing or constant values, or weights that do not fit.

    References
    ----------
    Moran (1950), Biometrika 37.

    Examples
    --------
    >>> line = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"))
    >>> chain = [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 1, 0]]
    >>> round(moran(line, chain, rng=np.random.default_rng(1)).i, 3)
    0.4
    """
    x = numeric(values, "Moran's I needs numbers")
    if not np.isfinite(x).all() or np.ptp(x) == 0:
        raise MeasureError("Moran's I needs values that are there and differ", remedy="leave entities without a value out of both")
    w = checked_weights(weights, tuple(values.index))
    z = x - x.mean()
    shuffled = np.array([rng.permutation(z) for _ in range(permutations)])
    draws = np.einsum("bi,ij,bj->b", shuffled, w, shuffled, optimize=True) / (z @ z)
    found = float(z @ w @ z / (z @ z))
    reached = int((draws >= found - SAME_NUMBER).sum())
    return Moran(i=found, expected=-1 / (len(z) - 1), p_value=(1 + reached) / (1 + permutations), draws=draws)
