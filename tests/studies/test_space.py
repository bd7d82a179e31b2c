"""The chapter on space: first-look numbers of the referee and of the data, identities with the tables, and what is drawn."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load, load_frame
from toolkit.estimate import fit_within
from toolkit.measure import location_quotient
from toolkit.panel import Panel
from toolkit.studies.convergence.neighbours import borders
from toolkit.studies.space import alike, delta, flows, spillovers, tiers
from toolkit.transform import distance_matrix


@pytest.fixture(scope="module")
def panel() -> Panel:
    return load("provincial_panel")


@pytest.fixture(scope="module")
def neighbours(panel: Panel) -> alike.SpatialAutocorrelation:
    return alike.run(panel)


@pytest.fixture(scope="module")
def levels(panel: Panel) -> tiers.Tiers:
    return tiers.run(panel)


@pytest.fixture(scope="module")
def reach(panel: Panel) -> dict[str, spillovers.Spillover]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spillovers, "MAPS", 9)
        return spillovers.run(panel)


def test_moran_is_the_referees(neighbours: alike.SpatialAutocorrelation) -> None:
    value = neighbours.years.set_index(["variable", "year"])["value"]
    # Referee's report A9: contiguity, Guangdong and Hainan joined.
    assert value["rd_intensity", 2017] == pytest.approx(0.381, abs=5e-4)
    assert value["rd_intensity", 2023] == pytest.approx(0.370, abs=5e-4)
    assert value["tech_market_to_gdp", 2017] == pytest.approx(0.141, abs=5e-4)
    assert value["tech_market_to_gdp", 2023] == pytest.approx(0.271, abs=5e-4)


def test_local_values_average_to_the_global_one(neighbours: alike.SpatialAutocorrelation) -> None:
    last = neighbours.years.groupby("variable")["value"].last()
    for variable, local in neighbours.local.groupby("variable"):
        assert local["value"].mean() == pytest.approx(last[variable])
        slope = np.polyfit(local["z"], local["lag"], 1)[0]
        assert slope == pytest.approx(last[variable])


def test_the_row_without_neighbours_is_that_of_the_data_file(reach: dict[str, spillovers.Spillover], panel: Panel) -> None:
    budget, inside = reach["budget"], reach["inside"]
    assert (round(budget.within.estimate, 3), round(budget.within.std_error, 3)) == (0.242, 0.051)  # DATA_2
    assert (round(inside.within.estimate, 3), round(inside.within.std_error, 3)) == (0.003, 0.044)
    rho, beta, theta = (budget.durbin.coefficient(t).estimate for t in ("rho", "log(fiscal_sci_exp)", "W(log(fiscal_sci_exp))"))
    assert budget.effect("total")["estimate"] == pytest.approx((beta + theta) / (1 - rho))
    assert all(found.held > 60 for found in reach.values())
    for kind in ("direct", "indirect"):  # one link of 69 is gone
        assert budget.effect(kind, "island")["estimate"] == pytest.approx(budget.effect(kind)["estimate"], abs=0.05)
    assert {found.map_p for found in reach.values()} <= {k / 10 for k in range(1, 11)}


def test_the_durbin_model_without_rho_is_least_squares(panel: Panel) -> None:
    frame = panel.between(2010, 2023).frame
    wide = np.log(frame.pivot(index="province", columns="year", values="fiscal_sci_exp"))
    around = borders().ordered(wide.index.tolist()).matrix @ wide
    around.index = wide.index
    lagged = around.stack().loc[list(zip(frame["province"], frame["year"], strict=True))].to_numpy()
    both = fit_within(
        "log(rd_enterprise_intensity) ~ log(fiscal_sci_exp) + around | province + year",
        Panel(frame.assign(around=lagged), "province", "year"),
    )
    slx = spillovers.fit_spatial(
        "log(rd_enterprise_intensity) ~ log(fiscal_sci_exp) | province + year", panel.between(2010, 2023), borders(), model="SLX"
    )
    np.testing.assert_allclose(slx.beta, both.beta)


def test_tiers_cover_every_province_and_are_settled_for_most(levels: tiers.Tiers) -> None:
    assert levels.by_year.shape == (31, 14)
    assert set(levels.by_year.stack()) == set(tiers.TIERS)
    np.testing.assert_allclose(levels.stability.sum(axis=1), 1.0)
    last = levels.by_year[2023]
    assert {"Beijing", "Shanghai", "Jiangsu", "Guangdong"} <= set(last.index[last == "C"])
    assert {"Tibet", "Qinghai", "Hainan"} <= set(last.index[last == "L"])
    assert (levels.stability.max(axis=1) > 0.8).sum() >= 25
    assert levels.cores[last == "C"].min() >= levels.cores[last == "L"].max()  # the k-cores are nested in the same order


def test_tiers_under_resampling(levels: tiers.Tiers, panel: Panel) -> None:
    for found in (levels.without, levels.years):
        assert list(found.index) == list(levels.by_year.index)
        np.testing.assert_allclose(found.sum(axis=1), 1.0)
    last = levels.by_year[2023]
    usual = levels.without.idxmax(axis=1)
    assert (usual == last).sum() >= 28  # one province among thirty does not move the others
    # by hand: the network without Shanghai, from the table
    places = load_frame("provinces").set_index("province")
    rows = panel.frame[panel.frame["year"] == 2023].set_index("province").loc[places.index, list(tiers.RESOURCES)]
    masses = np.exp(np.log(rows / rows.sum()).mean(axis=1)).drop("Shanghai")
    km = distance_matrix(places.drop(index="Shanghai").reset_index())
    links = np.log(np.outer(masses, masses) / (km + np.eye(30)) ** 1.5)
    np.fill_diagonal(links, 0.0)
    found, _ = tiers.tiers_of(pd.DataFrame(links, index=masses.index, columns=masses.index))
    counted = {place: levels.without.loc[place, tier] for place, tier in found.items()}
    assert min(counted.values()) >= 1 / 30  # this network is among those that were counted
    assert set(tiers.unsettled(pd.DataFrame({"C": [0.9, 0.5], "R": [0.1, 0.5]}, index=["a", "b"]))) == {"b"}


def test_flows_are_those_of_the_table(panel: Panel, levels: tiers.Tiers) -> None:
    found, contracts = flows.run(panel, levels), load("technology_contracts").frame
    assert found.years == [2000, 2005, 2010, *range(2012, 2024)]
    core = levels.by_year.index[levels.by_year[2023] == "C"]
    balance = found.balance.set_index(["who", "year"])["value"]
    for year in (2000, 2023):
        rows = contracts[contracts["year"] == year].set_index("province")
        sold, bought = rows.loc[core, "tech_market_value"].sum(), rows.loc[core, "tech_market_inflow"].sum()
        assert balance["C", year] == pytest.approx(100 * (sold - bought) / (sold + bought))
        both = rows[["tech_market_value", "tech_market_inflow"]].dropna()
        assert found.two_way[year] == pytest.approx(2 * both.min(axis=1).sum() / both.to_numpy().sum())  # matched twice the smaller
        assert found.sellers[year].sum() == (both["tech_market_value"] > both["tech_market_inflow"]).sum()
    assert found.without["Tibet"] == [2000, 2005, 2010, *range(2012, 2017)]
    assert {who for who, _ in balance.index} == set(levels.by_year.index) | {"C", "R", "L"}
    assert found.bought.counts.periods == 13
    assert "2001, 2002, 2003, 2004, 2006, 2007, 2008, 2009, 2011" in flows.figure(found).draw("en").note


def test_growth_of_the_delta_is_the_sum_of_its_parts(panel: Panel) -> None:
    found = delta.run(panel)
    last = panel.frame[panel.frame["year"] == 2023].set_index("province")
    assert found.delta == tuple(load_frame("provinces").query("yrd == 1")["province"])
    assert found.quotients.loc["rd_basic", "Shanghai"] == pytest.approx(location_quotient(last["rd_basic"], last["gdp"])["Shanghai"])
    for kind, shift in found.shifts.items():
        np.testing.assert_allclose(shift.change, shift.national + shift.structural + shift.competitive, atol=1e-6)
        np.testing.assert_allclose(shift.competitive.sum(axis=0), 0.0, atol=1e-6 * shift.start.sum())
        np.testing.assert_allclose(shift.structural.sum(), 0.0, atol=1e-6 * shift.start.sum())
        growth = found.growth(kind)
        np.testing.assert_allclose(growth["change"], growth[["national", "structural", "competitive"]].sum(axis=1))
    performer = found.shifts["performer"].by_region().set_index("region")["start"]
    assert performer["Jiangsu"] == pytest.approx(panel.frame.query("year == 2018 and province == 'Jiangsu'")["rd_expenditure"].iloc[0])


def test_the_corridor_lies_between_its_bounds(panel: Panel) -> None:
    fractions = delta.run(panel).fractions
    assert (fractions["least"] < fractions["most"]).all()
    assert fractions.loc["people", "least"] == pytest.approx(
        57_896_391 / 1_410_130_000, rel=1e-3
    )  # the nine figures of the registry added up
    assert fractions.loc["product", "least"] == pytest.approx(80_330.43 / 1_283_801.5, rel=1e-4)
    assert fractions.loc["firms", "paper"] > fractions.loc["firms", "least"]
    assert fractions.loc["people", "least"] > 1 / 24.5  # the census of all nine is above what is printed as 1/25
    assert fractions.loc["product", "least"] < 1 / 14.5  # what the statement says: 1/15 may be right


def test_everything_is_drawn_and_told(
    panel: Panel, neighbours: alike.SpatialAutocorrelation, levels: tiers.Tiers, reach: dict[str, spillovers.Spillover]
) -> None:
    sold, parts = flows.run(panel, levels), delta.run(panel)
    figures = (
        *(make(neighbours) for make in (alike.over_time, alike.clusters, alike.scatter)),
        spillovers.figure(reach),
        tiers.figure(levels),
        flows.figure(sold),
        delta.quotients(parts),
    )
    for figure in figures:
        figure.draw("zh")
    assert [len(make(parts).table("zh").body) for make in (delta.shift_table, delta.corridor_table)] == [5 * 5, 3]
    told = (
        alike.finding(neighbours),
        spillovers.finding(reach),
        tiers.finding(levels),
        tiers.finding_of_duties(levels),
        flows.finding(sold),
        delta.finding(parts),
        delta.finding_corridor(parts),
    )
    assert all(str(text) for text in told)
