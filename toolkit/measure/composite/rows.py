"""The rows that an index is computed on, gaps and missing cells dealt with openly, and which indicator belongs where."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, get_args

import numpy as np
import pandas as pd

from toolkit.errors import MeasureError, MissingColumn, UnknownOption
from toolkit.language import SEMICOLON, Listed, Name, Note, Text, note
from toolkit.measure.inputs.values import numeric
from toolkit.panel import Panel
from toolkit.periods import counts

Structure = Mapping[str, Any]
RESERVED: Final = ("c", "t", "d", "grade")  # columns of the index beside the scores of the systems
_EXAMPLE: Final = '{"science": ["rd", "patents"], "industry": {"energy": "negative"}}'
_MOST_NAMED: Final = 6  # cells in a note


class SchemeLike(Protocol):
    """What an indicator system must offer: ``toolkit.load_scheme`` gives one."""

    @property
    def structure(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """System → dimension → indicator → direction."""

    @property
    def names(self) -> Mapping[str, Text]:
        """Name of each system, dimension and indicator."""

    @property
    def years(self) -> tuple[int, int] | None:
        """First and last year it is meant for."""

    def values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """(n, m) values of the indicators."""


@dataclass(frozen=True)
class Layout:
    """Where each of m indicators stands.

    Attributes
    ----------
    direction, dimension, system : of each indicator, by its id, in the order of the scheme.
    names : of indicators, dimensions and systems.
    """

    direction: dict[str, str]
    dimension: dict[str, str]
    system: dict[str, str]
    names: dict[str, Text]

    @property
    def indicators(self) -> list[str]:
        """Ids of the m indicators."""
        return list(self.direction)

    @property
    def systems(self) -> list[str]:
        """Ids of the k systems."""
        return list(dict.fromkeys(self.system.values()))

    def of(self, system: str) -> list[str]:
        """Ids of the indicators of one system."""
        return [name for name, home in self.system.items() if home == system]


def layout_of(scheme: SchemeLike | Structure) -> Layout:
    """The layout of a scheme, or of a plain mapping over columns.

    The mapping is ``{system: {indicator: direction}}``, ``{system: [indicator, ...]}`` (all positive) or
    ``{system: {dimension: {indicator: direction}}}``.

    Raises
    ------
    MeasureError
        When the scheme is neither, there is no system, a system has no indicator or a name that :meth:`CompositeIndex.to_frame` uses,
        or an indicator stands twice in a system or in two of them: it would count double, or make the systems alike by construction.
        (A column that must serve twice is written as two indicators of a file.)

    Examples
    --------
    >>> layout_of({"science": ["rd", "patents"], "industry": {"energy": "negative"}}).direction
    {'rd': 'positive', 'patents': 'positive', 'energy': 'negative'}
    """
    if not isinstance(scheme, Mapping) and not hasattr(scheme, "structure"):
        raise MeasureError(f"{scheme!r} is no scheme", remedy=f'pass toolkit.load_scheme("..."), or write {_EXAMPLE}')
    structure: Structure = scheme if isinstance(scheme, Mapping) else scheme.structure
    given = {} if isinstance(scheme, Mapping) else scheme.names
    direction: dict[str, str] = {}
    dimension: dict[str, str] = {}
    home: dict[str, str] = {}
    for system, content in structure.items():
        if system in RESERVED:
            raise MeasureError(f"no system can be called {system!r}: the index has a column of this name", remedy="give it another id")
        for name, inner, way in _flat(str(system), content):
            if name in direction:
                places = _places(home[name], dimension[name], str(system), inner)
                raise MeasureError(f"the indicator {name!r} stands {places}", remedy="use it once; to give it more weight, pass weights=")
            direction[name], dimension[name], home[name] = way, inner, str(system)
        if system not in home.values():
            raise MeasureError(f"the system {system!r} has no indicator", remedy="give it at least one")
    if not direction:
        raise MeasureError("the scheme has no system", remedy=f"write {_EXAMPLE}")
    ids = dict.fromkeys([*direction, *dimension.values(), *home.values()])
    return Layout(direction, dimension, home, {name: given.get(name, Text(name, name)) for name in ids})


def _flat(system: str, content: Any) -> list[tuple[str, str, str]]:
    """(indicator, dimension, direction) of each indicator."""
    if not isinstance(content, Mapping):
        listed = [content] if isinstance(content, str) else content
        if not isinstance(listed, list | tuple) or not all(isinstance(name, str) for name in listed):
            raise MeasureError(f"{system!r} holds {content!r} instead of names of columns", remedy=f"write {_EXAMPLE}")
        return [(name, system, "positive") for name in listed]
    found: list[tuple[str, str, str]] = []
    for name, inner in content.items():
        if isinstance(inner, str):
            found.append((str(name), system, inner))
        else:
            found += [(indicator, str(name), way) for indicator, _, way in _flat(str(name), inner)]
    return found


def _places(system: str, dimension: str, other: str, inner: str) -> str:
    if system != other:
        return f"in {system} and in {other}"
    return f"twice in {dimension}" if dimension == inner else f"in {dimension} and in {inner} of {system}"


Missing = Literal["refuse", "drop_rows"]
Cell = tuple[object, object, str]

INTERPOLATED = Text(
    "Cells interpolated linearly, in gaps no longer than {longest} in time: {count} ({cells}).",
    "线性插值的缺失单元格（间断不超过{longest}期）：{count}个（{cells}）。",
)
INCOMPLETE = Text("Rows left out because of missing cells: {count} ({cells}).", "因单元格缺失而剔除的行：{count}行（{cells}）。")
OUTSIDE_YEARS = Text(
    "Rows outside {years}, the years of the scheme, are not used: {count}.", "指标体系适用年份（{years}年）以外未使用的行：{count}行。"
)
CELL = Text("{entity} {time}, {indicator}", "{time}年{entity}，{indicator}")
MORE_CELLS = Text("and {count} more", "另有{count}个")


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of an index after years, gaps and missing cells have been dealt with.

    Attributes
    ----------
    keys : (n, 2) entity and time, sorted.
    values : (n, m) complete values of the indicators.
    notes : what was done, with counts.
    """

    keys: pd.DataFrame
    values: pd.DataFrame
    notes: tuple[Note, ...]


def rows_of(
    data: Panel | pd.DataFrame,
    scheme: SchemeLike | Structure,
    layout: Layout,
    *,
    missing: Missing,
    interpolate: int,
    roles: Sequence[str | None],
) -> Rows:
    """Complete rows for an index; every cell that is filled and every row that is dropped is counted.

    Raises
    ------
    MeasureError
        On a missing cell (named with entity, year and indicator) unless ``missing="drop_rows"``, on text, or when nothing is left.
    MissingColumn, UnknownOption
    """
    if missing not in get_args(Missing):
        raise UnknownOption(f"missing={missing!r} is none of the choices", remedy=f"one of {', '.join(get_args(Missing))}")
    if isinstance(interpolate, bool) or not isinstance(interpolate, int | np.integer) or interpolate < 0:
        raise MeasureError(
            f"interpolate={interpolate!r} is no number of periods", remedy="use 0 for none, or 1, 2, ... for the longest gap"
        )
    panel, notes = _within_years(_panel(data, roles), scheme)
    keys, values = panel.frame[[panel.entity, panel.time]], _values(panel, scheme, layout)
    values, filled = _bridged(values, keys, interpolate)
    if filled:
        notes.append(note("interpolated", INTERPOLATED, longest=int(interpolate), count=len(filled), cells=_named(filled, layout)))
    lacking = _cells(values.isna(), keys)
    if lacking and missing == "refuse":
        entity, time, name = lacking[0]
        raise MeasureError(
            f"{len(lacking)} values of the indicators are missing or infinite",
            where=f"first: {panel.entity} {entity}, {panel.time} {time}, indicator {name}",
            remedy='missing="drop_rows" leaves these rows out, interpolate=1 bridges gaps of one year; both are counted in the notes',
        )
    complete = values.notna().all(axis=1).to_numpy()
    if not complete.any():
        where = f"never complete together: {', '.join(values.columns[values.isna().any()])}"
        if not len(keys):
            raise MeasureError("the data have no row", remedy="check the rows that are left after filtering")
        raise MeasureError("no row has all indicators", where=where, remedy="use fewer indicators or other years")
    if lacking:
        notes.append(note("incomplete_rows", INCOMPLETE, count=int((~complete).sum()), cells=_named(lacking, layout)))
    return Rows(keys[complete].reset_index(drop=True), values[complete].reset_index(drop=True), tuple(notes))


def _within_years(panel: Panel, scheme: SchemeLike | Structure) -> tuple[Panel, list[Note]]:
    """The panel in the years that the scheme is meant for."""
    years = None if isinstance(scheme, Mapping) else scheme.years
    if years is None:
        return panel, []
    inside = panel.inside(*years)
    if inside.all():
        return panel, []
    first, last = years
    span = str(first) if first == last else f"{first}–{last}"
    if not inside.any():
        seen = panel.frame[panel.time]
        raise MeasureError(
            f"the data have no row in {span}, the years of the scheme",
            where=f"the data run from {seen.min()} to {seen.max()}" if len(seen) else "",
            remedy="use other data, or change years in the file of the scheme",
        )
    out = int((~inside).sum())
    return panel.keep(inside), [note("outside_years", OUTSIDE_YEARS, years=span, count=out)]


def _panel(data: Panel | pd.DataFrame, roles: Sequence[str | None]) -> Panel:
    if isinstance(data, Panel):
        return data
    if not isinstance(data, pd.DataFrame):
        raise MeasureError(f"an index needs a Panel or a frame, not {type(data).__name__}", remedy="read the data into a frame first")
    entity, time = roles
    if entity is None or time is None:
        raise MeasureError(
            "a frame needs the names of its entity and time columns", remedy='pass entity="province", time="year", or a Panel'
        )
    return Panel(data, entity, time)


def _values(panel: Panel, scheme: SchemeLike | Structure, layout: Layout) -> pd.DataFrame:
    labels = [f"{panel.entity} {entity}, {panel.time} {time}" for entity, time in panel.frame[[panel.entity, panel.time]].to_numpy()]
    frame = panel.frame.set_axis(labels)  # so that whoever meets text can name the row
    if not isinstance(scheme, Mapping):
        found = scheme.values(frame)[layout.indicators]
    else:
        found = pd.DataFrame({name: _numbers(frame, name) for name in layout.indicators}, index=frame.index)
    return found.reset_index(drop=True).replace([np.inf, -np.inf], np.nan)


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        columns = ", ".join(map(str, frame.columns))
        raise MissingColumn(f"the data have no column {name!r}", where=f"columns: {columns}", remedy="name an existing column")
    column = frame[name]
    if column.ndim > 1:
        raise MeasureError(f"the data have the column {name!r} twice", remedy="keep one of them")
    numbers = numeric(column.rename(f"indicator {name}"), "the indicators must be numbers", "convert the column to numbers first")
    return pd.Series(numbers, index=column.index, name=name)


def _cells(where: pd.DataFrame, keys: pd.DataFrame) -> list[Cell]:
    entity, time = keys.iloc[:, 0].tolist(), keys.iloc[:, 1].tolist()
    return [(entity[i], time[i], str(where.columns[j])) for i, j in np.argwhere(where.to_numpy())]


def _named(cells: list[Cell], layout: Layout) -> Listed:
    """The cells for a note; a long list is cut."""
    shown = [note("cell", CELL, entity=Name(entity), time=time, indicator=layout.names[name]) for entity, time, name in cells[:_MOST_NAMED]]
    more = len(cells) - _MOST_NAMED
    return Listed((*shown, *([note("more_cells", MORE_CELLS, count=more)] if more > 0 else [])), SEMICOLON)


def _bridged(values: pd.DataFrame, keys: pd.DataFrame, longest: int) -> tuple[pd.DataFrame, list[Cell]]:
    """Gaps of at most ``longest`` periods between two observed ones, filled by the calendar and inside an entity; never at an end."""
    entity, time = keys.iloc[:, 0], counts(keys.iloc[:, 1]).astype(np.float64)
    x = values.to_numpy(copy=True)
    for rows in entity.groupby(entity, observed=True).indices.values():
        here = np.asarray(rows)
        for j in range(x.shape[1]):
            seen = here[~np.isnan(x[here, j])]
            for a, b in itertools.pairwise(seen):
                inside = here[(here > a) & (here < b)]
                if len(inside) and time[b] - time[a] <= longest + 1:
                    x[inside, j] = np.interp(time[inside], time[[a, b]], x[[a, b], j])
    filled = pd.DataFrame(x, index=values.index, columns=values.columns)
    return filled, _cells(values.isna() & filled.notna(), keys)
