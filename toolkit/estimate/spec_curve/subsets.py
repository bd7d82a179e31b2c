"""Every set of controls of a block solved at once, in the compressed basis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.spec_curve.compress import Compressed, Placed, meat, pair_products

Floats = NDArray[np.float64]

CELLS = 4_000_000  # numbers that one pass over sets and draws may hold (32 MB)


@dataclass(frozen=True)
class Partialled:
    """m sets of controls, removed from the outcome.

    Attributes
    ----------
    sets : (m,) which sets of the block these are.
    removers : (m, r, r) projections off the controls of each set.
    outcome : (m, r) the outcome with them removed.
    """

    sets: NDArray[np.intp]
    removers: Floats
    outcome: Floats


@dataclass(frozen=True)
class Slopes:
    """The coefficient of B treatments in m models.

    Attributes
    ----------
    beta : (B, m).
    variance : (B, m) clustered by one variable, without the small-sample factor.
    length : (B, m) of the treatment with the controls removed.
    rss : (B, m) residual sum of squares.
    """

    beta: Floats
    variance: Floats
    length: Floats
    rss: Floats


def partial_out(small: Compressed, sets: Sequence[Sequence[int]], outcome: int = 0) -> Iterator[Partialled]:
    """Remove each set of columns from the outcome, in pieces of bounded size.

    Parameters
    ----------
    sets : for each model the columns of ``small`` that are its controls, linearly independent.
    outcome : the column that is the outcome.
    """
    r = small.columns.shape[0]
    sizes = np.array([len(one) for one in sets])
    most = max(1, CELLS // (r * (r + 1)))
    for size in np.unique(sizes):
        members = np.flatnonzero(sizes == size)
        for start in range(0, len(members), most):
            chosen = members[start : start + most]
            columns = small.columns[:, np.array([sets[i] for i in chosen], dtype=np.intp).reshape(len(chosen), size)]
            q = np.linalg.qr(columns.transpose(1, 0, 2))[0]
            removers = np.eye(r) - q @ q.transpose(0, 2, 1)
            yield Partialled(chosen, removers, removers @ small.columns[:, outcome])


def slopes(placed: Placed, models: Partialled) -> Slopes:
    """Frisch, Waugh and Lovell for B treatments and m models together: b = u'y / u'u with u and y rid of the controls."""
    u = np.einsum("bs,mrs->bmr", placed.inside, models.removers, optimize=True)
    beside = np.broadcast_to(placed.beside[:, None], u.shape[:2])
    square = np.einsum("bmr,bmr->bm", u, u) + beside**2
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = np.einsum("bmr,mr->bm", u, models.outcome) / square
        e = models.outcome - beta[..., None] * u
        e_beside = -beta * beside
        rss = np.einsum("bmr,bmr->bm", e, e) + e_beside**2
        variance = meat(placed, pair_products(u, beside, e, e_beside)) / square**2
    return Slopes(beta, variance, np.sqrt(square), rss)
