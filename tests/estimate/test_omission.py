"""Regressors that cannot be estimated are omitted by name and reason, the earlier-written kept, whatever the scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import NothingToEstimate
from toolkit.estimate import Omitted, fit, fit_differences, fit_random
from toolkit.estimate.notes import CONSTANT, NO_CHANGE, collinear_with
from toolkit.panel import Panel


def reasons(formula: str, panel: Panel) -> dict[str, str]:
    return {o.term: str(o.reason) for o in fit(formula, panel).omitted}


def test_reasons(tidy_panel: Panel) -> None:
    assert reasons("y ~ one + x", tidy_panel) == {"one": "constant"}
    assert reasons("y ~ one + x | firm", tidy_panel) == {"one": "constant"}
    assert reasons("y ~ fixed + x | firm", tidy_panel) == {"fixed": "no variation within firm"}
    assert reasons("y ~ fixed + x + year | firm + year", tidy_panel) == {
        "fixed": "no variation within firm",
        "year": "no variation within year",
    }
    assert reasons("y ~ I(fixed + year) + x | firm + year", tidy_panel) == {"I(fixed + year)": "collinear with the effects firm and year"}
    assert reasons("y ~ fixed + one + x | firm + year + region", tidy_panel) == {"fixed": "no variation within firm", "one": "constant"}
    assert reasons("y ~ x + z + I(x - 2*z)", tidy_panel) == {"I(x - 2 * z)": "collinear with x, z"}
    assert reasons("y ~ x + I(x*3) + z | firm", tidy_panel) == {"I(x * 3)": "collinear with x"}
    assert reasons("y ~ I(x*3) + x | firm", tidy_panel) == {"x": "collinear with I(x * 3)"}
    assert reasons("y ~ x + I(x + fixed) | firm", tidy_panel) == {"I(x + fixed)": "collinear with x"}
    assert reasons("y ~ C(region) + C(firm)", tidy_panel).keys() >= {"C(firm)[f10]", "C(firm)[f11]"}
    assert fit_differences("y ~ x + fixed", tidy_panel).omitted == (Omitted("fixed", NO_CHANGE),)
    assert fit_random("y ~ x + one + I(2*x)", tidy_panel).omitted == (
        Omitted("one", CONSTANT),
        Omitted("I(2 * x)", collinear_with(["x"])),
    )


@settings(deadline=None, max_examples=25)
@given(power=st.integers(-12, 12), offset=st.sampled_from([0.0, 1.0, 1e6]))
def test_the_verdict_does_not_depend_on_the_scale(tidy_panel: Panel, power: int, offset: float) -> None:
    scaled = tidy_panel.assign(
        s=lambda d: (d["fixed"] + offset) * 10.0**power,
        v=lambda d: d["z"] * 10.0**power,
        d=lambda d: (d["x"] + d["z"]) * 10.0**power,
    )
    assert reasons("y ~ s + v + x + d | firm", scaled) == {"s": "no variation within firm", "d": "collinear with v, x"}


def test_constant_within_an_entity_up_to_rounding(tidy_panel: Panel) -> None:
    rng = np.random.default_rng(0)
    noisy = tidy_panel.assign(s=lambda d: d["fixed"] * 1e9 * (1 + 1e-15 * rng.normal(size=len(d))), t=lambda d: np.cbrt(d["fixed"]) ** 3)
    assert reasons("y ~ s + x | firm", noisy) == {"s": "no variation within firm"}
    assert reasons("y ~ fixed + t + x", noisy) == {"t": "collinear with fixed"}


@pytest.mark.parametrize("spread", [1.0, 1e-3])
def test_small_but_real_variation_is_estimated(tidy_panel: Panel, spread: float) -> None:
    shifted = tidy_panel.assign(s=lambda d: 1e6 + spread * d["x"])
    estimate = fit("y ~ s | firm", shifted)
    plain = fit("y ~ x | firm", tidy_panel)
    assert not estimate.omitted
    assert estimate.beta * spread == pytest.approx(plain.beta, rel=1e-6)  # 1e6 costs six digits of x


def test_nothing_left(tidy_panel: Panel) -> None:
    with pytest.raises(NothingToEstimate, match="fixed: no variation within firm"):
        fit("y ~ fixed | firm", tidy_panel)
    with pytest.raises(NothingToEstimate, match="the formula has no regressor"):
        fit("y ~ 1 | firm", tidy_panel)
    with pytest.raises(NothingToEstimate, match="the outcome fixed does not vary within firm"):
        fit("fixed ~ x | firm", tidy_panel)
    with pytest.raises(NothingToEstimate, match="the outcome one does not vary"):
        fit("one ~ x", tidy_panel)
