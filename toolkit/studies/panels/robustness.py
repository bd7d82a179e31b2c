"""Does one industry decide, and do zeros, other estimators or breaks of the survey?

The model with industry and year effects, without one industry at a time, and in variants: zeros kept by asinh(F), or by ln F with an
indicator beside it; Poisson regression of the level of company R&D; the lag; other samples; and, across the breaks of the survey, industry
effects of their own for each era.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import Estimate, fit, fit_poisson
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.record import Statement, statement
from toolkit.studies.panels.cells import imputed
from toolkit.studies.panels.industries import (
    CONTROL,
    FEDERAL,
    INDUSTRIES,
    MARKED,
    MARKS,
    OTHERS,
    OUTCOME,
    SPECIFICATIONS,
    TITLES,
    VARIANTS_TITLE,
    Models,
    claimed,
    complete_rows,
    federal_term,
    wild,
)

_VARIANTS = {
    "two_way": Text("Industry and year effects, ln (as above)", "行业与年份固定效应，对数（同上）"),
    "no_sales": Text("Sales left out", "不控制销售额"),
    "asinh": Text("asinh of federal money, zeros kept", "联邦资助取asinh，保留零值"),
    "zero_indicator": Text("ln, zeros kept with an indicator", "对数，零值保留并加虚拟变量"),
    "poisson": Text("Poisson, ln", "泊松回归，对数"),
    "poisson_asinh": Text("Poisson, asinh, zeros kept", "泊松回归，asinh，保留零值"),
    "not_imputed": Text("Imputed cells left out", "剔除插补单元格"),
    "lag": TITLES["lag"],
    "lag_common": Text("Lagged, rows of the first model", "滞后一期，与首个模型同一样本"),
    "era_effects": Text("Industry × survey era effects", "行业×调查时期固定效应"),
    "2016_2017": Text("2016–2017 (before the R&D threshold)", "2016—2017年（R&D门槛之前）"),
    "2018_2022": Text("2018–2022 (R&D threshold)", "2018—2022年（R&D门槛之后）"),
    "2016_2019": Text("2016–2019 (NAICS 2012)", "2016—2019年（NAICS 2012）"),
    "2020_2022": Text("2020–2022 (NAICS 2017)", "2020—2022年（NAICS 2017）"),
}


def leave_one_out(leaves: Panel) -> pd.DataFrame:
    """The two-way model without each industry that enters it, the smallest estimate first.

    Returns
    -------
    Columns naics, estimate, std_error, low, high, rows, industries, mark.
    """
    complete = complete_rows(leaves)
    names = complete.frame["naics"]
    entering = names[names.duplicated(keep=False)].unique()
    rows = [{"naics": out, **_numbers(fit(SPECIFICATIONS["two_way"], complete.keep(names != out)))} for out in entering]
    return pd.DataFrame(rows).sort_values("estimate", ignore_index=True).assign(mark=lambda d: d["naics"].map(MARKED).fillna(OTHERS))


def fit_variants(leaves: Panel) -> pd.DataFrame:
    """The two-way model with zeros kept, other estimators, other samples: one row each.

    Returns
    -------
    Columns variant, estimate, std_error, low, high, rows, industries, wild_p (missing for Poisson).
    """
    frame, two_way = leaves.frame, SPECIFICATIONS["two_way"]
    with_zeros = f"asinh(rd_federal_paid) + {CONTROL} | naics + year"
    published = leaves.keep(~imputed(frame["note_federal"]) & ~imputed(frame["note_company"]))
    linear = {
        "two_way": (two_way, leaves),
        "no_sales": (f"{OUTCOME} ~ {FEDERAL} | naics + year", leaves),
        "asinh": (f"{OUTCOME} ~ {with_zeros}", leaves),
        "zero_indicator": (f"{OUTCOME} ~ log_federal_or_zero + no_federal + {CONTROL} | naics + year", leaves),
        "not_imputed": (two_way, published),
        "lag": (SPECIFICATIONS["lag"], leaves),
        "lag_common": (SPECIFICATIONS["lag"], complete_rows(leaves)),
        "era_effects": (f"{OUTCOME} ~ {FEDERAL} + {CONTROL} | naics_era + year", leaves),
        "2016_2017": (two_way, leaves.between(2016, 2017)),
        "2018_2022": (two_way, leaves.between(2018, 2022)),
        "2016_2019": (two_way, leaves.between(2016, 2019)),
        "2020_2022": (two_way, leaves.between(2020, 2022)),
    }
    poisson = {"poisson": f"rd_company_paid ~ {FEDERAL} + {CONTROL} | naics + year", "poisson_asinh": f"rd_company_paid ~ {with_zeros}"}
    rows = {name: {**_numbers(fit_poisson(formula, leaves)), "wild_p": np.nan} for name, formula in poisson.items()}
    for name, (formula, sample) in linear.items():
        estimate = fit(formula, sample)
        rows[name] = {**_numbers(estimate), "wild_p": wild(estimate).p_values[federal_term(estimate)]}
    return pd.DataFrame([{"variant": name, **rows[name]} for name in _VARIANTS])


def _numbers(estimate: Estimate) -> dict[str, float | int]:
    c = estimate.coefficient(federal_term(estimate))
    counts = estimate.counts
    industries = dict(counts.clusters)["naics"]
    return {"estimate": c.estimate, "std_error": c.std_error, "low": c.low, "high": c.high, "rows": counts.rows, "industries": industries}


def jackknife(without: pd.DataFrame, models: Models) -> FigureExhibit:
    """The elasticity without each industry, beside the one with all of them."""
    everybody = models.estimates["two_way"].coefficient(FEDERAL).estimate
    return forest_plot(
        without,
        "naics",
        group="mark",
        names={**INDUSTRIES, **MARKS},
        references=[(everybody, Text("all industries", "全部行业"))],
        digits=3,
        x_label=Text("Elasticity without this industry", "剔除该行业后的弹性"),
        title=Text("Leaving out one industry at a time (industry and year effects)", "逐一剔除行业（行业与年份固定效应）"),
        notes=Text(
            "Each row leaves out the industry named. Industries with one usable row do not enter the model and are not shown.",
            "每行剔除所列行业。仅有一个可用观测的行业不进入模型，未列出。",
        ),
    )


def variants(found: pd.DataFrame) -> TableExhibit:
    """The elasticity in each variant."""
    return frame_table(
        found,
        {
            "variant": Text("Variant", "变体"),
            "estimate": glossary.ELASTICITY,
            "std_error": glossary.STANDARD_ERROR,
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "wild_p": Head(glossary.WILD_P, "p_value"),
            "rows": glossary.N,
            "industries": Text("Industries", "行业数"),
        },
        names=_VARIANTS,
        title=VARIANTS_TITLE,
        notes=[
            Text(
                "All with industry and year effects, clustered by industry. The size of an asinh coefficient depends on the unit, here "
                "million dollars; that of the indicator variant does not. Several samples are looked at: read an interval that just leaves "
                "out zero with that in mind. Wild p: wild cluster bootstrap of a zero elasticity with the null imposed; not for Poisson.",
                "均含行业与年份固定效应，按行业聚类。asinh系数的大小取决于计量单位（此处为百万美元），虚拟变量变体则不受影响。"
                "此处检视多个样本，刚好不含零的区间应审慎解读。wild自助p值：原假设弹性为零的wild聚类自助法；泊松回归无此值。",
            )
        ],
    )


_FINDING = Text(
    "Between US industries, company-paid R&D rises with federally paid R&D: pooled elasticity {pooled:.3f} (standard error "
    "{pooled_se:.3f}, {pooled_rows} industry-years). With industry and year effects it is {b:.3f} ({se:.3f}; interval {low:.3f} to "
    "{high:.3f}; {rows} industry-years, {industries} industries). {between:.0%} of the variation in federal money is between industries. "
    "Leaving out any one industry keeps the estimate between {least:.3f} and {most:.3f}, and putting every cell that was printed as an "
    "interval at whichever end suits, between {lower:.3f} and {upper:.3f}. Comparing years only where the survey did not change gives "
    "{era:.3f} (interval {era_low:.3f} to {era_high:.3f}); the largest of the variants, {largest_name}, {largest:.3f} ({largest_low:.3f} "
    "to {largest_high:.3f}). The published {claim} "
    "{verdict} the interval of the model with industry and year effects, and {holds} of the {variants} intervals of the variants hold it.",
    "在美国行业之间，企业自筹R&D随联邦资助R&D上升：混合回归弹性为{pooled:.3f}（标准误{pooled_se:.3f}，{pooled_rows}个行业-年份）。"
    "控制行业与年份固定效应后为{b:.3f}（{se:.3f}；区间{low:.3f}至{high:.3f}；{rows}个行业-年份，{industries}个行业）。"
    "联邦资助的变动有{between:.0%}来自行业之间。剔除任一行业，估计值介于{least:.3f}与{most:.3f}之间；"
    "将以区间公布的单元格逐一取有利的一端，介于{lower:.3f}与{upper:.3f}之间。仅比较调查口径未变的年份，为{era:.3f}（区间{era_low:.3f}至{era_high:.3f}）；"
    "各变体中最大的是{largest_name}，为{largest:.3f}（{largest_low:.3f}至{largest_high:.3f}）。"
    "论文数值{claim}{verdict}双向固定效应模型的区间之内，"
    "{variants}个变体的区间中有{holds}个包含该值。",
)


def elasticity_finding(
    *, models: Models, parts: pd.DataFrame, without: pd.DataFrame, variants: pd.DataFrame, bounds: pd.DataFrame
) -> Statement:
    """The elasticity, how far each check moves it, and how many intervals hold the published value."""
    two_way, pooled = (models.estimates[name].coefficient(FEDERAL) for name in ("two_way", "pooled"))
    counts, claim = models.estimates["two_way"].counts, claimed()
    in_logs = bounds[bounds["form"] == "log"]["estimate"]
    by_name = variants.set_index("variant")
    largest = str(by_name["estimate"].idxmax())
    rows = by_name.to_dict("index")
    era, top = rows["era_effects"], rows[largest]
    return statement(
        "us_industries",
        _FINDING,
        pooled=pooled.estimate,
        pooled_se=pooled.std_error,
        pooled_rows=models.estimates["pooled"].counts.rows,
        b=two_way.estimate,
        se=two_way.std_error,
        low=two_way.low,
        high=two_way.high,
        rows=counts.rows,
        industries=counts.entities,
        between=parts.set_index("part")["weight"]["between"],
        least=without["estimate"].min(),
        most=without["estimate"].max(),
        lower=in_logs.min(),
        upper=in_logs.max(),
        claim=claim,
        verdict=Text("lies inside", "位于") if two_way.low <= claim <= two_way.high else Text("lies outside", "不在"),
        era=era["estimate"],
        era_low=era["low"],
        era_high=era["high"],
        largest=top["estimate"],
        largest_low=top["low"],
        largest_high=top["high"],
        largest_name=_VARIANTS[largest],
        holds=int(((by_name["low"] <= claim) & (claim <= by_name["high"])).sum()),
        variants=len(by_name),
    )
