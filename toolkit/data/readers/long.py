"""Long tables of the data platforms: the values of each indicator are read as one column of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit.data.readers.columns import missing_cells
from toolkit.data.readers.grid import Grid
from toolkit.data.readers.numbers import BLANK, read_numbers
from toolkit.data.readers.problems import Problem, refuse
from toolkit.errors import NotNumeric, UnreadableFile
from toolkit.language import Note, Text, note

_UNITS = Text("Units: {units}.", "单位：{units}。")


@dataclass(frozen=True)
class LongTable:
    """A long frame (one row per region, year and indicator), and what was done to its cells."""

    frame: pd.DataFrame
    notes: tuple[Note, ...]


def long_table(records: Sequence[Mapping[str, object]], grid: Grid, *, label: Callable[[Mapping[str, object]], str]) -> LongTable:
    """The records with their values as numbers.

    Parameters
    ----------
    records : ``value`` is the text of a cell, ``_column`` the column of the file in which it stands, ``row`` its row.
    grid : the file.
    label : what else names a record in a message.

    Raises
    ------
    UnreadableFile
        There are no records.
    NotNumeric
        With all cells that are no numbers.
    """
    if not records:
        raise UnreadableFile("the header is followed by no rows", where=grid.where, remedy="export the table again")
    frame = pd.DataFrame.from_records(list(records)).astype({"value": object})
    notes = list(grid.notes)
    problems, missing = [], {}
    for indicator, rows in frame.groupby("indicator", sort=False).groups.items():
        cells = [None if cell in BLANK else str(cell) for cell in frame.loc[rows, "value"]]
        missing[str(indicator)] = Counter(str(cell) for cell in frame.loc[rows, "value"] if cell in BLANK)
        read = read_numbers(cells, str(indicator), file_decimal=".")  # the platforms write a decimal point
        frame.loc[rows, "value"] = read.values
        notes += read.notes
        for cell in read.unread:
            record = records[int(rows[cell.at])]
            problems.append(
                Problem(NotNumeric, cell.what, int(str(record["row"])), str(record["_column"]), label(record), remedy=cell.remedy)
            )
    refuse(problems, grid.where)
    notes += missing_cells(missing)
    units = tuple(f"{name}: {unit}" for name, unit in dict(zip(frame["indicator"], frame["unit"], strict=True)).items() if unit)
    if units:
        notes.append(note("long_units", _UNITS, units=units))
    return LongTable(frame.astype({"value": "float64"}).drop(columns="_column"), tuple(notes))
