"""What columns are called: by the user, and by the registry where the data are its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal

from toolkit.errors import UnknownOption
from toolkit.language import Text
from toolkit.origin import names_in, origin_in
from toolkit.units import CHINESE

Labels = Mapping[str, str | Text] | Literal["registry"] | None
"""What a user may ask for: labels of his own, those of the registry, or (None) what the data say."""

Texts = Mapping[str, str | Text]
"""Short id -> what is shown for it."""

Notes = str | Text | Sequence[str | Text]
"""Paragraphs below an exhibit; one alone needs no brackets."""


@dataclass(frozen=True)
class Names(Mapping[str, str | Text]):
    """Labels of columns or of whole terms; for data of the registry also units, and why a series is weak.

    Attributes
    ----------
    texts : name -> label.
    units : name -> unit.
    weak : name -> why the series needs care.
    registered : names of which the registry knows the years of changes.
    """

    texts: Mapping[str, str | Text] = field(default_factory=dict)
    units: Mapping[str, Text] = field(default_factory=dict)
    weak: Mapping[str, Text] = field(default_factory=dict)
    registered: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> str | Text:
        return self.texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def and_own(self, texts: Mapping[str, str | Text]) -> Names:
        """These names with others that come before them."""
        return replace(self, texts={**self.texts, **texts}) if texts else self


def names_for(labels: Labels = None, *data: object) -> Names:
    """The names under which ``data`` are shown.

    The registry's labels and units hold where all data come from the registry (:mod:`toolkit.origin`) or ``labels="registry"`` asks for
    them, those of a user's schema where all data were read with it, and those that a user's file has (Stata, SPSS, units in headers)
    where its panel is shown. A column ``gdp`` of anybody else is called ``gdp`` and has no unit. Labels that are handed in come before
    the others.

    Parameters
    ----------
    labels : name -> label, or ``"registry"``.
    data : panels, frames, estimates; results of other libraries do not know where their data come from and follow the others.

    Raises
    ------
    UnknownOption
        For another word than "registry".

    Examples
    --------
    >>> names_for(None).get("gdp"), names_for("registry")["gdp"].en
    (None, 'GDP')
    """
    if isinstance(labels, str) and labels != "registry":
        raise UnknownOption(f"labels={labels!r} is not possible", remedy="give a mapping from names to labels, or 'registry'")
    origins = {_origin(each) for each in data} - {""}
    if labels == "registry" or origins == {"registry"}:
        base = _registry_names()
    elif len(origins) == 1 and names_in(*origins) is None:
        base = _schema_names(*origins)
    else:
        base = _own_names(origins)
    if labels is None or labels == "registry":
        return base
    return base.and_own(labels)


@cache
def _registry_names() -> Names:
    """The labels, units and cautions of every variable of the registry."""
    from toolkit.registry import registry

    known = registry().variables.values()
    return Names(
        texts={v.id: v.short for v in known},
        units={v.id: v.unit for v in known if v.unit.en},
        weak={v.id: v.weak for v in known if v.weak.en},
        registered=frozenset(v.id for v in known),
    )


def _schema_names(origin: str) -> Names:
    """The names and units of a user's schema; none for data without one."""
    from toolkit.registry.schema import schema_of

    schema = schema_of(origin)
    columns = schema.columns if schema else {}
    return Names(
        texts={name: column.name for name, column in columns.items() if column.name.en},
        units={name: column.unit for name, column in columns.items() if column.unit.en},
    )


def _own_names(origins: Set[str]) -> Names:
    """The labels and units that users' files have, as far as they agree; a label that two columns have is of no use."""
    found = [names for origin in origins if (names := names_in(origin)) is not None]
    if len(found) < len(origins):
        return Names()
    labels, units = _agreed([labels for labels, _ in found]), _agreed([units for _, units in found])
    counts = Counter(labels.values())
    return Names(
        texts={name: text for name, text in labels.items() if counts[text] == 1},
        units={name: Text(CHINESE.get(unit, unit), unit) for name, unit in units.items()},
    )


def _agreed(each: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """What none of the files says otherwise."""
    together = {name: text for texts in each for name, text in texts.items()}
    return {name: text for name, text in together.items() if all(texts.get(name, text) == text for texts in each)}


def _origin(data: object) -> str:
    """``registry``, ``own``, or empty where it is not known."""
    attrs = getattr(data, "attrs", None)
    if isinstance(attrs, Mapping):
        return origin_in(attrs)
    return str(getattr(data, "origin", "") or "")


def listed(given: Any) -> tuple[Any, ...]:
    """What was given as a tuple; a text, an estimate or a number alone becomes a tuple of one, None an empty one.

    Examples
    --------
    >>> listed("x"), listed(["x", "z"]), listed(Text("a", "甲")), listed(0.1), listed(None)
    (('x',), ('x', 'z'), (Text(en='a', zh='甲'),), (0.1,), ())
    """
    if given is None:
        return ()
    if isinstance(given, str | Text) or not isinstance(given, Iterable):
        return (given,)
    return tuple(given)


def pairs(given: Any) -> tuple[tuple[Any, Any], ...]:
    """Pairs as a tuple; one pair alone becomes a tuple of one.

    Examples
    --------
    >>> pairs((0.38, "paper")), pairs([("A", 2), ("B", 1)]), pairs(())
    (((0.38, 'paper'),), (('A', 2), ('B', 1)), ())
    """
    first = given[0] if isinstance(given, tuple) and len(given) == 2 else ()
    return (given,) if isinstance(first, str | Text | int | float) else tuple(given)
