"""Statements of papers and the official figures they are held against, as records.

Statements stand in the folder claims/ of the registry, or in a list of the user's in the same form; the figures, read in public documents
of the body that answers for them, in official_figures.csv, one row a figure.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Container, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from toolkit.errors import RegistryError
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry.read import Entry, entries, line_of, read_yaml
from toolkit.registry.records import NOTHING, Record, make

ClaimKind = Literal["statistic", "count", "ranking", "comparison", "regression", "target", "anecdotal"]
Comparator = Literal["=", "~", ">", ">=", "<", "<=", "range", "none"]
Testability = Literal["A", "B", "C", "D"]
Nature = Literal["stock", "flow", "either"]
Priority = Literal["must", "should", "could"]


class Paper(Record, frozen=True):
    """A paper whose statements are audited; ``short`` is how tables name it."""

    id: str
    short: Text
    title: Text
    authors: Text
    year: int
    outlet: Text


class SeriesTest(Record, frozen=True, tag="series"):
    """One official cell that settles a claim.

    Attributes
    ----------
    series : ``table.variable``.
    time, entity : the cell; ``entity`` is empty for national series.
    scale : the official value times this has the unit of the claim; None when the units themselves say how to convert.
    vintages : other series of the same quantity.
    measure : what of the series is stated: its ``level``, its ``growth`` on the year before in per cent, or its ``change``.
    """

    series: str
    time: int
    entity: str = ""
    scale: float | None = None
    vintages: tuple[str, ...] = ()
    measure: Literal["level", "growth", "change"] = "level"


class RelationTest(Record, frozen=True, tag="relation"):
    """Equations and inequalities between claims that must be able to hold together."""

    relation: tuple[str, ...]


class FigureTest(Record, frozen=True, tag="figures"):
    """Official figures that settle a claim.

    Attributes
    ----------
    figures : ids of what is stated; several are readings of it (years, definitions), each of which must hold.
    vintages : figures of other years and releases, the preferred ones first.
    """

    figures: tuple[str, ...]
    vintages: tuple[str, ...] = ()


class DocumentTest(Record, frozen=True, tag="document"):
    """Passages of public documents that say whether a statement holds, as someone read them.

    Attributes
    ----------
    figures : ids of the passages.
    says : what they say of the statement.
    why : the reason in a sentence.
    """

    figures: tuple[str, ...]
    says: Literal["agrees", "weak", "contradicts", "vintage", "depends", "related"]
    why: Text


Test = SeriesTest | RelationTest | FigureTest | DocumentTest
Open = Literal["", "public", "private", "own_count", "undefined", "goal"]


class Claim(Record, frozen=True):
    """A statement of a paper in our words, with its number as printed.

    Attributes
    ----------
    id, paper, section : its key and where it stands.
    statement, indicator, unit, place : what is said, of what, in what unit, about where.
    kind, comparator : what sort of statement, and how the number is hedged (``~`` about, ``>`` over).
    value, low, high : digits as printed, with 万 and 亿; ``low`` and ``high`` belong to a range; empty where the paper prints none.
    measured : ``stock`` held at a date or ``flow`` of a year, where the two can be confused.
    period : as stated; empty when the paper gives no date.
    testability : A a public series settles it, B a public list or document, C only a proxy or private data, D nothing does.
    settle : the publication that would settle it.
    caution : definition, unit and vintage problems.
    reported : a second-hand reading, never an official one.
    test : the declared test, None when there is none or when it is a registered computation.
    untested : why no public figure tests it.
    remains : why it stays open where nothing decides it: a public source not read yet, private data, one organisation's own count, an
        undefined term, a goal or opinion; empty takes it from kind and testability.
    where : file and line or row, for messages.
    """

    id: str
    paper: str
    section: str
    statement: Text
    indicator: Text
    kind: ClaimKind
    comparator: Comparator
    place: Text
    testability: Testability
    value: str = ""
    low: str = ""
    high: str = ""
    unit: Text = NOTHING
    measured: Nature = "either"
    period: str = ""
    priority: Priority = "should"
    settle: Text = NOTHING
    caution: Text = NOTHING
    reported: Text = NOTHING
    test: Test | None = None
    untested: Text = NOTHING
    remains: Open = ""
    where: str = ""

    def __post_init__(self) -> None:
        if self.comparator == "range" and not (self.low and self.high):
            raise ValueError("a range needs low and high")
        if self.comparator not in ("range", "none") and not self.value:
            raise ValueError(f"comparator {self.comparator!r} needs a value; write comparator: none where the paper prints no number")
        if self.comparator == "none" and (self.value or self.low or self.high):
            raise ValueError("comparator none stands where the paper prints no number, but a value is given")

    @property
    def number(self) -> float:
        """The value as a float; only of a decimal or a fraction without 万 or 亿, as the studies need it.

        >>> from toolkit.registry import registry
        >>> registry().claims["he2025_subsidy_elasticity"].number
        0.38
        """
        return float(Fraction(self.value.replace(",", "")))


FIELDS = tuple(name for name in Claim.__struct_fields__ if name not in ("id", "where"))


def make_claim(name: str, e: Entry, where: str = "") -> Claim:
    """A claim from the fields of its entry.

    Raises
    ------
    ValueError
        A field is unknown, missing or has a wrong value; the caller adds where.
    """
    entry = {key: value.strip() if isinstance(value, str) else value for key, value in e.items()}
    for field in ("value", "low", "high"):
        if not isinstance(entry.get(field, ""), str):
            raise ValueError(f'{field} must be text: put the printed digits in quotes, {field}: "{entry[field]}"')
    for field in ("section", "period"):
        if field in entry:
            entry[field] = str(entry[field])
    claim: Claim = make(Claim, {**entry, "id": name, "where": where, "test": _test(entry.get("test"))})
    return claim


def _test(value: Any) -> Any:
    """The declared test with its kind beside it; one relation may stand without a list."""
    if value is None:
        return None
    if not isinstance(value, dict) or sum(name in value for name in ("series", "relation", "figures")) != 1:
        raise ValueError(
            "test must have a series, figures or a relation: {series: table.variable, time: 2024}, {figures: [id]} or "
            '{relation: "a / b = c"}'
        )
    if "relation" not in value:
        return {**value, "type": "series" if "series" in value else "document" if "says" in value else "figures"}
    relation = value["relation"]
    return {**value, "relation": relation if isinstance(relation, list) else [relation], "type": "relation"}


def _claims_of(path: Path) -> dict[str, Claim]:
    return entries(path, read_yaml(path), lambda name, e: make_claim(name, e, relative(path)))


def load_papers(path: Path) -> dict[str, Paper]:
    """The papers by id."""
    return entries(path, read_yaml(path), lambda name, e: make(Paper, {**e, "id": name}))


def load_claims(folder: Path, papers: Iterable[str]) -> dict[str, Claim]:
    """The claims of every file of ``folder`` but papers.yaml; ids are unique over all files and every paper is known.

    Raises
    ------
    RegistryError
    """
    found: dict[str, Claim] = {}
    known = list(papers)
    for path in sorted(folder.glob("*.yaml")):
        if path.name == "papers.yaml":
            continue
        for name, claim in _claims_of(path).items():
            where = f"{relative(path)}, entry {name}"
            if name in found:
                raise RegistryError(
                    f"{name!r} is written twice",
                    where=f"{relative(path)}, line {line_of(path, name)}, and {found[name].where}",
                    remedy="keep one of them",
                )
            if claim.paper not in known:
                raise RegistryError(f"there is no paper {claim.paper!r}", where=where, remedy=f"use one of: {', '.join(known)}, or add it")
            found[name] = claim
    return found


FILE = "official_figures.csv"
_TEXTS = ("quantity", "unit", "place", "body")
_DAY = re.compile(r"\d{4}(-\d{2}){0,2}")


class OfficialFigure(Record, frozen=True):
    """A figure as a document prints it.

    Attributes
    ----------
    id, claims : its key, and the statements it was looked up for.
    quantity, place, period : what it is about.
    comparator, value, unit : the digits as printed in the document (with 万 and 亿), how they are hedged, and their unit.
    body, document, date, address : who answers for the figure, where it was read and when that was published (a day, month or year).
    grade : A a document of the body itself; B its figure quoted with date by a state medium, an encyclopaedia or a reviewed journal;
        C no body is named or the page rewords its source: such a figure decides nothing.
    words : the passage that contains it, in the language of the page.
    read : day of reading.
    """

    id: str
    claims: tuple[str, ...]
    quantity: Text
    value: str
    unit: Text
    period: str
    place: Text
    body: Text
    document: str
    date: str
    address: str
    grade: Literal["A", "B", "C"]
    words: str
    read: str
    comparator: Comparator = "="

    def __post_init__(self) -> None:
        for name in ("value", "document", "address", "words"):
            if not getattr(self, name):
                raise ValueError(f"{name} is empty")
        for name in ("quantity", "place", "body"):
            if not all(getattr(self, name)):
                raise ValueError(f"{name} is needed in both languages")
        for name in ("date", "read"):
            if not _DAY.fullmatch(getattr(self, name)):
                raise ValueError(f"{name} must be a year, month or day such as 2025-07-18, not {getattr(self, name)!r}")
        if " " in self.address or "." not in self.address:
            raise ValueError(f"address must be that of a page, not {self.address!r}")

    @property
    def name(self) -> Text:
        """Who says it, and where and when it was read."""
        return Text(f"{self.body.en}: {self.document} ({self.date})", f"{self.body.zh}：{self.document}（{self.date}）")


def load_official(path: Path, claims: Container[str]) -> dict[str, OfficialFigure]:
    """The figures by id.

    Raises
    ------
    RegistryError
        Names the row of the first mistake: a field that is missing or wrong, an id written twice, a claim that does not exist.
    """
    found: dict[str, OfficialFigure] = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            where = f"{relative(path)}, row {number}, figure {row.get('id')}"
            try:
                figure = _figure(row)
            except (KeyError, TypeError, ValueError) as error:
                detail = f"column {error} is missing" if isinstance(error, KeyError) else str(error)
                raise RegistryError(f"malformed figure: {detail}", where=where, remedy="compare with a neighbouring row") from error
            if figure.id in found:
                raise RegistryError(f"{figure.id!r} is written twice", where=where, remedy="keep one of them")
            for claim in figure.claims:
                if claim not in claims:
                    raise RegistryError(f"there is no claim {claim!r}", where=where, remedy="correct the id of the claim")
            found[figure.id] = figure
    return found


def _figure(row: dict[str, str]) -> OfficialFigure:
    plain = {name: cell for name, cell in row.items() if not name.endswith(("_en", "_zh"))}
    texts = {name: {"en": row[f"{name}_en"], "zh": row[f"{name}_zh"]} for name in _TEXTS}
    figure: OfficialFigure = make(OfficialFigure, {**plain, **texts, "claims": row["claims"].split()})
    return figure
