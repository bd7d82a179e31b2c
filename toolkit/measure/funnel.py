r"""Funnels: what a count out of a count says, how far counts overlap, and chains that end by passing or by dropping out.

Shares of small counts have Wilson's interval. Counts of titles over the same units bound how many units hold at least one,

.. math:: \max_k n_k \le |\cup_k A_k| \le \min(N, \textstyle\sum_k n_k).

A chain with Q among its stages and R into its ends has, with the fundamental matrix M,

.. math:: M = (I - Q)^{-1}, \qquad B = M R, \qquad t = M \mathbf{1}
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric, setting

TOLERANCE = 1e-9  # how far a row of probabilities may be from one


def wilson_interval(count: int, total: int, level: float = 0.95) -> tuple[float, float]:
    r"""Wilson's score interval of a share.

    .. math:: \frac{p + z^2/2n \pm z \sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}

    Parameters
    ----------
    count, total : units that passed, and all units.
    level : of the interval, a fraction.

    Raises
    ------
    MeasureError
        The total is not positive, or the count not between zero and the total.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference, Journal of the American Statistical Association 22.

    Examples
    --------
    >>> low, high = wilson_interval(8, 49)
    >>> round(low, 3), round(high, 3)
    (0.085, 0.29)
    """
    from scipy.special import ndtri

    k, n, inside = setting(count, "count"), setting(total, "total"), setting(level, "level")
    if not (n > 0 and 0 <= k <= n and 0 < inside < 1):
        raise MeasureError(
            f"count={k:g} of total={n:g} at level={inside:g} is no share",
            remedy="a count from zero to a positive total, and a level between zero and one",
        )
    z, p = float(ndtri((1 + inside) / 2)), k / n
    half = z * np.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    middle, scale = p + z**2 / (2 * n), 1 + z**2 / n
    return max(0.0, float((middle - half) / scale)), min(1.0, float((middle + half) / scale))


def union_bounds(counts: ArrayLike, total: int) -> tuple[int, int]:
    """Least and most units that hold at least one of several titles, from the counts of the titles alone.

    Parameters
    ----------
    counts : holders of each title.
    total : units that can hold them.

    Raises
    ------
    MeasureError
        There is no count, or one is negative or larger than the total.

    Examples
    --------
    Fifty titles over 44 units: six are held by someone who holds another.

    >>> union_bounds([13, 19, 18], 44)
    (19, 44)
    """
    held, units = numeric(counts, "counts are numbers"), setting(total, "total")
    if held.size == 0 or not (held.min() >= 0 and held.max() <= units):
        raise MeasureError(f"counts {held.tolist()} do not fit {units:g} units", remedy="counts from zero to the number of units")
    return int(held.max()), int(min(units, held.sum()))


def titles_by_chance(counts: ArrayLike, total: int) -> NDArray[np.float64]:
    r"""Expected units by the number of titles that they hold, if each title is given without regard to the others.

    .. math:: E_k = N \sum_{|A| = k} \prod_{j \in A} p_j \prod_{j \notin A} (1 - p_j), \qquad p_j = n_j / N

    Parameters
    ----------
    counts : (m,) holders of each title.
    total : N, units that can hold them.

    Returns
    -------
    (m + 1,) expected units with 0, 1, ..., m titles; they sum to N.

    Raises
    ------
    MeasureError
        As :func:`union_bounds`.

    Examples
    --------
    >>> titles_by_chance([50, 50], 100).tolist()
    [25.0, 50.0, 25.0]
    """
    union_bounds(counts, total)
    chance = np.ones(1)
    for share in numeric(counts, "counts are numbers") / total:
        chance = np.convolve(chance, [1 - share, share])
    return total * chance


@dataclass(frozen=True)
class Absorbed:
    """How a chain ends, by the stage it starts from.

    Attributes
    ----------
    visits : (stages, stages) expected periods in each stage, M.
    ends : (stages, ends) probability of each end, B; rows sum to one.
    periods : (stages,) expected periods until an end, t.
    """

    visits: NDArray[np.float64]
    ends: NDArray[np.float64]
    periods: NDArray[np.float64]


def absorbing_chain(moves: ArrayLike, exits: ArrayLike) -> Absorbed:
    """Probabilities and time of absorption.

    Parameters
    ----------
    moves : (stages, stages) probabilities among the stages in one period, Q.
    exits : (stages, ends) probabilities of ending, R; each row of both together sums to one.

    Raises
    ------
    MeasureError
        Shapes do not fit, a probability is negative, a row does not sum to one, or some stage is never left.

    References
    ----------
    Kemeny and Snell (1960), Finite Markov Chains, chapter 3.

    Examples
    --------
    A stage that is passed with 0.3 and left for good with 0.1 a year:

    >>> found = absorbing_chain([[0.6]], [[0.3, 0.1]])
    >>> found.ends.round(2).tolist(), found.periods.round(2).tolist()
    ([[0.75, 0.25]], [2.5])
    """
    q, r = (np.atleast_2d(numeric(values, "a chain needs numbers")) for values in (moves, exits))
    if q.shape[0] != q.shape[1] or r.shape[0] != q.shape[0]:
        raise MeasureError(f"moves {q.shape} and exits {r.shape} do not fit", remedy="one row for each stage in both")
    rows = q.sum(axis=1) + r.sum(axis=1)
    if not (min(q.min(), r.min()) >= -TOLERANCE and np.abs(rows - 1).max() <= TOLERANCE):
        raise MeasureError("the rows are no probabilities", where=f"sums: {rows.tolist()}", remedy="no negative entry, and a sum of one")
    leaving = np.linalg.matrix_power(np.eye(len(q)) + q, len(q)) @ r.sum(axis=1)
    if (leaving <= 0).any():
        raise MeasureError("a stage is never left", where=f"stages {np.flatnonzero(leaving <= 0).tolist()}", remedy="give it an end")
    visits: NDArray[np.float64] = np.asarray(np.linalg.inv(np.eye(len(q)) - q), dtype=np.float64)
    return Absorbed(visits=visits, ends=visits @ r, periods=visits.sum(axis=1))
