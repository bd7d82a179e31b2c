"""Kernel densities of a cross-section by year, with their bandwidths, for a figure of the distribution over time."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.inputs.grid import checked_grid
from toolkit.measure.inputs.values import checked_weights, setting
from toolkit.numerics import Floats

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


Bandwidth = Literal["silverman", "sheather_jones"]
REACH = 4.0  # bandwidths beyond the outermost value: a normal leaves 3e-5 of its mass there


def densities(
    values: pd.DataFrame, *, bandwidth: Bandwidth = "silverman", weights: ArrayLike | None = None, points: int = 201
) -> pd.DataFrame:
    r"""Gaussian kernel density of each year on one common grid, :math:`\hat f_t(x) = \sum_i w_i\, \phi((x - x_{it})/h_t) / h_t`.

    Parameters
    ----------
    values : frame of N entities by T years, any unit (take logs before); missing values leave that year's density and show in ``units``.
    bandwidth : "silverman", 0.9 min(sd, IQR/1.34) n^(-1/5); or "sheather_jones", the solve-the-equation plug-in (unweighted only).
        Each year has its own.
    weights : (N,) non-negative, one per entity; equal when omitted.
    points : number of points of the grid, which reaches four bandwidths beyond the data.

    Returns
    -------
    One row per year and point: year, x, density (integrates to one over x), bandwidth, units (entities seen that year).

    Raises
    ------
    MeasureError
        When a year has fewer than two values or no spread, or weights do not fit.

    References
    ----------
    Silverman (1986), Density Estimation, section 3.4.2; Sheather and Jones (1991), Journal of the Royal Statistical Society B 53.

    Examples
    --------
    >>> frame = pd.DataFrame({2020: [1.0, 2.0, 3.0], 2021: [2.0, 3.0, 4.0]}, index=["a", "b", "c"])
    >>> drawn = densities(frame)
    >>> drawn.groupby("year")["x"].apply(lambda x: round(x.iloc[drawn.loc[x.index, "density"].argmax()], 1)).tolist()
    [2.0, 3.0]
    """
    if bandwidth not in get_args(Bandwidth):
        raise UnknownOption(f"bandwidth={bandwidth!r} is none of the choices", remedy=f"one of {', '.join(get_args(Bandwidth))}")
    if weights is not None and bandwidth == "sheather_jones":
        raise MeasureError("the Sheather-Jones bandwidth is for equal weights", remedy='use bandwidth="silverman" with weights')
    if not setting(points, "points") >= 2 or points % 1:
        raise MeasureError(f"a density on {points} points cannot be drawn", remedy="use at least 2 points, usually 200")
    grid = checked_grid(values, "the kernel density", missing="allow")
    w = checked_weights(weights, len(grid.entities), "the kernel density")
    years: list[tuple[int, Floats, Floats, float]] = []
    for t, year in enumerate(grid.times):
        seen = ~np.isnan(grid.values[:, t]) & (w > 0)
        x, share = grid.values[seen, t], w[seen]
        if x.size < 2 or np.ptp(x) == 0:
            raise MeasureError(
                f"the kernel density of {year} has {x.size} values and no spread", where=f"year {year}", remedy="leave this year out"
            )
        share = share / share.sum()
        h = silverman(x, share) if bandwidth == "silverman" else sheather_jones(x)
        years.append((int(year), x, share, h))
    low = min(float(x.min()) - REACH * h for _, x, _, h in years)
    high = max(float(x.max()) + REACH * h for _, x, _, h in years)
    at = np.linspace(low, high, points)
    drawn = [
        pd.DataFrame({"year": year, "x": at, "density": _gaussian_density(x, share, h, at), "bandwidth": h, "units": x.size})
        for year, x, share, h in years
    ]
    return pd.concat(drawn, ignore_index=True)


def _gaussian_density(x: Floats, weights: Floats, bandwidth: float, at: Floats) -> Floats:
    """Density at the points ``at`` (m,) of values ``x`` (n,) with weights that sum to one; memory of order n.

    Examples
    --------
    >>> _gaussian_density(np.array([0.0]), np.array([1.0]), 1.0, np.array([0.0])).round(4)
    array([0.3989])
    """
    found = [float(weights @ np.exp(-0.5 * np.square((point - x) / bandwidth))) for point in at]
    return np.asarray(np.array(found) / (bandwidth * np.sqrt(2 * np.pi)), dtype=np.float64)
