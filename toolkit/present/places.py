"""Names of provinces and regions in both languages."""

from __future__ import annotations

from collections.abc import Mapping

from toolkit.data.provinces import short_names
from toolkit.language import Language, get_language

PROVINCES: Mapping[str, str] = short_names()
"""English name -> short Chinese name of all 34 units of the first level, from data_raw/geography/provinces.csv."""

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
