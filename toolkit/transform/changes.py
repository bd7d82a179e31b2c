"""Lag, lead, difference and growth by the calendar: a gap in time gives missing, never the previous row."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.errors import DuplicateKey, MissingColumn, PanelError
from toolkit.panel import Panel, require_successive
from toolkit.periods import Step, counts, covered, read_times, shown_time

Values = npt.NDArray[np.float64]


class Columns(NamedTuple):
    """Values with the entity and time of each row, for data that is no :class:`~toolkit.panel.Panel`.

    Attributes
    ----------
    values : (n,) numbers.
    entity : (n,) labels of any kind.
    time : (n,) whole numbers, or anything else that the time of a panel may be (:func:`toolkit.periods.read_times`).
    """

    values: npt.ArrayLike
    entity: npt.ArrayLike
    time: npt.ArrayLike


def lag(data: Panel | Columns, column: str = "", periods: int = 1) -> Values:
    """x(i, t - p), aligned with the rows of ``data``.

    Parameters
    ----------
    data : a panel, or values with their entity and time in any order.
    column : name of the column (panels only).
    periods : p, a whole number; a negative one looks ahead.

    Returns
    -------
    (n,) floats; missing where period t - p of the entity is absent or missing.

    Raises
    ------
    MissingColumn, DuplicateKey, PanelError
    NoSuccessivePeriods
        The panel has no two rows one step apart, and none ``periods`` steps apart.

    Examples
    --------
    >>> lag(Columns([1.0, 2.0, 4.0], ["a", "a", "a"], [2020, 2021, 2023]))
    array([nan,  1., nan])
    """
    if int(periods) != periods:
        raise PanelError(f"a lag of {periods} periods is no whole number", remedy="use 1, 2, ...")
    values, entity, time, step = _columns(data, column)
    if not len(values):
        return values
    # One key per entity and period: the periods of an entity lie in a block of its own, wide enough that a shift never leaves it.
    reach = abs(int(periods))
    span = int(time.max() - time.min()) + 2 * reach + 1
    keys = entity * span + (time - time.min()) + reach
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    if (ordered[1:] == ordered[:-1]).any():
        at = int(order[1:][ordered[1:] == ordered[:-1]][0])
        raise DuplicateKey(
            "the same entity and time occur twice",
            where=f"row {at + 1}, time {shown_time(time[at], step)}",
            remedy="keep one row per entity and time",
        )
    wanted = keys - int(periods)
    place = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    found = ordered[place] == wanted
    if reach and isinstance(data, Panel) and not found.any():
        times = data.frame[data.time]
        require_successive(data.frame[data.entity], time, step, where=f"{data.name or 'the panel'}, {times.min()} to {times.max()}")
    out = np.full(len(values), np.nan)
    out[found] = values[order[place[found]]]
    return out


def lead(data: Panel | Columns, column: str = "", periods: int = 1) -> Values:
    """x(i, t + p); see :func:`lag`.

    Examples
    --------
    >>> lead(Columns([1.0, 2.0, 4.0], ["a", "a", "a"], [2020, 2021, 2023]))
    array([ 2., nan, nan])
    """
    return lag(data, column, -periods)


def difference(data: Panel | Columns, column: str = "", periods: int = 1) -> Values:
    """x(i, t) - x(i, t - p); see :func:`lag`.

    Examples
    --------
    >>> difference(Columns([1.0, 3.0], ["a", "a"], [2020, 2021]))
    array([nan,  2.])
    """
    return _columns(data, column)[0] - lag(data, column, periods)


def growth(data: Panel | Columns, column: str = "", periods: int = 1, *, breaks: Sequence[object] = ()) -> Values:
    """100 (x(i, t) / x(i, t - p) - 1) in percent.

    Parameters
    ----------
    data, column, periods : see :func:`lag`.
    breaks : first periods of a new definition, as in ``registry().variables["population"].break_years``;
        growth across one of them is missing. In a panel of quarters or months a year begins with its first.

    Returns
    -------
    (n,) floats; missing also where the earlier value is zero or negative, since the rate has no meaning there.

    Raises
    ------
    MissingColumn, DuplicateKey, PanelError

    Examples
    --------
    >>> growth(Columns([100.0, 110.0, 150.0], ["a", "a", "a"], [2009, 2010, 2011]), breaks=[2011])
    array([nan, 10., nan])
    """
    values, _, time, step = _columns(data, column)
    before = lag(data, column, periods)
    usable = before > 0
    for year in (covered(first, step)[0] for first in breaks):
        early, late = np.minimum(time, time - periods), np.maximum(time, time - periods)
        usable &= ~((early < year) & (late >= year))
    out = np.full(len(values), np.nan)
    out[usable] = (values[usable] / before[usable] - 1.0) * 100.0
    return out


def _columns(data: Panel | Columns, column: str) -> tuple[Values, npt.NDArray[np.int64], npt.NDArray[np.int64], Step]:
    """Values, entity codes and calendar of each row, and the step of the calendar."""
    if isinstance(data, Panel):
        if column not in data.frame.columns:
            near = difflib.get_close_matches(column, list(data.columns))
            raise MissingColumn(
                f"{data.name or 'the panel'} has no column {column!r}",
                remedy=f"near: {', '.join(near)}" if near else "name an existing column",
            )
        source, entity, times = data.frame[column], data.frame[data.entity], data.frame[data.time]
    else:
        source, entity, times = (pd.Series(_as_array(part)) for part in data)
        if not len(source) == len(entity) == len(times):
            raise PanelError(
                f"{len(source)} values, {len(entity)} entities and {len(times)} times do not match", remedy="pass arrays of equal length"
            )
    if not pd.api.types.is_numeric_dtype(source):
        raise PanelError(f"{column or 'the column'} is text, it has no changes", remedy="use a numeric column")
    codes, _ = pd.factorize(entity)
    if (codes < 0).any() or times.isna().any():
        raise PanelError("every row needs an entity and a time", remedy="fill or drop the rows without")
    clean, step = (times, data.calendar_step) if isinstance(data, Panel) else read_times(times, label="the columns")
    return source.to_numpy(dtype=float, na_value=np.nan), codes.astype(np.int64), counts(clean), step


def _as_array(part: Any) -> Any:
    return part.to_numpy() if isinstance(part, pd.Series) else np.asarray(part)


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
