"""Simulations that know the truth: size of the Anderson-Rubin test, and the firm panel whose elasticity is 0.38 (all data simulated)."""

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import InstrumentsEstimate, fit_instruments, fit_within, leave_one_out_mean
from toolkit.estimate.instruments.builders import mean_including_own
from toolkit.panel import Panel

TRUTH = 0.38


def simulated_firms(rng: np.random.Generator, firms: int = 150, fund: float = 0.35) -> Panel:
    """Subsidies that follow project quality q, firm quality a and a provincial fund shock z_pt with exposure e_i; parameters are chosen."""
    years = np.arange(2016, 2024)
    province, link, soe = rng.integers(0, 12, firms), rng.integers(0, 6, firms), rng.random(firms) < 0.22
    quality, exposure = rng.normal(0, 0.55, firms), 2 * rng.beta(2, 2, firms)
    shock = np.zeros((12, 20))
    for t in range(1, 20):
        shock[:, t] = 0.6 * shock[:, t - 1] + rng.normal(0, fund * np.sqrt(1 - 0.36), 12)
    shock = shock[:, -len(years) :]
    entry = np.where(rng.random(firms) < 0.5, 2016, rng.integers(2016, 2021, firms))
    revenue = rng.normal(6.2, 0.8, firms)[:, None] + np.cumsum(rng.normal(0.13, 0.05, (firms, len(years))), axis=1)
    wave = np.where((years >= 2019)[None, :] & (link < 2)[:, None], 0.25, 0.0)
    project = rng.normal(0, 0.25, (firms, len(years)))
    moved = exposure[:, None] * shock[province]
    noise = rng.normal(0, 0.45, (firms, len(years)))
    subsidy = -1.2 + 0.5 * revenue + 0.6 * quality[:, None] + 0.35 * soe[:, None] + 0.9 * moved + wave + 0.8 * project + noise
    rd = -2 + quality[:, None] + 0.02 * (years - 2016) + TRUTH * (subsidy - 2.1) - 0.15 * (revenue - 6.6) + project
    rd = rd + rng.normal(0, 0.20, rd.shape)
    frame = pd.DataFrame(
        {
            "firm": np.repeat([f"firm {i:03d}" for i in range(firms)], len(years)),
            "year": np.tile(years, firms),
            "province": np.repeat(province, len(years)),
            "rd_intensity": rd.ravel(),
            "subsidy": (subsidy + rng.normal(0, 0.20, rd.shape)).ravel(),
            "revenue": revenue.ravel(),
            "exposed_shock": moved.ravel(),
        }
    )
    return Panel(frame[(frame["year"] >= np.repeat(entry, len(years))).to_numpy()], "firm", "year", "simulated firms")


def with_instruments(panel: Panel, instrument: str) -> InstrumentsEstimate:
    return fit_instruments(f"rd_intensity ~ revenue | firm + year | subsidy ~ {instrument}", panel, cluster="firm")


@pytest.mark.slow
def test_shift_share_finds_the_elasticity_that_fixed_effects_miss() -> None:
    """Means over 100 simulated panels: fixed effects above the truth, shift-share on it, the mean with the own firm in between."""
    found: dict[str, list[float]] = {"fe": [], "iv": [], "others": [], "own": []}
    covered, held = 0, 0
    for seed in range(100):
        panel = simulated_firms(np.random.default_rng(seed))
        others = leave_one_out_mean(panel, "subsidy", by=("province", "year"))
        panel = panel.assign(others=others, own=mean_including_own(panel, "subsidy", by=("province", "year")))
        found["fe"].append(fit_within("rd_intensity ~ subsidy + revenue | firm + year", panel).coefficient("subsidy").estimate)
        iv = with_instruments(panel, "exposed_shock")
        interval = iv.coefficient("subsidy")
        found["iv"].append(interval.estimate)
        covered += interval.low <= TRUTH <= interval.high
        assert iv.weak.anderson_rubin is not None
        held += TRUTH in iv.weak.anderson_rubin.confidence_set()
        found["own"].append(with_instruments(panel, "own").coefficient("subsidy").estimate)
        found["others"].append(with_instruments(panel, "others").coefficient("subsidy").estimate)
    middle = {name: float(np.median(values)) for name, values in found.items()}
    error = float(np.std(found["iv"])) / 10
    assert middle["iv"] == pytest.approx(TRUTH, abs=3 * error)
    assert middle["fe"] > TRUTH + 0.05
    assert TRUTH + 0.01 < middle["own"] < middle["fe"]
    assert abs(middle["others"] - TRUTH) < abs(middle["own"] - TRUTH)
    assert 88 <= covered <= 100
    assert 88 <= held <= 100


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"covariance": "HC1"}, {"cluster": "firm"}], ids=str)
def test_the_anderson_rubin_test_keeps_its_size_with_weak_instruments(options: dict[str, str]) -> None:
    """1,000 panels with strong endogeneity and nearly useless instruments: AR rejects the truth at its level, the t test far more often."""
    draws, firms, years = 1000, 60, 5
    by_ar = by_t = 0
    rng = np.random.default_rng(38)
    ids = {"firm": np.repeat(np.arange(firms), years), "year": np.tile(np.arange(years), firms)}
    for _ in range(draws):
        level = np.repeat(rng.normal(size=firms), years) if "cluster" in options else 0.0
        z = rng.normal(size=(3, firms * years))
        u = rng.normal(size=firms * years) * (1 + 0.5 * np.abs(z[0])) + 0.5 * level
        d = 0.04 * z.sum(axis=0) + 0.9 * u + 0.3 * rng.normal(size=firms * years)
        panel = Panel(pd.DataFrame(ids | {"y": TRUTH * d + u, "d": d, "z1": z[0], "z2": z[1], "z3": z[2]}), "firm", "year")
        estimate = fit_instruments("y ~ 1 | d ~ z1 + z2 + z3", panel, **options)  # type: ignore[arg-type]
        assert estimate.weak.anderson_rubin is not None
        by_ar += estimate.weak.anderson_rubin.test(TRUTH).p_value < 0.05
        found = estimate.coefficient("d")
        by_t += abs(found.estimate - TRUTH) > (found.high - found.estimate)
    noise = 3 * np.sqrt(0.05 * 0.95 / draws)  # three standard errors of a rejection rate of 5 %
    assert by_ar / draws < 0.05 + noise + 0.01
    assert by_ar / draws > 0.05 - noise - 0.01
    assert by_t / draws > 0.3
