"""Which provinces move together? Convergence clubs after the log t test of Phillips and Sul, and how they hang on the years.

Every province has its own path; the test asks whether the paths, relative to their mean, come together.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.language import Text
from toolkit.measure import ClubConvergence, LogT, convergence_clubs
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.tiles import tile_classes
from toolkit.present.record import Statement, statement
from toolkit.present.tables.frame import frame_table
from toolkit.studies.convergence.series import VARIABLES, grid, short_names

_NO_CLUB = "–"


def clubs(panel: Panel) -> dict[str, ClubConvergence]:
    """Convergence clubs of each variable, in levels."""
    return {variable: convergence_clubs(grid(panel, variable)) for variable in VARIABLES}


def without_a_year(panel: Panel, clubs: dict[str, ClubConvergence]) -> pd.DataFrame:
    """The clubs when the first or the last year is left out.

    Returns
    -------
    Columns variable, clubs, without_first, without_last (numbers of clubs), alike_first, alike_last (% of pairs of provinces sorted alike).
    """
    rows = []
    for variable, found in clubs.items():
        wide = grid(panel, variable)
        shorter = {"first": convergence_clubs(wide.iloc[:, 1:]), "last": convergence_clubs(wide.iloc[:, :-1])}
        own = found.membership()["club"]
        counts = {f"without_{end}": len(other.clubs) for end, other in shorter.items()}
        alike = {f"alike_{end}": 100 * sorted_alike(own, other.membership()["club"]) for end, other in shorter.items()}
        rows.append({"variable": variable, "clubs": len(found.clubs), **counts, **alike})
    return marked(pd.DataFrame(rows))


def sorted_alike(one: pd.Series, other: pd.Series) -> float:
    """Share of pairs of entities that two partitions both put together or both put apart (the Rand index).

    Entities outside every club (0) are together with nobody.

    Examples
    --------
    >>> sorted_alike(pd.Series([1, 1, 2]), pd.Series([1, 1, 1])).__round__(3)
    0.333
    """
    together = [np.array([a == b != 0 for a, b in itertools.combinations(labels, 2)]) for labels in (one, other)]
    return float(np.mean(together[0] == together[1]))


def tiles(clubs: dict[str, ClubConvergence]) -> FigureExhibit:
    """The club of each province, one panel per variable."""
    columns = {}
    for variable, found in clubs.items():
        members = found.membership().set_index("entity")["club"]
        columns[variable] = members.map(lambda number: str(number) if number else _NO_CLUB)
    most = max(len(found.clubs) for found in clubs.values())
    names = {str(number): Text(f"club {number}", f"俱乐部{number}") for number in range(most, 1, -1)}
    return tile_classes(
        marked(pd.DataFrame(columns)),
        {**names, "1": Text("club 1 (highest)", "俱乐部1（最高）"), _NO_CLUB: Text("in no club", "不属于任何俱乐部")},
        apart=[_NO_CLUB],
        title=Text("Convergence clubs", "收敛俱乐部"),
        notes=_note(clubs),
    )


def table(clubs: dict[str, ClubConvergence]) -> TableExhibit:
    """Log t of all provinces and of each club, with the mean of the club over that of all in the last year."""
    rows = []
    for variable, found in clubs.items():
        last = found.paths.iloc[:, -1]
        rows.append({"variable": variable, "club": "all", "members": found.whole.entities, **_log_t(found.whole), "relative": 1.0})
        for club in found.clubs:
            relative = float(last[last.index.isin(club.members)].mean())
            own = {"club": str(club.number), "members": len(club.members), **_log_t(club.test)}
            rows.append({"variable": variable, **own, "relative": relative})
    return frame_table(
        marked(pd.DataFrame(rows)),
        {
            "variable": glossary.VARIABLE,
            "club": Text("Club", "俱乐部"),
            "members": Text("Provinces", "省份数"),
            "b": Text("b", "b"),
            "std_error": glossary.STD_ERROR,
            "t": Text("t", "t值"),
            "converges": Text("Not rejected", "未被拒绝"),
            "relative": Text("Over the mean, last year", "末年与均值之比"),
        },
        names={"all": Text("all provinces", "全部省份")},
        title=Text("Log t tests of all provinces and of each club", "全部省份与各俱乐部的log t检验"),
        notes=[_note(clubs)],
    )


def _log_t(test: LogT) -> dict[str, float | bool]:
    return {"b": test.b, "std_error": test.std_error, "t": test.t, "converges": test.converges}


def stability(without_a_year: pd.DataFrame, clubs: dict[str, ClubConvergence]) -> TableExhibit:
    """How many clubs there are without the first or the last year, and how many pairs of provinces are sorted alike."""
    alike = Text("Pairs sorted alike (%)", "省份对归类一致（%）")
    return frame_table(
        without_a_year,
        {
            "variable": glossary.VARIABLE,
            "clubs": Text("Clubs", "俱乐部数"),
            "without_first": Text("Without the first year", "剔除首年"),
            "alike_first": alike,
            "without_last": Text("Without the last year", "剔除末年"),
            "alike_last": alike,
        },
        digits=0,
        title=Text("The clubs when a year is left out", "剔除一年后的俱乐部"),
        notes=[_note(clubs)],
    )


def _note(clubs: dict[str, ClubConvergence]) -> Text:
    """The short series of the log t test."""
    years = {len(found.paths.columns) for found in clubs.values()}
    points = {found.whole.points for found in clubs.values()}
    trim = next(iter(clubs.values())).trim
    return Text(
        f"Phillips–Sul log t on levels; the first {trim:.0%} of the years are left out, so the regressions rest on {min(points)} to "
        f"{max(points)} years. With {min(years)} to {max(years)} years the test rejects too often or too seldom: the clubs are a "
        "description.",
        f"Phillips–Sul log t检验（水平值）；剔除前{trim:.0%}的年份，回归仅用{min(points)}至{max(points)}年。"
        f"序列仅{min(years)}至{max(years)}年，检验水平失真，俱乐部划分仅作描述。",
    )


def club_finding(clubs: dict[str, ClubConvergence], without_a_year: pd.DataFrame) -> Statement:
    """How often convergence of all is rejected, the number of clubs, and how far they hang on a single year."""
    rd, patents, tech = (clubs[variable] for variable in VARIABLES)
    alike = without_a_year[["alike_first", "alike_last"]].to_numpy()
    return statement(
        "convergence_clubs",
        Text(
            "Convergence of all provinces to one path is rejected for {rejected} of {n} variables. The algorithm finds {rd_clubs} clubs in "
            "{rd} ({rd_outside} provinces in none), {patent_clubs} in {patents} ({patent_outside}) and {tech_clubs} in {tech} "
            "({tech_outside}). Leaving out the first or the last year keeps {alike_low:.0f}% to {alike_high:.0f}% of all pairs of "
            "provinces sorted alike.",
            "在{n}个变量中，有{rejected}个拒绝全部省份收敛于同一路径。算法在{rd}中得到{rd_clubs}个俱乐部（{rd_outside}个省份不属于任何俱乐部），"
            "{patents}为{patent_clubs}个（{patent_outside}个），{tech}为{tech_clubs}个（{tech_outside}个）。剔除首年或末年后，"
            "{alike_low:.0f}%至{alike_high:.0f}%的省份对归类一致。",
        ),
        **short_names(),
        rd_clubs=len(rd.clubs),
        rd_outside=len(rd.divergent),
        patent_clubs=len(patents.clubs),
        patent_outside=len(patents.divergent),
        tech_clubs=len(tech.clubs),
        tech_outside=len(tech.divergent),
        rejected=sum(not found.whole.converges for found in clubs.values()),
        n=len(VARIABLES),
        alike_low=float(alike.min()),
        alike_high=float(alike.max()),
    )
