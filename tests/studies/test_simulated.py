"""The simulated firms: their known truth, and the biases that the designs are known to have."""

from __future__ import annotations

import numpy as np
import pytest

from toolkit.data.simulate import FirmSettings, simulate_firms
from toolkit.errors import UnknownOption
from toolkit.estimate import fit
from toolkit.studies import simulated


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


def test_designs_show_their_known_biases() -> None:
    results = simulated.run(12, 4, seed=11)
    static = simulated.static(results).data
    static.index = results.draws["design"].unique()
    mean = static["mean"]
    assert mean["pooled"] > mean["two_way"] > 0.38 + 0.04  # the elasticity that the firms are drawn with
    assert mean["no_error"] > mean["two_way"]  # measurement error hides part of the selection
    assert mean["no_selection"] < 0.38
    assert static.loc["shift_share", "bias"] == pytest.approx(0.0, abs=0.06)
    assert static.loc["own_lag", "first_stage"] < 10 < static.loc["shift_share", "first_stage"]
    dynamic = simulated.dynamic(results).data
    dynamic.index = results.dynamic_draws["design"].unique()
    assert dynamic.loc["fixed", "rho"] < 0.5 < dynamic.loc["ols", "rho"]  # Nickell below, firm quality above
    values = simulated.designs_finding(results).values
    assert values["n"] == 12
    assert values["iv"] == pytest.approx(mean["shift_share"])


def test_progress_wraps_every_replication() -> None:
    seen: list[int] = []

    def watch(steps):  # type: ignore[no-untyped-def]
        for step in steps:
            seen.append(step)
            yield step

    simulated.run(2, 2, seed=1, steps=watch)
    assert seen == [0, 1, 2, 3]


def test_bad_settings_are_named() -> None:
    with pytest.raises(UnknownOption, match="persistence = 1"):
        FirmSettings(persistence=1.0)
    with pytest.raises(UnknownOption, match="two firms"):
        FirmSettings(firms=1)
    with pytest.raises(UnknownOption, match="two replications"):
        simulated.run(1, 5, seed=1)
