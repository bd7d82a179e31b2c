"""Regression tables, compared with what each library says about its own result."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import PresentationError, UnknownOption
from toolkit.estimate import fit
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import missing
from toolkit.estimate.solve.covariance import few_clusters
from toolkit.language import Language, Text
from toolkit.panel import Panel
from toolkit.present.exhibit import TableExhibit
from toolkit.present.tables.adapters import as_column
from toolkit.present.tables.column import Column, Convention, Drop, spelled
from toolkit.present.tables.notes import column_list
from toolkit.present.tables.regression import regression_table
from toolkit.present.words.formats import number
from toolkit.present.writers import WRITERS, to_text

EXACT = 1e-12  # the adapter copies numbers, so only the order of summation may differ


@cache
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(20)
    rows, periods = 31, 8
    data = pd.DataFrame(
        {"province": np.repeat([f"p{i:02d}" for i in range(rows)], periods), "year": np.tile(np.arange(2017, 2017 + periods), rows)}
    )
    data["gdp"] = np.exp(draw.normal(9, 1, len(data)))
    data["z"] = draw.normal(size=len(data))
    data["rd_intensity"] = np.exp(0.3 * np.log(data["gdp"]) + data.groupby("province").ngroup() / 20 + draw.normal(0, 0.3, len(data)))
    data["lgdp"], data["lrd"] = np.log(data["gdp"]), np.log(data["rd_intensity"])
    return data


@cache
def from_pyfixest() -> Any:
    import pyfixest

    return pyfixest.feols("np.log(rd_intensity) ~ np.log(gdp) + z | province + year", frame(), vcov={"CRV1": "province"})


@cache
def from_panel_ols() -> Any:
    from linearmodels import PanelOLS

    indexed = frame().set_index(["province", "year"])
    return PanelOLS.from_formula("np.log(rd_intensity) ~ np.log(gdp) + z + EntityEffects + TimeEffects", indexed).fit(
        cov_type="clustered", cluster_entity=True
    )


@cache
def from_statsmodels() -> Any:
    import statsmodels.formula.api as smf

    return smf.ols("np.log(rd_intensity) ~ np.log(gdp) + z", frame()).fit(cov_type="cluster", cov_kwds={"groups": frame()["province"]})


@cache
def own() -> Any:
    return fit("log(rd_intensity) ~ log(gdp) + z | province + year", Panel(frame(), "province", "year"))


def mixed() -> TableExhibit:
    return regression_table([own(), from_pyfixest(), from_panel_ols(), from_statsmodels()], number=2)


def line(exhibit: TableExhibit, name: str, language: Language = "en") -> list[str]:
    """Texts of the row with this label."""
    return next([cell.text for cell in row.cells[1:]] for row in exhibit.table(language).body if row.cells[0].text == name)


def a_column(**changed: Any) -> Column:
    k = len(changed.get("terms", ("x",)))
    fields: dict[str, Any] = {
        "library": "toolkit",
        "method": "pooled",
        "outcome": "y",
        "terms": ("x",),
        **{name: np.full(k, 0.5) for name in ("estimate", "std_error", "statistic", "p_value", "low", "high")},
        "convention": Convention("iid", (), "RSS/(N-K)", 30.0),
        "statistics": {"rows": 40.0, "r2": 0.5},
    }
    return Column(**(fields | changed))


def test_four_libraries_side_by_side_each_with_its_own_numbers() -> None:
    data = mixed().data
    tidy = from_pyfixest().tidy()
    panel, line_fit = from_panel_ols(), from_statsmodels()
    for term, theirs in (("log(gdp)", "np.log(gdp)"), ("z", "z")):
        rows = data[(data["name"] == term) & (data["part"] == "coefficient")].set_index("column")
        expected = {
            1: own().coefficient(term).std_error,
            2: tidy.loc[theirs, "Std. Error"],
            3: panel.std_errors[theirs],
            4: line_fit.bse[theirs],
        }
        assert rows["std_error"].to_dict() == pytest.approx(expected, rel=EXACT)
        assert rows.loc[2, "p_value"] == pytest.approx(tidy.loc[theirs, "Pr(>|t|)"], rel=EXACT)
        assert rows.loc[3, ["conf_low", "conf_high"]].tolist() == pytest.approx(panel.conf_int().loc[theirs].tolist(), rel=EXACT)
        assert rows.loc[4, ["conf_low", "conf_high"]].tolist() == pytest.approx(line_fit.conf_int().loc[theirs].tolist(), rel=EXACT)
        assert rows.loc[[1, 2, 3], "value"].to_numpy() == pytest.approx(
            rows.loc[1, "value"], rel=1e-7
        )  # pyfixest demeans to 1e-6 by default


def test_each_r2_stands_under_its_own_name() -> None:
    within, inclusive = from_pyfixest()._r2_within, from_pyfixest()._r2
    assert from_panel_ols().rsquared == pytest.approx(within, rel=1e-6)
    assert line(mixed(), "R² (within)") == [number(within)] * 3 + ["—"]
    assert line(mixed(), "R²") == [number(inclusive)] * 3 + [number(from_statsmodels().rsquared)]


def test_effects_come_from_the_models_also_for_the_spaced_formula_that_pyfixest_misprints() -> None:
    assert as_column(from_pyfixest()).effects == ("province", "year")
    assert line(mixed(), "Province effects") == ["Yes", "Yes", "Yes", "No"]
    assert line(mixed(), "年份固定效应", "zh") == ["是", "是", "是", "否"]
    assert line(mixed(), "Clusters (province)") == ["31"] * 4
    assert line(mixed(), "估计方法", "zh") == ["固定效应", "固定效应", "固定效应", "混合OLS"]


def test_the_note_names_every_convention_once() -> None:
    note = mixed().table("en").notes[0]
    assert "(1), (2) clustered by province (factor G/(G−1)·(N−1)/(N−K); t with 30 degrees of freedom)" in note
    assert "(3) clustered by province (factor N/(N−K), all effects counted in K" in note
    assert "(4) clustered by province (factor G/(G−1)·(N−1)/(N−K); normal distribution)" in note
    assert "第(1)、(2)列聚类到省份层面" in mixed().table("zh").notes[0]
    assert "全部固定效应计入K" in mixed().table("zh").notes[0]
    assert any("(2) pyfixest" in text for text in mixed().table("en").notes)


def test_linearmodels_conventions_are_what_they_do() -> None:
    """The factor in symbols, worked out by hand, turns the bare sandwich into the standard error of the library."""
    from linearmodels import PanelOLS

    indexed = frame().set_index(["province", "year"])
    model = PanelOLS.from_formula("lrd ~ lgdp + EntityEffects", indexed)
    plain, grouped = (model.fit(cov_type="clustered", cluster_entity=True, group_debias=choice) for choice in (False, True))
    n, groups = len(indexed), indexed.index.get_level_values(0).nunique()
    ratio = float(grouped.std_errors["lgdp"] / plain.std_errors["lgdp"]) ** 2
    assert ratio == pytest.approx(groups / (groups - 1) * (n - 1) / n, rel=1e-10)
    assert as_column(plain).convention.factor == "N/(N-K)"
    assert as_column(grouped).convention.factor == "G/(G-1)*(N-1)/(N-K)"
    assert as_column(plain).convention.clusters == (("province", groups),)
    both = model.fit(cov_type="clustered", cluster_entity=True, cluster_time=True)
    assert as_column(both).convention.clusters == (("province", groups), ("year", 8))
    assert as_column(model.fit(cov_type="kernel", bandwidth=2)).convention.kind == "driscoll_kraay"
    assert as_column(model.fit()).convention.factor == "RSS/(N-K)"


def test_other_linearmodels_families() -> None:
    from linearmodels import IV2SLS, BetweenOLS, FirstDifferenceOLS, PooledOLS, RandomEffects

    indexed = frame().set_index(["province", "year"])
    random = RandomEffects.from_formula("lrd ~ 1 + lgdp", indexed).fit()
    found = as_column(random)
    assert (found.method, found.effects, found.terms) == ("random", (), ("Intercept", "lgdp"))
    assert found.statistics["r2_overall"] == pytest.approx(random.rsquared_overall)
    assert "r2" not in found.statistics
    between = as_column(BetweenOLS.from_formula("lrd ~ 1 + lgdp", indexed).fit())
    assert (between.method, "r2_between" in between.statistics, "r2" in between.statistics) == ("between", True, False)
    assert as_column(PooledOLS.from_formula("lrd ~ 1 + lgdp", indexed).fit()).method == "pooled"
    assert as_column(FirstDifferenceOLS.from_formula("lrd ~ lgdp", indexed).fit()).method == "differences"
    iv = IV2SLS.from_formula("lrd ~ 1 + [lgdp ~ z]", frame()).fit(cov_type="clustered", clusters=frame()["year"])
    column = as_column(iv)
    assert (column.method, column.outcome, column.convention.clusters) == ("instruments", "lrd", (("", 8),))
    assert column.std_error == pytest.approx(iv.std_errors.to_numpy(), rel=EXACT)


def test_other_statsmodels_and_pyfixest_models() -> None:
    import pyfixest
    import statsmodels.formula.api as smf

    poisson = as_column(smf.poisson("year ~ z", frame().assign(year=frame()["year"] - 2017)).fit(disp=0))
    assert (poisson.method, "r2_pseudo" in poisson.statistics) == ("Poisson", True)
    assert as_column(smf.ols("lrd ~ C(year)", frame()).fit(cov_type="HC1")).terms[1] == "C(year)[2018]"
    iv = as_column(pyfixest.feols("lrd ~ 1 | lgdp ~ z", frame()))
    assert iv.method == "instruments"
    assert iv.convention.factor == "RSS/(N-K)"
    counts = frame().assign(n=np.arange(len(frame())) % 7)
    assert as_column(pyfixest.fepois("n ~ z | province", counts)).effects == ("province",)


def test_omitted_regressors_are_printed_and_explained() -> None:
    data = frame().assign(twice=2 * frame()["z"])
    exhibit = regression_table([fit("lrd ~ z + twice | province", Panel(data, "province", "year")), from_statsmodels()])
    assert line(exhibit, "twice") == ["omitted", ""]
    assert line(exhibit, "twice", "zh") == ["已剔除", ""]
    assert any("twice (collinear with z)" in note for note in exhibit.table("en").notes)
    assert any("twice（与z共线）" in note for note in exhibit.table("zh").notes)


def test_rows_left_out_are_counted_by_reason() -> None:
    data = frame().copy()
    data.loc[:4, "z"] = np.nan
    data.loc[20, "gdp"] = 0.0
    exhibit = regression_table([fit("lrd ~ z + log(gdp)", Panel(data, "province", "year"))])
    assert "Rows left out: missing z (5), non-positive gdp (1)." in exhibit.table("en").notes
    assert "未进入样本的观测：z缺失（5行），gdp非正（1行）。" in exhibit.table("zh").notes


def test_warnings_and_weak_series_are_noted() -> None:
    (warning,) = few_clusters(["province"], [Grouping(np.arange(31), 31)])
    exhibit = regression_table(
        [a_column(terms=("urbanisation_rate",), variables=("y", "urbanisation_rate"), warnings=(warning,)), a_column()], labels="registry"
    )
    assert any(note.startswith("Weak series, Urbanisation rate: ") for note in exhibit.table("en").notes)
    assert any(note.startswith("数据质量较弱的序列——城镇化率：") for note in exhibit.table("zh").notes)
    assert f"Warnings: (1) {warning}" in exhibit.table("en").notes
    assert "提示：第(1)列按省份聚类仅31组，t检验容易过度拒绝。" in exhibit.table("zh").notes


@pytest.mark.parametrize(("p", "stars"), [(0.0499, "**"), (0.05, "*"), (0.0999, "*"), (0.1, ""), (0.001, "***")])
def test_stars(p: float, stars: str) -> None:
    column = a_column(p_value=np.array([p]))
    assert regression_table([column]).table("en").body[0].cells[1].stars == stars
    assert regression_table([column], stars=None).table("en").body[0].cells[1].stars == ""
    assert regression_table([column], stars=(0.01, 0.1, 0.05)).table("en").body[0].cells[1].stars == stars


def test_star_notes_follow_the_levels() -> None:
    assert "* p<0.1, ** p<0.05, *** p<0.01." in regression_table([a_column()]).table("en").notes
    assert "*、**、***分别表示在10%、5%、1%的水平上显著。" in regression_table([a_column()]).table("zh").notes
    assert not any("p<" in note for note in regression_table([a_column()], stars=None).table("en").notes)


@pytest.mark.parametrize(
    ("brackets", "shown", "said"),
    [
        ("std_error", "(0.040)", "Standard errors in parentheses"),
        ("t", "(−3.00)", "t statistics in parentheses"),
        ("p", "(<0.001)", "p-values in parentheses"),
        ("interval", "[−0.200, −0.040]", "95% confidence intervals in brackets"),
    ],
)
def test_brackets(brackets: Any, shown: str, said: str) -> None:
    column = a_column(
        estimate=np.array([-0.12]),
        std_error=np.array([0.04]),
        statistic=np.array([-3.0]),
        p_value=np.array([1e-5]),
        low=np.array([-0.2]),
        high=np.array([-0.04]),
    )
    table = regression_table([column], brackets=brackets).table("en")
    assert [row.cells[1].text for row in table.body[:2]] == ["−0.120", shown]
    assert table.notes[0].startswith(said)


def test_an_estimate_and_its_error_share_decimals_and_are_never_zero() -> None:
    table = regression_table([a_column(estimate=np.array([0.0012346]), std_error=np.array([0.000057]))]).table("en")
    assert [row.cells[1].text for row in table.body[:2]] == ["0.001235", "(0.000057)"]


def test_missing_numbers_of_a_library_become_dashes() -> None:
    table = regression_table([a_column(std_error=np.array([np.nan]), p_value=np.array([np.nan]))]).table("en")
    assert [row.cells[1].text for row in table.body[:2]] == ["0.500", "(—)"]
    assert "nan" not in to_text(table).lower()


def test_heads_groups_labels_and_order() -> None:
    columns = [a_column(terms=("x", "w", "Intercept")), a_column(terms=("Intercept", "x"), outcome="v"), a_column(outcome="v")]
    exhibit = regression_table(
        {"A": columns[0], "B": columns[1], "C": columns[2]},
        labels={"x": Text("Subsidy", "补贴"), "y": "Outcome"},
        groups=[(Text("Public", "国有"), 1), ("Private", 2)],
        order=["w"],
    )
    heads = [[(cell.text, cell.span) for cell in row.cells[1:]] for row in exhibit.table("en").header]
    assert heads == [
        [("Public", 1), ("Private", 2)],
        [("Outcome", 1), ("v", 2)],
        [("A", 1), ("B", 1), ("C", 1)],
        [("(1)", 1), ("(2)", 1), ("(3)", 1)],
    ]
    names = [row.cells[0].text for row in exhibit.table("zh").body if row.cells[0].text]
    assert names[:3] == ["w", "补贴", "常数项"]


def test_keep_and_drop_take_terms_and_wildcards() -> None:
    column = a_column(terms=("log(x)", "L(x, 1)", "C(year)[2018]", "C(year)[2019]", "Intercept"))

    def names(**chosen: Any) -> list[str]:
        data = regression_table([column], **chosen).data
        return data.loc[data["part"] == "coefficient", "name"].tolist()

    assert names(drop=["C(year)*", "Intercept"]) == ["log(x)", "L(x, 1)"]
    assert names(keep=["L(x,1)"]) == ["L(x, 1)"]
    assert names(keep=["*(x*"]) == ["log(x)", "L(x, 1)"]
    with pytest.raises(PresentationError, match=r"keep='log\(X\)' fits no term") as caught:
        names(keep=["log(X)"])
    assert "log(x)" in caught.value.remedy
    with pytest.raises(PresentationError, match="no term is left"):
        names(drop=["*"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"columns": ["a", "b"]}, "2 column heads for 1 estimates"),
        ({"groups": [("a", 2)]}, "groups cover 2 columns of 1"),
        ({"brackets": "se"}, "no bracket 'se'"),
        ({"stars": (5, 1)}, "no star levels"),
        ({"statistics": ["r3"]}, "no estimate has a statistic 'r3'"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises((PresentationError, UnknownOption)) as caught:
        regression_table([a_column()], **arguments)
    assert words in str(caught.value)
    assert caught.value.remedy


def test_other_objects_and_no_objects_are_refused() -> None:
    with pytest.raises(UnknownOption, match="object of type dict"):
        regression_table([{}])
    with pytest.raises(PresentationError, match="no estimate"):
        regression_table([])


def test_asked_statistics_in_their_order() -> None:
    exhibit = regression_table([own()], statistics=["rmse", "rows", "clusters", "f_effects_df1"])
    tail = [row.cells[0].text for row in exhibit.table("en").body][-4:]
    assert tail == ["RMSE", "N", "Clusters (province)", "f_effects_df1"]
    assert "." not in line(exhibit, "f_effects_df1")[0]


@pytest.mark.parametrize("columns", [1, 12])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_narrow_and_wide_tables_pass_every_writer(tmp_path: Any, columns: int, language: Language) -> None:
    table = regression_table(
        [a_column(terms=("研发_x & <b>", "y%"), outcome=f"y_{place % 2}") for place in range(columns)], number="A1"
    ).table(language)
    for extension, write in WRITERS.items():
        write(table, tmp_path / f"t.{extension}")
        assert (tmp_path / f"t.{extension}").stat().st_size > 100
    assert table.width == columns + 1


def test_inputs_are_kept_as_they_were_given() -> None:
    labels = {"x": "X"}
    exhibit = regression_table([a_column()], labels=labels)
    labels["x"] = "changed"
    assert exhibit.table("en").body[0].cells[0].text == "X"


def test_what_estimates_note_is_in_chinese_tables_too() -> None:
    """Every sentence and reason that the estimators of this toolkit produce here has its Chinese form."""
    from toolkit.estimate import fit_differences, fit_random

    panel = Panel(frame().assign(fixed=frame().groupby("province").ngroup() * 1.0, twice=2 * frame()["z"]), "province", "year")
    estimates = [
        fit("log(rd_intensity) ~ z + twice + fixed | province + year", panel),
        fit("lrd ~ L(z, 1) + z | province", panel, covariance="driscoll_kraay"),
        fit("lrd ~ z", panel, cluster=("province", "year")),
        fit_random("lrd ~ z + lgdp", panel),
        fit_differences("lrd ~ z + fixed", panel),
    ]
    names = dict.fromkeys(("lrd", "z", "twice", "fixed", "lgdp", "log(rd_intensity)", "L(z, 1)"), "变量")
    notes = " ".join(regression_table(estimates, labels=names).table("zh").notes)
    english = set(re.findall(r"[A-Za-z]{2,}", notes)) - {"Driscoll", "Kraay", "Bartlett", "Swamy", "Arora", "RSS", "min"}
    assert english == set()


def test_column_lists() -> None:
    assert column_list([1]) == "(1)"
    assert column_list([1, 2]) == "(1), (2)"
    assert column_list([2, 3, 4, 6, 7]) == "(2)–(4), (6), (7)"


def test_spelling() -> None:
    assert spelled("np.log(x)") == "log(x)"
    assert spelled("L(x,1)") == "L(x, 1)"
    assert spelled("const") == "Intercept"


def test_drops_of_a_column_are_values() -> None:
    notes = regression_table([a_column(dropped=(Drop(missing("gdp"), 3),)), a_column()]).table("en").notes
    assert any(re.search(r"Rows left out: \(1\) missing gdp \(3\)\.", note) for note in notes)
