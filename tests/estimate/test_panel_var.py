"""Panel vector autoregression: within estimates of halves, responses of statsmodels, and a known process that short panels distort."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.vector_ar.var_model import VARProcess

from toolkit.errors import FormulaError, NotEstimable, TooFewPeriods, UnknownOption
from toolkit.estimate import PanelVar, fit_panel_var, fit_within
from toolkit.panel import Panel
from toolkit.present.tables.regression import regression_table

A = np.array([[0.5, 0.1], [0.2, 0.4]])
P = np.array([[1.0, 0.0], [0.3, 0.8]])  # Cholesky factor of the covariance of the errors


def made(seed: int, entities: int = 40, periods: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    effects, common = rng.normal(size=(entities, 2)), rng.normal(size=(periods + 30, 1, 2))
    y = np.zeros((periods + 30, entities, 2))
    for t in range(1, len(y)):
        y[t] = y[t - 1] @ A.T + 0.3 * effects + 0.5 * common[t] + rng.normal(size=(entities, 2)) @ P.T
    frame = pd.DataFrame({"t": np.repeat(np.arange(periods), entities), "id": np.tile(np.arange(entities), periods)})
    return frame.assign(a=y[30:, :, 0].ravel(), b=y[30:, :, 1].ravel())


def fitted(frame: pd.DataFrame, **choices: int | str) -> PanelVar:
    return fit_panel_var(["a", "b"], Panel(frame, "id", "t"), rng=np.random.default_rng(1), **({"draws": 99} | choices))  # type: ignore[arg-type]


@pytest.mark.parametrize(("effects", "absorbed"), [("twoway", "id + t"), ("entity", "id")])
def test_coefficients_are_twice_the_within_estimates_less_those_of_the_halves(effects: str, absorbed: str) -> None:
    frame = made(1)  # nineteen rows with a lag: the tenth is in both halves by turns
    found = fitted(frame, effects=effects)
    for equation, name in zip(found.equations, "ab", strict=True):

        def within(low: int, high: int, outcome: str = name) -> np.ndarray:
            kept = frame[(frame["t"] >= low - 1) & (frame["t"] <= high)]
            return fit_within(f"{outcome} ~ L(a, 1) + L(b, 1) | {absorbed}", Panel(kept, "id", "t")).beta

        halves = (within(1, 10) + within(11, 19) + within(1, 9) + within(10, 19)) / 4
        assert equation.beta == pytest.approx(2 * within(1, 19) - halves, rel=1e-10)


def test_responses_and_roots_are_those_of_statsmodels() -> None:
    found = fitted(made(2), lags=2, horizon=6)
    slopes = np.array([equation.beta for equation in found.equations])
    peer = VARProcess(np.array([slopes[:, :2], slopes[:, 2:]]), None, found.covariance)
    ours = found.responses.pivot(index="horizon", columns=["response", "impulse"], values="estimate")
    for i, response in enumerate("ab"):
        for j, impulse in enumerate("ab"):
            assert ours[response, impulse].to_numpy() == pytest.approx(peer.orth_ma_rep(6)[:, i, j], abs=1e-12)
    companion = np.vstack([slopes, np.eye(2, 4)])
    assert found.roots == pytest.approx(np.sort(np.abs(np.linalg.eigvals(companion)))[::-1], rel=1e-9)


def test_the_jackknife_takes_the_bias_out_and_intervals_cover() -> None:
    """50 panels of 40 entities and 20 periods: within is off by 0.09 on the diagonal; 95 percent intervals cover, by three errors."""
    true = {1: A @ P, 2: A @ A @ P, 3: A @ A @ A @ P}
    slopes, plain, covered = [], [], []
    for seed in range(50):
        frame = made(seed)
        found = fitted(frame)
        slopes.append([equation.beta for equation in found.equations])
        plain.append(fit_within("a ~ L(a, 1) + L(b, 1) | id + t", Panel(frame, "id", "t")).beta)
        paths: Any = found.responses
        for row in paths[paths["horizon"].isin([1, 2, 3])].itertuples():
            value = true[row.horizon]["ab".index(row.response), "ab".index(row.impulse)]
            covered.append(row.low <= value <= row.high)
    assert np.mean(slopes, axis=0) == pytest.approx(A, abs=0.02)
    assert np.mean(plain, axis=0)[0] < 0.46
    assert 0.87 <= np.mean(covered) <= 0.99


def test_units_and_order_of_rows_change_nothing_but_units() -> None:
    frame = made(3)
    plain = fitted(frame)
    other = fitted(frame.assign(a=frame["a"] * 1e6, b=frame["b"] * 1e-4).sample(frac=1, random_state=1))
    for one, two in zip(plain.equations, other.equations, strict=True):
        unit = 1e6 if one.spec.outcome == "a" else 1e-4
        assert two.beta * np.array([1e6, 1e-4]) / unit == pytest.approx(one.beta, rel=1e-9)
        assert two.std_errors * np.array([1e6, 1e-4]) / unit == pytest.approx(one.std_errors, rel=1e-8)


def test_an_unbalanced_panel_with_a_gap_keeps_the_rows_that_have_their_lags() -> None:
    frame = made(4)
    frame = frame[~((frame["id"] == 3) & (frame["t"] == 9)) & ~((frame["id"] == 5) & (frame["t"] > 2))]
    found = fitted(frame)
    assert found.equations[0].counts.rows == 40 * 19 - 2 - 17
    assert "Panel VAR" in regression_table([found.equations[0], fit_within("a ~ b | id", Panel(frame, "id", "t"))])._repr_html_()
    assert found.equations[0].residuals.notna().sum() == found.equations[0].counts.rows


def test_what_cannot_be_estimated_is_refused_and_what_is_short_is_noted() -> None:
    frame = made(5, periods=8)
    assert any(w.key == "short_panel_var" for w in fitted(frame).warnings)
    with pytest.raises(TooFewPeriods, match="degrees of freedom"):
        fitted(frame[frame["t"] < 5], lags=3)
    with pytest.raises(NotEstimable, match="nothing of its own"):
        fitted(frame.assign(b=frame["a"] * 2))
    with pytest.raises(FormulaError, match="two different variables"):
        fit_panel_var(["a", "a"], Panel(frame, "id", "t"), rng=np.random.default_rng(1))
    with pytest.raises(UnknownOption, match="lags=0"):
        fitted(frame, lags=0)
