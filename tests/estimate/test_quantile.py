"""Quantile regression: the four steps with dummies, an exact case, linear programming, resampling, and simulations with a known truth."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.errors import FormulaError, NotEstimable, NothingToEstimate, TooFewClusters, UnknownOption
from toolkit.estimate import fit_pooled, fit_quantile, fit_within
from toolkit.panel import Panel

EXACT = 1e-8
ITERATED = 1e-4  # statsmodels stops at a small step of reweighted least squares
KERNEL = 0.25  # relative; statsmodels takes another kernel for the density
RESAMPLED = 0.2  # relative; resampling 60 clusters against the analytic form


def make(seed: int = 0, entities: int = 60, periods: int = 12, slope: float = 0.5, gap: float = 0.1) -> Panel:
    """y = a_i + x + z/2 + (1 + slope x) u with x in (0, 1): the slope of x at quantile q is 1 + slope * u_q."""
    rng = np.random.default_rng(seed)
    n = entities * periods
    frame = pd.DataFrame(
        {"firm": np.repeat([f"f{i:03d}" for i in range(entities)], periods), "year": np.tile(np.arange(periods), entities)}
    )
    frame["x"], frame["z"] = rng.random(n), rng.normal(size=n)
    frame["u"] = rng.normal(size=n)
    frame["y"] = np.repeat(rng.normal(size=entities), periods) + frame["x"] + 0.5 * frame["z"] + (1 + slope * frame["x"]) * frame["u"]
    frame["big"] = 7e9 + 1e9 * frame["x"]
    frame["copy"] = -frame["z"]
    frame.loc[7, "z"] = np.nan
    return Panel(frame[rng.random(n) >= gap], "firm", "year")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make()


@pytest.mark.parametrize("effects", [["firm"], ["firm", "year"]])
def test_the_four_steps_with_dummies(panel: Panel, effects: list[str]) -> None:
    rows = panel.frame.dropna()
    dummies = pd.get_dummies(rows[effects].astype(str)).to_numpy(float)
    design = np.column_stack([rows["x"], rows["z"], dummies])
    b = np.linalg.lstsq(design, rows["y"], rcond=None)[0]
    residual = rows["y"].to_numpy() - design @ b
    c = np.linalg.lstsq(design, np.abs(residual), rcond=None)[0]
    scale = design @ c
    assert (scale > 0).all()
    ranked = np.sort(residual / scale)
    found = fit_quantile(f"y ~ x + z | {' + '.join(effects)}", panel, quantiles=(0.1, 0.5, 0.9))
    for q in (0.1, 0.5, 0.9):
        u = ranked[int(np.ceil(q * len(ranked))) - 1]
        np.testing.assert_allclose(found[q].beta, b[:2] + c[:2] * u, rtol=EXACT)
        assert found[q].statistics["standardised_quantile"] == pytest.approx(u)
    assert found.location is not None
    assert found.scale is not None
    np.testing.assert_allclose(found.scale.beta, c[:2], rtol=EXACT)
    within = fit_within(f"y ~ x + z | {' + '.join(effects)}", panel)
    np.testing.assert_allclose(found.location.beta, within.beta, rtol=EXACT)
    np.testing.assert_allclose(found.location.vcov, within.vcov, rtol=1e-6)


def test_an_exact_case_by_hand() -> None:
    """Every cell is seen with u = -1 and u = 1: residuals are the scale itself, and quantiles below and above the middle its two signs."""
    rng = np.random.default_rng(0)
    cells = pd.DataFrame({"firm": np.repeat(np.arange(8), 5), "x": rng.random(40)})
    frame = pd.concat([cells.assign(u=u) for u in (-1.0, 1.0)], ignore_index=True)
    frame["y"] = frame["firm"] + 2 * frame["x"] + (1 + 0.1 * frame["firm"] + 3 * frame["x"]) * frame["u"]
    frame["year"] = frame.groupby("firm").cumcount()
    found = fit_quantile("y ~ x | firm", Panel(frame, "firm", "year"), quantiles=[0.75, 0.25])
    assert found.quantiles == (0.25, 0.75)
    assert [e.coefficient("x").estimate for e in found] == pytest.approx([2 - 3, 2 + 3])


def test_errors_are_those_of_leaving_clusters_out(panel: Panel) -> None:
    """The delete-one-cluster jackknife of the whole procedure has the variance of the influence function."""
    formula, quantiles = "y ~ x + z | firm", (0.25, 0.5, 0.75)
    found = fit_quantile(formula, panel, quantiles=quantiles, small_sample="none")
    firms = sorted(set(panel.frame["firm"]))
    left = np.array([[e.beta for e in fit_quantile(formula, panel.keep(panel.frame["firm"] != f), quantiles=quantiles)] for f in firms])
    spread = (len(firms) - 1) / len(firms) * ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    ours = np.array([e.std_errors for e in found])
    smooth = np.abs(ours / np.sqrt(spread) - 1)
    assert smooth.max() < RESAMPLED  # the sample quantile is not smooth, so this is no identity


def test_the_bootstrap_agrees_with_the_analytic_form(panel: Panel) -> None:
    formula = "y ~ x + z | firm + year"
    drawn = fit_quantile(formula, panel, rng=np.random.default_rng(1), draws=300)
    analytic = fit_quantile(formula, panel)
    for one, other in zip(drawn, analytic, strict=True):
        np.testing.assert_array_equal(one.beta, other.beta)
        np.testing.assert_allclose(one.std_errors, other.std_errors, rtol=RESAMPLED)
    assert drawn[0.5].covariance.note == "cluster bootstrap, 300 draws"
    assert drawn[0.5].covariance.factor == "1"
    again = fit_quantile(formula, panel, rng=np.random.default_rng(1), draws=300)
    np.testing.assert_array_equal(again[0.5].vcov, drawn[0.5].vcov)


def test_without_effects_the_check_function_is_minimised(panel: Panel) -> None:
    """Against statsmodels, which stops near the minimum, and the primal linear programme: min sum q p + (1 - q) m, y = X b + p - m."""
    from scipy.optimize import linprog
    from statsmodels.regression.quantile_regression import QuantReg

    rows = panel.frame.dropna()
    n = len(rows)
    design = np.column_stack([np.ones(n), rows["x"], rows["z"]])
    found = fit_quantile("y ~ x + z", panel, quantiles=(0.2, 0.5, 0.9))
    for q, estimate in zip(found.quantiles, found, strict=True):
        exact = linprog(
            np.concatenate([np.zeros(3), np.full(n, q), np.full(n, 1 - q)]),
            A_eq=np.hstack([design, np.eye(n), -np.eye(n)]),
            b_eq=rows["y"],
            bounds=[(None, None)] * 3 + [(0, None)] * (2 * n),
        )
        np.testing.assert_allclose(estimate.beta, exact.x[:3], rtol=EXACT)
        theirs = QuantReg(rows["y"].to_numpy(), design).fit(q=q)
        np.testing.assert_allclose(estimate.beta, theirs.params, rtol=ITERATED, atol=ITERATED)
        robust = fit_quantile("y ~ x + z", panel, quantiles=q, covariance="HC1", small_sample="none")[q].std_errors
        np.testing.assert_allclose(robust, theirs.bse, rtol=KERNEL)
        assert 0 < estimate.statistics["r2_pseudo"] < 1
    assert found.scale is None


def test_moments_and_check_function_agree_on_a_large_location_scale_sample() -> None:
    panel = make(5, 400, 20, gap=0.0)
    one = panel.assign(one=1)
    moments = fit_quantile("y ~ x + z | one", one, quantiles=(0.1, 0.5, 0.9))
    pooled = fit_quantile("y ~ x + z", one, quantiles=(0.1, 0.5, 0.9))
    for q in moments.quantiles:
        for term in ("x", "z"):
            a, b = moments[q].coefficient(term), pooled[q].coefficient(term)
            assert abs(a.estimate - b.estimate) < 3 * np.hypot(a.std_error, b.std_error)


def test_the_known_truth_is_found_in_a_long_panel() -> None:
    panel = make(2, 100, 80, gap=0.05)
    found = fit_quantile("y ~ x + z | firm + year", panel, quantiles=(0.1, 0.25, 0.5, 0.75, 0.9))
    for q, estimate in zip(found.quantiles, found, strict=True):
        c = estimate.coefficient("x")
        assert abs(c.estimate - (1 + 0.5 * stats.norm.ppf(q))) < 3.5 * c.std_error
        assert abs(estimate.coefficient("z").estimate - 0.5) < 3.5 * estimate.coefficient("z").std_error
    assert found.scale is not None
    assert found.scale.coefficient("x").p_value < 0.01
    assert found.scale.coefficient("z").p_value > 0.01


def test_units_copies_and_missing_cells(panel: Panel) -> None:
    plain = fit_quantile("y ~ x + z | firm", panel)
    other = fit_quantile("yen ~ big + z + copy | firm", panel.assign(yen=1e9 * panel.frame["y"]))
    for q in plain.quantiles:
        assert other[q].coefficient("big").estimate == pytest.approx(plain[q].coefficient("x").estimate, rel=1e-6)
        assert other[q].coefficient("z").std_error / 1e9 == pytest.approx(plain[q].coefficient("z").std_error, rel=1e-5)
        assert [o.term for o in other[q].omitted] == ["copy"]
        assert any(str(d.reason) == "missing z" for d in plain[q].counts.dropped)
    pooled = fit_quantile("y ~ big + z", panel, quantiles=0.5)
    assert pooled[0.5].coefficient("big").estimate * 1e9 == pytest.approx(
        fit_quantile("y ~ x + z", panel)[0.5].coefficient("x").estimate, rel=1e-4
    )
    assert pooled[0.5].coefficient("Intercept").std_error > 0


def test_result_and_its_words(panel: Panel) -> None:
    before = panel.frame.copy()
    found = fit_quantile("y ~ x + z | firm", panel, cluster="year")
    pd.testing.assert_frame_equal(panel.frame, before)
    assert len(found) == 3
    assert found.tidy().shape == (6, 8)
    assert "quantile: y ~ x + z | firm" in repr(found)
    assert found._repr_html_().count("<td>x</td>") == 3
    assert found[0.5].covariance.clusters == ("year",)
    assert found[0.5].method == "quantile"
    with pytest.raises(UnknownOption, match=r"no estimate at the quantile 0\.6"):
        found[0.6]
    assert fit_quantile("y ~ x | firm", panel, covariance="driscoll_kraay")[0.5].covariance.kind == "driscoll_kraay"
    assert fit_quantile("y ~ x", panel.frame)[0.5].covariance.kind == "HC1"


def test_short_panels_and_bad_scales_are_noted() -> None:
    short = make(3, 200, 3, gap=0.0)
    assert any("200 entities with 3.0 rows on average" in str(w) for w in fit_quantile("y ~ x | firm", short)[0.5].warnings)
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(30), 10), "year": np.tile(np.arange(10), 30), "x": rng.random(300)})
    frame["y"] = frame["x"] + np.maximum(frame["x"] - 0.35, 0.0) * rng.normal(size=300)
    found = fit_quantile("y ~ x | firm", Panel(frame, "firm", "year"))
    assert any(str(w).startswith("The fitted scale is not positive in") and "first" in str(w) for w in found[0.5].warnings)
    frame["y"] = frame["x"] + 100.0 ** (frame["x"] * 5) * rng.normal(size=300)
    with pytest.raises(NotEstimable, match="fitted scale is not positive in") as caught:
        fit_quantile("y ~ x | firm", Panel(frame, "firm", "year"))
    assert "logarithms" in str(caught.value)


def test_bad_questions_are_named(panel: Panel) -> None:
    with pytest.raises(UnknownOption, match="25 is no quantile") as caught:
        fit_quantile("y ~ x | firm", panel, quantiles=[25])
    assert "write 0.25" in str(caught.value)
    for outside in ([0.0], [1.0], [-0.2], [0.5, np.nan], []):
        with pytest.raises(UnknownOption, match="no quantile"):
            fit_quantile("y ~ x | firm", panel, quantiles=outside)
    with pytest.raises(UnknownOption, match="iid"):
        fit_quantile("y ~ x | firm", panel, covariance="iid")
    with pytest.raises(UnknownOption, match="bootstrap"):
        fit_quantile("y ~ x", panel, rng=np.random.default_rng(0))
    with pytest.raises(UnknownOption, match="bootstrap"):
        fit_quantile("y ~ x | firm", panel, rng=np.random.default_rng(0), cluster="firm + year")
    with pytest.raises(UnknownOption, match="draws=1"):
        fit_quantile("y ~ x | firm", panel, rng=np.random.default_rng(0), draws=1)
    with pytest.raises(FormulaError, match="fit_quantile"):
        fit_quantile("y ~ x | firm | z ~ u", panel)
    with pytest.raises(TooFewClusters):
        fit_quantile("y ~ x | firm", panel.assign(one=1), cluster="one")
    exact = panel.assign(y=2 * panel.frame["x"])
    with pytest.raises(NothingToEstimate, match="without error"):
        fit_quantile("y ~ x | firm", exact)


def test_bootstrap_draws_that_lose_a_coefficient_are_an_error(panel: Panel) -> None:
    rare = panel.assign(rare=((panel.frame["firm"] == "f001") & (panel.frame["year"] > 5)).astype(float))
    with pytest.raises(NotEstimable, match=r"only \d+ of 50 bootstrap draws"):
        fit_quantile("y ~ x + rare | firm", rare, rng=np.random.default_rng(0), draws=50)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 5000), q=st.sampled_from([0.1, 0.5, 0.8]))
def test_adding_a_line_shifts_every_quantile_by_it(seed: int, q: float) -> None:
    panel = make(seed, 15, 8)
    plain = fit_quantile("y ~ x + z | firm", panel, quantiles=q)[q]
    shifted = fit_quantile("y ~ x + z | firm", panel.assign(y=3 * panel.frame["y"] + 2 * panel.frame["x"]), quantiles=q)[q]
    np.testing.assert_allclose(shifted.beta, 3 * plain.beta + [2, 0], rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(shifted.std_errors, 3 * plain.std_errors, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("formula", ["y ~ x + z | firm", "y ~ x + z"])
def test_intervals_cover_the_truth(formula: str) -> None:
    """500 panels of 50 by 40: 95% intervals hold the slope of x at the quartiles, within three simulation errors and one point of bias."""
    rng, covered, errors, found = np.random.default_rng(0), [], [], []
    truth = np.array([1 + 0.5 * stats.norm.ppf(q) for q in (0.25, 0.75)])
    for _ in range(500):
        frame = pd.DataFrame({"firm": np.repeat(np.arange(50), 40), "year": np.tile(np.arange(40), 50), "x": rng.random(2000)})
        frame["z"] = rng.normal(size=2000)
        effect = np.repeat(rng.normal(size=50), 40) if "|" in formula else 0.0
        frame["y"] = effect + frame["x"] + 0.5 * frame["z"] + (1 + 0.5 * frame["x"]) * rng.normal(size=2000)
        c = [e.coefficient("x") for e in fit_quantile(formula, Panel(frame, "firm", "year"), quantiles=(0.25, 0.75))]
        covered.append([one.low <= t <= one.high for one, t in zip(c, truth, strict=True)])
        errors.append([one.std_error for one in c])
        found.append([one.estimate for one in c])
    assert np.abs(np.mean(covered, axis=0) - 0.95).max() < 3 * np.sqrt(0.95 * 0.05 / 500) + 0.01
    np.testing.assert_allclose(np.mean(errors, axis=0), np.std(found, axis=0), rtol=0.1)


def test_location_of_a_pooled_fit_is_least_squares() -> None:
    panel = make(4, 30, 10).assign(one=1)
    found = fit_quantile("y ~ x + z | one", panel)
    assert found.location is not None
    np.testing.assert_allclose(found.location.beta, fit_pooled("y ~ x + z", panel).beta[1:], rtol=EXACT)
