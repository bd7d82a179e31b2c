"""What a transition matrix implies: the long-run distribution, waiting times and mobility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import Floats
from toolkit.report import Fields

ROW_SUM = 1e-9  # rows of probabilities read from a file may be off by rounding


@dataclass(frozen=True, eq=False, repr=False)
class Ergodic(Fields):
    """The closed classes of a chain and the long-run distribution in each.

    Attributes
    ----------
    closed : sets of states that are never left once entered, each as a tuple of labels.
    transient : labels of the states that are left for good.
    distributions : (c, k), one row per closed set: the distribution pi with pi P = pi; zero outside the set.
    periods : (c,) period of each closed set: 1 when the chain settles down, d when it runs around a cycle of length d.
    """

    closed: tuple[tuple[str, ...], ...]
    transient: tuple[str, ...]
    distributions: Floats
    periods: tuple[int, ...]

    @property
    def irreducible(self) -> bool:
        """Every state reaches every other."""
        return len(self.closed) == 1 and not self.transient

    @property
    def distribution(self) -> Floats:
        """(k,) the one long-run distribution.

        Raises
        ------
        MeasureError
            When there are several closed sets: where the chain ends depends on where it starts.
        """
        if len(self.closed) > 1:
            sets = "; ".join("{" + ", ".join(members) + "}" for members in self.closed)
            raise MeasureError(
                f"the chain has {len(self.closed)} closed sets of states and no single ergodic distribution",
                where=sets,
                remedy="use fewer classes so that all states communicate, or read .distributions, one row per set",
            )
        return np.asarray(self.distributions[0])


def ergodic(probabilities: ArrayLike, labels: Sequence[str] | None = None) -> Ergodic:
    r"""Closed sets of states and the distribution that solves :math:`\pi P = \pi` in each.

    Parameters
    ----------
    probabilities : (k, k) rows that sum to one.
    labels : (k,) names of the states; default "1", "2", ...

    Raises
    ------
    MeasureError
        On a matrix that is not square, has a negative or missing entry, or a row that does not sum to one.

    References
    ----------
    Kemeny and Snell (1976), Finite Markov Chains, chapters 2 and 4.

    Examples
    --------
    >>> ergodic([[0.5, 0.5], [0.25, 0.75]]).distribution.round(4)
    array([0.3333, 0.6667])
    """
    p = _transition_matrix(probabilities)
    names = _names(labels, len(p))
    reach = _reach(p)
    both = reach & reach.T
    closed_state = ~(reach & ~both).any(axis=1)
    sets = sorted({tuple(np.flatnonzero(both[i])) for i in np.flatnonzero(closed_state)})
    distributions = np.zeros((len(sets), len(p)))
    for row, members in enumerate(sets):
        distributions[row, members] = _stationary(p[np.ix_(members, members)])
    return Ergodic(
        closed=tuple(tuple(names[i] for i in members) for members in sets),
        transient=tuple(names[i] for i in np.flatnonzero(~closed_state)),
        distributions=distributions,
        periods=tuple(_period(p[np.ix_(members, members)] > 0) for members in sets),
    )


def mean_first_passage(probabilities: ArrayLike, labels: Sequence[str] | None = None) -> Floats:
    r"""Expected steps until the chain that starts in i first enters j: :math:`M = (I - Z + E Z_{dg}) D`.

    Z is the fundamental matrix :math:`(I - P + \mathbf{1}\pi)^{-1}`, E all ones, D the diagonal matrix of :math:`1/\pi_j`. The diagonal is
    the mean time of return.

    Parameters
    ----------
    probabilities, labels : see :func:`ergodic`.

    Returns
    -------
    (k, k) steps of the chain.

    Raises
    ------
    MeasureError
        When some state cannot be reached from another: the waiting time is infinite.

    References
    ----------
    Kemeny and Snell (1976), Finite Markov Chains, theorem 4.4.7.

    Examples
    --------
    >>> mean_first_passage([[0.5, 0.25, 0.25], [0.5, 0.0, 0.5], [0.25, 0.25, 0.5]])[1].round(3)
    array([2.667, 5.   , 2.667])
    """
    p = _transition_matrix(probabilities)
    found = ergodic(p, labels)
    if not found.irreducible:
        sets = "; ".join("{" + ", ".join(members) + "}" for members in found.closed)
        raise MeasureError(
            "some states cannot be reached from others, so mean first-passage times do not exist",
            where=f"closed: {sets}" + (f"; left for good: {', '.join(found.transient)}" if found.transient else ""),
            remedy="use fewer classes so that all states communicate",
        )
    pi = found.distribution
    z = np.linalg.inv(np.eye(len(p)) - p + pi[None, :])
    return np.asarray((np.eye(len(p)) - z + np.diag(z)[None, :]) / pi[None, :])


@dataclass(frozen=True, repr=False)
class Mobility(Fields):
    """Indices of mobility, zero when nobody moves.

    Attributes
    ----------
    trace : Shorrocks' (k - trace P) / (k - 1); one when the destination does not depend on the origin, up to k / (k - 1).
    determinant : 1 - |det P|.
    eigenvalue : 1 - |second largest eigenvalue|, the speed at which the start is forgotten.
    """

    trace: float
    determinant: float
    eigenvalue: float


def mobility(probabilities: ArrayLike) -> Mobility:
    """Mobility indices of a transition matrix.

    Raises
    ------
    MeasureError
        As :func:`ergodic`.

    References
    ----------
    Shorrocks (1978), Econometrica 46; Sommers and Conlisk (1979), Journal of Mathematical Sociology 6.

    Examples
    --------
    >>> mobility([[0.75, 0.25], [0.25, 0.75]])
    Mobility
    <BLANKLINE>
    trace        0.5000
    determinant  0.5000
    eigenvalue   0.5000
    """
    p = _transition_matrix(probabilities)
    k = len(p)
    second = float(np.sort(np.abs(np.linalg.eigvals(p)))[-2])
    return Mobility(float((k - np.trace(p)) / (k - 1)), 1.0 - float(np.round(abs(np.linalg.det(p)), 14)), 1.0 - float(np.round(second, 14)))


def _transition_matrix(probabilities: ArrayLike) -> Floats:
    """A square array of probabilities with rows that sum to one.

    Raises
    ------
    MeasureError
    """
    p = numeric(probabilities, "a transition matrix needs numbers", "pass chain.probabilities")
    if p.ndim != 2 or p.shape[0] != p.shape[1] or p.shape[0] < 2:
        raise MeasureError(
            f"a transition matrix is square with two or more states; this one has shape {p.shape}", remedy="pass chain.probabilities"
        )
    bad = ~np.isfinite(p) | (p < 0)
    if bad.any():
        i, j = np.argwhere(bad)[0] + 1
        raise MeasureError(
            "a transition probability is missing or negative", where=f"row {i}, column {j}", remedy="pass chain.probabilities"
        )
    off = np.abs(p.sum(axis=1) - 1) > ROW_SUM
    if off.any():
        row = int(np.argmax(off))
        raise MeasureError(
            f"row {row + 1} of the transition matrix sums to {p[row].sum():.6g}, not to one", remedy="pass probabilities, not counts"
        )
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def _names(labels: Sequence[str] | None, k: int) -> tuple[str, ...]:
    names = tuple(str(i + 1) for i in range(k)) if labels is None else tuple(labels)
    if len(names) != k:
        raise MeasureError(f"{len(names)} labels do not name {k} states", remedy="give one label per state")
    return names


def _reach(p: Floats) -> NDArray[np.bool_]:
    """Whether j can be reached from i in any number of steps, zero included."""
    reach = (p > 0) | np.eye(len(p), dtype=bool)
    for _ in range(int(np.ceil(np.log2(len(p))))):
        reach = (reach.astype(float) @ reach.astype(float)) > 0
    return np.asarray(reach)


def _stationary(p: Floats) -> Floats:
    """The distribution of an irreducible chain by state reduction, which subtracts nothing (Grassmann, Taksar and Heyman 1985)."""
    a = p.copy()
    for n in range(len(a) - 1, 0, -1):
        a[:n, n] /= a[n, :n].sum()
        a[:n, :n] += np.outer(a[:n, n], a[n, :n])
    pi = np.ones(len(a))
    for n in range(1, len(a)):
        pi[n] = pi[:n] @ a[:n, n]
    return np.asarray(pi / pi.sum())


def _period(step: NDArray[np.bool_]) -> int:
    """Greatest common divisor of the lengths of all cycles of an irreducible chain."""
    depth = {0: 0}
    queue, period = [0], 0
    for i in queue:
        for j in map(int, np.flatnonzero(step[i])):
            if j in depth:
                period = gcd(period, depth[i] + 1 - depth[j])
            else:
                depth[j] = depth[i] + 1
                queue.append(j)
    return period
