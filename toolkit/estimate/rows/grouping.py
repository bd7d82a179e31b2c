"""Rows cut into groups: dense integer codes, sums over them, and groups with slopes of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate.rows.texts import factorized
from toolkit.numerics import Floats

ROWS_AT_ONCE = 65_536  # what is written to in one go stays in the cache


@dataclass(frozen=True)
class Grouping:
    """Rows cut into groups.

    Attributes
    ----------
    codes : (n,) group of each row, 0..levels-1; -1 for a missing value (only before rows are chosen).
    levels : number of groups.
    """

    codes: NDArray[np.intp]
    levels: int

    @cached_property
    def counts(self) -> NDArray[np.intp]:
        """(levels,) rows per group."""
        return np.bincount(self.codes, minlength=self.levels)

    def sums(self, values: Floats) -> Floats:
        """Sum of ``values`` (n,) or (m, n) in each group: (levels,) or (m, levels)."""
        if values.ndim == 2:
            found = np.empty((len(values), self.levels))
            for own, row in zip(found, values, strict=True):
                own[:] = self.sums(row)
            return found
        return np.bincount(self.codes, weights=values, minlength=self.levels).astype(np.float64, copy=False)

    def spread(self, values: Floats) -> Floats:
        """One value per group (levels,) spread over the rows (n,)."""
        return values[self.codes]

    def subtract(self, values: Floats, column: Floats) -> None:
        """Take one value per group (levels,) off ``column`` (n,) in place, in parts that need no second column."""
        for start in range(0, len(column), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            column[rows] -= values[self.codes[rows]]

    def take(self, rows: NDArray[np.bool_]) -> Grouping:
        """The grouping of the rows where ``rows`` is true, with codes made dense again."""
        return dense(self.codes[rows], self.levels)

    def refines(self, other: Grouping) -> bool:
        """Whether each group lies inside one group of ``other`` (it is nested in it); the first rows mostly say that it does not."""
        first = np.empty(self.levels, dtype=np.intp)
        for rows in (slice(0, ROWS_AT_ONCE), slice(None)):
            own, wanted = self.codes[rows], other.codes[rows]
            first[own] = wanted
            if not np.array_equal(first[own], wanted):
                return False
        return True


def dense(codes: NDArray[np.intp], levels: int) -> Grouping:
    """Close the holes that dropped rows leave in ``codes``; a code of -1 stays -1."""
    present = np.zeros(levels + 1, dtype=bool)
    present[codes] = True
    if present[:levels].all():
        return Grouping(codes, levels)
    numbers = np.cumsum(present[:levels]) - 1
    lookup = np.append(numbers, -1)
    return Grouping(lookup[codes].astype(np.intp), int(present[:levels].sum()))


def group(values: pd.Series, in_order: bool = False) -> Grouping:
    """Dense codes of a column of any kind: text, numbers, categories, nullable.

    Parameters
    ----------
    values : the column.
    in_order : the rows are sorted by this column and none is missing (the entity of a panel), so that no hashing is needed.

    Examples
    --------
    >>> group(pd.Series(["b", "a", None, "b"])).codes
    array([ 0,  1, -1,  0])
    """
    if in_order and len(values):
        changes = np.append(False, np.asarray(values.array[1:] != values.array[:-1], dtype=bool))
        codes = np.cumsum(changes, dtype=np.intp)
        return Grouping(codes, int(codes[-1]) + 1)
    array = values.to_numpy() if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb" else None
    if array is not None and array.dtype.kind in "iu" and len(array):
        low, high = int(array.min()), int(array.max())
        if high - low < 4 * len(array) and high < 2**62 and low > -(2**62):
            codes = array.astype(np.intp)
            codes -= low
            return dense(codes, high - low + 1)
    return Grouping(*factorized(values))


def crossed(groupings: list[Grouping]) -> Grouping:
    """The grouping by all combinations that occur; -1 where any part is missing."""
    codes, levels = groupings[0].codes, groupings[0].levels
    for other in groupings[1:]:
        missing = (codes < 0) | (other.codes < 0)
        pairs = codes * other.levels + other.codes
        pairs[missing] = -1
        if levels * other.levels <= 4 * len(codes):
            joined = dense(pairs, levels * other.levels)
            codes, levels = joined.codes, joined.levels
        else:
            found, distinct = pd.factorize(pairs[~missing])
            codes, levels = np.full(len(pairs), -1, dtype=np.intp), len(distinct)
            codes[~missing] = found
    return Grouping(codes, levels)


@dataclass(frozen=True)
class Sloped(Grouping):
    """Groups of rows with slopes of their own.

    Attributes
    ----------
    slopes : (s, n) the variables.
    level : whether each group has an effect beside its slopes.
    by : the name of the groups alone.
    """

    slopes: Floats
    level: bool
    by: str

    def take(self, rows: NDArray[np.bool_]) -> Sloped:
        """The rows where ``rows`` is true, with codes made dense again."""
        plain = super().take(rows)
        return Sloped(codes=plain.codes, levels=plain.levels, slopes=self.slopes[:, rows], level=self.level, by=self.by)


def any_sloped(groupings: Sequence[Grouping]) -> bool:
    """Whether one of the effects has slopes."""
    return any(isinstance(grouping, Sloped) for grouping in groupings)


def levels_only(effects: Sequence[tuple[str, Grouping]]) -> list[tuple[str, Grouping]]:
    """The effects (name, grouping) without their slopes; what is slopes alone is left out."""
    found = []
    for name, grouping in effects:
        if not isinstance(grouping, Sloped):
            found.append((name, grouping))
        elif grouping.level:
            found.append((grouping.by, Grouping(grouping.codes, grouping.levels)))
    return found
