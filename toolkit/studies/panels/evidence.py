"""Where do the claimed elasticity and our estimates stand among published ones?

Published numbers come in kinds that do not compare: an elasticity (d ln R / d ln S, R&D R on public money S), own R&D per unit of public
money (dR / dS: 0 if none is added), total R&D per unit (d(R + S) / dS: 1 if none is added). Each kind has its own panel.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.data.raw import RawFolder
from toolkit.data.tables.elasticity_evidence import excluded
from toolkit.errors import UnknownName
from toolkit.estimate import fit
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.panels import industries as baseline
from toolkit.studies.subsidy import model as subsidy


@dataclass(frozen=True)
class Words:
    """One published finding in words; its numbers stay in the data.

    Attributes
    ----------
    study : authors and year.
    sample : who was observed, and how.
    says : the finding, without numbers.
    """

    study: Text
    sample: Text
    says: Text


def _same(study: str) -> Text:
    return Text(study, study.replace(" & ", "与").replace(", ", "、"))


FINDINGS = {
    "moretti_2025": Words(
        Text("Moretti, Steinwender & Van Reenen 2025", "Moretti等 2025"),
        Text("OECD, France; IV", "OECD与法国，工具变量"),
        Text("public R&D raises private R&D (IV: defence R&D)", "公共R&D（以预测的国防R&D为工具变量）带动私人R&D"),
    ),
    "moretti_2019": Words(
        Text("Moretti et al., 2019 version", "Moretti等，2019年版"),
        Text("OECD, France; IV", "OECD与法国，工具变量"),
        Text("earlier version of the same paper", "同一论文的较早版本"),
    ),
    "moretti_2016": Words(
        Text("Moretti et al., 2016 draft", "Moretti等，2016年草稿"),
        Text("OECD; IV", "OECD，工具变量"),
        Text("first version of the same paper", "同一论文的最早版本"),
    ),
    "lach_2000": Words(
        _same("Lach 2000"),
        Text("Israeli manufacturing firms, long run", "以色列制造业企业，长期"),
        Text("subsidies raise company R&D in the long run", "长期内补贴提高企业R&D"),
    ),
    "lach_2002": Words(
        _same("Lach 2002"),
        Text("Israeli manufacturing firms", "以色列制造业企业"),
        Text("small firms add much, all together not significant", "小企业增加较多，总体不显著"),
    ),
    "boeing_2016": Words(
        _same("Boeing 2016"),
        Text("Chinese listed firms, effect in 2006", "中国上市企业，2006年效应"),
        Text("crowding out in the year shown, neutral later", "所示年份存在挤出，此后为中性"),
    ),
    "guellec_vp_2000": Words(
        _same("Guellec & van Pottelsberghe 2000"),
        Text("OECD countries", "OECD国家"),
        Text("public funding adds to business R&D, up to a point", "公共资助在一定限度内增加企业R&D"),
    ),
    "correa_2013": Words(
        Text("Correa, Andrés & Borja-Vega 2013", "Correa等 2013"),
        Text("meta-analysis", "荟萃分析"),
        Text("subsidies add to R&D; sensitive to method", "补贴增加企业R&D；单位不一，对方法敏感"),
    ),
    "complexity_2022": Words(
        Text("Complexity 2022, article 4905287", "Complexity 2022，文章4905287"),
        Text("Chinese firms, ratios", "中国企业，比率"),
        Text("R&D ratio on subsidy ratio; both share a denominator", "研发比率对补贴比率；两侧分母相同"),
    ),
    "dimos_pugh_2016": Words(
        _same("Dimos & Pugh 2016"),
        Text("meta-regression of micro studies", "微观研究的荟萃回归"),
        Text("neither crowding out nor much added; publication bias", "未见挤出，也无显著额外效应；存在发表偏倚"),
    ),
    "becker_2015": Words(
        _same("Becker 2015"),
        Text("survey", "综述"),
        Text("recent studies: stimulation, not crowding out", "近期研究多为激励而非挤出"),
    ),
    "david_hall_toole_2000": Words(_same("David, Hall & Toole 2000"), Text("survey", "综述"), Text("ambivalent", "结论不一")),
    "boeing_peters": Words(
        _same("Boeing & Peters 2023"), Text("Chinese firms", "中国企业"), Text("much of the money was misused", "相当部分资金被挪用")
    ),
    "liu_li_li_2016": Words(
        _same("Liu, Li & Li 2016"),
        Text("high-tech firms in Jiangsu, matching", "江苏高技术企业，匹配法"),
        Text("positive; stronger for small, constrained, private firms", "为正；小型、受融资约束、民营企业更强"),
    ),
    "yu_2016": Words(
        Text("Yu, Guo, Le-Nguyen et al. 2016", "Yu等 2016"),
        Text("Chinese renewable-energy firms, panel threshold", "中国可再生能源企业，面板门限"),
        Text("crowding out, with thresholds", "存在挤出及门限"),
    ),
    "song_wen_2023": Words(
        _same("Song & Wen 2023"),
        Text("Chinese integrated-circuit firms, panel", "中国集成电路上市企业，面板"),
        Text("subsidies inhibit; nearest to the claim's sample", "财政补贴抑制创新；样本与论文最接近"),
    ),
    "tong_wan_2023": Words(
        _same("Tong & Wan 2023"),
        Text("Chinese integrated-circuit firms, DiD", "中国集成电路上市企业，双重差分"),
        Text("the national fund enhances innovation", "国家大基金促进创新"),
    ),
    "zuo_lin_2022": Words(
        _same("Zuo & Lin 2022"),
        Text("Chinese listed firms, panel", "中国上市企业，面板"),
        Text("effect size not read", "未读到效应大小"),
    ),
    "bronzini_iachini_2014": Words(
        _same("Bronzini & Iachini 2014"),
        Text("northern Italy, regression discontinuity", "意大利北部，断点回归"),
        Text("none overall; small firms raise investment", "总体无效应；小企业增加投资"),
    ),
    "chen_2021": Words(
        Text("Chen, Liu, Suárez Serrato & Xu 2021", "Chen等 2021"),
        Text("Chinese tax notch, bunching; share of reported R&D", "中国税收断点，聚束；占申报R&D的份额"),
        Text("part of reported R&D is relabelled", "部分申报R&D为重新归类"),
    ),
}

MEASURES = {
    "elasticity": "elasticity",
    "long-run elasticity": "elasticity",
    "own R&D per 1 unit": "own_per_unit",
    "total R&D per 1 unit of direct funding": "total_per_unit",
    "additionality coefficient": "other",
    "slope of R&D ratio on subsidy ratio": "other",
}

_KINDS = ("elasticity", "own_per_unit", "total_per_unit", "other", "in_words")  # in the order of the panels
_COMPUTED = "computed"  # rows of this project in the file; they are estimated anew here
_NOT_EFFECTS = ("share relabelled",)  # numbers that are no effect of public money on R&D
_NORMAL_95 = 1.959964  # turns a published standard error into an interval


@dataclass(frozen=True)
class Results:
    """What the figure, the tables and the finding of this section show.

    Attributes
    ----------
    drawn : id, kind, group, estimate, low, high, in the order of the figure.
    table : one row per published finding: study, sample, kind, estimate, std_error, range_low, range_high, says, outlet (words in both
        languages).
    recalled : ids of findings that the data leave out because they were remembered, not read.
    claim : the claimed elasticity.
    """

    drawn: pd.DataFrame
    table: pd.DataFrame
    recalled: tuple[str, ...]
    claim: float


def run(findings: pd.DataFrame, provinces: Panel, industries: Panel) -> Results:
    """Put published findings, the claim and our own estimates side by side.

    Parameters
    ----------
    findings : the table ``elasticity_evidence``.
    provinces, industries : the tables ``provincial_panel`` and ``us_industry_rd``.

    Raises
    ------
    UnknownName
        When a finding has no words in :data:`FINDINGS`, or its kind of number no panel in :data:`MEASURES`.
    """
    published = findings[findings["status"] != _COMPUTED].reset_index(drop=True)
    _require_texts(published)
    claim = baseline.claimed()
    ours = [
        {"id": "claim", "kind": "elasticity", "group": "paper", "estimate": claim},
        *_own("provinces", subsidy.SPECIFICATIONS, subsidy.SUBSIDY, provinces.between(subsidy.FIRST_YEAR, subsidy.LAST_YEAR)),
        *_own("us", baseline.SPECIFICATIONS, baseline.FEDERAL, baseline.prepare(industries)),
    ]
    drawn = pd.concat([pd.DataFrame(ours), _with_number(published)], ignore_index=True)
    drawn = drawn.sort_values("kind", key=lambda kinds: kinds.map(_KINDS.index), kind="stable", ignore_index=True)
    return Results(drawn=marked(drawn), table=_table(published), recalled=excluded(RawFolder()), claim=claim)


def _require_texts(published: pd.DataFrame) -> None:
    for study, measure, number in zip(published["id"], published["measure"], _numbered(published), strict=True):
        if study not in FINDINGS:
            raise UnknownName(f"finding {study!r} has no text", where="toolkit/studies.panels/evidence.py", remedy="add it to FINDINGS")
        if number and measure not in MEASURES and measure not in _NOT_EFFECTS:
            raise UnknownName(f"measure {measure!r} has no panel", where=f"finding {study}", remedy="add it to MEASURES")


def _numbered(published: pd.DataFrame) -> pd.Series:
    return published[["estimate", "low"]].notna().any(axis=1)


def _own(prefix: str, specifications: dict[str, str], term: str, sample: Panel) -> list[dict[str, object]]:
    """Our two-way and pooled elasticity with their 95 % intervals."""
    found: list[dict[str, object]] = []
    for name in ("two_way", "pooled"):
        c = fit(specifications[name], sample).coefficient(term)
        group = "provinces" if prefix == "provinces" else "industries"
        found.append({"id": f"{prefix}_{name}", "kind": "elasticity", "group": group, "estimate": c.estimate, "low": c.low, "high": c.high})
    return found


def _with_number(published: pd.DataFrame) -> pd.DataFrame:
    """Published effects with a number: as printed, a standard error turned into an interval, largest first within each kind."""
    rows = published[_numbered(published) & published["measure"].isin(list(MEASURES))]
    reach = _NORMAL_95 * rows["std_error"]
    drawn = pd.DataFrame(
        {
            "id": rows["id"],
            "kind": rows["measure"].map(MEASURES),
            "group": "published",
            "estimate": rows["estimate"],
            "low": rows["low"].fillna(rows["estimate"] - reach),
            "high": rows["high"].fillna(rows["estimate"] + reach),
        }
    )
    height = drawn["estimate"].fillna((drawn["low"] + drawn["high"]) / 2)
    return drawn.loc[height.sort_values(ascending=False, kind="stable").index]


def _table(published: pd.DataFrame) -> pd.DataFrame:
    """Every published finding, those with a number first and in the order of the figure."""
    kind = published["measure"].map(MEASURES).where(_numbered(published), "in_words").fillna("in_words")
    table = pd.DataFrame(
        {
            "study": [FINDINGS[study].study for study in published["id"]],
            "sample": [FINDINGS[study].sample for study in published["id"]],
            "kind": kind,
            "estimate": published["estimate"],
            "std_error": published["std_error"],
            "range_low": published["low"],
            "range_high": published["high"],
            "says": [FINDINGS[study].says for study in published["id"]],
            "outlet": published["outlet"],
        }
    )
    middle = table["estimate"].fillna((table["range_low"] + table["range_high"]) / 2)
    order = pd.DataFrame({"kind": kind.map(_KINDS.index), "middle": -middle, "year": published["year"]})
    return table.loc[order.sort_values(["kind", "middle", "year"], kind="stable").index].reset_index(drop=True)


def forest(results: Results) -> FigureExhibit:
    """The claim and our estimates among published ones, each kind of number on an axis of its own."""
    names = {
        "elasticity": Text("Elasticity of R&D (% per 1 %)", "R&D弹性（%/1%）"),
        "own_per_unit": Text("Own R&D per unit of public money (0: none added)", "每单位公共资金带来的企业自有R&D（0为无增加）"),
        "total_per_unit": Text("Total R&D per unit of public money (1: none added)", "每单位公共资金对应的全部R&D（1为无增加）"),
        "other": Text("Other coefficients, units of their own", "其他系数，单位各异"),
        "paper": Text("the paper's claim (firms, data unpublished)", "论文数值（企业，数据未公布）"),
        "provinces": Text("this project: Chinese provinces (proxy of the subsidy)", "本项目：中国省份（补贴代理变量）"),
        "industries": Text("this project: US industries", "本项目：美国行业"),
        "published": Text("published studies", "已发表研究"),
        "claim": Text("The claim: Chinese semiconductor firms, 2016–2023", "论文：中国半导体企业，2016—2023年"),
        "provinces_two_way": Text("Provinces, R&D intensity on fiscal S&T: two-way effects", "省份，R&D强度对财政科技支出：双向固定效应"),
        "provinces_pooled": Text("Provinces, R&D intensity on fiscal S&T: pooled", "省份，R&D强度对财政科技支出：混合回归"),
        "us_two_way": Text("US industries, company on federal R&D: two-way effects", "美国行业，企业R&D对联邦R&D：双向固定效应"),
        "us_pooled": Text("US industries, company on federal R&D: pooled", "美国行业，企业R&D对联邦R&D：混合回归"),
    }
    row = Text("{study}: {sample}", "{study}：{sample}")
    return forest_plot(
        results.drawn,
        "id",
        panel="kind",
        group="group",
        names={**names, **{study: row.filled(study=words.study, sample=words.sample) for study, words in FINDINGS.items()}},
        neutral={"total_per_unit": 1.0},
        digits=3,
        title=Text("The claim and our estimates among published ones", "论文数值与我们的估计：置于已发表证据之中"),
        notes=Text(
            "Elasticities and effects per unit of money are different quantities and stand on axes of their own. Intervals of this "
            "project: 95 %, clustered. Published ranges as printed; a published standard error is shown as a 95 % interval under the "
            "normal law.",
            "弹性与每单位资金的效应为不同的量，各用各的坐标轴。本项目的区间为 95% 聚类区间。已发表的区间与范围按原文；"
            "已发表的标准误按正态分布换算为 95% 区间。",
        ),
    )


def numbers(results: Results) -> TableExhibit:
    """The findings that come with an effect size."""
    return frame_table(
        results.table[results.table["kind"] != "in_words"],
        {
            "study": Text("Study", "研究"),
            "sample": Text("Sample and method", "样本与方法"),
            "kind": Text("Kind", "类型"),
            "estimate": glossary.ESTIMATE,
            "std_error": glossary.STANDARD_ERROR,
            "range_low": glossary.LOW,
            "range_high": glossary.HIGH,
        },
        names={
            "elasticity": Text("elasticity", "弹性"),
            "own_per_unit": Text("own R&D per unit", "每单位企业自有R&D"),
            "total_per_unit": Text("total R&D per unit", "每单位全部R&D"),
            "other": Text("other", "其他"),
        },
        title=Text("Published numbers", "已发表的数值"),
        notes=[
            Text(
                "As printed; low and high: the range that the source prints. Kinds do not compare.",
                "按原文；下限与上限为来源公布的范围。不同类型不可比。",
            )
        ],
    )


def sources(results: Results) -> TableExhibit:
    """Every published finding in words, and where it was published."""
    return frame_table(
        results.table,
        {"study": Text("Study", "研究"), "says": Text("Finding", "结论"), "outlet": Text("Published in", "发表于")},
        title=Text("Published findings and where they stand", "已发表结论及其出处"),
        notes=[
            Text(
                "Read as far as the page or abstract gives it; the pages are listed in data_raw/evidence. Findings known only from memory "
                "are left out.",
                "按所读页面或摘要提供的内容；页面清单见data_raw/evidence。仅凭记忆的结论未收录。",
            )
        ],
    )


_FINDING = Text(
    "Of {all} published findings in the table, {with_number} come with a number that can be drawn, in {kinds} kinds that do not compare; "
    "left out because known only from memory: {recalled}. Published elasticities run from {least:.2f} to {most:.2f}, so that the claim of "
    "{claim} lies {verdict} them; our two-way estimates on public data are {provinces:.2f} (provinces, proxy of the subsidy) and "
    "{industries:.2f} (US industries).",
    "表中{all}项已发表结论里，{with_number}项有可绘制的数值，分属{kinds}类、互不可比；另有{recalled}项仅凭记忆，未收录。"
    "已发表的弹性介于{least:.2f}与{most:.2f}之间，论文数值{claim}在其{verdict}；我们用公开数据得到的双向固定效应估计为"
    "{provinces:.2f}（省份，补贴代理变量）与{industries:.2f}（美国行业）。",
)


def evidence_finding(results: Results) -> Statement:
    """How many findings have a number, and whether the claim lies among the published elasticities."""
    drawn = results.drawn
    ours = dict(zip(drawn["id"], drawn["estimate"], strict=True))
    published = drawn[drawn["group"] == "published"]
    printed = published.loc[published["kind"] == "elasticity", ["estimate", "low", "high"]]
    least, most = float(printed.min().min()), float(printed.max().max())
    return statement(
        "evidence",
        _FINDING,
        all=len(results.table),
        with_number=len(published),
        kinds=published["kind"].nunique(),
        recalled=len(results.recalled),
        least=least,
        most=most,
        claim=results.claim,
        verdict=Text("among", "之内") if least <= results.claim <= most else glossary.OUTSIDE,
        provinces=ours["provinces_two_way"],
        industries=ours["us_two_way"],
    )
