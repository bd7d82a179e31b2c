"""Do Colombian firms that receive more public money spend more of their own on innovation?

The elasticity between firms, within them, between the two years of one questionnaire, with and without copied records; beside it, what the
grant on the left side does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import pandas as pd

from toolkit import glossary
from toolkit.estimate import Estimate, cr2, fit, fit_between, fit_differences, fit_poisson
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import regression_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.registry import registry
from toolkit.studies.firms import grant
from toolkit.studies.firms.grant import Arithmetic
from toolkit.studies.firms.survey import (
    ALL,
    CONTAINING,
    LABELS,
    OUTCOME,
    PUBLIC,
    QUESTIONNAIRE,
    SAMPLES,
    SIZE,
    WITHIN,
    WITHOUT,
    inside,
)

DESIGNS = {
    "pooled": Text("Pooled, size and year held", "混合回归，控制规模与年份"),
    "between": Text("Between firms, size held", "企业间，控制规模"),
    "within": Text("Firm and year effects", "企业与年份固定效应"),
    "activity": Text("Firm and activity × year effects", "企业与行业×年份固定效应"),
    "differences": glossary.FIRST_DIFFERENCES,
    "questionnaire": Text("Within one questionnaire", "同一问卷内"),
    "poisson": Text("Poisson, zeros kept", "泊松回归，保留零值"),
    "research": Text("R&D that contains the grant", "含资助的R&D"),
    "spending": Text("All innovation spending", "全部创新投入"),
    "unmoved": Text("The same, if nothing but the grant moved", "同上，假定仅资助变动"),
}
_COPIES_LEFT_OUT = Text("— without copied records", "——剔除复制记录")  # below the row of all records


@dataclass(frozen=True)
class Designs:
    """The elasticity of own money in every design, on one set of records.

    Attributes
    ----------
    pooled : employees and year effects held.
    between : firm means, employees held; no year effects.
    within : firm and year effects.
    activity : firm and activity × year effects.
    differences : first differences with year effects, over the calendar, so also from one questionnaire to the next.
    questionnaire : firm × questionnaire and year effects: the two years that one questionnaire asks for.
    poisson : firm and year effects, the level of own money with its zeros, on firm-years with public money.
    """

    pooled: Estimate
    between: Estimate
    within: Estimate
    activity: Estimate
    differences: Estimate
    questionnaire: Estimate
    poisson: Estimate

    def items(self) -> dict[str, Estimate]:
        """The designs by name, in order."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Results:
    """What the exhibits of this section show.

    Attributes
    ----------
    panel : the table with what :func:`toolkit.studies.firms.survey.prepare` adds.
    designs : "all" and "without" copied records.
    containing : the left side contains the grant.
    shared : within, all records, errors clustered by groups of firms that are linked by copied records.
    small_sample : within, all records, CR2 errors with Satterthwaite degrees of freedom.
    rounds : within, all records, by questionnaire.
    rows : firm-years with public money.
    claim : the published elasticity, from the registry.
    """

    panel: Panel
    designs: dict[str, Designs]
    containing: Arithmetic
    shared: Estimate
    small_sample: Estimate
    rounds: dict[str, Estimate]
    rows: int
    claim: float


def run(prepared: Panel) -> Results:
    """Every design with and without copied records, and the left sides that contain the grant.

    Parameters
    ----------
    prepared : from :func:`toolkit.studies.firms.survey.prepare`.
    """
    funded = prepared.keep(prepared.frame["fund_public"] > 0)
    within = fit(WITHIN, funded)
    rounds = funded.frame.sort_values("year")["survey_round"].unique()
    return Results(
        panel=prepared,
        designs={ALL: fit_designs(funded), WITHOUT: fit_designs(funded.keep(funded.frame["same_as_another"] == 0))},
        containing=grant.run(funded),
        shared=fit(WITHIN, funded, cluster="linked"),
        small_sample=cr2(within),
        rounds={name: fit(WITHIN, funded.keep(funded.frame["survey_round"] == name)) for name in rounds},
        rows=len(funded.frame),
        claim=registry().claims["he2025_subsidy_elasticity"].number,
    )


def fit_designs(funded: Panel) -> Designs:
    """The designs on firm-years with public money."""
    sized = f"{OUTCOME} ~ {PUBLIC} + {SIZE}"
    return Designs(
        pooled=fit(f"{sized} | year", funded),
        between=fit_between(sized, funded),
        within=fit(WITHIN, funded),
        activity=fit(f"{OUTCOME} ~ {PUBLIC} | firm + activity_year", funded),
        differences=fit_differences(f"{OUTCOME} ~ {PUBLIC} | year", funded),
        questionnaire=fit(QUESTIONNAIRE, funded, cluster="firm"),
        poisson=fit_poisson(f"own_money ~ {PUBLIC} | firm + year", funded),
    )


def coefficients(fitted: Mapping[str, Estimate], group: str) -> pd.DataFrame:
    """One row per estimate: design, group, row (both in one), estimate, std_error, low, high, rows; with respect to public money."""
    rows = []
    for name, estimate in fitted.items():
        found = estimate.coefficient(PUBLIC)
        numbers = {"estimate": found.estimate, "std_error": found.std_error, "low": found.low, "high": found.high}
        rows.append({"design": name, "group": group, "row": f"{name}, {group}", **numbers, "rows": estimate.counts.rows})
    return pd.DataFrame(rows)


def figure(results: Results) -> FigureExhibit:
    """The elasticity in every design, with and without copied records, and what the grant on the left side does."""
    order = {name: place for place, name in enumerate(DESIGNS)}
    parts = [coefficients(designs.items(), sample) for sample, designs in results.designs.items()]
    drawn = pd.concat([*parts, coefficients(results.containing.items(), CONTAINING)], ignore_index=True)
    named = {
        row: _COPIES_LEFT_OUT if group == WITHOUT else DESIGNS[design]
        for row, design, group in zip(drawn["row"], drawn["design"], drawn["group"], strict=True)
    }
    note = Text(
        "Elasticity with respect to public money, {rows:,} firm-years with public money, {first} to {last}; 95% intervals, errors "
        "clustered by firm. Own money is that of the firm and its group. Last row: money other than public stays at its mean over the "
        "firm's years, so that the whole elasticity is arithmetic. Poisson weighs firms by their money.",
        "对公共资金的弹性，{first}—{last}年有公共资金的企业-年份观测{rows:,}个；95%置信区间，标准误按企业聚类。自有资金为企业及其集团的资金。"
        "末行假定公共资金以外的资金保持企业各年均值，其弹性纯属算术结果。泊松回归按资金规模给企业加权。",
    )
    years = results.panel.frame["year"]
    return forest_plot(
        drawn.sort_values("design", key=lambda names: names.map(order), kind="stable", ignore_index=True),
        "row",
        group="group",
        names={**named, **SAMPLES},
        references=(results.claim, Text(f"paper: {results.claim:g}", f"论文：{results.claim:g}")),
        x_label=glossary.ELASTICITY,
        title=Text(
            "Own money on public money: Colombian firms compared with others and with themselves",
            "自有资金对公共资金：哥伦比亚企业的企业间比较与企业内变动",
        ),
        notes=note.filled(rows=results.rows, first=years.min(), last=years.max()),
    )


def table(results: Results) -> TableExhibit:
    """The main designs side by side."""
    every, distinct = results.designs[ALL], results.designs[WITHOUT]
    columns = (
        (DESIGNS["pooled"], every.pooled),
        (DESIGNS["within"], every.within),
        (DESIGNS["questionnaire"], every.questionnaire),
        (DESIGNS["differences"], every.differences),
        (DESIGNS["within"], distinct.within),
        (DESIGNS["questionnaire"], distinct.questionnaire),
        (DESIGNS["within"], results.containing.research),
    )
    linked, small = results.shared.coefficient(PUBLIC), results.small_sample.coefficient(PUBLIC)
    note = Text(
        "Second column with errors clustered by groups of firms that copied records link: {linked:.3f}; with CR2 errors and "
        "{df:.0f} Satterthwaite degrees of freedom the interval is [{low:.3f}, {high:.3f}]. Current pesos: year effects take the price "
        "level. Copied records equal another firm's of the round in every amount.",
        "第二列若按由复制记录相连的企业组聚类，标准误为{linked:.3f}；采用CR2标准误与{df:.0f}个Satterthwaite自由度，区间为[{low:.3f}, "
        "{high:.3f}]。金额为现价比索，年份固定效应吸收价格水平。复制记录指与同轮另一企业各项金额完全相同的记录。",
    )
    return regression_table(
        [estimate for _, estimate in columns],
        columns=[head for head, _ in columns],
        groups=[(SAMPLES[ALL], 4), (SAMPLES[WITHOUT], 2), (SAMPLES[CONTAINING], 1)],
        labels=LABELS,
        title=Text("Colombian firms: own money on public money, design by design", "哥伦比亚企业：各设定下自有资金对公共资金的弹性"),
        notes=[note.filled(linked=linked.std_error, df=results.small_sample.covariance.df_terms[0], low=small.low, high=small.high)],
    )


def finding(results: Results) -> Statement:
    """Own money on public money: between, within, within one questionnaire, with and without copied records."""
    every, distinct = results.designs[ALL], results.designs[WITHOUT]
    pooled, within, asked = (e.coefficient(PUBLIC) for e in (every.pooled, every.within, every.questionnaire))
    alone, alone_asked = distinct.within.coefficient(PUBLIC), distinct.questionnaire.coefficient(PUBLIC)
    return statement(
        "colombia_own_money",
        Text(
            "Among Colombian service firms with public money, own money rises with it: elasticity {pooled:.3f} (standard error "
            "{pooled_se:.3f}) pooled with size and year held, {within:.3f} ({within_se:.3f}, {rows} firm-years) with firm and year "
            "effects, {asked:.3f} ({asked_se:.3f}) between the two years of one questionnaire. Without records copied from other firms "
            "the last two are {alone:.3f} ({alone_se:.3f}, {alone_rows}) and {alone_asked:.3f} ({alone_asked_se:.3f}). The published "
            "{claim} {first} the interval with firm effects and {second} that within one questionnaire. These are associations: firms "
            "choose to apply.",
            "在获得公共资金的哥伦比亚服务企业中，自有资金随之增加：控制规模与年份的混合回归弹性为{pooled:.3f}（标准误{pooled_se:.3f}），"
            "控制企业与年份固定效应为{within:.3f}（{within_se:.3f}，{rows}个企业-年份），同一问卷两年之间为{asked:.3f}（{asked_se:.3f}）。"
            "剔除复制记录后，后两者为{alone:.3f}（{alone_se:.3f}，{alone_rows}个）与{alone_asked:.3f}（{alone_asked_se:.3f}）。"
            "论文数值{claim}{first}企业固定效应估计的区间内，{second}同一问卷内估计的区间内。以上均为相关关系：是否申请由企业自行选择。",
        ),
        pooled=pooled.estimate,
        pooled_se=pooled.std_error,
        within=within.estimate,
        within_se=within.std_error,
        rows=every.within.counts.rows,
        asked=asked.estimate,
        asked_se=asked.std_error,
        alone=alone.estimate,
        alone_se=alone.std_error,
        alone_rows=distinct.within.counts.rows,
        alone_asked=alone_asked.estimate,
        alone_asked_se=alone_asked.std_error,
        claim=results.claim,
        first=inside(results.claim, within),
        second=inside(results.claim, asked),
    )
