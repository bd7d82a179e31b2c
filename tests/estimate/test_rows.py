"""Estimates keep their rows: every test and analysis takes the estimate alone and says what it says with the data beside it."""

from __future__ import annotations

import copy
import gc
import inspect
import pickle
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from toolkit import estimate as doors
from toolkit.errors import NotEstimable, PanelError, UnknownOption
from toolkit.estimate import (
    Estimate,
    ThresholdSettings,
    compare_groups,
    conley,
    cr2,
    family_tests,
    fit,
    fit_between,
    fit_differences,
    fit_dynamic,
    fit_instruments,
    fit_pooled,
    fit_random,
    fit_threshold,
    fit_within,
    marginal_effects,
    mediate,
    oster_bounds,
    parse,
    permutation_test,
    wild_cluster_bootstrap,
    wild_tests,
)
from toolkit.estimate.diagnostics import (
    breusch_pagan_effects,
    breusch_pagan_heteroskedasticity,
    f_effects,
    honda_effects,
    modified_wald_heteroskedasticity,
    mundlak,
    pesaran_cd,
    variance_inflation,
    wooldridge_serial_correlation,
)
from toolkit.estimate.formula import spec as formulas
from toolkit.estimate.linear import refit as again
from toolkit.estimate.rows.options import ARGUMENTS, Options
from toolkit.panel import Panel

ROUNDING = 1e-12  # the same sums on the same rows


@pytest.fixture(scope="module")
def firms() -> Panel:
    """30 firms, 9 years with gaps; missing values (of a cluster too), a firm seen once, weights, instruments, places, groups."""
    rng = np.random.default_rng(11)
    n = 270
    frame = pd.DataFrame({"firm": np.repeat(np.arange(30), 9), "year": np.tile(np.arange(2001, 2010), 30)})
    frame["z"], frame["k"], frame["u"] = rng.normal(size=(3, n))
    frame["d"] = frame["z"] + frame["u"] + rng.normal(size=n)
    frame["x"] = rng.normal(size=n) + np.repeat(rng.normal(size=30), 9)
    frame["m"] = 0.5 * frame["x"] + rng.normal(size=n)
    frame["y"] = frame["x"] + 0.3 * frame["x"] * frame["k"] + 0.4 * frame["d"] + frame["m"] - frame["u"] + 0.2 * frame["firm"]
    frame["w"], frame["side"], frame["city"] = rng.random(n) + 0.5, frame["firm"] % 2, (frame["firm"] % 10).astype(float)
    frame["lon"], frame["lat"] = np.repeat(rng.uniform(100, 120, 30), 9), np.repeat(rng.uniform(20, 40, 30), 9)
    frame.loc[rng.choice(n, 12, replace=False), "x"] = np.nan
    frame.loc[[40, 41], "city"] = np.nan
    frame = frame[(rng.random(n) < 0.85) & ~((frame["firm"] == 7) & (frame["year"] > 2001))]
    return Panel(frame, "firm", "year", name="firms")


def _rng() -> np.random.Generator:
    return np.random.default_rng(5)


def _wild(estimate: Estimate, panel: Panel | None = None) -> np.ndarray:
    return wild_tests(estimate, panel, draws=199, rng=_rng()).tidy().drop(columns="term").to_numpy(float)


ESTIMATES: dict[str, Callable[[Panel], Estimate]] = {
    "two-way": lambda p: fit("y ~ x + k | firm + year", p),
    "weights": lambda p: fit("y ~ x + k | firm", p, weights="w", cluster="side^year"),
    "cluster with missing": lambda p: fit("y ~ x + C(side) | year", p, cluster="city"),
    "pooled": lambda p: fit_pooled("y ~ x + L(k, 1)", p),
    "no intercept": lambda p: fit_pooled("y ~ 0 + x + k", p),
    "slopes": lambda p: fit_within("y ~ x | firm[k] + year", p),
    "differences": lambda p: fit_differences("y ~ x | year", p),
    "between": lambda p: fit_between("y ~ x + k", p, weighting="periods"),
    "random": lambda p: fit_random("y ~ x + k", p),
    "instruments": lambda p: fit_instruments("y ~ x | firm + year | d ~ z", p),
    "liml": lambda p: fit_instruments("y ~ x | d ~ z + k", p, method="liml"),
    "gmm": lambda p: fit_dynamic("y ~ L(y, 1) + x", p, gmm={"y": (2, 3)}, iv=("x",)),
}


@pytest.mark.parametrize("name", ESTIMATES)
def test_the_wild_bootstrap_takes_the_estimate_alone(firms: Panel, name: str) -> None:
    estimate = ESTIMATES[name](firms)
    alone, beside = _wild(estimate), _wild(estimate, firms)
    np.testing.assert_allclose(alone, beside, rtol=ROUNDING * 1e3, atol=ROUNDING * 1e3)  # intervals are bisected
    np.testing.assert_array_equal(alone, _wild(estimate))  # from what was kept


TESTS: dict[str, Callable[..., object]] = {
    "breusch_pagan_effects": lambda e, p=None: breusch_pagan_effects(e, p, effects="entity+time"),
    "honda_effects": honda_effects,
    "f_effects": f_effects,
    "modified_wald": modified_wald_heteroskedasticity,
    "mundlak": mundlak,
    "pesaran_cd": pesaran_cd,
    "serial correlation": wooldridge_serial_correlation,
    "cr2": lambda e, p=None: cr2(e, p).std_errors.tolist(),
    "conley": lambda e, p=None: conley(e, p, longitude="lon", latitude="lat", cutoff_km=500, lags=1).std_errors.tolist(),
    "permutation": lambda e, p=None: permutation_test(e, p, "x", by="row", draws=50, rng=_rng()).tidy().to_dict(),
    "wild": lambda e, p=None: wild_cluster_bootstrap(e, p, "x", draws=99, rng=_rng()).tidy().to_dict(),
    "variance inflation": lambda e, p=None: variance_inflation(e, p).to_dict(),
    "family": lambda e, p=None: family_tests([(e, "x"), (e, "k")], p, draws=99, rng=_rng()).tidy().to_dict(),
}


@pytest.mark.parametrize("name", TESTS)
def test_every_test_takes_the_estimate_alone(firms: Panel, name: str) -> None:
    panel = _long(firms)
    estimate = fit("y ~ x + k | firm", panel)
    assert TESTS[name](estimate) == TESTS[name](estimate, panel)


def _long(panel: Panel) -> Panel:
    """Without firms that have fewer than five rows."""
    return Panel(panel.frame.groupby("firm").filter(lambda rows: rows["x"].notna().sum() > 4), "firm", "year")


def test_heteroskedasticity_oster_groups_and_mediation(firms: Panel) -> None:
    pooled = fit_pooled("y ~ x + k", firms)
    assert breusch_pagan_heteroskedasticity(pooled) == breusch_pagan_heteroskedasticity(pooled, firms)
    usable = firms.assign(k=firms.frame["k"].where(firms.frame["x"].notna()))
    short, full = fit("y ~ x | firm", usable), fit("y ~ x + k + m | firm", usable)
    assert oster_bounds(short, full, "x") == oster_bounds(short, full, "x", usable)
    weighted = fit("y ~ x + k | firm", firms, weights="w", small_sample="xtreg", covariance="HC1")
    groups = compare_groups(weighted, term="x", by="side", rng=_rng(), draws=50)
    written = compare_groups(
        "y ~ x + k | firm",
        firms,
        "x",
        by="side",
        weights="w",
        small_sample="xtreg",
        covariance="HC1",
        rng=_rng(),
        draws=50,
    )
    pd.testing.assert_frame_equal(groups.tidy(), written.tidy())
    assert groups.pairs == written.pairs
    asked = {"treatment": "x", "mediators": "m", "draws": 50}
    one = mediate(fit("y ~ x + k | firm", firms, cluster="side^year"), **asked, rng=_rng())
    other = mediate("y ~ x + k | firm", firms, **asked, cluster="side^year", rng=_rng())
    pd.testing.assert_frame_equal(one.tidy(), other.tidy())


def test_marginal_effects_look_at_the_rows_of_the_estimate(firms: Panel) -> None:
    estimate = fit("y ~ x * k | firm", firms)
    found = marginal_effects(estimate, "x", "k")
    own = firms.frame.loc[estimate.residuals.notna().to_numpy(), "k"]
    assert found.at[0] == pytest.approx(np.quantile(own, 0.01))
    assert found.shares is not None
    slopes = estimate.coefficient("x").estimate + estimate.coefficient("x:k").estimate * own
    assert found.shares[0] <= float((slopes > 0).mean())
    assert marginal_effects(estimate, "x", "k", [0.0]).shares is None


DROPPED: dict[str, Callable[[Estimate], Estimate]] = {
    "lean": lambda e: e.lean(),
    "pickle": lambda e: pickle.loads(pickle.dumps(e)),
    "copy": copy.deepcopy,
}


@pytest.mark.parametrize("dropped", DROPPED.values(), ids=DROPPED)
def test_without_rows_the_data_are_asked_for(firms: Panel, dropped: Callable[[Estimate], Estimate]) -> None:
    estimate = fit("y ~ x + k | firm + year", firms)
    _wild(estimate)
    bare = dropped(estimate)
    assert type(bare) is type(estimate)
    np.testing.assert_array_equal(bare.vcov, estimate.vcov)
    for call in (_wild, cr2, mundlak, pesaran_cd):
        with pytest.raises(NotEstimable, match=r"(?s)needs the rows of the estimate, which were dropped.*panel=") as problem:
            call(bare)  # type: ignore[operator]
        assert problem.value.where == estimate.spec.formula
    with pytest.raises(NotEstimable, match=r"(?s)dropped.*pass the formula and the data"):
        compare_groups(bare, term="x", by="side")
    with pytest.raises(NotEstimable, match="has no residuals: its rows were dropped"):
        _ = bare.residuals
    np.testing.assert_allclose(_wild(bare, firms), _wild(estimate), rtol=ROUNDING * 1e3, atol=ROUNDING * 1e3)
    assert cr2(bare, firms).covariance == cr2(estimate).covariance


def test_instruments_keep_their_class_and_their_stages_keep_rows(firms: Panel) -> None:
    """The first stage is least squares on the rows of the whole system, which its formula alone does not choose."""
    panel = firms.assign(y=firms.frame["y"].where(firms.frame["year"] != 2004))
    estimate = fit_instruments("y ~ x | firm + year | d ~ z", panel)
    assert type(estimate.lean()) is type(estimate)
    stage = estimate.first_stages[0]
    used = Panel(panel.frame[estimate.residuals.notna().to_numpy()], "firm", "year")
    same = fit_within("d ~ z + x | firm + year", used)
    np.testing.assert_allclose(_wild(stage), _wild(same), rtol=1e-9, atol=1e-9)
    with pytest.raises(NotEstimable, match="firms gives"):
        cr2(stage, panel)


def test_parts_of_a_mediation_are_tested_on_the_common_rows(firms: Panel) -> None:
    panel = firms.assign(m=firms.frame["m"].where(firms.frame["year"] != 2003))
    found = mediate("y ~ x | firm", panel, treatment="x", mediators="m", rng=_rng(), draws=20)
    used = Panel(panel.frame[panel.frame["m"].notna()], "firm", "year")
    np.testing.assert_allclose(cr2(found.total_estimate).std_errors, cr2(fit("y ~ x | firm", used)).std_errors, rtol=1e-9)
    np.testing.assert_allclose(cr2(found.mediator_estimates[0]).std_errors, cr2(fit("m ~ x | firm", used)).std_errors, rtol=1e-9)


def test_data_that_were_changed_since_are_refused() -> None:
    rng = np.random.default_rng(3)

    def fitted() -> tuple[pd.DataFrame, Estimate]:
        frame = pd.DataFrame({"g": np.repeat(np.arange(12), 5), "x": rng.normal(size=60), "y": rng.normal(size=60)})
        return frame, fit("y ~ x", frame, cluster="g")

    frame, estimate = fitted()
    frame["x"] = frame["x"] ** 2
    with pytest.raises(NotEstimable, match=r"(?s)mean of x.*unchanged"):
        wild_tests(estimate, rng=rng, draws=99)
    frame, estimate = fitted()
    frame["y"] += 1  # the slope does not see it
    with pytest.raises(NotEstimable, match="mean of y"):
        cr2(estimate)
    frame, estimate = fitted()
    frame.loc[3, "x"] = np.nan
    with pytest.raises(NotEstimable, match="mean of x"):
        cr2(estimate)
    frame, estimate = fitted()
    frame.loc[60] = [1.0, 2.0, 3.0]
    with pytest.raises(NotEstimable, match="60 rows when the estimate was made, and have 61 now"):
        cr2(estimate)


def test_rows_are_chosen_as_the_estimate_chose_them_after_another_covariance(firms: Panel) -> None:
    estimate = fit("y ~ x | year", firms, cluster="city")  # two rows left for want of a city
    other = cr2(estimate, cluster="firm")
    assert other.covariance.clusters == ("firm",)
    assert other.counts.rows == estimate.counts.rows
    np.testing.assert_allclose(cr2(other, cluster="city").vcov, cr2(estimate).vcov, rtol=1e-12)
    np.testing.assert_allclose(cr2(other, firms, cluster="city").vcov, cr2(estimate).vcov, rtol=1e-9)


def test_effects_are_removed_once_for_all_tests(firms: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    estimate = fit("y ~ x + k | firm + year", firms)
    made: list[int] = []
    make = again.make_absorber

    def counted(*effects: object) -> object:
        made.append(1)
        return make(*effects)  # type: ignore[arg-type]

    monkeypatch.setattr(again, "make_absorber", counted)
    for _ in range(2):
        _wild(estimate)
        mundlak(estimate)
        _wild(cr2(estimate))
        _wild(replace(estimate, warnings=()))
    assert len(made) == 1


def test_a_panel_of_other_values_is_refused_and_a_frame_too(firms: Panel) -> None:
    estimate = fit("y ~ x + k | firm + year", firms)
    with pytest.raises(NotEstimable, match=r"firms gives .* mean of y"):
        cr2(estimate, firms.assign(y=firms.frame["y"] + 1))
    frame = pd.DataFrame({"x": [1.0, 2, 3, 5], "y": [1.0, 4, 2, 6], "g": [1, 1, 2, 2]})
    with pytest.raises(PanelError, match="mundlak needs a panel"):
        mundlak(fit("y ~ x", frame, cluster="g"))
    with pytest.raises(UnknownOption, match=r"(?s)no term is named.*term='k'"):
        wild_cluster_bootstrap(estimate, rng=_rng())
    with pytest.raises(UnknownOption, match="no term is named"):
        compare_groups(estimate, by="side")
    with pytest.raises(UnknownOption, match="takes data and weights with a formula"):
        compare_groups(estimate, firms, "x", by="side", weights="w")
    with pytest.raises(UnknownOption, match="needs the data beside a formula"):
        mediate("y ~ x | firm", treatment="x", mediators="m", rng=_rng())
    with pytest.raises(NotEstimable, match="not defined for a random estimate"):
        compare_groups(fit_random("y ~ x", firms), term="x", by="side")
    other = fit("y ~ x | firm", firms.assign(k=1.0))
    with pytest.raises(NotEstimable, match="different data"):
        family_tests([(estimate, "x"), (other, "x")], draws=9, rng=_rng())


def test_methods_without_residuals_by_row_keep_their_rows(firms: Panel) -> None:
    between = fit_between("y ~ x", firms)
    with pytest.raises(NotEstimable, match="its method has none for each row"):
        _ = between.residuals
    assert _wild(between).shape == (1, 8)
    switching = fit_threshold("y ~ x | firm", _long(firms), variable="k", settings=ThresholdSettings(draws=0)).estimate
    assert switching.residuals.notna().sum() == switching.counts.rows
    with pytest.raises(NotEstimable, match="cr2 is not defined for a threshold estimate"):
        cr2(switching)


def test_rows_are_not_shown_compared_or_heavy() -> None:
    """Peak and rest of a fit: nothing but outcome and residuals stays (8 bytes a row each), the frame is referred to."""
    n = 120_000
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"id": np.repeat(np.arange(n // 8), 8), "t": np.tile(np.arange(8), n // 8), "x": rng.normal(size=n)})
    frame["y"] = frame["x"] + rng.normal(size=n)
    panel = Panel(frame, "id", "t")
    fit("y ~ x | id + t", panel)
    gc.collect()
    tracemalloc.start()
    estimate = fit("y ~ x | id + t", panel)
    gc.collect()
    rest, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rest < 2.2 * 8 * n
    assert "_rows" not in repr(estimate)
    assert estimate._rows is not None
    assert estimate._rows.source.frame is panel.frame


def test_ols_of_statsmodels_on_the_kept_rows() -> None:
    """CR2 is ours; with each row its own cluster and balanced leverage it is HC2 of statsmodels."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"id": np.arange(40), "x": rng.normal(size=40)})
    frame["y"] = frame["x"] + rng.normal(size=40)
    frame.loc[5, "x"] = np.nan
    peer = smf.ols("y ~ x", frame).fit(cov_type="HC2")
    np.testing.assert_allclose(cr2(fit("y ~ x", frame, cluster="id")).std_errors, peer.bse, rtol=1e-9)


DOORS = {
    name: door
    for name in doors.__all__
    if inspect.isfunction(door := getattr(doors, name)) and "small_sample" in inspect.signature(door).parameters
}
OWN_TYPE = {"mediate": {"cluster"}}  # whose bootstrap draws the clusters of one variable


def test_the_doors_are_found() -> None:
    assert {"fit", "fit_pooled", "fit_within", "fit_between", "fit_random", "fit_differences", "fit_instruments"} <= set(DOORS)
    assert {"fit_poisson", "fit_quantile", "fit_threshold", "compare_groups", "mediate", "specification_curve", "permute_curve"} <= set(
        DOORS
    )


@pytest.mark.parametrize("name", DOORS)
def test_every_door_declares_the_shared_arguments_as_options_do(name: str) -> None:
    declared = inspect.signature(Options.read).parameters
    here = inspect.signature(DOORS[name]).parameters
    shared = [argument for argument in declared if argument in here and argument in ARGUMENTS]
    for argument in shared:
        assert here[argument].default == declared[argument].default
        assert here[argument].kind is inspect.Parameter.KEYWORD_ONLY
        if argument not in OWN_TYPE.get(name, ()):
            assert here[argument].annotation == declared[argument].annotation
    assert [argument for argument in here if argument in shared] == shared  # in one order
    text = inspect.getdoc(DOORS[name]) or ""
    assert "|options|" not in text
    assert all(argument in text for argument in shared)


def test_a_formula_is_parsed_once(firms: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    read = formulas._read
    seen: list[str] = []

    def counted(reader: formulas.Parser) -> formulas.Spec:
        seen.append("parsed")
        return read(reader)

    monkeypatch.setattr(formulas, "_read", counted)
    fit("y ~ x | firm + year", firms)
    fit("y ~ x | firm | d ~ z", firms)
    fit("y ~ x", firms)
    assert len(seen) == 3
    spec = parse("y ~ x + k | firm")
    seen.clear()
    found = [door(spec, firms) for door in (fit, fit_within)]
    assert not seen
    np.testing.assert_array_equal(found[0].vcov, found[1].vcov)
