"""How integrated, who leads, and how sure is it? The answer of the notebook, from the findings of its sections."""

from __future__ import annotations

from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.present.record import Statement, statement
from toolkit.studies.integration import leads, level, ranking
from toolkit.studies.integration.index import TWO, Indices, last_year
from toolkit.studies.integration.ranking import Rankings


def finding(indices: Indices, ranks: Rankings) -> Statement:
    """The level and what it measures, who leads, and how sure the ranking is."""
    high, order, lags = level.finding(indices).values, ranking.finding(ranks).values, leads.finding(indices).values
    return statement(
        "integration",
        Text(
            "How integrated? D of the two innovations averages {mean:.2f} in {last}, {coordinated} of {n} provinces above {half:.1f}; it "
            "measures their level (Spearman with T {order:.3f}), not their fit. Who leads? {leaders}; S&T lags industry in {science} "
            "provinces, industry lags S&T in {industry}. How sure is the ranking? Single places are not: over all years {overlap:.0%} of "
            "neighbours overlap, the median interval is {median:.0f} places wide; but {top} provinces are in the top ten in at least "
            "{level:.0%} of the draws.",
            "融合程度如何？{last}年两种创新的D平均为{mean:.2f}，有{coordinated}个（共{n}个）省份高于{half:.1f}；它度量的是发展水平"
            "（与T的Spearman相关系数{order:.3f}），而非契合程度。谁领先？{leaders}；科技落后于产业的省份有{science}个，"
            "产业落后于科技的有{industry}个。排名有多可靠？单个位次不可靠：各年合计{overlap:.0%}的相邻省份区间重叠，"
            "区间宽度的中位数为{median:.0f}位；但有{top}个省份在至少{level:.0%}的抽样中位列前十。",
        ),
        mean=float(last_year(indices.two)["d"].mean()),
        leaders=named(ranks[TWO].league["province"].head(3)),
        **{key: high[key] for key in ("last", "coordinated", "half", "order")},
        **{key: order[key] for key in ("n", "overlap", "median", "top", "level")},
        **{key: lags[key] for key in ("science", "industry")},
    )
