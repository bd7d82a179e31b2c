"""From R&D to sales: against sums and regressions written out here on the columns as published."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from toolkit.data import load, load_frame
from toolkit.panel import Panel
from toolkit.studies.conversion import model, production, sales

EXACT = 1e-9  # two routes through the same sums
ROUNDED = 1e-3  # national rows against sums of provinces, whose blanks are nil or withheld


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def series() -> pd.DataFrame:
    return load_frame("national_series")


@cache
def sold() -> sales.Sales:
    return sales.run(panel(), series())


@cache
def produced() -> dict[production.Key, production.Production]:
    return production.run(panel())


def test_money_is_in_one_unit() -> None:
    """R&D of high-technology manufacturing is printed in 10,000 yuan, that of industry in 100 million."""
    frame = panel().between(2018, 2023).frame
    high = model.sector_panel(panel(), model.SECTORS["hightech"]).frame
    industry = model.sector_panel(panel(), model.SECTORS["industry"]).frame
    assert high["rd_expenditure"].to_numpy() == pytest.approx(frame["hightech_rd_expenditure"].to_numpy() / 1e4)
    assert industry["rd_expenditure"].equals(frame["ind_rd_expenditure"])
    assert industry["new_product_dev_exp"].to_numpy() == pytest.approx(frame["ind_new_product_dev_exp"].to_numpy() / 1e4)


def test_national_rows_are_the_sums_of_the_provinces() -> None:
    for sector in model.SECTORS.values():
        nation = model.national(series(), sector)
        summed = model.sector_panel(panel(), sector).frame.groupby("year")[["rd_expenditure", "new_product_sales"]].sum()
        assert (nation[["rd_expenditure", "new_product_sales"]] / summed - 1).abs().to_numpy().max() < ROUNDED


def test_ratios_by_hand() -> None:
    """From the printed national figures: 341,334 over 20,969.9 in 2023; 85,890 over 6,960.2 in high technology."""
    assert sold().level("industry", "to_rd", 2023) == pytest.approx(341334.0 / 20969.9, abs=5e-4)
    assert sold().level("hightech", "to_rd", 2023) == pytest.approx(858901500.0 / 69602196.0, abs=EXACT)
    assert sold().revenue[2023] == pytest.approx(100 * 85890.15 / 224693.0, abs=EXACT)


def test_share_between_provinces_is_that_of_an_analysis_of_variance() -> None:
    frame = model.sector_panel(panel(), model.SECTORS["industry"]).frame
    frame = frame.assign(ratio=np.log(frame["new_product_sales"] / frame["rd_expenditure"]))
    both = smf.ols("ratio ~ C(province) + C(year)", frame).fit()
    years = smf.ols("ratio ~ C(year)", frame).fit()
    expected = 100 * (years.ssr - both.ssr) / years.ssr
    assert sold().spread.set_index(["sector", "ratio"]).loc[("industry", "to_rd"), "between"] == pytest.approx(expected, abs=1e-6)


def test_elasticities_are_those_of_dummies() -> None:
    frame = model.sector_panel(panel(), model.SECTORS["industry"]).frame
    logs = np.log(frame[["new_product_sales", "rd_expenditure", "rd_fte"]]).assign(province=frame["province"], year=frame["year"])
    for name, dummies in (("pooled", "C(year)"), ("two_way", "C(province) + C(year)")):
        lsdv = smf.ols(f"new_product_sales ~ rd_expenditure + rd_fte + {dummies}", logs).fit()
        found = produced()["industry", "new_product_sales", name]
        assert found.rd.estimate == pytest.approx(lsdv.params["rd_expenditure"], abs=1e-7)
        assert found.personnel.estimate == pytest.approx(lsdv.params["rd_fte"], abs=1e-7)


def test_the_scale_elasticity_is_the_sum() -> None:
    for found in produced().values():
        assert found.scale.estimate == pytest.approx(found.rd.estimate + found.personnel.estimate, abs=1e-7)
        assert found.scale.low <= found.scale.estimate <= found.scale.high


def test_exhibits_and_findings_in_both_languages() -> None:
    assert (
        len(sales.over_time(sold()).draw("zh").data) == 35
    )  # 2 sectors, 3 ratios, 6 years; personnel of industry 2019 has no national row
    assert len(production.scale(produced()).draw("en").data) == 24
    assert len(production.table(produced()).data) == 24
    for said in (sales.finding(sold()), production.finding(produced())):
        assert "{" not in said.text.en + said.text.zh
    assert "wild" not in "".join(production.table(produced()).table("zh").notes)
