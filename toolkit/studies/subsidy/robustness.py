"""Does the two-way elasticity survive other controls, rows, weights, neighbours, and every combination of choices?

All models have province and year effects. The specification curve varies measures, controls and rows within provinces only: a model
without province effects answers another question and stands in the main figure as a design of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.estimate import (
    Choices,
    Condition,
    Estimate,
    PermutationTest,
    SpecificationCurve,
    WildTests,
    fit,
    permutation_test,
    specification_curve,
)
from toolkit.language import Text
from toolkit.measure import neighbour_mean
from toolkit.panel import Panel
from toolkit.present import regression_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.spec_curve import spec_curve_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.convergence.neighbours import borders
from toolkit.studies.subsidy.model import (
    CONTROL,
    FIRST_YEAR,
    LAST_YEAR,
    OUTCOME,
    REGION_YEARS,
    SEED,
    SPECIFICATIONS,
    SUBSIDY,
    TRENDS,
    TWO_WAY,
    Elasticity,
    claim_mark,
    claimed,
    elasticity,
    wild_of,
)
from toolkit.transform import Weights

_MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")
_PERMUTATIONS = 999
_MORE = ("log(population)", "urbanisation_rate")
NEIGHBOURS = "neighbours_fiscal"
_CHOICES = Choices(
    outcomes=(OUTCOME, "log(rd_per_capita)"),
    treatments=(SUBSIDY, f"L({SUBSIDY}, 1)", "log(fiscal_sci_per_capita)", "log(fiscal_sci_share)"),
    controls=(CONTROL, *_MORE),
    effects=tuple(text.removeprefix("| ") for text in (TWO_WAY, REGION_YEARS, TRENDS)),
    samples={"all": None, "no_municipalities": Condition("province", "not in", _MUNICIPALITIES)},
)
_BOTH, _TRENDS = TWO_WAY.removeprefix("| "), TRENDS.removeprefix("| ")
_LABELS = {NEIGHBOURS: Text("ln fiscal S&T expenditure of neighbours (mean)", "ln 相邻省份地方财政科技支出（均值）")}


@dataclass(frozen=True)
class Robustness:
    """Other ways to ask the question of the two-way model.

    Attributes
    ----------
    variants : estimates by name.
    neighbours : slope of the neighbours' money beside a province's own.
    wild : wild bootstrap of the slope of money, and of the neighbours' money, for each.
    placebo : permutation of the expenditure paths over provinces, two-way model.
    curve : every combination of the declared choices, held against the claim.
    by_effects : effects (as in a formula), cells, median, smallest, largest, shares (%) significant and holding the claim.
    """

    variants: dict[str, Estimate]
    neighbours: Elasticity
    wild: dict[str, WildTests]
    placebo: PermutationTest
    curve: SpecificationCurve
    by_effects: pd.DataFrame

    def summary(self, effects: str) -> dict[str, float]:
        """The row of ``by_effects`` for these effects."""
        row = self.by_effects[self.by_effects["effects"] == effects]
        return {name: float(row[name].iloc[0]) for name in row.columns if name != "effects"}


def run(panel: Panel) -> Robustness:
    """Estimate all variants of the two-way model on the table ``provincial_panel``, 2010 to 2023."""
    sample, claim = panel.between(FIRST_YEAR, LAST_YEAR), claimed()
    found = variants(sample)
    money = [SUBSIDY, NEIGHBOURS, "log(fiscal_sci_share)", "log(fiscal_sci_per_capita)"]
    curve = specification_curve(_CHOICES, sample, reference=claim)
    return Robustness(
        variants=found,
        neighbours=elasticity(found["neighbours"], NEIGHBOURS),
        wild=wild_of(found, money, cluster="province"),
        placebo=permutation_test(
            fit(SPECIFICATIONS["two_way"], sample), term=SUBSIDY, draws=_PERMUTATIONS, rng=np.random.default_rng(SEED)
        ),
        curve=curve,
        by_effects=_by_effects(curve, claim),
    )


def variants(sample: Panel) -> dict[str, Estimate]:
    """The two-way model with the neighbours' money, more controls, other measures, other rows, weights."""
    two_way = SPECIFICATIONS["two_way"]
    beside = with_neighbours(sample, borders())
    rest = sample.keep(~sample.frame["province"].isin(_MUNICIPALITIES))
    return {
        "neighbours": fit(f"{OUTCOME} ~ {SUBSIDY} + {NEIGHBOURS} + {CONTROL} {TWO_WAY}", beside),
        "controls": fit(f"{OUTCOME} ~ {SUBSIDY} + {' + '.join((CONTROL, *_MORE))} {TWO_WAY}", sample),
        "share": fit(f"{OUTCOME} ~ log(fiscal_sci_share) + {CONTROL} {TWO_WAY}", sample),
        "first_release": fit(f"log(rd_intensity_first_release) ~ {SUBSIDY} + {CONTROL} {TWO_WAY}", sample),
        "no_municipalities": fit(two_way, rest),
        "weighted": fit(two_way, sample, weights="population"),
    }


def with_neighbours(sample: Panel, weights: Weights) -> Panel:
    """The sample with the mean ln expenditure of the provinces that share a border, year by year; aligned by name."""
    logs = sample.frame.pivot(index=sample.entity, columns=sample.time, values="fiscal_sci_exp").map(math.log)
    mean = neighbour_mean(logs, weights).stack()
    return sample.assign(**{NEIGHBOURS: mean.reindex(pd.MultiIndex.from_frame(sample.frame[[sample.entity, sample.time]])).to_numpy()})


def _by_effects(curve: SpecificationCurve, claim: float) -> pd.DataFrame:
    cells = curve.frame[curve.frame["reason"] == ""].assign(
        significant=lambda f: f["p_value"] < 0.05, holds=lambda f: (f["conf_low"] <= claim) & (claim <= f["conf_high"])
    )
    groups = cells.groupby("effects", sort=False)
    return pd.DataFrame(
        {
            "cells": groups.size(),
            "median": groups["estimate"].median(),
            "smallest": groups["estimate"].min(),
            "largest": groups["estimate"].max(),
            "significant": 100 * groups["significant"].mean(),
            "holds": 100 * groups["holds"].mean(),
        }
    ).reset_index()


def table(results: Robustness) -> TableExhibit:
    """Neighbours, controls, measures, rows and weights, side by side."""
    titles = {
        "neighbours": Text("Neighbours' money", "相邻省份支出"),
        "controls": Text("More controls", "更多控制变量"),
        "share": Text("Share of the budget", "占财政支出比重"),
        "first_release": Text("First release", "首次公布强度"),
        "no_municipalities": Text("Without municipalities", "剔除直辖市"),
        "weighted": Text("Weighted by population", "按人口加权"),
    }
    return regression_table(
        {titles[name]: estimate for name, estimate in results.variants.items()},
        wild=list(results.wild.values()),
        labels=_LABELS,
        title=Text(
            "Neighbours, controls, measures, rows and weights (subsidy proxied)", "邻省、控制变量、指标、样本与权重（补贴为代理变量）"
        ),
        notes=[
            Text(
                "Neighbours share a border; Guangdong and Hainan count as neighbours. A slope of their money would be a spillover or a "
                "common cause.",
                "相邻指有共同边界；广东与海南视为相邻。相邻省份支出的系数若显著，可能是溢出，也可能是共同原因。",
            )
        ],
    )


def curve(results: Robustness) -> FigureExhibit:
    """All specifications within provinces from the smallest elasticity to the largest, with the choices that each one made."""
    return spec_curve_plot(
        results.curve,
        references=claim_mark(claimed()),
        names={
            "all": Text("all provinces", "全部省份"),
            "no_municipalities": Text("without municipalities", "剔除直辖市"),
            _BOTH: Text("province, year", "省份、年份"),
            REGION_YEARS.removeprefix("| "): Text("province, region × year", "省份、区域×年份"),
            _TRENDS: Text("province with its own trend, year", "省份及其自身趋势、年份"),
        },
        title=Text("Specification curve within provinces (subsidy proxied)", "省内估计的设定曲线（补贴为代理变量）"),
        notes=Text(
            "{years}; medians: {both:.3f} with both effects, {regions:.3f} with region × year effects, {trends:.3f} with province trends. "
            "Intervals by the t test.",
            "{years}年；中位数：双向固定效应{both:.3f}，区域×年份固定效应{regions:.3f}，含省份趋势{trends:.3f}。区间为t检验区间。",
        ).filled(
            years=f"{FIRST_YEAR}–{LAST_YEAR}",
            both=results.summary(_BOTH)["median"],
            regions=results.summary(REGION_YEARS.removeprefix("| "))["median"],
            trends=results.summary(_TRENDS)["median"],
        ),
    )


def finding(results: Robustness) -> Statement:
    """What neighbours, the curve and the placebo say together."""
    both, trends = (results.summary(effects) for effects in (_BOTH, _TRENDS))
    return statement(
        "subsidy_robustness",
        Text(
            "Of {cells:.0f} specifications with province and year effects {significant:.0f}% are significant at the five per cent level, "
            "{holds:.0f}% of the intervals include the published {claim:.2f}, and the median is {median:.3f}; with province trends the "
            "median is {trends:.3f} and {trends_holds:.0f}% include it. The neighbours' money has a slope of "
            "{beside:.3f} (wild bootstrap p = {beside_p:.3f}) against {own:.3f} for a province's own. When provinces exchange their "
            "expenditure paths, a share of {p:.3f} of draws gives a two-way elasticity as large.",
            "在{cells:.0f}个双向固定效应设定中，{significant:.0f}%在百分之五水平上显著，{holds:.0f}%的区间包含论文数值{claim:.2f}；中位数"
            "为{median:.3f}；含省份趋势时中位数为{trends:.3f}，{trends_holds:.0f}%的区间包含该值。相邻省份支出的系数为{beside:.3f}（野自助"
            "法p={beside_p:.3f}），本省支出为{own:.3f}。各省互换支出路径时，弹性不小于实际值的抽取比例为{p:.3f}。",
        ),
        cells=both["cells"],
        significant=both["significant"],
        holds=both["holds"],
        claim=claimed(),
        median=both["median"],
        trends=trends["median"],
        trends_holds=trends["holds"],
        own=results.variants["neighbours"].coefficient(SUBSIDY).estimate,
        beside=results.neighbours.estimate,
        beside_p=results.neighbours.p_value,
        p=float(results.placebo.p_value),
    )
