"""Every spelling of a province leads to one name."""

from __future__ import annotations

import pytest

from toolkit.data.provinces import canonical, named, province_name, provinces, short_chinese
from toolkit.errors import UnknownProvince


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
