r"""Do three centres hold two thirds of innovation? Their share of the nation for every indicator, year and territorial reading.

The claim names neither the resource nor the territory. With the amount :math:`x_{ijt}` of indicator i in province j and a reading C of the
centres, the share is :math:`s_{it}(C) = 100 \sum_{j \in C} x_{ijt} / \sum_j x_{ijt}` in the years in which all provinces report.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import READINGS, RESOURCES, complete_years, share_basket
from toolkit.language import Head, Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.breaks import span_notes
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.bars import share_bars
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.registry import registry

_Row = dict[Hashable, Any]  # one row of a frame, by column
_NAMES = {
    **{name: text for name, (text, _) in READINGS.items()},
    "largest_three": Text("The three largest provinces, whichever they are", "数值最大的三个省份"),
}
_SHORT = {
    "two_cities": Text("Two cities", "两市"),
    "three_provinces": Text("with Guangdong", "加广东"),
    "largest_three": Text("Largest three", "最大三省"),
    "three_regions": Text("Three regions", "三大区域"),
}
_CLAIM = Text("claim: two thirds", "论文：三分之二")


def shares(panel: Panel) -> pd.DataFrame:
    """Share of the centres in the national total: every indicator, complete year and territorial reading.

    Returns
    -------
    Columns indicator, year, reading, share (%). A year enters when all 31 provinces report, so that the denominator is the nation.
    """
    return share_basket(panel, RESOURCES, {name: members for name, (_, members) in READINGS.items()}, largest=3).shares


def distances(shares: pd.DataFrame) -> pd.DataFrame:
    """The shares with ``gap``, the share less the claim in percentage points, and ``reached``."""
    claim = _claimed()
    return shares.assign(gap=shares["share"] - claim, reached=shares["share"] >= claim)


def needed(shares: pd.DataFrame) -> pd.DataFrame:
    r"""What share the Pearl River Delta would need, :math:`x = c - s_{Beijing} - s_{Shanghai}`, beside that of the province it is part of.

    Returns
    -------
    Columns indicator, year, two_cities, needed, guangdong (% of the nation), times (needed / guangdong) and possible: the delta cannot hold
    more than all of Guangdong.
    """
    wide = shares.pivot(index=["indicator", "year"], columns="reading", values="share").reset_index()
    wanted, guangdong = _claimed() - wide["two_cities"], wide["three_provinces"] - wide["two_cities"]
    return marked(
        pd.DataFrame(
            {
                "indicator": wide["indicator"],
                "year": wide["year"],
                "two_cities": wide["two_cities"],
                "needed": wanted,
                "guangdong": guangdong,
                "times": wanted / guangdong,
                "possible": np.asarray(wanted <= guangdong, dtype=bool),
            }
        )
    )


def listed(texts: Sequence[Text]) -> Text:
    """A list in words; "none" for an empty one.

    Examples
    --------
    >>> listed([Text("a", "甲"), Text("b", "乙")]).zh
    '甲、乙'
    """
    if not texts:
        return Text("none", "无")
    return Text(", ".join(text.en for text in texts), "、".join(text.zh for text in texts))


def _claimed() -> float:
    """The claimed share in per cent."""
    return 100 * registry().claims["chen2025_resources_two_thirds"].number


def _latest(by_year: pd.DataFrame) -> pd.DataFrame:
    """The rows of the latest year of each indicator."""
    last = by_year.groupby("indicator")["year"].transform("max")
    return by_year[by_year["year"] == last].reset_index(drop=True)


def _name(indicator: str) -> Text:
    variable = registry().variables[indicator]
    return variable.short


def _latest_note(shares: pd.DataFrame) -> Text:
    """Which years the latest ones are, that only complete years enter, and which series has none."""
    years = _latest(shares).drop_duplicates("indicator")["year"]
    missing = [_name(name) for name in RESOURCES if name not in set(shares["indicator"])]
    never = listed(missing)
    tail = Text(f" Never complete: {never.en}.", f"各年均不完整：{never.zh}。") if missing else Text("", "")
    return Text(
        f"Latest year in which all provinces report: {years.min()} to {years.max()}.{tail.en}",
        f"取全部省份均有数据的最近年份：{years.min()}—{years.max()}年。{tail.zh}",
    )


def two_thirds(shares: pd.DataFrame) -> FigureExhibit:
    """The latest complete year of each indicator under every reading, the largest share first, beside the claim."""
    latest = _latest(shares)
    order = latest[latest["reading"] == "three_provinces"].sort_values("share", ascending=False)["indicator"]
    place = {name: rank for rank, name in enumerate(order)}
    return share_bars(
        latest.sort_values("indicator", key=lambda names: names.map(place), kind="stable").reset_index(drop=True),
        "indicator",
        "share",
        reading="reading",
        names={**_NAMES},
        references=(_claimed(), _CLAIM),
        title=Text("Share of the centres in the national total", "各中心占全国的份额"),
        notes=_latest_note(shares),
    )


def two_thirds_table(shares: pd.DataFrame) -> TableExhibit:
    """One row per indicator, one column per reading, and how far the three provinces are from the claim (points)."""
    wide = _latest(shares).pivot(index=["indicator", "year"], columns="reading", values="share").reset_index()
    wide["gap"] = wide["three_provinces"] - _claimed()
    return frame_table(
        marked(wide.sort_values("three_provinces", ascending=False)),
        {
            "indicator": glossary.INDICATOR,
            "year": Head(glossary.YEAR, "year"),
            "two_cities": Text("Beijing, Shanghai", "北京、上海"),
            "three_provinces": _SHORT["three_provinces"],
            "largest_three": _SHORT["largest_three"],
            "three_regions": _SHORT["three_regions"],
            "gap": Text("Three provinces less the claim", "三省份额减论文数值"),
        },
        digits=1,
        title=Text("Share of the centres in the national total (%), latest complete year", "各中心占全国的份额（%），最近完整年份"),
        notes=[_latest_note(shares)],
    )


def two_thirds_finding(shares: pd.DataFrame) -> Statement:
    """How many indicators reach the claim in their latest year, the smallest and the largest share, and the closest wide reading."""
    latest, claim = _latest(shares), _claimed()
    three, regions = (
        dict(zip(rows["indicator"], rows["share"], strict=True))
        for rows in (latest[latest["reading"] == reading] for reading in ("three_provinces", "three_regions"))
    )
    low, high = min(three, key=three.__getitem__), max(three, key=three.__getitem__)
    closest = min(regions, key=lambda name: abs(regions[name] - claim))
    return statement(
        "regions_two_thirds",
        Text(
            "Beijing, Shanghai and all of Guangdong hold {rd:.1f}% of R&D expenditure ({year}), against a claimed {claim:.1f}%. "
            "Over {n} indicators their share runs from {lowest:.1f}% ({lowest_name}) to {highest:.1f}% ({highest_name}): "
            "{holds} of them reach the claim. Read as the three regions (Beijing–Tianjin–Hebei, Yangtze delta, Guangdong), {holds_regions} "
            "reach it; the closest is {closest_name} with {closest:.1f}%.",
            "北京、上海与广东全省占R&D经费的{rd:.1f}%（{year}年），论文数值为{claim:.1f}%。在{n}个指标中，三地份额介于"
            "{lowest:.1f}%（{lowest_name}）与{highest:.1f}%（{highest_name}）之间：有{holds}个指标达到论文数值。"
            "若理解为三大区域（京津冀、长三角与广东），有{holds_regions}个指标达到；最接近的是{closest_name}，为{closest:.1f}%。",
        ),
        rd=three["rd_expenditure"],
        year=str(latest.loc[latest["indicator"] == "rd_expenditure", "year"].iloc[0]),
        claim=claim,
        n=len(three),
        lowest=three[low],
        lowest_name=_name(low),
        highest=three[high],
        highest_name=_name(high),
        holds=sum(share >= claim for share in three.values()),
        holds_regions=sum(share >= claim for share in regions.values()),
        closest=regions[closest],
        closest_name=_name(closest),
    )


def distance(shares: pd.DataFrame) -> FigureExhibit:
    """The distance from the claim in every complete year, one panel per indicator, one line per reading."""
    return small_multiples(
        distances(shares),
        "year",
        "gap",
        "indicator",
        group="reading",
        names={**_SHORT},
        columns=4,
        y_label=Text("Share less the claim (percentage points)", "份额减论文数值（百分点）"),
        title=Text("How far each share is from the claim, every indicator, year and reading", "各指标、年份、口径份额与论文数值的差距"),
        notes=Text(
            "Zero: the claimed two thirds. Years in which all provinces report; a point is a single such year.",
            "零线为论文所称的三分之二。仅含全部省份均有数据的年份；单点表示仅有一年。",
        ),
    )


def _by_reading(gaps: pd.DataFrame) -> pd.DataFrame:
    """One row per reading: how many shares there are and reach the claim, the closest one, and the median distance (points)."""
    rows = []
    for reading, own in gaps.groupby("reading", sort=False):
        closest: _Row = own.loc[[own["gap"].abs().idxmin()]].to_dict("records")[0]
        rows.append(
            {
                "reading": reading,
                "cases": len(own),
                "reached": int(own["reached"].sum()),
                **{key: closest[key] for key in ("indicator", "year", "share", "gap")},
                "median_gap": float(own["gap"].abs().median()),
            }
        )
    return marked(pd.DataFrame(rows))


def distance_table(shares: pd.DataFrame) -> TableExhibit:
    """One row per reading: how many shares of all years reach the claim, the closest one, and the median distance (points)."""
    return frame_table(
        _by_reading(distances(shares)),
        {
            "reading": Text("Reading", "口径"),
            "cases": Text("Indicator-years", "指标-年份数"),
            "reached": Text("Reach the claim", "达到论文数值"),
            "indicator": Text("Closest", "最接近的指标"),
            "year": Head(glossary.YEAR, "year"),
            "share": glossary.SHARE_PERCENT,
            "gap": Text("Less the claim", "减论文数值"),
            "median_gap": Text("Median distance", "差距中位数"),
        },
        names=_SHORT,
        digits=1,
        title=Text("The claim under each reading, over all indicators and years", "各口径下的论文数值：全部指标与年份"),
        notes=[
            Text(
                "Two cities: Beijing and Shanghai. Three regions: Beijing–Tianjin–Hebei, Yangtze delta and Guangdong. Largest three: "
                "whichever they are.",
                "两市：北京、上海。三大区域：京津冀、长三角与广东。最大三省：当年数值最大的三个省份。",
            )
        ],
    )


def distance_finding(shares: pd.DataFrame) -> Statement:
    """Which shares of all indicators, years and readings reach the claim, and how far the others are."""
    gaps = distances(shares)
    tables: dict[Hashable, _Row] = _by_reading(gaps).set_index("reading").to_dict("index")
    three, over = tables["three_provinces"], gaps[gaps["reached"]]
    dated = [(_name(name), year) for name, year in zip(over["indicator"], over["year"], strict=True)]
    return statement(
        "regions_distance",
        Text(
            "Of {cases} shares (indicator, year and reading) {reached} reach the claimed {claim:.1f}%: {which} (reading: {under}). "
            "With the centres read as three provinces the closest is {name} in {year} at {share:.1f}%, {gap:.1f} points short, and half of "
            "the shares are more than {median:.1f} points away; with the three wide regions half are within {median_regions:.1f} points.",
            "在{cases}个份额（指标、年份、口径）中，有{reached}个达到论文的{claim:.1f}%：{which}（口径：{under}）。"
            "三个中心按三个省市计算时，最接近的是{year}年的{name}，为{share:.1f}%，相差{gap:.1f}个百分点；半数份额相差{median:.1f}个百分点以上。"
            "按三大区域计算，半数份额的差距在{median_regions:.1f}个百分点以内。",
        ),
        cases=len(gaps),
        reached=len(over),
        which=listed([Text(f"{name.en} {year}", f"{name.zh}（{year}年）") for name, year in dated]),
        under=listed([_NAMES[reading] for reading in over["reading"].unique()]),
        claim=_claimed(),
        name=_name(three["indicator"]),
        year=str(three["year"]),
        share=three["share"],
        gap=-three["gap"],
        median=three["median_gap"],
        median_regions=tables["three_regions"]["median_gap"],
    )


def delta(shares: pd.DataFrame) -> TableExhibit:
    """What the Pearl River Delta would need in the latest year of each indicator, the nearest to Guangdong first."""
    return frame_table(
        _latest(needed(shares)).sort_values("times"),
        {
            "indicator": glossary.INDICATOR,
            "year": Head(glossary.YEAR, "year"),
            "two_cities": Text("Beijing, Shanghai (%)", "北京、上海（%）"),
            "needed": Text("Delta would need (%)", "珠三角须占（%）"),
            "guangdong": Text("All of Guangdong (%)", "广东全省（%）"),
            "times": Text("Times Guangdong", "相当于广东的倍数"),
            "possible": Text("Possible", "是否可能"),
        },
        digits=1,
        title=Text("What the Pearl River Delta would have to hold", "珠三角须占的份额"),
        notes=[_latest_note(shares)],
    )


def delta_finding(shares: pd.DataFrame) -> Statement:
    """What the delta would need beside all of Guangdong, in the latest years and where it is nearest."""
    wanted = needed(shares)
    now = _latest(wanted)
    nearest: _Row = wanted.nsmallest(1, "times").to_dict("records")[0]
    return statement(
        "regions_delta",
        Text(
            "For the claim to hold in the latest years, the Pearl River Delta would need {low:.0f}% to {high:.0f}% of the nation, between "
            "{times_low:.1f} and {times_high:.1f} times what all of Guangdong holds. The delta is a part of Guangdong, so the claim is "
            "possible for {possible} of {n} indicators; over all years the nearest is {name} in {year}, with {times_nearest:.1f} times "
            "Guangdong.",
            "若要在最近年份成立，珠三角须占全国的{low:.0f}%至{high:.0f}%，相当于广东全省的{times_low:.1f}至{times_high:.1f}倍。珠三角只是广东的一部分，"
            "故{n}个指标中可能成立的有{possible}个；在全部年份中最接近的是{year}年的{name}，为广东的{times_nearest:.1f}倍。",
        ),
        low=float(now["needed"].min()),
        high=float(now["needed"].max()),
        times_low=float(now["times"].min()),
        times_high=float(now["times"].max()),
        possible=int(now["possible"].sum()),
        n=len(now),
        name=_name(nearest["indicator"]),
        year=str(nearest["year"]),
        times_nearest=nearest["times"],
    )


def over_time(shares: pd.DataFrame) -> FigureExhibit:
    """The share of Beijing, Shanghai and Guangdong in every complete year, one line per indicator."""
    return trend_lines(
        shares[shares["reading"] == "three_provinces"],
        "year",
        "share",
        "indicator",
        highlight=("rd_expenditure", "patent_grant_invention", "tech_market_value", "fiscal_sci_exp"),
        references=[(_claimed(), _CLAIM)],
        y_label=Text("Share of Beijing, Shanghai and Guangdong (%)", "北京、上海、广东合计份额（%）"),
        title=Text("Share of Beijing, Shanghai and Guangdong over time", "北京、上海、广东合计份额的变化"),
        notes=span_notes({str(name): (int(own.min()), int(own.max())) for name, own in shares.groupby("indicator", sort=False)["year"]}),
    )


def intensity(panel: Panel) -> FigureExhibit:
    """R&D intensity of the provinces in the first and the last complete year."""
    years = complete_years(panel, "rd_intensity")
    rows = panel.frame[panel.frame[panel.time].isin([years[0], years[-1]])]
    return tile_grid(
        marked(rows.pivot(index=panel.entity, columns=panel.time, values="rd_intensity")),
        "rd_intensity",
        title=Text("R&D intensity of the provinces", "各省R&D投入强度"),
    )
