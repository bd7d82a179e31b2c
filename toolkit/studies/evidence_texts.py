"""What the published findings are called in both languages: study, sample, kind of number, and the finding in words."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit import glossary
from toolkit.language import Text


@dataclass(frozen=True)
class Finding:
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

    def row(self) -> Text:
        """Study and sample, as the figure names the row."""
        return Text(f"{self.study.en}: {self.sample.en}", f"{self.study.zh}：{self.sample.zh}")


def _same(study: str) -> Text:
    return Text(study, study.replace(" & ", "与").replace(", ", "、"))


FINDINGS = {
    "moretti_2025": Finding(
        Text("Moretti, Steinwender & Van Reenen 2025", "Moretti等 2025"),
        Text("OECD, France; IV", "OECD与法国，工具变量"),
        Text("public R&D raises private R&D (IV: defence R&D)", "公共R&D（以预测的国防R&D为工具变量）带动私人R&D"),
    ),
    "moretti_2019": Finding(
        Text("Moretti et al., 2019 version", "Moretti等，2019年版"),
        Text("OECD, France; IV", "OECD与法国，工具变量"),
        Text("earlier version of the same paper", "同一论文的较早版本"),
    ),
    "moretti_2016": Finding(
        Text("Moretti et al., 2016 draft", "Moretti等，2016年草稿"),
        Text("OECD; IV", "OECD，工具变量"),
        Text("first version of the same paper", "同一论文的最早版本"),
    ),
    "lach_2000": Finding(
        _same("Lach 2000"),
        Text("Israeli manufacturing firms, long run", "以色列制造业企业，长期"),
        Text("subsidies raise company R&D in the long run", "长期内补贴提高企业R&D"),
    ),
    "lach_2002": Finding(
        _same("Lach 2002"),
        Text("Israeli manufacturing firms", "以色列制造业企业"),
        Text("small firms add much, all together not significant", "小企业增加较多，总体不显著"),
    ),
    "boeing_2016": Finding(
        _same("Boeing 2016"),
        Text("Chinese listed firms, effect in 2006", "中国上市企业，2006年效应"),
        Text("crowding out in the year shown, neutral later", "所示年份存在挤出，此后为中性"),
    ),
    "guellec_vp_2000": Finding(
        _same("Guellec & van Pottelsberghe 2000"),
        Text("OECD countries", "OECD国家"),
        Text("public funding adds to business R&D, up to a point", "公共资助在一定限度内增加企业R&D"),
    ),
    "correa_2013": Finding(
        Text("Correa, Andrés & Borja-Vega 2013", "Correa等 2013"),
        Text("meta-analysis", "荟萃分析"),
        Text("subsidies add to R&D; sensitive to method", "补贴增加企业R&D；单位不一，对方法敏感"),
    ),
    "complexity_2022": Finding(
        Text("Complexity 2022, article 4905287", "Complexity 2022，文章4905287"),
        Text("Chinese firms, ratios", "中国企业，比率"),
        Text("R&D ratio on subsidy ratio; both share a denominator", "研发比率对补贴比率；两侧分母相同"),
    ),
    "dimos_pugh_2016": Finding(
        _same("Dimos & Pugh 2016"),
        Text("meta-regression of micro studies", "微观研究的荟萃回归"),
        Text("neither crowding out nor much added; publication bias", "未见挤出，也无显著额外效应；存在发表偏倚"),
    ),
    "becker_2015": Finding(
        _same("Becker 2015"),
        Text("survey", "综述"),
        Text("recent studies: stimulation, not crowding out", "近期研究多为激励而非挤出"),
    ),
    "david_hall_toole_2000": Finding(_same("David, Hall & Toole 2000"), Text("survey", "综述"), Text("ambivalent", "结论不一")),
    "boeing_peters": Finding(
        _same("Boeing & Peters 2023"), Text("Chinese firms", "中国企业"), Text("much of the money was misused", "相当部分资金被挪用")
    ),
    "liu_li_li_2016": Finding(
        _same("Liu, Li & Li 2016"),
        Text("high-tech firms in Jiangsu, matching", "江苏高技术企业，匹配法"),
        Text("positive; stronger for small, constrained, private firms", "为正；小型、受融资约束、民营企业更强"),
    ),
    "yu_2016": Finding(
        Text("Yu, Guo, Le-Nguyen et al. 2016", "Yu等 2016"),
        Text("Chinese renewable-energy firms, panel threshold", "中国可再生能源企业，面板门限"),
        Text("crowding out, with thresholds", "存在挤出及门限"),
    ),
    "song_wen_2023": Finding(
        _same("Song & Wen 2023"),
        Text("Chinese integrated-circuit firms, panel", "中国集成电路上市企业，面板"),
        Text("subsidies inhibit; nearest to the claim's sample", "财政补贴抑制创新；样本与论文最接近"),
    ),
    "tong_wan_2023": Finding(
        _same("Tong & Wan 2023"),
        Text("Chinese integrated-circuit firms, DiD", "中国集成电路上市企业，双重差分"),
        Text("the national fund enhances innovation", "国家大基金促进创新"),
    ),
    "zuo_lin_2022": Finding(
        _same("Zuo & Lin 2022"),
        Text("Chinese listed firms, panel", "中国上市企业，面板"),
        Text("effect size not read", "未读到效应大小"),
    ),
    "bronzini_iachini_2014": Finding(
        _same("Bronzini & Iachini 2014"),
        Text("northern Italy, regression discontinuity", "意大利北部，断点回归"),
        Text("none overall; small firms raise investment", "总体无效应；小企业增加投资"),
    ),
    "chen_2021": Finding(
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
KINDS = {
    "elasticity": Text("Elasticity of R&D (% per 1 %)", "R&D弹性（%/1%）"),
    "own_per_unit": Text("Own R&D per unit of public money (0: none added)", "每单位公共资金带来的企业自有R&D（0为无增加）"),
    "total_per_unit": Text("Total R&D per unit of public money (1: none added)", "每单位公共资金对应的全部R&D（1为无增加）"),
    "other": Text("Other coefficients, units of their own", "其他系数，单位各异"),
    "in_words": Text("In words, or no effect size", "仅有文字结论或非效应大小"),
}
NEUTRAL = {"total_per_unit": 1.0}
GROUPS = {
    "paper": Text("the paper's claim (firms, data unpublished)", "论文数值（企业，数据未公布）"),
    "provinces": Text("this project: Chinese provinces (proxy of the subsidy)", "本项目：中国省份（补贴代理变量）"),
    "industries": Text("this project: US industries", "本项目：美国行业"),
    "published": Text("published studies", "已发表研究"),
}
OWN_ROWS = {
    "claim": Text("The claim: Chinese semiconductor firms, 2016–2023", "论文：中国半导体企业，2016—2023年"),
    "provinces_two_way": Text("Provinces, R&D intensity on fiscal S&T: two-way effects", "省份，R&D强度对财政科技支出：双向固定效应"),
    "provinces_pooled": Text("Provinces, R&D intensity on fiscal S&T: pooled", "省份，R&D强度对财政科技支出：混合回归"),
    "us_two_way": Text("US industries, company on federal R&D: two-way effects", "美国行业，企业R&D对联邦R&D：双向固定效应"),
    "us_pooled": Text("US industries, company on federal R&D: pooled", "美国行业，企业R&D对联邦R&D：混合回归"),
}
SHORT_KINDS = {
    "elasticity": Text("elasticity", "弹性"),
    "own_per_unit": Text("own R&D per unit", "每单位企业自有R&D"),
    "total_per_unit": Text("total R&D per unit", "每单位全部R&D"),
    "other": Text("other", "其他"),
}
NUMBER_HEADS = {
    "study": Text("Study", "研究"),
    "sample": Text("Sample and method", "样本与方法"),
    "kind": Text("Kind", "类型"),
    "estimate": glossary.ESTIMATE,
    "std_error": glossary.STANDARD_ERROR,
    "range_low": glossary.LOW,
    "range_high": glossary.HIGH,
}
FINDING_HEADS = {
    "study": Text("Study", "研究"),
    "says": Text("Finding", "结论"),
    "outlet": Text("Published in", "发表于"),
}
FIGURE_NOTE = Text(
    "Elasticities and effects per unit of money are different quantities and stand on axes of their own. Intervals of this "
    "project: 95 %, clustered. Published ranges as printed; a published standard error is shown as a 95 % interval under the normal law.",
    "弹性与每单位资金的效应为不同的量，各用各的坐标轴。本项目的区间为 95% 聚类区间。已发表的区间与范围按原文；"
    "已发表的标准误按正态分布换算为 95% 区间。",
)
NUMBERS_NOTE = Text(
    "As printed; low and high: the range that the source prints. Kinds do not compare.",
    "按原文；下限与上限为来源公布的范围。不同类型不可比。",
)
TABLE_NOTE = Text(
    "Read as far as the page or abstract gives it; the pages are listed in data_raw/evidence. Findings known only from memory are left "
    "out.",
    "按所读页面或摘要提供的内容；页面清单见data_raw/evidence。仅凭记忆的结论未收录。",
)
FINDING = Text(
    "Of {all} published findings in the table, {with_number} come with a number that can be drawn, in {kinds} kinds that do not compare; "
    "left out because known only from memory: {recalled}. Published elasticities run from {least:.2f} to {most:.2f}, so that the claim of "
    "{claim} lies {verdict} them; our two-way estimates on public data are {provinces:.2f} (provinces, proxy of the subsidy) and "
    "{industries:.2f} (US industries).",
    "表中{all}项已发表结论里，{with_number}项有可绘制的数值，分属{kinds}类、互不可比；另有{recalled}项仅凭记忆，未收录。"
    "已发表的弹性介于{least:.2f}与{most:.2f}之间，论文数值{claim}在其{verdict}；我们用公开数据得到的双向固定效应估计为"
    "{provinces:.2f}（省份，补贴代理变量）与{industries:.2f}（美国行业）。",
)
AMONG, BEYOND = Text("among", "之内"), glossary.OUTSIDE
