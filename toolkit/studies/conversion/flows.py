r"""Who pays for whose R&D, and who buys whose technology: what the published margins allow to say.

The figures read give the sum of each source of funds and the sum of each performer, not the cells between them. A cell then lies between
bounds. With E the funds of enterprises, P what enterprises perform, G all R&D, and of industrial enterprises, which are part of the
performers, the own funds o, the government's g and all others' r,

.. math:: \max(o,\ E + P - G) \le x_{EE} \le \min(E,\ P - g - r), \qquad x_{EN} = E - x_{EE},

.. math:: g \le x_{GE} \le \min(S,\ P - o - r)

with x_EN the money of enterprises in institutes and universities and x_GE that of government, S in all, in enterprises. Before the
yearbooks give industrial enterprises by payer, o, g and r are zero. Contracts are registered by the seller's and by the
buyer's province, without the pair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.scatter import scatter_with_fit
from toolkit.present.record import Statement, statement
from toolkit.studies.conversion.model import LAST_YEAR, PERCENT

_SHARES = {
    "from_enterprises": Text(
        "Paid by enterprises, in the R&D of institutes, universities and others", "科研机构、高校等R&D中由企业出资的部分"
    ),
    "to_enterprises": Text("Spent by enterprises, of the government's R&D funds", "政府R&D资金中由企业执行的部分"),
}
FIRST_CONTRACT_YEAR = 2013


@dataclass(frozen=True)
class Flows:
    """Bounds of two cells, and the contracts of the provinces.

    Attributes
    ----------
    bounds : columns year, share (id), low, high (per cent), industry (whether industrial enterprises by payer narrow them).
    contracts : province, region4, sold, bought (% of GDP) in the last year, and balance, (sold − bought) / (sold + bought).
    balance : by year, median over provinces of 1 − |sold − bought| / (sold + bought).
    persistence : correlation of the balances of provinces in the first and the last year.
    """

    bounds: pd.DataFrame
    contracts: pd.DataFrame
    balance: pd.Series
    persistence: float

    def ends(self, share: str, year: int) -> tuple[float, float]:
        """Both ends of a share in a year, per cent."""
        row = self.bounds[(self.bounds["share"] == share) & (self.bounds["year"] == year)]
        return float(row["low"].iloc[0]), float(row["high"].iloc[0])


def run(panel: Panel, series: pd.DataFrame) -> Flows:
    """Both kinds of flow.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    series : the table ``national_series``.
    """
    frame = panel.between(FIRST_CONTRACT_YEAR, LAST_YEAR).frame
    sold, bought = frame["tech_market_value"], frame["tech_market_inflow"]
    net = (sold - bought) / (sold + bought)
    wide = frame.assign(balance=net).pivot(index="province", columns="year", values="balance")
    contracts = frame.assign(sold=PERCENT * sold / frame["gdp"], bought=PERCENT * bought / frame["gdp"], balance=net)
    both = wide[[FIRST_CONTRACT_YEAR, LAST_YEAR]].dropna().to_numpy()
    return Flows(
        bounds=source_bounds(series),
        contracts=contracts.loc[contracts["year"] == LAST_YEAR, ["province", "region4", "sold", "bought", "balance"]].reset_index(
            drop=True
        ),
        balance=(1 - wide.abs()).median(),
        persistence=float(np.corrcoef(both.T)[0, 1]),
    )


def source_bounds(series: pd.DataFrame) -> pd.DataFrame:
    """Bounds of both shares in every year that has sources and performers; columns as in :class:`Flows`.

    Parameters
    ----------
    series : the table ``national_series``.
    """
    known = series.dropna(subset=["rd_funds_enterprise", "rd_perf_enterprise", "rd_expenditure"])
    rows = []
    for row in known.to_dict("records"):
        money, performed, total = row["rd_funds_enterprise"], row["rd_perf_enterprise"], row["rd_expenditure"]
        by_payer = not np.isnan(row["ind_rd_funds_enterprise"])
        own, government = (row[f"ind_rd_funds_{payer}"] if by_payer else 0.0 for payer in ("enterprise", "gov"))
        rest = row["ind_rd_funds_foreign"] + row["ind_rd_funds_other"] if by_payer else 0.0
        kept = max(own, money + performed - total, 0.0), min(money, performed - government - rest)
        received = government, min(row["rd_funds_gov"], performed - own - rest)
        ends = {
            "from_enterprises": ((money - kept[1]) / (total - performed), (money - kept[0]) / (total - performed)),
            "to_enterprises": (received[0] / row["rd_funds_gov"], received[1] / row["rd_funds_gov"]),
        }
        rows += [
            {"year": int(row["year"]), "share": share, "low": PERCENT * low, "high": PERCENT * min(high, 1.0), "industry": by_payer}
            for share, (low, high) in ends.items()
        ]
    return pd.DataFrame(rows)


def sources(results: Flows) -> FigureExhibit:
    """The ranges in which the two cells must lie."""
    frame = results.bounds.assign(estimate=np.nan, row=results.bounds["year"].astype(str)).sort_values(["share", "year"])
    return forest_plot(
        marked(frame),
        "row",
        panel="share",
        limits=(0.0, 100.0),
        digits=0,
        x_label=glossary.SHARE_PERCENT,
        names=_SHARES,
        title=Text("Who pays for whose R&D: what the published sums allow", "谁为谁的R&D出资：由公布的合计数所能推出的范围"),
        notes=[
            Text(
                "No table read gives R&D by source and performer together. The ranges follow from the sums of sources and performers, and "
                "from {first} on from industrial enterprises' R&D by payer; every value inside is possible. Years with both sums only.",
                "所读资料均无资金来源与执行部门的交叉数据。范围由来源合计与执行部门合计推出，{first}年起并用规上工业企业R&D的分来源数据；"
                "范围内任何值都可能成立。仅列两类合计均有的年份。",
            ).filled(first=int(results.bounds.loc[results.bounds["industry"], "year"].min()))
        ],
    )


def contracts(results: Flows) -> FigureExhibit:
    """Technology sold and bought by each province in the last year."""
    return scatter_with_fit(
        marked(results.contracts),
        "bought",
        "sold",
        label="province",
        group="region4",
        log="both",
        x_label=Text("Contracts bought / GDP (%)", "流入技术合同额/GDP（%）"),
        y_label=Text("Contracts sold / GDP (%)", "输出技术合同额/GDP（%）"),
        title=Text("Technology contracts sold and bought, {year}", "技术合同输出与流入，{year}年").filled(year=LAST_YEAR),
        notes=[
            Text(
                "By the province of seller and buyer. A contract inside a province counts on both sides, and the pair is not published: "
                "a province in balance may trade with others or with itself.",
                "分别按卖方与买方所在省份统计。省内合同两边都计入，且交易双方的配对未公布：收支相抵的省份可能与外省交易，也可能只在省内交"
                "易。",
            )
        ],
    )


def finding(results: Flows) -> Statement:
    """Margins leave most open; few provinces sell what the others buy, and the same ones as ten years ago."""
    year = int(results.bounds["year"].max())
    from_low, from_high = results.ends("from_enterprises", year)
    to_low, to_high = results.ends("to_enterprises", year)
    sellers = results.contracts.sort_values("balance", ascending=False)
    return statement(
        "conversion_flows",
        Text(
            "In {year} enterprises paid between {from_low:.0f}% and {from_high:.0f}% of the R&D of institutes, universities and "
            "others, and spent between {to_low:.0f}% and {to_high:.0f}% of the government's R&D funds: the published sums do not say "
            "more, and no trend of either can be read from them. In {last} {sellers} of {provinces} provinces sold more technology than "
            "they bought. The median balance index was {balance_first:.2f} in {first} and {balance:.2f} in {last}, and the balance of "
            "provinces then and now correlates by {persistence:.2f}: the flow has grown, its direction has not turned.",
            "{year}年，科研机构、高校等的R&D中由企业出资的部分介于{from_low:.0f}%与{from_high:.0f}%之间，政府R&D资金中由企业执行的部分介"
            "于{to_low:.0f}%与{to_high:.0f}%之间：公布的合计数所能说明的仅此而已，也读不出趋势。{last}年，{provinces}个省份中"
            "有{sellers}个技术合同输出大于流入。平衡指数中位数{first}年为{balance_first:.2f}，{last}年为{balance:.2f}；各省收支差额前后的"
            "相关系数为{persistence:.2f}：规模扩大了，方向没有改变。",
        ),
        year=year,
        from_low=from_low,
        from_high=from_high,
        to_low=to_low,
        to_high=to_high,
        last=LAST_YEAR,
        sellers=int((sellers["balance"] > 0).sum()),
        provinces=len(sellers),
        first=FIRST_CONTRACT_YEAR,
        balance_first=float(results.balance[FIRST_CONTRACT_YEAR]),
        balance=float(results.balance[LAST_YEAR]),
        persistence=results.persistence,
    )
