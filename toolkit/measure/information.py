"""Mutual information of the dimensions of a table of amounts, in bits: do payer and performer, or place and activity, go together?"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import Floats


def mutual_information(table: ArrayLike) -> float:
    r"""Mutual information of two dimensions of a table, or the configurational information of three.

    .. math:: T_{xy} = H_x + H_y - H_{xy}, \qquad T_{xyz} = H_x + H_y + H_z - H_{xy} - H_{xz} - H_{yz} + H_{xyz}

    with the entropies H of the marginal shares. Of two dimensions it is zero if they are independent and positive otherwise; of three it
    may be negative, which the literature on the triple helix reads as synergy.

    Parameters
    ----------
    table : two or three dimensions, non-negative amounts of any unit.

    Returns
    -------
    Bits.

    Raises
    ------
    MeasureError
        On another number of dimensions, missing or negative values, or a table of zeros.

    References
    ----------
    McGill (1954), Multivariate information transmission, Psychometrika 19. Leydesdorff (2003), The mutual information of
    university-industry-government relations, Scientometrics 58.

    Examples
    --------
    >>> mutual_information([[1.0, 0.0], [0.0, 1.0]]), mutual_information([[2.0, 4.0], [1.0, 2.0]])
    (1.0, 0.0)
    """
    amounts = numeric(table, "mutual information needs numbers")
    if amounts.ndim not in (2, 3):
        raise MeasureError(f"mutual information of {amounts.ndim} dimensions is not defined here", remedy="pass a table of two or three")
    if not np.isfinite(amounts).all() or (amounts < 0).any() or not amounts.any():
        raise MeasureError("mutual information needs amounts that are not negative and not all zero", remedy="correct the table")
    shares = amounts / amounts.max()
    shares = shares / shares.sum()
    every = range(shares.ndim)
    total = 0.0
    for size in range(1, shares.ndim + 1):
        for kept in combinations(every, size):
            total += (-1) ** (size + 1) * _entropy(shares.sum(axis=tuple(set(every) - set(kept))))
    return total if abs(total) > _ROUNDING else 0.0


_ROUNDING = 1e-14  # bits: sums of entropies that cancel leave as much


def _entropy(shares: Floats) -> float:
    positive = shares[shares > 0]
    return float(-(positive * np.log2(positive)).sum())
