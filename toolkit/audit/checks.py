"""One comparison of a claim with a figure or with other claims, and the sentence that says how it came out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from toolkit.audit.basket import resolve_vintage
from toolkit.audit.figures import Figure, Grade, grade_of, in_unit_of, is_wide, width_of
from toolkit.audit.interval import NO_UNIT, Interval, exact, hull, range_text, shown
from toolkit.audit.printed import PrintedClaim
from toolkit.audit.relations import evaluate, implied
from toolkit.audit.tables import Tables
from toolkit.language import Text
from toolkit.registry import registry
from toolkit.registry.claims import DocumentTest

Result = Literal["agrees", "weak", "vintage", "contradicts", "incoherent", "depends", "related"]
Evidence = Literal["official", "papers", "secondary", "none"]
Value = Figure | Interval | float | int | Sequence[int] | Text

INSIDE = Text(
    "Printed: {printed}. {label}: {value} ({sources}), which the printed number admits.",
    "论文：{printed}。{label}：{value}（{sources}），与论文数字相符。",
)
WIDE = Text(
    "Printed: {printed}. {label}: {value} ({sources}). The two are compatible, but the figure leaves {width} open, and the printed number "
    "far less: almost any number near it would have passed.",
    "论文：{printed}。{label}：{value}（{sources}）。两者相容，但官方数字留出的范围宽达{width}，远大于论文数字：相近的数几乎都会相符。",
)
OUTSIDE = Text(
    "Printed: {printed}. {label}: {value} ({sources}); the printed number lies {side} it by at least {gap}.",
    "论文：{printed}。{label}：{value}（{sources}）；论文数字比其{side}至少{gap}。",
)
VINTAGE = Text(
    "Printed: {printed}. {stated}: {value} ({sources}), which does not fit; it fits {other}: {other_value} ({other_sources}).",
    "论文：{printed}。{stated}：{value}（{sources}），不相符；但与{other}相符：{other_value}（{other_sources}）。",
)
SECOND_HAND = Text(
    "As quoted by another publication ({sources}), {label} is {value}; printed: {printed}. A quoted figure does not decide.",
    "据其他出版物转引（{sources}），{label}为{value}；论文：{printed}。转引数字不作判定依据。",
)
DOCUMENT = Text("{why} The words: {words} ({sources}).", "{why}原文：{words}（{sources}）。")
HOLDS = Text(
    "{relation}: the left side is {left}, the right side {right}; both can hold.", "{relation}：左端为{left}，右端为{right}，可以同时成立。"
)
FAILS = Text(
    "{relation}: the left side is {left}, the right side {right}; no rounding lets both hold.",
    "{relation}：左端为{left}，右端为{right}，任何舍入都不能使其同时成立。",
)
DEPENDS = Text(
    "Printed: {printed}. It holds for {yes} of {n} definitions ({which}) and fails for {no} ({fails}).",
    "论文：{printed}。{n}种定义中，{yes}种成立（{which}），{no}种不成立（{fails}）。",
)
ALL_HOLD = Text("Printed: {printed}. It holds for all {n} definitions ({which}).", "论文：{printed}。{n}种定义均成立（{which}）。")
NONE_HOLDS = Text("Printed: {printed}. It fails for all {n} definitions ({fails}).", "论文：{printed}。{n}种定义均不成立（{fails}）。")
POINTS = Text(" points", "个百分点")
ABOVE, BELOW = Text("above", "高"), Text("below", "低")


@dataclass(frozen=True)
class Check:
    """One comparison.

    Attributes
    ----------
    what : what was computed.
    result : how it came out; ``related`` informs about the claim and does not decide it.
    value : the computed value for a reader.
    sentence : the outcome in words, filled by code.
    evidence : what it rests on: official figures, the papers alone, a quotation, or nothing.
    sources, cells : publications and cells of the built tables behind it.
    claims : other claims that take part.
    weak : why a series behind it needs care.
    code : module and function that computed it, set by the audit.
    ours : whether a word of the statement is read, or its quantity measured, in a way that we chose.
    """

    what: Text
    result: Result
    value: Text
    sentence: Text
    evidence: Evidence
    sources: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    weak: tuple[Text, ...] = ()
    code: str = ""
    ours: bool = False

    @property
    def grade(self) -> Grade:
        """What it rests on; a reading or a proxy of ours is never better than B."""
        if self.evidence == "papers":
            return "P"
        if self.evidence == "none":
            return "D"
        if self.evidence == "secondary":
            return "C"
        grade = grade_of(self.sources) if self.sources else "A"
        return "B" if self.ours and grade == "A" else grade


def compare(
    claim: PrintedClaim,
    figure: Figure,
    what: Text | None = None,
    *,
    scale: float | None = None,
    note: Text | None = None,
) -> Check:
    """The printed number against one figure: agrees when their intervals meet, contradicts when they do not.

    Parameters
    ----------
    claim, figure : what is compared; units that are known convert, others must be the same or have a ``scale``.
    what : what was computed (default: the label of the figure).
    scale : the figure times this has the unit of the claim.
    note : one more sentence behind the usual one.

    Raises
    ------
    UnitMismatch
        The units do not convert, or a stock is set against a flow.
    """
    figure = in_unit_of(claim, figure, scale)
    if not claim.interval.overlaps(figure.interval):
        check = _about(figure, what, "contradicts", OUTSIDE.filled(**_words(claim, figure)))
    elif is_wide(claim.interval, figure):
        width = range_text(width_of(figure.located or figure.interval), unit=NO_UNIT if figure.unit.en == "share" else figure.unit)
        check = _about(figure, what, "weak", WIDE.filled(**_words(claim, figure), width=width))
    else:
        check = _about(figure, what, "agrees", INSIDE.filled(**_words(claim, figure)))
    return _with_note(_second_hand(check, claim, figure), note)


def resolve(
    claim: PrintedClaim,
    stated: Figure,
    others: Sequence[Figure] = (),
    what: Text | None = None,
    *,
    scale: float | None = None,
) -> Check:
    """The printed number against the figure of its own year and release, then against those of other years and releases.

    Parameters
    ----------
    claim, what, scale : as in :func:`compare`.
    stated : the figure that the statement is about.
    others : figures of other years or releases, the preferred ones first; a quoted figure is left out.
    """
    stated = in_unit_of(claim, stated, scale)
    if claim.interval.overlaps(stated.interval) or not stated.official:
        return compare(claim, stated, what)
    candidates = [stated, *(in_unit_of(claim, figure, scale) for figure in others if figure.official)]
    found = resolve_vintage(claim.interval, candidates)
    if not found.holds:
        nearest = found.nearest
        check = compare(claim, stated, what)
        return check if nearest is stated else _with_note(check, _nearest(nearest))
    other = found.holds[0]
    words = {**_words(claim, stated), "stated": stated.label, "other": other.label, "other_value": other.text}
    sentence = VINTAGE.filled(**words, other_sources=_listed(other.sources))
    check = _about(other, what, "vintage", sentence)
    return replace(check, cells=(*stated.cells, *other.cells))


def depends(claim: PrintedClaim, readings: Mapping[Text, Figure], what: Text | None = None, *, note: Text | None = None) -> Check:
    """The printed number under several definitions: all hold, none holds, or it depends.

    Parameters
    ----------
    claim : the claim.
    readings : a name for each definition, and what the claim should equal under it.
    what, note : as in :func:`compare`.
    """
    figures = {name: in_unit_of(claim, figure) for name, figure in readings.items()}
    yes = {name: f for name, f in figures.items() if claim.interval.overlaps(f.interval)}
    no = {name: f for name, f in figures.items() if name not in yes}
    result: Result = "agrees" if not no else "depends" if yes else "contradicts"
    text = {"agrees": ALL_HOLD, "depends": DEPENDS, "contradicts": NONE_HOLDS}[result]
    sentence = text.filled(printed=claim.printed, n=len(figures), yes=len(yes), no=len(no), which=_valued(yes), fails=_valued(no))
    first, *rest = figures.values()
    whole = sum(rest, start=first)  # only its sources and cells are used
    check = _about(whole, what or Text("several definitions", "多种定义"), result, sentence)
    value = _all_of(claim, list(figures.values()))
    official = all(f.official for f in figures.values())
    decides = check.result if official else "related"
    return _with_note(replace(check, value=value, result=decides, ours=True), note)


def _all_of(claim: PrintedClaim, figures: Sequence[Figure]) -> Text:
    """A few figures one by one, many as the range they span."""
    texts = list(dict.fromkeys(figure.text for figure in figures))
    if len(texts) <= FEW:
        return Text("; ".join(text.en for text in texts), "；".join(text.zh for text in texts))
    return range_text(hull(figure.interval for figure in figures), unit=NO_UNIT if claim.unit.en == "share" else claim.unit)


def document(claim: PrintedClaim, passages: Sequence[Figure], test: DocumentTest) -> Check:
    """What passages of public documents say of a statement, as the registry records the reading; one of grade C decides nothing."""
    whole = sum(passages[1:], start=passages[0])
    known = registry().official
    said = Text(
        "; ".join(f"“{known[name].words}”" for name in whole.sources), "；".join(f"“{known[name].words}”" for name in whole.sources)
    )
    sentence = DOCUMENT.filled(why=test.why, words=said, sources=_listed(whole.sources))
    check = _about(whole, passages[0].label, test.says, sentence)
    value = in_unit_of(claim, passages[0]).text if passages[0].unit.en == claim.unit.en else AS_READ
    return replace(check, value=value, result=test.says if whole.official else "related")


def relation(claim: PrintedClaim, text: str, tables: Tables) -> Check:
    """An equation between claims: agrees when the printed numbers let it hold, incoherent when they do not."""
    held = evaluate(text, tables.claim)
    left = range_text(held.left.interval)
    sentence = (HOLDS if held.holds else FAILS).filled(relation=held.shown, left=left, right=range_text(held.right.interval))
    others = tuple(name for name in held.claims if name != claim.id)
    needed = implied(text, claim.id, tables.claim)
    if needed is None and claim.id in (held.left.text, held.right.text):
        needed = (held.right if held.left.text == claim.id else held.left).interval
    value = left if needed is None else range_text(needed, unit=NO_UNIT if claim.unit.en == "share" else claim.unit)
    return Check(
        what=held.shown, result="agrees" if held.holds else "incoherent", value=value, sentence=sentence, evidence="papers", claims=others
    )


def arithmetic(claim: PrintedClaim, holds: bool, what: Text, value: Value, sentence: Text, claims: Sequence[str] = ()) -> Check:
    """Arithmetic on the numbers of the papers alone: agrees or incoherent.

    Parameters
    ----------
    claim : the claim (named so that the call reads like the others).
    holds : whether the numbers agree.
    what, value, sentence : what was computed, what came out, and the outcome in words.
    claims : ids of other claims that take part.
    """
    others = tuple(name for name in claims if name != claim.id)
    return Check(
        what=what, result="agrees" if holds else "incoherent", value=_value_text(value), sentence=sentence, evidence="papers", claims=others
    )


def related(
    claim: PrintedClaim, value: Value, what: Text, sentence: Text, sources: Sequence[str] = (), claims: Sequence[str] = ()
) -> Check:
    """A figure that informs about the claim and does not decide it."""
    if isinstance(value, Figure):
        return replace(_about(value, what, "related", sentence), claims=tuple(name for name in claims if name != claim.id))
    evidence: Evidence = "official" if sources else "papers"
    return Check(
        what=what,
        result="related",
        value=_value_text(value),
        sentence=sentence,
        evidence=evidence,
        sources=tuple(sources),
        claims=tuple(c for c in claims if c != claim.id),
    )


AS_READ = Text("as the words read", "见原文")
FEW = 3  # figures that are listed one by one


def _value_text(value: Value) -> Text:
    """A computed value for a reader."""
    if isinstance(value, Text):
        return value
    if isinstance(value, Figure):
        return value.text
    if isinstance(value, Interval):
        return range_text(value)
    if isinstance(value, int | float):
        return Text(shown(exact(value)), shown(exact(value)))
    listed = [f"{n:,}" for n in value]
    return Text(", ".join(listed) or "none", "、".join(listed) or "无")


def joined(*texts: Text) -> Text:
    """Several sentences as one text."""
    return Text(" ".join(t.en for t in texts), "".join(t.zh for t in texts))


def _about(figure: Figure, what: Text | None, result: Result, sentence: Text) -> Check:
    evidence: Evidence = "official" if figure.official else "secondary"
    return Check(
        what=what or figure.label,
        result=result,
        value=figure.text,
        sentence=sentence,
        evidence=evidence,
        sources=figure.sources,
        cells=figure.cells,
        weak=figure.weak,
    )


def _second_hand(check: Check, claim: PrintedClaim, figure: Figure) -> Check:
    """A figure that another text quotes informs about the claim and decides nothing."""
    if figure.official:
        return check
    return replace(check, result="related", sentence=SECOND_HAND.filled(**_words(claim, figure)))


def _with_note(check: Check, note: Text | None) -> Check:
    return replace(check, sentence=joined(check.sentence, note)) if note else check


def _words(claim: PrintedClaim, figure: Figure) -> dict[str, object]:
    gap = figure.interval.gap(claim.interval)
    unit = {"share": Text("", ""), "%": POINTS}.get(figure.unit.en, Text(f" {figure.unit.en}", figure.unit.zh))
    distance = shown(_cut(abs(gap), 3), digits=3)
    return {
        "printed": claim.printed,
        "label": figure.label,
        "value": figure.text,
        "sources": _listed(figure.sources),
        "side": ABOVE if gap > 0 else BELOW,
        "gap": Text(distance + unit.en, distance + unit.zh),
    }


def _cut(distance: Fraction, digits: int) -> Fraction:
    """A distance with its digits cut off where :func:`shown` ends: "at least" must not round up."""
    if distance.denominator == 1:
        return distance
    step = Fraction(1, 10 ** max(0, digits - 1 - math.floor(math.log10(distance))))
    return distance // step * step


def _nearest(figure: Figure) -> Text:
    return Text("Nearest is {label}: {value} ({sources}).", "最接近的是{label}：{value}（{sources}）。").filled(
        label=figure.label, value=figure.text, sources=_listed(figure.sources)
    )


def _listed(sources: Sequence[str]) -> Text:
    """Who says so: ids of shipped sources, body and date of figures that were read."""
    known = registry().official
    en = [f"{known[name].body.en}, {known[name].date}" if name in known else name for name in sources]
    zh = [f"{known[name].body.zh}，{known[name].date}" if name in known else name for name in sources]
    return Text("; ".join(dict.fromkeys(en)), "；".join(dict.fromkeys(zh)))


def _valued(figures: Mapping[Text, Figure]) -> Text:
    en = "; ".join(f"{name.en}: {f.text.en}" for name, f in figures.items())
    zh = "；".join(f"{name.zh}：{f.text.zh}" for name, f in figures.items())
    return Text(en, zh)
