"""Claims of papers against official figures and against themselves: intervals of printed numbers, units, vintages, verdicts.

``audit()`` judges every claim of the registry, ``audit(read_claims("mine.yaml"))`` a list of one's own. What a computation of a single
claim needs is in :mod:`toolkit.audit.api`.
"""

from __future__ import annotations

from toolkit.audit.basket import Basket, Resolution, resolve_vintage, share_basket
from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval, wholes
from toolkit.audit.own import read_claims
from toolkit.audit.run import Audit, audit
from toolkit.audit.tables import Tables
from toolkit.audit.units import convert
from toolkit.audit.verdicts import Verdict

__all__ = [
    "Audit",
    "Basket",
    "Figure",
    "Interval",
    "Resolution",
    "Tables",
    "Verdict",
    "audit",
    "convert",
    "read_claims",
    "resolve_vintage",
    "share_basket",
    "wholes",
]
