"""Do US industries that receive more federal R&D money pay for more R&D of their own?

For industry i and year t, with C the R&D that companies pay themselves, F the R&D that the federal government pays and companies perform,
and S sales, all in million dollars::

    ln C_it = b ln F_it + c ln S_it + a_i + l_t + e_it

b is the elasticity. F is no part of C. Errors are clustered by industry. Only industries without finer rows enter ("leaves"); the rows
that a regression in logs can use stand here for all sections.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit import glossary
from toolkit.estimate import Estimate, fit, fit_differences
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present import regression_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.record import Statement, statement
from toolkit.registry import registry
from toolkit.studies.panels.designs import DESIGNS
from toolkit.studies.panels.influence import Influence

OUTCOME, FEDERAL, (CONTROL,) = DESIGNS["industries"].outcome, DESIGNS["industries"].money, DESIGNS["industries"].controls
SPECIFICATIONS = {
    "pooled": f"{OUTCOME} ~ {FEDERAL} + {CONTROL}",
    "year": f"{OUTCOME} ~ {FEDERAL} + {CONTROL} | year",
    "two_way": f"{OUTCOME} ~ {FEDERAL} + {CONTROL} | naics + year",
    "lag": f"{OUTCOME} ~ L({FEDERAL}, 1) + {CONTROL} | naics + year",
    "intensity": f"log(rd_to_sales) ~ {FEDERAL} | naics + year",
}
TITLES = {
    "pooled": glossary.POOLED,
    "year": Text("Year effects", "年份固定效应"),
    "two_way": Text("Industry and year effects", "行业与年份固定效应"),
    "differences": glossary.FIRST_DIFFERENCES,
    "lag": Text("Lagged one year", "滞后一期"),
    "intensity": Text("R&D intensity", "R&D强度"),
    "between": Text("Between industries", "行业间"),
}
LABELS = {
    "rd_company_paid": Text("company-paid R&D", "企业自筹R&D"),
    "rd_federal_paid": Text("federally paid R&D", "联邦资助R&D"),
    "domestic_sales": Text("sales", "销售额"),
    "rd_to_sales": Text("company-paid R&D / sales", "企业自筹R&D/销售额"),
    "naics": glossary.INDUSTRY,
}

_LADDER = ("pooled", "year", "two_way", "differences", "lag", "intensity")


def complete_rows(leaves: Panel) -> Panel:
    """The rows that a regression in logs can use."""
    return leaves.keep((leaves.frame[["rd_company_paid", "rd_federal_paid", "domestic_sales"]] > 0).all(axis=1))


def run(leaves: Panel) -> dict[str, Estimate]:
    """Pooled, year effects, both effects, first differences with year effects, lagged, R&D intensity; by the name of the model."""
    found: dict[str, Estimate] = {name: fit(formula, leaves) for name, formula in SPECIFICATIONS.items()}
    found["differences"] = fit_differences(SPECIFICATIONS["year"], leaves)
    return {name: found[name] for name in _LADDER}


def claimed() -> float:
    """The published elasticity, from the registry."""
    return registry().claims["he2025_subsidy_elasticity"].number


def annihilator(frame: pd.DataFrame, groups: tuple[str, ...], controls: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, n) projection on what is left when the dummies of ``groups`` and the ``controls`` (n, k) are partialled out.

    Examples
    --------
    >>> frame = pd.DataFrame({"g": ["a", "a", "b", "b"]})
    >>> (annihilator(frame, ("g",), np.empty((4, 0))) @ np.array([1.0, 3.0, 5.0, 5.0])).round(6).tolist()
    [-1.0, 1.0, 0.0, 0.0]
    """
    dummies = [pd.get_dummies(frame[group], dtype=float).to_numpy() for group in groups]
    basis, size, _ = np.linalg.svd(np.column_stack([controls, *dummies]), full_matrices=False)
    basis = basis[:, size > 1e-9 * size[0]]
    left: NDArray[np.float64] = np.eye(len(frame)) - basis @ basis.T
    return left


def ladder(models: Mapping[str, Estimate]) -> TableExhibit:
    """From pooled to industry and year effects, side by side."""
    note = Text(
        "With sales as a control, R&D intensity in logs has by construction the coefficient of company-paid R&D; the last column leaves "
        "sales out. The lagged model also uses rows whose own federal money is zero or not published.",
        "若控制销售额，对数R&D强度的系数与企业自筹R&D的系数必然相同；末列不控制销售额。滞后模型还用到当年联邦资助为零或未公布的行。",
    )
    return regression_table(
        {TITLES[name]: estimate for name, estimate in models.items()},
        labels=LABELS,
        notes=[note],
        title=Text("Company-paid on federally paid R&D, US industries", "企业自筹R&D对联邦资助R&D：美国行业"),
    )


def finding(models: Mapping[str, Estimate], carried: Influence, bounds: pd.DataFrame) -> Statement:
    """The elasticity across and within industries, and how far leaving one out and the interval cells move it.

    Parameters
    ----------
    models : from :func:`run`.
    carried : influence of the industries on the elasticity within them.
    bounds : from :func:`toolkit.studies.panels.cells.fit_bounds`.
    """
    pooled = models["pooled"].coefficient(FEDERAL)
    jackknife, claim = carried.jackknife, claimed()
    in_logs = bounds[(bounds["panel"] == "industries") & (bounds["form"] == "log")]["estimate"]
    return statement(
        "us_industries",
        Text(
            "Between US industries, company-paid R&D rises with federally paid R&D: pooled elasticity {pooled:.3f} (standard error "
            "{pooled_se:.3f}, {pooled_rows} industry-years). With industry and year effects it is {b:.3f} ({se:.3f}; jackknife interval "
            "{low:.3f} to {high:.3f}; {rows} industry-years, {industries} industries, an effective number of {effective:.1f} by their "
            "shares in the variation). Leaving out any one industry keeps it between {least:.3f} and {most:.3f}, and putting every cell "
            "that was printed as an interval at whichever end suits, between {lower:.3f} and {upper:.3f}. The published {claim} {verdict} "
            "the interval of the model with industry and year effects.",
            "在美国行业之间，企业自筹R&D随联邦资助R&D上升：混合回归弹性为{pooled:.3f}（标准误{pooled_se:.3f}，{pooled_rows}个行业-年份）。"
            "控制行业与年份固定效应后为{b:.3f}（{se:.3f}；刀切法区间{low:.3f}至{high:.3f}；{rows}个行业-年份，{industries}个行业，有效行业"
            "数{effective:.1f}）。剔除任一行业，估计值介于{least:.3f}与{most:.3f}之间；将以区间公布的单元格逐一取有利的一端，介于"
            "{lower:.3f}与{upper:.3f}之间。论文数值{claim}{verdict}双向固定效应模型的区间之内。",
        ),
        pooled=pooled.estimate,
        pooled_se=pooled.std_error,
        pooled_rows=models["pooled"].counts.rows,
        b=jackknife.estimate,
        se=carried.coefficient.std_error,
        low=jackknife.low,
        high=jackknife.high,
        rows=models["two_way"].counts.rows,
        industries=models["two_way"].counts.entities,
        effective=carried.effective,
        least=carried.without.min(),
        most=carried.without.max(),
        lower=in_logs.min(),
        upper=in_logs.max(),
        claim=claim,
        verdict=Text("lies inside", "位于") if jackknife.low <= claim <= jackknife.high else Text("lies outside", "不在"),
    )
