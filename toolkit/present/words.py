"""Words that tables need besides the names of variables, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from toolkit.language import Language, Note, Text, get_language
from toolkit.present.labels import label, split_outside_brackets

STATISTICS: dict[str, Text] = {
    "rows": Text("N", "观测值"),
    "entities": Text("Entities", "个体数"),
    "periods": Text("Periods", "期数"),
    "r2": Text("R²", "R²"),
    "adj_r2": Text("Adjusted R²", "调整R²"),
    "r2_within": Text("R² (within)", "R²（组内）"),
    "r2_between": Text("R² (between)", "R²（组间）"),
    "r2_overall": Text("R² (overall)", "R²（总体）"),
    "r2_inclusive": Text("R² (with effects)", "R²（含固定效应）"),
    "r2_pseudo": Text("Pseudo R²", "伪R²"),
    "r2_quasi": Text("R² (quasi-demeaned)", "R²（拟去均值）"),
    "adj_r2_quasi": Text("Adjusted R² (quasi-demeaned)", "调整R²（拟去均值）"),
    "r2_differences": Text("R² (differences)", "R²（差分）"),
    "rmse": Text("RMSE", "均方根误差"),
    "sigma_u": Text("σ (effects)", "σ（个体效应）"),
    "sigma_e": Text("σ (residual)", "σ（残差）"),
    "rho": Text("ρ", "ρ"),
    "theta": Text("θ", "θ"),
    "log_likelihood": Text("Log likelihood", "对数似然值"),
    "deviance": Text("Deviance", "偏差"),
    "quantile": Text("Quantile", "分位点"),
    "aic": Text("AIC", "AIC"),
    "bic": Text("BIC", "BIC"),
    "f": Text("F", "F值"),
    "f_p": Text("p of F", "F检验p值"),
    "f_effects": Text("F of the effects", "固定效应F检验"),
    "f_effects_p": Text("p of the effects", "固定效应F检验p值"),
    "kappa": Text("κ", "κ"),
    "partial_r2": Text("Partial R² (first stage)", "第一阶段偏R²"),
    "first_stage_f": Text("First-stage F", "第一阶段F值"),
    "conditional_f": Text("Conditional F (smallest)", "条件F值（最小）"),
    "cragg_donald_f": Text("Cragg–Donald F", "Cragg–Donald F值"),
    "rk_wald_f": Text("Kleibergen–Paap rk Wald F", "Kleibergen–Paap rk Wald F值"),
    "rk_lm": Text("Kleibergen–Paap rk LM", "Kleibergen–Paap rk LM统计量"),
    "rk_lm_p": Text("p of rk LM", "识别不足检验p值"),
    "effective_f": Text("Effective F", "有效F值"),
    "overid": Text("Over-identification test", "过度识别检验统计量"),
    "overid_p": Text("p of over-identification", "过度识别检验p值"),
    "endogeneity": Text("Durbin–Wu–Hausman F", "Durbin–Wu–Hausman F值"),
    "endogeneity_p": Text("p of endogeneity", "内生性检验p值"),
    "anderson_rubin": Text("Anderson–Rubin F", "Anderson–Rubin F值"),
    "anderson_rubin_p": Text("p of Anderson–Rubin", "Anderson–Rubin检验p值"),
    "threshold_1": Text("Threshold 1", "门槛值1"),
    "threshold_2": Text("Threshold 2", "门槛值2"),
    "threshold_3": Text("Threshold 3", "门槛值3"),
    "rows_regime_1": Text("N, regime 1", "观测值（区制1）"),
    "rows_regime_2": Text("N, regime 2", "观测值（区制2）"),
    "rows_regime_3": Text("N, regime 3", "观测值（区制3）"),
    "rows_regime_4": Text("N, regime 4", "观测值（区制4）"),
    "f_threshold": Text("F of the last threshold", "末个门槛的F值"),
    "f_threshold_p": Text("p of the last threshold (bootstrap)", "末个门槛的p值（自助法）"),
    "instruments": Text("Instruments", "工具变量数"),
    "hansen": Text("Hansen J", "Hansen J值"),
    "hansen_p": Text("p of Hansen's J", "Hansen检验p值"),
    "sargan": Text("Sargan", "Sargan值"),
    "sargan_p": Text("p of Sargan", "Sargan检验p值"),
    "hansen_levels_p": Text("p of difference in Hansen, levels", "水平方程差分Hansen检验p值"),
    "ar1": Text("AR(1), z", "AR(1)，z值"),
    "ar1_p": Text("p of AR(1)", "AR(1)检验p值"),
    "ar2": Text("AR(2), z", "AR(2)，z值"),
    "ar2_p": Text("p of AR(2)", "AR(2)检验p值"),
    "wald": Text("Wald χ²", "Wald χ²"),
    "wald_p": Text("p of Wald", "Wald检验p值"),
    "mean": Text("Mean", "均值"),
    "sd": Text("Std. dev.", "标准差"),
    "min": Text("Min", "最小值"),
    "p25": Text("P25", "P25"),
    "p50": Text("Median", "中位数"),
    "p75": Text("P75", "P75"),
    "max": Text("Max", "最大值"),
    "overall": Text("overall", "总体"),
    "between": Text("between", "组间"),
    "within": Text("within", "组内"),
}
"""Key of a statistic -> its label."""

METHODS: dict[str, Text] = {
    "pooled": Text("Pooled OLS", "混合OLS"),
    "within": Text("Fixed effects", "固定效应"),
    "between": Text("Between", "组间"),
    "random": Text("Random effects", "随机效应"),
    "differences": Text("First differences", "一阶差分"),
    "instruments": Text("2SLS", "2SLS"),
    "liml": Text("LIML", "LIML"),
    "fuller": Text("Fuller", "Fuller"),
    "difference_gmm": Text("Difference GMM", "差分GMM"),
    "system_gmm": Text("System GMM", "系统GMM"),
    "threshold": Text("Panel threshold", "面板门槛"),
    "poisson": Text("Poisson", "泊松"),
    "quantile": Text("Quantile regression", "分位数回归"),
}

COVARIANCES: dict[str, Text] = {
    "iid": Text("homoskedastic", "同方差"),
    "HC1": Text("heteroskedasticity-robust", "异方差稳健"),
    "driscoll_kraay": Text("Driscoll–Kraay", "Driscoll–Kraay"),
    "conley": Text("Conley (spatial)", "Conley（空间相关稳健）"),
    "poisson": Text("Poisson variance (equal to the mean)", "泊松方差（等于均值）"),
    "windmeijer": Text("two-step, Windmeijer-corrected", "两步法，Windmeijer修正"),
    "conventional one-step": Text("one-step, homoskedastic", "一步法，同方差"),
    "conventional two-step": Text("two-step, uncorrected", "两步法，未修正"),
}

YES, NO = Text("Yes", "是"), Text("No", "否")
OMITTED = Text("omitted", "已剔除")
VARIABLE = Text("Variable", "变量")
WILD = Text("Wild bootstrap p", "Wild bootstrap p值")
ESTIMATOR = Text("Estimator", "估计方法")

_REASONS: tuple[tuple[str, Text], ...] = (
    (r"missing values or singletons", Text("missing values or singletons", "缺失值或单例")),
    (r"missing (.+)", Text("missing {0}", "{0}缺失")),
    (r"infinite (.+)", Text("infinite {0}", "{0}为无穷大")),
    (r"non-positive in (?:log\((.+)\)|(.+))", Text("non-positive {0}", "{0}非正")),
    (r"outside the domain of (.+)", Text("outside the domain of {0}", "超出{0}的定义域")),
    (r"no such period for (.+)", Text("no such period for {0}", "{0}无对应时期")),
    (r"singleton (.+)", Text("singleton {0}", "单例（{0}）")),
    (r"zero weight (.+)", Text("zero weight {0}", "权重{0}为零")),
    (r"collinear with the effects (.+)", Text("collinear with the effects of {0}", "与{0}固定效应共线")),
    (r"outcome always zero within (.+)", Text("outcome always zero within {0}", "被解释变量在{0}内恒为零")),
    (r"zero predicted perfectly", Text("zeros predicted perfectly", "零值被完全预测")),
    (r"no later row of the entity", Text("no later row of the entity", "个体无后续观测")),
    (r"no row one period earlier", Text("no row one period earlier", "无前一期观测")),
    (r"no change over time", Text("no change over time", "不随时间变化")),
    (r"collinear with (.+)", Text("collinear with {0}", "与{0}共线")),
    (r"no variation within (.+)", Text("no variation within {0}", "在{0}内无变化")),
    (r"constant", Text("constant", "为常数")),
    (r"collinear", Text("collinear", "共线")),
)


def statistic_label(key: str, language: Language | None = None) -> str:
    """The label of a statistic; an unknown key comes back unchanged.

    Examples
    --------
    >>> statistic_label("r2_within", "zh"), statistic_label("rows", "en")
    ('R²（组内）', 'N')
    """
    return STATISTICS[key].to(language) if key in STATISTICS else key


def effects_label(effect: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The label of an absorbed effect.

    Examples
    --------
    >>> effects_label("province", "zh"), effects_label("bloc^year", "en")
    ('省份固定效应', 'bloc × year effects')
    """
    parts = [label(part, language, names) for part in effect.split("^")]
    if (language or get_language()) == "zh":
        return "×".join(parts) + "固定效应"
    return " × ".join([parts[0], *map(in_sentence, parts[1:])]) + " effects"


def cluster_label(name: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The label of the row that counts clusters.

    Examples
    --------
    >>> cluster_label("province", "en"), cluster_label("province", "zh")
    ('Clusters (province)', '聚类数（省份）')
    """
    if not name:
        return Text("Clusters", "聚类数").to(language)
    shown = in_sentence(label(name, language, names))
    return Text(f"Clusters ({shown})", f"聚类数（{shown}）").to(language)


def reason_label(reason: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """Why rows or regressors were left out; an unknown reason comes back unchanged.

    Examples
    --------
    >>> reason_label("non-positive in log(x)", "en"), reason_label("collinear with x", "zh")
    ('non-positive x', '与x共线')
    """
    for pattern, text in _REASONS:
        if (match := re.fullmatch(pattern, reason)) is not None:
            subject = next((group for group in match.groups() if group), "")
            parts = [part for half in subject.split(" and ") for part in split_outside_brackets(half, ",")]
            listed = Text(", ", "、").to(language).join(_subject(part, language, names) for part in parts)
            return text.to(language).format(listed)
    return reason


def _subject(part: str, language: Language | None, names: Mapping[str, str | Text] | None) -> str:
    """The label of a term, or of an effect that combines columns (``province^year``)."""
    columns = [part] if re.search(r"\^\d", part) else part.split("^")
    return " × ".join(in_sentence(label(column, language, names)) for column in columns)


_SENTENCES: tuple[tuple[str, str], ...] = (
    (
        r"There are (?P<count>\d+) instruments for (?P<least>\d+) entities: .*",
        "工具变量{count}个，多于个体数{least}：估计有偏，Hansen检验过于宽松，宜合并（collapse）工具变量或限制滞后期。",
    ),
    (r"Only (?P<count>\d+) entities: GMM standard errors .*", "个体仅{count}个：GMM的标准误与检验以个体多、期数少为前提。"),
    (
        r"The weighting matrix of step two is singular \(rank (?P<least>\d+) of (?P<count>\d+)\): .*",
        "第二步权重矩阵奇异（秩为{least}，共{count}），采用广义逆，Hansen检验自由度按秩计算，其结果参考价值有限。",
    ),
    (r"There are too few entities \((?P<count>\d+)\) for a second step, .*", "个体仅{count}个，无法进行第二步，Hansen检验不可用。"),
    (r"The weighting matrix of step one is singular: .*", "第一步权重矩阵奇异，采用广义逆。"),
    (r"Two-step standard errors without Windmeijer's correction .*", "未经Windmeijer修正的两步法标准误在有限样本中偏小。"),
    (
        r"(?P<count>\d+) instruments are linear combinations of others and were left out\.",
        "{count}个工具变量是其他工具变量的线性组合，已剔除。",
    ),
    (r"The formula has no lag of (?P<name>.+): the model is static\.", "公式中没有{name}的滞后项：模型为静态。"),
    (
        r"Lag (?P<count>\d+) of (?P<name>.+) as an instrument is correlated .*",
        "{name}的第{count}期滞后作为工具变量与变换后的误差相关，应从滞后2期开始。",
    ),
    (r"(?P<name>.+) as a standard instrument is correlated .*", "{name}作为标准工具变量与变换后的误差相关，应在gmm中声明其滞后。"),
    (r"No instrument is made from (?P<names>.+); nothing is instrumented .*", "{names}没有对应的工具变量；未声明者不作为工具变量。"),
    (
        r"(?P<count>\d+) of (?P<least>\d+) entities have no usable row \(first (?P<first>.+)\)\.",
        "{least}个个体中有{count}个没有可用观测（首个为{first}）。",
    ),
    (r"AR\((?P<count>\d)\) cannot be tested: .*", "残差不足，无法进行AR({count})检验。"),
    (r"(?P<which>full|blocked) H of the system", "系统H矩阵：{which}"),
    (r"orthogonal deviations", "正交离差变换"),
    (r"orthogonal deviations, (?P<which>full|blocked) H of the system", "正交离差变换，系统H矩阵：{which}"),
    (
        r"The threshold (?P<value>\S+) of (?P<name>.+) lies at the edge of the values that a trim of (?P<trim>\S+) allows: .*",
        "{name}的门槛值{value}位于修剪比例{trim}所允许取值的边界，真实门槛可能在界外。",
    ),
    (
        r"The bootstrap does not reject (?P<null>\d) against (?P<more>\d) thresholds? \(p = (?P<p>\S+)\)\.",
        "自助法不拒绝{null}个门槛的原假设（备择为{more}个，p = {p}）。",
    ),
    (r"Only (?P<count>\d+) values of (?P<name>.+) were tried: .*", "{name}仅有{count}个候选值，而门槛的置信集以连续变量为前提。"),
    (r"Only (?P<count>\d+) entities: the bootstrap of the threshold test .*", "个体仅{count}个，门槛检验的自助法可重抽的组块很少。"),
    (r"Only (?P<count>\d+) clusters by (?P<name>[^:]+): .*", "按{name}聚类仅{count}组，t检验容易过度拒绝。"),
    (
        r"There are (?P<count>\d+) coefficients \(.*\) but only (?P<least>\d+) clusters: joint tests are not possible\.",
        "系数有{count}个而聚类仅{least}组，无法进行联合检验。",
    ),
    (
        r"restricted wild cluster bootstrap by (?P<name>[^,]+?) with theta held, (?P<all>all )?(?P<count>[\d,]+) (?P<kind>\w+) draws",
        "按{name}聚类的受约束wild bootstrap（θ保持估计值），{kind}权重，抽样{count}次",
    ),
    (
        r"restricted wild cluster bootstrap by (?P<name>[^,]+?), (?P<all>all )?(?P<count>[\d,]+) (?P<kind>\w+) draws",
        "按{name}聚类的受约束wild bootstrap，{kind}权重，抽样{count}次",
    ),
    (
        r"restricted wild bootstrap with one row per (?P<name>[^,]+?), (?P<all>all )?(?P<count>[\d,]+) (?P<kind>\w+) draws",
        "受约束wild bootstrap（每个{name}一个观测），{kind}权重，抽样{count}次",
    ),
    (
        r"wild restricted efficient \(WRE\) cluster bootstrap by (?P<name>[^,]+?), (?P<all>all )?(?P<count>[\d,]+) (?P<kind>\w+) draws",
        "按{name}聚类的受约束有效wild bootstrap（WRE），{kind}权重，抽样{count}次",
    ),
    (
        r"score cluster bootstrap by (?P<name>[^,]+?) of the restricted GMM estimate with its weights held, "
        r"(?P<all>all )?(?P<count>[\d,]+) (?P<kind>\w+) draws",
        "按{name}聚类的得分bootstrap（受约束GMM估计，权重矩阵保持不变），{kind}权重，抽样{count}次",
    ),
    (r"(?P<name>.+): The confidence interval is unbounded: .*", "{name}：wild bootstrap置信区间无界。"),
    (
        r"(?P<name>.+): (?P<count>\d+) clusters by .+ give (?P<kinds>\d+) different draws: .*",
        "{name}：聚类仅{count}组，只有{kinds}种不同抽样，p值粗略，可改用Webb权重。",
    ),
    (
        r"(?P<name>.+): .+ holds (?P<share>\d+%) of the variation of the regressor: .*",
        "{name}：单个聚类占该变量变异的{share}，bootstrap的拒绝率可能远低于名义水平。",
    ),
    (
        r"(?P<name>.+): The nulls that are not rejected form separate intervals; .*",
        "{name}：未被拒绝的取值构成分离的区间，所报区间为其包络。",
    ),
    (r"(?P<name>.+): (?P<share>[\d.]+%) of the draws have no variance; .*", "{name}：{share}的抽样方差为零，按极端值计。"),
    (
        r"negative eigenvalues of the Conley covariance, scaled to a unit diagonal, were set to zero",
        "Conley协方差（对角线标准化为1）的负特征值已置零",
    ),
    (r"Satterthwaite degrees of freedom for each coefficient", "各系数采用Satterthwaite自由度"),
    (r"(?P<kernel>Uniform|Bartlett) kernel to (?P<km>[^ ]+) km, .*", "{kernel}核，截断距离{km}公里"),
    (r"(?P<lags>\d+) lags? within (?P<name>.+)", "{name}内滞后{lags}期"),
    (
        r"(?P<count>\d+) zeros of the outcome are predicted perfectly by the regressors and left out \(first (?P<first>.+?)\)\..*",
        "被解释变量的{count}个零值被回归元完全预测，已剔除（首个为{first}）。",
    ),
    (
        r"The fitted scale is not positive in (?P<count>\d+) rows \(first (?P<first>.+)\); .*",
        "{count}个观测的拟合尺度非正（首个为{first}），仅用于位置和尺度的估计。",
    ),
    (
        r"There are (?P<count>\d+) entities with (?P<least>\S+) rows on average: .*",
        "{count}个个体平均仅{least}期，面板过短时远离中位数的斜率有偏（Machado和Santos Silva，2019）。",
    ),
    (r"cluster bootstrap, (?P<count>[\d,]+) draws", "聚类自助法，抽样{count}次"),
    (r"The fit is perfect: .*", "完全拟合：残差仅为舍入误差，标准误与检验没有意义。"),
    (r"The estimated variance of the entity effects is zero, .*", "个体效应方差估计为零，估计即混合最小二乘。"),
    (r"Bartlett kernel, (?P<count>\d+) lags?", "Bartlett核，滞后{count}期"),
    (r"variance components of Swamy and Arora(?P<rest>.*)", "Swamy–Arora方差分量，非平衡面板取T的调和平均"),
    (r"all effects counted in K", "全部固定效应计入K"),
    (r"entities weighted by their periods", "个体按期数加权"),
    (r"effects not counted in K", "固定效应不计入K"),
    (
        r"negative eigenvalues of the two-way covariance, scaled to a unit diagonal, were set to zero \(after (?P<paper>.*)\)",
        "双向聚类协方差（对角线标准化为1）的负特征值已置零（参照{paper}）",
    ),
    (r"the data are a cross-section without an entity to cluster by, .*", "截面数据无可聚类的个体，采用HC1"),
    (r"Instrument (?P<name>.+?) was dropped: (?P<reason>.+)\.", "工具变量{name}已剔除（{reason}）。"),
    (
        r"Weak instruments: the effective F (?P<f>\S+) is below its critical value (?P<critical>\S+); 95% Anderson-Rubin set: (?P<ar>.+)\.",
        "弱工具变量：有效F值{f}低于临界值{critical}；Anderson–Rubin 95%置信集：{ar}。",
    ),
    (
        r"Weak instruments: the effective F (?P<f>\S+) is below its critical value (?P<critical>\S+); t tests cannot be trusted\.",
        "弱工具变量：有效F值{f}低于临界值{critical}，t检验不可信。",
    ),
    (r"Weak instruments: the rk Wald F (?P<f>\S+) is below (?P<critical>\d+)\.", "弱工具变量：rk Wald F值{f}低于{critical}。"),
    (r"Under-identification is not rejected \(rk LM p = (?P<p>\S+)\)\.", "不能拒绝识别不足（rk LM检验p = {p}）。"),
    (r"The instruments contradict each other \((?P<test>.+) p = (?P<p>\S+)\)\.", "工具变量相互矛盾（{test}检验p = {p}）。"),
)


def sentence_in(sentence: str | Note, language: Language | None = None) -> str:
    """A sentence that an estimate says about itself, in ``language``; one that is not known here stays English.

    Examples
    --------
    >>> sentence_in("Bartlett kernel, 2 lags", "zh"), sentence_in("Something else.", "zh")
    ('Bartlett核，滞后2期', 'Something else.')
    """
    if isinstance(sentence, Note):
        return sentence.to(language, lambda name, chosen: label(name, chosen))
    if (language or get_language()) == "en":
        return sentence
    for pattern, chinese in _SENTENCES:
        if (match := re.fullmatch(pattern, sentence)) is not None:
            found = match.groupdict()
            if "name" in found:
                found["name"] = label(found["name"], "zh")
            if "reason" in found:
                found["reason"] = reason_label(found["reason"], "zh")
            return chinese.format(**found)
    return sentence


def stars_note(levels: Sequence[float], language: Language | None = None) -> str:
    """What the stars mean; empty without levels.

    Examples
    --------
    >>> stars_note((0.1, 0.05), "en"), stars_note((0.05,), "zh")
    ('* p<0.1, ** p<0.05.', '*表示在5%的水平上显著。')
    """
    if not levels:
        return ""
    marks = ["*" * (place + 1) for place in range(len(levels))]
    if (language or get_language()) == "zh":
        percents = "、".join(f"{100 * level:g}%" for level in levels)
        return f"{'、'.join(marks)}{'分别' if len(marks) > 1 else ''}表示在{percents}的水平上显著。"
    return ", ".join(f"{mark} p<{level:g}" for mark, level in zip(marks, levels, strict=True)) + "."


def in_sentence(text: str) -> str:
    """``text`` without its capital, unless it is an abbreviation.

    Examples
    --------
    >>> in_sentence("Province"), in_sentence("GDP")
    ('province', 'GDP')
    """
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
