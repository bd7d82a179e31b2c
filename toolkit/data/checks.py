"""Checks that run at every build: columns, ranges, parts that sum to totals, coverage that does not shrink."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import CoverageShrank, OutOfRange, RegistryError, SumMismatch
from toolkit.registry import Check, Registry, Table


@dataclass(frozen=True)
class CheckResult:
    """What a check compared: number of comparisons, and the smallest and largest gap (percent or units, as declared)."""

    id: str
    compared: int
    smallest: float
    largest: float
    low: float
    high: float
    reason: str


def _row_name(frame: pd.DataFrame, table: Table, at: object) -> str:
    names = [table.entity] if table.entity else []
    names += [key for key in table.keys if key not in names and key != "adcode"] or list(table.keys)
    row = frame.loc[frame.index == at, names].iloc[0]
    return ", ".join(f"{name} {value}" for name, value in row.items())


def check_columns(frame: pd.DataFrame, table: Table) -> None:
    """Every declared column is there.

    Raises
    ------
    RegistryError
    """
    missing = [c for c in table.columns if c not in frame.columns]
    if missing:
        raise RegistryError(
            f"table {table.id} declares {missing[0]!r}, but neither the raw file nor toolkit/data/tables/{table.id}.py provides it",
            where=f"toolkit/registry/tables.yaml, entry {table.id}",
            remedy="remove the column, or restore the series",
        )


def check_ranges(frame: pd.DataFrame, table: Table, registry: Registry) -> None:
    """Every number lies in the range that variables.yaml gives.

    Raises
    ------
    OutOfRange
        With variable, value, entity and year.
    """
    for name in table.columns:
        variable = registry.variables[name]
        if variable.range is None:
            continue
        low, high = variable.range
        bad = frame.index[frame[name].notna() & ~frame[name].between(low, high)]
        if len(bad):
            value = float(frame[name][bad].iloc[0])
            raise OutOfRange(
                f"{name} is {value:g}; it must lie in [{low:g}, {high:g}] {variable.unit.en}".rstrip(),
                where=f"table {table.id}, {_row_name(frame, table, bad[0])} ({len(bad)} such cells)",
                remedy="correct the raw cell, declare a correction in corrections.yaml, or widen the range in variables.yaml",
            )


def check_sum(check: Check, table: Table, frames: Mapping[str, pd.DataFrame]) -> CheckResult:
    """Parts add up to their total within the declared bounds.

    Parameters
    ----------
    check, table : the check and the table it belongs to.
    frames : built frames by table id.

    Raises
    ------
    SumMismatch
        With the year (and entity), both figures and the bounds.
    RegistryError
        Nothing could be compared: the check is void.
    """
    frame = frames[table.id]
    for name, where in [(p, table.id) for p in check.parts] + [(check.total, check.total_table or table.id)]:
        if name not in frames[where].columns:
            raise RegistryError(
                f"check {check.id} needs {name!r}, which {where} does not have",
                where=f"toolkit/registry/tables.yaml, entry {table.id}",
                remedy="correct the check",
            )
    parts = frame[list(check.parts)].sum(axis=1, skipna=False)
    if check.total_table:
        by_year = parts.groupby(frame["year"])
        complete = by_year.count() == by_year.size()
        parts = by_year.sum(min_count=1)
        if check.empty_parts == "refused":
            parts = parts[complete]
        total = frames[check.total_table].set_index("year")[check.total].reindex(parts.index)
        years = parts.index.to_series()
    else:
        total, years = frame[check.total], frame["year"]
    total = total * check.scale
    used = parts.notna() & total.notna()
    if check.years is not None:
        used &= years.between(*check.years)
    gap = (parts - total)[used]
    if check.gap == "percent":
        gap = gap / total[used] * 100.0
    if gap.empty:
        raise RegistryError(
            f"check {check.id} compares nothing",
            where=f"toolkit/registry/tables.yaml, entry {table.id}",
            remedy="correct the check, or remove it",
        )
    bad = gap.index[~gap.between(*check.bounds)]
    if len(bad):
        at = bad[0]
        row = f"year {at!r}" if check.total_table else _row_name(frame, table, at)
        unit = "%" if check.gap == "percent" else "units"
        raise SumMismatch(
            f"check {check.id}: {' + '.join(check.parts)} = {parts[at]:.8g}, {check.total} = {total[at]:.8g}; "
            f"the gap {gap[at]:.4g} {unit} is outside [{check.bounds[0]:g}, {check.bounds[1]:g}]",
            where=f"table {table.id}, {row} ({len(bad)} of {len(gap)} comparisons)",
            remedy=f"find the wrong part; the bounds stand in tables.yaml because: {check.reason}",
        )
    return CheckResult(check.id, len(gap), float(np.min(gap)), float(np.max(gap)), *check.bounds, check.reason)


def check_coverage(table: Table, before: Mapping[str, int], after: Mapping[str, int], where: str) -> None:
    """No column has fewer values than in the recorded log.

    Raises
    ------
    CoverageShrank
        With the columns that lost values.
    """
    lost = [f"{name} {count} to {after.get(name, 0)}" for name, count in before.items() if after.get(name, 0) < count]
    if lost:
        raise CoverageShrank(
            f"table {table.id} has fewer values than recorded: {'; '.join(lost[:5])}{' ...' if len(lost) > 5 else ''}",
            where=where,
            remedy=f"restore the lost rows; if the loss is meant, delete {where} and build again",
        )
