"""The chapter's tables against single fits and counts by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from toolkit.data import load
from toolkit.estimate import fit
from toolkit.panel import Panel
from toolkit.studies.subsidy import baseline, endogeneity, heterogeneity, model, robustness, summary
from toolkit.studies.windows import chapter_years

SAME = 1e-9


@cache
def panel() -> Panel:
    return chapter_years(load("provincial_panel"))


@cache
def base() -> baseline.Baseline:
    return baseline.run(panel())


@cache
def robust() -> robustness.Robustness:
    return robustness.run(panel())


@cache
def differences() -> heterogeneity.Heterogeneity:
    return heterogeneity.run(panel())


def test_the_curve_is_every_combination_and_its_shares_are_counts() -> None:
    curve, claim = robust().curve, 0.38
    frame = curve.frame
    assert len(frame) == 2 * 4 * 2**4 * 4 * 2
    assert (frame["reason"] == "").all()
    held = ((frame["conf_low"] <= claim) & (claim <= frame["conf_high"])).mean()
    assert curve.share_holding_reference == pytest.approx(held)
    table = robustness.curve_by_effects(robust()).data
    assert int(table["cells"].sum()) == len(frame)
    values = robustness.finding(robust()).values
    assert values["claim"] == claim
    assert values["holds"] == pytest.approx(100 * held)
    assert values["significant"] == pytest.approx(100 * (frame["p_value"] < 0.05).mean())


def test_cells_of_the_curve_are_single_fits() -> None:
    frame = robust().curve.frame
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
    table = robust().jackknife.set_index("province")
    assert len(table) == 31
    sample = panel().between(2017, 2023)
    alone = fit(model.SPECIFICATIONS["two_way"], sample.keep(sample.frame["province"] != "Hainan")).coefficient(model.SUBSIDY)
    assert table.loc["Hainan", "estimate"] == pytest.approx(alone.estimate, rel=SAME)
    assert table.index[0] == table["estimate"].idxmin()


def test_intensity_and_rd_per_head_share_the_elasticity() -> None:
    """ln(R&D per head) = ln(intensity) + ln(GDP per head) + constant, and GDP per head is a control."""
    per_head = robust().measures["rd_per_head"].coefficient(model.SUBSIDY)
    intensity = base().ladder["two_way"].coefficient(model.SUBSIDY)
    assert per_head.estimate == pytest.approx(intensity.estimate, rel=1e-7)
    assert per_head.std_error == pytest.approx(intensity.std_error, rel=1e-7)


def test_groups_are_separate_fits() -> None:
    sample = panel().between(2017, 2023)
    for found in differences().groups["region3"].groups:
        alone = fit(model.SPECIFICATIONS["two_way"], sample.keep(sample.frame["region3"] == found.group)).coefficient(model.SUBSIDY)
        assert found.coefficient.estimate == pytest.approx(alone.estimate, rel=1e-8)


def test_wild_p_values_stand_beside_every_t_test() -> None:
    results = robust()
    assert set(results.wild) == {*results.measures, *results.lags, *results.samples}
    assert {tests.tests[0].cluster for tests in results.wild.values()} == {"province"}
    same = {results.wild[name].tests[0].p_value for name in ("lag_0", "two_clusters", "driscoll_kraay")}
    assert len(same) == 1  # one coefficient, one bootstrap, whatever the standard errors are
    assert set(base().wild) == set(base().comparisons) == {*base().ladder, *base().others}
    two_way = base().wild["two_way"].tests[0]
    assert two_way.p_value > base().ladder["two_way"].coefficient(model.SUBSIDY).p_value  # few clusters cost confidence
    instrumented = endogeneity.run(panel())
    assert set(instrumented.wild) == {*instrumented.instruments, *instrumented.dynamics}
    groups = heterogeneity.groups(differences()).data
    assert groups["wild_p"].between(0, 1).all()
    central = groups[groups["group"] == "Central"]["wild_p"].iloc[0]
    assert float(central * 2**8).is_integer()  # eight provinces: all signs


def test_the_wild_interval_and_the_wild_p_of_the_claim_agree() -> None:
    results = base()
    for name, compared in results.comparisons.items():
        test = next(t for t in results.wild[name].tests if t.term in (model.SUBSIDY, model.LAGGED))
        assert (test.low <= results.claim <= test.high) == (compared.claim_p > 0.05)


def test_a_rerun_gives_the_same_numbers() -> None:
    again = heterogeneity.run(panel())
    assert heterogeneity.finding(again).values == heterogeneity.finding(differences()).values


def test_the_page_of_answers_has_an_answer_to_each_question_in_both_languages() -> None:
    answer = summary.answer(base(), robust(), differences())
    assert list(answer.data.columns) == ["question", "answer"]
    english, chinese = ([[cell.text for cell in row.cells] for row in answer.table(language).body] for language in ("en", "zh"))
    assert len(english) == len(chinese) == len(answer.data)
    for en, zh in zip(english, chinese, strict=True):
        assert all(en)
        assert all(zh)
        assert all(there != here for there, here in zip(en, zh, strict=True))
