"""What do studies of public money for R&D find, by design, and where does the claimed elasticity stand among them?

A study is counted once, by the latest of its versions that was read. Published numbers come in kinds that do not compare: an elasticity
(d ln R / d ln S, R&D R on public money S), own R&D per unit of public money (dR / dS: 0 if none is added), total R&D per unit
(d(R + S) / dS: 1 if none is added). Each kind has its own panel. A study without a number of these kinds stands in the table only, and so
does one of public research outside firms, whose money is not paid to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from toolkit.data.tables.elasticity_evidence import DESIGNS, EFFECTS_ON_RD
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.panels import industries as baseline

RANDOM_OR_DISCONTINUOUS = ("randomised", "discontinuity")
_QUASI = ("instrument", "bunching", "differences")
_OBSERVATIONAL = ("matching", "regression")
_REVIEWS = ("meta_regression", "survey")
_INPUTS = ("own_rd", "investment")  # outcomes that say whether a firm spends more of its own
_NOT_PAID_TO_FIRMS = "public_research"
_NORMAL_95 = 1.959964  # turns a published standard error into an interval

_DESIGN_NAMES = {
    "randomised": Text("randomised trial", "随机试验"),
    "discontinuity": Text("regression discontinuity", "断点回归"),
    "instrument": Text("instrument", "工具变量"),
    "bunching": Text("bunching", "聚束"),
    "differences": Text("differences in differences", "双重差分"),
    "matching": Text("matching", "匹配"),
    "regression": Text("regression, other", "回归及其他"),
    "meta_regression": Text("meta-regression", "荟萃回归"),
    "survey": Text("survey", "综述"),
}
_SUPPORT_NAMES = {
    "grants": Text("grants", "补助"),
    "tax": Text("tax relief", "税收优惠"),
    "grants_and_tax": Text("grants and tax relief", "补助与税收优惠"),
    "government_rd": Text("government-financed R&D", "政府资助R&D"),
    "procurement": Text("defence procurement", "国防采购"),
    "public_research": Text("public medical research", "公共医学研究"),
    "equity_fund": Text("state equity fund", "国家股权基金"),
}


class ElasticityRange(NamedTuple):
    """The least and the largest published elasticity, ends of ranges included, and the number of studies that they come from."""

    low: float
    high: float
    studies: int


@dataclass(frozen=True)
class Results:
    """What the figure, the table and the findings of this section show.

    Attributes
    ----------
    latest : the latest version of each study, one row a study, by design (see :data:`DESIGNS`) and year.
    drawn : id, kind, group (the design), estimate, low, high of the studies with a number that can be drawn, in the order of the figure.
    claim : the claimed elasticity.
    """

    latest: pd.DataFrame
    drawn: pd.DataFrame
    claim: float


def run(findings: pd.DataFrame) -> Results:
    """Count studies instead of rows, and choose the numbers that can be drawn.

    Parameters
    ----------
    findings : the table ``elasticity_evidence``.
    """
    latest = _latest_versions(findings)
    return Results(latest=latest, drawn=marked(_drawn(latest)), claim=baseline.claimed())


def _latest_versions(findings: pd.DataFrame) -> pd.DataFrame:
    """One row a study: its latest version, by design and year.

    Parameters
    ----------
    findings : the table ``elasticity_evidence``.
    """
    latest = findings[findings["is_latest"] == 1]
    order = latest.assign(place=latest["design"].map(DESIGNS.index)).sort_values(["place", "year", "id"], kind="stable")
    return order.drop(columns="place").reset_index(drop=True)


def elasticity_range(table: pd.DataFrame) -> ElasticityRange:
    """The range of published elasticities of R&D with respect to public money paid to firms, counted by study.

    Parameters
    ----------
    table : the table ``elasticity_evidence``, or some of its rows; earlier versions of a study are left out.

    Examples
    --------
    >>> import toolkit as tk
    >>> elasticity_range(tk.load_frame("elasticity_evidence"))
    ElasticityRange(low=0.07, high=0.6, studies=3)
    """
    numbers = _elasticities(_latest_versions(table))[["estimate", "low", "high"]]
    return ElasticityRange(low=float(numbers.min().min()), high=float(numbers.max().max()), studies=len(numbers))


def _elasticities(latest: pd.DataFrame) -> pd.DataFrame:
    return latest[(latest["measure"] == "elasticity") & (latest["support"] != _NOT_PAID_TO_FIRMS)]


def _drawn(latest: pd.DataFrame) -> pd.DataFrame:
    """Effects on R&D as printed, a standard error turned into an interval; by kind, then by design, then the largest first."""
    rows = latest[latest["measure"].isin(EFFECTS_ON_RD) & (latest["support"] != _NOT_PAID_TO_FIRMS)]
    reach = _NORMAL_95 * rows["std_error"]
    drawn = pd.DataFrame(
        {
            "id": rows["id"],
            "kind": rows["measure"],
            "group": rows["design"],
            "estimate": rows["estimate"],
            "low": rows["low"].fillna(rows["estimate"] - reach),
            "high": rows["high"].fillna(rows["estimate"] + reach),
        }
    )
    order = pd.DataFrame(
        {
            "kind": drawn["kind"].map(EFFECTS_ON_RD.index),
            "design": drawn["group"].map(DESIGNS.index),
            "height": -drawn["estimate"].fillna((drawn["low"] + drawn["high"]) / 2),
        }
    )
    return drawn.loc[order.sort_values(["kind", "design", "height"], kind="stable").index].reset_index(drop=True)


def forest(results: Results) -> FigureExhibit:
    """Published effects, one row a study, each kind of number on an axis of its own, with the claim as a line among the elasticities."""
    row = Text("{study}: {sample}; {support}", "{study}：{sample}；{support}")
    studies = results.latest[results.latest["id"].isin(results.drawn["id"])]
    rows = {
        study["id"]: row.filled(
            study=Text(study["cite_en"], study["cite_zh"]),
            sample=Text(study["sample_en"], study["sample_zh"]),
            support=_SUPPORT_NAMES[study["support"]],
        )
        for _, study in studies.iterrows()
    }
    kinds = {
        "elasticity": Text("Elasticity of R&D (% per 1%)", "R&D弹性（%/1%）"),
        "own_per_unit": Text("Own R&D per unit of public money (0: none added)", "每单位公共资金带来的企业自有R&D（0为无增加）"),
        "total_per_unit": Text("Total R&D per unit of public money (1: none added)", "每单位公共资金对应的全部R&D（1为无增加）"),
    }
    return forest_plot(
        results.drawn,
        "id",
        panel="kind",
        group="group",
        names={**kinds, **_DESIGN_NAMES, **rows},
        neutral={"total_per_unit": 1.0},
        digits=3,
        references=(results.claim, Text("the claim: {claim}", "论文数值：{claim}").filled(claim=results.claim)),
        title=Text("Published effects of public money on R&D, one row a study", "公共资金对R&D的影响：已发表结果（每项研究一行）"),
        notes=Text(
            "The latest version of each study, as printed. Elasticities and effects per unit of money are different quantities and stand "
            "on axes of their own. What was read prints no standard errors of these numbers, so no interval is drawn; a bar is a range "
            "that the study prints. Studies without such a number, and studies of public research outside firms, are in the table only.",
            "每项研究取最新版本，数值按原文。弹性与每单位资金的效应为不同的量，各用各的坐标轴。所读文本未给出这些数值的标准误，"
            "故不绘区间；条形为研究本身给出的范围。没有此类数值的研究，以及考察企业之外公共研究的文献，仅列于表中。",
        ),
    )


def _in_words(count: int) -> Text:
    return Text(str(count), f"有{count}项") if count else Text("none", "无")


def evidence_finding(results: Results) -> Statement:
    """How many studies of what design there are, and whether the claim lies among the published elasticities."""
    latest = results.latest
    elasticities = _elasticities(latest)
    found = elasticity_range(latest)
    narrow = elasticity_range(latest[latest["support"] == "government_rd"])
    return statement(
        "evidence",
        Text(
            "The table lists {studies} studies, each counted once: {random} with a random or discontinuous assignment, {quasi} with an "
            "instrument, bunching or differences in differences, {observational} with matching or other regressions, {reviews} "
            "meta-regressions or surveys; {numbered} print an effect on R&D that can be drawn. Elasticities come from {elasticities} "
            "studies and run from {low:.2f} to {high:.2f}, a range that {verdict} the claim of {claim}; for government-financed R&D alone "
            "they come from {narrow} and run from {narrow_low:.2f} to {narrow_high:.2f}. Of these elasticities, {random_elasticities} "
            "rest on a random or discontinuous assignment and {chinese_elasticities} on Chinese firms.",
            "表中共{studies}项研究，每项只计一次：{random}项采用随机或断点分配，{quasi}项采用工具变量、聚束或双重差分，{observational}项采"
            "用匹配或其他回归，另有{reviews}项荟萃回归或综述；其中{numbered}项给出可绘制的R&D效应。弹性来自{elasticities}项研究，介于"
            "{low:.2f}与{high:.2f}之间，这一范围{verdict}论文数值{claim}；仅就政府资助的R&D而言，弹性来自{narrow}项研究，介于"
            "{narrow_low:.2f}与{narrow_high:.2f}之间。这些弹性中，基于随机或断点分配者{random_elasticities}，以中国企业为样本者"
            "{chinese_elasticities}。",
        ),
        studies=len(latest),
        random=_count(latest, RANDOM_OR_DISCONTINUOUS),
        quasi=_count(latest, _QUASI),
        observational=_count(latest, _OBSERVATIONAL),
        reviews=_count(latest, _REVIEWS),
        numbered=len(results.drawn),
        elasticities=found.studies,
        low=found.low,
        high=found.high,
        claim=results.claim,
        verdict=Text("covers", "包含") if found.low <= results.claim <= found.high else Text("does not cover", "不包含"),
        narrow=narrow.studies,
        narrow_low=narrow.low,
        narrow_high=narrow.high,
        random_elasticities=_in_words(_count(elasticities, RANDOM_OR_DISCONTINUOUS)),
        chinese_elasticities=_in_words(int(elasticities["in_china"].sum())),
    )


def designs_finding(results: Results) -> Statement:
    """What random and discontinuous assignments, Chinese firms and meta-regressions say of the firm's own R&D."""
    latest = results.latest
    random = latest[latest["design"].isin(RANDOM_OR_DISCONTINUOUS)]
    inputs = random[random["outcome"].isin(_INPUTS)]
    on_rd = latest[(latest["outcome"] == "own_rd") & (latest["support"] != _NOT_PAID_TO_FIRMS)]
    weaker = on_rd[on_rd["design"].isin(_OBSERVATIONAL)]
    chinese = on_rd[on_rd["in_china"] == 1]
    meta = latest[latest["design"] == "meta_regression"]
    return statement(
        "evidence_designs",
        Text(
            "Of the {random} studies with a random or discontinuous assignment, {inputs} observe the firm's own R&D or investment: raised "
            "in {positive}, raised in small or medium-sized firms in {small}, not raised in {no_effect}; the other {others} observe "
            "patents, products, financing or growth. Of {weaker} matching and other regressions on R&D, {weaker_positive} find it raised "
            "and {weaker_negative} crowded out. Of {chinese} studies of the R&D of Chinese firms, {chinese_positive} find it raised, "
            "{chinese_negative} crowded out, and {chinese_random} have such an assignment. Of {meta} meta-regressions, {selected} reports "
            "positive publication selection, and the one that corrects for it leaves {corrected:.3f} of private R&D per unit of public "
            "money.",
            "采用随机或断点分配的{random}项研究中，{inputs}项观察企业自身的R&D或投资：{positive}项发现提高，{small}项发现中小企业提高，"
            "{no_effect}项未见提高；其余{others}项观察专利、产品、融资或增长。以R&D为对象的{weaker}项匹配或其他回归研究中，"
            "{weaker_positive}项发现提高，{weaker_negative}项发现挤出。以中国企业R&D为对象的{chinese}项研究中，{chinese_positive}项发现提"
            "高，{chinese_negative}项发现挤出，采用此类分配的有{chinese_random}项。{meta}项荟萃回归中，{selected}项报告正向发表选择；对其"
            "加以校正的一项得到每单位公共资金{corrected:.3f}单位私人R&D。",
        ),
        random=len(random),
        inputs=len(inputs),
        positive=_found(inputs, "positive"),
        small=_found(inputs, "positive_small"),
        no_effect=_found(inputs, "no_effect"),
        others=len(random) - len(inputs),
        weaker=len(weaker),
        weaker_positive=_found(weaker, "positive"),
        weaker_negative=_found(weaker, "negative"),
        chinese=len(chinese),
        chinese_positive=_found(chinese, "positive"),
        chinese_negative=_found(chinese, "negative"),
        chinese_random=_count(chinese, RANDOM_OR_DISCONTINUOUS),
        meta=len(meta),
        selected=int((meta["publication_bias"] == "found").sum()),
        corrected=float(meta.loc[meta["publication_bias"] == "corrected", "estimate"].item()),
    )


def _count(studies: pd.DataFrame, designs: tuple[str, ...]) -> int:
    return int(studies["design"].isin(designs).sum())


def _found(studies: pd.DataFrame, direction: str) -> int:
    return int((studies["direction"] == direction).sum())
