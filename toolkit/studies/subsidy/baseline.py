"""What is the elasticity between provinces, within them, and beside the value that one paper reports?

The ladder goes from pooled least squares to province and year effects and a lag, errors clustered by province.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import Estimate, WildTests, fit, fit_between, fit_differences, fit_random, wild_cluster_bootstrap
from toolkit.estimate.diagnostics import TestResult, f_effects, hausman, mundlak, pesaran_cd, wooldridge_serial_correlation
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import correlations, frame_table, regression_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.coefficient import coefficient_plot
from toolkit.present.figures.scatter import scatter_with_fit
from toolkit.present.record import Statement, statement
from toolkit.present.tables.descriptive import describe
from toolkit.registry import registry
from toolkit.studies.subsidy.model import (
    CLAIM,
    DRAWS,
    FIRST_YEAR,
    LAGGED,
    LAST_YEAR,
    SEED,
    SPECIFICATIONS,
    SUBSIDY,
    claim_mark,
    wild_of,
)

_DESCRIBED = ("rd_intensity", "fiscal_sci_exp", "fiscal_sci_share", "fiscal_sci_per_capita", "gdp_per_capita", "patents_per_10k")
_TITLES = {
    "alone": Text("Pooled, no control", "混合回归（无控制）"),
    "pooled": glossary.POOLED,
    "province": Text("Province effects", "省份固定效应"),
    "two_way": Text("Province and year effects", "双向固定效应"),
    "lag": Text("Lagged one year", "滞后一期"),
    "between": glossary.BETWEEN,
    "random": glossary.RANDOM_EFFECTS,
    "differences": glossary.FIRST_DIFFERENCES,
}


@dataclass(frozen=True)
class Comparison:
    """One elasticity held against the claim.

    Attributes
    ----------
    estimate, std_error, low, high : the elasticity, its standard error and 95 % interval.
    claim : the claimed value.
    inside : whether the claim lies in the interval.
    z : (estimate - claim) / standard error.
    claim_p : p-value of the wild bootstrap that the elasticity is the claim.
    rows : observations.
    """

    estimate: float
    std_error: float
    low: float
    high: float
    claim: float
    inside: bool
    z: float
    claim_p: float
    rows: int


@dataclass(frozen=True)
class Baseline:
    """The static models and their comparison with the claim.

    Attributes
    ----------
    sample : the rows all static models share.
    ladder : pooled without and with the control, province effects, province and year effects, lag.
    others : between, random effects and first differences of the same equation.
    claim : the published elasticity, from the registry.
    comparisons : one per model of ``ladder`` and ``others``.
    tests : choice and residual tests of the two-way model.
    wild : wild bootstrap that each slope is zero, one per model of ``ladder`` and ``others``: few clusters.
    """

    sample: Panel
    ladder: dict[str, Estimate]
    others: dict[str, Estimate]
    claim: float
    comparisons: dict[str, Comparison]
    tests: tuple[TestResult, ...]
    wild: dict[str, WildTests]


def run(panel: Panel) -> Baseline:
    """Estimate the ladder of models on the provincial panel, errors clustered by province.

    Parameters
    ----------
    panel : the table ``provincial_panel``.

    Raises
    ------
    MissingColumn
        When the panel lacks one of the variables.
    """
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    ladder = {name: fit(formula, panel if name == "lag" else sample) for name, formula in SPECIFICATIONS.items()}
    others = {
        "between": fit_between(SPECIFICATIONS["pooled"], sample, covariance="HC1"),
        "random": fit_random(SPECIFICATIONS["pooled"], sample),
        "differences": fit_differences(SPECIFICATIONS["pooled"], sample),
    }
    claim = registry().claims[CLAIM].number
    fitted = {**ladder, **others}
    return Baseline(
        sample=sample,
        ladder=ladder,
        others=others,
        claim=claim,
        comparisons={name: _compare(estimate, claim) for name, estimate in fitted.items()},
        tests=_tests(sample),
        wild=wild_of(fitted),
    )


def _compare(estimate: Estimate, claim: float) -> Comparison:
    c = estimate.coefficient(_term(estimate))
    rng = np.random.default_rng(SEED)
    return Comparison(
        estimate=c.estimate,
        std_error=c.std_error,
        low=c.low,
        high=c.high,
        claim=claim,
        inside=c.low <= claim <= c.high,
        z=(c.estimate - claim) / c.std_error,
        claim_p=wild_cluster_bootstrap(estimate, term=c.term, null=claim, draws=DRAWS, rng=rng).p_value,
        rows=estimate.counts.rows,
    )


def _term(estimate: Estimate) -> str:
    """The subsidy term of a model: contemporaneous, or lagged."""
    return SUBSIDY if SUBSIDY in estimate.terms else LAGGED


def _tests(sample: Panel) -> tuple[TestResult, ...]:
    """In the order of the table. CD uses the model without year effects, which would push its correlations below zero."""
    entity, two_way = (fit(SPECIFICATIONS[name], sample) for name in ("province", "two_way"))
    within, random = (
        fit(SPECIFICATIONS["province"], sample, covariance="iid"),
        fit_random(SPECIFICATIONS["pooled"], sample, covariance="iid"),
    )
    return (
        f_effects(two_way),
        hausman(within, random),
        mundlak(fit_random(SPECIFICATIONS["pooled"], sample)),
        wooldridge_serial_correlation(two_way),
        pesaran_cd(entity),
    )


def description(results: Baseline) -> TableExhibit:
    """Moments and quartiles of the variables."""
    return describe(
        results.sample,
        _DESCRIBED,
        title=Text("The estimation sample (subsidy proxied by fiscal S&T expenditure)", "估计样本（以财政科技支出为补贴代理）"),
    )


def correlation(results: Baseline) -> TableExhibit:
    """Correlations of the variables, Pearson's and Spearman's."""
    return correlations(results.sample, _DESCRIBED, title=Text("Correlations in the estimation sample", "估计样本的相关系数"))


def cross_section(results: Baseline) -> FigureExhibit:
    """All provinces in the last year, both axes in logs."""
    return scatter_with_fit(
        results.sample.between(LAST_YEAR, LAST_YEAR).frame,
        "fiscal_sci_exp",
        "rd_intensity",
        label="province",
        group="region4",
        log="both",
        title=Text("Fiscal S&T expenditure (proxy of the subsidy) and R&D intensity", "地方财政科技支出（补贴代理）与R&D强度"),
    )


def ladder(results: Baseline) -> TableExhibit:
    """From pooled to two-way effects and the lag."""
    return regression_table(
        {_TITLES[name]: estimate for name, estimate in results.ladder.items()},
        wild=[results.wild[name] for name in results.ladder],
        title=Text("R&D intensity and fiscal S&T expenditure (proxy of the subsidy)", "R&D强度与地方财政科技支出（补贴代理）"),
    )


def other_estimators(results: Baseline) -> TableExhibit:
    """Between provinces, random effects, first differences."""
    return regression_table(
        {_TITLES[name]: estimate for name, estimate in results.others.items()},
        wild=[results.wild[name] for name in results.others],
        title=Text("The same equation between provinces, with random effects and in differences", "同一方程：组间、随机效应与一阶差分"),
    )


def specification_tests(results: Baseline) -> TableExhibit:
    """Which model, and what is left in its residuals: one row per test, its distribution in symbols."""
    words = (
        (glossary.F_OF_EFFECTS, Text("no province and year effects", "无省份与年份效应")),
        (Text("Hausman", "Hausman检验"), Text("random effects are consistent (iid errors)", "随机效应估计一致（独立同分布误差）")),
        (Text("Mundlak", "Mundlak检验"), Text("random effects are consistent (clustered errors)", "随机效应估计一致（聚类误差）")),
        (Text("Wooldridge", "Wooldridge检验"), Text("no first-order serial correlation", "无一阶序列相关")),
        (Text("Pesaran CD", "Pesaran CD检验"), Text("provinces are uncorrelated", "省份间不相关")),
    )
    laws = {"F": "F", "chi2": "χ²", "normal": "N"}
    rows = []
    for (name, null), test in zip(words, results.tests, strict=True):
        degrees = ", ".join(f"{d:g}" for d in test.df) or "0, 1"
        law = f"{laws[test.distribution]}({degrees})"
        rows.append({"test": name, "null": null, "statistic": test.statistic, "distribution": law, "p_value": test.p_value})
    note = Text(
        "{rows} rows. F and Wooldridge: model with province and year effects; Hausman: province effects against random effects; "
        "Mundlak: province means added to the random-effects model; CD: province effects, with few periods a rough guide.",
        "{rows}个观测。F检验与Wooldridge检验：双向固定效应模型；Hausman检验：省份固定效应与随机效应比较；"
        "Mundlak检验：在随机效应模型中加入省份均值；CD检验：省份固定效应模型，期数较少时仅供参考。",
    )
    return frame_table(
        pd.DataFrame(rows),
        {
            "test": Text("Test", "检验"),
            "null": Text("Null hypothesis", "原假设"),
            "statistic": glossary.STATISTIC,
            "distribution": Text("Distribution", "分布"),
            "p_value": Head(glossary.P, "p_value"),
        },
        title=Text("Which model, and what is left in its residuals", "模型选择与残差检验"),
        notes=[note.filled(rows=results.comparisons["two_way"].rows)],
    )


def elasticity(results: Baseline) -> FigureExhibit:
    """The elasticity of every model with its intervals, beside the claim."""
    models: dict[str | Text, Estimate] = {_TITLES[name]: estimate for name, estimate in {**results.ladder, **results.others}.items()}
    return coefficient_plot(
        models,
        {title: _term(estimate) for title, estimate in models.items()},
        references=claim_mark(results.claim),
        x_label=Text("Elasticity of R&D intensity", "R&D强度弹性"),
        title=Text("Elasticity with respect to fiscal S&T expenditure (proxy)", "对地方财政科技支出（代理）的弹性"),
    )


def comparison(results: Baseline) -> TableExhibit:
    """Every model held against the claim."""
    note = Text(
        "Intervals by the t test. Wild p: restricted wild bootstrap, clustered by province, that the elasticity is the paper's value; "
        "between provinces one row each, random effects with theta held.",
        "区间由t检验得出。wild p值：原假设为弹性等于论文数值的受约束wild bootstrap，按省份聚类；"
        "组间估计每省一个观测，随机效应的θ保持估计值。",
    )
    return frame_table(
        pd.DataFrame([{"model": name, **asdict(compared)} for name, compared in results.comparisons.items()]),
        {
            "model": Text("Model", "模型"),
            "estimate": glossary.ELASTICITY,
            "std_error": glossary.STANDARD_ERROR,
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "claim": Text("Paper", "论文"),
            "inside": Text("Inside the interval", "是否在区间内"),
            "z": Text("z of the difference", "差异的z值"),
            "claim_p": Head(Text("Wild p of the paper's value", "论文数值的wild p值"), "p_value"),
            "rows": glossary.N,
        },
        names=_TITLES,
        title=Text("Our elasticities and the published one", "我们的弹性估计与论文数值"),
        notes=[note],
    )


def finding(results: Baseline) -> Statement:
    """The two-way elasticity, what it is without effects and control, and where the claim lies."""
    two_way = results.comparisons["two_way"]
    return statement(
        "subsidy_two_way",
        Text(
            "With province and year effects the elasticity with respect to fiscal S&T expenditure (a proxy of the subsidy) is {b:.3f} "
            "(standard error {se:.3f}, interval {low:.3f} to {high:.3f}, {rows} province-years, clustered by province); pooled it is "
            "{pooled:.3f}, and {alone:.3f} without GDP per head. "
            "The published {claim} {verdict} this interval, {z:.1f} standard errors away.",
            "控制省份与年份固定效应后，R&D强度对地方财政科技支出（补贴的代理变量）的弹性为{b:.3f}（标准误{se:.3f}，区间{low:.3f}至{high:.3f}，"
            "{rows}个省份-年份观测，按省份聚类）；混合回归为{pooled:.3f}，不控制人均GDP时为{alone:.3f}。"
            "论文数值{claim}{verdict}该区间，相差{z:.1f}个标准误。",
        ),
        b=two_way.estimate,
        se=two_way.std_error,
        low=two_way.low,
        high=two_way.high,
        rows=two_way.rows,
        pooled=results.comparisons["pooled"].estimate,
        alone=results.comparisons["alone"].estimate,
        claim=two_way.claim,
        verdict=Text("lies inside", "位于") if two_way.inside else Text("lies outside", "不在"),
        z=abs(two_way.z),
    )
