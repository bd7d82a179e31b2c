"""Our own files: long (entity, year, indicator, value) and flat (one row per thing)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.errors import DuplicateKey, MissingKey, NotNumeric, UnknownName, UnreadableFile


def read_long(raw: RawFolder, name: str, keys: Sequence[str]) -> pd.DataFrame:
    """The raw file ``name`` as a long frame with numeric ``value`` and whole-number ``year``.

    Parameters
    ----------
    raw : the raw folder.
    name : id of the raw file.
    keys : columns that identify a row together with ``indicator``, e.g. ``("adcode", "year")``.

    Returns
    -------
    DataFrame with the keys, ``indicator``, ``value``, ``unit``, ``source_id`` and ``row`` (line number in the file).

    Raises
    ------
    UnreadableFile, MissingKey, NotNumeric, DuplicateKey
        With file, row, column, entity and year.
    """
    rows = raw.rows(name)
    needed = [*keys, "indicator", "value", "unit", "source_id"]
    missing = [c for c in needed if not rows or c not in rows[0]]
    if missing:
        raise UnreadableFile(f"column {missing[0]!r} is missing", where=raw.label(name), remedy=f"the header must be {','.join(needed)}")
    frame = pd.DataFrame(rows, columns=needed)
    frame["row"] = range(2, len(frame) + 2)
    for key in (*keys, "indicator"):
        empty = frame.index[frame[key].isna() | (frame[key].str.strip() == "")]
        if len(empty):
            raise MissingKey(
                f"{key} is empty",
                where=_place(raw=raw, name=name, frame=frame, at=int(empty[0]), keys=keys),
                remedy="fill it, or remove the row",
            )
    numeric = [c for c in ("adcode", "year") if c in keys]
    for column in ("value", *numeric):
        frame[column] = _numbers(raw=raw, name=name, frame=frame, column=column, keys=keys)
    frame[numeric] = frame[numeric].astype("int64")
    twice = frame.duplicated([*keys, "indicator"])
    if twice.any():
        at = int(frame.index[twice][0])
        raise DuplicateKey(
            f"{int(twice.sum())} repeated rows",
            where=_place(raw=raw, name=name, frame=frame, at=at, keys=keys),
            remedy="keep one value per entity, year and indicator",
        )
    return frame


def _place(raw: RawFolder, name: str, frame: pd.DataFrame, at: int, keys: Sequence[str], column: str = "") -> str:
    line = frame.loc[at]
    parts = [raw.label(name), f"row {line['row']}"]
    if column:
        parts.append(f"column {column}")
    return ", ".join([*parts, f"indicator {line['indicator']}", *(f"{key} {line[key]}" for key in keys)])


def _numbers(raw: RawFolder, name: str, frame: pd.DataFrame, column: str, keys: Sequence[str]) -> pd.Series:
    numbers = pd.to_numeric(frame[column], errors="coerce")
    bad = frame.index[~numbers.map(math.isfinite)]
    if len(bad):
        at = int(bad[0])
        raise NotNumeric(
            f"{frame.loc[at, column]!r} is no number ({len(bad)} such cells)",
            where=_place(raw=raw, name=name, frame=frame, at=at, keys=keys, column=column),
            remedy="write a number, or remove the row when the value was not published",
        )
    return numbers


def widen(long: pd.DataFrame, keys: Sequence[str], rename: Mapping[str, str], known: Sequence[str], where: str) -> pd.DataFrame:
    """One column per indicator, under the ids of the registry.

    Raises
    ------
    UnknownName
        An indicator of the file is not described in the registry.
    """
    names = long["indicator"].map(lambda indicator: rename.get(indicator, indicator))
    unknown = long.index[~names.isin(list(known))]
    if len(unknown):
        at = unknown[0]
        raise UnknownName(
            f"indicator {long.loc[at, 'indicator']!r} is not described in the registry",
            where=f"{where}, row {long.loc[at, 'row']}",
            remedy="describe it in toolkit/registry/variables and to the columns of the table, or to checked_only",
        )
    wide = long.assign(indicator=names).pivot(index=list(keys), columns="indicator", values="value")
    return wide.rename_axis(columns=None).reset_index()


def read_flat(raw: RawFolder, name: str, *, numbers: Sequence[str], entity: str, required: Sequence[str] = ()) -> pd.DataFrame:
    """The raw file ``name``, the columns ``numbers`` numeric (an empty cell is missing), all others text (an empty cell is missing).

    Parameters
    ----------
    raw, name : raw folder and id of the file.
    numbers : columns that must hold numbers.
    entity : column that names the row in messages.
    required : further columns that must exist.

    Raises
    ------
    UnreadableFile
        A column is missing.
    NotNumeric
        With file, row, column and entity.
    """
    frame = pd.DataFrame(raw.rows(name))
    missing = [c for c in (*numbers, entity, *required) if c not in frame.columns]
    if missing:
        raise UnreadableFile(f"column {missing[0]!r} is missing", where=raw.label(name), remedy="restore the header of the file")
    frame = frame.mask(frame == "")
    for column in numbers:
        values = pd.to_numeric(frame[column], errors="coerce")
        bad = frame.index[values.isna() & frame[column].notna()]
        if len(bad):
            raise NotNumeric(
                f"{frame.loc[bad[0], column]!r} is no number ({len(bad)} such cells)",
                where=f"{raw.label(name)}, row {bad[0] + 2}, column {column}, {entity} {frame.loc[bad[0], entity]}",
                remedy="write a number, or leave the cell empty when the value was not published",
            )
        frame[column] = values
    return frame
