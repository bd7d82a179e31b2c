"""What cannot be estimated with instruments is said by name, with the remedy."""

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
    TooFewClusters,
    UnderIdentified,
    UnknownOption,
)
from toolkit.estimate import fit_instruments, fit_within
from toolkit.estimate.formula.spec import parse
from toolkit.panel import Panel


def made() -> Panel:
    rng = np.random.default_rng(11)
    n = 160
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(20)], 8), "year": np.tile(np.arange(8), 20)})
    frame["z"], frame["q"], frame["x"], u = rng.normal(size=(4, n))
    frame["fixed"] = np.repeat(rng.normal(size=20), 8)
    frame["d"] = frame["z"] + 0.5 * frame["q"] + u
    frame["d2"] = frame["q"] - 0.5 * frame["z"] + rng.normal(size=n)
    frame["double"], frame["sum"] = 2 * frame["z"] + 1, frame["z"] + frame["q"]
    frame["y"] = frame["d"] + frame["x"] - u
    frame["trend"] = frame["year"] + frame["fixed"]
    frame["region"] = np.repeat(np.arange(20) % 4, 8)
    return Panel(frame, "firm", "year", "the firms")


PANEL = made()


def caught(kind: type[Exception], formula: str, **options: Any) -> Any:
    with pytest.raises(kind) as problem:
        fit_instruments(formula, PANEL, **options)
    return problem.value


@pytest.mark.parametrize(
    ("formula", "what", "remedy"),
    [
        ("y ~ x | firm", "needs endogenous regressors and instruments", "use fit_within"),
        ("y ~ x | d ~ d + z", "d is both endogenous and an instrument", "cannot be its own instrument"),
        ("y ~ d + x | d ~ z", "d is both an exogenous and an endogenous regressor", "write it once"),
        ("y ~ x + z | firm | d ~ z", "z is both a regressor and an instrument", "its own instrument already"),
        ("y ~ x | d ~ y", "y is the outcome and also a regressor or instrument", "take it out"),
        ("y ~ x | y ~ z", "y is the outcome and also a regressor or instrument", "take it out"),
    ],
)
def test_every_column_plays_one_part(formula: str, what: str, remedy: str) -> None:
    problem = caught(FormulaError, formula)
    assert what in problem.what
    assert remedy in problem.remedy
    assert problem.where


def test_fewer_instruments_than_endogenous_regressors() -> None:
    problem = caught(UnderIdentified, "y ~ x | firm | d + d2 ~ z")
    assert problem.what == "2 endogenous regressors (d, d2) need as many instruments; there are 1 usable (z)"
    assert "name instruments" in problem.remedy


def test_instruments_that_the_effects_absorb() -> None:
    problem = caught(UnderIdentified, "y ~ x | firm | d ~ fixed")
    assert problem.what == "the endogenous regressor d needs an instrument; there is none that is usable"
    assert "fixed was dropped: no variation within firm" in problem.where
    problem = caught(UnderIdentified, "y ~ x | firm + year | d ~ trend")
    assert "trend was dropped: collinear with the effects firm and year" in problem.where


def test_instruments_that_say_nothing_of_their_own_are_dropped_by_name() -> None:
    ours = fit_instruments("y ~ x | firm | d ~ z + double + q + sum + fixed", PANEL)
    assert ours.instruments == ("z", "q")
    assert {o.term: str(o.reason) for o in ours.dropped_instruments} == {
        "double": "collinear with z",
        "sum": "collinear with z, q",
        "fixed": "no variation within firm",
    }
    assert "Instrument double was dropped: collinear with z." in map(str, ours.warnings)
    assert ours.omitted == ()
    assert ours.beta == pytest.approx(fit_instruments("y ~ x | firm | d ~ z + q", PANEL).beta)


def test_an_instrument_made_of_regressors_is_dropped() -> None:
    problem = caught(UnderIdentified, "y ~ x + q | d ~ I(x + 2 * q)")
    assert "I(x + 2 * q) was dropped: collinear with x, q" in problem.where


def test_exogenous_regressors_are_omitted_as_everywhere() -> None:
    ours = fit_instruments("y ~ x + I(3 * x) + fixed | firm | d ~ z", PANEL)
    assert {o.term: str(o.reason) for o in ours.omitted} == {"I(3 * x)": "collinear with x", "fixed": "no variation within firm"}
    assert ours.terms == ("d", "x")


def test_an_endogenous_regressor_of_which_nothing_is_left() -> None:
    problem = caught(NothingToEstimate, "y ~ x | firm | fixed ~ z")
    assert problem.what == "the endogenous regressor fixed cannot be estimated: no variation within firm"
    problem = caught(NothingToEstimate, "y ~ x | firm | d + I(2 * d) ~ z + q")
    assert "I(2 * d) cannot be estimated: collinear with d" in problem.what
    problem = caught(NothingToEstimate, "y ~ x | firm | I(2 * x) ~ z")
    assert "collinear with x" in problem.what
    assert "take the regressor it is collinear with out" in problem.remedy


def test_instruments_that_are_exactly_uncorrelated() -> None:
    frame = pd.DataFrame({"y": [1.0, 2, 3, 5, 4, 2, 1, 0], "d": [1.0, 1, -1, -1, 1, 1, -1, -1], "z": [1.0, -1, 1, -1, 1, -1, 1, -1]})
    with pytest.raises(UnderIdentified, match="the instruments z are exactly uncorrelated with d"):
        fit_instruments("y ~ 1 | d ~ z", frame)


def test_instruments_that_move_two_regressors_only_together() -> None:
    frame = PANEL.frame.assign(a=PANEL.frame["z"], b=PANEL.frame["z"])
    basis = np.linalg.qr(np.column_stack([np.ones(160), frame[["z", "q"]], np.random.default_rng(0).normal(size=(160, 2))]))[0]
    frame["z0"], frame["q0"] = basis[:, 1], basis[:, 2]
    frame["a"], frame["b"] = basis[:, 1] + basis[:, 3], basis[:, 1] + basis[:, 4]
    with pytest.raises(UnderIdentified, match="leave no variation that tells apart a, b"):
        fit_instruments("y ~ 1 | a + b ~ z0 + q0", Panel(frame, "firm", "year"))


def test_options_and_columns_are_checked() -> None:
    problem = caught(UnknownOption, "y ~ x | d ~ z", method="lml")
    assert "did you mean 'liml'" in problem.remedy
    assert "did you mean region" in caught(MissingColumn, "y ~ x | d ~ z + regionn").remedy
    with pytest.raises(TooFewClusters):
        fit_instruments("y ~ x | d ~ z", PANEL.assign(one=1.0), cluster="one")


def test_too_few_rows() -> None:
    few = PANEL.keep((PANEL.frame["year"] < 2) & (PANEL.frame["firm"] < "f03"))
    with pytest.raises(EmptySample, match="6 rows are not enough for 6 parameters"):
        fit_instruments("y ~ x | firm | d ~ z + q", few)


def test_liml_needs_something_unexplained() -> None:
    frame = pd.DataFrame({"z": [1.0, -1, 0, 0, 2, 1], "q": [0.0, 1, -1, 3, 1, 2]})
    frame["d"], frame["y"] = frame["z"] + frame["q"], frame["z"] - 2 * frame["q"]
    with pytest.raises(NotEstimable, match="LIML does not exist"):
        fit_instruments("y ~ 1 | d ~ z + q", frame, method="liml")


def test_a_perfect_fit_is_noted() -> None:
    ours = fit_instruments("y ~ x | d ~ z + q", PANEL.assign(y=lambda f: 2 * f["d"] - f["x"]))
    assert ours.coefficient("d").estimate == pytest.approx(2)
    assert any("The fit is perfect" in str(w) for w in ours.warnings)


def test_other_estimators_point_here() -> None:
    with pytest.raises(FormulaError) as problem:
        fit_within("y ~ x | firm | d ~ z", PANEL)
    assert "use fit_instruments" in problem.value.remedy


def test_nothing_absorbed_may_be_written_as_zero() -> None:
    assert parse("y ~ x | 0 | d ~ z").formula == parse("y ~ x | d ~ z").formula == "y ~ x | d ~ z"
    one, two = (fit_instruments(f, PANEL) for f in ("y ~ x | 0 | d ~ z", "y ~ x | d ~ z"))
    assert one.beta == pytest.approx(two.beta)
    without = fit_instruments("y ~ 0 + x | d ~ z", PANEL)
    assert without.terms == ("d", "x")


def test_missing_instruments_are_counted_and_named() -> None:
    hole = PANEL.assign(z=lambda f: f["z"].where(f.index != 9))
    ours = fit_instruments("y ~ x | firm | d ~ z", hole)
    assert [(str(d.reason), d.rows, d.first) for d in ours.counts.dropped] == [("missing z", 1, "f01 1")]
    logged = fit_instruments("y ~ x | firm | d ~ log(z)", PANEL)
    assert str(logged.counts.dropped[0].reason) == "non-positive in log(z)"
    lagged = fit_instruments("y ~ x | firm | d ~ L(d, 1)", PANEL)
    assert str(lagged.counts.dropped[0].reason) == "no such period for L(d, 1)"
    assert lagged.counts.rows == 140
