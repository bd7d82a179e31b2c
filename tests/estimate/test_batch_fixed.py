"""One design and many outcomes against fit, cr2, the Anderson-Rubin set and the wild bootstraps of the library."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.special import fdtri

from toolkit.estimate import cr2, fit, fit_instruments, wild_cluster_bootstrap
from toolkit.estimate.batch.fixed import FixedDesign
from toolkit.estimate.batch.wild import instrument_p_values, multipliers, wild_draws
from toolkit.estimate.inference.wild_scheme import all_signs
from toolkit.numerics import Floats
from toolkit.panel import Panel

SAME = 1e-8
CLUSTERS, PERIODS = 9, 8


@cache
def panel() -> Panel:
    import pandas as pd

    draw = np.random.default_rng(4)
    place, year = np.repeat(np.arange(CLUSTERS), PERIODS), np.tile(np.arange(PERIODS), CLUSTERS)
    z = draw.normal(size=CLUSTERS * PERIODS) * (1 + (place == 2) * 2)
    x = 0.8 * z + draw.normal(size=len(z))
    frame = pd.DataFrame({"place": place, "year": year, "z": z, "x": x, "c": draw.normal(size=len(z))})
    frame["y"] = 0.4 * x + draw.normal(size=len(z)) * (1 + place / 4) + draw.normal(size=CLUSTERS)[place] * year / 4
    return Panel(frame, "place", "year")


def design(instrument: str = "x", trends: bool = False) -> tuple[FixedDesign, Floats]:
    frame = panel().frame
    place, year = frame["place"].to_numpy(), frame["year"].to_numpy()
    by_place = np.eye(CLUSTERS)[place]
    others = [by_place, np.eye(PERIODS)[year], frame[["c"]].to_numpy(), *([by_place * year[:, None]] if trends else [])]
    x, z = frame["x"].to_numpy(), frame[instrument].to_numpy()
    return FixedDesign(x, z, np.column_stack(others), place, CLUSTERS - 1), frame["y"].to_numpy()[None]


@pytest.mark.parametrize("trends", [False, True])
def test_slope_and_errors_are_those_of_fit_and_cr2(trends: bool) -> None:
    d, y = design(trends=trends)
    estimate = fit(f"y ~ x + c | place + year{' + place[year]' if trends else ''}", panel())
    found, robust = d.fitted(y), cr2(estimate)
    assert found.estimate[0] == pytest.approx(estimate.coefficient("x").estimate, abs=SAME)
    assert found.std_error[0] == pytest.approx(estimate.coefficient("x").std_error, abs=SAME)
    assert found.cr2_error[0] == pytest.approx(robust.coefficient("x").std_error, abs=SAME)
    assert robust.covariance.df_terms is not None
    assert d.satterthwaite == pytest.approx(robust.covariance.df_terms[0], rel=SAME)
    assert d.df == estimate.covariance.df_t


def test_the_wild_bootstrap_is_that_of_the_library() -> None:
    d, y = design()
    estimate, signs = fit("y ~ x + c | place + year", panel()), all_signs(CLUSTERS)
    drawn = wild_draws(d.fitted(y), signs)
    for null in (0.0, 0.3, 0.7):
        whole = wild_cluster_bootstrap(estimate, term="x", null=null, rng=np.random.default_rng(1))
        assert (drawn.p_value(null)[0] * (1 + len(signs)) - 1) / len(signs) == pytest.approx(whole.p_value, abs=1e-12)
    low, high = drawn.interval()
    assert (low[0], high[0]) == pytest.approx((whole.low, whole.high), abs=1e-3)
    # the ends are where the p-value crosses five per cent
    assert drawn.p_value(low + 0.002)[0] > 0.05 >= drawn.p_value(low - 0.002)[0]


def test_the_first_outcomes_alone_have_the_same_draws() -> None:
    d, y = design()
    many = wild_draws(d.fitted(np.concatenate([y, 2 * y, -y])), multipliers(np.random.default_rng(2), 99, CLUSTERS, "webb"))
    assert many.first(1).p_value(0.1)[0] == many.p_value(0.1)[0]
    assert many.p_value(0.0)[0] == many.p_value(0.0)[1] == many.p_value(0.0)[2]


def test_two_stages_their_set_and_their_bootstrap_are_those_of_the_library() -> None:
    d, y = design("z")
    estimate, signs = fit_instruments("y ~ c | place + year | x ~ z", panel()), all_signs(CLUSTERS)
    found = d.fitted(y)
    assert found.estimate[0] == pytest.approx(estimate.coefficient("x").estimate, abs=SAME)
    assert found.std_error[0] == pytest.approx(estimate.coefficient("x").std_error, abs=SAME)
    assert estimate.weak.anderson_rubin is not None
    (expected,) = estimate.weak.anderson_rubin.confidence_set().intervals
    low, high = found.anderson_rubin(float(fdtri(1, d.df, 0.95)))
    assert (low[0], high[0]) == pytest.approx(expected, abs=SAME)
    for null in (0.0, 0.3, 0.7):
        whole = wild_cluster_bootstrap(estimate, term="x", null=null, rng=np.random.default_rng(1))
        p = instrument_p_values(d, y, null, signs)[0]
        assert (p * (1 + len(signs)) - 1) / len(signs) == pytest.approx(whole.p_value, abs=1e-12)


def test_a_useless_instrument_has_an_unbounded_set() -> None:
    d, y = design()
    noise = FixedDesign(d.regressor, np.random.default_rng(0).normal(size=len(d.regressor)), d.others, d.clusters, d.nested)
    low, high = noise.fitted(y).anderson_rubin(float(fdtri(1, d.df, 0.95)))
    assert np.isneginf(low[0])
    assert np.isposinf(high[0])


@pytest.mark.parametrize("weights", ["rademacher", "webb"])
def test_multipliers_have_mean_zero_and_variance_one(weights: str) -> None:
    v = multipliers(np.random.default_rng(1), 20_000, 5, weights)  # type: ignore[arg-type]
    assert abs(v.mean()) < 0.02
    assert v.var() == pytest.approx(1.0, abs=0.02)
