r"""Grouped scans: all that least squares with one or two absorbed effects needs of the rows, and nothing of the size of the rows.

With the sums of each level i of the larger effect, the sums of each level t of the smaller one, and the total cross-products,

.. math:: \tilde X'\tilde X = X'X - \sum_i \frac{S_i S_i'}{w_i} - (R - B)'\gamma, \qquad (D - A)\,\gamma = R - B

where S_i and R_t are the sums of the columns, w_it the weight of a pair, A = sum_i w_i. w_i.' / w_i, B = sum_i w_i. S_i' / w_i and D the
diagonal of the weights of the levels t. Columns are shifted by the means of a sample first, so that large means cost no digits.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EmptySample, NotConverged
from toolkit.estimate.large.batches import OutOfOrder
from toolkit.estimate.large.grouped import by_large, by_small
from toolkit.estimate.large.ordered import ordered_sums
from toolkit.estimate.large.question import Large, Moments, Question, Small
from toolkit.numerics import Floats


def moments(q: Question, small_first: bool) -> Moments:
    """Scan until no singleton is left, and solve for the smaller effect.

    Parameters
    ----------
    small_first : whether the smaller effect stands before the larger one, whose singletons then leave first.

    Raises
    ------
    EmptySample, EstimationError, NotConverged
    """
    singles = {"large": 0, "small": 0}
    first: tuple[object, int] | None = None
    q, small, large = _sums(q)
    used = int(small.rows.sum())
    while True:
        if not small.rows.sum():
            raise EmptySample(
                "no row is left", where=q.table.label, remedy="look for a column that is missing in every row, or use fewer lags"
            )
        if small_first and not any(singles.values()) and q.absorbed and not q.keep_single and (small.rows == 1).any():
            q, small, large = _without(q, np.flatnonzero(small.rows == 1), singles, np.zeros(len(small.rows)))
            singles["before"] = len(q.without)
            continue
        if large is None:
            break
        first = first or large.first
        alone = np.flatnonzero(small.rows - large.single_rows == 1) if q.absorbed and not q.keep_single else np.empty(0, np.intp)
        if not len(alone):
            large.first = first
            break
        q, small, large = _without(q, alone, singles, large.single_rows)
    if large is not None:
        singles["large"] += int(large.single_rows.sum())
    return _solved(q=q, small=small, large=large, singles=singles, used=used)


def _sums(q: Question) -> tuple[Question, Small, Large | None]:
    """The sums by both effects: in one scan where the rows of each entity lie together, else in two."""
    if q.ordered:
        try:
            return q, *ordered_sums(q)
        except OutOfOrder:
            q = replace(q, ordered=False)
    return q, by_small(q), by_large(q) if q.large else None


def _without(q: Question, codes: NDArray[np.intp], singles: dict[str, int], single_rows: Floats) -> tuple[Question, Small, Large | None]:
    singles["small"] += len(codes)
    singles["large"] += int(single_rows[codes].sum())
    singles.setdefault("first", len(codes))
    return _sums(replace(q, without=(*q.without, *map(int, codes))))


def _solved(q: Question, small: Small, large: Large | None, singles: dict[str, int], used: int) -> Moments:
    rows, mass, logs, sums, products = small.rows, small.weight, float(small.logs.sum()), small.sums, small.products
    if large is not None:
        rows, mass, sums = rows - large.single_rows, mass - large.single_weights, sums - large.single_sums
        products, logs = products - large.single_products, logs - large.single_logs
    n, weight = int(rows.sum()), float(mass.sum())
    if not n:
        raise EmptySample("no row is left: every level of the effects is seen once", remedy="absorb fewer effects")
    offset = sums.sum(axis=0) / weight
    gram = products - weight * np.outer(offset, offset)
    centred = np.maximum(np.diag(gram), 0.0)
    size = np.sqrt(np.maximum(np.diag(products) + 2 * q.shift * sums.sum(axis=0) + weight * q.shift**2, 0.0))
    within, gamma, rank, present = gram.copy(), np.zeros((len(rows), q.m)), 0, rows > 0
    if large is not None:
        within = products - large.squares
        rank = large.levels
    if large is not None and q.absorbed:
        right = sums - large.crossed
        gamma, components = _smaller(mass, large.overlap, right, present)
        within = within - gamma.T @ right
        rank += int(present.sum()) - components
    scale = weight / n
    return Moments(
        rows=n,
        weight=scale,
        logs=float(logs - n * np.log(scale)) if q.weight else 0.0,
        means=q.shift + offset,
        size=size / np.sqrt(scale),
        varying=np.sqrt(centred / scale),
        gram=gram / scale,
        within=within / scale,
        gamma=gamma,
        large=large,
        small=small,
        present=present,
        rank=rank,
        question=q,
        singles=singles,
        used=used,
    )


def _smaller(mass: Floats, overlap: Floats, right: Floats, present: NDArray[np.bool_]) -> tuple[Floats, int]:
    """Effects (T, m) of the smaller effect, one level of each connected component at zero, and the number of components."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    at = np.flatnonzero(present)
    labels = connected_components(csr_matrix(overlap[np.ix_(at, at)] > 0), directed=False)[1]
    _, references = np.unique(labels, return_index=True)
    free = np.delete(at, references)
    gamma = np.zeros_like(right)
    if len(free):
        try:
            gamma[free] = cho_solve(cho_factor((np.diag(mass) - overlap)[np.ix_(free, free)]), right[free])
        except LinAlgError:
            raise NotConverged(
                "the two absorbed effects cannot be told apart numerically",
                remedy="look for weights of very different size, or absorb one effect",
            ) from None
    return gamma, len(references)
