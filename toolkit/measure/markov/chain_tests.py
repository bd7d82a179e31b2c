"""Tests on a chain: the same over time, the same everywhere, and of what order."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from toolkit.errors import MeasureError
from toolkit.language import Note, Text, note
from toolkit.measure.inputs.values import numeric
from toolkit.measure.markov.transitions import Chain, Ints, States, count_moves, moves
from toolkit.numerics import Floats
from toolkit.report import Fields, PValue

SMALL_CELL = 5.0  # expected counts below it make the chi-squared distribution a rough guide

SMALL_COUNTS = Text(
    "{share:.0%} of the expected counts are below {limit:g}: the p-values are a rough guide.",
    "{share:.0%}的期望频数低于{limit:g}：p值仅供参考。",
)


@dataclass(frozen=True, eq=False, repr=False)
class ChainTest(Fields):
    """A chi-squared and a likelihood-ratio test of the same null.

    Attributes
    ----------
    null : the hypothesis.
    chi2, chi2_p : Pearson's statistic and its p-value.
    lr, lr_p : likelihood ratio and its p-value.
    df : degrees of freedom of both.
    samples : names of the subsamples compared.
    counts : (m, r, k) transitions in each subsample.
    smallest_expected : smallest expected count among the cells compared.
    note : says when expected counts are small; None otherwise.
    """

    null: str
    chi2: float
    chi2_p: PValue
    lr: float
    lr_p: PValue
    df: int
    samples: tuple[str, ...]
    counts: Ints
    smallest_expected: float
    note: Note | None


def same_probabilities(counts: Ints, samples: Sequence[str], null: str) -> ChainTest:
    r"""Whether m subsamples share one transition matrix.

    .. math:: Q = \sum_s \sum_i \sum_{j: p_{ij} > 0} n_i(s) \frac{(p_{ij}(s) - p_{ij})^2}{p_{ij}}, \quad
              LR = 2 \sum_s \sum_i \sum_j n_{ij}(s) \ln \frac{p_{ij}(s)}{p_{ij}}

    with :math:`\sum_i (a_i - 1)(b_i - 1)` degrees of freedom: a_i subsamples in which i is left, b_i destinations reached from i in any.

    Parameters
    ----------
    counts : (m, r, k) transitions from r origins to k destinations in each subsample.
    samples : (m,) names.
    null : what is said to be equal.

    Raises
    ------
    MeasureError
        When nothing can be compared (no degrees of freedom).

    References
    ----------
    Bickenbach and Bode (2003), International Regional Science Review 26, equations 10 and 11; Anderson and Goodman (1957).

    Examples
    --------
    >>> same_probabilities(np.array([[[5, 5]], [[5, 5]]]), ("2000s", "2010s"), "the same").chi2
    0.0
    """
    leaving = counts.sum(axis=2).astype(np.float64)
    pooled = counts.sum(axis=0).astype(np.float64)
    totals = pooled.sum(axis=1, keepdims=True)
    p = np.divide(pooled, totals, out=np.zeros_like(pooled), where=totals > 0)
    expected: Floats = leaving[:, :, None] * p[None]
    used = expected > 0
    df = int(((np.maximum((leaving > 0).sum(axis=0) - 1, 0)) * np.maximum((p > 0).sum(axis=1) - 1, 0)).sum())
    if df == 0:
        raise MeasureError(
            f"no origin is left for two destinations in two subsamples: {null} cannot be tested",
            where=f"{int(counts.sum())} transitions in {len(samples)} subsamples",
            remedy="use fewer classes, or longer or fewer subsamples",
        )
    chi2 = float((np.square(counts[used] - expected[used]) / expected[used]).sum())
    seen = counts > 0
    lr = max(2 * float((counts[seen] * np.log(counts[seen] / expected[seen])).sum()), 0.0)
    smallest = float(expected[used].min())
    small = float((expected[used] < SMALL_CELL).mean())
    rough = note("small_counts", SMALL_COUNTS, share=small, limit=SMALL_CELL) if small > 0 else None
    return ChainTest(
        null=null,
        chi2=chi2,
        chi2_p=float(chdtrc(df, chi2)),
        lr=lr,
        lr_p=float(chdtrc(df, lr)),
        df=df,
        samples=tuple(samples),
        counts=counts,
        smallest_expected=smallest,
        note=rough,
    )


def stationarity_test(states: States, breaks: Sequence[int], *, step: int = 1) -> ChainTest:
    """Whether the transition probabilities are the same in subperiods.

    Parameters
    ----------
    states : see :mod:`toolkit.measure.markov.transitions`.
    breaks : first years of the second, third, ... subperiod, ascending; a transition belongs to the subperiod of its first year.
    step : years of one transition.

    Raises
    ------
    MeasureError
        When the breaks do not ascend, lie outside the years, or leave a subperiod without transitions.

    Examples
    --------
    >>> from toolkit.measure.markov.transitions import states_at_cuts
    >>> import pandas as pd
    >>> frame = pd.DataFrame([[1.0, 1, 3, 1, 3], [3, 3, 1, 1, 3]], index=["a", "b"], columns=range(2020, 2025))
    >>> stationarity_test(states_at_cuts(frame, [2.0]), [2022]).df
    2
    """
    cuts = numeric(breaks, "the breaks need numbers", "give the first year of each later subperiod")
    if cuts.ndim != 1 or not cuts.size or not np.isfinite(cuts).all() or (cuts % 1).any() or (np.diff(cuts) <= 0).any():
        raise MeasureError(f"the breaks {list(breaks)} do not ascend", remedy="give the first year of each later subperiod")
    if cuts[0] <= states.times[0] or cuts[-1] > states.times[-1]:
        raise MeasureError(
            f"the breaks {list(breaks)} do not lie inside {states.times[0]} to {states.times[-1]}",
            remedy="give the first year of each later subperiod",
        )
    origin, destination, _, first, _ = moves(states, step)
    sample = np.searchsorted(cuts, states.times[first], side="right").astype(np.int64)
    edges = [int(states.times[0]), *map(int, cuts), int(states.times[-1]) + 1]
    names = tuple(f"{a}-{b - 1}" for a, b in itertools.pairwise(edges))
    counts = count_moves(origin=origin, destination=destination, sample=sample, samples=len(names), k=states.size)
    _no_empty(counts, names, "subperiod")
    return same_probabilities(counts, names, "the transition probabilities are the same in all subperiods")


def homogeneity_test(states: States, groups: Mapping[object, str], *, step: int = 1) -> ChainTest:
    """Whether the transition probabilities are the same in groups of entities, for example regions.

    Parameters
    ----------
    states : see :mod:`toolkit.measure.markov.transitions`.
    groups : the group of every entity.
    step : years of one transition.

    Raises
    ------
    MeasureError
        When an entity has no group (it is named), or there are fewer than two groups with transitions.

    Examples
    --------
    >>> from toolkit.measure.markov.transitions import states_at_cuts
    >>> import pandas as pd
    >>> frame = pd.DataFrame([[1.0, 1, 3, 1, 3], [3, 3, 1, 1, 3]], index=["a", "b"], columns=range(2020, 2025))
    >>> homogeneity_test(states_at_cuts(frame, [2.0]), {"a": "East", "b": "West"}).samples
    ('East', 'West')
    """
    absent = [entity for entity in states.entities if entity not in groups or pd.isna(groups[entity])]
    if absent:
        raise MeasureError(f"{len(absent)} entities have no group", where=f"first: {absent[0]}", remedy="give every entity a group")
    names = tuple(sorted({str(groups[entity]) for entity in states.entities}))
    code = np.array([names.index(str(groups[entity])) for entity in states.entities], dtype=np.int64)
    origin, destination, row, _, _ = moves(states, step)
    counts = count_moves(origin=origin, destination=destination, sample=code[row], samples=len(names), k=states.size)
    _no_empty(counts, names, "group")
    return same_probabilities(counts, names, "the transition probabilities are the same in all groups")


def independence_test(chain: Chain) -> ChainTest:
    """Order zero against one: whether the destination is independent of the origin; (k - 1)^2 degrees of freedom if all cells occur.

    Raises
    ------
    MeasureError
        When only one class is ever entered.

    Examples
    --------
    >>> from toolkit.measure.markov.transitions import states_at_cuts
    >>> from toolkit.measure.markov.transitions import markov_chain
    >>> import pandas as pd
    >>> frame = pd.DataFrame([[1.0, 1, 3, 1, 3], [3, 3, 1, 1, 3]], index=["a", "b"], columns=range(2020, 2025))
    >>> independence_test(markov_chain(states_at_cuts(frame, [2.0]))).df
    1
    """
    return same_probabilities(chain.counts[:, None, :], chain.labels, "the destination does not depend on the origin")


def order_test(states: States, *, step: int = 1) -> ChainTest:
    """Order one against two: whether the class before the origin adds nothing, as a first-order chain requires.

    Raises
    ------
    MeasureError
        When there are no three years one step apart each.

    Examples
    --------
    >>> from toolkit.measure.markov.transitions import states_at_cuts
    >>> import pandas as pd
    >>> frame = pd.DataFrame([[1.0, 1, 3, 1, 3, 3], [3, 3, 1, 1, 3, 1]], index=["a", "b"], columns=range(2020, 2026))
    >>> order_test(states_at_cuts(frame, [2.0])).samples
    ('up to 2 before', 'above 2 before')
    """
    origin, destination, row, first, _ = moves(states, step)
    place = {int(year): t for t, year in enumerate(states.times)}
    earlier = np.array([place.get(int(year) - step, -1) for year in states.times], dtype=np.int64)[first]
    before = np.where(earlier >= 0, states.codes[row, earlier], -1)
    known = before >= 0
    if not known.any():
        raise MeasureError(
            "the order of the chain needs three years one step apart each",
            where=f"years {', '.join(map(str, states.times))}",
            remedy="use a longer series",
        )
    counts = count_moves(origin=origin[known], destination=destination[known], sample=before[known], samples=states.size, k=states.size)
    names = tuple(f"{label} before" for label in states.labels)
    return same_probabilities(counts, names, "the chain is of first order")


def _no_empty(counts: Ints, names: tuple[str, ...], word: str) -> None:
    empty = counts.sum(axis=(1, 2)) == 0
    if empty.any() or len(names) < 2:
        name = names[int(np.argmax(empty))]
        raise MeasureError(
            f"{word} {name} has no transition" if empty.any() else f"there is only one {word}, {name}",
            remedy=f"compare two or more {word}s with data",
        )
