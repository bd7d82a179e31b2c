"""Which indicator belongs to which dimension and system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pandas as pd

from toolkit.errors import MeasureError
from toolkit.language import Text

Structure = Mapping[str, Any]
RESERVED: Final = ("c", "t", "d", "grade")  # columns of the index beside the scores of the systems
_EXAMPLE: Final = '{"science": ["rd", "patents"], "industry": {"energy": "negative"}}'


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
