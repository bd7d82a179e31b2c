"""Names, table heads, titles and labels of notebook 07, in both languages."""

from __future__ import annotations

from toolkit import glossary
from toolkit.language import Text
from toolkit.studies.integration.index import CHAINS, PARTS, REST, TWO

PROVINCE, YEAR_HEAD, D = glossary.PROVINCE, glossary.YEAR, Text("D", "D")
SCHEME_NAMES = {TWO: Text("Two innovations", "两种创新"), CHAINS: Text("Four chains", "四链"), PARTS: Text("Four parts", "四部分")}
GROUP_NAMES = {
    "beijing_tianjin_hebei": Text("Beijing–Tianjin–Hebei", "京津冀"),
    "yangtze_delta": Text("Yangtze delta", "长三角"),
    "bay_area": Text("Guangdong (for the Bay Area)", "广东（代表大湾区）"),
    REST: Text("Other provinces", "其他省份"),
}
REGION_NAMES = {
    "East": Text("East", "东部"),
    "Central": Text("Centre", "中部"),
    "West": Text("West", "西部"),
    "Northeast": Text("Northeast", "东北"),
}
WEIGHTING_NAMES = {
    "entropy": Text("Entropy", "熵权"),
    "critic": glossary.CRITIC,
    "variation": Text("Variation", "变异系数"),
    "pca": Text("PCA", "主成分"),
    "equal": Text("Equal", "等权"),
    "combined": Text("Combined", "组合"),
}
FACTOR_NAMES = {
    "weights": Text("Weights", "赋权方法"),
    "normalisation": Text("Normalisation", "归一化方法"),
    "indicator": Text("Indicator left out", "剔除的指标"),
    "form": Text("Form of C", "C的形式"),
}
CHECK_NAMES = {
    "level": Text("Rank correlation of D and T", "D与T的秩相关"),
    "weight": Text("Heaviest indicator in its system", "系统内最大指标权重"),
    "constant": Text("Lowest coefficient of variation", "最小变异系数"),
    "overlap": Text("Neighbours with overlapping intervals", "区间重叠的相邻省份占比"),
}
PART_NAMES = {
    "within": glossary.WITHIN_REGIONS,
    "between": Text("Net between regions", "区域间净差距"),
    "transvariation": Text("Overlap of regions", "超变密度"),
    "gini": glossary.GINI,
}

WEIGHT_HEADS = {"system": Text("System", "系统"), "indicator": glossary.INDICATOR, **WEIGHTING_NAMES}
FORMULA_HEADS = {
    "system": Text("System", "系统"),
    "indicator": glossary.INDICATOR,
    "unit": Text("Unit", "单位"),
    "formula": Text("Formula", "公式"),
}
OPERATIONAL_HEADS = {
    "part": Text("Part named in the paper", "论文提出的部分"),
    "definition": Text("Made measurable here", "本项目的操作化"),
}
LEAGUE_HEADS = {
    "rank": glossary.RANK,
    "province": PROVINCE,
    "rank_low": glossary.BEST,
    "rank_high": glossary.WORST,
    "top_share": Text("In the top ten (% of draws)", "进入前十（抽样%）"),
    "d": D,
    "wang_rank": Text("Rank, corrected C", "修正C位次"),
    "wang": Text("D, corrected C", "D（修正C）"),
}
SCHEME_HEADS = {
    "province": PROVINCE,
    **WEIGHTING_NAMES,
    "topsis": Text("TOPSIS", "TOPSIS"),
    "wang": Text("Corrected C", "修正C"),
    "least": glossary.BEST,
    "most": glossary.WORST,
}
SENSITIVITY_HEADS = {
    "factor": Text("Choice", "选择"),
    "levels": Text("Options", "选项数"),
    "d_first": Text("D, alone", "D，单独"),
    "d_total": Text("D, with interactions", "D，含交互"),
    "rank_first": Text("Rank, alone", "位次，单独"),
    "rank_total": Text("Rank, with interactions", "位次，含交互"),
    "shift_first": Text("Whole ranking, alone", "整体排名，单独"),
    "shift_total": Text("Whole ranking, with interactions", "整体排名，含交互"),
}
GUARD_HEADS = {
    "scheme": Text("Index", "指数"),
    "check": Text("Check", "检查"),
    "measured": Text("Found", "实测"),
    "limit": Text("Limit", "界限"),
    "raised": Text("Warning", "警示"),
}
GROUP_HEADS = {
    "group": glossary.GROUP,
    "provinces": Text("Provinces", "省份数"),
    "start": glossary.FIRST_YEAR,
    "end": glossary.LAST_YEAR,
    "rise": Text("Rise", "上升"),
    "gap_start": Text("Gap to the others, first year", "与其他省份差距，首年"),
    "gap_end": Text("Gap to the others, last year", "与其他省份差距，末年"),
    "spread": Text("Highest less lowest inside, last year", "组内极差，末年"),
}
LEAD_HEADS = {
    "province": PROVINCE,
    "science": Text("S&T innovation", "科技创新"),
    "industry": Text("Industrial innovation", "产业创新"),
    "ratio": Text("Second over first", "后者/前者"),
    "lagging": Text("Relative development", "相对发展"),
    "grey": Text("Grey relational degree", "灰色关联度"),
    "d": D,
}
LINK_HEADS = {
    "system": Text("System", "系统"),
    "mean": Text("Mean score", "平均得分"),
    "leads": Text("Leads in", "领先省份数"),
    "weakest": Text("Weakest in", "最弱省份数"),
    "lags": Text("Lags in", "滞后省份数"),
}
CHAIN_HEADS = {
    "province": PROVINCE,
    "innovation_chain": Text("Innovation chain", "创新链"),
    "industry_chain": Text("Industry chain", "产业链"),
    "talent_chain": Text("Talent chain", "人才链"),
    "capital_chain": Text("Capital chain", "资金链"),
    "weakest": Text("Weakest link", "最弱环节"),
    "ratio": Text("Weakest over strongest", "最弱/最强"),
    "d": D,
}
PART_HEADS = {
    "province": PROVINCE,
    "industrialisation": Text("Industrialisation", "技术产业化"),
    "match": Text("Match", "需求匹配"),
    "coverage": Text("Coverage", "链条覆盖"),
    "flow": Text("Flow", "跨域流动"),
    "d": D,
    "rank": glossary.RANK,
    "rank_low": glossary.BEST,
    "rank_high": glossary.WORST,
    "two_rank": Text("Rank, two innovations", "两种创新位次"),
    "hightech_rank": Text("Rank with high-tech", "含高技术位次"),
}

TITLES = {
    "weights": Text("S&T and industrial innovation: weights inside each system (%)", "科技创新与产业创新：系统内权重（%）"),
    "formulas": Text("S&T and industrial innovation: indicators", "科技创新与产业创新：指标"),
    "chain_weights": Text("Four chains: weights inside each chain (%)", "四链：链内权重（%）"),
    "part_weights": Text("Four-part index: weights inside each part (%)", "四部分指数：各部分内权重（%）"),
    "tiles": Text("Coupling coordination D of the two innovations", "两种创新的耦合协调度D"),
    "heat": Text("Coupling coordination D by province and year", "各省各年耦合协调度D"),
    "scatter": Text("The two innovations against each other", "两种创新的得分"),
    "guards": Text("Misuse guards", "误用警示"),
    "league": Text("League table with rank intervals", "位次表与位次区间"),
    "intervals": Text("Rank intervals", "位次区间"),
    "schemes": Text("Ranks under other weights and forms", "不同赋权与形式下的位次"),
    "sensitivity": Text("What moves the result: share of the variance (%)", "结果由何决定：方差占比（%）"),
    "leads": Text("Who leads", "谁领先"),
    "obstacles": Text("Obstacle degrees by region (%)", "各区域障碍度（%）"),
    "groups": Text("Three regional groups and the rest", "三大区域组与其他省份"),
    "group_table": Text("Level and gap of the regional groups", "区域组的水平与差距"),
    "grades": Text("From grade to grade in a year", "一年内的等级转移"),
    "grade_counts": Text("Provinces in each grade", "各等级省份数"),
    "dagum": Text("Inequality of D between provinces", "D的省际差距"),
    "explained": Text("What goes with D", "与D相关的因素"),
    "radar": Text("Four chains of chosen provinces", "若干省份的四链"),
    "links": Text("Four chains: weakest link of each province", "四链：各省最弱环节"),
    "link_counts": Text("Four chains: who leads, who lags", "四链：领先与滞后"),
    "part_formulas": Text("Four-part index: indicators", "四部分指数：指标"),
    "operational": Text("The four-part index: what the paper names and what is measured", "四部分指数：论文的提法与本项目的度量"),
    "parts": Text("The four-part index", "四部分指数"),
}
SCIENCE_LABEL = Text("S&T innovation, U1", "科技创新得分U1")
INDUSTRY_LABEL = Text("Industrial innovation, U2", "产业创新得分U2")
D_LABEL = Text("Coupling coordination D", "耦合协调度D")
RANK_LABEL = Text("Rank, 1 the highest D; points: median of the draws", "位次，1为D最高；点为抽样中位数")
GINI_LABEL = Text("Gini of D", "D的基尼系数")
REGION_LABEL, INDICATOR_LABEL = Text("Region", "区域"), glossary.INDICATOR
FROM, TO = Text("Grade", "起始等级"), Text("Grade a year later", "一年后等级")
