"""Gini, the Lorenz curve, and Dagum's decomposition by subgroup."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.measure.inputs.grid import Groups, checked_groups
from toolkit.measure.inputs.values import weighted
from toolkit.numerics import Floats, settled
from toolkit.report import Fields


@dataclass(frozen=True, repr=False)
class LorenzCurve(Fields):
    """Cumulative shares, poorest unit first.

    Attributes
    ----------
    population : (n + 1,) cumulative share of weights, from 0 to 1.
    value : (n + 1,) cumulative share of the total, from 0 to 1.
    gini : one minus twice the area under the curve.
    """

    population: Floats
    value: Floats
    gini: float


def lorenz(values: ArrayLike, weights: ArrayLike | None = None) -> LorenzCurve:
    r"""Lorenz curve of ``values`` per unit of weight.

    Parameters
    ----------
    values : (n,) non-negative, per unit of weight (for example yuan per person).
    weights : (n,) non-negative, for example population; equal weights when omitted.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or when all values are zero.

    References
    ----------
    Lorenz (1905), Publications of the American Statistical Association 9.

    Examples
    --------
    >>> lorenz([1.0, 3.0]).value.tolist()
    [0.0, 0.25, 1.0]
    """
    x, w = weighted(values, weights, "the Lorenz curve", "non-negative")
    order = np.lexsort((w, settled(x)))  # ties by weight, so that the points do not depend on the order of the rows
    x, w = x[order] / x.max(), w[order] / w.max()
    population = np.concatenate(([0.0], np.cumsum(w)))
    value = np.concatenate(([0.0], np.cumsum(w * x)))
    population, value = population / population[-1], value / value[-1]
    area = float(np.sum(np.diff(population) * (value[1:] + value[:-1]) / 2))
    return LorenzCurve(population, value, 1.0 - 2.0 * area)


def gini(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    r"""Gini coefficient :math:`G = \sum_i\sum_j w_i w_j |x_i - x_j| / (2 \bar x)`, with :math:`\sum_i w_i = 1`.

    Computed in O(n log n) from the sorted values, as a sum of non-negative terms.
    No small-sample factor n / (n - 1) is applied.

    Parameters
    ----------
    values : (n,) non-negative, any unit.
    weights : (n,) non-negative; equal weights when omitted.

    Returns
    -------
    Between 0 (all equal) and 1 - 1/n (one unit holds all, equal weights).

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or when all values are zero.

    References
    ----------
    Sen (1973), On Economic Inequality, chapter 2.

    Examples
    --------
    >>> gini([0.0, 0.0, 0.0, 10.0])
    0.75
    """
    x, w = weighted(values, weights, "the Gini coefficient", "non-negative")
    x = x / x.max()
    if weights is None:
        return float(gini_of_sorted(np.sort(x), np.ones_like(x)))
    order = np.argsort(x)
    return float(gini_of_sorted(x[order], w[order] / w.max()))


def gini_of_sorted(x: Floats, w: Floats) -> Floats:
    """Gini coefficients of one set of values under one or many sets of weights.

    Parameters
    ----------
    x : (n,) ascending, non-negative.
    w : (..., n) non-negative, in any scale; equal weights are best given as ones, whose running sums are exact.

    Returns
    -------
    (...,)
    """
    above = np.cumsum(w[..., :-1], axis=-1, dtype=np.float64)
    above *= np.diff(x)
    np.cumsum(above, axis=-1, out=above)  # sum over j of w_j (x_i - x_j)+, for i from the second
    above *= w[..., 1:]
    return np.asarray(above.sum(axis=-1) / (w.sum(axis=-1) * (w * x).sum(axis=-1)), dtype=np.float64)


@dataclass(frozen=True, repr=False)
class DagumDecomposition(Fields):
    r"""G = G_w + G_nb + G_t over K groups, exactly.

    Attributes
    ----------
    total : G, the sum of the three parts; equal to :func:`toolkit.measure.inequality.gini` up to rounding.
    within : G_w, inequality inside groups.
    between : G_nb, net inequality between groups, as far as the richer group is richer on average.
    transvariation : G_t, the rest of the inequality between groups: units of the poorer group that are above units of the richer one.
    groups : names of the K groups, sorted (or in the order of the categories).
    weight_share : (K,) p_j, share in the weights.
    value_share : (K,) s_j, share in the total.
    mean : (K,) mean, in the unit of the values.
    pair_gini : (K, K) symmetric G_jh; the diagonal is the Gini inside each group (zero for a group of one).
    distance : (K, K) symmetric D_jh, relative economic affluence: 0 when the two means are equal, 1 when the groups do not overlap.
    within_part : (K,) G_jj p_j s_j; sums to ``within``.
    between_part : (K, K) symmetric, zero diagonal. Each pair stands in two cells, half of its contribution in each,
        so that row j is what group j takes part in and all cells sum to ``between``.
    transvariation_part : (K, K) likewise; sums to ``transvariation``.
    """

    total: float
    within: float
    between: float
    transvariation: float
    groups: tuple[str, ...]
    weight_share: Floats
    value_share: Floats
    mean: Floats
    pair_gini: Floats
    distance: Floats
    within_part: Floats
    between_part: Floats
    transvariation_part: Floats

    @property
    def group_gini(self) -> Floats:
        """(K,) Gini coefficient inside each group."""
        return np.diag(self.pair_gini).copy()

    def by_group(self) -> pd.DataFrame:
        """One row per group: group, weight_share, value_share, mean, gini, within, between, transvariation, contribution.

        A pair counts half for each of its groups; ``contribution`` is the sum of the three parts, and over the groups it sums to G.
        """
        between, crossing = self.between_part.sum(axis=1), self.transvariation_part.sum(axis=1)
        return pd.DataFrame(
            {
                "group": self.groups,
                "weight_share": self.weight_share,
                "value_share": self.value_share,
                "mean": self.mean,
                "gini": self.group_gini,
                "within": self.within_part,
                "between": between,
                "transvariation": crossing,
                "contribution": self.within_part + between + crossing,
            }
        )

    def by_pair(self) -> pd.DataFrame:
        """One row per pair of groups: group, other, gini (G_jh), distance (D_jh), between, transvariation (the whole of the pair)."""
        j, h = np.triu_indices(len(self.groups), k=1)
        names = np.array(self.groups, dtype=object)
        return pd.DataFrame(
            {
                "group": names[j],
                "other": names[h],
                "gini": self.pair_gini[j, h],
                "distance": self.distance[j, h],
                "between": 2 * self.between_part[j, h],
                "transvariation": 2 * self.transvariation_part[j, h],
            }
        )


def decompose_gini(values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None) -> DagumDecomposition:
    r"""Dagum's decomposition of the Gini coefficient by subgroup.

    With weight shares :math:`p_j`, value shares :math:`s_j`, means :math:`\mu_j` and the Gini between two groups
    :math:`G_{jh} = E|x_j - x_h| / (\mu_j + \mu_h)`,

    .. math:: G_w = \sum_j G_{jj} p_j s_j, \quad
        G_{nb} = \sum_{j>h} G_{jh} (p_j s_h + p_h s_j) D_{jh}, \quad
        G_t = \sum_{j>h} G_{jh} (p_j s_h + p_h s_j) (1 - D_{jh}), \quad
        D_{jh} = \frac{d_{jh} - d_{hj}}{d_{jh} + d_{hj}}

    where :math:`d_{jh} = E(x_j - x_h)^+` and :math:`\mu_j \ge \mu_h`. Without weights each unit counts once; with weights
    :math:`p_j` and every mean are weighted, so that an integer weight equals so many copies of the unit.

    The expected excess :math:`d_{jh} = \int F_h (1 - F_j)` is accumulated over the sorted values: O(n log n + K n) time, O(n) memory, and
    only sums of non-negative numbers, so that a small part is not lost beside a large one.

    Parameters
    ----------
    values : (n,) non-negative, any unit, per unit of weight.
    groups : (n,) label of each unit. A group of one is allowed: its own Gini is zero.
    weights : (n,) non-negative, for example population; equal weights when omitted.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, when all are zero, on a missing label, an empty category, or a group without weight.

    References
    ----------
    Dagum (1997), Empirical Economics 22, 515–531.

    Examples
    --------
    >>> parts = decompose_gini([1, 2, 3, 4], ["west", "west", "east", "east"])
    >>> parts.within, parts.between, parts.transvariation
    (0.05, 0.2, 0.0)
    """
    x, w = weighted(values, weights, "the Dagum decomposition", "non-negative")
    cut = checked_groups(groups, values, w, "the Dagum decomposition")
    scale = x.max()
    x, w = x / scale, w / w.max()  # equal weights are ones: their running sums are exact
    weight, amount = cut.sums(w), cut.sums(w * x)
    p, mean, overall = weight / weight.sum(), amount / weight, amount.sum() / weight.sum()
    excess = _excess(x, w, cut) / weight.sum() ** 2
    both = excess + excess.T
    span = np.outer(p, p) * (mean[:, None] + mean[None, :])
    net, crossing = np.abs(excess - excess.T) / 2, np.minimum(excess, excess.T)
    np.fill_diagonal(crossing, 0.0)
    within, net, crossing = np.diag(excess) / overall, net / overall, crossing / overall
    return DagumDecomposition(
        total=float(within.sum() + net.sum() + crossing.sum()),
        within=float(within.sum()),
        between=float(net.sum()),
        transvariation=float(crossing.sum()),
        groups=cut.names,
        weight_share=p,
        value_share=amount / amount.sum(),
        mean=mean * scale,
        pair_gini=np.divide(both, span, out=np.zeros_like(both), where=span > 0),
        distance=np.divide(np.abs(excess - excess.T), both, out=np.zeros_like(both), where=both > 0),
        within_part=within,
        between_part=net,
        transvariation_part=crossing,
    )


def _excess(x: Floats, w: Floats, cut: Groups) -> Floats:
    """(K, K) sum over units i of group j and l of group h of w_i w_l (x_i - x_l)+, in one pass over the sorted values per group."""
    order = np.argsort(x)
    codes, w, step = cut.codes[order], w[order], np.diff(x[order])
    n, k = x.size, len(cut.names)
    excess, above = np.empty((k, k)), np.zeros(n)
    for h in range(k):
        places = np.flatnonzero(codes == h)
        weight_below = np.repeat(np.concatenate(([0.0], np.cumsum(w[places]))), np.diff(places, prepend=0, append=n))
        np.cumsum(weight_below[:-1] * step, out=above[1:])
        excess[:, h] = np.bincount(codes, w * above, minlength=k)
    return excess
