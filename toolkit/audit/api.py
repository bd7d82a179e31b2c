"""Everything a computation of a claim needs, in one place.

A computation is a function of the claim and the loaded tables, registered under the ids it tests. It returns checks; the audit adds where
they were computed and draws the verdict::

    @computes("chen2025_sanxin_18")
    def three_new_share(claim, tables):
        '''Share of the three-new economy, as first published.'''
        return compare(claim, tables.national("three_new_share", 2024))

Official figures are intervals of their printed rounding and keep their source, also through arithmetic::

    growth = (tables.national("gerd", 2024) / tables.national("gerd", 2023) - 1) * 100
    return compare(claim, growth.named(Text("growth of R&D expenditure, 2024", "2024年R&D经费增速"), Text("%", "%")))

Numbers of other claims come as intervals too: ``tables.claim("chen2025_class1_48").interval``.
"""

from __future__ import annotations

from toolkit.audit.basket import Basket, resolve_vintage, share_basket
from toolkit.audit.checks import Check, arithmetic, compare, depends, joined, related, relation, resolve
from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval, hull, range_text, wholes
from toolkit.audit.printed import PrintedClaim, printed, truncated
from toolkit.audit.registered import computes
from toolkit.audit.tables import Tables
from toolkit.audit.units import convert

__all__ = [
    "Basket",
    "Check",
    "Figure",
    "Interval",
    "PrintedClaim",
    "Tables",
    "arithmetic",
    "compare",
    "computes",
    "convert",
    "depends",
    "hull",
    "joined",
    "printed",
    "range_text",
    "related",
    "relation",
    "resolve",
    "resolve_vintage",
    "share_basket",
    "truncated",
    "wholes",
]
