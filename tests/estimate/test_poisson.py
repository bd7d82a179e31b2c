"""Poisson with absorbed effects: against statsmodels with dummies, pyfixest, published tables, and by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import EmptySample, EstimationError, FormulaError, NotConverged, NotEstimable, NothingToEstimate, PerfectPrediction
from toolkit.estimate import fit_poisson, fit_within
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve.engines import separating_rows
from toolkit.panel import Panel

SAME = 1e-7  # relative; the other side iterates to about 1e-9


def counts(seed: int = 0, firms: int = 40, years: int = 7) -> pd.DataFrame:
    """Firms with text ids and gaps; a missing cell, a column of the size 1e9, and firms that never patent."""
    rng = np.random.default_rng(seed)
    n = firms * years
    frame = pd.DataFrame(
        {"firm": np.repeat([f"f{i:02d}" for i in range(firms)], years), "year": np.tile(np.arange(2001, 2001 + years), firms)}
    )
    frame["x"], frame["z"] = rng.normal(size=n), rng.normal(size=n)
    frame["sector"] = np.repeat(np.arange(firms) % 5, years)
    mean = np.exp(0.4 * frame["x"] - 0.3 * frame["z"] + np.repeat(rng.normal(size=firms), years) + 0.1 * (frame["year"] - 2000))
    frame["patents"] = rng.poisson(mean).astype(float)
    frame.loc[frame["firm"].isin(["f03", "f11"]), "patents"] = 0.0
    frame["big"] = 5e9 + 1e9 * frame["z"]
    frame["copy"] = 2 * frame["x"]
    frame = frame[rng.random(n) < 0.85]
    frame.iloc[5, frame.columns.get_loc("x")] = np.nan
    return frame


@pytest.fixture(scope="module")
def panel() -> Panel:
    return Panel(counts(), "firm", "year", "patents")


def dummies(estimate_rows: pd.DataFrame, effects: list[str]) -> np.ndarray:
    blocks = [np.ones((len(estimate_rows), 1))]
    blocks += [pd.get_dummies(estimate_rows[e], drop_first=True).to_numpy(float) for e in effects]
    return np.hstack(blocks)


def usable(panel: Panel) -> pd.DataFrame:
    """The rows by hand: complete, firms with a patent, firms seen twice."""
    frame = panel.frame.dropna(subset=["x"])
    frame = frame[frame.groupby("firm")["patents"].transform("sum") > 0]
    return frame[frame.groupby("firm")["patents"].transform("size") > 1]


@pytest.mark.parametrize("effects", [["firm"], ["firm", "year"], ["sector", "year"], []])
def test_equals_statsmodels_with_dummies(panel: Panel, effects: list[str]) -> None:
    import statsmodels.api as sm

    rows = usable(panel) if "firm" in effects else panel.frame.dropna(subset=["x"])
    formula = "patents ~ x + z" + (" | " + " + ".join(effects) if effects else "")
    design = np.hstack([rows[["x", "z"]].to_numpy(), dummies(rows, effects)])
    model = sm.GLM(rows["patents"].to_numpy(), design, family=sm.families.Poisson())
    theirs = model.fit(tol=1e-14, maxiter=200)
    codes = pd.factorize(rows["firm"])[0]
    clustered = model.fit(cov_type="cluster", cov_kwds={"groups": codes, "use_correction": False}, tol=1e-14, maxiter=200)
    ours = fit_poisson(formula, panel, covariance="iid")
    at = [ours.terms.index("x"), ours.terms.index("z")]
    assert ours.counts.rows == len(rows)
    np.testing.assert_allclose(ours.beta[at], theirs.params[:2], rtol=SAME)
    np.testing.assert_allclose(ours.std_errors[at], theirs.bse[:2], rtol=SAME)
    np.testing.assert_allclose(
        fit_poisson(formula, panel, cluster="firm", small_sample="none").std_errors[at], clustered.bse[:2], rtol=SAME
    )
    assert ours.statistics["log_likelihood"] == pytest.approx(theirs.llf, rel=1e-10)
    assert ours.statistics["deviance"] == pytest.approx(theirs.deviance, rel=1e-9)
    constant = sm.GLM(rows["patents"].to_numpy(), np.ones(len(rows)), family=sm.families.Poisson()).fit()
    assert ours.statistics["r2_pseudo"] == pytest.approx(1 - theirs.llf / constant.llf, rel=1e-9)
    if not effects:
        assert ours.coefficient("Intercept").estimate == pytest.approx(theirs.params[2], rel=SAME)
        assert ours.coefficient("Intercept").std_error == pytest.approx(theirs.bse[2], rel=SAME)


@pytest.mark.parametrize("cluster", ["firm", "year", "sector"])
def test_the_convention_is_that_of_pyfixest_under_explicit_ssc(panel: Panel, cluster: str) -> None:
    import pyfixest as pf

    rows = usable(panel).assign(f=lambda d: pd.factorize(d["firm"])[0])
    theirs = pf.fepois(
        "patents ~ x + z | f + year",
        rows,
        vcov={"CRV1": "f" if cluster == "firm" else cluster},
        ssc=pf.ssc(k_adj=True, k_fixef="nonnested", G_adj=True),
        iwls_tol=1e-12,
        demeaner=pf.LsmrDemeaner(fixef_atol=1e-12, fixef_btol=1e-12),
    )
    ours = fit_poisson("patents ~ x + z | firm + year", panel, cluster=cluster)
    np.testing.assert_allclose(ours.beta, theirs.coef().to_numpy(), rtol=SAME)
    np.testing.assert_allclose(ours.std_errors, theirs.se().to_numpy(), rtol=SAME)
    firms, years, groups = rows["f"].nunique(), rows["year"].nunique(), rows[cluster].nunique()
    nested = {"firm": 2 + years, "year": 2 + firms, "sector": 2 + years}[cluster]
    assert ours.covariance.parameters == nested
    assert ours.covariance.factor_value == pytest.approx(groups / (groups - 1) * (len(rows) - 1) / (len(rows) - nested))


def test_entities_without_a_positive_outcome_are_counted_and_named(panel: Panel) -> None:
    estimate = fit_poisson("patents ~ x + z | firm + year", panel)
    gone = {str(d.reason): d for d in estimate.counts.dropped}["outcome always zero within firm"]
    by_hand = panel.frame.dropna(subset=["x"]).groupby("firm").filter(lambda d: d["patents"].sum() == 0)
    assert gone.rows == len(by_hand)
    assert gone.first == f"f03 {by_hand['year'].iloc[0]}"
    assert fit_poisson(
        "patents ~ x + z | firm + year", panel.keep(panel.frame["firm"].isin(set(panel.frame["firm"]) - {"f03", "f11"}))
    ).beta == (pytest.approx(estimate.beta, rel=SAME))


def test_a_year_without_patents_leaves_and_takes_the_singletons_it_makes_with_it() -> None:
    frame = counts(3, 20, 5)
    frame = frame[~((frame["firm"] == "f00") & (frame["year"] > 2002))].assign(patents=lambda d: d["patents"].where(d["year"] > 2001, 0.0))
    estimate = fit_poisson("patents ~ x | firm + year", Panel(frame, "firm", "year"))
    reasons = [str(d.reason) for d in estimate.counts.dropped]
    assert "outcome always zero within year" in reasons
    assert estimate.counts.periods == 4


def separated_panel(seed: int = 4) -> Panel:
    frame = counts(seed).dropna()
    rng = np.random.default_rng(seed)
    frame["shut"] = ((frame["patents"] == 0) & (rng.random(len(frame)) < 0.5)).astype(float)
    return Panel(frame, "firm", "year")


@pytest.mark.parametrize("right", ["x + shut", "x + shut | year", "x + shut | firm + year", "x + z + I(shut - 2 * x) | firm"])
def test_zeros_predicted_perfectly_are_dropped_counted_and_named(right: str) -> None:
    panel = separated_panel()
    estimate = fit_poisson(f"patents ~ {right}", panel)
    gone = {str(d.reason): d for d in estimate.counts.dropped}["zero predicted perfectly"]
    assert any(str(w).startswith(f"{gone.rows} zeros") for w in estimate.warnings)
    assert any(str(w).startswith("With them") and "shut" in str(w) for w in estimate.warnings)
    without = panel.keep(panel.frame["shut"] == 0)
    same = fit_poisson(f"patents ~ {right.replace(' + shut', '').replace(' + I(shut - 2 * x)', '')}", without)
    shared = [t for t in same.terms if t in estimate.terms]
    assert shared
    for term in shared:
        assert estimate.coefficient(term).estimate == pytest.approx(same.coefficient(term).estimate, rel=SAME)
    assert estimate.counts.rows == same.counts.rows


def test_effects_alone_can_separate() -> None:
    """Firms a, b patent in years 1, 2 and firms c, d in 3, 4; a's zeros in years 3 and 4 are the only bridge, and predicted perfectly."""
    frame = pd.DataFrame(
        [(f, t, y) for f, ts, ys in [("a", (1, 2, 3, 4), (2, 3, 0, 0)), ("b", (1, 2), (1, 4)), ("c", (3, 4), (2, 2)), ("d", (3, 4), (5, 1))]
         for t, y in zip(ts, ys, strict=True)],
        columns=["firm", "year", "y"],
    )  # fmt: skip
    frame["x"] = np.random.default_rng(0).normal(size=len(frame))
    many = pd.concat([frame.assign(firm=frame["firm"] + str(i), y=frame["y"] + (frame["y"] > 0) * i) for i in range(3)])
    many["x"] = np.random.default_rng(1).normal(size=len(many))
    estimate = fit_poisson("y ~ x | firm + year", Panel(many, "firm", "year"))
    gone = {str(d.reason): d for d in estimate.counts.dropped}["zero predicted perfectly"]
    assert (gone.rows, gone.first) == (6, "a0 3")


@pytest.mark.parametrize("seed", [0, 1, 3])  # with others the rectifier stops before it is done
def test_separation_agrees_with_the_iterative_rectifier_of_pyfixest(seed: int) -> None:
    from pyfixest.estimation.models.fepois_ import _check_for_separation_ir

    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"y": rng.poisson(0.6, 80).astype(float), "g": np.arange(80) % 6, "x": rng.normal(size=80)})
    frame["d"] = ((frame["y"] == 0) & (rng.random(80) < 0.3)) * rng.choice([1.0, 3.0], 80)
    frame["e"] = frame["x"] * ((frame["y"] > 0) | (rng.random(80) < 0.5))
    theirs = _check_for_separation_ir("y ~ x + d + e | g", frame, None, None, frame[["g"]])
    ours = separating_rows(frame["y"].to_numpy(), frame[["x", "d", "e"]].to_numpy().T, [Grouping(frame["g"].to_numpy(), 6)])
    assert len(theirs)
    assert set(np.flatnonzero(ours)) == set(theirs)


def test_a_combination_of_two_regressors_separates_what_neither_does_alone() -> None:
    """e has both signs among the zeros; with enough of d added it has one. Row 4 is reached by e alone. By hand."""
    outcome = np.array([1.0, 2, 0, 0, 0, 0, 3])
    d, e = np.array([0.0, 0, 1, 1, 0, 0, 0]), np.array([0.0, 0, 2, -1, -1, 0, 0])
    everyone = [Grouping(np.zeros(7, dtype=np.intp), 1)]
    assert np.flatnonzero(separating_rows(outcome, np.stack([d, e]), everyone)).tolist() == [2, 3, 4]
    assert not separating_rows(outcome, e[None], everyone).any()


def test_perfect_prediction_of_everything_is_an_error() -> None:
    panel = separated_panel()
    with pytest.raises(PerfectPrediction, match=r"predict \d+ zeros of patents") as caught:
        fit_poisson("patents ~ shut | firm", panel)
    assert "leave out" in str(caught.value)
    assert "first" in str(caught.value)


def test_bad_outcomes_are_named(panel: Panel) -> None:
    with pytest.raises(EstimationError, match="negative in") as caught:
        fit_poisson("z ~ x | firm", panel)
    assert "first f" in str(caught.value)
    with pytest.raises(FormulaError, match="once more"):
        fit_poisson("log(patents) ~ x | firm", panel)
    with pytest.raises(EmptySample, match="always zero within firm"):
        fit_poisson("never ~ x | firm", panel.assign(never=0.0))
    with pytest.raises(NothingToEstimate, match="does not vary"):
        fit_poisson("never ~ x", panel.assign(never=0.0))
    with pytest.raises(NothingToEstimate, match="no variation within firm"):
        fit_poisson("patents ~ sector | firm", panel)
    with pytest.raises(FormulaError, match="fit_poisson"):
        fit_poisson("patents ~ 1 | firm | x ~ z", panel)


def test_scale_copies_and_missing_cells(panel: Panel) -> None:
    plain = fit_poisson("patents ~ x + z | firm + year", panel)
    big = fit_poisson("patents ~ x + big + copy | firm + year", panel)
    assert [o.term for o in big.omitted] == ["copy"]
    assert big.coefficient("big").estimate * 1e9 == pytest.approx(plain.coefficient("z").estimate, rel=SAME)
    assert big.coefficient("x").std_error == pytest.approx(plain.coefficient("x").std_error, rel=SAME)
    assert {str(d.reason) for d in plain.counts.dropped} >= {"missing x"}
    pooled = fit_poisson("patents ~ x + big", panel)
    assert pooled.coefficient("big").estimate * 1e9 == pytest.approx(
        fit_poisson("patents ~ x + z", panel).coefficient("z").estimate, rel=SAME
    )


def test_without_regressors_the_intercept_is_the_log_of_the_mean(panel: Panel) -> None:
    estimate = fit_poisson("patents ~ 1", panel)
    assert estimate.coefficient("Intercept").estimate == pytest.approx(np.log(panel.frame["patents"].mean()))
    assert estimate.statistics["r2_pseudo"] == pytest.approx(0, abs=1e-12)
    through_origin = fit_poisson("patents ~ x + 0", panel)
    assert through_origin.terms == ("x",)


def test_whole_weights_are_repeated_rows(panel: Panel) -> None:
    frame = panel.frame.dropna().assign(w=lambda d: 1 + np.arange(len(d)) % 3)
    repeated = frame.loc[frame.index.repeat(frame["w"])]
    weighted = fit_poisson("patents ~ x + z | firm", Panel(frame, "firm", "year"), weights="w")
    plain = fit_poisson("patents ~ x + z | firm", repeated, cluster="firm")
    np.testing.assert_allclose(weighted.beta, plain.beta, rtol=SAME)
    assert weighted.statistics["r2_pseudo"] == pytest.approx(plain.statistics["r2_pseudo"], rel=1e-9)


def test_elasticities_of_the_expected_outcome(panel: Panel) -> None:
    positive = panel.assign(k=np.exp(panel.frame["x"]))
    estimate = fit_poisson("patents ~ log(k) + z | firm", positive)
    assert estimate.elasticity("log(k)").estimate == estimate.coefficient("log(k)").estimate
    assert estimate.elasticity("z").estimate == pytest.approx(estimate.coefficient("z").estimate * estimate.means["z"])
    assert estimate.elasticity("log(k)").term == "elasticity of patents to k"
    with pytest.raises(NotEstimable):
        fit_poisson("patents ~ z + z^2 | firm", positive).elasticity("z")


def test_prediction_is_the_log_mean(panel: Panel) -> None:
    estimate = fit_poisson("patents ~ x + z", panel)
    mean = np.exp(estimate.predict(panel)).dropna()
    assert mean.sum() == pytest.approx(panel.frame["patents"][mean.index].sum())


def test_a_perfect_fit_is_noted() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(5), 6), "year": np.tile(np.arange(6), 5), "x": rng.normal(size=30)})
    frame["y"] = np.exp(1 + 0.5 * frame["x"])
    estimate = fit_poisson("y ~ x | firm", Panel(frame, "firm", "year"))
    assert estimate.beta == pytest.approx([0.5])
    assert any("The fit is perfect" in str(w) for w in estimate.warnings)


def test_outcomes_over_forty_orders_of_magnitude_meet_the_first_order_conditions() -> None:
    far = pd.DataFrame({"y": 20 * np.random.default_rng(1).normal(size=50), "x": 10 * np.random.default_rng(0).normal(size=50)})
    rows = np.exp(far)
    left = rows["y"] - np.exp(fit_poisson("y ~ x", rows).predict(rows))
    assert abs(left.sum()) < 1e-9 * rows["y"].sum()
    assert abs((left * rows["x"]).sum()) < 1e-8 * (rows["y"] * rows["x"]).sum()


def test_iterations_that_run_out_are_not_returned(panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.estimate.poisson.ITERATIONS", 2)
    with pytest.raises(NotConverged, match="did not converge in 2 steps"):
        fit_poisson("patents ~ x + z | firm", panel)


def test_inputs_come_back_unchanged_and_lags_follow_the_calendar(panel: Panel) -> None:
    before = panel.frame.copy()
    estimate = fit_poisson("patents ~ L(x, 1) + C(sector):z | firm + year", panel, covariance="driscoll_kraay")
    pd.testing.assert_frame_equal(panel.frame, before)
    assert any(str(d.reason) == "no such period for L(x, 1)" for d in estimate.counts.dropped)
    assert len(estimate.terms) == 6
    assert "poisson: patents ~" in repr(estimate)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_first_order_conditions_and_scale(seed: int) -> None:
    """Multiplying the outcome leaves all but the level alone; and Poisson equals least squares of logs where the mean is exact."""
    frame = counts(seed, 12, 5)
    panel = Panel(frame, "firm", "year")
    estimate = fit_poisson("patents ~ z | firm", panel)
    scaled = fit_poisson("patents ~ z | firm", panel.assign(patents=panel.frame["patents"] * 1e6))
    np.testing.assert_allclose(scaled.beta, estimate.beta, rtol=1e-6)
    exact = panel.assign(patents=np.exp(0.7 * panel.frame["z"] + pd.factorize(panel.frame["firm"])[0] / 5))
    assert fit_poisson("patents ~ z | firm", exact).beta == pytest.approx(fit_within("log(patents) ~ z | firm", exact).beta, rel=1e-6)
