"""Tests of a dynamic panel model: overidentification, groups of instruments, serial correlation. Arrays in, numbers out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError
from toolkit.estimate.dynamic.equations import Stack
from toolkit.estimate.dynamic.gmm import Floats, Step, System, inverse, projection
from toolkit.estimate.source import Source


@dataclass(frozen=True)
class SpecificationTest:
    """One test.

    Attributes
    ----------
    name : for example ``Hansen J`` or ``AR(2)``.
    key : name in the statistics of the estimate.
    statistic : chi-squared with ``df`` degrees of freedom, or a normal z if ``df`` is 0.
    p_value : upper tail of the chi-squared, two-sided for z.
    hypothesis : what the test takes for granted under the null.
    """

    name: str
    key: str
    statistic: float
    df: int
    p_value: float
    hypothesis: str


def chi_squared(name: str, key: str, statistic: float, df: int, hypothesis: str) -> SpecificationTest:
    """A chi-squared test.

    Examples
    --------
    >>> round(chi_squared("Hansen J", "hansen", 31.4, 25, "").p_value, 3)
    0.176
    """
    from scipy.special import chdtrc

    return SpecificationTest(name, key, statistic, df, float(chdtrc(df, statistic)), hypothesis)


def without(system: System, moments_covariance: Floats, excluded: NDArray[np.bool_]) -> tuple[float, int] | None:
    """J of the model without the instruments ``excluded`` (L,), weighted by the same S, and its degrees of freedom.

    With the block of S that belongs to the instruments kept, the difference to the full J is never negative (Newey 1985; Hayashi 2000,
    section 3.8). None if too few instruments are left.
    """
    keep = np.flatnonzero(~excluded)
    if len(keep) < len(system.X):
        return None
    weights = inverse(moments_covariance[np.ix_(keep, keep)])
    if not weights.exact:
        return None
    try:
        _, score = projection(system.zx[keep], weights.matrix)
    except EstimationError:
        return None
    left = system.zy[keep] - system.zx[keep] @ (score @ system.zy[keep])
    return float(left @ weights.matrix @ left), len(keep) - len(system.X)


@dataclass(frozen=True)
class Serial:
    """What the tests of serial correlation need.

    Attributes
    ----------
    changes : (d,) first differences of the residuals.
    regressors : (k, d) first differences of the regressors.
    at : (d,) positions of these rows in the data.
    entity : (d,) entity, as coded in the stack.
    step : the GMM step of the coefficients.
    vcov : (k, k) their covariance.
    """

    changes: Floats
    regressors: Floats
    at: NDArray[np.intp]
    entity: NDArray[np.intp]
    step: Step
    vcov: Floats


def serial_correlation(order: int, parts: Serial, source: Source, homoskedastic: tuple[float, Stack, System] | None) -> float | None:
    """Arellano and Bond's m test: z of the correlation of differenced residuals ``order`` periods apart, None if it cannot be computed.

    m = w'e / sqrt(v), w the residuals ``order`` periods earlier by the calendar (zero where there are none), and with q_i = w_i'e_i

    v = sum q_i^2 - 2 w'X B X'Z A sum_i Z_i'e_i q_i + w'X V X'w.

    Parameters
    ----------
    homoskedastic : (variance of the error, stack, system) puts s^2 H for e_i e_i'; None for the robust form.
    """
    lookup = np.full(len(source) + 1, -1)
    lookup[parts.at] = np.arange(len(parts.at))
    before = lookup[source.earlier(order)[parts.at]]
    lagged = np.where(before >= 0, parts.changes[before], 0.0)
    if not lagged.any():
        return None
    reach = parts.regressors @ lagged
    products = np.bincount(parts.entity, weights=lagged * parts.changes, minlength=parts.step.moments.shape[1])
    if homoskedastic is None:
        own, cross = float(products @ products), parts.step.moments @ products
    else:
        variance, stack, system = homoskedastic
        in_levels = stack.differences.back(lagged[None, :])[0]
        by_difference, by_level = stack.back(system.Z)
        own, cross = variance * float(in_levels @ in_levels), variance * ((by_difference + by_level) @ in_levels)
    spread = own - 2 * float(reach @ parts.step.score @ cross) + float(reach @ parts.vcov @ reach)
    return float(lagged @ parts.changes / np.sqrt(spread)) if spread > 0 else None
