"""States and transitions: classes by cuts or quantiles, and the chain they make."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.inputs.grid import checked_grid
from toolkit.measure.inputs.values import numeric, setting
from toolkit.numerics import SAME_NUMBER, Floats
from toolkit.report import Fields

By = Literal["pooled", "year"]


@dataclass(frozen=True, eq=False, repr=False)
class States(Fields):
    """The class of each entity in each year.

    Attributes
    ----------
    codes : (N, T) 0 ... k - 1, and -1 where the value is missing.
    entities : (N,) labels.
    times : (T,) years, ascending.
    labels : (k,) names of the classes, lowest first.
    cuts : (k - 1,) upper bounds of all classes but the last, or (T, k - 1) when each year has its own; a class includes its upper bound.
    rule : how the cuts were made.
    axes : the rows as they came, with their names, and the name of the columns; without them the frame has neither name.
    """

    codes: NDArray[np.int64]
    entities: tuple[object, ...]
    times: NDArray[np.int64]
    labels: tuple[str, ...]
    cuts: Floats
    rule: str
    axes: tuple[pd.Index, Hashable] | None = None

    @property
    def size(self) -> int:
        """k, the number of classes."""
        return len(self.labels)

    def frame(self) -> pd.DataFrame:
        """Names of the classes, entities by years; missing where the value was."""
        names = np.array([*self.labels, None], dtype=object)
        rows, name = self.axes or (pd.Index(self.entities), None)
        return pd.DataFrame(names[self.codes], index=rows, columns=pd.Index(self.times, name=name))


def states_by_quantiles(values: pd.DataFrame, k: int = 4, *, by: By = "pooled") -> States:
    r"""k classes of equal size, with linearly interpolated quantiles as cuts: over all years, or within each year.

    Class j holds :math:`q_{j-1} < x \le q_j` with :math:`q_j` the j/k quantile (Hyndman and Fan's type 7, as numpy and pandas have it): a
    value on a cut, and with it every value tied to it, belongs to the lower class.

    Parameters
    ----------
    values : frame of N entities by T years; missing values have no class.
    k : number of classes.
    by : "pooled": one set of cuts from all years (a class keeps its meaning, the distribution may move); "year": each year its own cuts (a
        class is a rank; moves up equal moves down). Both are in use; a chain says in its ``rule`` which it has, and they answer different
        questions, so that a table of one should name the other.

    Raises
    ------
    MeasureError
        When ties make two cuts coincide, so that a class is empty, or a year has fewer values than classes.

    Examples
    --------
    >>> frame = pd.DataFrame({2020: [1.0, 2.0, 3.0, 4.0], 2021: [1.0, 2.0, 4.0, 8.0]}, index=list("abcd"))
    >>> states_by_quantiles(frame, 2).codes.tolist()
    [[0, 0], [0, 0], [1, 1], [1, 1]]
    """
    if by not in get_args(By):
        raise UnknownOption(f"by={by!r} is none of the choices", remedy=f"one of {', '.join(get_args(By))}")
    if not setting(k, "k") >= 2 or k % 1:
        raise MeasureError(f"{k} classes make no chain", remedy="use 2 or more")
    grid = checked_grid(values, "the classes of a chain", missing="allow")
    probabilities = np.arange(1, k) / k
    columns = [grid.values] if by == "pooled" else [grid.values[:, [t]] for t in range(len(grid.times))]
    cuts = np.array([_quantiles(x, probabilities, "all years" if by == "pooled" else str(grid.times[t])) for t, x in enumerate(columns)])
    codes = np.column_stack([_codes(grid.values[:, t], cuts[t if by == "year" else 0]) for t in range(len(grid.times))])
    rule = f"{k} classes by quantiles of {'all years together' if by == 'pooled' else 'each year'}"
    labels = tuple(f"Q{j}" for j in range(1, k + 1))
    return States(
        codes=codes,
        entities=grid.entities,
        times=grid.times,
        labels=labels,
        cuts=cuts[0] if by == "pooled" else cuts,
        rule=rule,
        axes=grid.axes,
    )


def states_at_cuts(values: pd.DataFrame, cuts: Sequence[float], labels: Sequence[str] | None = None) -> States:
    """Classes between given cut points; a class includes its upper bound.

    Parameters
    ----------
    values : frame of N entities by T years; missing values have no class.
    cuts : k - 1 ascending numbers in the unit of the values.
    labels : k names; default the intervals.

    Raises
    ------
    MeasureError
        When the cuts are no numbers or do not ascend, or the labels do not fit.

    Examples
    --------
    >>> states_at_cuts(pd.DataFrame({2020: [0.5, 1.0], 2021: [1.5, 3.0]}, index=["a", "b"]), [1.0, 2.0]).codes.tolist()
    [[0, 1], [0, 2]]
    """
    bounds = numeric(cuts, "the cut points need numbers", "give ascending numbers")
    if bounds.ndim != 1 or not bounds.size or not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise MeasureError(f"the cut points {list(cuts)} do not ascend", remedy="give one or more numbers, each larger than the one before")
    if labels is None:
        ends = [f"{bound:g}" for bound in bounds]
        labels = [f"up to {ends[0]}", *(f"{a} to {b}" for a, b in itertools.pairwise(ends)), f"above {ends[-1]}"]
    if len(labels) != len(bounds) + 1 or len(set(labels)) != len(labels):
        raise MeasureError(
            f"{len(bounds)} cut points make {len(bounds) + 1} classes; {len(set(labels))} different labels do not name them",
            remedy="give one label per class",
        )
    grid = checked_grid(values, "the classes of a chain", missing="allow")
    rule = f"classes at the cut points {', '.join(f'{bound:g}' for bound in bounds)}"
    return States(
        codes=_codes(grid.values, bounds),
        entities=grid.entities,
        times=grid.times,
        labels=tuple(labels),
        cuts=bounds,
        rule=rule,
        axes=grid.axes,
    )


def _quantiles(x: Floats, probabilities: Floats, where: str) -> Floats:
    seen = x[~np.isnan(x)]
    if seen.size <= probabilities.size:
        raise MeasureError(
            f"{seen.size} values cannot fill {probabilities.size + 1} classes", where=where, remedy="use fewer classes or more data"
        )
    cuts = np.quantile(seen, probabilities)
    codes = _codes(seen, cuts)
    if len(np.unique(codes)) <= probabilities.size:
        raise MeasureError(
            f"ties leave a class empty: cuts at {', '.join(f'{c:g}' for c in cuts)}",
            where=where,
            remedy="use fewer classes, or give cut points",
        )
    return np.asarray(cuts, dtype=np.float64)


def _codes(x: Floats, cuts: Floats) -> NDArray[np.int64]:
    """The class of each value; one that equals a cut but for rounding lies below it, as one that equals it does."""
    bounds = cuts + SAME_NUMBER * np.abs(cuts)
    return np.asarray(np.where(np.isnan(x), -1, np.searchsorted(bounds, x, side="left")), dtype=np.int64)


Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Chain(Fields):
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
    >>> from toolkit.measure.markov.transitions import states_at_cuts
    >>> frame = pd.DataFrame([[1.0, 1, 3, 3], [3, 1, 1, 3]], index=["a", "b"], columns=[2020, 2021, 2022, 2023])
    >>> markov_chain(states_at_cuts(frame, [2.0])).counts.tolist()
    [[2, 2], [1, 1]]
    """
    origin, destination, _, _, broken = moves(states, step)
    counts = count_moves(origin=origin, destination=destination, sample=np.zeros_like(origin), samples=1, k=states.size)[0]
    left = counts.sum(axis=1)
    if (left == 0).any():
        raise MeasureError(
            f"class {states.labels[int(np.argmax(left == 0))]} is never left, so its transition probabilities are unknown",
            where=f"{int(counts.sum())} transitions, {states.rule}",
            remedy="use fewer classes, other cut points, or more years",
        )
    p, se = proportions(counts)
    return Chain(labels=states.labels, counts=counts, probabilities=p, std_errors=se, step=step, broken=broken, rule=states.rule)


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
