r"""Which treatments may be exchanged, and the fits under each arrangement.

With y and x freed of effects and other regressors, b = sum w x y / sum w x^2, and the clustered variance of b comes from the cluster sums
of w x y - b w x^2. Two ways give them for all draws:

* from columns: the permuted columns of a block of draws, side by side. Exchanging whole paths among entities with the same periods commutes
  with removing entity and time effects, so there the effects are removed once.
* from pieces: when few clusters exchange few different periods, x = sum_c p_c f_c with indicators f_c of cluster and period; the f_c are
  freed of effects once, and all draws are products of the p with their Gram matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable, PanelError
from toolkit.estimate.linear.refit import Refit
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.solve.equations import inverse_root
from toolkit.estimate.solve.kernels import Absorber
from toolkit.numerics import Floats, settled

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Integers = NDArray[np.intp]

By = Literal["entity", "within entity", "cluster", "row"]
BY: tuple[By, ...] = ("entity", "within entity", "cluster", "row")
CELLS = 4_000_000  # of one block of draws (32 MB)


@dataclass(frozen=True)
class Exchange:
    """Items with values of the regressor over T slots, which they exchange.

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
    return Exchange(values=values, strata=strata, item=item, slot=slot, kept=kept)


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


MOST_PIECES = 100
_MOST_CELLS = 40_000_000  # of the pieces (320 MB)
_COLLINEAR = 1e-10  # share of its variation left to a permuted regressor below which its coefficient is not defined


@dataclass(frozen=True)
class Fits:
    """(m,) coefficients and t statistics without small-sample factor; NaN where the permuted regressor is collinear."""

    coefficients: Floats
    statistics: Floats


@dataclass(frozen=True)
class Problem:
    """What all draws share; y, o and w are the outcome, the other regressors (both freed of effects, y of the others too) and the weights.

    Attributes
    ----------
    rows : the estimate.
    others : (k - 1, n) orthonormal combinations of o, so that o'wo = 1.
    outcome : (n,) y.
    clusters : of the t statistic.
    variation : sum of squares of the regressor with the effects removed, to judge collinearity by.
    """

    rows: Refit
    others: Floats
    outcome: Floats
    clusters: Grouping
    variation: float

    @cached_property
    def sums_with_outcome(self) -> csr_array:
        """(n, G) matrix that turns columns c into cluster sums of w c y."""
        return self._sums(self.rows.weighted(self.outcome))

    @cached_property
    def sums_with_others(self) -> list[csr_array]:
        """(n, G) for each other regressor: cluster sums of w c o."""
        return [self._sums(self.rows.weighted(other)) for other in self.others]

    @cached_property
    def plain_sums(self) -> csr_array:
        """(n, G): cluster sums of w c."""
        return self._sums(self.rows.weighted(np.ones(self.rows.n)))

    def _sums(self, values: Floats) -> csr_array:
        from scipy.sparse import csr_array

        n = self.rows.n
        return csr_array((values, self.clusters.codes, np.arange(n + 1)), shape=(n, self.clusters.levels))

    def fits(self, cross: Floats, square: Floats) -> Fits:
        """From (m, G) cluster sums of w x y and w x^2."""
        # m: draws, G: clusters. The slope from the totals, the spread from what is left by cluster
        total, size = cross.sum(axis=1), square.sum(axis=1)
        defined = size > _COLLINEAR * self.variation
        beta = np.full(len(total), np.nan)
        np.divide(total, size, out=beta, where=defined)
        spread = np.sqrt(((cross - beta[:, None] * square) ** 2).sum(axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            return Fits(beta, np.where(defined, total / spread, np.nan))


def problem_of(rows: Refit, j: int, clusters: Grouping) -> Problem:
    """The problem for regressor ``j`` of an estimate."""
    others = np.delete(rows.columns, j, axis=0)
    others = inverse_root(others, rows.weights).T @ others
    own, x = rows.partialled(j), rows.columns[j]
    slope = float(rows.weighted(own) @ rows.sample.matrix[0]) * float(rows.bread[j, j])
    return Problem(rows=rows, others=others, outcome=rows.residuals + slope * own, clusters=clusters, variation=float(x @ rows.weighted(x)))


def fits_of_columns(problem: Problem, exchange: Exchange, assigned: Integers, commutes: bool) -> Fits:
    """The fits of a block of exchanges ``assigned`` (m, items), column by column.

    The other regressors are taken out of the cluster sums, x = c - o'd, instead of the columns.
    """
    columns = exchange.columns(assigned)
    if not commutes and problem.rows.absorber is not None:
        _remove_effects(problem.rows.absorber, columns)
    cross = columns @ problem.sums_with_outcome
    overlap = [columns @ sums for sums in problem.sums_with_others]
    columns *= columns
    square = columns @ problem.plain_sums
    shares = np.stack([part.sum(axis=1) for part in overlap], axis=1) if overlap else np.empty((len(columns), 0))
    for i, part in enumerate(overlap):
        square -= 2 * shares[:, i, None] * part
        cross -= shares[:, i, None] * (problem.others[i] @ problem.sums_with_outcome)
        for j, sums in enumerate(problem.sums_with_others):
            square += (shares[:, i] * shares[:, j])[:, None] * (problem.others[i] @ sums)
    return problem.fits(cross, square)


def _remove_effects(absorber: Absorber, columns: Floats) -> None:
    """Remove effects from fresh columns (m, n) in place: one pass where the solve is direct, checked passes where it is not."""
    if not absorber.by_levels:
        absorber.demean(columns)
    else:
        absorber.remove(columns)


@dataclass(frozen=True)
class IndicatorSums:
    """A permuted regressor as p'f: ``p`` (m, C) are the values of the exchanged items, f the C indicators.

    Attributes
    ----------
    values : (m, R) value of each item in each class of periods that always have the same value.
    cross : (C, G) cluster sums of w f y, f freed of effects and other regressors.
    grams : (G, C, C) cluster sums of w f f'.
    """

    values: Floats
    cross: Floats
    grams: Floats

    def fits(self, problem: Problem, assigned: Integers) -> Fits:
        """The fits of exchanges (m, items)."""
        # m: arrangements, c: cells of values; sums of squares by a Gram matrix for each group, no row is touched
        p = self.values[assigned].reshape(len(assigned), -1)
        square = np.stack([np.einsum("mc,mc->m", p @ gram, p) for gram in self.grams], axis=1)
        return problem.fits(p @ self.cross, square)


def cluster_scores(problem: Problem, exchange: Exchange) -> IndicatorSums | None:
    """The pieces of the regressor, None if there would be too many of them.

    The f are formed cluster by cluster, so that no (C, n) columns are held: an indicator less its effects, which are tables by level, and
    less its share of the other regressors, which are free of effects, so that the cross-products are sums of them over the piece.
    """
    rows, known = problem.rows, np.nan_to_num(exchange.values, nan=0.0)
    distinct, classes = np.unique(known, axis=1, return_inverse=True)
    used = np.flatnonzero(distinct.any(axis=0))
    count = len(known) * len(used)
    if count > MOST_PIECES or count * rows.n > _MOST_CELLS or problem.clusters.levels * count**2 > _MOST_CELLS:
        return None
    number = np.full(distinct.shape[1], -1)
    number[used] = np.arange(len(used))
    of_row = number[classes.reshape(-1)[exchange.slot]]
    piece = np.where(of_row >= 0, exchange.item * len(used) + of_row, count)  # the last is that of rows in none
    tables = _effects_of_indicators(rows, piece, count)
    sums = [np.bincount(piece, weights=rows.weighted(other), minlength=count + 1)[:count] for other in problem.others]
    shares = np.array(sums).reshape(len(sums), count)
    cross, grams = np.empty((count, problem.clusters.levels)), np.empty((problem.clusters.levels, count, count))
    order = np.split(np.argsort(problem.clusters.codes, kind="stable"), np.cumsum(problem.clusters.counts)[:-1])
    for g, own in enumerate(order):
        columns = -(problem.others[:, own].T @ shares)
        active = np.flatnonzero(piece[own] < count)
        columns[active, piece[own[active]]] += 1.0
        for codes, table in tables:
            columns -= table[codes[own]]
        weighted = columns if rows.weights is None else columns * rows.weights[own, None]
        cross[:, g], grams[g] = problem.outcome[own] @ weighted, weighted.T @ columns
    return IndicatorSums(distinct[:, used], cross, grams)


def _effects_of_indicators(rows: Refit, piece: Integers, count: int) -> list[tuple[Integers, Floats]]:
    """(codes, (levels, C) effects) of the C indicators that ``piece`` (n,) numbers; their sum over the entries is what the effects absorb.

    With one or two effects the tables come from sums by level and piece, by the factor that removes effects from a column; with more the
    columns are freed of effects, and each row is a level of its own.
    """
    absorber, weights = rows.absorber, rows.weights
    if absorber is None:
        return []
    if not absorber.by_levels:
        columns = np.zeros((count, rows.n))
        active = np.flatnonzero(piece < count)
        columns[piece[active], active] = 1.0
        rest = columns.copy()
        _remove_effects(absorber, rest)
        return [(np.arange(rows.n), (columns - rest).T)]

    def sums(grouping: Grouping) -> Floats:
        cells = np.bincount(grouping.codes * (count + 1) + piece, weights, grouping.levels * (count + 1))
        return cells.reshape(grouping.levels, count + 1)[:, :count].astype(np.float64)

    solver = absorber.solver
    large = solver.large if solver else absorber.groupings[0]
    mass = large.counts if weights is None else large.sums(weights)
    found = sums(large) / mass[:, None]
    if solver is None or not len(solver.free):
        return [(large.codes, found)]
    small, effects = solver.small, np.zeros((solver.small.levels, count))
    rest = sums(small) - np.asarray(solver.crossing.T @ found)
    effects[solver.free] = solver.small_effects(rest[solver.free])
    found -= np.asarray(solver.crossing @ effects) / mass[:, None]
    return [(large.codes, found), (small.codes, effects)]
