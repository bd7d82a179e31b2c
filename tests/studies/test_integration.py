"""The chapter on integration against plain loops over the published cells, single fits and brute force."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.panel import Panel
from toolkit.paths import ROOT
from toolkit.present.record import Statement
from toolkit.registry.systems import load_scheme
from toolkit.studies.integration import answer, before, chains, coupling, index, movement, parts, ranking

YEARS = range(2018, 2024)
SCIENCE = ("outside", "basic", "people", "inventions")
INDUSTRY = ("rd", "staff", "products", "hightech")
EXACT = 1e-12
Key = tuple[str, int]


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def results() -> index.Indices:
    return index.run(panel())


@cache
def moves() -> movement.Together:
    return movement.run(panel(), results())


@cache
def ranks() -> ranking.Ranking:
    return ranking.run(results())


@cache
def raw() -> dict[str, dict[Key, float]]:
    """Indicator -> (code, year) -> published value."""
    found: dict[str, dict[Key, float]] = {}
    for row in provincial_rows():
        found.setdefault(row["indicator"], {})[row["adcode"], int(row["year"])] = float(row["value"])
    return found


@cache
def scores() -> dict[tuple[str, int], tuple[float, float]]:
    """U1 and U2 of each province-year from the panel, by loops: min-max over all rows, equal weights inside each system."""
    frame = panel().frame.set_index(["province", "year"])
    keys = [(name, year) for name, year in frame.index if year in YEARS]
    x = {column: frame[column].to_dict() for column in frame.columns}
    found = {
        "outside": {k: (x["rd_expenditure"][k] - x["ind_rd_expenditure"][k]) / x["gdp"][k] for k in keys},
        "basic": {k: x["rd_basic"][k] / x["gdp"][k] for k in keys},
        "people": {k: (x["rd_fte_basic"][k] + x["rd_fte_applied"][k]) / x["population"][k] for k in keys},
        "inventions": {k: x["patent_in_force_invention"][k] / x["population"][k] for k in keys},
        "rd": {k: x["ind_rd_expenditure"][k] / x["gdp"][k] for k in keys},
        "staff": {k: x["ind_rd_fte"][k] / x["population"][k] for k in keys},
        "products": {k: x["ind_new_product_sales"][k] / x["gdp"][k] for k in keys},
        "hightech": {k: x["hightech_revenue"][k] / x["gdp"][k] for k in keys},
    }
    z = {name: {k: (v - min(c.values())) / (max(c.values()) - min(c.values())) for k, v in c.items()} for name, c in found.items()}
    return {k: (sum(z[n][k] for n in SCIENCE) / 4, sum(z[n][k] for n in INDUSTRY) / 4) for k in keys}


def dummies(frame: pd.DataFrame, y: str, x: str) -> float:
    """Slope of y on x with province and year dummies, by ordinary least squares."""
    effects = pd.get_dummies(frame[["province", "year"]].astype(str), drop_first=True).astype(float)
    design = sm.add_constant(pd.concat([frame[x], effects], axis=1))
    return float(sm.OLS(frame[y], design).fit().params[x])


def per_head(industry: str, science: str) -> pd.DataFrame:
    """ln of both sides per head, rows where both are published."""
    frame = panel().frame.query("2010 <= year <= 2023")
    found = frame[["province", "year"]].assign(
        y=np.log(frame[industry] / frame["population"]), x=np.log(frame[science] / frame["population"])
    )
    return found.dropna()


# --- do they move together? ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pair", "industry", "science"),
    [
        ("hightech_basic", "hightech_revenue", "rd_basic"),
        ("hightech_papers", "hightech_revenue", "papers_sci"),
        ("hightech_rd", "hightech_revenue", "rd_expenditure"),
    ],
)
def test_pairs_are_dummy_regressions(pair: str, industry: str, science: str) -> None:
    rows = per_head(industry, science)
    found = moves()[pair].elasticities["within"]
    assert found.estimate == pytest.approx(dummies(rows, "y", "x"), abs=1e-8)
    assert found.rows == len(rows)
    assert found.low < found.estimate < found.high


def test_the_short_pairs_share_no_yuan() -> None:
    frame = panel().frame.query("2018 <= year <= 2023")
    outside = frame["rd_expenditure"] - frame["ind_rd_expenditure"]
    assert (outside > 0).all()
    rows = frame[["province", "year"]].assign(
        y=np.log(frame["ind_rd_expenditure"] / frame["population"]), x=np.log(outside / frame["population"])
    )
    assert moves()["industrial_rd_outside"].elasticities["within"].estimate == pytest.approx(dummies(rows, "y", "x"), abs=1e-8)


def test_a_year_apart_holds_the_own_past() -> None:
    rows = pd.DataFrame(
        [(name, year, math.log(u[0]), math.log(u[1])) for (name, year), u in scores().items()], columns=["province", "year", "x", "y"]
    )
    past = rows.assign(year=rows["year"] + 1).rename(columns={"x": "x_before", "y": "y_before"})
    both = rows.merge(past, on=["province", "year"])
    effects = pd.get_dummies(both[["province", "year"]].astype(str), drop_first=True).astype(float)
    for design, outcome, first in (("ahead", "y", "x_before"), ("behind", "x", "y_before")):
        fitted = sm.OLS(both[outcome], sm.add_constant(pd.concat([both[["x_before", "y_before"]], effects], axis=1))).fit()
        found = moves()["scores"].elasticities[design]
        assert found.estimate == pytest.approx(fitted.params[first], abs=1e-8)
        assert found.rows == len(both) == 31 * 5


def test_the_first_scores_moved_as_they_were_first_measured() -> None:
    """0.452 (0.184), within R² 0.11 on the scores of that time; a corrected series has since changed the second digit."""
    first = moves()["first_scores"]
    assert first.elasticities["within"].estimate == pytest.approx(0.452, abs=0.01)
    assert first.elasticities["within"].std_error == pytest.approx(0.184, abs=0.01)
    assert first.r2 == pytest.approx(0.11, abs=0.015)
    assert first.elasticities["ahead"].estimate == pytest.approx(0.049, abs=0.03)
    assert first.elasticities["behind"].estimate == pytest.approx(0.169, abs=0.03)


def test_the_share_within_is_a_squared_correlation_of_residuals() -> None:
    rows = per_head("hightech_revenue", "rd_expenditure")
    effects = sm.add_constant(pd.get_dummies(rows[["province", "year"]].astype(str), drop_first=True).astype(float))
    left = [sm.OLS(rows[name], effects).fit().resid for name in ("y", "x")]
    assert moves()["hightech_rd"].r2 == pytest.approx(np.corrcoef(*left)[0, 1] ** 2, abs=1e-8)


def test_the_most_influential_province_of_the_scores_by_brute_force() -> None:
    rows = pd.DataFrame(
        [(name, year, math.log(u[0]), math.log(u[1])) for (name, year), u in scores().items()], columns=["province", "year", "x", "y"]
    )
    full = dummies(rows, "y", "x")
    left = {name: dummies(rows[rows["province"] != name], "y", "x") for name in rows["province"].unique()}
    most = max(left, key=lambda name: abs(left[name] - full))
    found = moves()["scores"].without
    assert found.province == most
    assert found.within.estimate == pytest.approx(left[most], abs=1e-8)


def test_table_and_figure_hold_what_was_estimated() -> None:
    table = movement.together(moves()).data.set_index("pair")
    drawn = movement.movement(moves()).draw("en").data
    assert len(table) == 7
    assert "hightech_rd" not in set(drawn["pair"])
    for name in set(drawn["pair"]):
        row = drawn[(drawn["pair"] == name) & (drawn["design"] == "within")].iloc[0]
        assert (row["estimate"], row["low"], row["high"]) == tuple(table.loc[name, ["within", "low", "high"]])
    notes = " ".join(movement.together(moves()).table("en").notes)
    assert "2013" in notes


# --- the index -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", [("Zhejiang", 2021), ("Hainan", 2018), ("Beijing", 2023), ("Tibet", 2018)])
def test_scores_and_coupling_are_those_of_plain_loops(key: tuple[str, int]) -> None:
    row = results().two.to_frame().set_index(["province", "year"]).loc[key]
    u1, u2 = scores()[key]
    c, t = 2 * math.sqrt(u1 * u2) / (u1 + u2), (u1 + u2) / 2
    assert [row[k] for k in ("science", "industry", "c", "t", "d")] == pytest.approx([u1, u2, c, t, math.sqrt(c * t)], abs=EXACT)


def test_every_province_year_is_there_in_all_indices() -> None:
    for scheme in index.SCHEMES:
        assert len(results().base[scheme].keys) == 31 * 6
        assert tuple(load_scheme(scheme).years or ()) == (2018, 2023)
        for system in load_scheme(scheme).systems:
            assert sum(len(part.indicators) for part in system.dimensions) >= 2


def test_gdp_and_patents_of_the_panel_are_the_published_ones() -> None:
    frame = panel().frame
    for code, year in (("330000", 2021), ("110000", 2023)):
        row = frame[(frame["adcode"].astype(str) == code) & (frame["year"] == year)].iloc[0]
        for name in ("gdp", "population"):
            assert row[name] == raw()[name][code, year]


def test_d_and_t_are_ranked_by_hand() -> None:
    table = coupling.guards(results()).data.set_index("scheme")
    d = pd.Series({k: (u1 * u2) ** 0.25 for k, (u1, u2) in scores().items()})
    t = pd.Series({k: (u1 + u2) / 2 for k, (u1, u2) in scores().items()})
    ratio = pd.Series({k: min(u) / max(u) for k, u in scores().items()})
    gap = pd.Series({k: abs(u[0] - u[1]) for k, u in scores().items()})
    wang = ((1 - gap) * ratio) ** 0.5
    assert table.loc["two_innovations", "d"] == pytest.approx(d.rank().corr(t.rank()), abs=1e-9)
    assert table.loc["two_innovations", "c"] == pytest.approx(wang.rank().corr(t.rank()), abs=1e-9)
    assert table.loc["two_innovations", "wang"] == pytest.approx(((wang * t) ** 0.5).rank().corr(t.rank()), abs=1e-9)
    assert table.loc["two_innovations", "r2"] == pytest.approx(wang.corr(t) ** 2, abs=1e-9)
    left = sm.OLS(wang, sm.add_constant(t)).fit().resid.unstack()
    assert table.loc["two_innovations", "lasting"] == pytest.approx(left[2018].corr(left[2023]), abs=1e-9)
    assert table.loc["two_innovations_first", "d"] == pytest.approx(1.0, abs=0.001)


def test_league_has_the_order_of_d_and_wider_weights_wider_intervals() -> None:
    league = ranks().league
    last = {name: (u1 * u2) ** 0.25 for (name, year), (u1, u2) in scores().items() if year == 2023}
    assert list(league["province"]) == sorted(last, key=lambda name: -last[name])
    assert league["d"].tolist() == pytest.approx([last[name] for name in league["province"]])
    close, wide = (league[high] - league[low] for low, high in (("rank_low", "rank_high"), ("wide_low", "wide_high")))
    assert (close >= 0).all()
    assert wide.mean() > close.mean()
    exhibit = ranking.league(ranks())
    assert "c = 10 " in exhibit.table("en").notes[0]
    weak = chains.weakest(results()).set_index("province")
    for row in exhibit.data.itertuples():  # the one league has the chains as well
        assert row.talent_chain == weak.loc[row.province, "talent_chain"]


def test_weakest_links_are_the_worst_ranks() -> None:
    table = chains.weakest(results()).set_index("province")
    systems = results().base["four_chains"].layout.systems
    now = index.last_year(results().base["four_chains"]).set_index("province")[systems]
    for name, row in table.iterrows():
        by_hand = {s: int((now[s] > now.loc[name, s]).sum()) + 1 for s in systems}
        assert [row[s] for s in systems] == list(by_hand.values())
        worst = [s for s, rank in by_hand.items() if rank == max(by_hand.values())]
        assert row["weakest"] == (worst if len(worst) < len(systems) else [])
    weights = results().base["four_chains"].weight_table()["within_system"]
    assert weights.max() == pytest.approx(0.5)


def test_parts_are_ranked_beside_the_two_innovations() -> None:
    table = parts.parts(results()).data.set_index("province")
    assert table["rank"].tolist() == list(range(1, 32))
    assert table["two_rank"].to_dict() == ranks().league.set_index("province")["rank"].to_dict()
    notes = " ".join(parts.parts(results()).table("en").notes)
    assert "defines none" in notes
    assert notes.count("Our operationalisation") == 4


def test_appendix_reads_and_its_weights_fill_each_system() -> None:
    exhibit = index.indicators(results())
    assert exhibit.data.groupby("system")[["equal", "entropy"]].sum().to_numpy() == pytest.approx(100)
    for language in ("en", "zh"):
        for row in exhibit.table(language).body:
            assert not re.search("_|\\*", row.cells[2].text)
    first = exhibit.table("zh").body[0].cells[2].text
    assert not re.search("[a-z]", first)


def test_what_does_not_survive_is_what_both_versions_say() -> None:
    table = before.before(results(), moves()).data
    now = dict(zip(table["what"], table["now"], strict=True))
    lags = [u2 / u1 for (_, year), (u1, u2) in scores().items() if year == 2023]
    assert now["Provinces where S&T “lags”"] == str(sum(ratio > 1.25 for ratio in lags))
    assert now["Provinces where industry “lags”"] == str(sum(ratio < 0.8 for ratio in lags))
    assert now["Years covered"] == "2018–2023"


SENTENCES: dict[str, Callable[[], Statement]] = {
    "integration": lambda: answer.finding(results(), moves(), ranks()),
    "integration_movement": lambda: movement.finding(moves()),
    "integration_coupling": lambda: coupling.finding(results()),
    "integration_ranking": lambda: ranking.finding(ranks()),
    "integration_chains": lambda: chains.finding(results()),
    "integration_parts": lambda: parts.finding(results()),
}


@pytest.mark.parametrize("key", SENTENCES)
def test_sentences_carry_computed_values(key: str) -> None:
    filled = SENTENCES[key]()
    assert filled.key == key
    assert "{" not in filled.text.en + filled.text.zh
    assert not [name for name in panel().frame["province"].unique() if name in filled.text.zh]


def test_counts_of_the_headline_are_those_of_the_pairs() -> None:
    honest = [pair for name, pair in moves().items() if name not in ("hightech_rd", "scores", "first_scores")]
    values = movement.finding(moves()).values
    assert values["pairs"] == len(honest) == 4
    for name, design in (("clear", "within"), ("ahead", "ahead"), ("behind", "behind")):
        count = sum(pair.elasticities[design].p_value < 0.05 for pair in honest)
        assert values[name].en == (str(count) if count else "not one")  # type: ignore[union-attr]


def test_the_notebook_answers_first_and_shows_eight_exhibits() -> None:
    cells = json.loads((ROOT / "notebooks" / "07_integration_index.ipynb").read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert code[1].startswith("answer.finding(")
    assert sum("tk.save(" in cell for cell in code) == 8
    assert sum(".finding(" in cell for cell in code) == len(SENTENCES)
