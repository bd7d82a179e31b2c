"""Flat files: one row per thing, with the columns that carry numbers named by the caller."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.errors import NotNumeric, UnreadableFile


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
