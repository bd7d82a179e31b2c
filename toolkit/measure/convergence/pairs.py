"""Growth between two years and what was known in the first: the observations of a growth regression."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MeasureError, MissingColumn
from toolkit.measure.values import Floats, numeric
from toolkit.panel import Panel


@dataclass(frozen=True, eq=False)
class Pairs:
    """n pairs of years.

    Attributes
    ----------
    growth : (n,) log change per year.
    initial : (n,) log of the level in the first year of the pair.
    controls : (n, k) in the first year of the pair.
    entity : (n,) codes 0 ... N - 1.
    time : (n,) last year of the pair.
    step : years between the ends.
    first, last : first and last year used.
    skipped : pairs that could not be formed.
    """

    growth: Floats
    initial: Floats
    controls: Floats
    entity: NDArray[np.int64]
    time: NDArray[np.int64]
    step: int
    first: int
    last: int
    skipped: int

    @property
    def size(self) -> int:
        """Number of pairs."""
        return self.growth.size


def pairs_between(panel: Panel, column: str, controls: tuple[str, ...], first: int | None, last: int | None) -> Pairs:
    """One pair per entity, from ``first`` to ``last``; every entity must have both.

    Raises
    ------
    MeasureError, MissingColumn
    """
    frame = _positive(panel, column, controls)
    years = frame[panel.time]
    there = years[frame[column].notna()]
    if there.empty:
        raise MeasureError(f"{column} has no values", where=panel.name or "the panel", remedy="use another variable")
    start, end = int(there.min()) if first is None else first, int(there.max()) if last is None else last
    if end <= start:
        raise MeasureError(f"growth from {start} to {end} has no length", remedy="give a last year after the first")
    before, after = (frame[years == year].set_index(panel.entity) for year in (start, end))
    everyone = pd.Index(frame[panel.entity].unique())
    for year, rows, needed in ((start, before, [column, *controls]), (end, after, [column])):
        for name in needed:
            absent = everyone[~everyone.isin(rows[name].dropna().index)]
            if len(absent):
                raise MeasureError(
                    f"{len(absent)} of {len(everyone)} entities have no {name} in {year}",
                    where=f"first: {absent[0]}",
                    remedy="choose years that all entities have, or drop these entities and say so",
                )
    low = np.log(before.loc[everyone, column].to_numpy(dtype=float))
    high = np.log(after.loc[everyone, column].to_numpy(dtype=float))
    x = before.loc[everyone, list(controls)].to_numpy(dtype=float)
    n = len(everyone)
    return Pairs((high - low) / (end - start), low, x, np.arange(n), np.full(n, end), end - start, start, end, 0)


def pairs_by_step(panel: Panel, column: str, controls: tuple[str, ...], step: int, least: int) -> Pairs:
    """All pairs of years t - step and t, by the calendar; entities with fewer than ``least`` pairs are left out and counted.

    Raises
    ------
    MeasureError, MissingColumn
    """
    if int(step) != step or step < 1:
        raise MeasureError(f"a step of {step} years is not possible", remedy="use 1, 2, ...")
    frame = _positive(panel, column, controls)
    later = frame[[panel.entity, panel.time, column]].rename(columns={column: "_later"})
    later = later.assign(**{panel.time: later[panel.time] - step})
    both = frame[[panel.entity, panel.time, column, *controls]].merge(later, on=[panel.entity, panel.time], how="left")
    possible = int((both[panel.time] + step <= frame[panel.time].max()).sum())
    both = both.dropna()
    size = both.groupby(panel.entity, observed=True)[column].transform("size")
    both = both[size >= least]
    if both.empty:
        raise MeasureError(
            f"no entity has {least} pair{'s' if least > 1 else ''} of {column} that are {step} years apart",
            where=f"{panel.name or 'the panel'}, years {frame[panel.time].min()} to {frame[panel.time].max()}",
            remedy="use a shorter step, fewer controls, or more years",
        )
    low, high = np.log(both[column].to_numpy(dtype=float)), np.log(both["_later"].to_numpy(dtype=float))
    codes, _ = pd.factorize(both[panel.entity])
    time = both[panel.time].to_numpy(dtype=np.int64) + step
    x = both[list(controls)].to_numpy(dtype=float)
    start, end = int(time.min()) - step, int(time.max())
    return Pairs((high - low) / step, low, x, codes.astype(np.int64), time, step, start, end, possible - len(both))


def _positive(panel: Panel, column: str, controls: tuple[str, ...]) -> pd.DataFrame:
    """The frame of the panel, once the column is positive wherever it is there, all columns are numbers, and time counts years."""
    if panel.step in ("quarter", "month"):
        raise MeasureError(
            f"growth is counted in years, and {panel.name or 'the panel'} goes by {panel.step}",
            where=f"{panel.time} from {panel.frame[panel.time].min()} to {panel.frame[panel.time].max()}",
            remedy="aggregate it to years, or keep one quarter or month and pass Panel(..., step='year')",
        )
    numbers: dict[str, Floats] = {}
    for name in (column, *controls):
        if name not in panel.columns:
            near = difflib.get_close_matches(name, list(panel.columns))
            raise MissingColumn(
                f"{panel.name or 'the panel'} has no column {name!r}",
                remedy=f"near: {', '.join(near)}" if near else "name an existing column",
            )
        said = f"{name} is not a column of finite numbers"
        numbers[name] = numeric(panel.frame[name], said)
        if np.isinf(numbers[name]).any():
            raise MeasureError(said, remedy="convert it to numbers first")
    frame = panel.frame.assign(**numbers)
    bad = (frame[column] <= 0).to_numpy()
    if bad.any():
        row = frame[bad].iloc[0]
        raise MeasureError(
            f"{column} has {int(bad.sum())} zero or negative values; growth in logs needs positive ones",
            where=f"first: {row[panel.entity]}, {row[panel.time]}, value {row[column]:g}",
            remedy="drop these entities or years and say so, or use another variable",
        )
    return frame
