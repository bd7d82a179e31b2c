"""The registry: complete, consistent, bilingual; every malformed entry is named with its file."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from toolkit.errors import RegistryError
from toolkit.paths import DATA_RAW
from toolkit.registry import registry
from toolkit.registry.load import FOLDER, digest, gathered, load_registry
from toolkit.registry.read import read_yaml

FILES = ("provincial_panel", "national_series", "national_preliminary", "international", "yearbook")
COUNTED = ("units", "pieces", "contracts", "papers", "projects")
TABLE_OF = {"national_preliminary": "national_series", "yearbook": "provincial_panel"}


def edited(tmp_path: Path, name: str, old: str, new: str) -> Path:
    for below in ("claims", "variables", "datasets"):
        shutil.copytree(FOLDER / below, tmp_path / below)
    for file in (*FOLDER.glob("*.yaml"), FOLDER / "official_figures.csv"):
        shutil.copy(file, tmp_path)
    path = tmp_path / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return tmp_path


def test_every_series_of_the_raw_files_is_described() -> None:
    known = registry()
    renames = {old for t in known.tables.values() for names in (t.rename, *(r.rename for r in t.readings.values())) for old in names}
    checked_only = {name for table in known.tables.values() for name in table.checked_only}
    for name in FILES:
        with (DATA_RAW / known.raw_files[name].path).open(encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        assert {r["indicator"] for r in rows} <= set(known.variables) | renames | checked_only
        assert {r["source_id"] for r in rows} <= set(known.sources)


def test_every_variable_speaks_both_languages() -> None:
    for v in registry().variables.values():
        for en, zh in (v.name, v.short, v.definition):
            assert en, v.id
            assert zh, v.id
        for en, zh in (v.unit, v.breaks, v.weak):
            assert bool(en) == bool(zh), v.id
        if v.kind == "number" and v.id not in ("capital_lon", "capital_lat"):
            assert v.sources, v.id


def test_sources_of_a_variable_are_those_of_its_cells() -> None:
    known = registry()
    for name in FILES:
        reading = known.tables[TABLE_OF.get(name, name)].reading(name)
        with (DATA_RAW / known.raw_files[name].path).open(encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                variable = reading.column(row["indicator"])
                if variable in known.variables and not known.variables[variable].derived:
                    assert row["source_id"] in known.variables[variable].sources, (variable, row["source_id"])


def test_units_of_the_registry_are_those_of_the_file() -> None:
    known = registry()
    spelling = {"10000": "10,000", "1000 ": "1,000 "}
    for name in FILES:
        reading = known.tables[TABLE_OF.get(name, name)].reading(name)
        with (DATA_RAW / known.raw_files[name].path).open(encoding="utf-8") as stream:
            units = {(reading.column(r["indicator"]), r["unit"]) for r in csv.DictReader(stream)}
        for variable, unit in units:
            if variable not in known.variables or variable == "hv_patents_per_10k" or unit.startswith("index"):
                continue
            for old, new in spelling.items():
                unit = unit.replace(old, new)
            if variable in reading.divide:  # 10,000 yuan in the file, 100 million in the table
                assert (unit, reading.divide[variable]) == ("10,000 yuan", 10_000)
                unit = "100 million yuan"
            if unit == "units" and name == "yearbook":  # the file has one word for everything that is counted
                assert known.variables[variable].unit.en in COUNTED, variable
                continue
            assert known.variables[variable].unit.en == unit, variable


def test_vintages_stand_apart() -> None:
    v = registry().variables
    assert v["rd_intensity_published"].raw_name == "rd_intensity"
    assert v["rd_intensity"].derived == "rd_expenditure / gdp * 100"
    assert v["rd_intensity"].raw_name == ""
    assert tuple(v["population"].break_years) == (2010,)
    assert v["population"].move_years == {}
    assert tuple(v["rd_expenditure"].move_years) == (2018,)
    assert v["rd_expenditure"].break_years == {}
    assert v["ind_rd_fte"].weak.en


def test_marked_years_say_why_in_both_languages_and_the_prose_beside_them_speaks_of_them_too() -> None:
    """The year, or of a fall over two years the one before, stands in the prose of the variable as well."""
    marked = [(variable, mark) for variable in registry().variables.values() for mark in variable.marks]
    assert len(marked) >= 11
    for variable, mark in marked:
        assert str(mark.year) in mark.text.en, variable.id
        assert str(mark.year) in mark.text.zh, variable.id
        assert not set("，。；") & set(mark.text.en)
        assert variable.breaks.en, variable.id
        assert any(str(year) in variable.breaks.en for year in (mark.year, mark.year - 1)), variable.id


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("variables/china", "break_years: {2015: {en", "break_years: {soon: {en", ("entry fiscal_total_exp", "got 'str'", "break_years")),
        (
            "variables/china",
            '  move_years: {2018: {en: "2018: economic census"',
            '  move_years: {2018: {en: ""',
            ("entry rd_expenditure", "both"),
        ),
        ("variables/china", "sources: [S02]", "sources: [S99]", ("china.yaml, entry gdp", "no source 'S99'")),
        ("variables/china", "  range: [100, 200000]", "  ranges: [100, 200000]", ("entry gdp", "unknown field 'ranges'")),
        ("variables/china", "  range: [100, 200000]", "  range: [200000, 100]", ("entry gdp", "exceeds")),
        ("variables/china", "\npopulation:", "\ngdp:", ("'gdp' is written twice", "china.yaml, line")),
        ("variables/china", '  unit: {en: "100 million yuan", zh: "亿元"}', '  unit: "100 million yuan"', ("entry gdp", "both languages")),
        ("tables", "      - gdp\n", "      - gpd\n", ("entry provincial_panel", "no variable 'gpd'", "gdp")),
        ("tables", "gap: percent", "gap: parts", ("'parts' is none of percent, units",)),
        ("tables", "total_table: national_series", "total_table: nation_series", ("no table 'nation_series'", "national_series")),
        ("tables", "sha256: 96e6", "sha256: zz", ("64 hexadecimal digits",)),
        ("tables", "keys: [adcode, year]", "keys: [adcode, month]", ("no column 'month'",)),
        ("corrections", "variable: ind_rd_fte", "variable: ind_rd_ft", ("corrections.yaml", "ind_rd_fte")),
        ("corrections", "    expected: 1971\n", "", ("hainan_ind_rd_fte_2017", "'expected' is missing")),
        ("sources", "publisher:", "publisher: [", ("not valid YAML",)),
        (
            "datasets/international",
            "    edition:",
            '    edition: "?" #',
            ("line 9, entry sources.S19", "edition is still '?'"),
        ),
        ("datasets/international", "\ntables:", "\ntable:", ("international.yaml", "not table")),
        ("datasets/international", "  S19:", "  S18:", ("'S18' is written twice", "international.yaml and", "sources.yaml")),
        ("tax", "rate: 0.25", "rate: 25", ("tax.yaml, line 5, entry statutory_rate", "fraction")),
        ("tax", 'last: "2019-12"', 'last: "2016-12"', ("entry technology_sme_75", "before the first")),
        ("tax", 'first: "2008-01"', 'first: "2008"', ("entry statutory_rate", "must be a month")),
        ("tax", "group: high_tech", "group: hightech", ("entry high_tech_rate", "'hightech' is none of")),
    ],
)
def test_malformed_entries_are_named(tmp_path: Path, name: str, old: str, new: str, words: tuple[str, ...]) -> None:
    with pytest.raises(RegistryError) as caught:
        load_registry(edited(tmp_path, name, old, new))
    for word in words:
        assert word in str(caught.value)
    assert "remedy" in str(caught.value)


def test_a_variable_stands_in_one_file_only(tmp_path: Path) -> None:
    folder = edited(tmp_path, "variables/other", "\nadcode:", "\ngdp:")
    with pytest.raises(RegistryError, match=r"(?s)'gdp' is written twice.*other\.yaml and .*china\.yaml"):
        load_registry(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = edited(tmp_path, "sources", "S01:", "S01:")
    (folder / "sources.yaml").unlink()
    with pytest.raises(RegistryError, match=r"sources\.yaml"):
        load_registry(folder)


def test_the_registry_needs_no_pandas() -> None:
    code = "import sys; from toolkit.registry import registry; registry(); print('pandas' in sys.modules or 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_digest_is_stable_between_runs_and_sees_changes() -> None:
    table = registry().tables["provinces"]
    assert digest(table) == digest(load_registry().tables["provinces"])
    assert digest(table) != digest(registry().tables["contiguity"])


def test_licences_and_readmes_cover_every_source_and_folder() -> None:
    text = (DATA_RAW / "LICENSES.md").read_text(encoding="utf-8")
    _, places = gathered(FOLDER)
    for source in registry().sources.values():
        assert source.licence
        declared = places["sources", source.id]
        if declared.parent.name == "datasets":  # its terms stand beside its file
            files = read_yaml(declared)["raw_files"].values()
            assert all(source.licence in (DATA_RAW / file["path"]).with_name("README.md").read_text(encoding="utf-8") for file in files)
            continue
        row = next(line for line in text.splitlines() if line.startswith(f"| {source.id} |"))
        assert source.publication in row
        assert source.licence in row
    headings = ["## Overview", "## Source", "## When and how obtained", "## Description", "## Terms of use", "## Notes"]
    for folder in {Path(raw.path).parent for raw in registry().raw_files.values()}:
        lines = (DATA_RAW / folder / "README.md").read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("## ")] == headings
