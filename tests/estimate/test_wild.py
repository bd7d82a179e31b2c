"""The wild cluster bootstrap: against every sign pattern by hand with dummies, draw-by-draw estimation, and what must hold."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import EstimationError, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate import Estimate, WildBootstrap, fit, fit_differences, wild_cluster_bootstrap, wild_tests
from toolkit.estimate.inference.wild_draws import _effects_part_of_columns, effects_part
from toolkit.estimate.inference.wild_scheme import half_of_all_signs, random_multipliers
from toolkit.estimate.linear.refit import refit
from toolkit.numerics import Floats
from toolkit.panel import Panel

EXACT = 1e-9  # the same algebra on dummies instead of sums; t statistics of order one
RANK = 1e-10  # dummies of several effects are dependent; the default cut of pinv keeps directions of pure rounding


def generator() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture(scope="module")
def states() -> Panel:
    """16 firms with text ids in 8 states, 6 years, gaps, a column of the size 1e9, weights."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(16)], 6), "year": np.tile(np.arange(2001, 2007), 16)})
    frame["state"] = np.repeat([f"s{i // 2}" for i in range(16)], 6)
    frame["x"], frame["z"] = rng.normal(size=96) * 1e9 + 3e9, rng.normal(size=96) + 5
    shock = np.repeat(rng.normal(size=8), 12)
    frame["y"] = 0.3 * frame["x"] / 1e9 + frame["z"] + rng.normal(size=96) + shock * (frame["x"] / 1e9 - 3)
    frame["w"] = rng.random(96) + 0.5
    return Panel(frame[rng.random(96) < 0.8], "firm", "year")


def by_hand(estimate: Estimate, panel: Panel, term: str, null: float, cluster: str, multipliers: Floats) -> tuple[float, Floats]:
    """t of the sample and of each draw, each from a regression on all dummies; no small-sample factor."""
    frame = panel.frame.iloc[refit(estimate, panel, "test").sample.positions].copy()
    frame["state^year"] = frame["state"] + frame["year"].astype(str)
    names = [t for t in estimate.terms if t != "Intercept"]
    dummies = [pd.get_dummies(frame[e]).to_numpy(float) for e in estimate.effects] or [np.ones((len(frame), 1))]
    x = np.column_stack([frame[names].to_numpy(float), *dummies])
    j, size = names.index(term), np.linalg.norm(x, axis=0)
    x, null = x / size, null * size[j]
    root = np.ones(len(frame)) if estimate.weights is None else np.sqrt(frame[estimate.weights].to_numpy(float))
    x, y = x * root[:, None], frame["y"].to_numpy(float) * root
    bread, groups = np.linalg.pinv(x.T @ x, rcond=RANK, hermitian=True), pd.factorize(frame[cluster], sort=False)[0]

    def t(outcome: Floats) -> float:
        b = bread @ x.T @ outcome
        scores = x * (outcome - x @ b)[:, None]
        sums = np.stack([scores[groups == g].sum(axis=0) for g in range(groups.max() + 1)])
        return float((b[j] - null) / np.sqrt((bread @ sums.T @ sums @ bread)[j, j]))

    others = np.delete(x, j, axis=1)
    fitted = others @ np.linalg.lstsq(others, y - null * x[:, j], rcond=None)[0] + null * x[:, j]
    return t(y), np.array([t(fitted + (y - fitted) * v[groups]) for v in multipliers])


MODELS = [("y ~ x + z | firm + year", None), ("y ~ x + z | firm + year", "w"), ("y ~ x + z", "w"), ("y ~ x | year", None), ("y ~ x", None)]


@pytest.mark.parametrize(("formula", "weights"), MODELS)
def test_large_tables_are_sparse_with_the_same_answer(
    states: Panel, monkeypatch: pytest.MonkeyPatch, formula: str, weights: str | None
) -> None:
    estimate = fit(formula, states, cluster="state", weights=weights)
    dense = wild_cluster_bootstrap(estimate, states, "x", rng=generator())
    monkeypatch.setattr("toolkit.estimate.solve.kernels.DENSE_CELLS", 0)
    sparse = wild_cluster_bootstrap(estimate, states, "x", rng=generator())
    np.testing.assert_allclose(sparse.statistics, dense.statistics, rtol=EXACT, atol=EXACT)
    assert (sparse.p_value, sparse.low, sparse.high) == pytest.approx((dense.p_value, dense.low, dense.high), rel=EXACT)


@pytest.mark.parametrize("null", [0.0, 0.1e-9])
@pytest.mark.parametrize(("formula", "weights"), MODELS)
def test_all_signs_by_brute_force_with_dummies(states: Panel, formula: str, weights: str | None, null: float) -> None:
    estimate = fit(formula, states, cluster="state", weights=weights)
    test = wild_cluster_bootstrap(estimate, states, "x", null=null, rng=generator())
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=8)))
    t, draws = by_hand(estimate, states, "x", null, "state", signs)
    assert test.enumerated
    assert test.draws == 256
    assert test.p_value == np.mean(np.abs(draws) >= abs(t) * (1 - 1e-9))
    root = np.sqrt(estimate.covariance.factor_value)
    assert test.t_statistic == pytest.approx(t / root, rel=EXACT)
    np.testing.assert_allclose(np.sort(test.statistics), np.sort(draws / root), atol=1e-8)


@pytest.mark.parametrize("weights", ["rademacher", "webb", "mammen"])
@pytest.mark.parametrize("formula", ["y ~ x + z | firm + year", "y ~ x + z | firm + state^year", "y ~ x + z | state + firm + year"])
def test_random_draws_one_by_one_with_dummies(states: Panel, formula: str, weights: str) -> None:
    """14 and more clusters are not enumerated; firm effects nested, year effects not, and three effects at once."""
    estimate = fit(formula, states, cluster="firm")
    test = wild_cluster_bootstrap(estimate, states, "z", null=0.5, draws=40, weights=weights, rng=generator())  # type: ignore[arg-type]
    drawn = np.concatenate(list(random_multipliers(weights, 40, test.clusters, generator())))  # type: ignore[arg-type]
    t, draws = by_hand(estimate, states, "z", 0.5, "firm", drawn)
    undefined = np.isnan(test.statistics)  # zero over zero: by hand it is rounding over rounding
    found = test.statistics * np.sqrt(estimate.covariance.factor_value)
    np.testing.assert_allclose(found[~undefined], draws[~undefined], atol=1e-8)
    assert test.p_value == (1 + np.sum(undefined | (np.abs(draws) >= abs(t)))) / 41
    assert undefined.sum() <= 2
    assert any("no variance" in str(warning) for warning in test.warnings) == undefined.any()


def test_clusters_that_cut_across_the_effects(states: Panel) -> None:
    estimate = fit("y ~ x + z | firm + year", states, cluster="year")
    test = wild_cluster_bootstrap(estimate, states, "z", rng=generator())
    signs = np.array(list(itertools.product([1.0, -1.0], repeat=6)))
    t, draws = by_hand(estimate, states, "z", 0.0, "year", signs)
    assert test.p_value == np.mean(np.abs(draws) >= abs(t) * (1 - 1e-9))


def test_sums_by_level_and_demeaned_columns_give_the_same(states: Panel) -> None:
    for weights in (None, "w"):
        rows = refit(fit("y ~ x + z | firm + year", states, weights=weights), states, "test")
        left, right = rows.weighted(rows.columns[0]), rows.weighted(rows.residuals)
        for name in ("state", "year", "firm"):
            clusters = rows.grouping(name)
            assert rows.absorber is not None
            expected = _effects_part_of_columns(rows.absorber, left, right, clusters)
            np.testing.assert_allclose(
                effects_part(rows.absorber, left, right, clusters), expected, atol=1e-9 * np.abs(left @ np.abs(right))
            )


@pytest.mark.parametrize("weights", ["rademacher", "webb"])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_interval_ends_where_the_p_value_crosses(gappy: Panel, level: float, weights: str) -> None:
    estimate = fit("y ~ x + z | firm + year", gappy)

    def test_at(null: float) -> WildBootstrap:
        return wild_cluster_bootstrap(
            estimate,
            gappy,
            "x",
            null=null,
            draws=999,
            weights=weights,
            level=level,
            rng=generator(),  # type: ignore[arg-type]
        )

    found = test_at(0.0)
    step = 1e-6 * (found.high - found.low)
    for end, outwards in ((found.low, -1), (found.high, 1)):
        inside, outside = test_at(end - outwards * step).p_value, test_at(end + outwards * step).p_value
        assert outside <= 1 - level + 1e-12 < inside
        assert inside - outside <= 3 / 1000
    assert found.low < found.estimate < found.high


def test_the_t_statistic_is_that_of_the_estimate_and_p_is_one_at_the_estimate(states: Panel) -> None:
    estimate = fit("y ~ x + z | firm + year", states, cluster="state")
    test = wild_cluster_bootstrap(estimate, states, "x", rng=generator())
    assert test.t_statistic == pytest.approx(estimate.coefficient("x").statistic, rel=EXACT)
    assert wild_cluster_bootstrap(estimate, states, "x", null=test.estimate, rng=generator()).p_value == 1
    iid = fit("y ~ x + z | firm + year", states, covariance="iid")
    assert wild_cluster_bootstrap(iid, states, "x", cluster="state", rng=generator()).p_value == test.p_value


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-9, 3.0, 1e9]), shift=st.sampled_from([0.0, 1e6]))
def test_units_and_order_of_rows_do_not_matter(seed: int, scale: float, shift: float) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": np.repeat(np.arange(7), 5), "x": rng.normal(size=35), "z": rng.normal(size=35)})
    frame["y"] = frame["x"] * rng.normal(size=7)[frame["g"]] + rng.normal(size=35)
    other = frame.assign(x=frame["x"] * scale + shift * scale, y=frame["y"] * 7 + 3).sample(frac=1, random_state=seed % 100)
    left, right = (wild_cluster_bootstrap(fit("y ~ x + z", f, cluster="g"), f, "x", rng=generator()) for f in (frame, other))
    assert left.p_value == right.p_value
    np.testing.assert_allclose([right.low * scale / 7, right.high * scale / 7], [left.low, left.high], rtol=1e-5)


def test_inputs_are_unchanged_and_the_generator_decides(gappy: Panel) -> None:
    before = gappy.frame.copy()
    estimate = fit("y ~ x + z | firm + year", gappy)
    first, again = (wild_cluster_bootstrap(estimate, gappy, "x", draws=199, rng=generator()) for _ in range(2))
    np.testing.assert_array_equal(first.statistics, again.statistics)
    pd.testing.assert_frame_equal(gappy.frame, before)
    several = wild_tests(estimate, gappy, draws=199, rng=generator())
    assert several.p_values["x"] == first.p_value
    assert several.tidy()["term"].tolist() == ["x", "z"]
    assert "199 Rademacher draws" in str(several.method)


def test_first_differences_follow_the_rows_of_the_estimate(gappy: Panel) -> None:
    estimate = fit_differences("y ~ x + z | year", gappy, cluster="industry")
    test = wild_cluster_bootstrap(estimate, gappy, "x", rng=generator())
    assert test.clusters == 7
    assert test.t_statistic == pytest.approx(estimate.coefficient("x").statistic, rel=1e-7)


def test_multipliers_have_mean_zero_and_variance_one() -> None:
    for kind, third in (("rademacher", 0.0), ("webb", 0.0), ("mammen", 1.0)):
        v = np.concatenate(list(random_multipliers(kind, 200_000, 2, generator())))  # type: ignore[arg-type]
        assert abs(v.mean()) < 0.01
        assert abs((v**2).mean() - 1) < 0.01
        assert abs((v**3).mean() - third) < 0.03
    half = half_of_all_signs(4)
    assert len({tuple(row) for row in np.vstack([half, -half])}) == 16


def test_few_clusters_are_noted(states: Panel) -> None:
    frame = states.frame.assign(bloc=states.frame["state"].map(lambda s: int(s[1]) // 2))
    panel = Panel(frame, "firm", "year")
    estimate = fit("y ~ z | firm", panel, cluster="bloc")
    test = wild_cluster_bootstrap(estimate, panel, "z", rng=generator())
    assert (test.low, test.high) == (-np.inf, np.inf)
    assert "4 clusters by bloc give 8 different draws: p-values are coarse; weights='webb' gives finer ones." in map(str, test.warnings)
    assert any("unbounded" in str(warning) for warning in test.warnings)
    webb = wild_cluster_bootstrap(estimate, panel, "z", weights="webb", draws=999, rng=generator())
    assert not any("coarse" in str(warning) for warning in webb.warnings)
    assert "inf" in str(test)
    assert "coarse" in test._repr_html_()


def test_one_treated_cluster_is_noted() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"g": np.repeat([f"g{i}" for i in range(14)], 6), "t": np.tile(np.arange(6), 14), "y": rng.normal(size=84)})
    frame["d"] = 1.0 * ((frame["g"] == "g3") & (frame["t"] > 2))
    panel = Panel(frame, "g", "t")
    test = wild_cluster_bootstrap(fit("y ~ d | g + t", panel), panel, "d", draws=199, rng=generator())
    assert any("g g3 holds 93% of the variation" in str(warning) for warning in test.warnings)


def test_errors_name_the_thing_and_the_remedy(states: Panel) -> None:
    estimate = fit("y ~ x + z | firm + year", states, cluster="state")
    with pytest.raises(NotEstimable, match="has no term 'zz'"):
        wild_cluster_bootstrap(estimate, states, "zz", rng=generator())
    pooled = fit("y ~ z", states, cluster="state")
    with pytest.raises(NotEstimable, match="intercept is not tested"):
        wild_cluster_bootstrap(pooled, states, "Intercept", rng=generator())
    constant = fit("y ~ 1", states, cluster="state")
    with pytest.raises(NotEstimable, match="no slope to test"):
        wild_tests(constant, states, rng=generator())
    assert wild_tests(pooled, states, "z", rng=generator()).p_values.keys() == {"z"}
    with pytest.raises(UnknownOption, match="did you mean 'rademacher'"):
        wild_cluster_bootstrap(estimate, states, "x", weights="rademaker", rng=generator())  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="draws=0"):
        wild_cluster_bootstrap(estimate, states, "x", draws=0, rng=generator())
    with pytest.raises(UnknownOption, match="level=95"):
        wild_cluster_bootstrap(estimate, states, "x", level=95, rng=generator())
    with pytest.raises(UnknownOption, match="null=nan"):
        wild_cluster_bootstrap(estimate, states, "x", null=np.nan, rng=generator())
    with pytest.raises(UnknownOption, match="takes one cluster variable; the estimate has firm and year"):
        wild_cluster_bootstrap(fit("y ~ x | firm", states, cluster="firm + year"), states, "x", rng=generator())
    with pytest.raises(UnknownOption, match="plain frame has no entity"):
        wild_cluster_bootstrap(fit("y ~ x", states.frame), states.frame, "x", rng=generator())
    with pytest.raises(TooFewClusters, match="there is 1"):
        wild_cluster_bootstrap(estimate, states.assign(one="a"), "x", cluster="one", rng=generator())
    with pytest.raises(EstimationError, match="code is missing"):
        wild_cluster_bootstrap(
            estimate, states.assign(code=states.frame["w"].where(states.frame["w"] > 0.6)), "x", cluster="code", rng=generator()
        )


def test_no_variance_is_an_error_and_not_a_number(states: Panel) -> None:
    panel = states.assign(exact=states.frame["z"] * 2)
    with pytest.raises(NotEstimable, match="the fit is perfect"):
        wild_cluster_bootstrap(fit("exact ~ z | firm", panel, cluster="state"), panel, "z", rng=generator())
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"g": np.repeat(np.arange(8), 5), "t": np.tile(np.arange(5), 8), "y": rng.normal(size=40)})
    alone = Panel(frame.assign(d=1.0 * ((frame["g"] == 0) & (frame["t"] > 2))), "g", "t")
    with pytest.raises(NotEstimable, match="scores sum to zero in every g"):
        wild_cluster_bootstrap(fit("y ~ d | g", alone), alone, "d", rng=generator())


@pytest.mark.slow
@pytest.mark.parametrize("groups", [10, 31])
def test_size_with_few_unequal_clusters(groups: int) -> None:
    """Nominal 5%: t over-rejects with a cluster-level regressor and unequal clusters, the wild bootstrap keeps its size."""
    rng = np.random.default_rng(groups)
    size = np.maximum(2, (60 * np.exp(-np.arange(groups) / (groups / 4))).astype(int))
    g = np.repeat(np.arange(groups), size)
    draws, plain, wild = 500, 0, 0
    for _ in range(draws):
        frame = pd.DataFrame({"g": g, "x": rng.lognormal(size=groups)[g]})
        frame["y"] = 0.7 * rng.normal(size=groups)[g] + rng.normal(size=len(g))
        estimate = fit("y ~ x", frame, cluster="g")
        plain += estimate.coefficient("x").p_value < 0.05
        wild += wild_cluster_bootstrap(estimate, frame, "x", draws=399, rng=rng).p_value <= 0.05
    assert plain / draws > 0.09
    assert 0.02 < wild / draws < 0.085
