"""Grey relational degree: how closely series follow a reference, point by point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError, MissingColumn
from toolkit.measure.composite.matrix import checked_importance, checked_matrix, unit_matrix
from toolkit.measure.values import Floats, numeric, setting


def grey_relation(
    z: pd.DataFrame | ArrayLike,
    weights: pd.Series | Mapping[str, float] | ArrayLike | None = None,
    *,
    reference: ArrayLike | None = None,
    rho: float = 0.5,
) -> pd.Series:
    r"""Grey relational degree of each row with a reference row.

    With :math:`\Delta_{ij} = |z_{0j} - z_{ij}|` and its smallest and largest value over **all** rows and indicators,

    .. math:: \xi_{ij} = \frac{\Delta_{\min} + \rho \Delta_{\max}}{\Delta_{ij} + \rho \Delta_{\max}}, \qquad
        \gamma_i = \sum_j w_j \xi_{ij}

    Parameters
    ----------
    z : (n, m) normalised values in [0, 1]; over all rows of a panel the extremes are common, so that years compare.
    weights : (m,) by name or by position, scaled to sum to one; equal when omitted.
    reference : (m,) by name or by position, the row to compare with; the ideal (1 everywhere) when omitted.
    rho : distinguishing coefficient in (0, 1]; the smaller, the wider the degrees spread.

    Returns
    -------
    (n,) Series in (0, 1]; 1 for rows equal to the reference.

    Raises
    ------
    MeasureError
        On values outside [0, 1], rho outside (0, 1], or weights and a reference that do not fit.

    References
    ----------
    Deng (1982), Systems & Control Letters 1, 288–294; Deng (1989), Journal of Grey System 1, 1–24.

    Examples
    --------
    >>> grey_relation([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0]]).round(4).tolist()
    [1.0, 0.6667, 0.3333]
    """
    frame = unit_matrix(z, "the grey relational degree")
    ideal = np.ones(frame.shape[1])
    if reference is not None:
        if isinstance(reference, pd.Series) and set(reference.index) == set(frame.columns):
            reference = reference[frame.columns]
        ideal = numeric(reference, "the reference needs numbers", "give one number per indicator")
    if ideal.shape != (frame.shape[1],) or not np.isfinite(ideal).all():
        raise MeasureError(f"the reference must be {frame.shape[1]} finite numbers", remedy="give one value per indicator")
    even = np.ones(frame.shape[1]) if weights is None else weights
    shares = checked_importance(even, frame.columns, "the grey relational degree").to_numpy()
    return pd.Series(_coefficients(np.abs(frame.to_numpy() - ideal), rho) @ shares, index=frame.index, name="grey_relation")


def grey_relation_panel(frame: pd.DataFrame, reference: str, columns: Sequence[str], *, entity: str, rho: float = 0.5) -> pd.DataFrame:
    r"""Grey relational degree of series with a reference series over time, for each entity.

    The extremes of :math:`\Delta` are taken over all entities, years and series, so that entities compare:

    .. math:: \gamma_{ij} = \frac{1}{T_i} \sum_t \frac{\Delta_{\min} + \rho \Delta_{\max}}{|x_{0it} - x_{jit}| + \rho \Delta_{\max}}

    Parameters
    ----------
    frame : one row per entity and year, with ``reference`` and ``columns`` on a common scale (scores or normalised values).
    reference : name of the reference series, for example the score of one system.
    columns : names of the series that are compared with it.
    entity : name of the column of entities.
    rho : distinguishing coefficient in (0, 1].

    Returns
    -------
    (entities, columns) frame of degrees in (0, 1], entities sorted.

    Raises
    ------
    MissingColumn
        When a name is no column.
    MeasureError
        On missing or infinite values, a row without entity, or rho outside (0, 1].

    Examples
    --------
    >>> scores = pd.DataFrame({"p": ["a", "a", "b", "b"], "science": [0.2, 0.4, 0.5, 0.5], "industry": [0.2, 0.4, 0.1, 0.1]})
    >>> grey_relation_panel(scores, "science", ["industry"], entity="p").round(3)["industry"].tolist()
    [1.0, 0.333]
    """
    columns = [columns] if isinstance(columns, str) else columns
    for name in (entity, reference, *columns):
        if name not in frame.columns:
            raise MissingColumn(f"there is no column {name!r}", where=f"columns: {', '.join(map(str, frame.columns))}", remedy="name one")
    nameless = frame[entity].isna()
    if nameless.any():
        raise MeasureError(f"a row has no {entity}", where=f"first: row {frame.index[nameless][0]!r}", remedy="name it or drop the row")
    values = checked_matrix(frame[list(dict.fromkeys([reference, *columns]))], "the grey relational degree")
    gaps = np.abs(values[list(columns)].to_numpy() - values[[reference]].to_numpy())
    xi = pd.DataFrame(_coefficients(gaps, rho), index=frame.index, columns=list(columns))
    return xi.groupby(frame[entity], observed=True).mean()


def _coefficients(gaps: Floats, rho: float) -> Floats:
    if not 0 < setting(rho, "rho") <= 1:
        raise MeasureError(f"rho {rho:g} lies outside (0, 1]", remedy="use 0.5, the usual value")
    low, high = gaps.min(), gaps.max()
    if high == 0:
        return np.ones_like(gaps)
    return np.asarray((low + rho * high) / (gaps + rho * high), dtype=np.float64)
