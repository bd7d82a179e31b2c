"""The wild bootstrap of entity means, random effects and dynamic GMM: against loops that build every draw by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NotEstimable, PanelError, TooFewClusters
from toolkit.estimate import (
    DynamicEstimate,
    DynamicSettings,
    cr2,
    fit_between,
    fit_dynamic,
    fit_poisson,
    fit_random,
    wild_cluster_bootstrap,
    wild_tests,
)
from toolkit.estimate.inference.wild_scheme import random_multipliers
from toolkit.numerics import Floats
from toolkit.panel import Panel

EXACT = 1e-8  # the same algebra written out; statistics of order one


def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def signs(clusters: int) -> Floats:
    return np.array(list(itertools.product([1.0, -1.0], repeat=clusters)))


@pytest.fixture(scope="module")
def firms() -> Panel:
    """14 firms with text ids in 7 states, 7 years, gaps, a column of the size 1e9, weights."""
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(14)], 7), "year": np.tile(np.arange(2001, 2008), 14)})
    frame["state"] = [f"s{i // 2}" for i in np.repeat(np.arange(14), 7)]
    level = np.repeat(rng.normal(size=14), 7)
    frame["x"], frame["z"] = (rng.normal(size=98) + level) * 1e9 + 3e9, rng.normal(size=98) + 2
    frame["y"] = 0.3 * frame["x"] / 1e9 + 0.2 * frame["z"] + 2 * np.repeat(rng.normal(size=14), 7) + rng.normal(size=98)
    frame["w"] = rng.random(98) + 0.5
    return Panel(frame[rng.random(98) < 0.85], "firm", "year")


def least_squares_by_hand(y: Floats, x: Floats, j: int, null: float, groups: NDArray[np.intp], multipliers: Floats) -> tuple[float, Floats]:
    """t of coefficient j and of each draw, every draw estimated again; no small-sample factor."""
    size = np.linalg.norm(x, axis=0)
    x, null = x / size, null * size[j]
    bread = np.linalg.inv(x.T @ x)

    def t(outcome: Floats) -> float:
        b = bread @ x.T @ outcome
        scores = x * (outcome - x @ b)[:, None]
        sums = np.stack([scores[groups == g].sum(axis=0) for g in range(groups.max() + 1)])
        return float((b[j] - null) / np.sqrt((bread @ sums.T @ sums @ bread)[j, j]))

    others = np.delete(x, j, axis=1)
    fitted = others @ np.linalg.lstsq(others, y - null * x[:, j], rcond=None)[0] + null * x[:, j]
    return t(y), np.array([t(fitted + (y - fitted) * v[groups]) for v in multipliers])


@pytest.mark.parametrize(("cluster", "null"), [("state", 0.0), ("state", 0.2e-9), (None, 0.0)])
@pytest.mark.parametrize(("weighting", "weights"), [("equal", None), ("periods", None), ("periods", "w")])
def test_entity_means_draw_by_draw(firms: Panel, cluster: str | None, null: float, weighting: str, weights: str | None) -> None:
    estimate = fit_between("y ~ x + z", firms, cluster=cluster, weights=weights, weighting=weighting)  # type: ignore[arg-type]
    test = wild_cluster_bootstrap(estimate, firms, "x", null=null, draws=50, rng=generator())
    weight = firms.frame[weights] if weights else pd.Series(1.0, index=firms.frame.index)
    by_firm = firms.frame.assign(mass=weight, **{c: firms.frame[c] * weight for c in ("x", "y", "z")}).groupby("firm")
    means = by_firm[["x", "y", "z", "mass"]].sum()
    root = np.sqrt(means["mass"].to_numpy()) if weighting == "periods" else np.ones(14)
    x, y = (means[["x", "z"]].div(means["mass"], axis=0).to_numpy(), (means["y"] / means["mass"]).to_numpy())
    groups = pd.factorize(by_firm["state"].first())[0] if cluster else np.arange(14)
    drawn = signs(7) if cluster else np.concatenate(list(random_multipliers("rademacher", 50, 14, generator())))
    t, draws = least_squares_by_hand(y * root, np.column_stack([x, np.ones(14)]) * root[:, None], 0, null, groups, drawn)
    factor = np.sqrt(estimate.covariance.factor_value)
    assert test.t_statistic * factor == pytest.approx(t, rel=EXACT)
    np.testing.assert_allclose(np.sort(np.abs(test.statistics) * factor), np.sort(np.abs(draws)), atol=EXACT, rtol=EXACT)
    own = "restricted wild cluster bootstrap by state, all 128" if cluster else "restricted wild bootstrap with one row per firm, 50"
    assert str(test.method) == f"{own} Rademacher draws"


def test_robust_means_have_the_t_of_the_estimate(firms: Panel) -> None:
    estimate = fit_between("y ~ x + z", firms, covariance="HC1")
    for test in wild_tests(estimate, firms, draws=99, rng=generator()).tests:
        assert test.t_statistic == pytest.approx(estimate.coefficient(test.term).statistic, rel=1e-9)


@pytest.mark.parametrize("formula", ["y ~ x + z", "y ~ x + z - 1", "y ~ x + z + C(year)"])
@pytest.mark.parametrize("null", [0.0, 0.2e-9])
def test_random_effects_with_theta_held(firms: Panel, formula: str, null: float) -> None:
    estimate = fit_random(formula, firms, cluster="state")
    test = wild_cluster_bootstrap(estimate, firms, "x", null=null, rng=generator())
    frame = firms.frame
    s2_e, s2_u = estimate.statistics["sigma_e"] ** 2, estimate.statistics["sigma_u"] ** 2
    columns = frame[["y", "x", "z"]].assign(one=1.0)
    if "year" in formula:
        columns = columns.join(pd.get_dummies(frame["year"], drop_first=True, dtype=float))
    if "- 1" in formula:
        columns = columns.drop(columns="one")
    sizes = frame.groupby("firm")["y"].transform("size")
    theta = 1 - np.sqrt(s2_e / (sizes * s2_u + s2_e))
    turned = (columns - columns.groupby(frame["firm"]).transform("mean").mul(theta, axis=0)).to_numpy()
    t, draws = least_squares_by_hand(turned[:, 0], turned[:, 1:], 0, null, pd.factorize(frame["state"])[0], signs(7))
    assert (theta > 0).all()
    factor = np.sqrt(estimate.covariance.factor_value)
    assert test.t_statistic * factor == pytest.approx(t, rel=EXACT)
    np.testing.assert_allclose(np.sort(test.statistics * factor), np.sort(draws), atol=EXACT, rtol=EXACT)
    assert str(test.procedure) == "restricted wild cluster bootstrap by state with theta held"
    if not null:
        assert test.t_statistic == pytest.approx(estimate.coefficient("x").statistic, rel=1e-7)


@pytest.fixture(scope="module")
def dynamic() -> Panel:
    """24 firms with text ids in 8 states, 8 years, gaps, y of the size 1e9."""
    rng = np.random.default_rng(3)
    n, periods = 24, 8
    u, y, rows = rng.normal(size=n), rng.normal(size=n), []
    for t in range(periods):
        x = 0.5 * u + rng.normal(size=n)
        y = 0.5 * y + 0.4 * x + u + rng.normal(size=n)
        rows.append(pd.DataFrame({"firm": [f"f{i:02d}" for i in range(n)], "year": 2000 + t, "x": x, "y": y * 1e9}))
    frame = pd.concat(rows)
    frame["state"] = [f"s{int(f[1:]) // 3}" for f in frame["firm"]]
    return Panel(frame[rng.random(len(frame)) < 0.93], "firm", "year")


LAGS = {"y": (2, 3), "x": (1, 2)}


def gmm_by_hand(estimate: DynamicEstimate, panel: Panel, term: str, null: float, cluster: str, multipliers: Floats) -> tuple[float, Floats]:
    """The score statistic and its draws, each by minimising the GMM criterion again with the coefficient held, entity by entity."""
    from toolkit.estimate.dynamic.gmm import build
    from toolkit.estimate.dynamic.solution import solve_gmm
    from toolkit.estimate.rows.options import Options
    from toolkit.estimate.rows.source import source_of

    source = source_of(panel)
    model = build(estimate.spec, source, Options.read(source), estimate.declared, estimate.settings)
    solution = solve_gmm(model, estimate.settings)
    weights = (solution.second if estimate.settings.steps == 2 and solution.second else solution.first).weights
    y, x, z = model.system.y, model.system.X.T * model.lengths, model.system.Z.T
    j = model.regressors.hidden + estimate.terms.index(term)
    x = np.column_stack([x[:, j], np.delete(x, j, axis=1)])
    x, size = x / np.linalg.norm(x, axis=0), np.linalg.norm(x[:, 0])
    y, null = y / np.linalg.norm(y), null * size / np.linalg.norm(y)
    others = z.T @ x[:, 1:]
    b = np.linalg.solve(others.T @ weights @ others, others.T @ weights @ z.T @ (y - null * x[:, 0]))
    residual = y - null * x[:, 0] - x[:, 1:] @ b
    everything = z.T @ x
    row = np.linalg.solve(everything.T @ weights @ everything, everything.T @ weights)[0]
    stack, sample = model.stack, model.stack.sample
    at = sample.positions[stack.transformation.rows]
    at = np.concatenate([at, sample.positions]) if stack.system else at
    groups = pd.factorize(source.frame[cluster].iloc[at])[0]
    psi = np.array([row @ (z[groups == g].T @ residual[groups == g]) for g in range(groups.max() + 1)])
    return psi.sum() / np.sqrt(psi @ psi), np.array([(v @ psi) / np.sqrt((v * psi) @ (v * psi)) for v in multipliers])


SETTINGS = [
    DynamicSettings(steps=1),
    DynamicSettings(),
    DynamicSettings(estimator="system", collapse=True),
    DynamicSettings(estimator="system", steps=1, collapse=True, transformation="orthogonal_deviations"),
]


@pytest.mark.parametrize("chosen", SETTINGS)
@pytest.mark.parametrize(("term", "null"), [("x", 0.0), ("L(y, 1)", 0.3)])
def test_scores_of_gmm_draw_by_draw(dynamic: Panel, chosen: DynamicSettings, term: str, null: float) -> None:
    lags = LAGS if chosen.collapse else {"y": (2, 2), "x": (1, 1)}
    estimate = fit_dynamic("y ~ L(y, 1) + x | year", dynamic, gmm=lags, settings=chosen)
    test = wild_cluster_bootstrap(estimate, dynamic, term, null=null, cluster="state", rng=generator())
    t, draws = gmm_by_hand(estimate, dynamic, term, null, "state", signs(8))
    assert test.t_statistic == pytest.approx(t, rel=1e-6)
    np.testing.assert_allclose(np.sort(test.statistics), np.sort(draws), atol=EXACT, rtol=1e-6)
    assert test.p_value == np.mean(np.abs(draws) >= abs(t) * (1 - 1e-9))
    webb = wild_cluster_bootstrap(estimate, dynamic, term, null=null, draws=40, weights="webb", rng=generator())
    drawn = np.concatenate(list(random_multipliers("webb", 40, 24, generator())))
    t, draws = gmm_by_hand(estimate, dynamic, term, null, "firm", drawn)
    np.testing.assert_allclose(webb.statistics, draws, atol=EXACT, rtol=1e-6)
    assert webb.p_value == (1 + np.sum(np.abs(draws) >= abs(t))) / 41
    assert str(webb.method) == "score cluster bootstrap by firm of the restricted GMM estimate with its weights held, 40 Webb draws"


def test_the_score_interval_ends_where_the_p_value_crosses(dynamic: Panel) -> None:
    chosen = DynamicSettings(steps=1, collapse=True)
    estimate = fit_dynamic("y ~ L(y, 1) + x | year", dynamic, gmm={"y": (2, 3)}, iv=("x",), settings=chosen)
    found = wild_cluster_bootstrap(estimate, dynamic, "x", draws=999, rng=generator())
    assert found.low < found.estimate < found.high
    step = 1e-6 * (found.high - found.low)
    for end, outwards in ((found.low, -1), (found.high, 1)):
        nulls = [end + side * outwards * step for side in (-1, 1)]
        p = [wild_cluster_bootstrap(estimate, dynamic, "x", null=null, draws=999, rng=generator()).p_value for null in nulls]
        assert p[1] <= 0.05 < p[0]
    at = wild_cluster_bootstrap(estimate, dynamic, "x", null=float(estimate.beta[1]), draws=99, rng=generator())
    assert at.p_value == 1


@settings(deadline=None, max_examples=8)
@given(scale=st.sampled_from([1e-9, 5.0, 1e6]))
def test_units_do_not_matter(dynamic: Panel, scale: float) -> None:
    def p(panel: Panel) -> float:
        estimate = fit_dynamic("y ~ L(y, 1) + x | year", panel, gmm=LAGS, settings=DynamicSettings(collapse=True))
        return wild_cluster_bootstrap(estimate, panel, "x", draws=199, rng=generator()).p_value

    assert p(dynamic) == p(dynamic.assign(y=dynamic.frame["y"] * scale, x=dynamic.frame["x"] / scale))


def test_refusals_name_the_thing_and_the_remedy(firms: Panel, dynamic: Panel) -> None:
    estimate = fit_dynamic("y ~ L(y, 1) + x", dynamic, gmm=LAGS, settings=DynamicSettings(collapse=True))
    with pytest.raises(EstimationError, match=r"year varies within firm.*sums over firm"):
        wild_cluster_bootstrap(estimate, dynamic, "x", cluster="year", rng=generator())
    with pytest.raises(NotEstimable, match="the estimate has"):
        wild_cluster_bootstrap(estimate, dynamic.keep(dynamic.frame["year"] > 2001), "x", rng=generator())
    with pytest.raises(NotEstimable, match=r"gives .* the estimate has"):
        wild_cluster_bootstrap(estimate, dynamic.assign(x=dynamic.frame["x"] ** 2), "x", rng=generator())
    with pytest.raises(TooFewClusters, match="there is 1"):
        wild_cluster_bootstrap(estimate, dynamic.assign(one="a"), "x", cluster="one", rng=generator())
    with pytest.raises(PanelError, match="needs a panel"):
        wild_cluster_bootstrap(estimate, dynamic.frame, "x", rng=generator())
    with pytest.raises(EstimationError, match="year varies within firm"):
        wild_cluster_bootstrap(fit_between("y ~ x", firms), firms, "x", cluster="year", rng=generator())
    counts = firms.assign(n=np.arange(len(firms.frame)) % 5)
    with pytest.raises(NotEstimable, match="not defined for a poisson estimate"):
        wild_cluster_bootstrap(fit_poisson("n ~ z", counts), counts, "z", rng=generator())
    with pytest.raises(NotEstimable, match="cr2 is not defined for a between estimate"):
        cr2(fit_between("y ~ x", firms), firms)


@pytest.mark.slow
@pytest.mark.parametrize("steps", [1, 2])
def test_size_of_the_score_bootstrap_with_few_entities(steps: int) -> None:
    """Nominal 5% with 31 entities of 7 periods and one-sided instruments: the score bootstrap does not reject too often."""
    rng = np.random.default_rng(12)
    rounds, rejected, n = 300, 0, 31
    for _ in range(rounds):
        u, y, rows = rng.normal(size=n), rng.normal(size=n), []
        for t in range(12):
            x = 0.5 * u + rng.normal(size=n)
            y = 0.3 * y + u + rng.normal(size=n) * np.exp(0.3 * x)
            rows.append(pd.DataFrame({"firm": np.arange(n), "year": t, "x": x, "y": y}))
        panel = Panel(pd.concat(rows[5:]), "firm", "year")
        estimate = fit_dynamic(
            "y ~ L(y, 1) + x | year", panel, gmm={"y": (2, 3), "x": (1, 2)}, settings=DynamicSettings(steps=steps, collapse=True)
        )  # type: ignore[arg-type]
        rejected += wild_cluster_bootstrap(estimate, panel, "x", draws=199, rng=rng).p_value <= 0.05
    assert 0.01 < rejected / rounds < 0.085
