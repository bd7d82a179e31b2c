"""Descriptive and correlation tables against pandas, scipy and hand-computed cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from toolkit.errors import MissingColumn, NotNumeric, PanelError, PresentationError
from toolkit.language import Language
from toolkit.panel import Panel
from toolkit.present.tables.correlations import correlations
from toolkit.present.tables.descriptive import describe, describe_within, summary
from toolkit.present.writers import WRITERS, to_text

SAME = 1e-10  # two orders of the same summation, also at values of 1e9


def frame() -> pd.DataFrame:
    draw = np.random.default_rng(7)
    data = pd.DataFrame(
        {
            "province": np.repeat(["北京", "b", "c", "d", "e"], 6),
            "year": np.tile(np.arange(2018, 2024), 5),
            "region4": np.repeat(["East", "West", "West", "East", "West"], 6),
            "gdp": draw.lognormal(9, 1, 30),
            "big": 1e9 + draw.normal(size=30),
            "share": draw.uniform(0, 1e-3, 30),
            "const": 2.0,
            "empty": np.nan,
        }
    )
    data.loc[[3, 8], "gdp"] = np.nan
    return data


def panel() -> Panel:
    return Panel(frame(), "province", "year", "test")


def test_describe_agrees_with_pandas() -> None:
    found = describe(panel(), ["gdp", "big", "share"]).data.set_index("variable")
    expected = frame()[["gdp", "big", "share"]].describe().T
    theirs = {"rows": "count", "mean": "mean", "sd": "std", "min": "min", "p25": "25%", "p50": "50%", "p75": "75%", "max": "max"}
    for ours, name in theirs.items():
        assert found[ours].to_numpy(dtype=float) == pytest.approx(expected[name].to_numpy(), rel=SAME)


def test_describe_by_group_agrees_with_pandas_and_speaks_chinese() -> None:
    exhibit = describe(panel(), ["gdp", "share"], by="region4")
    means = frame().groupby("region4")["gdp"].mean()
    found = exhibit.data[exhibit.data["variable"] == "gdp"].set_index("group")["mean"]
    assert found.to_dict() == pytest.approx(means.to_dict(), rel=SAME)
    heads = [row.cells[0].text for row in exhibit.table("zh").body if row.cells[0].kind == "group"]
    assert sorted(heads) == ["东部", "西部"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_constant_and_empty_columns_are_named_and_never_nan(language: Language) -> None:
    table = describe(panel(), ["const", "empty", "gdp"], labels={"const": "two"}).table(language)
    rows = {row.cells[0].text: [cell.text for cell in row.cells[2:]] for row in table.body}
    assert rows["two"] == ["30", "2.000", "0.000", *["2.000"] * 5]
    assert rows["empty"] == ["0", *["—"] * 7]
    notes = " ".join(table.notes)
    assert ("No observations: empty." if language == "en" else "无观测值：empty。") in notes
    assert ("Constant: two." if language == "en" else "取值不变：two。") in notes
    assert "nan" not in to_text(table).lower()


def test_one_observation_has_no_standard_deviation() -> None:
    table = describe(pd.DataFrame({"x": [1.5, np.nan]}), ["x"]).table("en")
    assert [cell.text for cell in table.body[0].cells[2:5]] == ["1", "1.500", "—"]
    assert any("One observation" in note for note in table.notes)


def test_decimals_follow_the_size_of_a_variable() -> None:
    rows = {
        row.cells[0].text: row.cells[3].text for row in describe(panel(), ["gdp", "big", "share"], labels={"gdp": "gdp"}).table("en").body
    }
    assert rows["gdp"].count(",") == 1
    assert len(rows["gdp"].partition(".")[2]) == 1
    assert float(rows["share"]) > 0


def test_units_stand_beside_the_variable() -> None:
    assert [cell.text for cell in describe(panel(), ["gdp"], labels="registry").table("zh").body[0].cells[:2]] == ["GDP", "亿元"]


def test_within_and_between_by_hand() -> None:
    """Two units with values 1, 3 and 5, 7: unit means 2 and 6, deviations ±1 around the overall mean 4."""
    data = pd.DataFrame({"i": ["a", "a", "b", "b"], "t": [1, 2, 1, 2], "x": [1.0, 3.0, 5.0, 7.0]})
    found = describe_within(Panel(data, "i", "t"), ["x"]).data.set_index("part")
    assert found.loc["overall", ["rows", "mean", "sd"]].tolist() == pytest.approx([4, 4, np.sqrt(20 / 3)])
    assert found.loc["between", ["rows", "sd", "min", "max"]].tolist() == pytest.approx([2, np.sqrt(8), 2, 6])
    assert found.loc["within", ["rows", "sd", "min", "max"]].tolist() == pytest.approx([4, np.sqrt(4 / 3), 3, 5])


def test_within_and_between_split_the_variance_of_a_balanced_panel() -> None:
    found = describe_within(panel(), ["share"]).data.set_index("part")
    n, units, periods = 30, 5, 6
    total = found.loc["overall", "sd"] ** 2 * (n - 1)
    parts = found.loc["within", "sd"] ** 2 * (n - 1) + found.loc["between", "sd"] ** 2 * (units - 1) * periods
    assert total == pytest.approx(parts, rel=SAME)


def test_within_needs_a_panel() -> None:
    with pytest.raises(PanelError, match="needs a panel"):
        describe_within(frame(), ["gdp"])  # type: ignore[arg-type]


def test_correlations_agree_with_scipy_pair_by_pair() -> None:
    names = ["gdp", "big", "share"]
    found = correlations(panel(), names).data.set_index(["kind", "first", "second"])
    for first, second in (("big", "gdp"), ("share", "gdp"), ("share", "big")):
        both = frame()[[first, second]].dropna()
        for kind, compute in (("pearson", stats.pearsonr), ("spearman", stats.spearmanr)):
            expected = compute(both[first], both[second])
            row = found.loc[(kind, first, second)]
            assert row["coefficient"] == pytest.approx(expected.statistic, rel=1e-9)
            assert row["p_value"] == pytest.approx(expected.pvalue, rel=1e-7)
            assert row["rows"] == len(both)
    theirs = frame()[names].corr(method="spearman")
    assert found.loc[("spearman", "share", "gdp"), "coefficient"] == pytest.approx(theirs.loc["share", "gdp"], rel=1e-9)


def test_pearson_stands_below_and_spearman_above_the_diagonal() -> None:
    data = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [1.0, 2.0, 4.0, 8.0, 100.0]})
    table = correlations(data, ["x", "y"], labels={"x": "X"}).table("en")
    cells = [[cell.text for cell in row.cells] for row in table.body]
    assert cells == [["(1) X", "1", "1.000"], ["(2) y", f"{np.corrcoef(data['x'], data['y'])[0, 1]:.3f}", "1"]]
    assert [row.cells[2].stars for row in table.body] == ["***", ""]
    assert table.notes[0] == "Pearson below the diagonal, Spearman above; N = 5."


def test_pairwise_numbers_and_blank_columns_are_noted() -> None:
    table = correlations(panel(), ["gdp", "big", "const", "empty"]).table("zh")
    assert "两两样本量介于0与30之间" in table.notes[0]
    assert any("empty" in note and "无相关系数" in note for note in table.notes)
    assert [cell.text for cell in table.body[3].cells[1:]] == ["—", "—", "—", "1"]
    assert "nan" not in to_text(table).lower()


def test_too_few_common_rows_are_a_dash() -> None:
    data = pd.DataFrame({"x": [1.0, 2.0, np.nan, np.nan], "y": [3.0, 1.0, 4.0, 5.0], "z": [1.0, 2.0, 5.0, 3.0]})
    table = correlations(data, ["x", "y", "z"]).table("en")
    assert table.body[1].cells[1].text == "—"
    assert any("fewer than three common rows" in note for note in table.notes)


def test_one_variable_is_a_table_too() -> None:
    exhibit = correlations(frame(), ["gdp"])
    assert exhibit.table("en").body[0].cells[1].text == "1"
    assert list(exhibit.data.columns) == ["kind", "first", "second", "coefficient", "p_value", "rows"]


@pytest.mark.parametrize("function", [describe, correlations])
def test_bad_columns_are_named(function: Any) -> None:
    with pytest.raises(MissingColumn, match="no column 'gpd'") as caught:
        function(panel(), ["gpd"])
    assert "gdp" in caught.value.remedy
    with pytest.raises(NotNumeric, match="province holds '北京'"):
        function(frame(), ["province"])
    with pytest.raises(PresentationError, match="no variable"):
        function(frame(), [])
    with pytest.raises(MissingColumn):
        describe(frame(), ["gdp"], by="region")


def test_inputs_come_back_unchanged() -> None:
    data = frame()
    describe(data, ["gdp"])
    correlations(data, ["gdp", "big"])
    pd.testing.assert_frame_equal(data, frame())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_writer_takes_these_tables(tmp_path: Any, language: Language) -> None:
    for exhibit in (
        describe(panel(), ["gdp"], by="region4", number=1),
        correlations(panel(), ["gdp", "big"]),
        describe_within(panel(), ["gdp"]),
    ):
        for extension, write in WRITERS.items():
            write(exhibit.table(language), tmp_path / f"t.{extension}")


@settings(deadline=None, max_examples=80)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=40), st.floats(-1e6, 1e6))
def test_shifting_a_variable_shifts_its_location_and_not_its_spread(values: list[float], shift: float) -> None:
    before, after = summary(np.array(values)), summary(np.array(values) + shift)
    scale = 1e-6 * (1 + max(map(abs, values)) + abs(shift)) * 1e-6  # a part in 10^12 of the largest number involved
    for key in ("mean", "min", "p25", "p50", "p75", "max"):
        assert after[key] - before[key] == pytest.approx(shift, abs=scale + 1e-9)
    assert after["sd"] == pytest.approx(before["sd"], abs=scale + 1e-6)
    assert before["min"] <= before["p25"] <= before["p50"] <= before["p75"] <= before["max"]


def test_quartiles_of_a_small_variable_are_not_printed_as_one_number() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"small": 0.003 + 0.0001 * rng.normal(size=200), "near": 100 + 0.01 * rng.normal(size=200)})
    for row, name in zip(describe(frame, list(frame)).table("en").body, frame, strict=True):
        quartiles = [cell.text for cell in row.cells[6:9]]
        assert len(set(quartiles)) == 3, quartiles
        np.testing.assert_allclose([float(text) for text in quartiles], frame[name].quantile([0.25, 0.5, 0.75]), rtol=0.02)
    constant = describe(pd.DataFrame({"x": [0.5, 0.5 + 1e-16]}), ["x"]).table("en").body[0]
    assert constant.cells[6].text == "0.500"
