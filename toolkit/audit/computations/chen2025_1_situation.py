"""Chen, Zhao and Duan (2025), section 1: rank, size and spread of the nation's innovation in the shipped figures."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pandas as pd

from toolkit.audit.api import Check, Figure, Interval, Stated, Tables, computes, related
from toolkit.audit.basket import complete_years
from toolkit.audit.directions import Shown, above, readings
from toolkit.language import Text
from toolkit.measure import gini, share_of
from toolkit.registry import registry

PERCENT = 100
TRILLION = 10**12
WORLD = "WLD"
PRICED_IN_DOLLARS = 2011  # the one year of gerd_ppp
SINCE = 2017  # first year of R&D expenditure by province
EAST = "East"
SPREAD = ("rd_expenditure", "ind_rd_fte", "fiscal_sci_exp", "patent_grant_invention", "tech_market_value")
PER_HEAD = "rd_expenditure"
POINTS = Text("points", "个百分点")
Measure = Callable[[pd.Series, pd.Series], float]  # of a quantity and the population, both by province


@computes("chen2025_global_rd_growing")
def world_share_of_research(claim: Stated, tables: Tables) -> Check:
    """R&D of the world as a share of its GDP, first and last year shipped, and the years in which it fell."""
    shares = tables.series("international.gerd_gdp_wb", WORLD)
    years = sorted(shares)
    fell = [year for before, year in pairwise(years) if shares[year].number < shares[before].number]
    sentence = Text(
        "World R&D was {a:.2f} % of GDP in {first} and {b:.2f} % in {last}; the share fell in {n} of {all} years, last in {latest}. "
        "Amounts are not shipped.",
        "全球研发经费占GDP比重{first}年为{a:.2f}%，{last}年为{b:.2f}%；{all}个年份中有{n}个年份下降，最近一次为{latest}年。随附数据没有总额。",
    ).filled(
        a=shares[years[0]].number,
        first=years[0],
        b=shares[years[-1]].number,
        last=years[-1],
        n=len(fell),
        all=len(years) - 1,
        latest=max(fell),
    )
    change = (shares[years[-1]] - shares[years[0]]).named(Text("change of world R&D / GDP", "全球研发强度的变化"), POINTS)
    return related(claim, change, change.label, sentence)


@computes("chen2025_global_rd_25tn")
def world_product_implied(claim: Stated, tables: Tables) -> Check:
    """World GDP that the forecast implies at the last share of R&D shipped."""
    shares = tables.series("international.gerd_gdp_wb", WORLD)
    last = max(shares)
    product = claim.number / shares[last].number * PERCENT / TRILLION
    sentence = Text(
        "At the last share shipped ({share:.2f} % of GDP, {year}) the threshold is reached once world GDP passes {product:.0f} trillion "
        "dollars, in whichever dollars it is counted.",
        "按随附的最近一年比重（{year}年占GDP的{share:.2f}%）计算，全球GDP超过{product:.0f}万亿美元即达到该门槛，无论以何种美元口径计。",
    ).filled(share=shares[last].number, year=last, product=product)
    return related(
        claim, product, Text("world GDP implied, trillion dollars", "推算的全球GDP（万亿美元）"), sentence, sources=shares[last].sources
    )


@computes("chen2025_gii_steady_rise")
def places_lost(claim: Stated, tables: Tables) -> Check:
    """In which years the place in the index got worse."""
    ranks = tables.series("national_series.gii_rank")
    years = sorted(ranks)
    lost = [year for before, year in pairwise(years) if ranks[year].number > ranks[before].number]
    sentence = Text(
        "Places quoted in the press from {first} to {last}: {ranks}. A place was lost in {n} of these years ({lost}).",
        "媒体转引的{first}—{last}年位次依次为{ranks}；其中{n}个年份位次后退（{lost}）。",
    ).filled(
        first=years[0],
        last=years[-1],
        ranks=_listed([f"{ranks[year].number:.0f}" for year in years]),
        n=len(lost),
        lost=_listed([str(year) for year in lost]),
    )
    what = Text("years with a lower place", "位次后退的年份数")
    figure = Figure(
        label=what,
        unit=Text("years", "年"),
        interval=Interval.point(len(lost)),
        sources=ranks[years[-1]].sources,
        cells=tuple(ranks[y].cells[0] for y in years),
    )
    return related(claim, figure, what, sentence)


@computes("chen2025_rd_rank_2")
def rank_in_dollars(claim: Stated, tables: Tables) -> Check:
    """Rank of China among the economies whose R&D is shipped in purchasing power parities."""
    frame = tables.frame("international")
    spending = frame[frame["year"] == PRICED_IN_DOLLARS].dropna(subset=["gerd_ppp"]).set_index("iso3")["gerd_ppp"]
    rank = int(spending.rank(ascending=False)["CHN"])
    first = str(spending.idxmax())
    ratio = (
        tables.international("gerd_ppp", PRICED_IN_DOLLARS, "CHN") / tables.international("gerd_ppp", PRICED_IN_DOLLARS, first) * PERCENT
    )
    what = Text("R&D of China / largest, {year}", "中国研发经费/最大国，{year}年").filled(year=PRICED_IN_DOLLARS)
    sentence = Text(
        "In {year}, the one year shipped in dollars (at purchasing power), China ranks {rank} of {n} economies with {ratio:.1f} % of the "
        "largest ({first}); later years are not shipped.",
        "随附的美元数据（购买力平价）仅有{year}年：中国在{n}个经济体中排第{rank}，为最大者（{first}）的{ratio:.1f}%；此后年份未随附。",
    ).filled(year=PRICED_IN_DOLLARS, rank=rank, n=len(spending), ratio=ratio.number, first=first)
    return related(claim, ratio.named(what, Text("%", "%")), what, sentence)


@computes("chen2025_hte_463k")
def firms_since_quoted_year(claim: Stated, tables: Tables) -> list[Check]:
    """Growth since the one quoted number of certified enterprises, and the official number of high-tech manufacturers."""
    quoted = tables.series("national_series.hightech_enterprises_certified")
    year = max(quoted)
    before = quoted[year] * 10_000
    ratio = claim.interval / before.interval
    what = Text("printed / quoted for {year}", "论文数/{year}年转引数").filled(year=year)
    sentence = Text(
        "The number quoted for {year} is {before:,.0f}; the printed one is {ratio:.2f} times as large. No official one is shipped.",
        "{year}年转引数为{before:,.0f}家；论文数为其{ratio:.2f}倍，随附数据没有对应的官方数。",
    ).filled(year=year, before=before.number, ratio=ratio.middle)
    growth = Figure(label=what, unit=Text("", ""), interval=ratio, sources=before.sources, cells=before.cells, weak=before.weak)
    makers = tables.series("national_series.hightech_firms")
    last = max(makers)
    other = Text(
        "High-tech manufacturers above designated size, a different group: {n:,.0f} in {year}.",
        "规模以上高技术制造业企业是另一口径：{year}年为{n:,.0f}家。",
    ).filled(n=makers[last].number, year=last)
    return [related(claim, growth, what, sentence), related(claim, makers[last], makers[last].label, other)]


@computes("chen2025_lighthouse_79_189")
def share_of_lighthouses(claim: Stated, tables: Tables) -> Check:
    """The share that the two counts make."""
    world = tables.claim("chen2025_lighthouse_world")
    share = PERCENT * claim.number / world.number
    sentence = Text("{n:.0f} of {all:.0f} are {share:.1f} %.", "{all:.0f}家中的{n:.0f}家，占{share:.1f}%。").filled(
        n=claim.number, all=world.number, share=share
    )
    return related(claim, share, Text("share of the world, %", "占全球（%）"), sentence, claims=(world.id,))


@computes("chen2025_firm_role_stronger")
def firms_in_research(claim: Stated, tables: Tables) -> list[Check]:
    """Share of R&D that enterprises perform, first and last year, and the number of industrial firms with R&D."""
    firms, nation = tables.series("national_series.rd_perf_enterprise"), tables.series("national_series.gerd")
    first, last = min(firms), max(firms)
    shares = {year: firms[year] / nation[year] * PERCENT for year in (first, last)}
    change = (shares[last] - shares[first]).named(Text("change of the share of firms in R&D", "企业在研发中占比的变化"), POINTS)
    sentence = Text(
        "Enterprises performed {a:.1f} % of R&D in {first} and {b:.1f} % in {last}: {change:+.2f} points in {n} years, while the amount "
        "rose {times:.1f}-fold.",
        "企业执行的R&D经费占比{first}年为{a:.1f}%，{last}年为{b:.1f}%：{n}年间变化{change:+.2f}个百分点，经费总额增至{times:.1f}倍。",
    ).filled(
        a=shares[first].number,
        first=first,
        b=shares[last].number,
        last=last,
        change=change.number,
        n=last - first,
        times=(firms[last] / firms[first]).number,
    )
    counted = tables.series("national_series.ind_firms_with_rd")
    top = max(counted, key=lambda year: counted[year].number)
    end = max(counted)
    more = Text(
        "Industrial firms with R&D numbered most in {top} ({most:,.0f}); {end}: {now:,.0f}.",
        "有R&D活动的规上工业企业以{top}年最多（{most:,.0f}家），{end}年为{now:,.0f}家。",
    ).filled(top=top, most=counted[top].number, end=end, now=counted[end].number)
    return [related(claim, change, change.label, sentence), related(claim, counted[end], counted[end].label, more)]


@computes("chen2025_regional_gap_wider")
def spread_over_provinces(claim: Stated, tables: Tables) -> Check:
    """Change of the east's share in five resources and of the Gini of R&D per head, between complete years."""
    changes = [_change_of_share(name, tables) for name in SPREAD]
    changes.append(_change(PER_HEAD, tables, _gini_per_head, Text("Gini of R&D per head", "人均R&D经费基尼系数")))
    found = {figure.label: Shown(figure, above(figure, 0)) for figure in changes}
    criterion = Text("a larger value at the end than at the start", "期末值大于期初值")
    return readings(claim, found, criterion, Text("change of regional inequality", "区域不均衡程度的变化"))


def _change_of_share(variable: str, tables: Tables) -> Figure:
    """Change of the share of the east in the total of the provinces, in points."""
    panel = tables.panel("provincial_panel")
    region = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    east = list(region.index[region == EAST])
    record = registry().variables[variable]
    name = Text(f"share of the east, {record.short.en}", f"东部占比，{record.short.zh}")
    return _change(variable, tables, lambda values, people: share_of(values, east), name)


def _gini_per_head(values: pd.Series, people: pd.Series) -> float:
    return gini(values / people, people)


def _change(variable: str, tables: Tables, measure: Measure, name: Text) -> Figure:
    """A measure in the last complete year less that in the first one since 2017, in hundredths."""
    panel = tables.panel("provincial_panel")
    years = [year for year in complete_years(panel, variable) if year >= SINCE]
    first, last = years[0], years[-1]
    value = {}
    for year in (first, last):
        frame = panel.frame[panel.frame[panel.time] == year].set_index(panel.entity)
        value[year] = PERCENT * measure(frame[variable], frame["population"])
    record = registry().variables[variable]
    return Figure(
        label=Text(f"{name.en}, {first}-{last}", f"{name.zh}，{first}—{last}年"),
        unit=POINTS,
        interval=Interval.point(value[last] - value[first]),
        sources=record.sources,
        cells=tuple(f"provincial_panel.{variable} {year}" for year in (first, last)),
        weak=(record.weak,) if record.weak.en else (),
    )


def _listed(words: list[str]) -> Text:
    return Text(", ".join(words) or "none", "、".join(words) or "无")
