r"""Who sells technology and who buys it, by tier and distance; and the Yangtze delta against the nation.

.. math:: \ln c_{it} = \beta \ln y_{it} + \delta \ln d_i + \lambda_t + \varepsilon_{it}

c are contracts bought (or sold), y is GDP, d the distance to the nearest core province. Contracts are registered by the seller's and by
the buyer's province, never by the pair: a gravity equation of flows cannot be estimated, only one of the sums of each province.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.data import load_frame
from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.measure import ShiftShare, decompose_shift_share, grubel_lloyd_total, location_quotient
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.registry import registry
from toolkit.studies.space.tiers import FIRST_YEAR, LAST_YEAR, TIERS, Tiers
from toolkit.transform import distance_matrix

BALANCED_FROM = 2012  # the sums by buyer of the year before are not in the table read
ACTIVITIES = ("rd_fte_basic", "rd_fte_applied", "rd_fte_experimental")
QUOTIENTS = {
    "rd_expenditure": Text("R&D expenditure", "R&D经费"),
    "rd_basic": Text("basic research", "基础研究"),
    "patent_in_force_invention": Text("inventions in force", "有效发明专利"),
    "hightech_enterprises_in_force": Text("certified high-tech firms", "有效期内高新技术企业"),
    "tech_market_value": Text("contracts sold", "输出技术合同"),
    "tech_market_inflow": Text("contracts bought", "吸纳技术合同"),
}
CORRIDOR = ("chen2025_g60_hte_share", "chen2025_g60_star", "chen2025_g60_population")
_PERCENT = 100.0


@dataclass(frozen=True, eq=False)
class Flows:
    """Contracts, and the delta.

    Attributes
    ----------
    balance : columns tier, year, value: (sold - bought) / (sold + bought) of the provinces of the tier together, per cent.
    two_way : by year, share of the contracts that is matched within provinces, 1 - sum |sold - bought| / sum (sold + bought).
    sellers : provinces that sell more than they buy in the last year.
    bought, sold : contracts on GDP and distance to the nearest core province, year effects, clustered by province.
    quotients : provinces of the delta by :data:`QUOTIENTS`, last year, with respect to GDP.
    shift : R&D personnel by activity, first to last year.
    delta : provinces of the delta.
    """

    balance: pd.DataFrame
    two_way: pd.Series
    sellers: tuple[str, ...]
    bought: Estimate
    sold: Estimate
    quotients: pd.DataFrame
    shift: ShiftShare
    delta: tuple[str, ...]


def run(panel: Panel, tiers: Tiers) -> Flows:
    """On the table ``provincial_panel``, with the tiers of the last year."""
    places = load_frame("provinces")
    delta = tuple(places.loc[places["yrd"] == 1, "province"])
    frame = panel.between(BALANCED_FROM, LAST_YEAR).frame
    tier = tiers.by_year[LAST_YEAR]
    flows = frame.dropna(subset=["tech_market_value", "tech_market_inflow"]).assign(tier=frame["province"].map(tier))
    sums = flows.groupby(["tier", "year"])[["tech_market_value", "tech_market_inflow"]].sum()
    net = _PERCENT * (sums["tech_market_value"] - sums["tech_market_inflow"]) / sums.sum(axis=1)
    two_way = {year: grubel_lloyd_total(rows["tech_market_value"], rows["tech_market_inflow"]) for year, rows in flows.groupby("year")}
    last = flows[flows["year"] == LAST_YEAR].set_index("province")
    km = pd.DataFrame(distance_matrix(places), index=places["province"], columns=places["province"])
    apart = km.loc[:, tier.index[tier == "C"]].where(lambda d: d > 0).min(axis=1)
    ready = panel.between(BALANCED_FROM, LAST_YEAR).assign(core_km=panel.between(BALANCED_FROM, LAST_YEAR).frame["province"].map(apart))
    wide = {year: panel.frame[panel.frame["year"] == year].set_index("province") for year in (FIRST_YEAR, LAST_YEAR)}
    end = wide[LAST_YEAR]
    return Flows(
        balance=net.rename("value").reset_index(),
        two_way=pd.Series(two_way),
        sellers=tuple(last.index[last["tech_market_value"] > last["tech_market_inflow"]]),
        bought=fit("log(tech_market_inflow) ~ log(gdp) + log(core_km) | year", ready, cluster="province"),
        sold=fit("log(tech_market_value) ~ log(gdp) + log(core_km) | year", ready, cluster="province"),
        quotients=pd.DataFrame({name: location_quotient(end[name], end["gdp"]) for name in QUOTIENTS}).loc[list(delta)],
        shift=decompose_shift_share(wide[FIRST_YEAR][list(ACTIVITIES)], end[list(ACTIVITIES)]),
        delta=delta,
    )


def figure(found: Flows) -> FigureExhibit:
    """The balance of contracts of each tier over the years."""
    return trend_lines(
        marked(found.balance),
        "year",
        "value",
        "tier",
        references=[(0.0, Text("as much sold as bought", "输出与吸纳相等"))],
        y_label=Text("(sold − bought) / (sold + bought), %", "（输出−吸纳）/（输出＋吸纳），%"),
        names=TIERS,
        title=Text("Technology contracts: who sells, who buys", "技术合同：输出与吸纳的差额"),
        notes=[
            Text(
                "Tiers of {year}. Amounts by the seller's and by the buyer's province; some buyers and sellers are abroad or unknown, "
                "so the "
                "sums of both do not match. From {first}: the table has no sums by buyer for the year before, and none before {start}.",
                "层级按{year}年划分。合同额分别按输出方与吸纳方所在省份统计；部分买方或卖方在境外或不明，两类合计不等。自{first}年起：上一年无吸纳方"
                "数据，{start}年以前亦无。",
            ).filled(year=LAST_YEAR, first=BALANCED_FROM, start=FIRST_YEAR)
        ],
    )


def delta_table(found: Flows) -> TableExhibit:
    """Location quotients of the delta's provinces, and where their R&D personnel came from."""
    parts = found.shift.by_region().set_index("region").loc[list(found.delta)]
    rows = found.quotients.join(_PERCENT * parts[["change", "national", "structural", "competitive"]].div(parts["start"], axis=0))
    return frame_table(
        marked(rows.rename_axis("province").reset_index()),
        {
            "province": glossary.PROVINCE,
            **QUOTIENTS,
            "change": Text("R&D personnel: growth (%)", "R&D人员增长（%）"),
            "national": Text("national", "全国增长"),
            "structural": Text("structural", "结构"),
            "competitive": Text("competitive", "竞争"),
        },
        digits=dict.fromkeys(QUOTIENTS, 2) | dict.fromkeys(("change", "national", "structural", "competitive"), 0),
        title=Text("The Yangtze River Delta against the nation", "长三角与全国"),
        notes=[
            Text(
                "Location quotients: share of the nation's activity over share of its GDP, {last}. Growth of R&D personnel (full-time "
                "equivalents by basic research, applied research and experimental development), {first} to {last}, in per cent of the "
                "start: "
                "at the nation's growth, from the mix of activities, and beyond it. Cities of the G60 corridor are not in the tables.",
                "区位商：占全国该活动的份额与占全国GDP份额之比，{last}年。R&D人员（全时当量，分基础研究、应用研究与试验发展）{first}—{last}年增长占期初的"
                "百分比，分为全国增长、活动结构与竞争三部分。数据中没有G60科创走廊各城市。",
            ).filled(first=FIRST_YEAR, last=LAST_YEAR)
        ],
    )


def finding_contracts(found: Flows) -> Statement:
    """Balance, net sellers, and distance."""
    net = found.balance.set_index(["tier", "year"])["value"].to_dict()
    bought, sold = (estimate.coefficient("log(core_km)") for estimate in (found.bought, found.sold))
    return statement(
        "space_contracts",
        Text(
            "In {last} {sellers} of {count} provinces sell more technology than they buy. Sold less bought is {core:.0f}% of both in "
            "the core, "
            "{radiation:.0f}% in the radiation tier and {linkage:.0f}% in linkage ({first}: {core_first:.0f}%, {radiation_first:.0f}% "
            "and "
            "{linkage_first:.0f}%). {two_way:.0%} of all contracts are matched by a flow the other way in the same province ({first}: "
            "{two_way_first:.0%}). With GDP given, contracts bought go with the distance to the nearest core province by {bought:.2f} "
            "(p = {bought_p:.2f}), contracts sold by {sold:.2f} (p = {sold_p:.2f}). Who buys from whom is not published, so neither "
            "number is "
            "a decay of flows with distance.",
            "{last}年{count}个省份中{sellers}个输出多于吸纳。输出减吸纳占两者之和的比重：核心区{core:.0f}%，辐射区{radiation:.0f}%，联动区{linkage:.0f}%"
            "（{first}年依次为{core_first:.0f}%、{radiation_first:.0f}%、{linkage_first:.0f}%）。全部合同中{two_way:.0%}与同省反向流量相抵"
            "（{first}年{two_way_first:.0%}）。控制GDP后，吸纳额对到最近核心省份距离的弹性为{bought:.2f}（p={bought_p:.2f}），输出额为{sold:.2f}"
            "（p={sold_p:.2f}）。公开数据不含买卖双方的配对，因此这两个数字都不是流量随距离的衰减。",
        ),
        last=LAST_YEAR,
        first=BALANCED_FROM,
        sellers=len(found.sellers),
        count=found.bought.counts.entities,
        core=net["C", LAST_YEAR],
        radiation=net["R", LAST_YEAR],
        linkage=net["L", LAST_YEAR],
        core_first=net["C", BALANCED_FROM],
        radiation_first=net["R", BALANCED_FROM],
        linkage_first=net["L", BALANCED_FROM],
        two_way=float(found.two_way[LAST_YEAR]),
        two_way_first=float(found.two_way[BALANCED_FROM]),
        bought=bought.estimate,
        bought_p=bought.p_value,
        sold=sold.estimate,
        sold_p=sold.p_value,
    )


def finding_delta(found: Flows) -> Statement:
    """The delta's growth beyond the nation's, and the quotients that the paper's fractions of the G60 corridor imply."""
    parts = found.shift.by_region().set_index("region").loc[list(found.delta)].sum()
    claims = registry().claims
    gdp = claims["chen2025_g60_gdp"].number
    implied = {name: claims[name].number / gdp for name in CORRIDOR}
    return statement(
        "space_delta",
        Text(
            "R&D personnel of the delta's {count} provinces grew by {change:.0f}% from {first} to {last}, the nation's by "
            "{national:.0f}%; "
            "{competitive:.0f} points are its own, {structural:.0f} come from the mix of activities. By the paper's fractions the nine "
            "places "
            "of the {corridor} have {hte:.2f} times their share of GDP in certified high-tech firms, {star:.2f} in firms listed on the "
            "STAR "
            "market and {people:.2f} in people; whether the fractions are right is tested in the claim audit, and no table read has the "
            "cities.",
            "{first}—{last}年长三角{count}省市R&D人员增长{change:.0f}%，全国增长{national:.0f}%；其中{competitive:.0f}个百分点为自身竞争效应，"
            "{structural:.0f}个百分点来自活动结构。按论文所给分数，{corridor}九地的区位商（相对GDP）为：高新技术企业{hte:.2f}，科创板上市公司{star:.2f}，"
            "人口{people:.2f}；这些分数是否成立见论断核查，所读数据中没有各城市的序列。",
        ),
        count=len(found.delta),
        corridor=Text("G60 corridor", "G60科创走廊"),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        change=float(_PERCENT * parts["change"] / parts["start"]),
        national=float(_PERCENT * found.shift.national_growth),
        competitive=float(_PERCENT * parts["competitive"] / parts["start"]),
        structural=float(_PERCENT * parts["structural"] / parts["start"]),
        hte=implied["chen2025_g60_hte_share"],
        star=implied["chen2025_g60_star"],
        people=implied["chen2025_g60_population"],
    )
