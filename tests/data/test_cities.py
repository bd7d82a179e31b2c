"""Cities under their present names: official counts, renamings and mergers, and what a user's file makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from toolkit.data import read_panel
from toolkit.data.cities import City, _known, city, is_city, listed_last, short_city
from toolkit.errors import UnknownCity, UnknownName


def units() -> set[City]:
    return set(_known()[0].values())


def test_the_units_of_today_are_as_many_as_reported() -> None:
    """293 cities, 7 prefectures, 30 autonomous prefectures and 3 leagues, as reported for 2020, 2022 and 2023; and 4 municipalities."""
    today = [unit.name for unit in units() if listed_last(unit)]
    assert len(today) == len(set(today)) == 293 + 7 + 30 + 3 + 4
    assert sum(name.endswith("市") for name in today) == 293 + 4
    assert sum(name.endswith("地区") for name in today) == 7
    assert sum(name.endswith("自治州") for name in today) == 30
    assert sum(name.endswith("盟") for name in today) == 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("襄樊市", "襄阳市"),
        ("襄樊", "襄阳市"),
        ("思茅市", "普洱市"),
        ("淮阴", "淮安市"),
        ("大庸市", "张家界市"),
        ("荷泽", "菏泽市"),
        ("铜仁地区", "铜仁市"),
        ("毕节地区", "毕节市"),
        ("巴彦淖尔盟", "巴彦淖尔市"),
        ("延边", "延边朝鲜族自治州"),
        ("大理州", "大理白族自治州"),
        ("恩施土家族苗族自治州", "恩施土家族苗族自治州"),
        (420600, "襄阳市"),
        ("110000", "北京市"),
        ("深 圳", "深圳市"),
    ],
)
def test_old_and_short_names(old: object, new: str) -> None:
    assert city(old).name == new


def test_a_prefecture_that_stood_beside_a_city_is_another_unit() -> None:
    assert city("开封地区").name == "开封地区"
    assert city("开封").name == "开封市"
    assert not listed_last(city("开封地区"))
    assert not listed_last(city("哲里木盟"))  # its successor 通辽市 has another name, which the lists do not connect


def test_dissolved_cities_say_where_they_went() -> None:
    assert city("巢湖").into == ("合肥市", "芜湖市", "马鞍山市")
    assert (city("莱芜市").dissolved, city("莱芜市").into) == (2019, ("济南市",))
    assert not listed_last(city("莱芜"))


def test_every_spelling_leads_to_one_unit() -> None:
    for spelling, unit in _known()[0].items():
        assert city(spelling) == unit
        assert is_city(spelling) != spelling.isdigit()
    assert short_city("沙市市") == "沙市"


def test_unknown_names_come_with_the_nearest() -> None:
    with pytest.raises(UnknownCity, match=r"(?s)深训市.*did you mean.*深圳市"):
        city("深训市")


def write(folder: Path, names: list[str], column: str = "城市") -> Path:
    path = folder / "c.csv"
    path.write_text(f"{column},年份,x\n" + "".join(f"{name},2010,{i}\n" for i, name in enumerate(names)), encoding="utf-8")
    return path


def test_cities_of_a_file(tmp_path: Path) -> None:
    panel = read_panel(write(tmp_path, ["襄樊", "北京市", "莱芜市", "沙市", "全国", "鑫源镇"]))
    assert set(panel.frame["城市"]) == {"襄阳市", "北京市", "莱芜市", "沙市市", "鑫源镇"}
    said = {found.key: str(found) for found in panel.notes}
    assert "襄樊 → 襄阳市" in said["cities_named"]
    assert "莱芜市 was dissolved in 2019 and went to 济南市" in said["dissolved"]
    assert "沙市市 (1993)" in said["former_units"]
    assert "鑫源镇" in said["unknown_names"]
    assert "1 (全国)" in said["totals_left_out"]
    assert all(found.to("zh") != str(found) for found in panel.notes)
    with pytest.raises(UnknownCity, match=r"row 3, column 城市"):
        read_panel(write(tmp_path, ["襄樊", "深训市"]), entities="cities")
    assert "襄樊" in set(read_panel(write(tmp_path, ["襄樊", "北京市"]), entities="as given").frame["城市"])


def test_two_names_of_one_city_in_one_year(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"襄阳市, 年份 2010 occurs 2 times, in rows 2, 3"):
        read_panel(write(tmp_path, ["襄樊市", "襄阳市"]))


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        (["1", "600000"], ["000001", "600000"]),
        (["000001.SZ", "600000.SH"], ["000001", "600000"]),
        (["SZ000001", "sh600000"], ["000001", "600000"]),
        (["000001.SZ", "000001.SH"], ["000001.SH", "000001.SZ"]),
    ],
)
def test_codes_of_firms(tmp_path: Path, codes: list[str], found: list[str]) -> None:
    panel = read_panel(write(tmp_path, codes, "证券代码"))
    assert panel.frame["证券代码"].tolist() == found


def test_what_is_no_code_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"row 3, column 证券代码.*|'平安' is no code"):
        read_panel(write(tmp_path, ["1", "平安"], "证券代码"), entities="firms")
    assert set(read_panel(write(tmp_path, ["1", "平安"], "证券代码")).frame["证券代码"]) == {"1", "平安"}
