"""Does the elasticity survive other measures, lags, samples, errors and controls?"""

from __future__ import annotations

from collections.abc import Sequence
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
from toolkit.heads import Head
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies.subsidy.baseline import CLAIM, CONTROL, FIRST_YEAR, LAST_YEAR, OUTCOME, SEED, SPECIFICATIONS, SUBSIDY, wild_of
from toolkit.transform import winsorize

MUNICIPALITIES = ("Beijing", "Tianjin", "Shanghai", "Chongqing")
WINSORISED = 0.01
PERMUTATIONS = 999
CURVE_PERMUTATIONS = 499
EFFECTS = "| province + year"

MEASURES = {
    "per_head": f"{OUTCOME} ~ log(fiscal_sci_per_capita) + {CONTROL} {EFFECTS}",
    "share": f"{OUTCOME} ~ log(fiscal_sci_share) + {CONTROL} {EFFECTS}",
    "rd_per_head": f"log(rd_per_capita) ~ {SUBSIDY} + {CONTROL} {EFFECTS}",
    "rd_level": f"log(rd_expenditure) ~ {SUBSIDY} + {CONTROL} {EFFECTS}",
    "first_release": f"log(rd_intensity_first_release) ~ {SUBSIDY} + {CONTROL} {EFFECTS}",
}
MEASURE_TITLES = {
    "per_head": Text("Subsidy per head", "人均补贴"),
    "share": Text("Share of the budget", "占财政支出比重"),
    "rd_per_head": Text("R&D per head", "人均R&D经费"),
    "rd_level": Text("R&D expenditure", "R&D经费总额"),
    "first_release": Text("First release", "首次公布强度"),
}
LAGS = {f"lag_{k}": f"{OUTCOME} ~ {SUBSIDY if k == 0 else f'L({SUBSIDY}, {k})'} + {CONTROL} {EFFECTS}" for k in range(4)}
LAG_TITLES = {f"lag_{k}": Text(f"t − {k}" if k else "t", f"t − {k}" if k else "t") for k in range(4)}
SAMPLE_TITLES = {
    "winsorised": Text("Winsorised", "缩尾处理"),
    "no_municipalities": Text("Without municipalities", "剔除直辖市"),
    "two_clusters": Text("Clusters: province and year", "省份与年份双重聚类"),
    "driscoll_kraay": Text("Driscoll–Kraay errors", "Driscoll–Kraay标准误"),
    "weighted": Text("Weighted by population", "按人口加权"),
}
CURVE_NAMES = {"all": Text("all provinces", "全部省份"), "no_municipalities": Text("without municipalities", "剔除直辖市")}


@dataclass(frozen=True)
class Robustness:
    """Other ways to ask the question of the two-way model.

    Attributes
    ----------
    measures, lags, samples : estimates by name.
    wild : wild bootstrap of every slope, for each of the above; by province, whatever the standard errors are.
    jackknife : province left out, estimate, low, high.
    placebo : permutation of the subsidy paths over provinces, two-way model.
    curve : every combination of the declared choices.
    curve_test : the whole curve under permutation.
    """

    measures: dict[str, Estimate]
    lags: dict[str, Estimate]
    samples: dict[str, Estimate]
    wild: dict[str, WildTests]
    jackknife: pd.DataFrame
    placebo: PermutationTest
    curve: SpecificationCurve
    curve_test: CurvePermutation


def run_robustness(panel: Panel) -> Robustness:
    """Estimate all variants of the two-way model on the provincial panel."""
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    measures = {name: fit(formula, sample) for name, formula in MEASURES.items()}
    lags = {name: fit(formula, panel) for name, formula in LAGS.items()}
    samples = _samples(sample)
    fitted = {
        **{name: (estimate, sample) for name, estimate in measures.items()},
        **{name: (estimate, panel) for name, estimate in lags.items()},
        **samples,
    }
    two_way = SPECIFICATIONS["two_way"]
    choices = curve_choices()
    return Robustness(
        measures=measures,
        lags=lags,
        samples={name: estimate for name, (estimate, _) in samples.items()},
        wild=wild_of(fitted, cluster="province"),
        jackknife=jackknife(sample, two_way),
        placebo=permutation_test(fit(two_way, sample), sample, SUBSIDY, draws=PERMUTATIONS, rng=np.random.default_rng(SEED)),
        curve=specification_curve(choices, panel, reference=registry().claims[CLAIM].number),
        curve_test=permute_curve(choices, panel, draws=CURVE_PERMUTATIONS, rng=np.random.default_rng(SEED)),
    )


def _samples(sample: Panel) -> dict[str, tuple[Estimate, Panel]]:
    """The two-way model on other rows, with weights, with other standard errors: each with the panel it was fitted on."""
    two_way = SPECIFICATIONS["two_way"]
    trimmed = sample.assign(
        **{name: winsorize(sample.frame[name], WINSORISED).values for name in ("rd_intensity", "fiscal_sci_exp", "gdp_per_capita")}
    )
    rest = sample.keep(~sample.frame["province"].isin(MUNICIPALITIES))
    return {
        "winsorised": (fit(two_way, trimmed), trimmed),
        "no_municipalities": (fit(two_way, rest), rest),
        "two_clusters": (fit(two_way, sample, cluster="province + year"), sample),
        "driscoll_kraay": (fit(two_way, sample, covariance="driscoll_kraay"), sample),
        "weighted": (fit(two_way, sample, weights="population"), sample),
    }


def jackknife(sample: Panel, formula: str) -> pd.DataFrame:
    """The subsidy coefficient with each province left out in turn, sorted by the estimate.

    Returns
    -------
    Columns province, estimate, low, high (95 % interval).
    """
    rows = []
    for province in sample.frame["province"].unique():
        c = fit(formula, sample.keep(sample.frame["province"] != province)).coefficient(SUBSIDY)
        rows.append({"province": province, "estimate": c.estimate, "low": c.low, "high": c.high})
    return pd.DataFrame(rows).sort_values("estimate", ignore_index=True)


def curve_choices() -> Choices:
    """The choices of the specification curve: outcome, subsidy and lag, all subsets of four controls, effects, sample."""
    return Choices(
        outcomes=(OUTCOME, "log(rd_per_capita)"),
        treatments=(SUBSIDY, f"L({SUBSIDY}, 1)", "log(fiscal_sci_per_capita)", "log(fiscal_sci_share)"),
        controls=(CONTROL, "log(population)", "urbanisation_rate", "log(trade_openness)"),
        effects=("", "year", "province", "province + year"),
        samples={"all": None, "no_municipalities": Condition("province", "not in", MUNICIPALITIES)},
    )


def curve_by_effects(curve: SpecificationCurve, claim: float) -> pd.DataFrame:
    """One row per set of effects: cells, median, smallest and largest estimate, shares (%) significant and holding the claim."""
    cells = curve.frame[curve.frame["reason"] == ""].assign(
        significant=lambda f: f["p_value"] < 0.05, holds=lambda f: (f["conf_low"] <= claim) & (claim <= f["conf_high"])
    )
    groups = cells.groupby("effects", sort=False)
    return pd.DataFrame(
        {
            "effects": [EFFECT_NAMES.get(str(name), str(name)) for name in groups.groups],
            "cells": groups.size().to_numpy(),
            "median": groups["estimate"].median().to_numpy(),
            "smallest": groups["estimate"].min().to_numpy(),
            "largest": groups["estimate"].max().to_numpy(),
            "significant": 100 * groups["significant"].mean().to_numpy(),
            "holds": 100 * groups["holds"].mean().to_numpy(),
        }
    )


EFFECT_NAMES: dict[str, Text] = {
    "": Text("none", "无"),
    "year": Text("year", "年份"),
    "province": Text("province", "省份"),
    "province + year": Text("province and year", "省份与年份"),
}
CURVE_HEADS = {
    "effects": Text("Effects", "固定效应"),
    "cells": Text("Specifications", "设定数"),
    "median": glossary.MEDIAN,
    "smallest": Text("Smallest", "最小值"),
    "largest": Text("Largest", "最大值"),
    "significant": Text("Significant (%)", "显著比例（%）"),
    "holds": Text("Interval holds the claim (%)", "区间含论文数值（%）"),
}


PLACEBO_HEADS = {
    "statistic": glossary.STATISTIC,
    "observed": Text("Observed", "实际值"),
    "low": Text("Draws, low", "置换下限"),
    "high": Text("Draws, high", "置换上限"),
    "p": Head(glossary.P, "p_value"),
}
PLACEBO_NOTE = Text(
    "Provinces exchange whole paths of expenditure. Low and high: middle ninety-five per cent of the draws.",
    "各省互换完整的支出路径。上下限为置换分布的中间百分之九十五。",
)


def placebo_frame(robustness: Robustness) -> pd.DataFrame:
    """The two-way coefficient and its t statistic, and three statistics of the whole curve, beside their permutation distributions."""
    single, curve = robustness.placebo, robustness.curve_test
    rows = [
        (Text("Two-way elasticity", "双向固定效应弹性"), single.estimate, single.coefficients, single.p_value),
        (Text("Its t statistic", "其t统计量"), single.t_statistic, single.statistics, single.p_value_t),
        (Text("Median of the curve", "设定曲线中位数"), curve.observed[0], curve.drawn[:, 0], curve.p_values[0]),
        (Text("Share significant and positive", "显著为正的比例"), curve.observed[1], curve.drawn[:, 1], curve.p_values[1]),
        (Text("Mean absolute t", "t值绝对值均值"), curve.observed[2], curve.drawn[:, 2], curve.p_values[2]),
    ]
    return pd.DataFrame(
        [
            {"statistic": name, "observed": float(seen), "low": ends[0], "high": ends[1], "p": float(p)}
            for name, seen, drawn, p in rows
            for ends in [np.nanquantile(drawn, [0.025, 0.975])]
        ]
    )


def wild_in_order(robustness: Robustness, names: Sequence[str]) -> list[WildTests]:
    """The wild bootstrap tests for the columns of a table."""
    return [robustness.wild[name] for name in names]


FINDING = Text(
    "Of {cells} specifications {significant:.0f}% are significant at the five per cent level and {holds:.0f}% of their intervals hold the "
    "published {claim:.2f}; with province and year effects {holds_two_way:.0f}% do. Exchanging the expenditure paths of provinces gives a "
    "median as large in a share of {p_median:.3f} of draws. Leaving out one province moves the two-way elasticity between {low:.3f} "
    "and {high:.3f}.",
    "在{cells}个设定中，{significant:.0f}%在百分之五水平上显著，{holds:.0f}%的区间包含论文数值{claim:.2f}；控制省份与年份固定效应时为"
    "{holds_two_way:.0f}%。在各省之间交换支出路径时，中位数不小于实际值的抽取比例为{p_median:.3f}。逐一剔除省份时，双向固定效应弹性介于"
    "{low:.3f}与{high:.3f}之间。",
)


def robustness_values(robustness: Robustness, claim: float) -> dict[str, float | int]:
    """What :data:`FINDING` is filled with."""
    table = curve_by_effects(robustness.curve, claim)
    cells = table["cells"].to_numpy()
    return {
        "cells": int(cells.sum()),
        "significant": float(np.average(table["significant"], weights=cells)),
        "holds": float(np.average(table["holds"], weights=cells)),
        "holds_two_way": float(table["holds"].iloc[-1]),
        "claim": claim,
        "p_median": float(robustness.curve_test.p_values[0]),
        "low": float(robustness.jackknife["estimate"].min()),
        "high": float(robustness.jackknife["estimate"].max()),
    }
