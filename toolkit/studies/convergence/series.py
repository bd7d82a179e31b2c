"""The series of the chapter: how they are made, their complete years, their names, and notes that several exhibits share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from toolkit.audit.basket import complete_years
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.words.breaks import span_notes
from toolkit.registry import registry
from toolkit.studies.regions.centres import listed

VARIABLES = (
    "rd_intensity",
    "basic_to_gdp",
    "researchers_per_10k",
    "papers_per_10k",
    "patents_per_10k",
    "in_force_per_10k",
    "tech_market_to_gdp",
    "new_products_to_gdp",
    "certified_per_10k",
)
SHOWN = ("rd_intensity", "in_force_per_10k", "tech_market_to_gdp")
"""What figures with a panel for each series show: money, a stock of knowledge, a market."""
LEVEL = 0.05  # of the tests that the sentences count
SEED = 20250101
LONG = 8
"""Years below which no chain and no club is made of a series."""
NAMES = {
    "basic_to_gdp": Text("Basic research / GDP", "基础研究经费/GDP"),
    "researchers_per_10k": Text("R&D researchers per 10,000", "每万人R&D研究人员"),
    "papers_per_10k": Text("SCI papers per 10,000", "每万人SCI论文"),
    "in_force_per_10k": Text("Invention patents in force per 10,000", "每万人有效发明专利"),
    "new_products_to_gdp": Text("New product sales / GDP", "新产品销售收入/GDP"),
    "certified_per_10k": Text("Certified high-tech firms per 10,000", "每万人有效期内高新技术企业"),
}
_PARTS = {
    "basic_to_gdp": ("rd_basic", "gdp"),
    "researchers_per_10k": ("rd_researchers_fte", "population"),
    "papers_per_10k": ("papers_sci", "population"),
    "in_force_per_10k": ("patent_in_force_invention", "population"),
    "new_products_to_gdp": ("ind_new_product_sales", "gdp"),
    "certified_per_10k": ("hightech_enterprises_in_force", "population"),
}  # population is in 10,000 persons; scale does not matter to logs or to a value over its mean


def with_ratios(panel: Panel) -> Panel:
    """The panel with the series of the chapter that the tables do not hold, each a ratio of two that they do.

    Examples
    --------
    >>> from toolkit.data import load
    >>> found = with_ratios(load("provincial_panel")).frame
    >>> bool((found["papers_per_10k"].dropna() > 0).all())
    True
    """
    frame = panel.frame
    return panel.assign(**{name: frame[above] / frame[below] for name, (above, below) in _PARTS.items()})


def grid(panel: Panel, variable: str) -> pd.DataFrame:
    """Provinces by years, only years in which all provinces report."""
    years = complete_years(panel, variable)
    rows = panel.frame[panel.frame[panel.time].isin(years)]
    wide: pd.DataFrame = rows.pivot(index=panel.entity, columns=panel.time, values=variable)
    return wide


def long_enough(panel: Panel) -> tuple[str, ...]:
    """The series with enough complete years for chains and clubs."""
    return tuple(variable for variable in VARIABLES if len(complete_years(panel, variable)) >= LONG)


def name_of(variable: str) -> Text:
    """The short name of a series: of the registry, or of this chapter."""
    return NAMES[variable] if variable in NAMES else registry().variables[variable].short


def names_of(variables: Iterable[str]) -> Text:
    """Names of variables as a list in words, "none" for an empty one."""
    return listed([name_of(variable) for variable in variables])


def period_note(years: Mapping[str, Sequence[int]], provinces: int) -> Text:
    """The complete years of each series, those with the same years together."""
    spans: dict[tuple[int, int], list[str]] = {}
    for variable, own in years.items():
        spans.setdefault((min(own), max(own)), []).append(variable)
    return Text(
        f"Years in which all {provinces} provinces report: "
        + "; ".join(f"{names_of(own).en} {first} to {last}" for (first, last), own in spans.items())
        + ".",
        f"{provinces}个省份均有数据的年份："
        + "；".join(f"{names_of(own).zh}为{first}—{last}年" for (first, last), own in spans.items())
        + "。",
    )


def break_marks(years: Mapping[str, Sequence[int]]) -> tuple[Text, ...]:
    """Changes of definition inside the years of the series, those of the amounts they are made of."""
    return span_notes({_PARTS[v][0] if v in _PARTS else v: (min(own), max(own)) for v, own in years.items()})


def tech_note() -> Text:
    """Abrupt moves in the technology market series, as the registry records them."""
    variable = registry().variables["tech_market_value"]
    return Text(f"{variable.short.en}: {variable.breaks.en}", f"{variable.short.zh}：{variable.breaks.zh}")


def relative(panel: Panel, variable: str) -> pd.DataFrame:
    """Value over the unweighted mean of the provinces in the same year: growth that all share drops out."""
    wide = grid(panel, variable)
    return wide / wide.mean()
