"""Theil's T and L indices and the decomposition of T; both are members of the family in :mod:`toolkit.measure.entropy`."""

from __future__ import annotations

from numpy.typing import ArrayLike

from toolkit.measure.entropy import EntropyDecomposition, decompose_entropy, generalized_entropy


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
