"""From verified raw files to a frame under registry ids: as declared, or by the module ``<table>.py`` where something is derived."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.data.readers.raw_csv import read_flat, read_long, widen
from toolkit.registry import Table


def module_of(table_id: str) -> ModuleType | None:
    """The module with ``build(raw)`` of a table, None when the table is built as declared."""
    name = f"{__name__}.{table_id}"
    return import_module(name) if find_spec(name) else None


def read_file(raw: RawFolder, table: Table, file: str, keys: Sequence[str]) -> pd.DataFrame:
    """One long raw file of a table, wide, under the columns and in the units that its reading declares.

    Raises
    ------
    UnreadableFile, MissingKey, NotNumeric, DuplicateKey, UnknownName
        With file, row, column, entity and year.
    """
    reading = table.reading(file)
    long = read_long(raw, file, keys)
    if reading.years is not None:
        long = long[long["year"].between(*reading.years)]
    wide = widen(
        long=long[~long["indicator"].isin(reading.left_out)],
        keys=keys,
        rename=reading.rename,
        known=(*table.columns, *table.checked_only),
        where=raw.label(file),
    )
    return wide.assign(**{column: wide[column] / by for column, by in reading.divide.items()})


def build_declared(raw: RawFolder, table_id: str) -> pd.DataFrame:
    """The raw files of a table as they are declared: columns renamed, numbers read as numbers, long files made wide.

    A file with the columns ``indicator`` and ``value`` is long and gets one column per indicator; any other has one row per thing.
    Several long files are put one below the other.

    Raises
    ------
    UnreadableFile, MissingKey, NotNumeric, DuplicateKey, UnknownName
        With file, row, column, entity and year.
    """
    table = raw.registry.tables[table_id]
    first = raw.rows(table.raw[0])
    if first and {"indicator", "value"} <= set(first[0]):
        long = pd.concat([read_long(raw, name, table.keys) for name in table.raw if name not in table.readings], ignore_index=True)
        return widen(
            long=long, keys=table.keys, rename=table.rename, known=(*table.columns, *table.checked_only), where=raw.label(table.raw[0])
        )
    old = {new: name for name, new in table.rename.items()}
    declared = [old.get(name, name) for name in table.columns if raw.registry.variables[name].kind != "text"]
    numbers = [name for name in declared if first and name in first[0]]  # a column that is absent is named by the check of the table
    frame = read_flat(raw, table.raw[0], numbers=numbers, entity=old.get(table.keys[0], table.keys[0]))
    return frame.rename(columns=table.rename)
