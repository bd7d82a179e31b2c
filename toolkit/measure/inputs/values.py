"""What every measure asks of its input, checked in one place and refused by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from decimal import Decimal
from numbers import Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.numerics import Floats


def named(label: object) -> str:
    """A row or column label as a message shows it: text in quotation marks, numbers plain.

    Examples
    --------
    >>> named(np.int64(2010)), named("Hubei")
    ('2010', "'Hubei'")
    """
    return repr(label.item() if isinstance(label, np.generic) else label)


def numeric(values: object, said: str, remedy: str = "convert the values to numbers first") -> Floats:
    """Real numbers as floats, in the shape in which they came; missing ones (None, NA, NaN, a masked cell) are NaN.

    Text is refused even when it reads as a number, and so are truth values, complex numbers, dates and anything else that numpy would turn
    into some number. A column of type object is read cell by cell.

    Parameters
    ----------
    values : array, sequence, Series, Index or frame.
    said : begins the message, for example "the Gini coefficient needs numbers".
    remedy : ends it.

    Raises
    ------
    MeasureError
        On the first value that is no number, which is named with its place.

    Examples
    --------
    >>> numeric([1, None], "the mean needs numbers").tolist()
    [1.0, nan]
    >>> numeric(pd.Series([1, "2"], index=["Beijing", "Hubei"]), "the mean needs numbers")
    Traceback (most recent call last):
    ...
    toolkit.errors.MeasureError: the mean needs numbers; could not convert the text '2' to a number
      where:  first: Hubei, values: '2'
      remedy: convert the values to numbers first
    """
    if isinstance(values, pd.DataFrame):
        if all(_is_real(dtype) for dtype in values.dtypes):
            return np.asarray(values.to_numpy(dtype="float64", na_value=np.nan), dtype=np.float64)
        parts = [numeric(values.iloc[:, j], said, remedy) for j in range(values.shape[1])]
        return np.column_stack(parts) if parts else np.empty(values.shape)
    raw: Any = values if isinstance(values, pd.Series | pd.Index) else _array(values, said, remedy)
    if _is_real(raw.dtype):
        return _filled(raw)
    if not (raw.dtype.kind in "OUST" or isinstance(raw.dtype, pd.CategoricalDtype)):
        raise MeasureError(f"{said}; these are of type {raw.dtype}", where=getattr(values, "name", None) or "", remedy=remedy)
    cells = np.asarray(raw, dtype=object)
    bad = [at for at, cell in np.ndenumerate(cells) if not _is_number(cell)]
    if bad:
        at = next((at for at in bad if not _reads_as_number(cells[at])), bad[0])  # what made the column text, rather than its first cell
        raise MeasureError(f"{said}; could not convert {_described(cells[at])}", where=_cell_place(values, at, cells[at]), remedy=remedy)
    return np.array([_float(cell) for cell in cells.ravel()], dtype=np.float64).reshape(cells.shape)


def setting(value: object, name: str) -> float:
    """One real number given to a measure; its range is the caller's to check.

    Raises
    ------
    MeasureError
        On text, a truth value, None, or anything else that is not one real number.

    Examples
    --------
    >>> setting(2, "alpha")
    2.0
    """
    if isinstance(value, Real | Decimal) and _is_number(value):
        return _float(value)
    number = numeric(value, f"{name}={value!r} is no number", "pass one number") if isinstance(value, np.ndarray) else None
    if number is None or number.ndim:
        raise MeasureError(f"{name}={value!r} is no number", remedy="pass one number")
    return float(number)


def _is_real(dtype: Any) -> bool:
    types = pd.api.types
    return types.is_numeric_dtype(dtype) and not types.is_bool_dtype(dtype) and not types.is_complex_dtype(dtype)


def _filled(raw: Any) -> Floats:
    if isinstance(raw, np.ma.MaskedArray):
        return np.ma.filled(raw.astype(np.float64), np.nan)
    if isinstance(raw, pd.Series | pd.Index):
        raw = raw.to_numpy(dtype="float64", na_value=np.nan)
    return np.asarray(raw, dtype=np.float64)


def _array(values: object, said: str, remedy: str) -> NDArray[Any]:
    """An array of the values; of type object where numpy would unite truth values or text with numbers."""
    if isinstance(values, np.ndarray):
        return values
    try:
        if hasattr(values, "__array__"):
            return np.asarray(values)
        if isinstance(values, Mapping):
            values = values.values()
        if isinstance(values, Iterable) and not isinstance(values, Sequence | Set):
            values = list(values)
        cells = np.array(values, dtype=object)
    except (TypeError, ValueError) as problem:
        raise MeasureError(f"{said}; {problem}", remedy=remedy) from problem
    return cells if cells.size else np.empty(cells.shape)


def _is_number(cell: object) -> bool:
    truth = isinstance(cell, bool) or isinstance(cell, np.bool_)  # noqa: SIM101 - a bool is a Real, so that mypy takes the union for empty
    return _is_missing(cell) or (isinstance(cell, Real | Decimal) and not truth)


def _is_missing(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell is np.ma.masked


def _float(cell: Any) -> float:
    try:
        return np.nan if _is_missing(cell) else float(cell)
    except OverflowError:
        return np.inf


def _reads_as_number(cell: object) -> bool:
    return isinstance(cell, str) and bool(pd.notna(pd.to_numeric(pd.Series([cell]), errors="coerce")).all())


def _described(cell: object) -> str:
    if isinstance(cell, str | bytes):
        return f"the text {named(cell)} to a number"
    return f"{named(cell)}, which is of type {'complex128' if isinstance(cell, complex) else type(cell).__name__}"


def _cell_place(values: object, at: tuple[int, ...], cell: object) -> str:
    if isinstance(values, pd.Series):
        return f"first: {values.index[at[0]]}, {values.name or 'values'}: {cell!r}"
    return _place(values, at)


def _place(values: object, at: tuple[int, ...]) -> str:
    if isinstance(values, pd.Series):
        return f"{values.name or 'values'}, first at {named(values.index[at[0]])}"
    return f"first at position {at[0] if len(at) == 1 else at}" if at else ""


def checked(values: ArrayLike, what: str, lowest: Literal["non-negative", "positive", "any"]) -> Floats:
    """One-dimensional finite numbers that ``what`` is defined for, as a float array.

    Raises
    ------
    MeasureError
        On what is no column of numbers (see :func:`numeric`), and on an empty, missing, infinite, negative (or, where asked, zero) value:
        the first one is named.
    """
    numbers = np.atleast_1d(numeric(values, f"{what} needs numbers", "convert the column to numbers first"))
    if numbers.ndim > 1:
        raise MeasureError(
            f"{what} needs numbers; this is a table of shape {numbers.shape}, not one column", remedy="convert the column to numbers first"
        )
    if numbers.size == 0:
        raise MeasureError(f"{what} needs at least one value", remedy="check the rows that are left after filtering")
    tests = [(~np.isfinite(numbers), "missing or infinite", "drop or fill these rows, and report it")]
    if lowest != "any":
        tests.append((numbers < 0, "negative", "the measure is not defined for negative values: use another measure or a shifted variable"))
    if lowest == "positive":
        tests.append((numbers == 0, "zero", "use a measure that admits zeros (Gini, Theil T), or drop the units and report it"))
    for bad, word, remedy in tests:
        if bad.any():
            where = _place(values, (int(np.flatnonzero(bad)[0]),))
            raise MeasureError(f"{what} got {int(bad.sum())} {word} values", where=where, remedy=remedy)
    if lowest != "any" and not numbers.any():
        raise MeasureError(f"{what} is not defined when every value is zero", remedy="check the variable and the year")
    return numbers


def labelled(result: Floats | NDArray[np.int64], like: object, name: str) -> Any:
    """``result`` (n, ...) with the rows of ``like`` where it is a Series or frame of n rows; otherwise as it is.

    Examples
    --------
    >>> labelled(np.array([0.5, 0.25]), pd.Series([2, 1], index=["Beijing", "Hubei"]), "share").to_dict()
    {'Beijing': 0.5, 'Hubei': 0.25}
    """
    if not isinstance(like, pd.Series | pd.DataFrame) or result.ndim == 0:
        return result
    if result.ndim == 2 and isinstance(like, pd.DataFrame):
        return pd.DataFrame(result, index=like.index, columns=like.columns)
    return pd.Series(result, index=like.index, name=name)


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
    """Two pandas Series of equal length must have the same index: they are combined by position.

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
        As :func:`checked` and :func:`checked_weights`; also when two Series do not have the same index.
    """
    x = checked(values, what, lowest)
    w = checked_weights(weights, x.size, what)
    same_rows(values, weights, "weights", what)
    return x, w


def check_settings(rng: np.random.Generator, draws: int, level: float) -> None:
    """Refuse settings with which there is no interval.

    Raises
    ------
    MeasureError
    """
    if not isinstance(rng, np.random.Generator):
        raise MeasureError(f"the bootstrap got rng={rng!r}", remedy="pass a generator, for example np.random.default_rng(1)")
    if not 0 < setting(level, "level") < 1:
        raise MeasureError(f"the bootstrap got level={level:g}", remedy="choose a level between 0 and 1, for example 0.95")
    fewest = int(np.ceil(round(2 / (1 - level), 9)))
    if not setting(draws, "draws") >= fewest or draws % 1:
        raise MeasureError(f"{draws} draws are too few for a level of {level:g}", remedy=f"take at least {fewest}, better 999")
