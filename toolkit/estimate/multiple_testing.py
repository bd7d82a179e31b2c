"""Many hypotheses at once: p-values adjusted for how many there are, by formula or by resampling them together."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.options import one_of

Floats = NDArray[np.float64]
Adjustment = Literal["bonferroni", "holm", "benjamini_hochberg", "benjamini_yekutieli"]

TIE = 1e-9  # a draw this close to the statistic, relatively, equals it
_IN_STATSMODELS = {"bonferroni": "bonferroni", "holm": "holm", "benjamini_hochberg": "fdr_bh", "benjamini_yekutieli": "fdr_by"}


def adjust_p_values(p_values: ArrayLike, method: Adjustment) -> Floats:
    r"""Adjust m p-values, each computed on its own. With p_(1) <= ... <= p_(m):

    ====================  =================================================  ==========================================
    bonferroni            min(m p, 1)                                        family-wise error, any dependence
    holm                  max over i <= j of min((m - i + 1) p_(i), 1)       family-wise error, any dependence
    benjamini_hochberg    min over i >= j of m p_(i) / i                     false discovery rate, positive dependence
    benjamini_yekutieli   the same times 1 + 1/2 + ... + 1/m                 false discovery rate, any dependence
    ====================  =================================================  ==========================================

    Parameters
    ----------
    p_values : (m,) p-values.
    method : the adjustment.

    Returns
    -------
    (m,) adjusted p-values, in the order given.

    Raises
    ------
    NotEstimable
        If a p-value is missing or outside [0, 1].
    UnknownOption

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6; Benjamini and Hochberg (1995), Journal of the Royal Statistical Society B 57;
    Benjamini and Yekutieli (2001), Annals of Statistics 29.

    Examples
    --------
    >>> adjust_p_values([0.01, 0.04, 0.03], "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    >>> adjust_p_values([0.01, 0.04, 0.03], "benjamini_hochberg").round(3).tolist()
    [0.03, 0.04, 0.04]
    """
    from statsmodels.stats.multitest import multipletests

    one_of("method", method, tuple(_IN_STATSMODELS))
    given = np.asarray(p_values, dtype=np.float64)
    if given.ndim != 1 or not len(given):
        raise NotEstimable(f"p-values of shape {given.shape} cannot be adjusted", remedy="pass a list of at least one p-value")
    bad = ~((given >= 0) & (given <= 1))
    if bad.any():
        at = int(bad.argmax())
        raise NotEstimable(f"p-value {at + 1} of {len(given)} is {given[at]:g}", remedy="leave out hypotheses without a p-value")
    return np.asarray(multipletests(given, method=_IN_STATSMODELS[method])[1], dtype=np.float64)


def romano_wolf(statistics: ArrayLike, drawn: ArrayLike) -> Floats:
    r"""Stepdown p-values of Romano and Wolf from statistics drawn under the null, all hypotheses resampled together.

    With the statistics in order, :math:`|t_1| \ge \dots \ge |t_m|`,

    .. math:: p_j = \max\Big(p_{j-1},\; \frac{1 + \#\{b : \max_{k \ge j} |t^*_{bk}| \ge |t_j|\}}{1 + B}\Big)

    The draws keep the dependence between the hypotheses, so that correlated outcomes cost less than under Holm. Two-sided.

    Parameters
    ----------
    statistics : (m,) t statistics of the data.
    drawn : (B, m) the same under the null, each row one draw of all hypotheses (the same signs for each cluster, or the same permutation).

    Returns
    -------
    (m,) p-values that control the family-wise error, in the order given.

    Raises
    ------
    NotEstimable
        If a number is missing or the shapes do not fit.

    References
    ----------
    Romano and Wolf (2005), Econometrica 73(4); Romano and Wolf (2016), Statistics and Probability Letters 113; Westfall and Young (1993),
    Resampling-Based Multiple Testing.

    Examples
    --------
    >>> romano_wolf([3.0, 1.0], [[0.5, -1.2], [2.0, 0.1], [-0.3, 0.4]]).tolist()
    [0.25, 0.5]
    """
    t, null = np.abs(np.asarray(statistics, dtype=np.float64)), np.abs(np.asarray(drawn, dtype=np.float64))
    if t.ndim != 1 or null.ndim != 2 or null.shape[1] != len(t) or not null.size:
        raise NotEstimable(
            f"{t.shape} statistics and {null.shape} draws do not fit",
            remedy="one column of draws for each statistic, one row for each draw",
        )
    for what, values in (("statistic", t[None, :]), ("draw of statistic", null)):
        missing = np.isnan(values).any(axis=0)
        if missing.any():
            raise NotEstimable(f"{what} {int(missing.argmax()) + 1} of {len(t)} is missing", remedy="leave out what cannot be tested")
    order = np.argsort(-t, kind="stable")
    largest = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
    exceeding = np.count_nonzero(largest >= t[order] * (1 - TIE), axis=0)
    found = np.empty(len(t))
    found[order] = np.maximum.accumulate((1 + exceeding) / (1 + len(null)))
    return found
