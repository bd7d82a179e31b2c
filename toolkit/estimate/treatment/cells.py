"""Effects of each cohort in each period, their averages, and the influence functions that give their covariance and draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError
from toolkit.estimate.treatment.adoption import Adoption
from toolkit.language import Note
from toolkit.numerics import Floats

_SIGNS_UP_TO = 2_000  # units of a block from which sums of signs and of normals differ by less than draws do


@dataclass(frozen=True, eq=False)
class Influence:
    r"""What each independent unit adds to the error of K estimates: :math:`\hat\theta - \theta \approx \sum_c \psi_c`.

    The units of block b have :math:`\psi = B_b L_b`. A difference of means over a cohort is linear in the rows of its outcome table, so
    that B has one column per period however many effects are made of it.

    Attributes
    ----------
    blocks : (B, L) of shapes (units, m) and (m, K); the units of two blocks are different ones.
    """

    blocks: tuple[tuple[Floats, Floats], ...]

    @classmethod
    def of(cls, psi: Floats) -> Influence:
        """Of an array (units, K)."""
        return cls(((psi, np.eye(psi.shape[1])),))

    def covariance(self) -> Floats:
        """(K, K) sum of the squares."""
        return np.asarray(sum(loads.T @ (base.T @ base) @ loads for base, loads in self.blocks))

    def through(self, weights: Floats) -> Influence:
        """Of the linear combinations ``weights`` (K, J) of the estimates."""
        return Influence(tuple((base, loads @ weights) for base, loads in self.blocks))

    def beside(self, other: Influence) -> Influence:
        """Of these estimates and those of ``other``, whose blocks have the same units."""
        pairs = zip(self.blocks, other.blocks, strict=True)
        return Influence(
            tuple(
                (np.hstack([b, c]), np.block([[p, np.zeros((len(p), q.shape[1]))], [np.zeros((len(q), p.shape[1])), q]]))
                for (b, p), (c, q) in pairs
            )
        )

    def clustered(self, groups: Sequence[NDArray[np.intp]], levels: int) -> Influence:
        """Sums over clusters; ``groups`` holds the cluster of each unit, block by block."""
        total = np.zeros((levels, self.blocks[0][1].shape[1]))
        for (base, loads), codes in zip(self.blocks, groups, strict=True):
            sums = np.stack([np.bincount(codes, column, levels) for column in base.T], axis=1)
            total += sums @ loads
        return Influence.of(total)

    def draws(self, count: int, rng: np.random.Generator) -> Floats:
        r"""(count, K) of :math:`\sum_c v_c \psi_c`, the multipliers v being 1 or -1 with probability one half (Rademacher).

        In a block of many units they are standard normal instead: their sum is then normal with covariance :math:`L'B'B L` exactly and
        is drawn from that distribution, so that a draw costs the same however many units there are.
        """
        found = np.zeros((count, self.blocks[0][1].shape[1]))
        for base, loads in self.blocks:
            if len(base) <= _SIGNS_UP_TO:
                sums = (2.0 * rng.integers(0, 2, size=(count, len(base)), dtype=np.int8) - 1.0) @ base
            else:
                values, vectors = np.linalg.eigh(base.T @ base)
                sums = rng.normal(size=(count, len(values))) @ (vectors * np.sqrt(np.maximum(values, 0.0))).T
            found += sums @ loads
        return found


def simultaneous(draws: Floats, std_errors: Floats, level: float) -> float:
    """The value that the largest of some t statistics stays below with probability ``level``; NaN if none has a standard error."""
    known = std_errors > 0
    if not known.any():
        return float("nan")
    return float(np.quantile(np.abs(draws[:, known] / std_errors[known]).max(axis=1), level))


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

    Raises
    ------
    EstimationError
        If there is no treated cell.
    """
    if not (cells.event_time >= 0).any():
        raise EstimationError(
            "no treated period can be compared",
            where=f"{len(cells.estimates)} cells of cohort and period, all before the treatment",
            remedy="use later periods, or controls='not yet treated'",
        )
    sizes = {int(g): int((adoption.onset == g).sum()) for g in adoption.cohorts}
    rows = [*_cells(cells, sizes), *_by_event_time(cells, sizes, window), *_by_cohort(cells, sizes), *_by_period(cells, sizes)]
    rows += _overall(cells, rows)
    frame = pd.DataFrame(
        {
            "by": [row.by for row in rows],
            "term": [_term(adoption, row) for row in rows],
            "cohort": pd.Series([_period(adoption, row.cohort) for row in rows], dtype=object),
            "period": pd.Series([_period(adoption, row.period) for row in rows], dtype=object),
            "event_time": [row.event_time for row in rows],
            "entities": [row.entities for row in rows],
        }
    )
    weights = np.stack([row.weights for row in rows], axis=1)
    frame["estimate"] = weights.T @ cells.estimates
    influence = cells.influence.through(weights)
    if cells.shares is not None:
        influence = _added(influence, cells.shares[1].through(np.stack([row.slopes for row in rows], axis=1)))
    return Averages(frame, influence)


class _Row(NamedTuple):
    """One effect: what it is, what it weighs each cell (K,), and how it moves with the share of each cohort (C,)."""

    by: str
    entities: int
    weights: Floats
    slopes: Floats
    cohort: int | None = None
    period: int | None = None
    event_time: int | None = None
    name: str = ""


def _weighted(cells: Cells, inside: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """The average over some cells by their weights."""
    weights = np.where(inside, cells.weights, 0.0) / cells.weights[inside].sum()
    if cells.shares is None:
        return weights, np.zeros(0)
    cohorts, _, shares = cells.shares
    cohort = np.searchsorted(cohorts, cells.cohort)
    slope = np.where(inside, (cells.estimates - weights @ cells.estimates) / shares[cohort][inside].sum(), 0.0)
    return weights, np.bincount(cohort, slope, len(cohorts)).astype(np.float64)


def _no_slopes(cells: Cells) -> Floats:
    return np.zeros(0 if cells.shares is None else len(cells.shares[0]))


def _treated(sizes: dict[int, int], cohorts: NDArray[np.int64]) -> int:
    """Entities of some cohorts."""
    return sum(sizes[int(g)] for g in np.unique(cohorts))


def _cells(cells: Cells, sizes: dict[int, int]) -> Iterator[_Row]:
    for k, (g, t) in enumerate(zip(cells.cohort.tolist(), cells.period.tolist(), strict=True)):
        unit = np.eye(1, len(cells.estimates), k)[0]
        yield _Row("cell", sizes[g], unit, _no_slopes(cells), cohort=g, period=t, event_time=t - g)


def _by_event_time(cells: Cells, sizes: dict[int, int], window: tuple[int, int]) -> Iterator[_Row]:
    for e in np.unique(cells.event_time).tolist():
        if window[0] <= e <= window[1]:
            inside = cells.event_time == e
            yield _Row("event time", _treated(sizes, cells.cohort[inside]), *_weighted(cells, inside), event_time=e)


def _by_cohort(cells: Cells, sizes: dict[int, int]) -> Iterator[_Row]:
    post = cells.event_time >= 0
    for g in np.unique(cells.cohort[post]).tolist():
        inside = post & (cells.cohort == g)
        yield _Row("cohort", sizes[g], inside / inside.sum(), _no_slopes(cells), cohort=g)


def _by_period(cells: Cells, sizes: dict[int, int]) -> Iterator[_Row]:
    post = cells.event_time >= 0
    for t in np.unique(cells.period[post]).tolist():
        inside = post & (cells.period == t)
        yield _Row("period", _treated(sizes, cells.cohort[inside]), *_weighted(cells, inside), period=t)


def _overall(cells: Cells, rows: list[_Row]) -> Iterator[_Row]:
    """The four averages over all."""
    cohorts = [row for row in rows if row.by == "cohort"]
    treated = sum(row.entities for row in cohorts)
    yield _Row("overall", treated, *_weighted(cells, cells.event_time >= 0), name="ATT")
    late = [row for row in rows if row.by == "event time" and row.event_time is not None and row.event_time >= 0]
    if late:
        yield _Row("overall", treated, *_mean(late), name="ATT by event time")
    yield _Row("overall", treated, *_over_cohorts(cells, cohorts), name="ATT by cohort")
    yield _Row("overall", treated, *_mean([row for row in rows if row.by == "period"]), name="ATT by period")


def _mean(rows: list[_Row]) -> tuple[Floats, Floats]:
    return np.mean([row.weights for row in rows], axis=0), np.mean([row.slopes for row in rows], axis=0)


def _over_cohorts(cells: Cells, rows: list[_Row]) -> tuple[Floats, Floats]:
    """Effects of the cohorts weighted by their sizes."""
    size = np.array([cells.weights[cells.cohort == row.cohort].mean() for row in rows])
    made = np.stack([row.weights for row in rows])
    weights = size / size.sum() @ made
    if cells.shares is None:
        return weights, np.zeros(0)
    cohorts, _, shares = cells.shares
    where = np.searchsorted(cohorts, np.array([row.cohort for row in rows], dtype=np.int64))
    effects, share = made @ cells.estimates, shares[where]
    slope = (effects - share @ effects / share.sum()) / share.sum()
    return weights, np.bincount(where, slope, len(cohorts)).astype(np.float64)


def _added(first: Influence, second: Influence) -> Influence:
    """The sum of two influence functions of the same estimates on the same units."""
    pairs = zip(first.blocks, second.blocks, strict=True)
    return Influence(tuple((np.hstack([b, c]), np.vstack([p, q])) for (b, p), (c, q) in pairs))


def _period(adoption: Adoption, count: int | None) -> object:
    return None if count is None else adoption.shown(count)


def _term(adoption: Adoption, row: _Row) -> str:
    if row.by == "overall":
        return row.name
    if row.by == "event time":
        return f"event time {row.event_time}"
    cohort, period = _period(adoption, row.cohort), _period(adoption, row.period)
    return f"ATT({cohort}, {period})" if row.by == "cell" else f"{row.by} {cohort if row.by == 'cohort' else period}"
