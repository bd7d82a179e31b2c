"""Bootstrap intervals of the Gini and of Theil's T with all their parts, from the same draws."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from toolkit.errors import MeasureError
from toolkit.measure.inequality.bootstrap import BootstrapInterval, blocks_of_draws, members_of, units_in_strata
from toolkit.measure.inequality.entropy import decompose_theil
from toolkit.measure.inequality.gini import decompose_gini
from toolkit.measure.inputs.grid import checked_groups
from toolkit.measure.inputs.values import check_settings, weighted
from toolkit.numerics import Floats
from toolkit.report import Fields


@dataclass(frozen=True, repr=False)
class DecompositionIntervals(Fields):
    """Two indices and their parts, each with its interval; draw by draw the parts add up to their index.

    Attributes
    ----------
    gini : the Gini coefficient.
    gini_within, gini_between, gini_transvariation : its parts after Dagum.
    theil : Theil's T.
    theil_within, theil_between : its parts.
    """

    gini: BootstrapInterval
    gini_within: BootstrapInterval
    gini_between: BootstrapInterval
    gini_transvariation: BootstrapInterval
    theil: BootstrapInterval
    theil_within: BootstrapInterval
    theil_between: BootstrapInterval

    def frame(self) -> pd.DataFrame:
        """One row per index and part, in the order of the attributes: index, estimate, low, high."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return pd.DataFrame([{"index": name, "estimate": one.estimate, "low": one.low, "high": one.high} for name, one in found.items()])


def decomposition_intervals(
    values: ArrayLike,
    groups: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    rng: np.random.Generator,
    draws: int = 999,
    level: float = 0.95,
) -> DecompositionIntervals:
    """Percentile intervals of :func:`decompose_gini` and :func:`decompose_theil`, from units drawn with replacement within their groups.

    Each group keeps its number of units, so that none is empty; a weight travels with its unit. What such an interval means, above all when
    the units are the whole population, is said at :func:`bootstrap_interval`. Two calls with generators of one seed on units in the same
    order draw the same units: the differences of their ``draws`` give the interval of a change.

    Parameters
    ----------
    values : (n,) non-negative, any unit, per unit of weight.
    groups : (n,) label of each unit; a group of one unit is always drawn as it is.
    weights : (n,) non-negative; equal weights when omitted.
    rng : the source of randomness.
    draws : B; 95% asks for 40 or more.
    level : nominal coverage.

    Raises
    ------
    MeasureError
        As :func:`decompose_gini`; when every group holds one unit, or a draw has no value above zero; as :func:`bootstrap_interval` on
        its settings.

    References
    ----------
    Davison and Hinkley (1997), Bootstrap Methods and their Application, section 3.2.

    Examples
    --------
    >>> found = decomposition_intervals([1.0, 2.0, 6.0, 8.0], ["west", "west", "east", "east"], rng=np.random.default_rng(1))
    >>> parts = found.gini_within.draws + found.gini_between.draws + found.gini_transvariation.draws
    >>> bool(np.allclose(parts, found.gini.draws)), str(found.gini.resampled)
    (True, '4 units within 2 strata')
    """
    check_settings(rng, draws, level)
    what = "the intervals of a decomposition"
    x, w = weighted(values, weights, what, "non-negative")
    cut = checked_groups(groups, values, w, what)
    members = members_of(values, groups, x.size)
    order = np.argsort(x)
    x, w, codes = x[order] / x.max(), w[order], cut.codes[order]
    place = np.empty(x.size, dtype=np.intp)
    place[order] = np.arange(x.size)
    found = np.empty((draws, len(fields(DecompositionIntervals))))
    for block, positions in blocks_of_draws(members, x.size, draws, rng):
        held = _counts(place[positions]) * w
        if not (held @ x).all():
            raise MeasureError("on a bootstrap draw every value (or weight) is zero", remedy="leave out the units without weight or value")
        held /= held.sum(axis=1, keepdims=True)
        inside = np.eye(len(cut.names))[codes]
        found[block] = np.column_stack([_gini_parts(x, inside, held), _theil_parts(x, inside, held)])
    dagum, theil = decompose_gini(values, groups, weights), decompose_theil(values, groups, weights)
    estimates = [dagum.total, dagum.within, dagum.between, dagum.transvariation, theil.total, theil.within, theil.between]
    ends = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=0)
    drawn = units_in_strata(x.size, len(members))
    return DecompositionIntervals(
        *(
            BootstrapInterval(estimate=e, low=float(low), high=float(high), level=level, draws=own, resampled=drawn)
            for e, low, high, own in zip(estimates, *ends, found.T, strict=True)
        )
    )


def _counts(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """(b, n) how often each unit is drawn, from the (b, n) places drawn."""
    b, n = places.shape
    return np.bincount((places + n * np.arange(b)[:, None]).ravel(), minlength=b * n).reshape(b, n)


def _gini_parts(x: Floats, inside: Floats, w: Floats) -> Floats:
    """(b, 4) total, within, net between, transvariation; x (n,) ascending, inside (n, K) membership, w (b, n) with rows that sum to one."""
    k = inside.shape[1]
    excess, above = np.empty((len(w), k, k)), np.zeros_like(w)
    for h in range(k):  # the recursion of decompose_gini, for all draws at once
        below = np.cumsum(w * inside[:, h], axis=1)[:, :-1] * np.diff(x)
        np.cumsum(below, axis=1, out=above[:, 1:])
        excess[:, :, h] = (w * above) @ inside
    turned = excess.transpose(0, 2, 1)
    within = np.trace(excess, axis1=1, axis2=2)
    between = np.abs(excess - turned).sum(axis=(1, 2)) / 2
    crossing = np.minimum(excess, turned).sum(axis=(1, 2)) - within
    return np.column_stack([within + between + crossing, within, between, crossing]) / (w @ x)[:, None]


def _theil_parts(x: Floats, inside: Floats, w: Floats) -> Floats:
    """(b, 3) total, within, between; arguments as for the parts of the Gini."""
    weight, amount, mean = w @ inside, (w * x) @ inside, w @ x
    level = np.divide(amount, weight, out=np.zeros_like(amount), where=weight > 0)
    of_groups = xlogy(amount, level).sum(axis=1) / mean
    within = np.maximum((w @ xlogy(x, x)) / mean - of_groups, 0.0)
    between = np.maximum(of_groups - np.log(mean), 0.0)
    return np.column_stack([within + between, within, between])
