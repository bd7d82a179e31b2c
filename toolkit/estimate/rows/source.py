"""The data as an estimator sees them: a panel, or a plain frame as a cross-section."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MissingColumn, NotNumeric, PanelError
from toolkit.estimate.formula.spec import parse_clusters
from toolkit.estimate.rows.grouping import Grouping, crossed, group
from toolkit.origin import Origin, origin_of
from toolkit.panel import Panel, require_successive
from toolkit.periods import Step, counts


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
