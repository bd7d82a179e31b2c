"""Are two structures alike: UNIDO similarity, Krugman's index, and the balance of two-way flows (Grubel–Lloyd)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.composite.matrix import checked_matrix
from toolkit.measure.values import Floats, checked, same_rows


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


def grubel_lloyd(outflow: ArrayLike, inflow: ArrayLike) -> pd.Series:
    r"""Balance of a two-way flow: :math:`G_i = 1 - |X_i - M_i| / (X_i + M_i)`, 1 when both ways carry the same, 0 when only one way does.

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
