r"""Data envelopment analysis: how far a unit could shrink its inputs or widen its outputs inside the hull of all units.

.. math:: \theta_k = \min \{\theta : \theta x_k \ge X'\lambda,\ y_k \le Y'\lambda,\ \lambda \ge 0\}, \qquad
          \phi_k = \max \{\phi : x_k \ge X'\lambda,\ \phi y_k \le Y'\lambda,\ \lambda \ge 0\}

Variable returns to scale add that the weights sum to one. Under constant returns phi is 1 / theta. All units are solved as one linear
programme whose blocks do not touch: a hundred times fewer calls, which is what makes the bootstrap affordable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import Floats
from toolkit.report import Fields

Orientation = Literal["input", "output"]
Returns = Literal["constant", "variable"]
_ORIENTATIONS, _RETURNS = ("input", "output"), ("constant", "variable")
EFFICIENT = 1 - 1e-7  # a score above is one but for the tolerance of the linear programme


@dataclass(frozen=True, repr=False)
class Envelopment(Fields):
    """Efficiency of n units.

    Attributes
    ----------
    scores : (n,) in (0, 1]: theta, or 1 / phi in the output orientation.
    weights : (n, n) lambda, row k for unit k: its peers are those with a weight.
    inputs, outputs : (n, m) and (n, s).
    orientation, returns : as asked.
    labels : (n,) of the units.
    """

    scores: Floats
    weights: Floats
    inputs: Floats
    outputs: Floats
    orientation: Orientation
    returns: Returns
    labels: pd.Index

    @property
    def frontier(self) -> list[object]:
        """The units with a score of one."""
        return list(self.labels[self.scores >= EFFICIENT])


def envelopment(
    inputs: ArrayLike | pd.DataFrame,
    outputs: ArrayLike | pd.DataFrame,
    *,
    orientation: Orientation = "input",
    returns: Returns = "constant",
) -> Envelopment:
    """Technical efficiency of each unit relative to the hull of all.

    Parameters
    ----------
    inputs, outputs : (n, m) and (n, s), positive, one row per unit in the same order; an index names the units.
    orientation : whether inputs shrink at given outputs, or outputs grow at given inputs.
    returns : to scale.

    Raises
    ------
    MeasureError
        For rows that do not match, fewer than two units, or a value that is missing, zero or negative.

    References
    ----------
    Charnes, Cooper and Rhodes (1978), European Journal of Operational Research 2, 429–444 (constant returns); Banker, Charnes and Cooper
    (1984), Management Science 30, 1078–1092 (variable returns).

    Examples
    --------
    >>> found = envelopment([[2, 5], [2, 4], [6, 6], [3, 2], [6, 2]], [[1], [2], [3], [1], [2]])
    >>> found.scores.round(3).tolist()
    [0.5, 1.0, 0.833, 0.714, 1.0]
    """
    for value, known in ((orientation, _ORIENTATIONS), (returns, _RETURNS)):
        if value not in known:
            raise MeasureError(f"data envelopment analysis knows no {value!r}", remedy=f"use one of {', '.join(known)}")
    x, y = _positive(inputs, "inputs"), _positive(outputs, "outputs")
    if len(x) != len(y) or len(x) < 2:
        raise MeasureError(
            f"data envelopment analysis has {len(x)} rows of inputs and {len(y)} of outputs", remedy="give each unit one row in both"
        )
    labels = inputs.index if isinstance(inputs, pd.DataFrame) else pd.RangeIndex(len(x))
    scores, weights = solve(x, y, reference=(x, y), orientation=orientation, returns=returns)
    return Envelopment(scores=scores, weights=weights, inputs=x, outputs=y, orientation=orientation, returns=returns, labels=labels)


def solve(x: Floats, y: Floats, *, reference: tuple[Floats, Floats], orientation: Orientation, returns: Returns) -> tuple[Floats, Floats]:
    """Scores (n,) of the units and their weights (n, r) on the r units of the reference; scores above one if it does not hold the units.

    Parameters
    ----------
    x, y : (n, m) and (n, s) of the units.
    reference : (r, m) and (r, s) of the units that span the hull.
    orientation, returns : as in :func:`envelopment`.
    """
    from scipy import sparse
    from scipy.optimize import linprog

    unit_in, unit_out = reference[0].mean(axis=0), reference[1].mean(axis=0)  # free of units of measurement: one tolerance for all rows
    x, y, big_x, big_y = x / unit_in, y / unit_out, reference[0] / unit_in, reference[1] / unit_out
    n, r = len(x), len(big_x)
    zeros = [np.zeros_like(x), np.zeros_like(y)]
    moved = [-x, zeros[1]] if orientation == "input" else [zeros[0], y]
    still = [zeros[0], -y] if orientation == "input" else [x, zeros[1]]
    hull = np.broadcast_to(np.hstack([big_x, -big_y]).T, (n, big_x.shape[1] + big_y.shape[1], r))
    blocks = np.concatenate([np.hstack(moved)[:, :, None], hull], axis=2)  # (unit, constraint, own scale and the weights of the hull)
    columns = np.hstack([np.arange(n)[:, None], n + np.arange(n * r).reshape(n, r)])  # of the variables of each unit
    rows = sparse.csr_array(
        (blocks.ravel(), np.repeat(columns, blocks.shape[1], axis=0).ravel(), np.arange(0, blocks.size + 1, r + 1)),
        shape=(blocks[:, :, 0].size, n + n * r),
    )
    sums = None
    if returns == "variable":
        sums = sparse.csr_array((np.ones(n * r), columns[:, 1:].ravel(), np.arange(0, n * r + 1, r)), shape=(n, n + n * r))
    sign = 1.0 if orientation == "input" else -1.0
    found = linprog(
        np.concatenate([np.full(n, sign), np.zeros(n * r)]),
        A_ub=rows,
        b_ub=np.hstack(still).ravel(),
        A_eq=sums,
        b_eq=None if sums is None else np.ones(n),
        method="highs",
    )
    if found.status != 0:
        raise MeasureError(f"the linear programme has no solution: {found.message}", remedy="look for units with extreme ratios")
    scores = found.x[:n] if orientation == "input" else 1 / found.x[:n]
    return scores, found.x[n:].reshape(n, r)


def _positive(values: ArrayLike | pd.DataFrame, said: str) -> Floats:
    cells = numeric(values, f"the {said} need numbers")
    cells = cells[:, None] if cells.ndim == 1 else cells
    if cells.ndim != 2 or not (np.isfinite(cells) & (cells > 0)).all():
        raise MeasureError(
            f"the {said} of data envelopment analysis are not all positive numbers", remedy="leave out units with nil or missing values"
        )
    return cells
