"""The scans by entity where its rows lie together, year after year: runs are summed as they pass, and nothing of their number is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.large.batches import Batch, Passing, Task, in_order, joined, of_query
from toolkit.estimate.large.engines import bar
from toolkit.estimate.large.question import Large, Moments, Question, Small, empty
from toolkit.numerics import Floats

EDGES = 1_000_000  # rows of runs that cross batches which are kept before they are summed
DENSE = 100  # periods beyond which such a table is sparse
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
    def inside(self) -> slice:
        """The rows of the batch from the first run to the last."""
        return slice(self.starts[0], self.ends[-1])

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
    q: Question,
    label: str,
    of_runs: Callable[[_Runs], _T],
    of_batch: Callable[[Batch], _S] | None = None,
    complete: bool = False,
    tasks: Iterator[Task] | None = None,
) -> Iterator[tuple[_S | None, _T]]:
    """What is made of each batch and of the runs of entities, where a run that crosses batches is put together first.

    Parameters
    ----------
    complete : whether all rows are known to be used. tasks : other rows than those of the question, without a calendar.

    Raises
    ------
    OutOfOrder
    """

    calendar = tasks is None and (q.single_pairs or not q.absorbed)

    def work(batch: Batch) -> tuple[_S | None, _T, list[Batch]]:
        starts = batch.starts(calendar)
        ends = np.append(starts[1:], len(batch))
        inside = slice(1, -1) if len(starts) > 2 else slice(0, 0)
        cut = [slice(0, int(ends[0])), slice(int(starts[-1]), len(batch))] if len(starts) > 2 else [slice(0, len(batch))]
        with np.errstate(over="ignore", invalid="ignore"):  # each thread has its own
            found = None if of_batch is None else of_batch(batch)
            return found, of_runs(_Runs(batch, starts[inside], ends[inside])), [joined([batch.rows(rows)]) for rows in cut]

    edges: list[Batch] = []
    held = 0
    with bar(label, q.table.rows) as advance:
        for found, inside, more in in_order(tasks or q.tasks(complete), work, q.table.threads, advance):
            yield found, inside
            edges += more
            held += sum(map(len, more))
            if held > EDGES:
                whole = joined(edges)
                starts = whole.starts(calendar)
                yield None, of_runs(_Runs(whole, starts[:-1], starts[1:]))
                edges = [whole.rows(slice(int(starts[-1]), len(whole)))]
                held = len(edges[0])
        if edges:
            whole = joined(edges)
            starts = whole.starts(calendar)
            yield None, of_runs(_Runs(whole, starts, np.append(starts[1:], len(whole))))


_Gaps = tuple[Floats, Floats, NDArray[np.intp], NDArray[np.int64], Floats]


@dataclass(frozen=True)
class _Entities:
    """What the runs of a batch add up to.

    Attributes
    ----------
    sums : :class:`Large` but for its tables of T x T. spells : (e,) first period times T plus last period of the entities without gaps.
    cover : (2, m, T + 1) changes, from period to period, of the sums over the entities without gaps that are there of their means, and of
    these over their rows. gaps : (g,) weights, (m, g) means, (rows,) owner, period and weight of the rows of the other entities: those with
    gaps, and all where rows have weights or periods are no calendar.
    first : the first entity with one row, and its period.
    """

    sums: Large
    spells: NDArray[np.int64]
    cover: Floats
    gaps: _Gaps | None
    first: tuple[Any, int] | None


def _weighted(columns: Sequence[Floats], w: Floats | None) -> Sequence[Floats]:
    return columns if w is None else [w * x for x in columns]


def _products(left: Sequence[Floats] | Floats, right: Sequence[Floats] | Floats) -> Floats:
    """(c, c) symmetric inner products of columns; one by one, as a matrix product of so few columns is several times slower."""
    out = np.empty((len(left), len(left)))
    for i in range(len(left)):
        for j in range(i + 1):
            out[i, j] = out[j, i] = left[i] @ right[j]
    return out


def _entities(q: Question, runs: _Runs) -> _Entities:
    T = q.levels if q.small else 0
    batch, starts, ends, n = runs.batch, runs.starts, runs.ends, runs.rows
    columns, w = q.parts(batch)
    S, mass = runs.sums(_weighted(columns, w)), n if w is None else runs.sums([w])[0]
    out, first = empty(q.m, T, tables=False), None
    # m: columns, r: runs of one entity; S (m, r) their sums. Entities with one row leave first, with what they take along
    one = np.zeros(len(n), dtype=bool) if q.keep_single else n == 1
    if one.any():
        at, X, own = starts[one], S.compress(one, axis=1), mass[one]
        code = batch.periods[at] if T else np.zeros(len(at), np.int64)
        out.single_rows += np.bincount(code, minlength=max(T, 1))
        out.single_weights += np.bincount(code, own, max(T, 1))
        out.single_logs = float(np.log(own).sum())
        out.single_sums += np.stack([np.bincount(code, x, max(T, 1)) for x in X], axis=1)
        out.single_products += _products(X, X / own)
        first = batch.named(at[:1]).tolist()[0], int(batch.periods[at[0]])
        n, S, mass, starts, ends = n[~one], S.compress(~one, axis=1), mass[~one], starts[~one], ends[~one]
    # sums over entities of S, S S'/w and S S'/w^2: what the removal of their means needs
    mean = S / mass
    out.levels, out.means, out.squares, out.products = len(n), mean.sum(axis=1), _products(S, mean), _products(mean, mean)
    cover = np.zeros((2, q.m, T + 1))
    if not (T and q.absorbed):
        return _Entities(sums=out, spells=np.empty(0, np.int64), cover=cover, gaps=None, first=first)
    # an entity without gaps is two numbers, its first and last period; one with gaps or weights keeps the period of each row
    begin, end = batch.periods[starts], batch.periods[ends - 1]
    whole = (end - begin + 1 == n) & (w is None and q.single_pairs)
    gaps = None
    a, b, of_whole, length = begin, end + 1, mean, n
    if not whole.all():
        a, b, of_whole, length = begin[whole], end[whole] + 1, mean.compress(whole, axis=1), n[whole]
        at, rows = starts[~whole], n[~whole].astype(np.intp)
        owner = np.repeat(np.arange(len(at)), rows)
        inside = np.arange(len(owner)) + np.repeat(at - (np.cumsum(rows) - rows), rows)
        weight = np.ones(len(inside)) if w is None else w[inside]
        gaps = mass[~whole], mean.compress(~whole, axis=1), owner, batch.periods[inside], weight
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

    def by_period(batch: Batch) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        code = batch.periods if T else np.zeros(len(batch), np.int64)
        columns, w = q.parts(batch)
        X = _weighted(columns, w)
        counts = np.bincount(code, minlength=max(T, 1)).astype(np.float64)
        sums = np.stack([np.bincount(code, x, max(T, 1)) for x in X], axis=1) if T else np.array([[x.sum() for x in X]])
        mass, logs = counts, np.zeros(1)
        if w is not None:
            mass, logs = (np.bincount(code, v, max(T, 1)).astype(np.float64) for v in (w, np.log(w)))
        return counts, mass, logs, np.asarray(sums, dtype=np.float64), _products(X, columns)

    for period, part in _by_runs(q, "scan by entity", lambda runs: _entities(q, runs), by_period):
        if period is not None:
            for name, own in zip(("rows", "weight", "logs", "sums", "products"), period, strict=True):
                setattr(small, name, getattr(small, name) + own)
        large.add(part.sums)
        large.first = min(filter(None, (large.first, part.first)), default=None)
        cover += part.cover
        if T and 16 * len(part.spells) >= T * T:
            spells += np.bincount(part.spells, minlength=T * T)
        elif T:
            np.add.at(spells, part.spells, 1.0)
        if part.gaps is not None:
            gaps.append(part.gaps)
            held += len(part.gaps[2])
            if held >= (
                EDGES if T > DENSE else min(40 * T, BLOCK)
            ):  # what is T x T is formed for many entities, not for the few of a batch
                _add_gaps(large, T, gaps)
                gaps, held = [], 0
    if gaps:
        _add_gaps(large, T, gaps)
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
    """Add other entities: (g,) weights, (m, g) means, and the owner, period and weight of each row, batch by batch."""
    from scipy.sparse import csr_matrix, diags_array

    mass = np.concatenate([of_entities for of_entities, *_ in gaps])
    mean = np.concatenate([means for _, means, *_ in gaps], axis=1)
    before = np.cumsum([0, *(len(of_entities) for of_entities, *_ in gaps[:-1])])
    owner = np.concatenate([own + first for (_, _, own, *_), first in zip(gaps, before, strict=True)])
    period, weight = (np.concatenate([part[i] for part in gaps]) for i in (3, 4))
    # blocks of entities as a table (entities, T) of weights; the products of the table with itself are the overlaps of periods
    size = len(mass) if T > DENSE else BLOCK // T
    cuts = np.searchsorted(owner, np.arange(0, len(mass) + size, size))
    for block, (low, high) in enumerate(pairwise(cuts.tolist())):
        at = slice(block * size, (block + 1) * size)
        n, own = mass[at], owner[low:high] - block * size
        if T > DENSE:
            seen = csr_matrix((weight[low:high], (own, period[low:high])), shape=(len(n), T))
        else:
            seen = np.bincount(own * T + period[low:high], weight[low:high], len(n) * T).reshape(len(n), T)
        root, share = diags_array(n**-0.5) @ seen, diags_array(1 / n) @ seen
        large.overlap += root.T @ root
        large.overlap_of_shares += share.T @ share
        large.shares += share.sum(axis=0)
        large.crossed += seen.T @ mean[:, at].T
        large.crossed_of_means += share.T @ mean[:, at].T


def ordered_meat(found: Moments, left: Sequence[Floats], right: Floats, exact: bool) -> tuple[Floats, int, float]:
    """Meat of the scores (left_j'z)(right'z) summed by entity, how many there are, and the sum of (right'z)^2.

    Parameters
    ----------
    exact : whether means leave both factors: one is enough, but for the digits of columns that hardly vary.

    Raises
    ------
    OutOfOrder
    """
    q, k = found.question, len(left)
    meat, levels, rss = np.zeros((k, k)), 0, 0.0

    def scores(runs: _Runs) -> tuple[Floats, int, float]:
        if not len(runs.starts):
            return np.zeros((k, k)), 0, 0.0
        w, S = q.parts(runs.batch)[1], np.empty((k, len(runs.starts)))
        # sum of w x (u - mean u) over each entity; a row alone leaves nothing
        u = _residual(found, runs, right, exact)
        weighted = u if w is None else u * w[runs.inside]
        for own, share in zip(S, left, strict=True):
            x = _residual(found, runs, share, exact) if exact else _combined(found, runs, share)
            x *= weighted
            own[:] = runs.sums_of(x)
        return _products(S, S), _counted(q, runs), float(u @ weighted)

    for _, (own, n, squares) in _by_runs(q, "scan of the scores", scores, complete=_complete(found)):
        meat, levels, rss = meat + own, levels + n, rss + squares
    return meat, levels, rss


def ordered_products(found: Moments, columns: Sequence[int]) -> tuple[Floats, int]:
    """Sum over the entities of p p', p the (k (k + 1) / 2,) sums of the products of columns, and how many entities there are.

    Raises
    ------
    OutOfOrder
    """
    q, pairs = found.question, list(combinations_with_replacement(range(len(columns)), 2))
    total, levels = np.zeros((len(pairs), len(pairs))), 0

    def products(runs: _Runs) -> tuple[Floats, int]:
        if not len(runs.starts):
            return np.zeros_like(total), 0
        w = q.parts(runs.batch)[1]
        z = [_residual(found, runs, share, exact=True) for share in np.eye(q.m)[list(columns)]]
        weighted = _weighted(z, None if w is None else w[runs.inside])
        S = np.stack([runs.sums_of(z[i] * weighted[j]) for i, j in pairs])
        return S @ S.T, _counted(q, runs)

    for _, (own, n) in _by_runs(q, "scan of the scores", products, complete=_complete(found)):
        total, levels = total + own, levels + n
    return total, levels


def ordered_scores(q: Question, rows: str, scores: Sequence[str], key: str) -> tuple[Floats, int, float]:
    """Meat of scores in SQL, the last of which is only added up, summed by entity, how many there are, and the sum of the last.

    Raises
    ------
    OutOfOrder
    """
    names = [f"a{j}_" for j in range(len(scores))]
    asked = ", ".join(f"{score} AS {name}" for score, name in zip(scores, names, strict=True))
    reader = q.table.stream(f"SELECT {key} AS e_, 0 AS s_, {asked} FROM {rows}")
    meat, levels, rss = np.zeros((len(scores) - 1, len(scores) - 1)), 0, 0.0

    def sums(runs: _Runs) -> tuple[Floats, int, float]:
        S = runs.sums(runs.batch.columns)
        return _products(S[:-1], S[:-1]), len(runs.starts), float(S[-1].sum())

    for _, (own, n, last) in _by_runs(q, "scan of the scores", sums, tasks=of_query(reader, names)):
        meat, levels, rss = meat + own, levels + n, rss + last
    return meat, levels, rss


def ordered_rows(found: Moments, keys: Sequence[str]) -> Passing:
    """The rows with the effects removed in the order of the source: ``z0_``, ..., ``wt_``, and the columns of the clusters ``k0_``, ...

    Parameters
    ----------
    found : the rows. keys : names of the columns of the clusters.
    """
    q = found.question
    own = {key: "e" if key == q.table.entity else "s" if key not in q.keys else "" for key in keys}
    kinds = dict.fromkeys([*(f"z{j}_" for j in range(q.m)), *(["wt_"] if q.weight else [])], "double")
    for i, (key, role) in enumerate(own.items()):
        text = q.table.types[key] == "VARCHAR" and role != "s" and not (role == "e" and q.from_files)
        kinds[f"k{i}_"] = "string" if text else "int64"

    def columns(runs: _Runs) -> tuple[list[Any], NDArray[np.bool_] | None] | None:
        if not len(runs.starts):
            return None
        batch, lengths, inside = runs.batch, runs.ends - runs.starts, runs.inside
        w = q.parts(batch)[1]
        made: list[Any] = [_residual(found, runs, share, exact=True) for share in np.eye(q.m)]
        made += [] if w is None else [w[inside].copy()]
        for key, role in own.items():
            if role == "e":
                made.append((batch.keys(runs.starts) if q.from_files else batch.named(runs.starts), lengths))
            else:
                made.append(batch.others[q.keys.index(key)][inside] if not role else batch.periods[inside].copy())
        return made, None if q.keep_single else np.repeat(lengths > 1, lengths)

    def batches() -> Iterator[tuple[list[Any], NDArray[np.bool_] | None]]:
        for _, made in _by_runs(q, "", columns, complete=_complete(found)):
            if made is not None:
                yield made

    return Passing(kinds, batches)


def _combined(found: Moments, runs: _Runs, share: Floats) -> Floats:
    """A combination of the columns with the smaller effect removed, as an array of its own."""
    q, batch, inside = found.question, runs.batch, runs.inside
    first, *others = np.flatnonzero(share)
    value = share[first] * batch.columns[first][inside]
    for j in others:
        value += share[j] * batch.columns[j][inside]
    if q.absorbed and q.small:
        value -= (found.gamma @ share).take(batch.periods[inside])
    return np.asarray(value)


def _residual(found: Moments, runs: _Runs, share: Floats, exact: bool) -> Floats:
    """A combination of the columns with both effects removed; column by column if digits count, as they are then those of the columns."""
    if not exact:
        return _without_mean(found.question, runs, _combined(found, runs, share))
    columns = [(share[j], _combined(found, runs, row)) for j, row in enumerate(np.eye(len(share))) if share[j]]
    return np.asarray(sum(b * _without_mean(found.question, runs, x, exact) for b, x in columns))


def _without_mean(q: Question, runs: _Runs, x: Floats, exact: bool = False) -> Floats:
    """A column of the rows of the runs from which their weighted means are taken, in place; twice if the first may have lost digits."""
    w = q.parts(runs.batch)[1]
    own = None if w is None else w[runs.inside]
    mass = runs.rows if own is None else runs.sums_of(own)
    for _ in range(1 + exact):
        x -= np.repeat(runs.sums_of(x if own is None else x * own) / mass, runs.ends - runs.starts)
    return x


def _counted(q: Question, runs: _Runs) -> int:
    """How many of the entities stay."""
    return len(runs.starts) if q.keep_single else int((runs.rows > 1).sum())


def _complete(found: Moments) -> bool:
    q = found.question
    return found.used == q.table.rows and not q.without
