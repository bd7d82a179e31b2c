"""Which provinces move together? Convergence clubs after the log t test of Phillips and Sul, in one sentence: the series are short."""

from __future__ import annotations

from toolkit.language import Text
from toolkit.measure import ClubConvergence, convergence_clubs
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement
from toolkit.studies.convergence.series import grid, long_enough
from toolkit.studies.regions.centres import how_many


def clubs(panel: Panel) -> dict[str, ClubConvergence]:
    """Convergence clubs of each long series, in levels."""
    return {variable: convergence_clubs(grid(panel, variable)) for variable in long_enough(panel)}


def finding(clubs: dict[str, ClubConvergence]) -> Statement:
    """For how many series convergence of all provinces is rejected, how many clubs there are, and from how few years."""
    numbers = [len(found.clubs) for found in clubs.values()]
    points = [found.whole.points for found in clubs.values()]
    rejected = sum(not found.whole.converges for found in clubs.values())
    return statement(
        "convergence_clubs",
        Text(
            "The log t test of Phillips and Sul rejects that all provinces come together for {rejected} series and sorts the "
            "provinces into "
            "{fewest} to {most} clubs; its regressions rest on {low} to {high} years, too few for the clubs to be more than a description.",
            "Phillips–Sul log t检验对{rejected}拒绝“全部省份趋同”，并将各省分为{fewest}至{most}个俱乐部；但回归仅用{low}至{high}年，"
            "俱乐部划分只宜视为描述。",
        ),
        rejected=how_many(rejected, len(clubs)),
        fewest=min(numbers),
        most=max(numbers),
        low=min(points),
        high=max(points),
    )
