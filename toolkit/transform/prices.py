"""Constant prices: an index with the previous year as 100 is chained, and nominal values are divided by it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import MissingColumn, PanelError
from toolkit.panel import Panel
from toolkit.periods import covered

Values = npt.NDArray[np.float64]


def chain(panel: Panel, index: str, base: object) -> Values:
    """Chain an index (previous period = 100) into a level with ``base`` = 100.

    P(t) = P(t - 1) index(t) / 100, and backwards P(t - 1) = P(t) 100 / index(t); P(base) = 100.

    Parameters
    ----------
    panel : the panel.
    index : column with the index, previous year (in a panel of quarters or months: previous quarter or month) = 100.
    base : base year, or base period as the time column shows it (``"2020Q1"``).

    Returns
    -------
    (n,) floats in the order of ``panel.frame``; missing beyond a period whose index is missing.

    Raises
    ------
    MissingColumn
    PanelError
        The base is no single period of the panel, or the index is zero or negative somewhere.

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
    calendar = panel.calendar
    first, last = covered(base, panel.calendar_step)
    if first != last or first not in set(calendar.tolist()):
        raise PanelError(
            f"the base {panel.calendar_step} {base} is not in the panel",
            remedy=f"use one from {frame[panel.time].min()} to {frame[panel.time].max()}",
        )
    bad = frame[frame[index] <= 0]
    if len(bad):
        raise PanelError(
            f"{index} is {bad[index].iloc[0]:g}: a price index is positive",
            where=f"{panel.entity} {bad[panel.entity].iloc[0]}, {panel.time} {bad[panel.time].iloc[0]}",
            remedy="correct the cell",
        )
    years = list(range(int(calendar.min()), int(calendar.max()) + 1))
    cells = pd.DataFrame({"entity": frame[panel.entity], "time": calendar, "index": frame[index], "here": True})
    wide = cells.pivot(index="entity", columns="time", values="index").reindex(columns=years)
    known = cells.pivot(index="entity", columns="time", values="here").reindex(columns=years).notna().to_numpy()
    steps = wide.to_numpy(dtype=float)
    level = np.full(steps.shape, np.nan)
    at = years.index(first)
    level[known[:, at], at] = 100.0
    for j in range(at + 1, len(years)):
        level[:, j] = level[:, j - 1] * steps[:, j] / 100.0
    for j in range(at, 0, -1):
        level[:, j - 1] = level[:, j] * 100.0 / steps[:, j]
    rows = wide.index.get_indexer(pd.Index(frame[panel.entity]))
    out: Values = level[rows, calendar - years[0]]
    return out


def deflate(panel: Panel, column: str, index: str, base: object) -> Values:
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
