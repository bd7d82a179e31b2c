"""Technology contracts over all published years: against the file, the provincial panel and the nation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from toolkit.data import load

RAW = Path(__file__).parents[2] / "data_raw" / "yearbook" / "yearbook_panel.csv"
COLUMNS = {
    "tech_market_outflow_value": "tech_market_value",
    "tech_market_inflow_value": "tech_market_inflow",
    "tech_market_outflow_contracts": "tech_market_outflow_contracts",
    "tech_market_inflow_contracts": "tech_market_inflow_contracts",
}


@pytest.fixture(scope="module")
def contracts() -> pd.DataFrame:
    return load("technology_contracts").frame


def test_every_cell_of_the_file_is_there_in_its_unit(contracts: pd.DataFrame) -> None:
    rows = pd.read_csv(RAW)
    ours = contracts.set_index(["adcode", "year"]).sort_index()
    for indicator, column in COLUMNS.items():
        theirs = rows[(rows["indicator"] == indicator) & (rows["adcode"] != 0)].set_index(["adcode", "year"])["value"]
        unit = 10_000 if "value" in indicator else 1  # 10,000 yuan in 100 million yuan
        pd.testing.assert_series_equal(ours[column].dropna() * unit, theirs.sort_index(), check_names=False, check_dtype=False)
    assert sorted(contracts["year"].unique()) == [2000, 2005, 2010, *range(2012, 2024)]
    assert contracts.groupby("year")["province"].nunique().eq(31).all()


def test_provinces_stay_below_the_nation(contracts: pd.DataFrame) -> None:
    rows = pd.read_csv(RAW).query("adcode == 0").pivot(index="year", columns="indicator", values="value")
    sums = contracts.groupby("year")[list(COLUMNS.values())].sum()
    for indicator, column in COLUMNS.items():
        share = sums[column] / rows[indicator] * (10_000 if "value" in indicator else 1)
        assert share.max() <= 1 + 1e-6  # parties abroad or unknown stand in the national row alone
        assert share.min() > 0.75


def test_later_years_are_those_of_the_provincial_panel(contracts: pd.DataFrame) -> None:
    both = contracts.merge(load("provincial_panel").frame, on=["province", "year"], suffixes=("", "_panel"))
    for column, off in (("tech_market_value", 0.0051), ("tech_market_inflow", 0.0)):  # the database prints hundredths
        assert (both[column] - both[f"{column}_panel"]).abs().max() <= off
