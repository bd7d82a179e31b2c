r"""A queue with several servers whose customers may lose patience: the model M/M/c+M of Palm, also called Erlang A.

Arrivals come at rate lambda, each of c servers finishes at rate mu, each waiting customer leaves at rate theta. The number present has

.. math:: p_n \propto \prod_{k=1}^{n} \frac{\lambda}{\mu \min(k, c) + \theta \max(k - c, 0)} .

Without impatience it is M/M/c, which needs lambda < c mu; with customers who do not wait at all it is Erlang's loss model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import setting

_LEAST = 1e-17  # probability of states that are cut off
_DEVIATIONS = 12.0  # beyond the middle of the queue under impatience


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
