"""Families of hypotheses: formulas against scipy, pyfixest and brute force; common signs draw by draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import MissingColumn, NotEstimable, UnknownOption
from toolkit.estimate import fit
from toolkit.estimate.after.family import FamilyTests, adjust_p_values, family_tests, romano_wolf
from toolkit.panel import Panel

EXACT = 1e-12  # relative
SUBNORMAL = 1e-300  # products of numbers this small lose digits, and nothing depends on them
SAME = 1e-8  # relative; the draws come from cluster sums, the check refits each of them
DRAWS = 1999


p_lists = st.lists(st.floats(0, 1), min_size=1, max_size=12)


# --- adjustment by formula -------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(p_lists)
def test_adjustments_follow_their_formulas(values: list[float]) -> None:
    p = np.array(values)
    m, order = len(p), np.argsort(p, kind="stable")
    ordered = p[order]
    holm = [min(1.0, max((m - i) * ordered[i] for i in range(j + 1))) for j in range(m)]
    hochberg = [min(1.0, min(m * ordered[i] / (i + 1) for i in range(j, m))) for j in range(m)]
    yekutieli = [min(1.0, min(m * ordered[i] / (i + 1) for i in range(j, m)) * sum(1 / k for k in range(1, m + 1))) for j in range(m)]
    wanted = {"bonferroni": np.minimum(m * ordered, 1), "holm": holm, "benjamini_hochberg": hochberg, "benjamini_yekutieli": yekutieli}
    for method, column in wanted.items():
        np.testing.assert_allclose(adjust_p_values(p, method)[order], column, rtol=EXACT, atol=SUBNORMAL)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(p_lists)
def test_false_discovery_rates_are_those_of_scipy(values: list[float]) -> None:
    from scipy.stats import false_discovery_control

    for ours, theirs in (("benjamini_hochberg", "bh"), ("benjamini_yekutieli", "by")):
        np.testing.assert_allclose(
            adjust_p_values(values, ours), false_discovery_control(values, method=theirs), rtol=EXACT, atol=SUBNORMAL
        )  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [[0.03], [0.04, 0.01, 0.01, 0.2, 0.9], [0.5, 0.5, 0.0], np.random.default_rng(0).uniform(size=40) ** 3])
def test_adjustments_are_those_of_statsmodels(values: Any) -> None:
    from statsmodels.stats.multitest import multipletests

    for ours, theirs in (
        ("bonferroni", "bonferroni"),
        ("holm", "holm"),
        ("benjamini_hochberg", "fdr_bh"),
        ("benjamini_yekutieli", "fdr_by"),
    ):
        np.testing.assert_allclose(adjust_p_values(values, ours), multipletests(values, method=theirs)[1], rtol=EXACT)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=40)
@given(p_lists)
def test_each_adjustment_is_bounded_by_the_cruder_one(values: list[float]) -> None:
    plain, rate = np.array(values), adjust_p_values(values, "benjamini_hochberg")
    holm, bonferroni = adjust_p_values(values, "holm"), adjust_p_values(values, "bonferroni")
    slack = 1 + EXACT
    assert (plain <= rate * slack).all()
    assert (rate <= holm * slack).all()
    assert (holm <= bonferroni * slack).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [([], "shape"), ([[0.1]], "shape"), ([0.1, np.nan], "p-value 2 of 2 is nan"), ([-0.1], "p-value 1 of 1 is -0.1"), ([1.5], "is 1.5")],
)
def test_p_values_are_checked(values: Any, message: str) -> None:
    with pytest.raises(NotEstimable, match=message):
        adjust_p_values(values, "holm")


def test_unknown_adjustments_are_named() -> None:
    with pytest.raises(UnknownOption, match=r"method='hochberg'[\s\S]*benjamini_hochberg"):
        adjust_p_values([0.1], "hochberg")  # type: ignore[arg-type]


# --- Romano and Wolf ---------------------------------------------------------------------------------------


def drawn_matrix(seed: int, m: int, draws: int = 60) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(draws, 1))
    return rng.normal(size=m) * 2, 0.7 * shared + rng.normal(size=(draws, m))


def rejected(t: np.ndarray, null: np.ndarray, alpha: float) -> set[int]:
    """The stepdown of Romano and Wolf as a rule of decisions: reject what exceeds the largest of those left, until nothing more falls."""
    left, out = set(range(len(t))), set()
    while left:
        largest = np.abs(null[:, sorted(left)]).max(axis=1)
        fall = {j for j in left if (1 + np.sum(largest >= abs(t[j]))) / (1 + len(null)) <= alpha}
        if not fall:
            break
        out |= fall
        left -= fall
    return out


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10**6), st.integers(1, 7), st.floats(0.01, 0.99))
def test_stepdown_p_values_decide_as_the_stepdown_does(seed: int, m: int, alpha: float) -> None:
    t, null = drawn_matrix(seed, m)
    assert set(np.flatnonzero(romano_wolf(t, null) <= alpha)) == rejected(t, null, alpha)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6), st.integers(2, 7))
def test_properties_of_the_stepdown(seed: int, m: int) -> None:
    t, null = drawn_matrix(seed, m)
    p = romano_wolf(t, null)
    alone = np.array([romano_wolf(t[[j]], null[:, [j]])[0] for j in range(m)])
    assert alone == pytest.approx((1 + (np.abs(null) >= np.abs(t)).sum(axis=0)) / 61)
    assert (p >= alone).all()
    assert (p[np.argsort(-np.abs(t))] == np.sort(p)).all()
    single_step = [(1 + (np.abs(null).max(axis=1) >= abs(value)).sum()) / 61 for value in t]
    assert (p <= np.array(single_step) + EXACT).all()
    shuffled = np.random.default_rng(seed).permutation(m)
    np.testing.assert_array_equal(romano_wolf(t[shuffled], -null[:, shuffled]), p[shuffled])
    np.testing.assert_array_equal(romano_wolf(t * 1e9, null * 1e9), p)
    copies = romano_wolf(np.repeat(t, 2), np.repeat(null, 2, axis=1))
    np.testing.assert_array_equal(copies[::2], p)  # a hypothesis that is repeated costs nothing


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 7))
def test_the_stepdown_is_that_of_pyfixest(seed: int, m: int) -> None:
    multcomp = pytest.importorskip("pyfixest.estimation.post_estimation.multcomp")
    t, null = drawn_matrix(seed, m)
    np.testing.assert_allclose(romano_wolf(t, null), multcomp._get_rwolf_pval(t, null), rtol=EXACT)


def test_it_is_westfall_and_young_where_all_nulls_are_alike() -> None:
    """Every column holds the same draws in another order, so ranking by |t| and by p-value is the same (free of the marginals)."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=400)
    null = np.column_stack([rng.permutation(values) for _ in range(5)])
    t = np.array([2.5, -1.0, 0.3, 1.9, -2.9])

    def own_p(x: np.ndarray) -> np.ndarray:
        return np.array([(np.abs(values) >= abs(v)).mean() for v in x])

    p, null_p = own_p(t), np.apply_along_axis(own_p, 0, null)
    order = np.argsort(p)
    westfall = [(1 + (null_p[:, order[j:]].min(axis=1) <= p[order[j]]).sum()) / 401 for j in range(5)]
    np.testing.assert_allclose(romano_wolf(t, null)[order], np.maximum.accumulate(westfall), rtol=EXACT)


@pytest.mark.parametrize(
    ("t", "null", "message"),
    [
        ([1.0, 2.0], [[1.0]], "do not fit"),
        ([1.0], np.empty((0, 1)), "do not fit"),
        ([1.0, np.nan], [[1.0, 1.0]], "statistic 2 of 2 is missing"),
        ([1.0, 2.0], [[np.nan, 1.0], [1.0, 1.0]], "draw of statistic 1 of 2 is missing"),
    ],
)
def test_shapes_and_missing_numbers_are_named(t: Any, null: Any, message: str) -> None:
    with pytest.raises(NotEstimable, match=message):
        romano_wolf(t, null)


# --- families of estimates ---------------------------------------------------------------------------------


def make_panel(seed: int = 2, firms: int = 15, years: int = 6, effect: float = 0.4) -> Panel:
    """Text ids, gaps, an outcome that misses two firms, weights, a regressor of size 1e9."""
    rng = np.random.default_rng(seed)
    n = firms * years
    frame = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(firms)], years), "year": np.tile(np.arange(years), firms)})
    frame["d"], frame["x"] = rng.normal(size=n) + np.repeat(rng.normal(size=firms), years), 1e9 * rng.normal(size=n)
    shared = rng.normal(size=n)
    frame["y1"] = effect * frame["d"] + shared + np.repeat(rng.normal(size=firms), years)
    frame["y2"] = shared + 0.3 * rng.normal(size=n)
    frame["y3"] = np.where(frame["firm"].isin(["f03", "f07"]), np.nan, shared + rng.normal(size=n))
    frame["w"] = rng.random(n) + 0.5
    return Panel(frame[rng.random(n) < 0.9], "firm", "year")


def family(panel: Panel) -> list[tuple[Any, str]]:
    return [
        (fit("y1 ~ d + x | firm + year", panel), "d"),
        (fit("y2 ~ d | firm", panel, weights="w"), "d"),
        (fit("y3 ~ d + x", panel), "d"),
        (fit("y3 ~ d + x", panel), "x"),
    ]


def test_each_draw_has_the_same_signs_in_all_equations() -> None:
    panel = make_panel()
    tests = family_tests(family(panel), panel, draws=6, rng=np.random.default_rng(5))
    signs = np.array([1.0, -1.0])[np.random.default_rng(5).integers(0, 2, (6, 15), dtype=np.int8)]
    for at, (estimate, term) in enumerate(family(panel)):
        others = [t for t in estimate.terms if t not in (term, "(Intercept)", "Intercept")]
        bar = f" | {' + '.join(estimate.effects)}" if estimate.effects else ""
        used = panel.keep(panel.frame[list(estimate.spec.variables)].notna().all(axis=1))
        frame = used.frame
        codes = pd.Series(np.arange(15), index=np.sort(panel.frame["firm"].unique()))[frame["firm"]].to_numpy()
        residuals = restricted_residuals(frame, estimate.spec.outcome, others, estimate.effects, estimate.weights)
        for draw in range(6):
            y = frame[estimate.spec.outcome] - residuals + residuals * signs[draw][codes]
            again = fit(f"made ~ {' + '.join([term, *others])}{bar}", used.assign(made=y), weights=estimate.weights, small_sample="none")
            assert tests.drawn[draw, at] == pytest.approx(again.coefficient(term).statistic, rel=SAME)


def restricted_residuals(frame: pd.DataFrame, y: str, others: list[str], effects: tuple[str, ...], weights: str | None) -> np.ndarray:
    """Residuals without the tested term, with all effects as dummies."""
    columns = [np.ones(len(frame)), *(frame[name].to_numpy() / np.abs(frame[name]).max() for name in others)]
    for effect in effects:
        columns += list(pd.get_dummies(frame[effect], dtype=float).to_numpy().T)
    X, root = np.column_stack(columns), np.sqrt(frame[weights].to_numpy()) if weights else np.ones(len(frame))
    beta = np.linalg.lstsq(X * root[:, None], frame[y].to_numpy() * root, rcond=None)[0]
    return np.asarray(frame[y].to_numpy() - X @ beta)


def test_columns_of_the_table_agree_with_their_sources() -> None:
    panel = make_panel()
    tests = family_tests(family(panel), panel, draws=499, rng=np.random.default_rng(5))
    frame = tests.frame
    assert frame["outcome"].tolist() == ["y1", "y2", "y3", "y3"]
    own = [estimate.coefficient(term) for estimate, term in family(panel)]
    assert frame["p_value"].tolist() == [c.p_value for c in own]
    assert frame["statistic"].tolist() == [c.statistic for c in own]
    np.testing.assert_allclose(frame["holm"], adjust_p_values(frame["p_value"], "holm"))
    assert (frame["romano_wolf"] >= frame["p_wild"]).all()
    assert tests.clusters == 15
    assert "499 rademacher draws common to all equations" in repr(tests)
    assert "<table" in tests._repr_html_()
    alone = family_tests(family(panel)[:1], panel, draws=499, rng=np.random.default_rng(5)).frame
    assert alone["romano_wolf"].tolist() == alone["p_wild"].tolist()
    with pytest.raises(ValueError, match="read-only"):
        tests.drawn[0, 0] = 0.0


def test_one_hypothesis_is_the_wild_bootstrap() -> None:
    from toolkit.estimate import wild_cluster_bootstrap

    panel = make_panel()
    estimate = fit("y1 ~ d + x | firm + year", panel)
    ours = family_tests([(estimate, "d")], panel, draws=DRAWS, rng=np.random.default_rng(3))
    theirs = wild_cluster_bootstrap(estimate, panel, "d", draws=DRAWS, rng=np.random.default_rng(3))
    assert ours.frame["p_wild"].iloc[0] == pytest.approx(theirs.p_value)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"hypotheses": []}, NotEstimable, "no hypothesis"),
        ({"draws": 0}, UnknownOption, "draws=0"),
        ({"weights": "normal"}, UnknownOption, "weights='normal'"),
        ({"cluster": "frim"}, MissingColumn, "did you mean firm"),
    ],
    ids=str,
)
def test_bad_input_is_named(change: dict[str, Any], error: type[Exception], message: str) -> None:
    panel = make_panel()
    asked = {"hypotheses": family(panel)} | change
    with pytest.raises(error, match=message):
        family_tests(asked.pop("hypotheses"), panel, rng=np.random.default_rng(0), **asked)


def test_hypotheses_that_cannot_be_tested_are_named() -> None:
    panel = make_panel()
    one = family(panel)[0]
    with pytest.raises(NotEstimable, match=r"d of y1 ~ d \+ x \| firm \+ year is in the family twice"):
        family_tests([one, one], panel, rng=np.random.default_rng(0))
    only = panel.assign(only=(panel.frame["firm"] == "f01") * panel.frame["x"])
    lone = fit("y1 ~ only | firm", only)
    with pytest.raises(NotEstimable, match=r"only has no clustered variance[\s\S]*leave it out"):
        family_tests([(lone, "only")], only, rng=np.random.default_rng(0))


def rejects(seed: int) -> FamilyTests:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(5), 20)})
    frame["d"] = rng.normal(size=100) + rng.normal(size=20)[frame["firm"]]
    shared = rng.normal(size=100) + rng.normal(size=20)[frame["firm"]]
    for j in range(4):
        frame[f"y{j}"] = shared + 0.7 * rng.normal(size=100)
    panel = Panel(frame, "firm", "year")
    hypotheses = [(fit(f"y{j} ~ d | year", panel), "d") for j in range(4)]
    return family_tests(hypotheses, panel, draws=199, rng=rng)


@pytest.mark.slow
def test_the_family_wise_error_is_held_under_the_null() -> None:
    found = [rejects(seed).frame for seed in range(200)]
    any_wrong = np.mean([(frame["romano_wolf"] <= 0.05).any() for frame in found])
    naive = np.mean([(frame["p_wild"] <= 0.05).any() for frame in found])
    error = np.sqrt(0.05 * 0.95 / 200)
    assert abs(any_wrong - 0.05) < 3 * error
    assert naive > any_wrong + error
