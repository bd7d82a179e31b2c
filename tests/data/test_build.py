"""Building the tables: what comes out, and every planted error by name."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from msgspec.structs import replace
from raw_cells import provincial, yearbook

from toolkit.data import build_tables, list_tables, load, load_frame
from toolkit.data.build import BuildReport
from toolkit.data.raw import RawFolder
from toolkit.errors import (
    CorrectionObsolete,
    CoverageShrank,
    DataError,
    DuplicateKey,
    MissingKey,
    NotNumeric,
    OutOfRange,
    PanelError,
    RawFileChanged,
    RawFileMissing,
    RegistryError,
    SumMismatch,
    UnknownName,
    UnknownProvince,
    UnreadableFile,
)
from toolkit.paths import DATA_PROCESSED, DATA_RAW
from toolkit.registry import Registry, registry

EXACT = 1e-12  # relative: the same arithmetic in another order


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildReport]:
    """Folder and report of a build of all tables, with the committed logs as the baseline."""
    folder = tmp_path_factory.mktemp("built")
    return folder, build_tables(folder, baseline=DATA_PROCESSED)


def with_tables(records: Registry, *names: str) -> Registry:
    """A registry that declares these tables only, those that their totals are taken from, and the provinces that most are joined with."""
    kept = {"provinces", *names, *(check.total_table for name in names for check in records.tables[name].checks)}
    return replace(records, tables={name: table for name, table in records.tables.items() if name in kept})


def readers_of(raw_id: str) -> list[str]:
    """The tables that a raw file goes into."""
    return [name for name, table in registry().tables.items() if raw_id in table.raw]


def planted(tmp_path: Path, raw_id: str, edit: Callable[[str], str]) -> tuple[Path, Registry]:
    """A copy of the raw folder with one file edited, and a registry that accepts its new hash."""
    root = tmp_path / "raw"
    shutil.copytree(DATA_RAW, root)
    record = registry().raw_files[raw_id]
    path = root / record.path
    text = path.read_text(encoding="utf-8")
    changed = edit(text)
    assert changed != text
    path.write_bytes(changed.encode())
    files = registry().raw_files | {raw_id: replace(record, sha256=hashlib.sha256(changed.encode()).hexdigest())}
    return root, replace(registry(), raw_files=files)


def swap(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def test_the_committed_logs_are_those_of_a_rebuild(built: tuple[Path, BuildReport]) -> None:
    folder, _ = built
    for name in list_tables():
        assert (folder / f"{name}.log").read_text(encoding="utf-8") == (DATA_PROCESSED / f"{name}.log").read_text(encoding="utf-8"), name
    assert (folder / "datapackage.json").read_bytes() == (DATA_PROCESSED / "datapackage.json").read_bytes()


def test_a_build_reports_what_it_did(built: tuple[Path, BuildReport]) -> None:
    _, report = built
    assert tuple(t.name for t in report.tables) == list_tables()
    by_name = {t.name: t for t in report.tables}
    assert by_name["provincial_panel"].rows == 31 * 19
    assert by_name["provincial_panel"].corrections == (
        "hainan_ind_rd_fte_2017",
        "qinghai_ind_rd_fte_2020",
        "qinghai_ind_rd_fte_2021",
        "qinghai_ind_rd_fte_2022",
        "jiangsu_zhejiang_ind_rd_fte",
        "beijing_rd_funds_enterprise_2012",
        "jilin_patent_app_design_2019",
        "rd_funds_nil",
        "ind_rd_funds_nil",
    )
    compared = {result.id: (result.compared, result.deviations) for result in by_name["provincial_panel"].agreements}
    assert compared["rd_expenditure"] == (217, 1)  # Guangdong 2017
    assert compared["fiscal_total_exp"] == (403, 1)  # Shanghai 2022
    assert compared["ind_rd_fte"] == (152, 0)  # 31 x 5 less three cells of Qinghai that are taken from the yearbook
    assert compared["tech_market_inflow"] == (93, 0)
    assert len(by_name["national_series"].agreements) == 17
    assert "trade_openness" in by_name["provincial_panel"].weak
    assert by_name["elasticity_evidence"].excluded == ("guellec_vp_elasticity",)
    assert "1 rows left out" in str(report)
    for table in report.tables:
        for check in table.checks:
            assert check.low <= check.smallest <= check.largest <= check.high
            assert check.compared > 0


def test_the_data_package_describes_the_files(built: tuple[Path, BuildReport]) -> None:
    folder, _ = built
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    assert {r["name"] for r in package["resources"]} == set(list_tables())
    for resource in package["resources"]:
        content = (folder / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content)
        frame = pd.read_csv(folder / resource["path"], dtype=str)
        assert [f["name"] for f in resource["schema"]["fields"]] == list(frame.columns)
        assert not frame.duplicated(resource["schema"]["primaryKey"]).any()
        for field in resource["schema"]["fields"]:
            if "minimum" in field.get("constraints", {}):
                values = pd.to_numeric(frame[field["name"]]).dropna()
                assert values.between(field["constraints"]["minimum"], field["constraints"]["maximum"]).all()


def test_published_figures_arrive_unchanged() -> None:
    panel = load_frame("provincial_panel").set_index(["adcode", "year"])
    expected = {key: value for key, value in provincial().items() if key[0] != "rd_intensity_calc"}  # the ratio we compute
    for (indicator, code, year), value in expected.items():
        name = {"rd_intensity": "rd_intensity_published"}.get(indicator, indicator)
        assert panel.at[(int(code), year), name] == value, (name, code, year)
    published = [v for v in registry().tables["provincial_panel"].columns[5:] if not registry().variables[v].derived]
    assert int(panel[published].notna().sum().sum()) == len(expected)


def test_the_nation_of_the_yearbook_arrives_unchanged() -> None:
    national = load_frame("national_series").set_index("year")
    names = {"rd_expenditure", "rd_funds_gov", "ind_rd_funds_enterprise", "hightech_rd_expenditure", "patent_in_force_total", "rd_fte"}
    cells = {key: value for key, value in yearbook().items() if key[0] in names and key[1] == "0"}
    assert len(cells) == 14 + 14 + 6 + 8 + 14 + 14
    for (name, _, year), value in cells.items():
        assert national.at[year, name] == value


def test_derived_columns_follow_the_declared_formula() -> None:
    panel = load_frame("provincial_panel")
    national = load_frame("national_series")
    for table, frame in (("provincial_panel", panel), ("national_series", national)):
        for name in registry().tables[table].columns:
            formula = registry().variables[name].derived
            if formula and name not in ("tech_market_growth", "hightech_enterprises_in_force"):  # these look at other years
                expected = frame.eval(formula)
                assert frame[name].notna().any(), name
                np.testing.assert_allclose(frame[name], expected, rtol=EXACT, err_msg=name)


def test_units_by_hand() -> None:
    row = load("provincial_panel").frame.query("province == 'Beijing' and year == 2023").iloc[0]
    # 100 million yuan over 10,000 persons is 10,000 yuan per person.
    assert row["gdp_per_capita"] == pytest.approx(row["gdp"] / row["population"] * 10_000)
    assert row["education_funds_per_capita"] == pytest.approx(row["education_funds_total"] / row["population"])
    assert row["patents_per_10k"] == pytest.approx(row["patent_grant_invention"] / row["population"])
    assert row["rd_enterprise_intensity"] == pytest.approx(row["rd_funds_enterprise"] / row["gdp"] * 100)
    certified = load_frame("provincial_panel").query("2021 <= year <= 2023")["hightech_enterprises_recognised"].sum()
    now = load_frame("provincial_panel").query("year == 2023")["hightech_enterprises_in_force"].sum()
    assert now == certified == 465_568  # the delivery states 465,578
    assert row["primary_share"] + row["secondary_share"] + row["tertiary_share"] == pytest.approx(100, abs=0.01)


def test_the_processed_tables_hold_what_loading_returns() -> None:
    for name in list_tables():
        frame = load_frame(name)
        assert list(frame.columns[: len(registry().tables[name].keys)]) == list(registry().tables[name].keys)
        assert not frame.duplicated(list(registry().tables[name].keys)).any()
        assert set(frame.columns) == set(registry().tables[name].columns)


def test_recalled_findings_never_leave() -> None:
    evidence = load_frame("elasticity_evidence")
    assert "guellec_vp_elasticity" not in set(evidence["id"])
    assert evidence[["read_at", "read_how", "read_on"]].notna().all(axis=None)
    assert len(evidence) == 81


def test_suppressed_and_range_cells_are_missing_and_say_why() -> None:
    frame = load_frame("us_industry_rd")
    notes = {
        "rd_company_paid": "note_company",
        "rd_federal_paid": "note_federal",
        "rd_other_paid": "note_other",
        "domestic_sales": "note_sales",
    }
    for value, note in notes.items():
        hidden = frame[note].str.contains("suppressed|range|below", na=False)
        assert (frame[value].isna() == hidden).all()
    semiconductors = frame.query("naics == '3344'").set_index("year")
    assert semiconductors.loc[2022, ["rd_company_paid", "rd_federal_paid", "domestic_sales"]].tolist() == [47380, 71, 209459]


@pytest.mark.parametrize(
    ("raw_id", "edit", "error", "words"),
    [
        ("provincial_panel", swap("110000,2011,gdp,", "110000,2012,gdp,"), DuplicateKey, ("repeated", "adcode 110000", "year 2012", "gdp")),
        (
            "provincial_panel",
            swap("fiscal_sci_exp,183.07", "fiscal_sci_exp,183.07*"),
            NotNumeric,
            ("'183.07*'", "row 2", "column value", "year 2011"),
        ),
        ("provincial_panel", swap("fiscal_sci_exp,183.07", "fiscal_sci_exp,inf"), NotNumeric, ("'inf'", "row 2")),
        (
            "provincial_panel",
            swap("110000,2011,fiscal", "120001,2011,fiscal"),
            UnknownProvince,
            ("120001", "row 2", "column adcode", "120000"),
        ),
        ("provincial_panel", swap("110000,2011,fiscal", ",2011,fiscal"), MissingKey, ("adcode is empty", "row 2")),
        ("provincial_panel", swap("2011,fiscal_sci_exp", "2011,fiscal_sci_ex"), UnknownName, ("'fiscal_sci_ex'", "row 2")),
        (
            "provincial_panel",
            swap("fiscal_sci_exp,183.07", "fiscal_sci_exp,18307"),
            SumMismatch,
            ("two publications differ", "fiscal_sci_exp = 183.07", "18307", "Beijing", "2011"),
        ),
        (
            "provincial_panel",
            swap("460000,2017,ind_rd_fte,1971", "460000,2017,ind_rd_fte,2044"),
            CorrectionObsolete,
            ("2044", "Hainan", "2017"),
        ),
        (
            "provincial_panel",
            swap("330000,2018,ind_rd_fte,455530", "330000,2018,ind_rd_fte,394147"),
            CorrectionObsolete,
            ("jiangsu_zhejiang", "394147", "Zhejiang", "2018"),
        ),
        ("provincial_panel", swap("110000,2011,gdp,", "110000,2011,gdp,9"), OutOfRange, ("gdp is", "Beijing", "2011")),
        ("yearbook", swap("330000,2021,rd_fte,575284", "330000,2021,rd_fte,275284"), SumMismatch, ("rd_fte", "Zhejiang", "2021")),
        ("yearbook", swap("0,2022,ind_rd_fte,4214666", "0,2022,ind_rd_fte,4214660"), SumMismatch, ("ind_rd_fte", "4214660", "2022")),
        ("provincial_panel", swap("adcode,year", "code,year"), UnreadableFile, ("'adcode'",)),
        ("national_series", swap("2024,gerd,36326.8", "2024,gerd,36426.8"), SumMismatch, ("36326.8", "36426.8", "2024", "%")),
        (
            "us_industry",
            swap("2016,311,Food,31-33,2,1,4611", "2016,311,Food,31-33,2,1,n/a"),
            NotNumeric,
            ("'n/a'", "row 3", "rd_company_paid", "311"),
        ),
        ("us_industry", swap(",0,,146434,,,suppressed", ",0,,146434,,,"), MissingKey, ("rd_other_paid", "note_other", "312")),
        ("us_industry", swap("ncses_1418+", "ncses_1419+"), UnknownName, ("ncses_1419",)),
        ("contiguity", swap("110000,120000", "110000,120001"), DataError, ("contiguity", "120001")),
        ("published_studies", swap(",meta_regression,", ",meta_regresion,"), UnknownName, ("design 'meta_regresion'", "correa_2013")),
        ("published_studies", swap(",elasticity,0.22,", ",elasticity,,"), MissingKey, ("estimate is empty", "lach_2000")),
        ("published_studies", swap("Lach,2000", "Lach,2002"), DuplicateKey, ("'lach'", "2002")),
    ],
)
def test_planted_errors_are_named(
    tmp_path: Path, raw_id: str, edit: Callable[[str], str], error: type[DataError], words: tuple[str, ...]
) -> None:
    root, records = planted(tmp_path, raw_id, edit)
    with pytest.raises(error) as caught:
        build_tables(tmp_path / "out", raw_root=root, registry=with_tables(records, *readers_of(raw_id)))
    for word in words:
        assert word in str(caught.value), str(caught.value)
    assert "remedy" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_unless_every_table_passes(tmp_path: Path) -> None:
    assert len(readers_of("published_studies")) == 1  # the other tables have no fault
    root, records = planted(tmp_path, "published_studies", swap("Lach,2000", "Lach,2002"))
    with pytest.raises(DuplicateKey):
        build_tables(tmp_path / "out", raw_root=root, registry=records)
    assert not (tmp_path / "out").exists()


def test_a_small_error_in_one_province_breaks_the_national_sum(tmp_path: Path) -> None:
    text = (DATA_RAW / "yearbook" / "yearbook_panel.csv").read_text(encoding="utf-8")
    line = next(x for x in text.splitlines() if x.startswith("110000,2022,ind_rd_labour_cost,"))
    value = line.split(",")[3]
    root, records = planted(tmp_path, "yearbook", swap(line, line.replace(value, str(float(value) + 2000))))
    records = with_tables(records, *readers_of("yearbook"))
    with pytest.raises(SumMismatch, match="ind_rd_labour_cost"):
        build_tables(tmp_path / "out", raw_root=root, registry=records)


def test_a_changed_or_missing_raw_file_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "raw"
    shutil.copytree(DATA_RAW, root)
    path = root / "geography" / "provinces.csv"
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(RawFileChanged) as caught:
        build_tables(tmp_path / "out", raw_root=root)
    assert registry().raw_files["provinces"].sha256[:12] in str(caught.value)
    assert hashlib.sha256(path.read_bytes()).hexdigest()[:12] in str(caught.value)
    assert "tables.yaml" in str(caught.value)
    path.unlink()
    with pytest.raises(RawFileMissing, match="provinces"):
        RawFolder(root).content("provinces")


def test_coverage_may_not_shrink(tmp_path: Path) -> None:
    def drop(text: str) -> str:
        return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("540000,2019,college_students"))

    root, records = planted(tmp_path, "provincial_panel", drop)
    records = with_tables(records, "provincial_panel")
    with pytest.raises(CoverageShrank) as caught:
        build_tables(tmp_path / "out", raw_root=root, registry=records, baseline=DATA_PROCESSED)
    assert "college_students 279 to 278" in str(caught.value)
    assert "delete" in str(caught.value)
    build_tables(tmp_path / "out", raw_root=root, registry=records)  # a folder without a log has nothing to lose


def test_a_declared_column_that_nothing_provides_is_named(tmp_path: Path) -> None:
    table = registry().tables["provinces"]
    records = replace(registry(), tables={"provinces": replace(table, columns=(*table.columns, "gdp"))})
    with pytest.raises(RegistryError, match="declares 'gdp'"):
        build_tables(tmp_path, registry=records)


def test_a_void_check_is_an_error(tmp_path: Path) -> None:
    table = registry().tables["provincial_panel"]
    check = next(c for c in table.checks if c.id == "intensity_published_2023")
    void = replace(table, checks=(replace(check, years=(1900, 1901)),))
    with pytest.raises(RegistryError, match="compares nothing"):
        build_tables(tmp_path, registry=replace(registry(), tables={**with_tables(registry(), "provincial_panel").tables, void.id: void}))


def test_loading_rebuilds_what_was_edited_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.data.catalogue.DATA_PROCESSED", tmp_path)
    one = partial(build_tables, registry=with_tables(registry(), "provinces"))  # one table takes a tenth of the time of all
    monkeypatch.setattr("toolkit.data.catalogue.build_tables", one)
    first = load_frame("provinces")  # nothing there yet: built
    path = tmp_path / "provinces.csv"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"Beijing", b"Peking"))
    pd.testing.assert_frame_equal(load_frame("provinces"), first)
    assert path.read_bytes() == good
    log = tmp_path / "provinces.log"
    log.write_text("no log", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="damaged"):
        load_frame("provinces")


def test_unknown_and_unsuitable_names() -> None:
    with pytest.raises(UnknownName, match=r"(?s)no table 'provincial_pannel'.*provincial_panel"):
        load("provincial_pannel")
    with pytest.raises(PanelError, match="load_frame"):
        load("national_series")
