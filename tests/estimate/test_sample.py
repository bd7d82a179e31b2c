"""Rows: every drop is counted once, under a named reason, in order."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import EmptySample, EstimationError, FormulaError
from toolkit.estimate import fit, fit_differences, fit_poisson, fit_pooled, fit_random, fit_within
from toolkit.estimate.formula.spec import parse
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import select
from toolkit.estimate.rows.source import source_of
from toolkit.language import Text, note
from toolkit.panel import Panel

PLAIN = Options("HC1", (), "reghdfe", None, None)


def account(estimate: object) -> dict[str, int]:
    return {str(d.reason): d.rows for d in estimate.counts.dropped}  # type: ignore[attr-defined]


def test_drops_are_counted_by_reason_and_add_up(tidy_panel: Panel) -> None:
    frame = tidy_panel.frame.copy()
    frame.loc[0, "y"] = np.nan
    frame.loc[[0, 1], "positive"] = np.nan
    frame.loc[2, "positive"] = 0.0
    frame.loc[3, "positive"] = -1.0
    frame.loc[9, "z"] = np.inf
    frame.loc[20, "region"] = None
    estimate = fit("y ~ log(positive) + z + L(x, 1) | firm", Panel(frame, "firm", "year"), cluster="region")
    assert account(estimate) == {
        "missing y": 1,
        "missing positive": 1,
        "non-positive in log(positive)": 2,
        "infinite z": 1,
        "no such period for L(x, 1)": 11,
        "missing region": 1,
    }
    assert estimate.counts.rows == 72 - 17 == 72 - sum(account(estimate).values())
    firsts = {str(d.reason): d.first for d in estimate.counts.dropped}
    assert firsts["non-positive in log(positive)"] == "f00 2002"
    assert firsts["no such period for L(x, 1)"] == "f01 2000"
    assert estimate.counts.dropped[2].detail == "2 rows left out: non-positive in log(positive) (first f00 2002)"


def test_singletons_leave_in_rounds(tidy_panel: Panel) -> None:
    # f02 keeps one year; without it the year 1990 has one row (f03), which leaves in the second round
    frame = tidy_panel.frame
    extra = frame[frame["firm"].isin(["f02", "f03"]) & (frame["year"] == 2000)].assign(year=1990)
    panel = Panel(pd.concat([frame[frame["firm"] != "f02"], extra]), "firm", "year")
    estimate = fit("y ~ x | firm + year", panel)
    assert account(estimate) == {"singleton firm": 1, "singleton year": 1}
    assert (estimate.counts.rows, estimate.counts.entities, estimate.counts.periods) == (66, 11, 6)


@pytest.mark.parametrize("convention", ["xtreg", "plm"])
def test_singletons_stay_under_conventions_that_keep_them(tidy_panel: Panel, convention: str) -> None:
    panel = tidy_panel.keep((tidy_panel.frame["firm"] != "f02") | (tidy_panel.frame["year"] == 2000))
    kept, dropped = fit("y ~ x | firm", panel, small_sample=convention), fit("y ~ x | firm", panel)  # type: ignore[arg-type]
    assert kept.counts.rows == dropped.counts.rows + 1
    assert kept.beta == pytest.approx(dropped.beta, rel=1e-12)


def test_zero_and_negative_weights(tidy_panel: Panel) -> None:
    weighted = tidy_panel.assign(w=lambda d: np.where(d["year"] == 2001, 0.0, 1.0))
    estimate = fit("y ~ x | firm", weighted, weights="w")
    assert account(estimate) == {"zero weight w": 12}
    without = fit("y ~ x | firm", tidy_panel.keep(tidy_panel.frame["year"] != 2001))
    assert estimate.beta == pytest.approx(without.beta, rel=1e-12)
    with pytest.raises(EstimationError, match="12 weights in w are negative") as caught:
        fit("y ~ x", tidy_panel.assign(w=lambda d: np.where(d["year"] == 2001, -1.0, 1.0)), weights="w")
    assert "f00 2001" in caught.value.where


def test_an_empty_sample_gives_the_account(tidy_panel: Panel) -> None:
    with pytest.raises(EmptySample) as caught:
        fit("y ~ log(n)", tidy_panel.assign(n=-1.0))
    assert "non-positive in log(n): 72 (first f00 2000)" in caught.value.where
    with pytest.raises(EmptySample, match="no row is left"):
        fit("y ~ x", tidy_panel.keep(tidy_panel.frame["firm"] == "nobody"))
    with pytest.raises(EmptySample, match="singleton firm: 12"):
        fit("y ~ x | firm", tidy_panel.between(2000, 2000))


def test_categories_are_written_out_over_the_levels_that_occur(tidy_panel: Panel) -> None:
    def names(right: str, panel: Panel = tidy_panel) -> tuple[str, ...]:
        return select(parse(f"y ~ {right}"), source_of(panel), PLAIN).names

    assert names("C(region)") == ("C(region)[North]", "C(region)[West]")
    assert names('C(region, ref="West")') == ("C(region)[East]", "C(region)[North]")
    assert names("0 + C(region)") == ("C(region)[East]", "C(region)[North]", "C(region)[West]")
    assert names("x + C(region):x") == ("x", "C(region)[North]:x", "C(region)[West]:x")
    assert names("C(region):x") == ("C(region)[East]:x", "C(region)[North]:x", "C(region)[West]:x")
    assert names("C(year, ref=2003):fixed")[:3] == ("C(year)[2000]:fixed", "C(year)[2001]:fixed", "C(year)[2002]:fixed")
    ordered = tidy_panel.assign(region=lambda d: pd.Categorical(d["region"], ["West", "East", "North", "South"]))
    assert names("C(region)", ordered) == ("C(region)[East]", "C(region)[North]")
    with pytest.raises(FormulaError, match="did you mean East"):
        names('C(region, ref="Eats")')


def test_categories_span_what_statsmodels_spans(tidy_panel: Panel) -> None:
    import statsmodels.formula.api as smf

    ours = fit("y ~ x*C(region) + C(year)", tidy_panel, covariance="iid")
    theirs = smf.ols("y ~ x*C(region) + C(year)", tidy_panel.frame).fit()
    assert ours.statistics["r2"] == pytest.approx(theirs.rsquared, rel=1e-12)
    assert ours.coefficient("x:C(region)[West]").estimate == pytest.approx(theirs.params["x:C(region)[T.West]"], rel=1e-10)
    assert ours.coefficient("x:C(region)[West]").std_error == pytest.approx(theirs.bse["x:C(region)[T.West]"], rel=1e-10)


def test_inputs_come_back_unchanged(gappy: Panel) -> None:
    before = gappy.frame.copy(deep=True)
    for formula in ("y ~ x + L(x, 1) + C(industry) | firm + year", "log(y) ~ x^2", "y ~ x"):
        fit(formula, gappy, weights="w")
    fit_differences("y ~ x | year", gappy)
    pd.testing.assert_frame_equal(gappy.frame, before)


def test_rows_outside_leave_first_and_lags_still_look_at_them(tidy_panel: Panel) -> None:
    early = (tidy_panel.frame["year"] < 2002).to_numpy()
    sample = select(parse("y ~ L(x, 1)"), source_of(tidy_panel), PLAIN, outside=(note("early", Text("year < 2002", "2002年之前")), early))
    assert [(str(d.reason), d.rows, d.first) for d in sample.dropped] == [("year < 2002", 24, "f00 2000")]
    before = tidy_panel.frame.groupby("firm")["x"].shift(1)[~early]
    np.testing.assert_array_equal(sample.matrix[1], before)
    with pytest.raises(EmptySample, match="no row is left"):
        select(parse("y ~ x"), source_of(tidy_panel), PLAIN, outside=(note("all", Text("all", "全部")), np.ones(72, dtype=bool)))


@pytest.mark.parametrize("size", [1e80, 1e200, 1e300, 1e-80, 1e-300])
@pytest.mark.parametrize(
    ("estimator", "formula"),
    [
        (fit_pooled, "y ~ x + huge"),
        (fit_pooled, "huge ~ x"),
        (fit_within, "y ~ x + huge | firm + year"),
        (fit_within, "y ~ x | firm[huge]"),
        (fit_poisson, "positive ~ huge"),
        (fit_poisson, "abs(huge) ~ x | firm"),
        (fit_random, "huge ~ x"),
        (fit_differences, "huge ~ x"),
    ],
)
def test_values_that_cannot_be_squared_are_reported_by_name_and_row(
    tidy_panel: Panel, estimator: Callable[..., object], formula: str, size: float
) -> None:
    panel = tidy_panel.assign(huge=lambda frame: frame["x"] * size)
    with pytest.raises(EstimationError, match=rf"huge\)? is too {'large' if size > 1 else 'small'} to compute with") as problem:
        estimator(formula, panel)
    largest = panel.frame.loc[panel.frame["x"].abs().idxmax()]
    assert problem.value.where == f"{largest['firm']} {largest['year']}"


def test_one_wrong_cell_is_found_and_large_numbers_in_reach_are_used(tidy_panel: Panel) -> None:
    frame = tidy_panel.frame.copy()
    frame.loc[17, "x"] = 1e300
    with pytest.raises(EstimationError, match="its largest value is 1e\\+300") as problem:
        fit_poisson("positive ~ x", Panel(frame, "firm", "year"))
    assert problem.value.where == f"{frame['firm'][17]} {frame['year'][17]}"
    scaled = tidy_panel.assign(far=lambda f: f["x"] * 1e60, low=lambda f: f["y"] * 1e-60)
    plain = fit_within("y ~ x | firm + year", tidy_panel)
    found = fit_within("low ~ far | firm + year", scaled)
    np.testing.assert_allclose(found.beta * 1e120, plain.beta, rtol=1e-12)
    np.testing.assert_allclose(found.std_errors * 1e120, plain.std_errors, rtol=1e-12)
