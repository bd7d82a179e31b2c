"""Where a limit lies: cases on either side of each, with the answer known from outside the code. No limit is imported; each stands here."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd
import pyfixest as pf
import pytest

from toolkit.errors import EstimationError, NotConverged, NotEstimable, TooFewPeriods
from toolkit.estimate import Estimate, ThresholdSettings, cr2, fit, fit_threshold, wild_cluster_bootstrap
from toolkit.estimate.dynamic.gmm import inverse, projection
from toolkit.estimate.inference import wild_draws as wild_pieces
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve.covariance import driscoll_kraay_meat, positive_semidefinite
from toolkit.estimate.solve.equations import inverse_root, least_squares
from toolkit.estimate.solve.kernels import Absorber, norms
from toolkit.panel import Panel


def sayings(estimate: Estimate) -> str:
    return " ".join(str(warning) for warning in estimate.warnings)


# --- singletons ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", [("firm", "year"), ("year", "firm")])
def test_singletons_leave_until_none_is_left(names: tuple[str, str]) -> None:
    """Firm a is seen in 1990 only, firm b in 1990 and 2003: without a, 1990 has one row; without 1990, b has one row."""
    rng = np.random.default_rng(3)
    ordinary = pd.DataFrame({"firm": np.repeat([f"f{i}" for i in range(10)], 6), "year": np.tile(np.arange(2000, 2006), 10)})
    frame = pd.concat([ordinary, pd.DataFrame({"firm": ["a", "b", "b"], "year": [1990, 1990, 2003]})], ignore_index=True)
    frame["x"] = rng.normal(size=63)
    frame["y"] = 0.5 * frame["x"] + rng.normal(size=63)
    mine = fit(f"y ~ x | {names[0]} + {names[1]}", Panel(frame, "firm", "year"), cluster="firm")
    peer = pf.feols(f"y ~ x | {names[0]} + {names[1]}", frame, vcov={"CRV1": "firm"}, fixef_rm="singleton")
    assert mine.counts.rows == peer._N == 60
    assert mine.coefficient("x").estimate == pytest.approx(peer.coef()["x"], rel=1e-9)  # two exact solvers
    assert mine.coefficient("x").std_error == pytest.approx(peer.se()["x"], rel=1e-6)  # pyfixest iterates to 1e-8


# --- removal of effects --------------------------------------------------------------------------------------------------------------


def leaving(share: float) -> Absorber:
    """Two groups of eight rows; the removal always leaves this share of a column's length in the sum of the first."""
    groups = Grouping(np.repeat([0, 1], 8), 2)

    def remove(columns: np.ndarray) -> None:
        for column in columns:
            column -= groups.spread(groups.sums(column) / 8)
            column[:8] += share * np.linalg.norm(column) / np.sqrt(8)

    return Absorber(groupings=(groups,), weights=None, rank=2, exact_rank=True, solver=None, remove=remove)


@pytest.mark.parametrize(("share", "refused"), [(1e-4, True), (1e-6, True), (1e-8, True), (1.1e-9, True), (5e-10, False), (1e-13, False)])
def test_a_number_whose_effects_are_not_removed_to_1e9_never_leaves(share: float, refused: bool) -> None:
    columns = np.random.default_rng(1).normal(size=(2, 16)) + 3
    if refused:
        with pytest.raises(NotConverged, match=rf"only to {share:.1e} of the columns, not to 1e-09"):
            leaving(share).demean(columns)
        return
    leaving(share).demean(columns)
    # what is left of the sum of a group, over sqrt(8) and the length of the column
    left = np.abs(columns.reshape(2, 2, 8).sum(axis=2)) / np.sqrt(8) / np.linalg.norm(columns, axis=1)[:, None]
    assert left.max() <= 1e-9


@pytest.mark.parametrize("level", [1e2, 1e5])
def test_what_is_left_is_measured_against_what_remains_of_a_column(level: float) -> None:
    """A column of the size of one around a level that the effects take away: 1e-8 of the level would be 1e-3 of the column."""
    columns = np.random.default_rng(1).normal(size=(1, 16)) + level
    with pytest.raises(NotConverged):
        leaving(1e-8).demean(columns)


# --- least squares -------------------------------------------------------------------------------------------------------------------


def exact(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Least squares in rational arithmetic: the normal equations without any rounding, by Gauss and Jordan."""
    rows, outcome = [[Fraction(v) for v in row] for row in X.tolist()], [Fraction(v) for v in y.tolist()]
    k = len(rows[0])
    system = [
        [sum((r[i] * r[j] for r in rows), Fraction(0)) for j in range(k)]
        + [sum((r[i] * v for r, v in zip(rows, outcome, strict=True)), Fraction(0))]
        for i in range(k)
    ]
    for i in range(k):
        system[i] = [v / system[i][i] for v in system[i]]
        for j in range(k):
            if j != i:
                system[j] = [v - system[j][i] * w for v, w in zip(system[j], system[i], strict=True)]
    return np.array([float(row[k]) for row in system])


@pytest.mark.parametrize("closeness", [0.5, 0.1, 0.03, 1e-2, 1e-3, 5e-4])
def test_nearly_collinear_regressors_keep_their_digits(closeness: float) -> None:
    """Correlation up to 1 - 1e-7, small residuals: the normal equations alone lose up to six of 15 digits, refined ones at most two."""
    worst = 0.0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=40)
        X = np.column_stack([np.ones(40), x, x + closeness * rng.normal(size=40)])
        y = X @ [1.0, 2.0, -2.0] + 1e-6 * rng.normal(size=40)
        worst = max(worst, float(np.abs(least_squares(y, X).beta / exact(X, y) - 1).max()))
    # rounding of the data alone moves the slopes by 2.2e-16 / 5e-4 = 4.4e-13
    assert worst < 5e-13


@pytest.mark.parametrize("weights", [None, np.array([1.0, 2.0, 3.0])])
def test_without_regressors_everything_is_residual(weights: np.ndarray | None) -> None:
    y = np.array([1.0, -2.0, 3.0])
    found = least_squares(y, np.empty((3, 0)), weights)
    assert (found.beta.shape, found.bread.shape) == ((0,), (0, 0))
    assert found.residuals.tolist() == [1.0, -2.0, 3.0]
    assert found.rss == (14.0 if weights is None else 1 + 2 * 4 + 3 * 9)


# --- covariances ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [1.0, 1e6])
@pytest.mark.parametrize(("excess", "said"), [(1e-3, True), (1e-6, True), (1e-9, True), (1e-11, False), (1e-15, False)])
def test_a_negative_eigenvalue_is_a_repair_from_1e10_on(excess: float, said: bool, units: float) -> None:
    """[[1, 1+e], [1+e, 1]] has the eigenvalues 2+e and -e; without the second it is (1 + e/2) [[1, 1], [1, 1]]."""
    scale = np.array([1.0, units])
    given = np.array([[1.0, 1 + excess], [1 + excess, 1.0]]) * np.outer(scale, scale)
    found, repaired = positive_semidefinite(given)
    assert repaired is said
    expected = (1 + excess / 2) * np.outer(scale, scale) if said else given
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@pytest.mark.parametrize(("excess", "said"), [(1.5e-10, False), (2.5e-10, True)])
def test_a_negative_eigenvalue_is_compared_with_the_largest(excess: float, said: bool) -> None:
    """The eigenvalues are -e, 1 and 2+e: 1e-10 of the largest is 2e-10."""
    assert positive_semidefinite(np.array([[1.0, 1 + excess, 0.0], [1 + excess, 1.0, 0.0], [0.0, 0.0, 1.0]]))[1] is said


def test_the_largest_bandwidth_is_one_less_than_the_span() -> None:
    frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 3), "year": np.tile([2001, 2002, 2004], 20)})
    rng = np.random.default_rng(2)
    frame["x"], frame["y"] = rng.normal(size=60), rng.normal(size=60)
    panel = Panel(frame, "firm", "year")
    assert fit("y ~ x", panel, covariance="driscoll_kraay", bandwidth=3).coefficient("x").std_error > 0
    for bandwidth in (4, 5):
        with pytest.raises(TooFewPeriods):
            fit("y ~ x", panel, covariance="driscoll_kraay", bandwidth=bandwidth)


@pytest.mark.parametrize("bandwidth", [0, 1, 2, 3, 10])
def test_driscoll_kraay_sums_every_lag_that_the_calendar_has(bandwidth: int) -> None:
    """Two columns, three years with a gap (2001, 2002, 2004), as a double sum over rows weighted by how far apart their years are."""
    rng = np.random.default_rng(4)
    years, u, columns = np.repeat([2001, 2002, 2004], 4), rng.normal(size=12), rng.normal(size=(2, 12))
    scores = columns * u
    apart = np.abs(years[:, None] - years[None, :])
    expected = scores @ np.maximum(1 - apart / (bandwidth + 1), 0.0) @ scores.T
    np.testing.assert_allclose(driscoll_kraay_meat(columns, u, years, bandwidth), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("clusters", "few"), [(12, True), (31, True), (39, True), (40, False), (60, False)])
def test_31_provinces_are_few_clusters(clusters: int, few: bool) -> None:
    """Cameron and Miller (2015, section VI): few is anything from below 20 to below 50; the notes of the tables say it below 40."""
    rng = np.random.default_rng(clusters)
    frame = pd.DataFrame({"province": np.repeat(np.arange(clusters), 5), "year": np.tile(np.arange(2010, 2015), clusters)})
    frame["x"], frame["y"] = rng.normal(size=len(frame)), rng.normal(size=len(frame))
    estimate = fit("y ~ x | province + year", Panel(frame, "province", "year"), cluster="province")
    assert (f"{clusters} clusters by province" in sayings(estimate)) is few


# --- wild bootstrap and CR2 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "said"), [(0.3, False), (0.45, False), (0.55, True), (0.8, True)])
def test_a_cluster_with_more_than_half_of_the_variation_is_named(share: float, said: bool) -> None:
    """x is 1 and -1 within each of ten clusters, and a and -a within the first, which then holds a^2 / (a^2 + 9) of the variation."""
    size = np.sqrt(9 * share / (1 - share))
    frame = pd.DataFrame({"g": np.repeat([f"g{i}" for i in range(10)], 4), "x": np.tile([1.0, -1.0, 1.0, -1.0], 10)})
    frame.loc[frame["g"] == "g0", "x"] *= size
    frame["y"] = np.random.default_rng(2).normal(size=40)
    test = wild_cluster_bootstrap(fit("y ~ x", frame, cluster="g"), frame, "x", draws=99, rng=np.random.default_rng(1))
    told = " ".join(str(warning) for warning in test.warnings)
    assert (f"g0 holds {share:.0%} of the variation" in told) is said


def test_with_three_clusters_one_can_hold_most_and_with_two_it_always_does() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"g": np.repeat(["a", "b", "c"], 8), "x": np.tile([1.0, -1.0], 12), "y": rng.normal(size=24)})
    frame.loc[frame["g"] == "a", "x"] *= 4  # 16 of 18 parts
    for rows, said in ((frame, True), (frame[frame["g"] != "c"], False)):
        test = wild_cluster_bootstrap(fit("y ~ x", rows, cluster="g"), rows, "x", draws=99, rng=np.random.default_rng(1))
        assert ("a holds 89% of the variation" in " ".join(str(warning) for warning in test.warnings)) is said


@pytest.mark.parametrize("units", [1e-6, 1.0, 1e9])
def test_a_perfect_fit_has_no_bootstrap_in_any_unit(units: float) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"g": np.repeat(np.arange(10), 4), "x": rng.normal(size=40)})
    noise = rng.normal(size=40)
    perfect, good = frame.assign(y=units * (1 + 2 * frame["x"])), frame.assign(y=units * (1 + 2 * frame["x"] + 1e-6 * noise))
    with pytest.raises(NotEstimable, match="the fit is perfect"):
        wild_cluster_bootstrap(fit("y ~ x", perfect, cluster="g"), perfect, "x", draws=99, rng=rng)
    test = wild_cluster_bootstrap(fit("y ~ x", good, cluster="g"), good, "x", draws=99, rng=rng)
    assert test.p_value == pytest.approx(2 / 1024)  # all signs alike: as the sample, and turned over


def test_columns_taken_in_blocks_give_the_same_bootstrap(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"g": np.repeat(np.arange(12), 12), "t": np.tile(np.arange(12), 12), "h": rng.integers(0, 9, 144)})
    frame["x"], frame["y"] = rng.normal(size=144), rng.normal(size=144)
    panel = Panel(frame, "g", "t")
    estimate = fit("y ~ x | g + t + h", panel, cluster="g")
    found = []
    for cells in (10**9, 5 * 144, 1):  # all clusters at once, five at a time, one at a time
        monkeypatch.setattr(wild_pieces, "BLOCK", cells)
        found.append(wild_cluster_bootstrap(estimate, panel, "x", draws=199, rng=np.random.default_rng(1)))
    assert {test.p_value for test in found} == {found[0].p_value}
    np.testing.assert_allclose([test.low for test in found], found[0].low, rtol=1e-8)


@pytest.mark.parametrize("left", [0.1, 5e-3, 1e-4, 1e-6])
def test_cr2_of_a_cluster_that_nearly_determines_a_coefficient(left: float) -> None:
    """Against the textbook formula with n x n matrices, where the first cluster's leverage is nearly one."""
    rng = np.random.default_rng(5)
    groups = np.repeat(np.arange(8), 5)
    d = np.where(groups == 0, 1.0, 0.0)
    d[groups == 1] = np.sqrt(left)
    frame = pd.DataFrame({"g": groups, "d": d, "x": rng.normal(size=40), "y": rng.normal(size=40) + d})
    robust = cr2(fit("y ~ d + x", frame, cluster="g"), frame)
    X = np.column_stack([np.ones(40), frame[["d", "x"]].to_numpy()])
    bread = np.linalg.inv(X.T @ X)
    annihilator = np.eye(40) - X @ bread @ X.T
    residuals = annihilator @ frame["y"].to_numpy()
    meat = np.zeros((3, 3))
    for g in range(8):
        inside = groups == g
        values, vectors = np.linalg.eigh(annihilator[np.ix_(inside, inside)])
        assert values[0] > 1e-9  # nothing is singular, so the inverse root is unique
        score = X[inside].T @ ((vectors / np.sqrt(values)) @ (vectors.T @ residuals[inside]))
        meat += np.outer(score, score)
    expected = np.sqrt(np.diag(bread @ meat @ bread))
    found = [robust.coefficient(term).std_error for term in ("Intercept", "d", "x")]
    # rounding of 2e-16 in an eigenvalue of the size of what is left; half of it in its root
    np.testing.assert_allclose(found, expected, rtol=1e-13 / left + 1e-11)


# --- threshold at the edge -------------------------------------------------------------------------------------------------------------


def at_edge(q: np.ndarray, split: float, trim: float) -> bool:
    """Whether the search says that the threshold lies at the edge, with a break of the slope at ``split``."""
    rng = np.random.default_rng(8)
    firms, years = np.repeat(np.arange(20), 10), np.tile(np.arange(10), 20)
    frame = pd.DataFrame({"firm": firms, "year": years, "q": q, "x": rng.normal(size=200)})
    frame["y"] = frame["x"] * np.where(q <= split, 3.0, 0.0) + 0.1 * rng.normal(size=200)
    settings = ThresholdSettings(draws=0, trim=trim)
    result = fit_threshold("y ~ x | firm", Panel(frame, "firm", "year"), variable="q", settings=settings, rng=np.random.default_rng(1))
    (threshold,) = result.thresholds
    assert threshold.value == pytest.approx(split)
    return threshold.at_edge


@pytest.mark.parametrize("last", [1, 2, 5, 9])
def test_only_values_that_a_split_could_use_lie_beyond_the_edge(last: int) -> None:
    """q takes 1 to 10 in equal parts. Without trimming no split is excluded, so that none is at the edge."""
    q = np.random.default_rng(9).permutation(np.repeat(np.arange(1.0, 11.0), 20))
    assert not at_edge(q, float(last), 0.0)


@pytest.mark.parametrize(("split", "edge"), [(2.0, True), (3.0, False), (7.0, False), (8.0, True)])
def test_the_edge_is_the_outermost_value_that_trimming_allows(split: float, edge: bool) -> None:
    """A trim of 0.15 excludes a split after the first value (10% of the rows) and before the last."""
    q = np.random.default_rng(9).permutation(np.repeat(np.arange(1.0, 11.0), 20))
    assert at_edge(q, split, 0.15) is edge


@pytest.mark.parametrize("split", [1, 2, 5, 8, 9])
@pytest.mark.parametrize("trim", [0.0, 0.05, 0.1])
def test_turning_the_variable_round_turns_nothing_else(split: int, trim: float) -> None:
    q = np.random.default_rng(9).permutation(np.repeat(np.arange(1.0, 11.0), 20))
    # -q <= -(split + 1) is q > split: the same two regimes
    assert at_edge(q, float(split), trim) == at_edge(-q, float(-(split + 1)), trim)


# --- moments -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3, 5])
def test_the_inverse_of_redundant_moments_is_moore_s_and_penrose_s(rank: int) -> None:
    rng = np.random.default_rng(rank)
    half = rng.normal(size=(5, rank))
    half /= np.linalg.norm(half, axis=1)[:, None]  # a diagonal of ones, so that no scaling stands between the two
    matrix = half @ half.T
    found = inverse(matrix)
    assert found.rank == rank
    np.testing.assert_allclose(found.matrix, np.linalg.pinv(matrix, rcond=1e-10, hermitian=True), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_an_inverse_of_moments_of_any_size_gives_the_matrix_back(rank: int) -> None:
    """M G M = M, which is what makes J the same whichever of the redundant moments are looked at."""
    half = np.random.default_rng(rank).normal(size=(4, rank)) * np.array([1e-4, 1.0, 30.0, 1e5])[:, None]
    matrix = half @ half.T
    found = inverse(matrix)
    assert found.rank == rank
    back = matrix @ found.matrix @ matrix
    size = np.sqrt(np.outer(np.diag(matrix), np.diag(matrix)))
    np.testing.assert_allclose(back / size, matrix / size, atol=1e-8)


def test_a_regressor_that_no_moment_speaks_of_is_refused() -> None:
    with pytest.raises(EstimationError):
        projection(np.array([[1.0, 0.0], [2.0, 0.0], [0.5, 0.0]]), np.eye(3))
    bread, score = projection(np.array([[1.0, 0.0], [0.0, 1e-3]]), np.eye(2))
    np.testing.assert_allclose(bread, np.diag([1.0, 1e6]), rtol=1e-12)
    np.testing.assert_allclose(score, np.diag([1.0, 1e3]), rtol=1e-12)


# --- weighted pieces of the kernels -----------------------------------------------------------------------------------------------


def test_weighted_lengths_and_roots_are_those_of_rows_times_root_weights() -> None:
    rng = np.random.default_rng(11)
    x, w = rng.normal(size=(3, 20)), rng.uniform(0.2, 5.0, size=20)
    np.testing.assert_allclose(norms(x, w), np.linalg.norm(x * np.sqrt(w), axis=1), rtol=1e-12)
    root = inverse_root(x, w)
    np.testing.assert_allclose(root @ root.T, np.linalg.inv((x * w) @ x.T), rtol=1e-9)


@pytest.mark.parametrize("periods", [39, 40])
def test_forty_periods_are_enough_for_driscoll_kraay(periods: int) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(6), periods), "t": np.tile(np.arange(1, periods + 1), 6)})
    frame["x"], frame["y"] = rng.normal(size=(2, len(frame)))
    said = sayings(fit("y ~ x | firm", Panel(frame, "firm", "t"), covariance="driscoll_kraay"))
    assert ("periods: Driscoll-Kraay" in said) == (periods < 40)


def test_robust_scores_of_an_instrumented_model_are_regressors_times_residuals() -> None:
    """HC0 of two-stage least squares by hand: (X'Z(Z'Z)^-1 Z'X)^-1 with meat of projected regressors times residuals."""
    rng = np.random.default_rng(9)
    z, e = rng.normal(size=(2, 200))
    frame = pd.DataFrame({"z": z, "d": z + e + rng.normal(size=200)})
    frame["y"] = 0.5 * frame["d"] + e * (1 + z**2)
    found = fit("y ~ 1 | d ~ z", frame, covariance="HC1", small_sample="none")
    x, instruments = np.column_stack([np.ones(200), frame["d"]]), np.column_stack([np.ones(200), z])
    projected = instruments @ np.linalg.lstsq(instruments, x, rcond=None)[0]
    beta = np.linalg.solve(projected.T @ x, projected.T @ frame["y"])
    scores = projected * (frame["y"].to_numpy() - x @ beta)[:, None]
    bread = np.linalg.inv(projected.T @ projected)
    expected = bread @ (scores.T @ scores) @ bread
    at = list(found.terms).index("d")
    assert found.std_errors[at] == pytest.approx(np.sqrt(expected[1, 1]), rel=1e-9)
