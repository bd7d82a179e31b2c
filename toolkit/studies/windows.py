"""The years that the chapters on regions and convergence speak of.

Their sentences were written on these windows. The tables reach further back for many series since the yearbooks came in; a chapter takes
the longer window when it is written for it.
"""

from __future__ import annotations

import numpy as np

from toolkit.panel import Panel

FIRST_YEARS = {
    **dict.fromkeys(("rd_expenditure", "rd_intensity", "rd_per_capita", "fiscal_sci_to_rd"), 2017),
    **dict.fromkeys(("fiscal_sci_exp", "fiscal_total_exp", "fiscal_sci_share", "fiscal_sci_per_capita"), 2011),
    **dict.fromkeys(("patent_app_total", "patent_app_invention", "patent_grant_total", "patent_grant_invention"), 2011),
    **dict.fromkeys(("patents_per_10k", "patent_applications_per_10k", "tech_market_value", "tech_market_to_gdp"), 2011),
    "tech_market_inflow": 2021,
    **dict.fromkeys(("rd_basic", "hightech_firms", "hightech_revenue", "hightech_profit"), 2023),
}
"""First year of a series in the chapters; a series that is not named is taken as it is."""


def chapter_years(panel: Panel) -> Panel:
    """The panel with nothing before the first year of each series of the chapters.

    Examples
    --------
    >>> from toolkit.data import load
    >>> seen = chapter_years(load("provincial_panel")).frame.dropna(subset=["rd_expenditure"])["year"]
    >>> int(seen.min()), int(seen.max())
    (2017, 2024)
    """
    years = panel.frame[panel.time]
    return panel.assign(**{name: panel.frame[name].where(years >= first, np.nan) for name, first in FIRST_YEARS.items()})
