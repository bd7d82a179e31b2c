"""What may change places with what in a permutation test, and random exchanges of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, PanelError
from toolkit.estimate.groups import Grouping
from toolkit.estimate.refit import Refit
from toolkit.transform.ties import settled

Floats = NDArray[np.float64]
Integers = NDArray[np.intp]

By = Literal["entity", "within entity", "cluster", "row"]
BY: tuple[By, ...] = ("entity", "within entity", "cluster", "row")
CELLS = 4_000_000  # of one block of draws (32 MB)


@dataclass(frozen=True)
class Exchange:
    """Items that carry values of the regressor over T slots, and exchange them.

    Attributes
    ----------
    values : (m, T) value of each item in each slot (period); NaN where the item is not observed.
    strata : (m,) items of the same stratum may change places: they are observed in the same slots.
    item, slot : (n,) which item and slot each row of the estimate takes its value from.
    kept : number of items that are alone in their stratum and keep their values.
    """

    values: Floats
    strata: Integers
    item: Integers
    slot: Integers
    kept: int

    def draw(self, count: int, rng: np.random.Generator) -> Integers:
        """(count, m) random exchanges: for each item the one whose values it gets."""
        order = np.argsort(self.strata, kind="stable")
        sizes = np.bincount(self.strata)
        first = np.cumsum(sizes) - sizes
        found = np.empty((count, len(self.strata)), dtype=np.intp)
        for size in np.unique(sizes):
            members = order[first[sizes == size][:, None] + np.arange(size)]
            found[:, members] = rng.permuted(np.broadcast_to(members, (count, *members.shape)), axis=2)
        return found

    def blocks(self, draws: int, rng: np.random.Generator) -> Iterator[Integers]:
        """``draws`` exchanges in blocks that keep the columns (block, n) small."""
        size = max(1, CELLS // len(self.item))
        for start in range(0, draws, size):
            yield self.draw(min(size, draws - start), rng)

    def carrying(self, x: Floats) -> Exchange:
        """The same exchanges of other values (n,)."""
        values = self.values.copy()
        values[self.item, self.slot] = x
        return replace(self, values=values)

    def columns(self, assigned: Integers) -> Floats:
        """(m, n) the regressor under exchanges (m, items)."""
        every = self.values[assigned].reshape(len(assigned), -1)
        at = self.item * self.values.shape[1] + self.slot
        return every if len(at) == every.shape[1] and np.array_equal(at, np.arange(len(at))) else every[:, at]

    @property
    def log_arrangements(self) -> float:
        """Logarithm of the number of different arrangements that the exchanges can give."""
        from scipy.special import gammaln

        filled = settled(np.nan_to_num(self.values, nan=0.0).ravel()).reshape(self.values.shape)
        _, same, counts = np.unique(np.column_stack([self.strata, filled]), axis=0, return_inverse=True, return_counts=True)
        return float(gammaln(np.bincount(self.strata) + 1.0).sum() - gammaln(counts + 1.0).sum()) if len(same) else 0.0


def exchange_of(rows: Refit, x: Floats, by: By, cluster: tuple[str, Grouping] | None) -> Exchange:
    """Which items exchange the values ``x`` (n,) of a regressor.

    Raises
    ------
    PanelError
        Entities are asked for in a plain frame.
    NotEstimable
        The regressor varies within a cluster and period, or no exchange changes anything.
    """
    n, sample = rows.n, rows.sample
    nothing = np.zeros(n, dtype=np.intp)
    if by == "row":
        found = _exchange(x, np.arange(n), nothing, nothing)
    elif by == "cluster":
        assert cluster is not None
        slot = nothing if sample.period is None else sample.period.codes
        _require_constant(rows, x, cluster, slot)
        found = _exchange(x, cluster[1].codes, slot, None)
    else:
        if sample.entity is None or sample.period is None:
            raise PanelError(f"by={by!r} needs a panel, not a plain frame", remedy="Panel(frame, entity, time), or by='row'")
        within = by == "within entity"
        found = (
            _exchange(x, np.arange(n), nothing, sample.entity.codes)
            if within
            else _exchange(x, sample.entity.codes, sample.period.codes, None)
        )
    if found.log_arrangements < 0.5:
        raise NotEstimable(
            f"exchanging the regressor by {by} changes nothing",
            where=f"{len(found.strata)} items, {found.kept} of them with periods of their own",
            remedy="choose another by=, or keep the periods in which all are observed",
        )
    return found


def _exchange(x: Floats, item: Integers, slot: Integers, strata: Integers | None) -> Exchange:
    values = np.full((int(item.max()) + 1, int(slot.max()) + 1), np.nan)
    values[item, slot] = x
    if strata is None:
        strata = np.unique(~np.isnan(values), axis=0, return_inverse=True)[1].reshape(-1).astype(np.intp)
    kept = int(np.count_nonzero(np.bincount(strata)[strata] == 1))
    return Exchange(values, strata, item, slot, kept)


def _require_constant(rows: Refit, x: Floats, cluster: tuple[str, Grouping], slot: Integers) -> None:
    name, groups = cluster
    cell = groups.codes * (int(slot.max()) + 1) + slot
    first = np.zeros(int(cell.max()) + 1)
    first[cell[::-1]] = x[::-1]
    other = np.abs(x - first[cell]) > 1e-9 * np.abs(x).max()
    if other.any():
        period = f" within a {rows.source.time}" if rows.source.time else ""
        raise NotEstimable(
            f"the regressor is not the same in all rows of a {name}{period}, so no two of them can exchange it",
            where=f"first {rows.row_name(int(other.argmax()))}",
            remedy="by='entity' exchanges whole paths of entities; by='row' single values",
        )
