"""Difference and system GMM on many panels at once against fit_dynamic on each panel alone."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
import pytest

from toolkit.data.simulate import FirmDraws, FirmSettings, draw_firms
from toolkit.estimate import DynamicEstimate, DynamicSettings, fit_dynamic, long_run, wild_cluster_bootstrap
from toolkit.estimate.batch.gmm import TwoStep, equations, joined, two_step
from toolkit.estimate.batch.wild import score_draws
from toolkit.estimate.inference.wild_scheme import all_signs

SAME = 1e-8
FORMULA = "ln_rd_intensity ~ L(ln_rd_intensity, 1) + ln_subsidy + ln_revenue | year"
Estimator = Literal["difference", "system"]


@cache
def drawn(firms: int = 80) -> FirmDraws:
    return draw_firms(np.random.default_rng(3), FirmSettings(firms=firms, persistence=0.5), 2)


@cache
def both(estimator: Estimator, own_lags: bool) -> tuple[TwoStep, list[DynamicEstimate]]:
    d = drawn()
    y, x, r, z = (np.where(d.observed, v, np.nan) for v in (d.intensity, d.subsidy, d.revenue, d.exposed_shock))
    lags, single = {"y": (y, 2, 4)}, {"ln_rd_intensity": (2, 4)}
    if own_lags:
        many = equations(y, {"x": x, "r": r}, lags | {"x": (x, 2, 4)}, {"r": r}, estimator)
        gmm, iv = {**single, "ln_subsidy": (2, 4)}, ("ln_revenue",)
    else:
        many = equations(y, {"x": x, "r": r}, lags, {"r": r, "z": z}, estimator)
        gmm, iv = single, ("ln_revenue", "exposed_shock")
    settings = DynamicSettings(estimator=estimator, collapse=True)
    return two_step(many), [fit_dynamic(FORMULA, d.panel(k), gmm=gmm, iv=iv, settings=settings) for k in range(2)]


@pytest.mark.parametrize("own_lags", [True, False])
@pytest.mark.parametrize("estimator", ["difference", "system"])
def test_every_panel_is_that_of_fit_dynamic(estimator: Estimator, own_lags: bool) -> None:
    found, single = both(estimator, own_lags)
    for k, estimate in enumerate(single):
        slopes = [estimate.terms.index(name) for name in ("L(ln_rd_intensity, 1)", "ln_subsidy", "ln_revenue")]
        assert found.beta[k] == pytest.approx(estimate.beta[slopes], abs=SAME)
        assert found.vcov[k] == pytest.approx(estimate.vcov[np.ix_(slopes, slopes)], abs=SAME)
        assert found.hansen[k] == pytest.approx(estimate.statistics["hansen"], abs=SAME)
        assert found.hansen_df == estimate.statistics["hansen_df"]
        assert found.hansen_p()[k] == pytest.approx(estimate.statistics["hansen_p"], abs=SAME)
        effect, error = found.long_run("x", "lag")
        long = long_run(estimate, "ln_subsidy")
        assert (effect[k], error[k]) == pytest.approx((long.estimate, long.std_error), abs=SAME)


def test_a_persistence_of_one_has_no_long_run() -> None:
    found = TwoStep(
        slopes=("lag", "x"),
        beta=np.array([[1.1, 0.2], [0.5, 0.2]]),
        vcov=np.tile(np.eye(2), (2, 1, 1)),
        hansen=np.zeros(2),
        hansen_df=1,
        score=np.zeros((2, 2, 3)),
        reach=np.zeros((2, 2, 3)),
    )
    effect, error = found.long_run("x", "lag")
    assert np.isnan([effect[0], error[0]]).all()
    assert effect[1] == pytest.approx(0.4)
    assert joined([found, found]).beta.shape == (4, 2)


def test_the_score_bootstrap_is_that_of_the_library() -> None:
    """Twelve entities: all signs are drawn, so that both p-values are counts of the same draws."""
    d = draw_firms(np.random.default_rng(8), FirmSettings(firms=12, exit_rate=0.0, persistence=0.5), 1)
    panel = d.panel()
    y, x, r = (np.where(d.observed, v, np.nan) for v in (d.intensity, d.subsidy, d.revenue))
    settings = DynamicSettings(estimator="difference", collapse=True)
    formula = "ln_rd_intensity ~ L(ln_rd_intensity, 1) + ln_subsidy"
    single = fit_dynamic(f"{formula} | year", panel, gmm={"ln_rd_intensity": (2, 3)}, iv=("ln_subsidy", "ln_revenue"), settings=settings)
    many = two_step(equations(y, {"x": x}, {"y": (y, 2, 3)}, {"x": x, "r": r}, "difference"))
    assert many.slope("x")[0][0] == pytest.approx(single.coefficient("ln_subsidy").estimate, abs=SAME)
    entities = single.counts.entities
    signs = all_signs(entities)
    kept = np.flatnonzero(np.abs(many.score[0]).sum(axis=0) > 0)
    assert len(kept) == entities
    v = np.zeros((len(signs), 12))
    v[:, kept] = signs
    for null in (0.0, 0.2, 0.5):
        whole = wild_cluster_bootstrap(single, term="ln_subsidy", null=null, rng=np.random.default_rng(1))
        p = score_draws(many, "x", v).p_value(null)[0]
        assert (p * (1 + len(v)) - 1) / len(v) == pytest.approx(whole.p_value, abs=1e-12)
