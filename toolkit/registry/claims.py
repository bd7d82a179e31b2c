"""Statements of papers as records: the folder claims/ of the registry, and any list of the user's in the same form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, get_args

from toolkit.errors import RegistryError
from toolkit.language import Text
from toolkit.paths import relative
from toolkit.registry.read import Entry, choice, entries, line_of, only, read_yaml, two

ClaimKind = Literal["statistic", "count", "ranking", "comparison", "regression", "target", "anecdotal"]
Comparator = Literal["=", "~", ">", ">=", "<", "<=", "range", "none"]
Testability = Literal["A", "B", "C", "D"]
Nature = Literal["stock", "flow", "either"]
Priority = Literal["must", "should", "could"]

NUMBER = "comparator value low high unit measured"
EVIDENCE = "testability priority settle caution reported test untested"
FIELDS = f"paper section statement indicator kind {NUMBER} period place {EVIDENCE}"


@dataclass(frozen=True)
class Paper:
    """A paper whose statements are audited; ``short`` is how tables name it."""

    id: str
    short: Text
    title: Text
    authors: Text
    year: int
    outlet: Text


@dataclass(frozen=True)
class SeriesTest:
    """One official cell that settles a claim.

    Attributes
    ----------
    series : ``table.variable``.
    time, entity : the cell; ``entity`` is empty for national series.
    scale : the official value times this has the unit of the claim; None when the units themselves say how to convert.
    vintages : other series of the same quantity.
    """

    series: str
    time: int
    entity: str = ""
    scale: float | None = None
    vintages: tuple[str, ...] = ()


@dataclass(frozen=True)
class RelationTest:
    """Equations and inequalities between claims that must be able to hold together."""

    relations: tuple[str, ...]


@dataclass(frozen=True)
class Claim:
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
    where : file and line or row, for messages.
    """

    id: str
    paper: str
    section: str
    statement: Text
    indicator: Text
    kind: ClaimKind
    comparator: Comparator
    value: str
    low: str
    high: str
    unit: Text
    measured: Nature
    period: str
    place: Text
    testability: Testability
    priority: Priority
    settle: Text
    caution: Text
    reported: Text
    test: SeriesTest | RelationTest | None
    untested: Text
    where: str = ""

    @property
    def number(self) -> float:
        """The value as a float; only of a decimal or a fraction without 万 or 亿, as the studies need it.

        >>> from toolkit.registry import registry
        >>> registry().claims["he2025_subsidy_elasticity"].number
        0.38
        """
        return float(Fraction(self.value.replace(",", "")))


def _text(entry: Entry, field: str) -> str:
    value = entry.get(field, "")
    if not isinstance(value, str):
        raise ValueError(f'{field} must be text: put the printed digits in quotes, {field}: "{value}"')
    return value.strip()


def _test(value: Any) -> SeriesTest | RelationTest | None:
    if value is None:
        return None
    if not isinstance(value, dict) or ("series" in value) == ("relation" in value):
        raise ValueError('test must have either a series or a relation, {series: table.variable, time: 2024} or {relation: "a / b = c"}')
    if "relation" in value:
        only(value, "relation")
        relations = value["relation"] if isinstance(value["relation"], list) else [value["relation"]]
        return RelationTest(tuple(str(r) for r in relations))
    only(value, "series time entity scale vintages")
    scale = float(value["scale"]) if "scale" in value else None
    return SeriesTest(
        str(value["series"]), int(value["time"]), str(value.get("entity", "")), scale, tuple(str(v) for v in value.get("vintages", []))
    )


def make_claim(name: str, e: Entry, where: str = "") -> Claim:
    """A claim from the fields of its entry.

    Raises
    ------
    ValueError, KeyError
        A field is unknown, missing or has a wrong value; the caller adds where.
    """
    only(e, FIELDS)
    comparator = choice(e["comparator"], *get_args(Comparator))
    value, low, high = _text(e, "value"), _text(e, "low"), _text(e, "high")
    if comparator == "range" and not (low and high):
        raise ValueError("a range needs low and high")
    if comparator not in ("range", "none") and not value:
        raise ValueError(f"comparator {comparator!r} needs a value; write comparator: none where the paper prints no number")
    if comparator == "none" and (value or low or high):
        raise ValueError("comparator none stands where the paper prints no number, but a value is given")
    return Claim(
        id=name,
        paper=e["paper"],
        section=str(e["section"]),
        statement=two(e["statement"]),
        indicator=two(e["indicator"]),
        kind=choice(e["kind"], *get_args(ClaimKind)),
        comparator=comparator,
        value=value,
        low=low,
        high=high,
        unit=two(e.get("unit")),
        measured=choice(e.get("measured", "either"), *get_args(Nature)),
        period=str(e.get("period", "")),
        place=two(e["place"]),
        testability=choice(e["testability"], *get_args(Testability)),
        priority=choice(e.get("priority", "should"), *get_args(Priority)),
        settle=two(e.get("settle")),
        caution=two(e.get("caution")),
        reported=two(e.get("reported")),
        test=_test(e.get("test")),
        untested=two(e.get("untested")),
        where=where,
    )


def _paper(name: str, e: Entry) -> Paper:
    only(e, "short title authors year outlet")
    return Paper(name, two(e["short"]), two(e["title"]), two(e["authors"]), int(e["year"]), two(e["outlet"]))


def claims_of(path: Path) -> dict[str, Claim]:
    """The claims of one YAML file.

    Raises
    ------
    RegistryError
        Names file, line and entry of the first mistake.
    """
    return entries(path, read_yaml(path), lambda name, e: make_claim(name, e, relative(path)))


def load_papers(path: Path) -> dict[str, Paper]:
    """The papers by id."""
    return entries(path, read_yaml(path), _paper)


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
        for name, claim in claims_of(path).items():
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
