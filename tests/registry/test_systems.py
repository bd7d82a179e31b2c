"""Indicator systems as data: ours, a user's own in ten lines, and what every bad file is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit.arithmetic import parse
from toolkit.errors import DuplicateKey, MeasureError, MissingColumn, NotNumeric, RegistryError, UnknownName
from toolkit.language import Text
from toolkit.measure.composite import rows as layout
from toolkit.registry import registry, systems
from toolkit.registry.scheme import computed
from toolkit.registry.systems import OURS, load_scheme, read_scheme, read_schemes, schemes

TEN_LINES = """\
name: My index
systems:
  science:
    indicators:
      rd_intensity: 100 * rd / gdp
      patents: 专利数 / population
  industry:
    name: {en: Industry, zh: 产业}
    indicators:
      energy: {variable: energy / gdp, direction: negative, name: Energy use, unit: tonnes}
"""
DATA = pd.DataFrame(
    {
        "city": ["a", "b", "c"],
        "year": 2023,
        "rd": [1.0, 2.0, 4.0],
        "gdp": [100.0, 100.0, 100.0],
        "专利数": [5.0, 20.0, 10.0],
        "population": [10.0, 10.0, 10.0],
        "energy": [30.0, 10.0, 20.0],
    }
)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


# --- a user's own file -----------------------------------------------------------------------------


def test_ten_lines_are_enough(tmp_path: Path) -> None:
    assert len(TEN_LINES.splitlines()) == 10
    scheme = tk.load_scheme(str(written(tmp_path, TEN_LINES)))
    assert scheme.id == "mine"
    assert scheme.name == Text("My index", "My index")
    assert [s.name.zh for s in scheme.systems] == ["science", "产业"]
    values = scheme.values(DATA)
    assert values["rd_intensity"].tolist() == [1.0, 2.0, 4.0]
    assert values["patents"].tolist() == [0.5, 2.0, 1.0]
    found = tk.composite_index(DATA, scheme, weights="equal", entity="city", time="year")
    assert found.scores["industry"].tolist() == pytest.approx([0, 1, 0.5])
    assert found.scores["science"].tolist() == pytest.approx([0, (1 / 3 + 1) / 2, (1 + 1 / 3) / 2])
    assert found.layout.names["energy"] == Text("Energy use", "Energy use")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("direction: negative", "direction: down", ("line 10", "entry energy", "'down' is none of positive, negative")),
        ("direction: negative", "direktion: negative", ("line 10", "unknown field 'direktion'")),
        ("variable: energy / gdp, ", "", ("line 10", "entry energy", "'variable' is missing")),
        ("100 * rd / gdp", "100 * rd / / gdp", ("line 5", "entry rd_intensity", "'/ gdp' stands where it cannot")),
        ("100 * rd / gdp", "100 * (rd / gdp", ("line 5", "'(rd / gdp' stands where it cannot")),
        ("100 * rd / gdp", "rd // 2", ("line 5", "'rd // 2' is not allowed here")),
        ("100 * rd / gdp", "rd gdp", ("line 5", "'gdp' stands where it cannot")),
        ("100 * rd / gdp", "__import__('os')", ("line 5", "'__import__' is no function")),
        ("100 * rd / gdp", "exp(rd)", ("line 5", "'exp' is no function; there are abs, log")),
        ("100 * rd / gdp", "'7'", ("line 5", "names no variable")),
        ("100 * rd / gdp", "(" * 250 + "rd" + ")" * 250, ("line 5", "nested too deeply")),
        ("      patents:", "      rd_intensity:", ("line 6", "'rd_intensity' is written twice")),
        ("      energy:", "      patents:", ("line 10", "'patents' is used twice")),
        ("      energy:", "      science:", ("line 10", "'science' is used twice")),
        ("      patents:", "      2 patents:", ("line 6", "'2 patents' is no id")),
        ("100 * rd / gdp", "7", ("line 5", "entry must be a mapping")),
        ("100 * rd / gdp", " + ".join(["rd"] * 3000), ("line 5", "more than 300 parts")),
        ("100 * rd / gdp", "100 × rd", ("line 5", "'×' cannot be read")),
        ("100 * rd / gdp", "[rd, gdp]", ("line 5", "entry must be a mapping")),
        ("100 * rd / gdp", "!!python/name:os.system", ("line 5", "not valid YAML")),
        ("  science:", "  grade:", ("line 3", "no system can be called grade")),
        ("  science:", "  ? [a, b]\n  :", ("line 3", "unhashable")),
        ("  science:", "  2020:", ("line 3", "2020 is no id")),
        ("      energy:", "\tenergy:", ("line 10", "not valid YAML")),
        ("zh: 产业", "ch: 产业", ("line 7", "entry industry", "both languages")),
        ("name: My index", "title: My index", ("line 1", "unknown field 'title'", "systems, name, years")),
        ("name: My index", "years: [2023, 2020]", ("line 1", "years [2023, 2020]", "[first, last]")),
        ("name: My index", "name: [My, index]", ("line 1", "name ['My', 'index']", "both languages")),
        ("    indicators:\n      rd", "    dimensions:\n      rd", ("line 5", "entry rd_intensity", "must be a mapping")),
        ("    indicators:\n      energy", "    indicator:\n      energy", ("line 7", "entry industry", "unknown field 'indicator'")),
        ("systems:", "system:", ("line 2", "unknown field 'system'")),
        (TEN_LINES, "systems: {}\n", ("line 1", "at least one id")),
        (TEN_LINES, "systems:\n  a:\n    name: A\n", ("line 2", "entry a", "either dimensions or indicators")),
        (TEN_LINES, "systems:\n  a:\n    indicators:\n", ("line 3", "indicators must be a mapping")),
        (TEN_LINES, "systems:\n  a:\n    dimensions:\n      a:\n        indicators: {x: y}\n", ("line 2", "id of its system")),
        (TEN_LINES, "systems:\n  a:\n    dimensions:\n      b:\n        parts: {x: y}\n", ("line 4", "entry b", "unknown field 'parts'")),
        (TEN_LINES, "- a\n", ("must be a mapping",)),
        (TEN_LINES, "systems: [\n", ("not valid YAML", "line")),
    ],
)
def test_every_mistake_is_named_with_file_and_line(tmp_path: Path, old: str, new: str, words: tuple[str, ...]) -> None:
    assert old in TEN_LINES
    with pytest.raises(RegistryError) as caught:
        read_scheme(written(tmp_path, TEN_LINES.replace(old, new, 1)))
    for word in ("mine.yaml", "remedy", *words):
        assert word in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"(?s)no such file.*none\.yaml"):
        load_scheme(tmp_path / "none.yaml")
    with pytest.raises(RegistryError, match="no such file"):
        load_scheme(tmp_path)
    with pytest.raises(UnknownName, match=r"(?s)system None.*two_innovations"):
        load_scheme(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_other_editors(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "mine.YAML"
    path.write_bytes(TEN_LINES.replace("\n", "\r\n").encode(encoding))
    assert load_scheme(str(path)).structure == read_scheme(written(tmp_path, TEN_LINES)).structure


def test_another_encoding_is_reported_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(TEN_LINES.encode("gbk"))
    with pytest.raises(RegistryError, match=r"(?s)UTF-8.*mine\.yaml.*remedy.*save the file"):
        load_scheme(path)


def test_ids_that_an_index_reserves_are_those_of_the_measure() -> None:
    assert systems.RESERVED == layout.RESERVED


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"energy": ["30", "—", "20"]}, NotNumeric, ("'energy'", "line 10, indicator energy, row city b, year 2023")),
        ({"energy": 1j}, NotNumeric, ("complex128", "line 10, indicator energy")),
        ({"gdp": [0.0, 100.0, 100.0]}, MeasureError, ("first: city a, year 2023, indicator rd_intensity",)),
        ({"rd": [1.0, np.nan, 2.0]}, MeasureError, ("first: city b, year 2023, indicator rd_intensity",)),
        ({"专利数": 7.0}, MeasureError, ("'patents' is constant at 0.7",)),
        ({"city": "a"}, DuplicateKey, ("city a, year 2023",)),
    ],
)
def test_own_data_that_do_not_fit_are_named(
    tmp_path: Path, change: dict[str, object], error: type[Exception], words: tuple[str, ...]
) -> None:
    scheme = read_scheme(written(tmp_path, TEN_LINES))
    with pytest.raises(error) as caught:
        tk.composite_index(DATA.assign(**change), scheme, entity="city", time="year")
    for word in (*words, "remedy"):
        assert word in str(caught.value)


def test_a_column_twice_and_years_that_the_data_lack(tmp_path: Path) -> None:
    scheme = read_scheme(written(tmp_path, TEN_LINES))
    with pytest.raises(MissingColumn, match=r"(?s)'rd' twice.*line 5, indicator rd_intensity"):
        tk.composite_index(pd.concat([DATA, DATA[["rd"]]], axis=1), scheme, entity="city", time="year")
    scheme = read_scheme(written(tmp_path, "years: [1990, 1995]\n" + TEN_LINES))
    with pytest.raises(MeasureError, match=r"(?s)no row in 1990–1995.*from 2023 to 2023"):
        tk.composite_index(DATA, scheme, entity="city", time="year")


def test_a_column_that_the_data_lack_is_named_with_its_line(tmp_path: Path) -> None:
    scheme = read_scheme(written(tmp_path, TEN_LINES))
    with pytest.raises(MissingColumn) as caught:
        scheme.values(DATA.rename(columns={"population": "Population"}))
    for word in ("'population'", "near: Population", "mine.yaml, line 6, indicator patents"):
        assert word in str(caught.value)
    with pytest.raises(NotNumeric, match=r"'energy'(.|\n)*line 10"):
        scheme.values(DATA.assign(energy="low"))


def test_dimensions_and_their_lines(tmp_path: Path) -> None:
    text = "systems:\n  s:\n    dimensions:\n      input:\n        name: {en: Input, zh: 投入}\n        indicators:\n          x: a / b\n"
    scheme = read_scheme(written(tmp_path, text))
    assert scheme.structure == {"s": {"input": {"x": "positive"}}}
    assert scheme.names["input"].zh == "投入"
    with pytest.raises(MissingColumn, match=r"mine\.yaml, line 7, indicator x"):
        scheme.values(pd.DataFrame({"a": [1.0]}))


# --- expressions -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a - b - 1", 4.0 - 2.0 - 1.0),
        ("a / b / 2", 1.0),
        ("a + b * 3", 10.0),
        ("(a + b) * 3", 18.0),
        ("-a + 1", -3.0),
        ("a * -b", -8.0),
        ("1e3 * a", 4000.0),
        ("abs(b - a) / (a + b)", 1 / 3),
        ("log(a)", np.log(4.0)),
        ("`R&D 经费` / a", 2.0),
        ("甲 + a", 7.0),
    ],
)
def test_expressions_by_hand(text: str, value: float) -> None:
    assert computed(parse(text, ("abs", "log")), {"a": 4.0, "b": 2.0, "R&D 经费": 8.0, "甲": 3.0}) == pytest.approx(value)


def test_impossible_values_become_infinite_or_missing_and_not_an_error() -> None:
    frame = pd.DataFrame({"a": [1.0, 0.0], "b": [0.0, 0.0]})
    assert np.isposinf(computed(parse("a / b"), frame)[0])
    assert np.isnan(computed(parse("a / b"), frame)[1])
    assert np.isneginf(computed(parse("log(a)", ("log",)), frame)[1])


# --- ours ------------------------------------------------------------------------------------------


def test_our_schemes_speak_both_languages() -> None:
    for scheme in schemes().values():
        texts = [scheme.name, scheme.limits, scheme.missing, *scheme.names.values()]
        texts += [i.unit for i in scheme.indicators]
        for text in texts:
            assert text.en, scheme.id
            assert text.zh, scheme.id
            assert text.en != text.zh or text.en == "%", (scheme.id, text)
        assert len({name.zh for name in scheme.names.values()}) >= len(scheme.indicators)
    for scheme in ("integration_2025", "four_chains"):
        for system in load_scheme(scheme).systems:
            assert system.definition.en, system.id
            assert system.definition.zh, system.id


def test_our_integration_index_prints_its_operationalisation() -> None:
    scheme = load_scheme("integration_2025")
    assert [s.id for s in scheme.systems] == ["industrialisation", "match", "coverage", "flow"]
    assert all(s.definition.en.startswith("Our operationalisation") for s in scheme.systems)
    table = scheme.table_of_indicators()
    assert set(table.columns) == {"system", "dimension", "indicator", "unit", "direction", "formula"}
    assert len(table) == len(scheme.indicators)


def test_no_indicator_serves_two_chains() -> None:
    formulas = [i.expression.text for i in load_scheme("four_chains").indicators]
    assert len(formulas) == len(set(formulas))


def test_our_formulas_are_those_of_the_codebook_where_it_has_them() -> None:
    frame = tk.load("provincial_panel").frame
    values = load_scheme("two_innovations_first").values(frame)
    for ours, theirs in {
        "rd_to_gdp": "rd_intensity",
        "students": "students_per_10k",
        "contracts_to_gdp": "tech_market_to_gdp",
        "trade_to_gdp": "trade_openness",
        "industrial_researchers": "ind_rd_fte_per_10k",
    }.items():
        np.testing.assert_allclose(values[ours], frame[theirs], rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "lacking"), [("two_innovations", 0), ("four_chains", 0), ("integration_2025", 0), ("two_innovations_first", 1)]
)
def test_our_years_are_nearly_complete_and_cannot_end_later(name: str, lacking: int) -> None:
    scheme = load_scheme(name)
    panel = tk.load(scheme.table)
    first, last = scheme.years
    inside = scheme.values(panel.between(first, last).frame)
    assert int(inside.isna().sum().sum()) == lacking
    assert len(inside) == 31 * (last - first + 1)
    after = scheme.values(panel.between(last + 1, last + 1).frame)
    assert after.isna().all().any()  # an indicator that nobody has


def test_a_wrong_variable_in_our_file_is_named_with_its_line(tmp_path: Path) -> None:
    text = OURS.read_text(encoding="utf-8")
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.strip() == "rd_to_gdp:")
    path = written(tmp_path, text.replace("100 * rd_expenditure / gdp", "100 * rd_expenditur / gdp", 1))
    with pytest.raises(RegistryError) as caught:
        read_schemes(path)
    for word in (f"mine.yaml, line {line}, indicator rd_to_gdp", "'rd_expenditur'", "near: rd_expenditure"):
        assert word in str(caught.value)
    path = written(tmp_path, text.replace("table: provincial_panel", "table: panel", 1))
    with pytest.raises(RegistryError, match=r"mine\.yaml, line \d+(.|\n)*tables\.yaml"):
        read_schemes(path)


def test_an_unknown_name_lists_ours() -> None:
    with pytest.raises(UnknownName, match=r"near: four_chains(.|\n)*two_innovations"):
        load_scheme("four_chain")


def test_tables_of_ours_are_in_the_registry() -> None:
    assert {scheme.table for scheme in schemes().values()} <= set(registry().tables)
