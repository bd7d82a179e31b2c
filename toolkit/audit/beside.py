"""A figure beside a printed number: in its unit, and whether it is narrow enough to test it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from toolkit.audit.figures import Figure
from toolkit.audit.interval import NO_UNIT, Interval, exact
from toolkit.audit.stated import Stated
from toolkit.audit.units import same_nature
from toolkit.language import Text
from toolkit.units import factor

WIDER = 10
"""A figure that leaves more than this many times as much open as the printed number hardly tests it."""


def is_wide(claimed: Interval, figure: Figure) -> bool:
    """Whether the figure is so wide against what is printed that almost any number would pass; a bound must hold for all it admits."""
    if claimed.low is None or claimed.high is None:
        return not figure.interval.inside(claimed)
    admitted = figure.located or figure.interval
    if admitted.low is None or admitted.high is None or not admitted.overlaps(claimed):
        return True
    return admitted.high - admitted.low > WIDER * (claimed.high - claimed.low)


def width_of(figure: Interval) -> Interval:
    """How much an interval leaves open; without an end beyond all bounds."""
    return Interval(Fraction(0), None) if figure.low is None or figure.high is None else Interval.point(figure.high - figure.low)


def in_unit_of(claim: Stated, figure: Figure, scale: float | None = None) -> Figure:
    """The figure in the unit of the claim, and shown in it: as printed where only the name of the unit differs, 1/n beside 1/m."""
    same_nature(claim.claim.measured, figure.nature, claim.id)
    same = scale is None and figure.unit.en == claim.unit.en
    by = Fraction(1) if same else factor(figure.unit.en, claim.unit.en) if scale is None else exact(scale)
    located = None if figure.located is None else figure.located * by
    shown = _renamed(figure.shown, figure.unit, claim.unit) if by == 1 else NO_UNIT
    there = replace(figure, interval=figure.interval * by, located=located, shown=shown, unit=claim.unit)
    return there if shown.en else replace(there, shown=_as_fraction(claim, there.interval))


def _renamed(shown: Text, old: Text, new: Text) -> Text:
    """A printed figure with the name of its unit exchanged."""
    en = f"{shown.en.removesuffix(old.en)}{new.en}" if old.en and shown.en.endswith(old.en) else shown.en
    return Text(en, f"{shown.zh.removesuffix(old.zh)}{new.zh}" if old.zh and shown.zh.endswith(old.zh) else shown.zh)


def _as_fraction(claim: Stated, interval: Interval) -> Text:
    """The ends as 1/n where the paper prints such a fraction; empty otherwise."""
    if not claim.claim.value.startswith("1/") or interval.low is None or interval.high is None or interval.low <= 0:
        return NO_UNIT
    many, few = (f"1/{float(1 / end):.4g}" for end in (interval.low, interval.high))
    return Text(many, many) if many == few else Text(f"{many} to {few}", f"{many}至{few}")
