"""From R&D to sales: against sums and regressions written out here on the columns as published."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from toolkit.data import load, load_frame
from toolkit.measure import bootstrap_efficiency, envelopment
from toolkit.panel import Panel
from toolkit.studies.conversion import efficiency, flows, forces, model, production, sales, technology

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
    for said in (sales.finding(sold()), production.finding(produced())):
        assert "{" not in said.text.en + said.text.zh


@cache
def staged() -> dict[efficiency.Key, efficiency.Efficiency]:
    return efficiency.run(panel(), draws=20)


def test_scores_are_best_ratios_where_one_input_would_do() -> None:
    """With one input and one output constant returns compare ratios; more inputs can only raise a score."""
    frame = model.sector_panel(panel(), model.SECTORS["industry"]).frame
    means = (
        frame[frame["year"].isin([2018, 2019, 2020, 2021, 2023])].groupby("province")[["new_product_sales", "new_product_dev_exp"]].mean()
    )
    ratio = means["new_product_sales"] / means["new_product_dev_exp"]
    found = staged()["industry", "sales"].found
    assert list(found.labels) == list(means.index)
    assert (found.scores >= (ratio / ratio.max()).to_numpy() - 1e-6).all()
    assert str(ratio.idxmax()) in found.frontier


def test_stages_are_of_provinces_with_all_series() -> None:
    assert {key: len(found.found.labels) for key, found in staged().items()} == {
        ("industry", "patents"): 31,
        ("industry", "sales"): 31,
        ("hightech", "patents"): 31,
        ("hightech", "sales"): 30,  # Tibet's sales of new products are blank
    }
    for found in staged().values():
        assert (found.corrected <= found.found.scores).all()
        assert list(found.frontier.labels) == list(found.found.labels)
        assert found.peer in found.found.frontier
        rest = pd.Series(found.found.scores, found.found.labels).drop(found.peer)
        assert (found.without_peer >= rest - 1e-6).all()  # a frontier with one province less is no higher


def test_intervals_are_too_short_for_so_few_provinces() -> None:
    """Why the chapter prints none: on Cobb-Douglas frontiers over the provinces' own inputs they hold the truth too seldom."""
    rng, held = np.random.default_rng(19980101), []
    for key in ("industry", "hightech"):
        found = staged()[key, "sales"]
        best = np.exp(np.log(found.found.inputs).mean(axis=1))
        spread = float(np.sqrt((np.log(found.corrected) ** 2).mean()))
        for _ in range(2):
            truth = np.exp(-np.abs(rng.normal(0, spread, len(best))))
            again = bootstrap_efficiency(envelopment(found.found.inputs, best * truth, orientation="output"), rng=rng, draws=40)
            held.append((again.low <= truth) & (truth <= again.high))
    assert 0.5 < float(np.concatenate(held).mean()) < 0.9


def test_technology_by_hand() -> None:
    found = technology.run(panel(), series())
    assert found.level("industry", "foreign", 2023) == pytest.approx(100 * 390.2437 / 20969.90, abs=5e-4)
    assert found.level("industry", "assimilation", 2018) == pytest.approx(100 * 910077.0 / 4652681.0, abs=5e-4)
    assert found.level("hightech", "renovation", 2023) == pytest.approx(100 * 6261224.0 / 69602196.0, abs=EXACT)
    assert list(found.imports["industry"].index[:2]) == ["Guangdong", "Shanghai"]
    assert found.published["industry"] == (26, 22)


def test_bounds_hold_every_matrix_with_these_margins() -> None:
    """Random matrices of source by performer, whose margins alone are shown, lie inside, and the linear programme reaches both ends."""
    rng = np.random.default_rng(2)
    for _ in range(200):
        cells = rng.exponential(1.0, (3, 3)) * [[5, 0.5, 0.5], [1, 2, 2], [0.2, 0.2, 0.2]]  # enterprises, government, other: payers
        industry = cells[:, 0] * rng.uniform(0.2, 0.9, 3)
        row = {
            "year": 2020,
            "rd_funds_enterprise": cells[0].sum(),
            "rd_funds_gov": cells[1].sum(),
            "rd_perf_enterprise": cells[:, 0].sum(),
            "rd_expenditure": cells.sum(),
            "ind_rd_funds_enterprise": industry[0],
            "ind_rd_funds_gov": industry[1],
            "ind_rd_funds_foreign": industry[2] / 2,
            "ind_rd_funds_other": industry[2] / 2,
        }
        found = flows.source_bounds(pd.DataFrame([row])).set_index("share")
        truth = {"from_enterprises": cells[0, 1:].sum() / cells[:, 1:].sum(), "to_enterprises": cells[1, 0] / cells[1].sum()}
        for share, value in truth.items():
            assert found["low"][share] - 1e-6 <= 100 * value <= found["high"][share] + 1e-6


def test_bounds_by_hand() -> None:
    """2022, 100 million yuan: enterprises pay 24,323.3 and perform 23,878.6 of 30,782.9; in industry 18,851.25 own, 482.89 government's."""
    found = flows.run(panel(), series())
    low, high = found.ends("from_enterprises", 2022)
    others = 30782.88 - 23878.6
    assert low == pytest.approx(100 * (24323.29 - (23878.6 - 482.89 - 14.90 - 12.73)) / others, abs=0.01)
    assert high == pytest.approx(100 * (24323.29 - 18851.25) / others, abs=0.01)
    assert found.ends("from_enterprises", 2014) == (0.0, 100.0)  # margins alone say nothing
    contracts = found.contracts.set_index("province")
    assert (contracts["balance"] > 0).sum() == 9
    assert contracts.loc["Beijing", "balance"] == pytest.approx((8536.94 - 5024.7266) / (8536.94 + 5024.7266), abs=EXACT)


def test_other_exhibits_and_findings_in_both_languages() -> None:
    bought, flowing = technology.run(panel(), series()), flows.run(panel(), series())
    assert len(technology.over_time(bought).draw("zh").data) == 48  # 2 sectors, 4 ratios, 6 years
    assert len(flows.sources(flowing).draw("zh").data) == 10
    assert len(flows.contracts(flowing).draw("en").data) == 31
    assert len(efficiency.map_of_stages(staged()).draw("en").data) == 61
    for said in (efficiency.finding(staged()), technology.finding(bought), flows.finding(flowing)):
        assert "{" not in said.text.en + said.text.zh


def test_exported_and_foreign_shares_and_one_vintage_a_column() -> None:
    rows = forces.run(series()).rows.set_index("year")
    published = series().set_index("year")
    assert rows.loc[2023, "exported"] == pytest.approx(
        100 * published.loc[2023, "hightech_new_product_exports"] / published.loc[2023, "hightech_new_product_sales"]
    )
    abroad, home = (published.loc[2020, f"hightech_{name}"] for name in ("foreign_tech_import", "domestic_tech_purchase"))
    assert rows.loc[2020, "foreign"] == pytest.approx(100 * abroad / (abroad + home))
    assert np.isnan(rows.loc[2024, "three_new_share"])  # on the basis of the census
    assert rows.loc[2024, "three_new_share_revised"] == published.loc[2024, "three_new_share"]
    assert rows.loc[2023, "three_new_share"] != rows.loc[2023, "three_new_share_revised"]
