"""For whom: groups of provinces, compared in one stacked model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toolkit.estimate import GroupComparison, compare_groups, fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement
from toolkit.studies.subsidy.model import FIRST_YEAR, LAST_YEAR, SEED, SPECIFICATIONS, SUBSIDY, wild_of

BY = "region3"
_DRAWS = 999
LEVEL = 0.05  # of the tests that the sentence speaks of


@dataclass(frozen=True)
class Heterogeneity:
    """The two-way elasticity of the three regions.

    Attributes
    ----------
    regions : their comparison.
    wild : region -> wild bootstrap p-value of its elasticity.
    """

    regions: GroupComparison
    wild: dict[str, float]


def run(panel: Panel) -> Heterogeneity:
    """Compare regions in the two-way model, on the table ``provincial_panel``, 2010 to 2023."""
    sample, two_way = panel.between(FIRST_YEAR, LAST_YEAR), SPECIFICATIONS["two_way"]
    alone = {str(region): sample.keep(sample.frame[BY] == region) for region in sample.frame[BY].unique()}
    tests = wild_of({region: fit(two_way, rows) for region, rows in alone.items()}, [SUBSIDY])
    return Heterogeneity(
        regions=compare_groups(two_way, sample, SUBSIDY, by=BY, rng=np.random.default_rng(SEED), draws=_DRAWS),
        wild={region: test.p_values[SUBSIDY] for region, test in tests.items()},
    )


def finding(results: Heterogeneity) -> Statement:
    """The elasticity by region, and whether the regions can be told apart."""
    comparison = results.regions
    by_region = {str(found.group): found.coefficient.estimate for found in comparison.groups}
    apart = [pair.permutation_p for pair in comparison.pairs if pair.permutation_p is not None]
    return statement(
        "subsidy_heterogeneity",
        Text(
            "By region the two-way elasticity is {east:.3f} in the East, {central:.3f} in the Centre and {west:.3f} in the West (wild "
            "bootstrap p of each: {east_p:.3f}, {central_p:.3f}, {west_p:.3f}). When provinces exchange regions, the smallest p of a "
            "difference between two of them is {smallest:.3f}: {verdict}.",
            "分区域看，双向固定效应弹性东部为{east:.3f}，中部为{central:.3f}，西部为{west:.3f}（各自的野自助法p值依次为{east_p:.3f}、"
            "{central_p:.3f}、{west_p:.3f}）。在区域之间互换省份时，两两差异的最小p值为{smallest:.3f}：{verdict}。",
        ),
        east=by_region["East"],
        central=by_region["Central"],
        west=by_region["West"],
        east_p=results.wild["East"],
        central_p=results.wild["Central"],
        west_p=results.wild["West"],
        smallest=min(apart),
        verdict=Text("they cannot be told apart", "不足以区分三者")
        if min(apart) >= LEVEL
        else Text("two of them differ", "其中两者存在差异"),
    )
