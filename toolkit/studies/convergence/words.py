"""Names, table heads, titles and sentences of notebook 06, in both languages."""

from __future__ import annotations

from toolkit import glossary
from toolkit.heads import Head
from toolkit.language import Text

MEASURES = {"sd_log": Text("standard deviation of logs", "对数标准差"), "cv": Text("coefficient of variation", "变异系数")}
KINDS = {
    "absolute": Text("whole period, absolute", "全期，绝对收敛"),
    "conditional": Text("whole period, region and GDP per head", "全期，控制区域与人均GDP"),
    "yearly": Text("yearly, year effects", "逐年，年份固定效应"),
    "own_level": Text("yearly, province and year effects", "逐年，双向固定效应"),
}
SLOPES = {"sigma": Text("trend of dispersion", "离散程度趋势"), "absolute": Text("absolute beta", "绝对β")}
ALL = {"all": Text("all provinces", "全部省份")}

SIGMA_HEADS = {
    "variable": glossary.VARIABLE,
    "measure": Text("Dispersion", "离散程度"),
    "years": Text("Years", "年数"),
    "start": glossary.FIRST_YEAR,
    "end": glossary.LAST_YEAR,
    "slope": Text("Slope per year", "年均斜率"),
    "std_error": glossary.STD_ERROR,
    "p_value": Head(glossary.P, "p_value"),
}
BETA_HEADS = {
    "variable": glossary.VARIABLE,
    "kind": Text("Equation", "方程"),
    "beta": Text("β", "β"),
    "std_error": glossary.STD_ERROR,
    "p_value": Head(glossary.P, "p_value"),
    "speed": Text("Speed (% a year)", "收敛速度（%/年）"),
    "half_life": Text("Half-life (years)", "半衰期（年）"),
    "observations": glossary.N,
}
INFLUENCE_HEADS = {
    "variable": glossary.VARIABLE,
    "slope": Text("Slope", "斜率"),
    "estimate": Text("All provinces", "全部省份"),
    "low": Text("Lowest without one", "剔除一省：最低"),
    "high": Text("Highest without one", "剔除一省：最高"),
    "province": Text("Moved most by", "影响最大的省份"),
    "without": Text("Without it", "剔除后"),
}
CLUB_HEADS = {
    "variable": glossary.VARIABLE,
    "club": Text("Club", "俱乐部"),
    "members": Text("Provinces", "省份数"),
    "b": Text("b", "b"),
    "std_error": glossary.STD_ERROR,
    "t": Text("t", "t值"),
    "converges": Text("Not rejected", "未被拒绝"),
    "relative": Text("Over the mean, last year", "末年与均值之比"),
}
STABILITY_HEADS = {
    "variable": glossary.VARIABLE,
    "clubs": Text("Clubs", "俱乐部数"),
    "without_first": Text("Without the first year", "剔除首年"),
    "alike_first": Text("Pairs sorted alike (%)", "省份对归类一致（%）"),
    "without_last": Text("Without the last year", "剔除末年"),
    "alike_last": Text("Pairs sorted alike (%)", "省份对归类一致（%）"),
}
MOVER_HEADS = {
    "variable": glossary.VARIABLE,
    "province": glossary.PROVINCE,
    "first": Text("Rank, first year", "首年位次"),
    "last": Text("Rank, last year", "末年位次"),
    "up": Text("Places gained", "上升位数"),
}
CHAIN_HEADS = {
    "variable": glossary.VARIABLE,
    "transitions": Text("Transitions", "转移数"),
    "stay": Text("Stay (%)", "不变（%）"),
    "rise": Text("Rise (%)", "上升（%）"),
    "fall": Text("Fall (%)", "下降（%）"),
    "trace": Text("Mobility", "流动性"),
    "long_bottom": Text("Long run, lowest (%)", "长期最低类（%）"),
    "long_top": Text("Long run, highest (%)", "长期最高类（%）"),
    "up": Text("Years to the top", "升至最高类（年）"),
    "down": Text("Years to the bottom", "降至最低类（年）"),
    "order_p": Head(Text("First order, p", "一阶性p值"), "p_value"),
    "halves_p": Head(Text("Same in halves, p", "前后期相同p值"), "p_value"),
}
CHAIN_DIGITS = {**dict.fromkeys(CHAIN_HEADS, 1), "trace": 2, "order_p": 3, "halves_p": 3}
SPATIAL_HEADS = {
    "variable": glossary.VARIABLE,
    "chi2": Text("χ²", "χ²"),
    "chi2_p": Head(Text("p of χ²", "χ²的p值"), "p_value"),
    "lr": Text("Likelihood ratio", "似然比"),
    "lr_p": Head(Text("p of LR", "似然比p值"), "p_value"),
    "df": Text("df", "自由度"),
    "smallest": Text("Smallest expected count", "最小期望频数"),
}

TITLES = {
    "sigma": Text("Dispersion between provinces", "省际离散程度"),
    "sigma_table": Text("Has the dispersion fallen?", "离散程度是否下降"),
    "scatter": Text("growth on the initial level", "增长与初始水平"),
    "beta_table": Text("Growth on the initial level", "增长与初始水平"),
    "influence": Text("What hangs on a single province", "结论对单个省份的依赖"),
    "clubs": Text("Convergence clubs", "收敛俱乐部"),
    "club_table": Text("Log t tests of all provinces and of each club", "全部省份与各俱乐部的log t检验"),
    "stability": Text("The clubs when a year is left out", "剔除一年后的俱乐部"),
    "bump": Text("ranks of the provinces", "各省位次"),
    "movers": Text("Who rose and who fell most", "位次升降最大的省份"),
    "ridges": Text("The distribution over the years, relative to the mean of the provinces", "各年分布（与各省均值之比）"),
    "matrix": Text("From class to class in a year", "一年内的类别转移"),
    "chain_table": Text("The chain of each variable", "各变量的马尔可夫链"),
    "spatial": Text("Transitions by the class of the neighbours", "按邻省类别的转移概率"),
    "spatial_table": Text("Do the neighbours matter?", "邻省是否有影响"),
}
SD_LABEL = Text("Standard deviation of logs", "对数标准差")
GROWTH_LABEL = Text("Growth (% a year, logs)", "年均增长（%，对数）")
RELATIVE_LABEL = Text("Log of the value over the mean of the provinces", "与各省均值之比的对数")
NEAR = Text("Own class, near the class of the neighbours", "本省与邻省的起始类别")
FROM, TO = Text("From", "起始类别"), Text("To", "一年后类别")

FINDING_SIGMA = Text(
    "The standard deviation of logs has a trend below zero at the {level:.0%} level for {falling}, and not for {other}. "
    "{name} moves most, from {start:.2f} to {end:.2f}; but without {province} alone its trend is {without:.3f} a year instead of "
    "{estimate:.3f}. The shortest series has {years} years.",
    "对数标准差在{level:.0%}水平上呈下降趋势的有：{falling}；不显著的有：{other}。变化最大的是{name}，由{start:.2f}降至{end:.2f}；"
    "但仅剔除{province}，其年均趋势即由{estimate:.3f}变为{without:.3f}。最短序列为{years}年。",
)
FINDING_BETA = Text(
    "Over the whole period provinces that started low grew faster at the {level:.0%} level for {absolute}; with region and GDP per head "
    "held fixed for {conditional}. The half-life of a gap is, for {rd}, {half_rd}; for {patents}, {half_patents}; for {tech}, "
    "{half_tech}. "
    "With province effects the yearly equation gives speeds of {own_low:.0f}% to {own_high:.0f}% a year: in so few years it is biased "
    "upwards, and it describes the return to each province's own path, not the closing of gaps.",
    "全期来看，初始水平低的省份增长更快且在{level:.0%}水平上显著的有：{absolute}；控制区域与人均GDP后为：{conditional}。差距的半衰期："
    "{rd}为{half_rd}，{patents}为{half_patents}，{tech}为{half_tech}。加入省份固定效应后，逐年方程的速度升至每年{own_low:.0f}%至"
    "{own_high:.0f}%：年数很少时该方程高估收敛速度，反映的是各省回到自身路径，而非省际差距的缩小。",
)
FINDING_CLUBS = Text(
    "Convergence of all provinces to one path is rejected for {rejected} of {n} variables. The algorithm finds {rd_clubs} clubs in {rd} "
    "({rd_outside} provinces in none), {patent_clubs} in {patents} ({patent_outside}) and {tech_clubs} in {tech} ({tech_outside}). "
    "Leaving "
    "out the first or the last year keeps {alike_low:.0f}% to {alike_high:.0f}% of all pairs of provinces sorted alike.",
    "在{n}个变量中，有{rejected}个拒绝全部省份收敛于同一路径。算法在{rd}中得到{rd_clubs}个俱乐部（{rd_outside}个省份不属于任何俱乐部），"
    "{patents}为{patent_clubs}个（{patent_outside}个），{tech}为{tech_clubs}个（{tech_outside}个）。剔除首年或末年后，"
    "{alike_low:.0f}%至{alike_high:.0f}%的省份对归类一致。",
)
FINDING_MOVES = Text(
    "The ranks of the first and the last year are correlated at {rho_rd:.2f} for {rd}, {rho_patents:.2f} for {patents} and "
    "{rho_tech:.2f} for "
    "{tech}. In {rd}, {riser} gained {gained} places and {faller} lost {lost}; in {tech}, {tech_faller} lost {tech_lost}.",
    "首末年位次的相关系数：{rd}为{rho_rd:.2f}，{patents}为{rho_patents:.2f}，{tech}为{rho_tech:.2f}。就{rd}而言，{riser}上升{gained}位，"
    "{faller}下降{lost}位；就{tech}而言，{tech_faller}下降{tech_lost}位。",
)
FINDING_CHAINS = Text(
    "From one year to the next {rd_stay:.0f}% of provinces stay in their class of {rd}, {patent_stay:.0f}% of {patents} and "
    "{tech_stay:.0f}% of {tech}. At these rates a province in the lowest class needs on average {rd_up:.0f}, {patent_up:.0f} and "
    "{tech_up:.0f} years to reach the highest. That the neighbours do not matter is rejected at the {level:.0%} level for {spatial}, "
    "with smallest expected counts of {smallest:.1f} or less; that one step of memory is enough is itself rejected for {order}.",
    "一年之内，{rd_stay:.0f}%的省份在{rd}上类别不变，{patents}为{patent_stay:.0f}%，{tech}为{tech_stay:.0f}%。按此转移概率，"
    "最低类省份升至最高类平均需要{rd_up:.0f}、{patent_up:.0f}与{tech_up:.0f}年。在{level:.0%}水平上拒绝“邻省无影响”的有：{spatial}，"
    "但最小期望频数不超过{smallest:.1f}；拒绝一阶马尔可夫性的有：{order}。",
)
NONE = Text("none", "无")
