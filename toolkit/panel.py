"""Panel: a frame plus the two roles entity and time, checked once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, PanelError
from toolkit.language import Note

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class PanelShape:
    """How complete a panel is.

    Attributes
    ----------
    rows, entities, periods : counts.
    balanced : every entity is seen in every period.
    gaps : (entity, first missing time) for each entity with a hole between its first and last period.
    singletons : entities that are seen once.
    """

    rows: int
    entities: int
    periods: int
    balanced: bool
    gaps: tuple[tuple[object, int], ...]
    singletons: tuple[object, ...]


@dataclass(frozen=True)
class Panel:
    """A frame whose rows are identified by entity and time.

    The frame is copied, sorted by entity and time, and never changed afterwards. Time must be whole numbers (years), because
    lags and differences use the calendar: a gap in time gives a missing value, never the previous row.

    Parameters
    ----------
    frame : one row per entity and time.
    entity, time : names of the two role columns.
    name : the name of the table, shown in messages.
    notes : what was done to the file that it was read from.

    Raises
    ------
    MissingColumn, MissingKey, DuplicateKey, PanelError

    Examples
    --------
    >>> import pandas as pd
    >>> panel = Panel(pd.DataFrame({"firm": ["a", "a", "b"], "year": [2020, 2022, 2020], "rd": [1.0, 2.0, 3.0]}), "firm", "year")
    >>> panel.shape().gaps
    (('a', 2021),)
    """

    frame: pd.DataFrame
    entity: str
    time: str
    name: str = ""
    notes: tuple[Note, ...] = field(default=(), compare=False, kw_only=True)

    def __post_init__(self) -> None:
        frame = self.frame.copy()
        label = self.name or "the panel"
        for role, column in (("entity", self.entity), ("time", self.time)):
            if column not in frame.columns:
                raise MissingColumn(
                    f"{label} has no column {column!r} to serve as {role}",
                    where=f"columns: {', '.join(map(str, frame.columns))}",
                    remedy="name an existing column",
                )
            empty = frame.index[frame[column].isna()]
            if len(empty):
                raise MissingKey(
                    f"{len(empty)} rows of {label} have no {column}",
                    where=f"first at row label {empty[0]!r}",
                    remedy="fill or drop those rows",
                )
        frame[self.time] = _whole_numbers(frame[self.time], label)
        frame = frame.sort_values([self.entity, self.time], kind="stable").reset_index(drop=True)
        twice = frame.duplicated([self.entity, self.time])
        if twice.any():
            row = frame[twice].iloc[0]
            raise DuplicateKey(
                f"{label} has {int(twice.sum())} repeated {self.entity}-{self.time} rows",
                where=f"first: {self.entity} {row[self.entity]}, {self.time} {row[self.time]}",
                remedy=f"keep one row per {self.entity} and {self.time}, or aggregate before making the panel",
            )
        object.__setattr__(self, "frame", frame)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns other than the two roles."""
        return tuple(c for c in self.frame.columns if c not in (self.entity, self.time))

    def shape(self) -> PanelShape:
        """Balance, gaps and singletons as values."""
        times = self.frame.groupby(self.entity, observed=True)[self.time]
        seen, first, last = times.size(), times.min(), times.max()
        holes = seen.index[(last - first + 1) != seen]
        gaps = []
        for entity in holes:
            present = set(times.get_group(entity))
            gaps.append((entity, next(t for t in range(int(first[entity]), int(last[entity])) if t not in present)))
        periods = self.frame[self.time].nunique()
        return PanelShape(
            rows=len(self.frame),
            entities=len(seen),
            periods=periods,
            balanced=bool((seen == periods).all()),
            gaps=tuple(gaps),
            singletons=tuple(seen.index[seen == 1]),
        )

    def keep(self, rows: pd.Series) -> Panel:
        """The panel restricted to the rows where ``rows`` (boolean, aligned with ``frame``) is true."""
        return Panel(self.frame.loc[rows], self.entity, self.time, self.name)

    def between(self, first: int, last: int) -> Panel:
        """The panel restricted to the periods ``first`` to ``last``, both included."""
        return self.keep(self.frame[self.time].between(first, last))

    def assign(self, **columns: object) -> Panel:
        """A new panel with further columns (a series, an array, or a function of the frame)."""
        return Panel(self.frame.assign(**columns), self.entity, self.time, self.name)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        s = self.shape()
        kind = "balanced" if s.balanced else "unbalanced"
        return "\n  - ".join(
            (
                f"Panel {self.name or ''}: {s.rows} rows, {s.entities} x {self.entity}, {s.periods} x {self.time} "
                f"({kind}, {len(s.gaps)} with gaps, {len(s.singletons)} seen once), {len(self.columns)} variables",
                *(found.to() for found in self.notes),
            )
        )

    def _repr_html_(self) -> str:
        from html import escape

        first, *notes = map(escape, repr(self).split("\n  - "))
        listed = f"<ul>{''.join(f'<li>{line}</li>' for line in notes)}</ul>" if notes else ""
        return f"<p>{first}</p>{listed}{self.frame.head(8).to_html(index=False)}"


def _whole_numbers(times: pd.Series, label: str) -> pd.Series:
    import pandas as pd

    numbers = pd.to_numeric(times, errors="coerce")
    bad = numbers.isna() | (numbers % 1 != 0)
    if bad.any():
        raise PanelError(
            f"time of {label} must be whole numbers; {times[bad].iloc[0]!r} is not",
            where=f"column {times.name}, row label {times.index[bad][0]!r}",
            remedy="use years (2023), or number the periods 1, 2, 3, ...",
        )
    return numbers.astype("int64")
