"""Files whose columns have types already: parquet, feather and SPSS."""

from __future__ import annotations

import io
import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from toolkit.data.readers.about import About
from toolkit.data.readers.columns import missing_cells
from toolkit.data.readers.stata import with_labels
from toolkit.errors import UnreadableFile
from toolkit.language import Name, Note, Text, note

SPSS = (b"$FL2", b"$FL3")
PARQUET, FEATHER, OLD_FEATHER = b"PAR1", b"ARROW1", b"FEA1"
META = b"innovation-toolkit"
_INDEX = Text("Columns taken from the index of the frame: {names}.", "以下列取自数据框的索引：{names}。")


@dataclass(frozen=True)
class TypedTable:
    """A frame, what the file says of its columns, and what was done."""

    frame: pd.DataFrame
    about: About = field(default_factory=About)
    notes: tuple[Note, ...] = ()


def is_typed(content: bytes) -> bool:
    """Whether the bytes begin as a file of one of these formats."""
    return content.startswith((*SPSS, PARQUET, FEATHER, OLD_FEATHER))


def read_typed(content: bytes, where: str) -> TypedTable:
    """The columns with their types; dates and numbers are what the file says.

    Raises
    ------
    UnreadableFile
    """
    if content.startswith(SPSS):
        return _spss(content, where)
    import pyarrow as pa
    from pyarrow import feather, parquet

    try:
        read = parquet.read_table if content.startswith(PARQUET) else feather.read_table
        table = read(io.BytesIO(content))
        frame = table.to_pandas(date_as_object=False)
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        raise UnreadableFile(f"not a whole parquet or feather file: {error}", where=where, remedy="write the file again") from error
    meta = json.loads((table.schema.metadata or {}).get(META, b"{}"))
    plain, notes = from_index(frame)
    return TypedTable(_plain(plain), About(**{key: meta[key] for key in vars(About()) if key in meta}), notes)


def from_index(frame: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """The frame with the named levels of its index as columns, as linearmodels' frames have entity and time."""
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    if not named:
        return frame.reset_index(drop=True), ()
    moved = frame.reset_index(level=named)
    return moved.reset_index(drop=True), (note("from_index", _INDEX, names=tuple(Name(str(name)) for name in named)),)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, decimals as floats; everything else as it is."""
    columns: dict[str, pd.Series] = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.CategoricalDtype):
            column = column.astype(column.cat.categories.dtype)
        present = column.dropna()
        if column.dtype == object and len(present) and all(type(value).__name__ == "Decimal" for value in present):
            column = column.astype("float64")
        columns[str(name)] = column
    return pd.DataFrame(columns)


def _spss(content: bytes, where: str) -> TypedTable:
    import tempfile
    from pathlib import Path

    import pyreadstat

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file.sav"
        path.write_bytes(content)
        try:
            frame, meta = pyreadstat.read_sav(path, user_missing=False)
        except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, ValueError, OverflowError) as error:
            raise UnreadableFile(f"not a whole SPSS file: {error}", where=where, remedy="save it again in SPSS") from error
    notes: list[Note] = []
    missing: dict[str, Counter[str]] = {}
    for name in frame.columns:
        frame[name], said = _labelled(frame[name], str(name), meta.variable_value_labels.get(name, {}))
        notes += said
        empty = int(frame[name].isna().sum())
        missing[str(name)] = Counter({"": empty} if empty else {})
    labels = {name: text for name, text in meta.column_names_to_labels.items() if text}
    return TypedTable(frame, About(labels=labels), (*notes, *missing_cells(missing)))


def _labelled(column: pd.Series, name: str, labels: Mapping[Any, str]) -> tuple[pd.Series, list[Note]]:
    if not pd.api.types.is_numeric_dtype(column):
        if column.dtype == object and all(isinstance(value, str) or value is None for value in column):
            column = pd.Series([value or None for value in column], dtype="str")
        elif column.dtype == object and all(isinstance(value, date) for value in column.dropna()):
            column = pd.to_datetime(column)
        return column, []
    codes = {float(value): text for value, text in labels.items() if isinstance(value, int | float)}
    values, notes = with_labels(column, name, codes)
    return values if values is not column else _whole(column), notes


def _whole(column: pd.Series) -> pd.Series:
    """SPSS keeps every number as a float; whole numbers without a gap are counts, codes and years."""
    values = column.to_numpy(dtype=np.float64)
    exact = len(values) and all(math.isfinite(value) and value == int(value) and abs(value) < 2**53 for value in values)
    return column.astype("int64") if exact else column
