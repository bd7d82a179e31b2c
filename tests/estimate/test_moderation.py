"""Marginal effects: against finite differences of predictions, Wald tests, Johnson and Neyman's quadratic, and simulations."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate import fit, fit_instruments, fit_poisson, fit_random, marginal_effects
from toolkit.panel import Panel

STEP = 1e-4
FINITE = 1e-6  # central differences of smooth functions with that step
SIMULATED = 0.02  # quantile of 20,000 draws


def make(seed: int = 0, entities: int = 40, periods: int = 6) -> Panel:
    rng = np.random.default_rng(seed)
    n = entities * periods
    frame = pd.DataFrame(
        {"firm": np.repeat([f"f{i:02d}" for i in range(entities)], periods), "year": np.tile(np.arange(periods), entities)}
    )
    frame["region"] = np.repeat(np.array(["East", "West", "North"])[np.arange(entities) % 3], periods)
    frame["x"], frame["m"], frame["z"] = rng.normal(size=(3, n))
    frame["k"] = np.exp(rng.normal(size=n))
    frame["y"] = frame["x"] * (0.3 + 0.5 * frame["m"]) + frame["m"] + rng.normal(size=n)
    frame["count"] = rng.poisson(np.exp(0.2 * frame["x"] * frame["m"]))
    frame.loc[3, "m"] = np.nan
    frame["huge"] = 1e9 * frame["m"]
    return Panel(frame[rng.random(n) < 0.9], "firm", "year")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make()


@pytest.mark.parametrize(
    ("formula", "term", "moderator", "at"),
    [
        ("y ~ x * m | firm", "x", "m", [-1.0, 0.0, 2.0]),
        ("y ~ x + log(k) + x:log(k)", "x", "k", [0.5, 1.0, 4.0]),
        ("y ~ x + x:log(k) + log(k) | firm + year", "log(k)", "x", [-1.0, 1.5]),
        ("y ~ x + x^2 + z", "x", "x", [-2.0, 0.0, 1.0]),
        ("y ~ k + I(k^2) + I(k^3) | firm", "k", "k", [0.5, 2.0]),
        ("y ~ log(k) + I(log(k)^2) | firm", "log(k)", "k", [0.5, 2.0]),
        ("y ~ x * m + x:I(m^2) + z | firm", "x", "m", [-1.0, 0.5]),
        ("y ~ x + m + I(x * m) | firm", "x", "m", [-1.0, 0.5]),
        ("y ~ x + m + I(m * sqrt(k) * x)", "x", "m", [-1.0, 0.5]),
    ],
)
def test_effect_and_error_are_those_of_finite_differences(panel: Panel, formula: str, term: str, moderator: str, at: list[float]) -> None:
    estimate = fit(formula, panel)
    holding = {} if moderator == "k" or "k" not in formula or term == "log(k)" else {"k": 1.7}
    holding = holding if "sqrt" in formula else {}
    found = marginal_effects(estimate, term, moderator, at, holding=holding)
    for j, value in enumerate(at):
        gradient = _gradient(estimate, term, moderator, value, holding)
        assert found.effect[j] == pytest.approx(gradient @ estimate.beta, rel=FINITE, abs=FINITE)
        assert found.std_error[j] == pytest.approx(np.sqrt(gradient @ estimate.vcov @ gradient), rel=FINITE)


def _gradient(estimate, term, moderator, value, holding) -> np.ndarray:
    """d(d(x'b)/d term)/db by central differences in the raw variable, one coefficient at a time."""
    from dataclasses import replace

    raw = "k" if "k" in term else term
    base = {"x": 0.4, "m": -0.3, "z": 0.1, "k": 1.3} | holding | {moderator: value}
    at = base[raw]
    per_unit = at if term == "log(k)" else 1.0  # dx / dlog x
    rows = pd.DataFrame([base | {raw: at + STEP}, base | {raw: at - STEP}])
    found = []
    for j in range(len(estimate.terms)):
        unit = replace(estimate, beta=np.eye(len(estimate.terms))[j])
        up, down = unit.predict(rows)
        found.append((up - down) / (2 * STEP) * per_unit)
    return np.array(found)


def test_slopes_by_category(panel: Panel) -> None:
    estimate = fit("y ~ x + x:C(region) + C(region):m | year", panel)
    found = marginal_effects(estimate, "x", "region")
    assert found.at == ("East", "North", "West")
    assert found.effect[0] == pytest.approx(estimate.coefficient("x").estimate)
    assert found.effect[2] == pytest.approx(estimate.coefficient("x").estimate + estimate.coefficient("x:C(region)[West]").estimate)
    test = estimate.wald("x + x:C(region)[North] = 0")
    assert found.tidy()["p_value"][1] == pytest.approx(test.p_value)
    shares = marginal_effects(estimate, "x", "region", data=panel).shares
    assert shares is not None
    significant = found.tidy().set_index("at").query("p_value < 0.05 and effect > 0").index
    rows = panel.frame.dropna(subset=["m"])
    assert shares[0] == pytest.approx(rows["region"].isin(significant).mean())
    with pytest.raises(NotEstimable, match="no ranges"):
        found.regions()
    with pytest.raises(UnknownOption, match="no level 'South'"):
        marginal_effects(estimate, "x", "region", ["South"])


def test_lagged_moderator_is_its_value_at_that_date(panel: Panel) -> None:
    estimate = fit("y ~ x + L(m, 1) + x:L(m, 1) + L(x, 1) | firm", panel)
    found = marginal_effects(estimate, "x", "m", [2.0])
    assert found.effect[0] == pytest.approx(estimate.coefficient("x").estimate + 2 * estimate.coefficient("x:L(m, 1)").estimate)
    with pytest.raises(NotEstimable, match="several dates"):
        marginal_effects(fit("y ~ x + x:L(m, 1) + x:m | firm", panel), "x", "m", [2.0])
    with pytest.raises(NotEstimable, match="is a difference"):
        marginal_effects(fit("y ~ x + x:D(m) | firm", panel), "x", "m", [2.0])


def test_default_values_and_share_of_rows(panel: Panel) -> None:
    estimate = fit("y ~ x * m + z | firm", panel)
    found = marginal_effects(estimate, "x", "m", data=panel)
    rows = panel.frame.dropna(subset=["m"])["m"]
    assert (len(found.at), found.at[0], found.at[-1]) == (50, pytest.approx(rows.quantile(0.01)), pytest.approx(rows.quantile(0.99)))
    each = marginal_effects(estimate, "x", "m", rows.to_numpy()).tidy()
    assert found.shares == pytest.approx((((each["conf_low"] > 0).mean()), (each["conf_high"] < 0).mean()))
    assert found.shares[0] > 0.3
    assert "Share of rows" in repr(found)
    assert "<table" in found._repr_html_()


def test_regions_are_those_of_johnson_and_neyman(panel: Panel) -> None:
    """(b1 + b2 m)^2 = c^2 (V11 + 2 m V12 + m^2 V22), solved as a quadratic."""
    estimate = fit("y ~ x * m | firm", panel)
    i, j = estimate.terms.index("x"), estimate.terms.index("x:m")
    (b1, b2), v = estimate.beta[[i, j]], estimate.vcov[np.ix_([i, j], [i, j])]
    c = stats.t(estimate.covariance.df_t).ppf(0.975)
    roots = np.sort(np.roots([b2**2 - c**2 * v[1, 1], 2 * (b1 * b2 - c**2 * v[0, 1]), b1**2 - c**2 * v[0, 0]]).real)
    regions = marginal_effects(estimate, "x", "m", np.linspace(-4, 4, 2001)).regions()
    assert regions["sign"].tolist() == [-1, 1]
    assert regions["high"][0] == pytest.approx(roots[0], abs=1e-5)
    assert regions["low"][1] == pytest.approx(roots[1], abs=1e-5)
    assert (regions["low"][0], regions["high"][1]) == (-4, 4)


def test_bands_lie_between_pointwise_and_their_bounds(panel: Panel) -> None:
    estimate = fit("y ~ x * m | firm", panel)
    df = estimate.covariance.df_t
    grid = np.linspace(-3, 3, 41)
    found = marginal_effects(estimate, "x", "m", grid, rng=np.random.default_rng(1))
    wide = marginal_effects(estimate, "x", "m", grid)
    scheffe = np.sqrt(2 * stats.f(2, df).ppf(0.95))  # all linear combinations of two coefficients
    assert found.critical < found.band_critical < min(scheffe + SIMULATED, wide.band_critical)
    assert (wide.band, wide.band_critical) == ("Bonferroni", pytest.approx(stats.t(df).ppf(1 - 0.025 / 41)))
    one = marginal_effects(estimate, "x", "m", [1.0], rng=np.random.default_rng(1))
    assert one.band_critical == pytest.approx(one.critical, abs=0.04)
    frame = found.tidy()
    np.testing.assert_allclose(frame["band_high"] - frame["effect"], found.band_critical * frame["std_error"])
    again = marginal_effects(estimate, "x", "m", grid, rng=np.random.default_rng(1))
    assert again.band_critical == found.band_critical


def test_scale_of_the_moderator_does_not_matter(panel: Panel) -> None:
    plain = marginal_effects(fit("y ~ x * m | firm", panel), "x", "m", [-1.0, 2.0])
    huge = marginal_effects(fit("y ~ x * huge | firm", panel), "x", "huge", [-1e9, 2e9])
    np.testing.assert_allclose(huge.effect, plain.effect, rtol=1e-7)
    np.testing.assert_allclose(huge.std_error, plain.std_error, rtol=1e-7)
    grid = np.linspace(-2, 2, 9)
    bands = [
        marginal_effects(fit(f"y ~ x * {m} | firm", panel), "x", m, size * grid, rng=np.random.default_rng(3)).band_critical
        for m, size in (("m", 1.0), ("huge", 1e9))
    ]
    assert bands[0] == pytest.approx(bands[1], rel=1e-3)


def test_other_estimators(panel: Panel) -> None:
    poisson = fit_poisson("count ~ x * m | firm", panel)
    assert marginal_effects(poisson, "x", "m", [0.0]).effect[0] == poisson.coefficient("x").estimate
    normal = fit_poisson("count ~ x * m | firm", panel, covariance="iid")
    assert marginal_effects(normal, "x", "m", [0.0]).critical == pytest.approx(1.959964)
    random = fit_random("y ~ x * m", panel)
    assert marginal_effects(random, "x", "m", [1.0]).effect[0] == pytest.approx(random.beta[1] + random.beta[3])
    instruments = fit_instruments("y ~ m + x:m | firm | x ~ z + k", panel)
    both = instruments.coefficient("x").estimate + instruments.coefficient("x:m").estimate
    assert marginal_effects(instruments, "x", "m", [1.0]).effect[0] == pytest.approx(both)


def test_bad_questions_are_named(panel: Panel) -> None:
    estimate = fit("y ~ x * m + x:z + log(k):x | firm", panel)
    with pytest.raises(NotEstimable, match=r"no regressor 'xx'"):
        marginal_effects(estimate, "xx", "m", [0.0])
    with pytest.raises(NotEstimable, match="does not interact with a column 'w'") as caught:
        marginal_effects(estimate, "x", "w", [0.0])
    assert "x:m" in str(caught.value)
    with pytest.raises(NotEstimable, match="also depends on k, z") as caught:
        marginal_effects(estimate, "x", "m", [0.0])
    assert "holding={'k': value}" in str(caught.value)
    assert len(marginal_effects(estimate, "x", "m", [0.0], holding={"k": 1.0, "z": 0.0}).effect) == 1
    with pytest.raises(NotEstimable, match="not defined at k = -1"):
        marginal_effects(fit("y ~ x + x:log(k)", panel), "x", "k", [1.0, -1.0])
    with pytest.raises(NotEstimable, match="in another form"):
        marginal_effects(fit("y ~ k + log(k) + k:m", panel), "k", "m", [0.0])
    with pytest.raises(UnknownOption, match="no values of m"):
        marginal_effects(fit("y ~ x * m", panel).lean(), "x", "m")
    with pytest.raises(UnknownOption, match="holds no value"):
        marginal_effects(fit("y ~ x * m", panel), "x", "m", [])
    with pytest.raises(UnknownOption, match=r"level=1\.5"):
        marginal_effects(fit("y ~ x * m", panel), "x", "m", [0.0], level=1.5)
    with pytest.raises(UnknownOption, match="draws=0"):
        marginal_effects(fit("y ~ x * m", panel), "x", "m", [0.0], rng=np.random.default_rng(0), draws=0)
    with pytest.raises(NotEstimable, match="no row"):
        marginal_effects(fit("y ~ x * m", panel), "x", "m", data=panel.assign(m=np.nan))


@pytest.mark.slow
def test_the_sup_t_band_covers_the_whole_curve() -> None:
    """600 simulations with 50 clusters of equal noise; the curve is covered in 95%, within three simulation errors."""
    inside, grid = [], np.linspace(-2, 2, 21)
    for seed in range(600):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(rng.normal(size=(300, 2)), columns=["x", "m"]).assign(
            firm=np.repeat(np.arange(50), 6), year=np.tile(np.arange(6), 50)
        )
        frame["y"] = frame["x"] * (1 + 0.5 * frame["m"]) + rng.normal(size=300)
        found = marginal_effects(
            fit("y ~ x * m | firm", Panel(frame, "firm", "year"), covariance="iid"), "x", "m", grid, rng=rng, draws=4000
        )
        band = found.tidy()
        inside.append(((band["band_low"] <= 1 + 0.5 * grid) & (1 + 0.5 * grid <= band["band_high"])).all())
    assert abs(np.mean(inside) - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 600)
