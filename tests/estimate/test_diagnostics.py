"""Tests on panels against hand cases, loops, statsmodels and identities; the same against R is in test_diagnostics_plm.py."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.errors import NotEstimable, TooFewPeriods, UnknownOption
from toolkit.estimate import diagnostics as d
from toolkit.estimate import fit_between, fit_pooled, fit_random, fit_within
from toolkit.estimate.diagnostics.dependence import pairwise_correlation
from toolkit.estimate.diagnostics.effects import signed_root
from toolkit.estimate.results.outcome import chi2, f, normal
from toolkit.language import Text, note
from toolkit.panel import Panel

EXACT = 1e-9  # the same arithmetic in another order
SCALED = 1e-6  # the same after units of 1e9 or 1e-9


def make_panel(seed: int = 3, firms: int = 12, years: int = 9, missing: float = 0.2, scale: float = 1.0) -> Panel:
    """A panel with text ids, effects of both kinds and gaps; ``scale`` multiplies x2."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"firm": np.repeat([f"公司{i:02d}" for i in range(firms)], years), "year": np.tile(np.arange(2010, 2010 + years), firms)}
    )
    effect = np.repeat(rng.normal(size=firms), years)
    frame["x1"] = 0.7 * effect + rng.normal(size=len(frame))
    frame["x2"] = scale * (5 + rng.normal(size=len(frame)))
    frame["size"] = np.repeat(rng.uniform(1, 2, size=firms), years)
    frame["y"] = 1 + frame["x1"] - 0.3 * frame["x2"] / scale + effect + rng.normal(size=len(frame)) * frame["size"]
    return Panel(frame[rng.random(len(frame)) >= missing], "firm", "year", "test panel")


def residuals_of(formula: str, panel: Panel) -> "np.ndarray[Any, np.dtype[np.float64]]":
    import statsmodels.formula.api as smf

    return np.asarray(smf.ols(formula, panel.frame).fit().resid)


# --- the record ---------------------------------------------------------------------------------------


@given(st.floats(0, 200), st.integers(1, 30), st.integers(1, 200))
@settings(deadline=None, max_examples=60)
def test_p_values_are_those_of_scipy(value: float, q: int, m: int) -> None:
    assert chi2("t", "h", value, q).p_value == pytest.approx(stats.chi2.sf(value, q), rel=EXACT, abs=1e-300)
    assert f("t", "h", value, (q, m)).p_value == pytest.approx(stats.f.sf(value, q, m), rel=1e-7, abs=1e-300)
    assert normal("t", "h", -value, "two-sided").p_value == pytest.approx(2 * stats.norm.sf(value), rel=EXACT, abs=1e-300)
    assert normal("t", "h", -value, "upper").p_value == pytest.approx(stats.norm.cdf(value), rel=EXACT)


def test_a_result_reads_as_a_sentence() -> None:
    assert str(f("Mundlak", "no need for the means", 2.5, (2, 30), [note("clustered", Text("clustered", "聚类"))])) == (
        "Mundlak: F(2, 30) = 2.5, p = 0.0990; H0: no need for the means (clustered)"
    )


# --- effects ------------------------------------------------------------------------------------------


def test_signed_root_by_hand() -> None:
    """Two entities, two periods, residuals (1, 1), (-1, -1): squares of sums 8 over squares 4 less 1 is 1; n/sqrt(2 (8 - 4)) is sqrt 2."""
    residuals = np.array([1.0, 1, -1, -1])
    assert signed_root(residuals, np.array([0, 0, 1, 1]), "entity") == pytest.approx(np.sqrt(2))
    assert signed_root(residuals, np.array([0, 1, 0, 1]), "time") == pytest.approx(-np.sqrt(2))


def test_breusch_pagan_is_the_square_of_honda_and_both_effects_add_up() -> None:
    panel = make_panel()
    estimate = fit_pooled("y ~ x1 + x2", panel)
    entity, time, both = (d.breusch_pagan_effects(estimate, panel, effects=e) for e in ("entity", "time", "entity+time"))  # type: ignore[arg-type]
    assert entity.statistic == pytest.approx(d.honda_effects(estimate, panel).statistic ** 2, rel=EXACT)
    assert both.statistic == pytest.approx(entity.statistic + time.statistic, rel=EXACT)
    assert both.df == (2.0,)


def test_the_pooled_residuals_do_not_depend_on_the_kind_of_estimate() -> None:
    panel = make_panel()
    formula = "y ~ x1 + x2"
    values = [d.breusch_pagan_effects(e, panel).statistic for e in (fit_pooled(formula, panel), fit_within(f"{formula} | firm", panel))]
    assert values[0] == pytest.approx(values[1], rel=EXACT)


@pytest.mark.parametrize("effects", ["firm", "year", "firm + year"])
def test_f_of_the_effects_is_the_f_test_of_the_dummies(effects: str) -> None:
    panel = make_panel()
    dummies = " + ".join(f"C({e})" for e in effects.split(" + "))
    import statsmodels.formula.api as smf

    full, small = smf.ols(f"y ~ x1 + x2 + {dummies}", panel.frame).fit(), smf.ols("y ~ x1 + x2", panel.frame).fit()
    statistic, p, df = full.compare_f_test(small)
    result = d.f_effects(fit_within(f"y ~ x1 + x2 | {effects}", panel), panel)
    assert result.statistic == pytest.approx(statistic, rel=EXACT)
    assert result.p_value == pytest.approx(p, rel=1e-6)
    assert result.df == (df, full.df_resid)


# --- fixed or random ----------------------------------------------------------------------------------


def test_hausman_is_the_quadratic_form_of_the_difference() -> None:
    panel = make_panel()
    fixed = fit_within("y ~ x1 + x2 | firm", panel, covariance="iid")
    random = fit_random("y ~ x1 + x2", panel, covariance="iid")
    b = fixed.beta - np.array([random.coefficient(t).estimate for t in fixed.terms])
    at = [random.terms.index(t) for t in fixed.terms]
    error_variances = fixed.statistics["sigma_e"] ** 2 / random.covariance.factor_value
    v = fixed.vcov - random.vcov[np.ix_(at, at)] * error_variances
    assert d.hausman(fixed, random).statistic == pytest.approx(b @ np.linalg.solve(v, b), rel=1e-7)


def test_hausman_skips_what_only_random_effects_estimate() -> None:
    panel = make_panel()
    fixed = fit_within("y ~ x1 + size | firm", panel, covariance="iid")
    random = fit_random("y ~ x1 + size", panel, covariance="iid")
    assert d.hausman(fixed, random).df == (1.0,)


def test_hausman_does_not_depend_on_units() -> None:
    values = []
    for scale in (1.0, 1e9):
        panel = make_panel(scale=scale)
        fixed = fit_within("y ~ x1 + x2 | firm", panel, covariance="iid")
        values.append(d.hausman(fixed, fit_random("y ~ x1 + x2", panel, covariance="iid")).statistic)
    assert values[0] == pytest.approx(values[1], rel=SCALED)


def test_hausman_refuses_robust_covariances_and_points_to_mundlak() -> None:
    panel = make_panel()
    with pytest.raises(NotEstimable, match=r"(?s)cluster.*mundlak"):
        d.hausman(fit_within("y ~ x1 | firm", panel), fit_random("y ~ x1", panel))


def test_hausman_notes_that_a_covariance_is_not_positive() -> None:
    from dataclasses import replace

    panel = make_panel()
    fixed = fit_within("y ~ x1 + x2 | firm", panel, covariance="iid")
    random = fit_random("y ~ x1 + x2", panel, covariance="iid")
    result = d.hausman(fixed, replace(random, vcov=random.vcov * 50), error_variance="own")
    at = [random.terms.index(t) for t in fixed.terms]
    b, v = fixed.beta - random.beta[at], fixed.vcov - 50 * random.vcov[np.ix_(at, at)]
    assert result.statistic == pytest.approx(b @ np.linalg.inv(v) @ b, rel=1e-7)
    assert result.statistic < 0
    assert result.p_value == 1
    assert "负" in result.warnings[0].to("zh")


def test_hausman_leaves_out_directions_in_which_both_estimates_coincide() -> None:
    """In a balanced panel period dummies have the same coefficient and covariance in both models."""
    panel = make_panel(missing=0.0)
    fixed = fit_within("y ~ x1 + x2 | firm + year", panel, covariance="iid")
    with_dummies = fit_within("y ~ x1 + x2 + C(year) | firm", panel, covariance="iid")
    random = fit_random("y ~ x1 + x2 + C(year)", panel, covariance="iid")
    result = d.hausman(with_dummies, random)
    assert result.df == (2.0,)
    assert "8 direction(s)" in result.note
    assert result.statistic == pytest.approx(d.hausman(fixed, random).statistic, rel=SCALED)


def test_hausman_refuses_other_models() -> None:
    panel = make_panel()
    fixed = fit_within("y ~ x1 | firm", panel, covariance="iid")
    with pytest.raises(NotEstimable, match="not a within with a pooled"):
        d.hausman(fixed, fit_pooled("y ~ x1", panel, covariance="iid"))
    with pytest.raises(NotEstimable, match=r"outcomes differ: y and x2"):
        d.hausman(fixed, fit_random("x2 ~ x1", panel, covariance="iid"))
    with pytest.raises(NotEstimable, match="no coefficient in common"):
        d.hausman(fixed, fit_random("y ~ x2", panel, covariance="iid"))
    with pytest.raises(NotEstimable, match="rows"):
        d.hausman(fixed, fit_random("y ~ x1", panel.between(2010, 2015), covariance="iid"))


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("scale", [1.0, 1e9])
def test_mundlak_is_the_clustered_wald_test_of_the_means(missing: float, scale: float) -> None:
    panel = make_panel(missing=missing, scale=scale)
    frame = panel.frame.assign(x2=panel.frame["x2"] / scale)
    x = frame[["x1", "x2", "size"]].join(frame.groupby("firm")[["x1", "x2"]].transform("mean"), suffixes=("", "_mean"))
    fit = sm.OLS(frame["y"], sm.add_constant(x)).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["firm"])[0]}, use_t=True)
    wald = fit.f_test("x1_mean = 0, x2_mean = 0")
    result = d.mundlak(fit_random("y ~ x1 + x2 + size", panel), panel)
    assert result.statistic == pytest.approx(float(wald.fvalue), rel=SCALED)
    assert result.df == (2.0, frame["firm"].nunique() - 1)
    assert result.p_value == pytest.approx(float(wald.pvalue), rel=SCALED)


def test_mundlak_with_time_effects_tests_the_regressors_only() -> None:
    panel = make_panel(missing=0.0)
    frame = panel.frame
    x = frame[["x1", "x2"]].join(frame.groupby("firm")[["x1", "x2"]].transform("mean"), suffixes=("", "_mean"))
    x = sm.add_constant(x.join(pd.get_dummies(frame["year"], prefix="t", drop_first=True, dtype=float)))
    fit = sm.OLS(frame["y"], x).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(frame["firm"])[0]}, use_t=True)
    wald = fit.f_test("x1_mean = 0, x2_mean = 0")
    result = d.mundlak(fit_within("y ~ x1 + x2 | firm + year", panel), panel)
    assert result.statistic == pytest.approx(float(wald.fvalue), rel=SCALED)


def test_mundlak_does_not_test_what_is_the_same_for_all_entities() -> None:
    """Period dummies by hand or absorbed, and a national series: the same two means are tested."""
    panel = make_panel(missing=0.3)
    absorbed = d.mundlak(fit_within("y ~ x1 + x2 | firm + year", panel), panel)
    by_hand = d.mundlak(fit_random("y ~ x1 + x2 + C(year)", panel), panel)
    assert by_hand.df == absorbed.df == (2.0, 11.0)
    assert by_hand.statistic == pytest.approx(absorbed.statistic, rel=SCALED)
    national = panel.assign(trend=1e9 + panel.frame["year"])
    assert d.mundlak(fit_random("y ~ x1 + x2 + trend", national), national).df == (2.0, 11.0)


def test_mundlak_is_the_wald_test_after_random_effects_in_a_balanced_panel() -> None:
    panel = make_panel(missing=0.0)
    means = panel.frame.groupby("firm")[["x1", "x2"]].transform("mean")
    augmented = panel.assign(x1_mean=means["x1"], x2_mean=means["x2"])
    wald = fit_random("y ~ x1 + x2 + x1_mean + x2_mean", augmented).wald(["x1_mean", "x2_mean"])
    result = d.mundlak(fit_random("y ~ x1 + x2", panel), panel)
    assert result.statistic == pytest.approx(wald.statistic, rel=SCALED)
    assert result.df == (wald.df1, wald.df2)


def test_mundlak_counts_no_mean_of_a_regressor_that_is_fixed_and_large() -> None:
    panel = make_panel()
    panel = panel.assign(area=1e9 + panel.frame["size"])
    assert d.mundlak(fit_random("y ~ x1 + area", panel), panel).df == (1.0, 11.0)


def test_mundlak_refuses_regressors_without_means_of_their_own() -> None:
    panel = make_panel()
    with pytest.raises(NotEstimable, match=r"(?s)every entity mean is a linear combination.*size"):
        d.mundlak(fit_pooled("y ~ size", panel), panel)
    few = panel.keep(panel.frame["firm"].isin(["公司00", "公司01"]))
    with pytest.raises(NotEstimable, match=r"2 entities are too few to test 1 entity mean"):
        d.mundlak(fit_pooled("y ~ x1 + x2", few), few)


# --- serial correlation -------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [0.0, 0.25])
def test_wooldridge_over_the_calendar_with_statsmodels(missing: float) -> None:
    panel = make_panel(missing=missing)
    frame = panel.frame[["firm", "year", "y", "x1", "x2"]]
    before = frame.assign(year=frame["year"] + 1)
    step = frame.merge(before, on=["firm", "year"], suffixes=("", "_0"))
    for name in ("y", "x1", "x2"):
        step[name] = step[name] - step[f"{name}_0"]
    step["e"] = sm.OLS(step["y"], step[["x1", "x2"]]).fit().resid
    step = step.merge(step.assign(year=step["year"] + 1)[["firm", "year", "e"]], on=["firm", "year"], suffixes=("", "_0"))
    fit = sm.OLS(step["e"], step[["e_0"]]).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(step["firm"])[0]})
    result = d.wooldridge_serial_correlation(fit_within("y ~ x1 + x2 | firm", panel), panel)
    assert result.statistic == pytest.approx(((fit.params["e_0"] + 0.5) / fit.bse["e_0"]) ** 2, rel=EXACT)
    assert result.df == (1.0, step["firm"].nunique() - 1)
    assert f"{len(step)} pairs" in result.note


def test_wooldridge_counts_period_dummies_for_absorbed_time_effects() -> None:
    """A common shock of any shape drops out of the statistic when time effects are absorbed."""
    panel = make_panel(missing=0.0)
    shocked = panel.assign(y=panel.frame["y"] + 10 * np.sin(panel.frame["year"].to_numpy()))
    values = [d.wooldridge_serial_correlation(fit_within("y ~ x1 | firm + year", p), p).statistic for p in (panel, shocked)]
    assert values[0] == pytest.approx(values[1], rel=SCALED)


def test_wooldridge_needs_three_successive_periods_and_two_entities() -> None:
    panel = make_panel(missing=0.0)
    short = panel.between(2010, 2011)
    with pytest.raises(TooFewPeriods, match="three successive periods"):
        d.wooldridge_serial_correlation(fit_within("y ~ x1 | firm", short), short)
    every_second = panel.keep(panel.frame["year"] % 2 == 0)
    with pytest.raises(TooFewPeriods, match="three successive periods"):
        d.wooldridge_serial_correlation(fit_within("y ~ x1 | firm", every_second), every_second)
    alone = panel.keep(panel.frame["firm"] == "公司03")
    with pytest.raises(NotEstimable, match="at least two entities"):
        d.wooldridge_serial_correlation(fit_pooled("y ~ x1", alone, covariance="iid"), alone)


# --- dependence ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("least_common", [3, 6])
def test_pesaran_cd_over_common_periods_with_pandas(least_common: int) -> None:
    panel = make_panel(missing=0.3)
    wide = panel.frame.assign(e=residuals_of("y ~ x1 + x2 + C(firm)", panel)).pivot(index="year", columns="firm", values="e")
    rho, seen = wide.corr(min_periods=least_common).to_numpy(), wide.notna().to_numpy(dtype=float)
    common = seen.T @ seen
    use = np.triu(~np.isnan(rho), 1)
    result = d.pesaran_cd(fit_within("y ~ x1 + x2 | firm", panel), panel, least_common=least_common)
    assert result.statistic == pytest.approx((np.sqrt(common[use]) * rho[use]).sum() / np.sqrt(use.sum()), rel=EXACT)
    left_out = 12 * 11 // 2 - int(use.sum())
    assert (f"{left_out} pairs with fewer than {least_common}" in result.note) == (left_out > 0)


@given(st.integers(0, 10_000), st.floats(-9, 9))
@settings(deadline=None, max_examples=30)
def test_correlations_do_not_depend_on_units_or_names(seed: int, power: float) -> None:
    rng = np.random.default_rng(seed)
    entity, time = np.repeat(np.arange(5), 7), np.tile(np.arange(7), 5)
    residuals = rng.normal(size=35)
    found = pairwise_correlation(residuals, entity, time, 3)
    moved = pairwise_correlation(residuals * 10**power, 4 - entity, 2000 + 3 * time, 3)
    assert moved.cd == pytest.approx(found.cd, rel=EXACT, abs=EXACT)
    assert moved.mean == pytest.approx(found.mean, rel=EXACT, abs=EXACT)


def test_identical_residuals_are_perfectly_dependent() -> None:
    residuals = np.tile([1.0, -2, 3, 0, 1], 4)
    found = pairwise_correlation(residuals, np.repeat(np.arange(4), 5), np.tile(np.arange(5), 4), 3)
    assert found.mean == pytest.approx(1)
    assert found.cd == pytest.approx(np.sqrt(6 * 5))


def test_pesaran_cd_says_what_limits_it() -> None:
    panel = make_panel(missing=0.0, years=5)
    note = d.pesaran_cd(fit_within("y ~ x1 | firm + year", panel), panel).note
    assert "few common periods" in note
    assert "time effects are absorbed" in note
    apart = panel.keep(panel.frame["year"] - 2010 == pd.factorize(panel.frame["firm"])[0] % 5)
    with pytest.raises(NotEstimable, match="no pair of entities has 3 common periods"):
        d.pesaran_cd(fit_pooled("y ~ x1", apart, covariance="iid"), apart)


# --- unequal variances --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e9])
def test_modified_wald_as_a_loop_over_entities(scale: float) -> None:
    panel = make_panel(scale=scale)
    frame = panel.frame.assign(x2=panel.frame["x2"] / scale)
    e = pd.Series(residuals_of("y ~ x1 + x2 + C(firm)", Panel(frame, "firm", "year")))
    overall, total = (e**2).mean(), 0.0
    for _, own in e.groupby(frame["firm"].to_numpy()):
        t, variance = len(own), (own**2).mean()
        total += (variance - overall) ** 2 / ((own**2 - variance) ** 2).sum() * t * (t - 1)
    result = d.modified_wald_heteroskedasticity(fit_within("y ~ x1 + x2 | firm", panel), panel)
    assert result.statistic == pytest.approx(total, rel=SCALED)
    assert result.df == (12.0,)
    assert "rejects far too often" in result.note


def test_modified_wald_names_the_entity_it_cannot_use() -> None:
    panel = make_panel(missing=0.0)
    frame = panel.frame
    cut = panel.keep((frame["firm"] != "公司05") | (frame["year"] < 2012))
    with pytest.raises(NotEstimable, match=r"(?s)公司05.*2 rows.*three rows"):
        d.modified_wald_heteroskedasticity(fit_within("y ~ x1 | firm", cut), cut)
    alone = panel.keep(frame["firm"] == "公司05")
    with pytest.raises(NotEstimable, match="at least two entities"):
        d.modified_wald_heteroskedasticity(fit_within("y ~ x1 | firm", alone, covariance="iid"), alone)
    short = panel.between(2010, 2011)
    with pytest.raises(NotEstimable, match=r"12 of 12 entities"):
        d.modified_wald_heteroskedasticity(fit_within("y ~ x1 | firm", short), short)


def test_variance_inflation_is_one_over_one_less_r_squared() -> None:
    panel = make_panel(scale=1e9)
    frame = panel.frame
    panel = panel.assign(x3=frame["x1"] + 0.3 * frame["x2"] / 1e9 + 0.2 * frame["y"])
    frame = panel.frame
    import statsmodels.formula.api as smf

    table = d.variance_inflation(fit_pooled("y ~ x1 + x2 + x3", panel), panel).set_index("term")["vif"]
    for term, others in (("x1", "I(x2/1e9) + x3"), ("x3", "x1 + I(x2/1e9)")):
        assert table[term] == pytest.approx(1 / (1 - smf.ols(f"{term} ~ {others}", frame).fit().rsquared), rel=SCALED)
    within = d.variance_inflation(fit_within("y ~ x1 + x2 | firm", panel), panel).set_index("term")["vif"]
    lsdv = smf.ols("x1 ~ I(x2/1e9) + C(firm)", frame).fit().ssr / smf.ols("x1 ~ C(firm)", frame).fit().ssr
    assert within["x1"] == pytest.approx(1 / lsdv, rel=SCALED)
    assert d.variance_inflation(fit_pooled("y ~ x1", panel), panel)["vif"].tolist() == pytest.approx([1.0])


# --- refusals that all tests share --------------------------------------------------------------------

TESTS: dict[str, Any] = {
    "breusch_pagan_effects": d.breusch_pagan_effects,
    "honda_effects": d.honda_effects,
    "f_effects": d.f_effects,
    "mundlak": d.mundlak,
    "wooldridge_serial_correlation": d.wooldridge_serial_correlation,
    "pesaran_cd": d.pesaran_cd,
    "modified_wald_heteroskedasticity": d.modified_wald_heteroskedasticity,
    "breusch_pagan_heteroskedasticity": d.breusch_pagan_heteroskedasticity,
    "variance_inflation": d.variance_inflation,
}


@pytest.mark.parametrize("name", TESTS)
def test_other_estimates_and_weights_are_refused(name: str) -> None:
    panel = make_panel()
    with pytest.raises(NotEstimable, match=rf"(?s){name} is not defined for a between estimate.*fit_"):
        TESTS[name](fit_between("y ~ x1", panel), panel)
    pooled = name == "breusch_pagan_heteroskedasticity"
    weighted = fit_pooled("y ~ x1", panel, weights="size") if pooled else fit_within("y ~ x1 | firm", panel, weights="size")
    with pytest.raises(NotEstimable, match=r"(?s)weights.*size"):
        TESTS[name](weighted, panel)


@pytest.mark.parametrize("name", TESTS)
def test_another_panel_is_refused(name: str) -> None:
    panel = make_panel()
    formula = "y ~ x1" if name == "breusch_pagan_heteroskedasticity" else "y ~ x1 | firm"
    estimate = (fit_within if "|" in formula else fit_pooled)(formula, panel)
    with pytest.raises(NotEstimable, match="test panel gives"):
        TESTS[name](estimate, panel.between(2010, 2016))
    with pytest.raises(NotEstimable, match=r"(?s)test panel gives .* mean of x1.*unchanged"):
        TESTS[name](estimate, panel.assign(x1=panel.frame["x1"] ** 2))
    with pytest.raises(NotEstimable, match=r"(?s)test panel gives .* for x1.*unchanged"):
        TESTS[name](estimate, panel.assign(x1=panel.frame["x1"].to_numpy()[::-1]))


def test_unknown_choices_are_named() -> None:
    panel = make_panel()
    estimate = fit_pooled("y ~ x1", panel, covariance="iid")
    for call in (d.breusch_pagan_effects, d.honda_effects):
        with pytest.raises(UnknownOption, match=r"(?s)effects='firm'.*'entity', 'time'"):
            call(estimate, panel, effects="firm")  # type: ignore[operator]
    with pytest.raises(UnknownOption, match="error_variance='both'"):
        d.hausman(estimate, estimate, error_variance="both")  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="least_common=1"):
        d.pesaran_cd(estimate, panel, least_common=1)


def test_another_panel_is_refused_for_random_effects() -> None:
    panel = make_panel()
    with pytest.raises(NotEstimable, match="mean of x1"):
        d.mundlak(fit_random("y ~ x1", panel), panel.assign(x1=panel.frame["x1"] ** 2))


@pytest.mark.parametrize("test", [d.mundlak, d.wooldridge_serial_correlation])
def test_effects_that_a_test_does_not_know_are_refused(test: Any) -> None:
    panel = make_panel()
    panel = panel.assign(half=panel.frame["firm"] < "公司06")
    with pytest.raises(NotEstimable, match=r"(?s)firm and year effects, not with half\^year.*C\(\.\.\.\)"):
        test(fit_within("y ~ x1 | firm + half^year", panel), panel)


def test_logs_lags_and_missing_values_leave_the_same_rows() -> None:
    panel = make_panel()
    frame = panel.frame
    panel = panel.assign(z=frame["x1"].where(frame["x1"] > -1), w=np.exp(frame["x2"]).where(frame["year"] != 2012))
    estimate = fit_within("y ~ z + log(w) + L(x1, 1) + C(year) | firm", panel)
    assert estimate.counts.rows < len(panel)
    result = d.pesaran_cd(estimate, panel)
    assert np.isfinite(result.statistic)
    assert np.isfinite(d.mundlak(estimate, panel).p_value)
    assert np.isfinite(d.wooldridge_serial_correlation(estimate, panel).p_value)


def test_inputs_come_back_unchanged() -> None:
    panel = make_panel()
    before = panel.frame.copy()
    estimate = fit_within("y ~ x1 + x2 | firm", panel)
    beta = estimate.beta.copy()
    for test in (d.f_effects, d.mundlak, d.wooldridge_serial_correlation, d.pesaran_cd, d.modified_wald_heteroskedasticity):
        test(estimate, panel)
    pd.testing.assert_frame_equal(panel.frame, before)
    assert (estimate.beta == beta).all()
