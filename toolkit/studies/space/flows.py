r"""Who sells technology by contract and who buys it, by tier, over the years that are published; and whether distance to the core matters.

.. math:: b_{it} = \frac{s_{it} - p_{it}}{s_{it} + p_{it}}, \qquad
          B_t = 1 - \frac{\sum_i |s_{it} - p_{it}|}{\sum_i (s_{it} + p_{it})}, \qquad
          \ln c_{it} = \beta \ln y_{it} + \delta \ln d_i + \lambda_t + \varepsilon_{it}

s are contracts sold, p contracts bought, c one of them, y is GDP and d the distance to the nearest core province. With province effects d
goes, and the reach of the core takes its place: :math:`g_{it} = \sum_{j \in C, j \ne i} s_{jt} / d_{ij}`. Contracts are registered by the
seller's and by the buyer's province, never by the pair: a gravity equation of flows cannot be estimated, only one of the sums of each
province.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.data import load, load_frame
from toolkit.data.provinces import named
from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.measure import grubel_lloyd_total
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement
from toolkit.studies.space.tiers import LAST_YEAR, TIERS, Tiers
from toolkit.transform import distance_matrix

SOLD, BOUGHT = "tech_market_value", "tech_market_inflow"
_PERCENT = 100.0


@dataclass(frozen=True, eq=False)
class Flows:
    """Contracts over the published years.

    Attributes
    ----------
    balance : columns who (key of a tier, or province), year, value: (sold - bought) / (sold + bought), per cent.
    two_way : by year, share of the contracts that is matched within provinces, 1 - sum |sold - bought| / sum (sold + bought).
    sellers : provinces by years, whether more is sold than bought; missing where one of the two is.
    without : province -> years in which it has no figure of sales.
    bought, sold : contracts on GDP and distance to the nearest core province, year effects, clustered by province.
    within : contracts bought on GDP and the reach of the core, province and year effects, clustered by province.
    start : first year of the three, for which GDP is in the table.
    """

    balance: pd.DataFrame
    two_way: pd.Series
    sellers: pd.DataFrame
    without: dict[str, list[int]]
    bought: Estimate
    sold: Estimate
    within: Estimate
    start: int

    @property
    def years(self) -> list[int]:
        """Years that are published."""
        return [int(year) for year in self.two_way.index]


def run(panel: Panel, tiers: Tiers) -> Flows:
    """On the tables ``technology_contracts`` and, for GDP, ``provincial_panel``, with the tiers of the last year."""
    contracts, places, tier = load("technology_contracts").frame, load_frame("provinces"), tiers.by_year[LAST_YEAR]
    known = contracts.dropna(subset=[SOLD, BOUGHT])
    by_tier = known.assign(who=known["province"].map(tier)).groupby(["who", "year"], as_index=False)[[SOLD, BOUGHT]].sum()
    both = pd.concat([by_tier, known.rename(columns={"province": "who"})], ignore_index=True)
    both["value"] = _PERCENT * (both[SOLD] - both[BOUGHT]) / (both[SOLD] + both[BOUGHT])
    wide = known.assign(net=known[SOLD] > known[BOUGHT]).pivot(index="province", columns="year", values="net")
    missing = contracts[contracts[SOLD].isna()].groupby("province")["year"].agg(list)
    km = pd.DataFrame(distance_matrix(places), index=places["province"], columns=places["province"])
    far = km.loc[:, tier.index[tier == "C"]].where(lambda d: d > 0)  # a core province is as far as the next one of the core
    sales = contracts.pivot(index="year", columns="province", values=SOLD)[far.columns]
    reach = (sales @ (1 / far.T).fillna(0.0)).reset_index().melt("year", var_name="province", value_name="core_reach")
    frame = contracts.merge(panel.frame[["province", "year", "gdp"]], on=["province", "year"]).merge(reach, on=["province", "year"])
    ready = Panel(frame.assign(core_km=frame["province"].map(far.min(axis=1))), "province", "year")
    return Flows(
        balance=both[["who", "year", "value"]],
        two_way=pd.Series({year: grubel_lloyd_total(rows[SOLD], rows[BOUGHT]) for year, rows in known.groupby("year")}),
        sellers=wide,
        without={str(province): [int(year) for year in years] for province, years in missing.items()},
        bought=fit(f"log({BOUGHT}) ~ log(gdp) + log(core_km) | year", ready, cluster="province"),
        sold=fit(f"log({SOLD}) ~ log(gdp) + log(core_km) | year", ready, cluster="province"),
        within=fit(f"log({BOUGHT}) ~ log(gdp) + log(core_reach) | province + year", ready, cluster="province"),
        start=int(frame["year"].min()),
    )


def figure(found: Flows) -> FigureExhibit:
    """The balance of contracts of each tier over the years, provinces in grey."""
    years, without = found.years, found.without
    lacking = [year for year in range(years[0], years[-1]) if year not in years]
    gaps = Text(", ".join(map(str, lacking)), "、".join(map(str, lacking)))
    return trend_lines(
        marked(found.balance),
        "year",
        "value",
        "who",
        highlight=list(TIERS),
        references=[(0.0, Text("as much sold as bought", "输出与吸纳相等"))],
        y_label=Text("(sold − bought) / (sold + bought), %", "（输出−吸纳）/（输出＋吸纳），%"),
        names=TIERS,
        title=Text("Technology contracts: who sells, who buys", "技术合同：输出与吸纳的差额"),
        notes=[
            Text(
                "Grey: provinces. Tiers of {year}. Amounts by the seller's and by the buyer's province; some buyers and sellers are abroad "
                "or unknown, so the sums of both do not match. The yearbook tables read have {count} years; without a line: {gaps}. No "
                "sales are published for {who} in some of these years, which are left out there.",
                "灰线：各省。层级按{year}年划分。合同额分别按输出方与吸纳方所在省份统计；部分买方或卖方在境外或不明，两类合计不等。所读年鉴表共{count}年；"
                "断线处缺：{gaps}。{who}部分年份未公布输出额，该年不计。",
            ).filled(year=LAST_YEAR, count=len(years), gaps=gaps, who=named(list(without)))
        ],
    )


def finding(found: Flows) -> Statement:
    """Balance, net sellers over all years, and distance."""
    net = found.balance.set_index(["who", "year"])["value"].to_dict()
    first, last = found.years[0], found.years[-1]
    counts, sold_more = found.sellers.notna().sum(axis=1), found.sellers.fillna(False).astype(int).sum(axis=1)
    always = sold_more.index[(sold_more == counts) & (counts == len(found.years))]
    never = sold_more.index[sold_more == 0]
    bought, sold = (estimate.coefficient("log(core_km)") for estimate in (found.bought, found.sold))
    reach = found.within.coefficient("log(core_reach)")
    return statement(
        "space_contracts",
        Text(
            "In {last} {sellers} of {count} provinces sell more technology than they buy ({first}: {sellers_first} of {count_first}). "
            "{always} did so in each of the {years} years published, {never} in none. What is sold less what is bought is {core:.0f}% of "
            "both in the core, {radiation:.0f}% in the radiation tier and {linkage:.0f}% in linkage ({first}: {core_first:.0f}%, "
            "{radiation_first:.0f}% and {linkage_first:.0f}%). {two_way:.0%} of all contracts are matched by a flow the other way in the "
            "same province ({first}: {two_way_first:.0%}). At a given GDP the elasticity to the distance from the nearest core province "
            "is {bought:.2f} for contracts bought (p = {bought_p:.2f}) and {sold:.2f} for contracts sold (p = {sold_p:.2f}); within "
            "provinces, that of what is bought to what the core sells nearby is {reach:.2f} (p = {reach_p:.2f}; {start} to {last}, as GDP "
            "of the earlier years is not in the table). Who buys from whom is not published, so none of these numbers says how flows fall "
            "with distance.",
            "{last}年{count}个省份中{sellers}个输出多于吸纳（{first}年{count_first}个中{sellers_first}个）。在已公布的{years}个年份中，{always}"
            "每年均为净输出，{never}从未净输出。输出减吸纳占两者之和的比重：核心区{core:.0f}%，辐射区{radiation:.0f}%，联动区{linkage:.0f}%"
            "（{first}年依次为{core_first:.0f}%、{radiation_first:.0f}%、{linkage_first:.0f}%）。全部合同中{two_way:.0%}与同省反向流量相抵"
            "（{first}年{two_way_first:.0%}）。控制GDP后，吸纳额对到最近核心省份距离的弹性为{bought:.2f}（p={bought_p:.2f}），输出额为{sold:.2f}"
            "（p={sold_p:.2f}）；省内变动中，吸纳额对邻近核心省份输出额的弹性为{reach:.2f}（p={reach_p:.2f}；{start}—{last}年，更早年份表中无GDP）。"
            "公开数据不含买卖双方的配对，因此这些数字都不是流量随距离的衰减。",
        ),
        last=last,
        first=first,
        start=found.start,
        sellers=int(found.sellers[last].sum()),
        sellers_first=int(found.sellers[first].sum()),
        count=int(found.sellers[last].notna().sum()),
        count_first=int(found.sellers[first].notna().sum()),
        years=len(found.years),
        always=named(always),
        never=named(never),
        core=net["C", last],
        radiation=net["R", last],
        linkage=net["L", last],
        core_first=net["C", first],
        radiation_first=net["R", first],
        linkage_first=net["L", first],
        two_way=float(found.two_way[last]),
        two_way_first=float(found.two_way[first]),
        bought=bought.estimate,
        bought_p=bought.p_value,
        sold=sold.estimate,
        sold_p=sold.p_value,
        reach=reach.estimate,
        reach_p=reach.p_value,
    )
