"""Every format that economists have: the same small table comes out of each, and a broken file is refused by its own name."""

from __future__ import annotations

import zipfile
from pathlib import Path

import msoffcrypto
import openpyxl
import pandas as pd
import pyreadstat
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from toolkit.data import read_panel
from toolkit.errors import DuplicateKey, MissingColumn, NotNumeric, ToolkitError, UnknownOption, UnreadableFile
from toolkit.panel import Panel

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
FRAME = pd.DataFrame({"province": ["北京", "上海"] * 2, "year": [2020, 2020, 2021, 2021], "rd": [1.5, 2.25, 3.0, -4.125]})
VALUES = [1.5, 3.0, 2.25, -4.125]  # in the order of Beijing, Shanghai


def keys(panel: Panel) -> set[str]:
    return {found.key for found in panel.notes}


def page(rows: list[list[object]]) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><head><meta charset='gb2312'><script>x</script></head><body><table>{cells}</table></body></html>"


def write(folder: Path, kind: str) -> Path:
    path = folder / f"mine.{kind.split()[0]}"
    match kind:
        case "csv" | "tsv":
            FRAME.to_csv(path, index=False, sep="\t" if kind == "tsv" else ",")
        case "xlsx":
            FRAME.to_excel(path, index=False)
        case "parquet" | "parquet with index":
            (FRAME.set_index(["province", "year"]) if "index" in kind else FRAME).to_parquet(path)
        case "feather":
            FRAME.to_feather(path)
        case "sav":
            pyreadstat.write_sav(FRAME, path, column_labels={"rd": "R&D经费"})
        case "dta":
            FRAME.to_stata(path, write_index=False, version=118)
        case "xls (web page)":
            path.write_bytes(page([list(FRAME.columns), *FRAME.to_numpy().tolist()]).encode("gbk"))
        case "xls (text)":
            path.write_bytes(FRAME.to_csv(index=False, sep="\t").encode("utf-16"))
        case "xls (new format)":
            FRAME.to_excel(folder / "new.xlsx", index=False)
            path.write_bytes((folder / "new.xlsx").read_bytes())
        case "xlsx (protected)":
            FRAME.to_excel(folder / "new.xlsx", index=False)
            with (folder / "new.xlsx").open("rb") as plain, path.open("wb") as out:
                OOXMLFile(plain).encrypt("VelvetSweatshop", out)
        case "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("数据.csv", FRAME.to_csv(index=False))
                archive.writestr("版权声明.pdf", b"x")
    return path


@pytest.mark.parametrize(
    "kind",
    [
        *("csv", "tsv", "xlsx", "parquet", "parquet with index", "feather", "sav", "dta", "zip"),
        *("xls (web page)", "xls (text)", "xls (new format)", "xlsx (protected)"),
    ],
)
def test_the_same_numbers_come_out_of_every_format(tmp_path: Path, kind: str) -> None:
    panel = read_panel(write(tmp_path, kind))
    assert panel.frame["province"].tolist() == ["Beijing", "Beijing", "Shanghai", "Shanghai"]
    assert panel.frame["year"].tolist() == [2020, 2021, 2020, 2021]
    assert panel.frame["rd"].tolist() == VALUES
    assert panel.frame["year"].dtype == "int64"
    assert panel.frame["rd"].dtype == "float64"


@pytest.mark.parametrize("name", ["yearbook.xls", "yearbook_protected.xls"])
def test_old_workbooks_with_title_unit_and_two_languages(name: str) -> None:
    panel = read_panel(REFERENCE / name, sheet="表1")
    assert (panel.entity, panel.time) == ("地区", "年份")
    assert panel.frame["地区"].tolist() == ["Beijing", "Shanghai"]
    assert panel.frame["经费"].tolist() == [10.25, 20.25]
    assert panel.frame["人员"].isna().tolist() == [False, True]
    assert panel.units["经费"] == "亿元"
    assert panel.labels["经费"] == "R&D"
    assert {"lines_above", "lines_below", "totals_left_out", "sheet", "table_unit"} <= keys(panel)
    assert ("unprotected" in keys(panel)) == ("protected" in name)
    assert "read as" not in repr(panel)
    assert 2 <= len(repr(panel).splitlines()) <= 6  # the panel and five lines


def test_a_workbook_with_a_password_of_its_own(tmp_path: Path) -> None:
    FRAME.to_excel(tmp_path / "new.xlsx", index=False)
    with (tmp_path / "new.xlsx").open("rb") as plain, (tmp_path / "locked.xlsx").open("wb") as out:
        OOXMLFile(plain).encrypt("secret", out)
    assert msoffcrypto.OfficeFile((tmp_path / "locked.xlsx").open("rb")).is_encrypted()
    with pytest.raises(UnreadableFile, match="has a password"):
        read_panel(tmp_path / "locked.xlsx")


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "feather", "sav", "dta", "zip", "xlsx (protected)"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_file_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    path = write(tmp_path, kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(ToolkitError) as caught:
        read_panel(path)
    assert "mine" in str(caught.value)


def test_error_values_of_a_workbook(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in [["firm", "year", "x"], ["a", 2020, 1.5], ["b", 2020, 2.5], ["c", 2020, "#N/A"], ["d", 2020, "#DIV/0!"]]:
        book.active.append(row)
    book.save(tmp_path / "e.xlsx")
    with pytest.raises(NotNumeric, match=r"row 5, column x, firm d, year 2020"):
        read_panel(tmp_path / "e.xlsx")
    book.active.delete_rows(5)
    book.save(tmp_path / "e.xlsx")
    panel = read_panel(tmp_path / "e.xlsx")
    assert panel.frame["x"].isna().tolist() == [False, False, True]
    assert "#N/A" in str(next(found for found in panel.notes if found.key == "missing_cells"))


def test_a_hidden_sheet_is_no_rival(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    hidden = book.create_sheet("old")
    hidden.sheet_state = "hidden"
    for value, tab in ((1.0, book.active), (9.0, hidden)):
        tab.append(["firm", "year", "x"])
        tab.append(["a", 2020, value])
        tab.append(["b", 2020, value])
    book.save(tmp_path / "h.xlsx")
    panel = read_panel(tmp_path / "h.xlsx")
    assert panel.frame["x"].tolist() == [1.0, 1.0]
    assert "hidden" in str(next(found for found in panel.notes if found.key == "sheet"))
    assert read_panel(tmp_path / "h.xlsx", sheet="old").frame["x"].tolist() == [9.0, 9.0]


def test_merged_cells_of_a_page(tmp_path: Path) -> None:
    rows = "<tr><th rowspan=2>province</th><th rowspan=2>year</th><th colspan=2>rd</th></tr><tr><th>a</th><th>b</th></tr>"
    rows += "<tr><td rowspan=2>北京</td><td>2020</td><td>1</td><td>2</td></tr><tr><td>2021</td><td>&nbsp;3</td><td>4<br></td></tr>"
    (tmp_path / "m.xls").write_text(f"<table>{rows}</table>", encoding="utf-8")
    panel = read_panel(tmp_path / "m.xls")
    assert panel.frame.to_numpy().tolist() == [["Beijing", 2020, 1.0, 2.0], ["Beijing", 2021, 3.0, 4.0]]
    assert panel.columns == ("rd_a", "rd_b")


HEAD = "Stkcd,Accper,Typrep,RD\n证券代码,会计期间,报表类型,研发投入\n没有单位,没有单位,没有单位,元\n"


def archive(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w") as out:
        for name, text in files.items():
            out.writestr(name, text)
    return path


def test_the_volumes_of_csmar(tmp_path: Path) -> None:
    files = {
        "FS_1.csv": HEAD + "1,2022-12-31,A,7\n1,2022-12-31,B,6\n1,2022-01-01,A,5\n",
        "FS_2.csv": HEAD + "600000,2022-12-31,A,8\n",
        "FS[DES][csv].txt": "Stkcd [证券代码] - 以交易所公布的代码为准\nRD [研发投入金额] - 合计\n",
        "版权声明.pdf": "x",
    }
    panel = read_panel(archive(tmp_path / "FS.zip", files))
    assert (panel.entity, panel.time) == ("Stkcd", "year")
    assert panel.frame[["Stkcd", "year", "RD"]].to_numpy().tolist() == [["000001", 2022, 7.0], ["600000", 2022, 8.0]]
    assert panel.labels["RD"] == "研发投入"
    assert panel.units["RD"] == "元"
    assert {"volumes", "csmar_rows"} <= keys(panel)
    bare = {"FS.csv": "Stkcd,Accper,Typrep,RD\n1,2022-12-31,A,7\n", "FS[DES][csv].txt": files["FS[DES][csv].txt"]}
    assert read_panel(archive(tmp_path / "bare.zip", bare)).labels == {"Stkcd": "证券代码", "RD": "研发投入金额"}


def test_archives_that_leave_a_choice(tmp_path: Path) -> None:
    two = archive(tmp_path / "two.zip", {"a.csv": "firm,year,x\na,2020,1\n", "b.csv": "firm,year,z\na,2020,2\n"})
    with pytest.raises(UnreadableFile, match=r"(?s)different columns.*sheet='a.csv'"):
        read_panel(two)
    assert read_panel(two, sheet="b.csv").frame["z"].tolist() == [2.0]
    with pytest.raises(UnknownOption, match=r"(?s)no file 'c.csv'.*a.csv, b.csv"):
        read_panel(two, sheet="c.csv")
    with pytest.raises(UnreadableFile, match="holds no table"):
        read_panel(archive(tmp_path / "none.zip", {"a.pdf": "x"}))
    bad = archive(tmp_path / "bad.zip", {"a.csv": "firm,year,x\na,2020,1\nb,2020,2\nc,2020,x\n"})
    with pytest.raises(NotNumeric, match=r"bad.zip, a.csv, row 4, column x, firm c"):
        read_panel(bad)


def test_a_table_of_cnrds_with_two_header_rows(tmp_path: Path) -> None:
    text = "Scode,Year,Rd\n股票代码,会计年度,研发投入\n000001,2020,1.5\n000002,2020,2.5\n"
    panel = read_panel(archive(tmp_path / "研发.zip", {"研发.csv": text}))
    assert panel.frame.to_numpy().tolist() == [["000001", 2020, 1.5], ["000002", 2020, 2.5]]


def test_labels_of_spss(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {"firm": ["a", "b", "c"], "year": [2020.0] * 3, "own": [1.0, 2.0, 1.0], "size": [1.0, 2.0, 3.0], "x": [1.5, None, 2.0]}
    )
    labels = {"own": {1: "国有", 2: "民营"}, "size": {1: "小"}}
    pyreadstat.write_sav(frame, tmp_path / "a.sav", variable_value_labels=labels, column_labels={"x": "研发投入"})
    panel = read_panel(tmp_path / "a.sav")
    assert panel.frame["own"].tolist() == ["国有", "民营", "国有"]
    assert panel.frame["size"].tolist() == [1, 2, 3]
    assert panel.frame["x"].isna().tolist() == [False, True, False]
    assert panel.labels["x"] == "研发投入"
    assert {"labels", "label_codes", "missing_cells"} <= keys(panel)


def test_years_in_the_header(tmp_path: Path) -> None:
    path = tmp_path / "R&D经费(亿元).csv"
    path.write_text("省份,2020年,2021年\n北京市,1,2\n全国,5,6\n上海市,3,-\n", encoding="utf-8")
    panel = read_panel(path)
    assert panel.frame.columns.tolist() == ["省份", "year", "R&D经费"]
    assert panel.frame["R&D经费"].tolist()[:3] == [1.0, 2.0, 3.0]
    assert panel.units == {"R&D经费": "亿元"}
    stubs = tmp_path / "w.csv"
    stubs.write_text("firm,born,rd_2020,rd_2021,staff2021\na,1999,1,2,5\nb,2001,3,4,6\n", encoding="utf-8")
    panel = read_panel(stubs)
    assert panel.frame["rd"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert panel.frame["staff"].isna().tolist() == [True, False, True, False]
    assert panel.frame["born"].tolist() == [1999, 1999, 2001, 2001]
    assert read_panel(panel.wide("rd")).frame["rd"].tolist() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("header", "name", "times"),
    [
        ("gdp2020Q1,gdp2020Q2", "quarter", ["2020Q1", "2020Q2"]),
        ("gdp_2020年第一季度,gdp_2020年第二季度", "quarter", ["2020Q1", "2020Q2"]),
        ("2020年11月gdp,2020年12月gdp", "month", ["2020-11", "2020-12"]),
        ("gdp202011,gdp202012", "month", ["2020-11", "2020-12"]),
        ("gdp 2020-11,gdp 2020-12", "month", ["2020-11", "2020-12"]),
    ],
)
def test_quarters_and_months_in_the_header(tmp_path: Path, header: str, name: str, times: list[str]) -> None:
    (tmp_path / "w.csv").write_text(f"firm,founded,{header}\na,1999,1,2\nb,2001,3,4\n", encoding="utf-8")
    panel = read_panel(tmp_path / "w.csv")
    assert (panel.entity, panel.time, panel.step) == ("firm", name, name)
    assert panel.frame[name].astype(str).tolist() == times * 2
    assert panel.frame["gdp"].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert panel.frame["founded"].tolist() == [1999, 1999, 2001, 2001]
    assert "made_long" in keys(panel)


def test_months_of_the_bureau(tmp_path: Path) -> None:
    text = "数据库：分省月度数据\n指标：出口总额(千美元)\n地区,2024年12月,2024年11月\n北京市,1,2\n天津市,3,4\n数据来源：国家统计局\n"
    (tmp_path / "m.csv").write_text(text, encoding="gb18030")
    panel = read_panel(tmp_path / "m.csv")
    assert panel.frame["month"].astype(str).tolist() == ["2024-11", "2024-12"] * 2
    assert panel.frame["出口总额"].tolist() == [2.0, 1.0, 4.0, 3.0]
    assert panel.units == {"出口总额": "千美元"}


@pytest.mark.parametrize(
    ("header", "cells", "periods"),
    [
        ("year,quarter", ["2020,1", "2020,2"], ["2020Q1", "2020Q2"]),
        ("年份,季度", ["2020年,一季度", "2020年,第四季度"], ["2020Q1", "2020Q4"]),
        ("year,month", ["2020,1.0", "2020,12.0"], ["2020-01", "2020-12"]),
        ("年份,月份", ["2020,3月", "2020,11月"], ["2020-03", "2020-11"]),
    ],
)
def test_a_year_and_its_part_in_two_columns(tmp_path: Path, header: str, cells: list[str], periods: list[str]) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"firm,{header},x\n" + "".join(f"{f},{cell},{i}\n" for f in "ab" for i, cell in enumerate(cells)), encoding="utf-8")
    panel = read_panel(path)
    assert panel.time == header.split(",")[1]
    assert panel.frame[panel.time].astype(str).tolist() == periods * 2
    assert panel.frame["x"].tolist() == [0, 1] * 2
    assert panel.frame[header.split(",")[0]].tolist() == [2020] * 4
    assert "parts" in keys(panel)
    path.write_text(path.read_text(encoding="utf-8").replace(cells[1], cells[1].split(",")[0] + ",13"), encoding="utf-8")
    with pytest.raises(DuplicateKey, match="firm a"):
        read_panel(path)


@pytest.mark.parametrize(
    ("header", "words"), [("x2010,x2011,x2011Q1", "mixes periods: 2010 and 2011Q1"), ("x2010-11,x2011-12", "may be a month, or a year")]
)
def test_periods_that_are_unclear(tmp_path: Path, header: str, words: str) -> None:
    (tmp_path / "w.csv").write_text(f"firm,{header}\na{',1' * (header.count(',') + 1)}\nb,2\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match=words):
        read_panel(tmp_path / "w.csv")


def test_one_year_in_the_title(tmp_path: Path) -> None:
    text = "2-3 各地区研发经费（2022年）,\n地 区,经费(万元)\n北 京,1\n上 海,2\n"
    (tmp_path / "y.csv").write_text(text, encoding="utf-8")
    panel = read_panel(tmp_path / "y.csv")
    assert panel.frame[["地区", "year", "经费(万元)"]].to_numpy().tolist() == [["Beijing", 2022, 1.0], ["Shanghai", 2022, 2.0]]
    assert "year_of_title" in keys(panel)
    assert panel.units == {"经费(万元)": "万元"}
    (tmp_path / "y.csv").write_text(text.replace("2022年", "2021年、2022年"), encoding="utf-8")
    with pytest.raises(MissingColumn, match="serve as time"):
        read_panel(tmp_path / "y.csv")


def test_repeats(tmp_path: Path) -> None:
    text = "province,year,x,z\n北京,2020,1,a\n上海,2020,2,b\n北京市,2020.0,1,a\n"
    (tmp_path / "r.csv").write_text(text, encoding="utf-8")
    panel = read_panel(tmp_path / "r.csv")
    assert len(panel) == 2
    assert "1 (rows 4)" in str(next(found for found in panel.notes if found.key == "same_rows"))
    (tmp_path / "r.csv").write_text(text.replace("2020.0,1,a", "2020,1.5,a"), encoding="utf-8")
    with pytest.raises(ToolkitError, match=r"(?s)occurs 2 times, in rows 2, 4, with different x"):
        read_panel(tmp_path / "r.csv")


def test_a_frame_with_its_keys_in_the_index() -> None:
    panel = read_panel(FRAME.set_index(["province", "year"]))
    assert panel.frame["rd"].tolist() == VALUES
    assert "from_index" in keys(panel)
    with pytest.raises(MissingColumn, match="serve as time"):
        read_panel(FRAME[["province", "rd"]])


def test_a_yearbook_table_with_a_header_of_two_rows(tmp_path: Path) -> None:
    head = "表1-2 2022年各地区R&D经费,,,\n单位：万元,,,\n地  区,R&D经费,,\n,基础研究,应用研究,试验发展\n"
    text = head + "全  国,6,6,6\n北  京,1,2,3\n上  海,2,3,…\n"
    (tmp_path / "y.csv").write_text(text, encoding="utf-8")
    panel = read_panel(tmp_path / "y.csv")
    assert panel.frame["year"].tolist() == [2022, 2022]
    assert panel.units == dict.fromkeys(("R&D经费_基础研究", "R&D经费_应用研究", "R&D经费_试验发展"), "万元")
    assert "单位：万元" in str(next(found for found in panel.notes if found.key == "lines_above"))


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        ("省份,城市,年份", ("城市", "年份")),
        ("地 区,年  份,GDP", ("地区", "年份")),
        ("证券代码,证券简称,会计年度", ("证券代码", "会计年度")),
        ("Firm,Year,id", ("Firm", "Year")),
        ("country,iso3,year", None),
        ("a,b,c", None),
    ],
)
def test_roles_are_recognised_or_asked_for(tmp_path: Path, header: str, roles: tuple[str, str] | None) -> None:
    when = roles[1] if roles else "year"
    rows = [["2020" if name.replace(" ", "") == when else f"{letter}{i}" for i, name in enumerate(header.split(","))] for letter in "AB"]
    (tmp_path / "r.csv").write_text("\n".join([f"{header},x", *(",".join([*row, "1"]) for row in rows)]), encoding="utf-8")
    if roles is None:
        with pytest.raises(MissingColumn, match="with entity="):
            read_panel(tmp_path / "r.csv")
    else:
        panel = read_panel(tmp_path / "r.csv", entities="as given")
        assert (panel.entity, panel.time) == roles


def test_a_second_line_of_units(tmp_path: Path) -> None:
    text = "省份,年份,经费,人员,占比\n,,（万元）,人年,%\n北京,2020,1,2,3\n上海,2020,4,5,6\n"
    (tmp_path / "u.csv").write_text(text, encoding="utf-8")
    panel = read_panel(tmp_path / "u.csv")
    assert panel.units == {"经费": "万元", "人员": "人年", "占比": "%"}
    assert panel.labels == {}
    assert panel.convert("经费", "元").frame["经费"].tolist() == [10_000.0, 40_000.0]


def test_a_table_of_csmar_by_year(tmp_path: Path) -> None:
    text = "Symbol,Year,RD\n股票代码,年份,研发投入\n没有单位,没有单位,元\n1,2020,1.5\n2,2021,2.5\n"
    (tmp_path / "PT.csv").write_text(text, encoding="utf-8")
    panel = read_panel(tmp_path / "PT.csv")
    assert panel.frame.to_numpy().tolist() == [["000001", 2020, 1.5], ["000002", 2021, 2.5]]
    assert (panel.labels["RD"], panel.units["RD"]) == ("研发投入", "元")
    (tmp_path / "own.csv").write_text("Stkcd,year,x\n1,2020,1\n600000,2020,2\n", encoding="utf-8")
    assert read_panel(tmp_path / "own.csv").frame["Stkcd"].tolist() == ["000001", "600000"]
