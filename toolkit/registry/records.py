"""The facts typed by hand, as frozen records that check themselves when they are read from a file."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

import msgspec

from toolkit.language import Text

Kind = Literal["number", "integer", "text"]
Gap = Literal["percent", "units"]
Standing = Literal["official", "secondary"]
EmptyParts = Literal["refused", "allowed"]
TaxKind = Literal["tax_rate", "super_deduction"]
TaxGroup = Literal["all", "manufacturing", "technology_sme", "integrated_circuit", "high_tech"]

NOTHING = Text("", "")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An entry of a file: its fields are the fields of the entry, ``id`` is its key."""


def distinct(names: tuple[str, ...]) -> None:
    """Refuse a name that occurs twice."""
    if len(set(names)) != len(names):
        raise ValueError(f"a name occurs twice in {list(names)!r}")


def _ordered(bounds: tuple[float, float]) -> None:
    if bounds[0] > bounds[1]:
        raise ValueError(f"the lower bound {bounds[0]:g} exceeds the upper bound {bounds[1]:g}")


class Source(Record, frozen=True):
    """A publication that numbers come from.

    Attributes
    ----------
    id, publication, publication_zh, publisher : what it is and who issues it; ``publication_zh`` is empty where there is none.
    edition, years : table or edition read, and the years covered.
    notes : what a user must know about it.
    licence : terms of reuse.
    standing : ``secondary`` when another text quotes the figures of the publisher.
    """

    id: str
    publication: str
    publisher: str
    publication_zh: str = ""
    edition: str = ""
    years: str = ""
    notes: str = ""
    licence: str = ""
    standing: Standing = "official"

    @property
    def name(self) -> Text:
        """The publication in both languages."""
        return Text(self.publication, self.publication_zh or self.publication)


class Mark(NamedTuple):
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


class Variable(Record, frozen=True):
    """One column, described once for every table that holds it.

    Attributes
    ----------
    id : name of the column in built tables.
    name, short : full name, and the short one for axes and table rows.
    unit : empty for pure labels.
    definition, breaks : what is counted, and where the series changes meaning.
    range : plausible values; a value outside stops the build. None for text.
    weak : why the series needs care, empty when it does not.
    derived : formula in terms of other ids, empty for published series.
    sources : ids of sources.
    kind : ``number``, ``integer`` or ``text``.
    break_years : first year of a new definition or vintage -> what is new; growth into such a year is not meaningful.
    move_years : year of an abrupt move for which the sources read give no reason -> what moves; growth into it may be book-keeping.
    raw_name : name in the raw file, empty for derived series; set by the tables that rename it.
    """

    id: str
    name: Text
    short: Text
    definition: Text
    unit: Text = NOTHING
    breaks: Text = NOTHING
    range: tuple[float, float] | None = None
    weak: Text = NOTHING
    derived: str = ""
    sources: tuple[str, ...] = ()
    kind: Kind = "number"
    break_years: dict[int, Text] = {}
    move_years: dict[int, Text] = {}
    raw_name: str = ""

    def __post_init__(self) -> None:
        distinct(self.sources)
        if self.range is not None:
            _ordered(self.range)
        elif self.kind != "text":
            raise ValueError("a number needs a range")
        if self.break_years.keys() & self.move_years.keys():
            raise ValueError("a year is marked as a break and as a move; keep one of them")
        if not all(mark.text.en and mark.text.zh for mark in self.marks):
            raise ValueError("a marked year needs a text in both languages: {2015: {en: ..., zh: ...}}")

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Years in which the series breaks or moves abruptly, in order."""
        breaks = [Mark(year, "break", text) for year, text in self.break_years.items()]
        return tuple(sorted([*breaks, *(Mark(year, "move", text) for year, text in self.move_years.items())]))


class RawFile(Record, frozen=True):
    """A file below data_raw with the hash its bytes must have.

    ``zeros`` is "dropped" where the file has 2.4 for a printed 2.40, so that the printed digits of one cell are those of its column.
    """

    id: str
    path: str
    sha256: str
    title: Text
    zeros: Literal["kept", "dropped"] = "kept"

    def __post_init__(self) -> None:
        if _SHA256.fullmatch(self.sha256) is None:
            raise ValueError(f"sha256 {self.sha256!r} must be 64 hexadecimal digits")


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
        _ordered(self.bounds)


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
    pairs: dict[str, str] = {}
    total_table: str = ""
    empty_parts: EmptyParts = "refused"
    deviations: dict[str, tuple[Deviation, ...]] = {}

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

    rename: dict[str, str] = {}
    divide: dict[str, float] = {}
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
        _ordered(self.bounds)


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
    readings: dict[str, Reading] = {}
    agreements: tuple[Agreement, ...] = ()
    entity: str = ""
    time: str = ""
    rename: dict[str, str] = {}
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


class TaxRule(Record, frozen=True):
    """One parameter of the taxation of R&D, and where it was read.

    Attributes
    ----------
    id, kind, group : a statutory rate or a super-deduction, and the firms it is for.
    rate : as a fraction; a super-deduction of 0.75 lets a firm deduct 1.75 yuan for one yuan of R&D.
    first, last : months such as "2018-01", both included; ``last`` is empty where the text read names no end.
    document : the law, circular or announcement.
    read : the publication that the value was taken from.
    """

    id: str
    kind: TaxKind
    group: TaxGroup
    rate: float
    first: str
    document: Text
    read: str
    last: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.rate < (1 if self.kind == "tax_rate" else 3):
            raise ValueError(f"rate {self.rate:g} must be a fraction, such as 0.25")
        for month in filter(None, (self.first, self.last)):
            if _MONTH.fullmatch(month) is None:
                raise ValueError(f"{month!r} must be a month such as '2018-01'")
        if self.last and self.last < self.first:
            raise ValueError(f"the last month {self.last} lies before the first, {self.first}")
        if not self.read.strip():
            raise ValueError("read must say where the value was read")


def make(kind: type[Any], entry: Any) -> Any:
    """A record of ``kind`` from what a file holds; texts in both languages are ``{en: ..., zh: ...}`` there.

    Raises
    ------
    ValueError
        Says which field is wrong and how; the caller adds where.
    """
    try:
        return msgspec.convert(_paired(entry), kind, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(_plain(str(error), kind, entry)) from None


def _paired(value: Any) -> Any:
    """The value with every ``{en, zh}`` as the pair that a :class:`Text` is."""
    if isinstance(value, dict):
        return [value["en"], value["zh"]] if set(value) == {"en", "zh"} else {key: _paired(v) for key, v in value.items()}
    return [_paired(v) for v in value] if isinstance(value, list) else value


def _plain(message: str, kind: type[Any], entry: Any) -> str:
    """The message of msgspec with the field's name instead of a JSON path, and with what would be right."""
    what, _, at = message.partition(" - at `$")
    inner, found, field = kind, entry, ""
    for field in re.findall(r"[a-z_]\w*", at):
        inner, found = get_type_hints(inner).get(field, inner), found.get(field) if isinstance(found, dict) else None
        inner = next((part for part in get_args(inner) if isinstance(part, type) and issubclass(part, Record)), inner)
    what = re.sub(r"missing required field (.*)", r"field \1 is missing", what.replace("Object ", "").replace("`", "'"))
    if "unknown field" in what:
        what += f"; allowed are {', '.join(name for name in inner.__struct_fields__ if name != 'id')}"
    elif what.startswith("Invalid enum value"):
        what = f"{what.removeprefix('Invalid enum value ')} is none of {', '.join(get_args(inner))}"
    elif inner is Text:
        what = "must be a text in both languages, {en: ..., zh: ...}"
    return f"{field} {found!r}: {what}" if field else what
