"""No answer hangs on rounding: units, the order of rows, and a change in the thirteenth digit leave every estimate and p-value alone.

The invariances themselves are the reference: they hold for every estimator exactly, whatever computes it.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from numpy.typing import ArrayLike

from toolkit.estimate import (
    Choices,
    Estimate,
    ThresholdSettings,
    bootstrap_r2,
    compare_groups,
    conley,
    cr2,
    decompose_r2,
    family_tests,
    fit,
    fit_between,
    fit_differences,
    fit_dynamic,
    fit_instruments,
    fit_poisson,
    fit_pooled,
    fit_quantile,
    fit_random,
    fit_threshold,
    fit_within,
    jackknife_r2,
    long_run,
    marginal_effects,
    mediate,
    oster_bounds,
    permutation_test,
    permute_curve,
    romano_wolf,
    specification_curve,
    wild_cluster_bootstrap,
    wild_tests,
)
from toolkit.estimate.solve.covariance import positive_semidefinite
from toolkit.panel import Panel

SAME = 1e-8  # relative: condition numbers here are below 1e3, and variances square them
SEARCHED = 1e-6  # iterated or bisected numbers, and variances that are differences
DISTURBANCE = 1e-13

Numbers = Mapping[str, ArrayLike]
Case = Callable[[Panel], Numbers]


def made(step: float) -> pd.DataFrame:
    """60 firms in 8 years; with ``step`` all columns are its multiples, so that ties abound: values, residuals at zero, ranks."""
    rng = np.random.default_rng(3)
    n = 480
    frame = pd.DataFrame({"firm": np.repeat(np.arange(60), 8), "year": np.tile(np.arange(2000, 2008), 60)})
    frame["industry"], frame["private"] = frame["firm"] % 12, frame["firm"] % 2
    frame["lon"], frame["lat"] = 100.0 + frame["firm"] % 10, 30.0 + frame["firm"] // 10
    for name in ("x", "z", "v"):
        frame[name] = rng.normal(size=n) + 0.3 * rng.normal(size=60)[frame["firm"]]
    frame["q"] = rng.random(n)
    frame["m"] = 0.5 * frame["x"] + rng.normal(size=n)
    noise = rng.normal(size=n)
    frame["d"] = frame["v"] + 0.5 * noise + rng.normal(size=n)
    frame["y"] = frame["x"] * np.where(frame["q"] <= 0.5, 1.0, 2.0) - frame["z"] + 0.05 * frame["firm"] + noise
    frame["count"] = rng.poisson(np.exp(0.3 * frame["x"] + 0.02 * frame["firm"]))
    if step:
        columns = ["x", "z", "v", "q", "m", "d", "y"]
        frame[columns] = np.round(frame[columns] / step) * step
    return frame


FRAMES = {"fine": made(0.0), "coarse": made(0.3)}
SCALED = ("x", "z", "v", "m", "d", "y")


def scaled(factor: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{name: frame[name] * factor for name in SCALED})


def reordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=1.0, random_state=5)


def disturbed(frame: pd.DataFrame) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    return frame.assign(**{name: frame[name] * (1 + DISTURBANCE * rng.uniform(-1, 1, len(frame))) for name in (*SCALED, "q", "lon", "lat")})


CHANGES = {"times 3": scaled(3.0), "times 1e6": scaled(1e6), "times 1e-6": scaled(1e-6), "reordered": reordered, "disturbed": disturbed}


def shown(estimate: Estimate) -> Numbers:
    """Slopes, errors and tests: with all columns in the same unit these have none."""
    at = [j for j, term in enumerate(estimate.terms) if term != "Intercept"]
    named = {name: estimate.statistics[name] for name in ("r2", "f", "r2_within") if name in estimate.statistics}
    rows = {"rows": estimate.counts.rows, "warnings": len(estimate.warnings), "df": estimate.covariance.df_t}
    return {"beta": estimate.beta[at], "se": estimate.std_errors[at], **named, **rows}


def quantiles(formula: str, **options: object) -> Case:
    def run(panel: Panel) -> Numbers:
        found = fit_quantile(formula, panel, quantiles=(0.1, 0.25, 0.5, 0.8), **options)  # type: ignore[arg-type]
        return {f"{q:g} {name}": value for q, e in zip(found.quantiles, found, strict=True) for name, value in shown(e).items()}

    return run


def threshold(panel: Panel) -> Numbers:
    settings = ThresholdSettings(thresholds=2, draws=39)
    found = fit_threshold("y ~ x + z | firm", panel, variable="q", settings=settings, rng=np.random.default_rng(2))
    ends = [end for t in found.thresholds for interval in t.intervals for end in interval]
    return {"values": found.values, "ends": ends, "p": [t.p_value for t in found.tests], **shown(found.estimate)}


def wild(panel: Panel) -> Numbers:
    estimate = fit("y ~ x + z | firm + year", panel, cluster="industry")
    one = wild_cluster_bootstrap(estimate, panel, "x", null=0.5, rng=np.random.default_rng(1))
    webb = wild_tests(estimate, panel, weights="webb", draws=499, rng=np.random.default_rng(1))
    return {"one": [one.p_value, one.low, one.high, one.t_statistic], "webb": list(webb.p_values.values())}


def wild_instruments(panel: Panel) -> Numbers:
    estimate = fit_instruments("y ~ x | d ~ v", panel, cluster="industry")
    test = wild_cluster_bootstrap(estimate, panel, "d", draws=199, rng=np.random.default_rng(1))
    return {"p": test.p_value, "t": test.t_statistic}


def permuted(by: str) -> Case:
    def run(panel: Panel) -> Numbers:
        test = permutation_test(fit("y ~ x + z | firm + year", panel), panel, "x", by=by, draws=199, rng=np.random.default_rng(1))  # type: ignore[arg-type]
        return {"p": [test.p_value, test.p_value_t], "t": test.t_statistic, "warnings": len(test.warnings)}

    return run


def family(panel: Panel) -> Numbers:
    tests = family_tests([(fit(f"{y} ~ x | firm", panel), "x") for y in "ymd"], panel, draws=199, rng=np.random.default_rng(1))
    return {name: tests.frame[name] for name in ("statistic", "p_value", "p_wild", "romano_wolf", "holm")}


def curve(panel: Panel) -> Numbers:
    choices = Choices("y", "x", controls=["z", "v"], effects=["firm", "firm + year"])
    found = specification_curve(choices, panel).frame
    drawn = permute_curve(choices, panel, rng=np.random.default_rng(1), draws=49)
    return {"estimate": found["estimate"], "se": found["std_error"], "p": drawn.p_values, "observed": drawn.observed}


def weak(panel: Panel) -> Numbers:
    found = {}
    for method in ("2sls", "liml", "fuller"):
        estimate = fit_instruments("y ~ x | d ~ v + z", panel, method=method)  # type: ignore[arg-type]
        found |= {f"{method} {name}": value for name, value in shown(estimate).items()}
        found[f"{method} set"] = np.ravel(estimate.weak.anderson_rubin.confidence_set().intervals)
    return found


def groups(panel: Panel) -> Numbers:
    found = compare_groups("y ~ x | firm + year", panel, "x", by="private", rng=np.random.default_rng(0), draws=99)
    pair = found.pairs[0]
    return {"p": [pair.permutation_p, pair.difference.p_value], "difference": pair.difference.estimate}


def mediation(panel: Panel) -> Numbers:
    found = mediate("y ~ x | firm", panel, treatment="x", mediators="m", rng=np.random.default_rng(0), draws=99)
    return {"total": found.total.estimate, "p": found.indirect[0].p_value, "low": found.indirect[0].low}


def shapley(panel: Panel) -> Numbers:
    blocks = {"first": ["x"], "rest": ["z", "v"]}
    whole = decompose_r2("y ~ x + z + v", panel, blocks)
    drawn = bootstrap_r2("y ~ x + z + v", panel, blocks, rng=np.random.default_rng(1), draws=49, cluster="firm")
    left = jackknife_r2("y ~ x + z + v", panel, blocks, cluster="firm")
    return {
        "values": whole.values,
        "drawn": drawn.table().select_dtypes("number").to_numpy(),
        "left": left.table().select_dtypes("number").to_numpy(),
    }


def oster(panel: Panel) -> Numbers:
    found = oster_bounds(fit_pooled("y ~ x", panel), fit_pooled("y ~ x + z", panel), "x", panel, r_max=0.9)
    return {"beta": found.beta_star, "delta": found.delta}


def moderated(panel: Panel) -> Numbers:
    at = [-1, 1]
    effects = marginal_effects(fit_pooled("y ~ x * private + z", panel), "x", "private", at=at, rng=np.random.default_rng(0))
    return {"effect": effects.effect, "se": effects.std_error}


CASES: dict[str, Case] = {
    "pooled": lambda p: shown(fit_pooled("y ~ x + z", p)),
    "pooled without a constant": lambda p: shown(fit_pooled("y ~ 0 + x + z", p)),
    "within": lambda p: shown(fit_within("y ~ x + z | firm", p)),
    "two effects, two-way clusters": lambda p: shown(fit("y ~ x + z | firm + year", p, cluster="firm + year")),
    "three effects": lambda p: shown(fit("y ~ x + z | firm + year + industry", p)),
    "HC1": lambda p: shown(fit("y ~ x + z | firm", p, covariance="HC1")),
    "Driscoll-Kraay": lambda p: shown(fit("y ~ x + z | firm", p, covariance="driscoll_kraay")),
    "between": lambda p: shown(fit_between("y ~ x + z", p)),
    "random": lambda p: shown(fit_random("y ~ x + z", p)),
    "differences": lambda p: shown(fit_differences("y ~ x + z", p)),
    "instruments": weak,
    "dynamic": lambda p: shown(fit_dynamic("y ~ L(y, 1) + x", p, gmm={"y": (2, 4)}, iv=["x"])),
    "long run": lambda p: {"effect": long_run(fit_pooled("y ~ L(y, 1) + x", p), "x").estimate},
    "quantile": quantiles("y ~ x + z"),
    "quantile, HC1": quantiles("y ~ x + z", covariance="HC1"),
    "quantile, effects": quantiles("y ~ x + z | firm"),
    "threshold": threshold,
    "CR2": lambda p: shown(cr2(fit("y ~ x + z | firm + year", p, cluster="industry"), p)),
    "Conley": lambda p: shown(
        conley(fit("y ~ x + z | firm", p), p, longitude="lon", latitude="lat", cutoff_km=400, kernel="uniform", lags=1)
    ),
    "wild": wild,
    "wild with instruments": wild_instruments,
    "permuted entities": permuted("entity"),
    "permuted rows": permuted("within entity"),
    "family": family,
    "curve": curve,
    "groups": groups,
    "mediation": mediation,
    "shapley": shapley,
    "oster": oster,
    "moderation": moderated,
    "poisson": lambda p: shown(fit_poisson("count ~ private:x + x | firm", p.assign(x=p.frame["x"] / p.frame["x"].std()))),
}
COARSER = {
    "dynamic": SEARCHED,
    "poisson": SEARCHED,
    "instruments": SEARCHED,
    "wild": SEARCHED,
    "three effects": SEARCHED,
    "oster": SEARCHED,
}


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str], Numbers]:
    return {}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("data", FRAMES)
@pytest.mark.parametrize("case", CASES)
def test_answers_do_not_hang_on_rounding(case: str, data: str, change: str, known: dict[tuple[str, str], Numbers]) -> None:
    run = CASES[case]
    if (case, data) not in known:
        known[case, data] = run(Panel(FRAMES[data], "firm", "year"))
    before, after = known[case, data], run(Panel(CHANGES[change](FRAMES[data]), "firm", "year"))
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_allclose(np.asarray(after[name], float), np.asarray(value, float), rtol=COARSER.get(case, SAME), err_msg=name)


# --- quantile regression --------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [3.0, 1e6, 1e-6, -1e3])
def test_quantile_errors_scale_with_the_outcome(factor: float) -> None:
    """The outcome alone is multiplied; with a negative factor quantile q becomes 1 - q."""
    frame = pd.DataFrame({"x": [0.0, 1, 2, 3, 4, 5, 6, 7, 8, 50], "y": [1.0, 2.3, 2.9, 4.2, 4.8, 6.1, 7.3, 7.7, 9.4, 51.3]})
    before = fit_quantile("y ~ x", frame, quantiles=[0.25])[0.25]
    q = 0.25 if factor > 0 else 0.75
    after = fit_quantile("y ~ x", frame.assign(y=frame["y"] * factor), quantiles=[q])[q]
    np.testing.assert_allclose(after.beta, before.beta * factor, rtol=1e-12, atol=1e-12 * abs(factor))
    np.testing.assert_allclose(after.std_errors, before.std_errors * abs(factor), rtol=1e-9)


def exact_minimiser(x: list[int], y: list[int], q: Fraction) -> tuple[Fraction, Fraction, int]:
    """The line by trying every pair of rows in rational arithmetic: smallest loss, then smallest mean fitted value, then slope."""
    n = len(x)
    lines = {
        (y[i] - Fraction(y[j] - y[i], x[j] - x[i]) * x[i], Fraction(y[j] - y[i], x[j] - x[i]))
        for i in range(n)
        for j in range(i)
        if x[i] != x[j]
    }

    def loss(line: tuple[Fraction, Fraction]) -> Fraction:
        residuals = [b - line[0] - line[1] * a for a, b in zip(x, y, strict=True)]
        return sum((r * (q if r >= 0 else q - 1) for r in residuals), Fraction(0))

    least = min(map(loss, lines))
    best = [line for line in lines if loss(line) == least]
    a, b = min(best, key=lambda line: (line[0] * n + line[1] * sum(x), line[1]))
    return a, b, len(best)


@pytest.mark.parametrize("seed", range(40))
def test_the_minimiser_is_the_exact_one_and_the_choice_among_many_is_the_named_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 11))
    x, y = rng.integers(0, 5, n).tolist(), rng.integers(-3, 6, n).tolist()
    if len(set(x)) < 2 or len(set(y)) < 2:
        pytest.skip("nothing varies")
    q = Fraction(int(rng.integers(1, 4)), 4)
    a, b, many = exact_minimiser(x, y, q)
    for order in (np.arange(n), rng.permutation(n)):
        frame = pd.DataFrame({"x": np.array(x, float)[order] * 0.1, "y": np.array(y, float)[order] / 3})
        found = fit_quantile("y ~ x", frame, quantiles=[float(q)])[float(q)]
        np.testing.assert_allclose(found.beta, [float(a) / 3, float(b) / 0.3], rtol=1e-10, atol=1e-12)
        assert ("quantile_not_unique" in [getattr(w, "key", "") for w in found.warnings]) is (many > 1)


def test_a_constant_alone_is_the_smallest_number_that_reaches_the_quantile() -> None:
    frame = pd.DataFrame({"y": [0.3, 0.1, 0.7, 0.2, 0.7, 0.4]})
    for q in (1 / 3, 0.5, 2 / 3, 0.9):
        expected = np.sort(frame["y"])[int(np.ceil(round(6 * q, 9))) - 1]
        assert fit_quantile("y ~ 1", frame, quantiles=[q])[q].beta[0] == pytest.approx(expected, abs=1e-12)


def test_scores_of_interpolated_rows_solve_the_first_order_condition() -> None:
    """The sandwich by hand: rows on the line have the scores that make X's zero; the density by the formula of the docstring."""
    from scipy.stats import norm

    rng = np.random.default_rng(8)
    n, q = 41, 0.3
    frame = pd.DataFrame({"x": rng.normal(size=n)})
    frame["y"] = frame["x"] + rng.normal(size=n) * (1 + frame["x"].abs())
    found = fit_quantile("y ~ x", frame, quantiles=[q], covariance="HC1", small_sample="none")[q]
    X, r = np.column_stack([np.ones(n), frame["x"]]), frame["y"] - found.beta[0] - found.beta[1] * frame["x"]
    on = np.argsort(np.abs(r))[:2]  # a line through two rows
    score = np.where(r < 0, q - 1, q)
    score[on] = 0
    score[on] = np.linalg.solve(X[on].T, -X.T @ score)
    assert ((score >= q - 1) & (score <= q)).all()
    z = norm.ppf(q)
    h = n ** (-1 / 3) * norm.ppf(0.975) ** (2 / 3) * (1.5 * norm.pdf(z) ** 2 / (2 * z**2 + 1)) ** (1 / 3)
    low, high = np.quantile(r, [0.25, 0.75])
    width = min(r.std(ddof=0), (high - low) / 1.34) * (norm.ppf(q + h) - norm.ppf(q - h))
    bread = np.linalg.inv((X * norm.pdf(r.to_numpy()[:, None] / width) / width).T @ X)
    meat = (X * score[:, None]).T @ (X * score[:, None])
    np.testing.assert_allclose(found.vcov, bread @ meat @ bread, rtol=1e-9)


# --- nearly collinear regressors ------------------------------------------------------------------------

NOISE = 2.0**-23  # 1.2e-7: a power of two, so that x + NOISE e less x is exact


def collinear() -> tuple[Panel, Panel]:
    """x and w = x + NOISE e; and the same panel with e itself, whose coefficient is NOISE times that of w, errors too."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(30), 8), "year": np.tile(np.arange(8), 30)})
    frame["cell"], frame["lon"], frame["lat"] = frame["firm"] % 10, 100.0 + frame["firm"] % 6, 30.0 + frame["firm"] // 6
    frame["x"], frame["z"] = rng.normal(size=240), rng.normal(size=240)
    frame["w"] = frame["x"] + NOISE * rng.normal(size=240)
    frame["e"] = (frame["w"] - frame["x"]) / NOISE
    frame["v"], frame["weight"] = rng.normal(size=240), 0.5 + rng.random(240)
    frame["d"] = frame["v"] + rng.normal(size=240)
    frame["y"] = frame["x"] + frame["z"] + frame["d"] + rng.normal(size=240)
    return Panel(frame, "firm", "year"), Panel(frame.assign(w=frame["e"]), "firm", "year")


def variants() -> dict[str, Callable[[Panel], Estimate]]:
    formula = "y ~ x + w + z | firm"

    def of(**options: object) -> Callable[[Panel], Estimate]:
        return lambda p: fit(formula, p, **options)  # type: ignore[arg-type]

    return {
        "cluster": of(),
        "weighted": of(weights="weight"),
        "two-way": lambda p: fit("y ~ x + w + z | firm + year", p, cluster="firm + year"),
        "iid": of(covariance="iid"),
        "HC1": of(covariance="HC1"),
        "Driscoll-Kraay": of(covariance="driscoll_kraay"),
        "pooled": lambda p: fit_pooled("y ~ x + w + z", p),
        "random": lambda p: fit_random("y ~ x + w + z", p),
        "differences": lambda p: fit_differences("y ~ x + w + z", p),
        "2sls": lambda p: fit_instruments("y ~ x + w | firm | d ~ v + z", p),
        "liml": lambda p: fit_instruments("y ~ x + w | firm | d ~ v + z", p, method="liml"),
        "CR2": lambda p: cr2(fit(formula, p, cluster="cell"), p),
        "Conley": lambda p: conley(fit(formula, p), p, longitude="lon", latitude="lat", cutoff_km=300, lags=1),
    }


@pytest.mark.parametrize("name", variants())
def test_errors_of_nearly_collinear_regressors_are_those_of_the_same_model_written_well(name: str) -> None:
    near, well = (variants()[name](panel) for panel in collinear())
    at = near.terms.index("w")
    assert near.std_errors[at] * NOISE == pytest.approx(well.std_errors[at], rel=1e-7)
    assert near.beta[at] * NOISE == pytest.approx(well.beta[at], rel=1e-7)
    others = [j for j, term in enumerate(near.terms) if term in ("z", "d")]
    np.testing.assert_allclose(near.std_errors[others], well.std_errors[others], rtol=1e-7)


@pytest.mark.parametrize("cluster", ["firm", "cell"])
def test_bootstrap_and_permutation_of_nearly_collinear_regressors(cluster: str) -> None:
    results = []
    for panel in collinear():
        estimate = fit("y ~ x + w + z | firm", panel, cluster=cluster)
        test = wild_cluster_bootstrap(estimate, panel, "w", draws=199, rng=np.random.default_rng(1))
        other = permutation_test(estimate, panel, "z", draws=99, rng=np.random.default_rng(1))
        results.append((test.t_statistic, test.p_value, other.t_statistic, other.p_value, *np.sort(test.statistics)[[9, 99, 189]]))
    assert results[0] == pytest.approx(results[1], rel=1e-6)


def test_nearly_collinear_regressors_are_named() -> None:
    near, well = (fit("y ~ x + w + z | firm", panel) for panel in collinear())
    (said,) = [w for w in near.warnings if getattr(w, "key", "") == "near_collinear"]
    assert "x, w are nearly collinear" in str(said)
    assert "x、w接近完全共线" in said.to("zh")  # type: ignore[union-attr]
    assert not [w for w in well.warnings if getattr(w, "key", "") == "near_collinear"]


# --- decisions ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("units", [(1.0, 1e6, 1e-6), (3.0, 0.1, 7.0)])
def test_the_repair_of_a_covariance_does_not_depend_on_units(units: tuple[float, ...]) -> None:
    vcov = np.array([[1.0, 0.9, -0.8], [0.9, 1.0, 0.7], [-0.8, 0.7, 1.0]])
    by = np.outer(units, units)
    np.testing.assert_allclose(positive_semidefinite(vcov * by)[0] / by, positive_semidefinite(vcov)[0], rtol=1e-12, atol=1e-14)


def test_stepdown_p_values_of_equal_statistics_are_equal() -> None:
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(99, 3))
    drawn[:10, 0] = 2.0
    close = romano_wolf([2.0, 2.0 * (1 + 1e-13), 0.4], drawn)
    np.testing.assert_array_equal(close, romano_wolf([2.0, 2.0, 0.4], drawn))
    np.testing.assert_array_equal(close[[1, 0, 2]], romano_wolf([2.0 * (1 + 1e-13), 2.0, 0.4], drawn[:, [1, 0, 2]]))


def test_of_thresholds_that_say_the_same_the_smallest_is_given() -> None:
    """Rows with q between 0.4 and 0.6 have x = 0: every threshold there gives the same fit."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"firm": np.repeat(np.arange(40), 10), "year": np.tile(np.arange(10), 40), "q": rng.permutation(400) / 400})
    frame["x"] = np.where((frame["q"] > 0.4) & (frame["q"] <= 0.6), 0.0, 0.1 * rng.integers(1, 40, 400))
    frame["y"] = frame["x"] * np.where(frame["q"] <= 0.5, 1.0, 3.0) + 0.1 * rng.normal(size=400)
    for change in (lambda f: f, lambda f: f.assign(x=f["x"] * 3, y=f["y"] / 7), lambda f: f.sample(frac=1, random_state=1)):
        found = fit_threshold("y ~ x | firm", Panel(change(frame), "firm", "year"), variable="q", settings=ThresholdSettings(draws=0))
        assert found.values[0] == pytest.approx(0.4)


@pytest.mark.parametrize("formula", ["y ~ 0 + x + z", "y ~ 0 + x"])
def test_r2_without_a_constant_is_that_of_statsmodels_and_is_noted(formula: str) -> None:
    import statsmodels.formula.api as smf

    frame = FRAMES["fine"].assign(y=FRAMES["fine"]["y"] + 5)
    theirs, ours = smf.ols(formula, frame).fit(), fit_pooled(formula, frame, covariance="HC1")
    assert ours.statistics["r2"] == pytest.approx(theirs.rsquared, rel=1e-12)
    assert ours.statistics["adj_r2"] == pytest.approx(theirs.rsquared_adj, rel=1e-12)
    assert ours.glance()["r2_uncentred"].iloc[0] == ours.statistics["r2"]
    assert "r2 (uncentred)" in str(ours)
    assert [w.key for w in ours.warnings if not isinstance(w, str)] == ["r2_uncentred"]
    centred = fit_pooled(formula.replace("0 + ", ""), frame, covariance="HC1")
    assert "r2_uncentred" not in centred.statistics
    assert not centred.warnings


def test_weights_multiply_the_poisson_likelihood_as_in_statsmodels() -> None:
    import statsmodels.api as sm

    frame = FRAMES["fine"].assign(w=0.5 + np.arange(480) % 3)
    theirs = sm.GLM(frame["count"], sm.add_constant(frame[["x"]]), family=sm.families.Poisson(), freq_weights=frame["w"]).fit(tol=1e-14)
    ours = fit_poisson("count ~ x", frame, weights="w", covariance="HC1")
    mean = frame["w"].mean()
    assert ours.statistics["log_likelihood"] * mean == pytest.approx(theirs.llf, rel=1e-10)
    assert ours.statistics["deviance"] * mean == pytest.approx(theirs.deviance, rel=1e-8)
    plain = fit_poisson("count ~ x", frame, weights="w", covariance="iid")
    np.testing.assert_allclose(plain.std_errors, theirs.bse * np.sqrt(mean), rtol=1e-7)
    twice = fit_poisson("count ~ x", frame.assign(w=2 * frame["w"]), weights="w", covariance="HC1")
    assert twice.statistics["log_likelihood"] == pytest.approx(ours.statistics["log_likelihood"], rel=1e-12)
    np.testing.assert_allclose(twice.std_errors, ours.std_errors, rtol=1e-8)
