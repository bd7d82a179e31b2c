"""What must be known before reading the exhibits of notebook 07, with the numbers taken from the results."""

from __future__ import annotations

import pandas as pd

from toolkit.data.provinces import named, province_name
from toolkit.language import Text
from toolkit.measure import CompositeIndex, level_guard
from toolkit.registry.systems import load_scheme
from toolkit.studies.integration.chains import BAND
from toolkit.studies.integration.index import PARTS, TWO, balanced
from toolkit.studies.integration.ranking import NORMALISATIONS
from toolkit.studies.integration.results import IntegrationResults
from toolkit.studies.integration.words import SCHEME_NAMES


def index_note(index: CompositeIndex) -> Text:
    """Which rows were left out, which cells were filled, and where D is zero."""
    return Text(" ".join(map(str, index.notes)), "".join(note.to("zh", province_name) for note in index.notes))


def limit_note(scheme: str = TWO) -> Text:
    """What bounds the years of a scheme."""
    return load_scheme(scheme).limits


def missing_note(scheme: str = PARTS) -> Text:
    """What public data do not allow."""
    return load_scheme(scheme).missing


def weight_note(results: IntegrationResults, scheme: str) -> Text:
    """Which weights the index uses, and the guard on a heavy indicator."""
    heavy = next(guard for guard in results.guards[scheme] if guard.name == "weight").text
    return Text(
        f"Columns sum to 100 in each system. The index uses entropy weights; systems count equally. {heavy.en}",
        f"各列在每个系统内合计100。指数采用熵权，各系统权重相等。{heavy.zh}",
    )


def guard_notes(results: IntegrationResults) -> list[Text]:
    """The sentence of every raised guard, scheme by scheme."""
    found = []
    for scheme, guards in results.guards.items():
        raised = [guard.text for guard in guards if guard.raised]
        name = SCHEME_NAMES[scheme]
        found.append(Text(f"{name.en}: {' '.join(t.en for t in raised)}", f"{name.zh}：{''.join(t.zh for t in raised)}"))
    return found


def level_note(results: IntegrationResults) -> Text:
    """The level guard of the two innovations, in words."""
    return next(guard.text for guard in results.guards[TWO] if guard.name == "level")


def wang_note(results: IntegrationResults) -> Text:
    """The level guard of the corrected form, scheme by scheme."""
    found = {scheme: level_guard(index.d, index.t).measured for scheme, index in results.wang.items()}
    return Text(
        "Rank correlation of D and T with the C of Wang et al.: "
        + "; ".join(f"{SCHEME_NAMES[scheme].en} {order:.3f}" for scheme, order in found.items())
        + ".",
        "采用王淑佳等的修正C时，D与T的秩相关系数："
        + "；".join(f"{SCHEME_NAMES[scheme].zh}{order:.3f}" for scheme, order in found.items())
        + "。",
    )


def last_note(index: CompositeIndex) -> Text:
    """The year shown, and the province that lacks an indicator in it."""
    last = int(index.keys[index.time].max())
    out = sorted(set(index.keys[index.entity]) - set(index.keys.loc[index.keys[index.time] == last, index.entity]))
    without = named(out)
    return (
        Text(f"{last}; without {without.en}, which lacks an indicator.", f"{last}年；不含{without.zh}（缺一项指标）。")
        if out
        else Text(f"{last}.", f"{last}年。")
    )


def ranking_note(results: IntegrationResults, scheme: str = TWO) -> Text:
    """What was drawn."""
    draws = results.ranking[scheme].draws
    count, methods = len(draws.ranks), len(NORMALISATIONS)
    return Text(
        f"{draws.level:.0%} intervals of {count:,} draws: Dirichlet weights around the entropy weights, none or one indicator left out, "
        f"one of "
        f"{methods} normalisations (min–max, z-score, rank). They say how much of a rank is a choice of the author, not how well the "
        "indicators are measured.",
        f"{count:,}次抽样的{draws.level:.0%}区间：围绕熵权的Dirichlet权重，剔除零个或一个指标，{methods}种归一化方法（极差、z分数、"
        f"位次）任取其一。"
        "区间反映位次在多大程度上取决于作者的选择，而不是指标的测量精度。",
    )


def sensitivity_note(results: IntegrationResults) -> Text:
    """How the shares are computed."""
    found = results.ranking[TWO].sensitivity.d
    return Text(
        f"Exact variance shares over all {found.combinations} combinations. D and rank: mean over province-years; whole ranking: mean "
        "absolute move of ranks from the base. Normalisations change the scale of D, which is why they move D most and ranks less.",
        f"对全部{found.combinations}种组合精确计算的方差占比。D与位次：各省各年的平均；整体排名：相对于基准的位次平均绝对变动。"
        "归一化方法会改变D的尺度，因此对D影响最大而对位次影响较小。",
    )


def balanced_note(index: CompositeIndex) -> Text:
    """Which provinces have every year."""
    n = len(balanced(index))
    left = sorted(set(index.keys[index.entity]) - set(balanced(index).index))
    out = named(left)
    return Text(
        f"The {n} provinces with a value in every year, each counted once; left out: {out.en}.",
        f"仅含各年均有数值的{n}个省份，各省权重相同；未纳入：{out.zh}。",
    )


def group_note(results: IntegrationResults) -> Text:
    """The reading of the Bay Area, and the means."""
    same = balanced_note(results.two)
    return Text(
        "Guangdong stands for the Bay Area: Hong Kong and Macao have no comparable series, and the province is larger than the Pearl River "
        f"Delta. Unweighted means. {same.en}",
        f"广东代表粤港澳大湾区：香港、澳门没有可比序列，而广东全省大于珠三角。取简单平均。{same.zh}",
    )


def lead_note(results: IntegrationResults) -> Text:
    """What counts as lagging."""
    last = int(results.two.keys["year"].max())
    return Text(
        f"{last}. A system lags when its score is below {BAND:g} of the other's. Both scores are relative to the best and worst "
        "province-year of each indicator, so that a lead is a lead among these indicators. Grey relational degree: over all years, ρ = "
        "0.5.",
        f"{last}年。某系统得分低于另一系统的{BAND:g}倍即为滞后。得分均相对于各指标的最好与最差省份—年份，因此“领先”仅就这些指标而言。"
        "灰色关联度取全部年份，ρ=0.5。",
    )


def obstacle_note(results: IntegrationResults) -> Text:
    """What an obstacle degree is."""
    last = int(results.two.keys["year"].max())
    return Text(
        f"{last}, means over the provinces of the region; columns sum to 100. Weight times distance from the best province-year: a heavy "
        "indicator is a large obstacle everywhere.",
        f"{last}年，为区域内各省均值，各列合计100。障碍度=权重×与最优值的距离：权重大的指标处处都是大障碍。",
    )


def grade_note(results: IntegrationResults) -> Text:
    """How grades were joined, and the counts."""
    chain = results.grades.chain
    return Text(
        f"Small type: transitions, {int(chain.counts.sum())} in all; {chain.broken} pair of years broken by a missing value. The lowest "
        f"and the "
        "highest grades are joined, since too few provinces are in them. Grades follow D, which almost all provinces raised: a chain with "
        "a trend has no long run.",
        f"小字为转移次数，共{int(chain.counts.sum())}次；因缺失而中断的年份对：{chain.broken}个。最低与最高的等级样本太少，已合并。"
        "D几乎普遍上升，带趋势的转移矩阵没有长期分布可言。",
    )


def explained_note() -> Text:
    """Which regressors stand in the index, and what D is."""
    return Text(
        "D lies in [0, 1], hence the column in log odds. GDP and population are denominators of most indicators, so the coefficient of "
        "GDP per "
        "head is partly arithmetic; urbanisation and growth share population and GDP too, though not their level; education funds are part "
        "of the budget whose S&T share is an indicator. R&D, patents, contracts, trade, students and personnel are inside D and therefore "
        "no regressors. Industrial structure is comparable from 2019 only and left out. Associations, not effects.",
        "D在[0, 1]之内，故另列对数几率形式。GDP与人口是多数指标的分母，人均GDP的系数部分是算术结果；城镇化率与增速也涉及人口与GDP，"
        "但不涉及其水平；"
        "教育经费属于财政支出，而财政科技支出占比是指标之一。R&D、专利、技术合同、贸易、学生与研发人员已在D之内，因此不作为解释变量。"
        "产业结构2019年起才可比，未纳入。系数为相关关系，而非因果效应。",
    )


def hightech_note(results: IntegrationResults) -> Text:
    """The year and the zero scores of the variant with high-tech manufacturing."""
    own = results.hightech
    zero = sorted(own.keys.loc[pd.Series(own.d == 0), "province"])
    names = named(zero)
    return Text(
        f"With high-tech: revenue of high-tech manufacturing per yuan of R&D instead of contracts per patent, "
        f"{int(own.keys['year'].max())} "
        f"only; D is zero in {names.en}, the lowest of a part.",
        f"含高技术：以每元R&D经费的高技术制造业营业收入代替每件专利的合同额，仅有{int(own.keys['year'].max())}年；"
        f"{names.zh}因某一部分得分最低而D为零。",
    )
