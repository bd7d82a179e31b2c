"""Statements without a number ("most", "rises", "the lowest"): what official figures show, under one reading or several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from toolkit.audit.checks import Check, Result, related
from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval, range_text
from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text

ALL = Text("Read as {criterion}, it holds for all {n} readings ({yes}).", "按“{criterion}”理解，{n}种口径均成立（{yes}）。")
SOME = Text(
    "Read as {criterion}, it holds for {n_yes} of {n} readings ({yes}) and fails for {n_no} ({no}).",
    "按“{criterion}”理解，{n}种口径中{n_yes}种成立（{yes}），{n_no}种不成立（{no}）。",
)
NONE = Text("Read as {criterion}, it fails for all {n} readings ({no}).", "按“{criterion}”理解，{n}种口径均不成立（{no}）。")


class DirectionFigure(NamedTuple):
    """A figure and whether the statement holds for it; a figure whose digits leave it open belongs in a note."""

    figure: Figure
    holds: bool


def shows(claim: PrintedClaim, holds: bool, figure: Figure, what: Text, sentence: Text) -> Check:
    """A statement about a sign or an order, decided by one figure.

    Parameters
    ----------
    claim : a claim that states no number.
    holds : whether the figure is as the statement says, for every number that its digits admit.
    figure : what was computed; one that another text quotes decides nothing.
    what, sentence : its name, and the outcome in words.
    """
    check = related(claim, figure, what, sentence)
    return replace(check, result="agrees" if holds else "contradicts", ours=True) if figure.official else check


def readings(claim: PrintedClaim, found: Mapping[Text, DirectionFigure], criterion: Text, what: Text) -> Check:
    """A statement about a sign or an order under several readings: all hold, none holds, or it depends.

    Parameters
    ----------
    claim : a claim that states no number.
    found : the name of each reading, its figure and whether the statement holds for it.
    criterion : how the word of the statement is read, for example "more than half".
    what : what was computed.
    """
    yes = {name: shown.figure for name, shown in found.items() if shown.holds}
    no = {name: shown.figure for name, shown in found.items() if not shown.holds}
    result: Result = "agrees" if not no else "depends" if yes else "contradicts"
    text = {"agrees": ALL, "depends": SOME, "contradicts": NONE}[result]
    sentence = text.filled(criterion=criterion, n=len(found), n_yes=len(yes), n_no=len(no), yes=_listed(yes), no=_listed(no))
    check = related(claim, Text(f"{len(yes)} of {len(found)} readings", f"{len(found)}种口径中{len(yes)}种"), what, sentence)
    figures = [shown.figure for shown in found.values()]
    official = all(figure.official for figure in figures)
    return replace(
        check,
        result=result if official else "related",
        ours=True,
        evidence="official" if official else "secondary",
        sources=tuple(dict.fromkeys(source for figure in figures for source in figure.sources)),
        cells=tuple(dict.fromkeys(cell for figure in figures for cell in figure.cells)),
        weak=tuple(dict.fromkeys(weak for figure in figures for weak in figure.weak)),
    )


def share(inside: Figure, outside: Figure, label: Text) -> Figure:
    r"""The part of a whole, :math:`100\,/\,(1 + outside / inside)`: written so that each figure occurs once and the interval is exact.

    Examples
    --------
    >>> from toolkit.audit.tables import Tables
    >>> tables = Tables()
    >>> basic = tables.national("rd_basic", 2024)
    >>> rest = tables.national("rd_applied", 2024) + tables.national("rd_experimental", 2024)
    >>> print(share(basic, rest, Text("basic research", "基础研究")).interval)
    (6.8843, 6.8846)
    """
    whole = inside + outside
    percent = 100 / (1 + outside.interval / inside.interval)
    return replace(derived(whole, label, Text("%", "%")), interval=percent)


def derived(figure: Figure, label: Text, unit: Text) -> Figure:
    """A computed figure under its own name; it is shown as a range of its digits, not as a printed cell."""
    return replace(figure.named(label, unit), time=0)


def above(figure: Figure, bound: float) -> bool:
    """Whether every number that the figure admits lies above ``bound``."""
    return Interval.point(bound).below(figure.interval)


def _listed(figures: Mapping[Text, Figure]) -> Text:
    values = {name: range_text(figure.interval, digits=3, unit=figure.unit) for name, figure in figures.items()}
    en = "; ".join(f"{name.en}: {value.en}" for name, value in values.items())
    zh = "；".join(f"{name.zh}：{value.zh}" for name, value in values.items())
    return Text(en, zh)
