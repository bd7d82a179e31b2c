"""Names, table heads, titles and sentences of notebook 03, in both languages."""

from __future__ import annotations

from toolkit import glossary
from toolkit.heads import Head
from toolkit.language import Text

LARGEST_THREE = Text("The three largest provinces, whichever they are", "数值最大的三个省份")
READING_SHORT = {
    "two_cities": Text("Two cities", "两市"),
    "three_provinces": Text("with Guangdong", "加广东"),
    "largest_three": Text("Largest three", "最大三省"),
    "three_regions": Text("Three regions", "三大区域"),
}
BASKET_HEADS = {
    "indicator": glossary.INDICATOR,
    "year": Head(glossary.YEAR, "year"),
    "two_cities": Text("Beijing, Shanghai", "北京、上海"),
    "three_provinces": Text("with Guangdong", "加广东"),
    "largest_three": Text("Largest three", "最大三省"),
    "three_regions": Text("Three regions", "三大区域"),
    "gap": Text("Three provinces less the claim", "三省份额减论文数值"),
}
DISTANCE_HEADS = {
    "reading": Text("Reading", "口径"),
    "cases": Text("Indicator-years", "指标-年份数"),
    "reached": Text("Reach the claim", "达到论文数值"),
    "indicator": Text("Closest", "最接近的指标"),
    "year": Head(glossary.YEAR, "year"),
    "share": glossary.SHARE_PERCENT,
    "gap": Text("Less the claim", "减论文数值"),
    "median_gap": Text("Median distance", "差距中位数"),
}
DELTA_HEADS = {
    "indicator": glossary.INDICATOR,
    "year": Head(glossary.YEAR, "year"),
    "two_cities": Text("Beijing, Shanghai (%)", "北京、上海（%）"),
    "needed": Text("Delta would need (%)", "珠三角须占（%）"),
    "guangdong": Text("All of Guangdong (%)", "广东全省（%）"),
    "times": Text("Times Guangdong", "相当于广东的倍数"),
    "possible": Text("Possible", "是否可能"),
}
INEQUALITY_HEADS = {
    "variable": Text("Per head", "人均"),
    "year": Head(glossary.YEAR, "year"),
    "gini": glossary.GINI,
    "theil": glossary.THEIL_T,
    "theil_within": glossary.WITHIN_REGIONS,
    "theil_between": glossary.BETWEEN_REGIONS,
    "between_share": Text("Between (%)", "区域间占比（%）"),
}
GINI_INTERVAL_HEADS = {
    "variable": Text("Per head", "人均"),
    "year": Head(glossary.YEAR, "year"),
    "gini": glossary.GINI,
    "gini_within": glossary.WITHIN_REGIONS,
    "gini_between": Text("Net between", "区域间净差距"),
    "gini_transvariation": Text("Overlap", "超变密度"),
}
THEIL_INTERVAL_HEADS = {
    "variable": Text("Per head", "人均"),
    "year": Head(glossary.YEAR, "year"),
    "theil": glossary.THEIL_T,
    "theil_within": glossary.WITHIN_REGIONS,
    "theil_between": glossary.BETWEEN_REGIONS,
}
CHANGE_HEADS = {
    "variable": Text("Per head", "人均"),
    "index": Text("Index", "指数"),
    "first": glossary.FIRST_YEAR,
    "last": glossary.LAST_YEAR,
    "start": Text("Index, first", "首年指数"),
    "end": Text("Index, last", "末年指数"),
    "change": Text("Change", "变化"),
    "low": glossary.LOW,
    "high": glossary.HIGH,
}
GROUP_HEADS = {
    "group": Text("Region", "区域"),
    "weight_share": Text("Population (%)", "人口占比（%）"),
    "value_share": Text("R&D (%)", "R&D经费占比（%）"),
    "gini": Text("Gini inside", "区域内基尼系数"),
    "within": Text("Within (%)", "区域内贡献（%）"),
    "between": Text("Net between (%)", "区域间净贡献（%）"),
    "transvariation": Text("Overlap (%)", "超变密度贡献（%）"),
    "contribution": Text("Share of the Gini (%)", "占基尼系数（%）"),
}
SHARE_COLUMNS = ("weight_share", "value_share", "within", "between", "transvariation", "contribution")
PART_NAMES = {
    "theil": glossary.THEIL_T,
    "theil_within": Text("within regions", "区域内"),
    "theil_between": Text("between regions", "区域间"),
    "gini": glossary.GINI,
    "gini_within": Text("within regions", "区域内"),
    "gini_between": Text("net between regions", "区域间净差距"),
    "gini_transvariation": Text("overlap (transvariation)", "超变密度"),
}
INEQUALITY_NOTE = Text(
    "Population-weighted, 31 provinces, four regions (East, Central, West, Northeast); years in which all provinces report.",
    "按人口加权，31个省份，四大区域（东部、中部、西部、东北）；仅含全部省份均有数据的年份。",
)
OVERLAP_NOTE = Text(
    "Dagum's decomposition. Overlap: provinces of the poorer region that are above provinces of the richer one.",
    "Dagum分解。超变密度：较低区域中高于较高区域省份的部分。",
)
THEIL_NOTE = Text(
    "Share of Theil's T in per cent; positive above the national mean, negative below it; the 31 values sum to 100.",
    "占泰尔T指数的百分比；高于全国均值为正，低于为负；31个数值之和为100。",
)
GROUP_NOTE = Text(
    "A pair of regions counts half for each. The last column is the sum of the three before it and adds up to 100.",
    "一对区域之间的差距各计一半。末列为前三列之和，合计100。",
)

TITLES = {
    "distance": Text("How far each share is from the claim, every indicator, year and reading", "各指标、年份、口径份额与论文数值的差距"),
    "distance_table": Text("The claim under each reading, over all indicators and years", "各口径下的论文数值：全部指标与年份"),
    "delta": Text("What the Pearl River Delta would have to hold", "珠三角须占的份额"),
    "intervals": Text(
        "R&D expenditure per head: Gini, Theil and all their parts with intervals", "人均R&D经费：基尼系数、泰尔指数及其全部分解项的区间"
    ),
    "gini_intervals": Text("The Gini per head and Dagum's parts, with intervals", "人均基尼系数及其Dagum分解项（含区间）"),
    "theil_intervals": Text("Theil T per head and its parts, with intervals", "人均泰尔T指数及其分解项（含区间）"),
    "changes": Text("Has inequality between provinces changed?", "省际差距是否变化"),
    "dagum": Text("R&D expenditure per head: Dagum's parts of the Gini", "人均R&D经费：基尼系数的Dagum分解"),
    "groups": Text("What each region contributes to the Gini of R&D per head", "各区域对人均R&D经费基尼系数的贡献"),
    "theil_tiles": Text("What each province contributes to the Theil index of R&D per head", "各省对人均R&D经费泰尔指数的贡献"),
}
DISTANCE_NOTE = Text(
    "Zero: the claimed two thirds. Years in which all provinces report; a point is a single such year.",
    "零线为论文所称的三分之二。仅含全部省份均有数据的年份；单点表示仅有一年。",
)
READING_NOTE = Text(
    "Two cities: Beijing and Shanghai. Three regions: Beijing–Tianjin–Hebei, Yangtze delta and Guangdong. Largest three: whichever "
    "they are.",
    "两市：北京、上海。三大区域：京津冀、长三角与广东。最大三省：当年数值最大的三个省份。",
)
GAP_LABEL = Text("Share less the claim (percentage points)", "份额减论文数值（百分点）")
INDEX_LABEL = Text("Index or part of it", "指数或其分解项")
GINI_LABEL = Text("Gini coefficient", "基尼系数")
THEIL_LABEL = Text("Share of Theil T (%)", "占泰尔T指数（%）")

FINDING = Text(
    "Beijing, Shanghai and all of Guangdong hold {rd:.1f}% of R&D expenditure ({year}), against a claimed {claim:.1f}%. "
    "Over {n} indicators their share runs from {lowest:.1f}% ({lowest_name}) to {highest:.1f}% ({highest_name}): "
    "{holds} of them reach the claim. Read as the three regions (Beijing–Tianjin–Hebei, Yangtze delta, Guangdong), {holds_regions} "
    "reach it; the closest is {closest_name} with {closest:.1f}%.",
    "北京、上海与广东全省占R&D经费的{rd:.1f}%（{year}年），论文数值为{claim:.1f}%。在{n}个指标中，三地份额介于"
    "{lowest:.1f}%（{lowest_name}）与{highest:.1f}%（{highest_name}）之间：有{holds}个指标达到论文数值。"
    "若理解为三大区域（京津冀、长三角与广东），有{holds_regions}个指标达到；最接近的是{closest_name}，为{closest:.1f}%。",
)
FINDING_DISTANCE = Text(
    "Of {cases} shares (indicator, year and reading) {reached} reach the claimed {claim:.1f}%: {which} (reading: {under}). "
    "With the centres read as three provinces the closest is {name} in {year} at {share:.1f}%, {gap:.1f} points short, and half of the "
    "shares are more than {median:.1f} points away; with the three wide regions half are within {median_regions:.1f} points.",
    "在{cases}个份额（指标、年份、口径）中，有{reached}个达到论文的{claim:.1f}%：{which}（口径：{under}）。"
    "三个中心按三个省市计算时，最接近的是{year}年的{name}，为{share:.1f}%，相差{gap:.1f}个百分点；半数份额相差{median:.1f}个百分点以上。"
    "按三大区域计算，半数份额的差距在{median_regions:.1f}个百分点以内。",
)
FINDING_DELTA = Text(
    "For the claim to hold in the latest years, the Pearl River Delta would need {low:.0f}% to {high:.0f}% of the nation, between "
    "{times_low:.1f} and {times_high:.1f} times what all of Guangdong holds. The delta is a part of Guangdong, so the claim is possible "
    "for {possible} of {n} indicators; over all years the nearest is {name} in {year}, with {times_nearest:.1f} times Guangdong.",
    "若要在最近年份成立，珠三角须占全国的{low:.0f}%至{high:.0f}%，相当于广东全省的{times_low:.1f}至{times_high:.1f}倍。珠三角只是广东的一部分，"
    "故{n}个指标中可能成立的有{possible}个；在全部年份中最接近的是{year}年的{name}，为广东的{times_nearest:.1f}倍。",
)
FINDING_INEQUALITY = Text(
    "The Gini of R&D per head went from {start:.3f} ({first}) to {end:.3f} ({last}); the change of {change:+.3f} has an interval of "
    "{low:+.3f} to {high:+.3f} over draws of provinces, which {verdict} zero; parts of Gini and Theil whose "
    "change has an interval without zero: {clear}. In {last}, {between:.0f}% of it is net inequality between "
    "regions, {within:.0f}% inequality inside them and {overlap:.0f}% overlap. {top} alone makes {top_share:.0f}% of the Gini, "
    "the four largest contributors {four_share:.0f}%.",
    "人均R&D经费的基尼系数由{first}年的{start:.3f}变为{last}年的{end:.3f}；变化为{change:+.3f}，对省份重复抽样的区间为{low:+.3f}至{high:+.3f}，"
    "该区间{verdict}零；基尼系数与泰尔指数的分解项中，变化区间不含零的有：{clear}。{last}年，{between:.0f}%来自区域间净差距，{within:.0f}%来自区域内差距，{overlap:.0f}%为超变密度。"
    "{top}一地占基尼系数的{top_share:.0f}%，贡献最大的四个省份合计占{four_share:.0f}%。",
)
NONE = Text("none", "无")
INCLUDES, EXCLUDES = Text("includes", "包含"), Text("excludes", "不包含")
