"""Ranks and quantiles of numbers in [0, 1], fast where there are millions of them, and exact."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from toolkit.numerics import Floats

SAME: Final = 1e-12  # difference of two D: what differs less is a tie, not an order made by rounding
_BITS: Final = 32
_BINS: Final = 1024


def ranks_of(values: Floats) -> NDArray[np.int32]:
    """(b, n) rank of each value in its row, 1 for the largest; neighbours that agree to twelve decimals share the better rank.

    Parameters
    ----------
    values : (b, n) in [0, 1].

    Examples
    --------
    >>> ranks_of(np.array([[0.2, 0.9, 0.2, 0.1]])).tolist()
    [[2, 1, 2, 4]]
    """
    n = values.shape[1]
    places = int(n - 1).bit_length()
    steps, high = 2.0 ** (_BITS - places) - 1, values.max()
    width = (high - values.min()) / steps
    if width <= SAME or 4 * n * n > steps:  # whole numbers would not tell them apart
        return _exactly(values)
    # a whole number for each value, its place in the row in the last bits: sorted, the places stand in the order of the ranks
    row, last = np.arange(n, dtype=np.uint32), np.uint32((1 << places) - 1)
    keys = ((high - values) / width).astype(np.uint32)
    keys <<= places
    keys |= row
    keys.sort(axis=1)
    close = (keys[:, 1:] - keys[:, :-1]).min(axis=1, initial=2 << places) < 2 << places  # not two whole numbers apart
    # the place before the rank less one, sorted again, leaves the ranks in the order of the places
    keys &= last
    keys <<= places
    keys |= row
    keys.sort(axis=1)
    keys &= last
    keys += 1
    ranks: NDArray[np.int32] = keys.view(np.int32)
    if close.any():
        ranks[close] = _exactly(values[close])
    return ranks


def _exactly(values: Floats) -> NDArray[np.int32]:
    """What :func:`ranks_of` gives, by the values themselves."""
    turned = -values
    order = np.argsort(turned, axis=1)
    order += np.arange(0, values.size, values.shape[1])[:, None]
    ascending = turned.ravel().take(order)
    place = np.broadcast_to(np.arange(1, values.shape[1] + 1, dtype=np.int32), values.shape)
    tied = ascending[:, 1:] - ascending[:, :-1] <= SAME
    if tied.any():
        place = place.copy()
        place[:, 1:][tied] = 0
        place = np.maximum.accumulate(place, axis=1)
    ranks = np.empty(values.shape, dtype=np.int32)
    ranks.ravel()[order] = place
    return ranks


def quantiles_of(values: Floats, shares: tuple[float, ...]) -> Floats:
    """(q,) quantiles of ``values`` (n,) in [0, 1], interpolated as by ``numpy.quantile``: only the bins that hold them are sorted.

    Examples
    --------
    >>> quantiles_of(np.array([0.5, 0.1, 0.4, 0.2]), (0.5, 1.0)).round(12).tolist()
    [0.3, 0.5]
    """
    bins = (values * _BINS).astype(np.intp)
    up_to = np.bincount(bins, minlength=_BINS + 1).cumsum()
    found = np.empty(len(shares))
    for q, share in enumerate(shares):
        place = share * (len(values) - 1)
        below = int(place)
        above = min(below + 1, len(values) - 1)
        first, last = np.searchsorted(up_to, (below, above), side="right")
        held = np.sort(values[bins == first if first == last else (bins >= first) & (bins <= last)])
        before = up_to[first - 1] if first else 0
        low, high = held[below - before], held[above - before]
        found[q] = low + (high - low) * (place - below)
    return found
