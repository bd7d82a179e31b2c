"""Declared corrections: one cell each, with a guard that fails once the provider has repaired the value."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from toolkit.errors import CorrectionObsolete
from toolkit.registry import Correction


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
