"""What a table must satisfy before it is written: merges that say what each side lost, ranges, sums, coverage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.errors import CorrectionObsolete, CoverageShrank, DuplicateKey, MergeMismatch, OutOfRange, RegistryError, SumMismatch
from toolkit.registry import Check, Deviation, Registry, Table

PRINTED = 5e-5  # a declared gap is written to four decimals
Unmatched = Literal["refused", "left allowed", "right allowed", "both allowed"]


def merge(
    left: pd.DataFrame, right: pd.DataFrame, on: Sequence[str], *, names: tuple[str, str], unmatched: Unmatched = "refused"
) -> pd.DataFrame:
    """Join ``right`` to ``left``; keys of ``right`` are unique, and unmatched keys are an error unless declared.

    Parameters
    ----------
    left, right : frames; ``left`` may repeat a key, ``right`` may not.
    on : key columns.
    names : what the two sides are called in messages.
    unmatched : which side may hold keys that the other lacks. Rows of ``left`` always stay, rows only in ``right`` never enter.

    Raises
    ------
    DuplicateKey, MergeMismatch
        With the number and the first of the unmatched keys on both sides.

    Examples
    --------
    >>> a, b = pd.DataFrame({"k": [1, 2], "x": [5, 6]}), pd.DataFrame({"k": [1, 2], "y": [7, 8]})
    >>> merge(a, b, ["k"], names=("a", "b"))["y"].tolist()
    [7, 8]
    """
    keys = list(on)
    twice = right.duplicated(keys)
    if twice.any():
        raise DuplicateKey(
            f"{names[1]} has {int(twice.sum())} repeated keys",
            where=f"first: {_key(right[twice].iloc[0], keys)}",
            remedy=f"keep one row per {' and '.join(keys)}",
        )
    joined = left.merge(right, on=keys, how="outer", indicator="_side", sort=False)
    lost_left, lost_right = joined[joined["_side"] == "left_only"], joined[joined["_side"] == "right_only"]
    refused = [
        f"{len(lost)} keys only in {name} (first: {_key(lost.iloc[0], keys)})"
        for lost, name, side in ((lost_left, names[0], "left allowed"), (lost_right, names[1], "right allowed"))
        if len(lost) and unmatched not in (side, "both allowed")
    ]
    if refused:
        raise MergeMismatch(
            f"{names[0]} and {names[1]} do not share their keys: {'; '.join(refused)}",
            where=f"joined on {', '.join(keys)}",
            remedy="repair the keys, or declare with unmatched= which side may lack some",
        )
    return left.merge(right, on=keys, how="left", sort=False)


def _key(row: pd.Series, keys: Sequence[str]) -> str:
    return ", ".join(f"{key} {row[key]}" for key in keys)


@dataclass(frozen=True)
class CheckResult:
    """What a check compared: number of comparisons, smallest and largest gap (percent or units) but for the declared deviations."""

    id: str
    compared: int
    smallest: float
    largest: float
    low: float
    high: float
    reason: str
    deviations: int = 0


def declared_rows(gap: pd.Series, places: pd.DataFrame, deviations: Sequence[Deviation], where: str) -> list[Any]:
    """The labels of ``gap`` that are declared deviations, each with the gap it was declared for.

    Parameters
    ----------
    gap : what was found, by any label.
    places : columns entity ("" where there is none) and time, under the labels of ``gap``.
    deviations, where : the declarations, and where they stand.

    Raises
    ------
    CorrectionObsolete
        Nothing was compared at the place, or another gap was found.
    """
    rows = []
    for deviation in deviations:
        found = gap[(places["entity"] == deviation.entity) & (places["time"] == deviation.time)]
        if len(found) != 1 or abs(float(found.iloc[0]) - deviation.gap) > PRINTED:
            there = f"{float(found.iloc[0]):.6g}" if len(found) == 1 else "nothing to compare"
            raise CorrectionObsolete(
                f"a deviation of {deviation.gap:g} is declared, there is {there}",
                where=f"{where}; {deviation.entity} {deviation.time}",
                remedy="a publication was repaired: remove the deviation, or write it for the new gap",
            )
        rows.append(found.index[0])
    return rows


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
    """Every number lies in the range that toolkit/registry/variables gives.

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
                remedy="correct the raw cell, declare a correction in corrections.yaml, or widen the range in toolkit/registry/variables",
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
    usual = gap.drop(_declared(frame, gap, check, table))
    bad = usual.index[~usual.between(*check.bounds)]
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
    return CheckResult(
        id=check.id,
        compared=len(gap),
        smallest=float(np.min(usual)),
        largest=float(np.max(usual)),
        low=check.bounds[0],
        high=check.bounds[1],
        reason=check.reason,
        deviations=len(check.deviations),
    )


def _declared(frame: pd.DataFrame, gap: pd.Series, check: Check, table: Table) -> list[Any]:
    """The labels of the declared deviations of a check; sums over entities have a year as label and no entity."""
    if check.total_table or not table.entity:
        time = gap.index.to_series() if check.total_table else frame["year"].reindex(gap.index)
        places = pd.DataFrame({"entity": "", "time": time})
    else:
        places = pd.DataFrame({"entity": frame[table.entity], "time": frame[table.time]}).reindex(gap.index)
    return declared_rows(gap, places, check.deviations, f"toolkit/registry/tables.yaml, entry {table.id}, check {check.id}")


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
