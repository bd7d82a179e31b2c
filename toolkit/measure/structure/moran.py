"""Are neighbours alike? Moran's I, Geary's c and Getis and Ord's G, for the whole map and place by place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric
from toolkit.measure.markov.spatial import checked_weights
from toolkit.numerics import SAME_NUMBER, Floats
from toolkit.report import Fields, PValue
from toolkit.transform.neighbours import Weights

QUADRANTS = ("low-low", "low-high", "high-low", "high-high")  # the place, then its neighbours


@dataclass(frozen=True, eq=False, repr=False)
class SpatialIndex(Fields):
    """One number for a map, and what it is when the places do not matter.

    Attributes
    ----------
    value, expected : the index, and its mean over shuffled maps.
    variance, variance_normal : over shuffled maps, and for normal values; NaN where no formula exists.
    p_value : (1 + shuffles at least as extreme) / (1 + shuffles), towards likeness of neighbours; both ways for two variables.
    p_analytic : from the normal distribution with ``variance``, in the same direction.
    draws : (B,) the index of each shuffle.
    """

    value: float
    expected: float
    variance: float
    variance_normal: float
    p_value: PValue
    p_analytic: PValue
    draws: Floats


def moran(values: pd.Series, weights: ArrayLike | Weights, *, rng: np.random.Generator, permutations: int = 999) -> SpatialIndex:
    r""":math:`I = (N / S_0) z'Wz / z'z` with :math:`z` the deviations from the mean and :math:`S_0` the sum of all weights.

    Parameters
    ----------
    values : (N,) one value for each entity, labelled by it.
    weights : links, put into the order of the values by name, or an array (N, N) in it; row-standardised ones make W z the mean of the
        neighbours.
    rng : the source of randomness.
    permutations : shuffles.

    Raises
    ------
    MeasureError
        On missing or constant values, or weights that do not fit; islands are named.

    References
    ----------
    Moran (1950), Biometrika 37; Cliff and Ord (1981), Spatial Processes, for the variances.

    Examples
    --------
    >>> line = pd.Series([1.0, 2.0, 3.0, 4.0], index=list("abcd"))
    >>> chain = [[0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0.5, 0, 0.5], [0, 0, 1, 0]]
    >>> round(moran(line, chain, rng=np.random.default_rng(1)).value, 3)
    0.4
    """
    z, w = _inputs(values, weights)
    n, s0, s1, s2, k = _sums(z, w)
    expected = -1 / (n - 1)
    randomised = n * ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) - k * ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2)
    return _index(
        value=n / s0 * _cross(z[None, :], w)[0] / (z @ z),
        draws=n / s0 * _cross(_shuffled(z, rng, permutations), w) / (z @ z),
        expected=expected,
        variance=randomised / ((n - 1) * (n - 2) * (n - 3) * s0**2) - expected**2 if n > 3 else np.nan,
        variance_normal=(n**2 * s1 - n * s2 + 3 * s0**2) / ((n**2 - 1) * s0**2) - expected**2,
    )


def geary(values: pd.Series, weights: ArrayLike | Weights, *, rng: np.random.Generator, permutations: int = 999) -> SpatialIndex:
    r""":math:`c = \frac{N - 1}{2 S_0} \sum_{ij} w_{ij}(x_i - x_j)^2 / z'z`, below one where neighbours are alike; else as :func:`moran`.

    References
    ----------
    Geary (1954), The Incorporated Statistician 5.
    """
    z, w = _inputs(values, weights)
    n, s0, s1, s2, k = _sums(z, w)
    ends = w.sum(axis=0) + w.sum(axis=1)

    def index(maps: Floats) -> Floats:
        return np.asarray((n - 1) / (2 * s0) * (maps**2 @ ends - 2 * _cross(maps, w)) / (z @ z))

    randomised = (
        (n - 1) * s1 * (n**2 - 3 * n + 3 - (n - 1) * k)
        - (n - 1) * s2 * (n**2 + 3 * n - 6 - (n**2 - n + 2) * k) / 4
        + s0**2 * (n**2 - 3 - (n - 1) ** 2 * k)
    )
    return _index(
        value=float(index(z[None, :])[0]),
        draws=index(_shuffled(z, rng, permutations)),
        expected=1.0,
        variance=randomised / (n * (n - 2) * (n - 3) * s0**2) if n > 3 else np.nan,
        variance_normal=((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (n + 1) * s0**2),
        sign=-1,
    )


def getis_ord(values: pd.Series, weights: ArrayLike | Weights, *, rng: np.random.Generator, permutations: int = 999) -> SpatialIndex:
    r""":math:`G = \sum_{ij} w_{ij} x_i x_j / \sum_{i \ne j} x_i x_j` of positive values: large where high ones lie together.

    Arguments and errors as :func:`moran`; weights are best left binary.

    References
    ----------
    Getis and Ord (1992), Geographical Analysis 24.
    """
    z, w = _inputs(values, weights)
    x = values.to_numpy(dtype=float)
    if (x <= 0).any():
        raise MeasureError("G needs positive values", where=str(values.index[int((x <= 0).argmax())]), remedy="use moran")
    n, s0, s1, s2, _ = _sums(z, w)
    m1, m2, m3, m4 = (float((x**power).sum()) for power in (1, 2, 3, 4))
    expected = s0 / (n * (n - 1))
    square = (
        ((n**2 - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) * m2**2
        - ((n**2 - n) * s1 - 2 * n * s2 + 6 * s0**2) * m4
        - (2 * n * s1 - (n + 3) * s2 + 6 * s0**2) * m1**2 * m2
        + (4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2) * m1 * m3
        + (s1 - s2 + s0**2) * m1**4
    )
    return _index(
        value=_cross(x[None, :], w)[0] / (m1**2 - m2),
        draws=_cross(_shuffled(x, rng, permutations), w) / (m1**2 - m2),
        expected=expected,
        variance=square / ((m1**2 - m2) ** 2 * n * (n - 1) * (n - 2) * (n - 3)) - expected**2 if n > 3 else np.nan,
        variance_normal=np.nan,
    )


def bivariate_moran(
    first: pd.Series, second: pd.Series, weights: ArrayLike | Weights, *, rng: np.random.Generator, permutations: int = 999
) -> SpatialIndex:
    r""":math:`I_{xy} = x'Wy / N` of standardised values: the first in a place with the second around it. The second is shuffled.

    References
    ----------
    Wartenberg (1985), Geographical Analysis 17.
    """
    (a, w), (b, _) = _inputs(first, weights), _inputs(second.reindex(first.index), weights)
    scale = len(a) * a.std() * b.std()
    value, draws = float(a @ w @ b / scale), _shuffled(b, rng, permutations) @ (w.T @ a) / scale
    extreme = int((np.abs(draws) >= abs(value) - SAME_NUMBER).sum())
    p_value = (1 + extreme) / (1 + permutations)
    return SpatialIndex(value=value, expected=0.0, variance=np.nan, variance_normal=np.nan, p_value=p_value, p_analytic=np.nan, draws=draws)


def local_moran(values: pd.Series, weights: ArrayLike | Weights, *, rng: np.random.Generator, permutations: int = 999) -> pd.DataFrame:
    r""":math:`I_i = z_i \sum_j w_{ij} z_j / m_2` with :math:`m_2 = z'z / N`: which places are like their neighbours, and which stand out.

    Arguments and errors as :func:`moran`.

    Returns
    -------
    Frame by entity: ``z`` and ``lag`` (standardised value, and W z), ``value``, ``std_error`` (given z_i), ``p_analytic``, ``p_value``
    (two-sided, all others shuffled around each place), ``q_value`` (the false discovery rate at which it is reported, Benjamini and
    Hochberg), and ``quadrant``.

    References
    ----------
    Anselin (1995), Geographical Analysis 27; Sokal, Oden and Thomson (1998) for the variance given z_i.
    """
    from scipy.special import ndtr

    z, w = _inputs(values, weights)
    n, m2 = len(z), float(z @ z) / len(z)
    found, sums, squares = z * (w @ z) / m2, w.sum(axis=1), (w**2).sum(axis=1)
    expected = -(z**2) * sums / ((n - 1) * m2)
    variance = (z / m2) ** 2 * n / (n - 2) * (squares - sums**2 / (n - 1)) * (m2 - z**2 / (n - 1))
    error = np.sqrt(np.maximum(variance, 0.0))
    p_value = np.empty(n)
    for i in range(n):
        others = np.delete(np.arange(n), i)
        draws = z[i] / m2 * (_shuffled(z[others], rng, permutations) @ w[i, others])
        extreme = int((np.abs(draws - expected[i]) >= abs(found[i] - expected[i]) - SAME_NUMBER).sum())
        p_value[i] = (1 + extreme) / (1 + permutations)
    standardised = z / np.sqrt(m2)
    return pd.DataFrame(
        {
            "z": standardised,
            "lag": w @ standardised,
            "value": found,
            "std_error": error,
            "p_analytic": 2 * ndtr(-np.abs(found - expected) / np.where(error > 0, error, np.inf)),
            "p_value": p_value,
            "q_value": _discovery_rate(p_value),
            "quadrant": np.array(QUADRANTS)[2 * (z > 0) + (w @ z > 0)],
        },
        index=values.index,
    )


def local_getis_ord(values: pd.Series, weights: ArrayLike | Weights) -> pd.DataFrame:
    """G* of each place as a normal z: high where it and its neighbours (each counted once) hold more than their share.

    It is zero where they are the whole map.

    Returns
    -------
    Frame by entity: ``value`` (z), ``p_value`` (two-sided), ``q_value`` (false discovery rate).

    References
    ----------
    Ord and Getis (1995), Geographical Analysis 27.
    """
    from scipy.special import ndtr

    z, w = _inputs(values, weights)
    n, near = len(z), (w > 0) + np.eye(len(z))
    count = near.sum(axis=1)
    spread = z.std() * np.sqrt((n * count - count**2) / (n - 1))
    found = np.divide(near @ z, spread, out=np.zeros(n), where=count < n)
    p_value = 2 * ndtr(-np.abs(found))
    return pd.DataFrame({"value": found, "p_value": p_value, "q_value": _discovery_rate(p_value)}, index=values.index)


def _inputs(values: pd.Series, weights: ArrayLike | Weights) -> tuple[Floats, Floats]:
    """Deviations from the mean (N,), and the weights (N, N) in their order."""
    x = numeric(values, "a spatial index needs numbers")
    if not np.isfinite(x).all() or np.ptp(x) == 0:
        raise MeasureError("a spatial index needs values that are there and differ", remedy="leave entities without a value out of both")
    entities = tuple(values.index)
    given = weights if isinstance(weights, Weights) else Weights(numeric(weights, "the weights of the neighbours need numbers"), entities)
    if given.links.shape != (len(given.ids),) * 2:
        checked_weights(given.links, entities)
    checked_weights(given.row_standardised() if (given.links.sum(axis=1) > 0).all() else given, entities)
    return x - x.mean(), given.ordered(entities).matrix


def _sums(z: Floats, w: Floats) -> tuple[int, float, float, float, float]:
    """N, S0, S1, S2 of Cliff and Ord, and the kurtosis of the values."""
    both = w + w.T
    kurtosis = len(z) * float((z**4).sum()) / float(z @ z) ** 2
    return len(z), float(w.sum()), float((both**2).sum()) / 2, float((both.sum(axis=1) ** 2).sum()), kurtosis


def _shuffled(z: Floats, rng: np.random.Generator, permutations: int) -> Floats:
    return rng.permuted(np.broadcast_to(z, (permutations, len(z))), axis=1)


def _cross(maps: Floats, w: Floats) -> Floats:
    """z'Wz of each row of ``maps`` (B, N)."""
    return np.asarray(((maps @ w) * maps).sum(axis=1))


def _discovery_rate(p_values: Floats) -> Floats:
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p_values))


def _index(value: float, draws: Floats, expected: float, variance: float, variance_normal: float, sign: int = 1) -> SpatialIndex:
    from scipy.special import ndtr

    reached = int((sign * draws >= sign * value - SAME_NUMBER).sum())
    return SpatialIndex(
        value=float(value),
        expected=expected,
        variance=float(variance),
        variance_normal=float(variance_normal),
        p_value=(1 + reached) / (1 + len(draws)),
        p_analytic=float(ndtr(-sign * (value - expected) / np.sqrt(variance))),
        draws=draws,
    )
