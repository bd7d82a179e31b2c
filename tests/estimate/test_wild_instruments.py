"""The WRE bootstrap with instruments: against refits draw by draw with every dummy written out, in every form the estimator has."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import EstimationError, NotEstimable
from toolkit.estimate import InstrumentsEstimate, fit_instruments, wild_cluster_bootstrap, wild_tests
from toolkit.estimate.inference.wild_scheme import random_multipliers
from toolkit.numerics import Floats
from toolkit.panel import Panel

EXACT = 1e-8  # the same algebra on dummies and generalised inverses instead of sums; statistics of order one
RANK = 1e-10  # dummies of two effects are dependent; the default cut keeps directions of pure rounding


def generator() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture(scope="module")
def states() -> Panel:
    """14 firms with text ids in 6 states, 6 years, gaps, a column of the size 1e9, weights; two endogenous regressors."""
    rng = np.random.default_rng(5)
    firms = 14
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(firms)], 6), "year": np.tile(np.arange(2001, 2007), firms)})
    frame["state"] = [f"s{i % 6}" for i in np.repeat(np.arange(firms), 6)]
    n = len(frame)
    z, z2, z3, x, u, e = rng.normal(size=(6, n))
    shock = rng.normal(size=6)[np.repeat(np.arange(firms), 6) % 6]
    frame["z"], frame["z2"], frame["z3"], frame["x"] = z, z2, z3, x + 4
    frame["d"] = (z + 0.6 * z2 + 0.4 * x + u + 3) * 1e9
    frame["d2"] = 0.8 * z3 - 0.3 * z + e + 0.3 * u
    frame["y"] = 0.4 * frame["d"] / 1e9 - 0.2 * frame["d2"] + 0.5 * x + u + rng.normal(size=n) + shock * z
    frame["w"] = rng.random(n) + 0.5
    return Panel(frame[rng.random(n) < 0.8], "firm", "year")


@dataclass(frozen=True)
class Question:
    """A model with instruments, written out: columns on the frame, dummies as a matrix."""

    d: tuple[str, ...]
    x: tuple[str, ...]
    z: tuple[str, ...]
    effects: tuple[str, ...]
    method: str
    weights: str | None

    @property
    def formula(self) -> str:
        right = " + ".join(self.x) or "1"
        return f"y ~ {right} | {' + '.join(self.effects) or '0'} | {' + '.join(self.d)} ~ {' + '.join(self.z)}"

    def fit(self, panel: Panel, cluster: str) -> InstrumentsEstimate:
        return fit_instruments(self.formula, panel, method=self.method, cluster=cluster, weights=self.weights)  # type: ignore[arg-type]


def project(columns: Floats, on: Floats) -> Floats:
    return on @ (np.linalg.pinv(on, rcond=RANK) @ columns)


def k_class(y: Floats, d: Floats, included: Floats, everything: Floats, question: Question) -> tuple[Floats, Floats, Floats]:
    """Coefficients of [d, included], bread, fitted regressors; with k of LIML or Fuller from the definition."""
    w = np.column_stack([d, included])
    fitted = project(w, everything)
    k = 1.0
    if question.method != "2sls" and d.shape[1]:
        both = np.column_stack([y, d])
        inside, outside = both - project(both, included), both - project(both, everything)
        k = float(np.min(np.linalg.eigvals(np.linalg.solve(outside.T @ outside, inside.T @ inside)).real))
        if question.method == "fuller":
            k -= 1 / (len(y) - np.linalg.matrix_rank(everything))
    normal = (1 - k) * w.T @ w + k * fitted.T @ fitted
    bread = np.linalg.pinv(normal, rcond=RANK, hermitian=True)
    return bread @ ((1 - k) * w.T @ y + k * fitted.T @ y), bread, fitted


def by_hand(question: Question, frame: pd.DataFrame, term: str, null: float, cluster: str, multipliers: Floats) -> tuple[float, Floats]:
    """t of the sample and of each draw, no small-sample factor: everything estimated again on all dummies."""
    root = np.ones(len(frame)) if question.weights is None else np.sqrt(frame[question.weights].to_numpy(float))
    dummies = [pd.get_dummies(frame[e]).to_numpy(float) for e in question.effects] or [np.ones((len(frame), 1))]

    def columns(names: tuple[str, ...]) -> Floats:
        return frame[list(names)].to_numpy(float) * root[:, None]

    y, d, x, z = frame["y"].to_numpy(float) * root, columns(question.d), columns(question.x), columns(question.z)
    size = np.linalg.norm(columns((term,)))
    d, x, z = (part / np.linalg.norm(part, axis=0) for part in (d, x, z))
    null = null * size
    included = np.column_stack([x, np.column_stack(dummies) * root[:, None]])
    everything = np.column_stack([z, included])
    groups = pd.factorize(frame[cluster], sort=False)[0]
    names = (*question.d, *question.x)
    j, m = names.index(term), d.shape[1]

    def t(outcome: Floats, endogenous: Floats) -> float:
        b, bread, fitted = k_class(outcome, endogenous, included, everything, question)
        scores = fitted * (outcome - np.column_stack([endogenous, included]) @ b)[:, None]
        sums = np.stack([scores[groups == g].sum(axis=0) for g in range(groups.max() + 1)])
        return float((b[j] - null) / np.sqrt((bread @ sums.T @ sums @ bread)[j, j]))

    own = d[:, j] if j < m else included[:, j - m]
    others, rest = (np.delete(d, j, axis=1), included) if j < m else (d, np.delete(included, j - m, axis=1))
    b = k_class(y - null * own, others, rest, everything, question)[0]
    u = y - null * own - np.column_stack([others, rest]) @ b
    regressors = np.column_stack([everything, u])
    reduced = everything @ (np.linalg.pinv(regressors, rcond=RANK) @ d)[:-1]
    errors = d - reduced
    found = []
    for v in multipliers:
        drawn = reduced + errors * v[groups][:, None]
        drawn_own = drawn[:, j] if j < m else own
        drawn_others = np.delete(drawn, j, axis=1) if j < m else drawn
        found.append(t(null * drawn_own + np.column_stack([drawn_others, rest]) @ b + u * v[groups], drawn))
    return t(y, d), np.array(found)


ONE, TWO = ("d",), ("d", "d2")
QUESTIONS = [
    (Question(ONE, ("x",), ("z",), ("firm", "year"), "2sls", None), "d", 0.0),
    (Question(ONE, ("x",), ("z", "z2"), ("firm", "year"), "2sls", "w"), "d", 0.2e-9),
    (Question(ONE, ("x",), ("z", "z2"), (), "2sls", None), "x", 0.3),
    (Question(ONE, (), ("z", "z2"), ("year",), "liml", None), "d", 0.0),
    (Question(ONE, ("x",), ("z", "z2"), ("firm", "year"), "liml", "w"), "x", 0.0),
    (Question(TWO, ("x",), ("z", "z2", "z3"), ("firm", "year"), "2sls", None), "d2", -0.2),
    (Question(TWO, ("x",), ("z", "z2", "z3"), ("firm",), "liml", "w"), "d", 0.0),
    (Question(TWO, ("x",), ("z", "z2", "z3"), ("firm",), "fuller", None), "x", 0.0),
]


@pytest.mark.parametrize(("question", "term", "null"), QUESTIONS)
def test_all_signs_by_refits_with_dummies(states: Panel, question: Question, term: str, null: float) -> None:
    estimate = question.fit(states, "state")
    test = wild_cluster_bootstrap(estimate, states, term, null=null, rng=generator())
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=6)))
    t, draws = by_hand(question, states.frame, term, null, "state", signs)
    assert (test.enumerated, test.draws, len(test.statistics)) == (True, 64, 64)
    root = np.sqrt(estimate.covariance.factor_value)
    assert test.t_statistic * root == pytest.approx(t, rel=EXACT)
    np.testing.assert_allclose(np.sort(test.statistics * root), np.sort(draws), atol=EXACT, rtol=EXACT)
    assert test.p_value == np.mean(np.abs(draws) >= abs(t) * (1 - 1e-9))


@pytest.mark.parametrize("weights", ["rademacher", "webb", "mammen"])
@pytest.mark.parametrize("case", [1, 4])
def test_random_draws_one_by_one(states: Panel, case: int, weights: str) -> None:
    """14 clusters are not enumerated; firm effects are nested in them, year effects are not."""
    question, term, null = QUESTIONS[case]
    estimate = question.fit(states, "firm")
    test = wild_cluster_bootstrap(estimate, states, term, null=null, draws=25, weights=weights, rng=generator())  # type: ignore[arg-type]
    drawn = np.concatenate(list(random_multipliers(weights, 25, test.clusters, generator())))  # type: ignore[arg-type]
    t, draws = by_hand(question, states.frame, term, null, "firm", drawn)
    found = test.statistics * np.sqrt(estimate.covariance.factor_value)
    np.testing.assert_allclose(found, draws, atol=EXACT, rtol=EXACT)
    assert test.p_value == (1 + np.sum(np.abs(draws) >= abs(t))) / 26


def test_clusters_that_cut_across_the_effects(states: Panel) -> None:
    question, term, null = QUESTIONS[0]
    test = wild_cluster_bootstrap(question.fit(states, "year"), states, term, rng=generator())
    t, draws = by_hand(question, states.frame, term, null, "year", np.array(list(itertools.product([1.0, -1.0], repeat=6))))
    assert test.p_value == np.mean(np.abs(draws) >= abs(t) * (1 - 1e-9))


@pytest.mark.parametrize("method", ["2sls", "liml", "fuller"])
def test_the_t_statistic_is_that_of_the_estimate(states: Panel, method: str) -> None:
    estimate = fit_instruments("y ~ x | firm + year | d ~ z + z2", states, method=method, cluster="state", weights="w")  # type: ignore[arg-type]
    tests = wild_tests(estimate, states, rng=generator())
    for test in tests.tests:
        assert test.t_statistic == pytest.approx(estimate.coefficient(test.term).statistic, rel=1e-7)
    assert tests.p_values.keys() == {"d", "x"}
    assert str(tests.method) == "wild restricted efficient (WRE) cluster bootstrap by state, all 64 Rademacher draws"
    alone = wild_cluster_bootstrap(estimate, states, "x", rng=generator())
    assert alone.p_value == tests.p_values["x"]
    assert np.isnan([alone.low, alone.high]).all()
    assert "interval" not in str(alone)


def test_at_the_estimate_the_p_value_is_one_and_units_do_not_matter(states: Panel) -> None:
    formula = "y ~ x | firm + year | d ~ z + z2"
    estimate = fit_instruments(formula, states, cluster="state")
    at = wild_cluster_bootstrap(estimate, states, "d", null=float(estimate.beta[0]), rng=generator())
    assert at.p_value == 1
    other = states.assign(d=states.frame["d"] * 1e-12 + 5, y=states.frame["y"] * 1e6, z=states.frame["z"] * 1e9)
    scaled = wild_cluster_bootstrap(fit_instruments(formula, other, cluster="state"), other, "d", rng=generator())
    test = wild_cluster_bootstrap(estimate, states, "d", rng=generator())
    assert scaled.p_value == test.p_value
    np.testing.assert_allclose(scaled.statistics, test.statistics, rtol=1e-6)


def test_inputs_are_unchanged_and_blocks_do_not_matter(states: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    before = states.frame.copy()
    estimate = fit_instruments("y ~ x | firm + year | d ~ z + z2", states, method="liml")
    first = wild_cluster_bootstrap(estimate, states, "d", draws=99, rng=generator())
    monkeypatch.setattr("toolkit.estimate.inference.wild_draws.CELLS", 4000)
    again = wild_cluster_bootstrap(estimate, states, "d", draws=99, rng=generator())
    np.testing.assert_allclose(first.statistics, again.statistics, rtol=1e-9)
    pd.testing.assert_frame_equal(states.frame, before)


def test_refusals_name_the_thing_and_the_remedy(states: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = fit_instruments("y ~ x | firm + year | d ~ z + z2", states, cluster="state")
    with pytest.raises(NotEstimable, match="has no term 'q'"):
        wild_cluster_bootstrap(estimate, states, "q", rng=generator())
    with pytest.raises(NotEstimable, match="rows, the estimate has"):
        wild_cluster_bootstrap(estimate, states.keep(states.frame["year"] > 2001), "d", rng=generator())
    with pytest.raises(NotEstimable, match=r"gives .* for d, the estimate has"):
        wild_cluster_bootstrap(estimate, states.assign(y=states.frame["y"] ** 3), "d", rng=generator())
    with pytest.raises(NotEstimable, match="other regressors or instruments"):
        wild_cluster_bootstrap(estimate, states.assign(z2=states.frame["z"]), "d", rng=generator())
    exact = states.assign(y=2 * states.frame["x"])
    with pytest.raises(NotEstimable, match="with d at 0 the fit is perfect"):
        wild_cluster_bootstrap(fit_instruments("y ~ x | firm | d ~ z + z3", exact), exact, "d", rng=generator())
    with pytest.raises(EstimationError, match="code is missing"):
        wild_cluster_bootstrap(
            estimate, states.assign(code=states.frame["w"].where(states.frame["w"] > 0.6)), "d", cluster="code", rng=generator()
        )
    monkeypatch.setattr("toolkit.estimate.inference.wild_draws.MOST_SUMS", 10)
    with pytest.raises(NotEstimable, match=r"needs \d+ sums"):
        wild_cluster_bootstrap(estimate, states, "d", rng=generator())


@pytest.mark.slow
@pytest.mark.parametrize("strength", [1.0, 0.35])
def test_size_with_few_unequal_clusters(strength: float) -> None:
    """Nominal 5%: with endogeneity and shocks by cluster, the WRE bootstrap keeps its size, also with a weak instrument."""
    rng = np.random.default_rng(11)
    sizes = np.array([4, 5, 6, 8, 10, 12, 16, 20, 24, 30, 40, 60, 80])
    g = np.repeat(np.arange(len(sizes)), sizes)
    rounds, rejected = 400, 0
    for _ in range(rounds):
        z = rng.normal(size=len(sizes))[g] + rng.normal(size=len(g))
        u, noise = rng.normal(size=(2, len(sizes)))[:, g] + rng.normal(size=(2, len(g)))
        frame = pd.DataFrame({"g": g, "z": z, "d": strength * z + u + 0.5 * noise, "y": u + noise})
        estimate = fit_instruments("y ~ 1 | 0 | d ~ z", frame, cluster="g")
        rejected += wild_cluster_bootstrap(estimate, frame, "d", draws=199, rng=rng).p_value <= 0.05
    assert 0.02 < rejected / rounds < 0.085
