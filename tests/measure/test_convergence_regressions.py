"""Sigma- and beta-convergence against statsmodels, the within estimator, and panels with a known speed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MeasureError, MissingColumn, UnknownOption
from toolkit.estimate import fit_pooled, fit_within
from toolkit.measure.convergence.beta import beta_convergence, beta_convergence_panel
from toolkit.measure.convergence.sigma import least_squares, sigma_convergence
from toolkit.panel import Panel

ROUNDING = 1e-9  # two ways of solving the same well-conditioned least squares


def simulated(entities: int = 30, years: int = 12, rate: float = 0.05, seed: int = 5) -> Panel:
    """Logs that close a gap to each entity's own level at ``rate`` a year, with noise; two rows missing, string ids."""
    rng = np.random.default_rng(seed)
    level, log_y = rng.normal(3, 0.3, entities), rng.normal(3, 1, entities)
    school = 2 + level + rng.normal(0, 0.2, entities)
    rows = []
    for t in range(years):
        rows += [(f"p{i:02d}", 2010 + t, np.exp(log_y[i]), school[i] + 0.01 * t * i) for i in range(entities)]
        log_y = level + (log_y - level) * np.exp(-rate) + rng.normal(0, 0.02, entities) + 0.01
    frame = pd.DataFrame(rows, columns=["province", "year", "y", "school"])
    return Panel(frame.drop(index=[40, 200]), "province", "year")


def wide(panel: Panel) -> pd.DataFrame:
    return panel.frame.pivot(index="province", columns="year", values="y")


# --- sigma ------------------------------------------------------------------------------------------


def test_sigma_trend_is_statsmodels_hac() -> None:
    values = wide(simulated()).dropna()
    found = sigma_convergence(values)
    x = sm.add_constant(np.arange(12.0))
    for name, q in (("sd_log", found.trend_sd_log), ("cv", found.trend_cv)):
        peer = sm.OLS(found.table[name], x).fit(cov_type="HAC", cov_kwds={"maxlags": found.lags, "use_correction": True}, use_t=True)
        assert q.estimate == pytest.approx(peer.params.iloc[1], rel=ROUNDING)
        assert q.std_error == pytest.approx(peer.bse.iloc[1], rel=ROUNDING)
        assert q.p_value == pytest.approx(peer.pvalues.iloc[1], rel=1e-6)
        assert (q.low, q.high) == pytest.approx(tuple(peer.conf_int().iloc[1]), rel=1e-6)
    assert found.table["sd_log"].to_numpy() == pytest.approx(np.log(values).std(ddof=0).to_numpy())
    assert found.table["cv"].to_numpy() == pytest.approx((values.std(ddof=0) / values.mean()).to_numpy())
    assert found.trend_sd_log.high < 0
    assert any("little power" in str(note) for note in found.notes)


@settings(deadline=None, max_examples=20)
@given(scale=st.floats(1e-6, 1e9), seed=st.integers(0, 1000))
def test_sigma_ignores_unit_and_order(scale: float, seed: int) -> None:
    values = wide(simulated(seed=3)).dropna()
    mixed = (values * scale).sample(frac=1, random_state=seed).iloc[:, np.random.default_rng(seed).permutation(12)]
    one, two = sigma_convergence(values), sigma_convergence(mixed)
    assert two.table["year"].tolist() == one.table["year"].tolist()
    assert two.trend_sd_log.estimate == pytest.approx(one.trend_sd_log.estimate, rel=1e-7)
    assert two.trend_cv.std_error == pytest.approx(one.trend_cv.std_error, rel=1e-7)


def test_sigma_refusals() -> None:
    values = wide(simulated())
    with pytest.raises(MeasureError, match=r"(?s)2 missing.*p10, 2011.*remedy"):
        sigma_convergence(values)
    complete = values.dropna()
    for bad in (0.0, -1.0):
        broken = complete.copy()
        broken.loc["p05", 2012] = bad
        with pytest.raises(MeasureError, match=r"(?s)1 zero or negative.*p05, 2012"):
            sigma_convergence(broken)
    with pytest.raises(MeasureError, match="at least 4 years; there are 3"):
        sigma_convergence(complete[[2010, 2011, 2012]])
    with pytest.raises(MeasureError, match="at least two entities"):
        sigma_convergence(complete.iloc[:1])
    with pytest.raises(MeasureError, match="'mean' is no year"):
        sigma_convergence(complete.assign(mean=1.0))
    with pytest.raises(MeasureError, match="'p00' twice"):
        sigma_convergence(pd.concat([complete.iloc[:2], complete.iloc[:1]]))
    with pytest.raises(MeasureError, match="pivot"):
        sigma_convergence(complete[2010])  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="needs numbers"):
        sigma_convergence(complete.astype(object).replace(complete.iloc[0, 0], "n/a"))


def test_a_dispersion_that_never_changes_has_no_trend() -> None:
    still = pd.DataFrame({year: [1.0, 2.0, 3.0] for year in range(2010, 2016)}, index=list("abc"))
    found = sigma_convergence(still).trend_cv
    assert found.estimate == pytest.approx(0, abs=1e-15)
    assert np.isfinite([found.std_error, found.p_value, found.low, found.high]).all()


# --- beta: a cross-section --------------------------------------------------------------------------


def test_cross_section_is_statsmodels_hc1() -> None:
    panel = simulated()
    found = beta_convergence(panel, "y", controls=["school"])
    first, last = (panel.frame[panel.frame["year"] == year].set_index("province") for year in (2010, 2021))
    x = sm.add_constant(pd.DataFrame({"y": np.log(first["y"]), "school": first["school"]}))
    peer = sm.OLS(np.log(last["y"] / first["y"]) / 11, x).fit(cov_type="HC1", use_t=True)
    assert found.coefficients["estimate"].to_numpy() == pytest.approx(peer.params.to_numpy(), rel=ROUNDING)
    assert found.coefficients["std_error"].to_numpy() == pytest.approx(peer.bse.to_numpy(), rel=ROUNDING)
    assert found.coefficients["p_value"].to_numpy() == pytest.approx(peer.pvalues.to_numpy(), rel=1e-6)
    assert found.r2 == pytest.approx(peer.rsquared)
    assert "HC1" in found.covariance
    assert (found.step, found.observations, found.entities) == (11, 30, 30)
    assert found.coefficients["term"].tolist() == ["constant", "ln y", "school"]


def test_speed_of_an_exact_process_is_returned_exactly() -> None:
    """ln y closes the gap to 5 at 4 percent a year: lambda is 0.04 and the half-life ln 2 / 0.04 whatever the span."""
    start = np.array([1.0, 2.0, 3.5, 4.0, 6.0])
    rows = [(f"p{i}", 2000 + t, np.exp(5 + (s - 5) * np.exp(-0.04 * t))) for i, s in enumerate(start) for t in range(21)]
    panel = Panel(pd.DataFrame(rows, columns=["p", "year", "y"]), "p", "year")
    for found in (
        beta_convergence(panel, "y"),
        beta_convergence_panel(panel, "y", effects="none"),
        beta_convergence_panel(panel, "y", step=5),
    ):
        assert found.speed is not None
        assert found.half_life is not None
        assert found.speed.estimate == pytest.approx(0.04, rel=1e-8)
        assert found.half_life.estimate == pytest.approx(np.log(2) / 0.04, rel=1e-8)


def test_delta_method_is_the_numerical_derivative() -> None:
    found = beta_convergence(simulated(), "y", controls=["school"])
    b, se, s = found.beta.estimate, found.beta.std_error, found.step
    assert found.speed is not None
    assert found.half_life is not None
    small = 1e-6

    def rate(beta: float) -> float:
        return float(-np.log(1 + beta * s) / s)

    assert found.speed.std_error == pytest.approx(abs(rate(b + small) - rate(b - small)) / (2 * small) * se, rel=1e-6)
    slope = abs(np.log(2) / rate(b + small) - np.log(2) / rate(b - small)) / (2 * small)
    assert found.half_life.std_error == pytest.approx(slope * se, rel=1e-6)
    assert found.speed.low < 0.05 < found.speed.high


def test_years_without_the_variable_are_not_the_ends() -> None:
    panel = simulated()
    later = panel.assign(y=panel.frame["y"].where(panel.frame["year"].between(2012, 2020)))
    found, same = beta_convergence(later, "y"), beta_convergence(panel, "y", first=2012, last=2020)
    assert found.formula == same.formula
    assert found.beta == same.beta
    with pytest.raises(MeasureError, match="y has no values"):
        beta_convergence(panel.assign(y=np.nan), "y")


def test_a_speed_that_may_be_zero_is_noted() -> None:
    start = np.linspace(1, 5, 12)
    end = 0.85 * start + np.resize([0.8, -0.8], 12)
    rows = {"p": [*"abcdefghijkl"] * 2, "year": [2000] * 12 + [2010] * 12, "y": np.exp([*start, *end])}
    found = beta_convergence(Panel(pd.DataFrame(rows), "p", "year"), "y")
    assert found.speed is not None
    assert found.speed.low < 0 < found.speed.estimate
    assert found.half_life is not None
    assert any("no upper bound" in str(note) for note in found.notes)
    assert beta_convergence(simulated(), "y", controls=["school"]).notes == ()


def test_no_half_life_without_convergence_and_no_speed_when_gaps_change_sign() -> None:
    start = np.array([1.0, 2.0, 3.0, 4.5])
    apart = pd.DataFrame({"p": list("abcd") * 2, "year": [2000] * 4 + [2010] * 4, "y": np.exp([*start, *(start * 1.5 + [0, 0.1, 0, 0.1])])})
    found = beta_convergence(Panel(apart, "p", "year"), "y")
    assert found.half_life is None
    assert "no half-life" in str(found.reason)
    assert found.speed is not None
    assert found.speed.estimate < 0
    crossing = apart.assign(y=np.exp([*start, *(5 - start + [0, 0.1, 0, 0.1])]))
    found = beta_convergence(Panel(crossing, "p", "year"), "y")
    assert (found.speed, found.half_life) == (None, None)
    assert "change sign" in str(found.reason)


# --- beta: a panel ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 3])
@pytest.mark.parametrize("effects", ["none", "time", "entity", "entity + time"])
def test_panel_form_is_the_toolkits_estimator(effects: str, step: int) -> None:
    panel = simulated()
    found = beta_convergence_panel(panel, "y", controls=["school"], step=step, effects=effects)  # type: ignore[arg-type]
    frame = panel.frame.assign(ly=np.log(panel.frame["y"]))
    before = frame.assign(year=frame["year"] + step)[["province", "year", "ly", "school"]]
    both = frame[["province", "year", "ly"]].merge(before, on=["province", "year"], suffixes=("", "_before"))
    both["growth"] = (both["ly"] - both["ly_before"]) / step
    data = Panel(both, "province", "year")
    if effects == "none":
        peer = fit_pooled("growth ~ ly_before + school", data)
    else:
        peer = fit_within("growth ~ ly_before + school | " + effects.replace("entity", "province").replace("time", "year"), data)
    assert found.observations == peer.counts.rows == len(both)
    for term, name in (("ly_before", "ln y"), ("school", "school")):
        mine, theirs = found.coefficients.set_index("term").loc[name], peer.coefficient(term)
        assert mine["estimate"] == pytest.approx(theirs.estimate, rel=1e-8)
        assert mine["std_error"] == pytest.approx(theirs.std_error, rel=1e-8)
        assert mine["conf_low"] == pytest.approx(theirs.low, rel=1e-7)
    assert "G = 30" in found.covariance
    assert found.skipped > 0
    assert bool(found.notes) == effects.startswith("entity")


def test_beta_refusals() -> None:
    panel = simulated()
    with pytest.raises(MeasureError, match=r"(?s)no y in 2011.*p10"):
        beta_convergence(panel, "y", first=2011)
    with pytest.raises(MeasureError, match="has no length"):
        beta_convergence(panel, "y", first=2015, last=2015)
    with pytest.raises(MissingColumn, match=r"(?s)'scool'.*near: school"):
        beta_convergence(panel, "y", controls=["scool"])
    zero = panel.assign(y=panel.frame["y"].where(panel.frame.index != panel.frame.index[7], 0.0))
    for run in (beta_convergence, beta_convergence_panel):
        with pytest.raises(MeasureError, match=r"(?s)1 zero or negative.*p00, 2017"):
            run(zero, "y")
    with pytest.raises(MeasureError, match="twice is constant or a combination"):
        beta_convergence(panel.assign(twice=panel.frame["school"] * 2), "y", controls=["school", "twice"])
    with pytest.raises(MeasureError, match="2 observations for 2 coefficients"):
        beta_convergence(panel.keep(panel.frame["province"].isin(["p00", "p02"])), "y")
    with pytest.raises(MeasureError, match="two entities"):
        beta_convergence_panel(panel.keep(panel.frame["province"] == "p00"), "y", effects="none")
    with pytest.raises(MeasureError, match="no entity has 2 pairs"):
        beta_convergence_panel(panel, "y", step=11)
    fixed = panel.assign(coast=panel.frame["province"].str[1:].astype(float) * 0.1 + 2.37)
    with pytest.raises(MeasureError, match="coast is constant or a combination"):
        beta_convergence_panel(fixed, "y", controls=["coast"])
    two = panel.frame["province"].isin(["p00", "p02"]) & panel.frame["year"].lt(2013)
    with pytest.raises(MeasureError, match="4 pairs of years for 4 coefficients and effects"):
        beta_convergence_panel(panel.keep(two), "y")
    with pytest.raises(MeasureError, match="a step of 0 years"):
        beta_convergence_panel(panel, "y", step=0)
    with pytest.raises(UnknownOption, match="'two-way'"):
        beta_convergence_panel(panel, "y", effects="two-way")  # type: ignore[arg-type]
    with pytest.raises(MeasureError, match="finite numbers"):
        beta_convergence(panel.assign(school="low"), "y", controls=["school"])


def test_least_squares_survives_bad_scales() -> None:
    rng = np.random.default_rng(2)
    x = np.column_stack([np.ones(50), 1e9 + 1e7 * rng.normal(size=50), 1e-6 * rng.normal(size=50)])
    y = x @ np.array([2.0, 3e-9, 1e6]) + rng.normal(size=50)
    peer = sm.OLS(y, (x - [0, 1e9, 0]) / [1, 1e7, 1e-6]).fit()
    assert least_squares(y, x, ("one", "large", "small"), "a test").beta[1:] == pytest.approx(peer.params[1:] / [1e7, 1e-6], rel=1e-7)
