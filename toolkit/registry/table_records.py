"""What the project builds and what must hold in it: tables, their checks, the agreement of two publications, and declared repairs.

A repair leaves the file as it is; the cells change on their way into a table, and each repair has a guard.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from toolkit.language import Text
from toolkit.registry.records import Record, distinct, ordered

Gap = Literal["percent", "units"]
EmptyParts = Literal["refused", "allowed"]


class Deviation(Record, frozen=True):
    """A cell that is known to lie outside the bounds; ``gap`` (to three decimals) guards the declaration."""

    entity: str
    time: int
    gap: float
    reason: str


class Check(Record, frozen=True):
    """Parts that must add up to a total.

    gap = sum(parts) - scale * total, in the unit of the parts or in percent of scale * total; it must lie in ``bounds``.
    When ``total_table`` is another table, the parts are also summed over its entities, year by year; years in which some entity is empty
    are skipped unless ``empty_parts`` is ``"allowed"``.
    """

    id: str
    parts: tuple[str, ...]
    total: str
    gap: Gap
    bounds: tuple[float, float]
    reason: str
    total_table: str = ""
    scale: float = 1.0
    years: tuple[int, int] | None = None
    empty_parts: EmptyParts = "refused"
    deviations: tuple[Deviation, ...] = ()

    def __post_init__(self) -> None:
        distinct(self.parts)
        ordered(self.bounds)


class Repeat(Record, frozen=True):
    """A cell that equals that of the year before to the last digit, and why it may."""

    variable: str
    entity: str
    time: int
    reason: str


class Crossing(Record, frozen=True):
    """A year in which two entities take each other's value of the year before, nearly, and why both may be right."""

    variable: str
    entities: tuple[str, str]
    time: int
    reason: str


class Family(Record, frozen=True):
    """Checks of one kind on many columns: each of ``columns`` against its namesake, each key of ``pairs`` against its value."""

    id: str
    gap: Gap
    bounds: tuple[float, float]
    reason: str
    columns: tuple[str, ...] = ()
    pairs: dict[str, str] = msgspec.field(default_factory=dict)
    total_table: str = ""
    empty_parts: EmptyParts = "refused"
    deviations: dict[str, tuple[Deviation, ...]] = msgspec.field(default_factory=dict)

    def checks(self) -> tuple[Check, ...]:
        """One check for each column."""
        return tuple(
            Check(
                id=f"{self.id}_{part}",
                parts=(part,),
                total=total,
                gap=self.gap,
                bounds=self.bounds,
                reason=self.reason,
                total_table=self.total_table,
                empty_parts=self.empty_parts,
                deviations=self.deviations.get(part, ()),
            )
            for part, total in {**{name: name for name in self.columns}, **self.pairs}.items()
        )


class Reading(Record, frozen=True):
    """How the series of one long raw file enter a table.

    Attributes
    ----------
    rename : name in the file -> column.
    divide : column -> what a printed value is divided by, where the file has 10,000 yuan and the column 100 million yuan.
    left_out : series of the file that stay in it.
    years : first and last year that enter; None takes all.
    """

    rename: dict[str, str] = msgspec.field(default_factory=dict)
    divide: dict[str, float] = msgspec.field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    years: tuple[int, int] | None = None

    def column(self, name: str) -> str:
        """The column of the series ``name``."""
        return self.rename.get(name, name)


class Agreement(Record, frozen=True):
    """A quantity that two publications give.

    Attributes
    ----------
    id : the column under the plain name; it holds the publication with more cells, and the cells of the other where that one has none.
    other : the column of the other publication, for the check only.
    gap, bounds : plain name minus other in every cell that both give, in units or in percent of the other.
    deviations : cells outside the bounds, each with its gap and its reason.
    overlap : "none" where the two share no cell, so that nothing can be compared.
    reason : why the bounds are what they are.
    """

    id: str
    other: str
    gap: Gap
    bounds: tuple[float, float]
    reason: str
    deviations: tuple[Deviation, ...] = ()
    overlap: Literal["required", "none"] = "required"

    def __post_init__(self) -> None:
        ordered(self.bounds)


class Table(Record, frozen=True):
    """A table that the project builds.

    Attributes
    ----------
    id, title, description : what it is.
    raw : ids of the raw files it is built from.
    keys : columns that identify a row.
    entity, time : roles; empty when the table is no panel.
    columns : variable ids in the order of the file.
    rename : name in the raw file -> variable id.
    checked_only : raw series that are compared with our own computation and not passed on.
    checks, families : sums that must hold, one by one and of one kind on many columns.
    repeats : published amounts of four and more digits that equal those of the year before; any other one stops the build.
        None: not looked for.
    crossings : years in which two entities take each other's value of the year before to 2 %; as ``repeats``.
    readings : raw file -> how its series enter; a file without one is read with ``rename``.
    agreements : quantities that two publications give.
    """

    id: str
    title: Text
    description: Text
    raw: tuple[str, ...]
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    readings: dict[str, Reading] = msgspec.field(default_factory=dict)
    agreements: tuple[Agreement, ...] = ()
    entity: str = ""
    time: str = ""
    rename: dict[str, str] = msgspec.field(default_factory=dict)
    checked_only: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    families: tuple[Family, ...] = ()
    repeats: tuple[Repeat, ...] | None = None
    crossings: tuple[Crossing, ...] | None = None

    def __post_init__(self) -> None:
        for names in (self.raw, self.keys, self.columns, self.checked_only, tuple(a.id for a in self.agreements)):
            distinct(names)

    def all_checks(self) -> tuple[Check, ...]:
        """The checks, those of the families included."""
        return self.checks + tuple(check for family in self.families for check in family.checks())

    def reading(self, file: str) -> Reading:
        """How the raw file ``file`` enters."""
        return self.readings.get(file, Reading(rename=self.rename))


class Correction(Record, frozen=True):
    """A declared change of one cell; ``value`` "missing" empties it. ``expected`` is the raw value it was written for."""

    id: str
    table: str
    entity: str
    time: int
    variable: str
    expected: float
    value: float | Literal["missing"]
    reason: str


class Exchange(Record, frozen=True):
    """The values of two entities stand in each other's place; ``expected`` holds the raw values of both, by year."""

    id: str
    table: str
    entities: tuple[str, str]
    variable: str
    expected: dict[int, tuple[float, float]]
    reason: str

    def __post_init__(self) -> None:
        distinct(self.entities)


class Identity(Record, frozen=True):
    """An empty cell that follows from others: ``variable`` = ``total`` - the sum of ``parts``; ``value`` guards what comes out."""

    id: str
    table: str
    entity: str
    time: int
    variable: str
    total: str
    parts: tuple[str, ...]
    value: float
    reason: str

    def __post_init__(self) -> None:
        distinct(self.parts)


class Nil(Record, frozen=True):
    """Empty cells of ``blank`` that mean nil: the ``parts`` that are printed reach the ``total`` to ``within`` units."""

    id: str
    table: str
    total: str
    parts: tuple[str, ...]
    blank: tuple[str, ...]
    within: float
    reason: str

    def __post_init__(self) -> None:
        distinct(self.parts)
        if not set(self.blank) <= set(self.parts):
            raise ValueError("blank must be some of the parts")


def columns_of(repair: Repair) -> tuple[str, ...]:
    """The columns that a repair reads or changes."""
    match repair:
        case Identity():
            return (repair.variable, repair.total, *repair.parts)
        case Nil():
            return (repair.total, *repair.parts)
        case _:
            return (repair.variable,)


Repair = Correction | Exchange | Identity | Nil
PARTS = {"cells": Correction, "exchanges": Exchange, "identities": Identity, "nils": Nil}
"""The parts of corrections.yaml and the kind of repair each holds."""
