r"""What do the elasticities say in yuan: how much more R&D is there for one more yuan of each kind of public money?

.. math:: \frac{\partial R}{\partial S} = b \, \frac{R}{S}

At given GDP the elasticity of R&D over GDP is that of R&D. R and S are the published totals of the last year, so the only uncertainty is
that of b, and the interval of b times R / S is that of the yuan. For the nation only: no elasticity of a single province is estimated.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.subsidy.frequency import Frequency
from toolkit.studies.subsidy.measures import MONEY_NAMES, PAIRS, Measure
from toolkit.studies.subsidy.model import LAST_YEAR, Elasticity

_MONEY = {
    "total_on_budget": ("rd_expenditure", "fiscal_sci_exp"),
    "own_on_budget": ("rd_funds_enterprise", "fiscal_sci_exp"),
    "own_on_government": ("rd_funds_enterprise", "rd_funds_gov"),
    "industry_to_gdp_on_inside": ("ind_rd_funds_enterprise", "ind_rd_funds_gov"),
}
_RESEARCH = {
    "total_on_budget": Text("all R&D", "全部R&D"),
    "own_on_budget": Text("R&D paid by enterprises", "企业资金R&D"),
    "own_on_government": Text("R&D paid by enterprises", "企业资金R&D"),
    "industry_to_gdp_on_inside": Text("industrial enterprises' own R&D", "规上工业企业自有资金R&D"),
}
_DESIGNS = {
    "two_way": Text("two-way, within the year", "双向固定效应，当年"),
    "total": Text("two-way, four years together", "双向固定效应，四年合计"),
    "trends": Text("with province trends", "含省份趋势"),
}


@dataclass(frozen=True)
class Additionality:
    """Marginal yuan for the nation.

    Attributes
    ----------
    year : of the totals.
    rows : measure, design, elasticity, ratio (R over S), yuan, low, high.
    """

    year: int
    rows: pd.DataFrame

    def yuan(self, measure: str, design: str) -> dict[str, float]:
        """Estimate and interval of one row: yuan, low, high."""
        row = self.rows[(self.rows["measure"] == measure) & (self.rows["design"] == design)]
        return {name: float(row[name].iloc[0]) for name in ("yuan", "low", "high")}


def run(panel: Panel, measures: dict[str, Measure], frequency: Frequency) -> Additionality:
    """The elasticities of the chapter times the ratio of the national totals in the last year."""
    last = panel.frame[panel.frame[panel.time] == LAST_YEAR]
    rows = []
    for name, (research, money) in _MONEY.items():
        ratio = float(last[research].sum() / last[money].sum())
        found: dict[str, Elasticity] = {"two_way": measures[name].two_way, "trends": measures[name].trends}
        if name == "total_on_budget":
            found = {"two_way": found["two_way"], "total": frequency.total["two_way"], "trends": found["trends"]}
        rows += [
            {
                "measure": name,
                "design": design,
                "elasticity": e.estimate,
                "ratio": ratio,
                "yuan": e.estimate * ratio,
                "low": e.low * ratio,
                "high": e.high * ratio,
            }
            for design, e in found.items()
        ]
    return Additionality(LAST_YEAR, pd.DataFrame(rows))


def table(results: Additionality) -> TableExhibit:
    """One row per kind of money and design: yuan of R&D per additional yuan."""
    money = {name: MONEY_NAMES[PAIRS[name][1]] for name in _MONEY}
    frame = results.rows.assign(
        money=results.rows["measure"].map(money),
        research=results.rows["measure"].map(_RESEARCH),
        design=results.rows["design"].map(_DESIGNS),
    )
    return frame_table(
        frame,
        {
            "money": Text("One more yuan of", "每多一元"),
            "research": Text("is associated with yuan of", "对应（元）"),
            "design": glossary.DESIGN,
            "elasticity": glossary.ELASTICITY,
            "ratio": Text("R&D / money", "R&D/资金"),
            "yuan": Text("Yuan", "元"),
            "low": glossary.LOW,
            "high": glossary.HIGH,
        },
        digits={"ratio": 2, "yuan": 2, "low": 2, "high": 2},
        title=Text("R&D per additional yuan of public money, {year}", "每多一元公共资金对应的R&D，{year}年").filled(year=results.year),
        notes=[
            Text(
                "Elasticity times the ratio of the national totals; intervals as those of the elasticity (inverted wild bootstrap by "
                "province). Associations at given GDP. All R&D includes part of the money itself; what enterprises pay does not. No yuan "
                "of a single province is given: their elasticities are not told apart.",
                "弹性乘以全国总额之比；区间与弹性相同（按省份的野自助法反演）。为给定GDP下的相关关系。全部R&D中含该资金的一部分，企业资金"
                "则不含。不给出单个省份的数值：各省弹性无法区分。",
            )
        ],
    )


def finding(results: Additionality) -> Statement:
    """What enterprises pay with one more yuan of the budget, and of government money inside their R&D."""
    budget, trends, inside = (
        results.yuan(*key) for key in (("own_on_budget", "two_way"), ("own_on_budget", "trends"), ("industry_to_gdp_on_inside", "two_way"))
    )
    return statement(
        "subsidy_additionality",
        Text(
            "In yuan of {year}: one more yuan of local S&T expenditure is associated with {budget:.2f} yuan of R&D paid by enterprises "
            "({budget_low:.2f} to {budget_high:.2f}), {trends:.2f} with province trends ({trends_low:.2f} to {trends_high:.2f}); one more "
            "yuan of government money inside industrial firms' R&D with {inside:.2f} of their own ({inside_low:.2f} to {inside_high:.2f}).",
            "按{year}年折算：地方财政科技支出每多一元，对应企业资金R&D {budget:.2f}元（{budget_low:.2f}至{budget_high:.2f}），含省份趋势时"
            "为{trends:.2f}元（{trends_low:.2f}至{trends_high:.2f}）；规上工业企业R&D中的政府资金每多一元，对应其自有资金{inside:.2f}元（"
            "{inside_low:.2f}至{inside_high:.2f}）。",
        ),
        year=results.year,
        budget=budget["yuan"],
        budget_low=budget["low"],
        budget_high=budget["high"],
        trends=trends["yuan"],
        trends_low=trends["low"],
        trends_high=trends["high"],
        inside=inside["yuan"],
        inside_low=inside["low"],
        inside_high=inside["high"],
    )
