"""A core and what surrounds it: links by gravity, the split that fits best, and the nested cores of a network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import SAME_NUMBER, Floats

STARTS = 4  # from which the search climbs


@dataclass(frozen=True)
class CorePeriphery:
    """The core of a network, by name, and the correlation of the links with the ideal pattern (1 where either end is in the core)."""

    core: tuple[object, ...]
    fit: float


def gravity_links(masses: pd.Series, km: Floats, power: float = 2.0) -> pd.DataFrame:
    r""":math:`a_{ij} = m_i m_j / d_{ij}^p`, zero on the diagonal; the sum of a row is the potential of its place.

    Parameters
    ----------
    masses : (N,) positive, by entity.
    km : (N, N) distances in the same order.

    Raises
    ------
    MeasureError
        If a mass is missing or not positive, or a distance between two places is missing or zero.

    Examples
    --------
    >>> links = gravity_links(pd.Series([1.0, 2.0], index=["a", "b"]), np.array([[0.0, 10.0], [10.0, 0.0]]))
    >>> float(links.loc["a", "b"])
    0.02
    """
    m = numeric(masses, "gravity needs masses")
    if not (m > 0).all():
        raise MeasureError(f"the mass of {masses.index[int((~(m > 0)).argmax())]} is missing or not positive", remedy="leave the place out")
    apart = np.where(np.eye(len(m), dtype=bool), np.inf, numeric(km, "gravity needs distances"))
    if not (apart > 0).all():
        raise MeasureError("two places have no distance between them", remedy="fill the distance, or join the places")
    return pd.DataFrame(np.outer(m, m) / apart**power, index=masses.index, columns=masses.index)


def core_periphery(links: pd.DataFrame) -> CorePeriphery:
    r"""The core C that maximises the correlation of the links with :math:`\delta_{ij} = 1` if i or j is in C, else 0 (i < j).

    From the best-fitting numbers of the strongest places, places are moved one at a time while the correlation rises.

    Parameters
    ----------
    links : (N, N) symmetric, N > 2, at least two different values off the diagonal.

    Raises
    ------
    MeasureError

    References
    ----------
    Borgatti and Everett (2000), Social Networks 21.
    """
    a = _symmetric(links)
    n, pairs = len(a), len(a) * (len(a) - 1) / 2
    upper = a[np.triu_indices(n, 1)]
    if n < 3 or upper.std() <= SAME_NUMBER * np.abs(upper).max():
        raise MeasureError("a core needs three places, and links that differ", remedy="check the links")

    def correlation(outside: Floats, count: Floats) -> Floats:
        """From the links among the periphery, and its size."""
        share = 1 - count * (count - 1) / 2 / pairs
        spread = np.sqrt(np.maximum(share * (1 - share), 0.0))
        inside = (upper.sum() - outside) / pairs - share * upper.mean()
        return np.asarray(np.divide(inside, spread * upper.std(), out=np.full_like(inside, -np.inf), where=spread > 1e-9))

    order = np.argsort(-a.sum(axis=1), kind="stable")
    prefixes = np.tril(np.ones((n - 2, n), dtype=bool))[:, np.argsort(order)]  # the strongest 1, 2, ..., n - 2 places
    left = (~prefixes).astype(float)
    starts = correlation(np.einsum("si,ij,sj->s", left, a, left, optimize=True) / 2, left.sum(axis=1))
    best, core = -np.inf, prefixes[0]
    for start in np.argsort(-starts, kind="stable")[:STARTS]:
        inside, value = prefixes[start].copy(), float(starts[start])
        while True:
            periphery = (~inside).astype(float)
            around = a @ periphery
            sign = np.where(inside, 1.0, -1.0)
            moved = correlation(float(periphery @ around) / 2 + sign * around, periphery.sum() + sign)
            if moved.max() <= value + SAME_NUMBER:
                break
            value = float(moved.max())
            inside[int(moved.argmax())] ^= True
        if value > best + SAME_NUMBER:
            best, core = value, inside
    return CorePeriphery(tuple(links.index[core]), best)


def k_core(links: pd.DataFrame) -> pd.Series:
    """The core number of each place: the largest k such that it lies in a set whose members all have k links inside the set.

    Parameters
    ----------
    links : (N, N) symmetric; whatever is not zero is a link.

    References
    ----------
    Seidman (1983), Social Networks 5.

    Examples
    --------
    >>> star = pd.DataFrame([[0, 1, 1], [1, 0, 0], [1, 0, 0]], index=list("abc"), columns=list("abc"))
    >>> k_core(star).tolist()
    [1, 1, 1]
    """
    near = _symmetric(links) != 0
    left, number, k = np.ones(len(near), dtype=bool), np.zeros(len(near), dtype=int), 0
    while left.any():
        degree = np.where(left, near[:, left].sum(axis=1), len(near))
        k = max(k, int(degree.min()))
        gone: NDArray[np.bool_] = left & (degree <= k)
        number[gone] = k
        left &= ~gone
    return pd.Series(number, index=links.index, name="core")


def _symmetric(links: pd.DataFrame) -> Floats:
    a = numeric(links, "links need numbers").copy()
    np.fill_diagonal(a, 0.0)
    if list(links.index) != list(links.columns) or not np.isfinite(a).all() or not np.allclose(a, a.T):
        raise MeasureError("the links are not a symmetric table of numbers with the same names in rows and columns", remedy="use a + a.T")
    return a
