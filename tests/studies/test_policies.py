"""Policies with a date: against the files read by hand, the numbers of the delivery, and regressions written out in numpy."""

from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load, load_frame
from toolkit.errors import PresentationError
from toolkit.estimate import event_study, fit
from toolkit.paths import DATA_RAW
from toolkit.studies.policies import alternatives, effects, power, reform, weights, zones

EXACT = 1e-9  # two routes through the same sums
PRINTED = 6e-4  # half a unit of the third decimal of the delivery's numbers, and a little


@cache
def found() -> zones.Zones:
    return zones.run(load("provincial_panel"), load_frame("policy_timing"))


@cache
def effect() -> effects.Effects:
    return effects.run(found())


@cache
def pilots() -> reform.Reform:
    return reform.run(load("provincial_panel"), load_frame("policy_timing"))


@cache
def zone_rows() -> pd.DataFrame:
    """Places in zones, from both raw files; the province and the year of each."""
    rows = {}
    for name in ("policy_timing.csv", "pilots_read.csv"):
        with (Path(DATA_RAW) / "policies" / name).open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["policy"] == zones.ZONES:
                    rows[row["unit_zh"]] = (int(row["adcode"]), int(row["year"]), row["note"].split(";")[0])
    return pd.DataFrame(rows.values(), index=list(rows), columns=["adcode", "year", "zone"])


def demeaned(values: pd.Series, frame: pd.DataFrame) -> np.ndarray:
    """Two-way residuals of a balanced panel, by means."""
    table = pd.DataFrame({"i": frame["province"], "t": frame["year"], "v": values}).pivot(index="i", columns="t", values="v")
    centred = table.sub(table.mean(axis=1), axis=0)
    return (centred - centred.mean(axis=0)).stack().reindex(pd.MultiIndex.from_frame(frame[["province", "year"]])).to_numpy()


def test_zones_are_those_that_texts_count() -> None:
    first = zone_rows().groupby("zone")["year"].min()
    assert len(first) == found().count == 23  # a page of September 2024 counts 23
    assert (first <= 2015).sum() == 11  # State Council meeting of March 2016: "on the basis of the existing 11"
    assert (first <= 2016).sum() == 17  # a report of 2017 counts 17
    assert (first <= 2019).sum() == 21  # a journal of January 2022 counts 21


def test_first_years_and_shares_are_those_of_the_files() -> None:
    years = zone_rows().groupby("adcode")["year"].min()
    frame = found().panel.frame
    given = frame.groupby("adcode")[zones.ONSET].first()
    assert given[given > 0].to_dict() == years.to_dict()
    share = frame.set_index(["province", "year"])[zones.SHARE]
    assert share[("Guangdong", 2013)] == 0
    assert share[("Guangdong", 2014)] == pytest.approx(1 / 21)
    assert share[("Guangdong", 2015)] == pytest.approx(9 / 21)
    assert share[("Zhejiang", 2018)] == pytest.approx(3 / 11)
    assert share[("Xinjiang", 2018)] == pytest.approx(2 / 14)  # Shihezi is no prefecture-level unit
    assert share[("Tianjin", 2014)] == 1
    assert (found().always, len(found().never)) == (("Beijing", "Hubei"), 10)


def test_samples_are_balanced_and_hold_no_province_without_a_year_before() -> None:
    for key in zones.OUTCOMES:
        frame = found().sample(key).frame
        assert frame.groupby("province").size().nunique() == 1
        assert not frame.groupby("province")[zones.TREATED].min().any()
    assert found().sample("enterprise").frame["province"].nunique() == 29
    assert "Tibet" not in set(found().sample("contracts").frame["province"])


@pytest.mark.slow
def test_static_effects_are_regressions_on_double_demeaned_columns() -> None:
    for key in zones.OUTCOMES:
        frame = found().sample(key).frame
        column = zones.OUTCOMES[key][4:-1]
        d, y = demeaned(frame[zones.TREATED], frame), demeaned(np.log(frame[column]), frame)
        assert effect().row(key, "static")["estimate"] == pytest.approx(float(d @ y / (d @ d)), rel=EXACT)


def test_callaway_santanna_at_the_approval_is_an_average_of_differences() -> None:
    frame = found().sample("patents").frame
    table = frame.assign(y=np.log(frame["patents_in_force_per_person"])).pivot(index="province", columns="year", values="y")
    onset = frame.groupby("province")[zones.ONSET].first()
    total, count = 0.0, 0
    for g in sorted(set(onset[onset > 0])):
        own, others = onset == g, (onset == 0) | (onset > g)
        change = table[g] - table[g - 1]
        total, count = total + own.sum() * (change[own].mean() - change[others].mean()), count + int(own.sum())
    shown = effect().studies["patents", "callaway-santanna"].tidy().set_index("event_time")["estimate"]
    assert shown[0] == pytest.approx(total / count, rel=EXACT)


def test_decompositions_give_back_the_coefficient() -> None:
    weighed = weights.run(found())
    for key, part in weighed.comparisons.items():
        coefficient = effect().row(key, "static")["estimate"]
        assert part.estimate == pytest.approx(coefficient, rel=EXACT)
        assert float((part.summary["weight"] * part.summary["estimate"]).sum()) == pytest.approx(coefficient, rel=EXACT)
        assert weighed.effects[key].parts["weight"].sum() == pytest.approx(1, rel=EXACT)
    assert "{" not in weights.finding(weighed).text.zh


def test_reform_pilots_meet_the_delivery() -> None:
    """-0.009 (0.070) for the ten, -0.146 (0.069) in 2010 for the seven; the delivery's errors have the factor G / (G - 1) alone."""
    frame = load("provincial_panel").between(2010, 2023)
    codes = load_frame("policy_timing").query("policy == @reform.REFORM")
    ten = frame.assign(d=(frame.frame["adcode"].isin(codes["adcode"]) & (frame.frame["year"] >= 2016)).astype(float))
    plain = fit("log(rd_intensity) ~ d | province + year", ten, cluster="province", small_sample="none").coefficient("d")
    assert plain.estimate == pytest.approx(-0.009, abs=PRINTED)
    assert plain.std_error * np.sqrt(31 / 30) == pytest.approx(0.070, abs=PRINTED)
    assert pilots().static["ten", "rd"].coefficient("reform").estimate == pytest.approx(plain.estimate, rel=EXACT)
    lead = pilots().effect("seven", "rd", 2010)
    assert lead["estimate"] == pytest.approx(-0.146, abs=PRINTED)
    rest = np.sqrt(433 / (434 - 27))  # (N - 1) / (N - K): 13 effects, 13 years, the constant
    assert lead["std_error"] / rest == pytest.approx(0.069, abs=PRINTED)
    assert pilots().treated == {"ten": 10, "seven": 7}


def test_an_added_effect_moves_placebos_as_the_formula_says() -> None:
    """One placebo with an effect of 20% added, estimated again."""
    panel = found().sample("enterprise")
    frame = panel.frame
    rng = np.random.default_rng(5)
    onset = frame.groupby("province")[zones.ONSET].first()
    dealt = pd.Series(rng.permutation(onset.to_numpy()), index=onset.index)
    first = frame["province"].map(dealt)
    placebo = ((first > 0) & (frame["year"] >= first)).astype(float)
    before = fit("log(y) ~ d | province + year", panel.assign(d=placebo, y=frame["rd_enterprise_intensity"]), cluster="province")
    moved = frame["rd_enterprise_intensity"] * np.where(placebo > 0, 1.2, 1.0)
    after = fit("log(y) ~ d | province + year", panel.assign(d=placebo, y=moved), cluster="province")
    one, two = before.coefficient("d"), after.coefficient("d")
    assert two.statistic - one.statistic == pytest.approx(np.log(1.2) / one.std_error, rel=1e-6)


def test_power_rises_and_starts_at_the_size() -> None:
    able = power.run(effect())
    for _, curve in able.curves.groupby(["outcome", "test"]):
        assert (curve["rejected"].diff().dropna() > -0.2).all()  # placebos are not symmetric
    timing = able.curves[(able.curves["test"] == "timing") & (able.curves["effect"] == 0)]
    assert timing["rejected"].between(4, 6).all()
    # two-sided at 5 % with power 0.8: about 2.8 standard deviations of the placebos
    spread = np.std(effect().placebos["enterprise"].coefficients)
    assert np.log1p(able.detectable["enterprise"] / 100) == pytest.approx(2.8 * spread, rel=0.1)
    assert "{" not in power.verdict(found(), able).text.en


def test_alternatives_hold_the_baseline_and_other_treatments() -> None:
    other = alternatives.run(found()).set_index(["outcome", "alternative"])
    assert other.loc[("enterprise", "year"), "estimate"] == pytest.approx(effect().row("enterprise", "static")["estimate"], rel=EXACT)
    frame = found().sample("patents").frame
    s, y = demeaned(frame[zones.SHARE], frame), demeaned(np.log(frame["patents_in_force_per_person"]), frame)
    assert other.loc[("patents", "share"), "estimate"] == pytest.approx(float(s @ y / (s @ s)), rel=EXACT)


def test_findings_refuse_what_the_numbers_do_not_say() -> None:
    loud = effect().rows.assign(p_value=0.01)
    with pytest.raises(PresentationError, match="does not hold"):
        effects.finding(replace(effect(), rows=loud))
    for text in (effects.finding(effect()), zones.finding(found()), reform.finding(pilots())):
        assert "{" not in text.text.en + text.text.zh


def test_two_way_study_of_the_zones_is_the_one_of_the_library() -> None:
    panel = found().sample("enterprise")
    again = event_study(
        "log(rd_enterprise_intensity) ~ 1",
        panel,
        treatment=zones.TREATED,
        estimator="two-way",
        leads=5,
        lags=5,
        draws=9,
        rng=np.random.default_rng(1),
    )
    shown = effect().studies["enterprise", "two-way"].tidy()["estimate"]
    np.testing.assert_allclose(again.tidy()["estimate"], shown, rtol=EXACT)
