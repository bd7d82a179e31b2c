"""Estimates on quarters, months and years are those on numbered periods; Driscoll-Kraay and Conley lags end where the periods end."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from toolkit.errors import EmptySample, NoSuccessivePeriods, TooFewPeriods
from toolkit.estimate import Estimate, ThresholdSettings, conley, fit, fit_differences, fit_dynamic, fit_pooled, fit_threshold
from toolkit.estimate.dynamic.declarations import DynamicSettings
from toolkit.estimate.instruments.builders import leave_one_out_growth, shift_share
from toolkit.estimate.linear.refit import refit
from toolkit.numerics import Floats
from toolkit.panel import Panel

EXACT = 1e-10  # the same sums in another order


@pytest.fixture(scope="module")
def numbered() -> pd.DataFrame:
    """40 firms, 14 numbered periods with gaps of their own and one that nobody has, autocorrelated."""
    rng = np.random.default_rng(11)
    firms, periods = 40, 14
    y = np.zeros((firms, periods))
    x, u = rng.normal(size=(firms, periods)), rng.normal(size=firms)
    for t in range(periods):
        y[:, t] = 0.5 * y[:, t - 1] * (t > 0) + x[:, t] + u + rng.normal(size=firms)
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(firms)], periods), "t": np.tile(np.arange(periods), firms)})
    frame["x"], frame["y"], frame["w"] = x.ravel(), y.ravel(), rng.random(firms * periods) + 0.5
    frame["lon"], frame["lat"] = np.repeat(rng.uniform(100, 120, firms), periods), np.repeat(rng.uniform(25, 40, firms), periods)
    return frame[(rng.random(len(frame)) < 0.93) & (frame["t"] != 9)].sample(frac=1, random_state=1)


SPELLINGS: dict[str, Callable[[NDArray[np.int64]], object]] = {
    "quarters": lambda t: pd.period_range("2009Q3", periods=14, freq="Q")[t],
    "months as text": lambda t: pd.period_range("2009-08", periods=14, freq="M").strftime("%Y年%m月")[t],
    "YYYYMM": lambda t: pd.period_range("2009-08", periods=14, freq="M").strftime("%Y%m").astype(int)[t],
    "ends of years": lambda t: pd.to_datetime([f"{2000 + s}-12-31" for s in t]),
    "ends of quarters": lambda t: pd.date_range("2009-09-30", periods=14, freq="QE")[t],
}

ESTIMATES: dict[str, Callable[[Panel], Estimate]] = {
    "lags": lambda p: fit("y ~ L(y, 1) + L(x, 2) + F(x, 1) | firm + t", p, cluster="firm + t"),
    "differences in the formula": lambda p: fit("D(y) ~ D(x) + D(x, 2) | t", p, weights="w"),
    "first differences": lambda p: fit_differences("y ~ x | t", p, weights="w"),
    "Driscoll-Kraay": lambda p: fit("y ~ x | firm", p, covariance="driscoll_kraay", bandwidth=3),
    "Driscoll-Kraay by itself": lambda p: fit("y ~ L(x, 1) + x | firm + t", p, covariance="driscoll_kraay"),
    "Conley": lambda p: conley(fit("y ~ x | firm", p), p, longitude="lon", latitude="lat", cutoff_km=400, lags=3),
    "difference GMM": lambda p: fit_dynamic("y ~ L(y, 1) + x | t", p, gmm={"y": (2, 4)}, iv=("x",)),
    "system GMM": lambda p: fit_dynamic(
        "y ~ L(y, 1) + x", p, gmm={"y": (2, None)}, iv=("x",), settings=DynamicSettings("system", collapse=True)
    ),
    "a trend": lambda p: fit("y ~ x + t | firm", p),
    "periods written out": lambda p: fit("y ~ x + C(t) | firm", p),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("estimate", ESTIMATES)
def test_an_estimate_is_that_of_numbered_periods(numbered: pd.DataFrame, spelling: str, estimate: str) -> None:
    run = ESTIMATES[estimate]
    expected = run(Panel(numbered, "firm", "t"))
    found = run(Panel(numbered.assign(t=SPELLINGS[spelling](numbered["t"].to_numpy())), "firm", "t"))
    np.testing.assert_allclose(found.beta, expected.beta, rtol=1e-9)  # a trend starts elsewhere
    np.testing.assert_allclose(found.std_errors, expected.std_errors, rtol=1e-9)
    assert (found.counts.rows, found.counts.periods) == (expected.counts.rows, expected.counts.periods)


def test_a_threshold_with_a_lag(numbered: pd.DataFrame) -> None:
    def run(times: object) -> float:
        panel = Panel(numbered.assign(t=times), "firm", "t")
        settings = ThresholdSettings(draws=9)
        found = fit_threshold("y ~ x | firm", panel, variable="L(x, 1)", regime="x", settings=settings, rng=np.random.default_rng(1))
        return float(found.thresholds[0].value)

    t = numbered["t"].to_numpy()
    assert run(SPELLINGS["quarters"](t)) == run(t)


def test_rows_and_coefficients_are_named_by_quarter(numbered: pd.DataFrame) -> None:
    panel = Panel(numbered.assign(t=SPELLINGS["quarters"](numbered["t"].to_numpy())), "firm", "t")
    written = fit("y ~ x + C(t) | firm", panel)
    assert written.terms[1:3] == ("C(t)[2009Q4]", "C(t)[2010Q1]")
    assert fit('y ~ x + C(t, ref="2010Q1") | firm', panel).terms[1:3] == ("C(t)[2009Q3]", "C(t)[2009Q4]")
    assert fit("y ~ L(x, 1) | firm", panel).counts.dropped[0].first == "f00 2009Q3"
    pd.testing.assert_series_equal(
        written.predict(panel), written.predict(panel.frame.sample(frac=1, random_state=3)).reindex(panel.frame.index)
    )


def kernel_sum(estimate: Estimate, panel: Panel, bandwidth: int) -> Floats:
    """Driscoll-Kraay errors without factor from the n x n matrix of Bartlett weights of the distance in time."""
    rows = refit(estimate, panel, "test")
    when = panel.calendar[rows.sample.positions]
    weights = np.maximum(0, 1 - np.abs(when[:, None] - when) / (bandwidth + 1))
    scores = rows.columns * rows.weighted(rows.residuals)
    return np.asarray(np.sqrt(np.diag(rows.contrasts @ rows.bread @ scores @ weights @ scores.T @ rows.bread @ rows.contrasts.T)))


@pytest.mark.parametrize("bandwidth", [0, 1, 4, 13])
@pytest.mark.parametrize("formula", ["y ~ x | firm", "y ~ x + L(x, 1)"])
def test_driscoll_kraay_with_a_period_that_nobody_has(numbered: pd.DataFrame, formula: str, bandwidth: int) -> None:
    """Period 9 is missing: 8 and 10 are two lags apart. The periods 0 to 13 have 13 lags, though only 13 periods are seen."""
    panel = Panel(numbered.assign(t=SPELLINGS["quarters"](numbered["t"].to_numpy())), "firm", "t")
    bandwidth = min(bandwidth, 12) if "L(" in formula else bandwidth
    options = {"covariance": "driscoll_kraay", "bandwidth": bandwidth, "small_sample": "none"}
    found = fit(formula, panel, **options) if "|" in formula else fit_pooled(formula, panel, **options)  # type: ignore[arg-type]
    plain = fit(formula, panel, small_sample="none") if "|" in formula else fit_pooled(formula, panel, small_sample="none")
    np.testing.assert_allclose(found.std_errors, kernel_sum(plain, panel, bandwidth), rtol=EXACT)


def test_a_bandwidth_that_reaches_over_the_panel_is_refused(numbered: pd.DataFrame) -> None:
    panel = Panel(numbered, "firm", "t")
    for bandwidth in (14, 50, 1_000_000):
        with pytest.raises(TooFewPeriods, match=r"(?s)bandwidth=.*14 periods.*in 13 periods.*largest bandwidth is 13; left out it is 2"):
            fit("y ~ x | firm", panel, covariance="driscoll_kraay", bandwidth=bandwidth)
    # The periods of the estimation count, not those of the data: two lags of x leave twelve.
    with pytest.raises(TooFewPeriods, match="largest bandwidth is 11"):
        fit("y ~ L(x, 2) | firm", panel, covariance="driscoll_kraay", bandwidth=12)
    with pytest.raises(TooFewPeriods, match="use lags=13 or fewer"):
        conley(fit("y ~ x | firm", panel), panel, longitude="lon", latitude="lat", cutoff_km=400, lags=14)


def test_few_periods_are_noted() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(10), 45), "t": np.tile(np.arange(45), 10), "x": rng.normal(size=450)})
    panel = Panel(frame.assign(y=frame["x"] + rng.normal(size=450)), "firm", "t")

    def keys(of: Panel) -> dict[str, object]:
        return {w.key: w for w in fit("y ~ x | firm", of, covariance="driscoll_kraay").warnings}

    assert "few_periods" not in keys(panel)
    (told,) = (w for key, w in keys(panel.between(0, 38)).items() if key == "few_periods")
    assert told.value("periods") == 39  # type: ignore[attr-defined]
    assert "39个时期" in told.to("zh")  # type: ignore[attr-defined]
    every_tenth = panel.keep(panel.frame["t"] % 10 == 0)
    assert {"few_periods", "no_lag_reached"} <= set(keys(every_tenth))
    with_conley = fit("y ~ x | firm", every_tenth.assign(lon=1.0 * frame["firm"], lat=30.0), covariance="driscoll_kraay")
    again = conley(with_conley, every_tenth.assign(lon=1.0 * frame["firm"], lat=30.0), longitude="lon", latitude="lat", cutoff_km=50)
    assert not {"few_periods", "no_lag_reached"} & {w.key for w in again.warnings}


def test_waves_have_no_lag() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(30), 4), "year": np.tile([2000, 2005, 2010, 2015], 30), "x": rng.normal(size=120)})
    waves = Panel(frame.assign(y=frame["x"] + rng.normal(size=120)), "firm", "year")
    for run in (
        lambda: fit("y ~ L(x, 1) | firm", waves),
        lambda: fit("D(y) ~ x", waves),
        lambda: fit_differences("y ~ x", waves),
        lambda: fit_dynamic("y ~ L(y, 1)", waves, gmm={"y": (2, None)}),
    ):
        with pytest.raises(NoSuccessivePeriods, match=r"(?s)No firm has two rows one year apart \(the nearest are 5\).*2000 to 2015"):
            run()
    numbered = waves.assign(year=waves.frame["year"] // 5 - 399)
    assert fit("y ~ L(x, 5) | firm", waves).beta == pytest.approx(fit("y ~ L(x, 1) | firm", numbered).beta, rel=EXACT)
    with pytest.raises(EmptySample, match="no such period"):
        fit("y ~ L(x, 4) | firm", numbered)


def test_shift_share_by_quarter() -> None:
    quarters = ["2010Q1", "2010Q2"]
    panel = Panel(pd.DataFrame({"city": ["a", "a", "b", "b"], "when": quarters * 2}), "city", "when")
    shares = pd.DataFrame({"steel": [0.8, 0.1], "chips": [0.2, 0.9]}, index=["a", "b"])
    shocks = pd.DataFrame({"steel": [0.0, -1.0], "chips": [1.0, 2.0]}, index=["2010年第一季度", "2010年第二季度"])
    np.testing.assert_allclose(shift_share(panel, shares, shocks), [0.2, -0.4, 0.9, 1.7])
    jobs = pd.DataFrame({"city": list("aabb"), "when": quarters * 2, "sector": "chips", "jobs": [1.0, 9.0, 2.0, 4.0]})
    found = leave_one_out_growth(jobs, "city", "when", "sector", "jobs")
    assert found.loc[("a", pd.Period("2010Q2"))].item() == pytest.approx(np.log(2), rel=EXACT)
    alone = shift_share(panel, pd.DataFrame({"chips": [1.0, 1.0]}, index=["a", "b"]), found)
    np.testing.assert_allclose(alone, [np.nan, np.log(2), np.nan, np.log(9)])
