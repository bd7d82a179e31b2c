r"""Technology push, demand pull and policy support, a year earlier: sign and size of each, and the share of what changes within provinces.

.. math:: \ln r_{it} = \sum_k \beta_k \ln x_{k,i,t-1} + \alpha_i + \lambda_t + \varepsilon_{it}

r is R&D per head. No driver is R&D itself or holds the population or the GDP by which an outcome is divided: push is the stock of
invention patents and SCI papers, pull the GDP of the neighbours, support fiscal S&T expenditure. R&D personnel is R&D; GDP per head and
openness have the denominator of intensity in them. New-product sales are published for all provinces in later years only: a choice
of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import bootstrap_r2, fit, jackknife_r2
from toolkit.estimate.after.shapley_result import R2Bootstrap, R2Jackknife
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import interval
from toolkit.studies.drivers_and_costs.series import (
    FISCAL,
    HAINAN,
    MARKET,
    NAMES,
    PAPERS,
    PATENTS,
    RESEARCH,
    with_market,
    without_hainan,
)
from toolkit.studies.subsidy.model import REGION_YEARS, TRENDS, TWO_WAY, elasticity

SEED, DRAWS = 20250607, 1999


@dataclass(frozen=True)
class Drivers:
    """One choice of series: the outcome, and the terms of each driver, which enter a year earlier."""

    title: Text
    push: tuple[str, ...] = (PATENTS, PAPERS)
    pull: tuple[str, ...] = (MARKET,)
    support: tuple[str, ...] = (FISCAL,)
    outcome: str = RESEARCH

    @property
    def blocks(self) -> dict[str, tuple[str, ...]]:
        """Driver -> its terms in the regression."""
        drivers = {"push": self.push, "pull": self.pull, "support": self.support}
        return {name: tuple(f"L({term}, 1)" for term in terms) for name, terms in drivers.items()}

    @property
    def equation(self) -> str:
        """The regression with everything in it, before the effects."""
        return f"{self.outcome} ~ {' + '.join(term for terms in self.blocks.values() for term in terms)}"

    @property
    def formula(self) -> str:
        """The regression with province and year effects."""
        return f"{self.equation} {TWO_WAY}"


def _changes(*terms: str) -> tuple[str, ...]:
    return tuple(f"D({term})" for term in terms)


BASELINE = Drivers(Text("Baseline", "基准"))
ENTERPRISES = Drivers(Text("R&D paid by enterprises, per head", "企业资金R&D（人均）"), outcome="log(I(rd_funds_enterprise / population))")
VARIANTS = {
    "baseline": BASELINE,
    "enterprises": ENTERPRISES,
    "totals": Drivers(Text("R&D not divided by population", "R&D总额（不除以人口）"), outcome="log(rd_expenditure)"),
    "patents": Drivers(Text("Push by patents alone", "推力仅用有效发明专利"), push=(PATENTS,)),
    "urban": Drivers(Text("Pull with urbanisation", "拉力加入城镇化率"), pull=(MARKET, "urbanisation_rate")),
    "trade": Drivers(Text("Pull with foreign trade", "拉力加入进出口总额"), pull=(MARKET, "log(trade_total_usd)")),
    "new_products": Drivers(
        Text("Pull by new-product sales, later years", "拉力改用新产品销售收入（较晚年份）"), pull=("log(ind_new_product_sales)",)
    ),
    "changes": Drivers(
        Text("Changes on changes a year earlier", "变动对上年变动"),
        push=_changes(PATENTS, PAPERS),
        pull=_changes(MARKET),
        support=_changes(FISCAL),
        outcome=f"D({RESEARCH})",
    ),
}
NO_HAINAN, LEFT_OUT = "no_hainan", "left_out"
MODELS = {
    "baseline": Text("R&D per head", "人均R&D经费"),
    NO_HAINAN: Text("The same without Hainan", "同上，剔除海南"),
    "trends": Text("The same with province trends", "同上，含省份趋势"),
    "region_years": Text("The same with region × year effects", "同上，区域×年份固定效应"),
    "enterprises": ENTERPRISES.title,
}


@dataclass(frozen=True)
class DriverResults:
    """What notebook 09 shows about the drivers.

    Attributes
    ----------
    slopes : one row per model and term: model, block, term, estimate, low, high, p, share (Owen, a fraction, missing
        with trends and with region × year effects), least
        and most (of the estimate, one province left out at a time), rows.
    variants : the decomposition with each choice of series, and without Hainan.
    left_out : the baseline without each province.
    """

    slopes: pd.DataFrame
    variants: dict[str, R2Bootstrap]
    left_out: R2Jackknife

    @property
    def baseline(self) -> R2Bootstrap:
        """The baseline on all provinces."""
        return self.variants["baseline"]

    def slope(self, model: str, term: str) -> pd.Series:
        """The row of ``slopes`` of one series."""
        rows = self.slopes[(self.slopes["model"] == model) & (self.slopes["term"] == term)]
        return rows.iloc[0]


def run(panel: Panel, seed: int = SEED, draws: int = DRAWS) -> DriverResults:
    """Slopes and shares of the three drivers.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    seed : of the generator that draws provinces.
    draws : draws of each bootstrap of the shares.
    """
    rng, sample = np.random.default_rng(seed), with_market(panel)
    rest = without_hainan(sample)
    variants = {name: bootstrap_r2(chosen.formula, sample, chosen.blocks, rng=rng, draws=draws) for name, chosen in VARIANTS.items()}
    variants[NO_HAINAN] = bootstrap_r2(BASELINE.formula, rest, BASELINE.blocks, rng=rng, draws=draws)
    models = {
        "baseline": (BASELINE, sample, TWO_WAY),
        NO_HAINAN: (BASELINE, rest, TWO_WAY),
        "trends": (BASELINE, sample, TRENDS),
        "region_years": (BASELINE, sample, REGION_YEARS),
        "enterprises": (ENTERPRISES, sample, TWO_WAY),
    }
    slopes = [
        _slopes(chosen, rows, effects).assign(model=name, share=_owen(chosen, variants.get(name)))
        for name, (chosen, rows, effects) in models.items()
    ]
    return DriverResults(
        slopes=pd.concat(slopes, ignore_index=True),
        variants=variants,
        left_out=jackknife_r2(BASELINE.formula, sample, BASELINE.blocks),
    )


def _slopes(chosen: Drivers, rows: Panel, effects: str) -> pd.DataFrame:
    formula = f"{chosen.equation} {effects}"
    estimate = fit(formula, rows)
    provinces = rows.frame[rows.entity]
    without = np.array([fit(formula, rows.keep(provinces != one)).beta for one in provinces.unique()])
    found = []
    for place, (block, term) in enumerate(_terms(chosen)):
        slope = elasticity(estimate, f"L({term}, 1)")
        found.append(
            {
                "block": block,
                "term": term,
                "estimate": slope.estimate,
                "low": slope.low,
                "high": slope.high,
                "p": slope.p_value,
                "least": without[:, place].min(),
                "most": without[:, place].max(),
                "rows": slope.rows,
            }
        )
    return pd.DataFrame(found)


def _terms(chosen: Drivers) -> list[tuple[str, str]]:
    blocks = {"push": chosen.push, "pull": chosen.pull, "support": chosen.support}
    return [(block, term) for block, terms in blocks.items() for term in terms]


def _owen(chosen: Drivers, found: R2Bootstrap | None) -> list[float]:
    """Share of each term of a decomposition."""
    if found is None:
        return [np.nan] * len(_terms(chosen))
    return [float(share) for share in found.decomposition.columns()["share"]]


_DRIVER = Text("Driver", "驱动")
_DRIVERS = {
    "push": Text("Technology push", "技术推动"),
    "pull": Text("Demand pull", "需求拉动"),
    "support": Text("Policy support (proxy)", "政策支持（代理变量）"),
}


def slopes(results: DriverResults) -> TableExhibit:
    """One row per model and series: sign, size, interval, range over provinces left out, share."""
    frame = results.slopes.assign(share=100 * results.slopes["share"], block=results.slopes["block"].astype(str))
    return frame_table(
        frame[["model", "block", "term", "estimate", "low", "high", "p", "least", "most", "share", "rows"]],
        {
            "model": glossary.MODEL,
            "block": _DRIVER,
            "term": Text("Series, a year earlier", "变量（滞后一年）"),
            "estimate": glossary.ELASTICITY,
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "p": Head(glossary.WILD_P, "p_value"),
            "least": Text("Least, one left out", "逐省剔除最小"),
            "most": Text("Most, one left out", "逐省剔除最大"),
            "share": glossary.SHARE_PERCENT,
            "rows": glossary.N,
        },
        names={**_DRIVERS, **NAMES, **MODELS},
        digits={"share": 1},
        title=Text("What goes before R&D: sign and size of each driver", "R&D之前的驱动因素：各变量的符号与大小"),
        notes=[
            Text(
                "Province and year effects; all series enter a year earlier, in logarithms of totals. Intervals and p: restricted wild "
                "cluster bootstrap by province, inverted, 95%. Share: Owen value in the within R²; a share has no sign, and is not "
                "computed with province trends or region × year effects.",
                "省份与年份固定效应；各变量为总量对数，滞后一年。区间与p值：按省份聚类的受约束野自助法（反演，95%）。占比为组内R²的Owen值；"
                "占比没有正负，含省份趋势或区域×年份效应时不计算。",
            )
        ],
    )


def _rows(found: Mapping[str, R2Bootstrap]) -> pd.DataFrame:
    tables = [each.table().assign(sample=name) for name, each in found.items()]
    named = pd.concat(tables, ignore_index=True).rename(columns={"share": "estimate", "share_low": "low", "share_high": "high"})
    return named[["sample", "block", "estimate", "low", "high"]]


def shares(results: DriverResults) -> FigureExhibit:
    """The share of each driver with every choice of series, without Hainan, and its range without any one province."""
    without = results.left_out.shares
    span = pd.DataFrame(
        {
            "sample": LEFT_OUT,
            "block": list(_DRIVERS),
            "estimate": np.nan,
            "low": without.min(axis=0),
            "high": without.max(axis=0),
        }
    )
    frame = pd.concat([_rows(results.variants), span], ignore_index=True)
    order = ["baseline", NO_HAINAN, LEFT_OUT, *(name for name in VARIANTS if name != "baseline")]
    frame = frame.assign(place=frame["sample"].map(order.index)).sort_values("place", kind="stable")
    frame[["estimate", "low", "high"]] *= 100
    names = {
        **_DRIVERS,
        **{name: chosen.title for name, chosen in VARIANTS.items()},
        NO_HAINAN: Text("Without Hainan", "剔除海南"),
        LEFT_OUT: Text("Without any one province: range", "逐一剔除各省：范围"),
    }
    return forest_plot(
        frame,
        "sample",
        panel="block",
        names=names,
        limits=(0.0, 100.0),
        digits=0,
        x_label=Text("Share of the within R² (%)", "占组内R²的份额（%）"),
        title=Text(
            "Shares of the drivers in the variation of R&D per head: they depend on the series that represent them",
            "三类驱动在人均R&D变动中的份额：取决于所用变量",
        ),
        notes=Text(
            "Within R² (province and year effects, drivers a year earlier) divided by Shapley values. Intervals: 95%, provinces drawn "
            "with replacement; a share cannot fall below zero, so an interval near zero says little. Signs are in the table of drivers.",
            "按Shapley值分解组内R²（省份与年份固定效应，驱动滞后一年）。区间：95%，对省份有放回抽样；占比不小于零，故近零的区间信息有限。"
            "符号见驱动表。",
        ),
    )


def finding(results: DriverResults) -> Statement:
    """Share, sign and size of each driver, and what one province, trends and another choice of series change."""
    d, without = results.baseline.decomposition, results.left_out.shares
    table = results.baseline.table().set_index("block")
    found: dict[str, str | float] = {}
    for place, block in enumerate(_DRIVERS):
        found[block] = float(table["share"][block])
        found |= {f"{block}_{end}": float(table[f"share_{end}"][block]) for end in ("low", "high")}
        found |= {f"{block}_least": float(without[:, place].min()), f"{block}_most": float(without[:, place].max())}
    for name, term in {"fiscal": FISCAL, "market": MARKET, "patents": PATENTS, "papers": PAPERS}.items():
        for model in ("baseline", "trends") if name in ("fiscal", "market") else ("baseline",):
            row = results.slope(model, term)
            found |= {f"{name}_{model}": float(row["estimate"]), f"{name}_{model}_range": interval(row["low"], row["high"], 2)}
    push_new = dict(zip(_DRIVERS, results.variants["new_products"].decomposition.shares, strict=True))
    return statement(
        "drivers_shares",
        Text(
            "A year earlier, fiscal S&T expenditure (proxy of support) has an elasticity of R&D per head of {fiscal_baseline:.2f} "
            "{fiscal_baseline_range}, the GDP of neighbours {market_baseline:.2f} {market_baseline_range}, invention patents in force "
            "{patents_baseline:.2f} {patents_baseline_range} and papers {papers_baseline:.2f} {papers_baseline_range}, given province and "
            "year. Together they account for {r2:.0%} of the variation ({rows} province-years; unrelated series: {chance:.0%}): support "
            "{support:.0%} ({support_low:.0%} to {support_high:.0%}), pull {pull:.0%} ({pull_low:.0%} to {pull_high:.0%}), push {push:.0%}"
            " ({push_low:.0%} to {push_high:.0%}). Without any one province support has {support_least:.0%} to {support_most:.0%}, pull "
            "{pull_least:.0%} to {pull_most:.0%}, push {push_least:.0%} to {push_most:.0%} (without {province}: {r2_rest:.0%} held). With "
            "province trends the elasticities are {fiscal_trends:.2f} {fiscal_trends_range} and {market_trends:.2f} {market_trends_range}"
            ". With new-product sales as the pull, on the later years only, push has {push_new:.0%} and pull {pull_new:.0%}: the shares "
            "depend on the series and years.",
            "剔除省份与年份因素后，上年地方财政科技支出（政策支持的代理变量）对人均R&D经费的弹性为{fiscal_baseline:.2f}{fiscal_baseline_range}，"
            "邻省GDP为{market_baseline:.2f}{market_baseline_range}，有效发明专利为{patents_baseline:.2f}{patents_baseline_range}，"
            "论文为{papers_baseline:.2f}{papers_baseline_range}。合计解释变动的{r2:.0%}（{rows}个省份-年份观测；无关变量的期望为{chance:.0%}）："
            "政策支持占{support:.0%}（{support_low:.0%}至{support_high:.0%}），需求拉动占{pull:.0%}（{pull_low:.0%}至{pull_high:.0%}），"
            "技术推动占{push:.0%}（{push_low:.0%}至{push_high:.0%}）。逐一剔除各省时，支持为{support_least:.0%}至{support_most:.0%}，"
            "拉动为{pull_least:.0%}至{pull_most:.0%}，推动为{push_least:.0%}至{push_most:.0%}（剔除{province}后合计解释{r2_rest:.0%}）。"
            "加入省份趋势后，前两者弹性为{fiscal_trends:.2f}{fiscal_trends_range}与{market_trends:.2f}{market_trends_range}。"
            "若以新产品销售收入为拉力（仅较晚年份），推动占{push_new:.0%}，拉动占{pull_new:.0%}：份额取决于变量与年份。",
        ),
        r2=d.r2,
        rows=d.rows,
        chance=d.chance,
        r2_rest=results.variants[NO_HAINAN].decomposition.r2,
        province=Text(HAINAN, "海南"),
        push_new=float(push_new["push"]),
        pull_new=float(push_new["pull"]),
        **found,
    )
