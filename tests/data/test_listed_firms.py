"""A folder of CSMAR tables becomes a panel: every fault of a download is planted once, and the counts add up to the last firm-year."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit import paths
from toolkit.data.firms import Firms, read_firms, write_simulated
from toolkit.data.firms.choices import read_choices
from toolkit.errors import EmptySample, MissingColumn, RawFileMissing, RegistryError, ToolkitError, UnreadableFile

YEARS = (2019, 2020, 2021)
FIRMS = {"000021": ("C39", "集成电路封测"), "300059": ("C39", "显示面板"), "688981": ("I65", "芯片设计"), "600000": ("J66", "商业银行")}
REASONS = {
    "years": "outside 2016–2023",
    "b": "B share",
    "differ": "two reports that differ",
    "nowhere": "no industry or province of the year",
    "bank": "financial",
    "st": "special treatment (ST, *ST)",
    "equity": "equity negative or zero",
    "statement": "statement incomplete, or no revenue",
    "rd": "no R&D spending",
    "grant": "no R&D grant",
    "few": "fewer than 3 years left",
}
Tables = dict[str, list[list[object]]]


def tables() -> Tables:
    """Four firms over three years; every number follows from firm and year."""
    made: Tables = {
        "FS_Comins": [["Stkcd", "Accper", "Typrep", "B001101000", "B002000000"]],
        "FS_Combas": [["Stkcd", "Accper", "Typrep", "A001000000", "A002000000", "A003000000"]],
        "PT_LCRDSPENDING": [["Symbol", "EndDate", "StateTypeCode", "RDSpendSum"]],
        "FN_FN056": [["Stkcd", "Accper", "DataSources", "Typrep", "Fn05601", "Fn05602"]],
        "STK_LISTEDCOINFOANL": [["Symbol", "ShortName", "EndDate", "IndustryCodeC", "MAINBUSSINESS", "PROVINCE", "LISTINGSTATE"]],
    }
    for i, (code, (industry, business)) in enumerate(FIRMS.items(), 1):
        for year in YEARS:
            end, size = f"{year}-12-31", 1000 * i + year
            made["FS_Comins"].append([code, end, "A", size, size / 10])
            made["FS_Combas"].append([code, end, "A", 2 * size, size / 2, 1.5 * size])
            made["PT_LCRDSPENDING"].append([code, end, 1, size / 5])
            made["FN_FN056"].append([code, end, "1", 1, "研发专项补助", size / 50])
            made["STK_LISTEDCOINFOANL"].append([code, f"公司{i}", end, industry, business, "上海市", "正常上市"])
    return made


def written(folder: Path, made: Tables) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in made.items():
        text = "\n".join(",".join("" if cell is None else str(cell) for cell in row) for row in rows)
        (folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")
    return folder


def read(tmp_path: Path, made: Tables) -> Firms:
    return read_firms(written(tmp_path / "csmar", made))


def count(firms: Firms, key: str) -> int:
    rows = firms.dropped.set_index(firms.dropped["reason"].map(lambda text: text.en))["rows"]
    return int(rows[REASONS[key]])


def step(firms: Firms, table: str, words: str) -> int:
    found = firms.files[(firms.files["table"] == table) & firms.files["step"].map(lambda text: words in text.en)]
    return int(found["rows"].sum())


def refused(error: type[ToolkitError], folder: Path) -> str:
    with pytest.raises(error) as caught:
        read_firms(folder)
    assert caught.value.remedy
    return str(caught.value)


def cell(made: Tables, table: str, code: str, year: int, field: str) -> tuple[list[object], int]:
    """The row of a firm and year and the place of a field in it."""
    head, *rows = made[table]
    return next(row for row in rows if row[0] == code and f"{year}-12-31" in row), head.index(field)


def put(made: Tables, table: str, code: str, year: int, **fields: object) -> None:
    for field, value in fields.items():
        row, place = cell(made, table, code, year, field)
        row[place] = value


@pytest.mark.parametrize("page", ["firms.md", "firms.zh-CN.md"])
def test_the_page_names_every_table_and_field(page: str, tmp_path: Path) -> None:
    told = (paths.ROOT / "docs" / page).read_text(encoding="utf-8")
    choices = read_choices(tmp_path)
    for table in choices.tables.values():
        line = next(line for line in told.splitlines() if line.startswith(f"| {table.code}"))
        assert all(field in line for field in table.fields.values())
    for word in (*choices.research_words, *choices.other_words, *choices.rules["narrow"].words, *choices.rules["narrow"].industries):
        assert word in told


def test_a_clean_folder(tmp_path: Path) -> None:
    firms = read(tmp_path, tables())
    frame = firms.panel.frame
    assert set(frame["firm"]) == {"000021", "300059", "688981"}
    assert (len(frame), count(firms, "bank")) == (9, 3)
    row = frame[(frame["firm"] == "000021") & (frame["year"] == 2020)].iloc[0]
    assert (row["revenue"], row["rd"], row["rd_grants"], row["assets"]) == (3020, 604, 60.4, 6040)
    assert (row["leverage"], row["roa"]) == (0.25, 0.05)
    assert row["rd_intensity"] == pytest.approx(0.2)
    assert row["own_intensity"] == pytest.approx(0.18)
    narrow, words, electronics = (frame.loc[frame[rule], "firm"].unique().tolist() for rule in ("narrow", "words", "electronics"))
    assert (narrow, words, electronics) == (["000021", "688981"], ["000021", "688981"], ["000021", "300059"])


def test_missing_tables_are_named_all_at_once(tmp_path: Path) -> None:
    made = tables()
    for name in ("PT_LCRDSPENDING", "FS_Combas"):
        del made[name]
    message = refused(RawFileMissing, written(tmp_path, made))
    for word in ("2 of the tables", "PT_LCRDSPENDING", "研发投入情况表", "RDSpendSum", "FS_Combas", "资产负债表", "A003000000", "CSMAR"):
        assert word in message
    assert "FS_Comins" not in message
    assert "no such folder" in refused(RawFileMissing, tmp_path / "nowhere")


def test_statements_of_the_parent_and_within_the_year(tmp_path: Path) -> None:
    made = tables()
    head, *rows = made["FS_Comins"]
    parent = [[row[0], row[1], "B", 7, 7] for row in rows]
    opening = [[row[0], str(row[1]).replace("12-31", "01-01"), "A", 8, 8] for row in rows]
    half = [[row[0], str(row[1]).replace("12-31", "06-30"), "A", 9, 9] for row in rows[:5]]
    made["FS_Comins"] = [head, *rows, *parent, *opening, *half]
    made["FN_FN056"].append(["000021", "2019-12-31", "1", 2, "研发专项补助", 999])
    firms, clean = read(tmp_path / "a", made), read(tmp_path / "b", tables())
    pd.testing.assert_frame_equal(firms.panel.frame, clean.panel.frame)
    assert step(firms, "FS_Comins", "not consolidated") == -12
    assert step(firms, "FS_Comins", "opening") == -12
    assert step(firms, "FS_Comins", "interim") == -5
    assert step(firms, "FN_FN056", "not consolidated") == -1


def test_codes_that_lost_their_zeros(tmp_path: Path) -> None:
    made = tables()
    for row in made["PT_LCRDSPENDING"][1:]:
        row[0] = str(row[0]).lstrip("0")
    assert len(read(tmp_path, made).panel) == 9


def test_rows_that_come_twice_and_reports_that_differ(tmp_path: Path) -> None:
    made = tables()
    made["FS_Comins"].append(list(made["FS_Comins"][1]))
    assert step(read(tmp_path / "a", made), "FS_Comins", "beside the first") == -1
    assert len(read(tmp_path / "a", made).panel) == 9
    made["PT_LCRDSPENDING"].append(["688981", "2021-12-31", 1, 5])  # a restated year
    firms = read(tmp_path / "b", made)
    assert count(firms, "differ") == 1
    assert step(firms, "PT_LCRDSPENDING", "differ") == -1
    assert count(firms, "few") == 2  # the firm has two years left
    # a row that fills a gap of the other does not differ
    made = tables()
    made["FS_Combas"].append(["688981", "2021-12-31", "A", None, None, 3 * (3000 + 2021) / 2])
    assert count(read(tmp_path / "c", made), "differ") == 0


def test_which_grants_are_for_research(tmp_path: Path) -> None:
    made = tables()
    end = "2020-12-31"
    made["FN_FN056"] += [
        ["000021", end, "1", 1, "稳岗补贴", 5],
        ["000021", end, "1", 1, "软件技术企业增值税即征即退", 7],
        ["000021", end, "1", 1, "省R&D后补助", 11],
        ["000021", end, "2", 1, "省R&D后补助", 11],  # under a second account
        ["000021", end, "1", 1, "合计", 60.4 + 23],
    ]
    row, place = cell(made, "FN_FN056", "300059", 2020, "Fn05601")
    row[place] = "合计"
    firms = read(tmp_path, made)
    frame = firms.panel.frame.set_index(["firm", "year"])
    assert frame.loc[("000021", 2020), "grants"] == pytest.approx(60.4 + 23)
    assert frame.loc[("000021", 2020), "rd_grants"] == pytest.approx(60.4 + 11)
    assert count(firms, "grant") == 1  # only a total is known of 300059 in 2020
    assert step(firms, "FN_FN056", "totals") == -2
    assert step(firms, "FN_FN056", "listed twice") == -1
    assert step(firms, "FN_FN056", "no R&D grant") == -2


def test_special_treatment_by_state_by_name_and_by_date(tmp_path: Path) -> None:
    made = tables()
    put(made, "STK_LISTEDCOINFOANL", "000021", 2019, LISTINGSTATE="*ST")
    put(made, "STK_LISTEDCOINFOANL", "300059", 2020, ShortName="ST公司")
    made["SPT_Trdchg"] = [
        ["Stkcd", "Chgtype", "Annoudt"],
        ["688981", "AD", "2019-04-30"],
        ["688981", "DB", "2020-05-06"],
        ["688981", "BA", "2021-12-31"],  # lifted before the year ends
        ["300059", "AB", "2022-01-04"],
        ["300059", "AD", "—"],
    ]
    folder = written(tmp_path, made)
    (folder / "firms.yaml").write_text("least_years: 1\n", encoding="utf-8")
    firms = read_firms(folder)
    assert count(firms, "st") == 4
    assert len(firms.panel) == 5
    assert step(firms, "SPT_Trdchg", "without a date") == -1


def test_every_reason_is_met_once_and_all_add_up(tmp_path: Path) -> None:
    made = tables()
    for i, code in enumerate(("200725", "000701", "000702", "000703", "000704", "000705")):
        for table, rows in tables().items():
            for row in rows[1:4]:
                made[table].append([code, *row[1:]])
        assert len(made["FS_Comins"]) == 16 + 3 * i
    put(made, "STK_LISTEDCOINFOANL", "000701", 2020, PROVINCE=None)
    put(made, "FS_Combas", "000702", 2020, A003000000=-1)
    put(made, "FS_Comins", "000703", 2020, B001101000=0)
    put(made, "PT_LCRDSPENDING", "000704", 2020, RDSpendSum=None)
    put(made, "FN_FN056", "000705", 2020, Fn05601="稳岗补贴")
    made["FS_Comins"].append(["688981", "2015-12-31", "A", 1, 1])
    firms = read(tmp_path, made)
    found = {key: count(firms, key) for key in REASONS}
    assert found == {
        "years": 1, "b": 3, "differ": 0, "nowhere": 1, "bank": 3, "st": 0, "equity": 1, "statement": 1, "rd": 1, "grant": 1, "few": 10,
    }  # fmt: skip
    lines = firms.dropped
    assert lines["left"].iloc[0] - lines["rows"].sum() == lines["left"].iloc[-1] == len(firms.panel) == 9
    assert (lines["left"].diff().iloc[1:] == -lines["rows"].iloc[1:]).all()
    assert lines["firms_left"].iloc[0] - lines["firms"].sum() == lines["firms_left"].iloc[-1] == 3


def test_units_and_fields(tmp_path: Path) -> None:
    made = tables()
    made["FS_Comins"][1:1] = [
        ["证券代码", "统计截止日期", "报表类型", "营业收入", "净利润"],
        ["没有单位", "没有单位", "没有单位", "元", "元"],
    ]
    firms = read(tmp_path / "a", made)
    assert len(firms.panel) == 9
    assert firms.titles == {"B001101000": "营业收入", "B002000000": "净利润"}
    made["FS_Comins"][2][3] = "万元"
    assert "万元" in refused(UnreadableFile, written(tmp_path / "b", made))
    made = tables()
    made["PT_LCRDSPENDING"][0][3] = "RDSpendSum2"
    message = refused(MissingColumn, written(tmp_path / "c", made))
    assert "no field RDSpendSum" in message
    assert "RDSpendSum2" in message
    (tmp_path / "c" / "firms.yaml").write_text("tables: {research: {fields: {rd: RDSpendSum2}}}\n", encoding="utf-8")
    firms = read_firms(tmp_path / "c")
    assert len(firms.panel) == 9
    assert firms.choices.own == ("PT_LCRDSPENDING.RDSpendSum2",)


def test_choices_of_ones_own(tmp_path: Path) -> None:
    folder = written(tmp_path, tables())
    own = folder / "firms.yaml"
    own.write_text(
        'years: [2020, 2021]\nleast_years: 2\nrule: mine\nrules: {mine: {name: {en: Mine, zh: 自选}, firms: ["000021"]}}\n', "utf-8"
    )
    firms = read_firms(folder)
    assert sorted(firms.panel.frame["year"].unique()) == [2020, 2021]
    assert set(firms.sample("mine").panel.frame["firm"]) == {"000021"}
    for text, word in (
        ("rules: {mine: {name: {en: M, zh: M}, firms: [000021]}}", "quotation"),  # YAML reads 17
        ('rules: {mine: {name: {en: M, zh: M}, firms: ["21"]}}', "'21' is no six-digit code"),
        ("rule: other", "'other' is none of narrow"),
        ("yeers: [2016, 2020]", "yeers"),
        ("tables: {reserch: {}}", "reserch"),
        ("years: [2020, 2016]", "exceeds"),
    ):
        own.write_text(text + "\n", encoding="utf-8")
        assert word in refused(RegistryError, folder)
    own.write_text("rules: {narrow: {name: {en: N, zh: 窄}, words: [光刻机]}}\n", encoding="utf-8")
    with pytest.raises(EmptySample, match="narrow"):
        read_firms(folder).sample("narrow")
    own.write_text("years: [1990, 1991]\n", encoding="utf-8")
    assert "no firm-year is left" in refused(EmptySample, folder)


def test_archives_in_volumes_and_hostile_ones(tmp_path: Path) -> None:
    folder = written(tmp_path / "in", tables())
    statement = folder / "FS_Comins.csv"
    lines = statement.read_text(encoding="utf-8").splitlines()
    statement.unlink()
    with zipfile.ZipFile(folder / "利润表1(仅供某大学使用).zip", "w") as archive:
        archive.writestr("FS_Comins.csv", "\n".join(lines[:6]))
        archive.writestr("子目录/FS_Comins(2).csv", "\n".join([lines[0], *lines[6:]]))
        archive.writestr("FS_Comins[DES][csv].txt", "Stkcd [证券代码] - 六位")
        archive.writestr("版权声明.pdf", "%PDF")
    before = set(tmp_path.rglob("*"))
    assert len(read_firms(folder).panel) == 9
    assert set(tmp_path.rglob("*")) == before
    with zipfile.ZipFile(folder / "out.zip", "w") as archive:
        archive.writestr("../../FS_Comins.csv", "\n".join(lines))
    assert "leaves the folder" in refused(UnreadableFile, folder)
    with zipfile.ZipFile(folder / "out.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("FS_Comins.csv", bytes(2**26))
    assert "times its size" in refused(UnreadableFile, folder)
    (folder / "out.zip").unlink()
    (folder / "broken.zip").write_bytes(b"PK\x03\x04 no archive")
    assert "broken.zip" in refused(UnreadableFile, folder)


def test_stata_files(tmp_path: Path) -> None:
    folder = written(tmp_path, tables())
    path = folder / "PT_LCRDSPENDING.csv"
    pd.read_csv(path, dtype={"Symbol": str}).to_stata(folder / "PT_LCRDSPENDING.dta", write_index=False)
    path.unlink()
    assert read_firms(folder).panel.frame["rd"].sum() == pytest.approx(sum(0.2 * (1000 * i + y) for i in (1, 2, 3) for y in YEARS))


def test_winsorising_is_that_of_numpy(tmp_path: Path) -> None:
    firms = read_firms(write_simulated(tmp_path, firms=20))
    sample = firms.sample("narrow")
    raw = firms.panel.frame.loc[firms.panel.frame["narrow"], "rd_intensity"]
    low, high = np.quantile(raw, [0.01, 0.99])
    bound = sample.bounds.set_index("variable").loc["rd_intensity"]
    assert (bound["low"], bound["high"]) == (pytest.approx(low), pytest.approx(high))
    assert bound["changed"] == int(((raw < low) | (raw > high)).sum())
    assert sample.panel.frame["rd_intensity"].to_numpy() == pytest.approx(raw.clip(low, high).to_numpy())


def test_the_simulated_folder_is_the_same_for_a_seed_and_adds_up(tmp_path: Path) -> None:
    first, again, other = (write_simulated(tmp_path / name, firms=40, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    for file in ("PT_LCRDSPENDING.csv", "STK_LISTEDCOINFOANL.txt", "firms.yaml"):
        assert (first / file).read_bytes() == (again / file).read_bytes()
    assert (first / "PT_LCRDSPENDING.csv").read_bytes() != (other / "PT_LCRDSPENDING.csv").read_bytes()
    firms = read_firms(first)
    assert firms.dropped["left"].iloc[0] - firms.dropped["rows"].sum() == len(firms.panel)
    for _, steps in firms.files[firms.files["table"].isin(["FS_Comins", "FS_Combas"])].groupby("table"):
        assert steps["rows"].iloc[:-1].sum() == steps["rows"].iloc[-1]
    grants = firms.files[firms.files["table"] == "FN_FN056"]["rows"]
    assert grants.iloc[:-1].sum() == grants.iloc[-1]
    assert {count(firms, key) > 0 for key in ("b", "differ", "nowhere", "bank", "st", "equity", "rd", "grant")} == {True}
