"""Subsidy and R&D intensity: the elasticity on the provincial panel, beside the value that one paper reports.

The regressor is local fiscal expenditure on science and technology, a proxy for the subsidies that firms receive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import Estimate, WildTests, fit, fit_between, fit_differences, fit_random, wild_cluster_bootstrap, wild_tests
from toolkit.estimate.diagnostics import TestResult, f_effects, hausman, mundlak, pesaran_cd, wooldridge_serial_correlation
from toolkit.heads import Head
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.registry import registry

CLAIM = "he2025_subsidy_elasticity"
FIRST_YEAR, LAST_YEAR = 2017, 2023  # the years in which both R&D expenditure and fiscal S&T expenditure are observed

SEED, DRAWS = 20170617, 9999

OUTCOME = "log(rd_intensity)"
SUBSIDY = "log(fiscal_sci_exp)"
CONTROL = "log(gdp_per_capita)"
LAGGED = "L(log(fiscal_sci_exp), 1)"

DESCRIBED = ("rd_intensity", "fiscal_sci_exp", "fiscal_sci_share", "fiscal_sci_per_capita", "gdp_per_capita", "patents_per_10k")

SPECIFICATIONS = {
    "alone": f"{OUTCOME} ~ {SUBSIDY}",
    "pooled": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL}",
    "province": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} | province",
    "two_way": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} | province + year",
    "lag": f"{OUTCOME} ~ {LAGGED} + {CONTROL} | province + year",
}
TITLES = {
    "alone": Text("Pooled, no control", "混合回归（无控制）"),
    "pooled": glossary.POOLED,
    "province": Text("Province effects", "省份固定效应"),
    "two_way": Text("Province and year effects", "双向固定效应"),
    "lag": Text("Lagged one year", "滞后一期"),
    "between": glossary.BETWEEN,
    "random": glossary.RANDOM_EFFECTS,
    "differences": glossary.FIRST_DIFFERENCES,
}

COMPARISON_HEADS = {
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
}
COMPARISON_NOTE = Text(
    "Intervals by the t test. Wild p: restricted wild bootstrap, clustered by province, that the elasticity is the paper's value; between "
    "provinces one row each, random effects with theta held.",
    "区间由t检验得出。wild p值：原假设为弹性等于论文数值的受约束wild bootstrap，按省份聚类；组间估计每省一个观测，随机效应的θ保持估计值。",
)
TEST_HEADS = {
    "test": Text("Test", "检验"),
    "null": Text("Null hypothesis", "原假设"),
    "statistic": glossary.STATISTIC,
    "distribution": Text("Distribution", "分布"),
    "p_value": Head(glossary.P, "p_value"),
}
TEST_WORDS = (
    (glossary.F_OF_EFFECTS, Text("no province and year effects", "无省份与年份效应")),
    (Text("Hausman", "Hausman检验"), Text("random effects are consistent (iid errors)", "随机效应估计一致（独立同分布误差）")),
    (Text("Mundlak", "Mundlak检验"), Text("random effects are consistent (clustered errors)", "随机效应估计一致（聚类误差）")),
    (Text("Wooldridge", "Wooldridge检验"), Text("no first-order serial correlation", "无一阶序列相关")),
    (Text("Pesaran CD", "Pesaran CD检验"), Text("provinces are uncorrelated", "省份间不相关")),
)
LAWS = {"F": "F", "chi2": "χ²", "normal": "N"}
FINDING = Text(
    "With province and year effects the elasticity with respect to fiscal S&T expenditure (a proxy of the subsidy) is {b:.3f} "
    "(standard error {se:.3f}, interval {low:.3f} to {high:.3f}, {rows} province-years, clustered by province); pooled it is {pooled:.3f}, "
    "and {alone:.3f} without GDP per head. "
    "The published {claim} {verdict} this interval, {z:.1f} standard errors away.",
    "控制省份与年份固定效应后，R&D强度对地方财政科技支出（补贴的代理变量）的弹性为{b:.3f}（标准误{se:.3f}，区间{low:.3f}至{high:.3f}，"
    "{rows}个省份-年份观测，按省份聚类）；混合回归为{pooled:.3f}，不控制人均GDP时为{alone:.3f}。"
    "论文数值{claim}{verdict}该区间，相差{z:.1f}个标准误。",
)
INSIDE, OUTSIDE = Text("lies inside", "位于"), Text("lies outside", "不在")


@dataclass(frozen=True)
class Comparison:
    """One elasticity held against a claimed value.

    Attributes
    ----------
    estimate, std_error, low, high : the elasticity, its standard error and 95 % interval.
    claim : the claimed value.
    inside : whether the claim lies in the interval.
    z : (estimate - claim) / standard error.
    """

    estimate: float
    std_error: float
    low: float
    high: float
    claim: float
    inside: bool
    z: float


@dataclass(frozen=True)
class SubsidyResults:
    """Everything that notebook 02 shows.

    Attributes
    ----------
    sample : the rows all static models share.
    ladder : pooled without and with the control, province effects, province and year effects, lag.
    others : between, random effects and first differences of the same equation.
    claim : the published elasticity, from the registry.
    comparisons : one per model of ``ladder``.
    tests : choice and residual tests of the two-way model.
    wild : wild bootstrap that each slope is zero, one per model of ``ladder`` and ``others``: few clusters.
    wild_claim : p-value of the wild bootstrap that the elasticity is ``claim``, one per model.
    """

    sample: Panel
    ladder: dict[str, Estimate]
    others: dict[str, Estimate]
    claim: float
    comparisons: dict[str, Comparison]
    tests: tuple[TestResult, ...]
    wild: dict[str, WildTests]
    wild_claim: dict[str, float]


def run(panel: Panel) -> SubsidyResults:
    """Estimate the ladder of models on the provincial panel, errors clustered by province.

    The equation is ``ln(R&D intensity) = b ln(fiscal S&T expenditure) + c ln(GDP per head) + effects + error``; b is the elasticity.

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
    fitted = {name: (estimate, panel if name == "lag" else sample) for name, estimate in {**ladder, **others}.items()}
    return SubsidyResults(
        sample=sample,
        ladder=ladder,
        others=others,
        claim=claim,
        comparisons={name: compare(estimate, term_of(estimate), claim) for name, estimate in {**ladder, **others}.items()},
        tests=_tests(sample),
        wild=wild_of(fitted),
        wild_claim={name: _wild_p(estimate, rows, claim) for name, (estimate, rows) in fitted.items()},
    )


def wild_of(fitted: Mapping[str, tuple[Estimate, Panel]], terms: Sequence[str] = (), cluster: str | None = None) -> dict[str, WildTests]:
    """Wild bootstrap tests of each estimate on the panel it was fitted on; the seed is fixed, so that a rerun gives the same p-values.

    Parameters
    ----------
    terms : which slopes, where an estimate has them; default all.
    cluster : default that of the estimate, or the province.
    """
    return {
        name: wild_tests(
            estimate,
            panel,
            [term for term in dict.fromkeys(terms) if term in estimate.terms],
            draws=DRAWS,
            cluster=cluster,
            rng=np.random.default_rng(SEED),
        )
        for name, (estimate, panel) in fitted.items()
    }


def _wild_p(estimate: Estimate, panel: Panel, null: float) -> float:
    rng = np.random.default_rng(SEED)
    return wild_cluster_bootstrap(estimate, panel, term_of(estimate), null=null, draws=DRAWS, rng=rng).p_value


def term_of(estimate: Estimate) -> str:
    """The subsidy term of a model: contemporaneous, or lagged."""
    return SUBSIDY if SUBSIDY in estimate.terms else LAGGED


def compare(estimate: Estimate, term: str, claim: float) -> Comparison:
    """Hold one elasticity against a claimed value: inside the 95 % interval or not, and how many standard errors away."""
    c = estimate.coefficient(term)
    return Comparison(c.estimate, c.std_error, c.low, c.high, claim, c.low <= claim <= c.high, (c.estimate - claim) / c.std_error)


def _tests(sample: Panel) -> tuple[TestResult, ...]:
    """In the order of :data:`TEST_WORDS`. CD uses the model without year effects, which would push its correlations below zero."""
    entity, two_way = (fit(SPECIFICATIONS[name], sample) for name in ("province", "two_way"))
    within, random = (
        fit(SPECIFICATIONS["province"], sample, covariance="iid"),
        fit_random(SPECIFICATIONS["pooled"], sample, covariance="iid"),
    )
    return (
        f_effects(two_way, sample),
        hausman(within, random),
        mundlak(fit_random(SPECIFICATIONS["pooled"], sample), sample),
        wooldridge_serial_correlation(two_way, sample),
        pesaran_cd(entity, sample),
    )


def comparison_table(results: SubsidyResults) -> pd.DataFrame:
    """One row per model: elasticity, standard error, interval, the claim, inside or not, z and wild p of the difference, rows."""
    estimates = {**results.ladder, **results.others}
    rows = [
        {
            "model": name,
            **{k: getattr(c, k) for k in ("estimate", "std_error", "low", "high", "claim", "inside", "z")},
            "claim_p": results.wild_claim[name],
            "rows": estimates[name].counts.rows,
        }
        for name, c in results.comparisons.items()
    ]
    return pd.DataFrame(rows)


def claim_text(results: SubsidyResults) -> Text:
    """How the claimed value is named in a figure."""
    return Text(f"paper: {results.claim:g}", f"论文：{results.claim:g}")


def finding_values(results: SubsidyResults) -> dict[str, float | int | Text]:
    """What :data:`FINDING` is filled with."""
    c = results.comparisons["two_way"]
    return {
        "b": c.estimate,
        "se": c.std_error,
        "low": c.low,
        "high": c.high,
        "rows": results.ladder["two_way"].counts.rows,
        "pooled": results.comparisons["pooled"].estimate,
        "alone": results.comparisons["alone"].estimate,
        "claim": c.claim,
        "verdict": INSIDE if c.inside else OUTSIDE,
        "z": abs(c.z),
    }


def test_frame(results: SubsidyResults) -> pd.DataFrame:
    """One row per test: name, null hypothesis, statistic, its distribution in symbols, p-value."""
    rows = []
    for (name, null), test in zip(TEST_WORDS, results.tests, strict=True):
        degrees = ", ".join(f"{d:g}" for d in test.df)
        law = f"{LAWS[test.distribution]}({degrees or '0, 1'})"
        rows.append({"test": name, "null": null, "statistic": test.statistic, "distribution": law, "p_value": test.p_value})
    return pd.DataFrame(rows)


def test_notes(results: SubsidyResults) -> list[Text]:
    """On which models the tests are made."""
    rows = results.ladder["two_way"].counts.rows
    return [
        Text(
            f"{rows} rows. F and Wooldridge: model with province and year effects; Hausman: province effects against random effects; "
            "Mundlak: province means added to the random-effects model; CD: province effects, with few periods a rough guide.",
            f"{rows}个观测。F检验与Wooldridge检验：双向固定效应模型；Hausman检验：省份固定效应与随机效应比较；"
            "Mundlak检验：在随机效应模型中加入省份均值；CD检验：省份固定效应模型，期数较少时仅供参考。",
        )
    ]
