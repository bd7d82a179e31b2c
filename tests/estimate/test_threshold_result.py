"""Threshold regression: the answer, its warnings and table, and every bad input by name."""

from __future__ import annotations

import pickle
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import (
    EmptySample,
    FormulaError,
    MissingColumn,
    NotEstimable,
    NothingToEstimate,
    NotNumeric,
    PanelError,
    TooFewClusters,
    UnknownOption,
)
from toolkit.estimate import ThresholdResult, ThresholdSettings, fit_threshold, fit_within
from toolkit.panel import Panel

QUICK = ThresholdSettings(draws=40, trim=0.1)
NO_TEST = ThresholdSettings(draws=0, trim=0.1)


def firms(number: int = 30, years: int = 8, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = number * years
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(number)], years), "year": np.tile(np.arange(years), number)})
    frame["q"], frame["z"] = rng.random(n) * 20, rng.normal(size=n)
    frame["size"] = np.exp(rng.normal(size=n))
    slope = np.where(frame["q"] <= 8, 0.3, 1.3)
    frame["output"] = np.exp(slope * np.log(frame["size"]) + 0.2 * frame["z"] + rng.normal(size=n) * 0.4)
    frame["y"] = np.log(frame["output"])
    frame["coarse"], frame["one"], frame["text"] = np.floor(frame["q"] / 10), 1.0, "a"
    frame["fixed"] = frame["firm"].str[1:].astype(float)
    return frame


FRAME = firms()


def ask(frame: pd.DataFrame = FRAME, formula: str = "log(output) ~ log(size) + z | firm + year", **changes: Any) -> ThresholdResult:
    options: dict[str, Any] = {"variable": "q", "settings": QUICK, "rng": np.random.default_rng(2)} | changes
    return fit_threshold(formula, Panel(frame, "firm", "year"), **options)


def test_the_regression_by_regime_is_a_within_regression_on_split_columns() -> None:
    result = ask()
    g = result.values[0]
    frame = FRAME.assign(low=np.log(FRAME["size"]) * (FRAME["q"] <= g), high=np.log(FRAME["size"]) * (FRAME["q"] > g))
    split = fit_within("y ~ low + high + z | firm + year", Panel(frame, "firm", "year"))
    estimate = result.estimate
    assert estimate.method == "threshold"
    assert estimate.terms == (f"log(size) [q <= {g:.4g}]", f"log(size) [q > {g:.4g}]", "z")
    np.testing.assert_allclose(estimate.beta, split.beta)
    np.testing.assert_allclose(estimate.vcov, split.vcov)
    assert estimate.covariance == split.covariance
    assert estimate.statistics["r2_within"] == pytest.approx(split.statistics["r2_within"])
    assert estimate.statistics["rows_regime_1"] == (FRAME["q"] <= g).sum()
    assert estimate.statistics["threshold_1"] == g
    assert estimate.statistics["f_threshold_p"] == result.tests[-1].p_value


def test_predictions_elasticities_and_wald_tests_work_by_regime() -> None:
    result = ask()
    estimate, g = result.estimate, result.values[0]
    low, high = estimate.terms[:2]
    data = FRAME.assign(q=FRAME["q"].where(FRAME.index > 4))
    predicted = estimate.predict(data)
    assert predicted.isna().tolist() == (FRAME.index <= 4).tolist()
    slope = np.where(FRAME["q"] <= g, estimate.beta[0], estimate.beta[1])
    np.testing.assert_allclose(predicted[5:], (slope * np.log(FRAME["size"]) + estimate.beta[2] * FRAME["z"])[5:])
    assert estimate.elasticity(low).estimate == estimate.coefficient(low).estimate
    assert estimate.wald([f"{low} = 0", f"{high} = 0"]).df1 == 2
    levels = ask(formula="y ~ size + z | firm", settings=NO_TEST).estimate
    with pytest.raises(NotEstimable, match="does not give an elasticity"):
        levels.elasticity(levels.terms[0])


def test_frames_texts_and_regimes() -> None:
    result = ask(settings=ThresholdSettings(thresholds=2, draws=40, trim=0.1))
    assert list(result.tidy().columns) == ["term", "estimate", "conf_low", "conf_high", "pieces"]
    assert result.tidy()["term"].tolist() == ["threshold 1", "threshold 2"]
    assert result.test_table()[["null", "alternative"]].to_numpy().tolist() == [[0, 1], [1, 2]]
    profile = result.profile()
    assert set(profile["threshold"]) == {1, 2}
    assert (profile["inside"] == (profile["lr"] <= profile["critical"])).all()
    assert profile["critical"].iloc[0] == pytest.approx(7.3523, abs=1e-4)  # Hansen (1999), c(0.05) printed as 7.35
    regimes = result.regime_of(pd.Series([0.0, *result.values, 99.0, np.nan], index=list("abcde")))
    assert regimes.tolist()[:4] == [1, 1, 2, 3]
    assert regimes.isna().tolist() == [False] * 4 + [True]
    for text in (repr(result), result._repr_html_()):
        assert "threshold 2" in text
        assert "0 against 1" in text
        assert "40 draws" in text
    assert "not tested" in repr(ask(settings=NO_TEST))
    assert len(pickle.dumps(result)) < 60_000
    with pytest.raises(ValueError, match="read-only"):
        result.thresholds[0].lr[0] = 1.0


def test_rows_without_the_threshold_variable_are_counted_by_reason() -> None:
    frame = FRAME.copy()
    frame.loc[[3, 50], "q"] = np.nan
    frame.loc[7, "z"] = np.nan
    dropped = {str(d.reason): d.rows for d in ask(frame, settings=NO_TEST).estimate.counts.dropped}
    assert dropped == {"missing q": 2, "missing z": 1}
    lagged = ask(variable="L(q, 1)", settings=NO_TEST)
    assert {str(d.reason): d.rows for d in lagged.estimate.counts.dropped} == {"no such period for L(q, 1)": 30}
    assert lagged.estimate.terms[0].startswith("log(size) [L(q, 1) <= ")


def test_defaults_and_choices_of_the_switching_regressor() -> None:
    assert ask(settings=NO_TEST).regime == ("log(size)",)
    assert ask(settings=NO_TEST, regime="z").regime == ("z",)
    both = ask(settings=NO_TEST, regime=["z", "log( size )", "z"])
    assert both.regime == ("z", "log(size)")
    assert len(both.estimate.terms) == 4
    assert ask(formula="y ~ z", settings=NO_TEST).estimate.effects == ("firm",)
    assert ask(formula="y ~ q + z | firm", settings=NO_TEST).estimate.terms[0].startswith("q [q <=")


def test_other_regressors_that_fall_out_are_named() -> None:
    result = ask(FRAME.assign(copy=FRAME["z"]), "y ~ log(size) + z + copy + fixed | firm", settings=NO_TEST)
    assert [(o.term, str(o.reason)) for o in result.estimate.omitted] == [
        ("copy", "collinear with z"),
        ("fixed", "no variation within firm"),
    ]


def test_warnings_are_sentences_about_edges_tests_values_and_entities() -> None:
    frame = firms(10, 12, seed=3)
    frame["y"] = np.random.default_rng(5).normal(size=len(frame))
    frame["q"] = np.floor(frame["q"])
    frame["q"] = frame["q"].clip(upper=9)
    result = ask(frame, "y ~ z | firm", variable="q", settings=ThresholdSettings(draws=60, trim=0.05))
    joined = " ".join(map(str, result.estimate.warnings))
    assert "The bootstrap does not reject 0 against 1 threshold (p = " in joined
    assert re.search(r"Only [89] values of q were tried", joined)
    assert "Only 10 entities: the bootstrap of the threshold test resamples few blocks." in joined
    edge = FRAME.assign(y=FRAME["z"] * np.where(FRAME["q"] <= 1.0, 5.0, 0.0) + FRAME["fixed"])
    warned = ask(edge, "y ~ z | firm", settings=ThresholdSettings(draws=0, trim=0.2)).estimate.warnings
    assert any("lies at the edge of the values that a trim of 0.2 allows" in str(w) for w in warned)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"variable": "qq"}, MissingColumn, "no column 'qq'.*did you mean q"),
        ({"variable": "text"}, NotNumeric, "text is not a column of numbers"),
        ({"variable": "q + z"}, FormulaError, "is not one numeric term"),
        ({"variable": "C(q)"}, FormulaError, "is not one numeric term"),
        ({"variable": 3}, FormulaError, "is a text, not int"),
        ({"variable": "one"}, NotEstimable, "one does not vary"),
        ({"variable": "coarse"}, NotEstimable, r"coarse offers too few distinct values for a threshold.*x:C\(q\)"),
        ({"regime": "sizes"}, UnknownOption, "'sizes' is not among the regressors.*did you mean"),
        ({"regime": "q"}, UnknownOption, "add it to the formula"),
        ({"regime": []}, UnknownOption, "names no regressor"),
        ({"formula": "y ~ fixed + z | firm", "regime": "fixed"}, NotEstimable, "fixed has no slope to switch: no variation within firm"),
        ({"formula": "y ~ z | firm | size ~ q"}, FormulaError, "instruments are not accepted"),
        ({"formula": "y ~ z | year"}, FormulaError, "absorbs firm, alone or with one effect more"),
        ({"formula": "y ~ z | firm + year + coarse"}, FormulaError, "alone or with one effect more"),
        ({"formula": "y ~ 1 | firm"}, FormulaError, "no regressor that could switch"),
        ({"formula": "fixed ~ z | firm"}, NothingToEstimate, "does not vary within firm"),
        ({"settings": ThresholdSettings(thresholds=3, trim=0.24, draws=0)}, NotEstimable, "for a further threshold.*smaller trim"),
        ({"rng": None}, UnknownOption, "needs a random generator"),
        ({"rng": 3}, UnknownOption, "default_rng"),
        ({"covariance": "clustered"}, UnknownOption, "did you mean 'cluster'"),
    ],
)
def test_bad_questions_are_named_with_the_remedy(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"(?s){words}"):
        ask(**changes)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"trim": 0.5}, "leaves no room for 2 regimes"),
        ({"trim": 0.25, "thresholds": 3}, "leaves no room for 4 regimes"),
        ({"trim": -0.1}, "leaves no room"),
        ({"trim": float("nan")}, "leaves no room"),
        ({"thresholds": 4}, "choices: 1, 2, 3"),
        ({"draws": -1}, "draws=-1"),
        ({"draws": 2.5}, "draws=2.5"),
        ({"grid": 1}, "grid=1"),
        ({"level": 95}, "level=95"),
        ({"method": "hanson"}, "did you mean 'hansen'"),
    ],
)
def test_bad_settings_are_named_with_the_remedy(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UnknownOption, match=f"(?s){words}"):
        ThresholdSettings(**settings)


def test_bad_data_are_named_with_the_remedy() -> None:
    with pytest.raises(TooFewClusters, match=r"(?s)there are 6.*draws=0"):
        ask(firms(6, 12))
    assert ask(firms(6, 12), settings=NO_TEST).values
    with pytest.raises(EmptySample, match="no row is left"):
        ask(FRAME.assign(q=np.nan))
    with pytest.raises(EmptySample, match="rows are not enough"):
        ask(FRAME[FRAME["year"] < 2].iloc[:6], "y ~ z + size + output | firm + year")
    with pytest.raises(NotEstimable, match=r"(?s)the fit is perfect.*draws=0"):
        ask(FRAME.assign(y=FRAME["z"] * np.where(FRAME["q"] <= 8, 1, 2)), "y ~ z | firm")
    with pytest.raises(NotEstimable, match="not identified at any value"):
        ask(FRAME.assign(q=FRAME["fixed"], one_year=FRAME["z"].where(FRAME["fixed"] < 1, 0.0)), "y ~ one_year | firm", settings=NO_TEST)
    with pytest.raises(PanelError, match="needs a panel"):
        fit_threshold("y ~ z", FRAME, variable="q", settings=NO_TEST)  # type: ignore[arg-type]


def test_a_variable_of_the_size_1e9_and_thresholds_that_print_alike() -> None:
    two = ThresholdSettings(thresholds=2, draws=0, trim=0.1)
    result = ask(FRAME.assign(q=1e9 + FRAME["q"]), settings=two)
    np.testing.assert_allclose(np.array(result.values) - 1e9, ask(settings=two).values, atol=1e-6)
    assert len(set(result.estimate.terms)) == len(result.estimate.terms)
    assert "1e+09" not in " ".join(result.estimate.terms)


def test_the_data_come_back_unchanged() -> None:
    panel = Panel(FRAME, "firm", "year")
    before = panel.frame.copy()
    fit_threshold("y ~ z | firm + year", panel, variable="q", settings=QUICK, rng=np.random.default_rng(1))
    pd.testing.assert_frame_equal(panel.frame, before)


@pytest.mark.parametrize(
    ("formula", "variable"),
    [
        ("log(output) ~ log(size) | firm", "output"),
        ("log(output) ~ log(size) | firm", "log(output)"),
        ("y ~ z | firm", "D(y)"),
        ("y ~ z | firm", "F(y, 1)"),
        ("y ~ z | firm", "I(y * size)"),
        ("y ~ z | firm", "output"),  # another column, and the outcome is its logarithm
        ("output ~ z | firm", "turned"),
        ("I(output / size) ~ z | firm", "I(size / output)"),
    ],
)
def test_the_outcome_is_no_threshold_variable(formula: str, variable: str) -> None:
    frame = FRAME.assign(turned=-np.sqrt(FRAME["output"]))
    with pytest.raises(FormulaError, match=r"(?s)is the outcome .* or follows from it.*a lag of it"):
        ask(frame, formula, variable=variable)


def test_what_only_shares_something_with_the_outcome_is_accepted() -> None:
    assert ask(formula="y ~ z | firm", variable="L(y, 1)", settings=NO_TEST).values
    assert ask(formula="I(output / size) ~ z | firm", variable="size", settings=NO_TEST).values


def test_without_draws_there_is_f_and_no_p() -> None:
    """F = df (RSS of one slope - RSS of two) / RSS of two, from two within regressions."""
    result = ask(settings=NO_TEST, rng=None)
    g = result.values[0]
    frame = FRAME.assign(x=np.log(FRAME["size"]), high=np.log(FRAME["size"]) * (FRAME["q"] > g))
    one, two = (fit_within(f"y ~ x{more} + z | firm + year", Panel(frame, "firm", "year")) for more in ("", " + high"))
    rss = [float((fit.residuals**2).sum()) for fit in (one, two)]
    df = len(frame) - (30 + 8 - 1)
    (test,) = result.tests
    assert test.statistic == pytest.approx(df * (rss[0] - rss[1]) / rss[1], rel=1e-9)
    assert np.isnan(test.p_value)
    assert result.estimate.statistics["f_threshold"] == test.statistic
    assert "f_threshold_p" not in result.estimate.statistics
    assert "not tested" in repr(result)
    assert f"{test.statistic:.2f}" in repr(result)
    assert "nan" not in repr(result)
    assert "nan" not in result._repr_html_()


def test_a_threshold_is_shown_in_a_line() -> None:
    result = ask(settings=NO_TEST)
    assert len(repr(result.thresholds[0])) < 200
    assert len(repr(result).splitlines()) < 20
