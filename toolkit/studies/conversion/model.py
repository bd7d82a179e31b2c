"""The two samples that every section sets side by side, and their columns in one unit.

Industrial enterprises above designated size, 2018–2023, and the high-technology manufacturers among them, the same years: both are after
the definition of high-technology manufacturing changed in 2017. The yearbooks print some series in 10,000 yuan and some in 100 million;
here all money is in 100 million yuan.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.registry import registry

FIRST_YEAR, LAST_YEAR = 2018, 2023
PATENT_YEARS = (2018, 2019, 2020, 2021, 2023)  # patents of industrial enterprises: 2022 is not in the table read
TEN_THOUSAND_TO_100_MILLION = 1e-4
PERCENT = 100.0

MONEY = (
    "rd_expenditure",
    "new_product_dev_exp",
    "new_product_sales",
    "foreign_tech_import",
    "domestic_tech_purchase",
    "assimilation_exp",
    "tech_renovation_exp",
)
COUNTS = ("rd_fte", "patent_applications", "invention_patents_in_force")


@dataclass(frozen=True)
class Sector:
    """One of the two samples.

    Attributes
    ----------
    prefix : of its columns in ``provincial_panel`` and ``national_series``.
    name : as exhibits show it.
    """

    prefix: str
    name: Text


SECTORS = {
    "industry": Sector("ind", Text("Industrial enterprises", "规上工业企业")),
    "hightech": Sector("hightech", Text("High-technology manufacturers", "高技术制造业企业")),
}
SECTOR_NAMES = {key: sector.name for key, sector in SECTORS.items()}


def _in_100_million(frame: pd.DataFrame, variable: str) -> pd.Series:
    """A money column of the registry in 100 million yuan.

    Examples
    --------
    >>> _in_100_million(pd.DataFrame({"ind_new_product_dev_exp": [2e4], "ind_rd_expenditure": [3.0]}), "ind_new_product_dev_exp").tolist()
    [2.0]
    """
    printed = frame[variable]
    return printed * TEN_THOUSAND_TO_100_MILLION if registry().variables[variable].unit.en == "10,000 yuan" else printed


def sector_panel(panel: Panel, sector: Sector) -> Panel:
    """The rows of 2018–2023 with the columns of the sector under common names, money in 100 million yuan.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    sector : one of :data:`SECTORS`.
    """
    sample = panel.between(FIRST_YEAR, LAST_YEAR)
    columns = {name: _in_100_million(sample.frame, f"{sector.prefix}_{name}") for name in MONEY}
    columns |= {name: sample.frame[f"{sector.prefix}_{name}"] for name in COUNTS}
    return sample.assign(**columns, personnel_per_rd=columns["rd_fte"] / columns["rd_expenditure"])


def national(frame: pd.DataFrame, sector: Sector) -> pd.DataFrame:
    """The national row of the sector by year, 2018–2023, under the same names and units.

    Parameters
    ----------
    frame : the table ``national_series``.
    """
    rows = frame[frame["year"].between(FIRST_YEAR, LAST_YEAR)].set_index("year")
    columns = {name: _in_100_million(rows, f"{sector.prefix}_{name}") for name in MONEY}
    columns |= {name: rows[f"{sector.prefix}_{name}"] for name in COUNTS}
    return pd.DataFrame(columns)
