"""The location-scale model of Machado and Santos Silva (2019) on arrays: two within regressions and what each row does to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.kernels import Absorber, least_squares
from toolkit.estimate.quantile.sparsity import hall_sheather, smallest_reaching

Floats = NDArray[np.float64]

ROUNDING = 1e-9  # of the mean absolute residual: a residual or a fitted scale below it is zero, and two residuals so close are equal


@dataclass(frozen=True)
class LocationScale:
    """The two within regressions.

    Attributes
    ----------
    columns : (k, n) regressors with effects removed.
    bread : (k, k).
    location, scale : (k,) coefficients b and c.
    residuals : (n,) y - a_i - x'b.
    fitted : (n,) fitted scale d_i + x'c, effects included.
    """

    columns: Floats
    bread: Floats
    location: Floats
    scale: Floats
    residuals: Floats
    fitted: Floats

    @property
    def positive(self) -> NDArray[np.bool_]:
        """(n,) rows whose fitted scale is positive beyond rounding; only they have a standardised residual."""
        return np.asarray(self.fitted > ROUNDING * float(np.abs(self.residuals).mean()))

    @property
    def signs(self) -> Floats:
        """(n,) sign of each residual, zero where it is rounding."""
        return np.sign(self.residuals) * (np.abs(self.residuals) > ROUNDING * float(np.abs(self.residuals).mean()))

    @property
    def standardised(self) -> Floats:
        """Residuals over their scale, on the positive rows."""
        return self.residuals[self.positive] / self.fitted[self.positive]

    def quantile(self, q: float) -> float:
        """The q-quantile of the standardised residual: the smallest value that a share q does not exceed."""
        return smallest_reaching(self.standardised, q)

    def slopes(self, q: float) -> Floats:
        """(k,) coefficients at the quantile."""
        return self.location + self.scale * self.quantile(q)


def location_scale(outcome: Floats, columns: Floats, absorber: Absorber) -> LocationScale:
    """The two regressions on arrays with effects removed: ``outcome`` (n,), ``columns`` (k, n)."""
    first = least_squares(outcome, columns.T)
    size = np.abs(first.residuals)
    within = size[None, :].copy()
    absorber.demean(within)
    second = least_squares(within[0], columns.T)
    return LocationScale(columns, first.bread, first.beta, second.beta, first.residuals, size - second.residuals)


def influence(fit: LocationScale, absorber: Absorber, q: float) -> tuple[Floats, Floats]:
    """(k, n) influence of each row on the coefficients at the quantile q, and (k, n) on those of the scale.

    With R the residual, s the fitted scale, P the projection on regressors and effects, k the mean sign of R and V = |R| - s - k R, the
    errors of the fitted location and scale are P R and P V. The quantile u moves by

        (q - 1{R/s <= u}) / f - h (R + u V),    h = P(1/s),

    averaged over rows, and the coefficients by (X'X)^-1 x (R + u V) + c times that.
    """
    u, positive, n = fit.quantile(q), fit.positive, len(fit.residuals)
    share = n / int(positive.sum())
    sign = float(fit.signs.mean())
    spread = np.abs(fit.residuals) - fit.fitted - sign * fit.residuals
    inverse = np.zeros(n)
    inverse[positive] = share / fit.fitted[positive]
    rest = inverse[None, :].copy()
    absorber.demean(rest)
    projected = inverse - least_squares(rest[0], fit.columns.T).residuals
    below = np.zeros(n)
    below[positive] = share * (q - (fit.standardised <= u + ROUNDING * float(np.abs(fit.standardised).mean())))
    moved = fit.residuals + u * spread
    of_quantile = below * _sparsity(fit, q) - projected * moved
    base = fit.bread @ fit.columns
    return base * moved + np.outer(fit.scale, of_quantile) / n, base * spread


def _sparsity(fit: LocationScale, q: float) -> float:
    """1 / f(u) as the difference quotient of sample quantiles."""
    standardised = fit.standardised
    width = hall_sheather(len(standardised), q)
    low, high = np.quantile(standardised, [q - width, q + width])
    return float((high - low) / (2 * width))
