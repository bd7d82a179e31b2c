"""The chapter's tables against single fits and counts by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from toolkit.data import load
from toolkit.estimate import fit
from toolkit.panel import Panel
from toolkit.studies import subsidy

SAME = 1e-9


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def robustness() -> subsidy.Robustness:
    return subsidy.run_robustness(panel())


@cache
def heterogeneity() -> subsidy.Heterogeneity:
    return subsidy.run_heterogeneity(panel())


def test_the_curve_is_every_combination_and_its_shares_are_counts() -> None:
    curve, claim = robustness().curve, 0.38
    frame = curve.frame
    assert len(frame) == 2 * 4 * 2**4 * 4 * 2
    assert (frame["reason"] == "").all()
    held = ((frame["conf_low"] <= claim) & (claim <= frame["conf_high"])).mean()
    assert curve.share_holding_reference == pytest.approx(held)
    table = subsidy.curve_by_effects(curve, claim)
    assert int(table["cells"].sum()) == len(frame)
    values = subsidy.robustness_values(robustness(), claim)
    assert values["holds"] == pytest.approx(100 * held)
    assert values["significant"] == pytest.approx(100 * (frame["p_value"] < 0.05).mean())


def test_cells_of_the_curve_are_single_fits() -> None:
    frame = robustness().curve.frame
    rng = np.random.default_rng(1)
    for i in rng.choice(len(frame), 8, replace=False):
        cell = frame.iloc[i]
        rows = panel()
        if cell["sample"] == "no_municipalities":
            lagged = "L(" in cell["treatment"]
            if lagged:
                continue  # lags look at rows outside the sample; covered by the tests of the curve itself
            rows = rows.keep(~rows.frame["province"].isin(("Beijing", "Tianjin", "Shanghai", "Chongqing")))
        candidates = ["gdp_per_capita", "population", "urbanisation_rate", "trade_openness"]
        rows = rows.keep(rows.frame[candidates].notna().all(axis=1)) if "L(" not in cell["treatment"] else rows
        c = fit(cell["formula"], rows).coefficient(cell["treatment"])
        assert c.estimate == pytest.approx(cell["estimate"], rel=SAME)
        assert c.std_error == pytest.approx(cell["std_error"], rel=1e-8)


def test_leaving_out_a_province_is_a_fit_without_it() -> None:
    table = robustness().jackknife.set_index("province")
    assert len(table) == 31
    sample = panel().between(2017, 2023)
    alone = fit(subsidy.SPECIFICATIONS["two_way"], sample.keep(sample.frame["province"] != "Hainan")).coefficient(subsidy.SUBSIDY)
    assert table.loc["Hainan", "estimate"] == pytest.approx(alone.estimate, rel=SAME)
    assert table.index[0] == table["estimate"].idxmin()


def test_intensity_and_rd_per_head_share_the_elasticity() -> None:
    """ln(R&D per head) = ln(intensity) + ln(GDP per head) + constant, and GDP per head is a control."""
    per_head = robustness().measures["rd_per_head"].coefficient(subsidy.SUBSIDY)
    intensity = subsidy.run(panel()).ladder["two_way"].coefficient(subsidy.SUBSIDY)
    assert per_head.estimate == pytest.approx(intensity.estimate, rel=1e-7)
    assert per_head.std_error == pytest.approx(intensity.std_error, rel=1e-7)


def test_groups_are_separate_fits() -> None:
    sample = panel().between(2017, 2023)
    for found in heterogeneity().groups["region3"].groups:
        alone = fit(subsidy.SPECIFICATIONS["two_way"], sample.keep(sample.frame["region3"] == found.group)).coefficient(subsidy.SUBSIDY)
        assert found.coefficient.estimate == pytest.approx(alone.estimate, rel=1e-8)


def test_wild_p_values_stand_beside_every_t_test() -> None:
    results, baseline = robustness(), subsidy.run(panel())
    assert set(results.wild) == {*results.measures, *results.lags, *results.samples}
    assert {tests.tests[0].cluster for tests in results.wild.values()} == {"province"}
    same = {results.wild[name].tests[0].p_value for name in ("lag_0", "two_clusters", "driscoll_kraay")}
    assert len(same) == 1  # one coefficient, one bootstrap, whatever the standard errors are
    assert set(baseline.wild) == set(baseline.wild_claim) == {*baseline.ladder, *baseline.others}
    two_way = baseline.wild["two_way"].tests[0]
    assert two_way.p_value > baseline.ladder["two_way"].coefficient(subsidy.SUBSIDY).p_value  # few clusters cost confidence
    endogeneity = subsidy.run_endogeneity(panel())
    assert set(endogeneity.wild) == {*endogeneity.instruments, *endogeneity.dynamics}
    groups = subsidy.group_frame(heterogeneity())
    assert groups["wild_p"].between(0, 1).all()
    central = groups[groups["group"] == "Central"]["wild_p"].iloc[0]
    assert float(central * 2**8).is_integer()  # eight provinces: all signs


def test_the_wild_interval_and_the_wild_p_of_the_claim_agree() -> None:
    results = subsidy.run(panel())
    for name, p in results.wild_claim.items():
        test = next(t for t in results.wild[name].tests if t.term in (subsidy.SUBSIDY, subsidy.LAGGED))
        assert (test.low <= results.claim <= test.high) == (p > 0.05)


def test_a_rerun_gives_the_same_numbers() -> None:
    again = subsidy.run_heterogeneity(panel())
    assert subsidy.heterogeneity_values(again) == subsidy.heterogeneity_values(heterogeneity())


def test_the_page_of_answers_has_an_answer_to_each_question_in_both_languages() -> None:
    frame = subsidy.summary_frame(subsidy.run(panel()), robustness(), heterogeneity())
    assert list(frame.columns) == list(subsidy.SUMMARY_HEADS)
    for row in frame.itertuples():
        assert all(part for part in (row.question.en, row.question.zh, row.answer.en, row.answer.zh))
