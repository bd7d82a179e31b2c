"""What every measure asks of its input, checked in one place and refused by name."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError

Floats = NDArray[np.float64]


def named(label: object) -> str:
    """A row or column label as a message shows it: text in quotation marks, numbers plain.

    Examples
    --------
    >>> named(np.int64(2010)), named("Hubei")
    ('2010', "'Hubei'")
    """
    return repr(label.item() if isinstance(label, np.generic) else label)


def _first_label(values: ArrayLike, bad: NDArray[np.bool_]) -> str:
    position = int(np.flatnonzero(bad)[0])
    if isinstance(values, pd.Series):
        return f"{values.name or 'values'}, first at {named(values.index[position])}"
    return f"first at position {position}"


def checked(values: ArrayLike, what: str, lowest: Literal["non-negative", "positive", "any"]) -> Floats:
    """One-dimensional finite numbers that ``what`` is defined for, as a float array.

    Raises
    ------
    MeasureError
        On an empty, missing, infinite, negative (or, where asked, zero) value: the first one is named.
    """
    try:
        if np.ndim(values) > 1:
            raise TypeError(f"this is a table of shape {np.shape(values)}, not one column")
        raw = values if isinstance(values, pd.Series) else pd.Series(values)
        if raw.dtype.kind in "cmM":  # numpy would turn a date or a complex number into some real one
            raise TypeError(f"these are of type {raw.dtype}")
        numbers: Floats = np.asarray(raw.to_numpy(dtype="float64", na_value=np.nan), dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise MeasureError(f"{what} needs numbers; {problem}", remedy="convert the column to numbers first") from problem
    if numbers.ndim != 1 or numbers.size == 0:
        raise MeasureError(f"{what} needs at least one value", remedy="check the rows that are left after filtering")
    tests = [(~np.isfinite(numbers), "missing or infinite", "drop or fill these rows, and say so")]
    if lowest != "any":
        tests.append((numbers < 0, "negative", "the measure is not defined for negative values: use another measure or a shifted variable"))
    if lowest == "positive":
        tests.append((numbers == 0, "zero", "use a measure that admits zeros (Gini, Theil T), or drop the units and say so"))
    for bad, word, remedy in tests:
        if bad.any():
            raise MeasureError(f"{what} got {int(bad.sum())} {word} values", where=_first_label(raw, bad), remedy=remedy)
    if lowest != "any" and not numbers.any():
        raise MeasureError(f"{what} is not defined when every value is zero", remedy="check the variable and the year")
    return numbers


def checked_weights(weights: ArrayLike | None, size: int, what: str) -> Floats:
    """Weights that sum to one; equal weights when none are given.

    Raises
    ------
    MeasureError
        On a wrong length, or a missing, negative or all-zero weight.
    """
    if weights is None:
        return np.full(size, 1.0 / size)
    numbers = checked(weights, f"the weights of {what}", "non-negative")
    if numbers.size != size:
        raise MeasureError(f"{what} got {size} values and {numbers.size} weights", remedy="give one weight per value")
    numbers = numbers / numbers.max()  # the sum of very large weights would overflow
    return np.asarray(numbers / numbers.sum(), dtype=np.float64)


def same_rows(values: ArrayLike, other: ArrayLike | None, word: str, what: str) -> None:
    """Two pandas Series of equal length must carry the same index: they are combined by position.

    Raises
    ------
    MeasureError
        Naming the first row where ``other`` (weights, groups) has a different label.
    """
    if not (isinstance(values, pd.Series) and isinstance(other, pd.Series)) or values.index.equals(other.index):
        return
    pairs = enumerate(zip(values.index, other.index, strict=True))
    first = next(((i, a, b) for i, (a, b) in pairs if a != b), None)
    if first is not None:
        raise MeasureError(
            f"{what} got {word} in another order than the values",
            where=f"position {first[0]}: the values have {first[1]!r}, the {word} have {first[2]!r}",
            remedy=f"align them first: {word}.loc[values.index]",
        )


def weighted(
    values: ArrayLike, weights: ArrayLike | None, what: str, lowest: Literal["non-negative", "positive", "any"]
) -> tuple[Floats, Floats]:
    """Values that ``what`` is defined for, and their weights that sum to one (equal when none are given).

    Raises
    ------
    MeasureError
        As :func:`checked` and :func:`checked_weights`; also when two Series do not carry the same index.
    """
    x = checked(values, what, lowest)
    w = checked_weights(weights, x.size, what)
    same_rows(values, weights, "weights", what)
    return x, w
