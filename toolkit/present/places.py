"""Names of provinces and regions in both languages."""

from __future__ import annotations

from toolkit.language import Language, get_language

PROVINCES: dict[str, str] = {
    "Beijing": "北京",
    "Tianjin": "天津",
    "Hebei": "河北",
    "Shanxi": "山西",
    "Inner Mongolia": "内蒙古",
    "Liaoning": "辽宁",
    "Jilin": "吉林",
    "Heilongjiang": "黑龙江",
    "Shanghai": "上海",
    "Jiangsu": "江苏",
    "Zhejiang": "浙江",
    "Anhui": "安徽",
    "Fujian": "福建",
    "Jiangxi": "江西",
    "Shandong": "山东",
    "Henan": "河南",
    "Hubei": "湖北",
    "Hunan": "湖南",
    "Guangdong": "广东",
    "Guangxi": "广西",
    "Hainan": "海南",
    "Chongqing": "重庆",
    "Sichuan": "四川",
    "Guizhou": "贵州",
    "Yunnan": "云南",
    "Tibet": "西藏",
    "Shaanxi": "陕西",
    "Gansu": "甘肃",
    "Qinghai": "青海",
    "Ningxia": "宁夏",
    "Xinjiang": "新疆",
    "Hong Kong": "香港",
    "Macao": "澳门",
    "Taiwan": "台湾",
}
"""English name -> short Chinese name of all 34 units of the first level."""

REGIONS: dict[str, str] = {"East": "东部", "Central": "中部", "West": "西部", "Northeast": "东北", "National": "全国", "China": "全国"}
"""English name -> Chinese name of the regions."""

_PROVINCES_EN = {zh: en for en, zh in PROVINCES.items()}
_REGIONS_EN = {zh: en for en, zh in REGIONS.items() if en != "China"}


def province_label(name: str, language: Language | None = None) -> str:
    """The name of a province in ``language``; a name that is no province comes back unchanged.

    Parameters
    ----------
    name : English name ("Inner Mongolia") or short Chinese name ("内蒙古").
    language : default the current one.

    Examples
    --------
    >>> province_label("Inner Mongolia", "zh"), province_label("陕西", "en"), province_label("Ohio", "zh")
    ('内蒙古', 'Shaanxi', 'Ohio')
    """
    names = PROVINCES if (language or get_language()) == "zh" else _PROVINCES_EN
    return names.get(name, name)


def region_label(name: str, language: Language | None = None) -> str:
    """The name of a region (East, Central, West, Northeast, National) in ``language``; other names come back unchanged.

    Examples
    --------
    >>> region_label("Northeast", "zh"), region_label("东部", "en")
    ('东北', 'East')
    """
    names = REGIONS if (language or get_language()) == "zh" else _REGIONS_EN
    return names.get(name, name)
