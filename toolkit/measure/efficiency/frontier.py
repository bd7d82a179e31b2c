r"""The stochastic frontier of a panel with inefficiency that stays: noise apart from distance.

.. math:: y_{it} = x_{it}'\beta + v_{it} - u_i, \qquad v_{it} \sim N(0, \sigma_v^2), \qquad u_i \sim |N(0, \sigma_u^2)|

With residuals :math:`e_{it} = y_{it} - x_{it}'\beta`, T of them for unit i, :math:`s^2 = \sigma_v^2 + T \sigma_u^2`,
:math:`\mu_i = -\sigma_u^2 \sum_t e_{it} / s^2` and :math:`\sigma_*^2 = \sigma_u^2 \sigma_v^2 / s^2`, the log likelihood of a unit is

.. math:: \ln 2 - \tfrac{T}{2} \ln 2\pi - \tfrac{T-1}{2} \ln \sigma_v^2 - \tfrac12 \ln s^2 - \frac{\sum_t e_{it}^2}{2 \sigma_v^2}
          + \frac{\mu_i^2}{2 \sigma_*^2} + \ln \Phi(\mu_i / \sigma_*)

and u given the residuals is normal with :math:`\mu_i` and :math:`\sigma_*`, cut at zero. With one row per unit this is the half-normal
frontier of Aigner, Lovell and Schmidt. Other than data envelopment it lets a unit lie above the frontier by chance, and needs a form of
the frontier and of the distribution in return.

References
----------
Aigner, Lovell and Schmidt (1977), Journal of Econometrics 6, 21–37; Pitt and Lee (1981), Journal of Development Economics 9, 43–64;
Battese and Coelli (1988), Journal of Econometrics 38, 387–399 (the efficiency); Horrace and Schmidt (1996), Journal of Productivity
Analysis 7, 257–282 (its interval).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import PERFECT, Floats
from toolkit.report import Fields, PValue

_STARTS = (0.2, 0.5, 0.9)  # shares of inefficiency in the variance from which the search begins


@dataclass(frozen=True, repr=False)
class StochasticFrontier(Fields):
    """A fitted frontier with k regressors and n units.

    Attributes
    ----------
    coefficients : (k,).
    sigma_v, sigma_u : of the noise and of the normal that is folded.
    gamma : sigma_u² / (sigma_u² + sigma_v²).
    log_likelihood : at the maximum.
    efficiency, low, high : (n,) E[exp(-u) | e] and the 95% interval of exp(-u) given the residuals, the parameters taken as known.
    p_value : of no inefficiency, likelihood ratio against least squares, half a chi square with one degree of freedom.
    labels : (n,) of the units, sorted.
    """

    coefficients: Floats
    sigma_v: float
    sigma_u: float
    gamma: float
    log_likelihood: float
    efficiency: Floats
    low: Floats
    high: Floats
    p_value: PValue
    labels: pd.Index

    def table(self) -> pd.DataFrame:
        """One row per unit: efficiency, low, high."""
        return pd.DataFrame({"efficiency": self.efficiency, "low": self.low, "high": self.high}, index=self.labels)


def stochastic_frontier(y: ArrayLike, x: ArrayLike, units: ArrayLike) -> StochasticFrontier:
    """Fit a production frontier by maximum likelihood.

    Parameters
    ----------
    y : (N,) logarithm of output.
    x : (N, k) regressors, the constant among them.
    units : (N,) names of the units; they may have different numbers of rows.

    Raises
    ------
    MeasureError
        For rows that do not match, values that are not finite, too few rows for the regressors, a perfect fit, or a search
        that does not converge.
    """
    from scipy.optimize import minimize
    from scipy.stats import chi2

    outcome, design = numeric(y, "the frontier needs numbers"), numeric(x, "the frontier needs numbers")
    codes, labels = pd.factorize(np.asarray(units), sort=True)
    if not len(outcome) == len(design) == len(codes) or len(outcome) <= design.shape[1] + 2:
        raise MeasureError("the frontier has too few rows, or rows that do not match", remedy="pass one row of x and one unit for each y")
    if not (np.isfinite(outcome).all() and np.isfinite(design).all()):
        raise MeasureError("the frontier has values that are not finite", remedy="drop rows with missing values or nil first")
    least, *_ = np.linalg.lstsq(design, outcome, rcond=None)
    residual = outcome - design @ least
    variance = float(residual @ residual) / len(outcome)
    if variance <= PERFECT**2 * float(outcome @ outcome) / len(outcome):
        raise MeasureError(
            "the regressors fit the outcome perfectly: nothing is left for noise or inefficiency", remedy="use fewer of them"
        )

    best = None
    for share in _STARTS:
        start = np.concatenate([least, np.log([variance * (1 - share) + 1e-12, variance * share / (1 - 2 / np.pi)])])
        found = minimize(_loss, start, args=(outcome, design, codes), jac=True, method="BFGS", options={"gtol": 1e-8, "maxiter": 2000})
        best = found if best is None or found.fun < best.fun else best
    if best is None or not np.isfinite(best.fun):
        raise MeasureError("the search for the frontier does not converge", remedy="rescale the regressors or drop collinear ones")
    beta, (noise, distance) = best.x[:-2], np.exp(best.x[-2:])
    plain = -0.5 * len(outcome) * (np.log(2 * np.pi * variance) + 1)
    ratio = max(2 * (-best.fun - plain), 0.0)
    mean, low, high = _efficiency(outcome - design @ beta, codes, noise, distance)
    return StochasticFrontier(
        coefficients=beta,
        sigma_v=float(np.sqrt(noise)),
        sigma_u=float(np.sqrt(distance)),
        gamma=float(distance / (noise + distance)),
        log_likelihood=float(-best.fun),
        efficiency=mean,
        low=low,
        high=high,
        p_value=float(0.5 * chi2.sf(ratio, 1)) if ratio > 0 else 1.0,
        labels=pd.Index(labels),
    )


def _loss(parameters: Floats, outcome: Floats, design: Floats, codes: NDArray[np.intp]) -> tuple[float, Floats]:
    """Minus the log likelihood and its gradient in beta and in the logarithms of both variances.

    With r = mu / sigma_* = -E (b / (a s²))^(1/2), where E is the sum of the residuals of a unit, a the noise and b the distance.
    """
    from scipy.special import log_ndtr

    e, (a, b) = outcome - design @ parameters[:-2], np.exp(parameters[-2:])
    n = np.bincount(codes).astype(np.float64)
    squares, whole = np.bincount(codes, e**2), a + n * b
    slope = np.sqrt(b / (a * whole))
    r = -slope * np.bincount(codes, e)
    own = np.log(2) - n / 2 * np.log(2 * np.pi) - (n - 1) / 2 * np.log(a) - np.log(whole) / 2 - squares / (2 * a) + r**2 / 2 + log_ndtr(r)
    pull = r + np.exp(-(r**2) / 2 - np.log(2 * np.pi) / 2 - log_ndtr(r))
    in_beta = design.T @ (e / a + (pull * slope)[codes])
    in_noise = -(n - 1) / 2 - a / (2 * whole) + squares / (2 * a) - pull * r * (1 + a / whole) / 2
    in_distance = -n * b / (2 * whole) + pull * r * (1 - n * b / whole) / 2
    return -float(own.sum()), -np.concatenate([in_beta, [in_noise.sum(), in_distance.sum()]])


def _given(rows: Floats, total: Floats, noise: float, distance: float) -> tuple[Floats, Floats]:
    """Mean and standard deviation of u given the residuals, before it is cut at zero."""
    whole = noise + rows * distance
    return -distance * total / whole, np.sqrt(distance * noise / whole)


def _efficiency(e: Floats, codes: NDArray[np.intp], noise: float, distance: float) -> tuple[Floats, Floats, Floats]:
    from scipy.stats import norm

    mean, spread = _given(np.bincount(codes).astype(np.float64), np.bincount(codes, e).astype(np.float64), noise, distance)
    ratio = mean / spread
    expected = np.exp(-mean + spread**2 / 2 + norm.logcdf(ratio - spread) - norm.logcdf(ratio))
    ends = [mean + spread * norm.isf(share * norm.cdf(ratio)) for share in (0.025, 0.975)]  # of u: the largest first
    return expected, np.exp(-ends[0]), np.exp(-ends[1])
