"""Obstacle degrees: how much of what a row lacks is due to each indicator, dimension and system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.composite.matrix import checked_importance, unit_matrix
from toolkit.transform.ties import settled

EQUAL = 1e-9  # per cent: a difference of two degrees below it is rounding


@dataclass(frozen=True, eq=False)
class Obstacles:
    """Obstacle degrees in percent.

    Attributes
    ----------
    degrees : (n, m) by indicator; each row sums to 100, and is missing where the row is at the ideal in every indicator that weighs.
    """

    degrees: pd.DataFrame

    def by_group(self, groups: Mapping[str, str]) -> pd.DataFrame:
        """(n, g) sums over the indicators of each group (dimension or system), in the order in which the groups first occur.

        Parameters
        ----------
        groups : name of the group of each indicator.

        Raises
        ------
        MeasureError
            When an indicator has no group.
        """
        for name in self.degrees.columns:
            if name not in groups:
                raise MeasureError(f"the indicator {name!r} has no group", remedy="name the dimension or system of each indicator")
        label = [groups[name] for name in self.degrees.columns]
        sums = {g: self.degrees.loc[:, [here == g for here in label]].sum(axis=1, skipna=False) for g in dict.fromkeys(label)}
        return pd.DataFrame(sums, index=self.degrees.index)

    def largest(self, count: int = 3) -> pd.DataFrame:
        """The ``count`` largest obstacles of each row: columns rank, indicator, degree; ties (to rounding) in the order of the indicators.

        Raises
        ------
        MeasureError
            When ``count`` is below one.
        """
        if count < 1:
            raise MeasureError(f"the {count} largest obstacles are none", remedy="ask for one or more")
        order = np.argsort(settled(-self.degrees.to_numpy(dtype=np.float64).T, EQUAL).T, axis=1, kind="stable")[:, :count]
        rows = np.repeat(np.arange(len(order)), order.shape[1])
        frame = pd.DataFrame(
            {
                "rank": np.tile(np.arange(1, order.shape[1] + 1), len(order)),
                "indicator": self.degrees.columns.to_numpy()[order.ravel()],
                "degree": self.degrees.to_numpy()[rows, order.ravel()],
            },
            index=self.degrees.index[rows],
        )
        return frame[frame["degree"].notna()]


def obstacle_degrees(z: pd.DataFrame | ArrayLike, weights: pd.Series | Mapping[str, float] | ArrayLike) -> Obstacles:
    r"""Share of each indicator in the weighted distance of a row from the best value.

    .. math:: O_{ij} = 100 \, \frac{w_j (1 - z_{ij})}{\sum_l w_l (1 - z_{il})}

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1], 1 the best.
    weights : (m,) by name or by position, scaled to sum to one.

    Raises
    ------
    MeasureError
        On values outside [0, 1] or weights that do not fit.

    Examples
    --------
    >>> found = obstacle_degrees(pd.DataFrame({"rd": [0.0, 0.5], "patents": [0.5, 0.5]}), {"rd": 0.5, "patents": 0.5})
    >>> found.degrees.round(1).to_numpy().tolist()
    [[66.7, 33.3], [50.0, 50.0]]
    """
    frame = unit_matrix(z, "the obstacle degree")
    lack = (1 - frame.to_numpy()) * checked_importance(weights, frame.columns, "the obstacle degree").to_numpy()
    total = lack.sum(axis=1, keepdims=True)
    degrees = np.divide(100 * lack, total, out=np.full_like(lack, np.nan), where=total > 0)
    return Obstacles(pd.DataFrame(degrees, index=frame.index, columns=frame.columns))
