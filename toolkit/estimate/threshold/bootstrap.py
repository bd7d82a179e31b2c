"""Thresholds in sequence, and the bootstrap of their number.

F = df (RSS_0 - RSS_1) / RSS_1 with df = rows less independent effects (n(T-1) in a balanced panel), as in Hansen (1999). Under the null
the statistic of a draw depends on its errors alone: with the regressors, q and the thresholds of the null held fixed, everything else is
projected out. So a draw is a column of errors, and every draw takes the same cumulative sums as the data.

* hansen: entity i receives the residuals of an entity drawn with replacement, in time order. A donor with fewer rows starts again from
  its first row; of a longer one the first T_i are taken. Residuals are multiplied by sqrt(T/(T-1)) of the donor, because its mean was
  removed from them. In a balanced panel this is Hansen's resampling of whole entities. The residuals are those of the model with the new
  threshold, as in Hansen (1999).
* wild: the residuals of each entity are multiplied by +1 or -1 (Rademacher): the variance of an entity and the dependence of its rows stay.
  The residuals are those of the null; with those of the alternative, which the search has made small, signs would reject too often.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, TooFewClusters
from toolkit.estimate.threshold.question import Bootstrap, Space, ThresholdSettings, orthonormal
from toolkit.estimate.threshold.search import Model, Search, search
from toolkit.numerics import SAME_DRAW, Floats

_LEAST_ENTITIES = 8  # fewer give too few different draws: 2^7 signs
CELLS = 1_000_000  # numbers that a batch of draws may hold at a time (8 MB: it stays in the cache)
LEAST_BATCH = 16  # draws at a time however long the panel, so that the basis is formed for several
_PERFECT_SQUARE = 1e-20  # residual share of the outcome's sum of squares that is rounding


@dataclass(frozen=True)
class ThresholdTest:
    """The test of ``null`` against ``alternative`` thresholds.

    Attributes
    ----------
    null, alternative : numbers of thresholds.
    statistic : F = df (rss_null - rss) / rss.
    p_value : share of draws at or above the statistic, ties counted; NaN without draws, and so are the critical values.
    critical_10, critical_5, critical_1 : quantiles 0.90, 0.95 and 0.99 of the draws.
    rss_null, rss : residual sums of squares.
    draws : number of bootstrap draws.
    method : "hansen" or "wild".
    """

    null: int
    alternative: int
    statistic: float
    p_value: float
    critical_10: float
    critical_5: float
    critical_1: float
    rss_null: float
    rss: float
    draws: int
    method: Bootstrap


def f_statistic(rss_null: float, rss: float, df: int) -> float:
    """df (rss_null - rss) / rss.

    Examples
    --------
    >>> f_statistic(12.0, 10.0, 100)
    20.0
    """
    return df * (rss_null - rss) / rss


def untested(model: Model, found: Search, settings: ThresholdSettings) -> ThresholdTest:
    """The statistic of the threshold that ``found`` added, without draws to judge it by; infinite if the fit is perfect."""
    rss_null, rss = found.null.rss, found.least
    statistic = f_statistic(rss_null, rss, model.df) if rss > 0 else float("inf")
    null, nan = len(found.null.thresholds), float("nan")
    return ThresholdTest(
        null=null,
        alternative=null + 1,
        statistic=statistic,
        p_value=nan,
        critical_10=nan,
        critical_5=nan,
        critical_1=nan,
        rss_null=rss_null,
        rss=rss,
        draws=0,
        method=settings.method,
    )


def bootstrap_test(model: Model, found: Search, settings: ThresholdSettings, rng: np.random.Generator) -> ThresholdTest:
    """Test the threshold that ``found`` added.

    Raises
    ------
    TooFewClusters
        With fewer than eight entities.
    NotEstimable
        If the fit is perfect.
    """
    entities = model.space.entity.levels
    if entities < _LEAST_ENTITIES:
        raise TooFewClusters(
            f"the bootstrap resamples entities, and there are {entities}",
            where=f"at least {_LEAST_ENTITIES} are needed",
            remedy="use more entities, or draws=0 for thresholds without a test",
        )
    if found.least <= _PERFECT_SQUARE * float(model.outcome @ model.outcome):
        raise NotEstimable("the fit is perfect: there are no residuals to resample", remedy="use draws=0, or look at the outcome")
    residuals = alternative_residuals(model, found) if settings.method == "hansen" else found.null.residuals
    drawn = statistics(model=model, found=found, residuals=residuals, settings=settings, rng=rng)
    statistic = f_statistic(found.null.rss, found.least, model.df)
    critical = np.quantile(drawn, (0.90, 0.95, 0.99))
    return ThresholdTest(
        null=len(found.null.thresholds),
        alternative=len(found.null.thresholds) + 1,
        statistic=statistic,
        p_value=float(np.mean(drawn >= statistic * (1 - SAME_DRAW))),
        critical_10=float(critical[0]),
        critical_5=float(critical[1]),
        critical_1=float(critical[2]),
        rss_null=found.null.rss,
        rss=found.least,
        draws=settings.draws,
        method=settings.method,
    )


def alternative_residuals(model: Model, found: Search) -> Floats:
    """(n,) residuals of the model with the new threshold."""
    block = model.block(found.value)
    for _ in range(2):
        block -= (block @ found.null.basis) @ found.null.basis.T
    new = orthonormal(block)
    return np.asarray(found.null.residuals - new @ (new.T @ found.null.residuals))


def statistics(model: Model, found: Search, residuals: Floats, settings: ThresholdSettings, rng: np.random.Generator) -> Floats:
    """(draws,) bootstrap F statistics."""
    space = model.space
    width = max(LEAST_BATCH, CELLS // (len(residuals) + (len(model.switching) + 1) * len(found.values)))
    table = donor_table(residuals, space) if settings.method == "hansen" else np.empty((0, 0))
    drawn = []
    for first in range(0, settings.draws, width):
        number = min(width, settings.draws - first)
        if settings.method == "hansen":
            errors = resampled(table, space, rng.integers(0, space.entity.levels, size=(number, space.entity.levels)))
        else:
            errors = signed(residuals, space, rng.integers(0, 2, size=(number, space.entity.levels)) * 2 - 1)
        drawn.append(statistics_of(model, found, errors))
    return np.concatenate(drawn)


def statistics_of(model: Model, found: Search, errors: Floats) -> Floats:
    """(b,) F statistics of columns of errors (n, b), which are changed."""
    model.space.project(errors, found.null.basis)
    total = np.einsum("nb,nb->b", errors, errors)
    gain = found.gains(errors).max(axis=0)
    return np.asarray(model.df * gain / (total - gain))


def donor_table(residuals: Floats, space: Space) -> Floats:
    """(N, longest) residuals of each entity in time order, repeated to the length of the longest, times sqrt(T/(T-1))."""
    counts = space.entity.counts
    position = np.arange(counts.max())
    rows = space.starts[:, None] + position % counts[:, None]
    return np.asarray(residuals[rows] * np.sqrt(counts / np.maximum(counts - 1, 1))[:, None])


def resampled(table: Floats, space: Space, donors: NDArray[np.integer]) -> Floats:
    """(n, b) errors in which entity i has the residuals of entity ``donors[b, i]``."""
    position = np.arange(len(space.entity.codes)) - space.starts[space.entity.codes]
    cells = (donors.T * table.shape[1])[space.entity.codes]
    cells += position[:, None]
    return np.asarray(table.ravel()[cells])


def signed(residuals: Floats, space: Space, signs: NDArray[np.integer]) -> Floats:
    """(n, b) residuals with those of entity i multiplied by ``signs[b, i]``."""
    return residuals[:, None] * signs.T[space.entity.codes]


@dataclass(frozen=True, eq=False)
class Threshold:
    """One estimated threshold with its confidence set.

    Attributes
    ----------
    value : the estimate: the regime below holds the rows with q <= value.
    intervals : the confidence set {g : LR(g) <= critical} as intervals of q; their ends are tried values.
    level : its level.
    critical : c = -2 log(1 - sqrt(level)).
    tried : (c,) values of q that were tried.
    rss : (c,) residual sum of squares at each.
    lr : (c,) likelihood ratio (rss - least rss) df / least rss.
    at_edge : whether the estimate borders on values that the least regime size excludes.
    """

    value: float
    intervals: tuple[tuple[float, float], ...]
    level: float
    critical: float
    tried: Floats = field(repr=False)
    rss: Floats = field(repr=False)
    lr: Floats = field(repr=False)
    at_edge: bool

    def __post_init__(self) -> None:
        for array in (self.tried, self.rss, self.lr):
            array.setflags(write=False)


def critical_value(level: float) -> float:
    """c = -2 log(1 - sqrt(level)), the quantile of Hansen's limit of the likelihood ratio; level = 1 - alpha.

    Examples
    --------
    >>> [round(critical_value(level), 2) for level in (0.90, 0.95, 0.99)]
    [5.94, 7.35, 10.59]
    """
    return float(-2 * np.log(1 - np.sqrt(level)))


def sequence(model: Model, settings: ThresholdSettings) -> tuple[list[Search], list[Search]]:
    """The searches that added the first, second and third threshold, and the last search of each.

    After a threshold is added, each earlier one is searched again with the others given, in the order they were found (Hansen 1999 for
    two thresholds; Bai 1997). The residual sum of squares cannot rise by that.
    """
    added: list[Search] = []
    found: list[Search] = []
    for _ in range(settings.thresholds):
        added.append(search(model, tuple(s.value for s in found), settings))
        found.append(added[-1])
        for place in range(len(found) - 1):
            others = tuple(s.value for i, s in enumerate(found) if i != place)
            found[place] = search(model, others, settings)
    return added, found


def confident(found: Search, model: Model, level: float) -> Threshold:
    """The threshold of a search with its confidence set: values whose likelihood ratio is at most the critical value."""
    critical = critical_value(level)
    lr = (found.rss - found.least) * model.df / found.least if found.least > 0 else np.where(found.rss > 0, np.inf, 0.0)
    return Threshold(
        value=found.value,
        intervals=_intervals(found.values, lr <= critical),
        level=level,
        critical=critical,
        tried=found.values,
        rss=found.rss,
        lr=lr,
        at_edge=found.at_edge,
    )


def _intervals(values: Floats, inside: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Runs of values inside as (first, last)."""
    steps = np.diff(np.concatenate(([0], inside.astype(np.int8), [0])))
    firsts, lasts = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
    return tuple((float(values[a]), float(values[b])) for a, b in zip(firsts, lasts, strict=True))
