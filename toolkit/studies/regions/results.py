"""Notebook 03: everything it shows, computed once, and the numbers of its sentences."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies.regions.dispersion import (
    DAGUM_PARTS,
    DRAWS,
    INDEX_NAMES,
    MAIN,
    THEIL_PARTS,
    changes,
    contributions,
    dagum_of,
    draws_by_year,
    group_table,
    index_intervals,
    inequality,
    lorenz_years,
)
from toolkit.studies.regions.shares import (
    READING_NAMES,
    RESOURCES,
    Row,
    basket,
    claimed_share,
    complete_years,
    delta_needed,
    distance_table,
    distances,
    latest,
)
from toolkit.studies.regions.words import EXCLUDES, INCLUDES, NONE

SEED = 20250101  # of the draws of provinces
TILE_YEARS = (2017, 2024)
Values = dict[str, float | int | str | Text]


@dataclass(frozen=True)
class RegionResults:
    """Everything that notebook 03 shows.

    Attributes
    ----------
    basket : indicator, year, reading, share (%): the latest year of each indicator, every reading.
    basket_by_year : the same for every year that is complete.
    claim : the claimed share in per cent, from the registry.
    gaps : ``basket_by_year`` with gap (points from the claim) and reached.
    delta : what the Pearl River Delta would need, every indicator and complete year; see :func:`delta_needed`.
    inequality : variable, year, Gini, Theil T and their parts; see :func:`inequality`.
    intervals : variable, year, index, estimate, low, high: Gini and Theil T with all their parts.
    changes : change of the indices and parts between the first and the last year, with intervals.
    groups : the regions in Dagum's decomposition of the last year.
    contributions : province, year, gini_share, theil_share (%) of the first and the last year.
    per_head : province, year, rd_per_head (yuan), population: the first and the last complete year, for Lorenz curves.
    """

    basket: pd.DataFrame
    basket_by_year: pd.DataFrame
    claim: float
    gaps: pd.DataFrame
    delta: pd.DataFrame
    inequality: pd.DataFrame
    intervals: pd.DataFrame
    changes: pd.DataFrame
    groups: pd.DataFrame
    contributions: pd.DataFrame
    per_head: pd.DataFrame


def run(panel: Panel) -> RegionResults:
    """Shares, Gini, Theil and Dagum of the provincial panel.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    by_year, claim = basket(panel), claimed_share()
    years = complete_years(panel, MAIN)
    ends = years[0], years[-1]
    drawn = draws_by_year(panel, np.random.default_rng(SEED))
    return RegionResults(
        basket=latest(by_year),
        basket_by_year=by_year,
        claim=claim,
        gaps=distances(by_year, claim),
        delta=delta_needed(by_year, claim),
        inequality=inequality(panel),
        intervals=index_intervals(drawn),
        changes=changes(drawn),
        groups=group_table(dagum_of(panel, ends[1])),
        contributions=pd.concat([contributions(panel, year) for year in ends], ignore_index=True),
        per_head=lorenz_years(panel, ends),
    )


def basket_note(results: RegionResults) -> Text:
    """Which year each indicator is of, and that only complete years enter."""
    years = results.basket.drop_duplicates("indicator")["year"]
    never = joined([_variable_name(name) for name in RESOURCES if name not in set(results.basket["indicator"])])
    return Text(
        f"Latest year in which all provinces report: {years.min()} to {years.max()}. Never complete: {never.en}.",
        f"取全部省份均有数据的最近年份：{years.min()}—{years.max()}年。各年均不完整：{never.zh}。",
    )


def interval_note(results: RegionResults) -> Text:
    """What the intervals mean when the provinces are the population."""
    n = results.contributions["province"].nunique()
    return Text(
        f"Intervals: 2.5 % and 97.5 % quantiles of {DRAWS} draws of provinces within their regions. The {n} provinces are the whole "
        "population, so the index itself has no sampling error: the interval says how much it depends on which provinces are in the list, "
        f"not how well it is known. With {n} skewed values it tends to be too narrow and to lie too low.",
        f"区间为在各区域内对省份重复抽样{DRAWS}次的2.5%与97.5%分位数。{n}个省份即为总体，指数本身没有抽样误差：区间反映指数对省份构成的依赖程度，"
        f"而非其精确程度。{n}个偏态数值的区间往往偏窄、偏低。",
    )


def theil_panels(results: RegionResults) -> pd.DataFrame:
    """Each province's share (%) of Theil's T, one column a year."""
    wide: pd.DataFrame = results.contributions.pivot(index="province", columns="year", values="theil_share")
    return wide


def intensity_panels(panel: Panel) -> pd.DataFrame:
    """R&D intensity by province in the years of :data:`TILE_YEARS`, one column a year."""
    rows = panel.frame[panel.frame[panel.time].isin(TILE_YEARS)]
    wide: pd.DataFrame = rows.pivot(index=panel.entity, columns=panel.time, values="rd_intensity")
    return marked(wide)


def _variable_name(indicator: str) -> Text:
    variable = registry().variables[indicator]
    return variable.short


def joined(texts: list[Text]) -> Text:
    """A list in words; "none" for an empty one.

    Examples
    --------
    >>> joined([Text("a", "甲"), Text("b", "乙")]).zh
    '甲、乙'
    """
    if not texts:
        return NONE
    return Text(", ".join(text.en for text in texts), "、".join(text.zh for text in texts))


def _dated(name: Text, year: object) -> Text:
    return Text(f"{name.en} {year}", f"{name.zh}（{year}年）")


def _shares(basket: pd.DataFrame, reading: str) -> dict[str, float]:
    rows = basket[basket["reading"] == reading]
    return dict(zip(rows["indicator"], rows["share"], strict=True))


def finding_values(results: RegionResults) -> Values:
    """What :data:`FINDING` is filled with."""
    three, regions = _shares(results.basket, "three_provinces"), _shares(results.basket, "three_regions")
    low, high = min(three, key=three.__getitem__), max(three, key=three.__getitem__)
    closest = min(regions, key=lambda name: abs(regions[name] - results.claim))
    years = dict(zip(results.basket["indicator"], results.basket["year"], strict=True))
    return {
        "rd": three["rd_expenditure"],
        "year": str(years["rd_expenditure"]),
        "claim": results.claim,
        "n": len(three),
        "lowest": three[low],
        "lowest_name": _variable_name(low),
        "highest": three[high],
        "highest_name": _variable_name(high),
        "holds": sum(share >= results.claim for share in three.values()),
        "holds_regions": sum(share >= results.claim for share in regions.values()),
        "closest": regions[closest],
        "closest_name": _variable_name(closest),
    }


def distance_values(results: RegionResults) -> Values:
    """What :data:`FINDING_DISTANCE` is filled with."""
    tables: dict[Hashable, Row] = distance_table(results.gaps).set_index("reading").to_dict("index")
    three = tables["three_provinces"]
    over = results.gaps[results.gaps["reached"]]
    dated = [_dated(_variable_name(name), year) for name, year in zip(over["indicator"], over["year"], strict=True)]
    return {
        "cases": len(results.gaps),
        "reached": len(over),
        "which": joined(dated),
        "under": joined([READING_NAMES[reading] for reading in over["reading"].unique()]),
        "claim": results.claim,
        "name": _variable_name(three["indicator"]),
        "year": str(three["year"]),
        "share": three["share"],
        "gap": -three["gap"],
        "median": three["median_gap"],
        "median_regions": tables["three_regions"]["median_gap"],
    }


def delta_values(results: RegionResults) -> Values:
    """What :data:`FINDING_DELTA` is filled with."""
    now = latest(results.delta)
    nearest: Row = results.delta.nsmallest(1, "times").to_dict("records")[0]
    return {
        "low": float(now["needed"].min()),
        "high": float(now["needed"].max()),
        "times_low": float(now["times"].min()),
        "times_high": float(now["times"].max()),
        "possible": int(now["possible"].sum()),
        "n": len(now),
        "name": _variable_name(nearest["indicator"]),
        "year": str(nearest["year"]),
        "times_nearest": nearest["times"],
    }


def inequality_values(results: RegionResults) -> Values:
    """What :data:`FINDING_INEQUALITY` is filled with."""
    of_gini = results.changes[(results.changes["variable"] == MAIN) & (results.changes["index"] == "gini")]
    of_parts = results.changes[(results.changes["variable"] == MAIN) & results.changes["index"].isin([*DAGUM_PARTS, *THEIL_PARTS])]
    clear = of_parts[(of_parts["low"] > 0) | (of_parts["high"] < 0)]["index"]
    moved: Row = of_gini.to_dict("records")[0]
    rows = results.inequality[results.inequality["variable"] == MAIN]
    last: Row = rows.nlargest(1, "year").to_dict("records")[0]
    own = results.contributions[results.contributions["year"] == last["year"]].sort_values("gini_share", ascending=False)
    top = str(own["province"].iloc[0])
    return {
        **{key: moved[key] for key in ("first", "last", "start", "end", "change", "low", "high")},
        "clear": joined([INDEX_NAMES[index] for index in clear]),
        "verdict": INCLUDES if moved["low"] <= 0 <= moved["high"] else EXCLUDES,
        "within": 100 * last["gini_within"] / last["gini"],
        "between": 100 * last["gini_between"] / last["gini"],
        "overlap": 100 * last["gini_transvariation"] / last["gini"],
        "top": Text(top, short_chinese(top)),
        "top_share": float(own["gini_share"].iloc[0]),
        "four_share": float(own["gini_share"].iloc[:4].sum()),
    }
