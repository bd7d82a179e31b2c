"""Tables as people keep them: what stands around a table is left out and said, what is unclear is refused by name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from toolkit.data import read_panel
from toolkit.errors import DuplicateKey, MissingKey, NotNumeric, PanelError, ToolkitError, UnknownOption, UnknownProvince, UnreadableFile
from toolkit.panel import Panel

PLAIN = "province,year,rd\n北京,2020,1\n北京,2021,2\n上海,2020,3\n上海,2021,4\n"


def csv(tmp_path: Path, text: str, **options: str) -> Panel:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return read_panel(path, **options)  # type: ignore[arg-type]


def book(tmp_path: Path, sheets: dict[str, list[list[object]]], merged: tuple[str, ...] = ()) -> Path:
    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for name, rows in sheets.items():
        tab = workbook.create_sheet(name)
        for row in rows:
            tab.append(row)
        for block in merged:
            tab.merge_cells(block)
    path = tmp_path / "mine.xlsx"
    workbook.save(path)
    return path


def said(panel: Panel) -> dict[str, str]:
    for found in panel.notes:
        assert found.to("zh") != found.to("en")
    return {found.key: str(found) for found in panel.notes}


def refused(error: type[ToolkitError], text: str, tmp_path: Path, **options: str) -> str:
    with pytest.raises(error) as caught:
        csv(tmp_path, text, **options)
    assert "mine.csv" in str(caught.value)
    assert caught.value.remedy
    return str(caught.value)


def test_lines_around_the_table(tmp_path: Path) -> None:
    above = "表1 各省R&D经费,,\n,,单位：亿元\n\n"
    below = "\n注：1. 不含港澳台,口径一致\n2. 见附录\n数据来源：国家统计局\nSource: NBS\n"
    panel = csv(tmp_path, above + PLAIN + below)
    assert panel.frame["rd"].tolist() == [1, 2, 3, 4]
    notes = said(panel)
    assert "表1 各省R&D经费" in notes["lines_above"]
    assert "单位：亿元" in notes["lines_above"]
    for line in ("注：1. 不含港澳台 口径一致", "2. 见附录", "数据来源：国家统计局", "Source: NBS"):
        assert line in notes["lines_below"]
    assert "lines_above" in repr(panel.notes)
    assert "单位：亿元" in repr(panel)
    assert "- Not read: Lines above" in panel._repr_html_()


def test_a_plain_file_needs_no_report(tmp_path: Path) -> None:
    panel = csv(tmp_path, PLAIN.replace("北京", "Beijing").replace("上海", "Shanghai"))
    assert panel.notes == ()
    assert "\n" not in repr(panel)


def test_a_last_line_without_a_mark(tmp_path: Path) -> None:
    assert "国家统计局2021年发布" in said(csv(tmp_path, PLAIN + "\n*p<0.1\n国家统计局2021年发布\n"))["lines_below"]
    assert "row 6" in refused(MissingKey, PLAIN + "北京\n", tmp_path)
    assert "row 6" in refused(MissingKey, PLAIN + "天津\n天津,2020,1\n", tmp_path)


def test_columns_and_rows_of_a_table_that_stands_apart(tmp_path: Path) -> None:
    panel = csv(tmp_path, "\n,,,\n" + "".join(f",{line}\n" for line in PLAIN.splitlines()))
    assert panel.columns == ("rd",)
    assert set(said(panel)) == {"provinces_named"}


def test_a_header_repeated_and_row_numbers(tmp_path: Path) -> None:
    lines = PLAIN.splitlines()
    panel = csv(tmp_path, "\n".join([*lines[:3], lines[0], *lines[3:]]))
    assert panel.frame["rd"].tolist() == [1, 2, 3, 4]
    assert "left out: 1" in said(panel)["header_repeated"]
    for first in ('""', "", "Unnamed: 0"):
        numbered = [f"{first},{lines[0]}", *(f"{i},{line}" for i, line in enumerate(lines[1:], 5))]
        assert csv(tmp_path, "\n".join(numbered)).columns == ("rd",)
    write_table = [lines[0], *(f'"{i}",{line}' for i, line in enumerate(lines[1:], 1))]
    panel = csv(tmp_path, "\n".join(write_table))
    assert panel.frame["rd"].tolist() == [1, 2, 3, 4]
    assert "row_numbers" in said(panel)
    message = refused(
        UnreadableFile, "\n".join([f",{lines[0]}", *(f"{x},{line}" for x, line in zip("3124", lines[1:], strict=True))]), tmp_path
    )
    assert "column 1 has none" in message
    assert "row 1" in message


def test_empty_columns_are_dropped_and_bad_headers_named(tmp_path: Path) -> None:
    assert csv(tmp_path, PLAIN.replace("\n", ",,\n")).columns == ("rd",)
    assert "'rd' stands over 2 columns" in refused(UnreadableFile, PLAIN.replace("rd\n", "rd,rd\n").replace(",1\n", ",1,9\n"), tmp_path)
    message = refused(UnreadableFile, PLAIN.replace(",1\n", ",1,9\n").replace(",4\n", ",4,9\n"), tmp_path)
    assert message.count("a row has more cells than the header") == 3
    assert "row 2" in message
    assert "row 5" in message


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters(tmp_path: Path, delimiter: str) -> None:
    panel = csv(tmp_path, PLAIN.replace(",", delimiter))
    assert panel.frame["rd"].tolist() == [1, 2, 3, 4]
    assert "delimiter" in said(panel)


def test_semicolons_with_decimal_commas(tmp_path: Path) -> None:
    panel = csv(tmp_path, "firm;year;a;b\nx;2020;1,5;2,5\ny;2020;3,5;4,5\n", entity="firm")
    assert panel.frame["b"].tolist() == [2.5, 4.5]


def test_an_open_quotation_mark(tmp_path: Path) -> None:
    assert "quotation mark" in refused(UnreadableFile, PLAIN.replace("上海,2020", '"上海,2020'), tmp_path)


def test_headers_of_two_rows(tmp_path: Path) -> None:
    upper_first = "province,year,经费,,人员,gdp\n,,政府,企业,全时,\n北京,2020,1,2,3,4\n上海,2020,5,6,7,8\n"
    panel = csv(tmp_path, upper_first)
    assert panel.columns == ("经费_政府", "经费_企业", "人员_全时", "gdp")
    assert panel.frame["gdp"].tolist() == [4, 8]
    assert "经费_企业" in said(panel)["two_rows"]
    roles_below = "表1,,,\n,,经费,\nprovince,year,政府,政府\n北京,2020,1,2\n"
    assert "'政府' stands over 2" in refused(UnreadableFile, roles_below.replace(",,经费,", ",,,"), tmp_path)
    panel = csv(tmp_path, ",,经费,人员\nprovince,year,总计,总计\n北京,2020,1,2\n")
    assert panel.columns == ("经费_总计", "人员_总计")


def test_a_second_line_of_units_or_titles(tmp_path: Path) -> None:
    panel = csv(tmp_path, PLAIN.replace("rd\n", "rd\n,,(亿元)\n"))
    assert panel.columns == ("rd",)
    assert "rd: (亿元)" in said(panel)["second_line"]
    panel = csv(tmp_path, PLAIN.replace("rd\n", "rd\n省份,年份,研发经费\n"))
    assert panel.columns == ("rd",)
    assert "rd: 研发经费" in said(panel)["second_line"]


def test_merged_cells_of_a_workbook(tmp_path: Path) -> None:
    rows = [["province", "year", "经费", None, "gdp"], [None, None, "政府", "企业", None]]
    rows += [["北京", 2020, 1, 2, 3], [None, 2021, 4, 5, 6], ["上海", 2020, 7, 8, 9], [None, 2021, 10, 11, 12]]
    panel = read_panel(book(tmp_path, {"a": rows}, ("A1:A2", "B1:B2", "C1:D1", "E1:E2", "A3:A4", "A5:A6")))
    assert panel.columns == ("经费_政府", "经费_企业", "gdp")
    assert panel.frame["province"].tolist() == ["Beijing", "Beijing", "Shanghai", "Shanghai"]
    assert panel.frame["gdp"].tolist() == [3, 6, 9, 12]
    assert ": 2" in said(panel)["merged_cells"]


def test_names_with_line_breaks(tmp_path: Path) -> None:
    path = book(tmp_path, {"a": [["province", "year", "研发投入\n(万元)"], ["北京", 2020, 1], ["上海", 2020, 2]]})
    panel = read_panel(path)
    assert panel.columns == ("研发投入 (万元)",)
    assert "line_breaks" in said(panel)


def test_sheets(tmp_path: Path) -> None:
    rows: list[list[object]] = [["province", "year", "x"], ["北京", 2020, 1.5], ["上海", 2020, 2.5]]
    panel = read_panel(book(tmp_path, {"说明": [["数据来源：自编"], ["一", "二"], ["三", "四"]], "数据": rows, "empty": []}))
    assert panel.frame["x"].tolist() == [1.5, 2.5]
    assert "Of 3 sheets, 数据" in said(panel)["sheet"]
    path = book(tmp_path, {"a": rows, "b": rows})
    with pytest.raises(UnreadableFile, match=r"(?s)2 sheets hold a table: a, b.*sheet='a'"):
        read_panel(path)
    assert len(read_panel(path, sheet="b")) == 2
    with pytest.raises(UnknownOption, match=r"(?s)no sheet 'c'.*a, b"):
        read_panel(path, sheet="c")
    with pytest.raises(UnknownOption, match="no sheets"):
        csv(tmp_path, PLAIN, sheet="a")
    with pytest.raises(UnreadableFile, match=r"(?s)no sheet holds a table.*a, b"):
        read_panel(book(tmp_path, {"a": [], "b": []}))
    bad = book(tmp_path, {"a": [["note"]], "b": [*rows, ["天津", 2020, "x"]]})
    with pytest.raises(NotNumeric, match=r"sheet b, row 4, column x, province 天津, year 2020"):
        read_panel(bad)


def test_cells_of_a_workbook(tmp_path: Path) -> None:
    rows: list[list[object]] = [["firm", "year", "x", "born"], ["a", pd.Timestamp(2013, 12, 31), 0.1, pd.Timestamp(1999, 5, 1)]]
    rows += [["b", pd.Timestamp(2014, 12, 31), "1,000.5", None], ["c", pd.Timestamp(2014, 12, 31), "#N/A", None]]
    panel = read_panel(book(tmp_path, {"a": rows}), entity="firm")
    assert panel.frame["year"].tolist() == [2013, 2014, 2014]
    assert panel.frame["x"].tolist()[:2] == [0.1, 1000.5]
    assert panel.frame["born"].tolist()[0] == "1999-05-01"


def test_a_workbook_whose_formulas_were_never_calculated(tmp_path: Path) -> None:
    path = book(tmp_path, {"a": [["firm", "year", "x"], ["a", 2013, "=1+1"], ["b", 2013, 2]]})
    with pytest.raises(UnreadableFile, match=r"(?s)formula has no saved value.*sheet a, cell C2.*Excel or LibreOffice"):
        read_panel(path, entity="firm")


@pytest.mark.parametrize("fill", [b"<fill/>", b"<fill />", b"<fill></fill>"])
def test_a_workbook_with_an_empty_fill(tmp_path: Path, fill: bytes) -> None:
    path = book(tmp_path, {"a": [["firm", "year", "x"], ["a", pd.Timestamp(2013, 12, 31), 1.5], ["b", pd.Timestamp(2014, 12, 31), 2.5]]})
    out = io.BytesIO()
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(out, "w") as copy:
        for name in whole.namelist():
            content = whole.read(name)
            if name == "xl/styles.xml":
                begin = content.index(b"<fill>")
                content = content[:begin] + fill + content[content.index(b"</fill>") + len(b"</fill>") :]
            copy.writestr(name, content)
    path.write_bytes(out.getvalue())
    panel = read_panel(path, entity="firm")
    assert panel.frame["year"].tolist() == [2013, 2014]  # dates stay dates


@pytest.mark.parametrize(
    "cells",
    [
        ["2013-12-31", "2014-12-31"],
        ["2013/12/31", "2014/12/31"],
        ["2013年12月31日", "2014年12月31日"],
        ["20131231", "20141231"],
        ["2013-01-01", "2014-01-01 00:00:00"],
        ["2013年", "2014年度"],
        ["FY2013", "fy 2014"],
        ["２０１３", "2014.0"],
        ["2013-12-31", "2014"],
    ],
)
def test_ways_to_write_a_year(tmp_path: Path, cells: list[str]) -> None:
    panel = csv(tmp_path, f"firm,year,x\na,{cells[0]},1\na,{cells[1]},2\n", entity="firm")
    assert panel.frame["year"].tolist() == [2013, 2014]
    assert cells[0] in said(panel)["years"]


def test_times_that_are_no_years(tmp_path: Path) -> None:
    message = refused(PanelError, "firm,year,x\na,2013,1\na,2014-06,2\nb,二〇一三,3\n", tmp_path, entity="firm")
    for word in ("2 cells", "'2014-06' is no year", "row 3, column year, firm a, year 2014-06", "row 4", "in one way"):
        assert word in message
    message = refused(PanelError, "firm,when,x\na,spring,1\na,autumn,2\n", tmp_path, entity="firm", time="when")
    for word in ("column when", "row 2"):
        assert word in message


def test_totals_are_kept_out_of_provinces(tmp_path: Path) -> None:
    panel = csv(tmp_path, PLAIN + "全 国,2020,10\n合计,2021,10\n东部地区,2020,5\n内蒙,2020,7\n")
    assert set(panel.frame["province"]) == {"Beijing", "Shanghai", "Inner Mongolia"}
    notes = said(panel)
    assert ": 3 (全 国" in notes["totals_left_out"]
    assert "内蒙 → Inner Mongolia" in notes["provinces_named"]
    kept = csv(tmp_path, PLAIN + "全国,2020,10\n", entities="as given")
    assert "全国" in kept.frame["province"].tolist()
    assert "全国" in said(kept)["totals_kept"]


def test_na_is_an_entity_and_noted(tmp_path: Path) -> None:
    panel = csv(tmp_path, "iso2,year,x\nNA,2010,1\nNA,2011,NA\nZA,2010,3\n", entity="iso2")
    assert panel.frame["iso2"].tolist() == ["NA", "NA", "ZA"]
    assert panel.frame["x"].isna().tolist() == [False, True, False]
    assert "rows: 2" in said(panel)["entity_na"]


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = "province,year,rd,gdp\n北京,2020,1,1\n北平,2020,x,2\n上海,,3,3\n,2020,4,4\n北京,2020,5,1.5.5\n天津,2020,6,7\n河北,2020,7,8\n"
    message = refused(UnknownProvince, text, tmp_path)
    assert message.startswith("6 cells cannot be read")
    for word in (
        "row 3, column province, province 北平, year 2020",
        "row 3, column rd, province 北平, year 2020: 'x' is no number",
        "row 4: year is empty",
        "row 5: province is empty",
        "row 6, column gdp, province 北京, year 2020: '1.5.5' is no number",
        "province Beijing, year 2020 occurs 2 times, in rows 2, 6",
        "fill it, or remove the row",
        "keep one row per province and year",
    ):
        assert word in message, message


@pytest.mark.parametrize(
    ("change", "error"),
    [(("北京,2021", "北京,2020"), DuplicateKey), (("北京,2021", ",2021"), MissingKey), (("北京,2021", "北京,-"), MissingKey)],
)
def test_one_problem_keeps_its_class(tmp_path: Path, change: tuple[str, str], error: type[ToolkitError]) -> None:
    assert "row" in refused(error, PLAIN.replace(*change), tmp_path)


WIND = [
    "证券代码",
    "证券简称",
    "研发支出\n[报告期] 2019年报\n[单位] 万元",
    "研发支出\n[报告期] 2020年报\n[单位] 万元",
    "员工\n[报告期] 2020-12-31",
]


def test_a_wide_export_of_wind(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        list(WIND),
        ["000001.SZ", "甲", 1200.5, 1300.5, 7],
        ["600000.SH", "乙", "2,200.5", "--", 8],
        [],
        ["数据来源：Wind"],
    ]
    panel = read_panel(book(tmp_path, {"a": rows}), entity="证券代码")
    assert panel.frame["year"].tolist() == [2019, 2020, 2019, 2020]
    assert panel.frame["研发支出"].tolist()[:3] == [1200.5, 1300.5, 2200.5]
    assert panel.frame["员工"].isna().tolist() == [True, False, True, False]
    assert panel.frame["证券简称"].tolist() == ["甲", "甲", "乙", "乙"]
    assert "研发支出: 万元" in said(panel)["wind_units"]
    assert "2019 to 2020" in said(panel)["wind_long"]
    rows[1][2] = "x"
    with pytest.raises(NotNumeric, match=r"row 2, column 研发支出, 证券代码 000001.SZ, year 2019"):
        read_panel(book(tmp_path, {"a": rows}), entity="证券代码")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("研发支出 [报告期] 2020年报 [单位] 元", "is in 万元 and in 元"),
        ("研发支出 [报告期] 2019-12-31 [单位] 万元", "comes twice"),
        ("研发支出 [报告期] 2020中报 [单位] 万元", "'2020中报' is not a year"),
    ],
)
def test_what_a_wind_export_leaves_unclear(tmp_path: Path, header: str, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read_panel(book(tmp_path, {"a": [[*WIND[:3], header], ["000001.SZ", "甲", 1, 2]]}), entity="证券代码")
