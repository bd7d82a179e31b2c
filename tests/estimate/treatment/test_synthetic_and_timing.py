"""Synthetic controls with placebos, and randomisation over the timing: published California, exact minima, brute force, size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.estimate.treatment.designs import REFERENCE, counties, simulated
from toolkit.errors import EstimationError, NotEstimable, UnknownOption
from toolkit.estimate import event_study, permute_timing, synthetic_control
from toolkit.estimate.treatment.event_study import estimated
from toolkit.panel import Panel


@pytest.fixture(scope="module")
def smoking() -> Panel:
    """Packs of cigarettes a head, 39 states 1970 to 2000; California taxed them in 1989 (Abadie, Diamond and Hainmueller 2010)."""
    frame = pd.read_csv(REFERENCE / "smoking.csv")
    return Panel(frame.assign(taxed=1 * ((frame["state"] == "California") & (frame["year"] >= 1989))), "state", "year")


def test_california(smoking: Panel) -> None:
    """Arkhangelsky and others (2021), table 1: synthetic did -15.6, did -27.3."""
    rng = np.random.default_rng(1)
    found = synthetic_control("packs", smoking, treatment="taxed", rng=rng)
    assert f"{found.estimate:.1f}" == "-15.6"
    assert found.units.nlargest(4, "weight")["entity"].tolist() == ["Nevada", "New Hampshire", "Connecticut", "Delaware"]
    assert found.periods.loc[found.periods["weight"] > 1e-3, "period"].tolist() == [1986, 1987, 1988]
    assert f"{synthetic_control('packs', smoking, treatment='taxed', rng=rng, weighting='did').estimate:.1f}" == "-27.3"
    control = synthetic_control("packs", smoking, treatment="taxed", rng=rng, weighting="synthetic control")
    assert -19.8 < control.estimate < -19.4  # theirs -19.6, by a solver that stops early
    assert set(control.units["entity"]) == {"Utah", "Montana", "Nevada", "Connecticut", "New Hampshire", "Colorado"}
    assert len(control.placebos) == 38
    assert control.units["weight"].sum() == pytest.approx(1.0)


def test_weights_are_the_minimum(smoking: Panel) -> None:
    """No other weights on the simplex fit the years before better (projected steps from many starts)."""
    found = synthetic_control("packs", smoking, treatment="taxed", rng=np.random.default_rng(1), weighting="synthetic control")
    wide = smoking.frame.pivot(index="year", columns="state", values="packs").loc[:1988]
    target, controls = wide["California"].to_numpy(), wide.drop(columns="California")
    weights = found.units.set_index("entity")["weight"].reindex(controls.columns).fillna(0.0).to_numpy()
    best = ((controls.to_numpy() @ weights - target) ** 2).sum()
    rng = np.random.default_rng(2)
    for _ in range(300):
        other = 0.97 * weights + 0.03 * rng.dirichlet(np.full(38, 0.1))
        assert ((controls.to_numpy() @ other - target) ** 2).sum() >= best * (1 - 1e-9)


def test_equal_weights_are_the_two_by_two_difference(smoking: Panel) -> None:
    found = synthetic_control("packs", smoking, treatment="taxed", rng=np.random.default_rng(1), weighting="did")
    study = event_study("packs ~ 1", smoking, treatment="taxed", estimator="imputation", rng=np.random.default_rng(1))
    assert found.estimate == pytest.approx(study.overall["estimate"], abs=1e-9)


def test_placebos_have_size_and_power_with_three_treated() -> None:
    rng = np.random.default_rng(9)
    small, found, samples = 0, 0, 25
    for _ in range(samples):
        panel = simulated(rng, sizes=(30, 2, 1))
        small += synthetic_control("y", panel, treatment="first", rng=rng, placebos=39).p_value <= 0.1
        panel = simulated(rng, sizes=(30, 2, 1), effect=1.0)
        found += synthetic_control("y", panel, treatment="first", rng=rng, placebos=39).p_value <= 0.1
    assert small / samples < 0.3
    assert found / samples > 0.8


def test_what_synthetic_controls_refuse(smoking: Panel) -> None:
    rng = np.random.default_rng(1)
    holed = smoking.keep(~((smoking.frame["state"] == "Utah") & (smoking.frame["year"] == 1975)))
    with pytest.raises(EstimationError) as caught:
        synthetic_control("packs", holed, treatment="taxed", rng=rng)
    assert caught.value.where == "no row of Utah in 1975"
    with pytest.raises(EstimationError, match="too few for placebos"):
        synthetic_control("y", simulated(rng, sizes=(5, 5, 5)), treatment="first", rng=rng)
    with pytest.raises(EstimationError, match="fewer than two periods before"):
        synthetic_control("packs", smoking.between(1988, 2000), treatment="taxed", rng=rng)
    with pytest.raises(UnknownOption):
        synthetic_control("packs", smoking, treatment="taxed", rng=rng, weighting="sdid")


@pytest.mark.parametrize("estimator", ["two-way", "sun-abraham", "callaway-santanna", "imputation"])
def test_the_table_of_weights_gives_each_permutation(estimator: str) -> None:
    """The first five permutations estimated afresh."""
    panel = simulated(np.random.default_rng(3), sizes=(8, 6, 6))
    study = event_study("y ~ 1", panel, treatment="first", estimator=estimator, rng=np.random.default_rng(1), draws=1)
    test = permute_timing(study, draws=19, rng=np.random.default_rng(5))
    adoption, setting = study.inputs
    rng = np.random.default_rng(5)
    assigned = rng.permuted(np.tile(adoption.onset, (19, 1)), axis=1)
    for draw in range(5):
        frame = estimated(adoption.again(assigned[draw]), setting)[0].frame
        expected = frame.loc[frame["by"].isin(["event time", "overall"]), "estimate"].to_numpy(dtype=float)
        np.testing.assert_allclose(test.permuted[draw], expected, atol=1e-9)


def test_with_holes_each_permutation_is_estimated() -> None:
    panel = simulated(np.random.default_rng(3), sizes=(8, 6, 6))
    panel = panel.keep(~((panel.frame["unit"] == 3) & (panel.frame["year"] == 8)))
    study = event_study("y ~ x", panel, treatment="first", rng=np.random.default_rng(1), draws=1, adjustment="outcome regression")
    test = permute_timing(study, draws=9, rng=np.random.default_rng(1))
    assert [w.key for w in test.warnings] == ["timing_kept"]
    assert test.effects["p_value"].between(0.1, 1.0).all()


def test_permutation_has_its_size_with_two_treated_where_clustered_errors_do_not() -> None:
    rng = np.random.default_rng(12)
    permuted, clustered, samples = 0, 0, 50
    for _ in range(samples):
        study = event_study("y ~ 1", simulated(rng, sizes=(14, 2)), treatment="first", rng=rng, draws=1)
        permuted += permute_timing(study, draws=99, rng=rng).effects.set_index("term").loc["ATT", "p_value"] <= 0.1
        clustered += study.overall["p_value"] <= 0.1
    assert permuted / samples < 0.23
    assert clustered / samples > permuted / samples


def test_permutation_needs_rows_and_something_to_exchange() -> None:
    study = event_study("lemp ~ 1", counties(), treatment="first_treat", rng=np.random.default_rng(1), draws=1)
    with pytest.raises(NotEstimable, match="no rows any more"):
        permute_timing(replace(study, inputs=None), rng=np.random.default_rng(1))
    with pytest.raises(UnknownOption):
        permute_timing(study, draws=0, rng=np.random.default_rng(1))
