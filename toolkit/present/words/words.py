"""Words that tables need besides the names of variables, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from toolkit import glossary
from toolkit.estimate.treatment.event_study import NAMES as EVENT_STUDIES
from toolkit.language import Head, Language, Note, Text, get_language, text_in
from toolkit.present.words.labels import label
from toolkit.present.words.reading import read_effect

STATISTICS: dict[str, Text | Head] = {
    "rows": glossary.N,
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
    "f": glossary.F,
    "f_p": Head(Text("p of F", "F检验p值"), "p_value"),
    "f_effects": glossary.F_OF_EFFECTS,
    "f_effects_p": Head(Text("p of the effects", "固定效应F检验p值"), "p_value"),
    "kappa": Text("κ", "κ"),
    "partial_r2": Text("Partial R² (first stage)", "第一阶段偏R²"),
    "first_stage_f": glossary.FIRST_STAGE_F,
    "conditional_f": Text("Conditional F (smallest)", "条件F值（最小）"),
    "cragg_donald_f": Text("Cragg–Donald F", "Cragg–Donald F值"),
    "rk_wald_f": Text("Kleibergen–Paap rk Wald F", "Kleibergen–Paap rk Wald F值"),
    "rk_lm": Text("Kleibergen–Paap rk LM", "Kleibergen–Paap rk LM统计量"),
    "rk_lm_p": Head(Text("p of rk LM", "识别不足检验p值"), "p_value"),
    "effective_f": glossary.EFFECTIVE_F,
    "overid": Text("Over-identification test", "过度识别检验统计量"),
    "overid_p": Head(Text("p of over-identification", "过度识别检验p值"), "p_value"),
    "endogeneity": Text("Durbin–Wu–Hausman F", "Durbin–Wu–Hausman F值"),
    "endogeneity_p": Head(Text("p of endogeneity", "内生性检验p值"), "p_value"),
    "anderson_rubin": Text("Anderson–Rubin F", "Anderson–Rubin F值"),
    "anderson_rubin_p": Head(Text("p of Anderson–Rubin", "Anderson–Rubin检验p值"), "p_value"),
    "threshold_1": Text("Threshold 1", "门槛值1"),
    "threshold_2": Text("Threshold 2", "门槛值2"),
    "threshold_3": Text("Threshold 3", "门槛值3"),
    "rows_regime_1": Text("N, regime 1", "观测值（区制1）"),
    "rows_regime_2": Text("N, regime 2", "观测值（区制2）"),
    "rows_regime_3": Text("N, regime 3", "观测值（区制3）"),
    "rows_regime_4": Text("N, regime 4", "观测值（区制4）"),
    "f_threshold": Text("F of the last threshold", "末个门槛的F值"),
    "f_threshold_p": Head(Text("p of the last threshold (bootstrap)", "末个门槛的p值（自助法）"), "p_value"),
    "wald": Text("Wald χ²", "Wald χ²"),
    "wald_p": Head(Text("p of Wald", "Wald检验p值"), "p_value"),
    "mean": glossary.MEAN,
    "sd": Text("Std. dev.", "标准差"),
    "min": Text("Min", "最小值"),
    "p25": Text("P25", "P25"),
    "p50": glossary.MEDIAN,
    "p75": Text("P75", "P75"),
    "max": Text("Max", "最大值"),
    "overall": Text("overall", "总体"),
    "between": Text("between", "组间"),
    "within": Text("within", "组内"),
}
"""Key of a statistic -> its label, and that it is a p-value."""

METHODS: dict[str, Text] = {
    "pooled": Text("Pooled OLS", "混合OLS"),
    "within": glossary.FIXED_EFFECTS,
    "between": glossary.BETWEEN,
    "random": glossary.RANDOM_EFFECTS,
    "differences": glossary.FIRST_DIFFERENCES,
    "instruments": Text("2SLS", "2SLS"),
    "liml": Text("LIML", "LIML"),
    "fuller": Text("Fuller", "Fuller"),
    "hausman_taylor": Text("Hausman–Taylor", "Hausman–Taylor"),
    "amemiya_macurdy": Text("Amemiya–MaCurdy", "Amemiya–MaCurdy"),
    "ec2sls": Text("EC2SLS", "EC2SLS"),
    "g2sls": Text("G2SLS", "G2SLS"),
    "panel_var": Text("Panel VAR", "面板VAR"),
    "threshold": Text("Panel threshold", "面板门槛"),
    "poisson": Text("Poisson", "泊松"),
    "quantile": Text("Quantile regression", "分位数回归"),
    **EVENT_STUDIES,
    "sar": Text("SAR (spatial lag)", "SAR（空间滞后）"),
    "sem": Text("SEM (spatial error)", "SEM（空间误差）"),
    "sac": Text("SAC (lag and error)", "SAC（滞后与误差）"),
    "sdm": Text("SDM (spatial Durbin)", "SDM（空间杜宾）"),
    "sdem": Text("SDEM (Durbin error)", "SDEM（杜宾误差）"),
    "slx": Text("SLX (neighbours' regressors)", "SLX（邻居解释变量）"),
}

COVARIANCES: dict[str, Text] = {
    "iid": Text("homoskedastic", "同方差"),
    "HC0": Text("heteroskedasticity-robust (HC0)", "异方差稳健（HC0）"),
    "HC1": Text("heteroskedasticity-robust", "异方差稳健"),
    "HC2": Text("heteroskedasticity-robust (HC2)", "异方差稳健（HC2）"),
    "HC3": Text("heteroskedasticity-robust (HC3)", "异方差稳健（HC3）"),
    "driscoll_kraay": Text("Driscoll–Kraay", "Driscoll–Kraay"),
    "information": Text("observed information", "观测信息矩阵"),
    "conley": Text("Conley (spatial)", "Conley（空间相关稳健）"),
    "poisson": Text("Poisson variance (equal to the mean)", "泊松方差（等于均值）"),
    "mean_group": Text("from the spread of the entities' coefficients", "由各个体系数的离散程度估计"),
    "windmeijer": Text("two-step, Windmeijer-corrected", "两步法，Windmeijer修正"),
    "conventional one-step": Text("one-step, homoskedastic", "一步法，同方差"),
    "conventional two-step": Text("two-step, uncorrected", "两步法，未修正"),
}

YES, NO = Text("Yes", "是"), Text("No", "否")
OMITTED = Text("omitted", "已剔除")
VARIABLE = glossary.VARIABLE
WILD = Text("Wild bootstrap p", "野自助法p值")
ESTIMATOR = glossary.ESTIMATOR


def method_label(key: str, language: Language | None = None) -> str:
    """The name of an estimator; an unknown key comes back unchanged.

    Examples
    --------
    >>> method_label("within", "zh"), method_label("QuantReg")
    ('固定效应', 'QuantReg')
    """
    return METHODS[key].to(language or get_language()) if key in METHODS else key


def statistic_label(key: str, language: Language | None = None) -> str:
    """The label of a statistic; an unknown key comes back unchanged.

    Examples
    --------
    >>> statistic_label("r2_within", "zh"), statistic_label("rows", "en")
    ('R²（组内）', 'N')
    """
    return text_in(statistic_head(key).text, language)


def statistic_head(key: str, own: Mapping[str, Text | Head] | None = None) -> Head:
    """The label of a statistic and the kind of its numbers; labels of the estimator's ``own`` come first.

    Examples
    --------
    >>> statistic_head("overid_p").kind, statistic_head("r2").kind
    ('p_value', 'number')
    """
    declared = (own or {}).get(key, STATISTICS.get(key, key))
    return declared if isinstance(declared, Head) else Head(declared)


def effects_label(effect: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The label of an absorbed effect.

    Examples
    --------
    >>> effects_label("province", "zh"), effects_label("bloc^year", "en")
    ('省份固定效应', 'bloc × year effects')
    >>> effects_label("province[year]", "en"), effects_label("bloc[[x]]", "zh")
    ('Province effects and slopes on year', 'bloc关于x的异质性斜率')
    """
    absorbed = read_effect(effect)
    first, *others = absorbed.columns
    alone = Text(
        " × ".join([label(first, "en", names), *(named_in_sentence(part, "en", names) for part in others)]),
        "×".join(label(part, "zh", names) for part in absorbed.columns),
    )
    if not absorbed.slopes:
        return Text(f"{alone.en} effects", f"{alone.zh}固定效应").to(language)
    en, zh = ([in_sentence(label(slope.text, tongue, names)) for slope in absorbed.slopes] for tongue in ("en", "zh"))
    level = absorbed.level
    return Text(
        f"{f'{alone.en} effects and slopes on' if level else f'slopes by {in_sentence(alone.en)} on'} {' and '.join(en)}",
        f"{alone.zh}{'固定效应及其' if level else ''}关于{'、'.join(zh)}的异质性斜率",
    ).to(language)


def cluster_label(name: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The label of the row that counts clusters.

    Examples
    --------
    >>> cluster_label("province", "en"), cluster_label("province", "zh")
    ('Clusters (province)', '聚类数（省份）')
    """
    if not name:
        return Text("Clusters", "聚类数").to(language)
    by = " × " if (language or get_language()) == "en" else "×"
    shown = by.join(named_in_sentence(part, language, names) for part in name.split("^"))
    return Text(f"Clusters ({shown})", f"聚类数（{shown}）").to(language)


def name_label(name: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The label of a term, or of an effect that combines columns, inside a sentence.

    Examples
    --------
    >>> name_label("province^year", "en"), name_label("province^year", "zh")
    ('province × year', '省份 × 年份')
    """
    combined = read_effect(name)
    columns = (name,) if combined.slopes else combined.columns
    return " × ".join(named_in_sentence(column, language, names) for column in columns)


def said(notes: Iterable[Note], language: Language, names: Mapping[str, str | Text] | None = None) -> list[str]:
    """Notes of an estimate in ``language``; columns go by their labels in Chinese, and as the formula writes them in English.

    Examples
    --------
    >>> from toolkit.language import Name, note
    >>> static = note("static", Text("no lag of {name}", "没有{name}的滞后项"), name=Name("province"))
    >>> said([static], "en"), said([static], "zh")
    (['no lag of province'], ['没有省份的滞后项'])
    """
    if language == "en":
        return [each.to("en") for each in notes]
    return [each.to(language, lambda name, tongue: name_label(name, tongue, names)) for each in notes]


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


def named_in_sentence(name: str, language: Language | None = None, names: Mapping[str, str | Text] | None = None) -> str:
    """The label of a column within a sentence; a column without a label keeps its own name to the letter.

    Examples
    --------
    >>> named_in_sentence("province", "en"), named_in_sentence("Size", "en")
    ('province', 'Size')
    """
    shown = label(name, language, names)
    return shown if shown == name else in_sentence(shown)


def in_sentence(text: str) -> str:
    """``text`` without its capital, unless it is an abbreviation.

    Examples
    --------
    >>> in_sentence("Province"), in_sentence("GDP")
    ('province', 'GDP')
    """
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
