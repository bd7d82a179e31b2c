"""Panel: a frame plus the two roles entity and time, checked once."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from toolkit.errors import MissingColumn, MissingKey, NoSuccessivePeriods, UnitMismatch
from toolkit.keys import ascending, beside, nearest_steps, refuse_repeated, with_roles
from toolkit.language import Name, Note, Text, note
from toolkit.origin import Origin, marked, names_in, origin_of, own_names
from toolkit.periods import STEP_NAMES, StepChoice, counts, covered, read_times, shown_time
from toolkit.reading import in_five_lines
from toolkit.report import Report, ReportMixin, report_table
from toolkit.units import factor

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from toolkit.periods import Step

_APART = Text(
    "No {entity} has two rows one {step} apart (the nearest are {nearest}), so lags and differences of one {step} do not exist.",
    "没有任何{entity}存在相隔一{step}的两行（最近者相隔{nearest}），因而一{step}的滞后与差分均不存在。",
)
_APART_REMEDY = Text(
    "Number the periods 1, 2, 3, ..., name a longer step, or use lags of {nearest}.",
    "可将各期依次编号为1、2、3……，指定更长的步长，或使用{nearest}阶滞后。",
)


@dataclass(frozen=True)
class PanelShape:
    """How complete a panel is.

    Attributes
    ----------
    rows, entities, periods : counts.
    balanced : every entity is seen in every period.
    gaps : (entity, first missing time) for each entity with a hole between its first and last period.
    singletons : entities that are seen once.
    step : "unit", "year", "quarter" or "month".
    notes : what lags and differences will meet; empty unless no entity has two rows one step apart.
    """

    rows: int
    entities: int
    periods: int
    balanced: bool
    gaps: tuple[tuple[object, object], ...]
    singletons: tuple[object, ...]
    step: Step = "year"
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, repr=False)
class Panel(ReportMixin):
    """A frame whose rows are identified by entity and time.

    The frame is copied, sorted by entity and time, and never changed afterwards. Time is read as years, quarters, months or a plain
    counter (see :func:`toolkit.periods.read_times` for what is recognised), and lags and differences follow that calendar: a gap in time
    gives a missing value, never the previous row.

    Parameters
    ----------
    frame : one row per entity and time. A role that is no column is taken from the level of the index with its name, as in the frames
        that linearmodels uses.
    entity, time : names of the two roles.
    name : the name of the table, shown in messages.
    step : "auto" (default) reads it from the time column; "year", "quarter", "month" or "unit" (a plain counter) says it.
    origin : ``"registry"`` if the columns are those of the registry, so that exhibits show its labels and units; by default what the
        frame says, which is ``"own"`` unless it was loaded from the registry.
    notes : what was done to the file that the panel was read from; printed in five lines.
    labels, units : of columns, as the file has them or the user says.

    Attributes
    ----------
    frame : the rows in the order of entity and time, with the row labels that they came with, so that a series made from the panel fits
        the frame that the panel was made from. Labels that occur twice cannot do that: then the rows are numbered 0, 1, 2, ... in the
        order of the panel. A name of the index that is a column too is taken off the index. Time is int64 for years and counters, a
        pandas period for quarters and months.
    step : "unit", "year", "quarter" or "month", never "auto".

    Raises
    ------
    MissingColumn, MissingKey, DuplicateKey, UnclearPeriods, UnknownOption, PanelError

    Examples
    --------
    >>> import pandas as pd
    >>> panel = Panel(pd.DataFrame({"firm": ["a", "a", "b"], "year": [2020, 2022, 2020], "rd": [1.0, 2.0, 3.0]}), "firm", "year")
    >>> panel.shape().gaps
    (('a', 2021),)
    >>> quarterly = Panel(pd.DataFrame({"firm": ["a", "a"], "when": ["2020年第一季度", "2019Q4"]}), "firm", "when")
    >>> quarterly.step, quarterly.frame["when"].astype(str).tolist(), quarterly.frame.index.tolist()
    ('quarter', ['2019Q4', '2020Q1'], [1, 0])
    """

    frame: pd.DataFrame
    entity: str
    time: str
    name: str = ""
    origin: Origin | None = None
    step: StepChoice = field(default="auto", kw_only=True)
    notes: tuple[Note, ...] = field(default=(), compare=False, kw_only=True)
    labels: Mapping[str, str] = field(default_factory=dict, compare=False, kw_only=True)
    units: Mapping[str, str] = field(default_factory=dict, compare=False, kw_only=True)

    def __post_init__(self) -> None:
        label = self.name or "the panel"
        frame = with_roles(self.frame, (self.entity, self.time), label)
        for column in (self.entity, self.time):
            empty = frame.index[frame[column].isna()]
            if len(empty):
                raise MissingKey(
                    f"{len(empty)} rows of {label} have no {column}",
                    where=f"first at row label {empty[0]!r}",
                    remedy="fill or drop those rows",
                )
        given = frame[self.time]
        frame[self.time], step = read_times(given, self.step, label)
        if not ascending(frame[self.entity], counts(frame[self.time])):
            ordered = frame.sort_values([self.entity, self.time], kind="stable")
            if not ascending(ordered[self.entity], counts(ordered[self.time])):
                refuse_repeated(frame=frame, given=given, entity=self.entity, time=self.time, label=label)
            frame = ordered
        if not frame.index.is_unique:
            frame = frame.reset_index(drop=True)
        origin = self.origin or origin_of(frame)
        if (self.labels or self.units) and names_in(origin) is not None:
            origin = own_names(self.labels, self.units)
        object.__setattr__(self, "origin", origin)
        object.__setattr__(self, "frame", marked(frame, origin))
        object.__setattr__(self, "step", step)

    def __len__(self) -> int:
        return len(self.frame)

    def __getitem__(self, column: str) -> pd.Series:
        """A column, roles included, in the order of the panel.

        Raises
        ------
        MissingColumn
        """
        if column not in (self.entity, self.time):
            self._need(column)
        return self.frame[column]

    __iter__ = None  # rows are not numbered: without this, Python would ask for panel[0], panel[1], ...

    def _ipython_key_completions_(self) -> list[str]:
        return [str(name) for name in self.frame]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns other than the two roles."""
        return tuple(c for c in self.frame.columns if c not in (self.entity, self.time))

    @property
    def calendar(self) -> npt.NDArray[np.int64]:
        """(n,) whole counts of time, one apart for successive periods: the year or number, 4 year + quarter - 1, 12 year + month - 1.

        Examples
        --------
        >>> import pandas as pd
        >>> Panel(pd.DataFrame({"id": [1, 1], "t": ["2000-12", "2001-01"]}), "id", "t").calendar
        array([24011, 24012])
        """
        return counts(self.frame[self.time])

    def shape(self) -> PanelShape:
        """Balance, gaps, singletons and notes as values."""
        import pandas as pd

        calendar = pd.Series(self.calendar, index=self.frame.index)
        times = calendar.groupby(self.frame[self.entity], observed=True)
        seen, first, last = times.size(), times.min(), times.max()
        holes = seen.index[(last - first + 1) != seen]
        gaps = []
        for entity in holes:
            present = set(times.get_group(entity))
            missing = next(t for t in range(int(first[entity]), int(last[entity])) if t not in present)
            gaps.append((entity, shown_time(missing, self.calendar_step)))
        periods = int(calendar.nunique())
        return PanelShape(
            rows=len(self.frame),
            entities=len(seen),
            periods=periods,
            balanced=bool((seen == periods).all()),
            gaps=tuple(gaps),
            singletons=tuple(seen.index[seen == 1]),
            step=self.calendar_step,
            notes=self._notes(),
        )

    def _notes(self) -> tuple[Note, ...]:
        """That no entity has two rows one step apart; empty for other panels."""
        nearest = nearest_steps(self.frame[self.entity], self.calendar)
        if nearest in (0, 1):
            return ()
        text = Text(f"{_APART.en} {_APART_REMEDY.en}", f"{_APART.zh}{_APART_REMEDY.zh}")
        return (note("no_successive_periods", text, entity=Name(self.entity), step=STEP_NAMES[self.calendar_step], nearest=nearest),)

    def keep(self, rows: pd.Series) -> Panel:
        """The panel restricted to the rows where ``rows`` (boolean, aligned with ``frame``) is true.

        What holds of all rows (keys, order, times) holds of some of them and is not looked at again.
        """
        chosen = copy(self)
        object.__setattr__(chosen, "frame", marked(self.frame.loc[rows], self.origin or origin_of(self.frame)))
        return chosen

    def inside(self, first: object, last: object) -> pd.Series:
        """Which rows lie in the periods ``first`` to ``last``, both included; a year covers all its quarters or months.

        Raises
        ------
        UnclearPeriods

        Examples
        --------
        >>> import pandas as pd
        >>> panel = Panel(pd.DataFrame({"id": 1, "t": ["2000Q3", "2000Q4", "2001Q1"]}), "id", "t")
        >>> panel.inside(2000, 2000).tolist(), panel.inside("2000Q4", "2001Q2").tolist()
        ([True, True, False], [False, True, True])
        """
        import pandas as pd

        low, high = covered(first, self.calendar_step)[0], covered(last, self.calendar_step)[1]
        return pd.Series(self.calendar, index=self.frame.index).between(low, high)

    def between(self, first: object, last: object) -> Panel:
        """The panel restricted to the periods ``first`` to ``last``, both included; see :meth:`inside`."""
        return self.keep(self.inside(first, last))

    def assign(self, **columns: object) -> Panel:
        """A new panel with further columns (a series with the row labels of ``frame``, an array, or a function of the frame)."""
        step = "auto" if self.time in columns else self.step
        return replace(self, frame=self.frame.assign(**columns), step=step)  # type: ignore[arg-type]

    def join(self, other: Panel) -> Panel:
        """The panel with the columns of another beside its own rows; none of its rows is lost.

        Entities and times must be written alike. ``notes`` says how many rows found a partner, and names the entities and times of both
        panels that did not, with the nearest name of the other where there is one.

        Raises
        ------
        PanelError
            The steps differ, or a column is in both.
        MergeMismatch
            No row has a partner.

        Examples
        --------
        >>> import pandas as pd
        >>> left = Panel(pd.DataFrame({"city": ["a", "b"], "year": 2020, "x": [1.0, 2.0]}), "city", "year")
        >>> both = left.join(Panel(pd.DataFrame({"city": ["a", "c"], "year": 2020, "z": [3.0, 4.0]}), "city", "year"))
        >>> both.frame["z"].tolist()
        [3.0, nan]
        >>> for said in both.notes:
        ...     print(said)
        Joined z: 1 of 2 rows found a partner.
        Without a partner here: b.
        Not used of the other panel: c.
        """
        frame, said = beside(self, other)
        return replace(
            self,
            frame=frame,
            origin=self.origin if self.origin == other.origin else "own",
            notes=(*self.notes, *said),
            labels={**other.labels, **self.labels},
            units={**other.units, **self.units},
        )

    def wide(self, column: str) -> pd.DataFrame:
        """One variable with a row for each entity and a column for each time; ``read_panel`` makes such a frame long again.

        Raises
        ------
        MissingColumn

        Examples
        --------
        >>> import pandas as pd
        >>> panel = Panel(pd.DataFrame({"id": [1, 1, 2], "year": [2020, 2021, 2020], "x": [5.0, 6.0, 7.0]}), "id", "year")
        >>> panel.wide("x").to_dict("list")
        {'id': [1, 2], 'x_2020': [5.0, 7.0], 'x_2021': [6.0, nan]}
        """
        self._need(column)
        wide = self.frame.pivot(index=self.entity, columns=self.time, values=column)
        return wide.set_axis([f"{column}_{when}" for when in wide.columns], axis=1).reset_index()

    def convert(self, column: str, unit: str, source: str = "") -> Panel:
        """The panel with a column in another unit; a unit in the name of the column changes with it.

        Parameters
        ----------
        column, unit : what, and the unit it shall have (``"亿元"``, ``"100 million yuan"``, ``"%"``, ...).
        source : the unit it has, where ``units`` does not say.

        Raises
        ------
        MissingColumn, UnitMismatch

        Examples
        --------
        >>> import pandas as pd
        >>> panel = Panel(pd.DataFrame({"id": [1], "year": [2020], "rd(万元)": [25_000.0]}), "id", "year", units={"rd(万元)": "万元"})
        >>> panel.convert("rd(万元)", "亿元").frame["rd(亿元)"].tolist()
        [2.5]
        """
        self._need(column)
        known = source or self.units.get(column, "")
        if not known:
            raise UnitMismatch(
                f"the unit of {column} is not known", where=self.name, remedy=f"say it: convert({column!r}, {unit!r}, source=...)"
            )
        by = factor(known, unit)
        values = self.frame[column] * by.numerator / by.denominator
        renamed = column.replace(known, unit) if known in column else column
        frame = self.frame.assign(**{column: values}).rename(columns={column: renamed})
        labels = {renamed if name == column else name: text for name, text in self.labels.items()}
        units = {name: text for name, text in self.units.items() if name != column} | {renamed: unit}
        return replace(self, frame=frame, labels=labels, units=units)

    def _need(self, column: str) -> None:
        if column not in self.columns:
            raise MissingColumn(
                f"{self.name or 'the panel'} has no column {column!r}", remedy=f"the columns are: {', '.join(self.columns)}"
            )

    @property
    def calendar_step(self) -> Step:
        """The step, which is "auto" only before the panel is made."""
        assert self.step != "auto"
        return self.step

    def _report(self) -> Report:
        s = self.shape()
        kind = "balanced" if s.balanced else "unbalanced"
        step = f"by {s.step}, " if s.step in ("quarter", "month") else ""
        told = (
            f"Panel {self.name or ''}: {s.rows} rows, {s.entities} x {self.entity}, {s.periods} x {self.time} "
            f"({step}{kind}, {len(s.gaps)} with gaps, {len(s.singletons)} seen once), {len(self.columns)} variables"
        )
        return Report(told, lines=tuple(f"  - {line}" for line in (*in_five_lines(self.notes), *map(Note.to, s.notes))))

    def _page(self) -> Report:
        return replace(self._report(), tables=(report_table(self.frame.head(8), p_values=()),))


def require_successive(entities: pd.Series, calendar: npt.NDArray[np.int64], step: Step, where: str) -> None:
    """Refuse a lag or difference where no entity has two rows one step apart, though some has several rows.

    Parameters
    ----------
    entities, calendar : (n,) of a panel, so sorted by entity and time.

    Raises
    ------
    NoSuccessivePeriods
    """
    nearest = nearest_steps(entities, calendar)
    if nearest > 1:
        raise apart(str(entities.name), step, nearest, where)


def apart(entity: str, step: Step, nearest: int, where: str) -> NoSuccessivePeriods:
    """What is said where the nearest two rows of any entity are more than one step apart."""
    filled = {"entity": entity, "step": STEP_NAMES[step].en, "nearest": nearest}
    return NoSuccessivePeriods(_APART.en.format(**filled), where=where, remedy=_APART_REMEDY.en.format(**filled))
