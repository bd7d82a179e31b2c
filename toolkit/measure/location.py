"""Location quotients: how specialised a region is, against all regions together."""

from __future__ import annotations

from typing import cast, overload

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from toolkit.errors import MeasureError
from toolkit.measure.values import Floats, checked, labelled, named, same_rows


@overload
def location_quotient(part: pd.Series, whole: ArrayLike) -> pd.Series: ...
@overload
def location_quotient(part: ArrayLike, whole: ArrayLike) -> Floats: ...
def location_quotient(part: ArrayLike, whole: ArrayLike) -> Floats | pd.Series:
    r"""Location quotient of one activity, :math:`LQ_r = \frac{x_r / \sum_r x_r}{y_r / \sum_r y_r}`.

    Above one: the region has more of the activity than its size suggests.

    Parameters
    ----------
    part : (n,) non-negative, the activity by region (R&D personnel, for example).
    whole : (n,) positive, the size of the region (all employed persons).

    Returns
    -------
    (n,) in the order of ``part``, a Series with its index where it is one; the mean weighted by ``whole`` is one.

    Raises
    ------
    MeasureError
        On missing, negative or (in ``whole``) zero values, or when lengths or indexes differ.

    Examples
    --------
    >>> location_quotient([30, 10], [100, 100]).tolist()
    [1.5, 0.5]
    """
    what = "the location quotient"
    x, y = checked(part, what, "non-negative"), checked(whole, f"the denominator of {what}", "positive")
    if x.size != y.size:
        raise MeasureError(f"{what} got {x.size} parts and {y.size} wholes", remedy="give one whole per part")
    same_rows(part, whole, "wholes", what)
    x, y = x / x.max(), y / y.max()  # sums of very large values would overflow
    quotient = np.asarray((x / y) * (y.sum() / x.sum()), dtype=np.float64)
    return cast("Floats | pd.Series", labelled(quotient, part, "location_quotient"))


def location_quotients(table: pd.DataFrame) -> pd.DataFrame:
    r"""Location quotients of every activity, :math:`LQ_{ri} = \frac{x_{ri} / x_{r\cdot}}{x_{\cdot i} / x_{\cdot\cdot}}`.

    Parameters
    ----------
    table : regions in rows, activities in columns, non-negative.

    Returns
    -------
    A frame with the same rows and columns.

    Raises
    ------
    MeasureError
        Naming the activity with a missing or negative cell, or without any value above zero, or the region whose row is all zeros.

    Examples
    --------
    >>> table = pd.DataFrame({"patents": [3, 1], "other": [1, 3]}, index=["Beijing", "Hubei"])
    >>> location_quotients(table).loc["Beijing"].tolist()
    [1.5, 0.5]
    """
    if table.empty:
        raise MeasureError("location quotients need at least one region and one activity", remedy="check the rows that are left")
    columns = [(table.iloc[:, k], f"the location quotient of {name!r}") for k, name in enumerate(table.columns)]
    cells = np.column_stack([checked(column, what, "non-negative") for column, what in columns])
    cells /= cells.max()
    regions, activities = cells.sum(axis=1), cells.sum(axis=0)
    if not regions.all():
        raise MeasureError(
            f"the location quotients of {named(table.index[int(np.argmin(regions))])} are not defined: its row is all zeros",
            remedy="leave the region out and say so",
        )
    quotients = (cells / regions[:, None]) / (activities / activities.sum())
    return pd.DataFrame(quotients, index=table.index, columns=table.columns)
