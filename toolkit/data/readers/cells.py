"""The cells of a table by column, also where the middle of a large file was read apart from its ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit.data.readers.grid import Grid
from toolkit.data.readers.large import NotPlain, Numbers, with_ends
from toolkit.data.readers.numbers import BLANK
from toolkit.data.readers.region import Region, is_note


def key_column(cells: Sequence[str], letters: bool) -> pd.Series:
    """A role column; with ``letters``, a mark such as NA is a name, as the code of Namibia is."""
    marks = {mark for mark in BLANK if not (letters and any(map(str.isalpha, mark)))}
    column = pd.Series(cells, dtype="str")
    return column.mask(column.isin(marks))


def cells_of(
    grid: Grid, region: Region, roles: tuple[str, str], texts: Sequence[str]
) -> tuple[dict[str, Sequence[str]], dict[str, Numbers], Sequence[int]]:
    """Text by column, the columns that are plain numbers already, and the row of the file for each cell.

    Raises
    ------
    NotPlain
        Of a large file, whose middle must be read in the usual way.
    """
    ends: dict[str, Sequence[str]] = {name: [row[j] for row in region.rows] for j, name in enumerate(region.names)}
    middle = grid.middle
    if middle is None:
        return ends, {}, region.places
    skipped = middle.width - len(region.names)
    if skipped not in (0, 1) or skipped != any(n.key == "row_numbers" for n in region.notes):
        raise NotPlain
    at = {name: j + skipped for j, name in enumerate(region.names)}
    numbers, strings = middle.read([at[name] for name in dict.fromkeys((*roles, *texts))])
    if skipped and not (0 in numbers and (np.diff(numbers[0].values) > 0).all()):
        raise NotPlain
    distinct = {j: column.unique().to_pylist() for j, column in strings.items() if j in (skipped, *(at[name] for name in roles))}
    if any(key_column(distinct[at[name]], letters=name == roles[0]).isna().any() for name in roles):
        raise NotPlain
    if any(cell in ("", region.names[0]) or is_note([cell]) for cell in distinct.get(skipped, ())):
        raise NotPlain
    above = sum(place <= middle.before for place in region.places)
    cells: dict[str, Sequence[str]] = {}
    plain = {}
    for name, j in at.items():
        if j in numbers:
            plain[name] = with_ends(ends[name][:above], numbers[j], ends[name][above:])
        else:
            cells[name] = [*ends[name][:above], *strings.pop(j).to_pylist(), *ends[name][above:]]
    between = range(middle.before + 1, middle.before + middle.rows + 1)
    places = [middle.place(place) for place in region.places]
    return cells, plain, [*places[:above], *between, *places[above:]]


class RowLabels(Sequence[str]):
    """Entity and time of each row, as messages name them, made when they are needed."""

    def __init__(self, entities: pd.Series, times: pd.Series) -> None:
        self._entities, self._times = entities, times

    def __len__(self) -> int:
        return len(self._entities)

    def __getitem__(self, at: Any) -> Any:
        return f"{self._entities.name} {self._entities.iloc[at]}, {self._times.name} {self._times.iloc[at]}"
