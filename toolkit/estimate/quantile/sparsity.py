"""Sample quantiles, and the bandwidth for the density at one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EDGE = 0.999  # share of the distance to 0 or 1 that a bandwidth may take


def hall_sheather(rows: int, q: float, level: float = 0.95) -> float:
    """Hall and Sheather's (1988) bandwidth in units of probability, kept inside (0, 1).

    h = n^(-1/3) z^(2/3) [1.5 phi(z_q)^2 / (2 z_q^2 + 1)]^(1/3), z the normal quantile of ``level`` and z_q that of q.

    Examples
    --------
    >>> round(hall_sheather(1000, 0.5), 4)
    0.0972
    """
    from scipy.special import ndtri

    at = float(ndtri(q))
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    width = rows ** (-1 / 3) * float(ndtri(0.5 + level / 2)) ** (2 / 3) * (1.5 * density**2 / (2 * at**2 + 1)) ** (1 / 3)
    return float(min(width, EDGE * q, EDGE * (1 - q)))


def smallest_reaching(values: NDArray[np.float64], q: float) -> float:
    """The smallest of the values that a share q of them does not exceed; a share that equals q but for rounding reaches it.

    Examples
    --------
    >>> smallest_reaching(np.array([3.0, 1.0, 2.0]), 0.5), 0.07 * 100 > 7, smallest_reaching(np.arange(1.0, 101), 0.07)
    (2.0, True, 7.0)
    """
    rank = int(np.ceil(q * len(values) * (1 - 1e-12)))
    return float(np.partition(values, rank - 1)[rank - 1])
