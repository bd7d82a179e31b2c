"""Are two structures alike: UNIDO similarity, Krugman, Duncan, a null, two-way flows (Grubel–Lloyd), mutual information of a table."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.composite.matrix import checked_matrix
from toolkit.measure.inputs.values import checked, numeric, same_rows, setting
from toolkit.numerics import Floats


def structural_similarity(values: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    r"""UNIDO's coefficient of structural similarity between every two rows.

    .. math:: S_{ij} = \frac{\sum_k x_{ik} x_{jk}}{\sqrt{\sum_k x_{ik}^2 \sum_k x_{jk}^2}}

    with :math:`x_{ik}` the share of industry k in region i: 1 for the same structure, 0 for no industry in common.

    Parameters
    ----------
    values : (n, K) regions by industries, non-negative, any unit; amounts and shares give the same result.

    Returns
    -------
    (n, n) symmetric frame with ones on the diagonal.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, or a region where every industry is zero.

    References
    ----------
    UNIDO (1979), World Industry since 1960: Progress and Prospects.

    Examples
    --------
    >>> structural_similarity([[1.0, 1.0], [2.0, 2.0], [1.0, 0.0]]).round(3).to_numpy().tolist()
    [[1.0, 1.0, 0.707], [1.0, 1.0, 0.707], [0.707, 0.707, 1.0]]
    """
    shares = _structures(values, "structural similarity")
    x = shares.to_numpy()
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    same = np.clip(unit @ unit.T, 0.0, 1.0)
    np.fill_diagonal(same, 1.0)
    return pd.DataFrame(same, index=shares.index, columns=shares.index)


def krugman_index(values: pd.DataFrame | ArrayLike) -> pd.DataFrame:
    r"""Krugman's index of specialisation between every two rows: :math:`K_{ij} = \sum_k |x_{ik} - x_{jk}|`, from 0 (same) to 2 (disjoint).

    Parameters
    ----------
    values : (n, K) regions by industries, non-negative, any unit; turned into shares.

    Returns
    -------
    (n, n) symmetric frame with zeros on the diagonal.

    Raises
    ------
    MeasureError
        As :func:`structural_similarity`.

    References
    ----------
    Krugman (1991), Geography and Trade, MIT Press, ch. 3.

    Examples
    --------
    >>> krugman_index([[1.0, 1.0], [3.0, 1.0], [0.0, 5.0]]).to_numpy().tolist()
    [[0.0, 0.5, 1.0], [0.5, 0.0, 1.5], [1.0, 1.5, 0.0]]
    """
    shares = _structures(values, "Krugman's index")
    x = shares.to_numpy()
    apart = np.abs(x[:, None, :] - x[None, :, :]).sum(axis=2)
    return pd.DataFrame(apart, index=shares.index, columns=shares.index)


def duncan_index(first: ArrayLike, second: ArrayLike) -> float:
    r"""Duncan's index of dissimilarity of two distributions over the same places: the share of one that would have to move.

    .. math:: D = \frac{1}{2} \sum_i \left| \frac{x_i}{\sum x} - \frac{y_i}{\sum y} \right|

    Half of Krugman's index of the two rows: 0 for the same distribution, 1 for no place in common.

    Parameters
    ----------
    first, second : (n,) non-negative, each in a unit of its own.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, all zeros, different lengths, or Series with different rows.

    References
    ----------
    Duncan and Duncan (1955), A methodological analysis of segregation indexes, American Sociological Review 20.

    Examples
    --------
    >>> duncan_index([3.0, 1.0], [1.0, 1.0])
    0.25
    """
    what = "Duncan's index"
    x, y = checked(first, what, "non-negative"), checked(second, what, "non-negative")
    if x.size != y.size:
        raise MeasureError(f"{what} got {x.size} and {y.size} values", remedy="give both for each place")
    same_rows(first, second, "second values", what)
    x, y = x / x.max(), y / y.max()  # sums of very large amounts would overflow
    return float(np.abs(x / x.sum() - y / y.sum()).sum() / 2)


def random_structures(structure: ArrayLike, regions: int, draws: int, *, rng: np.random.Generator, concentration: float = 1.0) -> Floats:
    r"""Structures of regions that divide at random around a common one: the null of a similarity.

    .. math:: x_i \sim \text{Dirichlet}(c K p), \qquad E\, x_{ik} = p_k, \quad \text{Var}\, x_{ik} = p_k (1 - p_k) / (c K + 1)

    For equal shares p and c = 1 that is a uniform draw among all structures of K industries.

    Parameters
    ----------
    structure : (K,) of all regions together, positive, any unit.
    regions, draws : how many of each.
    rng : source of the draws.
    concentration : c, positive; the larger, the closer every region is to the common structure.

    Returns
    -------
    (draws, regions, K) shares.

    Raises
    ------
    MeasureError
        On missing, negative or zero values, or a concentration that is not positive.

    Examples
    --------
    >>> random_structures([1.0, 3.0], 5, 2, rng=np.random.default_rng(1)).sum(axis=2).round(12).tolist()
    [[1.0, 1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0, 1.0]]
    """
    p = checked(structure, "a random structure", "positive")
    c = setting(concentration, "concentration")
    if not 0 < c < np.inf:
        raise MeasureError(f"concentration={c:g} is not positive", remedy="use one for structures as random as possible")
    return rng.dirichlet(c * p.size * p / p.sum(), size=(draws, regions))


def grubel_lloyd(outflow: ArrayLike, inflow: ArrayLike) -> pd.Series:
    r"""Balance of a two-way flow: :math:`G_i = 1 - |X_i - M_i| / (X_i + M_i)`, 1 when both ways are equal, 0 when there is only one.

    Parameters
    ----------
    outflow, inflow : (n,) non-negative, in the same unit.

    Returns
    -------
    (n,) Series with the index of the flows; missing where nothing flows in either direction.

    Raises
    ------
    MeasureError
        On missing, infinite or negative values, different lengths, or Series with different rows.

    References
    ----------
    Grubel and Lloyd (1975), Intra-Industry Trade, Macmillan.

    Examples
    --------
    >>> grubel_lloyd([3.0, 2.0, 4.0], [1.0, 2.0, 0.0]).tolist()
    [0.5, 1.0, 0.0]
    """
    x, m = _flows(outflow, inflow)
    index = next((flow.index for flow in (outflow, inflow) if isinstance(flow, pd.Series)), None)
    balance = 1 - np.divide(np.abs(x - m), x + m, out=np.full_like(x, np.nan), where=x + m > 0)
    return pd.Series(balance, index=index, name="balance")


def grubel_lloyd_total(outflow: ArrayLike, inflow: ArrayLike) -> float:
    r"""The balance over all items, each weighted by its size: :math:`G = 1 - \sum_i |X_i - M_i| / \sum_i (X_i + M_i)`.

    Parameters
    ----------
    outflow, inflow : (n,) non-negative, in the same unit.

    Raises
    ------
    MeasureError
        As :func:`grubel_lloyd`; also when nothing flows at all.

    Examples
    --------
    >>> grubel_lloyd_total([3.0, 2.0, 4.0], [1.0, 2.0, 0.0])
    0.5
    """
    x, m = _flows(outflow, inflow)
    if not (x + m).any():
        raise MeasureError("the balance of flows is not defined: nothing flows", remedy="check the rows that are left after filtering")
    return float(1 - np.abs(x - m).sum() / (x + m).sum())


def _flows(outflow: ArrayLike, inflow: ArrayLike) -> tuple[Floats, Floats]:
    x, m = checked(outflow, "the balance of flows", "any"), checked(inflow, "the balance of flows", "any")
    if x.size != m.size:
        raise MeasureError(f"the balance of flows got {x.size} outflows and {m.size} inflows", remedy="give both for each item")
    same_rows(outflow, inflow, "inflows", "the balance of flows")
    for flow, word in ((x, "outflow"), (m, "inflow")):
        if (flow < 0).any():
            position = int(np.argmax(flow < 0))
            raise MeasureError(
                f"the {word} at position {position} is negative: {flow[position]:g}", remedy="flows are amounts, not balances"
            )
    return x / 2, m / 2  # the sum of two very large flows would overflow


def _structures(values: pd.DataFrame | ArrayLike, what: str) -> pd.DataFrame:
    frame = checked_matrix(values, what)
    negative = (frame < 0).any(axis=1)
    empty = ~frame.any(axis=1)
    for bad, word in ((negative, "holds a negative value"), (empty, "is zero in every industry")):
        if bad.any():
            raise MeasureError(f"{what}: the row {frame.index[bad][0]!r} {word}", remedy="correct it or leave the region out")
    scaled = frame.div(frame.max(axis=1), axis=0)  # sums of very large amounts would overflow
    return scaled.div(scaled.sum(axis=1), axis=0)


def mutual_information(table: ArrayLike) -> float:
    r"""Mutual information of two dimensions of a table, or the configurational information of three.

    .. math:: T_{xy} = H_x + H_y - H_{xy}, \qquad T_{xyz} = H_x + H_y + H_z - H_{xy} - H_{xz} - H_{yz} + H_{xyz}

    with the entropies H of the marginal shares. Of two dimensions it is zero if they are independent and positive otherwise; of three it
    may be negative, which the literature on the triple helix reads as synergy.

    Parameters
    ----------
    table : two or three dimensions, non-negative amounts of any unit.

    Returns
    -------
    Bits.

    Raises
    ------
    MeasureError
        On another number of dimensions, missing or negative values, or a table of zeros.

    References
    ----------
    McGill (1954), Multivariate information transmission, Psychometrika 19. Leydesdorff (2003), The mutual information of
    university-industry-government relations, Scientometrics 58.

    Examples
    --------
    >>> mutual_information([[1.0, 0.0], [0.0, 1.0]]), mutual_information([[2.0, 4.0], [1.0, 2.0]])
    (1.0, 0.0)
    """
    amounts = numeric(table, "mutual information needs numbers")
    if amounts.ndim not in (2, 3):
        raise MeasureError(f"mutual information of {amounts.ndim} dimensions is not defined here", remedy="pass a table of two or three")
    if not np.isfinite(amounts).all() or (amounts < 0).any() or not amounts.any():
        raise MeasureError("mutual information needs amounts that are not negative and not all zero", remedy="correct the table")
    shares = amounts / amounts.max()
    shares = shares / shares.sum()
    every = range(shares.ndim)
    total = 0.0
    for size in range(1, shares.ndim + 1):
        for kept in combinations(every, size):
            total += (-1) ** (size + 1) * _entropy(shares.sum(axis=tuple(set(every) - set(kept))))
    return total if abs(total) > _ROUNDING else 0.0


_ROUNDING = 1e-14  # bits: sums of entropies that cancel leave as much


def _entropy(shares: Floats) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())
