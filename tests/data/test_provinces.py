"""Every spelling of a province leads to one name."""

from __future__ import annotations

import csv

import pytest

from toolkit.data.provinces import canonical, named, province_name, provinces, short_chinese, short_names
from toolkit.errors import UnknownProvince
from toolkit.paths import DATA_RAW
from toolkit.present.places import PROVINCES


def test_all_official_spellings() -> None:
    for unit in provinces():
        for spelling in (unit.adcode, str(unit.adcode), float(unit.adcode), unit.name, unit.name.upper(), unit.name_zh, unit.short_zh):
            assert canonical(spelling) == unit.name
        assert canonical(" ".join(unit.short_zh)) == unit.name
        assert canonical("\u3000".join(unit.name_zh)) == unit.name
        assert short_chinese(unit.name) == unit.short_zh
    assert len({unit.name for unit in provinces()}) == 31


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("广西省", "Guangxi"),
        ("西藏省", "Tibet"),
        ("新疆省", "Xinjiang"),
        ("内蒙古", "Inner Mongolia"),
        ("宁夏自治区", "Ningxia"),
        ("Hebei Province", "Hebei"),
        ("Xizang", "Tibet"),
        ("guangxi zhuang autonomous region", "Guangxi"),
    ],
)
def test_unofficial_spellings(spelling: str, name: str) -> None:
    assert canonical(spelling) == name


def test_unknown_names_are_refused_with_near_matches() -> None:
    with pytest.raises(UnknownProvince) as caught:
        canonical("Guangdon", where="mine.csv, row 7, column province")
    assert "guangdong" in str(caught.value)
    assert "mine.csv, row 7" in str(caught.value)
    for name in ("香港特别行政区", "Taiwan", "台湾省"):
        with pytest.raises(UnknownProvince, match="not among the 31"):
            canonical(name)
    for name in ("", "全国", "11", None, float("nan")):
        with pytest.raises(UnknownProvince):
            canonical(name)


def test_provinces_are_named_in_both_languages() -> None:
    assert named(unit.name for unit in provinces()).zh == "、".join(unit.short_zh for unit in provinces())
    assert [province_name(name, "zh") for name in ("Hebei", "Hebeians")] == ["河北", "Hebeians"]


def test_short_names_are_those_of_the_file_and_of_the_units_it_leaves_out() -> None:
    """The file is read here without the library: names in the order of the codes, then the three units without tables."""
    with (DATA_RAW / "geography" / "provinces.csv").open(encoding="utf-8") as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: int(row["adcode"]))
    assert list(short_names().items())[:31] == [(row["name_en"], row["short_zh"]) for row in rows]
    assert dict(list(short_names().items())[31:]) == {"Hong Kong": "香港", "Macao": "澳门", "Taiwan": "台湾"}
    assert dict(PROVINCES) == dict(short_names())
    with pytest.raises(TypeError):
        short_names()["Beijing"] = "北平"  # type: ignore[index]
