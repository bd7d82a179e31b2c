"""Indicator systems as records: a scheme of systems, dimensions and indicators, and the values they take in a frame."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from toolkit.arithmetic import Arithmetic
from toolkit.errors import MissingColumn, NotNumeric
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry.read import line_of
from toolkit.registry.records import NOTHING

if TYPE_CHECKING:
    import pandas as pd

Direction = Literal["positive", "negative"]
FUNCTIONS: Final = ("abs", "log")


def computed(expression: Arithmetic, columns: Mapping[str, Any]) -> Any:
    """The value of an indicator; what cannot be computed is infinite or missing, and the measure names it.

    Examples
    --------
    >>> from toolkit.arithmetic import parse
    >>> computed(parse("100 * a / b"), {"a": 1.0, "b": 4.0})
    25.0
    """
    import numpy as np

    with np.errstate(divide="ignore", invalid="ignore"):
        return expression.value(columns.__getitem__, functions={"abs": abs, "log": np.log})


def near(name: str, known: Collection[Any]) -> str:
    """`` (near: ...)`` with the known names that resemble ``name``; empty when there are none."""
    found = difflib.get_close_matches(name, [str(k) for k in known])
    return f" (near: {', '.join(found)})" if found else ""


@dataclass(frozen=True)
class Indicator:
    """One measured quantity.

    Attributes
    ----------
    id, name, unit : what it is; the name repeats the id where the file gives none.
    direction : "positive" (more is better) or "negative".
    expression : of columns of the data.
    """

    id: str
    name: Text
    unit: Text
    direction: Direction
    expression: Arithmetic


@dataclass(frozen=True)
class Dimension:
    """Indicators that stand for one side of a system. ``definition`` says how an idea is made measurable, empty where nothing is said."""

    id: str
    name: Text
    indicators: tuple[Indicator, ...]
    definition: Text = NOTHING


@dataclass(frozen=True)
class System:
    """Dimensions that make one score. A system without dimensions in the file has a single one with its own id and name."""

    id: str
    name: Text
    dimensions: tuple[Dimension, ...]
    definition: Text = NOTHING

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators, in order."""
        return tuple(i for d in self.dimensions for i in d.indicators)


@dataclass(frozen=True)
class Scheme:
    """An indicator system.

    Attributes
    ----------
    id, name : what it is.
    systems : its parts, each with a score of its own.
    years : first and last year it is meant for; none for all years of the data.
    table : the table of the project it is written for; empty for own data.
    limits : which indicators bound the years, and what to know about them.
    missing : what public data do not allow.
    path, above : the file, and the keys on the way to the scheme in it; for messages.
    """

    id: str
    name: Text
    systems: tuple[System, ...]
    years: tuple[int, int] | None = None
    table: str = ""
    limits: Text = NOTHING
    missing: Text = NOTHING
    path: Path = Path("systems.yaml")
    above: tuple[str, ...] = ()

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators, in order."""
        return tuple(i for s in self.systems for i in s.indicators)

    @property
    def structure(self) -> dict[str, dict[str, dict[str, str]]]:
        """System → dimension → indicator → direction, by id: what the measures need."""
        return {s.id: {d.id: {i.id: i.direction for i in d.indicators} for d in s.dimensions} for s in self.systems}

    @property
    def names(self) -> dict[str, Text]:
        """Name of every system, dimension and indicator, by id."""
        found = {i.id: i.name for i in self.indicators}
        return found | {d.id: d.name for s in self.systems for d in s.dimensions} | {s.id: s.name for s in self.systems}

    def values(self, frame: pd.DataFrame) -> pd.DataFrame:
        """(n, m) values of the indicators for the rows of ``frame``, in the unit of each; what cannot be computed is missing.

        Raises
        ------
        MissingColumn
            Names file, line and indicator of the first column that the frame does not have, or has twice.
        NotNumeric
            Names file, line, indicator and row of the first text.
        """
        import pandas as pd

        found = {}
        for indicator in self.indicators:
            columns = {name: self._column(frame, name, indicator) for name in indicator.expression.names}
            found[indicator.id] = computed(indicator.expression, columns)
        return pd.DataFrame(found, index=frame.index)

    def _column(self, frame: pd.DataFrame, name: str, indicator: Indicator) -> pd.Series:
        if name not in frame.columns:
            raise MissingColumn(
                f"the data have no column {name!r}{near(name, frame.columns)}",
                where=self.where(indicator),
                remedy="correct the name in the file, or add the column to the data",
            )
        column = frame[name]
        if column.ndim > 1:
            raise MissingColumn(f"the data have the column {name!r} twice", where=self.where(indicator), remedy="keep one of them")
        try:
            if column.dtype.kind in "cmM":
                raise TypeError(f"it is of type {column.dtype}")
            return column.astype("float64")
        except (TypeError, ValueError) as problem:
            import pandas as pd

            text = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()] if column.dtype.kind == "O" else column[:0]
            row = f", row {text.index[0]}" if len(text) else ""
            raise NotNumeric(
                f"the column {name!r} must hold numbers: {problem}", where=self.where(indicator) + row, remedy="convert it first"
            ) from problem

    def table_of_indicators(self) -> pd.DataFrame:
        """One row per indicator: system, dimension, indicator (names in the current language), unit, direction, formula."""
        import pandas as pd

        rows = [
            (s.name.to(), d.name.to(), i.name.to(), i.unit.to(), i.direction, i.expression.text)
            for s in self.systems
            for d in s.dimensions
            for i in d.indicators
        ]
        return pd.DataFrame(rows, columns=["system", "dimension", "indicator", "unit", "direction", "formula"])

    def where(self, indicator: Indicator) -> str:
        """File, line and name of an indicator, for messages."""
        system, dimension = next((s, d) for s in self.systems for d in s.dimensions if indicator in d.indicators)
        inner = ("indicators", indicator.id) if dimension.id == system.id else ("dimensions", dimension.id, "indicators", indicator.id)
        return f"{relative(self.path)}, line {line_of(self.path, *self.above, 'systems', system.id, *inner)}, indicator {indicator.id}"
