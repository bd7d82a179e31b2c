"""Convergence and dynamics of the study: slopes, ranks and transitions against loops over the published cells, and honest notes."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from functools import cache

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.errors import MeasureError
from toolkit.measure import BetaConvergence, ClubConvergence, SigmaConvergence, SpatialMarkov
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.studies.convergence import chains, clubs, dispersion, distribution, growth, neighbours, ranks
from toolkit.studies.convergence.series import grid
from toolkit.studies.windows import chapter_years

EXACT = 1e-9
FIRST_AND_LAST = {"rd_intensity": (2017, 2024), "patents_per_10k": (2011, 2024), "tech_market_to_gdp": (2017, 2024)}
RATIO = {"rd_intensity": ("rd_expenditure", "gdp"), "patents_per_10k": ("patent_grant_invention", "population")}


@cache
def panel() -> Panel:
    return chapter_years(load("provincial_panel"))


@cache
def sigma() -> dict[str, SigmaConvergence]:
    return dispersion.sigma(panel())


@cache
def without_one() -> pd.DataFrame:
    return dispersion.without_one(panel())


@cache
def beta() -> dict[tuple[str, str], BetaConvergence]:
    return growth.beta(panel())


@cache
def found_clubs() -> dict[str, ClubConvergence]:
    return clubs.clubs(panel())


@cache
def moved() -> pd.DataFrame:
    return ranks.ranks(panel())


@cache
def found_chains() -> chains.Chains:
    return chains.chains(panel())


@cache
def spatial() -> dict[str, SpatialMarkov]:
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
    own = sigma()[variable].table.set_index("year")["sd_log"]
    first, last = FIRST_AND_LAST[variable]
    assert list(own.index) == list(range(first, last + 1))
    for year in (first, last):
        logs = [math.log(value) for value in ratio(variable, year).values()]
        mean = sum(logs) / 31
        assert own[year] == pytest.approx(math.sqrt(sum((value - mean) ** 2 for value in logs) / 31), abs=EXACT)


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
    start, end = (frame[frame["year"] == year].set_index("province") for year in (2017, 2024))
    x = pd.DataFrame({"y": np.log(start["rd_intensity"]), "gdp": np.log(start["gdp_per_capita"])})
    for region in ("Central", "West", "Northeast"):
        x[region] = (start["region4"] == region).astype(float)
    model = sm.OLS(np.log(end["rd_intensity"] / start["rd_intensity"]) / 7, sm.add_constant(x)).fit(cov_type="HC1")
    found = beta()["rd_intensity", "conditional"].beta
    assert (found.estimate, found.std_error) == (pytest.approx(model.params["y"]), pytest.approx(model.bse["y"]))


@pytest.mark.parametrize("variable", list(FIRST_AND_LAST))
def test_the_scatter_has_the_slope_of_the_table(variable: str) -> None:
    points = growth.points(panel(), variable)
    assert len(points) == 31
    slope = np.polyfit(np.log(points["initial"]), points["growth"], 1)[0]
    assert slope == pytest.approx(100 * beta()[variable, "absolute"].beta.estimate)


def test_figures_have_all_three_variables() -> None:
    for exhibit in (dispersion.over_time(sigma()), distribution.ridges(panel())):
        assert set(exhibit.draw("en").data["variable"]) == set(FIRST_AND_LAST)


@pytest.mark.parametrize(("variable", "years"), FIRST_AND_LAST.items())
def test_the_bump_chart_has_the_ranks_of_the_table(variable: str, years: tuple[int, int]) -> None:
    data = ranks.bump(panel(), variable).draw("en").data
    first, last = years
    assert sorted(set(data["year"])) == list(range(first, last + 1))
    ranked = data.query("year == @last").set_index("province")["value"].rank(ascending=False)
    own = moved().query("variable == @variable").set_index("province")["last"]
    assert (ranked[own.index] == own).all()


def test_titles_and_axes_name_the_variable() -> None:
    assert ranks.bump(panel(), "rd_intensity").draw("en").title.startswith("R&D intensity: ")
    drawing = growth.scatter(panel(), "patents_per_10k").draw("zh")
    assert drawing.figure.axes[0].get_xlabel() == "首年每万人发明专利授权（件/万人）"


def test_half_life_is_left_out_where_the_speed_may_be_zero() -> None:
    table = growth.equations(beta()).data
    lowest = np.array([found.speed.low if found.speed else np.nan for found in beta().values()])
    assert (table["half_life"].isna() == (lowest <= 0)).all()
    shown = table.dropna(subset=["half_life"])
    assert shown["half_life"].to_numpy() == pytest.approx(math.log(2) / (shown["speed"].to_numpy() / 100))


def test_influence_is_found_by_leaving_each_province_out() -> None:
    row = without_one().query("variable == 'tech_market_to_gdp' and slope == 'sigma'").iloc[0]
    wide = grid(panel(), "tech_market_to_gdp").drop("Tibet")
    dispersion = np.log(wide).std(ddof=0)
    assert row["province"] == "Tibet"
    assert row["without"] == pytest.approx(np.polyfit(np.asarray(dispersion.index, dtype=float), dispersion, 1)[0])
    assert row["low"] <= row["estimate"] <= row["high"]


def test_clubs_put_every_province_somewhere_once() -> None:
    data = clubs.tiles(found_clubs()).draw("en").data.dropna()
    for variable, found in found_clubs().items():
        own = data[data["panel"] == variable]
        sizes = own["class"].value_counts()
        assert own["province"].nunique() == len(own) == 31
        assert sizes.get("–", 0) == len(found.divergent)
        assert {str(c.number): len(c.members) for c in found.clubs} == sizes.drop("–", errors="ignore").to_dict()
    table = clubs.table(found_clubs()).data
    assert (table["converges"] == (table["t"] > -1.65)).all()  # the critical value of Phillips and Sul


def test_pairs_sorted_alike_is_one_for_the_same_partition_whatever_the_labels() -> None:
    one = pd.Series([1, 1, 2, 2, 0, 0])
    assert clubs.sorted_alike(one, one.replace({1: 7, 2: 3})) == 1.0
    assert clubs.sorted_alike(one, pd.Series([1, 1, 1, 1, 0, 0])) == pytest.approx(1 - 4 / 15)
    assert clubs.sorted_alike(pd.Series([0, 0]), pd.Series([1, 1])) == 0.0  # outside every club is together with nobody


def test_ranks_and_movers_from_the_raw_file() -> None:
    codes = panel().frame.drop_duplicates("province").set_index("province")["adcode"].astype(str)
    own = moved().query("variable == 'rd_intensity'").set_index("province")
    for column, year in (("first", 2017), ("last", 2024)):
        values = ratio("rd_intensity", year)
        order = sorted(values, key=lambda code, values=values: -values[code])  # type: ignore[misc]
        assert {p: order.index(codes[p]) + 1 for p in own.index} == own[column].to_dict()
    assert own["up"].sum() == 0
    movers = ranks.movers(panel(), moved()).data
    assert len(movers) == 12
    shown = movers.query("variable == 'rd_intensity'")["up"].tolist()
    assert shown == [*sorted(own["up"])[:-3:-1], *sorted(own["up"])[1::-1]]


def test_transitions_are_counted_pair_by_pair() -> None:
    values = distribution.relative(panel(), "rd_intensity")
    cuts = np.quantile(values.to_numpy(), [0.25, 0.5, 0.75])
    counts = np.zeros((4, 4), dtype=int)
    for row in values.to_numpy():
        states = [sum(value > cut for cut in cuts) for value in row]
        for a, b in itertools.pairwise(states):
            counts[a, b] += 1
    found = found_chains().moves["rd_intensity"]
    assert found_chains().classes == 4
    assert found.chain.counts.tolist() == counts.tolist()
    p = counts / counts.sum(axis=1, keepdims=True)
    assert found.long_run == pytest.approx(np.linalg.matrix_power(p, 4096)[0])
    assert found.long_run @ p == pytest.approx(found.long_run)


def test_the_refused_number_of_classes_has_a_dead_end() -> None:
    refused = found_chains().refused
    assert [(r.classes, r.variable) for r in refused] == [(5, "rd_intensity")]
    assert refused[0].transient
    english, chinese = notes(chains.table(found_chains()))
    assert all(name in english and name in chinese for name in refused[0].transient)


def test_no_number_of_classes_is_an_error_with_a_reason() -> None:
    """Shares that never change class: no class can be reached from another."""
    frame = panel().frame.copy()
    for variable in FIRST_AND_LAST:
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
    around = {weights.ids[j] for j in np.flatnonzero(weights.matrix[place["Beijing"]])}
    assert around == {"Tianjin", "Hebei"}


def drawn_counts(axes: Axes) -> list[int]:
    """The counts in brackets of one panel, row by row."""
    return [int(text.get_text()[1:-1]) for text in axes.texts if text.get_text().startswith("(")]


def test_spatial_blocks_hold_all_transitions() -> None:
    blocks = neighbours.transitions(spatial()).draw("en")
    for axes, (variable, found) in zip(blocks.figure.axes, found_chains().moves.items(), strict=False):
        own = blocks.data[blocks.data["panel"] == variable].pivot(index="row", columns="column", values="value")
        assert own.shape == (9, 3)
        assert own.sum(axis=1).to_numpy() == pytest.approx(np.ones(9))
        assert drawn_counts(axes) == spatial()[variable].counts.ravel().tolist()
        assert sum(drawn_counts(axes)) == found.chain.counts.sum()
    rows = [label.get_text() for label in blocks.figure.axes[0].get_yticklabels()]
    assert rows == [f"{own} near {around}" for around in ("Q1", "Q2", "Q3") for own in ("Q1", "Q2", "Q3")]


def test_the_probabilities_that_are_drawn_are_those_of_the_counts_below_them() -> None:
    figure = chains.transitions(found_chains()).draw("en")
    for axes, (variable, found) in zip(figure.figure.axes, found_chains().moves.items(), strict=False):
        own = figure.data[figure.data["panel"] == variable].pivot(index="row", columns="column", values="value").to_numpy()
        counts = np.array(drawn_counts(axes)).reshape(4, 4)
        assert counts.tolist() == found.chain.counts.tolist()
        assert own * counts.sum(axis=1, keepdims=True) == pytest.approx(counts)


def test_short_series_are_said_to_be_short() -> None:
    said, _ = notes(dispersion.trends(sigma()))
    assert "8 to 14 years" in said
    assert "little power" in said
    assert "Nickell" in notes(growth.equations(beta()))[0]
    assert "description" in notes(clubs.table(found_clubs()))[0]
    said, _ = notes(neighbours.table(spatial()))
    assert "Hainan joined" in said
    assert "rough guide" in said
    assert all(result.notes for result in sigma().values())  # the library warns, and the notes above repeat it
    assert all(result.notes for result in found_clubs().values())


def test_sentences_are_filled_from_the_results() -> None:
    said = growth.beta_finding(beta())
    assert "unbounded" in said.text.en
    said = clubs.club_finding(found_clubs(), clubs.without_a_year(panel(), found_clubs()))
    assert said.values["rejected"] == sum(not one.whole.converges for one in found_clubs().values())
    said = dispersion.sigma_finding(sigma(), without_one())
    assert "Tibet" in said.text.en
    assert "西藏" in said.text.zh
    said = ranks.move_finding(moved())
    assert said.values["gained"] == moved().query("variable == 'rd_intensity'")["up"].max()
    said = neighbours.chain_finding(found_chains(), spatial())
    counts = found_chains().moves["rd_intensity"].chain.counts
    assert said.values["rd_stay"] == pytest.approx(100 * np.diag(counts).sum() / counts.sum())
