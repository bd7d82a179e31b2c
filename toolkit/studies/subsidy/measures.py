r"""Three measures of public money, and what each can be held against.

.. math:: \ln o_{it} = \beta \ln s_{it} + \gamma \ln y_{it} + \alpha_i + \lambda_t + \varepsilon_{it}, \qquad
          \ln o_{it} = \beta \ln s_{it} + \theta \ln s_{i,t+1} + \ldots

theta belongs to money that is not spent yet: under strict exogeneity it is zero. Government-funded R&D is a part of total R&D, so the
total on it is partly an identity; what enterprises pay is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import Estimate, fit
from toolkit.estimate.batch.fixed import FixedDesign
from toolkit.estimate.batch.wild import multipliers, wild_draws
from toolkit.language import Head, Text
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.present.words.breaks import break_notes
from toolkit.present.words.formats import interval
from toolkit.studies.subsidy.model import (
    CONTROL,
    FIRST_INDUSTRY_YEAR,
    FIRST_YEAR,
    GOVERNMENT,
    INDUSTRY,
    INSIDE,
    LAST_YEAR,
    OUTCOME,
    OWN,
    SEED,
    SUBSIDY,
    TRENDS,
    TWO_WAY,
    Elasticity,
    elasticity,
)
from toolkit.studies.subsidy.worlds import errors_like

REPLICATIONS, DRAWS = 500, 199


def wild_coverage(sample: Panel, two_way: Estimate, money: str, control: str) -> tuple[float, float]:
    """Share of simulated outcomes for which the wild bootstrap does not reject the truth at five per cent, per cent.

    Parameters
    ----------
    sample : a panel whose rows with residuals are balanced.
    two_way : the estimate with province and year effects, whose residuals the errors resemble.
    money, control : names of the columns that stand in logs.

    Returns
    -------
    With province and year effects, and with province trends in addition; the errors are the same.
    """
    frame = sample.frame.assign(_left=two_way.residuals).dropna(subset=["_left"])
    wide = {
        name: frame.assign(_v=values).pivot(index=sample.entity, columns=sample.time, values="_v").to_numpy()
        for name, values in (("x", np.log(frame[money])), ("c", np.log(frame[control])), ("e", frame["_left"]))
    }
    n, periods = wide["e"].shape
    rng = np.random.default_rng(SEED)
    outcomes = errors_like(rng, wide["e"], REPLICATIONS).reshape(REPLICATIONS, -1)
    signs = multipliers(rng, DRAWS, n, "rademacher")
    province, year = np.repeat(np.arange(n), periods), np.tile(np.arange(periods), n)
    effects = np.column_stack([pd.get_dummies(province), pd.get_dummies(year), wide["c"].ravel()]).astype(float)
    trends = pd.get_dummies(province).to_numpy(dtype=float) * (year - year.mean())[:, None]
    x = wide["x"].ravel()

    def held(others: Floats) -> float:
        design = FixedDesign(regressor=x, instrument=x, others=others, clusters=province, nested=n - 1)
        return float(100 * (wild_draws(design.fitted(outcomes), signs).p_value(0.0) > 0.05).mean())

    return held(effects), held(np.column_stack([effects, trends]))


INDUSTRY_TO_GDP = "log(ind_rd_own_to_gdp)"
PAIRS = {
    "total_on_budget": (OUTCOME, SUBSIDY),
    "own_on_budget": (OWN, SUBSIDY),
    "total_on_government": (OUTCOME, GOVERNMENT),
    "own_on_government": (OWN, GOVERNMENT),
    "industry_on_inside": (INDUSTRY, INSIDE),
    "industry_to_gdp_on_inside": (INDUSTRY_TO_GDP, INSIDE),
    "industry_comparable": (INDUSTRY_TO_GDP, INSIDE),
}
NOT_COMPARABLE = 2019  # R&D of industry by payer: the nation's government money jumps by a third and falls back, other payers vanish
_PERCENT = 100.0
_WITHOUT = Text("{outcome}, without {year}", "{outcome}，剔除{year}年")
OUTCOME_NAMES = {
    OUTCOME: Text("R&D / GDP", "R&D经费/GDP"),
    OWN: Text("R&D paid by enterprises / GDP", "企业资金R&D/GDP"),
    INDUSTRY: Text("industrial enterprises' own R&D / value added of the secondary sector", "规上工业企业自有资金R&D/第二产业增加值"),
    INDUSTRY_TO_GDP: Text("industrial enterprises' own R&D / GDP", "规上工业企业自有资金R&D/GDP"),
}
MONEY_NAMES = {
    SUBSIDY: Text("local budget expenditure on S&T", "地方财政科技支出"),
    GOVERNMENT: Text("R&D funded by government", "政府资金R&D"),
    INSIDE: Text("government funds in industrial enterprises' R&D", "规上工业企业R&D中的政府资金"),
}


@dataclass(frozen=True)
class Measure:
    """One outcome on one measure of public money.

    Attributes
    ----------
    outcome, money : terms of the formula.
    pooled, two_way, trends : elasticity without effects, with province and year effects, with province trends in addition.
    current, lead : slopes of this year's and of next year's money, entered together, two-way.
    two_way_coverage, trends_coverage : of both intervals on simulated outcomes, per cent.
    """

    outcome: str
    money: str
    pooled: Elasticity
    two_way: Elasticity
    trends: Elasticity
    current: Elasticity
    lead: Elasticity
    two_way_coverage: float
    trends_coverage: float


def run(panel: Panel) -> dict[str, Measure]:
    """Each of :data:`PAIRS` on the table ``provincial_panel``."""
    own = panel.frame["ind_rd_funds_enterprise"] / panel.frame["gdp"] * _PERCENT
    ready = panel.assign(ind_rd_own_to_gdp=own)
    comparable = ready.keep(ready.frame[ready.time] != NOT_COMPARABLE)
    return {
        name: _measure(comparable if name == "industry_comparable" else ready, outcome, money) for name, (outcome, money) in PAIRS.items()
    }


def _measure(panel: Panel, outcome: str, money: str) -> Measure:
    sample = panel.between(FIRST_INDUSTRY_YEAR if money == INSIDE else FIRST_YEAR, LAST_YEAR)
    stem, lead = f"{outcome} ~ {money} + {CONTROL}", f"F({money}, 1)"
    pooled, two_way, trends = (elasticity(fit(f"{stem} {effects}", sample), money) for effects in ("", TWO_WAY, TRENDS))
    both = fit(f"{outcome} ~ {money} + {lead} + {CONTROL} {TWO_WAY}", sample)
    column, control = (term.removeprefix("log(").removesuffix(")") for term in (money, CONTROL))
    held, held_trends = wild_coverage(sample, fit(f"{stem} {TWO_WAY}", sample), money=column, control=control)
    return Measure(
        outcome=outcome,
        money=money,
        pooled=pooled,
        two_way=two_way,
        trends=trends,
        current=elasticity(both, money),
        lead=elasticity(both, lead),
        two_way_coverage=held,
        trends_coverage=held_trends,
    )


def table(results: dict[str, Measure]) -> TableExhibit:
    """One row per outcome and measure: between provinces, within them, with trends, and next year's money."""
    rows = [
        {
            "outcome": _WITHOUT.filled(outcome=OUTCOME_NAMES[found.outcome], year=NOT_COMPARABLE)
            if name == "industry_comparable"
            else OUTCOME_NAMES[found.outcome],
            "money": MONEY_NAMES[found.money],
            "pooled": found.pooled.estimate,
            "two_way": found.two_way.estimate,
            "two_way_range": interval(found.two_way.low, found.two_way.high),
            "two_way_held": found.two_way_coverage,
            "trends": found.trends.estimate,
            "trends_range": interval(found.trends.low, found.trends.high),
            "trends_held": found.trends_coverage,
            "current": found.current.estimate,
            "lead": found.lead.estimate,
            "lead_p": found.lead.p_value,
            "rows": found.two_way.rows,
        }
        for name, found in results.items()
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "outcome": Text("Outcome", "被解释变量"),
            "money": Text("Public money", "公共资金"),
            "pooled": glossary.POOLED,
            "two_way": Text("Two-way", "双向固定效应"),
            "two_way_range": Text("95% interval", "95%区间"),
            "two_way_held": Text("coverage (%)", "覆盖率（%）"),
            "trends": Text("With trends", "含省份趋势"),
            "trends_range": Text("95% interval", "95%区间"),
            "trends_held": Text("coverage (%)", "覆盖率（%）"),
            "current": Text("This year", "当年"),
            "lead": Text("next year", "下一年"),
            "lead_p": Head(Text("p, next year", "下一年p值"), "p_value"),
            "rows": glossary.N,
        },
        digits={"two_way_held": 1, "trends_held": 1},
        title=Text("Three measures of public money: elasticities of R&D", "三种公共资金指标：R&D弹性"),
        notes=[
            Text(
                "Budget expenditure: all local S&T money, little of it paid to firms. R&D funded by government: of all performers, mostly "
                "institutes and universities; it is part of R&D, so the third row is partly an identity. Government funds in industrial "
                "enterprises' R&D: the closest to a subsidy, {first} onward; value added of {first} is not in the sources read. "
                "“This year” and “next year” enter together with both effects: money not yet spent should not matter. All with ln GDP per "
                "head; intervals and p: inverted wild bootstrap by province. “Coverage”: of {n} simulated outcomes with errors like the "
                "residuals of the row, the share in which the interval contains the truth.",
                "财政科技支出：全部地方科技资金，仅少部分直接给企业。政府资金R&D：覆盖全部执行部门，以科研院所与高校为主；其本身为R&D的一"
                "部分，故第三行部分是恒等式。规上工业企业R&D中的政府资金：最接近补贴，自{first}年起；所读来源缺{first}年增加值。“当年”与“"
                "下一年”在双向固定效应下同时纳入：尚未支出的资金本不应有影响。均控制人均GDP对数；区间与p值由按省份的野自助法反演得到。“覆"
                "盖率”：误差与该行残差同性质的{n}组模拟结果中，区间包含真值的比例。",
            ).filled(first=FIRST_INDUSTRY_YEAR, n=REPLICATIONS),
            *break_notes(("rd_intensity", "rd_enterprise_intensity", "ind_rd_funds_gov"), FIRST_YEAR, LAST_YEAR),
        ],
    )


def finding(results: dict[str, Measure]) -> Statement:
    """What enterprises pay: large between provinces, small within them where the money is closest to a subsidy."""
    budget, government, inside = (results[name] for name in ("own_on_budget", "own_on_government", "industry_to_gdp_on_inside"))
    return statement(
        "subsidy_measures",
        Text(
            "What enterprises pay themselves has an elasticity to local S&T expenditure of {budget:.3f} {budget_range} within provinces, "
            "{budget_trends:.3f} {budget_trends_range} with province trends. On government-funded R&D it is {government:.3f} "
            "{government_range}, but next year's money has {lead:.3f} (p = {lead_p:.3f}) against {current:.3f} for this year's, and with "
            "trends {government_trends:.3f} is left: no evidence of a push. On government money inside industrial firms' R&D it is "
            "{pooled:.3f} {pooled_range} between provinces and {inside:.3f} {inside_range} within them; {comparable:.3f} "
            "{comparable_range} without {year}, whose figures by payer do not compare.",
            "企业自身出资的R&D对地方财政科技支出的省内弹性为{budget:.3f}{budget_range}，含省份趋势时为{budget_trends:.3f}"
            "{budget_trends_range}。对政府资金R&D为{government:.3f}{government_range}，但下一年资金的系数为{lead:.3f}（p={lead_p:.3f}），"
            "当年为{current:.3f}，含省份趋势时仅余{government_trends:.3f}：不构成带动的证据。对规上工业企业R&D中的政府资金，省际为"
            "{pooled:.3f}{pooled_range}，省内为{inside:.3f}{inside_range}；剔除分来源数据不可比的{year}年后为{comparable:.3f}"
            "{comparable_range}。",
        ),
        budget=budget.two_way.estimate,
        budget_range=interval(budget.two_way.low, budget.two_way.high),
        budget_trends=budget.trends.estimate,
        budget_trends_range=interval(budget.trends.low, budget.trends.high),
        government=government.two_way.estimate,
        government_range=interval(government.two_way.low, government.two_way.high),
        lead=government.lead.estimate,
        lead_p=government.lead.p_value,
        current=government.current.estimate,
        government_trends=government.trends.estimate,
        pooled=inside.pooled.estimate,
        pooled_range=interval(inside.pooled.low, inside.pooled.high),
        inside=inside.two_way.estimate,
        inside_range=interval(inside.two_way.low, inside.two_way.high),
        comparable=results["industry_comparable"].two_way.estimate,
        comparable_range=interval(results["industry_comparable"].two_way.low, results["industry_comparable"].two_way.high),
        year=NOT_COMPARABLE,
    )
