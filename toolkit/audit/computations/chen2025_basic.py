"""Chen et al. (2025), section 3(2): the share of basic research, at home and abroad."""

from __future__ import annotations

from dataclasses import replace

from toolkit.audit.api import Check, Figure, PrintedClaim, Tables, computes, depends, related
from toolkit.audit.directions import DirectionFigure, above, derived, readings, share, shows
from toolkit.language import Text
from toolkit.registry import registry

ABROAD = 2011  # the only year of the international table with shares of basic research
COUNTRIES = {
    "USA": Text("United States", "美国"),
    "FRA": Text("France", "法国"),
    "KOR": Text("Korea", "韩国"),
    "JPN": Text("Japan", "日本"),
    "GBR": Text("United Kingdom", "英国"),
}
LATER = {True: 2017, False: 2015}  # the year read beside it, of the United States and of Japan
UNION = ("aut", "fra", "esp", "pol", "gbr")  # members of the Union in 2013 and 2014 with most R&D among those that report
PERCENT = Text("%", "%")
DISTANCE = Text(
    "China's {share}% of the same paper is {low:.0f} to {high:.0f}% of that share.",
    "同一论文中中国的{share}%相当于该比重的{low:.0f}%至{high:.0f}%。",
)


def _national_share(tables: Tables, year: int) -> Figure:
    rest = tables.national("rd_applied", year) + tables.national("rd_experimental", year)
    return share(tables.national("rd_basic", year), rest, Text(f"basic research / R&D, {year}", f"{year}年基础研究经费占比"))


@computes("chen2025_basic_us_16_18", "chen2025_basic_jp_12_15")
def foreign_share(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """The share of the country in every year read, since the paper gives none; and how far China's lies below."""
    america = claim.id == "chen2025_basic_us_16_18"
    name = COUNTRIES["USA" if america else "JPN"]
    found = {
        Text(f"{name.en}, {ABROAD}", f"{name.zh}，{ABROAD}年"): tables.international(
            "basic_share_gerd", ABROAD, "USA" if america else "JPN"
        )
    }
    later = tables.official("basic_share_us_2017") if america else _by_activity(tables, "jpn")
    found[Text(f"{name.en}, {LATER[america]}", f"{name.zh}，{LATER[america]}年")] = later
    china = tables.claim("chen2025_basic_share_691")
    part = 100 * china.interval / claim.interval
    low, high = 100 * china.number / float(claim.claim.high), 100 * china.number / float(claim.claim.low)
    said = DISTANCE.filled(share=china.bare(), low=low, high=high)
    beside = related(claim, part, Text("China's share in % of it", "中国占比相当于其百分比"), said, claims=(china.id,))
    return [replace(depends(claim, found, Text("share in the years read", "所读年份的占比")), ours=False), beside]


def _by_activity(tables: Tables, country: str) -> Figure:
    """Basic research over the sum of the three activities, as the UNESCO institute gives them."""
    basic, applied, experimental = (tables.official(f"uis_{name}_{country}") for name in ("basic", "applied", "experimental"))
    return share(basic, applied + experimental, Text("basic research / R&D", "基础研究占比"))


@computes("chen2025_basic_share_rose")
def change_of_share(claim: PrintedClaim, tables: Tables) -> Check:
    """Change of the share from 2023 to 2024, in the final figures."""
    before, after = _national_share(tables, 2023), _national_share(tables, 2024)
    change = derived(after - before, Text("change of the share, 2023 to 2024", "2023—2024年占比变化"), Text("points", "个百分点"))
    said = Text(
        "Final figures: {before:.2f}% in 2023 and {after:.2f}% in 2024, a change of {change:+.2f} points.",
        "最终数：2023年{before:.2f}%，2024年{after:.2f}%，变化{change:+.2f}个百分点。",
    ).filled(before=before.number, after=after.number, change=change.number)
    check = shows(claim=claim, holds=above(change, 0), figure=change, what=change.label, sentence=said)
    return replace(check, ours=False)  # "rose" leaves nothing to choose


@computes("chen2025_basic_long_low")
def below_the_others(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """China's share below that of other countries at two dates some years apart; its highest value since."""
    china = tables.international("basic_share_gerd", ABROAD, "CHN")
    found = {}
    for code, name in COUNTRIES.items():
        gap = derived(tables.international("basic_share_gerd", ABROAD, code) - china, name, Text("points more", "个百分点"))
        found[name] = DirectionFigure(gap, above(gap, 0))
    china_later = _by_activity(tables, "chn")
    for code in ("jpn", *UNION):
        figure = _by_activity(tables, code)
        year = registry().official[f"uis_basic_{code}"].period
        place = registry().official[f"uis_basic_{code}"].place
        gap = derived(figure - china_later, Text(f"{place.en}, {year}", f"{place.zh}，{year}年"), Text("points more", "个百分点"))
        found[gap.label] = DirectionFigure(gap, above(gap, 0))
    criterion = Text(f"below the other country in {ABROAD}, and again some years later", f"{ABROAD}年及数年之后均低于该国")
    years = tables.series("national_series.rd_basic")
    shares = {year: _national_share(tables, year) for year in years}
    top = max(shares, key=lambda year: shares[year].number)
    said = Text(
        "From {first} to {last} China's share ran from {low:.2f}% to {high:.2f}% ({top}), never as high as that of any of these "
        "countries in {abroad}, of which the lowest was {lowest}.",
        "{first}—{last}年中国占比介于{low:.2f}%与{high:.2f}%（{top}年）之间，始终低于上述各国{abroad}年的水平（其中最低为{lowest}）。",
    )
    floor = min((tables.international("basic_share_gerd", ABROAD, code) for code in COUNTRIES), key=lambda figure: figure.number)
    values = [figure.number for figure in shares.values()]
    words = {"first": min(years), "last": max(years), "low": min(values), "high": max(values), "top": top}
    below = max(values) < floor.number
    history = related(
        claim,
        shares[top],
        Text("highest share since the series begins", "序列开始以来的最高占比"),
        said.filled(**words, abroad=ABROAD, lowest=floor.text)
        if below
        else Text("China's share reached that of a country.", "中国占比已达到其中一国的水平。"),
    )
    return [readings(claim, found, criterion, Text("gap to other countries", "与其他国家的差距")), history]
