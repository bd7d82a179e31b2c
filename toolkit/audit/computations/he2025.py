"""He (2025): the elasticity beside a public proxy, the window of the panel, basic research of enterprises, traditional industry."""

from __future__ import annotations

import math

import numpy as np

from toolkit import glossary
from toolkit.audit.api import Check, PrintedClaim, Tables, computes, related
from toolkit.audit.directions import DirectionFigure, above, derived, readings
from toolkit.estimate import Estimate, WildBootstrap, fit, wild_cluster_bootstrap
from toolkit.language import Text

PERCENT = Text("%", "%")
FIRST_YEAR, LAST_YEAR, DOUBLED = 2010, 2023, 2  # the years in which the panel has both R&D expenditure and the science budget
SUBSIDY = "log(fiscal_sci_exp)"
CUMULATIVE = f"D({SUBSIDY}) + L(D({SUBSIDY}), 1) + L(D({SUBSIDY}), 2) + L({SUBSIDY}, 3)"  # the last slope: the year and three before
REST = "log(gdp_per_capita) | province + year"
DRAWS, SEED = 9999, 20170617  # of the wild bootstrap; those of the study of the subsidy


@computes("he2025_subsidy_elasticity")
def provincial_proxy(claim: PrintedClaim, tables: Tables) -> list[Check]:
    """What the number means if it is an elasticity, or points; and the elasticity of the provincial proxy. Related only."""
    growth = 100 * (DOUBLED**claim.number - 1)
    points = claim.number * math.log(DOUBLED) / math.log(1.01)
    meaning = Text(
        "As an elasticity, twice the subsidy means {growth:.0f}% more R&D intensity; as percentage points, with {points:.0f} points more. "
        "The paper does not say which is meant.",
        "若为弹性，补贴翻倍时研发强度提高{growth:.0f}%；若为百分点，则提高{points:.0f}个百分点。论文未说明属哪一种。",
    ).filled(growth=growth, points=points)
    panel = tables.panel("provincial_panel").between(FIRST_YEAR, LAST_YEAR)
    year = _wild(fit(f"log(rd_intensity) ~ {SUBSIDY} + {REST}", panel), SUBSIDY)
    total = _wild(fit(f"log(rd_intensity) ~ {CUMULATIVE} + {REST}", panel), f"L({SUBSIDY}, 3)")
    side = {True: glossary.INSIDE, False: glossary.OUTSIDE}
    proxy = Text(
        "Provinces, {first} to {last}, province and year effects: elasticity of R&D intensity with respect to local fiscal S&T expenditure "
        "{b:.3f} in the year (95% {low:.3f} to {high:.3f}) and {sum:.3f} over four years ({sum_low:.3f} to {sum_high:.3f}); {claim} lies "
        "{side} the first interval and {sum_side} the second. A proxy of the subsidy, not the firms of the paper.",
        "{first}—{last}年省级面板，双向固定效应：R&D强度对地方财政科技支出的弹性当年为{b:.3f}（95%区间{low:.3f}至{high:.3f}），四年合计为"
        "{sum:.3f}（{sum_low:.3f}至{sum_high:.3f}）；{claim}位于前一区间{side}、后一区间{sum_side}。这是补贴的代理变量，不是论文的企业数据。",
    ).filled(
        first=FIRST_YEAR,
        last=LAST_YEAR,
        b=year.estimate,
        low=year.low,
        high=year.high,
        sum=total.estimate,
        sum_low=total.low,
        sum_high=total.high,
        claim=claim.bare(),
        side=side[year.low <= claim.number <= year.high],
        sum_side=side[total.low <= claim.number <= total.high],
    )
    sources = dict.fromkeys(
        tables.provincial(name, LAST_YEAR, "Beijing").sources[0] for name in ("rd_expenditure", "fiscal_sci_exp", "gdp", "population")
    )
    return [
        related(claim, round(growth, 1), Text("if an elasticity: doubling of the subsidy (%)", "若为弹性：补贴翻倍（%）"), meaning),
        related(
            claim, round(year.estimate, 3), Text("elasticity on the provincial proxy", "省级代理变量弹性"), proxy, sources=tuple(sources)
        ),
    ]


def _wild(estimate: Estimate, term: str) -> WildBootstrap:
    """The slope with the interval of the inverted wild bootstrap by province."""
    return wild_cluster_bootstrap(estimate, term=term, draws=DRAWS, rng=np.random.default_rng(SEED))


@computes("he2025_panel_window")
def waves(claim: PrintedClaim, tables: Tables) -> Check:
    """Annual waves of the window, and those of the public provincial panel."""
    first, last = int(claim.claim.low), int(claim.claim.high)
    frame = tables.frame("provincial_panel").dropna(subset=["rd_expenditure", "fiscal_sci_exp"])
    years = sorted(frame["year"].unique())
    said = Text(
        "{first} to {last} are {n} yearly waves. The public provincial panel has both R&D and the science budget from {start} to {end}.",
        "{first}—{last}年共{n}个年度。公开的省级面板同时具备R&D经费与财政科技支出的年份为{start}—{end}年。",
    ).filled(first=first, last=last, n=last - first + 1, start=years[0], end=years[-1])
    return related(claim, last - first + 1, Text("yearly waves", "年度数"), said)


@computes("he2025_sme_basic_low")
def ceiling_of_enterprises(claim: PrintedClaim, tables: Tables) -> Check:
    """Basic research in the R&D of enterprises at most, were all basic research of the nation done by them."""
    basic, enterprises = tables.national("rd_basic", 2024), tables.national("rd_perf_enterprise", 2024)
    most = derived(basic / enterprises * 100, Text("basic research of enterprises, at most", "企业基础研究占比，至多"), PERCENT)
    said = Text(
        "Even if enterprises did all basic research of the nation in 2024, it would be {most:.1f}% of their R&D. That bounds enterprises "
        "as a whole, of which small and medium-sized ones are a part.",
        "即使2024年全国基础研究全部由企业完成，也仅占企业R&D经费的{most:.1f}%。该上限针对企业整体，中小企业只是其中一部分。",
    ).filled(most=most.number)
    return related(claim, most, most.label, said)


@computes("he2025_traditional_share")
def outside_high_tech(claim: PrintedClaim, tables: Tables) -> Check:
    """What lies outside high-tech manufacturing in industrial revenue, and outside the three-new economy in GDP, 2024."""
    revenue = tables.national("ind_rd_expenditure", 2024) / tables.national("ind_rd_intensity", 2024)
    high_tech = tables.national("hightech_mfg_rd", 2024) / tables.national("hightech_mfg_rd_intensity", 2024)
    industry = derived(
        (high_tech / revenue * -1 + 1) * 100,
        Text("industrial revenue outside high-tech manufacturing", "高技术制造业以外的工业营业收入"),
        PERCENT,
    )
    economy = derived(
        tables.national("three_new_share", 2024) * -1 + 100, Text("GDP outside the three-new economy", "“三新”经济以外的GDP"), PERCENT
    )
    found = {figure.label: DirectionFigure(figure, above(figure, 50)) for figure in (industry, economy)}
    return readings(
        claim, found, Text("more than half in 2024", "2024年占一半以上"), Text("share outside high-tech industry", "非高技术部分占比")
    )
