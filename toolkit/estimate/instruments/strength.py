"""How strong the instruments are: rank tests, conditional F, effective F."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import UnknownOption
from toolkit.estimate.instruments.projection import Projection, quadratic_form

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class EffectiveF:
    """The effective F statistic of Montiel Olea and Pflueger (2013), for one endogenous regressor.

    F = |P d|^2 / tr(V) with V the covariance of the first-stage coefficients on orthonormal instruments. Its critical value comes from
    Patnaik's approximation: with x = 1/tau, K = tr(V)^2 (1 + 2x) / (tr(V^2) + 2 x tr(V) max eig(V)) the value is the quantile of a
    noncentral chi-squared with K degrees of freedom and noncentrality x K, over K. This is their simplified rule, which bounds the bias for
    every direction of the true parameters.

    Attributes
    ----------
    statistic : the effective F.
    trace, trace_of_square, largest : of V.
    """

    statistic: float
    trace: float
    trace_of_square: float
    largest: float

    def degrees(self, tau: float = 0.10) -> float:
        """K, the effective degrees of freedom; 1 for one instrument."""
        if not 0 < tau < 1:
            raise UnknownOption(f"tau={tau} is no share of the worst-case bias", remedy="a number between 0 and 1, such as 0.10")
        x = 1.0 / tau
        return self.trace**2 * (1 + 2 * x) / (self.trace_of_square + 2 * x * self.trace * self.largest)

    def critical_value(self, tau: float = 0.10, alpha: float = 0.05) -> float:
        """The value above which a bias beyond ``tau`` of the worst case is rejected at level ``alpha``.

        Examples
        --------
        >>> round(EffectiveF(30.0, 1.0, 1.0, 1.0).critical_value(), 2)
        23.11
        """
        from scipy.special import chndtrix

        if not 0 < alpha < 1:
            raise UnknownOption(f"alpha={alpha} is no level of a test", remedy="a number between 0 and 1, such as 0.05")
        degrees = self.degrees(tau)
        return float(chndtrix(1 - alpha, degrees, degrees / tau) / degrees)


def effective_f(projection: Projection) -> EffectiveF | None:
    """The effective F; None with several endogenous regressors or a covariance of zero."""
    if len(projection.endogenous) != 1:
        return None
    first = projection.on_endogenous[:, 0]
    spread = projection.covariance(projection.unexplained(projection.endogenous))
    trace = float(np.trace(spread))
    if trace <= 0:
        return None
    return EffectiveF(float(first @ first) / trace, trace, float(np.sum(spread * spread)), float(np.linalg.eigvalsh(spread)[-1]))


def canonical_correlation(projection: Projection) -> float:
    """Smallest canonical correlation of the endogenous regressors with the instruments, exogenous regressors partialled out."""
    return float(_canonical(projection)[1][-1])


def cragg_donald_f(projection: Projection) -> float:
    """r^2 / (1 - r^2) times df / L, r the smallest canonical correlation (Cragg and Donald 1993)."""
    r = canonical_correlation(projection)
    return float(np.inf) if r >= 1 else r**2 / (1 - r**2) * projection.df / projection.instruments


def rk_lm(projection: Projection) -> float | None:
    """The rk LM statistic of Kleibergen and Paap (2006) that the first-stage coefficients have rank m - 1; chi-squared, L - m + 1 df.

    With t the coefficients in units that make instruments and endogenous regressors orthonormal, t = U S V', lambda = U2' t v2 for the
    smallest singular value, and rk = lambda' (U2' W U2)^-1 lambda. W is the covariance of the scores of the instruments with the errors
    of the direction v2 under no relation, which are the regressors themselves, as in the Stata command ranktest; no small-sample factor.
    None when W is singular.
    """
    smallest, free = _weakest(projection)
    return quadratic_form(free.T @ projection.basis @ smallest, free.T @ projection.meat(smallest[None, :]) @ free)


def rk_wald_f(projection: Projection) -> float | None:
    """The rk Wald statistic over L: W from the first-stage residuals, with their small-sample factor.

    With one endogenous regressor it is the F of the first stage; under homoskedasticity it is the F of Cragg and Donald.
    """
    smallest, free = _weakest(projection)
    spread = projection.covariance(projection.unexplained(smallest[None, :]))
    statistic = quadratic_form(free.T @ projection.basis @ smallest, free.T @ spread @ free)
    return None if statistic is None else statistic / projection.instruments


def conditional_f(projection: Projection, j: int) -> float | None:
    """F of the instruments for endogenous regressor ``j`` given the others (Sanderson and Windmeijer 2016), L - m + 1 df.

    The residual of a two-stage least squares regression of the regressor on the other endogenous ones is regressed on the instruments.
    """
    others = np.delete(np.arange(len(projection.endogenous)), j)
    first, rest = projection.on_endogenous[:, j], projection.on_endogenous[:, others]
    scale = np.linalg.norm(rest, axis=0)
    slopes = np.linalg.lstsq(rest / scale, first, rcond=None)[0] / scale
    error = projection.endogenous[j] - slopes @ projection.endogenous[others]
    wald = quadratic_form(first - rest @ slopes, projection.covariance(projection.unexplained(error[None, :])))
    return None if wald is None else wald / (projection.instruments - len(others))


def _weakest(projection: Projection) -> tuple[Floats, Floats]:
    """The direction (n,) of the endogenous regressors that the instruments explain least, and U2 (L, L - m + 1)."""
    directions, _, left, right = _canonical(projection)
    return right[-1] @ directions, left[:, len(right) - 1 :]


def _canonical(projection: Projection) -> tuple[Floats, Floats, Floats, Floats]:
    """Orthonormal directions (m, n) of the endogenous regressors, and the singular value decomposition of basis times directions."""
    size = np.linalg.norm(projection.endogenous, axis=1)
    directions = np.linalg.qr((projection.endogenous / size[:, None]).T)[0].T
    left, values, right = np.linalg.svd(projection.basis @ directions.T, full_matrices=True)
    return directions, values, left, right
