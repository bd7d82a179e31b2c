"""Drivers: shares against orders of entry written out here, slopes against dummies, and no driver that is part of the outcome."""

from __future__ import annotations

from functools import cache
from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load, load_frame
from toolkit.estimate import fit
from toolkit.panel import Panel
from toolkit.studies.drivers_and_costs import drivers
from toolkit.studies.drivers_and_costs.series import FISCAL, MARKET, PAPERS, PATENTS, with_market

EXACT = 1e-8  # two routes through the same least squares
DRAWS = 99  # enough for the shape of the results; the notebook takes more


@cache
def sample() -> Panel:
    return with_market(load("provincial_panel"))


@cache
def results() -> drivers.DriverResults:
    return drivers.run(load("provincial_panel"), draws=DRAWS)


def _lagged() -> pd.DataFrame:
    """Outcome and series a year earlier, by pandas alone."""
    frame = sample().frame.sort_values(["province", "year"])
    columns = {
        PATENTS: "patent_in_force_invention",
        PAPERS: "papers_sci",
        MARKET: "gdp_neighbours",
        FISCAL: "fiscal_sci_exp",
    }
    rows = frame[["province", "year"]].assign(y=np.log(frame["rd_per_capita"].astype(float)))
    for term, name in columns.items():
        rows[term] = np.log(frame[name].astype(float)).groupby(frame["province"]).shift(1)
    return rows.dropna()


def test_neighbours_are_those_of_the_table_of_borders() -> None:
    pairs = load_frame("contiguity")
    beijing = pairs[(pairs["province_a"] == "Beijing") | (pairs["province_b"] == "Beijing")]
    near = set(beijing["province_a"]) | set(beijing["province_b"])
    frame = sample().frame.set_index(["province", "year"])
    mean = np.mean([float(frame.loc[(name, 2015), "gdp"]) for name in near - {"Beijing"}])
    assert near - {"Beijing"} == {"Tianjin", "Hebei"}
    assert float(frame.loc[("Beijing", 2015), "gdp_neighbours"]) == pytest.approx(mean)


def test_slopes_are_those_of_dummies() -> None:
    rows = _lagged()
    dummies = pd.get_dummies(rows[["province", "year"]].astype(str), drop_first=True).to_numpy(float)
    terms = [PATENTS, PAPERS, MARKET, FISCAL]
    matrix = np.column_stack([rows[terms].to_numpy(), np.ones(len(rows)), dummies])
    slopes = np.linalg.lstsq(matrix, rows["y"].to_numpy(), rcond=None)[0][:4]
    baseline = results().slopes[results().slopes["model"] == "baseline"]
    assert baseline["term"].tolist() == terms
    assert baseline["estimate"].to_numpy() == pytest.approx(slopes, abs=EXACT)
    assert set(baseline["rows"]) == {403} == {len(rows)}


def test_shares_are_the_mean_over_orders_of_entry() -> None:
    blocks = drivers.BASELINE.blocks
    complete = sample().between(2011, 2023)

    def r2(names: tuple[str, ...]) -> float:
        terms = [term for name in names for term in blocks[name]]
        return fit(f"log(rd_per_capita) ~ {' + '.join(terms)} | province + year", sample()).statistics["r2_within"] if terms else 0.0

    orders = list(permutations(blocks))
    expected = [np.mean([r2(o[: o.index(b) + 1]) - r2(o[: o.index(b)]) for o in orders]) for b in blocks]
    found = results().baseline.decomposition
    assert len(complete.frame) == found.rows
    assert found.values == pytest.approx(expected, abs=EXACT)


def test_no_driver_is_research_or_a_denominator() -> None:
    for chosen in drivers.VARIANTS.values():
        terms = " ".join(term for block in chosen.blocks.values() for term in block)
        for part in ("rd_", "fte", "gdp_per_capita", "openness", "population"):
            assert part not in terms.replace("gdp_neighbours", "")


def test_one_province_left_out_is_a_fit_without_it() -> None:
    rest = sample().keep(sample().frame["province"] != "Hainan")
    alone = fit(drivers.BASELINE.formula, rest)
    for row in results().slopes.query("model == 'no_hainan'").itertuples():
        assert row.estimate == pytest.approx(alone.coefficient(f"L({row.term}, 1)").estimate, abs=EXACT)
        whole = results().slope("baseline", str(row.term))
        assert whole["least"] <= row.estimate <= whole["most"]
        assert whole["least"] < whole["estimate"] < whole["most"]
    place = results().left_out.left_out.index("Hainan")
    assert results().left_out.values[place] == pytest.approx(results().variants["no_hainan"].decomposition.values, abs=EXACT)


def test_intervals_hold_estimates_and_shares_sum() -> None:
    slopes = results().slopes
    assert ((slopes["low"] < slopes["estimate"]) & (slopes["estimate"] < slopes["high"])).all()
    assert slopes.groupby("model")["share"].sum(min_count=1).drop(["trends", "region_years"]).to_numpy() == pytest.approx(1.0)
    assert slopes.loc[slopes["model"] == "trends", "share"].isna().all()
    drawn = drivers.shares(results()).draw("en").data
    assert drawn.groupby("sample")["estimate"].sum(min_count=1).dropna().to_numpy() == pytest.approx(100.0)
    assert drawn[["low", "high"]].to_numpy().min() >= 0
    assert drawn[["low", "high"]].to_numpy().max() <= 100
    assert drivers.slopes(results()).data["share"].max() < 100


def test_the_same_seed_gives_the_same_intervals() -> None:
    assert np.array_equal(drivers.run(load("provincial_panel"), draws=DRAWS).baseline.values, results().baseline.values)


def test_finding_says_signs_beside_shares() -> None:
    said = drivers.finding(results())
    assert "0.27 [0.15, 0.37]" in said.text.en
    assert "0.27[0.15, 0.37]" in said.text.zh
    assert said.values["r2"] == pytest.approx(0.484, abs=0.001)
    assert said.values["push"] + said.values["pull"] + said.values["support"] == pytest.approx(1.0)
