"""Why do the pooled elasticity and the one with industry effects differ?

The pooled slope is a weighted mean of a slope between industries and one within them. With x federal money after sales are partialled out
of the pooled rows, X its industry means, and b the slope of company money on each::

    b = w b_between + (1 - w) b_within,        w = X'X / x'x

Mundlak's regression says the same: with industry means added, the coefficient of the yearly values is the one with industry effects.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit.estimate import fit, fit_between
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import frame_table, regression_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.scatter import scatter_with_fit
from toolkit.studies.panels.industries import (
    LABELS,
    MARKS,
    SPECIFICATIONS,
    TITLES,
    Models,
    annihilator,
    complete_rows,
    marked_last,
    wild,
)

_MUNDLAK = f"{SPECIFICATIONS['pooled']} + mean_log_federal + mean_log_sales"


def split(leaves: Panel) -> pd.DataFrame:
    """The parts of the pooled slope: part ("between", "within", "pooled"), slope, weight, contribution (slope times weight)."""
    frame = complete_rows(leaves).frame
    left = annihilator(frame.assign(all_rows=0), ("all_rows",), np.log(frame[["domestic_sales"]].to_numpy()))
    x, y = (left @ np.log(frame[column].to_numpy()) for column in ("rd_federal_paid", "rd_company_paid"))
    means = pd.DataFrame({"x": x}).groupby(frame["naics"].to_numpy())["x"].transform("mean").to_numpy()
    weight = float(means @ means / (x @ x))
    parts = (("between", means, weight), ("within", x - means, 1 - weight), ("pooled", x, 1.0))
    found = pd.DataFrame([{"part": name, "slope": float(z @ y / (z @ z)), "weight": share} for name, z, share in parts])
    return found.assign(contribution=found["slope"] * found["weight"])


def contrast(leaves: Panel) -> Models:
    """Pooled, between industries, industry effects, Mundlak."""
    complete = complete_rows(leaves)
    estimates = {
        "pooled": fit(SPECIFICATIONS["pooled"], leaves),
        "between": fit_between(SPECIFICATIONS["pooled"], leaves, covariance="HC1"),
        "industry": fit(f"{SPECIFICATIONS['pooled']} | naics", leaves),
        "mundlak": fit(_MUNDLAK, complete),
    }
    tests = {name: wild(estimate) for name, estimate in estimates.items()}
    return Models(estimates, tests)


def parts(found: pd.DataFrame) -> TableExhibit:
    """The two parts of the pooled slope, and their sum."""
    return frame_table(
        found,
        {
            "part": Text("Part", "部分"),
            "slope": Text("Slope", "斜率"),
            "weight": Text("Weight", "权重"),
            "contribution": Text("Slope × weight", "斜率×权重"),
        },
        names={
            "between": TITLES["between"],
            "within": Text("Within industries", "行业内"),
            "pooled": Text("Pooled (sum)", "混合回归（合计）"),
        },
        title=Text("The pooled slope in two parts", "混合回归斜率的两部分"),
        notes=[
            Text(
                "Federal money after sales are partialled out of the pooled data, split into industry means and deviations; weight: share "
                "of its sum of squares. The identity is exact. Sales are partialled out once for all rows, so the slope within industries "
                "is not quite that of the model with industry effects, which fits sales anew.",
                "在合并数据中剔除销售额影响后的联邦资助，分解为行业均值与对均值的偏离；权重为其平方和所占份额。该恒等式精确成立。"
                "销售额对全部观测一次性剔除，故行业内斜率与行业固定效应模型（重新拟合销售额）略有不同。",
            )
        ],
    )


def mundlak(models: Models) -> TableExhibit:
    """Pooled, between, within and Mundlak, side by side."""
    return regression_table(
        {TITLES[name]: estimate for name, estimate in models.estimates.items()},
        wild=list(models.wild.values()),
        labels=LABELS,
        notes=[
            Text(
                "The Mundlak column adds industry means to the pooled model: its first coefficient is the one with industry effects, and "
                "the coefficient of the mean is what separates comparisons between industries from changes within them.",
                "Mundlak列在混合回归中加入行业均值：首个系数即行业固定效应的估计，均值的系数为行业间比较与行业内变化之差。",
            )
        ],
        title=Text("Pooled, between, within, and Mundlak", "混合、组间、组内与Mundlak回归"),
    )


def within(leaves: Panel) -> FigureExhibit:
    """One point per industry-year: both logs less sales, industry and year effects; their slope is the two-way elasticity."""
    complete = complete_rows(leaves).frame
    frame = complete[complete["naics"].duplicated(keep=False)].reset_index(drop=True)
    left = annihilator(frame, ("naics", "year"), np.log(frame[["domestic_sales"]].to_numpy()))
    points = frame[["naics", "year", "mark"]].assign(
        federal=left @ np.log(frame["rd_federal_paid"].to_numpy()), company=left @ np.log(frame["rd_company_paid"].to_numpy())
    )
    return scatter_with_fit(
        marked_last(points),
        "federal",
        "company",
        group="mark",
        names=MARKS,
        x_label=Text("ln federally paid R&D, less sales and effects", "ln 联邦资助R&D（剔除销售额与效应）"),
        y_label=Text("ln company-paid R&D, less sales and effects", "ln 企业自筹R&D（剔除销售额与效应）"),
        title=Text("Within US industries", "美国行业之内"),
        notes=Text(
            "Sales, industry and year effects partialled out; the slope is the elasticity of the model with both effects.",
            "已剔除销售额、行业与年份固定效应；斜率即双向固定效应模型的弹性。",
        ),
    )
