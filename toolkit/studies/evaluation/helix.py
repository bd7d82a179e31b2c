r"""Who pays and who performs: the mutual information of payer and performer of R&D, by province.

.. math:: T = H_{payer} + H_{performer} - H_{payer, performer}, \qquad \text{share} = T / H_{performer}

Payers are government, enterprises, foreign and other; performers are industrial enterprises above the designated size and all others. A
share of 0 says that who pays tells nothing about who performs; of 1 that each pays for its own. The helix of the papers is of joint
inventions and papers of university, industry and government, which no shipped series counts; money is what public figures allow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.data.provinces import short_chinese
from toolkit.language import Text
from toolkit.measure import mutual_information
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.record import Statement, statement

PAYERS = ("gov", "enterprise", "foreign", "other")
PERCENT = 100.0


@dataclass(frozen=True)
class Helix:
    """Information that the payer gives about the performer.

    Attributes
    ----------
    provinces : share of the entropy of the performer (%), by province, in the last year.
    nation : the same of all provinces together, by year.
    three : configurational information of province, payer and performer in the last year, bits.
    """

    provinces: pd.Series
    nation: pd.Series
    three: float


def run(panel: Panel) -> Helix:
    """Mutual information by province and year.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    columns = [f"{kind}rd_funds_{payer}" for kind in ("ind_", "") for payer in PAYERS]
    rows = panel.frame[["province", "year", *columns]].dropna()
    industry, everyone = rows[columns].to_numpy(dtype="float64").reshape(len(rows), 2, len(PAYERS)).swapaxes(0, 1)
    amounts = np.stack([industry, everyone - industry], axis=1)
    years = rows["year"].to_numpy()
    last = amounts[years == years.max()]
    return Helix(
        pd.Series([_share(table) for table in last], index=rows.loc[years == years.max(), "province"]),
        pd.Series({int(year): _share(amounts[years == year].sum(axis=0)) for year in np.unique(years)}),
        mutual_information(last),
    )


def _share(table: Floats) -> float:
    """Mutual information in % of the entropy of the rows, which is the information of the rows with themselves."""
    return PERCENT * mutual_information(table) / mutual_information(np.diag(table.sum(axis=1)))


def figure(found: Helix) -> FigureExhibit:
    """The share by province."""
    return tile_grid(
        found.provinces,
        digits=0,
        value_label=Text("Information about the performer (%)", "关于执行部门的信息（%）"),
        title=Text("Does who pays tell who performs? Mutual information in R&D", "由谁出资能否看出由谁执行？R&D中的互信息"),
        notes=Text(
            "Mutual information of payer (government, enterprises, foreign, other) and performer (industrial enterprises above the "
            "designated size, all others) in % of the entropy of the performer, {year}: high where each pays for its own. Money, not joint "
            "inventions or papers, of which no shipped series exists.",
            "出资方（政府、企业、国外、其他）与执行部门（规模以上工业企业、其余）的互信息占执行部门熵的百分比，{year}年：越高说明各付各的。"
            "此处为资金，而非联合发明或合著论文，后者随附数据没有。",
        ).filled(year=int(found.nation.index[-1])),
    )


def finding(found: Helix) -> Statement:
    """The nation in the first and the last year, and both ends of the provinces."""
    first, last = float(found.nation.iloc[0]), float(found.nation.iloc[-1])
    up = Text("the money has become more separate", "资金更趋各自为政")
    down = Text("the money has become less separate", "资金的隔离有所减弱")
    low, high = str(found.provinces.idxmin()), str(found.provinces.idxmax())
    return statement(
        "helix_information",
        Text(
            "Knowing who pays removes {nation:.0f}% of the uncertainty about who performs R&D in the nation ({year}; {first:.0f}% in "
            "{first_year}): {reading}. Among provinces it is {low:.0f}% in {lowest} and {high:.0f}% in {highest} (median {median:.0f}%). "
            "The three-way information of province, payer and performer is {three:+.3f} bits. It says how separate the money is, not how "
            "often the three invent together.",
            "就全国而言，知道由谁出资可消除{nation:.0f}%关于由谁执行R&D的不确定性（{year}年；{first_year}年为{first:.0f}%）：{reading}。各"
            "省之中，{lowest}为{low:.0f}%，{highest}为{high:.0f}%（中位数{median:.0f}%）。省份、出资方与执行部门的三维信息为{three:+.3f}比"
            "特。这说明资金彼此隔离的程度，不说明三方合作发明的多寡。",
        ),
        nation=last,
        first=first,
        year=str(found.nation.index[-1]),
        first_year=str(found.nation.index[0]),
        reading=up if last > first else down,
        low=float(found.provinces.min()),
        high=float(found.provinces.max()),
        lowest=Text(low, short_chinese(low)),
        highest=Text(high, short_chinese(high)),
        median=float(found.provinces.median()),
        three=found.three,
    )
