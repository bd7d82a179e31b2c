"""The simulated firms: their known truth, and the biases that the designs are known to have."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from toolkit.data.simulate import FirmSettings, draw_firms, simulate_firms
from toolkit.errors import UnknownOption
from toolkit.estimate import DynamicSettings, fit, fit_differences, fit_dynamic, fit_instruments, leave_one_out_mean
from toolkit.estimate.instruments.builders import mean_including_own
from toolkit.studies.firms import simulated, simulated_dynamics, simulated_shocks, worlds
from toolkit.studies.firms.accuracy import Draws, accuracy, monte_carlo_error, rejection

SAME = 1e-8


@cache
def results() -> simulated.Results:
    return simulated.run(replications=120, seed=11)


def test_equal_seeds_give_equal_panels_and_the_shape_is_as_described() -> None:
    first, second = (simulate_firms(np.random.default_rng(7)) for _ in range(2))
    assert first.frame.equals(second.frame)
    shape = first.shape()
    assert (first.frame["year"].min(), first.frame["year"].max()) == (2016, 2023)
    assert not shape.balanced
    assert shape.gaps == ()
    assert first.name == "simulated firms"


def test_the_truth_is_found_once_nothing_confounds() -> None:
    """True subsidy, project quality held out of the subsidy, firm and year effects: what is left is the elasticity."""
    settings = FirmSettings(firms=800, selection=0.0)
    panel = simulate_firms(np.random.default_rng(1), settings)
    c = fit("ln_rd_intensity ~ ln_subsidy_true + ln_revenue | firm + year", panel).coefficient("ln_subsidy_true")
    assert abs(c.estimate - settings.elasticity) < 3 * c.std_error
    assert c.std_error < 0.02


def test_noise_in_the_subsidy_attenuates_by_the_textbook_factor() -> None:
    """Within firms, plim = beta * var(s* | revenue, effects) / (that variance + var(noise))."""
    settings = FirmSettings(firms=1500, selection=0.0, fund=0.0)
    panel = simulate_firms(np.random.default_rng(2), settings)
    c = fit("ln_rd_intensity ~ ln_subsidy + ln_revenue | firm + year", panel).coefficient("ln_subsidy")
    signal, noise = settings.subsidy_noise**2, settings.measurement**2
    assert c.estimate == pytest.approx(settings.elasticity * signal / (signal + noise), abs=4 * c.std_error)


def test_the_dynamic_version_has_the_persistence_it_declares() -> None:
    rng = np.random.default_rng(3)
    panel = simulate_firms(rng, FirmSettings(firms=600, persistence=0.5, selection=0.0, measurement=0.0, quality=0.0))
    found = fit("ln_rd_intensity ~ L(ln_rd_intensity, 1) + ln_subsidy_true + ln_revenue + C(year)", panel)
    assert found.coefficient("ln_subsidy_true").estimate == pytest.approx(0.19, abs=0.02)


def test_projects_and_common_shocks_are_as_persistent_and_as_large_as_declared() -> None:
    s = FirmSettings(firms=400, project=0.5, project_persistence=0.8, elasticity=0.0, quality=0.0, rd_noise=0.0)
    d = draw_firms(np.random.default_rng(4), s, 3)
    q = d.intensity + 2 + 0.15 * (d.revenue - 6.6) - 0.02 * np.arange(8)
    assert q.std() == pytest.approx(0.5, abs=0.02)
    assert (q[..., 1:] * q[..., :-1]).mean() / q.var() == pytest.approx(0.8, abs=0.02)
    with_common = draw_firms(np.random.default_rng(4), FirmSettings(firms=400, common=0.3, project=0.0, rd_noise=0.0, quality=0.0), 3)
    rest = with_common.intensity - 0.38 * (with_common.subsidy_true - 2.1) + 0.15 * (with_common.revenue - 6.6) + 2 - 0.02 * np.arange(8)
    assert (rest / with_common.exposure[..., None]).std() == pytest.approx(0.3, abs=0.05)


def test_the_grant_inside_total_rd_is_the_grant() -> None:
    d = draw_firms(np.random.default_rng(6), FirmSettings(), 1)
    own, grant = np.exp(d.intensity + d.revenue), np.exp(d.subsidy_true)
    assert np.exp(d.total_intensity + d.revenue) == pytest.approx(own + grant)


def test_every_static_design_is_the_estimator_it_is_named_after() -> None:
    panels = {name: draw_firms(np.random.default_rng(9), s, 1) for name, s in worlds.WORLDS.items()}

    def found(name: str) -> float:
        world, estimate = worlds.STATIC_DESIGNS[name]
        return float(estimate(panels[world]).estimate[0])

    panel = panels["static"].panel()
    by = ("province", "year")
    panel = panel.assign(
        others=leave_one_out_mean(panel, "ln_subsidy", by=by),
        with_own=mean_including_own(panel, "ln_subsidy", by=by),
        outcome_per=panel.frame["ln_rd_intensity"] + panel.frame["ln_revenue"] - panel.frame["ln_revenue_noisy"],
        subsidy_per=panel.frame["ln_subsidy"] - panel.frame["ln_revenue_noisy"],
    )
    per = fit("outcome_per ~ subsidy_per + ln_revenue_noisy | firm + year", panel).coefficient("subsidy_per")
    assert found("per_revenue") == pytest.approx(per.estimate, abs=SAME)
    for name, instrument in {"leave_one_out": "others", "with_own": "with_own", "own_lag": "L(ln_subsidy, 1)"}.items():
        single = fit_instruments(f"ln_rd_intensity ~ ln_revenue | firm + year | ln_subsidy ~ {instrument}", panel)
        assert found(name) == pytest.approx(single.coefficient("ln_subsidy").estimate, abs=SAME)
    changes = fit_differences("ln_rd_intensity ~ ln_subsidy + ln_revenue + C(year)", panel)
    assert found("differences") == pytest.approx(changes.coefficient("ln_subsidy").estimate, abs=SAME)


def test_every_dynamic_design_is_the_estimator_it_is_named_after() -> None:
    d = draw_firms(np.random.default_rng(10), worlds.DYNAMIC, 1)
    panel, found = d.panel(), worlds.dynamic_designs(d)
    lagged = "ln_rd_intensity ~ L(ln_rd_intensity, 1) + ln_subsidy + ln_revenue"
    settings = DynamicSettings(estimator="system", collapse=True)
    single = {
        "ols": fit(f"{lagged} + C(year)", panel),
        "fixed": fit(f"{lagged} | firm + year", panel),
        "system_shock": fit_dynamic(
            f"{lagged} | year", panel, gmm={"ln_rd_intensity": (2, 4)}, iv=("ln_revenue", "exposed_shock"), settings=settings
        ),
    }
    for name, estimate in single.items():
        impact = estimate.coefficient("ln_subsidy")
        assert found[name].impact.estimate[0] == pytest.approx(impact.estimate, abs=SAME)
        assert found[name].impact.std_error[0] == pytest.approx(impact.std_error, abs=SAME)
        assert found[name].rho[0] == pytest.approx(estimate.coefficient("L(ln_rd_intensity, 1)").estimate, abs=SAME)
        from toolkit.estimate import long_run

        if estimate.coefficient("L(ln_rd_intensity, 1)").estimate < 1:
            long = long_run(estimate, "ln_subsidy")
            assert found[name].long_run.std_error[0] == pytest.approx(long.std_error, abs=SAME)


def test_means_are_those_of_the_reference_simulation() -> None:
    """Means of an independent program with the same equations (200 panels of 1,046 firm-years; here about 1,100)."""
    mean = simulated.summary(results().static)["mean"]
    reference = {
        "pooled": 0.760,
        "two_way": 0.468,
        "no_error": 0.521,
        "no_selection": 0.338,
        "differences": 0.480,
        "per_revenue": 0.476,
        "shift_share": 0.379,
        "leave_one_out": 0.375,
        "with_own": 0.405,
    }
    for name, value in reference.items():
        assert mean[name] == pytest.approx(value, abs=0.03), name
    found = simulated_dynamics.summary(results())
    assert found["rho"]["fixed"] < 0.5 < found["rho"]["ols"]  # Nickell below, firm quality above
    assert found["long_run"]["system_shock"] == pytest.approx(0.43, abs=0.06)
    assert found["long_run"]["difference_shock"] == pytest.approx(0.40, abs=0.06)


def test_a_strong_own_lag_misleads_where_shocks_persist_and_a_weak_one_warns() -> None:
    found = simulated.summary(results().static)
    weak, strong, least = found.loc["own_lag"], found.loc["persistent_own_lag"], found.loc["persistent_two_way"]
    assert weak["first_stage"] < 10 < 40 < strong["first_stage"]
    assert strong["median"] > least["median"] > 0.38 + 0.2
    assert strong["coverage"] < 10
    assert np.isnan(weak["mean"])
    assert np.isfinite(strong["mean"])


def test_a_common_shock_needs_clusters_that_hold_it() -> None:
    found = results().clusters
    size = {world: {name: rejection(d, d.truth).mean() for name, d in draws.items()} for world, draws in found.items()}
    assert size["static"]["firm"] < 0.13
    assert size["common"]["firm"] > 0.2
    assert size["common"]["province"] < 0.18
    assert size["common"]["exposure"] < 0.2
    assert size["common"]["null"] < 0.12


def test_the_mechanical_part_shows_without_any_reaction() -> None:
    """d ln(own + grant) = share of the grant times d ln grant, about a tenth of R&D here."""
    mean = simulated.summary(results().total)["mean"]
    assert mean["no_effect_own"] == pytest.approx(0.0, abs=0.02)
    d = draw_firms(np.random.default_rng(12), worlds.WORLDS["no_effect"], 20)
    share = 1 / (1 + np.exp(d.intensity + d.revenue - d.subsidy_true))
    assert mean["no_effect_total"] == pytest.approx(share[d.observed].mean(), abs=0.03)
    assert mean["static_total"] > mean["static_own"] + 0.03


def test_accuracy_is_what_a_hand_computes() -> None:
    draws = Draws(
        truth=0.0,
        estimate=np.array([1.0, -1.0, 3.0, 0.0]),
        std_error=np.array([1.0, 1.0, 1.0, np.nan]),
        df=np.full(4, np.inf),
        first_stage=np.full(4, np.nan),
    )
    found = accuracy(draws)
    assert found["mean"] == found["bias"] == 0.75
    assert found["sd"] == pytest.approx(np.std([1, -1, 3, 0], ddof=1))
    assert found["rmse"] == pytest.approx(np.hypot(0.75, found["sd"]))
    assert found["coverage"] == 75.0  # three standard errors are too many, a missing one rejects nothing
    assert monte_carlo_error(np.array([True, False])) == pytest.approx(100 * np.sqrt(0.25 / 2))


def test_exhibits_say_simulated_in_both_languages_and_findings_are_filled() -> None:
    r = results()
    tables = [f(r) for f in (simulated.own_lag, simulated_shocks.table)]
    for exhibit in (*tables, simulated_dynamics.table(r)):
        for language, word in (("en", "simulated"), ("zh", "模拟")):
            assert word in exhibit.table(language).title.lower()  # type: ignore[arg-type]
    assert simulated.designs_finding(r).values["n"] == 120
    assert simulated_dynamics.finding(r).values["truth"] == 0.38


def test_progress_wraps_every_block() -> None:
    seen: list[int] = []

    def watch(steps):  # type: ignore[no-untyped-def]
        for step in steps:
            seen.append(step)
            yield step

    simulated.run(replications=2, seed=1, steps=watch)
    assert seen == list(range(7))  # six static worlds and the dynamic one


def test_bad_settings_are_named() -> None:
    with pytest.raises(UnknownOption, match="persistence = 1"):
        FirmSettings(persistence=1.0)
    with pytest.raises(UnknownOption, match="two firms"):
        FirmSettings(firms=1)
    with pytest.raises(UnknownOption, match="two replications"):
        simulated.run(replications=1, seed=1)
