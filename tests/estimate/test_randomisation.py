"""Permutation tests: each draw against a regression on the permuted data, all arrangements by hand, and what must hold."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, PanelError, UnknownOption
from toolkit.estimate import fit, fit_differences, permutation_test
from toolkit.estimate.inference import exchange as exchanges
from toolkit.estimate.inference import exchange as permuted_fits
from toolkit.estimate.inference.exchange import Exchange, exchange_of
from toolkit.estimate.linear.refit import refit
from toolkit.panel import Panel

EXACT = 1e-10  # coefficients and t statistics of order one, from sums in another order
Integers = NDArray[np.intp]


def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def _states(gaps: bool) -> Panel:
    """16 firms in 8 states, 6 years; a policy of states with one date, one with many; a column of the size 1e9; weights."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(16)], 6), "year": np.tile(np.arange(2001, 2007), 16)})
    state = np.repeat(np.arange(16) // 2, 6)
    frame["state"], frame["x"] = np.char.add("s", state.astype(str)), rng.normal(size=96) + 3
    frame["z"], frame["big"] = rng.normal(size=96) + 5, rng.normal(size=96) * 1e9 + 5e9
    frame["policy"] = 1.0 * ((state < 4) & (frame["year"] >= 2004))
    frame["late"] = 1.0 * (frame["year"] >= 2002 + state / 2)
    frame["y"] = 0.3 * frame["x"] + frame["z"] + frame["policy"] + rng.normal(size=96)
    frame["w"] = rng.random(96) + 0.5
    return Panel(frame[rng.random(96) < 0.85] if gaps else frame, "firm", "year")


PANELS = {"balanced": _states(False), "gaps": _states(True)}


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> list[Integers]:
    """The exchanges that a test draws."""
    drawn: list[Integers] = []
    original = Exchange.draw

    def draw(self: Exchange, count: int, rng: np.random.Generator) -> Integers:
        found = original(self, count, rng)
        drawn.append(found)
        return found

    monkeypatch.setattr(Exchange, "draw", draw)
    return drawn


@pytest.mark.parametrize("shape", ["balanced", "gaps"])
@pytest.mark.parametrize(
    ("term", "by"), [("x", "entity"), ("x", "within entity"), ("x", "row"), ("policy", "cluster"), ("late", "cluster")]
)
@pytest.mark.parametrize(
    ("formula", "weights"),
    [
        ("y ~ {} + z + big | firm + year", None),
        ("y ~ {} + z | firm + year", "w"),
        ("y ~ {} + big", None),
        ("y ~ {} + z | year", None),
        ("y ~ {} + z | firm + state + year", None),
        ("y ~ {}", None),
    ],
)
def test_each_draw_is_a_regression_on_permuted_data(
    recorded: list[Integers], shape: str, formula: str, weights: str | None, term: str, by: exchanges.By
) -> None:
    panel = PANELS[shape]
    estimate = fit(formula.format(term), panel, cluster="state", weights=weights)
    test = permutation_test(estimate, panel, term, by=by, draws=12, rng=generator())
    rows = refit(estimate, panel, "test")
    unit = rows.cluster(None, "test") if by == "cluster" else None
    items = exchange_of(rows, rows.sample.raw(rows.sample.names.index(term)), by, unit)
    frame = panel.frame.iloc[rows.sample.positions]
    for draw, assigned in enumerate(np.concatenate(recorded)):
        values = items.values[assigned[items.item], items.slot]
        assert not np.isnan(values).any()
        assert by == "cluster" or sorted(values) == sorted(frame[term])
        permuted = Panel(frame.assign(**{term: values}), "firm", "year")
        if np.isnan(test.coefficients[draw]):
            continue
        expected = fit(formula.format(term), permuted, cluster="state", weights=weights).coefficient(term)
        assert test.coefficients[draw] == pytest.approx(expected.estimate, rel=EXACT, abs=EXACT)
        assert test.statistics[draw] == pytest.approx(expected.statistic, rel=1e-8, abs=EXACT)
    assert test.t_statistic == pytest.approx(estimate.coefficient(term).statistic, rel=1e-8)
    assert test.p_value == (1 + np.sum(~(np.abs(test.coefficients) < abs(test.estimate) * (1 - 1e-9)))) / 13


def test_pieces_and_columns_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = PANELS["gaps"]
    estimate = fit("y ~ late + z | firm + year", panel, cluster="state")
    pieces = permutation_test(estimate, panel, "late", by="cluster", draws=50, rng=generator())
    monkeypatch.setattr(permuted_fits, "MOST_PIECES", 0)
    columns = permutation_test(estimate, panel, "late", by="cluster", draws=50, rng=generator())
    np.testing.assert_allclose(columns.coefficients, pieces.coefficients, rtol=1e-8)
    np.testing.assert_allclose(columns.statistics, pieces.statistics, rtol=1e-7)


def test_blocks_of_draws_change_nothing_but_the_draws_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = PANELS["balanced"]
    estimate = fit("y ~ x | firm + year", panel)
    monkeypatch.setattr(exchanges, "CELLS", 500)
    test = permutation_test(estimate, panel, "x", draws=23, rng=generator())
    assert len(test.coefficients) == 23
    assert not np.isnan(test.coefficients).any()


def test_the_p_value_nears_that_of_all_arrangements() -> None:
    """7 states, 2 treated: all 21 arrangements by hand."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"g": np.repeat(np.arange(7), 4), "t": np.tile(np.arange(4), 7)})
    frame["d"] = 1.0 * ((frame["g"] < 2) & (frame["t"] > 1))
    frame["y"] = frame["d"] + rng.normal(size=28)
    panel = Panel(frame, "g", "t")
    estimate = fit("y ~ d | g + t", panel)
    exact = []
    for treated in itertools.combinations(range(7), 2):
        moved = Panel(frame.assign(d=1.0 * (frame["g"].isin(treated) & (frame["t"] > 1))), "g", "t")
        exact.append(abs(fit("y ~ d | g + t", moved).beta[0]) >= abs(estimate.beta[0]) - 1e-12)
    test = permutation_test(estimate, panel, "d", draws=20_000, rng=generator())
    assert test.p_value == pytest.approx(np.mean(exact), abs=0.012)
    assert "Only 21 different arrangements exist: no p-value below 0.048 is meaningful." in map(str, test.warnings)


def test_strata_keep_periods_together() -> None:
    panel = PANELS["gaps"]
    rows = refit(fit("y ~ x | year", panel), panel, "test")
    items = exchange_of(rows, rows.sample.raw(0), "entity", None)
    for assigned in items.draw(50, generator()):
        assert sorted(assigned) == list(range(16))
        np.testing.assert_array_equal(np.isnan(items.values[assigned]), np.isnan(items.values))
    test = permutation_test(fit("y ~ x | year", panel), panel, "x", rng=generator())
    assert any("share their periods with no other" in str(warning) for warning in test.warnings)


def test_exchanges_are_uniform() -> None:
    items = Exchange(np.arange(5.0)[:, None], np.array([0, 1, 0, 0, 1]), np.arange(5), np.zeros(5, dtype=np.intp), 0)
    drawn = items.draw(60_000, generator())
    found, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(found) == 12
    assert np.abs(counts / 5000 - 1).max() < 0.08
    assert items.log_arrangements == pytest.approx(np.log(12))


def test_first_differences_permute_changes() -> None:
    panel = PANELS["balanced"]
    estimate = fit_differences("y ~ x + z | year", panel)
    test = permutation_test(estimate, panel, "x", draws=199, rng=generator())
    assert test.t_statistic == pytest.approx(estimate.coefficient("x").statistic, rel=1e-8)
    assert 0.1 < np.abs(test.statistics).mean() < 3


def test_a_cross_section_by_row_and_by_cluster() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"g": np.repeat(np.arange(20), 5), "x": rng.normal(size=100), "y": rng.normal(size=100)})
    frame["policy"] = rng.normal(size=20)[frame["g"]]
    robust = fit("y ~ x", frame)
    test = permutation_test(robust, frame, "x", by="row", rng=generator())
    assert test.clustered == ""
    assert test.t_statistic == pytest.approx(robust.coefficient("x").statistic, rel=1e-8)
    grouped = permutation_test(fit("y ~ policy", frame, cluster="g"), frame, "policy", by="cluster", rng=generator())
    assert grouped.by == "cluster (g)"
    assert "permuted by cluster (g), 999 draws" in str(grouped)
    assert f"(t = {grouped.t_statistic:.3f})" in grouped._repr_html_()


def test_draws_with_a_collinear_regressor_count_as_large() -> None:
    """The control is the policy of two other states: exchanged onto it the policy cannot be estimated."""
    rng = np.random.default_rng(7)
    frame = pd.DataFrame({"g": np.repeat(np.arange(6), 4), "t": np.tile(np.arange(4), 6), "y": rng.normal(size=24)})
    frame["d"] = 1.0 * (frame["g"].isin([0, 1]) & (frame["t"] > 1))
    frame["other"] = 1.0 * (frame["g"].isin([2, 3]) & (frame["t"] > 1))
    panel = Panel(frame, "g", "t")
    test = permutation_test(fit("y ~ d + other | g + t", panel), panel, "d", draws=499, rng=generator())
    collinear = int(np.isnan(test.coefficients).sum())
    assert 10 < collinear < 80  # 1 of 15 arrangements
    assert f"In {collinear} draws the permuted regressor was collinear" in str(test.warnings[-1])
    assert test.p_value >= (1 + collinear) / 500


def test_the_input_is_unchanged_and_the_generator_decides() -> None:
    panel = PANELS["balanced"]
    before = panel.frame.copy()
    estimate = fit("y ~ x + z | firm + year", panel)
    first, again = (permutation_test(estimate, panel, "x", draws=99, rng=generator()) for _ in range(2))
    np.testing.assert_array_equal(first.coefficients, again.coefficients)
    pd.testing.assert_frame_equal(panel.frame, before)
    assert first.tidy().loc[0, "draws"] == 99


def test_errors_name_the_thing_and_the_remedy() -> None:
    panel = PANELS["balanced"]
    estimate = fit("y ~ x + policy | firm + year", panel, cluster="state")
    with pytest.raises(NotEstimable, match="has no term 'zz'"):
        permutation_test(estimate, panel, "zz", rng=generator())
    with pytest.raises(UnknownOption, match="did you mean 'entity'"):
        permutation_test(estimate, panel, "x", by="entities", rng=generator())  # type: ignore[arg-type]
    with pytest.raises(UnknownOption, match="draws=0"):
        permutation_test(estimate, panel, "x", draws=0, rng=generator())
    with pytest.raises(UnknownOption, match="takes no cluster"):
        permutation_test(estimate, panel, "x", cluster="state", rng=generator())
    with pytest.raises(NotEstimable, match="not the same in all rows of a state within a year") as varies:
        permutation_test(estimate, panel, "x", by="cluster", rng=generator())
    assert "first f01 2001" in str(varies.value)
    assert "by='entity'" in varies.value.remedy
    with pytest.raises(PanelError, match="needs a panel, not a plain frame"):
        permutation_test(fit("y ~ x", panel.frame, cluster="state"), panel.frame, "x", rng=generator())
    trend = panel.assign(trend=panel.frame["year"] * 1.0)
    with pytest.raises(NotEstimable, match="by entity changes nothing"):
        permutation_test(fit("y ~ trend", trend), trend, "trend", rng=generator())


@pytest.mark.slow
def test_size_is_exact_under_the_sharp_null() -> None:
    rng = np.random.default_rng(12)
    draws, wrong, wrong_t = 400, 0, 0
    frame = pd.DataFrame({"g": np.repeat(np.arange(12), 6), "t": np.tile(np.arange(6), 12)})
    for _ in range(draws):
        treated = rng.permutation(12) < 4
        frame["d"] = 1.0 * (treated[frame["g"]] & (frame["t"] >= 3))
        frame["y"] = rng.normal(size=(12, 6)).cumsum(axis=1).ravel() * np.exp(frame["g"] / 6)
        panel = Panel(frame, "g", "t")
        test = permutation_test(fit("y ~ d | g + t", panel), panel, "d", draws=199, rng=rng)
        wrong, wrong_t = wrong + (test.p_value <= 0.05), wrong_t + (test.p_value_t <= 0.05)
    assert 0.02 < wrong / draws < 0.08
    assert 0.02 < wrong_t / draws < 0.08
