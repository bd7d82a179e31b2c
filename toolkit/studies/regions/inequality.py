r"""How unequal are the provinces per head? Gini and Theil T by year, their parts within and between four regions, and who contributes.

Values per head are weighted by population. Theil's index splits into :math:`T = \sum_k s_k T_k + \sum_k s_k \ln(s_k / p_k)`, with the share
:math:`s_k` of region k in the amount and :math:`p_k` in the population; Dagum's decomposition :math:`G = G_w + G_{nb} + G_t` keeps the
overlap of the regions as a part of its own.
"""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import complete_years
from toolkit.language import Text
from toolkit.measure import decompose_gini, decompose_theil, gini_contributions, theil_contributions
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.figures.trend import trend_lines
from toolkit.present.words.breaks import span_notes

PER_HEAD = {
    "rd_expenditure": Text("R&D expenditure per head", "人均R&D经费"),
    "rd_researchers_fte": Text("R&D researchers per head", "人均R&D研究人员"),
    "rd_basic": Text("Basic research per head", "人均基础研究经费"),
    "papers_sci": Text("SCI papers per head", "人均SCI论文"),
    "patent_grant_invention": Text("Invention patents granted per head", "人均发明专利授权"),
    "patent_in_force_invention": Text("Invention patents in force per head", "人均有效发明专利"),
    "tech_market_value": Text("Technology contract value per head", "人均技术合同成交额"),
    "ind_new_product_sales": Text("New product sales per head", "人均新产品销售收入"),
    "hightech_enterprises_in_force": Text("Certified high-tech firms per head", "人均有效期内高新技术企业"),
    "gdp": Text("GDP per head", "人均GDP"),
}
MAIN = "rd_expenditure"
_PARTS = {
    "gini": {"total": "gini", "within": "gini_within", "between": "gini_between", "overlap": "gini_transvariation"},
    "theil": {"total": "theil", "within": "theil_within", "between": "theil_between"},
}


def per_head(panel: Panel, variable: str, year: int) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Values per head of one year, the region (of four) and the population, all by province."""
    frame = panel.frame.loc[panel.frame[panel.time] == year].set_index(panel.entity)
    return (frame[variable] / frame["population"]).rename(f"{variable} per head"), frame["region4"], frame["population"]


def indices(panel: Panel) -> pd.DataFrame:
    """Population-weighted Gini and Theil T per head by year, with their parts within and between the four regions.

    Returns
    -------
    Columns variable, year, gini and its parts gini_within, gini_between, gini_transvariation (Dagum), theil and its parts theil_within
    and theil_between, and between_share (% of Theil's T).
    """
    rows = []
    for variable in PER_HEAD:
        for year in complete_years(panel, variable):
            values = per_head(panel, variable, year)
            theil, dagum = decompose_theil(*values), decompose_gini(*values)
            rows.append(
                {
                    "variable": variable,
                    "year": year,
                    "gini": dagum.total,
                    "gini_within": dagum.within,
                    "gini_between": dagum.between,
                    "gini_transvariation": dagum.transvariation,
                    "theil": theil.total,
                    "theil_within": theil.within,
                    "theil_between": theil.between,
                    "between_share": 100 * theil.between_share,
                }
            )
    return marked(pd.DataFrame(rows))


def contributions(panel: Panel) -> pd.DataFrame:
    """What each province adds to the indices of R&D expenditure per head in the first and the last complete year, in per cent.

    Returns
    -------
    Columns province, year, gini_share (never negative) and theil_share (negative below the mean); each sums to 100 in a year.
    """
    parts = []
    for year in _ends(panel):
        values, _, weights = per_head(panel, MAIN, year)
        of_gini, of_theil = (part(values, weights).to_numpy() for part in (gini_contributions, theil_contributions))
        found = {"gini_share": 100 * of_gini / of_gini.sum(), "theil_share": 100 * of_theil / of_theil.sum()}
        parts.append(pd.DataFrame({"province": values.index, "year": year, **found}))
    return pd.concat(parts, ignore_index=True)


def _ends(panel: Panel) -> tuple[int, int]:
    """The first and the last complete year of R&D expenditure."""
    years = complete_years(panel, MAIN)
    return years[0], years[-1]


def gini(indices: pd.DataFrame) -> FigureExhibit:
    """The Gini coefficient of every quantity per head over the years."""
    return trend_lines(
        indices,
        "year",
        "gini",
        "variable",
        y_label=Text("Gini coefficient, population-weighted", "基尼系数（按人口加权）"),
        title=Text("Inequality between provinces, per head", "省际人均差距"),
        notes=span_notes({str(name): (int(own.min()), int(own.max())) for name, own in indices.groupby("variable", sort=False)["year"]}),
    )


def decomposition(indices: pd.DataFrame) -> FigureExhibit:
    """Gini and Theil's T of R&D expenditure per head over the years with their parts, a panel each."""
    own = indices[indices["variable"] == MAIN]
    parts = [
        own[["year", name]].rename(columns={name: "value"}).assign(index=index, part=part)
        for index, columns in _PARTS.items()
        for part, name in columns.items()
    ]
    return small_multiples(
        marked(pd.concat(parts, ignore_index=True)),
        "year",
        "value",
        "index",
        group="part",
        vertical="free",
        columns=2,
        names={
            "gini": glossary.GINI,
            "theil": glossary.THEIL_T,
            "total": Text("total", "合计"),
            "within": Text("within regions", "区域内"),
            "between": Text("between regions", "区域间"),
            "overlap": Text("overlap", "超变密度"),
        },
        y_label=Text("Index or part of it", "指数或其分解项"),
        title=Text("R&D expenditure per head: within, between and across the four regions", "人均R&D经费：四大区域内、区域间与交叠部分"),
        notes=Text(
            "The parts add up to the total: Theil's T exactly within and between, the Gini after Dagum with the net gap between "
            "regions and the overlap, provinces of the poorer region that are above provinces of the richer one.",
            "各部分之和等于合计：泰尔T指数分为区域内与区域间；基尼系数按Dagum分解，区域间为净差距，超变密度为较低区域中高于较高区域省份的部分。",
        ),
    )
