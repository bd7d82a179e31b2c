"""Properties of difference and system GMM: what must not matter, what theorems say, what is reported and warned about."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.estimate import DynamicSettings, Lags, fit_dynamic, fit_pooled, long_run
from toolkit.panel import Panel

SAME = 1e-8  # the same numbers by another road: rounding, amplified by the condition of the instruments
SYSTEM = DynamicSettings(estimator="system")


@cache
def balanced(entities: int = 80, periods: int = 7, seed: int = 5) -> Panel:
    """y on its lag and x, which reacts to y of the year before."""
    rng = np.random.default_rng(seed)
    effect, y, x = rng.normal(size=(3, entities))
    rows = []
    for t in range(-5, periods):
        x = 0.5 * x + 0.2 * y + rng.normal(size=entities)
        y = 0.4 * y + 0.6 * x + effect + 0.1 * t + rng.normal(size=entities)
        if t >= 0:
            rows.append(pd.DataFrame({"id": np.arange(entities), "t": 2000 + t, "y": y, "x": x}))
    return Panel(pd.concat(rows), "id", "t")


def holes(panel: Panel, share: float, seed: int = 0) -> Panel:
    return panel.keep(pd.Series(np.random.default_rng(seed).random(len(panel)) > share))


def equal(one: Any, other: Any, scale: Any = 1.0, unit: float = 1.0) -> None:
    assert other.beta == pytest.approx(one.beta * scale, rel=SAME)
    assert other.std_errors == pytest.approx(one.std_errors * scale, rel=SAME)
    assert other.statistics["instruments"] == one.statistics["instruments"]
    unscaled = [e.statistics["sargan"] * e.statistics["sigma_e"] ** 2 for e in (one, other)]  # in squares of the outcome's unit
    assert unscaled[1] == pytest.approx(unscaled[0] * unit**2, rel=1e-6)
    for name in ("hansen", "ar1", "ar2", "wald"):
        assert other.statistics[name] == pytest.approx(one.statistics[name], rel=1e-6), name


# --- what a theorem says ---------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 2])
@pytest.mark.parametrize("formula", ["y ~ L(y, 1) + x", "y ~ L(y, 1) + x | t"])
def test_deviations_and_differences_agree_on_a_balanced_panel_with_all_lags(formula: str, steps: Any) -> None:
    """Arellano and Bover (1995): with every available lag as an instrument of every period the GMM estimator is the same."""
    gmm: dict[str, Any] = {"y": (2, None), "x": (1, None)}
    one, other = (
        fit_dynamic(formula, balanced(), gmm=gmm, settings=DynamicSettings(transformation=t, steps=steps))  # type: ignore[arg-type]
        for t in ("first_differences", "orthogonal_deviations")
    )
    equal(one, other)


def test_they_differ_when_lags_are_limited_or_collapsed() -> None:
    for gmm, collapse in (({"y": (2, 2), "x": (1, 1)}, False), ({"y": (2, None), "x": (1, None)}, True)):
        one, other = (
            fit_dynamic("y ~ L(y, 1) + x", balanced(), gmm=gmm, settings=DynamicSettings(transformation=t, collapse=collapse))  # type: ignore[arg-type]
            for t in ("first_differences", "orthogonal_deviations")
        )
        assert abs(one.beta[0] - other.beta[0]) > 1e-4


def test_deviations_keep_more_rows_where_there_are_gaps() -> None:
    panel = holes(balanced(), 0.15)
    rows = [
        fit_dynamic("y ~ L(y, 1) + x", panel, gmm={"y": (2, None), "x": (1, None)}, settings=DynamicSettings(transformation=t)).counts.rows  # type: ignore[arg-type]
        for t in ("first_differences", "orthogonal_deviations")
    ]
    assert rows[0] < rows[1]


def test_one_instrument_is_anderson_and_hsiao() -> None:
    """Two lags back of y as the only collapsed instrument: b = sum y(t-2) Dy(t) / sum y(t-2) Dy(t-1)."""
    frame = balanced().frame.pivot(index="id", columns="t", values="y").to_numpy()
    change = np.diff(frame, axis=1)
    expected = (frame[:, :-2] * change[:, 1:]).sum() / (frame[:, :-2] * change[:, :-1]).sum()
    found = fit_dynamic("y ~ L(y, 1)", balanced(), gmm={"y": (2, 2)}, settings=DynamicSettings(collapse=True, steps=1))
    assert found.beta[0] == pytest.approx(expected, rel=1e-10)
    assert "hansen" not in found.statistics


# --- what must not matter --------------------------------------------------------------------------------

GMM: dict[str, Any] = {"y": (2, 4), "x": (1, 3)}


@given(seed=st.integers(0, 10_000), power=st.integers(-9, 9), system=st.booleans())
@settings(deadline=None, max_examples=12)
def test_names_order_and_units_do_not_matter(seed: int, power: int, system: bool) -> None:
    panel = holes(balanced(), 0.1, seed)
    chosen = SYSTEM if system else DynamicSettings()
    one = fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm=GMM, settings=chosen)
    rng = np.random.default_rng(seed)
    names = rng.permutation(200)
    frame = panel.frame.sample(frac=1, random_state=seed)
    frame = frame.assign(id=[f"firm {names[i]}" for i in frame["id"]], x=frame["x"] * 10.0**power, t=frame["t"] - 1990)
    other = fit_dynamic("y ~ L(y, 1) + x | t", Panel(frame, "id", "t"), gmm=GMM, settings=chosen)
    equal(one, other, np.array([1.0, 10.0**-power]))


def test_the_unit_of_the_outcome_scales_the_slopes() -> None:
    one = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm=GMM)
    panel = balanced().assign(y=balanced().frame["y"] * 1e9)
    equal(one, fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm=GMM), np.array([1.0, 1e9]), 1e9)


def test_entity_constants_do_not_matter_to_the_difference_estimator_with_differenced_instruments() -> None:
    panel = balanced()
    shift = panel.frame["id"].map(dict(enumerate(np.random.default_rng(1).normal(size=80) * 10)))
    one = fit_dynamic("y ~ x", panel, gmm={"D(y)": (2, None)}, iv=("x",), settings=DynamicSettings(collapse=True))
    other = fit_dynamic(
        "y ~ x", panel.assign(x=panel.frame["x"] + shift), gmm={"D(y)": (2, None)}, iv=("x",), settings=DynamicSettings(collapse=True)
    )
    assert other.beta == pytest.approx(one.beta, rel=SAME)


def test_the_entity_may_be_named_among_the_effects() -> None:
    equal(*(fit_dynamic(f"y ~ L(y, 1) + x | {e}", balanced(), gmm=GMM) for e in ("t", "id + t")))


def test_the_panel_comes_back_unchanged() -> None:
    panel = holes(balanced(), 0.1)
    before = panel.frame.copy()
    fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm=GMM, settings=SYSTEM)
    pd.testing.assert_frame_equal(panel.frame, before)


def test_entities_without_usable_rows_change_nothing_but_the_counts() -> None:
    panel = balanced()
    extra = pd.DataFrame({"id": [900, 901, 901], "t": [2001, 2001, 2004], "y": [1.0, 2.0, 3.0], "x": [1.0, 2.0, 3.0]})
    larger = Panel(pd.concat([panel.frame, extra]), "id", "t")
    one, other = (fit_dynamic("y ~ L(y, 1) + x | t", p, gmm=GMM) for p in (panel, larger))
    equal(one, other)
    assert other.counts.rows_given == one.counts.rows_given + 3
    assert "2 of 82 entities have no usable row (first 900)." in map(str, other.warnings)


def test_a_regressor_written_twice_is_omitted_by_name() -> None:
    panel = balanced().assign(again=2 * balanced().frame["x"], fixed=balanced().frame["id"] % 3)
    found = fit_dynamic("y ~ L(y, 1) + x + again + fixed | t", panel, gmm=GMM)
    assert [(o.term, str(o.reason)) for o in found.omitted] == [("again", "collinear with x"), ("fixed", "no variation within id")]
    equal(fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm=GMM), found)


def test_redundant_instruments_are_left_out_and_counted() -> None:
    panel = balanced().assign(again=2 * balanced().frame["x"])
    found = fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm={**GMM, "again": (1, 3)})
    equal(fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm=GMM), found)
    assert any(re.match(r"\d+ instruments are linear combinations of others", str(w)) for w in found.warnings)


# --- what is reported ------------------------------------------------------------------------------------


def test_instruments_add_up_and_lag_limits_hold() -> None:
    found = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm={"y": (2, 3), "x": Lags(1, 2, "difference")}, settings=SYSTEM)
    counts = {(s.term, s.equation): (s.count, s.what) for s in found.instruments}
    # 7 years, differences of 2002-2006: y(t-2) in five of them and y(t-3) in four; x(t-1), x(t-2) in five
    assert counts["y", "difference"] == (9, "lags 2 to 3")
    assert counts["y", "level"] == (5, "difference, lag 1")
    assert counts["x", "difference"] == (10, "lags 1 to 2")
    assert ("x", "level") not in counts
    assert sum(c for c, _ in counts.values()) == found.statistics["instruments"] == found.instruments_frame()["count"].sum()


def test_standard_instruments_go_where_they_are_sent() -> None:
    counts = {}
    for where in ("difference", "level", "both", "each"):
        found = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm={"y": (2, 2)}, iv={"x": where}, settings=SYSTEM)  # type: ignore[dict-item]
        counts[where] = [(s.equation, s.count) for s in found.instruments if s.style == "iv"]
    assert counts == {
        "difference": [("difference", 1)],
        "level": [("level", 1)],
        "both": [("both", 1)],
        "each": [("difference", 1), ("level", 1)],
    }


def test_a_standard_instrument_that_is_no_regressor_counts_once_per_equation() -> None:
    panel = balanced().assign(z=np.random.default_rng(3).normal(size=len(balanced())))
    found = fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm=GMM, iv={"z": "each"}, settings=SYSTEM)
    assert [(s.term, s.equation, s.count) for s in found.instruments if s.style == "iv"] == [("z", "difference", 1), ("z", "level", 1)]
    assert not any("linear combinations" in str(w) for w in found.warnings)


def test_named_groups_are_tested() -> None:
    found = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm=GMM, settings=SYSTEM, groups={"all of x": ["x"]})
    frame = found.tests_frame().set_index("test")
    assert frame.loc["Difference in Hansen: all of x", "statistic"] == pytest.approx(
        frame.loc["Difference in Hansen: GMM instruments from x", "statistic"]
    )
    assert 0 < frame.loc["Difference in Hansen: GMM instruments for levels", "df"] < frame.loc["Hansen J", "df"]
    differences = [t for t in found.tests if t.key.startswith("hansen_")]
    assert all(0 <= t.statistic <= found.statistics["hansen"] for t in differences)


def test_small_sample_convention() -> None:
    plain = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm=GMM)
    small = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm=GMM, settings=DynamicSettings(small_sample="reghdfe"))
    n, k, g = small.counts.rows, small.covariance.parameters, 80
    assert k == 2 + 5
    assert small.std_errors == pytest.approx(plain.std_errors * np.sqrt(g / (g - 1) * (n - 1) / (n - k)))
    assert (plain.covariance.df_t, small.covariance.df_t) == (np.inf, 79)
    assert plain.coefficient("x").high == pytest.approx(plain.beta[1] + 1.959963984540054 * plain.std_errors[1])


def test_wald_of_the_estimate_is_that_of_its_method() -> None:
    found = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm=GMM)
    joint = found.wald(["L(y, 1)", "x"])
    assert joint.statistic * 2 == pytest.approx(found.statistics["wald"], rel=1e-10)
    assert joint.p_value == pytest.approx(found.statistics["wald_p"], rel=1e-6)


def test_text_and_html_name_what_matters() -> None:
    found = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm=GMM, settings=SYSTEM)
    for shown in (repr(found), found._repr_html_()):
        for part in ("system_gmm", "Windmeijer", "Hansen J", "AR(2)", "instruments", "full H of the system", "normal distribution"):
            assert part in shown


def test_predict_is_the_linear_index() -> None:
    found = fit_dynamic("y ~ L(y, 1) + x", balanced(), gmm=GMM, settings=SYSTEM)
    frame = balanced().frame
    before = frame.groupby("id")["y"].shift()
    expected = (
        found.coefficient("Intercept").estimate
        + found.coefficient("L(y, 1)").estimate * before
        + found.coefficient("x").estimate * frame["x"]
    )
    pd.testing.assert_series_equal(found.predict(balanced()), expected, check_names=False)


# --- what it warns about ---------------------------------------------------------------------------------


def test_too_many_instruments_and_a_singular_weighting_matrix_are_noted() -> None:
    panel = balanced().keep(balanced().frame["id"] < 15)
    found = fit_dynamic("y ~ L(y, 1) + x | t", panel, gmm={"y": (2, None), "x": (1, None)})
    text = " ".join(map(str, found.warnings))
    assert "instruments for 15 entities" in text
    assert "generalised inverse" in text
    assert "Only 15 entities" in text
    assert np.isfinite(found.vcov).all()
    assert found.statistics["hansen_df"] < found.statistics["instruments"] - 7
    assert not any(name.startswith("hansen_gmm") for name in found.statistics)


def test_a_static_formula_is_allowed_and_named() -> None:
    found = fit_dynamic("y ~ x | t", balanced(), gmm={"x": (1, None)})
    assert str(found.warnings[0]) == "The formula has no lag of y: the model is static."


def test_invalid_and_absent_instruments_are_named() -> None:
    first = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm={"L(y, 1)": (0, 3)})
    assert any(str(w).startswith("Lag 1 of y as an instrument is correlated") for w in first.warnings)
    assert "No instrument is made from x; nothing is instrumented that was not declared." in map(str, first.warnings)
    second = fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm={"x": (1, None)}, iv=("L(y, 1)",))
    assert any(str(w).startswith("L(y, 1) as a standard instrument is correlated") for w in second.warnings)


def test_uncorrected_two_step_errors_are_smaller_and_noted() -> None:
    corrected, plain = (
        fit_dynamic("y ~ L(y, 1) + x | t", balanced(), gmm=GMM, settings=DynamicSettings(covariance=c)) for c in ("robust", "conventional")
    )  # type: ignore[arg-type]
    assert (plain.std_errors < corrected.std_errors).all()
    assert any("Windmeijer" in str(w) for w in plain.warnings)


def test_a_perfect_fit_is_noted() -> None:
    frame = balanced().frame
    panel = balanced().assign(exact=2 * frame["x"] + frame["id"])
    found = fit_dynamic("exact ~ x", panel, gmm={"x": (1, 3)}, settings=DynamicSettings(steps=1))
    assert found.beta == pytest.approx([2.0], rel=1e-9)
    assert any("fit is perfect" in str(w) for w in found.warnings)
    assert "hansen" not in found.statistics


def test_serial_correlation_that_cannot_be_tested_is_noted() -> None:
    found = fit_dynamic("y ~ L(y, 1)", balanced().between(2000, 2003), gmm={"y": (2, None)})
    assert {"ar1"} == {k for k in found.statistics if k in ("ar1", "ar2")}
    assert "AR(2) cannot be tested: there are not enough residuals 2 periods apart." in map(str, found.warnings)


# --- long run --------------------------------------------------------------------------------------------


def test_long_run_by_the_delta_method() -> None:
    found = fit_dynamic("y ~ L(y, 1:2) + x + L(x, 1) | t", balanced(), gmm={"y": (2, None), "x": (1, None)})
    effect = long_run(found, "x", level=0.9)
    a1, a2, b0, b1 = found.beta
    f = lambda v: (v[2] + v[3]) / (1 - v[0] - v[1])  # noqa: E731
    step = np.eye(4) * 1e-6
    slope = np.array([(f(found.beta + s) - f(found.beta - s)) / 2e-6 for s in step])
    assert effect.estimate == pytest.approx((b0 + b1) / (1 - a1 - a2), rel=1e-12)
    assert effect.std_error == pytest.approx(np.sqrt(slope @ found.vcov @ slope), rel=1e-6)
    assert long_run(found, ["x"], ["L(y, 1)"]).estimate == pytest.approx(b0 / (1 - a1), rel=1e-12)
    assert effect.level == 0.9


def test_long_run_works_for_other_estimators() -> None:
    found = fit_pooled("y ~ L(y, 1) + x", balanced())
    assert long_run(found, "x").estimate == pytest.approx(found.coefficient("x").estimate / (1 - found.coefficient("L(y, 1)").estimate))
