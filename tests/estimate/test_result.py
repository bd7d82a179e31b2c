"""The answer: tidy, glance, tests of hypotheses, elasticities, predictions, and what is shown."""

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toolkit.errors import FormulaError, NotEstimable, UnknownOption, UnseenLevel
from toolkit.estimate import fit, fit_differences, fit_pooled, fit_random
from toolkit.panel import Panel


def test_tidy_and_coefficient_agree_with_the_t_distribution(gappy: Panel) -> None:
    estimate = fit("y ~ x + z | firm", gappy)
    tidy = estimate.tidy(level=0.9)
    assert list(tidy.columns) == ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    row, df = tidy.iloc[1], estimate.covariance.df_t
    assert row["statistic"] == pytest.approx(row["estimate"] / row["std_error"])
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["statistic"]), df), rel=1e-9)
    low, high = stats.t.interval(0.9, df, row["estimate"], row["std_error"])
    assert (row["conf_low"], row["conf_high"]) == (pytest.approx(low), pytest.approx(high))
    assert estimate.coefficient("z", level=0.9).low == pytest.approx(low)


def test_glance_is_one_row_with_counts_and_convention(gappy: Panel) -> None:
    glance = fit("y ~ x | firm + year", gappy).glance()
    assert len(glance) == 1
    assert glance.loc[0, ["method", "outcome", "effects", "clusters", "factor"]].tolist() == [
        "within",
        "y",
        "firm + year",
        "firm",
        "G/(G-1)*(N-1)/(N-K)",
    ]
    assert glance.loc[0, "rows"] == len(gappy)
    assert {"r2", "r2_within", "adj_r2", "rmse", "f", "f_effects"} <= set(glance.columns)


def test_names_of_terms_are_found_whatever_their_spaces(tidy_panel: Panel) -> None:
    estimate = fit("y ~ log(positive) + L(z,1) + fixed | firm", tidy_panel)
    assert estimate.coefficient("L(z,1)").term == "L(z, 1)"
    with pytest.raises(NotEstimable, match="did you mean log"):
        estimate.coefficient("log(postive)")
    with pytest.raises(NotEstimable, match="fixed was omitted: no variation within firm"):
        estimate.coefficient("fixed")
    with pytest.raises(UnknownOption, match="no confidence level"):
        estimate.coefficient("L(z, 1)", level=95)


def test_wald_tests(gappy: Panel) -> None:
    estimate = fit("y ~ x + z + x:z | firm", gappy)
    t = estimate.coefficient("x")
    one = estimate.wald("x = 0")
    assert one.statistic == pytest.approx(t.statistic**2)
    assert one.p_value == pytest.approx(t.p_value)
    assert estimate.wald("x").statistic == pytest.approx(one.statistic)
    both = estimate.wald(["x = 0.5", "z = -1"])
    matrix, gap = np.eye(3)[:2], estimate.beta[:2] - [0.5, -1.0]
    assert both.statistic == pytest.approx(gap @ np.linalg.inv(estimate.vcov[:2, :2]) @ gap / 2)
    assert both.p_value == pytest.approx(stats.f.sf(both.statistic, 2, estimate.covariance.df_t))
    assert estimate.wald(matrix, [0.5, -1.0]).statistic == pytest.approx(both.statistic)
    equal = estimate.wald("x = z")
    spread = estimate.vcov[0, 0] + estimate.vcov[1, 1] - 2 * estimate.vcov[0, 1]
    assert equal.statistic == pytest.approx((estimate.beta[0] - estimate.beta[1]) ** 2 / spread)
    assert estimate.wald("2*x - x:z + 1 = z*3 + 1").hypotheses == ("2*x - x:z + 1 = z*3 + 1",)
    assert estimate.wald("x + z = -0.5").df1 == 1
    assert estimate.wald(["x", "z", "x:z"]).statistic == pytest.approx(estimate.statistics["f"])


@pytest.mark.parametrize(
    ("hypothesis", "error"),
    [
        ("w = 0", FormulaError),
        ("x = ", FormulaError),
        ("x = z = 0", FormulaError),
        ("x * z = 0", FormulaError),
        ("1 = 1", FormulaError),
        (["x = 0", "2*x = 0"], NotEstimable),
        (["x = 0", "x = 1"], NotEstimable),
        (np.eye(3), NotEstimable),
    ],
)
def test_hypotheses_that_cannot_be_tested(gappy: Panel, hypothesis: object, error: type[Exception]) -> None:
    estimate = fit("y ~ x + z | firm", gappy)
    with pytest.raises(error):
        estimate.wald(hypothesis)  # type: ignore[arg-type]


def test_more_restrictions_than_clusters_are_refused(gappy: Panel) -> None:
    estimate = fit("y ~ x + z + C(year)", gappy, cluster="industry")
    assert any("joint tests are not possible" in str(w) for w in estimate.warnings)
    assert "f" not in estimate.statistics
    with pytest.raises(NotEstimable, match="singular"):
        estimate.wald(list(estimate.terms))


def test_elasticities_of_every_form(tidy_panel: Panel) -> None:
    panel = tidy_panel.assign(q=lambda d: np.exp(0.3 * d["y"]) + 1)
    frame = panel.frame
    log_log = fit("log(q) ~ log(positive) | firm", panel)
    assert log_log.elasticity("log(positive)").estimate == pytest.approx(log_log.beta[0])
    semi = fit("log(q) ~ positive | firm", panel)
    found = semi.elasticity("positive")
    assert found.estimate == pytest.approx(semi.beta[0] * frame["positive"].mean())
    assert found.std_error == pytest.approx(semi.std_errors[0] * frame["positive"].mean())
    assert found.p_value == pytest.approx(semi.coefficient("positive").p_value)
    assert found.term == "elasticity of q to positive"
    level = fit("q ~ positive | firm", panel)
    assert level.elasticity("positive").estimate == pytest.approx(level.beta[0] * frame["positive"].mean() / frame["q"].mean())
    lin_log = fit_pooled("q ~ log(positive)", panel)
    assert lin_log.elasticity("log(positive)").estimate == pytest.approx(lin_log.beta[1] / frame["q"].mean())
    lagged = fit("log(q) ~ L(log(positive), 1) + log(positive) | firm", panel)
    assert lagged.elasticity("L(log(positive), 1)").estimate == pytest.approx(lagged.beta[0])
    differenced = fit_differences("q ~ positive", panel)
    used = frame[frame["year"] > 2000]
    assert differenced.elasticity("positive").estimate == pytest.approx(differenced.beta[0] * used["positive"].mean() / used["q"].mean())


@pytest.mark.parametrize(
    ("formula", "term"),
    [
        ("log(q) ~ asinh(positive)", "asinh(positive)"),
        ("log(q) ~ positive + positive^2", "positive"),
        ("log(q) ~ log(positive) + log(positive):z", "log(positive)"),
        ("log(q) ~ C(region) + x", "C(region)[West]"),
        ("asinh(q) ~ log(positive)", "log(positive)"),
        ("D(log(q)) ~ log(positive)", "log(positive)"),
        ("log(q) ~ x", "Intercept"),
    ],
)
def test_elasticities_that_are_not_one_number_are_refused(tidy_panel: Panel, formula: str, term: str) -> None:
    panel = tidy_panel.assign(q=lambda d: np.exp(d["y"]))
    with pytest.raises(NotEstimable):
        fit(formula, panel).elasticity(term)


def test_predictions_are_the_linear_index(tidy_panel: Panel) -> None:
    import statsmodels.formula.api as smf

    frame = tidy_panel.frame
    estimate = fit_pooled("y ~ x*C(region) + x^2", tidy_panel)
    peer = smf.ols("y ~ x*C(region) + I(x**2)", frame).fit()
    predicted = estimate.predict(tidy_panel)
    np.testing.assert_allclose(predicted, peer.predict(frame), rtol=1e-9)
    assert predicted.index.equals(frame.index)
    within = fit("y ~ x + L(z, 1) | firm", tidy_panel)
    index = within.predict(tidy_panel)
    assert index.isna().sum() == 12  # the first year of each firm has no lag
    assert index[1] == pytest.approx(within.beta @ [frame["x"][1], frame["z"][0]])
    elsewhere = frame.head(2).assign(region=["South", "East"])
    with pytest.warns(UnseenLevel, match="South"):
        assert estimate.predict(elsewhere).isna().tolist() == [True, False]


def test_an_estimate_holds_numbers_and_no_data(gappy: Panel) -> None:
    estimate = fit("y ~ x + z | firm + year", gappy)
    assert len(pickle.dumps(estimate)) < 10_000
    assert pickle.loads(pickle.dumps(estimate)).beta.tolist() == estimate.beta.tolist()
    with pytest.raises(ValueError, match="read-only"):
        estimate.beta[0] = 0.0


def test_what_is_shown_names_convention_drops_and_warnings(tidy_panel: Panel) -> None:
    panel = tidy_panel.assign(研发=lambda d: np.where(d["year"] == 2000, np.nan, d["x"]))
    estimate = fit("y ~ 研发 + fixed | firm", panel)
    shown = repr(estimate)
    for piece in (
        "within: y ~ 研发 + fixed | firm",
        "clustered by firm; factor G/(G-1)*(N-1)/(N-K)",
        "K = 2 (reghdfe); t with 11 df",
        "60 of 72 rows, 12 entities, 5 periods, 12 clusters by firm",
        "Left out: 12 missing 研发 (first f00 2000)",
        "Omitted: fixed (no variation within firm)",
        "Only 12 clusters by firm",
    ):
        assert piece in shown
    html = estimate._repr_html_()
    assert html.startswith("<p><b>within: y ~ 研发 + fixed | firm</b></p><table>")
    assert "研发" in html
    assert "&lt;0.001" in fit("y ~ x", tidy_panel.assign(y=lambda d: d["y"] + 9 * d["x"]))._repr_html_()
    assert "Standard errors iid, RSS/(N-K) with K = 3" in repr(fit_pooled("y ~ x + z", tidy_panel, covariance="iid"))
    assert "Swamy and Arora" in repr(fit_random("y ~ x", tidy_panel))


def test_a_term_with_markup_is_escaped() -> None:
    frame = pd.DataFrame({"a<b": [1.0, 2, 3, 5], "y": [1.0, 2, 4, 4]})
    html = fit_pooled("y ~ `a<b`", frame)._repr_html_()
    assert "a&lt;b" in html
    assert "a<b" not in html
