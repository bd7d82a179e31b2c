"""Effects of each cohort in each period, and their averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate.treatment.adoption import Adoption
from toolkit.estimate.treatment.influence import Influence
from toolkit.language import Note
from toolkit.numerics import Floats


@dataclass(frozen=True, eq=False)
class Cells:
    """Effects ATT(g, t) of K cells.

    Attributes
    ----------
    cohort, period : (K,) as the calendar counts.
    estimates : (K,).
    weights : (K,) what a cell weighs in an average: the entities of its cohort, or those of its rows.
    influence : of the estimates.
    shares : of the weights of C cohorts, where an average's error counts that they are estimated: (cohorts (C,), influence of the shares
        of the cohorts among all entities, (C,) those shares); None where the cohorts are taken as given.
    notes : cells that do not exist, and why.
    """

    cohort: NDArray[np.int64]
    period: NDArray[np.int64]
    estimates: Floats
    weights: Floats
    influence: Influence
    shares: tuple[NDArray[np.int64], Influence, Floats] | None = None
    notes: tuple[Note, ...] = ()

    @property
    def event_time(self) -> NDArray[np.int64]:
        """(K,) periods since the first treated one."""
        return self.period - self.cohort


@dataclass(frozen=True, eq=False)
class Averages:
    """Cells and their averages, J rows in all.

    Attributes
    ----------
    frame : columns by, term, cohort, period, event_time, estimate, entities.
    influence : of the rows.
    """

    frame: pd.DataFrame
    influence: Influence


def beside(leads: Averages, averages: Averages) -> Averages:
    """The rows of both, whose influence functions have the same units."""
    frame = pd.concat([leads.frame, averages.frame], ignore_index=True)[list(averages.frame.columns)]
    return Averages(frame, leads.influence.beside(averages.influence))


def averages(cells: Cells, adoption: Adoption, window: tuple[int, int]) -> Averages:
    r"""Cells, then by event time, cohort and period, and four averages over all.

    With weights w and post the cells with t >= g:

    * event time e: :math:`\sum_{t-g=e} w\,ATT / \sum w`; its average: the mean over e >= 0
    * cohort g: the mean over its treated periods; its average: weighted by w
    * period t: :math:`\sum_{g \le t} w\,ATT / \sum w`; its average: the mean over the periods
    * simple: :math:`\sum_{post} w\,ATT / \sum_{post} w`
    """
    count, event, post = len(cells.estimates), cells.event_time, cells.event_time >= 0
    sizes = {int(g): int((adoption.onset == g).sum()) for g in adoption.cohorts}
    rows: list[tuple[str, object, object, object, float]] = []
    columns: list[Floats] = []
    extra: list[Floats] = []

    def weighted(inside: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        """The average over some cells: what it weighs each, and what it takes of the error of each cohort's share."""
        weights = np.where(inside, cells.weights, 0.0) / cells.weights[inside].sum()
        if cells.shares is None:
            return weights, np.zeros(0)
        cohorts, _, shares = cells.shares
        mine = shares[np.searchsorted(cohorts, cells.cohort)]
        total, value = mine[inside].sum(), float(weights @ cells.estimates)
        slope = np.where(inside, (cells.estimates - value) / total, 0.0)
        return weights, np.bincount(np.searchsorted(cohorts, cells.cohort), slope, len(cohorts)).astype(np.float64)

    def add(row: tuple[str, object, object, object, float], made: tuple[Floats, Floats]) -> None:
        rows.append(row)
        columns.append(made[0])
        extra.append(made[1])

    none = np.zeros(0 if cells.shares is None else len(cells.shares[0]))
    for k in range(count):
        g, t = int(cells.cohort[k]), int(cells.period[k])
        add(("cell", g, t, t - g, sizes[g]), (np.eye(1, count, k)[0], none))
    shown = [int(e) for e in np.unique(event) if window[0] <= e <= window[1]]
    by_event = {e: weighted(event == e) for e in shown}
    for e, made in by_event.items():
        add(("event time", None, None, e, sum(sizes[int(g)] for g in cells.cohort[event == e])), made)
    by_cohort = {
        int(g): (np.where(inside := post & (cells.cohort == g), 1 / max(inside.sum(), 1), 0.0), none) for g in np.unique(cells.cohort[post])
    }
    for g, made in by_cohort.items():
        add(("cohort", g, None, None, sizes[g]), made)
    by_period = {int(t): weighted(post & (cells.period == t)) for t in np.unique(cells.period[post])}
    for t, made in by_period.items():
        add(("period", None, t, None, sum(sizes[int(g)] for g in cells.cohort[post & (cells.period == t)])), made)
    treated = float(sum(sizes[int(g)] for g in np.unique(cells.cohort[post])))
    late = [by_event[e] for e in shown if e >= 0]
    overall = {
        "simple": weighted(post),
        "event time": _mean(late) if late else None,
        "cohort": _over_cohorts(cells, by_cohort),
        "period": _mean(list(by_period.values())),
    }
    for name, average in overall.items():
        if average is not None:
            add(("overall", name, None, None, treated), average)
    frame = pd.DataFrame(
        {
            "by": [row[0] for row in rows],
            "term": [_term(adoption, *row[:4]) for row in rows],
            "cohort": [_period(adoption, row[1]) for row in rows],
            "period": [_period(adoption, row[2]) for row in rows],
            "event_time": [row[3] for row in rows],
            "entities": [row[4] for row in rows],
        }
    )
    weights = np.stack(columns, axis=1)
    frame["estimate"] = weights.T @ cells.estimates
    influence = cells.influence.through(weights)
    if cells.shares is not None:
        influence = _added(influence, cells.shares[1].through(np.stack(extra, axis=1)))
    return Averages(frame, influence)


def _period(adoption: Adoption, count: object) -> object:
    return adoption.shown(count) if isinstance(count, int) else None


def _mean(parts: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    return np.mean([p[0] for p in parts], axis=0), np.mean([p[1] for p in parts], axis=0)


def _over_cohorts(cells: Cells, by_cohort: dict[int, tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Effects of the cohorts weighted by their sizes."""
    size = np.array([cells.weights[cells.cohort == g].mean() for g in by_cohort])
    made = np.stack([m[0] for m in by_cohort.values()])
    weights = size / size.sum() @ made
    if cells.shares is None:
        return weights, np.zeros(0)
    cohorts, _, shares = cells.shares
    where = np.searchsorted(cohorts, list(by_cohort))
    effects, share = made @ cells.estimates, shares[where]
    slope = (effects - share @ effects / share.sum()) / share.sum()
    return weights, np.bincount(where, slope, len(cohorts)).astype(np.float64)


def _added(first: Influence, second: Influence) -> Influence:
    """The sum of two influence functions of the same estimates on the same units."""
    pairs = zip(first.blocks, second.blocks, strict=True)
    return Influence(tuple((np.hstack([b, c]), np.vstack([p, q])) for (b, p), (c, q) in pairs))


def _term(adoption: Adoption, by: str, cohort: object, period: object, event: object) -> str:
    if by == "cell":
        return f"ATT({adoption.shown(cohort)}, {adoption.shown(period)})"  # type: ignore[arg-type]
    if by == "overall":
        return f"ATT by {cohort}" if cohort != "simple" else "ATT"
    return f"{by} {event if by == 'event time' else adoption.shown(cohort if by == 'cohort' else period)}"  # type: ignore[arg-type]
