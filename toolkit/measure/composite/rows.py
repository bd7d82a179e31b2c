"""The rows that an index is computed on: years, gaps and missing cells dealt with openly."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from toolkit.errors import MeasureError, MissingColumn, UnknownOption
from toolkit.language import Text
from toolkit.measure.composite.layout import Layout, SchemeLike, Structure
from toolkit.panel import Panel

Missing = Literal["refuse", "drop_rows"]
Cell = tuple[object, int, str]


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
    notes: tuple[Text, ...]


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
        On a missing cell (named with entity, year and indicator) unless ``missing="drop_rows"``, or when nothing is left.
    MissingColumn, UnknownOption
    """
    if missing not in get_args(Missing):
        raise UnknownOption(f"missing={missing!r} is none of the choices", remedy=f"one of {', '.join(get_args(Missing))}")
    panel, notes = _panel(data, roles), []
    if not isinstance(scheme, Mapping) and scheme.years is not None:
        first, last = scheme.years
        outside = int((~panel.frame[panel.time].between(first, last)).sum())
        if outside:
            panel = panel.between(first, last)
            notes.append(
                Text(
                    f"{outside} rows outside {first}–{last}, the years the scheme is meant for, are not used.",
                    f"指标体系适用年份为{first}—{last}年，其外的{outside}行未使用。",
                )
            )
    values = _values(panel.frame, scheme, layout)
    keys = panel.frame[[panel.entity, panel.time]]
    if interpolate:
        values, filled = _bridged(values, keys, interpolate)
        if filled:
            en, zh = _named(filled, layout)
            notes.append(
                Text(
                    f"{len(filled)} missing cells in gaps of at most {interpolate} years are interpolated linearly between their neighbours: {en}.",
                    f"{len(filled)}个缺失单元格（间断不超过{interpolate}年）用前后年份线性插值：{zh}。",
                )
            )
    lacking = _cells(values.isna(), keys)
    if lacking and missing == "refuse":
        raise MeasureError(
            f"{len(lacking)} values of the indicators are missing or infinite",
            where="first: " + ", ".join(map(str, lacking[0][:2])) + f", indicator {lacking[0][2]}",
            remedy='missing="drop_rows" leaves these rows out, interpolate=1 bridges gaps of one year; both are counted in the notes',
        )
    complete = values.notna().all(axis=1)
    if lacking:
        en, zh = _named(lacking, layout)
        count = int((~complete).sum())
        notes.append(Text(f"{count} rows with missing cells are left out: {en}.", f"{count}行因缺失单元格被剔除：{zh}。"))
    if not complete.any():
        raise MeasureError(
            "no row has all indicators", where=lacking[0][2] if lacking else "", remedy="use fewer indicators or other years"
        )
    kept = complete.to_numpy()
    return Rows(keys[kept].reset_index(drop=True), values[kept].reset_index(drop=True), tuple(notes))


def _panel(data: Panel | pd.DataFrame, roles: Sequence[str | None]) -> Panel:
    if isinstance(data, Panel):
        return data
    entity, time = roles
    if entity is None or time is None:
        raise MeasureError(
            "a frame needs the names of its entity and time columns", remedy='pass entity="province", time="year", or a Panel'
        )
    return Panel(data, entity, time)


def _values(frame: pd.DataFrame, scheme: SchemeLike | Structure, layout: Layout) -> pd.DataFrame:
    if not isinstance(scheme, Mapping):
        found = scheme.values(frame)[layout.indicators]
    else:
        for name in layout.indicators:
            if name not in frame.columns:
                columns = ", ".join(map(str, frame.columns))
                raise MissingColumn(f"the data have no column {name!r}", where=f"columns: {columns}", remedy="name an existing column")
        found = frame[layout.indicators]
    try:
        return found.astype("float64").replace([np.inf, -np.inf], np.nan)
    except (TypeError, ValueError) as problem:
        raise MeasureError(f"the indicators must be numbers; {problem}", remedy="convert the columns to numbers first") from problem


def _cells(where: pd.DataFrame, keys: pd.DataFrame) -> list[Cell]:
    return [(keys.iat[i, 0], int(keys.iat[i, 1]), str(where.columns[j])) for i, j in np.argwhere(where.to_numpy())]


def _named(cells: list[Cell], layout: Layout, most: int = 6) -> tuple[str, str]:
    """The cells in words, in both languages; a long list is cut."""
    en = "; ".join(f"{entity} {time}, {layout.names[name].en}" for entity, time, name in cells[:most])
    zh = "；".join(f"{entity} {time}年，{layout.names[name].zh}" for entity, time, name in cells[:most])
    more = len(cells) - most
    return (f"{en}; and {more} more", f"{zh}；另有{more}个") if more > 0 else (en, zh)


def _bridged(values: pd.DataFrame, keys: pd.DataFrame, longest: int) -> tuple[pd.DataFrame, list[Cell]]:
    """Gaps of at most ``longest`` periods between two observed ones, filled by the calendar and inside an entity; never at an end."""
    entity, time = keys.iloc[:, 0], keys.iloc[:, 1].to_numpy(dtype=np.float64)
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
