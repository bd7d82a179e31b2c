"""The facts typed by hand, as frozen records that check themselves when they are read from a file."""

from __future__ import annotations

import re
from typing import Any, Literal, NamedTuple, get_args, get_type_hints

import msgspec

from toolkit.language import Text

Kind = Literal["number", "integer", "text"]
Standing = Literal["official", "secondary"]
TaxKind = Literal["tax_rate", "super_deduction", "wage_rate", "wage_allowance", "angel_deduction"]
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


def ordered(bounds: tuple[float, float]) -> None:
    """Refuse bounds that are upside down."""
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


class SeriesBreak(NamedTuple):
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
            ordered(self.range)
        elif self.kind != "text":
            raise ValueError("a number needs a range")
        if self.break_years.keys() & self.move_years.keys():
            raise ValueError("a year is marked as a break and as a move; keep one of them")
        if not all(mark.text.en and mark.text.zh for mark in self.marks):
            raise ValueError("a marked year needs a text in both languages: {2015: {en: ..., zh: ...}}")

    @property
    def marks(self) -> tuple[SeriesBreak, ...]:
        """Years in which the series breaks or moves abruptly, in order."""
        breaks = [SeriesBreak(year, "break", text) for year, text in self.break_years.items()]
        return tuple(sorted([*breaks, *(SeriesBreak(year, "move", text) for year, text in self.move_years.items())]))


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


class TaxRule(Record, frozen=True):
    """One parameter of the taxation of R&D or of those who do it and pay for it, and where it was read.

    Attributes
    ----------
    id, kind, group : a statutory rate, a super-deduction or a parameter of the personal income tax, and the firms it is for.
    rate : as a fraction; a super-deduction of 0.75 lets a firm deduct 1.75 yuan for one yuan of R&D, an angel deduction of 0.7 lets who
        invested one yuan deduct 0.7 from the gain. None of an allowance.
    amount : yuan a year; of a rate on wages the taxable income above which it applies, of an allowance what is deducted.
    first, last : months such as "2018-01", both included; ``last`` is empty where the text read names no end.
    document : the law, circular or announcement.
    read : the publication that the value was taken from.
    """

    id: str
    kind: TaxKind
    group: TaxGroup
    first: str
    document: Text
    read: str
    rate: float = 0.0
    amount: float = 0.0
    last: str = ""

    def __post_init__(self) -> None:
        if self.kind == "wage_allowance":
            if not (self.amount > 0 == self.rate):
                raise ValueError("an allowance has an amount above zero and no rate")
        elif not 0 < self.rate < (3 if self.kind == "super_deduction" else 1):
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
