"""Facts typed by hand in one id space: sources, variables, raw files, tables, corrections, claims, official figures, tax rules."""

from __future__ import annotations

from functools import cache

from toolkit.registry.claims import Claim, OfficialFigure, Paper
from toolkit.registry.load import Registry, load_registry
from toolkit.registry.records import RawFile, SeriesBreak, Source, TaxRule, Variable
from toolkit.registry.table_records import (
    Agreement,
    Check,
    Correction,
    Crossing,
    Deviation,
    Exchange,
    Identity,
    Nil,
    Reading,
    Repair,
    Repeat,
    Table,
)

__all__ = [
    "Agreement",
    "Check",
    "Claim",
    "Correction",
    "Crossing",
    "Deviation",
    "Exchange",
    "Identity",
    "Nil",
    "OfficialFigure",
    "Paper",
    "RawFile",
    "Reading",
    "Registry",
    "Repair",
    "Repeat",
    "SeriesBreak",
    "Source",
    "Table",
    "TaxRule",
    "Variable",
    "registry",
]


@cache
def registry() -> Registry:
    """The registry of the project, read and checked once.

    Examples
    --------
    >>> registry().variables["fiscal_sci_exp"].unit.zh
    '亿元'
    """
    return load_registry()
