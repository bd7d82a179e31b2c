"""For whom: groups of provinces, compared in one stacked model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import GroupComparison, compare_groups, fit
from toolkit.estimate.inference.wild_setting import MOST_ENUMERATED
from toolkit.language import Head, Language, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.subsidy.model import DRAWS, FIRST_YEAR, LAST_YEAR, SEED, SPECIFICATIONS, SUBSIDY, wild_of

_GROUPS = {
    "region3": Text("Three regions", "东中西部"),
    "development": Text("GDP per head in the first year, halves", "首年人均GDP高低组"),
}
_GROUP_DRAWS = 999
LEVEL = 0.05  # of the tests that the sentence speaks of


@dataclass(frozen=True)
class Heterogeneity:
    """Differences between provinces.

    Attributes
    ----------
    groups : comparison of the two-way elasticity by each grouping.
    wild : grouping and group -> wild bootstrap p-value of the elasticity in the group.
    """

    groups: dict[str, GroupComparison]
    wild: dict[tuple[str, str], float]


def run(panel: Panel) -> Heterogeneity:
    """Compare groups of provinces in the two-way model, on the table ``provincial_panel``, 2010 to 2023."""
    sample = _with_development(panel.between(FIRST_YEAR, LAST_YEAR))
    rng = np.random.default_rng(SEED)
    return Heterogeneity(
        groups={by: compare_groups(SPECIFICATIONS["two_way"], sample, SUBSIDY, by=by, rng=rng, draws=_GROUP_DRAWS) for by in _GROUPS},
        wild=_wild(sample),
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
    "堆叠回归，各组有各自的效应与控制变量系数，按省份聚类。野自助p值：组内受约束野聚类自助法；省份不多于{enumerated}个时枚举全部符号，"
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


def finding(results: Heterogeneity) -> Statement:
    """The elasticity by region, and whether the regions can be told apart."""
    comparison = results.groups["region3"]
    by_region = {str(found.group): found.coefficient.estimate for found in comparison.groups}
    apart = [pair.permutation_p for pair in comparison.pairs if pair.permutation_p is not None]
    return statement(
        "subsidy_heterogeneity",
        Text(
            "By region the two-way elasticity is {east:.3f} in the East, {central:.3f} in the Centre and {west:.3f} in the West (wild "
            "bootstrap p of each: {east_p:.3f}, {central_p:.3f}, {west_p:.3f}). When provinces exchange regions, the smallest p of a "
            "difference between two of them is {smallest:.3f}: {verdict}.",
            "分区域看，双向固定效应弹性东部为{east:.3f}，中部为{central:.3f}，西部为{west:.3f}（各自的野自助法p值依次为{east_p:.3f}、"
            "{central_p:.3f}、"
            "{west_p:.3f}）。在区域之间互换省份时，两两差异的最小p值为{smallest:.3f}：{verdict}。",
        ),
        east=by_region["East"],
        central=by_region["Central"],
        west=by_region["West"],
        east_p=results.wild["region3", "East"],
        central_p=results.wild["region3", "Central"],
        west_p=results.wild["region3", "West"],
        smallest=min(apart),
        verdict=Text("they cannot be told apart", "不足以区分三者")
        if min(apart) >= LEVEL
        else Text("two of them differ", "其中两者存在差异"),
    )
