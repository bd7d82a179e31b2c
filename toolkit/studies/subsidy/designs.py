"""Every design beside every other, each with the question that it answers: the figure and the page of answers of the chapter.

No design is left out because of what it says. The interval is the one whose coverage holds for 31 provinces (the inverted wild
bootstrap), the Anderson-Rubin set with instruments, the delta method for the long run of GMM.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import short_chinese
from toolkit.estimate import fit, fit_between
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import fixed, interval
from toolkit.studies.subsidy.endogeneity import TITLES, Endogeneity
from toolkit.studies.subsidy.frequency import HORIZONS, Frequency
from toolkit.studies.subsidy.measures import Measure
from toolkit.studies.subsidy.model import (
    FIRST_YEAR,
    HALVES,
    LAST_YEAR,
    PAPER_YEARS,
    SPECIFICATIONS,
    SUBSIDY,
    Elasticity,
    claim_mark,
    claimed,
    elasticity,
)
from toolkit.studies.subsidy.robustness import Robustness
from toolkit.studies.subsidy.windows import Windows

_SIDE = {True: glossary.INSIDE, False: glossary.OUTSIDE}
LIMITS = (-0.3, 0.9)  # of the figure; an interval beyond ends in an arrow
_FAMILIES = {
    "between": Text("Between provinces", "省际比较"),
    "within": Text("Each province with itself", "省内比较"),
    "speed": Text("Faster and slower", "时间跨度"),
    "trends": Text("Own trend, shocks of the region, neighbours", "自身趋势、区域冲击与邻省"),
    "years": Text("Other years", "其他年份"),
    "instruments": Text("Instruments and dynamics", "工具变量与动态"),
    "own": Text("What enterprises pay themselves", "企业自身出资"),
}


@dataclass(frozen=True)
class Design:
    """One design and its answer.

    Attributes
    ----------
    family : key of the heading that it stands under.
    name : what is compared.
    answer : elasticity with interval.
    """

    family: str
    name: Text
    answer: Elasticity


def run(
    panel: Panel,
    *,
    frequency: Frequency,
    endogeneity: Endogeneity,
    measures: dict[str, Measure],
    robustness: Robustness,
) -> dict[str, Design]:
    """All designs of the chapter by name; those that no section has are estimated here.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    frequency, endogeneity, measures, robustness : results of the sections.
    """
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    between = fit_between(SPECIFICATIONS["pooled"], sample, covariance="HC1")
    province = fit(SPECIFICATIONS["province"], sample)
    halves = [_years(panel, *years) for years in (*HALVES, PAPER_YEARS)]
    own, inside = measures["own_on_budget"], measures["industry_to_gdp_on_inside"]
    government = measures["own_on_government"]
    found = {
        "pooled": ("between", glossary.POOLED, measures["total_on_budget"].pooled),
        "between": ("between", Text("Means of the provinces", "各省均值"), elasticity(between, SUBSIDY)),
        "province": ("within", Text("Province effects", "省份固定效应"), elasticity(province, SUBSIDY)),
        "two_way": ("within", glossary.TWO_WAY, frequency.static["two_way"]),
        "no_hainan": ("within", Text("The same without Hainan", "同上，剔除海南"), frequency.static["no_hainan"]),
        "differences": ("speed", Text("From one year to the next", "相邻两年"), frequency.horizons[1]),
        "total": ("speed", Text("This year and three before, summed", "当年与前三年合计"), frequency.total["two_way"]),
        "five": ("speed", Text("Over five years", "间隔五年"), frequency.horizons[5]),
        "long": ("speed", Text("First year to last", "首末两年"), frequency.horizons[HORIZONS[-1]]),
        "region_years": ("trends", Text("Region × year effects", "区域×年份固定效应"), frequency.static["region_years"]),
        "trends": ("trends", Text("Province trends", "省份趋势"), frequency.static["trends"]),
        "neighbours": ("trends", Text("Money of the neighbours, given one's own", "相邻省份支出（控制本省）"), robustness.neighbours),
        "total_trends": ("trends", Text("Province trends, four years summed", "省份趋势，四年合计"), frequency.total["trends"]),
        **{
            f"{first}_{last}": ("years", Text(f"{first}–{last}{en}", f"{first}—{last}年{zh}"), answer)
            for (first, last), en, zh, answer in zip(
                (*HALVES, PAPER_YEARS), ("", "", ", the paper's years"), ("", "", "（论文年份）"), halves, strict=True
            )
        },
        **{name: ("instruments", _instrument_title(name), endogeneity.elasticities[name]) for name in TITLES},
        "own_two_way": ("own", Text("on local S&T expenditure", "对地方财政科技支出"), own.two_way),
        "own_trends": ("own", Text("the same, province trends", "同上，含省份趋势"), own.trends),
        "own_government": ("own", Text("on R&D funded by government", "对政府资金R&D"), government.two_way),
        "inside_pooled": ("own", Text("industry, on government money inside: pooled", "规上工业，对其中政府资金：混合回归"), inside.pooled),
        "inside": ("own", Text("industry, on government money inside: two-way", "规上工业，对其中政府资金：双向固定效应"), inside.two_way),
    }
    return {name: Design(family, title, answer) for name, (family, title, answer) in found.items()}


def _years(panel: Panel, first: int, last: int) -> Elasticity:
    return elasticity(fit(SPECIFICATIONS["two_way"], panel.between(first, last)), SUBSIDY)


def _instrument_title(name: str) -> Text:
    long = name in ("difference", "system")
    return Text(f"{TITLES[name].en}, long run", f"{TITLES[name].zh}，长期") if long else TITLES[name]


def figure(designs: dict[str, Design]) -> FigureExhibit:
    """All designs with their intervals under one scale, beside the published value."""
    frame = pd.DataFrame(
        [
            {
                "design": name,
                "family": f"family {design.family}",
                "estimate": design.answer.estimate,
                "low": design.answer.low,
                "high": design.answer.high,
            }
            for name, design in designs.items()
        ]
    )
    return forest_plot(
        frame,
        "design",
        panel="family",
        references=[claim_mark(claimed())],
        limits=LIMITS,
        digits=3,
        names={
            **{f"family {family}": text for family, text in _FAMILIES.items()},
            **{name: design.name for name, design in designs.items()},
        },
        x_label=Text("Elasticity of R&D intensity", "R&D强度弹性"),
        title=Text(
            "Large between provinces and over long spans, small from year to year and net of a province's own trend",
            "省际与长跨度的弹性大，逐年与剔除自身趋势后的弹性小",
        ),
        notes=Text(
            "Outcome R&D / GDP, money local fiscal S&T expenditure (a proxy of the subsidy), {years}, unless the row says otherwise. 95% "
            "intervals: inverted wild bootstrap by province; Anderson–Rubin set of the own lag; delta method for the long run of GMM; "
            "none for the weak instrument, whose set covers too seldom in simulation.",
            "除另有说明外，被解释变量为R&D/GDP，资金为地方财政科技支出（补贴的代理变量），{years}年。95%区间：按省份的野自助法反演；"
            "自身滞后工具变量为Anderson–Rubin集合；GMM长期弹性为delta法；弱工具变量的集合在模拟中覆盖不足，故无区间。",
        ).filled(years=f"{FIRST_YEAR}–{LAST_YEAR}"),
    )


def in_short(designs: dict[str, Design]) -> FigureExhibit:
    """Four of the designs and the published value, for a reader in a hurry: who has more, in the year, over four years, beside a trend."""
    rows = {
        "pooled": Text("Provinces compared with each other", "各省之间相比"),
        "two_way": Text("Each province with itself, in the same year", "同一省份，当年"),
        "total": Text("Each with itself, over four years", "同一省份，四年合计"),
        "trends": Text("Each with itself, beside its own trend", "同一省份，剔除自身趋势"),
        "claim": Text("The paper's figure, for firms", "论文数字（企业）"),
    }
    found = {name: designs[name].answer for name in rows if name != "claim"}
    ours = [{"row": name, "estimate": one.estimate, "low": one.low, "high": one.high} for name, one in found.items()]
    return forest_plot(
        pd.DataFrame([*ours, {"row": "claim", "estimate": claimed()}]),
        "row",
        names={**rows},
        x_label=Text("More R&D (%) for 1% more money", "资金多1%，R&D强度多百分之几"),
        title=Text("Four answers and the paper's", "四个答案与论文数字"),
        notes=Text(
            "Money: local fiscal S&T expenditure, a proxy of the subsidy; {years}. Bars: 95% intervals; the paper's number as printed.",
            "资金为地方财政科技支出（补贴的代理变量），{years}年。横线为95%区间；论文数字按原文所印。",
        ).filled(years=f"{FIRST_YEAR}–{LAST_YEAR}"),
        width="one",
    )


def answer(designs: dict[str, Design], windows: Windows) -> TableExhibit:
    """Question, answer, and whether the published value lies in the interval; every number taken from a design."""
    questions = (
        ("pooled", Text("Who has more public money: do provinces with more of it do more R&D?", "省际：资金多的省份R&D强度更高吗？")),
        ("two_way", Text("Within a province, in the year", "省内，当年")),
        ("total", Text("Within a province, this year and three before together", "省内，当年与前三年合计")),
        ("long", Text("Between the first year and the last", "首末两年之间")),
        ("trends", Text("Beside the province's own trend", "剔除省份自身趋势")),
        ("differences", Text("From one year to the next", "相邻两年")),
        ("neighbours", Text("With the neighbours' money (spillover)", "相邻省份支出（溢出）")),
        ("2016_2023", Text("In the years of the paper", "论文所用年份")),
        ("own_lag", Text("Instrumented by the own lag (Anderson–Rubin set)", "以自身滞后为工具（Anderson–Rubin集合）")),
        ("system", Text("In the long run of system GMM", "系统GMM长期")),
        ("own_two_way", Text("What enterprises pay, on the budget", "企业出资，对财政科技支出")),
        ("own_trends", Text("What enterprises pay, net of the own trend", "企业出资，剔除自身趋势")),
        ("inside", Text("What industrial firms pay, on government money inside their R&D", "规上工业企业出资，对其R&D中的政府资金")),
    )
    rows = [
        {
            "question": question,
            "answer": f"{fixed(found.estimate, 3)} {interval(found.low, found.high)}",
            "claim": _SIDE[found.holds(claimed())],
            "rows": found.rows,
        }
        for name, question in questions
        for found in [designs[name].answer]
    ]
    least = min(windows.left_out, key=windows.left_out.__getitem__)
    notes = [
        Text(
            "Intervals as in the figure. Leaving out one province changes the two-way elasticity to {least:.3f} at the least (without "
            "{name}). Associations: money is not assigned at random. What would change the answer: subsidies that firms receive, money "
            "that provinces do not choose.",
            "区间同上图。逐一剔除省份时，双向固定效应弹性最低为{least:.3f}（剔除{name}）。以上均为相关关系：资金并非随机分配。"
            "能改变结论的是：企业实际获得的补贴数据，以及非省份自主选择的资金变动。",
        ).filled(least=windows.left_out[least], name=Text(least, short_chinese(least)))
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "question": Text("Question", "问题"),
            "answer": Text("Elasticity and 95% interval", "弹性与95%区间"),
            "claim": Text("The paper's {claim:g} lies", "论文的{claim:g}在区间").filled(claim=claimed()),
            "rows": glossary.N,
        },
        title=Text("The answers on one page (fiscal S&T expenditure as proxy of the subsidy)", "一页看懂：以地方财政科技支出代理补贴"),
        notes=notes,
    )


def finding(designs: dict[str, Design]) -> Statement:
    """The headline: three answers to three questions, and where the published value lies."""
    year, total, trends, pooled = (designs[name].answer for name in ("two_way", "total", "trends", "pooled"))
    halves = [designs[f"{first}_{last}"].answer.estimate for first, last in HALVES]
    return statement(
        "subsidy_two_way",
        Text(
            "Over {first}–{last} the elasticity of R&D intensity with respect to fiscal S&T expenditure (a proxy of the subsidy) is "
            "{pooled:.3f} between provinces, {year:.3f} {year_range} within them in the year, {total:.3f} {total_range} over four years, "
            "and {trends:.3f} {trends_range} net of a province's own trend; each half alone gives {early:.3f} and {late:.3f}. The "
            "published {claim:g} lies {in_year} our interval for the year and {in_total} that for four years.",
            "{first}—{last}年，R&D强度对地方财政科技支出（补贴的代理变量）的弹性省际为{pooled:.3f}，省内当年为{year:.3f}{year_range}，四年"
            "合计为{total:.3f}{total_range}，剔除省份自身趋势后为{trends:.3f}{trends_range}；前后两段各自为{early:.3f}与{late:.3f}。论文的"
            "{claim:g}在当年区间{in_year}，在四年合计区间{in_total}。",
        ),
        first=FIRST_YEAR,
        last=LAST_YEAR,
        pooled=pooled.estimate,
        year=year.estimate,
        year_range=interval(year.low, year.high),
        total=total.estimate,
        total_range=interval(total.low, total.high),
        trends=trends.estimate,
        trends_range=interval(trends.low, trends.high),
        early=halves[0],
        late=halves[1],
        claim=claimed(),
        in_year=_SIDE[year.holds(claimed())],
        in_total=_SIDE[total.holds(claimed())],
    )
