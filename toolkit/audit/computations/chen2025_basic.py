"""Chen et al. (2025), section 3(2): the share of basic research, at home and abroad."""

from __future__ import annotations

from dataclasses import replace

from toolkit.audit.api import Check, Figure, Stated, Tables, compare, computes, related
from toolkit.audit.directions import Shown, above, derived, readings, share, shows
from toolkit.language import Text

ABROAD = 2011  # the only year of the international table with shares of basic research
COUNTRIES = {
    "USA": Text("United States", "美国"),
    "FRA": Text("France", "法国"),
    "KOR": Text("Korea", "韩国"),
    "JPN": Text("Japan", "日本"),
    "GBR": Text("United Kingdom", "英国"),
}
MEMBERS = ("FRA", "GBR")  # of the European Union in 2011, among the countries of the table
PERCENT = Text("%", "%")
OLD_YEAR = Text(
    "Printed without a year: {printed}. The one shipped year fits, {year}: {value} ({source}). Later years are not shipped.",
    "论文未注明年份：{printed}。随附的唯一年份{year}年相符：{value}（{source}）。其后年份未随附。",
)
DISTANCE = Text(
    "China's {share} % of the same paper is {low:.0f} to {high:.0f} % of that share.",
    "同一论文中中国的{share}%相当于该比重的{low:.0f}%至{high:.0f}%。",
)


def _national_share(tables: Tables, year: int) -> Figure:
    rest = tables.national("rd_applied", year) + tables.national("rd_experimental", year)
    return share(tables.national("rd_basic", year), rest, Text(f"basic research / R&D, {year}", f"{year}年基础研究经费占比"))


@computes("chen2025_basic_us_16_18", "chen2025_basic_jp_12_15")
def foreign_share(claim: Stated, tables: Tables) -> list[Check]:
    """The share of the country in the one year shipped, since the paper gives none; and how far China's lies below."""
    country = "USA" if claim.id == "chen2025_basic_us_16_18" else "JPN"
    figure = tables.international("basic_share_gerd", ABROAD, country)
    found = compare(claim, figure)
    if found.result == "agrees":
        said = OLD_YEAR.filled(printed=claim.printed, year=ABROAD, value=figure.text, source=figure.sources[0])
        found = replace(found, result="vintage", sentence=said)
    china = tables.claim("chen2025_basic_share_691")
    part = 100 * china.interval / claim.interval
    low, high = 100 * china.number / float(claim.claim.high), 100 * china.number / float(claim.claim.low)
    said = DISTANCE.filled(share=china.bare(), low=low, high=high)
    return [found, related(claim, part, Text("China's share in % of it", "中国占比相当于其百分比"), said, claims=(china.id,))]


@computes("chen2025_basic_eu_19")
def two_members(claim: Stated, tables: Tables) -> Check:
    """Simple and weighted mean of the two members of 2011 that the international table holds."""
    shares = [tables.international("basic_share_gerd", ABROAD, name) for name in MEMBERS]
    basic = [tables.international("basic_research_ppp", ABROAD, name) for name in MEMBERS]
    total = [tables.international("gerd_ppp", ABROAD, name) for name in MEMBERS]
    simple = derived((shares[0] + shares[1]) / len(MEMBERS), Text("mean of France and the United Kingdom", "法国与英国的平均"), PERCENT)
    weighted = (basic[0] + basic[1]) / (total[0] + total[1]) * 100
    said = Text(
        "In {year} France had {fra} and the United Kingdom {gbr}: {simple:.2f} % as a simple mean, {weighted:.1f} % weighted by R&D "
        "expenditure. Two members are no average of the Union; the largest, Germany, has no share in the table.",
        "{year}年法国为{fra}，英国为{gbr}：简单平均{simple:.2f}%，按R&D经费加权{weighted:.1f}%。两个成员国不代表欧盟平均水平，"
        "最大的成员国德国在该表中没有此项数据。",
    ).filled(year=ABROAD, fra=shares[0].text, gbr=shares[1].text, simple=simple.number, weighted=weighted.number)
    return related(claim, simple, Text("two members of 2011", "2011年的两个成员国"), said)


@computes("chen2025_basic_share_rose")
def change_of_share(claim: Stated, tables: Tables) -> Check:
    """Change of the share from 2023 to 2024, in the final figures."""
    before, after = _national_share(tables, 2023), _national_share(tables, 2024)
    change = derived(after - before, Text("change of the share, 2023 to 2024", "2023—2024年占比变化"), Text("points", "个百分点"))
    said = Text(
        "Final figures: {before:.2f} % in 2023 and {after:.2f} % in 2024, a change of {change:+.2f} points.",
        "最终数：2023年{before:.2f}%，2024年{after:.2f}%，变化{change:+.2f}个百分点。",
    ).filled(before=before.number, after=after.number, change=change.number)
    return shows(claim=claim, holds=above(change, 0), figure=change, what=change.label, sentence=said)


@computes("chen2025_basic_long_low")
def below_the_others(claim: Stated, tables: Tables) -> list[Check]:
    """China's share below that of every other country of the table in 2011; its highest value since."""
    china = tables.international("basic_share_gerd", ABROAD, "CHN")
    found = {}
    for code, name in COUNTRIES.items():
        gap = derived(tables.international("basic_share_gerd", ABROAD, code) - china, name, Text("points more", "个百分点"))
        found[name] = Shown(gap, above(gap, 0))
    criterion = Text(f"below the other country in {ABROAD}", f"{ABROAD}年低于该国")
    years = tables.series("national_series.rd_basic")
    shares = {year: _national_share(tables, year) for year in years}
    top = max(shares, key=lambda year: shares[year].number)
    said = Text(
        "From {first} to {last} China's share ran from {low:.2f} % to {high:.2f} % ({top}), never as high as that of any of these "
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
