r"""What does an elasticity say in yuan: how much R&D goes with one more yuan of subsidy, and where does that exceed one?

.. math:: \frac{\partial R}{\partial S} = b \frac{R}{S}, \qquad \frac{\partial R}{\partial S} > 1 \iff \frac{S}{R} < b

At given GDP the elasticity of R&D intensity is that of R&D, so the share of subsidy in R&D at which one yuan brings one yuan is the
elasticity itself. R and S are published totals; the only uncertainty is that of b, so the delta method is exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import short_chinese
from toolkit.estimate import Coefficient, fit
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.registry import registry
from toolkit.studies.subsidy.model import CLAIM, FIRST_YEAR, LAST_YEAR, SPECIFICATIONS, SUBSIDY


@dataclass(frozen=True)
class ImpliedYuan:
    """Marginal yuan by province.

    Attributes
    ----------
    year : of the R&D and subsidy totals.
    elasticity : the coefficient with its 95 % interval.
    claim : the published elasticity.
    provinces : province, rd, subsidy (100 million yuan), share (%), estimate, std_error, low, high, claim; the largest estimate first.
    ratio : national R&D over national subsidy.
    """

    year: int
    elasticity: Coefficient
    claim: float
    provinces: pd.DataFrame
    ratio: float


def run(panel: Panel) -> ImpliedYuan:
    """The two-way elasticity of :mod:`toolkit.studies.subsidy` in yuan, in the last year that has both totals.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    elasticity = fit(SPECIFICATIONS["two_way"], panel.between(FIRST_YEAR, LAST_YEAR)).coefficient(SUBSIDY)
    claim = registry().claims[CLAIM].number
    rows = panel.frame.loc[panel.frame[panel.time] == LAST_YEAR, [panel.entity, "rd_expenditure", "fiscal_sci_exp"]]
    frame = rows.set_axis(["province", "rd", "subsidy"], axis=1).reset_index(drop=True)
    return ImpliedYuan(
        year=LAST_YEAR,
        elasticity=elasticity,
        claim=claim,
        provinces=marginal_yuan(frame, elasticity, claim),
        ratio=frame["rd"].sum() / frame["subsidy"].sum(),
    )


def marginal_yuan(frame: pd.DataFrame, elasticity: Coefficient, claim: float) -> pd.DataFrame:
    """Elasticity times R&D over subsidy, row by row, the largest first.

    Parameters
    ----------
    frame : columns ``rd`` and ``subsidy`` in the same unit, positive.
    elasticity : with standard error and interval.
    claim : another elasticity, without an interval.
    """
    ratio = frame["rd"] / frame["subsidy"]
    yuan = {name: getattr(elasticity, name) * ratio for name in ("estimate", "std_error", "low", "high")}
    return frame.assign(share=100 / ratio, **yuan, claim=claim * ratio).sort_values("estimate", ascending=False, ignore_index=True)


def _note(results: ImpliedYuan) -> Text:
    return Text(
        "Elasticity times R&D expenditure over local fiscal S&T expenditure, a proxy of the subsidy, in {year}. Intervals: 95 %, those of "
        "the elasticity. An association at given GDP; part of that money is itself R&D.",
        "弹性乘以R&D经费与地方财政科技支出（补贴的代理变量）之比，{year}年。区间：弹性的95%区间。为给定GDP下的相关关系；该支出的一部分本身即为R&D。",
    ).filled(year=results.year)


def by_province(results: ImpliedYuan) -> FigureExhibit:
    """The yuan of each province with their intervals, beside one."""
    return forest_plot(
        results.provinces,
        "province",
        neutral=1.0,
        x_label=Text("Yuan of R&D per yuan of fiscal S&T expenditure", "每元地方财政科技支出对应的R&D（元）"),
        title=Text(
            "One more yuan of fiscal S&T expenditure (proxy of the subsidy): R&D that goes with it",
            "地方财政科技支出（补贴代理）每多一元对应的R&D",
        ),
        notes=_note(results),
    )


def thresholds(results: ImpliedYuan) -> TableExhibit:
    """Our elasticity and the claim: the share of subsidy in R&D (%) below which a yuan brings more than one, and who lies below."""
    e, share = results.elasticity, results.provinces["share"]
    elasticities = {"two_way": (e.estimate, e.low, e.high), "claim": (results.claim, float("nan"), float("nan"))}
    rows = [
        {
            "model": name,
            "elasticity": value,
            "threshold": 100 * value,
            "threshold_low": 100 * low,
            "threshold_high": 100 * high,
            "below": int((share < 100 * value).sum()),
            "provinces": len(share),
            "national": value * results.ratio,
        }
        for name, (value, low, high) in elasticities.items()
    ]
    return frame_table(
        pd.DataFrame(rows),
        {
            "model": Text("Elasticity of", "弹性来源"),
            "elasticity": glossary.ELASTICITY,
            "threshold": Text("Share below which one yuan brings more than one (%)", "一元带动超过一元的占比上限（%）"),
            "threshold_low": glossary.LOW,
            "threshold_high": glossary.HIGH,
            "below": Text("Provinces below", "低于该值的省份数"),
            "provinces": Text("of", "总数"),
            "national": Text("Nation: yuan per yuan", "全国：每元对应（元）"),
        },
        names={
            "two_way": Text("This panel, province and year effects", "本面板，双向固定效应"),
            "claim": Text("The paper (no standard error printed)", "论文（未给标准误）"),
        },
        digits={"threshold": 1, "threshold_low": 1, "threshold_high": 1},
        title=Text(
            "The share of fiscal S&T expenditure (proxy) in R&D below which one yuan brings more than one",
            "一元带动超过一元的地方财政科技支出（代理）占R&D份额上限",
        ),
        notes=[_note(results)],
    )


def provinces(results: ImpliedYuan) -> TableExhibit:
    """The yuan of each province in numbers, with those that the claimed elasticity would give."""
    return frame_table(
        results.provinces,
        {
            "province": glossary.PROVINCE,
            "share": Text("Science budget / R&D (%)", "科技财政支出/R&D（%）"),
            "estimate": Text("Yuan per yuan", "每元对应（元）"),
            "std_error": glossary.STANDARD_ERROR,
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "claim": Text("With the paper's value", "按论文数值"),
        },
        digits={"share": 1, **dict.fromkeys(["estimate", "std_error", "low", "high", "claim"], 2)},
        title=Text(
            "R&D that goes with one more yuan of fiscal S&T expenditure (proxy of the subsidy)",
            "地方财政科技支出（补贴代理）每多一元对应的R&D",
        ),
        notes=[_note(results)],
    )


def yuan_finding(results: ImpliedYuan) -> Statement:
    """The yuan of the nation and of the provinces at both ends, and how many lie above and below one."""
    e, frame = results.elasticity, results.provinces
    most, least = frame.iloc[0], frame.iloc[-1]
    return statement(
        "implied_yuan",
        Text(
            "With the elasticity of {b:.3f} ({low:.3f} to {high:.3f}), one more yuan of the science budget (a proxy of the subsidy) goes "
            "with {nation:.2f} yuan of R&D in the nation ({nation_low:.2f} to {nation_high:.2f}), from {least:.2f} in {least_name} to "
            "{most:.2f} in {most_name}. The point estimate exceeds one where that budget is below {threshold:.1%} of R&D: in {below} of "
            "{provinces} provinces; the interval lies above one in {surely} and below one in {surely_not}. The {claim} of the paper would "
            "put {below_claim} provinces above one.",
            "按弹性{b:.3f}（{low:.3f}至{high:.3f}），科技财政支出（补贴的代理变量）每多一元，全国对应R&D {nation:.2f}元（{nation_low:.2f}至"
            "{nation_high:.2f}），最低为{least_name}{least:.2f}元，最高为{most_name}{most:.2f}元。当该支出低于R&D的{threshold:.1%}时点估计"
            "超过一元：{provinces}个省份中有{below}个；区间整体高于一的有{surely}个，整体低于一的有{surely_not}个。若用论文的{claim}，"
            "则有{below_claim}个省份高于一元。",
        ),
        b=e.estimate,
        low=e.low,
        high=e.high,
        nation=e.estimate * results.ratio,
        nation_low=e.low * results.ratio,
        nation_high=e.high * results.ratio,
        least=least["estimate"],
        least_name=Text(least["province"], short_chinese(least["province"])),
        most=most["estimate"],
        most_name=Text(most["province"], short_chinese(most["province"])),
        threshold=e.estimate,
        below=int((frame["share"] < 100 * e.estimate).sum()),
        provinces=len(frame),
        surely=int((frame["low"] > 1).sum()),
        surely_not=int((frame["high"] < 1).sum()),
        claim=f"{results.claim:g}",
        below_claim=int((frame["share"] < 100 * results.claim).sum()),
    )
