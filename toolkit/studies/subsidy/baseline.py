"""The ladder: from a comparison between provinces to one of each province with itself, with its own trend, among its neighbours' years.

Errors are clustered by province. The first columns answer another question than the later ones: who has more money, not what comes with
more of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from toolkit import glossary
from toolkit.estimate import Estimate, WildTests, fit, fit_random
from toolkit.estimate.diagnostics import TestResult, f_effects, hausman, mundlak, pesaran_cd, wooldridge_serial_correlation
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import regression_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.words.formats import p_value
from toolkit.studies.subsidy.model import FIRST_YEAR, LAST_YEAR, SPECIFICATIONS, SUBSIDY, wild_of

_TITLES = {
    "alone": Text("Pooled, no control", "混合回归（无控制）"),
    "pooled": glossary.POOLED,
    "province": Text("Province effects", "省份固定效应"),
    "two_way": glossary.TWO_WAY,
    "region_years": Text("Region × year", "区域×年份"),
    "trends": Text("Province trends", "省份趋势"),
}


@dataclass(frozen=True)
class Baseline:
    """The static models.

    Attributes
    ----------
    sample : the rows all models share.
    ladder : pooled without and with the control, province effects, both effects, region-by-year effects, province trends.
    wild : wild bootstrap that each slope is zero, one per model: few clusters.
    tests : F of the effects, Hausman, Mundlak, Wooldridge and Pesaran's CD of the two-way residuals.
    """

    sample: Panel
    ladder: dict[str, Estimate]
    wild: dict[str, WildTests]
    tests: tuple[TestResult, ...]


def run(panel: Panel) -> Baseline:
    """Estimate the ladder of models on the table ``provincial_panel``, 2010 to 2023.

    Raises
    ------
    MissingColumn
        When the panel lacks one of the variables.
    """
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    fitted = {name: fit(SPECIFICATIONS[name], sample) for name in _TITLES}
    return Baseline(sample=sample, ladder=fitted, wild=wild_of(fitted, [SUBSIDY]), tests=_tests(sample, fitted["two_way"]))


def _tests(sample: Panel, two_way: Estimate) -> tuple[TestResult, ...]:
    within = fit(SPECIFICATIONS["province"], sample, covariance="iid")
    random = fit_random(SPECIFICATIONS["pooled"], sample, covariance="iid")
    return (
        f_effects(two_way),
        hausman(within, random),
        mundlak(fit_random(SPECIFICATIONS["pooled"], sample)),
        wooldridge_serial_correlation(two_way),
        pesaran_cd(two_way),
    )


def ladder(results: Baseline) -> TableExhibit:
    """From pooled to province trends; the tests that choose between them stand in the note."""
    words = (
        Text("no effects (F)", "无固定效应（F检验）"),
        Text("random effects (Hausman)", "随机效应（Hausman检验）"),
        Text("random effects, clustered (Mundlak)", "随机效应，聚类（Mundlak检验）"),
        Text("no serial correlation (Wooldridge)", "无序列相关（Wooldridge检验）"),
        Text("no correlation between provinces, two-way residuals (Pesaran CD)", "双向固定效应残差省际不相关（Pesaran CD检验）"),
    )
    tested = [(word, p_value(test.p_value)) for word, test in zip(words, results.tests, strict=True)]
    listed = Text("; ".join(f"{word.en} p {p}" for word, p in tested), "；".join(f"{word.zh} p {p}" for word, p in tested))
    return regression_table(
        {_TITLES[name]: estimate for name, estimate in results.ladder.items()},
        wild=list(results.wild.values()),
        title=Text(
            "R&D intensity and fiscal S&T expenditure (proxy of the subsidy), {years}", "R&D强度与地方财政科技支出（补贴代理），{years}年"
        ).filled(years=f"{FIRST_YEAR}–{LAST_YEAR}"),
        notes=[Text("Tests of: {tests}.", "检验的原假设：{tests}。").filled(tests=listed)],
    )
