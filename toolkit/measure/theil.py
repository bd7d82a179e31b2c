"""Theil's T and L indices and their exact decomposition into within and between groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.values import Floats, checked, checked_weights


@dataclass(frozen=True)
class TheilDecomposition:
    """Theil's T split over K groups; ``total = within + between`` holds exactly.

    Attributes
    ----------
    total, within, between : in nats.
    groups : names of the K groups, sorted.
    value_share : (K,) share of each group in the total of the variable.
    weight_share : (K,) share of each group in the weights.
    group_theil : (K,) T inside each group.
    within_part : (K,) value_share times group_theil; sums to ``within``.
    between_part : (K,) value_share times ln(value_share / weight_share); sums to ``between`` (single entries may be negative).
    """

    total: float
    within: float
    between: float
    groups: tuple[str, ...]
    value_share: Floats
    weight_share: Floats
    group_theil: Floats
    within_part: Floats
    between_part: Floats

    @property
    def between_share(self) -> float:
        """Share of the between part in the total; zero when nothing is unequal."""
        return self.between / self.total if self.total > 0 else 0.0


def _x_ln_x_over(share: Floats, base: Floats) -> Floats:
    """``share * ln(share / base)`` with 0 ln 0 = 0."""
    out = np.zeros_like(share)
    some = share > 0
    out[some] = share[some] * np.log(share[some] / base[some])
    return out


def _sums(codes: ArrayLike, of: Floats) -> Floats:
    return np.bincount(np.asarray(codes), of).astype(np.float64)


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

    >>> round(theil_t([0, 0, 0, 10, 10, 10]), 12) == round(float(np.log(2)), 12)
    True
    """
    x = checked(values, "Theil's T", "non-negative")
    w = checked_weights(weights, x.size, "Theil's T")
    x = x / x.max()
    share = w * x / (w @ x)
    return max(float(_x_ln_x_over(share, w).sum()), 0.0)


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
    x = checked(values, "Theil's L", "positive")
    w = checked_weights(weights, x.size, "Theil's L")
    x = x / x.max()
    return max(float(np.log(w @ x) - w @ np.log(x)), 0.0)


def decompose_theil(values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None) -> TheilDecomposition:
    r"""Theil's T within and between groups, :math:`T = \sum_k s_k T_k + \sum_k s_k \ln (s_k / w_k)`.

    Parameters
    ----------
    values : (n,) non-negative.
    groups : (n,) group of each unit.
    weights : (n,) non-negative; equal weights when omitted.

    Raises
    ------
    MeasureError
        As :func:`theil_t`; also when a group is missing or has a different length.

    References
    ----------
    Shorrocks (1980), Econometrica 48.

    Examples
    --------
    >>> parts = decompose_theil([1, 1, 3, 3], ["west", "west", "east", "east"])
    >>> round(parts.within, 12), parts.between == parts.total
    (0.0, True)
    """
    x = checked(values, "the Theil decomposition", "non-negative")
    w = checked_weights(weights, x.size, "the Theil decomposition")
    labels = pd.Series(np.asarray(groups))
    if len(labels) != x.size:
        raise MeasureError(f"the Theil decomposition got {x.size} values and {len(labels)} groups", remedy="give one group per value")
    if labels.isna().any():
        raise MeasureError(
            "a group is missing", where=f"first at position {int(np.argmax(labels.isna()))}", remedy="give each unit a group"
        )
    codes, names = pd.factorize(labels.astype(str), sort=True)
    x = x / x.max()
    share = w * x / (w @ x)
    s, p = _sums(codes, share), _sums(codes, w)
    between = _x_ln_x_over(s, np.where(p > 0, p, 1.0))
    pieces = _sums(codes, _x_ln_x_over(share, w)) - between
    pieces = np.where(np.abs(pieces) < 4 * np.finfo(float).eps * x.size, 0.0, pieces)
    inside = np.divide(pieces, s, out=np.zeros_like(s), where=s > 0)
    return TheilDecomposition(
        total=float(pieces.sum() + between.sum()),
        within=float(pieces.sum()),
        between=float(between.sum()),
        groups=tuple(map(str, names)),
        value_share=s,
        weight_share=p,
        group_theil=inside,
        within_part=pieces,
        between_part=between,
    )
