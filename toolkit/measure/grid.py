"""A frame of entities by years, checked once: what every measure of dynamics starts from."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MeasureError
from toolkit.measure.values import named, numeric

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Grid:
    """Values of N entities in T years.

    Attributes
    ----------
    values : (N, T) floats; missing where the frame was (only where gaps are allowed).
    entities : (N,) labels in the order of the frame.
    times : (T,) whole numbers, ascending.
    axes : the rows as they came, with their names, and the name of the columns.
    """

    values: Floats
    entities: tuple[object, ...]
    times: NDArray[np.int64]
    axes: tuple[pd.Index, Hashable]

    def frame(self, values: Floats) -> pd.DataFrame:
        """``values`` (N, T) with the labels of this grid."""
        return pd.DataFrame(values, index=self.axes[0], columns=pd.Index(self.times, name=self.axes[1]))


def checked_grid(
    values: pd.DataFrame, what: str, *, lowest: Literal["any", "positive"] = "any", missing: Literal["refuse", "allow"] = "refuse"
) -> Grid:
    """Entities in the rows and years in the columns, sorted by year; of dates and periods the year counts.

    A long table becomes such a frame with ``frame.pivot(index="province", columns="year", values="rd_intensity")``.

    Raises
    ------
    MeasureError
        On anything but such a frame, on fewer than two entities, a repeated label, text, an infinite value, and (where asked) a missing,
        zero or negative value: the first one is named with its entity and year.

    Examples
    --------
    >>> checked_grid(pd.DataFrame({2021: [1.0, 2.0], 2020: [3.0, 4.0]}, index=["Beijing", "Hubei"]), "a test").times.tolist()
    [2020, 2021]
    """
    if not isinstance(values, pd.DataFrame):
        raise MeasureError(
            f"{what} needs a frame of entities by years, not {type(values).__name__}",
            remedy='pivot the table: frame.pivot(index="province", columns="year", values="x")',
        )
    times = _years(values, what)
    if len(values) < 2:
        raise MeasureError(
            f"{what} needs at least two entities; the frame has {len(values)}",
            remedy="put the entities in the rows, the years in the columns",
        )
    twice = values.index[values.index.duplicated()]
    if len(twice):
        raise MeasureError(f"{what} got entity {named(twice[0])} twice", remedy="keep one row per entity")
    order = np.argsort(times)
    numbers = numeric(values.iloc[:, order], f"{what} needs numbers", "convert the columns to numbers first")
    grid = Grid(numbers.copy(), tuple(values.index), times[order], (values.index, values.columns.name))
    _refuse(grid, np.isinf(grid.values), "infinite", what, "correct the value, or make it missing")
    if missing == "refuse":
        _refuse(grid, np.isnan(grid.values), "missing", what, "keep the years and entities that are complete, and say so")
    if lowest == "positive":
        _refuse(
            grid, grid.values <= 0, "zero or negative", what, "logarithms need positive values: drop the entity, or use another variable"
        )
    return grid


def _years(values: pd.DataFrame, what: str) -> NDArray[np.int64]:
    if not len(values.columns):
        raise MeasureError(f"{what} got a frame without years", remedy="put the years (whole numbers) in the columns")
    columns: Any = values.columns
    if isinstance(columns, (pd.DatetimeIndex, pd.PeriodIndex)):
        columns = columns.year
    times: pd.Series = pd.to_numeric(pd.Series(np.asarray(columns)), errors="coerce")
    bad = times.isna() | (times % 1 != 0)
    if bad.any() or times.duplicated().any():
        column = values.columns[int(np.argmax(bad if bad.any() else times.duplicated()))]
        raise MeasureError(
            f"{what} needs one column per year; {named(column)} is {'no year' if bad.any() else 'there twice'}",
            remedy="put the years (whole numbers) in the columns and the entities in the index",
        )
    return times.to_numpy().astype(np.int64)


def _refuse(grid: Grid, bad: NDArray[np.bool_], word: str, what: str, remedy: str) -> None:
    if bad.any():
        i, t = map(int, np.argwhere(bad)[0])
        where = f"first: {grid.entities[i]}, {grid.times[t]}" + ("" if np.isnan(grid.values[i, t]) else f", value {grid.values[i, t]:g}")
        raise MeasureError(f"{what} got {int(bad.sum())} {word} values", where=where, remedy=remedy)


def need_years(grid: Grid, least: int, what: str) -> None:
    """Refuse a grid with fewer than ``least`` years.

    Raises
    ------
    MeasureError
    """
    if len(grid.times) < least:
        raise MeasureError(
            f"{what} needs at least {least} years; there are {len(grid.times)}",
            where=f"years {', '.join(map(str, grid.times)) or 'none'}",
            remedy="use a longer series",
        )
