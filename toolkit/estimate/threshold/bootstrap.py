"""The test of one more threshold: Hansen's bootstrap of the F statistic, all draws as columns.

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

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, TooFewClusters
from toolkit.estimate.threshold.model import Model
from toolkit.estimate.threshold.search import Search
from toolkit.estimate.threshold.settings import Bootstrap, ThresholdSettings
from toolkit.estimate.threshold.space import Space, orthonormal

Floats = NDArray[np.float64]

LEAST_ENTITIES = 8  # fewer give too few different draws: 2^7 signs
CELLS = 1_000_000  # numbers that a batch of draws may hold at a time (8 MB: it stays in the cache)
LEAST_BATCH = 16  # draws at a time however long the panel, so that the basis is formed for several
TIE = 1e-9  # a draw this close to the statistic, relatively, equals it and counts
PERFECT = 1e-20  # residual share of the outcome's sum of squares that is rounding


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
    return ThresholdTest(null, null + 1, statistic, nan, nan, nan, nan, rss_null, rss, 0, settings.method)


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
    if entities < LEAST_ENTITIES:
        raise TooFewClusters(
            f"the bootstrap resamples entities, and there are {entities}",
            where=f"at least {LEAST_ENTITIES} are needed",
            remedy="use more entities, or draws=0 for thresholds without a test",
        )
    if found.least <= PERFECT * float(model.outcome @ model.outcome):
        raise NotEstimable("the fit is perfect: there are no residuals to resample", remedy="use draws=0, or look at the outcome")
    residuals = alternative_residuals(model, found) if settings.method == "hansen" else found.null.residuals
    drawn = statistics(model, found, residuals, settings, rng)
    statistic = f_statistic(found.null.rss, found.least, model.df)
    critical = np.quantile(drawn, (0.90, 0.95, 0.99))
    return ThresholdTest(
        null=len(found.null.thresholds),
        alternative=len(found.null.thresholds) + 1,
        statistic=statistic,
        p_value=float(np.mean(drawn >= statistic * (1 - TIE))),
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
