"""Words that several tables and figures share, each translated once.

A word that occurs once stays where it is used. ``tests/contracts/test_glossary.py`` finds an English word with two Chinese ones.

Examples
--------
>>> N.to("zh"), SHARE_PERCENT.to("zh")
('观测值', '占比（%）')
"""

from __future__ import annotations

from toolkit.language import Text

# keys of tables
YEAR = Text("Year", "年份")
PROVINCE = Text("Province", "省份")
INDUSTRY = Text("Industry", "行业")
MODEL = Text("Model", "模型")
ESTIMATOR = Text("Estimator", "估计方法")
VARIABLE = Text("Variable", "变量")
INDICATOR = Text("Indicator", "指标")
SAMPLE = Text("Sample", "样本")
GROUP = Text("Group", "组别")
FIRST_YEAR = Text("First year", "首年")
LAST_YEAR = Text("Last year", "末年")

# estimates
N = Text("N", "观测值")
COEFFICIENT = Text("Coefficient", "系数")
ELASTICITY = Text("Elasticity", "弹性")
ESTIMATE = Text("Estimate", "估计值")
STANDARD_ERROR = Text("Standard error", "标准误")
STD_ERROR = Text("Std. error", "标准误")
P = Text("p", "p值")
WILD_P = Text("Wild p", "野自助p值")
LOW = Text("Low", "下限")
HIGH = Text("High", "上限")
F = Text("F", "F值")
F_OF_EFFECTS = Text("F of the effects", "固定效应F检验")
FIRST_STAGE_F = Text("First-stage F", "第一阶段F值")
EFFECTIVE_F = Text("Effective F", "有效F值")
MEAN = Text("Mean", "均值")
MEDIAN = Text("Median", "中位数")

# estimators
TWO_WAY = Text("Province and year effects", "双向固定效应")
DESIGN = Text("Design", "设计")
POOLED = Text("Pooled", "混合回归")
FIXED_EFFECTS = Text("Fixed effects", "固定效应")
BETWEEN = Text("Between", "组间估计")
RANDOM_EFFECTS = Text("Random effects", "随机效应")
FIRST_DIFFERENCES = Text("First differences", "一阶差分")
DIFFERENCE_GMM = Text("Difference GMM", "差分GMM")
SYSTEM_GMM = Text("System GMM", "系统GMM")

# measures
SHARE_PERCENT = Text("Share (%)", "占比（%）")
GINI = Text("Gini", "基尼系数")
THEIL_T = Text("Theil T", "泰尔T指数")
CRITIC = Text("CRITIC", "CRITIC法")
RANK = Text("Rank", "位次")
BEST = Text("Best", "最好位次")
WORST = Text("Worst", "最差位次")

# claims
PRINTED = Text("Printed", "论文数字")
COMPUTED = Text("Computed", "计算值")
VERDICT = Text("Verdict", "结论")
EVIDENCE = Text("Evidence", "证据等级")
WEAK_SERIES = Text("Weak series", "数据质量较弱的序列")
INSIDE = Text("inside", "之内")
OUTSIDE = Text("outside", "之外")
