"""Generalised entropy, Theil and Atkinson, with their decompositions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import boxcox

from toolkit.errors import MeasureError
from toolkit.measure.inputs.grid import checked_groups
from toolkit.measure.inputs.values import setting, weighted
from toolkit.numerics import Floats
from toolkit.report import Fields

AT_ONCE = 16_384


@dataclass(frozen=True, repr=False)
class EntropyDecomposition(Fields):
    r"""GE(:math:`\alpha`) split over K groups; ``total = within + between`` holds exactly.

    With value share :math:`s_k`, weight share :math:`p_k` and mean :math:`\mu_k` of group k:

    Attributes
    ----------
    alpha : 1 is Theil's T, 0 Theil's L.
    total, within, between : T and L in nats.
    groups : names of the K groups, sorted (or in the order of the categories).
    value_share : (K,) share of each group in the total of the variable.
    weight_share : (K,) share of each group in the weights.
    group_index : (K,) the index inside each group; zero for a group of one.
    within_part : (K,) :math:`s_k^\alpha p_k^{1-\alpha}` times group_index; never negative, sums to ``within``.
    between_part : (K,) :math:`s_k \ln(s_k/p_k)` for T, :math:`p_k \ln(p_k/s_k)` for L,
        :math:`p_k[(\mu_k/\mu)^\alpha - 1]/(\alpha(\alpha-1))` otherwise; single entries may be negative, sums to ``between``.
    """

    alpha: float
    total: float
    within: float
    between: float
    groups: tuple[str, ...]
    value_share: Floats
    weight_share: Floats
    group_index: Floats
    within_part: Floats
    between_part: Floats

    @property
    def between_share(self) -> float:
        """Share of the between part in the total; zero when nothing is unequal."""
        return self.between / self.total if self.total > 0 else 0.0

    def by_group(self) -> pd.DataFrame:
        """One row per group: group, weight_share, value_share, index, within, between, contribution (= within + between)."""
        return pd.DataFrame(
            {
                "group": self.groups,
                "weight_share": self.weight_share,
                "value_share": self.value_share,
                "index": self.group_index,
                "within": self.within_part,
                "between": self.between_part,
                "contribution": self.within_part + self.between_part,
            }
        )


def generalized_entropy(values: ArrayLike, alpha: float, weights: ArrayLike | None = None) -> float:
    r"""Generalised entropy index.

    .. math:: GE(\alpha) = \frac{1}{\alpha(\alpha - 1)} \sum_i w_i \left[\left(\frac{x_i}{\bar x}\right)^\alpha - 1\right],
        \qquad \sum_i w_i = 1,

    with the limits T at :math:`\alpha = 1` and L at :math:`\alpha = 0`. A large :math:`\alpha` looks at the top, a small one at the bottom.

    Parameters
    ----------
    values : (n,) non-negative; positive when ``alpha`` is zero or less. Any unit.
    alpha : any finite number.
    weights : (n,) non-negative, for example population; equal weights when omitted.

    Raises
    ------
    MeasureError
        On missing, infinite, negative or (``alpha <= 0``) zero values, or an ``alpha`` for which the powers overflow.

    References
    ----------
    Shorrocks (1980), Econometrica 48.

    Examples
    --------
    GE(2) is half the squared coefficient of variation:

    >>> generalized_entropy([1.0, 3.0], 2)
    0.125
    """
    alpha = setting(alpha, "alpha")
    what = _name(alpha)
    x, w = weighted(values, weights, what, _lowest(alpha))
    top, parts = x.max(), _parts(x.size)
    mean = sum(float(np.sum(w[rows] * (x[rows] / top))) for rows in parts)
    return _finite(sum(float(np.sum(w[rows] * _terms(x[rows] / top / mean, alpha))) for rows in parts), what)


def decompose_entropy(values: ArrayLike, groups: ArrayLike, alpha: float, weights: ArrayLike | None = None) -> EntropyDecomposition:
    r"""GE(:math:`\alpha`) within and between groups, :math:`\sum_k s_k^\alpha p_k^{1-\alpha} GE_k(\alpha) + GE(\alpha)` of the group means.

    Parameters
    ----------
    values : (n,) non-negative; positive when ``alpha`` is zero or less.
    groups : (n,) label of each unit. A group of one unit is allowed: its index is zero and it enters the between part alone.
    alpha : 1 for Theil's T (see also :func:`toolkit.measure.decompose_theil`), 0 for L.
    weights : (n,) non-negative; equal weights when omitted.

    Raises
    ------
    MeasureError
        As :func:`generalized_entropy`; also on a missing label, an empty category, or a group without weight.

    References
    ----------
    Shorrocks (1980), Econometrica 48.

    Examples
    --------
    >>> parts = decompose_entropy([1, 1, 3, 3], ["west", "west", "east", "east"], alpha=0)
    >>> parts.groups, round(parts.within, 12), parts.between == parts.total
    (('east', 'west'), 0.0, True)
    """
    alpha = setting(alpha, "alpha")
    what = f"the decomposition of {_name(alpha)}"
    x, w = weighted(values, weights, what, _lowest(alpha))
    cut = checked_groups(groups, values, w, what)
    top, parts = x.max(), _parts(x.size)
    p, amount, index = cut.sums(w), np.zeros(len(cut.names)), np.zeros(len(cut.names))
    for rows in parts:
        np.add.at(amount, cut.codes[rows], w[rows] * (x[rows] / top))
    s, mean = amount / amount.sum(), amount / p
    for rows in parts:
        own = mean[cut.codes[rows]]
        inside = np.divide(x[rows] / top, own, out=np.ones_like(own), where=own > 0)
        np.add.at(index, cut.codes[rows], w[rows] * _terms(inside, alpha))
    index /= p
    index[index <= (x.size * np.finfo(float).eps) ** 2] = 0.0  # what rounding of the group mean leaves
    within = np.where(s > 0, s, 1.0) ** alpha * p ** (1 - alpha) * index
    centred = p * _terms(s / p, alpha)
    total_within, total_between = _finite(float(within.sum()), what), _finite(float(centred.sum()), what)
    return EntropyDecomposition(
        alpha=float(alpha),
        total=total_within + total_between,
        within=total_within,
        between=total_between,
        groups=cut.names,
        value_share=s,
        weight_share=p,
        group_index=index,
        within_part=within,
        between_part=centred + (s - p) / (1.0 if alpha == 1 else alpha - 1),
    )


def _terms(y: Floats, alpha: float) -> Floats:
    """The index of a unit at ``y`` times the mean, centred so that no term is negative and equality gives zero.

    ``(y**alpha - 1 - alpha*(y - 1)) / (alpha*(alpha - 1))``, written so that it stays accurate through alpha = 0 and alpha = 1.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        if alpha < 0.5:
            terms: Floats = y - 1
            terms -= np.log(y) if alpha == 0 else boxcox(y, alpha)
            terms /= 1 - alpha
        else:
            terms = np.log(y) if alpha == 1 else boxcox(y, alpha - 1)
            terms *= y
            terms -= y - 1
            terms /= alpha
    if alpha > 0 and not y.all():
        terms[y == 0] = 1 / alpha
    return np.maximum(terms, 0.0, out=terms)


def _parts(n: int) -> list[slice]:
    """The units in parts, whose intermediate results stay in the cache."""
    return [slice(start, start + AT_ONCE) for start in range(0, n, AT_ONCE)]


def _name(alpha: float) -> str:
    if not np.isfinite(alpha):
        raise MeasureError(f"the generalised entropy index got alpha = {alpha}", remedy="choose a finite alpha: 0 (L), 1 (T) or 2")
    return {0.0: "Theil's L", 1.0: "Theil's T"}.get(float(alpha), f"GE({alpha:g})")


def _lowest(alpha: float) -> Literal["non-negative", "positive"]:
    return "non-negative" if alpha > 0 else "positive"


def _finite(index: float, what: str) -> float:
    if not np.isfinite(index):
        raise MeasureError(f"{what} overflows on these values", remedy="choose an alpha nearer to zero, or check the extreme values")
    return index


def theil_t(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    r"""Theil's T, :math:`T = \sum_i w_i \frac{x_i}{\bar x} \ln \frac{x_i}{\bar x}` with :math:`\sum_i w_i = 1`.

    With population as weights and a per-head value this is the regional index :math:`\sum_i s_i \ln(s_i / p_i)` of value shares
    and population shares. A zero contributes nothing (0 ln 0 = 0).

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or when all values are zero.

    References
    ----------
    Theil (1967), Economics and Information Theory, chapter 4.

    Examples
    --------
    Three zeros and three tens give ln 2:

    >>> round(theil_t([0, 0, 0, 10, 10, 10]), 12)
    0.69314718056
    """
    return generalized_entropy(values, 1, weights)


def theil_l(values: ArrayLike, weights: ArrayLike | None = None) -> float:
    r"""Theil's L (mean logarithmic deviation), :math:`L = \sum_i w_i \ln(\bar x / x_i)`.

    Raises
    ------
    MeasureError
        On missing, infinite, negative or zero values.

    Examples
    --------
    >>> round(theil_l([1.0, 1.0, 1.0]), 12)
    0.0
    """
    return generalized_entropy(values, 0, weights)


def decompose_theil(values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None) -> EntropyDecomposition:
    r"""Theil's T within and between groups, :math:`T = \sum_k s_k T_k + \sum_k s_k \ln (s_k / p_k)`.

    Theil's L is decomposed by :func:`toolkit.measure.decompose_entropy` with ``alpha=0``.

    Parameters
    ----------
    values : (n,) non-negative.
    groups : (n,) group of each unit; a group of one is allowed.
    weights : (n,) non-negative; equal weights when omitted.

    Raises
    ------
    MeasureError
        As :func:`theil_t`; also on a missing label, an empty category, or a group without weight.

    References
    ----------
    Shorrocks (1980), Econometrica 48.

    Examples
    --------
    >>> parts = decompose_theil([1, 1, 3, 3], ["west", "west", "east", "east"])
    >>> round(parts.within, 12), parts.between == parts.total
    (0.0, True)
    """
    return decompose_entropy(values, groups, 1, weights)


def atkinson(values: ArrayLike, epsilon: float, weights: ArrayLike | None = None) -> float:
    r"""Atkinson index with inequality aversion :math:`\varepsilon`.

    .. math:: A_\varepsilon = 1 - \Big[\sum_i w_i \Big(\frac{x_i}{\bar x}\Big)^{1-\varepsilon}\Big]^{1/(1-\varepsilon)}, \qquad
        A_1 = 1 - \prod_i \Big(\frac{x_i}{\bar x}\Big)^{w_i}

    Parameters
    ----------
    values : (n,) non-negative; positive when ``epsilon`` is one or more (a single zero would make the index one).
    epsilon : above zero; 0.5, 1 and 2 are usual. The larger, the more the lowest values count.
    weights : (n,) non-negative; equal weights when omitted.

    Returns
    -------
    Between 0 (all equal) and 1.

    Raises
    ------
    MeasureError
        On missing, infinite, negative or (``epsilon >= 1``) zero values, on an ``epsilon`` that is not above zero, or one so large that
        the powers overflow.

    References
    ----------
    Atkinson (1970), Journal of Economic Theory 2.

    Examples
    --------
    The geometric mean of 1 and 4 is 2, their mean 2.5:

    >>> round(atkinson([1, 4], 1), 12)
    0.2
    """
    epsilon = setting(epsilon, "epsilon")
    what = f"the Atkinson index with epsilon = {epsilon:g}"
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise MeasureError(f"{what} is not defined", remedy="choose an inequality aversion above zero, for example 0.5, 1 or 2")
    x, w = weighted(values, weights, what, "positive" if epsilon >= 1 else "non-negative")
    x = x / x.max()
    power = 1 - epsilon
    with np.errstate(over="ignore", divide="ignore"):
        raised = float(w @ boxcox(x / (w @ x), power))
    if not np.isfinite(raised):
        raise MeasureError(f"{what} overflows on these values", remedy="choose a smaller epsilon, or check the smallest value")
    log_equivalent = raised if power == 0 else float(np.log1p(max(power * raised, -1.0))) / power
    return max(0.0, float(-np.expm1(log_equivalent)))
