r"""Are results where they are used: how far two distributions over provinces lie apart.

.. math:: D_t = \frac{1}{2} \sum_i \left| \frac{x_{it}}{\sum x_t} - \frac{y_{it}}{\sum y_t} \right|

with x what is supplied (contracts sold, patents, papers) and y what asks for it (contracts bought, revenue, new products). Where both have
the same total, 1 − D is the balance of a two-way flow (Grubel and Lloyd), which is given for contracts by itself. A mismatch of fields,
which the papers mean, would need patents by class and output by industry; a mismatch of places is a proxy for it.
"""

from __future__ import annotations

import math

import pandas as pd

from toolkit.language import Text
from toolkit.measure import duncan_index, grubel_lloyd_total
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement

PAIRS = {
    "contracts": ("tech_market_value", "tech_market_inflow"),
    "numbers": ("tech_market_outflow_contracts", "tech_market_inflow_contracts"),
    "patents": ("patent_grant_invention", "hightech_revenue"),
    "papers": ("papers_sci", "hightech_new_product_sales"),
}
_NAMES = {
    "contracts": Text("Contracts sold / bought, value", "技术合同：输出/吸纳金额"),
    "numbers": Text("Contracts sold / bought, number", "技术合同：输出/吸纳项数"),
    "patents": Text("Invention patents / high-tech revenue", "发明专利/高技术营收"),
    "papers": Text("Papers / high-tech new products", "科技论文/高技术新产品"),
}
_MOST_MISSING = 1  # provinces


def run(panel: Panel) -> pd.DataFrame:
    """Duncan's index of each pair and year.

    Parameters
    ----------
    panel : the table ``provincial_panel``.

    Returns
    -------
    Columns pair, year, provinces, index, balance (Grubel and Lloyd, of the pairs in one unit); years in which more than one
    province lacks a value are left out.
    """
    rows = []
    for pair, columns in PAIRS.items():
        for year, part in panel.frame.groupby("year"):
            both = part[list(columns)].dropna()
            if len(both) < len(part) - _MOST_MISSING:
                continue
            x, y = both.to_numpy(dtype="float64").T
            rows.append({"pair": pair, "year": year, "provinces": len(both), "index": duncan_index(x, y), "balance": _balance(pair, x, y)})
    return pd.DataFrame(rows)


def _balance(pair: str, x: Floats, y: Floats) -> float:
    return grubel_lloyd_total(x, y) if pair in ("contracts", "numbers") else math.nan


def figure(found: pd.DataFrame) -> FigureExhibit:
    """The share that would have to move, pair by pair."""
    return trend_lines(
        found,
        "year",
        "index",
        "pair",
        y_label=Text("Duncan's index of dissimilarity", "邓肯差异指数"),
        names=_NAMES,
        title=Text("Are results where they are used? Mismatch of places as a proxy", "成果与应用是否同在一地：以地域错配为代理"),
        notes=Text(
            "Share of one distribution over provinces that would have to move to match the other. Of contracts, one less the index is "
            "close to the balance of the two-way flow. Places, not fields: patents by class and output by industry are not shipped.",
            "一种省际分布须迁移多大比重才能与另一种重合。就技术合同而言，一减该指数接近双向流动的平衡度。此处比较地域而非技术领域：随附数据"
            "不含分类专利与分行业产出。",
        ),
    )


def finding(found: pd.DataFrame) -> Statement:
    """The first and the last year of the pairs."""
    ends = {str(pair): part.sort_values("year").iloc[[0, -1]] for pair, part in found.groupby("pair")}
    index = {pair: part["index"].tolist() for pair, part in ends.items()}
    year = {pair: [str(one) for one in part["year"]] for pair, part in ends.items()}
    return statement(
        "places_mismatch",
        Text(
            "Of contracts, {contracts:.0%} of the value sold in {contract_year} would have to be sold in another province to match where "
            "it is bought (in {contract_first} it was {contracts_first:.0%}); the two-way flow balances to {balance:.0%}. Invention "
            "patents lie {patents:.0%} apart from high-technology revenue ({patent_year}, {patents_first:.0%} in {patent_first}), papers "
            "{papers:.0%} apart from new high-technology products ({paper_year}). Results and their use are closer for patents than for "
            "papers; that says where, not in which field.",
            "技术合同：{contract_year}年输出金额的{contracts:.0%}须换到别省才能与吸纳地吻合（{contract_first}年为{contracts_first:.0%}），"
            "双向流动的平衡度为{balance:.0%}。发明专利授权与高技术产业营收相差{patents:.0%}（{patent_year}年；{patent_first}年为"
            "{patents_first:.0%}），科技论文与高技术新产品销售相差{papers:.0%}（{paper_year}年）。专利比论文更贴近应用地；这只说明地域，不"
            "说明领域。",
        ),
        contracts=index["contracts"][1],
        contract_year=year["contracts"][1],
        contracts_first=index["contracts"][0],
        contract_first=year["contracts"][0],
        balance=ends["contracts"]["balance"].tolist()[1],
        patents=index["patents"][1],
        patent_year=year["patents"][1],
        patents_first=index["patents"][0],
        patent_first=year["patents"][0],
        papers=index["papers"][1],
        paper_year=year["papers"][1],
    )
