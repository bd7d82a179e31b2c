"""Strength of instruments and the Anderson-Rubin set: literal formulas of the papers, identities, duality, constructed cases."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate import WeakInstrumentReport, fit_instruments
from toolkit.estimate.instruments.anderson_rubin import AndersonRubin, ConfidenceSet
from toolkit.estimate.instruments.strength import EffectiveF
from toolkit.panel import Panel

SAME = 1e-8
COVARIANCES: list[dict[str, Any]] = [
    {"covariance": "iid"},
    {"covariance": "HC1"},
    {"covariance": "cluster"},
    {"cluster": "firm + year"},
    {"cluster": "firm + year", "small_sample": "plm"},
    {"covariance": "driscoll_kraay"},
    {"covariance": "HC1", "small_sample": "none"},
    {"covariance": "cluster", "small_sample": "xtreg"},
]


def made(seed: int, *, strength: float = 0.5, violation: float = 0.0, firms: int = 40, years: int = 10) -> Panel:
    rng = np.random.default_rng(seed)
    n = firms * years
    frame = pd.DataFrame({"firm": np.repeat([f"f{i}" for i in range(firms)], years), "year": np.tile(np.arange(years), firms)})
    z = rng.normal(size=(3, n))
    u, v = rng.normal(size=(2, n)) + np.repeat(rng.normal(size=(2, firms)), years, axis=1)
    u = u * (1 + 0.5 * np.abs(z[0]))
    frame[["z1", "z2", "z3"]] = z.T
    frame["x"] = rng.normal(size=n) + 0.3 * z[1]
    frame["d1"] = strength * (z[0] + 0.5 * z[1]) + 0.3 * frame["x"] + 0.7 * u + v
    frame["d2"] = strength * (z[1] - 0.7 * z[2]) + 0.5 * u + rng.normal(size=n)
    frame["y"] = 0.4 * frame["d1"] + 0.2 * frame["d2"] + frame["x"] + u + violation * z[1]
    return Panel(frame[rng.random(n) < 0.9], "firm", "year")


def report(formula: str, panel: Panel, **options: Any) -> WeakInstrumentReport:
    return fit_instruments(formula, panel, **options).weak


def ar_of(formula: str, panel: Panel, **options: Any) -> AndersonRubin:
    ar = report(formula, panel, **options).anderson_rubin
    assert ar is not None
    return ar


def partialled(panel: Panel, names: list[str], effect: str | None = None) -> np.ndarray:
    """(n, k) columns less their projection on x and the dummies of ``effect`` (or a constant)."""
    frame = panel.frame
    known = np.column_stack([frame["x"], pd.get_dummies(frame[effect]) if effect else np.ones(len(frame))]).astype(float)
    columns = frame[names].to_numpy()
    return columns - known @ (np.linalg.pinv(known) @ columns)


# --- Kleibergen and Paap ------------------------------------------------------------------------------


def literal_rk(y: np.ndarray, z: np.ndarray, form: str, groups: np.ndarray | None, iid: bool = False) -> float:
    """rk for rank K - 1 as on pages 103-104 of the paper, with F and G by Cholesky and symmetric square roots, from raw scores."""
    n, K = y.shape
    pi = np.linalg.solve(z.T @ z, z.T @ y)
    f, g = np.linalg.cholesky(z.T @ z).T, np.linalg.inv(np.linalg.cholesky(y.T @ y).T)
    theta = f @ pi @ g
    u, _, vt = np.linalg.svd(theta)
    v = vt.T
    q = K - 1
    u22, v22 = u[q:, q:], v[q:, q:]
    a = u[:, q:] @ np.linalg.inv(u22) @ linalg.sqrtm(u22 @ u22.T).real
    b = linalg.sqrtm(v22 @ v22.T).real @ np.linalg.inv(v22.T) @ v[:, q:].T
    errors = y if form == "LM" else y - z @ pi
    scores = (errors[:, :, None] * z[:, None, :]).reshape(n, -1)
    if groups is not None:
        scores = pd.DataFrame(scores).groupby(groups).sum().to_numpy()
    meat = np.kron(errors.T @ errors / n, z.T @ z) if iid else scores.T @ scores
    to_theta = np.kron(g.T, np.linalg.inv(f).T)
    kron = np.kron(b, a.T)
    lam = kron @ theta.T.reshape(-1)
    return float(lam @ np.linalg.solve(kron @ to_theta @ meat @ to_theta.T @ kron.T, lam))


@pytest.mark.parametrize("endogenous", [["d1"], ["d1", "d2"]])
@pytest.mark.parametrize("covariance", ["iid", "HC1", "cluster"])
@pytest.mark.parametrize("effect", [None, "firm"])
def test_rk_statistics_are_those_of_the_paper(endogenous: list[str], covariance: Any, effect: str | None) -> None:
    panel = made(1)
    got = report(f"y ~ x | {effect or 0} | {' + '.join(endogenous)} ~ z1 + z2 + z3", panel, covariance=covariance, small_sample="none")
    y, z = partialled(panel, endogenous, effect), partialled(panel, ["z1", "z2", "z3"], effect)
    groups = panel.frame["firm"].to_numpy() if covariance == "cluster" else None
    assert got.under_identification is not None
    assert got.rk_wald_f is not None
    assert got.under_identification.df == (3 - len(endogenous) + 1,)
    assert got.under_identification.statistic == pytest.approx(literal_rk(y, z, "LM", groups, covariance == "iid"), rel=1e-7)
    wald = literal_rk(y, z, "Wald", groups, covariance == "iid")
    if covariance == "iid":
        n, effects = len(y), panel.frame[effect].nunique() if effect else 1
        wald *= (n - 4 - effects) / n
    assert got.rk_wald_f == pytest.approx(wald / 3, rel=1e-7)


@pytest.mark.parametrize("options", COVARIANCES, ids=str)
@pytest.mark.parametrize("instruments", ["z1", "z1 + z2 + z3"])
def test_with_one_endogenous_regressor_rk_wald_is_the_first_stage_f(options: dict[str, Any], instruments: str) -> None:
    estimate = fit_instruments(f"y ~ x | firm + year | d1 ~ {instruments}", made(2), **options)
    weak = estimate.weak
    assert weak.rk_wald_f == pytest.approx(estimate.first_stages[0].statistics["f_instruments"], rel=SAME)
    assert weak.first_stages[0].f == pytest.approx(weak.rk_wald_f, rel=SAME)
    assert weak.first_stages[0].conditional_f == weak.first_stages[0].f
    if instruments == "z1":
        assert weak.effective_f is not None
        assert weak.effective_f.statistic == pytest.approx(weak.rk_wald_f, rel=SAME)


@pytest.mark.parametrize("endogenous", [["d1"], ["d1", "d2"]])
def test_under_homoskedasticity_rk_is_cragg_donald_and_anderson(endogenous: list[str]) -> None:
    panel = made(3)
    got = report(f"y ~ x | {' + '.join(endogenous)} ~ z1 + z2 + z3", panel, covariance="iid")
    y, z = partialled(panel, endogenous), partialled(panel, ["z1", "z2", "z3"])
    squares = np.linalg.eigvals(np.linalg.solve(y.T @ y, y.T @ z) @ np.linalg.solve(z.T @ z, z.T @ y)).real
    r2, n = squares.min(), len(y)
    assert got.under_identification is not None
    assert got.under_identification.statistic == pytest.approx(n * r2, rel=SAME)
    assert got.cragg_donald_f == pytest.approx(r2 / (1 - r2) * (n - 5) / 3, rel=SAME)
    assert got.rk_wald_f == pytest.approx(got.cragg_donald_f, rel=SAME)


# --- Sanderson and Windmeijer, Montiel Olea and Pflueger --------------------------------------------------


def test_conditional_f_is_that_of_the_residual_regression() -> None:
    panel = made(4)
    got = report("y ~ x | d1 + d2 ~ z1 + z2 + z3", panel, covariance="iid")
    y, z = partialled(panel, ["d1", "d2"]), partialled(panel, ["z1", "z2", "z3"])
    projected = z @ np.linalg.solve(z.T @ z, z.T @ y)
    for j, k in ((0, 1), (1, 0)):
        slope = (projected[:, k] @ y[:, j]) / (projected[:, k] @ y[:, k])
        error = y[:, j] - slope * y[:, k]
        fitted = z @ np.linalg.solve(z.T @ z, z.T @ error)
        expected = (fitted @ fitted / 2) / ((error - fitted) @ (error - fitted) / (len(y) - 5))
        stage = got.first_stages[j]
        assert stage.conditional_f == pytest.approx(expected, rel=SAME)
        assert (stage.conditional_df1, stage.f_df2) == (2.0, len(y) - 5)
        assert stage.conditional_f is not None
        assert got.cragg_donald_f * 3 <= stage.conditional_f * 2 * (1 + 1e-12)  # the worst direction is at most this one


def test_conditional_f_finds_what_the_plain_f_hides() -> None:
    """Two regressors that the instruments move together: each has a large F, neither can be told from the other."""
    rng = np.random.default_rng(0)
    z, noise = rng.normal(size=(2, 500)), rng.normal(size=(3, 500))
    common = z[0] + z[1]
    frame = pd.DataFrame({"y": noise[2], "d1": common + 0.5 * noise[0], "d2": common + 0.5 * noise[1], "z1": z[0], "z2": z[1]})
    estimate = fit_instruments("y ~ 1 | d1 + d2 ~ z1 + z2", frame)
    for stage in estimate.weak.first_stages:
        assert stage.f is not None
        assert stage.conditional_f is not None
        assert stage.f > 500
        assert stage.conditional_f < 10
    assert any(str(w).startswith("Weak instruments: the rk Wald F") for w in estimate.warnings)


def test_effective_f_is_the_formula_with_exogenous_regressors_partialled_out() -> None:
    panel = made(5)
    estimate = fit_instruments("y ~ x | firm | d1 ~ z1 + z2 + z3", panel)
    z = partialled(panel, ["z1", "z2", "z3"], "firm")
    stage = estimate.first_stages[0]
    at = [stage.terms.index(t) for t in ("z1", "z2", "z3")]
    pi, spread = stage.beta[at], stage.vcov[np.ix_(at, at)]
    assert estimate.statistics["effective_f"] == pytest.approx(pi @ z.T @ z @ pi / np.trace(spread @ z.T @ z), rel=SAME)


@pytest.mark.parametrize(("tau", "critical"), [(0.05, 37.42), (0.10, 23.11), (0.20, 15.06), (0.30, 12.05)])
def test_critical_values_for_one_instrument_are_the_published_ones(tau: float, critical: float) -> None:
    """Montiel Olea and Pflueger (2013), Table 1, one effective degree of freedom (recalled; the formula meets every printed digit)."""
    assert EffectiveF(1.0, 1.0, 1.0, 1.0).critical_value(tau) == pytest.approx(critical, abs=0.006)


def test_critical_value_is_the_quantile_that_a_simulation_finds() -> None:
    """F_eff is a weighted sum of noncentral chi-squares; Patnaik's quantile lies close to the simulated one at the worst direction."""
    eigenvalues = np.array([3.0, 1.0, 0.5])
    trace = eigenvalues.sum()
    effective = EffectiveF(0.0, trace, float((eigenvalues**2).sum()), float(eigenvalues[0]))
    rng = np.random.default_rng(0)
    mean = np.array([np.sqrt(trace / 0.1), 0, 0])  # along the largest eigenvalue, squared length trace / tau
    draws = ((rng.normal(size=(200_000, 3)) * np.sqrt(eigenvalues) + mean) ** 2).sum(axis=1) / trace
    assert effective.critical_value(0.1) == pytest.approx(np.quantile(draws, 0.95), rel=0.02)
    assert 1 < effective.degrees() < 3


def test_effective_f_refuses_odd_levels() -> None:
    with pytest.raises(UnknownOption, match="tau=2"):
        EffectiveF(1.0, 1.0, 1.0, 1.0).critical_value(2)
    with pytest.raises(UnknownOption, match="alpha=0"):
        EffectiveF(1.0, 1.0, 1.0, 1.0).critical_value(0.1, 0)


# --- Anderson and Rubin ----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", COVARIANCES, ids=str)
def test_ar_is_the_f_of_the_instruments_in_the_regression_of_the_null(options: dict[str, Any]) -> None:
    panel = made(6)
    for value in (-1.0, 0.0, 0.38):
        plain = fit_instruments(
            "e ~ x | firm | d1 ~ z1 + z2", panel.assign(e=lambda f, b=value: f["y"] - b * f["d1"]), **options
        ).reduced_form
        test = ar_of("y ~ x | firm | d1 ~ z1 + z2", panel, **options).test(value)
        assert test.statistic == pytest.approx(plain.statistics["f_instruments"], rel=1e-7)
        assert test.p_value == pytest.approx(plain.statistics["f_instruments_p"], rel=1e-6)


def test_ar_tests_several_coefficients_at_once_but_has_no_interval_for_them() -> None:
    panel = made(6)
    ar = ar_of("y ~ x | d1 + d2 ~ z1 + z2 + z3", panel, covariance="HC1")
    null = panel.assign(e=lambda f: f["y"] - 0.4 * f["d1"] - 0.2 * f["d2"])
    plain = fit_instruments("e ~ x | d1 ~ z1 + z2 + z3", null, covariance="HC1").reduced_form
    assert ar.test(0.4, 0.2).statistic == pytest.approx(plain.statistics["f_instruments"], rel=1e-7)
    assert ar.test(0.4, 0.2).null == "d1 = 0.4, d2 = 0.2, and the instruments are valid"
    with pytest.raises(NotEstimable, match="one endogenous regressor; there are 2"):
        ar.confidence_set()
    with pytest.raises(NotEstimable, match="1 values for 2 endogenous regressors"):
        ar.test(0.4)


@given(
    seed=st.integers(0, 10_000),
    strength=st.sampled_from([0.0, 0.03, 0.1, 0.3]),
    violation=st.sampled_from([0.0, 0.3]),
    instruments=st.sampled_from(["z1", "z1 + z2", "z1 + z2 + z3"]),
    options=st.sampled_from(COVARIANCES),
    level=st.sampled_from([0.8, 0.95]),
)
@settings(deadline=None, max_examples=60)
def test_the_set_holds_exactly_what_the_test_does_not_reject(
    seed: int, strength: float, violation: float, instruments: str, options: dict[str, Any], level: float
) -> None:
    """Duality on a grid, and the ends are where the p-value is the level (strong, weak, useless and invalid instruments)."""
    panel = made(seed, strength=strength, violation=violation, firms=25, years=6)
    ar = ar_of(f"y ~ x | firm | d1 ~ {instruments}", panel, **options)
    found = ar.confidence_set(level)
    ends = np.array([e for piece in found.intervals for e in piece if np.isfinite(e)])
    for value in [*np.linspace(-8, 8, 161), *np.geomspace(10, 1e6, 13), *-np.geomspace(10, 1e6, 13)]:
        if len(ends) and np.abs(ends - value).min() < 1e-6 * (1 + abs(value)):
            continue
        assert (value in found) == (ar.test(float(value)).p_value >= 1 - level), value
    for end in ends:
        assert ar.test(float(end)).p_value == pytest.approx(1 - level, rel=1e-5)
    assert list(ends) == sorted(ends)
    assert found.shape in str(found) or found.shape == "bounded"


@pytest.mark.parametrize("options", COVARIANCES, ids=str)
def test_the_set_is_unbounded_exactly_when_the_first_stage_f_is_insignificant(options: dict[str, Any]) -> None:
    seen = set()
    for seed in range(12):
        estimate = fit_instruments("y ~ x | firm | d1 ~ z1 + z2", made(seed, strength=0.08, firms=25, years=6), **options)
        weak = estimate.weak
        assert weak.anderson_rubin is not None
        stage = weak.first_stages[0]
        assert stage.f_p is not None
        unbounded = weak.anderson_rubin.confidence_set().shape in ("unbounded", "whole line")
        assert unbounded == (stage.f_p > 0.05)
        seen.add(unbounded)
    assert seen == {True, False}


def test_the_closed_form_and_the_eigenvalues_give_the_same_set() -> None:
    for seed in range(8):
        ar = ar_of("y ~ x | firm | d1 ~ z1 + z2 + z3", made(seed, strength=0.1), covariance="iid")
        general = AndersonRubin(**{**vars(ar), "homoskedastic": False})
        assert np.array(general.confidence_set().intervals) == pytest.approx(np.array(ar.confidence_set().intervals), rel=1e-7)


def test_irrelevant_instruments_give_the_whole_line_or_an_unbounded_set() -> None:
    rng = np.random.default_rng(5)
    n = 300
    u = rng.normal(size=n)
    frame = pd.DataFrame({"z": rng.normal(size=n), "d": u + rng.normal(size=n), "y": u})
    estimate = fit_instruments("y ~ 1 | d ~ z", frame)
    assert estimate.weak.anderson_rubin is not None
    found = estimate.weak.anderson_rubin.confidence_set()
    assert found.shape in ("whole line", "unbounded")
    assert any("Weak instruments: the effective F" in str(w) and "Anderson-Rubin" in str(w) for w in estimate.warnings)
    assert any("Under-identification is not rejected" in str(w) for w in estimate.warnings)


@pytest.mark.parametrize("options", [{"covariance": "iid"}, {"covariance": "HC1"}])
def test_instruments_that_contradict_each_other_give_the_empty_set(options: dict[str, Any]) -> None:
    rng = np.random.default_rng(6)
    z = rng.normal(size=(2, 400))
    frame = pd.DataFrame({"z1": z[0], "z2": z[1], "d": z[0] + z[1] + 0.3 * rng.normal(size=400)})
    frame["y"] = z[0] - z[1] + 0.3 * rng.normal(size=400)  # z1 says +1, z2 says -1
    estimate = fit_instruments("y ~ 1 | d ~ z1 + z2", frame, **options)
    assert estimate.weak.anderson_rubin is not None
    found = estimate.weak.anderson_rubin.confidence_set()
    assert (found.shape, found.intervals, found.notation) == ("empty", (), "∅")
    assert 0.0 not in found
    assert estimate.weak.require_over_identification().p_value < 1e-10
    said = [w for w in estimate.warnings if "The instruments contradict each other" in str(w)]
    assert len(said) == 1
    assert "p < 0.001)" in str(said[0])
    assert "检验p < 0.001）" in said[0].to("zh")


def test_a_disjoint_robust_set_is_found() -> None:
    """Covariance blocks chosen so that the robust statistic dips twice below its critical value."""
    joint = np.zeros((2, 2, 2, 2))
    joint[0, 0], joint[1, 1] = np.diag([0.005, 3.0]), np.diag([4.0, 0.0015])
    ar = AndersonRubin(("d",), np.array([1.7, -0.2]), np.array([[-0.7], [-1.65]]), joint, 1000.0, 1.0, np.array([1.0]), False)
    found = ar.confidence_set()
    grid = np.linspace(-20, 20, 40001)
    inside = np.array([ar.statistic(float(b)) for b in grid]) <= stats.f.ppf(0.95, 2, 1000.0)
    edges = grid[1:][inside[1:] != inside[:-1]]
    assert found.shape == "disjoint"
    assert [e for piece in found.intervals for e in piece] == pytest.approx(edges, abs=2e-3)


def test_sets_are_worded_in_both_languages() -> None:
    inf = np.inf
    cases = {
        ((0.1, 0.4),): ("the 95% set is [0.1, 0.4]", "95%置信集为[0.1, 0.4]"),
        ((-inf, -2.0), (0.3, inf)): ("the 95% set is unbounded: (-∞, -2] ∪ [0.3, ∞)", "95%置信集无界：(-∞, -2] ∪ [0.3, ∞)"),
        ((-inf, 2.0),): ("the 95% set is unbounded: (-∞, 2]", "95%置信集无界：(-∞, 2]"),
        ((0.0, 1.0), (2.0, 3.0)): ("the 95% set is disjoint: [0, 1] ∪ [2, 3]", "95%置信集不连通：[0, 1] ∪ [2, 3]"),
    }
    for pieces, (english, chinese) in cases.items():
        words = ConfidenceSet(0.95, pieces).words
        assert (words.en, words.zh) == (english, chinese)
    assert "whole line" in str(ConfidenceSet(0.9, ((-inf, inf),)))
    assert "empty" in str(ConfidenceSet(0.9, ()))
    with pytest.raises(UnknownOption, match="level=95"):
        ar_of("y ~ x | d1 ~ z1", made(1)).confidence_set(95)


# --- the report ------------------------------------------------------------------------------------------


def test_the_report_as_a_table() -> None:
    frame = report("y ~ x | firm | d1 + d2 ~ z1 + z2 + z3", made(7)).tidy()
    assert list(frame.columns) == ["statistic", "value", "term", "df1", "df2", "p_value", "critical_value", "null", "note"]
    assert frame["value"].notna().all()
    assert set(frame["statistic"]) == {
        "partial R2",
        "first-stage F",
        "conditional F",
        "Cragg-Donald F",
        "Kleibergen-Paap rk Wald F",
        "Kleibergen-Paap rk LM",
        "Hansen J",
        "Durbin-Wu-Hausman",
        "Anderson-Rubin",
    }


def test_exact_identification_has_no_j() -> None:
    weak = report("y ~ x | d1 ~ z1", made(8))
    assert weak.over_identification is None
    assert "Over-identification cannot be tested: there are as many instruments as endogenous regressors." in map(str, weak.notes)
    with pytest.raises(NotEstimable, match="no test of over-identification") as caught:
        weak.require_over_identification()
    assert "more instruments" in caught.value.remedy
    assert "overid" not in weak.statistics()


def test_with_fewer_clusters_than_instruments_what_does_not_exist_is_none() -> None:
    panel = made(9).assign(block=lambda f: f["year"] % 3)
    estimate = fit_instruments("y ~ x | d1 ~ z1 + z2 + z3", panel, cluster="block")
    weak = estimate.weak
    assert (weak.rk_wald_f, weak.first_stages[0].f) == (None, None)
    assert any("fewer clusters than instruments" in str(note) for note in weak.notes)
    assert np.isfinite(list(estimate.statistics.values())).all()
    assert "cannot be computed" in repr(estimate)
