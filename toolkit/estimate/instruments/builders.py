"""Instruments made from the data: leave-one-out means and shift-shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.errors import EstimationError, FormulaError, MissingColumn
from toolkit.estimate.rows.grouping import Grouping, crossed
from toolkit.estimate.rows.source import Source, panel_source
from toolkit.panel import Panel
from toolkit.periods import read_times


def leave_one_out_mean(panel: Panel, variable: str, *, by: str | Sequence[str]) -> pd.Series:
    """Mean of ``variable`` over the rows of the same group that belong to other entities.

    z_i = (sum over the group - sum over the own rows in it) / (rows of the group - own rows in it). The own unit is left out entirely, also
    when it is in the group more than once; what it does itself therefore never enters its instrument. Rows where the variable is
    missing count neither way.

    Parameters
    ----------
    panel : the panel.
    variable : a column of numbers.
    by : columns that make up a group, such as ``("province", "year")``.

    Returns
    -------
    Series
        Named ``<variable>_of_others``, aligned with ``panel.frame``; missing where the group has no other entity.

    Raises
    ------
    MissingColumn, NotNumeric, FormulaError

    Examples
    --------
    >>> frame = pd.DataFrame({"firm": list("abcd"), "year": 2020, "province": list("PPPQ"), "subsidy": [1.0, 2.0, 6.0, 5.0]})
    >>> leave_one_out_mean(Panel(frame, "firm", "year"), "subsidy", by=("province", "year")).tolist()
    [4.0, 3.5, 1.5, nan]
    """
    source = panel_source(panel, "leave_one_out_mean")
    groups = _groups(source, by, leave_out=True)
    own = crossed([groups, source.group(panel.entity)])
    total, rows = _totals(source, variable, groups)
    mine, times = _totals(source, variable, own)
    return _mean(total - mine, rows - times, f"{variable}_of_others", source)


def mean_including_own(panel: Panel, variable: str, *, by: str | Sequence[str]) -> pd.Series:
    """Mean of ``variable`` over the group, the own unit included: for showing the bias of doing so, not for use.

    The own value is part of the instrument, so the instrument is correlated with the error whenever the variable is endogenous. The
    estimate is pulled towards least squares, the more the smaller the group.

    Parameters
    ----------
    panel, variable, by : as in :func:`leave_one_out_mean`.

    Examples
    --------
    >>> frame = pd.DataFrame({"firm": ["a", "b"], "year": 2020, "province": "P", "subsidy": [1.0, 2.0]})
    >>> mean_including_own(Panel(frame, "firm", "year"), "subsidy", by=("province", "year")).tolist()
    [1.5, 1.5]
    """
    source = panel_source(panel, "mean_including_own")
    total, rows = _totals(source, variable, _groups(source, by, leave_out=False))
    return _mean(total, rows, f"{variable}_of_group", source)


def _groups(source: Source, by: str | Sequence[str], leave_out: bool) -> Grouping:
    names = (by,) if isinstance(by, str) else tuple(by)
    if not names:
        raise FormulaError("by names no column", remedy='name the columns of a group, as in by=("province", "year")')
    if leave_out and source.entity in names:
        raise FormulaError(
            f"a group by {' and '.join(names)} holds no other {source.entity}",
            remedy="group by something that entities share, such as industry and year",
        )
    return crossed([source.group(name) for name in names])


def _totals(source: Source, variable: str, groups: Grouping) -> tuple[np.ndarray, np.ndarray]:
    """(n,) sum of the variable over the group of each row, and how many rows have it; missing for a row in no group."""
    values = source.numbers(variable)
    known = np.isfinite(values) & (groups.codes >= 0)
    sums = np.bincount(groups.codes[known], weights=values[known], minlength=groups.levels)
    counts = np.bincount(groups.codes[known], minlength=groups.levels)
    inside = groups.codes >= 0
    return np.where(inside, sums[groups.codes], np.nan), np.where(inside, counts[groups.codes], 0)


def _mean(total: np.ndarray, rows: np.ndarray, name: str, source: Source) -> pd.Series:
    means = np.divide(total, rows, out=np.full(len(total), np.nan), where=rows > 0)
    return pd.Series(means, index=source.frame.index, name=name)


PRINTED_SHARES = 1e-6  # printed shares are rounded


def shift_share(panel: Panel, shares: pd.DataFrame, shocks: pd.DataFrame, *, total: Literal["one", "any"] = "one") -> pd.Series:
    """z_it = sum over k of share_ik shock_kt.

    Parameters
    ----------
    panel : gives the rows.
    shares : one row per entity (the index), one column per sector k, not negative; fixed before the shocks.
    shocks : one column per sector, one row per time, or per (entity, time) when the own unit is left out of the shocks, as
        :func:`leave_one_out_growth` gives them.
    total : "one" refuses shares that do not sum to one; "any" takes them, and then the sum of shares, interacted with time,
        belongs among the regressors (Borusyak, Hull and Jaravel 2022).

    Returns
    -------
    Series
        Named ``shift_share``, aligned with ``panel.frame``; missing for entities without shares and times without shocks.

    Raises
    ------
    MissingColumn
        If a sector has shares but no shocks.
    EstimationError
        For negative or missing shares, repeated entities or times, and shares that do not sum to one.

    Examples
    --------
    >>> panel = Panel(pd.DataFrame({"city": ["a", "a", "b", "b"], "year": [1, 2, 1, 2]}), "city", "year")
    >>> shares = pd.DataFrame({"steel": [0.8, 0.1], "chips": [0.2, 0.9]}, index=["a", "b"])
    >>> shocks = pd.DataFrame({"steel": [0.0, -1.0], "chips": [1.0, 2.0]}, index=[1, 2])
    >>> shift_share(panel, shares, shocks).round(2).tolist()
    [0.2, -0.4, 0.9, 1.7]
    """
    _check_shares(shares, total)
    absent = [str(k) for k in shares.columns if k not in shocks.columns]
    if absent:
        raise MissingColumn(
            f"there are no shocks for {', '.join(absent[:5])}",
            where=f"{len(absent)} of {len(shares.columns)} sectors",
            remedy="give every sector of the shares a column of shocks",
        )
    if shocks.index.has_duplicates:
        raise EstimationError(
            f"the shocks of {shocks.index[shocks.index.duplicated()][0]} are given twice", remedy="one row per time, or per entity and time"
        )
    shocks = shocks.set_axis(_read_index(shocks.index, panel))
    keys = panel.frame[panel.time] if shocks.index.nlevels == 1 else pd.MultiIndex.from_frame(panel.frame[[panel.entity, panel.time]])
    weight = shares.reindex(panel.frame[panel.entity]).to_numpy(dtype=np.float64)
    shock = shocks[list(shares.columns)].reindex(keys).to_numpy(dtype=np.float64)
    return pd.Series(np.where(weight == 0, 0.0, weight * shock).sum(axis=1), index=panel.frame.index, name="shift_share")


def _read_index(index: pd.Index, panel: Panel) -> pd.Index:
    """The times of the shocks, alone or in the second level, written as the panel writes its own."""

    def read(times: pd.Index) -> pd.Index:
        shown: pd.Index = pd.Index(read_times(pd.Series(times, name="time"), panel.step, "the shocks")[0])
        return shown

    if isinstance(index, pd.MultiIndex):
        return pd.MultiIndex.from_arrays([index.get_level_values(0), read(index.get_level_values(1))])
    return read(index)


def leave_one_out_growth(values: pd.DataFrame, entity: str, time: str, sector: str, value: str) -> pd.DataFrame:
    """Growth of each sector in all other entities: g_ikt = log(sum of j other than i of x_jkt) - log(the same one period before).

    Parameters
    ----------
    values : one row per entity, time and sector.
    entity, time, sector, value : its columns; ``value`` is not negative.

    Returns
    -------
    DataFrame
        Indexed by (entity, time), one column per sector, for :func:`shift_share`. Missing in the first period, after a gap in time,
        and where the others have nothing.

    Raises
    ------
    MissingColumn, EstimationError

    Examples
    --------
    >>> jobs = pd.DataFrame({"city": list("aabb"), "year": [1, 2, 1, 2], "sector": "chips", "jobs": [1.0, 9.0, 2.0, 4.0]})
    >>> leave_one_out_growth(jobs, "city", "year", "sector", "jobs").loc[("a", 2)].round(3).tolist()
    [0.693]
    """
    cube = _cube(values=values, entity=entity, time=time, sector=sector, value=value)
    totals = cube.groupby(level=time).sum()
    others = pd.DataFrame(
        totals.reindex(cube.index.get_level_values(time)).to_numpy() - cube.to_numpy(), index=cube.index, columns=cube.columns
    )
    floor = 1e-12 * totals.reindex(cube.index.get_level_values(time)).to_numpy()
    return _log_growth(others.where(others > floor), time)


def growth_including_own(values: pd.DataFrame, entity: str, time: str, sector: str, value: str) -> pd.DataFrame:
    """Growth of each sector in all entities, the own one included: for showing the bias of doing so, not for use.

    An entity that is large in a sector moves the growth of the whole sector, and with it its own instrument.

    Parameters
    ----------
    values, entity, time, sector, value : as in :func:`leave_one_out_growth`.

    Examples
    --------
    >>> jobs = pd.DataFrame({"city": list("aabb"), "year": [1, 2, 1, 2], "sector": "chips", "jobs": [1.0, 9.0, 2.0, 4.0]})
    >>> growth_including_own(jobs, "city", "year", "sector", "jobs").loc[("a", 2)].round(3).tolist()
    [1.466]
    """
    cube = _cube(values=values, entity=entity, time=time, sector=sector, value=value)
    totals = cube.groupby(level=time).sum().reindex(cube.index.get_level_values(time))
    return _log_growth(totals.where(totals > 0).set_axis(cube.index), time)


def _check_shares(shares: pd.DataFrame, total: Literal["one", "any"]) -> None:
    if shares.index.has_duplicates:
        raise EstimationError(f"the shares of {shares.index[shares.index.duplicated()][0]} are given twice", remedy="one row per entity")
    numbers = shares.to_numpy(dtype=np.float64)
    bad = ~(np.isfinite(numbers) & (numbers >= 0))
    if bad.any():
        i, k = (int(v) for v in np.argwhere(bad)[0])
        raise EstimationError(
            f"{int(bad.sum())} shares are negative or missing",
            where=f"first: {shares.index[i]}, {shares.columns[k]}: {numbers[i, k]:g}",
            remedy="shares are not negative; write 0 where a sector is absent",
        )
    sums = numbers.sum(axis=1)
    off = np.abs(sums - 1) > PRINTED_SHARES
    if total == "one" and off.any():
        first = int(off.argmax())
        raise EstimationError(
            f"the shares of {int(off.sum())} of {len(sums)} entities do not sum to one",
            where=f"first: {shares.index[first]}, sum {sums[first]:.6g}",
            remedy="divide by the sum; or pass total='any' and control for the sum of shares interacted with time",
        )


def _cube(values: pd.DataFrame, entity: str, time: str, sector: str, value: str) -> pd.DataFrame:
    """(entity, time) by sector; a combination that is absent is zero."""
    for name in (entity, time, sector, value):
        if name not in values.columns:
            raise MissingColumn(f"the values have no column {name!r}", remedy=f"columns: {', '.join(map(str, values.columns))}")
    values = values.assign(**{time: read_times(values[time], label="the values")[0]})
    twice = values.duplicated([entity, time, sector])
    if twice.any():
        raise EstimationError(
            f"{int(twice.sum())} values are given twice",
            where=_first(values, twice, [entity, time, sector]),
            remedy="one row per entity, time and sector",
        )
    bad = ~(values[value] >= 0)
    if bad.any():
        raise EstimationError(
            f"{int(bad.sum())} values of {value} are negative or missing",
            where=_first(values, bad, [entity, time, sector]),
            remedy="growth needs values that are not negative",
        )
    return values.pivot(index=[entity, time], columns=sector, values=value).fillna(0.0).astype(np.float64)


def _log_growth(levels: pd.DataFrame, time: str) -> pd.DataFrame:
    """Growth from one period to the next by the calendar, of levels by (entity, time)."""
    logs = pd.DataFrame(np.log(levels.to_numpy()), index=levels.index, columns=levels.columns)
    later = logs.rename(index=lambda t: t + 1, level=time)
    return logs - later.reindex(logs.index)


def _first(values: pd.DataFrame, bad: pd.Series, names: list[str]) -> str:
    """The keys of the first bad row."""
    return "first: " + " ".join(str(v) for v in values[names].to_numpy(dtype=object)[int(bad.to_numpy().argmax())])
