"""Transitions of a first-order chain: counts, probabilities and their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MeasureError
from toolkit.measure.grid import Floats
from toolkit.measure.markov.states import States
from toolkit.measure.values import setting

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Chain:
    """A first-order Markov chain estimated by counting.

    Attributes
    ----------
    labels : (k,) classes.
    counts : (k, k) transitions from row to column.
    probabilities : (k, k) counts over row sums; rows sum to one.
    std_errors : (k, k) sqrt(p (1 - p) / n_i), n_i the row sum.
    step : years of one transition.
    broken : pairs of years that make no transition because a value is missing.
    rule : how the classes were made.
    """

    labels: tuple[str, ...]
    counts: Ints
    probabilities: Floats
    std_errors: Floats
    step: int
    broken: int
    rule: str

    def frame(self) -> pd.DataFrame:
        """One row per cell: origin, destination, count, probability, std_error."""
        k = len(self.labels)
        return pd.DataFrame(
            {
                "origin": np.repeat(self.labels, k),
                "destination": np.tile(self.labels, k),
                "count": self.counts.ravel(),
                "probability": self.probabilities.ravel(),
                "std_error": self.std_errors.ravel(),
            }
        )


def markov_chain(states: States, *, step: int = 1) -> Chain:
    r"""Transition probabilities :math:`\hat p_{ij} = n_{ij} / n_{i\cdot}` over ``step`` years, maximum likelihood.

    A transition joins the years t and t + step of the calendar; where either is missing there is none.

    Raises
    ------
    MeasureError
        When there is no pair of years, or a class is never left, so that its probabilities are unknown.

    References
    ----------
    Anderson and Goodman (1957), Annals of Mathematical Statistics 28.

    Examples
    --------
    >>> from toolkit.measure.markov.states import states_at_cuts
    >>> frame = pd.DataFrame([[1.0, 1, 3, 3], [3, 1, 1, 3]], index=["a", "b"], columns=[2020, 2021, 2022, 2023])
    >>> markov_chain(states_at_cuts(frame, [2.0])).counts.tolist()
    [[2, 2], [1, 1]]
    """
    origin, destination, _, _, broken = moves(states, step)
    counts = count_moves(origin, destination, np.zeros_like(origin), 1, states.size)[0]
    left = counts.sum(axis=1)
    if (left == 0).any():
        raise MeasureError(
            f"class {states.labels[int(np.argmax(left == 0))]} is never left, so its transition probabilities are unknown",
            where=f"{int(counts.sum())} transitions, {states.rule}",
            remedy="use fewer classes, other cut points, or more years",
        )
    p, se = proportions(counts)
    return Chain(states.labels, counts, p, se, step, broken, states.rule)


def moves(states: States, step: int) -> tuple[Ints, Ints, Ints, Ints, int]:
    """Origin, destination, row of the entity and column of the first year of each transition; and the pairs broken by a gap.

    Raises
    ------
    MeasureError
        When no two years are ``step`` apart, or no transition is left.
    """
    if not setting(step, "step") >= 1 or step % 1:
        raise MeasureError(f"a step of {step} years is not possible", remedy="use 1, 2, ...")
    place = {int(year): t for t, year in enumerate(states.times)}
    firsts = [t for year, t in place.items() if year + step in place]
    lasts = [place[int(states.times[t]) + step] for t in firsts]
    start, end = states.codes[:, firsts], states.codes[:, lasts]
    there = (start >= 0) & (end >= 0)
    if not there.any():
        raise MeasureError(
            f"the chain has no transition over {step} year{'s' if step > 1 else ''}",
            where=f"years {', '.join(map(str, states.times))}",
            remedy="use at least two years that lie one step apart",
        )
    rows, columns = np.nonzero(there)
    first = np.array(firsts, dtype=np.int64)[columns]
    return start[there], end[there], rows.astype(np.int64), first, int(there.size - there.sum())


def count_moves(origin: Ints, destination: Ints, sample: Ints, samples: int, k: int) -> Ints:
    """(samples, k, k) transitions in each sample."""
    cells = np.bincount((sample * k + origin) * k + destination, minlength=samples * k * k)
    return np.asarray(cells.reshape(samples, k, k), dtype=np.int64)


def proportions(counts: Ints) -> tuple[Floats, Floats]:
    """Rows over their sums, and standard errors; a row without counts is zero in both."""
    totals = np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    p = counts / totals
    return p, np.sqrt(p * (1 - p) / totals)
