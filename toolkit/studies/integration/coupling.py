"""What does D measure? Coupling C beside the level T, the residual of C on T, and D beside T."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import CompositeIndex, level_guard, weight_guard
from toolkit.numerics import Floats
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.side_by_side import scatter_panels
from toolkit.present.record import Statement, statement
from toolkit.studies.integration.index import CHAINS, FIRST, PARTS, SCHEMES, TWO, Indices, last_year, span

_SCHEME_NAMES: Final = {
    TWO: Text("Two innovations", "两种创新"),
    CHAINS: Text("Four chains", "四链"),
    PARTS: Text("Four parts", "四部分"),
    FIRST: Text("Two innovations, first version", "两种创新（初版）"),
}
_NAMED: Final = ("Beijing", "Shanghai", "Guangdong", "Jiangsu", "Zhejiang", "Tianjin", "Hainan", "Tibet", "Shaanxi", "Jiangxi")


def beside(indices: Indices) -> FigureExhibit:
    """D and the corrected C of each province against T, last year."""
    standard, wang = last_year(indices.two), last_year(indices.wang[TWO])
    panels = {"d": standard["d"], "c": wang["c"], "residual": pd.Series(left_over(indices.wang[TWO])[_of_last(indices.wang[TWO])])}
    rows = [standard[["province", "t"]].assign(value=values.to_numpy(), panel=name) for name, values in panels.items()]
    return scatter_panels(
        pd.concat(rows, ignore_index=True),
        "t",
        "value",
        "panel",
        label="province",
        select=_NAMED,
        x_label=Text("Level T", "综合水平T"),
        y_label=Text("D, C, or what is left of C", "D、C或C的剩余部分"),
        names={
            "d": Text("D, standard", "D（标准形式）"),
            "c": Text("C, corrected", "C（修正）"),
            "residual": Text("C less its line on T", "C扣除对T的拟合"),
        },
        title=Text("D follows the level; the corrected C is something else", "D随水平而定，修正后的C另有所指"),
        notes=Text(
            "{year}, two innovations. The line taken off C is that of all province-years, so that the residuals of one year need not "
            "lie level.",
            "{year}年，两种创新。C所扣除的是全部省份—年份的拟合线，因此单一年份的残差未必水平。",
        ).filled(year=span(indices.two)[1]),
    )


def left_over(index: CompositeIndex) -> Floats:
    """(rows,) residual of C on T by least squares over all province-years."""
    slope, level = np.polyfit(index.t, index.c, 1)
    return np.asarray(index.c - level - slope * index.t)


def _of_last(index: CompositeIndex) -> np.ndarray:
    years = index.keys[index.time]
    return np.asarray(years == years.max())


def guards(indices: Indices) -> TableExhibit:
    """One row per index: how D orders against T, how C correlates with T, whether its residual lasts, the heaviest indicator."""
    corrected = {**{scheme: indices.wang[scheme] for scheme in SCHEMES}, FIRST: indices.first_wang}
    standard = {**indices.base, FIRST: indices.first}
    rows = [
        {
            "scheme": scheme,
            "d": order(standard[scheme]),
            "entropy": order(indices.entropy[scheme] if scheme in SCHEMES else indices.first),
            "wang": order(corrected[scheme]),
            "c": pd.Series(corrected[scheme].c).corr(pd.Series(corrected[scheme].t), method="spearman"),
            "r2": _c_share(corrected[scheme]),
            "lasting": _lasting(corrected[scheme]),
            "heavy": 100 * weight_guard(standard[scheme].weights, standard[scheme].system_labels).measured,
        }
        for scheme in (*SCHEMES, FIRST)
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "scheme": Text("Index", "指数"),
            "d": Text("D with T", "D与T"),
            "entropy": Text("D with T, entropy weights", "D与T（熵权）"),
            "wang": Text("D with T, corrected C", "D与T（修正C）"),
            "c": Text("Corrected C with T", "修正C与T"),
            "r2": Text("R² of C on T", "C对T的R²"),
            "lasting": Text("Rest of C, first and last year", "C的剩余部分，首末年"),
            "heavy": Text("Heaviest indicator (%)", "最大指标权重（%）"),
        },
        names=_SCHEME_NAMES,
        digits={"r2": 2, "lasting": 2, "heavy": 0},
        notes=[
            Text(
                "First four columns: Spearman rank correlations over all province-years. Rest of C: residual of its line on T, "
                "correlation of the provinces' residuals in the first and the last year. Heaviest indicator: its weight inside its "
                "system. The first version has entropy weights throughout.",
                "前四列为全部省份—年份的Spearman秩相关系数。C的剩余部分：对T拟合线的残差；所列为各省首年与末年残差的相关系数。"
                "最大指标权重为其在系统内的权重。初版均为熵权。",
            ),
        ],
        title=Text("Does D say more than T?", "D是否比T多说了什么？"),
    )


def order(index: CompositeIndex) -> float:
    """Spearman correlation of D and T."""
    return level_guard(index.d, index.t).measured


def _c_share(index: CompositeIndex) -> float:
    return float(np.corrcoef(index.c, index.t)[0, 1] ** 2)


def _lasting(index: CompositeIndex) -> float:
    """Correlation over provinces of the residual of C in the first and the last year."""
    wide = index.keys.assign(left=left_over(index)).pivot(index=index.entity, columns=index.time, values="left").dropna()
    return float(wide.iloc[:, 0].corr(wide.iloc[:, -1]))


def finding(indices: Indices) -> Statement:
    """D as T, C as something else, and what that something is."""
    two, wang = indices.two, indices.wang[TWO]
    now = last_year(two).set_index("province")
    left = pd.Series(left_over(wang)[_of_last(wang)], index=last_year(wang)["province"])
    gap = np.abs(np.log(now["industry"] / now["science"]))
    return statement(
        "integration_coupling",
        Text(
            "D orders the province-years nearly as the plain level T does (Spearman {order:.3f} for the two innovations, {chains:.3f} "
            "for the chains, {parts:.3f} for the parts), with the corrected C less so ({wang:.3f}). The corrected C is not the level "
            "(its line on T accounts for {share:.0%} of it): the residual is mostly the distance between the two scores "
            "(correlation {gap:.2f} with the absolute log ratio of the scores in {last}), and it lasts (correlation of {first} and "
            "{last} {lasting:.2f}). It is highest in {best} and lowest in {worst}.",
            "D对省份—年份的排序与综合水平T相近（两种创新的Spearman相关系数为{order:.3f}，四链为{chains:.3f}，四部分为{parts:.3f}），"
            "采用修正C时相关较弱（{wang:.3f}）。修正后的C并非水平（T的拟合线只解释其{share:.0%}）："
            "剩余部分主要是两项得分之间的差距（与{last}年得分对数比绝对值的相关系数为{gap:.2f}），"
            "且首末两年高度相关（{first}年与{last}年，{lasting:.2f}）。剩余部分最高的是{best}，最低的是{worst}。",
        ),
        order=order(two),
        chains=order(indices.base[CHAINS]),
        parts=order(indices.base[PARTS]),
        wang=order(wang),
        share=_c_share(wang),
        gap=float(left.corr(pd.Series(gap))),
        first=span(two)[0],
        last=span(two)[1],
        lasting=_lasting(wang),
        best=named([str(left.idxmax())]),
        worst=named([str(left.idxmin())]),
    )
