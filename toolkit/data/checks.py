"""What a table must satisfy before it is written: declared corrections, merges that say what each side lost, ranges, sums, coverage."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.errors import CorrectionObsolete, CoverageShrank, DuplicateKey, MergeMismatch, OutOfRange, RegistryError, SumMismatch
from toolkit.registry import Check, Correction, Registry, Table


def correct(frame: pd.DataFrame, corrections: Iterable[Correction], entity: str, time: str) -> pd.DataFrame:
    """A copy of ``frame`` with every correction applied.

    Parameters
    ----------
    frame : one row per ``entity`` and ``time``.
    corrections : records; ``value`` "missing" empties the cell.
    entity, time : role columns.

    Raises
    ------
    CorrectionObsolete
        The cell does not exist, or does not hold the value the correction was written for.

    Examples
    --------
    >>> frame = pd.DataFrame({"province": ["Hainan"], "year": [2018], "fte": [1971.0]})
    >>> cell = {"table": "t", "entity": "Hainan", "time": 2018, "variable": "fte"}
    >>> rule = Correction(id="c", **cell, expected=1971.0, value="missing", reason="repeats 2017")
    >>> bool(correct(frame, [rule], "province", "year")["fte"].isna().all())
    True
    """
    out = frame.copy()
    for rule in corrections:
        rows = out.index[(out[entity] == rule.entity) & (out[time] == rule.time)]
        found = float(out.loc[rows[0], rule.variable]) if len(rows) == 1 else math.nan
        if not math.isclose(found, rule.expected, rel_tol=1e-12):
            raise CorrectionObsolete(
                f"correction {rule.id} expects {rule.variable} = {rule.expected:g}, the data has {found:g}",
                where=f"toolkit/registry/corrections.yaml; {rule.entity}, {rule.time}",
                remedy="the source was repaired or re-keyed: remove the correction, or write it for the new value",
            )
        out.loc[rows[0], rule.variable] = math.nan if rule.value == "missing" else rule.value
    return out


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
