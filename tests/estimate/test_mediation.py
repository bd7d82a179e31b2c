"""Mediation: the identity, separate fits, the bootstrap by refitting on copied clusters, and simulations with known parts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import FormulaError, MissingColumn, NotEstimable, TooFewClusters, UnknownOption
from toolkit.estimate import fit, mediate
from toolkit.panel import Panel

EXACT = 1e-9  # the same least squares by another route


def make(seed: int = 0, entities: int = 40, periods: int = 6, gap: float = 0.15) -> Panel:
    rng = np.random.default_rng(seed)
    n = entities * periods
    frame = pd.DataFrame(
        {"firm": np.repeat([f"f{i:02d}" for i in range(entities)], periods), "year": np.tile(np.arange(periods), entities)}
    )
    frame["region"] = np.repeat(np.arange(entities) % 8, periods)
    effect = np.repeat(rng.normal(size=entities), periods)
    frame["z"] = rng.normal(size=n)
    frame["x"] = rng.normal(size=n) + effect
    frame["m1"] = 0.5 * frame["x"] + 0.2 * frame["z"] + effect + rng.normal(size=n)
    frame["m2"] = -0.4 * frame["x"] + rng.normal(size=n)
    frame["y"] = 0.3 * frame["x"] + 0.8 * frame["m1"] + 0.5 * frame["m2"] + frame["z"] + effect + rng.normal(size=n)
    frame["w"] = 0.5 + rng.random(n)
    frame.loc[2, "m1"] = np.nan
    frame["big"] = 4e9 + 1e9 * frame["m1"]
    return Panel(frame[rng.random(n) >= gap], "firm", "year")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return make()


def ask(panel: Panel, formula: str = "y ~ x + z | firm + year", mediators: object = ("m1", "m2"), seed: int = 0, **options: object):
    return mediate(
        formula, panel, **({"treatment": "x", "mediators": mediators, "rng": np.random.default_rng(seed), "draws": 99} | options)
    )


@pytest.mark.parametrize("formula", ["y ~ x + z | firm + year", "y ~ x + z | firm", "y ~ x + C(region)", "y ~ z + x + 0"])
@pytest.mark.parametrize("weights", [None, "w"])
def test_regressions_are_those_of_fit_on_the_common_rows(panel: Panel, formula: str, weights: str | None) -> None:
    found = ask(panel, formula, weights=weights)
    common = panel.keep(panel.frame["m1"].notna())
    plain, bar, effects = formula.partition("|")
    total = fit(formula, common, weights=weights)
    full = fit(f"{plain} + m1 + m2 {bar}{effects}", common, weights=weights)
    first = fit(formula.replace("y ~", "m1 ~"), common, weights=weights)
    for ours, theirs in ((found.total_estimate, total), (found.outcome_estimate, full), (found.mediator_estimates[0], first)):
        assert set(ours.terms) == set(theirs.terms)
        assert ours.spec.outcome == theirs.spec.outcome
        for term in theirs.terms:
            one, other = ours.coefficient(term), theirs.coefficient(term)
            assert (one.estimate, one.std_error) == pytest.approx((other.estimate, other.std_error), rel=1e-7)
    a, b = first.coefficient("x"), full.coefficient("m1")
    assert found.total.estimate == pytest.approx(total.coefficient("x").estimate, rel=EXACT)
    assert found.indirect[0].estimate == pytest.approx(a.estimate * b.estimate, rel=EXACT)
    assert found.indirect[0].sobel_error == pytest.approx(np.hypot(a.estimate * b.std_error, b.estimate * a.std_error), rel=1e-7)
    assert found.total.estimate == pytest.approx(found.direct.estimate + found.indirect_sum.estimate, rel=EXACT)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 5000))
def test_total_is_direct_plus_indirect(seed: int) -> None:
    found = ask(make(seed, 12, 5), draws=19)
    assert found.total.estimate == pytest.approx(found.direct.estimate + sum(e.estimate for e in found.indirect), abs=1e-10)


@pytest.mark.parametrize(
    ("formula", "cluster", "weights"),
    [("y ~ x + z | firm + year", None, "w"), ("y ~ x + z | firm", "region", None), ("y ~ x", "firm", None)],
)
def test_bootstrap_equals_refits_on_copied_clusters(formula: str, cluster: str | None, weights: str | None) -> None:
    panel = make(3, 16, 5)
    draws, name = 25, cluster or "firm"
    found = ask(panel, formula, ["m1"], seed=5, draws=draws, cluster=cluster, weights=weights, level=0.8)
    rows = panel.frame.dropna()
    if "firm" in formula:
        rows = rows[rows.groupby("firm")["y"].transform("size") > 1]
    codes, groups = pd.factorize(rows[name])
    counts = np.random.default_rng(5).multinomial(len(groups), np.full(len(groups), 1 / len(groups)), draws)
    parts = []
    for drawn in counts:
        copies = [rows[codes == g].assign(firm=lambda d, c=c: d["firm"] + f"-{c}") for g, times in enumerate(drawn) for c in range(times)]
        sample = pd.concat(copies, ignore_index=True)
        options = {"covariance": "iid", "weights": weights, "small_sample": "plm"}
        plain, bar, effects = formula.partition("|")
        full = fit(f"{plain} + m1 {bar}{effects}", sample, **options)
        first = fit(formula.replace("y ~", "m1 ~"), sample, **options)
        parts.append([full.coefficient("x").estimate, first.coefficient("x").estimate * full.coefficient("m1").estimate])
    parts = np.array(parts)
    assert found.draws == draws
    for column, effect in enumerate((found.direct, found.indirect[0])):
        assert (effect.low, effect.high) == pytest.approx(tuple(np.quantile(parts[:, column], [0.1, 0.9])), rel=1e-6)
        assert effect.std_error == pytest.approx(parts[:, column].std(ddof=1), rel=1e-6)
    assert found.total.std_error == pytest.approx(parts.sum(axis=1).std(ddof=1), rel=1e-6)


def test_known_parts_are_found() -> None:
    found = ask(make(1, 300, 8), draws=399)
    for effect, truth in ((found.direct, 0.3), (found.indirect[0], 0.4), (found.indirect[1], -0.2), (found.indirect_sum, 0.2)):
        assert effect.low - 0.02 < truth < effect.high + 0.02
        assert effect.p_value == pytest.approx(2 / 400)
    assert found.indirect[0].std_error == pytest.approx(found.indirect[0].sobel_error, rel=0.15)
    assert found.indirect[0].sobel_p is not None
    assert found.indirect[0].sobel_p < 1e-6
    assert found.share_mediated == pytest.approx(found.indirect_sum.estimate / found.total.estimate)


def test_no_mediation_is_not_found(panel: Panel) -> None:
    noise = panel.assign(m=np.random.default_rng(3).normal(size=len(panel.frame)))
    found = ask(noise, mediators="m", draws=399)
    assert found.indirect[0].p_value > 0.05
    assert found.indirect[0].low < 0 < found.indirect[0].high


def test_scale_logs_and_lags(panel: Panel) -> None:
    before = panel.frame.copy()
    plain, big = ask(panel, mediators=["m1"]), ask(panel, mediators=["big"])
    assert big.indirect[0].estimate == pytest.approx(plain.indirect[0].estimate, rel=1e-6)
    assert (big.indirect[0].low, big.indirect[0].high) == pytest.approx((plain.indirect[0].low, plain.indirect[0].high), rel=1e-6)
    positive = panel.assign(k=np.exp(panel.frame["m1"]))
    found = ask(positive, "y ~ x + z | firm", ["log(k)", "L(m2,1)"])
    assert found.mediators == ("log(k)", "L(m2, 1)")
    assert any("no such period" in str(d.reason) for d in found.total_estimate.counts.dropped)
    pd.testing.assert_frame_equal(panel.frame, before)
    again = ask(panel, mediators=["m1"])
    pd.testing.assert_frame_equal(again.tidy(), plain.tidy())


def test_words_say_association(panel: Panel) -> None:
    found = ask(panel)
    for text in (repr(found), found._repr_html_(), mediate.__doc__ or ""):
        assert "ssociation" in text
    assert found.tidy()["part"].tolist() == ["total", "direct", "through m1", "through m2", "through all mediators"]
    assert len(ask(panel, mediators="m1").tidy()) == 3
    opposed = ask(panel.assign(y=panel.frame["y"] - 3 * panel.frame["x"]))
    assert opposed.share_mediated is None


def test_bad_questions_are_named(panel: Panel) -> None:
    with pytest.raises(FormulaError, match="mediator x is also the treatment"):
        ask(panel, mediators="x")
    with pytest.raises(FormulaError, match="mediator z is also a control"):
        ask(panel, mediators=["m1", "z"])
    with pytest.raises(FormulaError, match="outcome y is also a regressor"):
        ask(panel, mediators=["y"])
    with pytest.raises(FormulaError, match="named twice"):
        ask(panel, mediators=["m1", "m1"])
    with pytest.raises(FormulaError, match="no mediator"):
        ask(panel, mediators=[])
    for wrong in ("C(region)", "m1 + m2", "m1:m2"):
        with pytest.raises(FormulaError, match="not one numeric term"):
            ask(panel, mediators=[wrong])
    with pytest.raises(NotEstimable, match="no term 'q'"):
        ask(panel, treatment="q")
    with pytest.raises(NotEstimable, match="is a category"):
        ask(panel, "y ~ C(region)", treatment="C(region)")
    with pytest.raises(MissingColumn, match="m9"):
        ask(panel, mediators="m9")
    with pytest.raises(NotEstimable, match="copy was omitted: collinear with x"):
        ask(panel.assign(copy=2 * panel.frame["x"]), mediators="copy")
    with pytest.raises(NotEstimable, match="fixed was omitted: no variation within firm"):
        ask(panel.assign(fixed=panel.frame["region"]), mediators="fixed")
    with pytest.raises(UnknownOption, match="clusters of one variable"):
        ask(panel, cluster="firm + year")
    with pytest.raises(UnknownOption, match="clusters of one variable"):
        ask(panel.frame)
    with pytest.raises(UnknownOption, match="draws=1"):
        ask(panel, draws=1)
    with pytest.raises(UnknownOption, match="level=95"):
        ask(panel, level=95)
    with pytest.raises(TooFewClusters):
        ask(panel.assign(one=1), cluster="one")
    rare = panel.assign(m=((panel.frame["firm"] == "f01") & (panel.frame["year"] > 2)).astype(float))
    with pytest.raises(NotEstimable, match=r"only \d+ of 99 bootstrap draws"):
        ask(rare, mediators="m")


@pytest.mark.slow
def test_intervals_cover_the_indirect_part() -> None:
    """400 panels of 50 firms: 95% intervals hold 0.4, within three simulation errors and two points (few clusters)."""
    inside = []
    for seed in range(400):
        effect = ask(make(seed, 50, 6), mediators=["m1", "m2"], seed=seed, draws=499).indirect[0]
        inside.append(effect.low <= 0.4 <= effect.high)
    assert abs(np.mean(inside) - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 400) + 0.02
