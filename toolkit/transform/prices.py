"""Constant prices: an index with the previous year as 100 is chained, and nominal values are divided by it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import MissingColumn, PanelError
from toolkit.panel import Panel

Values = npt.NDArray[np.float64]


def chain(panel: Panel, index: str, base: int) -> Values:
    """Chain an index (previous year = 100) into a level with ``base`` = 100.

    P(t) = P(t - 1) index(t) / 100, and backwards P(t - 1) = P(t) 100 / index(t); P(base) = 100.

    Parameters
    ----------
    panel : the panel.
    index : column with the index, previous year = 100.
    base : base year.

    Returns
    -------
    (n,) floats in the order of ``panel.frame``; missing beyond a year whose index is missing.

    Raises
    ------
    MissingColumn
    PanelError
        The base year is not in the panel, or the index is zero or negative somewhere.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": ["a"] * 3, "year": [2020, 2021, 2022], "cpi": [102.0, 110.0, 105.0]})
    >>> chain(Panel(frame, "id", "year"), "cpi", base=2021).round(3)
    array([ 90.909, 100.   , 105.   ])
    """
    if index not in panel.columns:
        raise MissingColumn(
            f"{panel.name or 'the panel'} has no column {index!r}", remedy="name the column with the index, previous year = 100"
        )
    frame = panel.frame
    if base not in set(frame[panel.time]):
        raise PanelError(
            f"the base year {base} is not in the panel", remedy=f"use one from {frame[panel.time].min()} to {frame[panel.time].max()}"
        )
    bad = frame[frame[index] <= 0]
    if len(bad):
        raise PanelError(
            f"{index} is {bad[index].iloc[0]:g}: a price index is positive",
            where=f"{panel.entity} {bad[panel.entity].iloc[0]}, {panel.time} {bad[panel.time].iloc[0]}",
            remedy="correct the cell",
        )
    years = list(range(int(frame[panel.time].min()), int(frame[panel.time].max()) + 1))
    wide = frame.pivot(index=panel.entity, columns=panel.time, values=index).reindex(columns=years)
    known = frame.assign(_here=True).pivot(index=panel.entity, columns=panel.time, values="_here").reindex(columns=years).notna().to_numpy()
    steps = wide.to_numpy(dtype=float)
    level = np.full(steps.shape, np.nan)
    at = years.index(base)
    level[known[:, at], at] = 100.0
    for j in range(at + 1, len(years)):
        level[:, j] = level[:, j - 1] * steps[:, j] / 100.0
    for j in range(at, 0, -1):
        level[:, j - 1] = level[:, j] * 100.0 / steps[:, j]
    rows = wide.index.get_indexer(pd.Index(frame[panel.entity]))
    out: Values = level[rows, frame[panel.time].to_numpy(dtype=np.int64) - years[0]]
    return out


def deflate(panel: Panel, column: str, index: str, base: int) -> Values:
    """``column`` in prices of ``base``: 100 x / P, with P chained from ``index`` (previous year = 100).

    Raises
    ------
    MissingColumn, PanelError

    Examples
    --------
    >>> frame = pd.DataFrame({"id": ["a"] * 2, "year": [2020, 2021], "cpi": [102.0, 110.0], "x": [100.0, 121.0]})
    >>> deflate(Panel(frame, "id", "year"), "x", "cpi", base=2020).round(6)
    array([100., 110.])
    """
    if column not in panel.columns:
        raise MissingColumn(f"{panel.name or 'the panel'} has no column {column!r}", remedy="name the column to deflate")
    return panel.frame[column].to_numpy(dtype=float) / chain(panel, index, base) * 100.0
