from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.estimate import fit_pooled, parse
from toolkit.estimate.rows.options import missing, no_period, non_positive, singleton
from toolkit.language import Text, using_language
from toolkit.present.tables.regression import regression_table
from toolkit.present.words.labels import PROVINCES, axis_label, label, nodes_of, province_label, region_label, unit_of
from toolkit.present.words.naming import names_for
from toolkit.present.words.reading import read_name, split_outside_brackets
from toolkit.present.words.words import cluster_label, effects_label, name_label, statistic_label
from toolkit.registry import registry

REGISTRY = names_for("registry")


@pytest.mark.parametrize(
    ("term", "english", "chinese"),
    [
        ("log(fiscal_sci_exp)", "ln Fiscal S&T expenditure", "ln 财政科技支出"),
        ("L(log(gdp), 1)", "ln GDP (t−1)", "ln GDP（滞后1期）"),
        ("log(L(gdp, 2))", "ln GDP (t−2)", "ln GDP（滞后2期）"),
        ("F(gdp, 1)", "GDP (t+1)", "GDP（前推1期）"),
        ("D(gdp)", "ΔGDP", "ΔGDP"),
        ("D(fiscal_sci_exp, 2)", "Δ₂ Fiscal S&T expenditure", "Δ₂财政科技支出"),
        ("gdp:C(region4)[West]", "GDP × West", "GDP × 西部"),
        ('C(region4, ref="East")[West]', "West", "西部"),
        ("C(province)[Inner Mongolia]", "Inner Mongolia", "内蒙古"),
        ("C(year)[2019]", "Year = 2019", "年份 = 2019"),
        ("C(region4)[T.East]", "East", "东部"),
        ("gdp^2", "GDP²", "GDP²"),
        ("log(gdp):log(gdp)", "(ln GDP)²", "(ln GDP)²"),
        ("I(gdp / population)", "GDP / Population", "GDP / 常住人口"),
        ("np.log(gdp)", "ln GDP", "ln GDP"),
        ("gdp^3", "GDP³", "GDP³"),
        ("log(gdp)^2", "(ln GDP)²", "(ln GDP)²"),
        ("I(gdp*2 - (-log(population))^2)", "GDP × 2 - (-ln Population)^2", "GDP × 2 - (-ln 常住人口)^2"),
        ("C(`R&D (a:b)`)[2019]", "R&D (a:b) = 2019", "R&D (a:b) = 2019"),
        ("C(region4)[x [gdp > 3]", "x [gdp > 3", "x [gdp > 3"),
        ("log(gdp) [L(population, 1) > 3]", "ln GDP (Population (t−1) > 3)", "ln GDP（常住人口（滞后1期） > 3）"),
        ("gdp [-1 < `a b` <= 2.5]", "GDP (-1 < a b ≤ 2.5)", "GDP（-1 < a b ≤ 2.5）"),
        ("Intercept", "Constant", "常数项"),
        ("const", "Constant", "常数项"),
    ],
)
def test_terms_in_both_languages(term: str, english: str, chinese: str) -> None:
    assert label(term, "en", REGISTRY) == english
    assert label(term, "zh", REGISTRY) == chinese


@pytest.mark.parametrize("name", ["nobody_knows_me", "foo(x)", "x_1 & <b>", "`R&D (a:b)`", "", "研发"])
def test_unknown_names_stay_as_they_are(name: str) -> None:
    assert label(name, "zh", REGISTRY) == name.strip("`")


def test_given_names_win_over_the_registry_inside_terms_too() -> None:
    names = {"gdp": Text("Output", "产出"), "log(gdp)": "y"}
    assert label("L(gdp, 1)", "zh", names) == "产出（滞后1期）"
    assert label("log(gdp)", "zh", names) == "y"


@pytest.mark.parametrize("term", ["gdp", "log(gdp)", "id", "C(id)[gdp]", "region3", "`gdp`"])
def test_a_name_that_nobody_gave_is_not_that_of_the_registry(term: str) -> None:
    """The registry knows gdp, id (a study) and region3; a user's columns of these names are something else."""
    plain = {"gdp": "gdp", "log(gdp)": "ln gdp", "id": "id", "C(id)[gdp]": "gdp", "region3": "region3", "`gdp`": "gdp"}[term]
    assert label(term, "en") == label(term, "zh") == plain
    assert unit_of(term, "en") == ""
    assert axis_label(term, "zh") == plain


def test_a_name_in_backticks_has_its_given_label() -> None:
    assert label("L(`研发 投入`, 1)", "en", {"研发 投入": "R&D"}) == "R&D (t−1)"


def test_the_current_language_is_the_default() -> None:
    with using_language("zh"):
        assert label("fiscal_sci_exp", names=REGISTRY) == "财政科技支出"
        assert province_label("Beijing") == "北京"
    assert province_label("Beijing") == "Beijing"


def test_every_variable_of_the_registry_has_a_label_in_both_languages() -> None:
    for name, variable in registry().variables.items():
        assert label(name, "en", REGISTRY) == variable.short.en != ""
        assert label(name, "zh", REGISTRY) == variable.short.zh != ""


def test_units_survive_lags_but_not_logs() -> None:
    assert unit_of("gdp", "en", REGISTRY) == unit_of("L(gdp, 1)", "en", REGISTRY) == "100 million yuan"
    assert unit_of("log(gdp)", "en", REGISTRY) == unit_of("L(gdp, 1):F(gdp, 1)", "en", REGISTRY) == ""
    assert axis_label("gdp", "zh", REGISTRY) == "GDP（亿元）"
    assert axis_label("L(gdp, 1)", "en", REGISTRY) == "GDP (t−1), 100 million yuan"
    percent = next(name for name, variable in registry().variables.items() if variable.unit.en == "%")
    assert unit_of(f"D({percent})", "zh", REGISTRY) == "百分点"


def test_all_first_level_units_go_there_and_back() -> None:
    assert len(PROVINCES) == len(set(PROVINCES.values())) == 34
    for english, chinese in PROVINCES.items():
        assert province_label(english, "zh") == chinese
        assert province_label(chinese, "en") == english
    assert region_label("West", "zh") == "西部"
    assert region_label("西部", "en") == "West"


def test_splitting_respects_brackets_and_backticks() -> None:
    assert split_outside_brackets("L(x, 1):`a:b`:C(g)[x:y]", ":") == ["L(x, 1)", "`a:b`", "C(g)[x:y]"]


LEVELS = ["West", "x [q <= 3]", "a:b", "T.x", "R&D] [", "2019-01", "`"]


def test_labels_of_an_estimate_come_from_its_formula() -> None:
    """Levels may look like anything: read back from the text of the coefficient, most of them would be something else."""
    frame = pd.DataFrame({"kind": LEVELS * 6, "y": np.random.default_rng(1).normal(size=6 * len(LEVELS))})
    frame["const"] = frame["y"].cumsum() ** 2
    estimate = fit_pooled("y ~ C(kind) + const", frame)
    nodes = nodes_of(estimate)
    kept = sorted(LEVELS)[1:]
    want = ["kind = 2019-01" if level == "2019-01" else "西部" if level == "West" else level for level in kept]
    assert [label(nodes[f"C(kind)[{level}]"], "zh") for level in kept] == want
    assert label(nodes["const"], "en") == "const"
    assert label(nodes["y"], "zh", {"y": "产出"}) == "产出"
    shown = regression_table(estimate).table("zh")
    assert [row.cells[0].text for row in shown.body if row.cells[0].text][: len(kept) + 2] == [*want, "常数项", "const"]


@given(st.recursive(st.sampled_from(["x", "`a b`", "研发"]), lambda inner: st.one_of(
    st.builds("{}({})".format, st.sampled_from(["log", "abs", "sqrt", "exp"]), inner),
    st.builds("{}({}, {})".format, st.sampled_from(["L", "F", "D"]), inner, st.integers(1, 12)),
)))  # fmt: skip
def test_a_text_has_the_label_of_its_tree(text: str) -> None:
    tree = parse(f"{text} ~ z").left
    assert read_name(text).parts == (tree,)
    for language in ("en", "zh"):
        assert label(text, language) == label(tree, language)  # type: ignore[arg-type]


def test_words_of_tables() -> None:
    assert effects_label("province^year", "zh") == "省份×年份固定效应"
    assert cluster_label("", "zh") == "聚类数"
    assert statistic_label("r2_within", "en") == "R² (within)"
    assert statistic_label("no such", "en") == "no such"
    assert missing("gdp").to("zh", lambda name, language: name_label(name, language, REGISTRY)) == "GDP缺失"
    assert singleton("province^year").to("en", lambda name, language: name_label(name, language, REGISTRY)) == "singleton province × year"
    assert no_period("L(gdp, 1)").to("en", lambda name, language: name_label(name, language, REGISTRY)) == "no such period for GDP (t−1)"
    assert non_positive("log(gdp)", "gdp").to("en", lambda name, language: name_label(name, language, REGISTRY)) == "non-positive GDP"
    assert str(non_positive("log(gdp)", "gdp")) == "non-positive in log(gdp)"


def test_places_agree_with_the_official_table() -> None:
    from toolkit.data import load_frame

    table = load_frame("provinces")
    assert {PROVINCES[name] for name in table["province"]} == set(table["short_zh"])
    assert all(region_label(name, "zh") != name for name in table["region4"])
