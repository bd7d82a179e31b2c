"""Who moved? The ranks of the provinces from the first to the last complete year."""

from __future__ import annotations

import pandas as pd

from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement
from toolkit.studies.convergence.series import VARIABLES, grid, name_of

MAIN = "rd_intensity"


def ranks(panel: Panel) -> pd.DataFrame:
    """Variable, province, first and last rank (1 is the largest value) and up, the places gained.

    The largest gain of each variable stands first; ties are ordered by name.
    """
    parts = []
    for variable in VARIABLES:
        places = grid(panel, variable).iloc[:, [0, -1]].rank(ascending=False, method="min").astype(int)
        own = places.set_axis(["first", "last"], axis=1).rename_axis("province").reset_index()
        own = own.assign(variable=variable, up=own["first"] - own["last"])
        parts.append(own.sort_values(["up", "province"], ascending=[False, True]))
    return marked(pd.concat(parts, ignore_index=True)[["variable", "province", "first", "last", "up"]])


def correlations(ranks: pd.DataFrame) -> pd.Series:
    """Spearman's correlation of the first and the last order, by variable."""
    return pd.Series({str(v): float(own["first"].corr(own["last"])) for v, own in ranks.groupby("variable", sort=False)})


def finding(ranks: pd.DataFrame) -> Statement:
    """How close the last order is to the first, and the largest moves in R&D intensity."""
    rho = correlations(ranks)
    own = ranks[ranks["variable"] == MAIN]
    riser, faller = own.iloc[0], own.iloc[-1]
    return statement(
        "convergence_moves",
        Text(
            "The ranks of the first and the last year are correlated between {lowest:.2f} "
            "({lowest_name}) and {highest:.2f} ({highest_name}). In {rd}, {riser} gained {gained} places and {faller} lost {lost}.",
            "首末年位次的相关系数介于{lowest:.2f}（{lowest_name}）与{highest:.2f}（{highest_name}）之间。就{rd}而言，"
            "{riser}上升{gained}位，{faller}下降{lost}位。",
        ),
        lowest=float(rho.min()),
        lowest_name=name_of(str(rho.idxmin())),
        highest=float(rho.max()),
        highest_name=name_of(str(rho.idxmax())),
        rd=name_of(MAIN),
        riser=named([riser["province"]]),
        gained=int(riser["up"]),
        faller=named([faller["province"]]),
        lost=-int(faller["up"]),
    )
