"""TOPSIS closeness, grey relation, obstacle degrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError, MissingColumn
from toolkit.measure.composite.matrix import checked_importance, checked_matrix, unit_matrix
from toolkit.measure.inputs.values import numeric, setting
from toolkit.numerics import Floats, settled


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
