"""Inequality between provinces, per head: indices by year, their parts, what they depend on, and who contributes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.measure import (
    DagumDecomposition,
    bootstrap_interval,
    decompose_gini,
    decompose_theil,
    gini,
    gini_contributions,
    theil_contributions,
    theil_t,
)
from toolkit.panel import Panel
from toolkit.studies.regions.shares import complete_years

# Quantities per head whose inequality is followed over time; population is the weight.
PER_HEAD = {
    "rd_expenditure": Text("R&D expenditure per head", "人均R&D经费"),
    "patent_grant_invention": Text("Invention patents granted per head", "人均发明专利授权"),
    "tech_market_value": Text("Technology contract value per head", "人均技术合同成交额"),
    "gdp": Text("GDP per head", "人均GDP"),
}
MAIN = "rd_expenditure"
INDICES = {"gini": gini, "theil": theil_t}
INDEX_NAMES = {
    "gini": Text("Gini", "基尼系数"),
    "theil": Text("Theil T", "泰尔T指数"),
    "dagum_between": Text("Dagum, net between regions", "Dagum区域间净差距"),
}
DAGUM_PARTS = ("dagum_within", "dagum_between", "dagum_transvariation")
DRAWS = 499


def per_head(panel: Panel, variable: str, year: int) -> tuple[pd.Series, pd.Series]:
    """Values per head of one year and the population, both by province."""
    frame = panel.frame.loc[panel.frame[panel.time] == year].set_index(panel.entity)
    return (frame[variable] / frame["population"]).rename(f"{variable} per head"), frame["population"]


def regions_of(panel: Panel) -> pd.Series:
    """The region (of four) of each province."""
    found: pd.Series = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    return found


def lorenz_years(panel: Panel, years: tuple[int, int]) -> pd.DataFrame:
    """Province, year, R&D expenditure per head (yuan) and population in two years, for Lorenz curves."""
    frame = panel.frame.loc[panel.frame[panel.time].isin(years), [panel.entity, panel.time, "rd_per_capita", "population"]]
    return frame.rename(columns={panel.entity: "province", panel.time: "year", "rd_per_capita": "rd_per_head"}).reset_index(drop=True)


def inequality(panel: Panel) -> pd.DataFrame:
    """Population-weighted Gini and Theil T per head by year, with their parts within and between the four regions.

    Returns
    -------
    Columns variable, year, gini, theil, within, between, between_share (%) of Theil's T, and dagum_within, dagum_between,
    dagum_transvariation, which sum to the Gini.
    """
    region = regions_of(panel)
    rows = []
    for variable in PER_HEAD:
        for year in complete_years(panel, variable):
            values, weights = per_head(panel, variable, year)
            parts, dagum = decompose_theil(values, region[values.index], weights), decompose_gini(values, region[values.index], weights)
            rows.append(
                {
                    "variable": variable,
                    "year": year,
                    "gini": gini(values, weights),
                    "theil": parts.total,
                    "within": parts.within,
                    "between": parts.between,
                    "between_share": 100 * parts.between_share,
                    "dagum_within": dagum.within,
                    "dagum_between": dagum.between,
                    "dagum_transvariation": dagum.transvariation,
                }
            )
    return pd.DataFrame(rows)


def first_and_last(inequality: pd.DataFrame) -> pd.DataFrame:
    """The first and last year of each variable."""
    years = inequality.groupby("variable")["year"]
    ends = (inequality["year"] == years.transform("min")) | (inequality["year"] == years.transform("max"))
    return inequality[ends].reset_index(drop=True)


def index_intervals(panel: Panel, rng: np.random.Generator, variable: str = MAIN) -> pd.DataFrame:
    """Gini, Theil T and Dagum's net inequality between regions by year, each with the interval of :func:`bootstrap_interval`.

    Provinces are drawn within regions, so that no region is empty; the population travels with its province.

    Returns
    -------
    Columns year (text), index, estimate, low, high (95 %).
    """
    region = regions_of(panel)

    def net_between(values: pd.Series, weights: pd.Series) -> float:
        return decompose_gini(values, region.loc[values.index], weights).between

    measures: dict[str, Callable[[Any, Any], float]] = {**INDICES, "dagum_between": net_between}
    rows = []
    for name, measure in measures.items():
        for year in complete_years(panel, variable):
            values, weights = per_head(panel, variable, year)
            found = bootstrap_interval(measure, values, weights, rng=rng, strata=region[values.index], draws=DRAWS)
            rows.append({"year": str(year), "index": name, "estimate": found.estimate, "low": found.low, "high": found.high})
    return pd.DataFrame(rows)


def changes(panel: Panel, rng: np.random.Generator) -> pd.DataFrame:
    """Change of Gini and Theil T from the first to the last complete year, with an interval.

    The same provinces are drawn in both years: two intervals that overlap say nothing about a change, since what moves one year moves
    the other.

    Returns
    -------
    Columns variable, index, first, last (years), start, end (the index), change, low, high (95 %).
    """
    region = regions_of(panel)
    rows = []
    for variable in PER_HEAD:
        years = complete_years(panel, variable)
        (before, held), (after, holds) = (per_head(panel, variable, year) for year in (years[0], years[-1]))
        for name, index in INDICES.items():

            def change(values: pd.Series, weights: pd.Series, index: Any = index, old: Any = before, old_weights: Any = held) -> float:
                return float(index(values, weights) - index(old.loc[values.index], old_weights.loc[values.index]))

            found = bootstrap_interval(change, after, holds, rng=rng, strata=region[after.index], draws=DRAWS)
            ends = {"first": str(years[0]), "last": str(years[-1]), "start": index(before, held), "end": index(after, holds)}
            rows.append({"variable": variable, "index": name, **ends, "change": found.estimate, "low": found.low, "high": found.high})
    return pd.DataFrame(rows)


def dagum_of(panel: Panel, year: int, variable: str = MAIN) -> DagumDecomposition:
    """Dagum's decomposition of one year by the four regions."""
    values, weights = per_head(panel, variable, year)
    return decompose_gini(values, regions_of(panel)[values.index], weights)


def group_table(dagum: DagumDecomposition) -> pd.DataFrame:
    """One row per region, largest contribution first: shares (%), Gini inside, and contributions in % of the Gini."""
    table = dagum.by_group().sort_values("contribution", ascending=False, ignore_index=True)
    parts = ["within", "between", "transvariation", "contribution"]
    table[parts] = 100 * table[parts] / dagum.total
    table[["weight_share", "value_share"]] *= 100
    return table


def contributions(panel: Panel, year: int, variable: str = MAIN) -> pd.DataFrame:
    """What each province adds to the indices of one year, in per cent of the index.

    Returns
    -------
    Columns province, year, gini_share (never negative) and theil_share (negative below the mean); each sums to 100.
    """
    values, weights = per_head(panel, variable, year)
    of_gini, of_theil = gini_contributions(values, weights), theil_contributions(values, weights)
    return pd.DataFrame(
        {
            "province": values.index,
            "year": year,
            "gini_share": 100 * of_gini / of_gini.sum(),
            "theil_share": 100 * of_theil / of_theil.sum(),
        }
    )
