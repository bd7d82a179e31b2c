r"""What is associated with more R&D: new-product sales and patents, between provinces and within them.

.. math:: \ln q_{it} = \beta \ln R_{it} + \gamma \ln L_{it} + \alpha_i + \lambda_t + \varepsilon_{it}
          = (\beta + \gamma) \ln R_{it} + \gamma \ln (L_{it} / R_{it}) + \alpha_i + \lambda_t + \varepsilon_{it}

q is new-product sales, patent applications or invention patents in force, R R&D expenditure, L R&D personnel in full-time equivalents.
With patents this is the knowledge production function. R and L move together, so that their sum, the scale elasticity, is better known
than either; the second form has it as one slope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from toolkit.estimate import fit
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.contrast import contrast_plot
from toolkit.present.record import Statement, statement
from toolkit.present.words.formats import interval
from toolkit.studies.conversion.model import SECTOR_NAMES, SECTORS, sector_panel
from toolkit.studies.subsidy.model import Elasticity, elasticity

OUTCOMES = ("new_product_sales", "patent_applications", "invention_patents_in_force")
_EFFECTS = "| province + year"
_PAIR, _SCALE = "log(rd_expenditure) + log(rd_fte)", "log(rd_expenditure) + log(personnel_per_rd)"
_LAGGED_PAIR = "L(log(rd_expenditure), 1) + L(log(rd_fte), 1)"
_LAGGED_SCALE = "L(log(rd_expenditure), 1) + L(log(personnel_per_rd), 1)"
MODELS = {
    "pooled": (_PAIR, _SCALE, "| year"),
    "two_way": (_PAIR, _SCALE, _EFFECTS),
    "lagged": (_LAGGED_PAIR, _LAGGED_SCALE, _EFFECTS),
}
SMALLEST = "Tibet"  # a handful of enterprises: its logarithm moves more than any other
_OUTCOME_NAMES = {
    "new_product_sales": Text("New-product sales", "新产品销售收入"),
    "patent_applications": Text("Patent applications", "专利申请"),
    "invention_patents_in_force": Text("Invention patents in force", "有效发明专利"),
}
_MODEL_NAMES = {
    "pooled": Text("year effects", "年份固定效应"),
    "two_way": Text("province and year effects", "双向固定效应"),
    "two_way_without": Text("the same without Tibet", "同前，剔除西藏"),
    "lagged": Text("R&D one year earlier", "R&D滞后一年"),
}


@dataclass(frozen=True)
class Production:
    """One outcome of one sector in one model.

    Attributes
    ----------
    rd, personnel : elasticity with respect to one, the other given.
    scale : their sum.
    """

    rd: Elasticity
    personnel: Elasticity
    scale: Elasticity


Key = tuple[str, str, str]
"""Sector, outcome, model."""


def run(panel: Panel) -> dict[Key, Production]:
    """Every outcome of both sectors: pooled, two-way, two-way without the smallest province, and on R&D one year earlier.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    found: dict[Key, Production] = {}
    for key, sector in SECTORS.items():
        sample = sector_panel(panel, sector)
        trimmed = sample.keep(sample.frame["province"] != SMALLEST)
        for outcome in OUTCOMES:
            for model, forms in MODELS.items():
                found[key, outcome, model] = _production(sample, outcome, forms)
                if model == "two_way":
                    found[key, outcome, "two_way_without"] = _production(trimmed, outcome, forms)
    return found


def _production(sample: Panel, outcome: str, forms: tuple[str, str, str]) -> Production:
    pair, scale, effects = forms
    each, summed = (fit(f"log({outcome}) ~ {terms} {effects}", sample, cluster="province") for terms in (pair, scale))
    rd, personnel = (elasticity(each, term) for term in each.terms[:2])
    return Production(rd=rd, personnel=personnel, scale=elasticity(summed, summed.terms[0]))


def _rows(results: Mapping[Key, Production]) -> list[tuple[Key, Production]]:
    """By outcome, model and sector, in the order of the exhibits."""
    ordered = [(sector, outcome, model) for outcome in OUTCOMES for model in _MODEL_NAMES for sector in SECTORS]
    return [(key, results[key]) for key in ordered]


def scale(results: Mapping[Key, Production]) -> FigureExhibit:
    """The scale elasticity of each outcome, industrial beside high-technology."""
    rows = [
        {"row": f"{key[1]}_{key[2]}", "sector": key[0], "estimate": found.scale.estimate, "low": found.scale.low, "high": found.scale.high}
        for key, found in _rows(results)
    ]
    names = {
        f"{outcome}_{model}": Text(f"{said.en}: {how.en}", f"{said.zh}：{how.zh}")
        for outcome, said in _OUTCOME_NAMES.items()
        for model, how in _MODEL_NAMES.items()
    }
    return contrast_plot(
        marked(pd.DataFrame(rows)),
        "row",
        "sector",
        references=(1.0, Text("in proportion", "同比例")),
        x_label=Text("Elasticity with respect to R&D expenditure and personnel together", "对R&D经费与人员之和的弹性"),
        names={**names, **SECTOR_NAMES},
        title=Text("New-product sales and patents on R&D: between provinces and within them", "新产品销售与专利对R&D的弹性：省际与省内"),
        notes=[
            Text(
                "Logarithms throughout; sum of the elasticities with respect to R&D expenditure and personnel. Intervals: inverted wild "
                "bootstrap by province. Patents of industrial enterprises are not published for one of the six years.",
                "均取对数；为对R&D经费与R&D人员弹性之和。区间由按省份的野自助法反演得到。规上工业企业专利六年中缺一年。",
            )
        ],
    )


def finding(results: Mapping[Key, Production]) -> Statement:
    """In proportion between provinces; within them only high-technology manufacturing shows it, and no lag does."""
    values: dict[str, float | str] = {}
    for name, key in {
        "pooled": ("industry", "new_product_sales", "pooled"),
        "sales": ("industry", "new_product_sales", "two_way_without"),
        "high": ("hightech", "new_product_sales", "two_way_without"),
        "patents": ("industry", "patent_applications", "two_way_without"),
        "high_patents": ("hightech", "patent_applications", "two_way_without"),
        "force": ("industry", "invention_patents_in_force", "two_way_without"),
        "high_force": ("hightech", "invention_patents_in_force", "two_way_without"),
    }.items():
        scaled = results[key].scale
        values |= {name: scaled.estimate, f"{name}_range": interval(scaled.low, scaled.high)}
    lagged = [results[key, outcome, "lagged"].scale for key in SECTORS for outcome in OUTCOMES]
    return statement(
        "conversion_production",
        Text(
            "Between provinces new-product sales of industrial enterprises rise in proportion to R&D: {pooled:.3f} {pooled_range}. "
            "Within provinces (without {smallest}) the sum of both elasticities is {sales:.3f} {sales_range} for sales, {patents:.3f} "
            "{patents_range} for patent applications and {force:.3f} {force_range} for invention patents in force; in high-technology "
            "manufacturing {high:.3f} {high_range}, {high_patents:.3f} {high_patents_range} and {high_force:.3f} {high_force_range}. On "
            "R&D of the year before (all provinces), {clear} of {lags} intervals stay above zero.",
            "省际比较中，规上工业企业新产品销售收入与R&D大体同比例：{pooled:.3f}{pooled_range}。省内（剔除{smallest}）两弹性之和：新产品"
            "销售{sales:.3f}{sales_range}，专利申请{patents:.3f}{patents_range}，有效发明专利{force:.3f}{force_range}；高技术制造业依次"
            "为{high:.3f}{high_range}、{high_patents:.3f}{high_patents_range}、{high_force:.3f}{high_force_range}。以上一年R&D解释时（全"
            "部省份），{lags}个区间中有{clear}个高于零。",
        ),
        smallest=Text(SMALLEST, "西藏"),
        clear=sum(found.low > 0 for found in lagged),
        lags=len(lagged),
        **values,
    )
