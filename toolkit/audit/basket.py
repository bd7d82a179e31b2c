"""The definition basket: a share claimed for a group, under every additive indicator, year and territorial reading.

And the basket of years and releases: which of them makes a statement true, and how far off the nearest one is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from toolkit.audit.figures import Figure
from toolkit.audit.interval import Interval
from toolkit.language import Text
from toolkit.measure import share_of
from toolkit.origin import marked, origin_of
from toolkit.panel import Panel


@dataclass(frozen=True)
class Resolution:
    """Candidate figures against a printed number.

    Attributes
    ----------
    holds : figures that the printed number admits, in the order given.
    nearest : the figure with the smallest distance, the first one of those that hold.
    distance : how far the printed number lies above the nearest figure (negative: below); 0 when it holds.
    """

    holds: tuple[Figure, ...]
    nearest: Figure
    distance: Fraction


def resolve_vintage(target: Interval, candidates: Sequence[Figure]) -> Resolution:
    """The candidates that ``target`` admits, else the nearest.

    Parameters
    ----------
    target : the printed number, in the unit of the candidates.
    candidates : at least one figure; the preferred ones first.

    Examples
    --------
    >>> from toolkit.audit.tables import Tables
    >>> from toolkit.audit.printed import printed
    >>> found = resolve_vintage(printed("2.58"), [Tables().national(name, 2023) for name in ("gerd_gdp", "gerd_gdp_revised")])
    >>> [figure.cells[0] for figure in found.holds]
    ['national_series.gerd_gdp_revised 2023']
    """
    holds = tuple(figure for figure in candidates if target.overlaps(figure.interval))
    nearest = holds[0] if holds else min(candidates, key=lambda figure: abs(figure.interval.gap(target)))
    return Resolution(holds, nearest, nearest.interval.gap(target))


PERCENT = 100

# What can be called a resource or a yield of innovation and can be added over provinces, so that a share of the nation means something.
RESOURCES = (
    "rd_expenditure",
    "rd_basic",
    "rd_researchers_fte",
    "ind_rd_fte",
    "fiscal_sci_exp",
    "college_students",
    "papers_sci",
    "patent_app_invention",
    "patent_grant_invention",
    "patent_in_force_invention",
    "tech_market_value",
    "tech_market_inflow",
    "ind_new_product_sales",
    "hightech_enterprises_in_force",
    "hightech_firms",
    "hightech_revenue",
    "hightech_profit",
)

READINGS: dict[str, tuple[Text, tuple[str, ...]]] = {
    "three_provinces": (Text("Beijing, Shanghai and all of Guangdong", "北京、上海与广东全省"), ("Beijing", "Shanghai", "Guangdong")),
    "three_regions": (
        Text("Beijing–Tianjin–Hebei, Yangtze delta and Guangdong", "京津冀、长三角与广东"),
        ("Beijing", "Tianjin", "Hebei", "Shanghai", "Jiangsu", "Zhejiang", "Anhui", "Guangdong"),
    ),
}


@dataclass(frozen=True)
class Basket:
    """What a claimed share is under each reading of its undefined terms.

    Attributes
    ----------
    shares : columns indicator, year, reading, share (%).
    """

    shares: pd.DataFrame

    def latest(self) -> pd.DataFrame:
        """The rows of the latest year of each indicator."""
        last = self.shares.groupby("indicator")["year"].transform("max")
        return self.shares[self.shares["year"] == last].reset_index(drop=True)


def complete_years(panel: Panel, variable: str) -> list[int]:
    """Years in which every entity of the panel reports ``variable``."""
    entities = panel.frame[panel.entity].nunique()
    seen = panel.frame.dropna(subset=[variable]).groupby(panel.time)[panel.entity].nunique()
    return [int(year) for year in seen.index[seen == entities]]


def share_basket(panel: Panel, indicators: Sequence[str], readings: Mapping[str, Sequence[str]]) -> Basket:
    """Share of groups of entities in the total, for every indicator and complete year.

    Parameters
    ----------
    panel : entities that add up to the whole.
    indicators : quantities that can be added over entities.
    readings : name and members of each territorial reading.

    Returns
    -------
    Basket
        A year enters when all entities report, so that the denominator is the whole, and none reports a loss, which has no share.

    Examples
    --------
    >>> from toolkit.data import load
    >>> found = share_basket(load("provincial_panel").between(2023, 2023), ["gdp"], {"capital": ["Beijing"]})
    >>> found.shares[["indicator", "year", "reading"]].values.tolist()
    [['gdp', 2023, 'capital']]
    """
    rows = []
    for indicator in indicators:
        for year in complete_years(panel, indicator):
            values = panel.frame.loc[panel.frame[panel.time] == year].set_index(panel.entity)[indicator]
            if (values < 0).any():
                continue
            shares = {name: share_of(values, members) for name, members in readings.items()}
            rows += [{"indicator": indicator, "year": year, "reading": name, "share": PERCENT * share} for name, share in shares.items()]
    return Basket(marked(pd.DataFrame(rows), origin_of(panel.frame)))
