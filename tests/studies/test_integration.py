"""The integration index of the study against plain loops over the published cells; counts, ranks, groups, sentences and notes."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from raw_cells import provincial_rows

from toolkit.data import load
from toolkit.language import LANGUAGES, Text
from toolkit.measure import GRADES, gini
from toolkit.panel import Panel
from toolkit.paths import ROOT
from toolkit.present.record import Statement
from toolkit.studies.integration import answer, chains, explain, groups, index, leads, level, movement, obstacles, parts, ranking

YEARS = range(2017, 2024)
SCIENCE = ("rd", "budget", "students", "applications", "grants", "share")
INDUSTRY = ("people", "applied", "contracts", "trade")
EXACT = 1e-12
Key = tuple[str, int]


@cache
def panel() -> Panel:
    return load("provincial_panel")


@cache
def results() -> index.Indices:
    return index.run(panel())


@cache
def ranks() -> ranking.Rankings:
    return ranking.run(results())


@cache
def explained() -> explain.Explained:
    return explain.run(panel(), results())


@cache
def raw() -> dict[str, dict[Key, float]]:
    """Indicator -> (code, year) -> published value."""
    found: dict[str, dict[Key, float]] = {}
    for row in provincial_rows():
        found.setdefault(row["indicator"], {})[row["adcode"], int(row["year"])] = float(row["value"])
    return found


@cache
def indicators() -> dict[str, dict[Key, float]]:
    """The ten indicators by province-year, Hainan 2017, which lacks its personnel, left out everywhere."""
    x = raw()
    codes = sorted({code for code, _ in x["gdp"]})
    found: dict[str, dict[Key, float]] = {name: {} for name in (*SCIENCE, *INDUSTRY)}
    for code in codes:
        for year in YEARS:
            k = code, year
            inventions, patents = x["patent_grant_invention"][k], x["patent_grant_total"][k]
            found["rd"][k] = x["rd_expenditure"][k] / x["gdp"][k]
            found["budget"][k] = x["fiscal_sci_exp"][k] / x["fiscal_total_exp"][k]
            found["students"][k] = x["college_students"][k] / x["population"][k]
            found["applications"][k] = x["patent_app_invention"][k] / x["population"][k]
            found["grants"][k] = inventions / x["population"][k]
            found["share"][k] = inventions / patents
            found["applied"][k] = (patents - inventions) / x["population"][k]
            found["contracts"][k] = x["tech_market_value"][k] / x["gdp"][k]
            found["trade"][k] = x["trade_total_rmb"][k] / x["gdp"][k]
            if k in x["ind_rd_fte"]:
                found["people"][k] = x["ind_rd_fte"][k] / x["population"][k]
    for cells in found.values():
        cells.pop(("460000", 2017), None)
    return found


@cache
def scores() -> dict[Key, tuple[float, float]]:
    """U1 and U2 of each province-year: min-max over all rows, entropy weights inside each system."""
    z: dict[str, dict[Key, float]] = {}
    lack: dict[str, float] = {}
    for name, cells in indicators().items():
        low, high = min(cells.values()), max(cells.values())
        z[name] = {k: (value - low) / (high - low) for k, value in cells.items()}
        total = sum(z[name].values())
        entropy = -sum(value / total * math.log(value / total) for value in z[name].values() if value > 0) / math.log(len(cells))
        lack[name] = 1 - entropy
    sums = [sum(lack[name] for name in names) for names in (SCIENCE, INDUSTRY)]
    return {
        k: (
            sum(lack[name] / sums[0] * z[name][k] for name in SCIENCE),
            sum(lack[name] / sums[1] * z[name][k] for name in INDUSTRY),
        )
        for k in z["rd"]
    }


def coupled(u1: float, u2: float) -> tuple[float, float, float]:
    c, t = 2 * math.sqrt(u1 * u2) / (u1 + u2), (u1 + u2) / 2
    return c, t, math.sqrt(c * t)


@cache
def names() -> dict[str, str]:
    """Code -> English name."""
    frame = panel().frame
    return {str(code): name for code, name in zip(frame["adcode"], frame["province"], strict=True)}


@cache
def by_hand() -> dict[tuple[str, int], float]:
    return {(names()[code], year): coupled(*u)[2] for (code, year), u in scores().items()}


@pytest.mark.parametrize(("code", "year"), [("330000", 2021), ("460000", 2018), ("110000", 2023), ("540000", 2017)])
def test_scores_and_coupling_are_those_of_plain_loops(code: str, year: int) -> None:
    row = results().two.to_frame().set_index(["province", "year"]).loc[(names()[code], year)]
    u1, u2 = scores()[code, year]
    c, t, d = coupled(u1, u2)
    assert [row[k] for k in ("science", "industry", "c", "t", "d")] == pytest.approx([u1, u2, c, t, d], abs=EXACT)


def test_every_province_year_but_one_is_there_and_all_d_agree() -> None:
    frame = results().two.to_frame()
    assert len(frame) == len(scores()) == 31 * 7 - 1
    assert {(row["province"], row["year"]): row["d"] for _, row in frame.iterrows()} == pytest.approx(by_hand(), abs=EXACT)


def test_the_rule_for_missing_cells_is_stated_in_both_languages() -> None:
    note = index.gaps(results().two)
    for language in LANGUAGES:
        assert index.formulas(results()).table(language).notes[0] == note.to(language)
    assert "Hainan 2017" in note.en
    assert "2017年海南" in note.zh
    assert "海南" in index.every_year(results().two).zh
    for text in (note, index.gaps(results().parts), index.year_shown(results().two), index.every_year(results().two)):
        assert not re.search("Qinghai|Hainan|Guangdong", text.zh)


def test_league_has_the_order_of_d_and_intervals_around_it() -> None:
    league = ranks()["two_innovations"].league
    last = {name: d for (name, year), d in by_hand().items() if year == 2023}
    assert list(league["province"]) == sorted(last, key=lambda name: -last[name])
    assert league["rank"].tolist() == list(range(1, 32))
    assert (league["rank_low"] <= league["rank_median"]).all()
    assert (league["rank_median"] <= league["rank_high"]).all()
    for name, other in zip(league["province"], league["wang"], strict=True):
        u1, u2 = scores()[next(code for code, known in names().items() if known == name), 2023]
        c = math.sqrt((1 - abs(u1 - u2)) * min(u1, u2) / max(u1, u2))
        assert other == pytest.approx(math.sqrt(c * (u1 + u2) / 2), abs=EXACT)
    assert ranking.league(ranks()).data["top_share"].to_numpy() == pytest.approx(100 * league["top_share"].to_numpy())
    schemes = ranking.schemes(results(), ranks()).data.set_index("province")
    assert list(schemes["entropy"].loc[league["province"]]) == list(league["rank"])
    assert (schemes["least"] <= schemes["entropy"]).all()
    assert (schemes["most"] >= schemes["wang"]).all()


def test_groups_are_unweighted_means_over_provinces_with_all_years() -> None:
    d, table = by_hand(), groups.group_table(results()).data.set_index("group")
    delta = [d[name, 2023] for name in ("Shanghai", "Jiangsu", "Zhejiang", "Anhui")]
    capital = [d[name, 2017] for name in ("Beijing", "Tianjin", "Hebei")]
    rest = [value for (name, year), value in d.items() if year == 2017 and groups.group_of(name) == "rest" and name != "Hainan"]
    assert table.loc["yangtze_delta", "end"] == pytest.approx(sum(delta) / 4)
    assert table.loc["yangtze_delta", "spread"] == pytest.approx(max(delta) - min(delta))
    assert table.loc["beijing_tianjin_hebei", "gap_start"] == pytest.approx(sum(capital) / 3 - sum(rest) / len(rest))
    assert table.loc["bay_area", "end"] == pytest.approx(d["Guangdong", 2023])
    assert table["provinces"].tolist() == [3, 4, 1, 22]
    assert table.loc["rest", ["gap_start", "gap_end"]].tolist() == [0, 0]


def test_grades_and_transitions_are_counted() -> None:
    d = by_hand()
    last = Counter(math.ceil(value * 10) - 1 for (name, year), value in d.items() if year == 2023 and name != "Hainan")
    table = movement.grade_counts(results()).data
    names_of_grades = [text.en for text in GRADES]
    assert dict(zip(table["grade"], table["in_2"], strict=True)) == {text: last[names_of_grades.index(text)] for text in table["grade"]}
    assert table["in_2"].sum() == 30
    joined = {key: min(max(math.ceil(value * 10) - 1, 2), 6) for key, value in d.items()}
    moves = Counter((joined[name, year], joined[name, year + 1]) for name, year in d if (name, year + 1) in d)
    counts = movement.transitions(results().two).counts
    assert {(i + 2, j + 2): int(n) for (i, j), n in np.ndenumerate(counts) if n} == dict(moves)
    assert counts.sum() == 31 * 6 - 1


def test_dagum_adds_up_to_the_gini_of_d() -> None:
    found = movement.dagum(results()).draw("en").data.set_index("year")
    assert found[["within", "between", "transvariation"]].sum(axis=1).to_numpy() == pytest.approx(found["gini"].to_numpy(), abs=EXACT)
    values = [value for (name, year), value in by_hand().items() if year == 2020 and name != "Hainan"]
    assert found.loc[2020, "gini"] == pytest.approx(gini(values), abs=EXACT)


def test_obstacles_sum_to_all_that_is_lacking() -> None:
    table = obstacles.obstacles(results()).draw("en").data.pivot(index="row", columns="column", values="value")
    assert table.shape == (10, 4)
    assert table.sum().to_numpy() == pytest.approx(100)
    assert (table > 0).all(axis=None)


def test_leaders_and_weakest_links_are_extremes_of_the_scores() -> None:
    table = leads.leads(results()).data.set_index("province")
    for code, name in names().items():
        u1, u2 = scores()[code, 2023]
        verdict = "In step" if 0.8 <= u2 / u1 <= 1.25 else "S&T innovation lags" if u1 < u2 else "Industrial innovation lags"
        assert table.loc[name, "lagging"] == verdict
    layout = results().chains.layout
    systems = layout.systems
    for _, row in chains.links(results()).data.iterrows():
        assert row["weakest"] == layout.names[min(systems, key=lambda s: row[s])].en
        assert row["ratio"] == pytest.approx(min(row[systems]) / max(row[systems]))
    counts = chains.link_counts(results()).data
    assert counts[["leads", "weakest"]].sum().tolist() == [31, 31]


def test_weights_of_every_method_fill_each_system() -> None:
    methods = ["entropy", "critic", "variation", "pca", "equal", "combined"]
    for exhibit, systems in ((index.weights, 2), (chains.chain_weights, 4), (parts.part_weights, 4)):
        sums = exhibit(results()).data.groupby("system")[methods].sum()
        assert len(sums) == systems
        assert sums.to_numpy() == pytest.approx(100)
    assert len(index.formulas(results()).data) == 10
    assert len(parts.operational().data) == 4


def test_guards_say_that_d_is_the_level() -> None:
    exhibit = level.guards(results(), ranks())
    found = exhibit.data[exhibit.data["check"] == "level"].set_index("scheme")
    assert list(found.index) == ["two_innovations", "four_chains", "integration_2025"]
    assert found["raised"].all()
    d, t = ([coupled(*u)[place] for u in scores().values()] for place in (2, 1))
    orders = [np.argsort(np.argsort(values)) for values in (d, t)]
    assert found.loc["two_innovations", "measured"] == pytest.approx(np.corrcoef(*orders)[0, 1], abs=1e-9)
    assert any("Spearman" in note for note in exhibit.table("en").notes)


def test_regressors_stand_outside_the_index() -> None:
    inside = set(re.findall(r"[a-z_]+", " ".join(index.formulas(results()).data["formula"])))
    assert {"gdp", "population", "rd_expenditure"} <= inside
    for name, fit in explained().fits.items():
        columns = set(re.findall(r"[a-z][a-z_]+", explain.MODELS[name].split("~")[1])) - {"log", "province", "year"}
        assert columns <= {"gdp_per_capita", "urbanisation_rate", "education_funds_total", "gdp_growth"}
        assert not columns & inside
        assert fit.counts.rows == 216
        assert explained().wild[name].tests[0].p_value <= 1
    assert any("partly arithmetic" in note for note in explain.explained(explained()).table("en").notes)


SENTENCES: dict[str, Callable[[], Statement]] = {
    "integration_level": lambda: level.finding(results()),
    "integration_ranking": lambda: ranking.finding(ranks()),
    "integration_leads": lambda: leads.finding(results()),
    "integration_obstacles": lambda: obstacles.finding(results()),
    "integration_groups": lambda: groups.finding(results()),
    "integration_dynamics": lambda: movement.finding(results()),
    "integration_explained": lambda: explain.finding(explained()),
    "integration_chains": lambda: chains.finding(results()),
    "integration_parts": lambda: parts.finding(results(), ranks()),
    "integration": lambda: answer.finding(results(), ranks()),
}


@pytest.mark.parametrize("key", SENTENCES)
def test_sentences_carry_computed_values(key: str) -> None:
    filled = SENTENCES[key]()
    assert filled.key == key
    assert "{" not in filled.text.en + filled.text.zh
    assert not [name for name in names().values() if name in filled.text.zh]


def test_numbers_of_the_sentences_are_those_of_the_loops() -> None:
    d = {year: {name: value for (name, at), value in by_hand().items() if at == year} for year in YEARS}
    high = level.finding(results()).values
    assert high["end"] == pytest.approx(sum(value for name, value in d[2023].items() if name != "Hainan") / 30)
    assert high["coordinated"] == sum(value > 0.5 for value in d[2023].values())
    assert high["highest"] == Text("Beijing", "北京")
    lead = leads.finding(results()).values
    ratios = [u2 / u1 for (_, year), (u1, u2) in scores().items() if year == 2023]
    assert (lead["science"], lead["industry"]) == (sum(r > 1.25 for r in ratios), sum(r < 0.8 for r in ratios))
    moves = movement.finding(results()).values
    steps = [d[year + 1][name] - d[year][name] for year in YEARS[:-1] for name in d[year] if name in d[year + 1]]
    assert moves["falls"] == pytest.approx(sum(step < 0 for step in steps) / len(steps))
    assert moves["stay"] + moves["rise"] + moves["fall"] == pytest.approx(1)  # type: ignore[operator]


def test_each_section_of_the_notebook_ends_in_a_sentence_and_says_what_is_missing() -> None:
    cells = json.loads((ROOT / "notebooks" / "07_integration_index.ipynb").read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    assert code.count(".finding(") == len(SENTENCES)
    assert "parts.operational()" in code
    missing = parts.operational().table("en").notes[0]
    assert "not defined" not in missing
    assert "defines none" in missing
