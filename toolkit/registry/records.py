"""The facts typed by hand, as small frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from toolkit.language import Text
from toolkit.registry.claims import Claim, Paper

Kind = Literal["number", "integer", "text"]
Gap = Literal["percent", "units"]
Standing = Literal["official", "secondary"]
EmptyParts = Literal["refused", "allowed"]
TaxKind = Literal["tax_rate", "super_deduction"]
TaxGroup = Literal["all", "manufacturing", "technology_sme", "integrated_circuit", "high_tech"]
Month = tuple[int, int]


@dataclass(frozen=True)
class Source:
    """A publication that numbers come from.

    Attributes
    ----------
    id, publication, publication_zh, publisher : what it is and who issues it; ``publication_zh`` repeats the English where there is none.
    edition, years : table or edition read, and the years covered.
    notes : what a user must know about it.
    licence : terms of reuse.
    standing : ``secondary`` when another text quotes the figures of the publisher.
    """

    id: str
    publication: str
    publication_zh: str
    publisher: str
    edition: str = ""
    years: str = ""
    notes: str = ""
    licence: str = ""
    standing: Standing = "official"


@dataclass(frozen=True)
class Mark:
    """A year of a series that growth rates and figures must show.

    Attributes
    ----------
    year : the first one of the new level.
    kind : ``break`` for a new definition, coverage or vintage; ``move`` for an abrupt move without a documented reason.
    text : what happens, with the year.
    """

    year: int
    kind: Literal["break", "move"]
    text: Text


@dataclass(frozen=True)
class Variable:
    """One column, described once for every table that holds it.

    Attributes
    ----------
    id : name of the column in built tables.
    name_en, name_zh, short_en, short_zh : full name, and the short one for axes and table rows.
    unit, unit_zh : empty for pure labels.
    definition, definition_zh, breaks, breaks_zh : what is counted, and where the series changes meaning.
    low, high : plausible range; a value outside stops the build.
    weak, weak_zh : why the series needs care, empty when it does not.
    derived : formula in terms of other ids, empty for published series.
    sources : ids of sources.
    raw_name : name in the raw file, empty for derived series.
    kind : ``number``, ``integer`` or ``text``.
    marks : years in which the series breaks or moves abruptly, in order.
    """

    id: str
    name_en: str
    name_zh: str
    short_en: str
    short_zh: str
    unit: str = ""
    unit_zh: str = ""
    definition: str = ""
    definition_zh: str = ""
    breaks: str = ""
    breaks_zh: str = ""
    low: float | None = None
    high: float | None = None
    weak: str = ""
    weak_zh: str = ""
    derived: str = ""
    sources: tuple[str, ...] = ()
    raw_name: str = ""
    kind: Kind = "number"
    marks: tuple[Mark, ...] = ()

    @property
    def break_years(self) -> tuple[int, ...]:
        """First years of a new definition or vintage; growth into such a year is not meaningful."""
        return tuple(mark.year for mark in self.marks if mark.kind == "break")

    @property
    def move_years(self) -> tuple[int, ...]:
        """Years of an abrupt move for which the sources read give no reason; growth into such a year may be book-keeping."""
        return tuple(mark.year for mark in self.marks if mark.kind == "move")


@dataclass(frozen=True)
class RawFile:
    """A file below data_raw with the hash its bytes must have."""

    id: str
    path: str
    sha256: str
    title: Text


@dataclass(frozen=True)
class Check:
    """Parts that must add up to a total.

    gap = sum(parts) - scale * total, in the unit of the parts or in percent of scale * total; it must lie in [low, high].
    When ``total_table`` is another table, the parts are also summed over its entities, year by year; years in which some entity is empty
    are skipped unless ``empty_parts`` is ``"allowed"``.
    """

    id: str
    parts: tuple[str, ...]
    total: str
    gap: Gap
    low: float
    high: float
    reason: str
    total_table: str = ""
    scale: float = 1.0
    years: tuple[int, int] | None = None
    empty_parts: EmptyParts = "refused"


@dataclass(frozen=True)
class Table:
    """A table that the project builds.

    Attributes
    ----------
    id, title, description : what it is.
    raw : ids of the raw files it is built from.
    keys : columns that identify a row.
    entity, time : roles; empty when the table is no panel.
    columns : variable ids in the order of the file.
    rename : (name in the raw file, variable id) pairs.
    checked_only : raw series that are compared with our own computation and not passed on.
    checks : sums that must hold.
    """

    id: str
    title: Text
    description: Text
    raw: tuple[str, ...]
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    entity: str = ""
    time: str = ""
    rename: tuple[tuple[str, str], ...] = ()
    checked_only: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Correction:
    """A declared change of one cell; ``value`` None sets it to missing. ``expected`` is the raw value it was written for."""

    id: str
    table: str
    entity: str
    time: int
    variable: str
    expected: float
    value: float | None
    reason: str


@dataclass(frozen=True)
class TaxRule:
    """One parameter of the taxation of R&D, and where it was read.

    Attributes
    ----------
    id, kind, group : a statutory rate or a super-deduction, and the firms it is for.
    rate : as a fraction; a super-deduction of 0.75 lets a firm deduct 1.75 yuan for one yuan of R&D.
    first, last : (year, month), both included; ``last`` None where the text read names no end.
    document : the law, circular or announcement.
    read : the publication that the value was taken from.
    """

    id: str
    kind: TaxKind
    group: TaxGroup
    rate: float
    first: Month
    last: Month | None
    document: Text
    read: str


@dataclass(frozen=True)
class Registry:
    """All records, by id."""

    variables: dict[str, Variable]
    sources: dict[str, Source]
    raw_files: dict[str, RawFile]
    tables: dict[str, Table]
    corrections: dict[str, Correction]
    papers: dict[str, Paper]
    claims: dict[str, Claim]
    tax: dict[str, TaxRule]
