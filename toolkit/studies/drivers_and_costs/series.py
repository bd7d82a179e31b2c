"""The series of the chapter: what stands for push, pull and support, and the market next door."""

from __future__ import annotations

import pandas as pd

from toolkit.language import Text
from toolkit.measure import neighbour_mean
from toolkit.panel import Panel
from toolkit.studies.convergence.neighbours import borders

FIRST_YEAR, LAST_YEAR = 2010, 2023  # fiscal S&T expenditure and patents in force are published for all provinces in them
HAINAN = "Hainan"
NEIGHBOURS = "gdp_neighbours"

RESEARCH = "log(rd_per_capita)"
FISCAL = "log(fiscal_sci_exp)"
PATENTS = "log(patent_in_force_invention)"
PAPERS = "log(papers_sci)"
MARKET = f"log({NEIGHBOURS})"

NAMES = {
    RESEARCH: Text("ln R&D per head", "ln 人均R&D经费"),
    FISCAL: Text("ln fiscal S&T expenditure", "ln 地方财政科技支出"),
    PATENTS: Text("ln invention patents in force", "ln 有效发明专利"),
    PAPERS: Text("ln SCI papers", "ln SCI论文数"),
    MARKET: Text("ln mean GDP of neighbours", "ln 邻省GDP均值"),
}
"""Term -> how tables and figures name it."""


def with_market(panel: Panel) -> Panel:
    """The years of the chapter, with the mean GDP of the provinces that share a border (Hainan is joined to Guangdong).

    Parameters
    ----------
    panel : the table ``provincial_panel``.

    Examples
    --------
    >>> from toolkit.data import load
    >>> rows = with_market(load("provincial_panel")).frame.set_index(["province", "year"])
    >>> bool(rows.loc[("Hainan", 2020), "gdp_neighbours"] == rows.loc[("Guangdong", 2020), "gdp"])
    True
    """
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    wide = sample.frame.pivot(index=sample.entity, columns=sample.time, values="gdp")
    around = neighbour_mean(wide, borders()).stack()
    keys = pd.MultiIndex.from_frame(sample.frame[[sample.entity, sample.time]])
    return sample.assign(**{NEIGHBOURS: around.reindex(keys).to_numpy()})


def without_hainan(sample: Panel) -> Panel:
    """The sample without the province whose R&D rose most."""
    return sample.keep(sample.frame[sample.entity] != HAINAN)
