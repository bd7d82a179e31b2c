"""Which year or release makes a statement true, and how far off the nearest one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval


@dataclass(frozen=True)
class Resolution:
    """Candidate figures against a printed number.

    Attributes
    ----------
    holds : figures that the printed number admits, in the order given.
    nearest : the figure with the smallest distance, the first one of those that hold.
    distance : how far the printed number lies above the nearest figure (negative: below); 0 when it holds.
    """

    holds: tuple[Figure, ...]
    nearest: Figure
    distance: Fraction


def resolve_vintage(target: Interval, candidates: Sequence[Figure]) -> Resolution:
    """The candidates that ``target`` admits, else the nearest.

    Parameters
    ----------
    target : the printed number, in the unit of the candidates.
    candidates : at least one figure; the preferred ones first.

    Examples
    --------
    >>> from toolkit.audit.figures import Tables
    >>> from toolkit.audit.printed import printed
    >>> found = resolve_vintage(printed("2.58"), [Tables().national(name, 2023) for name in ("gerd_gdp", "gerd_gdp_revised")])
    >>> [figure.cells[0] for figure in found.holds]
    ['national_series.gerd_gdp_revised 2023']
    """
    holds = tuple(figure for figure in candidates if target.overlaps(figure.interval))
    nearest = holds[0] if holds else min(candidates, key=lambda figure: abs(figure.interval.gap(target)))
    return Resolution(holds, nearest, nearest.interval.gap(target))
