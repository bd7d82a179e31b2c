"""Slips of a listing that stay inside every range: a value carried forward, and two entities in each other's place from a year on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.errors import CorrectionObsolete, RepeatedValue
from toolkit.registry import Registry, Table

DIGITS = 4  # fewer repeat by chance in small counts
NEAR, APART = 0.02, 0.2  # logarithms
RATES = ("%", "previous year = 100")


def repeated(frame: pd.DataFrame, table: Table, registry: Registry) -> list[tuple[str, str, int]]:
    """Variable, entity and time of every published amount with four and more significant digits that equals the year before.

    Parameters
    ----------
    frame : one row per entity and year.
    table, registry : the table and the records of its columns; derived columns, shares and indices are passed over.
    """
    ordered = frame.sort_values([table.entity, table.time])
    years = ordered.groupby(table.entity)[table.time]
    follows = ordered[table.time] == years.shift(1) + 1
    found = []
    for name in _amounts(table, registry):
        before = ordered.groupby(table.entity)[name].shift(1)
        same = ordered[follows & (ordered[name] == before)]
        cells = zip(same[table.entity], same[table.time], same[name], strict=True)
        found += [(name, str(entity), int(time)) for entity, time, value in cells if _digits(value) >= DIGITS]
    return found


def crossed(frame: pd.DataFrame, table: Table, registry: Registry) -> list[tuple[str, tuple[str, str], int]]:
    r"""Variable, two entities and time where each has the other's value of the year before.

    They are entities i and j with :math:`|\ln x_{it} - \ln x_{j,t-1}| < 0.02`, the same with i and j exchanged, and
    :math:`|\ln x_{i,t-1} - \ln x_{j,t-1}| > 0.2`.

    Parameters
    ----------
    frame, table, registry : as in :func:`repeated`; only positive amounts are compared.
    """
    found = []
    for name in _amounts(table, registry):
        wide = frame.pivot(index=table.time, columns=table.entity, values=name)
        entities, times = [str(entity) for entity in wide.columns], [int(time) for time in wide.index]
        logs = np.log(wide.where(wide > 0).to_numpy(dtype="float64"))
        for row in range(1, len(times)):
            if times[row] != times[row - 1] + 1:
                continue
            before, now = logs[row - 1], logs[row]
            near = np.abs(now[:, None] - before[None, :]) < NEAR
            apart = np.abs(before[:, None] - before[None, :]) > APART
            pairs = np.argwhere(np.triu(near & near.T & apart, 1))
            found += [(name, (entities[i], entities[j]), times[row]) for i, j in pairs]
    return found


def _amounts(table: Table, registry: Registry) -> list[str]:
    """The published amounts of a table: neither derived nor shares nor indices."""
    known = [registry.variables[name] for name in table.columns]
    return [v.id for v in known if v.kind == "number" and not v.derived and v.unit.en not in RATES]


def _digits(value: float) -> int:
    """Significant digits of a printed figure, trailing zeros not counted."""
    return len(f"{value:.12g}".replace(".", "").replace("-", "").strip("0"))


def check_repeats(frame: pd.DataFrame, table: Table, registry: Registry) -> None:
    """Every repeated amount is declared in tables.yaml (repeats), and every declaration is met.

    Raises
    ------
    RepeatedValue, CorrectionObsolete
    """
    if table.repeats is None:
        return
    found = set(repeated(frame, table, registry))
    declared = {(r.variable, r.entity, r.time) for r in table.repeats}
    where = f"toolkit/registry/tables.yaml, entry {table.id}, repeats"
    if found - declared:
        name, entity, time = min(found - declared)
        raise RepeatedValue(
            f"{name} of {entity} {time} equals {time - 1} to the last digit ({len(found - declared)} such cells)",
            where=f"table {table.id}",
            remedy="compare with another publication: correct the cell in corrections.yaml, or declare the repeat with its reason",
        )
    if declared - found:
        name, entity, time = min(declared - found)
        raise CorrectionObsolete(
            f"{name} of {entity} {time} is declared as a repeat and is none", where=where, remedy="remove the declaration"
        )


def check_crossings(frame: pd.DataFrame, table: Table, registry: Registry) -> None:
    """Every crossing of two entities is declared in tables.yaml (crossings), and every declaration is met.

    Raises
    ------
    RepeatedValue, CorrectionObsolete
    """
    if table.crossings is None:
        return
    found = set(crossed(frame, table, registry))
    declared = {(c.variable, (min(c.entities), max(c.entities)), c.time) for c in table.crossings}
    where = f"toolkit/registry/tables.yaml, entry {table.id}, crossings"
    if found - declared:
        name, (first, second), time = min(found - declared)
        raise RepeatedValue(
            f"{name}: {first} and {second} take each other's value of the year before in {time} ({len(found - declared)} such pairs)",
            where=f"table {table.id}",
            remedy="compare with another publication: declare an exchange in corrections.yaml, or the crossing with its reason",
        )
    if declared - found:
        name, entities, time = min(declared - found)
        raise CorrectionObsolete(
            f"{name} of {' and '.join(entities)} {time} is declared as a crossing and is none", where=where, remedy="remove the declaration"
        )
