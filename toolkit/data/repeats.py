"""Values carried forward by a slip: amounts that equal those of the year before to the last of four or more digits."""

from __future__ import annotations

import pandas as pd

from toolkit.errors import CorrectionObsolete, RepeatedValue
from toolkit.registry import Registry, Table

DIGITS = 4  # fewer repeat by chance in small counts
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
    for name in table.columns:
        variable = registry.variables[name]
        if variable.kind != "number" or variable.derived or variable.unit.en in RATES:
            continue
        before = ordered.groupby(table.entity)[name].shift(1)
        same = ordered[follows & (ordered[name] == before)]
        cells = zip(same[table.entity], same[table.time], same[name], strict=True)
        found += [(name, str(entity), int(time)) for entity, time, value in cells if _digits(value) >= DIGITS]
    return found


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
