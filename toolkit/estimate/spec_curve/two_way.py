"""Two cluster variables: the covariance may need a repair, and that looks at all coefficients together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from toolkit.estimate.covariance import positive_semidefinite
from toolkit.estimate.spec_curve.block import Block
from toolkit.estimate.spec_curve.compress import pair_products

Floats = NDArray[np.float64]


def two_way_variances(block: Block, models: Sequence[Sequence[int]]) -> Floats:
    """(m,) variance of the treatment in each model, without the small-sample factor, in the units of the block.

    Parameters
    ----------
    models : for each model the columns of ``block.small`` beside the treatment; of one size.
    """
    placed = block.placed
    treatment = np.append(placed.inside[0], placed.beside[0])
    outcome = np.append(block.small.columns[:, 0], 0.0)
    chosen = block.small.columns[:, np.array(models, dtype=np.intp).reshape(len(models), -1)].transpose(1, 2, 0)
    m, k, r = chosen.shape
    rows = np.zeros((m, 1 + k, r + 1))
    rows[:, 0], rows[:, 1:, :r] = treatment, chosen
    q, triangle = np.linalg.qr(rows.transpose(0, 2, 1))
    q = q.transpose(0, 2, 1)
    residual = outcome - np.einsum("mkr,mk->mr", q, q @ outcome)
    scores = pair_products(q[..., :-1], q[..., -1], residual[:, None, :-1], residual[:, None, -1])
    meat = np.zeros((m, 1 + k, 1 + k))
    for share, factor in placed.factors:
        sums = scores @ factor[0].T
        meat += share * sums @ sums.transpose(0, 2, 1)
    back = np.linalg.inv(triangle)
    return np.array([positive_semidefinite(vcov)[0][0, 0] for vcov in back @ meat @ back.transpose(0, 2, 1)])
