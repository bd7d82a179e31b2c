"""Do three centres hold about two thirds of the resources? The verdict of the chapter on regions, quoted among the claims."""

from __future__ import annotations

from toolkit.audit import Tables
from toolkit.present.record import Statement
from toolkit.studies.regions import centres


def two_thirds_finding(tables: Tables) -> Statement:
    """The same rule, shares and sentence as in the chapter on regions."""
    return centres.verdict(centres.two_thirds(tables.panel("provincial_panel")), "claims_two_thirds")
