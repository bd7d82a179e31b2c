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
from toolkit.estimate.covariance import positive_semidefinite
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
COARSER = {"dynamic": SEARCHED, "poisson": SEARCHED, "instruments": SEARCHED, "wild": SEARCHED, "three effects": SEARCHED, "oster": SEARCHED}


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
