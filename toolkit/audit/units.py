"""Units of claims: conversion of intervals, and what is a stock or a flow."""

from __future__ import annotations

from toolkit.audit.interval import Interval
from toolkit.errors import UnitMismatch
from toolkit.registry.claims import Nature
from toolkit.units import factor

# Series whose stock and yearly addition go by nearly the same name.
NATURES: dict[str, Nature] = {
    "wind_installed_cumulative": "stock",
    "solar_installed_cumulative": "stock",
    "wind_solar_new_installed": "flow",
    "hightech_enterprises_certified": "stock",
    "small_giant_firms_cumulative": "stock",
    "class1_new_drugs": "flow",
}


def convert(values: Interval, source: str, target: str) -> Interval:
    """The same quantity in another unit.

    >>> print(convert(Interval.point("2.78"), "100 million kW", "GW"))
    [278, 278]
    """
    return values * factor(source, target)


def same_nature(first: Nature, second: Nature, what: str) -> None:
    """Refuse to compare what is held at a date with what is added in a year.

    Raises
    ------
    UnitMismatch
    """
    if "either" not in (first, second) and first != second:
        raise UnitMismatch(f"{what}: a {first} is set against a {second}", remedy="take the change of the stock, or the sum of the flow")
