"""NIST's linear sets (tests/reference/nist_linear.csv) against exact rational arithmetic, and panels in bad units against good ones."""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.estimate import Estimate, fit_between, fit_differences, fit_instruments, fit_pooled, fit_random, fit_within
from toolkit.panel import Panel

HERE = Path(__file__).parents[1] / "reference"
DIGITS = 1e-8
DEGREES = {"Norris": 1, "Pontius": 2, "NoInt1": 1, "NoInt2": 1, "Filip": 10, **{f"Wampler{i}": 5 for i in range(1, 6)}}
EXACT = ("Wampler1", "Wampler2")  # residuals are zero

Exact = tuple[list[Fraction], list[Fraction], Fraction]


def solved(y: list[Fraction], X: list[list[Fraction]]) -> Exact:
    """Coefficients, diagonal of (X'X)^-1 and residual sum of squares, by Gauss-Jordan elimination in fractions."""
    k = len(X[0])
    rows = [
        [sum((r[i] * r[j] for r in X), Fraction(0)) for j in range(k)]
        + [sum((r[i] * v for r, v in zip(X, y, strict=True)), Fraction(0))]
        + [Fraction(int(i == j)) for j in range(k)]
        for i in range(k)
    ]
    for i in range(k):
        rows[i] = [v / rows[i][i] for v in rows[i]]
        for j in range(k):
            if j != i:
                rows[j] = [a - rows[j][i] * b for a, b in zip(rows[j], rows[i], strict=True)]
    beta = [row[k] for row in rows]
    rss = sum(((v - sum((c * x for c, x in zip(beta, r, strict=True)), Fraction(0))) ** 2 for v, r in zip(y, X, strict=True)), Fraction(0))
    return beta, [rows[i][k + 1 + i] for i in range(k)], rss


@cache
def data(name: str) -> pd.DataFrame:
    """y and x as they are printed."""
    if name == "Norris":
        import scipy.stats

        lines = (Path(scipy.stats.__file__).parent / "tests/data/nist_linregress/Norris.dat").read_text().splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("Data:       y"))
        return pd.DataFrame([line.split() for line in lines[start + 1 :] if line.strip()], columns=["y", "x"])
    return pd.read_csv(HERE / "nist_linear.csv", comment="#", dtype=str).query("set == @name")


def compare(found: Estimate, exact: Exact, rows: int, digits: float) -> None:
    beta, diagonal, rss = exact
    assert found.beta == pytest.approx([float(b) for b in beta], rel=digits)
    if rss:
        errors = [float(rss / (rows - len(beta)) * d) ** 0.5 for d in diagonal]
        assert found.std_errors == pytest.approx(errors, rel=digits)


@pytest.mark.parametrize("name", DEGREES)
def test_polynomials_have_eight_digits_or_a_warning(name: str) -> None:
    frame, intercept = data(name), not name.startswith("NoInt")
    y, x = ([Fraction(v) for v in frame[column]] for column in "yx")
    exact = solved(y, [[v**p for p in range(1 - intercept, DEGREES[name] + 1)] for v in x])
    terms = ["x", *(f"x^{p}" for p in range(2, DEGREES[name] + 1))]
    found = fit_pooled(f"y ~ {'' if intercept else '0 + '}{' + '.join(terms)}", frame[["y", "x"]].astype(float), covariance="iid")
    keys = {w.key for w in found.warnings}
    assert ("near_collinear" in keys) == (name == "Filip")
    assert ("perfect_fit" in keys) == (name in EXACT)
    # the tenth powers of Filip, rounded to double precision, move the exact solution by 2.5e-8
    compare(found, exact, len(frame), 1e-7 if name == "Filip" else DIGITS)


def test_filip_is_solved_as_exactly_as_its_rounded_powers_allow() -> None:
    frame = data("Filip").astype({"y": float, "x": float})
    x = frame["x"].to_numpy()
    exact = solved([Fraction(v) for v in frame["y"]], [[Fraction(float(v**p)) for p in range(11)] for v in x])
    found = fit_pooled("y ~ " + " + ".join(["x", *(f"x^{p}" for p in range(2, 11))]), frame, covariance="iid")
    assert found.beta == pytest.approx([float(b) for b in exact[0]], rel=1e-9)


def test_longley_has_eight_digits() -> None:
    import statsmodels.api as sm

    frame = pd.DataFrame(sm.datasets.longley.load_pandas().data).rename(columns=str.lower)
    names = ["gnpdefl", "gnp", "unemp", "armed", "pop", "year"]
    X = [[Fraction(1), *(Fraction(str(row[name])) for name in names)] for row in frame.to_dict("records")]
    exact = solved([Fraction(str(v)) for v in frame["totemp"]], X)
    compare(fit_pooled(f"totemp ~ {' + '.join(names)}", frame, covariance="iid"), exact, 16, DIGITS)


@pytest.mark.parametrize("name", ["Wampler4", "Wampler5", "Filip", "Pontius"])
def test_polynomials_with_effects_have_the_digits_of_their_dummies(name: str) -> None:
    """The set twice, in two groups a constant apart, against fractions of the powers as doubles hold them."""
    one = data(name).astype({"y": float, "x": float})
    frame = pd.concat([one.assign(g="a"), one.assign(g="b", y=one["y"] + 12345.0)], ignore_index=True)
    powers = range(1, DEGREES[name] + 1)
    dummies = [[Fraction(int(g == "a")), Fraction(int(g == "b"))] for g in frame["g"]]
    X = [[*d, *(Fraction(float(x**p)) for p in powers)] for d, x in zip(dummies, frame["x"].to_numpy(), strict=True)]
    exact = [float(b) for b in solved([Fraction(v) for v in frame["y"]], X)[0]]
    terms = ["x", *(f"x^{p}" for p in powers[1:])]
    assert fit_within(f"y ~ {' + '.join(terms)} | g", frame, covariance="iid").beta == pytest.approx(exact[2:], rel=1e-9)
    assert fit_pooled(f"y ~ {' + '.join(terms)} + C(g)", frame, covariance="iid").beta[1:-1] == pytest.approx(exact[2:], rel=1e-9)


def panel(scale: float) -> Panel:
    """Columns of the size 1e9 and 1e-9 with means a thousand times their spread, over an unbalanced panel."""
    rng = np.random.default_rng(1)
    i, t = np.repeat(np.arange(60), 10), np.tile(np.arange(10), 60)
    frame = pd.DataFrame({"id": i, "t": t, "x": rng.normal(size=600) + rng.normal(size=60)[i], "z": rng.normal(size=600)})
    frame["d"] = frame["z"] + rng.normal(size=600)
    frame["y"] = frame["x"] - frame["d"] + rng.normal(size=60)[i] + rng.normal(size=600)
    frame = frame[rng.random(600) < 0.9]
    return Panel(frame.assign(x=frame["x"] * scale + 1e3 * scale, z=frame["z"] / scale, d=frame["d"] / scale), "id", "t")


FITS: dict[str, Callable[[Panel], Estimate]] = {
    "pooled": lambda p: fit_pooled("y ~ x + d", p),
    "within": lambda p: fit_within("y ~ x + d | id + t", p),
    "between": lambda p: fit_between("y ~ x + d", p),
    "random": lambda p: fit_random("y ~ x + d", p),
    "baltagi_chang": lambda p: fit_random("y ~ x + d", p, components="baltagi_chang"),
    "wallace_hussain": lambda p: fit_random("y ~ x + d", p, components="wallace_hussain"),
    "amemiya": lambda p: fit_random("y ~ x + d", p, components="amemiya"),
    "nerlove": lambda p: fit_random("y ~ x + d", p, components="nerlove"),
    "differences": lambda p: fit_differences("y ~ x + d", p),
    "instruments": lambda p: fit_instruments("y ~ x | id | d ~ z", p),
}


@pytest.mark.parametrize("name", FITS)
def test_badly_scaled_panels_give_the_rescaled_coefficients(name: str) -> None:
    plain, scaled = FITS[name](panel(1.0)), FITS[name](panel(1e9))
    for term, unit in (("x", 1e9), ("d", 1e-9)):
        assert scaled.coefficient(term).estimate * unit == pytest.approx(plain.coefficient(term).estimate, rel=1e-9)
        assert scaled.coefficient(term).std_error * unit == pytest.approx(plain.coefficient(term).std_error, rel=1e-9)
