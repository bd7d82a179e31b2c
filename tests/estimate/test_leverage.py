"""HC0 to HC3 against statsmodels, with the effects written out as dummies where they are absorbed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from toolkit.errors import NotEstimable
from toolkit.estimate import (
    fit,
    fit_between,
    fit_differences,
    fit_instruments,
    fit_poisson,
    fit_pooled,
    fit_quantile,
    fit_random,
    fit_within,
)
from toolkit.estimate.linear.refit import refit
from toolkit.estimate.solve.absorb import leverages
from toolkit.panel import Panel

SAME = 1e-10
KINDS = ("HC0", "HC1", "HC2", "HC3")


@pytest.fixture(scope="module")
def few(gappy: Panel) -> Panel:
    """20 of the firms: dummies for every effect stay well conditioned."""
    return Panel(gappy.frame[gappy.frame["firm"] < 20], "firm", "year")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [None, "w"])
def test_pooled(few: Panel, kind: str, weights: str | None) -> None:
    frame = few.frame
    w = 1.0 if weights is None else frame["w"] / frame["w"].mean()
    peer = sm.WLS(frame["y"], sm.add_constant(frame[["x", "z"]]), weights=w).fit(cov_type=kind, use_t=True)
    found = fit_pooled("y ~ x + z", few, covariance=kind, weights=weights)  # type: ignore[arg-type]
    np.testing.assert_allclose(found.vcov, peer.cov_params(), rtol=SAME)
    assert found.coefficient("x").p_value == pytest.approx(peer.pvalues["x"], rel=1e-8)
    assert found.covariance.kind == kind
    without = fit_pooled("y ~ 0 + x + z", few, covariance=kind, weights=weights)  # type: ignore[arg-type]
    peer = sm.WLS(frame["y"], frame[["x", "z"]], weights=w).fit(cov_type=kind)
    np.testing.assert_allclose(without.vcov, peer.cov_params(), rtol=SAME)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("absorbed", ["firm", "firm + year", "firm + year + sector", "industry[x] + year"])
def test_absorbed_effects(few: Panel, kind: str, weights: str | None, absorbed: str) -> None:
    frame = few.frame.assign(sector=(few.frame["firm"] * 7 + few.frame["year"]) % 5)
    panel = Panel(frame, "firm", "year")
    found = fit_within(f"y ~ z | {absorbed}", panel, covariance=kind, weights=weights)  # type: ignore[arg-type]
    assert found.counts.rows == len(frame)
    parts = [pd.get_dummies(frame[name]).to_numpy(dtype=float) for name in absorbed.replace("[x]", "").split(" + ")]
    if "[x]" in absorbed:
        parts.append(parts[0] * frame[["x"]].to_numpy())
    u, s, _ = np.linalg.svd(np.hstack(parts), full_matrices=False)
    design = np.hstack([frame[["z"]].to_numpy(), u[:, s > 1e-9 * s[0]]])
    w = 1.0 if weights is None else (frame["w"] / frame["w"].mean()).to_numpy()
    peer = sm.WLS(frame["y"].to_numpy(), design, weights=w).fit(cov_type=kind)
    assert found.std_errors[0] == pytest.approx(peer.bse[0], rel=SAME)


def test_leverages_add_up_to_the_parameters(gappy: Panel) -> None:
    for formula, weights in (("y ~ x + z", None), ("y ~ x + z | firm + year", "w"), ("y ~ x | firm[z] + year", None)):
        estimate = fit(formula, gappy, weights=weights)
        rows = refit(estimate, gappy, "test")
        h = leverages(rows.design(()))
        rank = rows.absorber.rank if rows.absorber else 0
        assert h.sum() == pytest.approx(len(estimate.terms) + rank, rel=1e-12)
        assert 0 < h.min() <= h.max() <= 1 + 1e-12


def test_entity_means_and_differences(few: Panel) -> None:
    frame = few.frame
    means = frame.groupby("firm")[["y", "x"]].mean()
    peer = sm.OLS(means["y"], sm.add_constant(means[["x"]])).fit(cov_type="HC3")
    np.testing.assert_allclose(fit_between("y ~ x", few, covariance="HC3").vcov, peer.cov_params(), rtol=SAME)
    follows = (frame["firm"].diff() == 0) & (frame["year"].diff() == 1)
    change = frame[["y", "x"]].diff()[follows]
    peer = sm.OLS(change["y"], change[["x"]]).fit(cov_type="HC2")
    np.testing.assert_allclose(fit_differences("y ~ x", few, covariance="HC2").vcov, peer.cov_params(), rtol=SAME)


def test_what_has_no_leverage_is_refused(gappy: Panel) -> None:
    frame = gappy.frame.assign(only=(np.arange(len(gappy.frame)) == 7) * 1.0, n=np.arange(len(gappy.frame)) % 4)
    panel = Panel(frame, "firm", "year")
    with pytest.raises(NotEstimable, match=r"(?s)1 rows alone determine a parameter.*HC1"):
        fit_pooled("y ~ x + only", panel, covariance="HC3")
    for call, formula in ((fit_poisson, "n ~ x"), (fit_random, "y ~ x"), (fit_quantile, "y ~ x"), (fit_instruments, "y ~ 1 | x ~ z")):
        with pytest.raises(NotEstimable, match="defined for least squares"):
            call(formula, panel, covariance="HC2")  # type: ignore[operator]
    peer = sm.GLM(frame["n"], sm.add_constant(frame[["x"]]), family=sm.families.Poisson()).fit(cov_type="HC0")
    np.testing.assert_allclose(fit_poisson("n ~ x", panel, covariance="HC0").vcov, peer.cov_params(), rtol=1e-7)
