"""Rambachan and Roth's intervals: the published Medicaid example, identities, coverage, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.estimate.treatment.designs import REFERENCE, counties, simulated
from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate import EventStudy, event_study, trend_bounds
from toolkit.estimate.treatment import honest
from toolkit.panel import Panel


@pytest.fixture(scope="module")
def medicaid() -> EventStudy:
    """States that expanded Medicaid in 2014 against those that had not by 2015."""
    frame = pd.read_csv(REFERENCE / "ehec.csv").query("year < 2016 and yexp2 != 2015")
    panel = Panel(frame.assign(first=np.where(frame["yexp2"] == 2014, 2014, 0)), "stfips", "year")
    return event_study("dins ~ 1", panel, treatment="first", estimator="two-way", rng=np.random.default_rng(1))


def test_the_published_relative_magnitudes(medicaid: EventStudy) -> None:
    """README of the R package HonestDiD, read; theirs are a grid of 1,000 points and 1,000 draws of the first stage."""
    published = {0.5: (0.0240, 0.0672), 1.0: (0.0170, 0.0720), 1.5: (0.00824, 0.0797), 2.0: (-0.000916, 0.0881)}
    found = trend_bounds(medicaid, list(published), rng=np.random.default_rng(1))
    for row in found.intervals.itertuples():
        assert (row.low, row.high) == pytest.approx(published[row.bound], abs=4e-4)
    assert found.breakdown == 2.0


def test_the_published_smoothness_bounds(medicaid: EventStudy) -> None:
    published = {0.0: (0.0259, 0.0607), 0.01: (0.0132, 0.0787), 0.02: (0.00286, 0.0907), 0.03: (-0.00714, 0.101), 0.05: (-0.0271, 0.121)}
    found = trend_bounds(medicaid, list(published), restriction="smoothness", rng=np.random.default_rng(1))
    for row in found.intervals.itertuples():
        assert (row.low, row.high) == pytest.approx(published[row.bound], abs=5e-4)
    assert found.breakdown == 0.03


def test_intervals_widen_with_the_bound_and_with_the_horizon(medicaid: EventStudy) -> None:
    for restriction, bounds in (("relative magnitudes", [0.0, 0.5, 1.0, 3.0]), ("smoothness", [0.0, 0.01, 0.1])):
        found = trend_bounds(medicaid, bounds, restriction=restriction, rng=np.random.default_rng(1)).intervals
        assert (np.diff(found["high"] - found["low"]) > 0).all()
        late = trend_bounds(medicaid, bounds[1:2], restriction=restriction, event_times=[1], rng=np.random.default_rng(1)).intervals
        assert late["high"][0] - late["low"][0] > found["high"][1] - found["low"][1]


def test_no_difference_in_trends_is_the_usual_interval(medicaid: EventStudy) -> None:
    found = trend_bounds(medicaid, [0.0], rng=np.random.default_rng(1))
    row = found.intervals.iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((found.low, found.high), abs=2e-3)
    wide, narrow = 1.96, 1.6449  # standard errors on either side at 95 and 90%
    ninety = trend_bounds(medicaid, [0.0], level=0.9, rng=np.random.default_rng(1)).intervals.iloc[0]
    assert (ninety["high"] - ninety["low"]) / (row["high"] - row["low"]) == pytest.approx(narrow / wide, rel=0.02)
    both = trend_bounds(medicaid, [1.0], event_times=[0, 1], rng=np.random.default_rng(1))
    tidy = medicaid.tidy().set_index("event_time")["estimate"]
    assert both.estimate == pytest.approx((tidy[0] + tidy[1]) / 2)


def test_the_interval_covers_when_trends_differ_within_the_bound() -> None:
    """A trend that goes on as before: relative magnitudes of one cover the true effect, the usual interval does not."""
    rng = np.random.default_rng(6)
    covered, usual, samples = 0, 0, 40
    for _ in range(samples):
        panel = simulated(rng, sizes=(40, 40))
        panel = panel.assign(z=lambda f: f["y"] + 0.5 * f["year"] * (f["first"] > 0))
        study = event_study("z ~ 1", panel, treatment="first", estimator="two-way", rng=rng, draws=1)
        found = trend_bounds(study, [1.0], rng=rng)
        covered += bool(found.intervals["low"][0] <= 0 <= found.intervals["high"][0])
        usual += bool(found.low <= 0 <= found.high)
    assert covered / samples > 0.88
    assert usual / samples < 0.5


def test_effects_measured_otherwise_are_refused(medicaid: EventStudy) -> None:
    rng = np.random.default_rng(1)
    for choices in ({}, {"estimator": "imputation"}, {"estimator": "two-way", "reference": -2}):
        study = event_study("lemp ~ 1", counties(), treatment="first_treat", rng=rng, **choices)
        with pytest.raises(NotEstimable, match="measured against event time -1"):
            trend_bounds(study, [1.0], rng=rng)
    universal = event_study("lemp ~ 1", counties(), treatment="first_treat", rng=rng, base="universal")
    assert len(trend_bounds(universal, [0.5, 1.0], rng=rng).intervals) == 2
    for bounds, times in (([], [0]), ([-1.0], [0]), ([1.0], [-3]), ([1.0], [9])):
        with pytest.raises(UnknownOption):
            trend_bounds(medicaid, bounds, event_times=times, rng=rng)


def staggered() -> EventStudy:
    """All states, not yet treated ones as controls, five periods on either side."""
    frame = pd.read_csv(REFERENCE / "ehec.csv")
    panel = Panel(frame.assign(first=frame["yexp2"].fillna(0)), "stfips", "year")
    choices = {"controls": "not yet treated", "base": "universal", "leads": 5, "lags": 4}
    return event_study("dins ~ 1", panel, treatment="first", rng=np.random.default_rng(1), **choices)


def test_smoothness_bounds_of_moderndid(medicaid: EventStudy) -> None:
    """Two and five periods after the treatment, the first effect and the average of all.

    Its relative magnitudes are compared for the two-way study alone: with five periods after the treatment they are narrower than ours,
    whose test has its size (below).
    """
    expected = pd.read_csv(REFERENCE / "honest_peers.csv")
    for name, study, last in (("two-way", medicaid, 1), ("callaway-santanna", staggered(), 4)):
        for weights, times in (("first", [0]), ("all", list(range(last + 1)))):
            mine = expected[(expected["study"] == name) & (expected["weights"] == weights)]
            kinds = ("relative magnitudes", "smoothness") if name == "two-way" else ("smoothness",)
            for kind in kinds:
                rows = mine[mine["restriction"] == kind]
                found = trend_bounds(study, rows["bound"].tolist(), restriction=kind, event_times=times, rng=np.random.default_rng(1))
                limit = 1e-3 if kind == "relative magnitudes" else 1e-4
                np.testing.assert_allclose(found.intervals["low"], rows["low"], atol=limit)
                np.testing.assert_allclose(found.intervals["high"], rows["high"], atol=limit)


def test_extreme_points_give_the_optimum_of_the_linear_programme() -> None:
    """The largest moment is the least eta with A (b - tau) <= eta s, over all paths tau with the effect (Andrews, Roth and Pakes)."""
    from scipy.optimize import linprog

    beta, sigma, before, weights = honest._coefficients(staggered(), [0, 2], 1)
    after, bound, effect = len(weights), 0.5, 0.03
    shared = {"beta": beta, "sigma": sigma, "before": before, "weights": weights, "bound": bound, "size": 0.05}
    made = list(honest._polyhedra(**shared, rng=np.random.default_rng(1)))
    steps = np.diff(np.insert(np.eye(len(beta)), before, 0.0, axis=0), axis=0)
    for k, moments in enumerate(made):
        largest = bound * (1 - 2 * (k % 2)) * steps[k // 2]
        A = np.vstack([steps[before:] - largest, -steps[before:] - largest])
        limits = np.hstack([-A[:, before:], -np.sqrt(np.diag(A @ sigma @ A.T))[:, None]])
        cost, fixed = np.append(np.zeros(after), 1.0), np.append(weights, 0.0)[None]
        least = linprog(cost, A_ub=limits, b_ub=-(A @ beta), A_eq=fixed, b_eq=[effect], bounds=[(None, None)] * (after + 1)).fun
        assert (moments.level + moments.slope * effect).max() == pytest.approx(least, abs=1e-6)


def test_the_conditional_test_has_its_size() -> None:
    """At the end of the identified set, with five periods after the treatment; effects drawn from their normal distribution."""
    beta, sigma, before, weights = honest._coefficients(staggered(), [0], 1)
    rng, step, bound = np.random.default_rng(3), 0.01, 1.0
    true = np.append(np.full(before, -step), np.full(len(weights), bound * step))
    shared = {"sigma": sigma, "before": before, "weights": weights, "bound": bound, "size": 0.05}
    own = 2 * (before - 1)  # the polyhedron whose largest step is the last one, upwards
    unit = [list(honest._polyhedra(beta=row, **shared, rng=np.random.default_rng(1)))[own] for row in np.eye(len(beta))]
    level = np.stack([moments.level for moments in unit], axis=1)
    drawn = rng.multivariate_normal(true, sigma, size=500)
    rejected = [not honest._accepted(replace(unit[0], level=level @ b), np.array([0.0]), 0.05)[0] for b in drawn]
    assert 0.02 < np.mean(rejected) < 0.085
