"""Identities that hold for any data: scale, order, labels, constants."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.estimate import Estimate, fit, fit_between, fit_differences, fit_random
from toolkit.panel import Panel

INVARIANT = 1e-7  # scaling by 1e9 rounds once; sums in another order round differently


def panel_of(seed: int, share: float = 0.8) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = 15 * 7
    frame = pd.DataFrame({"id": np.repeat(range(15), 7), "t": np.tile(range(7), 15), "x": rng.normal(size=n), "z": rng.normal(size=n)})
    frame["y"] = frame["x"] + 0.3 * frame["id"] + rng.normal(size=n)
    return frame[rng.random(n) < share]


def everywhere(frame: pd.DataFrame, **options: Any) -> list[Estimate]:
    panel = Panel(frame, "id", "t")
    return [
        fit("y ~ x + z", panel, **options),
        fit("y ~ x + z | id", panel, **options),
        fit("y ~ x + z | id + t", panel, **options),
        fit_between("y ~ x + z", panel),
        fit_random("y ~ x + z", panel, **options),
        fit_differences("y ~ x + z | t", panel, **options),
    ]


def slopes(estimate: Estimate) -> pd.DataFrame:
    return estimate.tidy().set_index("term").drop(index="Intercept", errors="ignore")


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 1000), outcome=st.sampled_from([1e-9, 1.0, 1e9]), regressor=st.sampled_from([1e-9, 1e9]))
def test_units_change_coefficients_by_their_ratio_and_nothing_else(seed: int, outcome: float, regressor: float) -> None:
    frame = panel_of(seed)
    scaled = frame.assign(y=frame["y"] * outcome, x=frame["x"] * regressor)
    for plain, other in zip(everywhere(frame), everywhere(scaled), strict=True):
        a, b = slopes(plain), slopes(other)
        np.testing.assert_allclose(b["estimate"] * [regressor / outcome, 1 / outcome], a["estimate"], rtol=INVARIANT)
        np.testing.assert_allclose(b["statistic"], a["statistic"], rtol=INVARIANT)
        assert other.omitted == ()
        assert other.statistics["r2"] == pytest.approx(plain.statistics["r2"], rel=INVARIANT)


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 1000))
def test_order_and_labels_of_rows_do_not_matter(seed: int) -> None:
    frame = panel_of(seed)
    rng = np.random.default_rng(seed)
    names = {i: f"名{n}" for i, n in enumerate(rng.permutation(15))}
    relabelled = frame.sample(frac=1, random_state=int(seed)).assign(id=lambda d: d["id"].map(names).astype("category"))
    for plain, other in zip(everywhere(frame), everywhere(relabelled), strict=True):
        np.testing.assert_allclose(slopes(other), slopes(plain), rtol=INVARIANT, atol=1e-12)


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 1000), shift=st.floats(-1e3, 1e3))
def test_a_constant_added_to_any_column_changes_no_slope(seed: int, shift: float) -> None:
    frame = panel_of(seed)
    for plain, other in zip(everywhere(frame), everywhere(frame.assign(y=frame["y"] + shift, x=frame["x"] - shift)), strict=True):
        np.testing.assert_allclose(slopes(other)["estimate"], slopes(plain)["estimate"], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(slopes(other)["std_error"], slopes(plain)["std_error"], rtol=1e-6)


@settings(deadline=None, max_examples=12)
@given(seed=st.integers(0, 1000), factor=st.floats(1e-3, 1e3))
def test_weights_count_only_relative_to_each_other(seed: int, factor: float) -> None:
    frame = panel_of(seed)
    rng = np.random.default_rng(seed)
    frame = frame.assign(w=rng.random(len(frame)) + 0.1).assign(v=lambda d: d["w"] * factor)
    panel = Panel(frame, "id", "t")
    for effects in ("", " | id", " | id + t"):
        for kind in ("iid", "cluster"):
            a, b = (fit(f"y ~ x + z{effects}", panel, weights=w, covariance=kind) for w in ("w", "v"))  # type: ignore[arg-type]
            np.testing.assert_allclose(slopes(b), slopes(a), rtol=INVARIANT, atol=1e-12)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000))
def test_integer_weights_equal_repeated_rows_in_coefficients(seed: int) -> None:
    frame = panel_of(seed)
    w = np.random.default_rng(seed).integers(1, 4, len(frame))
    weighted = fit("y ~ x + z | id + t", frame.assign(w=w), weights="w")
    repeated = fit("y ~ x + z | id + t", frame.loc[frame.index.repeat(w)])
    np.testing.assert_allclose(weighted.beta, repeated.beta, rtol=1e-9)


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 1000))
def test_clusters_of_one_row_are_hc1(seed: int) -> None:
    frame = panel_of(seed).assign(row=lambda d: np.arange(len(d)))
    panel = Panel(frame, "id", "t")
    cluster, white = fit("y ~ x + z", panel, cluster="row"), fit("y ~ x + z", panel, covariance="HC1")
    np.testing.assert_allclose(cluster.vcov, white.vcov, rtol=1e-10)
