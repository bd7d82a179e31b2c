"""The three series of the chapter: their complete years, their names, and the notes that several of its exhibits carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from toolkit.audit.basket import complete_years
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.registry import registry
from toolkit.studies.regions.centres import listed

VARIABLES = ("rd_intensity", "patents_per_10k", "tech_market_to_gdp")
LEVEL = 0.05  # of the tests that the sentences count


def grid(panel: Panel, variable: str) -> pd.DataFrame:
    """Provinces by years, only years in which all provinces report."""
    years = complete_years(panel, variable)
    rows = panel.frame[panel.frame[panel.time].isin(years)]
    wide: pd.DataFrame = rows.pivot(index=panel.entity, columns=panel.time, values=variable)
    return wide


def name_of(variable: str) -> Text:
    """The short name of a variable in the registry."""
    entry = registry().variables[variable]
    return entry.short


def names_of(variables: Iterable[str]) -> Text:
    """Names of variables as a list in words, "none" for an empty one."""
    return listed([name_of(variable) for variable in variables])


def short_names() -> dict[str, Text]:
    """The names of the three variables, for the sentences."""
    return dict(zip(("rd", "patents", "tech"), map(name_of, VARIABLES), strict=True))


def titled(variable: str, title: Text) -> Text:
    """A title for one of the variables."""
    name = name_of(variable)
    return Text(f"{name.en}: {title.en}", f"{name.zh}：{title.zh}")


def period_note(years: Mapping[str, Sequence[int]], provinces: int) -> Text:
    """The complete years of each variable."""
    spans = [(name_of(variable), min(own), max(own)) for variable, own in years.items()]
    return Text(
        f"Years in which all {provinces} provinces report: "
        + "; ".join(f"{name.en} {first} to {last}" for name, first, last in spans)
        + ".",
        f"{provinces}个省份均有数据的年份：" + "；".join(f"{name.zh}{first}—{last}年" for name, first, last in spans) + "。",
    )


def tech_note() -> Text:
    """Abrupt moves in the technology market series, as the registry records them."""
    variable = registry().variables["tech_market_value"]
    return Text(f"{variable.short.en}: {variable.breaks.en}", f"{variable.short.zh}：{variable.breaks.zh}")
