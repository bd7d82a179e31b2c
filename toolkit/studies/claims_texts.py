"""Heads, names, notes and findings of the claim audit in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit import glossary
from toolkit.audit.basket import READINGS
from toolkit.audit.verdicts import SHORT_WORDS
from toolkit.heads import Head
from toolkit.language import Text
from toolkit.registry import registry

if TYPE_CHECKING:
    from toolkit.studies.claims import ClaimResults

PAPERS = {name: paper.short for name, paper in registry().papers.items()}
NAMES: dict[str, Text] = PAPERS | {str(word): text for word, text in SHORT_WORDS.items()}
DECIDED_HEADS = {
    "claim": Text("Quantity", "指标"),
    "section": Text("Stands in", "出处"),
    "printed": glossary.PRINTED,
    "computed": glossary.COMPUTED,
    "verdict": glossary.VERDICT,
    "grade": Text("Grade", "证据等级"),
}
CONTRADICTION_HEADS = {
    "claims": Text("Claims", "论断"),
    "always": Text("Under every definition", "任何定义下"),
    "why": Text("Why", "原因"),
}
# rows of the forest plots; the ids of rows and of kinds (KINDS) must differ, since one mapping names both
CORRIDOR = {
    "population": Text("population, printed", "人口（论文）"),
    "gdp": Text("GDP, printed", "GDP（论文）"),
    "hcr_116": Text("highly cited researchers, printed", "高被引学者（论文）"),
    "hte_share": Text("high-tech enterprises, printed", "高新技术企业（论文）"),
    "star": Text("STAR-listed firms, printed", "科创板上市企业（论文）"),
    "hte_computed": Text("high-tech enterprises, from the two printed numbers", "高新技术企业（由论文两数计算）"),
    "hte_quoted": Text("the same over the number quoted for 2021 (not official)", "高新技术企业（除以转引的2021年全国数，非官方）"),
}
KINDS = {
    "printed": Text("printed", "论文"),
    "computed": Text("computed from printed numbers", "由论文数字计算"),
    "quoted": Text("over a quoted number", "除以转引数"),
    "preliminary": Text("preliminary", "初步数"),
    "final": Text("final", "最终数"),
    "implied": Text("implied by the paper", "由论文推算"),
    "published": Text("published", "公布"),
}
LADDER_HEADS = {
    "row": Text("Share of the corridor in the nation", "走廊占全国比重"),
    "estimate": Text("%", "%"),
    "low": Text("from", "下限"),
    "high": Text("to", "上限"),
    "per_gdp": Text("times GDP share", "与GDP比重之比"),
    "per_head": Text("times population share", "与人口比重之比"),
}
LADDER_NOTE = Text(
    "Bars: what the printed digits admit (of a fraction the denominator is rounded). The number quoted for 2021 comes from a secondary "
    "publication and decides nothing.",
    "横条为印刷数字所容许的范围（分数按分母舍入）。2021年全国数转引自二手出版物，不作判定依据。",
)
BASIC_ROWS = {
    "paper": Text("the paper", "论文"),
    "preliminary_printed": Text("preliminary, as announced (January 2025)", "初步公布（2025年1月）"),
    "preliminary_divided": Text("preliminary, basic research / R&D (press report)", "初步数相除（据报道）"),
    "final_printed": Text("final, as printed in the bulletin (September 2025)", "公报公布（2025年9月）"),
    "final_divided": Text("final, basic research / R&D", "公报数相除"),
}
BASIC_NOTE = Text(
    "Bars: the rounding of the printed digits, carried through the division. Vertical line: the paper.",
    "横条为印刷数字的舍入区间，并传递至相除结果；竖线为论文数字。",
)
BEFORE_ROWS = {
    "truncated": Text('the paper, "over" read as cut-off digits', "论文推算：“突破”按截尾理解"),
    "rounded": Text('the paper, "over" read as rounded', "论文推算：“突破”按四舍五入理解"),
    "nation": Text("national series", "全国序列"),
    "provinces": Text("sum of the provinces", "各省合计"),
}
BEFORE_NOTE = Text(
    "Bars: what the printed level and growth admit. Vertical line: the published national value.",
    "横条为论文数值与增速所容许的范围；竖线为公布的全国数。",
)
STREAK_NOTE = Text(
    "The national series ends in 2023. The sum of the provinces lies below it and is no substitute for its level.",
    "全国序列止于2023年；各省合计低于全国数，不能代替其水平。",
)
DRUG_HEADS = {
    "drugs": Text("Domestic drugs", "国产原研药数"),
    "share": glossary.SHARE_PERCENT,
    "rounded": Text("Rounds to the printed share", "四舍五入等于论文数"),
    "about": Text('Admitted by "about"', "与“约”相容"),
}
READING_NAMES = {name: text for name, (text, _) in READINGS.items()}
READING_HEADS = {
    "reading": Text("Reading of the three centres", "三中心的口径"),
    "cases": Text("Shares", "比重数"),
    "admitted": Text("Admitted by the claim", "与论断相容"),
    "indicators": Text("Indicators among them", "其中指标数"),
    "indicator": Text("Largest share: indicator", "最大比重：指标"),
    "year": Head(glossary.YEAR, "year"),
    "share": glossary.SHARE_PERCENT,
}
FINDING = Text(
    "Of {claims} statements, official figures or arithmetic decide {decided}: {reproduced} are reproduced, {another} at another vintage "
    "only, {contradicted} contradicted, {incoherent} incoherent, and {undefined} hold under some definitions and fail under others. For "
    "the other {open} no shipped official figure decides; each names the publication that would.",
    "{claims}条论断中，官方数字或算术可以判定{decided}条：复现{reproduced}条，仅以其他版本复现{another}条，与官方数据矛盾{contradicted}条，自相矛盾"
    "{incoherent}条，因定义不同而异{undefined}条。其余{open}条随附官方数据不足以判定，均注明可据以判定的出版物。",
)
FINDING_G60 = Text(
    "The printed numbers of firms make {share:.1f} % of the nation, not the printed {claimed:.1f} %: the national number that would make "
    "the fraction true is {low:,.0f} to {high:,.0f} firms, far below the printed {nation:,.0f}.",
    "论文给出的企业数占全国{share:.1f}%，而非论文所称的{claimed:.1f}%：要使该分数成立，全国企业数应为{low:,.0f}至{high:,.0f}家，远低于论文的{nation:,.0f}家。",
)
FINDING_BASIC = Text(
    "The printed share of {printed:.2f} % is the preliminary one ({preliminary:.2f} %); the bulletin has {final:.2f} %.",
    "论文的{printed:.2f}%是初步数（{preliminary:.2f}%），公报最终数为{final:.2f}%。",
)
FINDING_CONTRACTS = Text(
    "Read as cut-off digits, the printed value and growth imply {low:.3f} to {high:.3f} trillion yuan for the year before; the published "
    "value is {before:.4f}. Growth was in double digits for {run} years in a row up to {last} in the national series, and the lowest of "
    "them, {slowest:.1f} %, lies above the printed {growth:.1f} %.",
    "按截尾理解，论文的数值与增速推算上年为{low:.3f}至{high:.3f}万亿元；公布数为{before:.4f}万亿元。全国序列截至{last}年已连续{run}年两位数增长，"
    "其间最低增速{slowest:.1f}%，高于论文的{growth:.1f}%。",
)
FINDING_DRUGS = Text(
    "Of {drugs} drugs exactly {n} make the share: {share:.1f} % rounds to the printed {claimed:.0f} %, one drug fewer or more does not.",
    "{drugs}款中只有{n}款与该比重相符：{share:.1f}%四舍五入为论文的{claimed:.0f}%，多一款或少一款均不相符。",
)
FINDING_TWO_THIRDS = Text(
    "Two thirds read as a rounded fraction admits {low:.1f} % to {high:.1f} %: of {cases} shares over indicators, years and readings "
    "{admitted} lie there; of those that take the three centres as provinces, {provinces} of {province_cases}.",
    "“三分之二”按舍入后的分数理解，容许{low:.1f}%至{high:.1f}%：各指标、年份与口径的{cases}个比重中有{admitted}个落入其中；"
    "三中心按省级口径计算时，{province_cases}个中有{provinces}个。",
)


def finding_values(results: ClaimResults) -> dict[str, float]:
    """Values of ``FINDING``."""
    counts = results.audit.counts()
    total = sum(counts.values())
    return {
        "claims": total,
        "decided": total - counts["not_testable"],
        "open": counts["not_testable"],
        "another": counts["another_vintage"],
        **{word: counts[word] for word in ("reproduced", "contradicted", "incoherent", "undefined")},
    }


def g60_values(results: ClaimResults) -> dict[str, float]:
    """Values of ``FINDING_G60``."""
    from toolkit.audit.figures import Tables

    tables = Tables()
    firms, nation = tables.claim("chen2025_g60_hte_growth").high_end, tables.claim("chen2025_hte_463k")
    share = tables.claim("chen2025_g60_hte_share")
    needed = firms / share.interval
    computed = results.ladder.loc[results.ladder["kind"] == "computed", "estimate"].item()
    return {
        "share": computed,
        "claimed": 100 * share.number,
        "low": float(needed.low or 0),
        "high": float(needed.high or 0),
        "nation": nation.number,
    }


def basic_values(results: ClaimResults) -> dict[str, float]:
    """Values of ``FINDING_BASIC``."""
    found = results.basic.set_index("row")["estimate"]
    keys = {"printed": "paper", "preliminary": "preliminary_printed", "final": "final_printed"}
    return {name: float(found[row]) for name, row in keys.items()}


def contract_values(results: ClaimResults) -> dict[str, float]:
    """Values of ``FINDING_CONTRACTS``."""
    from toolkit.audit.figures import Tables
    from toolkit.studies.claims import double_digit_run

    before = results.before.set_index("row")
    nation = results.growth[results.growth["series"] == "tech_market_value_national"]
    run = double_digit_run(results.growth, "tech_market_value_national")
    return {
        "low": float(before["low"]["truncated"]),
        "high": float(before["high"]["truncated"]),
        "before": float(before["estimate"]["nation"]),
        "run": run,
        "last": int(nation["year"].max()),
        "slowest": float(nation.nlargest(run, "year")["growth"].min()),
        "growth": Tables().claim("chen2025_tech_contract_growth").number,
    }


def drug_values(results: ClaimResults) -> dict[str, float]:
    """Values of ``FINDING_DRUGS``."""
    from toolkit.audit.figures import Tables

    fits = results.drugs[results.drugs["rounded"]]
    tables = Tables()
    return {
        "drugs": int(tables.claim("chen2025_class1_48").number),
        "n": int(fits["drugs"].item()),
        "share": float(fits["share"].item()),
        "claimed": tables.claim("chen2025_class1_domestic_83").number,
    }


def two_thirds_values(results: ClaimResults) -> dict[str, float]:
    """Values of ``FINDING_TWO_THIRDS``."""
    from toolkit.audit.figures import Tables
    from toolkit.studies.claims import two_thirds

    found, admitted = results.readings, two_thirds(Tables())
    own = found[found["reading"] == "three_provinces"]
    return {
        "low": float(admitted.low or 0),
        "high": float(admitted.high or 0),
        "cases": int(found["cases"].sum()),
        "admitted": int(found["admitted"].sum()),
        "provinces": int(own["admitted"].sum()),
        "province_cases": int(own["cases"].sum()),
    }
