"""Kernel densities of a cross-section by year, for a figure of the distribution over time."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.convergence.bandwidth import sheather_jones, silverman
from toolkit.measure.grid import Floats, checked_grid
from toolkit.measure.values import checked_weights, setting

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
        pd.DataFrame({"year": year, "x": at, "density": gaussian_density(x, share, h, at), "bandwidth": h, "units": x.size})
        for year, x, share, h in years
    ]
    return pd.concat(drawn, ignore_index=True)


def gaussian_density(x: Floats, weights: Floats, bandwidth: float, at: Floats) -> Floats:
    """Density at the points ``at`` (m,) of values ``x`` (n,) with weights that sum to one; memory of order n.

    Examples
    --------
    >>> gaussian_density(np.array([0.0]), np.array([1.0]), 1.0, np.array([0.0])).round(4)
    array([0.3989])
    """
    found = [float(weights @ np.exp(-0.5 * np.square((point - x) / bandwidth))) for point in at]
    return np.asarray(np.array(found) / (bandwidth * np.sqrt(2 * np.pi)), dtype=np.float64)
