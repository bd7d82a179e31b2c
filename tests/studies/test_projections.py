"""Local projections: against least squares on shifted columns, and tests of precedence against F by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load
from toolkit.estimate import fit
from toolkit.studies.drivers_and_costs import projections
from toolkit.studies.drivers_and_costs.series import with_market

EXACT = 1e-8
COLUMNS = {"rd": "rd_per_capita", "fiscal": "fiscal_sci_exp", "patents": "patent_in_force_invention", "market": "gdp_neighbours"}


@cache
def results() -> projections.Projections:
    return projections.run(load("provincial_panel"))


@cache
def logs() -> pd.DataFrame:
    frame = with_market(load("provincial_panel")).frame.sort_values(["province", "year"])
    return frame[["province", "year"]].assign(**{key: np.log(frame[name].astype(float)) for key, name in COLUMNS.items()})


def _shift(key: str, years: int) -> pd.Series:
    return logs().groupby("province")[key].shift(years)


def _slopes(rows: pd.DataFrame, *effects: str) -> np.ndarray:
    """Least squares of y on the other columns with dummies."""
    rows = rows.join(logs()[["province", "year"]]).dropna()
    dummies = pd.get_dummies(rows[list(effects)].astype(str), drop_first=True).to_numpy(float)
    x = rows.drop(columns=["y", "province", "year"]).to_numpy(float)
    return np.asarray(np.linalg.lstsq(np.column_stack([x, np.ones(len(rows)), dummies]), rows["y"].to_numpy(), rcond=None)[0])


@pytest.mark.parametrize("horizon", [0, 1, 4])
@pytest.mark.parametrize(("effects", "columns"), [("two_way", ("province", "year")), ("year", ("year",))])
def test_response_is_least_squares_on_shifted_columns(horizon: int, effects: str, columns: tuple[str, ...]) -> None:
    """Leads of the outcome on changes of the year: the other way round from the lags of the formula."""
    rows = pd.DataFrame({"y": _shift("rd", -horizon) - _shift("rd", 1)})
    for key in ("fiscal", "patents", "market"):
        rows[key] = _shift(key, 0) - _shift(key, 1)
    for key in COLUMNS:
        rows[f"before_{key}"] = _shift(key, 1) - _shift(key, 2)
    # the year effects are those of t + h, and t + h and t differ by a constant
    found = results().response("fiscal_research", horizon, effects)
    assert found["estimate"] == pytest.approx(_slopes(rows, *columns)[0], abs=EXACT)
    assert found["rows"] == 31 * (12 - horizon)


def test_the_sum_is_the_sum_of_the_lags_and_f_is_by_hand() -> None:
    sample = with_market(load("provincial_panel"))
    lags = [f"L(D(log(rd_per_capita)), {k})" for k in (1, 2)]
    own = [f"L(D(log(patent_in_force_invention)), {k})" for k in (1, 2)]
    estimate = fit(f"D(log(patent_in_force_invention)) ~ {' + '.join([*lags, *own])} | province + year", sample)
    test = results().test("research_patents")
    b, v = estimate.beta[:2], estimate.vcov[:2, :2]
    assert test["sum"] == pytest.approx(b.sum(), abs=EXACT)
    assert test["f"] == pytest.approx(b @ np.linalg.solve(v, b) / 2)
    assert test["low"] < test["sum"] < test["high"]


def test_exhibits_and_finding() -> None:
    drawn = projections.responses(results()).draw("en").data
    assert len(drawn) == 6 * 2 * 5
    assert ((drawn["low"] < drawn["estimate"]) & (drawn["estimate"] < drawn["high"])).all()
    said = projections.finding(results())
    assert "0.15 [0.04, 0.23]" in said.text.en
    assert said.values["corrected"] == pytest.approx(6 * results().tests["joint_p"].min())
