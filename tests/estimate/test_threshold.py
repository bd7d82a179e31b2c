"""Threshold regression against the long way: dummies for every effect, one regression for every value of q and every draw."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.estimate import ThresholdResult, ThresholdSettings, fit_threshold
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.threshold.bootstrap import alternative_residuals, donor_table, f_statistic, resampled, sequence, statistics
from toolkit.estimate.threshold.question import Bootstrap, Space, read_question
from toolkit.estimate.threshold.search import Model, make_model, search
from toolkit.numerics import Floats
from toolkit.panel import Panel

pytestmark = pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")  # dummies of two effects share a constant

RTOL = 1e-9  # two ways to the same sum of squares, regressors of the sizes 1 and 1e9


def unbalanced(seed: int = 3, firms: int = 14, years: int = 9, missing: float = 0.3, ties: bool = False) -> pd.DataFrame:
    """Text ids, gaps, one firm seen once; slopes 1 and 2 on either side of q = 0.5; z is of the size 1e9."""
    rng = np.random.default_rng(seed)
    n = firms * years
    ids = np.repeat([f"f{i:02d}" for i in range(firms)], years)
    frame = pd.DataFrame({"firm": ids, "year": np.tile(np.arange(2001, 2001 + years), firms)})
    q = rng.random(n)
    frame["q"] = np.round(q, 1) if ties else q
    frame["x"], frame["z"] = rng.normal(size=n) + 1, 1e9 * rng.normal(size=n)
    frame["x2"] = rng.normal(size=n)
    effect = rng.normal(size=firms).repeat(years) + 0.2 * (frame["year"] - 2001)
    frame["y"] = frame["x"] * np.where(frame["q"] <= 0.5, 1.0, 2.0) + 0.5e-9 * frame["z"] + 0.3 * frame["x2"] + effect + rng.normal(size=n)
    if not missing:
        return frame
    keep = rng.random(n) >= missing
    keep[ids == "f00"] = np.arange(years) == 4
    return frame[keep].reset_index(drop=True)


def dummies(frame: pd.DataFrame, effects: list[str]) -> Floats:
    """Independent dummies of connected effects: all levels of the first one, all but one of the others."""
    blocks = [pd.get_dummies(frame[e], dtype=float).to_numpy() for e in effects]
    return np.column_stack([blocks[0], *(block[:, 1:] for block in blocks[1:])])


def split(frame: pd.DataFrame, regime: list[str], thresholds: list[float], q: str = "q") -> Floats:
    """The switching columns by regime, each in units of its largest value."""
    bounds = [-np.inf, *sorted(thresholds), np.inf]
    inside = [((frame[q] > low) & (frame[q] <= high)).to_numpy() for low, high in pairwise(bounds)]
    return np.column_stack([frame[x].to_numpy() / size(frame, x) * band for x in regime for band in inside])


def size(frame: pd.DataFrame, name: str) -> float:
    return float(frame[name].abs().max())


def fitted(
    frame: pd.DataFrame, regime: list[str], others: list[str], effects: list[str], thresholds: list[float], y: Floats | None = None
) -> sm.regression.linear_model.RegressionResults:
    columns = np.column_stack([split(frame, regime, thresholds), *(frame[x] / size(frame, x) for x in others), dummies(frame, effects)])
    return sm.OLS(frame["y"].to_numpy() if y is None else y, columns).fit()


def candidates(frame: pd.DataFrame, fixed: list[float], trim: float, k: int) -> list[float]:
    """Values of q with enough rows on both sides, beside the thresholds fixed."""
    least = max(int(np.ceil(trim * len(frame) - 1e-9)), k + 1)
    found = []
    for value in np.unique(frame["q"])[:-1]:
        bounds = np.sort([0, len(frame), *((frame["q"] <= g).sum() for g in [*fixed, value])])
        if np.diff(bounds).min() >= least:
            found.append(float(value))
    return found


def searched(
    frame: pd.DataFrame, regime: list[str], others: list[str], effects: list[str], fixed: list[float], trim: float, y: Floats | None = None
) -> tuple[list[float], Floats]:
    """Values tried and the residual sum of squares of each."""
    tried = candidates(frame, fixed, trim, len(regime))
    return tried, np.array([fitted(frame, regime, others, effects, [*fixed, g], y).ssr for g in tried])


def stepwise(
    frame: pd.DataFrame, regime: list[str], others: list[str], effects: list[str], number: int, trim: float
) -> tuple[list[float], list[float]]:
    """Thresholds in the order found, after refinement, and F of each step over residual degrees of freedom of the effects."""
    found: list[float] = []
    statistics = []
    df = len(frame) - np.linalg.matrix_rank(dummies(frame, effects))
    for _ in range(number):
        null = fitted(frame, regime, others, effects, found).ssr
        tried, rss = searched(frame, regime, others, effects, found, trim)
        statistics.append(df * (null - rss.min()) / rss.min())
        found = [*found, tried[int(rss.argmin())]]
        for place in range(len(found) - 1):
            rest = [g for i, g in enumerate(found) if i != place]
            tried, rss = searched(frame, regime, others, effects, rest, trim)
            found[place] = tried[int(rss.argmin())]
    return found, statistics


CASES = {
    "balanced": (unbalanced(seed=5, missing=0), ["firm"], ["x"], ["z"]),
    "gaps": (unbalanced(), ["firm"], ["x"], ["z"]),
    "two-way gaps": (unbalanced(), ["firm", "year"], ["x"], ["z"]),
    "two regressors": (unbalanced(seed=6, firms=18), ["firm", "year"], ["x", "x2"], ["z"]),
    "ties in q": (unbalanced(seed=7, ties=True), ["firm", "year"], ["x"], []),
    "large regressor switches": (unbalanced(seed=8), ["firm"], ["z"], ["x"]),
}


def asked(case: str, trim: float = 0.1, **settings: Any) -> tuple[pd.DataFrame, Model, ThresholdSettings]:
    """The rows used, and the model as the estimator sees it."""
    frame, effects, regime, others = CASES[case]
    source = source_of(Panel(frame, "firm", "year"))
    options = Options.read(source)
    formula = f"y ~ {' + '.join([*others, *regime])} | {' + '.join(effects)}"
    question = read_question(formula, source, "q", regime, options)
    used = source.frame.iloc[question.sample.positions].reset_index(drop=True)
    return used, make_model(question), ThresholdSettings(trim=trim, **settings)


@pytest.mark.parametrize("fixed", [(), (0.3,), (0.3, 0.7)])
@pytest.mark.parametrize("case", CASES)
def test_the_pass_over_q_is_one_regression_with_dummies_per_value(case: str, fixed: tuple[float, ...]) -> None:
    frame, model, settings = asked(case)
    _, effects, regime, others = CASES[case]
    found = search(model, fixed, settings)
    tried, rss = searched(frame, regime, others, effects, list(fixed), settings.trim)
    assert found.values.tolist() == tried
    np.testing.assert_allclose(found.rss, rss, rtol=RTOL)
    assert found.value == tried[int(rss.argmin())]
    assert found.null.rss == pytest.approx(fitted(frame, regime, others, effects, list(fixed)).ssr, rel=RTOL)


@pytest.mark.parametrize("case", CASES)
def test_thresholds_f_and_coefficients_are_those_of_the_long_way(case: str) -> None:
    frame, model, settings = asked(case, thresholds=3)
    _, effects, regime, others = CASES[case]
    if case == "ties in q":
        settings = ThresholdSettings(thresholds=2, trim=0.1)
    added, found = sequence(model, settings)
    thresholds, statistics = stepwise(frame, regime, others, effects, settings.thresholds, settings.trim)
    assert [s.value for s in found] == thresholds
    ours = [f_statistic(s.null.rss, s.least, model.df) for s in added]
    np.testing.assert_allclose(ours, statistics, rtol=1e-7)
    result = fit_threshold(
        f"y ~ {' + '.join([*others, *regime])} | {' + '.join(effects)}",
        Panel(CASES[case][0], "firm", "year"),
        variable="q",
        regime=regime,
        settings=replace(settings, draws=0),
        covariance="iid",
    )
    reference = fitted(frame, regime, others, effects, thresholds)
    slopes = len(regime) * (settings.thresholds + 1)
    units = np.repeat([size(frame, x) for x in regime], settings.thresholds + 1)
    np.testing.assert_allclose(result.estimate.beta[-slopes:], reference.params[:slopes] / units, rtol=1e-7)
    assert result.values == tuple(sorted(thresholds))
    assert result.estimate.statistics["rmse"] == pytest.approx(np.sqrt(reference.ssr / len(frame)), rel=1e-8)
    assert sum(v for k, v in result.estimate.statistics.items() if k.startswith("rows_regime")) == len(frame)


@pytest.mark.parametrize("method", ["hansen", "wild"])
@pytest.mark.parametrize("case", ["balanced", "two-way gaps", "two regressors"])
@pytest.mark.parametrize("fixed", [(), (0.3,)])
def test_every_draw_is_a_reestimation(case: str, method: Bootstrap, fixed: tuple[float, ...]) -> None:
    frame, model, settings = asked(case, trim=0.25, grid=8, draws=5, method=method)
    _, effects, regime, others = CASES[case]
    found = search(model, fixed, settings)
    residuals = alternative_residuals(model, found)
    reference = fitted(frame, regime, others, effects, [*fixed, found.value])
    np.testing.assert_allclose(residuals, reference.resid, atol=1e-7)
    errors = drawn_errors(residuals, model.space, settings, np.random.default_rng(4))
    ours = statistics(model, found, residuals, settings, np.random.default_rng(4))
    for draw in range(settings.draws):
        y = errors[:, draw] + fitted(frame, regime, others, effects, list(fixed)).fittedvalues
        null = fitted(frame, regime, others, effects, list(fixed), y).ssr
        least = min(fitted(frame, regime, others, effects, [*fixed, g], y).ssr for g in found.values)
        assert ours[draw] == pytest.approx(model.df * (null - least) / least, rel=1e-6)


def drawn_errors(residuals: Floats, space: Space, settings: ThresholdSettings, rng: np.random.Generator) -> Floats:
    """The errors of each draw, filled in entity by entity."""
    codes = space.entity.codes
    blocks = [residuals[codes == i] for i in range(space.entity.levels)]
    errors = np.empty((len(residuals), settings.draws))
    for draw in range(settings.draws):
        chosen = rng.integers(0, len(blocks), size=len(blocks)) if settings.method == "hansen" else rng.integers(0, 2, size=len(blocks))
        for i, block in enumerate(blocks):
            if settings.method == "wild":
                errors[codes == i, draw] = block * (2 * chosen[i] - 1)
            else:
                donor = blocks[chosen[i]] * np.sqrt(len(blocks[chosen[i]]) / (len(blocks[chosen[i]]) - 1))
                errors[codes == i, draw] = np.resize(donor, len(block))
    return errors


@pytest.mark.parametrize("method", ["hansen", "wild"])
def test_draws_do_not_depend_on_the_size_of_a_batch(method: Bootstrap, monkeypatch: pytest.MonkeyPatch) -> None:
    _, model, settings = asked("two-way gaps", draws=23, method=method)
    found = search(model, (), settings)
    residuals = alternative_residuals(model, found)
    whole = statistics(model, found, residuals, settings, np.random.default_rng(9))
    monkeypatch.setattr("toolkit.estimate.threshold.bootstrap.CELLS", 1)
    monkeypatch.setattr("toolkit.estimate.threshold.bootstrap.LEAST_BATCH", 4)
    np.testing.assert_allclose(statistics(model, found, residuals, settings, np.random.default_rng(9)), whole, rtol=1e-9)


def test_in_a_balanced_panel_hansens_draws_are_whole_blocks_in_time_order() -> None:
    _, model, _ = asked("balanced")
    space, periods = model.space, 9
    table = donor_table(np.arange(float(len(model.q))), space)
    errors = resampled(table, space, np.arange(space.entity.levels)[None, ::-1]) / np.sqrt(periods / (periods - 1))
    np.testing.assert_allclose(errors[:, 0].reshape(-1, periods), np.arange(float(len(model.q))).reshape(-1, periods)[::-1])


def found_on(frame: pd.DataFrame, formula: str = "y ~ x + x2 | firm + year", **options: Any) -> ThresholdResult:
    settings = ThresholdSettings(trim=0.1, draws=options.pop("draws", 60), thresholds=options.pop("thresholds", 2))
    return fit_threshold(formula, Panel(frame, "firm", "year"), variable="q", settings=settings, rng=np.random.default_rng(3), **options)


def test_order_of_rows_scale_and_monotone_changes_of_q_do_not_matter() -> None:
    frame = unbalanced(seed=9, firms=20)
    base = found_on(frame)
    shuffled = found_on(frame.sample(frac=1, random_state=1))
    assert (shuffled.values, shuffled.tests) == (base.values, base.tests)
    changed = frame.assign(y=1e9 * frame["y"], x=1e-6 * frame["x"], q=np.exp(5 * frame["q"]))
    scaled = found_on(changed)
    np.testing.assert_allclose(scaled.values, np.exp(5 * np.array(base.values)))
    for ours, theirs in zip(scaled.tests, base.tests, strict=True):
        assert (ours.statistic, ours.critical_5) == (pytest.approx(theirs.statistic, rel=1e-7), pytest.approx(theirs.critical_5, rel=1e-7))
        assert ours.p_value == theirs.p_value
    np.testing.assert_allclose(scaled.estimate.beta[:3], 1e15 * base.estimate.beta[:3], rtol=1e-7)
    named = found_on(frame.assign(firm=frame["firm"].map(lambda name: f"province {name}")))
    assert (named.values, named.tests) == (base.values, base.tests)


def test_reversed_q_gives_the_same_split_from_the_other_side() -> None:
    frame = unbalanced(seed=10, firms=20)
    base, mirrored = found_on(frame, thresholds=1), found_on(frame.assign(q=-frame["q"]), thresholds=1)
    assert mirrored.tests[0].statistic == pytest.approx(base.tests[0].statistic, rel=1e-9)
    np.testing.assert_allclose(mirrored.estimate.beta[:2], base.estimate.beta[1::-1], rtol=1e-8)


def test_a_threshold_variable_that_is_constant_over_time_splits_the_entities() -> None:
    frame = unbalanced(seed=11, firms=24, missing=0)
    frame["q"] = frame["firm"].rank(method="dense")
    frame["y"] += np.where(frame["q"] > 12, 2.0, 0.0) * frame["x"]
    result = found_on(frame, "y ~ x | firm + year", thresholds=1, draws=0)
    assert result.values == (12.0,)
    reference = fitted(frame, ["x"], [], ["firm", "year"], [12.0])
    np.testing.assert_allclose(result.estimate.beta, reference.params[:2] / size(frame, "x"), rtol=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), trim=st.floats(0.05, 0.12), two_way=st.booleans())
def test_identities_of_any_search(seed: int, trim: float, two_way: bool) -> None:
    frame = unbalanced(seed=seed, firms=12, years=8)
    formula = f"y ~ x + x2 | firm{' + year' * two_way}"
    results = [
        fit_threshold(
            formula, Panel(frame, "firm", "year"), variable="q", settings=ThresholdSettings(thresholds=number, trim=trim, draws=0)
        )
        for number in (1, 2, 3)
    ]
    rss = [r.estimate.statistics["rmse"] ** 2 * r.estimate.counts.rows for r in results]
    assert rss[0] >= rss[1] * (1 - RTOL) >= rss[2] * (1 - 2 * RTOL)
    for result in results:
        assert list(result.values) == sorted(set(result.values))
        for threshold in result.thresholds:
            assert threshold.lr.min() == 0
            assert any(low <= threshold.value <= high for low, high in threshold.intervals)
            assert threshold.tried.tolist() == sorted(set(threshold.tried))
        sizes = np.bincount(result.regime_of(frame["q"]).to_numpy() - 1)
        least = int(np.ceil(trim * result.estimate.counts.rows - 1e-9))
        assert (sizes >= least).all()  # counted on all rows, those of the firm seen once too
    profile = results[0].profile()
    assert profile["rss"].min() == pytest.approx(rss[0], rel=1e-8)
    assert profile.loc[profile["inside"], "value"].min() == results[0].tidy()["conf_low"].iloc[0]


def test_a_grid_tries_quantiles_only() -> None:
    _, model, _ = asked("balanced")
    everything = search(model, (), ThresholdSettings(trim=0.1))
    some = search(model, (), ThresholdSettings(trim=0.1, grid=10))
    assert len(some.values) == 10
    where = np.searchsorted(everything.values, some.values)
    np.testing.assert_allclose(some.rss, everything.rss[where], rtol=RTOL)
    assert (where[0], where[-1]) == (0, len(everything.values) - 1)
    assert np.ptp(np.diff(where)) <= 1
    choice = ThresholdSettings(trim=0.1, grid=10, thresholds=3)
    added, found = sequence(model, choice)
    assert set().union(*(s.values for s in found)) <= set(some.values)
    assert found[0].least <= added[2].least * (1 + RTOL)
