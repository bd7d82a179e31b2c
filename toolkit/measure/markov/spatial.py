"""Spatial Markov chains: transitions conditional on the class of the neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError, UnknownName
from toolkit.measure.inputs.grid import checked_grid
from toolkit.measure.inputs.values import numeric
from toolkit.measure.markov.chain_tests import ChainTest, same_probabilities
from toolkit.measure.markov.transitions import Ints, States, count_moves, moves, proportions
from toolkit.numerics import Floats
from toolkit.report import Fields
from toolkit.transform.neighbours import Weights

ROW_SUM = 1e-9  # weights are divisions of small whole numbers


@dataclass(frozen=True, eq=False, repr=False)
class SpatialMarkov(Fields):
    """One transition matrix for each class of the neighbours in the first year.

    Attributes
    ----------
    labels : (k,) classes of the entities.
    neighbour_labels : (m,) classes of the neighbours.
    counts : (m, k, k) transitions.
    probabilities : (m, k, k) rows sum to one; a row that was never observed is zero, see ``observed``.
    std_errors : (m, k, k) sqrt(p (1 - p) / n).
    observed : (m, k) whether a class was ever left among such neighbours.
    pooled : (k, k) probabilities whatever the neighbours, from the same transitions; zero in a row that was never observed.
    test : chi-squared and likelihood-ratio tests that the m matrices are one (no spatial dependence).
    step : years of one transition.
    broken : pairs of years lost because the entity's own or its neighbours' class is missing.
    """

    labels: tuple[str, ...]
    neighbour_labels: tuple[str, ...]
    counts: Ints
    probabilities: Floats
    std_errors: Floats
    observed: NDArray[np.bool_]
    pooled: Floats
    test: ChainTest
    step: int
    broken: int

    def frame(self) -> pd.DataFrame:
        """One row per cell of an observed row: neighbours, origin, destination, count, probability, std_error."""
        m, k = len(self.neighbour_labels), len(self.labels)
        table = pd.DataFrame(
            {
                "neighbours": np.repeat(self.neighbour_labels, k * k),
                "origin": np.tile(np.repeat(self.labels, k), m),
                "destination": np.tile(self.labels, m * k),
                "count": self.counts.ravel(),
                "probability": self.probabilities.ravel(),
                "std_error": self.std_errors.ravel(),
            }
        )
        return table[np.repeat(self.observed.ravel(), k)].reset_index(drop=True)


def neighbour_mean(values: pd.DataFrame, weights: ArrayLike | Weights) -> pd.DataFrame:
    """The spatial lag W y of each year: the weighted mean of the neighbours.

    Parameters
    ----------
    values : frame of N entities by T years.
    weights : (N, N) row-standardised array in the order of the rows of ``values``, or :class:`~toolkit.transform.neighbours.Weights`,
        which are put into that order.

    Returns
    -------
    Frame as ``values``; missing where a neighbour's value is.

    Raises
    ------
    MeasureError
        On a wrong shape, other labels, negative weights, weights on the diagonal, or a row that does not sum to one (the entity is named;
        so is one without neighbours).

    Examples
    --------
    >>> frame = pd.DataFrame({2020: [1.0, 2.0, 6.0]}, index=["a", "b", "c"])
    >>> neighbour_mean(frame, [[0, 1, 0], [0.5, 0, 0.5], [0, 1, 0]])[2020].tolist()
    [2.0, 3.5, 2.0]
    """
    grid = checked_grid(values, "the mean of the neighbours", missing="allow")
    w = checked_weights(weights, grid.entities)
    known = ~np.isnan(grid.values)
    sums = w @ np.where(known, grid.values, 0.0)
    lost = (w > 0).astype(float) @ (~known).astype(float) > 0
    return grid.frame(np.where(lost, np.nan, sums))


def checked_weights(weights: ArrayLike | Weights, entities: tuple[object, ...]) -> Floats:
    """(N, N) row-standardised weights in the order of the entities; errors as :func:`neighbour_mean`."""
    if isinstance(weights, Weights):
        try:
            weights = weights.ordered(entities).matrix
        except UnknownName as problem:
            raise MeasureError(
                "the weights do not know every entity", where=problem.what, remedy="use weights of the same entities"
            ) from problem
    w = numeric(weights, "the weights of the neighbours need numbers")
    n = len(entities)
    if w.shape != (n, n):
        raise MeasureError(
            f"weights of shape {w.shape} do not fit {n} entities", remedy=f"give an array of shape ({n}, {n}) in the order of the values"
        )
    for bad, text in (
        (~np.isfinite(w) | (w < 0), "a missing or negative weight"),
        (np.eye(n, dtype=bool) & (w != 0), "a weight on itself"),
        ((np.abs(w.sum(axis=1)) < ROW_SUM)[:, None] & np.ones((1, n), dtype=bool), "no neighbours"),
        ((np.abs(w.sum(axis=1) - 1) > ROW_SUM)[:, None] & np.ones((1, n), dtype=bool), "weights that do not sum to one"),
    ):
        if bad.any():
            i = int(np.argwhere(bad)[0, 0])
            raise MeasureError(
                f"{entities[i]} has {text}",
                where=f"row {i + 1} of the weights",
                remedy="use row-standardised weights in which every entity has a neighbour",
            )
    return w


def spatial_markov(states: States, neighbours: States, *, step: int = 1) -> SpatialMarkov:
    r"""Transition probabilities :math:`p_{ij|l}` given the class l of the neighbours in the first year, and tests that l does not matter.

    The classes of the neighbours are made from :func:`neighbour_mean` as those of the entities are made from the values: with quantiles of
    their own, or at the same cut points.

    Parameters
    ----------
    states, neighbours : of the same entities and years.
    step : years of one transition.

    Raises
    ------
    MeasureError
        When the two do not have the same entities and years, or nothing can be tested.

    References
    ----------
    Rey (2001), Geographical Analysis 33; Bickenbach and Bode (2003), International Regional Science Review 26; Rey, Kang and Wolf (2016),
    Journal of Geographical Systems 18.

    Examples
    --------
    >>> from toolkit.measure.markov.transitions import states_at_cuts
    >>> frame = pd.DataFrame(np.random.default_rng(1).uniform(size=(20, 9)), columns=range(2010, 2019))
    >>> ring = np.roll(np.eye(20), 1, axis=1) / 2 + np.roll(np.eye(20), -1, axis=1) / 2
    >>> found = spatial_markov(states_at_cuts(frame, [0.5]), states_at_cuts(neighbour_mean(frame, ring), [0.5]))
    >>> found.counts.sum().item(), found.test.df
    (160, 2)
    """
    if states.entities != neighbours.entities or not np.array_equal(states.times, neighbours.times):
        raise MeasureError(
            "the classes of the entities and of their neighbours are of different entities or years",
            where=f"{len(states.entities)} x {len(states.times)} and {len(neighbours.entities)} x {len(neighbours.times)}",
            remedy="make both from the same frame: states of values and of neighbour_mean(values, weights)",
        )
    origin, destination, row, first, broken = moves(states, step)
    lag = neighbours.codes[row, first]
    known = lag >= 0
    m, k = neighbours.size, states.size
    counts = count_moves(origin=origin[known], destination=destination[known], sample=lag[known], samples=m, k=k)
    names = tuple(f"neighbours {label}" for label in neighbours.labels)
    test = same_probabilities(counts, names, "the transition probabilities do not depend on the neighbours")
    p, se = proportions(counts)
    return SpatialMarkov(
        labels=states.labels,
        neighbour_labels=neighbours.labels,
        counts=counts,
        probabilities=p,
        std_errors=se,
        observed=counts.sum(axis=2) > 0,
        pooled=proportions(counts.sum(axis=0))[0],
        test=test,
        step=step,
        broken=broken + int((~known).sum()),
    )
