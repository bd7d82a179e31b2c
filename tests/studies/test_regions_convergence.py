"""Convergence and dynamics of the study: slopes, ranks and transitions against loops over the published cells, and honest notes."""

from __future__ import annotations

import csv
import itertools
import math
from collections import defaultdict
from functools import cache

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load
from toolkit.errors import MeasureError
from toolkit.panel import Panel
from toolkit.paths import DATA_RAW
from toolkit.present.record import statement
from toolkit.studies import convergence
from toolkit.studies.convergence.chains import number_of_classes, relative
from toolkit.studies.convergence.clubs import sorted_alike
from toolkit.studies.convergence.growth import grid

EXACT = 1e-9
FIRST_AND_LAST = {"rd_intensity": (2017, 2024), "patents_per_10k": (2011, 2024), "tech_market_to_gdp": (2017, 2024)}
RATIO = {"rd_intensity": ("rd_expenditure", "gdp"), "patents_per_10k": ("patent_grant_invention", "population")}


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def results() -> convergence.ConvergenceResults:
    return convergence.run(panel())


@cache
def raw() -> dict[str, dict[int, dict[str, float]]]:
    found: dict[str, dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    with (DATA_RAW / "provincial" / "provincial_panel.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            if row["value"]:
                found[row["indicator"]][int(row["year"])][row["adcode"]] = float(row["value"])
    return found


def ratio(variable: str, year: int) -> dict[str, float]:
    above, below = (raw()[name][year] for name in RATIO[variable])
    return {code: above[code] / below[code] for code in above}


@pytest.mark.parametrize("variable", list(RATIO))
def test_dispersion_of_logs_from_the_raw_file(variable: str) -> None:
    table = convergence.sigma_by_year(results().sigma)
    own = table[table["variable"] == variable].set_index("year")["sd_log"]
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
    found = results().beta[variable, "absolute"]
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
    found = results().beta["rd_intensity", "conditional"].beta
    assert (found.estimate, found.std_error) == (pytest.approx(model.params["y"]), pytest.approx(model.bse["y"]))


@pytest.mark.parametrize("variable", convergence.VARIABLES)
def test_the_scatter_has_the_slope_of_the_table(variable: str) -> None:
    points = results().points[variable]
    assert len(points) == 31
    slope = np.polyfit(np.log(points["initial"]), points["growth"], 1)[0]
    assert slope == pytest.approx(100 * results().beta[variable, "absolute"].beta.estimate)


def test_figures_have_all_three_variables() -> None:
    found = results()
    assert list(found.points) == list(found.levels) == list(found.densities["variable"].unique()) == list(convergence.VARIABLES)
    for variable, (first, last) in FIRST_AND_LAST.items():
        assert sorted(set(found.levels[variable]["year"])) == list(range(first, last + 1))
        ranked = found.levels[variable].query("year == @last").set_index("province")["value"].rank(ascending=False)
        own = found.ranks.query("variable == @variable").set_index("province")["last"]
        assert (ranked[own.index] == own).all()
    assert convergence.titled("bump", "rd_intensity").en.startswith("R&D intensity: ")
    assert convergence.initial_label("patents_per_10k").zh == "首年每万人发明专利授权（件/万人）"


def test_half_life_is_left_out_where_the_speed_may_be_zero() -> None:
    table = convergence.beta_table(results().beta)
    assert (table["half_life"].isna() == (table["speed_low"] <= 0)).all()
    shown = table.dropna(subset=["half_life"])
    assert shown["half_life"].to_numpy() == pytest.approx(math.log(2) / (shown["speed"].to_numpy() / 100))


def test_influence_is_found_by_leaving_each_province_out() -> None:
    row = results().influence.query("variable == 'tech_market_to_gdp' and slope == 'sigma'").iloc[0]
    wide = grid(panel(), "tech_market_to_gdp").drop("Tibet")
    dispersion = np.log(wide).std(ddof=0)
    assert row["province"] == "Tibet"
    assert row["without"] == pytest.approx(np.polyfit(np.asarray(dispersion.index, dtype=float), dispersion, 1)[0])
    assert row["low"] <= row["estimate"] <= row["high"]


def test_clubs_put_every_province_somewhere_once() -> None:
    tiles, names = convergence.club_tiles(results().clubs), convergence.club_names(results().clubs)
    assert tiles.shape == (31, 3)
    assert set(tiles.stack()) <= set(names)
    for variable, found in results().clubs.items():
        sizes = tiles[variable].value_counts()
        assert sizes.get(convergence.NO_CLUB, 0) == len(found.divergent)
        assert {str(c.number): len(c.members) for c in found.clubs} == sizes.drop(convergence.NO_CLUB, errors="ignore").to_dict()
    table = convergence.club_table(results().clubs)
    assert (table["converges"] == (table["t"] > -1.65)).all()  # the critical value of Phillips and Sul


def test_pairs_sorted_alike_is_one_for_the_same_partition_whatever_the_labels() -> None:
    one = pd.Series([1, 1, 2, 2, 0, 0])
    assert sorted_alike(one, one.replace({1: 7, 2: 3})) == 1.0
    assert sorted_alike(one, pd.Series([1, 1, 1, 1, 0, 0])) == pytest.approx(1 - 4 / 15)
    assert sorted_alike(pd.Series([0, 0]), pd.Series([1, 1])) == 0.0  # outside every club is together with nobody


def test_ranks_and_movers_from_the_raw_file() -> None:
    codes = panel().frame.drop_duplicates("province").set_index("province")["adcode"].astype(str)
    moved = results().ranks.query("variable == 'rd_intensity'").set_index("province")
    for column, year in (("first", 2017), ("last", 2024)):
        values = ratio("rd_intensity", year)
        order = sorted(values, key=lambda code, values=values: -values[code])  # type: ignore[misc]
        assert {p: order.index(codes[p]) + 1 for p in moved.index} == moved[column].to_dict()
    assert moved["up"].sum() == 0
    movers = convergence.movers(results().ranks, 2)
    assert len(movers) == 12
    best = movers.query("variable == 'rd_intensity'").iloc[0]
    assert best["up"] == moved["up"].max()


def test_transitions_are_counted_pair_by_pair() -> None:
    values = relative(panel(), "rd_intensity")
    cuts = np.quantile(values.to_numpy(), [0.25, 0.5, 0.75])
    counts = np.zeros((4, 4), dtype=int)
    for row in values.to_numpy():
        states = [sum(value > cut for cut in cuts) for value in row]
        for a, b in itertools.pairwise(states):
            counts[a, b] += 1
    found = results().chains["rd_intensity"]
    assert results().classes == 4
    assert found.chain.counts.tolist() == counts.tolist()
    p = counts / counts.sum(axis=1, keepdims=True)
    assert found.long_run == pytest.approx(np.linalg.matrix_power(p, 4096)[0])
    assert found.long_run @ p == pytest.approx(found.long_run)


def test_the_refused_number_of_classes_has_a_dead_end() -> None:
    refused = results().refused
    assert [(r.classes, r.variable) for r in refused] == [(5, "rd_intensity")]
    assert refused[0].transient
    note = convergence.chain_note(results())
    assert all(name in note.en and name in note.zh for name in refused[0].transient)


def test_no_number_of_classes_is_an_error_with_a_reason() -> None:
    """Shares that never change class: no class can be reached from another."""
    frame = panel().frame.copy()
    for variable in convergence.VARIABLES:
        frame[variable] = frame["adcode"].rank(method="dense")
    with pytest.raises(MeasureError, match="dead end"):
        number_of_classes(Panel(frame, "province", "year"))


def test_neighbours_follow_the_usual_convention() -> None:
    """Rook contiguity with 31 units; Hainan has Guangdong as its only neighbour, and rows sum to one."""
    weights = convergence.neighbours()
    place = {name: i for i, name in enumerate(weights.ids)}
    assert weights.matrix.sum(axis=1) == pytest.approx(np.ones(31))
    assert weights.matrix[place["Hainan"], place["Guangdong"]] == 1.0
    assert not weights.islands
    around = {weights.ids[j] for j in np.flatnonzero(weights.matrix[place["Beijing"]])}
    assert around == {"Tianjin", "Hebei"}


def test_spatial_blocks_hold_all_transitions() -> None:
    blocks, counts, names = convergence.spatial_matrices(results().chains)
    values, moves = convergence.matrices(results().chains)
    for variable, found in results().chains.items():
        assert found.spatial.counts.sum() == found.chain.counts.sum() == counts[variable].to_numpy().sum()
        assert blocks[variable].shape == counts[variable].shape == (9, 3)
        assert set(names) == set(blocks[variable].index)
        assert blocks[variable].sum(axis=1).to_numpy() == pytest.approx(np.ones(9))
        assert (values[variable].to_numpy() * moves[variable].sum(axis=1).to_numpy()[:, None]) == pytest.approx(moves[variable].to_numpy())


def test_short_series_are_said_to_be_short() -> None:
    found = results()
    assert "8 to 14 years" in convergence.sigma_note(found).en
    assert "little power" in convergence.sigma_note(found).en
    assert "Nickell" in convergence.beta_note(found).en
    assert "description" in convergence.club_note(found).en
    assert "Hainan joined" in convergence.spatial_note(found).en
    assert "rough guide" in convergence.spatial_note(found).en
    assert all(result.notes for result in found.sigma.values())  # the library warns, and the notes above repeat it
    assert all(result.notes for result in found.clubs.values())


def test_sentences_are_filled_from_the_results() -> None:
    found = results()
    sentences = {
        "sigma": (convergence.FINDING_SIGMA, convergence.sigma_values(found)),
        "beta": (convergence.FINDING_BETA, convergence.beta_values(found)),
        "clubs": (convergence.FINDING_CLUBS, convergence.club_values(found)),
        "moves": (convergence.FINDING_MOVES, convergence.move_values(found)),
        "chains": (convergence.FINDING_CHAINS, convergence.chain_values(found)),
    }
    said = {key: statement(key, template, **values) for key, (template, values) in sentences.items()}
    assert "unbounded" in said["beta"].text.en
    assert said["clubs"].values["rejected"] == sum(not one.whole.converges for one in found.clubs.values())
    assert "Tibet" in said["sigma"].text.en
    assert "西藏" in said["sigma"].text.zh
