"""Who moved? The ranks of the provinces from the first to the last complete year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.audit.basket import complete_years
from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.bump import bump_chart
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.series import VARIABLES, grid, period_note, short_names, tech_note, titled


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


def bump(panel: Panel, variable: str) -> FigureExhibit:
    """The rank of every province in every complete year."""
    long = grid(panel, variable).rename_axis(index="province").reset_index().melt("province", var_name="year", value_name="value")
    return bump_chart(
        long.assign(year=long["year"].astype(int)),
        "year",
        "value",
        "province",
        title=titled(variable, Text("ranks of the provinces", "各省位次")),
    )


def movers(panel: Panel, ranks: pd.DataFrame) -> TableExhibit:
    """The two provinces of each variable that rose most and the two that fell most."""
    parts = [part for _, own in ranks.groupby("variable", sort=False) for part in (own.head(2), own.tail(2))]
    return frame_table(
        pd.concat(parts, ignore_index=True),
        {
            "variable": glossary.VARIABLE,
            "province": glossary.PROVINCE,
            "first": Text("Rank, first year", "首年位次"),
            "last": Text("Rank, last year", "末年位次"),
            "up": Text("Places gained", "上升位数"),
        },
        title=Text("Who rose and who fell most", "位次升降最大的省份"),
        notes=[period_note({v: complete_years(panel, v) for v in VARIABLES}, ranks["province"].nunique()), tech_note()],
    )


def move_finding(ranks: pd.DataFrame) -> Statement:
    """How close the last order is to the first (Spearman's correlation), and the largest moves."""
    rd, patents, tech = (ranks[ranks["variable"] == variable] for variable in VARIABLES)
    riser, faller, tech_faller = rd.iloc[0], rd.iloc[-1], tech.iloc[-1]
    return statement(
        "convergence_moves",
        Text(
            "The ranks of the first and the last year are correlated at {rho_rd:.2f} for {rd}, {rho_patents:.2f} for {patents} and "
            "{rho_tech:.2f} for {tech}. In {rd}, {riser} gained {gained} places and {faller} lost {lost}; in {tech}, {tech_faller} lost "
            "{tech_lost}.",
            "首末年位次的相关系数：{rd}为{rho_rd:.2f}，{patents}为{rho_patents:.2f}，{tech}为{rho_tech:.2f}。就{rd}而言，{riser}上升{gained}位，"
            "{faller}下降{lost}位；就{tech}而言，{tech_faller}下降{tech_lost}位。",
        ),
        **short_names(),
        rho_rd=_correlation(rd),
        rho_patents=_correlation(patents),
        rho_tech=_correlation(tech),
        riser=named([riser["province"]]),
        gained=int(riser["up"]),
        faller=named([faller["province"]]),
        lost=-int(faller["up"]),
        tech_faller=named([tech_faller["province"]]),
        tech_lost=-int(tech_faller["up"]),
    )


def _correlation(own: pd.DataFrame) -> float:
    return float(np.corrcoef(own["first"], own["last"])[0, 1])
