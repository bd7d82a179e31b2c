"""The simulated design of the provinces: its matrices, its worlds, and coverage that is known."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit

from toolkit.data import load
from toolkit.errors import NothingToEstimate
from toolkit.estimate import DynamicSettings, fit, fit_differences, fit_dynamic, fit_instruments
from toolkit.panel import Panel
from toolkit.studies.subsidy import design, intervals, measures, worlds
from toolkit.studies.subsidy.model import CONTROL, OUTCOME, SUBSIDY

SAME = 1e-8
LAGGED = f"L({SUBSIDY}, 1)"
BOTH = f"{OUTCOME} ~ {SUBSIDY} + {CONTROL}"


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def seen(last: int | None = None) -> worlds.Window:
    return worlds.window(panel(), last)


@cache
def result() -> design.Design:
    return design.run(panel(), np.random.default_rng(1), replications=60, draws=99)


def rows() -> Panel:
    return panel().keep(panel().frame["year"].isin(seen().years))


def real(name: str) -> tuple[float, float]:
    made, cells = intervals.designs(seen())[name]
    found = made.fitted(cells.of(seen().y[None]))
    return float(found.estimate[0]), float(found.std_error[0])


def test_the_matrices_are_the_formulas_of_the_chapter() -> None:
    formulas = {
        "two_way": f"{BOTH} | province + year",
        "region_year": f"{BOTH} | province + region4^year",
        "trends": f"{BOTH} | province[year] + year",
    }
    lead = fit(f"{BOTH} + F({SUBSIDY}, 1) | province + year", rows())
    c = lead.coefficient(f"F({SUBSIDY}, 1)")
    assert real("lead") == pytest.approx((c.estimate, c.std_error), abs=SAME)
    for name, formula in formulas.items():
        c = fit(formula, rows()).coefficient(SUBSIDY)
        assert real(name) == pytest.approx((c.estimate, c.std_error), abs=SAME), name
    c = fit_differences(f"{BOTH} + C(year)", rows()).coefficient(SUBSIDY)
    assert real("differences") == pytest.approx((c.estimate, c.std_error), abs=SAME)


def test_the_sum_of_lags_and_the_own_lag_use_the_years_before_the_window() -> None:
    years = seen().years
    before = panel().frame["year"].between(years[0] - 3, years[-1])
    logs = panel().keep(before)
    lags = fit(f"{OUTCOME} ~ L({SUBSIDY}, 0:3) + {CONTROL} | province + year", logs)
    total = sum(b for term, b in zip(lags.terms, lags.beta, strict=True) if "fiscal" in term)
    assert real("lag_sum")[0] == pytest.approx(total, abs=SAME)
    own = fit_instruments(f"{OUTCOME} ~ {CONTROL} | province + year | {SUBSIDY} ~ {LAGGED}", logs).coefficient(SUBSIDY)
    assert real("own_lag") == pytest.approx((own.estimate, own.std_error), abs=SAME)


def test_the_long_difference_is_a_regression_of_ends() -> None:
    ends = [0, len(seen().years) - 1]
    y, s, g = (np.diff(v[:, ends], axis=1)[:, 0] for v in (seen().y, seen().s, seen().g))
    slope = np.linalg.lstsq(np.column_stack([np.ones_like(s), s, g]), y, rcond=None)[0][1]
    assert real("long_difference")[0] == pytest.approx(slope, abs=SAME)


@pytest.mark.parametrize("estimator", ["difference", "system"])
def test_the_dynamic_model_is_that_of_fit_dynamic(estimator: intervals.Estimator) -> None:
    years = seen().years
    logs = panel().keep(panel().frame["year"].between(years[0] - seen().earlier.shape[1], years[-1]))
    lags, settings = {OUTCOME: (2, 3), SUBSIDY: (2, 3)}, DynamicSettings(estimator=estimator, collapse=True)
    single = fit_dynamic(f"{OUTCOME} ~ L({OUTCOME}, 1) + {SUBSIDY} + {CONTROL} | year", logs, gmm=lags, iv=(CONTROL,), settings=settings)
    found = intervals.dynamic_model(seen(), seen().y[None], estimator)
    estimate, error = found.slope("fiscal")
    c = single.coefficient(SUBSIDY)
    assert (estimate[0], error[0]) == pytest.approx((c.estimate, c.std_error), abs=1e-6)


def test_simulated_errors_have_the_shape_of_the_residuals() -> None:
    found = worlds.calibrate(seen())
    errors = worlds.static_errors(np.random.default_rng(2), found, 400)
    left = errors - errors.mean(axis=1, keepdims=True) - errors.mean(axis=2, keepdims=True) + errors.mean(axis=(1, 2), keepdims=True)
    c = np.arange(found.years) - (found.years - 1) / 2
    size = (left**2).mean()
    assert (left[..., 1:] * left[..., :-1]).mean() / size == pytest.approx(found.autocorrelation, abs=0.05)
    along = (left @ c) ** 2 / (c @ c) / found.years
    assert along.mean() / size == pytest.approx(found.trend_share, abs=0.05)
    y, s, g = seen().y, seen().s, seen().g
    residual = y - found.elasticity * s - found.control * g
    residual = residual - residual.mean(axis=0) - residual.mean(axis=1, keepdims=True) + residual.mean()
    assert size == pytest.approx((residual**2).mean(), rel=0.1)


def test_the_dynamic_world_has_the_long_run_it_declares() -> None:
    """Without shocks, the outcome that expenditure one higher for ever leads to is higher by the elasticity."""
    from dataclasses import replace

    found = worlds.calibrate(seen())
    still = replace(found, shock_sd=0 * found.shock_sd, province_sd=0.0)
    higher = replace(seen(), s=seen().s + 1)
    paths = [worlds.dynamic_outcomes(np.random.default_rng(1), still, w, 0.38, 1) for w in (seen(), higher)]
    assert paths[1] - paths[0] == pytest.approx(0.38)


def test_equal_variances_and_independent_errors_give_the_textbook_coverage() -> None:
    """CR2 with Satterthwaite's degrees of freedom is nearly exact then: 2,000 outcomes, Monte Carlo error 0.5 points."""
    made, cells = intervals.designs(seen())["two_way"]
    fitted = made.fitted(cells.of(np.random.default_rng(3).normal(size=(2000, *seen().s.shape))))
    covered = np.abs(fitted.estimate) <= stdtrit(made.satterthwaite, 0.975) * fitted.cr2_error
    assert 100 * covered.mean() == pytest.approx(95.0, abs=2.0)


def test_coverage_power_and_length_agree_with_each_other() -> None:
    frame = result().intervals
    linear = frame[~frame["interval"].isin(["windmeijer", "score"])]
    at_zero = linear[linear["truth"] == 0]
    assert (at_zero["coverage"] + at_zero["rejects_zero"]).to_numpy() == pytest.approx(100.0)
    assert (linear.groupby(["years", "model", "interval"])["coverage"].nunique() == 1).all()
    power = linear.pivot_table(index=["years", "model", "interval"], columns="truth", values="rejects_zero").dropna()
    assert (power[0.38] >= power[0.15]).all()
    longer = linear[linear["interval"] == "cr2"].set_index(["years", "model", "truth"])["length"]
    shorter = linear[linear["interval"] == "cluster_t"].set_index(["years", "model", "truth"])["length"]
    assert (longer > shorter.loc[longer.index] * 0.95).all()


def test_verdicts_follow_from_coverage() -> None:
    assert design._verdict(94.0, 0.7, 0.0) == "printed"
    assert design._verdict(91.9, 0.7, 0.0) == "printed"
    assert design._verdict(91.7, 0.7, 0.0) == "narrow"
    assert design._verdict(98.3, 0.7, 0.0) == "wide"
    assert design._verdict(95.0, 0.7, 51.0) == "unbounded"


def test_the_table_has_a_row_per_interval_and_the_finding_counts_them() -> None:
    table, found = design.table(result()), design.verdicts(result())
    assert len(table.data) == len(found) == 42
    for language, word in (("en", "simulated"), ("zh", "模拟")):
        assert word in table.table(language).title.lower()  # type: ignore[arg-type]
    longest = max(result().calibrations)
    values = design.finding(result()).values
    assert values["held"] == int((found[f"verdict_{longest}"] == "printed").sum())
    assert values["number"] == 42
    assert design.printed(result(), "two_way", "cr2") == (
        found.set_index(["model", "interval"]).loc[("two_way", "cr2"), f"verdict_{longest}"] == "printed"
    )


def test_the_score_bootstrap_of_difference_gmm_says_nothing_here() -> None:
    frame = result().intervals
    unbounded = frame[(frame["model"] == "difference_fiscal") & (frame["interval"] == "score")]["unbounded"]
    assert (unbounded > 70).all()


def test_five_common_years_are_too_few() -> None:
    short = panel().frame[panel().frame["year"].between(2019, 2023)]
    with pytest.raises(NothingToEstimate, match="six years"):
        worlds.window(Panel(pd.DataFrame(short), panel().entity, panel().time, "short"))


def test_a_measure_has_the_coverage_of_its_own_design() -> None:
    """Fiscal money again, by the way that serves every measure: the rows, the slope and the coverage are those of the design above."""
    sample = panel().between(2010, 2023)
    two_way = fit(f"{BOTH} | province + year", sample)
    held, held_trends = measures.wild_coverage(sample, two_way, money="fiscal_sci_exp", control="gdp_per_capita")
    assert held == pytest.approx(95, abs=3)  # Monte Carlo error of one point
    assert held_trends == pytest.approx(95, abs=3)
    residuals = two_way.residuals.to_numpy()[two_way.residuals.notna()].reshape(31, 14)
    drawn = worlds.errors_like(np.random.default_rng(1), residuals, 400)
    assert drawn.shape == (400, 31, 14)
    within = drawn - drawn.mean(axis=2, keepdims=True)
    assert float((within[..., 1:] * within[..., :-1]).mean() / (within**2).mean()) == pytest.approx(
        float((residuals[:, 1:] * residuals[:, :-1]).mean() / (residuals**2).mean()), abs=0.08
    )
