"""The data as an estimator sees them: a panel, or a plain frame as a cross-section.

Groups of its rows are dense integer codes, and sums over them.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MissingColumn, NotNumeric, PanelError
from toolkit.estimate.formula.spec import parse_clusters
from toolkit.origin import Origin, origin_of
from toolkit.panel import Panel, require_successive
from toolkit.periods import Step, counts

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

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of ``values`` (n,) or (m, n) in each group: (levels,) or (m, levels)."""
        if values.ndim == 2:
            found = np.empty((len(values), self.levels))
            for own, row in zip(found, values, strict=True):
                own[:] = self.sums(row)
            return found
        return np.bincount(self.codes, weights=values, minlength=self.levels).astype(np.float64, copy=False)

    def spread(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """One value per group (levels,) spread over the rows (n,)."""
        return values[self.codes]

    def subtract(self, values: NDArray[np.float64], column: NDArray[np.float64]) -> None:
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


@dataclass(frozen=True)
class Source:
    """A frame with its roles; columns are converted to numbers or groups on first use and kept.

    Attributes
    ----------
    frame : the rows, never changed.
    entity, time : role columns, None for a cross-section.
    name : shown in messages.
    origin : whose columns these are, for those who label them.
    step : what one step of the calendar is.
    """

    frame: pd.DataFrame
    entity: str | None = None
    time: str | None = None
    name: str = ""
    origin: Origin = "own"
    step: Step = field(default="unit", kw_only=True)
    _groups: dict[str, Grouping] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.frame)

    def afresh(self) -> Source:
        """The same data without the groups and the calendar made from them so far."""
        return replace(self, _groups={})

    @cached_property
    def label(self) -> str:
        """What the data are called in a message."""
        return self.name or "the data"

    def column(self, name: str) -> pd.Series:
        """The column ``name``.

        Raises
        ------
        MissingColumn
            With the names that look alike.
        """
        columns = self.frame.columns
        if name not in columns:
            names = [str(c) for c in columns]
            near = difflib.get_close_matches(name, names, 3, 0.6) or [n for n in names if n.lower() == name.lower()]
            hint = f"did you mean {' or '.join(near)}?" if near else f"columns: {', '.join(names[:30])}{', ...' if len(names) > 30 else ''}"
            raise MissingColumn(f"{self.label} has no column {name!r}", where=self.name, remedy=hint)
        if not columns.is_unique and (twice := int((columns == name).sum())) > 1:
            raise MissingColumn(f"{self.label} has {twice} columns named {name!r}", where=self.name, remedy="rename them apart")
        return self.frame[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column as float64, missing as NaN; time as the calendar counts it, so that it can be a trend.

        Raises
        ------
        NotNumeric
            If the column holds text, dates or complex numbers.
        """
        series = self.column(name)
        if name == self.time:
            return self.calendar.astype(np.float64)
        kind = series.dtype.kind if isinstance(series.dtype, np.dtype) else ""
        if kind and kind in "fiub":
            return series.to_numpy(dtype=np.float64)
        if pd.api.types.is_numeric_dtype(series.dtype) and kind != "c":
            return series.to_numpy(dtype=np.float64, na_value=np.nan)
        if series.dtype == object:
            converted = _objects(series)
            if converted is not None:
                return converted
        raise self._not_a_number(name, series)

    def _not_a_number(self, name: str, series: pd.Series) -> NotNumeric:
        present = series.dropna()
        bad = next((v for v in present if isinstance(v, str) or not np.isscalar(v)), present.iloc[0] if len(present) else "nothing")
        parsed = pd.to_numeric(present.astype(str), errors="coerce") if len(present) else present
        if len(present) and not isinstance(series.dtype, pd.CategoricalDtype) and bool(parsed.notna().all()):
            remedy = f"the texts look like numbers: convert the column with pd.to_numeric(frame[{name!r}])"
        else:
            remedy = f"write C({name}) to use it as a category, or absorb it: | {name}"
        where = self.row_name(int(series.isna().to_numpy().argmin())) if len(present) else self.name
        return NotNumeric(f"{name} is not a column of numbers (it holds {bad!r})", where=where, remedy=remedy)

    def group(self, name: str) -> Grouping:
        """A column, or a combination of columns (``g^h``), as dense group codes; missing values have code -1."""
        if name not in self._groups:
            columns = self.parts(name)
            if len(columns) > 1:
                self._groups[name] = crossed([self.group(column) for column in columns])
            else:
                self._groups[name] = group(self.column(columns[0]), in_order=columns[0] == self.entity)
        return self._groups[name]

    def parts(self, name: str) -> tuple[str, ...]:
        """The columns behind the name of a grouping: that column, or those of a combination ``g^h``; a column of that very name wins.

        Raises
        ------
        MissingColumn, FormulaError
        """
        if name in self.frame.columns or "^" not in name:
            self.column(name)
            return (name,)
        (combined,) = parse_clusters(name)
        for column in combined.columns:
            self.column(column)
        return combined.columns

    def cluster_names(self, text: str) -> tuple[str, ...]:
        """The names of the groupings in ``"g"``, ``"g + t"`` or ``"g^h + t"``; a column of that very name wins.

        Raises
        ------
        FormulaError
        """
        if text in self.frame.columns:
            return (text,)
        found = parse_clusters(text)
        return tuple(one.columns[0] if len(one.columns) == 1 else one.text for one in found)

    @cached_property
    def calendar(self) -> NDArray[np.int64]:
        """(n,) time of each row as whole counts, one apart for successive periods; see :attr:`toolkit.panel.Panel.calendar`.

        Raises
        ------
        PanelError
            If the data are a cross-section.
        """
        if self.time is None:
            raise PanelError(
                f"{self.label} is not a panel, so there is no calendar",
                remedy="make it one: Panel(frame, entity, time); lags, differences and Driscoll-Kraay need it",
            )
        return counts(self.frame[self.time])

    def earlier(self, steps: int) -> NDArray[np.intp]:
        """For each row, the row of the same entity ``steps`` periods earlier by the calendar; -1 where there is none."""
        if not len(self):
            return np.empty(0, dtype=np.intp)
        times, (keys, span, table) = self.calendar, self._keys
        wanted = times - times.min() - steps
        inside, targets = (wanted >= 0) & (wanted < span), keys - steps
        if table is not None:
            return np.where(inside, table[np.where(inside, targets, 0)], -1)
        at = np.minimum(np.searchsorted(keys, targets), len(keys) - 1)
        return np.where(inside & (keys[at] == targets), at, -1).astype(np.intp)

    @cached_property
    def _keys(self) -> tuple[NDArray[np.intp], int, NDArray[np.intp] | None]:
        """Entity and time of each row as one number, the span of time, and the row of each number where that table is not much longer."""
        assert self.entity is not None
        entities, times = self.group(self.entity), self.calendar
        span = int(times.max() - times.min()) + 1
        keys = entities.codes * span + (times - times.min())
        if entities.levels * span > 4 * len(keys):
            return keys, span, None
        table = np.full(entities.levels * span, -1, dtype=np.intp)
        table[keys] = np.arange(len(keys))
        return keys, span, table

    def lagged(self, steps: int) -> NDArray[np.intp]:
        """:meth:`earlier` for a lag that a formula asks for.

        Raises
        ------
        NoSuccessivePeriods
            If no row has such an earlier one because no entity has two rows one step of the calendar apart.
        """
        rows = self.earlier(steps)
        if len(rows) and (rows < 0).all():
            self.require_successive()
        return rows

    def require_successive(self) -> None:
        """Raise NoSuccessivePeriods if no entity of a panel has two rows one step of the calendar apart, though some has several rows."""
        assert self.entity is not None
        require_successive(self.frame[self.entity], self.calendar, self.step, where=f"{self.label}, {self.span}")

    @cached_property
    def span(self) -> str:
        """First and last period in words, as ``2010Q1 to 2019Q4``."""
        if self.time is None or not len(self):
            return ""
        times = self.frame[self.time]
        return f"{times.min()} to {times.max()}"

    def row_name(self, row: int) -> str:
        """``Beijing 2019`` in a panel, ``row 412`` in a cross-section."""
        if self.entity is None or self.time is None:
            return f"row {self.frame.index[row]}"
        return f"{self.frame[self.entity].iloc[row]} {self.frame[self.time].iloc[row]}"


def source_of(data: Panel | pd.DataFrame) -> Source:
    """A panel or a plain frame as a Source.

    Raises
    ------
    PanelError
        For anything else.
    """
    if isinstance(data, Panel):
        return Source(
            frame=data.frame, entity=data.entity, time=data.time, name=data.name, origin=origin_of(data.frame), step=data.calendar_step
        )
    if isinstance(data, pd.DataFrame):
        return Source(data, origin=origin_of(data))
    raise _no_panel(data)


def _no_panel(data: object) -> PanelError:
    if type(data).__name__ == "LargeTable":  # its module builds on this one
        return PanelError(
            "only fit and specification_curve work on rows beyond memory: least squares and instruments, with up to two absorbed effects",
            remedy="take a sample of entities, table.sample(0.01), or aggregate first, and estimate in memory",
        )
    return PanelError(
        f"the data are a {type(data).__name__}", remedy="pass a Panel(frame, entity, time), or a DataFrame as a cross-section"
    )


def panel_source(data: Panel | pd.DataFrame, purpose: str) -> Source:
    """A Source that has entity and time.

    Raises
    ------
    PanelError
        If the data are no panel.
    """
    return require_panel(source_of(data), purpose)


def require_panel(source: Source, purpose: str) -> Source:
    """The source itself; PanelError if it has no entity and time."""
    if source.entity is None:
        raise PanelError(f"{purpose} needs a panel, not a plain frame", remedy="Panel(frame, entity, time) names the two roles")
    return source


def _objects(series: pd.Series) -> NDArray[np.float64] | None:
    if any(isinstance(v, (str, bytes, complex)) for v in series):
        return None
    try:
        return pd.to_numeric(series).to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        return None
