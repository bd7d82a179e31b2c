r"""Do three centres hold about two thirds of innovation? Their share of the nation for every resource, year and territorial reading.

The claim names neither the resource nor the territory. With the amount :math:`x_{ijt}` of resource i in province j and a reading C of the
centres, the share is :math:`s_{it}(C) = 100 \sum_{j \in C} x_{ijt} / \sum_j x_{ijt}` in the years in which all provinces report. What
"about" admits is said once, in :mod:`toolkit.audit.about`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from toolkit import glossary
from toolkit.audit.about import WIDTHS, about_share, count_about, narrowest
from toolkit.audit.basket import READINGS, RESOURCES, Basket, complete_years, share_basket
from toolkit.audit.printed import ABOUT, PrintedClaim
from toolkit.language import Head, Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.bars import share_bars
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.present.words.breaks import span_notes
from toolkit.registry import registry

NAMED, WIDE = "three_provinces", "three_regions"
_NAMES = {name: text for name, (text, _) in READINGS.items()}
_CLAIM = Text("claim: two thirds", "论文：三分之二")
VERDICT = Text(
    "Over {n} resources Beijing, Shanghai and all of Guangdong have {lowest:.1f}% ({lowest_name}) to {highest:.1f}% ({highest_name}) of "
    "the nation, and {rd:.1f}% of R&D expenditure ({year}). About two thirds, {points} points either way, is therefore {word} for the "
    "territory that is named: {named} lie there ({named_narrow} at {narrow} points, {named_loose} at {loose}). Read as three wide regions "
    "of {members} provinces (Beijing–Tianjin–Hebei, Yangtze delta, Guangdong), {wide} lie there ({wide_narrow} and {wide_loose}): {which}.",
    "在{n}个指标中，北京、上海与广东全省合计占全国{lowest:.1f}%（{lowest_name}）至{highest:.1f}%（{highest_name}），其中R&D经费为{rd:.1f}%（{year}年）。"
    "以上下各{points}个百分点界定“约三分之二”，就论文所述范围而言该说法{word}：{named}落入该区间（{narrow}个百分点时{named_narrow}，{loose}个百分点时"
    "{named_loose}）。若理解为共含{members}个省份的三大区域（京津冀、长三角与广东），则{wide}落入（相应为{wide_narrow}与{wide_loose}）：{which}。",
)


@dataclass(frozen=True, eq=False)
class TwoThirds:
    """The shares of the centres and the claim about them.

    Attributes
    ----------
    shares : columns indicator, year, reading, share (%); a year enters when all provinces report, so that the denominator is the nation.
    claim : about two thirds, of all resources.
    """

    shares: pd.DataFrame
    claim: PrintedClaim

    def latest(self) -> pd.DataFrame:
        """The rows of the latest complete year of each resource under the reading that is named and the wide one."""
        return Basket(self.shares[self.shares["reading"].isin((NAMED, WIDE))]).latest()


def two_thirds(panel: Panel) -> TwoThirds:
    """The shares of the centres under every reading, in every complete year, beside the claim.

    Examples
    --------
    >>> from toolkit.data import load
    >>> found = two_thirds(load("provincial_panel"))
    >>> bool(found.latest().query("reading == 'three_provinces'")["share"].max() < 50)
    True
    """
    shares = share_basket(panel, RESOURCES, {name: members for name, (_, members) in READINGS.items()}).shares
    return TwoThirds(shares, PrintedClaim(registry().claims["chen2025_resources_two_thirds"]))


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


def how_many(k: int, n: int) -> Text:
    """k of n in words, where none and all have words of their own.

    Examples
    --------
    >>> how_many(0, 5).zh, how_many(2, 5).en, how_many(5, 5).en
    ('无一指标', '2 of 5', 'all 5')
    """
    if k == 0:
        return Text(f"none of {n}", "无一指标")
    if k == n:
        return Text(f"all {n}", f"全部{n}个指标")
    return Text(f"{k} of {n}", f"{k}个指标")


def _name(indicator: str) -> Text:
    return registry().variables[indicator].short


def _note(found: TwoThirds) -> Text:
    """Which years the latest ones are, which series has none, and what "about" admits."""
    years = found.latest().drop_duplicates("indicator")["year"]
    missing = [_name(name) for name in RESOURCES if name not in set(found.shares["indicator"])]
    tail = Text(f" Never complete: {listed(missing).en}.", f"各年均不完整：{listed(missing).zh}。") if missing else Text("", "")
    bounds = about_share(found.claim)
    low, high = float(bounds.low or 0), float(bounds.high or 0)
    return Text(
        f"Latest year in which all provinces report: {years.min()} to {years.max()}.{tail.en} About two thirds: {low:.1f} to {high:.1f}%, "
        f"{ABOUT} points either way.",
        f"取全部省份均有数据的最近年份：{years.min()}—{years.max()}年。{tail.zh}“约三分之二”指{low:.1f}%至{high:.1f}%，即上下各{ABOUT}个百分点。",
    )


def figure(found: TwoThirds) -> FigureExhibit:
    """The latest complete year of each resource under both readings, the largest share first, beside the claim."""
    latest = found.latest()
    order = latest[latest["reading"] == NAMED].sort_values("share", ascending=False)["indicator"]
    place = {name: rank for rank, name in enumerate(order)}
    return share_bars(
        latest.sort_values("indicator", key=lambda names: names.map(place), kind="stable").reset_index(drop=True),
        "indicator",
        "share",
        reading="reading",
        names={**_NAMES},
        references=(100 * found.claim.number, _CLAIM),
        title=Text("Share of the centres in the national total", "各中心占全国的份额"),
        notes=_note(found),
    )


def table(found: TwoThirds) -> TableExhibit:
    """One row per resource: its share under both readings and the fewest points at which it is about two thirds; counts in the note."""
    latest = found.latest()
    wide = latest.pivot(index=["indicator", "year"], columns="reading", values="share").reset_index()
    for reading in (NAMED, WIDE):
        points = [narrowest(found.claim, float(share)) for share in wide[reading]]
        wide[f"{reading}_about"] = ["–" if one is None else f"± {one}" for one in points]
    counts = count_about(found.claim, latest)
    per = {reading: [f"{row.inside}" for row in own.itertuples()] for reading, own in counts.groupby("reading", sort=False)}
    widths = [str(points) for points in WIDTHS]
    about = Text("About two thirds at (points)", "约为三分之二所需容差")
    return frame_table(
        marked(wide.sort_values(NAMED, ascending=False)),
        {
            "indicator": glossary.INDICATOR,
            "year": Head(glossary.YEAR, "year"),
            NAMED: Text("Beijing, Shanghai, Guangdong (%)", "北京、上海、广东（%）"),
            f"{NAMED}_about": about,
            WIDE: Text("Three wide regions (%)", "三大区域（%）"),
            f"{WIDE}_about": about,
        },
        digits=1,
        title=Text("Is it about two thirds? Two territories, three widths", "是否约为三分之二：两种范围、三种容差"),
        notes=[
            _note(found),
            Text(
                f"Resources that are about two thirds at {', '.join(widths)} points: {', '.join(per[NAMED])} with the territory named, "
                f"{', '.join(per[WIDE])} with three wide regions (Beijing–Tianjin–Hebei, Yangtze delta, Guangdong). A dash: at none of "
                "them.",
                f"容差取{'、'.join(widths)}个百分点时约为三分之二的指标数：按论文所述范围为{'、'.join(per[NAMED])}，"
                f"按三大区域（京津冀、长三角、广东）为{'、'.join(per[WIDE])}。“–”表示三种容差下均不成立。",
            ),
        ],
    )


def verdict(found: TwoThirds, key: str) -> Statement:
    """The one verdict on the claim, under a key: extremes of the territory named, and how many resources each reading admits."""
    latest, counts = found.latest(), count_about(found.claim, found.latest()).set_index(["reading", "points"])
    three, regions = (
        dict(zip(rows["indicator"], rows["share"], strict=True)) for rows in (latest[latest["reading"] == one] for one in (NAMED, WIDE))
    )
    low, high = min(three, key=three.__getitem__), max(three, key=three.__getitem__)
    inside = {key: int(str(value)) for key, value in counts["inside"].items()}
    n = len(three)
    narrow, loose = min(WIDTHS), max(WIDTHS)
    word = {0: Text("false", "不成立"), n: Text("right", "成立")}.get(inside[NAMED, ABOUT], Text("right for some", "仅对部分指标成立"))
    which = [name for name in sorted(regions, key=regions.__getitem__, reverse=True) if narrowest(found.claim, regions[name], (ABOUT,))]
    return statement(
        key,
        VERDICT,
        n=n,
        rd=three["rd_expenditure"],
        year=str(latest.loc[latest["indicator"] == "rd_expenditure", "year"].iloc[0]),
        lowest=three[low],
        lowest_name=_name(low),
        highest=three[high],
        highest_name=_name(high),
        points=ABOUT,
        narrow=narrow,
        loose=loose,
        word=word,
        named=how_many(inside[NAMED, ABOUT], n),
        named_narrow=how_many(inside[NAMED, narrow], n),
        named_loose=how_many(inside[NAMED, loose], n),
        wide=how_many(inside[WIDE, ABOUT], n),
        wide_narrow=how_many(inside[WIDE, narrow], n),
        wide_loose=how_many(inside[WIDE, loose], n),
        members=len(READINGS[WIDE][1]),
        which=listed([_name(name) for name in which]),
    )


def finding(found: TwoThirds) -> Statement:
    """The verdict as the chapter on regions says it."""
    return verdict(found, "regions_two_thirds")


def missing_part(found: TwoThirds) -> pd.DataFrame:
    r"""What Hong Kong and Macao, which have no comparable series, would have to add for "about two thirds" to hold.

    With share :math:`s` and the lowest share :math:`c` that is about two thirds, :math:`(s + h) / (1 + h) = c` gives
    :math:`h = (c - s) / (1 - c)`, as a part of the total of the mainland.

    Returns
    -------
    Columns indicator, share (%) and needed (% of the mainland's total), latest years, all of Guangdong counted.
    """
    latest = found.latest().query("reading == @NAMED")
    low = float(about_share(found.claim).low or Fraction(0))
    return latest[["indicator", "share"]].assign(needed=100 * (low - latest["share"]) / (100 - low)).reset_index(drop=True)


def missing_finding(found: TwoThirds) -> Statement:
    """How much Hong Kong and Macao would have to add, at the least and at the most."""
    needed = missing_part(found)["needed"]
    return statement(
        "regions_missing_part",
        Text(
            "Hong Kong and Macao have no comparable series. For the centres to reach about two thirds they would have to add {low:.0f}% to "
            "{high:.0f}% of what all of the mainland has, depending on the resource.",
            "香港、澳门没有可比的统计序列。要使三个中心达到约三分之二，港澳须再增加相当于内地总量{low:.0f}%至{high:.0f}%的数量（因指标而异）。",
        ),
        low=float(needed.min()),
        high=float(needed.max()),
    )


def over_time(found: TwoThirds) -> FigureExhibit:
    """The share of Beijing, Shanghai and Guangdong in every complete year, one line per indicator."""
    shares = found.shares
    return trend_lines(
        shares[shares["reading"] == NAMED],
        "year",
        "share",
        "indicator",
        highlight=("rd_expenditure", "rd_basic", "patent_in_force_invention", "tech_market_value"),
        references=[(100 * found.claim.number, _CLAIM)],
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
