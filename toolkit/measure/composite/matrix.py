"""A matrix of rows by indicators, checked once, and its indicators brought to numbers between 0 (worst) and 1 (best)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtr

from toolkit.errors import MeasureError, UnknownOption
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import Floats, settled

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
            remedy="drop or fill these rows, and report it",
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


Direction = Literal["positive", "negative"]
Normalisation = Literal["min-max", "z-score", "rank", "min-max by year"]


def _signs_of(directions: Mapping[str, str] | Sequence[str], columns: pd.Index) -> Floats:
    """(m,) +1 where more is better, -1 where less is better.

    Raises
    ------
    MeasureError
        When an indicator has no direction.
    UnknownOption
        When a direction is neither "positive" nor "negative".
    """
    if not isinstance(directions, Mapping):
        if len(directions) != len(columns):
            raise MeasureError(f"{len(directions)} directions for {len(columns)} indicators", remedy="give one direction per indicator")
        directions = dict(zip(columns, directions, strict=True))
    for name in columns:
        if name not in directions:
            raise MeasureError(f"the indicator {name!r} has no direction", remedy="say 'positive' (more is better) or 'negative'")
        if directions[name] not in get_args(Direction):
            raise UnknownOption(
                f"the direction of {name!r} is {directions[name]!r}", remedy="use 'positive' (more is better) or 'negative' (less)"
            )
    return np.array([1.0 if directions[name] == "positive" else -1.0 for name in columns])


def normalise(
    values: pd.DataFrame | ArrayLike,
    directions: Mapping[str, str] | Sequence[str],
    method: Normalisation = "min-max",
    *,
    times: ArrayLike | None = None,
    offset: float = 0.0,
) -> pd.DataFrame:
    r"""Each indicator on [0, 1], 1 the best: by default over all rows of the panel, so that years compare.

    With :math:`x` turned round where the direction is negative, over all rows i of indicator j,

    * ``"min-max"``: :math:`z_{ij} = (x_{ij} - \min_i x_{ij}) / (\max_i x_{ij} - \min_i x_{ij})`;
    * ``"z-score"``: :math:`z_{ij} = \Phi((x_{ij} - \bar x_j) / s_j)`, the standard normal distribution function: extremes are drawn in;
    * ``"rank"``: :math:`z_{ij} = (r_{ij} - 1) / (n - 1)` with mean ranks for ties: only the order counts;
    * ``"min-max by year"``: min–max inside each year: years do **not** compare.

    An offset :math:`a` maps all of them to :math:`a + (1 - a) z`, which keeps zeros out of logarithms and products.

    Parameters
    ----------
    values : (n, m), rows are entity-years, any unit.
    directions : "positive" or "negative" for each indicator, by name or in the order of the columns.
    times : (n,) the year of each row; needed by "min-max by year" only.
    offset : a in [0, 1).

    Returns
    -------
    (n, m) frame with the rows and columns of ``values``.

    Raises
    ------
    MeasureError
        On a missing or infinite value, and on a constant indicator: it says nothing, and is named.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 5.

    Examples
    --------
    >>> normalise(pd.DataFrame({"rd": [1.0, 2.0, 5.0], "energy": [4.0, 2.0, 0.0]}), ["positive", "negative"])
         rd  energy
    0  0.00     0.0
    1  0.25     0.5
    2  1.00     1.0
    """
    frame = checked_matrix(values, "normalisation")
    if method not in METHODS:
        raise UnknownOption(f"normalisation {method!r} is none of the choices", remedy=f"one of {', '.join(METHODS)}")
    if not isinstance(offset, int | float | np.number) or not 0 <= offset < 1:
        raise MeasureError(f"the offset {offset!r} lies outside [0, 1)", remedy="use 0, or a small number such as 0.01")
    x = frame.to_numpy() * _signs_of(directions, frame.columns)
    if method == "min-max by year":
        z = _by_year(x, frame.columns, times)
    else:
        _refuse_constant(x, frame.columns)
        z = METHODS[method](_near_one(x))
    return pd.DataFrame(offset + (1 - offset) * z, index=frame.index, columns=frame.columns)


def _refuse_constant(x: Floats, columns: pd.Index, where: str = "") -> None:
    """Name the first indicator that does not vary.

    Raises
    ------
    MeasureError
        Naming it, its value and ``where``.
    """
    constant = np.ptp(_near_one(x), axis=0) <= RELATIVE_RANGE * np.abs(_near_one(x)).max(axis=0)
    if constant.any():
        j = int(np.flatnonzero(constant)[0])
        raise MeasureError(
            f"the indicator {columns[j]!r} is constant at {abs(x[0, j]):g}: it cannot tell the rows apart",
            where=where or ("a single row" if len(x) == 1 else f"{len(x)} rows"),
            remedy="leave it out of the scheme, or use more rows",
        )


def _min_max(x: Floats) -> Floats:
    """(x - min) / (max - min) down the first but last axis of (..., n, m)."""
    low, high = x.min(axis=-2, keepdims=True), x.max(axis=-2, keepdims=True)
    return np.asarray((x - low) / (high - low), dtype=np.float64)


def _near_one(x: Floats) -> Floats:
    """Columns times powers of two, which is exact, so that ranges and squares of very large or small values do not overflow."""
    return np.asarray(np.ldexp(x, -np.frexp(np.abs(x).max(axis=0))[1]), dtype=np.float64)


def _z_score(x: Floats) -> Floats:
    return np.asarray(ndtr((x - x.mean(axis=0)) / x.std(axis=0, ddof=1)), dtype=np.float64)


def _rank(x: Floats) -> Floats:
    """Mean ranks, scaled to [0, 1]; values that are the same but for rounding share theirs."""
    return (pd.DataFrame(settled(x)).rank().to_numpy(dtype=np.float64) - 1) / (len(x) - 1)


def _by_year(x: Floats, columns: pd.Index, times: ArrayLike | None) -> Floats:
    if times is None:
        raise MeasureError("'min-max by year' needs the year of each row", remedy="pass times=frame['year']")
    years = np.asarray(times)
    if years.shape != (len(x),):
        raise MeasureError(f"{years.size} years for {len(x)} rows", remedy="give the year of each row")
    z = np.empty_like(x)
    for year in np.unique(years):
        rows = years == year
        _refuse_constant(x[rows], columns, f"year {year}")
        z[rows] = _min_max(_near_one(x[rows]))
    return z


METHODS: dict[str, Callable[[Floats], Floats]] = {"min-max": _min_max, "z-score": _z_score, "rank": _rank, "min-max by year": _min_max}
