"""Does the elasticity survive other measures, lags, samples, errors and controls?

Every variant keeps the province and year effects of the two-way model, except the specification curve, which also varies them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import (
    Choices,
    Condition,
    CurvePermutation,
    Estimate,
    PermutationTest,
    SpecificationCurve,
    WildTests,
    fit,
    permutation_test,
    permute_curve,
    specification_curve,
)
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table, regression_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.spec_curve import spec_curve_plot
from toolkit.present.record import Statement, statement
from toolkit.registry import registry
from toolkit.studies.subsidy.model import (
    CLAIM,
    CONTROL,
    FIRST_YEAR,
    LAST_YEAR,
    OUTCOME,
    SEED,
    SPECIFICATIONS,
    SUBSIDY,
    claim_mark,
    wild_of,
)
from toolkit.transform import winsorize

_MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")
_WINSORISED = 0.01
_PERMUTATIONS, _CURVE_PERMUTATIONS = 999, 499
_EFFECTS = "| province + year"
_MEASURES = {
    "per_head": f"{OUTCOME} ~ log(fiscal_sci_per_capita) + {CONTROL} {_EFFECTS}",
    "share": f"{OUTCOME} ~ log(fiscal_sci_share) + {CONTROL} {_EFFECTS}",
    "rd_per_head": f"log(rd_per_capita) ~ {SUBSIDY} + {CONTROL} {_EFFECTS}",
    "rd_level": f"log(rd_expenditure) ~ {SUBSIDY} + {CONTROL} {_EFFECTS}",
    "first_release": f"log(rd_intensity_first_release) ~ {SUBSIDY} + {CONTROL} {_EFFECTS}",
}
_LAGS = {f"lag_{k}": f"{OUTCOME} ~ {f'L({SUBSIDY}, {k})' if k else SUBSIDY} + {CONTROL} {_EFFECTS}" for k in range(4)}
_CHOICES = Choices(
    outcomes=(OUTCOME, "log(rd_per_capita)"),
    treatments=(SUBSIDY, f"L({SUBSIDY}, 1)", "log(fiscal_sci_per_capita)", "log(fiscal_sci_share)"),
    controls=(CONTROL, "log(population)", "urbanisation_rate", "log(trade_openness)"),
    effects=("", "year", "province", "province + year"),
    samples={"all": None, "no_municipalities": Condition("province", "not in", _MUNICIPALITIES)},
)


@dataclass(frozen=True)
class Robustness:
    """Other ways to ask the question of the two-way model.

    Attributes
    ----------
    measures, lags, samples : estimates by name.
    wild : wild bootstrap of every slope, for each of the above; by province, whatever the standard errors are.
    jackknife : province left out, estimate, low, high (95 %), sorted by the estimate.
    placebo : permutation of the subsidy paths over provinces, two-way model.
    curve : every combination of the declared choices, held against the claim.
    by_effects : effects (as in a formula), cells, median, smallest and largest estimate, shares (%) significant and holding the claim.
    curve_test : the whole curve under permutation.
    claim : the published elasticity, from the registry.
    """

    measures: dict[str, Estimate]
    lags: dict[str, Estimate]
    samples: dict[str, Estimate]
    wild: dict[str, WildTests]
    jackknife: pd.DataFrame
    placebo: PermutationTest
    curve: SpecificationCurve
    by_effects: pd.DataFrame
    curve_test: CurvePermutation
    claim: float


def run(panel: Panel) -> Robustness:
    """Estimate all variants of the two-way model on the table ``provincial_panel``."""
    sample, two_way, claim = panel.between(FIRST_YEAR, LAST_YEAR), SPECIFICATIONS["two_way"], registry().claims[CLAIM].number
    measures = {name: fit(formula, sample) for name, formula in _MEASURES.items()}
    lags = {name: fit(formula, panel) for name, formula in _LAGS.items()}
    samples = _samples(sample)
    curve = specification_curve(_CHOICES, panel, reference=claim)
    return Robustness(
        measures=measures,
        lags=lags,
        samples=samples,
        wild=wild_of({**measures, **lags, **samples}, cluster="province"),
        jackknife=_jackknife(sample, two_way),
        placebo=permutation_test(fit(two_way, sample), term=SUBSIDY, draws=_PERMUTATIONS, rng=np.random.default_rng(SEED)),
        curve=curve,
        by_effects=_by_effects(curve, claim),
        curve_test=permute_curve(_CHOICES, panel, draws=_CURVE_PERMUTATIONS, rng=np.random.default_rng(SEED)),
        claim=claim,
    )


def _samples(sample: Panel) -> dict[str, Estimate]:
    """The two-way model on other rows, with weights, with other standard errors."""
    two_way = SPECIFICATIONS["two_way"]
    trimmed = sample.assign(
        **{name: winsorize(sample.frame[name], _WINSORISED).values for name in ("rd_intensity", "fiscal_sci_exp", "gdp_per_capita")}
    )
    rest = sample.keep(~sample.frame["province"].isin(_MUNICIPALITIES))
    return {
        "winsorised": fit(two_way, trimmed),
        "no_municipalities": fit(two_way, rest),
        "two_clusters": fit(two_way, sample, cluster="province + year"),
        "driscoll_kraay": fit(two_way, sample, covariance="driscoll_kraay"),
        "weighted": fit(two_way, sample, weights="population"),
    }


def _jackknife(sample: Panel, formula: str) -> pd.DataFrame:
    rows = []
    for province in sample.frame["province"].unique():
        c = fit(formula, sample.keep(sample.frame["province"] != province)).coefficient(SUBSIDY)
        rows.append({"province": province, "estimate": c.estimate, "low": c.low, "high": c.high})
    return pd.DataFrame(rows).sort_values("estimate", ignore_index=True)


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


def measures(results: Robustness) -> TableExhibit:
    """Other measures of the subsidy and of R&D."""
    titles = {
        "per_head": Text("Subsidy per head", "人均补贴"),
        "share": Text("Share of the budget", "占财政支出比重"),
        "rd_per_head": Text("R&D per head", "人均R&D经费"),
        "rd_level": Text("R&D expenditure", "R&D经费总额"),
        "first_release": Text("First release", "首次公布强度"),
    }
    return regression_table(
        {titles[name]: estimate for name, estimate in results.measures.items()},
        wild=[results.wild[name] for name in results.measures],
        title=Text("Other measures of subsidy (proxy) and R&D", "替换补贴（代理）与研发指标"),
    )


def lags(results: Robustness) -> TableExhibit:
    """Expenditure of this year and of up to three years before."""
    return regression_table(
        {f"t − {k}" if k else "t": estimate for k, estimate in enumerate(results.lags.values())},
        wild=[results.wild[name] for name in results.lags],
        title=Text("Lags of fiscal S&T expenditure (proxy)", "地方财政科技支出（代理）的滞后"),
    )


def samples(results: Robustness) -> TableExhibit:
    """Other rows, weights and standard errors."""
    titles = {
        "winsorised": Text("Winsorised", "缩尾处理"),
        "no_municipalities": Text("Without municipalities", "剔除直辖市"),
        "two_clusters": Text("Clusters: province and year", "省份与年份双重聚类"),
        "driscoll_kraay": Text("Driscoll–Kraay errors", "Driscoll–Kraay标准误"),
        "weighted": Text("Weighted by population", "按人口加权"),
    }
    return regression_table(
        {titles[name]: estimate for name, estimate in results.samples.items()},
        wild=[results.wild[name] for name in results.samples],
        title=Text("Other samples, weights and standard errors", "替换样本、权重与标准误"),
    )


def jackknife(results: Robustness) -> FigureExhibit:
    """The two-way elasticity without each province in turn."""
    return forest_plot(
        results.jackknife,
        "province",
        references=[claim_mark(results.claim)],
        digits=3,
        x_label=Text("Elasticity without the province", "剔除该省后的弹性"),
        title=Text("Leaving out one province at a time", "逐一剔除省份"),
    )


def curve(results: Robustness) -> FigureExhibit:
    """All specifications from the smallest elasticity to the largest, with the choices that each one made."""
    return spec_curve_plot(
        results.curve,
        references=claim_mark(results.claim),
        names={"all": Text("all provinces", "全部省份"), "no_municipalities": Text("without municipalities", "剔除直辖市")},
        title=Text("Specification curve of the elasticity (subsidy proxied)", "弹性的设定曲线（补贴为代理变量）"),
    )


def curve_by_effects(results: Robustness) -> TableExhibit:
    """The curve summarised by what is absorbed."""
    names = {
        "": Text("none", "无"),
        "year": Text("year", "年份"),
        "province": Text("province", "省份"),
        "province + year": Text("province and year", "省份与年份"),
    }
    return frame_table(
        results.by_effects.assign(effects=results.by_effects["effects"].map(names)),
        {
            "effects": Text("Effects", "固定效应"),
            "cells": Text("Specifications", "设定数"),
            "median": glossary.MEDIAN,
            "smallest": Text("Smallest", "最小值"),
            "largest": Text("Largest", "最大值"),
            "significant": Text("Significant (%)", "显著比例（%）"),
            "holds": Text("Interval holds the claim (%)", "区间含论文数值（%）"),
        },
        digits={"significant": 0, "holds": 0},
        title=Text("The specification curve by absorbed effects", "按固定效应汇总的设定曲线"),
    )


def placebo(results: Robustness) -> TableExhibit:
    """The two-way coefficient and its t statistic, and three statistics of the whole curve, beside their permutation distributions."""
    single, whole = results.placebo, results.curve_test
    drawn = (
        (Text("Two-way elasticity", "双向固定效应弹性"), single.estimate, single.coefficients, single.p_value),
        (Text("Its t statistic", "其t统计量"), single.t_statistic, single.statistics, single.p_value_t),
        (Text("Median of the curve", "设定曲线中位数"), whole.observed[0], whole.drawn[:, 0], whole.p_values[0]),
        (Text("Share significant and positive", "显著为正的比例"), whole.observed[1], whole.drawn[:, 1], whole.p_values[1]),
        (Text("Mean absolute t", "t值绝对值均值"), whole.observed[2], whole.drawn[:, 2], whole.p_values[2]),
    )
    rows = []
    for name, seen, draws, p in drawn:
        low, high = np.nanquantile(draws, [0.025, 0.975])
        rows.append({"statistic": name, "observed": float(seen), "low": low, "high": high, "p": float(p)})
    return frame_table(
        pd.DataFrame(rows),
        {
            "statistic": glossary.STATISTIC,
            "observed": Text("Observed", "实际值"),
            "low": Text("Draws, low", "置换下限"),
            "high": Text("Draws, high", "置换上限"),
            "p": Head(glossary.P, "p_value"),
        },
        title=Text("Placebo: expenditure paths exchanged between provinces", "安慰剂检验：在省份之间互换支出路径"),
        notes=[
            Text(
                "Provinces exchange whole paths of expenditure. Low and high: middle ninety-five per cent of the draws.",
                "各省互换完整的支出路径。上下限为置换分布的中间百分之九十五。",
            )
        ],
    )


def finding(results: Robustness) -> Statement:
    """What the curve, the placebo and the jackknife say together."""
    table = results.by_effects.set_index("effects")
    cells = table["cells"]
    return statement(
        "subsidy_robustness",
        Text(
            "Of {cells} specifications {significant:.0f}% are significant at the five per cent level and {holds:.0f}% of their intervals "
            "hold the published {claim:.2f}; with province and year effects {holds_two_way:.0f}% do. Exchanging the expenditure paths of "
            "provinces gives a median as large in a share of {p_median:.3f} of draws. Leaving out one province moves the two-way "
            "elasticity between {low:.3f} and {high:.3f}.",
            "在{cells}个设定中，{significant:.0f}%在百分之五水平上显著，{holds:.0f}%的区间包含论文数值{claim:.2f}；控制省份与年份固定效应时为"
            "{holds_two_way:.0f}%。在各省之间交换支出路径时，中位数不小于实际值的抽取比例为{p_median:.3f}。逐一剔除省份时，双向固定效应弹性介于"
            "{low:.3f}与{high:.3f}之间。",
        ),
        cells=int(cells.sum()),
        significant=float(np.average(table["significant"], weights=cells)),
        holds=float(np.average(table["holds"], weights=cells)),
        holds_two_way=table["holds"]["province + year"],
        claim=results.claim,
        p_median=float(results.curve_test.p_values[0]),
        low=float(results.jackknife["estimate"].min()),
        high=float(results.jackknife["estimate"].max()),
    )
