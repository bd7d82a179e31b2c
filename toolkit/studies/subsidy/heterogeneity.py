"""For whom, and from where on: groups of provinces, thresholds, and how much selection would undo the estimate.

Groups are compared in one stacked model; a threshold splits the two-way elasticity where a third variable passes a searched value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import (
    GroupComparison,
    OsterBounds,
    ThresholdResult,
    ThresholdSettings,
    compare_groups,
    fit,
    fit_threshold,
    oster_bounds,
)
from toolkit.estimate.inference.wild_setting import MOST_ENUMERATED
from toolkit.language import Head, Language, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.subsidy.model import CONTROL, DRAWS, FIRST_YEAR, LAST_YEAR, OUTCOME, SEED, SPECIFICATIONS, SUBSIDY, wild_of

_GROUPS = {
    "region3": Text("Three regions", "东中西部"),
    "development": Text("GDP per head in the first year, halves", "首年人均GDP高低组"),
}
_THRESHOLDS = {
    "log(gdp_per_capita)": Text("GDP per head", "人均GDP"),
    "fiscal_sci_share": Text("Share of S&T in the budget", "科技支出占比"),
}
_THRESHOLD_DRAWS, _GROUP_DRAWS = 300, 999


@dataclass(frozen=True)
class Heterogeneity:
    """Differences between provinces.

    Attributes
    ----------
    groups : comparison of the two-way elasticity by each grouping.
    wild : grouping and group -> wild bootstrap p-value of the elasticity in the group.
    thresholds : one threshold in each candidate variable.
    selection : Oster's bounds of the model with province effects, against the one without the control.
    """

    groups: dict[str, GroupComparison]
    wild: dict[tuple[str, str], float]
    thresholds: dict[str, ThresholdResult]
    selection: OsterBounds


def run(panel: Panel) -> Heterogeneity:
    """Compare groups of provinces and search thresholds in the two-way model, on the table ``provincial_panel``."""
    sample = _with_development(panel.between(FIRST_YEAR, LAST_YEAR))
    two_way = SPECIFICATIONS["two_way"]
    rng = np.random.default_rng(SEED)
    short, full = (fit(f"{OUTCOME} ~ {terms} | province", sample) for terms in (SUBSIDY, f"{SUBSIDY} + {CONTROL}"))
    settings = ThresholdSettings(draws=_THRESHOLD_DRAWS)
    return Heterogeneity(
        groups={by: compare_groups(two_way, sample, SUBSIDY, by=by, rng=rng, draws=_GROUP_DRAWS) for by in _GROUPS},
        wild=_wild(sample),
        thresholds={q: fit_threshold(two_way, sample, variable=q, settings=settings, rng=rng) for q in _THRESHOLDS},
        selection=oster_bounds(short, full, SUBSIDY),
    )


def _with_development(sample: Panel) -> Panel:
    """The panel with a column ``development``: whether GDP per head of the first year is below or above the median province."""
    first = sample.frame.loc[sample.frame["year"] == FIRST_YEAR].set_index("province")["gdp_per_capita"]
    level = pd.Series(np.where(first <= first.median(), "below", "above"), index=first.index)
    return sample.assign(development=sample.frame["province"].map(level))


def _wild(sample: Panel) -> dict[tuple[str, str], float]:
    alone = {(by, str(group)): sample.keep(sample.frame[by] == group) for by in _GROUPS for group in sample.frame[by].unique()}
    tests = wild_of({" ".join(key): fit(SPECIFICATIONS["two_way"], rows) for key, rows in alone.items()}, [SUBSIDY])
    return {key: tests[" ".join(key)].p_values[SUBSIDY] for key in alone}


_GROUP_NOTE = Text(
    "One stacked regression with effects and control of their own in each group, errors clustered by province. Wild p: restricted wild "
    "cluster bootstrap within the group; with at most {enumerated} provinces all signs are drawn, otherwise {draws:,}. Equality: Wald "
    "test. Permutation tests of pairs, provinces exchanged between groups: {pairs}.",
    "堆叠回归，各组有各自的效应与控制变量系数，按省份聚类。wild p值：组内受约束wild聚类自助法；省份不多于{enumerated}个时枚举全部符号，"
    "否则抽样{draws:,}次。相等性：Wald检验。两两置换检验（在组间互换省份）：{pairs}。",
)
_HALVES = {"below": Text("below the median", "低于中位数"), "above": Text("above the median", "高于中位数")}
_GROUP_NAMES = {"East": Text("East", "东部"), "Central": Text("Centre", "中部"), "West": Text("West", "西部"), **_HALVES}


def groups(results: Heterogeneity) -> TableExhibit:
    """One row per group: elasticity, error, p-values of t test and wild bootstrap, rows; the p-value that all groups are equal."""
    frame = pd.DataFrame(
        [
            {
                "by": _GROUPS[by],
                "group": str(found.group),
                "estimate": found.coefficient.estimate,
                "std_error": found.coefficient.std_error,
                "p": found.coefficient.p_value,
                "wild_p": results.wild[by, str(found.group)],
                "rows": found.rows,
                "equality_p": comparison.equality.p_value,
            }
            for by, comparison in results.groups.items()
            for found in comparison.groups
        ]
    )
    pairs = Text(_pairs(results, "en"), _pairs(results, "zh"))
    return frame_table(
        frame,
        {
            "by": Text("Groups", "分组"),
            "group": glossary.GROUP,
            "estimate": glossary.ELASTICITY,
            "std_error": glossary.STANDARD_ERROR,
            "p": Head(glossary.P, "p_value"),
            "wild_p": Head(glossary.WILD_P, "p_value"),
            "rows": glossary.N,
            "equality_p": Head(Text("p, all equal", "组间相等p值"), "p_value"),
        },
        names=_HALVES,
        title=Text("The two-way elasticity by group of provinces", "分组的双向固定效应弹性"),
        notes=[_GROUP_NOTE.filled(enumerated=MOST_ENUMERATED, draws=DRAWS, pairs=pairs)],
    )


def _pairs(results: Heterogeneity, language: Language) -> str:
    """The permutation test of every two groups, listed."""
    dash, semicolon = Text("–", "与").to(language), Text("; ", "；").to(language)
    return semicolon.join(
        f"{_GROUP_NAMES[pair.first].to(language)}{dash}{_GROUP_NAMES[pair.second].to(language)} p = {pair.permutation_p:.3f}"
        for comparison in results.groups.values()
        for pair in comparison.pairs
        if pair.permutation_p is not None
    )


def thresholds(results: Heterogeneity) -> TableExhibit:
    """One row per variable: threshold with the hull of its confidence set, elasticities below and above, F and bootstrap p."""
    rows = []
    for variable, found in results.thresholds.items():
        below, above = (found.estimate.coefficient(term).estimate for term in found.estimate.terms[:2])
        (threshold,), (test,) = found.thresholds, found.tests
        ends = [end for interval in threshold.intervals for end in interval]
        values = np.array([threshold.value, min(ends), max(ends)])
        value, low, high = np.exp(values) if variable.startswith("log(") else values
        rows.append(
            {
                "variable": _THRESHOLDS[variable],
                "threshold": value,
                "low": low,
                "high": high,
                "below": below,
                "above": above,
                "f": test.statistic,
                "p": test.p_value,
            }
        )
    return frame_table(
        pd.DataFrame(rows),
        {
            "variable": Text("Threshold in", "门槛变量"),
            "threshold": Text("Threshold", "门槛值"),
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "below": Text("Elasticity below", "门槛下弹性"),
            "above": Text("Elasticity above", "门槛上弹性"),
            "f": glossary.F,
            "p": Head(Text("Bootstrap p", "自助法p值"), "p_value"),
        },
        title=Text("One threshold in each of two variables", "两个变量的单门槛估计"),
    )


def finding(results: Heterogeneity) -> Statement:
    """The elasticity by region, the thresholds, and the selection that would undo it."""
    by_region = {str(found.group): found.coefficient.estimate for found in results.groups["region3"].groups}
    tests = {variable: found.tests[0].p_value for variable, found in results.thresholds.items()}
    return statement(
        "subsidy_heterogeneity",
        Text(
            "By region the two-way elasticity is {east:.3f} in the East, {central:.3f} in the Centre and {west:.3f} in the West (p that "
            "they are equal: {p_region:.3f}; wild bootstrap p of each: {east_p:.3f}, {central_p:.3f}, {west_p:.3f}). "
            "Bootstrap p of a threshold in GDP per head: {p_gdp:.3f}, in the budget share: {p_share:.3f}. With province effects, "
            "selection on what is not observed, in a proportion of {delta:.2f} to what is, would bring the elasticity to zero.",
            "分区域看，双向固定效应弹性东部为{east:.3f}，中部为{central:.3f}，西部为{west:.3f}（三者相等的p值{p_region:.3f}；"
            "各自的wild自助法p值依次为{east_p:.3f}、{central_p:.3f}、{west_p:.3f}）。"
            "人均GDP门槛的自助法p值为{p_gdp:.3f}，预算占比门槛为{p_share:.3f}。在省份固定效应模型中，"
            "若未观测因素的选择程度为可观测因素的{delta:.2f}倍，弹性即降为零。",
        ),
        east=by_region["East"],
        central=by_region["Central"],
        west=by_region["West"],
        east_p=results.wild["region3", "East"],
        central_p=results.wild["region3", "Central"],
        west_p=results.wild["region3", "West"],
        p_region=results.groups["region3"].equality.p_value,
        p_gdp=tests["log(gdp_per_capita)"],
        p_share=tests["fiscal_sci_share"],
        delta=results.selection.delta,
    )
