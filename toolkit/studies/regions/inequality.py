r"""How unequal are the provinces per head? Gini and Theil T by year, their parts within and between four regions, and who contributes.

Values per head are weighted by population. Theil's index splits into :math:`T = \sum_k s_k T_k + \sum_k s_k \ln(s_k / p_k)`, with the share
:math:`s_k` of region k in the amount and :math:`p_k` in the population; Dagum's decomposition :math:`G = G_w + G_{nb} + G_t` keeps the
overlap of the regions as a part of its own.
"""

from __future__ import annotations

import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import complete_years
from toolkit.language import Head, Text
from toolkit.measure import decompose_gini, decompose_theil, gini_contributions, theil_contributions
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.bars import stacked_decomposition
from toolkit.present.figures.distributions import lorenz_curve
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.figures.trend import trend_lines
from toolkit.present.tables.frame import frame_table

PER_HEAD = {
    "rd_expenditure": Text("R&D expenditure per head", "人均R&D经费"),
    "patent_grant_invention": Text("Invention patents granted per head", "人均发明专利授权"),
    "tech_market_value": Text("Technology contract value per head", "人均技术合同成交额"),
    "gdp": Text("GDP per head", "人均GDP"),
}
MAIN = "rd_expenditure"


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


def lorenz(panel: Panel) -> FigureExhibit:
    """Lorenz curves of R&D expenditure per head (yuan) in the first and the last complete year."""
    rows = panel.frame[panel.frame[panel.time].isin(_ends(panel))]
    return lorenz_curve(
        rows.rename(columns={panel.time: "year", "rd_per_capita": "rd_per_head"})[["year", "rd_per_head", "population"]],
        "rd_per_head",
        by="year",
        weight="population",
        title=Text("R&D expenditure per head: Lorenz curves", "人均R&D经费的洛伦兹曲线"),
    )


def gini(indices: pd.DataFrame) -> FigureExhibit:
    """The Gini coefficient of every quantity per head over the years."""
    return trend_lines(
        indices,
        "year",
        "gini",
        "variable",
        y_label=Text("Gini coefficient, population-weighted", "基尼系数（按人口加权）"),
        title=Text("Inequality between provinces, per head", "省际人均差距"),
    )


def theil(indices: pd.DataFrame) -> FigureExhibit:
    """Theil's T of R&D expenditure per head over the years, within and between the regions."""
    return stacked_decomposition(
        indices[indices["variable"] == MAIN],
        "year",
        ("theil_within", "theil_between"),
        total="theil",
        names={
            "theil": glossary.THEIL_T,
            "theil_within": Text("within regions", "区域内"),
            "theil_between": Text("between regions", "区域间"),
        },
        y_label=Text("Theil index", "泰尔指数"),
        title=Text("R&D expenditure per head: within and between the four regions", "人均R&D经费：四大区域内与区域间"),
    )


def first_and_last(indices: pd.DataFrame) -> TableExhibit:
    """Gini and Theil T of every quantity in its first and its last complete year."""
    years = indices.groupby("variable")["year"]
    ends = (indices["year"] == years.transform("min")) | (indices["year"] == years.transform("max"))
    return frame_table(
        indices[ends],
        {
            "variable": Text("Per head", "人均"),
            "year": Head(glossary.YEAR, "year"),
            "gini": glossary.GINI,
            "theil": glossary.THEIL_T,
            "theil_within": glossary.WITHIN_REGIONS,
            "theil_between": glossary.BETWEEN_REGIONS,
            "between_share": Text("Between (%)", "区域间占比（%）"),
        },
        names=PER_HEAD,
        digits={"between_share": 1},
        title=Text("Gini and Theil per head, first and last year", "人均基尼系数与泰尔指数：首末年份"),
        notes=[
            Text(
                "Population-weighted, 31 provinces, four regions (East, Central, West, Northeast); years in which all provinces report.",
                "按人口加权，31个省份，四大区域（东部、中部、西部、东北）；仅含全部省份均有数据的年份。",
            )
        ],
    )


def dagum(indices: pd.DataFrame) -> FigureExhibit:
    """The Gini of R&D expenditure per head over the years, in Dagum's three parts."""
    return stacked_decomposition(
        indices[indices["variable"] == MAIN],
        "year",
        ("gini_within", "gini_between", "gini_transvariation"),
        total="gini",
        names={
            "gini": glossary.GINI,
            "gini_within": Text("within regions", "区域内"),
            "gini_between": Text("net between regions", "区域间净差距"),
            "gini_transvariation": Text("overlap (transvariation)", "超变密度"),
        },
        y_label=Text("Gini coefficient", "基尼系数"),
        title=Text("R&D expenditure per head: Dagum's parts of the Gini", "人均R&D经费：基尼系数的Dagum分解"),
        notes=Text(
            "Dagum's decomposition. Overlap: provinces of the poorer region that are above provinces of the richer one.",
            "Dagum分解。超变密度：较低区域中高于较高区域省份的部分。",
        ),
    )


def groups(panel: Panel) -> TableExhibit:
    """What each region adds to the Gini of R&D per head in the last year, largest first: shares and contributions (%), Gini inside."""
    found = decompose_gini(*per_head(panel, MAIN, _ends(panel)[1]))
    table = found.by_group().sort_values("contribution", ascending=False, ignore_index=True)
    parts, shares = ["within", "between", "transvariation", "contribution"], ["weight_share", "value_share"]
    table[parts] = 100 * table[parts] / found.total
    table[shares] *= 100
    return frame_table(
        table,
        {
            "group": Text("Region", "区域"),
            "weight_share": Text("Population (%)", "人口占比（%）"),
            "value_share": Text("R&D (%)", "R&D经费占比（%）"),
            "gini": Text("Gini inside", "区域内基尼系数"),
            "within": Text("Within (%)", "区域内贡献（%）"),
            "between": Text("Net between (%)", "区域间净贡献（%）"),
            "transvariation": Text("Overlap (%)", "超变密度贡献（%）"),
            "contribution": Text("Share of the Gini (%)", "占基尼系数（%）"),
        },
        digits={"gini": 3, **dict.fromkeys([*shares, *parts], 1)},
        title=Text("What each region contributes to the Gini of R&D per head", "各区域对人均R&D经费基尼系数的贡献"),
        notes=[
            Text(
                "A pair of regions counts half for each. The last column is the sum of the three before it and adds up to 100.",
                "一对区域之间的差距各计一半。末列为前三列之和，合计100。",
            )
        ],
    )


def theil_tiles(contributions: pd.DataFrame) -> FigureExhibit:
    """Each province's share (%) of Theil's T of R&D per head, one panel a year."""
    return tile_grid(
        contributions.pivot(index="province", columns="year", values="theil_share"),
        palette="diverging",
        digits=1,
        value_label=Text("Share of Theil T (%)", "占泰尔T指数（%）"),
        title=Text("What each province contributes to the Theil index of R&D per head", "各省对人均R&D经费泰尔指数的贡献"),
        notes=Text(
            "Share of Theil's T in per cent; positive above the national mean, negative below it; the 31 values sum to 100.",
            "占泰尔T指数的百分比；高于全国均值为正，低于为负；31个数值之和为100。",
        ),
    )
