"""TOPSIS: how near a row is to the best values, compared with how far it is from the worst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.composite.matrix import checked_importance, unit_matrix


@dataclass(frozen=True, eq=False)
class Topsis:
    """Distances to the ideal and the anti-ideal row.

    Attributes
    ----------
    closeness : (n,) in [0, 1]; 1 at the ideal, 0 at the anti-ideal.
    to_ideal, to_anti_ideal : (n,) weighted Euclidean distances.
    """

    closeness: pd.Series
    to_ideal: pd.Series
    to_anti_ideal: pd.Series


def topsis(z: pd.DataFrame | ArrayLike, weights: pd.Series | Mapping[str, float] | ArrayLike) -> Topsis:
    r"""Relative closeness to the ideal.

    With :math:`v_{ij} = w_j z_{ij}`, :math:`v_j^+ = \max_i v_{ij}`, :math:`v_j^- = \min_i v_{ij}`,

    .. math:: d_i^\pm = \sqrt{\sum_j (v_{ij} - v_j^\pm)^2}, \qquad S_i = d_i^- / (d_i^+ + d_i^-)

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1], 1 the best. Over all rows of a panel the ideal is the same in every year.
    weights : (m,) by name or by position, scaled to sum to one; for example ``entropy_weights(z)``.

    Raises
    ------
    MeasureError
        On values outside [0, 1], weights that do not fit, or when all rows are equal, so that ideal and anti-ideal coincide.

    References
    ----------
    Hwang and Yoon (1981), Multiple Attribute Decision Making, Springer.

    Examples
    --------
    >>> topsis([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]], [0.5, 0.5]).closeness.tolist()
    [0.0, 0.5, 1.0]
    """
    frame = unit_matrix(z, "TOPSIS")
    v = frame.to_numpy() * checked_importance(weights, frame.columns, "TOPSIS").to_numpy()
    near, far = (np.sqrt(((v - best) ** 2).sum(axis=1)) for best in (v.max(axis=0), v.min(axis=0)))
    if not (near + far).all():
        raise MeasureError("TOPSIS is not defined: all rows are equal in the indicators that weigh", remedy="use more rows")
    columns = {"closeness": far / (near + far), "to_ideal": near, "to_anti_ideal": far}
    return Topsis(**{name: pd.Series(value, index=frame.index, name=name) for name, value in columns.items()})
