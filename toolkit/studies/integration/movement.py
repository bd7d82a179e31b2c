r"""Do the two move together? Regressions of the industrial side on the science side, before any index.

.. math:: \ln y_{it} = \beta \ln x_{it} + \alpha_i + \lambda_t + \varepsilon_{it}, \qquad
          \ln y_{it} = \beta \ln x_{i,t-1} + \rho \ln y_{i,t-1} + \alpha_i + \lambda_t + \varepsilon_{it}

y is industrial, x scientific, both per head; the second equation is also read the other way round. Prices common to the provinces are in
the year effects. The pairs are chosen so that no yuan stands on both sides, except one that shows what happens when it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named
from toolkit.estimate import Estimate, fit
from toolkit.language import Head, Text
from toolkit.measure import CompositeIndex
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.contrast import contrast_plot
from toolkit.present.record import Statement, statement
from toolkit.present.words.breaks import break_notes
from toolkit.present.words.formats import interval
from toolkit.studies.integration.index import Indices, in_sentence, span
from toolkit.studies.subsidy.model import Elasticity, elasticity

_LONG, _SHORT = (2010, 2023), (2018, 2023)
_SCORES, _FIRST_SCORES, _ACCOUNTING = "scores", "first_scores", "hightech_rd"
_LEVEL: Final = 0.05
_OUTSIDE = "rd_outside_industry"
PAIRS: Final = {
    "hightech_basic": ("hightech_revenue", "rd_basic", _LONG),
    "hightech_papers": ("hightech_revenue", "papers_sci", (2010, 2022)),
    "products_outside": ("ind_new_product_sales", _OUTSIDE, _SHORT),
    "industrial_rd_outside": ("ind_rd_expenditure", _OUTSIDE, _SHORT),
    _ACCOUNTING: ("hightech_revenue", "rd_expenditure", _LONG),
}
"""Pair -> the industrial column, the science column (both are taken per head) and the years in which both are published."""

_NAMES: Final = {
    "hightech_basic": Text("High-technology revenue on basic research", "高技术制造业营业收入对基础研究经费"),
    "hightech_papers": Text("High-technology revenue on SCI papers", "高技术制造业营业收入对SCI论文数"),
    "products_outside": Text("New-product sales on R&D outside industrial enterprises", "新产品销售收入对规上工业企业以外的R&D经费"),
    "industrial_rd_outside": Text("Industrial R&D on R&D outside industrial enterprises", "规上工业R&D经费对规上工业企业以外的R&D经费"),
    _ACCOUNTING: Text("High-technology revenue on all R&D (industry's own included)", "高技术制造业营业收入对全部R&D经费（含工业自身）"),
    _SCORES: Text("Score of industrial innovation U2 on S&T innovation U1", "产业创新得分U2对科技创新得分U1"),
    _FIRST_SCORES: Text("The same, scores of the first version", "同上，初版得分"),
}
_DESIGNS: Final = {
    "within": glossary.TWO_WAY,
    "trends": Text("Province effects, province trends, year effects", "省份固定效应、省份趋势与年份固定效应"),
    "ahead": Text("Industry on science a year earlier", "产业对前一年的科技"),
    "behind": Text("Science on industry a year earlier", "科技对前一年的产业"),
}
_FORMULAS: Final = {
    "between": "log(y) ~ log(x) | year",
    "within": "log(y) ~ log(x) | province + year",
    "trends": "log(y) ~ log(x) | province[year] + year",
    "ahead": "log(y) ~ L(log(x), 1) + L(log(y), 1) | province + year",
    "behind": "log(x) ~ L(log(y), 1) + L(log(x), 1) | province + year",
}


@dataclass(frozen=True)
class LeaveOneOut:
    """The same without the province that moves the elasticity within provinces most.

    Attributes
    ----------
    province : which one.
    within, trends : elasticities on the other provinces.
    """

    province: str
    within: Elasticity
    trends: Elasticity


@dataclass(frozen=True)
class Pair:
    """How one industrial quantity moves with one scientific quantity.

    Attributes
    ----------
    first, last : years.
    elasticities : by design (``between``: year effects only; ``within``, ``trends``, ``ahead``, ``behind``).
    r2 : share of the movement within provinces and years that the science side accounts for, in [0, 1].
    without : the most influential province left out.
    """

    first: int
    last: int
    elasticities: dict[str, Elasticity]
    r2: float
    without: LeaveOneOut


Together = dict[str, Pair]


def run(panel: Panel, indices: Indices) -> Together:
    """Every pair on the table ``provincial_panel``, then the scores of the two innovations, as they are and in their first version."""
    frame = panel.frame
    full = panel.assign(**{_OUTSIDE: frame["rd_expenditure"] - frame["ind_rd_expenditure"]})
    found = {}
    for name, (industry, science, years) in PAIRS.items():
        inside = full.between(*years)
        population = inside.frame["population"]
        found[name] = _pair(inside.assign(y=inside.frame[industry] / population, x=inside.frame[science] / population), years)
    return found | {
        _SCORES: _scores(indices.two),
        _FIRST_SCORES: _scores(indices.first),
    }


def _scores(index: CompositeIndex) -> Pair:
    frame = index.keys.assign(x=index.scores["science"], y=index.scores["industry"])
    return _pair(Panel(frame, index.entity, index.time), span(index))


def _pair(sample: Panel, years: tuple[int, int]) -> Pair:
    fits = {design: fit(formula, sample) for design, formula in _FORMULAS.items()}
    return Pair(
        first=years[0],
        last=years[1],
        elasticities={design: elasticity(estimate, estimate.terms[0]) for design, estimate in fits.items()},
        r2=float(fits["within"].statistics["r2_within"]),
        without=_without(sample, fits["within"]),
    )


def _without(sample: Panel, whole: Estimate) -> LeaveOneOut:
    """Leave each province out in turn and keep the one that moves the slope within provinces most."""
    term, names = whole.terms[0], sample.frame[sample.entity]
    full = whole.coefficient(term).estimate

    def without(province: str, design: str) -> Estimate:
        return fit(_FORMULAS[design], sample.keep(names != province))

    shifts = {str(name): abs(without(str(name), "within").coefficient(term).estimate - full) for name in names.unique()}
    most = max(shifts, key=lambda name: shifts[name])
    return LeaveOneOut(most, *(elasticity(without(most, design), term) for design in ("within", "trends")))


def together(found: Together) -> TableExhibit:
    """One row per pair: between provinces, within them, with province trends."""
    rows = []
    for name, pair in found.items():
        between, within, trends = (pair.elasticities[design] for design in ("between", "within", "trends"))
        rows.append(
            {
                "pair": name,
                "years": f"{pair.first}–{pair.last}",
                "rows": within.rows,
                "between": between.estimate,
                "within": within.estimate,
                "low": within.low,
                "high": within.high,
                "p": within.p_value,
                "r2": round(pair.r2, 4),
                "trends": trends.estimate,
                "without": pair.without.province,
                "within_without": pair.without.within.estimate,
                "trends_without": pair.without.trends.estimate,
            }
        )
    return frame_table(
        pd.DataFrame(rows),
        {
            "pair": Text("Industry on science", "产业对科技"),
            "years": Text("Years covered", "覆盖年份"),
            "rows": glossary.N,
            "between": Text("Between provinces", "省际比较"),
            "within": Text("Within", "省内"),
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "p": Head(glossary.WILD_P, "p_value"),
            "r2": Text("Within R²", "组内R²"),
            "trends": Text("With trends", "含省份趋势"),
            "without": Text("Left out", "剔除省份"),
            "within_without": Text("Within, without it", "省内（剔除后）"),
            "trends_without": Text("With trends, without it", "含省份趋势（剔除后）"),
        },
        names=_NAMES,
        digits={"r2": 2},
        notes=[_reading(), *break_notes(["hightech_revenue", "rd_basic", "rd_expenditure"], *_LONG)],
        title=Text(
            "Do the two move together? Elasticities of the industrial on the science side", "二者是否同步？产业一侧对科技一侧的弹性"
        ),
    )


def _reading() -> Text:
    return Text(
        "Logs, raw quantities per head. Between provinces: year effects only. Within: province and year effects; low, high and p are of "
        "this column (95% interval of the inverted wild cluster bootstrap by province). High-technology figures lack 2017. “Left out”: "
        "the province without which the elasticity within provinces moves most. In all R&D industry's own R&D is on the science "
        "side, so that row is partly accounting. Associations, not effects.",
        "均取对数，原始数量按人口平均。省际：仅含年份固定效应。省内：含省份与年份固定效应，上下限与p值均对应该列（95%区间由按省份的野聚类"
        "自助法反演得到）。高技术制造业缺2017年。“剔除省份”为剔除后省内弹性变动最大的省份。“全部R&D经费”一行的科技一侧含工业自身的R&D，部"
        "分是核算关系。系数为相关关系，而非因果效应。",
    )


def movement(found: Together) -> FigureExhibit:
    """Within provinces, with trends, and a year apart in both directions; the accounting pair is left to the table."""
    rows = [
        {"pair": name, "design": design, "estimate": one.estimate, "low": one.low, "high": one.high}
        for name, pair in found.items()
        if name not in (_ACCOUNTING, _FIRST_SCORES)
        for design in _DESIGNS
        for one in (pair.elasticities[design],)
    ]
    return contrast_plot(
        pd.DataFrame(rows),
        "pair",
        "design",
        names=_NAMES | _DESIGNS,
        x_label=glossary.ELASTICITY,
        title=Text("Science and industry within provinces: same year, and a year apart", "省内变动中的科技与产业：当年与相隔一年"),
        notes=Text(
            "95% intervals of the inverted wild bootstrap by province. The two rows a year apart control for the outcome's own value of "
            "the year before constant; with few years the coefficient of that value is biased downwards, and the one shown may take up "
            "some of it.",
            "区间为95%，由按省份的野自助法反演得到。相隔一年的两项均控制被解释变量自身的前一年数值；年数少时，该数值的系数向下偏误，"
            "图中系数可能受其影响。",
        ),
    )


def finding(found: Together) -> Statement:
    """How far the two move together, in raw quantities and in the scores, at once and a year apart."""
    honest = {name: pair for name, pair in found.items() if name not in (_ACCOUNTING, _SCORES, _FIRST_SCORES)}
    scores, account = found[_SCORES].elasticities, found[_ACCOUNTING].elasticities["within"]
    low, high = (pick(honest, key=lambda name: honest[name].elasticities["within"].estimate) for pick in (min, max))
    without = found[_SCORES].without
    ahead, behind = (_clear(list(honest.values()), design) for design in ("ahead", "behind"))
    return statement(
        "integration_movement",
        Text(
            "Between provinces science and industry go together (elasticities from {between_low:.2f} to {between_high:.2f}); within "
            "them they hardly do: {clear} of {pairs} pairs of raw quantities that share no yuan differ from zero at the "
            "{level:.0%} level, the smallest {least:.3f} {least_range} ({least_name}), the largest {most:.3f} {most_range} "
            "({most_name}). A year apart, industry follows science in {ahead} of them, science industry in {behind}. The scores: "
            "{scores:.3f} {scores_range}, with province trends {trends:.3f} {trends_range}; without {province}, which moves them most, "
            "{rest:.3f} {rest_range} and {rest_trends:.3f} {rest_trends_range}; the science score a year earlier {ahead_score:.3f} "
            "{ahead_range}, the other way {behind_score:.3f} {behind_range}. With industry's own R&D on the science side the elasticity "
            "is {account:.3f} {account_range}: that is accounting.",
            "省际比较中，科技与产业同高同低（弹性{between_low:.2f}至{between_high:.2f}）；省内变动中则很难看到：在{pairs}对不含重复资金的"
            "原始数量中，{clear}在{level:.0%}水平上异于零，最小为{least:.3f}{least_range}（{least_name}），最大为{most:.3f}{most_range}（"
            "{most_name}）。相隔一年，{ahead}显示产业随科技变动，{behind}显示科技随产业变动。两项得分之间：{scores:.3f}{scores_range}，含"
            "省份趋势时{trends:.3f}{trends_range}；剔除影响最大的{province}后分别为{rest:.3f}{rest_range}与{rest_trends:.3f}"
            "{rest_trends_range}；科技得分领先一年为{ahead_score:.3f}{ahead_range}，反向为{behind_score:.3f}{behind_range}。若科技一侧计入"
            "工业自身的R&D，弹性为{account:.3f}{account_range}，属于核算关系。",
        ),
        between_low=min(pair.elasticities["between"].estimate for pair in honest.values()),
        between_high=max(pair.elasticities["between"].estimate for pair in honest.values()),
        pairs=len(honest),
        clear=_counted(_clear(list(honest.values()), "within")),
        level=_LEVEL,
        least_name=in_sentence(_NAMES[low]),
        most_name=in_sentence(_NAMES[high]),
        ahead=_counted(ahead),
        behind=_counted(behind),
        **_filled("least", honest[low].elasticities["within"]),
        **_filled("most", honest[high].elasticities["within"]),
        **_filled("scores", scores["within"]),
        **_filled("trends", scores["trends"]),
        province=named([without.province]),
        **_filled("rest", without.within),
        **_filled("rest_trends", without.trends),
        ahead_score=scores["ahead"].estimate,
        ahead_range=_range(scores["ahead"]),
        behind_score=scores["behind"].estimate,
        behind_range=_range(scores["behind"]),
        **_filled("account", account),
    )


def _clear(pairs: list[Pair], design: str) -> int:
    """How many elasticities the wild bootstrap tells from zero."""
    return sum(pair.elasticities[design].p_value < _LEVEL for pair in pairs)


def _counted(pairs: int) -> Text:
    """How many pairs, in words where none."""
    return Text(str(pairs), f"{pairs}对") if pairs else Text("not one", "无一对")


def _filled(name: str, one: Elasticity) -> dict[str, float | str]:
    return {name: one.estimate, f"{name}_range": _range(one)}


def _range(one: Elasticity) -> str:
    return interval(one.low, one.high, 2)
