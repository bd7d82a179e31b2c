"""Do S&T and industrial innovation move together? The answer of the notebook: the movement first, then what an index adds."""

from __future__ import annotations

from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.present.record import Statement, statement
from toolkit.studies.integration import coupling, movement, ranking
from toolkit.studies.integration.index import Indices
from toolkit.studies.integration.movement import Together
from toolkit.studies.integration.ranking import Ranking


def finding(indices: Indices, found: Together, ranks: Ranking) -> Statement:
    """Movement first, the warning on D, and how sure the order is."""
    moves, level, order = movement.finding(found).values, coupling.finding(indices).values, ranking.finding(ranks).values
    return statement(
        "integration",
        Text(
            "Do S&T and industrial innovation move together? Between provinces yes, within them hardly: {clear} of {pairs} pairs of raw "
            "quantities that share no yuan can be seen to move together over the years ({level:.0%} level), and the two system scores "
            "have an elasticity of {scores:.3f} {scores_range} (with province trends {trends:.3f} {trends_range}; without {province} "
            "{rest:.3f} and {rest_trends:.3f}); a year apart, industry follows science in {ahead} of the pairs, science industry in "
            "{behind}. An index does not answer it: the coupling degree D orders provinces much as their plain level T does (Spearman "
            "{order:.3f}). {leaders} lead by D; single places are uncertain ({median:.0f} places wide at the median, {widest} at most).",
            "科技创新与产业创新是否同步变动？省际是，省内则很难看到：在{pairs}对不含重复资金的原始数量中，{clear}历年同步变动在{level:.0%}"
            "水平上显著，两项系统得分之间的弹性为{scores:.3f}{scores_range}（含省份趋势时{trends:.3f}{trends_range}；剔除{province}后为"
            "{rest:.3f}与{rest_trends:.3f}）；相隔一年，{ahead}显示产业随科技变动，{behind}显示科技随产业变动。指数不能回答这一问题：耦合"
            "协调度D对省份的排序与综合水平T大体相同（Spearman相关系数{order:.3f}）。按D居前的是{leaders}；单个位次并不确定（位次区间宽度的"
            "中位数为{median:.0f}位，最宽{widest}位）。",
        ),
        leaders=named(ranks.league["province"].head(3)),
        **{
            key: moves[key]
            for key in (
                "pairs",
                "clear",
                "level",
                "scores",
                "scores_range",
                "trends",
                "trends_range",
                "ahead",
                "behind",
                "province",
                "rest",
                "rest_trends",
            )
        },
        order=level["order"],
        **{key: order[key] for key in ("median", "widest")},
    )
