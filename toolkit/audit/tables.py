"""The built tables and the claims, loaded once: every cell a figure with what its printed digits leave possible."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from toolkit.audit.figures import Figure, official_figure
from toolkit.audit.interval import Interval
from toolkit.audit.printed import PrintedClaim, printed
from toolkit.audit.units import NATURES
from toolkit.data import load, load_frame
from toolkit.data.raw import RawFolder
from toolkit.errors import NotNumeric, UnknownName
from toolkit.language import Text
from toolkit.registry import Claim, Variable, registry

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.panel import Panel

Cell = tuple[str, str, int]  # column, key of the entity, year
NATION = "0"  # adcode of the national rows of the yearbook


class Tables:
    """The built tables and the claims, loaded once: what a computation may look at.

    Parameters
    ----------
    claims : the claims a computation may refer to (default: those of the registry).

    Examples
    --------
    >>> tables = Tables()
    >>> share = tables.national("basic_share", 2024)
    >>> print(share.interval, share.sources)
    [6.875, 6.885) ('S01',)
    """

    def __init__(self, claims: Mapping[str, Claim] | None = None) -> None:
        self._claims = registry().claims if claims is None else claims
        self._frames: dict[str, pd.DataFrame] = {}
        self._raw: dict[str, dict[Cell, tuple[str, str, float]]] = {}
        self._series: dict[tuple[str, str], dict[int, Figure]] = {}
        self._rows: dict[tuple[str, str], dict[Any, Any]] = {}

    def claim(self, name: str) -> PrintedClaim:
        """Another claim, by id.

        Raises
        ------
        UnknownName
            With near ids.
        """
        return PrintedClaim(claim_named(name, self._claims))

    def frame(self, table: str) -> pd.DataFrame:
        """A built table."""
        if table not in self._frames:
            self._frames[table] = load_frame(table)
        return self._frames[table]

    @cached_property
    def _panels(self) -> dict[str, Panel]:
        return {}

    def _places(self, table: str, column: str) -> dict[Any, Any]:
        """Where the rows of each entity stand in a table; found once, a claim on all provinces asks for hundreds."""
        if (table, column) not in self._rows:
            self._rows[table, column] = self.frame(table).groupby(column, sort=False).indices
        return self._rows[table, column]

    def panel(self, table: str) -> Panel:
        """A built table as a panel."""
        if table not in self._panels:
            self._panels[table] = load(table)
        return self._panels[table]

    def official(self, name: str) -> Figure:
        """A figure of official_figures.csv, by id.

        Raises
        ------
        UnknownName
            With near ids.
        """
        known = registry().official
        if name not in known:
            near = ", ".join(difflib.get_close_matches(name, list(known))) or "none"
            raise UnknownName(f"there is no official figure {name!r}", where="official_figures.csv", remedy=f"near: {near}")
        return official_figure(known[name])

    def national(self, variable: str, year: int) -> Figure:
        """A cell of the national series."""
        return self.cell(f"national_series.{variable}", year)

    def provincial(self, variable: str, year: int, province: str) -> Figure:
        """A cell of the provincial panel; the province by its English name."""
        return self.cell(f"provincial_panel.{variable}", year, province)

    def international(self, variable: str, year: int, country: str) -> Figure:
        """A cell of the international series; the country by its three letters."""
        return self.cell(f"international.{variable}", year, country)

    def cell(self, series: str, time: int, entity: str = "") -> Figure:
        """The figure of ``table.variable`` at a time and entity.

        Raises
        ------
        UnknownName
            There is no such table, variable, entity or value; what there is is listed.
        """
        found = self.series(series, entity)
        if time not in found:
            there = ", ".join(map(str, found)) or "none"
            raise UnknownName(f"{series} has no value for {time} {entity}".rstrip(), remedy=f"years with a value: {there}")
        return found[time]

    def series(self, series: str, entity: str = "") -> dict[int, Figure]:
        """All figures of ``table.variable`` for one entity, by year.

        Raises
        ------
        UnknownName
        """
        if (series, entity) in self._series:
            return self._series[series, entity]
        table, _, name = series.partition(".")
        record = registry().tables.get(table)
        if record is None or name not in record.columns:
            there = record.columns if record else [f"{t.id}.{c}" for t in registry().tables.values() for c in t.columns]
            near = ", ".join(difflib.get_close_matches(name if record else series, list(there)))
            raise UnknownName(f"there is no series {series!r}", where="toolkit/registry/tables.yaml", remedy=f"near: {near or 'nothing'}")
        frame = self.frame(table)
        keys = [key for key in record.keys if key not in ("year", record.time)]
        if record.entity or keys:
            column = record.entity or keys[0]
            places = self._places(table, column)
            entity = entity if entity in places else self._province(entity)
            if entity not in places:
                near = ", ".join(difflib.get_close_matches(entity, [str(e) for e in places])) or "none"
                raise UnknownName(f"{table} has no {column} {entity!r}", remedy=f"near: {near}")
            frame = frame.take(places[entity])
        key = str(frame[keys[0]].iloc[0]) if keys else ""
        seen = frame[frame[name].notna()]
        found = {
            int(y): self._figure(table=table, name=name, key=key, entity=entity, year=int(y), value=v)
            for y, v in zip(seen["year"], seen[name], strict=True)
        }
        self._series[series, entity] = found
        return found

    def _province(self, name: str) -> str:
        """The English name of a province given by its code (11, 110000) or its Chinese name, long or short; anything else as it is."""
        frame = self.frame("provinces")
        codes = frame["adcode"].astype(str)
        known = (codes == name) | (codes.str[:2] == name) | (frame["name_zh"] == name) | (frame["short_zh"] == name)
        return str(frame.loc[known, "province"].iloc[0]) if known.any() else name

    def _figure(self, table: str, name: str, key: str, entity: str, year: int, value: float) -> Figure:
        variable = registry().variables[name]
        as_printed, source = self._as_printed(table=table, name=name, key=key, year=year, value=value)
        return Figure(
            label=_label(variable, year, entity),
            unit=variable.unit,
            interval=Interval.point(float(value)) if as_printed is None else as_printed,
            sources=(source,) if source in registry().sources else _sources(variable),
            cells=(f"{table}.{name} {year} {entity}".rstrip(),),
            time=year,
            entity=entity,
            weak=(variable.weak,) if variable.weak.en else (),
            nature=NATURES.get(name, "either"),
        )

    def _as_printed(self, table: str, name: str, key: str, year: int, value: float) -> tuple[Interval | None, str]:
        """What the printed digits of a cell leave possible, and its source: of the first publication, or of the one that fills its gaps."""
        others = [agreement.other for agreement in registry().tables[table].agreements if agreement.id == name]
        for column in (name, *others):
            text, source, divisor = self._cells(table).get((column, key, year), ("", "", 1.0))
            if text and float(text) / divisor == value:  # a corrected cell is no longer what was printed
                as_printed = _rounded(text)
                return None if as_printed is None else as_printed / divisor, source
        return None, self._cells(table).get((name, key, year), ("", "", 1.0))[1]

    def _cells(self, table: str) -> dict[Cell, tuple[str, str, float]]:
        """Text, source and divisor of every cell of the long raw files of a table, by its column."""
        if table not in self._raw:
            raw, found, record = RawFolder(), {}, registry().tables[table]
            for file in record.raw:
                reading, rows = record.reading(file), [row for row in raw.rows(file) if "indicator" in row]
                if raw.registry.raw_files[file].zeros == "dropped":
                    rows = _with_zeros(rows)
                for row in rows:
                    column = reading.column(row["indicator"])
                    key = row.get("adcode") or row.get("iso3") or ""
                    divisor = reading.divide.get(column, 1.0)
                    found[column, "" if key == NATION else key, int(row["year"])] = (row["value"], row["source_id"], divisor)
            self._raw[table] = found
        return self._raw[table]


def claim_named(name: str, claims: Mapping[str, Claim]) -> Claim:
    """The claim with this id.

    Raises
    ------
    UnknownName
        With near ids.
    """
    if name not in claims:
        near = difflib.get_close_matches(name, list(claims), n=4, cutoff=0.5) or [other for other in claims if name in other][:4]
        raise UnknownName(f"there is no claim {name!r}", where="toolkit/registry/claims", remedy=f"near: {', '.join(near) or 'none'}")
    return claims[name]


def _sources(variable: Variable) -> tuple[str, ...]:
    """The publications behind a variable; of a derived one those of the variables in its formula."""
    known = registry().variables
    parts = [known[name] for name in re.findall(r"[A-Za-z_]\w*", variable.derived) if name in known and name != variable.id]
    return tuple(dict.fromkeys(name for part in parts for name in _sources(part))) or variable.sources


def _with_zeros(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows with as many decimals in every value as any value of the series has in the year: a table prints one number of decimals."""
    most: dict[tuple[str, str], int] = {}
    for row in rows:
        series = row["indicator"], row["year"]
        most[series] = max(most.get(series, 0), len(row["value"].partition(".")[2]))
    return [row | {"value": f"{Decimal(row['value']):.{most[row['indicator'], row['year']]}f}"} for row in rows]


def _rounded(text: str) -> Interval | None:
    try:
        return printed(text)
    except NotNumeric:
        return None


def _label(variable: Variable, year: int, entity: str) -> Text:
    place = f"{entity} " if entity else ""
    return Text(f"{variable.short.en}, {place}{year}", f"{place}{year}年{variable.short.zh}")
