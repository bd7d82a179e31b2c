"""Groups of rows as dense integer codes, and sums over them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray


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

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of ``values`` (n,) or (m, n) in each group: (levels,) or (m, levels)."""
        if values.ndim == 2:
            return np.stack([self.sums(row) for row in values]) if len(values) else np.empty((0, self.levels))
        return np.bincount(self.codes, weights=values, minlength=self.levels).astype(np.float64, copy=False)

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """One value per group (levels,) put back on the rows (n,)."""
        return values[self.codes]

    def take(self, rows: NDArray[np.bool_]) -> Grouping:
        """The grouping of the rows where ``rows`` is true, with codes made dense again."""
        return dense(self.codes[rows], self.levels)

    def refines(self, other: Grouping) -> bool:
        """Whether each group lies inside one group of ``other`` (it is nested in it)."""
        first = np.empty(self.levels, dtype=np.intp)
        first[self.codes] = other.codes
        return bool(np.array_equal(self.spread(first), other.codes))  # type: ignore[arg-type]


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
    array = values.to_numpy() if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iufb" else None
    if array is not None and in_order and len(array):
        codes = np.concatenate(([0], np.cumsum(array[1:] != array[:-1]))).astype(np.intp)
        return Grouping(codes, int(codes[-1]) + 1)
    if array is not None and array.dtype.kind in "iu" and len(array):
        low, high = int(array.min()), int(array.max())
        if high - low < 4 * len(array) and high < 2**62 and low > -(2**62):
            return dense((array.astype(np.intp) - low), high - low + 1)
    codes, levels = pd.factorize(values)
    return Grouping(codes.astype(np.intp, copy=False), len(levels))


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
