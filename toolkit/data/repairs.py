"""Declared repairs of published figures, applied on the way into a table; each is refused once the figures are others."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pandas as pd

from toolkit.errors import CorrectionObsolete
from toolkit.registry import Correction, Exchange, Identity, Nil, Repair

SAME = 1e-12  # relative: the same decimal figure read twice
COMPUTED = 1e-9  # relative: sums of a few printed figures in floating point


def correct(frame: pd.DataFrame, repairs: Iterable[Repair], entity: str, time: str) -> pd.DataFrame:
    """A copy of ``frame`` with every repair applied, in the order given.

    Parameters
    ----------
    frame : one row per ``entity`` and ``time``.
    repairs : records of toolkit/registry/corrections.yaml.
    entity, time : role columns.

    Raises
    ------
    CorrectionObsolete
        A cell does not exist, or does not hold what the repair was written for.

    Examples
    --------
    >>> frame = pd.DataFrame({"province": ["Hainan"], "year": [2018], "fte": [1971.0]})
    >>> cell = {"table": "t", "entity": "Hainan", "time": 2018, "variable": "fte"}
    >>> rule = Correction(id="c", **cell, expected=1971.0, value="missing", reason="repeats 2017")
    >>> bool(correct(frame, [rule], "province", "year")["fte"].isna().all())
    True
    """
    out = frame.copy()
    for rule in repairs:
        match rule:
            case Correction():
                _correction(out, rule, (entity, time))
            case Exchange():
                _exchange(out, rule, (entity, time))
            case Identity():
                _identity(out, rule, (entity, time))
            case Nil():
                _nil(out, rule, (entity, time))
    return out


def cells_of(rule: Repair, frame: pd.DataFrame, entity: str, time: str) -> list[tuple[str, int, str]]:
    """The cells (entity, time, variable) that a repair changes in ``frame``, as published and not yet repaired."""
    match rule:
        case Exchange():
            return [(name, at, rule.variable) for name in rule.entities for at in rule.expected]
        case Nil():
            there = frame[frame[rule.total].notna()]
            return [
                (str(name), int(at), column)
                for column in rule.blank
                for name, at in there.loc[there[column].isna(), [entity, time]].itertuples(index=False)
            ]
        case _:
            return [(rule.entity, rule.time, rule.variable)]


def _obsolete(rule: Repair, expects: str, where: str) -> CorrectionObsolete:
    return CorrectionObsolete(
        f"correction {rule.id} expects {expects}",
        where=f"toolkit/registry/corrections.yaml; {where}",
        remedy="the source was repaired or re-keyed: remove the correction, or write it for the new value",
    )


def _row(frame: pd.DataFrame, rule: Correction | Exchange | Identity, at: tuple[str, int], roles: tuple[str, str], expected: float) -> int:
    """The row of entity and time ``at`` when the cell there holds ``expected`` (NaN: is empty)."""
    rows = frame.index[(frame[roles[0]] == at[0]) & (frame[roles[1]] == at[1])]
    found = float(frame.loc[rows[0], rule.variable]) if len(rows) == 1 else math.nan
    same = len(rows) == 1 and (math.isnan(found) if math.isnan(expected) else math.isclose(found, expected, rel_tol=SAME))
    if not same:
        holds = "an empty cell" if math.isnan(expected) else f"{expected:g}"
        raise _obsolete(rule, f"{rule.variable} = {holds}, the data has {found:g}", f"{at[0]}, {at[1]}")
    return int(rows[0])


def _correction(frame: pd.DataFrame, rule: Correction, roles: tuple[str, str]) -> None:
    at = _row(frame=frame, rule=rule, at=(rule.entity, rule.time), roles=roles, expected=rule.expected)
    frame.loc[at, rule.variable] = math.nan if rule.value == "missing" else rule.value


def _exchange(frame: pd.DataFrame, rule: Exchange, roles: tuple[str, str]) -> None:
    for time, values in rule.expected.items():
        pairs = zip(rule.entities, values, strict=True)
        rows = [_row(frame=frame, rule=rule, at=(entity, time), roles=roles, expected=value) for entity, value in pairs]
        frame.loc[rows, rule.variable] = values[::-1]


def _identity(frame: pd.DataFrame, rule: Identity, roles: tuple[str, str]) -> None:
    at = _row(frame=frame, rule=rule, at=(rule.entity, rule.time), roles=roles, expected=math.nan)
    total, *parts = frame.loc[at, [rule.total, *rule.parts]].to_numpy(dtype="float64")
    found = float(total - sum(parts))
    if not math.isclose(found, rule.value, rel_tol=COMPUTED):
        raise _obsolete(rule, f"{rule.total} less its other parts to be {rule.value:g}, it is {found:g}", f"{rule.entity}, {rule.time}")
    frame.loc[at, rule.variable] = rule.value


def _nil(frame: pd.DataFrame, rule: Nil, roles: tuple[str, str]) -> None:
    parts, blank = frame[list(rule.parts)], frame[list(rule.blank)].isna()
    rows = blank.any(axis=1) & frame[rule.total].notna()
    if not rows.any():
        raise _obsolete(rule, "blank cells, there are none", ", ".join(rule.blank))
    rest = (frame[rule.total] - parts.sum(axis=1))[rows]
    refused = parts.drop(columns=list(rule.blank))[rows].isna().any(axis=1) | (rest.abs() > rule.within)
    if refused.any():
        at = refused.index[refused][0]
        place = f"{frame.loc[at, roles[0]]}, {frame.loc[at, roles[1]]}"
        raise _obsolete(rule, f"the parts that are printed to reach {rule.total}, {rest[at]:g} is left", place)
    for name in rule.blank:
        frame.loc[rows & blank[name], name] = 0.0
