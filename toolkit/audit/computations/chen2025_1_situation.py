"""Chen, Zhao and Duan (2025), section 1: rank, size and spread of the nation's innovation in the shipped figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import pandas as pd

from toolkit.audit.api import Check, Figure, Interval, Stated, Tables, computes, related
from toolkit.audit.basket import complete_years
from toolkit.language import Text
from toolkit.measure import gini, share_of
from toolkit.registry import registry

PERCENT = 100
PRICED_IN_DOLLARS = 2011  # the one year of gerd_ppp
SINCE = 2017  # first year of R&D expenditure by province
EAST = "East"
SPREAD = ("rd_expenditure", "ind_rd_fte", "fiscal_sci_exp", "patent_grant_invention", "tech_market_value")
PER_HEAD = "rd_expenditure"
POINTS = Text("points", "个百分点")
Measure = Callable[[pd.Series, pd.Series], float]  # of a quantity and the population, both by province


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
    figure = Figure(what, Text("years", "年"), Interval.point(len(lost)), ranks[years[-1]].sources, tuple(ranks[y].cells[0] for y in years))
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
def firms_since_quoted_year(claim: Stated, tables: Tables) -> Check:
    """Growth since the one quoted number of certified enterprises."""
    quoted = tables.series("national_series.hightech_enterprises_certified")
    year = max(quoted)
    before = quoted[year] * 10_000
    ratio = claim.interval / before.interval
    what = Text("printed / quoted for {year}", "论文数/{year}年转引数").filled(year=year)
    sentence = Text(
        "The number quoted for {year} is {before:,.0f}; the printed one is {ratio:.2f} times as large. No official one is shipped.",
        "{year}年转引数为{before:,.0f}家；论文数为其{ratio:.2f}倍，随附数据没有对应的官方数。",
    ).filled(year=year, before=before.number, ratio=ratio.middle)
    return related(claim, Figure(what, Text("", ""), ratio, before.sources, before.cells, weak=before.weak), what, sentence)


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
    changes = {_share_name(name): _change_of_share(name, tables) for name in SPREAD}
    changes[Text("Gini of R&D per head", "人均R&D经费基尼系数")] = _change(PER_HEAD, tables, _gini_per_head)
    wider = {name: figure for name, figure in changes.items() if figure.number > 0}
    narrower = {name: figure for name, figure in changes.items() if name not in wider}
    sentence = Text(
        "The gap widens by {yes} of {n} measures ({which}) and narrows by {no} ({fails}).",
        "{n}种度量中，{yes}种差距扩大（{which}），{no}种缩小（{fails}）。",
    ).filled(n=len(changes), yes=len(wider), which=_signed(wider), no=len(narrower), fails=_signed(narrower))
    figures = list(changes.values())
    return Check(
        what=Text("change of regional inequality", "区域不均衡程度的变化"),
        result="depends" if wider and narrower else "agrees" if wider else "contradicts",
        value=Text("{yes} of {n} wider", "{n}种中{yes}种扩大").filled(yes=len(wider), n=len(changes)),
        sentence=sentence,
        evidence="official",
        sources=tuple(dict.fromkeys(source for figure in figures for source in figure.sources)),
        cells=tuple(cell for figure in figures for cell in figure.cells),
    )


def _change_of_share(variable: str, tables: Tables) -> Figure:
    """Change of the share of the east in the total of the provinces, in points."""
    panel = tables.panel("provincial_panel")
    region = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    east = list(region.index[region == EAST])
    return _change(variable, tables, lambda values, people: share_of(values, east))


def _gini_per_head(values: pd.Series, people: pd.Series) -> float:
    return gini(values / people, people)


def _change(variable: str, tables: Tables, measure: Measure) -> Figure:
    """A measure in the last complete year less that in the first one since 2017, in hundredths."""
    panel = tables.panel("provincial_panel")
    years = [year for year in complete_years(panel, variable) if year >= SINCE]
    first, last = years[0], years[-1]
    value = {}
    for year in (first, last):
        frame = panel.frame[panel.frame[panel.time] == year].set_index(panel.entity)
        value[year] = PERCENT * measure(frame[variable], frame["population"])
    label = Text(f"{first}-{last}", f"{first}—{last}年")
    cells = tuple(f"provincial_panel.{variable} {year}" for year in (first, last))
    return Figure(label, POINTS, Interval.point(value[last] - value[first]), registry().variables[variable].sources, cells)


def _share_name(variable: str) -> Text:
    record = registry().variables[variable]
    return Text(f"share of the east, {record.short_en}", f"东部占比，{record.short_zh}")


def _signed(figures: Mapping[Text, Figure]) -> Text:
    en = "; ".join(f"{name.en}, {f.label.en}: {f.number:+.1f} points" for name, f in figures.items())
    zh = "；".join(f"{name.zh}，{f.label.zh}：{f.number:+.1f}个百分点" for name, f in figures.items())
    return Text(en or "none", zh or "无")


def _listed(words: list[str]) -> Text:
    return Text(", ".join(words) or "none", "、".join(words) or "无")
