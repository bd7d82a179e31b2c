"""Which provinces move together, and who moved: convergence clubs and ranks."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from toolkit.language import Text
from toolkit.measure import ClubConvergence, convergence_clubs
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.studies.convergence.growth import VARIABLES, grid

NO_CLUB = "–"


def clubs(panel: Panel) -> dict[str, ClubConvergence]:
    """Convergence clubs of each variable, in levels."""
    return {variable: convergence_clubs(grid(panel, variable)) for variable in VARIABLES}


def club_tiles(found: dict[str, ClubConvergence]) -> pd.DataFrame:
    """Club of each province as text, one column per variable; :data:`NO_CLUB` outside every club."""
    columns = {}
    for variable, result in found.items():
        members = result.membership().set_index("entity")["club"]
        columns[variable] = members.map(lambda number: str(number) if number else NO_CLUB)
    return marked(pd.DataFrame(columns))


def club_names(found: dict[str, ClubConvergence]) -> dict[str, Text]:
    """Names for the legend, the lowest club first, then those outside."""
    most = max(len(result.clubs) for result in found.values())
    names = {str(number): Text(f"club {number}", f"俱乐部{number}") for number in range(most, 0, -1)}
    names["1"] = Text("club 1 (highest)", "俱乐部1（最高）")
    return {**names, NO_CLUB: Text("in no club", "不属于任何俱乐部")}


def club_table(found: dict[str, ClubConvergence]) -> pd.DataFrame:
    """Log t of all provinces and of each club: variable, club, members, b, std_error, t, converges, relative (mean of the last year)."""
    rows = []
    for variable, result in found.items():
        whole = result.whole
        everyone = {"club": "all", "members": whole.entities, "b": whole.b, "std_error": whole.std_error, "t": whole.t}
        rows.append({"variable": variable, **everyone, "converges": whole.converges, "relative": 1.0})
        last = result.paths.iloc[:, -1]
        for club in result.clubs:
            own = {"club": str(club.number), "members": len(club.members), "b": club.test.b, "std_error": club.test.std_error}
            relative = float(last[last.index.isin(club.members)].mean())
            rows.append({"variable": variable, **own, "t": club.test.t, "converges": club.test.converges, "relative": relative})
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


def club_stability(panel: Panel, found: dict[str, ClubConvergence]) -> pd.DataFrame:
    """The clubs when the first or the last year is left out.

    Returns
    -------
    Columns variable, clubs, without_first, without_last (numbers of clubs), alike_first, alike_last (% of pairs of provinces sorted alike).
    """
    rows = []
    for variable, result in found.items():
        wide = grid(panel, variable)
        shorter = {"first": convergence_clubs(wide.iloc[:, 1:]), "last": convergence_clubs(wide.iloc[:, :-1])}
        own = result.membership()["club"]
        counts = {f"without_{end}": len(other.clubs) for end, other in shorter.items()}
        alike = {f"alike_{end}": 100 * sorted_alike(own, other.membership()["club"]) for end, other in shorter.items()}
        rows.append({"variable": variable, "clubs": len(result.clubs), **counts, **alike})
    return marked(pd.DataFrame(rows))


def ranks(panel: Panel) -> pd.DataFrame:
    """Variable, province, first and last rank (1 is the largest value) and up, the places gained."""
    parts = []
    for variable in VARIABLES:
        wide = grid(panel, variable)
        places = wide.iloc[:, [0, -1]].rank(ascending=False, method="min").astype(int)
        parts.append(
            pd.DataFrame(
                {
                    "variable": variable,
                    "province": wide.index,
                    "first": places.iloc[:, 0].to_numpy(),
                    "last": places.iloc[:, 1].to_numpy(),
                    "up": (places.iloc[:, 0] - places.iloc[:, 1]).to_numpy(),
                }
            )
        )
    return marked(pd.concat(parts, ignore_index=True))


def movers(moved: pd.DataFrame, most: int = 2) -> pd.DataFrame:
    """The provinces of each variable that rose and fell most, largest gain first; ties by name."""
    parts = []
    for _, own in moved.groupby("variable", sort=False):
        ordered = own.sort_values(["up", "province"], ascending=[False, True])
        parts += [ordered.head(most), ordered.tail(most)]
    return pd.concat(parts, ignore_index=True)


def rank_correlation(moved: pd.DataFrame, variable: str) -> float:
    """Correlation of the first and the last ranks (Spearman's)."""
    own = moved[moved["variable"] == variable]
    return float(np.corrcoef(own["first"], own["last"])[0, 1])
