"""Do the three regional groups of the papers stand out? Unweighted means of D over the provinces of each group."""

from __future__ import annotations

from typing import Final

import pandas as pd

from toolkit import glossary
from toolkit.language import Text
from toolkit.measure import CompositeIndex
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import D_LABEL, Indices, balanced, every_year, span

_REST: Final = "rest"
_GROUPS: Final = {
    "beijing_tianjin_hebei": ("Beijing", "Tianjin", "Hebei"),
    "yangtze_delta": ("Shanghai", "Jiangsu", "Zhejiang", "Anhui"),
    "bay_area": ("Guangdong",),
}
_NAMES: Final = {
    "beijing_tianjin_hebei": Text("Beijing–Tianjin–Hebei", "京津冀"),
    "yangtze_delta": Text("Yangtze delta", "长三角"),
    "bay_area": Text("Guangdong (for the Bay Area)", "广东（代表大湾区）"),
    _REST: Text("Other provinces", "其他省份"),
}


def group_of(province: str) -> str:
    """The regional group of a province, "rest" outside the three.

    Examples
    --------
    >>> group_of("Anhui"), group_of("Sichuan")
    ('yangtze_delta', 'rest')
    """
    return next((name for name, members in _GROUPS.items() if province in members), _REST)


def _means(index: CompositeIndex) -> pd.DataFrame:
    """Mean of D over the provinces of each group, by year: columns group, year, provinces, d, low, high (extremes)."""
    long = balanced(index).rename_axis(columns="year").reset_index().melt("province", var_name="year", value_name="d")
    found = long.assign(group=long["province"].map(group_of)).groupby(["group", "year"])["d"].agg(["size", "mean", "min", "max"])
    table = found.rename(columns={"size": "provinces", "mean": "d", "min": "low", "max": "high"}).reset_index()
    order = {name: place for place, name in enumerate(_NAMES)}
    table = table.assign(year=table["year"].astype(int), place=table["group"].map(order))
    return table.sort_values(["place", "year"], ignore_index=True).drop(columns="place")


def _levels(index: CompositeIndex) -> pd.DataFrame:
    """By group: provinces, D in the first and last year, its rise, the gap to the rest in both, and the spread inside."""
    means = _means(index)
    first, last = (means[means["year"] == year].set_index("group") for year in span(index))
    table = pd.DataFrame(
        {
            "provinces": last["provinces"],
            "start": first["d"],
            "end": last["d"],
            "rise": last["d"] - first["d"],
            "gap_start": first["d"] - first["d"][_REST],
            "gap_end": last["d"] - last["d"][_REST],
            "spread": last["high"] - last["low"],
        }
    )
    return table.loc[list(_NAMES)]


def _reading(index: CompositeIndex) -> Text:
    """What stands for the Bay Area, and which provinces the means are over."""
    same = every_year(index)
    return Text(
        "Guangdong stands for the Bay Area: Hong Kong and Macao have no comparable series, and the province is larger than the Pearl River "
        f"Delta. Unweighted means. {same.en}",
        f"广东代表粤港澳大湾区：香港、澳门没有可比序列，而广东全省大于珠三角。取简单平均。{same.zh}",
    )


def groups(indices: Indices) -> FigureExhibit:
    """Mean D of the regional groups by year."""
    return trend_lines(
        _means(indices.two),
        "year",
        "d",
        "group",
        names=_NAMES,
        y_label=D_LABEL,
        title=Text("Three regional groups and the rest", "三大区域组与其他省份"),
        notes=_reading(indices.two),
    )


def group_table(indices: Indices) -> TableExhibit:
    """Level of each group, its gap to the rest and the spread inside."""
    return frame_table(
        _levels(indices.two).reset_index(),
        {
            "group": glossary.GROUP,
            "provinces": Text("Provinces", "省份数"),
            "start": glossary.FIRST_YEAR,
            "end": glossary.LAST_YEAR,
            "rise": Text("Rise", "上升"),
            "gap_start": Text("Gap to the others, first year", "与其他省份差距，首年"),
            "gap_end": Text("Gap to the others, last year", "与其他省份差距，末年"),
            "spread": Text("Highest less lowest inside, last year", "组内极差，末年"),
        },
        names=_NAMES,
        notes=[_reading(indices.two)],
        title=Text("Level and gap of the regional groups", "区域组的水平与差距"),
    )


def finding(indices: Indices) -> Statement:
    """The level of the groups, their gap to the rest, and how far their members lie apart."""
    table = _levels(indices.two)
    keys = {"jjj": "beijing_tianjin_hebei", "delta": "yangtze_delta", "bay": "bay_area"}
    return statement(
        "integration_groups",
        Text(
            "In {last} the mean D is {jjj:.2f} in Beijing–Tianjin–Hebei, {delta:.2f} in the Yangtze delta and {bay:.2f} in Guangdong, "
            "against {rest:.2f} elsewhere. The gap to the rest moved from {jjj_start:.2f} to {jjj_end:.2f}, from {delta_start:.2f} to "
            "{delta_end:.2f}, and from {bay_start:.2f} to {bay_end:.2f}. Inside Beijing–Tianjin–Hebei the provinces lie "
            "{jjj_spread:.2f} apart, inside the Yangtze delta {delta_spread:.2f}.",
            "{last}年平均D：京津冀{jjj:.2f}，长三角{delta:.2f}，广东{bay:.2f}，其他省份{rest:.2f}。与其他省份的差距，"
            "京津冀由{jjj_start:.2f}变为{jjj_end:.2f}，长三角由{delta_start:.2f}变为{delta_end:.2f}，广东由{bay_start:.2f}变为{bay_end:.2f}。"
            "京津冀内部极差为{jjj_spread:.2f}，长三角为{delta_spread:.2f}。",
        ),
        last=span(indices.two)[1],
        rest=float(table["end"][_REST]),
        **{key: float(table["end"][group]) for key, group in keys.items()},
        **{f"{key}_start": float(table["gap_start"][group]) for key, group in keys.items()},
        **{f"{key}_end": float(table["gap_end"][group]) for key, group in keys.items()},
        **{f"{key}_spread": float(table["spread"][group]) for key, group in keys.items() if table["provinces"][group] > 1},
    )
