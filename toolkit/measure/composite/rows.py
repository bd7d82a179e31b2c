"""The rows that an index is computed on: years, gaps and missing cells dealt with openly."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from toolkit.errors import MeasureError, MissingColumn, UnknownOption
from toolkit.language import SEMICOLON, Listed, Name, Note, Text, note
from toolkit.measure.composite.layout import Layout, SchemeLike, Structure
from toolkit.measure.values import numeric
from toolkit.panel import Panel
from toolkit.periods import counts

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


def _named(cells: list[Cell], layout: Layout, most: int = 6) -> Listed:
    """The cells for a note; a long list is cut."""
    shown = [note("cell", CELL, entity=Name(entity), time=time, indicator=layout.names[name]) for entity, time, name in cells[:most]]
    more = len(cells) - most
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
