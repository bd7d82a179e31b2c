"""Many panels at once against the estimators of the library on each panel alone."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from toolkit.data.simulate import FirmDraws, FirmSettings, draw_firms
from toolkit.estimate import Estimate, fit, fit_differences, fit_instruments
from toolkit.estimate.batch.masked import Errors, Slopes, difference_slopes, pooled_slopes, two_way, within_slopes

SAME = 1e-8
OUTCOME, CONTROL = "ln_rd_intensity", "ln_revenue"


@cache
def drawn() -> FirmDraws:
    return draw_firms(np.random.default_rng(5), FirmSettings(firms=60, provinces=6), 3)


def same(estimate: Estimate, slopes: Slopes, r: int, errors: Errors | None = None) -> None:
    found = estimate.coefficient("ln_subsidy")
    used = errors or slopes.by_firm()
    assert slopes.estimate[r] == pytest.approx(found.estimate, abs=SAME)
    assert used.std_error[r] == pytest.approx(found.std_error, abs=SAME)
    assert used.df[r] == estimate.covariance.df_t
    assert slopes.rows[r] == estimate.counts.rows


@pytest.mark.parametrize("r", range(3))
def test_least_squares_is_that_of_fit(r: int) -> None:
    d, panel = drawn(), drawn().panel(r)
    same(fit(f"{OUTCOME} ~ ln_subsidy + {CONTROL} | firm + year", panel), within_slopes(d.intensity, d.subsidy, [d.revenue], d.observed), r)
    same(fit(f"{OUTCOME} ~ ln_subsidy + {CONTROL}", panel), pooled_slopes(d.intensity, d.subsidy, [d.revenue], d.observed), r)
    changes = fit_differences(f"{OUTCOME} ~ ln_subsidy + {CONTROL} + C(year)", panel)
    same(changes, difference_slopes(d.intensity, d.subsidy, d.revenue, d.observed), r)


@pytest.mark.parametrize("r", range(3))
def test_an_instrument_and_its_clusters_are_those_of_fit_instruments(r: int) -> None:
    d = drawn()
    panel = d.panel(r)
    panel = panel.assign(place=panel.frame["province"] + " " + panel.frame["year"].astype(str))
    formula = f"{OUTCOME} ~ {CONTROL} | firm + year | ln_subsidy ~ exposed_shock"
    slopes = within_slopes(d.intensity, d.subsidy, [d.revenue], d.observed, instrument=d.exposed_shock)
    by_firm = fit_instruments(formula, panel)
    same(by_firm, slopes, r)
    assert slopes.effective_f[r] == pytest.approx(by_firm.statistics["effective_f"], rel=SAME)
    same(fit_instruments(formula, panel, cluster="province"), slopes, r, slopes.by_group(d.province, 6))
    same(fit_instruments(formula, panel, cluster="place"), slopes, r, slopes.by_group_and_year(d.province, 6))


def test_a_year_without_rows_and_firms_seen_once_leave_no_trace() -> None:
    d = drawn()
    mask = d.observed.copy()
    mask[:, :, 0] = False
    mask[:, 0] = False
    mask[:, 0, 5] = True
    panel = d.panel(1)
    kept = (panel.frame["year"] > 2016) & ((panel.frame["firm"] != "firm 000") | (panel.frame["year"] == 2021))
    same(
        fit(f"{OUTCOME} ~ ln_subsidy + {CONTROL} | firm + year", panel.keep(kept)),
        within_slopes(d.intensity, d.subsidy, [d.revenue], mask),
        1,
    )


def test_what_is_left_has_no_firm_and_year_means() -> None:
    d = drawn()
    left = two_way(d.intensity, d.observed)
    assert np.abs(left.sum(axis=1)).max() < 1e-10
    assert np.abs(left.sum(axis=2)).max() < 1e-10
    assert not left[~d.observed].any()


def test_residuals_under_the_null_are_the_anderson_rubin_test() -> None:
    """The square of the statistic is the cluster-robust test of the instrument in y - null x, its factor left out."""
    d, null = drawn(), 0.3
    slopes = within_slopes(d.intensity, d.subsidy, [d.revenue], d.observed, instrument=d.exposed_shock)
    z = (slopes.estimate - null) / slopes.by_group_at(null, d.province, 6).std_error
    panel = d.panel(2)
    reduced = panel.assign(left=panel.frame[OUTCOME] - null * panel.frame["ln_subsidy"])
    found = fit(f"left ~ {CONTROL} | firm + year", reduced, cluster="province")
    scores = dict.fromkeys(panel.frame["province"].unique(), 0.0)
    residual = two_way((d.intensity - null * d.subsidy), d.observed)[2]
    control, shock = two_way(d.revenue, d.observed)[2], slopes.instrument[2]
    residual = residual - found.beta[0] * control
    for i, province in enumerate(d.province[2]):
        scores[f"province {province:02d}"] += float(shock[i] @ residual[i])
    values = np.array(list(scores.values()))
    assert z[2] == pytest.approx(values.sum() / np.sqrt(values @ values), abs=SAME)


def test_inference_at_the_shocks_is_by_province_where_every_exposure_is_one() -> None:
    """With equal exposure the instrument is the shock, and what it has left within a province and year is nearly constant."""
    d = drawn()
    even = np.ones_like(d.exposure)
    shock = np.take_along_axis(d.shocks, d.province[:, :, None], axis=1)
    slopes = within_slopes(d.intensity, d.subsidy, [d.revenue], d.observed, instrument=shock)
    ratio = slopes.exposure_robust(even, d.province, 6, d.observed).std_error / slopes.by_group(d.province, 6).std_error
    assert ratio == pytest.approx(1.0, abs=0.1)
