"""Percentile bootstrap intervals for any measure of one set of values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from toolkit.errors import MeasureError
from toolkit.language import Note, Text, note
from toolkit.measure.inequality.concentration import coefficient_of_variation
from toolkit.measure.inequality.entropy import theil_l, theil_t
from toolkit.measure.inequality.gini import gini, gini_of_sorted
from toolkit.measure.inputs.grid import checked_groups
from toolkit.measure.inputs.values import check_settings, checked, checked_weights, same_rows
from toolkit.numerics import Floats
from toolkit.report import Fields

Measure = Callable[[Any, Any], float]
_BLOCK = 2**21  # cells of draws times units held at once (16 MB of floats)

UNITS = Text("{units} units", "{units}个单元")
UNITS_IN_STRATA = Text("{units} units within {strata} strata", "{strata}层内的{units}个单元")


@dataclass(frozen=True, repr=False)
class BootstrapInterval(Fields):
    """A measure and how far it moves when units are drawn anew.

    Attributes
    ----------
    estimate : the measure on the values themselves.
    low, high : empirical quantiles (1 - level)/2 and (1 + level)/2 of the draws.
    level : nominal coverage, between 0 and 1.
    draws : (B,) the measure on each draw, in the order drawn.
    resampled : what was drawn, for the note under a figure.
    """

    estimate: float
    low: float
    high: float
    level: float
    draws: Floats
    resampled: Note


def bootstrap_interval(
    measure: Measure,
    values: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    rng: np.random.Generator,
    strata: ArrayLike | None = None,
    draws: int = 999,
    level: float = 0.95,
) -> BootstrapInterval:
    """Percentile interval of ``measure`` from units drawn with replacement.

    **What is resampled** are units with their value and weight: n of n, or, with ``strata``, within each stratum as many as it holds.
    Units are drawn with equal probability; a weight travels with its unit.

    **What the interval means.** When the units are a sample, it is an approximate confidence interval. The 31 provinces are no sample but
    the whole population: nothing was drawn, and the index has no sampling error. The interval then says how much the figure depends on
    which provinces happen to be in the list (a hypothetical superpopulation of such provinces), not how well inequality among the 31
    is known; measurement error of the values is not in it. With few units and a skewed variable a percentile interval of an inequality
    index is too narrow and lies too low, because a draw that misses the largest units is more equal: n = 31 is few.

    Parameters
    ----------
    measure : function of (values, weights) that returns a number; weights are None when none are given. ``gini``, ``theil_t``, ``theil_l``
        and ``coefficient_of_variation`` are computed for all draws at once, any other function is called once per draw. A pandas Series is
        passed on as a Series, so that a measure with groups can look them up by the index (second example).
    values : (n,) units, n at least 2.
    weights : (n,) or None.
    rng : the source of randomness; the same seed gives the same interval.
    strata : (n,) labels. A stratum of one unit is always drawn as it is and adds nothing to the width.
    draws : B; at least one draw must lie beyond each end, so that 95% asks for 40.
    level : nominal coverage.

    Raises
    ------
    MeasureError
        As ``measure``; when it is not defined or not finite on a draw (which is named); when there is nothing to resample; when ``draws``
        is too small for ``level``; when ``rng`` is no Generator.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13; Davison and Hinkley (1997), Bootstrap Methods and their
    Application, section 3.2 (strata).

    Examples
    --------
    >>> found = bootstrap_interval(gini, [1.0, 2.0, 3.0, 10.0], rng=np.random.default_rng(1))
    >>> bool(found.low < found.estimate < found.high), str(found.resampled)
    (True, '4 units')

    The share of inequality between regions, drawn within regions:

    >>> from toolkit.measure import decompose_theil
    >>> rd = pd.Series([1.0, 2.0, 3.0, 10.0], index=["Gansu", "Hubei", "Anhui", "Beijing"])
    >>> region = pd.Series(["inland", "inland", "inland", "coast"], index=rd.index)
    >>> def between(x, w):
    ...     return decompose_theil(x, region.loc[x.index], w).between_share
    >>> str(bootstrap_interval(between, rd, rng=np.random.default_rng(1), strata=region).resampled)
    '4 units within 2 strata'
    """
    check_settings(rng, draws, level)
    x = checked(values, "the bootstrap", "any")
    w = checked_weights(weights, x.size, "the bootstrap")
    same_rows(values, weights, "weights", "the bootstrap")
    members = members_of(values, strata, x.size)
    estimate = _number(measure(values, weights), "the values themselves")
    many = _MANY.get(measure)
    found = np.empty(draws)
    for block, positions in blocks_of_draws(members, x.size, draws, rng):
        found[block] = (
            _on_counts(many, x, w, positions)
            if many
            else _on_copies(measure=measure, values=values, weights=weights, positions=positions, first=block.start)
        )
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    drawn = note("units", UNITS, units=x.size) if strata is None else units_in_strata(x.size, len(members))
    return BootstrapInterval(estimate=estimate, low=float(low), high=float(high), level=level, draws=found, resampled=drawn)


def units_in_strata(units: int, strata: int) -> Note:
    """What a stratified bootstrap draws."""
    return note("units_in_strata", UNITS_IN_STRATA, units=units, strata=strata)


def members_of(values: ArrayLike, strata: ArrayLike | None, size: int) -> list[NDArray[np.intp]]:
    """Positions of the units of each stratum.

    Raises
    ------
    MeasureError
        When nothing can be resampled.
    """
    if strata is None:
        members = [np.arange(size)]
    else:
        cut = checked_groups(strata, values, np.full(size, 1.0 / size), "the strata of the bootstrap")
        members = [np.flatnonzero(cut.codes == k) for k in range(len(cut.names))]
    if all(m.size == 1 for m in members):
        word = "there is one unit" if strata is None else "each stratum holds one unit"
        raise MeasureError(f"nothing can be resampled: {word}", remedy="give more units, or fewer strata")
    return members


def blocks_of_draws(
    members: list[NDArray[np.intp]], size: int, draws: int, rng: np.random.Generator
) -> Iterator[tuple[slice, NDArray[np.intp]]]:
    """Drawn positions (b, n), block by block, so that memory does not grow with the number of draws."""
    step = max(1, _BLOCK // size)
    for start in range(0, draws, step):
        b = min(step, draws - start)
        yield slice(start, start + b), np.concatenate([m[rng.integers(0, m.size, (b, m.size))] for m in members], axis=1)


def _on_counts(many: Callable[[Floats, Floats], Floats], x: Floats, w: Floats, positions: NDArray[np.intp]) -> Floats:
    """All draws of a block at once: a unit drawn c times has c times its weight."""
    b, n = positions.shape
    counts = np.bincount((positions + n * np.arange(b)[:, None]).ravel(), minlength=b * n).reshape(b, n)
    held = counts * w
    total = held.sum(axis=1, keepdims=True)
    if not total.all() or not (held @ x).all():
        raise MeasureError(
            "on a bootstrap draw every value (or weight) is zero, where the measure is not defined",
            remedy="resample within strata, or use a measure of units that are not zero",
        )
    return many(x / x.max(), held / total)


def _on_copies(measure: Measure, values: ArrayLike, weights: ArrayLike | None, positions: NDArray[np.intp], first: int) -> Floats:
    """One call per draw, on copies of the units drawn."""
    found = np.empty(len(positions))
    for b, places in enumerate(positions):
        where = f"bootstrap draw {first + b + 1}"
        try:
            found[b] = _number(measure(_take(values, places), None if weights is None else _take(weights, places)), where)
        except MeasureError as problem:
            remedy = "resample within strata, so that no group is left empty, or use a measure that is defined on every draw"
            raise MeasureError(f"the measure is not defined on every draw: {problem.what}", where=where, remedy=remedy) from problem
    return found


def _take(column: ArrayLike, places: NDArray[np.intp]) -> pd.Series | NDArray[Any]:
    return column.iloc[places] if isinstance(column, pd.Series) else np.asarray(column)[places]


def _number(value: float, where: str) -> float:
    if not np.isfinite(value):
        raise MeasureError(f"the measure gave {value}", where=where, remedy="use a measure that refuses what it is not defined for")
    return float(value)


def _gini_many(x: Floats, w: Floats) -> Floats:
    order = np.argsort(x)
    return gini_of_sorted(x[order], w[:, order])


def _theil_t_many(x: Floats, w: Floats) -> Floats:
    mean = w @ x
    return np.asarray(np.maximum((w @ xlogy(x, x)) / mean - np.log(mean), 0.0), dtype=np.float64)


def _theil_l_many(x: Floats, w: Floats) -> Floats:
    return np.maximum(np.log(w @ x) - w @ np.log(x), 0.0)


def _variation_many(x: Floats, w: Floats) -> Floats:
    centre = x.mean()
    mean = w @ x
    variance = np.maximum(w @ np.square(x - centre) - np.square(mean - centre), 0.0)
    return np.asarray(np.sqrt(variance) / mean, dtype=np.float64)


_MANY: dict[Measure, Callable[[Floats, Floats], Floats]] = {
    gini: _gini_many,
    theil_t: _theil_t_many,
    theil_l: _theil_l_many,
    coefficient_of_variation: _variation_many,
}
