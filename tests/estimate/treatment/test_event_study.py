"""Two-way effects, Sun-Abraham and imputation against regressions, brute force and other programs; what is refused and warned."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest

from tests.estimate.treatment.designs import REFERENCE, counties, simulated
from toolkit.errors import EstimationError, FormulaError, NotEstimable, UnknownOption
from toolkit.estimate import EventStudy, event_study, fit_within
from toolkit.panel import Panel


def study_of(panel: Panel, formula: str = "y ~ 1", treatment: str = "first", **choices: object) -> EventStudy:
    return event_study(formula, panel, treatment=treatment, rng=np.random.default_rng(1), **choices)


@pytest.fixture
def holed() -> Panel:
    """The simulated panel without a tenth of its rows."""
    rng = np.random.default_rng(4)
    panel = simulated(rng, effect=0.3)
    return panel.keep(pd.Series(rng.random(len(panel)) > 0.1, index=panel.frame.index))


def test_two_way_is_the_regression_on_leads_and_lags(holed: Panel) -> None:
    """The same coefficients and clustered covariance as fit_within on columns made by hand, with bins at both ends."""
    frame = holed.frame
    event = np.where(frame["first"] > 0, frame["year"] - frame["first"], -99)
    columns = {f"e{k}": ((event != -99) & (np.clip(event, -3, 2) == k)).astype(float) for k in (-3, -2, 0, 1, 2)}
    panel = holed.assign(**{name.replace("-", "m"): values for name, values in columns.items()})
    by_hand = fit_within("y ~ em3 + em2 + e0 + e1 + e2 + x | unit + year", panel)
    study = study_of(holed, "y ~ x", estimator="two-way", leads=3, lags=2)
    tidy = study.tidy()
    kept = tidy[tidy["event_time"] != -1]
    np.testing.assert_allclose(kept["estimate"], by_hand.beta[:5], rtol=1e-9)
    np.testing.assert_allclose(kept["std_error"], by_hand.std_errors[:5], rtol=1e-9)
    assert study.df == by_hand.covariance.df_t
    wald = study.pretest()
    assert wald.df1 == 2
    assert any(w.key == "binned" and w.value("first") == -3 and w.value("last") == 2 for w in study.warnings)


def test_sun_abraham_is_the_saturated_regression(holed: Panel) -> None:
    """Averages over cohorts, with the rows of a cell as weights, of one coefficient per cohort and event time (pyfixest)."""
    pyfixest = pytest.importorskip("pyfixest")
    frame = holed.frame.assign(event=lambda f: np.where(f["first"] > 0, f["year"] - f["first"], -1))
    names = []
    for g in (4, 6):
        for e in sorted(set(frame.loc[frame["first"] == g, "event"]) - {-1}):
            names.append(f"c{g}_{e}".replace("-", "m"))
            frame[names[-1]] = ((frame["first"] == g) & (frame["event"] == e)).astype(float)
    saturated = pyfixest.feols(f"y ~ {' + '.join(names)} | unit + year", frame, vcov={"CRV1": "unit"})
    beta = saturated.coef()
    tidy = study_of(holed, estimator="sun-abraham").tidy().set_index("event_time")
    for e in tidy.index[tidy.index != -1]:
        parts = {g: f"c{g}_{e}".replace("-", "m") for g in (4, 6)}
        rows = {g: ((frame["first"] == g) & (frame["event"] == e)).sum() for g in (4, 6)}
        expected = sum(beta[name] * rows[g] for g, name in parts.items() if name in beta.index) / sum(rows.values())
        assert tidy.loc[e, "estimate"] == pytest.approx(expected, abs=1e-8)
    assert tidy.loc[-1, ["estimate", "std_error"]].tolist() == [0.0, 0.0]


def test_sun_abraham_equals_callaway_santanna_on_a_balanced_panel() -> None:
    """Without covariates, against the never treated and one base period, they are the same comparisons of means."""
    panel = counties()
    ours = study_of(panel, "lemp ~ 1", "first_treat", estimator="sun-abraham").tidy()
    theirs = study_of(panel, "lemp ~ 1", "first_treat", base="universal").tidy()
    np.testing.assert_allclose(ours["estimate"], theirs["estimate"], atol=1e-10)


def test_sun_abraham_without_never_treated_takes_the_last_cohort() -> None:
    """The last cohort is the control and the panel ends before it is treated, so that only the first cohort has effects."""
    panel = simulated(np.random.default_rng(3))
    panel = panel.keep(panel.frame["first"] > 0)
    study = study_of(panel, estimator="sun-abraham")
    cut = panel.frame[panel.frame["year"] < 6]
    means = cut.groupby(["first", "year"])["y"].mean()
    for row in study.tidy("cell").itertuples():
        by_hand = (means[4, row.period] - means[4, 3]) - (means[6, row.period] - means[6, 3])
        assert row.cohort == 4
        assert row.estimate == pytest.approx(by_hand, abs=1e-10)
    assert "last cohort" in str(study.normalisation)


@pytest.mark.parametrize("scenario", ["imputation", "imputation, trend"])
def test_imputation_gives_the_numbers_of_diff_diff(scenario: str) -> None:
    panel = counties().assign(lpop_year=lambda f: f["lpop"] * (f["year"] - 2003))
    study = study_of(panel, "lemp ~ lpop_year" if "trend" in scenario else "lemp ~ 1", "first_treat", estimator="imputation")
    expected = pd.read_csv(REFERENCE / "did_peers.csv").query("scenario == @scenario")
    tidy = study.tidy().set_index("event_time")
    assert study.overall["estimate"] == pytest.approx(expected["estimate"].iloc[0], abs=1e-8)
    assert study.overall["std_error"] == pytest.approx(expected["std_error"].iloc[0], abs=1e-8)
    for row in expected.iloc[1:].itertuples():
        assert tidy.loc[int(row.first), "estimate"] == pytest.approx(row.estimate, abs=1e-8)
        assert tidy.loc[int(row.first), "std_error"] == pytest.approx(row.std_error, abs=1e-8)


def test_imputation_is_least_squares_on_the_untreated(holed: Panel) -> None:
    """Dense brute force: dummies fitted on untreated rows, and the error from the weights of every row (their theorem 3)."""
    study = study_of(holed, "y ~ x", estimator="imputation")
    frame = holed.frame.reset_index(drop=True)
    dummies = pd.get_dummies(frame[["unit", "year"]].astype(str), dtype=float).to_numpy()
    Z = np.column_stack([dummies, frame["x"]])
    treated = ((frame["first"] > 0) & (frame["year"] >= frame["first"])).to_numpy()
    inverse = np.linalg.pinv(Z[~treated])
    effect = frame["y"] - Z @ (inverse @ frame["y"][~treated])
    assert study.overall["estimate"] == pytest.approx(effect[treated].mean(), abs=1e-10)
    weights = np.zeros(len(frame))
    weights[treated] = 1 / treated.sum()
    weights[~treated] = -(weights[treated] @ Z[treated]) @ inverse
    residual = effect - effect[treated].groupby([frame["first"], frame["year"]]).transform("mean").reindex(frame.index).fillna(0.0)
    by_entity = (weights * residual).groupby(frame["unit"]).sum()
    assert study.overall["std_error"] == pytest.approx(float((by_entity**2).sum()) ** 0.5, rel=1e-8)


def test_leads_of_imputation_are_a_regression_on_untreated_rows(holed: Panel) -> None:
    frame = holed.frame
    event = np.where(frame["first"] > 0, frame["year"] - frame["first"], -99)
    rows = (frame["first"] == 0) | (frame["year"] < frame["first"])
    panel = holed.assign(m2=1.0 * (event == -2), m1=1.0 * (event == -1)).keep(rows)
    by_hand = fit_within("y ~ m2 + m1 | unit + year", panel)
    tidy = study_of(holed, estimator="imputation", leads=2).tidy().set_index("event_time")
    np.testing.assert_allclose(tidy.loc[[-2, -1], "estimate"], by_hand.beta, rtol=1e-9)
    np.testing.assert_allclose(tidy.loc[[-2, -1], "std_error"], by_hand.std_errors, rtol=1e-9)


def test_all_four_find_a_known_effect() -> None:
    """Effects 0.5, 1.0, 1.5, ...: the heterogeneity-robust ones at each event time, all of them near."""
    panel = simulated(np.random.default_rng(8), sizes=(150, 150, 150), effect=0.5)
    for estimator in ("two-way", "sun-abraham", "callaway-santanna", "imputation"):
        tidy = study_of(panel, estimator=estimator).tidy().set_index("event_time")
        assert tidy.loc[0, "estimate"] == pytest.approx(0.5, abs=0.15)
        assert tidy.loc[2, "estimate"] == pytest.approx(1.5, abs=0.25)
        assert (tidy["band_low"] <= tidy["conf_low"] + 1e-12).all()


@pytest.mark.parametrize("estimator", ["two-way", "sun-abraham", "imputation"])
def test_size_and_coverage_by_simulation(estimator: str) -> None:
    """No effect: the average is rejected in about 5 of 100 samples, the band of all event times holds zero in about 95."""
    rng = np.random.default_rng(21)
    samples = 80
    rejected = inside = 0
    for _ in range(samples):
        study = event_study("y ~ 1", simulated(rng, sizes=(40, 40, 40)), treatment="first", estimator=estimator, rng=rng, draws=199)
        tidy = study.tidy()
        rejected += study.overall["p_value"] < 0.05
        inside += bool(((tidy["band_low"] <= 0) & (tidy["band_high"] >= 0)).all())
    assert rejected / samples < 0.14
    assert 0.86 < inside / samples <= 1.0


def test_two_way_leads_are_contaminated_where_cohorts_differ_and_the_others_are_not() -> None:
    """Only the early cohort has effects (1, 2, 3, ...): the averages are 0.5, 1 and 1.5 while both are seen, and there are no leads."""
    frame = simulated(np.random.default_rng(2), sizes=(20, 60, 60)).frame
    since = frame["year"] - frame["first"]
    panel = Panel(frame.assign(z=np.where((frame["first"] == 4) & (since >= 0), 1.0 + since, 0.0) + 0.001 * frame["y"]), "unit", "year")
    assert study_of(panel, "z ~ 1", estimator="two-way").tidy().set_index("event_time").loc[-5, "estimate"] > 1.0
    for choices in ({"estimator": "sun-abraham"}, {"estimator": "imputation"}, {"base": "universal"}):
        robust = study_of(panel, "z ~ 1", **choices).tidy().set_index("event_time")["estimate"]
        assert robust[robust.index < 0].abs().max() < 0.01
        assert robust[[0, 1, 2, 3]].tolist() == pytest.approx([0.5, 1.0, 1.5, 4.0], abs=0.01)


def test_an_indicator_and_a_first_period_say_the_same() -> None:
    panel = simulated(np.random.default_rng(5))
    panel = panel.assign(d=lambda f: 1 * ((f["first"] > 0) & (f["year"] >= f["first"])), missing=lambda f: f["first"].replace(0, np.nan))
    by_period, by_indicator = study_of(panel), study_of(panel, treatment="d")
    np.testing.assert_array_equal(by_period.vcov, by_indicator.vcov)
    np.testing.assert_array_equal(by_period.vcov, study_of(panel, treatment="missing").vcov)
    quarters = panel.frame.assign(q=pd.PeriodIndex.from_ordinals(panel.frame["year"] + 120, freq="Q").astype(str))
    quarters["begins"] = quarters["first"].map({0: None, 4: "2001Q1", 6: "2001Q3"})
    by_quarter = study_of(Panel(quarters, "unit", "q"), treatment="begins")
    np.testing.assert_allclose(by_quarter.effects["estimate"], by_period.effects["estimate"])
    assert by_quarter.tidy("cell")["term"].iloc[-1] == "ATT(2001Q3, 2002Q1)"


def changed(**cells: tuple[int, int, object]) -> Panel:
    """A panel with an indicator d, and cells (unit, year, value) of it set."""
    panel = simulated(np.random.default_rng(5), sizes=(12, 6, 6))
    frame = panel.frame.assign(d=lambda f: 1.0 * ((f["first"] > 0) & (f["year"] >= f["first"])))
    for name, (unit, year, value) in cells.items():
        frame.loc[(frame["unit"] == unit) & (frame["year"] == year), name] = value
    return Panel(frame, "unit", "year")


def test_what_is_refused_names_entity_and_year() -> None:
    cases = [
        (changed(d=(13, 7, 0.0)), "d", "switches off", "13 7, treated since 4"),
        (changed(d=(3, 2, np.nan)), "d", "missing in 1 rows", "3 2"),
        (changed(d=(13, 7, 0.5)), "d", "neither 0 and 1", "12 1"),
        (changed(first=(13, 7, 5)), "first", "neither 0 and 1", "13 7: 5"),
    ]
    for panel, treatment, what, where in cases:
        with pytest.raises(EstimationError) as caught:
            study_of(panel, treatment=treatment)
        assert what in caught.value.what
        assert where in caught.value.where or what == "neither 0 and 1"
        assert caught.value.remedy


def test_always_treated_entities_leave_by_name() -> None:
    panel = changed()
    frame = panel.frame.assign(first=lambda f: f["first"].where(f["unit"] != 13, 1))
    study = study_of(Panel(frame, "unit", "year"))
    gone = next(w for w in study.warnings if w.key == "always_treated")
    assert gone.value("who") == ("13",)
    assert "首个观测起" in gone.to("zh")
    assert study.counts.entities == 23
    assert study.counts.dropped[0].rows == 8
    without = study_of(Panel(frame[frame["unit"] != 13], "unit", "year"))
    np.testing.assert_array_equal(study.vcov, without.vcov)
    with pytest.raises(EstimationError, match="no entity changes to treated"):
        study_of(Panel(frame.assign(first=lambda f: 1 * (f["first"] > 0)), "unit", "year"))


def test_few_treated_and_single_cohorts_and_gaps_are_warned() -> None:
    panel = changed()
    alone = Panel(panel.frame.query("unit < 13 or unit == 20"), "unit", "year")
    keys = {w.key: w for w in study_of(alone).warnings}
    assert keys["few_treated"].value("count") == 2
    assert keys["cohort_of_one"].value("who") == "12"
    gap = Panel(panel.frame.query("not (unit == 13 and year == 3)"), "unit", "year")
    keys = {w.key: w for w in study_of(gap, treatment="d").warnings}
    assert keys["onset_in_gap"].value("row") == "13 4"
    assert keys["not_balanced"].value("who") == "13"


def test_everybody_treated() -> None:
    panel = changed()
    treated = panel.keep(panel.frame["first"] > 0)
    with pytest.raises(EstimationError, match="no never-treated controls"):
        study_of(treated)
    assert study_of(treated, controls="not yet treated").overall["std_error"] > 0
    with pytest.raises(EstimationError, match="are collinear with the effects"):
        study_of(treated, estimator="two-way")
    assert len(study_of(treated, estimator="two-way", leads=2).tidy()) == 7
    lost = next(w for w in study_of(treated, estimator="imputation").warnings if w.key == "untold")
    assert lost.value("period") == "6"


def test_a_treatment_after_the_last_period_is_none() -> None:
    panel = changed()
    later = panel.assign(first=lambda f: f["first"].replace(0, 99))
    np.testing.assert_array_equal(study_of(later).vcov, study_of(panel).vcov)
    with pytest.raises(EstimationError, match="no entity changes to treated"):
        study_of(later.between(1, 3))


def test_options_and_formulas_are_checked() -> None:
    panel = changed()
    for choice in ({"estimator": "twfe"}, {"controls": "never"}, {"base": "long"}, {"adjustment": "dr"}, {"leads": -1}, {"draws": 0}):
        with pytest.raises(UnknownOption):
            study_of(panel, **choice)
    with pytest.raises(FormulaError, match="effects of unit and year of its own"):
        study_of(panel, "y ~ 1 | unit")
    with pytest.raises(EstimationError, match="reference event time -9"):
        study_of(panel, estimator="two-way", reference=-9)
    with pytest.raises(NotEstimable, match="no effects by cohort"):
        study_of(panel, estimator="two-way").tidy("cohort")


def test_a_result_shows_itself_and_pickles_without_its_rows() -> None:
    study = study_of(changed(), estimator="callaway-santanna")
    again = pickle.loads(pickle.dumps(study))
    assert again.inputs is None
    pd.testing.assert_frame_equal(again.tidy(), study.tidy())
    assert "controls: never treated" in repr(study)
    assert "<table>" in study._repr_html_()
