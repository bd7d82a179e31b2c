"""What is scanned, and what the scans add up to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.large.batches import Batch, Task, of_files, of_query
from toolkit.estimate.large.engines import number, quoted
from toolkit.estimate.large.table import LargeTable
from toolkit.numerics import Floats

CLOSE = 1e-6  # share of a column (squared length) below which the difference of sums has lost six of sixteen digits


@dataclass(frozen=True)
class Question:
    """What is scanned.

    Attributes
    ----------
    table : the data.
    rows : SQL of all rows. usable : the condition that a row is used.
    columns : SQL of the m columns, outcome first.
    weight : SQL of the weight, "" without weights.
    large, small : SQL of the keys of the larger and the smaller effect; "" where there is none.
    levels : how many codes the smaller effect has (those of its key run from 0).
    absorbed : whether the smaller effect is absorbed; otherwise it is only counted.
    single_pairs : whether a pair of levels has one row at most.
    keep_single : whether levels with one row stay.
    centred : whether the model has a constant or effects, so that means are taken out.
    shift : (m,) what is taken from the columns.
    without : codes of the smaller effect whose rows left as singletons.
    origin : the period whose code is 0, None where the codes of the smaller effect do not count periods.
    ordered : whether the larger effect is the entity, and the rows of each entity lie together.
    plain : names of the columns in the files, the weight last, where they can be read without the database.
    keys : names of the cluster variables beside the two roles, which pass with the rows in order.
    """

    table: LargeTable
    rows: str
    usable: str
    columns: tuple[str, ...]
    weight: str
    large: str
    small: str
    levels: int
    absorbed: bool
    single_pairs: bool
    keep_single: bool
    centred: bool
    shift: Floats
    without: tuple[int, ...] = ()
    origin: int | None = None
    ordered: bool = False
    plain: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def m(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Positions (j, h) with j <= h, the cross-products of the columns."""
        return list(combinations_with_replacement(range(self.m), 2))

    @property
    def w(self) -> str:
        """The weight as a factor of a product in SQL, and :attr:`mass` as a sum."""
        return "wt_ * " if self.weight else ""

    @property
    def mass(self) -> str:
        """Sum of the weights."""
        return "sum(wt_)" if self.weight else "CAST(count(*) AS DOUBLE)"

    def used(self, extra: str = "") -> str:
        """SQL of the rows that are used: ``x0_``, ... (shifted), ``wt_``, ``e_``, ``s_`` and ``extra``."""
        parts = [f"({c}) - {number(s)} AS x{j}_" for j, (c, s) in enumerate(zip(self.columns, self.shift, strict=True))]
        parts += [f"{self.weight} AS wt_"] if self.weight else []
        parts += [f"{self.large} AS e_"] if self.large else []
        parts += [f"{self.small} AS s_"] if self.small else []
        parts += [extra] if extra else []
        inner = f"(SELECT {', '.join(parts)} FROM {self.rows} WHERE {self.usable})"
        return f"(SELECT * FROM {inner} WHERE s_ NOT IN ({', '.join(map(str, self.without))}))" if self.without else inner

    @property
    def from_files(self) -> bool:
        """Whether the columns are read from the files without the database."""
        return bool(self.plain) and not (self.small and self.origin is None)

    def tasks(self, complete: bool = False) -> Iterator[Task]:
        """The rows that are used in the order of the source, as batches of shifted columns.

        Parameters
        ----------
        complete : whether all rows are known to be used.
        """
        table = self.table
        if self.from_files:
            entity, time = str(table.entity), str(table.time)
            made = partial(self._prepared, complete=complete, kept=threading.local())
            return of_files(
                paths=table.files, entity=entity, time=time, columns=self.plain, others=self.keys, made=made, starts=table.starts
            )
        columns = [*(f"x{j}_" for j in range(self.m)), *(["wt_"] if self.weight else [])]
        others = [f"o{i}_" for i in range(len(self.keys))]
        extra = [*([] if self.small else ["t_ AS s_"]), *(f"{quoted(c)} AS {o}" for c, o in zip(self.keys, others, strict=True))]
        asked = ", ".join(["e_", "s_", *columns, *others])
        return of_query(table.stream(f"SELECT {asked} FROM {self.used(', '.join(extra))}"), columns, others)

    def parts(self, batch: Batch) -> tuple[tuple[Floats, ...], Floats | None]:
        """The columns of a batch, and the weights."""
        return (batch.columns[:-1], batch.columns[-1]) if self.weight else (batch.columns, None)

    def _prepared(self, batch: Batch, complete: bool, kept: threading.local) -> Batch:
        n = len(batch)  # the arrays of a thread are written over: new ones would cost a quarter of the time in page faults
        shift = [*self.shift, 0.0] if self.weight else self.shift
        if len(getattr(kept, "columns", [[]])[0]) < n:
            kept.columns, kept.periods = np.empty((len(shift), n)), np.empty(n, dtype=np.int64)
        columns = tuple(np.subtract(x, s, out=own[:n]) for x, s, own in zip(batch.columns, shift, kept.columns, strict=True))
        periods = np.subtract(batch.periods, self.origin or 0, out=kept.periods[:n])
        batch = replace(batch, periods=periods, columns=columns)
        with np.errstate(over="ignore", invalid="ignore"):
            finite = complete or all(np.isfinite(x @ x) for x in columns)
        tests = [] if finite else [np.isfinite(x) for x in columns]
        tests += [columns[-1] != 0] if self.weight and not complete else []
        tests += [x.is_valid().to_numpy(zero_copy_only=False) for x in batch.others if x.null_count]
        tests += [~np.isin(periods, self.without)] if self.without else []
        return batch.rows(np.logical_and.reduce(tests)) if tests else batch


@dataclass
class Large:
    """What the levels of the larger effect add up to: those that stay, and apart from them those with one row.

    Attributes
    ----------
    levels : levels that stay. squares : (m, m) sum of S S' / w. means, products : (m,) and (m, m) sums over levels of their means and of
    the products of their means.
    overlap, crossed : A (T, T) and B (T, m). shares, overlap_of_shares, crossed_of_means : (T,), (T, T), (T, m), with w_it / w_i in the
    place of w_it and each level counted once.
    single_rows : (T,) levels with one row, by the level of the smaller effect. single_sums : (T, m). single_products : (m, m).
    single_weights : (T,) their weights. single_logs : sum of the logarithms of these. first : the first of them, and its code, if known.
    """

    levels: int
    squares: Floats
    means: Floats
    products: Floats
    overlap: Floats
    crossed: Floats
    shares: Floats
    overlap_of_shares: Floats
    crossed_of_means: Floats
    single_rows: Floats
    single_sums: Floats
    single_products: Floats
    single_weights: Floats
    single_logs: float = 0.0
    first: tuple[Any, int] | None = None

    def add(self, other: Large) -> None:
        """Add what other levels come to, all but the tables of T x T and T x m."""
        single = ("single_rows", "single_sums", "single_products", "single_weights", "single_logs")
        for name in ("levels", "squares", "means", "products", *single):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def empty(m: int, T: int, tables: bool = True) -> Large:
    """Nothing yet of m columns and T levels of the smaller effect."""
    wide = T if tables else 0
    return Large(
        levels=0,
        squares=np.zeros((m, m)),
        means=np.zeros(m),
        products=np.zeros((m, m)),
        overlap=np.zeros((wide, wide)),
        crossed=np.zeros((T, m)),
        shares=np.zeros(T),
        overlap_of_shares=np.zeros((wide, wide)),
        crossed_of_means=np.zeros((T, m)),
        single_rows=np.zeros(max(T, 1)),
        single_sums=np.zeros((max(T, 1), m)),
        single_products=np.zeros((m, m)),
        single_weights=np.zeros(max(T, 1)),
    )


@dataclass
class Small:
    """What the levels of the smaller effect add up to (one level where there is none).

    Attributes
    ----------
    rows, weight, logs : (T,) counts, weights, logarithms of weights. sums : (T, m). products : (m, m) over all.
    """

    rows: Floats
    weight: Floats
    logs: Floats
    sums: Floats
    products: Floats


@dataclass
class Moments:
    """The rows of a question as sums, singletons left out; weights relative (mean one).

    Attributes
    ----------
    rows, weight, logs : rows, mean weight, and sum of the logarithms of the relative weights.
    means, size, varying : (m,) mean, raw and centred length of each column.
    gram, within : (m, m) cross-products of the centred columns, and with the effects removed.
    gamma : (T, m) effects of the smaller effect.
    large, small : what they were made of. present : (T,) whether a level of the smaller effect has rows.
    rank : independent effects.
    used : rows that can be used, singletons among them. singles : rows dropped as singletons of the "large" and of
    the "small" effect, and "early" those of the larger one in the first round; of ``question.without`` how many left in the "first" round,
    and how many "before" the larger effect was looked at.
    """

    rows: int
    weight: float
    logs: float
    means: Floats
    size: Floats
    varying: Floats
    gram: Floats
    within: Floats
    gamma: Floats
    large: Large | None
    small: Small
    present: NDArray[np.bool_]
    rank: int
    question: Question
    singles: dict[str, int]
    used: int


def symmetric(question: Question, found: dict[str, Any], prefix: str, row: int) -> Floats:
    """(m, m) from the columns ``prefix_j_l`` of an answer."""
    out = np.zeros((question.m, question.m))
    for j, h in question.pairs:
        out[j, h] = out[h, j] = found[f"{prefix}{j}_{h}"][row]
    return out
