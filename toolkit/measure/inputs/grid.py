"""Values by entity and time, and groups of entities, checked."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import named, numeric, same_rows
from toolkit.numerics import Floats


@dataclass(frozen=True)
class Groups:
    """Units cut into K groups.

    Attributes
    ----------
    codes : (n,) group of each unit, 0..K-1.
    names : K names, sorted as text; in the order of the categories when the labels are categorical.
    """

    codes: NDArray[np.intp]
    names: tuple[str, ...]

    def sums(self, values: Floats) -> Floats:
        """(K,) sum of ``values`` (n,) in each group."""
        return np.bincount(self.codes, values, minlength=len(self.names)).astype(np.float64, copy=False)


def checked_groups(groups: ArrayLike, values: ArrayLike, weights: Floats, what: str) -> Groups:
    """The groups of ``values``, each with at least one unit and a positive weight.

    Parameters
    ----------
    groups : (n,) labels of any kind; a categorical keeps its order.
    values : (n,) as the caller gave them, to compare the index.
    weights : (n,) checked weights.

    Raises
    ------
    MeasureError
        On a missing or blank label, another length or index than the values, a category without units, or a group without weight.
    """
    if np.ndim(groups) > 1:
        raise MeasureError(f"{what} got a table of shape {np.shape(groups)} as groups", remedy="give one column of labels")
    labels = groups if isinstance(groups, pd.Series) else pd.Series(groups)
    if len(labels) != weights.size:
        raise MeasureError(f"{what} got {weights.size} values and {len(labels)} groups", remedy="give one group per value")
    same_rows(values, groups, "groups", what)
    codes, names = _coded(labels)
    unknown = codes < 0
    if unknown.any():
        raise MeasureError(
            f"a group is missing in {what}: {int(unknown.sum())} units have no label",
            where=f"first at {named(labels.index[int(np.argmax(unknown))])}",
            remedy="give each unit a group, or leave these units out and report it",
        )
    held = np.bincount(codes, minlength=len(names))
    share = np.bincount(codes, weights, minlength=len(names))
    for k, name in enumerate(names):
        if held[k] == 0:
            raise MeasureError(
                f"{what} got an empty group: no unit is in {name!r}", remedy="groups.cat.remove_unused_categories(), or check the filter"
            )
        if share[k] == 0:
            raise MeasureError(f"{what} got a group without weight: {name!r}", remedy="leave the group out, or correct the weights")
    return Groups(codes, names)


def _coded(labels: pd.Series) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Codes (-1 where a label is missing or blank) and names; labels that read alike are one group."""
    if isinstance(labels.dtype, pd.CategoricalDtype):
        found, texts = labels.cat.codes.to_numpy(), [str(level) for level in labels.cat.categories]
        names = list(dict.fromkeys(texts))
    else:
        found, levels = pd.factorize(labels)
        texts = [str(level) for level in levels]
        names = sorted(set(texts))
    names = [name for name in names if name.strip()]
    place = {name: k for k, name in enumerate(names)}
    lookup = np.array([*(place.get(text, -1) for text in texts), -1], dtype=np.intp)
    return lookup[found], tuple(names)


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
    _refuse(grid=grid, bad=np.isinf(grid.values), word="infinite", what=what, remedy="correct the value, or make it missing")
    if missing == "refuse":
        _refuse(
            grid=grid,
            bad=np.isnan(grid.values),
            word="missing",
            what=what,
            remedy="keep the years and entities that are complete, and report it",
        )
    if lowest == "positive":
        _refuse(
            grid=grid,
            bad=grid.values <= 0,
            word="zero or negative",
            what=what,
            remedy="logarithms need positive values: drop the entity, or use another variable",
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
