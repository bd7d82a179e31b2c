"""Oster's bounds: populations with a known proportion of selection, the definition solved by brute force, limits, and errors."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate import fit, fit_differences, oster_bounds
from toolkit.panel import Panel

EXACT = 1e-8  # moments that hold exactly in the sample


def orthogonal(rng: np.random.Generator, n: int, k: int) -> np.ndarray:
    """(k, n) columns with mean zero, variance one, and no correlation at all in the sample."""
    q, _ = np.linalg.qr(np.column_stack([np.ones(n), rng.normal(size=(n, k))]))
    return q[:, 1:].T * np.sqrt(n)


def population(seed: int, beta: float, delta: float, noise: float = 0.5) -> tuple[pd.DataFrame, float]:
    """A sample in which selection on the hidden index is delta times that on the observed one, exactly; and its Rmax."""
    rng = np.random.default_rng(seed)
    w1, w2, hidden, own, error = orthogonal(rng, 200, 5)
    index = 0.8 * w1 + 0.5 * w2
    loading = 0.4  # cov(index, x) / var(index)
    x = loading * index + 0.3 * (0.5 * w1 - 0.8 * w2) + delta * loading * 0.6 * hidden + own
    y = beta * x + index + 0.6 * hidden + noise * error
    frame = pd.DataFrame({"y": y, "x": x, "w1": w1, "w2": w2, "copy": x * 1e9 + 5e9})
    return frame, 1 - noise**2 / y.var()


def definition(frame: pd.DataFrame, beta: np.ndarray | float, r_max: float, controls: list[str]) -> np.ndarray:
    """delta at candidate coefficients, from the definitions: indices from regressions, moments from the sample."""
    y, x = ((frame[c] - frame[c].mean()).to_numpy() for c in ("y", "x"))
    w = (frame[controls] - frame[controls].mean()).to_numpy()
    on_y, on_x = (w @ np.linalg.lstsq(w, v, rcond=None)[0] for v in (y, x))
    b = np.atleast_1d(beta)[:, None]
    index = on_y - b * on_x
    hidden_x = np.mean((y - b * x - index) * x, axis=1)
    hidden = r_max * np.mean(y**2) - np.mean((b * x + index) ** 2, axis=1) - 2 * b[:, 0] * hidden_x
    return (hidden_x / hidden) / (np.mean(index * x, axis=1) / np.mean(index**2, axis=1))


def both(frame: pd.DataFrame, **options: object):
    return fit("y ~ x", frame), fit("y ~ x + w1 + w2", frame)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 1000),
    beta=st.sampled_from([-1.0, 0.0, 0.3, 2.0]),
    delta=st.sampled_from([-0.5, 0.5, 1.0, 1.3, 3.0]),
)
def test_the_truth_is_a_root_and_its_delta_comes_back(seed: int, beta: float, delta: float) -> None:
    frame, r_max = population(seed, beta, delta)
    short, full = both(frame)
    bounds = oster_bounds(short, full, "x", frame, delta=delta, r_max=r_max, beta=beta)
    assert bounds.delta == pytest.approx(delta, rel=EXACT)
    nearest = min(bounds.roots, key=lambda root: abs(root.beta - beta))
    assert nearest.beta == pytest.approx(beta, abs=EXACT)
    assert nearest.keeps_direction
    if delta == 1.0:
        assert bounds.beta_star == pytest.approx(beta, abs=EXACT)  # at one, assumption 3 leaves one root


@pytest.mark.parametrize("delta", [-1.0, 0.3, 1.0, 1.05])
@pytest.mark.parametrize("r_max", [0.75, 0.9, 1.0])
def test_roots_are_all_solutions_of_the_definition(delta: float, r_max: float) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(rng.normal(size=(80, 3)), columns=["w1", "w2", "x"])
    frame["x"] += 0.6 * frame["w1"] - 0.2 * frame["w2"]
    frame["y"] = 0.5 * frame["x"] + frame["w1"] + 0.4 * frame["w2"] + rng.normal(size=80)
    short, full = both(frame)
    bounds = oster_bounds(short, full, "x", frame, delta=delta, r_max=r_max)
    for root in bounds.roots:
        assert definition(frame, root.beta, r_max, ["w1", "w2"])[0] == pytest.approx(delta, rel=1e-6)
    grid = np.linspace(-30, 30, 60_001)
    gap = definition(frame, grid, r_max, ["w1", "w2"]) - delta
    crossings = np.flatnonzero((np.sign(gap[1:]) != np.sign(gap[:-1])) & (np.abs(gap[1:] - gap[:-1]) < 0.5))  # jumps are poles
    inside = sorted(r.beta for r in bounds.roots if abs(r.beta) < 30)
    assert len(crossings) == len(inside)
    np.testing.assert_allclose(np.sort(grid[crossings]), inside, atol=2e-3)
    y, x = (frame[c] - frame[c].mean() for c in ("y", "x"))
    w = (frame[["w1", "w2"]] - frame[["w1", "w2"]].mean()).to_numpy()
    for root in bounds.roots:  # assumption 3 by its definition

        def cov_with_index(b: float) -> float:
            return float(np.mean(w @ np.linalg.lstsq(w, y - b * x, rcond=None)[0] * x))

        assert root.keeps_direction == (np.sign(cov_with_index(root.beta)) == np.sign(cov_with_index(bounds.beta_full)))
    assert bounds.delta == pytest.approx(definition(frame, 0.0, r_max, ["w1", "w2"])[0], rel=1e-8)


def test_too_much_selection_has_no_answer_and_is_noted() -> None:
    frame, _ = population(2, 0.5, 1.0)
    rng = np.random.default_rng(3)
    frame["y"] += frame["w1"] + rng.normal(size=len(frame))
    short, full = both(frame)
    with pytest.raises(NotEstimable, match="no coefficient of x keeps the direction of selection at delta = 9") as caught:
        oster_bounds(short, full, "x", frame, delta=9.0, r_max=1.0)
    delta = oster_bounds(short, full, "x", frame, r_max=1.0).delta
    assert f"delta for 0: {delta:.4g}" in str(caught.value)


def test_the_simple_formula_is_the_limit_of_little_selection() -> None:
    """b* = b~ - delta (b° - b~)(Rmax - R~)/(R~ - R°) when controls leave the treatment nearly as it is."""
    rng = np.random.default_rng(0)
    w, own, error = orthogonal(rng, 400, 3)
    gaps = []
    for size in (0.1, 0.01):
        frame = pd.DataFrame({"x": own + size * w, "w": w})
        frame["y"] = frame["x"] + w + error
        bounds = oster_bounds(fit("y ~ x", frame), fit("y ~ x + w", frame), "x", frame, delta=0.7, r_max=0.9)
        simple = bounds.beta_full - 0.7 * (bounds.beta_short - bounds.beta_full) * (0.9 - bounds.r2_full) / (
            bounds.r2_full - bounds.r2_short
        )
        gaps.append(abs(bounds.beta_star - simple) / abs(bounds.beta_star - bounds.beta_full))
    assert gaps[1] < 1e-3
    assert gaps[1] < gaps[0] / 50


def panel() -> Panel:
    rng = np.random.default_rng(5)
    n = 300
    frame = pd.DataFrame({"firm": np.repeat([f"f{i}" for i in range(50)], 6), "year": np.tile(np.arange(6), 50)})
    frame["w1"], frame["w2"], frame["m"] = rng.normal(size=(3, n))
    frame["x"] = rng.normal(size=n) + 0.5 * frame["w1"] + np.repeat(rng.normal(size=50), 6) + 0.4 * frame["m"]
    frame["y"] = frame["x"] + frame["w1"] - frame["w2"] + np.repeat(rng.normal(size=50), 6) + rng.normal(size=n) + frame["m"]
    frame["v"] = 0.5 + rng.random(n)
    return Panel(frame[rng.random(n) < 0.85], "firm", "year")


@pytest.mark.parametrize("weights", [None, "v"])
def test_effects_in_both_models_are_removed_first(weights: str | None) -> None:
    data = panel()
    short = fit("y ~ x | firm + year", data, weights=weights)
    full = fit("y ~ x + w1 + w2 | firm + year", data, weights=weights)
    bounds = oster_bounds(short, full, "x", data)
    assert (bounds.r2_short, bounds.r2_full) == pytest.approx((short.statistics["r2_within"], full.statistics["r2_within"]))
    assert bounds.r_max == pytest.approx(1.3 * full.statistics["r2_within"])
    assert bounds.within == ("firm", "year")
    if weights is None:
        frame = data.frame
        dummies = pd.get_dummies(frame[["firm", "year"]].astype(str)).to_numpy(float)
        maker = np.eye(len(frame)) - dummies @ np.linalg.pinv(dummies)
        left = pd.DataFrame({c: maker @ frame[c] for c in ("y", "x", "w1", "w2")})
        by_hand = oster_bounds(fit("y ~ x", left), fit("y ~ x + w1 + w2", left), "x", left)
        assert bounds.beta_star == pytest.approx(by_hand.beta_star, rel=EXACT)
        assert bounds.delta == pytest.approx(by_hand.delta, rel=EXACT)
        assert bounds.delta == pytest.approx(definition(left, 0.0, bounds.r_max, ["w1", "w2"])[0], rel=1e-7)


def test_effects_can_be_the_controls() -> None:
    data = panel()
    bounds = oster_bounds(fit("y ~ x", data), fit("y ~ x | firm", data), "x", data)
    assert bounds.r2_full == pytest.approx(fit("y ~ x | firm", data).statistics["r2"])
    dummies = pd.get_dummies(data.frame["firm"]).to_numpy(float)
    wide = pd.concat([data.frame, pd.DataFrame(dummies, data.frame.index, [f"d{i}" for i in range(dummies.shape[1])])], axis=1)
    assert bounds.delta == pytest.approx(definition(wide, 0.0, bounds.r_max, [f"d{i}" for i in range(dummies.shape[1])])[0], rel=1e-7)


def test_regressors_in_both_models_are_no_controls() -> None:
    """With m in both, the variance of the treatment is what m leaves, and the identities hold for the residuals on m."""
    data = panel()
    bounds = oster_bounds(fit("y ~ x + m", data), fit("y ~ x + m + w1 + w2", data), "x", data, r_max=0.95)
    frame = data.frame
    m = np.column_stack([np.ones(len(frame)), frame["m"]])
    left = pd.DataFrame({c: frame[c] - m @ np.linalg.lstsq(m, frame[c], rcond=None)[0] for c in ("y", "x", "w1", "w2")})
    total, rest = frame["y"].var(ddof=0), left["y"].var(ddof=0)
    same = oster_bounds(fit("y ~ x", left), fit("y ~ x + w1 + w2", left), "x", left, r_max=1 - 0.05 * total / rest)
    assert bounds.beta_star == pytest.approx(same.beta_star, rel=EXACT)


def test_default_limit_is_capped_and_scale_does_not_matter() -> None:
    frame, _ = population(1, 0.5, 1.0, noise=0.1)
    short, full = both(frame)
    bounds = oster_bounds(short, full, "x", frame)
    assert bounds.r_max == 1.0
    big = oster_bounds(fit("y ~ copy", frame), fit("y ~ copy + w1 + w2", frame), "copy", frame)
    assert big.beta_star * 1e9 == pytest.approx(bounds.beta_star, rel=1e-6)
    assert big.delta == pytest.approx(bounds.delta, rel=1e-6)
    assert bounds.identified_set == (min(bounds.beta_full, bounds.beta_star), max(bounds.beta_full, bounds.beta_star))
    assert bounds.tidy().shape == (1, 13)
    assert "beta* =" in repr(bounds)
    assert bounds._repr_html_().startswith("<p>")


def test_bad_questions_are_named() -> None:
    frame, _ = population(1, 0.5, 1.0)
    short, full = both(frame)
    with pytest.raises(UnknownOption, match="is not between the R squared of the full model"):
        oster_bounds(short, full, "x", frame, r_max=0.1)
    with pytest.raises(UnknownOption, match=r"r_max=1\.2"):
        oster_bounds(short, full, "x", frame, r_max=1.2)
    with pytest.raises(NotEstimable, match="no term 'q'"):
        oster_bounds(short, full, "q", frame)
    with pytest.raises(NotEstimable, match="the short model has w1"):
        oster_bounds(fit("y ~ x + w1", frame), fit("y ~ x + w2", frame), "x", frame)
    with pytest.raises(NotEstimable, match="differ in outcome"):
        oster_bounds(fit("w1 ~ x", frame), full, "x", frame)
    holed = frame.assign(w1=frame["w1"].where(np.arange(len(frame)) > 3))
    with pytest.raises(NotEstimable, match="the short model has 200 rows, the full one 196"):
        oster_bounds(fit("y ~ x", holed), fit("y ~ x + w1", holed), "x", holed)
    with pytest.raises(NotEstimable, match="pass the data that the estimate was fitted on"):
        oster_bounds(short, full, "x", frame.iloc[:-2])
    with pytest.raises(NotEstimable, match="controls do not move the model"):
        oster_bounds(short, short, "x", frame)
    data = panel()
    with pytest.raises(NotEstimable, match="differ in outcome, weights or method"):
        oster_bounds(fit("y ~ x", data), fit_differences("y ~ x + w1", data), "x", data)
