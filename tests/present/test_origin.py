"""Labels and units of the registry belong to its own data; a user's column of the same name is the user's."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.errors import UnknownOption
from toolkit.language import Text
from toolkit.origin import marked, origin_of
from toolkit.present.writers import to_text

# Names that the registry knows: gdp (100 million yuan), population (10,000 persons), id (a study), urbanisation_rate (a weak series).
BORROWED = ("GDP", "100 million yuan", "亿元", "10,000 persons", "万人", "Study", "study", "研究", "Urbanisation", "城镇化", "Weak", "较弱")


def own_frame(firms: int = 24, years: int = 6) -> pd.DataFrame:
    draw = np.random.default_rng(11)
    rows = firms * years
    frame = pd.DataFrame({"id": np.repeat(np.arange(firms), years), "t": np.tile(np.arange(2001, 2001 + years), firms)})
    frame["gdp"] = draw.lognormal(3, 1, rows)
    frame["population"] = draw.lognormal(2, 1, rows)
    frame["urbanisation_rate"] = draw.uniform(20, 80, rows)
    frame["y"] = 0.4 * np.log(frame["gdp"]) + draw.normal(size=rows)
    frame.loc[3, "gdp"] = 0.0
    return frame


def own_panel() -> tk.Panel:
    return tk.Panel(own_frame(), "id", "t")


def registry_panel() -> tk.Panel:
    return tk.load("provincial_panel").between(2012, 2023)


OWN_FIT = "y ~ log(gdp) + urbanisation_rate | id + t"


def own_tables() -> dict[str, Callable[[], Any]]:
    variables = ["gdp", "population", "urbanisation_rate"]
    return {
        "regression_table": lambda: tk.regression_table(tk.fit(OWN_FIT, own_panel())),
        "between": lambda: tk.regression_table([tk.fit_between("y ~ gdp", own_panel()), tk.fit_random("y ~ gdp", own_panel())]),
        "describe": lambda: tk.describe(own_panel(), variables),
        "describe, frame": lambda: tk.describe(own_frame(), variables, by="t"),
        "describe_within": lambda: tk.describe_within(own_panel(), variables),
        "correlations": lambda: tk.correlations(own_panel(), variables),
        "frame_table": lambda: tk.frame_table(pd.DataFrame({"name": [*variables, "id"], "b": 1.0}), {"name": "Name", "b": "b"}),
    }


def own_figures() -> dict[str, Callable[[], Any]]:
    frame = own_frame()
    long = pd.DataFrame({"t": [1, 2, 1, 2], "name": ["gdp", "gdp", "id", "id"], "population": [1.0, 2.0, 2.0, 1.0]})
    rows = pd.DataFrame({"name": ["gdp", "id"], "estimate": [1.0, 2.0], "low": [0.0, 1.0], "high": [2.0, 3.0]})
    square = pd.DataFrame([[0.5, 0.5], [0.1, 0.9]], index=["gdp", "id"], columns=["gdp", "id"])
    choices = tk.Choices("y", "log(gdp)", ["urbanisation_rate", "population"], effects=["id", "id + t"])
    return {
        "coefficient_plot": lambda: tk.coefficient_plot(tk.fit(OWN_FIT, own_panel()), ["log(gdp)", "urbanisation_rate"]),
        "spec_curve_plot": lambda: tk.spec_curve_plot(tk.specification_curve(choices, own_panel())),
        "scatter_with_fit": lambda: tk.scatter_with_fit(frame, "gdp", "population"),
        "trend_lines": lambda: tk.trend_lines(long, "t", "population", "name"),
        "small_multiples": lambda: tk.small_multiples(long, "t", "population", "name"),
        "bump_chart": lambda: tk.bump_chart(long, "t", "population", "name"),
        "lorenz_curve": lambda: tk.lorenz_curve(frame.query("t == 2001"), "gdp", weight="population"),
        "forest_plot": lambda: tk.forest_plot(rows, "name"),
        "matrix_heatmap": lambda: tk.matrix_heatmap(square),
        "share_bars": lambda: tk.share_bars(rows, "name", "estimate"),
        "coverage_heatmap": lambda: tk.coverage_heatmap(pd.DataFrame({2001: [3, 4]}, index=["gdp", "id"])),
        "tile_grid": lambda: tk.tile_grid({"Beijing": 1.0, "Hebei": 2.0}, "gdp"),
        "radar_chart": lambda: tk.radar_chart(pd.DataFrame({"a": ["gdp", "id", "population"], "v": [0.2, 0.5, 0.7]}), "a", "v"),
        "stacked_decomposition": lambda: tk.stacked_decomposition(long[:2].assign(gdp=[1.0, 2.0]), "t", ["gdp", "population"]),
    }


def texts_of(exhibit: Any, language: Any) -> str:
    if hasattr(exhibit, "table"):
        return to_text(exhibit.table(language))
    from matplotlib.text import Text as Drawn

    drawing = exhibit.draw(language)
    return "\n".join([*(text.get_text() for text in drawing.figure.findobj(Drawn)), drawing.title, drawing.note, drawing.data.to_csv()])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", [*own_tables(), *own_figures()])
def test_no_exhibit_of_own_data_borrows_from_the_registry(name: str, language: str) -> None:
    shown = texts_of({**own_tables(), **own_figures()}[name](), language)
    assert [word for word in BORROWED if word in shown] == []


@pytest.mark.parametrize("name", ["describe", "describe_within", "correlations"])
def test_own_data_can_ask_for_the_labels_of_the_registry(name: str) -> None:
    asked = {
        "describe": lambda: tk.describe(own_panel(), ["gdp"], labels="registry"),
        "describe_within": lambda: tk.describe_within(own_panel(), ["gdp"], labels="registry"),
        "correlations": lambda: tk.correlations(own_panel(), ["gdp", "population"], labels="registry"),
    }[name]
    assert "GDP" in texts_of(asked(), "en")


def test_a_panel_can_be_declared_to_hold_columns_of_the_registry() -> None:
    declared = tk.Panel(own_frame(), "id", "t", origin="registry")
    assert "100 million yuan" in texts_of(tk.describe(declared, ["gdp"]), "en")
    assert "Clusters (version of the study)" in texts_of(tk.regression_table(tk.fit(OWN_FIT, declared)), "en")
    assert "GDP" in texts_of(tk.regression_table(tk.fit(OWN_FIT, own_panel()), labels="registry"), "en")


def test_a_label_of_the_user_wins_over_the_column_and_over_the_registry() -> None:
    mine = {"gdp": Text("Output in dollars", "以美元计的产出")}
    assert "Output in dollars" in texts_of(tk.describe(own_panel(), ["gdp"], labels=mine), "en")
    assert "ln 以美元计的产出" in texts_of(tk.regression_table(tk.fit(OWN_FIT, own_panel()), labels=mine), "zh")
    assert "ln 以美元计的产出" in texts_of(tk.regression_table(tk.fit("log(rd_intensity) ~ log(gdp)", registry_panel()), labels=mine), "zh")


def test_another_word_for_labels_is_refused() -> None:
    with pytest.raises(UnknownOption, match="codebook"):
        tk.describe(own_panel(), ["gdp"], labels="codebook")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "derived",
    [
        lambda p: p,
        lambda p: p.keep(p.frame["year"] > 2015),
        lambda p: p.between(2013, 2020),
        lambda p: p.assign(twice=lambda f: 2 * f["gdp"]),
        lambda p: tk.Panel(p.frame.query("year > 2015"), "province", "year"),
        lambda p: tk.Panel(p.frame.dropna(subset=["gdp"]).sort_values("gdp"), "province", "year", "mine"),
        lambda p: tk.Panel(tk.load_frame("provincial_panel"), "province", "year"),
        lambda p: pickle.loads(pickle.dumps(p)),
    ],
)
def test_what_is_derived_from_a_loaded_table_keeps_its_labels(derived: Callable[[tk.Panel], tk.Panel]) -> None:
    panel = derived(registry_panel())
    assert panel.origin == origin_of(panel.frame) == "registry"
    assert "100 million yuan" in texts_of(tk.describe(panel, ["gdp"]), "en")


def test_a_frame_of_a_loaded_table_keeps_its_labels() -> None:
    frame = tk.load_frame("provincial_panel")
    assert "亿元" in texts_of(tk.describe(frame[frame["year"] == 2020], ["gdp"]), "zh")
    assert "100 million yuan" in texts_of(tk.scatter_with_fit(frame[frame["year"] == 2020], "gdp", "population"), "en")
    assert texts_of(tk.trend_lines(frame, "year", "gdp", "province"), "zh").count("亿元") == 1


def test_an_own_panel_stays_own_whatever_is_done_to_it() -> None:
    panel = own_panel()
    for found in (panel, panel.keep(panel.frame["t"] > 2002), panel.between(2002, 2004), panel.assign(z=1.0)):
        assert found.origin == "own"


def test_merging_own_columns_to_a_loaded_table_needs_a_word() -> None:
    """Who merges decides: the labels come back by asking, and never by themselves."""
    frame = tk.load_frame("provincial_panel")
    merged = frame[["province", "year", "gdp"]].merge(
        own_frame().rename(columns={"t": "year", "gdp": "sales"})[["year", "sales"]], on="year"
    )
    assert origin_of(merged) == "own"
    assert origin_of(marked(merged)) == "registry"
    assert origin_of(merged) == "own"


def test_every_estimator_says_whose_columns_it_used() -> None:
    """Each answers with the origin of its data, on a panel of the registry and on the same rows as an own panel."""
    loaded = registry_panel()
    own = tk.Panel(loaded.frame, "province", "year", origin="own")
    formula = "log(rd_intensity) ~ log(fiscal_sci_exp) + log(gdp_per_capita)"
    estimators: dict[str, Callable[[tk.Panel], Any]] = {
        "pooled": lambda p: tk.fit_pooled(formula, p),
        "within": lambda p: tk.fit_within(f"{formula} | province + year", p),
        "between": lambda p: tk.fit_between(formula, p),
        "random": lambda p: tk.fit_random(formula, p),
        "differences": lambda p: tk.fit_differences(formula, p),
        "differences, years": lambda p: tk.fit_differences(f"{formula} | year", p),
        "instruments": lambda p: tk.fit_instruments(
            "log(rd_intensity) ~ log(gdp_per_capita) | province | log(fiscal_sci_exp) ~ L(log(fiscal_sci_exp), 1)", p
        ),
        "poisson": lambda p: tk.fit_poisson("patent_grant_invention ~ log(gdp_per_capita) | province", p),
        "quantile": lambda p: tk.fit_quantile(formula, p, quantiles=[0.5]).estimates[0],
        "quantile, effects": lambda p: tk.fit_quantile(f"{formula} | province", p, quantiles=[0.5]).estimates[0],
        "driscoll_kraay": lambda p: tk.fit_within(f"{formula} | province", p, covariance="driscoll_kraay"),
        "cr2": lambda p: tk.cr2(tk.fit_within(f"{formula} | province", p), p),
    }
    for name, estimator in estimators.items():
        assert estimator(loaded).origin == "registry", name
        assert estimator(own).origin == "own", name


def test_a_table_of_both_origins_takes_the_names_of_the_columns() -> None:
    """ "GDP" above a user's gdp would be a guess; one estimate of each origin shows the names that the data hold."""
    both = [tk.fit("log(rd_intensity) ~ log(gdp) | province", registry_panel()), tk.fit(OWN_FIT, own_panel())]
    assert "GDP" not in texts_of(tk.regression_table(both), "en")
    assert "GDP" in texts_of(tk.regression_table(both[:1]), "en")


def test_results_of_other_libraries_follow_the_data_that_they_keep() -> None:
    import pyfixest
    import statsmodels.formula.api as smf

    loaded, own = tk.load_frame("provincial_panel"), own_frame()
    for exhibit in (
        tk.regression_table(smf.ols("rd_intensity ~ gdp", loaded).fit()),
        tk.regression_table(pyfixest.feols("rd_intensity ~ gdp | province", loaded)),
        tk.regression_table([tk.fit("rd_intensity ~ gdp", registry_panel()), smf.ols("y ~ gdp", pd.DataFrame(own.to_dict())).fit()]),
    ):
        assert "GDP" in texts_of(exhibit, "en")
    for exhibit in (tk.regression_table(smf.ols("y ~ gdp", own).fit()), tk.regression_table(pyfixest.feols("y ~ gdp | id", own))):
        assert "GDP" not in texts_of(exhibit, "en")


def test_labels_and_units_of_a_file_stand_in_its_exhibits() -> None:
    """As Stata, SPSS and headers with units give them; also of a changed panel, of an estimate, and of one that was kept."""
    frame = pd.DataFrame({"firm": np.repeat(np.arange(20), 5), "year": np.tile(np.arange(2010, 2015), 20)})
    frame["x"] = np.random.default_rng(0).normal(size=100) + 9
    frame["rd"] = frame["x"] + np.random.default_rng(1).normal(size=100)
    panel = tk.Panel(frame, "firm", "year", labels={"rd": "研发支出", "x": "政府补助"}, units={"rd": "万元"})
    shown = str(tk.describe(panel.assign(z=1.0), ["rd", "x"]))
    assert all(word in shown for word in ("研发支出", "政府补助", "10,000 yuan"))
    estimate = tk.fit("log(rd) ~ x | firm", panel)
    other = tk.fit("log(rd) ~ x | firm", panel.convert("rd", "亿元"))
    for fits in ([estimate], [pickle.loads(pickle.dumps(estimate))], [estimate, other]):
        assert "ln 研发支出" in str(tk.regression_table(fits))
    assert "政府补助" not in str(tk.regression_table([tk.fit("rd ~ x", tk.Panel(frame, "firm", "year"))]))
    both = tk.Panel(frame, "firm", "year", labels={"rd": "金额", "x": "金额"})
    assert "金额" not in str(tk.describe(both, ["rd", "x"]))
