"""A matrix of rows by indicators, checked once: what every step of a composite index starts from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.values import Floats, numeric

RELATIVE_RANGE = 1e-12  # a spread below this fraction of the largest value is rounding, not variation


def checked_matrix(values: ArrayLike | pd.DataFrame, what: str) -> pd.DataFrame:
    """(n, m) finite floats as a frame; an array gets the columns ``x1 ... xm``.

    Raises
    ------
    MeasureError
        On anything but a matrix with rows and columns, a repeated column, text, a missing or an infinite value: the first one is named.

    Examples
    --------
    >>> list(checked_matrix([[0.0, 1.0], [1.0, 0.0]], "an index").columns)
    ['x1', 'x2']
    """
    if isinstance(values, pd.DataFrame):
        frame = values
    else:
        raw = numeric(values, f"{what} needs numbers")
        if raw.ndim != 2:
            raise MeasureError(f"{what} needs a matrix of rows by indicators, not {raw.ndim} dimensions", remedy="one column per indicator")
        frame = pd.DataFrame(raw, columns=[f"x{j + 1}" for j in range(raw.shape[1])])
    if 0 in frame.shape:
        raise MeasureError(f"{what} needs at least one row and one indicator", remedy="check the rows that are left after filtering")
    if frame.columns.has_duplicates:
        raise MeasureError(
            f"{what} got the indicator {next(iter(frame.columns[frame.columns.duplicated()]))!r} twice",
            remedy="keep one column of each name",
        )
    cells = numeric(frame, f"{what} needs numbers", "convert the columns to numbers first")
    numbers = pd.DataFrame(cells, index=frame.index, columns=frame.columns)
    bad = ~np.isfinite(cells)
    if bad.any():
        i, j = (int(v[0]) for v in np.nonzero(bad))
        raise MeasureError(
            f"{what} got {int(bad.sum())} missing or infinite values",
            where=f"first: row {frame.index[i]!r}, indicator {frame.columns[j]!r}",
            remedy="drop or fill these rows, and say so",
        )
    return numbers


def unit_matrix(values: ArrayLike | pd.DataFrame, what: str) -> pd.DataFrame:
    """(n, m) normalised values in [0, 1] as a frame.

    Raises
    ------
    MeasureError
        As :func:`checked_matrix`; also on a value outside the unit interval: normalise first.
    """
    frame = checked_matrix(values, what)
    x = frame.to_numpy()
    outside = (x < -RELATIVE_RANGE) | (x > 1 + RELATIVE_RANGE)
    if outside.any():
        i, j = (int(v[0]) for v in np.nonzero(outside))
        raise MeasureError(
            f"{what} needs normalised values between 0 and 1, not {x[i, j]:g}",
            where=f"row {frame.index[i]!r}, indicator {frame.columns[j]!r}",
            remedy="normalise first: normalise(values, directions)",
        )
    return frame.clip(0.0, 1.0)


def checked_importance(weights: Mapping[str, float] | pd.Series | ArrayLike, columns: pd.Index, what: str) -> pd.Series:
    """One non-negative weight per column, by name where names are given, scaled to sum to one.

    Raises
    ------
    MeasureError
        On a missing, unknown, repeated, negative or infinite weight, text, a wrong number of them, or when all are zero.
    """
    if isinstance(weights, Mapping | pd.Series):
        if isinstance(weights, pd.Series) and weights.index.has_duplicates:
            name = weights.index[weights.index.duplicated()][0]
            raise MeasureError(f"{what}: {name!r} has two weights", remedy="give one weight for each")
        given = pd.Series(dict(weights.items()))
        odd = [*columns.difference(given.index), *given.index.difference(columns)]
        if odd:
            word = "has no weight" if odd[0] in columns else "has a weight but is none of them"
            raise MeasureError(f"{what}: {odd[0]!r} {word}", remedy=f"give one weight for each of {', '.join(map(str, columns))}")
        numbers = _floats(given.loc[columns], what)
    else:
        numbers = _floats(weights, what)
        if numbers.shape != (len(columns),):
            names = ", ".join(map(str, columns))
            raise MeasureError(f"{what} got {numbers.size} weights for {len(columns)}: {names}", remedy="give one weight for each")
    bad = ~np.isfinite(numbers) | (numbers < 0)
    if bad.any():
        j = int(np.flatnonzero(bad)[0])
        raise MeasureError(f"{what}: the weight of {columns[j]!r} is {numbers[j]:g}", remedy="weights are finite and not negative")
    if not numbers.any():
        raise MeasureError(f"{what}: every weight is zero", remedy="give at least one positive weight")
    numbers = numbers / numbers.max()  # the sum of very large weights would overflow
    return pd.Series(numbers / numbers.sum(), index=columns, name="weight")


def _floats(weights: ArrayLike, what: str) -> Floats:
    return numeric(weights, f"{what}: weights must be numbers", "give one number for each")


def correlations(x: Floats) -> Floats:
    """(m, m) correlations of the columns of (n, m); missing in the row and column of a constant one."""
    centred = x - x.mean(axis=0)
    spread = spread_of(x)
    scaled = np.divide(centred, np.sqrt((centred**2).sum(axis=0)), out=np.full_like(centred, np.nan), where=spread > 0)
    return np.asarray(np.clip(scaled.T @ scaled, -1.0, 1.0), dtype=np.float64)


def spread_of(x: Floats) -> Floats:
    """(m,) sample standard deviations, exactly zero where the spread is rounding."""
    if len(x) < 2:
        return np.zeros(x.shape[1])
    varies = np.ptp(x, axis=0) > RELATIVE_RANGE * np.abs(x).max(axis=0)
    return np.asarray(np.where(varies, x.std(axis=0, ddof=1), 0.0), dtype=np.float64)


def shares_of(amounts: Floats, columns: pd.Index, what: str, least: float = 0.0) -> pd.Series:
    """(m,) weights in proportion to ``amounts``, those not above ``least`` being nothing; a single indicator weighs one.

    Raises
    ------
    MeasureError
        When nothing is left.
    """
    if amounts.size == 1:
        return pd.Series([1.0], index=columns, name="weight")
    kept = np.where(amounts > least, amounts, 0.0)
    if not kept.any():
        raise MeasureError(f"{what} is not defined: no indicator varies over the rows", remedy="use more rows, or equal weights")
    return pd.Series(kept / kept.sum(), index=columns, name="weight")
