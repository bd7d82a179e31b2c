"""The scans by entity where its rows lie together, year after year: runs are summed as they pass, and nothing of their number is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.large.batches import Batch, in_order, joined
from toolkit.estimate.large.engines import bar
from toolkit.estimate.large.question import Large, Moments, Question, Small, empty
from toolkit.numerics import Floats

EDGES = 1_000_000  # rows of runs that cross batches which are kept before they are summed
BLOCK = 4_000_000  # numbers in a table of entities by periods

_T = TypeVar("_T")
_S = TypeVar("_S")


@dataclass(frozen=True)
class _Runs:
    """(r,) runs of one entity each: the batch, and where they begin and end in it."""

    batch: Batch
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]

    @property
    def rows(self) -> Floats:
        """(r,) rows of each run."""
        return (self.ends - self.starts).astype(np.float64)

    def sums(self, columns: Sequence[Floats]) -> Floats:
        """(c, r) sums of columns of the batch."""
        if not len(self.starts):
            return np.zeros((len(columns), 0))
        return np.stack([np.add.reduceat(column[: self.ends[-1]], self.starts) for column in columns])

    def sums_of(self, column: Floats) -> Floats:
        """(r,) sums of a column of the rows of the runs alone."""
        return np.asarray(np.add.reduceat(column, self.starts - self.starts[0]))


def _by_runs(
    q: Question, label: str, of_runs: Callable[[_Runs], _T], of_batch: Callable[[Batch], _S] | None = None, complete: bool = False
) -> Iterator[tuple[_S | None, _T]]:
    """What is made of each batch and of the runs of entities, where a run that crosses batches is put together first.

    Raises
    ------
    OutOfOrder
    """

    def work(batch: Batch) -> tuple[_S | None, _T, list[Batch]]:
        starts = batch.starts()
        ends = np.append(starts[1:], len(batch))
        inside = slice(1, -1) if len(starts) > 2 else slice(0, 0)
        cut = [slice(0, int(ends[0])), slice(int(starts[-1]), len(batch))] if len(starts) > 2 else [slice(0, len(batch))]
        with np.errstate(over="ignore", invalid="ignore"):  # each thread has its own
            found = None if of_batch is None else of_batch(batch)
            return found, of_runs(_Runs(batch, starts[inside], ends[inside])), [joined([batch.rows(rows)]) for rows in cut]

    edges: list[Batch] = []
    held = 0
    with bar(label, q.table.rows) as advance:
        for found, inside, more in in_order(q.tasks(complete), work, q.table.threads, advance):
            yield found, inside
            edges += more
            held += sum(map(len, more))
            if held > EDGES:
                whole = joined(edges)
                starts = whole.starts()
                yield None, of_runs(_Runs(whole, starts[:-1], starts[1:]))
                edges = [whole.rows(slice(int(starts[-1]), len(whole)))]
                held = len(edges[0])
        if edges:
            whole = joined(edges)
            starts = whole.starts()
            yield None, of_runs(_Runs(whole, starts, np.append(starts[1:], len(whole))))


_Gaps = tuple[Floats, Floats, NDArray[np.intp], NDArray[np.int64]]


@dataclass(frozen=True)
class _Entities:
    """What the runs of a batch add up to.

    Attributes
    ----------
    sums : :class:`Large` but for its tables of T x T. spells : (e,) first period times T plus last period of the entities without gaps.
    cover : (2, m, T + 1) changes, from period to period, of the sums over the entities without gaps that are there of their means, and of
    these over their rows. gaps : (g,) rows, (m, g) means, (rows,) owner and period of the entities with gaps.
    first : the first entity with one row, and its period.
    """

    sums: Large
    spells: NDArray[np.int64]
    cover: Floats
    gaps: _Gaps | None
    first: tuple[Any, int] | None


def _products(left: Sequence[Floats] | Floats, right: Sequence[Floats] | Floats) -> Floats:
    """(c, c) symmetric inner products of columns; one by one, as a matrix product of so few columns is several times slower."""
    out = np.empty((len(left), len(left)))
    for i in range(len(left)):
        for j in range(i + 1):
            out[i, j] = out[j, i] = left[i] @ right[j]
    return out


def _entities(q: Question, runs: _Runs) -> _Entities:
    T = q.levels if q.small else 0
    batch, starts, ends, n, S = runs.batch, runs.starts, runs.ends, runs.rows, runs.sums(runs.batch.columns)
    out, first = empty(q.m, T, tables=False), None
    # m: columns, r: runs of one entity; S (m, r) their sums. Entities with one row leave first, with what they take along
    one = np.zeros(len(n), dtype=bool) if q.keep_single else n == 1
    if one.any():
        at, X = starts[one], S.compress(one, axis=1)
        code = batch.periods[at] if T else np.zeros(len(at), np.int64)
        out.single_rows += np.bincount(code, minlength=max(T, 1))
        out.single_weights += out.single_rows
        out.single_sums += np.stack([np.bincount(code, x, max(T, 1)) for x in X], axis=1)
        out.single_products += _products(X, X)
        first = batch.named(at[:1]).tolist()[0], int(batch.periods[at[0]])
        n, S, starts, ends = n[~one], S.compress(~one, axis=1), starts[~one], ends[~one]
    # sums over entities of S, S S'/n and S S'/n^2: what the removal of their means needs
    mean = S / n
    out.levels, out.means, out.squares, out.products = len(n), mean.sum(axis=1), _products(S, mean), _products(mean, mean)
    cover = np.zeros((2, q.m, T + 1))
    if not (T and q.absorbed):
        return _Entities(sums=out, spells=np.empty(0, np.int64), cover=cover, gaps=None, first=first)
    # an entity without gaps is two numbers, its first and last period; one with gaps keeps the period of each row
    begin, end = batch.periods[starts], batch.periods[ends - 1]
    whole = end - begin + 1 == n
    gaps = None
    a, b, of_whole, length = begin, end + 1, mean, n
    if not whole.all():
        a, b, of_whole, length = begin[whole], end[whole] + 1, mean.compress(whole, axis=1), n[whole]
        at, rows = starts[~whole], n[~whole].astype(np.intp)
        owner = np.repeat(np.arange(len(at)), rows)
        inside = np.arange(len(owner)) + np.repeat(at - (np.cumsum(rows) - rows), rows)
        gaps = n[~whole], mean.compress(~whole, axis=1), owner, batch.periods[inside]
    # a mean counts from the first period on and no longer after the last: two entries, summed along periods at the end
    for i, values in enumerate((of_whole, of_whole / length)):
        for j, x in enumerate(values):
            cover[i, j] = np.bincount(a, x, T + 1) - np.bincount(b, x, T + 1)
    return _Entities(sums=out, spells=a * T + b - 1, cover=cover, gaps=gaps, first=first)


def ordered_sums(q: Question) -> tuple[Small, Large]:
    """The scans by the smaller and by the larger effect as one.

    Raises
    ------
    OutOfOrder
    """
    T, m = q.levels if q.small else 0, q.m
    small = Small(
        rows=np.zeros(max(T, 1)),
        weight=np.zeros(max(T, 1)),
        logs=np.zeros(max(T, 1)),
        sums=np.zeros((max(T, 1), m)),
        products=np.zeros((m, m)),
    )
    large = empty(m, T)
    spells, cover = np.zeros(T * T), np.zeros((2, m, T + 1))
    gaps: list[_Gaps] = []
    held = 0

    def by_period(batch: Batch) -> tuple[Floats, Floats, Floats]:
        code, X = (batch.periods if T else np.zeros(len(batch), np.int64)), batch.columns
        counts = np.bincount(code, minlength=max(T, 1)).astype(np.float64)
        sums = np.stack([np.bincount(code, x, max(T, 1)) for x in X], axis=1) if T else np.array([[x.sum() for x in X]])
        return counts, np.asarray(sums, dtype=np.float64), _products(X, X)

    for period, part in _by_runs(q, "scan by entity", lambda runs: _entities(q, runs), by_period):
        if period is not None:
            small.rows += period[0]
            small.sums += period[1]
            small.products += period[2]
        large.add(part.sums)
        large.first = min(filter(None, (large.first, part.first)), default=None)
        cover += part.cover
        if T and 16 * len(part.spells) >= T * T:
            spells += np.bincount(part.spells, minlength=T * T)
        elif T:
            np.add.at(spells, part.spells, 1.0)
        if part.gaps is not None:
            gaps.append(part.gaps)
            held += len(part.gaps[0])
            if held >= min(4 * T, BLOCK // T):  # what is T x T is formed for many entities, not for the few of a batch
                _add_gaps(large, T, gaps)
                gaps, held = [], 0
    if gaps:
        _add_gaps(large, T, gaps)
    small.weight += small.rows
    if large.first is not None and q.from_files and q.table.starts is not None:
        large.first = q.table.starts.name(str(q.table.entity), large.first[0]), large.first[1]
    if T and q.absorbed:
        _add_spells(large, spells.reshape(T, T), cover)
    return small, large


def _add_spells(large: Large, spells: Floats, cover: Floats) -> None:
    """Add the entities that are there from a first to a last period without gaps: (T, T) counts by the two."""
    T = len(spells)
    # spells[a, b] entities are there from a to b: those there at both s <= t are the sum over a <= s and b >= t
    length = np.maximum(np.arange(T)[None, :] - np.arange(T)[:, None] + 1, 1)
    for power, target in ((1, large.overlap), (2, large.overlap_of_shares)):
        there = np.cumsum(np.cumsum(spells / length**power, axis=0)[:, ::-1], axis=1)[:, ::-1]
        upper = np.triu(there)
        target += upper + np.triu(there, 1).T
        if power == 1:
            large.shares += np.diag(upper)
    large.crossed += np.cumsum(cover[0], axis=1)[:, :-1].T
    large.crossed_of_means += np.cumsum(cover[1], axis=1)[:, :-1].T


def _add_gaps(large: Large, T: int, gaps: Sequence[_Gaps]) -> None:
    """Add the entities with gaps: (g,) rows, (m, g) means, and the owner and period of each row, batch by batch."""
    n = np.concatenate([rows for rows, *_ in gaps])
    mean = np.concatenate([means for _, means, *_ in gaps], axis=1)
    before = np.cumsum([0, *(len(rows) for rows, *_ in gaps[:-1])])
    owner = np.concatenate([own + first for (_, _, own, _), first in zip(gaps, before, strict=True)])
    period = np.concatenate([at for *_, at in gaps])
    # blocks of entities as a table (entities, T) of ones; the products of the table with itself are the overlaps of periods
    size = max(1, BLOCK // T)
    cuts = np.searchsorted(owner, np.arange(0, len(n) + size, size))
    for block, (low, high) in enumerate(pairwise(cuts.tolist())):
        at = slice(block * size, (block + 1) * size)
        seen = np.zeros((len(n[at]), T))
        seen[owner[low:high] - block * size, period[low:high]] = 1.0
        root, share = seen / np.sqrt(n[at, None]), seen / n[at, None]
        large.overlap += root.T @ root
        large.overlap_of_shares += share.T @ share
        large.shares += share.sum(axis=0)
        large.crossed += seen.T @ mean[:, at].T
        large.crossed_of_means += share.T @ mean[:, at].T


def ordered_meat(found: Moments, left: Sequence[Floats], right: Floats) -> tuple[Floats, int, float]:
    """Meat of the scores (left_j'z)(right'z) summed by entity, how many there are, and the sum of (right'z)^2.

    Raises
    ------
    OutOfOrder
    """
    q, k = found.question, len(left)
    effects = q.absorbed and bool(q.small)
    meat, levels, rss = np.zeros((k, k)), 0, 0.0

    def combined(share: Floats, batch: Batch, inside: slice) -> Floats:
        """A combination of the columns with the smaller effect removed, as an array of its own."""
        first, *others = np.flatnonzero(share)
        value = share[first] * batch.columns[first][inside]
        for j in others:
            value += share[j] * batch.columns[j][inside]
        if effects:
            value -= (found.gamma @ share).take(batch.periods[inside])
        return np.asarray(value)

    def scores(runs: _Runs) -> tuple[Floats, int, float]:
        batch, n = runs.batch, runs.rows
        if not len(n):
            return np.zeros((k, k)), 0, 0.0
        inside, lengths, S = slice(runs.starts[0], runs.ends[-1]), runs.ends - runs.starts, np.empty((k, len(n)))
        # sum of x (u - mean u) over each entity; a row alone leaves nothing
        u = combined(right, batch, inside)
        u -= np.repeat(runs.sums_of(u) / n, lengths)
        for own, share in zip(S, left, strict=True):
            x = combined(share, batch, inside)
            x *= u
            own[:] = runs.sums_of(x)
        return _products(S, S), int((n > 1).sum()) if not q.keep_single else len(n), float(u @ u)

    complete = found.used == q.table.rows and not q.without
    for _, (own, n, squares) in _by_runs(q, "scan of the scores", scores, complete=complete):
        meat, levels, rss = meat + own, levels + n, rss + squares
    return meat, levels, rss
