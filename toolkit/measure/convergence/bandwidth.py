"""Bandwidths of a Gaussian kernel density."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import MeasureError
from toolkit.measure.grid import Floats

COINCIDE = 1e-10  # of the standard deviation: quartiles so close coincide
MOST_PAIRWISE = 5_000  # above it the pairwise sums of Sheather-Jones would need gigabytes


def spread(x: Floats, weights: Floats, divisor: float) -> float:
    """The smaller of the standard deviation and IQR/divisor, or the standard deviation where the quartiles coincide.

    Equal weights: divisor n - 1 and linearly interpolated quartiles. Otherwise the effective number of units 1/sum(w^2) takes the place
    of n, and the quartiles are interpolated at the middle of each unit's weight.

    Examples
    --------
    >>> round(spread(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25), 1.34), 4)
    1.1194
    """
    n = 1.0 / float(weights @ weights)
    mean = float(weights @ x)
    deviation = float(np.sqrt(weights @ np.square(x - mean) * n / (n - 1)))
    if np.allclose(weights, weights[0]):
        low, high = np.quantile(x, [0.25, 0.75])
    else:
        order = np.argsort(x, kind="stable")
        middle = np.cumsum(weights[order]) - weights[order] / 2
        low, high = np.interp([0.25, 0.75], middle, x[order])
    between = float(high - low) / divisor
    return min(deviation, between) if between > COINCIDE * deviation else deviation


def silverman(x: Floats, weights: Floats) -> float:
    """0.9 min(sd, IQR/1.34) n^(-1/5), with the effective number of units 1/sum(w^2) for n.

    References
    ----------
    Silverman (1986), Density Estimation for Statistics and Data Analysis, equation 3.31.

    Examples
    --------
    >>> round(silverman(np.array([1.0, 2.0, 3.0, 4.0]), np.full(4, 0.25)), 4)
    0.7635
    """
    return float(0.9 * spread(x, weights, 1.34) * float(weights @ weights) ** 0.2)


def sheather_jones(x: Floats) -> float:
    r"""The bandwidth that solves :math:`h = [R(K) / (n\, \hat S(\alpha(h)))]^{1/5}` with the pilot bandwidth of the paper.

    Raises
    ------
    MeasureError
        With more than 5,000 values, when half of the values coincide, or when the equation has no solution.

    References
    ----------
    Sheather and Jones (1991), Journal of the Royal Statistical Society B 53, section 3.

    Examples
    --------
    >>> round(sheather_jones(np.array([1.0, 2.0, 3.0, 4.0, 7.0])), 2)
    1.12
    """
    from scipy.optimize import brentq

    n = x.size
    if n > MOST_PAIRWISE:
        raise MeasureError(f"the Sheather-Jones bandwidth of {n} values needs too much memory", remedy='use bandwidth="silverman"')
    low, high = np.quantile(x, [0.25, 0.75])
    if high - low <= COINCIDE * x.std():
        raise _no_solution(n)
    scale = spread(x, np.full(n, 1.0 / n), 1.349)
    gaps = np.abs(x[:, None] - x[None, :])[np.triu_indices(n, 1)]
    s_d = _fourth(gaps, n, 1.24 * scale * n ** (-1 / 7))
    t_d = -_sixth(gaps, n, 1.23 * scale * n ** (-1 / 9))
    if s_d <= 0 or t_d <= 0:
        raise _no_solution(n)

    def excess(h: float) -> float:
        pilot = 1.357 * (s_d / t_d) ** (1 / 7) * h ** (5 / 7)
        roughness = _fourth(gaps, n, pilot)
        return (1 / (2 * np.sqrt(np.pi) * n * roughness)) ** 0.2 - h if roughness > 0 else np.inf

    high = 1.144 * scale * n**-0.2 * 2
    grid = high * np.geomspace(1e-3, 8, 60)
    signs = np.array([excess(h) for h in grid])
    crossings = np.flatnonzero((signs[:-1] > 0) & (signs[1:] <= 0) & np.isfinite(signs[:-1]))
    if not crossings.size:
        raise _no_solution(n)
    k = int(crossings[-1])
    return float(brentq(excess, grid[k], grid[k + 1], xtol=1e-12 * scale))


def _no_solution(n: int) -> MeasureError:
    return MeasureError(
        f"the Sheather-Jones equation has no solution for these {n} values", remedy='many values coincide: use bandwidth="silverman"'
    )


def _fourth(gaps: NDArray[np.float64], n: int, h: float) -> float:
    """Estimate of the integral of f'' squared with a normal kernel of bandwidth h."""
    u = np.square(gaps / h)
    total = 2 * float(np.sum(np.exp(-u / 2) * (u**2 - 6 * u + 3))) + 3 * n
    return float(total / (np.sqrt(2 * np.pi) * n * (n - 1) * h**5))


def _sixth(gaps: NDArray[np.float64], n: int, h: float) -> float:
    """Estimate of minus the integral of f''' squared."""
    u = np.square(gaps / h)
    total = 2 * float(np.sum(np.exp(-u / 2) * (u**3 - 15 * u**2 + 45 * u - 15))) - 15 * n
    return float(total / (np.sqrt(2 * np.pi) * n * (n - 1) * h**7))
