"""The check of a user's file: planted faults are found at their place, clean and real data are left in peace."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import cli, load_frame, read_checked, regression_table
from toolkit.data.check_file import check_file
from toolkit.errors import RegistryError, SchemaViolated, UnknownName
from toolkit.estimate import fit
from toolkit.language import set_language, using_language
from toolkit.present import describe
from toolkit.registry.schema import find_schema, read_schema

COLUMNS = ["province", "year", "rd_intensity", "fiscal_sci_exp", "gdp_per_capita", "rd_expenditure"]


@pytest.fixture(autouse=True)
def english() -> None:
    set_language("en")


def official() -> pd.DataFrame:
    frame = load_frame("provincial_panel")[COLUMNS]
    return frame[frame["year"].between(2012, 2023)].reset_index(drop=True)


def written(folder: Path, frame: pd.DataFrame) -> Path:
    frame.to_csv(folder / "mine.csv", index=False)
    return folder / "mine.csv"


def kinds(path: Path, schema: str | None = None) -> set[tuple[str, str, str]]:
    return {(found.note.key, found.column, found.place) for found in check_file(path, schema).findings}


def test_official_figures_pass_with_nothing_to_look_at(tmp_path: Path) -> None:
    assert kinds(written(tmp_path, official()), "provincial_panel") == set()


def test_planted_faults_of_units_are_found_where_they_are(tmp_path: Path) -> None:
    frame = official()
    at = frame.set_index(["province", "year"]).index
    frame.loc[at.get_loc(("Beijing", 2017)), "rd_expenditure"] *= 1e4
    frame.loc[frame["province"] == "Tibet", "fiscal_sci_exp"] *= 1e4
    frame.loc[(frame["province"] == "Hebei") & (frame["year"] <= 2016), "rd_intensity"] /= 100
    frame.loc[at.get_loc(("Shanghai", 2016)), "gdp_per_capita"] *= 4.3
    path = written(tmp_path, frame)
    assert kinds(path) == {
        ("unit_jump", "rd_expenditure", "Beijing 2017"),
        ("unit_level", "fiscal_sci_exp", "Tibet"),
        ("unit_jump", "rd_intensity", "Hebei 2017"),
        ("outlier", "gdp_per_capita", "Shanghai 2016"),
    }
    errors = {found.note.key: found for found in check_file(path, "provincial_panel").errors}
    assert set(errors) == {"range", "unit"}
    assert errors["unit"].column == "fiscal_sci_exp"
    assert "10,000" in errors["unit"].note.to("zh")


def test_the_row_is_that_of_the_file(tmp_path: Path) -> None:
    frame = official()
    frame.loc[100, "gdp_per_capita"] *= 1e4
    found = [one for one in check_file(written(tmp_path, frame)).findings if one.note.key == "unit_jump"]
    assert [one.row for one in found] == [102]
    lines = (tmp_path / "mine.csv").read_text(encoding="utf-8").splitlines()
    assert found[0].place == " ".join(lines[101].split(",")[:2])


@pytest.mark.parametrize(
    ("first", "factor", "kinds_found"),
    [
        (0, 1e4, {"unit_level"}),
        (0, 1e8, {"unit_level"}),
        (3, 1e4, {"unit_level", "unit_jump"}),
        (3, 1e-4, {"unit_jump"}),
        (11, 1e4, {"unit_jump"}),
        (11, 1e-4, {"unit_jump"}),
        (11, 1e8, {"unit_jump"}),
    ],
)
def test_a_wrong_unit_is_found_from_any_year_on(tmp_path: Path, first: int, factor: float, kinds_found: set[str]) -> None:
    frame = official()
    years = sorted(frame["year"].unique())
    frame.loc[(frame["province"] == "Jiangsu") & (frame["year"] >= years[first]), "rd_expenditure"] *= factor
    found = kinds(written(tmp_path, frame))
    assert {kind for kind, _, _ in found} == kinds_found
    assert {(column, place.split()[0]) for _, column, place in found} == {("rd_expenditure", "Jiangsu")}


def test_growth_and_rates_around_zero_are_no_jumps(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"firm": np.repeat([f"f{i}" for i in range(30)], 12), "year": np.tile(range(2010, 2022), 30)})
    frame["sales"] = np.exp(np.repeat(rng.normal(5, 2, 30), 12) + 0.15 * np.tile(range(12), 30) + rng.normal(0, 0.1, 360))
    frame["growth"] = rng.normal(0, 0.1, 360)
    assert kinds(written(tmp_path, frame)) == set()


def test_gaps_singletons_empty_constant_and_mixed_columns(tmp_path: Path) -> None:
    frame = official().query("not (province == 'Hubei' and year == 2020) and not (province == 'Tibet' and year > 2012)")
    frame = frame.assign(empty=np.nan, same=1, mixed=["x" if row % 3 else str(row) for row in range(len(frame))])
    found = check_file(written(tmp_path, frame)).findings
    assert {one.note.key for one in found} >= {"gaps", "singletons", "empty", "one_value", "mixed"}
    assert next(one for one in found if one.note.key == "gaps").note.value("first") == "Hubei 2020"


def test_cells_that_cannot_be_read_are_errors_with_their_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = official().astype(object)
    frame.loc[3, "rd_expenditure"] = "abc"
    assert cli.main(["check", str(written(tmp_path, frame))]) == 1
    assert "row 5, column rd_expenditure" in capsys.readouterr().out


def test_the_verb_says_the_same_in_both_languages_and_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(written(tmp_path, official()))
    assert cli.main(["check", path, "--schema", "provincial_panel"]) == 0
    assert "372 rows, 31 × province, 12 × year (2012–2023), balanced" in capsys.readouterr().out
    assert cli.main(["check", path, "--lang", "zh"]) == 0
    assert "372行，province31个，year12期（2012—2023），平衡面板" in capsys.readouterr().out
    set_language("en")
    assert cli.main(["check", path, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["entities"], told["balanced"], told["findings"]) == (372, 31, True, [])


def test_usual_names_of_keys_are_found(tmp_path: Path) -> None:
    frame = pd.DataFrame({"股票代码": ["000001", "000001", "600000"], "年份": [2020, 2021, 2020], "资产": [1.0, 2.0, 3.0]})
    panel = check_file(written(tmp_path, frame)).panel
    assert panel is not None
    assert (panel.entity, panel.time) == ("股票代码", "年份")


SCHEMA = """\
entity: firm
time: year
columns:
  rd: {name: {en: R&D spending, zh: 研发支出}, unit: {en: million yuan, zh: 百万元}, range: [0, 100], missing: refused}
  staff: {type: integer}
  code: {type: text, unique: true}
  sector: {type: text, values: [steel, chips]}
others: refused
"""


def test_every_rule_of_a_schema_is_kept(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(SCHEMA, encoding="utf-8")
    frame = pd.DataFrame({"firm": list("aabb"), "year": [1, 2, 1, 2], "rd": [5.0, 500.0, np.nan, 7.0], "staff": [1, 2.5, 3, 4]})
    frame = frame.assign(code=["p", "q", "q", "r"], sector=["steel", "wood", "chips", "chips"], other=1.0)
    path = written(tmp_path, frame)
    found = check_file(path, tmp_path / "my.yaml").errors
    assert {(one.note.key, one.column, one.row) for one in found} == {
        ("range", "rd", 3),
        ("empty_cell", "rd", 4),
        ("integer", "staff", 3),
        ("unique", "code", 3),
        ("unique", "code", 4),
        ("values", "sector", 3),
        ("further", "other", None),
    }
    with pytest.raises(SchemaViolated, match=r"row 3, rd, a 2: 500 lies outside \[0, 100\] million yuan"):
        read_checked(path, tmp_path / "my.yaml")
    absent = written(tmp_path, frame[["firm", "year", "staff"]].assign(staff=[1, 2, 3, 4]))
    assert {(one.note.key, one.column) for one in check_file(absent, tmp_path / "my.yaml").errors} >= {("absent", "rd"), ("absent", "code")}


def test_two_outliers_are_no_other_unit(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text("entity: firm\ntime: year\ncolumns:\n  x: {range: [0, 60]}\n", encoding="utf-8")
    frame = pd.DataFrame({"firm": list("abcdef") * 2, "year": [1] * 6 + [2] * 6, "x": [40.0, 41, 42, 43, 44, 45, 46, 47, 48, 49, 66, 67]})
    assert {one.note.key for one in check_file(written(tmp_path, frame), tmp_path / "my.yaml").errors} == {"range"}
    frame.loc[10:, "x"] = [4600.0, 4700.0]
    assert {one.note.key for one in check_file(written(tmp_path, frame), tmp_path / "my.yaml").errors} == {"unit"}


def test_a_table_of_the_registry_describes_columns_whatever_the_keys_are_called(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("地区,年份,urbanisation_rate\n北京,2020,87\n天津,2020,870\n", encoding="utf-8")
    found = check_file(tmp_path / "a.csv", "provincial_panel")
    assert [(one.note.key, one.row) for one in found.errors] == [("range", 3)]
    (tmp_path / "a.csv").write_text("地区,年份,城镇化率\n北京,2020,87\n天津,2020,85\n", encoding="utf-8")
    assert "nothing_compared" in {one.note.key for one in check_file(tmp_path / "a.csv", "provincial_panel").findings}


def test_names_and_units_of_a_schema_stand_in_the_exhibits(tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text(SCHEMA.replace("others: refused\n", ""), encoding="utf-8")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": np.repeat(list("abcdef"), 4), "year": np.tile(range(4), 6), "rd": rng.uniform(1, 9, 24)})
    frame = frame.assign(staff=rng.integers(1, 9, 24), code=[f"c{i}" for i in range(24)], sector="steel")
    panel = read_checked(written(tmp_path, frame), tmp_path / "my.yaml")
    with using_language("zh"):
        assert "百万元" in repr(describe(panel, ["rd"]))
        assert "研发支出" in repr(regression_table([fit("staff ~ rd | firm", panel, cluster="firm")]))
    assert "R&D spending" in repr(describe(panel.assign(x=1.0), ["rd"]))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("entity: a\n", "field 'time' is missing"),
        ("entity: a\ntime: t\ncolumns: [x]\n", "columns must be a mapping"),
        ("entity: a\ntime: t\ncolumns:\n  x: {rnage: [0, 1]}\n", r"line 4, column x"),
        ("entity: a\ntime: t\ncolumns:\n  x: {range: [2, 1]}\n", "lower bound"),
        ("entity: a\ntime: t\ncolumns:\n  x: {type: nubmer}\n", "none of number, integer, text"),
    ],
)
def test_a_mistake_in_a_schema_is_named_with_its_line(tmp_path: Path, text: str, word: str) -> None:
    (tmp_path / "my.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=word):
        read_schema(tmp_path / "my.yaml")


def test_a_schema_that_does_not_exist_is_named() -> None:
    with pytest.raises(UnknownName, match="provincial_panel"):
        find_schema("provincial_pane")
