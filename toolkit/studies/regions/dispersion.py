"""Inequality between provinces, per head: indices by year, their parts, what they depend on, and who contributes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.language import Text
from toolkit.measure import (
    DagumDecomposition,
    DecompositionIntervals,
    decompose_gini,
    decompose_theil,
    decomposition_intervals,
    gini_contributions,
    theil_contributions,
)
from toolkit.origin import marked
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
INDEX_NAMES = {
    "gini": glossary.GINI,
    "gini_within": Text("Gini: within regions", "基尼：区域内"),
    "gini_between": Text("Gini: net between regions", "基尼：区域间净差距"),
    "gini_transvariation": Text("Gini: overlap", "基尼：超变密度"),
    "theil": glossary.THEIL_T,
    "theil_within": Text("Theil: within regions", "泰尔：区域内"),
    "theil_between": Text("Theil: between regions", "泰尔：区域间"),
}
DAGUM_PARTS = ("gini_within", "gini_between", "gini_transvariation")
THEIL_PARTS = ("theil_within", "theil_between")
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
    Columns variable, year, gini and its parts gini_within, gini_between, gini_transvariation (Dagum), theil and its parts theil_within
    and theil_between, and between_share (% of Theil's T).
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
                    "gini": dagum.total,
                    "gini_within": dagum.within,
                    "gini_between": dagum.between,
                    "gini_transvariation": dagum.transvariation,
                    "theil": parts.total,
                    "theil_within": parts.within,
                    "theil_between": parts.between,
                    "between_share": 100 * parts.between_share,
                }
            )
    return marked(pd.DataFrame(rows))


def first_and_last(inequality: pd.DataFrame) -> pd.DataFrame:
    """The first and last year of each variable."""
    years = inequality.groupby("variable")["year"]
    ends = (inequality["year"] == years.transform("min")) | (inequality["year"] == years.transform("max"))
    return inequality[ends].reset_index(drop=True)


def draws_by_year(panel: Panel, rng: np.random.Generator) -> dict[tuple[str, int], DecompositionIntervals]:
    """Gini and Theil T with all their parts, by variable and complete year, each with draws of provinces within their regions.

    The same provinces are drawn in every year of a variable, so that the draws of two years pair up.
    """
    region = regions_of(panel)
    found = {}
    for variable in PER_HEAD:
        seed = int(rng.integers(2**32))
        for year in complete_years(panel, variable):
            values, weights = per_head(panel, variable, year)
            same = np.random.default_rng(seed)
            found[variable, year] = decomposition_intervals(values, region[values.index], weights, rng=same, draws=DRAWS)
    return found


def index_intervals(found: dict[tuple[str, int], DecompositionIntervals]) -> pd.DataFrame:
    """Columns variable, year, index (:data:`INDEX_NAMES`), estimate, low, high (95 %)."""
    parts = [drawn.frame().assign(variable=variable, year=year) for (variable, year), drawn in found.items()]
    table = pd.concat(parts, ignore_index=True)
    return table[["variable", "year", "index", "estimate", "low", "high"]]


def changes(found: dict[tuple[str, int], DecompositionIntervals]) -> pd.DataFrame:
    """Change of each index and part from the first to the last complete year, with an interval.

    The same provinces are drawn in both years: two intervals that overlap say nothing about a change, since what moves one year moves
    the other.

    Returns
    -------
    Columns variable, index, first, last (years), start, end (the index), change, low, high (95 %).
    """
    rows = []
    for variable in PER_HEAD:
        years = [year for name, year in found if name == variable]
        first, last = min(years), max(years)
        for index in INDEX_NAMES:
            before, after = (getattr(found[variable, year], index) for year in (first, last))
            ends = {"first": str(first), "last": str(last), "start": before.estimate, "end": after.estimate}
            low, high = np.quantile(after.draws - before.draws, [(1 - after.level) / 2, (1 + after.level) / 2])
            change = after.estimate - before.estimate
            rows.append({"variable": variable, "index": index, **ends, "change": change, "low": float(low), "high": float(high)})
    return pd.DataFrame(rows)


def interval_table(intervals: pd.DataFrame) -> pd.DataFrame:
    """One row per variable and year, one column per index with the text "estimate [low, high]"."""
    cells = intervals.assign(
        shown=[f"{one.estimate:.3f} [{one.low:.3f}, {one.high:.3f}]" for one in intervals.itertuples()],
        place=intervals["variable"].map({variable: place for place, variable in enumerate(PER_HEAD)}),
    )
    wide = cells.pivot(index=["place", "variable", "year"], columns="index", values="shown").reset_index()
    return wide[["variable", "year", *INDEX_NAMES]].rename_axis(columns=None)


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
    of_gini, of_theil = (part(values, weights).to_numpy() for part in (gini_contributions, theil_contributions))
    return pd.DataFrame(
        {
            "province": values.index,
            "year": year,
            "gini_share": 100 * of_gini / of_gini.sum(),
            "theil_share": 100 * of_theil / of_theil.sum(),
        }
    )
