"""How innovation is spread over the provinces: the "two thirds in three centres" basket, Gini and Theil by year."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.language import Text
from toolkit.measure import concentration_ratio, decompose_theil, gini, share_of
from toolkit.panel import Panel
from toolkit.registry import registry

CLAIM = "chen2025_resources_two_thirds"

# Quantities that can be added over provinces, so that a share of the nation means something.
RESOURCES = (
    "rd_expenditure",
    "ind_rd_fte",
    "rd_basic",
    "fiscal_sci_exp",
    "patent_app_invention",
    "patent_grant_invention",
    "patent_grant_total",
    "tech_market_value",
    "tech_market_inflow",
    "hightech_firms",
    "hightech_revenue",
    "hightech_profit",
    "college_students",
    "gdp",
    "population",
)

READINGS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "two_cities": (Text("Beijing and Shanghai only", "仅北京、上海"), ("Beijing", "Shanghai")),
    "three_provinces": (Text("Beijing, Shanghai and all of Guangdong", "北京、上海与广东全省"), ("Beijing", "Shanghai", "Guangdong")),
    "three_regions": (
        Text("Beijing–Tianjin–Hebei, Yangtze delta and Guangdong", "京津冀、长三角与广东"),
        ("Beijing", "Tianjin", "Hebei", "Shanghai", "Jiangsu", "Zhejiang", "Anhui", "Guangdong"),
    ),
}
LARGEST_THREE = Text("The three largest provinces, whichever they are", "数值最大的三个省份")

# Quantities per head whose inequality is followed over time; population is the weight.
PER_HEAD = {
    "rd_expenditure": Text("R&D expenditure per head", "人均R&D经费"),
    "patent_grant_invention": Text("Invention patents granted per head", "人均发明专利授权"),
    "tech_market_value": Text("Technology contract value per head", "人均技术合同成交额"),
    "gdp": Text("GDP per head", "人均GDP"),
}

READING_NAMES = {**{name: text for name, (text, _) in READINGS.items()}, "largest_three": LARGEST_THREE}
BASKET_HEADS = {
    "indicator": Text("Indicator", "指标"),
    "year": Text("Year", "年份"),
    "two_cities": Text("Beijing, Shanghai", "北京、上海"),
    "three_provinces": Text("with Guangdong", "加广东"),
    "largest_three": Text("Largest three", "最大三省"),
    "three_regions": Text("Three regions", "三大区域"),
    "gap": Text("Three provinces less the claim", "三省份额减论文数值"),
}
INEQUALITY_HEADS = {
    "variable": Text("Per head", "人均"),
    "year": Text("Year", "年份"),
    "gini": Text("Gini", "基尼系数"),
    "theil": Text("Theil T", "泰尔T指数"),
    "within": Text("Within regions", "区域内"),
    "between": Text("Between regions", "区域间"),
    "between_share": Text("Between (%)", "区域间占比（%）"),
}
INEQUALITY_NOTE = Text(
    "Population-weighted, 31 provinces, four regions (East, Central, West, Northeast); years in which all provinces report.",
    "按人口加权，31个省份，四大区域（东部、中部、西部、东北）；仅含全部省份均有数据的年份。",
)
PART_NAMES = {
    "within": Text("within regions", "区域内"),
    "between": Text("between regions", "区域间"),
    "theil": Text("Theil T", "泰尔T指数"),
}
TILE_YEARS = (2017, 2024)
FINDING = Text(
    "Beijing, Shanghai and all of Guangdong hold {rd:.1f}% of R&D expenditure ({year}), against a claimed {claim:.1f}%. "
    "Over {n} indicators their share runs from {lowest:.1f}% ({lowest_name}) to {highest:.1f}% ({highest_name}): the claim holds for "
    "{holds} of them. Read as the three regions (Beijing–Tianjin–Hebei, Yangtze delta, Guangdong), it holds for {holds_regions}; "
    "the closest is {closest_name} with {closest:.1f}%.",
    "北京、上海与广东全省占R&D经费的{rd:.1f}%（{year}年），论文数值为{claim:.1f}%。在{n}个指标中，三地份额介于"
    "{lowest:.1f}%（{lowest_name}）与{highest:.1f}%（{highest_name}）之间：有{holds}个指标达到论文数值。"
    "若理解为三大区域（京津冀、长三角与广东），有{holds_regions}个指标达到；最接近的是{closest_name}，为{closest:.1f}%。",
)


@dataclass(frozen=True)
class RegionResults:
    """Everything that notebook 03 shows.

    Attributes
    ----------
    basket : indicator, year, reading, share (%), provinces: the latest year of each indicator, every reading.
    basket_by_year : the same for every year that is complete.
    claim : the claimed share in per cent, from the registry.
    inequality : variable, year, gini, theil, within, between, between_share and the parts of each region.
    per_head : province, year, rd_per_head (yuan), population: the first and the last complete year, for Lorenz curves.
    """

    basket: pd.DataFrame
    basket_by_year: pd.DataFrame
    claim: float
    inequality: pd.DataFrame
    per_head: pd.DataFrame


def run(panel: Panel) -> RegionResults:
    """Shares, Gini and Theil of the provincial panel.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    by_year = basket(panel)
    last = by_year.groupby("indicator")["year"].transform("max")
    years = complete_years(panel, "rd_expenditure")
    return RegionResults(
        basket=by_year[by_year["year"] == last].reset_index(drop=True),
        basket_by_year=by_year,
        claim=registry().claims[CLAIM].value,
        inequality=inequality(panel),
        per_head=_first_and_last_per_head(panel, (years[0], years[-1])),
    )


def complete_years(panel: Panel, variable: str) -> list[int]:
    """Years in which every province of the panel reports ``variable``."""
    provinces = panel.frame[panel.entity].nunique()
    seen = panel.frame.dropna(subset=[variable]).groupby(panel.time)[panel.entity].nunique()
    return [int(year) for year in seen.index[seen == provinces]]


def basket(panel: Panel) -> pd.DataFrame:
    """Share of the three centres in the national total: every indicator, complete year and territorial reading.

    Returns
    -------
    Columns indicator, year, reading, share (%). A year enters when all 31 provinces report, so that the denominator is the nation.
    """
    rows = []
    for indicator in RESOURCES:
        for year in complete_years(panel, indicator):
            values = panel.frame.loc[panel.frame[panel.time] == year].set_index(panel.entity)[indicator]
            shares = {name: share_of(values, members) for name, (_, members) in READINGS.items()}
            shares["largest_three"] = concentration_ratio(values, 3)
            rows += [{"indicator": indicator, "year": year, "reading": name, "share": 100 * share} for name, share in shares.items()]
    return pd.DataFrame(rows)


def _per_head(panel: Panel, variable: str, year: int) -> tuple[pd.Series, pd.Series]:
    frame = panel.frame.loc[panel.frame[panel.time] == year].set_index(panel.entity)
    return (frame[variable] / frame["population"]).rename(f"{variable} per head"), frame["population"]


def _first_and_last_per_head(panel: Panel, years: tuple[int, int]) -> pd.DataFrame:
    frame = panel.frame.loc[panel.frame[panel.time].isin(years), [panel.entity, panel.time, "rd_per_capita", "population"]]
    return frame.rename(columns={panel.entity: "province", panel.time: "year", "rd_per_capita": "rd_per_head"}).reset_index(drop=True)


def inequality(panel: Panel) -> pd.DataFrame:
    """Population-weighted Gini and Theil T per head, with the part within and between the four regions, by year.

    Returns
    -------
    Columns variable, year, gini, theil, within, between, between_share (%).
    """
    region = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    rows = []
    for variable in PER_HEAD:
        for year in complete_years(panel, variable):
            values, weights = _per_head(panel, variable, year)
            parts = decompose_theil(values, region[values.index], weights)
            rows.append(
                {
                    "variable": variable,
                    "year": year,
                    "gini": gini(values, weights),
                    "theil": parts.total,
                    "within": parts.within,
                    "between": parts.between,
                    "between_share": 100 * parts.between_share,
                }
            )
    return pd.DataFrame(rows)


def by_largest(basket: pd.DataFrame) -> pd.DataFrame:
    """The basket with the indicators ordered by the share of the three provinces, largest first."""
    order = basket[basket["reading"] == "three_provinces"].sort_values("share", ascending=False)["indicator"]
    rank = {name: place for place, name in enumerate(order)}
    return basket.sort_values("indicator", key=lambda names: names.map(rank), kind="stable").reset_index(drop=True)


def basket_wide(basket: pd.DataFrame) -> pd.DataFrame:
    """One row per indicator, one column per reading, and how far the three provinces are from the claim (points)."""
    wide = by_largest(basket).pivot(index=["indicator", "year"], columns="reading", values="share").reset_index()
    wide["gap"] = wide["three_provinces"] - registry().claims[CLAIM].value
    return wide.sort_values("three_provinces", ascending=False).reset_index(drop=True)


def basket_note(results: RegionResults) -> Text:
    """Which year each indicator is of, and that only complete years enter."""
    years = results.basket.drop_duplicates("indicator")["year"]
    return Text(
        f"Latest year in which all provinces report: {years.min()} to {years.max()}.",
        f"取全部省份均有数据的最近年份：{years.min()}—{years.max()}年。",
    )


def _variable_name(indicator: str) -> Text:
    variable = registry().variables[indicator]
    return Text(variable.short_en, variable.short_zh)


def _shares(basket: pd.DataFrame, reading: str) -> dict[str, float]:
    rows = basket[basket["reading"] == reading]
    return dict(zip(rows["indicator"], rows["share"], strict=True))


def finding_values(results: RegionResults) -> dict[str, float | int | str | Text]:
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


def first_and_last(inequality: pd.DataFrame) -> pd.DataFrame:
    """The first and last year of each variable."""
    years = inequality.groupby("variable")["year"]
    ends = (inequality["year"] == years.transform("min")) | (inequality["year"] == years.transform("max"))
    return inequality[ends].reset_index(drop=True)


def intensity_panels(panel: Panel) -> pd.DataFrame:
    """R&D intensity by province in the years of :data:`TILE_YEARS`, one column a year."""
    rows = panel.frame[panel.frame[panel.time].isin(TILE_YEARS)]
    wide: pd.DataFrame = rows.pivot(index=panel.entity, columns=panel.time, values="rd_intensity")
    return wide
