"""Chen, Zhao and Duan (2025), section 1: rank, size and spread of the nation's innovation in the shipped figures."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from toolkit.audit.api import Check, Figure, Interval, PrintedClaim, Tables, computes
from toolkit.audit.basket import complete_years
from toolkit.audit.directions import DirectionFigure, above, readings
from toolkit.language import Text
from toolkit.measure import gini, share_of
from toolkit.registry import registry

PERCENT = 100
TRILLION = 10**12
WORLD = "WLD"
SINCE = 2010  # first year of R&D expenditure by province
EAST = "East"
SPREAD = (
    *("rd_expenditure", "rd_fte", "ind_rd_fte", "fiscal_sci_exp", "patent_grant_invention", "patent_in_force_invention"),
    *("papers_sci", "tech_market_value", "hightech_enterprises_in_force"),
)
PER_HEAD = "rd_expenditure"
POINTS = Text("points", "个百分点")
Measure = Callable[[pd.Series, pd.Series], float]  # of a quantity and the population, both by province


@computes("chen2025_regional_gap_wider")
def spread_over_provinces(claim: PrintedClaim, tables: Tables) -> Check:
    """Change of the east's share in five resources and of the Gini of R&D per head, between complete years."""
    changes = [_change_of_share(name, tables) for name in SPREAD]
    name = Text("Gini of R&D per head", "人均R&D经费基尼系数")
    changes.append(_change(PER_HEAD, tables, lambda values, people: gini(values / people, people), name))
    found = {figure.label: DirectionFigure(figure, above(figure, 0)) for figure in changes}
    criterion = Text("a larger value at the end than at the start", "期末值大于期初值")
    return readings(claim, found, criterion, Text("change of regional inequality", "区域不均衡程度的变化"))


def _change_of_share(variable: str, tables: Tables) -> Figure:
    """Change of the share of the east in the total of the provinces, in points."""
    panel = tables.panel("provincial_panel")
    region = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    east = list(region.index[region == EAST])
    record = registry().variables[variable]
    name = Text(f"share of the east, {record.short.en}", f"东部占比，{record.short.zh}")
    return _change(variable, tables, lambda values, people: share_of(values, east), name)


def _change(variable: str, tables: Tables, measure: Measure, name: Text) -> Figure:
    """A measure in the last complete year less that in the first one since 2017, in hundredths."""
    panel = tables.panel("provincial_panel")
    years = [year for year in complete_years(panel, variable) if year >= SINCE]
    first, last = years[0], years[-1]
    value = {}
    for year in (first, last):
        frame = panel.frame[panel.frame[panel.time] == year].set_index(panel.entity)
        value[year] = PERCENT * measure(frame[variable], frame["population"])
    record = registry().variables[variable]
    return Figure(
        label=Text(f"{name.en}, {first}-{last}", f"{name.zh}，{first}—{last}年"),
        unit=POINTS,
        interval=Interval.point(value[last] - value[first]),
        sources=record.sources,
        cells=tuple(f"provincial_panel.{variable} {year}" for year in (first, last)),
        weak=(record.weak,) if record.weak.en else (),
    )
