"""Callaway and Sant'Anna: the published minimum wage example, the R package's numbers, comparisons of means by hand, and a simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.estimate.treatment.designs import REFERENCE, simulated
from tests.estimate.treatment.designs import counties as counties_panel
from toolkit.errors import EstimationError
from toolkit.estimate import EventStudy, event_study
from toolkit.panel import Panel

SCENARIOS = {
    "never, dr": ("lemp ~ 1", {}),
    "not yet, dr": ("lemp ~ 1", {"controls": "not yet treated"}),
    "never, reg, lpop": ("lemp ~ lpop", {"adjustment": "outcome regression"}),
    "never, ipw, lpop": ("lemp ~ lpop", {"adjustment": "weighting"}),
    "never, dr, lpop": ("lemp ~ lpop", {}),
    "not yet, dr, lpop": ("lemp ~ lpop", {"controls": "not yet treated"}),
    "never, dr, universal": ("lemp ~ 1", {"base": "universal"}),
}
THEIR_NAMES = {"simple": "ATT", "group": "ATT by cohort", "dynamic": "ATT by event time", "calendar": "ATT by period"}
SAME = 1e-8  # they print ten digits


@pytest.fixture(scope="module")
def counties() -> Panel:
    return counties_panel()


def study_of(panel: Panel, formula: str = "lemp ~ 1", **choices: object) -> EventStudy:
    return event_study(formula, panel, treatment="first_treat", rng=np.random.default_rng(1), **choices)


def effect(study: EventStudy, by: str, first: object, second: object) -> pd.Series:
    rows = study.effects[study.effects["by"] == by]
    if by == "overall":
        return rows[rows["term"] == THEIR_NAMES[str(first)]].iloc[0]
    name = {"cell": "cohort", "event time": "event_time"}.get(by, by)
    rows = rows[rows[name].astype(int) == int(first)]
    return (rows if by != "cell" else rows[rows["period"].astype(int) == int(second)]).iloc[0]


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_effect_and_error_of_the_r_package(counties: Panel, scenario: str) -> None:
    formula, choices = SCENARIOS[scenario]
    study = study_of(counties, formula, **choices)
    expected = pd.read_csv(REFERENCE / "did_peers.csv").query("scenario == @scenario")
    assert len(expected) > 25
    for row in expected.itertuples():
        found = effect(study, row.by, row.first, row.second)
        assert found["estimate"] == pytest.approx(row.estimate, abs=SAME)
        assert found["std_error"] == pytest.approx(0.0 if np.isnan(row.std_error) else row.std_error, abs=SAME)


def test_the_published_example(counties: Panel) -> None:
    """README of the R package did 2.5.0, read: effects to four digits, the pre-test, the band (their errors are bootstrapped)."""
    study = study_of(counties, adjustment="outcome regression")
    published = {-3: "0.0305", -2: "-0.0006", -1: "-0.0245", 0: "-0.0199", 1: "-0.0510", 2: "-0.1373", 3: "-0.1008"}
    tidy = study.tidy().set_index("event_time")
    assert {e: f"{tidy.loc[e, 'estimate']:.4f}" for e in tidy.index} == published
    assert f"{study.pretest().p_value:.5f}" == "0.16812"
    overall = study.tidy("overall").set_index("term")["estimate"]
    assert f"{overall['ATT by event time']:.4f}" == "-0.0772"
    assert f"{overall['ATT by cohort']:.3f}" == "-0.031"
    band = study_of(counties, draws=9999).tidy().set_index("event_time")
    half = (band["band_high"] - band["band_low"]) / 2
    assert half[0] == pytest.approx((0.0091 + 0.0490) / 2, rel=0.08)  # theirs: 1,000 draws, errors by quartiles
    assert half[2] == pytest.approx((0.2275 - 0.0470) / 2, rel=0.08)


def test_universal_base_by_hand(counties: Panel) -> None:
    """Each effect is a difference of two differences of means."""
    frame = counties.frame
    study = study_of(counties, base="universal")
    means = frame.groupby(["first_treat", "year"])["lemp"].mean()
    for row in study.tidy("cell").itertuples():
        g, t, b = row.cohort, row.period, row.cohort - 1
        by_hand = (means[g, t] - means[g, b]) - (means[0, t] - means[0, b])
        assert row.estimate == pytest.approx(by_hand, abs=1e-12)


def test_a_panel_with_holes_uses_the_entities_seen_in_both_periods(counties: Panel) -> None:
    rng = np.random.default_rng(2)
    frame = counties.frame[rng.random(len(counties)) > 0.2]
    study = study_of(Panel(frame, "countyreal", "year"), controls="not yet treated")
    wide = frame.pivot(index="countyreal", columns="year", values="lemp")
    first = frame.groupby("countyreal")["first_treat"].first().reindex(wide.index)
    for row in study.tidy("cell").itertuples():
        b = min(row.cohort, row.period) - 1
        change = (wide[row.period] - wide[b]).dropna()
        own = first[change.index] == row.cohort
        control = ((first == 0) | (first > max(row.period, b))).loc[change.index] & ~own
        assert row.estimate == pytest.approx(change[own].mean() - change[control].mean(), abs=1e-12)
        variance = change[own].var(ddof=0) / own.sum() + change[control].var(ddof=0) / control.sum()
        assert row.std_error == pytest.approx(variance**0.5, rel=1e-9)
    assert any(w.key == "not_balanced" and w.value("who") and w.value("period") for w in study.warnings)


def test_fast_and_general_path_agree(counties: Panel) -> None:
    """A constant covariate takes the general path; with it every effect and error stays."""
    constant = counties.assign(one=lambda f: 1.0 + 0 * f["year"])
    for controls in ("never treated", "not yet treated"):
        fast, general = study_of(counties, controls=controls), study_of(constant, "lemp ~ one", controls=controls)
        np.testing.assert_allclose(fast.vcov, general.vcov, atol=1e-12)
        np.testing.assert_allclose(fast.effects["estimate"], general.effects["estimate"], atol=1e-12)


def test_clusters_of_entities(counties: Panel) -> None:
    """Clusters that are the entities change nothing; a cluster per pair of entities sums their influence."""
    panel = counties.assign(own=lambda f: f["countyreal"], pair=lambda f: f["countyreal"].rank(method="dense") // 2)
    np.testing.assert_allclose(study_of(panel, cluster="own").vcov, study_of(panel).vcov, rtol=1e-9, atol=1e-14)
    assert study_of(panel, cluster="pair").counts.clusters[0] == ("pair", 251)
    moved = panel.assign(moving=lambda f: f["year"] % 2)
    with pytest.raises(EstimationError, match="two clusters"):
        study_of(moved, cluster="moving")


def test_size_coverage_and_power_by_simulation() -> None:
    """A 95% band covers all effects in 95 of 100 samples, the pointwise interval each; a real effect is found."""
    rng = np.random.default_rng(11)
    samples = 120
    inside = pointwise = rejected = found = 0
    for _ in range(samples):
        study = event_study("y ~ 1", simulated(rng, sizes=(40, 40, 40)), treatment="first", rng=rng, draws=199)
        tidy = study.tidy()
        inside += bool(((tidy["band_low"] <= 0) & (tidy["band_high"] >= 0)).all())
        pointwise += bool(tidy["conf_low"].iloc[-1] <= 0 <= tidy["conf_high"].iloc[-1])
        rejected += study.pretest().p_value < 0.05
        other = event_study("y ~ 1", simulated(rng, sizes=(40, 40, 40), effect=0.12), treatment="first", rng=rng, draws=1)
        found += other.overall["p_value"] < 0.05
    assert 0.87 < inside / samples < 0.99
    assert 0.87 < pointwise / samples < 0.995
    assert rejected / samples < 0.13
    assert found / samples > 0.4
