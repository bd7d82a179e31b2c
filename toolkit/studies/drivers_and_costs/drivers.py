"""Technology push, demand pull and policy support: how the three share what changes within provinces.

Each driver is a block of series that the provincial panel observes for all provinces over at least seven years. Left out, because they
cover too few of the years of the chapter (toolkit/studies/windows.py) or too few provinces: technology inflow (three years), high-tech
revenue (one), new-product expenditure (eleven provinces before 2018).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import Estimate, WildTests, bootstrap_r2, fit, jackknife_r2, wild_tests
from toolkit.estimate.after.shapley_result import R2Bootstrap, R2Jackknife
from toolkit.language import Head, Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

FIRST_YEAR, LAST_YEAR = 2017, 2023  # R&D expenditure starts in the first, fiscal S&T expenditure ends in the second
SEED, DRAWS, WILD_DRAWS = 20250607, 1999, 9999


@dataclass(frozen=True)
class Drivers:
    """One choice of series: the outcome, and the terms of each driver."""

    title: Text
    push: tuple[str, ...] = ("log(patents_per_10k)", "log(ind_rd_fte_per_10k)")
    pull: tuple[str, ...] = ("log(gdp_per_capita)", "log(trade_openness)")
    support: tuple[str, ...] = ("log(fiscal_sci_share)",)
    outcome: str = "log(rd_intensity)"

    @property
    def blocks(self) -> dict[str, tuple[str, ...]]:
        """Driver -> its terms."""
        return {"push": self.push, "pull": self.pull, "support": self.support}

    @property
    def formula(self) -> str:
        """The regression with everything in it."""
        return f"{self.outcome} ~ {' + '.join((*self.push, *self.pull, *self.support))} | province + year"


def _lagged(terms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"L({term}, 1)" for term in terms)


VARIANTS = {
    "baseline": Drivers(Text("Baseline", "基准")),
    "lagged": Drivers(
        Text("All drivers one year earlier", "各驱动滞后一年"),
        push=_lagged(Drivers.push),
        pull=_lagged(Drivers.pull),
        support=_lagged(Drivers.support),
    ),
    "patents_only": Drivers(
        Text("Push without R&D personnel (a weak series)", "推力不含研发人员（弱序列）"), push=("log(patents_per_10k)",)
    ),
    "growth": Drivers(Text("Pull by GDP growth instead of its level", "拉力用GDP增速代替水平"), pull=("gdp_growth", "log(trade_openness)")),
    "trade_only": Drivers(Text("Pull by trade alone", "拉力仅用贸易开放度"), pull=("log(trade_openness)",)),
    "budget_per_head": Drivers(Text("Support per head instead of share", "支持用人均代替占比"), support=("log(fiscal_sci_per_capita)",)),
    "rd_per_head": Drivers(Text("R&D per head instead of intensity", "被解释变量为人均R&D"), outcome="log(rd_per_capita)"),
}


@dataclass(frozen=True)
class DriverResults:
    """What notebook 09 shows about the drivers.

    Attributes
    ----------
    estimate : the baseline regression, errors clustered by province.
    wild : wild bootstrap tests of its slopes.
    variants : the decomposition with each choice of series.
    regions : region -> decomposition of the baseline, with jackknife intervals.
    """

    estimate: Estimate
    wild: WildTests
    variants: dict[str, R2Bootstrap]
    regions: dict[str, R2Jackknife]

    @property
    def baseline(self) -> R2Bootstrap:
        """The baseline on all provinces."""
        return self.variants["baseline"]


def run(panel: Panel, seed: int = SEED, draws: int = DRAWS) -> DriverResults:
    """Divide the within R squared of R&D intensity among the three drivers, for all provinces and by region.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    seed : of the generator that draws provinces.
    draws : draws of each bootstrap.
    """
    rng = np.random.default_rng(seed)
    years = panel.between(FIRST_YEAR, LAST_YEAR)
    baseline = VARIANTS["baseline"]
    variants = {
        name: bootstrap_r2(chosen.formula, panel if name == "lagged" else years, chosen.blocks, rng=rng, draws=draws)
        for name, chosen in VARIANTS.items()
    }
    division = years.frame["region3"]  # the four-region division leaves three provinces in the Northeast, fewer than regressors
    regions = {
        region: jackknife_r2(baseline.formula, years.keep(division == region), baseline.blocks)
        for region in sorted(division.unique(), key=("East", "Central", "West").index)
    }
    estimate = fit(baseline.formula, years)
    wild = wild_tests(estimate, draws=WILD_DRAWS, rng=np.random.default_rng(seed))
    return DriverResults(estimate, wild, variants, regions)


def _shares(samples: Mapping[str, R2Bootstrap | R2Jackknife]) -> pd.DataFrame:
    """One row per sample and driver: value, share, its interval (%), R squared alone, added last."""
    table = pd.concat([found.table().assign(sample=name) for name, found in samples.items()], ignore_index=True)
    return table.assign(**{column: 100 * table[column] for column in ("share", "share_low", "share_high")})


def _by_region(results: DriverResults) -> dict[str, R2Bootstrap | R2Jackknife]:
    """All provinces first, then each region."""
    return {"nation": results.baseline, **results.regions}


def _forest(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns that a forest plot takes."""
    named = frame.rename(columns={"share": "estimate", "share_low": "low", "share_high": "high"})
    return named[["sample", "block", "estimate", "low", "high"]]


_DRIVER = Text("Driver", "驱动")
_DRIVERS = {
    "push": Text("Technology push", "技术推动"),
    "pull": Text("Demand pull", "需求拉动"),
    "support": Text("Policy support", "政策支持"),
}
_SAMPLES = {"nation": Text("All provinces", "全部省份")}
_SHARE_OF_R2 = Text("Share of the within R² (%)", "占组内R²的份额（%）")
_NOTE = Text(
    "Within R² (province and year effects) divided by Shapley values. Intervals: 95 %, provinces drawn with replacement. A share is "
    "association: GDP stands in the denominator of intensity and of openness, R&D personnel and part of the science budget are themselves "
    "R&D.",
    "按Shapley值分解组内R²（省份与年份固定效应）。区间：95%，对省份有放回抽样。占比仅表示相关：GDP同时是强度与开放度的分母，"
    "研发人员与部分科技预算本身即为R&D。",
)
_REGIONS = Text(
    "Regions have too few provinces to draw from: draws that repeat them fit by chance, and intervals miss the truth. Theirs leave out one "
    "province at a time instead (jackknife, t with provinces less one degrees of freedom, cut to 0–100): wide, and a rough guide. The "
    "Northeast alone has fewer provinces than there are series, so its three provinces are counted with the East and the Centre.",
    "各区域省份太少，不宜重抽样：重复抽到的省份使拟合虚高，区间常不含真值。故各区域的区间逐一剔除省份得出"
    "（刀切法，t分布，自由度为省份数减一，限于0—100之间），区间较宽，仅供参考。东北三省数量少于变量数，故分别计入东部与中部。",
)
_REGION_NOTE = Text(f"{_NOTE.en} {_REGIONS.en}", _NOTE.zh + _REGIONS.zh)


def shares_by_region(results: DriverResults) -> FigureExhibit:
    """The share of each driver for all provinces and by region, with intervals."""
    return forest_plot(
        _forest(_shares(_by_region(results))),
        "sample",
        panel="block",
        names={**_DRIVERS, **_SAMPLES},
        digits=0,
        x_label=_SHARE_OF_R2,
        title=Text("What the three drivers share of the changes in R&D intensity", "三类驱动在R&D强度变动中的份额"),
        notes=_REGION_NOTE,
    )


def shares(results: DriverResults) -> TableExhibit:
    """One row per sample and driver: value, share, its interval, R squared alone, added last."""
    return frame_table(
        _shares(_by_region(results)),
        {
            "sample": glossary.SAMPLE,
            "block": _DRIVER,
            "value": Text("Shapley value", "Shapley值"),
            "share": glossary.SHARE_PERCENT,
            "share_low": glossary.LOW,
            "share_high": glossary.HIGH,
            "alone": Text("R² alone", "单独R²"),
            "last": Text("Added last", "最后加入"),
        },
        names={**_DRIVERS, **_SAMPLES},
        digits={"share": 1, "share_low": 1, "share_high": 1},
        title=Text("Within R² divided among the drivers", "组内R²在三类驱动间的分解"),
        notes=[_REGION_NOTE],
    )


def samples(results: DriverResults) -> TableExhibit:
    """One row per sample: provinces, rows, R squared, R squared expected by chance, its rise in the draws (missing without draws)."""
    rows = []
    for name, found in _by_region(results).items():
        d = found.decomposition
        rise = found.rise if isinstance(found, R2Bootstrap) else np.nan
        rows.append({"sample": name, "provinces": d.entities, "rows": d.rows, "r2": d.r2, "chance": d.chance, "rise": rise})
    return frame_table(
        pd.DataFrame(rows),
        {
            "sample": glossary.SAMPLE,
            "provinces": Text("Provinces", "省份数"),
            "rows": glossary.N,
            "r2": Text("Within R²", "组内R²"),
            "chance": Text("Expected by chance", "随机期望"),
            "rise": Text("Rise in the draws", "抽样中的上升"),
        },
        names=_SAMPLES,
        title=Text("How much each sample can say", "各样本的信息量"),
    )


def series(results: DriverResults) -> TableExhibit:
    """One row per series of the baseline: its driver, coefficient, standard error, p of t test and wild bootstrap, Owen value, share."""
    rows = []
    for row in results.baseline.decomposition.columns().itertuples(index=False):
        c = results.estimate.coefficient(str(row.term))
        variable = next(name for name in registry().variables if str(row.term) in (name, f"log({name})"))
        found = {"block": row.block, "variable": variable, "coefficient": c.estimate, "std_error": c.std_error, "p": c.p_value}
        found["wild_p"] = results.wild.p_values[c.term]
        rows.append({**found, "value": row.value, "share": 100 * float(row.share)})  # type: ignore[arg-type]
    note = Text(
        "Two-way regression, errors clustered by province; wild p: restricted wild cluster bootstrap by province. Owen values: "
        "other drivers enter whole; they add up to the value of the driver. Technology push: {push}. Demand pull: {pull}. Policy support: "
        "{support}.",
        "双向固定效应回归，按省份聚类；野自助p值：按省份聚类的受约束野自助法。Owen值：其他驱动整体进入；"
        "同一驱动内各变量之和等于该驱动的值。技术推动：{push}。需求拉动：{pull}。政策支持：{support}。",
    )
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "block": _DRIVER,
            "variable": glossary.VARIABLE,
            "coefficient": glossary.COEFFICIENT,
            "std_error": glossary.STANDARD_ERROR,
            "p": Head(glossary.P, "p_value"),
            "wild_p": Head(glossary.WILD_P, "p_value"),
            "value": Text("Owen value", "Owen值"),
            "share": glossary.SHARE_PERCENT,
        },
        names=_DRIVERS,
        digits={"share": 1},
        title=Text("The series behind the drivers", "各驱动的具体变量"),
        notes=[
            note.filled(
                push=Text("new knowledge and the people who make it; all provinces, two gaps", "新知识及其创造者；全部省份，两处缺失"),
                pull=Text("size and openness of the market; all provinces", "市场规模与开放程度；全部省份"),
                support=Text("priority of S&T in the local budget; all provinces", "科技在地方预算中的优先程度；全部省份"),
            )
        ],
    )


def dominance(results: DriverResults) -> TableExhibit:
    """Which driver adds more than which: to every combination of the others, at every number of them, on average, and in the draws."""
    return frame_table(
        results.baseline.reproducibility(),
        {
            "block": _DRIVER,
            "over": Text("over", "相对于"),
            "complete": Text("Completely", "完全占优"),
            "conditional": Text("At every size", "条件占优"),
            "general": Text("On average", "一般占优"),
            "draws": Text("Share of draws", "抽样占比"),
        },
        names=_DRIVERS,
        digits=2,
        title=Text("Which driver dominates which", "驱动之间的占优关系"),
        notes=[
            Text(
                "Completely: adds more to every combination of the others; at every size: more on average at each number of others; on "
                "average: the larger Shapley value. Last column: share of the draws of provinces in which it is the larger one.",
                "完全占优：对其余驱动的每一种组合贡献都更大；条件占优：在每一组合规模上平均更大；一般占优：Shapley值更大。"
                "末列：在省份自助抽样中占优的比例。",
            )
        ],
    )


def choices(results: DriverResults) -> FigureExhibit:
    """The share of each driver with every choice of series."""
    return forest_plot(
        _forest(_shares(results.variants)),
        "sample",
        panel="block",
        names={**{name: chosen.title for name, chosen in VARIANTS.items()}, **_DRIVERS},
        digits=0,
        x_label=_SHARE_OF_R2,
        title=Text("The shares of the drivers under other choices of series", "更换变量后三类驱动的份额"),
        notes=_NOTE,
    )


def shares_finding(results: DriverResults) -> Statement:
    """What the drivers account for together, the share of each, and how far the order holds over draws and choices of series."""
    d = results.baseline.decomposition
    table = results.baseline.table().set_index("block")
    found = {
        f"{block}{suffix}": float(table[column][block])
        for suffix, column in (("", "share"), ("_low", "share_low"), ("_high", "share_high"))
        for block in _DRIVERS
    }
    pairs = results.baseline.reproducibility().set_index(["block", "over"])["draws"]
    by_variant = np.array([found.decomposition.shares for found in results.variants.values()])
    push, support = (list(_DRIVERS).index(name) for name in ("push", "support"))
    return statement(
        "drivers_shares",
        Text(
            "Within provinces and net of common years, the three drivers account for {r2:.1%} of the variation in R&D intensity "
            "({rows} province-years; unrelated series would reach {chance:.1%}). Technology push holds {push:.0%} of it ({push_low:.0%} to "
            "{push_high:.0%}), demand pull {pull:.0%} ({pull_low:.0%} to {pull_high:.0%}), policy support {support:.0%} "
            "({support_low:.0%} to {support_high:.0%}). Push is ahead of support in {ahead:.0%} of the draws and the largest in {first} of "
            "{variants} choices of series; support ranges from {least:.0%} to {most:.0%} over them.",
            "剔除省份与共同年份因素后，三类驱动共解释R&D强度变动的{r2:.1%}（{rows}个省份-年份观测；无关变量的期望为{chance:.1%}）。其中技术推动占"
            "{push:.0%}（{push_low:.0%}至{push_high:.0%}），需求拉动占{pull:.0%}（{pull_low:.0%}至{pull_high:.0%}），政策支持占{support:.0%}"
            "（{support_low:.0%}至{support_high:.0%}）。在{ahead:.0%}的抽样中推动大于支持；在{variants}种变量选择中，推动在{first}种中占比最大，"
            "支持的占比介于{least:.0%}与{most:.0%}之间。",
        ),
        r2=d.r2,
        rows=d.rows,
        chance=d.chance,
        **found,
        ahead=float(pairs["push", "support"]),
        first=int((by_variant.argmax(axis=1) == push).sum()),
        variants=len(by_variant),
        least=float(by_variant[:, support].min()),
        most=float(by_variant[:, support].max()),
    )
