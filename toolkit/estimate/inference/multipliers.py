"""The random signs of the wild bootstrap, one per cluster and draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

Multiplier = Literal["rademacher", "webb", "mammen"]
MULTIPLIERS: tuple[Multiplier, ...] = ("rademacher", "webb", "mammen")
MOST_ENUMERATED = 12  # clusters up to which all 2^G Rademacher draws are taken
CELLS = 4_000_000  # cells of one block of draws (32 MB)

_ROOT5 = 5**0.5
_WEBB = np.array([-(1.5**0.5), -1.0, -(0.5**0.5), 0.5**0.5, 1.0, 1.5**0.5])
_MAMMEN = (1 - _ROOT5) / 2, (1 + _ROOT5) / 2
_MAMMEN_SHARE = (_ROOT5 + 1) / (2 * _ROOT5)  # of the negative value


def half_of_all_signs(clusters: int) -> Floats:
    """(2^(G-1), G) all Rademacher draws whose first sign is +1; the other half are their mirror images.

    Examples
    --------
    >>> half_of_all_signs(2)
    array([[ 1.,  1.],
           [ 1., -1.]])
    """
    numbers = np.arange(2 ** (clusters - 1))
    others = (numbers[:, None] >> np.arange(clusters - 1)) & 1
    return 1.0 - 2.0 * np.column_stack([np.zeros_like(numbers), others])


def all_signs(clusters: int) -> Floats:
    """(2^G, G) all Rademacher draws, the identity first.

    Examples
    --------
    >>> all_signs(1)
    array([[ 1.],
           [-1.]])
    """
    half = half_of_all_signs(clusters)
    return np.concatenate([half, -half])


def random_multipliers(kind: Multiplier, draws: int, clusters: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Blocks (m, G) of ``draws`` multipliers with mean 0 and variance 1.

    rademacher: -1 or 1. webb: six values, plus or minus sqrt(1/2), 1, sqrt(3/2) (Webb 2023). mammen: (1 - sqrt 5)/2 or (1 + sqrt 5)/2,
    third moment 1 (Mammen 1993).
    """
    size = max(1, CELLS // clusters)
    for start in range(0, draws, size):
        shape = (min(size, draws - start), clusters)
        if kind == "rademacher":
            yield np.array([1.0, -1.0])[rng.integers(0, 2, shape, dtype=np.int8)]
        elif kind == "webb":
            yield _WEBB[rng.integers(0, 6, shape, dtype=np.int8)]
        else:
            yield np.where(rng.random(shape) < _MAMMEN_SHARE, *_MAMMEN).astype(np.float64)
