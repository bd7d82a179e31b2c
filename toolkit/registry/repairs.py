"""Declared repairs of published figures: the file stays as it is, the cells change on their way into a table, and each has a guard."""

from __future__ import annotations

from typing import Literal

from toolkit.registry.records import Record, distinct


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
