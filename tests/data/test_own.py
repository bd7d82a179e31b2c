"""A user's own file becomes a panel, or the message says which cell stands in the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.data import load_frame, read_panel
from toolkit.errors import DuplicateKey, MissingColumn, MissingKey, NotNumeric, PanelError, UnknownOption, UnknownProvince, UnreadableFile

GOOD = "省份,年份,rd,name\n北京市,2022年,1.5,a\n广西省,2022,2,b\n河 北,2022,–,c\n"


def written(tmp_path: Path, text: str, name: str = "mine.csv", encoding: str = "utf-8") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_plain_table_with_chinese_names(tmp_path: Path, encoding: str) -> None:
    panel = read_panel(written(tmp_path, GOOD, encoding=encoding), entity="省份", time="年份")
    assert panel.frame["省份"].tolist() == ["Beijing", "Guangxi", "Hebei"]
    assert panel.frame["年份"].tolist() == [2022] * 3
    assert panel.frame["rd"].tolist()[:2] == [1.5, 2.0]
    assert np.isnan(panel.frame["rd"].iloc[2])
    assert panel.frame["name"].tolist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("old", "new", "error", "words"),
    [
        ("广西省", "广西西", UnknownProvince, ("广西西", "row 3", "column 省份", "广西")),
        ("广西省,2022", "北京,2022", DuplicateKey, ("Beijing", "2022", "rows 2, 3")),
        ("广西省", "", MissingKey, ("省份 is empty", "row 3")),
        ("2022年", "", MissingKey, ("年份 is empty", "row 2")),
        (",2,b", ",2.000.5,b", NotNumeric, ("'2.000.5'", "row 3", "column rd", "广西省", "2022")),
        ("rd,name", "rd,rd", UnreadableFile, ("two have the same",)),
        (",2,b", ",2,b,extra", UnreadableFile, ("more cells", "row 3")),
        ("2022年", "2022-06", PanelError, ("2022-06",)),
    ],
)
def test_bad_cells_are_named(tmp_path: Path, old: str, new: str, error: type[Exception], words: tuple[str, ...]) -> None:
    longer = GOOD + "上海,2022,4,d\n天津,2022,5,e\n"
    assert old in longer
    with pytest.raises(error) as caught:
        read_panel(written(tmp_path, longer.replace(old, new, 1)), entity="省份", time="年份")
    for word in words:
        assert word in str(caught.value), str(caught.value)


def test_firms_stay_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, "firm,year,x\n000001,2020,1\n000002,2020,2\n")
    assert read_panel(path, entity="firm").frame["firm"].tolist() == ["000001", "000002"]
    with pytest.raises(UnknownProvince):
        read_panel(path, entity="firm", entities="provinces")
    path = written(tmp_path, GOOD)
    assert "北京市" in read_panel(path, entity="省份", time="年份", entities="as given").frame["省份"].tolist()


def test_options_and_columns_are_checked(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with pytest.raises(MissingColumn, match="年份"):
        read_panel(path, entity="省份", time="年度")
    with pytest.raises(UnknownOption, match="csmar"):
        read_panel(path, reader="spss")  # type: ignore[arg-type]
    with pytest.raises(UnreadableFile, match="no rows"):
        read_panel(written(tmp_path, "省份,年份\n"), entity="省份", time="年份")
    with pytest.raises(UnreadableFile):
        read_panel(written(tmp_path, ""))


def test_exports_are_recognised(tmp_path: Path) -> None:
    nbs = written(
        tmp_path,
        "数据库：分省年度数据\n指标：R&D经费(亿元)\n地区,2023年,2022年\n北京市,2,1\n西藏自治区,4,\n数据来源：国家统计局\n",
        encoding="gbk",
    )
    panel = read_panel(nbs)
    assert (panel.entity, panel.time, panel.columns) == ("province", "year", ("R&D经费",))
    assert panel.frame["province"].tolist() == ["Beijing", "Beijing", "Tibet", "Tibet"]
    said = {found.key: str(found) for found in panel.notes}
    assert said["missing_cells"] == "Missing cells: R&D经费: 1 (empty)."
    assert said["long_units"] == "Units: R&D经费: 亿元."
    eps = written(tmp_path, "指标,地区,时间,数值\nx(元),北京,2023,1\ny,北京,2023,2\nx(元),全国,2023,9\n", "eps.csv")
    assert read_panel(eps).frame.to_dict("records") == [{"province": "Beijing", "year": 2023, "x": 1.0, "y": 2.0}]
    with pytest.raises(DuplicateKey, match="row 3"):
        read_panel(written(tmp_path, "指标,地区,时间,数值\nx,北京,2023,1\nx,北京,2023,2\n", "eps.csv"))
    with pytest.raises(UnreadableFile, match="行业"):
        read_panel(written(tmp_path, "指标,行业,地区,时间,数值\nx,a,北京,2023,1\n", "eps.csv"))
    csmar = written(
        tmp_path, "Stkcd,Accper,Typrep,RD\n证券代码,会计期间,报表,研发\n没有单位,没有单位,没有单位,元\n000001,2023-12-31,A,7\n", "FS.csv"
    )
    assert read_panel(csmar, entity="Stkcd").frame["RD"].tolist() == [7.0]
    dta = tmp_path / "a.dta"
    pd.DataFrame({"province": ["北京", "河北"], "year": [2020, 2020], "x": [1.0, 2.0]}).to_stata(dta, write_index=False, version=118)
    assert read_panel(dta).frame["province"].tolist() == ["Beijing", "Hebei"]


def test_the_built_panel_comes_back_through_the_door(tmp_path: Path) -> None:
    frame = load_frame("provincial_panel")
    for suffix in ("csv", "xlsx"):
        path = tmp_path / f"panel.{suffix}"
        getattr(frame, "to_csv" if suffix == "csv" else "to_excel")(path, index=False)
        back = read_panel(path).frame.sort_values(["adcode", "year"]).reset_index(drop=True)
        pd.testing.assert_frame_equal(back[frame.columns.tolist()], frame, check_dtype=False, rtol=1e-14)
