r"""What does the elasticity of the Colombian firms hang on: one firm, next year's money, the links between questionnaires?

Each firm is left out once. The Satterthwaite degrees of freedom of CR2 errors say how many firms the data are worth. Strict exogeneity asks
that next year's public money tells nothing about this year's own money once this year's is held::

    ln O_it = b ln S_it + d ln S_i,t+1 + a_i + l_t + e_it,    d = 0

A firm is compared with itself across questionnaires by its identifier; a record that is an average over firms (a copied one) is not the
firm that it is linked to, and its number of employees shows it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.estimate import Coefficient, Estimate, cr2, fit
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.studies.firms.colombia import DESIGNS
from toolkit.studies.firms.survey import ALL, PUBLIC, QUESTIONNAIRE, SAMPLES, WITHIN, WITHOUT

LEAD = f"F({PUBLIC}, 1)"
_WITH_LEAD = WITHIN.replace(PUBLIC, f"{PUBLIC} + {LEAD}")
_LEVEL = 0.05  # of the test of the lead
_FORMULAS = {"within": WITHIN, "questionnaire": QUESTIONNAIRE}


@dataclass(frozen=True)
class Links:
    """Firms seen in two successive questionnaires, the last year of one against the first of the next.

    Attributes
    ----------
    clean, copied : links of two records of their own, and links with a copied record.
    clean_jumps, copied_jumps : share of them in which the number of employees more than doubles or halves.
    """

    clean: int
    copied: int
    clean_jumps: float
    copied_jumps: float


@dataclass(frozen=True)
class Influence:
    """How far the elasticity moves.

    Attributes
    ----------
    estimates, small_sample : (sample, design) -> estimate, and the same with CR2 errors; designs "within" and "questionnaire".
    left_out : (sample, design) -> firm left out, estimate, std_error, low, high; smallest estimate first.
    leads : sample -> firm and year effects with next year's public money beside this year's.
    links : between questionnaires.
    claim : the published elasticity.
    """

    estimates: dict[tuple[str, str], Estimate]
    small_sample: dict[tuple[str, str], Estimate]
    left_out: dict[tuple[str, str], pd.DataFrame]
    leads: dict[str, Estimate]
    links: Links
    claim: float


def run(prepared: Panel, claim: float) -> Influence:
    """Leave each firm out, add next year's money, and look at the links.

    Parameters
    ----------
    prepared : from :func:`toolkit.studies.firms.survey.prepare`.
    claim : the published elasticity.
    """
    funded = prepared.keep(prepared.frame["fund_public"] > 0)
    samples = {ALL: funded, WITHOUT: funded.keep(funded.frame["same_as_another"] == 0)}
    pairs = [(sample, design) for sample in samples for design in _FORMULAS]
    estimates = {(sample, design): fit(_FORMULAS[design], samples[sample], cluster="firm") for sample, design in pairs}
    return Influence(
        estimates=estimates,
        small_sample={pair: cr2(estimate) for pair, estimate in estimates.items()},
        left_out={(sample, design): leave_out(samples[sample], _FORMULAS[design]) for sample, design in pairs},
        leads={sample: fit(_WITH_LEAD, panel) for sample, panel in samples.items()},
        links=_links(prepared.frame),
        claim=claim,
    )


def leave_out(panel: Panel, formula: str) -> pd.DataFrame:
    """The elasticity without each firm: firm, estimate, std_error, low, high, in the order of the estimate.

    Firms with one year of own and public money tell nothing about a change within firms and are left where they are.
    """
    rows, counted = [], panel.frame.loc[panel.frame["own_money"] > 0, "firm"].value_counts()
    for firm in counted.index[counted > 1]:
        found = fit(formula, panel.keep(panel.frame["firm"] != firm), cluster="firm").coefficient(PUBLIC)
        rows.append({"firm": firm, "estimate": found.estimate, "std_error": found.std_error, "low": found.low, "high": found.high})
    return pd.DataFrame(rows).sort_values("estimate", ignore_index=True)


def _links(frame: pd.DataFrame) -> Links:
    ordered = frame.sort_values(["firm", "year"])
    before = ordered.groupby("firm")[["survey_round", "employees", "same_as_another"]].shift()
    both = (ordered["employees"] > 0) & (before["employees"] > 0)
    linked = before["survey_round"].notna() & (before["survey_round"] != ordered["survey_round"]) & both
    change = (ordered["employees"] / before["employees"])[linked].map(math.log).abs()
    copied = ((ordered["same_as_another"] == 1) | (before["same_as_another"] == 1))[linked]
    jump = change > math.log(2)
    return Links(int((~copied).sum()), int(copied.sum()), float(jump[~copied].mean()), float(jump[copied].mean()))


def table(influence: Influence) -> TableExhibit:
    """One row per sample and design: the elasticity, what leaving one firm out does, how many firms it is worth, and the lead."""
    rows = []
    for (sample, design), estimate in influence.estimates.items():
        found, without = estimate.coefficient(PUBLIC), influence.left_out[sample, design]
        lead = influence.leads[sample].coefficient(LEAD) if design == "within" else None
        rows.append(
            {
                "sample": SAMPLES[sample],
                "design": DESIGNS[design],
                "estimate": found.estimate,
                "least": without["estimate"].iloc[0],
                "least_high": without["high"].iloc[0],
                "most": without["estimate"].iloc[-1],
                "firms": estimate.counts.entities,
                "worth": influence.small_sample[sample, design].covariance.df_terms[0],
                "lead": math.nan if lead is None else lead.estimate,
                "lead_error": math.nan if lead is None else lead.std_error,
                "lead_p": math.nan if lead is None else lead.p_value,
            }
        )
    links = influence.links
    note = Text(
        "Own money on public money. Least and most: the elasticity with one firm left out. Worth: Satterthwaite degrees of freedom of CR2 "
        "errors. Next year's money: its coefficient given this year's, where both are observed; zero under strict exogeneity, and not "
        "observed within a questionnaire of two years. Between questionnaires the number of employees more than doubles or halves in "
        "{clean_jumps:.0%} of {clean:,} links of firms' own records, and in {copied_jumps:.0%} of {copied:,} links with a copied one.",
        "自有资金对公共资金的弹性。最小与最大：逐一剔除企业所得的弹性。相当企业数：CR2标准误的Satterthwaite自由度。下年资金：与当年资金同时进入时的系数"
        "（限两年均有观测者），严格外生时应为零；同一问卷仅两年，无从观测。相邻问卷之间，企业自身记录的{clean:,}个衔接中从业人员增至两倍以上或减半以上的占"
        "{clean_jumps:.0%}，含复制记录的{copied:,}个衔接中占{copied_jumps:.0%}。",
    )
    return frame_table(
        pd.DataFrame(rows),
        {
            "sample": glossary.SAMPLE,
            "design": glossary.DESIGN,
            "estimate": glossary.ELASTICITY,
            "least": Text("Least", "最小"),
            "least_high": Text("Its upper end", "其区间上限"),
            "most": Text("Most", "最大"),
            "firms": Text("Firms used", "所用企业数"),
            "worth": Text("Worth", "相当企业数"),
            "lead": Text("Next year's money", "下年资金"),
            "lead_error": glossary.STD_ERROR,
            "lead_p": Head(glossary.P, "p_value"),
        },
        digits={"worth": 1},
        title=Text("What the elasticity depends on", "弹性取决于什么"),
        notes=[note.filled(clean=links.clean, copied=links.copied, clean_jumps=links.clean_jumps, copied_jumps=links.copied_jumps)],
    )


def finding(influence: Influence) -> Statement:
    """One firm, the worth of the sample, next year's money."""
    within = influence.estimates[ALL, "within"].coefficient(PUBLIC)
    without, alone = influence.left_out[ALL, "within"].iloc[0], influence.left_out[WITHOUT, "within"].iloc[0]
    asked = influence.left_out[ALL, "questionnaire"]["estimate"]
    lead: Coefficient = influence.leads[ALL].coefficient(LEAD)
    inside = without["low"] <= influence.claim <= without["high"]
    return statement(
        "colombia_influence",
        Text(
            "Leaving out one firm takes the elasticity with firm effects from {within:.3f} to {least:.3f} (standard error {least_se:.3f}), "
            "whose interval {holds} the published {claim}; without copied records from {before:.3f} to {alone:.3f}. "
            "{firms} firms are worth {worth:.0f} for this estimate (Satterthwaite degrees of freedom). Within one questionnaire leaving a "
            "firm out gives {asked_least:.3f} to {asked_most:.3f}. Next year's public money has {lead:.3f} ({lead_se:.3f}, p = {p:.3f}, "
            "{rows} firm-years) given this year's: {verdict}.",
            "仅剔除一家企业，企业固定效应下的弹性即由{within:.3f}变为{least:.3f}（标准误{least_se:.3f}），其区间{holds}论文数值{claim}；"
            "在剔除复制记录的样本中由{before:.3f}变为{alone:.3f}。就该估计而言，{firms}家企业仅相当于{worth:.0f}家（Satterthwaite自由度）。"
            "同一问卷内逐一剔除企业得{asked_least:.3f}至{asked_most:.3f}。下年公共资金与当年资金同时进入时系数为{lead:.3f}"
            "（{lead_se:.3f}，p = {p:.3f}，{rows}个企业-年份）：{verdict}。",
        ),
        within=within.estimate,
        least=float(without["estimate"]),
        least_se=float(without["std_error"]),
        holds=Text("still includes", "仍包含") if inside else Text("no longer includes", "不再包含"),
        claim=influence.claim,
        before=influence.estimates[WITHOUT, "within"].coefficient(PUBLIC).estimate,
        alone=float(alone["estimate"]),
        firms=influence.estimates[ALL, "within"].counts.entities,
        worth=influence.small_sample[ALL, "within"].covariance.df_terms[0],
        asked_least=float(asked.iloc[0]),
        asked_most=float(asked.iloc[-1]),
        lead=lead.estimate,
        lead_se=lead.std_error,
        p=lead.p_value,
        rows=influence.leads[ALL].counts.rows,
        verdict=Text(
            "own money moves before the public money does, against strict exogeneity", "自有资金先于公共资金变动，不符合严格外生性"
        )
        if lead.p_value < _LEVEL
        else Text("nothing speaks against strict exogeneity", "未见违背严格外生性的证据"),
    )
