r"""Funnels: what a count out of a count says, how far counts overlap, chains that end by passing or by dropping out, and queues.

Shares of small counts have Wilson's interval. Counts of titles over the same units bound how many units hold at least one,

.. math:: \max_k n_k \le |\cup_k A_k| \le \min(N, \textstyle\sum_k n_k).

A chain with Q among its stages and R into its ends has, with the fundamental matrix M,

.. math:: M = (I - Q)^{-1}, \qquad B = M R, \qquad t = M \mathbf{1}

A queue with several servers whose customers may lose patience is the model M/M/c+M of Palm, also called Erlang A: arrivals come at rate
lambda, each of c servers finishes at rate mu, each waiting customer leaves at rate theta, and the number present has

.. math:: p_n \propto \prod_{k=1}^{n} \frac{\lambda}{\mu \min(k, c) + \theta \max(k - c, 0)} .

Without impatience it is M/M/c, which needs lambda < c mu; with customers who do not wait at all it is Erlang's loss model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric, setting

TOLERANCE = 1e-9  # how far a row of probabilities may be from one
_LEAST = 1e-17  # probability of states of a queue that are cut off
_DEVIATIONS = 12.0  # beyond the middle of a queue under impatience


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
class AbsorbingChain:
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


def absorbing_chain(moves: ArrayLike, exits: ArrayLike) -> AbsorbingChain:
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
    return AbsorbingChain(visits=visits, ends=visits @ r, periods=visits.sum(axis=1))


@dataclass(frozen=True)
class Queue:
    """A queue in the long run; times in the unit of the rates.

    Attributes
    ----------
    served : share of the arrivals that are served.
    waiting : mean number of those who wait.
    wait : mean wait of those who are served.
    busy : share of the servers at work.
    """

    served: float
    waiting: float
    wait: float
    busy: float


def queue(*, arrivals: float, service: float, servers: int, impatience: float = 0.0) -> Queue:
    r"""The long run of M/M/c+M.

    An arrival that finds k waiting before it is served with probability c mu / (c mu + (k + 1) theta), after a mean wait of

    .. math:: \sum_{j=0}^{k} \frac{1}{c \mu + (j + 1) \theta} .

    Parameters
    ----------
    arrivals, service, impatience : rates per unit of time; the mean patience is 1 / impatience, zero for customers who never leave.
    servers : c, a whole number.

    Raises
    ------
    MeasureError
        A rate is not positive, or nobody leaves and the load is not below one, so that the queue grows without end.

    References
    ----------
    Garnett, Mandelbaum and Reiman (2002), Designing a call center with impatient customers, Manufacturing and Service Operations
    Management 4.

    Examples
    --------
    One server at half load keeps as many waiting as the formula rho^2 / (1 - rho) says:

    >>> round(queue(arrivals=0.5, service=1.0, servers=1).waiting, 6)
    0.5
    """
    lam, mu, c = setting(arrivals, "arrivals"), setting(service, "service"), setting(servers, "servers")
    theta = setting(impatience, "impatience")
    if not (min(lam, mu) > 0 and theta >= 0 and c >= 1 and c.is_integer()):
        raise MeasureError(
            f"arrivals={lam:g}, service={mu:g}, servers={c:g}, impatience={theta:g} describe no queue",
            remedy="positive rates, impatience from zero, a whole number of servers",
        )
    if theta == 0 and lam >= c * mu:
        raise MeasureError(
            f"a load of {lam / (c * mu):g} without impatience has no long run", remedy="fewer arrivals, more servers, or some impatience"
        )
    beyond = np.log(_LEAST) / np.log(lam / (c * mu)) if theta == 0 else max(lam - c * mu, 0) / theta + _DEVIATIONS * np.sqrt(lam / theta)
    present = np.arange(int(c) + int(np.ceil(beyond)) + 100)
    behind = np.maximum(present - c, 0.0)
    leaving = mu * np.minimum(present, c) + theta * behind
    weights = np.concatenate([[0.0], np.cumsum(np.log(lam / leaving[1:]))])
    p = np.exp(weights - weights.max())
    p /= p.sum()
    late = present >= c  # states in which an arrival must wait
    ahead = c * mu + (present[late] - c + 1) * theta
    chance, delay = c * mu / ahead, np.cumsum(1 / ahead)
    served = float(p[~late].sum() + p[late] @ chance)
    return Queue(
        served=served,
        waiting=float(p @ behind),
        wait=float(p[late] @ (chance * delay)) / served,
        busy=float(p @ np.minimum(present, c)) / c,
    )
