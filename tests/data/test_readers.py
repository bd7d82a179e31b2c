"""Readers for the export formats users have. All files here are made up in the layout of the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.data.readers.csmar import read_csmar, read_description
from toolkit.data.readers.exports import read_eps, read_nbs
from toolkit.data.readers.stata import read_stata
from toolkit.errors import NotNumeric, RawFileMissing, UnreadableFile

NBS_A = """数据库：分省年度数据
指标：地区生产总值(亿元)
时间：最近20年
地区,2024年,2023年,2022年
北京市,10.5,9.5,
内蒙古自治区,3.25,–,2.75
注：按照核算制度, 有修订
数据来源：国家统计局
"""
NBS_B = (
    "数据库：分省年度数据\t\n地区：北京市\t\n时间： \t\n指标\t,2024年\t,2023年\t,\t\n"
    "地方财政科学技术支出 (亿元) \t,\t,5.5\t,\t\n研究与试验发展(R&D)经费(亿元)\t,7\t,6\t,\t\n数据来源：国家统计局\t\n"
)


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_nbs_one_indicator_by_region(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "分省年度数据.csv"
    path.write_bytes(NBS_A.encode(encoding))
    if encoding == "gbk":
        assert path.read_bytes() != NBS_A.encode()
    frame = read_nbs(path)
    assert len(frame) == 6
    assert set(frame["indicator"]) == {"地区生产总值"}
    assert set(frame["unit"]) == {"亿元"}
    wide = frame.pivot(index="region", columns="year", values="value")
    assert wide.loc["北京市"].tolist()[1:] == [9.5, 10.5]
    assert np.isnan(wide.loc["北京市", 2022])
    assert np.isnan(wide.loc["内蒙古自治区", 2023])


def test_nbs_many_indicators_of_one_region(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(NBS_B.encode("gbk"))
    frame = read_nbs(path).set_index(["indicator", "year"])
    assert set(frame["region"]) == {"北京市"}
    assert frame.loc[("研究与试验发展(R&D)经费", 2024), "value"] == 7
    assert frame.loc[("地方财政科学技术支出", 2023), "value"] == 5.5
    assert np.isnan(frame.loc[("地方财政科学技术支出", 2024), "value"])
    assert set(frame["unit"]) == {"亿元"}


def test_nbs_national_and_hand_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "national.csv"
    path.write_text("数据库：年度数据\n时间：最近10年\n指标,2022年,2021年\n企业法人单位数(个),12,11\n", encoding="utf-8")
    assert read_nbs(path)["region"].unique().tolist() == ["全国"]
    path = tmp_path / "地区生产总值(亿元).csv"
    path.write_text("地区,2022,2021\n广西省,2,1\n数据来源：国家统计局,,,\n", encoding="utf-8")
    frame = read_nbs(path)
    assert frame["indicator"].unique().tolist() == ["地区生产总值"]
    assert frame["value"].tolist() == [2.0, 1.0]


def test_nbs_from_excel(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [(line.split(",") + [""] * 4)[:4] for line in NBS_A.splitlines()]
    pd.DataFrame(rows).to_excel(path, header=False, index=False)
    pd.testing.assert_series_equal(read_nbs(path)["value"], pd.Series([10.5, 9.5, np.nan, 3.25, np.nan, 2.75], name="value"))


def test_nbs_errors_name_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(NBS_A.replace("9.5", "9,5x"), encoding="utf-8")
    with pytest.raises(NotNumeric, match=r"(?s)'5x'.*row 5, column 2022年, 北京市"):
        read_nbs(path)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="row of years"):
        read_nbs(path)
    path.write_text("地区,2023年\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="no rows"):
        read_nbs(path)
    path.write_text('"' + "x" * 200_000, encoding="utf-8")
    with pytest.raises(UnreadableFile, match="quotation mark"):
        read_nbs(path)
    path.write_bytes(b"\xff\xff\xff")
    with pytest.raises(UnreadableFile, match="neither UTF-8 nor GBK"):
        read_nbs(path)
    with pytest.raises(RawFileMissing):
        read_nbs(tmp_path / "none.csv")
    (tmp_path / "bad.xlsx").write_bytes(b"PK\x03\x04x")
    with pytest.raises(UnreadableFile, match="not a whole zip file"):
        read_nbs(tmp_path / "bad.xlsx")


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
def test_eps_long_form(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "eps.csv"
    text = "指标,地区,时间,数值\nR&D 经费（万元）,北京,2023,43760.70000\nR&D经费(万元),内蒙古,2023年,\n"
    path.write_bytes(text.encode(encoding))
    frame = read_eps(path)
    assert set(frame["indicator"]) == {"R&D经费"}
    assert set(frame["unit"]) == {"万元"}
    assert frame["year"].tolist() == [2023, 2023]
    assert frame["value"].iloc[0] == 43760.7
    assert np.isnan(frame["value"].iloc[1])


def test_eps_further_dimensions_and_errors(tmp_path: Path) -> None:
    path = tmp_path / "eps.txt"
    path.write_text("指标\t行业\t地区\t时间\t数值\nx\t制造业\t北京\t2023\t1\n", encoding="utf-8")
    assert read_eps(path)["行业"].tolist() == ["制造业"]
    path.write_text("指标,地区,时间,数值\nx,北京,2023年上半年,1\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="row 2"):
        read_eps(path)
    path.write_text("指标,地区,时间,数值\nx,北京,2023,一\n", encoding="utf-8")
    with pytest.raises(NotNumeric, match=r"row 2, column 数值, 北京 2023"):
        read_eps(path)
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="指标"):
        read_eps(path)


CSMAR = [
    ["Stkcd", "Accper", "Typrep", "B001216000", "Name"],
    ["证券代码", "会计期间", "报表类型", "研发费用", "简称"],
    ["没有单位", "没有单位", "没有单位", "元", "没有单位"],
    ["000001", "2022-12-31", "A", "100.5", "甲"],
    ["1", "2023-12-31", "A", "", "甲"],
    ["000001", "2023-12-31", "B", "70", "甲"],
    ["000002", "2023-01-01", "A", "5", "乙"],
    ["000002", "2023-06-30", "A", "6", "乙"],
    ["600000", "2023-12-31", "A", "300", "丙"],
]


def test_csmar_three_header_rows_and_key_rules(tmp_path: Path) -> None:
    path = tmp_path / "FS_Comins.xlsx"
    pd.DataFrame(CSMAR).to_excel(path, header=False, index=False)
    table = read_csmar(path)
    assert table.frame["Stkcd"].tolist() == ["000001", "000001", "600000"]
    assert table.frame["year"].tolist() == [2022, 2023, 2023]
    assert table.rows == (4, 5, 9)
    assert table.frame["B001216000"].tolist()[0::2] == [100.5, 300.0]
    assert table.titles["B001216000"] == "研发费用"
    assert table.units == {"B001216000": "元"}
    assert dict(table.dropped) == {
        "Typrep is not A (not consolidated)": 1,
        "Accper 01-01 (opening balance)": 1,
        "Accper is not 12-31 (interim report)": 1,
    }


def test_csmar_text_exports_and_volumes(tmp_path: Path) -> None:
    tabbed, plain = tmp_path / "T1.txt", tmp_path / "T2.csv"
    tabbed.write_text("\n".join("\t".join(row) for row in CSMAR), encoding="utf-8")
    assert len(read_csmar(tabbed).frame) == 3
    plain.write_text("\n".join(",".join(row) for row in [CSMAR[0], *CSMAR[3:]]), encoding="utf-8")
    assert read_csmar(plain).titles == {}
    assert len(read_csmar([tabbed, plain]).frame) == 6
    other = tmp_path / "T3.csv"
    other.write_text("Stkcd,Accper\n1,2023-12-31\n", encoding="utf-8")
    with pytest.raises(UnreadableFile, match="different columns"):
        read_csmar([tabbed, other])
    plain.write_text(plain.read_text(encoding="utf-8").replace("300", "3oo"), encoding="utf-8")
    with pytest.raises(NotNumeric, match=r"(?s)'3oo'.*row 7, column B001216000"):
        read_csmar(plain)
    with pytest.raises(RawFileMissing):
        read_csmar([])


def test_csmar_description_file(tmp_path: Path) -> None:
    path = tmp_path / "FS_Comins[DES][xlsx].txt"
    path.write_text("Stkcd [证券代码] - 以上交所、深交所公布的证券代码为准\nTyprep [报表类型] - A=合并;B=母公司\n\n", encoding="utf-8-sig")
    assert read_description(path)["Typrep"] == ("报表类型", "A=合并;B=母公司")
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(UnreadableFile, match=r"\[DES\]"):
        read_description(path)


def mojibake(text: str) -> str:
    return text.encode("gb18030").decode("latin-1")


def test_stata_old_format_in_gbk(tmp_path: Path) -> None:
    path = tmp_path / "old.dta"
    frame = pd.DataFrame({"prov": [mojibake("北京市"), "Hebei"], "year": [2022, 2023], "rd": [1.5, np.nan], "kind": [1, 2]})
    frame.to_stata(
        path,
        write_index=False,
        version=114,
        variable_labels={"rd": mojibake("研发经费")},
        value_labels={"kind": {1: mojibake("东部"), 2: "West"}},
    )
    table = read_stata(path)
    assert table.frame["prov"].tolist() == ["北京市", "Hebei"]
    assert table.frame["kind"].tolist() == ["东部", "West"]
    assert table.labels == {"rd": "研发经费"}
    assert table.frame["rd"].iloc[0] == 1.5


def test_stata_new_format_and_errors(tmp_path: Path) -> None:
    path = tmp_path / "new.dta"
    pd.DataFrame({"省份": ["北京", "河北"], "code": [1, 2]}).to_stata(
        path, write_index=False, version=118, value_labels={"code": {1: "one"}}
    )
    table = read_stata(path)
    assert table.frame["省份"].tolist() == ["北京", "河北"]
    assert table.frame["code"].tolist() == [1, 2]  # not every value has a label: codes stay
    path.write_bytes(b"no stata file at all")
    with pytest.raises(UnreadableFile, match="not a Stata file"):
        read_stata(path)
    path.write_bytes(b"")
    with pytest.raises(UnreadableFile):
        read_stata(path)
    with pytest.raises(RawFileMissing):
        read_stata(tmp_path / "none.dta")
