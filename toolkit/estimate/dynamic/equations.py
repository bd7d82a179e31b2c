"""The stacked equations of a dynamic panel model: the transformed equation, and below it the one in levels for the system.

Levels are the n rows of the sample, sorted by entity and time. First differences use the calendar: row t exists when t - 1 is in the sample
too. Orthogonal deviations subtract the mean of all later rows of the entity, times sqrt(r/(r+1)) with r later rows, so that errors that are
independent with equal variance stay so; they are dated one period later, which gives every lag the same meaning in both transformations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.groups import Grouping, dense
from toolkit.estimate.sample import Sample

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Transformation:
    """A linear map from levels (n,) to transformed rows (m,).

    Attributes
    ----------
    rows : (m,) the level row at which each transformed row stands.
    matrix : (m, n) sparse.
    ahead : periods between that row and the date of the transformed row: 0 for differences, 1 for deviations.
    variance : variance of a transformed error when that of the error is one: 2 for differences, 1 for deviations.
    """

    rows: NDArray[np.intp]
    matrix: Any
    ahead: int
    variance: float

    def of(self, columns: Floats) -> Floats:
        """Columns (q, n) in levels as transformed columns (q, m)."""
        return np.ascontiguousarray((self.matrix @ columns.T).T)

    def back(self, columns: Floats) -> Floats:
        """Columns (q, m) times the matrix: (q, n)."""
        return np.ascontiguousarray((self.matrix.T @ columns.T).T)


def first_differences(entity: NDArray[np.intp], calendar: NDArray[np.int64]) -> Transformation:
    """x(t) - x(t-1) over rows sorted by ``entity`` and ``calendar`` (both (n,)).

    Examples
    --------
    >>> d = first_differences(np.array([0, 0, 0]), np.array([2001, 2002, 2004]))
    >>> d.of(np.array([[1.0, 4.0, 9.0]]))
    array([[3.]])
    """
    from scipy.sparse import csr_array

    now = np.flatnonzero((entity[1:] == entity[:-1]) & (np.diff(calendar) == 1)) + 1
    m = len(now)
    values, at = np.tile([1.0, -1.0], m), np.column_stack([now, now - 1]).ravel()
    matrix = csr_array((values, at, 2 * np.arange(m + 1)), shape=(m, len(entity)))
    return Transformation(now.astype(np.intp), matrix, 0, 2.0)


def orthogonal_deviations(entity: NDArray[np.intp]) -> Transformation:
    """sqrt(r/(r+1)) (x - mean of the r later rows) over rows sorted by ``entity`` (n,) and time.

    Examples
    --------
    >>> d = orthogonal_deviations(np.array([0, 0, 0]))
    >>> d.of(np.array([[3.0, 2.0, 0.0]])).round(4)
    array([[1.633 , 1.4142]])
    """
    from scipy.sparse import csr_array

    n = len(entity)
    ends = np.searchsorted(entity, entity, side="right")
    later = ends - np.arange(n) - 1
    now = np.flatnonzero(later > 0)
    r = later[now]
    starts = np.concatenate([[0], np.cumsum(r + 1)])
    at = np.arange(starts[-1]) - np.repeat(starts[:-1], r + 1) + np.repeat(now, r + 1)
    values = np.repeat(-1.0 / np.sqrt(r * (r + 1.0)), r + 1)
    values[starts[:-1]] = np.sqrt(r / (r + 1.0))
    return Transformation(now.astype(np.intp), csr_array((values, at, starts), shape=(len(now), n)), 1, 1.0)


@dataclass(frozen=True)
class Stack:
    """How columns in levels become columns of the equations that are estimated.

    Attributes
    ----------
    sample : the n level rows.
    transformation : gives the first m rows of the stack.
    differences : first differences, for the tests of serial correlation.
    system : whether the n level rows follow.
    groups : (m or m + n,) entity of each row of the stack.
    """

    sample: Sample
    transformation: Transformation
    differences: Transformation
    system: bool
    groups: Grouping

    @property
    def transformed(self) -> int:
        """m, the rows of the transformed equation."""
        return len(self.transformation.rows)

    def columns(self, levels: Floats, equation: Literal["difference", "level", "both"] = "both") -> Floats:
        """Columns (q, n) in levels as rows of the stack, zero in an equation that is not named."""
        parts = [self.transformation.of(levels)]
        if equation == "level":
            parts[0] = np.zeros_like(parts[0])
        if self.system:
            parts.append(np.zeros_like(levels) if equation == "difference" else levels)
        return np.concatenate(parts, axis=1)

    def placed(self, block: Floats, equation: Literal["difference", "level"]) -> Floats:
        """A block (q, m) of the transformed or (q, n) of the level equation as rows of the stack."""
        if not self.system:
            return block
        rest = np.zeros((len(block), self.sample.rows if equation == "difference" else self.transformed))
        return np.concatenate([block, rest] if equation == "difference" else [rest, block], axis=1)

    def back(self, columns: Floats) -> tuple[Floats, Floats]:
        """Z_d M_d and Z_l, both (q, n): stacked columns (q, rows) carried to the errors in levels, by equation."""
        m = self.transformed
        return self.transformation.back(columns[:, :m]), columns[:, m:] if self.system else np.zeros((len(columns), self.sample.rows))


def stack(sample: Sample, transformation: str, system: bool) -> Stack:
    """Stack the equations of ``sample``, whose rows are sorted by entity and time."""
    assert sample.entity is not None
    assert sample.calendar is not None
    codes = sample.entity.codes
    differences = first_differences(codes, sample.calendar)
    chosen = differences if transformation == "first_differences" else orthogonal_deviations(codes)
    stacked = np.concatenate([codes[chosen.rows], codes]) if system else codes[chosen.rows]
    return Stack(sample, chosen, differences, system, dense(stacked, sample.entity.levels))
