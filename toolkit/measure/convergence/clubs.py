"""Convergence clubs: groups whose members approach each other, found by the algorithm of Phillips and Sul."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MeasureError
from toolkit.language import Note, Text, note
from toolkit.measure.convergence.log_t import CRITICAL, FEW_YEARS, TRIM, LogT, log_t_of, path_grid, relative_paths
from toolkit.measure.inputs.grid import Grid
from toolkit.measure.inputs.values import setting
from toolkit.numerics import settled
from toolkit.report import Fields

Rows = NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Club(Fields):
    """A group for which convergence is not rejected.

    Attributes
    ----------
    number : 1 for the club with the highest last values.
    members : labels, highest last value first.
    core : the members the club was built around (all of them after merging or when the remaining entities converge together).
    test : log t of the members.
    """

    number: int
    members: tuple[object, ...]
    core: tuple[object, ...]
    test: LogT


FEW_FOR_LOG_T = Text(
    "With {years} years the log t test rejects convergence too often or too seldom: read the clubs as a description.",
    "仅有{years}年，log t检验对收敛的拒绝过多或过少：俱乐部划分仅作描述。",
)


@dataclass(frozen=True, eq=False, repr=False)
class ClubConvergence(Fields):
    """Clubs, what lies outside, and the relative paths.

    Attributes
    ----------
    whole : log t of all entities.
    clubs : after merging.
    initial : before merging.
    divergent : entities in no club.
    paths : (N, T) frame of h_it, each entity over the mean of all in that year.
    trim : share of the first years left out.
    notes : limits of the result.
    """

    whole: LogT
    clubs: tuple[Club, ...]
    initial: tuple[Club, ...]
    divergent: tuple[object, ...]
    paths: pd.DataFrame
    trim: float
    notes: tuple[Note, ...]

    def membership(self) -> pd.DataFrame:
        """One row per entity in the order of the data: entity, club (0 outside every club), initial_club, relative (last h_it)."""
        final = {m: c.number for c in self.clubs for m in c.members}
        first = {m: c.number for c in self.initial for m in c.members}
        entities = list(self.paths.index)
        return pd.DataFrame(
            {
                "entity": entities,
                "club": [final.get(e, 0) for e in entities],
                "initial_club": [first.get(e, 0) for e in entities],
                "relative": self.paths.iloc[:, -1].to_numpy(),
            }
        )

    def table(self) -> pd.DataFrame:
        """One row per club: club, members (count), b, std_error, t, p_value, speed, relative (mean of the last h_it)."""
        last = dict(zip(self.paths.index, self.paths.iloc[:, -1], strict=True))
        rows = [
            (
                c.number,
                len(c.members),
                c.test.b,
                c.test.std_error,
                c.test.t,
                c.test.p_value,
                c.test.speed,
                float(np.mean([last[m] for m in c.members])),
            )
            for c in self.clubs
        ]
        return pd.DataFrame(rows, columns=["club", "members", "b", "std_error", "t", "p_value", "speed", "relative"])

    def club_paths(self) -> pd.DataFrame:
        """(clubs, T) frame: the mean relative path of each club."""
        paths = [self.paths.loc[list(c.members)].mean() for c in self.clubs]
        return pd.DataFrame(paths, index=pd.Index([c.number for c in self.clubs], name="club"), columns=self.paths.columns)


def convergence_clubs(values: pd.DataFrame, *, trim: float = TRIM, sieve: float = 0.0) -> ClubConvergence:
    r"""Find the clubs and merge neighbours that converge together.

    1. Order the entities by their last value, highest first (ties by the year before, and so on).
    2. Core: from the first neighbouring pair with t > -1.65 downwards add one entity at a time while t > -1.65; the core is the one
       with the largest t.
    3. Sieve: every other entity whose t together with the core exceeds c joins. If the club as a whole fails (t <= -1.65), c rises to
       the lowest t among those that joined, which leaves that entity out, until the club passes.
    4. The rest: one club if it passes, otherwise steps 2 and 3 again; what has no core diverges.
    5. Merging: a club takes in the next ones while the union has t > -1.65; then the next club starts.

    The result depends on nothing but the numbers: not on the order of the rows, and on no random draw.

    Parameters
    ----------
    values : see :func:`toolkit.measure.convergence.log_t.log_t`.
    trim : share r of the first years that the regression leaves out.
    sieve : the first c; zero is the authors' choice for short panels.

    Raises
    ------
    MeasureError
        As ``log_t``; also when two neighbours in the order coincide in a year.

    References
    ----------
    Phillips and Sul (2007), Econometrica 75, section 4; Phillips and Sul (2009), Journal of Applied Econometrics 24, on merging.

    Examples
    --------
    >>> years = np.arange(1, 31)
    >>> rows = [level + sign * 2 / years for level in (20.0, 10.0) for sign in (-1.0, 0.3, 1.0)]
    >>> frame = pd.DataFrame(rows, index=list("abcdef"), columns=1990 + years)
    >>> [sorted(club.members) for club in convergence_clubs(frame + 0.01 * years).clubs]
    [['a', 'b', 'c'], ['d', 'e', 'f']]
    """
    grid = path_grid(values, trim)
    if not np.isfinite(setting(sieve, "sieve")):
        raise MeasureError(f"sieve={sieve:g} is no bound of a t statistic", remedy="use 0, or up to 2")
    search = _Search(grid, trim, sieve)
    order = np.lexsort(tuple(-column for column in settled(grid.values).T)).astype(np.int64)
    whole = search.test(order)
    groups, outside = [(order, order)], order[:0]
    if whole.t <= CRITICAL:
        groups, outside = search.clubs(order)
    notes = []
    if len(grid.times) < FEW_YEARS:
        notes.append(note("few_years_log_t", FEW_FOR_LOG_T, years=len(grid.times)))
    return ClubConvergence(
        whole=whole,
        clubs=search.named(search.merged(groups, order)),
        initial=search.named(groups),
        divergent=tuple(grid.entities[i] for i in outside),
        paths=grid.frame(relative_paths(grid.values)),
        trim=trim,
        notes=tuple(notes),
    )


@dataclass(frozen=True, eq=False)
class _Search:
    """The steps of the algorithm on rows of one grid; rows always in the order of the last value."""

    grid: Grid
    trim: float
    sieve: float

    def test(self, rows: Rows) -> LogT:
        return log_t_of(self.grid, rows, self.trim)

    def clubs(self, order: Rows) -> tuple[list[tuple[Rows, Rows]], Rows]:
        """(members, core) of each club, and the rows outside."""
        found: list[tuple[Rows, Rows]] = []
        rest = order
        while len(rest) > 1:
            if found and self.test(rest).converges:
                return [*found, (rest, rest)], rest[:0]
            core = self.core(rest)
            if not len(core):
                break
            members = self.sieved(rest, core)
            found.append((members, core))
            rest = rest[~np.isin(rest, members)]
        return found, rest

    def core(self, rows: Rows) -> Rows:
        """Step 2; empty when no neighbouring pair converges."""
        for start in range(len(rows) - 1):
            best = self.test(rows[start : start + 2]).t
            if best <= CRITICAL:
                continue
            chosen = start + 2
            for stop in range(start + 3, len(rows) + 1):
                t = self.test(rows[start:stop]).t
                if t <= CRITICAL:
                    break
                if t > best:
                    best, chosen = t, stop
            return rows[start:chosen]
        return rows[:0]

    def sieved(self, rows: Rows, core: Rows) -> Rows:
        """Step 3: the members of the club around ``core``."""
        others = rows[~np.isin(rows, core)]
        t = np.array([self.test(np.append(core, row)).t for row in others])
        bar = self.sieve
        while True:
            members = rows[np.isin(rows, core) | np.isin(rows, others[t > bar])]
            if len(members) == len(core) or self.test(members).converges:
                return members
            bar = float(t[t > bar].min())

    def merged(self, groups: list[tuple[Rows, Rows]], order: Rows) -> list[tuple[Rows, Rows]]:
        """Step 5."""
        found: list[tuple[Rows, Rows]] = []
        k = 0
        while k < len(groups):
            members, core = groups[k]
            k += 1
            while k < len(groups):
                union = order[np.isin(order, members) | np.isin(order, groups[k][0])]
                if not self.test(union).converges:
                    break
                members = core = union
                k += 1
            found.append((members, core))
        return found

    def named(self, groups: list[tuple[Rows, Rows]]) -> tuple[Club, ...]:
        label = self.grid.entities
        return tuple(
            Club(number, tuple(label[i] for i in members), tuple(label[i] for i in core), self.test(members))
            for number, (members, core) in enumerate(groups, start=1)
        )
