"""The sentences of notebook 07; every number is filled in by :mod:`toolkit.studies.integration.values`."""

from __future__ import annotations

from toolkit.language import Text

FINDING_LEVEL = Text(
    "The mean D of {n} provinces rose from {start:.2f} ({first}) to {end:.2f} ({last}); in {last} it runs from {low:.2f} ({lowest}) to "
    "{high:.2f} ({highest}), and {coordinated} provinces are above {half:.1f}, the border between imbalance and coordination. But D "
    "orders the province-years as the plain level T does (Spearman {order:.3f}), and so does D with the corrected C ({wang:.3f}): what "
    "is measured is how developed both innovations are, hardly how well they fit each other.",
    "{n}个省份的平均D由{first}年的{start:.2f}升至{last}年的{end:.2f}；{last}年最低为{lowest}（{low:.2f}），最高为{highest}（{high:.2f}），"
    "{coordinated}个省份高于失调与协调的分界{half:.1f}。但D对省份—年份的排序与综合水平T几乎相同（Spearman相关系数{order:.3f}），"
    "采用修正C后也是如此"
    "（{wang:.3f}）：所测的主要是两种创新各自的发展水平，而不是二者的契合程度。",
)
FINDING_RANKING = Text(
    "{draws:,} draws of weights, indicators and normalisations: provinces that keep one place in the {level:.0%} interval, {certain} of "
    "{n}; "
    "width of the interval, {median:.0f} places at the median and {widest} at most ({widest_name}). Over all years {overlap:.0%} of "
    "neighbours have overlapping intervals. {top} provinces are in the top ten in at least {level:.0%} of the draws, {bottom} never. Over "
    "all "
    "combinations of choices a province moves {shift:.1f} places on average; what matters most is: {factor} ({share:.0%} of the "
    "variance alone).",
    "对赋权、指标与归一化方法随机抽样{draws:,}次：{n}个省份中有{certain}个在{level:.0%}区间内位次不变；区间宽度的中位数为{median:.0f}位，"
    "最宽为{widest}位（{widest_name}）。各年合计，{overlap:.0%}的相邻省份区间重叠。至少{level:.0%}的抽样进入前十的有{top}个省份，"
    "从未进入的有{bottom}个。"
    "在全部选择组合下，各省位次平均变动{shift:.1f}位；影响最大的选择是{factor}（单独解释方差的{share:.0%}）。",
)
FINDING_LEADS = Text(
    "In {last} S&T innovation lags in {science} provinces, industrial innovation in {industry}, and {step} are in step. Of the ten "
    "provinces with the highest D, S&T lags in {top_science} and industry in {top_industry}; of the ten with the lowest, in "
    "{low_science} and {low_industry}. The two systems follow each other most closely in {close} (grey relational degree "
    "{close_degree:.2f}) and least in {far} ({far_degree:.2f}).",
    "{last}年，科技创新滞后的省份有{science}个，产业创新滞后的有{industry}个，同步发展的有{step}个。D最高的十个省份中，"
    "科技滞后{top_science}个、"
    "产业滞后{top_industry}个；最低的十个省份中，分别为{low_science}个与{low_industry}个。"
    "两系统得分最接近的是{close}（灰色关联度{close_degree:.2f}），"
    "最疏离的是{far}（{far_degree:.2f}）。",
)
FINDING_OBSTACLES = Text(
    "Largest obstacle: {largest}. The regions differ most in {name}: {low:.0f}% in the {low_region} against {high:.0f}% in the "
    "{high_region}. S&T innovation carries {science:.0f}% of what the provinces lack on average. Obstacle degrees follow the weights "
    "(rank correlation over indicators {rho:.2f}): they say where points can be gained in this index.",
    "最大障碍因素：{largest}。各区域差别最大的是{name}：{low_region}为{low:.0f}%，{high_region}为{high:.0f}%。科技创新系统平均占全部障碍的"
    "{science:.0f}%。障碍度大体取决于权重（各指标秩相关系数{rho:.2f}），只说明在本指数中何处可以提高得分。",
)
FINDING_GROUPS = Text(
    "In {last} the mean D is {jjj:.2f} in Beijing–Tianjin–Hebei, {delta:.2f} in the Yangtze delta and {bay:.2f} in Guangdong, against "
    "{rest:.2f} elsewhere. The gap to the rest moved from {jjj_start:.2f} to {jjj_end:.2f}, from {delta_start:.2f} to {delta_end:.2f}, "
    "and from {bay_start:.2f} to {bay_end:.2f}. Inside Beijing–Tianjin–Hebei the provinces lie {jjj_spread:.2f} apart, inside the "
    "Yangtze delta {delta_spread:.2f}.",
    "{last}年平均D：京津冀{jjj:.2f}，长三角{delta:.2f}，广东{bay:.2f}，其他省份{rest:.2f}。与其他省份的差距，"
    "京津冀由{jjj_start:.2f}变为{jjj_end:.2f}，"
    "长三角由{delta_start:.2f}变为{delta_end:.2f}，广东由{bay_start:.2f}变为{bay_end:.2f}。京津冀内部极差为{jjj_spread:.2f}，"
    "长三角为{delta_spread:.2f}。",
)
FINDING_DYNAMICS = Text(
    "Of {transitions} yearly transitions between grades {stay:.0%} stay, {rise:.0%} rise and {fall:.0%} fall; D itself "
    "fell in {falls:.0%} of the yearly steps. The Gini of D went from "
    "{start:.3f} ({first}) to {end:.3f} ({last}), of which {between:.0%} is net inequality between regions, {within:.0%} inside them and "
    "{overlap:.0%} overlap.",
    "在{transitions}次年度等级转移中，{stay:.0%}不变，{rise:.0%}上升，{fall:.0%}下降；D本身在{falls:.0%}的年度变动中下降。"
    "D的基尼系数由{first}年的{start:.3f}变为{last}年的{end:.3f}，"
    "其中区域间净差距占{between:.0%}，区域内差距占{within:.0%}，超变密度占{overlap:.0%}。",
)
FINDING_EXPLAINED = Text(
    "Between provinces D rises with GDP per head ({income:.3f} per log point, standard error {income_se:.3f}), which is partly arithmetic: "
    "GDP and population are denominators of the indicators. Within provinces, at the {level:.0%} level of the wild bootstrap, D goes with "
    "{within}; a year earlier with {lagged}; with the corrected C with {wang}. {rows} province-years, {provinces} clusters.",
    "省际比较中，D随人均GDP上升（每对数点{income:.3f}，标准误{income_se:.3f}），其中部分是算术结果：GDP与人口是指标的分母。在省内变化中，"
    "按wild bootstrap在{level:.0%}水平上与D相关的有：{within}；滞后一年为：{lagged}；采用修正C时为：{wang}。样本为{rows}个省份—年份，"
    "{provinces}个聚类。",
)
FINDING_CHAINS = Text(
    "In {last} the weakest link is the {weak} in {weak_count} of {n} provinces (elsewhere: {others}); the {strong} leads most often "
    "({strong_count}). {heavy_name} makes {heavy:.0%} of the {heavy_chain}, which is nearly that indicator. The ranks of the four chains "
    "and of the two innovations are correlated at {rho:.3f}.",
    "{last}年，{n}个省份中有{weak_count}个的最弱环节是{weak}（例外：{others}）；最常领先的是{strong}（{strong_count}个）。"
    "{heavy_name}占{heavy_chain}的{heavy:.0%}，该链几乎等同于这一指标。四链与两种创新的位次相关系数为{rho:.3f}。",
)
FINDING_PARTS = Text(
    "On the four parts as made measurable here, {first_name} leads in {last} (D {first:.2f}, interval of ranks {first_low} to "
    "{first_high}), followed by {second_name} ({second_low} to {second_high}). Guangdong has rank {bay_rank} of {n} here and {bay_two} on "
    "the two innovations; its weakest part is {bay_weak} ({bay_score:.2f} against a mean of {bay_mean:.2f}). The ranks of the two indices "
    "are correlated at {rho:.2f}. The weakest part is {weak} in {weak_count} provinces. With high-tech manufacturing, known for one year, "
    "the median change of rank is {moved:.0f}.",
    "按本项目的操作化，{last}年四部分指数最高的是{first_name}（D为{first:.2f}，位次区间{first_low}—{first_high}），其次为{second_name}"
    "（{second_low}—{second_high}）。广东在此列第{bay_rank}位（共{n}个），而在两种创新指数中列第{bay_two}位；其最弱部分为{bay_weak}"
    "（{bay_score:.2f}，平均为{bay_mean:.2f}）。两种指数位次的相关系数为{rho:.2f}。最弱部分为{weak}的省份有{weak_count}个。"
    "加入仅有一年数据的高技术制造业后，位次变动的中位数为{moved:.0f}位。",
)
FINDING = Text(
    "How integrated? D of the two innovations averages {mean:.2f} in {last}, {coordinated} of {n} provinces above {half:.1f}; it measures "
    "their level (Spearman with T {order:.3f}), not their fit. Who leads? {leaders}; S&T lags industry in {science} provinces, industry "
    "lags S&T in {industry}. How sure is the ranking? Single places are not: over all years {overlap:.0%} of neighbours overlap, the "
    "median interval is "
    "{median:.0f} places wide; but {top} provinces are in the top ten in at least {level:.0%} of the draws.",
    "融合程度如何？{last}年两种创新的D平均为{mean:.2f}，有{coordinated}个（共{n}个）省份高于{half:.1f}；"
    "它度量的是发展水平（与T的Spearman相关系数"
    "{order:.3f}），而非契合程度。谁领先？{leaders}；科技落后于产业的省份有{science}个，产业落后于科技的有{industry}个。"
    "排名有多可靠？单个位次不可靠："
    "各年合计{overlap:.0%}的相邻省份区间重叠，区间宽度的中位数为{median:.0f}位；但有{top}个省份在至少{level:.0%}的抽样中位列前十。",
)
NONE = Text("none of them", "无")
