"""Convergence and dynamics of the study: slopes, ranks and transitions against loops over the published cells, and honest notes."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from raw_cells import provincial_rows
from scipy import stats

from toolkit.data import load
from toolkit.errors import MeasureError
from toolkit.measure import BetaConvergence, moran, neighbour_mean, spatial_markov, states_by_quantiles
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.studies.convergence import chains, clubs, dispersion, growth, neighbours, ranks, series
from toolkit.studies.convergence.series import grid

EXACT = 1e-9
FIRST_AND_LAST = {"rd_intensity": (2010, 2024), "patents_per_10k": (2010, 2024), "researchers_per_10k": (2010, 2023)}
RATIO = {
    "rd_intensity": ("rd_expenditure", "gdp"),
    "patents_per_10k": ("patent_grant_invention", "population"),
    "researchers_per_10k": ("rd_researchers_fte", "population"),
}


@cache
def panel() -> Panel:
    return series.with_ratios(load("provincial_panel").between(2010, 2024))


@cache
def sigma() -> dict[str, dispersion.Dispersion]:
    return dispersion.sigma(panel())


@cache
def beta() -> dict[tuple[str, str], BetaConvergence]:
    return growth.beta(panel())


@cache
def moved() -> pd.DataFrame:
    return ranks.ranks(panel())


@cache
def found_chains() -> dict[str, chains.Moves]:
    return chains.chains(panel())


@cache
def around() -> dict[str, neighbours.NeighbourTransitions]:
    return neighbours.spatial(panel())


def notes(table: TableExhibit) -> tuple[str, str]:
    """What stands under a table, in English and Chinese."""
    return tuple(" ".join(table.table(language).notes) for language in ("en", "zh"))  # type: ignore[return-value]


@cache
def raw() -> dict[str, dict[int, dict[str, float]]]:
    found: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in provincial_rows():
        found[row["indicator"]][int(row["year"])][row["adcode"]] = float(row["value"])
    return found


def ratio(variable: str, year: int) -> dict[str, float]:
    above, below = (raw()[name][year] for name in RATIO[variable])
    return {code: above[code] / below[code] for code in above}


@pytest.mark.parametrize("variable", list(RATIO))
def test_dispersion_of_logs_from_the_raw_file(variable: str) -> None:
    own = sigma()[variable]
    first, last = FIRST_AND_LAST[variable]
    assert list(own.by_year) == list(range(first, last + 1))
    for year in (first, last):
        logs = [math.log(value) for value in ratio(variable, year).values()]
        mean = sum(logs) / 31
        assert own.by_year[year] == pytest.approx(math.sqrt(sum((value - mean) ** 2 for value in logs) / 31), abs=EXACT)
    start, end = (np.log([ratio(variable, year)[code] for code in sorted(ratio(variable, year))]) for year in (first, last))
    assert own.change.p_value == pytest.approx(stats.pearsonr(end + start, end - start)[1])


def test_the_windows_and_what_is_long_enough() -> None:
    years = {variable: list(found.by_year) for variable, found in sigma().items()}
    assert (min(years["papers_per_10k"]), max(years["papers_per_10k"])) == (2010, 2022)
    assert years["tech_market_to_gdp"] == list(range(2017, 2025))  # Tibet is blank before
    assert years["new_products_to_gdp"] == list(range(2018, 2024))
    assert years["certified_per_10k"] == list(range(2020, 2025))
    assert set(series.VARIABLES) - set(series.long_enough(panel())) == {"new_products_to_gdp", "certified_per_10k"}


def test_what_moves_the_slope_is_found_by_leaving_each_province_out() -> None:
    own = sigma()["tech_market_to_gdp"]
    spread = np.log(grid(panel(), "tech_market_to_gdp").drop("Tibet")).std(ddof=0)
    assert own.province == "Tibet"
    assert own.without == pytest.approx(np.polyfit(np.asarray(spread.index, dtype=float), spread, 1)[0])


def test_falling_needs_both_the_ends_and_the_slope() -> None:
    for found in sigma().values():
        assert found.falls == (found.change.p_value < 0.05 and found.change.last < found.change.first and found.change.high < 0)
        assert not (found.falls and found.rises)
    assert [variable for variable, found in sigma().items() if found.falls] == ["papers_per_10k"]


@pytest.mark.parametrize("variable", list(RATIO))
def test_absolute_beta_is_the_slope_of_growth_on_the_first_level(variable: str) -> None:
    first, last = FIRST_AND_LAST[variable]
    start, end = ratio(variable, first), ratio(variable, last)
    x = np.array([math.log(start[code]) for code in start])
    y = np.array([math.log(end[code] / start[code]) / (last - first) for code in start])
    slope = np.polyfit(x, y, 1)[0]
    found = beta()[variable, "absolute"]
    assert found.beta.estimate == pytest.approx(slope)
    assert found.speed is not None
    assert found.speed.estimate == pytest.approx(-math.log(1 + slope * (last - first)) / (last - first))


def test_conditional_beta_is_that_of_statsmodels() -> None:
    import statsmodels.api as sm

    frame = panel().frame
    start, end = (frame[frame["year"] == year].set_index("province") for year in (2010, 2024))
    x = pd.DataFrame({"y": np.log(start["rd_intensity"]), "gdp": np.log(start["gdp_per_capita"])})
    for region in ("Central", "West", "Northeast"):
        x[region] = (start["region4"] == region).astype(float)
    model = sm.OLS(np.log(end["rd_intensity"] / start["rd_intensity"]) / 14, sm.add_constant(x)).fit(cov_type="HC1")
    found = beta()["rd_intensity", "conditional"].beta
    assert (found.estimate, found.std_error) == (pytest.approx(model.params["y"]), pytest.approx(model.bse["y"]))


@pytest.mark.parametrize("variable", series.SHOWN)
def test_the_scatter_has_the_slope_of_the_table(variable: str) -> None:
    own = growth.scatter(panel()).draw("en").data.query("variable == @variable")
    assert len(own) == 31
    assert np.polyfit(own["log_initial"], own["growth"], 1)[0] == pytest.approx(100 * beta()[variable, "absolute"].beta.estimate)


def test_figures_have_their_series() -> None:
    assert set(dispersion.over_time(sigma()).draw("en").data["variable"]) == set(series.VARIABLES)


def test_half_life_is_left_out_where_the_speed_may_be_zero() -> None:
    table = growth.equations(panel(), beta()).data
    lowest = np.array([found.speed.low if found.speed else np.nan for found in beta().values()])
    assert (table["half_life"].isna() == (lowest <= 0)).all()
    shown = table.dropna(subset=["half_life"])
    assert shown["half_life"].to_numpy() == pytest.approx(math.log(2) / (shown["speed"].to_numpy() / 100))


def test_ranks_from_the_raw_file_and_their_correlation() -> None:
    codes = panel().frame.drop_duplicates("province").set_index("province")["adcode"].astype(str)
    own = moved().query("variable == 'rd_intensity'").set_index("province")
    for column, year in (("first", 2010), ("last", 2024)):
        values = ratio("rd_intensity", year)
        order = sorted(values, key=lambda code, values=values: -values[code])  # type: ignore[misc]
        assert {p: order.index(codes[p]) + 1 for p in own.index} == own[column].to_dict()
    assert own["up"].sum() == 0
    wide = grid(panel(), "papers_per_10k")
    assert ranks.correlations(moved())["papers_per_10k"] == pytest.approx(stats.spearmanr(wide[2010], wide[2022])[0])


def test_transitions_are_counted_pair_by_pair() -> None:
    values = series.relative(panel(), "rd_intensity")
    found = found_chains()["rd_intensity"]
    k = len(found.chain.labels)
    cuts = np.quantile(values.to_numpy(), np.arange(1, k) / k)
    counts = np.zeros((k, k), dtype=int)
    for row in values.to_numpy():
        for a, b in itertools.pairwise([sum(value > cut for cut in cuts) for value in row]):
            counts[a, b] += 1
    assert found.chain.counts.tolist() == counts.tolist()
    stay, rise, fall = found.shares
    assert stay + rise + fall == pytest.approx(100)
    assert rise == pytest.approx(100 * sum(counts[a, b] for a in range(k) for b in range(k) if b > a) / counts.sum())
    ranks_of_year = values.rank(method="max").to_numpy()  # 31 provinces: a class of the year is a range of ranks
    classes = np.ceil((ranks_of_year - 1) * k / (len(values) - 1)).clip(1)
    stayed = 100 * np.mean(classes[:, 1:] == classes[:, :-1])
    assert chains.table(found_chains()).data.set_index("variable").loc["rd_intensity", "stay_yearly"] == pytest.approx(stayed)


def test_the_long_run_is_there_only_where_the_tests_allow_it() -> None:
    table = chains.table(found_chains()).data.set_index("variable")
    for variable, own in found_chains().items():
        allowed = own.order.lr_p >= 0.05 and own.halves.lr_p >= 0.05
        assert (own.long_run is not None) == allowed
        assert (table.loc[variable, ["bottom", "top", "up"]] == "–").all() == (not allowed)
    open_end = [own.long_run for own in found_chains().values() if own.long_run and np.isinf(own.long_run.up_high)]
    assert all(one.dead_ends > 0.025 for one in open_end)


def test_no_number_of_classes_is_an_error_with_a_reason() -> None:
    """Shares that never change class: no class can be reached from another."""
    frame = panel().frame.copy()
    for variable in series.VARIABLES:
        frame[variable] = frame["adcode"].rank(method="dense")
    with pytest.raises(MeasureError, match="dead end"):
        chains.chains(Panel(frame, "province", "year"))


def test_neighbours_follow_the_usual_convention() -> None:
    """Rook contiguity with 31 units; Hainan has Guangdong as its only neighbour, and rows sum to one."""
    weights = neighbours.borders()
    place = {name: i for i, name in enumerate(weights.ids)}
    assert weights.matrix.sum(axis=1) == pytest.approx(np.ones(31))
    assert weights.matrix[place["Hainan"], place["Guangdong"]] == 1.0
    assert not weights.islands
    near = {weights.ids[j] for j in np.flatnonzero(weights.matrix[place["Beijing"]])}
    assert near == {"Tianjin", "Hebei"}


def test_both_p_values_are_of_the_same_statistic_and_all_transitions_are_in_it() -> None:
    for variable, found in around().items():
        assert found.shuffled.lr == pytest.approx(found.markov.test.lr)
        assert found.markov.counts.sum() == found_chains()[variable].chain.counts.sum()
    values = series.relative(panel(), "in_force_per_10k")
    lag = neighbour_mean(values, neighbours.borders())
    again = spatial_markov(states_by_quantiles(values, 3), states_by_quantiles(lag, 3))
    near_high = again.counts[-1]
    assert around()["in_force_per_10k"].rise_high == pytest.approx(100 * np.triu(near_high, 1).sum() / near_high[:2].sum())


def test_neighbours_are_alike_as_measured_elsewhere() -> None:
    """A separate run on the same borders gave 0.370 for R&D intensity and 0.271 for contracts in 2023, p at most 0.003 for the first."""
    values = {v: series.relative(panel(), v)[2023] for v in ("rd_intensity", "tech_market_to_gdp")}
    found = {v: moran(own, neighbours.borders(), rng=np.random.default_rng(1)) for v, own in values.items()}
    assert found["rd_intensity"].value == pytest.approx(0.370, abs=0.02)
    assert found["tech_market_to_gdp"].value == pytest.approx(0.271, abs=0.02)
    assert found["rd_intensity"].p_value <= 0.003
    assert around()["rd_intensity"].last.p_value <= 0.01


def test_notes_say_what_the_tests_rest_on() -> None:
    english, chinese = notes(dispersion.table(sigma()))
    assert "29 degrees of freedom whatever the number of years" in english
    assert "自由度29，与年数无关" in chinese
    assert "2018" in english  # the economic census inside the years of R&D expenditure
    assert "Hainan joined" in notes(neighbours.table(around()))[0]
    assert "999 permutations" in notes(neighbours.table(around()))[0]


def test_sentences_are_filled_from_the_results() -> None:
    said = growth.finding(beta())
    assert "cannot be estimated" in said.text.en
    assert "半衰期不可估（收敛速度不显著异于零）" in said.text.zh
    found = clubs.clubs(panel())
    assert "all 7 series" in clubs.finding(found).text.en
    assert clubs.finding(found).values["most"] == max(len(one.clubs) for one in found.values())
    said = dispersion.finding(sigma())
    assert "Tibet" in said.text.en
    assert "西藏" in said.text.zh
    assert ranks.finding(moved()).values["gained"] == moved().query("variable == 'rd_intensity'")["up"].max()
    said = chains.finding(found_chains())
    assert said.values["low"] == min(own.shares[0] for own in found_chains().values())
    none_left = {v: replace(own, long_run=None) for v, own in found_chains().items()}
    assert "No series is left" in chains.finding(none_left).text.en
    said = neighbours.finding(around())
    assert "R&D researchers" in said.text.en
    assert said.values["smallest"] == min(one.markov.test.smallest_expected for one in around().values())
