"""Notebook 14: shares by hand, the gap against printed figures, the random walk against a simulation, slopes against dummies."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from toolkit.data import load, load_frame
from toolkit.panel import Panel
from toolkit.studies.basic_research import lags, path, shares


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def composed() -> shares.Shares:
    return shares.run(panel(), load_frame("national_series"))


@cache
def course() -> path.Path:
    return path.run(load_frame("national_series"))


def test_shares_are_those_of_the_bulletin() -> None:
    """2,500.9 of 36,326.8 in 2024 is 6.88%, as printed; the preliminary figure was 6.91%."""
    assert composed().level("calculated", 2024) == pytest.approx(100 * 2500.9 / 36326.8, abs=5e-4)
    assert (composed().level("printed", 2024), composed().level("preliminary", 2024)) == (6.88, 6.91)


def test_provinces_by_hand() -> None:
    frame = load_frame("provincial_panel").set_index(["province", "year"])
    row = frame.loc[("Beijing", 2023)]
    expected = 100 * row["rd_basic"] / (row["rd_basic"] + row["rd_applied"] + row["rd_experimental"])
    assert composed().provinces.loc["Beijing", 2023] == pytest.approx(expected)
    assert composed().provinces.shape == (31, 14)


def test_gap_is_dated_and_against_the_same_year() -> None:
    """United States 2017: 17% against 975.49 of 17,606.13; Japan 2015 from its three activities; one row a place."""
    rows = composed().abroad.set_index("place")
    assert rows.index.is_unique
    assert rows.loc["United States", "gap"] == pytest.approx(17 - 100 * 975.49 / 17606.13, abs=1e-3)
    assert rows.loc["Japan", "abroad"] == pytest.approx(100 * 20259643.81 / (20259643.81 + 33772943.52 + 108317653.13), abs=1e-6)
    assert (rows["date"] != "").all()


def test_every_layer_of_the_flow_is_the_whole() -> None:
    sums = composed().flow.groupby("layer")["value"].sum()
    assert sums.to_numpy() == pytest.approx(30782.88, abs=0.1)


def test_drift_against_simulated_walks() -> None:
    """With the drift known to n draws, a new walk leaves the interval in 5% of the cases."""
    rng = np.random.default_rng(20)
    missed = 0
    for steps in rng.normal(0.02, 0.05, size=(4000, 12 + 6)):
        middle, half = path.drift(steps[:12], np.array([6.0]))
        missed += abs(steps[12:].sum() - middle[0]) > half[0]
    assert missed / 4000 == pytest.approx(0.05, abs=0.011)


def test_needed_growth_reaches_the_target() -> None:
    """Basic research at the needed growth over R&D at its own is 16% in 2035, from 2,500.9 of 36,326.8."""
    row = course().needs.loc["ten"]
    years = 2035 - 2024
    reached = 2500.9 * (1 + row["needed"] / 100) ** years / (36326.8 * (1 + row["growth"] / 100) ** years)
    assert 100 * reached == pytest.approx(16.0, abs=1e-3)
    assert course().money[1] - course().money[0] == pytest.approx(0.16 * 36326.8 - 2500.9, abs=0.1)


def test_projection_starts_where_the_series_ends() -> None:
    assert course().at("all", 2024)[["share", "low", "high"]].tolist() == pytest.approx([composed().level("calculated", 2024)] * 3)
    growth = 100 * ((6.884449 / 5.186640) ** (1 / 18) - 1)
    assert course().needs.loc["all", "drift"] == pytest.approx(growth, abs=1e-4)


def test_slopes_are_those_of_dummies() -> None:
    frame = load_frame("provincial_panel")
    frame = frame[frame["year"].between(2010, 2022)]
    logs = pd.DataFrame({name: np.log(frame[name]) for name in ("rd_basic", "papers_sci")}).assign(
        year=frame["year"], province=frame["province"]
    )
    found = lags.run(panel()).set_index(["link", "design"])["estimate"]
    for design, dummies in (("between", "C(year)"), ("within", "C(year) + C(province)")):
        expected = smf.ols(f"papers_sci ~ rd_basic + {dummies}", logs).fit().params["rd_basic"]
        assert found["basic_papers", design] == pytest.approx(expected, abs=1e-7)
    for lag in range(1, 4):
        logs[f"back{lag}"] = logs.groupby("province")["rd_basic"].shift(lag)
    summed = smf.ols("papers_sci ~ rd_basic + back1 + back2 + back3 + C(year) + C(province)", logs.dropna()).fit().params
    assert found["basic_papers", "sum"] == pytest.approx(summed[["rd_basic", "back1", "back2", "back3"]].sum(), abs=1e-7)
