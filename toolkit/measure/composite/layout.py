"""Which indicator belongs to which dimension and system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from toolkit.errors import MeasureError
from toolkit.language import Text

Structure = Mapping[str, Any]


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
        When there is no system, a system has no indicator, or an indicator stands in two places.

    Examples
    --------
    >>> layout_of({"science": ["rd", "patents"], "industry": {"energy": "negative"}}).direction
    {'rd': 'positive', 'patents': 'positive', 'energy': 'negative'}
    """
    structure: Structure = scheme if isinstance(scheme, Mapping) else scheme.structure
    given = {} if isinstance(scheme, Mapping) else scheme.names
    direction: dict[str, str] = {}
    dimension: dict[str, str] = {}
    home: dict[str, str] = {}
    for system, content in structure.items():
        for name, (inner, way) in _flat(str(system), content).items():
            if name in direction:
                raise MeasureError(f"the indicator {name!r} stands in {home[name]} and in {system}", remedy="use it once")
            direction[name], dimension[name], home[name] = way, inner, str(system)
        if system not in home.values():
            raise MeasureError(f"the system {system!r} has no indicator", remedy="give it at least one")
    if not direction:
        raise MeasureError("the scheme has no system", remedy='write {"science": ["rd", "patents"], "industry": ["revenue"]}')
    ids = dict.fromkeys([*direction, *dimension.values(), *home.values()])
    return Layout(direction, dimension, home, {name: given.get(name, Text(name, name)) for name in ids})


def _flat(system: str, content: Any) -> dict[str, tuple[str, str]]:
    """Indicator → (dimension, direction)."""
    if not isinstance(content, Mapping):
        return {str(name): (system, "positive") for name in ([content] if isinstance(content, str) else content)}
    found: dict[str, tuple[str, str]] = {}
    for name, inner in content.items():
        if isinstance(inner, str):
            found[str(name)] = (system, inner)
        else:
            found |= {i: (str(name), way) for i, (_, way) in _flat(str(name), inner).items()}
    return found
