"""Seven panels beside each other: large across units, small within them; and where the claim and the literature stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.estimate import Coefficient, Estimate
from toolkit.language import Head, Text
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.contrast import contrast_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.firms import colombia, survey
from toolkit.studies.panels.designs import Models, years_of
from toolkit.studies.panels.evidence import ElasticityRange
from toolkit.studies.panels.industries import claimed
from toolkit.studies.panels.influence import FIRMS_NAME, Influence


@dataclass(frozen=True)
class PanelResult:
    """The slope of own money on public money in one panel, three ways.

    Attributes
    ----------
    name : of the panel, "31 Chinese provinces".
    unit : what is observed, in the singular, "province".
    pooled : across units and years, without unit effects.
    within : with unit and year effects.
    differences : first differences with year effects.
    rows, units : that enter the within model.
    years : first and last year of the rows.
    caveat : what the panel cannot say, a sentence.
    jackknife : ``within`` with errors of the cluster jackknife (CV3), which hold where few units carry the variation; None if not asked.
    """

    name: Text
    unit: Text
    pooled: Coefficient
    within: Coefficient
    differences: Coefficient
    rows: int
    units: int
    years: tuple[int, int]
    caveat: Text
    jackknife: Coefficient | None = None

    @property
    def cautious(self) -> Coefficient:
        """The slope within units with the jackknife interval, where there is one: the interval that is printed."""
        return self.within if self.jackknife is None else self.jackknife


def _panel_result(
    *,
    name: Text,
    unit: Text,
    years: tuple[int, int],
    caveat: Text,
    term: str,
    pooled: Estimate,
    within: Estimate,
    differences: Estimate,
    jackknife: Coefficient | None = None,
) -> PanelResult:
    """The slopes of ``term`` in three models of one panel.

    Raises
    ------
    NotEstimable
        A model does not have the term.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.estimate import fit, fit_differences, fit_pooled
    >>> from toolkit.panel import Panel
    >>> frame = pd.DataFrame({"id": list("aabbccdd"), "t": [1, 2] * 4, "x": [0.0, 2, 2, 4, 5, 9, 7, 8], "y": [1.0, 2, 3, 5, 6, 8, 9, 9]})
    >>> panel = Panel(frame, "id", "t")
    >>> models = {"pooled": fit_pooled("y ~ x", panel), "within": fit("y ~ x | id + t", panel)}
    >>> models["differences"] = fit_differences("y ~ x | t", panel)
    >>> words = {"name": Text("Four units", "四个单位"), "unit": Text("unit", "单位"), "caveat": Text("Made up.", "虚构。")}
    >>> found = _panel_result(term="x", years=(1, 2), **words, **models)
    >>> found.rows, found.units, round(found.within.estimate, 3) == round(found.differences.estimate, 3)
    (8, 4, True)
    """
    return PanelResult(
        name=name,
        unit=unit,
        pooled=pooled.coefficient(term),
        within=within.coefficient(term),
        differences=differences.coefficient(term),
        rows=within.counts.rows,
        units=within.counts.entities,
        years=years,
        caveat=caveat,
        jackknife=jackknife,
    )


MODELS = {
    "pooled": Text("Across units of the same year (year effects)", "同年单位之间（年份固定效应）"),
    "within": Text("Within units (unit and year effects)", "单位之内（单位与年份固定效应）"),
    "differences": Text("From one year to the next (first differences)", "逐年变化（一阶差分）"),
}
_ROW = Text("{name}, {first}–{last} ({units})", "{name}，{first}—{last}年（{units}个）")


def results(fitted: Mapping[str, Models], firms: colombia.Designs, found: Mapping[str, Influence]) -> tuple[PanelResult, ...]:
    """What each panel says, firms last.

    Parameters
    ----------
    fitted : from :func:`toolkit.studies.panels.designs.run`.
    firms : all records, from :func:`toolkit.studies.firms.colombia.run`.
    found : from :func:`toolkit.studies.panels.influence.of_panels`.
    """
    panels = [
        _panel_result(
            name=models.design.name,
            unit=models.design.unit,
            years=years_of(models.within),
            caveat=models.design.caveat,
            term=models.design.money,
            pooled=models.pooled,
            within=models.within,
            differences=models.differences,
            jackknife=found[key].jackknife,
        )
        for key, models in fitted.items()
    ]
    firm = _panel_result(
        name=FIRMS_NAME,
        unit=Text("firm", "企业"),
        years=years_of(firms.within),
        caveat=Text(
            "Grants and credit in one figure, only firms with innovation spending, copied records of the publisher; size held across "
            "firms.",
            "资助与信贷合计，仅含有创新投入的企业，且有发布方复制的记录；企业之间的比较控制规模。",
        ),
        term=survey.PUBLIC,
        pooled=firms.pooled,
        within=firms.within,
        differences=firms.differences,
        jackknife=found["firms"].jackknife,
    )
    return (*panels, firm)


def _coefficient(result: PanelResult, model: str) -> Coefficient:
    found: Coefficient = getattr(result, model)
    return found


def seven_panels(results: Sequence[PanelResult], literature: ElasticityRange) -> FigureExhibit:
    """One row per panel: the elasticity across units and within them with 95% intervals, the claim as a line, the literature as a band.

    Parameters
    ----------
    results : one per panel, in the order of the rows.
    literature : the range of published elasticities.
    """
    names = {
        result.name.en: _ROW.filled(name=result.name, units=result.units, first=result.years[0], last=result.years[1]) for result in results
    }
    marks = [
        {"panel": result.name.en, "model": model, "estimate": c.estimate, "low": c.low, "high": c.high}
        for result in results
        for model, c in (("pooled", result.pooled), ("within", result.cautious))
    ]
    claim = claimed()
    span = Text("published elasticities, {n} studies: {low:.2f} to {high:.2f}", "已发表弹性，{n}项研究：{low:.2f}至{high:.2f}")
    return contrast_plot(
        pd.DataFrame(marks),
        "panel",
        "model",
        references=(claim, Text("paper: {claim}", "论文：{claim}").filled(claim=f"{claim:g}")),
        band=(literature.low, literature.high, span.filled(n=literature.studies, low=literature.low, high=literature.high)),
        x_label=Text("Elasticity of own R&D money with respect to public money", "自有R&D资金对公共资金的弹性"),
        names={**names, **MODELS},
        title=Text(
            "Seven panels: public and own R&D money go together more closely across units than within them",
            "七个面板：公共资金与自有R&D资金的关联，单位之间强于单位之内",
        ),
        notes=Text(
            "95% intervals, clustered by unit; within units by the cluster jackknife, which is reliable where a few units supply most of "
            "the variation. Own and public money are measured differently in each panel, as the table shows; for the Chinese provinces "
            "the left side is R&D of all payers over GDP. The band spans kinds of public money and designs of their own; associations, "
            "not effects.",
            "95%置信区间，按单位聚类；单位之内采用聚类刀切法，适用于变动集中于少数单位的情形。各面板的自有资金与公共资金口径不同，"
            "见配套表；中国省份左侧为全部出资方R&D与GDP之比。灰带跨越不同类型的公共资金与识别设计；均为相关关系，而非因果效应。",
        ),
    )


def table(results: Sequence[PanelResult]) -> TableExhibit:
    """All numbers of the panels: three slopes with standard errors, rows, units, years, and the caveat."""
    rows = []
    for result in results:
        slopes = {
            f"{model}{end}": value
            for model in MODELS
            for c in (_coefficient(result, model),)
            for end, value in (("", c.estimate), ("_se", c.std_error))
        }
        rows.append(
            {
                "panel": result.name,
                **slopes,
                "jackknife_se": result.cautious.std_error,
                "jackknife_p": result.cautious.p_value,
                "rows": result.rows,
                "units": result.units,
                "years": f"{result.years[0]}–{result.years[1]}",
            }
        )
    error = Text("(s.e.)", "（标准误）")
    heads: dict[str, str | Text | Head] = {
        "panel": Text("Panel", "面板"),
        "pooled": Text("Across units", "单位之间"),
        "pooled_se": error,
        "within": Text("Within units", "单位之内"),
        "within_se": error,
        "jackknife_se": Text("jackknife", "刀切法"),
        "jackknife_p": Head(glossary.P, "p_value"),
        "differences": glossary.FIRST_DIFFERENCES,
        "differences_se": error,
        "rows": glossary.N,
        "units": Text("Units", "单位数"),
        "years": Text("Span", "年份区间"),
    }
    return frame_table(
        pd.DataFrame(rows),
        heads,
        title=Text("Own R&D money on public money in seven panels", "七个面板中自有R&D资金对公共资金的弹性"),
        notes=[
            Text(
                "Elasticities, errors clustered by unit; across units with year effects, within units with both effects, differences "
                "with year effects. N and units are those of the model within units. Jackknife: standard error and p-value of the "
                "elasticity within units by the cluster jackknife (CV3).",
                "弹性，按单位聚类；单位之间控制年份固定效应，单位之内控制双向固定效应，差分控制年份固定效应。"
                "观测值与单位数为单位之内模型所用。刀切法：单位之内弹性的聚类刀切法（CV3）标准误与p值。",
            ),
            *[Text("{name}: {caveat}", "{name}：{caveat}").filled(name=result.name, caveat=result.caveat) for result in results],
        ],
    )


_ALL_SMALLER, _SOME_SMALLER = Text("in every one", "均更小"), Text("in {smaller}", "有{smaller}个更小")


def finding(results: Sequence[PanelResult]) -> Statement:
    """Large across units, small within them: the range of both, and how many intervals hold the claim and zero."""
    pooled = sorted(results, key=lambda result: result.pooled.estimate)
    within = sorted(results, key=lambda result: result.within.estimate)
    smaller = sum(result.within.estimate < result.pooled.estimate for result in results)
    near = min(results, key=lambda result: result.pooled.estimate - result.within.estimate)
    claim = claimed()
    medians = {f"median_{model}": float(pd.Series([_coefficient(r, model).estimate for r in results]).median()) for model in MODELS}
    return statement(
        "seven_panels",
        Text(
            "In all {count} panels own R&D money is larger where public money is: across units of the same year the elasticity runs from "
            "{pooled_least:.2f} ({pooled_least_name}) to {pooled_most:.2f} ({pooled_most_name}). Within units it is smaller {smaller}, "
            "from {within_least:.2f} ({within_least_name}) to {within_most:.2f} ({within_most_name}), the median {median_within:.2f} "
            "against {median_pooled:.2f}, and nearest to it in {near_name} ({near_pooled:.2f} across, {near_within:.2f} within); from one "
            "year to the next the median is {median_differences:.2f}. The interval within units includes the claimed {claim} in {holds} "
            "of {count} panels and zero in {zeros}.",
            "{count}个面板中，公共资金多处自有R&D资金均较多：同年单位之间的弹性从{pooled_least:.2f}（{pooled_least_name}）到"
            "{pooled_most:.2f}（{pooled_most_name}）。单位之内的弹性{smaller}，从{within_least:.2f}（{within_least_name}）到"
            "{within_most:.2f}（{within_most_name}），中位数由{median_pooled:.2f}降至{median_within:.2f}，二者最接近的是{near_name}（单位"
            "之间{near_pooled:.2f}，单位之内{near_within:.2f}）；逐年变化的中位数为{median_differences:.2f}。单位之内的区间包含论文数值"
            "{claim}的有{holds}个，包含零的有{zeros}个。",
        ),
        count=len(results),
        pooled_least=pooled[0].pooled.estimate,
        pooled_least_name=pooled[0].name,
        pooled_most=pooled[-1].pooled.estimate,
        pooled_most_name=pooled[-1].name,
        smaller=_ALL_SMALLER if smaller == len(results) else _SOME_SMALLER.filled(smaller=smaller),
        within_least=within[0].within.estimate,
        within_least_name=within[0].name,
        within_most=within[-1].within.estimate,
        within_most_name=within[-1].name,
        near_name=near.name,
        near_pooled=near.pooled.estimate,
        near_within=near.within.estimate,
        claim=claim,
        holds=sum(result.cautious.low <= claim <= result.cautious.high for result in results),
        zeros=sum(result.cautious.low <= 0 <= result.cautious.high for result in results),
        **medians,
    )
